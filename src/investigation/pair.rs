//! Two numbers side by side: whether their rows are one case, and what each strategy made of them.

use crate::domain::entry::EntryId;
use crate::domain::field::Field;
use crate::matching::Limits;
use crate::matching::explain::{Step, explain};
use crate::matching::group::{self, is_joined};

use super::{CaseName, Material, Wanted};

/// What is known of two numbers.
#[derive(Debug)]
pub struct Pair {
    pub names: [String; 2],
    /// The rows that state each.
    pub rows: [Vec<EntryId>; 2],
    /// The cases of both, as the archive has them.
    pub shared: Vec<CaseName>,
    /// Nothing where a side has no row that could be joined.
    pub steps: Vec<Step>,
}

/// Whether a text names a row, as evidence does, and no number.
fn is_row(name: &str) -> bool {
    name.contains('#')
}

/// The rows to look for: a number is a slip's or a voucher's; `file#row` is a row without one.
pub fn wanted(names: &[String; 2]) -> Wanted {
    let mut wanted = Wanted::default();
    for name in names {
        if is_row(name) {
            wanted.rows.insert(name.clone());
        } else {
            wanted.add(&[Field::SlipNo, Field::OriginalSlip, Field::VoucherNo], name);
        }
    }
    wanted
}

/// Follows the two through the strategies that join rows to cases.
pub fn pair(names: [String; 2], material: &Material, limits: Limits) -> Pair {
    let book = &material.book;
    let states = |name: &str, id: EntryId| {
        let row = book.entry(id);
        if is_row(name) {
            row.place() == name
        } else {
            group::number(row) == name || row.text(Field::VoucherNo) == name
        }
    };
    let stands = |id: &EntryId| material.stands(*id) && is_joined(book.entry(*id).ledger());
    let rows = [0, 1].map(|side: usize| -> Vec<EntryId> {
        book.ids().filter(stands).filter(|id| states(&names[side], *id)).collect()
    });
    let cases = |side: &[EntryId]| -> Vec<CaseName> {
        let found = side.iter().map(|id| material.found(*id));
        found.filter_map(|found| Some((found.run, found.is_open, found.case?))).collect()
    };
    let (a, b) = (cases(&rows[0]), cases(&rows[1]));
    let mut shared: Vec<CaseName> = a.into_iter().filter(|case| b.contains(case)).collect();
    shared.sort_unstable();
    shared.dedup();
    let is_empty = rows.iter().any(Vec::is_empty);
    let steps = if is_empty { Vec::new() } else { explain(book, [&rows[0], &rows[1]], limits) };
    Pair { names, rows, shared, steps }
}
