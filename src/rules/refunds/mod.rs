//! Refunds out of the treasury 退库: what an order must say and to whom the money goes (`rules.md` 5.E).

pub mod refund_agent_review;
pub mod refund_cash;
pub mod refund_duplicate;
pub mod refund_exceeds_payment;
pub mod refund_incomplete;
pub mod refund_late_tax;
pub mod refund_late_treasury;
pub mod refund_no_authority;
pub mod refund_payee_mismatch;
pub mod refund_ratio_spike;
pub mod refund_reason_suspect;
pub mod refund_unregistered_enterprise;
pub mod refund_without_basis;
pub mod refund_wrong_source;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Flow;
use crate::domain::money::Money;
use crate::matching::group;

use super::finding::{Finding, Sentence};
use super::law::{self, Basis};
use super::payment::{Deviant, Payment};
use super::{Day, Rule};

/// A refund goes straight to whom it is due, as finance approves.
const APPROVED_AND_DIRECT: &[Basis] = &[law::article(&law::BUDGET_RULES, 68)];

/// A refund that was ordered, as one of several of a slip.
#[derive(Debug)]
struct Order<'b> {
    payment: Payment<'b>,
    /// The order itself; of twins, of which `voucher-duplicate` tells, one.
    document: Entry<'b>,
}

impl<'b> Order<'b> {
    fn number(&self) -> &'b str {
        self.document.text(Field::VoucherNo)
    }

    fn issued(&self) -> Option<NaiveDate> {
        group::own_date(self.document)
    }

    fn amount(&self) -> Money {
        self.document.money(Field::Amount).unwrap_or_default()
    }
}

/// The orders at hand, in the order in which they were issued. An order whose number was destroyed may be another one
/// again, and is left out.
fn orders<'d>(day: &'d Day<'_>) -> Vec<Order<'d>> {
    let ordered = day.payments(Flow::Refund).filter_map(|payment| {
        // The first of the largest, in the order of what they say.
        let largest = payment.documents.iter().rev().max_by_key(|document| document.money(Field::Amount));
        let document = largest.copied().filter(|document| !document.is_blank(Field::VoucherNo))?;
        Some(Order { payment, document })
    });
    let mut orders: Vec<Order<'_>> = ordered.collect();
    orders.sort_by_key(|order| (order.issued(), order.number()));
    orders
}

/// The refunds of each slip, in the order in which they were issued.
fn by_slip<'d>(day: &'d Day<'_>) -> BTreeMap<&'d str, Vec<Order<'d>>> {
    let mut slips: BTreeMap<&str, Vec<Order<'_>>> = BTreeMap::new();
    for order in orders(day) {
        let slip = order.document.text(Field::OriginalSlip);
        if !slip.is_empty() {
            slips.entry(slip).or_default().push(order);
        }
    }
    slips
}

/// Whether an order leaves a column empty. What a spreadsheet destroyed was not left empty.
fn lacks(order: Entry<'_>, field: Field) -> bool {
    order.is_blank(field) && !order.is_unusable(field)
}

/// The columns of a list that an order leaves empty, in Chinese and English.
fn lacking(order: Entry<'_>, columns: &[(Field, &str, &str)]) -> (String, String) {
    let empty: Vec<_> = columns.iter().filter(|(field, ..)| lacks(order, *field)).collect();
    let zh: Vec<&str> = empty.iter().map(|column| column.1).collect();
    let en: Vec<&str> = empty.iter().map(|column| column.2).collect();
    (zh.join("、"), en.join(", "))
}

/// A finding about an order, for which its issuer answers.
fn finding(
    rule: &'static Rule,
    payment: &Payment<'_>,
    order: Entry<'_>,
    day: &Day<'_>,
    because: Sentence,
) -> Finding {
    let mut finding = payment.finding(rule, Deviant::Issuer, day.facts, because);
    order.text(Field::PayeeAccount).clone_into(&mut finding.account);
    finding.amount = order.money(Field::Amount);
    finding.event_on = group::own_date(order);
    finding
}
