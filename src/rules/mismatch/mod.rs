//! Two ledgers say different things about one payment (`rules.md` 5.0).

pub mod ambiguous_match;
pub mod amount_mismatch;
pub mod level_mismatch;
pub mod missing_in_bank;
pub mod missing_in_issuer;
pub mod missing_in_treasury;
pub mod slip_no_mismatch;
pub mod subject_mismatch;
pub mod treasury_mismatch;
pub mod voucher_duplicate;

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;

use super::finding::{Finding, Sentence, working_days};
use super::payment::{self, Payment};
use super::{Basis, Day, Rule};

/// Finance, collectors and treasury reconcile; whoever erred corrects.
const RECONCILE: &[Basis] = &[Basis { law: "预算法实施条例", article: "第六十七条" }];
/// Nobody alters subject or level of tax already in the treasury on his own.
const UNALTERED: &[Basis] = &[Basis { law: "税收征收管理法实施细则", article: "第三十九条" }];

/// A code that the entries of one payment state differently.
fn code(
    rule: &'static Rule,
    field: Field,
    zh: &str,
    en: &str,
    payment: &Payment<'_>,
    facts: &Facts,
) -> Option<Finding> {
    if payment.is_shared() && field == Field::Level {
        return None;
    }
    let slip = said(&payment.slips, field, None);
    let receipt = said(&payment.receipts, field, slip);
    let booking = said(&payment.bookings, field, slip);
    let deviant = payment::deviant(slip.as_ref(), receipt.as_ref(), booking.as_ref())?;
    let stated = [("开票方", "issuer", slip), ("银行", "bank", receipt), ("国库", "treasury", booking)];
    let list =
        |pick: fn(&(&'static str, &'static str, Option<&str>)) -> &'static str, colon: &str, comma: &str| {
            let parts: Vec<String> = stated
                .iter()
                .filter_map(|said| said.2.map(|text| format!("{}{colon}{text}", pick(said))))
                .collect();
            parts.join(comma)
        };
    let because = Sentence {
        zh: format!("{zh}不一致：{}", list(|said| said.0, " ", "，")),
        en: format!("{en} differs: {}", list(|said| said.1, " ", ", ")),
    };
    let mut finding = payment.finding(rule, deviant, facts, because);
    if field == Field::Treasury && deviant == payment::Deviant::Treasury {
        // Of several that booked it, the one that should not have.
        stated[2].2.unwrap_or_default().clone_into(&mut finding.institution);
    }
    Some(finding)
}

/// What a party's entries say of a field. Of several the one that deviates speaks, so that a right one does not hide it.
fn said<'b>(entries: &[Entry<'b>], field: Field, expected: Option<&str>) -> Option<&'b str> {
    let mut texts = entries.iter().map(|entry| entry.text(field)).filter(|text| !text.is_empty());
    let first = texts.next()?;
    let other = std::iter::once(first).chain(texts).find(|text| Some(*text) != expected);
    Some(other.unwrap_or(first))
}

/// A party that must answer for a payment has no entry of it, and the grace is over.
///
/// Only the next party in the chain issuer → bank → treasury can be missing. The grace runs from the latest day of the
/// entries at hand, the day on which the money was remitted among them.
fn missing(
    rule: &'static Rule,
    who: payment::Deviant,
    zh: &str,
    en: &str,
    payment: &Payment<'_>,
    day: &Day<'_>,
) -> Option<Finding> {
    if day.is_doubtful(payment) {
        return None;
    }
    let remitted = payment.receipts.iter().filter_map(|row| day.remittances.covered(row.id()));
    let own = payment.entries().filter_map(payment::own_date);
    let latest = own.chain(remitted.map(|covered| covered.on)).max()?;
    let due = day.facts.calendar.add_working(latest, day.facts.settings.match_grace_wd)?;
    if day.facts.as_of <= due {
        return None;
    }
    let age = day.facts.calendar.working_lag(due, day.facts.as_of)?;
    let because = Sentence {
        zh: format!(
            "{zh}账册无有效记录：其他各方最近一笔记于 {latest}，最迟应于 {due} 记账，已过 {age} 个工作日"
        ),
        en: format!(
            "{en} has no record of it that stands: the latest of the others is of {latest}, its own was due by {due}, \
             {} ago",
            working_days(age)
        ),
    };
    let mut finding = payment.finding(rule, who, day.facts, because);
    finding.due_on = Some(due);
    finding.days_late = Some(age);
    Some(finding)
}
