//! Rows of delimited text, as any ledger, under any profile; the first two bytes choose.
//!
//! Half of the inputs are read twice, as they are or as another system would write them: it must come to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use treasury_recon::ledger::decode;
use treasury_recon::ledger::message::{camt, mt940};
use treasury_recon::ledger::profile::{Profile, Sign};
use treasury_recon::ledger::{self, Parsed, format, web_page, workbook};

fuzz_target!(init: fuzz::prepare(fuzz::SMALL), |bytes: &[u8]| {
    let [choice, bits, bytes @ ..] = bytes else { return };
    if workbook::sniff(bytes).is_some() {
        // Workbooks have targets of their own.
        return;
    }
    let formats = format::all();
    let format = &formats[usize::from(*choice) % formats.len()];
    let profile = profile(*bits);
    let parsed = ledger::read(&fuzz::file(bytes.to_vec()), format, &profile);
    fuzz::check(&parsed);

    let decoded = decode::decode(bytes, profile.encoding);
    let text = &*decoded.text;
    let is_message = format.is_statement() && (camt::is_camt(text) || mt940::is_mt940(text));
    let is_lines = !is_message && !web_page::is_web_page(text);
    if is_lines {
        check_lines(&parsed, text);
    }
    // A file that ends early is told by the bytes it lacks.
    let is_whole = decoded.padding == 0 && decoded.cut_at.is_none();
    let other = match usize::from(*choice) / formats.len() {
        4 => bytes.to_vec(),
        5 if is_lines && is_whole => in_utf16(text),
        6.. if is_lines && is_whole && parsed.is_readable && !text.contains(['"', '\r']) => {
            in_utf16(&text.replace('\n', "\r\n"))
        }
        _ => return,
    };
    let again = ledger::read(&fuzz::file(other), format, &profile);
    fuzz::check_same(&parsed, &again);
});

fn profile(bits: u8) -> Profile {
    Profile {
        sign: [None, Some(Sign::CreditPositive), Some(Sign::DebitPositive), Some(Sign::Negated)]
            [usize::from(bits & 3)],
        short_rows: bits & 4 != 0,
        decimal_comma: bits & 8 != 0,
        header_row: [None, Some(1), Some(2), Some(3)][usize::from(bits >> 4 & 1 | bits >> 6 & 2)],
        delimiter: [None, Some(b','), Some(b';'), Some(b'\t')][usize::from(bits >> 5 & 3)],
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
fn in_utf16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}
