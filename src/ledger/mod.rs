//! Bytes to entries and problems.
//!
//! A file that cannot be used at all and a row that cannot be used are both problems: they are collected, and the
//! rest is read. For every file, accepted, subtotal and rejected rows add up to its rows, in number and in yuan.

pub mod cell;
pub mod decode;
pub mod denomination;
pub mod format;
pub mod grid;
pub mod identifier;
pub mod intake;
pub mod layout;
pub mod message;
pub mod preamble;
pub mod problem;
pub mod profile;
pub mod rows;
pub mod section;
pub mod serial;
pub mod statement;
pub mod table;
pub mod text;
pub mod total;
pub mod web_page;
pub mod workbook;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::entry::{Book, Entry, Part};
use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::money::Money;
use format::Format;
use grid::Grid;
use layout::{Layout, NoHeader, Source};
use message::Message;
use problem::{Fault, Kind, LISTED_MAX, Problem, Within};
use profile::Profile;
use rows::Rows;
use serial::DateSystem;
use web_page::Nested;
use workbook::{Container, Sheet};

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
#[derive(Debug)]
pub struct Parsed {
    pub path: Arc<str>,
    pub parts: Vec<Part>,
    pub problems: Vec<Problem>,
    pub tally: Tally,
    pub encoding: &'static str,
    /// Whether its header was found, so that it is a delivery, if an empty one.
    pub is_readable: bool,
    /// What its headers were taken for, and the constants beside them.
    pub headers: Vec<Placed>,
    pub notes: Vec<Note>,
    /// Rows of payments that were rejected, by the number they state and as `file#row`.
    pub unread: Vec<(String, String)>,
}

/// A header, or a label of the preamble or the profile, and the column it was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub header: String,
    /// The canonical name; `None` for a column that is kept as evidence only.
    pub column: Option<&'static str>,
    /// What every row has there, if no cell says it.
    pub constant: Option<String>,
}

/// What is worth saying of a file that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What its bytes are, where the name says otherwise.
    OtherContent(&'static str),
    /// A hidden sheet that was left alone.
    HiddenSheet(String),
    /// A sheet without the ledger's header.
    OtherSheet(String),
    /// Entries of a bank message that are not booked yet.
    Pending(usize),
}

impl Note {
    pub fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::OtherContent(content), Lang::Zh) => format!("扩展名不符，实为 {content}"),
            (Self::OtherContent(content), Lang::En) => format!("not what its name says: {content}"),
            (Self::HiddenSheet(name), Lang::Zh) => format!("隐藏的工作表“{name}”未读"),
            (Self::HiddenSheet(name), Lang::En) => format!("hidden sheet {name:?} not read"),
            (Self::OtherSheet(name), Lang::Zh) => format!("工作表“{name}”无此账册的表头，未读"),
            (Self::OtherSheet(name), Lang::En) => {
                format!("sheet {name:?} has no header of the ledger, not read")
            }
            (Self::Pending(count), Lang::Zh) => format!("{count} 笔未记账的分录未用"),
            (Self::Pending(count), Lang::En) => format!("{count} entries are not booked yet and left out"),
        }
    }
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
    /// Rows without any content.
    pub blank_rows: u64,
    /// The header, what stands above it, and its repetitions.
    pub title_rows: u64,
    /// What stands below the table.
    pub footer_rows: u64,
}

impl Tally {
    pub fn join(&mut self, other: &Self) {
        self.read.join(other.read);
        self.accepted.join(other.accepted);
        self.subtotal.join(other.subtotal);
        self.rejected.join(other.rejected);
        self.blank_rows += other.blank_rows;
        self.title_rows += other.title_rows;
        self.footer_rows += other.footer_rows;
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

impl Parsed {
    /// Nothing read yet.
    fn of(file: &SourceFile, encoding: &'static str) -> Self {
        Self {
            path: Arc::clone(&file.path),
            parts: Vec::new(),
            problems: Vec::new(),
            tally: Tally::default(),
            encoding,
            is_readable: false,
            headers: Vec::new(),
            notes: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// A file of which nothing could be read.
    pub fn refused(path: &Arc<str>, kind: Kind, found: String) -> Self {
        let file = SourceFile { path: Arc::clone(path), bytes: Vec::new(), arrived: NaiveDate::default() };
        let mut parsed = Self::of(&file, "");
        parsed.tell(None, None, kind, found);
        parsed
    }

    fn tell(&mut self, row: Option<u32>, column: Option<String>, kind: Kind, found: String) {
        self.problems.push(Problem { file: Arc::clone(&self.path), row, column, kind, found, more: 0 });
    }

    /// Takes back all that was accepted.
    fn refuse(&mut self) {
        self.parts.clear();
        self.is_readable = false;
        let accepted = std::mem::take(&mut self.tally.accepted);
        self.tally.rejected.join(accepted);
    }

    /// Counts rows that nobody can read, of which some are blank.
    fn refuse_rows(&mut self, blank: impl Iterator<Item = bool>) {
        for is_blank in blank {
            if is_blank {
                self.tally.blank_rows += 1;
            } else {
                self.tally.read.add(Money::ZERO);
                self.tally.rejected.add(Money::ZERO);
            }
        }
    }

    /// Refuses the rows of one table beside others that can be read.
    fn refuse_table(&mut self, name: &str, grid: &Grid, refusal: &NoHeader<'_>) {
        let Some(first) = grid.rows().next() else { return };
        let cells: Vec<&str> = (0..first.len()).map(|index| first.get(index).0).collect();
        let row = if refusal.has_header() { None } else { Some(first.number) };
        let (field, found) = refusal.found().unwrap_or_else(|| (None, rows::excerpt(&cells.join(","))));
        self.problems.push(Problem {
            file: format!("{}[{name}]", self.path).into(),
            row,
            column: field.map(|field| field.id().to_owned()),
            kind: refusal.kind.clone(),
            found,
            more: 0,
        });
        self.refuse_rows(
            grid.rows().map(|row| (0..row.len()).all(|index| row.get(index).0.trim().is_empty())),
        );
    }

    /// Tells rows of a reference table whose key an earlier row has with other contents.
    fn tell_double_keys(&mut self, format: &Format) {
        let book = Book::assemble(std::mem::take(&mut self.parts));
        let mut known: BTreeMap<Vec<Vec<u8>>, Entry<'_>> = BTreeMap::new();
        for row in book.entries() {
            let is_keyed = format.key.iter().any(|&field| !row.is_blank(field));
            let fields = if is_keyed { &format.key } else { &format.key_else };
            let spelt = |&field: &Field| {
                let mut bytes = Vec::new();
                row.spell(field, &mut bytes);
                bytes
            };
            let earlier = known.insert(fields.iter().map(spelt).collect(), row);
            let Some(earlier) = earlier.filter(|_| !fields.is_empty()) else { continue };
            if earlier.content() != row.content() {
                let column = Some(fields[0].id().to_owned());
                let kind = Kind::DoubleKey { first_row: earlier.file_row() };
                self.problems.push(Problem {
                    file: row.file().into(),
                    row: Some(row.file_row()),
                    column,
                    kind,
                    found: rows::excerpt(&shown(row, fields)),
                    more: 0,
                });
            }
        }
        self.parts = book.extract(&book.ids().collect::<Vec<_>>());
    }

    fn header_found(&mut self, layout: &Layout<'_>) {
        self.is_readable = true;
        self.describe(layout);
    }

    /// Nothing can be read without a header; what the likeliest one placed is kept for whoever mends it.
    fn header_missing(&mut self, refusal: NoHeader<'_>, first_row: String) {
        if let Some(layout) = &refusal.likeliest {
            self.describe(layout);
        }
        let (field, found) = refusal.found().unwrap_or_else(|| {
            let headers: Vec<&str> = self.headers.iter().map(|placed| placed.header.as_str()).collect();
            let found = if headers.is_empty() { first_row } else { rows::excerpt(&headers.join(",")) };
            (None, found)
        });
        self.tell(None, field.map(|field| field.id().to_owned()), refusal.kind, found);
    }

    fn describe(&mut self, layout: &Layout<'_>) {
        let placed = layout.columns.iter().map(|place| Placed {
            header: place.header.clone(),
            column: Some(place.column.field.id()),
            constant: match &place.source {
                Source::Cell(_) => None,
                Source::Constant(text) => Some(text.clone()),
            },
        });
        let unplaced = layout.unplaced.iter().map(|header| Placed {
            header: header.clone(),
            column: None,
            constant: None,
        });
        self.headers = placed.chain(unplaced).collect();
    }

    /// Takes what was read from the pieces of one table, below so many rows.
    fn collect<'f>(
        &mut self,
        pieces: impl Iterator<Item = Rows<'f>>,
        sheet: Option<&str>,
        above: u32,
        file: &SourceFile,
    ) {
        self.tally.title_rows += u64::from(above);
        let known = self.problems.len();
        let (mut counts, mut listed) = (problem::Counts::default(), problem::Counts::default());
        let mut line = above;
        let mut totals = Vec::new();
        let mut sums: Option<total::Sums> = None;
        let mut by_reason: Option<Box<[total::Sums; 10]>> = None;
        let mut summed = None;
        let place = |row: u32| match sheet {
            Some(sheet) => (Arc::from(format!("{}[{sheet}]", file.path)), Some(row)),
            None => (Arc::clone(&file.path), Some(row)),
        };
        for mut rows in pieces {
            self.tally.join(&rows.tally);
            counts.join(&rows.counts);
            for (row, column, kind, found) in rows.problems.drain(..) {
                if listed.add(column.as_deref(), &kind) <= LISTED_MAX {
                    let (file, row) = place(row + line);
                    self.problems.push(Problem { file, row, column, kind, found, more: 0 });
                }
            }
            for (row, number) in rows.unread.drain(..) {
                let (file, row) = place(row + line);
                self.unread.push((number, format!("{file}#{}", row.expect("a row has a number"))));
            }
            for mut total in rows.totals.drain(..) {
                total.row += line;
                if let Some(sums) = &sums {
                    total.before.join(sums);
                }
                totals.push(total);
            }
            match &mut sums {
                Some(sums) => sums.join(&rows.sums),
                None => sums = Some(rows.sums.clone()),
            }
            match &mut by_reason {
                Some(groups) => {
                    groups.iter_mut().zip(&*rows.by_reason).for_each(|(sum, other)| sum.join(other));
                }
                None => by_reason = Some(rows.by_reason.clone()),
            }
            summed = Some(rows.summed());
            let lines = rows.lines();
            self.parts.push(rows.into_part(file, sheet, line));
            line += lines;
        }
        // The last one listed says how many more there are.
        let mut last = problem::Counts::default();
        for problem in &mut self.problems[known..] {
            let column = problem.column.as_deref();
            if last.add(column, &problem.kind) == LISTED_MAX {
                problem.more = counts.of(column, &problem.kind) - LISTED_MAX;
            }
        }
        let all = by_reason.zip(sums).zip(summed);
        let ((by_reason, sums), summed) = all.expect("one piece at least");
        for wrong in total::compare(&totals, &sums, &summed, &by_reason) {
            let (file, row) = place(wrong.row);
            let column = Some(summed.fields[wrong.column].id().to_owned());
            let kind = Kind::FileTotalMismatch { counted: wrong.counted.to_string() };
            let found = wrong.stated.to_string();
            self.problems.push(Problem { file, row, column, kind, found, more: 0 });
        }
        self.problems.sort_by(|a, b| (&a.file, a.row).cmp(&(&b.file, b.row)));
    }
}

/// A key as people read it.
fn shown(row: Entry<'_>, fields: &[Field]) -> String {
    let value = |&field: &Field| match (row.text(field), row.date(field), row.count(field)) {
        ("", Some(date), _) => date.to_string(),
        ("", None, Some(count)) => count.to_string(),
        (text, ..) => text.to_owned(),
    };
    fields.iter().map(value).collect::<Vec<_>>().join(" + ")
}

/// Reads one file of one ledger or reference table: its bytes say what it is, whatever it is called.
pub fn read(file: &SourceFile, format: &Format, profile: &Profile) -> Parsed {
    if let Some(container) = workbook::sniff(&file.bytes) {
        return finished(read_workbook(file, container, format, profile), format);
    }
    let decoded = decode::decode(&file.bytes, profile.encoding);
    let mut parsed = match format.is_statement().then(|| message::read(&decoded.text)).flatten() {
        Some(message) => read_message(file, message, format, profile),
        None if web_page::is_web_page(&decoded.text) => read_web_page(file, &decoded.text, format, profile),
        None => match web_page::foreign_form(&decoded.text) {
            Some(form) => {
                let fault = Fault::Form(form);
                Parsed::refused(&file.path, Kind::CorruptWorkbook(fault), String::new())
            }
            None => text::read(file, &decoded, format, profile),
        },
    };
    if decoded.padding > 0 {
        parsed.tell(None, None, Kind::NulPadding, format!("{} × NUL", decoded.padding));
    }
    if let Some(place) = decoded.cut_at {
        let within = Within::Character { at: place + 1, bytes: file.bytes.len() };
        let kind = Kind::CutFile { within };
        // The row that was cut has been told as one with a bad character: one fault, one problem.
        match parsed.problems.last_mut() {
            Some(last) if last.kind == Kind::BadEncoding => last.kind = kind,
            _ => {
                let last = decoded.text.lines().next_back().unwrap_or("");
                parsed.tell(None, None, kind, rows::excerpt(last));
            }
        }
    }
    finished(parsed, format)
}

fn finished(mut parsed: Parsed, format: &Format) -> Parsed {
    if parsed.problems.iter().any(|problem| matches!(problem.kind, Kind::UnknownUnit { .. })) {
        // What one line says of the unit the rows above it may be in too.
        parsed.refuse();
    }
    if format.ledger.is_none() {
        parsed.tell_double_keys(format);
    }
    parsed.tally.assert_conserved();
    parsed
}

/// Reads every sheet that is shown and has the ledger's header, or the one sheet the profile names.
fn read_workbook(file: &SourceFile, container: Container, format: &Format, profile: &Profile) -> Parsed {
    let mut parsed = Parsed::of(file, container.id());
    let sheets = match workbook::read(&file.bytes, container) {
        Ok(sheets) => sheets,
        Err(refusal) => {
            let (kind, found) = match refusal {
                workbook::Refusal::Password => (Kind::PasswordProtected, String::new()),
                workbook::Refusal::Corrupt(reason) => (Kind::CorruptWorkbook(Fault::Damage), reason),
                workbook::Refusal::TooLarge(zh, en) => (Kind::TooLarge { zh, en }, String::new()),
            };
            parsed.tell(None, None, kind, found);
            return parsed;
        }
    };
    let wanted = |sheet: &Sheet| profile.sheet.as_ref().map_or(!sheet.is_hidden, |name| sheet.name == *name);
    if let Some(name) = profile.sheet.as_ref().filter(|_| !sheets.iter().any(wanted)) {
        let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        parsed.tell(None, None, Kind::NoSheet { name: name.clone() }, names.join(", "));
        return parsed;
    }
    let (shown, left): (Vec<Sheet>, Vec<Sheet>) = sheets.into_iter().partition(wanted);
    let tables = shown.iter().map(|sheet| (sheet.name.as_str(), &sheet.grid, sheet.dates));
    read_tables(&mut parsed, file, &tables.collect::<Vec<_>>(), format, profile);
    let hidden = left.into_iter().filter(|sheet| sheet.is_hidden && sheet.grid.rows().len() > 0);
    parsed.notes.extend(hidden.map(|sheet| Note::HiddenSheet(sheet.name)));
    parsed
}

/// Rows of tables without a header that a page's next table is read under.
const LEAD_ROWS_MAX: usize = 8;

/// Reads the tables of a page that have the ledger's header. Of the others nothing is said, since pages are laid out by
/// tables; but what stands in them, such as 单位：万元, stands above the next.
fn read_web_page(file: &SourceFile, text: &str, format: &Format, profile: &Profile) -> Parsed {
    let mut parsed = Parsed::of(file, "html");
    let told = |web_page::Limit { zh, en }| Kind::TooLarge { zh, en };
    let mut page = match web_page::read(text, Nested::Text) {
        Ok(page) => page,
        Err(limit) => {
            parsed.tell(None, None, told(limit), String::new());
            return parsed;
        }
    };
    if page.grids.is_empty() && page.cut.is_none() {
        let shown: Vec<&str> = text.split(['<', '>']).skip(2).step_by(2).map(str::trim).collect();
        parsed.tell(None, None, Kind::WebPage, rows::excerpt(shown.join(" ").trim()));
        return parsed;
    }
    let mut tables = under_their_leads(page.grids, format, profile);
    let has_ledger = tables.iter().any(|grid| table::header(grid, format, profile).is_some());
    if !has_ledger && page.has_nested {
        // A second look, for a ledger within a table that lays out the page.
        if let Ok(inner) = web_page::read(text, Nested::Table) {
            let inner_tables = under_their_leads(inner.grids, format, profile);
            if inner_tables.iter().any(|grid| table::header(grid, format, profile).is_some()) {
                (tables, page.cut) = (inner_tables, inner.cut);
            }
        }
    }
    let names: Vec<String> = (1..=tables.len()).map(|number| format!("表{number}")).collect();
    if let Some(name) = profile.sheet.as_ref().filter(|name| !names.contains(name)) {
        parsed.tell(None, None, Kind::NoSheet { name: name.clone() }, names.join(", "));
        return parsed;
    }
    let sheets = names.iter().zip(&tables);
    let wanted = sheets.filter(|(name, _)| profile.sheet.as_ref().is_none_or(|sheet| sheet == *name));
    let sheets: Vec<_> = wanted.map(|(name, grid)| (name.as_str(), grid, DateSystem::default())).collect();
    read_tables(&mut parsed, file, &sheets, format, profile);
    parsed.notes.clear();
    if let Some(row) = page.cut {
        let kind = Kind::CutFile { within: Within::Table };
        parsed.refuse_rows(row.iter().map(|_| false));
        let (number, shown) = row.unzip();
        parsed.tell(number, None, kind, rows::excerpt(&shown.unwrap_or_default()));
    }
    parsed
}

/// A page's tables with the ledger's header, each below what the tables without one before it show; last what is left.
///
/// Header and rows may stand in tables of their own, as where the header stays in sight, and so may the rows of each page
/// of a list. A table without a header right behind one with it goes on with that, if its first row can be read under it
/// or there is no row yet.
fn under_their_leads(grids: Vec<Grid>, format: &Format, profile: &Profile) -> Vec<Grid> {
    let mut whole_tables: Vec<Grid> = Vec::with_capacity(grids.len());
    let mut lead: Option<Grid> = None;
    // The last table with a header, what its columns are, and whether the table at hand is the next.
    let mut headed: Option<(usize, Layout<'_>, bool)> = None;
    for grid in grids {
        let whole = lead.as_ref().map(|lead| {
            let mut joined = Grid::below(lead.above());
            let skipped = lead.rows().len().saturating_sub(LEAD_ROWS_MAX);
            lead.rows().skip(skipped).chain(grid.rows()).for_each(|row| joined.push_row(row));
            joined
        });
        if let Some(layout) = table::header(whole.as_ref().unwrap_or(&grid), format, profile) {
            lead = None;
            headed = Some((whole_tables.len(), layout, true));
            whole_tables.push(whole.unwrap_or(grid));
            continue;
        }
        if let Some((index, layout, is_next)) = &mut headed {
            let known = &mut whole_tables[*index];
            if *is_next && table::goes_on(known, layout, &grid, format) {
                grid.rows().for_each(|row| known.push_row(row));
                continue;
            }
            *is_next = false;
            if table::resembles(known, layout, &grid, DateSystem::default(), format) {
                whole_tables.push(grid);
                continue;
            }
        }
        lead = Some(whole.unwrap_or(grid));
    }
    whole_tables.extend(lead);
    whole_tables
}

/// Reads all tables that have the ledger's header; if none can be read, the file is refused for the likeliest. One with
/// the header that cannot be read is told, and so is one without it whose rows look like those of the one before: they
/// are rows of the ledger that nobody can read.
fn read_tables(
    parsed: &mut Parsed,
    file: &SourceFile,
    tables: &[(&str, &Grid, DateSystem)],
    format: &Format,
    profile: &Profile,
) {
    let layouts: Vec<_> = tables
        .iter()
        .map(|&(name, grid, dates)| (name, grid, dates, table::layout(grid, format, profile)))
        .collect();
    let headed = || layouts.iter().filter_map(|(_, grid, _, layout)| Some((*grid, layout.as_ref().ok()?)));
    let several = headed().count() > 1;
    let mut likest = headed().next();
    let mut refused = Vec::new();
    for (name, grid, dates, layout) in &layouts {
        match (layout, likest) {
            (Ok(layout), _) => {
                likest = Some((grid, layout));
                table::read(parsed, file, grid, layout, *dates, several.then_some(name), format);
            }
            (Err(other), Some((known, layout))) if grid.rows().len() > 0 => {
                if other.has_header() || table::resembles(known, layout, grid, *dates, format) {
                    refused.push((*name, *grid, other));
                } else {
                    parsed.notes.push(Note::OtherSheet((*name).to_owned()));
                }
            }
            (Err(_), _) => {}
        }
    }
    for (name, grid, refusal) in refused {
        parsed.refuse_table(name, grid, refusal);
    }
    if parsed.is_readable {
        return;
    }
    let mut refusal: Option<(NoHeader<'_>, &Grid)> = None;
    for (_, grid, _, layout) in layouts {
        match layout {
            Ok(_) => unreachable!("it would be readable"),
            Err(other) => {
                if refusal.as_ref().is_none_or(|(known, _)| known.merit() < other.merit()) {
                    refusal = Some((other, grid));
                }
            }
        }
    }
    let (refusal, first) =
        refusal.map_or((NoHeader::of(format), None), |(refusal, grid)| (refusal, grid.rows().next()));
    let first = first.filter(|row| !row.is_empty()).map_or("", |row| row.get(0).0);
    parsed.header_missing(refusal, rows::excerpt(first));
    for (_, grid, _) in tables {
        parsed.refuse_rows(grid.rows().map(|_| false));
    }
}

fn read_message(
    file: &SourceFile,
    (name, message): (&'static str, Result<Message, message::Refusal>),
    format: &Format,
    profile: &Profile,
) -> Parsed {
    let mut parsed = Parsed::of(file, name);
    let message = match message {
        Ok(message) => message,
        Err(refusal) => {
            let kind = Kind::BadMessage { expected: refusal.expected };
            parsed.tell(Some(refusal.line), None, kind, rows::excerpt(&refusal.found));
            return parsed;
        }
    };
    read_tables(&mut parsed, file, &[("", &message.grid, DateSystem::default())], format, profile);
    if !message.unbooked.is_empty() {
        parsed.notes.push(Note::Pending(message.unbooked.len()));
    }
    for cut in &message.cuts {
        parsed.refuse_rows(cut.is_entry.then_some(false).into_iter());
        let kind = Kind::CutFile { within: Within::Statement };
        parsed.tell(Some(cut.line), None, kind, rows::excerpt(&cut.found));
    }
    for total in message.totals.iter().filter(|total| total.holds() == Some(false)) {
        let counted = total.computed.map_or_else(String::new, |figure| figure.to_string());
        let column = Some(total.subject.column().to_owned());
        parsed.tell(Some(total.row), column, Kind::FileTotalMismatch { counted }, total.stated.clone());
    }
    parsed
}
