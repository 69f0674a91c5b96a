//! 混税种: a slip's tax type is not the one its subject stands for, or one slip carries several taxes.

use std::collections::BTreeSet;

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{CLASSIFIED, Day, Judge, Rule, Stays, Title};

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
    judge: Judge::Payment(super::CLASSIFIED, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let subjects = day.facts.subjects.as_ref()?;
    if payment.differs_in(Field::Subject) {
        // Told by subject-mismatch.
        return None;
    }
    let slip = payment.documents.iter().find(|row| row.ledger() == Ledger::TaxReceipts)?;
    let (stated, tax_type) = (slip.text(Field::Subject), slip.text(Field::TaxType));
    let (code, correction) = payment.corrected(Field::Subject, stated);
    // The tax type of the subject, where the slip states another.
    let other = |code: &str| {
        let expected = super::nearest(subjects, code, |subject| {
            (!subject.tax_type.is_empty()).then_some(subject.tax_type.as_str())
        });
        expected.filter(|expected| !tax_type.is_empty() && !is_same(expected, tax_type))
    };
    if let Some(expected) = other(code) {
        let because = Sentence {
            zh: format!("税种代码 {tax_type} 与预算科目 {code} 不符，该科目对应税种 {expected}"),
            en: format!("tax type {tax_type} does not fit subject {code}, which is of tax type {expected}"),
        };
        let correction = correction.filter(|_| other(stated).is_none());
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
