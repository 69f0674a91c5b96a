//! How much an account is like a transit account 过渡户, feature by feature, by what goes through it.
//!
//! What a register says of the account's nature counts for nothing. Of registers are taken its name, which accounts are the
//! treasury's or mandated, and which accounts take public money by law: these are not compared at all.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::facts::Facts;
use crate::domain::ledger::Party;
use crate::domain::money::Money;
use crate::rules::accounts::{transit_account, transit_behaviour};

use super::Balance;
use super::flows::{self, Counterparty, DayFlow, Dwell, Movement};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Of what came in, what went out again afterwards. What makes up for money that was paid out before is none of it.
    PassedOn,
    /// Of that, what went out on the day it came.
    SameDay,
    /// Of the days on which such money came in, those that ended with at most a fiftieth of the largest day's income.
    Emptied,
    /// How many others paid in: ten or more is full.
    Payers,
    /// Of what went out, what went to the treasury or a mandated account.
    ToTreasury,
    /// Whether it is named like a transit account or like who collects revenue.
    Named,
}

/// What an account shows of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub feature: Feature,
    /// 0 to 100; `None` where nothing is known of it.
    pub points: Option<u32>,
    /// What the points are of: a part, and the whole it is a part of. Sums are in fen.
    pub part: i64,
    pub whole: i64,
}

impl Feature {
    /// Whether its part and whole are sums of money.
    pub fn is_of_money(self) -> bool {
        matches!(self, Self::PassedOn | Self::SameDay | Self::ToTreasury)
    }
}

/// Why an account is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotCompared {
    /// Everybody pays to it by law.
    Public,
    NothingIn,
    NothingOut,
}

/// The likeness of an account that has money in and out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likeness {
    pub shown: Vec<Shown>,
}

impl Likeness {
    /// 0 to 100: the mean of the features of which something is known, each with the same weight.
    pub fn score(&self) -> u32 {
        let points: Vec<u32> = self.shown.iter().filter_map(|shown| shown.points).collect();
        let count = u32::try_from(points.len()).expect("six features");
        points.iter().sum::<u32>().checked_div(count).unwrap_or(0)
    }
}

/// So many payers are as many as it takes.
const PAYERS: i64 = 10;

/// A day ends empty with at most this part of the largest day's income.
const EMPTY_PART: i64 = 50;

pub(super) fn of_account(
    account: &str,
    movements: &[Movement],
    days: &[DayFlow],
    dwell: Option<&Dwell>,
    counterparties: &[Counterparty],
    balances: &[Balance],
    facts: &Facts,
) -> Result<Likeness, NotCompared> {
    let income: Money = days.iter().map(|day| day.money_in).sum();
    let outgo: Money = days.iter().map(|day| day.money_out).sum();
    if flows::is_public(account, facts) {
        return Err(NotCompared::Public);
    }
    let dwell =
        dwell.ok_or(if income == Money::ZERO { NotCompared::NothingIn } else { NotCompared::NothingOut })?;
    let onward: Money = counterparties
        .iter()
        .filter(|of| {
            flows::is_public(&of.end.code, facts)
                || transit_behaviour::is_onward(facts, &of.end.code, &of.end.name)
        })
        .map(|of| of.money_out)
        .sum();
    let payers = counterparties.iter().filter(|of| of.count_in > 0).count();
    let payers = i64::try_from(payers).expect("fewer than rows").min(PAYERS);
    let largest = days.iter().map(|day| day.money_in).max().unwrap_or_default();
    let closings: BTreeMap<NaiveDate, Money> =
        balances.iter().filter(|of| dwell.came_on.contains(&of.on)).map(|of| (of.on, of.closing)).collect();
    let is_empty =
        |closing: &&Money| i128::from(closing.fen()) * i128::from(EMPTY_PART) <= i128::from(largest.fen());
    let emptied = i64::try_from(closings.values().filter(is_empty).count()).expect("fewer than rows");
    let named = is_named(account, movements, facts);
    let shares = [
        (Feature::PassedOn, dwell.passed.fen(), income.fen()),
        (Feature::SameDay, dwell.same_day.fen(), dwell.passed.fen()),
        (Feature::Emptied, emptied, i64::try_from(closings.len()).expect("fewer than rows")),
        (Feature::Payers, payers, PAYERS),
        (Feature::ToTreasury, onward.fen(), outgo.fen()),
        (Feature::Named, i64::from(named == Some(true)), i64::from(named.is_some())),
    ];
    let shown =
        shares.map(|(feature, part, whole)| Shown { feature, points: points(part, whole), part, whole });
    Ok(Likeness { shown: shown.to_vec() })
}

fn points(part: i64, whole: i64) -> Option<u32> {
    let whole = i128::from(whole);
    (whole > 0).then(|| u32::try_from((i128::from(part) * 100 / whole).clamp(0, 100)).expect("at most 100"))
}

/// `None` where nobody says its name.
fn is_named(account: &str, movements: &[Movement], facts: &Facts) -> Option<bool> {
    let ends = movements.iter().flat_map(|of| [&of.from, &of.to]).filter(|end| end.code == account);
    let registered = facts.accounts.as_ref().and_then(|register| register.get(account));
    let names: BTreeSet<&str> = ends
        .map(|end| end.name.as_str())
        .chain(registered.map(|known| known.holder_name.as_str()))
        .filter(|name| !name.is_empty())
        .collect();
    let collects = |name: &str| {
        let mut known = facts.institutions.iter().flat_map(BTreeMap::values);
        known.any(|of| {
            (of.collects || of.party == Party::Tax) && !of.name.is_empty() && name.contains(&of.name)
        })
    };
    let is_like = |name: &&str| transit_account::is_suspicious(facts, name) || collects(name);
    (!names.is_empty()).then(|| names.iter().any(is_like))
}
