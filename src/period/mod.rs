//! 期间: what the runs of a month or a quarter come to, from what the archive keeps of them.
//!
//! A period is as it was known when a later run ended. Every case is counted once, as the last run had it that settled it
//! or still had it open. Documents and receipts are summed as a day's tie-out sums them ([`crate::matching::tie_out`]), so of
//! these a month is the sum of its days; what a treasury states goes by the lines of its own bookings.

pub mod changes;
mod fold;
pub mod kept;
pub mod metrics;
pub mod sample;
pub mod span;
mod sums;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::money::Money;

pub use kept::Kept;
pub use span::Span;
pub use sums::{
    BankSum, Bridge, CellLine, Collected, Compared, CorrectionItem, Crossing, Difference, FlowCount, Gross,
    Issued, Pair, PayoutLine, PayoutSum, Stock, Sums, Transit,
};

/// The runs that speak of a period.
pub trait Runs: Sync {
    /// The days that were run, in order.
    fn days(&self) -> Vec<NaiveDate>;
    /// What is kept of the run of a day, as far as it may speak of the period, with some of the columns.
    fn kept(&self, day: NaiveDate, span: Span, fields: &[Field]) -> anyhow::Result<Kept>;
    /// The settled cases of a day's run that a later one took back.
    fn taken_back(&self, day: NaiveDate) -> BTreeSet<u32>;
}

/// What a run took in, and what it could not conclude.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunNote {
    pub day: NaiveDate,
    /// The digest of its manifest, which stands for the run and for those it rests on.
    pub manifest: String,
    pub files: Vec<FileCount>,
    /// By rule what it lacked.
    pub no_data: BTreeMap<String, Vec<String>>,
}

/// A file that a run read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCount {
    pub file: String,
    pub rows: u64,
    pub rejected: u64,
    pub yuan: Money,
}

/// What a period came to, as it was known when a run ended.
#[derive(Debug)]
pub struct Period {
    pub span: Span,
    /// The days in it that were run.
    pub runs: Vec<NaiveDate>,
    /// The first day that the archive knows, where it does not know the period from its beginning.
    pub since: Option<NaiveDate>,
    /// Working days from there on, up to what is known, that were not run; empty for a year the calendar does not know.
    pub missed: Vec<NaiveDate>,
    /// The last run that was looked at.
    pub known_on: NaiveDate,
    pub sums: Sums,
}

/// Days before a period whose runs may already hold money of it: what is received after the cut-off before a long
/// holiday belongs to the first working day after it.
const DAYS_BEFORE: u64 = 15;

/// Adds up a period from the runs up to `known_on`, the last of them.
pub fn add_up(runs: &dyn Runs, span: Span, known_on: NaiveDate, facts: &Facts) -> anyhow::Result<Period> {
    let days = runs.days();
    let from = span.first() - chrono::Days::new(DAYS_BEFORE);
    let asked: Vec<NaiveDate> = days.iter().copied().filter(|day| (from..=known_on).contains(day)).collect();
    let last = asked.last().copied();
    let sums = asked
        .par_iter()
        .map(|&day| Ok(fold::fold(&runs.kept(day, span, kept::FIELDS)?, span, Some(day) == last, facts)))
        .try_reduce(Sums::default, |mut sum, more: Sums| {
            sum.add(more);
            Ok::<_, anyhow::Error>(sum)
        })?;
    let run: BTreeSet<NaiveDate> = days.iter().copied().filter(|day| span.contains(*day)).collect();
    let since = days.first().and_then(|first| span.known_from(*first, &facts.calendar));
    let from = since.unwrap_or(span.first());
    let missed = from.iter_days().take_while(|day| *day <= span.last() && *day <= known_on);
    let missed = missed.filter(|day| facts.calendar.is_working(*day) == Some(true) && !run.contains(day));
    Ok(Period {
        span,
        since,
        missed: missed.collect(),
        runs: run.into_iter().collect(),
        known_on,
        sums: sums.sorted(),
    })
}
