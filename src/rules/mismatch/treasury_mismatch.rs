//! 收款国库不一致: the entries of one payment state different values.

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::rules::classification::share_split_mismatch;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, Need, PAYMENTS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "treasury-mismatch",
    title: Title { zh: "收款国库不一致", en: "Treasury differs" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("treasury_mismatch.md"),
    stays: Stays::Case,
    needs: &[
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
        Need::Reads(Ledger::BankReceipts),
        Need::Reads(Ledger::TreasuryReceipts),
        Need::Reads(Ledger::TaxRefunds),
        Need::Reads(Ledger::FinanceRefunds),
        Need::Reads(Ledger::TreasuryRefunds),
        Need::Reads(Ledger::FinanceDisbursements),
        Need::Reads(Ledger::TreasuryDisbursements),
        Need::Reads(Ledger::TaxCorrections),
        Need::Reads(Ledger::FinanceCorrections),
        Need::Reads(Ledger::TreasuryCorrections),
    ],
    tables: &[],
    judge: Judge::Both(PAYMENTS, judge, of_corrections),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // A share that goes to another treasury by the table is where it should be.
    let payment = share_split_mismatch::without_placed(payment, day.facts);
    let mut finding = super::code(&RULE, Field::Treasury, ("收款国库", "treasury"), &payment, day.facts)?;
    let besides = payment.booked_besides();
    if !besides.is_empty() {
        let sum: Money = besides.iter().filter_map(|row| row.money(Field::Amount)).sum();
        finding.explanation.add(
            &format!("；应入国库已全额入账，另有 {sum} 元重复入账于他库"),
            &format!("; the treasury it is due to booked all of it, {sum} yuan were booked besides"),
        );
    }
    Some(finding)
}

fn of_corrections(day: &Day<'_>) -> Vec<Finding> {
    super::corrected_code(&RULE, (Field::OldTreasury, Field::NewTreasury), ("收款国库", "treasury"), day)
}
