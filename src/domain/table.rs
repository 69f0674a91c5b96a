//! Columns of typed values: how entries are held, archived and handed on.
//!
//! A day has millions of rows, so a row is not an object: each column is one vector, text lies end to end in one
//! buffer, and codes with few distinct values are numbers into a shared dictionary.

use chrono::{Datelike, NaiveDate, Timelike};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::field::Field;
use super::moment::Moment;
use super::money::Money;

/// A code's place in a [`Dictionary`]. Zero is the empty code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u32);

/// The distinct codes of a book. Invariant: sorted, so codes compare as their texts do; the first is empty.
#[derive(Debug)]
pub struct Dictionary {
    texts: Vec<Box<str>>,
}

impl Default for Dictionary {
    fn default() -> Self {
        Self { texts: vec!["".into()] }
    }
}

impl Dictionary {
    /// The union of what the parts of a book use, and for each part its codes' new places.
    pub fn unite(parts: &[CodePool]) -> (Self, Vec<Vec<Code>>) {
        // Most parts use the codes that the others use: each is told apart once, and only then sorted.
        let used = parts.iter().flat_map(|pool| pool.texts.iter().map(|text| &**text));
        let used: FxHashSet<&str> = used.chain([""]).collect();
        let mut used: Vec<&str> = used.into_iter().collect();
        used.sort_unstable();
        let places: FxHashMap<&str, Code> = used.iter().copied().zip((0..).map(Code)).collect();
        let of = |pool: &CodePool| pool.texts.iter().map(|text| places[&**text]).collect();
        let places = parts.par_iter().map(of).collect();
        (Self { texts: used.into_iter().map(Into::into).collect() }, places)
    }

    pub fn find(&self, text: &str) -> Option<Code> {
        let place = self.texts.binary_search_by(|probe| (**probe).cmp(text)).ok()?;
        Some(Code(u32::try_from(place).expect("fewer than 2^32 codes")))
    }

    #[inline]
    pub fn text(&self, code: Code) -> &str {
        &self.texts[code.0 as usize]
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// Codes met while reading one part of a file, in the order they were met.
#[derive(Clone, Debug, Default)]
pub struct CodePool {
    places: FxHashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl CodePool {
    /// A pool whose numbers are those of the dictionary.
    pub fn of(dictionary: &Dictionary) -> Self {
        Self { places: FxHashMap::default(), texts: dictionary.texts.clone() }
    }

    pub fn intern(&mut self, text: &str) -> Code {
        if let Some(&place) = self.places.get(text) {
            return Code(place);
        }
        let place = u32::try_from(self.texts.len()).expect("fewer than 2^32 codes");
        self.places.insert(text.into(), place);
        self.texts.push(text.into());
        Code(place)
    }
}

/// Texts end to end in one buffer. Empty means absent.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    ends: Vec<u32>,
    bytes: String,
}

impl Texts {
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(u32::try_from(self.bytes.len()).expect("a part's texts stay under 4 GiB"));
    }

    #[inline]
    pub fn get(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        &self.bytes[start..self.ends[row] as usize]
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.bytes.truncate(self.ends.last().map_or(0, |&end| end as usize));
    }
}

/// The values of one column.
#[derive(Clone, Debug)]
pub enum Column {
    Text(Texts),
    Code(Vec<Code>),
    /// In fen.
    Money(Vec<Option<i64>>),
    Date(Vec<Option<NaiveDate>>),
    Moment(Vec<Option<Moment>>),
    Count(Vec<Option<u32>>),
    /// Digests of keys and rows.
    Digest(Vec<u64>),
}

fn put<const N: usize>(into: &mut Vec<u8>, bytes: Option<[u8; N]>) {
    if let Some(bytes) = bytes {
        into.extend_from_slice(&bytes);
    }
}

/// The rows of a slice that are wanted.
fn pick<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| values[row]).collect()
}

impl Column {
    /// Some rows of it.
    #[must_use]
    pub fn pick(&self, rows: &[usize]) -> Self {
        let mut picked = self.emptied();
        picked.extend_from(self, rows);
        picked
    }

    /// A column of the same type without rows.
    #[must_use]
    pub fn emptied(&self) -> Self {
        match self {
            Self::Text(_) => Self::Text(Texts::default()),
            Self::Code(_) => Self::Code(Vec::new()),
            Self::Money(_) => Self::Money(Vec::new()),
            Self::Date(_) => Self::Date(Vec::new()),
            Self::Moment(_) => Self::Moment(Vec::new()),
            Self::Count(_) => Self::Count(Vec::new()),
            Self::Digest(_) => Self::Digest(Vec::new()),
        }
    }

    /// Appends some rows of a column of the same type.
    pub fn extend_from(&mut self, other: &Self, rows: &[usize]) {
        match (self, other) {
            (Self::Text(texts), Self::Text(other)) => {
                for &row in rows {
                    texts.push(other.get(row));
                }
            }
            (Self::Code(codes), Self::Code(other)) => codes.extend(pick(other, rows)),
            (Self::Money(fens), Self::Money(other)) => fens.extend(pick(other, rows)),
            (Self::Date(dates), Self::Date(other)) => dates.extend(pick(other, rows)),
            (Self::Moment(moments), Self::Moment(other)) => moments.extend(pick(other, rows)),
            (Self::Count(counts), Self::Count(other)) => counts.extend(pick(other, rows)),
            (Self::Digest(digests), Self::Digest(other)) => digests.extend(pick(other, rows)),
            (to, from) => panic!("columns of one type: {to:?} is no {from:?}"),
        }
    }

    /// Appends rows that say nothing.
    pub fn push_blanks(&mut self, rows: usize) {
        let length = self.len() + rows;
        match self {
            Self::Text(texts) => (0..rows).for_each(|_| texts.push("")),
            Self::Code(codes) => codes.resize(length, Code::default()),
            Self::Money(fens) => fens.resize(length, None),
            Self::Date(dates) => dates.resize(length, None),
            Self::Moment(moments) => moments.resize(length, None),
            Self::Count(counts) => counts.resize(length, None),
            Self::Digest(digests) => digests.resize(length, 0),
        }
    }

    /// A row's value in one spelling; nothing for a blank. Codes are spelt by who has the dictionary.
    pub fn spell(&self, row: usize, into: &mut Vec<u8>) {
        match self {
            Self::Text(texts) => into.extend_from_slice(texts.get(row).as_bytes()),
            Self::Money(fens) => put(into, fens[row].map(i64::to_le_bytes)),
            Self::Date(dates) => put(into, dates[row].map(|date| date.num_days_from_ce().to_le_bytes())),
            Self::Moment(moments) => {
                if let Some(moment) = moments[row] {
                    put(into, Some(moment.date.num_days_from_ce().to_le_bytes()));
                    put(into, moment.time.map(|time| time.num_seconds_from_midnight().to_le_bytes()));
                }
            }
            Self::Count(counts) => put(into, counts[row].map(u32::to_le_bytes)),
            Self::Digest(digests) => put(into, Some(digests[row].to_le_bytes())),
            Self::Code(_) => panic!("a code is spelt by its dictionary"),
        }
    }

    /// Whether a row says nothing there.
    #[inline]
    pub fn is_blank(&self, row: usize) -> bool {
        match self {
            Self::Text(texts) => texts.get(row).is_empty(),
            Self::Code(codes) => codes[row] == Code::default(),
            Self::Money(fens) => fens[row].is_none(),
            Self::Date(dates) => dates[row].is_none(),
            Self::Moment(moments) => moments[row].is_none(),
            Self::Count(counts) => counts[row].is_none(),
            Self::Digest(_) => true,
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Text(texts) => texts.len(),
            Self::Code(codes) => codes.len(),
            Self::Money(fens) => fens.len(),
            Self::Date(dates) => dates.len(),
            Self::Moment(moments) => moments.len(),
            Self::Count(counts) => counts.len(),
            Self::Digest(digests) => digests.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives back memory that was set aside for rows that did not come.
    pub fn shrink(&mut self) {
        match self {
            Self::Text(texts) => {
                texts.ends.shrink_to_fit();
                texts.bytes.shrink_to_fit();
            }
            Self::Code(codes) => codes.shrink_to_fit(),
            Self::Money(fens) => fens.shrink_to_fit(),
            Self::Date(dates) => dates.shrink_to_fit(),
            Self::Moment(moments) => moments.shrink_to_fit(),
            Self::Count(counts) => counts.shrink_to_fit(),
            Self::Digest(digests) => digests.shrink_to_fit(),
        }
    }

    /// Takes back values beyond `rows`: those of a row that proved unreadable further on.
    pub fn truncate(&mut self, rows: usize) {
        match self {
            Self::Text(texts) => texts.truncate(rows),
            Self::Code(codes) => codes.truncate(rows),
            Self::Money(fens) => fens.truncate(rows),
            Self::Date(dates) => dates.truncate(rows),
            Self::Moment(moments) => moments.truncate(rows),
            Self::Count(counts) => counts.truncate(rows),
            Self::Digest(digests) => digests.truncate(rows),
        }
    }
}

/// Columns of one length.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<(Field, Column)>,
    /// For each field the place of its column: looked up for every cell of millions of rows.
    places: [u8; Field::ALL.len()],
}

/// A field without column.
const ABSENT: u8 = u8::MAX;

impl Default for Table {
    fn default() -> Self {
        Self { columns: Vec::new(), places: [ABSENT; Field::ALL.len()] }
    }
}

impl Table {
    /// Columns of equal length, each field once.
    pub fn new(columns: Vec<(Field, Column)>) -> Self {
        let mut places = [ABSENT; Field::ALL.len()];
        for (index, (field, column)) in columns.iter().enumerate() {
            assert_eq!(column.len(), columns[0].1.len(), "columns have one length, {field:?}");
            let place = u8::try_from(index).expect("fewer columns than fields");
            let before = std::mem::replace(&mut places[*field as usize], place);
            assert_eq!(before, ABSENT, "one column a field, {field:?}");
        }
        Self { columns, places }
    }

    pub fn columns(&self) -> &[(Field, Column)] {
        &self.columns
    }

    #[inline]
    pub fn column(&self, field: Field) -> Option<&Column> {
        self.columns.get(usize::from(self.places[field as usize])).map(|(_, column)| column)
    }

    /// Renumbers codes: `places` says where each code of the part stands in the united dictionary.
    pub fn recode(&mut self, places: &[Code]) {
        for (_, column) in &mut self.columns {
            if let Column::Code(codes) = column {
                for code in codes {
                    *code = places[code.0 as usize];
                }
            }
        }
    }

    #[inline]
    pub fn text(&self, field: Field, row: usize) -> &str {
        match self.column(field) {
            Some(Column::Text(texts)) => texts.get(row),
            _ => "",
        }
    }

    #[inline]
    pub fn code(&self, field: Field, row: usize) -> Code {
        match self.column(field) {
            Some(Column::Code(codes)) => codes[row],
            _ => Code::default(),
        }
    }

    #[inline]
    pub fn money(&self, field: Field, row: usize) -> Option<Money> {
        match self.column(field) {
            Some(Column::Money(fens)) => fens[row].map(Money::from_fen),
            _ => None,
        }
    }

    #[inline]
    pub fn date(&self, field: Field, row: usize) -> Option<NaiveDate> {
        match self.column(field) {
            Some(Column::Date(dates)) => dates[row],
            Some(Column::Moment(moments)) => moments[row].map(|moment| moment.date),
            _ => None,
        }
    }

    #[inline]
    pub fn moment(&self, field: Field, row: usize) -> Option<Moment> {
        match self.column(field) {
            Some(Column::Moment(moments)) => moments[row],
            Some(Column::Date(dates)) => dates[row].map(Moment::day),
            _ => None,
        }
    }

    #[inline]
    pub fn count(&self, field: Field, row: usize) -> Option<u32> {
        match self.column(field) {
            Some(Column::Count(counts)) => counts[row],
            _ => None,
        }
    }
}

/// Columns of one length under names of their own: how tables are archived. Codes stand in it as texts.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    columns: Vec<(String, Column)>,
}

impl Frame {
    /// Columns of equal length, each name once.
    pub fn new(columns: Vec<(String, Column)>) -> Self {
        for (name, column) in &columns {
            assert_eq!(column.len(), columns[0].1.len(), "columns have one length, {name}");
            assert!(!matches!(column, Column::Code(_)), "a frame has no dictionary, {name}");
        }
        Self { columns }
    }

    pub fn columns(&self) -> &[(String, Column)] {
        &self.columns
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, column)| column)
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
