//! The history of a book: what every run took in, decided and told, in Parquet that any engine reads.
//!
//! ```text
//! archive/date=2026-03-02/run=1/
//!   manifest.json            what the run rests on and what it holds
//!   state.json               what the next run must know besides rows
//!   entries-<ledger>.parquet rows that were settled, or replaced by a later version
//!   carried-<ledger>.parquet rows of open cases, which the next run starts from
//!   find.parquet             in which groups of rows of `entries-` an account, taxpayer or unit stands
//!   seen.lines seen.index    digests under which settled rows are found again
//!   cases.lines              where the rows of a settled case stand in `entries-`
//!   recalled.parquet         settled cases of earlier runs that this one took back
//!   findings.parquet open_items.parquet problems.parquet totals.parquet matches.parquet registers.parquet
//!   reference-<table>.parquet a reference table, by the run that first read it as it is
//! archive/inputs/<digest>    reference tables and configuration as runs read them, byte for byte
//! archive/head.json          the run that was published last
//! ```
//!
//! `schemas/archive.md` says what each column is. A blank is no value, also where the ledger has texts.
//!
//! The manifest names the digest of every file of its run, of every file the run read, of the manifest it rests on and of
//! the one that was published before it: the digest of the latest manifest stands for the whole history before it.
//!
//! A run is written aside and appears by one rename; a day that is run again gets the next number, and its highest number
//! stands. A run that comes to the same bytes as the one that stands adds nothing. A column that a ledger calls `date` is
//! called `on_date` here, since `date` is the folder's. The folder is handed in; besides `cli` this is the one module that
//! touches files. Two of its parts name polars: `parquet`, by which all files are written and read, and `sql`, which
//! answers questions.
#![expect(clippy::disallowed_methods, reason = "the archive keeps files of its own")]

mod again;
mod cases;
mod catalog;
mod find;
mod lines;
mod parquet;
mod past;
mod reference;
mod seek;
mod seen;
mod sql;
mod state;
mod tables;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::domain::digest::sha256;
use crate::domain::entry::{EntryId, Part};
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::table::{CodePool, Column, Frame, Table, Texts};
use crate::durable::{self, Folder, Recovered, Replacement};
use crate::ledger::cell;
use crate::ledger::format::{self, Format, Type};
use crate::ledger::intake::Fate;
use crate::ledger::problem::Problem;
use crate::pipeline::handover::{Carried, Handover, History, Memo, Seen, Settled, SettledMemo};
use crate::pipeline::{Outcome, Place};

pub(crate) use again::Again;
pub use catalog::{Holds, ListedColumn, Listing, tables as listings};
pub use past::KnownRuns;
pub use sql::{Answer, AnswerColumn};
pub use verify::{Difference, Fault, Rerun, Verdict};

/// What a run rests on and what it holds.
const MANIFEST: &str = "manifest.json";

/// The version of manifests that are written; earlier ones lack what has a default below.
const VERSION: u32 = 3;

/// The run that was published last.
const HEAD: &str = "head.json";

/// Reference tables and configurations, each under its digest.
const INPUTS: &str = "inputs";

/// Rows of a frame that is written at once: one group of rows.
const FRAME_ROWS: usize = parquet::GROUP_ROWS;

/// The runs of a book.
#[derive(Debug)]
pub struct Archive {
    root: PathBuf,
    /// For each day its run with the highest number, in order.
    runs: Vec<Run>,
}

/// A run that is in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub date: NaiveDate,
    pub number: u32,
    path: PathBuf,
}

/// A file that a run read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    pub file: String,
    pub rows: u64,
    pub rejected: u64,
    pub yuan: String,
    /// SHA-256 of its bytes.
    #[serde(default)]
    pub digest: String,
}

/// What a run read, and what of it the archive keeps: tables change, and a run must be done again as it was.
#[derive(Clone, Debug, Default)]
pub struct Read<'r> {
    pub inputs: Vec<Input>,
    /// SHA-256 of the configuration; empty without one.
    pub config: String,
    /// What is kept, by digest.
    pub kept: BTreeMap<String, &'r [u8]>,
}

/// What a run read, for another look at it.
#[derive(Debug)]
pub struct Reread {
    /// The version of the program that ran.
    pub program: String,
    pub config: Option<Vec<u8>>,
    /// Reference tables by their place in the book.
    pub tables: Vec<(String, Vec<u8>)>,
    /// The digests of the inbox's files by their place in the book.
    pub inbox: BTreeMap<String, String>,
}

/// What a run rests on.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    program: String,
    date: NaiveDate,
    run: u32,
    /// How many runs of the book were published up to this one, runs that were done again included.
    #[serde(default)]
    serial: u64,
    /// The run that was published before it.
    #[serde(default)]
    after: Option<RestsOn>,
    /// The run whose state it started from.
    rests_on: Option<RestsOn>,
    /// SHA-256 of the configuration; empty without one.
    #[serde(default)]
    config: String,
    inputs: Vec<Input>,
    settings: Vec<(String, String)>,
    /// The rules of which nothing could be concluded, and what each lacked.
    #[serde(default)]
    no_data: BTreeMap<String, Vec<String>>,
    /// Where each reference table lies as the run read it.
    #[serde(default)]
    reference: BTreeMap<String, reference::Kept>,
    /// SHA-256 of every other file of the run, by name.
    #[serde(default)]
    files: BTreeMap<String, String>,
}

impl Manifest {
    /// The digests of what the archive keeps of what the run read.
    fn kept(&self) -> impl Iterator<Item = &str> {
        let tables = self.inputs.iter().filter(|input| is_kept(input)).map(|input| &input.digest);
        tables.chain([&self.config]).map(String::as_str).filter(|digest| !digest.is_empty())
    }
}

/// Whether the archive keeps a copy: inboxes stay where they are.
fn is_kept(input: &Input) -> bool {
    !input.file.starts_with("inbox/")
}

/// What stands in [`HEAD`].
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    serial: u64,
    #[serde(flatten)]
    run: RestsOn,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RestsOn {
    date: NaiveDate,
    run: u32,
    /// SHA-256 of its manifest.
    #[serde(default)]
    manifest: String,
}

impl Archive {
    /// Looks at the runs in a folder, which need not exist yet.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        let mut archive = Self { root: root.to_owned(), runs: Vec::new() };
        if !durable::is_there(root)? {
            return Ok(archive);
        }
        for (name, path) in folders(root)? {
            let Some(date) = name.strip_prefix("date=").and_then(|date| date.parse().ok()) else { continue };
            let numbers = folders(&path)?
                .into_iter()
                .filter_map(|(name, path)| Some((name.strip_prefix("run=")?.parse::<u32>().ok()?, path)));
            if let Some((number, path)) = numbers.max() {
                archive.runs.push(Run { date, number, path });
            }
        }
        archive.runs.sort_by_key(|run| run.date);
        Ok(archive)
    }

    /// The runs before a day.
    fn before(&self, day: NaiveDate) -> &[Run] {
        &self.runs[..self.runs.partition_point(|run| run.date < day)]
    }

    /// The run that a run of `day` starts from.
    pub fn latest_before(&self, day: NaiveDate) -> Option<&Run> {
        self.before(day).last()
    }

    /// Later days that were run already, and so rest on an older state of `day`.
    pub fn days_after(&self, day: NaiveDate) -> Vec<NaiveDate> {
        self.runs.iter().map(|run| run.date).filter(|date| *date > day).collect()
    }

    /// What the latest run of `day` found and lacked, without its rows; `None` for a day that was not run.
    pub fn state(&self, day: NaiveDate) -> anyhow::Result<Option<Handover>> {
        let Some(run) = self.runs.iter().find(|run| run.date == day) else { return Ok(None) };
        let path = run.path.join("state.json");
        let text = fs::read(&path).with_context(|| path.display().to_string())?;
        state::read(&text).with_context(|| path.display().to_string()).map(Some)
    }

    /// What a run of `day` is handed.
    pub fn handover(&self, day: NaiveDate) -> anyhow::Result<Handover> {
        let Some(run) = self.latest_before(day) else { return Ok(Handover::default()) };
        let mut handover = self.state(run.date)?.expect("a run that stands has a state");
        handover.day = Some(run.date);
        for &ledger in Ledger::ALL {
            let path = run.path.join(format!("carried-{}.parquet", ledger.id()));
            if !durable::is_there(&path)? {
                continue;
            }
            let frame = parquet::read(&path)?;
            let rows: Vec<usize> = (0..frame.len()).collect();
            let covered = dates(&frame, "covered_on")?;
            let Some(Column::Money(consumed)) = frame.column("consumed") else {
                bail!("{} has no column consumed", path.display());
            };
            let Some(Column::Text(fates)) = frame.column("fate") else {
                bail!("{} has no column fate", path.display());
            };
            let Some(Column::Count(claimed)) = frame.column("claimed") else {
                bail!("{} has no column claimed", path.display());
            };
            for (part, rows) in parts(&frame, format::of(ledger), &rows, |_| true)? {
                let memo = rows.iter().map(|&row| Memo {
                    fate: Fate::from_id(fates.get(row)).unwrap_or(Fate::Stands),
                    covered_on: covered[row],
                    consumed: consumed[row].map(crate::domain::money::Money::from_fen),
                    is_claimed: claimed[row] == Some(1),
                });
                handover.rows.push(Carried { memo: memo.collect(), part });
            }
        }
        Ok(handover)
    }

    /// What was settled before `day`, as far back as `days`.
    pub fn history(&self, day: NaiveDate, days: u32) -> PastRuns {
        let first = day.checked_sub_days(chrono::Days::new(u64::from(days))).unwrap_or(NaiveDate::MIN);
        let before = self.before(day);
        PastRuns { runs: before[before.partition_point(|run| run.date < first)..].to_vec() }
    }

    /// The tables and configuration as the run that stands for a day found them.
    pub fn reread(&self, day: NaiveDate) -> anyhow::Result<Reread> {
        let manifest = past::manifest(self.run(day)?)?;
        anyhow::ensure!(
            manifest.version >= VERSION,
            "the run of {day} is of an earlier version, which did not keep what it read: run it again"
        );
        let kept = |digest: &str| {
            let path = self.root.join(INPUTS).join(digest);
            fs::read(&path).with_context(|| path.display().to_string())
        };
        let config = Some(&manifest.config).filter(|digest| !digest.is_empty());
        let config = config.map(|digest| kept(digest)).transpose()?;
        let table = |input: Input| anyhow::Ok((input.file, kept(&input.digest)?));
        let (tables, inbox): (Vec<Input>, Vec<Input>) = manifest.inputs.into_iter().partition(is_kept);
        let tables = tables.into_iter().map(table).collect::<anyhow::Result<_>>()?;
        let inbox = inbox.into_iter().map(|input| (input.file, input.digest)).collect();
        Ok(Reread { program: manifest.program, config, tables, inbox })
    }

    /// Cleans up what a run left behind that died. Nobody else may be at work.
    pub fn recover(&self) -> anyhow::Result<Vec<Recovered>> {
        let mut recovered = Vec::new();
        for path in durable::sealed(&self.root)? {
            // What cannot be read names nothing.
            let Ok(dead) = past::manifest_in(&path) else { continue };
            recovered.extend(self.forget(dead.kept())?.into_iter().map(Recovered::Removed));
        }
        recovered.extend(durable::recover(&self.root.join(INPUTS), |_, _| Ok(false))?);
        recovered.extend(durable::recover(&self.root, |_, _| Ok(false))?);
        Ok(recovered)
    }

    /// Removes what a run that did not appear had kept of what it read, by digest, unless another run names it.
    fn forget<'d>(&self, digests: impl Iterator<Item = &'d str>) -> anyhow::Result<Vec<PathBuf>> {
        let mut unnamed: BTreeSet<&str> = digests.collect();
        for run in self.all_runs()?.values() {
            // What a manifest names that cannot be read is not known.
            let Ok(of) = past::manifest(run) else { return Ok(Vec::new()) };
            for digest in of.kept() {
                unnamed.remove(digest);
            }
        }
        let paths = unnamed.into_iter().map(|digest| self.root.join(INPUTS).join(digest));
        let mut removed = Vec::new();
        for path in paths {
            if durable::is_there(&path)? {
                durable::remove(&path)?;
                removed.push(path);
            }
        }
        Ok(removed)
    }

    /// Whether the run that stands for a day has this digest, so that what waited for it may be put in place. A run that
    /// died right after it was published is made the last one here.
    pub fn has_published(&self, day: NaiveDate, manifest_digest: &str) -> anyhow::Result<bool> {
        let Some(run) = self.runs.iter().find(|run| run.date == day) else { return Ok(false) };
        if digest(&run.path.join(MANIFEST))? != manifest_digest {
            return Ok(false);
        }
        let of = past::manifest(run)?;
        if self.head()?.map_or(0, |head| head.serial) < of.serial {
            let run = RestsOn { date: of.date, run: of.run, manifest: manifest_digest.to_owned() };
            self.next_head(&Head { serial: of.serial, run })?.place()?;
        }
        Ok(true)
    }

    fn head(&self) -> anyhow::Result<Option<Head>> {
        let path = self.root.join(HEAD);
        if !durable::is_there(&path)? {
            return Ok(None);
        }
        let text = fs::read(&path).with_context(|| path.display().to_string())?;
        let head: Head = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
        anyhow::ensure!(!head.run.manifest.is_empty(), "{}: it names no manifest", path.display());
        Ok(Some(head))
    }

    /// Writes a head, which waits for its place.
    fn next_head(&self, head: &Head) -> anyhow::Result<Replacement> {
        Replacement::write(&self.root.join(HEAD), &serde_json::to_vec_pretty(head)?)
    }

    /// Writes a run aside, whole and synced; it is there once it is published.
    pub fn write<'a>(
        &'a self,
        outcome: &Outcome,
        read: Read<'a>,
        problems: &[Problem],
    ) -> anyhow::Result<Staged<'a>> {
        let date = outcome.facts.as_of;
        let stands = self.runs.iter().find(|run| run.date == date);
        let number = stands.map_or(1, |run| run.number + 1);
        let place = self.root.join(format!("date={date}")).join(format!("run={number}"));
        anyhow::ensure!(
            !durable::is_there(&place)?,
            "{}: it is in the way of the run, and no folder",
            place.display()
        );
        let mut folder = Folder::below(&self.root, &place)?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.aside().join(name);
            fs::write(&path, bytes).with_context(|| path.display().to_string())
        };
        write("state.json", &state::write(&outcome.handover)?)?;
        let tables = || {
            tables::tables(outcome, problems).into_par_iter().try_for_each(|(name, frame)| {
                parquet::write(&folder.aside().join(format!("{name}.parquet")), std::iter::once(frame))
            })
        };
        let (tables, rows) = rayon::join(tables, || rows(outcome, folder.aside(), self.before(date)));
        tables.and(rows)?;
        let before = self.latest_before(date).map(past::manifest).transpose()?;
        let before = before.map(|manifest| manifest.reference).unwrap_or_default();
        let reference = reference::write(&outcome.facts, folder.aside(), (date, number), &before)?;
        let rests_on = |run: &Run| {
            let manifest = digest(&run.path.join(MANIFEST))?;
            anyhow::Ok(RestsOn { date: run.date, run: run.number, manifest })
        };
        let head = self.head()?;
        // An archive that was begun by an earlier version has no head.
        let after = match &head {
            Some(head) => Some(head.run.clone()),
            None => self.runs.last().map(rests_on).transpose()?,
        };
        let no_data = outcome.handover.no_data.iter();
        let mut manifest = Manifest {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            date,
            run: number,
            serial: head.map_or(1, |head| head.serial + 1),
            after,
            rests_on: self.latest_before(date).map(rests_on).transpose()?,
            config: read.config,
            inputs: read.inputs,
            settings: outcome
                .facts
                .settings
                .list()
                .into_iter()
                .map(|info| (info.key.to_owned(), info.written))
                .collect(),
            no_data: no_data
                .map(|lack| {
                    (lack.rule.to_owned(), lack.lacks.iter().map(|what| (*what).to_owned()).collect())
                })
                .collect(),
            reference,
            files: digests(folder.aside())?,
        };
        let bytes = serde_json::to_vec_pretty(&manifest)?;
        write(MANIFEST, &bytes)?;
        folder.seal("")?;
        let (serial, own) = (manifest.serial, sha256(&bytes));
        let mut staged = Staged {
            archive: self,
            folder,
            head: Head { serial, run: RestsOn { date, run: number, manifest: own } },
            kept: read.kept,
            repeats: false,
            differing: Vec::new(),
        };
        if let Some(run) = stands {
            let of = past::manifest(run)?;
            (manifest.run, manifest.serial, manifest.after) = (of.run, of.serial, of.after);
            for table in
                manifest.reference.values_mut().filter(|table| (table.date, table.run) == (date, number))
            {
                table.run = of.run;
            }
            let bytes = serde_json::to_vec_pretty(&manifest)?;
            let path = run.path.join(MANIFEST);
            if fs::read(&path).with_context(|| path.display().to_string())? == bytes {
                staged.repeats = true;
                staged.head.run.manifest = sha256(&bytes);
            }
            let names: BTreeSet<&String> = manifest.files.keys().chain(of.files.keys()).collect();
            let differs = |name: &&String| manifest.files.get(*name) != of.files.get(*name);
            staged.differing = names.into_iter().filter(differs).cloned().collect();
        }
        Ok(staged)
    }
}

/// A run that is written and not yet in place.
#[derive(Debug)]
pub struct Staged<'a> {
    archive: &'a Archive,
    folder: Folder,
    head: Head,
    kept: BTreeMap<String, &'a [u8]>,
    /// The run that stands has the same bytes.
    repeats: bool,
    differing: Vec<String>,
}

impl Staged<'_> {
    /// Whether the run that stands for the day came to the same bytes, from the same bytes.
    pub fn repeats(&self) -> bool {
        self.repeats
    }

    /// The files that the run which stands for the day has otherwise.
    pub fn differing(&self) -> &[String] {
        &self.differing
    }

    /// The digest of the manifest that stands for the day once this is published.
    pub fn digest(&self) -> &str {
        &self.head.run.manifest
    }

    /// Whether the run may have appeared, though an error came after.
    pub fn may_have_appeared(&self) -> bool {
        self.folder.may_be_in_place()
    }

    /// Puts the run in place, unless the one that stands is the same.
    pub fn publish(&self) -> anyhow::Result<()> {
        if self.repeats {
            return Ok(());
        }
        // Whatever needs room is written before the run appears: a disk that is full leaves the archive as it was.
        let appear = || {
            self.keep_inputs()?;
            let head = self.archive.next_head(&self.head)?;
            self.folder.publish()?;
            anyhow::Ok(head)
        };
        match appear() {
            Ok(head) => head.place(),
            Err(error) => {
                if !self.may_have_appeared() {
                    let _ = self.archive.forget(self.kept.keys().map(String::as_str));
                }
                Err(error)
            }
        }
    }

    fn keep_inputs(&self) -> anyhow::Result<()> {
        let inputs = self.archive.root.join(INPUTS);
        durable::make_folder(&inputs)?;
        for (digest, bytes) in &self.kept {
            let path = inputs.join(digest);
            if !durable::is_there(&path)? {
                durable::replace(&path, bytes)?;
            }
        }
        Ok(())
    }
}

/// The rows of the day, each file on its own thread. `before` are the runs before it.
fn rows(outcome: &Outcome, aside: &Path, before: &[Run]) -> anyhow::Result<()> {
    let carried = by_ledger(outcome, &outcome.carried_ids());
    // Exact repeats say nothing new; every other row is kept, a replaced version as evidence.
    let kept = outcome.book.ids().filter(|id| match outcome.places[id.0 as usize] {
        Place::Settled { .. } => true,
        Place::Carried { .. } => false,
        Place::Nowhere => outcome.intake.fates[id.0 as usize] == Fate::Superseded,
    });
    let kept = by_ledger(outcome, &kept.collect::<Vec<_>>());
    let write_carried = |(ledger, ids): &(Ledger, Vec<EntryId>)| {
        let memos = outcome.memos(ids);
        let mut columns = entry_columns(outcome, *ledger, ids);
        columns.push((
            "covered_on".to_owned(),
            Column::Date(memos.iter().map(|memo| memo.covered_on).collect()),
        ));
        let consumed = memos.iter().map(|memo| memo.consumed.map(crate::domain::money::Money::fen)).collect();
        columns.push(("consumed".to_owned(), Column::Money(consumed)));
        let claimed = memos.iter().map(|memo| Some(u32::from(memo.is_claimed))).collect();
        columns.push(("claimed".to_owned(), Column::Count(claimed)));
        let mut fates = Texts::default();
        for memo in &memos {
            fates.push(memo.fate.id());
        }
        columns.push(("fate".to_owned(), Column::Text(fates)));
        let case = |id: &EntryId| match outcome.places[id.0 as usize] {
            Place::Carried { case } | Place::Settled { case } => Some(case),
            Place::Nowhere => None,
        };
        columns.push(("case_no".to_owned(), Column::Count(ids.iter().map(case).collect())));
        let cell_on = |id: &EntryId| outcome.cell_days.get(case(id)? as usize).copied().flatten();
        columns.push(("cell_on".to_owned(), Column::Date(ids.iter().map(cell_on).collect())));
        let path = aside.join(format!("carried-{}.parquet", ledger.id()));
        parquet::write(&path, std::iter::once(Frame::new(columns)))
    };
    let write_kept = |(ledger, ids): &(Ledger, Vec<EntryId>)| {
        let frames = ids.chunks(FRAME_ROWS).map(|ids| kept_frame(outcome, *ledger, ids));
        parquet::write(&aside.join(format!("entries-{}.parquet", ledger.id())), frames)
    };
    let case = |id: EntryId| match outcome.places[id.0 as usize] {
        Place::Settled { case } => Some(case),
        Place::Carried { .. } | Place::Nowhere => None,
    };
    let digests = || {
        let (cases, find) = rayon::join(
            || cases::write(aside, &kept, case),
            || find::write(&aside.join(find::NAME), &outcome.book, &kept),
        );
        seen::write(aside, &outcome.seen(), before).and(cases).and(find)
    };
    let (digests, rows) = rayon::join(digests, || {
        kept.par_iter().try_for_each(write_kept)?;
        carried.par_iter().try_for_each(write_carried)
    });
    digests.and(rows)
}

/// Ascending ids by ledger, in the order of ledgers.
fn by_ledger(outcome: &Outcome, ids: &[EntryId]) -> Vec<(Ledger, Vec<EntryId>)> {
    let mut ledgers: Vec<(Ledger, Vec<EntryId>)> =
        Ledger::ALL.iter().map(|&ledger| (ledger, Vec::new())).collect();
    for &id in ids {
        ledgers[outcome.book.entry(id).ledger() as usize].1.push(id);
    }
    ledgers.retain(|(_, ids)| !ids.is_empty());
    ledgers
}

/// What a column is called in the archive.
fn column_name(field: Field) -> String {
    if field == Field::Date { "on_date".to_owned() } else { field.id().to_owned() }
}

/// Every column of the ledger and the identifiers that could not be used, then file, row and day of arrival.
fn entry_columns(outcome: &Outcome, ledger: Ledger, ids: &[EntryId]) -> Vec<(String, Column)> {
    let book = &outcome.book;
    let mut columns: Vec<(String, Column)> = format::of(ledger)
        .columns
        .iter()
        .map(|column| (column_name(column.field), book.column(ids, column.field, &archived(column.kind))))
        .collect();
    let unusable = Column::Text(Texts::default());
    columns.push((column_name(Field::Unusable), book.column(ids, Field::Unusable, &unusable)));
    let mut files = Texts::default();
    let (mut rows, mut arrived) = (Vec::with_capacity(ids.len()), Vec::with_capacity(ids.len()));
    for &id in ids {
        let entry = book.entry(id);
        files.push(entry.file());
        rows.push(Some(entry.file_row()));
        arrived.push(Some(entry.arrived()));
    }
    columns.push(("file".to_owned(), Column::Text(files)));
    columns.push(("file_row".to_owned(), Column::Count(rows)));
    columns.push(("arrived".to_owned(), Column::Date(arrived)));
    columns
}

/// How a column of that type is archived.
fn archived(kind: Type) -> Column {
    match kind {
        Type::Id | Type::Code | Type::Text | Type::Rate => Column::Text(Texts::default()),
        Type::Money => Column::Money(Vec::new()),
        Type::Date => Column::Date(Vec::new()),
        Type::Moment => Column::Moment(Vec::new()),
        Type::Count | Type::Flag => Column::Count(Vec::new()),
    }
}

fn kept_frame(outcome: &Outcome, ledger: Ledger, ids: &[EntryId]) -> Frame {
    let mut columns = entry_columns(outcome, ledger, ids);
    let settled: Vec<EntryId> = ids
        .iter()
        .copied()
        .filter(|id| matches!(outcome.places[id.0 as usize], Place::Settled { .. }))
        .collect();
    let mut memos = outcome.settled_memos(&settled).into_iter();
    let mut fates = Texts::default();
    let (mut cases, mut cells, mut covered) = (Vec::new(), Vec::new(), Vec::new());
    for &id in ids {
        let fate = outcome.intake.fates[id.0 as usize];
        fates.push(fate.id());
        let memo = (fate != Fate::Superseded).then(|| memos.next().expect("a memo for every settled row"));
        cases.push(memo.map(|memo| memo.case));
        cells.push(memo.and_then(|memo| memo.cell_on));
        covered.push(memo.and_then(|memo| memo.covered_on));
    }
    columns.push(("fate".to_owned(), Column::Text(fates)));
    columns.push(("case_no".to_owned(), Column::Count(cases)));
    columns.push(("cell_on".to_owned(), Column::Date(cells)));
    columns.push(("covered_on".to_owned(), Column::Date(covered)));
    Frame::new(columns)
}

/// Settled rows of earlier runs.
#[derive(Debug)]
pub struct PastRuns {
    runs: Vec<Run>,
}

impl History for PastRuns {
    fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn seen(&self, links: &[u64]) -> anyhow::Result<Vec<Seen>> {
        seen::find(&self.runs, links)
    }

    fn load(&self, cases: &BTreeSet<(NaiveDate, u32)>) -> anyhow::Result<Vec<Settled>> {
        let of_run = |run: &Run| {
            let wanted = cases.range((run.date, 0)..=(run.date, u32::MAX)).map(|(_, case)| *case).collect();
            let rows = cases::rows(&run.path, &wanted)?.into_iter();
            rows.map(|(ledger, rows)| settled_rows(run, ledger, &rows)).collect::<anyhow::Result<Vec<_>>>()
        };
        let days: BTreeSet<NaiveDate> = cases.iter().map(|(day, _)| *day).collect();
        let runs: Vec<&Run> = self.runs.iter().filter(|run| days.contains(&run.date)).collect();
        let loaded: Vec<_> = runs.into_par_iter().map(of_run).collect::<anyhow::Result<_>>()?;
        Ok(loaded.into_iter().flatten().flatten().collect())
    }
}

/// Some rows that a run settled.
fn settled_rows(run: &Run, ledger: Ledger, rows: &BTreeSet<usize>) -> anyhow::Result<Vec<Settled>> {
    let path = run.path.join(format!("entries-{}.parquet", ledger.id()));
    let of_file = || path.display().to_string();
    let reader = parquet::Reader::alone(&path).with_context(of_file)?;
    let mut settled = Vec::new();
    let mut begin = 0;
    for group in 0..reader.groups() {
        let end = begin + reader.rows(group);
        let wanted: Vec<usize> = rows.range(begin..end).map(|row| row - begin).collect();
        begin = end;
        if wanted.is_empty() {
            continue;
        }
        let frame = reader.some(group, &wanted).with_context(of_file)?;
        let (Some(Column::Count(numbers)), Some(Column::Text(fates))) =
            (frame.column("case_no"), frame.column("fate"))
        else {
            bail!("{} has other columns than expected", path.display());
        };
        let (cells, covered) = (dates(&frame, "cell_on")?, dates(&frame, "covered_on")?);
        let all: Vec<usize> = (0..frame.len()).collect();
        for (part, rows) in parts(&frame, format::of(ledger), &all, |_| true)? {
            let memo = rows.iter().map(|&row| {
                Ok(SettledMemo {
                    run: run.date,
                    case: numbers[row].with_context(of_file)?,
                    fate: Fate::from_id(fates.get(row)).unwrap_or(Fate::Stands),
                    cell_on: cells[row],
                    covered_on: covered[row],
                })
            });
            settled.push(Settled { memo: memo.collect::<anyhow::Result<_>>()?, part });
        }
    }
    Ok(settled)
}

fn dates<'f>(frame: &'f Frame, name: &str) -> anyhow::Result<&'f [Option<NaiveDate>]> {
    match frame.column(name) {
        Some(Column::Date(dates)) => Ok(dates),
        _ => bail!("the archive has no column {name}"),
    }
}

/// Some rows of an archived ledger as parts with the wanted columns, one for each run of rows of one file; with each part
/// its rows.
fn parts(
    frame: &Frame,
    format: &Format,
    rows: &[usize],
    is_wanted: impl Fn(Field) -> bool,
) -> anyhow::Result<Vec<(Part, Vec<usize>)>> {
    let (Some(Column::Text(files)), Some(Column::Count(file_rows))) =
        (frame.column("file"), frame.column("file_row"))
    else {
        bail!("an archived {} names no file and row", format.id);
    };
    let arrived = dates(frame, "arrived")?;
    let mut parts = Vec::new();
    for run in rows.chunk_by(|&a, &b| files.get(a) == files.get(b) && arrived[a] == arrived[b]) {
        let mut codes = CodePool::default();
        codes.intern("");
        let mut columns = Vec::with_capacity(format.columns.len());
        for declared in format.columns.iter().filter(|declared| is_wanted(declared.field)) {
            let name = column_name(declared.field);
            let column = frame.column(&name).with_context(|| format!("{} has no {name}", format.id))?;
            columns.push((declared.field, restored(column, declared.kind, run, &mut codes)?));
        }
        if let Some(unusable) = frame.column(&column_name(Field::Unusable)) {
            columns.push((Field::Unusable, unusable.pick(run)));
        }
        let number = |&row: &usize| file_rows[row].context("a row has a number");
        let part = Part {
            ledger: format.ledger,
            file: Arc::from(files.get(run[0])),
            arrived: arrived[run[0]].context("a row has a day of arrival")?,
            table: Table::new(columns),
            rows: run.iter().map(number).collect::<anyhow::Result<_>>()?,
            codes,
        };
        parts.push((part, run.to_vec()));
    }
    Ok(parts)
}

fn restored(column: &Column, kind: Type, rows: &[usize], codes: &mut CodePool) -> anyhow::Result<Column> {
    Ok(match (kind, column) {
        (Type::Code, Column::Text(texts)) => {
            Column::Code(rows.iter().map(|&row| codes.intern(texts.get(row))).collect())
        }
        (Type::Moment, Column::Text(texts)) => {
            let moment = |&row: &usize| {
                let text = texts.get(row);
                let read = (!text.is_empty()).then(|| cell::moment(text)).transpose();
                read.map_err(|_| anyhow::anyhow!("the archive holds {text:?} for a moment"))
            };
            Column::Moment(rows.iter().map(moment).collect::<anyhow::Result<_>>()?)
        }
        (_, column) => column.pick(rows),
    })
}

/// SHA-256 of a file, in hexadecimal.
fn digest(path: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    Ok(sha256(&bytes))
}

/// The digest of every file of a folder, by name; of a folder in it, which no run writes, none.
fn digests(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let files = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = files.map(|file| Ok(file?.path())).collect::<std::io::Result<Vec<PathBuf>>>();
    let paths = paths.with_context(|| folder.display().to_string())?;
    let name = |path: &Path| path.file_name().expect("a file has a name").to_string_lossy().into_owned();
    let digest = |path: &Path| if durable::is_folder(path)? { Ok(String::new()) } else { digest(path) };
    paths.par_iter().map(|path| Ok((name(path), digest(path)?))).collect()
}

fn folders(path: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let listed = || path.display().to_string();
    for entry in fs::read_dir(path).with_context(listed)? {
        let path = entry.with_context(listed)?.path();
        if let Some(name) = path.file_name()
            && durable::is_folder(&path)?
        {
            found.push((name.to_string_lossy().into_owned(), path.clone()));
        }
    }
    found.sort_unstable();
    Ok(found)
}
