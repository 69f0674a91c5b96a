//! Entries to cases: which rows of the parties' ledgers are one payment, with the proof.
//!
//! A strategy proposes, this engine keeps the books. It starts from every entry alone and lets each strategy, the
//! strongest proof first, join groups; it never takes one apart. So no entry is lost or used twice, whatever a
//! strategy does, and blocks can be worked on in parallel without a trace in the result.

pub mod by_amount;
pub mod by_voucher;
pub mod group;
pub mod remittance;
pub mod tie_out;

use std::borrow::Cow;

use chrono::Days;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::domain::entry::{Book, EntryId};

pub use group::Group;

/// What a match may stretch to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many days after the slip a payment, or after the payment a booking, may lie where no number proves it.
    pub window: Days,
}

impl Default for Limits {
    fn default() -> Self {
        Self { window: Days::new(15) }
    }
}

/// A way to prove that groups of entries are one payment.
#[derive(Clone, Copy, Debug)]
pub struct Strategy {
    pub id: &'static str,
    /// Two groups can only belong together if they share this key; never something a mis-posting changes unless
    /// another strategy covers that.
    pub key: for<'b> fn(Group<'b>) -> Option<Cow<'b, str>>,
    pub propose: Propose,
}

/// What to join in one block of groups that share a key.
#[derive(Clone, Copy, Debug)]
pub enum Propose {
    /// All of it: the key alone is the proof.
    Whole,
    /// What the function finds, and what could be joined in more than one way.
    Some(fn(&[Group<'_>], Limits) -> Proposals),
}

/// What a strategy found in one block. Numbers are places in the block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposals {
    /// Groups that are one payment; a group may stand in one join only.
    pub joins: Vec<Vec<usize>>,
    /// Groups with several possible partners: left alone, and told.
    pub doubts: Vec<Vec<usize>>,
}

/// Every strategy, the strongest proof first.
pub const STRATEGIES: &[&Strategy] = &[&by_voucher::STRATEGY, &by_amount::BY_PAYER, &by_amount::BY_BOOKING];

/// The strategies that joined a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proof(u8);

impl Proof {
    /// Their names, the strongest first; none for an entry that stands alone.
    pub fn ids(self) -> impl Iterator<Item = &'static str> {
        STRATEGIES
            .iter()
            .enumerate()
            .filter(move |(place, _)| self.0 & (1 << place) != 0)
            .map(|(_, strategy)| strategy.id)
    }
}

/// The entries that are one payment, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case<'m> {
    /// In ascending order; never empty.
    pub entries: &'m [EntryId],
    pub proof: Proof,
}

/// Entries that could be one payment in more than one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    pub strategy: &'static str,
    pub entries: Vec<EntryId>,
}

/// What became of the entries. Invariant, asserted: each entry given is in exactly one case.
#[derive(Clone, Debug, Default)]
pub struct Matched {
    /// The cases' entries end to end: a day has a million cases, so a case is no object.
    entries: Vec<EntryId>,
    ends: Vec<u32>,
    proofs: Vec<Proof>,
    pub doubts: Vec<Doubt>,
}

impl Matched {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Cases are numbered from zero, in order of their first entry.
    pub fn case(&self, place: usize) -> Case<'_> {
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        Case { entries: &self.entries[start..self.ends[place] as usize], proof: self.proofs[place] }
    }

    pub fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        (0..self.len()).map(|place| self.case(place))
    }

    fn push(&mut self, entries: impl IntoIterator<Item = EntryId>, proof: Proof) {
        let start = self.entries.len();
        self.entries.extend(entries);
        self.entries[start..].sort_unstable();
        self.ends.push(u32::try_from(self.entries.len()).expect("fewer than 2^32 entries"));
        self.proofs.push(proof);
    }
}

/// Joins the given entries of `book`, ascending, into cases by [`STRATEGIES`]. Neither the order of the rows nor the
/// number of threads shows.
pub fn match_up(book: &Book, entries: &[EntryId], limits: Limits) -> Matched {
    assert!(entries.windows(2).all(|pair| pair[0] < pair[1]), "an entry is given once, in order");
    let mut matched = Matched {
        entries: entries.to_vec(),
        ends: (1..=u32::try_from(entries.len()).expect("fewer than 2^32 entries")).collect(),
        proofs: vec![Proof::default(); entries.len()],
        doubts: Vec::new(),
    };
    for place in 0..STRATEGIES.len() {
        matched = step(book, matched, place, limits);
    }
    let mut seen = matched.entries.clone();
    seen.par_sort_unstable();
    assert!(seen == entries, "every entry is in one case");
    matched.doubts.sort_unstable_by(|a, b| a.entries.cmp(&b.entries));
    matched
}

fn step(book: &Book, matched: Matched, number: usize, limits: Limits) -> Matched {
    let strategy = STRATEGIES[number];
    let group = |place: u32| Group::new(book, matched.case(place as usize).entries);
    let count = u32::try_from(matched.len()).expect("fewer than 2^32 entries");
    let mut keyed: Vec<(u64, u32)> = (0..count)
        .into_par_iter()
        .filter_map(|place| (strategy.key)(group(place)).map(|key| (xxh3_64(key.as_bytes()), place)))
        .collect();
    keyed.par_sort_unstable();
    let found: Vec<Found> = keyed
        .par_chunk_by(|a, b| a.0 == b.0)
        .filter(|block| block.len() > 1)
        .flat_map_iter(|block| blocks(block, |place| (strategy.key)(group(place))))
        .filter_map(|places| {
            let proposals = match strategy.propose {
                Propose::Whole => return Some(Found::Whole(places)),
                Propose::Some(propose) => {
                    let groups: Vec<Group<'_>> = places.iter().map(|&place| group(place)).collect();
                    propose(&groups, limits)
                }
            };
            (proposals != Proposals::default()).then_some(Found::Some(places, proposals))
        })
        .collect();
    drop(keyed);
    if found.is_empty() {
        return matched;
    }
    rebuild(&matched, number, &found)
}

/// What was found in one block; places are those of the cases.
enum Found {
    Whole(Vec<u32>),
    Some(Vec<u32>, Proposals),
}

/// The places of one hash by their keys: a collision costs time and joins nothing.
fn blocks<'k>(block: &[(u64, u32)], key: impl Fn(u32) -> Option<Cow<'k, str>>) -> Vec<Vec<u32>> {
    let places = || block.iter().map(|&(_, place)| place);
    let first = key(block[0].1);
    if places().all(|place| key(place) == first) {
        return vec![places().collect()];
    }
    let mut sorted: Vec<(Option<Cow<'k, str>>, u32)> = places().map(|place| (key(place), place)).collect();
    sorted.sort_unstable();
    sorted
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|same| same.len() > 1)
        .map(|same| same.iter().map(|&(_, place)| place).collect())
        .collect()
}

/// The cases after the joins, in order of their first entry.
fn rebuild(matched: &Matched, number: usize, found: &[Found]) -> Matched {
    const ALONE: u32 = u32::MAX;
    // For each case the join it is in; for each join its cases.
    let mut join_of = vec![ALONE; matched.len()];
    let mut joins: Vec<Vec<u32>> = Vec::new();
    let mut rebuilt = Matched {
        entries: Vec::with_capacity(matched.entries.len()),
        doubts: matched.doubts.clone(),
        ..Matched::default()
    };
    let mut join = |cases: Vec<u32>| {
        let place = u32::try_from(joins.len()).expect("fewer joins than entries");
        for &case in &cases {
            let free = std::mem::replace(&mut join_of[case as usize], place) == ALONE;
            assert!(free, "{}: no group is used twice", STRATEGIES[number].id);
        }
        joins.push(cases);
    };
    for found in found {
        match found {
            Found::Whole(places) => join(places.clone()),
            Found::Some(places, proposals) => {
                for of in &proposals.joins {
                    join(of.iter().map(|&index| places[index]).collect());
                }
                for doubt in &proposals.doubts {
                    let cases = doubt.iter().map(|&index| matched.case(places[index] as usize));
                    let mut entries: Vec<EntryId> =
                        cases.flat_map(|case| case.entries.iter().copied()).collect();
                    entries.sort_unstable();
                    rebuilt.doubts.push(Doubt { strategy: STRATEGIES[number].id, entries });
                }
            }
        }
    }
    for (case, join) in matched.cases().zip(join_of) {
        match join {
            ALONE => rebuilt.push(case.entries.iter().copied(), case.proof),
            join => {
                // Cases stand in order of their first entry, so a join stands where its first case stood.
                let places = std::mem::take(&mut joins[join as usize]);
                if places.is_empty() {
                    continue;
                }
                let cases = places.iter().map(|&place| matched.case(place as usize));
                let proof = cases.clone().fold(1 << number, |proof, case| proof | case.proof.0);
                rebuilt.push(cases.flat_map(|case| case.entries.iter().copied()), Proof(proof));
            }
        }
    }
    rebuilt
}
