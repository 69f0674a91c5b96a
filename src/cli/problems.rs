//! `problems`: what cannot be used, and the page of each kind: what it means, what to do, the smallest example.

use anyhow::bail;

use crate::domain::lang::Lang;
use crate::ledger::problem::Kind;
use crate::report::document::{Document, Head, Table};

pub(super) fn list(lang: Lang) -> Document {
    let mut table = Table::new(
        "problem-kinds",
        vec![
            Head::text("code", lang.pick("问题", "code")),
            Head::text("title", lang.pick("含义", "what it is")),
            Head::text("fate", lang.pick("结果", "what becomes of it")),
        ],
    );
    for (code, page) in Kind::PAGES {
        let (title, fate) = summary(page, lang);
        table.push(vec![(*code).to_owned(), title.to_owned(), fate.to_owned()]);
    }
    let mut document = Document::default();
    document.table(table);
    document
}

/// A page begins with its titles, `# `code` 中文 · English`, and says then what becomes of the row or file.
fn summary(page: &'static str, lang: Lang) -> (&'static str, &'static str) {
    let half = |text: &'static str| {
        let (zh, en) = text.split_once(" · ").unwrap_or((text, text));
        lang.pick(zh, en)
    };
    let mut lines = page.lines();
    let title = lines.next().and_then(|line| line.splitn(3, '`').nth(2)).unwrap_or_default().trim();
    (half(title), half(lines.nth(1).unwrap_or_default()))
}

/// The page, as it is.
pub(super) fn explain(code: &str) -> anyhow::Result<&'static str> {
    if let Some((_, page)) = Kind::PAGES.iter().find(|(known, _)| *known == code) {
        return Ok(page);
    }
    let nearest =
        Kind::PAGES.iter().min_by_key(|(known, _)| (strsim::damerau_levenshtein(known, code), *known));
    bail!("no problem {code:?}; did you mean {:?}?", nearest.expect("there are problems").0);
}
