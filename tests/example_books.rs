//! The generated books: the story's findings day by day, and nothing at all in clean books.
#![expect(clippy::disallowed_methods, reason = "the fixtures are read and, on demand, rewritten")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use treasury_recon::domain::entry::Book;
use treasury_recon::domain::facts::Facts;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::domain::money::Money;
use treasury_recon::example::{
    BookFile, Expected, clean_book, long_book, long_days, long_expectations, story_book, story_days,
    story_expectations,
};
use treasury_recon::ledger::decode::decode;
use treasury_recon::ledger::format::Type;
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{SourceFile, format, read};
use treasury_recon::rules::RULES;
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
            facts.add_table(&table, Book::assemble(parsed.parts));
        }
    }
    (facts, days)
}

/// What a run tells, as far as the story demands it.
pub(crate) fn shown(told: &Told) -> String {
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
    is_found(story_book(), &story_days(), &story_expectations());
}

#[test]
fn the_long_story_is_found_day_by_day() {
    is_found(long_book(), &long_days(), &long_expectations());
}

/// Each day tells exactly what is expected of it.
fn is_found(book: Vec<BookFile>, days: &[NaiveDate], expectations: &[Expected]) {
    let (facts, files) = open(book);
    let mut replay = Replay::new(facts);
    let mut failures = Vec::new();
    for &day in days {
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
        let of_nothing = told.iter().filter(|told| told.amount == Some(Money::ZERO));
        failures.extend(of_nothing.map(|told| format!("{day} over nothing: {}", shown(told))));
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

/// Rules neither story breaks: they suspect what nobody in them does.
const NOT_IN_THE_STORY: &[&str] = &[
    "third-party-payer",
    "loan-paid-tax",
    "collect-then-rebate",
    "tax-trading",
    "period-end-spike",
    "fund-round-trip",
];

#[test]
fn the_stories_break_every_rule_twice() {
    let mut keys: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for expected in story_expectations().into_iter().chain(long_expectations()) {
        keys.entry(expected.rule).or_default().insert(expected.key);
    }
    for rule in RULES {
        let is_left_out = NOT_IN_THE_STORY.contains(&rule.id);
        let times = keys.remove(rule.id).unwrap_or_default().len();
        assert_eq!(times < 2, is_left_out, "{}: {times} keys", rule.id);
    }
    assert_eq!(keys, BTreeMap::new());
}

#[test]
fn a_clean_book_has_no_finding() {
    for (seed, first, days, slips) in [
        (7, "2025-11-24", 60, 40),
        (8, "2025-09-15", 30, 7),
        (9, "2026-03-02", 30, 100),
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
fn demanded(expectations: Vec<Expected>) -> String {
    let money = |fen: Option<i64>| fen.map(|fen| Money::from_fen(fen).to_string()).unwrap_or_default();
    let mut text = String::from(
        "day,rule,key,party,institution,severity,status,amount,difference,days_late,first_seen\n",
    );
    for of in expectations {
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
    let page =
        |book: Vec<BookFile>| book.into_iter().find(|file| file.path == "story.md").expect("a story").bytes;
    for (name, bytes) in [
        ("spring-festival/story.md", page(story_book())),
        ("spring-festival/expected-findings.csv", demanded(story_expectations()).into_bytes()),
        ("long/story.md", page(long_book())),
        ("long/expected-findings.csv", demanded(long_expectations()).into_bytes()),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
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

/// The same rows as another system would export them.
fn disguised(file: &SourceFile, turn: usize) -> SourceFile {
    let text = decode(&file.bytes, None).text;
    let mut csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<csv::StringRecord> = csv.records().collect::<Result<_, _>>().expect("our own files");
    let name = file.path.rsplit_once('/').expect("in a folder").1;
    let ledger = Ledger::of_file_name(name).expect("a ledger");
    let header = &rows[0];
    let kind = |index: usize| format::of(ledger).by_header(&header[index]).map(|column| column.kind);
    let bytes = match turn % 4 {
        // A title, the unit, a total and who made it, in GB18030 with tabs.
        0 => {
            let mut text = format!("某县{name}明细\r\n单位：元\r\n\r\n");
            for row in &rows {
                let _ = write!(text, "{}\r\n", row.iter().collect::<Vec<_>>().join("\t"));
            }
            let sum = |index: usize| -> Money {
                rows[1..].iter().map(|row| row[index].parse().unwrap_or_default()).sum()
            };
            let cells = (0..header.len()).map(|index| match (index, kind(index)) {
                (0, _) => "合计".to_owned(),
                (_, Some(Type::Money)) => sum(index).to_string(),
                _ => String::new(),
            });
            let _ = write!(text, "{}\r\n制表人：张三\r\n", cells.collect::<Vec<_>>().join("\t"));
            encoding_rs::GB18030.encode(&text).0.into_owned()
        }
        // A workbook whose amounts, days and codes are numbers.
        1 => {
            let mut book = rust_xlsxwriter::Workbook::new();
            let day = rust_xlsxwriter::Format::new().set_num_format("yyyy/m/d");
            let sheet = book.add_worksheet();
            sheet.write(0, 0, "导出明细").expect("written");
            for (row, cells) in (2..).zip(&rows) {
                for (column, cell) in (0..).zip(cells) {
                    let written = match kind(usize::from(column)) {
                        _ if row == 2 || cell.is_empty() => sheet.write(row, column, cell),
                        Some(Type::Money) => match cell.parse::<f64>() {
                            Ok(number) => sheet.write(row, column, number),
                            Err(_) => sheet.write(row, column, cell),
                        },
                        Some(Type::Date) => match cell.parse::<NaiveDate>() {
                            Ok(date) => {
                                let days =
                                    (date - NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day")).num_days();
                                sheet.write_with_format(
                                    row,
                                    column,
                                    i32::try_from(days).expect("small"),
                                    &day,
                                )
                            }
                            Err(_) => sheet.write(row, column, cell),
                        },
                        Some(Type::Code) if cell.len() < 15 => match cell.parse::<u64>() {
                            // As a spreadsheet takes it: a number, its leading zeros lost.
                            Ok(number) => sheet.write(row, column, number),
                            Err(_) => sheet.write(row, column, cell),
                        },
                        _ => sheet.write(row, column, cell),
                    };
                    written.expect("written");
                }
            }
            book.save_to_buffer().expect("in memory")
        }
        // UTF-16 without a mark, semicolons, everything quoted.
        2 => {
            let quoted = |row: &csv::StringRecord| {
                row.iter()
                    .map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")))
                    .collect::<Vec<_>>()
                    .join(";")
            };
            let text = rows.iter().map(quoted).collect::<Vec<_>>().join("\n");
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        }
        _ => file.bytes.clone(),
    };
    SourceFile { path: file.path.clone(), bytes, arrived: file.arrived }
}

#[test]
fn the_story_is_the_same_in_other_forms() {
    let (facts, files) = open(story_book());
    let mut plain = Replay::new(facts.clone());
    let mut other = Replay::new(facts);
    let full = |told: &Told| {
        format!(
            "{} {:?} {:?} {} {:?}",
            shown(told),
            told.amount,
            told.difference,
            told.institution,
            told.days_late
        )
    };
    for day in story_days().drain(28..40) {
        let clothes: Vec<SourceFile> =
            files[&day].iter().enumerate().map(|(turn, file)| disguised(file, turn)).collect();
        let expected =
            plain.run(day, &files[&day], |outcome, _| outcome.told.iter().map(full).collect::<Vec<_>>());
        let found = other.run(day, &clothes, |outcome, problems| {
            assert_eq!(problems, []);
            outcome.told.iter().map(full).collect::<Vec<_>>()
        });
        assert_eq!(found, expected, "{day}");
    }
}
