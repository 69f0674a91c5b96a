//! Rows of delimited text.
//!
//! A row is one line, unless a quoted cell goes on in the next: then the row ends where the quotes close and it has as
//! many cells as the header. So a quote that is never closed costs its own line and nothing below it. A file is read in
//! pieces, each on its own thread, with the same result as in one.

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr2, memrchr2};
use rayon::prelude::*;

use super::decode::Decoded;
use super::format::{Format, Type};
use super::grid::Nature;
use super::layout::{self, HEADER_ROWS_MAX, Layout, NoHeader, Place, Source};
use super::problem::{Kind, Within};
use super::profile::Profile;
use super::rows::{Cells, Rows, excerpt};
use super::{Parsed, SourceFile};

/// A piece that is worth a thread of its own.
const PIECE_BYTES: usize = 4 << 20;
/// Longer rows are no rows of a ledger.
const ROW_BYTES_MAX: usize = 1 << 20;
/// So many rows have a cell filled that an empty one at the end of a broken file is none.
const FILLED_ROWS_MIN: usize = 10;
const DELIMITERS: [u8; 4] = *b",\t;|";

/// Reads a decoded file of delimited text.
pub fn read(file: &SourceFile, decoded: &Decoded<'_>, format: &Format, profile: &Profile) -> Parsed {
    let text: &str = &decoded.text;
    let mut parsed = Parsed::of(file, decoded.encoding.id());
    let found = match find_layout(text, format, profile) {
        Ok(found) => found,
        Err(refusal) => {
            parsed.header_missing(refusal, excerpt(split_line(text).0));
            // Whatever the rows say, none of them can be used.
            parsed.refuse_rows(lines_of(text).map(|line| line.trim().is_empty()));
            return parsed;
        }
    };
    let (layout, body, above) = found;
    parsed.header_found(&layout);
    let broken = broken_row(text, body, &layout);
    let mut pieces: Vec<(Range<usize>, usize, Rows<'_>)> = cut(text, body)
        .into_par_iter()
        .map(|piece| {
            let (end, rows) = read_piece(text, piece.clone(), broken, Rows::new(&layout, format), &layout);
            (piece, end, rows)
        })
        .collect();
    // A cell that goes on beyond its piece leaves the next a beginning that is none, and a line such as 账号：… holds
    // for the pieces below its own too.
    let first = Arc::clone(Rows::new(&layout, format).section());
    for index in 1..pieces.len() {
        let (reached, section) = (pieces[index - 1].1, Arc::clone(pieces[index - 1].2.section()));
        if pieces[index].0.start != reached || section != first {
            let piece = reached..pieces[index].0.end.max(reached);
            let rows = Rows::new(&layout, format).within(&section);
            let (end, rows) = read_piece(text, piece.clone(), broken, rows, &layout);
            pieces[index] = (piece, end, rows);
        }
    }
    parsed.collect(pieces.into_iter().map(|(_, _, rows)| rows), None, above, file);
    parsed
}

fn delimiters(profile: &Profile) -> impl Iterator<Item = u8> {
    let declared = profile.delimiter;
    DELIMITERS.into_iter().filter(move |_| declared.is_none()).chain(declared)
}

/// Where each row at the top ends, and its cells.
fn top(text: &str, delimiter: u8, rows: usize) -> Vec<(usize, Vec<String>)> {
    let mut record = Record::default();
    let mut at = 0;
    let mut found = Vec::new();
    while found.len() < rows && at < text.len() {
        let taken = record.take(&text[at..], delimiter, None);
        let cells = match taken.cells {
            Ok(count) => {
                let line = record.line(&text[at..]);
                (0..count).map(|index| line.get(index).0.to_owned()).collect()
            }
            Err(_) => vec![split_line(&text[at..]).0.to_owned()],
        };
        at += taken.bytes;
        found.push((at, cells));
    }
    found
}

/// The layout, where the rows begin, and how many lines stand above them.
fn find_layout<'f>(
    text: &str,
    format: &'f Format,
    profile: &Profile,
) -> Result<(Layout<'f>, usize, u32), NoHeader<'f>> {
    let mut refusal: Option<NoHeader<'f>> = None;
    let mut best: Option<(Layout<'f>, usize, u32)> = None;
    for delimiter in delimiters(profile) {
        let most = profile.header_row.map_or(HEADER_ROWS_MAX, |row| row as usize) + 1;
        let rows = top(text, delimiter, most);
        let cells: Vec<(u32, Vec<(&str, Nature)>)> = (1..)
            .zip(&rows)
            .map(|(row, (_, cells))| (row, cells.iter().map(|cell| (cell.as_str(), Nature::Text)).collect()))
            .collect();
        match layout::find(&cells, format, profile) {
            Ok(mut layout) => {
                layout.delimiter = delimiter;
                let (body, lines) = below(text, &rows, layout.header_rows.end as usize - 1);
                if best.as_ref().is_none_or(|(known, _, _)| known.columns.len() < layout.columns.len()) {
                    best = Some((layout, body, lines));
                }
            }
            Err(other) => {
                if refusal.as_ref().is_none_or(|known| known.merit() < other.merit()) {
                    refusal = Some(other);
                }
            }
        }
    }
    best.ok_or_else(|| refusal.expect("one delimiter at least was tried"))
}

/// Where the row after some rows begins, and the lines up to there.
fn below(text: &str, rows: &[(usize, Vec<String>)], count: usize) -> (usize, u32) {
    let end = rows[count - 1].0;
    (end, lines(&text[..end]))
}

fn lines(text: &str) -> u32 {
    u32::try_from(lines_of(text).count()).expect("fewer than 2^32 lines")
}

fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, next) = split_line(rest);
        rest = &rest[next..];
        Some(line)
    })
}

/// Pieces of whole lines.
fn cut(text: &str, body: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::with_capacity(text.len() / PIECE_BYTES + 1);
    let mut start = body;
    while text.len() - start > PIECE_BYTES {
        let Some(end) = memchr2(b'\n', b'\r', &text.as_bytes()[start + PIECE_BYTES..]) else {
            break;
        };
        let end = start + PIECE_BYTES + end;
        let next = end + if text[end..].starts_with("\r\n") { 2 } else { 1 };
        pieces.push(start..next);
        start = next;
    }
    pieces.push(start..text.len());
    pieces
}

/// Where the last row begins, if the file seems to end within its last cell. Without a line end behind it that may be: it is
/// so for an amount with fewer decimals than the file pads others to, and for anything else that is nowhere in its
/// column, and the beginning of something that is; nothing at all begins many things.
fn broken_row(text: &str, body: usize, layout: &Layout<'_>) -> Option<usize> {
    let start = memrchr2(b'\n', b'\r', text.as_bytes()).map_or(0, |end| end + 1);
    if start < body || start == text.len() || memchr(b'"', &text.as_bytes()[start..]).is_some() {
        return None;
    }
    let index = layout.cells - 1;
    let is_last = |place: &&Place<'_>| matches!(place.source, Source::Cell(cell) if cell == index);
    let kind = layout.columns.iter().find(is_last)?.column.kind;
    let mut record = Record::default();
    if record.take(&text[start..], layout.delimiter, None).cells.ok()? != layout.cells {
        return None;
    }
    let cell = record.line(&text[start..]).get(index).0.trim().to_owned();
    let of_money = |place: &Place<'_>| match place.source {
        Source::Cell(cell) if place.column.kind == Type::Money => Some(cell),
        _ => None,
    };
    let amounts: Vec<usize> = layout.columns.iter().filter_map(of_money).collect();
    let point = if layout.decimal_comma { ',' } else { '.' };
    let decimals = |text: &str| text.rsplit_once(point).map_or(0, |(_, decimals)| decimals.len());
    let (mut at, mut begun) = (body, 0);
    while at < start {
        let rest = &text[at..start];
        let taken = record.take(rest, layout.delimiter, Some(layout.cells));
        at += taken.bytes;
        if taken.cells.is_err() {
            continue;
        }
        let line = record.line(rest);
        match kind {
            Type::Money => {
                let is_padded = |text: &str| decimals(text) > decimals(&cell) && text.ends_with('0');
                if !cell.is_empty() && amounts.iter().any(|&index| is_padded(line.get(index).0.trim())) {
                    return Some(start);
                }
            }
            // Of numbers one may well be the beginning of another.
            Type::Id | Type::Count | Type::Rate => return None,
            Type::Code | Type::Text | Type::Date | Type::Moment | Type::Flag => {
                let other = line.get(index).0.trim();
                if line.count() == layout.cells && other == cell {
                    return None;
                }
                // So may 3月1日 be of 3月12日, unless days have two digits.
                let is_fixed = !matches!(kind, Type::Date | Type::Moment)
                    || ["-0", "/0", ":0"].iter().any(|padded| other.contains(padded));
                begun += usize::from(line.count() == layout.cells && is_fixed && other.starts_with(&cell));
            }
        }
    }
    (begun >= if cell.is_empty() { FILLED_ROWS_MIN } else { 1 }).then_some(start)
}

/// Reads the rows that begin in a piece; where the last of them ends. `broken` is the row that the file breaks off in.
fn read_piece<'f>(
    text: &str,
    piece: Range<usize>,
    broken: Option<usize>,
    mut rows: Rows<'f>,
    layout: &Layout<'_>,
) -> (usize, Rows<'f>) {
    let bytes = &text.as_bytes()[piece.clone()];
    let lossy = memchr::memmem::find(bytes, "\u{fffd}".as_bytes()).is_some();
    let has_nul = memchr(0, bytes).is_some();
    let mut record = Record::default();
    let mut at = piece.start;
    while at < piece.end {
        let rest = &text[at..];
        let taken = record.take(rest, layout.delimiter, Some(layout.cells));
        let whole = &rest[..taken.bytes];
        rows.start(taken.lines);
        match taken.cells {
            Err(kind) => {
                let line = split_line(rest).0;
                if !rows.footer(&Line::whole(line)) {
                    rows.reject(None, kind, excerpt(line));
                }
            }
            Ok(_) if lossy && whole.contains('\u{fffd}') => {
                rows.reject(None, Kind::BadEncoding, excerpt(split_line(rest).0));
            }
            Ok(_) if has_nul && whole.contains('\0') => {
                rows.reject(None, Kind::NulByte, excerpt(&split_line(rest).0.replace('\0', "␀")));
            }
            Ok(_) if broken == Some(at) => {
                rows.reject(None, Kind::CutFile { within: Within::Cell }, excerpt(split_line(rest).0));
            }
            Ok(_) => rows.take_counted(&record.line(rest)),
        }
        at += taken.bytes;
    }
    rows.finish();
    (at, rows)
}

/// The first line without its end, and where the next begins: LF, CRLF and CR all end lines.
fn split_line(text: &str) -> (&str, usize) {
    match memchr2(b'\n', b'\r', text.as_bytes()) {
        Some(end) => (&text[..end], end + if text[end..].starts_with("\r\n") { 2 } else { 1 }),
        None => (text, text.len()),
    }
}

/// The cells of a line without quotes. They are short, so eight bytes are compared at once and nothing is called.
fn split(line: &[u8], delimiter: u8, spans: &mut Vec<(usize, usize)>) {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let wanted = u64::from_le_bytes([delimiter; 8]);
    let (mut start, mut at) = (0, 0);
    let (words, rest) = line.as_chunks::<8>();
    for word in words {
        // The highest bit of each byte that is the delimiter, and no other bit.
        let differing = u64::from_le_bytes(*word) ^ wanted;
        let mut found = !(((differing & LOW) + LOW) | differing | LOW);
        while found != 0 {
            let end = at + (found.trailing_zeros() / 8) as usize;
            spans.push((start, end));
            start = end + 1;
            found &= found - 1;
        }
        at += 8;
    }
    for (end, _) in (at..).zip(rest).filter(|(_, byte)| **byte == delimiter) {
        spans.push((start, end));
        start = end + 1;
    }
    spans.push((start, line.len()));
}

/// What a row took from the text.
#[derive(Debug)]
struct Taken {
    bytes: usize,
    lines: u32,
    /// How many cells it has.
    cells: Result<usize, Kind>,
}

/// The cells of one row, found again in the text or, where quotes had to be undone, in a text of their own.
#[derive(Debug, Default)]
struct Record {
    spans: Vec<(usize, usize)>,
    unquoted: String,
    is_quoted: bool,
}

/// One row's cells as places in a text.
#[derive(Debug)]
struct Line<'t> {
    text: &'t str,
    spans: &'t [(usize, usize)],
}

impl<'t> Line<'t> {
    /// A line that could not be split, as one cell.
    fn whole(text: &'t str) -> Self {
        Self { text, spans: &[] }
    }
}

impl Cells for Line<'_> {
    fn count(&self) -> usize {
        self.spans.len().max(1)
    }

    #[inline]
    fn get(&self, index: usize) -> (&str, Nature) {
        let text = self.spans.get(index).map_or(self.text, |&(start, end)| &self.text[start..end]);
        (text, Nature::Text)
    }
}

/// The last cell of a text, from `start` on; of `="0102"`, by which exports keep a text a text, what stands within.
fn text_of_formula(text: &str, start: usize) -> (usize, usize) {
    let inner = text[start..].strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    match inner.filter(|inner| !inner.contains('"')) {
        Some(inner) => (start + 2, start + 2 + inner.len()),
        None => (start, text.len()),
    }
}

/// How one quoted cell ended.
enum Quoted {
    /// Where the text after the closing quote begins.
    Closed(usize),
    /// The text is over, or the row longer than rows are.
    Open,
    /// Something other than a delimiter follows the quote.
    Stray,
}

impl Record {
    fn line<'t>(&'t self, rest: &'t str) -> Line<'t> {
        Line { text: if self.is_quoted { &self.unquoted } else { rest }, spans: &self.spans }
    }

    /// Takes the first row of a text.
    fn take(&mut self, rest: &str, delimiter: u8, cells: Option<usize>) -> Taken {
        self.spans.clear();
        let (line, next) = split_line(rest);
        self.is_quoted = memchr(b'"', line.as_bytes()).is_some();
        if line.len() > ROW_BYTES_MAX {
            return Taken { bytes: next, lines: 1, cells: Err(Kind::RowTooLong { limit: ROW_BYTES_MAX }) };
        }
        if !self.is_quoted {
            split(line.as_bytes(), delimiter, &mut self.spans);
            return Taken { bytes: next, lines: 1, cells: Ok(self.spans.len()) };
        }
        let (end, result) = self.unquote(rest, delimiter);
        if end <= line.len() || result.is_err() {
            let cells = result.map(|()| self.spans.len());
            return Taken { bytes: next, lines: 1, cells };
        }
        // A cell went on beyond its line: believed only if the row then has the header's cells, since a quote that
        // was never closed meets the next one somewhere too.
        if cells.is_some_and(|expected| self.spans.len() < expected) {
            return Taken { bytes: next, lines: 1, cells: Err(Kind::OpenQuote) };
        }
        let bytes = end + split_line(&rest[end..]).1;
        Taken { bytes, lines: lines(&rest[..bytes]), cells: Ok(self.spans.len()) }
    }

    /// Splits a row that has quotes; where its text ends.
    fn unquote(&mut self, rest: &str, delimiter: u8) -> (usize, Result<(), Kind>) {
        self.unquoted.clear();
        let bytes = rest.as_bytes();
        let mut at = 0;
        loop {
            let start = self.unquoted.len();
            let blank = |byte: &u8| (*byte == b' ' || *byte == b'\t') && *byte != delimiter;
            let opening = at + bytes[at..].iter().take_while(|byte| blank(byte)).count();
            if bytes[opening..].starts_with(b"=\"")
                && let Quoted::Closed(end) = self.quoted(rest, opening + 2, delimiter)
            {
                self.spans.push((start, self.unquoted.len()));
                if bytes.get(end) != Some(&delimiter) {
                    return (end, Ok(()));
                }
                at = end + 1;
                continue;
            }
            self.unquoted.truncate(start);
            let end = if bytes.get(opening) == Some(&b'"') {
                match self.quoted(rest, opening + 1, delimiter) {
                    Quoted::Closed(end) => end,
                    Quoted::Open => return (at, Err(Kind::OpenQuote)),
                    Quoted::Stray => return (at, Err(Kind::StrayQuote)),
                }
            } else {
                let is_end = |byte: &u8| *byte == delimiter || matches!(byte, b'\n' | b'\r');
                let end = at + bytes[at..].iter().position(is_end).unwrap_or(bytes.len() - at);
                // Exports apart by tabs do not quote, so a quote in such a cell is a letter of it.
                if delimiter != b'\t' && memchr(b'"', &bytes[at..end]).is_some() {
                    return (at, Err(Kind::StrayQuote));
                }
                self.unquoted.push_str(&rest[at..end]);
                end
            };
            self.spans.push(text_of_formula(&self.unquoted, start));
            if bytes.get(end) != Some(&delimiter) {
                return (end, Ok(()));
            }
            at = end + 1;
        }
    }

    /// Copies a quoted cell from behind its opening quote.
    fn quoted(&mut self, rest: &str, from: usize, delimiter: u8) -> Quoted {
        let bytes = rest.as_bytes();
        let mut at = from;
        loop {
            let window = &bytes[at..bytes.len().min(from + ROW_BYTES_MAX)];
            let Some(length) = memchr(b'"', window) else {
                return Quoted::Open;
            };
            let quote = at + length;
            self.unquoted.push_str(&rest[at..quote]);
            if bytes.get(quote + 1) == Some(&b'"') {
                self.unquoted.push('"');
                at = quote + 2;
                continue;
            }
            let blank = |byte: &&u8| **byte != delimiter && matches!(byte, b' ' | b'\t');
            let end = quote + 1 + bytes[quote + 1..].iter().take_while(blank).count();
            return match bytes.get(end) {
                None | Some(b'\n' | b'\r') => Quoted::Closed(end),
                Some(&byte) if byte == delimiter => Quoted::Closed(end),
                // Within its own line it is a slip of the pen; beyond it, the opening of another cell.
                Some(_) if memchr2(b'\n', b'\r', &bytes[from..quote]).is_some() => Quoted::Open,
                Some(_) => Quoted::Stray,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_line_is_split_where_its_delimiters_stand(line in "[,+\u{80}a账-]{0,40}") {
            let mut spans = Vec::new();
            split(line.as_bytes(), b',', &mut spans);
            let cells: Vec<&str> = spans.iter().map(|&(start, end)| &line[start..end]).collect();
            prop_assert_eq!(cells, line.split(',').collect::<Vec<_>>());
        }
    }
}
