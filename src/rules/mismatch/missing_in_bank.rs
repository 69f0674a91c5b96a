//! 银行缺记: issuer and treasury know a payment that no collecting bank has.

use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "missing-in-bank",
    title: Title { zh: "银行缺记", en: "No receipt at the bank" },
    basis: super::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("missing_in_bank.md"),
    stays: Stays::OpenItem,
    needs: &[Need::Always(Ledger::BankReceipts)],
    tables: &[],
    judge: Judge::Payment(judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // A slip that nobody paid is not missing; a booking without slip is the issuer's to explain first.
    if !payment.receipts.is_empty() || payment.slips.is_empty() || payment.bookings.is_empty() {
        return None;
    }
    super::missing(&RULE, Deviant::Bank, "银行", "the bank", payment, day)
}
