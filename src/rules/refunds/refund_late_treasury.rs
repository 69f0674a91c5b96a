//! 国库退付逾期: the treasury paid a refund later than the working day after it took the order in.

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "refund-late-treasury",
    title: Title { zh: "国库办理退付逾期", en: "Refund paid late" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("refund_late_treasury.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::TreasuryRefunds)],
    tables: &["calendar"],
    judge: Judge::Payment(crate::rules::REFUNDS, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let (calendar, grace) = (&day.facts.calendar, day.facts.settings.refund_treasury_wd);
    let late = payment.treasury.iter().rev().filter_map(|&booking| {
        let (accepted, booked) = (booking.date(Field::AcceptedOn)?, booking.date(Field::BookedOn)?);
        let due = calendar.add_working(accepted, grace)?;
        let days_late = calendar.working_lag(due, booked)?;
        (days_late > 0).then_some((booking, accepted, due, booked, days_late))
    });
    let (booking, accepted, due, booked, days_late) = late.max_by_key(|(.., days)| *days)?;
    let amount = booking.money(Field::Amount).unwrap_or_default();
    let because = Sentence {
        zh: format!(
            "{accepted} 受理的退库 {amount} 元，应于 {due} 前退付，实于 {booked} 退付，逾 {days_late} 个工作日"
        ),
        en: format!(
            "{amount} yuan accepted on {accepted} were to be paid by {due} and were paid on {booked}, {} later",
            working_days(days_late)
        ),
    };
    let mut finding = payment.finding(&RULE, Deviant::Treasury, day.facts, because);
    booking.text(Field::Treasury).clone_into(&mut finding.institution);
    payment.stated(Field::PayeeAccount).clone_into(&mut finding.account);
    finding.amount = Some(amount);
    finding.event_on = Some(accepted);
    finding.due_on = Some(due);
    finding.settled_on = Some(booked);
    finding.days_late = Some(days_late);
    Some(finding)
}
