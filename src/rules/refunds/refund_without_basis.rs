//! 无依据退库: an order names no reason, no document, no approving authority or no approval number.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, ORDERS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "refund-without-basis",
    title: Title { zh: "无依据退库", en: "Refund without basis" },
    basis: &[law::item(&law::TREASURY_RULES, 11, 3), law::PLAN],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("refund_without_basis.md"),
    stays: Stays::Case,
    needs: ORDERS,
    tables: &[],
    judge: Judge::Payment(crate::rules::REFUNDS, judge),
};

/// What an order rests on, and how a report calls it.
const REQUIRED: [(Field, &str, &str); 4] = [
    (Field::Reason, "退库原因代码", "reason code"),
    (Field::BasisDoc, "退库依据", "basis document"),
    (Field::ApprovedBy, "审批机关", "approving authority"),
    (Field::ApprovalNo, "批准文号", "approval number"),
];

/// Whether some of what an order rests on is left empty.
pub(super) fn holds(order: Entry<'_>) -> bool {
    REQUIRED.iter().any(|(field, ..)| super::lacks(order, *field))
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let order = *payment.documents.iter().find(|order| holds(**order))?;
    let (zh, en) = super::lacking(order, &REQUIRED);
    let amount = order.money(Field::Amount).unwrap_or_default();
    let because = Sentence {
        zh: format!("退库 {amount} 元，未填：{zh}"),
        en: format!("the order for {amount} yuan leaves empty: {en}"),
    };
    Some(super::finding(&RULE, payment, order, day, because))
}
