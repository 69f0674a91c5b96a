//! Rows of delimited text.
//!
//! A row is one line. So a quote that is never closed costs its own line and nothing below it, and a file can be
//! read in pieces, each on its own thread, with the same result as in one.

use std::borrow::Cow;
use std::sync::Arc;

use memchr::{memchr, memchr_iter};
use rayon::prelude::*;

use crate::domain::entry::Part;
use crate::domain::field::Field;
use crate::domain::money::{Money, Unit};
use crate::domain::table::{Code, CodePool, Column, Table, Texts};

use super::format::{ColumnFormat, Format, Type, normal_header};
use super::problem::{Kind, Problem};
use super::{Parsed, SourceFile, Tally, cell};

/// The header stands within these lines.
const HEADER_LINES_MAX: usize = 15;
/// A piece that is worth a thread of its own.
const PIECE_BYTES: usize = 4 << 20;
const DELIMITERS: [u8; 4] = *b",\t;|";
/// First cells of rows that total others.
const SUBTOTALS: [&str; 4] = ["合计", "小计", "总计", "本页合计"];

/// Reads a file of delimited text.
pub fn read(file: &SourceFile, format: &Format) -> Parsed {
    let (text, encoding) = decode(&file.bytes);
    let mut parsed = Parsed { encoding, ..Parsed::default() };
    let (layout, header_row, body) = match find_header(&text, format) {
        Ok(found) => found,
        Err(missing) => {
            parsed.problems.push(Problem {
                file: Arc::clone(&file.path),
                row: None,
                column: None,
                kind: Kind::NoHeader { missing },
                found: first_line(&text),
            });
            // Whatever the rows say, none of them can be used.
            for line in text.lines() {
                if line.trim().is_empty() {
                    parsed.tally.blank_rows += 1;
                } else {
                    parsed.tally.read.add(Money::ZERO);
                    parsed.tally.rejected.add(Money::ZERO);
                }
            }
            return parsed;
        }
    };
    parsed.is_readable = true;
    parsed.tally.blank_rows += u64::from(header_row) - 1;
    for header in &layout.doubled {
        parsed.problems.push(Problem {
            file: Arc::clone(&file.path),
            row: Some(header_row),
            column: Some(header.clone()),
            kind: Kind::DoubleColumn,
            found: header.clone(),
        });
    }
    let mut pieces: Vec<Piece<'_>> =
        cut(body).into_par_iter().map(|text| Piece::read(text, &layout, format)).collect();
    let mut line = header_row;
    for piece in &mut pieces {
        parsed.tally.join(&piece.tally);
        for row in &mut piece.rows {
            *row += line;
        }
        parsed.problems.extend(piece.problems.drain(..).map(|(row, column, kind, found)| Problem {
            file: Arc::clone(&file.path),
            row: Some(row + line),
            column,
            kind,
            found,
        }));
        line += piece.lines;
    }
    parsed.parts = pieces
        .into_iter()
        .map(|piece| Part {
            ledger: format.ledger.map(|known| known.ledger),
            file: Arc::clone(&file.path),
            arrived: file.arrived,
            table: Table::new(piece.columns),
            rows: piece.rows,
            codes: piece.codes,
        })
        .collect();
    parsed
}

/// The text and the encoding it was in. Bytes that are no text become U+FFFD, and their rows problems.
fn decode(bytes: &[u8]) -> (Cow<'_, str>, &'static str) {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return (text, encoding.name());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), encoding_rs::UTF_8.name());
    }
    let (text, _) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
    (text, encoding_rs::GB18030.name())
}

/// Which cell of a row fills which column.
#[derive(Debug)]
struct Layout<'f> {
    delimiter: u8,
    cells: usize,
    /// In the order of the file.
    columns: Vec<(usize, &'f ColumnFormat, Unit)>,
    doubled: Vec<String>,
}

/// The layout, the header's row and what stands below it; or the required columns that the likeliest header lacks.
fn find_header<'f, 't>(text: &'t str, format: &'f Format) -> Result<(Layout<'f>, u32, &'t str), Vec<String>> {
    let mut rest = text;
    let mut best: Option<(usize, Vec<String>)> = None;
    for row in 1..=HEADER_LINES_MAX {
        if rest.is_empty() {
            break;
        }
        let (line, below) = split_line(rest);
        rest = below;
        for delimiter in DELIMITERS {
            let Some(layout) = Layout::of(line, delimiter, format) else {
                continue;
            };
            let missing = layout.missing(format);
            if missing.is_empty() {
                return Ok((layout, u32::try_from(row).expect("few lines"), rest));
            }
            if best.as_ref().is_none_or(|(known, _)| layout.columns.len() > *known) {
                best = Some((layout.columns.len(), missing));
            }
        }
    }
    Err(best.map_or_else(
        || format.columns.iter().filter(|c| c.required).map(|c| c.field.id().to_owned()).collect(),
        |(_, missing)| missing,
    ))
}

impl<'f> Layout<'f> {
    fn of(line: &str, delimiter: u8, format: &'f Format) -> Option<Self> {
        let mut cells = Cells::default();
        let count = cells.split(line, delimiter).ok()?;
        let mut layout = Self { delimiter, cells: count, columns: Vec::new(), doubled: Vec::new() };
        for index in 0..count {
            let header = cells.get(line, index);
            let Some(column) = format.by_header(header) else {
                continue;
            };
            let known = layout.columns.iter_mut().find(|(_, known, _)| known.field == column.field);
            let Some(known) = known else {
                layout.columns.push((index, column, unit_of(header)));
                continue;
            };
            // Exports often carry a column under two of its names, such as 摘要 and 附言: the better name is read.
            let (kept, other) = (column.rank(cells.get(line, known.0)), column.rank(header));
            if other == kept {
                layout.doubled.push(cell::clean_text(header).to_owned());
            } else if other < kept {
                *known = (index, column, unit_of(header));
            }
        }
        (!layout.columns.is_empty()).then_some(layout)
    }

    fn missing(&self, format: &Format) -> Vec<String> {
        format
            .columns
            .iter()
            .filter(|column| {
                column.required && !self.columns.iter().any(|(_, known, _)| known.field == column.field)
            })
            .map(|column| column.field.id().to_owned())
            .collect()
    }
}

/// The unit a header states in brackets: 发生额（分）, 金额(万元).
fn unit_of(header: &str) -> Unit {
    let bracket = header.find(['(', '（', '[', '【']).map_or("", |start| &header[start..]);
    if bracket.contains("万元") {
        Unit::TenThousand
    } else if bracket.contains('分') {
        Unit::Fen
    } else {
        Unit::Yuan
    }
}

/// Pieces of whole lines.
fn cut(body: &str) -> Vec<&str> {
    let mut pieces = Vec::with_capacity(body.len() / PIECE_BYTES + 1);
    let mut rest = body;
    while rest.len() > PIECE_BYTES {
        let Some(end) = memchr(b'\n', &rest.as_bytes()[PIECE_BYTES..]) else {
            break;
        };
        let (piece, below) = rest.split_at(PIECE_BYTES + end + 1);
        pieces.push(piece);
        rest = below;
    }
    pieces.push(rest);
    pieces
}

/// The first line without its end, and the rest.
fn split_line(text: &str) -> (&str, &str) {
    let (line, rest) = match memchr(b'\n', text.as_bytes()) {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, ""),
    };
    (line.strip_suffix('\r').unwrap_or(line), rest)
}

fn first_line(text: &str) -> String {
    split_line(text).0.chars().take(80).collect()
}

/// The cells of one line: places in the line, or texts of their own where quotes had to be undone.
#[derive(Debug, Default)]
struct Cells {
    spans: Vec<(usize, usize)>,
    unquoted: Vec<(usize, String)>,
    machine: Option<(u8, csv_core::Reader)>,
}

impl Cells {
    /// Splits a line; how many cells it has. Fails on a quote that is not closed.
    fn split(&mut self, line: &str, delimiter: u8) -> Result<usize, Kind> {
        self.spans.clear();
        self.unquoted.clear();
        if memchr(b'"', line.as_bytes()).is_none() {
            let mut start = 0;
            for end in memchr_iter(delimiter, line.as_bytes()) {
                self.spans.push((start, end));
                start = end + 1;
            }
            self.spans.push((start, line.len()));
            return Ok(self.spans.len());
        }
        self.unquote(line, delimiter)
    }

    /// Splits a line that has quotes; the csv crate's own machine knows their grammar.
    fn unquote(&mut self, line: &str, delimiter: u8) -> Result<usize, Kind> {
        // Made once for many lines: building it costs more than a line.
        if self.machine.as_ref().is_none_or(|(of, _)| *of != delimiter) {
            self.machine = Some((delimiter, csv_core::ReaderBuilder::new().delimiter(delimiter).build()));
        }
        let (_, machine) = self.machine.as_mut().expect("just made");
        machine.reset();
        let mut text = vec![0; line.len() + 1];
        let mut ends = vec![0; memchr_iter(delimiter, line.as_bytes()).count() + 2];
        let (_, _, written, fields) = machine.read_record(line.as_bytes(), &mut text, &mut ends);
        // The line end it is given shows a quote left open: then it is part of a cell.
        let (result, _, _, last) = machine.read_record(b"\n", &mut text[written..], &mut ends[fields..]);
        if !matches!(result, csv_core::ReadRecordResult::Record) {
            return Err(Kind::OpenQuote);
        }
        let mut start = 0;
        for (index, &end) in ends[..fields + last].iter().enumerate() {
            let cell = std::str::from_utf8(&text[start..end]).map_err(|_| Kind::OpenQuote)?;
            self.spans.push((0, 0));
            self.unquoted.push((index, cell.to_owned()));
            start = end;
        }
        Ok(self.spans.len())
    }

    fn get<'t>(&'t self, line: &'t str, index: usize) -> &'t str {
        if self.unquoted.is_empty() {
            let (start, end) = self.spans[index];
            &line[start..end]
        } else {
            &self.unquoted[index].1
        }
    }
}

type RowProblem = (u32, Option<String>, Kind, String);

/// What was read from one piece; rows are counted from the piece's own first line.
#[derive(Debug)]
struct Piece<'f> {
    columns: Vec<(Field, Column)>,
    codes: CodePool,
    /// For each column of codes the last cell as it stood, and its code.
    last_codes: Vec<(String, Code)>,
    rows: Vec<u32>,
    lines: u32,
    tally: Tally,
    problems: Vec<RowProblem>,
    amount: Option<Field>,
    layout: &'f Layout<'f>,
}

impl<'f> Piece<'f> {
    fn read(text: &str, layout: &'f Layout<'f>, format: &Format) -> Self {
        let lossy = memchr::memmem::find(text.as_bytes(), "\u{fffd}".as_bytes()).is_some();
        let mut codes = CodePool::default();
        codes.intern("");
        let mut piece = Self {
            columns: layout.columns.iter().map(|(_, column, _)| (column.field, empty(column.kind))).collect(),
            codes,
            // No cell holds a line break: at first nothing equals it.
            last_codes: vec![("\n".to_owned(), Code::default()); layout.columns.len()],
            rows: Vec::new(),
            lines: 0,
            tally: Tally::default(),
            problems: Vec::new(),
            amount: format.amount(),
            layout,
        };
        let mut cells = Cells::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (line, below) = split_line(rest);
            rest = below;
            piece.lines += 1;
            piece.line(line, &mut cells, lossy);
        }
        for (_, column) in &mut piece.columns {
            column.shrink();
        }
        piece.rows.shrink_to_fit();
        piece
    }

    fn line(&mut self, line: &str, cells: &mut Cells, lossy: bool) {
        let row = self.lines;
        let delimiter = self.layout.delimiter;
        if line.bytes().all(|b| b == delimiter || b.is_ascii_whitespace()) {
            self.tally.blank_rows += 1;
            return;
        }
        let count = match cells.split(line, delimiter) {
            Ok(count) => count,
            Err(kind) => return self.reject(Money::ZERO, vec![(row, None, kind, excerpt(line))]),
        };
        let trailing_blank = (self.layout.cells..count).all(|index| cells.get(line, index).trim().is_empty());
        if count < self.layout.cells || !trailing_blank {
            let kind = Kind::CellCount { expected: self.layout.cells };
            return self.reject(Money::ZERO, vec![(row, None, kind, count.to_string())]);
        }
        if lossy && line.contains('\u{fffd}') {
            return self.reject(Money::ZERO, vec![(row, None, Kind::BadEncoding, excerpt(line))]);
        }
        let first = cell::clean_text(cells.get(line, 0));
        // Such a word is short and never ASCII; most first cells are told by that alone.
        if !first.is_ascii() && first.len() <= 60 && SUBTOTALS.contains(&normal_header(first).as_str()) {
            let yuan = self.stated_amount(line, cells);
            self.tally.read.add(yuan);
            self.tally.subtotal.add(yuan);
            return;
        }
        let before = self.rows.len();
        let mut problems = Vec::new();
        let mut yuan = Money::ZERO;
        for (place, &(index, column, unit)) in self.layout.columns.iter().enumerate() {
            let text = cells.get(line, index);
            // Most codes are the code of the row above.
            if self.last_codes[place].0 == text
                && let Column::Code(codes) = &mut self.columns[place].1
            {
                codes.push(self.last_codes[place].1);
                continue;
            }
            match push(&mut self.columns[place].1, &mut self.codes, column, unit, text) {
                Ok(money) => {
                    if let Column::Code(codes) = &self.columns[place].1
                        && let Some(&code) = codes.last()
                    {
                        text.clone_into(&mut self.last_codes[place].0);
                        self.last_codes[place].1 = code;
                    }
                    if Some(column.field) == self.amount {
                        yuan = money.unwrap_or_default();
                    }
                }
                Err(kind) => {
                    problems.push((
                        row,
                        Some(column.field.id().to_owned()),
                        kind,
                        excerpt(cell::clean_text(text)),
                    ));
                }
            }
        }
        if problems.is_empty() {
            self.rows.push(row);
            self.tally.read.add(yuan);
            self.tally.accepted.add(yuan);
        } else {
            for (_, column) in &mut self.columns {
                column.truncate(before);
            }
            self.reject(yuan, problems);
        }
    }

    fn reject(&mut self, yuan: Money, problems: Vec<RowProblem>) {
        self.tally.read.add(yuan);
        self.tally.rejected.add(yuan);
        self.problems.extend(problems);
    }

    fn stated_amount(&self, line: &str, cells: &Cells) -> Money {
        self.layout
            .columns
            .iter()
            .find(|(_, column, _)| Some(column.field) == self.amount)
            .and_then(|&(index, _, unit)| {
                cell::money(&cell::clean(cells.get(line, index)), unit).ok().flatten()
            })
            .unwrap_or_default()
    }
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

/// Appends a cell to its column; the amount it states, if it is money.
fn push(
    values: &mut Column,
    codes: &mut CodePool,
    column: &ColumnFormat,
    unit: Unit,
    text: &str,
) -> Result<Option<Money>, Kind> {
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
    let text = cell::clean(text);
    required(column, &text)?;
    let filled = !text.is_empty();
    let mut stated = None;
    match (values, column.kind) {
        (Column::Text(texts), Type::Rate) => texts.push(if filled { cell::rate(&text)? } else { "" }),
        (Column::Text(texts), _) => texts.push(&text),
        (Column::Code(places), _) => places.push(code(codes, column, &text)?),
        (Column::Money(fens), _) => {
            stated = cell::money(&text, unit)?;
            if column.required && stated.is_none() {
                return Err(Kind::Empty);
            }
            fens.push(stated.map(Money::fen));
        }
        (Column::Date(dates), _) => dates.push(filled.then(|| cell::date(&text)).transpose()?),
        (Column::Moment(moments), _) => moments.push(filled.then(|| cell::moment(&text)).transpose()?),
        (Column::Count(counts), Type::Flag) => {
            counts.push(filled.then(|| cell::flag(&text)).transpose()?.map(u32::from));
        }
        (Column::Count(counts), _) => counts.push(filled.then(|| cell::count(&text)).transpose()?),
        (Column::Digest(_), _) => unreachable!("no ledger has a column of digests"),
    }
    Ok(stated)
}

fn required(column: &ColumnFormat, text: &str) -> Result<(), Kind> {
    if column.required && text.is_empty() { Err(Kind::Empty) } else { Ok(()) }
}

fn code(codes: &mut CodePool, column: &ColumnFormat, text: &str) -> Result<Code, Kind> {
    if column.words.is_empty() || text.is_empty() {
        return Ok(codes.intern(text));
    }
    match column.words.get(text) {
        Some(word) => Ok(codes.intern(word)),
        None => Err(Kind::UnknownWord { known: column.known_words() }),
    }
}

/// What was found, short enough for a message.
fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::Book;
    use crate::domain::ledger::Ledger;
    use crate::ledger::format;
    use proptest::prelude::*;

    fn parse(bytes: &[u8]) -> Parsed {
        let file = SourceFile {
            path: "inbox/2026-03-02/bank-remittances.csv".into(),
            bytes: bytes.to_vec(),
            arrived: "2026-03-02".parse().expect("a date"),
        };
        super::super::read(&file, format::of(Ledger::BankRemittances))
    }

    fn rows(parsed: Parsed) -> Vec<String> {
        let book = Book::assemble(parsed.parts);
        book.entries()
            .map(|entry| {
                format!(
                    "{} {} {} {}",
                    entry.file_row(),
                    entry.text(Field::Batch),
                    entry.moment(Field::RemittedAt).expect("required"),
                    entry.money(Field::Amount).expect("required"),
                )
            })
            .collect()
    }

    const HEAD: &str = "划转批次,行号,国库代码,划转时间,金额\n";

    #[test]
    fn chinese_headers_titles_quotes_and_totals() {
        let text = format!(
            "某银行划转清单\n\n{HEAD}B1,102222020334,1906080000,2026-03-02 10:00,\"1,234.50\"\r\n\n\
             B2,102222020334,1906080000,20260302,12\n合计,,,,1246.50\n"
        );
        let parsed = parse(text.as_bytes());
        assert_eq!(parsed.problems, []);
        assert_eq!(parsed.tally.accepted.yuan.to_string(), "1246.50");
        assert_eq!((parsed.tally.read.rows, parsed.tally.subtotal.rows, parsed.tally.blank_rows), (3, 1, 3));
        assert_eq!(rows(parsed), ["4 B1 2026-03-02 10:00:00 1234.50", "6 B2 2026-03-02 12.00"]);
    }

    #[test]
    fn a_bad_row_costs_only_itself() {
        let text = format!(
            "{HEAD}B1,102,1906080000,2026-03-02,1\nB2,102,1906080000,2026-03-02,1,2\nB3,102,1906080000,\"2026-03-02,1\n\
             ,102,1906080000,soon,1.234\nB5,102,1906080000,2026-03-02,5\n"
        );
        let parsed = parse(text.as_bytes());
        let told: Vec<_> = parsed
            .problems
            .iter()
            .map(|p| (p.row, p.column.as_deref().unwrap_or(""), p.kind.code()))
            .collect();
        assert_eq!(
            told,
            [
                (Some(3), "", "cell-count"),
                (Some(4), "", "open-quote"),
                (Some(5), "batch", "empty"),
                (Some(5), "remitted_at", "bad-moment"),
                (Some(5), "amount", "bad-money"),
            ]
        );
        assert_eq!((parsed.tally.read.rows, parsed.tally.rejected.rows), (5, 3));
        assert_eq!(rows(parsed), ["2 B1 2026-03-02 1.00", "6 B5 2026-03-02 5.00"]);
    }

    #[test]
    fn encodings() {
        let text = format!("{HEAD}批𠮷,102,1906080000,2026-03-02,1\n");
        let expected = ["2 批𠮷 2026-03-02 1.00"];
        assert_eq!(rows(parse(text.as_bytes())), expected);
        assert_eq!(rows(parse(format!("\u{feff}{text}").as_bytes())), expected);
        let (gb, _, lost) = encoding_rs::GB18030.encode(&text);
        assert!(!lost);
        let parsed = parse(&gb);
        assert_eq!(parsed.encoding, "gb18030");
        assert_eq!(rows(parsed), expected);
        let mut broken = gb.into_owned();
        broken.splice(broken.len() - 30..broken.len() - 30, [0xff, 0xff]);
        let parsed = parse(&broken);
        assert_eq!(parsed.problems.iter().map(|p| p.kind.code()).collect::<Vec<_>>(), ["bad-encoding"]);
    }

    #[test]
    fn a_file_without_the_required_columns_is_refused_whole() {
        let parsed = parse("划转批次,行号,金额\nB1,102,1\n".as_bytes());
        assert_eq!(
            parsed.problems[0].kind,
            Kind::NoHeader { missing: vec!["treasury".into(), "remitted_at".into()] }
        );
        assert_eq!(parsed.tally.rejected.rows, 2);
        assert!(parsed.parts.is_empty());
    }

    #[test]
    fn of_two_names_for_a_column_the_better_is_read() {
        let parsed = parse("批次,划转批次,行号,国库代码,划转时间,金额\n1,B1,102,1,2026-03-02,5\n".as_bytes());
        assert_eq!(parsed.problems, []);
        assert_eq!(rows(parsed), ["2 B1 2026-03-02 5.00"]);
        let parsed =
            parse("划转批次,划转批次,行号,国库代码,划转时间,金额\n1,B1,102,1,2026-03-02,5\n".as_bytes());
        assert_eq!(parsed.problems[0].kind, Kind::DoubleColumn);
    }

    #[test]
    fn the_unit_stands_in_the_header() {
        let parsed =
            parse("划转批次,行号,国库代码,划转时间,金额（万元）\nB1,102,1,2026-03-02,0.5\n".as_bytes());
        assert_eq!(rows(parsed), ["2 B1 2026-03-02 5000.00"]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            parse(&bytes);
            parse(&[HEAD.as_bytes(), &bytes].concat());
        }

        #[test]
        fn pieces_do_not_show(lines in proptest::collection::vec("[a-z0-9,.\" -]{0,30}", 0..20)) {
            let body = lines.join("\n");
            let text = format!("{HEAD}{body}");
            let whole = parse(text.as_bytes());
            prop_assert_eq!(
                whole.tally.read.rows + whole.tally.blank_rows,
                body.lines().count() as u64
            );
        }
    }
}
