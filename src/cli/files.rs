//! Files in and out: what a book's folders hold, and outputs that appear whole or not at all.
#![expect(clippy::disallowed_methods, reason = "the one place that touches files")]

use std::fs;
#[cfg(feature = "archive")]
use std::io::ErrorKind;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::digest::sha256;
use crate::domain::lang::Lang;
use crate::durable::{self, Folder, Lock, names};
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
    /// SHA-256 of its bytes; empty if they could not be read.
    pub digest: String,
    pub is_reference: bool,
    /// Its bytes, of a reference table.
    pub bytes: Vec<u8>,
}

/// Whether a day has an inbox.
pub(super) fn has_inbox(book: &Path, day: NaiveDate) -> anyhow::Result<bool> {
    durable::is_folder(&book.join(format!("inbox/{day}")))
}

/// The days that have an inbox, in order.
pub fn inbox_days(book: &Path, lang: Lang) -> anyhow::Result<Vec<NaiveDate>> {
    let inbox = book.join("inbox");
    if !durable::is_folder(&inbox)? {
        bail!(match lang {
            Lang::Zh => format!("{} 不是账簿：没有 inbox 文件夹", book.display()),
            Lang::En => format!("{} is no book: it has no inbox", book.display()),
        });
    }
    let expected = lang.pick("不是日期，应如 2026-03-02", "is no day such as 2026-03-02");
    let mut days = Vec::new();
    for name in names(&inbox)? {
        if durable::is_folder(&inbox.join(&name))? {
            days.push(name.parse().map_err(|_| anyhow!("inbox/{name} {expected}"))?);
        }
    }
    Ok(days)
}

/// The book's configuration; a book without `recon.toml` has the defaults.
pub fn read_config(book: &Path) -> anyhow::Result<Config> {
    Ok(config::of(config_bytes(book)?.as_deref()))
}

/// The configuration as it is written; `None` without one.
pub(super) fn config_bytes(book: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let path = book.join(config::FILE);
    if !durable::is_there(&path)? {
        return Ok(None);
    }
    fs::read(&path).map(Some).with_context(|| path.display().to_string())
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
    if !durable::is_folder(&path)? {
        return Ok(Vec::new());
    }
    let names = names(&path)?;
    let names = names.par_iter().filter(|name| !durable::is_passing(name));
    let file = |name: &String| {
        let bytes = fs::read(path.join(name)).map_err(|error| error.to_string());
        read_bytes(&format!("{folder}/{name}"), bytes, config, arrived, is_reference)
    };
    Ok(names.map(file).collect())
}

/// One file of a book by its place there, or why it could not be opened.
pub(super) fn read_bytes(
    relative: &str,
    bytes: Result<Vec<u8>, String>,
    config: &Config,
    arrived: NaiveDate,
    is_reference: bool,
) -> ReadFile {
    let relative: Arc<str> = relative.into();
    let name = relative.rsplit('/').next().expect("a path ends with a name");
    let spoken = sources::of(&config.sources, &relative);
    let by_name = sources::by_name(name, is_reference).filter(|_| has_known_extension(name));
    let format = spoken.source.map(|source| source.format).or(by_name);
    let plain = Profile::default();
    let profile = spoken.source.map_or(&plain, |source| &source.profile);
    let globs = |sources: &[&Source]| -> Vec<String> {
        sources.iter().map(|source| source.glob().to_owned()).collect()
    };
    let mistaken = spoken.source.and_then(|source| source.mistaken(&relative));
    let (bytes, unreadable) = match bytes {
        Ok(bytes) => (bytes, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let file = SourceFile { path: Arc::clone(&relative), bytes, arrived };
    let parse = || match format {
        None => Parsed::refused(&relative, Kind::UnknownFile, name.to_owned()),
        Some(_) if !spoken.rivals.is_empty() => {
            let all: Vec<&Source> = spoken.source.into_iter().chain(spoken.rivals).collect();
            Parsed::refused(&relative, Kind::SourceConflict, globs(&all).join(", "))
        }
        Some(_) if let Some((said, stated)) = mistaken => {
            let clash = Clash::Constant { said: said.into() };
            Parsed::refused(&relative, Kind::Contradiction(clash), stated)
        }
        Some(_) if let Some(error) = &unreadable => {
            Parsed::refused(&relative, Kind::UnreadableFile, error.clone())
        }
        Some(format) => read(&file, format, profile),
    };
    let digest = || if unreadable.is_none() { sha256(&file.bytes) } else { String::new() };
    let (parsed, digest) = rayon::join(parse, digest);
    let bytes = if is_reference { file.bytes } else { Vec::new() };
    let mut overruled = globs(&spoken.overruled);
    overruled.extend(
        by_name
            .filter(|other| format.is_some_and(|format| format.id != other.id))
            .map(|other| other.id.clone()),
    );
    let source = spoken.source.map(|source| source.glob().to_owned());
    ReadFile { path: relative, format, source, overruled, parsed, digest, is_reference, bytes }
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

/// Whether a folder exists and is not empty.
pub(super) fn holds_anything(folder: &Path) -> anyhow::Result<bool> {
    if !durable::is_there(folder)? {
        return Ok(false);
    }
    Ok(!names(folder)?.is_empty())
}

/// Makes this process the only one that changes the book.
pub(super) fn lock(book: &Path, lang: Lang) -> anyhow::Result<Lock> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
    let since = now.format("%Y-%m-%d %H:%M:%S UTC");
    let holder = format!("{} ({since}): treasury-recon {}\n", std::process::id(), arguments.join(" "));
    Lock::take(book, &holder)?.map_err(|holder| {
        anyhow!(match lang {
            Lang::Zh => format!("{} 正由另一进程使用：{holder}；请等其结束后再运行", book.display()),
            Lang::En =>
                format!("{} is locked by process {holder}; run again when it has ended", book.display()),
        })
    })
}

/// The same for one who only reads, who needs no lock in a book that nobody can change.
#[cfg(feature = "archive")]
pub(super) fn lock_to_read(book: &Path, lang: Lang) -> anyhow::Result<Option<Lock>> {
    let is_fixed = |error: &anyhow::Error| {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        matches!(kind, Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem))
    };
    match lock(book, lang) {
        Err(error) if is_fixed(&error) => Ok(None),
        other => other.map(Some),
    }
}

/// A folder of reports that is written and not yet in place.
#[derive(Debug)]
pub(super) struct StagedFolder(Folder);

impl StagedFolder {
    pub(super) fn new(place: &Path) -> anyhow::Result<Self> {
        Folder::new(place).map(Self)
    }

    /// Writes one of its files by what fills it.
    pub(super) fn write(
        &self,
        name: &str,
        fill: impl FnOnce(&mut Sink<'_>) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        let path = self.0.aside().join(name);
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
        let folder = self.0.aside().join(name);
        let write = |file: &str, bytes: &[u8]| {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
            fs::write(path, bytes)
        };
        fill(&mut { write }).with_context(|| folder.display().to_string())
    }

    /// Marks the folder as whole; it waits until what `tag` names is published.
    pub(super) fn seal(&mut self, tag: &str) -> anyhow::Result<()> {
        self.0.seal(tag)
    }

    /// Leaves the folder to the next run, which puts it in place if what it waits for was published.
    pub(super) fn leave(self) {
        self.0.leave();
    }

    /// Puts the folder in place of an older one.
    pub(super) fn publish(self) -> anyhow::Result<()> {
        self.0.publish()
    }
}
