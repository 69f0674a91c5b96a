//! 缴款书要素不全: the issuer left elements of a slip empty that a bank must check.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::domain::entry::{Book, Change, Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::domain::table::Code;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::running::{Counter, Running};
use crate::rules::{Day, Judge, Rule, SLIPS, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "slip-incomplete",
    title: Title { zh: "缴款书要素不全", en: "Slip incomplete" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("slip_incomplete.md"),
    stays: Stays::Once,
    needs: SLIPS,
    tables: &[],
    judge: Judge::Day(&[], judge),
};

/// What a bank must find on a slip, and that an issuer may leave empty: the rest a ledger requires.
const ELEMENTS: [(Field, &str, &str); 3] = [
    (Field::PayerName, "缴款单位名称", "payer's name"),
    (Field::PayerAccount, "付款人账号", "payer's account"),
    (Field::PayerBank, "付款人开户行行号", "payer's bank"),
];

/// Slips by what issuers fill in at all: an element that an issuer never fills is none that its ledger carries.
pub static FILLED: Counter = Counter {
    id: "slip-elements",
    ledgers: &[Ledger::TaxReceipts, Ledger::FinanceReceipts],
    of: filled,
    keep_days: 100,
};

/// Between the parts of a counter's key.
const PART: &str = "\u{1f}";

fn filled(slip: Entry<'_>, key: &mut String) -> Option<(NaiveDate, Money)> {
    key.extend([organ(slip), PART]);
    key.extend(ELEMENTS.map(|(field, ..)| if slip.is_blank(field) { '0' } else { '1' }));
    Some((slip.date(Field::BilledOn)?, Money::ZERO))
}

fn organ(slip: Entry<'_>) -> &str {
    slip.text(organ_field(slip))
}

fn organ_field(slip: Entry<'_>) -> Field {
    if slip.ledger() == Ledger::TaxReceipts { Field::TaxOrg } else { Field::Collector }
}

/// Of which of them something is so.
type Elements = [bool; ELEMENTS.len()];

/// The elements that a slip leaves empty.
fn empty(slip: Entry<'_>) -> Elements {
    ELEMENTS.map(|(field, ..)| slip.is_blank(field) && !slip.is_unusable(field))
}

/// The slips of payments that leave an element empty which their issuer fills, or came today in place of others:
/// ascending.
pub fn to_be_looked_at(
    book: &Book,
    case_of: &[Option<u32>],
    running: &Running,
    changes: &[Change],
) -> Vec<EntryId> {
    let carried = carried(running);
    let slips = book.ids_of(|ledger| FILLED.ledgers.contains(&ledger));
    let pieces = slips.par_chunks(1 << 14).map(|slips| {
        // A day has few issuers and many slips.
        let mut known: FxHashMap<(Ledger, Code), Elements> = FxHashMap::default();
        let mut is_wanted = |id: EntryId| {
            let slip = book.entry(id);
            let empty = empty(slip);
            let lacks = empty != Elements::default() && {
                let of_organ = known
                    .entry((slip.ledger(), slip.code(organ_field(slip))))
                    .or_insert_with(|| carried.get(organ(slip)).copied().unwrap_or_default());
                of_organ.iter().zip(empty).any(|(is_carried, is_empty)| *is_carried && is_empty)
            };
            lacks || super::is_changed(changes, &slip)
        };
        let of_payments = slips.iter().copied().filter(|id| case_of[id.0 as usize].is_some());
        of_payments.filter(|id| is_wanted(*id)).collect::<Vec<_>>()
    });
    pieces.flatten_iter().collect()
}

/// For each issuer which elements it ever fills.
fn carried(running: &Running) -> BTreeMap<&str, Elements> {
    let mut carried: BTreeMap<&str, Elements> = BTreeMap::new();
    for key in running.keys(&FILLED) {
        let Some((organ, flags)) = key.split_once(PART) else { continue };
        let of = carried.entry(organ).or_default();
        for (is_carried, flag) in of.iter_mut().zip(flags.chars()) {
            *is_carried |= flag == '1' && running.total(&FILLED, key).rows > 0;
        }
    }
    carried
}

/// A slip as the rules about its elements see it.
pub(super) struct Seen<'d> {
    pub(super) payment: Payment<'d>,
    pub(super) slip: Entry<'d>,
    /// The elements it lacks, in Chinese and English; none where what was said before may have ended.
    pub(super) lacking: Vec<(&'static str, &'static str)>,
}

impl Seen<'_> {
    pub(super) fn is_ended(&self) -> bool {
        self.lacking.is_empty()
    }

    /// The names of what it lacks, one after another.
    pub(super) fn names(&self) -> (String, String) {
        let (zh, en): (Vec<&str>, Vec<&str>) = self.lacking.iter().copied().unzip();
        (zh.join("、"), en.join(", "))
    }
}

/// What is found of the slips that lack an element, or lacked one before, in ascending order. Who pays in cash has no
/// account to name.
pub(super) fn of_slips(day: &Day<'_>, judge: impl Fn(&Seen<'_>) -> Option<Finding> + Sync) -> Vec<Finding> {
    let carried = carried(day.running);
    let look = |&id: &EntryId| {
        let slip = day.book.entry(id);
        let of_organ = carried.get(organ(slip)).copied().unwrap_or_default();
        let payment = day.payment_of(id);
        let is_cash = payment.bank.iter().any(|receipt| is_cash(*receipt));
        let elements = ELEMENTS.into_iter().zip(of_organ).zip(empty(slip));
        let empty = elements.filter(|((_, is_carried), is_empty)| *is_carried && *is_empty);
        let needed =
            empty.filter(|(((field, ..), _), _)| *field == Field::PayerName || !is_cash).map(|of| of.0.0);
        let lacking = needed.map(|(_, zh, en)| (zh, en)).collect();
        judge(&Seen { payment, slip, lacking })
    };
    day.slips_to_look_at.par_iter().filter_map(look).collect()
}

/// Whether a receipt was paid in cash.
pub fn is_cash(receipt: Entry<'_>) -> bool {
    receipt.text(Field::Method).contains("现金")
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    of_slips(day, |seen| {
        let Seen { payment, slip, .. } = seen;
        let because = if seen.is_ended() {
            Sentence {
                zh: "缴款书要素已补齐，或系现金缴款".to_owned(),
                en: "the slip has what a bank must check, or was paid in cash".to_owned(),
            }
        } else {
            let (zh, en) = seen.names();
            Sentence { zh: format!("缴款书缺{zh}"), en: format!("the slip lacks the {en}") }
        };
        let mut finding = payment.finding(&RULE, Deviant::Issuer, day.facts, because);
        finding.amount = slip.money(Field::Amount);
        finding.event_on = slip.date(Field::BilledOn);
        finding.evidence = vec![slip.id()];
        if seen.is_ended() {
            finding.is_sequel = true;
            finding.settled_on = Some(day.facts.as_of);
        }
        Some(finding)
    })
}
