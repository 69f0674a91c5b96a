//! 分成不符: the treasury booked a slip in shares that do not add up to it, or not by the ratios of the table.

use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::entry::{Book, Entry};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "share-split-mismatch",
    title: Title { zh: "分成不符", en: "Shares do not fit the slip" },
    basis: super::TREASURIES,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("share_split_mismatch.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::TreasuryReceipts)],
    tables: &["sharing"],
    judge: Judge::Payment(REVENUE, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    if !payment.is_split() {
        return None;
    }
    let slip = payment.documents.first()?;
    let whole = slip.money(Field::Amount)?;
    let booked: Money = payment.treasury.iter().filter_map(|row| row.money(Field::Amount)).sum();
    let (because, difference) = if booked == whole {
        (against_table(payment, slip, whole, day.facts.table("sharing")?)?, None)
    } else {
        let difference = booked - whole;
        let because = Sentence {
            zh: format!("税票 {whole} 元，国库按级次分成入库共 {booked} 元，差额 {difference} 元"),
            en: format!(
                "the slip is of {whole} yuan, the shares booked come to {booked}; difference {difference} yuan"
            ),
        };
        (because, Some(difference))
    };
    let mut finding = payment.finding(&RULE, Deviant::Treasury, day.facts, because);
    finding.difference = difference;
    Some(finding)
}

/// The first share that is not what the table says; a share may be off by the fen that is left over.
fn against_table(payment: &Payment<'_>, slip: &Entry<'_>, whole: Money, sharing: &Book) -> Option<Sentence> {
    let booked_on = payment.treasury.iter().filter_map(|row| row.date(Field::BookedOn)).min()?;
    let ratios = ratios(sharing, slip.text(Field::Subject), booked_on);
    if ratios.is_empty() {
        return None;
    }
    payment.treasury.iter().find_map(|share| {
        let (level, amount) = (share.text(Field::Level), share.money(Field::Amount)?);
        let rate = ratios.iter().find(|(known, _)| *known == level).map(|(_, rate)| *rate);
        let expected = whole.decimal() * rate.unwrap_or_default();
        let is_fit = rate.is_some() && (amount.decimal() - expected).abs() < Decimal::new(1, 2);
        (!is_fit).then(|| {
            let rate = rate.unwrap_or_default().normalize();
            let due =
                format!("{:.2}", expected.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero));
            Sentence {
                zh: format!("税票 {whole} 元，级次 {level} 分成比例 {rate}，应分 {due} 元，实分 {amount} 元"),
                en: format!(
                    "of {whole} yuan the table gives level {level} {rate}, {due} yuan; it got {amount}"
                ),
            }
        })
    })
}

/// The payment without the shares that the table of ratios sends to the treasuries which booked them: what is left is at
/// the slip's treasury or astray.
pub fn without_placed<'p, 'b>(payment: &'p Payment<'b>, facts: &Facts) -> Cow<'p, Payment<'b>> {
    let (Some(sharing), Some(slip), true) =
        (facts.table("sharing"), payment.documents.first(), payment.is_split())
    else {
        return Cow::Borrowed(payment);
    };
    let subject = slip.text(Field::Subject);
    let is_placed = |share: &Entry<'_>| {
        let Some(on) = share.date(Field::BookedOn) else { return false };
        shares(sharing, subject, on).iter().any(|row| {
            [Field::Level, Field::Treasury].iter().all(|&field| row.text(field) == share.text(field))
        })
    };
    if !payment.treasury.iter().any(is_placed) {
        return Cow::Borrowed(payment);
    }
    let mut rest = payment.clone();
    rest.treasury.keep(|share| !is_placed(share));
    Cow::Owned(rest)
}

/// The levels that share a subject on a day, by the longest subject of the table that it is part of.
fn ratios<'t>(sharing: &'t Book, subject: &str, on: NaiveDate) -> Vec<(&'t str, Decimal)> {
    let rate = |row: &Entry<'t>| Some((row.text(Field::Level), row.text(Field::Rate).parse().ok()?));
    shares(sharing, subject, on).iter().filter_map(rate).collect()
}

/// The rows of the table for a subject on a day, by the longest subject that it is part of.
fn shares<'t>(sharing: &'t Book, subject: &str, on: NaiveDate) -> Vec<Entry<'t>> {
    let is_valid = |row: &Entry<'_>| {
        row.date(Field::ValidFrom).is_none_or(|first| first <= on)
            && row.date(Field::ValidTo).is_none_or(|last| on <= last)
    };
    let rows: Vec<Entry<'t>> = sharing.entries().filter(is_valid).collect();
    let of = |row: &Entry<'t>| row.text(Field::Subject);
    let longest = rows.iter().map(of).filter(|code| subject.starts_with(code)).max_by_key(|code| code.len());
    let Some(longest) = longest else { return Vec::new() };
    rows.into_iter().filter(|row| of(row) == longest).collect()
}
