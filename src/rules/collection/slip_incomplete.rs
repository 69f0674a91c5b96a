//! 缴款书要素不全: the issuer left elements of a slip empty that a bank must check.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::running::Counter;
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
    slip.text(if slip.ledger() == Ledger::TaxReceipts { Field::TaxOrg } else { Field::Collector })
}

/// For each issuer which elements it ever fills.
fn carried<'d>(day: &Day<'d>) -> BTreeMap<&'d str, [bool; ELEMENTS.len()]> {
    let mut carried: BTreeMap<&str, [bool; ELEMENTS.len()]> = BTreeMap::new();
    for key in day.running.keys(&FILLED) {
        let Some((organ, flags)) = key.split_once(PART) else { continue };
        let of = carried.entry(organ).or_default();
        for (is_carried, flag) in of.iter_mut().zip(flags.chars()) {
            *is_carried |= flag == '1' && day.running.total(&FILLED, key).rows > 0;
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
    let carried = carried(day);
    let slips = day.book.ids_of(|ledger| FILLED.ledgers.contains(&ledger));
    slips
        .into_par_iter()
        .filter(|id| day.case_of[id.0 as usize].is_some())
        .filter_map(|id| {
            let slip = day.book.entry(id);
            let is_empty = |field: Field| slip.is_blank(field) && !slip.is_unusable(field);
            let is_whole = !ELEMENTS.iter().any(|(field, ..)| is_empty(*field));
            if is_whole && !super::is_changed(day, &slip) {
                return None;
            }
            let of_organ = carried.get(organ(slip)).copied().unwrap_or_default();
            let empty =
                ELEMENTS.into_iter().zip(of_organ).filter(|((field, ..), of)| *of && is_empty(*field));
            let empty: Vec<_> = empty.map(|(element, _)| element).collect();
            if empty.is_empty() && !super::is_changed(day, &slip) {
                return None;
            }
            let payment = day.payment_of(id);
            let is_cash = payment.bank.iter().any(|receipt| is_cash(*receipt));
            let needed = empty.into_iter().filter(|(field, ..)| *field == Field::PayerName || !is_cash);
            let lacking = needed.map(|(_, zh, en)| (zh, en)).collect();
            judge(&Seen { payment, slip, lacking })
        })
        .collect()
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
