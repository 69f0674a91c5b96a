//! 核对: what each party says was collected, cell by cell: treasury, organ, level, subject, adjust flag and day.
//!
//! A payment belongs to the cell of its source document, and to the base day of its bank receipt; without a receipt to
//! the day on which the treasury booked it, and without a slip to no cell. What another party posts elsewhere still
//! counts here: sums tell money that is missing or too much, and the rules of single payments tell mis-postings.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::domain::entry::{Book, Entry};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::moment::Moment;
use crate::domain::money::Money;
use crate::domain::table::Code;

use super::group::Role;
use super::{Case, Group, Matched};

/// Treasury, organ, level, subject and adjust flag of the source document, and the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    pub date: NaiveDate,
    pub treasury: Code,
    pub org: Code,
    pub level: Code,
    pub subject: Code,
    pub adjust_flag: Code,
}

/// A cell by its codes' texts, as it is handed from run to run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellName {
    pub date: NaiveDate,
    pub treasury: String,
    pub org: String,
    pub level: String,
    pub subject: String,
    pub adjust_flag: String,
}

impl CellKey {
    pub fn name(&self, book: &Book) -> CellName {
        let text = |code: Code| book.dictionary().text(code).to_owned();
        CellName {
            date: self.date,
            treasury: text(self.treasury),
            org: text(self.org),
            level: text(self.level),
            subject: text(self.subject),
            // A slip that says nothing is of the current year.
            adjust_flag: if self.adjust_flag == Code::default() {
                "0".to_owned()
            } else {
                text(self.adjust_flag)
            },
        }
    }
}

/// Each party's figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub issuer: Money,
    pub bank: Money,
    pub treasury: Money,
}

impl Figures {
    pub fn ties(self) -> bool {
        self.issuer == self.bank && self.bank == self.treasury
    }

    /// The deviating figure minus the others: the party's that stands alone, else treasury minus issuer.
    pub fn difference(self) -> Money {
        if self.treasury == self.issuer {
            self.bank - self.issuer
        } else if self.bank == self.treasury {
            self.issuer - self.bank
        } else {
            self.treasury - self.issuer
        }
    }

    pub fn add(&mut self, other: Self) {
        self.issuer += other.issuer;
        self.bank += other.bank;
        self.treasury += other.treasury;
    }

    #[must_use]
    pub fn negated(self) -> Self {
        Self { issuer: -self.issuer, bank: -self.bank, treasury: -self.treasury }
    }
}

/// What the cases at hand add up to.
#[derive(Clone, Debug, Default)]
pub struct TieOut {
    pub cells: BTreeMap<CellKey, Figures>,
    /// Cases that do not tie in themselves, by their numbers, with their cells; in order.
    pub deviations: Vec<(CellKey, u32)>,
    /// For each case the day of its cell; `None` for a case without cell.
    pub days: Vec<Option<NaiveDate>>,
}

/// The sums, the deviations and the days of some cases.
#[derive(Default)]
struct Part {
    cells: FxHashMap<CellKey, Figures>,
    deviations: Vec<(CellKey, u32)>,
    days: Vec<Option<NaiveDate>>,
}

/// Adds up the cases.
pub fn tie_out(book: &Book, matched: &Matched, facts: &Facts) -> TieOut {
    const PIECE: usize = 1 << 14;
    let parts: Vec<Part> = (0..matched.len().div_ceil(PIECE))
        .into_par_iter()
        .map(|piece| {
            let mut part = Part::default();
            // Days repeat; the calendar is asked once for each.
            let mut days: FxHashMap<(NaiveDate, bool), Option<NaiveDate>> = FxHashMap::default();
            let mut base_day = |received: Moment| {
                let evening = received.after(facts.settings.remit_cutoff);
                *days.entry((received.date, evening)).or_insert_with(|| facts.base_day(received))
            };
            for place in piece * PIECE..((piece + 1) * PIECE).min(matched.len()) {
                let case = matched.case(place);
                let key = cell_on(book, case, &mut base_day);
                part.days.push(key.map(|key| key.date));
                let Some(key) = key else { continue };
                let figures = figures(book, case);
                part.cells.entry(key).or_default().add(figures);
                if !figures.ties() {
                    part.deviations.push((key, u32::try_from(place).expect("fewer than 2^32 cases")));
                }
            }
            part
        })
        .collect();
    let mut sum = TieOut::default();
    for part in parts {
        #[expect(clippy::iter_over_hash_type, reason = "exact sums have no order")]
        for (key, figures) in part.cells {
            sum.cells.entry(key).or_default().add(figures);
        }
        sum.deviations.extend(part.deviations);
        sum.days.extend(part.days);
    }
    sum.deviations.sort_unstable();
    sum
}

/// The cell a case belongs to; `None` without a slip, without a day, or in a year the calendar does not know.
pub fn cell(book: &Book, case: Case<'_>, facts: &Facts) -> Option<CellKey> {
    cell_on(book, case, &mut |received| facts.base_day(received))
}

fn cell_on(
    book: &Book,
    case: Case<'_>,
    base_day: &mut impl FnMut(Moment) -> Option<NaiveDate>,
) -> Option<CellKey> {
    let group = Group::new(book, case.entries);
    let slip = group.issuer().filter(|slip| slip.ledger().flow() == Flow::Revenue)?;
    // Of several receipts the earliest, whatever their order.
    let receipts = group.entries().filter(|entry| entry.ledger() == Ledger::BankReceipts);
    let date = match receipts.filter_map(|receipt| receipt.moment(Field::ReceivedAt)).min() {
        Some(received) => base_day(received)?,
        None => group.treasury()?.date(Field::BookedOn)?,
    };
    Some(cell_of_slip(slip, date))
}

/// The cell of a source document, on a day.
pub fn cell_of_slip(slip: Entry<'_>, date: NaiveDate) -> CellKey {
    let organ = [Field::TaxOrg, Field::Collector].map(|field| slip.code(field));
    CellKey {
        date,
        treasury: slip.code(Field::Treasury),
        org: if organ[0] == Code::default() { organ[1] } else { organ[0] },
        level: slip.code(Field::Level),
        subject: slip.code(Field::Subject),
        adjust_flag: slip.code(Field::AdjustFlag),
    }
}

/// What each party states for a case.
pub fn figures(book: &Book, case: Case<'_>) -> Figures {
    let mut figures = Figures::default();
    for entry in Group::new(book, case.entries).entries() {
        let amount = entry.money(Field::Amount).unwrap_or_default();
        match super::group::role(entry.ledger()) {
            Some(Role::Issuer) => figures.issuer += amount,
            Some(Role::Bank) => figures.bank += amount,
            Some(Role::Treasury) => figures.treasury += amount,
            None => {}
        }
    }
    figures
}
