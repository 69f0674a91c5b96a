//! Tables of web pages: alone, and as the rows of a statement.
#![no_main]

use libfuzzer_sys::fuzz_target;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{self, format, web_page};

fuzz_target!(init: fuzz::prepare(fuzz::SMALL), |text: &str| {
    for nested in [web_page::Nested::Text, web_page::Nested::Table] {
        if let Ok(page) = web_page::read(text, nested) {
            page.grids.iter().for_each(fuzz::check_grid);
        }
    }
    // Reading the rows costs ten times as much, and has a target of its own.
    if text.len() % 8 == 0 && web_page::is_web_page(text) {
        let file = fuzz::file(text.as_bytes().to_vec());
        fuzz::check(&ledger::read(&file, format::of(Ledger::BankStatements), &Profile::default()));
    }
});
