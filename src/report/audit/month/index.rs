//! The first page of a month: every treasury in a line, and what waits at its end.

use crate::domain::money::Money;
use crate::period::Crossing;
use crate::pipeline::OpenItem;
use crate::report::audit::{Audit, changes, lists};
use crate::report::document::{Document, Head, Table};

use super::part::Part;
use super::standing;

/// Every treasury in a line: its revenue; its payouts, and how many payments its statement lists.
pub(super) struct Overviews {
    revenue: Table,
    payouts: Table,
    /// Where each statement lies, and what it is called.
    statements: Vec<(String, String)>,
}

impl Overviews {
    pub(super) fn of(audit: &Audit<'_>) -> Self {
        let mut revenue = Table::new(
            "revenue",
            vec![
                Head::text("treasury", audit.pick("国库", "treasury")),
                Head::money("receipts", audit.pick("收入（开票方）", "receipts (issuers)")),
                Head::money("refunds", audit.pick("退库", "refunds")),
                Head::money("corrections", audit.pick("更正（开票方）", "corrections (issuers)")),
                Head::money("net", audit.pick("开票方净额", "issuers, net")),
                Head::money("bank_net", audit.pick("银行净额（无更正）", "bank, net (no corrections)")),
                Head::money("treasury_net", audit.pick("国库净额", "treasury, net")),
            ],
        );
        revenue.columns.extend(lists::revenue_difference_heads(audit));
        let payouts = Table::new(
            "payouts",
            vec![
                Head::text("treasury", audit.pick("国库", "treasury")),
                Head::number("differing", audit.pick("差异笔数", "payments that differ")),
                Head::number("in_transit", audit.pick("在途笔数", "in transit")),
                Head::number("overdue", audit.pick("逾期未记录", "overdue")),
                Head::money("payouts", audit.pick("支拨（国库）", "payouts (treasury)")),
                Head::money("returned", audit.pick("退回", "returned")),
                Head::money(
                    "payouts_differ",
                    audit.pick("支拨：国库−财政", "payouts, treasury less finance"),
                ),
            ],
        );
        Self { revenue: revenue.summed(), payouts: payouts.summed(), statements: Vec::new() }
    }

    /// Takes in a treasury and where its statement lies.
    pub(super) fn push(
        &mut self,
        audit: &Audit<'_>,
        treasury: &str,
        part: &Part<'_>,
        link: (String, String),
    ) {
        let gross = part.gross();
        let net = gross.stated();
        let paid = part.paid();
        let mut row = vec![audit.named(treasury)];
        let sums = [
            gross.receipts.issuer,
            gross.refunds.issuer,
            gross.own.moved,
            net.issuer,
            net.bank,
            net.treasury,
        ];
        row.extend(sums.iter().chain(&gross.differences()).map(ToString::to_string));
        self.revenue.push(row);
        let [_, differs] = lists::differences_of(paid.paid);
        let mut row = vec![audit.named(treasury)];
        let count =
            |is_of: fn(Crossing) -> bool| part.transits.iter().filter(|of| is_of(of.crossing)).count();
        let overdue = count(Crossing::is_overdue);
        row.extend([part.differing(), count(Crossing::is_in_transit), overdue].map(|of| of.to_string()));
        row.extend([paid.paid.treasury, paid.returned.treasury, differs].iter().map(ToString::to_string));
        self.payouts.push(row);
        self.statements.push(link);
    }
}

pub(super) fn page(audit: &Audit<'_>, overviews: Overviews) -> Document {
    let mut index = Document::default();
    standing(audit, None, &mut index);
    index.heading(audit.pick("各库收入", "Revenue by treasury"));
    index.table(overviews.revenue);
    index.heading(
        audit.pick("各库支拨与逐笔账项", "Payouts by treasury, and payments that are listed one by one"),
    );
    index.table(overviews.payouts);
    if let Some(since) = audit.since {
        index.links(vec![changes::link(audit, since)]);
    }
    index.heading(audit.pick("对账单", "Statements"));
    index.links(overviews.statements);
    index.heading(audit.pick("期末未达账项", "Open items at the end of the period"));
    index.paragraph(match audit.institution {
        None => audit
            .pick(
                "期末尚有一方未记账的款项，按账龄：自该款项最早一笔记录（多为税票开具）起的工作日，不是所缺一方压着的时间，后者见占压、延解各项。",
                "What a party had not recorded at the end of the period, by age: working days since the first record of the payment, mostly \
                 its slip, and not how long the party that lacks it has had it, which the findings about held and late money say.",
            )
            .to_owned(),
        Some(code) => format!(
            "{}: {}",
            audit.pick("全部机构，不限于", "Of all institutions, not only"),
            audit.named(code)
        ),
    });
    index.table(ageing(audit));
    index
}

/// A line's name, and whether an item is of it.
type Kind<'s> = (&'s str, fn(&OpenItem) -> bool);

/// What waits, by what it waits for and age in working days. A slip that nobody has paid is no item between parties.
fn ageing(audit: &Audit<'_>) -> Table {
    let mut table = Table::new(
        "ageing",
        vec![
            Head::text("awaits", audit.pick("待何事", "awaits")),
            Head::text("age", audit.pick("账龄（工作日）", "age, working days")),
            Head::number("count", audit.pick("笔数", "count")),
            Head::money("amount", audit.pick("金额", "amount")),
        ],
    )
    .whole_in("open-items.csv");
    let kinds: [Kind<'_>; 4] = [
        (audit.pick("未缴税票（尚无款项）", "unpaid slips (no money yet)"), OpenItem::is_unpaid),
        (audit.pick("已收未划转", "received, not passed on"), |item| {
            item.awaits.contains(&"remittance")
        }),
        (audit.pick("已划转未入库", "passed on, not booked"), |item| {
            !item.is_unpaid() && !item.awaits.contains(&"remittance") && item.awaits.contains(&"treasury")
        }),
        (audit.pick("其他", "other"), |item| {
            !item.awaits.contains(&"treasury") && !item.awaits.contains(&"remittance")
        }),
    ];
    let ages = [("0–1", 0, 1), ("2–5", 2, 5), ("6–10", 6, 10), ("11–30", 11, 30), ("> 30", 31, u32::MAX)];
    for (kind, is_of) in kinds {
        for (name, from, to) in ages {
            // Of a year without a calendar the age is not known: with the oldest.
            let age = |item: &&OpenItem| (from..=to).contains(&item.age_days.unwrap_or(u32::MAX));
            let of = audit.open.iter().filter(|item| is_of(item)).filter(age);
            let (count, sum) = of.fold((0_u32, Money::ZERO), |(count, sum), item| {
                (count + 1, sum + item.amount.unwrap_or_default())
            });
            if count > 0 {
                table.push(vec![kind.to_owned(), name.to_owned(), count.to_string(), sum.to_string()]);
            }
        }
    }
    table
}
