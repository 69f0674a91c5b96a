//! 银行数据缺失: a working day without a file of a bank's ledger.

use crate::domain::ledger::Party;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::{Day, Judge, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "bank-data-gap",
    title: Title { zh: "银行数据缺失", en: "Bank data missing" },
    basis: super::PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("bank_data_gap.md"),
    stays: Stays::Sum,
    needs: &[],
    tables: &[],
    judge: Judge::Day(judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    super::silences(&RULE, day, |party| party == Party::Bank)
}
