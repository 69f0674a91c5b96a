//! CSV: the tables alone, quoted where needed.

use crate::report::document::Document;

pub(super) fn render(document: &Document) -> String {
    let mut texts = Vec::new();
    for table in document.tables() {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer
            .write_record(table.columns.iter().map(|column| column.id.as_bytes()))
            .expect("memory takes every record");
        for row in &table.rows {
            writer.write_record(row).expect("every row has the header's length");
        }
        let bytes = writer.into_inner().expect("memory takes every record");
        texts.push(String::from_utf8(bytes).expect("records are text"));
    }
    texts.join("\n")
}
