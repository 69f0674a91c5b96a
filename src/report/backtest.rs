//! What other settings, rules or tables would have told of archived days.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::lang::Lang;
use crate::domain::money::Money;
use crate::investigation::contrast::{Change, Difference};
use crate::pipeline::margin::{Flip, Margins, Move, NearMiss};
use crate::rules::by_id;
use crate::rules::finding::{Identity, Severity, Told};

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
    /// Other versions of the program by which days were judged first.
    pub programs: &'b BTreeSet<String>,
    pub changed: &'b [Changed],
    pub differences: &'b [Difference],
    /// By how little verdicts hold, where that was asked for.
    pub margins: Option<&'b KnownMargins>,
    /// Within how many per cent of a setting something is a near miss.
    pub near: u32,
    pub lang: Lang,
}

/// The margins of some days.
#[derive(Clone, Debug, Default)]
pub struct KnownMargins {
    /// New findings as they were first told, and what would change their verdict.
    findings: BTreeMap<Identity, (Told, Vec<Flip>)>,
    /// What was not found, by the setting that it is near to.
    near_misses: BTreeMap<(Identity, &'static str), NearMiss>,
}

impl KnownMargins {
    /// Adds those of a further day, on which some findings are new.
    pub fn add<'t>(&mut self, margins: Margins, new: impl Iterator<Item = &'t Told>) {
        self.findings.extend(new.map(|told| (told.identity(), (told.clone(), Vec::new()))));
        for flip in margins.flips {
            if let Some((_, flips)) = self.findings.get_mut(&flip.of) {
                flips.push(flip);
            }
        }
        for miss in margins.near_misses {
            let name = (miss.told.identity(), miss.by.setting);
            match self.near_misses.get_mut(&name) {
                Some(known) if known.by.steps.abs() <= miss.by.steps.abs() => {}
                Some(known) => *known = miss,
                None => {
                    self.near_misses.insert(name, miss);
                }
            }
        }
        let found = &self.findings;
        self.near_misses.retain(|(identity, _), _| !found.contains_key(identity));
    }
}

/// Everything, table by table.
pub fn document(of: &Backtest<'_>) -> Document {
    let Backtest { days, same, programs, changed, differences, lang, .. } = *of;
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
    if !programs.is_empty() {
        let programs = programs.iter().map(String::as_str).collect::<Vec<_>>().join(lang.pick("、", ", "));
        let own = env!("CARGO_PKG_VERSION");
        document.paragraph(match lang {
            Lang::Zh => format!("其中有以程序 {programs} 版判断的，此为 {own} 版：差异也可能出自程序。"),
            Lang::En => format!(
                "Some of them were judged by version {programs} of this program, which is {own}: a difference may come \
                 from the program too."
            ),
        });
    }
    if !changed.is_empty() {
        document.heading(lang.pick("所作改变", "What was changed"));
        document.table(settings(changed, lang));
    }
    if !differences.is_empty() {
        differing(&mut document, differences, lang);
    }
    if let Some(margins) = of.margins {
        say_margins(&mut document, margins, of.near, lang);
    }
    document
}

fn differing(document: &mut Document, differences: &[Difference], lang: Lang) {
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
}

fn say_margins(document: &mut Document, known: &KnownMargins, near: u32, lang: Lang) {
    document.heading(lang.pick("余量", "Margins"));
    document.paragraph(lang.pick(
        "首次列报的每项发现：各参数移到何处，结论即有不同（取离现值最近者）；期限、金额取自发现本身。每次只移动一个参数。",
        "For each finding that is new: where a setting would have to stand for another verdict, the nearest such value; \
         deadlines and amounts are the finding's own. One setting is moved at a time.",
    ));
    document.table(margins(known, lang));
    document.heading(lang.pick("临界未列", "Near misses"));
    document.paragraph(match lang {
        Lang::Zh => format!("未列为问题，而参数移动不超过 {near}%（至少一个单位，日期按一年的 {near}%）即会列出者。"),
        Lang::En => format!(
            "What is not found, and would be if a setting moved by no more than {near}%, one unit at least, {near}% of a \
             year for a date."
        ),
    });
    document.table(near_misses(known, lang));
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

/// How a setting, a day or an amount would have to move, and what would come of it.
fn moved_heads(lang: Lang) -> Vec<Head> {
    vec![
        Head::text("what", lang.pick("项目", "what")),
        Head::text("is", lang.pick("现为", "is")),
        Head::text("at", lang.pick("移至", "at")),
        Head::text("by", lang.pick("相差", "by")),
    ]
}

fn moved(by: &Move) -> Vec<String> {
    vec![by.setting.to_owned(), by.is.clone(), by.at.clone(), by.by.clone()]
}

fn margins(known: &KnownMargins, lang: Lang) -> Table {
    let mut heads = vec![
        Head::text("finding_id", lang.pick("编号", "id")),
        Head::text("rule", lang.pick("规则", "rule")),
        Head::text("key", lang.pick("对象", "key")),
        Head::text("severity", lang.pick("程度", "severity")),
    ];
    heads.extend(moved_heads(lang));
    heads.push(Head::text("then", lang.pick("则为", "then")));
    let mut table = Table::new("margins", heads);
    for (told, flips) in known.findings.values() {
        let severity = |of: Severity| lang.pick(of.zh(), of.id()).to_owned();
        let own = vec![told.id(), told.rule.to_owned(), told.key.clone(), severity(told.severity)];
        let none = || lang.pick("不列", "no finding").to_owned();
        let mut rows: Vec<Vec<String>> = Vec::new();
        if let (Some(due), Some(late)) = (told.due_on, told.days_late.filter(|late| *late > 0)) {
            let settled = told.settled_on.map(|on| on.to_string());
            let is = settled.unwrap_or_else(|| lang.pick("未结", "open").to_owned());
            rows.push(vec!["settled_on".to_owned(), is, due.to_string(), format!("-{late}"), none()]);
        }
        if let Some(difference) = told.difference.filter(|of| !of.is_zero()) {
            let zero = Money::ZERO;
            let by = zero - difference;
            rows.push(vec![
                "difference".to_owned(),
                difference.to_string(),
                zero.to_string(),
                format!("{}{by}", if by.is_negative() { "" } else { "+" }),
                none(),
            ]);
        }
        rows.extend(flips.iter().map(|flip| {
            let then = flip.then.map_or_else(none, severity);
            [moved(&flip.by), vec![then]].concat()
        }));
        if rows.is_empty() {
            let nothing = lang.pick(
                "无余量：所移动的参数均不影响其结论，自身亦无逾期或差额",
                "no margin: no setting that was moved decides on it, and it states no delay or difference",
            );
            rows.push(vec![nothing.to_owned(), String::new(), String::new(), String::new(), String::new()]);
        }
        for row in rows {
            table.push([own.clone(), row].concat());
        }
    }
    table
}

fn near_misses(known: &KnownMargins, lang: Lang) -> Table {
    let mut heads = vec![
        Head::text("rule", lang.pick("规则", "rule")),
        Head::text("title", lang.pick("规则名称", "title")),
        Head::text("severity", lang.pick("程度", "severity")),
        Head::text("party", lang.pick("责任方", "party")),
        Head::text("institution", lang.pick("机构", "institution")),
        Head::text("key", lang.pick("对象", "key")),
        Head::money("amount", lang.pick("金额", "amount")),
    ];
    heads.extend(moved_heads(lang));
    heads.push(Head::text("explanation", lang.pick("说明", "explanation")));
    let mut table = Table::new("near_misses", heads);
    for NearMiss { told, by } in known.near_misses.values() {
        let title = told.rule().title;
        let own = vec![
            told.rule.to_owned(),
            lang.pick(title.zh, title.en).to_owned(),
            lang.pick(told.severity.zh(), told.severity.id()).to_owned(),
            lang.pick(told.party.zh(), told.party.id()).to_owned(),
            told.institution.clone(),
            told.key.clone(),
            told.amount.map(|amount| amount.to_string()).unwrap_or_default(),
        ];
        let explanation = lang.pick(&told.explanation.zh, &told.explanation.en).to_owned();
        table.push([own, moved(by), vec![explanation]].concat());
    }
    table
}
