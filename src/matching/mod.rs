//! Entries to cases: which rows of the parties' ledgers are one payment, with the proof.
//!
//! A strategy proposes, this engine keeps the books. It starts from every entry alone and lets each strategy, the
//! strongest proof first, join groups; it never takes one apart. So no entry is lost or used twice, whatever a
//! strategy does, and blocks can be worked on in parallel without a trace in the result.

pub mod by_amount;
pub mod by_voucher;
pub mod group;

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::Days;
use rayon::prelude::*;

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
    /// What to join in one block, and what could be joined in more than one way.
    pub propose: fn(&[Group<'_>], Limits) -> Proposals,
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

/// The entries that are one payment, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// In ascending order; never empty.
    pub entries: Vec<EntryId>,
    /// The strategies that joined them, in order; empty for an entry that stands alone.
    pub proof: Vec<&'static str>,
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
    pub cases: Vec<Case>,
    pub doubts: Vec<Doubt>,
}

/// Joins the given entries of `book` into cases. Neither the order of the entries nor the number of threads shows.
pub fn match_up(
    book: &Book,
    entries: &[EntryId],
    strategies: &[&'static Strategy],
    limits: Limits,
) -> Matched {
    let mut entries = entries.to_vec();
    entries.sort_unstable();
    assert!(entries.windows(2).all(|pair| pair[0] < pair[1]), "an entry is given once");
    let mut matched = Matched {
        cases: entries.iter().map(|&entry| Case { entries: vec![entry], proof: Vec::new() }).collect(),
        doubts: Vec::new(),
    };
    for strategy in strategies {
        matched = step(book, matched, strategy, limits);
    }
    let placed: usize = matched.cases.iter().map(|case| case.entries.len()).sum();
    assert_eq!(placed, entries.len(), "every entry is in one case");
    let mut seen: Vec<EntryId> = matched.cases.iter().flat_map(|case| case.entries.iter().copied()).collect();
    seen.sort_unstable();
    assert!(seen == entries, "every entry is in one case");
    matched
}

fn step(book: &Book, matched: Matched, strategy: &'static Strategy, limits: Limits) -> Matched {
    let Matched { mut cases, mut doubts } = matched;
    let key = |place: usize| (strategy.key)(Group::new(book, &cases[place].entries));
    let mut keyed: Vec<(u64, usize)> = (0..cases.len())
        .into_par_iter()
        .filter_map(|place| key(place).map(|key| (hash(&key), place)))
        .collect();
    // Equal hashes are told apart by the key itself, so a collision costs time and joins nothing.
    keyed
        .par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(&key(b.1))).then(a.1.cmp(&b.1)));
    let same = |a: &(u64, usize), b: &(u64, usize)| a.0 == b.0 && key(a.1) == key(b.1);
    let found: Vec<(Vec<usize>, Proposals)> = keyed
        .par_chunk_by(same)
        .filter(|block| block.len() > 1)
        .filter_map(|block| {
            let places: Vec<usize> = block.iter().map(|&(_, place)| place).collect();
            let groups: Vec<Group<'_>> =
                places.iter().map(|&p| Group::new(book, &cases[p].entries)).collect();
            let proposals = (strategy.propose)(&groups, limits);
            (proposals != Proposals::default()).then_some((places, proposals))
        })
        .collect();
    for (places, proposals) in found {
        for doubt in proposals.doubts {
            let mut entries: Vec<EntryId> =
                doubt.iter().flat_map(|&index| cases[places[index]].entries.iter().copied()).collect();
            entries.sort_unstable();
            doubts.push(Doubt { strategy: strategy.id, entries });
        }
        for join in proposals.joins {
            let (first, rest) = join.split_first().expect("a join names groups");
            for index in rest {
                let joined = std::mem::take(&mut cases[places[*index]]);
                assert!(!joined.entries.is_empty(), "{}: no group is used twice", strategy.id);
                let case = &mut cases[places[*first]];
                assert!(!case.entries.is_empty(), "{}: no group is used twice", strategy.id);
                case.entries.extend(joined.entries);
                case.proof.extend(
                    joined.proof.iter().filter(|id| !case.proof.contains(id)).copied().collect::<Vec<_>>(),
                );
            }
            let case = &mut cases[places[*first]];
            case.entries.sort_unstable();
            case.proof.push(strategy.id);
        }
    }
    cases.retain(|case| !case.entries.is_empty());
    cases.sort_unstable_by(|a, b| a.entries[0].cmp(&b.entries[0]));
    doubts.sort_unstable_by(|a, b| a.entries.cmp(&b.entries));
    Matched { cases, doubts }
}

impl Default for Case {
    /// A case that was joined to another.
    fn default() -> Self {
        Self { entries: Vec::new(), proof: Vec::new() }
    }
}

fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
