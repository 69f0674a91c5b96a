//! Entries: what one party wrote in one row, and the book that holds a run's entries.

use std::sync::Arc;

use chrono::NaiveDate;

use super::field::Field;
use super::ledger::Ledger;
use super::moment::Moment;
use super::money::Money;
use super::table::{Code, CodePool, Dictionary, Table};

/// Part of a file as it was read: rows of one ledger with their codes still numbered by the part itself.
#[derive(Debug)]
pub struct Part {
    /// `None` for rows of a reference table.
    pub ledger: Option<Ledger>,
    /// The file, relative to the book.
    pub file: Arc<str>,
    /// The day whose inbox held the file.
    pub arrived: NaiveDate,
    pub table: Table,
    /// For each entry its row in the file: 1-based, titles and blank lines counted.
    pub rows: Vec<u32>,
    pub codes: CodePool,
}

/// An entry's place in its [`Book`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u32);

#[derive(Debug)]
struct Segment {
    start: u32,
    ledger: Option<Ledger>,
    file: Arc<str>,
    arrived: NaiveDate,
    table: Table,
    rows: Vec<u32>,
}

/// The entries of a run, unchanging; everything later refers to them by [`EntryId`].
///
/// Invariant: ids run in order of the parts given, so equal parts give equal ids.
#[derive(Debug, Default)]
pub struct Book {
    segments: Vec<Segment>,
    dictionary: Dictionary,
    entries: u32,
}

impl Book {
    /// Joins parts, and gives equal codes of different parts one number.
    pub fn assemble(parts: Vec<Part>) -> Self {
        let mut pools = Vec::with_capacity(parts.len());
        let mut segments = Vec::with_capacity(parts.len());
        let mut entries = 0_u32;
        for part in parts {
            let start = entries;
            let count = u32::try_from(part.rows.len()).expect("fewer than 2^32 entries");
            entries = entries.checked_add(count).expect("fewer than 2^32 entries");
            pools.push(part.codes);
            segments.push(Segment {
                start,
                ledger: part.ledger,
                file: part.file,
                arrived: part.arrived,
                table: part.table,
                rows: part.rows,
            });
        }
        let (dictionary, places) = Dictionary::unite(&pools);
        for (segment, places) in segments.iter_mut().zip(&places) {
            segment.table.recode(places);
        }
        segments.retain(|segment| !segment.rows.is_empty());
        Self { segments, dictionary, entries }
    }

    pub fn len(&self) -> usize {
        self.entries as usize
    }

    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    pub fn ids(&self) -> impl Iterator<Item = EntryId> + use<> {
        (0..self.entries).map(EntryId)
    }

    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.segments.iter().flat_map(move |segment| {
            (0..segment.rows.len()).map(move |row| Entry { book: self, segment, row })
        })
    }

    pub fn entry(&self, id: EntryId) -> Entry<'_> {
        assert!(id.0 < self.entries, "the id is of this book");
        let segment = &self.segments[self.segments.partition_point(|segment| segment.start <= id.0) - 1];
        Entry { book: self, segment, row: (id.0 - segment.start) as usize }
    }
}

/// One row of one ledger, normalised, never merged with another's.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    book: &'a Book,
    segment: &'a Segment,
    row: usize,
}

impl<'a> Entry<'a> {
    pub fn id(self) -> EntryId {
        EntryId(self.segment.start + u32::try_from(self.row).expect("fewer than 2^32 entries"))
    }

    /// Panics for a row of a reference table, which is no entry of any flow.
    pub fn ledger(self) -> Ledger {
        self.segment.ledger.expect("a ledger's row")
    }

    /// The file it stands in, relative to the book.
    pub fn file(self) -> &'a str {
        &self.segment.file
    }

    /// Its row in the file, as the file counts.
    pub fn file_row(self) -> u32 {
        self.segment.rows[self.row]
    }

    /// The day whose inbox held it.
    pub fn arrived(self) -> NaiveDate {
        self.segment.arrived
    }

    /// Text or code; empty where the ledger says nothing.
    pub fn text(self, field: Field) -> &'a str {
        let code = self.segment.table.code(field, self.row);
        if code == Code::default() {
            self.segment.table.text(field, self.row)
        } else {
            self.book.dictionary.text(code)
        }
    }

    pub fn code(self, field: Field) -> Code {
        self.segment.table.code(field, self.row)
    }

    pub fn money(self, field: Field) -> Option<Money> {
        self.segment.table.money(field, self.row)
    }

    pub fn date(self, field: Field) -> Option<NaiveDate> {
        self.segment.table.date(field, self.row)
    }

    pub fn moment(self, field: Field) -> Option<Moment> {
        self.segment.table.moment(field, self.row)
    }

    pub fn count(self, field: Field) -> Option<u32> {
        self.segment.table.count(field, self.row)
    }
}
