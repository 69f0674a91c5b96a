//! Payouts of treasury money 库款支拨: whether budget, plan, documents and time bear them out (`rules.md` 5.F).

pub mod abnormal_disbursement;
pub mod bank_payout_held;
pub mod budget_copy_late;
pub mod clearing_late;
pub mod clearing_over_quota;
pub mod disbursement_cash;
pub mod disbursement_duplicate;
pub mod disbursement_late;
pub mod disbursement_over_balance;
pub mod disbursement_over_budget;
pub mod disbursement_over_plan;
pub mod disbursement_unbudgeted;
pub mod disbursement_undocumented;
pub mod large_disbursement_undocumented;
pub mod pre_approval_spend;
pub mod returned_funds_held;
pub mod zero_balance_self_transfer;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::{Book, Entry};
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::money::Money;
use crate::domain::register::{Budget, BudgetLine};
use crate::matching::{Group, Matched};

use super::Day;
use super::law::{self, Basis};
use super::payment::Payment;
use super::running::{Counter, Share, Totals, below};

/// 无预算、超预算、无计划、超计划: no payout without or beyond budget and plan.
const WITHIN_BUDGET: &[Basis] = &[law::article(&law::BUDGET_LAW, 13), law::article(&law::BUDGET_RULES, 57)];
/// Payouts go out the same day, within the balance, and by transfer.
const SAME_DAY: &[Basis] = &[law::article(&law::BUDGET_RULES, 66)];
const WITHIN_BALANCE: &[Basis] = &[law::article(&law::TREASURY_RULES, 20)];

/// What vouchers charge to a budget line, by year, unit, subject and project.
pub static BY_LINE: Counter = Counter {
    id: "vouchers-by-line",
    ledgers: &[Ledger::FinanceDisbursements],
    of: |voucher, key| {
        let line = [voucher.text(Field::Unit), voucher.text(Field::Subject), voucher.text(Field::Project)];
        let year = voucher.count(Field::Year)?;
        let on = voucher.date(Field::VoucherDate)?;
        key.extend([&year.to_string(), "\n", &line.join("\n")]);
        Some((on, voucher.money(Field::Amount)?))
    },
    // A year, and what is paid for it in the weeks after.
    keep_days: 430,
};

/// What vouchers pay to an account, by account and amount.
pub static BY_PAYEE: Counter = Counter {
    id: "vouchers-by-payee",
    ledgers: &[Ledger::FinanceDisbursements],
    of: |voucher, key| {
        let payee = voucher.text(Field::PayeeAccount);
        let amount = voucher.money(Field::Amount)?;
        let on = voucher.date(Field::VoucherDate)?;
        key.extend([payee, "\n", &amount.to_string()]);
        (!payee.is_empty()).then_some((on, amount))
    },
    keep_days: 200,
};

/// What rows come to under the keys of a counter that begin with a text: by the rest of the key, then by day.
type Sums<'d> = BTreeMap<&'d str, BTreeMap<NaiveDate, Share>>;

/// What settled rows come to under the keys that begin with a text.
fn settled<'d>(day: &'d Day<'_>, counter: &Counter, start: &str) -> Sums<'d> {
    let mut sums = Sums::new();
    add_up(&mut sums, &day.running.settled, counter, start);
    sums
}

fn add_up<'d>(sums: &mut Sums<'d>, totals: &'d Totals, counter: &Counter, start: &str) {
    for (rest, on, share) in below(totals, counter, start) {
        let sum = sums.entry(rest).or_default().entry(on).or_default();
        sum.rows += share.rows;
        sum.amount += share.amount;
    }
}

/// What several keys come to, by day.
fn by_day<'s>(sums: impl IntoIterator<Item = &'s BTreeMap<NaiveDate, Share>>) -> BTreeMap<NaiveDate, Money> {
    let mut days: BTreeMap<NaiveDate, Money> = BTreeMap::new();
    for (&on, share) in sums.into_iter().flatten() {
        *days.entry(on).or_default() += share.amount;
    }
    days
}

/// A voucher at hand as sums see it.
#[derive(Clone, Debug)]
pub struct Voucher<'b> {
    pub(super) payment: Payment<'b>,
    pub(super) document: Entry<'b>,
    pub(super) on: NaiveDate,
    number: &'b str,
    /// What it pays, what came back 退回 taken off.
    pub(super) amount: Money,
}

impl<'b> Voucher<'b> {
    fn of(payment: Payment<'b>) -> Option<Self> {
        // Of a repeated voucher one row counts: the repetition is voucher-duplicate.
        let document = *payment.documents.first()?;
        let stated = document.money(Field::Amount)?;
        Some(Self {
            document,
            on: document.date(Field::VoucherDate)?,
            number: document.text(Field::VoucherNo),
            amount: if stated.is_negative() {
                stated
            } else {
                (stated - returned(&payment)).max(Money::ZERO)
            },
            payment,
        })
    }

    pub(super) fn text(&self, field: Field) -> &'b str {
        self.document.text(field)
    }

    fn year(&self) -> u32 {
        self.document.count(Field::Year).unwrap_or_default()
    }
}

/// What of a payment came back 退回: what the treasury booked back, else what the bank says it returned.
fn returned(payment: &Payment<'_>) -> Money {
    if payment.returns.is_empty() {
        let back = payment.bank.iter().filter(|row| row.date(Field::ReturnedOn).is_some());
        return back.filter_map(|row| row.money(Field::Amount)).sum();
    }
    payment.returns.iter().filter_map(|row| row.money(Field::Amount)).map(Money::abs).sum()
}

/// The cases of the vouchers at hand, in order of day and number.
pub fn in_order(book: &Book, matched: &Matched, case_of: &[Option<u32>]) -> Vec<u32> {
    let of = |case: u32| {
        let group = Group::new(book, matched.case(case as usize).entries);
        let Voucher { on, number, document, .. } = Voucher::of(Payment::of(group))?;
        // Content first, so that the order of rows decides nothing where the number was destroyed.
        let content = number.is_empty().then(|| document.content());
        Some((on, number, content, document.id(), case))
    };
    let cases = super::cases_of(book, case_of, Flow::Disbursement);
    let mut vouchers: Vec<_> = cases.into_par_iter().filter_map(of).collect();
    vouchers.par_sort_unstable();
    vouchers.into_iter().map(|(.., case)| case).collect()
}

/// The vouchers of these cases, in their order.
pub fn vouchers<'b>(book: &'b Book, matched: &'b Matched, cases: &[u32]) -> Vec<Voucher<'b>> {
    let of = |&case: &u32| {
        let group = Group::new(book, matched.case(case as usize).entries);
        Voucher::of(Payment::of(group)).expect("a voucher's case")
    };
    cases.par_iter().map(of).collect()
}

/// A voucher with which a sum passes its limit.
struct Passed<'v, 'b> {
    voucher: &'v Voucher<'b>,
    sum: Money,
    limit: Money,
}

/// The vouchers, in order of day and number, with which a sum passes the limit of their day; on a day without limit
/// nothing passes it. What was settled comes before what is at hand of the same day. A voucher that comes late, so that
/// the sum passes the limit on a later day whose own vouchers are settled, is found for that day.
fn passing<'v, 'b>(
    settled: &BTreeMap<NaiveDate, Money>,
    vouchers: &[&'v Voucher<'b>],
    limit: impl Fn(NaiveDate) -> Option<Money>,
) -> Vec<Passed<'v, 'b>> {
    let mut passed: Vec<Passed<'v, 'b>> = Vec::new();
    let mut sum = Money::ZERO;
    let mut days = settled.iter().peekable();
    let mut seen: &[&'v Voucher<'b>] = &[];
    for place in 0..=vouchers.len() {
        let next = vouchers.get(place);
        while let Some((&on, &amount)) = days.next_if(|(on, _)| next.is_none_or(|next| **on <= next.on)) {
            sum += amount;
            let Some(limit) = limit(on).filter(|limit| sum > *limit) else { continue };
            let late = seen.iter().rev().find(|voucher| {
                voucher.document.arrived() > on
                    && voucher.amount > Money::ZERO
                    && !passed.iter().any(|known| std::ptr::eq(known.voucher, **voucher))
            });
            let is_told = passed.iter().any(|known| known.voucher.document.arrived() > on);
            if let Some(voucher) = late.filter(|_| !is_told) {
                passed.push(Passed { voucher, sum, limit });
            }
        }
        let Some(&voucher) = next else { break };
        sum += voucher.amount;
        seen = &vouchers[..=place];
        if voucher.amount > Money::ZERO
            && let Some(limit) = limit(voucher.on).filter(|limit| sum > *limit)
        {
            passed.push(Passed { voucher, sum, limit });
        }
    }
    passed
}

/// The budget lines of a year, unit and subject.
fn lines<'f>(
    budget: &'f BTreeMap<BudgetLine, Budget>,
    year: u32,
    unit: &'f str,
    subject: &'f str,
) -> impl Iterator<Item = (&'f BudgetLine, &'f Budget)> {
    let first =
        BudgetLine { year, unit: unit.to_owned(), subject: subject.to_owned(), project: String::new() };
    let same = move |line: &BudgetLine| line.year == year && line.unit == unit && line.subject == subject;
    budget.range(first..).take_while(move |(line, _)| same(line))
}

/// The lines a voucher is charged to: that of its project; else the one without project; else, where it names no
/// project, all of its unit and subject. None: there is no line for it.
fn charged<'f>(budget: &'f BTreeMap<BudgetLine, Budget>, voucher: &Voucher<'f>) -> Vec<&'f Budget> {
    let (unit, subject) = (voucher.text(Field::Unit), voucher.text(Field::Subject));
    let project = voucher.text(Field::Project);
    let all: Vec<(&BudgetLine, &Budget)> = lines(budget, voucher.year(), unit, subject).collect();
    let of = |project: &str| all.iter().find(|(line, _)| line.project == project).map(|(_, budget)| *budget);
    match of(project).or_else(|| of("")) {
        Some(line) => vec![line],
        None if project.is_empty() => all.into_iter().map(|(_, budget)| budget).collect(),
        None => Vec::new(),
    }
}

/// Whether the voucher says whom and what it charges: what a spreadsheet destroyed accuses nobody.
pub(super) fn is_chargeable(voucher: &Voucher<'_>) -> bool {
    let is_whole = |field: Field| !voucher.document.is_unusable(field);
    voucher.document.money(Field::Amount).is_some_and(|amount| amount > Money::ZERO)
        && !voucher.text(Field::Unit).is_empty()
        && !voucher.text(Field::Subject).is_empty()
        && is_whole(Field::Project)
}

/// The day from which on lines may be charged: the first approval of any of them.
fn approved_on<'f>(lines: impl IntoIterator<Item = &'f Budget>) -> Option<NaiveDate> {
    let parts = lines.into_iter().flat_map(|line| &line.parts);
    parts.map(|part| part.approved_on).min()
}

/// What lines come to on a day: what was approved by then. `None` before the first approval.
fn approved<'f>(lines: impl IntoIterator<Item = &'f Budget>, on: NaiveDate) -> Option<Money> {
    let parts = lines.into_iter().flat_map(|line| &line.parts).filter(|part| part.approved_on <= on);
    let mut amounts = parts.map(|part| part.amount).peekable();
    amounts.peek().is_some().then(|| amounts.sum())
}

/// How a voucher stands to the budget of its year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Budgeted {
    /// A line bears it, or the law allows it before the budget is approved.
    Yes,
    /// Paid before the budget was approved, and of none of the classes allowed then.
    Early {
        approved_on: NaiveDate,
    },
    No,
    /// Nothing is known of the budget of its year.
    NoData,
}

/// For each year the day its budget was approved: the first approval of any line.
pub(super) fn approvals(budget: &BTreeMap<BudgetLine, Budget>) -> BTreeMap<u32, NaiveDate> {
    let mut years: BTreeMap<u32, NaiveDate> = BTreeMap::new();
    for (line, of) in budget {
        if let Some(first) = approved_on([of]) {
            years.entry(line.year).and_modify(|known| *known = first.min(*known)).or_insert(first);
        }
    }
    years
}

pub(super) fn budgeted(
    budget: &BTreeMap<BudgetLine, Budget>,
    approvals: &BTreeMap<u32, NaiveDate>,
    voucher: &Voucher<'_>,
) -> Budgeted {
    let Some(&whole) = approvals.get(&voucher.year()) else { return Budgeted::NoData };
    let lines = charged(budget, voucher);
    // Without a line of its own the budget as a whole counts.
    let first = approved_on(lines.iter().copied()).unwrap_or(whole);
    let is_allowed = !voucher.document.is_blank(Field::PreApprovalClass);
    match (voucher.on < first, lines.is_empty()) {
        (true, _) if is_allowed => Budgeted::Yes,
        (true, _) => Budgeted::Early { approved_on: first },
        (false, true) => Budgeted::No,
        (false, false) => Budgeted::Yes,
    }
}

/// What a unit and subject, and perhaps project, are called in a sentence.
fn line_name(voucher: &Voucher<'_>) -> String {
    let parts = [Field::Unit, Field::Subject, Field::Project].map(|field| voucher.text(field));
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}
