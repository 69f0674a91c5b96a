//! 收款人不一致: the entries of one refund or payout name different payees.

use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "payee-mismatch",
    title: Title { zh: "收款人不一致", en: "Payee differs" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("payee_mismatch.md"),
    stays: Stays::Case,
    needs: &[
        Need::Reads(Ledger::TaxRefunds),
        Need::Reads(Ledger::FinanceRefunds),
        Need::Reads(Ledger::TreasuryRefunds),
        Need::Reads(Ledger::BankRefunds),
        Need::Reads(Ledger::FinanceDisbursements),
        Need::Reads(Ledger::TreasuryDisbursements),
        Need::Reads(Ledger::BankDisbursements),
    ],
    tables: &[],
    judge: Judge::Payment(&[Flow::Refund, Flow::Disbursement], judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    if payment.is_repeated() {
        return None;
    }
    let (field, deviant) = super::payee(payment)?;
    // Of a payout the treasury's deviation from its voucher is disbursement-mismatch.
    if payment.flow == Flow::Disbursement && deviant != Deviant::Bank && !payment.documents.is_empty() {
        return None;
    }
    let mut finding = super::differing(&RULE, field, "收款人", "payee", deviant, payment, day.facts);
    account(payment).clone_into(&mut finding.account);
    Some(finding)
}

/// The account that was paid: the bank's word counts, then the treasury's.
fn account<'b>(payment: &Payment<'b>) -> &'b str {
    let rows = payment.bank.iter().chain(&payment.treasury).chain(&payment.documents);
    rows.map(|row| row.text(Field::PayeeAccount)).find(|account| !account.is_empty()).unwrap_or("")
}
