//! Where a number is damaged or missing: the same amount, the same payer or booking, dates that fit.
//!
//! Only what is unambiguous is joined. Two candidates on either side leave all of them alone: neither the first
//! nor the nearest is more likely to be the right one, and whoever is picked wrongly is accused. For the same reason a
//! payment that some ledger holds twice takes no part.

use std::borrow::Cow;

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Flow;

use super::group::{self, Group};
use super::{Condition, Limits, Pairing, Proposals, Propose, Strategy};

/// A slip without payment and a payment without slip: same payer, same amount.
pub static BY_PAYER: Strategy = Strategy {
    id: "by-payer-and-amount",
    looks_at: SLIP_OR_RECEIPT,
    parts: &[["付款账号（无则户名）", "paying account, or name"], ["金额", "amount"]],
    key: payer_key,
    propose: Propose::Pairs(&Pairing {
        is_left: has_issuer,
        is_idle: |_| false,
        conditions: &[NOT_BOTH_BOOKED, PAID_AFTER_BILLED, PAID_IN_TIME, SAME_TREASURY, ORGAN_AS_BOOKED],
    }),
};

/// As by payer, where one side's account is not known, because a spreadsheet destroyed it: same name, same amount.
pub static BY_NAME: Strategy = Strategy {
    id: "by-name-and-amount",
    looks_at: SLIP_OR_RECEIPT,
    parts: &[["户名", "name"], ["金额", "amount"]],
    key: name_key,
    propose: Propose::Pairs(&Pairing {
        is_left: has_issuer,
        is_idle: |block| block.iter().all(|&group| states_account(group)),
        conditions: &[
            NOT_BOTH_BOOKED,
            PAID_AFTER_BILLED,
            PAID_IN_TIME,
            SAME_TREASURY,
            ORGAN_AS_BOOKED,
            AN_ACCOUNT_UNKNOWN,
        ],
    }),
};

/// A payment without booking and a booking without payment: same amount, treasury, subject and level.
pub static BY_BOOKING: Strategy = Strategy {
    id: "by-booking-and-amount",
    looks_at: [
        "一方有税票而无入库，一方有入库而无税票，且各方至多一笔",
        "a slip without booking and a booking without slip, each party once",
    ],
    parts: &[["金额", "amount"], ["国库", "treasury"], ["科目", "subject"], ["级次", "level"]],
    key: booking_key,
    propose: Propose::Pairs(&Pairing {
        is_left: has_issuer,
        is_idle: |_| false,
        conditions: &[RECEIVED_ONCE, BOOKED_IN_TIME, SAME_ORGAN, SAME_BANK, SAME_BATCH],
    }),
};

const SLIP_OR_RECEIPT: [&str; 2] = [
    "一方有税票而无经收，一方有经收而无税票，且各方至多一笔",
    "a slip without receipt and a receipt without slip, each party once",
];

const NOT_BOTH_BOOKED: Condition = Condition {
    says: ["不同时各有入库记录", "not both are booked already"],
    holds: |slip, payment, _| !(slip.treasury().is_some() && payment.treasury().is_some()),
    looks: |group| day_of(group.treasury(), Field::BookedOn),
};

const PAID_AFTER_BILLED: Condition = Condition {
    says: ["开票不晚于收纳", "billed by the day it was received"],
    holds: |slip, payment, _| {
        billed_and_received(slip, payment).is_some_and(|(_, billed, received)| billed <= received)
    },
    looks: billed_or_received,
};

const PAID_IN_TIME: Condition = Condition {
    says: ["收纳在限缴日或窗口期内", "received by the due day or within the window"],
    holds: |slip, payment, limits| {
        billed_and_received(slip, payment).is_some_and(|(issuer, _, received)| {
            group::last_day(issuer, limits.window).is_some_and(|last| received <= last)
        })
    },
    looks: billed_or_received,
};

const SAME_TREASURY: Condition = Condition {
    says: ["所写国库相同", "the same treasury, where both state one"],
    holds: |slip, payment, _| both(slip.issuer(), payment.bank(), |a, b| agree(a, b, Field::Treasury)),
    looks: |group| text_of(group.issuer().or(group.bank()), Field::Treasury),
};

/// Where bank and treasury agree on a payment of one organ the slip of another is not its slip: that one is missing.
const ORGAN_AS_BOOKED: Condition = Condition {
    says: ["国库已入账的，所写征收机关相同", "where it is booked, the same organ, where both state one"],
    holds: |slip, payment, _| payment.treasury().is_none() || are_of_one_organ(slip, payment),
    looks: |group| organ(group.issuer().or(group.treasury())).to_owned(),
};

/// The organ 征收机关 that a slip or booking names: of finance's slips the collecting unit 执收单位.
fn organ(entry: Option<Entry<'_>>) -> &str {
    let texts = entry.map(|entry| [Field::TaxOrg, Field::Collector].map(|field| entry.text(field)));
    texts.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or("")
}

/// Whether a slip and a booking name the same organ, where both name one.
fn are_of_one_organ(slip: Group<'_>, booking: Group<'_>) -> bool {
    let (issues, booked) = (organ(slip.issuer()), organ(booking.treasury()));
    issues.is_empty() || booked.is_empty() || issues == booked
}

const AN_ACCOUNT_UNKNOWN: Condition = Condition {
    says: ["至少一方账号未知", "the account of one is not known"],
    holds: |slip, payment, _| !(states_account(slip) && states_account(payment)),
    looks: |group| text_of(group.issuer().or(group.bank()), Field::PayerAccount),
};

const RECEIVED_ONCE: Condition = Condition {
    says: ["有经收的只是税票一方", "the slip has a receipt, and the booking has none"],
    holds: |payment, booking, _| payment.bank().is_some() && booking.bank().is_none(),
    looks: |group| day_of(group.bank(), Field::ReceivedAt),
};

const BOOKED_IN_TIME: Condition = Condition {
    says: ["收纳后窗口期内入库", "booked within the window after it was received"],
    holds: |payment, booking, limits| {
        both(payment.bank(), booking.treasury(), |bank, booked| {
            let (Some(received), Some(day)) = (bank.date(Field::ReceivedAt), booked.date(Field::BookedOn))
            else {
                return false;
            };
            received <= day && received.checked_add_days(limits.window).is_some_and(|last| day <= last)
        })
    },
    looks: |group| match group.treasury() {
        Some(booked) => day_of(Some(booked), Field::BookedOn),
        None => day_of(group.bank(), Field::ReceivedAt),
    },
};

const SAME_ORGAN: Condition = Condition {
    says: ["所写征收机关相同", "the same organ, where both state one"],
    holds: |payment, booking, _| are_of_one_organ(payment, booking),
    looks: |group| organ(group.issuer().or(group.treasury())).to_owned(),
};

const SAME_BANK: Condition = Condition {
    says: ["所写经收处相同", "the same bank, where both state one"],
    holds: |payment, booking, _| both(payment.bank(), booking.treasury(), |a, b| agree(a, b, Field::Bank)),
    looks: |group| text_of(group.bank().or(group.treasury()), Field::Bank),
};

const SAME_BATCH: Condition = Condition {
    says: ["所写划转批次相同", "the same batch, where both state one"],
    holds: |payment, booking, _| both(payment.bank(), booking.treasury(), |a, b| agree(a, b, Field::Batch)),
    looks: |group| text_of(group.bank().or(group.treasury()), Field::Batch),
};

/// A block with more pairs than this is ambiguous however one looks at it.
const PAIRS_MAX: usize = 4096;

/// The one of the two a group of revenue has, if it has but one.
fn only<'b>(group: Group<'b>, issuer: Option<Entry<'b>>, other: Option<Entry<'b>>) -> Option<Entry<'b>> {
    let ((Some(entry), None) | (None, Some(entry))) = (issuer, other) else { return None };
    (entry.ledger().flow() == Flow::Revenue && group.is_plain()).then_some(entry)
}

fn payer_key(group: Group<'_>) -> Option<Cow<'_, str>> {
    let entry = only(group, group.issuer(), group.bank())?;
    Some(Cow::Owned(format!("{}|{}", group::payer(entry)?, entry.money(Field::Amount)?)))
}

fn name_key(group: Group<'_>) -> Option<Cow<'_, str>> {
    let entry = only(group, group.issuer(), group.bank())?;
    Some(Cow::Owned(format!("{}|{}", group::payer_name(entry)?, entry.money(Field::Amount)?)))
}

fn has_issuer(group: Group<'_>) -> bool {
    group.issuer().is_some()
}

/// Whether a slip or receipt states the account that paid.
fn states_account(group: Group<'_>) -> bool {
    group.issuer().or(group.bank()).is_some_and(|entry| !entry.is_blank(Field::PayerAccount))
}

fn billed_and_received<'b>(slip: Group<'b>, payment: Group<'b>) -> Option<(Entry<'b>, NaiveDate, NaiveDate)> {
    let issuer = slip.issuer()?;
    Some((issuer, issuer.date(Field::BilledOn)?, payment.bank()?.date(Field::ReceivedAt)?))
}

fn billed_or_received(group: Group<'_>) -> String {
    match group.issuer() {
        Some(slip) => day_of(Some(slip), Field::BilledOn),
        None => day_of(group.bank(), Field::ReceivedAt),
    }
}

fn day_of(entry: Option<Entry<'_>>, field: Field) -> String {
    entry.and_then(|entry| entry.date(field)).map_or_else(String::new, |day| day.to_string())
}

fn text_of(entry: Option<Entry<'_>>, field: Field) -> String {
    entry.map_or("", |entry| entry.text(field)).to_owned()
}

/// Whether both are there and it holds of them.
fn both<'b>(
    a: Option<Entry<'b>>,
    b: Option<Entry<'b>>,
    holds: impl FnOnce(Entry<'b>, Entry<'b>) -> bool,
) -> bool {
    a.zip(b).is_some_and(|(a, b)| holds(a, b))
}

fn booking_key(group: Group<'_>) -> Option<Cow<'_, str>> {
    let entry = only(group, group.issuer(), group.treasury())?;
    Some(Cow::Owned(format!(
        "{}|{}|{}|{}",
        entry.money(Field::Amount)?,
        entry.text(Field::Treasury),
        entry.text(Field::Subject),
        entry.text(Field::Level)
    )))
}

/// Whether two entries that both state a field state the same.
fn agree(a: Entry<'_>, b: Entry<'_>, field: Field) -> bool {
    let (a, b) = (a.text(field), b.text(field));
    a.is_empty() || b.is_empty() || a == b
}

/// Whether two groups say the same in every field, some apart.
fn alike(a: Group<'_>, b: Group<'_>, apart: &[Field]) -> bool {
    let spelt = |entry: Entry<'_>, field: Field| {
        let mut bytes = Vec::new();
        entry.spell(field, &mut bytes);
        bytes
    };
    a.ids().len() == b.ids().len()
        && a.entries().zip(b.entries()).all(|(a, b)| {
            a.ledger() == b.ledger()
                && Field::ALL
                    .iter()
                    .filter(|field| !apart.contains(field))
                    .all(|&field| spelt(a, field) == spelt(b, field))
        })
}

/// Joins a left and a right group that are each other's only possible partner; tells the others that have several.
pub(super) fn unambiguous(block: &[Group<'_>], pairing: &Pairing, limits: Limits) -> Proposals {
    if (pairing.is_idle)(block) {
        return Proposals::default();
    }
    let is_left = pairing.is_left;
    let fits = |left: Group<'_>, right: Group<'_>| pairing.fits(left, right, limits);
    let (left, right): (Vec<usize>, Vec<usize>) = (0..block.len()).partition(|&index| is_left(block[index]));
    let mut proposals = Proposals::default();
    if left.is_empty() || right.is_empty() {
        return proposals;
    }
    if left.len() * right.len() > PAIRS_MAX {
        proposals.doubts.push((0..block.len()).collect());
        return proposals;
    }
    if left.len() == right.len()
        && right.windows(2).all(|pair| alike(block[pair[0]], block[pair[1]], &[]))
        && left
            .windows(2)
            .all(|pair| alike(block[pair[0]], block[pair[1]], &[Field::SlipNo, Field::VoucherNo]))
        && block[right[0]].entries().all(|entry| group::number(entry).is_empty())
        && fits(block[left[0]], block[right[0]])
    {
        // Whichever pays whichever, nothing anyone could say of them changes.
        let mut left = left;
        left.sort_by_key(|&index| block[index].entries().map(group::number).collect::<Vec<_>>());
        proposals.joins.extend(left.into_iter().zip(right).map(|(l, r)| vec![l, r]));
        return proposals;
    }
    let partners = |index: usize, others: &[usize], of_left: bool| -> Vec<usize> {
        let fits = |other: usize| {
            if of_left { fits(block[index], block[other]) } else { fits(block[other], block[index]) }
        };
        others.iter().copied().filter(|&other| fits(other)).collect()
    };
    let rights_of: Vec<Vec<usize>> = left.iter().map(|&l| partners(l, &right, true)).collect();
    let lefts_of: Vec<Vec<usize>> = right.iter().map(|&r| partners(r, &left, false)).collect();
    let mut doubtful: Vec<usize> = Vec::new();
    for (&l, rights) in left.iter().zip(&rights_of) {
        if let [r] = rights[..] {
            let place = right.iter().position(|&other| other == r).expect("a partner is on the right");
            if lefts_of[place].len() == 1 {
                proposals.joins.push(vec![l, r]);
                continue;
            }
        }
        if !rights.is_empty() {
            doubtful.push(l);
            doubtful.extend(rights);
        }
    }
    doubtful.sort_unstable();
    doubtful.dedup();
    if !doubtful.is_empty() {
        proposals.doubts.push(doubtful);
    }
    proposals
}
