//! Files in and out: what a book's folders hold, and outputs that appear whole or not at all.
#![expect(clippy::disallowed_methods, reason = "the one place that touches files")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::ledger::Ledger;
use crate::domain::settings::Settings;
use crate::ledger::format::{self, Format};
use crate::ledger::problem::{Kind, Problem};
use crate::ledger::{Parsed, SourceFile, read};
use crate::report::Sink;

use super::config;

/// A file of a book and what was read from it.
#[derive(Debug)]
pub(super) struct ReadFile {
    pub(super) path: Arc<str>,
    /// `None` if nothing says what it is.
    pub(super) format: Option<&'static Format>,
    pub(super) parsed: Parsed,
}

/// Whether a day has an inbox.
pub(super) fn has_inbox(book: &Path, day: NaiveDate) -> bool {
    book.join(format!("inbox/{day}")).is_dir()
}

/// The days that have an inbox, in order.
pub(super) fn inbox_days(book: &Path) -> anyhow::Result<Vec<NaiveDate>> {
    let inbox = book.join("inbox");
    if !inbox.is_dir() {
        bail!("{} is no book: it has no inbox", book.display());
    }
    let days = names(&inbox)?.into_iter().filter(|name| inbox.join(name).is_dir());
    days.map(|name| name.parse().with_context(|| format!("inbox/{name} is no day such as 2026-03-02")))
        .collect()
}

/// The book's settings; a book without `recon.toml` has the defaults.
pub(super) fn read_settings(book: &Path) -> anyhow::Result<(Settings, Vec<Problem>)> {
    let path = book.join(config::FILE);
    if !path.exists() {
        return Ok((Settings::default(), Vec::new()));
    }
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(config::read(&text))
}

/// The reference tables, read in parallel, in order of name.
pub(super) fn read_reference(book: &Path, day: NaiveDate) -> anyhow::Result<Vec<ReadFile>> {
    let known = |name: &str| {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        format::by_id(stem).filter(|format| format.ledger.is_none())
    };
    read_folder(book, "reference", day, known)
}

/// One day's inbox, read in parallel, in order of name.
pub(super) fn read_inbox(book: &Path, day: NaiveDate) -> anyhow::Result<Vec<ReadFile>> {
    read_folder(book, &format!("inbox/{day}"), day, |name| Ledger::of_file_name(name).map(format::of))
}

fn read_folder(
    book: &Path,
    folder: &str,
    arrived: NaiveDate,
    known: impl Fn(&str) -> Option<&'static Format> + Sync,
) -> anyhow::Result<Vec<ReadFile>> {
    let path = book.join(folder);
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let names = names(&path)?;
    Ok(names
        .par_iter()
        .filter(|name| !name.starts_with('.'))
        .map(|name| {
            let relative: Arc<str> = format!("{folder}/{name}").into();
            let format = known(name).filter(|_| is_text(name));
            let parsed = match format {
                None => whole(&relative, Kind::UnknownFile, name.clone()),
                Some(format) => match fs::read(path.join(name)) {
                    Ok(bytes) => read(&SourceFile { path: Arc::clone(&relative), bytes, arrived }, format),
                    Err(error) => whole(&relative, Kind::UnreadableFile, error.to_string()),
                },
            };
            ReadFile { path: relative, format, parsed }
        })
        .collect())
}

fn is_text(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("csv") || extension.eq_ignore_ascii_case("txt")
    })
}

/// A file of which nothing could be read.
fn whole(path: &Arc<str>, kind: Kind, found: String) -> Parsed {
    let problem = Problem { file: Arc::clone(path), row: None, column: None, kind, found };
    Parsed { problems: vec![problem], ..Parsed::default() }
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
