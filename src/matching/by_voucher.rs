//! The same slip number: the number under which the central bank's own systems join slips and receipts.
//!
//! Neither treasury nor level takes part in the key. A receipt booked at the wrong treasury must meet its slip, or
//! nobody would ever see the mistake.

use std::borrow::Cow;

use super::group::{self, Group};
use super::{Propose, Strategy};

/// One number is one payment, however often a ledger repeats it: repetition is for a rule to judge.
pub static STRATEGY: Strategy = Strategy { id: "by-voucher", key, propose: Propose::Whole };

fn key(group: Group<'_>) -> Option<Cow<'_, str>> {
    let number = group.entries().map(group::number).find(|number| !number.is_empty())?;
    Some(Cow::Borrowed(number))
}
