//! Days as spreadsheets count them, from the decimal text: no binary fraction comes near a day.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use crate::domain::moment::Moment;

const SECONDS_A_DAY: u32 = 86_400;

/// From which day a spreadsheet counts the numbers that stand for dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateSystem {
    /// 1 is 1 January 1900, and 60 a 29 February that never was.
    #[default]
    From1900,
    /// 0 is 1 January 1904.
    From1904,
}

impl DateSystem {
    pub fn of(is_1904: bool) -> Self {
        if is_1904 { Self::From1904 } else { Self::From1900 }
    }
}

/// The day, and the time to the second, that an Excel serial stands for: `46083.5` is 2026-03-02 12:00:00.
///
/// The 1900 system has a 29 February 1900 that never was: serial 60 is no day, and those below are shifted by one.
pub fn serial_moment(serial: &str, dates: DateSystem) -> Option<Moment> {
    let (days, seconds) = split(serial)?;
    let (first, days) = match (dates, days) {
        (DateSystem::From1900, 1..=59) => ((1899, 12, 31), days),
        (DateSystem::From1900, 61..=2_958_465) => ((1899, 12, 30), days),
        (DateSystem::From1904, 0..=2_957_003) => ((1904, 1, 1), days),
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(first.0, first.1, first.2)?.checked_add_days(Days::new(days))?;
    Some(Moment { date, time: time_of_day(seconds) })
}

/// A length of time given in days, as `[h]:mm:ss` shows it; also a time of day without a day.
pub fn duration(serial: &str) -> Option<String> {
    let (days, seconds) = split(serial)?;
    let hours = days.checked_mul(24)?.checked_add(u64::from(seconds / 3600))?;
    Some(format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60))
}

/// A day with or without a time as ISO 8601 writes it, to the second.
pub fn iso_moment(text: &str) -> Option<Moment> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    if let Ok(date) = text.parse() {
        return Some(Moment::day(date));
    }
    let exact: NaiveDateTime = text.parse().ok()?;
    let rounded = exact.checked_add_signed(TimeDelta::milliseconds(500))?;
    Some(Moment { date: rounded.date(), time: time_of_day(rounded.num_seconds_from_midnight()) })
}

/// Midnight is how a day without a time is written.
fn time_of_day(seconds: u32) -> Option<NaiveTime> {
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).filter(|_| seconds > 0)
}

/// Whole days, and seconds of a day, rounded half up.
fn split(serial: &str) -> Option<(u64, u32)> {
    let (whole, fraction) = serial.split_once('.').unwrap_or((serial, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || whole.len() > 18 {
        return None;
    }
    // More digits than a second needs, and few enough for the product.
    let fraction = &fraction[..fraction.len().min(18)];
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let seconds = (fraction.parse::<u128>().ok()? * u128::from(SECONDS_A_DAY) * 2 + scale) / (2 * scale);
    let seconds = u32::try_from(seconds).ok()?;
    Some((whole.parse::<u64>().ok()? + u64::from(seconds / SECONDS_A_DAY), seconds % SECONDS_A_DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_days() {
        for (serial, from_1900, from_1904) in [
            ("46083", "2026-03-02", "2030-03-03"),
            ("46083.5", "2026-03-02 12:00:00", "2030-03-03 12:00:00"),
            ("46083.586805555", "2026-03-02 14:05:00", "2030-03-03 14:05:00"),
            ("46083.58680555555", "2026-03-02 14:05:00", "2030-03-03 14:05:00"),
            ("46083.99999999999", "2026-03-03", "2030-03-04"),
            ("46083.000000000000000000000001", "2026-03-02", "2030-03-03"),
            ("0", "", "1904-01-01"),
            ("0.25", "", "1904-01-01 06:00:00"),
            ("1", "1900-01-01", "1904-01-02"),
            ("59", "1900-02-28", "1904-02-29"),
            ("59.9999999", "", "1904-03-01"),
            ("60", "", "1904-03-01"),
            ("60.5", "", "1904-03-01 12:00:00"),
            ("61", "1900-03-01", "1904-03-02"),
            ("2957003", "9995-12-30", "9999-12-31"),
            ("2958465", "9999-12-31", ""),
            ("2958466", "", ""),
            ("99999999999999999999", "", ""),
            ("-1", "", ""),
            ("", "", ""),
            ("46083.", "", ""),
            (".5", "", ""),
            ("4e4", "", ""),
            ("４", "", ""),
        ] {
            let told = |dates| serial_moment(serial, dates).map_or_else(String::new, |m| m.to_string());
            assert_eq!(told(DateSystem::From1900), from_1900, "{serial}");
            assert_eq!(told(DateSystem::From1904), from_1904, "{serial}");
        }
    }

    #[test]
    fn iso_days_and_durations() {
        for (text, told) in [
            ("2026-03-02", "2026-03-02"),
            ("2026-03-02T00:00:00", "2026-03-02"),
            ("2026-03-02T14:05:00Z", "2026-03-02 14:05:00"),
            ("2026-03-02T14:04:59.6", "2026-03-02 14:05:00"),
            ("14:05:00", ""),
            ("2026-02-30", ""),
        ] {
            assert_eq!(iso_moment(text).map_or_else(String::new, |m| m.to_string()), told, "{text}");
        }
        assert_eq!(duration("1.0868055556").as_deref(), Some("26:05:00"));
        assert_eq!(duration("-1"), None);
        assert_eq!(duration("999999999999999999"), None);
    }
}
