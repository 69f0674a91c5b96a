//! 积数排名: banks by what they passed on too late.

use crate::domain::lang::Lang;
use crate::domain::money::Money;
use crate::period::BankSum;
use crate::report::audit::Audit;
use crate::report::document::{Head, Table};
use crate::report::page::grouped;

pub(in crate::report::audit) fn league(audit: &Audit<'_>) -> Table {
    let mut table = Table::new(
        "league",
        vec![
            Head::number("place", audit.pick("名次", "place")),
            Head::text("bank", audit.pick("银行", "bank")),
            Head::number("count", audit.pick("收款笔数", "receipts")),
            Head::money("amount", audit.pick("收款金额", "amount received")),
            Head::number("next_day", audit.pick("次日划转笔数（按基准日）", "next-day, by base day")),
            Head::money(
                "next_day_amount",
                audit.pick("次日划转金额（按基准日）", "next-day amount, by base day"),
            ),
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

/// Why what went on the next working day is another sum by base days than by the days it went on.
pub(in crate::report::audit) fn next_day_bases(audit: &Audit<'_>, of: &BankSum) -> String {
    let [by_base, after, before, remitted] =
        [of.next_day_amount, of.next_day_after, of.next_day_before, of.next_day_remitted()].map(grouped);
    match audit.lang {
        Lang::Zh => format!(
            "次日划转按收款的基准日（排名、指标）{by_base} 元；减本期收款、期后划转的 {after} 元，加期前收款、本期划转的 {before} 元，\
             为按划转日（“次日划转”提示）{remitted} 元。"
        ),
        Lang::En => format!(
            "Passed on the next working day, by the base day of receipts (ranking, metrics): {by_base} yuan; less {after} yuan of \
             the period that went on after it, plus {before} yuan from before it that went on in it: by the day of remittance (the \
             findings “Remitted on the next working day”) {remitted} yuan."
        ),
    }
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
