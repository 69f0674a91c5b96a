//! 国库缺记: the bank sent the money on, and the treasury has not booked it.

use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "missing-in-treasury",
    title: Title { zh: "国库缺记", en: "Not booked at the treasury" },
    basis: super::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("missing_in_treasury.md"),
    stays: Stays::OpenItem,
    needs: &[Need::Always(Ledger::TreasuryReceipts)],
    tables: &[],
    judge: Judge::Payment(judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    if !payment.bookings.is_empty() || payment.slips.is_empty() || payment.receipts.is_empty() {
        return None;
    }
    // What the bank still holds cannot have reached the treasury: that is remittance-withholding.
    if payment.receipts.iter().any(|receipt| day.remittances.covered(receipt.id()).is_none()) {
        return None;
    }
    super::missing(&RULE, Deviant::Treasury, "国库", "the treasury", payment, day)
}
