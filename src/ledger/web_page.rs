//! Tables of web pages: what many banks call an Excel file is a page named `.xls`.
//!
//! The tokens are a library's, as browsers read them; which of them make rows and cells is ours, and forgiving: a cell ends
//! where the next begins. A row's number is its place among all rows of the page, which is where a spreadsheet shows it.

use std::rc::Rc;

use html5gum::{Token, Tokenizer};

use super::grid::{Grid, Nature};

/// What spans may cover; browsers have the same limits.
const COLSPAN_MAX: usize = 1000;
const ROWSPAN_MAX: usize = 65_534;
/// A page of more is no download of a ledger.
const CELLS_MAX: usize = 24_000_000;
const TEXT_BYTES_MAX: usize = 320 << 20;

/// A page that would need more memory than a ledger can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// Whether a text is a web page, by how it begins.
pub fn is_web_page(text: &str) -> bool {
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    for (start, end) in [("<?xml", "?>"), ("<!--", "-->")] {
        if let Some(inner) = rest.strip_prefix(start) {
            rest = inner.split_once(end).map_or("", |(_, after)| after.trim_start());
        }
    }
    ["<!doctype html", "<html", "<head", "<meta", "<body", "<style", "<table"]
        .iter()
        .any(|tag| rest.get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag)))
}

/// Reads the outermost tables of a page, in order.
pub fn read(text: &str) -> Result<Vec<Grid>, TooLarge> {
    let mut page = Page::default();
    // What is skipped until its end: code and style are text to a tokenizer.
    let mut skipped: Option<Vec<u8>> = None;
    for Ok(token) in Tokenizer::new(text) {
        match token {
            Token::EndTag(tag) if skipped.as_ref().is_some_and(|name| *name == **tag.name) => skipped = None,
            _ if skipped.is_some() => {}
            Token::StartTag(tag) => {
                let span = |name: &[u8], most: usize| {
                    let text =
                        tag.attributes.get(name).map(|value| String::from_utf8_lossy(value).into_owned());
                    text.and_then(|text| text.trim().parse::<usize>().ok())
                        .map_or(1, |span| span.clamp(1, most))
                };
                match &**tag.name {
                    b"script" | b"style" if !tag.self_closing => skipped = Some(tag.name.to_vec()),
                    b"table" => page.open_table(),
                    b"tr" if page.depth == 1 => page.open_row()?,
                    b"td" | b"th" if page.depth == 1 => {
                        page.open_cell(span(b"colspan", COLSPAN_MAX), span(b"rowspan", ROWSPAN_MAX))?;
                    }
                    // What a browser puts on a new line is apart from what was before.
                    b"br" | b"p" | b"div" | b"li" | b"td" | b"th" | b"tr" => page.text(" "),
                    _ => {}
                }
            }
            Token::EndTag(tag) => match &**tag.name {
                b"table" => page.close_table()?,
                b"tr" if page.depth == 1 => page.close_row()?,
                b"td" | b"th" if page.depth == 1 => page.close_cell()?,
                _ => {}
            },
            Token::String(text) => page.text(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    while page.depth > 0 {
        page.close_table()?;
    }
    Ok(page.grids)
}

/// A cell being read.
#[derive(Debug)]
struct Cell {
    text: String,
    columns: usize,
    rows: usize,
}

/// What has been read of a page.
#[derive(Debug, Default)]
struct Page {
    grids: Vec<Grid>,
    grid: Grid,
    /// Tables within tables.
    depth: usize,
    rows: u32,
    is_row_open: bool,
    /// The place of the next cell in its row.
    column: usize,
    cell: Option<Cell>,
    /// For each column how many more rows a cell above covers, and with what.
    covered: Vec<(usize, Rc<str>)>,
    cells: usize,
    bytes: usize,
}

impl Page {
    fn open_table(&mut self) {
        self.depth += 1;
        self.text(" ");
    }

    fn close_table(&mut self) -> Result<(), TooLarge> {
        if self.depth == 1 {
            self.close_row()?;
            self.covered.clear();
            self.grids.push(std::mem::take(&mut self.grid));
        }
        self.text(" ");
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    fn open_row(&mut self) -> Result<(), TooLarge> {
        self.close_row()?;
        self.rows += 1;
        self.grid.start_row(self.rows);
        self.is_row_open = true;
        self.column = 0;
        Ok(())
    }

    fn close_row(&mut self) -> Result<(), TooLarge> {
        self.close_cell()?;
        if self.is_row_open {
            self.is_row_open = false;
            while self.column < self.covered.len() {
                let text = self.cover().unwrap_or_default();
                self.put(&text, Nature::Spread)?;
            }
        }
        Ok(())
    }

    fn open_cell(&mut self, columns: usize, rows: usize) -> Result<(), TooLarge> {
        self.close_cell()?;
        if !self.is_row_open {
            self.open_row()?;
        }
        self.cell = Some(Cell { text: String::new(), columns, rows });
        Ok(())
    }

    fn close_cell(&mut self) -> Result<(), TooLarge> {
        let Some(cell) = self.cell.take() else { return Ok(()) };
        while let Some(text) = self.cover() {
            self.put(&text, Nature::Spread)?;
        }
        let shown: Rc<str> = cell.text.split_whitespace().collect::<Vec<_>>().join(" ").into();
        for place in 0..cell.columns {
            // A cell that reaches into one from above lies over it.
            self.cover();
            if cell.rows > 1 {
                let column = self.column;
                if self.covered.len() <= column {
                    self.covered.resize(column + 1, (0, Rc::from("")));
                }
                self.covered[column] = (cell.rows - 1, Rc::clone(&shown));
            }
            self.put(&shown, if place == 0 { Nature::Text } else { Nature::Spread })?;
        }
        Ok(())
    }

    /// What a cell above shows in the column at hand, if one reaches down to it.
    fn cover(&mut self) -> Option<Rc<str>> {
        let (rows, text) = self.covered.get_mut(self.column)?;
        *rows = rows.checked_sub(1)?;
        Some(Rc::clone(text))
    }

    fn put(&mut self, text: &str, nature: Nature) -> Result<(), TooLarge> {
        self.cells += 1;
        self.bytes += text.len();
        if self.cells > CELLS_MAX || self.bytes > TEXT_BYTES_MAX {
            return Err(TooLarge);
        }
        self.grid.push(text, nature);
        self.column += 1;
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(cell) = &mut self.cell {
            cell.text.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Each row as `number: cells`, what is covered in brackets; tables apart by `--`.
    #[track_caller]
    fn check(page: &str, expected: &[&str]) {
        let mut told = Vec::new();
        for grid in read(page).expect("small") {
            for row in grid.rows() {
                let cells: Vec<String> = (0..row.len())
                    .map(|index| match row.get(index) {
                        (text, Nature::Spread) => format!("[{text}]"),
                        (text, _) => text.to_owned(),
                    })
                    .collect();
                told.push(format!("{}: {}", row.number, cells.join("|")));
            }
            told.push("--".to_owned());
        }
        assert_eq!(told, expected, "{page}");
    }

    #[test]
    fn tables() {
        check("<table><tr><td>a<td>b<tr><td>c</td><td>d</td></tr></table>", &["1: a|b", "2: c|d", "--"]);
        check(
            "<TABLE border=1><tbody><TR><TH colspan=2>题&nbsp;目</TH></TR><tr><td>1 &lt; 2</td><td>a<br>b</td></tr>",
            &["1: 题 目|[题 目]", "2: 1 < 2|a b", "--"],
        );
        check(
            "<table><tr><td rowspan=2>x</td><td>1</td></tr><tr><td>2</td></tr><tr><td>3</td></tr></table>",
            &["1: x|1", "2: [x]|2", "3: 3", "--"],
        );
        check(
            "<table><tr><td>1</td><td rowspan=3>y</td></tr><tr></tr><tr><td>3</td></tr></table>",
            &["1: 1|y", "2: []|[y]", "3: 3|[y]", "--"],
        );
        check(
            "<script>if (a<b) document.write('<table><tr><td>no')</script><table><tr><td>a<table><tr><td>in</td></tr>\
             </table>b</td></tr></table><p>text</p><table><tr><td>c</td></tr></table>",
            &["1: a in b", "--", "2: c", "--"],
        );
        check("<p>会话已超时</p>", &[]);
        check("<table></table>", &["--"]);
        check("<td>stray</td>", &[]);
    }

    #[test]
    fn spans_are_bounded() {
        let row = "<tr><td colspan=99999999 rowspan=99999999>x</td></tr>";
        let grids = read(&format!("<table>{row}</table>")).expect("bounded");
        assert_eq!(grids[0].rows().next().expect("a row").len(), COLSPAN_MAX);
        let mut page = Page { cells: CELLS_MAX - 1, ..Page::default() };
        page.open_table();
        page.open_cell(2, 1).expect("a cell is not put before it ends");
        assert_eq!(page.close_table(), Err(TooLarge));
    }

    #[test]
    fn beginnings() {
        for text in [
            "<html>",
            "\u{feff}\n<!DOCTYPE HTML PUBLIC>",
            "<!-- x --><table>",
            "<?xml version='1.0'?>\n<html xmlns:o=''>",
        ] {
            assert!(is_web_page(text), "{text}");
        }
        for text in ["", "税票号码,金额", "<?xml version='1.0'?><Document>", "<!-- <html> -->", "<htm"]
        {
            assert!(!is_web_page(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(parts in proptest::collection::vec(
            "(<table>|</table>|<tr>|<td( colspan=[0-9]{1,4})?( rowspan=[0-9]{1,5})?>|</td>|<br>|&#?[a-z0-9]{1,4};?|\\PC{0,4})", 0..40,
        )) {
            let text = parts.concat();
            is_web_page(&text);
            let _ = read(&text);
        }
    }
}
