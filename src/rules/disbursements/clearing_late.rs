//! 清算迟延: an agent bank asked the treasury for what it had paid later than the next working day.

use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::matching::group::Role;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "clearing-late",
    title: Title { zh: "集中支付清算迟延", en: "Clearing of a payment late" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("clearing_late.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::BankDisbursements)],
    tables: &["calendar"],
    judge: Judge::Payment(&[Flow::Disbursement], judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // Only of direct and authorised payments does the bank pay first and clear then.
    if payment.chain()[1] != Role::Bank {
        return None;
    }
    let row = payment.bank.iter().min_by_key(|row| (row.date(Field::PaidOn), row.date(Field::ClearedOn)))?;
    let (paid, cleared) = (row.date(Field::PaidOn)?, row.date(Field::ClearedOn)?);
    let base = day.facts.calendar.first_working_from(paid)?;
    let due = day.facts.calendar.next_working(base)?;
    if cleared <= due {
        return None;
    }
    let days_late = day.facts.calendar.working_lag(due, cleared)?;
    let amount = row.money(Field::Amount).unwrap_or_default();
    let because = Sentence {
        zh: format!(
            "代理银行于 {paid} 支付 {amount} 元，最迟应于 {due} 向国库申请清算，实于 {cleared} 清算，迟 {days_late} 个工作日"
        ),
        en: format!(
            "the agent bank paid {amount} yuan on {paid}; the clearing was due on {due} and is of {cleared}, {} late",
            working_days(days_late)
        ),
    };
    let mut finding = payment.finding(&RULE, Deviant::Bank, day.facts, because);
    finding.amount = Some(amount);
    finding.event_on = Some(paid);
    finding.due_on = Some(due);
    finding.settled_on = Some(cleared);
    finding.days_late = Some(days_late);
    Some(finding)
}
