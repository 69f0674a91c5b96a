//! 核对: what each party says was collected, cell by cell: treasury, organ, level, subject, adjust flag and day.
//!
//! A payment belongs to the cell of its source document, and to the base day of its bank receipt; without a receipt to
//! the day on which the treasury booked it, and without a slip to no cell. A refund is deducted on the day of its order, and
//! a correction of the issuer moves revenue from cell to cell on its own day. What another party posts elsewhere still
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

use super::group::{self, Role};
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

/// Each party's figure, refunds deducted, and what was deducted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub issuer: Money,
    pub bank: Money,
    pub treasury: Money,
    /// Of issuer, bank and treasury.
    pub refunded: [Money; 3],
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

    /// Without what a treasury that never delivered its refunds does not say.
    #[must_use]
    pub fn as_heard(self, facts: &Facts) -> Self {
        if facts.heard.contains(&Ledger::TreasuryRefunds) { self } else { self.without_treasury_refunds() }
    }

    /// As if the treasury had paid what was ordered to be refunded.
    #[must_use]
    pub fn without_treasury_refunds(mut self) -> Self {
        let [issuer, _, treasury] = self.refunded;
        self.treasury += treasury - issuer;
        self.refunded[2] = issuer;
        self
    }

    /// Of issuer, bank and treasury, refunds not deducted.
    pub fn gross(self) -> [Money; 3] {
        let [issuer, bank, treasury] = self.refunded;
        [self.issuer + issuer, self.bank + bank, self.treasury + treasury]
    }

    pub fn add(&mut self, other: Self) {
        self.issuer += other.issuer;
        self.bank += other.bank;
        self.treasury += other.treasury;
        for (sum, refunded) in self.refunded.iter_mut().zip(other.refunded) {
            *sum += refunded;
        }
    }

    #[must_use]
    pub fn negated(self) -> Self {
        Self {
            issuer: -self.issuer,
            bank: -self.bank,
            treasury: -self.treasury,
            refunded: self.refunded.map(|sum| -sum),
        }
    }
}

/// What the cases at hand add up to.
#[derive(Clone, Debug, Default)]
pub struct TieOut {
    pub cells: BTreeMap<CellKey, Figures>,
    /// Cases that do not tie in themselves, by their numbers, with their cells; in order.
    pub deviations: Vec<(CellKey, u32)>,
    /// For each case the day of its own cell; `None` for a case without.
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
                let date = day_on(book, case, &mut base_day);
                part.days.push(date);
                for Share { cell, figures, .. } in shares(book, case, date) {
                    part.cells.entry(cell).or_default().add(figures);
                    if !figures.ties() {
                        part.deviations.push((cell, u32::try_from(place).expect("fewer than 2^32 cases")));
                    }
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

/// What some shares come to by cell.
pub fn added_up(shares: impl ParallelIterator<Item = Share>) -> BTreeMap<CellKey, Figures> {
    let add = |mut cells: BTreeMap<CellKey, Figures>, Share { cell, figures, .. }: Share| {
        cells.entry(cell).or_default().add(figures);
        cells
    };
    let join = |mut cells: BTreeMap<CellKey, Figures>, others: BTreeMap<CellKey, Figures>| {
        for (cell, figures) in others {
            cells.entry(cell).or_default().add(figures);
        }
        cells
    };
    shares.fold(BTreeMap::new, add).reduce(BTreeMap::new, join)
}

/// The day of the cell a case belongs to; `None` without a source document, without a day, or in a year the calendar does
/// not know.
pub fn day(book: &Book, case: Case<'_>, facts: &Facts) -> Option<NaiveDate> {
    day_on(book, case, &mut |received| facts.base_day(received))
}

fn day_on(
    book: &Book,
    case: Case<'_>,
    base_day: &mut impl FnMut(Moment) -> Option<NaiveDate>,
) -> Option<NaiveDate> {
    let group = Group::new(book, case.entries);
    let issuer = group.issuer()?;
    match issuer.ledger().flow() {
        Flow::Refund => group::own_date(issuer),
        Flow::Revenue => {
            // Of several receipts the earliest, whatever their order.
            let receipts = group.entries().filter(|entry| entry.ledger() == Ledger::BankReceipts);
            match receipts.filter_map(|receipt| receipt.moment(Field::ReceivedAt)).min() {
                Some(received) => base_day(received),
                None => group.treasury()?.date(Field::BookedOn),
            }
        }
        Flow::Disbursement | Flow::Correction | Flow::Account => None,
    }
}

/// What a figure in a cell is: gross receipts 收入, refunds 退库, which count against them, or corrections 更正.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    Receipts,
    Refunds,
    Corrections,
}

/// What a case adds to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub component: Component,
    pub cell: CellKey,
    pub figures: Figures,
}

/// What a case adds to which cells, given the day of its own; its corrections move revenue between cells on their days.
pub fn shares(book: &Book, case: Case<'_>, date: Option<NaiveDate>) -> Vec<Share> {
    let group = Group::new(book, case.entries);
    let own = date.zip(group.issuer());
    let component = if group.flow() == Flow::Refund { Component::Refunds } else { Component::Receipts };
    let of_slip =
        |(date, issuer)| Share { component, cell: cell_of_slip(issuer, date), figures: figures(group) };
    let mut shares: Vec<Share> = own.map(of_slip).into_iter().collect();
    let issued = |ledger| matches!(ledger, Ledger::TaxCorrections | Ledger::FinanceCorrections);
    for correction in group.entries().filter(|entry| issued(entry.ledger())) {
        let alike =
            |amount: Money| Figures { issuer: amount, bank: amount, treasury: amount, ..Figures::default() };
        let moved = moves(correction, own).into_iter().flatten();
        shares.extend(moved.map(|(cell, amount)| Share {
            component: Component::Corrections,
            cell,
            figures: alike(amount),
        }));
    }
    shares
}

/// What a correction takes from one cell and puts into another, given the day and the slip of its case; `None` without a
/// day of its own.
pub fn moves(correction: Entry<'_>, of: Option<(NaiveDate, Entry<'_>)>) -> Option<[(CellKey, Money); 2]> {
    let date = group::own_date(correction)?;
    // A correction that does not name the organ leaves the revenue with the slip's.
    let of_slip = of.map_or(Code::default(), |(date, issuer)| cell_of_slip(issuer, date).org);
    let side = |treasury: Field, org: Field, level: Field, subject: Field| CellKey {
        date,
        treasury: correction.code(treasury),
        org: Some(correction.code(org)).filter(|code| *code != Code::default()).unwrap_or(of_slip),
        level: correction.code(level),
        subject: correction.code(subject),
        adjust_flag: Code::default(),
    };
    let old = side(Field::OldTreasury, Field::OldOrg, Field::OldLevel, Field::OldSubject);
    let new = side(Field::NewTreasury, Field::NewOrg, Field::NewLevel, Field::NewSubject);
    Some([
        (old, -correction.money(Field::OldAmount).unwrap_or_default()),
        (new, correction.money(Field::NewAmount).unwrap_or_default()),
    ])
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

/// What each party states for a case; refunds count against revenue.
fn figures(group: Group<'_>) -> Figures {
    let (mut figures, mut has_bank) = (Figures::default(), false);
    for entry in group.entries() {
        let amount = entry.money(Field::Amount).unwrap_or_default();
        match group::role(entry.ledger()) {
            Some(Role::Issuer) => figures.issuer += amount,
            Some(Role::Bank) => {
                figures.bank += amount;
                has_bank = true;
            }
            Some(Role::Treasury) => figures.treasury += amount,
            None => {}
        }
    }
    if group.flow() != Flow::Refund {
        return figures;
    }
    if !has_bank {
        // A collecting bank keeps no book of refunds: where none speaks it deviates from nobody.
        figures.bank = if group.treasury().is_some() { figures.treasury } else { figures.issuer };
    }
    Figures { refunded: [figures.issuer, figures.bank, figures.treasury], ..figures.negated() }
}
