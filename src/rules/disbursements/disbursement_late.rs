//! 支拨迟延: the treasury paid later than the day it accepted the voucher.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::moment::Moment;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "disbursement-late",
    title: Title { zh: "支拨迟延", en: "Payout late" },
    basis: super::SAME_DAY,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("disbursement_late.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::TreasuryDisbursements)],
    tables: &["treasuries", "calendar"],
    judge: Judge::Payment(&[Flow::Disbursement], judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let facts = day.facts;
    // Of several bookings the first pays; the others are voucher-duplicate.
    let booking: &Entry<'_> = payment.treasury.iter().min_by_key(|row| row.date(Field::BookedOn))?;
    let (accepted, booked) = (booking.date(Field::AcceptedOn)?, booking.date(Field::BookedOn)?);
    let base = facts.base_day(Moment::day(accepted))?;
    let known = facts.treasuries.as_ref().and_then(|table| table.get(booking.text(Field::Treasury)));
    // A treasury the table does not know may be an agent's.
    let is_tolerated = known.is_none_or(|treasury| treasury.is_agent);
    let due = if is_tolerated { facts.calendar.next_working(base)? } else { base };
    if booked <= due {
        return None;
    }
    let days_late = facts.calendar.working_lag(due, booked)?;
    let amount = booking.money(Field::Amount).unwrap_or_default();
    let because = Sentence {
        zh: format!(
            "{amount} 元凭证于 {accepted} 受理，最迟应于 {due} 支拨，实于 {booked} 支拨，迟 {days_late} 个工作日"
        ),
        en: format!(
            "the voucher of {amount} yuan was accepted on {accepted} and due on {due}; it was paid on {booked}, {} late",
            working_days(days_late)
        ),
    };
    let mut finding = payment.finding(&RULE, Deviant::Treasury, facts, because);
    finding.amount = Some(amount);
    finding.event_on = Some(accepted);
    finding.due_on = Some(due);
    finding.settled_on = Some(booked);
    finding.days_late = Some(days_late);
    Some(finding)
}
