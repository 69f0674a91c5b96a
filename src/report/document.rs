//! A document: headings, sentences and tables, with no format in it.

use std::borrow::Cow;

use crate::domain::money::Money;

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
    /// Other documents of the same folder: where each lies, and what it is called.
    Links(Vec<(String, String)>),
    /// 签章栏: who signs, each with a place for name, seal and day.
    Signatures(Vec<String>),
    /// Lines to be filled in by hand.
    Blanks(Vec<String>),
    /// Names with their lengths, and how each is shown.
    Bars(Vec<(String, String, u64)>),
    Drawing(Drawing),
}

/// Boxes on two sides, what is between them, and lines as wide as they weigh.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    pub left: Vec<Node>,
    /// Every line goes through it, if it is there.
    pub middle: Option<Node>,
    pub right: Vec<Node>,
    /// Without a middle: from which box on the left to which on the right, and how heavy.
    pub lines: Vec<(usize, usize, u64)>,
}

/// A box of a drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub note: String,
    pub shown: String,
    pub weight: u64,
}

impl Drawing {
    /// What it draws, a line each: `from → to: how much`.
    pub fn spelt(&self) -> Vec<String> {
        let called = |node: &Node| format!("{} {}", node.name, node.note).trim_end().to_owned();
        let Some(middle) = &self.middle else {
            let line = |&(from, to, _): &(usize, usize, u64)| {
                let (from, to) = (&self.left[from], &self.right[to]);
                format!("{} → {}: {}", called(from), called(to), to.shown)
            };
            return self.lines.iter().map(line).collect();
        };
        let left = self.left.iter().map(|node| format!("{} → {}: {}", called(node), middle.name, node.shown));
        let right =
            self.right.iter().map(|node| format!("{} → {}: {}", middle.name, called(node), node.shown));
        left.chain(right).collect()
    }
}

/// A table. Invariant: every row has as many cells as there are columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What programs call the table.
    pub id: &'static str,
    pub columns: Vec<Head>,
    pub rows: Vec<Vec<String>>,
    /// Whether a page adds up the money it prints.
    pub is_summed: bool,
    /// The file beside the document that has every row, where the document may print fewer.
    pub whole_in: Option<String>,
}

/// A column's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What programs call the column.
    pub id: Cow<'static, str>,
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
    /// Several, with `;` between.
    List,
}

impl Kind {
    /// Whether cells stand at the right, digit under digit.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Number | Self::Money)
    }
}

impl Head {
    pub fn text(id: impl Into<Cow<'static, str>>, title: &str) -> Self {
        Self { id: id.into(), title: title.to_owned(), kind: Kind::Text }
    }

    pub fn number(id: impl Into<Cow<'static, str>>, title: &str) -> Self {
        Self { id: id.into(), title: title.to_owned(), kind: Kind::Number }
    }

    pub fn money(id: impl Into<Cow<'static, str>>, title: &str) -> Self {
        Self { id: id.into(), title: title.to_owned(), kind: Kind::Money }
    }

    pub fn day(id: impl Into<Cow<'static, str>>, title: &str) -> Self {
        Self { id: id.into(), title: title.to_owned(), kind: Kind::Day }
    }

    pub fn list(id: impl Into<Cow<'static, str>>, title: &str) -> Self {
        Self { id: id.into(), title: title.to_owned(), kind: Kind::List }
    }
}

impl Table {
    pub fn new(id: &'static str, columns: Vec<Head>) -> Self {
        Self { id, columns, rows: Vec::new(), is_summed: false, whole_in: None }
    }

    /// The same without some of its columns.
    #[must_use]
    pub fn without(mut self, ids: &[&str]) -> Self {
        let keep: Vec<bool> = self.columns.iter().map(|column| !ids.contains(&column.id.as_ref())).collect();
        let mut kept = keep.iter();
        self.columns.retain(|_| *kept.next().expect("as many"));
        for row in &mut self.rows {
            let mut kept = keep.iter();
            row.retain(|_| *kept.next().expect("as many"));
        }
        self
    }

    /// The same without those of some columns in which no row says anything.
    #[must_use]
    pub fn without_blank(self, ids: &[&'static str]) -> Self {
        let is_blank = |id: &str| {
            let place = self.columns.iter().position(|column| column.id == id);
            place.is_some_and(|place| self.rows.iter().all(|row| row[place].is_empty()))
        };
        let blank: Vec<&str> = ids.iter().copied().filter(|id| is_blank(id)).collect();
        self.without(&blank)
    }

    /// The same, its rows numbered from one.
    #[must_use]
    pub fn numbered(mut self, title: &str) -> Self {
        self.columns.insert(0, Head::number("no", title));
        for (number, row) in (1..).zip(&mut self.rows) {
            row.insert(0, i32::to_string(&number));
        }
        self
    }

    /// The same, its money added up where it is printed.
    #[must_use]
    pub fn summed(self) -> Self {
        Self { is_summed: true, ..self }
    }

    /// The same, all of its rows standing in a file beside the document.
    #[must_use]
    pub fn whole_in(self, file: &str) -> Self {
        Self { whole_in: Some(file.to_owned()), ..self }
    }

    pub fn push(&mut self, row: Vec<String>) {
        assert_eq!(row.len(), self.columns.len(), "a cell for every column of {}", self.id);
        self.rows.push(row);
    }
}

/// What the money of each column comes to over the rows; nothing of other columns.
pub fn sums(columns: &[Head], rows: &[Vec<String>]) -> Vec<Option<Money>> {
    let sum =
        |place: usize| -> Money { rows.iter().filter_map(|row| row[place].parse::<Money>().ok()).sum() };
    let columns = columns.iter().enumerate();
    columns.map(|(place, column)| (column.kind == Kind::Money).then(|| sum(place))).collect()
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

    pub fn links(&mut self, links: Vec<(String, String)>) {
        self.blocks.push(Block::Links(links));
    }

    pub fn signatures(&mut self, who: Vec<String>) {
        self.blocks.push(Block::Signatures(who));
    }

    pub fn blanks(&mut self, lines: Vec<String>) {
        self.blocks.push(Block::Blanks(lines));
    }

    pub fn bars(&mut self, bars: Vec<(String, String, u64)>) {
        self.blocks.push(Block::Bars(bars));
    }

    /// The tables in it, in order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }
}
