//! 改动余量: by how little a date or an amount of one row would have to be another for a finding to be another.
//!
//! Only findings of rules that judge one payment by itself, and that the payment's own rows come to word for word, are looked
//! into: what rests on sums, balances or other payments rests on more than them, and nothing is said of it. The rows are
//! judged as they stood when the finding was first told, with the tables and settings of that day. One cell is altered at a
//! time: by steps of a fen, a day or a minute that double, to what other cells of the same kind hold, and by what the finding
//! says differs; never to a day that had not come, one of a year without a calendar, or an amount of nothing. Between the last
//! step that makes no other finding and the first that does the smallest is looked for by halves: a verdict that changes and
//! changes back between two steps is not noticed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rayon::prelude::*;

use crate::domain::entry::Part;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::moment::Moment;
use crate::domain::money::Money;
use crate::domain::table::{Column, Table};
use crate::rules::collection::{remittance_delay, remittance_withholding};
use crate::rules::finding::{Finding, Identity, Severity, Told};
use crate::rules::{self, Judge, RULES, Rule};

use super::handover::NoHistory;
use super::{Handover, Taken};

/// What would be said of the payment with another cell.
#[derive(Clone, Debug)]
pub enum Then {
    /// The same, as grave as this.
    As(Severity),
    /// Not this. Other rules that judge payments by themselves may find what they did not.
    Not(Vec<(&'static Rule, Severity)>),
    /// Not that day; from this one on, if what is missing does not come.
    From(NaiveDate),
}

/// A cell that is another.
#[derive(Clone, Debug)]
pub struct Alteration {
    /// `file#row`.
    pub row: String,
    pub ledger: Ledger,
    pub field: Field,
    /// As the archive spells them.
    pub is: String,
    pub at: String,
    pub then: Then,
}

/// What would make another finding of one: of each cell the smallest alteration either way.
#[derive(Clone, Debug)]
pub enum Alterations {
    /// Its own rows do not come to it, or not to all it says.
    RestsOnMore,
    /// More rows than are altered one by one.
    TooMany(usize),
    Found(Vec<Alteration>),
}

/// How far a cell is moved: days, minutes of a moment, fen by less than the amount has.
const DAYS: i64 = 366;
const MINUTES: i64 = 31 * 24 * 60;

/// How long after the day it is looked whether a finding comes yet.
const LATER: usize = 15;

/// Rows that are altered one by one.
pub const ROWS: usize = 40;

/// Whether it judges a payment by itself; of receipts what became of each.
fn is_of_one_payment(rule: &Rule) -> bool {
    matches!(rule.judge, Judge::Payment(..) | Judge::Codes(..) | Judge::Both(..))
        || [remittance_delay::RULE.id, remittance_withholding::RULE.id].contains(&rule.id)
}

/// What alterations of single cells would make of a finding, by the rows of its payment.
pub fn alterations(rows: &[Part], facts: &Facts, told: &Told) -> anyhow::Result<Alterations> {
    let count = rows.iter().map(|part| part.rows.len()).sum();
    if !is_of_one_payment(told.rule()) {
        return Ok(Alterations::RestsOnMore);
    }
    if count > ROWS {
        return Ok(Alterations::TooMany(count));
    }
    let mut facts = facts.clone();
    // Nothing is concluded from ledgers that are not looked at.
    facts.delivered = Ledger::ALL.iter().copied().collect();
    facts.heard = facts.delivered.clone();
    let of = told.identity();
    let one = OnePayment { rows, facts: &facts, of: &of };
    let now = one.found(rows)?.filter(|now| now.explanation == told.explanation);
    let Some(now) = now else { return Ok(Alterations::RestsOnMore) };
    let cells: Vec<Cell> = rows
        .iter()
        .enumerate()
        .flat_map(|(part, of)| {
            let fields = of.table.columns().iter().map(|(field, _)| *field);
            fields.flat_map(move |field| (0..of.rows.len()).map(move |row| (part, row, field)))
        })
        .filter(|cell| one.value(*cell).is_some())
        .collect();
    let values: BTreeSet<Value> = cells.iter().filter_map(|cell| one.value(*cell)).collect();
    let differs = now.difference.map(|of| of.abs().fen());
    let others = one.others(rows)?;
    let found: Vec<Vec<Alteration>> = cells
        .into_par_iter()
        .map(|cell| {
            let value = one.value(cell).expect("it has one");
            let mut found = Vec::new();
            for way in [-1, 1] {
                let Some((step, verdict)) =
                    one.smallest(cell, way, &steps(value, way, &values, differs), now.severity)?
                else {
                    continue;
                };
                found.push(one.alteration(cell, step, verdict, &others)?);
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
            Self::Fen(fen) => fen.abs() - 1,
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
    let reach = value.reach();
    let mut steps: BTreeSet<i64> = doubled.take_while(|step| *step < reach).chain([reach]).collect();
    let others = values.iter().filter_map(|other| Some(value.to(*other)? * way));
    let differs = differs.filter(|_| matches!(value, Value::Fen(_)));
    steps.extend(others.chain(differs).collect::<Vec<_>>());
    steps.retain(|step| *step > 0 && *step <= reach);
    steps
}

/// The rows of a finding's payment.
#[derive(Clone, Copy)]
struct OnePayment<'a> {
    rows: &'a [Part],
    facts: &'a Facts,
    of: &'a Identity,
}

type Cell = (usize, usize, Field);

impl OnePayment<'_> {
    /// What some rules find in these rows.
    fn judge(self, rows: &[Part], rules: &[&'static Rule]) -> anyhow::Result<Vec<Finding>> {
        let taken = Taken::of(rows.to_vec(), self.facts.clone(), Handover::default(), &NoHistory)?;
        let prepared = taken.match_up().prepare();
        Ok(rules::judge(rules, &prepared.day()))
    }

    /// The finding, by these rows.
    fn found(self, rows: &[Part]) -> anyhow::Result<Option<Finding>> {
        let found = self.judge(rows, &[self.of.rule()])?;
        Ok(found.into_iter().find(|found| found.identity() == *self.of))
    }

    /// What is found in these rows besides: of each payment by itself.
    fn others(self, rows: &[Part]) -> anyhow::Result<BTreeMap<Identity, (&'static Rule, Severity)>> {
        let of_payments: Vec<&'static Rule> =
            RULES.iter().copied().filter(|rule| is_of_one_payment(rule)).collect();
        let found = self.judge(rows, &of_payments)?;
        let found = found.iter().map(|found| (found.identity(), (found.rule, found.severity)));
        Ok(found.filter(|(identity, _)| identity != self.of).collect())
    }

    fn value(self, (part, row, field): Cell) -> Option<Value> {
        Value::of(self.rows[part].table.column(field)?, row)
    }

    /// The rows with one cell moved by so many fen, days or minutes; `None` where there is no such value, or none that could
    /// have been there.
    fn altered(self, (part, row, field): Cell, steps: i64) -> Option<Vec<Part>> {
        let table = moved(&self.rows[part].table, field, row, steps)?;
        let day = match table.column(field)? {
            Column::Date(days) => days[row],
            Column::Moment(moments) => moments[row].map(|moment| moment.date),
            _ => None,
        };
        // Only what is due may lie ahead.
        let is_ahead = |day: NaiveDate| day > self.facts.as_of && field != Field::DueOn;
        if day.is_some_and(|day| is_ahead(day) || !self.facts.calendar.knows(day.year())) {
            return None;
        }
        let mut rows = self.rows.to_vec();
        rows[part].table = table;
        Some(rows)
    }

    /// The smallest step one way that makes it none, or of another severity.
    fn smallest(
        self,
        cell: Cell,
        way: i64,
        steps: &BTreeSet<i64>,
        now: Severity,
    ) -> anyhow::Result<Option<(i64, Option<Severity>)>> {
        let verdict = |step: i64| -> anyhow::Result<Option<Option<Severity>>> {
            let Some(rows) = self.altered(cell, way * step) else { return Ok(None) };
            Ok(Some(self.found(&rows)?.map(|found| found.severity)))
        };
        let mut same = 0;
        let mut first = None;
        for &step in steps {
            let Some(then) = verdict(step)? else { break };
            if then != Some(now) {
                first = Some((step, then));
                break;
            }
            same = step;
        }
        let Some((mut other, mut then)) = first else { return Ok(None) };
        while other - same > 1 {
            let middle = same.midpoint(other);
            match verdict(middle)? {
                Some(verdict) if verdict != Some(now) => (other, then) = (middle, verdict),
                _ => same = middle,
            }
        }
        Ok(Some((way * other, then)))
    }

    fn alteration(
        self,
        cell: Cell,
        steps: i64,
        verdict: Option<Severity>,
        others: &BTreeMap<Identity, (&'static Rule, Severity)>,
    ) -> anyhow::Result<Alteration> {
        let (part, row, field) = cell;
        let rows = self.altered(cell, steps).expect("it was judged so");
        let then = match verdict {
            Some(severity) => Then::As(severity),
            None => {
                if let Some(day) = self.later(&rows)? {
                    Then::From(day)
                } else {
                    let instead = self.others(&rows)?.into_iter();
                    let instead = instead.filter(|(identity, _)| !others.contains_key(identity));
                    Then::Not(instead.map(|(_, found)| found).collect())
                }
            }
        };
        let spelled = |part: &Part| spelled(part.table.column(field).expect("it has the column"), row);
        Ok(Alteration {
            row: format!("{}#{}", self.rows[part].file, self.rows[part].rows[row]),
            ledger: self.rows[part].ledger.expect("rows of a ledger"),
            field,
            is: spelled(&self.rows[part]),
            at: spelled(&rows[part]),
            then,
        })
    }

    /// The day from which on these rows come to it, if nothing else comes.
    fn later(self, rows: &[Part]) -> anyhow::Result<Option<NaiveDate>> {
        for day in self.facts.as_of.iter_days().skip(1).take(LATER) {
            let mut facts = self.facts.clone();
            facts.as_of = day;
            let later = OnePayment { facts: &facts, ..self };
            if later.found(rows)?.is_some() {
                return Ok(Some(day));
            }
        }
        Ok(None)
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
