//! The working days, from the shipped table, read here on its own so that the two readings check each other.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static EXCEPTIONS: LazyLock<BTreeMap<NaiveDate, bool>> = LazyLock::new(|| {
    include_str!("../domain/workdays.csv")
        .lines()
        .filter_map(|line| {
            let mut cells = line.split(',');
            let date = cells.next()?.parse().ok()?;
            Some((date, cells.next()? == "makeup"))
        })
        .collect()
});

pub(super) fn is_working(day: NaiveDate) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    EXCEPTIONS.get(&day).copied().unwrap_or(!weekend)
}

pub(super) fn tomorrow(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).expect("books end long before the calendar does")
}

/// `day` itself if it is worked, else the first working day after it.
pub(super) fn working_from(mut day: NaiveDate) -> NaiveDate {
    while !is_working(day) {
        day = tomorrow(day);
    }
    day
}

pub(super) fn next_working(day: NaiveDate) -> NaiveDate {
    working_from(tomorrow(day))
}

pub(super) fn after(mut day: NaiveDate, working_days: u32) -> NaiveDate {
    for _ in 0..working_days {
        day = next_working(day);
    }
    day
}

/// Working days in `(from, to]`.
pub(super) fn lag(from: NaiveDate, to: NaiveDate) -> u32 {
    let mut count = 0;
    let mut day = next_working(from);
    while day <= to {
        count += 1;
        day = next_working(day);
    }
    count
}

/// The business day money counts for: after 17:00 it is the next one's.
pub(super) fn base_day(at: NaiveDateTime) -> NaiveDate {
    if is_working(at.date()) && at.time() > clock(17, 0) {
        next_working(at.date())
    } else {
        working_from(at.date())
    }
}

/// The day a remittance clears: after 16:00 it is the next working day.
pub(super) fn clearing_day(at: NaiveDateTime) -> NaiveDate {
    if at.time() > clock(16, 0) { next_working(at.date()) } else { at.date() }
}

pub(super) fn clock(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).expect("callers write real times of day")
}

pub(super) fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("callers write real dates")
}
