//! MT940 messages: alone, and as the rows of a statement.
#![no_main]

use libfuzzer_sys::fuzz_target;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::ledger::message::mt940;
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{self, format};

fuzz_target!(init: fuzz::prepare(fuzz::SMALL), |text: &str| {
    let message = mt940::read(text);
    if let Ok(message) = &message {
        fuzz::check_message(message);
    }
    // Reading the rows costs ten times as much, and has a target of its own.
    if text.len() % 8 == 0 && mt940::is_mt940(text) {
        let file = fuzz::file(text.as_bytes().to_vec());
        let parsed = ledger::read(&file, format::of(Ledger::BankStatements), &Profile::default());
        fuzz::check(&parsed);
        // With NUL between its letters a text may be taken for UTF-16.
        let rows = message.map_or(usize::MAX, |message| message.grid.rows().len() + message.cuts.len());
        assert!(text.contains('\0') || parsed.tally.read.rows < rows as u64, "the header is no row");
    }
});
