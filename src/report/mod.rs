//! Results to documents, documents to bytes.

pub mod audit;
pub mod backtest;
pub mod coverage;
pub mod daily;
pub mod document;
pub mod investigation;
mod names;
mod notices;
mod page;
pub mod pair;
pub mod registers;
pub mod render;
mod spoken;
pub mod summary;
pub mod wire;
pub mod workbooks;

use crate::domain::lang::Lang;
use crate::ledger::problem::Problem;
use crate::ledger::{Note, Tally};
use crate::pipeline::Outcome;

/// A run as its reports see it.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    pub outcome: &'r Outcome,
    pub files: &'r [FileRead<'r>],
    pub problems: &'r [Problem],
    pub lang: Lang,
}

/// A file that was read, as reports count it.
#[derive(Debug)]
pub struct FileRead<'a> {
    /// Relative to the book.
    pub path: &'a str,
    /// The ledger or table it is of; empty if it was not recognised.
    pub format: &'a str,
    /// What its bytes are: an encoding, a kind of workbook, a kind of message.
    pub content: &'a str,
    pub tally: &'a Tally,
    pub notes: &'a [Note],
}

/// Takes a file's bytes, piece by piece: a day's matches are hundreds of megabytes, and never stand in memory whole.
pub type Sink<'s> = dyn FnMut(&[u8]) -> std::io::Result<()> + Send + 's;

/// A file of `reports/D/`: its name, and what writes it from a run.
pub type Report = (&'static str, fn(&Run<'_>, &mut Sink<'_>) -> std::io::Result<()>);

/// Takes the files of a folder: the name of each, and its bytes.
pub type Files<'f> = dyn FnMut(&str, &[u8]) -> std::io::Result<()> + Send + 'f;

/// A folder of `reports/D/` that holds as many files as the run calls for: its name, and what fills it. It is not made
/// for no file.
pub type Folder = (&'static str, fn(&Run<'_>, &mut Files<'_>) -> std::io::Result<()>);

/// Every folder of a day.
pub const FOLDERS: &[Folder] = &[("notices", page::notice::files)];

/// Every report of a day.
pub const REPORTS: &[Report] = &[
    ("findings.csv", daily::findings_csv),
    ("findings.json", daily::findings_json),
    ("matches.csv", daily::matches_csv),
    ("open-items.csv", daily::open_items_csv),
    ("problems.csv", daily::problems_csv),
    ("totals.csv", daily::totals_csv),
    ("coverage.csv", coverage::coverage_csv),
    ("notices.csv", notices::notices_csv),
    ("report.xlsx", workbooks::report),
    ("registers.xlsx", workbooks::registers),
    ("index.html", page::index),
];
