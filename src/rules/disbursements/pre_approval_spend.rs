//! 预算批准前支出: paid before the budget was approved, and of none of the classes the law allows then.

use chrono::NaiveDate;

use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::{DISBURSEMENTS, Day, Judge, Rule, Stays, Title, VOUCHERS, law};

use super::{Budgeted, Voucher};

pub static RULE: Rule = Rule {
    id: "pre-approval-spend",
    title: Title { zh: "预算批准前支出", en: "Payout before the budget was approved" },
    basis: &[law::article(&law::BUDGET_LAW, 54)],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("pre_approval_spend.md"),
    stays: Stays::Case,
    needs: VOUCHERS,
    tables: &["budget"],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(budget) = &day.facts.budget else { return Vec::new() };
    let approvals = super::approvals(budget);
    let vouchers = &day.vouchers;
    let found = vouchers.iter().filter(|voucher| super::is_chargeable(voucher));
    found
        .filter_map(|voucher| match super::budgeted(budget, &approvals, voucher) {
            Budgeted::Early { approved_on } => Some(finding(day, voucher, approved_on)),
            _ => None,
        })
        .collect()
}

fn finding(day: &Day<'_>, voucher: &Voucher<'_>, approved_on: NaiveDate) -> Finding {
    let stated = voucher.document.money(Field::Amount).unwrap_or_default();
    let (on, line, year) = (voucher.on, super::line_name(voucher), voucher.year());
    let because = Sentence {
        zh: format!(
            "{line} 的 {year} 年预算于 {approved_on} 批准，凭证日期 {on}，{stated} 元，未注明属于批准前可以安排的三类支出"
        ),
        en: format!(
            "the {year} budget of {line} was approved on {approved_on}; the voucher of {stated} yuan is dated {on} and \
             names none of the three classes that may be spent before"
        ),
    };
    voucher.payment.finding(&RULE, Deviant::Issuer, day.facts, because)
}
