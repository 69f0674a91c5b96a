//! 受理不合规缴款书: the bank took money in on a slip that lacks what it must check.

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

use super::slip_incomplete::{self, Seen};

pub static RULE: Rule = Rule {
    id: "invalid-slip-accepted",
    title: Title { zh: "受理要素不全的缴款书", en: "Incomplete slip accepted" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("invalid_slip_accepted.md"),
    stays: Stays::Once,
    needs: &[
        Need::Always(Ledger::BankReceipts),
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
    ],
    tables: &[],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    slip_incomplete::of_slips(day, |seen| {
        let Seen { payment, slip, .. } = seen;
        let receipt = payment.bank.first()?;
        let received = receipt.date(Field::ReceivedAt)?;
        if day.is_doubtful(payment) {
            return None;
        }
        let because = if seen.is_ended() {
            Sentence {
                zh: "缴款书要素已补齐，或系现金缴款".to_owned(),
                en: "the slip has what a bank must check, or was paid in cash".to_owned(),
            }
        } else {
            let (zh, en) = seen.names();
            Sentence {
                zh: format!("{received} 受理的缴款书缺{zh}"),
                en: format!("the slip accepted on {received} lacks the {en}"),
            }
        };
        let mut finding = payment.finding(&RULE, Deviant::Bank, day.facts, because);
        receipt.text(Field::Bank).clone_into(&mut finding.institution);
        finding.amount = receipt.money(Field::Amount);
        finding.event_on = Some(received);
        finding.evidence = vec![slip.id(), receipt.id()];
        finding.evidence.sort_unstable();
        if seen.is_ended() {
            finding.is_sequel = true;
            finding.settled_on = Some(day.facts.as_of);
        }
        Some(finding)
    })
}
