//! Where a refund's or payout's number is damaged: the same payee, the same amount, dates that fit.
//!
//! As with revenue only what is unambiguous is joined.

use std::borrow::Cow;

use crate::domain::field::Field;
use crate::domain::ledger::Flow;

use super::by_amount::unambiguous;
use super::group::{self, Group, Role};
use super::{Limits, Proposals, Propose, Strategy};

/// An order or voucher without booking, and a booking without order.
pub static AT_TREASURY: Strategy =
    Strategy { id: "by-payee-and-amount", key: treasury_key, propose: Propose::Some(at_treasury) };

/// An order or voucher without bank record, and a bank record without order.
pub static AT_BANK: Strategy =
    Strategy { id: "by-payout-and-amount", key: bank_key, propose: Propose::Some(at_bank) };

fn treasury_key(group: Group<'_>) -> Option<Cow<'_, str>> {
    key(group, Role::Treasury)
}

fn bank_key(group: Group<'_>) -> Option<Cow<'_, str>> {
    key(group, Role::Bank)
}

/// Flow, payee and amount of a group that has either the issuer or the other party.
fn key(group: Group<'_>, other: Role) -> Option<Cow<'_, str>> {
    let flow = group.flow();
    if !matches!(flow, Flow::Refund | Flow::Disbursement) {
        return None;
    }
    let issuer = group.issuer();
    let booked = if other == Role::Bank { group.bank() } else { group.treasury() };
    if issuer.is_some() == booked.is_some() || !group.is_plain() {
        return None;
    }
    let entry = issuer.or(booked)?;
    let payee = entry.text(Field::PayeeAccount);
    let amount = entry.money(Field::Amount)?;
    (!payee.is_empty()).then(|| Cow::Owned(format!("{}|{payee}|{amount}", flow.id())))
}

fn at_treasury(block: &[Group<'_>], limits: Limits) -> Proposals {
    unambiguous(block, has_issuer, |order, booking| {
        // The bank may stand on either side, on both it would be two payments.
        !(order.bank().is_some() && booking.bank().is_some()) && fits(order, booking, limits)
    })
}

fn at_bank(block: &[Group<'_>], limits: Limits) -> Proposals {
    unambiguous(block, has_issuer, |order, payment| {
        !(order.treasury().is_some() && payment.treasury().is_some()) && fits(order, payment, limits)
    })
}

fn has_issuer(group: Group<'_>) -> bool {
    group.issuer().is_some()
}

/// Whether the other side acted after the order, and soon enough.
fn fits(order: Group<'_>, other: Group<'_>, limits: Limits) -> bool {
    let issued = order.issuer().and_then(group::own_date);
    let acted = other.entries().filter_map(group::own_date).min();
    let (Some(issued), Some(acted)) = (issued, acted) else { return false };
    issued <= acted && issued.checked_add_days(limits.window).is_some_and(|last| acted <= last)
}
