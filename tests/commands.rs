//! The program as its users run it: arguments in; stdout, stderr, files and exit code out.
#![expect(clippy::disallowed_methods, reason = "these tests write books")]

use std::fs;
use std::path::Path;
use std::process::Command;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_treasury-recon")).args(arguments).output().expect("runs");
    Ran {
        code: output.status.code().expect("ended by itself"),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

fn write(book: &Path, name: &str, text: &[u8]) {
    let path = book.join(name);
    fs::create_dir_all(path.parent().expect("in the book")).expect("a folder");
    fs::write(path, text).expect("written");
}

#[test]
fn init_makes_a_book_that_check_accepts() {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path().join("book");
    let path = book.to_str().expect("text");
    let made = run(&["init", path]);
    assert_eq!((made.code, made.out.as_str()), (0, ""), "{}", made.err);
    let again = run(&["init", path]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("is not empty: nothing was written"), "{}", again.err);

    // Every template is a ledger file that can be delivered as it is: a header alone.
    for template in
        fs::read_dir(book.join("templates/ledgers")).expect("written").map(|t| t.expect("readable"))
    {
        let day = book.join("inbox/2026-03-02");
        fs::create_dir_all(&day).expect("a folder");
        fs::copy(template.path(), day.join(template.file_name())).expect("copied");
    }
    for template in
        fs::read_dir(book.join("templates/reference")).expect("written").map(|t| t.expect("readable"))
    {
        fs::copy(template.path(), book.join("reference").join(template.file_name())).expect("copied");
    }
    let checked = run(&["check", "--book", path, "--lang", "en"]);
    assert_eq!(checked.code, 0, "{}", checked.out);
    assert!(checked.out.contains("there are no problems"), "{}", checked.out);
    let rows = checked.out.lines().filter(|line| line.contains(".csv")).count();
    assert_eq!(rows, 35, "{}", checked.out);
}

#[test]
fn check_tells_what_cannot_be_read_and_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path();
    write(
        book,
        "inbox/2026-03-02/bank-remittances-icbc.csv",
        "划转批次,行号,国库代码,划转时间,金额\nB1,102222020334,1906080000,2026-03-02,\"1,2O0.00\"\n\
         B2,102222020334,1906080000,2026-03-02,5.00\n"
            .as_bytes(),
    );
    write(book, "inbox/2026-03-02/notes.doc", b"hello");
    let path = book.to_str().expect("text");
    let checked = run(&["check", "--book", path, "--date", "2026-03-02", "--lang", "en", "--format", "csv"]);
    assert_eq!(checked.code, 2, "{}", checked.err);
    assert_eq!(
        checked.out,
        "file,ledger,encoding,rows,accepted,subtotal,rejected,yuan\n\
         inbox/2026-03-02/bank-remittances-icbc.csv,bank-remittances,UTF-8,2,1,0,1,5.00\n\
         inbox/2026-03-02/notes.doc,not recognised,,0,0,0,0,0.00\n\
         \n\
         file,row,column,code,expected,found,hint\n\
         inbox/2026-03-02/bank-remittances-icbc.csv,2,amount,bad-money,yuan with at most two decimals,\"1,2O0.00\",\
         \"character 4 is 'O', not a digit\"\n\
         inbox/2026-03-02/notes.doc,,,unknown-file,a file named after its ledger,notes.doc,\
         \"rename it to <ledger>-anything.csv, such as bank-receipts-icbc.csv; `schemas list` names the ledgers\"\n"
    );
    let missing = run(&["check", "--book", path, "--date", "2026-03-03"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("has no inbox/2026-03-03"), "{}", missing.err);
}

#[test]
fn an_unknown_schema_gets_a_suggestion() {
    let shown = run(&["schemas", "show", "bank-receits"]);
    assert_eq!(shown.code, 2);
    assert!(shown.err.contains("did you mean \"bank-receipts\"?"), "{}", shown.err);
    assert_eq!(run(&["schemas", "show", "bank-receipts"]).code, 0);
    assert!(run(&["completions", "bash"]).out.contains("treasury-recon"));
}

#[test]
fn rules_are_listed_and_explained() {
    let listed = run(&["rules", "list", "--format", "csv", "--lang", "en"]);
    assert!(listed.out.contains("amount-mismatch,Amount differs,breach,high,"), "{}", listed.out);
    let explained = run(&["rules", "explain", "amount-mismatch"]);
    assert!(explained.out.starts_with("# `amount-mismatch` 金额不一致\n"), "{}", explained.out);
    let unknown = run(&["rules", "explain", "amount-missmatch"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean \"amount-mismatch\"?"), "{}", unknown.err);
}
