//! What takes longer than the story goes on, or shows only from day to day: small books, in memory.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};
use treasury_recon::domain::facts::Facts;
use treasury_recon::example::BookFile;
use treasury_recon::rules::finding::Told;

use crate::example_books::{open, shown};
use crate::replay::Replay;
use crate::rule_pages::Section;

/// A taxpayer who pays one tax: its subject, what it pays in January 2026 in yuan, and of that how many hundredths of a
/// per cent are refunded. In other months it pays 100000, and one to three per cent are refunded.
struct Taxpayer {
    id: &'static str,
    name: &'static str,
    subject: &'static str,
    january: u32,
    refunded: u32,
}

static TAXPAYERS: [Taxpayer; 3] = [
    Taxpayer {
        id: "91290121MA00000010",
        name: "甲公司",
        subject: "1010101",
        january: 69_999,
        refunded: 2_000,
    },
    // Seven tenths, and the share of refunds within three deviations.
    Taxpayer {
        id: "91290121MA00000020", name: "乙公司", subject: "1011001", january: 70_000, refunded: 400
    },
    Taxpayer {
        id: "91290121MA00000030",
        name: "丙公司",
        subject: "1011901",
        january: 10_000,
        refunded: 5_000,
    },
];

static HEADERS: [(&str, &str); 6] = [
    (
        "tax-receipts",
        "slip_no,tax_org,treasury,taxpayer_id,taxpayer_name,payer_account,subject,level,amount,billed_on",
    ),
    (
        "bank-receipts",
        "slip_no,bank,treasury,payer_account,payer_name,payee_account,payee_name,amount,received_at,remitted_at",
    ),
    ("treasury-receipts", "slip_no,treasury,tax_org,subject,level,amount,booked_on,bank"),
    (
        "tax-refunds",
        "voucher_no,original_slip,tax_org,treasury,taxpayer_id,taxpayer_name,payee_name,payee_account,payee_bank,subject,\
         level,amount,issued_on",
    ),
    (
        "treasury-refunds",
        "voucher_no,treasury,subject,level,amount,payee_account,payee_name,accepted_on,booked_on",
    ),
    ("bank-refunds", "voucher_no,bank,payee_account,payee_name,amount,credited_on"),
];

const ORGAN: &str = "12901210100";
const TREASURY: &str = "2901210000";
const BANK: &str = "103290100238";

/// The rows of a month's first working day, in the order of the ledgers.
fn rows(day: NaiveDate) -> [String; 6] {
    let mut rows: [String; 6] = Default::default();
    let is_last = (day.year(), day.month()) == (2026, 1);
    for (place, Taxpayer { id, name, subject, january, refunded }) in TAXPAYERS.iter().enumerate() {
        let number = format!("{}{place}", day.format("%Y%m"));
        let (paid, share) =
            if is_last { (*january, *refunded) } else { (100_000, 100 * (1 + day.month() % 3)) };
        let back = paid / 100 * share / 100;
        let account = format!("3000000{place}");
        if paid > 0 {
            let lines = [
                format!("{number},{ORGAN},{TREASURY},{id},{name},{account},{subject},4,{paid}.00,{day}"),
                format!(
                    "{number},{BANK},{TREASURY},{account},{name},2200010,待报解预算收入,{paid}.00,{day} 09:00:00,{day} 15:00:00"
                ),
                format!("{number},{TREASURY},{ORGAN},{subject},4,{paid}.00,{day},{BANK}"),
            ];
            for (of, line) in rows.iter_mut().zip(lines) {
                writeln!(of, "{line}").expect("memory");
            }
        }
        if back > 0 {
            let lines = [
                format!(
                    "T{number},{number},{ORGAN},{TREASURY},{id},{name},{name},{account},{BANK},{subject},4,{back}.00,{day}"
                ),
                format!("T{number},{TREASURY},{subject},4,{back}.00,{account},{name},{day},{day}"),
                format!("T{number},{BANK},{account},{name},{back}.00,{day}"),
            ];
            for (of, line) in rows[3..].iter_mut().zip(lines) {
                writeln!(of, "{line}").expect("memory");
            }
        }
    }
    rows
}

/// Every working day has its files, most of them without rows. What the third taxpayer paid in January comes in February.
fn book(days: &[NaiveDate]) -> Vec<BookFile> {
    let list = TAXPAYERS.iter().map(|of| format!("{},{},2020-01-01\n", of.id, of.name));
    let list = format!("taxpayer_id,name,since\n{}", list.collect::<String>());
    let mut files =
        vec![BookFile { path: "reference/key-taxpayers.csv".to_owned(), bytes: list.into_bytes() }];
    let mut month = 0;
    for day in days {
        let mut rows = if day.month() == month { Default::default() } else { rows(*day) };
        month = day.month();
        if day.to_string() == "2026-02-03" {
            let Taxpayer { id, name, subject, .. } = &TAXPAYERS[2];
            writeln!(
                rows[0],
                "2026019,{ORGAN},{TREASURY},{id},{name},30000002,{subject},4,80000.00,2026-01-30"
            )
            .expect("memory");
        }
        for ((ledger, header), rows) in HEADERS.iter().zip(rows) {
            let path = format!("inbox/{day}/{ledger}.csv");
            files.push(BookFile { path, bytes: format!("{header}\n{rows}").into_bytes() });
        }
    }
    files
}

#[test]
fn a_book_of_fourteen_months_compares_months() {
    let calendar = Facts::new(NaiveDate::MIN).calendar;
    let first: NaiveDate = "2024-12-31".parse().expect("a day");
    let last: NaiveDate = "2026-02-04".parse().expect("a day");
    let days: Vec<NaiveDate> = first
        .iter_days()
        .take_while(|day| *day <= last)
        .filter(|day| calendar.is_working(*day) == Some(true))
        .collect();
    let (facts, files) = open(book(&days));
    let mut replay = Replay::new(facts);
    let mut found = Vec::new();
    for day in days {
        found.extend(replay.run(day, &files[&day], |outcome, problems| {
            assert_eq!(problems, []);
            let told = outcome.told.iter();
            let told = told.filter(|told| ["refund-ratio-spike", "key-taxpayer-watch"].contains(&told.rule));
            told.map(|told| format!("{day} {}", shown(told))).collect::<Vec<_>>()
        }));
    }
    assert_eq!(
        found,
        [
            "2026-02-02 refund-ratio-spike 1010101/2026-01 undetermined info open first 2026-02-02",
            "2026-02-02 refund-ratio-spike 1011901/2026-01 undetermined info open first 2026-02-02",
            "2026-02-02 key-taxpayer-watch 91290121MA00000010 taxpayer info open first 2026-02-02",
            "2026-02-02 key-taxpayer-watch 91290121MA00000030 taxpayer info open first 2026-02-02",
            "2026-02-03 key-taxpayer-watch 91290121MA00000030 taxpayer info resolved first 2026-02-02",
        ]
    );
}

/// What is told of a rule by each of some days: key, party, status, first seen, and how late.
fn told(section: &mut Section, rule: &str, days: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for day in days {
        for told in section.tell(day.parse().expect("a day")).iter().filter(|told| told.rule == rule) {
            let late = told.days_late.map_or_else(|| "-".to_owned(), |days| days.to_string());
            lines.push(format!("{day} {} {late} late", shown(told)));
        }
    }
    lines
}

#[test]
fn a_duty_says_how_late_it_was() {
    let mut section = Section::default();
    section.take("tax-receipts", "slip_no\nA1");
    let three = "kind period party signed_on\nsignoff 2026-03 finance 2026-04-03\nsignoff 2026-03 tax 2026-04-07\n\
                 signoff 2026-03 treasury 2026-04-07";
    section.take("attestations", three);
    section.take("attestations 2026-04-16", &format!("{three}\nsignoff 2026-03 bank 2026-04-15"));
    assert_eq!(
        told(&mut section, "monthly-signoff-missing", &["2026-04-13", "2026-04-14", "2026-04-16"]),
        [
            "2026-04-13 monthly-signoff-missing signoff/2026-03/bank bank medium open first 2026-04-13 1 late",
            "2026-04-16 monthly-signoff-missing signoff/2026-03/bank bank medium resolved first 2026-04-13 3 late",
        ]
    );
}

#[test]
fn who_changes_a_number_answers_from_the_day_it_did() {
    let mut section = Section::default();
    for (heading, amount) in [
        ("tax-receipts", "100.00"),
        ("bank-receipts", "100.00"),
        ("bank-receipts 2026-03-03", "110.00"),
        ("bank-receipts 2026-03-04", "120.00"),
        ("tax-receipts 2026-03-04", "90.00"),
    ] {
        section.take(heading, &format!("slip_no amount\nA1 {amount}"));
    }
    assert_eq!(
        told(&mut section, "ledger-tamper", &["2026-03-03", "2026-03-04"]),
        [
            "2026-03-03 ledger-tamper A1 bank high open first 2026-03-03 - late",
            "2026-03-04 ledger-tamper A1 tax high open first 2026-03-04 - late",
            "2026-03-04 ledger-tamper A1 bank high open first 2026-03-03 - late",
        ]
    );
    let told = section.tell("2026-03-04".parse().expect("a day")).iter();
    let ids: BTreeSet<String> = told.filter(|told| told.rule == "ledger-tamper").map(Told::id).collect();
    assert_eq!(ids.len(), 2, "two findings");
}
