//! 重复退库: two orders give the same amount of the same slip back to the same payee.

use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{Day, Judge, ORDERS, REFUNDS, Rule, Stays, Title, law};

use super::Order;

pub static RULE: Rule = Rule {
    id: "refund-duplicate",
    title: Title { zh: "重复退库", en: "Refunded twice" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("refund_duplicate.md"),
    stays: Stays::Case,
    needs: ORDERS,
    tables: &[],
    judge: Judge::Day(REFUNDS, judge),
};

/// The level of a slip whose revenue several levels share.
const SHARED: &str = "0";

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (slip, orders) in super::by_slip(day) {
        // Of a slip that is not known nobody knows that it is not.
        let is_shared = day.original(slip).is_none_or(|slip| {
            slip.is_split() || slip.documents.first().is_some_and(|slip| slip.text(Field::Level) == SHARED)
        });
        for (place, order) in orders.iter().enumerate() {
            let account = order.document.text(Field::PayeeAccount);
            // An account that a spreadsheet destroyed is like no other.
            if account.is_empty() {
                continue;
            }
            // A share of another level or treasury is other money.
            let is_same_share = |earlier: &Order<'_>| {
                let same = |field| earlier.document.text(field) == order.document.text(field);
                !is_shared || [Field::Level, Field::Treasury].into_iter().all(same)
            };
            let repeats = |earlier: &&Order<'_>| {
                earlier.document.text(Field::PayeeAccount) == account
                    && earlier.amount() == order.amount()
                    && is_same_share(earlier)
            };
            let earlier: Vec<&Order<'_>> = orders[..place].iter().filter(repeats).collect();
            let Some(first) = earlier.first() else { continue };
            let (amount, number) = (order.amount(), first.number());
            let on = first.issued().map(|day| day.to_string()).unwrap_or_default();
            let because = Sentence {
                zh: format!("与 {on} 的退库 {number} 相同：同为税票 {slip}、账户 {account}、{amount} 元"),
                en: format!(
                    "the same as {number} of {on}: {amount} yuan of slip {slip} to account {account}"
                ),
            };
            let mut finding = super::finding(&RULE, &order.payment, order.document, day, because);
            finding.evidence.extend(earlier.iter().flat_map(|earlier| earlier.payment.evidence()));
            finding.evidence.sort_unstable();
            findings.push(finding);
        }
    }
    findings
}
