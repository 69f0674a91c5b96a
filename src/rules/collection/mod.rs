//! Collection and remittance: what the collecting bank does with the money (`rules.md` 5.A).

pub mod cash_tax_refusal;
pub mod clearing_mismatch;
pub mod collector_paid_refund;
pub mod debits;
pub mod invalid_slip_accepted;
pub mod next_day_remittance;
pub mod payer_fee_charged;
pub mod pending_tax_aging;
pub mod remittance_delay;
pub mod remittance_mismatch;
pub mod remittance_withholding;
pub mod revenue_diversion;
pub mod slip_field_invalid;
pub mod slip_incomplete;
pub mod stale_pending_balance;
pub mod tax_entry_late;
pub mod voucher_holding;
pub mod wrong_collection_subject;
pub mod year_end_settlement;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, NaiveDate};
use rayon::prelude::*;

use crate::domain::entry::{Book, Change, Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::moment::Moment;
use crate::domain::money::Money;
use crate::domain::table::Code;
use crate::matching::remittance::{Batch, Remittances};

use super::Day;
use super::finding::Sentence;
use super::law::{self, Basis};

/// Nobody delays or withholds revenue on its way into the treasury.
const NO_DELAY: &[Basis] = &[
    law::article(&law::BUDGET_RULES, 65),
    law::item(&law::BUDGET_RULES, 93, 5),
    law::named(&law::AGENCY_ORDER),
    law::PLAN,
];
/// What a bank that withholds fiscal money faces.
const NO_WITHHOLDING: &[Basis] = &[
    law::article(&law::BANK_PENALTIES, 22),
    law::article(&law::BUDGET_RULES, 65),
    law::item(&law::BUDGET_RULES, 93, 5),
    law::PLAN,
];
/// Collected money goes through the mandated account alone.
const MANDATED: &[Basis] = &[law::named(&law::AGENCY_ORDER), law::PLAN];
/// Revenue is collected by the prescribed deadline, taxes and others.
const IN_TIME: &[Basis] = &[law::article(&law::TAX_LAW, 32), law::article(&law::BUDGET_RULES, 56), law::PLAN];

/// Whether a row came today in place of one that was told of before.
fn is_changed(changes: &[Change], row: &Entry<'_>) -> bool {
    changes.binary_search_by_key(&row.id(), |change| change.new).is_ok()
}

/// A receipt whose money was or is on its way for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late {
    pub receipt: EntryId,
    /// 基准日
    pub base: NaiveDate,
    /// The last day in time.
    pub due: NaiveDate,
    /// The day it was remitted; `None` while the bank still holds it.
    pub remitted: Option<NaiveDate>,
}

/// What a bank remitted on the working day after the base day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NextDay {
    pub amount: Money,
    pub receipts: Vec<EntryId>,
}

/// How late the money of every receipt is.
#[derive(Clone, Debug, Default)]
pub struct Lateness {
    /// In order of the receipts.
    pub late: Vec<Late>,
    /// By bank and day of remittance.
    pub next_day: BTreeMap<(Code, NaiveDate), NextDay>,
    /// Years that a deadline needed and the calendar does not know, with the receipts that needed them.
    pub unknown_years: BTreeMap<i32, Vec<EntryId>>,
}

/// What becomes of a receipt's money, given the day that covers it.
enum Fate {
    InTime,
    NextDay,
    Late(Late),
    Unknown(i32),
}

/// Looks at every receipt, in ascending order.
pub fn lateness(book: &Book, receipts: &[EntryId], remittances: &Remittances, facts: &Facts) -> Lateness {
    let fates: Vec<(EntryId, Fate)> = receipts
        .par_iter()
        .map_init(HashMap::new, |deadlines: &mut HashMap<(NaiveDate, bool), Result<Deadline, i32>>, &id| {
            let received = book.entry(id).moment(Field::ReceivedAt).expect("a required column");
            let evening = received.after(facts.settings.remit_cutoff);
            let deadline =
                *deadlines.entry((received.date, evening)).or_insert_with(|| Deadline::of(received, facts));
            (id, fate(id, deadline, remittances, facts))
        })
        .filter(|(_, fate)| !matches!(fate, Fate::InTime))
        .collect();
    let mut lateness = Lateness::default();
    for (id, fate) in fates {
        match fate {
            Fate::InTime => {}
            Fate::Late(late) => lateness.late.push(late),
            Fate::Unknown(year) => lateness.unknown_years.entry(year).or_default().push(id),
            Fate::NextDay => {
                let entry = book.entry(id);
                let on = remittances.covered(id).expect("a next-day remittance is a remittance").on;
                let of = lateness.next_day.entry((entry.code(Field::Bank), on)).or_default();
                of.amount += entry.money(Field::Amount).unwrap_or_default();
                of.receipts.push(id);
            }
        }
    }
    lateness
}

/// The base day and the working day after it; or the year the calendar does not know.
#[derive(Clone, Copy)]
struct Deadline {
    base: NaiveDate,
    next: Result<NaiveDate, i32>,
}

impl Deadline {
    /// Or the year that the calendar does not know.
    fn of(received: Moment, facts: &Facts) -> Result<Self, i32> {
        let year = received.date.year();
        let base =
            facts.base_day(received).ok_or(if facts.calendar.knows(year) { year + 1 } else { year })?;
        let next = facts.calendar.next_working(base).ok_or(base.year() + 1);
        Ok(Self { base, next })
    }
}

fn fate(receipt: EntryId, deadline: Result<Deadline, i32>, remittances: &Remittances, facts: &Facts) -> Fate {
    let covered = remittances.covered(receipt).map(|covered| covered.on);
    let Deadline { base, next } = match deadline {
        Ok(deadline) => deadline,
        Err(year) => return Fate::Unknown(year),
    };
    let next = match (covered, next) {
        // What went on the same day needs no next day.
        (Some(on), _) if on <= base => return Fate::InTime,
        (_, Ok(next)) => next,
        (_, Err(year)) => return Fate::Unknown(year),
    };
    match covered {
        Some(on) if on <= next && facts.settings.remit_grace_next_wd => Fate::NextDay,
        Some(on) if on <= next => Fate::Late(Late { receipt, base, due: base, remitted: Some(on) }),
        Some(on) => Fate::Late(Late { receipt, base, due: next, remitted: Some(on) }),
        None if facts.as_of > next => Fate::Late(Late { receipt, base, due: next, remitted: None }),
        None => Fate::InTime,
    }
}

/// Amount-days 积数 of each receipt that was late or is held, up to its remittance or the day that is judged.
pub fn held(book: &Book, lateness: &Lateness, as_of: NaiveDate) -> BTreeMap<EntryId, Money> {
    let held = |late: &Late| {
        let amount = book.entry(late.receipt).money(Field::Amount).unwrap_or_default();
        amount.times_days((late.remitted.unwrap_or(as_of) - late.base).num_days())
    };
    lateness.late.iter().map(|late| (late.receipt, held(late))).collect()
}

/// Amount-days 积数: the amount times the calendar days from the base day on, as a sentence.
fn amount_days(amount: Money, base: NaiveDate, until: NaiveDate) -> Sentence {
    let days = (until - base).num_days();
    let product = amount.times_days(days);
    Sentence {
        zh: format!("占用 {days} 个日历日，积数 {product} 元·日"),
        en: format!("held {days} calendar days, {product} yuan-days"),
    }
}

/// The rows of a receipt's payment, its remittance and its clearing: the way of the money.
fn timeline(day: &Day<'_>, receipt: EntryId) -> Vec<EntryId> {
    let mut rows = day.payment_of(receipt).evidence();
    let entry = day.book.entry(receipt);
    let batch = entry.code(Field::Batch);
    if batch != Code::default()
        && let Ok(place) = day.remittances.named.binary_search_by_key(&receipt, |(of, _)| *of)
    {
        let remittance = day.remittances.named[place].1;
        let is_its = |batch: &&Batch| batch.remittances.contains(&remittance);
        rows.extend(day.remittances.batches.iter().filter(is_its).flat_map(Batch::entries));
    }
    rows.sort_unstable();
    rows
}

/// For each bank the base days whose money it remitted late, this run's included.
pub fn delay_days(book: &Book, lateness: &Lateness, facts: &Facts) -> BTreeMap<String, BTreeSet<NaiveDate>> {
    let mut days = facts.delays.clone();
    for late in lateness.late.iter().filter(|late| late.remitted.is_some()) {
        let bank = book.entry(late.receipt).text(Field::Bank).to_owned();
        days.entry(bank).or_default().insert(late.base);
    }
    days
}
