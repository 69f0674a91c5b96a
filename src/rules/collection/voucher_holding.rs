//! 压票: the bank accepted a slip and took the payer's money later than that day.

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "voucher-holding",
    title: Title { zh: "受理后逾期收款", en: "Slip accepted, money taken late" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("voucher_holding.md"),
    stays: Stays::Once,
    needs: &[Need::Always(Ledger::BankReceipts)],
    tables: &["calendar"],
    judge: Judge::Payment(REVENUE, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let held = payment.bank.iter().find_map(|receipt| {
        let accepted = receipt.moment(Field::AcceptedAt)?;
        let received = receipt.date(Field::ReceivedAt)?;
        // A day that is not worked, and an evening after the cut-off, put it off to the next working day.
        let due = (received > accepted.date).then(|| day.facts.base_day(accepted)).flatten()?;
        (received > due).then_some((receipt, accepted, due, received))
    });
    let (receipt, accepted, due, received) = held?;
    let days_late = day.facts.calendar.working_lag(due, received)?;
    let amount = receipt.money(Field::Amount).unwrap_or_default();
    let because = Sentence {
        zh: format!(
            "{accepted} 受理，应于 {due} 转账，{amount} 元实于 {received} 收纳，迟 {days_late} 个工作日"
        ),
        en: format!(
            "accepted {accepted} and due on {due}, {amount} yuan were taken from the payer on {received}, {} late",
            working_days(days_late)
        ),
    };
    let mut finding = payment.finding(&RULE, Deviant::Bank, day.facts, because);
    receipt.text(Field::Bank).clone_into(&mut finding.institution);
    finding.amount = Some(amount);
    finding.event_on = Some(accepted.date);
    finding.due_on = Some(due);
    finding.settled_on = Some(received);
    finding.days_late = Some(days_late);
    finding.evidence = vec![receipt.id()];
    Some(finding)
}
