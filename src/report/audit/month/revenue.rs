//! The sums of revenue in a statement: by party, by bank, and on to the treasury's books.

use std::collections::BTreeMap;

use crate::domain::lang::Lang;
use crate::domain::ledger::Party;
use crate::domain::money::Money;
use crate::period::{Bridge, Collected, Gross, Issued};
use crate::report::audit::{Audit, lists};
use crate::report::document::{Document, Head, Table};
use crate::report::page::grouped;

use super::part::Part;

/// A line's name, and what stands in it.
type Step<'s> = (&'s str, fn(Bridge) -> Money);
/// What the figures of the parties rest on.
pub(super) fn notes_on_parties(audit: &Audit<'_>, part: &Part<'_>, document: &mut Document) {
    let cutoff = audit.facts.settings.remit_cutoff.format("%H:%M");
    document.paragraph(match audit.lang {
        Lang::Zh => format!(
            "收款按基准日归期：{cutoff} 之后及休息日收纳的，归入下一工作日。开票方为出具凭证的税务机关、财政部门、执收单位。开票方、\
             银行两列按凭证上的国库、级次、科目归集，银行的退库为银行自记之数，随退库凭证归期（贷记可在次期，见二之二）；国库列为本库自记，按其入账的级次、科目归集\
             （分成的各级归入凭证的级次）：他库所记的本库凭证不在其中，本库所记的他库凭证在其中，逐笔见五。每日核对表按凭证的国库、\
             科目归集各方之数，故与本表国库列可以不同。更正各列各方自记之数：只更正国库入账、凭证本来无误的，不动开票方之数；\
             银行不参与更正，银行−开票方为更正前之差。"
        ),
        Lang::En => format!(
            "Receipts belong to their base day: what was received after {cutoff} or on a day off counts on the next working day. \
             Issuers are the tax offices, the finance bureau and the collecting units that issue the documents. The columns of \
             issuers and banks are by the treasury, level and subject that the documents name, refunds of banks what banks \
             recorded themselves, in the period of the order (2a leads to what they credited in the month). The treasury's column is what it booked itself, under the levels and subjects of its \
             bookings (shares of one slip under the level of the slip): without what another treasury booked of its documents, \
             and with what it booked of another's, each listed in 5. The daily tie-out puts every party's figure under \
             treasury and subject of the document, so it may differ from this column. Corrections are those that each party \
             recorded: one that corrects the treasury's booking of a document that was right moves nothing of the issuer's; \
             banks are no party to them, so bank less issuers is the difference before corrections."
        ),
    });
    let imbalance: Money = part.gross().own.moved;
    let unbalanced: Vec<&str> = part
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
/// Each party's figures in one table: tax and finance are the issuers of their own documents.
pub(super) fn parties(audit: &Audit<'_>, part: &Part<'_>) -> Table {
    let mut table = Table::new(
        "parties",
        vec![
            Head::text("what", ""),
            Head::money("tax", audit.pick("税务", "tax")),
            Head::money("finance", audit.pick("财政（非税）", "finance (non-tax)")),
            Head::money("other", audit.pick("其他机关", "other organs")),
            Head::money("issuers", audit.pick("开票方合计", "issuers in sum")),
            Head::money("bank", audit.pick("银行", "bank")),
            Head::money("treasury", audit.pick("国库", "treasury")),
        ],
    );
    table.columns.extend(lists::revenue_difference_heads(audit));
    let mut by_party: BTreeMap<Party, Gross> = BTreeMap::new();
    for (line, gross) in &part.cells {
        by_party.entry(audit.facts.issuer_of(&line.org)).or_default().add(*gross);
    }
    let whole = part.gross();
    for step in lists::RevenueLine::ALL {
        let issued = |party: Party| by_party.get(&party).map_or(Money::ZERO, |gross| step.of(gross).issuer);
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

/// What each bank received for a treasury, by the base day of the payment, and what it credited of refunds.
pub(super) fn banks(audit: &Audit<'_>, treasury: &str, document: &mut Document) {
    let sums = &audit.period.sums;
    let received = [
        audit.pick("本期基准日收纳", "received, by base day"),
        audit.pick("减：期外收纳、归入本期", "less: received outside it, of this period"),
        audit.pick("加：期内收纳、归入他期", "plus: received in it, of another period"),
        audit.pick("银行本期账面收纳", "the bank's books for the period"),
    ];
    document.table(banks_books(audit, treasury, "banks", received, &sums.collected));
    if sums.credited.keys().any(|(of, _)| of == treasury) {
        let credited = [
            audit.pick("本期凭证的退库（一之银行）", "refunds ordered in the period (banks in 1)"),
            audit.pick("减：期外贷记、归入本期", "less: credited outside it, of this period"),
            audit.pick("加：期内贷记、归入他期", "plus: credited in it, of another period"),
            audit.pick("银行本期账面退库", "refunds in the bank's books for the period"),
        ];
        document.table(banks_books(audit, treasury, "refunds", credited, &sums.credited));
    }
}

fn banks_books(
    audit: &Audit<'_>,
    treasury: &str,
    id: &'static str,
    [amount, outside, other, own]: [&str; 4],
    books: &BTreeMap<(String, String), Collected>,
) -> Table {
    let mut table = Table::new(
        id,
        vec![
            Head::text("bank", audit.pick("经收处", "bank")),
            Head::number("count", audit.pick("笔数", "count")),
            Head::money("amount", amount),
            Head::money("outside", outside),
            Head::money("other", other),
            Head::money("own", own),
        ],
    )
    .summed();
    for ((_, bank), of) in books.iter().filter(|((of, _), _)| of == treasury) {
        let mut row = vec![audit.named(bank), of.count.to_string()];
        row.extend([of.amount, -of.outside, of.other, of.own].iter().map(ToString::to_string));
        table.push(row);
    }
    table
}

/// What each organ issued for a treasury, from its own documents of the period to those that count in it.
pub(super) fn issued(audit: &Audit<'_>, treasury: &str) -> Table {
    let mut table = Table::new(
        "issued",
        vec![
            Head::text("org", audit.pick("开票方", "issuer")),
            Head::money("own", audit.pick("本期开具", "issued in the period")),
            Head::money("unpaid", audit.pick("减：无人缴付", "less: nobody paid")),
            Head::money("other", audit.pick("减：归入他期或无日历", "less: of another period, or of none")),
            Head::money(
                "outside",
                audit.pick("加：他期开具、归入本期", "plus: issued in another, of this one"),
            ),
            Head::money(
                "amount",
                audit.pick("本期收入（一之开票方）", "receipts of the period (issuers in 1)"),
            ),
        ],
    )
    .summed();
    for ((_, org), of) in audit.period.sums.issued.iter().filter(|((of, _), _)| of == treasury) {
        let Issued { amount, outside, unpaid, other, own } = *of;
        let mut row = vec![audit.named(org)];
        row.extend([own, -unpaid, -other, outside, amount].iter().map(ToString::to_string));
        table.push(row);
    }
    table
}

/// From the issuers' documents to the treasury's column, and on to what its books have for the period.
pub(super) fn bridge(audit: &Audit<'_>, treasury: &str) -> Table {
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
    let steps: [Step<'_>; 14] = [
        (
            audit.pick("开票方本期凭证（一之开票方）", "issuers' documents of the period (issuers in 1)"),
            |of| of.documents,
        ),
        (
            audit.pick(
                "减：尚未入账、期限之内（期末在途，逐笔见四，无凭证的除外）",
                "less: not booked yet, within its time: in transit at the end (each listed in 4, but for those without a document)",
            ),
            |of| -of.awaited,
        ),
        (
            audit.pick(
                "减：逾期未入账（逐笔见四之二，无凭证的除外）",
                "less: not booked and overdue (each listed in 4a, but for those without a document)",
            ),
            |of| -of.overdue,
        ),
        (
            audit.pick(
                "加：各库入账与凭证的其他差额，他库重复入账在内（逐笔见各库之五）",
                "plus: booked by any treasury, less the documents, otherwise, twice elsewhere included (each listed in 5 of the treasury that booked it)",
            ),
            |of| of.followed - of.documents + of.awaited + of.overdue,
        ),
        (
            audit.pick(
                "减：他库所记的本库凭证（逐笔见该库之五）",
                "less: its documents that another treasury booked (each listed in 5 of that treasury)",
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
        (
            audit
                .pick("减：期前已入账（逐笔见四之三）", "less: booked before the period (each listed in 4b)"),
            |of| -of.earlier,
        ),
        (
            audit.pick(
                "加：上期款项、本期入账（逐笔见四之三）",
                "plus: of earlier periods, booked in this one (each listed in 4b)",
            ),
            |of| of.started,
        ),
        (
            audit.pick(
                "加：截止后收纳、归入下期（逐笔见四之三）",
                "plus: received after the cut-off, of the next period (each listed in 4b)",
            ),
            |of| of.beyond,
        ),
        (
            audit.pick(
                "加：日期没有工作日历的入账（逐笔见四之三）",
                "plus: of days without a calendar (each listed in 4b)",
            ),
            |of| of.undated,
        ),
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
