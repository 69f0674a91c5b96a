//! The ordinary flow: slips are billed, paid, remitted, cleared and booked as the law wants it.

use super::calendar::{self, clock, working_from};
use super::publish::World;
use super::rng::Rng;
use super::world::{self, BANKS, FIRST_NON_TAX, FIRST_RARE, ISSUERS, Kind, Payment, Slip};
use super::{BookFile, LEAN_FROM};
use super::{payouts, refunds, registers, sums};
use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use std::collections::BTreeMap;

/// What the flow may do. A next-day remittance is lawful, and told as `info`: a clean book has none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    /// Of a hundred receipts, how many are remitted on the next working day.
    pub(super) next_day: u32,
    /// Everything is billed, paid and booked on its own day.
    pub(super) prompt: bool,
}

pub(super) fn clean(seed: u64, first: NaiveDate, days: u32, slips: u32) -> Vec<BookFile> {
    let mut rng = Rng::new(seed);
    let first = working_from(first);
    let days: Vec<_> = (0..days).map(|ahead| calendar::after(first, ahead)).collect();
    let payers = usize::try_from(slips / 10).expect("a count of slips").clamp(40, 20_000);
    let mut world = empty(&mut rng, days, payers, slips);
    let habits = Habits { next_day: 0, prompt: world.days.len() == 1 };
    let days = world.days.clone();
    ordinary(&mut rng, &mut world, &days, slips, 0, habits);
    if !world.lean {
        other_flows(&mut rng, &mut world, &days, slips);
        sums::add(&mut world, *days.last().unwrap_or(&first));
    }
    let mut files = world.reference();
    files.extend(world.inbox());
    files
}

pub(super) fn empty(rng: &mut Rng, days: Vec<NaiveDate>, payers: usize, slips: u32) -> World {
    World {
        payers: world::payers(rng, payers),
        accounts: world::mandated_accounts(),
        payments: Vec::new(),
        records: Vec::new(),
        tables: registers::tables(&days, slips),
        extras: Vec::new(),
        mishaps: BTreeMap::new(),
        phantoms: BTreeMap::new(),
        silent: Vec::new(),
        tardy: Vec::new(),
        days,
        lean: slips >= LEAN_FROM,
    }
}

/// Refunds, payouts, corrections and redemptions in step with the revenue.
pub(super) fn other_flows(rng: &mut Rng, world: &mut World, days: &[NaiveDate], slips: u32) {
    payouts::ordinary(rng, world, days, 3 + slips / 20);
    refunds::ordinary(rng, world, days, 1 + slips / 50);
    world.records.extend(registers::redemptions(days));
}

/// The revenue of some of the world's days; slips are numbered from `serial` on.
pub(super) fn ordinary(
    rng: &mut Rng,
    world: &mut World,
    days: &[NaiveDate],
    slips: u32,
    mut serial: u64,
    habits: Habits,
) {
    let Some((first, last)) = days.first().copied().zip(world.days.last().copied()) else { return };
    let mut since = first;
    for &day in days {
        let days_off: Vec<_> = since.iter_days().take_while(|off| *off < day).collect();
        since = calendar::tomorrow(day);
        world.payments.reserve(slips as usize);
        for _ in 0..slips {
            serial += 1;
            let chance = rng.below(100);
            let billed =
                if chance < 6 && !days_off.is_empty() { days_off[rng.index(days_off.len())] } else { day };
            let slip = issue(rng, world.payers.len(), serial, billed, last);
            world.payments.push(pay(rng, &slip, last, habits));
        }
    }
}

pub(super) fn issue(rng: &mut Rng, payers: usize, serial: u64, billed: NaiveDate, last: NaiveDate) -> Slip {
    let issuer = [0, 0, 1, 1, 1, 2, 2, 3, 4][rng.index(9)];
    let subject = match ISSUERS[issuer].kind {
        Kind::Tax => rng.index(FIRST_NON_TAX),
        Kind::Collector => FIRST_NON_TAX + rng.index(FIRST_RARE - FIRST_NON_TAX),
    };
    let yuan_max = [500, 8_000, 8_000, 90_000, 90_000, 1_500_000][rng.index(6)];
    let fen = i64::from(rng.below(yuan_max)) * 100 + i64::from(rng.below(100)) + 1;
    let due = (!rng.percent(10)).then(|| fifteenth_after(last));
    make(issuer, subject, rng.index(payers), fen, serial, billed, due)
}

/// The slip with the number its issuer gives it: kind, region, issuer, month and serial.
pub(super) fn make(
    issuer: usize,
    subject: usize,
    payer: usize,
    fen: i64,
    serial: u64,
    billed: NaiveDate,
    due: Option<NaiveDate>,
) -> Slip {
    let kind = if ISSUERS[issuer].kind == Kind::Tax { 32_901 } else { 92_901 };
    let month = u64::from(billed.year().unsigned_abs() % 100) * 100 + u64::from(billed.month());
    let number = ((kind * 10 + issuer as u64) * 10_000 + month) * 100_000_000 + serial;
    let treasury = ISSUERS[issuer].treasury;
    Slip {
        number,
        issuer,
        treasury,
        payer,
        subject,
        level: world::level_of(subject, treasury),
        fen,
        billed,
        due,
    }
}

fn pay(rng: &mut Rng, slip: &Slip, last: NaiveDate, habits: Habits) -> Payment {
    let bank = rng.index(BANKS.len());
    let early = clock(8, 30) + chrono::TimeDelta::seconds(i64::from(rng.below(23_000)));
    if habits.prompt {
        return with_cash(slip.paid(
            bank,
            slip.billed.and_time(early),
            Some(slip.billed.and_time(clock(15, 30))),
        ));
    }
    let chance = rng.below(100);
    if chance < 4 {
        return slip.unpaid();
    }
    let waits = if chance < 16 { 1 + rng.below(5) } else { 0 };
    let day = if waits == 0 { slip.billed } else { calendar::after(slip.billed, waits) };
    if day > last {
        return slip.unpaid();
    }
    let (time, remitted_at): (NaiveTime, NaiveTime) = match rng.below(100) {
        0..75 => (early, clock(15, 30)),
        75..93 => (clock(15, 0) + chrono::TimeDelta::seconds(i64::from(rng.below(7_200))), clock(17, 20)),
        _ => (clock(17, 1) + chrono::TimeDelta::seconds(i64::from(rng.below(9_000))), clock(15, 30)),
    };
    let received = day.and_time(time);
    let base = calendar::base_day(received);
    let weekend = !calendar::is_working(day);
    let remitted_at = if weekend { clock(15, 30) } else { remitted_at };
    // Evening money goes up on its own base day, so that a receipt is never two days on its way.
    let next_day = rng.percent(habits.next_day) && (weekend || base == day);
    let remitted = if next_day {
        calendar::next_working(base).and_time(clock(10, 15))
    } else {
        base.and_time(remitted_at)
    };
    with_cash(slip.paid(bank, received, Some(remitted)))
}

fn with_cash(mut payment: Payment) -> Payment {
    if let Some((_, receipt)) = &mut payment.receipt {
        receipt.cash = receipt.fen < 20_000 && receipt.fen % 3 == 0;
    }
    payment
}

/// Slips left unpaid fall due after the book has ended.
pub(super) fn fifteenth_after(last: NaiveDate) -> NaiveDate {
    let ahead = last.checked_add_days(Days::new(20)).expect("books end long before the calendar does");
    ahead.iter_days().find(|day| day.day() == 15).expect("every month has a fifteenth")
}
