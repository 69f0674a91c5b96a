//! 跨级次、跨国库更正: a correction moves revenue between levels or treasuries.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{CORRECTED, CORRECTIONS, Day, Judge, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "correction-cross-level",
    title: Title { zh: "跨级次或跨国库更正", en: "Correction between levels or treasuries" },
    basis: super::UNALTERED,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("correction_cross_level.md"),
    stays: Stays::Case,
    needs: CORRECTED,
    tables: &[],
    judge: Judge::Day(CORRECTIONS, judge),
};

/// What must not move without approval, and how a report calls it.
const GUARDED: [(Field, Field, &str, &str); 2] = [
    (Field::OldLevel, Field::NewLevel, "级次", "level"),
    (Field::OldTreasury, Field::NewTreasury, "国库", "treasury"),
];

/// What a row moves between levels or treasuries, in Chinese and English; nothing where a side is not stated.
fn moves(row: Entry<'_>) -> Option<(String, String)> {
    let moved = GUARDED.iter().filter_map(|&(old, new, zh, en)| {
        let (old, new) = (row.text(old), row.text(new));
        let moves = !old.is_empty() && !new.is_empty() && old != new;
        moves.then(|| (format!("{zh} {old} → {new}"), format!("{en} {old} to {new}")))
    });
    let (zh, en): (Vec<String>, Vec<String>) = moved.unzip();
    (!zh.is_empty()).then(|| (zh.join("，"), en.join(", ")))
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for slip in super::slips(day) {
        for correction in &slip.corrections {
            let moving = correction.rows.iter().find_map(|&row| Some((row, moves(row)?)));
            let Some((row, (zh, en))) = moving else { continue };
            let (amount, _) = super::amounts(row);
            let approvals = correction.rows.iter().map(|row| row.text(Field::ApprovalRef));
            let approval = approvals.into_iter().find(|reference| !reference.is_empty());
            let because = match approval {
                Some(approval) => Sentence {
                    zh: format!("更正 {amount} 元：{zh}，批准文号 {approval}"),
                    en: format!("{amount} yuan were moved, {en}, as approved by {approval}"),
                },
                None => Sentence {
                    zh: format!("更正 {amount} 元：{zh}，无批准文号"),
                    en: format!("{amount} yuan were moved, {en}, without an approval reference"),
                },
            };
            let mut finding = super::finding(&RULE, correction, row, &slip, day, because);
            if approval.is_some() {
                // What is approved is listed, and settled.
                finding.severity = Severity::Info;
                finding.settled_on = group::own_date(row);
            }
            findings.push(finding);
        }
    }
    findings
}
