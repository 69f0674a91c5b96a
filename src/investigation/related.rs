//! Accounts that may belong together: by holder, by name, by whom they deal with, by what passes through on one day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::facts::Facts;
use crate::domain::money::Money;
use crate::domain::name;

use super::flows::{Counterparty, Movement, is_public, movements};
use super::{ACCOUNTS, Material, Window};

/// Why an account is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// 同一持有人
    SameHolder,
    /// 户名相近
    SimilarName,
    /// Counterparties both deal with.
    SharedCounterparties(Vec<String>),
    /// The same amount came from one and went to the other on one day 同日同额过账.
    Relay { other: String, on: NaiveDate, amount: Money },
}

/// An account that is near.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    pub account: String,
    pub name: String,
    pub why: Vec<Why>,
}

/// Counterparties in common that are needed to speak of it.
const SHARED_MIN: usize = 2;

/// Every account that is near, those for most reasons first.
pub fn related(
    own: &BTreeSet<String>,
    of_own: &[Movement],
    counterparties: &[Counterparty],
    neighbours: &Material,
    facts: &Facts,
) -> Vec<Related> {
    let mut found: BTreeMap<String, BTreeSet<Why>> = BTreeMap::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |account: &str, why: Why| {
        if !account.is_empty() && !own.contains(account) && !is_public(account, facts) {
            found.entry(account.to_owned()).or_default().insert(why);
        }
    };
    let register = || facts.accounts.iter().flatten();
    let held: Vec<_> =
        register().filter(|(account, _)| own.contains(*account)).map(|(_, known)| known).collect();
    for (account, known) in register() {
        if held.iter().any(|own| !own.holder_id.is_empty() && own.holder_id == known.holder_id) {
            add(account, Why::SameHolder);
        } else if held.iter().any(|own| is_alike(&own.holder_name, &known.holder_name)) {
            add(account, Why::SimilarName);
        }
    }
    let own_names: BTreeSet<&str> = held
        .iter()
        .map(|own| own.holder_name.as_str())
        .chain(
            of_own
                .iter()
                .flat_map(|of| [&of.from, &of.to])
                .filter(|end| own.contains(&end.code))
                .map(|end| end.name.as_str()),
        )
        .collect();
    for party in counterparties {
        if own_names.iter().any(|own| is_alike(own, &party.end.name)) {
            add(&party.end.code, Why::SimilarName);
        }
    }
    for (from, to, on, amount) in relays(of_own, own) {
        add(from, Why::Relay { other: to.to_owned(), on, amount });
        add(to, Why::Relay { other: from.to_owned(), on, amount });
    }
    for (account, shared) in shared(own, counterparties, neighbours, facts) {
        add(&account, Why::SharedCounterparties(shared));
    }
    for end in
        of_own.iter().flat_map(|movement| [&movement.from, &movement.to]).filter(|end| !end.name.is_empty())
    {
        names.entry(end.code.clone()).or_insert_with(|| end.name.clone());
    }
    for (account, known) in register() {
        names.insert(account.clone(), known.holder_name.clone());
    }
    let mut related: Vec<Related> = found
        .into_iter()
        .map(|(account, why)| {
            let name = names.get(&account).cloned().unwrap_or_default();
            Related { account, name, why: why.into_iter().collect() }
        })
        .collect();
    let kinds = |of: &Related| {
        of.why.iter().map(std::mem::discriminant).collect::<std::collections::HashSet<_>>().len()
    };
    related.sort_by_key(|of| (std::cmp::Reverse(kinds(of)), of.account.clone()));
    related
}

fn is_alike(a: &str, b: &str) -> bool {
    !a.is_empty() && !b.is_empty() && name::is_alike(a, b)
}

/// What came in from one account and went on to another on the same day in the same amount: only where one movement each
/// has that amount, so that nothing is picked.
fn relays<'m>(of_own: &'m [Movement], own: &BTreeSet<String>) -> Vec<(&'m str, &'m str, NaiveDate, Money)> {
    type Both<'m> = (Vec<&'m str>, Vec<&'m str>);
    let mut sums: BTreeMap<(NaiveDate, Money), Both<'m>> = BTreeMap::new();
    for movement in of_own {
        let both = sums.entry((movement.on, movement.amount)).or_default();
        match (own.contains(&movement.from.code), own.contains(&movement.to.code)) {
            (false, true) => both.0.push(&movement.from.code),
            (true, false) => both.1.push(&movement.to.code),
            _ => {}
        }
    }
    let one = |((on, amount), (from, to)): ((NaiveDate, Money), Both<'m>)| {
        let ([from], [to]) = (&from[..], &to[..]) else { return None };
        (from != to).then_some((*from, *to, on, amount))
    };
    sums.into_iter().filter_map(one).collect()
}

/// Accounts that deal with several of the same counterparties, and with which.
fn shared(
    own: &BTreeSet<String>,
    counterparties: &[Counterparty],
    neighbours: &Material,
    facts: &Facts,
) -> BTreeMap<String, Vec<String>> {
    let known: BTreeSet<&str> = counterparties
        .iter()
        .map(|of| of.end.code.as_str())
        .filter(|code| !code.is_empty() && !is_public(code, facts))
        .collect();
    let named: BTreeSet<String> = neighbours
        .book
        .entries()
        .flat_map(|row| ACCOUNTS.map(|field| row.text(field)))
        .filter(|account| known.contains(account))
        .map(str::to_owned)
        .collect();
    let mut shared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for movement in movements(neighbours, &named, Window::default()) {
        let (from, to) = (movement.from.code, movement.to.code);
        for (near, other) in [(&from, &to), (&to, &from)] {
            if known.contains(near.as_str()) && !own.contains(other) && near != other {
                shared.entry(other.clone()).or_default().insert(near.clone());
            }
        }
    }
    shared
        .into_iter()
        .filter(|(_, with)| with.len() >= SHARED_MIN)
        .map(|(account, with)| (account, with.into_iter().collect()))
        .collect()
}
