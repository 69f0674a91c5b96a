//! The troubles, each a small function that plants rows, says what must be found, and tells the story.
//!
//! A finding that would be judged on a day the answering party's ledger is silent is not planted: whether such a day has
//! "no data" is a question of its own. New troubles go to the end of their family, and families to the end of the list: the
//! serials of the earlier ones then stay the same.

mod accounts;
mod bonds;
mod budgets;
mod classification;
mod collection;
mod corrections;
mod duties;
mod integrity;
mod months;
mod payouts;
mod refunds;
mod revenue;
mod vouchers;

use chrono::NaiveDate;

use super::Expected;
use super::calendar::next_working;
use super::payouts::Payout;
use super::record::Record;
use super::story::{Story, finding};
use super::world::{self, BANKS, FINANCE_BUREAU, ISSUERS, Kind, Payer};

type Trouble = fn(&mut Story);

/// What goes wrong before accounts are added up.
pub(super) static TROUBLES: &[&[Trouble]] = &[
    revenue::TROUBLES,
    refunds::TROUBLES,
    payouts::TROUBLES,
    corrections::TROUBLES,
    classification::TROUBLES,
    collection::TROUBLES,
    integrity::TROUBLES,
    budgets::TROUBLES,
    vouchers::TROUBLES,
    bonds::TROUBLES,
    accounts::TROUBLES,
    budgets::LAST,
];

/// What goes wrong in the long story.
pub(super) static LONG: &[Trouble] = &[months::compared, duties::due_again];

/// What goes wrong in what was added up, and in copies of it.
pub(super) static AFTER_SUMS: &[&[Trouble]] = &[integrity::AFTER_SUMS, accounts::COPIES, duties::TROUBLES];

const ICBC: usize = 0;
const ABC: usize = 1;
const CCB: usize = 2;
const RCB: usize = 3;

/// The party that issues slips and orders.
fn issuer_party(issuer: usize) -> &'static str {
    if ISSUERS[issuer].kind == Kind::Tax { "tax" } else { "finance" }
}

/// A finding for which the finance bureau answers.
fn of_finance(day: NaiveDate, rule: &'static str, key: impl ToString, severity: &'static str) -> Expected {
    finding(day, rule, key, "finance", FINANCE_BUREAU.0, severity)
}

/// It is over on a later day.
fn resolve(story: &mut Story, of: &Expected, day: NaiveDate) {
    story.expect(Expected { day, status: "resolved", ..of.clone() });
}

/// A row of a voucher comes again with another value of a column that was filled.
fn redeliver(story: &mut Story, day: NaiveDate, row: &Record, party: &'static str, institution: &str) {
    let number = row.get(if row.has("voucher_no") { "voucher_no" } else { "certificate_no" });
    story.expect(finding(day, "ledger-tamper", number, party, institution, "high"));
    story.record(row.on(day));
}

/// Plants a payout that comes back 退回 on the next working day, and says which day that is.
fn add_returned(story: &mut Story, mut payout: Payout) -> NaiveDate {
    let back = next_working(payout.payment().day);
    add_returned_on(story, payout, back);
    back
}

/// Plants a payout that comes back on a day, for the bank and the treasury.
fn add_returned_on(story: &mut Story, mut payout: Payout, back: NaiveDate) {
    let payment = payout.payment().on(back).with("returned_on", back).with("return_reason", "账号户名不符");
    let booking = payout.booking();
    let amount = format!("-{}", booking.get("amount"));
    story.record(booking.on(back).with("booked_on", back).with("amount", amount));
    story.add_payout(payout);
    story.record(payment);
}

/// A payer of its own, whom the refund register does not know.
fn newcomer(story: &mut Story, name: &str, id: Option<&str>) -> usize {
    let payers = &mut story.world.payers;
    let (serial, bank) = (payers.len(), payers.len() % BANKS.len());
    let stem = format!("91290121MA9{serial:06}");
    let id = id.map_or_else(|| format!("{stem}{}", world::credit_check(stem.as_bytes())), str::to_owned);
    let account = format!("{}{:08}", &BANKS[bank].number()[..8], 30_000_000 + serial);
    payers.push(Payer { id, name: name.to_owned(), account, bank });
    serial
}
