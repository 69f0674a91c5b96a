//! 金额不一致: the entries of one payment state different amounts.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::mismatch::disbursement_mismatch;
use crate::rules::payment::{self, Deviant, Payment};
use crate::rules::{Day, Judge, Need, PAYMENTS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "amount-mismatch",
    title: Title { zh: "金额不一致", en: "Amount differs" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("amount_mismatch.md"),
    stays: Stays::Case,
    needs: &[
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
        Need::Reads(Ledger::BankReceipts),
        Need::Reads(Ledger::TreasuryReceipts),
        Need::Reads(Ledger::TaxRefunds),
        Need::Reads(Ledger::FinanceRefunds),
        Need::Reads(Ledger::TreasuryRefunds),
        Need::Reads(Ledger::BankRefunds),
        Need::Reads(Ledger::FinanceDisbursements),
        Need::Reads(Ledger::TreasuryDisbursements),
        Need::Reads(Ledger::BankDisbursements),
        Need::Reads(Ledger::TaxCorrections),
        Need::Reads(Ledger::FinanceCorrections),
        Need::Reads(Ledger::TreasuryCorrections),
    ],
    tables: &[],
    judge: Judge::Both(PAYMENTS, judge, of_corrections),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // Told by voucher-duplicate already.
    if payment.is_repeated() {
        return None;
    }
    // Of a payout that differs from its voucher disbursement-mismatch tells.
    if payment.flow == Flow::Disbursement && disbursement_mismatch::sums_differ(payment) {
        return None;
    }
    // Of shares that do not add up to the slip share-split-mismatch tells.
    if !payment.documents.is_empty() && payment.is_split() && !payment.is_shared() {
        return None;
    }
    let [slip, receipt, booking] = payment.totals();
    let deviant = payment::deviant(slip.as_ref(), receipt.as_ref(), booking.as_ref())?;
    let (found, expected) = match deviant {
        Deviant::Bank => (receipt, slip),
        Deviant::Issuer => (slip, receipt),
        Deviant::Treasury | Deviant::Undetermined => (booking, slip.or(receipt)),
    };
    let difference = found? - expected?;
    let list = |names: [&str; 3], comma: &str| {
        let stated = names.into_iter().zip([slip, receipt, booking]);
        let parts: Vec<String> =
            stated.filter_map(|(name, amount)| amount.map(|amount| format!("{name} {amount}"))).collect();
        parts.join(comma)
    };
    let because = Sentence {
        zh: format!("金额不一致：{}，差额 {difference} 元", list(["开票方", "银行", "国库"], "，")),
        en: format!(
            "amounts differ: {}; difference {difference} yuan",
            list(["issuer", "bank", "treasury"], ", ")
        ),
    };
    let mut finding = payment.finding(&RULE, deviant, day.facts, because);
    finding.difference = Some(difference);
    Some(finding)
}

/// Corrections of which the treasury takes another amount away than the issuer ordered. Where it takes as much away and puts
/// another amount in place, `correction-unbalanced` tells.
fn of_corrections(day: &Day<'_>) -> Vec<Finding> {
    let differs = |of: super::Ordered<'_>| {
        let amount = |row: Entry<'_>| row.money(Field::OldAmount);
        let (ordered, booked) = amount(of.order).zip(amount(of.booking)).filter(|(a, b)| a != b)?;
        let difference = booked - ordered;
        let because = Sentence {
            zh: format!("更正金额不一致：开票方 {ordered}，国库 {booked}，差额 {difference} 元"),
            en: format!(
                "the correction's amount differs: issuer {ordered}, treasury {booked}; difference {difference} yuan"
            ),
        };
        let mut finding = of.finding(&RULE, day, because);
        finding.difference = Some(difference);
        Some(finding)
    };
    super::ordered(day).into_iter().filter_map(differs).collect()
}
