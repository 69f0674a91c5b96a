//! Grids to rows of a ledger: sheets of a workbook, messages, tables of a web page.

use std::sync::Arc;

use rayon::prelude::*;

use super::cell;
use super::format::{Format, Type};
use super::grid::{Grid, Nature, Row};
use super::layout::{self, HEADER_ROWS_MAX, Layout, NoHeader, Place, Source};
use super::problem::Kind;
use super::profile::Profile;
use super::rows::{self, Rows, excerpt};
use super::serial::DateSystem;
use super::{Parsed, SourceFile};

/// Rows that are worth a thread of their own.
const PIECE_ROWS: usize = 1 << 14;

/// Rows by which a table's width is told.
const WIDTH_ROWS: usize = 1000;

/// Characters that stand for what was lost.
const DAMAGES: [(char, Kind); 2] = [('\u{fffd}', Kind::BadEncoding), ('\0', Kind::NulByte)];

/// The first cell of a row that has lost something, and what.
fn damage(row: Row<'_>) -> Option<(Kind, String)> {
    (0..row.len()).map(|index| row.get(index).0).find_map(|text| {
        let (_, kind) = DAMAGES.iter().find(|&&(character, _)| text.contains(character))?;
        Some((kind.clone(), text.replace('\0', "␀")))
    })
}

/// Where a grid's table begins, and what its columns are.
pub fn layout<'f>(grid: &Grid, format: &'f Format, profile: &Profile) -> Result<Layout<'f>, NoHeader<'f>> {
    // A profile's header row is a number of the sheet, whose blank rows the grid leaves out.
    let most = HEADER_ROWS_MAX.max(profile.header_row.map_or(0, |row| row as usize)) + 1;
    let top: Vec<(u32, Vec<(&str, Nature)>)> = grid
        .rows()
        .take(most)
        .map(|row| (row.number, (0..row.len()).map(|index| row.get(index)).collect()))
        .collect();
    layout::find(&top, format, profile)
}

/// A table's columns if it has the ledger's header, even if it cannot be read.
pub fn header<'f>(grid: &Grid, format: &'f Format, profile: &Profile) -> Option<Layout<'f>> {
    layout(grid, format, profile).or_else(|refusal| refusal.header().ok_or(())).ok()
}

/// How many cells the longest row has.
fn width<'g>(rows: impl Iterator<Item = Row<'g>>) -> usize {
    rows.map(Row::len).max().unwrap_or(0)
}

/// The rows below a grid's header.
fn below<'g>(grid: &'g Grid, layout: &Layout<'_>) -> impl Iterator<Item = Row<'g>> {
    let end = layout.header_rows.end;
    grid.rows().skip_while(move |row| row.number < end)
}

/// Whether a grid without a header is the next piece of a table that has one: as wide, and its first row an entry or a
/// total of that; behind a header without rows, as wide.
pub fn goes_on(known: &Grid, layout: &Layout<'_>, grid: &Grid, format: &Format) -> bool {
    if width(grid.rows()) != layout.cells {
        return false;
    }
    let mut rows = Rows::new(layout, format);
    if let Some(first) = grid.rows().find(|row| row.len() == layout.cells) {
        rows.take(&first);
    }
    let is_read = rows.tally.accepted.rows + rows.tally.subtotal.rows > 0;
    is_read || below(known, layout).next().is_none()
}

/// Whether a grid without a header has rows like those of a table that has one: as wide, with a day and an amount where
/// that has them.
pub fn resembles(known: &Grid, layout: &Layout<'_>, grid: &Grid, dates: DateSystem, format: &Format) -> bool {
    let width_here = width(grid.rows());
    if width_here != layout.cells && width_here != width(below(known, layout).take(WIDTH_ROWS)) {
        return false;
    }
    // `None` where the ledger's table has no such column.
    let any = |row: Row<'_>, is_stated: &dyn Fn(&Place<'_>, &str) -> Option<bool>| {
        let own = layout.columns.iter().filter_map(|place| match place.source {
            Source::Cell(index) => {
                is_stated(place, &cell::clean(if index < row.len() { row.get(index).0 } else { "" }))
            }
            Source::Constant(_) => None,
        });
        own.reduce(|any, other| any || other)
    };
    let day = |place: &Place<'_>, text: &str| {
        matches!(place.column.kind, Type::Date | Type::Moment)
            .then(|| cell::moment_in(text, dates).is_ok_and(|moment| format.may_be_dated(moment.date)))
    };
    let amount = |place: &Place<'_>, text: &str| {
        (place.column.kind == Type::Money)
            .then(|| matches!(rows::money(text, place.unit.unwrap_or_default(), layout), Ok(Some(_))))
    };
    grid.rows().any(|row| match (any(row, &day), any(row, &amount)) {
        (None, None) => false,
        (day, amount) => day.unwrap_or(true) && amount.unwrap_or(true),
    })
}

/// Reads a grid into what is parsed of its file. `sheet` tells the rows of one sheet from those of another.
pub fn read<'f>(
    parsed: &mut Parsed,
    file: &SourceFile,
    grid: &Grid,
    layout: &'f Layout<'f>,
    dates: DateSystem,
    sheet: Option<&str>,
    format: &'f Format,
) {
    parsed.header_found(layout);
    let rows: Vec<Row<'_>> = grid.rows().collect();
    let above = rows.partition_point(|row| row.number < layout.header_rows.end);
    parsed.tally.title_rows += above as u64;
    let last = rows.last().map_or(0, |row| u64::from(row.number - grid.above()));
    parsed.tally.blank_rows += last - rows.len() as u64;
    let may_be_damaged = DAMAGES.iter().any(|&(character, _)| grid.contains(character));
    let read_piece = |rows: &[Row<'_>], mut piece: Rows<'f>| {
        for &row in rows {
            piece.start_at(row.number);
            match may_be_damaged.then(|| damage(row)).flatten() {
                Some((kind, found)) => piece.reject(None, kind, excerpt(&found)),
                None => piece.take(&row),
            }
        }
        piece.finish();
        piece
    };
    let empty = || Rows::new(layout, format).counting_days(dates);
    let chunks: Vec<&[Row<'_>]> = rows[above..].chunks(PIECE_ROWS).collect();
    let mut pieces: Vec<Rows<'_>> = chunks.par_iter().map(|rows| read_piece(rows, empty())).collect();
    // A line such as 账号：… holds for the pieces below its own too.
    let first = Arc::clone(empty().section());
    for index in 1..pieces.len() {
        let section = Arc::clone(pieces[index - 1].section());
        if section != first {
            pieces[index] = read_piece(chunks[index], empty().within(&section));
        }
    }
    if pieces.is_empty() {
        pieces.push(Rows::new(layout, format));
    }
    parsed.collect(pieces.into_iter(), sheet, 0, file);
}
