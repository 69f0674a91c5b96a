//! Accounts: which the register knows, and what they may be used for (`rules.md` 5.B).

pub mod transit_account;
pub mod unlicensed_account;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::domain::table::Code;

use super::finding::{Finding, Sentence};
use super::{Day, Rule};

/// The receipts credited to each account that the rule objects to.
fn credited<'d>(day: &Day<'d>, wanted: impl Fn(&Entry<'d>) -> bool) -> BTreeMap<&'d str, Vec<Entry<'d>>> {
    let mut accounts: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
    if day.facts.accounts.is_none() {
        return accounts;
    }
    // A day has few accounts and many receipts: each account is looked at once.
    let mut known: FxHashMap<(Code, &str), bool> = FxHashMap::default();
    for id in day.book.ids_of(|ledger| ledger == Ledger::BankReceipts) {
        if day.case_of[id.0 as usize].is_none() {
            continue;
        }
        let entry = day.book.entry(id);
        // An account that a spreadsheet destroyed is none that could be accused.
        if entry.is_blank(Field::PayeeAccount) {
            continue;
        }
        let names = (entry.code(Field::PayeeAccount), entry.text(Field::PayeeName));
        if *known.entry(names).or_insert_with(|| wanted(&entry)) {
            accounts.entry(entry.text(Field::PayeeAccount)).or_default().push(entry);
        }
    }
    accounts
}

/// One finding about an account, over all that went through it in the run.
fn finding(rule: &'static Rule, account: &str, receipts: &[Entry<'_>], because: Sentence) -> Finding {
    let mut finding = Finding::of(rule, Party::Bank, account.to_owned(), because);
    let of = |field: Field| receipts.iter().map(|entry| entry.text(field)).find(|text| !text.is_empty());
    of(Field::Bank).unwrap_or("").clone_into(&mut finding.institution);
    of(Field::Treasury).unwrap_or("").clone_into(&mut finding.treasury);
    account.clone_into(&mut finding.account);
    finding.amount = Some(total(receipts));
    finding.event_on = receipts.iter().filter_map(|entry| entry.date(Field::ReceivedAt)).min();
    finding.evidence = receipts.iter().map(|entry| entry.id()).collect();
    finding
}

fn total(receipts: &[Entry<'_>]) -> Money {
    receipts.iter().filter_map(|entry| entry.money(Field::Amount)).sum()
}
