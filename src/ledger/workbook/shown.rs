//! Cells to a grid: what each shows, where it stands, what a merged cell covers.

use std::fmt::Write as _;

use calamine::{DataType, Dimensions};

use crate::ledger::grid::{Grid, Nature, Row};

use super::Refusal;
use crate::ledger::serial::{self, DateSystem};

/// What a spreadsheet has at most.
pub(super) const ROWS_MAX: u32 = 1 << 20;
pub(super) const COLUMNS_MAX: u32 = 1 << 14;
/// Full height at 24 columns, and 192 MiB of places in the grid.
const CELLS_MAX: usize = 24 << 20;
/// Shared strings let a small file name much text.
const TEXT_MAX: usize = 320 << 20;

/// What the sheets of one workbook may still hold.
#[derive(Debug)]
pub(super) struct Budget {
    /// Places in grids.
    cells: usize,
    /// Cells of files, also those that show nothing and take no place.
    read: usize,
    text: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { cells: CELLS_MAX, read: CELLS_MAX, text: TEXT_MAX }
    }

    pub(super) fn take(&mut self, cells: usize, text: usize) -> Result<(), Refusal> {
        self.cells = self
            .cells
            .checked_sub(cells)
            .ok_or(Refusal::TooLarge("超过 2400 万个单元格", "more than 24 million cells"))?;
        self.text = self
            .text
            .checked_sub(text)
            .ok_or(Refusal::TooLarge("文字超过 320 MiB", "more than 320 MiB of text"))?;
        Ok(())
    }
}

/// A grid in the making.
#[derive(Debug)]
pub(super) struct Cells<'b> {
    grid: Grid,
    /// Where the next cell may stand: 0-based row and column.
    next: Option<(u32, u32)>,
    scratch: String,
    budget: &'b mut Budget,
}

impl<'b> Cells<'b> {
    pub(super) fn new(budget: &'b mut Budget) -> Self {
        Self { grid: Grid::default(), next: None, scratch: String::new(), budget }
    }

    pub(super) fn finish(self) -> Grid {
        self.grid
    }

    /// Puts a text in its place, 0-based, and blank cells before it. An empty text is a blank cell.
    pub(super) fn place(
        &mut self,
        (row, column): (u32, u32),
        text: &str,
        nature: Nature,
    ) -> Result<(), Refusal> {
        if text.is_empty() {
            return Ok(());
        }
        if row >= ROWS_MAX || column >= COLUMNS_MAX {
            return Err(Refusal::TooLarge(
                "单元格超出第 1048576 行或 XFD 列",
                "a cell beyond row 1048576 or column XFD",
            ));
        }
        let from = match self.next {
            Some((last, from)) if last == row && from <= column => from,
            Some((last, _)) if last >= row => return Err(Refusal::Corrupt("cells out of order".into())),
            _ => {
                self.grid.start_row(row + 1);
                0
            }
        };
        self.budget.take((column - from + 1) as usize, text.len())?;
        for _ in from..column {
            self.grid.push("", Nature::Text);
        }
        self.grid.push(text, nature);
        self.next = Some((row, column + 1));
        Ok(())
    }

    /// Puts what a cell shows in its place.
    pub(super) fn put(
        &mut self,
        place: (u32, u32),
        value: &impl DataType,
        dates: DateSystem,
    ) -> Result<(), Refusal> {
        let left = self.budget.read.checked_sub(1);
        self.budget.read =
            left.ok_or(Refusal::TooLarge("超过 2400 万个单元格", "more than 24 million cells"))?;
        if let Some(text) = value.get_string() {
            return self.place(place, text, Nature::Text);
        }
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        let nature = show(value, dates, &mut text);
        let placed = self.place(place, &text, nature);
        self.scratch = text;
        placed
    }
}

/// Writes what a cell shows.
pub(super) fn show(value: &impl DataType, dates: DateSystem, text: &mut String) -> Nature {
    if let Some(number) = value.get_float() {
        return show_number(number.is_finite(), number, text);
    }
    if let Some(number) = value.get_int() {
        return show_number(true, number, text);
    }
    if let Some(word) = value.get_string() {
        text.push_str(word);
        return Nature::Text;
    }
    if let Some(flag) = value.get_bool() {
        text.push_str(if flag { "TRUE" } else { "FALSE" });
        return Nature::Text;
    }
    if let Some(moment) = value.get_datetime() {
        let number = moment.to_string();
        // Not `NaN` or `inf`.
        let nature = show_number(number.ends_with(|c: char| c.is_ascii_digit()), number, text);
        // Below 1 there is a time of day without a day.
        if moment.is_duration() || text.starts_with("0.") {
            let Some(shown) = serial::duration(text) else { return nature };
            *text = shown;
            return Nature::Text;
        }
        let Some(shown) = serial::serial_moment(text, dates) else { return nature };
        text.clear();
        let _ = write!(text, "{shown}");
        return Nature::Date;
    }
    if let Some(iso) = value.get_datetime_iso() {
        let Some(moment) = serial::iso_moment(iso) else {
            text.push_str(iso);
            return Nature::Text;
        };
        let _ = write!(text, "{moment}");
        return Nature::Date;
    }
    if let Some(error) = value.get_error() {
        let _ = write!(text, "{error}");
        return Nature::Error;
    }
    text.push_str(value.get_duration_iso().unwrap_or_default());
    Nature::Text
}

/// `Display` gives the shortest digits that come back to the same number, never an exponent.
fn show_number(is_finite: bool, number: impl std::fmt::Display, text: &mut String) -> Nature {
    if !is_finite {
        text.push_str("#NUM!");
        return Nature::Error;
    }
    let start = text.len();
    let _ = write!(text, "{number}");
    if &text[start..] == "-0" {
        text.remove(start);
    }
    Nature::Number
}

/// Gives the places that merged cells cover the text of their first cell.
///
/// Only rows that stand in the grid and columns that one of them has are covered: a merge may claim the whole sheet.
pub(super) fn spread(grid: Grid, mut merges: Vec<Dimensions>, budget: &mut Budget) -> Result<Grid, Refusal> {
    merges
        .retain(|merge| merge.start <= merge.end && merge.start.1 <= merge.end.1 && merge.start != merge.end);
    if merges.is_empty() {
        return Ok(grid);
    }
    merges.sort_unstable();
    let mut waiting = merges.iter().peekable();
    // What the row before left open, each with the text of its first cell.
    let mut open: Vec<(&Dimensions, &str)> = Vec::new();
    let mut covered: Vec<Option<&str>> = Vec::new();
    let width = grid.rows().map(Row::len).max().unwrap_or(0);
    let mut spread = Grid::default();
    for row in grid.rows() {
        let number = row.number - 1;
        open.retain(|(merge, _)| merge.end.0 >= number);
        while let Some(merge) = waiting.next_if(|merge| merge.start.0 <= number) {
            // A merge whose first row has no cell shows nothing.
            if merge.start.0 == number && (merge.start.1 as usize) < row.len() {
                open.push((merge, row.get(merge.start.1 as usize).0));
            }
        }
        covered.clear();
        for &(merge, text) in &open {
            // A blank cell covers what lies under it, and adds nothing.
            let end = (merge.end.1 as usize + 1).min(if text.is_empty() { row.len() } else { width });
            let start = merge.start.1 as usize + usize::from(merge.start.0 == number);
            budget.take(end.saturating_sub(start) + 1, 0)?;
            if end > covered.len() {
                covered.resize(end, None);
            }
            covered[start.min(end)..end].fill(Some(text));
        }
        spread.start_row(row.number);
        for column in 0..row.len().max(covered.len()) {
            if let Some(Some(text)) = covered.get(column) {
                budget.take(0, text.len())?;
                spread.push(text, Nature::Spread);
            } else if column < row.len() {
                let (text, nature) = row.get(column);
                spread.push(text, nature);
            } else {
                spread.push("", Nature::Text);
            }
        }
    }
    Ok(spread)
}
