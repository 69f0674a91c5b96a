//! 延解预算收入: a collecting bank remitted later than the next working day.

use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, outage};

use chrono::Datelike;

pub static RULE: Rule = Rule {
    id: "remittance-delay",
    title: Title { zh: "延解预算收入", en: "Remittance delayed" },
    basis: super::NO_DELAY,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("remittance_delay.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::BankReceipts), Need::Reads(Ledger::BankRemittances)],
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

/// From so many working days on a delay is high, and from so many critical (local policy, `rules.md` 5.A).
const HIGH_DAYS: u32 = 2;
const CRITICAL_DAYS: u32 = 5;

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let delay_days = super::delay_days(day.book, day.lateness, day.facts);
    let settings = &day.facts.settings;
    let mut findings = Vec::new();
    for late in &day.lateness.late {
        let Some(remitted) = late.remitted else { continue };
        let receipt = day.book.entry(late.receipt);
        let Some(days_late) = day.facts.calendar.working_lag(late.due, remitted) else { continue };
        let amount = receipt.money(Field::Amount).unwrap_or_default();
        let bank = receipt.text(Field::Bank);
        let quarter = |date: chrono::NaiveDate| (date.year(), date.month0() / 3);
        let in_quarter = |base: &&chrono::NaiveDate| quarter(**base) == quarter(late.base);
        let before = day.facts.delays.get(bank);
        let repeated = delay_days[bank]
            .iter()
            .filter(in_quarter)
            .filter(|base| **base <= late.base || before.is_some_and(|before| before.contains(base)))
            .count();
        let repeated = u32::try_from(repeated).unwrap_or(u32::MAX);
        let tolerated = day.facts.calendar.next_working(late.base) == Some(remitted);
        let severity = if tolerated {
            Severity::Low
        } else if days_late >= CRITICAL_DAYS
            || repeated >= settings.remit_repeat_count
            || amount >= settings.large_threshold
        {
            Severity::Critical
        } else if days_late >= HIGH_DAYS {
            Severity::High
        } else {
            Severity::Medium
        };
        let held = super::amount_days(amount, late.base, remitted);
        let mut because = Sentence {
            zh: format!(
                "{amount} 元于 {} 收纳（基准日 {}），最迟应于 {} 划转，实于 {remitted} 划转，迟 {days_late} 个工作日；\
                 {}；为该行本季第 {repeated} 个延解的收纳日",
                receipt.moment(Field::ReceivedAt).expect("a required column"),
                late.base,
                late.due,
                held.zh,
            ),
            en: format!(
                "{amount} yuan received {} (base day {}) were due on {} and remitted on {remitted}, {} late; \
                 {}; delayed day number {repeated} of the bank this quarter",
                receipt.moment(Field::ReceivedAt).expect("a required column"),
                late.base,
                late.due,
                working_days(days_late),
                held.en,
            ),
        };
        if let Some(said) = outage::on_record(day.facts, bank, late.base, remitted) {
            because.add(&said.zh, &said.en);
        }
        let payment = day.payment_of(late.receipt);
        let mut finding = Finding::of(&RULE, Party::Bank, payment.key(), because);
        bank.clone_into(&mut finding.institution);
        payment.stated(Field::Treasury).clone_into(&mut finding.treasury);
        receipt.text(Field::PayeeAccount).clone_into(&mut finding.account);
        finding.severity = severity;
        finding.amount = Some(amount);
        finding.event_on = receipt.date(Field::ReceivedAt);
        finding.due_on = Some(late.due);
        finding.settled_on = Some(remitted);
        finding.days_late = Some(days_late);
        finding.evidence = super::timeline(day, late.receipt);
        findings.push(finding);
    }
    findings
}
