//! 每月财、税、库、行四方签证对账: for each treasury a statement to sign, and behind it every item.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Result;

use crate::domain::lang::Lang;
use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;
use crate::matching::group::Role;
use crate::period::{
    Bridge, CellLine, CorrectionItem, Difference, Gross, PayoutLine, PayoutSum, Stock, Transit,
};
use crate::pipeline::OpenItem;
use crate::report::daily;
use crate::report::document::{Document, Head, Table};
use crate::report::page::grouped;
use crate::report::render::workbook::Sheet;
use crate::rules::finding::Told;

use super::{Audit, Pack, file_name, lists};

/// A line's name, and what stands in it.
type Step<'s, Of, To> = (&'s str, fn(Of) -> To);

/// The month of one treasury, or of one institution there.
pub(super) struct Part<'a> {
    cells: Vec<(CellLine, Gross)>,
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
    let [mut revenue, mut payouts] = overviews(audit);
    let mut links = Vec::new();
    for treasury in treasuries {
        let part = Part::of(audit, treasury);
        if part.is_empty() {
            continue;
        }
        let [of_revenue, of_payouts] = part.overviews(audit, treasury);
        revenue.push(of_revenue);
        payouts.push(of_payouts);
        let name = format!("statement-{}", file_name(treasury));
        let title = format!(
            "{} {} {}",
            audit.named(treasury),
            audit.period.span,
            audit.pick("财税库行对账单", "four-party reconciliation statement")
        );
        links.push((format!("{name}.html"), title.clone()));
        pack.page(&format!("{name}.html"), &title, &part.statement(audit, treasury))?;
        pack.workbook(&format!("{name}.xlsx"), &title, &part.sheets(audit, treasury, &title))?;
    }
    whole_lists(pack)?;
    let mut index = Document::default();
    standing(audit, &mut index);
    index.heading(audit.pick("各库收入", "Revenue by treasury"));
    index.table(revenue);
    index.heading(
        audit.pick("各库支拨与逐笔账项", "Payouts by treasury, and payments that are listed one by one"),
    );
    index.table(payouts);
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
        Lang::Zh => format!(
            "期间 {first} 至 {last}，共运行 {} 日；依据截至 {} 的档案，此后到达的数据不在内。金额单位：元。",
            period.runs.len(),
            period.known_on
        ),
        Lang::En => format!(
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
    if let Some(since) = period.since {
        document.paragraph(match audit.lang {
            Lang::Zh => format!("注意：档案自 {since} 起，期间此前的日子没有运行；本册只含此后送达的数据。"),
            Lang::En => format!(
                "Note: the archive begins on {since}, and earlier days of the period were not run; only what was \
                 delivered since is in it."
            ),
        });
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
    let (undated, amount) = period.sums.undated;
    if undated > 0 {
        document.paragraph(match audit.lang {
            Lang::Zh => {
                format!("注意：{undated} 笔收款 {} 元的日期没有工作日历，不属任何期间，不在本表各数之内。", grouped(amount))
            }
            Lang::En => format!(
                "Note: {undated} receipts of {} yuan have dates without a calendar: they are of no period and in no figure here.",
                grouped(amount)
            ),
        });
    }
    document.paragraph(format!(
        "{} {}",
        audit.pick("在账簿文件夹内重新生成：", "To reproduce, in the book's folder:"),
        audit.command
    ));
}

/// Revenue of each treasury; payouts, and how many payments the statement lists.
fn overviews(audit: &Audit<'_>) -> [Table; 2] {
    let revenue = Table::new(
        "revenue",
        vec![
            Head::text("treasury", audit.pick("国库", "treasury")),
            Head::money("receipts", audit.pick("收入（征收方）", "receipts (issuers)")),
            Head::money("refunds", audit.pick("退库", "refunds")),
            Head::money("corrections", audit.pick("更正（征收方）", "corrections (issuers)")),
            Head::money("net", audit.pick("征收方净额", "issuers, net")),
            Head::money("bank_net", audit.pick("银行净额（无更正）", "bank, net (no corrections)")),
            Head::money("treasury_net", audit.pick("国库净额", "treasury, net")),
            Head::money(
                "bank_less_issuers",
                audit.pick("银行−征收方（更正前）", "bank less issuers, before corrections"),
            ),
            Head::money("treasury_less_issuers", audit.pick("国库−征收方", "treasury less issuers")),
        ],
    );
    let payouts = Table::new(
        "payouts",
        vec![
            Head::text("treasury", audit.pick("国库", "treasury")),
            Head::number("differing", audit.pick("差异笔数", "payments that differ")),
            Head::number("in_transit", audit.pick("在途笔数", "in transit")),
            Head::money("payouts", audit.pick("支拨（国库）", "payouts (treasury)")),
            Head::money("returned", audit.pick("退回", "returned")),
            Head::money("payouts_differ", audit.pick("支拨：国库−财政", "payouts, treasury less finance")),
        ],
    );
    [revenue.summed(), payouts.summed()]
}

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
    let kinds: [Step<'_, &OpenItem, bool>; 4] = [
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

impl<'a> Part<'a> {
    fn of(audit: &Audit<'a>, treasury: &str) -> Self {
        Self::filtered(audit, |of| of == treasury)
    }

    fn filtered(audit: &Audit<'a>, is_of: impl Fn(&str) -> bool) -> Self {
        let sums = &audit.period.sums;
        let concerns = |codes: &[&str]| audit.institution.is_none_or(|code| codes.contains(&code));
        Self {
            cells: lists::lines(audit)
                .into_iter()
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
                .filter(|item| is_of(&item.old.treasury) || is_of(&item.new.treasury))
                .filter(|item| concerns(&[&item.old.org, &item.new.org]))
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
            sum.add(*gross);
        }
        sum
    }

    fn paid(&self) -> PayoutSum {
        let mut sum = PayoutSum::default();
        for (_, of) in &self.payouts {
            sum.add(**of);
        }
        sum
    }

    fn overviews(&self, audit: &Audit<'_>, treasury: &str) -> [Vec<String>; 2] {
        let gross = self.gross();
        let net = gross.stated();
        let paid = self.paid();
        let mut revenue = vec![audit.named(treasury)];
        let sums = [
            gross.receipts.issuer,
            gross.refunds.issuer,
            gross.corrections.issuer,
            net.issuer,
            net.bank,
            net.treasury,
        ];
        revenue.extend(sums.iter().chain(&gross.differences()).map(ToString::to_string));
        let [_, differs] = lists::differences_of(paid.paid);
        let mut payouts = vec![audit.named(treasury)];
        payouts.extend([self.differences.len().to_string(), self.transits.len().to_string()]);
        payouts.extend([paid.paid.treasury, paid.returned.treasury, differs].iter().map(ToString::to_string));
        [revenue, payouts]
    }

    /// The statement that the four parties sign.
    fn statement(&self, audit: &Audit<'_>, treasury: &str) -> Document {
        let mut document = Document::default();
        standing(audit, &mut document);
        document.heading(audit.pick("一、收入合计", "1. Revenue in sum"));
        document.table(self.parties(audit));
        self.notes_on_parties(audit, treasury, &mut document);
        silent(audit, &mut document);
        document.heading(audit.pick("二、按征收机关、级次、科目", "2. By organ, level and subject"));
        document.table(lists::cells(audit, &self.cells).without(&["treasury"]).whole_in("cells.csv"));
        if audit.institution.is_none() {
            document.heading(audit.pick("二之二、按经收处（银行）", "2a. By bank"));
            document.table(banks(audit, treasury));
            document.heading(
                audit.pick("三、国库账面与本表的衔接", "3. From this statement to the treasury's books"),
            );
            document.table(bridge(audit, treasury));
        }
        document.heading(audit.pick("四、期末在途", "4. In transit at the end of the period"));
        document.paragraph(audit.pick(
            "经收处期内已收纳、国库期后入账的款项，以及期内开具、国库期后办理的退库（负数），以国库记录为证；尚未入账的注明，\
             其中逾期未划转的不是在途。",
            "What banks received in the period and the treasury booked after it, and refunds ordered in the period and made after \
             it (negative), proved by the treasury's booking; what is not booked yet says so, and what a bank holds beyond its \
             time is not in transit.",
        ));
        document
            .table(lists::transits(audit, &self.transits).without(&["treasury"]).whole_in("in-transit.csv"));
        document.heading(audit.pick("五、逐笔差异", "5. Differences, payment by payment"));
        document.table(
            lists::differences(audit, &self.differences).without(&["treasury"]).whole_in("differences.csv"),
        );
        let elsewhere = classified(audit, treasury);
        document.heading(audit.pick(
            "五之二、科目、级次、国库不一致及更正不平衡（各方金额相符的也在内）",
            "5a. Other subject, level or treasury, and corrections out of balance, though the parties agree",
        ));
        document.table(lists::findings(audit, &elsewhere));
        document.heading(audit.pick("六、更正与调库", "6. Corrections"));
        document.table(lists::corrections(audit, &self.corrections).whole_in("corrections.csv"));
        document.heading(audit.pick("七、库款支拨", "7. Payouts"));
        document.table(lists::payouts(audit, &self.payouts).without(&["treasury"]).whole_in("payouts.csv"));
        document.heading(audit.pick("八、库存", "8. Balances of the treasury"));
        document.table(stocks(audit, &self.stocks));
        if !self.stocks.is_empty() {
            document.paragraph(self.stock_against_rows(audit, treasury));
        }
        self.signing(audit, treasury, &mut document);
        document
    }

    /// The sheet of the workbook that is signed: every sum of the statement; the lists follow on sheets of their own.
    fn cover(&self, audit: &Audit<'_>, treasury: &str) -> Document {
        let mut document = Document::default();
        standing(audit, &mut document);
        document.heading(audit.pick("收入合计", "Revenue in sum"));
        document.table(self.parties(audit));
        self.notes_on_parties(audit, treasury, &mut document);
        silent(audit, &mut document);
        if audit.institution.is_none() {
            document.heading(audit.pick("按经收处（银行）", "By bank"));
            document.table(banks(audit, treasury));
            document
                .heading(audit.pick("国库账面与本表的衔接", "From this statement to the treasury's books"));
            document.table(bridge(audit, treasury));
        }
        document.heading(audit.pick("库款支拨", "Payouts"));
        document.table(self.paid_out(audit));
        if !self.stocks.is_empty() {
            document.heading(audit.pick("库存", "Balances of the treasury"));
            document.table(stocks(audit, &self.stocks));
            document.paragraph(self.stock_against_rows(audit, treasury));
        }
        document.heading(audit.pick("后附清单", "Lists that follow"));
        document.paragraph(match audit.lang {
            Lang::Zh => format!(
                "期末在途 {} 笔，逐笔差异 {} 笔，更正 {} 笔；逐笔见后附各表。",
                self.transits.len(),
                self.differences.len(),
                self.corrections.len()
            ),
            Lang::En => format!(
                "{} payments in transit, {} that differ, {} corrections: each on the sheets that follow.",
                self.transits.len(),
                self.differences.len(),
                self.corrections.len()
            ),
        });
        self.signing(audit, treasury, &mut document);
        document
    }

    fn signing(&self, audit: &Audit<'_>, treasury: &str, document: &mut Document) {
        document.heading(audit.pick("签证", "Signatures"));
        document.paragraph(audit.pick(
            "以上各数经核对；差异与在途以所附清单为准。签证后的纸质对账单可凭档案摘要与档案核对。",
            "The figures above were reconciled; differences and items in transit are as listed. A signed print can be checked \
             against the archive by its digest.",
        ));
        document.signatures(self.signers(audit, treasury));
    }

    /// Payouts in one line: what each party states, and what came back.
    fn paid_out(&self, audit: &Audit<'_>) -> Table {
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
        let sum = self.paid();
        let mut row = vec![sum.count.to_string()];
        let sums =
            [sum.paid.issuer, sum.paid.treasury, sum.paid.bank, sum.returned.treasury, sum.returned.bank];
        row.extend(sums.iter().chain(&lists::differences_of(sum.paid)).map(ToString::to_string));
        table.push(row);
        table
    }

    /// Whether the balances moved by what the treasury's ledgers list.
    fn stock_against_rows(&self, audit: &Audit<'_>, treasury: &str) -> String {
        let moved = |place: usize| -> Money {
            self.stocks.iter().flat_map(|(_, stock)| stock.days.values()).map(|day| day[place]).sum()
        };
        let booked = audit.period.sums.bridges.get(treasury).copied().unwrap_or_default();
        let paid = self.paid();
        let corrected = booked[2].booked;
        let listed =
            booked[0].booked + booked[1].booked + corrected - (paid.paid.treasury - paid.returned.treasury);
        let net = moved(1) - moved(2);
        match audit.lang {
            Lang::Zh => format!(
                "库存净变动 {} 元；国库明细（入库 {}，退库 {}，国库更正 {}，支拨净额 {}）合计 {} 元；库存净变动减明细 {} 元。\
                 余额取自国库自报的库存表，明细取自其入库、退库、更正、支拨流水；差额是流水所无的变动，如国债兑付、未报送流水的日子。",
                grouped(net),
                grouped(booked[0].booked),
                grouped(booked[1].booked),
                grouped(corrected),
                grouped(paid.paid.treasury - paid.returned.treasury),
                grouped(listed),
                grouped(net - listed)
            ),
            Lang::En => format!(
                "The balances moved by {} yuan; the treasury's rows (receipts {}, refunds {}, corrections {}, payouts less returns \
                 {}) come to {} yuan; balances less rows {} yuan. Balances are those of the treasury's own report of its stock, \
                 rows those of its ledgers of receipts, refunds, corrections and payouts; what differs moved without a row, as \
                 redeemed bonds do and days whose ledgers did not come.",
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

    /// What the figures of the parties rest on.
    fn notes_on_parties(&self, audit: &Audit<'_>, treasury: &str, document: &mut Document) {
        let cutoff = audit.facts.settings.remit_cutoff.format("%H:%M");
        let bridges = audit.period.sums.bridges.get(treasury).copied().unwrap_or_default();
        let (elsewhere, foreign) =
            bridges.iter().fold((Money::ZERO, Money::ZERO), |(elsewhere, foreign), of| {
                (elsewhere + of.elsewhere, foreign + of.foreign)
            });
        document.paragraph(match audit.lang {
            Lang::Zh => format!(
                "收款按基准日归期：{cutoff} 之后及休息日收纳的，归入下一工作日。征收方、银行两列按凭证上的国库归集；国库列为本库\
                 自记：他库所记的本库凭证 {} 元不在其中，本库所记的他库凭证 {} 元在其中，逐笔见五。更正各列各方自记之数；银行不参与\
                 更正，银行−征收方为更正前之差。",
                grouped(elsewhere),
                grouped(foreign)
            ),
            Lang::En => format!(
                "Receipts belong to their base day: what was received after {cutoff} or on a day off counts on the next working \
                 day. The columns of issuers and banks are by the treasury that the documents name. The treasury's column is what \
                 it booked itself: without {} yuan that another treasury booked of its documents, and with {} yuan that it booked \
                 of another's, each listed in 5. Corrections are those that each party recorded; banks are no party to them, so \
                 bank less issuers is the difference before corrections.",
                grouped(elsewhere),
                grouped(foreign)
            ),
        });
        let imbalance: Money = self.gross().corrections.issuer;
        let unbalanced: Vec<&str> = self
            .corrections
            .iter()
            .filter(|item| item.new_amount != item.old_amount && item.party != Party::Treasury)
            .map(|item| item.key.as_str())
            .collect();
        if !unbalanced.is_empty() {
            document.paragraph(match audit.lang {
                Lang::Zh => format!(
                    "注意：更正合计 {} 元；其中原、现金额不等的更正：{}，见六。",
                    grouped(imbalance),
                    unbalanced.join("、")
                ),
                Lang::En => format!(
                    "Note: corrections come to {} yuan; among them these put another amount in place than they take away: {}, \
                     see 6.",
                    grouped(imbalance),
                    unbalanced.join(", ")
                ),
            });
        }
    }

    /// Finance, every tax office and collecting unit of the statement, the treasury, and every bank.
    fn signers(&self, audit: &Audit<'_>, treasury: &str) -> Vec<String> {
        let organs: BTreeSet<&str> =
            self.cells.iter().map(|(line, _)| line.org.as_str()).filter(|org| !org.is_empty()).collect();
        let (offices, collectors): (Vec<&str>, Vec<&str>) =
            organs.into_iter().partition(|org| audit.facts.issuer_of(org) == Party::Tax);
        let banks: BTreeSet<&str> = audit
            .period
            .sums
            .collected
            .keys()
            .filter(|(of, bank)| of == treasury && !bank.is_empty())
            .map(|(_, bank)| bank.as_str())
            .filter(|bank| audit.institution.is_none_or(|code| code == *bank))
            .collect();
        let named = |role: &str, code: &str| format!("{role} {}", audit.named(code));
        let mut signers = vec![audit.pick("财政部门", "Finance bureau").to_owned()];
        signers.extend(offices.into_iter().map(|code| named(audit.pick("税务机关", "Tax office"), code)));
        signers.extend(
            collectors.into_iter().map(|code| named(audit.pick("执收单位", "Collecting unit"), code)),
        );
        signers.push(named(audit.pick("国库", "Treasury"), treasury));
        signers.extend(banks.into_iter().map(|code| named(audit.pick("经收处", "Bank"), code)));
        signers
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
                Head::money(
                    "bank_less_issuers",
                    audit.pick("银行−征收方（更正前）", "bank less issuers, before corrections"),
                ),
                Head::money("treasury_less_issuers", audit.pick("国库−征收方", "treasury less issuers")),
            ],
        );
        let mut by_party: BTreeMap<Party, Gross> = BTreeMap::new();
        for (line, gross) in &self.cells {
            by_party.entry(audit.facts.issuer_of(&line.org)).or_default().add(*gross);
        }
        let whole = self.gross();
        for step in lists::RevenueLine::ALL {
            let issued =
                |party: Party| by_party.get(&party).map_or(Money::ZERO, |gross| step.of(gross).issuer);
            let figures = step.of(&whole);
            let (tax, finance) = (issued(Party::Tax), issued(Party::Finance));
            let mut row = vec![step.name(audit).to_owned()];
            let issuers = [tax, finance, figures.issuer - tax - finance, figures.issuer];
            row.extend(issuers.iter().map(ToString::to_string));
            row.extend([step.bank(&whole), figures.treasury.to_string()]);
            row.extend(step.differences(&whole));
            table.push(row);
        }
        table
    }

    /// The statement as sheets: what is signed, then the lists.
    fn sheets(&self, audit: &Audit<'_>, treasury: &str, title: &str) -> Vec<Sheet> {
        let list = |zh, en, table: Table| Sheet::list(audit.pick(zh, en), table);
        vec![
            Sheet::paper(audit.pick("签证", "To sign"), title, self.cover(audit, treasury)),
            list("分科目", "By subject", lists::cells(audit, &self.cells)),
            list("在途", "In transit", lists::transits(audit, &self.transits)),
            list("差异", "Differences", lists::differences(audit, &self.differences)),
            list("分类不一致", "Classified otherwise", lists::findings(audit, &classified(audit, treasury))),
            list("更正", "Corrections", lists::corrections(audit, &self.corrections)),
            list("支拨", "Payouts", lists::payouts(audit, &self.payouts)),
        ]
    }
}

/// What each bank received for a treasury, by the base day of the payment.
fn banks(audit: &Audit<'_>, treasury: &str) -> Table {
    let mut table = Table::new(
        "banks",
        vec![
            Head::text("bank", audit.pick("经收处", "bank")),
            Head::number("count", audit.pick("笔数", "count")),
            Head::money("amount", audit.pick("本期基准日收纳", "received, by base day")),
            Head::money(
                "outside",
                audit.pick("减：期外收纳、归入本期", "less: received outside it, of this period"),
            ),
            Head::money(
                "other",
                audit.pick("加：期内收纳、归入他期", "plus: received in it, of another period"),
            ),
            Head::money("own", audit.pick("银行本期账面收纳", "the bank's books for the period")),
        ],
    )
    .summed();
    for ((_, bank), of) in audit.period.sums.collected.iter().filter(|((of, _), _)| of == treasury) {
        let mut row = vec![audit.named(bank), of.count.to_string()];
        row.extend([of.amount, -of.outside, of.other, of.own].iter().map(ToString::to_string));
        table.push(row);
    }
    table
}

/// Findings of the period that a party classifies a payment of the treasury otherwise, or corrects it otherwise.
fn classified<'a>(audit: &Audit<'a>, treasury: &str) -> Vec<&'a Told> {
    const RULES: [&str; 10] = [
        "correction-unbalanced",
        "subject-mismatch",
        "level-mismatch",
        "treasury-mismatch",
        "share-split-mismatch",
        "wrong-treasury",
        "wrong-budget-level",
        "mixed-tax-type",
        "subject-invalid",
        "year-end-settlement",
    ];
    let is_of = |told: &&&Told| {
        RULES.contains(&told.rule)
            && told.treasury == treasury
            && told.event_on.unwrap_or(told.first_seen) >= audit.period.span.first()
            && told.event_on.unwrap_or(told.first_seen) <= audit.period.span.last()
    };
    audit.findings().iter().filter(is_of).copied().collect()
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
                audit.flow(of),
                silent.join(audit.pick("、", ", ")),
                audit.pick(
                    "本期没有账册行：其数字为无数据，不作为相符，也不作为差异。",
                    "stated nothing in the period: their figures are no data, neither agreement nor difference."
                )
            ));
        }
    }
    if !audit.period.sums.hears_corrections() {
        document.paragraph(audit.pick(
            "国库本期没有更正账册行：国库列的更正为无数据，按征收方更正列示。",
            "The treasury delivered no corrections of the period: in its column they are no data, and stand as the issuers ordered \
             them.",
        ));
    }
}

/// From the issuers' documents to the treasury's column, and on to what its books have for the period.
fn bridge(audit: &Audit<'_>, treasury: &str) -> Table {
    let bridges = audit.period.sums.bridges.get(treasury).copied().unwrap_or_default();
    let mut table = Table::new(
        "bridge",
        vec![
            Head::text("what", ""),
            Head::money("receipts", audit.pick("收入", "receipts")),
            Head::money("refunds", audit.pick("退库", "refunds")),
            Head::money("corrections", audit.pick("更正", "corrections")),
        ],
    );
    let steps: [Step<'_, Bridge, Money>; 12] = [
        (
            audit.pick("征收方本期凭证（一之征收方）", "issuers' documents of the period (issuers in 1)"),
            |of| of.documents,
        ),
        (
            audit.pick(
                "加：各库入账与凭证之差（逐笔见五）",
                "plus: booked by any treasury, less the documents (each listed in 5)",
            ),
            |of| of.followed - of.documents,
        ),
        (
            audit.pick(
                "减：他库所记的本库凭证（逐笔见五）",
                "less: its documents that another treasury booked (each listed in 5)",
            ),
            |of| -of.elsewhere,
        ),
        (
            audit.pick(
                "加：本库所记的他库凭证（逐笔见五）",
                "plus: another's documents that it booked (each listed in 5)",
            ),
            |of| of.foreign,
        ),
        (
            audit.pick("加：无凭证的入账（逐笔见五）", "plus: booked without a document (each listed in 5)"),
            |of| of.unslipped,
        ),
        (
            audit.pick("国库本期（一之国库）", "the treasury's figure of the period (treasury in 1)"),
            |of| of.stated,
        ),
        (
            audit.pick(
                "减：期后入账（期末在途，逐笔见四）",
                "less: booked after the period, in transit at its end (each listed in 4)",
            ),
            |of| -of.later,
        ),
        (audit.pick("减：期前已入账", "less: booked before the period"), |of| -of.earlier),
        (
            audit.pick("加：上期在途、本期入账", "plus: of earlier periods, booked in this one"),
            |of| of.started,
        ),
        (
            audit.pick("加：截止后收纳、归入下期", "plus: received after the cut-off, of the next period"),
            |of| of.beyond,
        ),
        (audit.pick("加：日期没有工作日历的入账", "plus: of days without a calendar"), |of| {
            of.undated
        }),
        (audit.pick("国库本期账面", "the treasury's books for the period"), |of| of.booked),
    ];
    for (name, of) in steps {
        let mut row = vec![name.to_owned()];
        row.extend(bridges.map(|bridge| of(bridge).to_string()));
        table.push(row);
    }
    // A treasury that never delivers its corrections does not say that it made none.
    if audit.period.sums.hears_corrections() { table } else { table.without(&["corrections"]) }
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
