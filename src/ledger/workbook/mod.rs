//! Workbooks to sheets, as they are shown: xlsx, xlsm, xlsb and ods in a zip, xls in a compound file.
//!
//! Whoever sends a workbook is not trusted. `package` and `compound` look at the bytes before calamine does and
//! refuse what would make it loop, or take memory out of proportion; an OpenDocument sheet is read by
//! `open_document`, since calamine unfolds its repetitions and waits for ever at an early end. What still panics
//! does so on a thread of its own, and the workbook is refused.

mod compound;
mod open_document;
mod package;
mod relations;
mod shown;
#[cfg(test)]
mod tests;

use std::io::Cursor;

use calamine::{
    DataRef, DataType, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsb, XlsbError, Xlsx, XlsxError,
    XlsxFormulaMetadata,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::ledger::grid::{Grid, Nature};
use crate::ledger::serial::DateSystem;

use shown::{Budget, Cells, spread};

/// The thread on which workbooks are read: a panic there is a refusal, which a panic hook need not print.
pub const THREAD: &str = "workbook";

/// A workbook has a few sheets; a thousand that name the same part is how a small file becomes much work.
const SHEETS_MAX: usize = 512;
/// The library's words are for a message, and may quote the file.
const REASON_CHARS: usize = 120;

/// A sheet as it is shown.
///
/// Rows without content are left out of the grid, and so are the blank cells at the end of a row; a cell's index is
/// its column, A = 0. Nothing says that rows or columns are hidden.
#[derive(Debug)]
pub struct Sheet {
    pub name: String,
    pub is_hidden: bool,
    pub grid: Grid,
    pub dates: DateSystem,
}

/// Why a workbook could not be read; nothing of it is used then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Password,
    /// In the library's words, shortened.
    Corrupt(String),
    /// The limit it exceeds, in Chinese and English.
    TooLarge(&'static str, &'static str),
}

impl Refusal {
    fn corrupt(reason: impl std::fmt::Display) -> Self {
        Self::Corrupt(reason.to_string().chars().filter(|c| !c.is_control()).take(REASON_CHARS).collect())
    }
}

/// What the first bytes say, whatever the file is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Zip,
    Compound,
}

impl Container {
    /// What users call it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Zip => "xlsx/xlsb/ods",
            Self::Compound => "xls",
        }
    }
}

/// The container the bytes begin as; `None` for text, HTML, or nothing.
pub fn sniff(bytes: &[u8]) -> Option<Container> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        Some(Container::Zip)
    } else if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        Some(Container::Compound)
    } else {
        None
    }
}

/// Reads all worksheets, in the workbook's order.
pub fn read(bytes: &[u8], container: Container) -> Result<Vec<Sheet>, Refusal> {
    std::thread::scope(|scope| {
        let reading =
            std::thread::Builder::new().name(THREAD.to_owned()).spawn_scoped(scope, || match container {
                Container::Zip => zipped(bytes),
                Container::Compound => xls(bytes),
            });
        let reading = reading.map_err(Refusal::corrupt)?;
        reading.join().unwrap_or_else(|_| Err(Refusal::Corrupt("the reader gave up on it".into())))
    })
}

fn zipped(bytes: &[u8]) -> Result<Vec<Sheet>, Refusal> {
    let package = package::inspect(bytes)?;
    match package.kind {
        package::Kind::Xlsx => xlsx(bytes, package),
        package::Kind::Xlsb => xlsb(bytes),
        package::Kind::OpenDocument => open_document::read(bytes),
    }
}

fn xlsx(bytes: &[u8], mut package: package::Package) -> Result<Vec<Sheet>, Refusal> {
    let refusal = |error| match error {
        XlsxError::Password => Refusal::Password,
        error => Refusal::corrupt(error),
    };
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(refusal)?;
    let dates = DateSystem::of(book.has_1904_epoch());
    let mut budget = Budget::new();
    let mut sheets = Vec::new();
    let parts = relations::sheet_parts(bytes)?;
    for (name, is_hidden) in worksheets(book.sheets_metadata())? {
        let part = parts.iter().find(|(known, _)| *known == name).map(|(_, part)| part);
        if parts.iter().filter(|(_, other)| Some(other) == part).count() > 1 {
            return Err(Refusal::Corrupt("two sheets in one part".into()));
        }
        let merges = match part.and_then(|part| package.merges.remove(part)).flatten() {
            Some(merges) => merges,
            None if package.has_merges => book.merge_cells_by_sheet_name(&name).map_err(refusal)?,
            None => Vec::new(),
        };
        let mut reader = match book.worksheet_cells_reader(&name) {
            Err(XlsxError::NotAWorksheet(_)) => continue,
            reader => reader.map_err(refusal)?,
        };
        let mut cells = Cells::new(&mut budget);
        let mut shared: FxHashMap<usize, String> = FxHashMap::default();
        while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(refusal)? {
            let Some(formula) = cell.formula else {
                cells.put(cell.pos, &cell.value, dates)?;
                continue;
            };
            if cell.value == DataRef::Empty {
                let text = match &formula {
                    XlsxFormulaMetadata::SharedDerived { shared_index } => shared.get(shared_index),
                    XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. } => {
                        Some(formula)
                    }
                    _ => None,
                };
                let text = format!("={}", text.map_or("", String::as_str));
                cells.place(cell.pos, &text, Nature::Uncomputed)?;
            } else {
                cells.put(cell.pos, &cell.value, dates)?;
            }
            if let XlsxFormulaMetadata::Shared { shared_index, formula, .. } = formula {
                shared.insert(shared_index, formula);
            }
        }
        let grid = cells.finish();
        sheets.push(Sheet { name, is_hidden, grid: spread(grid, merges, &mut budget)?, dates });
    }
    Ok(sheets)
}

/// calamine does not tell the merged cells of an xlsb, and each of its formulas has a value.
fn xlsb(bytes: &[u8]) -> Result<Vec<Sheet>, Refusal> {
    let refusal = |error| match error {
        XlsbError::Password => Refusal::Password,
        error => Refusal::corrupt(error),
    };
    let mut book = Xlsb::new(Cursor::new(bytes)).map_err(refusal)?;
    let dates = DateSystem::of(book.has_1904_epoch());
    let mut budget = Budget::new();
    let mut sheets = Vec::new();
    for (name, is_hidden) in worksheets(book.sheets_metadata())? {
        let mut reader = book.worksheet_cells_reader(&name).map_err(refusal)?;
        let mut cells = Cells::new(&mut budget);
        while let Some(cell) = reader.next_cell().map_err(refusal)? {
            cells.put(cell.get_position(), cell.get_value(), dates)?;
        }
        sheets.push(Sheet { name, is_hidden, grid: cells.finish(), dates });
    }
    Ok(sheets)
}

fn xls(bytes: &[u8]) -> Result<Vec<Sheet>, Refusal> {
    let refusal = |error| match error {
        XlsError::Password => Refusal::Password,
        error => Refusal::corrupt(error),
    };
    compound::inspect(bytes)?;
    let mut book = Xls::new(Cursor::new(bytes)).map_err(refusal)?;
    let dates = DateSystem::of(book.has_1904_epoch());
    let mut budget = Budget::new();
    let mut sheets = Vec::new();
    for (name, is_hidden) in worksheets(book.sheets_metadata())? {
        let range = book.worksheet_range(&name).map_err(refusal)?;
        let mut cells = Cells::new(&mut budget);
        let (top, left) = range.start().unwrap_or_default();
        for (row, values) in (top..).zip(range.rows()) {
            for (column, value) in (left..).zip(values).filter(|(_, value)| !value.is_empty()) {
                cells.put((row, column), value, dates)?;
            }
        }
        let grid = cells.finish();
        let merges = book.merge_cells_by_sheet_name(&name).map_err(refusal)?;
        sheets.push(Sheet { name, is_hidden, grid: spread(grid, merges, &mut budget)?, dates });
    }
    Ok(sheets)
}

/// The names of the sheets that hold cells, and whether each is hidden.
fn worksheets(all: &[calamine::Sheet]) -> Result<Vec<(String, bool)>, Refusal> {
    if all.len() > SHEETS_MAX {
        return Err(Refusal::TooLarge("超过 512 张工作表", "more than 512 sheets"));
    }
    let mut names = FxHashSet::default();
    let mut found = Vec::new();
    for sheet in all.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        // Sheets are asked for by name: the second would be the first again.
        if !names.insert(sheet.name.clone()) {
            return Err(Refusal::Corrupt("two sheets of one name".into()));
        }
        found.push((sheet.name.clone(), sheet.visible != SheetVisible::Visible));
    }
    Ok(found)
}
