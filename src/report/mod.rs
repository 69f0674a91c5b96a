//! Results to documents, documents to bytes.

pub mod coverage;
pub mod daily;
pub mod document;
pub mod render;
pub mod summary;
pub mod wire;

use crate::domain::lang::Lang;
use crate::ledger::problem::Problem;
use crate::pipeline::Outcome;

/// Takes a file's bytes, piece by piece: a day's matches are hundreds of megabytes, and never stand in memory whole.
pub type Sink<'s> = dyn FnMut(&[u8]) -> std::io::Result<()> + Send + 's;

/// A file of `reports/D/`: its name, and what writes it from a day's outcome.
pub type Report = (&'static str, fn(&Outcome, &[Problem], Lang, &mut Sink<'_>) -> std::io::Result<()>);

/// Every report of a day.
pub const REPORTS: &[Report] = &[
    ("findings.csv", daily::findings_csv),
    ("findings.json", daily::findings_json),
    ("matches.csv", daily::matches_csv),
    ("open-items.csv", daily::open_items_csv),
    ("problems.csv", daily::problems_csv),
    ("totals.csv", daily::totals_csv),
    ("coverage.csv", coverage::coverage_csv),
];
