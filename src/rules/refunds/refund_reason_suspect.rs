//! 退库原因可疑: a reason that may hide an expenditure, goes to an office, or that no table knows.

use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, ORDERS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "refund-reason-suspect",
    title: Title { zh: "退库原因存疑", en: "Doubtful reason for a refund" },
    basis: &[law::article(&law::BUDGET_LAW, 60), law::PLAN],
    kind: Kind::Lead,
    severity: Severity::Lead,
    page: include_str!("refund_reason_suspect.md"),
    stays: Stays::Case,
    needs: ORDERS,
    tables: &[],
    judge: Judge::Payment(crate::rules::REFUNDS, judge),
};

/// What is doubtful about a reason.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// 92x, 93x: to a finance bureau or tax office.
    Office,
    /// On the list of those that may hide an expenditure.
    Listed,
    /// Not in the table of reasons.
    Unknown,
}

fn doubt(reason: &str, facts: &Facts) -> Option<Doubt> {
    let is_in = |list: &[String]| list.iter().any(|code| code == reason);
    if reason.is_empty() {
        // Told by refund-without-basis.
        None
    } else if reason.len() == 3 && ["92", "93"].iter().any(|offices| reason.starts_with(offices)) {
        Some(Doubt::Office)
    } else if is_in(&facts.settings.refund_reasons_suspect) {
        Some(Doubt::Listed)
    } else if is_in(&facts.settings.refund_reasons) {
        None
    } else {
        Some(Doubt::Unknown)
    }
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let mut orders = payment.documents.iter();
    let (order, doubt) =
        orders.find_map(|&order| Some((order, doubt(order.text(Field::Reason), day.facts)?)))?;
    let (reason, amount) = (order.text(Field::Reason), order.money(Field::Amount).unwrap_or_default());
    let (zh, en) = match doubt {
        Doubt::Office => {
            ("系退付财政或税务机关，应核实是否以退代支", "which is a refund to a finance or tax office")
        }
        Doubt::Listed => ("可能以退代支，应核实", "which may stand for an expenditure"),
        Doubt::Unknown => ("不在退库原因代码表中，应核实", "which the table of reasons does not have"),
    };
    let because = Sentence {
        zh: format!("退库 {amount} 元，原因代码 {reason}，{zh}"),
        en: format!("{amount} yuan are refunded for reason {reason}, {en}; to be looked into"),
    };
    let mut finding = super::finding(&RULE, payment, order, day, because);
    if doubt == Doubt::Office {
        finding.severity = Severity::High;
    }
    Some(finding)
}
