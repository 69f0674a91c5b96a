//! Amounts, with a second opinion on what their digits come to.
#![no_main]

use libfuzzer_sys::fuzz_target;
use treasury_recon::domain::money::{INTEGER_DIGITS_MAX, Money, Unit};
use treasury_recon::ledger::cell;

fuzz_target!(init: fuzz::prepare(fuzz::SMALL), |text: &str| {
    // How many decimals an amount of fen has.
    for (unit, decimals) in [(Unit::Yuan, 2), (Unit::TenThousand, 6), (Unit::Fen, 0)] {
        let parsed = Money::parse_in(text, unit);
        let expected = fen(text, decimals);
        if let Ok(money) = parsed {
            assert_eq!(Some(money.fen()), expected, "{text:?} in {unit:?}");
            assert_eq!(money.to_string().parse(), Ok(money));
            assert_eq!(Money::from_fen(money.fen()), money);
            assert_eq!((-money).fen(), -money.fen());
        }
        if is_plain(text) && unit == Unit::Yuan {
            assert!(parsed.is_ok(), "{text:?}");
        }
        assert_eq!(cell::money(text, unit).is_ok(), parsed.is_ok() || matches!(text, "" | "-" | "--"));
    }
});

/// What the digits of a text come to, whatever else stands between them.
fn fen(text: &str, decimals: usize) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let fraction = digits(fraction);
    let dropped = fraction.get(decimals..).unwrap_or("");
    let kept = &fraction[..fraction.len() - dropped.len()];
    let number = format!("{}{kept:0<decimals$}", digits(whole));
    let fen: i64 =
        number.trim_start_matches('0').parse().or(if number.is_empty() { Err(()) } else { Ok(0) }).ok()?;
    let is_negative = text.contains(['-', '\u{2212}', '(']);
    dropped.bytes().all(|b| b == b'0').then_some(if is_negative { -fen } else { fen })
}

/// `1234`, `1234.5`, `1234.56`.
fn is_plain(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |part: &str, most| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    digits(whole, INTEGER_DIGITS_MAX) && digits(fraction, 2)
}
