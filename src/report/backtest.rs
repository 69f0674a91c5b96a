//! What other settings, rules or tables would have told of archived days.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::lang::Lang;
use crate::domain::money::Money;
use crate::domain::settings::Settings;
use crate::investigation::contrast::{Change, Difference};
use crate::pipeline::margin::{Flip, Margins, Move, NearMiss};
use crate::rules::by_id;
use crate::rules::finding::{Identity, Severity, Told};

use super::document::{Document, Head, Table};
use super::spoken::word;

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
    /// Settings that were moved, as asked for.
    pub moved: &'b [&'static str],
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
        say_margins(&mut document, margins, of, lang);
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

fn say_margins(document: &mut Document, known: &KnownMargins, of: &Backtest<'_>, lang: Lang) {
    document.heading(lang.pick("所移动的参数", "Settings that were moved"));
    let table = moved_settings(known, of.moved, lang);
    let idle: Vec<&str> =
        of.moved.iter().copied().filter(|key| !table.rows.iter().any(|row| row[0] == *key)).collect();
    if !table.rows.is_empty() {
        document.table(table);
    }
    if !idle.is_empty() {
        let list = idle.join(lang.pick("、", ", "));
        document.paragraph(match lang {
            Lang::Zh => format!("下列参数无论怎样移动，都不改变首次列报的发现，也没有临界未列者：{list}。"),
            Lang::En => {
                format!("However these are moved, no new finding changes and there is no near miss: {list}.")
            }
        });
    }
    document.heading(lang.pick("余量", "Margins"));
    document.paragraph(lang.pick(
        "首次列报的每项发现：各参数移到何处，结论即有不同（取离现值最近者），由所移动的参数决定的在前；“自身”为发现自己的期限、差额。\
         每次只移动一个参数。",
        "For each finding that is new: where a setting would have to stand for another verdict, the nearest such value; those on \
         which a moved setting decides come first. Its own deadline and difference are the finding's own. One setting is moved at \
         a time.",
    ));
    document.table(margins(known, lang));
    document.heading(lang.pick("临界未列", "Near misses"));
    let near = of.near;
    document.paragraph(match lang {
        Lang::Zh => format!("未列为问题，而参数移动不超过 {near}%（至少一个单位，日期按一年的 {near}%）即会列出者。"),
        Lang::En => format!(
            "What is not found, and would be if a setting moved by no more than {near}%, one unit at least, {near}% of a \
             year for a date."
        ),
    });
    document.table(near_misses(known, lang));
}

/// What a setting is about, and what its value counts.
fn about(key: &str, lang: Lang) -> (&'static str, &'static str) {
    let known = Settings::default().list().into_iter().find(|info| info.key == key);
    known.map_or(("", ""), |info| (lang.pick(info.zh, info.en), lang.pick(info.unit.0, info.unit.1)))
}

/// The settings that decide on something, in the order they were asked for.
fn moved_settings(known: &KnownMargins, asked: &[&'static str], lang: Lang) -> Table {
    let mut table = Table::new(
        "moved",
        vec![
            Head::text("setting", lang.pick("参数", "setting")),
            Head::text("about", lang.pick("含义", "what it is")),
            Head::text("unit", lang.pick("单位", "unit")),
            Head::number("findings", lang.pick("决定的发现（项）", "findings it decides on")),
            Head::number("near", lang.pick("临界未列（项）", "near misses")),
        ],
    );
    for &key in asked {
        let flips =
            known.findings.values().filter(|(_, flips)| flips.iter().any(|flip| flip.by.setting == key));
        let misses = known.near_misses.keys().filter(|(_, setting)| *setting == key);
        let (flips, misses) = (flips.count(), misses.count());
        if flips + misses > 0 {
            let (about, unit) = about(key, lang);
            let cells = [key, about, unit].map(str::to_owned);
            table.push(cells.into_iter().chain([flips, misses].map(|count| count.to_string())).collect());
        }
    }
    table
}

fn settings(changed: &[Changed], lang: Lang) -> Table {
    let mut table = Table::new(
        "changes",
        vec![
            Head::text("what", lang.pick("项目", "what")),
            Head::text("then", lang.pick("原为", "was")),
            Head::text("now", lang.pick("改为", "is")),
            Head::text("unit", lang.pick("单位", "unit")),
            Head::text("about", lang.pick("含义", "what it is")),
        ],
    );
    for Changed { what, then, now } in changed {
        let plain = |text: &String| text.trim_matches('"').to_owned();
        let then: Vec<String> = then.iter().map(plain).collect();
        let (setting, unit) = about(what, lang);
        let rule = by_id(what).map_or("", |rule| lang.pick(rule.title.zh, rule.title.en));
        table.push(vec![
            what.clone(),
            then.join(lang.pick("；", "; ")),
            plain(now),
            unit.to_owned(),
            format!("{setting}{rule}"),
        ]);
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
pub(super) fn differs(of: &Difference, lang: Lang) -> String {
    match (of.change, &of.then, &of.now) {
        (Change::Changed, None, _) => {
            lang.pick("此前已知，档案期内未再列报", "known before; the archive does not tell of it again")
        }
        (Change::Changed, _, None) => lang
            .pick("此前已知，重新判断未再列报", "known before; the new judgement does not tell of it again"),
        _ => {
            let columns = of.columns();
            let words = columns.iter().map(|(id, then, now)| changed_column(id, then, now, lang));
            return words.collect::<Vec<_>>().join(lang.pick("；", "; "));
        }
    }
    .to_owned()
}

/// What a column said, and what it says. Of evidence how much came and went: the rows are in `findings`.
fn changed_column(id: &str, then: &str, now: &str, lang: Lang) -> String {
    let rows = |text: &str| text.split(';').filter(|row| !row.is_empty()).map(str::to_owned).collect();
    let head = match id {
        "told_on" => lang.pick("首次列报", "told on"),
        "severity" => lang.pick("程度", "severity"),
        "party" => lang.pick("责任方", "party"),
        "institution" => lang.pick("机构", "institution"),
        "treasury" => lang.pick("国库", "treasury"),
        "account" => lang.pick("账号", "account"),
        "amount" => lang.pick("金额（元）", "amount (yuan)"),
        "difference" => lang.pick("差额（元）", "difference (yuan)"),
        "event_on" => lang.pick("发生日", "event on"),
        "due_on" => lang.pick("期限", "due on"),
        "settled_on" => lang.pick("了结日", "settled on"),
        "days_late" => lang.pick("逾期（天）", "days late"),
        "status" => lang.pick("状态", "status"),
        "first_seen" => lang.pick("首见", "first seen"),
        "evidence" => {
            let (then, now): (BTreeSet<String>, BTreeSet<String>) = (rows(then), rows(now));
            let (more, fewer) = (now.difference(&then).count(), then.difference(&now).count());
            return match lang {
                Lang::Zh => format!("证据 增 {more} 条、减 {fewer} 条"),
                Lang::En => format!("evidence: {more} rows more, {fewer} fewer"),
            };
        }
        other => unreachable!("{other} is no column that is compared"),
    };
    let none = lang.pick("无", "none");
    let [then, now] =
        [then, now].map(|text| if text.is_empty() { none.to_owned() } else { word(id, text, lang) });
    format!("{head} {then} → {now}")
}

/// What a setting is called, how a setting, a day or an amount would have to move, and what would come of it.
fn moved_heads(lang: Lang) -> Vec<Head> {
    vec![
        Head::text("what", lang.pick("项目", "what")),
        Head::text("is", lang.pick("现为", "is")),
        Head::text("at", lang.pick("移至", "at")),
        Head::text("by", lang.pick("相差", "by")),
        Head::text("unit", lang.pick("单位", "unit")),
    ]
}

fn moved(by: &Move, lang: Lang) -> Vec<String> {
    let (_, unit) = about(by.setting, lang);
    vec![by.setting.to_owned(), by.is.clone(), by.at.clone(), by.by.clone(), unit.to_owned()]
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
    let mut findings: Vec<&(Told, Vec<Flip>)> = known.findings.values().collect();
    findings.sort_by_key(|(_, flips)| flips.is_empty());
    for (told, flips) in findings {
        let severity = |of: Severity| lang.pick(of.zh(), of.id()).to_owned();
        let named = vec![told.id(), told.rule.to_owned(), told.key.clone(), severity(told.severity)];
        let none = || lang.pick("不列", "no finding").to_owned();
        let mut rows: Vec<Vec<String>> = flips
            .iter()
            .map(|flip| [moved(&flip.by, lang), vec![flip.then.map_or_else(none, severity)]].concat())
            .collect();
        rows.extend(own_margins(told, lang));
        if rows.is_empty() {
            let nothing = lang.pick(
                "无余量：所移动的参数均不影响其结论，自身亦无逾期或差额",
                "no margin: no setting that was moved decides on it, and it states no delay or difference",
            );
            rows.push([nothing, "", "", "", "", ""].map(str::to_owned).to_vec());
        }
        for row in rows {
            table.push([named.clone(), row].concat());
        }
    }
    table
}

/// By how much a finding misses its own deadline, and by how much sums differ.
fn own_margins(told: &Told, lang: Lang) -> Vec<Vec<String>> {
    let none = || lang.pick("不列", "no finding").to_owned();
    let mut rows = Vec::new();
    if let (Some(due), Some(late)) = (told.due_on, told.days_late.filter(|late| *late > 0)) {
        let settled = told.settled_on.map(|on| on.to_string());
        rows.push(vec![
            lang.pick("自身：了结日", "its own: settled on").to_owned(),
            settled.unwrap_or_else(|| lang.pick("未结", "open").to_owned()),
            due.to_string(),
            format!("-{late}"),
            // Deadlines of the tax law are counted in calendar days.
            lang.pick("天（按其规则计）", "days, as its rule counts").to_owned(),
            none(),
        ]);
    }
    if let Some(difference) = told.difference.filter(|of| !of.is_zero()) {
        let by = Money::ZERO - difference;
        // Of several parties the finding states the difference of one.
        let is_of_parties = told.rule.ends_with("-mismatch") || told.rule == "daily-tie-out";
        rows.push(vec![
            lang.pick("自身：差额", "its own: difference").to_owned(),
            difference.to_string(),
            Money::ZERO.to_string(),
            format!("{}{by}", if by.is_negative() { "" } else { "+" }),
            lang.pick("元", "yuan").to_owned(),
            if is_of_parties {
                lang.pick(
                    "各方均一致则不列，他方仍有差额则仍列",
                    "no finding if all parties agree; found all the same if another still differs",
                )
                .to_owned()
            } else {
                none()
            },
        ]);
    }
    rows
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
        let said = told.explanation.in_lang(lang);
        let explanation = match lang {
            Lang::Zh => format!("假如 {} 为 {}，则：{said}", by.setting, by.at),
            Lang::En => format!("If {} were {}: {said}", by.setting, by.at),
        };
        table.push([own, moved(by, lang), vec![explanation]].concat());
    }
    table
}
