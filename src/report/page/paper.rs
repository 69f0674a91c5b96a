//! A document as a page of its own: statements, dossiers, working papers.

use std::io::{Error, Result};

use minijinja::{Value, context};
use unicode_width::UnicodeWidthStr;

use crate::domain::lang::Lang;
use crate::domain::money::Money;
use crate::report::document::{Block, Document, Kind, Table, sums};

use super::{SHOWN, environment, grouped, words};

/// Entries of a list that are shown before one asks for the rest.
const LISTED: usize = 2;

/// A column is as wide as what stands in it, up to so many Latin letters.
const WIDEST: usize = 30;

/// A column that is left empty is to be written in.
const TO_FILL_IN: usize = 14;

/// A text of no more letters than that, without a blank, is a code: it stands in one line.
const CODE: usize = 24;

/// What heads a page and stands under it.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Paper<'p> {
    pub(in crate::report) title: &'p str,
    /// Where the page that leads here lies; nothing for the first page.
    pub(in crate::report) back: Option<(&'p str, &'p str)>,
    /// What the page rests on, so that a print can be checked.
    pub(in crate::report) rests_on: &'p str,
    pub(in crate::report) lang: Lang,
}

/// The document as HTML that opens without a network.
pub(in crate::report) fn page(paper: Paper<'_>, document: &Document) -> Result<Vec<u8>> {
    let page = environment()?;
    let template = page.get_template("paper.html").map_err(Error::other)?;
    let blocks: Vec<Value> = document.blocks.iter().map(block).collect();
    let text = template
        .render(context! {
            t => words::of(paper.lang),
            lang => paper.lang.pick("zh-CN", "en"),
            css => include_str!("paper.css"),
            js => include_str!("paper.js"),
            version => env!("CARGO_PKG_VERSION"),
            title => paper.title,
            back => paper.back.map(|(to, name)| context! { to, name }),
            rests_on => paper.rests_on,
            blocks,
        })
        .map_err(Error::other)?;
    Ok(text.into_bytes())
}

fn block(block: &Block) -> Value {
    match block {
        Block::Heading(text) => context! { kind => "heading", text },
        Block::Paragraph(text) => context! { kind => "paragraph", text },
        Block::Table(of) => table(of),
        Block::Links(links) => {
            let links: Vec<Value> = links.iter().map(|(to, name)| context! { to, name }).collect();
            context! { kind => "links", links }
        }
        Block::Signatures(who) => context! { kind => "signatures", who },
        Block::Blanks(lines) => context! { kind => "blanks", lines },
        Block::Bars(bars) => {
            let longest = bars.iter().map(|(.., length)| *length).max().unwrap_or(0).max(1);
            let bar = |(name, shown, length): &(String, String, u64)| {
                context! { name, shown, width => (u128::from(*length) * 360 / u128::from(longest)).max(1) }
            };
            context! { kind => "bars", bars => bars.iter().map(bar).collect::<Vec<_>>() }
        }
    }
}

/// The first rows of a table; its sums are those of the rows it prints.
fn table(table: &Table) -> Value {
    let shown = &table.rows[..table.rows.len().min(SHOWN)];
    let widest = |place: usize| shown.iter().map(|row| row[place].width()).max().unwrap_or(0);
    // A Latin letter is somewhat more than half as wide as the letters are high.
    let width = |place: usize| {
        let widest = match widest(place) {
            0 => TO_FILL_IN,
            widest => widest.clamp(4, WIDEST),
        };
        // And what stands around it.
        let tenths = widest * 56 / 10 + 12;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    let heads: Vec<Value> = table
        .columns
        .iter()
        .enumerate()
        .map(|(place, head)| {
            let is_numeric = head.kind.is_numeric();
            // What is told in sentences takes the room that is left.
            let is_long = !is_numeric && widest(place) > 2 * WIDEST;
            context! { title => head.title.clone(), is_numeric, is_long, width => width(place) }
        })
        .collect();
    let money = |cell: &str| cell.parse::<Money>().map_or_else(|_| cell.to_owned(), grouped);
    let cell = |place: usize, cell: &str| {
        let kind = table.columns[place].kind;
        if kind == Kind::List {
            let all: Vec<&str> = cell.split(';').filter(|part| !part.is_empty()).collect();
            let (first, rest) = all.split_at(all.len().min(LISTED));
            return context! { first => first.join("; "), rest => rest.join("; "), more => rest.len() };
        }
        let first = if kind == Kind::Money { money(cell) } else { cell.to_owned() };
        let is_code = cell.len() <= CODE && cell.bytes().all(|byte| byte.is_ascii_graphic());
        context! { first, is_code, is_numeric => kind.is_numeric(), raw => if kind.is_numeric() { cell } else { "" } }
    };
    let rows: Vec<Vec<Value>> = shown
        .iter()
        .map(|row| row.iter().enumerate().map(|(place, text)| cell(place, text)).collect())
        .collect();
    let sums: Vec<Option<String>> =
        sums(&table.columns, shown).into_iter().map(|sum| sum.map(grouped)).collect();
    let is_summed = table.is_summed && shown.len() > 1;
    context! {
        kind => "table",
        id => table.id,
        heads,
        rows,
        sums => is_summed.then_some(sums),
        has_blanks => (0..table.columns.len()).any(|place| shown.iter().all(|row| row[place].is_empty())),
        all => table.rows.len(),
        left_out => table.rows.len() - shown.len(),
        whole_in => table.whole_in.clone(),
    }
}
