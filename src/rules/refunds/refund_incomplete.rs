//! 退库要素不全: an order leaves the payee's bank or the taxpayer empty.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, ORDERS, Rule, Stays, Title, law};

use super::refund_without_basis;

pub static RULE: Rule = Rule {
    id: "refund-incomplete",
    title: Title { zh: "退库要素不全", en: "Refund order incomplete" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("refund_incomplete.md"),
    stays: Stays::Case,
    needs: ORDERS,
    tables: &[],
    judge: Judge::Payment(crate::rules::REFUNDS, judge),
};

/// What an order must say. What every ledger must say is a problem of the file where it is empty.
const REQUIRED: [(Field, &str, &str); 2] =
    [(Field::PayeeBank, "收款行行号", "payee's bank"), (Field::TaxpayerId, "纳税人编号", "taxpayer number")];

/// Whether this rule tells of the payment.
pub fn holds(payment: &Payment<'_>) -> bool {
    incomplete(payment).is_some()
}

fn incomplete<'b>(payment: &Payment<'b>) -> Option<Entry<'b>> {
    let is_incomplete = |order: &&Entry<'_>| REQUIRED.iter().any(|(field, ..)| super::lacks(**order, *field));
    // Told by refund-without-basis already.
    if payment.documents.iter().any(|order| refund_without_basis::holds(*order)) {
        return None;
    }
    payment.documents.iter().find(is_incomplete).copied()
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let order = incomplete(payment)?;
    let (zh, en) = super::lacking(order, &REQUIRED);
    let because = Sentence {
        zh: format!("退库凭证未填：{zh}"),
        en: format!("the refund order leaves empty: {en}"),
    };
    Some(super::finding(&RULE, payment, order, day, because))
}
