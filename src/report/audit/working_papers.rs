//! 检查工作底稿: what was drawn and what must be looked at, with room for what the inspector sees.

use crate::domain::lang::Lang;
use crate::period::sample::Plan;
use crate::report::document::{Document, Head, Table};
use crate::report::page::grouped;
use crate::report::render::workbook::Sheet;
use crate::rules::finding::{Kind, Told};

use super::quarter::sampling;
use super::{Audit, lists, month};

/// Findings about the institution, and the plans of its strata: what the inspector takes along.
#[derive(Clone, Copy)]
pub(super) struct Papers<'p> {
    pub(super) code: &'p str,
    /// Critical breaches that stood open at the end.
    pub(super) critical: &'p [&'p Told],
    /// The other breaches, and leads that nothing has cleared.
    pub(super) others: &'p [&'p Told],
    pub(super) plans: &'p [Plan],
}

/// Whether there is something to look at on site: a breach, a lead that nothing has cleared, or payments to draw from.
pub(super) fn has_paper(audit: &Audit<'_>, code: &str, found: &[&Told]) -> bool {
    found.iter().any(|told| told.institution == code && is_looked_into(audit, told))
        || audit.period.sums.populations.keys().any(|stratum| stratum.institution == code)
}

/// Whether an inspector looks into a finding.
pub(super) fn is_looked_into(audit: &Audit<'_>, told: &Told) -> bool {
    told.kind() != Kind::Info && !audit.is_cleared(told)
}

/// Why an institution has no papers.
pub(super) fn why_none<'a>(audit: &Audit<'a>) -> &'a str {
    audit.pick(
        "没有检查工作底稿：本期没有该机构的违规或待核实线索，也没有以其为对象抽样的款项。",
        "No working papers: in the quarter nothing was found of it that is a breach or a lead to verify, and no payments are \
         sampled by it.",
    )
}

impl Papers<'_> {
    /// The page: heading, lists, and lines to sign.
    pub(super) fn page(self, audit: &Audit<'_>) -> Document {
        let mut page = Document::default();
        self.head(audit, &mut page);
        if !self.critical.is_empty() {
            page.heading(audit.pick("必查事项", "Must be looked at"));
            page.table(self.must(audit));
        }
        if !self.others.is_empty() {
            page.heading(audit.pick("其他违规与待核实线索", "Other breaches, and leads to verify"));
            page.table(self.to_verify(audit));
        }
        for plan in self.plans {
            page.heading(format!("{}{}", audit.pick("抽样：", "Sample: "), audit.flow(plan.stratum.flow)));
            page.paragraph(drawn(audit, plan));
            page.table(paper(audit, plan));
        }
        signing(audit, &mut page);
        page
    }

    /// The same as sheets: what is signed, then the lists to fill in.
    pub(super) fn sheets(self, audit: &Audit<'_>, title: &str) -> Vec<Sheet> {
        let mut cover = Document::default();
        self.head(audit, &mut cover);
        for plan in self.plans {
            let flow = audit.flow(plan.stratum.flow);
            cover.paragraph(format!("{flow}{}{}", audit.pick("：", ": "), drawn(audit, plan)));
        }
        signing(audit, &mut cover);
        let mut sheets = vec![Sheet::paper(audit.pick("签证", "To sign"), title, cover)];
        if !self.critical.is_empty() {
            sheets.push(Sheet::list(audit.pick("必查事项", "Must be looked at"), self.must(audit)));
        }
        if !self.others.is_empty() {
            sheets.push(Sheet::list(audit.pick("其他发现", "Other findings"), self.to_verify(audit)));
        }
        let lists =
            self.plans.iter().map(|plan| Sheet::list(audit.flow(plan.stratum.flow), paper(audit, plan)));
        sheets.extend(lists);
        sheets
    }

    fn head(self, audit: &Audit<'_>, page: &mut Document) {
        page.paragraph(format!("{}{}", audit.pick("被检查单位：", "Institution: "), audit.named(self.code)));
        month::standing(audit, None, page);
    }

    /// Critical breaches, and room for what was verified.
    fn must(self, audit: &Audit<'_>) -> Table {
        let aside = ["institution", "sampled"];
        with_room(audit, sampling::must_see(audit, self.critical, self.plans).without(&aside))
    }

    /// The other findings, and the same room.
    fn to_verify(self, audit: &Audit<'_>) -> Table {
        let aside = ["event_on", "due_on", "days_late", "evidence"];
        with_room(audit, lists::findings(audit, self.others).without(&aside))
    }
}

/// A list with room for what was verified.
fn with_room(audit: &Audit<'_>, mut table: Table) -> Table {
    table.columns.push(Head::text("seen", audit.pick("现场核实情况", "what was seen on site")));
    table.columns.push(Head::text("remark", audit.pick("结论与说明", "conclusion, remark")));
    for row in &mut table.rows {
        row.resize(table.columns.len(), String::new());
    }
    table
}

/// How a stratum was drawn.
fn drawn(audit: &Audit<'_>, plan: &Plan) -> String {
    let certain = plan.items.iter().filter(|item| item.is_certain()).count();
    match audit.lang {
        Lang::Zh => format!(
            "总体 {} 笔、{} 元；间隔 {} 元，起点第 {} 分；抽取 {} 笔，其中必抽必查 {certain} 笔。",
            plan.count,
            grouped(plan.amount),
            grouped(plan.interval),
            plan.start,
            plan.items.len()
        ),
        Lang::En => format!(
            "{} payments, {} yuan; interval {} yuan, start at fen {}; {} drawn, {certain} of them certain.",
            plan.count,
            grouped(plan.amount),
            grouped(plan.interval),
            plan.start,
            plan.items.len()
        ),
    }
}

fn signing(audit: &Audit<'_>, page: &mut Document) {
    page.blanks(
        [
            audit.pick("检查内容与方法", "what was checked, and how"),
            audit.pick("发现的问题", "what was found"),
            audit.pick("被检查单位意见", "what the institution says"),
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    page.signatures(
        [
            audit.pick("检查人", "Inspector"),
            audit.pick("复核人", "Reviewer"),
            audit.pick("被检查单位", "Institution"),
        ]
        .map(str::to_owned)
        .to_vec(),
    );
}

fn paper(audit: &Audit<'_>, plan: &Plan) -> Table {
    let heads = vec![
        Head::number("place", audit.pick("序号", "no.")),
        Head::text("key", audit.pick("凭证号", "number")),
        Head::day("on", audit.pick("日期", "date")),
        Head::money("amount", audit.pick("账面金额", "amount in the ledger")),
        Head::text("name", audit.pick("付款人/收款人", "payer or payee")),
        Head::text("account", audit.pick("账号", "account")),
        Head::text("certain", audit.pick("必抽必查的理由", "why certain")),
        Head::text("row", audit.pick("账册行", "row")),
        Head::text("seen", audit.pick("原件已见", "original seen")),
        Head::money("found_amount", audit.pick("原件金额", "amount in it")),
        Head::day("stamp", audit.pick("戳记日期", "stamped on")),
        Head::text("remark", audit.pick("差异与说明", "difference, remark")),
    ];
    let mut table = Table::new("paper", heads);
    for (place, item) in (1..).zip(&plan.items) {
        let of = &item.member;
        let mut row = vec![
            place.to_string(),
            of.key.clone(),
            of.on.to_string(),
            of.amount.to_string(),
            item.name.clone(),
            item.account.clone(),
            sampling::certain(audit, item),
            of.row.clone(),
        ];
        row.resize(table.columns.len(), String::new());
        table.push(row);
    }
    table
}
