//! What the archive answers: questions in SQL, dossiers, and why two numbers are or are not one payment.
#![cfg(feature = "archive")]
#![expect(clippy::disallowed_methods, reason = "these tests write books and pages")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use treasury_recon::archive::listings;
use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::money::Money;

use crate::daily_reports::speaks_in_words;

/// The story, run once for all of these tests.
static BOOK: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    let book = dir.path().join("book");
    let made = run(&["demo", book.to_str().expect("text"), "--quiet", "--fail-on", "never"]);
    assert!(made.0 == 0 || made.0 == 2, "{}", made.2);
    dir
});

fn book() -> String {
    BOOK.path().join("book").to_str().expect("text").to_owned()
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_treasury-recon")).args(arguments).output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code().expect("ended by itself"), text(output.stdout), text(output.stderr))
}

/// The rows of an answer, without the header.
fn ask(sql: &str) -> Vec<Vec<String>> {
    ask_with(sql, &[])
}

fn ask_with(sql: &str, more: &[&str]) -> Vec<Vec<String>> {
    let book = book();
    let mut arguments = vec!["query", "--book", &book, "--format", "csv", sql];
    arguments.extend(more);
    let (code, out, err) = run(&arguments);
    assert_eq!(code, 0, "{sql}: {err}");
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let rows = reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect());
    rows.collect()
}

fn refused(sql: &str) -> String {
    let (code, out, err) = run(&["query", "--book", &book(), "--lang", "en", sql]);
    assert_eq!((code, out.as_str()), (2, ""), "{sql}");
    assert!(err.contains("hint: SELECT"), "{err}");
    err
}

#[test]
fn every_listed_column_can_be_asked() {
    for table in listings() {
        let names: Vec<String> = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        ask(&format!("SELECT {} FROM {} LIMIT 1", names.join(", "), table.name));
    }
}

#[test]
fn sums_are_exact_and_complete() {
    let [rows] = &ask("SELECT COUNT(*), SUM(rows) FROM inputs")[..] else { panic!("one row") };
    assert_ne!(rows[1], "0");
    let by_ledger = ask("SELECT ledger, SUM(amount) FROM entries WHERE fate = 'stands' GROUP BY ledger");
    let each = ask("SELECT ledger, amount FROM entries WHERE fate = 'stands' AND amount IS NOT NULL");
    for row in by_ledger.iter().filter(|row| !row[1].is_empty()) {
        let amounts = each.iter().filter(|of| of[0] == row[0]);
        let sum: Money = amounts.map(|of| of[1].parse::<Money>().expect("an amount")).sum();
        assert_eq!(sum.to_string(), row[1], "{}", row[0]);
    }
}

#[test]
fn numbers_with_a_point_are_decimals() {
    let largest = &ask("SELECT MAX(amount) FROM entries")[0][0];
    assert_eq!(ask(&format!("SELECT COUNT(*) FROM entries WHERE amount > {largest}"))[0][0], "0");
    assert_ne!(ask(&format!("SELECT COUNT(*) FROM entries WHERE amount = {largest}"))[0][0], "0");
    assert_ne!(ask(&format!("SELECT COUNT(*) FROM entries WHERE amount IN ({largest}, 0.01)"))[0][0], "0");
    let counted = |condition: &str| -> u32 {
        ask(&format!("SELECT COUNT(*) FROM entries WHERE amount IS NOT NULL AND {condition}"))[0][0]
            .parse()
            .expect("a count")
    };
    assert_eq!(
        counted(&format!("amount IN ({largest}, 0.01)"))
            + counted(&format!("amount NOT IN ({largest}, 0.01)")),
        counted("TRUE")
    );
}

#[test]
fn an_entry_stands_in_one_run() {
    let twice =
        ask("SELECT file, file_row, COUNT(*) AS n FROM entries GROUP BY file, file_row HAVING COUNT(*) > 1");
    assert_eq!(twice, Vec::<Vec<String>>::new());
}

#[test]
fn what_was_known_grows() {
    let count = |day: &str| -> u32 {
        let rows = ask_with("SELECT COUNT(*) FROM entries", &["--as-known-on", day]);
        rows[0][0].parse().expect("a count")
    };
    assert!(count("2026-01-30") < count("2026-02-27"));
    let last = ask_with("SELECT MAX(run_on) FROM runs", &["--as-known-on", "2026-01-30"]);
    assert_eq!(last, [["2026-01-30"]]);
}

#[test]
fn answers_have_one_order() {
    let sql = "SELECT rule, COUNT(*) AS n FROM findings GROUP BY rule ORDER BY n DESC";
    let one = ask_with(sql, &["--threads", "1"]);
    assert_eq!(one, ask_with(sql, &["--threads", "4"]));
    let picked = "SELECT file, file_row FROM entries WHERE ledger = 'tax-receipts' LIMIT 7";
    assert_eq!(ask_with(picked, &["--threads", "1"]), ask_with(picked, &["--threads", "4"]));
}

#[test]
fn only_questions_are_answered() {
    let cases = [
        ("DELETE FROM entries", "only questions are answered"),
        ("CREATE TABLE x AS SELECT 1", "only questions are answered"),
        ("SELECT 1; SELECT 2", "one question at a time"),
        ("SELECT nothing FROM entries", "nothing"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("SELECT AVG(amount) AS mean FROM entries", "binary fraction"),
        ("SELEC 1", "Expected"),
    ];
    for (sql, expected) in cases {
        let told = refused(sql);
        assert!(told.contains(expected), "{sql}: {told}");
    }
    let (code, _, err) = run(&["query", "--book", "no-such-book", "--lang", "en", "SELECT 1"]);
    assert_eq!(code, 2);
    assert!(err.contains("no run to ask"), "{err}");
    let (code, ..) = run(&["rules", "list", "--format", "parquet"]);
    assert_eq!(code, 2);
}

#[test]
fn an_account_has_a_dossier() {
    let account =
        &ask("SELECT account FROM findings WHERE rule = 'transit-account' AND account IS NOT NULL LIMIT 1")
            [0][0];
    let (code, out, err) =
        run(&["investigate", "--book", &book(), "--account", account, "--format", "json", "--lang", "en"]);
    assert_eq!(code, 0, "{err}");
    let dossier: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let rows = |table: &str| dossier[table].as_array().map_or(0, Vec::len);
    let columns = ["payer_account", "payee_account", "from_account", "account", "counterparty_account"];
    let named = columns.map(|column| format!("{column} = '{account}'")).join(" OR ");
    let named = ask(&format!("SELECT COUNT(*) FROM entries WHERE {named}"));
    let named: usize = named[0][0].parse().expect("a count");
    assert!(named > 0 && rows("timeline") >= named, "{} rows of {named}", rows("timeline"));
    assert!(rows("findings") > 0 && rows("cases") > 0 && rows("counterparties") > 0);
    let sum = |table: &str| -> Money {
        let of = dossier[table].as_array().expect("rows");
        of.iter().map(|row| row["in"].as_str().expect("text").parse::<Money>().expect("an amount")).sum()
    };
    assert_eq!(sum("days"), sum("counterparties"), "what came in on the days came from somebody");
    let folder = Path::new(&book()).join(format!("reports/investigations/account-{account}"));
    let page = fs::read_to_string(folder.join("index.html")).expect("a page");
    assert!(page.contains("<svg class=\"flow\"") && !page.contains("http://") && !page.contains("https://"));
    assert!(folder.join("timeline.csv").exists());
}

/// The lists of where texts stand save reading, and change nothing.
#[test]
fn dossiers_are_the_same_without_the_lists() {
    let dir = tempfile::tempdir().expect("a folder");
    let bare = dir.path().join("book");
    let copied = Command::new("cp").args(["-r", &book()]).arg(&bare).status().expect("copies");
    assert!(copied.success());
    let mut lists = 0;
    for day in fs::read_dir(bare.join("archive")).expect("an archive") {
        let list = day.expect("a day").path().join("run=1/find.parquet");
        if list.exists() {
            fs::remove_file(list).expect("removed");
            lists += 1;
        }
    }
    assert!(lists > 30, "{lists} lists");
    let asked = [
        (
            "--account",
            "SELECT payer_account FROM entries WHERE ledger = 'bank-receipts' AND run_on < '2026-01-10'",
        ),
        (
            "--account",
            "SELECT payee_account FROM entries WHERE ledger = 'bank-disbursements' AND NOT is_open",
        ),
        ("--account", "SELECT account FROM entries WHERE ledger = 'bank-statements'"),
        (
            "--taxpayer",
            "SELECT taxpayer_id FROM entries WHERE ledger = 'tax-receipts' AND run_on < '2026-01-10'",
        ),
        ("--unit", "SELECT unit FROM entries WHERE ledger = 'finance-disbursements'"),
    ];
    for (kind, sql) in asked {
        let value = &ask(&format!("{sql} ORDER BY 1 DESC LIMIT 1"))[0][0];
        let of = |book: &str| {
            let (code, out, err) =
                run(&["investigate", "--book", book, kind, value, "--format", "json", "--quiet"]);
            assert_eq!(code, 0, "{kind} {value}: {err}");
            out
        };
        let (listed, read) = (of(&book()), of(bare.to_str().expect("text")));
        let dossier: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
        assert!(!dossier["timeline"].as_array().expect("rows").is_empty(), "{kind} {value}");
        assert_eq!(listed, read, "{kind} {value}");
    }
}

#[test]
fn every_kind_can_be_investigated() {
    let first = |sql: &str| ask(sql)[0][0].clone();
    let asked = [
        ("--slip", first("SELECT slip_no FROM entries WHERE ledger = 'tax-receipts' LIMIT 1")),
        ("--voucher", first("SELECT voucher_no FROM entries WHERE ledger = 'bank-disbursements' LIMIT 1")),
        ("--taxpayer", first("SELECT taxpayer_id FROM entries WHERE ledger = 'tax-receipts' LIMIT 1")),
        ("--unit", first("SELECT unit FROM entries WHERE ledger = 'finance-disbursements' LIMIT 1")),
        ("--finding", first("SELECT finding_id FROM findings WHERE rule = 'remittance-delay' LIMIT 1")),
    ];
    for (kind, value) in asked {
        let (code, out, err) =
            run(&["investigate", "--book", &book(), kind, &value, "--format", "json", "--quiet"]);
        assert_eq!(code, 0, "{kind} {value}: {err}");
        let dossier: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert!(!dossier["timeline"].as_array().expect("rows").is_empty(), "{kind} {value}");
        let folder = format!("reports/investigations/{}-{value}", kind.trim_start_matches('-'));
        let page = fs::read_to_string(Path::new(&book()).join(folder).join("index.html")).expect("a page");
        speaks_in_words(&value, &page);
    }
    // What no party has to answer for any more is no open item, though it is kept.
    let items =
        ask("SELECT DISTINCT key FROM open_items WHERE run_on IN (SELECT MAX(run_on) FROM open_items)");
    let (code, out, err) = run(&["investigate", "--book", &book(), "--unit", "107001", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let dossier: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let mut kept = 0;
    for case in dossier["cases"].as_array().expect("rows") {
        let (key, state) = (case["key"].as_str().expect("text"), case["state"].as_str().expect("text"));
        assert_eq!(state.starts_with("未结"), items.iter().any(|item| item[0] == key), "{key} {state}");
        kept += usize::from(state.starts_with("非未达账项"));
    }
    assert!(kept > 0, "a payment is kept");
    let (code, _, err) = run(&["investigate", "--book", &book(), "--slip", "no-such-slip", "--lang", "en"]);
    assert_eq!(code, 2);
    assert!(err.contains("check the number"), "{err}");
}

/// The alterations that would make another finding of the first of a rule: column, what it is, what it were, and then.
fn alterations(rule: &str) -> Vec<[String; 4]> {
    let id =
        &ask(&format!("SELECT finding_id FROM findings WHERE rule = '{rule}' ORDER BY run_on, key LIMIT 1"))
            [0][0];
    let (code, out, err) = run(&[
        "investigate",
        "--book",
        &book(),
        "--finding",
        id,
        "--format",
        "json",
        "--lang",
        "en",
        "--quiet",
    ]);
    assert_eq!(code, 0, "{rule}: {err}");
    let dossier: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let rows = dossier["alterations"].as_array().cloned().unwrap_or_default();
    let cell = |row: &serde_json::Value, id: &str| row[id].as_str().expect("text").to_owned();
    rows.iter().map(|row| ["column", "is", "at", "then"].map(|id| cell(row, id))).collect()
}

#[test]
fn a_finding_says_what_would_make_another_of_it() {
    // The slip says what the bank would have had to receive; whoever erred, nothing else would do.
    let amounts = alterations("amount-mismatch");
    let is_slips = |row: &[String; 4]| row[0] == "amount" && row[3] == "does not stand";
    assert!(!amounts.is_empty() && amounts.iter().all(is_slips), "{amounts:?}");
    // A minute past the cut-off makes it the next working day's money, and remitted in time.
    let delays = alterations("remittance-delay");
    let is_later = |row: &[String; 4]| {
        row[0] == "received_at" && row[2].ends_with("17:01:00") && row[3] == "does not stand"
    };
    assert!(delays.iter().any(is_later), "{delays:?}");
    // Another subject is neither a date nor an amount.
    assert_eq!(alterations("subject-mismatch"), [[""; 4]; 0]);
    // A sum over other payments is not to be had from the rows of one.
    assert_eq!(alterations("disbursement-over-budget"), [[""; 4]; 0]);
}

#[test]
fn a_pair_is_explained_strategy_by_strategy() {
    let slips =
        ask("SELECT DISTINCT slip_no FROM entries WHERE ledger = 'tax-receipts' ORDER BY slip_no LIMIT 2");
    let (a, b) = (&slips[0][0], &slips[1][0]);
    let (code, out, err) = run(&["investigate", "--book", &book(), "--pair", a, b, "--lang", "en"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("They are not one case") && out.contains("differs in: number"), "{out}");
    let joined = ask("SELECT b.file, b.file_row, t.slip_no FROM entries b JOIN entries t \
         ON b.run_on = t.run_on AND b.case_no = t.case_no JOIN matches m \
         ON m.run_on = t.run_on AND m.case_no = t.case_no \
         WHERE b.ledger = 'bank-receipts' AND t.ledger = 'tax-receipts' AND m.strategy LIKE '%payer-and-amount%' LIMIT 1");
    let row = format!("{}#{}", joined[0][0], joined[0][1]);
    let (code, out, err) =
        run(&["investigate", "--book", &book(), "--pair", &joined[0][2], &row, "--lang", "en"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("They are one case, by same paying account, or name, amount"), "{out}");
}

/// How the files are read without this program; `tests/engines` holds it.
const OTHER_ENGINES: &str = r#"
## In other engines

| holds | in Parquet | DuckDB | pyarrow | Spark |
|---|---|---|---|---|
| text | `BYTE_ARRAY`, UTF-8 | `VARCHAR` | `string` | `string` |
| decimal(18,2) | `INT64`, decimal | `DECIMAL(18,2)` | `decimal128(18, 2)` | `decimal(18,2)` |
| date | `INT32`, date | `DATE` | `date32` | `date` |
| count | `INT32`, unsigned | `UINTEGER` | `uint32` | `bigint` |

The folders are Hive partitions `date` (what is `run_on` here) and `run`; of a day that was run again only the highest `run` counts. Not every file has every column: several ledgers are read together with `union_by_name = true` in DuckDB, `mergeSchema` in Spark. pandas makes binary fractions of counts with blanks unless it is told `dtype_backend="pyarrow"`; amounts stay decimals either way. A case that a run took back stands again, whole, in that run or a later one, so its old rows must be left out: `recalled.parquet` names the earlier run's day, in its own column `run_on`, and the `case_no`. `carried-` files are what was open when their run had ended: only those of the last run add to what was settled; their columns `consumed` (yuan that receipts no longer open took from a remittance) and `claimed` (1 where a receipt named it) are for the next run.

```sql
SELECT SUM(amount) FROM 'archive/date=*/run=*/entries-bank-receipts.parquet' AS e
ANTI JOIN 'archive/date=*/run=*/recalled.parquet' AS r ON r.run_on = e.date AND r.case_no = e.case_no;
```

```python
totals = pandas.read_parquet("archive/date=2026-02-28/run=1/totals.parquet", dtype_backend="pyarrow")
totals[["issuer", "bank", "treasury_amount"]].sum()
```

Both give what `query` gives, to the fen. `tests/engines/archive.sql` makes `entries`, the tie-out and the match by number from the files, for DuckDB and Spark alike; `.ci/engines` runs it and the examples above on every submission and compares every table.
"#;

#[test]
fn the_page_of_columns_is_current() {
    let mut page = String::from(
        "# The archive\n\nEvery run leaves a folder `archive/date=DAY/run=N/` of Parquet files that any engine reads; its \
         `manifest.json` names each file's SHA-256 and has a `version`. `treasury-recon query` asks them in SQL under the \
         names below, of each day its last run, and leaves out rows of cases that a later run took back. In the files \
         themselves `entries` is `entries-<ledger>.parquet` (settled) and `carried-<ledger>.parquet` (open), a reference \
         table is `reference-<table>.parquet` in the run that first read it as it is, and what the folder says (`run_on`, \
         `run`) or the file's name (`ledger`, `party`, `flow`, `is_open`) is no column.\n\nAmounts are decimals of 18 \
         digits, two of them behind the point. A blank is null. Moments and rates are text, exact as they came. `from` and \
         `to` are words of SQL and need quotes: `\"from\"`. \
         `find.parquet` says in which row groups of `entries-` files an account, taxpayer or unit stands: `digest` is the upper half of \
         XXH3-64 of the text, ascending. `seen.lines`, `seen.index` and \
         `cases.lines` are the program's own: by them a later run finds settled rows again.\n",
    );
    page.push_str(OTHER_ENGINES);
    for table in listings() {
        write!(
            page,
            "\n## `{}`\n\n{} · {}\n\n| column | holds | 说明 | says |\n|---|---|---|---|\n",
            table.name, table.zh, table.en
        )
        .expect("memory");
        for column in &table.columns {
            let holds = column.holds.title(Lang::En);
            writeln!(page, "| `{}` | {holds} | {} | {} |", column.name, column.zh, column.en)
                .expect("memory");
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/archive.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, page).expect("written");
    } else {
        assert_eq!(fs::read_to_string(path).expect("text"), page, "UPDATE=1 cargo test rewrites it");
    }
}
