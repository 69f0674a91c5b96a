//! 改动余量: by how little a date or an amount of one row would have to be another for a finding to be another.
//!
//! The rows of a finding's own cases are judged alone, as they stood when it was first told, with the tables and settings of
//! that day. Where they do not come to the same finding it rests on more than them (totals, balances, other payments), and
//! nothing is said of it. One cell is altered at a time: by steps of a fen, a day or a minute that double, to what other cells
//! of the same kind hold, and by what the finding says differs. Between the last step that makes no other finding and the
//! first that does the smallest is looked for by halves: a verdict that changes and changes back between two steps is not
//! noticed.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rayon::prelude::*;

use crate::domain::entry::Part;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::moment::Moment;
use crate::domain::money::Money;
use crate::domain::table::{Column, Table};
use crate::rules;
use crate::rules::finding::{Finding, Identity, Severity};

use super::handover::NoHistory;
use super::{Handover, Taken};

/// What is found: how grave it is, and whether it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub severity: Severity,
    pub is_settled: bool,
}

impl Verdict {
    fn of(found: &Finding) -> Self {
        Self { severity: found.severity, is_settled: found.settled_on.is_some() }
    }
}

/// A cell that is another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alteration {
    /// `file#row`.
    pub row: String,
    pub ledger: Ledger,
    pub field: Field,
    /// As the archive spells them.
    pub is: String,
    pub at: String,
    /// `None` if it were no finding.
    pub then: Option<Verdict>,
}

/// What would make another finding of one: of each cell the smallest alteration either way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alterations {
    /// Its own rows do not come to it.
    RestsOnMore,
    /// More rows than are altered one by one.
    TooMany(usize),
    Found(Vec<Alteration>),
}

/// How far a cell is moved: days, minutes of a moment, fen as often as the amount has them.
const DAYS: i64 = 366;
const MINUTES: i64 = 31 * 24 * 60;

/// Rows that are altered one by one.
pub const ROWS: usize = 40;

/// What alterations of single cells would make of a finding, by the rows of its cases.
pub fn alterations(rows: &[Part], facts: &Facts, of: &Identity) -> anyhow::Result<Alterations> {
    let count = rows.iter().map(|part| part.rows.len()).sum();
    if count > ROWS {
        return Ok(Alterations::TooMany(count));
    }
    let mut facts = facts.clone();
    // Nothing is concluded from ledgers that are not looked at.
    facts.delivered = Ledger::ALL.iter().copied().collect();
    facts.heard = facts.delivered.clone();
    let case = OneCase { rows, facts: &facts, of };
    let Some(now) = case.found(rows)? else { return Ok(Alterations::RestsOnMore) };
    let cells: Vec<Cell> = rows
        .iter()
        .enumerate()
        .flat_map(|(part, of)| {
            let fields = of.table.columns().iter().map(|(field, _)| *field);
            fields.flat_map(move |field| (0..of.rows.len()).map(move |row| (part, row, field)))
        })
        .filter(|cell| case.value(*cell).is_some())
        .collect();
    let values: BTreeSet<Value> = cells.iter().filter_map(|cell| case.value(*cell)).collect();
    let differs = now.difference.map(|of| of.abs().fen());
    let now = Verdict::of(&now);
    let found: Vec<Vec<Alteration>> = cells
        .into_par_iter()
        .map(|cell| {
            let value = case.value(cell).expect("it has one");
            let mut found = Vec::new();
            for way in [-1, 1] {
                found.extend(case.smallest(cell, way, &steps(value, way, &values, differs), now)?);
            }
            Ok(found)
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Alterations::Found(found.into_iter().flatten().collect()))
}

/// What a cell holds, in the unit of its steps: fen, days, minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Fen(i64),
    Day(i64),
    Minute(i64),
}

impl Value {
    fn of(column: &Column, row: usize) -> Option<Self> {
        let days = |date: NaiveDate| date.signed_duration_since(NaiveDate::default()).num_days();
        match column {
            Column::Money(fen) => fen[row].map(Self::Fen),
            Column::Date(dates) => dates[row].map(|date| Self::Day(days(date))),
            Column::Moment(moments) => moments[row].map(|Moment { date, time }| match time {
                None => Self::Day(days(date)),
                Some(time) => Self::Minute(minutes(date.and_time(time))),
            }),
            _ => None,
        }
    }

    /// How far it is moved.
    fn reach(self) -> i64 {
        match self {
            Self::Fen(fen) => fen.abs().max(1),
            Self::Day(_) => DAYS,
            Self::Minute(_) => MINUTES,
        }
    }

    /// How many steps lie between it and another of its kind.
    fn to(self, other: Self) -> Option<i64> {
        match (self, other) {
            (Self::Fen(a), Self::Fen(b))
            | (Self::Day(a), Self::Day(b))
            | (Self::Minute(a), Self::Minute(b)) => b.checked_sub(a),
            _ => None,
        }
    }
}

fn minutes(at: NaiveDateTime) -> i64 {
    at.signed_duration_since(NaiveDate::default().and_time(NaiveTime::MIN)).num_minutes()
}

/// How far a value is moved one way, one step after the other.
fn steps(value: Value, way: i64, values: &BTreeSet<Value>, differs: Option<i64>) -> BTreeSet<i64> {
    let doubled = std::iter::successors(Some(1_i64), |step| step.checked_mul(2));
    let mut steps: BTreeSet<i64> = doubled.take_while(|step| *step < value.reach()).collect();
    steps.insert(value.reach());
    let others = values.iter().filter_map(|other| Some(value.to(*other)? * way));
    let differs = differs.filter(|_| matches!(value, Value::Fen(_)));
    steps.extend(others.chain(differs).filter(|step| *step > 0 && *step <= value.reach()));
    steps
}

/// The rows of a finding's cases.
#[derive(Clone, Copy)]
struct OneCase<'a> {
    rows: &'a [Part],
    facts: &'a Facts,
    of: &'a Identity,
}

type Cell = (usize, usize, Field);

impl OneCase<'_> {
    /// The finding, by these rows.
    fn found(self, rows: &[Part]) -> anyhow::Result<Option<Finding>> {
        let taken = Taken::of(rows.to_vec(), self.facts.clone(), Handover::default(), &NoHistory)?;
        let prepared = taken.match_up().prepare();
        let found = rules::judge(&[self.of.rule()], &prepared.day());
        Ok(found.into_iter().find(|found| found.identity() == *self.of))
    }

    fn judge(self, rows: &[Part]) -> anyhow::Result<Option<Verdict>> {
        Ok(self.found(rows)?.as_ref().map(Verdict::of))
    }

    fn value(self, (part, row, field): Cell) -> Option<Value> {
        Value::of(self.rows[part].table.column(field)?, row)
    }

    fn altered(self, (part, row, field): Cell, steps: i64) -> Option<Vec<Part>> {
        let mut rows = self.rows.to_vec();
        rows[part].table = moved(&rows[part].table, field, row, steps)?;
        Some(rows)
    }

    fn smallest(
        self,
        cell: Cell,
        way: i64,
        steps: &BTreeSet<i64>,
        now: Verdict,
    ) -> anyhow::Result<Option<Alteration>> {
        let mut same = 0;
        let mut first = None;
        for &step in steps {
            let Some(rows) = self.altered(cell, way * step) else { break };
            let verdict = self.judge(&rows)?;
            if verdict != Some(now) {
                first = Some((step, verdict));
                break;
            }
            same = step;
        }
        let Some((mut other, mut then)) = first else { return Ok(None) };
        while other - same > 1 {
            let middle = same.midpoint(other);
            let verdict = self.altered(cell, way * middle).map_or(Ok(Some(now)), |rows| self.judge(&rows))?;
            if verdict == Some(now) {
                same = middle;
            } else {
                (other, then) = (middle, verdict);
            }
        }
        let (part, row, field) = cell;
        let rows = self.altered(cell, way * other).expect("it was judged so");
        let spelled = |part: &Part| spelled(part.table.column(field).expect("it has the column"), row);
        Ok(Some(Alteration {
            row: format!("{}#{}", self.rows[part].file, self.rows[part].rows[row]),
            ledger: self.rows[part].ledger.expect("rows of a ledger"),
            field,
            is: spelled(&self.rows[part]),
            at: spelled(&rows[part]),
            then,
        }))
    }
}

fn spelled(column: &Column, row: usize) -> String {
    match column {
        Column::Money(fen) => fen[row].map(|fen| Money::from_fen(fen).to_string()),
        Column::Date(days) => days[row].map(|day| day.to_string()),
        Column::Moment(moments) => moments[row].map(|moment| match moment.time {
            None => moment.date.to_string(),
            Some(time) => format!("{} {}", moment.date, time.format("%H:%M:%S")),
        }),
        _ => None,
    }
    .unwrap_or_default()
}

/// A table with one cell moved by so many fen, days or minutes; `None` where there is no such value.
fn moved(table: &Table, field: Field, row: usize, steps: i64) -> Option<Table> {
    let day = |date: chrono::NaiveDate| {
        let days = Days::new(steps.unsigned_abs());
        if steps < 0 { date.checked_sub_days(days) } else { date.checked_add_days(days) }
    };
    let mut columns = table.columns().to_vec();
    let (_, column) = columns.iter_mut().find(|(of, _)| *of == field)?;
    match column {
        Column::Money(fen) => fen[row] = Some(fen[row]?.checked_add(steps)?),
        Column::Date(days) => days[row] = Some(day(days[row]?)?),
        Column::Moment(moments) => {
            let Moment { date, time } = moments[row]?;
            moments[row] = Some(match time {
                None => Moment { date: day(date)?, time },
                Some(time) => {
                    let at = date.and_time(time).checked_add_signed(TimeDelta::minutes(steps))?;
                    Moment { date: at.date(), time: Some(at.time()) }
                }
            });
        }
        _ => return None,
    }
    Some(Table::new(columns))
}
