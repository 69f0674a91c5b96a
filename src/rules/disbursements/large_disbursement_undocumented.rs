//! 大额拨款无文件依据: a large payout whose voucher names no document.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::{DISBURSEMENTS, Day, Judge, Rule, Stays, Title, VOUCHERS, law};

use super::{BY_PAYEE, Voucher};

pub static RULE: Rule = Rule {
    id: "large-disbursement-undocumented",
    title: Title { zh: "大额拨款无文件依据", en: "Large payout without document" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("large_disbursement_undocumented.md"),
    stays: Stays::Case,
    needs: VOUCHERS,
    tables: &[],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

/// One finding for each voucher without document, where it or the payee's day reaches the threshold.
pub(super) fn judge(day: &Day<'_>) -> Vec<Finding> {
    let vouchers = &day.vouchers;
    let threshold = day.facts.settings.large_threshold;
    let days = payee_days(day, vouchers);
    let mut findings = Vec::new();
    for voucher in vouchers {
        let Some(amount) = voucher.document.money(Field::Amount).filter(|amount| *amount > Money::ZERO)
        else {
            continue;
        };
        if !voucher.document.is_blank(Field::DocRef) {
            continue;
        }
        let payee = voucher.text(Field::PayeeAccount);
        let sum = days.get(&(payee, voucher.on)).copied().unwrap_or(amount);
        let because = if amount >= threshold {
            Sentence {
                zh: format!("单笔 {amount} 元，达到大额标准 {threshold} 元，凭证未列文件依据"),
                en: format!(
                    "{amount} yuan reach the threshold of {threshold}, and the voucher names no document"
                ),
            }
        } else if sum >= threshold {
            let on = voucher.on;
            Sentence {
                zh: format!(
                    "{on} 付同一收款账号 {payee} 共 {sum} 元，达到大额标准 {threshold} 元，其中本凭证 {amount} 元未列文件依据"
                ),
                en: format!(
                    "account {payee} is paid {sum} yuan on {on}, which reach the threshold of {threshold}; for the \
                     {amount} of this voucher no document is named"
                ),
            }
        } else {
            continue;
        };
        let mut finding = voucher.payment.finding(&RULE, Deviant::Issuer, day.facts, because);
        payee.clone_into(&mut finding.account);
        findings.push(finding);
    }
    findings
}

/// What each payee at hand is paid on a day, by account; an account that is not stated is nobody's.
pub(in crate::rules) fn payee_days<'b>(
    day: &Day<'_>,
    vouchers: &[Voucher<'b>],
) -> BTreeMap<(&'b str, NaiveDate), Money> {
    let mut days: BTreeMap<(&str, NaiveDate), Money> = BTreeMap::new();
    for voucher in vouchers {
        let payee = voucher.text(Field::PayeeAccount);
        if let Some(amount) = voucher.document.money(Field::Amount)
            && !payee.is_empty()
        {
            *days.entry((payee, voucher.on)).or_default() += amount;
        }
    }
    let mut payees: Vec<&str> = days.keys().map(|(payee, _)| *payee).collect();
    payees.dedup();
    for payee in payees {
        let settled = super::settled(day, &BY_PAYEE, &format!("{payee}\n"));
        for (on, amount) in super::by_day(settled.values()) {
            days.entry((payee, on)).and_modify(|sum| *sum += amount);
        }
    }
    days
}
