//! 每月财、税、库、行四方签证对账: for each treasury a statement to sign, and behind it every item.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Result;

use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;
use crate::matching::group::Role;
use crate::matching::tie_out::Figures;
use crate::period::{
    Bridge, CellLine, CorrectionItem, Difference, Gross, PayoutLine, PayoutSum, Stock, Transit,
};
use crate::report::daily;
use crate::report::document::{Document, Head, Table};
use crate::report::page::grouped;
use crate::report::render::workbook::Sheet;

use super::{Audit, Pack, file_name, lists};

/// A line's name, and what stands in it.
type Step<'s, Of, To> = (&'s str, fn(Of) -> To);

/// The month of one treasury, or of one institution there.
pub(super) struct Part<'a> {
    cells: Vec<(&'a CellLine, &'a Gross)>,
    payouts: Vec<(&'a PayoutLine, &'a PayoutSum)>,
    differences: Vec<&'a Difference>,
    transits: Vec<&'a Transit>,
    corrections: Vec<&'a CorrectionItem>,
    stocks: Vec<(&'a str, &'a Stock)>,
}

/// Statement by statement, and an index before them.
pub(super) fn write(pack: &mut Pack<'_, '_, '_>) -> Result<()> {
    let audit = pack.audit;
    let sums = &audit.period.sums;
    let mut treasuries: BTreeSet<&str> = sums.cells.keys().map(|line| line.treasury.as_str()).collect();
    treasuries.extend(sums.payouts.keys().map(|line| line.treasury.as_str()));
    treasuries.extend(sums.bridges.keys().map(String::as_str));
    treasuries.extend(sums.stocks.keys().map(|(treasury, _)| treasury.as_str()));
    treasuries.extend(sums.differences.iter().map(|item| item.treasury.as_str()));
    let mut overview = overview_table(audit);
    let mut links = Vec::new();
    for treasury in treasuries {
        let part = Part::of(audit, treasury);
        if part.is_empty() {
            continue;
        }
        overview.push(part.overview(audit, treasury));
        let name = format!("statement-{}", file_name(treasury));
        let title = format!(
            "{} {} {}",
            audit.named(treasury),
            audit.period.span,
            audit.pick("财税库行对账单", "four-party reconciliation statement")
        );
        links.push((format!("{name}.html"), title.clone()));
        pack.page(&format!("{name}.html"), &title, &part.statement(audit, treasury))?;
        pack.workbook(&format!("{name}.xlsx"), &part.sheets(audit))?;
    }
    whole_lists(pack)?;
    let mut index = Document::default();
    standing(audit, &mut index);
    index.heading(audit.pick("各库合计", "By treasury"));
    index.table(overview);
    index.heading(audit.pick("对账单", "Statements"));
    index.links(links);
    index.heading(audit.pick("期末未达账项", "Open items at the end of the period"));
    index.paragraph(match audit.institution {
        None => audit
            .pick(
                "期末尚有一方未记账的款项，按账龄。",
                "What a party had not recorded at the end of the period, by age.",
            )
            .to_owned(),
        Some(code) => format!(
            "{}: {}",
            audit.pick("全部机构，不限于", "Of all institutions, not only"),
            audit.named(code)
        ),
    });
    index.table(ageing(audit));
    let title = format!("{} {}", audit.period.span, audit.pick("四方对账", "four-party reconciliation"));
    pack.page("index.html", &title, &index)
}

/// Every list of the period in full, of the institution alone where the audit is confined to one.
pub(super) fn whole_lists(pack: &mut Pack<'_, '_, '_>) -> Result<()> {
    let audit = pack.audit;
    let whole = Part::filtered(audit, |_| true);
    pack.list("cells.csv", lists::cells(audit, &whole.cells))?;
    pack.list("payouts.csv", lists::payouts(audit, &whole.payouts))?;
    pack.list("differences.csv", lists::differences(audit, &whole.differences))?;
    pack.list("in-transit.csv", lists::transits(audit, &whole.transits))?;
    pack.list("corrections.csv", lists::corrections(audit, &whole.corrections))?;
    pack.list("open-items.csv", daily::open_items(audit.open, audit.lang))
}

/// What the reader must know first: what the period rests on, and what it lacks.
pub(super) fn standing(audit: &Audit<'_>, document: &mut Document) {
    let period = audit.period;
    let (first, last) = (period.span.first(), period.span.last());
    document.paragraph(match audit.lang {
        crate::domain::lang::Lang::Zh => format!(
            "期间 {first} 至 {last}，共运行 {} 日；依据截至 {} 的档案，此后到达的数据不在内。金额单位：元。",
            period.runs.len(),
            period.known_on
        ),
        crate::domain::lang::Lang::En => format!(
            "From {first} to {last}, {} days were run; from the archive as of {}, nothing that came later. Amounts in \
             yuan.",
            period.runs.len(),
            period.known_on
        ),
    });
    if let Some(code) = audit.institution {
        document.paragraph(format!("{}: {}", audit.pick("仅限", "Confined to"), audit.named(code)));
    }
    if period.known_on < last {
        document.paragraph(audit.pick(
            "注意：期间尚未结束，本表不能作为期末数签证。",
            "Note: the period is not over; this is no statement of its end and must not be signed as one.",
        ));
    }
    if !period.missed.is_empty() {
        let days: Vec<String> = period.missed.iter().map(ToString::to_string).collect();
        document.paragraph(format!(
            "{} {}",
            audit.pick("注意：下列工作日没有运行：", "Note: these working days were not run:"),
            days.join(" ")
        ));
    }
    document.paragraph(format!(
        "{} {}",
        audit.pick("档案摘要（SHA-256）：", "Digest of the archive (SHA-256):"),
        audit.digest
    ));
    document.paragraph(format!("{} {}", audit.pick("重新生成：", "Made again by:"), audit.command));
}

fn overview_table(audit: &Audit<'_>) -> Table {
    Table::new(
        "overview",
        vec![
            Head::text("treasury", audit.pick("国库", "treasury")),
            Head::money("receipts", audit.pick("收入（征收方）", "receipts (issuers)")),
            Head::money("refunds", audit.pick("退库", "refunds")),
            Head::money("corrections", audit.pick("更正", "corrections")),
            Head::money("net", audit.pick("净额", "net")),
            Head::money("bank_net", audit.pick("银行净额", "bank, net")),
            Head::money("treasury_net", audit.pick("国库净额", "treasury, net")),
            Head::money("difference", audit.pick("差额", "difference")),
            Head::number("differing", audit.pick("差异笔数", "payments that differ")),
            Head::number("in_transit", audit.pick("在途笔数", "in transit")),
            Head::money("payouts", audit.pick("支拨（国库）", "payouts (treasury)")),
            Head::money("returned", audit.pick("退回", "returned")),
        ],
    )
    .summed()
}

/// What waits, by age in working days.
fn ageing(audit: &Audit<'_>) -> Table {
    let mut table = Table::new(
        "ageing",
        vec![
            Head::text("age", audit.pick("账龄（工作日）", "age, working days")),
            Head::number("count", audit.pick("笔数", "count")),
            Head::money("amount", audit.pick("金额", "amount")),
        ],
    )
    .summed()
    .whole_in("open-items.csv");
    for (name, from, to) in
        [("0–1", 0, 1), ("2–5", 2, 5), ("6–10", 6, 10), ("11–30", 11, 30), ("> 30", 31, u32::MAX)]
    {
        let of = audit.open.iter().filter(|item| item.age_days.is_some_and(|age| (from..=to).contains(&age)));
        let (count, sum) = of.fold((0_u32, Money::ZERO), |(count, sum), item| {
            (count + 1, sum + item.amount.unwrap_or_default())
        });
        table.push(vec![name.to_owned(), count.to_string(), sum.to_string()]);
    }
    let unknown = audit.open.iter().filter(|item| item.age_days.is_none()).count();
    if unknown > 0 {
        let sum: Money =
            audit.open.iter().filter(|item| item.age_days.is_none()).filter_map(|item| item.amount).sum();
        let name = audit.pick("未知（无工作日历）", "unknown (no calendar)");
        table.push(vec![name.to_owned(), unknown.to_string(), sum.to_string()]);
    }
    table
}

impl<'a> Part<'a> {
    fn of(audit: &Audit<'a>, treasury: &str) -> Self {
        Self::filtered(audit, |of| of == treasury)
    }

    fn filtered(audit: &Audit<'a>, is_of: impl Fn(&str) -> bool) -> Self {
        let sums = &audit.period.sums;
        let concerns = |codes: &[&str]| audit.institution.is_none_or(|code| codes.contains(&code));
        Self {
            cells: sums
                .cells
                .iter()
                .filter(|(line, _)| is_of(&line.treasury) && concerns(&[&line.org]))
                .collect(),
            payouts: sums
                .payouts
                .iter()
                .filter(|(line, _)| is_of(&line.treasury) && concerns(&[&line.unit]))
                .collect(),
            differences: sums
                .differences
                .iter()
                .filter(|item| is_of(&item.treasury) && concerns(&[&item.org, &item.bank]))
                .collect(),
            transits: sums
                .transits
                .iter()
                .filter(|item| is_of(&item.treasury) && concerns(&[&item.org, &item.bank]))
                .collect(),
            corrections: sums
                .corrections
                .iter()
                .filter(|item| is_of(&item.old.treasury) && concerns(&[&item.old.org, &item.new.org]))
                .collect(),
            stocks: sums
                .stocks
                .iter()
                .filter(|((treasury, _), _)| is_of(treasury) && audit.institution.is_none())
                .map(|((_, account), stock)| (account.as_str(), stock))
                .collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.cells.is_empty()
            && self.payouts.is_empty()
            && self.differences.is_empty()
            && self.transits.is_empty()
            && self.corrections.is_empty()
            && self.stocks.is_empty()
    }

    fn gross(&self) -> Gross {
        let mut sum = Gross::default();
        for (_, gross) in &self.cells {
            sum.add(**gross);
        }
        sum
    }

    fn overview(&self, audit: &Audit<'_>, treasury: &str) -> Vec<String> {
        let gross = self.gross();
        let net = gross.net();
        let mut paid = PayoutSum::default();
        self.payouts.iter().for_each(|(_, sum)| paid.add(**sum));
        let mut row = vec![audit.named(treasury)];
        let sums = [
            gross.receipts.issuer,
            gross.refunds.issuer,
            gross.corrections.issuer,
            net.issuer,
            net.bank,
            net.treasury,
            lists::difference(net),
        ];
        row.extend(sums.iter().map(ToString::to_string));
        row.extend([self.differences.len().to_string(), self.transits.len().to_string()]);
        row.extend([paid.paid.treasury, paid.returned.treasury].iter().map(ToString::to_string));
        row
    }

    /// The statement that the four parties sign.
    fn statement(&self, audit: &Audit<'_>, treasury: &str) -> Document {
        let mut document = Document::default();
        standing(audit, &mut document);
        document.heading(audit.pick("一、收入合计", "1. Revenue in sum"));
        document.table(self.parties(audit));
        silent(audit, &mut document);
        document.heading(audit.pick("二、按征收机关、级次、科目", "2. By organ, level and subject"));
        document.table(lists::cells(audit, &self.cells).without(&["treasury"]).whole_in("cells.csv"));
        if audit.institution.is_none() {
            document.heading(
                audit.pick("三、国库账面与本表的衔接", "3. From this statement to the treasury's books"),
            );
            let none = [Bridge::default(); 2];
            document.table(bridge(audit, audit.period.sums.bridges.get(treasury).unwrap_or(&none)));
        }
        document.heading(audit.pick("四、期末在途", "4. In transit at the end of the period"));
        document.paragraph(audit.pick(
            "经收处期内已收纳、国库期后入账的款项，以其入账记录为证；尚未入账的另行列明。",
            "What banks received in the period and the treasury booked after it, proved by its booking; what is not booked yet \
             says so.",
        ));
        document
            .table(lists::transits(audit, &self.transits).without(&["treasury"]).whole_in("in-transit.csv"));
        document.heading(audit.pick("五、逐笔差异", "5. Differences, payment by payment"));
        document.table(
            lists::differences(audit, &self.differences).without(&["treasury"]).whole_in("differences.csv"),
        );
        document.heading(audit.pick("六、更正与调库", "6. Corrections"));
        document.table(lists::corrections(audit, &self.corrections).whole_in("corrections.csv"));
        document.heading(audit.pick("七、库款支拨", "7. Payouts"));
        document.table(lists::payouts(audit, &self.payouts).without(&["treasury"]).whole_in("payouts.csv"));
        document.heading(audit.pick("八、库存", "8. Balances of the treasury"));
        document.table(stocks(audit, &self.stocks));
        document.heading(audit.pick("签证", "Signatures"));
        document.paragraph(audit.pick(
            "以上各数经核对；差异与在途以所附清单为准。签证后的纸质对账单可凭档案摘要与档案核对。",
            "The figures above were reconciled; differences and items in transit are as listed. A signed print can be checked \
             against the archive by its digest.",
        ));
        document.signatures(
            [
                audit.pick("财政部门", "Finance bureau"),
                audit.pick("征收机关（税务）", "Tax office"),
                audit.pick("国库", "Treasury"),
                audit.pick("经收处（商业银行）", "Commercial bank"),
            ]
            .map(str::to_owned)
            .to_vec(),
        );
        document
    }

    /// Each party's figures in one table: tax and finance are the issuers of their own documents.
    fn parties(&self, audit: &Audit<'_>) -> Table {
        let mut table = Table::new(
            "parties",
            vec![
                Head::text("what", ""),
                Head::money("tax", audit.pick("税务", "tax")),
                Head::money("finance", audit.pick("财政（非税）", "finance (non-tax)")),
                Head::money("other", audit.pick("其他机关", "other organs")),
                Head::money("issuers", audit.pick("征收方合计", "issuers in sum")),
                Head::money("bank", audit.pick("银行", "bank")),
                Head::money("treasury", audit.pick("国库", "treasury")),
                Head::money("difference", audit.pick("差额", "difference")),
            ],
        );
        let mut by_party: BTreeMap<Party, Gross> = BTreeMap::new();
        for (line, gross) in &self.cells {
            by_party.entry(lists::issuer(audit, &line.org)).or_default().add(**gross);
        }
        let whole = self.gross();
        let components: [Step<'_, Gross, Figures>; 4] = [
            (audit.pick("收入", "receipts"), |gross| gross.receipts),
            (audit.pick("退库", "refunds"), |gross| gross.refunds),
            (audit.pick("更正", "corrections"), |gross| gross.corrections),
            (audit.pick("净额", "net"), Gross::net),
        ];
        for (name, of) in components {
            let issued = |party: Party| by_party.get(&party).map_or(Money::ZERO, |gross| of(*gross).issuer);
            let figures = of(whole);
            let (tax, finance) = (issued(Party::Tax), issued(Party::Finance));
            let sums = [
                tax,
                finance,
                figures.issuer - tax - finance,
                figures.issuer,
                figures.bank,
                figures.treasury,
                lists::difference(figures),
            ];
            let mut row = vec![name.to_owned()];
            row.extend(sums.iter().map(ToString::to_string));
            table.push(row);
        }
        table
    }

    /// The statement's tables, as sheets.
    fn sheets(&self, audit: &Audit<'_>) -> Vec<Sheet> {
        let sheet = |name: &str, table: Table| Sheet { name: name.to_owned(), table };
        vec![
            sheet(audit.pick("合计", "Sum"), self.parties(audit)),
            sheet(audit.pick("分科目", "By subject"), lists::cells(audit, &self.cells)),
            sheet(audit.pick("在途", "In transit"), lists::transits(audit, &self.transits)),
            sheet(audit.pick("差异", "Differences"), lists::differences(audit, &self.differences)),
            sheet(audit.pick("更正", "Corrections"), lists::corrections(audit, &self.corrections)),
            sheet(audit.pick("支拨", "Payouts"), lists::payouts(audit, &self.payouts)),
            sheet(audit.pick("库存", "Balances"), stocks(audit, &self.stocks)),
        ]
    }
}

/// Says which parties never spoke: what they lack is no difference.
pub(super) fn silent(audit: &Audit<'_>, document: &mut Document) {
    for of in [Flow::Revenue, Flow::Refund, Flow::Disbursement] {
        let roles = [
            (Role::Issuer, audit.pick("开票方", "the issuers")),
            (Role::Bank, audit.pick("银行", "the banks")),
            (Role::Treasury, audit.pick("国库", "the treasury")),
        ];
        let silent: Vec<&str> = roles
            .into_iter()
            .filter(|(role, _)| audit.period.sums.is_silent(of, *role))
            .map(|(_, name)| name)
            .collect();
        if !silent.is_empty() {
            document.paragraph(format!(
                "{}: {} {}",
                lists::flow(audit, of),
                silent.join(audit.pick("、", ", ")),
                audit.pick(
                    "本期没有账册行：其数字为无数据，不作为相符，也不作为差异。",
                    "stated nothing in the period: their figures are no data, neither agreement nor difference."
                )
            ));
        }
    }
}

/// From the sum by documents to what the treasury booked: receipts, and refunds.
fn bridge(audit: &Audit<'_>, bridges: &[Bridge; 2]) -> Table {
    let mut table = Table::new(
        "bridge",
        vec![
            Head::text("what", ""),
            Head::money("receipts", audit.pick("收入", "receipts")),
            Head::money("refunds", audit.pick("退库", "refunds")),
        ],
    );
    let steps: [Step<'_, Bridge, Money>; 9] = [
        (audit.pick("本期凭证对应的国库入账", "booked for the documents of the period"), |of| {
            of.base
        }),
        (
            audit.pick("减：期后入账（期末在途）", "less: booked after the period, in transit at its end"),
            |of| -of.later,
        ),
        (audit.pick("减：期前已入账", "less: booked before the period"), |of| -of.earlier),
        (audit.pick("减：入到他库", "less: booked at another treasury"), |of| -of.elsewhere),
        (
            audit.pick("加：上期在途、本期入账", "plus: of earlier periods, booked in this one"),
            |of| of.started,
        ),
        (
            audit.pick("加：截止后收纳、归入下期", "plus: received after the cut-off, of the next period"),
            |of| of.beyond,
        ),
        (audit.pick("加：他库凭证入到本库", "plus: booked here for another treasury"), |of| {
            of.misplaced
        }),
        (audit.pick("加：无凭证的入账", "plus: booked without a document"), |of| of.unslipped),
        (audit.pick("国库本期账面", "the treasury's books for the period"), |of| of.booked),
    ];
    for (name, of) in steps {
        table.push(vec![name.to_owned(), of(bridges[0]).to_string(), of(bridges[1]).to_string()]);
    }
    table
}

/// By account: the first opening, what moved, the last closing, and whether the days follow from one another.
fn stocks(audit: &Audit<'_>, stocks: &[(&str, &Stock)]) -> Table {
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
        let mut row = vec![(*account).to_owned(), days.len().to_string()];
        row.extend([first[0], income, outlay, last[3]].iter().map(ToString::to_string));
        row.push(check);
        table.push(row);
    }
    table
}
