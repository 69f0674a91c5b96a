//! Files in and out: what a book's folders hold, and outputs that appear whole or not at all.
#![expect(clippy::disallowed_methods, reason = "the one place that touches files")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::lang::Lang;
use crate::ledger::format::Format;
use crate::ledger::problem::{Clash, Kind};
use crate::ledger::profile::Profile;
use crate::ledger::{Parsed, SourceFile, read};
use crate::report::{Files, Sink};

use super::config::{self, Config};
use super::sources::{self, Source};

/// A file of a book and what was read from it.
#[derive(Debug)]
pub struct ReadFile {
    pub path: Arc<str>,
    /// `None` if nothing says what it is.
    pub format: Option<&'static Format>,
    /// The glob of the `[[source]]` that says what it is; `None` if its name does.
    pub source: Option<String>,
    /// What else would have said it: globs that spell out less, the ledger its name tells.
    pub overruled: Vec<String>,
    pub parsed: Parsed,
}

/// Whether a day has an inbox.
pub(super) fn has_inbox(book: &Path, day: NaiveDate) -> bool {
    book.join(format!("inbox/{day}")).is_dir()
}

/// The days that have an inbox, in order.
pub fn inbox_days(book: &Path, lang: Lang) -> anyhow::Result<Vec<NaiveDate>> {
    let inbox = book.join("inbox");
    if !inbox.is_dir() {
        bail!(match lang {
            Lang::Zh => format!("{} 不是账簿：没有 inbox 文件夹", book.display()),
            Lang::En => format!("{} is no book: it has no inbox", book.display()),
        });
    }
    let days = names(&inbox)?.into_iter().filter(|name| inbox.join(name).is_dir());
    let expected = lang.pick("不是日期，应如 2026-03-02", "is no day such as 2026-03-02");
    days.map(|name| name.parse().map_err(|_| anyhow!("inbox/{name} {expected}"))).collect()
}

/// The book's configuration; a book without `recon.toml` has the defaults.
pub fn read_config(book: &Path) -> anyhow::Result<Config> {
    let path = book.join(config::FILE);
    if !path.exists() {
        return Ok(Config::default());
    }
    let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
    Ok(config::read(&String::from_utf8_lossy(&bytes)))
}

/// The reference tables, read in parallel, in order of name.
pub fn read_reference(book: &Path, config: &Config, day: NaiveDate) -> anyhow::Result<Vec<ReadFile>> {
    read_folder(book, "reference", config, day, true)
}

/// One day's inbox, read in parallel, in order of name.
pub fn read_inbox(book: &Path, config: &Config, day: NaiveDate) -> anyhow::Result<Vec<ReadFile>> {
    read_folder(book, &format!("inbox/{day}"), config, day, false)
}

fn read_folder(
    book: &Path,
    folder: &str,
    config: &Config,
    arrived: NaiveDate,
    is_reference: bool,
) -> anyhow::Result<Vec<ReadFile>> {
    let path = book.join(folder);
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let names = names(&path)?;
    Ok(names
        .par_iter()
        .filter(|name| !is_passing(name))
        .map(|name| {
            let relative: Arc<str> = format!("{folder}/{name}").into();
            let spoken = sources::of(&config.sources, &relative);
            let by_name = sources::by_name(name, is_reference).filter(|_| has_known_extension(name));
            let format = spoken.source.map(|source| source.format).or(by_name);
            let plain = Profile::default();
            let profile = spoken.source.map_or(&plain, |source| &source.profile);
            let globs = |sources: &[&Source]| -> Vec<String> {
                sources.iter().map(|source| source.glob().to_owned()).collect()
            };
            let mistaken = spoken.source.and_then(|source| source.mistaken(&relative));
            let parsed = match format {
                None => Parsed::refused(&relative, Kind::UnknownFile, name.clone()),
                Some(_) if !spoken.rivals.is_empty() => {
                    let all: Vec<&Source> = spoken.source.into_iter().chain(spoken.rivals).collect();
                    Parsed::refused(&relative, Kind::SourceConflict, globs(&all).join(", "))
                }
                Some(_) if let Some((said, stated)) = mistaken => {
                    let clash = Clash::Constant { said: said.into() };
                    Parsed::refused(&relative, Kind::Contradiction(clash), stated)
                }
                Some(format) => match fs::read(path.join(name)) {
                    Ok(bytes) => {
                        read(&SourceFile { path: Arc::clone(&relative), bytes, arrived }, format, profile)
                    }
                    Err(error) => Parsed::refused(&relative, Kind::UnreadableFile, error.to_string()),
                },
            };
            let mut overruled = globs(&spoken.overruled);
            overruled.extend(
                by_name
                    .filter(|other| format.is_some_and(|format| format.id != other.id))
                    .map(|other| other.id.clone()),
            );
            let source = spoken.source.map(|source| source.glob().to_owned());
            ReadFile { path: relative, format, source, overruled, parsed }
        })
        .collect())
}

/// What an editor, a spreadsheet or a file manager leaves beside the files it shows.
fn is_passing(name: &str) -> bool {
    let left = ["thumbs.db", "desktop.ini"];
    name.starts_with('.') || name.starts_with("~$") || left.iter().any(|left| left.eq_ignore_ascii_case(name))
}

/// Extensions of files that ledgers come in; what a file really is, its bytes say.
const EXTENSIONS: [&str; 15] = [
    "csv", "txt", "tsv", "xlsx", "xlsm", "xls", "xlsb", "ods", "htm", "html", "xml", "sta", "940", "mt940",
    "camt",
];

fn has_known_extension(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

/// One file from anywhere.
pub(super) fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry.with_context(|| folder.display().to_string())?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

/// Whether a folder exists and is not empty.
pub(super) fn holds_anything(folder: &Path) -> anyhow::Result<bool> {
    if !folder.exists() {
        return Ok(false);
    }
    Ok(!names(folder)?.is_empty())
}

pub(super) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())
}

/// Writes a file aside and renames it, so that it is there whole or not at all.
pub(super) fn publish(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let aside = path.with_extension("partial");
    fs::write(&aside, bytes).with_context(|| aside.display().to_string())?;
    fs::rename(&aside, path).with_context(|| path.display().to_string())
}

/// A folder that is written and not yet in place.
#[derive(Debug)]
pub(super) struct StagedFolder {
    aside: PathBuf,
    place: PathBuf,
}

impl StagedFolder {
    /// Makes room beside the folder's place; what a run that died left there is removed.
    pub(super) fn new(place: &Path) -> anyhow::Result<Self> {
        let staged = Self { aside: beside(place, ".partial-"), place: place.to_owned() };
        remove(&staged.aside)?;
        make_folder(&staged.aside)?;
        Ok(staged)
    }

    /// Writes one of its files by what fills it.
    pub(super) fn write(
        &self,
        name: &str,
        fill: impl FnOnce(&mut Sink<'_>) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        let path = self.aside.join(name);
        let write = || {
            let mut open = fs::File::create(&path)?;
            fill(&mut |bytes| open.write_all(bytes))
        };
        write().with_context(|| path.display().to_string())
    }

    /// Writes a folder inside it by what fills it, or itself where the name is empty; without a file there is no folder.
    pub(super) fn fill(
        &self,
        name: &str,
        fill: impl FnOnce(&mut Files<'_>) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        let folder = self.aside.join(name);
        let write = |file: &str, bytes: &[u8]| {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
            fs::write(path, bytes)
        };
        fill(&mut { write }).with_context(|| folder.display().to_string())
    }

    /// Puts the folder in place of an older one: it is there whole or not at all.
    pub(super) fn publish(&self) -> anyhow::Result<()> {
        let old = beside(&self.place, ".old-");
        remove(&old)?;
        if self.place.exists() {
            fs::rename(&self.place, &old).with_context(|| self.place.display().to_string())?;
        }
        fs::rename(&self.aside, &self.place).with_context(|| self.place.display().to_string())?;
        remove(&old)
    }
}

impl Drop for StagedFolder {
    /// What was not published goes: a run that could not be done leaves the book as it was.
    fn drop(&mut self) {
        let _ = remove(&self.aside);
    }
}

fn beside(path: &Path, prefix: &str) -> PathBuf {
    let name = path.file_name().expect("a folder has a name").to_string_lossy();
    path.with_file_name(format!("{prefix}{name}"))
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}
