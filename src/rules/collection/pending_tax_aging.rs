//! 待缴库税款: what stands in a tax office's account for tax on its way must be explained, and be gone at the year's end.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::entry::{Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::{Counter, Totals};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "pending-tax-aging",
    title: Title { zh: "待缴库税款未结清", en: "Pending tax not cleared" },
    basis: &[law::named(&law::PENDING_TAX_NOTICE), law::PLAN],
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("pending_tax_aging.md"),
    stays: Stays::Sum,
    needs: &[Need::Reads(Ledger::BankStatements), Need::Reads(Ledger::TreasuryBalances)],
    tables: &["accounts", "calendar"],
    judge: Judge::Day(&[], judge),
};

/// What accounts at the treasury close a day with.
pub static CLOSINGS: Counter =
    Counter { id: "treasury-closings", ledgers: &[Ledger::TreasuryBalances], of: closing, keep_days: 60 };

fn closing(row: Entry<'_>, key: &mut String) -> Option<(NaiveDate, Money)> {
    key.push_str(row.text(Field::Account));
    (!key.is_empty()).then_some(())?;
    Some((row.date(Field::Date)?, row.money(Field::Closing)?))
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let accounts: BTreeMap<&str, &Account> = day
        .facts
        .accounts
        .iter()
        .flatten()
        .filter(|(_, account)| account.nature == "pending_tax")
        .map(|(number, account)| (number.as_str(), account))
        .collect();
    let mut findings = several(&accounts, day.facts);
    for (number, account) in accounts {
        for end in month_ends(day.facts) {
            findings.extend(of_month(day, number, account, end));
        }
    }
    findings
}

/// The last working days of the months that are over and whose sums are still kept.
fn month_ends(facts: &Facts) -> Vec<NaiveDate> {
    let days = facts.horizon().iter_days().take_while(|date| *date <= facts.as_of);
    let is_end = |date: &NaiveDate| {
        facts.calendar.is_working(*date) == Some(true)
            // A year that the calendar does not know yet begins another month all the same.
            && match facts.calendar.next_working(*date) {
                Some(next) => next.month() != date.month(),
                None => !(date.iter_days().skip(1).take_while(|later| later.year() == date.year()))
                    .any(|later| facts.calendar.is_working(later) == Some(true)),
            }
    };
    days.filter(is_end).collect()
}

/// The balance at the end of a day: by the treasury's own report, else by a statement with entries by then.
fn balance(day: &Day<'_>, number: &str, end: NaiveDate) -> Option<(Money, Vec<EntryId>)> {
    let of = |totals: &Totals| totals.get(&CLOSINGS, number, end);
    let reported = [&day.running.settled, &day.running.at_hand].into_iter().filter_map(of);
    let (rows, sum) =
        reported.fold((0, Money::ZERO), |(rows, sum), share| (rows + share.rows, sum + share.amount));
    if rows == 1 {
        let reports = day.book.ids_of(|ledger| ledger == Ledger::TreasuryBalances);
        let is_its = |id: &EntryId| {
            let row = day.book.entry(*id);
            row.text(Field::Account) == number && row.date(Field::Date) == Some(end)
        };
        return Some((sum, reports.into_iter().filter(is_its).collect()));
    }
    let balance = day.balances.end_of_day(number, end)?;
    let stated = day.balances.days_of(number).take_while(|date| *date <= end).last()?;
    Some((balance, day.balances.closing_rows(day.book, number, stated, balance)))
}

fn of_month(day: &Day<'_>, number: &str, account: &Account, end: NaiveDate) -> Option<Finding> {
    let (balance, rows) = balance(day, number, end)?;
    if balance.is_zero() {
        return None;
    }
    let is_year = end.month() == 12;
    let name = &account.holder_name;
    let (zh, en) = if is_year {
        ("年末应结清为零", "and must be empty at the end of the year")
    } else {
        ("月末余额须说明原因", "which must be explained")
    };
    let because = Sentence {
        zh: format!("待缴库税款账户 {number}“{name}”{end} 日终余额 {balance} 元，{zh}"),
        en: format!("pending-tax account {number} {name:?} had {balance} yuan at the end of {end}, {en}"),
    };
    let mut finding = Finding::of(&RULE, holder(account, day.facts), format!("{number}/{end}"), because);
    finding.institution.clone_from(&account.holder_id);
    finding.flow = Flow::Account;
    number.clone_into(&mut finding.account);
    if is_year {
        finding.severity = Severity::High;
    }
    finding.amount = Some(balance);
    finding.event_on = Some(end);
    finding.evidence = rows;
    Some(finding)
}

/// The party of who holds the account.
fn holder(account: &Account, facts: &Facts) -> Party {
    match facts.issuer_of(&account.holder_id) {
        Party::Undetermined => Party::Tax,
        party => party,
    }
}

/// Offices that have more than the one account.
fn several(accounts: &BTreeMap<&str, &Account>, facts: &Facts) -> Vec<Finding> {
    let mut offices: BTreeMap<&str, Vec<(&str, &Account)>> = BTreeMap::new();
    for (number, account) in accounts {
        if !account.holder_id.is_empty() && account.is_active_on(facts.as_of) {
            offices.entry(&account.holder_id).or_default().push((number, account));
        }
    }
    offices
        .into_iter()
        .filter(|(_, accounts)| accounts.len() > 1)
        .map(|(office, accounts)| {
            let numbers: Vec<&str> = accounts.iter().map(|(number, _)| *number).collect();
            let because = Sentence {
                zh: format!(
                    "机构 {office} 有在用的待缴库税款账户 {} 个（{}），只能有一个",
                    numbers.len(),
                    numbers.join("、")
                ),
                en: format!(
                    "office {office} has {} pending-tax accounts in use ({}) and may have one",
                    numbers.len(),
                    numbers.join(", ")
                ),
            };
            let party = holder(accounts[0].1, facts);
            let mut finding = Finding::of(&RULE, party, office.to_owned(), because);
            office.clone_into(&mut finding.institution);
            finding.flow = Flow::Account;
            finding.table_rows = accounts.iter().map(|(_, account)| account.place.clone()).collect();
            finding
        })
        .collect()
}
