//! What a run hands on to the next, and what the archive is asked for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::entry::{EntryId, Part};
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::ledger::intake::Fate;
use crate::matching::balance;
use crate::matching::remittance::{self, Known};
use crate::matching::tie_out::{self, Figures};
use crate::rules::finding::Told;
use crate::rules::running::Totals;

use super::notices::{Notice, Serial};

/// A rule that lacks what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoData {
    pub rule: &'static str,
    /// Ledgers and tables.
    pub lacks: Vec<&'static str>,
}

/// Everything a run knows of the runs before it.
#[derive(Debug, Default)]
pub struct Handover {
    /// The day of the run that handed it on; `None` for a book's first run.
    pub day: Option<NaiveDate>,
    /// The rows of open cases.
    pub rows: Vec<Carried>,
    /// Findings told so far: the open ones, and those of a year that were resolved.
    pub told: Vec<Told>,
    /// Each party's figure in each cell, of rows that are no longer carried.
    pub cells: BTreeMap<tie_out::CellName, Figures>,
    /// Remittances and receipts by cell, of rows that are no longer carried.
    pub remitted: BTreeMap<remittance::CellName, remittance::Cell>,
    /// For each account what the rows of its days say of its balance.
    pub balances: BTreeMap<String, balance::Days>,
    /// What settled rows come to, by counter, key and day.
    pub running: Totals,
    /// Rules of which nothing could be concluded that day.
    pub no_data: Vec<NoData>,
    /// The first day of the book that was run.
    pub since: Option<NaiveDate>,
    /// Which ledger came on which day.
    pub deliveries: BTreeSet<(NaiveDate, Ledger)>,
    /// Rows that could not be read, by ledger and number, with their day and place.
    pub unread: BTreeMap<(Ledger, String), (NaiveDate, String)>,
    /// Ledgers that were expected on a day and have not come since.
    pub gaps: BTreeSet<(Ledger, NaiveDate)>,
    /// For each bank the base days whose money it remitted late.
    pub delays: BTreeMap<String, BTreeSet<NaiveDate>>,
    /// What the latest runs told, this one last.
    pub trend: Vec<RunCount>,
    /// Notices of which something is open, by number.
    pub notices: Vec<Notice>,
    /// The number of the last notice the book gave.
    pub last_notice: Option<Serial>,
}

/// So many runs are remembered in numbers.
pub const TREND_RUNS: usize = 30;

/// What a run told, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCount {
    pub day: NaiveDate,
    pub new: u32,
    /// Open from earlier days.
    pub still_open: u32,
    pub resolved: u32,
    /// Cells of the tie-out that differ, those of earlier days included.
    pub differing: u32,
    /// Breaches and leads that are open, by the party that answers.
    pub open: BTreeMap<Party, u32>,
}

/// Rows that are carried, and what is known of each.
#[derive(Debug)]
pub struct Carried {
    pub part: Part,
    pub memo: Vec<Memo>,
}

/// What is known of a carried row besides its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memo {
    /// What became of it: that is not asked again.
    pub fate: Fate,
    /// Of a receipt: the day its batch was remitted.
    pub covered_on: Option<NaiveDate>,
    /// Of a remittance: what receipts took from it that are no longer carried.
    pub consumed: Option<Money>,
    /// Of a remittance: whether some receipt has named it.
    pub is_claimed: bool,
}

impl Memo {
    pub(super) fn recall(self, id: EntryId, known: &mut Known) {
        known.covered.extend(self.covered_on.map(|on| (id, on)));
        known.consumed.extend(self.consumed.map(|sum| (id, sum)));
        known.claimed.extend(self.is_claimed.then_some(id));
    }
}

/// A row that an earlier run settled, by its digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    pub link: u64,
    pub row: u64,
    /// The day of the run that settled it, and the number it gave the case.
    pub run: NaiveDate,
    pub case: u32,
}

/// Rows of settled cases, and how they were settled.
#[derive(Debug)]
pub struct Settled {
    pub part: Part,
    pub memo: Vec<SettledMemo>,
}

/// How a row was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledMemo {
    pub run: NaiveDate,
    pub case: u32,
    /// What became of it: it stood, or was a cancelled payment, its reversal, or a transaction that failed.
    pub fate: Fate,
    /// The day of the cell its case was added to.
    pub cell_on: Option<NaiveDate>,
    /// The day its money went on.
    pub covered_on: Option<NaiveDate>,
}

/// What the archive knows of rows that were settled.
pub trait History: Sync {
    /// Whether nothing was settled yet.
    fn is_empty(&self) -> bool;
    /// The settled rows that have one of these links, given in ascending order.
    fn seen(&self, links: &[u64]) -> anyhow::Result<Vec<Seen>>;
    /// The rows of settled cases.
    fn load(&self, cases: &BTreeSet<(NaiveDate, u32)>) -> anyhow::Result<Vec<Settled>>;
}

/// The history of a book without one.
#[derive(Clone, Copy, Debug)]
pub struct NoHistory;

impl History for NoHistory {
    fn is_empty(&self) -> bool {
        true
    }

    fn seen(&self, _: &[u64]) -> anyhow::Result<Vec<Seen>> {
        Ok(Vec::new())
    }

    fn load(&self, _: &BTreeSet<(NaiveDate, u32)>) -> anyhow::Result<Vec<Settled>> {
        Ok(Vec::new())
    }
}
