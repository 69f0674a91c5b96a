//! 过渡户: revenue goes through an account of a collecting agency, or one that is named like it.

use std::collections::BTreeSet;

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::register::Account;
use crate::rules::finding::{self, Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

use super::transit_behaviour::{self, Behaviour};

pub static RULE: Rule = Rule {
    id: "transit-account",
    title: Title { zh: "预算收入过渡户", en: "Transit account" },
    basis: &[
        law::paragraph(&law::TAX_RULES, 39, 1),
        law::item(&law::BUDGET_RULES, 93, 2),
        law::named(&law::AGENCY_ORDER),
        law::PLAN,
    ],
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("transit_account.md"),
    stays: Stays::Account(holds),
    needs: &[Need::Reads(Ledger::BankReceipts), Need::Reads(Ledger::BankStatements)],
    tables: &["accounts", "calendar"],
    judge: Judge::Day(&[], judge),
};

/// How an account is known to be a transit account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The register: a collecting agency holds it.
    Register,
    /// Its name.
    Name,
}

/// Whether the account a receipt was credited to is a transit account.
pub fn mode(facts: &Facts, receipt: &Entry<'_>) -> Option<Mode> {
    of_account(facts, receipt.text(Field::PayeeAccount), receipt.text(Field::PayeeName))
}

fn of_account(facts: &Facts, number: &str, name: &str) -> Option<Mode> {
    let account = facts.accounts.as_ref()?.get(number);
    let holder = account.map_or("", |account| account.holder_name.as_str());
    if let Some(account) = account {
        if is_agency(facts, account) {
            return Some(Mode::Register);
        }
        if is_allowed(account) {
            return None;
        }
    }
    (is_suspicious(facts, holder) || is_suspicious(facts, name)).then_some(Mode::Name)
}

/// Whether a collecting agency holds it, and it is not 待缴库税款 at the treasury, the one account such may have.
fn is_agency(facts: &Facts, account: &Account) -> bool {
    let collects = facts
        .institutions
        .as_ref()
        .and_then(|table| table.get(&account.holder_id))
        .is_some_and(|holder| holder.party == Party::Tax || holder.collects);
    let agency = matches!(account.holder_class.as_str(), "tax_org" | "collector") || collects;
    agency && account.nature != "pending_tax"
}

/// Whether the register allows the account whatever its name.
fn is_allowed(account: &Account) -> bool {
    account.is_of_revenue() || !account.finance_approval.is_empty()
}

/// Whether a name is one of those transit accounts bear.
pub fn is_suspicious(facts: &Facts, name: &str) -> bool {
    facts.settings.transit_names.iter().any(|word| name.contains(word.as_str()))
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = of_receipts(day);
    let behaviour = transit_behaviour::found(day);
    // What a receipt shows already needs no suspicion.
    let known: BTreeSet<String> = findings.iter().map(|finding| finding.key.clone()).collect();
    findings.extend(behaviour.iter().filter(|of| !known.contains(of.account)).map(|of| behaving(day, of)));
    findings
}

/// An account that behaves like a transit account by its statement.
fn behaving(day: &Day<'_>, of: &Behaviour<'_>) -> Finding {
    let Behaviour { account: number, credits, payers, inflow, outflow, first, last, rows } = of;
    let register = day.facts.accounts.as_ref().and_then(|accounts| accounts.get(*number));
    let name = register.map_or("", |account| account.holder_name.as_str());
    let mode = of_account(day.facts, number, name);
    let (zh, en) = match mode {
        Some(Mode::Register) => ("，由征收机关或执收单位开立", ", which a collecting agency holds,"),
        Some(Mode::Name) => ("，户名具有过渡户特征", ", which has the name of a transit account,"),
        None => ("，疑似过渡户，须核实", ", perhaps a transit account and to be checked,"),
    };
    let dwell = day.facts.settings.transit_dwell_wd;
    let because = Sentence {
        zh: format!(
            "账户 {number}“{name}”{first} 至 {last} 由至少 {payers} 个付款人贷记 {credits} 笔共 {inflow} 元，其中 {outflow} \
             元在 {dwell} 个工作日内转往待报解专户或国库{zh}"
        ),
        en: format!(
            "account {number} {name:?}{en} took in {credits} credits of {inflow} yuan from at least {payers} payers \
             between {first} and {last}, of which {outflow} yuan went on to mandated or treasury accounts within {}",
            finding::working_days(dwell)
        ),
    };
    let mut finding = Finding::of(&RULE, Party::Bank, (*number).to_owned(), because);
    finding.institution = register.map(|account| account.bank.clone()).unwrap_or_default();
    finding.flow = Flow::Account;
    (*number).clone_into(&mut finding.account);
    finding.severity = match mode {
        Some(Mode::Register) => Severity::Critical,
        Some(Mode::Name) => Severity::High,
        None => Severity::Lead,
    };
    finding.amount = Some(*inflow);
    finding.event_on = Some(*last);
    finding.settled_on = super::closed_since(register, finding.event_on, day.facts);
    finding.evidence.clone_from(rows);
    finding
}

fn of_receipts(day: &Day<'_>) -> Vec<Finding> {
    super::credited(day, |receipt| mode(day.facts, receipt).is_some())
        .into_iter()
        .map(|(number, receipts)| {
            let mode = mode(day.facts, &receipts[0]).expect("that is how it was found");
            let register = day.facts.accounts.as_ref().and_then(|accounts| accounts.get(number));
            let holder = register.map_or("", |account| &account.holder_name);
            // The name that tells: the register's, or the one the bank credited.
            let credited = receipts.iter().map(|receipt| receipt.text(Field::PayeeName));
            let name = std::iter::once(holder)
                .chain(credited)
                .find(|name| mode == Mode::Register || is_suspicious(day.facts, name))
                .unwrap_or(holder);
            let (count, amount) = (receipts.len(), super::total(&receipts));
            let (zh, en) = match mode {
                Mode::Register => ("由征收机关或执收单位开立", "is held by a collecting agency"),
                Mode::Name => (
                    "户名具有过渡户特征且无财政批准",
                    "has the name of a transit account and no approval of finance",
                ),
            };
            let because = Sentence {
                zh: format!("账户 {number}“{name}”{zh}，收纳预算收入 {count} 笔共 {amount} 元"),
                en: format!(
                    "account {number} {name:?} {en}; {} of {amount} yuan went into it",
                    finding::receipts(count)
                ),
            };
            let mut finding = super::finding(&RULE, number, &receipts, because);
            if mode == Mode::Name {
                finding.severity = Severity::High;
            }
            // What went through it before it was closed is past.
            finding.settled_on = super::closed_since(register, finding.event_on, day.facts);
            finding
        })
        .collect()
}

/// Whether the register still bears out what was told: it ends when the account is closed, or allowed.
fn holds(told: &Told, facts: &Facts) -> bool {
    let Some(accounts) = &facts.accounts else { return true };
    accounts.get(&told.key).is_none_or(|account| {
        // A name is answered by an approval; how an account behaves is not.
        let is_cleared =
            if told.severity == Severity::Lead { account.may_take_revenue() } else { is_allowed(account) };
        super::closed_since(Some(account), told.event_on, facts).is_none()
            && (is_agency(facts, account) || !is_cleared)
    })
}
