use super::*;
use std::collections::BTreeSet;

fn march(day: u32) -> NaiveDate {
    calendar::date(2026, 3, day)
}

fn text(file: &BookFile) -> String {
    match std::str::from_utf8(&file.bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(&file.bytes).0.into_owned(),
    }
}

/// Rows and fen of all files of one ledger, by the column the amount is in.
fn total(book: &[BookFile], ledger: &str, amount: &[&str]) -> (usize, i64) {
    let mut total = (0, 0);
    for file in book.iter().filter(|file| file.path.contains(&format!("/{ledger}"))) {
        let text = text(file);
        let mut lines = text.lines();
        let header: Vec<_> = lines.next().expect("every file has a header").split(',').collect();
        let from_end = header.iter().rev().position(|name| amount.contains(name)).expect("an amount column");
        for line in lines {
            let cell = line.rsplit(',').nth(from_end).expect("as many cells as columns");
            total.0 += 1;
            total.1 += cell.replace('.', "").parse::<i64>().expect("yuan with two decimals");
        }
    }
    total
}

const AMOUNT: [&str; 3] = ["amount", "金额", "实缴金额"];

#[test]
fn same_seed_same_bytes() {
    assert!(clean_book(3, march(2), 4, 50) == clean_book(3, march(2), 4, 50));
    assert!(clean_book(3, march(2), 4, 50) != clean_book(4, march(2), 4, 50));
    assert!(story_book() == story_book());
    assert!(story_expectations() == story_expectations());
}

#[test]
fn a_clean_day_is_settled_on_its_day() {
    for slips in [0, 1, 7, 500] {
        let book = clean_book(11, march(2), 1, slips);
        let (tax, finance) =
            (total(&book, "tax-receipts", &AMOUNT), total(&book, "finance-receipts", &AMOUNT));
        let issued = (tax.0 + finance.0, tax.1 + finance.1);
        assert_eq!(issued.0, slips as usize);
        assert_eq!(total(&book, "bank-receipts", &AMOUNT), issued);
        assert_eq!(total(&book, "treasury-receipts", &AMOUNT), issued);
        assert_eq!(total(&book, "bank-remittances", &AMOUNT), total(&book, "treasury-clearing", &AMOUNT));
        assert_eq!(total(&book, "bank-remittances", &AMOUNT).1, issued.1);
    }
}

#[test]
fn a_clean_book_delivers_every_ledger_every_day() {
    let book = clean_book(5, calendar::date(2026, 2, 12), 6, 30);
    let days: BTreeSet<_> =
        book.iter().filter_map(|file| file.path.strip_prefix("inbox/")?.get(..10)).collect();
    let expected = ["2026-02-12", "2026-02-13", "2026-02-14", "2026-02-24", "2026-02-25", "2026-02-26"];
    assert_eq!(days, BTreeSet::from(expected));
    // Each party and bank has its own.
    let stems = |day: &str| {
        let of_day = book.iter().filter_map(|file| file.path.strip_prefix("inbox/")?.strip_prefix(day));
        of_day.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    for day in expected {
        assert_eq!(stems(day), stems("2026-02-12"), "{day}");
    }
    assert_eq!(stems("2026-02-12").len(), 38);
}

#[test]
fn check_digits() {
    for bank in &world::BANKS {
        assert_eq!(bank.number().len(), 12);
    }
    assert_eq!(world::bank_check_digit("10222202033"), 4);
    assert_eq!(world::bank_check_digit("01122200211"), 5);
    assert_eq!(world::credit_check(b"91350100M000100Y4"), '3');
}

#[test]
fn working_days() {
    assert_eq!(story_days().len(), 45);
    assert_eq!(story_days()[39], calendar::date(2026, 2, 14));
    assert_eq!(story_days()[44], calendar::date(2026, 2, 28));
    assert_eq!(calendar::lag(calendar::date(2026, 2, 14), calendar::date(2026, 2, 25)), 2);
}

#[test]
fn expectations_hold_together() {
    let days = story_days();
    let mut told = BTreeSet::new();
    for of in story_expectations() {
        assert!(days.contains(&of.day) && of.first_seen <= of.day, "{of:?}");
        assert!(told.insert((of.day, of.rule, of.key.clone())), "told twice: {of:?}");
        let resolved_late = of.status == "resolved" && of.rule == "remittance-delay";
        assert!(
            of.first_seen == of.day
                || of.status == "resolved"
                || told.contains(&(of.first_seen, of.rule, of.key.clone())),
            "{of:?}"
        );
        assert!(!resolved_late || of.days_late > Some(0), "{of:?}");
    }
}

#[test]
fn silent_ledgers_have_no_file() {
    let book = story_book();
    assert!(!book.iter().any(|file| file.path.starts_with("inbox/2026-02-11/bank-receipts")));
    assert!(!book.iter().any(|file| file.path.starts_with("inbox/2026-02-13/treasury-receipts")));
    assert!(book.iter().any(|file| file.path == "inbox/2026-02-12/bank-receipts-icbc-late0211.csv"));
    assert!(book.iter().any(|file| file.path == "story.md"));
}
