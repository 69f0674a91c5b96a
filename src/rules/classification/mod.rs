//! Classification: what a source document says of subject, level, tax type and treasury, against the tables
//! (`rules.md` 5.C).

pub mod funds_outside_treasury;
pub mod mixed_tax_type;
pub mod share_split_mismatch;
pub mod subject_invalid;
pub mod wrong_budget_level;
pub mod wrong_treasury;

use std::collections::BTreeMap;

use crate::domain::facts::Facts;
use crate::domain::ledger::Flow;
use crate::domain::register::Subject;

use super::Basis;

/// Revenue is collected by the prescribed level, subject, mode and deadline.
const AS_PRESCRIBED: &[Basis] = &[
    Basis { law: "预算法实施条例", article: "第五十六条" },
    Basis { law: "税收征收管理法实施细则", article: "第三十九条" },
];
/// Nobody changes a level of revenue without authority.
const LEVELS: &[Basis] = &[
    Basis { law: "税收征收管理法", article: "第五十三条" },
    Basis { law: "税收征收管理法实施细则", article: "第三十九条" },
];
/// Revenue goes to the treasury it is due to.
const TREASURIES: &[Basis] = &[Basis { law: "国家金库条例", article: "第十一条第（二）项" }];
/// Government revenue goes into the treasury, whole.
const INTO_TREASURY: &[Basis] = &[
    Basis { law: "预算法实施条例", article: "第五十五条" },
    Basis { law: "预算法实施条例", article: "第五十六条" },
];

/// The flows whose documents are classified by revenue subjects.
const CLASSIFIED: &[Flow] = &[Flow::Revenue, Flow::Refund];

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
