//! The rows of one thing among those of all runs, with every other row of their cases.
//!
//! Of each group that may hold it only the columns that can name it are read first; a group is read whole where it holds a
//! row that is wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::{Book, Part};
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::domain::table::{Column, Frame};
use crate::durable;
use crate::investigation::{CaseName, Found, Material, Telling, Wanted};
use crate::ledger::format;
use crate::ledger::intake::Fate;
use crate::rules;
use crate::rules::finding::{Sentence, Severity, Status, Told};

use super::past::{KnownRuns, list, texts};
use super::{Archive, Run, cases, column_name, dates, find, parquet, parts};

/// The rows of a ledger that a run settled, or handed on.
#[derive(Clone, Debug)]
struct Shelf {
    run: NaiveDate,
    ledger: Ledger,
    is_open: bool,
    path: PathBuf,
}

/// What a shelf gave: rows with what is known of each.
type Given = (Vec<Part>, Vec<Found>);

impl KnownRuns {
    /// The rows that are wanted and all others of their cases. Runs before `from` hold nothing dated later.
    pub fn seek(&self, wanted: &Wanted, from: Option<NaiveDate>) -> anyhow::Result<Material> {
        let runs: Vec<&Run> =
            self.runs.iter().filter(|run| from.is_none_or(|from| from <= run.date)).collect();
        let given: Vec<Vec<Given>> =
            runs.par_iter().map(|run| self.seek_in(run, wanted)).collect::<anyhow::Result<_>>()?;
        let (mut all, mut found) = (Vec::new(), Vec::new());
        for (parts, rows) in given.into_iter().flatten() {
            all.extend(parts);
            found.extend(rows);
        }
        let mut cases: BTreeMap<NaiveDate, BTreeSet<(bool, u32)>> = BTreeMap::new();
        for row in &found {
            if let Some(case) = row.case {
                cases.entry(row.run).or_default().insert((row.is_open, case));
            }
        }
        let proofs: Vec<Vec<(CaseName, String)>> = runs
            .into_par_iter()
            .filter_map(|run| Some(proofs_of(run, cases.get(&run.date)?)))
            .collect::<anyhow::Result<_>>()?;
        let proofs = proofs.into_iter().flatten().collect();
        Ok(Material { book: Book::assemble(all), found, proofs })
    }

    fn seek_in(&self, run: &Run, wanted: &Wanted) -> anyhow::Result<Vec<Given>> {
        let is_last = self.runs.last() == Some(run);
        let mut given = Vec::new();
        for is_open in [false, true] {
            if is_open && !is_last {
                continue;
            }
            let name = if is_open { "carried" } else { "entries" };
            let mut shelves = Vec::new();
            for &ledger in Ledger::ALL {
                let path = run.path.join(format!("{name}-{}.parquet", ledger.id()));
                if durable::is_there(&path)? {
                    shelves.push(Shelf { run: run.date, ledger, is_open, path });
                }
            }
            let none = BTreeSet::new();
            let recalled = if is_open { &none } else { self.recalled.get(&run.date).unwrap_or(&none) };
            let listed = if is_open { None } else { find::groups(&run.path, wanted)? };
            let none_of_it = BTreeSet::new();
            let no_rows = BTreeSet::new();
            let hits = |shelf: &Shelf| {
                let groups = listed.as_ref().map(|all| all.get(&shelf.ledger).unwrap_or(&none_of_it));
                shelf.hits(wanted, groups)
            };
            let hits: Vec<Hits> = shelves.par_iter().map(hits).collect::<anyhow::Result<_>>()?;
            let cases: BTreeSet<u32> = hits
                .iter()
                .flat_map(|hits| hits.cases.iter())
                .filter(|case| !recalled.contains(case))
                .copied()
                .collect();
            if cases.is_empty() && hits.iter().all(|hits| hits.alone.is_empty()) {
                continue;
            }
            let listed = if is_open { None } else { Some(cases::rows(&run.path, &cases)?) };
            let give = |(shelf, hits): (&Shelf, &Hits)| {
                let rows = listed.as_ref().map(|all| all.get(&shelf.ledger).unwrap_or(&no_rows));
                shelf.give(&cases, rows, &hits.alone)
            };
            let of: Vec<Given> = shelves.par_iter().zip(&hits).map(give).collect::<anyhow::Result<_>>()?;
            given.extend(of);
        }
        Ok(given)
    }

    /// What runs told of findings that are wanted, in the order of runs.
    pub fn tellings(&self, is_wanted: impl Fn(&Told) -> bool + Sync) -> anyhow::Result<Vec<Telling>> {
        let of = |run: &Run| {
            let told = told_by(run)?.into_iter().filter(|told| is_wanted(told));
            anyhow::Ok(told.map(|told| Telling { run: run.date, told }).collect::<Vec<_>>())
        };
        let all: Vec<Vec<Telling>> = self.runs.par_iter().map(of).collect::<anyhow::Result<_>>()?;
        Ok(all.into_iter().flatten().collect())
    }
}

/// Which rows of a shelf are wanted.
#[derive(Debug, Default)]
struct Hits {
    cases: BTreeSet<u32>,
    /// Rows of no case, by group: versions that were replaced.
    alone: BTreeMap<usize, BTreeSet<usize>>,
}

impl Shelf {
    /// The rows that are wanted, of the groups that may hold some where these are known.
    fn hits(&self, wanted: &Wanted, groups: Option<&BTreeSet<usize>>) -> anyhow::Result<Hits> {
        let mut hits = Hits::default();
        if groups.is_some_and(BTreeSet::is_empty) {
            return Ok(hits);
        }
        let reader = parquet::Reader::alone(&self.path).with_context(|| self.path.display().to_string())?;
        let of_file = |name: &str| ["file", "file_row"].contains(&name) && !wanted.rows.is_empty();
        let texts: Vec<(String, &BTreeSet<String>)> = wanted
            .texts
            .iter()
            .map(|(field, texts)| (column_name(*field), texts))
            .filter(|(name, _)| reader.has(name))
            .collect();
        if texts.is_empty() && wanted.rows.is_empty() {
            return Ok(hits);
        }
        let is_asked = |group: &usize| groups.is_none_or(|groups| groups.contains(group));
        for group in (0..reader.groups()).filter(is_asked) {
            let frame = reader
                .frame(group, |name| {
                    name == "case_no" || of_file(name) || texts.iter().any(|(of, _)| of == name)
                })
                .with_context(|| self.path.display().to_string())?;
            let mut rows: BTreeSet<usize> = BTreeSet::new();
            for (name, texts) in &texts {
                let Some(Column::Text(column)) = frame.column(name) else { bail!("{name} is no text") };
                rows.extend((0..frame.len()).filter(|&row| {
                    let text = column.get(row);
                    !text.is_empty() && texts.contains(text)
                }));
            }
            if !wanted.rows.is_empty() {
                let (Some(Column::Text(files)), Some(Column::Count(numbers))) =
                    (frame.column("file"), frame.column("file_row"))
                else {
                    bail!("{} names no file and row", self.path.display());
                };
                let is_wanted = |row: &usize| {
                    numbers[*row]
                        .is_some_and(|number| wanted.rows.contains(&format!("{}#{number}", files.get(*row))))
                };
                let named: BTreeSet<&str> =
                    wanted.rows.iter().filter_map(|row| Some(row.rsplit_once('#')?.0)).collect();
                rows.extend((0..frame.len()).filter(|&row| named.contains(files.get(row))).filter(is_wanted));
            }
            let cases = self.cases(&frame)?;
            for row in rows {
                match cases[row] {
                    Some(case) => {
                        hits.cases.insert(case);
                    }
                    None => {
                        hits.alone.entry(group).or_default().insert(row);
                    }
                }
            }
        }
        Ok(hits)
    }

    fn cases<'f>(&self, frame: &'f Frame) -> anyhow::Result<&'f [Option<u32>]> {
        match frame.column("case_no") {
            Some(Column::Count(cases)) => Ok(cases),
            _ => bail!("{} has no column case_no", self.path.display()),
        }
    }

    /// The rows of these cases, which are looked for unless the places of all in the file are known, and those that stand
    /// alone.
    fn give(
        &self,
        cases: &BTreeSet<u32>,
        known: Option<&BTreeSet<usize>>,
        alone: &BTreeMap<usize, BTreeSet<usize>>,
    ) -> anyhow::Result<Given> {
        if known.is_some_and(BTreeSet::is_empty) && alone.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let reader = parquet::Reader::alone(&self.path).with_context(|| self.path.display().to_string())?;
        let (mut all, mut found) = (Vec::new(), Vec::new());
        let mut begin = 0;
        for group in 0..reader.groups() {
            let end = begin + reader.rows(group);
            let mut rows: BTreeSet<usize> = if let Some(known) = known {
                known.range(begin..end).map(|row| row - begin).collect()
            } else {
                let numbers = reader.frame(group, |name| name == "case_no")?;
                let numbers = self.cases(&numbers)?;
                let is_of = |row: &usize| numbers[*row].is_some_and(|case| cases.contains(&case));
                (0..numbers.len()).filter(is_of).collect()
            };
            begin = end;
            rows.extend(alone.get(&group).into_iter().flatten());
            let rows: Vec<usize> = rows.into_iter().collect();
            if rows.is_empty() {
                continue;
            }
            let frame = reader.some(group, &rows).with_context(|| self.path.display().to_string())?;
            let (numbers, rows) = (self.cases(&frame)?, (0..frame.len()).collect::<Vec<_>>());
            let Some(Column::Text(fates)) = frame.column("fate") else {
                bail!("{} has no column fate", self.path.display());
            };
            for (part, rows) in parts(&frame, format::of(self.ledger), &rows, |_| true)? {
                found.extend(rows.iter().map(|&row| Found {
                    run: self.run,
                    case: numbers[row],
                    is_open: self.is_open,
                    fate: Fate::from_id(fates.get(row)).unwrap_or(Fate::Stands),
                }));
                all.push(part);
            }
        }
        Ok((all, found))
    }
}

/// Why the rows of some cases of a run are one payment each.
fn proofs_of(run: &Run, cases: &BTreeSet<(bool, u32)>) -> anyhow::Result<Vec<(CaseName, String)>> {
    let path = run.path.join("matches.parquet");
    let other = || format!("{} has other columns than expected", path.display());
    let reader = parquet::Reader::alone(&path).with_context(|| path.display().to_string())?;
    let mut proofs = Vec::new();
    for group in 0..reader.groups() {
        let numbers = reader.frame(group, |name| name == "case_no")?;
        let Some(Column::Count(numbers)) = numbers.column("case_no") else { bail!(other()) };
        let is_of = |number: &u32| [false, true].iter().any(|is_open| cases.contains(&(*is_open, *number)));
        let rows: Vec<usize> =
            (0..numbers.len()).filter(|&row| numbers[row].as_ref().is_some_and(is_of)).collect();
        if rows.is_empty() {
            continue;
        }
        let frame = reader.some(group, &rows)?;
        let (Some(Column::Count(numbers)), Some(Column::Text(strategies))) =
            (frame.column("case_no"), frame.column("strategy"))
        else {
            bail!(other());
        };
        for (row, number) in numbers.iter().enumerate() {
            let Some(number) = *number else { continue };
            for is_open in [false, true].into_iter().filter(|is_open| cases.contains(&(*is_open, number))) {
                proofs.push(((run.date, is_open, number), strategies.get(row).to_owned()));
            }
        }
    }
    Ok(proofs)
}

impl Archive {
    /// What the run of a day told.
    pub fn told(&self, day: NaiveDate) -> anyhow::Result<Vec<Told>> {
        told_by(self.run(day)?)
    }
}

fn told_by(run: &Run) -> anyhow::Result<Vec<Told>> {
    let path = run.path.join("findings.parquet");
    findings(&parquet::Reader::alone(&path)?.whole(|_| true)?).with_context(|| path.display().to_string())
}

/// Findings as a run told them; those of a rule this program no longer has are left out.
fn findings(frame: &Frame) -> anyhow::Result<Vec<Told>> {
    let text = |name: &str| texts(frame, name);
    let (rule, severity, party, institution) =
        (text("rule")?, text("severity")?, text("party")?, text("institution")?);
    let (flow, key, treasury, account) = (text("flow")?, text("key")?, text("treasury")?, text("account")?);
    let (status, zh, en) = (text("status")?, text("explanation_zh")?, text("explanation_en")?);
    let evidence = text("evidence")?;
    let day = |name: &str| dates(frame, name);
    let (event_on, due_on, settled_on, first_seen) =
        (day("event_on")?, day("due_on")?, day("settled_on")?, day("first_seen")?);
    let (Some(Column::Money(amount)), Some(Column::Money(difference)), Some(Column::Count(days_late))) =
        (frame.column("amount"), frame.column("difference"), frame.column("days_late"))
    else {
        bail!("no column amount, difference or days_late");
    };
    let mut told = Vec::new();
    for row in 0..frame.len() {
        let Some(rule) = rules::by_id(rule.get(row)) else { continue };
        told.push(Told {
            rule: rule.id,
            key: key.get(row).to_owned(),
            severity: Severity::from_id(severity.get(row)).context("a severity")?,
            party: Party::from_id(party.get(row)).context("a party")?,
            institution: institution.get(row).to_owned(),
            flow: Flow::from_id(flow.get(row)).context("a flow")?,
            treasury: treasury.get(row).to_owned(),
            account: account.get(row).to_owned(),
            amount: amount[row].map(Money::from_fen),
            difference: difference[row].map(Money::from_fen),
            event_on: event_on[row],
            due_on: due_on[row],
            settled_on: settled_on[row],
            days_late: days_late[row],
            status: if status.get(row) == Status::Resolved.id() { Status::Resolved } else { Status::Open },
            first_seen: first_seen[row].context("a finding was first seen")?,
            explanation: Sentence { zh: zh.get(row).to_owned(), en: en.get(row).to_owned() },
            evidence: list(evidence.get(row)),
            notice: None,
        });
    }
    Ok(told)
}
