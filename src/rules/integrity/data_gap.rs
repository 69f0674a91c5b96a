//! 数据缺失: a working day without a file of a ledger of tax, finance or treasury.

use crate::domain::ledger::Party;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::{Day, Judge, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "data-gap",
    title: Title { zh: "数据缺失", en: "Data missing" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("data_gap.md"),
    stays: Stays::Cell,
    needs: &[],
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    super::silences(&RULE, day, |party| party != Party::Bank)
}
