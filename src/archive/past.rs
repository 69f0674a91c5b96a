//! The runs of a book as a period asks for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::Book;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::money::Money;
use crate::domain::table::{Column, Frame, Texts};
use crate::durable;
use crate::ledger::format;
use crate::ledger::intake::Fate;
use crate::period::kept::KeptRow;
use crate::period::{FileCount, Kept, RunNote, Runs, Span};
use crate::pipeline::OpenItem;
use crate::pipeline::registered::{Register, Registered};
use crate::rules::finding::{Sentence, Told};

use super::{Archive, MANIFEST, Manifest, Run, column_name, dates, digest, parquet, parts, tables};

/// The runs up to a day, and which of their cases came back in a later one of them.
#[derive(Debug)]
pub struct KnownRuns {
    pub(super) root: PathBuf,
    pub(super) runs: Vec<Run>,
    pub(super) recalled: BTreeMap<NaiveDate, BTreeSet<u32>>,
}

impl Archive {
    /// The days that were run, in order.
    pub fn days(&self) -> Vec<NaiveDate> {
        self.runs.iter().map(|run| run.date).collect()
    }

    /// Days whose run rests on another run than that which stands before it: an earlier day was run again since.
    pub fn stale(&self) -> anyhow::Result<Vec<NaiveDate>> {
        let mut stale = Vec::new();
        for pair in self.runs.windows(2) {
            let rests_on = manifest(&pair[1])?.rests_on;
            if rests_on.is_none_or(|on| (on.date, on.run) != (pair[0].date, pair[0].number)) {
                stale.push(pair[1].date);
            }
        }
        Ok(stale)
    }

    /// The runs as they were when that of `known_on` had ended.
    pub fn known_on(&self, known_on: NaiveDate) -> anyhow::Result<KnownRuns> {
        let runs: Vec<Run> = self.runs.iter().filter(|run| run.date <= known_on).cloned().collect();
        let mut recalled: BTreeMap<NaiveDate, BTreeSet<u32>> = BTreeMap::new();
        for run in &runs {
            for (day, case) in taken_back(run)? {
                recalled.entry(day).or_default().insert(case);
            }
        }
        Ok(KnownRuns { root: self.root.clone(), runs, recalled })
    }

    /// The digest of the manifest of a day's run, which stands for it and for all runs before it.
    pub fn digest(&self, day: NaiveDate) -> anyhow::Result<String> {
        digest(&self.run(day)?.path.join(MANIFEST))
    }

    /// Whether these are the findings that a day's run told, byte for byte. They are written into a folder to see that.
    pub fn has_told(&self, day: NaiveDate, told: &[Told], folder: &Path) -> anyhow::Result<bool> {
        let path = folder.join("findings.parquet");
        parquet::write(&path, std::iter::once(tables::findings(told)))?;
        Ok(digest(&path)? == digest(&self.run(day)?.path.join("findings.parquet"))?)
    }

    /// What runs took in and could not conclude, for some days.
    pub fn notes(&self, days: &[NaiveDate]) -> anyhow::Result<Vec<RunNote>> {
        days.par_iter().map(|day| note(self.run(*day)?)).collect()
    }

    /// What some party had not answered when the run of a day ended.
    pub fn open_items(&self, day: NaiveDate) -> anyhow::Result<Vec<OpenItem>> {
        let path = self.run(day)?.path.join("open_items.parquet");
        let frame = parquet::read(&path)?;
        open_items(&frame).with_context(|| path.display().to_string())
    }

    /// What the registers listed on some days, in order.
    pub fn registered(&self, days: &[NaiveDate]) -> anyhow::Result<Vec<Registered>> {
        let of = |day: &NaiveDate| {
            let path = self.run(*day)?.path.join("registers.parquet");
            registered(&parquet::read(&path)?, *day).with_context(|| path.display().to_string())
        };
        Ok(days.par_iter().map(of).collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    pub(super) fn run(&self, day: NaiveDate) -> anyhow::Result<&Run> {
        self.runs.iter().find(|run| run.date == day).with_context(|| format!("{day} was not run"))
    }
}

pub(super) fn manifest(run: &Run) -> anyhow::Result<Manifest> {
    manifest_in(&run.path)
}

/// The manifest of a run that lies in a folder.
pub(super) fn manifest_in(folder: &Path) -> anyhow::Result<Manifest> {
    let path = folder.join(MANIFEST);
    let text = fs::read(&path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}

/// The cases of earlier runs that a run took back: the day of the run that had settled each, and its number there.
pub(super) fn taken_back(run: &Run) -> anyhow::Result<Vec<(NaiveDate, u32)>> {
    let path = run.path.join("recalled.parquet");
    let frame = parquet::read(&path)?;
    let Some(Column::Count(cases)) = frame.column("case_no") else {
        bail!("{} has no column case_no", path.display());
    };
    let name = |(day, case): (&Option<NaiveDate>, &Option<u32>)| {
        let (Some(day), Some(case)) = (day, case) else { bail!("{}: a case has no number", path.display()) };
        Ok((*day, *case))
    };
    dates(&frame, "run_on")?.iter().zip(cases).map(name).collect()
}

fn note(run: &Run) -> anyhow::Result<RunNote> {
    let path = run.path.join(MANIFEST);
    let manifest = manifest(run)?;
    let file = |input: super::Input| {
        let yuan: Money =
            input.yuan.parse().with_context(|| format!("{}: {}", path.display(), input.yuan))?;
        anyhow::Ok(FileCount { file: input.file, rows: input.rows, rejected: input.rejected, yuan })
    };
    Ok(RunNote {
        day: run.date,
        manifest: digest(&path)?,
        files: manifest.inputs.into_iter().map(file).collect::<anyhow::Result<_>>()?,
        no_data: manifest.no_data,
    })
}

pub(super) fn texts<'f>(frame: &'f Frame, name: &str) -> anyhow::Result<&'f Texts> {
    match frame.column(name) {
        Some(Column::Text(texts)) => Ok(texts),
        _ => bail!("no column {name}"),
    }
}

/// What a cell that holds several says.
pub(super) fn list(text: &str) -> Vec<String> {
    text.split(';').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn registered(frame: &Frame, listed_on: NaiveDate) -> anyhow::Result<Vec<Registered>> {
    let [
        register,
        key,
        treasury,
        unit,
        unit_name,
        payee_account,
        payee_name,
        subject,
        document,
        zh,
        en,
        evidence,
    ] = [
        "register",
        "key",
        "treasury",
        "unit",
        "unit_name",
        "payee_account",
        "payee_name",
        "subject",
        "document",
        "why_zh",
        "why_en",
        "evidence",
    ]
    .map(|name| texts(frame, name));
    let (register, key, treasury, unit) = (register?, key?, treasury?, unit?);
    let (unit_name, payee_account, payee_name, subject) = (unit_name?, payee_account?, payee_name?, subject?);
    let (document, zh, en, evidence) = (document?, zh?, en?, evidence?);
    let (issued, booked, paid) =
        (dates(frame, "issued_on")?, dates(frame, "booked_on")?, dates(frame, "paid_on")?);
    let Some(Column::Money(amount)) = frame.column("amount") else { bail!("no column amount") };
    let item = |row: usize| {
        let text = |of: &Texts| of.get(row).to_owned();
        Ok(Registered {
            register: Register::from_id(register.get(row)).context("a register")?,
            listed_on,
            key: text(key),
            issued_on: issued[row],
            treasury: text(treasury),
            unit: text(unit),
            unit_name: text(unit_name),
            payee_account: text(payee_account),
            payee_name: text(payee_name),
            subject: text(subject),
            amount: amount[row].map(Money::from_fen),
            document: text(document),
            booked_on: booked[row],
            paid_on: paid[row],
            why: Sentence { zh: text(zh), en: text(en) },
            evidence: list(evidence.get(row)),
        })
    };
    (0..frame.len()).map(item).collect()
}

fn open_items(frame: &Frame) -> anyhow::Result<Vec<OpenItem>> {
    let text = |name: &str| texts(frame, name);
    let (flow, key, awaits) = (text("flow")?, text("key")?, text("awaits")?);
    let (treasury, bank, evidence) = (text("treasury")?, text("bank")?, text("evidence")?);
    let (since, due_on) = (dates(frame, "since")?, dates(frame, "due_on")?);
    let (Some(Column::Money(amount)), Some(Column::Count(age))) =
        (frame.column("amount"), frame.column("age_days"))
    else {
        bail!("no column amount or age_days");
    };
    let item = |row: usize| {
        let awaits = list(awaits.get(row))
            .into_iter()
            .filter_map(|of| OpenItem::AWAITS.into_iter().find(|id| *id == of));
        Ok(OpenItem {
            key: key.get(row).to_owned(),
            flow: Flow::from_id(flow.get(row)).context("a flow")?,
            awaits: awaits.collect(),
            amount: amount[row].map(Money::from_fen),
            treasury: treasury.get(row).to_owned(),
            bank: bank.get(row).to_owned(),
            since: since[row].context("an item has a day")?,
            age_days: age[row],
            due_on: due_on[row],
            evidence: list(evidence.get(row)),
        })
    };
    (0..frame.len()).map(item).collect()
}

impl KnownRuns {
    /// Whether the revenue that a run settled may be of a period: that of a run outside of it is not where all of it
    /// belongs to others.
    fn has_revenue_of(run: &Run, span: Span) -> anyhow::Result<bool> {
        if span.contains(run.date) {
            return Ok(true);
        }
        for &ledger in Ledger::ALL.iter().filter(|ledger| ledger.flow() == Flow::Revenue) {
            let path = run.path.join(format!("entries-{}.parquet", ledger.id()));
            if !durable::is_there(&path)? {
                continue;
            }
            let own = column_name(ledger.date());
            let frame = parquet::read_columns(&path, |name| ["cell_on", "covered_on", &own].contains(&name))?;
            let mut days: Vec<Option<NaiveDate>> = dates(&frame, "cell_on")?.to_vec();
            days.extend(dates(&frame, "covered_on")?);
            if let Some(Column::Date(own)) = frame.column(&own) {
                days.extend(own);
            }
            if days.into_iter().flatten().any(|day| span.contains(day)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Runs for KnownRuns {
    fn taken_back(&self, day: NaiveDate) -> BTreeSet<u32> {
        self.recalled.get(&day).cloned().unwrap_or_default()
    }

    fn days(&self) -> Vec<NaiveDate> {
        self.runs.iter().map(|run| run.date).collect()
    }

    fn kept(&self, day: NaiveDate, span: Span, fields: &[Field]) -> anyhow::Result<Kept> {
        let run =
            self.runs.iter().find(|run| run.date == day).with_context(|| format!("{day} was not run"))?;
        let is_last = self.runs.last() == Some(run);
        let (mut all, mut rows) = (Vec::new(), Vec::new());
        let revenue = Self::has_revenue_of(run, span)?;
        let own =
            ["case_no", "cell_on", "covered_on", "fate", "file", "file_row", "arrived"].map(str::to_owned);
        let wanted: BTreeSet<String> = fields.iter().map(|&field| column_name(field)).chain(own).collect();
        for &ledger in Ledger::ALL {
            for is_open in [false, true] {
                let name = if is_open { "carried" } else { "entries" };
                let path = run.path.join(format!("{name}-{}.parquet", ledger.id()));
                let is_silent = ledger.flow() == Flow::Revenue && !revenue && !is_open;
                if is_silent || (is_open && !is_last) || !durable::is_there(&path)? {
                    continue;
                }
                let frame = parquet::read_columns(&path, |name| wanted.contains(name))?;
                let (Some(Column::Count(cases)), Some(Column::Text(fates))) =
                    (frame.column("case_no"), frame.column("fate"))
                else {
                    bail!("{} has other columns than expected", path.display());
                };
                let stands = |&row: &usize| fates.get(row) == Fate::Stands.id() && cases[row].is_some();
                let standing: Vec<usize> = (0..frame.len()).filter(stands).collect();
                let (cells, covered) = (dates(&frame, "cell_on")?, dates(&frame, "covered_on")?);
                for (part, of) in
                    parts(&frame, format::of(ledger), &standing, |field| fields.contains(&field))?
                {
                    rows.extend(of.into_iter().map(|row| KeptRow {
                        case: cases[row].expect("a row that stands has a case"),
                        is_open,
                        cell_on: cells[row],
                        covered_on: covered[row],
                    }));
                    all.push(part);
                }
            }
        }
        let kept = Kept { run: day, book: Book::assemble(all), rows };
        Ok(match self.recalled.get(&day) {
            Some(recalled) => kept.without(recalled),
            None => kept,
        })
    }
}
