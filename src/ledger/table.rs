//! Grids to rows of a ledger: sheets of a workbook, messages, tables of a web page.

use rayon::prelude::*;

use super::cell::DateSystem;
use super::format::Format;
use super::grid::{Grid, Nature, Row};
use super::layout::{self, HEADER_ROWS_MAX, NoHeader};
use super::profile::Profile;
use super::rows::Rows;
use super::{Parsed, SourceFile};

/// Rows that are worth a thread of their own.
const PIECE_ROWS: usize = 1 << 14;

/// Reads a grid into what is parsed of its file. `sheet` tells the rows of one sheet from those of another.
pub fn read<'f>(
    parsed: &mut Parsed,
    file: &SourceFile,
    grid: &Grid,
    dates: DateSystem,
    sheet: Option<&str>,
    format: &'f Format,
    profile: &Profile,
) -> Result<(), NoHeader<'f>> {
    let most = profile.header_row.map_or(HEADER_ROWS_MAX, |row| row as usize) + 1;
    let top: Vec<(u32, Vec<(&str, Nature)>)> = grid
        .rows()
        .take(most)
        .map(|row| (row.number, (0..row.len()).map(|index| row.get(index)).collect()))
        .collect();
    let layout = layout::find(&top, format, profile)?;
    parsed.header_found(&layout);
    let rows: Vec<Row<'_>> = grid.rows().collect();
    let above = rows.partition_point(|row| row.number < layout.header_rows.end);
    parsed.tally.title_rows += above as u64;
    let last = rows.last().map_or(0, |row| u64::from(row.number));
    parsed.tally.blank_rows += last - rows.len() as u64;
    let mut pieces: Vec<Rows<'_>> = rows[above..]
        .par_chunks(PIECE_ROWS)
        .map(|rows| {
            let mut piece = Rows::new(&layout, format).counting_days(dates);
            for &row in rows {
                piece.start_at(row.number);
                piece.take(&row);
            }
            piece.finish();
            piece
        })
        .collect();
    if pieces.is_empty() {
        pieces.push(Rows::new(&layout, format));
    }
    parsed.collect(pieces.into_iter(), sheet, 0, file);
    Ok(())
}
