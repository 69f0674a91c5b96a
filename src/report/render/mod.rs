//! Documents to bytes: one format a file.

mod csv;
mod json;
mod markdown;
mod text;
pub mod workbook;

use super::document::Document;

pub(super) use markdown::printable;

/// A format a document can be printed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// For a terminal.
    #[default]
    Text,
    Json,
    /// The document's tables one after another, each with its header.
    Csv,
    Markdown,
}

/// The document as UTF-8 text, ending in a newline.
pub fn render(document: &Document, form: Form) -> String {
    match form {
        Form::Text => text::render(document),
        Form::Json => json::render(document),
        Form::Csv => csv::render(document),
        Form::Markdown => markdown::render(document),
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::{Head, Table};
    use super::*;

    fn sample() -> Document {
        let mut document = Document::default();
        document.heading("文件");
        document.paragraph("两个文件。");
        let mut table = Table::new("files", vec![Head::text("file", "文件"), Head::number("rows", "行数")]);
        table.push(vec!["税票,一|二.csv".into(), "12".into()]);
        table.push(vec!["b\u{1b}[31m.csv".into(), "3".into()]);
        document.table(table);
        document
    }

    #[track_caller]
    fn check(form: Form, expected: &str) {
        assert_eq!(render(&sample(), form), expected);
    }

    #[test]
    fn forms() {
        check(
            Form::Text,
            "文件\n\n两个文件。\n\n文件            行数\n税票,一|二.csv    12\nb\u{fffd}[31m.csv         3\n",
        );
        check(Form::Csv, "file,rows\n\"税票,一|二.csv\",12\nb\u{1b}[31m.csv,3\n");
        check(
            Form::Markdown,
            "## 文件\n\n两个文件。\n\n| 文件 | 行数 |\n| --- | ---: |\n| 税票,一\\|二.csv | 12 |\n\
             | b\u{fffd}[31m.csv | 3 |\n",
        );
        check(
            Form::Json,
            "{\n  \"files\": [\n    {\n      \"file\": \"税票,一|二.csv\",\n      \"rows\": \"12\"\n    },\n    {\n      \
             \"file\": \"b\\u001b[31m.csv\",\n      \"rows\": \"3\"\n    }\n  ]\n}\n",
        );
    }
}
