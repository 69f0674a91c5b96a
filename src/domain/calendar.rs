//! Working days of the State Council calendar, with make-up days 调休上班.
//!
//! The clearing systems trade exactly on these days. A year nobody listed is *unknown*: every question about it
//! is answered `None`, and the rule that asked says "no data". Falling back to weekends would accuse banks of
//! sitting on money over the Spring Festival.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// The published exceptions of 2018–2026: holidays on Monday to Friday, and worked Saturdays and Sundays.
const SHIPPED: &str = include_str!("workdays.csv");

/// What the calendar lists about a day that differs from its weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// 节假日: off although it may be a weekday.
    Holiday,
    /// 调休上班: worked although it is a weekend day.
    Makeup,
}

/// Which days are worked. Invariant: a year is known exactly if at least one of its days is listed.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    days: BTreeMap<NaiveDate, DayKind>,
    years: BTreeSet<i32>,
}

impl Calendar {
    /// The calendar that ships with the program.
    pub fn shipped() -> Self {
        let mut calendar = Self::default();
        for line in SHIPPED.lines().skip(1) {
            let mut cells = line.split(',');
            let date = cells.next().and_then(|cell| cell.parse().ok()).expect("the shipped table has dates");
            let kind = match cells.next() {
                Some("holiday") => DayKind::Holiday,
                Some("makeup") => DayKind::Makeup,
                other => panic!("the shipped table has kinds, not {other:?}"),
            };
            calendar.list(date, kind);
        }
        calendar
    }

    pub fn list(&mut self, date: NaiveDate, kind: DayKind) {
        self.days.insert(date, kind);
        self.years.insert(date.year());
    }

    /// Takes over the years that `other` knows, whole: a book's own table replaces the shipped year.
    pub fn replace_years_of(&mut self, other: &Self) {
        self.days.retain(|date, _| !other.years.contains(&date.year()));
        self.days.extend(other.days.iter().map(|(&date, &kind)| (date, kind)));
        self.years.extend(other.years.iter().copied());
    }

    pub fn knows(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// Whether the day is worked; `None` in a year nobody listed.
    pub fn is_working(&self, date: NaiveDate) -> Option<bool> {
        if !self.knows(date.year()) {
            return None;
        }
        Some(match self.days.get(&date) {
            Some(DayKind::Holiday) => false,
            Some(DayKind::Makeup) => true,
            None => !matches!(date.weekday(), Weekday::Sat | Weekday::Sun),
        })
    }

    /// The first working day after `date`.
    pub fn next_working(&self, date: NaiveDate) -> Option<NaiveDate> {
        self.first_working_from(date.checked_add_days(Days::new(1))?)
    }

    /// `date` itself if it is worked, else the first working day after it.
    pub fn first_working_from(&self, date: NaiveDate) -> Option<NaiveDate> {
        let mut day = date;
        while !self.is_working(day)? {
            day = day.checked_add_days(Days::new(1))?;
        }
        Some(day)
    }

    /// The `count`-th working day after `date`.
    pub fn add_working(&self, date: NaiveDate, count: u32) -> Option<NaiveDate> {
        (0..count).try_fold(date, |day, _| self.next_working(day))
    }

    /// Working days in `(from, to]`: how many working days late `to` is. Zero if `to` is not after `from`.
    pub fn working_lag(&self, from: NaiveDate, to: NaiveDate) -> Option<u32> {
        let mut lag = 0;
        let mut day = from;
        while day < to {
            day = day.checked_add_days(Days::new(1))?;
            lag += u32::from(self.is_working(day)?);
        }
        Some(lag)
    }

    /// The last day of a period of so many calendar days under tax law 期限 (税收征收管理法实施细则 第一百零九条), the day
    /// after `from` being its first. A run of three or more days off that contains a listed holiday extends it by its
    /// days inside; what is won that way extends nothing. A last day that is a day off moves to the next working day.
    pub fn tax_period_end(&self, from: NaiveDate, days: u64) -> Option<NaiveDate> {
        const RUN_DAYS_MIN: i64 = 3;
        let last = from.checked_add_days(Days::new(days))?;
        let mut won = 0;
        let mut day = from.succ_opt()?;
        while day <= last {
            if self.is_working(day)? {
                day = day.succ_opt()?;
                continue;
            }
            let (start, end) = self.days_off_around(day)?;
            let has_holiday = self.days.range(start..=end).any(|(_, kind)| *kind == DayKind::Holiday);
            if has_holiday && (end - start).num_days() + 1 >= RUN_DAYS_MIN {
                won += (end.min(last) - day).num_days() + 1;
            }
            day = end.succ_opt()?;
        }
        self.first_working_from(last.checked_add_days(Days::new(u64::try_from(won).ok()?))?)
    }

    /// The first and the last of the days off around one that is off.
    fn days_off_around(&self, date: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let (mut start, mut end) = (date, date);
        while !self.is_working(start.pred_opt()?)? {
            start = start.pred_opt()?;
        }
        while !self.is_working(end.succ_opt()?)? {
            end = end.succ_opt()?;
        }
        Some((start, end))
    }

    /// The `count` working days up to and including `date`, latest first.
    pub fn last_working(&self, date: NaiveDate, count: usize) -> Option<Vec<NaiveDate>> {
        let mut days = Vec::with_capacity(count);
        let mut day = date;
        while days.len() < count {
            if self.is_working(day)? {
                days.push(day);
            }
            day = day.checked_sub_days(Days::new(1))?;
        }
        Some(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    /// `rules.md` 11: receipt day, base day, tolerated until, late from.
    #[test]
    fn published_vectors() {
        let calendar = Calendar::shipped();
        for (receipt, base, tolerated, late) in [
            ("2024-02-09", "2024-02-09", "2024-02-18", "2024-02-19"),
            ("2024-02-10", "2024-02-18", "2024-02-19", "2024-02-20"),
            ("2024-04-30", "2024-04-30", "2024-05-06", "2024-05-07"),
            ("2024-09-14", "2024-09-14", "2024-09-18", "2024-09-19"),
            ("2024-09-28", "2024-09-29", "2024-09-30", "2024-10-08"),
            ("2024-09-30", "2024-09-30", "2024-10-08", "2024-10-09"),
            ("2024-10-12", "2024-10-12", "2024-10-14", "2024-10-15"),
            ("2024-12-31", "2024-12-31", "2025-01-02", "2025-01-03"),
            ("2025-01-26", "2025-01-26", "2025-01-27", "2025-02-05"),
            ("2025-01-27", "2025-01-27", "2025-02-05", "2025-02-06"),
            ("2025-09-30", "2025-09-30", "2025-10-09", "2025-10-10"),
            ("2026-02-14", "2026-02-14", "2026-02-24", "2026-02-25"),
        ] {
            let found = calendar.first_working_from(day(receipt)).expect("known year");
            assert_eq!(found, day(base), "base day of {receipt}");
            assert_eq!(calendar.next_working(found), Some(day(tolerated)), "tolerated for {receipt}");
            assert_eq!(calendar.add_working(found, 2), Some(day(late)), "late from for {receipt}");
            assert_eq!(calendar.working_lag(day(tolerated), day(late)), Some(1));
        }
    }

    /// Periods over the holidays of `rules.md` 11: from, days, last day.
    #[test]
    fn periods_of_tax_law() {
        let calendar = Calendar::shipped();
        for (from, days, last) in [
            // No day off inside but weekends, which extend nothing.
            ("2026-03-02", 10, "2026-03-12"),
            // The last day is a Saturday, a make-up Saturday, a Sunday.
            ("2026-03-04", 10, "2026-03-16"),
            ("2024-09-04", 10, "2024-09-14"),
            ("2026-03-05", 10, "2026-03-16"),
            // Spring Festival, 10 to 17 February 2024: six of its days are inside, all of them, none but the last.
            ("2024-02-05", 10, "2024-02-21"),
            ("2024-02-08", 10, "2024-02-26"),
            ("2024-02-07", 10, "2024-02-26"),
            ("2024-01-31", 10, "2024-02-18"),
            ("2024-01-30", 10, "2024-02-09"),
            // It began before the period: its days after that count.
            ("2024-02-14", 10, "2024-02-27"),
            // 4 to 6 April 2024 are three, New Year 2025 is one, Mid-Autumn 2024 three: 15 to 17 September.
            ("2024-04-01", 10, "2024-04-15"),
            ("2024-12-27", 10, "2025-01-06"),
            ("2024-09-10", 10, "2024-09-23"),
            // National Day, 1 to 8 October 2025, inside thirty days; what is won runs over no further holiday.
            ("2025-09-15", 30, "2025-10-23"),
            ("2025-09-30", 10, "2025-10-20"),
            // Thirty days over May Day 2024 (1 to 5 May) and the days before.
            ("2024-04-10", 30, "2024-05-15"),
            // What is won reaches into the Spring Festival 2026 (15 to 23 February), which does not extend it again.
            ("2025-12-30", 45, "2026-02-24"),
        ] {
            let found = calendar.tax_period_end(day(from), days);
            assert_eq!(found, Some(day(last)), "{days} days from {from}");
        }
        assert_eq!(calendar.tax_period_end(day("2026-12-28"), 10), None, "2027 is unknown");
    }

    #[test]
    fn a_year_nobody_listed_is_unknown() {
        let calendar = Calendar::shipped();
        assert_eq!(calendar.is_working(day("2026-12-31")), Some(true));
        assert_eq!(calendar.is_working(day("2027-01-04")), None);
        assert_eq!(calendar.next_working(day("2026-12-31")), None);
        assert_eq!(calendar.working_lag(day("2026-12-30"), day("2026-12-31")), Some(1));
        assert_eq!(calendar.working_lag(day("2026-12-31"), day("2027-01-04")), None);
        assert_eq!(Calendar::default().is_working(day("2026-03-02")), None);
    }

    #[test]
    fn a_books_own_year_replaces_the_shipped_one() {
        let mut own = Calendar::default();
        own.list(day("2026-03-02"), DayKind::Holiday);
        let mut calendar = Calendar::shipped();
        calendar.replace_years_of(&own);
        assert_eq!(calendar.is_working(day("2026-03-02")), Some(false));
        assert_eq!(calendar.is_working(day("2026-02-16")), Some(true), "the shipped Spring Festival is gone");
        assert_eq!(calendar.is_working(day("2025-10-01")), Some(false), "other years stay");
    }

    #[test]
    fn the_clearing_system_traded_on_make_up_saturdays() {
        let calendar = Calendar::shipped();
        assert_eq!(calendar.is_working(day("2024-02-18")), Some(true));
        assert_eq!(
            calendar.last_working(day("2026-02-24"), 2),
            Some(vec![day("2026-02-24"), day("2026-02-14")])
        );
    }
}
