//! 现金退库: the treasury paid a refund in cash.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::rules::disbursements::disbursement_cash::is_cash;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "refund-cash",
    title: Title { zh: "现金退库", en: "Refund in cash" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("refund_cash.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::TreasuryRefunds)],
    tables: &[],
    judge: Judge::Payment(crate::rules::REFUNDS, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let in_cash = |booking: &&Entry<'_>| is_cash(booking.text(Field::Method));
    let booking = *payment.treasury.iter().find(in_cash)?;
    let amount = booking.money(Field::Amount).unwrap_or_default();
    let (on, method) = (booking.date(Field::BookedOn)?, booking.text(Field::Method));
    let because = Sentence {
        zh: format!("国库于 {on} 以“{method}”方式退库 {amount} 元"),
        en: format!("the treasury paid {amount} yuan on {on}, settled as {method}"),
    };
    let mut finding = payment.finding(&RULE, Deviant::Treasury, day.facts, because);
    booking.text(Field::Treasury).clone_into(&mut finding.institution);
    payment.stated(Field::PayeeAccount).clone_into(&mut finding.account);
    finding.amount = Some(amount);
    finding.event_on = Some(on);
    Some(finding)
}
