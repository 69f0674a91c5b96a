//! 两个时点之间: why a period comes to something else than it did when an earlier run had ended.
//!
//! Every figure of a line then, and what changed it since by cause, come to the figure of the line now: what other reference
//! tables and settings make of the rows that were known then; then the rows that came late; then rows that took the place of
//! others, were taken back, or correct what was booked.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::{Book, Entry, EntryId, Part};
use crate::domain::facts::Facts;
use crate::domain::ledger::Flow;
use crate::domain::money::Money;
use crate::matching::group;
use crate::matching::{Group, tie_out::Figures};
use crate::rules::payment::Payment;

use super::kept::{self, Kept, KeptRow};
use super::sums::{CellLine, PayoutLine, Sums};
use super::{Period, Runs, Span, fold};

/// Why a figure is another than it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Reference tables or settings are others.
    Tables,
    /// Rows came after the earlier run.
    Late,
    /// Rows took the place of others, were taken back, or correct what was booked.
    Corrected,
}

impl Cause {
    pub const ALL: [Self; 3] = [Self::Tables, Self::Late, Self::Corrected];
}

/// What issuer, bank and treasury state, in yuan.
pub type Stated = [Money; 3];

/// A line of the statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// Receipts less refunds, corrected.
    Revenue(CellLine),
    /// Payouts less what came back.
    Payout(PayoutLine),
}

impl Line {
    pub fn treasury(&self) -> &str {
        match self {
            Self::Revenue(line) => &line.treasury,
            Self::Payout(line) => &line.treasury,
        }
    }

    pub fn is_payout(&self) -> bool {
        matches!(self, Self::Payout(_))
    }
}

/// A line whose figures changed: `then` and `by` of each cause come to `now`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineChange {
    pub then: Stated,
    /// In the order of [`Cause::ALL`].
    pub by: [Stated; 3],
    pub now: Stated,
}

/// What one cause changed of a payment on a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaymentChange {
    pub line: Line,
    pub flow: Flow,
    pub key: String,
    pub cause: Cause,
    pub by: Stated,
    /// The rows that came, and those that no longer stand.
    pub evidence: Vec<String>,
}

/// What a period comes to otherwise than it did.
#[derive(Debug)]
pub struct Changes {
    /// When the earlier run had ended.
    pub then: NaiveDate,
    /// Those that changed.
    pub lines: BTreeMap<Line, LineChange>,
    /// By treasury all its lines of revenue, and of payouts.
    pub totals: BTreeMap<(String, bool), LineChange>,
    pub payments: Vec<PaymentChange>,
    /// Rows that came since, and rows that no longer stand.
    pub rows: BTreeMap<String, Cause>,
    /// By payment why rows of it are others.
    pub causes: BTreeMap<(Flow, String), BTreeSet<Cause>>,
}

/// A period at two times.
#[derive(Clone, Copy, Debug)]
pub struct Times<'p> {
    /// As it was known then, with the tables and settings of then.
    pub then: &'p Period,
    /// As it was known then, with the tables and settings of now.
    pub then_by_tables_of_now: &'p Period,
    pub now: &'p Period,
}

/// Splits what changed between two times by its cause. Fails if the parts do not come to the whole.
pub fn between(
    then: &dyn Runs,
    now: &dyn Runs,
    periods: Times<'_>,
    facts: &Facts,
) -> anyhow::Result<Changes> {
    let then_on = periods.then.known_on;
    let span = periods.now.span;
    let moved = Moved::of(then, now, then_on, span)?;
    let parts: Vec<OfPayment> =
        moved.payments().into_par_iter().map(|payment| moved.change(&payment, span, facts)).collect();
    let mut changes = Changes {
        then: then_on,
        lines: BTreeMap::new(),
        totals: BTreeMap::new(),
        payments: Vec::new(),
        rows: BTreeMap::new(),
        causes: BTreeMap::new(),
    };
    let was = stated(&periods.then.sums);
    let by_tables = difference(&was, &stated(&periods.then_by_tables_of_now.sums));
    for (line, by) in by_tables {
        add(&mut changes.lines.entry(line).or_default().by[Cause::Tables as usize], by);
    }
    for part in parts {
        changes.rows.extend(part.rows);
        if !part.causes.is_empty() {
            changes.causes.entry((part.flow, part.key)).or_default().extend(part.causes);
        }
        for of in part.changes {
            add(&mut changes.lines.entry(of.line.clone()).or_default().by[of.cause as usize], of.by);
            changes.payments.push(of);
        }
    }
    changes.payments.sort_unstable();
    for (line, was) in was {
        changes.lines.entry(line).or_default().then = was;
    }
    for (line, is) in stated(&periods.now.sums) {
        changes.lines.entry(line).or_default().now = is;
    }
    for (line, of) in &changes.lines {
        let mut sum = of.then;
        for by in of.by {
            add(&mut sum, by);
        }
        ensure!(sum == of.now, "{line:?} was {:?}, changed by {:?} and is {:?}", of.then, of.by, of.now);
        let total = changes.totals.entry((line.treasury().to_owned(), line.is_payout())).or_default();
        add(&mut total.then, of.then);
        add(&mut total.now, of.now);
        for (sum, by) in total.by.iter_mut().zip(of.by) {
            add(sum, by);
        }
    }
    changes.lines.retain(|_, of| of.by != [Stated::default(); 3]);
    Ok(changes)
}

fn add(sum: &mut Stated, more: Stated) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}

/// What parties state of each line, as statements have it.
fn stated(sums: &Sums) -> BTreeMap<Line, Stated> {
    let mut lines: BTreeMap<Line, Stated> = BTreeMap::new();
    for (line, gross) in sums.cells.iter().chain(&sums.unslipped) {
        add(lines.entry(Line::Revenue(line.clone())).or_default(), of(gross.stated()));
    }
    for (line, sum) in &sums.payouts {
        let (paid, returned) = (of(sum.paid), of(sum.returned));
        let left = std::array::from_fn(|party| paid[party] - returned[party]);
        add(lines.entry(Line::Payout(line.clone())).or_default(), left);
    }
    lines
}

fn of(figures: Figures) -> Stated {
    [figures.issuer, figures.bank, figures.treasury]
}

/// What the second states more than the first, where they differ.
fn difference(first: &BTreeMap<Line, Stated>, second: &BTreeMap<Line, Stated>) -> BTreeMap<Line, Stated> {
    let mut more = second.clone();
    for (line, stated) in first {
        add(more.entry(line.clone()).or_default(), stated.map(|of| -of));
    }
    more.retain(|_, stated| *stated != Stated::default());
    more
}

/// A payment some of whose rows or cases are others than they were: its cases then and now, by their places among all.
#[derive(Default)]
struct Both {
    then: Vec<usize>,
    now: Vec<usize>,
}

/// What became of one payment.
struct OfPayment {
    flow: Flow,
    key: String,
    changes: Vec<PaymentChange>,
    rows: Vec<(String, Cause)>,
    causes: BTreeSet<Cause>,
}

/// The cases that were open then or were taken back since, as they were then, and those that are settled or open since.
struct Moved {
    then_on: NaiveDate,
    then: Kept,
    now: Kept,
    then_cases: Vec<Vec<EntryId>>,
    now_cases: Vec<Vec<EntryId>>,
}

impl Moved {
    fn of(then: &dyn Runs, now: &dyn Runs, then_on: NaiveDate, span: Span) -> anyhow::Result<Self> {
        let (mut before, mut since) = (Gathered::default(), Gathered::default());
        let days = now.days();
        for &day in &days {
            if day > then_on {
                let kept = now.kept(day, span, kept::FIELDS)?;
                since.add(&kept, |row| !row.is_open || days.last() == Some(&day));
                continue;
            }
            let known = then.taken_back(day);
            let wanted: BTreeSet<u32> = now.taken_back(day).difference(&known).copied().collect();
            if wanted.is_empty() && day != then_on {
                continue;
            }
            let kept = then.kept(day, span, kept::FIELDS)?;
            before.add(&kept, |row| if row.is_open { day == then_on } else { wanted.contains(&row.case) });
        }
        let (then, now) = (before.kept(then_on), since.kept(then_on));
        let joined = |kept: &Kept| {
            let mut cases = kept.cases(true);
            cases.retain(|ids| group::is_joined(kept.book.entry(ids[0]).ledger()));
            cases
        };
        let (then_cases, now_cases) = (joined(&then), joined(&now));
        Ok(Self { then_on, then, now, then_cases, now_cases })
    }

    /// Payments: cases that share a row or a number are of one.
    fn payments(&self) -> Vec<Both> {
        let count = self.then_cases.len() + self.now_cases.len();
        let mut leader: Vec<usize> = (0..count).collect();
        let mut of_row: BTreeMap<String, usize> = BTreeMap::new();
        let mut of_number: BTreeMap<(Flow, String), usize> = BTreeMap::new();
        let cases = self.then_cases.iter().map(|ids| (&self.then.book, ids));
        let cases = cases.chain(self.now_cases.iter().map(|ids| (&self.now.book, ids)));
        for (case, (book, ids)) in cases.enumerate() {
            for &id in ids {
                let row = book.entry(id);
                let other = *of_row.entry(row.place()).or_insert(case);
                join(&mut leader, case, other);
                let number = group::number(row);
                if !number.is_empty() {
                    let number = (row.ledger().flow(), number.to_owned());
                    let other = *of_number.entry(number).or_insert(case);
                    join(&mut leader, case, other);
                }
            }
        }
        let mut payments: BTreeMap<usize, Both> = BTreeMap::new();
        for case in 0..count {
            let of = payments.entry(lead(&mut leader, case)).or_default();
            match case.checked_sub(self.then_cases.len()) {
                None => of.then.push(case),
                Some(case) => of.now.push(case),
            }
        }
        payments.into_values().collect()
    }

    fn change(&self, payment: &Both, span: Span, facts: &Facts) -> OfPayment {
        let then: Vec<&[EntryId]> = payment.then.iter().map(|&case| &*self.then_cases[case]).collect();
        let now: Vec<&[EntryId]> = payment.now.iter().map(|&case| &*self.now_cases[case]).collect();
        let places = |kept: &Kept, cases: &[&[EntryId]]| -> BTreeSet<String> {
            cases.iter().copied().flatten().map(|&id| kept.book.entry(id).place()).collect()
        };
        let (known, standing) = (places(&self.then, &then), places(&self.now, &now));
        let gone: Vec<Entry<'_>> =
            rows(&self.then, &then).filter(|row| !standing.contains(&row.place())).collect();
        let came: Vec<Entry<'_>> =
            rows(&self.now, &now).filter(|row| !known.contains(&row.place())).collect();
        let replaces = |row: &Entry<'_>| {
            gone.iter().any(|old| old.ledger() == row.ledger() && group::number(*old) == group::number(*row))
        };
        let is_correction = |row: &Entry<'_>| {
            row.ledger().flow() == Flow::Correction || row.arrived() <= self.then_on || replaces(row)
        };
        let (corrected, late): (Vec<Entry<'_>>, Vec<Entry<'_>>) = came.into_iter().partition(is_correction);
        let was = figures(&self.then, &then, span, facts);
        let is = figures(&self.now, &now, span, facts);
        let is_corrected = !gone.is_empty() || !corrected.is_empty();
        // With what came late, and without what was corrected.
        let between = match (late.is_empty(), is_corrected) {
            (true, _) => None,
            (false, false) => Some(is.clone()),
            (false, true) => {
                let left_out: BTreeSet<String> = corrected.iter().map(|row| row.place()).collect();
                Some(self.without(&then, &now, &left_out, &standing, span, facts))
            }
        };
        let mut steps: Vec<(Cause, BTreeMap<Line, Stated>)> = Vec::new();
        match between {
            // The same rows under other tables.
            None if !is_corrected => steps.push((Cause::Tables, difference(&was, &is))),
            None => steps.push((Cause::Corrected, difference(&was, &is))),
            Some(between) => {
                steps.push((Cause::Late, difference(&was, &between)));
                steps.push((Cause::Corrected, difference(&between, &is)));
            }
        }
        let evidence = |cause: Cause| {
            let mut rows: Vec<String> = match cause {
                Cause::Tables => standing.iter().cloned().collect(),
                Cause::Late => late.iter().map(|row| row.place()).collect(),
                Cause::Corrected => corrected.iter().chain(&gone).map(|row| row.place()).collect(),
            };
            rows.sort_unstable();
            rows
        };
        let of =
            now.first().map(|ids| (&self.now, *ids)).or_else(|| then.first().map(|ids| (&self.then, *ids)));
        let (kept, ids) = of.expect("a payment has a case");
        let of = Payment::of(Group::new(&kept.book, ids));
        let (flow, key) = (of.flow, of.key());
        let changes = steps.into_iter().flat_map(|(cause, lines)| {
            let evidence = evidence(cause);
            let key = key.clone();
            lines.into_iter().map(move |(line, by)| PaymentChange {
                line,
                flow,
                key: key.clone(),
                cause,
                by,
                evidence: evidence.clone(),
            })
        });
        let changes: Vec<PaymentChange> = changes.collect();
        let mut rows: Vec<(String, Cause)> = late.iter().map(|row| (row.place(), Cause::Late)).collect();
        rows.extend(corrected.iter().chain(&gone).map(|row| (row.place(), Cause::Corrected)));
        let causes = rows.iter().map(|(_, cause)| *cause).collect();
        OfPayment { flow, key, changes, rows, causes }
    }

    /// What a payment comes to with the rows of now but those left out, and with the rows of then that no longer stand.
    fn without(
        &self,
        then: &[&[EntryId]],
        now: &[&[EntryId]],
        left_out: &BTreeSet<String>,
        standing: &BTreeSet<String>,
        span: Span,
        facts: &Facts,
    ) -> BTreeMap<Line, Stated> {
        let mut cases: Vec<(Vec<EntryId>, Vec<EntryId>)> = Vec::new();
        let mut of_row: BTreeMap<String, usize> = BTreeMap::new();
        for ids in now {
            let stays = |id: &&EntryId| !left_out.contains(&self.now.book.entry(**id).place());
            for &id in *ids {
                of_row.insert(self.now.book.entry(id).place(), cases.len());
            }
            cases.push((Vec::new(), ids.iter().filter(stays).copied().collect()));
        }
        for ids in then {
            let place = |id: &EntryId| self.then.book.entry(*id).place();
            let with = ids.iter().find_map(|id| of_row.get(&place(id)).copied()).unwrap_or(cases.len());
            if with == cases.len() {
                cases.push(Default::default());
            }
            cases[with].0.extend(ids.iter().filter(|id| !standing.contains(&place(id))));
        }
        let mut gathered = Gathered::default();
        for (number, (old, new)) in cases.iter().enumerate() {
            for (kept, ids) in [(&self.then, old), (&self.now, new)] {
                gathered.parts.extend(kept.book.extract(ids));
                let number = u32::try_from(number).expect("a payment has few cases");
                // The day of its cell goes by the rows it is left with.
                let row =
                    |id: &EntryId| KeptRow { case: number, is_open: false, cell_on: None, ..kept.row(*id) };
                gathered.rows.extend(ids.iter().map(row));
            }
        }
        let kept = gathered.kept(self.then_on);
        let cases = kept.cases(true);
        let cases: Vec<&[EntryId]> = cases.iter().map(Vec::as_slice).collect();
        figures(&kept, &cases, span, facts)
    }
}

fn rows<'k>(kept: &'k Kept, cases: &[&'k [EntryId]]) -> impl Iterator<Item = Entry<'k>> {
    cases.iter().copied().flatten().map(|&id| kept.book.entry(id))
}

fn figures(kept: &Kept, cases: &[&[EntryId]], span: Span, facts: &Facts) -> BTreeMap<Line, Stated> {
    let mut stated = stated(&fold::some(kept, cases, span, facts));
    stated.retain(|_, of| *of != Stated::default());
    stated
}

/// Rows of several runs, under numbers of cases of their own.
#[derive(Default)]
struct Gathered {
    parts: Vec<Part>,
    rows: Vec<KeptRow>,
    cases: u32,
}

impl Gathered {
    fn add(&mut self, kept: &Kept, is_wanted: impl Fn(KeptRow) -> bool) {
        let ids: Vec<EntryId> = kept.book.ids().filter(|&id| is_wanted(kept.row(id))).collect();
        self.parts.extend(kept.book.extract(&ids));
        let mut numbers: BTreeMap<(bool, u32), u32> = BTreeMap::new();
        for id in ids {
            let row = kept.row(id);
            let case = *numbers.entry((row.is_open, row.case)).or_insert_with(|| {
                self.cases += 1;
                self.cases
            });
            self.rows.push(KeptRow { case, is_open: false, ..row });
        }
    }

    fn kept(self, run: NaiveDate) -> Kept {
        Kept { run, book: Book::assemble(self.parts), rows: self.rows }
    }
}

fn lead(leader: &mut [usize], mut of: usize) -> usize {
    while leader[of] != of {
        leader[of] = leader[leader[of]];
        of = leader[of];
    }
    of
}

fn join(leader: &mut [usize], one: usize, other: usize) {
    let (one, other) = (lead(leader, one), lead(leader, other));
    leader[one.max(other)] = one.min(other);
}
