//! What other settings, rules or tables would have told of archived days.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::lang::Lang;
use crate::investigation::contrast::{Change, Difference};
use crate::rules::by_id;

use super::document::{Document, Head, Table};

/// What was changed: what it was on the days that were judged again, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub what: String,
    pub then: Vec<String>,
    pub now: String,
}

/// Days that were judged again.
#[derive(Debug)]
pub struct Backtest<'b> {
    pub days: &'b [NaiveDate],
    /// How many of them come to the findings of the archive, byte for byte.
    pub same: usize,
    pub changed: &'b [Changed],
    pub differences: &'b [Difference],
    pub lang: Lang,
}

/// Everything, table by table.
pub fn document(of: &Backtest<'_>) -> Document {
    let Backtest { days, same, changed, differences, lang } = *of;
    let mut document = Document::default();
    let (start, end) = (days.first().expect("a day"), days.last().expect("a day"));
    let count = |change: Change| differences.iter().filter(|of| of.change == change).count();
    let [gained, lost, moved] = Change::ALL.map(count);
    document.paragraph(match lang {
        Lang::Zh => format!(
            "{start} 至 {end} 的 {} 个运行日已重新判断，起点为此前档案的状态；其中 {same} 日的发现与档案逐字节相同。\
             新增 {gained} 项，消失 {lost} 项，改变 {moved} 项。档案未改动。",
            days.len()
        ),
        Lang::En => format!(
            "{} days from {start} to {end} were judged again, from the state that the archive had before them; {same} of \
             them come to the same findings, byte for byte. {gained} findings gained, {lost} lost, {moved} changed. The \
             archive is as it was.",
            days.len()
        ),
    });
    if !changed.is_empty() {
        document.heading(lang.pick("所作改变", "What was changed"));
        document.table(settings(changed, lang));
    }
    if differences.is_empty() {
        return document;
    }
    let rule = |of: &Difference| of.shown().last.rule.to_owned();
    document.heading(lang.pick("按规则", "By rule"));
    document.table(counts("by_rule", Head::text("rule", lang.pick("规则", "rule")), differences, rule, lang));
    let party = |of: &Difference| {
        let party = of.shown().last.party;
        lang.pick(party.zh(), party.id()).to_owned()
    };
    document.heading(lang.pick("按责任方", "By party"));
    document.table(counts(
        "by_party",
        Head::text("party", lang.pick("责任方", "party")),
        differences,
        party,
        lang,
    ));
    let institution = |of: &Difference| of.shown().last.institution.clone();
    document.heading(lang.pick("按机构", "By institution"));
    document.table(counts(
        "by_institution",
        Head::text("institution", lang.pick("机构", "institution")),
        differences,
        institution,
        lang,
    ));
    document.heading(lang.pick("发现", "Findings"));
    document.table(findings(differences, lang));
    document
}

fn settings(changed: &[Changed], lang: Lang) -> Table {
    let mut table = Table::new(
        "changes",
        vec![
            Head::text("what", lang.pick("项目", "what")),
            Head::text("then", lang.pick("原为", "was")),
            Head::text("now", lang.pick("改为", "is")),
        ],
    );
    for Changed { what, then, now } in changed {
        table.push(vec![what.clone(), then.join(lang.pick("；", "; ")), now.clone()]);
    }
    table
}

/// How many findings were gained, lost and changed under each value of a column, in its order.
fn counts(
    id: &'static str,
    head: Head,
    differences: &[Difference],
    value: impl Fn(&Difference) -> String,
    lang: Lang,
) -> Table {
    let heads = Change::ALL.map(|change| Head::number(change.id(), lang.pick(change.zh(), change.id())));
    let mut table = Table::new(id, [head].into_iter().chain(heads).collect());
    let mut counted: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for of in differences {
        counted.entry(value(of)).or_default()[of.change as usize] += 1;
    }
    for (value, counts) in counted {
        table.push([value].into_iter().chain(counts.map(|count| count.to_string())).collect());
    }
    table
}

fn findings(differences: &[Difference], lang: Lang) -> Table {
    let mut table = Table::new(
        "findings",
        vec![
            Head::text("change", lang.pick("变化", "change")),
            Head::day("told_on", lang.pick("首次列报", "told on")),
            Head::text("finding_id", lang.pick("编号", "id")),
            Head::text("rule", lang.pick("规则", "rule")),
            Head::text("title", lang.pick("规则名称", "title")),
            Head::text("severity", lang.pick("程度", "severity")),
            Head::text("status", lang.pick("状态", "status")),
            Head::text("party", lang.pick("责任方", "party")),
            Head::text("institution", lang.pick("机构", "institution")),
            Head::text("key", lang.pick("对象", "key")),
            Head::money("amount", lang.pick("金额", "amount")),
            Head::text("differs", lang.pick("不同之处", "what differs")),
            Head::text("explanation", lang.pick("说明", "explanation")),
        ],
    );
    for of in differences {
        let shown = of.shown();
        let told = &shown.last;
        let title = by_id(told.rule).map_or("", |rule| lang.pick(rule.title.zh, rule.title.en));
        table.push(vec![
            lang.pick(of.change.zh(), of.change.id()).to_owned(),
            shown.told_on.to_string(),
            told.id(),
            told.rule.to_owned(),
            title.to_owned(),
            lang.pick(told.severity.zh(), told.severity.id()).to_owned(),
            lang.pick(told.status.zh(), told.status.id()).to_owned(),
            lang.pick(told.party.zh(), told.party.id()).to_owned(),
            told.institution.clone(),
            told.key.clone(),
            told.amount.map(|amount| amount.to_string()).unwrap_or_default(),
            differs(of, lang),
            lang.pick(&told.explanation.zh, &told.explanation.en).to_owned(),
        ]);
    }
    table
}

/// What differs of a finding that was known to both, or which of the two has nothing to tell of it.
fn differs(of: &Difference, lang: Lang) -> String {
    match (of.change, &of.then, &of.now) {
        (Change::Changed, None, _) => {
            lang.pick("此前已知，档案期内未再列报", "known before; the archive does not tell of it again")
        }
        (Change::Changed, _, None) => lang
            .pick("此前已知，重新判断未再列报", "known before; the new judgement does not tell of it again"),
        _ => {
            let columns = of.columns();
            let words = columns.iter().map(|(id, then, now)| format!("{id} {then} → {now}"));
            return words.collect::<Vec<_>>().join(lang.pick("；", "; "));
        }
    }
    .to_owned()
}
