//! Workbooks: lists to sort and filter, and papers to read, print and sign; cells typed by their column.
//!
//! What comes from data is written as text and is never a formula. A money cell is a number where a spreadsheet can hold
//! it to the fen, and text where it cannot.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use unicode_width::UnicodeWidthStr;

use crate::domain::lang::Lang;
use crate::report::document::{Block, Document, Kind, Table, sums};
use crate::report::page::words;

use super::markdown::printable;

/// Rows of a list below its head; what is more goes to a further sheet. One is left for the sum.
const SHEET_ROWS: usize = 1_048_574;
/// Characters a cell can hold.
const CELL_CHARS: usize = 32_767;
/// Digits a spreadsheet's number holds exactly.
const EXACT_DIGITS: usize = 15;
/// Rows looked at for a column's width.
const WIDTH_ROWS: usize = 500;
const WIDEST: u8 = 60;
/// A column that is left empty is to be written in.
const TO_FILL_IN: usize = 18;
/// Columns of a paper: what is signed on it takes as many.
const PAPER_COLUMNS: u16 = 6;
/// The widths a paper's columns may have.
const PAPER_WIDTHS: [usize; 2] = [15, 44];
/// Characters that a spreadsheet prints in a margin.
const MARGIN_CHARS: usize = 230;

/// A sheet of a workbook: its name on the tab, and what stands on it.
#[derive(Clone, Debug)]
pub struct Sheet {
    name: String,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// Frozen under its head, with filters, and its sum below them.
    List(Table),
    /// Under its title.
    Paper(String, Document),
}

impl Sheet {
    /// A list to sort and filter.
    pub fn list(name: &str, table: Table) -> Self {
        Self { name: name.to_owned(), content: Content::List(table) }
    }

    /// A paper to read, print and sign.
    pub fn paper(name: &str, title: &str, document: Document) -> Self {
        Self { name: name.to_owned(), content: Content::Paper(title.to_owned(), document) }
    }
}

/// What every sheet of a workbook shares.
#[derive(Clone, Copy, Debug)]
pub struct Edition<'e> {
    /// The day the workbook is of.
    pub day: NaiveDate,
    pub lang: Lang,
    /// Printed above every page; the tab's name if nothing is said.
    pub title: &'e str,
    /// Printed below every page: what the workbook rests on.
    pub rests_on: &'e str,
}

impl Edition<'_> {
    /// One that prints no more than the tab's name.
    pub fn plain(day: NaiveDate, lang: Lang) -> Self {
        Self { day, lang, title: "", rests_on: "" }
    }
}

struct Formats {
    title: Format,
    heading: Format,
    words: Format,
    head: Format,
    numeric_head: Format,
    line: Format,
    signer: Format,
    text: Format,
    money: Format,
    number: Format,
    day: Format,
}

impl Formats {
    fn head(&self, kind: Kind) -> &Format {
        if kind.is_numeric() { &self.numeric_head } else { &self.head }
    }
}

/// The same cell, of a sum.
fn summed(format: &Format) -> Format {
    format.clone().set_bold().set_border_top(FormatBorder::Thin)
}

/// The sheets as an xlsx file: the same sheets, the same bytes.
pub fn workbook(sheets: &[Sheet], edition: &Edition<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::parse_from_str(&edition.day.to_string())?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let top = || Format::new().set_align(FormatAlign::Top);
    let head = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_background_color("#E8EEF4")
        .set_border_bottom(FormatBorder::Thin);
    let formats = Formats {
        title: Format::new().set_bold().set_font_size(16).set_text_wrap(),
        heading: Format::new().set_bold().set_font_size(12),
        words: top().set_text_wrap(),
        numeric_head: head.clone().set_align(FormatAlign::Right),
        head,
        line: Format::new().set_border_bottom(FormatBorder::Thin),
        signer: Format::new().set_text_wrap().set_align(FormatAlign::Bottom),
        text: top(),
        money: top().set_num_format("#,##0.00;[Red]-#,##0.00"),
        number: top().set_num_format("0"),
        day: top().set_num_format("yyyy-mm-dd"),
    };
    let words = words::of(edition.lang);
    for Sheet { name, content } in sheets {
        match content {
            Content::List(table) => {
                let pieces = table.rows.len().div_ceil(SHEET_ROWS).max(1);
                for piece in 0..pieces {
                    let to = table.rows.len().min((piece + 1) * SHEET_ROWS);
                    let name = if piece == 0 { name.clone() } else { format!("{name} ({})", piece + 1) };
                    let sheet = book.add_worksheet().set_name(name)?;
                    list(sheet, table, &table.rows[piece * SHEET_ROWS..to], &formats)?;
                    if piece + 1 == pieces && table.is_summed && table.rows.len() > 1 {
                        let below = u32::try_from(to - piece * SHEET_ROWS + 1).expect("below the limit");
                        sum(sheet, below, table, &formats, words["sum_of_rows"])?;
                    }
                    print(sheet, edition);
                }
            }
            Content::Paper(title, document) => {
                let sheet = book.add_worksheet().set_name(name)?;
                paper(sheet, title, document, &formats, &words)?;
                print(sheet, edition);
            }
        }
    }
    book.save_to_buffer()
}

/// A4 across, as wide as the sheet, with what the workbook is and rests on around it.
fn print(sheet: &mut Worksheet, edition: &Edition<'_>) {
    let margin = |text: &str| -> String {
        printable(text).chars().take(MARGIN_CHARS).collect::<String>().replace('&', "&&")
    };
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    if !edition.title.is_empty() {
        sheet.set_header(format!("&L{}&R&A", margin(edition.title)));
    }
    if edition.rests_on.is_empty() {
        sheet.set_footer("&L&A&R&P / &N");
    } else {
        // A digit behind the size would be read as part of it.
        sheet.set_footer(format!("&L&8 {}&R&P / &N", margin(edition.rests_on)));
    }
}

fn list(
    sheet: &mut Worksheet,
    table: &Table,
    rows: &[Vec<String>],
    formats: &Formats,
) -> Result<(), XlsxError> {
    let last = u16::try_from(table.columns.len().saturating_sub(1)).expect("few columns");
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, place, &column.title, formats.head(column.kind))?;
        let cells = rows.iter().take(WIDTH_ROWS).map(|row| row[usize::from(place)].width());
        let widest = cells.max().unwrap_or(0);
        let room = if widest == 0 && !rows.is_empty() { TO_FILL_IN } else { 0 };
        let width = widest.max(room).max(column.title.width());
        let width = u8::try_from(width + 2).unwrap_or(u8::MAX).min(WIDEST);
        sheet.set_column_width(place, f64::from(width))?;
    }
    for (line, row) in (1..).zip(rows) {
        for ((place, column), cell) in (0..).zip(&table.columns).zip(row) {
            write(sheet, (line, place), column.kind, cell, formats)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    if !rows.is_empty() {
        sheet.autofilter(0, 0, u32::try_from(rows.len()).expect("below the limit"), last)?;
    }
    sheet.set_repeat_rows(0, 0)?;
    Ok(())
}

/// The sums of a table's money; a number and no formula, as every cell is.
fn sum(
    sheet: &mut Worksheet,
    line: u32,
    table: &Table,
    formats: &Formats,
    label: &str,
) -> Result<(), XlsxError> {
    for ((place, column), sum) in (0..).zip(&table.columns).zip(sums(&table.columns, &table.rows)) {
        match sum {
            Some(sum) => typed(sheet, (line, place), column.kind, &sum.to_string(), &summed(&formats.money))?,
            None if place == 0 => {
                sheet.write_string_with_format(line, place, label, &summed(&formats.text))?;
            }
            None => {
                sheet.write_blank(line, place, &summed(&formats.text))?;
            }
        }
    }
    Ok(())
}

/// The blocks of a document, one below the other.
fn paper(
    sheet: &mut Worksheet,
    title: &str,
    document: &Document,
    formats: &Formats,
    words: &BTreeMap<&str, &str>,
) -> Result<(), XlsxError> {
    let columns = document.tables().map(|table| table.columns.len()).max().unwrap_or(0);
    let columns = u16::try_from(columns).expect("few columns").max(PAPER_COLUMNS);
    let mut widths = Vec::new();
    for place in 0..columns {
        let cells = document.tables().flat_map(|table| {
            table.rows.iter().filter_map(|row| row.get(usize::from(place))).map(|cell| cell.width())
        });
        let [least, most] = PAPER_WIDTHS;
        let width = (cells.max().unwrap_or(0) + 3).clamp(least, most);
        widths.push(width);
        sheet.set_column_width(place, f64::from(u8::try_from(width).expect("clamped")))?;
    }
    let letters: usize = widths.iter().sum();
    // What is signed stands together, with what is said of it.
    let signed = document.blocks.iter().position(|block| matches!(block, Block::Signatures(_))).unwrap_or(0);
    let is_words = |block: &&Block| matches!(block, Block::Paragraph(_));
    let words_before = document.blocks[..signed].iter().rev().take_while(is_words).count();
    let signing = signed.saturating_sub(words_before + 1);
    let mut line = 0;
    across(sheet, &mut line, columns, title, (&formats.title, 24, letters * 11 / 16))?;
    for (place, block) in document.blocks.iter().enumerate() {
        match block {
            Block::Heading(text) => {
                line += 1;
                if place == signing && place > 0 {
                    sheet.set_page_breaks(&[line])?;
                }
                sheet.write_string_with_format(line, 0, printable(text), &formats.heading)?;
                line += 1;
            }
            Block::Paragraph(text) => {
                across(sheet, &mut line, columns, text, (&formats.words, 15, letters))?;
            }
            Block::Table(table) if table.rows.is_empty() => {
                across(sheet, &mut line, columns, words["nothing_here"], (&formats.words, 15, letters))?;
            }
            Block::Table(table) => on_paper(sheet, &mut line, table, &widths, (formats, words))?,
            Block::Links(links) => {
                for (_, name) in links {
                    across(sheet, &mut line, columns, name, (&formats.words, 15, letters))?;
                }
            }
            Block::Drawing(of) => {
                for text in of.spelt() {
                    across(sheet, &mut line, columns, &text, (&formats.words, 15, letters))?;
                }
            }
            Block::Bars(bars) => {
                for (name, shown, _) in bars {
                    let text = format!("{name} {shown}");
                    across(sheet, &mut line, columns, &text, (&formats.words, 15, letters))?;
                }
            }
            Block::Blanks(lines) => {
                for text in lines {
                    sheet.set_row_height(line, 24)?;
                    sheet.merge_range(line, 0, line, 1, &printable(text), &formats.signer)?;
                    sheet.merge_range(line, 2, line, columns - 1, "", &formats.line)?;
                    line += 1;
                }
            }
            Block::Signatures(who) => {
                for name in who {
                    sheet.set_row_height(line, 42)?;
                    sheet.merge_range(line, 0, line, 1, &printable(name), &formats.signer)?;
                    for (place, label) in (2..).zip(["handled_by", "checked_by", "date", "seal"]) {
                        let text = if label == "seal" {
                            words[label].to_owned()
                        } else {
                            format!("{}:", words[label])
                        };
                        sheet.write_string_with_format(line, place, text, &formats.line)?;
                    }
                    line += 1;
                }
            }
        }
    }
    Ok(())
}

/// A text over the whole width, in a row as high as it needs.
fn across(
    sheet: &mut Worksheet,
    line: &mut u32,
    columns: u16,
    text: &str,
    (format, height, letters): (&Format, usize, usize),
) -> Result<(), XlsxError> {
    let text = printable(text);
    let lines = text.width().div_ceil(letters.max(1)).max(1);
    sheet.set_row_height(*line, f64::from(u16::try_from(lines * height).unwrap_or(u16::MAX).min(400)))?;
    sheet.merge_range(*line, 0, *line, columns - 1, &text, format)?;
    *line += 1;
    Ok(())
}

/// A table of a paper: no filter, no frozen head.
fn on_paper(
    sheet: &mut Worksheet,
    line: &mut u32,
    table: &Table,
    widths: &[usize],
    (formats, words): (&Formats, &BTreeMap<&str, &str>),
) -> Result<(), XlsxError> {
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(*line, place, &column.title, formats.head(column.kind))?;
    }
    *line += 1;
    for row in &table.rows {
        // A text that is wider than its column wraps; a spreadsheet does not always make the row higher.
        let lines = row.iter().zip(widths).map(|(cell, width)| cell.width().div_ceil(*width).max(1)).max();
        let height = u16::try_from(15 * lines.unwrap_or(1)).unwrap_or(u16::MAX).min(400);
        sheet.set_row_height(*line, f64::from(height))?;
        for ((place, column), cell) in (0..).zip(&table.columns).zip(row) {
            match column.kind {
                Kind::Text | Kind::List => typed(sheet, (*line, place), column.kind, cell, &formats.words)?,
                Kind::Money | Kind::Number | Kind::Day => {
                    write(sheet, (*line, place), column.kind, cell, formats)?;
                }
            }
        }
        *line += 1;
    }
    if table.is_summed && table.rows.len() > 1 {
        sum(sheet, *line, table, formats, words["sum_of_rows"])?;
        *line += 1;
    }
    Ok(())
}

fn write(
    sheet: &mut Worksheet,
    at: (u32, u16),
    kind: Kind,
    cell: &str,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let format = match kind {
        Kind::Money => &formats.money,
        Kind::Number => &formats.number,
        Kind::Day => &formats.day,
        Kind::Text | Kind::List => &formats.text,
    };
    typed(sheet, at, kind, cell, format)
}

/// A cell of its kind, as text where its kind cannot hold it.
fn typed(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    kind: Kind,
    cell: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    if cell.is_empty() {
        return Ok(());
    }
    let exact = || {
        let digits = cell.bytes().filter(u8::is_ascii_digit).count();
        let is_plain = cell.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
        if is_plain && digits <= EXACT_DIGITS { cell.parse::<f64>().ok() } else { None }
    };
    match kind {
        Kind::Money | Kind::Number => {
            if let Some(number) = exact() {
                sheet.write_number_with_format(row, column, number, format)?;
                return Ok(());
            }
        }
        Kind::Day => {
            if cell.parse::<NaiveDate>().is_ok()
                && let Ok(day) = ExcelDateTime::parse_from_str(cell)
            {
                sheet.write_datetime_with_format(row, column, &day, format)?;
                return Ok(());
            }
        }
        Kind::Text | Kind::List => {}
    }
    let mut text = printable(cell);
    let chars = text.chars().count();
    if chars > CELL_CHARS {
        let note = format!("…（{chars}）");
        text = text.chars().take(CELL_CHARS - note.chars().count()).chain(note.chars()).collect();
    }
    sheet.write_string_with_format(row, column, text, format)?;
    Ok(())
}
