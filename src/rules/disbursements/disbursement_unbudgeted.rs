//! 无预算拨款: a voucher for which the budget has no line.

use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::{DISBURSEMENTS, Day, Judge, Rule, Stays, Title, VOUCHERS};

use super::{Budgeted, Voucher};

pub static RULE: Rule = Rule {
    id: "disbursement-unbudgeted",
    title: Title { zh: "无预算拨款", en: "Payout without budget" },
    basis: super::WITHIN_BUDGET,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("disbursement_unbudgeted.md"),
    stays: Stays::Case,
    needs: VOUCHERS,
    tables: &["budget"],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(budget) = &day.facts.budget else { return Vec::new() };
    let approvals = super::approvals(budget);
    let vouchers = &day.vouchers;
    let found = vouchers.iter().filter(|voucher| {
        super::is_chargeable(voucher) && super::budgeted(budget, &approvals, voucher) == Budgeted::No
    });
    found.map(|voucher| finding(day, voucher)).collect()
}

fn finding(day: &Day<'_>, voucher: &Voucher<'_>) -> Finding {
    let stated = voucher.document.money(Field::Amount).unwrap_or_default();
    let (year, line) = (voucher.year(), super::line_name(voucher));
    let because = Sentence {
        zh: format!("{year} 年预算指标中没有 {line}（单位/科目/项目），凭证开具 {stated} 元"),
        en: format!(
            "the budget of {year} has no line {line} (unit/subject/project); the voucher pays {stated} yuan"
        ),
    };
    voucher.payment.finding(&RULE, Deviant::Issuer, day.facts, because)
}
