//! Text for a terminal: aligned columns, wide characters counted as two cells.

use unicode_width::UnicodeWidthStr;

use crate::report::document::{Block, Document, Table};

use super::markdown::{lines, printable};

pub(super) fn render(document: &Document) -> String {
    let blocks: Vec<String> = document
        .blocks
        .iter()
        .map(|block| match block {
            Block::Heading(text) | Block::Paragraph(text) => format!("{}\n", printable(text)),
            Block::Table(table) => aligned(table),
            Block::Links(of) => lines(of, |(to, name)| format!("{}: {to}", printable(name))),
            Block::Signatures(of) | Block::Blanks(of) => {
                lines(of, |line| format!("{}: ________", printable(line)))
            }
            Block::Drawing(of) => lines(&of.spelt(), |line| printable(line)),
            Block::Bars(of) => lines(of, |(name, shown, _)| format!("{}: {shown}", printable(name))),
        })
        .collect();
    blocks.join("\n")
}

fn aligned(table: &Table) -> String {
    let head = table.columns.iter().map(|column| printable(&column.title)).collect();
    let mut rows: Vec<Vec<String>> = vec![head];
    rows.extend(table.rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()));
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|index| rows.iter().map(|row| row[index].width()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (index, cell) in row.iter().enumerate() {
            let padding = " ".repeat(widths[index] - cell.width());
            if index > 0 {
                line.push_str("  ");
            }
            if table.columns[index].kind.is_numeric() {
                line.extend([padding.as_str(), cell]);
            } else {
                line.extend([cell.as_str(), &padding]);
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
