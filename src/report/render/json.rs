//! JSON: an object with an array of records for each table. Values are texts, so amounts stay exact.

use serde_json::{Map, Value};

use crate::report::document::Document;

pub(super) fn render(document: &Document) -> String {
    let mut tables = Map::new();
    for table in document.tables() {
        let records = table.rows.iter().map(|row| {
            let cells = table.columns.iter().zip(row);
            Value::Object(
                cells
                    .map(|(column, cell)| (column.id.clone().into_owned(), Value::from(cell.as_str())))
                    .collect(),
            )
        });
        tables.insert(table.id.to_owned(), records.collect());
    }
    let mut text = serde_json::to_string_pretty(&Value::Object(tables)).expect("texts are JSON");
    text.push('\n');
    text
}
