//! The text of one cell to a value, as the column's type says.

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveTime};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use crate::domain::moment::Moment;
use crate::domain::money::{Money, MoneyError, Unit};

use super::problem::Kind;
use super::serial::{DateSystem, serial_moment};

/// A cell as it is read: NFKC (full-width digits and punctuation become plain), without white space, tabs or
/// ideographic spaces around it.
pub fn clean(text: &str) -> Cow<'_, str> {
    let text = clean_text(text);
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfkc().collect::<String>().trim().to_owned())
}

/// Free text and names keep their own characters; only the white space around them goes.
pub fn clean_text(text: &str) -> &str {
    if let (Some(first), Some(last)) = (text.bytes().next(), text.bytes().last())
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return text;
    }
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0')
}

/// An amount; a dash is a blank cell, as spreadsheets print zero-less columns.
pub fn money(text: &str, unit: Unit) -> Result<Option<Money>, Kind> {
    if text.is_empty() || text == "-" || text == "--" {
        return Ok(None);
    }
    Money::parse_in(text, unit).map(Some).map_err(|error| match error {
        MoneyError::Grammar | MoneyError::Decimals => Kind::BadMoney { unit },
        MoneyError::TooLarge => Kind::MoneyTooLarge,
    })
}

/// A date: `2026-03-02`, `20260302`, `2026/3/2`, `2026.3.2`, `2026年3月2日`, or the number a spreadsheet has for it. A
/// time of day behind it is left aside.
pub fn date_in(text: &str, dates: DateSystem) -> Result<NaiveDate, Kind> {
    if let Some(date) = parse_date(text) {
        return Ok(date);
    }
    moment_in(text, dates).map(|moment| moment.date).map_err(|_| Kind::BadDate)
}

/// A date or a moment, or the number a spreadsheet has for it: five digits before the point, so that no date of the
/// years 1927 to 2173 is taken for something else.
pub fn moment_in(text: &str, dates: DateSystem) -> Result<Moment, Kind> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    if whole.len() == 5 && whole.bytes().all(|b| b.is_ascii_digit()) {
        return serial_moment(text, dates).ok_or(Kind::BadMoment);
    }
    moment(text)
}

/// A time of day, `14:05:00`, `140500`, or a day with one: the day and the time it states.
pub fn time_in(text: &str, dates: DateSystem) -> Result<(Option<NaiveDate>, Option<NaiveTime>), Kind> {
    if let Ok(moment) = moment_in(text, dates) {
        return Ok((Some(moment.date), moment.time));
    }
    let time = if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
        clock(&text[..2], &text[2..4], &text[4..])
    } else {
        time_of_day(text)
    };
    time.map(|time| (None, Some(time))).ok_or(Kind::BadTime)
}

/// A date, or a date and a time of day `14:05`, `14:05:00`, `14时5分0秒`, `20260302140500`.
pub fn moment(text: &str) -> Result<Moment, Kind> {
    if let Some(moment) = plain_moment(text.as_bytes()) {
        return Ok(moment);
    }
    if let Some(date) = parse_date(text) {
        return Ok(Moment::day(date));
    }
    if text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit()) {
        let date = parse_date(&text[..8]).ok_or(Kind::BadMoment)?;
        let time = clock(&text[8..10], &text[10..12], &text[12..]).ok_or(Kind::BadMoment)?;
        return Ok(Moment { date, time: Some(time) });
    }
    let (day, clock) = text.split_once([' ', 'T']).ok_or(Kind::BadMoment)?;
    let date = parse_date(day).ok_or(Kind::BadMoment)?;
    let time = time_of_day(clock.trim()).ok_or(Kind::BadMoment)?;
    Ok(Moment { date, time: Some(time) })
}

pub fn count(text: &str) -> Result<u32, Kind> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Kind::BadCount);
    }
    text.parse().map_err(|_| Kind::BadCount)
}

/// An exact decimal such as a share or a percentage, kept as text; only its grammar is checked.
pub fn rate(text: &str) -> Result<&str, Kind> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if plain(whole) && plain(fraction) && digits.len() <= 20 { Ok(text) } else { Err(Kind::BadRate) }
}

pub fn flag(text: &str) -> Result<bool, Kind> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "是" => Ok(true),
        "false" | "no" | "n" | "0" | "否" => Ok(false),
        _ => Err(Kind::BadFlag),
    }
}

/// A number of ASCII digits.
fn digits(bytes: &[u8]) -> Option<u32> {
    let mut number = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then_some(())?;
        number = number * 10 + u32::from(digit);
    }
    Some(number)
}

/// The commonest spelling, `2026-03-02`.
fn plain_date(bytes: &[u8]) -> Option<NaiveDate> {
    let [year @ .., b'-', m1, m2, b'-', d1, d2] = bytes else { return None };
    (year.len() == 4).then_some(())?;
    let year = i32::try_from(digits(year)?).ok()?;
    NaiveDate::from_ymd_opt(year, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)
}

/// The commonest spelling, `2026-03-02 14:05:00`.
fn plain_moment(bytes: &[u8]) -> Option<Moment> {
    let [date @ .., b' ', h1, h2, b':', m1, m2, b':', s1, s2] = bytes else { return None };
    let time = NaiveTime::from_hms_opt(digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, digits(&[*s1, *s2])?);
    Some(Moment { date: plain_date(date)?, time: Some(time?) })
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if let Some(date) = plain_date(bytes) {
        return Some(date);
    }
    if bytes.len() == 8 && bytes.iter().all(u8::is_ascii_digit) {
        return ymd(&text[..4], &text[4..6], &text[6..]);
    }
    let (year, rest) = text.split_once(['-', '/', '.', '年'])?;
    let separator = text[year.len()..].chars().next()?;
    let (month, day) = match separator {
        '年' => {
            let (month, day) = rest.split_once('月')?;
            (month, day.strip_suffix('日')?)
        }
        separator => rest.split_once(separator)?,
    };
    ymd(year, month, day)
}

fn ymd(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    let plain = |text: &str, most: usize| {
        (!text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit())).then_some(())
    };
    (year.len() == 4).then_some(())?;
    plain(year, 4)?;
    plain(month, 2)?;
    plain(day, 2)?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn time_of_day(text: &str) -> Option<NaiveTime> {
    // A fraction of a second decides no deadline.
    let text = text.split_once('.').map_or(text, |(whole, _)| whole);
    let text = text.strip_suffix('秒').unwrap_or(text);
    let mut parts = text.split([':', '时', '分']).filter(|part| !part.is_empty());
    let time = clock(parts.next()?, parts.next()?, parts.next().unwrap_or("0"))?;
    parts.next().is_none().then_some(time)
}

fn clock(hour: &str, minute: &str, second: &str) -> Option<NaiveTime> {
    let number = |text: &str| {
        (text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u32>().ok())?
    };
    NaiveTime::from_hms_opt(number(hour)?, number(minute)?, number(second)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check_moment(text: &str, expected: &str) {
        let got = moment(&clean(text)).map_or_else(|kind| kind.code().to_owned(), |m| m.to_string());
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn moments() {
        check_moment("2026-03-02", "2026-03-02");
        check_moment("20260302", "2026-03-02");
        check_moment("2026/3/2", "2026-03-02");
        check_moment("2026年3月2日", "2026-03-02");
        check_moment("２０２６－０３－０２", "2026-03-02");
        check_moment(" 2026-03-02 \t", "2026-03-02");
        check_moment("2026-03-02 14:05:09", "2026-03-02 14:05:09");
        check_moment("2026-03-02T14:05", "2026-03-02 14:05:00");
        check_moment("2026年3月2日 14时05分09秒", "2026-03-02 14:05:09");
        check_moment("2026-03-02 14:05:09.123", "2026-03-02 14:05:09");
        check_moment("20260302140509", "2026-03-02 14:05:09");
        for text in [
            "2026-02-30",
            "26-3-2",
            "2026-3",
            "2026-03-02 25:00",
            "2026-03/02",
            "20260302x",
            "2026-03-02 1:2:3:4",
            "2026-03-02 ",
            "46082",
            "2026-+3-02",
        ] {
            let good = text.trim() == "2026-03-02";
            check_moment(text, if good { "2026-03-02" } else { "bad-moment" });
        }
    }

    #[test]
    fn other_values() {
        assert_eq!(money("-", Unit::Yuan), Ok(None));
        assert_eq!(money("1.005", Unit::Yuan), Err(Kind::BadMoney { unit: Unit::Yuan }));
        assert_eq!(count("12"), Ok(12));
        assert_eq!(count("+12"), Err(Kind::BadCount));
        assert_eq!(count("12.0"), Err(Kind::BadCount));
        assert_eq!(rate("0.5"), Ok("0.5"));
        assert_eq!(rate("5e-1"), Err(Kind::BadRate));
        assert_eq!(flag("是"), Ok(true));
        assert_eq!(flag("maybe"), Err(Kind::BadFlag));
        assert_eq!(clean("\u{3000}１２３\u{a0}"), "123");
    }

    #[test]
    fn numbers_for_dates() {
        let at = |text: &str, dates| {
            moment_in(text, dates).map_or_else(|kind| kind.code().to_owned(), |moment| moment.to_string())
        };
        assert_eq!(at("46083", DateSystem::From1900), "2026-03-02");
        assert_eq!(at("44621", DateSystem::From1904), "2026-03-02");
        assert_eq!(at("46083.5", DateSystem::From1900), "2026-03-02 12:00:00");
        assert_eq!(at("46083.5868055556", DateSystem::From1900), "2026-03-02 14:05:00");
        assert_eq!(at("46083.999999", DateSystem::From1900), "2026-03-03");
        assert_eq!(at("46083.0", DateSystem::From1900), "2026-03-02");
        assert_eq!(at("4608", DateSystem::From1900), "bad-moment");
        assert_eq!(at("46083.x", DateSystem::From1900), "bad-moment");
        assert_eq!(
            date_in("2026/3/2 0:00", DateSystem::From1900).map(|d| d.to_string()),
            Ok("2026-03-02".into())
        );
        assert_eq!(date_in("2026/3/2 x", DateSystem::From1900), Err(Kind::BadDate));
    }

    #[test]
    fn times_of_day() {
        let at = |text: &str| match time_in(text, DateSystem::From1900) {
            Ok((day, time)) => format!(
                "{} {}",
                day.map_or("-".into(), |d| d.to_string()),
                time.map_or("-".into(), |t| t.to_string())
            ),
            Err(kind) => kind.code().to_owned(),
        };
        assert_eq!(at("123456"), "- 12:34:56");
        assert_eq!(at("09:30"), "- 09:30:00");
        assert_eq!(at("2025/12/03  14:06:51"), "2025-12-03 14:06:51");
        assert_eq!(at("2026-03-02"), "2026-03-02 -");
        assert_eq!(at("250000"), "bad-time");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let text = clean(&text);
            let _ = (money(&text, Unit::TenThousand), moment_in(&text, DateSystem::From1900), count(&text));
            let _ = (rate(&text), flag(&text), time_in(&text, DateSystem::From1904));
        }
    }
}
