//! The program as its users run it: arguments in; stdout, stderr, files and exit code out.
#![expect(clippy::disallowed_methods, reason = "these tests write books")]

use std::fs;
use std::path::Path;
use std::process::Command;

#[cfg(feature = "archive")]
use treasury_recon::example::{story_days, story_expectations};

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
    assert!(again.err.contains("不是空文件夹，未写入任何内容"), "{}", again.err);
    let again = run(&["init", path, "--lang", "en"]);
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
    assert_eq!(rows, 72, "{}", checked.out);
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
    write(
        book,
        "inbox/2026-03-02/bank-remittances-icbc-again.csv",
        "划转批次,行号,国库代码,划转时间,金额\nB2,102222020334,1906080000,2026-03-02,5.00\n".as_bytes(),
    );
    write(book, "inbox/2026-03-02/notes.doc", b"hello");
    let path = book.to_str().expect("text");
    let checked = run(&["check", "--book", path, "--date", "2026-03-02", "--lang", "en", "--format", "csv"]);
    assert_eq!(checked.code, 2, "{}", checked.err);
    assert_eq!(
        checked.out,
        "file,ledger,because,encoding,columns,unplaced,notes\n\
         inbox/2026-03-02/bank-remittances-icbc-again.csv,bank-remittances,its name,utf-8,5,,\n\
         inbox/2026-03-02/bank-remittances-icbc.csv,bank-remittances,its name,utf-8,5,,\n\
         inbox/2026-03-02/notes.doc,not recognised,,,0,,\n\
         \n\
         file,rows,accepted,completion,duplicate,subtotal,rejected,other,yuan,from,to\n\
         inbox/2026-03-02/bank-remittances-icbc-again.csv,1,1,0,0,0,0,1,5.00,2026-03-02,2026-03-02\n\
         inbox/2026-03-02/bank-remittances-icbc.csv,2,1,0,1,0,1,1,5.00,2026-03-02,2026-03-02\n\
         inbox/2026-03-02/notes.doc,0,0,0,0,0,0,0,0.00,,\n\
         \n\
         file,column,code,count,expected,examples,hint\n\
         inbox/2026-03-02/bank-remittances-icbc.csv,amount,bad-money,1,yuan with at most two decimals,\
         \"row 2 \"\"1,2O0.00\"\"\",\"character 4 is 'O', not a digit\"\n\
         inbox/2026-03-02/notes.doc,,unknown-file,1,a file whose name says which ledger or table it is,notes.doc,\
         \"rename it: in inbox <ledger>-anything.csv such as bank-receipts-icbc.csv, in reference <table>.csv such as \
         calendar.csv (`schemas list` has the names); or name it by `glob` of a [[source]] in recon.toml\"\n"
    );
    let all =
        run(&["check", "--book", path, "--date", "2026-03-02", "--lang", "en", "--format", "csv", "--all"]);
    assert!(all.out.contains("\nfile,row,column,code,expected,found,hint\n"), "{}", all.out);
    for (date, lang, expected) in [
        ("2026-03-03", "en", "has no inbox/2026-03-03"),
        ("20260303", "zh", "没有 inbox/2026-03-03"),
        ("2026-3-33", "zh", "treasury-recon: --date：应为日期，如 2026-03-02；实为“2026-3-33”\n"),
        (
            "2026-3-33",
            "en",
            "treasury-recon: --date: expected a day such as 2026-03-02, found \"2026-3-33\"\n",
        ),
    ] {
        let missing = run(&["check", "--book", path, "--date", date, "--lang", lang]);
        assert_eq!(missing.code, 2);
        assert!(missing.err.contains(expected), "{}", missing.err);
    }
}

#[test]
fn a_source_is_learnt_for_one_account_and_learnt_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path();
    let path = book.to_str().expect("text");
    let rows = "交易日期,金额,摘要\n2026-03-02,-100.00,x\n";
    write(book, "inbox/2026-03-02/6214830000001230_20260302.csv", rows.as_bytes());
    write(book, "inbox/2026-03-02/6222020000009999_20260302.csv", rows.as_bytes());
    let file = book.join("inbox/2026-03-02/6214830000001230_20260302.csv");
    let learn = |more: &[&str]| {
        let file = file.to_str().expect("text");
        let account = "account=6214830000001230";
        let all =
            ["sources", "learn", file, "--as", "bank-statements", "--constant", account, "--lang", "en"];
        run(&[&all[..], more].concat())
    };
    let config = || fs::read_to_string(book.join("recon.toml")).unwrap_or_default();
    let kept = ["--write", "--book", path];
    let learnt = learn(&[&["--sign", "debit-positive"][..], &kept].concat());
    assert_eq!(learnt.code, 0, "{}{}", learnt.out, learnt.err);
    assert!(config().contains("glob = \"6214830000001230_*.csv\""), "{}", config());
    let again = learn(&[&["--sign", "credit-positive"][..], &kept].concat());
    assert!(again.out.contains("in the place of the source with this glob"), "{}", again.out);
    assert_eq!(config().matches("[[source]]").count(), 1, "{}", config());
    assert!(config().contains("credit-positive"), "{}", config());
    // The other account's file is nobody's.
    let checked = run(&["check", "--book", path, "--date", "20260302", "--lang", "en", "--format", "csv"]);
    let expected = [
        "6214830000001230_20260302.csv,bank-statements,[[source]] 6214830000001230_*.csv,",
        "6222020000009999_20260302.csv,not recognised,",
    ];
    assert!(expected.iter().all(|line| checked.out.contains(line)), "{}{}", checked.out, checked.err);

    // With a glob that leaves the account open the file is read as nobody's all the same.
    let learnt_glob = config();
    write(book, "recon.toml", learnt_glob.replace("6214830000001230_*.csv", "*_*.csv").as_bytes());
    let checked = run(&["check", "--book", path, "--lang", "en", "--format", "csv"]);
    assert!(checked.out.contains("_20260302.csv,,contradiction,1,"), "{}", checked.out);
    write(book, "recon.toml", learnt_glob.as_bytes());

    // What cannot be used is not written.
    let before = config();
    let stranger = learn(&[&["--sign", "credit-positive", "--column", "发生额=amount"][..], &kept].concat());
    assert!(stranger.out.contains("The file has no header \"发生额\""), "{}", stranger.out);
    let rejected =
        learn(&[&["--sign", "credit-positive", "--constant", "date=2026-99-99"][..], &kept].concat());
    assert!(rejected.out.contains("Not one row can be accepted."), "{}", rejected.out);
    assert_eq!((stranger.code, rejected.code, config()), (2, 2, before));
    write(book, "recon.toml", b"[[source]\nbroken\n");
    let broken = learn(&[&["--sign", "credit-positive"][..], &kept].concat());
    assert_eq!((broken.code, config().as_str()), (2, "[[source]\nbroken\n"));
    assert!(broken.err.contains("not in the grammar of TOML"), "{}", broken.err);
}

#[test]
fn check_says_which_source_spoke() {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path();
    let rows = "账号,交易日期,金额\n6214830000001230,2026-03-02,-100.00\n";
    for name in ["cmb-a.csv", "bank-receipts-cmb.csv", "x-cmb.csv", "Bank-Statements-A.HTM"] {
        write(book, &format!("inbox/2026-03-02/{name}"), rows.as_bytes());
    }
    for name in ["Thumbs.db", "desktop.ini", "Desktop.ini", "~$cmb.xlsx", ".DS_Store"] {
        write(book, &format!("inbox/2026-03-02/{name}"), b"x");
    }
    let source = |glob: &str, sign: &str| {
        format!("[[source]]\nglob = '{glob}'\nledger = 'bank-statements'\nsign = '{sign}'\n")
    };
    let config = source("cmb*", "debit-positive")
        + &source("cmb-*", "credit-positive")
        + &source("*-cmb.csv", "credit-positive")
        + &source("x*b.csv", "credit-positive")
        + &source("x-cmb*", "debit-positive");
    write(book, "recon.toml", config.as_bytes());
    let path = book.to_str().expect("text");
    let checked = run(&["check", "--book", path, "--lang", "en", "--format", "csv"]);
    let told: Vec<&str> = checked.out.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    let told: Vec<String> = told.iter().map(|line| line.replace("inbox/2026-03-02/", "")).collect();
    assert_eq!(
        told,
        [
            "Bank-Statements-A.HTM,bank-statements,its name,utf-8,3,,",
            "bank-receipts-cmb.csv,bank-statements,\"[[source]] *-cmb.csv, before bank-receipts\",utf-8,3,,",
            "cmb-a.csv,bank-statements,\"[[source]] cmb-*, before cmb*\",utf-8,3,,",
            "x-cmb.csv,bank-statements,\"[[source]] *-cmb.csv, before x-cmb*\",utf-8,3,,",
        ]
    );
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

#[test]
fn problems_are_listed_and_explained() {
    let listed = run(&["problems", "list", "--format", "csv", "--lang", "en"]);
    assert!(listed.out.contains("id-corrupt,An identifier that a spreadsheet destroyed,"), "{}", listed.out);
    let explained = run(&["problems", "explain", "bad-money"]);
    assert!(explained.out.starts_with("# `bad-money` 金额不合格式\n"), "{}", explained.out);
    let unknown = run(&["problems", "explain", "bad-mony"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean \"bad-money\"?"), "{}", unknown.err);
    // Each example is a book of its own.
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/problems/bad-money");
    let checked = run(&["check", "--book", book]);
    assert_eq!(checked.code, 2);
    assert!(checked.out.trim_end().ends_with("如 problems explain bad-money"), "{}", checked.out);
}

/// What changed of January since its middle is all of the difference, and part of the same folder.
#[cfg(feature = "archive")]
fn what_changed_comes_to_the_figures_of_now(book: &Path) {
    let path = book.to_str().expect("text");
    let pack = |name: &str| fs::read(book.join("reports/2026-01").join(name)).expect("written");
    let since = run(&["audit", "--book", path, "--month", "2026-01", "--against", "2026-01-16"]);
    assert_eq!(since.code, 1, "{}", since.err);
    let lines = String::from_utf8(pack("changed-lines.csv")).expect("text");
    let fen = |cell: &str| cell.replace('.', "").parse::<i64>().expect("an amount");
    for line in lines.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [then, tables, late, corrections, now] = cells[cells.len() - 5..] else { panic!("{line}") };
        assert_eq!(fen(then) + fen(tables) + fen(late) + fen(corrections), fen(now), "{line}");
    }
    assert!(lines.lines().count() > 100, "{lines}");
    let page = String::from_utf8(pack("changes.html")).expect("text");
    assert!(page.contains("登记表或参数有变动"), "the settings are others since");
    let manifest = String::from_utf8(pack("manifest.json")).expect("text");
    assert!(manifest.contains("--against 2026-01-16") && manifest.contains("changed-findings.csv"));
    let later =
        run(&["audit", "--book", path, "--month", "2026-01", "--against", "2026-03-16", "--lang", "en"]);
    assert_eq!((later.code, later.err.contains("nothing to compare with")), (2, true), "{}", later.err);
}

#[test]
#[cfg(feature = "archive")]
fn the_demo_tells_the_story_from_the_archive_of_each_day_before() {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path().join("book");
    let path = book.to_str().expect("text");
    let made = run(&["demo", path, "--lang", "en"]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.out.contains("Treasury supervision of 2026-02-28"), "{}", made.out);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/outputs/findings.json");
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    let schema = compiler.compile(file, &mut schemas).expect("a schema");
    for day in story_days() {
        let mut expected: Vec<[String; 4]> = story_expectations()
            .into_iter()
            .filter(|of| of.day == day)
            .map(|of| [of.rule, &of.key, of.status, &of.first_seen.to_string()].map(str::to_owned))
            .collect();
        let text = fs::read_to_string(book.join(format!("reports/{day}/findings.csv"))).expect("written");
        let json = fs::read(book.join(format!("reports/{day}/findings.json"))).expect("written");
        let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!(json["findings"].as_array().expect("an array").len(), expected.len());
        schemas.validate(&json, schema).unwrap_or_else(|error| panic!("{day}: {error:#}"));
        let text = text.strip_prefix('\u{feff}').expect("a mark for spreadsheets");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let place = |name: &str| header.iter().position(|column| column == name).expect("a column");
        let places = ["rule", "key", "status", "first_seen"].map(place);
        let mut found: Vec<[String; 4]> = reader
            .records()
            .map(|record| record.expect("a row"))
            .map(|record| places.map(|place| record[place].to_owned()))
            .collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{day}");
    }

    audits_need_the_archive_alone(&book, path);

    // Running a day again gives the same bytes, with any number of threads, and says whom it concerns.
    let day = "2026-02-12";
    let read = |name: &str| fs::read(book.join(format!("reports/{day}/{name}"))).expect("written");
    let names =
        ["findings.csv", "findings.json", "matches.csv", "open-items.csv", "problems.csv", "totals.csv"];
    let first: Vec<Vec<u8>> = names.iter().map(|name| read(name)).collect();
    for threads in ["1", "3", "8"] {
        let again = run(&["run", "--book", path, "--date", day, "--lang", "en", "--threads", threads]);
        assert_eq!(again.code, 1, "{}", again.err);
        let now: Vec<Vec<u8>> = names.iter().map(|name| read(name)).collect();
        assert!(now == first, "{threads} threads");
    }
    assert!(!book.join("archive/date=2026-02-12/run=2").exists(), "what is the same adds nothing");
    for also in [&[][..], &["--run", day, "--rejudge"]] {
        let verified = run(&[&["verify", "--book", path, "--lang", "en"], also].concat());
        assert_eq!(verified.code, 0, "{}", verified.out);
        let said = if also.is_empty() { "as it was recorded" } else { "the same, byte for byte" };
        assert!(verified.out.contains(said), "{}", verified.out);
    }

    let settings = fs::read_to_string(book.join("recon.toml")).expect("text");
    fs::write(book.join("recon.toml"), format!("{settings}\n[open_items]\nwrite_off_days = 364\n"))
        .expect("written");
    let again = run(&["run", "--book", path, "--date", day, "--lang", "en"]);
    assert!(again.out.contains("replay --book"), "{}", again.out);
    assert!(book.join("archive/date=2026-02-12/run=2/manifest.json").exists());

    // What later days rest on is no longer so: nobody signs a month of that.
    let stale = run(&["audit", "--book", path, "--month", "2026-02", "--lang", "en"]);
    assert_eq!(stale.code, 2);
    assert!(stale.err.contains("2026-02-13 rests on an older state"), "{}", stale.err);
    let replayed = run(&["replay", "--book", path, "--from", "2026-02-13", "--lang", "en"]);
    assert_eq!(replayed.code, 2, "the last day has files that cannot be read: {}", replayed.err);
    assert_eq!(replayed.out.matches("changed").count(), 7, "{}", replayed.out);
    // Nothing has changed since: that is said of each day, and the next one is run all the same.
    let replayed = run(&["replay", "--book", path, "--from", "2026-02-26", "--lang", "en"]);
    assert_eq!(replayed.out.matches("the same bytes, nothing added").count(), 3, "{}", replayed.out);
    assert!(replayed.out.contains("3 came to the bytes that the archive has"), "{}", replayed.out);
    assert!(!book.join("archive/date=2026-02-27/run=3").exists(), "what is the same adds nothing");
    assert_eq!(run(&["audit", "--book", path, "--month", "2026-02"]).code, 1);

    // What was run again is kept, whole, and said; what was signed can be made again.
    let pack = |name: &str| fs::read(book.join("reports/2026-01").join(name)).expect("written");
    let signed = sha256(&fs::read(book.join("archive/date=2026-02-28/run=1/manifest.json")).expect("read"));
    let verified = run(&["verify", "--book", path, "--lang", "en", "--head", &signed]);
    assert_eq!(verified.code, 0, "{}", verified.out);
    assert!(verified.out.contains("8 runs took the place"), "{}", verified.out);
    assert!(verified.out.contains("recon.toml"), "{}", verified.out);
    let then = run(&["audit", "--book", path, "--month", "2026-01", "--head", &signed]);
    assert_eq!(then.code, 1, "{}", then.err);
    let first = pack("manifest.json");
    assert_eq!(run(&["audit", "--book", path, "--month", "2026-01"]).code, 1);
    assert!(pack("manifest.json") != first, "the archive has another digest now");
    assert_eq!(run(&["audit", "--book", path, "--month", "2026-01", "--head", &signed]).code, 1);
    assert!(pack("manifest.json") == first);
    what_changed_comes_to_the_figures_of_now(&book);
    fs::write(book.join("reports/2026-01/cells.csv"), b"").expect("written");
    let verified = run(&["verify", "--book", path]);
    assert_eq!(verified.code, 1);
    assert!(verified.out.contains("reports/2026-01/cells.csv"), "{}", verified.out);
}

/// Statements and pack say what runs in memory come to, without inbox and reports, and the same for any number of threads.
#[cfg(feature = "archive")]
fn audits_need_the_archive_alone(book: &Path, path: &str) {
    for folder in ["inbox", "reports"] {
        fs::rename(book.join(folder), book.join(format!("away-{folder}"))).expect("put away");
    }
    let audits: [(&[&str], &[&str]); 2] = [
        (
            &["--month", "2026-01"],
            &[
                "cells.csv",
                "payouts.csv",
                "differences.csv",
                "in-transit.csv",
                "corrections.csv",
                "open-items.csv",
            ],
        ),
        (
            &["--quarter", "2026Q1"],
            &["differences.csv", "in-transit.csv", "corrections.csv", "league.csv", "accounts.csv"],
        ),
    ];
    for (period, names) in audits {
        for threads in ["1", "3"] {
            let made = run(&[&["audit", "--book", path, "--threads", threads], period].concat());
            assert_eq!(made.code, 1, "{}", made.err);
            for name in names {
                let fixture = format!("fixtures/spring-festival/audits/zh/{}/{name}", period[1]);
                let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture);
                let found =
                    fs::read_to_string(book.join("reports").join(period[1]).join(name)).expect("written");
                assert_eq!(found, fs::read_to_string(fixture).expect("a fixture"), "{name}");
            }
        }
        let manifest = fs::read(book.join("reports").join(period[1]).join("manifest.json")).expect("written");
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
        for (name, digest) in manifest["files"].as_object().expect("files") {
            let bytes =
                fs::read(book.join("reports").join(period[1]).join(name)).expect("a file of the pack");
            assert_eq!(digest.as_str(), Some(sha256(&bytes).as_str()), "{name}");
        }
        let last = fs::read(book.join("archive/date=2026-02-28/run=1/manifest.json")).expect("a manifest");
        assert_eq!(manifest["archive"].as_str(), Some(sha256(&last).as_str()));
    }
    let unknown = run(&["audit", "--book", path, "--quarter", "2026Q1", "--institution", "10229010010"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("102290100106"), "{}", unknown.err);
    let empty = run(&["audit", "--book", path, "--month", "2024-01", "--lang", "en"]);
    assert_eq!(empty.code, 2);
    assert!(empty.err.contains("no run of 2024-01"), "{}", empty.err);
    for folder in ["inbox", "reports"] {
        let _ = fs::remove_dir_all(book.join(folder));
        fs::rename(book.join(format!("away-{folder}")), book.join(folder)).expect("put back");
    }
}

#[cfg(feature = "archive")]
fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("memory");
        text
    })
}

#[test]
fn the_exit_code_says_whether_anything_was_found_or_could_not_be_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path();
    let day = "inbox/2026-03-02";
    let header = |ledger: &str, row: &str| {
        let columns = match ledger {
            "tax-receipts" => {
                "slip_no,tax_org,treasury,taxpayer_id,taxpayer_name,subject,level,amount,billed_on\n"
            }
            "bank-receipts" => "slip_no,bank,treasury,payee_account,amount,received_at,remitted_at\n",
            _ => "slip_no,treasury,subject,level,amount,booked_on\n",
        };
        write(book, &format!("{day}/{ledger}.csv"), format!("{columns}{row}\n").as_bytes());
    };
    let path = book.to_str().expect("text");
    let code = |more: &[&str]| {
        let ran = run(&[&["run", "--book", path, "--date", "2026-03-02"], more].concat());
        assert!(ran.err.is_empty(), "{}", ran.err);
        ran.code
    };
    header("tax-receipts", "S1,o,t,id,n,101010101,4,5.00,2026-03-02");
    header("bank-receipts", "S1,b,t,a,5.00,2026-03-02,2026-03-02");
    assert_eq!(code(&[]), 2, "a required ledger is missing");
    header("treasury-receipts", "S1,t,101010101,4,5.00,2026-03-02");
    assert_eq!(code(&[]), 0);
    header("treasury-receipts", "S1,t,101010101,4,6.00,2026-03-02");
    assert_eq!(code(&[]), 1);
    assert_eq!(code(&["--fail-on", "critical"]), 0);
    assert_eq!(code(&["--fail-on", "never"]), 0);
    header("treasury-receipts", "S1,t,101010101,4,6.0x,2026-03-02");
    assert_eq!(code(&["--fail-on", "never"]), 2, "a row that cannot be read outranks everything");
    // The archive cannot take the run in: nothing of it is published.
    if cfg!(feature = "archive") {
        write(book, "inbox/2026-03-04/tax-receipts.csv", b"");
        write(book, "archive/date=2026-03-04", b"no folder");
        let failed = run(&["run", "--book", path, "--date", "2026-03-04"]);
        assert_eq!(failed.code, 2, "{}", failed.out);
        assert!(failed.err.contains("date=2026-03-04"), "{}", failed.err);
        let left = |folder: &str| -> Vec<String> {
            let names =
                fs::read_dir(book.join(folder)).expect("a folder").map(|entry| entry.expect("readable"));
            names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        };
        assert!(left("reports").iter().all(|name| name == "2026-03-02"), "{:?}", left("reports"));
        assert!(left("archive").iter().all(|name| !name.starts_with('.')), "{:?}", left("archive"));
    }
    let unknown = run(&["run", "--book", path, "--date", "2026-03-03"]);
    assert_eq!(unknown.code, 2);
    assert!(!book.join("reports/2026-03-03").exists(), "a run that cannot be done leaves the book as it was");
}

#[test]
#[cfg(feature = "archive")]
fn a_late_statement_row_is_joined_with_those_in_the_archive() {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path().join("book");
    let path = book.to_str().expect("text");
    let made = run(&["init", path]);
    assert_eq!(made.code, 0, "{}", made.err);
    let template =
        |ledger: &str| fs::read(book.join(format!("templates/ledgers/{ledger}.csv"))).expect("a template");
    let days = [
        ("2026-03-02", "62,2026-03-02,1,credit,90.00,90.00"),
        ("2026-03-03", "62,2026-03-03,3,debit,100.00,0.00\n62,2026-03-03,4,credit,100.00,100.00"),
        ("2026-03-04", "62,2026-03-04,5,debit,40.00,60.00"),
        ("2026-03-05", "62,2026-03-02,2,credit,10.00,100.00"),
        ("2026-03-06", "62,2026-03-03,4,credit,100.00,100.00"),
    ];
    let mut told = Vec::new();
    for (day, rows) in days {
        for ledger in ["tax-receipts", "bank-receipts", "treasury-receipts"] {
            write(&book, &format!("inbox/{day}/{ledger}.csv"), &template(ledger));
        }
        let text = format!("account,date,serial,direction,amount,balance\n{rows}");
        write(&book, &format!("inbox/{day}/bank-statements.csv"), text.as_bytes());
        let ran = run(&["run", "--book", path, "--date", day, "--lang", "en"]);
        assert_ne!(ran.code, 2, "{}{}", ran.out, ran.err);
        let text = fs::read_to_string(book.join(format!("reports/{day}/findings.csv"))).expect("written");
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header = reader.headers().expect("a header").clone();
        let place = |name: &str| header.iter().position(|column| column == name).expect("a column");
        let places = ["key", "status", "difference", "evidence"].map(place);
        for record in reader.records().map(|record| record.expect("a row")) {
            let words = places.map(|place| record[place].to_owned());
            told.push(format!("{day}: {}", words.join(" ")));
        }
    }
    assert_eq!(
        told,
        [
            "2026-03-03: 62/2026-03-03 open 10.00 inbox/2026-03-03/bank-statements.csv#2",
            "2026-03-05: 62/2026-03-03 resolved 10.00 inbox/2026-03-03/bank-statements.csv#2",
        ]
    );
}

#[test]
fn a_table_that_was_not_read_whole_accuses_nobody() {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path();
    write(book, "recon.toml", b"");
    write(
        book,
        "inbox/2026-03-02/bank-receipts.csv",
        "slip_no,bank,payee_account,amount,received_at\nA1,102222020334,2200099,100.00,2026-03-02\n"
            .as_bytes(),
    );
    let register = |row: &str| {
        let text = format!(
            "account,holder_name,holder_class,nature,opened_on\n2200010,待报解预算收入,bank,pending_receipts,\n{row}\n"
        );
        write(book, "reference/accounts.csv", text.as_bytes());
        run(&["run", "--book", book.to_str().expect("text"), "--date", "2026-03-02", "--lang", "en"]).out
    };
    let whole = register("2200011,甲公司,enterprise,general,2020-02-01");
    assert!(whole.contains("wrong-collection-subject"), "{whole}");
    // The account of the receipt may be in the row that cannot be read.
    let broken = register("2200099,待报解预算收入,bank,pending_receipts,2020-02-30");
    let findings = fs::read_to_string(book.join("reports/2026-03-02/findings.csv")).expect("written");
    assert!(!findings.contains("2200099"), "{findings}");
    assert!(broken.contains("accounts lacking: "), "{broken}");
    let coverage = fs::read_to_string(book.join("reports/2026-03-02/coverage.csv")).expect("written");
    assert!(coverage.contains("no data"), "{coverage}");
}
