//! 银行压付: a bank credited a payee later than the working day after the treasury paid.

use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::matching::group::Role;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law, outage};

pub static RULE: Rule = Rule {
    id: "bank-payout-held",
    title: Title { zh: "银行压付拨款", en: "Payout held by the bank" },
    basis: &[law::article(&law::BUDGET_RULES, 65), law::article(&law::BUDGET_RULES, 66)],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("bank_payout_held.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::TreasuryDisbursements), Need::Reads(Ledger::BankDisbursements)],
    tables: &["calendar"],
    judge: Judge::Payment(&[Flow::Disbursement], judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // An agent bank pays before the treasury does.
    if payment.chain()[1] != Role::Treasury {
        return None;
    }
    let booked = payment.treasury.iter().filter_map(|row| row.date(Field::BookedOn)).min()?;
    let paid = payment.bank.iter().min_by_key(|row| row.date(Field::PaidOn))?;
    let credited = paid.date(Field::PaidOn)?;
    let base = day.facts.calendar.first_working_from(booked)?;
    let due = day.facts.calendar.next_working(base)?;
    if credited <= due {
        return None;
    }
    let days_late = day.facts.calendar.working_lag(due, credited)?;
    let amount = paid.money(Field::Amount).unwrap_or_default();
    let mut because = Sentence {
        zh: format!(
            "国库于 {booked} 支拨，{amount} 元最迟应于 {due} 记入收款人账户，实于 {credited} 记入，迟 {days_late} 个工作日"
        ),
        en: format!(
            "the treasury paid on {booked}; {amount} yuan were due on the payee's account on {due} and credited on \
             {credited}, {} late",
            working_days(days_late)
        ),
    };
    if let Some(said) = outage::on_record(day.facts, paid.text(Field::Bank), booked, credited) {
        because.add(&said.zh, &said.en);
    }
    let mut finding = payment.finding(&RULE, Deviant::Bank, day.facts, because);
    paid.text(Field::PayeeAccount).clone_into(&mut finding.account);
    finding.amount = Some(amount);
    finding.event_on = Some(booked);
    finding.due_on = Some(due);
    finding.settled_on = Some(credited);
    finding.days_late = Some(days_late);
    Some(finding)
}
