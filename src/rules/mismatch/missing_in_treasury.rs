//! 国库缺记: the bank sent the money on, and the treasury has not booked it.

use crate::domain::entry::Entry;
use crate::domain::ledger::{Flow, Ledger};
use crate::matching::group::Role;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, Need, PAYMENTS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "missing-in-treasury",
    title: Title { zh: "国库缺记", en: "Not booked at the treasury" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("missing_in_treasury.md"),
    stays: Stays::OpenItem,
    needs: &[
        Need::Always(Ledger::TreasuryReceipts),
        Need::Always(Ledger::TreasuryRefunds),
        Need::Always(Ledger::TreasuryDisbursements),
    ],
    tables: &["calendar"],
    judge: Judge::Payment(PAYMENTS, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // What the bank still holds cannot have reached the treasury: that is remittance-withholding.
    let is_held = |receipt: &Entry<'_>| day.remittances.covered(receipt.id()).is_none();
    if payment.flow == Flow::Revenue && payment.bank.iter().any(is_held) {
        return None;
    }
    super::missing(&RULE, Role::Treasury, "国库", "the treasury", payment, day)
}
