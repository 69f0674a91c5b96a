//! The generated books: what the generator writes, the reader reads, and a clean book matches whole.

use treasury_recon::domain::entry::{Book, Part};
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::example::{BookFile, clean_book, story_book, story_days};
use treasury_recon::ledger::intake::{SUCCESS, take_in};
use treasury_recon::ledger::{SourceFile, format, read};
use treasury_recon::matching::{Limits, STRATEGIES, match_up};

/// Every file of a book, read; the ledgers' parts.
fn parts(files: Vec<BookFile>) -> Vec<Part> {
    let mut parts = Vec::new();
    for file in files.into_iter().filter(|file| file.path.contains(".csv")) {
        let (folder, name) = file.path.rsplit_once('/').expect("a folder");
        let ledger = Ledger::of_file_name(name);
        let format = match ledger {
            Some(ledger) => format::of(ledger),
            None => format::by_id(name.trim_end_matches(".csv")).expect("a reference table"),
        };
        let arrived = folder.trim_start_matches("inbox/").parse().unwrap_or_default();
        let source = SourceFile { path: file.path.as_str().into(), bytes: file.bytes, arrived };
        let parsed = read(&source, format);
        assert_eq!(parsed.problems, [], "{}", file.path);
        if ledger.is_some() {
            parts.extend(parsed.parts);
        }
    }
    parts
}

#[test]
fn the_story_is_read_without_a_problem() {
    let parts = parts(story_book());
    assert!(story_days().len() >= 12);
    for day in story_days() {
        assert!(parts.iter().any(|part| part.arrived == day), "{day} has an inbox");
    }
}

#[test]
fn every_payment_of_a_clean_book_is_proved_by_its_number() {
    let book = Book::assemble(parts(clean_book(7, "2026-03-02".parse().expect("a date"), 1, 200)));
    let standing = take_in(&book, &SUCCESS).standing();
    let payments: Vec<_> = standing
        .into_iter()
        .filter(|&id| !matches!(book.entry(id).ledger(), Ledger::BankRemittances | Ledger::TreasuryClearing))
        .collect();
    let matched = match_up(&book, &payments, STRATEGIES, Limits::default());
    assert_eq!(matched.cases.len(), 200);
    assert!(matched.cases.iter().all(|case| case.proof == ["by-voucher"] && case.entries.len() == 3));
    assert_eq!(matched.doubts, []);
}
