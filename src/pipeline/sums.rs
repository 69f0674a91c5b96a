//! Sums that outlive their rows: the tie-out and what was remitted, cell by cell.
//!
//! A sum is what settled rows left there plus what the rows at hand say. When rows settle their share stays; when rows
//! are carried it is taken out again, since the next run adds it anew.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use rayon::prelude::*;

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::domain::table::Code;
use crate::matching::Case;
use crate::matching::remittance::{self, How, Remittances};
use crate::matching::tie_out::{self, Figures, TieOut};

use super::Layers;

/// The sums of a book as of a day.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) cells: BTreeMap<tie_out::CellName, Figures>,
    pub(super) remitted: BTreeMap<remittance::CellName, remittance::Cell>,
    /// Cells before the horizon that were handed on, since they differed: of no others is all known.
    kept: BTreeSet<tie_out::CellName>,
    kept_remitted: BTreeSet<remittance::CellName>,
}

impl Sums {
    /// What settled rows left, as it was handed on.
    pub(super) fn of(
        cells: BTreeMap<tie_out::CellName, Figures>,
        remitted: BTreeMap<remittance::CellName, remittance::Cell>,
        facts: &Facts,
    ) -> Self {
        let horizon = facts.horizon();
        let kept = cells.keys().filter(|name| name.date < horizon).cloned().collect();
        let kept_remitted = remitted.keys().filter(|name| name.date < horizon).cloned().collect();
        Self { cells, remitted, kept, kept_remitted }
    }

    /// Adds what the rows at hand say. What lies too far back to be known whole is left out.
    pub(super) fn add(&mut self, book: &Book, tied: &TieOut, remittances: &Remittances, facts: &Facts) {
        for (key, figures) in &tied.cells {
            self.cells.entry(key.name(book)).or_default().add(*figures);
        }
        for (&key, cell) in &remittances.cells {
            let sum = self.remitted.entry(cell_name(book, key)).or_default();
            sum.remitted += cell.remitted;
            sum.received += cell.received;
        }
        let Self { cells, remitted, kept, kept_remitted } = self;
        let horizon = facts.horizon();
        cells.retain(|name, _| name.date >= horizon || kept.contains(name));
        remitted.retain(|name, _| name.date >= horizon || kept_remitted.contains(name));
    }

    /// What receipts of a cell say was remitted to it beyond what was.
    pub(super) fn owed(&self, book: &Book, cell: remittance::CellKey) -> Money {
        self.remitted.get(&cell_name(book, cell)).map_or(Money::ZERO, |cell| cell.received - cell.remitted)
    }

    /// Takes out what carried rows say, and what lies far back and ties. What differs is kept until it is written off, even
    /// where settled rows left nothing there.
    pub(super) fn leave(
        &mut self,
        book: &Book,
        layers: &Layers,
        facts: &Facts,
        is_carried: impl Fn(EntryId) -> bool + Sync,
    ) {
        let Layers { receipts, matched, remittances, tied, .. } = layers;
        let write_off = Days::new(u64::from(facts.settings.open_items_write_off_days));
        let first = facts.as_of.checked_sub_days(write_off).unwrap_or(NaiveDate::MIN);
        let is_judged = |date: NaiveDate| (first..=facts.as_of).contains(&date);
        let differs = |figures: &Figures| !figures.ties() || !figures.as_heard(facts).ties();
        let differing: BTreeSet<tie_out::CellName> = self
            .cells
            .iter()
            .filter(|(name, figures)| is_judged(name.date) && differs(figures))
            .map(|(name, _)| name.clone())
            .collect();
        let unbalanced: BTreeSet<remittance::CellName> = self
            .remitted
            .iter()
            .filter(|(name, cell)| is_judged(name.date) && cell.remitted != cell.received)
            .map(|(name, _)| name.clone())
            .collect();
        let carried = |place: &usize| is_carried(matched.case(*place).entries[0]);
        let shares = (0..matched.len())
            .into_par_iter()
            .filter(carried)
            .flat_map_iter(|place| tie_out::shares(book, matched.case(place), tied.days[place]));
        for (cell, figures) in tie_out::added_up(shares) {
            self.cells.entry(cell.name(book)).or_default().add(figures.negated());
        }
        for id in receipts.iter().copied().filter(|&id| is_carried(id)) {
            let entry = book.entry(id);
            if let Some(covered) = remittances.covered(id).filter(|covered| covered.how != How::Fifo) {
                let key = (entry.code(Field::Bank), remittances.treasury(entry), covered.on);
                let amount = entry.money(Field::Amount).unwrap_or_default();
                self.remitted.entry(cell_name(book, key)).or_default().received -= amount;
            }
        }
        for &(receipt, remittance, share) in &remittances.shares {
            if !is_carried(receipt) || remittances.claimed.contains(&remittance) {
                continue;
            }
            self.remitted.entry(remittance_cell(book.entry(remittance))).or_default().received -= share;
        }
        for &id in remittances.consumed.keys().filter(|id| is_carried(**id)) {
            let entry = book.entry(id);
            let amount = entry.money(Field::Amount).unwrap_or_default();
            self.remitted.entry(remittance_cell(entry)).or_default().remitted -= amount;
        }
        let horizon = facts.horizon();
        self.cells.retain(|name, figures| {
            differing.contains(name) || (name.date >= horizon && *figures != Figures::default())
        });
        self.remitted.retain(|name, cell| {
            unbalanced.contains(name) || (name.date >= horizon && *cell != remittance::Cell::default())
        });
    }

    /// Takes out of the cells what a case says, given the day of its own.
    pub(super) fn take_out(&mut self, book: &Book, case: Case<'_>, date: Option<NaiveDate>) {
        for tie_out::Share { cell, figures, .. } in tie_out::shares(book, case, date) {
            self.cells.entry(cell.name(book)).or_default().add(figures.negated());
        }
    }

    /// The cells of the day, and earlier ones that still differ.
    pub(super) fn told(&self, facts: &Facts) -> Vec<(tie_out::CellName, Figures)> {
        let mut told: Vec<(tie_out::CellName, Figures)> = Vec::new();
        for (name, figures) in &self.cells {
            let figures = figures.as_heard(facts);
            let is_told = name.date == facts.as_of || (name.date < facts.as_of && !figures.ties());
            if is_told {
                told.push((name.clone(), figures));
            }
        }
        told
    }
}

pub(super) fn cell_name(book: &Book, (bank, treasury, date): remittance::CellKey) -> remittance::CellName {
    let text = |code: Code| book.dictionary().text(code).to_owned();
    remittance::CellName { bank: text(bank), treasury: text(treasury), date }
}

pub(super) fn remittance_cell(remittance: Entry<'_>) -> remittance::CellName {
    remittance::CellName {
        bank: remittance.text(Field::Bank).to_owned(),
        treasury: remittance.text(Field::Treasury).to_owned(),
        date: remittance.date(Field::RemittedAt).expect("a required column"),
    }
}
