//! The program: everything is in the library, behind [`treasury_recon::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    treasury_recon::cli::run()
}
