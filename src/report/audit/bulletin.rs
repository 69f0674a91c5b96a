//! 通报草稿: facts and law of one institution's breaches; what is decided is left blank.

use std::collections::BTreeMap;

use crate::domain::lang::Lang;
use crate::report::document::{Document, Head, Table};
use crate::rules::finding::Told;
use crate::rules::law::{self, LIMITATION, Penalty, Verified};

use super::quarter::first_page::{by_rule, counted};
use super::{Audit, lists};

/// 通报草稿: facts and law; what is decided is left blank.
pub(super) fn bulletin(audit: &Audit<'_>, code: &str, breaches: &[&Told]) -> Document {
    let mut page = Document::default();
    page.paragraph(audit.pick(
        "草稿，供监管领导小组审定。以下为账册所载事实；是否构成违法、如何处理由有权机关依法决定。",
        "A draft for the leading group. What follows are facts of the ledgers; whether they are an offence, and what follows \
         from it, is for the competent authority to decide.",
    ));
    page.blanks(vec![audit.pick("文号", "Number").to_owned()]);
    page.paragraph(format!("{}{}", audit.pick("主送：", "To: "), audit.named(code)));
    page.blanks(
        [
            audit.pick("抄送（上级机关、主管部门）", "Copies to (superior, supervisory authority)"),
            audit.pick("成文日期", "Date"),
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    page.heading(audit.pick("一、事实", "1. Facts"));
    let (first, end) = (audit.period.span.first(), audit.period.span.last().min(audit.period.known_on));
    let open = breaches.iter().filter(|told| audit.stood_at_end(told)).count();
    let known = audit.period.known_on;
    page.paragraph(match audit.lang {
        Lang::Zh => format!(
            "{first} 至 {end}，依据截至 {known} 的账册档案，{}，{end} 未结 {open} 件。逐件见附件一，序号相同的证据见附件二。",
            counted(audit, breaches)
        ),
        Lang::En => format!(
            "From {first} to {end}, from the archive as of {known}: {}; {open} findings stood open on {end}. Each is in \
             annex 1, its evidence under the same number in annex 2.",
            counted(audit, breaches)
        ),
    });
    page.table(by_rule(audit, breaches).without(&["kind", "rule"]));
    page.paragraph(audit.pick(
        "同一笔款项可以列入几个事项，故各行款项数相加可多于款项总数。",
        "A payment may stand under several matters, so the lines may come to more payments than there are.",
    ));
    statutes(audit, breaches, &mut page);
    page.heading(audit.pick("三、决定（待填）", "3. Decision (to be filled in)"));
    page.blanks(
        [
            audit.pick("被通报单位的陈述与申辩（期限）", "what the institution says (by when)"),
            audit.pick("核实结果", "what was verified"),
            audit.pick("整改要求与期限", "what is to be corrected, by when"),
            audit.pick("处理决定", "decision"),
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    page.signatures(vec![
        audit.pick("监管领导小组", "Leading group").to_owned(),
        format!("{} {}", audit.pick("被通报单位", "Institution"), audit.named(code)),
    ]);
    annexes(audit, breaches, &mut page);
    page
}

/// 依据: the law by matter, and what it provides.
fn statutes(audit: &Audit<'_>, breaches: &[&Told], page: &mut Document) {
    page.heading(audit.pick("二、依据", "2. Law"));
    let mut table = Table::new(
        "law",
        vec![
            Head::text("matter", audit.pick("事项", "matter")),
            Head::text("basis", audit.pick("依据", "basis")),
            Head::text("known", audit.pick("核对情况", "how it is known")),
        ],
    );
    let mut is_elsewhere = false;
    for told in breaches.iter().filter(|told| is_first(breaches, told)) {
        let title = told.rule().title;
        for basis in told.basis() {
            let known = basis.verified().words();
            table.push(vec![
                audit.pick(title.zh, title.en).to_owned(),
                basis.cited(audit.lang),
                audit.pick(known.zh, known.en).to_owned(),
            ]);
        }
        is_elsewhere |= told.basis().count() < told.rule().basis.len();
    }
    page.table(table);
    if is_elsewhere {
        page.paragraph(audit.pick(
            "只引约束被通报单位的条文；同一事项依据的条文中约束其他方的，不在此列。",
            "Only provisions that bind the institution are cited, and not those of the same matters that bind others.",
        ));
    }
    let threatens = |penalty: &Penalty, told: &&Told| {
        penalty.rules.contains(&told.rule) && penalty.parties.contains(&told.party)
    };
    let penalties: Vec<&Penalty> = law::PENALTIES
        .iter()
        .filter(|penalty| penalty.of.verified() == Verified::Read)
        .filter(|penalty| breaches.iter().any(|told| threatens(penalty, told)))
        .collect();
    if !penalties.is_empty() {
        page.paragraph(audit.pick(
            "法规规定的处理幅度（摘引，不是决定）。出处是规定处理的条文，上表所引是规定义务的条文，二者可以不同：",
            "Penalties the statutes provide (quoted, no decision). They stand in provisions of their own, which may be others than \
             those above that lay down the duty:",
        ));
        let mut table = Table::new(
            "penalties",
            vec![
                Head::text("breach", audit.pick("行为", "breach")),
                Head::text("matters", audit.pick("所涉事项", "matters it is quoted for")),
                Head::text("range", audit.pick("幅度", "range")),
                Head::text("of", audit.pick("出处", "of")),
            ],
        );
        let fine = penalties.iter().any(|penalty| penalty.is_fine()).then_some(&LIMITATION);
        for penalty in penalties.into_iter().chain(fine) {
            let mut matters: BTreeMap<&str, usize> = BTreeMap::new();
            for told in breaches.iter().filter(|told| threatens(penalty, told)) {
                let title = told.rule().title;
                *matters.entry(audit.pick(title.zh, title.en)).or_default() += 1;
            }
            let matters: Vec<String> = matters
                .into_iter()
                .map(|(title, count)| match audit.lang {
                    Lang::Zh => format!("{title} {count} 件"),
                    Lang::En => format!("{title}: {count}"),
                })
                .collect();
            table.push(vec![
                audit.pick(penalty.breach.zh, penalty.breach.en).to_owned(),
                matters.join(audit.pick("；", "; ")),
                audit.pick(penalty.range.zh, penalty.range.en).to_owned(),
                penalty.of.cited(audit.lang),
            ]);
        }
        page.table(table);
    }
}

/// 附件: every finding under a number, and under the same number its evidence.
fn annexes(audit: &Audit<'_>, breaches: &[&Told], page: &mut Document) {
    page.heading(audit.pick("附件一 发现清单", "Annex 1. Findings"));
    let told = lists::findings(audit, breaches).without(&["kind", "evidence", "finding_id"]);
    let told = told.without_blank(&["amount", "difference", "event_on", "due_on", "days_late"]);
    page.table(told.numbered(audit.pick("序号", "no.")));
    page.heading(audit.pick("附件二 证据", "Annex 2. Evidence"));
    let aside = [
        "severity",
        "kind",
        "amount",
        "difference",
        "event_on",
        "due_on",
        "days_late",
        "state",
        "explanation",
    ];
    let told = lists::findings(audit, breaches).without(&aside);
    page.table(told.numbered(audit.pick("序号", "no.")).whole_in("../findings.csv"));
}

/// Whether no earlier finding is of the same rule and party.
fn is_first(all: &[&Told], told: &Told) -> bool {
    let is_same = |other: &&&Told| (other.rule, other.party) == (told.rule, told.party);
    all.iter().find(is_same).is_some_and(|first| std::ptr::eq(*first, told))
}
