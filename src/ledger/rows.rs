//! A row's cells to values in columns, and its fate: accepted, total, rejected, or no row of the table at all.

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
use super::problem::{Counts, Kind, LISTED_MAX};
use super::profile::Sign;
use super::serial::DateSystem;
use super::statement::{self, Signals};
use super::total::{self, Scope, Sums, TotalRow};
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
    source: &'f Source,
    column: &'f ColumnFormat,
    unit: Unit,
    shape: Shape,
    target: Target,
    /// Its place among the sums, if it can be totalled.
    sum: Option<usize>,
    /// The last cell as it stood, and its code.
    last_code: (String, Code),
}

/// Rows of one piece of a file; they are counted from the piece's own first line.
#[derive(Debug)]
pub struct Rows<'f> {
    format: &'f Format,
    layout: &'f Layout<'f>,
    dates: DateSystem,
    readers: Vec<Reader<'f>>,
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
    signals: Signals,
    pub(super) sums: Sums,
    pub(super) by_reason: Box<[Sums; 10]>,
    pub(super) totals: Vec<TotalRow>,
    /// The amounts of the row at hand, one for each sum.
    stated: Vec<Option<Money>>,
    /// Of these the one by which rows are counted.
    amount: Option<usize>,
    reason: Option<usize>,
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
                    source: &place.source,
                    column,
                    unit: place.unit.unwrap_or_default(),
                    shape: Shape::of(column.field),
                    target,
                    sum,
                    // No cell holds such a text: at first nothing equals it.
                    last_code: ("\n".to_owned(), Code::default()),
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
        let mut codes = CodePool::default();
        codes.intern("");
        Self {
            format,
            layout,
            dates: DateSystem::From1900,
            readers,
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
            signals: Signals::default(),
            sums: Sums::new(summed),
            by_reason: Box::new(std::array::from_fn(|_| Sums::new(summed))),
            totals: Vec::new(),
            stated: vec![None; summed],
            amount,
            reason: layout.columns.iter().position(|place| place.column.field == Field::Reason),
        }
    }

    /// Numbers in date columns count from the workbook's own first day.
    #[must_use]
    pub fn counting_days(mut self, dates: DateSystem) -> Self {
        self.dates = dates;
        self
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
        if (is_short || is_long) && !is_blank(cells) && !self.footer(cells) && !self.total(cells) {
            let delimiter = char::from(self.layout.delimiter).to_string();
            let texts = (0..count).map(|index| cell::clean_text(cells.get(index).0));
            let found = excerpt(&texts.collect::<Vec<_>>().join(&delimiter));
            return self.reject(None, Kind::CellCount { expected, cells: count }, found);
        }
        if !is_short && !is_long {
            self.take(cells);
        } else if is_blank(cells) {
            self.tally.blank_rows += 1;
        }
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
        if self.total(cells) {
            return;
        }
        let (before, known) = (self.numbers.len(), self.problems.len());
        let mut lost: Vec<(Field, String)> = Vec::new();
        self.signals = Signals::default();
        self.stated.fill(Some(Money::ZERO));
        for index in 0..self.readers.len() {
            self.cell(index, cells, &mut lost);
        }
        let has_no_money = |(_, _, kind, _): &RowProblem| matches!(kind, Kind::BadMoney { .. });
        if !self.problems[known..].iter().any(has_no_money) {
            self.currency(cells);
        }
        if self.format.is_statement() && self.problems.len() == known {
            self.conclude();
        }
        let yuan = self.yuan();
        self.add_up(cells);
        if self.problems.len() == known {
            self.keep(&lost);
            self.tally.read.add(yuan);
            self.tally.accepted.add(yuan);
            return;
        }
        for (_, column) in &mut self.columns {
            column.truncate(before);
        }
        if self.footer(cells) {
            self.problems.truncate(known);
            return;
        }
        self.tally.read.add(yuan);
        self.tally.rejected.add(yuan);
    }

    /// Tells a row in another currency.
    fn currency(&mut self, cells: &impl Cells) {
        let Some(index) = self.layout.currency.filter(|&index| index < cells.count()) else { return };
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
    fn cell(&mut self, index: usize, cells: &impl Cells, lost: &mut Vec<(Field, String)>) {
        let reader = &mut self.readers[index];
        let (text, nature) = match reader.source {
            Source::Constant(text) => (text.as_str(), Nature::Text),
            Source::Cell(place) if *place < cells.count() => cells.get(*place),
            Source::Cell(_) => ("", Nature::Text),
        };
        let column = reader.column;
        // Most codes are the code of the row above.
        if let Target::Column(target) = reader.target
            && reader.last_code.0 == text
            && nature == Nature::Text
            && let Column::Code(codes) = &mut self.columns[target].1
        {
            codes.push(reader.last_code.1);
            return;
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
            (None, Target::Signal) => self.signal(index, text, nature).map(|()| None),
            (None, Target::Column(target)) => self.push(index, target, text, nature),
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
        index: usize,
        target: usize,
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
                texts.push(&id);
            }
            (Column::Code(places), _) => {
                let code = if column.words.is_empty() {
                    let bare = identifier::without_name(&clean, column.field);
                    let Some(id) = identifier::restore(bare, nature, reader.shape) else {
                        places.push(Code::default());
                        return Ok(Some(clean.into_owned()));
                    };
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
                }
            }
            (Column::Money(fens), _) => {
                let money = money(&clean, reader.unit, self.layout)?;
                if column.required && money.is_none() {
                    return Err(Kind::Empty);
                }
                fens.push(money.map(Money::fen));
                if let Some(sum) = reader.sum {
                    self.stated[sum] = Some(money.unwrap_or_default());
                }
            }
            (Column::Date(dates), _) => {
                dates.push(filled.then(|| cell::date_in(&clean, self.dates)).transpose()?);
            }
            (Column::Moment(moments), _) => {
                moments.push(filled.then(|| cell::moment_in(&clean, self.dates)).transpose()?);
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
    fn signal(&mut self, index: usize, text: &str, nature: Nature) -> Result<(), Kind> {
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
                (signals.date, signals.date_time) = (Some(moment.date), moment.time);
            }
            Field::Time => match cell::time_in(&clean, self.dates)? {
                (Some(date), time) => signals.time = Some(Moment { date, time }),
                (None, time) => signals.clock = time,
            },
            field => {
                let money = money(&clean, reader.unit, self.layout)?;
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
                self.signals.amount = Some(flow.amount);
            }
            Err((field, kind)) => {
                let found = self.signals.spelt();
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

    fn add_up(&mut self, cells: &impl Cells) {
        let group = self.reason.and_then(|place| match &self.readers[place].source {
            Source::Cell(index) if *index < cells.count() => match cells.get(*index).0.trim().as_bytes() {
                [b'9', group @ b'0'..=b'9', _] => Some(usize::from(group - b'0')),
                _ => None,
            },
            _ => None,
        });
        for (sum, &stated) in self.stated.iter().enumerate() {
            self.sums.add(sum, stated);
            if let Some(group) = group {
                self.by_reason[group].add(sum, stated);
            }
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
        let mut places = self.layout.columns.iter().filter_map(|place| match place.source {
            Source::Cell(index) => Some((index, &place.header)),
            Source::Constant(_) => None,
        });
        places.all(|(index, header)| index < cells.count() && cell::clean_text(cells.get(index).0) == header)
    }

    /// Takes a row that totals others.
    fn total(&mut self, cells: &impl Cells) -> bool {
        let Some(scope) = self.scope(cells) else { return false };
        let mut stated = vec![None; self.stated.len()];
        let mut yuan = Money::ZERO;
        for reader in &self.readers {
            let (Source::Cell(index), Some(sum)) = (reader.source, reader.sum) else { continue };
            let text = cell::clean(own(cells, *index));
            match money(&text, reader.unit, self.layout) {
                Ok(money) => {
                    stated[sum] = money;
                    if Some(sum) == self.amount {
                        yuan = money.unwrap_or_default();
                    }
                }
                Err(kind) => {
                    let column = Some(reader.column.field.id().to_owned());
                    self.problems.push((self.row, column, kind, excerpt(&text)));
                }
            }
        }
        self.tally.read.add(yuan);
        self.tally.subtotal.add(yuan);
        self.totals.push(TotalRow { row: self.row, scope, stated, before: self.sums.clone() });
        true
    }

    fn scope(&self, cells: &impl Cells) -> Option<Scope> {
        let first = (0..cells.count())
            .map(|index| cell::clean_text(cells.get(index).0))
            .find(|text| !text.is_empty())?;
        if let Some(scope) = total::of_words(first) {
            // A row that has all else a row must have is no total, whatever its first cell is called.
            let mut others = self
                .readers
                .iter()
                .filter(|reader| reader.column.required && reader.column.kind != Type::Money)
                .filter_map(|reader| match reader.source {
                    Source::Cell(index) => Some(own(cells, *index)),
                    Source::Constant(_) => None,
                })
                .filter(|text| *text != first)
                .peekable();
            let lacks =
                others.peek().is_none() || others.any(|text| text.is_empty() || matches!(text, "-" | "--"));
            return lacks.then_some(scope);
        }
        let mut coded = self
            .readers
            .iter()
            .filter(|reader| matches!(reader.column.field, Field::Reason | Field::Subject));
        coded.find_map(|reader| match reader.source {
            Source::Cell(index) if *index < cells.count() => {
                total::of_code(reader.column.field, cell::clean_text(cells.get(*index).0))
            }
            _ => None,
        })
    }

    /// Takes a line below the table, such as 制表人：张三, that is no row of it.
    pub fn footer(&mut self, cells: &impl Cells) -> bool {
        let filled: Vec<&str> =
            (0..cells.count()).map(|index| own(cells, index)).filter(|text| !text.is_empty()).collect();
        let Some(first) = filled.first() else { return false };
        let is_rule = first.chars().count() >= 3
            && first.chars().all(|c| matches!(c, '-' | '=' | '*' | '—' | '─' | '_'));
        let is_said = FOOTERS.iter().any(|word| first.starts_with(word));
        let has_amount = self.readers.iter().any(|reader| match reader.source {
            Source::Cell(index) if reader.column.kind == Type::Money => {
                !own(cells, *index).is_empty() && cells.count() > 1
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
        for sum in 0..self.stated.len() {
            self.sums.add(sum, None);
        }
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
            ledger: self.format.ledger.map(|known| known.ledger),
            file: name,
            arrived: file.arrived,
            table: Table::new(self.columns),
            rows: self.numbers,
            codes: self.codes,
        }
    }

    /// The names of the columns that are summed, in order.
    pub(super) fn summed(&self) -> Vec<Field> {
        self.readers.iter().filter(|reader| reader.sum.is_some()).map(|reader| reader.column.field).collect()
    }
}

/// A line below a table begins with one of these.
const FOOTERS: [&str; 36] = [
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

fn money(text: &str, unit: Unit, layout: &Layout<'_>) -> Result<Option<Money>, Kind> {
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
