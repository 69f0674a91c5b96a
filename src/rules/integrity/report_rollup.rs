//! 报表汇总不符: a report of revenue does not add up, over subjects, over days, or against the receipts it reports.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{Datelike, NaiveDate};

use crate::domain::entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::{Counter, Share};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "report-rollup",
    title: Title { zh: "收入报表汇总不符", en: "Revenue report does not add up" },
    basis: &[law::article(&law::BUDGET_RULES, 64), law::PLAN],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("report_rollup.md"),
    stays: Stays::Sum,
    needs: &[Need::Always(Ledger::TreasuryReports), Need::Reads(Ledger::TreasuryReceipts)],
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

/// As long as late rows are waited for.
const KEPT: u64 = 60;

/// What a report states for its day, by treasury, organ, level and subject.
pub static OF_DAY: Counter = Counter {
    id: "report-day",
    ledgers: &[Ledger::TreasuryReports],
    of: |row, key| of(row, key, Field::DayAmount),
    keep_days: KEPT,
};
/// What it states for the month so far.
pub static OF_MONTH: Counter = Counter {
    id: "report-month",
    ledgers: &[Ledger::TreasuryReports],
    of: |row, key| of(row, key, Field::MonthAmount),
    keep_days: KEPT,
};
/// What it states for the year so far.
pub static OF_YEAR: Counter = Counter {
    id: "report-year",
    ledgers: &[Ledger::TreasuryReports],
    of: |row, key| of(row, key, Field::YearAmount),
    keep_days: KEPT,
};

/// What the treasury booked, by the same names.
pub static BOOKED: Counter = Counter {
    id: "report-booked",
    ledgers: &[Ledger::TreasuryReceipts],
    of: |row, key| {
        name(row, key);
        Some((row.date(Field::BookedOn)?, row.money(Field::Amount)?))
    },
    keep_days: KEPT,
};

fn name(row: entry::Entry<'_>, key: &mut String) {
    for (place, field) in
        [Field::Treasury, Field::TaxOrg, Field::Level, Field::Subject].into_iter().enumerate()
    {
        if place > 0 {
            key.push('/');
        }
        key.push_str(row.text(field));
    }
}

fn of(row: entry::Entry<'_>, key: &mut String, field: Field) -> Option<(NaiveDate, Money)> {
    name(row, key);
    Some((row.date(Field::Date)?, row.money(field)?))
}

/// A report: treasury, organ, level and day.
type Report = (String, NaiveDate);
/// What it states by subject; a subject that stands twice says nothing that could be compared.
type Subjects = BTreeMap<String, Money>;

fn reports(day: &Day<'_>, counter: &Counter) -> BTreeMap<Report, Subjects> {
    let mut reports: BTreeMap<Report, Subjects> = BTreeMap::new();
    for key in day.running.keys(counter) {
        let (name, subject) = key.rsplit_once('/').expect("a key has four parts");
        for (date, Share { rows, amount }) in day.running.days(counter, key) {
            if rows == 1 && date >= day.facts.horizon() {
                reports.entry((name.to_owned(), date)).or_default().insert(subject.to_owned(), amount);
            }
        }
    }
    reports
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let of_day = reports(day, &OF_DAY);
    if of_day.is_empty() {
        return Vec::new();
    }
    let (of_month, of_year) = (reports(day, &OF_MONTH), reports(day, &OF_YEAR));
    let mut findings = Vec::new();
    for (figures, zh, en) in [(&of_day, "日", "day"), (&of_month, "月", "month"), (&of_year, "年", "year")]
    {
        for (report, subjects) in figures {
            findings.extend(parents(report, subjects, zh, en));
        }
    }
    findings.extend(since_yesterday(day, &of_day, &of_month, "月", "month", |a, b| {
        (a.year(), a.month()) == (b.year(), b.month())
    }));
    findings.extend(since_yesterday(day, &of_day, &of_year, "年", "year", |a, b| a.year() == b.year()));
    findings.extend(against_receipts(day, &of_day));
    in_one(findings)
}

/// One finding for each figure. Of several checks that it does not pass the first speaks, unless it may be for lost decimals
/// alone: amount and difference are its own, and the others are named after it.
fn in_one(findings: Vec<Finding>) -> Vec<Finding> {
    let mut single: BTreeMap<String, Finding> = BTreeMap::new();
    for mut finding in findings {
        match single.entry(finding.key.clone()) {
            Entry::Vacant(place) => {
                place.insert(finding);
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                if finding.severity > known.severity {
                    std::mem::swap(known, &mut finding);
                }
                let Sentence { zh, en } = finding.explanation;
                known.explanation.add(&format!("；另：{zh}"), &format!("; also: {en}"));
            }
        }
    }
    single.into_values().collect()
}

/// The subjects directly below one, as far as the report has them.
fn children<'s>(parent: &str, subjects: &'s Subjects) -> Vec<(&'s str, Money)> {
    let below: Vec<(&str, Money)> = subjects
        .range(parent.to_owned()..)
        .take_while(|(code, _)| code.starts_with(parent))
        .filter(|(code, _)| code.len() > parent.len())
        .map(|(code, amount)| (code.as_str(), *amount))
        .collect();
    let is_direct =
        |code: &str| !below.iter().any(|(other, _)| other.len() < code.len() && code.starts_with(other));
    below.iter().copied().filter(|(code, _)| is_direct(code)).collect()
}

/// A subject is what the subjects below it come to.
fn parents(report: &Report, subjects: &Subjects, zh: &str, en: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (code, &stated) in subjects {
        let below = children(code, subjects);
        let sum: Money = below.iter().map(|(_, amount)| *amount).sum();
        if below.is_empty() || sum == stated {
            continue;
        }
        let because = Sentence {
            zh: format!("科目 {code} {zh}累计 {stated} 元，下级 {} 个科目合计 {sum} 元", below.len()),
            en: format!(
                "subject {code} states {stated} yuan for the {en}, the {} below it come to {sum}",
                below.len()
            ),
        };
        let mut finding = found(report, code, stated, stated - sum, because);
        // An export that lost its decimals can be off by a yuan.
        let is_whole = |amount: Money| amount.fen() % 100 == 0;
        if is_whole(stated)
            && below.iter().all(|(_, amount)| is_whole(*amount))
            && (stated - sum).abs() < Money::from_fen(100 * i64::try_from(below.len()).unwrap_or(i64::MAX))
        {
            finding.severity = Severity::Info;
            finding.explanation.add("（可能因报表舍去角分）", " (the export may have lost its decimals)");
        }
        findings.push(finding);
    }
    findings
}

/// What was collected so far is what it was the working day before, and the day.
fn since_yesterday(
    day: &Day<'_>,
    of_day: &BTreeMap<Report, Subjects>,
    so_far: &BTreeMap<Report, Subjects>,
    zh: &str,
    en: &str,
    is_same_period: fn(NaiveDate, NaiveDate) -> bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (report, subjects) in so_far {
        let (name, date) = report;
        let eve = date.pred_opt().and_then(|eve| day.facts.calendar.last_working(eve, 1)?.first().copied());
        let Some(eve) = eve else { continue };
        let before = is_same_period(eve, *date).then(|| so_far.get(&(name.clone(), eve)));
        for (code, &stated) in subjects {
            // The day before must have reported the subject, unless the period begins.
            let base = match before {
                None => Some(Money::ZERO),
                Some(before) => before.and_then(|before| before.get(code)).copied(),
            };
            let today = of_day.get(report).and_then(|subjects| subjects.get(code));
            let (Some(base), Some(&today)) = (base, today) else { continue };
            if base + today != stated {
                let because = Sentence {
                    zh: format!(
                        "科目 {code} {zh}累计 {stated} 元，{eve} {zh}累计 {base} 元加本日 {today} 元应为 {} 元",
                        base + today
                    ),
                    en: format!(
                        "subject {code} states {stated} yuan for the {en}; {base} up to {eve} and {today} of the day make {}",
                        base + today
                    ),
                };
                findings.push(found(report, code, stated, stated - base - today, because));
            }
        }
    }
    findings
}

/// What a report states for a day is what the receipts booked that day come to, unless a file of them is missing.
fn against_receipts(day: &Day<'_>, of_day: &BTreeMap<Report, Subjects>) -> Vec<Finding> {
    let as_of = day.facts.as_of;
    let is_known = |date: NaiveDate| {
        (day.since..=as_of).contains(&date)
            && !day.facts.gaps.contains(&(Ledger::TreasuryReceipts, date))
            && (date < as_of || day.facts.delivered.contains(&Ledger::TreasuryReceipts))
    };
    let mut booked: BTreeMap<Report, BTreeMap<&str, Money>> = BTreeMap::new();
    for key in day.running.keys(&BOOKED) {
        let (name, subject) = key.rsplit_once('/').expect("a key has four parts");
        let mut parts = name.split('/');
        let (treasury, level) = (parts.next().unwrap_or(""), parts.nth(1).unwrap_or(""));
        let mut names = vec![name.to_owned(), format!("{treasury}//{level}")];
        names.dedup();
        for (date, Share { amount, .. }) in day.running.days(&BOOKED, key) {
            // A report that names no organ is of all of them.
            for report in names.iter().map(|name| (name.clone(), date)) {
                if of_day.contains_key(&report) {
                    *booked.entry(report).or_default().entry(subject).or_default() += amount;
                }
            }
        }
    }
    let mut findings = Vec::new();
    for (report, subjects) in of_day.iter().filter(|((_, on), _)| is_known(*on)) {
        for (code, &stated) in subjects.iter().filter(|(code, _)| children(code, subjects).is_empty()) {
            let of_report = booked.get(report).into_iter().flatten();
            let below = of_report.filter(|(subject, _)| subject.starts_with(code.as_str()));
            let sum: Money = below.map(|(_, amount)| *amount).sum();
            if sum != stated {
                let because = Sentence {
                    zh: format!("科目 {code} 报表本日 {stated} 元，入库流水合计 {sum} 元"),
                    en: format!(
                        "subject {code} reports {stated} yuan for the day, the receipts booked come to {sum}"
                    ),
                };
                findings.push(found(report, code, stated, stated - sum, because));
            }
        }
    }
    findings
}

fn found(
    (name, date): &Report,
    subject: &str,
    stated: Money,
    difference: Money,
    because: Sentence,
) -> Finding {
    let treasury = name.split('/').next().unwrap_or("");
    let mut finding = Finding::of(&RULE, Party::Treasury, format!("{name}/{subject}/{date}"), because);
    finding.flow = Flow::Account;
    treasury.clone_into(&mut finding.institution);
    treasury.clone_into(&mut finding.treasury);
    finding.amount = Some(stated);
    finding.difference = Some(difference);
    finding.event_on = Some(*date);
    finding
}
