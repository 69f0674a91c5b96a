//! `problems`: what can be wrong with files, rows and settings, and the page of each kind.

use anyhow::bail;

use crate::domain::lang::Lang;
use crate::ledger::problem::KINDS;
use crate::report::document::{Document, Head, Table};

pub(super) fn list(lang: Lang) -> Document {
    let mut table = Table::new(
        "problems",
        vec![
            Head::text("code", lang.pick("问题", "code")),
            Head::text("meaning", lang.pick("含义", "what it means")),
            Head::text("effect", lang.pick("结果", "what happens")),
        ],
    );
    for about in KINDS {
        let meaning = lang.pick(about.zh, about.en);
        table.push(vec![about.code.to_owned(), meaning.to_owned(), about.effect.words(lang).to_owned()]);
    }
    let mut document = Document::default();
    document.table(table);
    document
}

/// The kind's page, as it is.
pub(super) fn explain(code: &str) -> anyhow::Result<&'static str> {
    let Some(about) = KINDS.iter().find(|about| about.code == code) else {
        let nearest =
            KINDS.iter().min_by_key(|about| (strsim::damerau_levenshtein(about.code, code), about.code));
        bail!("no problem {code:?}; did you mean {:?}?", nearest.expect("there are kinds").code);
    };
    Ok(about.page)
}
