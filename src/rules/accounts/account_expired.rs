//! 超期账户: a temporary account was used after it had expired.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};

use crate::domain::entry::EntryId;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title};

use super::SETTLEMENT_ACCOUNTS;

pub static RULE: Rule = Rule {
    id: "account-expired",
    title: Title { zh: "临时账户超期使用", en: "Temporary account used after it expired" },
    basis: SETTLEMENT_ACCOUNTS,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("account_expired.md"),
    stays: Stays::Account(holds),
    needs: &[
        Need::Reads(Ledger::FinanceDisbursements),
        Need::Reads(Ledger::TreasuryDisbursements),
        Need::Reads(Ledger::BankDisbursements),
        Need::Reads(Ledger::BankStatements),
    ],
    tables: &["accounts"],
    judge: Judge::Day(&[], judge),
};

/// A temporary account is valid for two years at most.
const VALID: Months = Months::new(24);

/// The last day on which a temporary account may be used: two years after it was opened, or the day it states, whichever
/// is earlier; `None` for other accounts, and where the register says neither.
pub(super) fn expired_on(account: &Account) -> Option<NaiveDate> {
    if account.nature != "temporary" {
        return None;
    }
    let longest = account.opened_on.and_then(|opened| opened.checked_add_months(VALID));
    [longest, account.expires_on].into_iter().flatten().min()
}

/// What went through an account after its last day.
#[derive(Default)]
struct After {
    rows: Vec<EntryId>,
    payments: u32,
    amount: Money,
    first: Option<NaiveDate>,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(accounts) = &day.facts.accounts else { return Vec::new() };
    let is_late = |account: &Account, on: NaiveDate| expired_on(account).is_some_and(|last| last < on);
    let mut late: BTreeMap<&str, After> = BTreeMap::new();
    for (number, uses) in super::named(day, |of| of.account.is_some_and(|account| is_late(account, of.on))) {
        let sum = super::payouts(day, &uses);
        let after = late.entry(number).or_default();
        after.payments += u32::try_from(sum.count).unwrap_or(u32::MAX);
        after.amount += sum.amount;
        after.first = uses.iter().map(|of| of.on).min();
        after.rows.extend(uses.iter().map(|of| of.row.id()));
    }
    for &id in day.statements {
        let row = day.book.entry(id);
        let (number, on) = (row.text(Field::Account), row.date(Field::Date));
        // What is credited, interest above all, is not the holder's doing.
        let is_spent = row.text(Field::Direction) == "debit";
        let Some(on) =
            on.filter(|on| is_spent && accounts.get(number).is_some_and(|account| is_late(account, *on)))
        else {
            continue;
        };
        let after = late.entry(number).or_default();
        after.rows.push(id);
        after.first = Some(after.first.map_or(on, |first| first.min(on)));
    }
    late.into_iter().map(|(number, after)| finding(number, &accounts[number], after, day.facts)).collect()
}

fn finding(number: &str, account: &Account, mut after: After, facts: &Facts) -> Finding {
    let last = expired_on(account).expect("that is how it was found");
    let first = after.first.expect("it was used");
    let name = &account.holder_name;
    let because = if after.payments > 0 {
        Sentence {
            zh: format!(
                "临时存款账户 {number}“{name}”有效至 {last}，{first} 仍在使用，涉及拨付 {} 笔共 {} 元",
                after.payments, after.amount
            ),
            en: format!(
                "temporary account {number} {name:?} was valid until {last} and was used on {first}; named in {} of {} yuan",
                super::payouts_en(after.payments as usize),
                after.amount
            ),
        }
    } else {
        Sentence {
            zh: format!("临时存款账户 {number}“{name}”有效至 {last}，账户明细显示 {first} 仍有支出"),
            en: format!(
                "temporary account {number} {name:?} was valid until {last}, and money left it on {first} by its statement"
            ),
        }
    };
    let mut finding = Finding::of(&RULE, Party::Unit, number.to_owned(), because);
    finding.institution.clone_from(&account.holder_id);
    finding.flow = Flow::Account;
    number.clone_into(&mut finding.account);
    finding.amount = (after.payments > 0).then_some(after.amount);
    finding.event_on = Some(first);
    finding.due_on = Some(last);
    finding.settled_on = super::closed_since(Some(account), finding.event_on, facts);
    after.rows.sort_unstable();
    after.rows.dedup();
    finding.evidence = after.rows;
    finding
}

/// It ends when the register no longer says that the account had expired by then, or it is closed.
fn holds(told: &Told, facts: &Facts) -> bool {
    let Some(account) = facts.accounts.as_ref().and_then(|accounts| accounts.get(&told.key)) else {
        return facts.accounts.is_none();
    };
    let still = expired_on(account).zip(told.event_on).is_some_and(|(last, on)| last < on);
    still && super::closed_since(Some(account), told.event_on, facts).is_none()
}
