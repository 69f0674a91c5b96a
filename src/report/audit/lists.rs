//! The lists that statements and dossiers share.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::lang::Lang;
use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;
use crate::matching::group::Role;
use crate::matching::tie_out::{Component, Figures};
use crate::period::{CellLine, Crossing, Difference, Gross, PayoutLine, PayoutSum, Transit};
use crate::report::daily::optional;
use crate::report::document::{Head, Table};
use crate::report::page::grouped;
use crate::rules::corrections::correction_no_original;
use crate::rules::finding::{Kind, Status, Told};

use super::Audit;

/// Bank less issuer, and treasury less issuer.
pub(super) fn differences_of(figures: Figures) -> [Money; 2] {
    [figures.bank - figures.issuer, figures.treasury - figures.issuer]
}

/// From receipts to the net: the lines in which revenue is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RevenueLine {
    Receipts,
    Refunds,
    Corrections,
    Net,
}

impl RevenueLine {
    pub(super) const ALL: [Self; 4] = [Self::Receipts, Self::Refunds, Self::Corrections, Self::Net];

    pub(super) fn name<'a>(self, audit: &Audit<'a>) -> &'a str {
        match self {
            Self::Receipts => audit.pick("收入", "receipts"),
            Self::Refunds => audit.pick("退库", "refunds"),
            Self::Corrections => audit.pick("更正", "corrections"),
            Self::Net => audit.pick("净额", "net"),
        }
    }

    /// What each party states.
    pub(super) fn of(self, gross: &Gross) -> Figures {
        match self {
            Self::Receipts => gross.stated_of(Component::Receipts),
            Self::Refunds => gross.stated_of(Component::Refunds),
            Self::Corrections => gross.stated_of(Component::Corrections),
            Self::Net => gross.stated(),
        }
    }

    /// The bank's figure, where it has one: banks are no party to corrections.
    pub(super) fn bank(self, gross: &Gross) -> String {
        if self == Self::Corrections { String::new() } else { self.of(gross).bank.to_string() }
    }

    /// Bank less issuer, where a bank is a party, and treasury less issuer.
    pub(super) fn differences(self, gross: &Gross) -> [String; 2] {
        let differences =
            if self == Self::Net { gross.differences() } else { differences_of(self.of(gross)) };
        let [bank, treasury] = differences.map(|sum| sum.to_string());
        [if self == Self::Corrections { String::new() } else { bank }, treasury]
    }
}

/// The heads of these two.
pub(super) fn difference_heads(audit: &Audit<'_>) -> [Head; 2] {
    [
        Head::money("bank_less_issuer", audit.pick("银行−开票方", "bank less issuer")),
        Head::money("treasury_less_issuer", audit.pick("国库−开票方", "treasury less issuer")),
    ]
}

/// The heads of these two where corrections are among the figures.
pub(super) fn revenue_difference_heads(audit: &Audit<'_>) -> [Head; 2] {
    [
        Head::money(
            "bank_less_issuer",
            audit.pick("银行−开票方（更正前）", "bank less issuer, before corrections"),
        ),
        Head::money("treasury_less_issuer", audit.pick("国库−开票方", "treasury less issuer")),
    ]
}

/// What stands in the place of an organ where no issuer has a document.
pub(super) fn undocumented<'a>(audit: &Audit<'a>) -> &'a str {
    audit.pick("无开票方凭证", "no issuer's document")
}

pub(super) fn level<'a>(audit: &Audit<'a>, code: &'a str) -> &'a str {
    match code {
        "0" => audit.pick("0 共享", "0 shared"),
        "1" => audit.pick("1 中央", "1 central"),
        "2" => audit.pick("2 省", "2 province"),
        "3" => audit.pick("3 市", "3 city"),
        "4" => audit.pick("4 县", "4 county"),
        "5" => audit.pick("5 乡镇", "5 township"),
        other => other,
    }
}

/// Every line of revenue: those of documents, of payments without one, and those that the treasury alone books to.
pub(super) fn lines(audit: &Audit<'_>) -> Vec<(CellLine, Gross)> {
    let sums = &audit.period.sums;
    let mut lines = sums.cells.clone();
    for (line, gross) in &sums.unslipped {
        lines.entry(line.clone()).or_default().add(*gross);
    }
    for line in sums.posted.keys() {
        lines.entry(line.clone()).or_default();
    }
    lines.into_iter().collect()
}

/// Columns of [`cells`] that say what a party's net figure is made of; a page has no room for them beside it.
pub(super) const COMPONENTS: [&str; 8] = [
    "org_name",
    "issuer_gross",
    "issuer_refunds",
    "corrections",
    "bank_gross",
    "treasury_gross",
    "treasury_refunds",
    "treasury_corrections",
];

/// Columns of [`cells`] that a page leaves out where it shows those.
pub(super) const NETS: [&str; 8] = [
    "org_name",
    "subject_name",
    "issuer_net",
    "bank_net",
    "treasury_net",
    "treasury_own",
    "bank_less_issuer",
    "treasury_less_issuer",
];

/// Revenue by treasury, organ, level, subject and adjust flag: gross and net side by side, and what the treasury itself
/// books under the line.
pub(super) fn cells(audit: &Audit<'_>, lines: &[(CellLine, Gross)]) -> Table {
    let mut table = Table::new(
        "cells",
        vec![
            Head::text("treasury", audit.pick("国库", "treasury")),
            Head::text("org", audit.pick("征收机关", "organ")),
            Head::text("org_name", audit.pick("机关名称", "name")),
            Head::text("level", audit.pick("级次", "level")),
            Head::text("subject", audit.pick("科目", "subject")),
            Head::text("subject_name", audit.pick("科目名称", "name")),
            Head::text("adjust_flag", audit.pick("调整期", "adjust flag")),
            Head::money("issuer_gross", audit.pick("开票方收入", "issuer, receipts")),
            Head::money("issuer_refunds", audit.pick("开票方退库", "issuer, refunds")),
            Head::money("corrections", audit.pick("开票方更正", "issuer, corrections")),
            Head::money("issuer_net", audit.pick("开票方净额", "issuer, net")),
            Head::money("bank_gross", audit.pick("银行收入", "bank, receipts")),
            Head::money("bank_net", audit.pick("银行净额", "bank, net")),
            Head::money("treasury_gross", audit.pick("国库收入", "treasury, receipts")),
            Head::money("treasury_refunds", audit.pick("国库退库", "treasury, refunds")),
            Head::money("treasury_corrections", audit.pick("国库更正", "treasury, corrections")),
            Head::money("treasury_net", audit.pick("国库净额", "treasury, net")),
            Head::money("treasury_own", audit.pick("国库自记净额", "treasury, as it classifies")),
        ],
    )
    .summed();
    table.columns.extend(revenue_difference_heads(audit));
    for (line, gross) in lines {
        let net = gross.stated();
        let mut row = vec![
            line.treasury.clone(),
            line.org.clone(),
            match line.org.as_str() {
                "" => undocumented(audit).to_owned(),
                org => audit.names.get(org).to_owned(),
            },
            level(audit, &line.level).to_owned(),
            line.subject.clone(),
            audit.subject(&line.subject).to_owned(),
            line.adjust_flag.clone(),
        ];
        let sums = [
            gross.receipts.issuer,
            gross.refunds.issuer,
            gross.own.moved,
            net.issuer,
            gross.receipts.bank,
            net.bank,
            gross.own.receipts,
            gross.own.refunds,
            gross.own.corrections,
            net.treasury,
            audit.period.sums.posted.get(line).copied().unwrap_or_default(),
        ];
        row.extend(sums.iter().chain(&gross.differences()).map(ToString::to_string));
        table.push(row);
    }
    table
}

/// Payouts by treasury, unit, subject and mode.
pub(super) fn payouts(audit: &Audit<'_>, lines: &[(&PayoutLine, &PayoutSum)]) -> Table {
    let mut table = Table::new(
        "payouts",
        vec![
            Head::text("treasury", audit.pick("国库", "treasury")),
            Head::text("unit", audit.pick("预算单位", "unit")),
            Head::text("subject", audit.pick("功能科目", "subject")),
            Head::text("pay_mode", audit.pick("支付方式", "mode")),
            Head::number("count", audit.pick("笔数", "count")),
            Head::money("finance", audit.pick("财政凭证", "finance, vouchers")),
            Head::money("treasury_amount", audit.pick("国库支拨", "treasury, paid")),
            Head::money("bank", audit.pick("银行支付", "bank, paid")),
            Head::money("treasury_returned", audit.pick("国库退回", "treasury, returned")),
            Head::money("treasury_net", audit.pick("国库净额", "treasury, net")),
            Head::money("bank_returned", audit.pick("银行退回", "bank, returned")),
            Head::money("bank_net", audit.pick("银行净额", "bank, net")),
        ],
    )
    .summed();
    table.columns.extend(difference_heads(audit));
    for (line, sum) in lines {
        let mut row =
            vec![line.treasury.clone(), line.unit.clone(), line.subject.clone(), line.pay_mode.clone()];
        row.push(sum.count.to_string());
        let sums = [
            sum.paid.issuer,
            sum.paid.treasury,
            sum.paid.bank,
            sum.returned.treasury,
            sum.paid.treasury - sum.returned.treasury,
            sum.returned.bank,
            sum.paid.bank - sum.returned.bank,
        ];
        row.extend(sums.iter().chain(&differences_of(sum.paid)).map(ToString::to_string));
        table.push(row);
    }
    table
}

/// Payments that do not tie, and what the findings say of each.
pub(super) fn differences(audit: &Audit<'_>, items: &[&Difference]) -> Table {
    let mut said: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in audit.told {
        said.entry(&told.key).or_default().push(told);
    }
    // A correction is named by the findings that it settled, and a payment in doubt by what could be joined with it.
    let rows: BTreeSet<&str> =
        items.iter().flat_map(|item| item.evidence.iter().map(String::as_str)).collect();
    let mut shown_by: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in audit.told {
        for row in told.evidence.iter().filter(|row| rows.contains(row.as_str())) {
            shown_by.entry(row).or_default().push(told);
        }
    }
    let [bank_less_issuer, treasury_less_issuer] = difference_heads(audit);
    let mut table = Table::new(
        "differences",
        vec![
            Head::day("date", audit.pick("日期", "date")),
            Head::text("flow", audit.pick("资金流", "flow")),
            Head::text("treasury", audit.pick("国库", "treasury")),
            Head::text("org", audit.pick("机关/单位", "organ or unit")),
            Head::text("line", audit.pick("级次/科目", "level and subject")),
            Head::text("bank", audit.pick("银行", "bank")),
            Head::text("key", audit.pick("凭证号", "number")),
            Head::money("issuer", audit.pick("开票方（征收/出票）", "issuer")),
            Head::money("bank_amount", audit.pick("银行金额", "bank, amount")),
            Head::money("treasury_amount", audit.pick("国库金额", "treasury, amount")),
            bank_less_issuer,
            treasury_less_issuer,
            Head::text("explanation", audit.pick("说明", "explanation")),
            Head::text("state", audit.pick("现状", "state")),
            Head::list("evidence", audit.pick("证据", "evidence")),
        ],
    )
    .summed();
    for item in items {
        let figures = item.figures();
        let mut about = said.get(item.key.as_str()).cloned().unwrap_or_default();
        let is_unsaid = about.is_empty();
        for told in item.evidence.iter().filter_map(|row| shown_by.get(row.as_str())).flatten() {
            let speaks = told.rule == "ambiguous-match" || (is_unsaid && item.flow == Flow::Correction);
            if speaks && !about.iter().any(|of| std::ptr::eq(*of, *told)) {
                about.push(told);
            }
        }
        let mut row = vec![item.date.to_string(), audit.flow(item.flow).to_owned()];
        row.push(item.treasury.clone());
        row.push(if item.org.is_empty() { undocumented(audit).to_owned() } else { item.org.clone() });
        row.push(line_of(item));
        row.extend([&item.bank, &item.key].map(Clone::clone));
        // Banks are no party to corrections.
        let is_correction = item.flow == Flow::Correction;
        let of_bank = |sum: Money| if is_correction { String::new() } else { sum.to_string() };
        let [bank_less_issuer, treasury_less_issuer] = differences_of(figures);
        row.extend([figures.issuer.to_string(), of_bank(figures.bank), figures.treasury.to_string()]);
        row.extend([of_bank(bank_less_issuer), treasury_less_issuer.to_string()]);
        row.extend([explanation(audit, item, &about), state(audit, item, &about)]);
        row.push(item.evidence.join(";"));
        table.push(row);
    }
    table
}

/// Who answers for each payment of which a breach stood open at the end, by its number.
pub(super) fn answering<'a>(audit: &Audit<'a>) -> BTreeMap<&'a str, BTreeSet<(Party, &'a str)>> {
    let mut answering: BTreeMap<&str, BTreeSet<(Party, &str)>> = BTreeMap::new();
    for told in audit.told.iter().filter(|told| told.kind() == Kind::Breach && audit.stood_at_end(told)) {
        answering.entry(&told.key).or_default().insert((told.party, &told.institution));
    }
    answering
}

/// Level and subject; a payout has no level.
fn line_of(item: &Difference) -> String {
    let parts = [item.level.as_str(), item.subject.as_str()];
    parts.into_iter().filter(|code| !code.is_empty()).collect::<Vec<_>>().join("/")
}

/// Why a line differs: who booked it elsewhere or in another period, and what the findings say of the payment; else who has
/// no record.
fn explanation(audit: &Audit<'_>, item: &Difference, about: &[&Told]) -> String {
    let mut said = Vec::new();
    if let Some(named) = &item.named {
        said.push(format!(
            "{} {}",
            audit.pick("凭证上是", "the document names"),
            place_of(audit, named, item)
        ));
    }
    said.extend(item.elsewhere.iter().map(|(line, amount)| match audit.lang {
        Lang::Zh => format!("记在{} {} 元", place_of(audit, line, item), grouped(*amount)),
        Lang::En => format!("booked under {}: {} yuan", place_of(audit, line, item), grouped(*amount)),
    }));
    if !item.organ.is_empty() {
        said.push(format!(
            "{} {}",
            audit.pick("应有凭证的机关", "the organ that should have a document:"),
            item.organ
        ));
    }
    if awaits_booking(audit, item) {
        let words = audit.pick(
            "更正已开具，国库账册本期未记该更正",
            "a correction was ordered, which the treasury did not record in the period",
        );
        said.push(words.to_owned());
    }
    if item.recorded_on.is_some() {
        said.push(
            audit.pick("对方记在本期之外", "the other party recorded it outside the period").to_owned(),
        );
    }
    said.extend(about.iter().map(|told| audit.explained(told)));
    if said.is_empty() {
        let figures = item.figures();
        let is_correction = item.flow == Flow::Correction;
        let lacks = [
            (figures.issuer.is_zero(), audit.pick("开票方无记录", "the issuer has no record")),
            (figures.bank.is_zero() && !is_correction, audit.pick("银行无记录", "the bank has no record")),
            (figures.treasury.is_zero(), audit.pick("国库无记录", "the treasury has no record")),
        ];
        said.extend(lacks.into_iter().filter(|(lacks, _)| *lacks).map(|(_, words)| words.to_owned()));
    }
    if said.is_empty() {
        return audit.pick("各方金额不同", "the parties state different sums").to_owned();
    }
    said.join("; ")
}

/// Whether a correction of the treasury's booking was ordered that the treasury did not record in the period.
pub(super) fn awaits_booking(audit: &Audit<'_>, item: &Difference) -> bool {
    item.flow != Flow::Correction && !item.ordered.is_zero() && audit.period.sums.hears_corrections()
}

/// What of a line is another than an item's: the treasury, or level and subject.
fn place_of(audit: &Audit<'_>, line: &CellLine, item: &Difference) -> String {
    let mut parts = Vec::new();
    if line.treasury != item.treasury {
        parts.push(format!("{} {}", audit.pick("国库", "treasury"), line.treasury));
    }
    if (&line.level, &line.subject) != (&item.level, &item.subject) {
        parts.push(format!(
            "{} {}/{}",
            audit.pick("级次/科目", "level and subject"),
            line.level,
            line.subject
        ));
    }
    if parts.is_empty() {
        parts.push(format!("{} {}", audit.pick("调整期标志", "adjust flag"), line.adjust_flag));
    }
    parts.join(audit.pick("、", ", "))
}

/// What became of it.
fn state(audit: &Audit<'_>, item: &Difference, about: &[&Told]) -> String {
    if let Some(on) = item.recorded_on {
        return format!("{on} {}", audit.pick("对方所记", "recorded"));
    }
    if awaits_booking(audit, item) {
        return audit.pick("待国库记更正", "awaits the treasury's correction").to_owned();
    }
    let is_open = about.iter().any(|told| told.status == Status::Open);
    let settled = about.iter().filter_map(|told| told.settled_on).max();
    match (about.is_empty(), is_open, settled) {
        (false, true, _) => audit.pick("未结", "open").to_owned(),
        (false, false, Some(on)) => format!("{on} {}", audit.pick("已结", "settled")),
        (false, false, None) => audit.pick("已结", "settled").to_owned(),
        (true, ..) => {
            audit.pick("期限之内，待对方入账", "within its time, awaits the other party").to_owned()
        }
    }
}

/// Payments that one party recorded in a period and the next in another, or not yet.
pub(super) fn transits(audit: &Audit<'_>, items: &[&Transit]) -> Table {
    let mut table = Table::new(
        "in_transit",
        vec![
            Head::text("flow", audit.pick("资金流", "flow")),
            Head::text("treasury", audit.pick("国库", "treasury")),
            Head::text("bank", audit.pick("银行", "bank")),
            Head::text("key", audit.pick("凭证号", "number")),
            Head::text("org", audit.pick("机关/单位", "organ or unit")),
            Head::text("subject", audit.pick("科目", "subject")),
            Head::text("received", audit.pick("收纳/开具/先付", "received, ordered or paid first")),
            Head::money("amount", audit.pick("金额", "amount")),
            Head::day("booked_on", audit.pick("入账/后付", "booked, or paid by the other")),
            Head::text("standing", audit.pick("归属", "of which period")),
            Head::text("proof", audit.pick("入账/后付证据", "proof of arrival")),
            Head::text(
                "received_row",
                audit.pick("收纳/开具/先付证据", "proof of receipt, order or first payment"),
            ),
        ],
    )
    .summed();
    for item in items {
        let is_payout = item.flow == Flow::Disbursement;
        let standing = match item.crossing {
            Crossing::Later => {
                audit.pick("期后入账，期末在途", "booked after the period, in transit at its end")
            }
            Crossing::Awaited if is_payout => {
                audit.pick("另一方未记录，期限之内", "the other has not recorded it, within its time")
            }
            Crossing::Awaited => audit.pick("未入账，期限之内", "not booked, within its time"),
            Crossing::Overdue(Role::Bank) if !is_payout => {
                audit.pick("银行逾期未划转", "overdue at the bank")
            }
            Crossing::Overdue(_) if is_payout => {
                audit.pick("另一方逾期未记录", "overdue in the other's record")
            }
            Crossing::Overdue(_) => audit.pick("国库逾期未入账", "overdue at the treasury"),
            Crossing::Earlier => audit.pick("本期款项，期前已入账", "of the period, booked before it"),
            Crossing::Started => audit.pick("上期款项，本期入账", "of an earlier period, booked in this one"),
            Crossing::Beyond => {
                audit.pick("截止后收纳，归入下期", "received after the cut-off, of the next period")
            }
            Crossing::Undated => audit.pick("日期没有工作日历", "of a day without a calendar"),
        };
        table.push(vec![
            audit.flow(item.flow).to_owned(),
            item.treasury.clone(),
            item.bank.clone(),
            item.key.clone(),
            if item.is_documented { item.org.clone() } else { undocumented(audit).to_owned() },
            item.subject.clone(),
            item.received.to_string(),
            item.amount.to_string(),
            optional(item.booked_on),
            standing.to_owned(),
            item.booked_row.clone(),
            item.received_row.clone(),
        ]);
    }
    table
}

/// Corrections of the period.
pub(super) fn corrections(audit: &Audit<'_>, items: &[&crate::period::CorrectionItem]) -> Table {
    let mut table = Table::new(
        "corrections",
        vec![
            Head::day("date", audit.pick("更正日期", "date")),
            Head::text("party", audit.pick("更正方", "by")),
            Head::text("of", audit.pick("更正对象", "corrects")),
            Head::text("key", audit.pick("凭证号", "voucher")),
            Head::text("original_slip", audit.pick("原税票", "slip")),
            Head::text("old", audit.pick("原国库/机关/级次/科目", "old treasury/organ/level/subject")),
            Head::money("old_amount", audit.pick("原金额", "old amount")),
            Head::text("new", audit.pick("现国库/机关/级次/科目", "new treasury/organ/level/subject")),
            Head::money("new_amount", audit.pick("现金额", "new amount")),
            Head::money("imbalance", audit.pick("现金额−原金额", "new less old")),
            Head::text("reason", audit.pick("原因代码", "reason code")),
            Head::text("approval", audit.pick("批准文号", "approval")),
            Head::text("row", audit.pick("证据", "evidence")),
        ],
    );
    let no_original =
        |told: &&&Told| told.rule == correction_no_original::RULE.id && told.status == Status::Open;
    let unknown: BTreeSet<&str> =
        audit.findings().iter().filter(no_original).map(|told| told.key.as_str()).collect();
    for item in items {
        let side =
            |line: &CellLine| format!("{}/{}/{}/{}", line.treasury, line.org, line.level, line.subject);
        table.push(vec![
            item.date.to_string(),
            audit.party(item.party).to_owned(),
            match (item.party, item.moves_document) {
                (Party::Treasury, _) => audit.pick("国库入账", "the treasury's booking"),
                (_, true) if unknown.contains(item.key.as_str()) => {
                    audit.pick("开票方凭证（未见于各方账册）", "the issuer's document, which no ledger has")
                }
                (_, true) => audit.pick("开票方凭证", "the issuer's document"),
                (_, false) => {
                    audit.pick("国库入账（凭证未变）", "the treasury's booking; the document stays")
                }
            }
            .to_owned(),
            item.key.clone(),
            item.original_slip.clone(),
            side(&item.old),
            item.old_amount.to_string(),
            side(&item.new),
            item.new_amount.to_string(),
            (item.new_amount - item.old_amount).to_string(),
            item.reason.clone(),
            item.approval.clone(),
            item.row.clone(),
        ]);
    }
    table
}

/// Findings as people read them.
pub(super) fn findings(audit: &Audit<'_>, told: &[&Told]) -> Table {
    let mut table = Table::new(
        "findings",
        vec![
            Head::text("rule", audit.pick("事项", "matter")),
            Head::text("key", audit.pick("对象", "key")),
            Head::text("severity", audit.pick("程度", "severity")),
            Head::text("kind", audit.pick("性质", "kind")),
            Head::money("amount", audit.pick("金额", "amount")),
            Head::money("difference", audit.pick("差额", "difference")),
            Head::day("event_on", audit.pick("发生日", "event on")),
            Head::day("due_on", audit.pick("期限", "due on")),
            Head::number("days_late", audit.pick("逾期", "days late")),
            Head::text("state", audit.pick("现状", "state")),
            Head::text("explanation", audit.pick("说明", "explanation")),
            Head::list("evidence", audit.pick("证据", "evidence")),
            Head::text("finding_id", audit.pick("编号", "id")),
        ],
    );
    for told in told {
        let title = told.rule().title;
        let state = match (told.status, told.settled_on) {
            // What is merely told is neither open nor settled.
            _ if told.kind() == Kind::Info => "—".to_owned(),
            (Status::Open, _) => audit.pick("未结", "open").to_owned(),
            (Status::Resolved, on) => {
                let word = match told.kind() {
                    Kind::Lead => audit.pick("已排除", "cleared"),
                    _ => audit.pick("已结", "settled"),
                };
                on.map_or_else(|| word.to_owned(), |on| format!("{on} {word}"))
            }
        };
        table.push(vec![
            audit.pick(title.zh, title.en).to_owned(),
            told.key.clone(),
            audit.pick(told.severity.zh(), told.severity.id()).to_owned(),
            audit.pick(told.kind().zh(), told.kind().id()).to_owned(),
            optional(told.amount),
            optional(told.difference),
            optional(told.event_on),
            optional(told.due_on),
            optional(told.days_late),
            state,
            audit.explained(told),
            told.evidence.join(";"),
            told.id(),
        ]);
    }
    table
}
