//! 超余额支拨: a treasury paid out more than it held.
//!
//! In the order of a day's postings what comes in stands first, so the balance is lowest at the end of the day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::entry::{Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::{Counter, Share};
use crate::rules::{DISBURSEMENTS, Day, Judge, Need, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "disbursement-over-balance",
    title: Title { zh: "超余额支拨", en: "Payouts beyond the balance" },
    basis: super::WITHIN_BALANCE,
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("disbursement_over_balance.md"),
    stays: Stays::Sum,
    needs: &[
        Need::Reads(Ledger::TreasuryReceipts),
        Need::Reads(Ledger::TreasuryRefunds),
        Need::Reads(Ledger::TreasuryDisbursements),
        Need::Reads(Ledger::TreasuryBalances),
    ],
    tables: &[],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

const BALANCES: &[Ledger] = &[Ledger::TreasuryBalances];
const KEEP_DAYS: u64 = 400;

/// The opening balance of each treasury's account.
pub static OPENING: Counter = Counter {
    id: "treasury-opening",
    ledgers: BALANCES,
    of: |row, key| stated(row, key, Field::Opening),
    keep_days: KEEP_DAYS,
};

/// What came in, as the daily balances have it.
pub static INCOME: Counter = Counter {
    id: "treasury-income",
    ledgers: BALANCES,
    of: |row, key| stated(row, key, Field::Income),
    keep_days: KEEP_DAYS,
};

/// The closing balance.
pub static CLOSING: Counter = Counter {
    id: "treasury-closing",
    ledgers: BALANCES,
    of: |row, key| stated(row, key, Field::Closing),
    keep_days: KEEP_DAYS,
};

/// What each treasury booked, by ledger.
pub static BOOKED: Counter = Counter {
    id: "treasury-booked",
    ledgers: &[Ledger::TreasuryReceipts, Ledger::TreasuryRefunds, Ledger::TreasuryDisbursements],
    of: |row, key| {
        key.extend(booked_key(row.text(Field::Treasury), row.ledger()));
        Some((row.date(Field::BookedOn)?, row.money(Field::Amount)?))
    },
    keep_days: KEEP_DAYS,
};

fn stated(row: Entry<'_>, key: &mut String, field: Field) -> Option<(NaiveDate, Money)> {
    key.extend([row.text(Field::Treasury), "\n", row.text(Field::Account)]);
    Some((row.date(Field::Date)?, row.money(field)?))
}

fn booked_key(treasury: &str, ledger: Ledger) -> [&str; 3] {
    [treasury, "\n", ledger.id()]
}

/// What is known of a treasury, day by day.
struct Books {
    /// Of each account opening balance, income and closing balance.
    accounts: Vec<[BTreeMap<NaiveDate, Share>; 3]>,
    receipts: BTreeMap<NaiveDate, Share>,
    refunds: BTreeMap<NaiveDate, Share>,
    payouts: BTreeMap<NaiveDate, Share>,
}

/// The balance after the day's postings, and what it comes from.
struct Balance {
    left: Money,
    why: Sentence,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in day.running.keys(&CLOSING) {
        names.entry(key.split_once('\n').map_or(key, |parts| parts.0)).or_default().push(key);
    }
    let mut findings = Vec::new();
    for (treasury, keys) in names {
        let booked = |ledger| day.running.days(&BOOKED, &booked_key(treasury, ledger).concat());
        let account = |key: &&str| [&OPENING, &INCOME, &CLOSING].map(|of| day.running.days(of, key));
        let books = Books {
            accounts: keys.iter().map(account).collect(),
            receipts: booked(Ledger::TreasuryReceipts),
            refunds: booked(Ledger::TreasuryRefunds),
            payouts: booked(Ledger::TreasuryDisbursements),
        };
        let mut was_below = false;
        for on in books.days().into_iter().filter(|on| *on <= day.facts.as_of) {
            let Some(Balance { left, why }) = books.balance(on, day) else { continue };
            let is_below = left.is_negative();
            if is_below && !was_below && on >= day.facts.horizon() {
                let mut finding = Finding::of(&RULE, Party::Treasury, format!("{treasury}/{on}"), why);
                treasury.clone_into(&mut finding.institution);
                treasury.clone_into(&mut finding.treasury);
                finding.flow = Flow::Disbursement;
                finding.amount = Some(-left);
                finding.event_on = Some(on);
                finding.evidence = rows(day, treasury, on);
                findings.push(finding);
            }
            was_below = is_below;
        }
    }
    findings
}

impl Books {
    /// The days on which something was paid out or a balance is stated.
    fn days(&self) -> BTreeSet<NaiveDate> {
        let stated = self.accounts.iter().flat_map(|[.., closing]| closing.keys());
        self.payouts.keys().chain(stated).copied().collect()
    }

    /// The balance at the end of a day: by the treasury's own balances of that day; without them by the last closing
    /// balance and what was booked since.
    fn balance(&self, on: NaiveDate, day: &Day<'_>) -> Option<Balance> {
        let latest = self.accounts.iter().filter_map(|[.., closings]| closings.range(..=on).next_back());
        let last = *latest.map(|(at, _)| at).max()?;
        let [mut before, mut income, mut closing] = [Money::ZERO; 3];
        for [openings, incomes, closings] in &self.accounts {
            let Some((&at, share)) = closings.range(..=on).next_back() else { continue };
            // Of an account whose balances are older nobody knows what went through it since.
            if at != last && share.amount.is_zero() {
                continue;
            }
            // Twins of one account and day say nothing.
            if at != last || share.rows != 1 {
                return None;
            }
            closing += share.amount;
            before += openings.get(&at)?.amount;
            income += incomes.get(&at).map_or(Money::ZERO, |share| share.amount);
        }
        if last == on {
            let paid = sum(&self.payouts, on, on);
            let after = before + income - paid;
            return Some(if closing < after {
                by_closing(on, closing)
            } else {
                by_postings(on, after, [before, income, paid])
            });
        }
        // What came in must be known for every day since.
        let from = last.succ_opt()?;
        let gaps = &day.facts.gaps;
        let is_silent =
            gaps.iter().any(|(ledger, at)| *ledger == Ledger::TreasuryReceipts && (from..=on).contains(at));
        let is_unknown = on == day.facts.as_of && !day.facts.delivered.contains(&Ledger::TreasuryReceipts);
        if is_silent || is_unknown {
            return None;
        }
        let income = sum(&self.receipts, from, on) - sum(&self.refunds, from, on);
        let paid = sum(&self.payouts, from, on);
        let left = closing + income - paid;
        let why = Sentence {
            zh: format!(
                "{last} 余额 {closing} 元，其后至 {on} 收入（扣除退库）{income} 元、支拨 {paid} 元，余额 {left} 元"
            ),
            en: format!(
                "the balance of {last} was {closing} yuan; by {on} {income} came in, refunds taken off, and {paid} were \
                 paid out, which leaves {left}"
            ),
        };
        Some(Balance { left, why })
    }
}

fn by_closing(on: NaiveDate, closing: Money) -> Balance {
    let why = Sentence {
        zh: format!("{on} 库存日报本日余额 {closing} 元"),
        en: format!("the daily balance of {on} closes at {closing} yuan"),
    };
    Balance { left: closing, why }
}

fn by_postings(on: NaiveDate, left: Money, [before, income, paid]: [Money; 3]) -> Balance {
    let why = Sentence {
        zh: format!("{on} 上日余额 {before} 元，本日收入 {income} 元，支拨 {paid} 元，余额 {left} 元"),
        en: format!(
            "{on} opened with {before} yuan, {income} came in and {paid} were paid out, which leaves {left}"
        ),
    };
    Balance { left, why }
}

fn sum(days: &BTreeMap<NaiveDate, Share>, from: NaiveDate, to: NaiveDate) -> Money {
    days.range(from..=to).map(|(_, share)| share.amount).sum()
}

/// The payouts and balances of a treasury and day that are at hand.
fn rows(day: &Day<'_>, treasury: &str, on: NaiveDate) -> Vec<EntryId> {
    let is_old = |id: &EntryId| day.changes.iter().any(|change| change.old == *id);
    let ids =
        day.book.ids_of(|ledger| matches!(ledger, Ledger::TreasuryDisbursements | Ledger::TreasuryBalances));
    let of_day = ids.into_iter().filter(|id| {
        let row = day.book.entry(*id);
        let (date, stands) = match row.ledger() {
            Ledger::TreasuryBalances => (row.date(Field::Date), !is_old(id)),
            _ => (row.date(Field::BookedOn), day.case_of[id.0 as usize].is_some()),
        };
        stands && date == Some(on) && row.text(Field::Treasury) == treasury
    });
    of_day.collect()
}
