//! 监管方案逐条结论: the provisions over the quarter.

use std::collections::BTreeMap;

use crate::report::audit::Audit;
use crate::report::document::{Document, Head, Table};
use crate::report::names::table_name;
use crate::rules::coverage::PROVISIONS;
use crate::rules::duties;
use crate::rules::finding::{Kind, Told};

/// The page: every provision, and what "no data" means.
pub(super) fn coverage_page(audit: &Audit<'_>, found: &[&Told]) -> Document {
    let mut page = Document::default();
    page.paragraph(audit.pick(
        "“无数据”不是“未发现”：缺少账册或登记表的日子，该条不能得出结论。",
        "\"No data\" is not \"clean\": on days that lacked a ledger or table nothing is concluded.",
    ));
    page.table(coverage(audit, found));
    page
}

/// The provisions over the period: on how many days a rule lacked what it needs.
fn coverage(audit: &Audit<'_>, found: &[&Told]) -> Table {
    let mut table = Table::new(
        "coverage",
        vec![
            Head::number("provision", audit.pick("条款", "no.")),
            Head::text("words", audit.pick("方案要求", "provision")),
            Head::text("verdict", audit.pick("结论", "verdict")),
            Head::number("findings", audit.pick("违规与线索", "breaches and leads")),
            Head::number("open", audit.pick("其中期末未结", "of them open at the end")),
            Head::number("notes", audit.pick("提示", "notes")),
            Head::text("without", audit.pick("无数据的日数", "days without data")),
            Head::text("lacks", audit.pick("缺少", "lacks")),
            Head::text("rules", audit.pick("规则", "rules")),
        ],
    );
    // What is merely told is no fault, but a duty that was not done, or late.
    let is_fault = |told: &Told| told.kind() != Kind::Info || duties::RULES.contains(&told.rule);
    let faults: Vec<&Told> = found.iter().copied().filter(|told| is_fault(told)).collect();
    for provision in PROVISIONS {
        let mut days = 0;
        let mut lacking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for note in audit.notes {
            let of_day: BTreeMap<&str, Vec<&str>> = note
                .no_data
                .iter()
                .map(|(rule, lacks)| (rule.as_str(), lacks.iter().map(String::as_str).collect()))
                .collect();
            days += usize::from(!provision.lacks(&of_day).is_empty());
            for (rule, lacks) in of_day {
                lacking.entry(rule).or_default().extend(lacks);
            }
        }
        let verdict = provision.verdict(&faults, &lacking);
        let of = found.iter().copied().filter(|told| provision.concerns(told));
        let (notes, breaches): (Vec<&Told>, Vec<&Told>) = of.partition(|told| told.kind() == Kind::Info);
        let open = breaches.iter().filter(|told| audit.stood_at_end(told)).count();
        let lacks = provision.lacks(&lacking);
        let instead = provision.instead.map(|(_, zh, en)| format!("({})", audit.pick(zh, en)));
        let has_none = provision.instead.is_some();
        let count = |of: usize| if has_none { String::new() } else { of.to_string() };
        table.push(vec![
            provision.number.to_string(),
            audit.pick(provision.zh, provision.en).to_owned(),
            audit.pick(verdict.zh(), verdict.id()).to_owned(),
            count(breaches.len()),
            count(open),
            count(notes.len()),
            if has_none { String::new() } else { format!("{days} / {}", audit.notes.len()) },
            lacks
                .into_iter()
                .map(|id| table_name(id, audit.lang))
                .collect::<Vec<_>>()
                .join(audit.pick("、", ", ")),
            instead.unwrap_or_else(|| provision.rules.join(" ")),
        ]);
    }
    table
}
