//! Duties of the plan that only a record can prove 履职: sign-offs, on-site checks, inspections, meetings
//! (`rules.md` 5.J). The program checks that the record is there, and its day.

pub mod annual_inspection_missing;
pub mod joint_meeting_missing;
pub mod monthly_signoff_missing;
pub mod quarterly_onsite_missing;

/// What is told of a duty that was not done, or late.
pub const RULES: [&str; 4] = [
    annual_inspection_missing::RULE.id,
    joint_meeting_missing::RULE.id,
    monthly_signoff_missing::RULE.id,
    quarterly_onsite_missing::RULE.id,
];

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Party};

use super::finding::{Finding, Sentence, Told};
use super::{Day, Rule};

/// How often a duty falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rhythm {
    Monthly,
    Quarterly,
    Yearly,
}

/// A period that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Period {
    name: String,
    end: NaiveDate,
}

impl Rhythm {
    fn months(self) -> u32 {
        match self {
            Self::Monthly => 1,
            Self::Quarterly => 3,
            Self::Yearly => 12,
        }
    }

    /// The periods that ended on or after a day and before another.
    fn ended(self, since: NaiveDate, before: NaiveDate) -> Vec<Period> {
        let first_month = since.month0() / self.months() * self.months() + 1;
        let mut start = NaiveDate::from_ymd_opt(since.year(), first_month, 1).expect("a month's first day");
        let mut periods = Vec::new();
        while let Some(next) = start.checked_add_months(Months::new(self.months())) {
            let end = next.pred_opt().expect("a day before");
            if end >= before {
                break;
            }
            let name = match self {
                Self::Monthly => format!("{}-{:02}", start.year(), start.month()),
                Self::Quarterly => format!("{}Q{}", start.year(), start.month0() / 3 + 1),
                Self::Yearly => start.year().to_string(),
            };
            periods.push(Period { name, end });
            start = next;
        }
        periods
    }
}

/// What must be recorded: what kind, how often, by whom, and how many days after the period it is due.
struct Duty {
    kind: &'static str,
    rhythm: Rhythm,
    parties: &'static [Party],
    due_days: fn(&Facts) -> u32,
    zh: &'static str,
    en: &'static str,
}

fn is_of(row: Entry<'_>, duty: &Duty, period: &str, party: Party) -> bool {
    let of = row.text(Field::Party);
    row.text(Field::Kind) == duty.kind
        && normal(row.text(Field::Period)) == normal(period)
        && (of == party.id() || duty.parties.len() == 1)
}

/// The first day on which the book's attestations record it: a form that nobody signed is no record, nor one of a day to
/// come. Where several parties can sign, each does for itself; a record of no party counts for a duty that one party alone
/// has.
fn recorded_on(facts: &Facts, duty: &Duty, period: &str, party: Party) -> Option<NaiveDate> {
    let rows = facts.table("attestations")?;
    let of_duty = rows.entries().filter(|row| is_of(*row, duty, period, party));
    of_duty.filter_map(|row| row.date(Field::SignedOn)).filter(|on| *on <= facts.as_of).min()
}

/// Whether the attestations record it without a day.
fn is_undated(facts: &Facts, duty: &Duty, period: &str, party: Party) -> bool {
    let Some(rows) = facts.table("attestations") else { return false };
    rows.entries().any(|row| is_of(row, duty, period, party) && row.is_blank(Field::SignedOn))
}

/// `2026-Q1` and `2026q1` are `2026Q1`, `2026年3月` and `202603` are `2026-03`.
fn normal(period: &str) -> String {
    let upper = period.to_uppercase().replace('年', "-").replace(['月', '季', '度'], "");
    let compact = upper.replace("-Q", "Q");
    let digits: String = compact.chars().filter(char::is_ascii_digit).collect();
    let is_month = !compact.contains('Q') && (digits.len() == 6 || digits.len() == 5);
    if is_month {
        format!("{}-{:0>2}", &digits[..4], &digits[4..])
    } else {
        compact.trim_end_matches('-').to_owned()
    }
}

fn missing(rule: &'static Rule, duty: &Duty, day: &Day<'_>) -> Vec<Finding> {
    let facts = day.facts;
    if facts.table("attestations").is_none() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for period in duty.rhythm.ended(day.since, facts.as_of) {
        let Some(due) = period.end.checked_add_days(Days::new(u64::from((duty.due_days)(facts)))) else {
            continue;
        };
        if facts.as_of <= due {
            continue;
        }
        // What was done late before any run could tell is told once; what was told already ends.
        let is_first = day.last_run.is_none_or(|last| last <= due);
        for &party in duty.parties {
            let done_on = recorded_on(facts, duty, &period.name, party);
            let because = match done_on {
                None if is_undated(facts, duty, &period.name, party) => Sentence {
                    zh: format!(
                        "{} {}：{}的记录没有填写签证或办理日期，不作已办，应于 {due} 前完成",
                        period.name,
                        duty.zh,
                        party.zh()
                    ),
                    en: format!(
                        "{} {}: the record of {} has no day, and counts for none; due by {due}",
                        period.name,
                        duty.en,
                        party.id()
                    ),
                },
                None => Sentence {
                    zh: format!("{} {}：没有{}的记录，应于 {due} 前完成", period.name, duty.zh, party.zh()),
                    en: format!("{} {}: no record of {}, due by {due}", period.name, duty.en, party.id()),
                },
                Some(on) => Sentence {
                    zh: format!(
                        "{} {}：{}应于 {due} 前完成，{on} 才有记录",
                        period.name,
                        duty.zh,
                        party.zh()
                    ),
                    en: format!(
                        "{} {}: {} was due by {due} and recorded on {on}",
                        period.name,
                        duty.en,
                        party.id()
                    ),
                },
            };
            let key = format!("{}/{}/{}", duty.kind, period.name, party.id());
            let mut finding = Finding::of(rule, party, key, because);
            finding.flow = Flow::Account;
            finding.event_on = Some(period.end);
            finding.due_on = Some(due);
            finding.settled_on = done_on;
            finding.days_late = facts.calendar.working_lag(due, done_on.unwrap_or(facts.as_of));
            finding.is_sequel = done_on.is_some_and(|on| !is_first || on <= due);
            findings.push(finding);
        }
    }
    findings
}

/// It ends when the record is there.
fn holds(duty: &Duty, told: &Told, facts: &Facts) -> bool {
    let mut names = told.key.split('/').skip(1);
    let (Some(period), Some(party)) = (names.next(), names.next().and_then(Party::from_id)) else {
        return true;
    };
    facts.table("attestations").is_none() || recorded_on(facts, duty, period, party).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods() {
        let day = |text: &str| text.parse().expect("a date");
        let names = |rhythm: Rhythm, since: &str, before: &str| {
            rhythm.ended(day(since), day(before)).into_iter().map(|period| period.name).collect::<Vec<_>>()
        };
        assert_eq!(names(Rhythm::Monthly, "2025-12-15", "2026-02-01"), ["2025-12", "2026-01"]);
        assert_eq!(names(Rhythm::Quarterly, "2026-02-15", "2026-07-01"), ["2026Q1", "2026Q2"]);
        assert_eq!(names(Rhythm::Yearly, "2025-12-31", "2026-01-01"), ["2025"]);
        assert_eq!(names(Rhythm::Monthly, "2026-03-02", "2026-03-31"), [""; 0]);
        for (spelt, expected) in [
            ("2026-Q1", "2026Q1"),
            ("2026q1", "2026Q1"),
            ("2026年3月", "2026-03"),
            ("202603", "2026-03"),
            ("2026年", "2026"),
        ] {
            assert_eq!(normal(spelt), expected, "{spelt}");
        }
    }
}
