//! What a statement says of payouts in sum, and of the treasury's balances.

use crate::domain::lang::Lang;
use crate::domain::money::Money;
use crate::period::Stock;
use crate::report::audit::{Audit, lists};
use crate::report::document::{Head, Table};
use crate::report::page::grouped;

use super::part::Part;

/// Payouts in one line: what each party states, and what came back.
pub(super) fn paid_out(audit: &Audit<'_>, part: &Part<'_>) -> Table {
    let mut table = Table::new(
        "paid_out",
        vec![
            Head::number("count", audit.pick("笔数", "count")),
            Head::money("finance", audit.pick("财政凭证", "finance, vouchers")),
            Head::money("treasury", audit.pick("国库支拨", "treasury, paid")),
            Head::money("bank", audit.pick("银行支付", "bank, paid")),
            Head::money("treasury_returned", audit.pick("国库退回", "treasury, returned")),
            Head::money("bank_returned", audit.pick("银行退回", "bank, returned")),
        ],
    );
    table.columns.extend(lists::difference_heads(audit));
    let sum = part.paid();
    let mut row = vec![sum.count.to_string()];
    let sums = [sum.paid.issuer, sum.paid.treasury, sum.paid.bank, sum.returned.treasury, sum.returned.bank];
    row.extend(sums.iter().chain(&lists::differences_of(sum.paid)).map(ToString::to_string));
    table.push(row);
    table
}

/// Whether the balances moved by what the treasury's ledgers list.
pub(super) fn stock_against_rows(audit: &Audit<'_>, treasury: &str, part: &Part<'_>) -> String {
    let booked = audit.period.sums.bridges.get(treasury).copied().unwrap_or_default();
    let paid = part.paid();
    let corrected = booked[2].booked;
    let listed =
        booked[0].booked + booked[1].booked + corrected - (paid.paid.treasury - paid.returned.treasury);
    let held = |days: &[&[Money; 4]]| match (days.first(), days.last()) {
        (Some(first), Some(last)) => last[3] - first[0],
        _ => Money::ZERO,
    };
    let net: Money =
        part.stocks.iter().map(|(_, stock)| held(&stock.days.values().collect::<Vec<_>>())).sum();
    match audit.lang {
        Lang::Zh => format!(
            "库存净变动（期末减期初）{} 元；国库明细（入库 {}，退库 {}，国库更正 {}，支拨净额 {}）合计 {} 元；库存净变动减明细 {} 元。\
             余额取自国库自报的库存表，明细取自其入库、退库、更正、支拨流水；差额是流水所无的变动（如国债兑付、未报送流水的日子），库存表未计的流水，或库存表前后日不衔接（见勾稽）。",
            grouped(net),
            grouped(booked[0].booked),
            grouped(booked[1].booked),
            grouped(corrected),
            grouped(paid.paid.treasury - paid.returned.treasury),
            grouped(listed),
            grouped(net - listed)
        ),
        Lang::En => format!(
            "The balances moved by {} yuan, closing less opening; the treasury's rows (receipts {}, refunds {}, corrections {}, payouts less returns \
             {}) come to {} yuan; balances less rows {} yuan. Balances are those of the treasury's own report of its stock, \
             rows those of its ledgers of receipts, refunds, corrections and payouts; what differs moved without a row, as \
             redeemed bonds do and days whose ledgers did not come, is a row that the report of stock does not count, \
             or lies between a closing and the next opening (see the check).",
            grouped(net),
            grouped(booked[0].booked),
            grouped(booked[1].booked),
            grouped(corrected),
            grouped(paid.paid.treasury - paid.returned.treasury),
            grouped(listed),
            grouped(net - listed)
        ),
    }
}

/// By account: the first opening, what moved, the last closing, and whether the days follow from one another.
pub(super) fn stocks(audit: &Audit<'_>, stocks: &[(&str, &Stock)]) -> Table {
    let mut table = Table::new(
        "balances",
        vec![
            Head::text("account", audit.pick("账户", "account")),
            Head::number("days", audit.pick("日数", "days")),
            Head::money("opening", audit.pick("期初余额", "opening")),
            Head::money("income", audit.pick("收入", "income")),
            Head::money("outlay", audit.pick("支出", "outlay")),
            Head::money("closing", audit.pick("期末余额", "closing")),
            Head::text("check", audit.pick("勾稽", "check")),
        ],
    );
    for (account, stock) in stocks {
        let days: Vec<&[Money; 4]> = stock.days.values().collect();
        let (Some(first), Some(last)) = (days.first(), days.last()) else { continue };
        let (income, outlay): (Money, Money) =
            (days.iter().map(|day| day[1]).sum(), days.iter().map(|day| day[2]).sum());
        let off = last[3] - (first[0] + income - outlay);
        let check = if off.is_zero() {
            audit.pick("相符", "agrees").to_owned()
        } else {
            format!("{} {}", audit.pick("不符，差", "differs by"), grouped(off))
        };
        let named = if account.is_empty() {
            audit.pick("（未注明账户）", "(account not stated)")
        } else {
            account
        };
        let mut row = vec![named.to_owned(), days.len().to_string()];
        row.extend([first[0], income, outlay, last[3]].iter().map(ToString::to_string));
        row.push(check);
        table.push(row);
    }
    table
}
