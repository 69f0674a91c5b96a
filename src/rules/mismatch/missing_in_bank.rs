//! 银行缺记: issuer and treasury know a payment that no collecting bank has.

use crate::domain::ledger::Ledger;
use crate::matching::group::Role;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, Need, PAYMENTS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "missing-in-bank",
    title: Title { zh: "银行缺记", en: "No receipt at the bank" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("missing_in_bank.md"),
    stays: Stays::OpenItem,
    needs: &[
        Need::Always(Ledger::BankReceipts),
        Need::Always(Ledger::BankRefunds),
        Need::Always(Ledger::BankDisbursements),
    ],
    tables: &["calendar"],
    judge: Judge::Payment(PAYMENTS, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    super::missing(&RULE, Role::Bank, "银行", "the bank", payment, day)
}
