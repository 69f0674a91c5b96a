//! 更正未变更: a party's row of a correction puts in place what it takes away.

use crate::domain::entry::Entry;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{CORRECTED, CORRECTIONS, Day, Judge, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "correction-no-change",
    title: Title { zh: "更正前后相同", en: "Correction changes nothing" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("correction_no_change.md"),
    stays: Stays::Case,
    needs: CORRECTED,
    tables: &[],
    judge: Judge::Day(CORRECTIONS, judge),
};

/// Whether both sides say the same. A code that a spreadsheet destroyed may say anything.
fn is_idle(row: &Entry<'_>) -> bool {
    super::SIDES.iter().all(|&(old, new)| {
        let spelled = |field| {
            let mut bytes = Vec::new();
            row.spell(field, &mut bytes);
            bytes
        };
        spelled(old) == spelled(new) && !row.is_unusable(old) && !row.is_unusable(new)
    })
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for slip in super::slips(day) {
        for correction in &slip.corrections {
            let Some(&row) = correction.rows.iter().find(|row| is_idle(row)) else { continue };
            let (amount, _) = super::amounts(row);
            let party = row.ledger().party();
            let because = Sentence {
                zh: format!(
                    "{}所记更正的原、现国库、征收机关、级次、科目和金额（{amount} 元）均相同",
                    party.zh()
                ),
                en: format!(
                    "by the row of {} treasury, organ, level, subject and amount, {amount} yuan, are the same before and after",
                    party.id()
                ),
            };
            findings.push(super::finding(&RULE, correction, row, &slip, day, because));
        }
    }
    findings
}
