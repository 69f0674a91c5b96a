//! The text of one cell to a value, as the column's type says.

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveTime};

use crate::domain::moment::Moment;
use crate::domain::money::{Money, MoneyError, Unit};

use super::problem::Kind;
use super::serial::{DateSystem, serial_moment};

/// A cell as it is read: full-width digits, letters and punctuation become plain, without white space, tabs or
/// ideographic spaces around it.
pub fn clean(text: &str) -> Cow<'_, str> {
    let text = clean_text(text);
    if text.is_ascii() || text.chars().all(|c| plain(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(plain).collect::<String>().trim().to_owned())
}

/// A full-width form as the ASCII character it is a form of. Nothing else is folded: 100① is not 1001, nor 100² 1002.
fn plain(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).expect("the forms are in the order of ASCII"),
        '￥' => '¥',
        '﹣' => '-',
        '\u{3000}' | '\u{a0}' => ' ',
        c => c,
    }
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

/// A time of day, `14:05:00`, `140500`, or a day with one: the day and the time it states. Of `93000` a spreadsheet took
/// the leading zero.
pub fn time_in(text: &str, dates: DateSystem) -> Result<(Option<NaiveDate>, Option<NaiveTime>), Kind> {
    if text.len() == 5
        && text.bytes().all(|b| b.is_ascii_digit())
        && let Some(time) = clock(&text[..1], &text[1..3], &text[3..])
    {
        return Ok((None, Some(time)));
    }
    if let Ok(moment) = moment_in(text, dates) {
        return Ok((Some(moment.date), moment.time));
    }
    time_of_day(text).map(|time| (None, Some(time))).ok_or(Kind::BadTime)
}

/// A date, or a date and a time of day `14:05`, `14:05:00`, `140500`, `14时5分0秒`, `20260302140500`.
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
    let behind_day = || text.split_inclusive('日').next().and_then(|day| text.split_at_checked(day.len()));
    let (day, clock) = text.split_once([' ', 'T']).or_else(behind_day).ok_or(Kind::BadMoment)?;
    let date = parse_date(day).ok_or(Kind::BadMoment)?;
    let time = time_of_day(clock.trim()).ok_or(Kind::BadMoment)?;
    Ok(Moment { date, time: Some(time) })
}

/// A whole number, `1234`, `1,234`, `12.0` or `12笔`.
pub fn count(text: &str) -> Result<u32, Kind> {
    let number = text.strip_suffix('笔').unwrap_or(text).trim_end();
    let (whole, zeros) = number.split_once('.').unwrap_or((number, "0"));
    let groups: Vec<&str> = whole.split(',').collect();
    let is_grouped = groups.len() == 1
        || (1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3);
    let digits = groups.concat();
    if !is_grouped || zeros.is_empty() || zeros.bytes().any(|b| b != b'0') || !is_digits(&digits) {
        return Err(Kind::BadCount);
    }
    digits.parse().map_err(|_| Kind::BadCount)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
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
    if text.len() == 6 && is_digits(text) {
        return clock(&text[..2], &text[2..4], &text[4..]);
    }
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
        check_moment("20260302 140509", "2026-03-02 14:05:09");
        check_moment("2026年3月2日15时30分", "2026-03-02 15:30:00");
        check_moment("2026年3月2日15:30", "2026-03-02 15:30:00");
        check_moment("２０２６年３月２日\u{3000}１５：３０", "2026-03-02 15:30:00");
        for text in [
            "2026-03-02 24:00:00",
            "20260302 1405",
            "20260302 240000",
            "2026年3月2日下午3时",
            "2026年3月2日15",
            "2026-03-02 下午3:05",
            "2026-03-02 10:00 PM",
            "2026-03-02T10:00:00Z",
            "2026-03-0②",
            "2026年3⽉2⽇",
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
        for (text, expected) in
            [("12", 12), ("1,234", 1234), ("1,234,567.00", 1_234_567), ("12.0", 12), ("12笔", 12), ("0", 0)]
        {
            assert_eq!(count(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "笔",
            "+12",
            "-1",
            "12.5",
            "12.",
            ".0",
            "1,23",
            "1234,567",
            ",123",
            "12,",
            "1 2",
            "12张",
            "4294967296",
        ] {
            assert_eq!(count(text), Err(Kind::BadCount), "{text}");
        }
        assert_eq!(rate("0.5"), Ok("0.5"));
        assert_eq!(rate("5e-1"), Err(Kind::BadRate));
        assert_eq!(flag("是"), Ok(true));
        assert_eq!(flag("maybe"), Err(Kind::BadFlag));
        assert_eq!(clean("\u{3000}１２３\u{a0}"), "123");
        assert_eq!(clean("（￥１，２３４．５６）"), "(¥1,234.56)");
        assert_eq!(clean("﹣５～Ａ"), "-5~A");
        for text in ["100①", "100²", "⑽", "㈠", "1½", "⁻5", "٣", "𝟏", "㏠"] {
            assert_eq!(clean(text), text, "what is no full-width form stays");
            assert_eq!(money(&clean(text), Unit::Yuan), Err(Kind::BadMoney { unit: Unit::Yuan }));
        }
    }

    /// Spellings of money as they come, and what becomes of each.
    #[test]
    fn spellings_of_money() {
        for (text, expected) in [
            ("1,234.56", "1234.56"),
            ("¥28.16", "28.16"),
            ("￥28.16", "28.16"),
            ("+10000.00", "10000.00"),
            ("-12345.89", "-12345.89"),
            ("+0.00", "0.00"),
            ("-0.00", "0.00"),
            ("(1,234.56)", "-1234.56"),
            ("0.1", "0.10"),
            ("１２３．４５", "123.45"),
            ("－１２３", "-123.00"),
            ("（１２３）", "-123.00"),
            ("-", ""),
            ("--", ""),
            ("", ""),
            ("－", ""),
            ("\u{2212}12.00", "-12.00"),
            ("﹣12.00", "-12.00"),
            ("99999999999999.99", "99999999999999.99"),
            ("12345678901234567890.12", "money-too-large"),
            ("79228162514264337593543950335", "money-too-large"),
            ("79228162514264337593543950336", "money-too-large"),
        ] {
            let told = match money(&clean(text), Unit::Yuan) {
                Ok(money) => money.map(|money| money.to_string()).unwrap_or_default(),
                Err(kind) => kind.code().to_owned(),
            };
            assert_eq!(told, expected, "{text}");
        }
        for text in [
            "1.234,56",
            "1,23,456.00",
            "1 234.56",
            "1.00E+05",
            "100000.",
            ".5",
            "1,2345.00",
            "0.005",
            "N/A",
            "NaN",
            "Infinity",
            "1e400",
            "0x10",
            "1_000",
            "￥1,234.56元",
            "壹佰元整",
            "CNY 12.00",
            "12.00-",
            "12\u{a0}345.00",
            "12\u{202f}345.00",
        ] {
            assert_eq!(money(&clean(text), Unit::Yuan), Err(Kind::BadMoney { unit: Unit::Yuan }), "{text}");
        }
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
        // The zero that a spreadsheet took.
        assert_eq!(at("93000"), "- 09:30:00");
        assert_eq!(at("46083"), "2026-03-02 -");
        assert_eq!(at("46083.5"), "2026-03-02 12:00:00");
        assert_eq!(at("9300"), "bad-time");
        assert_eq!(at("24:00:00"), "bad-time");
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
