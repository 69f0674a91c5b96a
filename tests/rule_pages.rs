//! Runs the examples on every rule's page: tables of ledger rows in, the findings of the page's rule out.
//!
//! Each second-level section is a book of its own. A block named after a ledger holds that ledger's rows: the columns
//! that matter, `-` for an empty cell; the others have the defaults below. A `findings` block says what the rule
//! finds: key, party, institution, difference, and the sentence. `UPDATE=1 cargo test` rewrites the findings.
#![expect(clippy::disallowed_methods, reason = "the pages are read and, on demand, rewritten")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use treasury_recon::domain::entry::{Book, Part};
use treasury_recon::domain::facts::Facts;
use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::ledger::intake::{SUCCESS, take_in};
use treasury_recon::ledger::{SourceFile, format, read};
use treasury_recon::matching::{Limits, STRATEGIES, match_up};
use treasury_recon::rules::{RULES, Rule, judge};

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
];

const INSTITUTIONS: &str = "code,name,kind\n12106000000,县税务局,tax_org\n301001,县执收单位,collector\n";

fn registered(table: &str, text: &str) -> Vec<Part> {
    let source = SourceFile {
        path: format!("reference/{table}.csv").into(),
        bytes: text.into(),
        arrived: DAY.parse().expect("a date"),
    };
    let parsed = read(&source, format::by_id(table).expect("a table"));
    assert_eq!(parsed.problems, []);
    parsed.parts
}

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

/// One ledger's block as the file a party would deliver.
fn delivered(ledger: Ledger, block: &str) -> Vec<Part> {
    let mut lines = block.lines();
    let named: Vec<&str> = lines.next().expect("a header").split_whitespace().collect();
    let format = format::of(ledger);
    let fixed: Vec<(&str, &str)> = format
        .columns
        .iter()
        .map(|column| column.field.id())
        .filter(|name| !named.contains(name))
        .filter_map(|name| DEFAULTS.iter().find(|(known, _)| *known == name).copied())
        .collect();
    let mut text =
        named.iter().chain(fixed.iter().map(|(name, _)| name)).copied().collect::<Vec<_>>().join(",");
    for line in lines {
        let cells = line.split_whitespace().map(|cell| if cell == "-" { "" } else { cell });
        let row: Vec<&str> = cells.chain(fixed.iter().map(|(_, value)| *value)).collect();
        write!(text, "\n{}", row.join(",")).expect("memory");
    }
    let source = SourceFile {
        path: format!("inbox/{DAY}/{}.csv", ledger.id()).into(),
        bytes: text.into_bytes(),
        arrived: DAY.parse().expect("a date"),
    };
    let done = read(&source, format);
    assert_eq!(done.problems, [], "{}", String::from_utf8_lossy(&source.bytes));
    done.parts
}

fn found(rule: &'static Rule, parts: Vec<Part>) -> String {
    let book = Book::assemble(parts);
    let standing = take_in(&book, &SUCCESS).standing();
    let matched = match_up(&book, &standing, STRATEGIES, Limits::default());
    let mut facts = Facts::new(DAY.parse().expect("a date"));
    facts.add_institutions(&Book::assemble(registered("institutions", INSTITUTIONS)));
    let mut text = String::new();
    for finding in judge(&book, &matched, &facts, RULES) {
        if finding.rule.id != rule.id {
            continue;
        }
        let institution = if finding.institution.is_empty() { "-" } else { &finding.institution };
        let difference = finding.difference.map_or_else(|| "-".to_owned(), |money| money.to_string());
        let who = finding.party.id();
        let because = finding.explanation.in_lang(Lang::En);
        writeln!(text, "{}  {who}  {institution}  {difference}  {because}", finding.key).expect("memory");
    }
    if text.is_empty() { "none\n".to_owned() } else { text }
}

/// The page with its findings as they are now, and how many findings and sections without one it has.
fn run(rule: &'static Rule, page: &str) -> (String, usize, usize) {
    let mut now = String::new();
    let mut parts = Vec::new();
    let (mut hits, mut misses) = (0, 0);
    let mut rest = page;
    while let Some(start) = rest.find("```") {
        now += &rest[..start];
        if rest[..start].contains("\n## ") {
            parts.clear();
        }
        let block = &rest[start + 3..];
        let end = block.find("```").expect("the block ends");
        let (name, body) = block[..end].split_once('\n').expect("a name");
        if name == "findings" {
            let found = found(rule, std::mem::take(&mut parts));
            if found == "none\n" {
                misses += 1;
            } else {
                hits += 1;
            }
            write!(now, "```findings\n{found}```").expect("memory");
        } else {
            let ledger = Ledger::from_id(name).unwrap_or_else(|| panic!("{name} is no ledger"));
            parts.extend(delivered(ledger, body));
            write!(now, "```{name}\n{body}```").expect("memory");
        }
        rest = &block[end + 3..];
    }
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
        assert!(hits >= 2 && misses >= 2, "{name}: {hits} hits, {misses} near misses");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(path, now).expect("written");
        } else {
            assert_eq!(now, page, "{name}: UPDATE=1 cargo test rewrites it; review the difference");
        }
    }
}
