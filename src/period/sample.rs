//! 货币单位抽样: which payments to look at on site, so that every yuan has the same chance.
//!
//! A stratum is what one institution did of one kind. Its payments stand in one order, by run, number and row; a yuan in
//! each interval is hit, from a start that the archive's digest gives, so that nobody can choose it and everybody can
//! make it again. What is as large as the interval is always hit: those are the certainty items.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::domain::entry::{Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::money::Money;
use crate::matching::Group;
use crate::matching::group::{self, Role};
use crate::pipeline::telling::row_name;
use crate::rules::payment::Payment;

use super::{Kept, Runs, Span};

/// The columns a sample needs, besides those that say which payments there are.
pub const FIELDS: &[Field] = &[
    Field::SlipNo,
    Field::VoucherNo,
    Field::Bank,
    Field::Treasury,
    Field::Amount,
    Field::PayMode,
    Field::ReceivedAt,
    Field::BookedOn,
    Field::PaidOn,
    Field::PayerName,
    Field::PayerAccount,
    Field::PayeeName,
    Field::PayeeAccount,
];

/// What is sampled, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stratum {
    /// Revenue: receipts of a bank. Refunds: what a treasury paid back. Payouts: what a treasury, or an agent bank, paid.
    pub flow: Flow,
    pub institution: String,
}

/// How many payments and yuan a stratum has, by run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Population {
    pub runs: BTreeMap<NaiveDate, (u64, Money)>,
}

impl Population {
    pub fn count(&self) -> u64 {
        self.runs.values().map(|(count, _)| count).sum()
    }

    pub fn amount(&self) -> Money {
        self.runs.values().map(|(_, amount)| *amount).sum()
    }
}

/// A payment that is in the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampled {
    pub key: String,
    pub on: NaiveDate,
    pub amount: Money,
    /// The payer of a receipt, the payee of what was paid.
    pub name: String,
    pub account: String,
    pub treasury: String,
    pub is_certain: bool,
    /// The yuan that was hit, counted in fen from the first of the stratum.
    pub hit: i64,
    pub row: String,
}

/// What is sampled of a stratum, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub stratum: Stratum,
    pub count: u64,
    pub amount: Money,
    pub seed: String,
    pub interval: Money,
    /// The first yuan that is hit, in fen from one.
    pub start: i64,
    pub items: Vec<Sampled>,
}

/// The payments of a run that are sampled from, each with its stratum and amount; nothing that is not above zero.
pub(super) fn members(
    kept: &Kept,
    span: Span,
    is_last: bool,
    facts: &Facts,
) -> Vec<(Stratum, EntryId, Money)> {
    let mut members = Vec::new();
    let book = &kept.book;
    let mut push = |flow: Flow, field: Field, row: Entry<'_>| {
        let amount = row.money(Field::Amount).unwrap_or_default();
        if amount > Money::ZERO {
            let institution = row.text(field).to_owned();
            members.push((Stratum { flow, institution }, row.id(), amount));
        }
    };
    let booked = |row: &Entry<'_>| row.date(Field::BookedOn).is_some_and(|on| span.contains(on));
    for ids in kept.cases(is_last) {
        match book.entry(ids[0]).ledger().flow() {
            Flow::Account => continue,
            Flow::Revenue if group::role(book.entry(ids[0]).ledger()).is_none() => continue,
            _ => {}
        }
        let payment = Payment::of(Group::new(book, &ids));
        match payment.flow {
            Flow::Revenue => {
                for &row in &payment.bank {
                    let base = row.moment(Field::ReceivedAt).and_then(|at| facts.base_day(at));
                    if base.is_some_and(|base| span.contains(base)) {
                        push(Flow::Revenue, Field::Bank, row);
                    }
                }
            }
            Flow::Refund => {
                for &row in payment.treasury.iter().filter(|row| booked(row)) {
                    push(Flow::Refund, Field::Treasury, row);
                }
            }
            Flow::Disbursement => {
                let by_agent = payment.chain()[1] == Role::Bank;
                let paid = |row: &&Entry<'_>| row.date(Field::PaidOn).is_some_and(|on| span.contains(on));
                for &row in payment.bank.iter().filter(|row| by_agent && paid(row)) {
                    push(Flow::Disbursement, Field::Bank, row);
                }
                for &row in payment.treasury.iter().filter(|row| !by_agent && booked(row)) {
                    push(Flow::Disbursement, Field::Treasury, row);
                }
            }
            Flow::Correction | Flow::Account => {}
        }
    }
    members
}

/// The sample of every stratum: about `size` payments of each, fewer where there are fewer.
pub fn draw(
    runs: &dyn Runs,
    span: Span,
    populations: &BTreeMap<Stratum, Population>,
    size: u32,
    seed: &str,
    facts: &Facts,
) -> anyhow::Result<Vec<Plan>> {
    let mut plans: Vec<Plan> =
        populations.iter().map(|(stratum, of)| plan(stratum, of, size, seed)).collect();
    let last = runs.days().last().copied();
    let mut days: Vec<NaiveDate> = populations.values().flat_map(|of| of.runs.keys().copied()).collect();
    days.sort_unstable();
    days.dedup();
    // Only runs in which a hit lies are read again.
    let wanted: Vec<NaiveDate> = days
        .into_iter()
        .filter(|day| plans.iter().zip(populations.values()).any(|(plan, of)| plan.hits_run(of, *day)))
        .collect();
    let found: Vec<Vec<(usize, Sampled)>> = wanted
        .par_iter()
        .map(|&day| {
            let kept = runs.kept(day, span, FIELDS)?;
            let mut by_stratum: BTreeMap<Stratum, Vec<(EntryId, Money)>> = BTreeMap::new();
            for (stratum, id, amount) in members(&kept, span, Some(day) == last, facts) {
                by_stratum.entry(stratum).or_default().push((id, amount));
            }
            let mut found = Vec::new();
            for (place, (plan, (stratum, of))) in plans.iter().zip(populations).enumerate() {
                let Some(mut members) = by_stratum.remove(stratum) else { continue };
                members.sort_by_cached_key(|&(id, amount)| {
                    let row = kept.book.entry(id);
                    (group::number(row).to_owned(), amount, row_name(row))
                });
                let mut at: i64 = of.runs.range(..day).map(|(_, (_, amount))| amount.fen()).sum();
                for (id, amount) in members {
                    let end = at + amount.fen();
                    if let Some(hit) = plan.hit(at, end) {
                        found.push((place, plan.sampled(kept.book.entry(id), amount, hit)));
                    }
                    at = end;
                }
            }
            anyhow::Ok(found)
        })
        .collect::<anyhow::Result<_>>()?;
    for (place, sampled) in found.into_iter().flatten() {
        plans[place].items.push(sampled);
    }
    for plan in &mut plans {
        plan.items.sort_by_key(|item| item.hit);
    }
    Ok(plans)
}

fn plan(stratum: &Stratum, of: &Population, size: u32, seed: &str) -> Plan {
    let amount = of.amount();
    let interval = (amount.fen() / i64::from(size.max(1))).max(1);
    let seed = format!("{seed}/{}/{}", stratum.flow.id(), stratum.institution);
    let digest = Sha256::digest(seed.as_bytes());
    let number = u64::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"));
    let interval_of = u64::try_from(interval).expect("above zero");
    let start = 1 + i64::try_from(number % interval_of).expect("below the interval");
    Plan {
        stratum: stratum.clone(),
        count: of.count(),
        amount,
        seed,
        interval: Money::from_fen(interval),
        start,
        items: Vec::new(),
    }
}

impl Plan {
    /// The first hit among the fen behind `from`, up to `to`.
    fn hit(&self, from: i64, to: i64) -> Option<i64> {
        let interval = self.interval.fen();
        let steps = if from < self.start { 0 } else { (from - self.start) / interval + 1 };
        let hit = self.start + steps * interval;
        (hit <= to).then_some(hit)
    }

    fn hits_run(&self, of: &Population, day: NaiveDate) -> bool {
        let from: i64 = of.runs.range(..day).map(|(_, (_, amount))| amount.fen()).sum();
        let Some((_, amount)) = of.runs.get(&day) else { return false };
        self.hit(from, from + amount.fen()).is_some()
    }

    fn sampled(&self, row: Entry<'_>, amount: Money, hit: i64) -> Sampled {
        let is_receipt = row.ledger() == Ledger::BankReceipts;
        let fields = if is_receipt {
            [Field::PayerName, Field::PayerAccount]
        } else {
            [Field::PayeeName, Field::PayeeAccount]
        };
        let [name, account] = fields.map(|field| row.text(field).to_owned());
        Sampled {
            key: group::number(row).to_owned(),
            on: group::own_date(row).expect("a payment of the period has a day"),
            amount,
            name,
            account,
            treasury: row.text(Field::Treasury).to_owned(),
            is_certain: amount >= self.interval,
            hit,
            row: row_name(row),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_of(interval: i64, start: i64) -> Plan {
        Plan {
            stratum: Stratum { flow: Flow::Revenue, institution: "102".to_owned() },
            count: 0,
            amount: Money::ZERO,
            seed: String::new(),
            interval: Money::from_fen(interval),
            start,
            items: Vec::new(),
        }
    }

    #[test]
    fn every_interval_is_hit_once() {
        let plan = plan_of(10, 4);
        assert_eq!(plan.hit(0, 3), None);
        assert_eq!(plan.hit(3, 4), Some(4));
        assert_eq!(plan.hit(4, 13), None);
        assert_eq!(plan.hit(4, 14), Some(14));
        assert_eq!(plan.hit(13, 60), Some(14));
    }

    proptest::proptest! {
        #[test]
        fn what_is_as_large_as_the_interval_is_certain(
            sizes in proptest::collection::vec(1_i64..500, 1..60), interval in 1_i64..200, start in 0_i64..200,
        ) {
            let plan = plan_of(interval, 1 + start % interval);
            let (mut at, mut hits) = (0, 0);
            for size in sizes {
                let hit = plan.hit(at, at + size);
                proptest::prop_assert!(size < interval || hit.is_some());
                proptest::prop_assert!(hit.is_none_or(|hit| hit > at && hit <= at + size));
                hits += i64::from(hit.is_some());
                at += size;
            }
            proptest::prop_assert!(hits <= at / interval + 1);
        }
    }

    #[test]
    fn the_start_lies_in_the_first_interval() {
        let mut of = Population::default();
        of.runs.insert("2026-03-02".parse().expect("a day"), (3, Money::from_fen(100_000)));
        let stratum = Stratum { flow: Flow::Revenue, institution: "102".to_owned() };
        let plan = plan(&stratum, &of, 60, "digest");
        assert_eq!(plan.interval, Money::from_fen(1_666));
        assert!((1..=1_666).contains(&plan.start));
        assert_eq!(plan, super::plan(&stratum, &of, 60, "digest"));
        assert_ne!(plan.start, super::plan(&stratum, &of, 60, "another").start);
    }
}
