//! What an audit takes along: the statements of a month, the pack of a quarter. Each is a folder that opens at
//! `index.html`, holds every list whole as CSV, and names in `manifest.json` what it rests on and the digest of each file.

mod bulletin;
mod changes;
mod dossier;
mod lists;
mod month;
mod quarter;
mod working_papers;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, Result};
use std::ops::Deref;

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::digest::sha256;
use crate::domain::facts::Facts;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Flow, Party};
use crate::period::metrics::{Past, Scored};
use crate::period::{Period, RunNote, Runs};
use crate::pipeline::OpenItem;
use crate::pipeline::registered::Registered;
use crate::rules::finding::{Kind, Status, Told};

pub use changes::Since;

use super::Files;
use super::daily::{BYTE_ORDER_MARK, csv};
use super::document::{Document, Table};
use super::names::Names;
use super::page::paper::{Paper, page};
use super::render::workbook::{Edition, Sheet, workbook};

/// A period, and what is known of it.
#[derive(Debug)]
pub struct Input<'a> {
    pub period: &'a Period,
    /// The registers as they are now, and the calendar.
    pub facts: &'a Facts,
    /// Every finding known, open or resolved.
    pub told: &'a [Told],
    /// What was open when the last run of the period ended.
    pub open: &'a [OpenItem],
    /// The runs of the period.
    pub notes: &'a [RunNote],
    /// The digest of the last manifest that is known, which stands for the archive up to it.
    pub digest: &'a str,
    /// The institution the audit is confined to.
    pub institution: Option<&'a str>,
    /// What it was when an earlier run had ended, where that is asked for.
    pub since: Option<Since<'a>>,
    /// What makes the same again.
    pub command: &'a str,
    pub lang: Lang,
}

/// A period as its reports see it.
struct Audit<'a> {
    input: &'a Input<'a>,
    names: Names<'a>,
    /// By institution and payment: what was told as withheld before it was remitted, and is told as delayed since.
    withheld: BTreeMap<(&'a str, &'a str), &'a Told>,
}

impl<'a> Deref for Audit<'a> {
    type Target = Input<'a>;

    fn deref(&self) -> &Self::Target {
        self.input
    }
}

/// What a quarter's pack says besides.
#[derive(Debug)]
pub struct Quarter<'a> {
    pub metrics: &'a [Scored],
    /// The quarters they are compared with, the latest first.
    pub before: &'a [Past],
    /// About how many payments of each stratum are drawn.
    pub sample_size: u32,
    /// What the registers listed in the quarter.
    pub registered: &'a [Registered],
}

/// The statements of a month.
pub fn month(input: &Input<'_>, files: &mut Files<'_>) -> Result<()> {
    let audit = Audit::of(input);
    let mut pack = Pack::new(&audit, files);
    month::write(&mut pack)?;
    pack.changes()?;
    pack.finish()
}

/// The pack of a quarter; the runs are those the period was added up from.
pub fn quarter(
    input: &Input<'_>,
    quarter: &Quarter<'_>,
    runs: &dyn Runs,
    files: &mut Files<'_>,
) -> Result<()> {
    let audit = Audit::of(input);
    let mut pack = Pack::new(&audit, files);
    quarter::write(&mut pack, quarter, runs)?;
    pack.changes()?;
    pack.finish()
}

/// What the pack rests on, and what is in it.
#[derive(Serialize)]
struct Manifest<'a> {
    version: u32,
    program: &'a str,
    period: String,
    institution: Option<&'a str>,
    known_on: NaiveDate,
    /// SHA-256 of the manifest of the last run.
    archive: &'a str,
    /// By day the SHA-256 of the manifest of its run.
    runs: BTreeMap<NaiveDate, &'a str>,
    settings: Vec<(&'a str, String)>,
    /// What makes the same again.
    command: &'a str,
    files: BTreeMap<String, String>,
}

/// A folder in the making.
struct Pack<'a, 'f, 'g> {
    audit: &'a Audit<'a>,
    files: &'f mut Files<'g>,
    digests: BTreeMap<String, String>,
}

impl<'a, 'f, 'g> Pack<'a, 'f, 'g> {
    fn new(audit: &'a Audit<'a>, files: &'f mut Files<'g>) -> Self {
        Self { audit, files, digests: BTreeMap::new() }
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let before = self.digests.insert(name.to_owned(), sha256(bytes));
        assert!(before.is_none(), "{name} is written once");
        (self.files)(name, bytes)
    }

    /// A page; where it leads back to is seen from its own folder.
    fn page(&mut self, name: &str, title: &str, document: &Document) -> Result<()> {
        let audit = self.audit;
        let up = if name.contains('/') { "../index.html" } else { "index.html" };
        let home = audit.pick("目录", "contents");
        let rests_on = audit.rests_on();
        let back = (name != "index.html").then_some((up, home));
        let bytes = page(Paper { title, back, rests_on: &rests_on, lang: audit.lang }, document)?;
        self.put(name, &bytes)
    }

    /// A list in full.
    fn list(&mut self, name: &str, table: Table) -> Result<()> {
        let bytes = [BYTE_ORDER_MARK.as_bytes(), &csv(table)].concat();
        self.put(name, &bytes)
    }

    /// Sheets that are printed under a title.
    fn workbook(&mut self, name: &str, title: &str, sheets: &[Sheet]) -> Result<()> {
        let audit = self.audit;
        let rests_on = audit.rests_on();
        let edition = Edition { day: audit.period.span.last(), lang: audit.lang, title, rests_on: &rests_on };
        let bytes = workbook(sheets, &edition).map_err(Error::other)?;
        self.put(name, &bytes)
    }

    fn changes(&mut self) -> Result<()> {
        self.audit.since.map_or(Ok(()), |since| changes::write(self, since))
    }

    fn finish(self) -> Result<()> {
        let audit = self.audit;
        let manifest = Manifest {
            version: 1,
            program: env!("CARGO_PKG_VERSION"),
            period: audit.period.span.to_string(),
            institution: audit.institution,
            known_on: audit.period.known_on,
            archive: audit.digest,
            runs: audit.notes.iter().map(|note| (note.day, note.manifest.as_str())).collect(),
            settings: audit.facts.settings.list().into_iter().map(|info| (info.key, info.written)).collect(),
            command: audit.command,
            files: self.digests,
        };
        let text = serde_json::to_string_pretty(&manifest).map_err(Error::other)?;
        (self.files)("manifest.json", format!("{text}\n").as_bytes())
    }
}

impl<'a> Audit<'a> {
    fn of(input: &'a Input<'a>) -> Self {
        let of_payment = |told: &'a Told| (told.institution.as_str(), told.key.as_str());
        let of_rule = |rule: &'static str| input.told.iter().filter(move |told| told.rule == rule);
        let delayed: BTreeSet<_> = of_rule("remittance-delay").map(of_payment).collect();
        let last = input.period.span.last();
        let withheld = of_rule("remittance-withholding")
            .filter(|told| told.settled_on.is_some_and(|on| on <= last))
            .map(|told| (of_payment(told), told))
            .filter(|(payment, _)| delayed.contains(payment))
            .collect();
        Self { input, names: Names::of(input.facts), withheld }
    }

    fn pick(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(zh, en)
    }

    /// An institution's or treasury's name and code.
    fn named(&self, code: &str) -> String {
        match (self.names.get(code), code) {
            (_, "") => self.pick("（未注明）", "(not stated)").to_owned(),
            ("", code) => code.to_owned(),
            (name, code) => format!("{name}（{code}）"),
        }
    }

    fn subject(&self, code: &str) -> &str {
        let subjects = self.facts.subjects.as_ref();
        subjects.and_then(|table| table.get(code)).map_or("", |subject| &subject.name)
    }

    /// What a page's foot says it rests on.
    fn rests_on(&self) -> String {
        let (span, known) = (self.period.span, self.period.known_on);
        match self.lang {
            Lang::Zh => format!("{span} · 依据截至 {known} 的档案 · 档案摘要 {}", self.digest),
            Lang::En => format!("{span} · from the archive as of {known} · archive digest {}", self.digest),
        }
    }

    /// Findings that were told in the period, or were open in it; of the institution alone where the audit is confined to
    /// one. A payment that was withheld and then remitted late counts once, as delayed; the delay says from when to when it
    /// was withheld.
    fn findings(&self) -> Vec<&'a Told> {
        let mut found = self.every_finding();
        found.retain(|told| {
            let withheld = self.withheld.get(&(told.institution.as_str(), told.key.as_str()));
            !withheld.is_some_and(|withheld| std::ptr::eq(*withheld, *told))
        });
        found
    }

    /// The same, a payment under every finding of it.
    fn every_finding(&self) -> Vec<&'a Told> {
        let span = self.period.span;
        let is_of = |told: &&Told| match (told.kind(), told.status) {
            (Kind::Info, _) => span.contains(told.first_seen),
            (_, Status::Open) => told.first_seen <= span.last(),
            (_, Status::Resolved) => {
                told.first_seen <= span.last() && told.settled_on.is_none_or(|on| on >= span.first())
            }
        };
        let concerns = |told: &&Told| self.institution.is_none_or(|code| told.institution == code);
        self.told.iter().filter(concerns).filter(is_of).collect()
    }

    /// What a finding says; of a delay also when it was told as withheld.
    fn explained(&self, told: &Told) -> String {
        let mut words = told.explanation.in_lang(self.lang).to_owned();
        let withheld = self.withheld.get(&(told.institution.as_str(), told.key.as_str()));
        if let Some((withheld, settled)) = withheld.and_then(|of| Some((of, of.settled_on?)))
            && told.rule == "remittance-delay"
        {
            let before = match self.lang {
                Lang::Zh => format!("；{} 至 {settled} 列为占压，划转后并入本项计一次", withheld.first_seen),
                Lang::En => format!(
                    "; told as withheld from {} to {settled}, counted once, here, since it was remitted",
                    withheld.first_seen
                ),
            };
            words.push_str(&before);
        }
        words
    }

    /// Whether a lead was cleared by what came later.
    fn is_cleared(&self, told: &Told) -> bool {
        told.kind() == Kind::Lead && !self.stood_at_end(told)
    }

    fn what_settled_means(&self) -> &'a str {
        self.pick(
            "已结：差错已更正、所缺已补齐，或后到的数据表明当时所据不全；所缺是迟到的，逾期从期限算到数据收到之日，办理是否及时以各方所记日期为准。",
            "Settled: an error was corrected, what was missing came, or later data showed that what it rested on was \
             incomplete. Of what was missing, days late run to the day the data came; whether it was done in time goes by \
             the dates that the parties recorded.",
        )
    }

    /// Whether a finding was open when the period ended.
    fn stood_at_end(&self, told: &Told) -> bool {
        let last = self.period.span.last();
        told.first_seen <= last
            && (told.status == Status::Open || told.settled_on.is_some_and(|on| on > last))
    }

    fn party(&self, party: Party) -> &'a str {
        self.pick(party.zh(), party.id())
    }

    fn flow(&self, flow: Flow) -> &'a str {
        self.pick(flow.zh(), flow.id())
    }

    /// The party an institution or treasury of the registers belongs to.
    fn party_of(&self, code: &str) -> Option<Party> {
        let institution = self.facts.institutions.as_ref().and_then(|table| table.get(code));
        let treasury = || self.facts.treasuries.as_ref()?.contains_key(code).then_some(Party::Treasury);
        institution.map(|known| known.party).or_else(treasury)
    }
}

/// A code as part of a file's name: what else it has is left out, and told apart by a digest.
pub fn file_name(code: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !code.is_empty() && code.len() <= 40 && code.chars().all(is_plain) {
        return code.to_owned();
    }
    let digest = sha256(code.as_bytes());
    let kept: String = code.chars().filter(|c| is_plain(*c)).take(20).collect();
    format!("{kept}-{}", &digest[..8])
}
