//! 未备案账户: a public body's account is used that finance or the treasury has no file of.

use std::collections::BTreeMap;

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

use super::{Use, is_public, unlicensed_account};

pub static RULE: Rule = Rule {
    id: "unfiled-account",
    title: Title { zh: "未备案的账户", en: "Account not filed" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("unfiled_account.md"),
    stays: Stays::Register(holds),
    needs: &[
        Need::Reads(Ledger::FinanceDisbursements),
        Need::Reads(Ledger::TreasuryDisbursements),
        Need::Reads(Ledger::BankDisbursements),
        Need::Reads(Ledger::BankStatements),
    ],
    tables: &["accounts"],
    judge: Judge::Day(&[], judge),
};

/// What the book knows of files at all: a register that never states a day of filing says nothing of filing.
#[derive(Clone, Copy, Debug)]
struct Files<'f> {
    facts: &'f Facts,
    states_finance: bool,
    states_treasury: bool,
}

/// Which file an account is missing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Missing {
    finance: bool,
    treasury: bool,
}

impl<'f> Files<'f> {
    fn of(facts: &'f Facts) -> Self {
        let any = |states: fn(&Account) -> bool| facts.accounts.iter().flat_map(BTreeMap::values).any(states);
        Self {
            facts,
            states_finance: any(|account| account.filed_finance_on.is_some()),
            states_treasury: any(|account| account.filed_treasury_on.is_some()),
        }
    }

    /// What a public body's account is missing in.
    fn missing(&self, number: &str) -> Option<Missing> {
        let own = self.facts.accounts.as_ref()?.get(number);
        let filed = self.facts.filed_accounts.as_ref();
        let copy = filed.and_then(|copies| copies.get(number));
        if !own.or(copy).is_some_and(is_public) {
            return None;
        }
        let missing = Missing {
            finance: own.is_none_or(|own| self.states_finance && own.filed_finance_on.is_none()),
            treasury: match (filed, own) {
                (Some(_), _) => copy.is_none(),
                (None, Some(own)) => self.states_treasury && own.filed_treasury_on.is_none(),
                (None, None) => false,
            },
        };
        (missing.finance || missing.treasury).then_some(missing)
    }
}

/// How often an account is used, and by what.
#[derive(Default)]
struct Used<'d> {
    payouts: Vec<Use<'d>>,
    entries: Vec<Entry<'d>>,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let files = Files::of(day.facts);
    let names = super::public_names(day.facts);
    let mut accounts: BTreeMap<&str, Used<'_>> = BTreeMap::new();
    for (number, uses) in super::named(day, |of| files.missing(of.number).is_some()) {
        // That it needs a permit and has none is said first.
        if !uses.iter().any(|of| unlicensed_account::is_objected(of, day.facts, &names)) {
            accounts.entry(number).or_default().payouts = uses;
        }
    }
    let mut known: BTreeMap<&str, bool> = BTreeMap::new();
    for &id in day.statements {
        let row = day.book.entry(id);
        let number = row.text(Field::Account);
        if *known.entry(number).or_insert_with(|| files.missing(number).is_some()) {
            accounts.entry(number).or_default().entries.push(row);
        }
    }
    accounts.into_iter().filter_map(|(number, used)| finding(day, files, number, &used)).collect()
}

fn finding(day: &Day<'_>, files: Files<'_>, number: &str, used: &Used<'_>) -> Option<Finding> {
    let missing = files.missing(number)?;
    let own = day.facts.accounts.as_ref().and_then(|accounts| accounts.get(number));
    let copy = day.facts.filed_accounts.as_ref().and_then(|copies| copies.get(number));
    let name = own.or(copy).map_or("", |account| account.holder_name.as_str());
    let (zh, en) = match missing {
        Missing { finance: true, treasury: true } => {
            ("财政未建档、国库未备案", "stands neither in the files of finance nor in those of the treasury")
        }
        Missing { finance: true, .. } => ("财政未建档", "does not stand in the files of finance"),
        Missing { .. } => ("国库未备案", "does not stand in the files of the treasury"),
    };
    let sum = super::payouts(day, &used.payouts);
    let because = if used.payouts.is_empty() {
        Sentence {
            zh: format!("账户 {number}“{name}”{zh}，账户明细显示其仍在使用"),
            en: format!("account {number} {name:?} {en}, and its statement shows that it is used"),
        }
    } else {
        Sentence {
            zh: format!("账户 {number}“{name}”{zh}，涉及拨付 {} 笔共 {} 元", sum.count, sum.amount),
            en: format!(
                "account {number} {name:?} {en}; named in {} of {} yuan",
                super::payouts_en(sum.count),
                sum.amount
            ),
        }
    };
    let mut finding = Finding::of(&RULE, Party::Finance, number.to_owned(), because);
    day.facts.finance_bureau(&sum.treasury).clone_into(&mut finding.institution);
    finding.flow = Flow::Account;
    finding.treasury.clone_from(&sum.treasury);
    number.clone_into(&mut finding.account);
    finding.amount = (!used.payouts.is_empty()).then_some(sum.amount);
    finding.settled_on = super::closed_since(own.or(copy), finding.event_on, day.facts);
    let days = used.entries.iter().filter_map(|row| row.date(Field::Date));
    finding.event_on = days.chain(used.payouts.iter().map(|of| of.on)).min();
    let rows = used.payouts.iter().map(|of| of.row.id());
    finding.evidence = rows.chain(used.entries.iter().map(|row| row.id())).collect();
    finding.evidence.sort_unstable();
    finding.evidence.dedup();
    Some(finding)
}

/// It ends when the account is filed, or closed.
fn holds(told: &Told, facts: &Facts) -> bool {
    let accounts = [&facts.accounts, &facts.filed_accounts];
    let mut known = accounts.into_iter().flatten().filter_map(|accounts| accounts.get(&told.key));
    let is_open = super::closed_since(known.next(), told.event_on, facts).is_none();
    facts.accounts.is_none() || (is_open && Files::of(facts).missing(&told.key).is_some())
}
