//! 检查工作底稿: what was drawn and what must be looked at, with room for what the inspector sees.

use crate::domain::lang::Lang;
use crate::period::sample::Plan;
use crate::report::document::{Document, Head, Table};
use crate::report::page::grouped;
use crate::report::render::workbook::Sheet;
use crate::rules::finding::Told;

use super::quarter::sampling;
use super::{Audit, month};

/// A critical breach of the institution, and a stratum's plan: what the inspector takes along.
#[derive(Clone, Copy)]
pub(super) struct Papers<'p> {
    pub(super) code: &'p str,
    pub(super) critical: &'p [&'p Told],
    pub(super) plans: &'p [Plan],
}

impl Papers<'_> {
    pub(super) fn is_empty(self) -> bool {
        self.plans.is_empty() && self.critical.is_empty()
    }

    /// The page: heading, lists, and lines to sign.
    pub(super) fn page(self, audit: &Audit<'_>) -> Document {
        let mut page = Document::default();
        self.head(audit, &mut page);
        page.heading(audit.pick("必查事项", "Must be looked at"));
        page.table(self.must(audit));
        for plan in self.plans {
            page.heading(format!("{}: {}", audit.flow(plan.stratum.flow), audit.named(self.code)));
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
        let mut sheets = vec![
            Sheet::paper(audit.pick("签证", "To sign"), title, cover),
            Sheet::list(audit.pick("必查事项", "Must be looked at"), self.must(audit)),
        ];
        let lists =
            self.plans.iter().map(|plan| Sheet::list(audit.flow(plan.stratum.flow), paper(audit, plan)));
        sheets.extend(lists);
        sheets
    }

    fn head(self, audit: &Audit<'_>, page: &mut Document) {
        page.paragraph(format!("{}{}", audit.pick("被检查单位：", "Institution: "), audit.named(self.code)));
        month::standing(audit, page);
    }

    /// Critical breaches, and room for what was verified.
    fn must(self, audit: &Audit<'_>) -> Table {
        let mut table =
            sampling::must_see(audit, self.critical, self.plans).without(&["institution", "sampled"]);
        table.columns.push(Head::text("seen", audit.pick("现场核实情况", "what was seen on site")));
        table.columns.push(Head::text("remark", audit.pick("结论与说明", "conclusion, remark")));
        for row in &mut table.rows {
            row.resize(table.columns.len(), String::new());
        }
        table
    }
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
