//! A month or a quarter.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::domain::calendar::Calendar;

/// A calendar month or quarter. Invariant: it begins on the first of a month and has one or three of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    first: NaiveDate,
    months: u32,
}

/// A text that names neither a month nor a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSpan;

impl Span {
    /// `2026-03`
    pub fn month(text: &str) -> Result<Self, NoSpan> {
        Self::of(text, "-", 1).filter(|_| text.len() == 7).ok_or(NoSpan)
    }

    /// `2026Q1`
    pub fn quarter(text: &str) -> Result<Self, NoSpan> {
        Self::of(text, "Q", 3).filter(|_| text.len() == 6).ok_or(NoSpan)
    }

    fn of(text: &str, mark: &str, months: u32) -> Option<Self> {
        let (year, place) = text.split_once(mark)?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (year, place) = (digits(year).then(|| i32::from_str(year).ok())??, u32::from_str(place).ok()?);
        let first = NaiveDate::from_ymd_opt(year, place.checked_sub(1)? * months + 1, 1)?;
        (place <= 12 / months).then_some(Self { first, months })
    }

    pub fn first(self) -> NaiveDate {
        self.first
    }

    /// The last day, inclusive.
    pub fn last(self) -> NaiveDate {
        self.first + Months::new(self.months) - Days::new(1)
    }

    pub fn contains(self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last()
    }

    /// The span of the same length before.
    #[must_use]
    pub fn before(self) -> Self {
        Self { first: self.first - Months::new(self.months), ..self }
    }

    /// From which day on an archive that begins on a day knows it, where days on which there was work to do lie before.
    pub fn known_from(self, begun: NaiveDate, calendar: &Calendar) -> Option<NaiveDate> {
        let mut before = self.first.iter_days().take_while(|day| *day < begun);
        (self.contains(begun) && before.any(|day| calendar.is_working(day) != Some(false))).then_some(begun)
    }

    /// The months in it, in order.
    pub fn months(self) -> impl Iterator<Item = Self> {
        (0..self.months).map(move |place| Self { first: self.first + Months::new(place), months: 1 })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.months == 1 {
            write!(out, "{}", self.first.format("%Y-%m"))
        } else {
            write!(out, "{}Q{}", self.first.year(), self.first.month0() / 3 + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(span: Result<Span, NoSpan>, expected: Option<(&str, &str)>) {
        let bounds = span.ok().map(|span| (span.first().to_string(), span.last().to_string()));
        assert_eq!(bounds, expected.map(|(first, last)| (first.to_owned(), last.to_owned())));
    }

    #[test]
    fn months_and_quarters() {
        check(Span::month("2026-02"), Some(("2026-02-01", "2026-02-28")));
        check(Span::month("2024-02"), Some(("2024-02-01", "2024-02-29")));
        check(Span::month("2025-12"), Some(("2025-12-01", "2025-12-31")));
        check(Span::quarter("2026Q1"), Some(("2026-01-01", "2026-03-31")));
        check(Span::quarter("2025Q4"), Some(("2025-10-01", "2025-12-31")));
        for wrong in ["2026-13", "2026-00", "2026-3", "2026Q1", "-026-03", "2026-03-01", "", "-"] {
            check(Span::month(wrong), None);
        }
        for wrong in ["2026Q0", "2026Q5", "2026q1", "2026-01", "Q1"] {
            check(Span::quarter(wrong), None);
        }
    }

    #[test]
    fn an_archive_may_begin_within_a_span() {
        let (calendar, quarter) = (Calendar::shipped(), Span::quarter("2026Q1").expect("a quarter"));
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let known_from = |text: &str| quarter.known_from(day(text), &calendar);
        // The first three days of the year are off, and the Sunday after them is worked.
        assert_eq!(known_from("2025-12-31"), None);
        assert_eq!(known_from("2026-01-04"), None);
        assert_eq!(known_from("2026-01-05"), Some(day("2026-01-05")));
        assert_eq!(known_from("2026-04-01"), None);
    }

    #[test]
    fn spans_are_named_as_they_are_asked_for() {
        for name in ["2026-01", "2026-12"] {
            assert_eq!(Span::month(name).map(|span| span.to_string()).as_deref(), Ok(name));
        }
        let quarter = Span::quarter("2026Q1").expect("a quarter");
        assert_eq!(quarter.to_string(), "2026Q1");
        assert_eq!(quarter.before().to_string(), "2025Q4");
        let months: Vec<String> = quarter.months().map(|month| month.to_string()).collect();
        assert_eq!(months, ["2026-01", "2026-02", "2026-03"]);
    }
}
