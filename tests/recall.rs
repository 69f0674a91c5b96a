//! What the leads find of schemes that are known, and what they say of books without any.
//!
//! `cargo test --test main -- recall --nocapture` prints it; `RECALL_BOOKS=20` says of how many books.
#![expect(clippy::disallowed_methods, reason = "how many books is asked for by hand")]
#![expect(clippy::print_stdout, reason = "the table is asked for")]

use std::collections::{BTreeMap, BTreeSet};

use treasury_recon::example::{BookFile, Scheme, clean_book, suspect_book};
use treasury_recon::rules::finding::Told;

use crate::example_books::open;
use crate::replay::Replay;

/// The suspicions about accounts and the authenticity of revenue: other leads have nothing to do with schemes.
const SUSPICIONS: [&str; 7] = [
    "fund-round-trip",
    "collect-then-rebate",
    "loan-paid-tax",
    "third-party-payer",
    "tax-trading",
    "period-end-spike",
    "transit-account",
];

/// Every suspicion a book tells, by rule and key.
fn leads(book: Vec<BookFile>) -> BTreeSet<(&'static str, String)> {
    let (facts, files) = open(book);
    let mut replay = Replay::new(facts);
    let mut found = BTreeSet::new();
    for (day, files) in files {
        found.extend(replay.run(day, &files, |outcome, problems| {
            assert_eq!(problems, []);
            let leads = outcome.told.iter().filter(|told| SUSPICIONS.contains(&told.rule));
            leads.map(|Told { rule, key, .. }| (*rule, key.clone())).collect::<Vec<_>>()
        }));
    }
    found
}

#[test]
fn recall_of_schemes() {
    let books = std::env::var("RECALL_BOOKS").map_or(1, |text| text.parse().expect("a number of books"));
    let mut kinds: BTreeMap<(&str, String), (usize, usize)> = BTreeMap::new();
    let mut beside = Vec::new();
    for seed in 0..books {
        let (book, schemes) = suspect_book(seed);
        let mut found = leads(book);
        for Scheme { kind, rule, keys } in schemes {
            let (planted, seen) = kinds.entry((rule, kind)).or_default();
            *planted += 1;
            let told = keys.into_iter().filter(|key| found.remove(&(rule, key.clone()))).count();
            *seen += usize::from(told > 0);
        }
        beside.extend(found.into_iter().map(|lead| (seed, lead)));
    }
    println!("{:<20} {:<34} {:>7} {:>7}", "rule", "scheme", "planted", "found");
    for ((rule, kind), (planted, found)) in &kinds {
        println!("{rule:<20} {kind:<34} {planted:>7} {found:>7}");
    }
    println!("leads beside the schemes: {}", beside.len());
    for (seed, (rule, key)) in &beside {
        println!("{rule:<20} {key} of book {seed}");
    }
    assert!(kinds.values().all(|(planted, found)| planted == found), "every scheme is found");
    assert_eq!(beside, []);
}

#[test]
fn recall_is_silent_of_clean_books() {
    let (mut payments, mut found) = (0, BTreeSet::new());
    for (seed, first, days, slips) in [(7, "2025-11-24", 60, 40), (12, "2026-03-02", 2, 4_000)] {
        payments += days * slips;
        found.extend(leads(clean_book(seed, first.parse().expect("a day"), days, slips)));
    }
    println!("leads of clean books with {payments} payments: {}", found.len());
    assert_eq!(found, BTreeSet::new());
}
