//! 无证账户: public money went to, through or from an account that nothing shows a permit for.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::register::Account;
use crate::rules::collection::wrong_collection_subject::is_unknown;
use crate::rules::finding::{self, Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

use super::{Side, Use, account_expired};

pub static RULE: Rule = Rule {
    id: "unlicensed-account",
    title: Title { zh: "未经许可的账户", en: "Account without permit" },
    basis: &[
        law::article(&law::FISCAL_PENALTIES, 11),
        law::item(&law::BUDGET_RULES, 94, 3),
        law::named(&law::ACCOUNT_ORDER),
        law::named(&law::PERMIT_NOTICE),
        law::PLAN,
    ],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("unlicensed_account.md"),
    stays: Stays::Account(holds),
    needs: &[
        Need::Reads(Ledger::BankReceipts),
        Need::Reads(Ledger::FinanceDisbursements),
        Need::Reads(Ledger::TreasuryDisbursements),
        Need::Reads(Ledger::BankDisbursements),
    ],
    tables: &["accounts"],
    judge: Judge::Day(&[], judge),
};

/// Why an account may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// The register does not know it.
    Unknown,
    /// Not opened yet, closed, or dormant.
    Inactive,
    Lacks(Lack),
}

/// What an account that needs approval does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lack {
    /// 核准号
    Permit,
    /// 财政批准文号
    Approval,
    Both,
}

/// What the account lacks by the class of its holder, its nature and the day it was opened. What only needs filing is
/// asked by `unfiled-account`.
pub(super) fn lack(account: &Account, cutover: NaiveDate) -> Option<Lack> {
    let nature = account.nature.as_str();
    let of_public = super::is_public(account) && matches!(nature, "basic" | "temporary" | "special");
    // An enterprise whose day of opening nobody stated may have opened it after permits ended.
    let by_permit = match account.holder_class.as_str() {
        "enterprise" => account.opened_on.is_some_and(|opened| opened < cutover),
        "other" => true,
        _ => false,
    };
    let is_capital_check = account.holder_name.contains("验资");
    let needs_permit = by_permit && (nature == "basic" || (nature == "temporary" && !is_capital_check));
    let needs_both = of_public || matches!(nature, "zero_balance" | "fiscal_special");
    let no_permit = (needs_both || needs_permit) && account.permit_no.is_empty();
    let no_approval = needs_both && account.finance_approval.is_empty();
    match (no_permit, no_approval) {
        (true, true) => Some(Lack::Both),
        (true, false) => Some(Lack::Permit),
        (false, true) => Some(Lack::Approval),
        (false, false) => None,
    }
}

/// Whether a use of an account is objected to, `names` being those of public bodies.
pub(super) fn is_objected(of: &Use<'_>, facts: &Facts, names: &BTreeSet<&str>) -> bool {
    fault(of, facts, names).is_some()
}

fn fault(of: &Use<'_>, facts: &Facts, names: &BTreeSet<&str>) -> Option<Fault> {
    let Some(account) = of.account else {
        let is_named = || names.contains(of.name);
        return (of.side == Side::Payer || of.mode() == "91" || is_named()).then_some(Fault::Unknown);
    };
    // The account of who supplies goods needs no permit, but must be in use for money to be paid out to it.
    if of.side == Side::Payee && !super::is_public(account) {
        return (of.mode() == "91" && !account.is_active_on(of.on)).then_some(Fault::Inactive);
    }
    if account_expired::expired_on(account).is_some_and(|last| last < of.on) {
        return None;
    }
    if !account.is_active_on(of.on) {
        return Some(Fault::Inactive);
    }
    lack(account, facts.settings.permit_cutover).map(Fault::Lacks)
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = of_payouts(day);
    findings.extend(of_receipts(day));
    findings
}

fn of_payouts(day: &Day<'_>) -> Vec<Finding> {
    let names = super::public_names(day.facts);
    super::named(day, |of| is_objected(of, day.facts, &names))
        .into_iter()
        .map(|(number, uses)| {
            let first = uses.iter().min_by_key(|of| (of.on, of.row.ledger(), of.row.id())).expect("some use");
            let fault = fault(first, day.facts, &names).expect("that is how it was found");
            let sum = super::payouts(day, &uses);
            let (zh, en) = reason(fault, first);
            let called = super::called(number, super::name_of(&uses));
            let because = Sentence {
                zh: format!("账户 {}{zh}，涉及拨付 {} 笔共 {} 元", called.zh, sum.count, sum.amount),
                en: format!(
                    "account {} {en}; named in {} of {} yuan",
                    called.en,
                    super::payouts_en(sum.count),
                    sum.amount
                ),
            };
            let mut finding = super::payout_finding(&RULE, &uses, &sum, because);
            if sum.is_made {
                finding.severity = Severity::Critical;
            }
            if fault != Fault::Inactive {
                finding.settled_on = super::closed_since(first.account, finding.event_on, day.facts);
            }
            finding
        })
        .collect()
}

fn reason(fault: Fault, of: &Use<'_>) -> (String, String) {
    let on = of.on;
    let said = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    match (fault, of.account) {
        (Fault::Inactive, Some(account)) => match (account.opened_on, account.closed_on) {
            (Some(opened), _) if opened > on => (
                format!("于 {opened} 方开立，{on} 尚不可用"),
                format!("was opened on {opened} and could not be used on {on}"),
            ),
            (_, Some(closed)) if closed < on => (
                format!("已于 {closed} 销户，{on} 不可用"),
                format!("was closed on {closed} and could not be used on {on}"),
            ),
            _ if account.status == "dormant" => said("登记为久悬", "is registered as dormant"),
            _ => said("登记为已销户", "is registered as closed"),
        },
        (Fault::Lacks(Lack::Permit), _) => said("无核准号", "has no permit number"),
        (Fault::Lacks(Lack::Approval), _) => said("无财政批准文号", "has no approval number of finance"),
        (Fault::Lacks(Lack::Both), _) => said(
            "既无核准号也无财政批准文号",
            "has neither a permit number nor an approval number of finance",
        ),
        (Fault::Unknown | Fault::Inactive, _) => said("不在账户登记簿上", "is not in the register"),
    }
}

/// Accounts that receipts were credited to and the register does not know.
fn of_receipts(day: &Day<'_>) -> Vec<Finding> {
    super::credited(day, |receipt| is_unknown(day.facts, receipt))
        .into_iter()
        .map(|(number, receipts)| {
            let (count, amount) = (receipts.len(), super::total(&receipts));
            let called = super::called(number, receipts[0].text(Field::PayeeName));
            let because = Sentence {
                zh: format!("账户 {}不在账户登记簿上，收纳预算收入 {count} 笔共 {amount} 元", called.zh),
                en: format!(
                    "account {} is not in the register; {} of {amount} yuan went into it",
                    called.en,
                    finding::receipts(count)
                ),
            };
            super::finding(&RULE, number, &receipts, because)
        })
        .collect()
}

/// It ends when the register shows that the account may be used: of a payout, that it could be used on that day and lacks
/// nothing, or that it was closed since.
fn holds(told: &Told, facts: &Facts) -> bool {
    let Some(accounts) = &facts.accounts else { return true };
    let Some(account) = accounts.get(&told.key) else { return true };
    if told.flow != Flow::Disbursement {
        return false;
    }
    match told.event_on {
        Some(on) if !account.is_active_on(on) => true,
        _ if matches!(account.holder_class.as_str(), "individual" | "bank") => false,
        _ => {
            super::closed_since(Some(account), told.event_on, facts).is_none()
                && lack(account, facts.settings.permit_cutover).is_some()
        }
    }
}
