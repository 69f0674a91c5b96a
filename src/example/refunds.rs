//! Refunds 退库 and corrections 更正 of slips that were paid.

use super::calendar::{self, next_working};
use super::publish::{World, yuan};
use super::record::Record;
use super::registers;
use super::rng::Rng;
use super::world::{BANKS, FINANCE_BUREAU, ISSUERS, Kind, Payer, SUBJECTS, Slip, TREASURIES};
use chrono::{Days, NaiveDate};

/// One refund: what each party says of it.
#[derive(Clone, Debug)]
pub(super) struct Refund {
    pub(super) order: Record,
    pub(super) booking: Option<Record>,
    pub(super) credit: Option<Record>,
}

impl Refund {
    pub(super) fn records(self) -> impl Iterator<Item = Record> {
        [Some(self.order), self.booking, self.credit].into_iter().flatten()
    }
}

/// A refund that is in order: found three days before, ordered and paid by the treasury on `day`, credited the next.
pub(super) fn refund(serial: u64, day: NaiveDate, slip: &Slip, payer: &Payer, fen: i64) -> Refund {
    let issuer = &ISSUERS[slip.issuer];
    let number = format!("TK{}{serial:06}", day.format("%y%m"));
    let tax = issuer.kind == Kind::Tax;
    let found = day.checked_sub_days(Days::new(3)).expect("books begin long after the calendar does");
    let common = |record: Record| {
        record
            .with("voucher_no", &number)
            .with("payee_account", &payer.account)
            .with("payee_name", &payer.name)
            .with("amount", yuan(fen))
    };
    let classified = |record: Record| {
        record
            .with("treasury", TREASURIES[slip.treasury].code)
            .with("subject", SUBJECTS[slip.subject].code)
            .with("level", slip.level)
    };
    let order = Record::new(day, if tax { "tax-refunds" } else { "finance-refunds" }, "");
    let order = classified(common(order))
        .with("original_slip", slip.number)
        .with("tax_org", issuer.code)
        .with("taxpayer_id", &payer.id)
        .with("taxpayer_name", &payer.name)
        .with("payee_bank", BANKS[payer.bank].number())
        .with("issued_on", day)
        .with("discovered_on", found)
        .with("reason", if tax { "911" } else { "912" })
        .with("basis_doc", format!("退库批复{serial}"))
        .with("approved_by", FINANCE_BUREAU.1)
        .with("approval_no", format!("云财退〔{}〕{serial}号", day.format("%Y")));
    let booking = classified(common(Record::new(day, "treasury-refunds", "")))
        .with("accepted_on", day)
        .with("booked_on", day)
        .with("method", "转账")
        .with("reviewed_by", "林芳、郑远、何静");
    let bank = &BANKS[payer.bank];
    let credited = next_working(day);
    let credit = common(Record::new(credited, "bank-refunds", bank.short))
        .with("bank", bank.number())
        .with("credited_on", credited);
    Refund { order, booking: Some(booking), credit: Some(credit) }
}

/// Enters the payer in the refund register 退库企业登记备案, once.
pub(super) fn file(world: &mut World, payer: usize) {
    let payer = &world.payers[payer];
    let is_filed = |row: &Record| row.id == "refund-register" && row.get("taxpayer_id") == payer.id;
    if world.tables.iter().any(is_filed) {
        return;
    }
    let row = Record::of_table("refund-register")
        .with("taxpayer_id", &payer.id)
        .with("name", &payer.name)
        .with("account", &payer.account)
        .with("valid_from", "2024-01-01")
        .with("filing_no", format!("备{}", &payer.id[payer.id.len() - 6..]));
    world.tables.push(row);
}

/// Slips that were paid and booked at least two working days before `day` and are nobody's trouble.
fn settled(world: &World, day: NaiveDate) -> Vec<usize> {
    let is_settled = |index: &usize| {
        let payment = &world.payments[*index];
        payment.booking.is_some_and(|(booked, _)| calendar::after(booked, 2) <= day)
            && payment.slip.is_some()
            && payment.receipt.is_some()
    };
    (0..world.payments.len()).filter(is_settled).collect()
}

/// The ordinary refunds and corrections of each day. No slip is touched twice.
pub(super) fn ordinary(rng: &mut Rng, world: &mut World, days: &[NaiveDate], a_day: u32) {
    let mut touched = std::collections::BTreeSet::new();
    let mut serial = 0;
    for (turn, day) in days.iter().enumerate() {
        let slips = settled(world, *day);
        // In the settlement period of a year nothing is refunded.
        let is_closing = chrono::Datelike::ordinal(day) <= 10;
        for _ in 0..a_day {
            let Some(&index) = slips.get(rng.index(slips.len().max(1))) else { break };
            if is_closing || !touched.insert(index) {
                continue;
            }
            let (_, slip) = world.payments[index].slip.expect("settled slips are there");
            serial += 1;
            let payer = &world.payers[slip.payer];
            let fen = if rng.percent(40) { slip.fen } else { slip.fen / 3 + 1 };
            let refund = refund(serial, *day, &slip, payer, fen);
            file(world, slip.payer);
            world.records.extend(refund.records());
        }
        if turn % 3 == 2
            && let Some(&index) = slips.get(rng.index(slips.len().max(1)))
            && touched.insert(index)
        {
            let (_, slip) = world.payments[index].slip.expect("settled slips are there");
            world.records.extend(correction(turn as u64, *day, &slip, &registers::sibling(slip.subject)));
        }
    }
}

/// 更正: the issuer's own mistake, which everyone booked, put right by issuer and treasury on the day.
pub(super) fn correction(serial: u64, day: NaiveDate, slip: &Slip, subject: &str) -> [Record; 2] {
    let issuer = &ISSUERS[slip.issuer];
    let ledger = if issuer.kind == Kind::Tax { "tax-corrections" } else { "finance-corrections" };
    let found = day.checked_sub_days(Days::new(2)).expect("books begin long after the calendar does");
    [ledger, "treasury-corrections"].map(|id| {
        Record::new(day, id, "")
            .with("voucher_no", format!("GZ{}{serial:06}", day.format("%y%m")))
            .with("original_slip", slip.number)
            .with("old_treasury", TREASURIES[slip.treasury].code)
            .with("old_org", issuer.code)
            .with("old_level", slip.level)
            .with("old_subject", SUBJECTS[slip.subject].code)
            .with("old_amount", yuan(slip.fen))
            .with("new_treasury", TREASURIES[slip.treasury].code)
            .with("new_org", issuer.code)
            .with("new_level", slip.level)
            .with("new_subject", subject)
            .with("new_amount", yuan(slip.fen))
            .with("reason", "01")
            .with("detected_on", found)
            .with("corrected_on", day)
            .with("approval_ref", format!("更正批复{serial}"))
    })
}
