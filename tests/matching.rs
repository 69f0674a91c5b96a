//! Matching: what is proved, what is left alone, and that the engine keeps the books.

use proptest::prelude::*;
use treasury_recon::domain::entry::{Book, EntryId};
use treasury_recon::domain::field::Field;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{SourceFile, format, read};
use treasury_recon::matching::{Limits, Matched, match_up};

const TAX: &str =
    "slip_no,tax_org,treasury,taxpayer_id,taxpayer_name,payer_account,subject,level,amount,billed_on\n";
const BANK: &str = "slip_no,bank,payer_account,payee_account,amount,received_at\n";
const BOOKED: &str = "slip_no,treasury,subject,level,amount,booked_on,bank\n";

fn file(ledger: Ledger, header: &str, rows: &[String]) -> treasury_recon::ledger::Parsed {
    let text = format!("{header}{}", rows.join("\n"));
    let source = SourceFile {
        path: format!("inbox/2026-03-02/{}.csv", ledger.id()).into(),
        bytes: text.into_bytes(),
        arrived: "2026-03-02".parse().expect("a date"),
    };
    let parsed = read(&source, format::of(ledger), &Profile::default());
    assert_eq!(parsed.problems, [], "{}", String::from_utf8_lossy(&source.bytes));
    parsed
}

fn book(tax: &[String], bank: &[String], booked: &[String]) -> Book {
    let files = [
        file(Ledger::TaxReceipts, TAX, tax),
        file(Ledger::BankReceipts, BANK, bank),
        file(Ledger::TreasuryReceipts, BOOKED, booked),
    ];
    Book::assemble(files.into_iter().flat_map(|parsed| parsed.parts).collect())
}

fn tax(slip: &str, account: &str, amount: &str, day: &str) -> String {
    format!("{slip},org,t1,id,name,{account},101010101,4,{amount},{day}")
}

fn bank(slip: &str, account: &str, amount: &str, day: &str) -> String {
    format!("{slip},icbc,{account},p1,{amount},{day}")
}

fn booked(slip: &str, amount: &str, day: &str) -> String {
    format!("{slip},t1,101010101,4,{amount},{day},icbc")
}

fn matched(book: &Book) -> Matched {
    let ids: Vec<EntryId> = book.ids().collect();
    match_up(book, &ids, Limits::default())
}

/// Each case as its entries' numbers and its proof; sorted, so that only content shows.
fn shown(book: &Book, matched: &Matched) -> (Vec<String>, Vec<String>) {
    let name = |id: &EntryId| {
        let entry = book.entry(*id);
        let party = &entry.ledger().id()[..4];
        format!("{party}:{}={}", entry.text(Field::SlipNo), entry.money(Field::Amount).expect("required"))
    };
    let all = |ids: &[EntryId]| {
        let mut names: Vec<String> = ids.iter().map(name).collect();
        names.sort();
        names.join(" ")
    };
    let mut cases: Vec<String> = matched
        .cases()
        .map(|case| format!("{} [{}]", all(case.entries), case.proof.ids().collect::<Vec<_>>().join("+")))
        .collect();
    cases.sort();
    let mut doubts: Vec<String> =
        matched.doubts.iter().map(|doubt| format!("{} [{}]", all(&doubt.entries), doubt.strategy)).collect();
    doubts.sort();
    (cases, doubts)
}

#[track_caller]
fn check(book: &Book, cases: &[&str], doubts: &[&str]) {
    assert_eq!(
        shown(book, &matched(book)),
        (cases.iter().map(ToString::to_string).collect(), doubts.iter().map(ToString::to_string).collect())
    );
}

#[test]
fn the_number_joins_whatever_else_differs() {
    let book = book(
        &[tax("A", "acc", "1", "2026-03-02")],
        &[bank("A", "other", "2", "2026-03-02")],
        &[booked("A", "3", "2026-03-02"), booked("A", "3", "2026-03-02")],
    );
    check(&book, &["bank:A=2.00 tax-:A=1.00 trea:A=3.00 trea:A=3.00 [by-voucher]"], &[]);
}

#[test]
fn a_damaged_number_is_found_by_payer_or_booking() {
    let at_the_bank = book(
        &[tax("A", "acc", "1", "2026-03-02")],
        &[bank("A7", "acc", "1", "2026-03-03")],
        &[booked("A", "1", "2026-03-03")],
    );
    check(&at_the_bank, &["bank:A7=1.00 tax-:A=1.00 trea:A=1.00 [by-voucher+by-payer-and-amount]"], &[]);
    let at_the_treasury = book(
        &[tax("A", "acc", "1", "2026-03-02")],
        &[bank("A", "acc", "1", "2026-03-02")],
        &[booked("A7", "1", "2026-03-02")],
    );
    check(
        &at_the_treasury,
        &["bank:A=1.00 tax-:A=1.00 trea:A7=1.00 [by-voucher+by-booking-and-amount]"],
        &[],
    );
}

#[test]
fn two_candidates_are_left_alone_and_told() {
    let book = book(
        &[tax("A", "acc", "1", "2026-03-02")],
        &[bank("X", "acc", "1", "2026-03-02"), bank("Y", "acc", "1", "2026-03-02")],
        &[],
    );
    check(
        &book,
        &["bank:X=1.00 []", "bank:Y=1.00 []", "tax-:A=1.00 []"],
        &["bank:X=1.00 bank:Y=1.00 tax-:A=1.00 [by-payer-and-amount]"],
    );
}

#[test]
fn what_is_interchangeable_is_paired() {
    // Two equal slips of one payer and two equal receipts without number: nothing would change with the choice.
    let slips = [tax("A", "acc", "1", "2026-03-02"), tax("B", "acc", "1", "2026-03-02")];
    let receipts = [bank("", "acc", "1", "2026-03-02"), bank("", "acc", "1", "2026-03-02")];
    check(
        &book(&slips, &receipts, &[]),
        &["bank:=1.00 tax-:A=1.00 [by-payer-and-amount]", "bank:=1.00 tax-:B=1.00 [by-payer-and-amount]"],
        &[],
    );
    // Near miss: they were received on different days, so a date would change.
    let receipts = [bank("", "acc", "1", "2026-03-02"), bank("", "acc", "1", "2026-03-03")];
    check(
        &book(&slips, &receipts, &[]),
        &["bank:=1.00 []", "bank:=1.00 []", "tax-:A=1.00 []", "tax-:B=1.00 []"],
        &["bank:=1.00 bank:=1.00 tax-:A=1.00 tax-:B=1.00 [by-payer-and-amount]"],
    );
}

#[test]
fn what_contradicts_is_not_joined() {
    let earlier = book(&[tax("A", "acc", "1", "2026-03-02")], &[bank("X", "acc", "1", "2026-03-01")], &[]);
    check(&earlier, &["bank:X=1.00 []", "tax-:A=1.00 []"], &[]);
    let too_late = book(&[tax("A", "acc", "1", "2026-03-02")], &[bank("X", "acc", "1", "2026-03-18")], &[]);
    check(&too_late, &["bank:X=1.00 []", "tax-:A=1.00 []"], &[]);
    let other_payer =
        book(&[tax("A", "acc", "1", "2026-03-02")], &[bank("X", "acd", "1", "2026-03-02")], &[]);
    check(&other_payer, &["bank:X=1.00 []", "tax-:A=1.00 []"], &[]);
    let unpaid = book(&[tax("A", "acc", "1", "2026-03-02")], &[], &[booked("X", "1", "2026-03-02")]);
    check(&unpaid, &["tax-:A=1.00 []", "trea:X=1.00 []"], &[]);
}

prop_compose! {
    fn rows()(
        tax_rows in proptest::collection::vec((0..6_u8, 0..3_u8, 1..4_u8, 1..5_u8), 0..12),
        bank_rows in proptest::collection::vec((0..9_u8, 0..3_u8, 1..4_u8, 1..9_u8), 0..12),
        booked_rows in proptest::collection::vec((0..9_u8, 1..4_u8, 1..9_u8), 0..12),
    ) -> (Vec<String>, Vec<String>, Vec<String>) {
        (
            tax_rows.iter().map(|(s, a, m, d)| tax(&format!("S{s}"), &format!("a{a}"), &m.to_string(), &format!("2026-03-0{d}"))).collect(),
            bank_rows.iter().map(|(s, a, m, d)| bank(&if *s == 0 { String::new() } else { format!("S{s}") }, &format!("a{a}"), &m.to_string(), &format!("2026-03-0{d}"))).collect(),
            booked_rows.iter().map(|(s, m, d)| booked(&format!("S{s}"), &m.to_string(), &format!("2026-03-0{d}"))).collect(),
        )
    }
}

proptest! {
    #[test]
    fn no_entry_is_lost_or_used_twice((t, b, k) in rows()) {
        let book = book(&t, &b, &k);
        let matched = matched(&book);
        let mut placed: Vec<EntryId> = matched.cases().flat_map(|case| case.entries.to_vec()).collect();
        placed.sort();
        prop_assert_eq!(placed, book.ids().collect::<Vec<_>>());
    }

    #[test]
    fn neither_row_order_nor_threads_show((t, b, k) in rows(), seed in any::<u64>()) {
        let book_one = book(&t, &b, &k);
        let expected = shown(&book_one, &matched(&book_one));
        let shuffle = |rows: &[String]| {
            let mut rows = rows.to_vec();
            let length = rows.len();
            for index in 0..length {
                let other = usize::try_from((seed.rotate_left(u32::try_from(index).unwrap_or(0)) ^ 0x9e37) % length as u64).expect("small");
                rows.swap(index, other);
            }
            rows
        };
        let shuffled = book(&shuffle(&t), &shuffle(&b), &shuffle(&k));
        for threads in [1, 2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| assert_eq!(shown(&shuffled, &matched(&shuffled)), expected));
        }
    }
}

#[test]
fn where_an_account_was_destroyed_the_name_is_taken() {
    let named = |account: &str, name: &str| {
        let header = "slip_no,bank,payer_account,payer_name,payee_account,amount,received_at\n";
        let files = [
            file(Ledger::TaxReceipts, TAX, &[tax("A", "a", "1", "2026-03-02")]),
            file(Ledger::BankReceipts, header, &[format!(",icbc,{account},{name},p1,1,2026-03-02")]),
        ];
        Book::assemble(files.into_iter().flat_map(|parsed| parsed.parts).collect())
    };
    check(&named("", "name"), &["bank:=1.00 tax-:A=1.00 [by-name-and-amount]"], &[]);
    // Near misses: another name, or an account that says something else.
    check(&named("", "other"), &["bank:=1.00 []", "tax-:A=1.00 []"], &[]);
    check(&named("b", "name"), &["bank:=1.00 []", "tax-:A=1.00 []"], &[]);
}
