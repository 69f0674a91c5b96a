//! 超预算拨款: the vouchers of a year come to more than their budget line.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::field::Field;
use crate::domain::register::{Budget, BudgetLine};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::{DISBURSEMENTS, Day, Judge, Rule, Stays, Title, VOUCHERS};

use super::{BY_LINE, Passed, Voucher};

pub static RULE: Rule = Rule {
    id: "disbursement-over-budget",
    title: Title { zh: "超预算拨款", en: "Payouts beyond the budget" },
    basis: super::WITHIN_BUDGET,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("disbursement_over_budget.md"),
    stays: Stays::Case,
    needs: VOUCHERS,
    tables: &["budget"],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(budget) = &day.facts.budget else { return Vec::new() };
    let vouchers = &day.vouchers;
    let mut by_subject: BTreeMap<(u32, &str, &str), Vec<&Voucher<'_>>> = BTreeMap::new();
    for voucher in vouchers.iter().filter(|voucher| !voucher.document.is_unusable(Field::Project)) {
        let name = (voucher.year(), voucher.text(Field::Unit), voucher.text(Field::Subject));
        by_subject.entry(name).or_default().push(voucher);
    }
    let mut findings = Vec::new();
    for ((year, unit, subject), vouchers) in by_subject {
        let lines: Vec<(&BudgetLine, &Budget)> = super::lines(budget, year, unit, subject).collect();
        if !lines.is_empty() {
            findings.extend(of_subject(day, year, &lines, &vouchers));
        }
    }
    findings
}

/// Judges the vouchers of one year, unit and subject against its lines: by project, then those whose project is no line
/// against the line without one, or against all lines where they name none.
fn of_subject(
    day: &Day<'_>,
    year: u32,
    lines: &[(&BudgetLine, &Budget)],
    vouchers: &[&Voucher<'_>],
) -> Vec<Finding> {
    let (unit, subject) = (vouchers[0].text(Field::Unit), vouchers[0].text(Field::Subject));
    let settled = super::settled(day, &BY_LINE, &format!("{year}\n{unit}\n{subject}\n"));
    let is_line =
        |project: &str| !project.is_empty() && lines.iter().any(|(line, _)| line.project == project);
    let sum_of = |wanted: &dyn Fn(&str) -> bool| {
        super::by_day(settled.iter().filter(|(project, _)| wanted(project)).map(|(_, days)| days))
    };
    let mut findings = Vec::new();
    let mut judge = |charged: Vec<&Budget>, wanted: &dyn Fn(&str) -> bool, told: &dyn Fn(&str) -> bool| {
        let own: Vec<&Voucher<'_>> =
            vouchers.iter().copied().filter(|voucher| wanted(voucher.text(Field::Project))).collect();
        let limit = |on: NaiveDate| super::approved(charged.iter().copied(), on);
        let passed = super::passing(&sum_of(wanted), &own, limit);
        let passed = passed.into_iter().filter(|passed| told(passed.voucher.text(Field::Project)));
        findings.extend(passed.map(|passed| finding(day, &passed)));
    };
    for (line, budget) in lines.iter().filter(|(line, _)| !line.project.is_empty()) {
        let own = |project: &str| project == line.project;
        judge(vec![budget], &own, &own);
    }
    if let Some((_, rest)) = lines.iter().find(|(line, _)| line.project.is_empty()) {
        let others = |project: &str| !is_line(project);
        judge(vec![rest], &others, &others);
    } else {
        let all = lines.iter().map(|(_, budget)| *budget).collect();
        judge(all, &|project| project.is_empty() || is_line(project), &str::is_empty);
    }
    findings
}

fn finding(day: &Day<'_>, passed: &Passed<'_, '_>) -> Finding {
    let Passed { voucher, sum, limit } = passed;
    let (year, line, over) = (voucher.year(), super::line_name(voucher), *sum - *limit);
    let because = Sentence {
        zh: format!(
            "{line} 的 {year} 年支出连同本凭证累计 {sum} 元，当日有效的预算指标 {limit} 元，超出 {over} 元"
        ),
        en: format!(
            "with this voucher {year} payouts of {line} come to {sum} yuan; the budget in force that day is {limit}, \
             {over} less"
        ),
    };
    let mut finding = voucher.payment.finding(&RULE, Deviant::Issuer, day.facts, because);
    finding.difference = Some(over);
    finding
}
