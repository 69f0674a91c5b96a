//! Where a refund's or payout's number is damaged: the same payee, the same amount, dates that fit.
//!
//! As with revenue only what is unambiguous is joined.

use std::borrow::Cow;

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Flow;

use super::group::{self, Group, Role};
use super::{Condition, Pairing, Propose, Strategy};

/// An order or voucher without booking, and a booking without order.
pub static AT_TREASURY: Strategy = strategy("by-payee-and-amount", treasury_key, &TREASURY_PAIRS);

/// An order or voucher without bank record, and a bank record without order.
pub static AT_BANK: Strategy = strategy("by-payout-and-amount", bank_key, &BANK_PAIRS);

type Key = for<'b> fn(Group<'b>) -> Option<Cow<'b, str>>;

const fn strategy(id: &'static str, key: Key, pairs: &'static Pairing) -> Strategy {
    Strategy {
        id,
        looks_at: [
            "退库或支拨：一方只有凭证，一方没有凭证，且各方至多一笔",
            "refunds and payouts: an order without record, and a record without order, each party once",
        ],
        parts: &[["资金流", "flow"], ["收款账号", "payee's account"], ["金额", "amount"]],
        key,
        propose: Propose::Pairs(pairs),
    }
}

static TREASURY_PAIRS: Pairing = Pairing {
    is_left: has_issuer,
    is_idle: |_| false,
    conditions: &[
        // The bank may stand on either side, on both it would be two payments.
        Condition {
            says: ["不同时各有银行记录", "not both have a bank record"],
            holds: |order, booking, _| !(order.bank().is_some() && booking.bank().is_some()),
            looks: |group| own_days(group.bank()),
        },
        SAME_TREASURY,
        ACTED_AFTER,
        ACTED_IN_TIME,
    ],
};

static BANK_PAIRS: Pairing = Pairing {
    is_left: has_issuer,
    is_idle: |_| false,
    conditions: &[
        Condition {
            says: ["不同时各有国库记录", "not both have a treasury record"],
            holds: |order, payment, _| !(order.treasury().is_some() && payment.treasury().is_some()),
            looks: |group| own_days(group.treasury()),
        },
        SAME_TREASURY,
        ACTED_AFTER,
        ACTED_IN_TIME,
    ],
};

/// What another treasury booked under another number is another payment (`rules.md` 3.5).
const SAME_TREASURY: Condition = Condition {
    says: ["所写国库相同", "the same treasury, where both state one"],
    holds: |order, other, _| {
        let (order, other) = (treasury(order), treasury(other));
        order.is_empty() || other.is_empty() || order == other
    },
    looks: |group| treasury(group).to_owned(),
};

/// The treasury that a group names first.
fn treasury(group: Group<'_>) -> &str {
    group.entries().map(|entry| entry.text(Field::Treasury)).find(|text| !text.is_empty()).unwrap_or("")
}

const ACTED_AFTER: Condition = Condition {
    says: ["办理不早于开票", "acted on or after the day of the order"],
    holds: |order, other, _| issued_and_acted(order, other).is_some_and(|(issued, acted)| issued <= acted),
    looks: issued_or_acted,
};

const ACTED_IN_TIME: Condition = Condition {
    says: ["窗口期内办理", "acted within the window"],
    holds: |order, other, limits| {
        issued_and_acted(order, other).is_some_and(|(issued, acted)| {
            issued.checked_add_days(limits.window).is_some_and(|last| acted <= last)
        })
    },
    looks: issued_or_acted,
};

fn issued_and_acted(order: Group<'_>, other: Group<'_>) -> Option<(NaiveDate, NaiveDate)> {
    let issued = order.issuer().and_then(group::own_date)?;
    Some((issued, other.entries().filter_map(group::own_date).min()?))
}

fn issued_or_acted(group: Group<'_>) -> String {
    match group.issuer() {
        Some(order) => own_days(Some(order)),
        None => own_days(group.entries().min_by_key(|entry| group::own_date(*entry))),
    }
}

fn own_days(entry: Option<Entry<'_>>) -> String {
    entry.and_then(group::own_date).map_or_else(String::new, |day| day.to_string())
}

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

fn has_issuer(group: Group<'_>) -> bool {
    group.issuer().is_some()
}
