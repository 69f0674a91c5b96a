//! The program: everything is in the library, behind [`treasury_recon::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    // What panics while a workbook is read is a damaged workbook, and told as one.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some(treasury_recon::ledger::workbook::THREAD) {
            usual(panic);
        }
    }));
    // Anything else is a fault of the program, told by the hook; what was to be written is not published.
    std::panic::catch_unwind(treasury_recon::cli::run).unwrap_or(ExitCode::from(2))
}
