//! 零余额账户违规划转: a zero-balance account pays the unit itself, its superior or its subordinate.

use std::collections::BTreeMap;

use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "zero-balance-self-transfer",
    title: Title { zh: "零余额账户违规划转", en: "Zero-balance account pays the unit itself" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("zero_balance_self_transfer.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::FinanceDisbursements), Need::Reads(Ledger::BankDisbursements)],
    tables: &["accounts"],
    judge: Judge::Payment(&[Flow::Disbursement], judge),
};

/// What the payee is to the unit that pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kinship {
    Itself,
    Superior,
    Subordinate,
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let accounts = day.facts.accounts.as_ref()?;
    let from = payment.stated(Field::PayerAccount);
    let own = accounts.get(from);
    let is_zero_balance = match own {
        // Finance pays the units under it from its own.
        Some(account) => account.nature == "zero_balance" && account.holder_class != "finance",
        // An authorised payment leaves the unit's zero-balance account, whatever its number.
        None => payment.stated(Field::PayMode) == "12",
    };
    let into = payment.stated(Field::PayeeAccount);
    let credited = accounts.get(into).filter(|_| into != from)?;
    if !is_zero_balance || is_excused(payment, day) {
        return None;
    }
    let unit = own.map(|account| account.holder_id.as_str()).filter(|holder| !holder.is_empty());
    let unit = unit.unwrap_or_else(|| payment.stated(Field::Unit));
    let name = own.map_or_else(|| payment.stated(Field::UnitName), |account| account.holder_name.as_str());
    let kinship = kinship(unit, name, credited, day)?;
    let (zh, en) = match kinship {
        Kinship::Itself => ("本单位", "the unit itself"),
        Kinship::Superior => ("上级单位", "its superior"),
        Kinship::Subordinate => ("下属单位", "its subordinate"),
    };
    let document = payment.documents.first()?;
    let amount = document.money(Field::Amount)?;
    let holder = &credited.holder_name;
    let because = Sentence {
        zh: format!("单位 {unit} 从零余额账户向{zh}账户 {into}“{holder}”划转 {amount} 元，凭证未列批准文件"),
        en: format!(
            "unit {unit} pays {amount} yuan from its zero-balance account to account {into} {holder:?} of {en}, \
             and the voucher names no approval"
        ),
    };
    let mut finding = payment.finding(&RULE, Deviant::Issuer, day.facts, because);
    finding.party = Party::Unit;
    unit.clone_into(&mut finding.institution);
    into.clone_into(&mut finding.account);
    Some(finding)
}

/// Whether the voucher names an approval, or a purpose for which the transfer is allowed.
fn is_excused(payment: &Payment<'_>, day: &Day<'_>) -> bool {
    let purpose = payment.stated(Field::Purpose);
    let is_allowed = |word: &String| purpose.contains(word.as_str());
    !payment.stated(Field::DocRef).is_empty()
        || day.facts.settings.zero_balance_purposes.iter().any(is_allowed)
}

/// By codes; where the register has another kind of code for the holder the name tells the unit itself.
fn kinship(unit: &str, name: &str, payee: &Account, day: &Day<'_>) -> Option<Kinship> {
    let holder = payee.holder_id.as_str();
    let is_same = |a: &str, b: &str| !a.is_empty() && a == b;
    if is_same(unit, holder) || is_same(name, &payee.holder_name) {
        return Some(Kinship::Itself);
    }
    if unit.is_empty() || holder.is_empty() {
        return None;
    }
    let parents: BTreeMap<&str, &str> = day
        .facts
        .table("institutions")?
        .entries()
        .map(|row| (row.text(Field::Code), row.text(Field::Parent)))
        .collect();
    let is_above = |superior: &str, of: &str| parents.get(of).is_some_and(|parent| *parent == superior);
    if is_above(holder, unit) {
        Some(Kinship::Superior)
    } else {
        is_above(unit, holder).then_some(Kinship::Subordinate)
    }
}
