//! `run`: a day from its files to its reports.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use chrono::NaiveDate;
use indicatif::ProgressBar;

#[cfg(feature = "archive")]
use crate::archive::Reread;
use crate::domain::entry::{Book, Part};
use crate::domain::facts::Facts;
use crate::domain::lang::Lang;
use crate::durable::{self, Recovered};
use crate::ledger::problem::Problem;
use crate::pipeline::handover::RunCount;
use crate::pipeline::{self, reconcile};
use crate::report::document::Document;
use crate::report::summary::summary;
use crate::report::{FOLDERS, FileRead, REPORTS, Run};
use crate::rules::finding::Severity;

use super::Outcome;
use super::config::{self, Config};
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
    let _lock = files::lock(book, lang)?;
    recover(book, options)?;
    let mut ran = daily(book, date, options)?;
    let later = Shelf::open(book)?.days_after(date);
    if let Some(first) = later.first().filter(|_| !ran.repeats) {
        let book = book.display();
        ran.document.paragraph(match lang {
            Lang::Zh => format!(
                "注意：{first} 起的 {} 个运行日仍以旧的状态为起点，请重跑：\n\
                 treasury-recon replay --book {book} --from {first}",
                later.len()
            ),
            Lang::En => format!(
                "Note: {} later days, from {first} on, still rest on the old state; run them again:\n\
                 treasury-recon replay --book {book} --from {first}",
                later.len()
            ),
        });
    }
    Ok((ran.document, ran.outcome))
}

/// What a run came to.
pub(super) struct Ran {
    pub(super) document: Document,
    pub(super) outcome: Outcome,
    /// The archive had the same run already.
    pub(super) repeats: bool,
    pub(super) counts: RunCount,
    pub(super) problems: u64,
}

/// Finishes or removes what a run left that died, and says so; the book must be locked.
pub(super) fn recover(book: &Path, options: Options) -> anyhow::Result<()> {
    for of in Shelf::open(book)?.recover(book)? {
        if !options.quiet {
            eprintln!("{}", say_recovered(&of, options.lang));
        }
    }
    Ok(())
}

/// One day, in a book that is locked.
pub(super) fn daily(book: &Path, date: NaiveDate, options: Options) -> anyhow::Result<Ran> {
    let lang = options.lang;
    if !files::has_inbox(book, date)? {
        bail!(match lang {
            Lang::Zh => format!("{} 没有 inbox/{date}；若当日确无文件，请建立空文件夹", book.display()),
            Lang::En => format!(
                "{} has no inbox/{date}; make the folder, empty, if nothing came that day",
                book.display()
            ),
        });
    }
    let archive = Shelf::open(book)?;
    let progress = Progress::new(options.quiet);
    progress.say(format!("{date} {}", lang.pick("读取文件", "reading files")));
    let settings = files::config_bytes(book)?;
    let config = config::of(settings.as_deref());
    let tables = files::read_reference(book, &config, date)?;
    let Day { facts, read, parts, problems } =
        Day::of(&config, tables, files::read_inbox(book, &config, date)?, date);

    progress.say(format!("{date} {}", lang.pick("配对与判断", "matching and judging")));
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
    let mut reports = StagedFolder::new(&book.join("reports").join(date.to_string()))?;
    let write = || {
        REPORTS.iter().try_for_each(|(name, report)| reports.write(name, |sink| report(&reported, sink)))?;
        FOLDERS.iter().try_for_each(|(name, fill)| reports.fill(name, |files| fill(&reported, files)))
    };
    // Both are written aside while the other is; the archive appears first, since reports can be made again from it.
    let (written, kept) =
        rayon::join(write, || archive.keep(&outcome, &read, settings.as_deref(), &problems));
    written?;
    let kept = kept?;
    let repeats = kept.repeats();
    reports.seal(kept.digest())?;
    // An error may come after the run appeared: the next run makes it the last one, and puts its reports in place.
    if let Err(error) = kept.publish() {
        if kept.may_have_appeared() {
            reports.leave();
        }
        return Err(error);
    }
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
    let counts = outcome.handover.trend.last().cloned().expect("a run counts itself");
    let problems = problems.iter().map(Problem::count).sum();
    Ok(Ran { document, outcome: ended, repeats, counts, problems })
}

/// What judging a day again came to.
#[cfg(feature = "archive")]
pub(super) struct Rejudged {
    /// The version of the program that judged it first.
    pub(super) program: String,
    /// The files of the archived run that come out otherwise.
    pub(super) differing: Vec<String>,
}

/// The configuration and the reference tables as the run of a day read them.
#[cfg(feature = "archive")]
pub(super) fn read_then(of: Reread, day: NaiveDate) -> (Config, Vec<ReadFile>) {
    let config = config::of(of.config.as_deref());
    let table = |(file, bytes): (String, Vec<u8>)| files::read_bytes(&file, Ok(bytes), &config, day, true);
    let tables = of.tables.into_iter().map(table).collect();
    (config, tables)
}

/// Judges a day again from the tables and the configuration as they were then, and the inbox as it is. Nothing of it stays.
#[cfg(feature = "archive")]
pub(super) fn rejudge(book: &Path, date: NaiveDate) -> anyhow::Result<Rejudged> {
    let shelf = Shelf::open(book)?;
    let of = shelf.archive.reread(date)?;
    let (program, settings) = (of.program.clone(), of.config.clone());
    let (config, tables) = read_then(of, date);
    let day = Day::of(&config, tables, files::read_inbox(book, &config, date)?, date);
    let (before, history) = shelf.earlier(date, day.facts.settings.history_days)?;
    let outcome = reconcile(day.parts, day.facts, before, &history)?;
    let again = shelf.keep(&outcome, &day.read, settings.as_deref(), &day.problems)?;
    Ok(Rejudged { program, differing: again.differing().to_vec() })
}

/// What is said of what a run that died left behind.
fn say_recovered(of: &Recovered, lang: Lang) -> String {
    match (of, lang) {
        (Recovered::Removed(path), Lang::Zh) => format!("已清除中断运行的残留 {}", path.display()),
        (Recovered::Removed(path), Lang::En) => {
            format!("removed {}, which a run that died left", path.display())
        }
        (Recovered::Placed(path), Lang::Zh) => format!("已补完中断运行的发布 {}", path.display()),
        (Recovered::Placed(path), Lang::En) => format!("put {} in place for a run that died", path.display()),
        (Recovered::Restored(path), Lang::Zh) => format!("已恢复中断运行撤下的 {}", path.display()),
        (Recovered::Restored(path), Lang::En) => {
            format!("put {} back, which a run that died had taken away", path.display())
        }
    }
}

/// What a day is judged from.
pub(super) struct Day {
    pub(super) facts: Facts,
    read: Vec<ReadFile>,
    pub(super) parts: Vec<Part>,
    problems: Vec<Problem>,
}

impl Day {
    pub(super) fn of(config: &Config, tables: Vec<ReadFile>, inbox: Vec<ReadFile>, date: NaiveDate) -> Self {
        let mut problems = config.problems.clone();
        let (mut facts, mut read) = registers(config, tables, date);
        let mut parts: Vec<Part> = Vec::new();
        for mut file in inbox {
            parts.append(&mut file.parsed.parts);
            if let Some(ledger) = file.format.and_then(|format| format.ledger) {
                if file.parsed.is_readable {
                    facts.delivered.insert(ledger);
                }
                let unread = std::mem::take(&mut file.parsed.unread);
                facts.unread.extend(unread.into_iter().map(|(number, row)| ((ledger, number), (date, row))));
            }
            read.push(file);
        }
        problems.extend(read.iter_mut().flat_map(|file| std::mem::take(&mut file.parsed.problems)));
        Self { facts, read, parts, problems }
    }
}

/// Settings and reference tables as facts, and the files they came from.
pub(super) fn registers(config: &Config, mut read: Vec<ReadFile>, date: NaiveDate) -> (Facts, Vec<ReadFile>) {
    let mut facts = Facts::new(date);
    facts.settings = config.settings.clone();
    facts.off.clone_from(&config.off);
    facts.reasons.clone_from(&config.reasons);
    let mut tables: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    for file in &mut read {
        let mut parts = std::mem::take(&mut file.parsed.parts);
        if let Some(format) = file.format.filter(|_| file.parsed.is_readable) {
            tables.entry(&format.id).or_default().append(&mut parts);
        }
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
    (facts, read)
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

    fn recover(&self, book: &Path) -> anyhow::Result<Vec<Recovered>> {
        let mut recovered = self.archive.recover()?;
        let has_happened = |place: &Path, digest: &str| {
            let day = place.file_name().and_then(|name| name.to_str()?.parse().ok());
            day.map_or(Ok(digest.is_empty()), |day| self.archive.has_published(day, digest))
        };
        recovered.extend(durable::recover(&book.join("reports"), has_happened)?);
        Ok(recovered)
    }

    fn earlier(
        &self,
        date: NaiveDate,
        days: u32,
    ) -> anyhow::Result<(pipeline::handover::Handover, crate::archive::PastRuns)> {
        Ok((self.archive.handover(date)?, self.archive.history(date, days)))
    }

    fn keep<'a>(
        &'a self,
        outcome: &pipeline::Outcome,
        read: &'a [ReadFile],
        config: Option<&'a [u8]>,
        problems: &[Problem],
    ) -> anyhow::Result<crate::archive::Staged<'a>> {
        let inputs = read.iter().map(|file| crate::archive::Input {
            file: file.path.to_string(),
            rows: file.parsed.tally.read.rows,
            rejected: file.parsed.tally.rejected.rows,
            yuan: file.parsed.tally.read.yuan.to_string(),
            digest: file.digest.clone(),
        });
        let tables = read.iter().filter(|file| file.is_reference && !file.digest.is_empty());
        let mut kept: BTreeMap<String, &[u8]> =
            tables.map(|file| (file.digest.clone(), &file.bytes[..])).collect();
        let digest = config.map(crate::domain::digest::sha256).unwrap_or_default();
        kept.extend(config.map(|bytes| (digest.clone(), bytes)));
        let read = crate::archive::Read { inputs: inputs.collect(), config: digest, kept };
        self.archive.write(outcome, read, problems)
    }

    pub(super) fn has_run(&self, date: NaiveDate) -> bool {
        self.archive.days().contains(&date)
    }

    pub(super) fn days_after(&self, date: NaiveDate) -> Vec<NaiveDate> {
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
    fn repeats(&self) -> bool {
        let Self = self;
        false
    }

    fn digest(&self) -> &'static str {
        let Self = self;
        ""
    }

    fn may_have_appeared(&self) -> bool {
        let Self = self;
        false
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same call with and without an archive")]
    fn publish(&self) -> anyhow::Result<()> {
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

    fn recover(&self, book: &Path) -> anyhow::Result<Vec<Recovered>> {
        durable::recover(&book.join("reports"), |_, _| Ok(true))
    }

    fn keep(
        &self,
        _: &pipeline::Outcome,
        _: &[ReadFile],
        _: Option<&[u8]>,
        _: &[Problem],
    ) -> anyhow::Result<Nothing> {
        Ok(Nothing)
    }

    pub(super) fn has_run(&self, _: NaiveDate) -> bool {
        false
    }

    pub(super) fn days_after(&self, _: NaiveDate) -> Vec<NaiveDate> {
        Vec::new()
    }

    pub(super) fn state(&self, _: NaiveDate) -> anyhow::Result<Option<pipeline::handover::Handover>> {
        Ok(None)
    }
}
