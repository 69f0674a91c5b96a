//! Bytes to entries and problems.
//!
//! A file that cannot be used at all and a row that cannot be used are both problems: they are collected, and the
//! rest is read. For every file, accepted, subtotal and rejected rows add up to its rows, in number and in yuan.

pub mod cell;
pub mod format;
pub mod grid;
pub mod intake;
pub mod problem;
pub mod text;
pub mod workbook;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::entry::Part;
use crate::domain::money::Money;
use format::Format;
use problem::Problem;

/// A file as it came.
#[derive(Debug)]
pub struct SourceFile {
    /// Relative to the book.
    pub path: Arc<str>,
    pub bytes: Vec<u8>,
    /// The day whose inbox held it; for a reference table the day of the run.
    pub arrived: NaiveDate,
}

/// What became of a file.
#[derive(Debug, Default)]
pub struct Parsed {
    pub parts: Vec<Part>,
    pub problems: Vec<Problem>,
    pub tally: Tally,
    pub encoding: &'static str,
    /// Whether its header was found, so that it is a delivery, if an empty one.
    pub is_readable: bool,
}

/// A number of rows and the yuan they state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub rows: u64,
    pub yuan: Money,
}

impl Total {
    pub fn add(&mut self, yuan: Money) {
        self.rows += 1;
        self.yuan += yuan;
    }

    fn join(&mut self, other: Self) {
        self.rows += other.rows;
        self.yuan += other.yuan;
    }
}

/// The rows of a file by fate. Invariant, asserted: accepted + subtotal + rejected = read, in rows and in yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub read: Total,
    pub accepted: Total,
    pub subtotal: Total,
    pub rejected: Total,
    /// Rows without any content, and lines above the header.
    pub blank_rows: u64,
}

impl Tally {
    pub fn join(&mut self, other: &Self) {
        self.read.join(other.read);
        self.accepted.join(other.accepted);
        self.subtotal.join(other.subtotal);
        self.rejected.join(other.rejected);
        self.blank_rows += other.blank_rows;
    }

    /// Panics if a row or a fen was lost on the way: that would be our fault, not the file's.
    pub fn assert_conserved(&self) {
        assert_eq!(
            self.read.rows,
            self.accepted.rows + self.subtotal.rows + self.rejected.rows,
            "every row has one fate"
        );
        assert_eq!(
            self.read.yuan,
            self.accepted.yuan + self.subtotal.yuan + self.rejected.yuan,
            "every yuan has one fate"
        );
    }
}

/// Reads one file of one ledger or reference table.
pub fn read(file: &SourceFile, format: &Format) -> Parsed {
    let parsed = text::read(file, format);
    parsed.tally.assert_conserved();
    parsed
}
