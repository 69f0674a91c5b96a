//! Workbooks: a sheet for each table, cells typed by their column.
//!
//! What comes from data is written as text and is never a formula. A money cell is a number where a spreadsheet can hold
//! it to the fen, and text where it cannot.

use chrono::NaiveDate;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use unicode_width::UnicodeWidthStr;

use crate::report::document::{Kind, Table};

use super::markdown::printable;

/// Rows of a sheet below its head; what is more goes to a further sheet.
const SHEET_ROWS: usize = 1_048_575;
/// Characters a cell can hold.
const CELL_CHARS: usize = 32_767;
/// Digits a spreadsheet's number holds exactly.
const EXACT_DIGITS: usize = 15;
/// Rows looked at for a column's width.
const WIDTH_ROWS: usize = 500;
const WIDEST: u8 = 60;

/// A sheet of a workbook: its name on the tab, and its table.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub name: String,
    pub table: Table,
}

struct Formats {
    head: Format,
    text: Format,
    money: Format,
    number: Format,
    day: Format,
}

/// The sheets as an xlsx file of that day: the same sheets, the same bytes.
pub fn workbook(sheets: &[Sheet], day: NaiveDate) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::parse_from_str(&day.to_string())?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let top = || Format::new().set_align(FormatAlign::Top);
    let formats = Formats {
        head: Format::new()
            .set_bold()
            .set_text_wrap()
            .set_background_color("#E8EEF4")
            .set_border_bottom(FormatBorder::Thin),
        text: top(),
        money: top().set_num_format("#,##0.00;[Red]-#,##0.00"),
        number: top().set_num_format("0"),
        day: top().set_num_format("yyyy-mm-dd"),
    };
    for Sheet { name, table } in sheets {
        let pieces = table.rows.len().div_ceil(SHEET_ROWS).max(1);
        for piece in 0..pieces {
            let rows = &table.rows[piece * SHEET_ROWS..table.rows.len().min((piece + 1) * SHEET_ROWS)];
            let name = if piece == 0 { name.clone() } else { format!("{name} ({})", piece + 1) };
            let sheet = book.add_worksheet().set_name(name)?;
            fill(sheet, table, rows, &formats)?;
        }
    }
    book.save_to_buffer()
}

fn fill(
    sheet: &mut Worksheet,
    table: &Table,
    rows: &[Vec<String>],
    formats: &Formats,
) -> Result<(), XlsxError> {
    let last = u16::try_from(table.columns.len().saturating_sub(1)).expect("few columns");
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, place, &column.title, &formats.head)?;
        let cells = rows.iter().take(WIDTH_ROWS).map(|row| row[usize::from(place)].width());
        let width = cells.chain([column.title.width()]).max().unwrap_or(0);
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
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    sheet.set_footer("&L&A&R&P / &N");
    Ok(())
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    kind: Kind,
    cell: &str,
    formats: &Formats,
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
                let format = if kind == Kind::Money { &formats.money } else { &formats.number };
                sheet.write_number_with_format(row, column, number, format)?;
                return Ok(());
            }
        }
        Kind::Day => {
            if cell.parse::<NaiveDate>().is_ok()
                && let Ok(day) = ExcelDateTime::parse_from_str(cell)
            {
                sheet.write_datetime_with_format(row, column, &day, &formats.day)?;
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
    sheet.write_string_with_format(row, column, text, &formats.text)?;
    Ok(())
}
