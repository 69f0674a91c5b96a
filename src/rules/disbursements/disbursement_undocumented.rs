//! 支出无依据: a voucher that names no document at all, on a line that names none either.

use std::collections::BTreeSet;

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::domain::register::Budget;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::running::Counter;
use crate::rules::{DISBURSEMENTS, Day, Judge, Rule, Stays, Title, VOUCHERS, law};

use super::{Budgeted, Voucher, large_disbursement_undocumented};

pub static RULE: Rule = Rule {
    id: "disbursement-undocumented",
    title: Title { zh: "支出无文件依据", en: "Payout without any document" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("disbursement_undocumented.md"),
    stays: Stays::Case,
    needs: VOUCHERS,
    tables: &["budget"],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

/// Vouchers that name a document or an allotment, by treasury: they show that finance states such things at all.
pub static DOCUMENTED: Counter = Counter {
    id: "vouchers-documented",
    ledgers: &[Ledger::FinanceDisbursements],
    of: |voucher, key| {
        key.push_str(voucher.text(Field::Treasury));
        let names = [Field::DocRef, Field::BudgetRef].iter().any(|field| !voucher.is_blank(*field));
        let on = voucher.date(Field::VoucherDate)?;
        names.then_some((on, Money::ZERO))
    },
    keep_days: 400,
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(budget) = &day.facts.budget else { return Vec::new() };
    // Of large payouts large-disbursement-undocumented tells.
    let large: BTreeSet<String> =
        large_disbursement_undocumented::judge(day).into_iter().map(|finding| finding.key).collect();
    // A register or a ledger that never names a document has no such column.
    let is_kept = |line: &Budget| line.parts.iter().any(|part| !part.doc_ref.is_empty());
    let kept: BTreeSet<u32> =
        budget.iter().filter(|(_, of)| is_kept(of)).map(|(line, _)| line.year).collect();
    let approvals = super::approvals(budget);
    let is_told_of = |voucher: &Voucher<'_>| {
        let names = |field: Field| !voucher.document.is_blank(field);
        let is_ledger_kept = || day.running.total(&DOCUMENTED, voucher.text(Field::Treasury)).rows > 0;
        let lines = super::charged(budget, voucher);
        super::is_chargeable(voucher)
            && !names(Field::DocRef)
            && !names(Field::BudgetRef)
            && !lines.is_empty()
            && lines.iter().flat_map(|line| &line.parts).all(|part| part.doc_ref.is_empty())
            && super::budgeted(budget, &approvals, voucher) == Budgeted::Yes
            && !large.contains(&voucher.payment.key())
            && kept.contains(&voucher.year())
            && is_ledger_kept()
    };
    let vouchers = &day.vouchers;
    let found = vouchers.iter().filter(|voucher| is_told_of(voucher));
    found
        .map(|voucher| {
            let (line, amount) = (super::line_name(voucher), voucher.document.money(Field::Amount));
            let amount = amount.unwrap_or_default();
            let because = Sentence {
                zh: format!("凭证 {amount} 元未列文件依据和指标文号，{line} 的预算指标也未列文号"),
                en: format!(
                    "the voucher of {amount} yuan names neither a document nor an allotment, and the budget line {line} \
                     names none either"
                ),
            };
            voucher.payment.finding(&RULE, Deviant::Issuer, day.facts, because)
        })
        .collect()
}
