//! Re-deliveries, completions, changes and reversals: which rows stand.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;
use treasury_recon::domain::entry::Book;
use treasury_recon::domain::facts::Facts;
use treasury_recon::domain::field::Field;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::domain::settings::Settings;
use treasury_recon::ledger::intake::{digests, take_in};
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{SourceFile, format, read};

use crate::replay::Replay;

/// Files of the bank's journal: (day, name, rows of `slip amount received remitted status`, `-` for empty).
#[track_caller]
fn check(files: &[(&str, &str, &[&str])], expected: &[&str]) {
    let mut parts = Vec::new();
    for (day, name, rows) in files {
        let mut text = String::from("slip_no,bank,payee_account,amount,received_at,remitted_at,status\n");
        for row in *rows {
            let cells: Vec<&str> =
                row.split_whitespace().map(|cell| if cell == "-" { "" } else { cell }).collect();
            let [slip, amount, received, remitted, status] = cells[..] else { panic!("five cells: {row}") };
            writeln!(text, "{slip},icbc,p1,{amount},{received},{remitted},{status}").expect("memory");
        }
        let source = SourceFile {
            path: format!("inbox/{day}/{name}").into(),
            bytes: text.into_bytes(),
            arrived: day.parse().expect("a date"),
        };
        let parsed = read(&source, format::of(Ledger::BankReceipts), &Profile::default());
        assert_eq!(parsed.problems, []);
        parts.extend(parsed.parts);
    }
    let book = Book::assemble(parts);
    let intake = take_in(&book, &digests(&book), &Settings::default().status_success, &BTreeMap::new(), &[]);
    assert_eq!(intake.fates.len(), book.len());
    let mut told: Vec<String> = book
        .entries()
        .zip(&intake.fates)
        .map(|(entry, fate)| {
            let file = entry.file().trim_start_matches("inbox/2026-03-");
            format!("{file}#{} {fate:?}", entry.file_row())
        })
        .collect();
    told.extend(intake.changes.iter().map(|change| {
        let altered: Vec<&str> = change.altered.iter().copied().map(Field::id).collect();
        format!(
            "{} -> {} [{}]",
            book.entry(change.old).file_row(),
            book.entry(change.new).file_row(),
            altered.join(" ")
        )
    }));
    assert_eq!(told, expected);
}

const DAY1: &str = "2026-03-02";
const DAY2: &str = "2026-03-03";

#[test]
fn an_equal_row_is_a_duplicate_delivery() {
    check(
        &[(DAY1, "a", &["S1 5 2026-03-02 - -"]), (DAY2, "a", &["S1 5.00 20260302 - -"])],
        &["02/a#2 Stands", "03/a#2 Duplicate"],
    );
    check(
        &[(DAY1, "a", &["S1 5 2026-03-02 - -"]), (DAY1, "b", &["S1 5 2026-03-02 - -"])],
        &["02/a#2 Stands", "02/b#2 Duplicate"],
    );
}

#[test]
fn twins_in_one_file_are_two_entries() {
    check(
        &[
            (DAY1, "a", &["S1 5 2026-03-02 - -", "S1 5 2026-03-02 - -"]),
            (DAY2, "a", &["S1 5 2026-03-02 - -", "S1 5 2026-03-02 - -"]),
        ],
        &["02/a#2 Stands", "02/a#3 Stands", "03/a#2 Duplicate", "03/a#3 Duplicate"],
    );
    check(
        &[
            (DAY1, "a", &["S1 5 2026-03-02 - -"]),
            (DAY2, "a", &["S1 5 2026-03-02 - -", "S1 5 2026-03-02 - -"]),
        ],
        &["02/a#2 Stands", "03/a#2 Duplicate", "03/a#3 Stands"],
    );
}

#[test]
fn a_filled_row_completes_a_blank_one_whatever_their_order() {
    check(
        &[(DAY1, "a", &["S1 5 2026-03-02 - -"]), (DAY2, "a", &["S1 5 2026-03-02 2026-03-03 成功"])],
        &["02/a#2 Superseded", "03/a#2 Stands", "2 -> 2 []"],
    );
    check(
        &[(DAY1, "a", &["S1 5 2026-03-02 2026-03-03 -"]), (DAY1, "b", &["S1 5 2026-03-02 - -"])],
        &["02/a#2 Stands", "02/b#2 Duplicate"],
    );
}

#[test]
fn a_changed_row_stands_and_is_told() {
    check(
        &[(DAY1, "a", &["S1 5 2026-03-02 - -"]), (DAY2, "a", &["S1 6 2026-03-02 2026-03-03 -"])],
        &["02/a#2 Superseded", "03/a#2 Stands", "2 -> 2 [amount]"],
    );
    // A near miss: another slip is another record.
    check(
        &[(DAY1, "a", &["S1 5 2026-03-02 - -"]), (DAY2, "a", &["S2 6 2026-03-02 - -"])],
        &["02/a#2 Stands", "03/a#2 Stands"],
    );
}

#[test]
fn a_failed_row_takes_no_part() {
    check(
        &[(DAY1, "a", &["S1 5 2026-03-02 - 拒收", "S1 5 2026-03-02 - 成功"])],
        &["02/a#2 Failed", "02/a#3 Stands"],
    );
}

#[test]
fn a_reversal_cancels_the_latest_payment_not_after_it() {
    check(
        &[
            (DAY1, "a", &["S1 5 2026-03-02T09:00 - -"]),
            (DAY2, "a", &["S1 5 2026-03-03T09:00 - 冲正", "S1 5 2026-03-03T10:00 - 成功"]),
        ],
        &["02/a#2 Cancelled", "03/a#2 Reversal", "03/a#3 Stands"],
    );
    // Paid and taken back in one file; both rows come again the next day.
    check(
        &[
            (DAY1, "a", &["S1 5 2026-03-02T11:00 - 冲正", "S1 5 2026-03-02T09:00 - 成功"]),
            (DAY2, "a", &["S1 5 2026-03-02T09:00 - 成功", "S1 5 2026-03-02T11:00 - 冲正"]),
        ],
        &["02/a#2 Reversal", "02/a#3 Cancelled", "03/a#2 Duplicate", "03/a#3 Duplicate"],
    );
    // Near misses: another amount, and a payment after the reversal.
    check(
        &[(DAY1, "a", &["S1 5 2026-03-02T09:00 - -", "S1 6 2026-03-02T11:00 - 冲正"])],
        &["02/a#2 Stands", "02/a#3 IdleReversal"],
    );
    check(
        &[(DAY1, "a", &["S1 5 2026-03-02T09:00 - 冲正"]), (DAY2, "a", &["S1 5 2026-03-02T10:00 - -"])],
        &["02/a#2 IdleReversal", "03/a#2 Stands"],
    );
}

#[test]
fn a_reversal_may_arrive_before_its_payment() {
    check(
        &[(DAY1, "a", &["S1 5 2026-03-02T11:00 - 冲正"]), (DAY2, "a", &["S1 5 2026-03-02T10:00 - -"])],
        &["02/a#2 Reversal", "03/a#2 Cancelled"],
    );
}

#[test]
fn a_missing_record_names_the_row_that_could_not_be_read() {
    let file = |day: &str, name: &str, text: &str| SourceFile {
        path: format!("inbox/{day}/{name}.csv").into(),
        bytes: text.into(),
        arrived: day.parse().expect("a date"),
    };
    let slips = "slip_no,tax_org,treasury,taxpayer_id,taxpayer_name,subject,level,amount,billed_on\n\
                 A1,1210600,2106000000,X1,甲公司,101010101,4,100.00,2026-03-02\n\
                 A2,1210600,2106000000,X1,甲公司,101010101,4,200.00,2026-03-02\n";
    let bookings = "slip_no,treasury,subject,level,amount,booked_on\nA1,2106000000,101010101,4,100.00,2026-03-02\n\
                    A2,2106000000,101010101,4,200.00,2026-03-02\n";
    let receipts = "slip_no,bank,payee_account,amount,received_at\nA1,102222020334,2200010,1,00.00,2026-03-02\n\
                    A1,102222020334,2200010,\"1,00.00\",2026-03-02\n";
    let mut replay = Replay::new(Facts::new(NaiveDate::default()));
    let first = [
        file(DAY1, "tax-receipts", slips),
        file(DAY1, "treasury-receipts", bookings),
        file(DAY1, "bank-receipts", receipts),
    ];
    replay.run(DAY1.parse().expect("a day"), &first, |_, problems| assert!(!problems.is_empty()));
    let header = receipts.lines().next().expect("a header");
    let said = replay.run(
        "2026-03-04".parse().expect("a day"),
        &[file("2026-03-04", "bank-receipts", header)],
        |outcome, _| {
            let of = outcome.told.iter().filter(|told| told.rule == "missing-in-bank");
            of.map(|told| (told.key.clone(), told.explanation.en.clone())).collect::<BTreeMap<_, _>>()
        },
    );
    assert_eq!(said.keys().collect::<Vec<_>>(), ["A1", "A2"]);
    let row = "; inbox/2026-03-02/bank-receipts.csv#3 states this number but could not be read: see the problems of the files";
    assert!(said["A1"].ends_with(row), "{}", said["A1"]);
    assert!(!said["A2"].contains("could not be read"), "{}", said["A2"]);
}
