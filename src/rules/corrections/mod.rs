//! Corrections and transfers between treasuries 更正、调库: what was booked wrong is put right (`rules.md` 5.H).

pub mod correction_cross_level;
pub mod correction_late;
pub mod correction_no_change;
pub mod correction_no_original;
pub mod correction_repeat;
pub mod correction_unbalanced;
pub mod correction_wrong_party;

use std::collections::BTreeMap;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::matching::group;

use super::finding::{Finding, Sentence};
use super::law::{self, Basis};
use super::payment::Payment;
use super::{Day, Rule};

/// Nobody alters subject or level on his own; the treasury books what is due to each level.
const UNALTERED: &[Basis] =
    &[law::paragraph(&law::TAX_RULES, 39, 2), law::item(&law::TREASURY_RULES, 11, 2), law::PLAN];

/// What a correction says on both sides.
const SIDES: [(Field, Field); 5] = [
    (Field::OldTreasury, Field::NewTreasury),
    (Field::OldOrg, Field::NewOrg),
    (Field::OldLevel, Field::NewLevel),
    (Field::OldSubject, Field::NewSubject),
    (Field::OldAmount, Field::NewAmount),
];

/// A correction as one or several parties' ledgers have it.
#[derive(Debug)]
struct Correction<'b> {
    /// One row of a ledger at most; the party that carries it first stands first.
    rows: Vec<Entry<'b>>,
}

impl<'b> Correction<'b> {
    /// The row of the party that carries it first.
    fn first(&self) -> Entry<'b> {
        self.rows[0]
    }

    /// Whether it is an earlier one again, under its number in the same ledger: that is `voucher-duplicate`.
    fn is_twin(&self, earlier: &[Self]) -> bool {
        let number = |row: &Entry<'b>| (row.ledger(), row.text(Field::VoucherNo));
        let mut before = earlier.iter().flat_map(|correction| &correction.rows);
        !self.first().is_blank(Field::VoucherNo)
            && before.any(|other| self.rows.iter().any(|row| number(row) == number(other)))
    }

    fn may_take(&self, row: Entry<'_>) -> bool {
        self.rows.iter().all(|other| other.ledger() != row.ledger())
    }
}

/// A slip and what was corrected of it, the earliest first; or corrections that name no slip.
#[derive(Debug)]
struct Slip<'b> {
    /// The payment that is corrected; of flow `Correction` where no other row of it is known.
    payment: Payment<'b>,
    corrections: Vec<Correction<'b>>,
}

/// Every correction at hand, by slip. The same one in the ledgers of several parties, under one number or with equal
/// sides, is one correction.
fn slips<'d>(day: &'d Day<'_>) -> Vec<Slip<'d>> {
    let (mut named, mut nameless): (Vec<Payment<'_>>, Vec<Payment<'_>>) =
        day.payments(Flow::Correction).partition(|payment| !slip_no(payment).is_empty());
    // By what they say: a row without a slip may be the same as corrections of several.
    named.sort_by_key(slip_no);
    nameless.sort_by_cached_key(|payment| carried(payment.corrections[0], None));
    let mut slips: Vec<Slip<'_>> = named
        .into_iter()
        .map(|payment| Slip { corrections: merged(&payment.corrections, &payment), payment })
        .collect();
    let mut places: BTreeMap<(String, Vec<u8>), Vec<usize>> = BTreeMap::new();
    for (place, slip) in slips.iter().enumerate() {
        for row in slip.corrections.iter().flat_map(|correction| &correction.rows) {
            let of_row = places.entry(number_and_sides(*row)).or_default();
            if of_row.last() != Some(&place) {
                of_row.push(place);
            }
        }
    }
    let mut rest: BTreeMap<String, Vec<Payment<'_>>> = BTreeMap::new();
    for payment in nameless {
        let row = payment.corrections[0];
        let mut of_row = places.get(&number_and_sides(row)).into_iter().flatten().take(CANDIDATES_MAX);
        let twin = of_row.find_map(|&place| {
            let same =
                |of: &Correction<'_>| of.may_take(row) && of.rows.iter().any(|other| is_same(*other, row));
            slips[place].corrections.iter().position(same).map(|number| (place, number))
        });
        match twin {
            Some((place, number)) => {
                let Slip { payment, corrections } = &mut slips[place];
                let issuer = issuer(payment);
                corrections[number].rows.push(row);
                corrections[number].rows.sort_by_cached_key(|row| carried(*row, issuer));
            }
            None => rest.entry(row.text(Field::VoucherNo).to_owned()).or_default().push(payment),
        }
    }
    slips.extend(rest.into_values().map(|mut payments| {
        let rows: Vec<Entry<'_>> = payments.iter().map(|payment| payment.corrections[0]).collect();
        let payment = payments.swap_remove(0);
        Slip { corrections: merged(&rows, &payment), payment }
    }));
    slips
}

/// The number of the slip that the corrections of a payment name; empty if they name none.
fn slip_no<'b>(payment: &Payment<'b>) -> &'b str {
    let numbers = payment.corrections.iter().map(|row| row.text(Field::OriginalSlip));
    numbers.into_iter().find(|number| !number.is_empty()).unwrap_or("")
}

/// Who issued the slip that is corrected.
fn issuer(payment: &Payment<'_>) -> Option<Party> {
    payment.documents.first().map(|slip| slip.ledger().party())
}

/// Of very many corrections of one number the first are looked through.
const CANDIDATES_MAX: usize = 64;

/// Some rows as corrections, in the order in which ledgers carry them: by date, of one day the issuer's first.
fn merged<'b>(rows: &[Entry<'b>], payment: &Payment<'b>) -> Vec<Correction<'b>> {
    let issuer = issuer(payment);
    let mut rows = rows.to_vec();
    rows.sort_by_cached_key(|row| carried(*row, issuer));
    let mut corrections: Vec<Correction<'_>> = Vec::new();
    let mut by_number: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut by_sides: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for row in rows {
        let (number, sides) = (row.text(Field::VoucherNo), sides(row));
        let of_number = by_number.get(number).into_iter().flatten().take(CANDIDATES_MAX);
        let of_sides = by_sides.get(&sides).into_iter().flatten().take(CANDIDATES_MAX);
        let twin = of_number.chain(of_sides).copied().find(|&place| corrections[place].may_take(row));
        let place = twin.unwrap_or(corrections.len());
        if twin.is_none() {
            corrections.push(Correction { rows: Vec::new() });
        }
        corrections[place].rows.push(row);
        by_number.entry(number).or_default().push(place);
        by_sides.entry(sides).or_default().push(place);
    }
    corrections
}

/// The order in which ledgers carry rows, and what the rows say, so that their order in files decides nothing.
fn carried(row: Entry<'_>, issuer: Option<Party>) -> impl Ord + use<> {
    let party = row.ledger().party();
    let rank = if Some(party) == issuer { 0 } else { 1 + u8::from(party == Party::Treasury) };
    (group::own_date(row), rank, row.ledger(), row.content(), row.id())
}

/// Both sides of a correction, in one spelling. Organs are left out, since not every ledger names them.
fn sides(row: Entry<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let named = SIDES.iter().filter(|(old, _)| *old != Field::OldOrg);
    for field in named.flat_map(|(old, new)| [*old, *new]) {
        row.spell(field, &mut bytes);
        bytes.push(0x1f);
    }
    bytes
}

fn number_and_sides(row: Entry<'_>) -> (String, Vec<u8>) {
    (row.text(Field::VoucherNo).to_owned(), sides(row))
}

fn is_same(a: Entry<'_>, b: Entry<'_>) -> bool {
    number_and_sides(a) == number_and_sides(b)
}

/// A finding about a correction, for which the party answers whose row is given.
fn finding(
    rule: &'static Rule,
    correction: &Correction<'_>,
    row: Entry<'_>,
    slip: &Slip<'_>,
    day: &Day<'_>,
    because: Sentence,
) -> Finding {
    let party = row.ledger().party();
    let mut finding = Finding::of(rule, party, row.text(Field::VoucherNo).to_owned(), because);
    finding.institution = institution(row, &slip.payment, day);
    finding.flow = Flow::Correction;
    row.text(Field::OldTreasury).clone_into(&mut finding.treasury);
    finding.amount = row.money(Field::OldAmount);
    finding.event_on = group::own_date(row);
    finding.evidence = correction.rows.iter().map(|row| row.id()).collect();
    finding.evidence.sort_unstable();
    finding
}

/// Which treasury, tax office, collecting unit or finance bureau carries a row.
pub(super) fn institution(row: Entry<'_>, payment: &Payment<'_>, day: &Day<'_>) -> String {
    let treasury = row.text(Field::OldTreasury);
    if row.ledger() == Ledger::TreasuryCorrections {
        // The treasury that has the money, even if the slip named another.
        let booked = || payment.treasury.iter().map(|booking| booking.text(Field::Treasury));
        let own = booked().find(|booked| *booked == treasury).or_else(|| booked().next());
        return own.unwrap_or(treasury).to_owned();
    }
    let documents = payment.documents.iter().filter(|slip| slip.ledger().party() == row.ledger().party());
    let organs = documents.flat_map(|slip| [Field::TaxOrg, Field::Collector].map(|field| slip.text(field)));
    let organ = std::iter::once(row.text(Field::OldOrg))
        .chain(organs)
        .chain([row.text(Field::NewOrg)])
        .find(|organ| !organ.is_empty());
    match organ {
        Some(organ) => organ.to_owned(),
        None if row.ledger().party() == Party::Finance => day.facts.finance_bureau(treasury).to_owned(),
        None => String::new(),
    }
}

/// What a correction takes away and what it puts in place.
fn amounts(row: Entry<'_>) -> (Money, Money) {
    let amount = |field: Field| row.money(field).unwrap_or_default();
    (amount(Field::OldAmount), amount(Field::NewAmount))
}
