//! Money: yuan, exact to the fen.
//!
//! The text of an amount is checked against a grammar of our own before any library sees it: decimal parsers
//! accept exponents, underscores and a third decimal, and a ledger may hold none of them.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use rust_decimal::Decimal;

/// Renminbi yuan 元, exact to the fen 分.
///
/// Held in fen. Invariant: a *parsed* amount has at most 15 digits before the point, the limit of the central bank's own
/// voucher check; within it a sum of 10^20 amounts is exact, so adding needs no error path.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

/// Digits before the decimal point that an amount may have.
pub const INTEGER_DIGITS_MAX: usize = 15;

/// What an amount is written in, as the header or the source's profile says; never guessed from magnitude.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// 分, a hundredth of a yuan
    Fen,
    /// 元
    #[default]
    Yuan,
    /// 千元
    Thousand,
    /// 万元
    TenThousand,
    /// 百万元
    Million,
    /// 亿元
    HundredMillion,
}

impl Unit {
    pub const ALL: [Self; 6] =
        [Self::Fen, Self::Yuan, Self::Thousand, Self::TenThousand, Self::Million, Self::HundredMillion];

    pub fn word(self) -> &'static str {
        match self {
            Self::Fen => "分",
            Self::Yuan => "元",
            Self::Thousand => "千元",
            Self::TenThousand => "万元",
            Self::Million => "百万元",
            Self::HundredMillion => "亿元",
        }
    }

    /// How many decimals of it make a fen.
    pub fn decimals(self) -> usize {
        match self {
            Self::Fen => 0,
            Self::Yuan => 2,
            Self::Thousand => 5,
            Self::TenThousand => 6,
            Self::Million => 8,
            Self::HundredMillion => 10,
        }
    }
}

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// Not digits with an optional sign, valid grouping and a decimal point.
    Grammar,
    /// Finer than a fen.
    Decimals,
    /// More than fifteen digits before the point.
    TooLarge,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grammar | Self::Decimals => "expected yuan with at most two decimals",
            Self::TooLarge => "expected at most 15 digits before the decimal point",
        })
    }
}

impl std::error::Error for MoneyError {}

impl Money {
    pub const ZERO: Self = Self(0);

    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The yuan, for a share or an interest that need not be whole fen.
    pub fn decimal(self) -> Decimal {
        Decimal::from_i128_with_scale(self.0, 2)
    }

    /// So many times the amount.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self(self.0 * i128::from(count))
    }

    pub fn from_fen(fen: i64) -> Self {
        Self(i128::from(fen))
    }

    /// The amount in fen. Columns store amounts so; every parsed amount fits.
    pub fn fen(self) -> i64 {
        i64::try_from(self.0).expect("sums of bounded amounts stay below 9.2 * 10^16 yuan")
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// Amount-days 积数: this amount held for so many calendar days.
    #[must_use]
    pub fn times_days(self, days: i64) -> Self {
        Self(self.0 * i128::from(days))
    }

    /// Reads an amount written in `unit`.
    pub fn parse_in(text: &str, unit: Unit) -> Result<Self, MoneyError> {
        if unit == Unit::Yuan
            && let Some(fen) = plain_fen(text.as_bytes())
        {
            return Ok(Self::from_fen(fen));
        }
        let (negative, digits, point) = grammar(text)?;
        // Moving the decimal point is exact.
        let scale = unit.decimals();
        let decimals = digits.len() - point;
        let (head, zeros) = if decimals > scale {
            let (head, tail) = digits.split_at(point + scale);
            if tail.iter().any(|&d| d != b'0') || unit == Unit::Yuan {
                return Err(MoneyError::Decimals);
            }
            (head, 0)
        } else {
            (&digits[..], scale - decimals)
        };
        let significant = head.iter().position(|&d| d != b'0').map_or(0, |first| head.len() - first);
        if significant + zeros > INTEGER_DIGITS_MAX + 2 {
            return Err(MoneyError::TooLarge);
        }
        let mut fen: i64 = 0;
        for digit in head {
            fen = fen * 10 + i64::from(digit - b'0');
        }
        for _ in 0..zeros {
            fen *= 10;
        }
        Ok(Self::from_fen(if negative { -fen } else { fen }))
    }
}

/// The fen of an amount in its commonest spelling, digits with exactly two decimals; `None` for every other text.
fn plain_fen(text: &[u8]) -> Option<i64> {
    let [whole @ .., b'.', tens, ones] = text else { return None };
    if whole.is_empty() || whole.len() > INTEGER_DIGITS_MAX {
        return None;
    }
    whole
        .iter()
        .chain([tens, ones])
        .try_fold(0_i64, |fen, digit| digit.is_ascii_digit().then(|| fen * 10 + i64::from(digit - b'0')))
}

/// Sign, digits without point or grouping, and how many of them stand before the point.
fn grammar(text: &str) -> Result<(bool, Vec<u8>, usize), MoneyError> {
    let (bracketed, text) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let (signed, text) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if bracketed && signed {
        return Err(MoneyError::Grammar);
    }
    let text = text.strip_prefix(['¥', '￥']).unwrap_or(text);
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(MoneyError::Grammar),
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let mut digits = Vec::with_capacity(text.len());
    let groups = whole.split(',').count();
    for (index, group) in whole.split(',').enumerate() {
        let right_length = if groups == 1 {
            !group.is_empty()
        } else if index == 0 {
            (1..=3).contains(&group.len())
        } else {
            group.len() == 3
        };
        if !right_length || !group.bytes().all(|b| b.is_ascii_digit()) {
            return Err(MoneyError::Grammar);
        }
        digits.extend_from_slice(group.as_bytes());
    }
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MoneyError::Grammar);
    }
    let point = digits.len();
    digits.extend_from_slice(fraction.as_bytes());
    Ok((bracketed || signed, digits, point))
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::parse_in(text, Unit::Yuan)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fen = self.0.unsigned_abs();
        f.pad_integral(self.0 >= 0, "", &format!("{}.{:02}", fen / 100, fen % 100))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        check_in(text, Unit::Yuan, expected);
    }

    #[track_caller]
    fn check_in(text: &str, unit: Unit, expected: &str) {
        let got = Money::parse_in(text, unit).map_or_else(|e| e.to_string(), |m| m.to_string());
        assert_eq!(got, expected, "{text:?}");
    }

    const NO: &str = "expected yuan with at most two decimals";
    const LARGE: &str = "expected at most 15 digits before the decimal point";

    #[test]
    fn amounts() {
        check("12.3", "12.30");
        check("12", "12.00");
        check("-5.05", "-5.05");
        check("+10000.00", "10000.00");
        check("-0.00", "0.00");
        check("1,234.56", "1234.56");
        check("1,234,567", "1234567.00");
        check("¥28.16", "28.16");
        check("(1,234.56)", "-1234.56");
        check("\u{2212}12.00", "-12.00");
        check("999999999999999.99", "999999999999999.99");
    }

    #[test]
    fn not_amounts() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1_000",
            "1e3",
            "1.00E+05",
            "0x10",
            "NaN",
            "Infinity",
            "1,23,456.00",
            "1,2345.00",
            "1.234,56",
            "1 234.56",
            "12.00-",
            "CNY 12.00",
            "壹佰元整",
            "0.005",
            "0.000",
            "--1",
            "(-1)",
            "1,234,.00",
            ",123",
            "0,1234",
            "12.3.4",
        ] {
            check(text, NO);
        }
        check("1000000000000000.00", LARGE);
        check("79228162514264337593543950335", LARGE);
    }

    #[test]
    fn units() {
        check_in("1.234567", Unit::TenThousand, "12345.67");
        check_in("1.2345678", Unit::TenThousand, NO);
        check_in("0.5", Unit::TenThousand, "5000.00");
        check_in("12345", Unit::Fen, "123.45");
        check_in("12345.00", Unit::Fen, "123.45");
        check_in("12345.5", Unit::Fen, NO);
        check_in("99999999999.999999", Unit::TenThousand, "999999999999999.99");
        check_in("100000000000", Unit::TenThousand, LARGE);
        check_in("1.23456", Unit::Thousand, "1234.56");
        check_in("1.234567", Unit::Thousand, NO);
        check_in("-0.00000001", Unit::Million, "-0.01");
        check_in("0.000000001", Unit::Million, NO);
        check_in("1.5", Unit::HundredMillion, "150000000.00");
        check_in("9999999.9999999999", Unit::HundredMillion, "999999999999999.99");
        check_in("10000000", Unit::HundredMillion, LARGE);
    }

    proptest! {
        #[test]
        fn prints_what_it_reads(fen in -99_999_999_999_999_999_i64..=99_999_999_999_999_999) {
            let money = Money::from_fen(fen);
            prop_assert_eq!(money.to_string().parse::<Money>(), Ok(money));
            prop_assert_eq!(money.fen(), fen);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Money>();
        }

        #[test]
        fn sums_are_exact(fens in proptest::collection::vec(-1_000_000_000_000_i64..1_000_000_000_000, 0..50)) {
            let sum: Money = fens.iter().map(|&fen| Money::from_fen(fen)).sum();
            prop_assert_eq!(sum.fen(), fens.iter().sum::<i64>());
        }
    }
}
