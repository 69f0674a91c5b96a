//! Where a number is damaged or missing: the same amount, the same payer or booking, dates that fit.
//!
//! Only what is unambiguous is joined. Two candidates on either side leave all of them alone: neither the first
//! nor the nearest is more likely to be the right one, and whoever is picked wrongly is accused. For the same reason a
//! payment that some ledger holds twice takes no part.

use std::borrow::Cow;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Flow;

use super::group::{self, Group};
use super::{Limits, Proposals, Propose, Strategy};

/// A slip without payment and a payment without slip: same payer, same amount.
pub static BY_PAYER: Strategy =
    Strategy { id: "by-payer-and-amount", key: payer_key, propose: Propose::Some(by_payer) };

/// As by payer, where one side's account is not known, because a spreadsheet destroyed it: same name, same amount.
pub static BY_NAME: Strategy =
    Strategy { id: "by-name-and-amount", key: name_key, propose: Propose::Some(by_name) };

/// A payment without booking and a booking without payment: same amount, treasury, subject and level.
pub static BY_BOOKING: Strategy =
    Strategy { id: "by-booking-and-amount", key: booking_key, propose: Propose::Some(by_booking) };

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

fn by_name(block: &[Group<'_>], limits: Limits) -> Proposals {
    let proven = |group: Group<'_>| {
        let entry = group.issuer().or(group.bank()).expect("one of them, by its key");
        !entry.is_blank(Field::PayerAccount)
    };
    if block.iter().all(|&group| proven(group)) {
        return Proposals::default();
    }
    unambiguous(
        block,
        |group| group.issuer().is_some(),
        |slip, payment| slip_fits_payment(slip, payment, limits) && !(proven(slip) && proven(payment)),
    )
}

fn by_payer(block: &[Group<'_>], limits: Limits) -> Proposals {
    unambiguous(
        block,
        |group| group.issuer().is_some(),
        |slip, payment| slip_fits_payment(slip, payment, limits),
    )
}

fn slip_fits_payment(slip: Group<'_>, payment: Group<'_>, limits: Limits) -> bool {
    let (Some(issuer), Some(bank)) = (slip.issuer(), payment.bank()) else {
        return false;
    };
    let complementary = !(slip.treasury().is_some() && payment.treasury().is_some());
    let (Some(billed), Some(received)) = (issuer.date(Field::BilledOn), bank.date(Field::ReceivedAt)) else {
        return false;
    };
    let in_time = group::last_day(issuer, limits.window).is_some_and(|last| received <= last);
    complementary && billed <= received && in_time && agree(issuer, bank, Field::Treasury)
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

fn by_booking(block: &[Group<'_>], limits: Limits) -> Proposals {
    unambiguous(
        block,
        |group| group.issuer().is_some(),
        |payment, booking| {
            let (Some(issuer), Some(booked)) = (payment.issuer(), booking.treasury()) else {
                return false;
            };
            // A slip nobody paid is no candidate: without the bank's word, amount and subject alone prove little.
            let Some(bank) = payment.bank() else { return false };
            if booking.bank().is_some() {
                return false;
            }
            let (Some(received), Some(day)) = (bank.date(Field::ReceivedAt), booked.date(Field::BookedOn))
            else {
                return false;
            };
            let in_time =
                received <= day && received.checked_add_days(limits.window).is_some_and(|last| day <= last);
            in_time
                && agree(issuer, booked, Field::TaxOrg)
                && agree(bank, booked, Field::Bank)
                && agree(bank, booked, Field::Batch)
        },
    )
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
pub(super) fn unambiguous(
    block: &[Group<'_>],
    is_left: impl Fn(Group<'_>) -> bool,
    fits: impl Fn(Group<'_>, Group<'_>) -> bool,
) -> Proposals {
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
