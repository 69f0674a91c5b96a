//! 科目无效: a document is posted to a subject that the table does not have, of another class, or closed to entries.

use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Codes, Day, Judge, Need, PAYMENTS, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "subject-invalid",
    title: Title { zh: "科目无效", en: "Subject not valid" },
    basis: super::AS_PRESCRIBED,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("subject_invalid.md"),
    stays: Stays::Case,
    needs: &[
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
        Need::Reads(Ledger::TaxRefunds),
        Need::Reads(Ledger::FinanceRefunds),
        Need::Reads(Ledger::FinanceDisbursements),
        Need::Reads(Ledger::TaxCorrections),
        Need::Reads(Ledger::FinanceCorrections),
        Need::Reads(Ledger::TreasuryCorrections),
    ],
    tables: &["subjects"],
    judge: Judge::Codes(PAYMENTS, admits, judge),
};

fn admits(of: &Codes<'_>, facts: &Facts) -> bool {
    fault_of(of.ledger.flow(), of.subject, facts).is_none()
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let because = fault(payment, day.facts)?;
    let document = payment.documents.first()?;
    let stated = document.text(Field::Subject);
    let (_, correction) = payment.corrected(Field::Subject, stated);
    let correction = correction.filter(|_| fault_of(payment.flow, stated, day.facts).is_none());
    Some(super::finding(&RULE, payment, correction, day.facts, because))
}

/// What is wrong with the subject of the source document, corrections counted.
pub fn fault(payment: &Payment<'_>, facts: &Facts) -> Option<Sentence> {
    let document = payment.documents.first()?;
    let code = payment.corrected(Field::Subject, document.text(Field::Subject)).0;
    fault_of(payment.flow, code, facts)
}

fn fault_of(flow: Flow, code: &str, facts: &Facts) -> Option<Sentence> {
    let class = if flow == Flow::Disbursement { "function" } else { "income" };
    if code.is_empty() || !super::knows_class(facts, class) {
        return None;
    }
    let (zh, en) = match facts.subjects.as_ref()?.get(code) {
        None => ("科目表无此科目".to_owned(), "is not in the table".to_owned()),
        Some(subject) if !subject.class.is_empty() && subject.class != class => (
            format!("科目类别为{}，应为{}", class_zh(&subject.class), class_zh(class)),
            format!("is of class {}, not {class}", subject.class),
        ),
        Some(subject) if subject.enterable == Some(false) => {
            ("该科目不可录入".to_owned(), "is closed to entries".to_owned())
        }
        Some(_) => return None,
    };
    Some(Sentence { zh: format!("预算科目 {code}：{zh}"), en: format!("subject {code} {en}") })
}

/// A class of subjects as people call it.
fn class_zh(class: &str) -> &str {
    match class {
        "income" => "收入",
        "function" => "支出功能",
        "economic" => "支出经济",
        other => other,
    }
}
