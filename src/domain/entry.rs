//! Entries: what one party wrote in one row, and the book that holds a run's entries.

use std::sync::Arc;

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::field::Field;
use super::ledger::Ledger;
use super::moment::Moment;
use super::money::Money;
use super::table::{Code, CodePool, Column, Dictionary, Table};

/// Part of a file as it was read: rows of one ledger with their codes still numbered by the part itself.
#[derive(Clone, Debug)]
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
    /// For each [`BLOCK`] of ids the segment of the first: where the search for an id's segment starts.
    blocks: Vec<u32>,
    dictionary: Dictionary,
    entries: u32,
}

/// Ids that share a place to start looking from.
const BLOCK: usize = 1 << 10;

impl Book {
    /// Joins parts, and gives equal codes of different parts one number.
    pub fn assemble(parts: Vec<Part>) -> Self {
        let mut book = Self::default();
        book.append(parts);
        book
    }

    /// Adds parts behind what is there: ids given so far stay, codes may get other numbers.
    pub fn append(&mut self, parts: Vec<Part>) {
        let known = self.segments.len();
        let mut pools = vec![CodePool::of(&self.dictionary)];
        for part in parts {
            let start = self.entries;
            let count = u32::try_from(part.rows.len()).expect("fewer than 2^32 entries");
            self.entries = start.checked_add(count).expect("fewer than 2^32 entries");
            pools.push(part.codes);
            self.segments.push(Segment {
                start,
                ledger: part.ledger,
                file: part.file,
                arrived: part.arrived,
                table: part.table,
                rows: part.rows,
            });
        }
        let (dictionary, places) = Dictionary::unite(&pools);
        self.dictionary = dictionary;
        let (old, new) = self.segments.split_at_mut(known);
        // Rows that come back rarely bring a code that nobody else uses.
        if (0..).zip(&places[0]).any(|(place, code)| code.0 != place) {
            old.par_iter_mut().for_each(|segment| segment.table.recode(&places[0]));
        }
        new.par_iter_mut().zip(&places[1..]).for_each(|(segment, places)| segment.table.recode(places));
        self.segments.retain(|segment| !segment.rows.is_empty());
        let first = |id: usize| self.segments.partition_point(|segment| segment.start as usize <= id) - 1;
        self.blocks = (0..self.len())
            .step_by(BLOCK)
            .map(|id| u32::try_from(first(id)).expect("few segments"))
            .collect();
    }

    /// Some entries as parts of their own, in ascending order of id, to be handed on.
    pub fn extract(&self, ids: &[EntryId]) -> Vec<Part> {
        let runs: Vec<(&Segment, Vec<usize>)> = self.runs(ids).collect();
        let parts = runs.into_par_iter().map(|(segment, rows)| {
            let mut codes = CodePool::default();
            codes.intern("");
            let mut known: FxHashMap<Code, Code> = FxHashMap::default();
            let columns = segment.table.columns().iter().map(|(field, column)| {
                let picked = match column {
                    Column::Code(places) => {
                        let own = |&row: &usize| {
                            let place = places[row];
                            *known.entry(place).or_insert_with(|| codes.intern(self.dictionary.text(place)))
                        };
                        Column::Code(rows.iter().map(own).collect())
                    }
                    other => other.pick(&rows),
                };
                (*field, picked)
            });
            let table = Table::new(columns.collect());
            let file_rows = rows.iter().map(|&row| segment.rows[row]).collect();
            let (file, arrived) = (Arc::clone(&segment.file), segment.arrived);
            Part { ledger: segment.ledger, file, arrived, table, rows: file_rows, codes }
        });
        parts.collect()
    }

    /// One column of some entries, ascending, in the shape of `like`; codes as texts. Blank where a row's file had
    /// no such column.
    pub fn column(&self, ids: &[EntryId], field: Field, like: &Column) -> Column {
        let mut joined = like.emptied();
        for (segment, rows) in self.runs(ids) {
            match segment.table.column(field) {
                None => joined.push_blanks(rows.len()),
                Some(Column::Code(places)) => {
                    let Column::Text(texts) = &mut joined else { panic!("codes are archived as texts") };
                    for row in rows {
                        texts.push(self.dictionary.text(places[row]));
                    }
                }
                Some(column) => joined.extend_from(column, &rows),
            }
        }
        joined
    }

    /// Ascending ids as the rows of one segment after another.
    fn runs<'b>(&'b self, ids: &'b [EntryId]) -> impl Iterator<Item = (&'b Segment, Vec<usize>)> {
        ids.chunk_by(|&a, &b| std::ptr::eq(self.segment(a), self.segment(b))).map(|run| {
            let segment = self.segment(run[0]);
            (segment, run.iter().map(|id| (id.0 - segment.start) as usize).collect())
        })
    }

    #[inline]
    fn segment(&self, id: EntryId) -> &Segment {
        assert!(id.0 < self.entries, "the id is of this book");
        let block = id.0 as usize / BLOCK;
        let first = self.blocks[block] as usize;
        if self.segments.get(first + 1).is_none_or(|next| next.start > id.0) {
            return &self.segments[first];
        }
        // Rows that came back are few of each of many files.
        let last = self.blocks.get(block + 1).map_or(self.segments.len() - 1, |&next| next as usize);
        let after = self.segments[first..=last].partition_point(|segment| segment.start <= id.0);
        &self.segments[first + after - 1]
    }

    /// The entries of some ledgers, ascending.
    pub fn ids_of(&self, wanted: impl Fn(Ledger) -> bool) -> Vec<EntryId> {
        let segments = self.segments.iter().filter(|segment| segment.ledger.is_some_and(&wanted));
        segments.flat_map(|segment| (segment.start..).take(segment.rows.len()).map(EntryId)).collect()
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

    #[inline]
    pub fn entry(&self, id: EntryId) -> Entry<'_> {
        let segment = self.segment(id);
        Entry { book: self, segment, row: (id.0 - segment.start) as usize }
    }
}

/// A record that was delivered again with other content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub old: EntryId,
    pub new: EntryId,
    /// Fields that were filled and now say something else; none for a completion.
    pub altered: Vec<Field>,
    /// What people call these fields in Chinese.
    pub names: Vec<&'static str>,
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

    #[inline]
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

    /// Where it stands, as `file#row`.
    pub fn place(self) -> String {
        format!("{}#{}", self.file(), self.file_row())
    }

    /// The day whose inbox held it.
    pub fn arrived(self) -> NaiveDate {
        self.segment.arrived
    }

    /// Text or code; empty where the ledger says nothing.
    #[inline]
    pub fn text(self, field: Field) -> &'a str {
        match self.segment.table.column(field) {
            Some(Column::Text(texts)) => texts.get(self.row),
            Some(Column::Code(codes)) => self.book.dictionary.text(codes[self.row]),
            _ => "",
        }
    }

    #[inline]
    pub fn code(self, field: Field) -> Code {
        self.segment.table.code(field, self.row)
    }

    #[inline]
    pub fn money(self, field: Field) -> Option<Money> {
        self.segment.table.money(field, self.row)
    }

    #[inline]
    pub fn date(self, field: Field) -> Option<NaiveDate> {
        self.segment.table.date(field, self.row)
    }

    #[inline]
    pub fn moment(self, field: Field) -> Option<Moment> {
        self.segment.table.moment(field, self.row)
    }

    #[inline]
    pub fn count(self, field: Field) -> Option<u32> {
        self.segment.table.count(field, self.row)
    }

    /// Whether its file has such a column at all.
    pub fn has_column(self, field: Field) -> bool {
        self.segment.table.column(field).is_some()
    }

    /// Whether the ledger says nothing there.
    pub fn is_blank(self, field: Field) -> bool {
        self.segment.table.column(field).is_none_or(|column| column.is_blank(self.row))
    }

    /// Whether the row stated an identifier there that a spreadsheet destroyed: blank here, but not left empty.
    pub fn is_unusable(self, field: Field) -> bool {
        let lost = self.text(Field::Unusable);
        !lost.is_empty()
            && lost.split(';').any(|part| part.split_once('=').is_some_and(|(id, _)| id == field.id()))
    }

    /// Everything the row says, in one spelling: tells rows apart where their order must not.
    pub fn content(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &field in Field::ALL {
            let start = bytes.len();
            bytes.push(field as u8);
            self.spell(field, &mut bytes);
            if bytes.len() == start + 1 {
                bytes.truncate(start);
            }
        }
        bytes
    }

    /// The value in one spelling, whatever its type: what digests and keys are made of.
    pub fn spell(self, field: Field, into: &mut Vec<u8>) {
        match self.segment.table.column(field) {
            Some(Column::Code(codes)) => {
                into.extend_from_slice(self.book.dictionary.text(codes[self.row]).as_bytes());
            }
            Some(column) => column.spell(self.row, into),
            None => {}
        }
    }
}
