//! Web pages to tables: what many a bank calls `.xls` is a page that a spreadsheet happens to open.
//!
//! The tokenizer is that of the standard, so tags, attributes and entities are what a browser takes them for; of the
//! tree only what tables need is kept, as a count of open tables, so that no depth of nesting costs a stack. Whoever
//! sends a page is not trusted: what a span covers is counted before it is filled in.

use std::convert::Infallible;
use std::rc::Rc;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use super::grid::{Grid, Nature};

/// Browsers let a cell span no more columns.
const COLUMN_SPAN_MAX: u32 = 1000;
/// Browsers let a cell span no more rows.
const ROW_SPAN_MAX: u32 = 65_534;
/// A row of a few bytes can be covered from above, so that a small page could come to a large grid.
const CELLS_MAX: usize = 12_000_000;
const TEXT_MAX: usize = 128 << 20;
/// Each table is searched for a header.
const TABLES_MAX: usize = 4096;
/// Lines above a table that are kept: its unit and account stand there.
const LINES_ABOVE_MAX: usize = 8;
/// A longer line is no line of a preamble.
const LINE_BYTES_MAX: usize = 1 << 10;

/// What tells a form stands this near to a file's start.
const FORM_BYTES: usize = 4 << 10;

/// The first tag of a page, if it is no document type.
const FIRST_TAGS: [&str; 7] = ["html", "head", "meta", "title", "style", "body", "table"];

/// Which limit a page is beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub zh: &'static str,
    pub en: &'static str,
}

/// Whether a text is a web page: its first tag says so.
pub fn is_web_page(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?xml") {
            "?>"
        } else {
            break;
        };
        let Some(length) = rest.find(end) else { return false };
        rest = &rest[length + end.len()..];
    }
    let Some(tag) = rest.strip_prefix('<') else { return false };
    let begins = |word: &str| {
        tag.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && tag[word.len()..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))
    };
    begins("!doctype html") || FIRST_TAGS.into_iter().any(begins)
}

/// The form of a text that spreadsheets write under the name of a workbook, and that is neither a page nor a table.
pub fn foreign_form(text: &str) -> Option<&'static str> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let head = &text[..text.floor_char_boundary(FORM_BYTES)];
    if head.starts_with('<') && head.contains("<Workbook") && head.contains("office:spreadsheet") {
        return Some("XML Spreadsheet 2003");
    }
    let has = |start: &str| {
        head.lines().any(|line| line.get(..start.len()).is_some_and(|line| line.eq_ignore_ascii_case(start)))
    };
    (has("MIME-Version:") && has("Content-Type:")).then_some("MHT")
}

/// What a table within a cell of another is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nested {
    /// Text of its cell.
    #[default]
    Text,
    /// A table like any other: those around it only lay out the page.
    Table,
}

/// What a page shows.
#[derive(Debug, Default)]
pub struct Tables {
    /// The tables that show anything.
    pub grids: Vec<Grid>,
    /// Whether a table stands within a cell of another.
    pub has_nested: bool,
    /// Set if the page breaks off within a table: what its last row shows, which is not among the rows, since nobody
    /// knows what is missing of it; nothing if it breaks off between rows.
    pub cut: Option<Option<(u32, String)>>,
}

/// Reads the tables of a page.
///
/// Rows are numbered through the page, as a spreadsheet that opens it lays the tables one below the other: each `<tr>`
/// is a row, and so are a caption and the lines of text above a table.
pub fn read(text: &str, nested: Nested) -> Result<Tables, Limit> {
    let mut page = Page { treat_nested: nested, ..Page::default() };
    let mut limit = None;
    // A refusal ends the reading, as the one thing that is handed out of the tokenizer.
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| page.take(&event).err());
    emitter.naively_switch_states(true);
    for refusal in Tokenizer::new_with_emitter(text, emitter) {
        let refusal: Result<Limit, Infallible> = refusal;
        limit = refusal.ok();
        if limit.is_some() {
            break;
        }
    }
    if let Some(limit) = limit {
        return Err(limit);
    }
    page.end()
}

/// A tag as tables see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tag {
    Table,
    Group,
    Row,
    Cell,
    Caption,
    /// What stands in it is never shown as text.
    Unseen,
    /// It begins on a line of its own.
    Block,
    /// Its end is that of the page, whatever was left open.
    Whole,
    #[default]
    Inline,
}

impl Tag {
    /// By its name, which the tokenizer has put in lower case.
    fn of(name: &[u8]) -> Self {
        match name {
            b"table" => Self::Table,
            b"thead" | b"tbody" | b"tfoot" => Self::Group,
            b"tr" => Self::Row,
            b"td" | b"th" => Self::Cell,
            b"caption" => Self::Caption,
            b"script" | b"style" | b"title" | b"iframe" | b"noembed" | b"noframes" => Self::Unseen,
            b"br" | b"hr" | b"p" | b"div" | b"li" | b"ul" | b"ol" | b"dl" | b"dt" | b"dd" | b"pre"
            | b"center" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"form" | b"option" | b"head" => {
                Self::Block
            }
            b"body" | b"html" => Self::Whole,
            _ => Self::Inline,
        }
    }
}

/// An attribute that says something about a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribute {
    Columns,
    Rows,
}

/// What a cell shows below itself in one column.
#[derive(Clone, Debug)]
struct Carried {
    rows: u32,
    text: Rc<str>,
}

/// A text as a browser shows it: blanks are one, and none at the ends.
#[derive(Debug, Default)]
struct Shown {
    text: String,
    is_apart: bool,
}

impl Shown {
    fn push(&mut self, text: &str) {
        let mut words = text.split(|c: char| c.is_ascii_whitespace() || c == '\u{a0}');
        // Between two words there is a blank; the first goes on where the text before ended.
        if let Some(first) = words.next() {
            self.word(first);
        }
        for word in words {
            self.is_apart = true;
            self.word(word);
        }
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if self.is_apart && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.is_apart = false;
        self.text.push_str(word);
    }

    fn clear(&mut self) {
        self.text.clear();
        self.is_apart = false;
    }
}

/// The table that is open.
#[derive(Debug, Default)]
struct Table {
    grid: Grid,
    in_row: bool,
    in_cell: bool,
    /// Columns and rows that the open cell spans.
    spans: (u32, u32),
    /// Cells of the open row so far.
    column: usize,
    /// By column; none at the end is `None` between rows.
    carried: Vec<Option<Carried>>,
    shows_anything: bool,
}

/// A page in the making.
#[derive(Debug, Default)]
struct Page {
    tables: Tables,
    open: Option<Table>,
    treat_nested: Nested,
    /// For each table within a cell of the open one, whether a cell of it is open.
    nested: Vec<bool>,
    /// Rows of the page so far.
    rows: u32,
    cells: usize,
    text: usize,
    /// The open cell's, or the open line's outside of tables.
    shown: Shown,
    /// Lines since the last table.
    above: Vec<String>,
    is_unseen: bool,
    /// The start tag that is being read.
    tag: Tag,
    attribute: Option<Attribute>,
    columns_spanned: u32,
    rows_spanned: u32,
}

impl Page {
    fn take(&mut self, event: &CallbackEvent<'_>) -> Result<(), Limit> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = Tag::of(name);
                (self.attribute, self.columns_spanned, self.rows_spanned) = (None, 1, 1);
            }
            CallbackEvent::AttributeName { name } => {
                self.attribute = match *name {
                    b"colspan" => Some(Attribute::Columns),
                    b"rowspan" => Some(Attribute::Rows),
                    _ => None,
                };
            }
            CallbackEvent::AttributeValue { value } => match self.attribute {
                // Nothing is told of a span of none: a browser takes it for one.
                Some(Attribute::Columns) => {
                    self.columns_spanned = number(value).unwrap_or(1).clamp(1, COLUMN_SPAN_MAX);
                }
                // 0 goes to the end of the group.
                Some(Attribute::Rows) => {
                    self.rows_spanned = match number(value) {
                        Some(0) => u32::MAX,
                        rows => rows.unwrap_or(1).min(ROW_SPAN_MAX),
                    };
                }
                None => {}
            },
            CallbackEvent::CloseStartTag { .. } => self.start(self.tag)?,
            CallbackEvent::EndTag { name } => self.end_tag(Tag::of(name))?,
            CallbackEvent::String { value } => self.show(&String::from_utf8_lossy(value)),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
        Ok(())
    }

    fn start(&mut self, tag: Tag) -> Result<(), Limit> {
        if tag == Tag::Unseen {
            self.is_unseen = true;
            return Ok(());
        }
        if let Some(in_cell) = self.nested.last_mut() {
            match tag {
                // A table that is no part of a cell ends the one before.
                Tag::Table if *in_cell => self.nested.push(false),
                Tag::Table | Tag::Row | Tag::Group => *in_cell = false,
                Tag::Cell | Tag::Caption => *in_cell = true,
                Tag::Block | Tag::Whole | Tag::Inline | Tag::Unseen => {}
            }
            self.shown.is_apart |= tag != Tag::Inline;
            return Ok(());
        }
        let Some(table) = &mut self.open else {
            match tag {
                Tag::Inline => {}
                Tag::Table => self.start_table()?,
                _ => self.end_line(),
            }
            return Ok(());
        };
        match tag {
            Tag::Table if table.in_cell && self.treat_nested == Nested::Text => {
                self.tables.has_nested = true;
                self.shown.is_apart = true;
                self.nested.push(false);
            }
            Tag::Table => {
                self.end_table()?;
                self.start_table()?;
            }
            Tag::Group => self.end_group()?,
            Tag::Row => {
                self.end_row()?;
                self.start_row()?;
            }
            Tag::Cell => {
                self.end_cell()?;
                self.start_cell((self.columns_spanned, self.rows_spanned))?;
            }
            Tag::Caption => {
                self.end_row()?;
                self.start_cell((1, 1))?;
            }
            Tag::Block | Tag::Whole => self.shown.is_apart = true,
            Tag::Inline | Tag::Unseen => {}
        }
        Ok(())
    }

    fn end_tag(&mut self, tag: Tag) -> Result<(), Limit> {
        if tag == Tag::Unseen {
            self.is_unseen = false;
        } else if tag == Tag::Whole {
            self.nested.clear();
            self.end_table()?;
            self.end_line();
        } else if let Some(in_cell) = self.nested.last_mut() {
            match tag {
                Tag::Table => drop(self.nested.pop()),
                Tag::Row | Tag::Group | Tag::Cell | Tag::Caption => *in_cell = false,
                Tag::Block | Tag::Whole | Tag::Inline | Tag::Unseen => {}
            }
            self.shown.is_apart |= tag != Tag::Inline;
        } else if self.open.is_some() {
            match tag {
                Tag::Table => self.end_table()?,
                Tag::Group => self.end_group()?,
                Tag::Row | Tag::Caption => self.end_row()?,
                Tag::Cell => self.end_cell()?,
                Tag::Block => self.shown.is_apart = true,
                Tag::Whole | Tag::Inline | Tag::Unseen => {}
            }
        } else if tag != Tag::Inline {
            self.end_line();
        }
        Ok(())
    }

    /// Ends the page, which may end before its tables do.
    fn end(mut self) -> Result<Tables, Limit> {
        if let Some(table) = &self.open {
            let was_in_row = table.in_row;
            self.end_row()?;
            let grid = &mut self.open.as_mut().expect("it was open").grid;
            let row = if was_in_row { grid.remove_last_row() } else { None };
            self.tables.cut = Some(row);
            self.end_table()?;
        }
        Ok(self.tables)
    }

    fn show(&mut self, text: &str) {
        // Between the cells of a table there is nothing to see.
        if !self.is_unseen && self.open.as_ref().is_none_or(|table| table.in_cell) {
            self.shown.push(text);
        }
    }

    /// Keeps a line of text outside of tables, for the table that may follow.
    fn end_line(&mut self) {
        let line = &self.shown.text;
        if !line.is_empty() {
            if self.above.len() == LINES_ABOVE_MAX {
                self.above.remove(0);
            }
            self.above.push(line[..line.floor_char_boundary(LINE_BYTES_MAX)].to_owned());
        }
        self.shown.clear();
    }

    fn start_table(&mut self) -> Result<(), Limit> {
        self.end_line();
        self.open = Some(Table { grid: Grid::below(self.rows), ..Table::default() });
        if !self.above.is_empty() {
            self.start_row()?;
            for line in self.above.clone() {
                self.put(&line, Nature::Text)?;
            }
            self.end_row()?;
        }
        Ok(())
    }

    fn end_table(&mut self) -> Result<(), Limit> {
        self.end_row()?;
        let Some(table) = self.open.take() else { return Ok(()) };
        if table.shows_anything && table.grid.rows().len() > 0 {
            if self.tables.grids.len() == TABLES_MAX {
                return Err(Limit { zh: "超过 4096 个表格", en: "more than 4096 tables" });
            }
            self.tables.grids.push(table.grid);
            self.above.clear();
        }
        Ok(())
    }

    /// Ends the rows that belong together: no cell spans rows beyond them.
    fn end_group(&mut self) -> Result<(), Limit> {
        self.end_row()?;
        if let Some(table) = &mut self.open {
            table.carried.clear();
        }
        Ok(())
    }

    fn start_row(&mut self) -> Result<(), Limit> {
        // A row takes room too.
        self.charge(0)?;
        self.rows += 1;
        let table = self.open.as_mut().expect("rows are started in a table");
        table.grid.start_row(self.rows);
        (table.in_row, table.column) = (true, 0);
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Limit> {
        self.end_cell()?;
        let Some(table) = self.open.as_mut().filter(|table| table.in_row) else { return Ok(()) };
        table.in_row = false;
        let end = table.carried.len();
        self.fill(end)?;
        let carried = &mut self.open.as_mut().expect("the table is open").carried;
        let kept = carried.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        carried.truncate(kept);
        Ok(())
    }

    /// Starts a cell, and the row if it has no tag of its own.
    fn start_cell(&mut self, spans: (u32, u32)) -> Result<(), Limit> {
        if self.open.as_ref().is_some_and(|table| !table.in_row) {
            self.start_row()?;
        }
        let table = self.open.as_mut().expect("cells are started in a table");
        (table.in_cell, table.spans) = (true, spans);
        self.shown.clear();
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), Limit> {
        let Some(table) = self.open.as_mut().filter(|table| table.in_cell) else { return Ok(()) };
        table.in_cell = false;
        let (columns, rows) = table.spans;
        let covered = table.carried.iter().skip(table.column).take_while(|place| place.is_some()).count();
        let first = table.column + covered;
        self.fill(first)?;
        let text = std::mem::take(&mut self.shown.text);
        let below: Option<Rc<str>> = (rows > 1).then(|| Rc::from(text.as_str()));
        for place in 0..columns {
            // Where cells overlap, the later is seen.
            let table = self.open.as_mut().expect("the cell's table is open");
            let column = table.column;
            pass(&mut table.carried, column);
            if let Some(text) = &below {
                if table.carried.len() <= column {
                    table.carried.resize(column + 1, None);
                }
                table.carried[column] = Some(Carried { rows: rows - 1, text: Rc::clone(text) });
            }
            table.shows_anything |= !text.is_empty();
            self.put(&text, if place == 0 { Nature::Text } else { Nature::Spread })?;
        }
        // The next cell's text goes where this one's was.
        self.shown.text = text;
        self.shown.clear();
        Ok(())
    }

    /// Fills the open row up to a column: with what is carried into it, and with blanks.
    fn fill(&mut self, end: usize) -> Result<(), Limit> {
        loop {
            let table = self.open.as_mut().expect("the row's table is open");
            if table.column >= end {
                return Ok(());
            }
            let column = table.column;
            match pass(&mut table.carried, column) {
                Some(text) => self.put(&text, Nature::Spread)?,
                None => self.put("", Nature::Text)?,
            }
        }
    }

    fn put(&mut self, text: &str, nature: Nature) -> Result<(), Limit> {
        self.charge(text.len())?;
        let table = self.open.as_mut().expect("cells are put into a table");
        table.grid.push(text, nature);
        table.column += 1;
        Ok(())
    }

    fn charge(&mut self, text: usize) -> Result<(), Limit> {
        self.cells += 1;
        self.text += text;
        if self.cells > CELLS_MAX {
            return Err(Limit { zh: "超过 1200 万个单元格", en: "more than 12 million cells" });
        }
        if self.text > TEXT_MAX {
            return Err(Limit { zh: "文字超过 128 MiB", en: "more than 128 MiB of text" });
        }
        Ok(())
    }
}

/// Goes past a column in one row; what is carried into it.
fn pass(carried: &mut [Option<Carried>], column: usize) -> Option<Rc<str>> {
    let place = carried.get_mut(column)?;
    let text = Rc::clone(&place.as_ref()?.text);
    if let Some(carried) = place {
        carried.rows -= 1;
        if carried.rows == 0 {
            *place = None;
        }
    }
    Some(text)
}

/// A number as attributes have it: digits, whatever stands behind them; one beyond all limits is the largest.
fn number(value: &[u8]) -> Option<u32> {
    let value = value.trim_ascii_start();
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let tens = |sum: u32, byte: &u8| sum.saturating_mul(10).saturating_add(u32::from(byte - b'0'));
    (digits > 0).then(|| value[..digits].iter().fold(0, tens))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::lang::Lang;
    use crate::domain::ledger::Ledger;
    use crate::ledger::grid::Row;
    use crate::ledger::profile::Profile;
    use crate::ledger::{SourceFile, format};

    /// A page's rows with their numbers, a line between tables; `~` is before what a cell covers. The page is whole,
    /// whatever is left open.
    fn show(page: &str) -> String {
        show_with(&format!("{page}</html>"), Nested::Text)
    }

    fn show_with(page: &str, nested: Nested) -> String {
        let tables = match read(page, nested) {
            Ok(tables) => tables,
            Err(limit) => return limit.en.to_owned(),
        };
        let row = |row: Row<'_>| {
            let cells = (0..row.len()).map(|index| match row.get(index) {
                (text, Nature::Spread) => format!("~{text}"),
                (text, _) => text.to_owned(),
            });
            format!("{} {}", row.number, cells.collect::<Vec<_>>().join("|"))
        };
        let table = |grid: &Grid| grid.rows().map(row).collect::<Vec<_>>().join("\n");
        let cut = tables.cut.map(|row| format!("cut: {row:?}"));
        tables.grids.iter().map(table).chain(cut).collect::<Vec<_>>().join("\n--\n")
    }

    #[track_caller]
    fn check(page: &str, expected: &str) {
        assert_eq!(show(page), expected);
    }

    #[test]
    fn tables() {
        check(
            "<html><table border=1><tr><td colspan=3>交易明细</td></tr><tr><th>日期</th><th>金额</th><th>摘要</th></tr>\
             <tr><td>20260302</td><td>1,234.50</td><td>税款</td></tr><tr><td>合计<td colspan='2'>1,234.50</table>",
            "1 交易明细|~交易明细|~交易明细\n2 日期|金额|摘要\n3 20260302|1,234.50|税款\n4 合计|1,234.50|~1,234.50",
        );
        // Rows are numbered through the page; a table that shows nothing is none, but its rows are rows.
        check(
            "<table><tr><td>甲</table><table><tr><td><img src=a></table><TABLE><TR><TD>乙<tr><tr><td>丙</TABLE>",
            "1 甲\n--\n3 乙\n4 \n5 丙",
        );
        // End tags that are left out.
        check("<table><tr><td>1<td>2<tr><td>3<td>4<table><tr><td>5", "1 1|2\n2 3|4 5");
        check("<table><td>1<tbody><td>2</tbody><table><tr><td>3", "1 1\n2 2\n--\n3 3");
        check("<p>无表</p>", "");
        check("<table><tr></tr></table>", "");
    }

    #[test]
    fn text_of_cells() {
        let cell = |inner: &str, expected: &str| check(&format!("<table><tr><td>{inner}"), expected);
        cell(" a\n\t b&nbsp;&nbsp;c<br>d&#22269;&#x5E93;&lt;&amp;&quot;&yen; ", "1 a b c d国库<&\"¥");
        cell("<b>12</b><font color=red>.50</font>", "1 12.50");
        cell("<p>甲</p><div>乙</div>", "1 甲 乙");
        cell("a < b, 1<2 & c", "1 a < b, 1<2 & c");
        cell("1<!-- <td>2 --><script>var a = '<td>3';</script><style>td{}</style>4", "1 14");
        cell("1<![if !vml]>2<![endif]>", "1 12");
        cell("甲<table><tr><td>乙</td><td>丙</td></tr></table>丁</td><td>戊", "1 甲 乙 丙 丁|戊");
        cell("甲<table><tr><table><tr><td>乙</table>丙<td>丁", "1 甲 乙 丙|丁");
    }

    #[test]
    fn text_above_a_table_is_a_row() {
        check(
            "<title>页</title><h2>对账单</h2><div>单位：<b>万元</b></div>\n<table><caption>三月</caption><tr><td>1</table>",
            "1 对账单|单位：万元\n2 三月\n3 1",
        );
        let lines = "<p>行".repeat(100);
        check(&format!("{lines}<table><td>1</table>"), &format!("1 {}\n2 1", ["行"; 8].join("|")));
    }

    #[test]
    fn spans() {
        check(
            "<table><tr><td rowspan=2>甲<td colspan=2>乙<tr><td>1<td>2<tr><td>3",
            "1 甲|乙|~乙\n2 ~甲|1|2\n3 3",
        );
        check("<table><tr><td>1<td>2<td rowspan=3>丙<tr><td>3<tr>", "1 1|2|丙\n2 3||~丙\n3 ||~丙");
        check("<table><tr><td rowspan=0>甲<tr><td>1<tbody><tr><td>2", "1 甲\n2 ~甲|1\n3 2");
        check("<table><tr><td colspan=0>1<td colspan=x>2<td rowspan='2;'>3<tr>", "1 1|2|3\n2 ||~3");
    }

    #[test]
    fn what_a_hostile_page_comes_to() {
        let wide =
            read("<table><tr><td colspan=4294967296>1</html>", Nested::Text).expect("within the limits");
        assert_eq!(wide.grids[0].rows().next().map(Row::len), Some(1000));
        let tall =
            read("<table><tr><td rowspan=4294967296>1</html>", Nested::Text).expect("within the limits");
        assert_eq!(tall.grids[0].rows().len(), 1);
        let rows = format!("<table><tr><td colspan=1000 rowspan=65534>1{}", "<tr>".repeat(20_000));
        check(&rows, "more than 12 million cells");
        let long = format!("<table><tr><td colspan=1000>{}", "字".repeat(100_000));
        check(&long, "more than 128 MiB of text");
        check(&"<table><td>1</table>".repeat(TABLES_MAX + 1), "more than 4096 tables");
        let deep = "<table><tr><td>".repeat(200_000);
        check(&format!("{deep}1"), "1 1");
        assert_eq!(show_with(&format!("{deep}1"), Nested::Table), "cut: Some((200000, \"1\"))");
        check(&format!("<table><td>{}1", "<div><b>".repeat(200_000)), "1 1");
    }

    #[test]
    fn a_page_that_breaks_off() {
        let cut = |page: &str, expected: &str| assert_eq!(show_with(page, Nested::Text), expected);
        let two = "<table><tr><td>1<td>2<tr><td>3";
        cut(&format!("{two}<td>4.5"), "1 1|2\n--\ncut: Some((2, \"3 4.5\"))");
        cut(&format!("{two}</tr>"), "1 1|2\n2 3\n--\ncut: None");
        cut(&format!("{two}<td>4</table>"), "1 1|2\n2 3|4");
        cut(&format!("{two}<td>4</body>"), "1 1|2\n2 3|4");
        cut("<table><tr><td>1<table><tr><td>2", "cut: Some((1, \"1 2\"))");
        cut("<table", "");
    }

    #[test]
    fn a_table_within_a_cell_can_be_read_for_itself() {
        let page = "<table><tr><td>菜单<td>查询<table><tr><th>甲<th>乙<tr><td>1<td>2</table>3<tr><td>页脚</table></html>";
        assert_eq!(show_with(page, Nested::Text), "1 菜单|查询 甲 乙 1 2 3\n2 页脚");
        assert_eq!(show_with(page, Nested::Table), "1 菜单|查询\n--\n2 甲|乙\n3 1|2");
    }

    #[test]
    fn what_a_page_is_told_by() {
        for page in [
            "<!DOCTYPE html><p>",
            "\u{feff}\r\n <HTML xmlns:o=\"urn:schemas-microsoft-com:office:office\">",
            "<!-- a --><!-- b --><table border=0>",
            "<?xml version=\"1.0\"?><!DOCTYPE HTML PUBLIC \"-//W3C//DTD XHTML 1.0//EN\">",
            "<meta charset=gbk>",
            "<head/>",
        ] {
            assert!(is_web_page(page), "{page}");
        }
        for other in [
            "",
            "<",
            "<table",
            "<tables>",
            "日期,金额\n<table>",
            "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">",
            "<!DOCTYPE Document><html>",
            "<!-- <html>",
            "{1:F01<html>",
            "<表>",
        ] {
            assert!(!is_web_page(other), "{other}");
        }
    }

    #[test]
    fn forms_that_only_spreadsheets_read() {
        for (text, expected) in [
            (
                "\u{feff}<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\n\
                 <Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
                Some("XML Spreadsheet 2003"),
            ),
            ("MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"X\"\r\n", Some("MHT")),
            ("From: <Saved by 浏览器>\nMime-version: 1.0\ncontent-type: text/html\n", Some("MHT")),
            ("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">", None),
            ("摘要,Content-Type: x\nMIME-Version: 1.0,\n", None),
            ("", None),
        ] {
            assert_eq!(foreign_form(text), expected, "{text}");
        }
        let (_, _, told) = parse("MIME-Version: 1.0\nContent-Type: text/html\n\n<html><table>");
        assert_eq!(told, [" corrupt-workbook xlsx, xls, xlsb, ods or text, and this is MHT"]);
    }

    /// What the common reader makes of a page in GBK: its label, accepted rows, and problems with their rows.
    fn parse(page: &str) -> (&'static str, u64, Vec<String>) {
        let bytes = encoding_rs::GBK.encode(page).0.into_owned();
        let file =
            SourceFile { path: "bank-statements.xls".into(), bytes, arrived: chrono::NaiveDate::default() };
        let parsed = crate::ledger::read(&file, format::of(Ledger::BankStatements), &Profile::default());
        assert!(parsed.notes.is_empty(), "{:?}", parsed.notes);
        let told = parsed.problems.iter().map(|problem| {
            let row = problem.row.map_or_else(String::new, |row| row.to_string());
            format!("{row} {} {}", problem.kind.code(), problem.kind.expected(Lang::En))
        });
        (parsed.encoding, parsed.tally.accepted.rows, told.collect())
    }

    const HEADER: &str = "<tr><th>账号</th><th>交易日期</th><th>流水号</th><th>借贷标志</th><th>交易金额</th><th>摘要</th></tr>";

    #[test]
    fn a_page_is_read_like_a_sheet() {
        let row = |serial: u32, amount: &str| {
            format!(
                "<tr><td>3501000000<td>2026-03-02<td>{serial}<td>贷<td align=right>{amount}<td>税款&nbsp;入库</tr>"
            )
        };
        let page = format!(
            "<html><head><meta charset=gbk></head><body><table><tr><td>菜单</td></tr></table><table>\
             <tr><td colspan=6>账户交易明细</td></tr>{HEADER}{}{}{}</table></body></html>",
            row(1, "1,234.50"),
            row(2, "0.50"),
            row(3, "x")
        );
        assert_eq!(parse(&page), ("html", 2, vec!["6 bad-money yuan with at most two decimals".to_owned()]));
    }

    #[test]
    fn a_page_without_a_ledger_is_refused() {
        let told = |page: &str| parse(page).2.join("; ");
        assert!(told("<html><p>请先登录</p>").starts_with(" web-page a page with a table"));
        assert!(told("<html><table><tr><td>菜单</table>").starts_with(" no-header"));
        let wide = format!("<table><tr><td colspan=1000 rowspan=0>1{}", "<tr>".repeat(20_000));
        assert!(told(&wide).starts_with(" too-large"));
    }

    #[test]
    fn a_ledger_within_what_lays_out_the_page_is_found() {
        let row = "<tr><td>3501000000<td>2026-03-02<td>1<td>贷<td>1.50<td>税款";
        let inner = format!("<table>{HEADER}{row}</table>");
        let page = format!("<html><table><tr><td>菜单<td><div>{inner}</div></table></html>");
        assert_eq!(parse(&page), ("html", 1, vec![]));
        // Its last row may have lost digits, and rows behind it.
        let cut = format!("<html><table>{HEADER}{row}{row}");
        let expected = "3 cut-file a page that ends its tables".to_owned();
        let (_, accepted, told) = parse(&cut);
        assert_eq!((accepted, told.len(), told[0].starts_with(&expected)), (1, 1, true), "{told:?}");
        let lost = format!("<html><table>{HEADER}{row}\0{row}&#0;{row}</table>");
        let (_, accepted, told) = parse(&lost);
        assert_eq!((accepted, told.len()), (1, 2), "{told:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(
            text in "\\PC{0,60}",
            parts in proptest::collection::vec(
                "(</?(table|tr|td|th|tbody|caption|script|p|br|title)( (col|row)span=[0-9]{1,4})?>|&[a-z#0-9]{0,5};?|[<>!/甲1 \"'-]{0,4})",
                0..40
            )
        ) {
            for page in [text.clone(), parts.concat(), format!("<html>{}{text}", parts.concat())] {
                let _ = is_web_page(&page);
                for nested in [Nested::Text, Nested::Table] {
                    let Ok(Tables { grids, .. }) = read(&page, nested) else { continue };
                    let rows = grids.iter().flat_map(|grid| grid.rows().map(|row| row.number));
                    let rows: Vec<u32> = rows.collect();
                    prop_assert!(rows.is_sorted_by(|one, next| one < next), "rows ascend through the page");
                }
            }
        }
    }
}
