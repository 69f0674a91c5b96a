//! 联席会议缺失: no joint meeting of the year is recorded.

use crate::domain::facts::Facts;
use crate::domain::ledger::Party;
use crate::rules::finding::{Finding, Kind, Severity, Told};
use crate::rules::{Day, Judge, Rule, Stays, Title, law};

use super::{Duty, Rhythm};

pub static RULE: Rule = Rule {
    id: "joint-meeting-missing",
    title: Title { zh: "联席会议缺失", en: "Joint meeting missing" },
    basis: law::BY_PLAN,
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("joint_meeting_missing.md"),
    stays: Stays::Register(holds),
    needs: &[],
    tables: &["attestations"],
    judge: Judge::Day(&[], judge),
};

const DUTY: Duty = Duty {
    kind: "meeting",
    rhythm: Rhythm::Yearly,
    parties: &[Party::Treasury],
    due_days: |facts| facts.settings.duty_due_days,
    zh: "年度联席会议",
    en: "joint meeting of the year",
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    super::missing(&RULE, &DUTY, day)
}

fn holds(told: &Told, facts: &Facts) -> bool {
    super::holds(&DUTY, told, facts)
}
