//! Running totals 累计: what rows add up to by key and day, longer than the rows themselves are at hand.
//!
//! A rule that asks what was spent this year, or whether a payee was ever paid before, declares a [`Counter`]. What
//! settled rows left stays in the totals; what is at hand is added anew each run. A row counts by what it says itself,
//! never by a register or a setting, so that it can be taken out again exactly when its case comes back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use rayon::prelude::*;

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;

/// A thing that is added up.
#[derive(Debug)]
pub struct Counter {
    /// Its name in the archive, for good.
    pub id: &'static str,
    pub ledgers: &'static [Ledger],
    /// Under which key and day a row counts, and how much; `None` for a row that does not.
    pub of: fn(Entry<'_>) -> Option<(String, NaiveDate, Money)>,
    /// How many days back its totals are kept.
    pub keep_days: u64,
}

/// How many rows, and how much they come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub rows: i64,
    pub amount: Money,
}

impl Share {
    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.amount += other.amount;
    }

    fn negated(self) -> Self {
        Self { rows: -self.rows, amount: -self.amount }
    }
}

/// Totals by counter, key and day.
pub type Totals = BTreeMap<(&'static str, String, NaiveDate), Share>;

/// The totals as rules look at them.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// Of rows that earlier runs settled.
    pub settled: Totals,
    /// Of the rows at hand.
    pub at_hand: Totals,
}

impl Running {
    /// What rows under a key come to, by day, those at hand included.
    pub fn days(&self, counter: &Counter, key: &str) -> BTreeMap<NaiveDate, Share> {
        let mut days: BTreeMap<NaiveDate, Share> = BTreeMap::new();
        for totals in [&self.settled, &self.at_hand] {
            for (day, share) in of_key(totals, counter, key) {
                days.entry(day).or_default().add(share);
            }
        }
        days.retain(|_, share| *share != Share::default());
        days
    }

    /// What rows under a key come to in all, those at hand included.
    pub fn total(&self, counter: &Counter, key: &str) -> Share {
        let mut total = self.settled(counter, key);
        of_key(&self.at_hand, counter, key).for_each(|(_, share)| total.add(share));
        total
    }

    /// What settled rows under a key come to, those at hand left out.
    pub fn settled(&self, counter: &Counter, key: &str) -> Share {
        let mut total = Share::default();
        of_key(&self.settled, counter, key).for_each(|(_, share)| total.add(share));
        total
    }

    /// The keys of a counter, ascending.
    pub fn keys(&self, counter: &Counter) -> impl Iterator<Item = &str> {
        let mut keys: Vec<&str> = [&self.settled, &self.at_hand]
            .into_iter()
            .flat_map(|totals| {
                totals
                    .range((counter.id, String::new(), NaiveDate::MIN)..)
                    .take_while(|of| of.0.0 == counter.id)
            })
            .map(|((_, key, _), _)| key.as_str())
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter()
    }
}

fn of_key<'t>(
    totals: &'t Totals,
    counter: &'t Counter,
    key: &'t str,
) -> impl Iterator<Item = (NaiveDate, Share)> + 't {
    totals
        .range((counter.id, key.to_owned(), NaiveDate::MIN)..)
        .take_while(move |((id, other, _), _)| *id == counter.id && other == key)
        .map(|((_, _, day), share)| (*day, *share))
}

/// What some rows come to.
pub fn count(book: &Book, ids: &[EntryId], facts: &Facts) -> Totals {
    let listed: Vec<(&str, BTreeSet<&str>)> = super::LISTED
        .iter()
        .map(|(counter, table, field)| {
            let rows = facts.table(table).into_iter().flat_map(Book::entries);
            (counter.id, rows.map(|row| row.text(*field)).collect())
        })
        .collect();
    let is_counted = |counter: &Counter, key: &str| {
        listed.iter().all(|(id, keys)| *id != counter.id || keys.contains(key))
    };
    ids.par_chunks(1 << 14)
        .map(|ids| {
            let mut totals = Totals::new();
            for &id in ids {
                let entry = book.entry(id);
                for counter in
                    super::COUNTERS.iter().filter(|counter| counter.ledgers.contains(&entry.ledger()))
                {
                    if let Some((key, day, amount)) =
                        (counter.of)(entry).filter(|of| is_counted(counter, &of.0))
                    {
                        totals.entry((counter.id, key, day)).or_default().add(Share { rows: 1, amount });
                    }
                }
            }
            totals
        })
        .reduce(Totals::new, |mut sum, other| {
            add(&mut sum, other);
            sum
        })
}

/// Adds totals to others.
pub fn add(totals: &mut Totals, other: Totals) {
    for (name, share) in other {
        totals.entry(name).or_default().add(share);
    }
}

/// Takes totals out of others.
pub fn take_out(totals: &mut Totals, other: Totals) {
    for (name, share) in other {
        totals.entry(name).or_default().add(share.negated());
    }
}

/// Drops what is too old to be asked for, and what comes to nothing.
pub fn forget(totals: &mut Totals, as_of: NaiveDate) {
    let first_of: BTreeMap<&str, NaiveDate> = super::COUNTERS
        .iter()
        .filter_map(|counter| Some((counter.id, as_of.checked_sub_days(Days::new(counter.keep_days))?)))
        .collect();
    totals.retain(|(id, _, day), share| {
        *share != Share::default() && first_of.get(id).is_none_or(|first| first <= day)
    });
}

/// The counter of that name, as the archive writes it.
pub fn by_id(id: &str) -> Option<&'static Counter> {
    super::COUNTERS.iter().copied().find(|counter| counter.id == id)
}
