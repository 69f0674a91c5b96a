//! 期末突击入库: a treasury books far more of a month's receipts on its last working days than it used to.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Months, NaiveDate};

use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::running::{Counter, Share};
use crate::rules::usual::{Usual, percent};
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title, law, usual};

pub static RULE: Rule = Rule {
    id: "period-end-spike",
    title: Title { zh: "期末集中入库", en: "Receipts crowd at the month's end" },
    basis: law::BY_PLAN,
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("period_end_spike.md"),
    stays: Stays::Once,
    needs: &[Need::Reads(Ledger::TreasuryReceipts)],
    tables: &["calendar"],
    judge: Judge::Day(REVENUE, judge),
};

/// What each treasury booked a day.
pub static BOOKED: Counter = Counter {
    id: "receipts-by-treasury",
    ledgers: &[Ledger::TreasuryReceipts],
    of: |row, key| {
        key.push_str(row.text(Field::Treasury));
        (!key.is_empty()).then_some(())?;
        Some((row.date(Field::BookedOn)?, row.money(Field::Amount)?))
    },
    // Thirteen months.
    keep_days: 400,
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(month) = month_that_ends(day) else { return Vec::new() };
    let Some(months) = months_before(month, day) else { return Vec::new() };
    let treasuries: BTreeSet<&str> = day.running.keys(&BOOKED).collect();
    treasuries.into_iter().filter_map(|treasury| of_treasury(day, treasury, month, &months)).collect()
}

/// The first day of the month whose last working day is today, or was since the run before.
fn month_that_ends(day: &Day<'_>) -> Option<NaiveDate> {
    let (as_of, calendar) = (day.facts.as_of, &day.facts.calendar);
    let this = as_of.with_day(1)?;
    [Some(this), this.checked_sub_months(Months::new(1))].into_iter().flatten().find(|month| {
        let last = calendar.last_working(usual::last_day(*month), 1).and_then(|days| days.last().copied());
        last.is_some_and(|last| last <= as_of && day.last_run.is_none_or(|run| run < last))
    })
}

/// The months a month is compared with, the latest first: `None` unless the archive knows each of them whole.
fn months_before(month: NaiveDate, day: &Day<'_>) -> Option<Vec<NaiveDate>> {
    let count = day.facts.settings.period_end_months.max(2);
    let first = month.checked_sub_months(Months::new(count))?;
    let knows_whole = day.facts.calendar.first_working_from(first)? >= day.since;
    let is_missing = |(ledger, on): &(Ledger, NaiveDate)| *ledger == Ledger::TreasuryReceipts && *on >= first;
    let is_whole = knows_whole && !day.facts.gaps.iter().any(is_missing);
    let months = (1..=count).filter_map(|back| month.checked_sub_months(Months::new(back)));
    is_whole.then(|| months.collect())
}

/// What was booked in a month, and of that on its last working days.
fn booked(day: &Day<'_>, booked: &BTreeMap<NaiveDate, Share>, month: NaiveDate) -> Option<(Money, Money)> {
    let last = usual::last_day(month);
    let wanted = day.facts.settings.period_end_wd.max(1) as usize;
    let late = *day.facts.calendar.last_working(last, wanted)?.last()?;
    let sum = |from: NaiveDate| booked.range(from..=last).map(|(_, share)| share.amount).sum::<Money>();
    Some((sum(month), sum(late.max(month))))
}

/// Millionths of the month's receipts.
fn ratio((all, late): (Money, Money)) -> Option<i128> {
    (all > Money::ZERO).then(|| i128::from(late.fen()) * 1_000_000 / i128::from(all.fen()))
}

fn of_treasury(day: &Day<'_>, treasury: &str, month: NaiveDate, months: &[NaiveDate]) -> Option<Finding> {
    let settings = &day.facts.settings;
    let of = day.running.days(&BOOKED, treasury);
    let (all, late) = booked(day, &of, month)?;
    let now = ratio((all, late))?;
    // A month without receipts has no share, and then there is too little to compare with.
    let before = months.iter().map(|month| booked(day, &of, *month).and_then(ratio));
    let usual = Usual::of(&before.collect::<Option<Vec<i128>>>()?);
    if !usual.is_exceeded(now, settings.period_end_deviations) {
        return None;
    }
    let (name, count, wd) = (month.format("%Y-%m"), months.len(), settings.period_end_wd.max(1));
    let (share, mean, deviation) = (percent(now), percent(usual.mean()), percent(usual.deviation()));
    let because = Sentence {
        zh: format!(
            "国库 {treasury} {name} 最后 {wd} 个工作日入库 {late} 元，为当月 {all} 元的 {share}；此前 {count} 个月均值 {mean}、标准差 {deviation}；\
             申报期顺延或大额一次性税款可予排除，月末缴入、月初退出或拨回的款项可予证实"
        ),
        en: format!(
            "treasury {treasury} booked {late} yuan on the last {} of {name}, {share} of the month's {all}; over {count} months \
             before the mean is {mean}, the deviation {deviation}; a filing period that was moved or a single large tax \
             clears it, money that was paid in at the end and refunded or paid out at the next beginning confirms it",
            working_days(wd)
        ),
    };
    let mut finding = Finding::of(&RULE, Party::Undetermined, format!("{treasury}/{name}"), because);
    treasury.clone_into(&mut finding.treasury);
    finding.amount = Some(late);
    finding.event_on = Some(usual::last_day(month));
    Some(finding)
}
