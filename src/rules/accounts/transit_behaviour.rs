//! How an account behaves by its statement: many pay in, and nearly all of it soon goes on to the treasury.
//!
//! The days before are known by counters. How many paid in is known at least: payers are counted by a digest of few
//! values, so that a busy account costs no more than a quiet one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use xxhash_rust::xxh3::xxh3_64;

use crate::domain::entry::{Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::domain::register::Account;
use crate::rules::Day;
use crate::rules::running::{self, Counter, Running, Share, Totals};

/// Days over which the longest window reaches, holidays included.
const KEEP_DAYS: u64 = 60;

/// Money in, by account and digest of the payer.
pub static CREDITS: Counter =
    Counter { id: "statement-credits", ledgers: &[Ledger::BankStatements], of: credit, keep_days: KEEP_DAYS };

/// Money out, by account and where it went.
pub static DEBITS: Counter =
    Counter { id: "statement-debits", ledgers: &[Ledger::BankStatements], of: debit, keep_days: KEEP_DAYS };

/// Between the parts of a counter's key.
const PART: &str = "\u{1f}";

/// Payers are told apart by so many values.
const PAYERS: u64 = 1 << 10;

/// What a debit says of itself whose counterparty is named like the treasury or a mandated account.
const ONWARD: &str = "onward";

/// Words of such names: a counter may not ask the book's settings.
const ONWARD_NAMES: [&str; 4] = ["国家金库", "国库存款", "待报解", "待结算财政"];

fn is_named_onward(name: &str) -> bool {
    ONWARD_NAMES.iter().any(|word| name.contains(word))
}

fn moved(row: Entry<'_>, direction: &str) -> Option<(NaiveDate, Money)> {
    let amount = row.money(Field::Amount).filter(|amount| *amount > Money::ZERO)?;
    (row.text(Field::Direction) == direction).then_some(())?;
    Some((row.date(Field::Date)?, amount))
}

fn credit(row: Entry<'_>, key: &mut String) -> Option<(NaiveDate, Money)> {
    let (on, amount) = moved(row, "credit")?;
    let (number, name) = (row.text(Field::CounterpartyAccount), row.text(Field::CounterpartyName));
    let payer = if number.is_empty() { name } else { number };
    let payer =
        if payer.is_empty() { String::new() } else { (xxh3_64(payer.as_bytes()) % PAYERS).to_string() };
    key.extend([row.text(Field::Account), PART, &payer]);
    Some((on, amount))
}

fn debit(row: Entry<'_>, key: &mut String) -> Option<(NaiveDate, Money)> {
    let (on, amount) = moved(row, "debit")?;
    let (number, name) = (row.text(Field::CounterpartyAccount), row.text(Field::CounterpartyName));
    let is_onward = is_named_onward(name);
    let to = if number.is_empty() && is_onward { ONWARD } else { number };
    // The register decides of an account it knows, the name of any other.
    let named = if is_onward { ONWARD } else { "" };
    key.extend([row.text(Field::Account), PART, to, PART, named]);
    Some((on, amount))
}

/// What an account did in a window.
#[derive(Clone, Debug)]
pub(super) struct Behaviour<'d> {
    pub(super) account: &'d str,
    pub(super) credits: i64,
    /// At least so many.
    pub(super) payers: usize,
    pub(super) inflow: Money,
    /// What of it went on in time.
    pub(super) outflow: Money,
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// The rows at hand.
    pub(super) rows: Vec<EntryId>,
}

/// What an account paid on to the treasury or a mandated account, by day.
pub fn paid_on(day: &Day<'_>, account: &str) -> BTreeMap<NaiveDate, Money> {
    onward(day.facts, of_account(day.running, &DEBITS, account))
}

/// What an account paid on a day to another account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transfer<'d> {
    pub on: NaiveDate,
    pub to: &'d str,
    pub amount: Money,
}

/// What an account paid to others that are named, by day, then by account, what [`paid_on`] tells left out: known as long
/// as [`DEBITS`] is kept.
pub fn transfers<'d>(day: &'d Day<'_>, account: &str) -> Vec<Transfer<'d>> {
    let mut sums: BTreeMap<(NaiveDate, &str), Money> = BTreeMap::new();
    for (rest, on, share) in of_account(day.running, &DEBITS, account) {
        let (to, named) = rest.split_once(PART).unwrap_or((rest, ""));
        if !to.is_empty() && !goes_onward(day.facts, to, named == ONWARD) {
            *sums.entry((on, to)).or_default() += share.amount;
        }
    }
    let sums = sums.into_iter().filter(|(_, amount)| *amount > Money::ZERO);
    sums.map(|((on, to), amount)| Transfer { on, to, amount }).collect()
}

/// What a counter says of an account: the rest of the key, day and share.
fn of_account<'r>(
    running: &'r Running,
    counter: &Counter,
    account: &str,
) -> Vec<(&'r str, NaiveDate, Share)> {
    let prefix = format!("{account}{PART}");
    let below = |totals: &'r Totals| running::below(totals, counter, &prefix);
    below(&running.settled).chain(below(&running.at_hand)).collect()
}

/// The accounts with entries at hand that behave like transit accounts in a window that ends on one of these days.
pub(super) fn found<'d>(day: &Day<'d>) -> Vec<Behaviour<'d>> {
    let Some(accounts) = &day.facts.accounts else { return Vec::new() };
    let mut at_hand: BTreeMap<&str, Vec<EntryId>> = BTreeMap::new();
    let mut mandated: BTreeMap<&str, bool> = BTreeMap::new();
    for &id in day.statements {
        let number = day.book.entry(id).text(Field::Account);
        let is_mandated = *mandated
            .entry(number)
            .or_insert_with(|| accounts.get(number).is_some_and(Account::may_take_revenue));
        if !is_mandated {
            at_hand.entry(number).or_default().push(id);
        }
    }
    at_hand.into_iter().filter_map(|(account, rows)| of_rows(day, account, &rows)).collect()
}

fn of_rows<'d>(day: &Day<'d>, account: &'d str, rows: &[EntryId]) -> Option<Behaviour<'d>> {
    let date = |id: EntryId| day.book.entry(id).date(Field::Date).expect("a required column");
    let ends: BTreeSet<NaiveDate> = rows.iter().map(|&id| date(id)).collect();
    let credits = of_account(day.running, &CREDITS, account);
    let debits = paid_on(day, account);
    if debits.is_empty() {
        return None;
    }
    // The latest says most.
    let found = ends.into_iter().rev().find_map(|end| in_window(day.facts, &credits, &debits, end));
    let mut behaviour = Behaviour { account, ..found? };
    let of_window = rows.iter().copied().filter(|&id| (behaviour.first..=behaviour.last).contains(&date(id)));
    behaviour.rows = of_window.collect();
    Some(behaviour)
}

/// What went on to the treasury or a mandated account, by day.
fn onward(facts: &Facts, debits: Vec<(&str, NaiveDate, Share)>) -> BTreeMap<NaiveDate, Money> {
    let mut days: BTreeMap<NaiveDate, Money> = BTreeMap::new();
    for (key, on, share) in debits {
        let Some((to, named)) = key.split_once(PART) else { continue };
        if goes_onward(facts, to, named == ONWARD) {
            *days.entry(on).or_default() += share.amount;
        }
    }
    days.retain(|_, amount| *amount > Money::ZERO);
    days
}

/// Whether money that went to an account in a name went to the treasury or a mandated account.
pub fn is_onward(facts: &Facts, to: &str, name: &str) -> bool {
    goes_onward(facts, to, is_named_onward(name))
}

fn goes_onward(facts: &Facts, to: &str, is_named: bool) -> bool {
    match facts.accounts.as_ref().and_then(|accounts| accounts.get(to)) {
        Some(known) => known.is_of_revenue(),
        None => is_named,
    }
}

fn in_window(
    facts: &Facts,
    credits: &[(&str, NaiveDate, Share)],
    debits: &BTreeMap<NaiveDate, Money>,
    end: NaiveDate,
) -> Option<Behaviour<'static>> {
    let settings = &facts.settings;
    let first = *facts.calendar.last_working(end, settings.transit_window_wd as usize)?.last()?;
    let mut days: BTreeMap<NaiveDate, Money> = BTreeMap::new();
    let (mut count, mut payers) = (0, BTreeSet::new());
    for (payer, on, share) in credits.iter().filter(|(_, on, _)| (first..=end).contains(on)) {
        *days.entry(*on).or_default() += share.amount;
        count += share.rows;
        if share.rows > 0 && !payer.is_empty() {
            payers.insert(payer);
        }
    }
    let inflow: Money = days.values().copied().sum();
    let enough = count >= i64::from(settings.transit_credits)
        && payers.len() >= settings.transit_payers as usize
        && inflow > Money::ZERO;
    if !enough {
        return None;
    }
    // First in, first out; what dwells longer does not count.
    let mut outflow = Money::ZERO;
    for (&out, &amount) in debits.range(first..=end) {
        let mut left = amount;
        for (&into, waiting) in days.range_mut(..=out) {
            let due = facts.calendar.add_working(into, settings.transit_dwell_wd)?;
            if out <= due {
                let share = left.min(*waiting);
                *waiting -= share;
                left -= share;
                outflow += share;
            }
        }
    }
    let is_onward = i128::from(outflow.fen()) * 100
        >= i128::from(inflow.fen()) * i128::from(settings.transit_outflow_pct);
    is_onward.then(|| Behaviour {
        account: "",
        credits: count,
        payers: payers.len(),
        inflow,
        outflow,
        first,
        last: end,
        rows: Vec::new(),
    })
}
