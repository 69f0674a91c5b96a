//! 更正不及时: an error was corrected long after it was found.

use crate::domain::field::Field;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::{CORRECTED, CORRECTIONS, Day, Judge, Rule, Stays, Title, law};

use super::{Correction, Slip};

pub static RULE: Rule = Rule {
    id: "correction-late",
    title: Title { zh: "更正不及时", en: "Corrected late" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("correction_late.md"),
    stays: Stays::Case,
    needs: CORRECTED,
    tables: &["calendar"],
    judge: Judge::Day(CORRECTIONS, judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let slips = super::slips(day);
    let all = slips.iter().flat_map(|slip| slip.corrections.iter().map(move |correction| (slip, correction)));
    all.filter_map(|(slip, correction)| late(correction, slip, day)).collect()
}

/// The first ledger that carries the correction says when it was done; whoever says so, when the error was found.
fn late(correction: &Correction<'_>, slip: &Slip<'_>, day: &Day<'_>) -> Option<Finding> {
    let first = correction.first();
    let corrected = group::own_date(first)?;
    let detected = correction.rows.iter().find_map(|row| row.date(Field::DetectedOn))?;
    let due = day.facts.calendar.add_working(detected, day.facts.settings.correction_wd)?;
    let days_late = day.facts.calendar.working_lag(due, corrected)?;
    if days_late == 0 {
        return None;
    }
    let because = Sentence {
        zh: format!("{detected} 发现差错，应于 {due} 前更正，实于 {corrected} 更正，逾 {days_late} 个工作日"),
        en: format!(
            "the error was found on {detected}, to be corrected by {due}, and was corrected on {corrected}, {} later",
            working_days(days_late)
        ),
    };
    let mut finding = super::finding(&RULE, correction, first, slip, day, because);
    finding.due_on = Some(due);
    finding.settled_on = Some(corrected);
    finding.days_late = Some(days_late);
    Some(finding)
}
