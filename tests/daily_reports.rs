//! Whole reports of a day of the story, in both languages, as they stand in `fixtures/spring-festival/reports/`.
//!
//! Workbooks stand there as the text of their sheets, and pages without their style and script, which are files of their
//! own.
#![expect(clippy::disallowed_methods, reason = "the fixtures are read and, on demand, rewritten")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx};
use chrono::NaiveDate;
use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::example::{story_book, story_days};
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{Parsed, SourceFile, format, read};
use treasury_recon::report::{FOLDERS, FileRead, REPORTS, Run};
use treasury_recon::rules::RULES;

use crate::example_books::open;
use crate::replay::Replay;

/// Breaches, leads and statistics, told today, told before and resolved; every kind of party; a notice of breaches and
/// leads, and one that is settled.
const DAY: &str = "2026-01-20";

/// A file of that day besides the story's: a row that cannot be read.
const UNREADABLE: &str = "税票号码,经收处行号,收款账号,金额,收纳时间\n329010260100079999,102290100106,2200010,12,00.00,2026-01-20\n\
                          329010260100079998,102290100106,2200010,1200.005,2026-01-20\n";

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the files are, as the command counts them.
fn ledger(file: &SourceFile) -> (Ledger, Parsed) {
    let name = file.path.rsplit('/').next().expect("a name");
    let ledger = Ledger::of_file_name(name).expect("a ledger's file");
    (ledger, read(file, format::of(ledger), &Profile::default()))
}

/// A cell as it is shown.
fn cell(cell: &Data) -> String {
    match cell {
        Data::DateTime(at) => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year}-{month:02}-{day:02}")
        }
        other => other.to_string(),
    }
}

/// A sheet a block, a row a line.
fn sheets(bytes: Vec<u8>) -> String {
    let mut book = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let mut text = String::new();
    for (name, sheet) in book.worksheets() {
        let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        for row in sheet.rows() {
            csv.write_record(row.iter().map(cell)).expect("memory");
        }
        let rows = String::from_utf8(csv.into_inner().expect("memory")).expect("text");
        writeln!(text, "[{name}]\n{rows}").expect("memory");
    }
    text
}

/// A report as its fixture has it: its name, and its text.
pub(crate) fn shown(name: &str, bytes: Vec<u8>) -> (String, String) {
    match Path::new(name).extension().and_then(|kind| kind.to_str()) {
        Some("xlsx") => (format!("{name}.txt"), sheets(bytes)),
        Some("html") => {
            let mut text = String::from_utf8(bytes).expect("text");
            for part in ["page.css", "page.js", "notice.css", "paper.css", "paper.js"] {
                let whole = fs::read_to_string(root().join("src/report/page").join(part)).expect("a source");
                text = text.replace(&whole, part);
            }
            // The findings and records of the page, one a line.
            (name.to_owned(), text.replace("},{", "},\n{").replace("]],[[", "]],\n[["))
        }
        _ => (name.to_owned(), String::from_utf8(bytes).expect("text")),
    }
}

fn reports(run: &Run<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (name, report) in REPORTS {
        let mut bytes = Vec::new();
        let mut sink = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        report(run, &mut sink).expect("written");
        all.extend([shown(name, bytes)]);
    }
    for (folder, fill) in FOLDERS {
        let mut file = |name: &str, bytes: &[u8]| {
            all.extend([shown(&format!("{folder}/{name}"), bytes.to_vec())]);
            Ok(())
        };
        fill(run, &mut file).expect("written");
    }
    all
}

/// A page shows nobody a code for what has a word: only ids of rules, ledgers and tables, which are what a reader looks up,
/// stand in it; in English also what is one word.
pub(crate) fn speaks_in_words(name: &str, page: &str) {
    if !page.contains("<html lang=") {
        return;
    }
    let is_chinese = page.contains("<html lang=\"zh-CN\">");
    let known = |word: &str| {
        RULES.iter().any(|rule| rule.id == word)
            || format::by_id(word).is_some()
            || ["treasury-recon", "audit", "run", "xlsx", "notices", "no-archive"].contains(&word)
    };
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let end = ["style", "script"].into_iter().find(|of| tag.starts_with(of));
        let after = end.and_then(|of| tag.split_once(&format!("</{of}>"))).or_else(|| tag.split_once('>'));
        rest = after.map_or("", |(_, after)| after);
    }
    let mut codes = BTreeSet::new();
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_./&;#=:".contains(c);
    for word in text.split(|c: char| !is_part(c)).map(|word| word.trim_matches([';', ':', '.'])) {
        let is_code = word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.ends_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '_')
            && (is_chinese || word.contains('_') || word.starts_with("by-"));
        if is_code && !known(word) {
            codes.insert(word);
        }
    }
    assert_eq!(codes, BTreeSet::new(), "shown in {name}");
}

/// Every file below a folder, relative to it.
fn files_below(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).expect("below it").to_owned());
            }
        }
    }
    found
}

pub(crate) fn compare(folder: &Path, reports: &BTreeMap<String, String>) {
    if std::env::var_os("UPDATE").is_some() {
        if folder.exists() {
            fs::remove_dir_all(folder).expect("removed");
        }
        for (name, text) in reports {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("written");
        }
    }
    let hint = "UPDATE=1 cargo test rewrites it; review it";
    let names: BTreeSet<PathBuf> = reports.keys().map(PathBuf::from).collect();
    assert_eq!(files_below(folder), names, "{}: {hint}", folder.display());
    for (name, text) in reports {
        let known = fs::read_to_string(folder.join(name)).expect("a fixture");
        for (line, (found, known)) in (1..).zip(text.split('\n').zip(known.split('\n'))) {
            assert_eq!(found, known, "{name}:{line}: {hint}");
        }
        assert_eq!(text.len(), known.len(), "{name}: {hint}");
    }
}

#[test]
fn a_days_reports_are_as_their_fixtures_show_them() {
    let last: NaiveDate = DAY.parse().expect("a day");
    let (facts, mut files) = open(story_book());
    files.get_mut(&last).expect("files").push(SourceFile {
        path: format!("inbox/{last}/bank-receipts-unreadable.csv").into(),
        bytes: UNREADABLE.into(),
        arrived: last,
    });
    let mut replay = Replay::new(facts);
    for day in story_days().into_iter().take_while(|day| *day <= last) {
        replay.run(day, &files[&day], |outcome, problems| {
            if day < last {
                return;
            }
            let read: Vec<_> = files[&day].iter().map(|file| (file, ledger(file))).collect();
            let read: Vec<FileRead<'_>> = read
                .iter()
                .map(|(file, (ledger, parsed))| FileRead {
                    path: &file.path,
                    format: ledger.id(),
                    content: parsed.encoding,
                    tally: &parsed.tally,
                    notes: &parsed.notes,
                })
                .collect();
            for (lang, name) in [(Lang::Zh, "zh"), (Lang::En, "en")] {
                let reports = reports(&Run { outcome, files: &read, problems, lang });
                for (name, text) in &reports {
                    speaks_in_words(name, text);
                }
                compare(&root().join("fixtures/spring-festival/reports").join(name), &reports);
            }
        });
    }
}
