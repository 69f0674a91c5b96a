//! 预算抄送迟延: the treasury got a budget or its adjustment late or never, and paid out for it in
//! between.

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

/// A row of the budget that was copied late, or not at all.
struct Late<'d> {
    line: &'d BudgetLine,
    part: &'d BudgetPart,
    /// The day of the copy; `None` where none has come.
    received: Option<NaiveDate>,
    finding: Finding,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(budget) = &day.facts.budget else { return Vec::new() };
    let parts = || budget.iter().flat_map(|(line, of)| of.parts.iter().map(move |part| (line, part)));
    // A table that never says when anything was copied does not say that something was not.
    let tells = parts().any(|(_, part)| part.received_on.is_some());
    let mut late: Vec<Late<'_>> =
        parts().filter_map(|(line, part)| of_part(day, line, part, tells)).collect();
    show_vouchers(day, budget, &mut late);
    late.into_iter().map(|of| of.finding).collect()
}

fn of_part<'d>(day: &Day<'_>, line: &'d BudgetLine, part: &'d BudgetPart, tells: bool) -> Option<Late<'d>> {
    let as_of = day.facts.as_of;
    let approved = part.approved_on;
    let received = part.received_on;
    let due = due(approved, day.facts.settings.budget_copy_months)?;
    let in_reach = received.is_none_or(|on| on <= as_of && on >= day.facts.horizon());
    if received.unwrap_or(as_of) <= due || !in_reach || !tells {
        return None;
    }
    let BudgetLine { year, unit, subject, project } = line;
    let vouchers = vouchers_of(day, line);
    // Up to the day before the copy; without one, to this day.
    let last = received.map_or(Some(as_of), |on| on.pred_opt()).filter(|last| *last >= approved)?;
    let between = vouchers.values().flat_map(|days| days.range(approved..=last)).map(|(_, share)| share);
    let (count, sum): (i64, Money) =
        between.fold((0, Money::ZERO), |(rows, sum), share| (rows + share.rows, sum + share.amount));
    if count == 0 {
        return None;
    }
    let names = [unit, subject, project].map(String::as_str);
    let name = names.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("/");
    let amount = part.amount;
    let (copied_zh, copied_en) = match received {
        Some(on) => (format!("实于 {on} 抄送，其间"), format!("copied on {on}; vouchers in between")),
        None => ("至今未抄送，其后".to_owned(), "not copied yet; vouchers since".to_owned()),
    };
    let because = Sentence {
        zh: format!(
            "{name} 的 {year} 年预算 {amount} 元于 {approved} 批准，最迟应于 {due} 抄送国库，{copied_zh}已开具凭证 {count} \
             笔共 {sum} 元"
        ),
        en: format!(
            "{amount} yuan of the {year} budget of {name} were approved on {approved}, due at the treasury by {due} and \
             {copied_en}: {count}, {sum} yuan"
        ),
    };
    let mut finding = Finding::of(&RULE, Party::Finance, format!("{year}/{name}/{approved}"), because);
    day.facts.finance_bureau("").clone_into(&mut finding.institution);
    finding.flow = Flow::Disbursement;
    finding.amount = Some(sum);
    finding.event_on = Some(received.unwrap_or(due));
    finding.due_on = Some(due);
    finding.settled_on = received;
    finding.days_late = day.facts.calendar.working_lag(due, received.unwrap_or(as_of));
    Some(Late { line, part, received, finding })
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
fn show_vouchers(day: &Day<'_>, budget: &BTreeMap<BudgetLine, Budget>, late: &mut [Late<'_>]) {
    if late.is_empty() {
        return;
    }
    let vouchers = &day.vouchers;
    for Late { line, part, received, finding } in late {
        let own = &budget[*line];
        let is_between =
            |on: NaiveDate| on >= part.approved_on && received.is_none_or(|received| on < received);
        let shown = vouchers.iter().filter(|voucher| {
            let charged = super::charged(budget, voucher);
            is_between(voucher.on) && charged.iter().any(|of| std::ptr::eq(*of, own))
        });
        finding.evidence = shown.map(|voucher| voucher.document.id()).collect();
        finding.evidence.sort_unstable();
    }
}
