//! 混税种: a slip's tax type is not the one its subject stands for, or one slip carries several taxes.

use std::collections::BTreeSet;

use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{CLASSIFIED, Codes, Day, Judge, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "mixed-tax-type",
    title: Title { zh: "混税种", en: "Tax type does not fit the subject" },
    basis: super::AS_PRESCRIBED,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("mixed_tax_type.md"),
    stays: Stays::Case,
    needs: CLASSIFIED,
    tables: &["subjects"],
    judge: Judge::Codes(super::CLASSIFIED, admits, judge),
};

fn admits(of: &Codes<'_>, facts: &Facts) -> bool {
    of.ledger != Ledger::TaxReceipts || other(facts, of.subject, of.tax_type).is_none()
}

/// The tax type of the subject, where the slip states another.
fn other<'f>(facts: &'f Facts, code: &str, tax_type: &str) -> Option<&'f str> {
    let expected = super::nearest(facts.subjects.as_ref()?, code, |subject| {
        (!subject.tax_type.is_empty()).then_some(subject.tax_type.as_str())
    });
    expected.filter(|expected| !tax_type.is_empty() && !is_same(expected, tax_type))
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // Without a table nothing can be said of a subject: no data.
    day.facts.subjects.as_ref()?;
    if payment.differs_in(Field::Subject) {
        // Told by subject-mismatch.
        return None;
    }
    let slip = payment.documents.iter().find(|row| row.ledger() == Ledger::TaxReceipts)?;
    let (stated, tax_type) = (slip.text(Field::Subject), slip.text(Field::TaxType));
    let (code, correction) = payment.corrected(Field::Subject, stated);
    if let Some(expected) = other(day.facts, code, tax_type) {
        let because = Sentence {
            zh: format!("税种代码 {tax_type} 与预算科目 {code} 不符，该科目对应税种 {expected}"),
            en: format!("tax type {tax_type} does not fit subject {code}, which is of tax type {expected}"),
        };
        let correction = correction.filter(|_| other(day.facts, stated, tax_type).is_none());
        return Some(super::finding(&RULE, payment, correction, day.facts, because));
    }
    if payment.documents.len() < 2 {
        return None;
    }
    // One slip is for one tax: the item 款 is the first five digits.
    let item = |row: &&crate::domain::entry::Entry<'_>| row.text(Field::Subject).get(..5).map(str::to_owned);
    let items: BTreeSet<String> = payment.documents.iter().filter_map(|row| item(&row)).collect();
    if items.len() < 2 {
        return None;
    }
    let list: Vec<String> = items.into_iter().collect();
    let because = Sentence {
        zh: format!("一张税票列有不同款的科目：{}", list.join("、")),
        en: format!("one slip carries subjects of several items: {}", list.join(", ")),
    };
    let mut finding = payment.finding(&RULE, Deviant::Issuer, day.facts, because);
    finding.severity = Severity::Info;
    Some(finding)
}

/// A spreadsheet takes the zeros in front of a number.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_start_matches('0') == other.trim_start_matches('0')
}
