//! Tables as people read them: the report's words where programs read ids, and names beside codes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::domain::lang::Lang;
use crate::domain::ledger::{Flow, Party};
use crate::rules::by_id;
use crate::rules::finding::{Kind, Severity, Status};

use super::document::{Head, Table};
use super::names::Names;

/// What an open item waits for.
fn awaited(id: &str) -> (&'static str, &'static str) {
    match id {
        "issuer" => ("开票方", "issuer"),
        "bank" => ("银行", "bank"),
        "remittance" => ("划转", "remittance"),
        "treasury" => ("国库", "treasury"),
        other => unreachable!("nothing awaits {other}"),
    }
}

/// All that an open item waits for.
pub(super) fn awaits(ids: &[&str], lang: Lang) -> String {
    let words: Vec<&str> = ids.iter().map(|id| awaited(id)).map(|(zh, en)| lang.pick(zh, en)).collect();
    words.join(lang.pick("、", ", "))
}

/// The Chinese word for each id a column can hold; the English words are the ids.
fn words(column: &str) -> BTreeMap<&'static str, &'static str> {
    match column {
        "severity" => Severity::ALL.into_iter().map(|of| (of.id(), of.zh())).collect(),
        "kind" => [Kind::Breach, Kind::Lead, Kind::Info].into_iter().map(|of| (of.id(), of.zh())).collect(),
        "party" => Party::ALL.into_iter().map(|of| (of.id(), of.zh())).collect(),
        "flow" => Flow::ALL.into_iter().map(|of| (of.id(), of.zh())).collect(),
        "status" => [Status::Open, Status::Resolved].into_iter().map(|of| (of.id(), of.zh())).collect(),
        _ => BTreeMap::new(),
    }
}

/// What a cell of a column says, its id in words.
pub(super) fn word(column: &str, cell: &str, lang: Lang) -> String {
    match lang {
        Lang::Zh => words(column).get(cell).map_or_else(|| cell.to_owned(), |word| (*word).to_owned()),
        Lang::En => cell.to_owned(),
    }
}

/// What stands beside a column: the head, and what a cell of it becomes.
fn beside(column: &str, cell: &str, names: &Names<'_>, lang: Lang) -> Option<(Head, String)> {
    match column {
        "rule" => {
            let title = by_id(cell).map_or("", |rule| lang.pick(rule.title.zh, rule.title.en));
            Some((Head::text("title", lang.pick("规则名称", "title")), title.to_owned()))
        }
        "institution" => {
            let head = Head::text("institution_name", lang.pick("单位名称", "name"));
            Some((head, names.get(cell).to_owned()))
        }
        _ => None,
    }
}

/// The table with words for its ids; a rule's title and an office's name stand behind the id and the code.
pub(super) fn spoken(table: Table, names: &Names<'_>, lang: Lang) -> Table {
    let ids: Vec<Cow<'static, str>> = table.columns.iter().map(|column| column.id.clone()).collect();
    let known: Vec<_> = ids
        .iter()
        .map(|id| match lang {
            Lang::Zh => words(id),
            Lang::En => BTreeMap::new(),
        })
        .collect();
    let heads = table.columns.into_iter().flat_map(|head| {
        let next = beside(&head.id, "", names, lang).map(|(head, _)| head);
        [Some(head), next].into_iter().flatten()
    });
    let mut told = Table::new(table.id, heads.collect());
    for row in table.rows {
        let mut cells = Vec::with_capacity(told.columns.len());
        for ((cell, id), known) in row.into_iter().zip(&ids).zip(&known) {
            let next = beside(id, &cell, names, lang).map(|(_, cell)| cell);
            cells.push(match known.get(cell.as_str()) {
                Some(word) => (*word).to_owned(),
                None if id == "awaits" => awaits(&cell.split(';').collect::<Vec<_>>(), lang),
                None => cell,
            });
            cells.extend(next);
        }
        told.push(cells);
    }
    told
}
