//! 更正无原税票: a correction names a slip that nobody knows.

use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{CORRECTIONS, Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "correction-no-original",
    title: Title { zh: "更正无原始税票", en: "Correction without original slip" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("correction_no_original.md"),
    stays: Stays::Case,
    needs: &[
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
        Need::Reads(Ledger::TaxCorrections),
        Need::Reads(Ledger::FinanceCorrections),
        Need::Reads(Ledger::TreasuryCorrections),
    ],
    tables: &[],
    judge: Judge::Day(CORRECTIONS, judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for slip in super::slips(day) {
        let number = super::slip_no(&slip.payment);
        if slip.payment.flow != Flow::Correction || number.is_empty() {
            continue;
        }
        for correction in &slip.corrections {
            let detected = correction.rows.iter().filter_map(|row| row.date(Field::DetectedOn)).min();
            let first = correction.first();
            let (Some(detected), Some(corrected)) = (detected, group::own_date(first)) else { continue };
            if !day.should_know_slip(detected, corrected) {
                continue;
            }
            let because = Sentence {
                zh: format!("所更正的税票 {number} 在各方账册及档案中均无有效记录（档案始于 {}）", day.since),
                en: format!(
                    "no ledger has a record of slip {number} that stands, back to {} when the archive begins",
                    day.since
                ),
            };
            findings.push(super::finding(&RULE, correction, first, &slip, day, because));
        }
    }
    findings
}
