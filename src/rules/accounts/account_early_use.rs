//! 提前使用: an account that needs approval paid before three working days were over.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::entry::EntryId;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title};

use super::Side;

pub static RULE: Rule = Rule {
    id: "account-early-use",
    title: Title { zh: "账户未满三个工作日付款", en: "Account paid too early" },
    basis: super::SETTLEMENT_ACCOUNTS,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("account_early_use.md"),
    stays: Stays::Register(holds),
    needs: &[Need::Reads(Ledger::BankDisbursements), Need::Reads(Ledger::BankStatements)],
    tables: &["accounts", "calendar"],
    judge: Judge::Day(&[], judge),
};

/// Working days after the opening from which an account may pay.
const WAIT: u32 = 3;

/// The first day on which the account may pay; `None` if it need not wait, or nothing is known of its opening.
fn first_day(account: &Account, facts: &Facts) -> Option<NaiveDate> {
    // Enterprises need not wait since their permits ended, and whether one is older is not asked.
    let must_wait = super::is_public(account) || account.holder_class == "other";
    let by_approval = matches!(
        account.nature.as_str(),
        "basic" | "temporary" | "special" | "zero_balance" | "fiscal_special"
    );
    let is_capital_check = account.nature == "temporary" && account.holder_name.contains("验资");
    if !must_wait || !by_approval || is_capital_check {
        return None;
    }
    facts.calendar.add_working(account.opened_on?, WAIT)
}

/// Whether money that left on the day left too early. Before the opening is a mistyped day, or no account at all.
fn is_early(account: &Account, on: NaiveDate, facts: &Facts) -> bool {
    account.opened_on.is_some_and(|opened| opened <= on)
        && first_day(account, facts).is_some_and(|first| on < first)
}

/// What left an account too early.
#[derive(Default)]
struct Early {
    rows: Vec<EntryId>,
    /// By its statement, and by payouts of the bank: two views of one thing.
    stated: Money,
    paid: Money,
    first: Option<NaiveDate>,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(accounts) = &day.facts.accounts else { return Vec::new() };
    let mut early: BTreeMap<&str, Early> = BTreeMap::new();
    let mut add = |number, id, on: NaiveDate, amount: Money, is_stated: bool| {
        let of: &mut Early = early.entry(number).or_default();
        of.rows.push(id);
        *(if is_stated { &mut of.stated } else { &mut of.paid }) += amount;
        of.first = Some(of.first.map_or(on, |first| first.min(on)));
    };
    let objects = |of: &super::Use<'_>| {
        of.side == Side::Payer
            && of.row.ledger() == Ledger::BankDisbursements
            && of.account.is_some_and(|account| is_early(account, of.on, day.facts))
    };
    for of in super::used(day, objects).into_values().flatten() {
        add(of.number, of.row.id(), of.on, of.row.money(Field::Amount).unwrap_or_default(), false);
    }
    for &id in day.statements {
        let row = day.book.entry(id);
        let amount = row.money(Field::Amount).unwrap_or_default();
        if row.text(Field::Direction) != "debit" || amount <= Money::ZERO {
            continue;
        }
        let number = row.text(Field::Account);
        let on = row.date(Field::Date).expect("a required column");
        if accounts.get(number).is_some_and(|account| is_early(account, on, day.facts)) {
            add(number, id, on, amount, true);
        }
    }
    early.into_iter().map(|(number, of)| finding(number, &accounts[number], of, day.facts)).collect()
}

fn finding(number: &str, account: &Account, mut early: Early, facts: &Facts) -> Finding {
    let name = &account.holder_name;
    let opened = account.opened_on.expect("that is how it was found");
    let first = early.first.expect("something left");
    let may = first_day(account, facts).expect("that is how it was found");
    let amount = early.stated.max(early.paid);
    let because = Sentence {
        zh: format!(
            "账户 {number}“{name}”于 {opened} 开立，满 {WAIT} 个工作日即 {may} 起方可付款，{first} 已付出，共 {amount} 元"
        ),
        en: format!(
            "account {number} {name:?} was opened on {opened} and may pay from {may} on, {WAIT} working days later; it \
             paid on {first}, {amount} yuan in all"
        ),
    };
    let mut finding = Finding::of(&RULE, Party::Unit, number.to_owned(), because);
    finding.institution.clone_from(&account.holder_id);
    finding.flow = Flow::Account;
    number.clone_into(&mut finding.account);
    finding.amount = Some(amount);
    finding.event_on = Some(first);
    finding.due_on = Some(may);
    finding.settled_on = super::closed_since(Some(account), finding.event_on, facts);
    early.rows.sort_unstable();
    finding.evidence = early.rows;
    finding
}

/// It ends when the register no longer says that the account was so young, or it is closed.
fn holds(told: &Told, facts: &Facts) -> bool {
    let Some(account) = facts.accounts.as_ref().and_then(|accounts| accounts.get(&told.key)) else {
        return facts.accounts.is_none();
    };
    told.event_on.is_some_and(|on| is_early(account, on, facts))
        && super::closed_since(Some(account), told.event_on, facts).is_none()
}
