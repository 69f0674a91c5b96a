//! 货币单位抽样: which payments to look at on site, so that every yuan has the same chance.
//!
//! A stratum is what one institution did of one kind. Its payments stand in one order, by run, number and row; a yuan in
//! each interval is hit, from a start that the archive's digest gives, so that nobody can choose it and everybody can
//! make it again. What is as large as the interval is always hit: those are the certainty items. So is what a finding
//! stands open about that must be looked at; it is taken besides and moves no hit.

use std::collections::{BTreeMap, BTreeSet};

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

/// What is drawn from, and how.
#[derive(Debug)]
pub struct Draw<'d> {
    pub span: Span,
    pub populations: BTreeMap<&'d Stratum, &'d Population>,
    /// About how many payments are taken of each stratum.
    pub size: u32,
    pub seed: &'d str,
    pub facts: &'d Facts,
    /// Why a payment must be looked at: by a row of any party of it, as evidence names it, or by flow and number.
    pub must: BTreeMap<(Option<Flow>, &'d str), BTreeSet<String>>,
}

/// A payment of a population, where it stands in the order of the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The place of its plan.
    pub plan: usize,
    pub key: String,
    pub on: NaiveDate,
    pub amount: Money,
    /// What the stratum comes to with this payment.
    pub upto: Money,
    /// The first yuan of it that is hit, counted in fen from the first of the stratum.
    pub hit: Option<i64>,
    /// Why it must be looked at, whether or not it is hit; empty where nothing says so.
    pub because: String,
    pub row: String,
}

impl Member {
    pub fn is_drawn(&self) -> bool {
        self.hit.is_some() || !self.because.is_empty()
    }
}

/// A payment that is in the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampled {
    pub member: Member,
    /// The payer of a receipt, the payee of what was paid.
    pub name: String,
    pub account: String,
    pub treasury: String,
    /// Whether it is as large as the interval.
    pub is_large: bool,
}

impl Sampled {
    /// Whether no start could have left it out.
    pub fn is_certain(&self) -> bool {
        self.is_large || !self.member.because.is_empty()
    }
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

/// Takes the population of a run, in the order of the draw.
pub type Each<'e> = dyn FnMut(&[Plan], NaiveDate, &[Member]) -> anyhow::Result<()> + 'e;

/// The members of a run, and those of them that are drawn.
type OfRun = (Vec<Member>, Vec<Sampled>);

/// The sample of every stratum; run by run, `each` is given the whole population in the order of the draw, so that a
/// draw can be made again by hand.
pub fn draw(runs: &dyn Runs, draw: &Draw<'_>, each: &mut Each<'_>) -> anyhow::Result<Vec<Plan>> {
    let mut plans: Vec<Plan> =
        draw.populations.iter().map(|(stratum, of)| plan(stratum, of, draw.size, draw.seed)).collect();
    let last = runs.days().last().copied();
    let days: BTreeSet<NaiveDate> =
        draw.populations.values().flat_map(|of| of.runs.keys().copied()).collect();
    let days: Vec<NaiveDate> = days.into_iter().collect();
    // As many runs stand in memory as are worked on.
    for some in days.chunks(rayon::current_num_threads()) {
        let found: Vec<OfRun> = some
            .par_iter()
            .map(|&day| Ok(of_run(&runs.kept(day, draw.span, FIELDS)?, Some(day) == last, draw, &plans)))
            .collect::<anyhow::Result<_>>()?;
        for (day, (members, sampled)) in some.iter().zip(found) {
            each(&plans, *day, &members)?;
            for sampled in sampled {
                plans[sampled.member.plan].items.push(sampled);
            }
        }
    }
    Ok(plans)
}

/// The members of a run, stratum by stratum in the order of the draw, and those that are drawn.
fn of_run(kept: &Kept, is_last: bool, draw: &Draw<'_>, plans: &[Plan]) -> OfRun {
    let mut by_stratum: BTreeMap<Stratum, Vec<(EntryId, Money)>> = BTreeMap::new();
    for (stratum, id, amount) in members(kept, draw.span, is_last, draw.facts) {
        by_stratum.entry(stratum).or_default().push((id, amount));
    }
    // A voucher that is evidence stands for the payment it orders.
    let mut of_case: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    let rows = draw.must.keys().filter(|(flow, _)| flow.is_none());
    let files: BTreeSet<&str> = rows.filter_map(|(_, row)| Some(row.rsplit_once('#')?.0)).collect();
    for id in kept.book.ids().filter(|id| files.contains(kept.book.entry(*id).file())) {
        let place = kept.book.entry(id).place();
        if let Some(because) = draw.must.get(&(None, place.as_str())) {
            of_case.entry(kept.row(id).case).or_default().extend(because.iter().cloned());
        }
    }
    let (mut all, mut drawn) = (Vec::new(), Vec::new());
    for (place, (plan, of)) in plans.iter().zip(draw.populations.values()).enumerate() {
        let Some(mut members) = by_stratum.remove(&plan.stratum) else { continue };
        members.sort_by_cached_key(|&(id, amount)| {
            let row = kept.book.entry(id);
            (group::number(row).to_owned(), amount, row.place())
        });
        let mut at: i64 = of.runs.range(..kept.run).map(|(_, (_, amount))| amount.fen()).sum();
        for (id, amount) in members {
            let from = at;
            at += amount.fen();
            let entry = kept.book.entry(id);
            let row = entry.place();
            let of_number = draw.must.get(&(Some(plan.stratum.flow), group::number(entry)));
            let mut because: BTreeSet<&str> = of_number.into_iter().flatten().map(String::as_str).collect();
            because.extend(of_case.get(&kept.row(id).case).into_iter().flatten().map(String::as_str));
            let because = because.into_iter().collect::<Vec<_>>().join("; ");
            let member = Member {
                plan: place,
                key: group::number(entry).to_owned(),
                on: group::own_date(entry).expect("a payment of the period has a day"),
                amount,
                upto: Money::from_fen(at),
                hit: plan.hit(from, at),
                because,
                row,
            };
            if member.is_drawn() {
                drawn.push(plan.sampled(entry, member.clone()));
            }
            all.push(member);
        }
    }
    (all, drawn)
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

    fn sampled(&self, row: Entry<'_>, member: Member) -> Sampled {
        let is_receipt = row.ledger() == Ledger::BankReceipts;
        let fields = if is_receipt {
            [Field::PayerName, Field::PayerAccount]
        } else {
            [Field::PayeeName, Field::PayeeAccount]
        };
        let [name, account] = fields.map(|field| row.text(field).to_owned());
        Sampled {
            name,
            account,
            treasury: row.text(Field::Treasury).to_owned(),
            is_large: member.amount >= self.interval,
            member,
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
