//! A document as a page of its own: statements, dossiers, working papers.

use std::io::{Error, Result};

use minijinja::{Value, context};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

use crate::domain::lang::Lang;
use crate::domain::money::Money;
use crate::report::document::{Block, Document, Drawing, Head, Kind, Node, Table, sums};

use super::{SHOWN, environment, grouped, words};

/// Entries of a list that are shown before one asks for the rest.
const LISTED: usize = 2;

/// A column is as wide as what stands in it, up to so many Latin letters.
const WIDEST: usize = 30;

/// A column that is left empty is to be written in.
const TO_FILL_IN: usize = 14;

/// A text of no more letters than that, without a blank, is a code: it stands in one line.
const CODE: usize = 24;

/// A page that is 1280 dots wide, in tenths of the height of a table's letters.
const ROOM: usize = 845;

/// What is told in sentences takes so much of it in a hundred, where the others leave it.
const LONG: usize = 36;

/// No column is narrower than that for want of room.
const NARROWEST: usize = 56;

/// A word of a head with more letters than that may be broken.
const LONGEST_WORD: usize = 14;

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
        Block::Drawing(of) => drawing(of),
        Block::Bars(bars) => {
            let longest = bars.iter().map(|(.., length)| *length).max().unwrap_or(0).max(1);
            let bar = |(name, shown, length): &(String, String, u64)| {
                context! { name, shown, width => (u128::from(*length) * 360 / u128::from(longest)).max(1) }
            };
            context! { kind => "bars", bars => bars.iter().map(bar).collect::<Vec<_>>() }
        }
    }
}

/// Heights and places of a drawing, in the units of its picture.
const BOX: usize = 34;
const BOX_WIDE: usize = 300;
const RIGHT: usize = 860 - BOX_WIDE;

/// A drawing with the place of every box and line.
fn drawing(of: &Drawing) -> Value {
    let most = of.left.len().max(of.right.len()).max(1);
    let height = most * BOX + 8;
    // The shorter side stands in the middle of the longer.
    let top = |side: &[Node], place: usize| (most - side.len()) * BOX / 2 + place * BOX + 4;
    let heaviest = of.left.iter().chain(&of.right).map(|node| node.weight).max().unwrap_or(0).max(1);
    let wide = |weight: u64| (u128::from(weight) * 14 / u128::from(heaviest)).max(1);
    let boxes = |side: &[Node], x: usize| -> Vec<Value> {
        let one = |(place, node): (usize, &Node)| {
            let (name, note, shown) = (cut(&node.name), cut(&node.note), node.shown.clone());
            context! { x, y => top(side, place), full => node.name.clone(), name, note, shown }
        };
        side.iter().enumerate().map(one).collect()
    };
    let mut lines = Vec::new();
    let centre = height / 2;
    let middle = |side: &[Node], place: usize| top(side, place) + BOX / 2 - 2;
    if of.middle.is_some() {
        let left = of.left.iter().enumerate();
        lines.extend(left.map(|(at, node)| (BOX_WIDE, middle(&of.left, at), 390, centre, wide(node.weight))));
        let right = of.right.iter().enumerate();
        lines.extend(right.map(|(at, node)| (470, centre, RIGHT, middle(&of.right, at), wide(node.weight))));
    } else {
        lines.extend(of.lines.iter().map(|&(from, to, weight)| {
            (BOX_WIDE, middle(&of.left, from), RIGHT, middle(&of.right, to), wide(weight))
        }));
    }
    let lines: Vec<Value> = lines
        .into_iter()
        .map(|(x1, y1, x2, y2, wide)| context! { x1, y1, x2, y2, bend => usize::midpoint(x1, x2), wide })
        .collect();
    let middle = of.middle.as_ref().map(|node| {
        context! { y => centre.saturating_sub(BOX / 2), full => node.name.clone(), name => cut(&node.name), shown => node.shown.clone() }
    });
    let (left, right) = (boxes(&of.left, 0), boxes(&of.right, RIGHT));
    context! { kind => "drawing", height, lines, boxes => [left, right].concat(), middle }
}

/// A text that fits a box; the whole stands behind it for whoever points there.
fn cut(text: &str) -> String {
    let mut wide = 0;
    let fits = |c: &char| {
        wide += c.width().unwrap_or(0);
        wide <= WIDEST
    };
    let shown: String = text.chars().take_while(fits).collect();
    if shown.len() < text.len() { format!("{shown}…") } else { shown }
}

/// How wide a column with so many letters is, in tenths of their height: a Latin letter is somewhat more than half as wide
/// as the letters are high, and there is what stands around it.
fn width(widest: usize) -> usize {
    let letters = if widest == 0 { TO_FILL_IN } else { widest.clamp(4, WIDEST) };
    letters * 56 / 10 + 12
}

/// How wide the longest word of a head is, in bold letters; between Chinese letters a line may break, and in a very long
/// word.
fn word(head: &str) -> usize {
    let words = head.split(|c: char| !c.is_ascii_graphic() || c == '-');
    words.map(str::len).max().unwrap_or(0).min(LONGEST_WORD) * 6 + 14
}

/// How wide a column is if it has the room it asks for, and how narrow it may become.
#[derive(Clone, Copy)]
struct Width {
    natural: usize,
    least: usize,
    /// Whether it holds codes alone, which nobody likes to read in pieces.
    is_code: bool,
}

impl Width {
    fn at_most(self, most: usize) -> usize {
        self.natural.min(most.max(self.least))
    }

    /// Widths that fit a page: where the natural ones do not, the widest that may give way are cut to one width, codes last.
    fn fitted(columns: &[Self]) -> Vec<usize> {
        let at = |words: usize, codes: usize| -> Vec<usize> {
            columns.iter().map(|of| of.at_most(if of.is_code { codes } else { words })).collect()
        };
        let (widest, narrow) = (width(WIDEST), NARROWEST);
        let words = (narrow..=widest).rev().map(|words| (words, widest));
        let codes = (narrow..=widest).rev().map(|codes| (narrow, codes));
        let mut widths = words.chain(codes).map(|(words, codes)| at(words, codes));
        widths.find(|widths| widths.iter().sum::<usize>() <= ROOM).unwrap_or_else(|| at(narrow, narrow))
    }
}

/// Whether a cell is a code, which stands in one line where there is room.
fn is_code(cell: &str) -> bool {
    cell.len() <= CODE && cell.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A cell as a page shows it; a number with decimals reads like money.
fn printed(kind: Kind, cell: &str) -> String {
    let is_exact = kind == Kind::Money || (kind == Kind::Number && cell.contains('.'));
    let exact = cell.parse::<Money>().ok().filter(|_| is_exact);
    exact.map_or_else(|| cell.to_owned(), grouped)
}

/// The first rows of a table; its sums are those of the rows it prints.
fn table(table: &Table) -> Value {
    let shown = &table.rows[..table.rows.len().min(SHOWN)];
    let sums: Vec<Option<String>> =
        sums(&table.columns, shown).into_iter().map(|sum| sum.map(grouped)).collect();
    let is_summed = table.is_summed && shown.len() > 1;
    let widest = |place: usize| {
        let kind = table.columns[place].kind;
        let cells = shown.iter().map(|row| printed(kind, &row[place]).width());
        let sum = sums[place].as_ref().filter(|_| is_summed).map(|sum| sum.width());
        cells.chain(sum).max().unwrap_or(0)
    };
    let widest: Vec<usize> = (0..table.columns.len()).map(widest).collect();
    let is_long = |place: usize| !table.columns[place].kind.is_numeric() && widest[place] > 2 * WIDEST;
    let of = |(place, head): (usize, &Head)| {
        let natural = width(widest[place]).max(word(&head.title));
        // Numbers and days stand in one line, and what is told in sentences needs its room.
        let is_one_line = head.kind.is_numeric() || head.kind == Kind::Day;
        let stays = widest[place] > 0 && (is_one_line || is_long(place));
        let is_code = widest[place] > 0 && shown.iter().all(|row| is_code(&row[place]));
        Width { natural, least: if stays { natural } else { word(&head.title) }, is_code }
    };
    let natural: Vec<Width> = table.columns.iter().enumerate().map(of).collect();
    let widths = Width::fitted(&natural);
    let heads: Vec<Value> = table
        .columns
        .iter()
        .enumerate()
        .map(|(place, head)| {
            let width = format!("{}.{}", widths[place] / 10, widths[place] % 10);
            let is_numeric = head.kind.is_numeric();
            let others = widths.iter().sum::<usize>() - widths[place];
            let is_long = is_long(place) && others * 100 <= ROOM * (100 - LONG);
            context! { title => head.title.clone(), is_numeric, is_long, width }
        })
        .collect();
    let cell = |place: usize, cell: &str| {
        let kind = table.columns[place].kind;
        if kind == Kind::List {
            let all: Vec<&str> = cell.split(';').filter(|part| !part.is_empty()).collect();
            let (first, rest) = all.split_at(all.len().min(LISTED));
            return context! { first => first.join("; "), rest => rest.join("; "), more => rest.len() };
        }
        let first = printed(kind, cell);
        let has_room = widths[place] == natural[place].natural;
        let is_code = has_room && is_code(cell);
        context! { first, is_code, is_numeric => kind.is_numeric(), raw => if kind.is_numeric() { cell } else { "" } }
    };
    let rows: Vec<Vec<Value>> = shown
        .iter()
        .map(|row| row.iter().enumerate().map(|(place, text)| cell(place, text)).collect())
        .collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_give_way_last() {
        let words = Width { natural: 180, least: 40, is_code: false };
        let code = Width { natural: 113, least: 40, is_code: true };
        let number = Width { natural: 79, least: 79, is_code: false };
        assert_eq!(Width::fitted(&[words, code, number]), [180, 113, 79]);
        assert_eq!(
            Width::fitted(&[words, words, words, code, code, number, number, number]),
            [127, 127, 127, 113, 113, 79, 79, 79]
        );
    }
}
