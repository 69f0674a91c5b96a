//! Example books, made from a seed.
//!
//! The story book is what a newcomer runs first and what the tests hold the program to: the working days from the year end
//! of 2025 to the Spring Festival of 2026, ordinary flows of payments, and troubles planted among near misses. The long book
//! has what shows only after months. A clean book has the same flows and nothing wrong in it.
//!
//! Everything here is pure: a book is a list of files as bytes. This module uses nothing else of the crate,
//! so what it writes can contradict what the crate reads. It leaves out `recon.toml`, which `init` writes.

mod calendar;
mod documents;
mod flow;
mod payouts;
mod publish;
mod record;
mod refunds;
mod registers;
mod rng;
mod schemes;
mod story;
mod sums;
mod troubles;
mod world;

use chrono::NaiveDate;

/// One file of a generated book: its path relative to the book, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookFile {
    pub path: String,
    pub bytes: Vec<u8>,
}

/// One finding the story demands of the run of one day.
///
/// An empty `institution` and a `None` demand nothing of that column: the law leaves it open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    pub day: NaiveDate,
    pub rule: &'static str,
    pub key: String,
    pub party: &'static str,
    pub institution: String,
    pub severity: &'static str,
    /// `open` or `resolved`.
    pub status: &'static str,
    /// In fen.
    pub amount: Option<i64>,
    /// In fen.
    pub difference: Option<i64>,
    pub days_late: Option<u32>,
    pub first_seen: NaiveDate,
}

/// The bundled example book: reference tables, inbox days and `story.md`.
pub fn story_book() -> Vec<BookFile> {
    story::tell().files()
}

/// The days of the story on which a run takes place, in order.
pub fn story_days() -> Vec<NaiveDate> {
    story::days()
}

/// Exactly the findings the story demands, day by day, sorted by day, rule and key.
pub fn story_expectations() -> Vec<Expected> {
    story::tell().expectations()
}

/// The long example book: fourteen months of few payers, for the rules that compare months.
pub fn long_book() -> Vec<BookFile> {
    story::tell_long().files()
}

/// The days of the long story, in order.
pub fn long_days() -> Vec<NaiveDate> {
    story::long_days()
}

/// Exactly the findings the long story demands, sorted by day, rule and key.
pub fn long_expectations() -> Vec<Expected> {
    story::tell_long().expectations()
}

/// What somebody arranged in a [`suspect_book`], and the lead that finds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scheme {
    pub kind: String,
    pub rule: &'static str,
    /// It is found by any of these.
    pub keys: Vec<String>,
}

/// A book with schemes in it that only leads can find, among honest dealings that resemble them; and all its schemes.
pub fn suspect_book(seed: u64) -> (Vec<BookFile>, Vec<Scheme>) {
    schemes::book(seed)
}

/// A book with nothing wrong in it: `days` working days from `first` on, about `slips` payments a day.
///
/// A book of one day settles everything on that day. From [`LEAN_FROM`] slips a day the rows leave out what
/// is only decoration, so that large books measure the program and not the disk.
pub fn clean_book(seed: u64, first: NaiveDate, days: u32, slips: u32) -> Vec<BookFile> {
    flow::clean(seed, first, days, slips)
}

/// From this many slips a day a clean book is lean.
pub const LEAN_FROM: u32 = 100_000;

#[cfg(test)]
mod tests;
