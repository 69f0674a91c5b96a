//! The statement that the four parties sign: a page, and a workbook with what is signed on its first sheet.

use std::collections::BTreeSet;

use crate::domain::lang::Lang;
use crate::domain::ledger::Party;
use crate::period::{CellLine, Crossing, Difference, Gross, Transit};
use crate::report::audit::{Audit, lists};
use crate::report::document::{Document, Table};
use crate::report::render::workbook::Sheet;
use crate::rules::finding::Told;

use super::part::{Moved, Part};
use super::{balances, revenue, silent, standing};

/// The statement that the four parties sign.
pub(super) fn page(audit: &Audit<'_>, treasury: &str, part: &Part<'_>) -> Document {
    let mut document = Document::default();
    standing(audit, Some(treasury), &mut document);
    document.heading(audit.pick("一、收入合计", "1. Revenue in sum"));
    document.table(revenue::parties(audit, part));
    revenue::notes_on_parties(audit, part, &mut document);
    silent(audit, &mut document);
    document.heading(audit.pick("二、按征收机关、级次、科目", "2. By organ, level and subject"));
    cells(audit, part, &mut document);
    if audit.institution.is_none() {
        document.heading(audit.pick("二之二、按经收处（银行）", "2a. By bank"));
        revenue::banks(audit, treasury, &mut document);
        document.heading(audit.pick(
            "二之三、按开票方：由本期开具到本期收入",
            "2b. By issuer: from what was issued to what counts",
        ));
        document.table(revenue::issued(audit, treasury));
        document.heading(audit.pick(
            "三、开票方凭证、本表国库数与国库账面的衔接",
            "3. From the documents to the treasury's books",
        ));
        document.table(revenue::bridge(audit, treasury));
    }
    document.heading(audit.pick("四、期末在途", "4. In transit at the end of the period"));
    document.paragraph(audit.pick(
        "经收处期内已收纳、国库期后入账的款项，以及期内开具、国库期后办理的退库（负数），以国库记录为证；尚未入账而在期限之内的\
         注明。支拨的在途见七。",
        "What banks received in the period and the treasury booked after it, and refunds ordered in the period and made after \
         it (negative), proved by the treasury's booking; what is not booked yet and within its time says so. Payouts in \
         transit are in 7.",
    ));
    document.table(transits(audit, &part.transits_of(Moved::In, Crossing::is_in_transit)));
    document
        .heading(audit.pick("四之二、逾期未入账（不是在途）", "4a. Not booked and overdue: not in transit"));
    document.table(transits(audit, &part.transits_of(Moved::In, Crossing::is_overdue)));
    document.heading(audit.pick("四之三、与他期的衔接", "4b. Booked in another period than they count"));
    document.paragraph(audit.pick(
        "上期款项本期入账的（期初在途）、期前已入账的、截止后收纳归入下期的，以及日期没有工作日历的。",
        "Of an earlier period and booked in this one (in transit at its beginning), booked before the period, received after \
         the cut-off and of the next period, and of days without a calendar.",
    ));
    document.table(transits(audit, &part.transits_of(Moved::In, is_of_another)));
    document
        .heading(audit.pick("五、收入、退库、更正逐笔差异", "5. Differences of revenue, payment by payment"));
    document.paragraph(audit.pick(
        "各笔之差合计即一之净额差；国库记在他处（他库、其他级次或科目）的，两处各列一行；期内已更正的并入该笔。银行、国库金额为\
         开票方金额加其差，连同各笔证据见全表及工作簿。",
        "Together they are the differences of the net in 1; what the treasury booked elsewhere (another treasury, level or subject) \
         stands in a line at each of the two, with what was corrected of it in the period. The amount of bank or treasury is \
         the issuer's plus its difference; the whole list and the workbook have it, and the evidence of each.",
    ));
    document.table(differences(audit, &part.differences_of(Moved::In)));
    let elsewhere = classified(audit, treasury);
    document.heading(audit.pick(
        "五之二、科目、级次、国库、分成或所属年度（年终整理期）不一致，及更正不平衡（各方金额相符的也在内）",
        "5a. Other subject, level, treasury, shares or year (year-end settlement period), and corrections out of balance, though \
         the parties agree",
    ));
    let found = lists::findings(audit, &elsewhere).without(&["due_on", "days_late", "evidence"]);
    document.table(found.without_blank(&["difference"]));
    document.heading(audit.pick("六、更正与调库", "6. Corrections"));
    document
        .table(lists::corrections(audit, &part.corrections).without(&["reason"]).whole_in("corrections.csv"));
    document.heading(audit.pick("七、库款支拨", "7. Payouts"));
    document.paragraph(audit.pick(
        "支拨按先付一方付款之日归期：直接支付为国库拨出之日，授权支付为代理银行付款之日；该方没有记录的，依次按另一方、凭证之日。         退回随原支拨归期。",
        "A payout is of the day on which the first who pays paid it: the treasury, or the agent bank of an authorised payment;          where that party has no record the other's day, else the voucher's. What came back is of the payout's period.",
    ));
    document.table(
        lists::payouts(audit, &part.payouts)
            .without(&["treasury", "treasury_returned", "bank_returned"])
            .whole_in("payouts.csv"),
    );
    let differing = part.differences_of(Moved::Out);
    if !differing.is_empty() {
        document.paragraph(audit.pick("逐笔差异", "Differences, payment by payment"));
        document.table(differences(audit, &differing));
    }
    document.paragraph(audit.pick(
        "期末在途支拨：期内先付一方（国库；授权支付为代理银行）已付，另一方期后记录，或在期限之内尚未记录且未退回。",
        "Payouts in transit at the end: the first who pays (the treasury, or the agent bank of an authorised payment) paid in the \
         period, and the other recorded it after it, or has not yet within its time and nothing came back.",
    ));
    document.table(transits(audit, &part.transits_of(Moved::Out, Crossing::is_in_transit)));
    let overdue = part.transits_of(Moved::Out, Crossing::is_overdue);
    if !overdue.is_empty() {
        document.paragraph(
            audit.pick("另一方逾期未记录（不是在途）", "Overdue in the other's record: not in transit"),
        );
        document.table(transits(audit, &overdue));
    }
    document.heading(audit.pick("八、库存", "8. Balances of the treasury"));
    document.table(balances::stocks(audit, &part.stocks));
    if !part.stocks.is_empty() {
        document.paragraph(balances::stock_against_rows(audit, treasury, part));
    }
    signing(audit, treasury, part, &mut document);
    document
}

/// Revenue by line: what each party states in sum, then what it is made of.
fn cells(audit: &Audit<'_>, part: &Part<'_>, document: &mut Document) {
    let table = |lines: &[(CellLine, Gross)], without: &[&str]| {
        let mut table = lists::cells(audit, lines).without(&["treasury"]).without(without);
        // A line without a document says so where its organ would stand.
        for row in &mut table.rows {
            if row[0].is_empty() {
                lists::undocumented(audit).clone_into(&mut row[0]);
            }
        }
        table.whole_in("cells.csv")
    };
    document.paragraph(audit.pick(
        "净额（国库自记净额：分成的各级各归其级次）",
        "Net figures (as the treasury classifies: shares of a slip under the level of each)",
    ));
    document.table(table(&part.cells, &lists::COMPONENTS));
    // Where the treasury alone classifies anything there is nothing that it is made of.
    let made: Vec<(CellLine, Gross)> =
        part.cells.iter().filter(|(_, gross)| *gross != Gross::default()).cloned().collect();
    document.paragraph(
        audit.pick("其中收入、退库、更正", "What they are made of: receipts, refunds and corrections"),
    );
    document.table(table(&made, &lists::NETS));
}

fn transits(audit: &Audit<'_>, items: &[&Transit]) -> Table {
    let table = lists::transits(audit, items).without(&["treasury"]);
    table.without_blank(&["booked_on", "proof"]).whole_in("in-transit.csv")
}

fn differences(audit: &Audit<'_>, items: &[&Difference]) -> Table {
    let table = lists::differences(audit, items);
    table.without(&["treasury", "bank_amount", "treasury_amount", "evidence"]).whole_in("differences.csv")
}

/// Whether it is recorded, in another period than it counts, and not in transit at the end of this one.
fn is_of_another(crossing: Crossing) -> bool {
    !crossing.is_in_transit() && !crossing.is_overdue()
}

/// The sheet of the workbook that is signed: every sum of the statement; the lists follow on sheets of their own.
fn cover(audit: &Audit<'_>, treasury: &str, part: &Part<'_>) -> Document {
    let mut document = Document::default();
    standing(audit, Some(treasury), &mut document);
    document.heading(audit.pick("收入合计", "Revenue in sum"));
    document.table(revenue::parties(audit, part));
    revenue::notes_on_parties(audit, part, &mut document);
    silent(audit, &mut document);
    if audit.institution.is_none() {
        document.heading(audit.pick("按经收处（银行）", "By bank"));
        revenue::banks(audit, treasury, &mut document);
        document.heading(audit.pick("按开票方", "By issuer"));
        document.table(revenue::issued(audit, treasury));
        document.heading(
            audit
                .pick("开票方凭证、本表国库数与国库账面的衔接", "From the documents to the treasury's books"),
        );
        document.table(revenue::bridge(audit, treasury));
    }
    document.heading(audit.pick("库款支拨", "Payouts"));
    document.table(balances::paid_out(audit, part));
    if !part.stocks.is_empty() {
        document.heading(audit.pick("库存", "Balances of the treasury"));
        document.table(balances::stocks(audit, &part.stocks));
        document.paragraph(balances::stock_against_rows(audit, treasury, part));
    }
    document.heading(audit.pick("后附清单", "Lists that follow"));
    let count = |is_of: fn(Crossing) -> bool| {
        [Moved::In, Moved::Out].map(|of| part.transits_of(of, is_of).len()).iter().sum::<usize>()
    };
    let (in_transit, overdue) = (count(Crossing::is_in_transit), count(Crossing::is_overdue));
    document.paragraph(match audit.lang {
        Lang::Zh => format!(
            "期末在途 {in_transit} 笔，逾期未记录 {overdue} 笔，差异 {} 笔，更正 {} 笔；逐笔见后附各表。",
            part.differing(),
            part.corrections.len()
        ),
        Lang::En => format!(
            "{in_transit} payments in transit, {overdue} overdue, {} that differ, {} corrections: each on the sheets that \
             follow.",
            part.differing(),
            part.corrections.len()
        ),
    });
    signing(audit, treasury, part, &mut document);
    document
}

fn signing(audit: &Audit<'_>, treasury: &str, part: &Part<'_>, document: &mut Document) {
    document.heading(audit.pick("签证", "Signatures"));
    document.paragraph(audit.pick(
        "以上各数经核对；差异与在途以所附清单为准。签证后的纸质对账单可凭档案摘要与档案核对。",
        "The figures above were reconciled; differences and items in transit are as listed. A signed print can be checked \
         against the archive by its digest.",
    ));
    document.signatures(signers(audit, treasury, part));
}

fn signers(audit: &Audit<'_>, treasury: &str, part: &Part<'_>) -> Vec<String> {
    // Nobody signs for lines without a figure.
    let stated = part.cells.iter().filter(|(_, gross)| *gross != Gross::default());
    let organs: BTreeSet<&str> =
        stated.map(|(line, _)| line.org.as_str()).filter(|org| !org.is_empty()).collect();
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
    signers.extend(collectors.into_iter().map(|code| named(audit.pick("执收单位", "Collecting unit"), code)));
    signers.push(named(audit.pick("国库", "Treasury"), treasury));
    signers.extend(banks.into_iter().map(|code| named(audit.pick("经收处", "Bank"), code)));
    signers
}

/// The statement as sheets: what is signed, then the lists.
pub(super) fn sheets(audit: &Audit<'_>, treasury: &str, part: &Part<'_>, title: &str) -> Vec<Sheet> {
    let list = |zh, en, table: Table| Sheet::list(audit.pick(zh, en), table);
    let crossing = |of: Moved, is_of| lists::transits(audit, &part.transits_of(of, is_of));
    vec![
        Sheet::paper(audit.pick("签证", "To sign"), title, cover(audit, treasury, part)),
        list("分科目", "By subject", lists::cells(audit, &part.cells)),
        list("在途", "In transit", crossing(Moved::In, Crossing::is_in_transit)),
        list("逾期未入账", "Overdue", crossing(Moved::In, Crossing::is_overdue)),
        list("与他期衔接", "Of other periods", crossing(Moved::In, is_of_another)),
        list("差异", "Differences", lists::differences(audit, &part.differences)),
        list("分类不一致", "Classified otherwise", lists::findings(audit, &classified(audit, treasury))),
        list("更正", "Corrections", lists::corrections(audit, &part.corrections)),
        list("支拨", "Payouts", lists::payouts(audit, &part.payouts)),
        list("在途支拨", "Payouts in transit", crossing(Moved::Out, Crossing::is_in_transit)),
        list("逾期支拨", "Payouts overdue", crossing(Moved::Out, Crossing::is_overdue)),
    ]
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
