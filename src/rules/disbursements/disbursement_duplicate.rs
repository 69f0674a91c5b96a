//! 重复拨款: two vouchers pay the same twice.

use std::collections::BTreeMap;

use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::{DISBURSEMENTS, Day, Judge, Rule, Stays, Title, VOUCHERS, law};

use super::Voucher;

pub static RULE: Rule = Rule {
    id: "disbursement-duplicate",
    title: Title { zh: "重复拨款", en: "Payout made twice" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("disbursement_duplicate.md"),
    stays: Stays::Case,
    needs: VOUCHERS,
    tables: &[],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let vouchers = &day.vouchers;
    let mut same: BTreeMap<_, Vec<&Voucher<'_>>> = BTreeMap::new();
    for voucher in vouchers {
        let payee = voucher.text(Field::PayeeAccount);
        // What came back may be paid again.
        let is_paid = voucher.amount > Money::ZERO && super::returned(&voucher.payment).is_zero();
        if is_paid && !payee.is_empty() && !voucher.number.is_empty() {
            let purpose = voucher.text(Field::Purpose);
            let key = (payee, voucher.on, voucher.amount, purpose, voucher.text(Field::Unit));
            same.entry(key).or_default().push(voucher);
        }
    }
    let mut findings = Vec::new();
    for ((payee, on, amount, purpose, _), vouchers) in same {
        let first = vouchers[0];
        for (times, voucher) in (2..).zip(&vouchers[1..]) {
            let (zh, en) = if purpose.is_empty() {
                ("用途均未注明".to_owned(), "neither states a purpose".to_owned())
            } else {
                (format!("用途均为“{purpose}”"), format!("both for {purpose:?}"))
            };
            let because = Sentence {
                zh: format!(
                    "与凭证 {} 同日（{on}）向同一收款账号 {payee} 支付同额 {amount} 元，{zh}，为第 {times} 笔",
                    first.number
                ),
                en: format!(
                    "voucher {} of the same day ({on}) pays the same {amount} yuan to the same account {payee}, {en}; this \
                     is number {times}",
                    first.number
                ),
            };
            let mut finding = voucher.payment.finding(&RULE, Deviant::Issuer, day.facts, because);
            payee.clone_into(&mut finding.account);
            finding.evidence.extend(first.payment.evidence());
            finding.evidence.sort_unstable();
            findings.push(finding);
        }
    }
    findings
}
