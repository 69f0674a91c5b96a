//! What shows only from day to day: small books, in memory.

use std::collections::BTreeSet;

use treasury_recon::rules::finding::Told;

use crate::example_books::shown;
use crate::rule_pages::Section;

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
