//! 预算抄送迟延: the treasury got a budget or its adjustment late, and paid out for it in between.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};

use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;
use crate::domain::register::{Budget, BudgetLine, BudgetPart};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{DISBURSEMENTS, Day, Judge, Rule, Stays, Title, VOUCHERS, law};

use super::{BY_LINE, Sums};

pub static RULE: Rule = Rule {
    id: "budget-copy-late",
    title: Title { zh: "预算抄送迟延", en: "Budget copied to the treasury late" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("budget_copy_late.md"),
    stays: Stays::Sum,
    needs: VOUCHERS,
    tables: &["budget"],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(budget) = &day.facts.budget else { return Vec::new() };
    let parts = budget.iter().flat_map(|(line, of)| of.parts.iter().map(move |part| (line, part)));
    let found = parts.filter_map(|(line, part)| Some((line, of_part(day, line, part)?)));
    let mut findings: Vec<(&BudgetLine, Finding)> = found.collect();
    show_vouchers(day, budget, &mut findings);
    findings.into_iter().map(|(_, finding)| finding).collect()
}

fn of_part(day: &Day<'_>, line: &BudgetLine, part: &BudgetPart) -> Option<Finding> {
    let (approved, received) = (part.approved_on, part.received_on?);
    let due = due(approved, day.facts.settings.budget_copy_months)?;
    let in_reach = received <= day.facts.as_of && received >= day.facts.horizon();
    if received <= due || !in_reach {
        return None;
    }
    let BudgetLine { year, unit, subject, project } = line;
    let vouchers = vouchers_of(day, line);
    let between = vouchers.values().flat_map(|days| days.range(approved..received)).map(|(_, share)| share);
    let (count, sum): (i64, Money) =
        between.fold((0, Money::ZERO), |(rows, sum), share| (rows + share.rows, sum + share.amount));
    if count == 0 {
        return None;
    }
    let names = [unit, subject, project].map(String::as_str);
    let name = names.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("/");
    let amount = part.amount;
    let because = Sentence {
        zh: format!(
            "{name} 的 {year} 年预算 {amount} 元于 {approved} 批准，最迟应于 {due} 抄送国库，实于 {received} 抄送，其间已开具凭证 \
             {count} 笔共 {sum} 元"
        ),
        en: format!(
            "{amount} yuan of the {year} budget of {name} were approved on {approved}, due at the treasury by {due} and \
             copied on {received}; vouchers in between: {count}, {sum} yuan"
        ),
    };
    let mut finding = Finding::of(&RULE, Party::Finance, format!("{year}/{name}/{approved}"), because);
    day.facts.finance_bureau("").clone_into(&mut finding.institution);
    finding.flow = Flow::Disbursement;
    finding.amount = Some(sum);
    finding.event_on = Some(received);
    finding.due_on = Some(due);
    finding.settled_on = Some(received);
    finding.days_late = day.facts.calendar.working_lag(due, received);
    Some(finding)
}

/// What vouchers charge to a line: those of its project; the line without project bears those whose project is no line.
fn vouchers_of<'d>(day: &'d Day<'_>, line: &BudgetLine) -> Sums<'d> {
    let BudgetLine { year, unit, subject, project } = line;
    let start = format!("{year}\n{unit}\n{subject}\n");
    let mut sums = Sums::new();
    for totals in [&day.running.settled, &day.running.at_hand] {
        super::add_up(&mut sums, totals, &BY_LINE, &start);
    }
    let of_other = |other: &str| {
        let name = BudgetLine { project: other.to_owned(), ..line.clone() };
        project.is_empty() && !day.facts.budget.as_ref().is_some_and(|budget| budget.contains_key(&name))
    };
    sums.retain(|other, _| other == project || of_other(other));
    sums
}

/// The last day of the month of approval, and so many months more.
fn due(approved: NaiveDate, months: u32) -> Option<NaiveDate> {
    let first = approved.with_day(1)?;
    first.checked_add_months(Months::new(months + 1))?.pred_opt()
}

/// The vouchers at hand that were issued in between.
fn show_vouchers(
    day: &Day<'_>,
    budget: &BTreeMap<BudgetLine, Budget>,
    findings: &mut [(&BudgetLine, Finding)],
) {
    if findings.is_empty() {
        return;
    }
    let vouchers = super::vouchers(day);
    for (line, finding) in findings {
        let own = &budget[*line];
        let parts = &own.parts;
        let approved =
            parts.iter().filter(|part| part.received_on == finding.event_on).map(|part| part.approved_on);
        let Some(approved) = approved.min() else { continue };
        let is_between = |on: NaiveDate| on >= approved && Some(on) < finding.event_on;
        let shown = vouchers.iter().filter(|voucher| {
            let charged = super::charged(budget, voucher);
            is_between(voucher.on) && charged.iter().any(|of| std::ptr::eq(*of, own))
        });
        finding.evidence = shown.map(|voucher| voucher.document.id()).collect();
        finding.evidence.sort_unstable();
    }
}
