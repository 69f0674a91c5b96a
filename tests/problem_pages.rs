//! Runs the example of every problem's page: the smallest book that has the problem, and its exact messages.
//!
//! `fixtures/problems/<code>/` is a book, so `check --book` shows it too, and `problem.md` its page: a title, what
//! the problem means in Chinese and in English, and an example, which `UPDATE=1 cargo test` rewrites; review the
//! difference. A file that would be long is written shortened, under a name that ends in `.shortened`:
//! `{1048577*x}` stands for so many x.
#![expect(clippy::disallowed_methods, reason = "the pages are read and, on demand, rewritten")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use treasury_recon::cli::config;
use treasury_recon::cli::files::{self, ReadFile};
use treasury_recon::domain::lang::Lang;
use treasury_recon::ledger::problem::{About, Effect, KINDS, Problem};
use treasury_recon::ledger::workbook;

const EXAMPLE: &str = "## 实例 Example\n";
/// A file of more bytes is not shown on its page.
const SHOWN_BYTES_MAX: usize = 1200;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/problems")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder of the project");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Copies a fixture, its shortened files written out; its files as they are shown.
fn write_out(from: &Path, to: &Path, within: &str) -> Vec<(String, Vec<u8>)> {
    let mut shown = Vec::new();
    fs::create_dir_all(to).expect("a folder");
    for name in names(from).iter().filter(|name| *name != "problem.md" && !name.starts_with('.')) {
        let path = from.join(name);
        if path.is_dir() {
            shown.extend(write_out(&path, &to.join(name), &format!("{within}{name}/")));
            continue;
        }
        let bytes = fs::read(&path).expect("a file");
        let whole = name.strip_suffix(".shortened");
        let written = if whole.is_some() { lengthened(&bytes) } else { bytes.clone() };
        fs::write(to.join(whole.unwrap_or(name)), written).expect("written");
        shown.push((format!("{within}{}", whole.unwrap_or(name)), bytes));
    }
    shown
}

fn lengthened(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).expect("text");
    let (before, rest) = text.split_once('{').expect("an abbreviation");
    let (inner, after) = rest.split_once('}').expect("its end");
    let (count, piece) = inner.split_once('*').expect("a count and a text");
    format!("{before}{}{after}", piece.repeat(count.parse().expect("a number"))).into_bytes()
}

/// What the program reads of a book, and what it has to say of it.
fn read(book: &Path) -> (Vec<Problem>, Vec<ReadFile>) {
    let config = files::read_config(book).expect("readable");
    let days = files::inbox_days(book, Lang::En).expect("a book");
    let mut read = Vec::new();
    if let Some(&last) = days.last() {
        read.extend(files::read_reference(book, &config, last).expect("readable"));
    }
    for day in days {
        read.extend(files::read_inbox(book, &config, day).expect("readable"));
    }
    let mut problems = config.problems;
    problems.extend(read.iter().flat_map(|file| file.parsed.problems.clone()));
    (problems, read)
}

/// Whether what became of the file is what its kind of problem promises.
fn assert_effect(about: &About, problem: &Problem, read: &[ReadFile]) {
    let code = about.code;
    if about.effect == Effect::SettingIgnored {
        return assert_eq!(&*problem.file, config::FILE, "{code}");
    }
    let whole = |file: &str| file.split_once('[').map_or(file, |(whole, _)| whole).to_owned();
    let file = read.iter().find(|file| *file.path == whole(&problem.file)).expect("a file of the book");
    let (is_readable, tally) = (file.parsed.is_readable, &file.parsed.tally);
    let fates = (is_readable, tally.accepted.rows > 0, tally.rejected.rows);
    match about.effect {
        Effect::FileRefused => assert!(matches!(fates, (false, false, _)), "{code}: {fates:?}"),
        Effect::RowRejected => assert_eq!(fates, (true, true, 1), "{code}: one row and not the others"),
        Effect::IdentifierDropped | Effect::Told => assert_eq!(fates, (true, true, 0), "{code}"),
        Effect::SettingIgnored => unreachable!("said above"),
    }
}

/// The example as it is now.
fn example(about: &About) -> String {
    let book = tempfile::tempdir().expect("a folder");
    let shown = write_out(&folder().join(about.code), book.path(), "");
    let (problems, read) = read(book.path());
    let codes: Vec<&str> = problems.iter().map(|problem| problem.kind.code()).collect();
    let told = problems.iter().map(|problem| problem.message(Lang::En)).collect::<Vec<_>>().join("\n");
    assert_eq!(codes, [about.code], "{}: its own problem, once:\n{told}", about.code);
    assert_effect(about, &problems[0], &read);

    let mut text = format!("{EXAMPLE}\n");
    for (name, bytes) in &shown {
        let is_shown = bytes.len() <= SHOWN_BYTES_MAX && workbook::sniff(bytes).is_none();
        match is_shown.then(|| String::from_utf8_lossy(bytes).replace('\0', "␀")) {
            Some(content) => {
                let end = if content.ends_with('\n') { "" } else { "\n" };
                write!(text, "`{name}`:\n\n```text\n{content}{end}```\n\n").expect("memory");
            }
            None => write!(text, "`{name}`: {} 字节 bytes\n\n", bytes.len()).expect("memory"),
        }
    }
    for lang in [Lang::Zh, Lang::En] {
        let name = lang.pick("zh", "en");
        write!(text, "```{name}\n{}\n```\n\n", problems[0].message(lang)).expect("memory");
    }
    let words = |lang| about.effect.words(lang);
    writeln!(text, "结果 Outcome: {} · {}", words(Lang::Zh), words(Lang::En)).expect("memory");
    let rows = read.iter().map(|file| &file.parsed.tally).filter(|tally| tally.read.rows > 0);
    for tally in rows {
        let (read, accepted, rejected) = (tally.read.rows, tally.accepted.rows, tally.rejected.rows);
        writeln!(text, "行 Rows: {read}，接受 accepted {accepted}，拒收 rejected {rejected}")
            .expect("memory");
    }
    text
}

#[test]
fn every_problem_has_a_page_and_every_page_a_problem() {
    let codes: BTreeSet<String> = KINDS.iter().map(|about| about.code.to_owned()).collect();
    assert_eq!(codes.len(), KINDS.len(), "a code of its own for every kind");
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), names(&folder()));
}

#[test]
fn every_page_has_the_messages_of_its_example() {
    let is_update = std::env::var_os("UPDATE").is_some();
    for about in KINDS {
        let code = about.code;
        let path = folder().join(code).join("problem.md");
        let page = fs::read_to_string(&path).expect("text");
        assert!(page.starts_with(&format!("# `{code}` {}\n\n", about.zh)), "{code} opens with its title");
        let (said, _) = page.split_once(EXAMPLE).unwrap_or((&page, ""));
        let paragraphs = said.trim().split("\n\n").count() - 1;
        assert!(paragraphs >= 2, "{code}: what it means, in both languages");
        let now = format!("{}\n\n{}", said.trim(), example(about));
        if is_update {
            fs::write(path, now).expect("written");
        } else {
            assert_eq!(page, now, "{code}: UPDATE=1 cargo test rewrites it; review the difference");
            assert_eq!(page, about.page, "{code}: the page the program carries");
        }
    }
}
