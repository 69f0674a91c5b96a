//! JSON: an object with an array of records for each table. Values are texts, so amounts stay exact.

use serde_json::{Map, Value};

use crate::report::document::{Block, Document};

pub(super) fn render(document: &Document) -> String {
    let mut tables = Map::new();
    for block in &document.blocks {
        let Block::Table(table) = block else { continue };
        let records = table.rows.iter().map(|row| {
            let cells = table.columns.iter().zip(row);
            Value::Object(
                cells.map(|(column, cell)| (column.id.to_owned(), Value::from(cell.as_str()))).collect(),
            )
        });
        tables.insert(table.id.to_owned(), records.collect());
    }
    let mut text = serde_json::to_string_pretty(&Value::Object(tables)).expect("texts are JSON");
    text.push('\n');
    text
}
