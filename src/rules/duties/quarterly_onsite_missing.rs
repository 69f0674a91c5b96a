//! 季度现场核对缺失: no on-site check of the quarter is recorded.

use crate::domain::facts::Facts;
use crate::domain::ledger::Party;
use crate::rules::finding::{Finding, Kind, Severity, Told};
use crate::rules::{Day, Judge, Rule, Stays, Title, law};

use super::{Duty, Rhythm};

pub static RULE: Rule = Rule {
    id: "quarterly-onsite-missing",
    title: Title { zh: "季度现场核对缺失", en: "Quarterly on-site check missing" },
    basis: law::BY_PLAN,
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("quarterly_onsite_missing.md"),
    stays: Stays::Register(holds),
    needs: &[],
    tables: &["attestations"],
    judge: Judge::Day(&[], judge),
};

const DUTY: Duty = Duty {
    kind: "onsite",
    rhythm: Rhythm::Quarterly,
    parties: &[Party::Treasury],
    due_days: |facts| facts.settings.duty_due_days,
    zh: "季度上门现场核对",
    en: "quarterly on-site check",
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    super::missing(&RULE, &DUTY, day)
}

fn holds(told: &Told, facts: &Facts) -> bool {
    super::holds(&DUTY, told, facts)
}
