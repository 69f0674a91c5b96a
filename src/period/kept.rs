//! What an archive keeps of a run, as far as a period asks for it.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::entry::{Book, EntryId};
use crate::domain::field::Field;
use crate::ledger::intake::Fate;
use crate::matching::remittance::How;
use crate::pipeline::{Outcome, Place};

/// The columns that periods look at.
pub const FIELDS: &[Field] = &[
    Field::SlipNo,
    Field::VoucherNo,
    Field::OriginalSlip,
    Field::TaxOrg,
    Field::Collector,
    Field::Unit,
    Field::Treasury,
    Field::TaxpayerId,
    Field::PayerAccount,
    Field::Bank,
    Field::Subject,
    Field::Level,
    Field::AdjustFlag,
    Field::PayMode,
    Field::Amount,
    Field::Method,
    Field::BilledOn,
    Field::DueOn,
    Field::ReceivedAt,
    Field::RemittedAt,
    Field::BookedOn,
    Field::IssuedOn,
    Field::CreditedOn,
    Field::VoucherDate,
    Field::PaidOn,
    Field::ReturnedOn,
    Field::DocRef,
    Field::OldTreasury,
    Field::OldOrg,
    Field::OldLevel,
    Field::OldSubject,
    Field::OldAmount,
    Field::NewTreasury,
    Field::NewOrg,
    Field::NewLevel,
    Field::NewSubject,
    Field::NewAmount,
    Field::Reason,
    Field::ApprovalRef,
    Field::CorrectedOn,
    Field::Account,
    Field::Date,
    Field::Opening,
    Field::Income,
    Field::Outlay,
    Field::Closing,
];

/// What is kept of a row besides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptRow {
    /// The number of its case, among those of the same run that are open, or that are settled.
    pub case: u32,
    /// Whether its case goes to the next run.
    pub is_open: bool,
    /// The day of its case's cell in the tie-out.
    pub cell_on: Option<NaiveDate>,
    /// Of a receipt: the day its money went on.
    pub covered_on: Option<NaiveDate>,
}

/// The rows of a run that stood when it ended: those it settled, and those it handed on.
#[derive(Debug)]
pub struct Kept {
    pub run: NaiveDate,
    pub book: Book,
    /// For each entry of the book.
    pub rows: Vec<KeptRow>,
}

impl Kept {
    /// What a run leaves.
    pub fn of(outcome: &Outcome) -> Self {
        let (mut ids, mut rows) = (Vec::new(), Vec::new());
        for id in outcome.book.ids() {
            let (case, is_open) = match outcome.places[id.0 as usize] {
                Place::Carried { case } => (case, true),
                Place::Settled { case } => (case, false),
                Place::Nowhere => continue,
            };
            if outcome.intake.fates[id.0 as usize] != Fate::Stands {
                continue;
            }
            let covered = outcome.remittances.covered(id);
            ids.push(id);
            rows.push(KeptRow {
                case,
                is_open,
                cell_on: outcome.cell_days.get(case as usize).copied().flatten(),
                covered_on: covered.filter(|of| !is_open || of.how == How::Batch).map(|of| of.on),
            });
        }
        Self { run: outcome.facts.as_of, book: Book::assemble(outcome.book.extract(&ids)), rows }
    }

    /// Leaves out the cases that a later run took back: that one has them whole.
    #[must_use]
    pub fn without(self, recalled: &BTreeSet<u32>) -> Self {
        let stays = |row: &KeptRow| row.is_open || !recalled.contains(&row.case);
        if self.rows.iter().all(stays) {
            return self;
        }
        let ids: Vec<EntryId> = self.book.ids().filter(|id| stays(&self.row(*id))).collect();
        let book = Book::assemble(self.book.extract(&ids));
        Self { run: self.run, book, rows: ids.into_iter().map(|id| self.row(id)).collect() }
    }

    /// The entries of each case, in the order of cases: the settled ones, then the open ones where they are wanted.
    pub(super) fn cases(&self, with_open: bool) -> Vec<Vec<EntryId>> {
        let mut ids: Vec<EntryId> =
            self.book.ids().filter(|id| with_open || !self.row(*id).is_open).collect();
        let key = |id: EntryId| (self.row(id).is_open, self.row(id).case);
        ids.sort_by_key(|&id| (key(id), id));
        ids.chunk_by(|&a, &b| key(a) == key(b)).map(<[EntryId]>::to_vec).collect()
    }

    pub(super) fn row(&self, id: EntryId) -> KeptRow {
        self.rows[id.0 as usize]
    }
}
