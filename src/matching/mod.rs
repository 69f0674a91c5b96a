//! Entries to cases: which rows of the parties' ledgers are one payment, with the proof.
//!
//! A strategy proposes, this engine keeps the books. It starts from every entry alone and lets each strategy, the
//! strongest proof first, join groups; it never takes one apart. So no entry is lost or used twice, whatever a
//! strategy does, and blocks can be worked on in parallel without a trace in the result.

pub mod balance;
pub mod by_amount;
pub mod by_payee;
pub mod by_voucher;
pub mod explain;
pub mod group;
pub mod remittance;
pub mod tie_out;

use std::borrow::Cow;

use chrono::Days;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::domain::entry::{Book, EntryId};
use crate::domain::lang::Lang;

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
    /// Which groups it looks at, in Chinese and English.
    pub looks_at: [&'static str; 2],
    /// What the parts of its key are, `|` between.
    pub parts: &'static [[&'static str; 2]],
    /// Two groups can only belong together if they share this key; never something a mis-posting changes unless
    /// another strategy covers that.
    pub key: for<'b> fn(Group<'b>) -> Option<Cow<'b, str>>,
    pub propose: Propose,
}

impl Strategy {
    /// What it proves by, as people say it.
    pub fn words(&self, lang: Lang) -> String {
        let parts = self.parts.iter().map(|&[zh, en]| lang.pick(zh, en)).collect::<Vec<_>>();
        match lang {
            Lang::Zh => format!("{}相同", parts.join("、")),
            Lang::En => format!("same {}", parts.join(", ")),
        }
    }
}

/// What to join in one block of groups that share a key.
#[derive(Clone, Copy, Debug)]
pub enum Propose {
    /// All of it: the key alone is the proof.
    Whole,
    /// Pairs that fit and have no other partner; what could be joined in more than one way is told.
    Pairs(&'static Pairing),
}

/// What makes two groups of a block fit each other.
#[derive(Clone, Copy, Debug)]
pub struct Pairing {
    /// Which of the two a group is; one of each kind makes a pair.
    pub is_left: fn(Group<'_>) -> bool,
    /// Blocks that need no looking at, since nothing in them can fit.
    pub is_idle: fn(&[Group<'_>]) -> bool,
    /// All must hold, of a left and a right group.
    pub conditions: &'static [Condition],
}

/// One thing that must hold of two groups.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// What must hold, in Chinese and English.
    pub says: [&'static str; 2],
    pub holds: fn(Group<'_>, Group<'_>, Limits) -> bool,
    /// What of a group it rests on.
    pub looks: fn(Group<'_>) -> String,
}

impl Pairing {
    fn fits(&self, left: Group<'_>, right: Group<'_>, limits: Limits) -> bool {
        self.conditions.iter().all(|condition| (condition.holds)(left, right, limits))
    }
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
pub const STRATEGIES: &[&Strategy] = &[
    &by_voucher::STRATEGY,
    &by_amount::BY_PAYER,
    &by_amount::BY_NAME,
    &by_amount::BY_BOOKING,
    &by_payee::AT_TREASURY,
    &by_payee::AT_BANK,
];

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

    /// Every entry alone.
    fn apart(entries: &[EntryId]) -> Self {
        Self {
            entries: entries.to_vec(),
            ends: (1..=u32::try_from(entries.len()).expect("fewer than 2^32 entries")).collect(),
            proofs: vec![Proof::default(); entries.len()],
            doubts: Vec::new(),
        }
    }

    /// Cases are numbered from zero, in order of their first entry.
    pub fn case(&self, place: usize) -> Case<'_> {
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        Case { entries: &self.entries[start..self.ends[place] as usize], proof: self.proofs[place] }
    }

    pub fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        (0..self.len()).map(|place| self.case(place))
    }

    fn places(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.len()).expect("fewer than 2^32 entries")
    }
}

/// Joins the given entries of `book`, ascending, into cases by [`STRATEGIES`]. Neither the order of the rows nor the
/// number of threads shows.
pub fn match_up(book: &Book, entries: &[EntryId], limits: Limits) -> Matched {
    assert!(entries.windows(2).all(|pair| pair[0] < pair[1]), "an entry is given once, in order");
    let mut matched = Matched::apart(entries);
    for number in 0..STRATEGIES.len() {
        matched = joined_by(number, book, matched, limits);
    }
    let mut seen = matched.entries.clone();
    seen.par_sort_unstable();
    assert!(seen == entries, "every entry is in one case");
    matched.doubts.sort_unstable_by(|a, b| a.entries.cmp(&b.entries));
    matched
}

/// What one strategy makes of the cases.
fn joined_by(number: usize, book: &Book, matched: Matched, limits: Limits) -> Matched {
    let keyed = keyed(book, &matched, STRATEGIES[number]);
    match STRATEGIES[number].propose {
        Propose::Whole => join_whole(book, &matched, number, keyed),
        Propose::Pairs(pairing) => join_some(book, matched, number, &keyed, pairing, limits),
    }
}

/// The cases that have a key, sorted by its hash, then by place.
fn keyed(book: &Book, matched: &Matched, strategy: &Strategy) -> Vec<(u64, u32)> {
    let mut keyed: Vec<(u64, u32)> = matched
        .places()
        .into_par_iter()
        .filter_map(|place| {
            let group = Group::new(book, matched.case(place as usize).entries);
            (strategy.key)(group).map(|key| (xxh3_64(key.as_bytes()), place))
        })
        .collect();
    keyed.par_sort_unstable();
    keyed
}

/// Joins all cases that share a key.
fn join_whole(book: &Book, matched: &Matched, number: usize, keyed: Vec<(u64, u32)>) -> Matched {
    let key = |place: u32| (STRATEGIES[number].key)(Group::new(book, matched.case(place as usize).entries));
    // For each case the first of those it is joined with.
    let mut first_of: Vec<u32> = matched.places().collect();
    for same in keyed.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        for &(_, place) in same {
            first_of[place as usize] = same[0].1;
        }
    }
    drop(keyed);
    // Keys are compared in the order of the cases, since the order of hashes is none that memory likes.
    let mut mistaken: Vec<u32> = matched
        .places()
        .into_par_iter()
        .map(|place| (first_of[place as usize], place))
        .filter(|&(first, place)| first != place && key(first) != key(place))
        .map(|(first, _)| first)
        .collect();
    mistaken.sort_unstable();
    mistaken.dedup();
    // A collision costs time and joins nothing.
    for first in mistaken {
        let with = |place: &u32| first_of[*place as usize] == first;
        let mut places: Vec<u32> = matched.places().filter(with).collect();
        places.sort_by_key(|&place| (key(place), place));
        for same in places.chunk_by(|&a, &b| key(a) == key(b)) {
            for &place in same {
                first_of[place as usize] = same[0];
            }
        }
    }
    gather(matched, &first_of, number)
}

/// The cases after joining each with the first of its join; they stand where that first one stood.
fn gather(matched: &Matched, first_of: &[u32], number: usize) -> Matched {
    let mut lengths = vec![0_u32; matched.len()];
    let mut proofs = vec![0_u8; matched.len()];
    for ((case, &first), place) in matched.cases().zip(first_of).zip(0_u32..) {
        lengths[first as usize] += u32::try_from(case.entries.len()).expect("fewer than 2^32 entries");
        proofs[first as usize] |= case.proof.0 | if first == place { 0 } else { 1 << number };
    }
    let mut gathered = Matched {
        entries: vec![EntryId(0); matched.entries.len()],
        doubts: matched.doubts.clone(),
        ..Matched::default()
    };
    // Where the next entry of each join goes.
    let mut next = vec![0_u32; matched.len()];
    let mut total = 0;
    for (place, (&length, &proof)) in lengths.iter().zip(&proofs).enumerate() {
        if length > 0 {
            next[place] = total;
            total += length;
            gathered.ends.push(total);
            gathered.proofs.push(Proof(proof));
        }
    }
    for (case, &first) in matched.cases().zip(first_of) {
        for &id in case.entries {
            let next = &mut next[first as usize];
            gathered.entries[*next as usize] = id;
            *next += 1;
        }
    }
    let mut start = 0;
    for &end in &gathered.ends {
        gathered.entries[start..end as usize].sort_unstable();
        start = end as usize;
    }
    gathered
}

/// Joins what the strategy proposes for each block of cases that share a key.
fn join_some(
    book: &Book,
    matched: Matched,
    number: usize,
    keyed: &[(u64, u32)],
    pairing: &Pairing,
    limits: Limits,
) -> Matched {
    let group = |place: u32| Group::new(book, matched.case(place as usize).entries);
    let found: Vec<(Vec<u32>, Proposals)> = keyed
        .par_chunk_by(|a, b| a.0 == b.0)
        .filter(|block| block.len() > 1)
        .flat_map_iter(|block| blocks(block, |place| (STRATEGIES[number].key)(group(place))))
        .filter_map(|places| {
            let groups: Vec<Group<'_>> = places.iter().map(|&place| group(place)).collect();
            let proposals = by_amount::unambiguous(&groups, pairing, limits);
            (proposals != Proposals::default()).then_some((places, proposals))
        })
        .collect();
    if found.is_empty() {
        return matched;
    }
    let mut first_of: Vec<u32> = matched.places().collect();
    let mut used = vec![false; matched.len()];
    let mut doubts = Vec::new();
    for (places, proposals) in &found {
        for join in &proposals.joins {
            let first = join.iter().map(|&index| places[index]).min().expect("a join names groups");
            for place in join.iter().map(|&index| places[index]) {
                let free = !std::mem::replace(&mut used[place as usize], true);
                assert!(free, "{}: no group is used twice", STRATEGIES[number].id);
                first_of[place as usize] = first;
            }
        }
        for doubt in &proposals.doubts {
            let cases = doubt.iter().map(|&index| matched.case(places[index] as usize));
            let mut entries: Vec<EntryId> = cases.flat_map(|case| case.entries.iter().copied()).collect();
            entries.sort_unstable();
            doubts.push(Doubt { strategy: STRATEGIES[number].id, entries });
        }
    }
    let mut joined = gather(&matched, &first_of, number);
    joined.doubts.extend(doubts);
    joined
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
