//! 退库超过原缴: more is refunded of a slip than was paid, or of a slip nobody knows.

use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, ORDERS, REFUNDS, Rule, Stays, Title, law};

use super::Order;

pub static RULE: Rule = Rule {
    id: "refund-exceeds-payment",
    title: Title { zh: "退库超过原缴税款", en: "Refund exceeds what was paid" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("refund_exceeds_payment.md"),
    stays: Stays::Case,
    needs: ORDERS,
    tables: &[],
    judge: Judge::Day(REFUNDS, judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (slip, orders) in super::by_slip(day) {
        match day.original(slip) {
            Some(original) => findings.extend(beyond(slip, &original, &orders, day)),
            None => findings.extend(orders.iter().filter_map(|order| without_slip(slip, order, day))),
        }
    }
    findings
}

/// The orders that bring the refunds of a slip above its amount.
fn beyond(slip: &str, original: &Payment<'_>, orders: &[Order<'_>], day: &Day<'_>) -> Vec<Finding> {
    // What the slip says; while it is not there, what the treasury booked, else what the bank received.
    let [issued, received, booked] = original.totals();
    let Some(paid) = issued.or(booked).or(received) else { return Vec::new() };
    let mut findings = Vec::new();
    let mut total = Money::ZERO;
    for (place, order) in orders.iter().enumerate() {
        total += order.amount();
        if total <= paid {
            continue;
        }
        let over = total - paid;
        let because = Sentence {
            zh: format!(
                "税票 {slip} 金额 {paid} 元，连同本单累计退库 {} 笔 {total} 元，超出 {over} 元",
                place + 1
            ),
            en: format!(
                "slip {slip} is of {paid} yuan; its refunds, {} with this one, come to {total} yuan, {over} more",
                place + 1
            ),
        };
        let mut finding = of_order(order, day, because);
        finding.difference = Some(over);
        finding.evidence.extend(orders[..place].iter().map(|earlier| earlier.document.id()));
        finding.evidence.extend(original.evidence());
        finding.evidence.sort_unstable();
        findings.push(finding);
    }
    findings
}

/// An order of whose slip no record is known, where the archive reaches back to the day it should have.
fn without_slip(slip: &str, order: &Order<'_>, day: &Day<'_>) -> Option<Finding> {
    let dates = [Field::DiscoveredOn, Field::AppliedOn].map(|field| order.document.date(field));
    let asked = dates.into_iter().flatten().min()?;
    if !day.should_know_slip(asked, order.issued()?) {
        return None;
    }
    let because = Sentence {
        zh: format!("原税票 {slip} 在各方账册及档案中均无有效记录（档案始于 {}）", day.since),
        en: format!(
            "no ledger has a record of the original slip {slip} that stands, back to {} when the archive begins",
            day.since
        ),
    };
    let mut finding = of_order(order, day, because);
    finding.severity = Severity::High;
    Some(finding)
}

fn of_order(order: &Order<'_>, day: &Day<'_>, because: Sentence) -> Finding {
    super::finding(&RULE, &order.payment, order.document, day, because)
}
