//! 超兑: more of an issue was redeemed than was issued.

use std::collections::BTreeMap;

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::Counter;
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "bond-over-redemption",
    title: Title { zh: "国债超兑", en: "More redeemed than issued" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("bond_over_redemption.md"),
    stays: Stays::Case,
    needs: &[Need::Always(Ledger::BondRedemptions)],
    tables: &["bonds"],
    judge: Judge::Day(&[], judge),
};

/// Principal redeemed by issue and day.
pub static REDEEMED: Counter = Counter {
    id: "bonds-redeemed",
    ledgers: &[Ledger::BondRedemptions],
    of: |row, key| {
        key.push_str(row.text(Field::Issue));
        let on = row.date(Field::RedeemedOn).expect("a required column");
        Some((on, row.money(Field::Principal).unwrap_or_default()))
    },
    keep_days: 11_000,
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(bonds) = day.facts.table("bonds") else { return Vec::new() };
    // The control figure of an issue, else what its certificates come to.
    let mut limits: BTreeMap<String, (Option<Money>, Money)> = BTreeMap::new();
    for issued in super::issued(bonds) {
        let (control, sum) = limits.entry(issued.issue.clone()).or_default();
        *control = issued.total.or(*control);
        *sum += issued.principal.times(issued.last.distance(&issued.first) + 1);
    }
    let mut so_far: BTreeMap<&str, Money> = BTreeMap::new();
    let mut findings = Vec::new();
    for row in super::redemptions(day) {
        let issue = row.text(Field::Issue);
        let Some(&(control, sum)) = limits.get(issue) else { continue };
        let limit = control.unwrap_or(sum);
        let total = so_far.entry(issue).or_insert_with(|| day.running.settled(&REDEEMED, issue).amount);
        *total += row.money(Field::Principal).unwrap_or_default();
        if *total > limit {
            let because = Sentence {
                zh: format!("券种 {issue} 累计兑付本金 {total} 元，超过发行（控制）数 {limit} 元"),
                en: format!("{total} yuan of issue {issue} are redeemed with this one, {limit} were issued"),
            };
            let mut finding = super::finding(&RULE, row, because);
            finding.difference = Some(*total - limit);
            findings.push(finding);
        }
    }
    findings
}
