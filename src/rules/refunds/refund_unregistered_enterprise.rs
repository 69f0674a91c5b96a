//! 退库企业未备案: an enterprise is refunded that the register did not know on the day of the order.

use crate::domain::codes;
use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, ORDERS, Rule, Stays, Title, law};

use super::refund_incomplete;

pub static RULE: Rule = Rule {
    id: "refund-unregistered-enterprise",
    title: Title { zh: "退库企业未登记备案", en: "Refund to an unregistered enterprise" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("refund_unregistered_enterprise.md"),
    stays: Stays::Case,
    needs: ORDERS,
    tables: &["refund-register"],
    judge: Judge::Payment(crate::rules::REFUNDS, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // Without a register nothing can be said of an enterprise: no data.
    let register = day.facts.refundable.as_ref()?;
    let registered = |order: &Entry<'_>| {
        let taxpayer = order.text(Field::TaxpayerId).to_ascii_uppercase();
        register.get(&taxpayer).map_or(&[][..], Vec::as_slice)
    };
    let is_unknown = |order: &&Entry<'_>| {
        let taxpayer = order.text(Field::TaxpayerId);
        // An empty number is refund-incomplete; a citizen's is no enterprise.
        !taxpayer.is_empty()
            && !codes::is_citizen_number(taxpayer)
            && group::own_date(**order)
                .is_some_and(|day| !registered(order).iter().any(|row| row.is_valid_on(day)))
    };
    let order = *payment.documents.iter().find(is_unknown)?;
    if refund_incomplete::holds(payment) {
        return None;
    }
    let (taxpayer, on) = (order.text(Field::TaxpayerId), group::own_date(order)?);
    let (name, amount) = (order.text(Field::TaxpayerName), order.money(Field::Amount).unwrap_or_default());
    let (zh, en) = if registered(&order).is_empty() {
        ("退库企业登记簿中无此企业".to_owned(), "the refund register does not know it".to_owned())
    } else {
        let terms = registered(&order).iter().map(|row| {
            let end = row.valid_to.map_or_else(|| "-".to_owned(), |day| day.to_string());
            format!("{}/{end}", row.valid_from)
        });
        let terms = terms.collect::<Vec<_>>().join(", ");
        (format!("登记有效期为 {terms}"), format!("its registration is valid {terms}"))
    };
    let because = Sentence {
        zh: format!("{on} 开具退还书，向企业 {taxpayer} {name} 退库 {amount} 元，{zh}"),
        en: format!("the order of {on} refunds {amount} yuan to enterprise {taxpayer} {name}; {en}"),
    };
    Some(super::finding(&RULE, payment, order, day, because))
}
