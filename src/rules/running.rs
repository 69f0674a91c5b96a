//! Running totals 累计: what rows add up to by key and day, longer than the rows themselves are at hand.
//!
//! A rule that asks what was spent this year, or whether a payee was ever paid before, declares a [`Counter`]. What
//! settled rows left stays in the totals; what is at hand is added anew each run. A row counts by what it says itself,
//! never by a register or a setting, so that it can be taken out again exactly when its case comes back.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

use chrono::{Days, NaiveDate};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::entry::{self, Book, EntryId};
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
    pub of: fn(entry::Entry<'_>, &mut String) -> Option<(NaiveDate, Money)>,
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

/// By day, ascending.
pub type ByDay = Vec<(NaiveDate, Share)>;

/// Totals by counter, key and day.
///
/// Invariant: the keys of a counter ascend, each once, and so do the days of a key. So totals are added up in one walk over
/// both, and what begins alike stands together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals(BTreeMap<&'static str, Vec<(Box<str>, ByDay)>>);

impl Totals {
    /// Adds what a counter has, in any order.
    pub fn put(&mut self, counter: &Counter, rows: impl IntoIterator<Item = (Box<str>, NaiveDate, Share)>) {
        let mut sorted: Vec<(Box<str>, NaiveDate, Share)> = rows.into_iter().collect();
        sorted.sort_by(|(a, on, _), (b, other, _)| (a, on).cmp(&(b, other)));
        let mut keys: Vec<(Box<str>, ByDay)> = Vec::new();
        for (key, day, share) in sorted {
            match keys.last_mut().filter(|(last, _)| *last == key) {
                Some((_, days)) => put_day(days, day, share),
                None => keys.push((key, vec![(day, share)])),
            }
        }
        self.join(counter.id, keys, std::convert::identity);
    }

    /// What each counter has, in the order of their names.
    pub fn counters(&self) -> impl Iterator<Item = (&'static str, &[(Box<str>, ByDay)])> {
        self.0.iter().map(|(id, keys)| (*id, keys.as_slice()))
    }

    /// What a counter has of a key on a day.
    pub fn get(&self, counter: &Counter, key: &str, day: NaiveDate) -> Option<Share> {
        let days = of_key(self, counter, key);
        let place = days.binary_search_by_key(&day, |of| of.0).ok()?;
        Some(days[place].1)
    }

    fn keys(&self, counter: &Counter) -> &[(Box<str>, ByDay)] {
        self.0.get(counter.id).map_or(&[], Vec::as_slice)
    }

    fn join(&mut self, id: &'static str, others: Vec<(Box<str>, ByDay)>, sign: fn(Share) -> Share) {
        if !others.is_empty() {
            let keys = self.0.entry(id).or_default();
            *keys = joined(std::mem::take(keys), others, sign);
        }
    }
}

/// Keys of both, each once: what both have is added up, the others' signed first.
fn joined(
    keys: Vec<(Box<str>, ByDay)>,
    others: Vec<(Box<str>, ByDay)>,
    sign: fn(Share) -> Share,
) -> Vec<(Box<str>, ByDay)> {
    let signed = |(key, mut days): (Box<str>, ByDay)| {
        for (_, share) in &mut days {
            *share = sign(*share);
        }
        (key, days)
    };
    let mut all = Vec::with_capacity(keys.len() + others.len());
    let mut others = others.into_iter().map(signed).peekable();
    for mut known in keys {
        while let Some(before) = others.next_if(|(key, _)| *key < known.0) {
            all.push(before);
        }
        if let Some((_, days)) = others.next_if(|(key, _)| *key == known.0) {
            for (day, share) in days {
                put_day(&mut known.1, day, share);
            }
        }
        all.push(known);
    }
    all.extend(others);
    all
}

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
                days.entry(*day).or_default().add(*share);
            }
        }
        days.retain(|_, share| *share != Share::default());
        days
    }

    /// The first day on which rows under a key come to anything, those at hand included.
    pub fn first(&self, counter: &Counter, key: &str) -> Option<NaiveDate> {
        let [settled, at_hand] = [&self.settled, &self.at_hand].map(|totals| of_key(totals, counter, key));
        match (settled, at_hand) {
            ([], days) | (days, []) => {
                days.iter().find(|(_, share)| *share != Share::default()).map(|(day, _)| *day)
            }
            _ => self.days(counter, key).into_keys().next(),
        }
    }

    /// What rows under a key come to in all, those at hand included.
    pub fn total(&self, counter: &Counter, key: &str) -> Share {
        let mut total = self.settled(counter, key);
        for (_, share) in of_key(&self.at_hand, counter, key) {
            total.add(*share);
        }
        total
    }

    /// What settled rows under a key come to, those at hand left out.
    pub fn settled(&self, counter: &Counter, key: &str) -> Share {
        let mut total = Share::default();
        for (_, share) in of_key(&self.settled, counter, key) {
            total.add(*share);
        }
        total
    }

    /// The keys of a counter, ascending.
    pub fn keys(&self, counter: &Counter) -> impl Iterator<Item = &str> {
        let mut keys: Vec<&str> = [&self.settled, &self.at_hand]
            .into_iter()
            .flat_map(|totals| totals.keys(counter))
            .map(|(key, _)| &**key)
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
    let keys = totals.keys(counter).iter();
    keys.flat_map(|(key, days)| days.iter().map(|(day, share)| (&**key, *day, *share)))
}

/// What a counter has under keys that begin so, each without its beginning, in the same order.
pub fn below<'t, 'p>(
    totals: &'t Totals,
    counter: &Counter,
    prefix: &'p str,
) -> impl Iterator<Item = (&'t str, NaiveDate, Share)> + use<'t, 'p> {
    let keys = totals.keys(counter);
    let from = keys[keys.partition_point(|(key, _)| **key < *prefix)..].iter();
    let rests = from.map_while(move |(key, days)| Some((key.strip_prefix(prefix)?, days)));
    rests.flat_map(|(rest, days)| days.iter().map(move |(day, share)| (rest, *day, *share)))
}

fn of_key<'t>(totals: &'t Totals, counter: &Counter, key: &str) -> &'t [(NaiveDate, Share)] {
    let keys = totals.keys(counter);
    keys.binary_search_by(|(known, _)| (**known).cmp(key)).map_or(&[], |place| &keys[place].1)
}

/// What some rows come to by key, in the order of counters: each key is held once, however many rows count under it.
type Sums = Vec<FxHashMap<Box<str>, ByDay>>;

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
    let take = |sums: &mut Sums, key: &mut String, row: entry::Entry<'_>| {
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
    let sorted = counters.par_iter().zip(sums).filter(|(_, keys)| !keys.is_empty()).map(|(counter, keys)| {
        let mut keys: Vec<(Box<str>, ByDay)> = keys.into_iter().collect();
        keys.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        (counter.id, keys)
    });
    Totals(sorted.collect())
}

fn put(keys: &mut FxHashMap<Box<str>, ByDay>, key: &str, day: NaiveDate, share: Share) {
    match keys.get_mut(key) {
        Some(days) => put_day(days, day, share),
        None => {
            keys.insert(key.into(), vec![(day, share)]);
        }
    }
}

fn put_day(days: &mut ByDay, day: NaiveDate, share: Share) {
    match days.binary_search_by_key(&day, |of| of.0) {
        Ok(place) => days[place].1.add(share),
        Err(place) => days.insert(place, (day, share)),
    }
}

#[expect(clippy::iter_over_hash_type, reason = "exact sums have no order")]
fn put_all(keys: &mut FxHashMap<Box<str>, ByDay>, mut others: FxHashMap<Box<str>, ByDay>) {
    if keys.len() < others.len() {
        std::mem::swap(keys, &mut others);
    }
    for (key, days) in others {
        match keys.entry(key) {
            Entry::Occupied(known) => {
                let known = known.into_mut();
                for (day, share) in days {
                    put_day(known, day, share);
                }
            }
            Entry::Vacant(place) => {
                place.insert(days);
            }
        }
    }
}

/// Adds totals to others.
pub fn add(totals: &mut Totals, other: Totals) {
    for (id, keys) in other.0 {
        totals.join(id, keys, std::convert::identity);
    }
}

/// Takes totals out of others.
pub fn take_out(totals: &mut Totals, other: Totals) {
    for (id, keys) in other.0 {
        totals.join(id, keys, Share::negated);
    }
}

/// Drops what is too old to be asked for, and what comes to nothing.
pub fn forget(totals: &mut Totals, as_of: NaiveDate) {
    let first_of: BTreeMap<&str, NaiveDate> = super::COUNTERS
        .iter()
        .filter_map(|counter| Some((counter.id, as_of.checked_sub_days(Days::new(counter.keep_days))?)))
        .collect();
    for (id, keys) in &mut totals.0 {
        let first = first_of.get(id);
        keys.retain_mut(|(_, days)| {
            days.retain(|(day, share)| *share != Share::default() && first.is_none_or(|first| first <= day));
            !days.is_empty()
        });
    }
    totals.0.retain(|_, keys| !keys.is_empty());
}

/// The counter of that name, as the archive writes it.
pub fn by_id(id: &str) -> Option<&'static Counter> {
    super::COUNTERS.iter().copied().find(|counter| counter.id == id)
}
