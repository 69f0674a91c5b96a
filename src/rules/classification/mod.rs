//! Classification: what a source document says of subject, level, tax type and treasury, against the tables
//! (`rules.md` 5.C).

pub mod funds_outside_treasury;
pub mod mixed_tax_type;
pub mod share_split_mismatch;
pub mod subject_invalid;
pub mod wrong_budget_level;
pub mod wrong_treasury;

use std::collections::BTreeMap;

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Party};
use crate::domain::register::Subject;

use super::Rule;
use super::finding::{Finding, Sentence};
use super::law::{self, Basis};
use super::payment::{Deviant, Payment};

/// Revenue is collected by the prescribed level, subject, mode and deadline.
const AS_PRESCRIBED: &[Basis] =
    &[law::article(&law::BUDGET_RULES, 56), law::paragraph(&law::TAX_RULES, 39, 1), law::PLAN];
/// Nobody changes a level of revenue without authority.
const LEVELS: &[Basis] = &[
    law::article(&law::BUDGET_RULES, 56),
    law::paragraph(&law::TAX_RULES, 39, 1),
    law::article(&law::TAX_LAW, 53),
    law::article(&law::TAX_LAW, 76),
    law::item(&law::FISCAL_PENALTIES, 4, 4),
    law::item(&law::FISCAL_PENALTIES, 7, 4),
    law::PLAN,
];
/// Revenue goes to the treasury it is due to.
const TREASURIES: &[Basis] = &[law::item(&law::TREASURY_RULES, 11, 2), law::PLAN];
/// Government revenue goes into the treasury, whole.
const INTO_TREASURY: &[Basis] = &[
    law::article(&law::BUDGET_RULES, 55),
    law::article(&law::BUDGET_RULES, 56),
    law::item(&law::FISCAL_PENALTIES, 5, 4),
    law::PLAN,
];

/// The flows whose documents are classified by revenue subjects.
const CLASSIFIED: &[Flow] = &[Flow::Revenue, Flow::Refund];

/// A finding about what is stated of a payment, perhaps by a correction. The issuer answers, or the treasury where its own
/// correction brought the fault about.
fn finding(
    rule: &'static Rule,
    payment: &Payment<'_>,
    correction: Option<Entry<'_>>,
    facts: &Facts,
    because: Sentence,
) -> Finding {
    let Some(row) = correction else { return payment.finding(rule, Deviant::Issuer, facts, because) };
    let is_treasury = row.ledger().party() == Party::Treasury;
    let deviant = if is_treasury { Deviant::Treasury } else { Deviant::Issuer };
    let number = row.text(Field::VoucherNo);
    let because = Sentence {
        zh: format!("经更正 {number}，{}", because.zh),
        en: format!("after correction {number}, {}", because.en),
    };
    let mut finding = payment.finding(rule, deviant, facts, because);
    finding.evidence.push(row.id());
    finding.evidence.sort_unstable();
    finding
}

/// The nearest entry of the table for a subject: its own, else that of the item it is part of (9 → 7 → 5 → 3 digits).
fn nearest<'f, T>(
    table: &'f BTreeMap<String, Subject>,
    code: &str,
    wanted: impl Fn(&'f Subject) -> Option<T>,
) -> Option<T> {
    let lengths =
        std::iter::once(code.len()).chain([7, 5, 3].into_iter().filter(|&length| length < code.len()));
    lengths.filter_map(|length| table.get(code.get(..length)?)).find_map(wanted)
}

/// Whether the table knows any subject of a class: of a class it leaves out it says nothing.
fn knows_class(facts: &Facts, class: &str) -> bool {
    facts.subjects.iter().flatten().any(|(_, subject)| subject.class == class)
}
