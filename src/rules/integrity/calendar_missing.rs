//! 缺工作日历: a deadline reaches into a year whose holidays nobody listed.

use std::collections::BTreeMap;

use chrono::Datelike;

use crate::domain::ledger::Party;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, Told, receipts};
use crate::rules::{Day, Judge, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "calendar-missing",
    title: Title { zh: "缺工作日历", en: "Calendar missing" },
    basis: &[],
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("calendar_missing.md"),
    stays: Stays::Register(holds),
    needs: &[],
    tables: &[],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut years: BTreeMap<i32, Vec<_>> = day.lateness.unknown_years.clone();
    if !day.facts.calendar.knows(day.facts.as_of.year()) {
        years.entry(day.facts.as_of.year()).or_default();
    }
    years
        .into_iter()
        .map(|(year, rows)| {
            let count = rows.len();
            let because = Sentence {
                zh: format!(
                    "工作日历没有 {year} 年的节假日和调休，期限规则不作判断（涉及收纳 {count} 笔）；请核对日期，或补 \
                     reference/calendar"
                ),
                en: format!(
                    "the calendar lists no holiday and no make-up day of {year}: deadlines are not judged ({} \
                     concerned); check the date, or add the year to reference/calendar",
                    receipts(count)
                ),
            };
            let mut finding = Finding::of(&RULE, Party::Undetermined, year.to_string(), because);
            finding.evidence = rows;
            finding
        })
        .collect()
}

/// It ends when the year is listed.
fn holds(told: &Told, facts: &crate::domain::facts::Facts) -> bool {
    told.key.parse().is_ok_and(|year| !facts.calendar.knows(year))
}
