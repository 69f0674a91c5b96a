//! 串级次: the level of a document does not fit its subject, or its treasury takes no revenue of that level.

use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{CLASSIFIED, Codes, Day, Judge, Rule, Stays, Title};

use super::subject_invalid;

pub static RULE: Rule = Rule {
    id: "wrong-budget-level",
    title: Title { zh: "串级次", en: "Budget level not admissible" },
    basis: super::LEVELS,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("wrong_budget_level.md"),
    stays: Stays::Case,
    needs: CLASSIFIED,
    tables: &["subjects", "treasuries"],
    judge: Judge::Codes(super::CLASSIFIED, admits, judge),
};

fn admits(of: &Codes<'_>, facts: &Facts) -> bool {
    against_subject(facts, of.subject, of.level).is_none()
        && against_treasury(facts, of.treasury, of.level).is_none()
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let document = payment.documents.first()?;
    let texts = [Field::Level, Field::Subject, Field::Treasury].map(|field| document.text(field));
    let [level, subject, treasury] = [Field::Level, Field::Subject, Field::Treasury]
        .map(|field| payment.corrected(field, document.text(field)));
    // Of a subject that is not valid subject-invalid tells.
    let of_subject = against_subject(day.facts, subject.0, level.0)
        .filter(|_| subject_invalid::fault(payment, day.facts).is_none());
    let (was_wrong, because, changed) = if let Some(because) = of_subject {
        (against_subject(day.facts, texts[1], texts[0]).is_some(), because, [level.1, subject.1])
    } else {
        let because = against_treasury(day.facts, treasury.0, level.0)?;
        (against_treasury(day.facts, texts[2], texts[0]).is_some(), because, [level.1, treasury.1])
    };
    // The last correction that changed either, unless the document was wrong before.
    let mut corrections = payment.corrections.iter().rev().copied().filter(|_| !was_wrong);
    let correction = corrections.find(|row| changed.iter().flatten().any(|by| by.id() == row.id()));
    Some(super::finding(&RULE, payment, correction, day.facts, because))
}

/// Shared revenue is posted to shared subjects, central revenue to none of the local ones, local to none of the central.
fn against_subject(facts: &Facts, code: &str, level: &str) -> Option<Sentence> {
    let subjects = facts.subjects.as_ref()?;
    let attribute = super::nearest(subjects, code, |subject| {
        (!subject.attribute.is_empty()).then_some(subject.attribute.as_str())
    })?;
    let is_admissible = match level {
        "0" => attribute == "3",
        "1" => attribute != "2",
        "2" | "3" | "4" | "5" => attribute != "1",
        _ => true,
    };
    let (zh, en) = match attribute {
        "1" => ("中央固定收入", "central revenue"),
        "2" => ("地方固定收入", "local revenue"),
        "3" => ("共享收入", "shared revenue"),
        _ => ("共用收入", "revenue of any level"),
    };
    (!is_admissible).then(|| Sentence {
        zh: format!("预算级次 {level} 与科目 {code} 不符，该科目为{zh}"),
        en: format!("level {level} is not admissible for subject {code}, which is {en}"),
    })
}

/// Which levels a treasury takes in is local policy: a setting.
fn against_treasury(facts: &Facts, code: &str, level: &str) -> Option<Sentence> {
    let own = &facts.treasuries.as_ref()?.get(code)?.level;
    let accepted = facts.settings.level_accepted.iter().find_map(|line| {
        let behind = line.trim_start().strip_prefix(own.as_str())?;
        Some(behind.trim_start().strip_prefix(':')?.trim())
    })?;
    let is_accepted = level.is_empty() || accepted.split_whitespace().any(|other| other == level);
    (!is_accepted).then(|| Sentence {
        zh: format!("国库 {code} 为 {own} 级，不办理级次 {level} 的收入（可办理：{accepted}）"),
        en: format!(
            "treasury {code} is of level {own} and takes no revenue of level {level} (it takes {accepted})"
        ),
    })
}
