//! Why two sets of rows did or did not become one case, strategy by strategy: by the same keys and conditions that join.
//!
//! Only these rows are looked at. That others were candidates too, and so none was picked, a rule tells
//! (`ambiguous-match`).

use std::collections::BTreeSet;

use crate::domain::entry::{Book, EntryId};

use super::group::Group;
use super::{Condition, Limits, Matched, Propose, STRATEGIES, Strategy, joined_by};

/// What one strategy made of the two.
#[derive(Clone, Debug)]
pub struct Step {
    pub strategy: &'static Strategy,
    /// The keys on either side; a group it does not look at has none.
    pub keys: [Vec<Option<String>>; 2],
    pub ended: Ended,
}

/// How a strategy ended for the two.
#[derive(Clone, Debug)]
pub enum Ended {
    /// A stronger proof had joined them.
    Before,
    Joined,
    /// It looks at no group of a side.
    NotLooked,
    /// The keys have no part in common, or some: the places of the parts that differ, of the pair that is nearest.
    KeysDiffer(Vec<usize>),
    /// The keys are the same and something else is not.
    Refused(Vec<Checked>),
}

/// A condition as it was found.
#[derive(Clone, Debug)]
pub struct Checked {
    pub condition: &'static Condition,
    pub holds: bool,
    /// What either side says of it.
    pub looked: [String; 2],
}

/// Follows two disjoint sets of entries through every strategy.
pub fn explain(book: &Book, sides: [&[EntryId]; 2], limits: Limits) -> Vec<Step> {
    let all: BTreeSet<EntryId> = sides.iter().flat_map(|side| side.iter().copied()).collect();
    let all: Vec<EntryId> = all.into_iter().collect();
    let mut matched = Matched::apart(&all);
    let mut steps = Vec::new();
    for (number, &strategy) in STRATEGIES.iter().enumerate() {
        let was_one = is_one(&matched, sides);
        let groups = |matched: &Matched| -> [Vec<Vec<EntryId>>; 2] {
            sides.map(|side| {
                let cases = matched.cases().filter(|case| case.entries.iter().any(|id| side.contains(id)));
                cases.map(|case| case.entries.to_vec()).collect()
            })
        };
        let groups = groups(&matched);
        let keys = |side: &[Vec<EntryId>]| -> Vec<Option<String>> {
            side.iter()
                .map(|ids| (strategy.key)(Group::new(book, ids)).map(std::borrow::Cow::into_owned))
                .collect()
        };
        let keys = [keys(&groups[0]), keys(&groups[1])];
        matched = joined_by(number, book, matched, limits);
        let ended = if was_one {
            Ended::Before
        } else if is_one(&matched, sides) {
            Ended::Joined
        } else {
            refused(book, strategy, &groups, &keys, limits)
        };
        steps.push(Step { strategy, keys, ended });
    }
    steps
}

fn is_one(matched: &Matched, sides: [&[EntryId]; 2]) -> bool {
    matched.cases().any(|case| sides.iter().all(|side| case.entries.iter().any(|id| side.contains(id))))
}

fn refused(
    book: &Book,
    strategy: &Strategy,
    groups: &[Vec<Vec<EntryId>>; 2],
    keys: &[Vec<Option<String>>; 2],
    limits: Limits,
) -> Ended {
    let mut nearest: Option<Vec<usize>> = None;
    for (a, key) in groups[0].iter().zip(&keys[0]) {
        for (b, other) in groups[1].iter().zip(&keys[1]) {
            let (Some(key), Some(other)) = (key, other) else { continue };
            if key == other {
                let Propose::Pairs(pairing) = strategy.propose else { continue };
                let (a, b) = (Group::new(book, a), Group::new(book, b));
                let (left, right) = if (pairing.is_left)(a) { (a, b) } else { (b, a) };
                let check = |condition: &'static Condition| Checked {
                    condition,
                    holds: (condition.holds)(left, right, limits),
                    looked: [(condition.looks)(a), (condition.looks)(b)],
                };
                return Ended::Refused(pairing.conditions.iter().map(check).collect());
            }
            let parts = key.split('|').zip(other.split('|')).enumerate();
            let differ: Vec<usize> = parts.filter(|(_, (a, b))| a != b).map(|(place, _)| place).collect();
            if nearest.as_ref().is_none_or(|known| differ.len() < known.len()) {
                nearest = Some(differ);
            }
        }
    }
    nearest.map_or(Ended::NotLooked, Ended::KeysDiffer)
}
