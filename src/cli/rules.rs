//! `rules`: what is judged, and the page of each rule: its law, its explanation, its examples.

use anyhow::bail;

use crate::domain::lang::Lang;
use crate::report::document::{Document, Head, Table};
use crate::rules::{RULES, by_id};

pub(super) fn list(lang: Lang) -> Document {
    let mut table = Table::new(
        "rules",
        vec![
            Head::text("rule", lang.pick("规则", "rule")),
            Head::text("title", lang.pick("标题", "title")),
            Head::text("kind", lang.pick("性质", "kind")),
            Head::text("severity", lang.pick("严重程度", "severity")),
            Head::text("basis", lang.pick("依据", "basis")),
        ],
    );
    for rule in RULES {
        let kind = lang.pick(rule.kind.zh(), rule.kind.id());
        let basis: Vec<String> =
            rule.basis.iter().map(|basis| format!("《{}》{}", basis.law, basis.article)).collect();
        table.push(vec![
            rule.id.to_owned(),
            lang.pick(rule.title.zh, rule.title.en).to_owned(),
            kind.to_owned(),
            rule.severity.id().to_owned(),
            basis.join("；"),
        ]);
    }
    let mut document = Document::default();
    document.table(table);
    document
}

/// The rule's page, as it is.
pub(super) fn explain(id: &str) -> anyhow::Result<&'static str> {
    let Some(rule) = by_id(id) else {
        let nearest = RULES.iter().min_by_key(|rule| (strsim::damerau_levenshtein(rule.id, id), rule.id));
        bail!("no rule {id:?}; did you mean {:?}?", nearest.expect("there are rules").id);
    };
    Ok(rule.page)
}
