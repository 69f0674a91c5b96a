//! What leaves mandated accounts by their statements, and where it goes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::entry::{Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Sentence, Status, Told};
use crate::rules::running::{self, Counter};
use crate::rules::{Day, Rule};

use super::{collector_paid_refund, revenue_diversion};

/// Refunds that banks paid, by payee and amount.
pub static REFUNDS: Counter =
    Counter { id: "bank-refunds", ledgers: &[Ledger::BankRefunds], of: refund, keep_days: 60 };

/// Between the parts of a counter's key.
const PART: &str = "\u{1f}";

fn refund(row: Entry<'_>, key: &mut String) -> Option<(NaiveDate, Money)> {
    let amount = row.money(Field::Amount)?;
    let (account, name) = (row.text(Field::PayeeAccount), row.text(Field::PayeeName));
    key.extend([account, PART, name, PART, &amount.fen().to_string()]);
    Some((row.date(Field::CreditedOn)?, amount))
}

/// The days of accounts of which something was told that may be otherwise by a refund that came now.
pub fn shaken_days<'t>(
    told: &'t [Told],
    refund: Entry<'_>,
    facts: &Facts,
) -> impl Iterator<Item = (&'t str, NaiveDate)> {
    let window = i64::from(facts.settings.match_window_days);
    let credited = refund.date(Field::CreditedOn);
    let is_near = move |on: &NaiveDate| credited.is_some_and(|day| (day - *on).num_days().abs() <= window);
    let of_debits = told.iter().filter(|told| {
        told.status == Status::Open
            && [collector_paid_refund::RULE.id, revenue_diversion::RULE.id].contains(&told.rule)
    });
    of_debits.filter_map(move |told| Some((told.account.as_str(), told.event_on.filter(is_near)?)))
}

/// Where a debit goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To the treasury, another mandated account, or one the book allows.
    Onward,
    /// Back to the payer, the same day.
    Returned,
    /// To the payee of a refund, with the refund's rows at hand.
    Refund(Vec<EntryId>),
    /// The statement names nobody.
    Unnamed,
    Elsewhere,
}

/// Money out of a mandated account.
#[derive(Clone, Debug)]
pub(super) struct Debit<'d> {
    row: Entry<'d>,
    account: &'d Account,
    pub(super) way: Way,
}

/// Every debit of a mandated account at hand, ascending. An account's day is at hand whole.
pub(super) fn of_mandated<'d>(day: &Day<'d>) -> Vec<Debit<'d>> {
    let Some(accounts) = &day.facts.accounts else { return Vec::new() };
    let register = |row: Entry<'d>| {
        accounts.get(row.text(Field::Account)).filter(|account| account.nature == "pending_receipts")
    };
    let mut debits: Vec<Debit<'d>> = Vec::new();
    for &id in day.statements {
        let row = day.book.entry(id);
        if !is_out(row) {
            continue;
        }
        if let Some(account) = register(row) {
            let way = if is_unnamed(row) {
                Way::Unnamed
            } else if is_onward(day, row) {
                Way::Onward
            } else {
                Way::Elsewhere
            };
            debits.push(Debit { row, account, way });
        }
    }
    if debits.iter().any(|debit| debit.way == Way::Elsewhere) {
        find_returns(day, &mut debits);
        find_refunds(day, &mut debits);
    }
    debits
}

pub(super) fn amount(row: Entry<'_>) -> Money {
    row.money(Field::Amount).unwrap_or_default().abs()
}

/// Whether a row takes money out of its account: a debit, or a credit in red 红字.
pub(super) fn is_out(row: Entry<'_>) -> bool {
    let amount = row.money(Field::Amount).unwrap_or_default();
    let is_debit = row.text(Field::Direction) == "debit";
    if is_debit { amount > Money::ZERO } else { amount.is_negative() }
}

pub(super) fn date(row: Entry<'_>) -> NaiveDate {
    row.date(Field::Date).expect("a required column")
}

/// Who is on the other side: account and name.
fn counterparty(row: Entry<'_>) -> (&str, &str) {
    (row.text(Field::CounterpartyAccount), row.text(Field::CounterpartyName))
}

/// Whether the row says nothing of the other side, or a spreadsheet destroyed what it said.
fn is_unnamed(row: Entry<'_>) -> bool {
    counterparty(row) == ("", "")
}

/// Whether the other side may take the money on: the register decides, else the book's settings and the treasuries' names.
pub(super) fn is_onward(day: &Day<'_>, row: Entry<'_>) -> bool {
    let (number, name) = counterparty(row);
    let settings = &day.facts.settings;
    if settings.diversion_allowed.iter().any(|allowed| allowed == number) && !number.is_empty() {
        return true;
    }
    if let Some(known) = day.facts.accounts.as_ref().and_then(|accounts| accounts.get(number)) {
        return known.is_of_revenue();
    }
    let mut treasuries = day.facts.treasuries.iter().flatten();
    let is_treasury = name == "国库" || treasuries.any(|(code, known)| known.name == name || code == number);
    !name.is_empty()
        && (is_treasury || settings.treasury_names.iter().any(|word| name.contains(word.as_str())))
}

/// Whether two sides are the same: by account, or by name where either states no account.
fn is_same(one: (&str, &str), other: (&str, &str)) -> bool {
    if !one.0.is_empty() && !other.0.is_empty() {
        return one.0 == other.0;
    }
    !one.1.is_empty() && one.1 == other.1
}

/// Marks debits to the payee of a refund, of its amount, around the day it was credited.
fn find_refunds(day: &Day<'_>, debits: &mut [Debit<'_>]) {
    let window = i64::from(day.facts.settings.match_window_days);
    let mut refunds: BTreeMap<i64, BTreeSet<(&str, &str, NaiveDate)>> = BTreeMap::new();
    for totals in [&day.running.settled, &day.running.at_hand] {
        for (key, on, share) in running::of_counter(totals, &REFUNDS) {
            let mut parts = key.split(PART);
            let (Some(number), Some(name), Some(fen)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            if let (Ok(fen), true) = (fen.parse(), share.rows > 0) {
                refunds.entry(fen).or_default().insert((number, name, on));
            }
        }
    }
    if refunds.is_empty() {
        return;
    }
    let at_hand = day.book.ids_of(|ledger| ledger == Ledger::BankRefunds);
    for debit in debits.iter_mut().filter(|debit| matches!(debit.way, Way::Elsewhere | Way::Returned)) {
        // What was given back the same day is a refund where one was credited on that very day.
        let window = if debit.way == Way::Returned { 0 } else { window };
        let is_near = |on: NaiveDate| (on - date(debit.row)).num_days().abs() <= window;
        let is_its = |number: &str, name: &str, on: NaiveDate| {
            is_near(on) && is_same(counterparty(debit.row), (number, name))
        };
        let of_amount = refunds.get(&amount(debit.row).fen()).into_iter().flatten();
        if !of_amount.copied().any(|(number, name, on)| is_its(number, name, on)) {
            continue;
        }
        let rows = at_hand.iter().copied().filter(|&id| {
            let row = day.book.entry(id);
            day.case_of[id.0 as usize].is_some()
                && row.money(Field::Amount) == Some(amount(debit.row))
                && row
                    .date(Field::CreditedOn)
                    .is_some_and(|on| is_its(row.text(Field::PayeeAccount), row.text(Field::PayeeName), on))
        });
        debit.way = Way::Refund(rows.collect());
    }
}

/// Marks debits that give the same day's credit of a payer back; each credit is given back once.
fn find_returns(day: &Day<'_>, debits: &mut [Debit<'_>]) {
    let key = |row: Entry<'_>| (row.text(Field::Account).to_owned(), date(row), amount(row));
    let open = debits.iter().filter(|debit| debit.way == Way::Elsewhere).map(|debit| key(debit.row));
    let wanted: BTreeSet<_> = open.collect();
    let mut credits: BTreeMap<(String, NaiveDate, Money), Vec<Entry<'_>>> = BTreeMap::new();
    for &id in day.statements {
        let row = day.book.entry(id);
        if row.text(Field::Direction) == "credit" && !is_out(row) && wanted.contains(&key(row)) {
            credits.entry(key(row)).or_default().push(row);
        }
    }
    // Content first, so that the order of rows decides only between rows that say the same.
    let mut places: Vec<usize> = (0..debits.len()).collect();
    places.sort_by_cached_key(|&place| (debits[place].row.content(), debits[place].row.id()));
    for place in places {
        let debit = &mut debits[place];
        if debit.way != Way::Elsewhere {
            continue;
        }
        let Some(of_day) = credits.get_mut(&key(debit.row)) else { continue };
        let payer = counterparty(debit.row);
        if let Some(found) = of_day.iter().position(|credit| is_same(payer, counterparty(*credit))) {
            of_day.remove(found);
            debit.way = Way::Returned;
        }
    }
}

impl Debit<'_> {
    /// Whether the bank numbers its rows: else debits of a day share a key, and what ends for one ends for none.
    pub(super) fn is_numbered(&self) -> bool {
        !self.row.text(Field::Serial).is_empty()
    }

    /// A finding about it, in words of Chinese and English: what it did, and what that is.
    pub(super) fn finding(&self, rule: &'static Rule, zh: (&str, &str), en: (&str, &str)) -> Finding {
        let row = self.row;
        let (number, name) = counterparty(row);
        let (account, on, amount) = (row.text(Field::Account), date(row), amount(row));
        let serial = row.text(Field::Serial);
        let (holder, summary) = (&self.account.holder_name, row.text(Field::Summary));
        let side = match (number, name) {
            ("", name) => {
                (format!("“{name}”（未列账号）"), format!("{name:?}, whose account is not stated,"))
            }
            (number, "") => (format!("账户 {number}"), format!("account {number}")),
            (number, name) => (format!("账户 {number}“{name}”"), format!("account {number} {name:?}")),
        };
        let is_debit = row.text(Field::Direction) == "debit";
        let (red_zh, red_en) =
            if is_debit { ("借记", "") } else { ("红字贷记", ", as a credit in red") };
        let mut because = Sentence {
            zh: format!("专户 {account}“{holder}”{on} {red_zh} {amount} 元，{}{}，{}", zh.0, side.0, zh.1),
            en: format!(
                "{amount} yuan of mandated account {account} {holder:?} {} {} on {on}{red_en}: {}",
                en.0, side.1, en.1
            ),
        };
        if !summary.is_empty() {
            because.add(&format!("（摘要“{summary}”）"), &format!(" (summary {summary:?})"));
        }
        let key =
            if serial.is_empty() { format!("{account}/{on}") } else { format!("{account}/{on}#{serial}") };
        let mut finding = Finding::of(rule, Party::Bank, key, because);
        finding.institution.clone_from(&self.account.bank);
        finding.flow = Flow::Account;
        account.clone_into(&mut finding.account);
        finding.amount = Some(amount);
        finding.event_on = Some(on);
        finding.evidence = vec![row.id()];
        finding
    }
}
