//! 交接手续缺失: a voucher was used without a record of who handed it over, or before it was made out.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Flow;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Rule, Stays, Title, VOUCHERS, law};

use super::voucher_date_invalid;

pub static RULE: Rule = Rule {
    id: "voucher-handover-missing",
    title: Title { zh: "凭证交接手续缺失", en: "Voucher without hand-over" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("voucher_handover_missing.md"),
    stays: Stays::Case,
    needs: VOUCHERS,
    tables: &[],
    judge: Judge::Payment(&[Flow::Disbursement], judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let voucher = payment.documents.first()?;
    // A ledger that keeps no record of hand-overs says nothing of them.
    let keeps = |field: Field| voucher.has_column(field);
    if !keeps(Field::Handover) && !keeps(Field::DeliveredOn)
        || voucher_date_invalid::fault(payment, day).is_some()
    {
        return None;
    }
    let because = fault(*voucher)?;
    Some(payment.finding(&RULE, Deviant::Issuer, day.facts, because))
}

fn fault(voucher: Entry<'_>) -> Option<Sentence> {
    let lacks = |field: Field| voucher.has_column(field) && voucher.is_blank(field);
    if lacks(Field::Handover) || lacks(Field::DeliveredOn) {
        let (zh, en) = match (lacks(Field::Handover), lacks(Field::DeliveredOn)) {
            (true, true) => ("交接人和送达日期", "who handed it over and when"),
            (true, false) => ("交接人", "who handed it over"),
            _ => ("送达日期", "when it was handed over"),
        };
        return Some(Sentence {
            zh: format!("凭证未登记{zh}"),
            en: format!("the voucher does not record {en}"),
        });
    }
    let (delivered, dated) = (voucher.date(Field::DeliveredOn)?, voucher.date(Field::VoucherDate)?);
    (delivered < dated).then(|| Sentence {
        zh: format!("凭证于 {delivered} 送达，早于凭证日期 {dated}"),
        en: format!("the voucher was handed over on {delivered}, before its date {dated}"),
    })
}
