//! The same number: the number under which the central bank's own systems join slips and receipts.
//!
//! Neither treasury nor level takes part in the key. A receipt booked at the wrong treasury must meet its slip, or
//! nobody would ever see the mistake. A correction goes to the slip it corrects.

use std::borrow::Cow;

use crate::domain::ledger::Flow;

use super::group::{self, Group};
use super::{Propose, Strategy};

/// One number is one payment, however often a ledger repeats it: repetition is for a rule to judge.
pub static STRATEGY: Strategy = Strategy {
    id: "by-voucher",
    looks_at: ["写明凭证号的记录", "rows that state a number"],
    parts: &[["凭证号", "number"]],
    key,
    propose: Propose::Whole,
};

fn key(group: Group<'_>) -> Option<Cow<'_, str>> {
    let entry = group.entries().find(|&entry| !group::number(entry).is_empty())?;
    let number = group::number(entry);
    Some(match entry.ledger().flow() {
        Flow::Revenue | Flow::Correction | Flow::Account => Cow::Borrowed(number),
        // Each flow counts its own vouchers; no number holds a line break.
        flow @ (Flow::Refund | Flow::Disbursement) => Cow::Owned([flow.id(), "\n", number].concat()),
    })
}
