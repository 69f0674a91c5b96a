//! 重点税源监测: an enterprise on the list paid much less in a month than in that month of the year before, or nothing.

use chrono::{Datelike, Months, NaiveDate};

use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::Counter;
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "key-taxpayer-watch",
    title: Title { zh: "重点税源异动", en: "Key taxpayer pays less" },
    basis: law::BY_PLAN,
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("key_taxpayer_watch.md"),
    stays: Stays::Case,
    needs: &[Need::Always(Ledger::TaxReceipts)],
    tables: &["key-taxpayers"],
    judge: Judge::Day(&[], judge),
};

/// Slips of the enterprises on the list, by taxpayer and month.
pub static BILLED: Counter = Counter {
    id: "key-taxpayers-billed",
    ledgers: &[Ledger::TaxReceipts],
    of: |slip, key| {
        key.push_str(slip.text(Field::TaxpayerId));
        let month = slip.date(Field::BilledOn)?.with_day(1)?;
        Some((month, slip.money(Field::Amount).unwrap_or_default()))
    },
    keep_days: 440,
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(list) = day.facts.table("key-taxpayers") else { return Vec::new() };
    // The last month that is over, and the same month of the year before.
    let first_of_month = day.facts.as_of.with_day(1).expect("every month has a first day");
    let (Some(month), Some(before)) = (
        first_of_month.checked_sub_months(Months::new(1)),
        first_of_month.checked_sub_months(Months::new(13)),
    ) else {
        return Vec::new();
    };
    if !day.reaches_back_to(before, 0) {
        return Vec::new();
    }
    let percent = day.facts.settings.key_taxpayer_percent;
    let mut findings = Vec::new();
    for row in list.entries() {
        let taxpayer = row.text(Field::TaxpayerId);
        if row.date(Field::Since).is_some_and(|since| since > month) {
            continue;
        }
        let billed = day.running.days(&BILLED, taxpayer);
        let of = |month: NaiveDate| billed.get(&month).map(|share| share.amount).unwrap_or_default();
        let (now, then) = (of(month), of(before));
        if then <= Money::ZERO || now.times(100) >= then.times(u64::from(percent)) {
            continue;
        }
        let name = row.text(Field::Name);
        let (now_in, then_in) = (month.format("%Y-%m"), before.format("%Y-%m"));
        let because = Sentence {
            zh: format!(
                "重点税源企业 {taxpayer} {name} {now_in} 申报缴纳 {now} 元，不足 {then_in} {then} 元的 {percent}%"
            ),
            en: format!(
                "key taxpayer {taxpayer} {name} was billed {now} yuan in {now_in}, less than {percent} % of the {then} of {then_in}"
            ),
        };
        let mut finding = Finding::of(&RULE, Party::Taxpayer, taxpayer.to_owned(), because);
        finding.amount = Some(now);
        finding.difference = Some(now - then);
        finding.event_on = Some(month);
        findings.push(finding);
    }
    findings
}
