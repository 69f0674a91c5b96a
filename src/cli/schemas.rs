//! `schemas`: what each ledger and reference table holds, and the headers its columns go by.

use anyhow::bail;

use crate::domain::lang::Lang;
use crate::ledger::format::{self, Format};
use crate::report::document::{Document, Head, Table};

pub(super) fn list(lang: Lang) -> Document {
    let mut table = Table::new(
        "schemas",
        vec![
            Head::text("name", lang.pick("名称", "name")),
            Head::text("title", lang.pick("标题", "title")),
            Head::text("party", lang.pick("报送方", "party")),
            Head::text("flow", lang.pick("资金流", "flow")),
            Head::text("key", lang.pick("主键", "key")),
        ],
    );
    for format in format::all() {
        let party = format.ledger.map_or("", |ledger| lang.pick(ledger.party().zh(), ledger.party().id()));
        let flow = format.ledger.map_or(lang.pick("参考表", "reference"), |ledger| ledger.flow().id());
        table.push(vec![
            format.id.clone(),
            title(format, lang),
            party.to_owned(),
            flow.to_owned(),
            key(format),
        ]);
    }
    let mut document = Document::default();
    document.table(table);
    document
}

pub(super) fn show(name: &str, lang: Lang) -> anyhow::Result<Document> {
    let Some(format) = format::by_id(name) else {
        let nearest = format::all()
            .iter()
            .map(|format| (strsim::damerau_levenshtein(&format.id, name), &format.id))
            .min()
            .expect("there are schemas");
        bail!("no ledger or table {name:?}; did you mean {:?}?", nearest.1);
    };
    let mut table = Table::new(
        "columns",
        vec![
            Head::text("name", lang.pick("列名", "name")),
            Head::text("type", lang.pick("类型", "type")),
            Head::text("required", lang.pick("必填", "required")),
            Head::text("headers", lang.pick("接受的表头", "headers")),
            Head::text("about", lang.pick("说明", "about")),
        ],
    );
    for column in &format.columns {
        let headers: Vec<&str> = column.zh.iter().chain(&column.en).map(String::as_str).collect();
        let about = lang.pick(&column.about.zh, &column.about.en);
        let words = column.known_words();
        table.push(vec![
            column.field.id().to_owned(),
            column.kind.title(lang).to_owned(),
            if column.required { "*".to_owned() } else { String::new() },
            headers.join(" | "),
            if words.is_empty() { about.to_owned() } else { format!("{about}: {}", words.join(" | ")) },
        ]);
    }
    let mut document = Document::default();
    document.heading(format!("{} {}", format.id, title(format, lang)));
    document.table(table);
    Ok(document)
}

fn title(format: &Format, lang: Lang) -> String {
    lang.pick(&format.title.zh, &format.title.en).to_owned()
}

fn key(format: &Format) -> String {
    format.key.iter().map(|field| field.id()).collect::<Vec<_>>().join(" + ")
}
