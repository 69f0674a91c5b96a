//! `rules`: what is judged, and the page of each rule: its law, its explanation, its examples.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::bail;
use chrono::NaiveDate;

use crate::domain::lang::Lang;
use crate::report::coverage;
use crate::report::document::{Document, Head, Table};
use crate::rules::coverage::PROVISIONS;
use crate::rules::law::{self, Instrument, LIMITATION, Penalty, Verified};
use crate::rules::{RULES, Rule, by_id};

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
            Head::text("verified", lang.pick("核对", "verified")),
        ],
    );
    for rule in RULES {
        let kind = lang.pick(rule.kind.zh(), rule.kind.id());
        let verified: Vec<&str> = law::verified(rule.basis).into_iter().map(Verified::id).collect();
        table.push(vec![
            rule.id.to_owned(),
            lang.pick(rule.title.zh, rule.title.en).to_owned(),
            kind.to_owned(),
            rule.severity.id().to_owned(),
            law::cited(rule.basis, lang),
            verified.join(" "),
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

/// The rule's page, and before its examples what it rests on and what the statutes threaten.
pub(super) fn explain(id: &str) -> anyhow::Result<String> {
    let Some(rule) = by_id(id) else {
        let nearest = RULES.iter().min_by_key(|rule| (strsim::damerau_levenshtein(rule.id, id), rule.id));
        bail!("no rule {id:?}; did you mean {:?}?", nearest.expect("there are rules").id);
    };
    let examples = rule.page.find("\n## ").map_or(rule.page.len(), |place| place + 1);
    let (says, shows) = rule.page.split_at(examples);
    Ok(format!("{says}{}{}{shows}", rests_on(rule), penalties(rule)))
}

/// Each law, how it is known, and what the plan says, in both languages.
fn rests_on(rule: &Rule) -> String {
    let mut text = "## 依据 Basis\n\n".to_owned();
    if rule.basis.is_empty() {
        text += "无：本规则只说明账簿本身。\nNone: the rule is about the book itself.\n";
    }
    for basis in rule.basis {
        let Instrument { version, .. } = basis.instrument;
        let known = basis.verified().words();
        write!(
            text,
            "- {}（{}）：{}\n  {} ({}): {}\n",
            basis.cited(Lang::Zh),
            version.zh,
            known.zh,
            basis.cited(Lang::En),
            version.en,
            known.en
        )
        .expect("memory");
    }
    let served = PROVISIONS.iter().filter(|provision| provision.rules.contains(&rule.id));
    for provision in served.filter(|_| law::verified(rule.basis).contains(&Verified::Plan)) {
        write!(text, "  - {} {}\n    {}\n", provision.number, provision.zh, provision.en).expect("memory");
    }
    text + "\n"
}

/// What the statutes threaten, as ranges; nothing where no statute was read that does.
fn penalties(rule: &Rule) -> String {
    let mut text = String::new();
    for penalty in law::penalties(rule.id) {
        if text.is_empty() {
            text += "## 法定幅度，由有权机关决定 The statute's range; the authority decides\n\n\
                     以下为法规规定的幅度。是否处理、如何处理由有权机关依法决定，本程序不作决定。\n\
                     These are the ranges of the statutes. Whether and how to act on them is for the competent\n\
                     authority to decide; this program decides nothing.\n\n";
        }
        write_penalty(&mut text, penalty);
    }
    if law::penalties(rule.id).any(Penalty::is_fine) {
        write_penalty(&mut text, &LIMITATION);
    }
    if !text.is_empty() {
        text += "\n";
    }
    text
}

fn write_penalty(text: &mut String, penalty: &Penalty) {
    let Penalty { breach, range, of, .. } = penalty;
    write!(
        text,
        "- {}：{}（{}）\n  {}: {} ({})\n",
        breach.zh,
        range.zh,
        of.cited(Lang::Zh),
        breach.en,
        range.en,
        of.cited(Lang::En)
    )
    .expect("memory");
}
