//! The flow of money as a picture: from the left, through the middle, to the right. A person can read a hundred boxes; what
//! is more stands in one box that says how many and how much.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::money::Money;

use super::flows::{End, Movement};

/// Boxes on one side at most, the one of the rest included: two sides and the middle are under a hundred.
const SIDE: usize = 49;

/// Where money comes from and goes to. Each side's amounts add up to all that moved there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    pub left: Vec<Box>,
    /// The subject itself; nothing where it has no accounts: then each line goes from the left to the right.
    pub middle: Option<Money>,
    pub right: Vec<Box>,
    /// Lines from the left to the right, by the places of their boxes.
    pub lines: Vec<(usize, usize, Money)>,
}

/// An end of the money, or all that have no box of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Box {
    /// `None` for the rest.
    pub end: Option<End>,
    /// How many ends it stands for.
    pub ends: usize,
    pub count: u32,
    pub amount: Money,
}

impl Picture {
    pub fn of(movements: &[Movement], own: &BTreeSet<String>) -> Self {
        let is_own = |end: &End| own.contains(&end.code);
        let moved: Vec<&Movement> =
            movements.iter().filter(|of| !(is_own(&of.from) && is_own(&of.to))).collect();
        let has_middle = !own.is_empty();
        let left = moved.iter().filter(|of| !is_own(&of.from)).map(|of| (&of.from, of.amount));
        let right = moved.iter().filter(|of| !is_own(&of.to)).map(|of| (&of.to, of.amount));
        let (left, left_of) = side(left);
        let (right, right_of) = side(right);
        let mut lines: BTreeMap<(usize, usize), Money> = BTreeMap::new();
        if !has_middle {
            for movement in &moved {
                let place = (left_of[movement.from.key()], right_of[movement.to.key()]);
                *lines.entry(place).or_default() += movement.amount;
            }
        }
        let sum = |side: &[Box]| -> Money { side.iter().map(|of| of.amount).sum() };
        let middle = has_middle.then(|| sum(&left).max(sum(&right)));
        let lines = lines.into_iter().map(|((from, to), amount)| (from, to, amount)).collect();
        Self { left, middle, right, lines }
    }

    pub fn is_empty(&self) -> bool {
        self.left.is_empty() && self.right.is_empty()
    }
}

/// The boxes of a side, the largest first and the rest last, and for each end the place of its box.
fn side<'m>(ends: impl Iterator<Item = (&'m End, Money)>) -> (Vec<Box>, BTreeMap<&'m str, usize>) {
    let mut found: BTreeMap<&str, (&End, u32, Money)> = BTreeMap::new();
    for (end, amount) in ends {
        let known = found.entry(end.key()).or_insert((end, 0, Money::ZERO));
        if known.0.name.is_empty() {
            known.0 = end;
        }
        known.1 += 1;
        known.2 += amount;
    }
    let mut ranked: Vec<(&str, (&End, u32, Money))> = found.into_iter().collect();
    ranked.sort_by_key(|(key, (_, count, amount))| {
        (std::cmp::Reverse(*amount), std::cmp::Reverse(*count), *key)
    });
    let shown = if ranked.len() > SIDE { SIDE - 1 } else { ranked.len() };
    let mut boxes: Vec<Box> = ranked[..shown]
        .iter()
        .map(|(_, (end, count, amount))| Box {
            end: Some((*end).clone()),
            ends: 1,
            count: *count,
            amount: *amount,
        })
        .collect();
    let rest = &ranked[shown..];
    if !rest.is_empty() {
        boxes.push(Box {
            end: None,
            ends: rest.len(),
            count: rest.iter().map(|(_, (_, count, _))| count).sum(),
            amount: rest.iter().map(|(_, (.., amount))| *amount).sum(),
        });
    }
    let places = ranked.iter().enumerate().map(|(place, (key, _))| (*key, place.min(shown))).collect();
    (boxes, places)
}
