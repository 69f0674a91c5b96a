//! The troubles, each a small function that plants rows, says what must be found, and tells the story.
//!
//! A finding that would be judged on a day the answering party's ledger is silent is not planted: whether such a day has
//! "no data" is a question of its own. New troubles go to the end of their family, and families to the end of the list: the
//! serials of the earlier ones then stay the same.

mod classification;
mod collection;
mod corrections;
mod integrity;
mod payouts;
mod refunds;
mod revenue;

use super::story::Story;
use super::world::{ISSUERS, Kind};

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
];

/// What goes wrong in the sums themselves.
pub(super) static AFTER_SUMS: &[Trouble] = integrity::AFTER_SUMS;

const ICBC: usize = 0;
const ABC: usize = 1;
const CCB: usize = 2;
const RCB: usize = 3;

/// The party that issues slips and orders.
fn issuer_party(issuer: usize) -> &'static str {
    if ISSUERS[issuer].kind == Kind::Tax { "tax" } else { "finance" }
}
