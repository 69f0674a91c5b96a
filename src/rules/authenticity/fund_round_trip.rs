//! 资金空转: what the treasury pays out comes back within days as revenue, straight or through other accounts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};

use crate::domain::entry::{Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::domain::name;
use crate::rules::accounts::transit_behaviour;
use crate::rules::disbursements::Voucher;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::running::{self, Counter};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

use super::PART;

pub static RULE: Rule = Rule {
    id: "fund-round-trip",
    title: Title { zh: "拨款回流为收入线索", en: "Payout that comes back as revenue" },
    basis: law::BY_PLAN,
    kind: Kind::Lead,
    severity: Severity::Lead,
    page: include_str!("fund_round_trip.md"),
    stays: Stays::Once,
    needs: &[
        Need::Reads(Ledger::FinanceDisbursements),
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
        Need::Reads(Ledger::BankStatements),
    ],
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

/// Large payouts, by voucher, account and name of the payee.
pub static LARGE_PAYOUTS: Counter = Counter {
    id: "large-payouts",
    ledgers: &[Ledger::FinanceDisbursements],
    of: |voucher, key| {
        let amount = voucher.money(Field::Amount).filter(|_| super::is_large(voucher))?;
        let [number, account, name] =
            [Field::VoucherNo, Field::PayeeAccount, Field::PayeeName].map(|field| voucher.text(field));
        key.extend([number, PART, account, PART, name]);
        Some((voucher.date(Field::VoucherDate)?, amount))
    },
    keep_days: 60,
};

/// Money that left the treasury.
#[derive(Clone, Copy, Debug)]
struct Payout<'d> {
    number: &'d str,
    account: &'d str,
    name: &'d str,
    on: NaiveDate,
    /// The last day on which it is looked for.
    until: NaiveDate,
    amount: Money,
    /// `None` for one that is settled.
    voucher: Option<&'d Voucher<'d>>,
}

/// A slip that was paid.
#[derive(Clone, Debug)]
struct Slip {
    account: String,
    name: String,
    number: String,
    on: NaiveDate,
    amount: Money,
    rows: Vec<EntryId>,
}

/// An account that some of the money reached.
#[derive(Clone, Debug)]
struct Reached<'d> {
    account: &'d str,
    hops: u32,
    /// What came when and through which of those reached before it; of the payee the payout itself.
    arrivals: Vec<Arrival>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    on: NaiveDate,
    amount: Money,
    from: Option<usize>,
}

impl Reached<'_> {
    /// The day the first of the money came.
    fn since(&self) -> NaiveDate {
        self.arrivals.iter().map(|of| of.on).min().expect("reached by something")
    }

    fn received_by(&self, day: NaiveDate) -> Money {
        self.arrivals.iter().filter(|of| of.on <= day).map(|of| of.amount).sum()
    }
}

/// Accounts the money reached, in the order in which it did.
#[derive(Debug)]
struct Search<'d> {
    reached: Vec<Reached<'d>>,
    /// Whether it ended before all transfers were followed.
    is_cut: bool,
}

/// Revenue that came back, from an account that was reached.
#[derive(Debug)]
struct Back {
    from: usize,
    on: NaiveDate,
    amount: Money,
    /// The numbers of its slips; none where the statement alone shows it.
    slips: Vec<String>,
    rows: Vec<EntryId>,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let vouchers = &day.vouchers;
    let payouts = payouts(day, vouchers);
    let searches: Vec<Search<'_>> = payouts.iter().map(|payout| search(day, payout)).collect();
    let accounts: BTreeSet<&str> =
        searches.iter().flat_map(|search| &search.reached).map(|reached| reached.account).collect();
    let names: BTreeSet<&str> = payouts.iter().map(|payout| payout.name).collect();
    let slips = if payouts.is_empty() { Vec::new() } else { slips(day, &accounts, &names) };
    let followed = payouts.iter().zip(&searches);
    followed.filter_map(|(payout, search)| of_payout(day, payout, search, &slips)).collect()
}

/// Large payouts whose money could still be on its way.
fn payouts<'d>(day: &'d Day<'_>, vouchers: &'d [Voucher<'d>]) -> Vec<Payout<'d>> {
    let facts = day.facts;
    let fresh = |payout: Payout<'d>| {
        let is_large =
            payout.amount >= facts.settings.large_threshold && super::is_large_amount(payout.amount);
        let until = until(day, payout.on)?;
        // Rows of its last days may still come.
        let is_fresh = until.checked_add_days(Days::new(10))? >= facts.as_of;
        // Money between the treasury's own accounts turns in no circle.
        let known = facts.accounts.as_ref().and_then(|register| register.get(payout.account));
        let is_own =
            known.is_some_and(|known| matches!(known.nature.as_str(), "treasury" | "pending_receipts"));
        (is_large && is_fresh && !is_own).then_some(Payout { until, ..payout })
    };
    let at_hand = vouchers.iter().map(|voucher| Payout {
        number: voucher.text(Field::VoucherNo),
        account: voucher.text(Field::PayeeAccount),
        name: voucher.text(Field::PayeeName),
        on: voucher.on,
        until: voucher.on,
        amount: voucher.amount,
        voucher: Some(voucher),
    });
    let of_counter = running::of_counter(&day.running.settled, &LARGE_PAYOUTS);
    let settled = of_counter.map(|(key, on, share)| {
        let mut parts = key.split(PART);
        let [number, account, name] = [(); 3].map(|()| parts.next().unwrap_or(""));
        Payout { number, account, name, on, until: on, amount: share.amount, voucher: None }
    });
    settled.chain(at_hand).filter_map(fresh).collect()
}

/// The last day on which money paid out on a day is looked for: a report at the end of a quarter takes longer.
fn until(day: &Day<'_>, on: NaiveDate) -> Option<NaiveDate> {
    let settings = &day.facts.settings;
    if on.month().is_multiple_of(3) {
        return on.checked_add_days(Days::new(u64::from(settings.roundtrip_quarter_end_days)));
    }
    day.facts.calendar.add_working(on, settings.roundtrip_wd)
}

/// Follows the money through the statements of accounts, the shortest way first: in order of time, and never more out of
/// an account than had come in by then. What meets again in an account goes on together.
fn search<'d>(day: &'d Day<'_>, payout: &Payout<'d>) -> Search<'d> {
    let settings = &day.facts.settings;
    let arrival = Arrival { on: payout.on, amount: payout.amount, from: None };
    let first = Reached { account: payout.account, hops: 0, arrivals: vec![arrival] };
    let mut search = Search { reached: vec![first], is_cut: false };
    let mut places = BTreeMap::from([(payout.account, 0)]);
    // Accounts are followed in the order in which they were reached.
    let mut place = 0;
    while place < search.reached.len() {
        let at = search.reached[place].clone();
        place += 1;
        if at.account.is_empty() || at.hops >= settings.roundtrip_hops {
            continue;
        }
        let mut sent = Money::ZERO;
        for transfer in transit_behaviour::transfers(day, at.account) {
            let in_time = (at.since()..=payout.until).contains(&transfer.on);
            let known = places.get(transfer.to).copied();
            // An account that was followed already is followed no more.
            let is_done = known.is_some_and(|known| known < place);
            if !in_time || is_done || sent + transfer.amount > at.received_by(transfer.on) {
                continue;
            }
            if known.is_none() && search.reached.len() >= settings.roundtrip_accounts as usize {
                search.is_cut = true;
                return search;
            }
            sent += transfer.amount;
            let arrival = Arrival { on: transfer.on, amount: transfer.amount, from: Some(place - 1) };
            if let Some(known) = known {
                search.reached[known].arrivals.push(arrival);
            } else {
                places.insert(transfer.to, search.reached.len());
                let hops = at.hops + 1;
                search.reached.push(Reached { account: transfer.to, hops, arrivals: vec![arrival] });
            }
        }
    }
    search
}

/// Slips that these accounts paid, or somebody of these names.
fn slips(day: &Day<'_>, accounts: &BTreeSet<&str>, names: &BTreeSet<&str>) -> Vec<Slip> {
    let names: BTreeSet<_> = names.iter().map(|name| name::letters(name)).collect();
    let is_wanted = |account: &str, name: &str| {
        (!account.is_empty() && accounts.contains(account))
            || (!name.is_empty() && names.contains(&name::letters(name)))
    };
    let wanted = |slip: Entry<'_>| is_wanted(slip.text(Field::PayerAccount), super::owing(slip));
    let at_hand = super::revenue(day, &[Ledger::TaxReceipts, Ledger::FinanceReceipts], wanted);
    let at_hand = at_hand.filter_map(|payment| {
        let slip = payment.documents.first()?;
        let is_paid = !payment.bank.is_empty() || !payment.treasury.is_empty();
        is_paid.then_some(Slip {
            account: slip.text(Field::PayerAccount).to_owned(),
            name: super::owing(*slip).to_owned(),
            number: payment.key(),
            on: slip.date(Field::BilledOn)?,
            amount: slip.money(Field::Amount)?,
            rows: payment.evidence(),
        })
    });
    let settled = super::settled_slips(day).filter(|slip| is_wanted(slip.account, slip.name));
    let settled = settled.map(|slip| Slip {
        account: slip.account.to_owned(),
        name: slip.name.to_owned(),
        number: slip.number.to_owned(),
        on: slip.billed_on,
        amount: slip.amount,
        rows: Vec::new(),
    });
    let mut slips: Vec<Slip> = at_hand.chain(settled).collect();
    slips.sort_by(|a, b| (a.on, &a.number).cmp(&(b.on, &b.number)));
    slips
}

/// What came back from each account that was reached: by its slips, or by its own statement, whichever is more.
fn backs(day: &Day<'_>, payout: &Payout<'_>, search: &Search<'_>, slips: &[Slip]) -> Vec<Back> {
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut found = Vec::new();
    for (from, reached) in search.reached.iter().enumerate() {
        let since = reached.since();
        let is_in_time = |on: NaiveDate| (since..=payout.until).contains(&on);
        let is_its = |slip: &Slip| {
            let by_account = !reached.account.is_empty() && slip.account == reached.account;
            let by_name = from == 0 && !payout.name.is_empty() && name::is_same(&slip.name, payout.name);
            is_in_time(slip.on) && (by_account || by_name)
        };
        let own: Vec<usize> = (0..slips.len()).filter(|place| is_its(&slips[*place])).collect();
        let own: Vec<&Slip> =
            own.into_iter().filter(|place| used.insert(*place)).map(|place| &slips[place]).collect();
        let by_slips: Money = own.iter().map(|slip| slip.amount).sum();
        let by_statement: BTreeMap<NaiveDate, Money> = transit_behaviour::paid_on(day, reached.account);
        let by_statement: Vec<(NaiveDate, Money)> =
            by_statement.into_iter().filter(|(on, _)| is_in_time(*on)).collect();
        let stated: Money = by_statement.iter().map(|(_, amount)| *amount).sum();
        let days = own.iter().map(|slip| slip.on).chain(by_statement.iter().map(|(on, _)| *on));
        let Some(on) = days.max() else { continue };
        found.push(Back {
            from,
            on,
            amount: by_slips.max(stated),
            slips: own.iter().map(|slip| slip.number.clone()).collect(),
            rows: own.iter().flat_map(|slip| slip.rows.iter().copied()).collect(),
        });
    }
    found
}

fn of_payout(day: &Day<'_>, payout: &Payout<'_>, search: &Search<'_>, slips: &[Slip]) -> Option<Finding> {
    let settings = &day.facts.settings;
    let backs = backs(day, payout, search, slips);
    let sum: Money = backs.iter().map(|back| back.amount).sum();
    let is_circle = super::reaches(sum, payout.amount, settings.roundtrip_percent_min)
        && super::is_within(sum, payout.amount, settings.roundtrip_percent_max);
    if backs.is_empty() || !is_circle {
        return None;
    }
    let ways: Vec<Sentence> = backs.iter().map(|back| way(search, back)).collect();
    let zh: Vec<&str> = ways.iter().map(|way| way.zh.as_str()).collect();
    let en: Vec<&str> = ways.iter().map(|way| way.en.as_str()).collect();
    let Payout { number, account, name, on, until, amount, .. } = payout;
    let share = super::percent(sum, *amount);
    let mut because = Sentence {
        zh: format!(
            "凭证 {number} {on} 拨付“{name}”{amount} 元，至 {until} 有 {sum} 元（{share}%）又缴作收入：{}",
            zh.join("；")
        ),
        en: format!(
            "voucher {number} paid {name:?} {amount} yuan on {on}, and by {until} {sum} yuan ({share} %) had come back as \
             revenue: {}",
            en.join("; ")
        ),
    };
    if search.is_cut {
        let limit = settings.roundtrip_accounts;
        because.add(
            &format!("；资金去向只追查了前 {limit} 个账户"),
            &format!("; the money was followed to the first {limit} accounts alone"),
        );
    }
    because.add(
        "；拨款用于实际支出的合同、发票和缴款人自有资金的流水可予排除，拨款与缴款出于同一安排的，可予证实",
        "; contracts and invoices of what the payout was spent on, and income of the payer's own, clear it, payout and payment \
         that were arranged together confirm it",
    );
    let mut finding = match payout.voucher {
        Some(voucher) => voucher.payment.finding(&RULE, Deviant::Issuer, day.facts, because),
        None => Finding::of(&RULE, Party::Finance, (*number).to_owned(), because),
    };
    finding.flow = Flow::Disbursement;
    (*account).clone_into(&mut finding.account);
    finding.amount = Some(*amount);
    finding.event_on = Some(*on);
    finding.evidence.extend(backs.iter().flat_map(|back| &back.rows));
    finding.evidence.extend(transfer_rows(day, search, &backs));
    finding.evidence.sort_unstable();
    finding.evidence.dedup();
    Some(finding)
}

/// The places the money passed through on its way to where it came back from, the payee's first.
fn passed(search: &Search<'_>, back: &Back) -> BTreeSet<usize> {
    let mut places = BTreeSet::from([back.from]);
    let mut waiting = vec![back.from];
    while let Some(place) = waiting.pop() {
        let from = search.reached[place].arrivals.iter().filter_map(|of| of.from);
        waiting.extend(from.filter(|from| places.insert(*from)));
    }
    places
}

/// The way of the money, hop by hop; where it met again in an account, each transfer by itself.
fn way(search: &Search<'_>, back: &Back) -> Sentence {
    let places = passed(search, back);
    let met = places.iter().any(|place| search.reached[*place].arrivals.len() > 1);
    let mut steps: Vec<String> = Vec::new();
    for place in places {
        let Reached { account, arrivals, .. } = &search.reached[place];
        steps.extend(arrivals.iter().map(|Arrival { on, amount, from }| match from {
            Some(from) if met => format!("{} → {account} {amount} ({on})", search.reached[*from].account),
            _ => format!("{account} {amount} ({on})"),
        }));
    }
    let path = steps.join(if met { ", " } else { " → " });
    let numbers = back.slips.join(" ");
    let Back { amount, on, .. } = back;
    if numbers.is_empty() {
        return Sentence {
            zh: format!("{path} → 缴款 {amount}（{on}，据账户明细）"),
            en: format!("{path} → paid in {amount} ({on}, by the statement)"),
        };
    }
    Sentence {
        zh: format!("{path} → 缴款 {amount}（{on}，缴款书 {numbers}）"),
        en: format!("{path} → paid in {amount} ({on}, slips {numbers})"),
    }
}

/// The rows of statements at hand that show the transfers.
fn transfer_rows(day: &Day<'_>, search: &Search<'_>, backs: &[Back]) -> Vec<EntryId> {
    let places: BTreeSet<usize> = backs.iter().flat_map(|back| passed(search, back)).collect();
    let mut transfers: BTreeSet<(&str, &str, NaiveDate)> = BTreeSet::new();
    for place in places {
        let to = &search.reached[place];
        let from = to.arrivals.iter().filter_map(|of| Some((search.reached[of.from?].account, of.on)));
        transfers.extend(from.map(|(from, on)| (from, to.account, on)));
    }
    let is_shown = |row: Entry<'_>| {
        let (from, to) = (row.text(Field::Account), row.text(Field::CounterpartyAccount));
        row.text(Field::Direction) == "debit"
            && row.date(Field::Date).is_some_and(|on| transfers.contains(&(from, to, on)))
    };
    day.statements.iter().copied().filter(|id| is_shown(day.book.entry(*id))).collect()
}
