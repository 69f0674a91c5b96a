//! A document: headings, sentences and tables, with no format in it.

/// What a command prints or a report holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Heading(String),
    Paragraph(String),
    Table(Table),
}

/// A table. Invariant: every row has as many cells as there are columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What programs call the table.
    pub id: &'static str,
    pub columns: Vec<Head>,
    pub rows: Vec<Vec<String>>,
}

/// A column's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What programs call the column.
    pub id: &'static str,
    /// What people call it, in the document's language.
    pub title: String,
    pub kind: Kind,
}

/// What a column's cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    /// Yuan with two decimals.
    Money,
    /// YYYY-MM-DD.
    Day,
}

impl Kind {
    /// Whether cells stand at the right, digit under digit.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Number | Self::Money)
    }
}

impl Head {
    pub fn text(id: &'static str, title: &str) -> Self {
        Self { id, title: title.to_owned(), kind: Kind::Text }
    }

    pub fn number(id: &'static str, title: &str) -> Self {
        Self { id, title: title.to_owned(), kind: Kind::Number }
    }

    pub fn money(id: &'static str, title: &str) -> Self {
        Self { id, title: title.to_owned(), kind: Kind::Money }
    }

    pub fn day(id: &'static str, title: &str) -> Self {
        Self { id, title: title.to_owned(), kind: Kind::Day }
    }
}

impl Table {
    pub fn new(id: &'static str, columns: Vec<Head>) -> Self {
        Self { id, columns, rows: Vec::new() }
    }

    pub fn push(&mut self, row: Vec<String>) {
        assert_eq!(row.len(), self.columns.len(), "a cell for every column of {}", self.id);
        self.rows.push(row);
    }
}

impl Document {
    pub fn heading(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Heading(text.into()));
    }

    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    pub fn table(&mut self, table: Table) {
        self.blocks.push(Block::Table(table));
    }
}
