//! 受理不合规缴款书: the bank took money in on a slip that lacks what it must check.

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title};

use super::slip_incomplete;

pub static RULE: Rule = Rule {
    id: "invalid-slip-accepted",
    title: Title { zh: "受理要素不全的缴款书", en: "Incomplete slip accepted" },
    basis: super::PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("invalid_slip_accepted.md"),
    stays: Stays::Once,
    needs: &[Need::Always(Ledger::BankReceipts)],
    tables: &[],
    judge: Judge::Payment(REVENUE, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let slip = payment.documents.first()?;
    let receipt = payment.bank.first()?;
    if day.is_doubtful(payment) {
        return None;
    }
    let lacking = slip_incomplete::lacking(payment, day);
    let is_ended = lacking.is_empty();
    if is_ended && !super::is_changed(day, slip) && !super::is_changed(day, receipt) {
        return None;
    }
    let zh: Vec<&str> = lacking.iter().map(|(zh, _)| *zh).collect();
    let en: Vec<&str> = lacking.iter().map(|(_, en)| *en).collect();
    let received = receipt.date(Field::ReceivedAt)?;
    let because = if is_ended {
        Sentence {
            zh: "缴款书要素已补齐".to_owned(), en: "the slip has what a bank must check".to_owned()
        }
    } else {
        Sentence {
            zh: format!("{received} 受理的缴款书缺{}", zh.join("、")),
            en: format!("the slip accepted on {received} lacks the {}", en.join(", ")),
        }
    };
    let mut finding = payment.finding(&RULE, Deviant::Bank, day.facts, because);
    receipt.text(Field::Bank).clone_into(&mut finding.institution);
    finding.amount = receipt.money(Field::Amount);
    finding.event_on = Some(received);
    finding.evidence = vec![slip.id(), receipt.id()];
    finding.evidence.sort_unstable();
    if is_ended {
        finding.is_sequel = true;
        finding.settled_on = Some(day.facts.as_of);
    }
    Some(finding)
}
