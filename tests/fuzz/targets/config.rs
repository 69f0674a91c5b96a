//! `recon.toml`, and the sources it describes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use treasury_recon::cli::config;
use treasury_recon::cli::sources::{self, Raw};

fuzz_target!(init: fuzz::prepare(fuzz::SMALL), |text: &str| {
    let config = config::read(text);
    for source in &config.sources {
        let _ = source.speaks_of("inbox/2026-03-02/对账单-bank.XLSX");
    }
    let Ok(table) = text.parse::<toml::Table>() else { return };
    let written = table.get("source").and_then(toml::Value::as_array).into_iter().flatten();
    for source in written {
        let Ok(known) = sources::read(source) else { continue };
        let raw: Raw = source.clone().try_into().expect("it was read");
        let again = config::read(&sources::write(&raw));
        assert_eq!(again.problems, [], "{raw:?}");
        assert_eq!(again.sources[0].profile, known.profile, "what is written says the same");
    }
});
