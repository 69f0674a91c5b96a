//! 收费: the bank charged the payer for taking revenue in, by its own journal or by the statement of the payer's account.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::running::Counter;
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title, law};

use super::debits;

pub static RULE: Rule = Rule {
    id: "payer-fee-charged",
    title: Title { zh: "向缴款人收费", en: "Payer charged a fee" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("payer_fee_charged.md"),
    stays: Stays::Once,
    needs: &[Need::Always(Ledger::BankReceipts), Need::Reads(Ledger::BankStatements)],
    tables: &[],
    judge: Judge::Both(REVENUE, judge, of_statements),
};

/// Receipts that state a fee, by the payer's account: what they tell its statement does not tell again.
pub static STATED: Counter = Counter {
    id: "fees-stated",
    ledgers: &[Ledger::BankReceipts],
    of: |receipt, key| {
        let fee = receipt.money(Field::Fee).filter(|fee| *fee > Money::ZERO)?;
        key.push_str(receipt.text(Field::PayerAccount));
        Some((receipt.date(Field::ReceivedAt)?, fee))
    },
    keep_days: 60,
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let allowed = &day.facts.settings.fee_allowed;
    let is_charged = |receipt: &&Entry<'_>| {
        receipt.money(Field::Fee).is_some_and(|fee| fee > Money::ZERO)
            && !allowed.iter().any(|method| method == receipt.text(Field::Method))
    };
    let Some(receipt) = payment.bank.iter().find(is_charged) else {
        if let Some(ended) = of_another(payment, day) {
            return Some(ended);
        }
        // A row that came again without the fee.
        let receipt = payment.bank.iter().find(|receipt| super::is_changed(day.changes, receipt))?;
        let mut ended = finding(payment, day, receipt);
        ended.explanation = Sentence {
            zh: "重新报送的流水已无手续费".to_owned(),
            en: "the row came again and states no fee".to_owned(),
        };
        ended.amount = None;
        ended.is_sequel = true;
        ended.settled_on = Some(day.facts.as_of);
        return Some(ended);
    };
    let mut finding = finding(payment, day, receipt);
    finding.evidence = payment.bank.iter().filter(is_charged).map(|receipt| receipt.id()).collect();
    Some(finding)
}

/// The end of a fee that was told of this payment, where the receipt that states it turned out to be another's.
fn of_another(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    if day.asked.is_empty() {
        return None;
    }
    let asked = day.asked.get(&(RULE.id, payment.key()))?;
    let is_here = |row: &String| payment.bank.iter().any(|receipt| receipt.place() == *row);
    if asked.evidence.iter().any(is_here) {
        return None;
    }
    let because = Sentence {
        zh: "收取手续费的流水另有税票，不是本笔".to_owned(),
        en: "the receipt that states the fee is of another slip".to_owned(),
    };
    let mut ended = payment.finding(&RULE, Deviant::Bank, day.facts, because);
    ended.institution.clone_from(&asked.institution);
    ended.amount = None;
    ended.is_sequel = true;
    ended.settled_on = Some(day.facts.as_of);
    Some(ended)
}

fn finding(payment: &Payment<'_>, day: &Day<'_>, receipt: &Entry<'_>) -> Finding {
    let fee = receipt.money(Field::Fee).unwrap_or_default();
    let amount = receipt.money(Field::Amount).unwrap_or_default();
    let because = Sentence {
        zh: format!("收纳 {amount} 元时向缴款人收取手续费 {fee} 元"),
        en: format!("a fee of {fee} yuan was charged to the payer for taking in {amount} yuan"),
    };
    let mut finding = payment.finding(&RULE, Deviant::Bank, day.facts, because);
    receipt.text(Field::Bank).clone_into(&mut finding.institution);
    finding.amount = Some(fee);
    finding.event_on = receipt.date(Field::ReceivedAt);
    finding.evidence = vec![receipt.id()];
    finding
}

/// What left an account on a day for a charge, and for revenue.
#[derive(Default)]
struct AccountDay<'d> {
    charges: Vec<Entry<'d>>,
    given_back: Vec<Money>,
    revenue: Vec<Entry<'d>>,
}

/// Charges on an account on a day on which it paid revenue, by its statement. The day is at hand whole.
fn of_statements(day: &Day<'_>) -> Vec<Finding> {
    let mut charged = charged(day);
    if charged.is_empty() {
        return Vec::new();
    }
    add_receipts(day, &mut charged);
    let mut findings = Vec::new();
    for ((account, on), of) in &mut charged {
        let is_allowed = |paid: &Entry<'_>| {
            day.facts.settings.fee_allowed.iter().any(|method| method == paid.text(Field::Method))
        };
        let is_stated = day.running.days(&STATED, account).contains_key(on);
        let Some(paid) = of.revenue.first().filter(|_| !is_stated && !of.revenue.iter().any(is_allowed))
        else {
            continue;
        };
        // Content first, so that the order of rows decides only between rows that say the same.
        of.charges.sort_by_cached_key(|row| (row.content(), row.id()));
        for &row in &of.charges {
            let fee = debits::amount(row);
            if let Some(place) = of.given_back.iter().position(|back| *back == fee) {
                of.given_back.remove(place);
                continue;
            }
            findings.push(charge(day, (account, *on), row, *paid, fee));
        }
    }
    findings
}

/// The accounts' days that have a charge. What goes to the treasury is no charge of the bank, whatever it is called.
fn charged<'d>(day: &'d Day<'_>) -> BTreeMap<(&'d str, NaiveDate), AccountDay<'d>> {
    let name = |row: Entry<'d>| (row.text(Field::Account), debits::date(row));
    let rows = || day.statements.iter().map(|&id| day.book.entry(id));
    let words = &day.facts.settings.fee_words;
    let is_charge =
        |row: Entry<'_>| words.iter().any(|word| row.text(Field::Summary).contains(word.as_str()));
    let mut charged: BTreeMap<(&str, NaiveDate), AccountDay<'_>> = BTreeMap::new();
    for row in rows().filter(|row| is_charge(*row) && debits::is_out(*row) && !debits::is_onward(day, *row)) {
        // What leaves a mandated account is told by `revenue-diversion`.
        if !is_of_revenue(day, row.text(Field::Account)) {
            charged.entry(name(row)).or_default().charges.push(row);
        }
    }
    if charged.is_empty() {
        return charged;
    }
    for row in rows() {
        let Some(of) = charged.get_mut(&name(row)) else { continue };
        if !debits::is_out(row) {
            if is_charge(row) {
                of.given_back.push(debits::amount(row));
            }
        } else if debits::is_onward(day, row) {
            of.revenue.push(row);
        }
    }
    charged
}

/// Whether the register knows an account as one of the treasury's or as a mandated one.
fn is_of_revenue(day: &Day<'_>, account: &str) -> bool {
    let known = day.facts.accounts.as_ref().and_then(|accounts| accounts.get(account));
    known.is_some_and(Account::is_of_revenue)
}

/// Takes in the receipts of the day that name the account: they stand before rows of its statement.
fn add_receipts<'d>(day: &'d Day<'_>, charged: &mut BTreeMap<(&'d str, NaiveDate), AccountDay<'d>>) {
    for id in day.book.ids_of(|ledger| ledger == Ledger::BankReceipts) {
        let receipt = day.book.entry(id);
        let (account, on) = (receipt.text(Field::PayerAccount), receipt.date(Field::ReceivedAt));
        let Some(of) = on.and_then(|on| charged.get_mut(&(account, on))) else { continue };
        if day.case_of[id.0 as usize].is_some() {
            of.revenue.push(receipt);
        }
    }
    for of in charged.values_mut() {
        let is_receipt = |row: &Entry<'_>| row.ledger() == Ledger::BankReceipts;
        of.revenue.sort_by_cached_key(|row| (!is_receipt(row), row.content(), row.id()));
        // A payment of revenue that its receipt and the statement call a charge is none.
        let paid: Vec<Money> =
            of.revenue.iter().filter(|row| is_receipt(row)).map(|row| debits::amount(*row)).collect();
        of.charges.retain(|row| !paid.contains(&debits::amount(*row)));
    }
}

fn charge(
    day: &Day<'_>,
    (account, on): (&str, NaiveDate),
    row: Entry<'_>,
    paid: Entry<'_>,
    fee: Money,
) -> Finding {
    let (serial, summary, amount) = (row.text(Field::Serial), row.text(Field::Summary), debits::amount(paid));
    let because = Sentence {
        zh: format!(
            "缴款账户 {account} 于 {on} 缴纳 {amount} 元，当日被收取费用 {fee} 元（摘要“{summary}”）"
        ),
        en: format!(
            "account {account} paid {amount} yuan of revenue on {on} and was charged {fee} yuan that day (summary {summary:?})"
        ),
    };
    let key = if serial.is_empty() { format!("{account}/{on}") } else { format!("{account}/{on}#{serial}") };
    let mut finding = Finding::of(&RULE, Party::Bank, key, because);
    let bank = day.facts.bank_of(account);
    let of_receipt = if paid.ledger() == Ledger::BankReceipts { paid.text(Field::Bank) } else { "" };
    if bank.is_empty() { of_receipt } else { bank }.clone_into(&mut finding.institution);
    finding.flow = Flow::Account;
    account.clone_into(&mut finding.account);
    finding.amount = Some(fee);
    finding.event_on = Some(on);
    finding.evidence = vec![row.id(), paid.id()];
    finding.evidence.sort_unstable();
    finding
}
