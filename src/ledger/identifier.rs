//! Identifiers that passed through a spreadsheet: floats, lost leading zeros, scientific notation.
//!
//! What can be proven is repaired, by a check digit or a fixed width. What cannot is marked and never used to find
//! anything, since one damaged number stands for thousands of accounts.

use std::borrow::Cow;

use crate::domain::codes::{is_bank_number, is_citizen_number, is_credit_code, repair_bank_number};
use crate::domain::field::Field;

use super::grid::Nature;

/// What is known of an identifier's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// 支付行号: twelve digits with a check digit.
    Bank,
    /// 国库代码: ten digits.
    Treasury,
    /// 账号: no form of its own.
    Account,
    /// 纳税人识别号: most have a check digit.
    Taxpayer,
    Other,
}

impl Shape {
    pub fn of(field: Field) -> Self {
        match field {
            Field::Bank | Field::PayerBank | Field::PayeeBank => Self::Bank,
            Field::Treasury | Field::OldTreasury | Field::NewTreasury => Self::Treasury,
            Field::PayerAccount
            | Field::PayeeAccount
            | Field::FromAccount
            | Field::Account
            | Field::CounterpartyAccount => Self::Account,
            Field::TaxpayerId | Field::PayerId | Field::HolderId => Self::Taxpayer,
            _ => Self::Other,
        }
    }
}

/// A spreadsheet keeps so many digits of a number.
const EXACT_DIGITS: usize = 15;
/// So many digits at most are left of a number in scientific notation.
const SHOWN_DIGITS_MAX: usize = 6;
/// So many zeros at the end of a long number are a spreadsheet's, not a bank's.
const LOST_ZEROS: usize = 6;

/// An identifier as it was before a spreadsheet had it; `None` if that cannot be known.
pub fn restore(text: &str, nature: Nature, shape: Shape) -> Option<Cow<'_, str>> {
    match bare(text) {
        Cow::Borrowed(text) => restore_bare(text, nature, shape),
        Cow::Owned(text) => restore_bare(&text, nature, shape).map(|id| Cow::Owned(id.into_owned())),
    }
}

/// An identifier without what no one sees of it: the apostrophe by which a spreadsheet keeps a text a text, characters
/// without width, and the blanks that part a number into groups.
pub fn bare(text: &str) -> Cow<'_, str> {
    // Every byte is looked at, which is quicker than to stop at the first.
    let is_plain = text.bytes().fold(true, |is_plain, byte| is_plain & byte.is_ascii_graphic());
    let is_marked = |text: &str| text.len() > 1 && text.starts_with(['\'', '’']);
    if is_plain && !is_marked(text) {
        return Cow::Borrowed(text);
    }
    let seen: String = text.chars().filter(|&c| !is_unseen(c)).collect();
    let marked = seen.trim_start_matches(|c: char| matches!(c, '\'' | '’') || c.is_whitespace());
    let kept = if marked.is_empty() { seen.trim() } else { marked.trim_end() };
    let is_number = kept.chars().all(|c| c.is_ascii_digit() || c.is_whitespace());
    let bare: String = kept.chars().filter(|c| !is_number || !c.is_whitespace()).collect();
    if bare == text { Cow::Borrowed(text) } else { Cow::Owned(bare) }
}

/// Characters without width and marks of the direction of writing.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn restore_bare(text: &str, nature: Nature, shape: Shape) -> Option<Cow<'_, str>> {
    if nature != Nature::Number && is_untouched(text) {
        return repaired(text, shape);
    }
    if is_scientific(text) {
        return None;
    }
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if is_digits(whole) && !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => {
            whole
        }
        Some(_) if nature == Nature::Number => return None,
        _ => text,
    };
    let is_number = nature == Nature::Number || whole.len() < text.len();
    if is_number && (!is_digits(whole) || whole.len() > EXACT_DIGITS) {
        return None;
    }
    if is_number && shape == Shape::Bank && whole.len() == 11 {
        return repair_bank_number(whole).map(Cow::Owned);
    }
    repaired(whole, shape)
}

/// The code of a cell that holds its name too, where codes are digits: 1010101增值税, 3501000000-某县支库.
pub fn without_name(text: &str, field: Field) -> &str {
    let is_coded = matches!(
        field,
        Field::Subject
            | Field::OldSubject
            | Field::NewSubject
            | Field::Economic
            | Field::Treasury
            | Field::OldTreasury
            | Field::NewTreasury
            | Field::TaxOrg
            | Field::OldOrg
            | Field::NewOrg
            | Field::Collector
            | Field::Unit
            | Field::Bank
    );
    if text.is_ascii() || !is_coded {
        return text;
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (code, name) = text.split_at(digits);
    let name = name.trim_start_matches(|c: char| c.is_whitespace() || "-_/:、(|".contains(c));
    if digits >= 3 && name.starts_with(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) { code } else { text }
}

/// Whether nothing about a text hints at a spreadsheet; quick, since most identifiers pass.
fn is_untouched(text: &str) -> bool {
    memchr::memchr2(b'.', b'+', text.as_bytes()).is_none() && !text.ends_with("000000")
}

fn repaired(text: &str, shape: Shape) -> Option<Cow<'_, str>> {
    match shape {
        Shape::Bank if text.len() == 11 => {
            return Some(repair_bank_number(text).map_or(Cow::Borrowed(text), Cow::Owned));
        }
        // A province is 01 to 65: of a code one digit short the leading zero is lost.
        Shape::Treasury if text.len() == 9 && is_digits(text) => return Some(Cow::Owned(format!("0{text}"))),
        _ => {}
    }
    let zeros = text.bytes().rev().take_while(|&byte| byte == b'0').count();
    let lost = zeros >= LOST_ZEROS
        && is_digits(text)
        && match shape {
            Shape::Bank => text.len() == 12 && !is_bank_number(text),
            // Shown as 3.50E+17 and typed out, or kept to fifteen digits; honest round numbers lie between.
            Shape::Account => {
                let kept = text.len() - zeros;
                text.len() > EXACT_DIGITS && (kept <= SHOWN_DIGITS_MAX || (13..=EXACT_DIGITS).contains(&kept))
            }
            Shape::Taxpayer => text.len() > EXACT_DIGITS && !is_credit_code(text) && !is_citizen_number(text),
            Shape::Treasury | Shape::Other => false,
        };
    (!lost).then_some(Cow::Borrowed(text))
}

/// `3.50E+17`, as a spreadsheet shows a long number.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let exponent = exponent.strip_prefix('+').unwrap_or("");
    first.len() == 1
        && is_digits(first)
        && is_digits(rest)
        && (2..=3).contains(&exponent.len())
        && is_digits(exponent)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, nature: Nature, shape: Shape, expected: Option<&str>) {
        assert_eq!(restore(text, nature, shape).as_deref(), expected, "{text:?} {nature:?} {shape:?}");
    }

    #[test]
    fn what_no_one_sees_is_no_part_of_it() {
        for text in [
            "'6222020000001230",
            "’6222020000001230",
            "\u{200b}6222020000001230\u{200b}",
            "\u{202d}6222020000001230\u{202c}",
            "\u{200e}'6222020000001230",
            "'' '6222020000001230",
            "62220200\u{feff}00001230",
            "6222 0200 0000 1230",
            "6222\u{a0}0200\u{3000}0000\t1230",
        ] {
            check(text, Nature::Text, Shape::Account, Some("6222020000001230"));
        }
        check("'11222002115", Nature::Text, Shape::Bank, Some("011222002115"));
        check("'3.50E+17", Nature::Text, Shape::Account, None);
        check("\u{200b}", Nature::Text, Shape::Other, Some(""));
        for text in ["'", "6222-0200", "O'1", "12'", "AB 12", "6222 **** 1230", "财字 12 号"] {
            check(text, Nature::Text, Shape::Other, Some(text));
        }
    }

    #[test]
    fn a_code_may_have_its_name_behind_it() {
        for (text, expected) in [
            ("1010101增值税", "1010101"),
            ("1010101-增值税", "1010101"),
            ("1010101 增值税", "1010101"),
            ("1010101", "1010101"),
            ("T01收入", "T01收入"),
            ("增值税1010101", "增值税1010101"),
            ("1010101x增值税", "1010101x增值税"),
            ("'1010101增值税", "1010101"),
            ("\u{200b}1010101 增值税", "1010101"),
        ] {
            assert_eq!(without_name(&bare(text), Field::Subject), expected, "{text}");
        }
        assert_eq!(without_name("2026年拨款", Field::Batch), "2026年拨款");
    }

    #[test]
    fn what_can_be_proven_is_repaired() {
        check("3501000000.0", Nature::Text, Shape::Treasury, Some("3501000000"));
        check("3501000000", Nature::Number, Shape::Treasury, Some("3501000000"));
        check("101000000", Nature::Number, Shape::Treasury, Some("0101000000"));
        check("11222002115.0", Nature::Text, Shape::Bank, Some("011222002115"));
        check("11222002115", Nature::Number, Shape::Bank, Some("011222002115"));
        check("11222002115", Nature::Text, Shape::Bank, Some("011222002115"));
        check("1010101.0", Nature::Text, Shape::Other, Some("1010101"));
        check("622202000000123", Nature::Number, Shape::Account, Some("622202000000123"));
    }

    #[test]
    fn what_cannot_is_marked() {
        check("3.50E+17", Nature::Text, Shape::Account, None);
        check("3.5e+17", Nature::Text, Shape::Other, None);
        check("350100000000000000", Nature::Text, Shape::Account, None);
        check("350100000000000000", Nature::Number, Shape::Account, None);
        check("622202000000123000000", Nature::Text, Shape::Account, None);
        check("6222020000001230000", Nature::Number, Shape::Account, None);
        check("308222000000", Nature::Text, Shape::Bank, None);
        check("11222002116", Nature::Number, Shape::Bank, None);
        check("913501000000000000", Nature::Text, Shape::Taxpayer, None);
        check("12.5", Nature::Number, Shape::Other, None);
    }

    #[test]
    fn what_is_whole_stays() {
        for (text, shape) in [
            ("1906000000", Shape::Treasury),
            ("102222020334", Shape::Bank),
            ("102", Shape::Bank),
            ("11222002116", Shape::Bank),
            ("6222020000001230", Shape::Account),
            ("1032901030000000", Shape::Account),
            ("000000", Shape::Account),
            ("1000000", Shape::Account),
            ("3E05", Shape::Other),
            ("财字[2026]1.5号", Shape::Other),
            ("20260302000000", Shape::Other),
            ("91350100M000100Y43", Shape::Taxpayer),
            ("6222****1230", Shape::Account),
            ("", Shape::Other),
        ] {
            check(text, Nature::Text, shape, Some(text));
        }
    }
}
