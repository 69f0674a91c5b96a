//! 待报解余额滞留: more money stands in a mandated account at the end of a day than that day's receipts explain.
//!
//! The balance test needs no matching, and stands beside `remittance-withholding`. A day is judged with what the runs up to
//! its own left open, which is at hand in the next run. Of an earlier day rows may be settled: what they say themselves is
//! kept in a counter, and where they do not say when they were remitted only what is certain either way is told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate, NaiveTime, Timelike};

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::moment::Moment;
use crate::domain::money::Money;
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::{self, Counter};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "stale-pending-balance",
    title: Title { zh: "待报解余额滞留", en: "Old money in a mandated account" },
    basis: super::NO_DELAY,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("stale_pending_balance.md"),
    stays: Stays::Once,
    needs: &[Need::Always(Ledger::BankStatements), Need::Reads(Ledger::BankReceipts)],
    tables: &["accounts", "calendar"],
    judge: Judge::Day(&[], judge),
};

/// So many days back late rows are still judged.
const LATE_DAYS: u64 = 14;

/// Receipts that were not remitted on the day they were received, by account, time of day and day of remittance, as far
/// as their rows say it. One that was taken back counts too: until then it was there.
pub static PENDING: Counter = Counter {
    id: "pending-receipts",
    ledgers: &[Ledger::BankReceipts],
    of: pending,
    // The receipts of a day's base day reach back over the longest holiday.
    keep_days: LATE_DAYS + 14,
};

/// Between the parts of a counter's key.
const PART: &str = "\u{1f}";

fn pending(receipt: Entry<'_>, key: &mut String) -> Option<(NaiveDate, Money)> {
    let received = receipt.moment(Field::ReceivedAt)?;
    let remitted = receipt.date(Field::RemittedAt);
    if receipt.is_blank(Field::PayeeAccount) || remitted.is_some_and(|on| on <= received.date) {
        return None;
    }
    // Minutes suffice: cut-offs are stated in them, and a second over is over.
    let minute = received.time.map(|time| time.num_seconds_from_midnight().div_ceil(60));
    let minute = minute.map(|minute| minute.to_string()).unwrap_or_default();
    let remitted = remitted.map(|on| on.to_string()).unwrap_or_default();
    key.extend([receipt.text(Field::PayeeAccount), PART, &minute, PART, &remitted]);
    Some((received.date, receipt.money(Field::Amount).unwrap_or_default()))
}

/// Receipts of one account that count alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lot {
    received: NaiveDate,
    base: NaiveDate,
    /// From when on it may have left the account, and surely has: it was remitted, or taken back.
    left: Option<(NaiveDate, NaiveDate)>,
}

/// What is known of a mandated account's receipts.
#[derive(Default)]
struct Receipts {
    lots: BTreeMap<Lot, Money>,
    /// The first day that today's rows say anything new of.
    fresh_from: Option<NaiveDate>,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let is_mandated = |account: &Account| account.nature == "pending_receipts";
    let accounts: BTreeMap<&str, &Account> = day
        .facts
        .accounts
        .iter()
        .flatten()
        .filter(|(number, account)| is_mandated(account) && day.balances.days_of(number).next().is_some())
        .map(|(number, account)| (number.as_str(), account))
        .collect();
    if accounts.is_empty() {
        return Vec::new();
    }
    let mut receipts = receipts(day, &accounts);
    let told_until = fresh_statements(day, &accounts, &mut receipts);
    let mut findings = Vec::new();
    for (number, account) in accounts {
        let known = receipts.remove(number).unwrap_or_default();
        let from = [known.fresh_from, day.last_run].into_iter().flatten().min();
        let earliest = day.facts.as_of.checked_sub_days(Days::new(LATE_DAYS));
        let (Some(from), Some(earliest)) = (from, earliest) else { continue };
        let first_stated = day.balances.days_of(number).next().expect("it has days");
        let from = from.max(first_stated);
        // Before anything was run nothing can be settled.
        let from = if day.last_run.is_some() { from.max(earliest) } else { from };
        let is_told =
            |date: NaiveDate| told_until.get(account.bank.as_str()).is_none_or(|last| date <= *last);
        for date in from.iter_days().take_while(|date| *date <= day.facts.as_of) {
            if day.facts.calendar.is_working(date) == Some(true) && is_told(date) {
                findings.extend(of_day(day, number, account, &known, date));
            }
        }
    }
    findings
}

/// The receipts at hand that were credited to mandated accounts.
fn receipts<'d>(day: &Day<'d>, accounts: &BTreeMap<&'d str, &Account>) -> BTreeMap<&'d str, Receipts> {
    let mut receipts: BTreeMap<&str, Receipts> = BTreeMap::new();
    let mut bases: HashMap<Moment, Option<NaiveDate>> = HashMap::new();
    let standing = day.book.ids_of(|ledger| ledger == Ledger::BankReceipts).into_iter();
    let standing = standing.filter(|id| day.case_of[id.0 as usize].is_some()).map(|id| (id, None));
    let reversed = day.reversed.iter().map(|&(payment, reversal)| (payment, Some(reversal)));
    for (id, reversal) in standing.chain(reversed) {
        let receipt = day.book.entry(id);
        let number = receipt.text(Field::PayeeAccount);
        if receipt.ledger() != Ledger::BankReceipts || !accounts.contains_key(number) {
            continue;
        }
        let moment = receipt.moment(Field::ReceivedAt).expect("a required column");
        // A year that the calendar does not know is told by `calendar-missing`.
        let Some(base) = *bases.entry(moment).or_insert_with(|| day.facts.base_day(moment)) else { continue };
        let of = receipts.entry(number).or_default();
        let remitted = day.remittances.covered(id).map(|covered| (covered.on, covered.on));
        let left = reversal.map_or(remitted, |reversal| Some(taken_back(receipt, day.book.entry(reversal))));
        *of.lots.entry(Lot { received: moment.date, base, left }).or_default() +=
            receipt.money(Field::Amount).unwrap_or_default();
        if receipt.arrived() == day.facts.as_of {
            of.fresh_from = Some(of.fresh_from.map_or(moment.date, |first| first.min(moment.date)));
        }
    }
    receipts
}

/// From when on a receipt may be gone that was taken back, and surely is. A reversal that came after it may have been made
/// on any day until it came, whatever day it repeats; but what was remitted before had left by then.
fn taken_back(receipt: Entry<'_>, reversal: Entry<'_>) -> (NaiveDate, NaiveDate) {
    let on = reversal.date(Field::ReceivedAt).expect("a required column");
    let known = if reversal.arrived() > receipt.arrived() { reversal.arrived().max(on) } else { on };
    let remitted = receipt.date(Field::RemittedAt).unwrap_or(known);
    (on.min(remitted), known.min(remitted))
}

/// Takes in from which day on today's statements say anything new; and for each bank that delivered rows today the last
/// day they tell of, since a bank may be a day behind.
fn fresh_statements<'d>(
    day: &Day<'d>,
    accounts: &BTreeMap<&'d str, &'d Account>,
    receipts: &mut BTreeMap<&'d str, Receipts>,
) -> BTreeMap<&'d str, NaiveDate> {
    let mut told_until: BTreeMap<&str, NaiveDate> = BTreeMap::new();
    let mut seen: BTreeSet<(&str, NaiveDate)> = BTreeSet::new();
    for &id in day.statements {
        let row = day.book.entry(id);
        if row.arrived() == day.facts.as_of {
            seen.insert((row.text(Field::Account), row.date(Field::Date).expect("a required column")));
        }
    }
    for (number, date) in seen {
        let register = day.facts.accounts.as_ref().and_then(|accounts| accounts.get(number));
        let last = told_until.entry(register.map_or("", |account| &account.bank)).or_insert(date);
        *last = date.max(*last);
        if accounts.contains_key(number) {
            let of = receipts.entry(number).or_default();
            of.fresh_from = Some(of.fresh_from.map_or(date, |first| first.min(date)));
        }
    }
    told_until
}

/// What of the money at the end of a day that day's receipts explain: what surely was there, and what may have been.
struct Explained {
    surely: Money,
    perhaps: Money,
}

fn explained(day: &Day<'_>, number: &str, known: &Receipts, date: NaiveDate) -> Explained {
    let counts = |received: NaiveDate, base: NaiveDate| received <= date && base >= date;
    let mut found = Explained { surely: Money::ZERO, perhaps: Money::ZERO };
    for (lot, &amount) in known.lots.iter().filter(|(lot, _)| counts(lot.received, lot.base)) {
        match lot.left {
            Some((_, surely)) if surely <= date => {}
            Some((perhaps, _)) if perhaps <= date => found.perhaps += amount,
            _ => found.surely += amount,
        }
    }
    // What the last run left open is at hand; of a day before it more may be settled.
    if day.last_run.is_none_or(|last| date >= last) {
        return found;
    }
    let prefix = format!("{number}{PART}");
    for (rest, received, share) in running::below(&day.running.settled, &PENDING, &prefix) {
        let mut parts = rest.split(PART);
        let minute: Option<u32> = parts.next().and_then(|minute| minute.parse().ok());
        // The last minute of the day ends with it.
        let time = minute
            .and_then(|minute| NaiveTime::from_num_seconds_from_midnight_opt((minute * 60).min(86_399), 0));
        let remitted: Option<NaiveDate> = parts.next().and_then(|on| on.parse().ok());
        let moment = Moment { date: received, time };
        if day.facts.base_day(moment).is_none_or(|base| !counts(received, base)) {
            continue;
        }
        match remitted {
            Some(on) if on > date => found.surely += share.amount,
            Some(_) => {}
            None => found.perhaps += share.amount,
        }
    }
    found
}

/// Whether the receipts that a day's base day gathers are known: its own, and those of the days off before.
fn knows_receipts(facts: &Facts, date: NaiveDate) -> bool {
    let since = date.pred_opt().and_then(|eve| facts.calendar.last_working(eve, 1));
    let Some(since) = since.and_then(|days| days.last().copied()) else { return false };
    let is_silent = facts.gaps.iter().any(|(ledger, silent)| {
        (*ledger == Ledger::BankReceipts && *silent >= since && *silent <= date)
            || (*ledger == Ledger::BankStatements && *silent == date)
    });
    let is_today = date == facts.as_of;
    !is_silent && (!is_today || facts.delivered.contains(&Ledger::BankReceipts))
}

fn of_day(
    day: &Day<'_>,
    number: &str,
    account: &Account,
    known: &Receipts,
    date: NaiveDate,
) -> Option<Finding> {
    if !knows_receipts(day.facts, date) {
        return None;
    }
    let balance = day.balances.end_of_day(number, date)?;
    let Explained { surely, perhaps } = explained(day, number, known, date);
    let stale = balance - surely - perhaps;
    let is_stale = stale > Money::ZERO;
    if !is_stale && balance - surely > Money::ZERO {
        return None;
    }
    let name = &account.holder_name;
    let explained = surely + perhaps;
    let because = if is_stale {
        Sentence {
            zh: format!(
                "专户 {number}“{name}”{date} 日终余额 {balance} 元，基准日不早于该日且未划转的收纳 {explained} 元，其余 \
                 {stale} 元没有这样的收纳可以说明"
            ),
            en: format!(
                "mandated account {number} {name:?} had {balance} yuan at the end of {date}; receipts of that base day or \
                 later, not yet remitted, explain {explained} yuan, and nothing explains {stale} yuan"
            ),
        }
    } else {
        Sentence {
            zh: format!(
                "专户 {number}“{name}”{date} 日终余额 {balance} 元，连同后到的流水，全部系基准日不早于该日且未划转的收纳 \
                 {explained} 元，并无滞留"
            ),
            en: format!(
                "mandated account {number} {name:?} had {balance} yuan at the end of {date}; with the rows that came later, \
                 receipts of that base day or later, not yet remitted, {explained} yuan, explain all of it: nothing is older"
            ),
        }
    };
    let mut finding = Finding::of(&RULE, Party::Bank, format!("{number}/{date}"), because);
    finding.institution.clone_from(&account.bank);
    finding.flow = Flow::Account;
    number.clone_into(&mut finding.account);
    finding.amount = is_stale.then_some(stale);
    finding.event_on = Some(date);
    if !is_stale {
        // Late rows explain what was told before.
        finding.is_sequel = true;
        finding.settled_on = Some(day.facts.as_of);
    }
    let stated = day.balances.days_of(number).take_while(|of| *of <= date).last().unwrap_or(date);
    finding.evidence = day.balances.closing_rows(day.book, number, stated, balance);
    Some(finding)
}
