//! 占压预算收入: a collecting bank still holds what it should have remitted by the next working day.

use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "remittance-withholding",
    title: Title { zh: "占压预算收入", en: "Revenue withheld" },
    basis: super::NO_WITHHOLDING,
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("remittance_withholding.md"),
    stays: Stays::OpenItem,
    needs: &[Need::Always(Ledger::BankReceipts), Need::IfExpected(Ledger::BankRemittances)],
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for late in &day.lateness.late {
        let receipt = day.book.entry(late.receipt);
        let until = late.remitted.unwrap_or(day.facts.as_of);
        let Some(days_late) = day.facts.calendar.working_lag(late.due, until) else { continue };
        let part = if late.remitted.is_none() { day.remittances.part(late.receipt) } else { Money::ZERO };
        let amount = receipt.money(Field::Amount).unwrap_or_default() - part;
        let held = super::amount_days(amount, late.base, until);
        let (zh, en) = match late.remitted {
            None => (format!("截至 {until} 仍未划转"), format!("and are still held on {until}")),
            Some(on) => (format!("至 {on} 划转"), format!("and were remitted on {on}")),
        };
        let because = Sentence {
            zh: format!(
                "{amount} 元于 {} 收纳（基准日 {}），最迟应于 {} 划转，{zh}，逾 {days_late} 个工作日；{}",
                receipt.moment(Field::ReceivedAt).expect("a required column"),
                late.base,
                late.due,
                held.zh,
            ),
            en: format!(
                "{amount} yuan received {} (base day {}) were due on {} {en}, {} over; {}",
                receipt.moment(Field::ReceivedAt).expect("a required column"),
                late.base,
                late.due,
                working_days(days_late),
                held.en,
            ),
        };
        let payment = day.payment_of(late.receipt);
        let mut finding = Finding::of(&RULE, Party::Bank, payment.key(), because);
        receipt.text(Field::Bank).clone_into(&mut finding.institution);
        payment.stated(Field::Treasury).clone_into(&mut finding.treasury);
        receipt.text(Field::PayeeAccount).clone_into(&mut finding.account);
        finding.amount = Some(amount);
        finding.event_on = receipt.date(Field::ReceivedAt);
        finding.due_on = Some(late.due);
        finding.settled_on = late.remitted;
        // Money that was on its way when it was first seen was delayed, not withheld.
        finding.is_sequel = late.remitted.is_some();
        finding.days_late = Some(days_late);
        finding.evidence = super::timeline(day, late.receipt);
        findings.push(finding);
    }
    findings
}
