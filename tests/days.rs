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

/// What was found stays open for as long as nothing ends it, however far back the sums it rests on lie.
#[test]
fn what_nothing_ended_is_open_months_later() {
    let mut section = Section::default();
    section.take(
        "accounts",
        "account bank holder_name holder_class nature\n6200001 102222020334 县一局 unit zero_balance",
    );
    let statement = "account date serial direction amount balance\n6200001 2026-03-02 1 credit 40.00 40.00";
    section.take("bank-statements", statement);
    let later = "account date serial direction amount balance\n6200001 2026-03-03 1 debit 40.00 0.00";
    section.take("bank-statements 2026-03-03", later);
    section.take("tax-receipts", "slip_no\nA1");
    section.take("bank-receipts", "slip_no remitted_at\nA1 2026-03-02");
    section.take("treasury-receipts", "slip_no amount\nA1 90.00");
    section.take("bank-remittances", "batch remitted_at amount\nB1 2026-03-02 70.00");
    let open = |section: &mut Section, day: &str| -> Vec<String> {
        let known = section.known(day.parse().expect("a day")).iter();
        let known = known
            .filter(|told| ["zero-balance-eod", "daily-tie-out", "remittance-mismatch"].contains(&told.rule));
        let mut said: Vec<String> =
            known.map(|told| format!("{} {} {}", told.rule, told.key, told.status.id())).collect();
        said.sort_unstable();
        said
    };
    let expected = [
        "daily-tie-out 2106000000/12106000000/4/101010101/2026-03-02 open",
        "remittance-mismatch 102222020334/2106000000/2026-03-02 open",
        "zero-balance-eod 6200001/2026-03-02 open",
    ];
    for day in ["2026-03-10", "2026-04-17", "2026-06-30"] {
        assert_eq!(open(&mut section, day), expected, "{day}");
    }
}
