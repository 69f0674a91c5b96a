//! 库款现金支付: the treasury paid out in cash.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "disbursement-cash",
    title: Title { zh: "库款现金支付", en: "Payout in cash" },
    basis: super::WITHIN_BALANCE,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("disbursement_cash.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::TreasuryDisbursements)],
    tables: &[],
    judge: Judge::Payment(&[Flow::Disbursement], judge),
};

/// Whether a method of settlement 结算方式 is cash.
pub fn is_cash(method: &str) -> bool {
    method.eq_ignore_ascii_case("cash")
        || (["现金", "现钞", "付现", "提现", "取现"].iter().any(|word| method.contains(word))
            && !method.contains('非'))
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let is_paid_in_cash = |row: &&Entry<'_>| is_cash(row.text(Field::Method));
    let booking = payment.treasury.iter().find(is_paid_in_cash)?;
    let amount = booking.money(Field::Amount).unwrap_or_default();
    let method = booking.text(Field::Method);
    let booked = booking.date(Field::BookedOn)?;
    let because = Sentence {
        zh: format!("国库于 {booked} 以“{method}”方式支付 {amount} 元，库款只能转账支付"),
        en: format!(
            "the treasury paid {amount} yuan on {booked} by {method:?}; treasury money is paid by transfer only"
        ),
    };
    let mut finding = payment.finding(&RULE, Deviant::Treasury, day.facts, because);
    finding.amount = Some(amount);
    finding.event_on = Some(booked);
    finding.evidence = payment.treasury.iter().filter(is_paid_in_cash).map(|row| row.id()).collect();
    finding.evidence.sort_unstable();
    Some(finding)
}
