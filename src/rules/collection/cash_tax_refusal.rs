//! 拒收现金税款: a bank is on record for refusing cash, or takes none where its peers do.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::{self, Counter, Running};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

use super::slip_incomplete::is_cash;

pub static RULE: Rule = Rule {
    id: "cash-tax-refusal",
    title: Title { zh: "拒收现金税款", en: "Cash refused" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("cash_tax_refusal.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::BankReceipts)],
    tables: &["incidents"],
    judge: Judge::Day(&[], judge),
};

/// Receipts of a bank that say how they were paid: in cash or otherwise.
pub static METHODS: Counter =
    Counter { id: "receipts-in-cash", ledgers: &[Ledger::BankReceipts], of: method, keep_days: 400 };

/// Between the parts of a counter's key.
const PART: &str = "\u{1f}";
const CASH: &str = "cash";
const OTHER: &str = "other";

fn method(receipt: Entry<'_>, key: &mut String) -> Option<(NaiveDate, Money)> {
    let bank = receipt.text(Field::Bank);
    if bank.is_empty() || receipt.is_blank(Field::Method) {
        return None;
    }
    key.extend([bank, PART, if is_cash(receipt) { CASH } else { OTHER }]);
    Some((receipt.date(Field::ReceivedAt)?, receipt.money(Field::Amount).unwrap_or_default()))
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = incidents(day);
    findings.extend(never_cash(day));
    findings
}

/// Refusals on record.
fn incidents(day: &Day<'_>) -> Vec<Finding> {
    let rows = day.facts.table("incidents").into_iter().flat_map(crate::domain::entry::Book::entries);
    rows.filter(|row| row.text(Field::Kind) == "cash_refused")
        .filter_map(|row| {
            let on = row.date(Field::Date).filter(|on| *on <= day.facts.as_of)?;
            let (bank, note) = (row.text(Field::Institution), row.text(Field::Note));
            let mut because = Sentence {
                zh: format!("{on} 登记机构 {bank} 拒收现金税款"),
                en: format!("institution {bank} is on record for refusing cash on {on}"),
            };
            if !note.is_empty() {
                because.add(&format!("：{note}"), &format!(": {note}"));
            }
            // A row without a key of its own is known by who and when.
            let stated = row.text(Field::Key);
            let key = if stated.is_empty() { format!("{bank}/{on}") } else { stated.to_owned() };
            let mut finding = Finding::of(&RULE, Party::Bank, key, because);
            bank.clone_into(&mut finding.institution);
            finding.event_on = Some(on);
            finding.table_rows = vec![row.place()];
            Some(finding)
        })
        .collect()
}

/// Banks that took in no cash for long, while others did.
fn never_cash(day: &Day<'_>) -> Vec<Finding> {
    let days = u64::from(day.facts.settings.cash_days);
    let Some(first) = day.facts.as_of.checked_sub_days(Days::new(days)) else { return Vec::new() };
    if days == 0 || day.since > first {
        return Vec::new();
    }
    let banks = banks(day.running, first);
    if !banks.values().any(|of| of.cash > 0) {
        return Vec::new();
    }
    let enough = i64::from(day.facts.settings.cash_receipts);
    banks
        .into_iter()
        .filter(|(_, of)| of.cash == 0 && of.other >= enough && of.is_old)
        .map(|(bank, of)| {
            let because = Sentence {
                zh: format!(
                    "{first} 以来 {days} 天内经收处 {bank} 收纳 {} 笔，无一笔现金，同期其他经收处有现金收纳，疑似拒收，须核实",
                    of.other
                ),
                en: format!(
                    "collecting bank {bank} took in {} receipts in the {days} days since {first}, none in cash, while \
                     others took in cash: it may refuse cash, to be checked",
                    of.other
                ),
            };
            let mut finding = Finding::of(&RULE, Party::Bank, bank.to_owned(), because);
            bank.clone_into(&mut finding.institution);
            finding.flow = Flow::Revenue;
            finding.severity = Severity::Lead;
            finding.event_on = Some(first);
            finding
        })
        .collect()
}

/// How a bank's receipts were paid.
#[derive(Clone, Copy, Debug, Default)]
struct Methods {
    cash: i64,
    other: i64,
    /// Whether it took in anything before the time that is looked at: a new one has had no time.
    is_old: bool,
}

fn banks(running: &Running, first: NaiveDate) -> BTreeMap<&str, Methods> {
    let mut banks: BTreeMap<&str, Methods> = BTreeMap::new();
    for totals in [&running.settled, &running.at_hand] {
        for (key, on, share) in running::of_counter(totals, &METHODS) {
            let Some((bank, how)) = key.split_once(PART) else { continue };
            let of = banks.entry(bank).or_default();
            of.is_old |= on <= first;
            if on > first {
                *(if how == CASH { &mut of.cash } else { &mut of.other }) += share.rows;
            }
        }
    }
    banks
}
