//! Runs the examples on every rule's page: tables of ledger rows in, the findings of the page's rule out.
//!
//! Each second-level section is a book of its own, run on every working day from its first delivery on. Blocks:
//!
//! - a ledger's name, then a day if it is not 2026-03-02, then a word if it is a second file of that day: its rows.
//!   Only the columns that matter are named; `-` is an empty cell, `~` a space; the others have the defaults below.
//! - `accounts`, `institutions` or `calendar`, then perhaps a day: the reference table from that day on.
//! - `silent` and a day: ledgers of which no file comes that day. All others of payments come, if empty.
//! - `skipped` and a day: nobody ran the program that day.
//! - `settings`: lines of `key = value`.
//! - `findings`, then perhaps a day: what the rule tells that day. Key, severity, party, institution, status,
//!   difference, and the sentence. `UPDATE=1 cargo test` rewrites them; review the difference.
#![expect(clippy::disallowed_methods, reason = "the pages are read and, on demand, rewritten")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use treasury_recon::domain::entry::Book;
use treasury_recon::domain::facts::Facts;
use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{SourceFile, format, read};
use treasury_recon::pipeline::handover::NoData;
use treasury_recon::rules::finding::Told;
use treasury_recon::rules::{RULES, Rule};

use crate::replay::Replay;

const DAY: &str = "2026-03-02";

/// What a column holds where the page does not name it.
const DEFAULTS: &[(&str, &str)] = &[
    ("tax_org", "12106000000"),
    ("collector", "301001"),
    ("treasury", "2106000000"),
    ("taxpayer_id", "91350100M000100Y43"),
    ("taxpayer_name", "甲公司"),
    ("payer_id", "91350100M000100Y43"),
    ("payer_name", "甲公司"),
    ("payer_account", "4400010"),
    ("payee_account", "2200010"),
    ("subject", "101010101"),
    ("level", "4"),
    ("amount", "100.00"),
    ("billed_on", DAY),
    ("bank", "102222020334"),
    ("received_at", DAY),
    ("booked_on", DAY),
    ("batch", "B1"),
    ("remitted_at", DAY),
    ("cleared_on", DAY),
    ("count", "1"),
    ("holder_name", "待报解预算收入"),
    ("holder_class", "bank"),
    ("nature", "pending_receipts"),
];

/// What a column holds where its ledger requires it and the page does not name it.
const REQUIRED: &[(&str, &str)] = &[
    ("payee_name", "乙公司"),
    ("issued_on", DAY),
    ("credited_on", DAY),
    ("voucher_date", DAY),
    ("paid_on", DAY),
    ("corrected_on", DAY),
    ("redeemed_on", DAY),
    ("unit", "101001"),
    ("year", "2026"),
    ("old_treasury", "2106000000"),
    ("old_level", "4"),
    ("old_subject", "101010101"),
    ("old_amount", "100.00"),
    ("new_treasury", "2106000000"),
    ("new_level", "4"),
    ("new_subject", "101010101"),
    ("new_amount", "100.00"),
    ("approved_on", "2026-01-15"),
];

/// Ledgers that come every day, with a header alone where the page has no rows for them.
const EVERY_DAY: [Ledger; 14] = [
    Ledger::TaxReceipts,
    Ledger::FinanceReceipts,
    Ledger::BankReceipts,
    Ledger::BankRemittances,
    Ledger::TreasuryReceipts,
    Ledger::TreasuryClearing,
    Ledger::TaxRefunds,
    Ledger::FinanceRefunds,
    Ledger::TreasuryRefunds,
    Ledger::BankRefunds,
    Ledger::FinanceDisbursements,
    Ledger::TreasuryDisbursements,
    Ledger::BankDisbursements,
    Ledger::BankStatements,
];

const INSTITUTIONS: &str =
    "code,name,kind\n12106000000,县税务局,tax_org\n301001,县执收单位,collector\n390001,县财政局,finance\n";

fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the project") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The rows of a block as a file would have them.
fn text_of(format: &format::Format, block: &str) -> Vec<u8> {
    let mut lines = block.lines();
    let named: Vec<&str> = lines.next().expect("a header").split_whitespace().collect();
    let is_remittance = ["bank-remittances", "treasury-clearing"].contains(&format.id.as_str());
    let fixed: Vec<(&str, &str)> = format
        .columns
        .iter()
        .filter_map(|column| {
            let of = |list: &[(&'static str, &'static str)]| {
                list.iter().find(|(known, _)| *known == column.field.id()).copied()
            };
            of(DEFAULTS).or_else(|| of(REQUIRED).filter(|_| column.required))
        })
        .filter(|(name, _)| !named.contains(name))
        // A receipt names its remittance only where the page says so.
        .filter(|(name, _)| is_remittance || !["batch", "remitted_at"].contains(name))
        .collect();
    let mut text =
        named.iter().chain(fixed.iter().map(|(name, _)| name)).copied().collect::<Vec<_>>().join(",");
    for line in lines {
        let cells: Vec<String> = line
            .split_whitespace()
            .map(|cell| if cell == "-" { String::new() } else { cell.replace('~', " ") })
            .collect();
        assert_eq!(cells.len(), named.len(), "a cell for every named column: {line}");
        let row: Vec<&str> =
            cells.iter().map(String::as_str).chain(fixed.iter().map(|(_, value)| *value)).collect();
        write!(text, "\n{}", row.join(",")).expect("memory");
    }
    text.into_bytes()
}

/// What a run said, and what it handed on.
#[derive(Debug)]
struct Said {
    told: Vec<Told>,
    no_data: Vec<NoData>,
    known: Vec<Told>,
}

/// A section's book: what comes on which day.
#[derive(Default)]
pub(crate) struct Section {
    files: BTreeMap<NaiveDate, Vec<(Ledger, SourceFile)>>,
    tables: BTreeMap<NaiveDate, Vec<(String, SourceFile)>>,
    silent: BTreeSet<(NaiveDate, Ledger)>,
    skipped: BTreeSet<NaiveDate>,
    settings: Vec<(String, String)>,
    /// Whether no table of institutions is there but one that is given.
    pub(crate) has_no_institutions: bool,
    /// The days told so far, by every rule, and what rules lacked.
    told: BTreeMap<NaiveDate, Said>,
    replay: Option<Replay>,
    next: Option<NaiveDate>,
}

impl Section {
    /// Takes a block in.
    pub(crate) fn take(&mut self, heading: &str, body: &str) {
        let mut words = heading.split_whitespace();
        let name = words.next().expect("a block has a name");
        let day: NaiveDate = words.next().unwrap_or(DAY).parse().expect("a day");
        let suffix = words.next().map(|word| format!("-{word}")).unwrap_or_default();
        match name {
            "silent" => {
                let ledgers = body.split_whitespace().map(|id| Ledger::from_id(id).expect("a ledger"));
                self.silent.extend(ledgers.map(|ledger| (day, ledger)));
            }
            "skipped" => {
                self.skipped.insert(day);
            }
            "settings" => {
                let pairs = body.lines().filter_map(|line| line.split_once(" = "));
                self.settings.extend(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
            }
            _ => {
                let format = format::by_id(name).unwrap_or_else(|| panic!("{name} is no ledger or table"));
                let bytes = text_of(format, body);
                if let Some(ledger) = Ledger::from_id(name) {
                    let path = format!("inbox/{day}/{name}{suffix}.csv").into();
                    let file = SourceFile { path, bytes, arrived: day };
                    self.files.entry(day).or_default().push((ledger, file));
                } else {
                    let path = format!("reference/{name}.csv").into();
                    let file = SourceFile { path, bytes, arrived: day };
                    self.tables.entry(day).or_default().push((name.to_owned(), file));
                }
            }
        }
    }

    /// Panics if a block was given that no run took in.
    fn finish(&self, rule: &Rule) {
        assert!(self.files.is_empty() && self.tables.is_empty(), "{}: a block no run saw", rule.id);
    }

    /// Runs every day up to `day`, and gives what the rule tells then.
    fn find(&mut self, rule: &'static Rule, day: NaiveDate) -> String {
        let mut lines = String::new();
        for told in self.tell(day).iter().filter(|told| told.rule == rule.id) {
            let institution = if told.institution.is_empty() { "-" } else { &told.institution };
            let difference = told.difference.map_or_else(|| "-".to_owned(), |money| money.to_string());
            writeln!(
                lines,
                "{}  {}  {}  {institution}  {}  {difference}  {}",
                told.key,
                told.severity.id(),
                told.party.id(),
                told.status.id(),
                told.explanation.in_lang(Lang::En)
            )
            .expect("memory");
        }
        if lines.is_empty() { "none\n".to_owned() } else { lines }
    }

    /// Runs every day up to `day`, and gives what is told then.
    pub(crate) fn tell(&mut self, day: NaiveDate) -> &[Told] {
        &self.run(day).told
    }

    /// Runs every day up to `day`, and gives which rules lack something then.
    pub(crate) fn lacks(&mut self, day: NaiveDate) -> &[NoData] {
        &self.run(day).no_data
    }

    /// Runs every day up to `day`, and gives all that is known of findings then.
    pub(crate) fn known(&mut self, day: NaiveDate) -> &[Told] {
        &self.run(day).known
    }

    fn run(&mut self, day: NaiveDate) -> &Said {
        if self.replay.is_none() {
            let mut facts = Facts::new(day);
            for (key, value) in &self.settings {
                facts.settings.set(key, value).expect("a setting");
            }
            if !self.has_no_institutions {
                add(&mut facts, "institutions", INSTITUTIONS.as_bytes());
            }
            self.replay = Some(Replay::new(facts));
            let default: NaiveDate = DAY.parse().expect("a day");
            let first = self.files.keys().chain(self.tables.keys()).min().copied();
            self.next = Some(first.unwrap_or(default));
        }
        let replay = self.replay.as_mut().expect("just made");
        while let Some(next) = self.next.filter(|next| *next <= day) {
            self.next = next.succ_opt();
            for (table, file) in self.tables.remove(&next).into_iter().flatten() {
                add(&mut replay.facts, &table, &file.bytes);
            }
            let mut files = self.files.remove(&next).unwrap_or_default();
            if self.skipped.contains(&next) {
                continue;
            }
            if files.is_empty() && replay.facts.calendar.is_working(next) == Some(false) {
                continue;
            }
            for ledger in EVERY_DAY {
                if !self.silent.contains(&(next, ledger)) && !files.iter().any(|(of, _)| *of == ledger) {
                    let header: Vec<&str> =
                        format::of(ledger).columns.iter().map(|column| column.field.id()).collect();
                    let path = format!("inbox/{next}/{}.csv", ledger.id()).into();
                    files.push((ledger, SourceFile { path, bytes: header.join(",").into(), arrived: next }));
                }
            }
            let files: Vec<SourceFile> = files.into_iter().map(|(_, file)| file).collect();
            let told = replay.run(next, &files, |outcome, problems| {
                assert_eq!(problems, []);
                Said {
                    told: outcome.told.clone(),
                    no_data: outcome.handover.no_data.clone(),
                    known: outcome.handover.told.clone(),
                }
            });
            self.told.insert(next, told);
        }
        self.told.get(&day).unwrap_or_else(|| panic!("{day} is run"))
    }
}

fn add(facts: &mut Facts, table: &str, bytes: &[u8]) {
    let source = SourceFile {
        path: format!("reference/{table}.csv").into(),
        bytes: bytes.to_vec(),
        arrived: DAY.parse().expect("a date"),
    };
    let parsed = read(&source, format::by_id(table).expect("a table"), &Profile::default());
    assert_eq!(parsed.problems, []);
    facts.add_table(table, Book::assemble(parsed.parts));
}

/// The page with its findings as they are now, and how many findings and examples without one it has.
fn run(rule: &'static Rule, page: &str) -> (String, usize, usize) {
    let mut now = String::new();
    let mut section = Section::default();
    let (mut hits, mut misses) = (0, 0);
    let mut rest = page;
    while let Some(start) = rest.find("```") {
        now += &rest[..start];
        if rest[..start].contains("\n## ") {
            section.finish(rule);
            section = Section::default();
        }
        let block = &rest[start + 3..];
        let end = block.find("```").expect("the block ends");
        let (heading, body) = block[..end].split_once('\n').expect("a name");
        if let Some(day) = heading.strip_prefix("findings") {
            let day = if day.trim().is_empty() { DAY } else { day.trim() };
            let found = section.find(rule, day.parse().expect("a day"));
            if found == "none\n" {
                misses += 1;
            } else {
                hits += 1;
            }
            write!(now, "```{heading}\n{found}```").expect("memory");
        } else {
            section.take(heading, body);
            write!(now, "```{heading}\n{body}```").expect("memory");
        }
        rest = &block[end + 3..];
    }
    section.finish(rule);
    now += rest;
    (now, hits, misses)
}

#[test]
fn every_page_finds_what_it_says() {
    let pages = pages();
    assert_eq!(pages.len(), RULES.len(), "a page for every rule");
    for rule in RULES {
        let name = format!("{}.md", rule.id.replace('-', "_"));
        let path = pages.iter().find(|path| path.ends_with(&name)).unwrap_or_else(|| panic!("{name}"));
        let page = fs::read_to_string(path).expect("text");
        assert_eq!(page, rule.page, "{name} is the page the rule carries");
        assert!(
            page.starts_with(&format!("# `{}` {}\n", rule.id, rule.title.zh)),
            "{name} opens with its title"
        );
        let (now, hits, misses) = run(rule, &page);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(path, &now).expect("written");
        }
        assert!(hits >= 2 && misses >= 2, "{name}: {hits} hits, {misses} near misses");
        if std::env::var_os("UPDATE").is_none() {
            assert_eq!(now, page, "{name}: UPDATE=1 cargo test rewrites it; review the difference");
        }
    }
}
