//! 越权审批退库: a refund was approved by someone who is neither finance nor its delegate.

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Party;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, ORDERS, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "refund-no-authority",
    title: Title { zh: "退库审批机关无权", en: "Refund approved without authority" },
    basis: super::APPROVED_AND_DIRECT,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("refund_no_authority.md"),
    stays: Stays::Case,
    needs: ORDERS,
    tables: &["institutions"],
    judge: Judge::Payment(crate::rules::REFUNDS, judge),
};

/// Approves refunds of central and shared revenue, itself or by its offices.
const MINISTRY: &str = "财政部";

/// Whether the table names any finance bureau; otherwise nothing can be said of who approves.
fn knows_finance(facts: &Facts) -> bool {
    facts.institutions.iter().flatten().any(|(_, known)| known.party == Party::Finance && !known.collects)
}

/// Whether a name or code is that of a finance bureau of the table, of the ministry or its offices, or of a delegate.
fn has_authority(facts: &Facts, authority: &str) -> bool {
    let is_finance = facts.institutions.iter().flatten().any(|(code, known)| {
        known.party == Party::Finance && !known.collects && (code == authority || known.name == authority)
    });
    is_finance
        || authority.starts_with(MINISTRY)
        || facts.settings.refund_delegates.iter().any(|delegate| delegate == authority)
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    if !knows_finance(day.facts) {
        return None;
    }
    let is_foreign = |order: &&Entry<'_>| {
        let authority = order.text(Field::ApprovedBy);
        !authority.is_empty() && !has_authority(day.facts, authority)
    };
    let order = *payment.documents.iter().find(is_foreign)?;
    let (authority, number) = (order.text(Field::ApprovedBy), order.text(Field::ApprovalNo));
    let amount = order.money(Field::Amount).unwrap_or_default();
    let number = if number.is_empty() { "-" } else { number };
    let because = Sentence {
        zh: format!(
            "退库 {amount} 元由“{authority}”（批准文号 {number}）审批，机构表及授权名单均未列其为财政部门或其授权机构"
        ),
        en: format!(
            "{amount} yuan were approved by {authority} (number {number}), which neither the table of institutions nor the \
             list of delegates has as finance"
        ),
    };
    Some(super::finding(&RULE, payment, order, day, because))
}
