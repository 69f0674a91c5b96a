//! The generated books: the story's findings day by day, and nothing at all in clean books.
#![expect(clippy::disallowed_methods, reason = "the fixtures are read and, on demand, rewritten")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use treasury_recon::domain::entry::Book;
use treasury_recon::domain::facts::Facts;
use treasury_recon::domain::money::Money;
use treasury_recon::example::{BookFile, clean_book, story_book, story_days, story_expectations};
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{SourceFile, format, read};
use treasury_recon::rules::finding::Told;

use crate::replay::Replay;

/// A book's registers, and each day's files.
pub(crate) fn open(files: Vec<BookFile>) -> (Facts, BTreeMap<NaiveDate, Vec<SourceFile>>) {
    let mut facts = Facts::new(NaiveDate::MIN);
    let mut days: BTreeMap<NaiveDate, Vec<SourceFile>> = BTreeMap::new();
    for file in files {
        if let Some(name) = file.path.strip_prefix("inbox/") {
            let day: NaiveDate = name[..10].parse().expect("a day");
            let source = SourceFile { path: file.path.as_str().into(), bytes: file.bytes, arrived: day };
            days.entry(day).or_default().push(source);
        } else if let Some(name) = file.path.strip_prefix("reference/") {
            let table = name.trim_end_matches(".csv").to_owned();
            let format = format::by_id(&table).expect("a reference table");
            let source =
                SourceFile { path: file.path.as_str().into(), bytes: file.bytes, arrived: NaiveDate::MIN };
            let parsed = read(&source, format, &Profile::default());
            assert_eq!(parsed.problems, []);
            facts.add_table(&table, &Book::assemble(parsed.parts));
        }
    }
    (facts, days)
}

/// What a run tells, as far as the story demands it.
fn shown(told: &Told) -> String {
    format!(
        "{} {} {} {} {} first {}",
        told.rule,
        told.key,
        told.party.id(),
        told.severity.id(),
        told.status.id(),
        told.first_seen
    )
}

#[test]
fn the_story_is_found_day_by_day() {
    let (facts, files) = open(story_book());
    let expectations = story_expectations();
    let mut replay = Replay::new(facts);
    let mut failures = Vec::new();
    for day in story_days() {
        let told = replay.run(day, &files[&day], |outcome, problems| {
            assert_eq!(problems, []);
            outcome.told.clone()
        });
        let demanded: Vec<_> = expectations.iter().filter(|of| of.day == day).collect();
        let expected: BTreeSet<String> = demanded
            .iter()
            .map(|of| {
                format!(
                    "{} {} {} {} {} first {}",
                    of.rule, of.key, of.party, of.severity, of.status, of.first_seen
                )
            })
            .collect();
        let found: BTreeSet<String> = told.iter().map(shown).collect();
        failures.extend(expected.difference(&found).map(|line| format!("{day} missing: {line}")));
        failures.extend(found.difference(&expected).map(|line| format!("{day} not expected: {line}")));
        assert_eq!(found.len(), told.len(), "one finding for rule and key");
        for of in demanded {
            let Some(told) = told.iter().find(|told| told.rule == of.rule && told.key == of.key) else {
                continue;
            };
            let mut differs = |what: &str, demanded: String, found: String| {
                if demanded != found {
                    failures.push(format!("{day} {} {}: {what} {found}, not {demanded}", of.rule, of.key));
                }
            };
            if !of.institution.is_empty() {
                differs("institution", of.institution.clone(), told.institution.clone());
            }
            let money = |fen: Option<i64>| fen.map(Money::from_fen).map(|money| money.to_string());
            if let Some(amount) = money(of.amount) {
                differs("amount", amount, told.amount.unwrap_or_default().to_string());
            }
            if let Some(difference) = money(of.difference) {
                differs("difference", difference, told.difference.unwrap_or_default().to_string());
            }
            if of.days_late.is_some() {
                differs("days late", format!("{:?}", of.days_late), format!("{:?}", told.days_late));
            }
        }
    }
    assert!(failures.is_empty(), "{} differences\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn a_clean_book_has_no_finding() {
    for (seed, first, days, slips) in [
        (7, "2026-01-26", 30, 40),
        (8, "2025-09-15", 30, 7),
        (9, "2026-03-02", 30, 250),
        (10, "2026-04-27", 1, 900),
    ] {
        let (facts, files) = open(clean_book(seed, first.parse().expect("a date"), days, slips));
        let mut replay = Replay::new(facts);
        assert_eq!(files.len(), days as usize);
        for (day, files) in files {
            let told = replay.run(day, &files, |outcome, problems| {
                assert_eq!(problems, []);
                outcome.told.iter().map(shown).collect::<Vec<_>>()
            });
            assert_eq!(told, Vec::<String>::new(), "{day} of seed {seed}");
        }
    }
}

/// What the story demands, as a table a person can read.
fn demanded() -> String {
    let money = |fen: Option<i64>| fen.map(|fen| Money::from_fen(fen).to_string()).unwrap_or_default();
    let mut text = String::from(
        "day,rule,key,party,institution,severity,status,amount,difference,days_late,first_seen\n",
    );
    for of in story_expectations() {
        let late = of.days_late.map(|days| days.to_string()).unwrap_or_default();
        writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{late},{}",
            of.day,
            of.rule,
            of.key,
            of.party,
            of.institution,
            of.severity,
            of.status,
            money(of.amount),
            money(of.difference),
            of.first_seen
        )
        .expect("memory");
    }
    text
}

#[test]
fn the_fixtures_tell_the_story_as_the_generator_does() {
    let page = story_book().into_iter().find(|file| file.path == "story.md").expect("a story").bytes;
    for (name, bytes) in [("story.md", page), ("expected-findings.csv", demanded().into_bytes())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/spring-festival").join(name);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, &bytes).expect("written");
        }
        assert!(
            fs::read(&path).expect("a fixture") == bytes,
            "{name}: UPDATE=1 cargo test rewrites it; review it"
        );
    }
}
