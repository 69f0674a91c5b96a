//! 积数排名: banks by what they passed on too late.

use crate::domain::money::Money;
use crate::period::BankSum;
use crate::report::audit::Audit;
use crate::report::document::{Head, Table};

pub(in crate::report::audit) fn league(audit: &Audit<'_>) -> Table {
    let mut table = Table::new(
        "league",
        vec![
            Head::number("place", audit.pick("名次", "place")),
            Head::text("bank", audit.pick("银行", "bank")),
            Head::number("count", audit.pick("收款笔数", "receipts")),
            Head::money("amount", audit.pick("收款金额", "amount received")),
            Head::number("next_day", audit.pick("次日划转笔数", "next-day")),
            Head::money("next_day_amount", audit.pick("次日划转金额", "next-day amount")),
            Head::number("late", audit.pick("延解笔数", "late")),
            Head::money("late_amount", audit.pick("延解金额", "late amount")),
            Head::number("held", audit.pick("占压笔数", "held")),
            Head::money("held_amount", audit.pick("占压金额", "held amount")),
            Head::money("amount_days", audit.pick("积数（元·日）", "amount-days (yuan-days)")),
            Head::money("gain", audit.pick("收益估算", "estimated gain")),
        ],
    )
    .summed();
    for (place, (bank, sum)) in (1..).zip(league_rows(audit)) {
        table.push(vec![
            place.to_string(),
            audit.named(bank),
            sum.count.to_string(),
            sum.amount.to_string(),
            sum.next_day_count.to_string(),
            sum.next_day_amount.to_string(),
            sum.late_count.to_string(),
            sum.late_amount.to_string(),
            sum.held_count.to_string(),
            sum.held_amount.to_string(),
            sum.amount_days.to_string(),
            gain(audit, sum).to_string(),
        ]);
    }
    table
}

/// Banks by what they held too long, the worst first.
pub(in crate::report::audit) fn league_rows<'a>(audit: &Audit<'a>) -> Vec<(&'a str, &'a BankSum)> {
    let mut rows: Vec<_> = audit.period.sums.banks.iter().map(|(bank, sum)| (bank.as_str(), sum)).collect();
    rows.sort_by_key(|(bank, sum)| (std::cmp::Reverse(sum.amount_days), *bank));
    rows
}

/// 积数 × rate / 360: an estimate, at a rate the book sets.
pub(in crate::report::audit) fn gain(audit: &Audit<'_>, sum: &BankSum) -> Money {
    let fen = i128::from(sum.amount_days.fen()) * i128::from(audit.facts.settings.gain_rate_bp);
    Money::from_fen(i64::try_from((fen + 1_800_000) / 3_600_000).unwrap_or(i64::MAX))
}
