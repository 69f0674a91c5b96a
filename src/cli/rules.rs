//! `rules`: what is judged, and the page of each rule: its law, its explanation, its examples.

use std::path::Path;

use anyhow::bail;
use chrono::NaiveDate;

use crate::domain::lang::Lang;
use crate::report::coverage;
use crate::report::document::{Document, Head, Table};
use crate::rules::{RULES, by_id};

use super::run;

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

/// The plan's provisions; with a book and a day what its run says of each.
pub(super) fn coverage(of: Option<(&Path, NaiveDate)>, lang: Lang) -> anyhow::Result<Document> {
    let Some((book, date)) = of else { return Ok(coverage::coverage(None, lang)) };
    let Some(state) = run::Shelf::open(book)?.state(date)? else {
        bail!(match lang {
            Lang::Zh => format!("{} 没有 {date} 的运行：请先 run --date {date}", book.display()),
            Lang::En => format!("{} has no run of {date}: `run --date {date}` makes one", book.display()),
        });
    };
    let day = coverage::Day { date, told: &state.told, no_data: &state.no_data };
    Ok(coverage::coverage(Some(day), lang))
}

/// The rule's page, as it is.
pub(super) fn explain(id: &str) -> anyhow::Result<&'static str> {
    let Some(rule) = by_id(id) else {
        let nearest = RULES.iter().min_by_key(|rule| (strsim::damerau_levenshtein(rule.id, id), rule.id));
        bail!("no rule {id:?}; did you mean {:?}?", nearest.expect("there are rules").id);
    };
    Ok(rule.page)
}
