//! 预算级次不一致: the entries of one payment state different values.

use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, Need, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "level-mismatch",
    title: Title { zh: "预算级次不一致", en: "Budget level differs" },
    basis: super::UNALTERED,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("level_mismatch.md"),
    stays: Stays::Case,
    needs: &[
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
        Need::Reads(Ledger::TreasuryReceipts),
        Need::Reads(Ledger::TaxRefunds),
        Need::Reads(Ledger::FinanceRefunds),
        Need::Reads(Ledger::TreasuryRefunds),
        Need::Reads(Ledger::TaxCorrections),
        Need::Reads(Ledger::FinanceCorrections),
        Need::Reads(Ledger::TreasuryCorrections),
    ],
    tables: &[],
    judge: Judge::Both(&[Flow::Revenue, Flow::Refund], judge, of_corrections),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    super::code(&RULE, Field::Level, ("预算级次", "level"), payment, day.facts)
}

fn of_corrections(day: &Day<'_>) -> Vec<Finding> {
    super::corrected_code(&RULE, (Field::OldLevel, Field::NewLevel), ("预算级次", "level"), day)
}
