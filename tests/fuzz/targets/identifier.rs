//! Identifiers that passed through a spreadsheet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use treasury_recon::domain::codes::is_bank_number;
use treasury_recon::ledger::cell;
use treasury_recon::ledger::grid::Nature;
use treasury_recon::ledger::identifier::{Shape, restore};

fuzz_target!(init: fuzz::prepare(fuzz::SMALL), |text: &str| {
    let text = &*cell::clean(text);
    for shape in [Shape::Bank, Shape::Treasury, Shape::Account, Shape::Taxpayer, Shape::Other] {
        for nature in [Nature::Text, Nature::Number] {
            let Some(restored) = restore(text, nature, shape) else { continue };
            let again = restore(&restored, Nature::Text, shape);
            assert_eq!(again.as_deref(), Some(&*restored), "{text:?} {nature:?} {shape:?}: restored once and for all");
            let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
            let is_kept = restored.ends_with(whole) || is_within(restored.trim_start_matches('0'), text);
            assert!(is_kept, "{text:?} {nature:?} {shape:?}: {restored}");
            if shape == Shape::Bank && restored.len() > text.len() {
                assert!(is_bank_number(&restored), "{text:?}: {restored}");
            }
        }
    }
});

/// Whether a text is another from which characters were taken.
fn is_within(part: &str, text: &str) -> bool {
    let mut rest = text.chars();
    part.chars().all(|c| rest.any(|other| other == c))
}
