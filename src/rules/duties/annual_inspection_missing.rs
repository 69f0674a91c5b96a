//! 年度联合检查缺失: no joint inspection of the year is recorded.

use crate::domain::facts::Facts;
use crate::domain::ledger::Party;
use crate::rules::finding::{Finding, Kind, Severity, Told};
use crate::rules::{Day, Judge, Rule, Stays, Title, law};

use super::{Duty, Rhythm};

pub static RULE: Rule = Rule {
    id: "annual-inspection-missing",
    title: Title { zh: "年度联合检查缺失", en: "Annual inspection missing" },
    basis: law::BY_PLAN,
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("annual_inspection_missing.md"),
    stays: Stays::Register(holds),
    needs: &[],
    tables: &["attestations"],
    judge: Judge::Day(&[], judge),
};

const DUTY: Duty = Duty {
    kind: "inspection",
    rhythm: Rhythm::Yearly,
    parties: &[Party::Treasury],
    due_days: |facts| facts.settings.duty_due_days,
    zh: "年度现场监管联合检查",
    en: "annual joint inspection",
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    super::missing(&RULE, &DUTY, day)
}

fn holds(told: &Told, facts: &Facts) -> bool {
    super::holds(&DUTY, told, facts)
}
