//! 缴款书要素不全: the issuer left elements of a slip empty that a bank must check.

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::running::Counter;
use crate::rules::{Day, Judge, REVENUE, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "slip-incomplete",
    title: Title { zh: "缴款书要素不全", en: "Slip incomplete" },
    basis: super::PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("slip_incomplete.md"),
    stays: Stays::Once,
    needs: &[],
    tables: &[],
    judge: Judge::Payment(REVENUE, judge),
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
const PART: char = '\u{1f}';

fn filled(slip: Entry<'_>) -> Option<(String, NaiveDate, Money)> {
    let flags = ELEMENTS.map(|(field, ..)| if slip.is_blank(field) { '0' } else { '1' });
    let key = format!("{}{PART}{}", organ(slip), flags.iter().collect::<String>());
    Some((key, slip.date(Field::BilledOn)?, Money::ZERO))
}

fn organ(slip: Entry<'_>) -> &str {
    slip.text(if slip.ledger() == Ledger::TaxReceipts { Field::TaxOrg } else { Field::Collector })
}

/// Whether the issuer ever fills the element.
fn is_carried(day: &Day<'_>, slip: Entry<'_>, element: usize) -> bool {
    let organ = organ(slip);
    (0..1 << ELEMENTS.len()).filter(|flags| flags & (1 << element) != 0).any(|flags: u32| {
        let flags: String =
            (0..ELEMENTS.len()).map(|place| if flags & (1 << place) != 0 { '1' } else { '0' }).collect();
        day.running.total(&FILLED, &format!("{organ}{PART}{flags}")).rows > 0
    })
}

/// The elements a slip lacks: their names in Chinese and English. Who pays in cash has no account to name.
pub(super) fn lacking(payment: &Payment<'_>, day: &Day<'_>) -> Vec<(&'static str, &'static str)> {
    let Some(&slip) = payment.documents.first() else { return Vec::new() };
    let is_empty = |field: Field| slip.is_blank(field) && !slip.is_unusable(field);
    if ELEMENTS.iter().all(|(field, ..)| !is_empty(*field)) {
        return Vec::new();
    }
    let is_cash = payment.bank.iter().any(|receipt| is_cash(*receipt));
    let mut lacking = Vec::new();
    for (element, (field, zh, en)) in ELEMENTS.into_iter().enumerate() {
        let is_needed = field == Field::PayerName || !is_cash;
        if is_empty(field) && is_needed && is_carried(day, slip, element) {
            lacking.push((zh, en));
        }
    }
    lacking
}

/// Whether a receipt was paid in cash.
pub(super) fn is_cash(receipt: Entry<'_>) -> bool {
    receipt.text(Field::Method).contains("现金")
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let slip = payment.documents.first()?;
    let lacking = lacking(payment, day);
    let is_ended = lacking.is_empty();
    // Nothing to say, unless a row that came today may have ended what was said before.
    if is_ended && !super::is_changed(day, slip) && !payment.bank.iter().any(|receipt| is_cash(*receipt)) {
        return None;
    }
    let zh: Vec<&str> = lacking.iter().map(|(zh, _)| *zh).collect();
    let en: Vec<&str> = lacking.iter().map(|(_, en)| *en).collect();
    let because = if is_ended {
        Sentence {
            zh: "缴款书要素已补齐".to_owned(), en: "the slip has what a bank must check".to_owned()
        }
    } else {
        Sentence {
            zh: format!("缴款书缺{}", zh.join("、")),
            en: format!("the slip lacks the {}", en.join(", ")),
        }
    };
    let mut finding = payment.finding(&RULE, Deviant::Issuer, day.facts, because);
    finding.amount = slip.money(Field::Amount);
    finding.event_on = slip.date(Field::BilledOn);
    finding.evidence = vec![slip.id()];
    if is_ended {
        finding.is_sequel = true;
        finding.settled_on = Some(day.facts.as_of);
    }
    Some(finding)
}
