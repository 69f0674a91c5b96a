//! 监管方案逐条结论: the provisions over the quarter.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::audit::Audit;
use crate::report::document::{Document, Head, Table};
use crate::report::names::table_name;
use crate::rules::by_id;
use crate::rules::coverage::{PROVISIONS, Verdict};
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
            Head::number("open", audit.pick("期末未结", "open at the end")),
            Head::text("without", audit.pick("无数据的日数", "days without data")),
            Head::text("lacks", audit.pick("缺少", "lacks")),
            Head::text("rules", audit.pick("规则", "rules")),
        ],
    );
    let rules_of = |wanted: fn(&Told) -> bool| -> BTreeSet<&str> {
        found.iter().filter(|told| wanted(told)).map(|told| told.rule).collect()
    };
    let (breached, told_of) = (rules_of(|told| told.kind() != Kind::Info), rules_of(|_| true));
    for provision in PROVISIONS {
        let mut days = 0;
        let mut lacking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for note in audit.notes {
            let of = provision.rules.iter().filter_map(|rule| note.no_data.get_key_value(*rule));
            let of: Vec<_> = of.collect();
            days += usize::from(!of.is_empty());
            for (rule, lacks) in of {
                lacking.entry(rule).or_default().extend(lacks.iter().map(String::as_str));
            }
        }
        let is_told_only =
            provision.rules.iter().filter_map(|id| by_id(id)).all(|rule| rule.kind == Kind::Info);
        let verdict = provision.verdict(if is_told_only { &told_of } else { &breached }, &lacking);
        let counts = |told: &&&Told| {
            provision.rules.contains(&told.rule) && (is_told_only || told.kind() != Kind::Info)
        };
        let of: Vec<&&Told> = found.iter().filter(counts).collect();
        let open = of.iter().filter(|told| told.kind() != Kind::Info && audit.stood_at_end(told)).count();
        let lacks: BTreeSet<&str> = lacking.values().flatten().copied().collect();
        let instead = provision.instead.map(|(zh, en)| format!("({})", audit.pick(zh, en)));
        let by_hand = verdict == Verdict::ByHand;
        let count = |of: usize| if by_hand { String::new() } else { of.to_string() };
        table.push(vec![
            provision.number.to_string(),
            audit.pick(provision.zh, provision.en).to_owned(),
            audit.pick(verdict.zh(), verdict.id()).to_owned(),
            count(of.len()),
            count(open),
            if by_hand { String::new() } else { format!("{days} / {}", audit.notes.len()) },
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
