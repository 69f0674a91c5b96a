//! Days that are judged again, one after the other, beside the archive: what they settle is kept here and goes when this goes.
//!
//! A run asks its history which of its rows were settled before, and gets a few cases back. Whole runs need not be written
//! for that. Of every row that such a day settles two lines of fixed length are kept in files: the digests under which it is
//! found again, as a run of the archive has them, and where it stands. The rows of a case themselves stay where a later run of the archive took it back, where the archive
//! did not settle it on that day, or where one of its rows came before the first of these days; the rest is read from the
//! inbox again, should it be asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::{Datelike as _, Days, NaiveDate};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::entry::{Book, EntryId, Part};
use crate::domain::ledger::Ledger;
use crate::domain::table::Column;
use crate::durable;
use crate::ledger::intake::Fate;
use crate::pipeline::Outcome;
use crate::pipeline::handover::{History, Seen, Settled, SettledMemo};

use super::lines::{self, Lines};
use super::{Archive, PastRuns, Run, parquet, past, seen};

/// Reads a file of an inbox, by its day and its place in the book, as it was read then.
pub(crate) type ReadAgain<'a> = dyn Fn(NaiveDate, &str) -> anyhow::Result<Vec<Part>> + Sync + 'a;

/// A case that was settled: the day of the run, and the number.
type CaseName = (NaiveDate, u32);

/// What days that are judged again settled, and the archive before them.
pub(crate) struct Again<'a> {
    archive: &'a Archive,
    /// The first of the days.
    from: NaiveDate,
    folder: PathBuf,
    reader: &'a ReadAgain<'a>,
    /// Cases that runs of these days took back, by the run that had settled them.
    taken_back: BTreeMap<NaiveDate, BTreeSet<u32>>,
    /// The rows of those that these days settled, by file.
    wanted: FxHashMap<String, FxHashSet<u32>>,
    /// The days that were judged, in order, each with a folder of its digests.
    judged: Vec<Run>,
    kept: BTreeMap<NaiveDate, Kept>,
    places: BTreeMap<NaiveDate, Places>,
}

impl<'a> Again<'a> {
    /// Nothing is judged yet of these days, which are in order. Files are written into a folder.
    pub(crate) fn new(
        archive: &'a Archive,
        days: &[NaiveDate],
        folder: PathBuf,
        reader: &'a ReadAgain<'a>,
    ) -> anyhow::Result<Self> {
        let from = *days.first().context("a day is judged again")?;
        let mut taken_back: BTreeMap<NaiveDate, BTreeSet<u32>> = BTreeMap::new();
        for &day in days {
            for (run, case) in past::taken_back(archive.run(day)?)? {
                taken_back.entry(run).or_default().insert(case);
            }
        }
        let of_run = |(&day, cases): (&NaiveDate, &BTreeSet<u32>)| {
            let cases = cases.iter().map(|&case| (day, case)).collect();
            past_run(archive.run(day)?).load(&cases)
        };
        let of_runs: Vec<_> = taken_back.range(from..).collect();
        let settled: Vec<Vec<Settled>> =
            of_runs.into_par_iter().map(of_run).collect::<anyhow::Result<_>>()?;
        let mut wanted: FxHashMap<String, FxHashSet<u32>> = FxHashMap::default();
        for Settled { part, .. } in settled.into_iter().flatten() {
            wanted.entry(part.file.to_string()).or_default().extend(part.rows);
        }
        Ok(Self {
            archive,
            from,
            folder,
            reader,
            taken_back,
            wanted,
            judged: Vec::new(),
            kept: BTreeMap::new(),
            places: BTreeMap::new(),
        })
    }

    /// What was settled before `day`, as far back as `days`.
    pub(crate) fn history(&mut self, day: NaiveDate, days: u32) -> anyhow::Result<Since<'_>> {
        let first = day.checked_sub_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MIN);
        let before = |run: &&Run| (first..self.from).contains(&run.date);
        let mut runs: Vec<Run> = self.archive.runs.iter().filter(before).cloned().collect();
        let load = |run: &Run| {
            let cases = self.taken_back.get(&run.date).filter(|_| !self.kept.contains_key(&run.date))?;
            let cases = cases.iter().map(|&case| (run.date, case)).collect();
            Some(past_run(run).load(&cases).map(|settled| (run.date, Kept::of_settled(settled))))
        };
        let loaded: Vec<_> = runs.par_iter().filter_map(load).collect::<anyhow::Result<_>>()?;
        self.kept.extend(loaded);
        runs.extend(self.judged.iter().filter(|run| run.date >= first).cloned());
        Ok(Since { of: self, runs })
    }

    /// Keeps what a day settled.
    pub(crate) fn settle(&mut self, outcome: &Outcome) -> anyhow::Result<()> {
        let day = outcome.facts.as_of;
        let ids = outcome.settled_ids();
        let memos = outcome.settled_memos(&ids);
        let run = Run { date: day, number: 0, path: self.folder.join(day.to_string()) };
        fs::create_dir_all(&run.path).with_context(|| run.path.display().to_string())?;
        let before: Vec<Run> = self.archive.before(self.from).iter().chain(&self.judged).cloned().collect();
        let digests = || seen::write(&run.path, &outcome.seen(), &before);
        let (digests, places) =
            rayon::join(digests, || Places::write(&run.path, &outcome.book, &ids, &memos));
        digests?;
        let of_archive = self.archive.run(day)?;
        let mut carried: FxHashMap<String, FxHashSet<u32>> = FxHashMap::default();
        if !seen::is_same(&run.path, &of_archive.path)? {
            rows_carried(of_archive, &mut carried)?;
        }
        let is_kept = |&(&id, _): &(&EntryId, &SettledMemo)| {
            let row = outcome.book.entry(id);
            let is_one_of = |of: &FxHashMap<String, FxHashSet<u32>>| {
                of.get(row.file()).is_some_and(|rows| rows.contains(&row.file_row()))
            };
            row.arrived() < self.from || is_one_of(&self.wanted) || is_one_of(&carried)
        };
        let cases: FxHashSet<u32> =
            ids.par_iter().zip(&memos).filter(is_kept).map(|(_, memo)| memo.case).collect();
        let of_kept = || ids.iter().zip(&memos).filter(|(_, memo)| cases.contains(&memo.case));
        let mut rows: Vec<(EntryId, SettledMemo)> = of_kept().map(|(&id, &memo)| (id, memo)).collect();
        rows.sort_by_key(|(id, _)| outcome.book.entry(*id).ledger());
        let kept = Kept::of(&outcome.book, &rows);
        self.kept.insert(day, kept);
        self.places.insert(day, places?);
        self.judged.push(run);
        Ok(())
    }

    /// The rows of cases of a day, from the files that they came in.
    fn load_again(&self, day: NaiveDate, cases: &BTreeSet<CaseName>) -> anyhow::Result<Vec<Settled>> {
        let places = self.places.get(&day).with_context(|| format!("{day} was not judged again"))?;
        let mut by_file: BTreeMap<u32, BTreeMap<u32, (u32, SettledMemo)>> = BTreeMap::new();
        for &(_, case) in cases {
            for Place { file, row, number, memo } in places.of(day, case)? {
                by_file.entry(file).or_default().insert(row, (number, memo));
            }
        }
        let mut parts = Vec::new();
        let mut wanted: Vec<BTreeMap<u32, (u32, SettledMemo)>> = Vec::new();
        for (file, of) in by_file {
            let (path, arrived) = &places.files[file as usize];
            let read = (self.reader)(*arrived, path)?;
            let found = read.iter().flat_map(|part| &part.rows).filter(|row| of.contains_key(row)).count();
            if found != of.len() {
                bail!("{path} has not all of the rows that were settled on {day}");
            }
            wanted.extend(read.iter().map(|_| of.clone()));
            parts.extend(read);
        }
        let rows = parts.iter().zip(&wanted).flat_map(|(part, of)| part.rows.iter().map(|row| of.get(row)));
        let rows: Vec<Option<(u32, SettledMemo)>> = rows.map(Option::<&_>::copied).collect();
        let book = Book::assemble(parts);
        // As they stood when they were settled, ledger by ledger.
        let mut found: Vec<(Ledger, u32, EntryId, SettledMemo)> = book
            .ids()
            .zip(rows)
            .filter_map(|(id, of)| of.map(|(number, memo)| (book.entry(id).ledger(), number, id, memo)))
            .collect();
        found.sort_by_key(|&(ledger, number, ..)| (ledger, number));
        let found: Vec<(EntryId, SettledMemo)> = found.into_iter().map(|(.., id, memo)| (id, memo)).collect();
        Ok(Kept::of(&book, &found).give(cases))
    }
}

/// What was settled from a day on.
pub(crate) struct Since<'a> {
    of: &'a Again<'a>,
    /// Runs of the archive, then days that were judged again.
    runs: Vec<Run>,
}

impl History for Since<'_> {
    fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn seen(&self, links: &[u64]) -> anyhow::Result<Vec<Seen>> {
        seen::find(&self.runs, links)
    }

    fn load(&self, cases: &BTreeSet<CaseName>) -> anyhow::Result<Vec<Settled>> {
        let mut by_day: BTreeMap<NaiveDate, BTreeSet<CaseName>> = BTreeMap::new();
        for &case in cases {
            by_day.entry(case.0).or_default().insert(case);
        }
        let mut loaded = Vec::new();
        let first = self.runs.first().map_or(NaiveDate::MAX, |run| run.date);
        for (day, cases) in by_day.split_off(&first) {
            let kept = self.of.kept.get(&day);
            loaded.extend(match kept.filter(|kept| cases.iter().all(|(_, case)| kept.has(*case))) {
                Some(kept) => kept.give(&cases),
                None if day < self.of.from => past_run(self.of.archive.run(day)?).load(&cases)?,
                None => self.of.load_again(day, &cases)?,
            });
        }
        Ok(loaded)
    }
}

fn past_run(run: &Run) -> PastRuns {
    PastRuns { runs: vec![run.clone()] }
}

/// Where the rows that a run carried stand.
fn rows_carried(run: &Run, into: &mut FxHashMap<String, FxHashSet<u32>>) -> anyhow::Result<()> {
    for &ledger in Ledger::ALL {
        let path = run.path.join(format!("carried-{}.parquet", ledger.id()));
        if !durable::is_there(&path)? {
            continue;
        }
        let frame = parquet::read_columns(&path, |name| ["file", "file_row"].contains(&name))?;
        let (Some(Column::Text(files)), Some(Column::Count(rows))) =
            (frame.column("file"), frame.column("file_row"))
        else {
            bail!("{} has other columns than expected", path.display());
        };
        for (place, row) in rows.iter().enumerate() {
            let row = row.with_context(|| format!("{}: a row has a number", path.display()))?;
            match into.get_mut(files.get(place)) {
                Some(known) => {
                    known.insert(row);
                }
                None => {
                    into.insert(files.get(place).to_owned(), FxHashSet::from_iter([row]));
                }
            }
        }
    }
    Ok(())
}

/// Rows of settled cases that stay in memory.
#[derive(Default)]
struct Kept {
    book: Book,
    memos: Vec<SettledMemo>,
    by_case: FxHashMap<u32, Vec<EntryId>>,
}

impl Kept {
    /// Some rows of a book, in the order in which they are given back.
    fn of(book: &Book, rows: &[(EntryId, SettledMemo)]) -> Self {
        let ids: Vec<EntryId> = rows.iter().map(|(id, _)| *id).collect();
        let own = Book::assemble(book.extract(&ids));
        let mut by_case: FxHashMap<u32, Vec<EntryId>> = FxHashMap::default();
        for (id, (_, memo)) in own.ids().zip(rows) {
            by_case.entry(memo.case).or_default().push(id);
        }
        Self { book: own, memos: rows.iter().map(|(_, memo)| *memo).collect(), by_case }
    }

    fn of_settled(settled: Vec<Settled>) -> Self {
        let (mut parts, mut memos) = (Vec::new(), Vec::new());
        for Settled { part, memo } in settled {
            memos.extend(memo);
            parts.push(part);
        }
        let book = Book::assemble(parts);
        let rows: Vec<(EntryId, SettledMemo)> = book.ids().zip(memos).collect();
        Self::of(&book, &rows)
    }

    fn has(&self, case: u32) -> bool {
        self.by_case.contains_key(&case)
    }

    /// The rows of some cases, which are here.
    fn give(&self, cases: &BTreeSet<CaseName>) -> Vec<Settled> {
        let mut ids: Vec<EntryId> =
            cases.iter().filter_map(|(_, case)| self.by_case.get(case)).flatten().copied().collect();
        ids.sort_unstable();
        let mut memos = ids.iter().map(|id| self.memos[id.0 as usize]);
        let parts = self.book.extract(&ids).into_iter();
        parts.map(|part| Settled { memo: memos.by_ref().take(part.rows.len()).collect(), part }).collect()
    }
}

/// Where a row that was settled stands, its number in the run, and how it was settled.
struct Place {
    file: u32,
    row: u32,
    number: u32,
    memo: SettledMemo,
}

/// Where the rows that a day settled stand, in a file in the order of cases, and how each was settled.
struct Places {
    /// The files by number, and when each came.
    files: Vec<(Arc<str>, NaiveDate)>,
    path: PathBuf,
}

impl Places {
    /// Case, number of the row in its run, file, row, fate, day of the cell, day covered.
    const LINE: usize = 28;
    const NO_DAY: i32 = i32::MIN;

    fn write(folder: &Path, book: &Book, ids: &[EntryId], memos: &[SettledMemo]) -> anyhow::Result<Self> {
        let path = folder.join("places.lines");
        let mut files: Vec<(Arc<str>, NaiveDate)> = Vec::new();
        let mut numbers: FxHashMap<(&str, NaiveDate), u32> = FxHashMap::default();
        let of_day = |day: Option<NaiveDate>| day.map_or(Self::NO_DAY, |day| day.num_days_from_ce());
        let mut lines: Vec<[u32; Self::LINE / 4]> = Vec::with_capacity(ids.len());
        for (&id, memo) in ids.iter().zip(memos) {
            let row = book.entry(id);
            let file = *numbers.entry((row.file(), row.arrived())).or_insert_with(|| {
                files.push((row.file().into(), row.arrived()));
                u32::try_from(files.len() - 1).expect("few files")
            });
            let [cell, covered] = [memo.cell_on, memo.covered_on].map(|day| of_day(day).cast_unsigned());
            lines.push([memo.case, id.0, file, row.file_row(), memo.fate as u32, cell, covered]);
        }
        lines.par_sort_unstable();
        let line = |line: &[u32; Self::LINE / 4]| {
            let mut bytes = [0; Self::LINE];
            for (number, into) in line.iter().zip(bytes.as_chunks_mut().0) {
                *into = number.to_le_bytes();
            }
            bytes
        };
        lines::write(&path, &lines.par_iter().map(line).collect::<Vec<_>>())?;
        Ok(Self { files, path })
    }

    /// The rows of a case.
    fn of(&self, day: NaiveDate, case: u32) -> anyhow::Result<Vec<Place>> {
        let number = |line: &[u8; Self::LINE], place: usize| lines::number(line, place * 4);
        let mut rows = Vec::new();
        for line in Lines::<{ Self::LINE }>::open(&self.path)?.under(&case, |line| number(line, 0))? {
            let on = |place: usize| {
                let day = number(&line, place).cast_signed();
                (day != Self::NO_DAY)
                    .then(|| NaiveDate::from_num_days_from_ce_opt(day).expect("a day was written"))
            };
            let memo = SettledMemo {
                run: day,
                case,
                fate: Fate::ALL[number(&line, 4) as usize],
                cell_on: on(5),
                covered_on: on(6),
            };
            let [number, file, row] = [1, 2, 3].map(|place| number(&line, place));
            rows.push(Place { file, row, number, memo });
        }
        Ok(rows)
    }
}
