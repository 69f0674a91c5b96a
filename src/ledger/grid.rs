//! Rows of cells as a file shows them, before anyone knows what they mean.
//!
//! Workbooks, bank messages and web pages become grids; a delimited text never does, since its lines are read where they lie.

/// What a cell is besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Text, as the file has it.
    Text,
    /// A number, in its shortest decimal form without exponent: `3501000000`, `36054.04`.
    Number,
    /// A date or a date with a time of day, `2026-03-02` or `2026-03-02 14:05:00`.
    Date,
    /// An error such as `#REF!`, which the text names.
    Error,
    /// A formula nobody has computed; the text is the formula.
    Uncomputed,
    /// What a merged cell shows in the places it covers besides its first.
    Spread,
}

/// One row's cells.
#[derive(Clone, Copy, Debug)]
pub struct Row<'g> {
    /// 1-based as the file has it.
    pub number: u32,
    text: &'g str,
    cells: &'g [(u32, Nature)],
    start: u32,
}

impl<'g> Row<'g> {
    pub fn len(self) -> usize {
        self.cells.len()
    }

    pub fn is_empty(self) -> bool {
        self.cells.is_empty()
    }

    pub fn get(self, index: usize) -> (&'g str, Nature) {
        let start = index.checked_sub(1).map_or(self.start, |before| self.cells[before].0);
        let (end, nature) = self.cells[index];
        (&self.text[start as usize..end as usize], nature)
    }
}

/// The rows of one sheet or message.
///
/// Invariant: rows ascend; a text of at most 4 GiB.
#[derive(Debug, Default)]
pub struct Grid {
    /// Rows of the file that are others', above the first of these.
    above: u32,
    text: String,
    /// For each cell the end of its text, which starts where the one before ends.
    cells: Vec<(u32, Nature)>,
    /// For each row its number, and the end of its cells.
    rows: Vec<(u32, u32)>,
}

impl Grid {
    /// A grid whose rows are numbered on from others of the same file.
    pub fn below(above: u32) -> Self {
        Self { above, ..Self::default() }
    }

    pub fn above(&self) -> u32 {
        self.above
    }

    /// Adds a row of another grid, under its own number.
    pub fn push_row(&mut self, row: Row<'_>) {
        self.start_row(row.number);
        for index in 0..row.len() {
            let (text, nature) = row.get(index);
            self.push(text, nature);
        }
    }

    /// Opens a row, 1-based as the file has it; the cells pushed next are its own.
    pub fn start_row(&mut self, number: u32) {
        assert!(self.rows.last().is_none_or(|&(last, _)| last < number), "rows ascend");
        self.rows.push((number, self.cells_end()));
    }

    /// Adds a cell to the row opened last.
    pub fn push(&mut self, text: &str, nature: Nature) {
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).expect("at most 4 GiB of text");
        self.cells.push((end, nature));
        let cells = self.cells_end();
        self.rows.last_mut().expect("a row was opened").1 = cells;
    }

    /// Takes the last row away; its number and what it shows.
    pub fn remove_last_row(&mut self) -> Option<(u32, String)> {
        let row = self.row(self.rows.len().checked_sub(1)?);
        let texts: Vec<&str> = (0..row.len()).map(|index| row.get(index).0).collect();
        let (number, shown) = (row.number, texts.join(" "));
        let (text, cells) = (row.start as usize, self.cells.len() - row.len());
        self.text.truncate(text);
        self.cells.truncate(cells);
        self.rows.pop();
        Some((number, shown))
    }

    /// Whether any cell has the character.
    pub fn contains(&self, character: char) -> bool {
        self.text.contains(character)
    }

    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> + Clone {
        (0..self.rows.len()).map(|index| self.row(index))
    }

    fn row(&self, index: usize) -> Row<'_> {
        let first = index.checked_sub(1).map_or(0, |before| self.rows[before].1) as usize;
        let (number, end) = self.rows[index];
        let start = first.checked_sub(1).map_or(0, |before| self.cells[before].0);
        Row { number, text: &self.text, cells: &self.cells[first..end as usize], start }
    }

    fn cells_end(&self) -> u32 {
        u32::try_from(self.cells.len()).expect("fewer than 2^32 cells")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let mut grid = Grid::default();
        grid.start_row(2);
        grid.push("税票号码", Nature::Text);
        grid.push("", Nature::Text);
        grid.start_row(3);
        grid.start_row(7);
        grid.push("12.5", Nature::Number);
        let rows: Vec<_> = grid
            .rows()
            .map(|row| (row.number, (0..row.len()).map(|index| row.get(index)).collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            rows,
            [
                (2, vec![("税票号码", Nature::Text), ("", Nature::Text)]),
                (3, vec![]),
                (7, vec![("12.5", Nature::Number)]),
            ]
        );
        assert_eq!(grid.remove_last_row(), Some((7, "12.5".to_owned())));
        assert_eq!(grid.remove_last_row(), Some((3, String::new())));
        assert_eq!(grid.remove_last_row(), Some((2, "税票号码 ".to_owned())));
        assert_eq!((grid.remove_last_row(), grid.text.len(), grid.cells.len()), (None, 0, 0));
    }
}
