//! A row's cells to values in columns, and its fate: accepted, total, rejected, or no row of the table at all.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::domain::entry::Part;
use crate::domain::field::Field;
use crate::domain::moment::Moment;
use crate::domain::money::{Money, Unit};
use crate::domain::table::{Code, CodePool, Column, Table, Texts};

use super::cell;
use super::denomination;
use super::format::{ColumnFormat, Format, Type};
use super::grid::{Nature, Row};
use super::identifier::{self, Shape};
use super::layout::{Layout, Source};
use super::problem::{Clash, Counts, Kind, LISTED_MAX};
use super::profile::{self, Sign};
use super::section::Section;
use super::serial::DateSystem;
use super::statement::{self, Signals};
use super::total::{self, Carry, Flow, Scope, Summed, Sums, TotalRow, Words};
use super::{SourceFile, Tally};

/// The cells of one row.
pub trait Cells {
    fn count(&self) -> usize;
    fn get(&self, index: usize) -> (&str, Nature);
}

impl Cells for Row<'_> {
    fn count(&self) -> usize {
        self.len()
    }

    fn get(&self, index: usize) -> (&str, Nature) {
        Row::get(*self, index)
    }
}

/// A problem of one row: the row, the column, what kind, what was found.
pub type RowProblem = (u32, Option<String>, Kind, String);

/// Where a placed column's values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// A column of the table.
    Column(usize),
    /// A signal that becomes part of a statement row.
    Signal,
}

/// One column of the layout, made ready for many rows.
#[derive(Debug)]
struct Reader<'f> {
    column: &'f ColumnFormat,
    shape: Shape,
    target: Target,
    /// Its place among the sums, if it can be totalled.
    sum: Option<usize>,
    /// The last cell as it stood, and its code.
    last_code: (String, Code),
    /// Cells as they stood that were read before, and their codes.
    codes: FxHashMap<Box<str>, Code>,
}

/// So many rejected rows of a piece are remembered by the number they state.
const UNREAD_KEPT: usize = 10_000;

/// So many different cells of a column of codes are kept; a column that has more has none that come again.
const CELLS_KEPT: usize = 1 << 12;

/// Rows of one piece of a file; they are counted from the piece's own first line.
#[derive(Debug)]
pub struct Rows<'f> {
    format: &'f Format,
    layout: &'f Layout<'f>,
    dates: DateSystem,
    readers: Vec<Reader<'f>>,
    /// How the row at hand is read.
    section: Arc<Section>,
    /// The last currency that was the yuan.
    yuan_word: String,
    columns: Vec<(Field, Column)>,
    codes: CodePool,
    numbers: Vec<u32>,
    /// The row at hand, and how many lines were taken so far.
    row: u32,
    lines: u32,
    pub(super) tally: Tally,
    /// Those of the row at hand, and of the rows before what is listed.
    pub(super) problems: Vec<RowProblem>,
    pub(super) counts: Counts,
    listed: usize,
    /// Identifiers that cannot be used, row by row; made when the first is met.
    unusable: Option<Texts>,
    /// The numbers of payments that rejected rows state, and where.
    pub(super) unread: Vec<(u32, String)>,
    signals: Signals,
    pub(super) sums: Sums,
    pub(super) by_reason: Box<[Sums; 10]>,
    pub(super) totals: Vec<TotalRow>,
    /// The amounts of the row at hand, one for each sum.
    stated: Vec<Option<Money>>,
    /// Of these the one by which rows are counted.
    amount: Option<usize>,
    reason: Option<usize>,
    flow: Option<Flow>,
}

impl<'f> Rows<'f> {
    pub fn new(layout: &'f Layout<'f>, format: &'f Format) -> Self {
        let is_statement = format.is_statement();
        let mut columns: Vec<(Field, Column)> = Vec::new();
        let mut summed = 0;
        let readers: Vec<Reader<'f>> = layout
            .columns
            .iter()
            .map(|place| {
                let column = place.column;
                let target = if is_statement && statement::SIGNALS.contains(&column.field) {
                    Target::Signal
                } else {
                    columns.push((column.field, empty(column.kind)));
                    Target::Column(columns.len() - 1)
                };
                let sum =
                    (column.kind == Type::Money && !matches!(column.field, Field::Balance)).then(|| {
                        summed += 1;
                        summed - 1
                    });
                Reader {
                    column,
                    shape: Shape::of(column.field),
                    target,
                    sum,
                    // No cell holds such a text: at first nothing equals it.
                    last_code: ("\n".to_owned(), Code::default()),
                    codes: FxHashMap::default(),
                }
            })
            .collect();
        if is_statement {
            columns.extend(
                statement::OUTPUTS
                    .iter()
                    .map(|&field| (field, empty(format.column(field).expect("a statement has it").kind))),
            );
        }
        let amount = readers.iter().find(|reader| Some(reader.column.field) == format.amount());
        let amount = amount.and_then(|reader| reader.sum);
        // An amount whose direction stands beside it is summed by direction too.
        let flow =
            amount.filter(|_| is_statement).map(|amount| Flow { amount, debit: summed, credit: summed + 1 });
        let sums = Sums::new(summed + if flow.is_some() { 2 } else { 0 });
        let mut codes = CodePool::default();
        codes.intern("");
        Self {
            format,
            layout,
            dates: DateSystem::From1900,
            readers,
            section: Arc::new(Section::first(layout)),
            yuan_word: String::new(),
            columns,
            codes,
            numbers: Vec::new(),
            row: 0,
            lines: 0,
            tally: Tally::default(),
            problems: Vec::new(),
            counts: Counts::default(),
            listed: 0,
            unusable: None,
            unread: Vec::new(),
            signals: Signals::default(),
            by_reason: Box::new(std::array::from_fn(|_| sums.clone())),
            sums,
            totals: Vec::new(),
            stated: vec![None; summed],
            amount,
            reason: layout.columns.iter().position(|place| place.column.field == Field::Reason),
            flow,
        }
    }

    /// Numbers in date columns count from the workbook's own first day.
    #[must_use]
    pub fn counting_days(mut self, dates: DateSystem) -> Self {
        self.dates = dates;
        self
    }

    /// Begins within a section that an earlier row began.
    #[must_use]
    pub fn within(mut self, section: &Arc<Section>) -> Self {
        self.section = Arc::clone(section);
        self
    }

    pub fn section(&self) -> &Arc<Section> {
        &self.section
    }

    /// Goes to the next row, which takes so many lines.
    pub fn start(&mut self, lines: u32) {
        self.list_problems();
        self.row = self.lines + 1;
        self.lines += lines;
    }

    /// Goes to a row by its number in the file.
    pub fn start_at(&mut self, row: u32) {
        self.list_problems();
        self.row = row;
    }

    /// Counts the problems of the row that ends, and keeps the first of each kind.
    fn list_problems(&mut self) {
        if self.problems.len() > self.listed {
            let row = self.problems.split_off(self.listed);
            let counts = &mut self.counts;
            let is_listed =
                |(_, column, kind, _): &RowProblem| counts.add(column.as_deref(), kind) <= LISTED_MAX;
            self.problems.extend(row.into_iter().filter(is_listed));
            self.listed = self.problems.len();
        }
    }

    pub fn lines(&self) -> u32 {
        self.lines
    }

    /// Takes a row of a text, where a missing delimiter is a damage.
    pub fn take_counted(&mut self, cells: &impl Cells) {
        let (count, expected) = (cells.count(), self.layout.cells);
        let is_short = count < expected && !self.layout.short_rows;
        let is_long = (expected..count).any(|index| !cells.get(index).0.trim().is_empty());
        if !is_short && !is_long || is_blank(cells) || self.section.closed_by().is_some() {
            return self.take(cells);
        }
        if self.total(cells) || self.turn(cells) || self.footer(cells) {
            return;
        }
        let delimiter = char::from(self.layout.delimiter).to_string();
        let kind = Kind::CellCount { expected, cells: count };
        self.reject(None, kind, shown(cells, &delimiter));
    }

    /// Takes a row whose cells stand where they should.
    pub fn take(&mut self, cells: &impl Cells) {
        if is_blank(cells) {
            self.tally.blank_rows += 1;
            return;
        }
        if self.is_header(cells) {
            self.tally.title_rows += 1;
            return;
        }
        let section = Arc::clone(&self.section);
        if let Some(line) = section.closed_by() {
            if !self.turn(cells) && !self.footer(cells) {
                self.reject(None, Kind::OtherSection { line: line.to_owned() }, shown(cells, ","));
            }
            return;
        }
        if self.is_like_header(cells) && self.turn(cells) || self.total(cells) {
            return;
        }
        let (before, known) = (self.numbers.len(), self.problems.len());
        let mut lost: Vec<(Field, String)> = Vec::new();
        self.signals = Signals::default();
        self.stated.fill(Some(Money::ZERO));
        for (index, source) in section.sources.iter().enumerate() {
            self.cell(index, source, section.units[index], cells, &mut lost);
        }
        let has_no_money = |(_, _, kind, _): &RowProblem| matches!(kind, Kind::BadMoney { .. });
        if !self.problems[known..].iter().any(has_no_money) {
            self.currency(&section, cells);
        }
        self.compare_constants(&section, cells);
        if self.format.is_statement() && self.problems.len() == known {
            self.conclude();
        }
        let yuan = self.yuan();
        if self.problems.len() == known {
            self.add_up(cells, true);
            self.keep(&lost);
            self.tally.read.add(yuan);
            self.tally.accepted.add(yuan);
            return;
        }
        for (_, column) in &mut self.columns {
            column.truncate(before);
        }
        let own: Vec<RowProblem> = self.problems.drain(known..).collect();
        if self.turn(cells) || self.footer(cells) {
            return;
        }
        if self.unread.len() < UNREAD_KEPT
            && let Some(number) = self.number(&section, cells)
        {
            self.unread.push((self.row, number));
        }
        if let Some(kind) = self.sparse(&own) {
            // What is plainly no entry is no part of a total either.
            self.problems.push((self.row, None, kind, shown(cells, " ")));
        } else {
            self.problems.extend(own);
            self.add_up(cells, false);
        }
        self.tally.read.add(yuan);
        self.tally.rejected.add(yuan);
    }

    /// The number of the payment that a row states, whatever else it says.
    fn number(&self, section: &Section, cells: &impl Cells) -> Option<String> {
        let field = self.format.payment_number()?;
        let mut places = self.layout.columns.iter().zip(&section.sources);
        let (_, source) = places.find(|(place, _)| place.column.field == field)?;
        let Source::Cell(index) = source else { return None };
        Some(cell::clean_text(cell_text(cells, *index)).to_owned()).filter(|number| !number.is_empty())
    }

    /// Tells cells that state something else than the profile says of every row.
    fn compare_constants(&mut self, section: &Section, cells: &impl Cells) {
        for &(index, place) in &section.replaced {
            let column = self.readers[index].column;
            let Source::Constant(said) = &section.sources[index] else { continue };
            if place < cells.count() && profile::contradicts(column, said, cells.get(place)) {
                let kind = Kind::Contradiction(Clash::Constant { said: said.as_str().into() });
                let found = excerpt(cell::clean_text(cells.get(place).0));
                self.problems.push((self.row, Some(column.field.id().to_owned()), kind, found));
            }
        }
    }

    /// Whether more than half of what a row must have is blank, so that it is no entry at all.
    fn sparse(&self, problems: &[RowProblem]) -> Option<Kind> {
        let places = self.layout.columns.iter().zip(&self.section.sources);
        let required =
            places.filter(|(place, source)| place.column.required && matches!(source, Source::Cell(_)));
        let required = required.count();
        let blank = problems.iter().filter(|(_, _, kind, _)| *kind == Kind::Empty).count();
        (blank > 1 && 2 * blank > required).then_some(Kind::EmptyRow { blank, required })
    }

    /// Takes a line that begins another section.
    fn turn(&mut self, cells: &impl Cells) -> bool {
        if self.is_dated(cells) {
            return false;
        }
        let texts: Vec<&str> = (0..cells.count()).map(|index| own(cells, index)).collect();
        let Some(next) = self.section.below(&texts, self.layout, self.format) else { return false };
        if next != *self.section {
            if let Some(line) = next.late_unit.clone().filter(|_| self.section.late_unit.is_none()) {
                let kind = Kind::UnknownUnit { text: line.clone(), is_foreign: false };
                self.problems.push((self.row, None, kind, line));
            }
            let (scope, before) = (Scope::Section, self.sums.clone());
            self.totals.push(TotalRow { row: self.row, scope, is_debit: None, stated: Vec::new(), before });
            self.section = Arc::new(next);
        }
        self.tally.title_rows += 1;
        true
    }

    /// Whether the row has a day where rows have one, so that it is a row whatever else it says.
    fn is_dated(&self, cells: &impl Cells) -> bool {
        self.readers.iter().zip(&self.section.sources).any(|(reader, source)| match source {
            Source::Cell(index) if matches!(reader.column.kind, Type::Date | Type::Moment) => {
                cell::moment_in(&cell::clean(own(cells, *index)), self.dates).is_ok()
            }
            _ => false,
        })
    }

    /// Tells a row in another currency.
    fn currency(&mut self, section: &Section, cells: &impl Cells) {
        let Some(index) = section.currency.filter(|&index| index < cells.count()) else { return };
        let text = cell::clean_text(cells.get(index).0);
        if text.is_empty() || text == self.yuan_word {
            return;
        }
        if denomination::is_yuan(text) {
            text.clone_into(&mut self.yuan_word);
        } else {
            let mut header = self.layout.header_cells.iter().filter_map(|row| row.get(index));
            let header = header.rfind(|header| !header.is_empty()).cloned();
            self.problems.push((self.row, header, Kind::ForeignCurrency, excerpt(text)));
        }
    }

    /// Reads one column of the row at hand.
    fn cell(
        &mut self,
        index: usize,
        source: &Source,
        unit: Unit,
        cells: &impl Cells,
        lost: &mut Vec<(Field, String)>,
    ) {
        let reader = &mut self.readers[index];
        let (text, nature) = match source {
            Source::Constant(text) => (text.as_str(), Nature::Text),
            Source::Cell(place) if *place < cells.count() => cells.get(*place),
            Source::Cell(_) => ("", Nature::Text),
        };
        let column = reader.column;
        // Most codes are the code of the row above, and nearly all of some row before.
        if let Target::Column(target) = reader.target
            && nature == Nature::Text
            && let Column::Code(codes) = &mut self.columns[target].1
        {
            if reader.last_code.0 != text
                && let Some(&code) = reader.codes.get(text)
            {
                text.clone_into(&mut reader.last_code.0);
                reader.last_code.1 = code;
            }
            if reader.last_code.0 == text {
                codes.push(reader.last_code.1);
                return;
            }
        }
        let kind = match nature {
            Nature::Error => Some(Kind::CellError),
            Nature::Uncomputed => Some(Kind::FormulaWithoutValue),
            Nature::Text | Nature::Number | Nature::Date | Nature::Spread => None,
        };
        // One amount of a merged cell is one amount.
        let text = if nature == Nature::Spread && column.kind == Type::Money { "" } else { text };
        let result = match (kind, reader.target) {
            (Some(kind), _) => Err(kind),
            (None, Target::Signal) => self.signal(index, unit, text, nature).map(|()| None),
            (None, Target::Column(target)) => self.push((index, target), unit, text, nature),
        };
        match result {
            Ok(None) => {}
            Ok(Some(damaged)) => lost.push((column.field, damaged)),
            Err(kind) => {
                if let Some(sum) = self.readers[index].sum {
                    self.stated[sum] = None;
                }
                let found = excerpt(cell::clean_text(text));
                self.problems.push((self.row, Some(column.field.id().to_owned()), kind, found));
            }
        }
    }

    /// Appends a cell to its column; an identifier that cannot be used is given back.
    fn push(
        &mut self,
        (index, target): (usize, usize),
        unit: Unit,
        text: &str,
        nature: Nature,
    ) -> Result<Option<String>, Kind> {
        let reader = &mut self.readers[index];
        let column = reader.column;
        let values = &mut self.columns[target].1;
        if text.is_empty() && !column.required {
            values.push_blanks(1);
            return Ok(None);
        }
        if column.kind == Type::Text {
            let text = cell::clean_text(text);
            required(column, text)?;
            let Column::Text(texts) = values else { unreachable!("the column was made for its type") };
            texts.push(text);
            return Ok(None);
        }
        let clean = cell::clean(text);
        required(column, &clean)?;
        let filled = !clean.is_empty();
        match (values, column.kind) {
            (Column::Text(texts), Type::Rate) => texts.push(if filled { cell::rate(&clean)? } else { "" }),
            (Column::Text(texts), _) => {
                let Some(id) = identifier::restore(&clean, nature, reader.shape) else {
                    texts.push("");
                    return Ok(Some(clean.into_owned()));
                };
                required(column, &id)?;
                texts.push(&id);
            }
            (Column::Code(places), _) => {
                let code = if let Some(code) = column.aliases.get(&*clean) {
                    self.codes.intern(code)
                } else if column.words.is_empty() {
                    let bare = identifier::bare(&clean);
                    let code = identifier::without_name(&bare, column.field);
                    let Some(id) = identifier::restore(code, nature, reader.shape) else {
                        places.push(Code::default());
                        return Ok(Some(clean.into_owned()));
                    };
                    required(column, &id)?;
                    self.codes.intern(&id)
                } else if filled {
                    self.codes.intern(word(column, &clean)?)
                } else {
                    Code::default()
                };
                places.push(code);
                if nature == Nature::Text {
                    text.clone_into(&mut reader.last_code.0);
                    reader.last_code.1 = code;
                    if reader.codes.len() < CELLS_KEPT {
                        reader.codes.insert(text.into(), code);
                    }
                }
            }
            (Column::Money(fens), _) => {
                let money = money(&clean, unit, self.layout)?;
                if column.required && money.is_none() {
                    return Err(Kind::Empty);
                }
                if let Some(sum) = reader.sum {
                    self.stated[sum] = Some(money.unwrap_or_default());
                }
                if column.positive && money.is_some_and(|money| money <= Money::ZERO) {
                    return Err(Kind::NotPositive);
                }
                fens.push(money.map(Money::fen));
            }
            (Column::Date(dates), _) => {
                let date = filled.then(|| cell::date_in(&clean, self.dates)).transpose()?;
                if date.is_some_and(|date| !self.format.may_be_dated(date)) {
                    return Err(Kind::BadDate);
                }
                dates.push(date);
            }
            (Column::Moment(moments), _) => {
                let moment = filled.then(|| cell::moment_in(&clean, self.dates)).transpose()?;
                if moment.is_some_and(|moment| !self.format.may_be_dated(moment.date)) {
                    return Err(Kind::BadMoment);
                }
                moments.push(moment);
            }
            (Column::Count(counts), Type::Flag) => {
                counts.push(filled.then(|| cell::flag(&clean)).transpose()?.map(u32::from));
            }
            (Column::Count(counts), _) => counts.push(filled.then(|| cell::count(&clean)).transpose()?),
            (Column::Digest(_), _) => unreachable!("no ledger has a column of digests"),
        }
        Ok(None)
    }

    /// Takes down what a statement's column says of direction, amount and time.
    fn signal(&mut self, index: usize, unit: Unit, text: &str, nature: Nature) -> Result<(), Kind> {
        let reader = &self.readers[index];
        let column = reader.column;
        let clean = cell::clean(text);
        let blank = clean.is_empty() || (nature == Nature::Text && matches!(&*clean, "-" | "--"));
        if blank {
            return if column.required { Err(Kind::Empty) } else { Ok(()) };
        }
        let signals = &mut self.signals;
        match column.field {
            Field::Direction => signals.direction = Some(word(column, &clean)? == "debit"),
            Field::Date => {
                let moment = cell::moment_in(&clean, self.dates).map_err(|_| Kind::BadDate)?;
                if !self.format.may_be_dated(moment.date) {
                    return Err(Kind::BadDate);
                }
                (signals.date, signals.date_time) = (Some(moment.date), moment.time);
            }
            Field::Time => match cell::time_in(&clean, self.dates)? {
                (Some(date), _) if !self.format.may_be_dated(date) => return Err(Kind::BadTime),
                (Some(date), time) => signals.time = Some(Moment { date, time }),
                (None, time) => signals.clock = time,
            },
            field => {
                let money = money(&clean, unit, self.layout)?;
                if let Some(sum) = reader.sum {
                    self.stated[sum] = Some(money.unwrap_or_default());
                }
                match field {
                    Field::Debit => signals.debit = money,
                    Field::Credit => signals.credit = money,
                    _ => signals.amount = money,
                }
            }
        }
        Ok(())
    }

    /// What the signals of a statement row come to: day, time, direction and amount.
    fn conclude(&mut self) {
        let result = statement::conclude(&self.signals, self.layout.sign);
        match result {
            Ok(flow) => {
                for (field, column) in &mut self.columns {
                    match (*field, column) {
                        (Field::Date, Column::Date(dates)) => dates.push(Some(flow.date)),
                        (Field::Time, Column::Moment(moments)) => moments.push(flow.time),
                        (Field::Direction, Column::Code(codes)) => {
                            codes.push(self.codes.intern(if flow.is_debit { "debit" } else { "credit" }));
                        }
                        (Field::Amount, Column::Money(fens)) => fens.push(Some(flow.amount.fen())),
                        _ => {}
                    }
                }
                (self.signals.amount, self.signals.direction) = (Some(flow.amount), Some(flow.is_debit));
            }
            Err((field, kind)) => {
                let found = self.signals.spelt(&kind);
                self.problems.push((self.row, Some(field.id().to_owned()), kind, found));
            }
        }
    }

    /// The yuan by which the row is counted.
    fn yuan(&self) -> Money {
        if self.format.is_statement() {
            return self.signals.amount.or(self.signals.debit).or(self.signals.credit).unwrap_or_default();
        }
        self.amount.and_then(|sum| self.stated[sum]).unwrap_or_default()
    }

    fn add_up(&mut self, cells: &impl Cells, is_accepted: bool) {
        let group = self.reason.and_then(|place| match &self.section.sources[place] {
            Source::Cell(index) if *index < cells.count() => match cells.get(*index).0.trim().as_bytes() {
                [b'9', group @ b'0'..=b'9', _] => Some(usize::from(group - b'0')),
                _ => None,
            },
            _ => None,
        });
        self.sums.count_row();
        for (sum, &stated) in self.stated.iter().enumerate() {
            if is_accepted {
                self.sums.add(sum, stated);
            } else {
                self.sums.add_rejected(sum, stated);
            }
            if let Some(group) = group {
                self.by_reason[group].add(sum, stated);
            }
        }
        // Which way an amount went is known of accepted rows alone.
        if let Some(flow) = self.flow.filter(|_| is_accepted) {
            let is_debit = self.signals.direction == Some(true);
            self.sums.add(if is_debit { flow.debit } else { flow.credit }, self.signals.amount);
        }
    }

    fn keep(&mut self, lost: &[(Field, String)]) {
        self.numbers.push(self.row);
        if let Some(unusable) = &mut self.unusable
            && lost.is_empty()
        {
            unusable.push("");
        }
        if lost.is_empty() {
            return;
        }
        let spelt: Vec<String> = lost.iter().map(|(field, text)| format!("{}={text}", field.id())).collect();
        let blanks = self.numbers.len() - 1;
        let unusable = self.unusable.get_or_insert_with(|| {
            let mut texts = Texts::default();
            (0..blanks).for_each(|_| texts.push(""));
            texts
        });
        unusable.push(&spelt.join(";"));
        for (field, text) in lost {
            self.problems.push((self.row, Some(field.id().to_owned()), Kind::IdCorrupt, excerpt(text)));
        }
    }

    /// Whether the row is the header again, as on every page of a printed list.
    fn is_header(&self, cells: &impl Cells) -> bool {
        let mut places = self.layout.columns.iter().zip(&self.section.sources).filter_map(
            |(place, source)| match source {
                Source::Cell(index) => Some((*index, &place.header)),
                Source::Constant(_) => None,
            },
        );
        let stands = |index, text: &String| cell::clean_text(cell_text(cells, index)) == text;
        if self.section.closed_by().is_none() && places.all(|(index, header)| stands(index, header)) {
            return true;
        }
        let is_row = |row: &Vec<String>| row.iter().enumerate().all(|(index, text)| stands(index, text));
        self.layout.header_cells.len() > 1 && self.layout.header_cells.iter().any(is_row)
    }

    /// Whether the row begins as a header does.
    fn is_like_header(&self, cells: &impl Cells) -> bool {
        let first = (0..cells.count()).map(|index| own(cells, index)).find(|text| !text.is_empty());
        first.is_some_and(|first| self.layout.columns.iter().any(|place| place.header == first))
    }

    /// Takes a row that totals others, or that carries a balance.
    fn total(&mut self, cells: &impl Cells) -> bool {
        let (scope, is_debit) = match self.scope(cells) {
            Verdict::Entry => return false,
            Verdict::Doubtful => {
                self.reject(None, Kind::TotalOrEntry, shown(cells, " "));
                return true;
            }
            Verdict::Total(scope, is_debit) => (scope, is_debit),
        };
        let section = Arc::clone(&self.section);
        let mut stated = vec![None; self.stated.len()];
        let mut yuan = Money::ZERO;
        for (index, reader) in self.readers.iter().enumerate() {
            let (Source::Cell(place), Some(sum)) = (&section.sources[index], reader.sum) else { continue };
            let text = cell::clean(own(cells, *place));
            match money(&text, section.units[index], self.layout) {
                Ok(money) => {
                    stated[sum] = money;
                    if Some(sum) == self.amount {
                        yuan = money.unwrap_or_default();
                    }
                }
                // 合计（大写） over the column: words are no amount.
                Err(_) if !text.bytes().any(|b| b.is_ascii_digit()) => {}
                Err(kind) => {
                    let column = Some(reader.column.field.id().to_owned());
                    self.problems.push((self.row, column, kind, excerpt(&text)));
                }
            }
        }
        self.tally.read.add(yuan);
        self.tally.subtotal.add(yuan);
        let is_compared = is_debit.is_none() || self.format.is_statement();
        let scope = if is_compared { scope } else { Scope::Elsewhere };
        self.totals.push(TotalRow { row: self.row, scope, is_debit, stated, before: self.sums.clone() });
        true
    }

    fn scope(&self, cells: &impl Cells) -> Verdict {
        let mut is_first = true;
        for index in 0..cells.count() {
            if !is_first && !total::may_be_whole(cells.get(index).0) {
                continue;
            }
            let text = own(cells, index);
            if text.is_empty() {
                continue;
            }
            let words = total::of_words(text);
            if let Some(words) = words.filter(|words| is_first || words.is_whole_cell) {
                let verdict = self.weigh(cells, index, words, is_first);
                if verdict != Verdict::Entry {
                    return verdict;
                }
            }
            is_first = false;
        }
        let mut coded = self.readers.iter().zip(&self.section.sources);
        let scope = coded.find_map(|(reader, source)| match (reader.column.field, source) {
            (field @ (Field::Reason | Field::Subject), Source::Cell(index)) if *index < cells.count() => {
                total::of_code(field, cell::clean_text(cells.get(*index).0))
            }
            _ => None,
        });
        scope.map_or(Verdict::Entry, |scope| Verdict::Total(scope, None))
    }

    /// Whether a row with such words in one of its cells is a total.
    fn weigh(&self, cells: &impl Cells, index: usize, words: Words, is_first: bool) -> Verdict {
        let total = Verdict::Total(words.scope, words.is_debit);
        let mut places = self.readers.iter().zip(&self.section.sources);
        let place = places.find(|(_, source)| **source == Source::Cell(index));
        let column = place.map(|(reader, _)| reader.column);
        let is_number = column.is_some_and(|column| !matches!(column.kind, Type::Text | Type::Code));
        let is_key =
            column.is_some_and(|column| IDENTITIES.contains(&column.field) || column.field == Field::Batch);
        if (is_number && is_first) || is_key {
            // No number, no day and no amount is called so.
            return total;
        }
        let filled = |fields: &[Field]| {
            self.readers.iter().zip(&self.section.sources).any(|(reader, source)| match source {
                Source::Cell(place) if *place != index && fields.contains(&reader.column.field) => {
                    let text = own(cells, *place);
                    !text.is_empty() && text.contains(|c: char| c.is_alphanumeric()) && !is_row_count(text)
                }
                _ => false,
            })
        };
        let (has_identity, has_party) = (filled(&IDENTITIES), filled(&PARTIES));
        if words.carry != Carry::No {
            let has_money = self.flows(cells);
            return match (words.carry, has_identity) {
                (_, true) if has_money => Verdict::Entry,
                (Carry::Surplus, false) if has_money && !self.lacks(cells, "") => Verdict::Doubtful,
                _ if has_money && has_party => Verdict::Doubtful,
                _ => total,
            };
        }
        let is_name = column.is_some_and(|column| PARTIES.contains(&column.field));
        match (has_identity, has_party) {
            // A payer of that name, a purpose of that name.
            (true, true) => Verdict::Entry,
            (true, false) if is_name => Verdict::Entry,
            _ if is_first && self.lacks(cells, own(cells, index)) => {
                if has_identity && is_first && column.is_some() { Verdict::Entry } else { total }
            }
            _ if !words.is_whole_cell => Verdict::Entry,
            // A report has names of items in a column of no ledger's.
            _ if (column.is_none() || self.format.ledger.is_none()) && !self.format.is_statement() => {
                Verdict::Entry
            }
            (false, false) => total,
            (true, false) | (false, true) => Verdict::Doubtful,
        }
    }

    /// Whether the row states money that moved, and not only a balance.
    fn flows(&self, cells: &impl Cells) -> bool {
        self.readers.iter().zip(&self.section.sources).any(|(reader, source)| match source {
            Source::Cell(place) if reader.sum.is_some() => {
                own(cells, *place).bytes().any(|b| matches!(b, b'1'..=b'9'))
            }
            _ => false,
        })
    }

    /// Whether the row lacks something that a row must have besides money; the cell that holds `word` counts as none.
    fn lacks(&self, cells: &impl Cells, word: &str) -> bool {
        let readers = self.readers.iter().zip(&self.section.sources);
        let mut others = readers
            .filter(|(reader, _)| reader.column.required && reader.column.kind != Type::Money)
            .filter_map(|(_, source)| match source {
                Source::Cell(index) => Some(own(cells, *index)),
                Source::Constant(_) => None,
            })
            .filter(|text| word.is_empty() || *text != word)
            .peekable();
        others.peek().is_none() || others.any(|text| text.is_empty() || matches!(text, "-" | "--"))
    }

    /// Takes a line below the table, such as 制表人：张三, that is no row of it.
    pub fn footer(&mut self, cells: &impl Cells) -> bool {
        let filled: Vec<&str> =
            (0..cells.count()).map(|index| own(cells, index)).filter(|text| !text.is_empty()).collect();
        let Some(first) = filled.first() else { return false };
        let is_rule = first.chars().count() >= 3
            && first.chars().all(|c| matches!(c, '-' | '=' | '*' | '—' | '─' | '_'));
        let is_said = FOOTERS.iter().any(|word| first.starts_with(word));
        let mut places = self.readers.iter().zip(&self.section.sources);
        let has_amount = places.any(|(reader, source)| match source {
            Source::Cell(index) if reader.column.kind == Type::Money && cells.count() > 1 => {
                let text = cell::clean(own(cells, *index));
                matches!(money(&text, Unit::Yuan, self.layout), Ok(Some(_)))
            }
            _ => false,
        });
        if !(is_rule || is_said) || has_amount || filled.len() > FOOTER_CELLS_MAX {
            return false;
        }
        self.tally.footer_rows += 1;
        true
    }

    pub fn reject(&mut self, column: Option<String>, kind: Kind, found: String) {
        self.problems.push((self.row, column, kind, found));
        self.tally.read.add(Money::ZERO);
        self.tally.rejected.add(Money::ZERO);
        // Its amount is not known, so no total can be compared from here on.
        self.sums.lose_row();
    }

    /// Gives back memory that only growing needed.
    pub fn finish(&mut self) {
        self.list_problems();
        for (_, column) in &mut self.columns {
            column.shrink();
        }
        self.numbers.shrink_to_fit();
    }

    /// The rows that were accepted, as part of a book.
    pub(super) fn into_part(mut self, file: &SourceFile, sheet: Option<&str>, above: u32) -> Part {
        for row in &mut self.numbers {
            *row += above;
        }
        if let Some(unusable) = self.unusable.take() {
            self.columns.push((Field::Unusable, Column::Text(unusable)));
        }
        let name = match sheet {
            Some(sheet) => format!("{}[{sheet}]", file.path).into(),
            None => file.path.clone(),
        };
        Part {
            ledger: self.format.ledger,
            file: name,
            arrived: file.arrived,
            table: Table::new(self.columns),
            rows: self.numbers,
            codes: self.codes,
        }
    }

    /// What is summed.
    pub(super) fn summed(&self) -> Summed {
        let summed = self.readers.iter().filter(|reader| reader.sum.is_some());
        Summed { fields: summed.map(|reader| reader.column.field).collect(), flow: self.flow }
    }
}

/// What a row is by the words in its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Entry,
    /// As much one as the other.
    Doubtful,
    Total(Scope, Option<bool>),
}

/// Numbers that only an entry has.
const IDENTITIES: [Field; 5] =
    [Field::SlipNo, Field::VoucherNo, Field::FormNo, Field::Serial, Field::CertificateNo];
/// Who paid or was paid, which only an entry says.
const PARTIES: [Field; 6] = [
    Field::TaxpayerName,
    Field::PayerName,
    Field::PayerAccount,
    Field::PayeeName,
    Field::CounterpartyName,
    Field::CounterpartyAccount,
];

/// 3笔, which a total has in any column.
fn is_row_count(text: &str) -> bool {
    text.contains(['笔', '条', '户']) && text.chars().count() <= 8
}

fn cell_text(cells: &impl Cells, index: usize) -> &str {
    if index < cells.count() { cells.get(index).0 } else { "" }
}

/// A row as it is shown in a message.
fn shown(cells: &impl Cells, delimiter: &str) -> String {
    let texts = (0..cells.count()).map(|index| own(cells, index));
    let texts = texts.filter(|text| delimiter != " " || !text.is_empty());
    excerpt(&texts.collect::<Vec<_>>().join(delimiter))
}

/// A line below a table begins with one of these.
const FOOTERS: [&str; 53] = [
    "制表",
    "制单",
    "复核",
    "审核",
    "审批",
    "经办",
    "主管",
    "负责人",
    "打印",
    "导出",
    "备注",
    "说明",
    "注：",
    "注:",
    "注意",
    "以上",
    "第",
    "共",
    "页",
    "提示",
    "截至",
    "截止",
    "会计",
    "出纳",
    "签章",
    "盖章",
    "编制",
    "填报",
    "报送",
    "温馨提示",
    "特别提示",
    "查询",
    "单位负责人",
    "财务",
    "核对",
    "日期：",
    "支出笔数",
    "收入笔数",
    "借方笔数",
    "贷方笔数",
    "支出金额",
    "收入金额",
    "借方金额",
    "贷方金额",
    "总笔数",
    "笔数",
    "本回单",
    "本单",
    "此单",
    "以下空白",
    "本页",
    "操作员",
    "柜员",
];
/// A footer has few cells: 制表, 复核, 负责人, 日期 and their values.
const FOOTER_CELLS_MAX: usize = 8;

/// What a cell says itself; nothing where the row ends before it, or where a merged cell covers it.
fn own(cells: &impl Cells, index: usize) -> &str {
    if index >= cells.count() {
        return "";
    }
    let (text, nature) = cells.get(index);
    if nature == Nature::Spread { "" } else { cell::clean_text(text) }
}

fn is_blank(cells: &impl Cells) -> bool {
    (0..cells.count()).all(|index| {
        let text = cells.get(index).0;
        text.is_empty() || cell::clean_text(text).is_empty()
    })
}

fn empty(kind: Type) -> Column {
    match kind {
        Type::Id | Type::Text | Type::Rate => Column::Text(Texts::default()),
        Type::Code => Column::Code(Vec::new()),
        Type::Money => Column::Money(Vec::new()),
        Type::Date => Column::Date(Vec::new()),
        Type::Moment => Column::Moment(Vec::new()),
        Type::Count | Type::Flag => Column::Count(Vec::new()),
    }
}

fn required(column: &ColumnFormat, text: &str) -> Result<(), Kind> {
    if column.required && text.is_empty() { Err(Kind::Empty) } else { Ok(()) }
}

pub(super) fn money(text: &str, unit: Unit, layout: &Layout<'_>) -> Result<Option<Money>, Kind> {
    let money = if layout.decimal_comma {
        let swapped: String = text
            .chars()
            .map(|c| match c {
                ',' => '.',
                '.' => ',',
                other => other,
            })
            .collect();
        cell::money(&swapped, unit)?
    } else {
        cell::money(text, unit)?
    };
    Ok(if layout.sign == Some(Sign::Negated) { money.map(|money| -money) } else { money })
}

/// The word of a closed set that a text stands for.
fn word<'c>(column: &'c ColumnFormat, text: &str) -> Result<&'c str, Kind> {
    match column.words.get(text) {
        Some(word) => Ok(word),
        None => Err(Kind::UnknownWord { known: column.known_words() }),
    }
}

/// What was found, short enough for a message.
pub fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
