//! Workbooks, whole: zips and compound files as they come.
#![no_main]

use libfuzzer_sys::fuzz_target;
use treasury_recon::ledger::workbook;

fuzz_target!(init: fuzz::prepare(fuzz::WORKBOOK), |bytes: &[u8]| {
    let Some(container) = workbook::sniff(bytes) else { return };
    if let Ok(sheets) = workbook::read(bytes, container) {
        fuzz::check_sheets(&sheets);
    }
});
