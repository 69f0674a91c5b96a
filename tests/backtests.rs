//! Archived days judged again with other settings, rules and tables: what comes of it, and that nothing else does.
#![expect(clippy::disallowed_methods, reason = "these tests write books")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use treasury_recon::domain::digest::sha256;

const FROM: &str = "2026-01-12";
const TO: &str = "2026-01-16";
const DAYS: [&str; 5] = ["2026-01-12", "2026-01-13", "2026-01-14", "2026-01-15", "2026-01-16"];

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_treasury-recon")).args(arguments).output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code().expect("ended by itself"), text(output.stdout), text(output.stderr))
}

fn backtest(book: &str, more: &[&str]) -> (i32, String, String) {
    let to: &[&str] = if more.contains(&"--to") { &[] } else { &["--to", TO] };
    run(&[&["backtest", "--book", book, "--from", FROM, "--lang", "en", "--quiet"], to, more].concat())
}

/// The digest of every file below a folder.
fn digests(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(digests(&path));
        } else {
            found.insert(path.clone(), sha256(&fs::read(&path).expect("a file")));
        }
    }
    found
}

/// The rows of the table whose first column has that name.
fn rows(csv: &str, first: &str) -> Vec<csv::StringRecord> {
    let Some(table) = csv.split("\n\n").find(|table| table.starts_with(&format!("{first},"))) else {
        return Vec::new();
    };
    csv::Reader::from_reader(table.as_bytes()).records().map(|row| row.expect("a row")).collect()
}

/// The ids of the findings that a backtest lists under each change.
fn listed(book: &str, more: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let (code, out, err) = backtest(book, &[&["--format", "csv"], more].concat());
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows(&out, "change") {
        found.entry(row[0].to_owned()).or_default().insert(row[2].to_owned());
    }
    assert_eq!(code, i32::from(!found.is_empty()), "{err}");
    found
}

fn demo() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path().join("book");
    let made = run(&["demo", book.to_str().expect("text"), "--quiet", "--fail-on", "never"]);
    assert!(made.0 == 0 || made.0 == 2, "{}", made.2);
    (dir, book)
}

/// What the archive tells of the days: for each finding when it was first seen.
fn told(book: &str) -> BTreeMap<String, String> {
    let question = format!(
        "SELECT finding_id, first_seen FROM findings WHERE run_on >= DATE '{FROM}' AND run_on <= DATE '{TO}'"
    );
    let (code, out, err) = run(&["query", "--book", book, "--format", "csv", &question]);
    assert_eq!(code, 0, "{err}");
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    reader
        .records()
        .map(|row| row.expect("a row"))
        .map(|row| (row[0].to_owned(), row[1].to_owned()))
        .collect()
}

#[test]
fn a_backtest_says_what_running_the_days_so_comes_to_and_leaves_the_archive_alone() {
    let (dir, book) = demo();
    let path = book.to_str().expect("text");
    let archive = book.join("archive");
    let (before, reports) = (digests(&archive), digests(&book.join("reports")));

    // With nothing changed, every day comes to the same bytes.
    for threads in ["1", "3"] {
        let (code, out, err) = backtest(path, &["--threads", threads]);
        assert_eq!(code, 0, "{err}");
        let same = "5 of them come to the same findings, byte for byte. 0 findings gained, 0 lost, 0 changed";
        assert!(out.contains(same), "{out}");
    }

    // A rule that is off, and what cannot be changed.
    let (code, out, _) = backtest(path, &["--off", "disbursement-undocumented", "--format", "json"]);
    assert_eq!(code, 1);
    assert!(out.contains("\"disbursement-undocumented\"") && out.contains("\"lost\""), "{out}");
    let never = ["--off", "disbursement-undocumented", "--fail-on", "never"];
    assert_eq!(backtest(path, &never).0, 0);
    for (wrong, said) in [
        (["--set", "large.treshold=1"], "a known setting such as large.threshold"),
        (["--set", "large.treshold=1"], "large.threshold, large.natural_person, abnormal.split.count"),
        (["--set", "large.threshold=much"], "--set large.threshold=much: expected"),
        (["--set", "large.threshold"], "expected KEY=VALUE"),
        (["--off", "no-such-rule"], "there is no rule no-such-rule"),
        (["--table", "no-such-file.csv"], "no-such-file.csv"),
        (["--margin", "large.treshold"], "one of the settings that can be moved"),
        (["--margin", "remit.cutoff"], "one of the settings that can be moved"),
        (["--to", "2026-01-11"], "no run within these days"),
    ] {
        let (code, out, err) = backtest(path, &wrong);
        assert_eq!((code, out.as_str()), (2, ""), "{wrong:?}");
        assert!(err.contains(said), "{err}");
    }

    // A table as it was changes nothing, one without its rows does, one that cannot be read is refused.
    let accounts = book.join("reference/accounts.csv");
    let text = fs::read_to_string(&accounts).expect("a table");
    let other = dir.path().join("accounts.csv");
    let other_path = other.to_str().expect("text");
    fs::write(&other, &text).expect("written");
    let (_, out, err) = backtest(path, &["--table", other_path]);
    assert!(out.contains("5 of them come to the same findings"), "{out}{err}");
    let header = text.lines().next().expect("a header");
    fs::write(&other, format!("{header}\n")).expect("written");
    assert!(!listed(path, &["--table", other_path]).is_empty());
    fs::write(&other, "no table\n").expect("written");
    assert_eq!(backtest(path, &["--table", other_path]).0, 2);

    let twice = backtest(path, &["--set", "large.threshold=1000", "--set", "large.threshold=2000"]);
    assert!(twice.0 == 2 && twice.2.contains("large.threshold"), "{}", twice.2);
    let change = ["--set", "large.threshold=1000"];
    let listed = listed(path, &change);
    assert!(listed.contains_key("gained") && listed.contains_key("lost"), "{listed:?}");
    assert_eq!(digests(&archive), before, "the archive is as it was");
    assert_eq!(digests(&book.join("reports")), reports, "nothing is left behind");

    // The proof: the days run that way differ from those that were run as the backtest said.
    let then = told(path);
    let config = fs::read_to_string(book.join("recon.toml")).expect("settings");
    fs::write(book.join("recon.toml"), format!("{config}\n[large]\nthreshold = \"1000\"\n"))
        .expect("written");
    for day in DAYS {
        let ran = run(&["run", "--book", path, "--date", day, "--quiet", "--fail-on", "never"]);
        assert_ne!(ran.0, 1, "{}", ran.2);
    }
    let now = told(path);
    let only = |of: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> BTreeSet<String> {
        let new = of.iter().filter(|(id, seen)| seen.as_str() >= FROM && !other.contains_key(*id));
        new.map(|(id, _)| id.clone()).collect()
    };
    assert_eq!(listed["gained"], only(&now, &then));
    assert_eq!(listed["lost"], only(&then, &now));

    // Days that rest on an older state are no measure, nor is an inbox that is no longer what was read.
    let stale = run(&["backtest", "--book", path, "--from", "2026-01-19", "--lang", "en"]);
    assert_eq!(stale.0, 2);
    assert!(stale.2.contains("2026-01-19 rests on an older state"), "{}", stale.2);
    let file = fs::read_dir(book.join("inbox").join(FROM)).expect("an inbox").next().expect("a file");
    fs::write(file.expect("readable").path(), "").expect("written");
    let (code, _, err) = backtest(path, &[]);
    assert_eq!(code, 2);
    assert!(err.contains("is not what the run of 2026-01-12 read"), "{err}");
}

#[test]
fn a_margin_is_where_the_verdict_is_another_and_one_step_before_it_is_not() {
    let (_dir, book) = demo();
    let path = book.to_str().expect("text");
    let moved =
        ["--margin", "large.threshold", "--margin", "correction.wd", "--near", "20", "--format", "csv"];
    let (code, out, err) = backtest(path, &moved);
    assert_eq!(code, 0, "{err}");
    assert!(backtest(path, &[&moved[..], &["--threads", "1"]].concat()).1 == out, "threads do not show");
    let margins = rows(&out, "finding_id");
    let of = |setting: &str| margins.iter().filter(|row| &row[4] == setting).collect::<Vec<_>>();
    assert!(!of("its own: settled on").is_empty() && !of("its own: difference").is_empty());
    // What differs between parties is found all the same where another differs.
    let of_parties = of("its own: difference").into_iter().filter(|row| row[1].ends_with("-mismatch"));
    assert!(of_parties.clone().count() > 0);
    assert!(of_parties.into_iter().all(|row| row[9].contains("if another still differs")));
    // The settings that were moved stand first, and what they decide on.
    assert_eq!(&rows(&out, "setting")[0][0], "large.threshold");
    assert!(["large.threshold", "correction.wd"].contains(&&margins[0][4]), "{:?}", margins[0]);
    assert!(margins.iter().any(|row| row[4].starts_with("no margin")));
    let flips = of("large.threshold");
    let gone = flips.iter().find(|row| &row[9] == "no finding").expect("a threshold decides on something");
    let changed = |value: &str| -> BTreeSet<String> {
        listed(path, &["--set", &format!("large.threshold={value}")]).into_values().flatten().collect()
    };
    assert!(changed(&gone[6]).contains(&gone[0]), "{gone:?}");
    let at: treasury_recon::domain::money::Money = gone[6].parse().expect("an amount");
    let fen = at.fen() - if gone[7].starts_with('-') { -1 } else { 1 };
    let before = treasury_recon::domain::money::Money::from_fen(fen).to_string();
    assert!(!changed(&before).contains(&gone[0]), "{gone:?}");
    for miss in &rows(&out, "rule") {
        assert!(!margins.iter().any(|row| row[1] == miss[0] && row[2] == miss[5]), "{miss:?} is found");
        // Nothing that is merely near is stated as a fact.
        assert!(miss[12].starts_with(&format!("If {} were {}: ", &miss[7], &miss[9])), "{miss:?}");
    }
}
