//! `run`: a day from its files to its reports.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use chrono::NaiveDate;
use indicatif::ProgressBar;

use crate::domain::entry::{Book, Part};
use crate::domain::facts::Facts;
use crate::domain::lang::Lang;
use crate::ledger::problem::Problem;
use crate::pipeline::{self, reconcile};
use crate::report::document::Document;
use crate::report::summary::summary;
use crate::report::{FOLDERS, FileRead, REPORTS, Run};
use crate::rules::finding::Severity;

use super::Outcome;
use super::config::Config;
use super::files::{self, ReadFile, StagedFolder};

/// What a run needs besides the book and the day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) lang: Lang,
    /// Findings of this severity make the exit code 1; `None` for never.
    pub(super) fail_on: Option<Severity>,
    pub(super) quiet: bool,
}

/// A spinner on a terminal that says what is being done; nothing elsewhere.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    pub(super) fn say(&self, text: String) {
        self.0.set_message(text);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

pub(super) fn run(book: &Path, date: NaiveDate, options: Options) -> anyhow::Result<(Document, Outcome)> {
    let lang = options.lang;
    if !files::has_inbox(book, date) {
        bail!(match lang {
            Lang::Zh => format!("{} 没有 inbox/{date}；若当日确无文件，请建立空文件夹", book.display()),
            Lang::En => format!(
                "{} has no inbox/{date}; make the folder, empty, if nothing came that day",
                book.display()
            ),
        });
    }
    let progress = Progress::new(options.quiet);
    progress.say(format!("{date} {}", lang.pick("读取文件", "reading files")));
    let config = files::read_config(book)?;
    let mut problems = config.problems.clone();
    let (mut facts, mut read) = registers(book, &config, date)?;
    let mut parts: Vec<Part> = Vec::new();
    for mut file in files::read_inbox(book, &config, date)? {
        parts.append(&mut file.parsed.parts);
        if let Some(ledger) = file.format.and_then(|format| format.ledger)
            && file.parsed.is_readable
        {
            facts.delivered.insert(ledger);
        }
        if let Some(ledger) = file.format.and_then(|format| format.ledger) {
            let unread = std::mem::take(&mut file.parsed.unread);
            facts.unread.extend(unread.into_iter().map(|(number, row)| ((ledger, number), (date, row))));
        }
        read.push(file);
    }
    problems.extend(read.iter_mut().flat_map(|file| std::mem::take(&mut file.parsed.problems)));

    progress.say(format!("{date} {}", lang.pick("配对与判断", "matching and judging")));
    let archive = Shelf::open(book)?;
    let (before, history) = archive.earlier(date, facts.settings.history_days)?;
    let outcome = reconcile(parts, facts, before, &history)?;

    progress.say(format!("{date} {}", lang.pick("归档与报告", "writing archive and reports")));
    let counted: Vec<FileRead<'_>> = read
        .iter()
        .map(|file| FileRead {
            path: &file.path,
            format: file.format.map_or("", |format| &format.id),
            content: file.parsed.encoding,
            tally: &file.parsed.tally,
            notes: &file.parsed.notes,
        })
        .collect();
    let reported = Run { outcome: &outcome, files: &counted, problems: &problems, lang };
    let reports = StagedFolder::new(&book.join("reports").join(date.to_string()))?;
    let write = || {
        REPORTS.iter().try_for_each(|(name, report)| reports.write(name, |sink| report(&reported, sink)))?;
        FOLDERS.iter().try_for_each(|(name, fill)| reports.fill(name, |files| fill(&reported, files)))
    };
    // Both are written aside while the other is; the archive appears first, since reports can be made again from it.
    let (written, kept) = rayon::join(write, || archive.keep(&outcome, &read, &problems));
    written?;
    kept?.publish()?;
    reports.publish()?;
    drop(progress);

    let mut document = summary(&reported);
    document.paragraph(match lang {
        Lang::Zh => format!("报告已写入 reports/{date}/。"),
        Lang::En => format!("The reports are in reports/{date}/."),
    });
    if !cfg!(feature = "archive") {
        document.paragraph(lang.pick(
            "本程序编译时未含档案功能：未结事项不会转入下一日。",
            "This build has no archive: nothing is handed on to the next day.",
        ));
    }
    let later = archive.days_after(date);
    if let Some(first) = later.first() {
        document.paragraph(match lang {
            Lang::Zh => {
                format!("注意：{first} 起的 {} 个运行日仍以旧的状态为起点，请依次重跑。", later.len())
            }
            Lang::En => format!(
                "Note: {} later days, from {first} on, still rest on the old state; run them again in order.",
                later.len()
            ),
        });
    }
    let required = outcome.facts.gaps.iter().any(|(ledger, day)| {
        *day == date && outcome.facts.settings.gaps_required.iter().any(|id| id == ledger.id())
    });
    let grave = options.fail_on.is_some_and(|least| {
        outcome.told.iter().any(|told| told.severity >= least && pipeline::counts(told, date))
    });
    let ended = if !problems.is_empty() || required {
        Outcome::Unreadable
    } else if grave {
        Outcome::Findings
    } else {
        Outcome::Done
    };
    Ok((document, ended))
}

/// The settings and reference tables of a book, and the files they came from.
pub(super) fn registers(
    book: &Path,
    config: &Config,
    date: NaiveDate,
) -> anyhow::Result<(Facts, Vec<ReadFile>)> {
    let mut facts = Facts::new(date);
    facts.settings = config.settings.clone();
    facts.off.clone_from(&config.off);
    facts.reasons.clone_from(&config.reasons);
    let mut read = Vec::new();
    let mut tables: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    for mut file in files::read_reference(book, config, date)? {
        let mut parts = std::mem::take(&mut file.parsed.parts);
        if let Some(format) = file.format.filter(|_| file.parsed.is_readable) {
            tables.entry(&format.id).or_default().append(&mut parts);
        }
        read.push(file);
    }
    // What is missing in a table that was not read whole accuses nobody: without it there is no data. Who is whose office,
    // and which days are off, would be unknown for all.
    let is_whole = |id: &str| {
        let rejected = |file: &ReadFile| {
            file.format.is_some_and(|format| format.id == id)
                && (file.parsed.tally.rejected.rows > 0 || !file.parsed.is_readable)
        };
        ["institutions", "calendar"].contains(&id) || !read.iter().any(rejected)
    };
    for (id, parts) in tables {
        if is_whole(id) {
            facts.add_table(id, Book::assemble(parts));
        }
    }
    Ok((facts, read))
}

/// The archive of a book, or its absence in a build without it.
pub(super) struct Shelf {
    #[cfg(feature = "archive")]
    archive: crate::archive::Archive,
}

#[cfg(feature = "archive")]
impl Shelf {
    pub(super) fn open(book: &Path) -> anyhow::Result<Self> {
        Ok(Self { archive: crate::archive::Archive::open(&book.join("archive"))? })
    }

    fn earlier(
        &self,
        date: NaiveDate,
        days: u32,
    ) -> anyhow::Result<(pipeline::handover::Handover, crate::archive::PastRuns)> {
        Ok((self.archive.handover(date)?, self.archive.history(date, days)))
    }

    fn keep(
        &self,
        outcome: &pipeline::Outcome,
        read: &[ReadFile],
        problems: &[Problem],
    ) -> anyhow::Result<crate::archive::Staged> {
        let inputs = read.iter().map(|file| crate::archive::Input {
            file: file.path.to_string(),
            rows: file.parsed.tally.read.rows,
            rejected: file.parsed.tally.rejected.rows,
            yuan: file.parsed.tally.read.yuan.to_string(),
        });
        self.archive.write(outcome, inputs.collect(), problems)
    }

    fn days_after(&self, date: NaiveDate) -> Vec<NaiveDate> {
        self.archive.days_after(date)
    }

    pub(super) fn state(&self, date: NaiveDate) -> anyhow::Result<Option<pipeline::handover::Handover>> {
        self.archive.state(date)
    }
}

/// What a build without archive keeps.
#[cfg(not(feature = "archive"))]
struct Nothing;

#[cfg(not(feature = "archive"))]
impl Nothing {
    #[expect(clippy::unnecessary_wraps, reason = "the same call with and without an archive")]
    fn publish(self) -> anyhow::Result<()> {
        let Self = self;
        Ok(())
    }
}

#[cfg(not(feature = "archive"))]
#[expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "the same calls with and without an archive"
)]
impl Shelf {
    pub(super) fn open(_: &Path) -> anyhow::Result<Self> {
        Ok(Self {})
    }

    fn earlier(
        &self,
        _: NaiveDate,
        _: u32,
    ) -> anyhow::Result<(pipeline::handover::Handover, pipeline::handover::NoHistory)> {
        Ok((pipeline::handover::Handover::default(), pipeline::handover::NoHistory))
    }

    fn keep(&self, _: &pipeline::Outcome, _: &[ReadFile], _: &[Problem]) -> anyhow::Result<Nothing> {
        Ok(Nothing)
    }

    fn days_after(&self, _: NaiveDate) -> Vec<NaiveDate> {
        Vec::new()
    }

    pub(super) fn state(&self, _: NaiveDate) -> anyhow::Result<Option<pipeline::handover::Handover>> {
        Ok(None)
    }
}
