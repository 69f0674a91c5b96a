//! What follows from the flows: statements of accounts, the treasuries' balances and their reports of revenue.

use super::payouts::fen;
use super::publish::{World, batch_number, yuan};
use super::record::Record;
use super::world::{BANKS, ISSUERS, Receipt, SUBJECTS, TREASURIES};
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use std::collections::BTreeMap;

/// What a treasury of a level has in it before the first day, in fen.
fn stock(level: u8) -> i64 {
    match level {
        ..=3 => 8_000_000_000,
        4 => 900_000_000,
        _ => 300_000_000,
    }
}

/// One line of an account's statement, before its balance is known.
#[derive(Debug)]
pub(super) struct Posting {
    pub(super) at: NaiveDateTime,
    /// What came in, or with a minus went out, in fen.
    pub(super) fen: i64,
    pub(super) counterparty: (String, String),
    pub(super) summary: String,
}

/// Adds what follows from everything in the world. Statements of mandated accounts and reports end with `until`: after it
/// the story has receipts whose money is not where it should be.
pub(super) fn add(world: &mut World, until: NaiveDate) {
    let mut rows = statements(world, until);
    rows.extend(balances(world));
    rows.extend(reports(world, until));
    world.records.extend(rows);
}

fn statements(world: &World, until: NaiveDate) -> Vec<Record> {
    let told = world.days.first().copied().unwrap_or(until)..=until;
    let mut postings: BTreeMap<(usize, String), Vec<Posting>> = BTreeMap::new();
    let received = world.payments.iter().filter_map(|payment| payment.receipt.as_ref()).map(|(_, of)| of);
    let mut batches: BTreeMap<(usize, usize, NaiveDateTime), i64> = BTreeMap::new();
    let is_told = |of: &&Receipt| of.status == "成功" && told.contains(&of.received.date());
    // What went into another account has a statement of its own, if any.
    for receipt in received.filter(|of| of.account == of.bank).filter(is_told) {
        let account = world.accounts[receipt.account].number.clone();
        let payer = &world.payers[receipt.payer];
        postings.entry((receipt.bank, account)).or_default().push(Posting {
            at: receipt.received,
            fen: receipt.fen,
            counterparty: (payer.account.clone(), payer.name.clone()),
            summary: "缴税".to_owned(),
        });
        if let Some(at) = receipt.remitted {
            *batches.entry((receipt.bank, receipt.treasury, at)).or_default() += receipt.fen;
        }
    }
    for ((bank, treasury, at), fen) in batches {
        let account = world.accounts[bank].number.clone();
        let counterparty =
            (super::registers::treasury_account(treasury), TREASURIES[treasury].name.to_owned());
        let summary = format!("划缴{}", batch_number((bank, treasury, at)));
        postings.entry((bank, account)).or_default().push(Posting { at, fen: -fen, counterparty, summary });
    }
    zero_balance(world, &mut postings);
    written(postings, 0)
}

/// The rows of statements, by bank and account, each from the same balance on.
pub(super) fn written(postings: BTreeMap<(usize, String), Vec<Posting>>, opening: i64) -> Vec<Record> {
    let mut rows = Vec::new();
    for ((bank, account), mut of_account) in postings {
        of_account.sort_by_key(|posting| (posting.at, posting.fen < 0));
        let mut balance = opening;
        for (serial, posting) in (1..).zip(of_account) {
            balance += posting.fen;
            rows.push(
                Record::new(posting.at.date(), "bank-statements", BANKS[bank].short)
                    .with("account", &account)
                    .with("date", posting.at.date())
                    .with("time", posting.at)
                    .with("serial", format!("{serial:06}"))
                    .with("direction", if posting.fen < 0 { "借" } else { "贷" })
                    .with("amount", yuan(posting.fen.abs()))
                    .with("balance", yuan(balance))
                    .with("counterparty_account", posting.counterparty.0)
                    .with("counterparty_name", posting.counterparty.1)
                    .with("summary", posting.summary),
            );
        }
    }
    rows
}

/// 零余额账户: the agent bank pays first, and is cleared with the treasury in the evening.
fn zero_balance(world: &World, postings: &mut BTreeMap<(usize, String), Vec<Posting>>) {
    let mut cleared: BTreeMap<(usize, String, NaiveDate), i64> = BTreeMap::new();
    for payment in latest(world, &["bank-disbursements"]).filter(|row| row.get("pay_mode") != "91") {
        let Some(bank) = BANKS.iter().position(|bank| bank.short == payment.from) else { continue };
        let paid: NaiveDate = payment.get("paid_on").parse().expect("written as a day");
        let clears: NaiveDate = payment.get("cleared_on").parse().expect("written as a day");
        let fen = fen(payment.get("amount"));
        let account = payment.get("payer_account").to_owned();
        postings.entry((bank, account.clone())).or_default().push(Posting {
            at: super::story::at(paid, 11, 0),
            fen: -fen,
            counterparty: (payment.get("payee_account").to_owned(), payment.get("payee_name").to_owned()),
            summary: payment.get("voucher_no").to_owned(),
        });
        *cleared.entry((bank, account, clears)).or_default() += fen;
    }
    for ((bank, account, day), fen) in cleared {
        let treasury = super::registers::PAYING;
        postings.entry((bank, account)).or_default().push(Posting {
            at: super::story::at(day, 16, 30),
            fen,
            counterparty: (
                super::registers::treasury_account(treasury),
                TREASURIES[treasury].name.to_owned(),
            ),
            summary: "集中支付清算".to_owned(),
        });
    }
}

/// The rows of some ledgers as they stand in the end: of a voucher that is delivered again on a later day the last row.
fn latest<'w>(world: &'w World, ids: &[&str]) -> impl Iterator<Item = &'w Record> {
    let mut rows: Vec<&Record> = Vec::new();
    let mut places: BTreeMap<(&str, &str, bool, &str), usize> = BTreeMap::new();
    for row in world.records.iter().filter(|row| ids.contains(&row.id)) {
        let is_back = row.get("amount").starts_with('-');
        let key = (row.id, row.get("voucher_no"), is_back, row.get("bank"));
        match places.get(&key) {
            Some(&place) if rows[place].day < row.day => rows[place] = row,
            _ => {
                places.insert(key, rows.len());
                rows.push(row);
            }
        }
    }
    rows.into_iter()
}

/// The daily balances of every treasury.
pub(super) fn balances(world: &World) -> Vec<Record> {
    let mut moved: BTreeMap<(&str, NaiveDate), (i64, i64)> = BTreeMap::new();
    for (_, booking) in world.payments.iter().filter_map(|payment| payment.booking.as_ref()) {
        moved.entry((TREASURIES[booking.treasury].code, booking.booked)).or_default().0 += booking.fen;
    }
    for row in latest(world, &["treasury-refunds", "treasury-disbursements"]) {
        let day = row.get("booked_on").parse().expect("written as a day");
        let treasury = TREASURIES.iter().find(|known| known.code == row.get("treasury"));
        let Some(treasury) = treasury else { continue };
        moved.entry((treasury.code, day)).or_default().1 += fen(row.get("amount"));
    }
    let mut rows = Vec::new();
    for treasury in &TREASURIES {
        let mut stock = stock(treasury.level);
        for day in &world.days {
            let (income, outlay) = moved.get(&(treasury.code, *day)).copied().unwrap_or_default();
            let opening = stock;
            stock += income - outlay;
            rows.push(
                Record::new(*day, "treasury-balances", "")
                    .with("treasury", treasury.code)
                    .with("date", day)
                    .with("opening", yuan(opening))
                    .with("income", yuan(income))
                    .with("outlay", yuan(outlay))
                    .with("closing", yuan(stock)),
            );
        }
    }
    rows
}

/// A cell of the report: treasury, organ, level, subject.
type Cell = (usize, usize, u8, String);

fn reports(world: &World, until: NaiveDate) -> Vec<Record> {
    let mut days: BTreeMap<NaiveDate, BTreeMap<Cell, i64>> = BTreeMap::new();
    for (_, booking) in world.payments.iter().filter_map(|payment| payment.booking.as_ref()) {
        let subject = SUBJECTS[booking.subject].code;
        for digits in [3, 5, 7] {
            let cell = (booking.treasury, booking.issuer, booking.level, subject[..digits].to_owned());
            *days.entry(booking.booked).or_default().entry(cell).or_default() += booking.fen;
        }
    }
    for row in world.records.iter().filter(|row| row.id == "treasury-receipts") {
        let treasury = TREASURIES.iter().position(|known| known.code == row.get("treasury"));
        let issuer = ISSUERS.iter().position(|known| known.code == row.get("tax_org"));
        let Some((treasury, issuer)) = treasury.zip(issuer) else { continue };
        let level = row.get("level").parse().expect("written as a level");
        let day: NaiveDate = row.get("booked_on").parse().expect("written as a day");
        let fen: i64 = row.get("amount").replace('.', "").parse().expect("written as yuan");
        let subject = row.get("subject");
        for digits in [3, 5, 7].into_iter().filter(|digits| *digits <= subject.len()) {
            let cell = (treasury, issuer, level, subject[..digits].to_owned());
            *days.entry(day).or_default().entry(cell).or_default() += fen;
        }
    }
    let mut sums: BTreeMap<Cell, (i64, i64)> = BTreeMap::new();
    let mut rows = Vec::new();
    let mut before: Option<NaiveDate> = None;
    for day in world.days.iter().filter(|day| **day <= until) {
        for sum in sums.values_mut() {
            if before.is_some_and(|before| before.month() != day.month()) {
                sum.0 = 0;
            }
            if before.is_some_and(|before| before.year() != day.year()) {
                sum.1 = 0;
            }
        }
        before = Some(*day);
        let today = days.remove(day).unwrap_or_default();
        for (cell, fen) in &today {
            let sum = sums.entry(cell.clone()).or_default();
            sum.0 += fen;
            sum.1 += fen;
        }
        for (cell, (month, year)) in &sums {
            let (treasury, issuer, level, subject) = cell;
            rows.push(
                Record::new(*day, "treasury-reports", "")
                    .with("treasury", TREASURIES[*treasury].code)
                    .with("tax_org", ISSUERS[*issuer].code)
                    .with("date", day)
                    .with("level", level)
                    .with("subject", subject)
                    .with("day_amount", yuan(today.get(cell).copied().unwrap_or_default()))
                    .with("month_amount", yuan(*month))
                    .with("year_amount", yuan(*year)),
            );
        }
    }
    rows
}
