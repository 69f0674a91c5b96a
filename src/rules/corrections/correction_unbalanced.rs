//! 更正金额不平: a correction puts another amount in place than it takes away.

use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{CORRECTED, CORRECTIONS, Day, Judge, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "correction-unbalanced",
    title: Title { zh: "更正金额不平衡", en: "Correction does not balance" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("correction_unbalanced.md"),
    stays: Stays::Case,
    needs: CORRECTED,
    tables: &[],
    judge: Judge::Day(CORRECTIONS, judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for slip in super::slips(day) {
        for correction in &slip.corrections {
            let unbalanced = correction.rows.iter().find(|row| {
                let (old, new) = super::amounts(**row);
                old != new
            });
            let Some(&row) = unbalanced else { continue };
            let (old, new) = super::amounts(row);
            let difference = new - old;
            let because = Sentence {
                zh: format!("原发生额 {old} 元，现发生额 {new} 元，相差 {difference} 元"),
                en: format!(
                    "it takes {old} yuan away and puts {new} yuan in place: a difference of {difference} yuan"
                ),
            };
            let mut finding = super::finding(&RULE, correction, row, &slip, day, because);
            finding.difference = Some(difference);
            findings.push(finding);
        }
    }
    findings
}
