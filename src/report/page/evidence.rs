//! Findings and the rows that show them, as the page's script reads them.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::domain::entry::Entry;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Ledger, Party};
use crate::ledger::format::{self, ColumnFormat, Type};
use crate::pipeline::Outcome;
use crate::report::render::printable;
use crate::rules::finding::{Kind, Status, Told};

/// Rows the page holds; those of the gravest findings come first.
const ROWS: usize = 20_000;
/// Rows of one finding that the page holds.
const ROWS_EACH: usize = 24;

/// What is to be done about a finding.
pub(super) const TO_DO: [(&str, &str); 5] = [
    ("已了结，留存备查。", "Settled; kept for the record."),
    (
        "谁出错、谁更正：责任方核实后更正，并将更正凭证或书面说明送国库；更正前逐日列示。",
        "Whoever erred corrects: the party that answers checks, corrects, and sends the treasury the correction or a written \
         account.",
    ),
    (
        "线索，尚不能认定：会同责任方核实，核实前不作违规处理。",
        "A lead, nothing is established: to be looked into with the party named before it is treated as a breach.",
    ),
    ("仅供了解，无须处理。", "For information; nothing is to be done."),
    (
        "责任方未定：各方先核对原始凭证，查明后由出错一方更正。",
        "Who answers is open: the parties compare their documents first, and whoever erred corrects.",
    ),
];

#[derive(Serialize)]
pub(super) struct Row {
    pub(super) ledger: &'static str,
    pub(super) at: String,
    /// Field and text of every cell that is not empty.
    pub(super) cells: Vec<(usize, String)>,
}

/// A finding in few letters: a day can have a hundred thousand of them.
#[derive(Serialize)]
pub(super) struct Finding {
    id: String,
    /// Rule, severity and party by place.
    r: usize,
    s: usize,
    p: usize,
    /// Institution, key, treasury, account.
    i: String,
    k: String,
    t: String,
    c: String,
    /// Amount and difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<String>,
    /// Days late.
    #[serde(skip_serializing_if = "Option::is_none")]
    l: Option<u32>,
    /// 1 if it is resolved.
    o: u8,
    /// First seen.
    f: String,
    /// Explanation.
    e: String,
    /// Evidence: the place of a row in the page, or its file and row.
    v: Vec<Shown>,
    /// What is to be done, by place.
    w: usize,
    /// The notice it stands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Shown {
    Here(usize),
    /// The file's place in the list of files, and the row.
    Away(usize, u32),
    /// What is no row of a file.
    Named(String),
}

/// The rows the page holds.
pub(super) struct Evidence {
    pub(super) rows: Vec<Row>,
    pub(super) fields: Vec<String>,
    /// The files of rows that the page does not hold.
    pub(super) files: Vec<String>,
    /// Where a row named `file#row` is, and its ledger.
    places: BTreeMap<String, (Ledger, usize)>,
}

impl Evidence {
    pub(super) fn of(told: &[&Told], outcome: &Outcome, lang: Lang) -> Self {
        let mut told = told.to_vec();
        told.sort_by_key(|told| (told.status, std::cmp::Reverse(told.severity)));
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        for name in told.iter().flat_map(|told| told.evidence.iter().take(ROWS_EACH)) {
            if wanted.len() == ROWS {
                break;
            }
            wanted.insert(name);
        }
        let mut by_file: FxHashMap<&str, BTreeSet<u32>> = FxHashMap::default();
        for name in wanted {
            if let Some((file, row)) = name.rsplit_once('#')
                && let Ok(row) = row.parse()
            {
                by_file.entry(file).or_default().insert(row);
            }
        }
        let mut found: BTreeMap<String, Entry<'_>> = BTreeMap::new();
        if !by_file.is_empty() {
            for entry in outcome.book.entries() {
                if by_file.get(entry.file()).is_some_and(|rows| rows.contains(&entry.file_row())) {
                    found.insert(entry.place(), entry);
                }
            }
        }
        let mut evidence =
            Self { rows: Vec::new(), fields: Vec::new(), files: Vec::new(), places: BTreeMap::new() };
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, entry) in found {
            let format = format::of(entry.ledger());
            let mut cells = Vec::new();
            for column in &format.columns {
                let text = shown(entry, column, lang);
                if text.is_empty() {
                    continue;
                }
                // As its own ledger calls it: another may have another name for the same.
                let title = column.zh.first().map_or(column.field.id(), String::as_str);
                let title = lang.pick(title, column.about.en.split(':').next().unwrap_or_default());
                let place = *known.entry(title).or_insert_with(|| {
                    evidence.fields.push(title.to_owned());
                    evidence.fields.len() - 1
                });
                cells.push((place, printable(&text)));
            }
            evidence.places.insert(name.clone(), (entry.ledger(), evidence.rows.len()));
            let ledger = lang.pick(format.title.zh.as_str(), format.title.en.as_str());
            evidence.rows.push(Row { ledger, at: printable(&name), cells });
        }
        evidence
    }

    /// A row by its file and number.
    fn away(&mut self, name: &str) -> Shown {
        let Some((file, row)) = name.rsplit_once('#').and_then(|(file, row)| Some((file, row.parse().ok()?)))
        else {
            return Shown::Named(printable(name));
        };
        let file = printable(file);
        let place = self.files.iter().rposition(|known| *known == file).unwrap_or_else(|| {
            self.files.push(file);
            self.files.len() - 1
        });
        Shown::Away(place, row)
    }

    /// The rows of a finding that are held, those of the source document first, and the names of the others.
    pub(super) fn split<'t>(&self, told: &'t Told) -> (Vec<usize>, Vec<&'t str>) {
        let mut here: Vec<(Ledger, usize)> = Vec::new();
        let mut away = Vec::new();
        for name in &told.evidence {
            match self.places.get(name) {
                Some(place) => here.push(*place),
                None => away.push(name.as_str()),
            }
        }
        here.sort_unstable();
        (here.into_iter().map(|(_, place)| place).collect(), away)
    }

    /// A finding with its rows.
    pub(super) fn finding(&mut self, told: &Told, rule: usize, party: usize, lang: Lang) -> Finding {
        let (here, away) = self.split(told);
        let mut shown: Vec<Shown> = here.into_iter().map(Shown::Here).collect();
        shown.extend(away.into_iter().map(|name| self.away(name)));
        let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string());
        Finding {
            id: told.id(),
            r: rule,
            s: told.severity as usize,
            p: party,
            i: printable(&told.institution),
            k: printable(&told.key),
            t: printable(&told.treasury),
            c: printable(&told.account),
            a: told.amount.map(|money| money.to_string()),
            d: told.difference.map(|money| money.to_string()),
            on: day(told.event_on),
            due: day(told.due_on),
            set: day(told.settled_on),
            l: told.days_late,
            o: u8::from(told.status == Status::Resolved),
            f: told.first_seen.to_string(),
            e: printable(told.explanation.in_lang(lang)),
            v: shown,
            n: told.notice.clone(),
            w: match (told.status, told.kind(), told.party) {
                (Status::Resolved, ..) => 0,
                (Status::Open, Kind::Breach, Party::Undetermined) => 4,
                (Status::Open, Kind::Breach, _) => 1,
                (Status::Open, Kind::Lead, _) => 2,
                (Status::Open, Kind::Info, _) => 3,
            },
        }
    }
}

/// A cell as people write it.
fn shown(entry: Entry<'_>, column: &ColumnFormat, lang: Lang) -> String {
    let field = column.field;
    let text = match column.kind {
        Type::Money => entry.money(field).map(|money| money.to_string()),
        Type::Date => entry.date(field).map(|day| day.to_string()),
        Type::Moment => entry.moment(field).map(|at| at.to_string()),
        Type::Count => entry.count(field).map(|count| count.to_string()),
        Type::Id | Type::Code | Type::Text | Type::Rate | Type::Flag => None,
    };
    text.unwrap_or_else(|| {
        let word = entry.text(field);
        lang.pick(column.word_zh(word), word).to_owned()
    })
}
