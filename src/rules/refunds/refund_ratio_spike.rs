//! 退库比例异常: in a month a subject gives back far more of its receipts than it used to.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::{Counter, Share};
use crate::rules::usual::{Usual, last_day, percent};
use crate::rules::{Day, Judge, Need, REFUNDS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "refund-ratio-spike",
    title: Title { zh: "退库比例异常", en: "Unusual share of refunds" },
    basis: law::BY_PLAN,
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("refund_ratio_spike.md"),
    stays: Stays::Sum,
    needs: &[Need::Reads(Ledger::TreasuryReceipts), Need::Reads(Ledger::TreasuryRefunds)],
    tables: &["calendar"],
    judge: Judge::Day(REFUNDS, judge),
};

/// Two years and some days: as many months as can be compared.
const KEEP_DAYS: u64 = 800;

/// What the treasury booked of a subject in a month, on the first day of the month.
pub static RECEIPTS: Counter = Counter {
    id: "refund-ratio-receipts",
    ledgers: &[Ledger::TreasuryReceipts],
    of: by_month,
    keep_days: KEEP_DAYS,
};

/// What the treasury paid back of a subject in a month.
pub static REFUNDED: Counter = Counter {
    id: "refund-ratio-refunds",
    ledgers: &[Ledger::TreasuryRefunds],
    of: by_month,
    keep_days: KEEP_DAYS,
};

fn by_month(row: Entry<'_>, key: &mut String) -> Option<(NaiveDate, Money)> {
    key.push_str(row.text(Field::Subject));
    (!key.is_empty()).then_some(())?;
    Some((row.date(Field::BookedOn)?.with_day(1)?, row.money(Field::Amount)?))
}

/// A share of refunds, in millionths of the receipts; more than a thousandfold says no more.
fn ratio(refunds: Money, receipts: Money) -> Option<i128> {
    const RATIO_MAX: i128 = 1_000_000_000;
    if receipts <= Money::ZERO {
        return None;
    }
    let refunds = i128::from(refunds.max(Money::ZERO).fen());
    Some((refunds * 1_000_000 / i128::from(receipts.fen())).min(RATIO_MAX))
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let this_month = day.facts.as_of.with_day(1).expect("a month has a first day");
    let over = (1..).map_while(|back| this_month.checked_sub_months(Months::new(back)));
    // A month is judged when it is over, as long as its finding is kept.
    for month in over.take_while(|month| last_day(*month) >= day.facts.horizon()) {
        let Some(months) = months_before(month, day) else { continue };
        for subject in day.running.keys(&REFUNDED) {
            findings.extend(of_subject(subject, month, &months, day));
        }
    }
    findings
}

/// The months a month is compared with: those before it that the archive knows whole, the latest first. `None` where
/// they are too few, or a file of the treasury's is still missing of them or of the month itself.
fn months_before(month: NaiveDate, day: &Day<'_>) -> Option<Vec<NaiveDate>> {
    let settings = &day.facts.settings;
    let before =
        (1..=settings.refund_ratio_months).map_while(|back| month.checked_sub_months(Months::new(back)));
    let knows_whole = |month: &NaiveDate| {
        day.facts.calendar.first_working_from(*month).is_some_and(|first| first >= day.since)
    };
    let months: Vec<NaiveDate> = before.take_while(knows_whole).collect();
    let is_missing = |(ledger, on): &(Ledger, NaiveDate)| {
        matches!(ledger, Ledger::TreasuryReceipts | Ledger::TreasuryRefunds)
            && months.last().is_some_and(|first| first <= on)
            && *on <= last_day(month)
    };
    let enough = months.len() >= (settings.refund_ratio_months_min as usize).max(2);
    (enough && !day.facts.gaps.iter().any(is_missing)).then_some(months)
}

fn of_subject(subject: &str, month: NaiveDate, months: &[NaiveDate], day: &Day<'_>) -> Option<Finding> {
    let (receipts, refunds) = (day.running.days(&RECEIPTS, subject), day.running.days(&REFUNDED, subject));
    let amount = |of: &BTreeMap<NaiveDate, Share>, month: NaiveDate| {
        of.get(&month).map_or(Money::ZERO, |share| share.amount)
    };
    let of_month = |month: NaiveDate| ratio(amount(&refunds, month), amount(&receipts, month));
    let now = of_month(month)?;
    // A month without receipts has no share.
    let before: Vec<i128> = months.iter().filter_map(|month| of_month(*month)).collect();
    if before.len() < (day.facts.settings.refund_ratio_months_min as usize).max(2) {
        return None;
    }
    let usual = Usual::of(&before);
    if !usual.is_exceeded(now, day.facts.settings.refund_ratio_deviations) {
        return None;
    }
    let (refunded, received) = (amount(&refunds, month), amount(&receipts, month));
    let name = month.format("%Y-%m");
    let (share, mean, deviation) = (percent(now), percent(usual.mean()), percent(usual.deviation()));
    let because = Sentence {
        zh: format!(
            "科目 {subject} {name} 退库 {refunded} 元，为入库 {received} 元的 {share}；此前 {} 个月均值 {mean}、标准差 {deviation}",
            before.len()
        ),
        en: format!(
            "of subject {subject} {refunded} yuan were refunded in {name}, {share} of the {received} yuan received; over \
             {} months before the mean is {mean}, the deviation {deviation}",
            before.len()
        ),
    };
    let mut finding = Finding::of(&RULE, Party::Undetermined, format!("{subject}/{name}"), because);
    finding.flow = Flow::Refund;
    finding.amount = Some(refunded);
    finding.event_on = Some(last_day(month));
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios() {
        let yuan = |text: &str| text.parse::<Money>().expect("an amount");
        assert_eq!(ratio(yuan("1.00"), yuan("3.00")), Some(333_333));
        assert_eq!(ratio(yuan("1.00"), yuan("0.00")), None);
        assert_eq!(ratio(yuan("-1.00"), yuan("3.00")), Some(0));
        assert_eq!(ratio(yuan("999999999999999.00"), yuan("0.01")), Some(1_000_000_000));
    }
}
