//! 超计划拨款: the vouchers of a year come to more than the plan up to their month.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::entry::Book;
use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::{DISBURSEMENTS, Day, Judge, Rule, Stays, Title, VOUCHERS};

use super::{BY_LINE, Budgeted, Passed, Voucher};

pub static RULE: Rule = Rule {
    id: "disbursement-over-plan",
    title: Title { zh: "超计划拨款", en: "Payouts beyond the plan" },
    basis: super::WITHIN_BUDGET,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("disbursement_over_plan.md"),
    stays: Stays::Case,
    needs: VOUCHERS,
    tables: &["plan"],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

/// For each year and unit what each subject may come to up to the end of each month: the table is cumulative.
type Plan<'f> = BTreeMap<(u32, &'f str), BTreeMap<&'f str, BTreeMap<u32, Money>>>;

fn plan(rows: &Book) -> Plan<'_> {
    let mut plan = Plan::new();
    for row in rows.entries() {
        let [Some(year), Some(month)] = [Field::Year, Field::Month].map(|field| row.count(field)) else {
            continue;
        };
        let subjects = plan.entry((year, row.text(Field::Unit))).or_default();
        let months = subjects.entry(row.text(Field::Subject)).or_default();
        *months.entry(month).or_default() += row.money(Field::Amount).unwrap_or_default();
    }
    plan
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(table) = day.facts.table("plan") else { return Vec::new() };
    let plan = plan(table);
    let vouchers = &day.vouchers;
    let mut by_subject: BTreeMap<(u32, &str, &str), Vec<&Voucher<'_>>> = BTreeMap::new();
    for voucher in vouchers {
        let (unit, subject) = (voucher.text(Field::Unit), voucher.text(Field::Subject));
        if !unit.is_empty() && !subject.is_empty() {
            by_subject.entry((voucher.year(), unit, subject)).or_default().push(voucher);
        }
    }
    // What has no budget at all has no plan either, and is told there.
    let budget = day.facts.budget.as_ref().map(|budget| (budget, super::approvals(budget)));
    let is_told_here = |passed: &Passed<'_, '_>| {
        budget.as_ref().is_none_or(|(budget, approvals)| {
            let found = super::budgeted(budget, approvals, passed.voucher);
            !matches!(found, Budgeted::No | Budgeted::Early { .. })
        })
    };
    let mut findings = Vec::new();
    for ((year, unit, subject), vouchers) in by_subject {
        // A unit without plan has no data; one whose plan leaves a subject out may spend nothing on it.
        let Some(subjects) = plan.get(&(year, unit)) else { continue };
        let months = subjects.get(subject).cloned().unwrap_or_default();
        let limit = |on: NaiveDate| {
            let last = month_of(year, on)?;
            Some(months.range(..=last).next_back().map_or(Money::ZERO, |(_, amount)| *amount))
        };
        let settled = super::settled(day, &BY_LINE, &format!("{year}\n{unit}\n{subject}\n"));
        let sums = super::by_day(settled.values());
        let passed = super::passing(&sums, &vouchers, limit);
        findings.extend(passed.iter().filter(|passed| is_told_here(passed)).map(|of| finding(day, of)));
    }
    findings
}

/// The month of the budget year a day counts for; what is paid later counts for its last one, and before it nothing is
/// planned.
fn month_of(year: u32, on: NaiveDate) -> Option<u32> {
    let of = u32::try_from(on.year()).ok()?;
    (of >= year).then(|| if of > year { 12 } else { on.month() })
}

fn finding(day: &Day<'_>, passed: &Passed<'_, '_>) -> Finding {
    let Passed { voucher, sum, limit } = passed;
    let over = *sum - *limit;
    let line = [voucher.text(Field::Unit), voucher.text(Field::Subject)].join("/");
    let year = voucher.year();
    let month = month_of(year, voucher.on).unwrap_or_default();
    let because = Sentence {
        zh: format!(
            "{line} 的 {year} 年支出连同本凭证累计 {sum} 元，截至 {month} 月的用款计划 {limit} 元，超出 {over} 元"
        ),
        en: format!(
            "with this voucher {year} payouts of {line} come to {sum} yuan; the plan up to month {month} is {limit}, \
             {over} less"
        ),
    };
    let mut finding = voucher.payment.finding(&RULE, Deviant::Issuer, day.facts, because);
    finding.difference = Some(over);
    finding
}
