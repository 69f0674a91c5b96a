//! 退回资金滞留: a payment came back to the bank, and the treasury does not have the money.

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "returned-funds-held",
    title: Title { zh: "退回资金滞留", en: "Returned funds held" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("returned_funds_held.md"),
    stays: Stays::OpenItem,
    needs: &[Need::Always(Ledger::TreasuryDisbursements), Need::Reads(Ledger::BankDisbursements)],
    tables: &["calendar"],
    judge: Judge::Payment(&[Flow::Disbursement], judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let row = payment
        .bank
        .iter()
        .min_by_key(|row| row.date(Field::ReturnedOn).map_or((1, None), |on| (0, Some(on))))?;
    let returned = row.date(Field::ReturnedOn)?;
    // What the treasury never paid, an agent bank's money, cannot come back to it; nor before it was paid.
    let booked = payment.treasury.iter().filter_map(|row| row.date(Field::BookedOn)).min()?;
    let base = day.facts.calendar.first_working_from(returned.max(booked))?;
    let due = day.facts.calendar.next_working(base)?;
    let amount = row.money(Field::Amount).unwrap_or_default();
    let (back, came) = whole_back(payment, amount);
    let until = back.unwrap_or(day.facts.as_of);
    if until <= due {
        return None;
    }
    let days_late = day.facts.calendar.working_lag(due, until)?;
    let late = working_days(days_late);
    let because = match back {
        Some(on) => Sentence {
            zh: format!(
                "{amount} 元于 {returned} 退回银行，最迟应于 {due} 退回国库，国库于 {on} 入账，逾 {days_late} 个工作日"
            ),
            en: format!(
                "{amount} yuan came back to the bank on {returned} and were due at the treasury on {due}; it booked them \
                 on {on}, {late} later"
            ),
        },
        None if came > Money::ZERO => Sentence {
            zh: format!(
                "{amount} 元于 {returned} 退回银行，最迟应于 {due} 退回国库，国库至今收回 {came} 元，逾 {days_late} 个工作日"
            ),
            en: format!(
                "{amount} yuan came back to the bank on {returned} and were due at the treasury on {due}; it has booked \
                 {came} of them, {late} over"
            ),
        },
        None => Sentence {
            zh: format!(
                "{amount} 元于 {returned} 退回银行，最迟应于 {due} 退回国库，国库至今未见退回，逾 {days_late} 个工作日"
            ),
            en: format!(
                "{amount} yuan came back to the bank on {returned} and were due at the treasury on {due}; it has not \
                 booked them, {late} over"
            ),
        },
    };
    let mut finding = payment.finding(&RULE, Deviant::Bank, day.facts, because);
    finding.amount = Some(amount);
    finding.event_on = Some(returned);
    finding.due_on = Some(due);
    finding.settled_on = back;
    finding.days_late = Some(days_late);
    finding.evidence.extend(payment.returns.iter().map(|row| row.id()));
    finding.evidence.sort_unstable();
    Some(finding)
}

/// The day on which the treasury had the whole amount back, if it has, and how much it has.
fn whole_back(payment: &Payment<'_>, amount: Money) -> (Option<NaiveDate>, Money) {
    let booked = |row: &Entry<'_>| Some((row.date(Field::BookedOn)?, row.money(Field::Amount)?.abs()));
    let mut rows: Vec<_> = payment.returns.iter().filter_map(booked).collect();
    rows.sort_unstable();
    let mut came = Money::ZERO;
    for (on, back) in rows {
        came += back;
        if came >= amount {
            return (Some(on), came);
        }
    }
    (None, came)
}
