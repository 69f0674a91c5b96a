//! `completions`: a shell's completion script.

use clap::CommandFactory;

pub(super) fn script(shell: clap_complete::Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut super::Cli::command(), "treasury-recon", &mut bytes);
    String::from_utf8(bytes).expect("scripts are text")
}
