//! 税务退库逾期: the tax office ordered a refund later than the law gives it.

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "refund-late-tax",
    title: Title { zh: "税务办理退库逾期", en: "Refund ordered late" },
    basis: &[law::article(&law::TAX_RULES, 78), law::article(&law::TAX_RULES, 109)],
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("refund_late_tax.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::TaxRefunds)],
    tables: &["calendar"],
    judge: Judge::Payment(crate::rules::REFUNDS, judge),
};

/// From which day on the law gives the tax office how many days, and how a report calls that day.
const PERIODS: [(Field, u64, &str, &str); 2] = [
    (Field::DiscoveredOn, 10, "发现多缴", "the overpayment was discovered"),
    (Field::AppliedOn, 30, "接到退还申请", "the refund was applied for"),
];

/// A period that is over.
struct Missed {
    order: NaiveDate,
    due: NaiveDate,
    zh: String,
    en: String,
}

/// The period that ended first of those an order missed.
fn missed(order: Entry<'_>, day: &Day<'_>) -> Option<Missed> {
    let issued = group::own_date(order)?;
    let over = PERIODS.iter().filter_map(|&(field, days, zh, en)| {
        let from = order.date(field)?;
        let due = day.facts.calendar.tax_period_end(from, days)?;
        (issued > due).then(|| Missed {
            order: issued,
            due,
            zh: format!("{from} {zh}，应于 {days} 日内办理，期限（节假日顺延后）至 {due}"),
            en: format!("{en} on {from}, and the {days} days for it, days off considered, ended on {due}"),
        })
    });
    over.min_by_key(|missed| missed.due)
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let mut of_tax = payment.documents.iter().filter(|order| order.ledger() == Ledger::TaxRefunds);
    let (order, missed) = of_tax.find_map(|order| Some((*order, missed(*order, day)?)))?;
    let late = (missed.order - missed.due).num_days();
    let because = Sentence {
        zh: format!("{}，于 {} 开具退还书，逾期 {late} 个日历日", missed.zh, missed.order),
        en: format!(
            "{}; the order was issued on {}, {late} calendar {} late",
            missed.en,
            missed.order,
            if late == 1 { "day" } else { "days" }
        ),
    };
    let mut finding = super::finding(&RULE, payment, order, day, because);
    finding.due_on = Some(missed.due);
    finding.settled_on = Some(missed.order);
    finding.days_late = u32::try_from(late).ok();
    Some(finding)
}
