//! 凭证日期无效: a voucher is dated after the day it was used, or is older than vouchers may be.

use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "voucher-date-invalid",
    title: Title { zh: "凭证日期无效", en: "Voucher date not valid" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("voucher_date_invalid.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::FinanceDisbursements), Need::Reads(Ledger::TreasuryDisbursements)],
    tables: &["calendar"],
    judge: Judge::Payment(&[Flow::Disbursement], judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let because = fault(payment, day)?;
    Some(payment.finding(&RULE, Deviant::Issuer, day.facts, because))
}

/// What is wrong with the date of the voucher.
pub fn fault(payment: &Payment<'_>, day: &Day<'_>) -> Option<Sentence> {
    let voucher = payment.documents.first()?;
    let dated = voucher.date(Field::VoucherDate)?;
    let booking = payment.treasury.first();
    // The day the treasury took it in, as it says itself, else the day it was delivered or booked.
    let accepted = booking
        .and_then(|booking| booking.date(Field::AcceptedOn))
        .or_else(|| voucher.date(Field::DeliveredOn))
        .or_else(|| booking.and_then(|booking| booking.date(Field::BookedOn)));
    let until = accepted.unwrap_or_else(|| voucher.arrived());
    if dated > until {
        return Some(Sentence {
            zh: format!("凭证日期 {dated} 晚于受理日 {until}"),
            en: format!("the voucher is dated {dated}, after {until}, the day it was taken in"),
        });
    }
    let (age, limit) =
        (day.facts.calendar.working_lag(dated, accepted?)?, day.facts.settings.voucher_stale_wd);
    (age > limit).then(|| Sentence {
        zh: format!("凭证日期 {dated}，{until} 受理时已过 {age} 个工作日，有效期为 {limit} 个工作日"),
        en: format!("the voucher of {dated} was {age} working days old when it was taken in on {until}; {limit} are the limit"),
    })
}
