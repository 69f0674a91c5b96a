//! Rows of delimited text, as any ledger, under any profile; the first two bytes choose.
#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::fuzz_target;
use treasury_recon::ledger::decode::{self, Encoding};
use treasury_recon::ledger::message::{camt, mt940};
use treasury_recon::ledger::profile::{Profile, Sign};
use treasury_recon::ledger::{self, Parsed, format, web_page, workbook};

fuzz_target!(init: fuzz::prepare(), |bytes: &[u8]| {
    let [choice, bits, bytes @ ..] = bytes else { return };
    let formats = format::all();
    let format = &formats[usize::from(*choice) % formats.len()];
    let profile = profile(*bits);
    let parsed = ledger::read(&fuzz::file(bytes.to_vec()), format, &profile);
    fuzz::check(&parsed);

    let text = decode::decode(bytes, profile.encoding).text;
    let is_message = format.is_statement() && (camt::is_camt(&text) || mt940::is_mt940(&text));
    let is_lines = workbook::sniff(bytes).is_none() && !is_message && !web_page::is_web_page(&text);
    if is_lines {
        check_lines(&parsed, &text);
    }
    // A second reading for some: the same bytes, or the same text as another system would write it.
    let is_whole = is_lines && !text.contains('\u{fffd}') && !bytes.ends_with(&[0]);
    let other = match usize::from(*choice) / formats.len() {
        1 => Cow::Borrowed(bytes),
        2 if is_whole => in_utf16(&text),
        3 if is_whole && parsed.is_readable && !text.contains(['"', '\r']) => {
            Cow::Owned(text.replace('\n', "\r\n").into_bytes())
        }
        _ => return,
    };
    let again = ledger::read(&fuzz::file(other.into_owned()), format, &profile);
    fuzz::check_same(&parsed, &again);
});

fn profile(bits: u8) -> Profile {
    Profile {
        sign: [None, Some(Sign::CreditPositive), Some(Sign::DebitPositive), Some(Sign::Negated)]
            [usize::from(bits & 3)],
        short_rows: bits & 4 != 0,
        decimal_comma: bits & 8 != 0,
        header_row: (bits & 16 != 0).then_some(2),
        delimiter: [None, Some(b','), Some(b';'), Some(b'\t')][usize::from(bits >> 5 & 3)],
        encoding: (bits & 128 != 0).then_some(Encoding::Gb18030),
        ..Profile::default()
    }
}

/// Each line is counted once; only a quoted cell makes several of them one row.
fn check_lines(parsed: &Parsed, text: &str) {
    let ends = text.matches('\n').count() + text.matches('\r').count() - text.matches("\r\n").count();
    let lines = ends + usize::from(!text.is_empty() && !text.ends_with(['\n', '\r']));
    let tally = &parsed.tally;
    let told = tally.read.rows + tally.blank_rows + tally.title_rows + tally.footer_rows;
    assert!(told <= lines as u64, "{told} of {lines} lines");
    assert!(told == lines as u64 || !parsed.is_readable || text.contains('"'), "{told} of {lines} lines");
    assert!(parsed.problems.iter().all(|problem| problem.row.is_none_or(|row| row as usize <= lines)));
}

/// The same text as another system would write it.
fn in_utf16(text: &str) -> Cow<'static, [u8]> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}
