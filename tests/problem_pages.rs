//! The catalogue of problems: each has a page, a smallest file that provokes it and nothing else, and its exact text in
//! both languages. `UPDATE=1 cargo test` rewrites the texts; review the difference.
#![expect(
    clippy::disallowed_methods,
    reason = "the pages and their files are read and, on demand, rewritten"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use treasury_recon::ledger::problem::Kind;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/problems")
}

/// `{1000×x}` stands for so many x: a file too long to be kept.
fn expanded(text: &str) -> String {
    let Some((before, rest)) = text.split_once('{') else { return text.to_owned() };
    let (inner, after) = rest.split_once('}').expect("a closing brace");
    let (count, what) = inner.split_once('×').expect("how often what");
    format!("{before}{}{after}", what.repeat(count.parse().expect("a number")))
}

/// Lays a page's files out as a book.
fn lay_out(from: &Path, book: &Path) {
    let inbox = book.join("inbox/2026-03-02");
    fs::create_dir_all(&inbox).expect("a folder");
    for entry in fs::read_dir(from).expect("a page's folder") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_str().expect("text").to_owned();
        match name.as_str() {
            "problem.md" => {}
            "recon.toml" => {
                fs::copy(&path, book.join(name)).expect("copied");
            }
            "reference" => {
                fs::create_dir_all(book.join("reference")).expect("a folder");
                for table in fs::read_dir(&path).expect("a folder") {
                    let table = table.expect("readable").path();
                    fs::copy(&table, book.join("reference").join(table.file_name().expect("a name")))
                        .expect("copied");
                }
            }
            _ if path.is_dir() => fs::create_dir_all(inbox.join(name)).expect("a folder"),
            _ => match name.strip_suffix(".expand") {
                Some(short) => {
                    let text = expanded(&fs::read_to_string(&path).expect("text"));
                    fs::write(inbox.join(short), text).expect("written");
                }
                None => {
                    fs::copy(&path, inbox.join(name)).expect("copied");
                }
            },
        }
    }
}

/// What `check` says of the book's problems, as its table of problems has it.
fn told(book: &Path, lang: &str) -> (Option<i32>, Vec<csv::StringRecord>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_treasury-recon"))
        .args(["check", "--all", "--format", "csv", "--lang", lang, "--book"])
        .arg(book)
        .output()
        .expect("runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let table = text.split_once("\nfile,row,column,").map(|(_, rest)| format!("file,row,column,{rest}"));
    let table = table.unwrap_or_else(|| panic!("a table of problems in {text}"));
    let mut csv = csv::Reader::from_reader(table.as_bytes());
    let records = csv.records().map(|record| record.expect("a row")).collect();
    (output.status.code(), records, text)
}

fn message(record: &csv::StringRecord, lang: &str) -> String {
    let [file, row, column, _, expected, found, hint] = record.iter().collect::<Vec<_>>()[..] else {
        panic!("seven cells: {record:?}")
    };
    let row = if row.is_empty() { String::new() } else { format!(":{row}") };
    let column = if column.is_empty() { String::new() } else { format!(": {column}") };
    let place = format!("{file}{row}{column}");
    match lang {
        "zh" => format!("{place}：应为{expected}，实为“{found}”\n  提示：{hint}\n"),
        _ => format!("{place}: expected {expected}, found {found:?}\n  hint: {hint}\n"),
    }
}

/// The page with the texts between its fences.
fn filled(page: &str, texts: &[(&str, String)]) -> String {
    let mut page = page.to_owned();
    for (lang, text) in texts {
        let start = page.find(&format!("```{lang}\n")).expect("a block") + lang.len() + 4;
        let end = start + page[start..].find("```").expect("its end");
        page.replace_range(start..end, text);
    }
    page
}

#[test]
fn every_page_shows_what_the_program_says() {
    let mut wrong = Vec::new();
    for (code, page) in Kind::PAGES {
        assert!(page.starts_with(&format!("# `{code}` ")), "{code}: the title names the code");
        let folder = root().join(code);
        let book = tempfile::tempdir().expect("a folder");
        lay_out(&folder, book.path());
        let mut texts = Vec::new();
        for lang in ["zh", "en"] {
            let (status, records, all) = told(book.path(), lang);
            assert_eq!(status, Some(2), "{code}: {all}");
            let codes: Vec<&str> = records.iter().map(|record| &record[3]).collect();
            let own =
                codes.iter().all(|other| other == code || (*code == "cut-file" && *other == "bad-encoding"));
            assert!(own && codes.contains(code), "{code}: {codes:?}");
            let only = records.iter().filter(|record| &record[3] == *code);
            texts.push((lang, only.map(|record| message(record, lang)).collect::<String>()));
        }
        let right = filled(page, &texts);
        if right != *page {
            if std::env::var_os("UPDATE").is_some() {
                fs::write(folder.join("problem.md"), right).expect("written");
            } else {
                wrong.push(format!("{code}:\n{right}"));
            }
        }
    }
    assert!(wrong.is_empty(), "run with UPDATE=1 and review:\n{}", wrong.join("\n"));
    let folders =
        fs::read_dir(root()).expect("the catalogue").map(|entry| entry.expect("readable").file_name());
    for folder in folders {
        let name = folder.to_str().expect("text");
        assert!(Kind::PAGES.iter().any(|(code, _)| *code == name), "{name} is no problem");
    }
}

#[test]
fn problems_are_listed_and_explained() {
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_treasury-recon")).args(args).output().expect("runs");
        (
            output.status.code(),
            String::from_utf8(output.stdout).expect("text"),
            String::from_utf8(output.stderr).expect("text"),
        )
    };
    let (_, list, _) = run(&["problems", "list", "--format", "csv", "--lang", "en"]);
    assert!(
        list.contains("\nbad-money,Not an amount,\"The row is rejected, the rest is read.\"\n"),
        "{list}"
    );
    assert_eq!(list.lines().count(), Kind::PAGES.len() + 1);
    assert!(run(&["problems", "explain", "bad-money"]).1.starts_with("# `bad-money` 金额写法不对"));
    let (status, _, error) = run(&["problems", "explain", "bad-mony"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("did you mean \"bad-money\"?"), "{error}");
}
