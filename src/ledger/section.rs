//! Sections of a table: a line within it, such as 账号：…, from which on its rows are another account's, in another
//! unit or below another header.
//!
//! Rows are never booked on what such a line has ended: either it is understood and they follow it, or none of them is
//! used.

use crate::domain::field::Field;
use crate::domain::money::Unit;

use super::denomination;
use super::format::{Format, Type};
use super::layout::{Layout, Place, Source};
use super::preamble::Preamble;
use super::rows::excerpt;

/// What a line changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Header,
    /// An account, a treasury, a day.
    Constant,
    Unit,
    Currency,
}

/// How the rows of a section are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// For each column of the layout where it comes from, and what its amounts are written in.
    pub sources: Vec<Source>,
    pub units: Vec<Unit>,
    /// Columns whose place a constant of the profile takes, and their cells.
    pub replaced: Vec<(usize, usize)>,
    /// The cell that says a row's currency.
    pub currency: Option<usize>,
    /// What labels said last.
    labels: Vec<(Field, String)>,
    /// Whether anything has said the unit.
    is_unit_said: bool,
    /// Lines that cannot be followed; rows below them cannot be used.
    closed: Vec<(Change, String)>,
    /// A unit other than yuan that is said only below rows that have none.
    pub late_unit: Option<String>,
}

/// A title within a table has few cells.
const TITLE_CELLS_MAX: usize = 8;

impl Section {
    /// The one below the header.
    pub fn first(layout: &Layout<'_>) -> Self {
        Self {
            sources: layout.columns.iter().map(|place| place.source.clone()).collect(),
            units: layout.columns.iter().map(|place| place.unit.unwrap_or_default()).collect(),
            replaced: layout.replaced.clone(),
            currency: layout.currency,
            labels: layout.labels.clone(),
            is_unit_said: layout.columns.iter().any(|place| place.unit.is_some()),
            closed: Vec::new(),
            late_unit: None,
        }
    }

    /// The line below which no row can be used.
    pub fn closed_by(&self) -> Option<&str> {
        self.closed.first().map(|(_, line)| line.as_str())
    }

    /// The section that a line begins, which may be this one again; `None` if the row is no such line.
    pub fn below(&self, cells: &[&str], layout: &Layout<'_>, format: &Format) -> Option<Self> {
        self.below_header(cells, layout, format).or_else(|| self.below_title(cells, layout, format))
    }

    fn below_header(&self, cells: &[&str], layout: &Layout<'_>, format: &Format) -> Option<Self> {
        let mut next = self.clone();
        let mut places = layout.columns.iter().zip(&mut next.sources);
        let is_same = places.all(|(place, source)| match source {
            Source::Constant(_) => true,
            Source::Cell(index) => {
                let mut found = (0..cells.len()).filter(|&at| cells[at] == place.header);
                let at = found.next().filter(|_| found.next().is_none());
                at.map(|at| *index = at).is_some()
            }
        });
        // The names of a header of two rows stand in neither of them.
        if is_same && layout.header_cells.len() == 1 {
            let label = |cell: usize| layout.header_cells[0].get(cell).map_or("", String::as_str);
            let replaced = |header: &str| layout.replaced.iter().any(|&(_, cell)| label(cell) == header);
            let known = |header: &str| {
                layout.columns.iter().any(|place| place.header == header)
                    || layout.unplaced.iter().any(|other| other == header)
                    || replaced(header)
            };
            if cells.iter().all(|header| header.is_empty() || known(header)) {
                next.replaced = (layout.replaced.iter())
                    .filter_map(|&(index, cell)| Some((index, cells.iter().position(|c| *c == label(cell))?)))
                    .collect();
                let label = layout.currency.map(|index| layout.header_cells[0][index].as_str());
                next.currency = label.and_then(|label| cells.iter().position(|header| *header == label));
                next.open(Change::Header);
                return Some(next);
            }
        }
        let filled = cells.iter().filter(|text| !text.is_empty()).count();
        let mut named: Vec<_> =
            cells.iter().filter_map(|text| format.by_header(text)).map(|column| column.field).collect();
        named.sort_unstable();
        named.dedup();
        (named.len() >= 3 && 2 * named.len() >= filled).then(|| {
            let mut next = self.clone();
            next.close(Change::Header, cells);
            next
        })
    }

    fn below_title(&self, cells: &[&str], layout: &Layout<'_>, format: &Format) -> Option<Self> {
        let title = read_title(cells, format)?;
        let mut next = self.clone();
        let mut is_followed = true;
        let foreign = title.foreign.as_ref().or(title.foreign_title.as_ref());
        match (foreign, title.unit()) {
            (Some(_), _) => next.close(Change::Currency, cells),
            (None, Err(_)) => next.close(Change::Unit, cells),
            (None, Ok(Some(unit))) => next.count_in(unit, cells, layout),
            (None, Ok(None)) => is_followed = title.says_yuan,
        }
        if title.says_yuan && foreign.is_none() {
            next.open(Change::Currency);
        }
        for (field, text) in &title.labels {
            let Some(at) = layout.columns.iter().position(|place| place.column.field == *field) else {
                continue;
            };
            let Source::Constant(constant) = &next.sources[at] else { continue };
            is_followed = true;
            let is_same = next.labels.iter().any(|known| known.0 == *field && known.1 == *text);
            let usable = title.fields.iter().find(|(column, ..)| column.field == *field);
            match usable.map(|(.., said)| said) {
                Some(said) if said == constant || !layout.columns[at].is_settled => {
                    next.sources[at] = Source::Constant(said.clone());
                    next.labels.retain(|known| known.0 != *field);
                    next.labels.push((*field, text.clone()));
                    next.open(Change::Constant);
                }
                _ if is_same => next.open(Change::Constant),
                _ => next.close(Change::Constant, cells),
            }
        }
        is_followed.then_some(next)
    }

    /// Amounts are in this unit from here on, where neither header nor profile says which.
    fn count_in(&mut self, unit: Unit, cells: &[&str], layout: &Layout<'_>) {
        let is_open = |place: &Place<'_>| place.column.kind == Type::Money && !place.is_settled;
        if layout.is_unit_profiled {
            let differs = |place: &Place<'_>| {
                place.column.kind == Type::Money && place.unit.unwrap_or_default() != unit
            };
            if layout.columns.iter().any(differs) {
                return self.close(Change::Unit, cells);
            }
        }
        let places = layout.columns.iter().zip(&mut self.units);
        let mut changed = places.filter(|(place, known)| is_open(place) && **known != unit).peekable();
        if changed.peek().is_some() && !self.is_unit_said {
            self.late_unit = Some(shown(cells));
        }
        changed.for_each(|(_, known)| *known = unit);
        self.is_unit_said = true;
        self.open(Change::Unit);
    }

    fn open(&mut self, change: Change) {
        self.closed.retain(|(known, _)| *known != change);
    }

    fn close(&mut self, change: Change, cells: &[&str]) {
        if !self.closed.iter().any(|(known, _)| *known == change) {
            self.closed.push((change, shown(cells)));
        }
    }
}

fn shown(cells: &[&str]) -> String {
    let filled: Vec<&str> = cells.iter().copied().filter(|text| !text.is_empty()).collect();
    excerpt(&filled.join(" "))
}

/// What a line within a table says, if it is a title: one cell, or labels with their values.
fn read_title<'f>(cells: &[&str], format: &'f Format) -> Option<Preamble<'f>> {
    let filled: Vec<&str> = cells.iter().copied().filter(|text| !text.is_empty()).collect();
    let (&first, others) = filled.split_first()?;
    let asks = |kind: Type| matches!(kind, Type::Id | Type::Code | Type::Date);
    let is_alone = format.by_header(first).is_some_and(|column| asks(column.kind))
        || denomination::unit_label(first).is_some()
        || denomination::is_currency_label(first);
    let has_colon = |text: &&str| text.contains([':', '：']);
    let read: Vec<&str> = match others.split_first() {
        None => vec![first],
        Some((&second, rest)) if is_alone || first.ends_with([':', '：']) => {
            [first, second].into_iter().chain(rest.iter().copied().filter(has_colon)).collect()
        }
        Some(_) if has_colon(&first) => filled.iter().copied().filter(has_colon).collect(),
        Some(_) => return None,
    };
    if filled.len() > TITLE_CELLS_MAX {
        return None;
    }
    let mut title = Preamble::default();
    title.read(&read, format);
    (!title.is_empty()).then_some(title)
}
