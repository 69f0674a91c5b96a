//! Authenticity of revenue 收入真实性: suspicions that money only turns in a circle, or that a tax is paid by somebody else
//! (`rules.md` 5.D). None is a breach: each says what would confirm or clear it.

pub mod collect_then_rebate;
pub mod fund_round_trip;
pub mod loan_paid_tax;
pub mod period_end_spike;
pub mod tax_trading;
pub mod third_party_payer;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;

use super::Day;
use super::payment::Payment;
use super::running::{self, Counter};

/// Between the parts of a counter's key.
const PART: &str = "\u{1f}";

/// In fen. Slips and payouts below it are known as long as their rows are at hand: of all of them there would be too many to remember.
const LARGE_MIN: i64 = 200_000_000;

/// Large slips by account, name, number and kind.
pub static LARGE_SLIPS: Counter = Counter {
    id: "large-slips",
    ledgers: &[Ledger::TaxReceipts, Ledger::FinanceReceipts],
    of: |slip, key| {
        let amount = slip.money(Field::Amount).filter(|_| is_large(slip))?;
        let kind = if slip.ledger() == Ledger::TaxReceipts { TAX } else { "" };
        let account = slip.text(Field::PayerAccount);
        key.extend([account, PART, owing(slip), PART, slip.text(Field::SlipNo), PART, kind]);
        Some((slip.date(Field::BilledOn)?, amount))
    },
    keep_days: 100,
};

fn is_large(row: Entry<'_>) -> bool {
    row.money(Field::Amount).is_some_and(is_large_amount)
}

fn is_large_amount(amount: Money) -> bool {
    amount >= Money::from_fen(LARGE_MIN)
}

/// The kind of a tax slip in a counter's key.
const TAX: &str = "tax";

/// The name a slip is made out to.
fn owing(slip: Entry<'_>) -> &str {
    slip.text(if slip.ledger() == Ledger::TaxReceipts { Field::TaxpayerName } else { Field::PayerName })
}

/// A large slip that was paid and settled: of those at hand the rows say more.
#[derive(Clone, Copy, Debug)]
struct LargeSlip<'d> {
    account: &'d str,
    name: &'d str,
    number: &'d str,
    is_tax: bool,
    billed_on: NaiveDate,
    amount: Money,
}

fn settled_slips<'d>(day: &'d Day<'_>) -> impl Iterator<Item = LargeSlip<'d>> {
    running::of_counter(&day.running.settled, &LARGE_SLIPS).filter_map(|(key, billed_on, share)| {
        let mut parts = key.split(PART);
        let [account, name, number, kind] = [(); 4].map(|()| parts.next().unwrap_or(""));
        let slip = LargeSlip { account, name, number, is_tax: kind == TAX, billed_on, amount: share.amount };
        (share.amount > Money::ZERO).then_some(slip)
    })
}

/// The payments of revenue at hand of which some row of these ledgers is wanted, in the order of cases.
fn revenue<'d>(
    day: &'d Day<'_>,
    ledgers: &[Ledger],
    wanted: impl Fn(Entry<'d>) -> bool,
) -> impl Iterator<Item = Payment<'d>> {
    let rows = day.standing(|ledger| ledgers.contains(&ledger)).into_iter();
    let rows = rows.filter(|id| wanted(day.book.entry(*id)));
    let cases: BTreeSet<u32> = rows.filter_map(|id| day.case_of[id.0 as usize]).collect();
    cases.into_iter().map(|case| day.payment_in(case)).filter(|payment| !day.is_doubtful(payment))
}

/// How many whole per cent a part is.
fn percent(part: Money, whole: Money) -> i128 {
    i128::from(part.fen()) * 100 / i128::from(whole.fen().max(1))
}

/// Whether a part is at least so many per cent.
fn reaches(part: Money, whole: Money, percent: u32) -> bool {
    i128::from(part.fen()) * 100 >= i128::from(whole.fen()) * i128::from(percent)
}

/// The account a tax was paid from.
#[derive(Clone, Copy, Debug)]
struct Payer<'b> {
    account: &'b str,
    /// In whose name it is: as the bank says, else the slip; empty where none does.
    name: &'b str,
}

impl<'b> Payer<'b> {
    /// Who paid a slip, if anybody did.
    fn of(payment: &Payment<'b>) -> Option<Self> {
        if payment.bank.is_empty() && payment.treasury.is_empty() {
            return None;
        }
        let rows = || payment.bank.iter().chain(&payment.documents);
        let said = |field: Field| rows().map(|row| row.text(field)).find(|text| !text.is_empty());
        // What a bank masks 脱敏 is no name.
        let name = rows().map(|row| row.text(Field::PayerName)).find(|name| is_name(name));
        Some(Self { account: said(Field::PayerAccount).unwrap_or(""), name: name.unwrap_or("") })
    }

    /// Whether it is the account a tax office keeps at the treasury for tax on its way 待缴库税款.
    fn is_pending_tax(self, facts: &Facts) -> bool {
        let known = facts.accounts.as_ref().and_then(|register| register.get(self.account));
        self.name.contains("待缴库税款") || known.is_some_and(|known| known.nature == "pending_tax")
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(['*', '＊'])
}

/// The tax slip of a payment.
fn tax_slip<'b>(payment: &Payment<'b>) -> Option<Entry<'b>> {
    payment.documents.iter().copied().find(|slip| slip.ledger() == Ledger::TaxReceipts)
}

/// Whether a part is at most so many per cent.
fn is_within(part: Money, whole: Money, percent: u32) -> bool {
    i128::from(part.fen()) * 100 <= i128::from(whole.fen()) * i128::from(percent)
}
