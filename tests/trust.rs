//! What an auditor must be able to rely on: nothing altered unseen, nothing left by a run that died, one run at a time.
#![expect(clippy::disallowed_methods, reason = "these tests spoil archives")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use treasury_recon::archive::{Archive, Fault};
use treasury_recon::domain::digest::sha256;
use treasury_recon::example::{story_book, story_days};

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_treasury-recon")).args(arguments).output().expect("runs")
}

fn run(book: &Path, day: &str) -> Output {
    program(&[
        "run",
        "--book",
        book.to_str().expect("text"),
        "--date",
        day,
        "--lang",
        "en",
        "--fail-on",
        "never",
    ])
}

/// The first days of the story, run.
fn book(days: usize) -> (tempfile::TempDir, PathBuf, Vec<String>) {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path().to_owned();
    for file in story_book() {
        let path = book.join(&file.path);
        fs::create_dir_all(path.parent().expect("in the book")).expect("a folder");
        fs::write(path, &file.bytes).expect("written");
    }
    let days: Vec<String> = story_days().into_iter().take(days).map(|day| day.to_string()).collect();
    for day in &days {
        let ran = run(&book, day);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    (dir, book, days)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn faults(book: &Path, known: Option<&str>) -> (Vec<(String, Fault)>, bool) {
    let archive = Archive::open(&book.join("archive")).expect("an archive");
    let verdict = archive.verify(book, known).expect("verified");
    (verdict.differences.into_iter().map(|of| (of.file, of.fault)).collect(), verdict.knows)
}

fn within(book: &Path, path: &Path) -> String {
    path.strip_prefix(book).expect("in the book").to_string_lossy().into_owned()
}

#[test]
fn whatever_changes_in_an_archive_is_named() {
    let (_dir, book, _) = book(3);
    assert_eq!(faults(&book, None), (Vec::new(), true));
    let every = files(&book.join("archive"));
    for (place, path) in every.iter().enumerate() {
        // Each file of the smallest folders, and every seventh of the rest.
        if place % 7 != 0 && !path.ends_with("manifest.json") && !path.ends_with("head.json") {
            continue;
        }
        let name = within(&book, path);
        let whole = fs::read(path).expect("readable");
        let mut bytes = whole.clone();
        let bit = place % 8;
        let at = bytes.len() * 5 / 9;
        bytes[at] ^= 1 << bit;
        fs::write(path, &bytes).expect("written");
        let (found, _) = faults(&book, None);
        // A changed digest in the head points to a manifest that has another.
        let named =
            |file: &String| *file == name || (name.ends_with("head.json") && file.ends_with("manifest.json"));
        assert!(found.iter().any(|(file, _)| named(file)), "{name}: {found:?}");
        fs::remove_file(path).expect("removed");
        assert!(faults(&book, None).0.contains(&(name.clone(), Fault::Missing)), "{name}");
        fs::write(path, &whole).expect("written");
        let stray = path.with_file_name("stray");
        fs::write(&stray, b"x").expect("written");
        let (found, _) = faults(&book, None);
        assert!(found.iter().any(|(file, _)| *file == within(&book, &stray)), "{name}: {found:?}");
        fs::remove_file(stray).expect("removed");
    }
    let given = files(&book.join("inbox/2025-12-22"));
    let whole = fs::read(&given[0]).expect("readable");
    fs::write(&given[0], [&whole[..], b"\n"].concat()).expect("written");
    fs::write(book.join("inbox/2025-12-22/bank-receipts-late.csv"), b"").expect("written");
    let expected = [
        ("inbox/2025-12-22/bank-receipts-late.csv".to_owned(), Fault::Unread),
        (within(&book, &given[0]), Fault::Altered),
    ];
    let (mut found, _) = faults(&book, None);
    found.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn what_no_run_wrote_or_said_is_named() {
    let (_dir, book, days) = book(2);
    let check = |expected: &[(&str, Fault)]| {
        let expected: Vec<_> = expected.iter().map(|&(file, fault)| (file.to_owned(), fault)).collect();
        assert_eq!(faults(&book, None).0, expected);
    };
    let head = book.join("archive/head.json");
    let whole = fs::read_to_string(&head).expect("a head");
    // As how many-th the last run was published, and a head that names no digest at all.
    for (said, otherwise) in [("\"serial\": 2", "\"serial\": 6"), ("\"manifest\"", "\"Manifest\"")] {
        fs::write(&head, whole.replace(said, otherwise)).expect("written");
        assert!(faults(&book, None).0.contains(&("archive/head.json".to_owned(), Fault::Altered)), "{said}");
    }
    fs::write(&head, &whole).expect("written");

    let digest = sha256(b"x");
    let table = format!("archive/inputs/{digest}");
    fs::write(book.join(&table), b"x").expect("written");
    check(&[(&table, Fault::Unknown)]);
    fs::remove_file(book.join(&table)).expect("removed");

    // A whole run that says an earlier version wrote it.
    let first = book.join(format!("archive/date={}/run=1", days[0]));
    let added = book.join("archive/date=2026-01-01/run=1");
    fs::create_dir_all(&added).expect("made");
    for path in files(&first) {
        fs::copy(&path, added.join(path.file_name().expect("a name"))).expect("copied");
    }
    let text = fs::read(added.join("manifest.json")).expect("a manifest");
    let mut manifest: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    manifest["date"] = "2026-01-01".into();
    manifest["version"] = 2.into();
    manifest["serial"] = 0.into();
    fs::write(added.join("manifest.json"), manifest.to_string()).expect("written");
    check(&[("archive/date=2026-01-01/run=1/manifest.json", Fault::Unchained)]);
    fs::remove_dir_all(book.join("archive/date=2026-01-01")).expect("removed");

    let inside = format!("archive/date={}/run=1/more", days[0]);
    let given = format!("inbox/{}/more", days[0]);
    for folder in [&inside, &given] {
        fs::create_dir(book.join(folder)).expect("made");
    }
    check(&[(&inside, Fault::Unknown), (&given, Fault::Unread)]);
    for folder in [&inside, &given] {
        fs::remove_dir(book.join(folder)).expect("removed");
    }
    // What a file manager leaves is no delivery; what a run would read is one.
    let inbox = book.join(format!("inbox/{}", days[0]));
    for name in ["Thumbs.db", "desktop.ini", ".DS_Store", "~$bank-receipts.xlsx"] {
        fs::write(inbox.join(name), b"x").expect("written");
    }
    check(&[]);
    fs::write(inbox.join("~bank-receipts.csv"), b"x").expect("written");
    check(&[(&format!("inbox/{}/~bank-receipts.csv", days[0]), Fault::Unread)]);
}

#[test]
fn a_digest_that_left_the_house_proves_that_no_tail_was_cut() {
    let (_dir, book, days) = book(3);
    let digest = |day: &str| {
        sha256(&fs::read(book.join(format!("archive/date={day}/run=1/manifest.json"))).expect("a manifest"))
    };
    let signed = digest(&days[2]);
    assert_eq!(faults(&book, Some(&signed)), (Vec::new(), true));
    assert!(!faults(&book, Some(&digest(&days[2]).replace(['0', '1'], "2"))).1, "another digest");
    // Somebody cuts the last day off and writes a head that fits.
    let mut head: serde_json::Value =
        serde_json::from_slice(&fs::read(book.join("archive/head.json")).expect("a head")).expect("JSON");
    head["serial"] = 2.into();
    head["date"] = days[1].clone().into();
    head["manifest"] = digest(&days[1]).into();
    fs::write(book.join("archive/head.json"), head.to_string()).expect("written");
    fs::remove_dir_all(book.join(format!("archive/date={}", days[2]))).expect("removed");
    assert_eq!(faults(&book, None), (Vec::new(), true), "the archive alone cannot know");
    assert_eq!(faults(&book, Some(&signed)), (Vec::new(), false));
}

#[test]
fn the_next_run_cleans_up_after_one_that_died() {
    let (_dir, book, days) = book(2);
    let undisturbed: Vec<(PathBuf, Vec<u8>)> = ["archive", "reports"]
        .iter()
        .flat_map(|folder| files(&book.join(folder)))
        .map(|path| (path.clone(), fs::read(path).expect("readable")))
        .collect();
    let manifest = book.join(format!("archive/date={}/run=1/manifest.json", days[1]));
    let digest = sha256(&fs::read(&manifest).expect("a manifest"));
    let reports = book.join("reports");
    let put = |name: &str| {
        fs::create_dir_all(book.join(name)).expect("made");
        fs::write(book.join(name).join("half"), b"half").expect("written");
    };
    let check = |what: &str, said: &str| {
        let ran = run(&book, &days[1]);
        let err = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{what}: {err}");
        assert!(err.contains(said), "{what}: {err}");
        let now: Vec<PathBuf> =
            ["archive", "reports"].iter().flat_map(|folder| files(&book.join(folder))).collect();
        assert_eq!(now, undisturbed.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), "{what}");
        for (path, bytes) in &undisturbed {
            assert!(fs::read(path).expect("readable") == *bytes, "{what}: {}", path.display());
        }
        assert_eq!(faults(&book, None), (Vec::new(), true), "{what}");
    };

    put(&format!("archive/.partial-date={},run=1", days[1]));
    put(&format!("reports/.partial-{}", days[1]));
    check("while it wrote", "which a run that died left");

    let day = |prefix: &str, tag: &str| reports.join(format!("{prefix}{}{tag}", days[1]));
    // Dead before the archive took the run in: everything of it goes.
    fs::rename(book.join(format!("archive/date={}/run=1", days[1])), book.join("kept")).expect("moved");
    fs::rename(book.join("kept"), book.join(format!("archive/.ready-date={},run=1.", days[1])))
        .expect("moved");
    fs::rename(day("", ""), day(".ready-", &format!(".{digest}"))).expect("moved");
    let head = fs::read_to_string(book.join("archive/head.json")).expect("a head");
    let before =
        sha256(&fs::read(book.join(format!("archive/date={}/run=1/manifest.json", days[0]))).expect("read"));
    let older =
        head.replace(&digest, &before).replace(&days[1], &days[0]).replace("\"serial\": 2", "\"serial\": 1");
    fs::write(book.join("archive/head.json"), &older).expect("written");
    check("before the archive took it in", "which a run that died left");

    // Dead right after: what it had ready is put in place.
    fs::rename(day("", ""), day(".ready-", &format!(".{digest}"))).expect("moved");
    fs::write(book.join("archive/head.json"), &older).expect("written");
    check("after the archive took it in", "in place for a run that died");

    // Dead while it kept the tables it had read: half of one, and one that no other run read.
    let (sealed, mut other) = (book.join(format!("archive/.ready-date={},run=2.", days[1])), Vec::new());
    fs::create_dir(&sealed).expect("made");
    let mut of: serde_json::Value =
        serde_json::from_slice(&fs::read(&manifest).expect("a manifest")).expect("JSON");
    of["config"] = sha256(b"another recon.toml").into();
    serde_json::to_writer(&mut other, &of).expect("JSON");
    fs::write(sealed.join("manifest.json"), other).expect("written");
    let inputs = book.join("archive/inputs");
    fs::write(inputs.join(sha256(b"another recon.toml")), b"another recon.toml").expect("written");
    fs::write(inputs.join(format!(".partial-{}", sha256(b"a table"))), b"a ta").expect("written");
    check("while it kept what it had read", "which a run that died left");

    // Dead while one set of reports took the place of another.
    fs::rename(day("", ""), day(".ready-", &format!(".{digest}"))).expect("moved");
    put(&format!("reports/.old-{}", days[1]));
    check("while reports changed places", "in place for a run that died");
}

#[test]
fn one_run_at_a_time() {
    let (_dir, book, days) = book(1);
    let lock = treasury_recon::durable::Lock::take(&book, "4711: replay").expect("a file").expect("free");
    for command in [&["run", "--date", &days[0]][..], &["replay", "--from", &days[0]], &["verify"]] {
        let path = book.to_str().expect("text");
        let refused = program(&[command, &["--book", path, "--lang", "en"]].concat());
        assert_eq!(refused.status.code(), Some(2));
        let err = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(err.contains("is locked by process 4711: replay"), "{err}");
    }
    drop(lock);
    assert!(run(&book, &days[0]).status.success());
}

#[test]
fn an_archive_of_an_earlier_version_is_made_again() {
    let (_dir, book, days) = book(2);
    let path = book.to_str().expect("text");
    for day in &days {
        let run = book.join(format!("archive/date={day}/run=1"));
        let text = fs::read(run.join("manifest.json")).expect("a manifest");
        let mut manifest: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        // It need not be a state as this version has it.
        let state = r#"{"version":1,"told":{}}"#;
        manifest["files"]["state.json"] = sha256(state.as_bytes()).into();
        fs::write(run.join("state.json"), state).expect("written");
        fs::write(run.join("manifest.json"), manifest.to_string()).expect("written");
    }
    let refused = run(&book, &days[1]);
    assert_eq!(refused.status.code(), Some(2));
    let err = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(err.contains("has version 1") && err.contains("replay from the first day"), "{err}");
    let replayed = program(&["replay", "--book", path, "--from", &days[0], "--fail-on", "never"]);
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
    for day in &days {
        assert!(book.join(format!("archive/date={day}/run=2/state.json")).exists(), "{day}");
    }
    assert!(run(&book, &days[1]).status.success());
}
