//! Grids to rows of a ledger: sheets of a workbook, messages, tables of a web page.

use std::sync::Arc;

use rayon::prelude::*;

use super::format::Format;
use super::grid::{Grid, Nature, Row};
use super::layout::{self, HEADER_ROWS_MAX, Layout, NoHeader};
use super::problem::Kind;
use super::profile::Profile;
use super::rows::{Rows, excerpt};
use super::serial::DateSystem;
use super::{Parsed, SourceFile};

/// Rows that are worth a thread of their own.
const PIECE_ROWS: usize = 1 << 14;

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
