//! What becomes of every entry: it is carried while its payment is open, else it is settled.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::money::Money;
use crate::ledger::intake::{self, Digest, Fate, Intake};
use crate::matching::remittance::Remittances;
use crate::matching::{Case, Group, Matched, group};
use crate::rules::payment;

use super::{OpenItem, Place, recall};

/// Who has not answered for a payment yet. A correction asks nobody for an answer.
fn awaited(group: Group<'_>, remittances: &Remittances) -> Vec<&'static str> {
    let mut awaits = Vec::new();
    if group.flow() == Flow::Correction {
        return awaits;
    }
    if group.issuer().is_none() {
        awaits.push("issuer");
    }
    if group.bank().is_none() && !payment::Payment::of(group).is_taken_back() {
        awaits.push("bank");
    }
    let mut receipts = group.entries().filter(|entry| entry.ledger() == Ledger::BankReceipts);
    if receipts.any(|receipt| remittances.covered(receipt.id()).is_none()) {
        awaits.push("remittance");
    }
    if group.treasury().is_none() {
        awaits.push("treasury");
    }
    awaits
}

/// Whether a payout came back 退回: its budget line is free again, which the row of its voucher alone does not say. So it
/// stays at hand, alone, and until the treasury has the money back in any case.
fn came_back(group: Group<'_>) -> bool {
    group.flow() == Flow::Disbursement && group.entries().any(is_of_return)
}

/// Whether a row says that a payout came back.
pub(super) fn is_of_return(row: Entry<'_>) -> bool {
    row.date(Field::ReturnedOn).is_some()
        || (row.ledger() == Ledger::TreasuryDisbursements
            && row.money(Field::Amount).is_some_and(Money::is_negative))
}

/// The payments of these cases that some party has not answered, the oldest first.
pub(super) fn open_items<'b>(
    book: &Book,
    cases: impl ParallelIterator<Item = Case<'b>>,
    remittances: &Remittances,
    facts: &Facts,
) -> Vec<OpenItem> {
    let item = |case: Case<'_>| {
        let group = Group::new(book, case.entries);
        let awaits = awaited(group, remittances);
        if awaits.is_empty() {
            return None;
        }
        let payment = payment::Payment::of(group);
        let since = group.entries().filter_map(group::own_date).min()?;
        Some(OpenItem {
            key: payment.key(),
            flow: payment.flow,
            awaits,
            amount: payment.entries().find_map(|entry| entry.money(Field::Amount)),
            treasury: payment.stated(Field::Treasury).to_owned(),
            bank: payment.stated(Field::Bank).to_owned(),
            since,
            age_days: facts.calendar.working_lag(since, facts.as_of),
            due_on: group.issuer().and_then(|slip| slip.date(Field::DueOn)),
            evidence: payment.evidence().iter().map(|&id| book.entry(id).place()).collect(),
        })
    };
    let mut items: Vec<OpenItem> = cases.filter_map(item).collect();
    items.par_sort_by(|a, b| (a.since, &a.key, &a.evidence).cmp(&(b.since, &b.key, &b.evidence)));
    items
}

fn latest_day(group: Group<'_>) -> Option<NaiveDate> {
    group.entries().filter_map(group::own_date).max()
}

/// What decides what becomes of the entries.
#[derive(Clone, Copy)]
pub(super) struct Settling<'d> {
    pub(super) book: &'d Book,
    pub(super) matched: &'d Matched,
    /// For each entry the number of its case.
    pub(super) case_of: &'d [Option<u32>],
    pub(super) remittances: &'d Remittances,
    /// For each entry whether something other than an unanswered payment keeps it at hand.
    pub(super) held: &'d [bool],
    pub(super) facts: &'d Facts,
}

fn is_written_off(latest: Option<NaiveDate>, facts: &Facts) -> bool {
    let kept = chrono::Days::new(u64::from(facts.settings.open_items_write_off_days));
    latest.and_then(|day| day.checked_add_days(kept)).is_some_and(|end| end < facts.as_of)
}

impl<'d> Settling<'d> {
    /// For each case whether it stays open.
    pub(super) fn open(self, digests: &[Digest]) -> Vec<bool> {
        let mut open = self.unanswered();
        self.open_tied(digests, &mut open);
        // What is tied to a payout that came back does not wait for it.
        open.par_iter_mut().enumerate().for_each(|(place, open)| {
            let group = self.group(place);
            *open |= came_back(group) && !is_written_off(latest_day(group), self.facts);
        });
        open
    }

    /// Payments that are tied to one that is open stay open too, and so does the slip that an open refund gives back, or
    /// what its taxpayer paid where it names no slip.
    fn open_tied(self, digests: &[Digest], open: &mut [bool]) {
        let mut ties: Vec<(u64, usize)> = Vec::new();
        let mut originals: Vec<(u64, usize)> = Vec::new();
        let mut payers: Vec<(u64, usize)> = Vec::new();
        for id in self.book.ids_of(intake::may_be_tied) {
            let Some(place) = self.case_of[id.0 as usize] else { continue };
            let (entry, place) = (self.book.entry(id), place as usize);
            ties.extend(intake::ties(entry).map(|link| (link, place)));
            originals.extend(intake::original_link(entry).map(|link| (link, place)));
            payers.extend(intake::paid_link(entry).map(|link| (link, place)));
        }
        ties.par_sort_unstable();
        loop {
            let opened = ties
                .par_chunk_by(|a, b| a.0 == b.0)
                .filter(|tied| tied.len() > 1 && tied.iter().any(|&(_, place)| open[place]));
            let more: Vec<usize> =
                opened.flatten_iter().map(|&(_, place)| place).filter(|&place| !open[place]).collect();
            if more.is_empty() {
                break;
            }
            for place in more {
                open[place] = true;
            }
        }
        let needed = |of: Vec<(u64, usize)>| {
            let links = of.into_iter().filter(|&(_, place)| open[place]).map(|(link, _)| link);
            let mut links: Vec<u64> = links.collect();
            links.sort_unstable();
            links
        };
        let (originals, payers) = (needed(originals), needed(payers));
        if originals.is_empty() && payers.is_empty() {
            return;
        }
        let is_original = |id: &EntryId| originals.binary_search(&digests[id.0 as usize].link).is_ok();
        open.par_iter_mut().enumerate().for_each(|(place, open)| {
            let entries = self.matched.case(place).entries;
            *open |= entries.iter().any(is_original);
            if !payers.is_empty() && !*open {
                let links = recall::payer_links(Group::new(self.book, entries));
                *open = links.iter().any(|link| payers.binary_search(link).is_ok());
            }
        });
    }

    fn group(self, place: usize) -> Group<'d> {
        Group::new(self.book, self.matched.case(place).entries)
    }

    fn unanswered(self) -> Vec<bool> {
        (0..self.matched.len())
            .into_par_iter()
            .map(|place| {
                let group = self.group(place);
                let is_held = group.entries().any(|entry| self.held[entry.id().0 as usize]);
                (is_held || !awaited(group, self.remittances).is_empty())
                    && !is_written_off(latest_day(group), self.facts)
            })
            .collect()
    }

    /// What becomes of every entry.
    pub(super) fn places(self, intake: &Intake, digests: &[Digest], open: &[bool]) -> Vec<Place> {
        let Self { book, matched, remittances, held, facts, .. } = self;
        let mut places = vec![Place::Nowhere; book.len()];
        let number = |place: usize| u32::try_from(place).expect("fewer than 2^32 cases");
        let mut carried_links = Vec::new();
        for (place, &open) in open.iter().enumerate() {
            for &id in matched.case(place).entries {
                let case = number(place);
                places[id.0 as usize] = if open { Place::Carried { case } } else { Place::Settled { case } };
                if open {
                    carried_links.push(digests[id.0 as usize].link);
                }
            }
        }
        // A remittance stays while a receipt that took from it does, or while something of it is left to take.
        let mut needed = BTreeSet::new();
        for &(receipt, remittance, _) in &remittances.shares {
            if matches!(places[receipt.0 as usize], Place::Carried { .. }) {
                needed.insert(remittance);
            }
        }
        for (&id, &consumed) in &remittances.consumed {
            let entry = book.entry(id);
            let young = entry.date(Field::RemittedAt).is_some_and(|day| day >= facts.horizon());
            if young && entry.money(Field::Amount).is_some_and(|all| consumed < all) {
                needed.insert(id);
            }
        }
        for (place, batch) in remittances.batches.iter().enumerate() {
            let case = number(matched.len() + place);
            let latest = batch.entries().filter_map(|id| {
                let entry = book.entry(id);
                entry.date(Field::RemittedAt).or(entry.date(Field::ClearedOn))
            });
            let open = batch.remittances.is_empty()
                || batch.clearings.is_empty()
                || batch.entries().any(|id| held[id.0 as usize] || needed.contains(&id));
            let open = open && !is_written_off(latest.max(), facts);
            for id in batch.entries() {
                places[id.0 as usize] = if open { Place::Carried { case } } else { Place::Settled { case } };
                if open {
                    carried_links.push(digests[id.0 as usize].link);
                }
            }
        }
        carried_links.sort_unstable();
        carried_links.dedup();
        // Rows of no case stay under an open finding, or go with those they may speak of again; each is a case of its own.
        let alone = matched.len() + remittances.batches.len();
        for (id, fate) in book.ids().zip(&intake.fates) {
            let index = id.0 as usize;
            let case = number(alone + index);
            let with_open = carried_links.binary_search(&digests[index].link).is_ok();
            match fate {
                Fate::Stands if places[index] == Place::Nowhere => {
                    let open = held[index] && !is_written_off(group::own_date(book.entry(id)), facts);
                    places[index] = if open { Place::Carried { case } } else { Place::Settled { case } };
                }
                Fate::Cancelled | Fate::Reversal | Fate::IdleReversal if with_open => {
                    places[index] = Place::Carried { case }
                }
                Fate::Cancelled | Fate::Reversal | Fate::IdleReversal | Fate::Failed => {
                    places[index] = Place::Settled { case }
                }
                Fate::Stands | Fate::Duplicate | Fate::Superseded => {}
            }
        }
        places
    }
}
