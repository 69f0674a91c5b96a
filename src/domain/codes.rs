//! Codes with a shape or a check digit of their own.
//!
//! A failed check is evidence about the code, never a reason to reject a row: legal codes exist that fail.

use chrono::NaiveDate;

/// Whether a bank number 支付行号 (12 digits) passes its ISO 7064 MOD 11,10 check digit.
pub fn is_bank_number(text: &str) -> bool {
    if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let digits = text.as_bytes();
    let product = digits[..11].iter().fold(10_u32, |product, digit| {
        let sum = (product + u32::from(digit - b'0')) % 10;
        (2 * if sum == 0 { 10 } else { sum }) % 11
    });
    (product + u32::from(digits[11] - b'0')) % 10 == 1
}

/// A bank number whose leading zero a spreadsheet ate; `None` unless the check digit proves it.
pub fn repair_bank_number(text: &str) -> Option<String> {
    let padded = format!("0{text}");
    (text.len() == 11 && is_bank_number(&padded)).then_some(padded)
}

/// Whether a text has the shape of a treasury code 国库代码: ten digits.
pub fn is_treasury_code(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit())
}

const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const CREDIT_WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Whether a unified social credit code 统一社会信用代码 (GB 32100-2015) is well formed and passes its check.
///
/// Early codes exist that fail and are legal, so this is information only.
pub fn is_credit_code(text: &str) -> bool {
    if text.len() != 18 || !text.bytes().skip(2).take(6).all(|b| b.is_ascii_digit()) {
        return false;
    }
    let Some(values) = text
        .bytes()
        .map(|byte| CREDIT_ALPHABET.iter().position(|&c| c == byte))
        .collect::<Option<Vec<usize>>>()
    else {
        return false;
    };
    let sum: usize = values.iter().zip(CREDIT_WEIGHTS).map(|(value, weight)| value * weight).sum();
    values[17] == (31 - sum % 31) % 31
}

/// Whether a text has the shape of a citizen number 公民身份号码 (GB 11643), check digit included, or of one of before 1999,
/// which has fifteen digits and no check digit: the day of birth tells.
pub fn is_citizen_number(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let bytes = text.as_bytes();
    if bytes.len() == 15 && bytes.iter().all(u8::is_ascii_digit) {
        let part = |from: usize| text[from..from + 2].parse::<u32>().unwrap_or_default();
        let year = text[6..8].parse::<i32>().unwrap_or_default();
        return NaiveDate::from_ymd_opt(1900 + year, part(8), part(10)).is_some();
    }
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = bytes.iter().zip(WEIGHTS).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    b"10X98765432"[(sum % 11) as usize] == bytes[17].to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bank_numbers() {
        for text in ["102222020334", "103222099999", "905290000008", "011222002115", "011100099992"] {
            assert!(is_bank_number(text), "{text}");
        }
        for text in ["308222000000", "102222020335", "10222202033", "10222202033a", ""] {
            assert!(!is_bank_number(text), "{text}");
        }
        assert_eq!(repair_bank_number("11222002115").as_deref(), Some("011222002115"));
        assert_eq!(repair_bank_number("11222002116"), None);
    }

    #[test]
    fn credit_codes() {
        for text in [
            "91350100M000100Y43",
            "91100000100003962T",
            "91330100799655058B",
            "914403001922038216",
            "9144030071526726XG",
            "91110000802100433B",
        ] {
            assert!(is_credit_code(text), "{text}");
        }
        for text in ["91350100M000100Y44", "91350100M000100I43", "9135010", "91A50100M000100Y43"] {
            assert!(!is_credit_code(text), "{text}");
        }
    }

    #[test]
    fn treasury_codes_and_citizen_numbers() {
        assert!(is_treasury_code("1906080000"));
        assert!(!is_treasury_code("190608000"));
        assert!(is_citizen_number("11010519491231002X"));
        assert!(!is_citizen_number("110105194912310021"));
        assert!(!is_citizen_number("91350100M000100Y43"));
    }
}
