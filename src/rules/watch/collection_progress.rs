//! 收入进度: what was collected of a subject's yearly budget, against the working days of the year that are over.
//!
//! The law forbids to set collection targets: this is a statistic.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use crate::domain::facts::Facts;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::integrity::report_rollup::OF_YEAR;
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "collection-progress",
    title: Title { zh: "收入进度偏离", en: "Collection ahead or behind" },
    basis: law::BY_PLAN,
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("collection_progress.md"),
    stays: Stays::Once,
    needs: &[Need::Reads(Ledger::TreasuryReports)],
    tables: &["budget", "calendar"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let as_of = day.facts.as_of;
    let is_last_of_month =
        day.facts.calendar.next_working(as_of).is_some_and(|next| next.month() != as_of.month());
    let (Some(budget), true) = (&day.facts.budget, is_last_of_month) else { return Vec::new() };
    let Some(elapsed) = elapsed_share(day.facts) else { return Vec::new() };
    let mut planned: BTreeMap<&str, Money> = BTreeMap::new();
    for (line, of) in budget {
        let is_income = line.subject.starts_with("10") || line.subject.starts_with("11");
        if i32::try_from(line.year) == Ok(as_of.year()) && is_income {
            *planned.entry(&line.subject).or_default() += of.amount;
        }
    }
    // What the reports of today state for the year, over treasuries, organs and levels.
    let mut collected: BTreeMap<&str, Money> = BTreeMap::new();
    for key in day.running.keys(&OF_YEAR) {
        let (_, subject) = key.rsplit_once('/').expect("a key has four parts");
        if let Some(share) = day.running.days(&OF_YEAR, key).get(&as_of) {
            *collected.entry(subject).or_default() += share.amount;
        }
    }
    let limit = Decimal::new(i64::from(day.facts.settings.collection_gap_points), 2);
    let finding = |(subject, plan): (&str, Money)| {
        let so_far = *collected.get(subject)?;
        if plan <= Money::ZERO {
            return None;
        }
        let progress = so_far.decimal() / plan.decimal();
        if (progress - elapsed).abs() <= limit {
            return None;
        }
        let percent = |share: Decimal| (share * Decimal::ONE_HUNDRED).round_dp(1);
        let because = Sentence {
            zh: format!(
                "科目 {subject} 本年累计 {so_far} 元，为预算 {plan} 元的 {}%，年度工作日已过 {}%（仅为统计）",
                percent(progress),
                percent(elapsed)
            ),
            en: format!(
                "subject {subject}: {so_far} yuan so far are {} % of the {plan} budgeted, with {} % of the year's working days \
                 over (a statistic)",
                percent(progress),
                percent(elapsed)
            ),
        };
        let party = if subject.starts_with("101") { Party::Tax } else { Party::Finance };
        let mut finding = Finding::of(&RULE, party, format!("{subject}/{}", as_of.format("%Y-%m")), because);
        finding.amount = Some(so_far);
        finding.event_on = Some(as_of);
        Some(finding)
    };
    planned.into_iter().filter_map(finding).collect()
}

/// Which share of the year's working days is over.
fn elapsed_share(facts: &Facts) -> Option<Decimal> {
    let eve = NaiveDate::from_ymd_opt(facts.as_of.year() - 1, 12, 31)?;
    let end = NaiveDate::from_ymd_opt(facts.as_of.year(), 12, 31)?;
    let (over, all) = (facts.calendar.working_lag(eve, facts.as_of)?, facts.calendar.working_lag(eve, end)?);
    Some(Decimal::from(over) / Decimal::from(all))
}
