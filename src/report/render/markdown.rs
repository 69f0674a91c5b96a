//! Markdown tables.

use crate::report::document::{Block, Document, Table};

pub(super) fn render(document: &Document) -> String {
    let blocks: Vec<String> = document
        .blocks
        .iter()
        .map(|block| match block {
            Block::Heading(text) => format!("## {}\n", printable(text)),
            Block::Paragraph(text) => format!("{}\n", printable(text)),
            Block::Table(rows) => table(rows),
            Block::Links(links) => lines(links, |(to, name)| format!("- [{}]({to})", printable(name))),
            Block::Signatures(lines_of) | Block::Blanks(lines_of) => {
                lines(lines_of, |line| format!("- {}: ________", printable(line)))
            }
            Block::Drawing(of) => lines(&of.spelt(), |line| format!("- {}", printable(line))),
            Block::Bars(bars) => lines(bars, |(name, shown, _)| format!("- {}: {shown}", printable(name))),
        })
        .collect();
    blocks.join("\n")
}

/// Each on a line of its own.
pub(super) fn lines<T>(of: &[T], line: impl Fn(&T) -> String) -> String {
    let mut lines: Vec<String> = of.iter().map(line).collect();
    lines.push(String::new());
    lines.join("\n")
}

fn table(table: &Table) -> String {
    let mut text = row(table.columns.iter().map(|column| column.title.as_str()));
    let rules = table.columns.iter().map(|column| if column.kind.is_numeric() { "---:" } else { "---" });
    text.push_str(&row(rules));
    for cells in &table.rows {
        text.push_str(&row(cells.iter().map(String::as_str)));
    }
    text
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.map(|cell| printable(cell).replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Text from data as people may see it: nothing that moves a cursor or turns the reading direction.
pub(in crate::report) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '\n',
            c if c.is_control() => '\u{fffd}',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => '\u{fffd}',
            c => c,
        })
        .collect()
}
