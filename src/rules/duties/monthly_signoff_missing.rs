//! 月度签证缺失: a party has not signed the month's reconciliation.

use crate::domain::facts::Facts;
use crate::domain::ledger::Party;
use crate::rules::finding::{Finding, Kind, Severity, Told};
use crate::rules::{Day, Judge, Rule, Stays, Title, law};

use super::{Duty, Rhythm};

pub static RULE: Rule = Rule {
    id: "monthly-signoff-missing",
    title: Title { zh: "月度签证缺失", en: "Monthly sign-off missing" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("monthly_signoff_missing.md"),
    stays: Stays::Register(holds),
    needs: &[],
    tables: &["attestations"],
    judge: Judge::Day(&[], judge),
};

const DUTY: Duty = Duty {
    kind: "signoff",
    rhythm: Rhythm::Monthly,
    parties: &[Party::Finance, Party::Tax, Party::Treasury, Party::Bank],
    due_days: |facts| facts.settings.signoff_due_days,
    zh: "月度多方签证对账",
    en: "monthly four-party sign-off",
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    super::missing(&RULE, &DUTY, day)
}

fn holds(told: &Told, facts: &Facts) -> bool {
    super::holds(&DUTY, told, facts)
}
