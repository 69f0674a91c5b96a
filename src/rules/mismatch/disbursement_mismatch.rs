//! 拨款与凭证不一致: the treasury paid out other than the voucher of finance says.

use crate::domain::field::Field;
use crate::domain::ledger::Flow;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{self, Deviant, Payment};
use crate::rules::{Day, Judge, PAYOUTS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "disbursement-mismatch",
    title: Title { zh: "支拨与凭证不一致", en: "Payout differs from its voucher" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("disbursement_mismatch.md"),
    stays: Stays::Case,
    needs: PAYOUTS,
    tables: &[],
    judge: Judge::Payment(&[Flow::Disbursement], judge),
};

/// What voucher and booking both state, and how a report calls it.
const COMPARED: [(Field, &str, &str); 3] = [
    (Field::PayeeAccount, "收款账号", "payee account"),
    (Field::PayeeName, "收款人名称", "payee name"),
    (Field::Subject, "科目", "subject"),
];

/// Whether voucher and booking state different sums.
pub fn sums_differ(payment: &Payment<'_>) -> bool {
    let [voucher, _, booking] = payment.totals();
    voucher.zip(booking).is_some_and(|(voucher, booking)| voucher != booking)
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    if payment.is_repeated() || payment.documents.is_empty() || payment.treasury.is_empty() {
        return None;
    }
    let mut differing: Vec<(String, String)> = Vec::new();
    let mut deviants: Vec<Deviant> = Vec::new();
    let mut difference = None;
    let [voucher, paid, booking] = payment.totals();
    if sums_differ(payment) {
        deviants.extend(payment::deviant(voucher.as_ref(), paid.as_ref(), booking.as_ref()));
        let (voucher, booking) = (voucher?, booking?);
        // A bank that agrees with neither.
        let own = paid.filter(|paid| *paid != voucher && *paid != booking);
        let [own_zh, own_en] = own
            .map_or_else(Default::default, |own| [format!("、银行 {own}"), format!(", {own} at the bank")]);
        difference = Some(if deviants == [Deviant::Issuer] { voucher - booking } else { booking - voucher });
        differing.push((
            format!("金额 凭证 {voucher}、国库 {booking}{own_zh}"),
            format!("amount {voucher} on the voucher, {booking} at the treasury{own_en}"),
        ));
    }
    for (field, zh, en) in COMPARED {
        let [voucher, paid, booking] = payment.said(field);
        let (Some(on_voucher), Some(booked)) = (voucher, booking) else { continue };
        if on_voucher != booked {
            let own = paid.filter(|paid| *paid != on_voucher && *paid != booked);
            let [own_zh, own_en] = own.map_or_else(Default::default, |own| {
                [format!("、银行 {own}"), format!(", {own} at the bank")]
            });
            deviants.extend(payment::deviant(voucher.as_ref(), paid.as_ref(), booking.as_ref()));
            differing.push((
                format!("{zh} 凭证 {on_voucher}、国库 {booked}{own_zh}"),
                format!("{en} {on_voucher} on the voucher, {booked} at the treasury{own_en}"),
            ));
        }
    }
    let first = *deviants.first()?;
    // Several answer for several fields: then nobody alone does.
    let deviant = if deviants.iter().all(|other| *other == first) { first } else { Deviant::Undetermined };
    let (zh, en): (Vec<String>, Vec<String>) = differing.into_iter().unzip();
    let because = Sentence {
        zh: format!("国库支拨与财政凭证不一致：{}", zh.join("；")),
        en: format!("the payout differs from the voucher: {}", en.join("; ")),
    };
    let mut finding = payment.finding(&RULE, deviant, day.facts, because);
    finding.difference = difference;
    payment.stated(Field::PayeeAccount).clone_into(&mut finding.account);
    Some(finding)
}
