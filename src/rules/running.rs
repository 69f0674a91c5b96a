//! Running totals 累计: what rows add up to by key and day, longer than the rows themselves are at hand.
//!
//! A rule that asks what was spent this year, or whether a payee was ever paid before, declares a [`Counter`]. What
//! settled rows left stays in the totals; what is at hand is added anew each run. A row counts by what it says itself,
//! never by a register or a setting, so that it can be taken out again exactly when its case comes back.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

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
    /// Under which day a row counts, and how much; `None` for a row that does not. Under which key it writes into the
    /// text, which is empty: most rows count under a key that another had before, and need none of their own.
    pub of: fn(Entry<'_>, &mut String) -> Option<(NaiveDate, Money)>,
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
            .flat_map(|totals| of_counter(totals, counter))
            .map(|(key, ..)| key)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter()
    }
}

/// What a counter has: by key, then by day, ascending.
pub fn of_counter<'t>(
    totals: &'t Totals,
    counter: &Counter,
) -> impl Iterator<Item = (&'t str, NaiveDate, Share)> + use<'t> {
    let id = counter.id;
    let from = totals.range((id, String::new(), NaiveDate::MIN)..).take_while(move |((of, ..), _)| *of == id);
    from.map(|((_, key, day), share)| (key.as_str(), *day, *share))
}

/// What a counter has under keys that begin so, each without its beginning, in the same order.
pub fn below<'t, 'p>(
    totals: &'t Totals,
    counter: &Counter,
    prefix: &'p str,
) -> impl Iterator<Item = (&'t str, NaiveDate, Share)> + use<'t, 'p> {
    let id = counter.id;
    let from = totals.range((id, prefix.to_owned(), NaiveDate::MIN)..);
    from.map_while(move |((of, key, day), share)| {
        Some((key.strip_prefix(prefix).filter(|_| *of == id)?, *day, *share))
    })
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

/// What some rows come to by key, in the order of counters: each key is held once, however many rows count under it.
type Sums = Vec<FxHashMap<String, ByDay>>;

/// By day, ascending.
type ByDay = Vec<(NaiveDate, Share)>;

/// What some rows come to, in a run by all of [`COUNTERS`](super::COUNTERS).
pub fn count(counters: &[&'static Counter], book: &Book, ids: &[EntryId], facts: &Facts) -> Totals {
    // The keys of counters that count those of a register alone.
    let listed = |counter: &Counter| -> Option<FxHashSet<&str>> {
        let (_, table, field) = super::LISTED.iter().find(|(of, ..)| of.id == counter.id)?;
        let rows = facts.table(table).into_iter().flat_map(Book::entries);
        Some(rows.map(|row| row.text(*field)).collect())
    };
    let listed: Vec<Option<FxHashSet<&str>>> = counters.iter().map(|counter| listed(counter)).collect();
    let of_ledger = |ledger: Ledger| {
        let is_none = |place: usize| listed[place].as_ref().is_some_and(FxHashSet::is_empty);
        let counts = |place: &usize| counters[*place].ledgers.contains(&ledger) && !is_none(*place);
        (0..counters.len()).filter(counts).collect()
    };
    let of_ledgers: Vec<Vec<usize>> = Ledger::ALL.iter().map(|&ledger| of_ledger(ledger)).collect();
    let take = |sums: &mut Sums, key: &mut String, row: Entry<'_>| {
        for &place in &of_ledgers[row.ledger() as usize] {
            key.clear();
            let Some((day, amount)) = (counters[place].of)(row, key) else { continue };
            if listed[place].as_ref().is_none_or(|keys| keys.contains(key.as_str())) {
                put(&mut sums[place], key, day, Share { rows: 1, amount });
            }
        }
    };
    let empty = || vec![FxHashMap::default(); counters.len()];
    let sums = ids
        .par_chunks(1 << 14)
        .fold(empty, |mut sums, ids| {
            let mut key = String::new();
            for &id in ids {
                take(&mut sums, &mut key, book.entry(id));
            }
            sums
        })
        .reduce(empty, |mut sums, others| {
            for (keys, others) in sums.iter_mut().zip(others) {
                put_all(keys, others);
            }
            sums
        });
    let named = counters.iter().zip(sums).flat_map(|(counter, keys)| {
        let days = |(key, days): (String, ByDay)| days.into_iter().map(move |of| (key.clone(), of));
        keys.into_iter().flat_map(days).map(|(key, (day, share))| ((counter.id, key, day), share))
    });
    named.collect()
}

fn put(keys: &mut FxHashMap<String, ByDay>, key: &str, day: NaiveDate, share: Share) {
    let Some(days) = keys.get_mut(key) else {
        keys.insert(key.to_owned(), vec![(day, share)]);
        return;
    };
    match days.binary_search_by_key(&day, |of| of.0) {
        Ok(place) => days[place].1.add(share),
        Err(place) => days.insert(place, (day, share)),
    }
}

#[expect(clippy::iter_over_hash_type, reason = "exact sums have no order")]
fn put_all(keys: &mut FxHashMap<String, ByDay>, others: FxHashMap<String, ByDay>) {
    if keys.is_empty() {
        *keys = others;
        return;
    }
    for (key, days) in others {
        for (day, share) in days {
            put(keys, &key, day, share);
        }
    }
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
