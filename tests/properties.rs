//! Laws of the whole pipeline, held on the story: order and threads do not show, nothing is lost, and running day by
//! day comes to what all days at once come to.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use proptest::prelude::*;
use treasury_recon::domain::facts::Facts;
use treasury_recon::example::{BookFile, story_book, story_days};
use treasury_recon::ledger::SourceFile;
use treasury_recon::ledger::intake::Fate;
use treasury_recon::pipeline::{Outcome, Place};
use treasury_recon::rules::finding::Status;

use crate::example_books::open;
use crate::replay::Replay;

/// What a day says, without the rows that say it.
fn said(outcome: &Outcome) -> Vec<String> {
    let mut said: Vec<String> = outcome
        .told
        .iter()
        .map(|told| {
            format!(
                "{} {} {:?} {} {} {:?} {:?} {:?} {:?} {} {}",
                told.rule,
                told.key,
                told.severity,
                told.party.id(),
                told.institution,
                told.amount,
                told.difference,
                told.due_on,
                told.settled_on,
                told.status.id(),
                told.explanation.en.split(" (inbox/").next().expect("a part"),
            )
        })
        .collect();
    said.extend(outcome.cells.iter().map(|cell| format!("{cell:?}")));
    said.extend(open_items(outcome));
    said
}

fn open_items(outcome: &Outcome) -> Vec<String> {
    let mut items: Vec<String> = outcome
        .open_items()
        .iter()
        .map(|item| format!("{} {:?} {:?} {}", item.key, item.awaits, item.amount, item.since))
        .collect();
    items.sort();
    items
}

/// The story with the rows of every file in another order.
fn shuffled(seed: u64) -> Vec<BookFile> {
    let mut files = story_book();
    for (number, file) in files.iter_mut().enumerate().filter(|(_, file)| file.path.starts_with("inbox/")) {
        let mut lines: Vec<Vec<u8>> =
            file.bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        let rows = &mut lines[1..];
        let mut state = seed ^ number as u64;
        for index in (1..rows.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            rows.swap(index, usize::try_from((state >> 33) % (index as u64 + 1)).expect("small"));
        }
        file.bytes = lines.concat();
    }
    files
}

fn run(files: Vec<BookFile>, days: &[NaiveDate], look: &mut dyn FnMut(&Outcome)) -> Vec<Vec<String>> {
    let (facts, files) = open(files);
    let mut replay = Replay::new(facts);
    days.iter()
        .map(|day| {
            replay.run(*day, &files[day], |outcome, _| {
                look(outcome);
                said(outcome)
            })
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2))]
    #[test]
    fn neither_row_order_nor_threads_show_in_what_is_said(seed in any::<u64>()) {
        let days = &story_days()[28..36];
        let expected = run(story_book(), days, &mut |_| {});
        for threads in [1, 2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let found = pool.install(|| run(shuffled(seed ^ threads as u64), days, &mut |_| {}));
            for (day, (found, expected)) in days.iter().zip(found.iter().zip(&expected)) {
                prop_assert_eq!(found, expected, "{} with {} threads", day, threads);
            }
        }
    }
}

#[test]
fn every_row_is_carried_settled_or_said_again() {
    let mut carried_before = 0;
    run(story_book(), &story_days(), &mut |outcome| {
        assert_eq!(outcome.carried, carried_before, "what was handed on is what arrives");
        let mut cases: BTreeMap<Place, u32> = BTreeMap::new();
        for (place, fate) in outcome.places.iter().zip(&outcome.intake.fates) {
            let goes_on = *place != Place::Nowhere;
            let says_nothing = matches!(fate, Fate::Duplicate | Fate::Superseded);
            assert_eq!(goes_on, !says_nothing, "{fate:?} {place:?}");
            *cases.entry(*place).or_default() += 1;
        }
        // A case goes one way as a whole.
        for place in cases.keys() {
            if let Place::Carried { case } = place {
                assert!(!cases.contains_key(&Place::Settled { case: *case }), "case {case} is torn");
            }
        }
        carried_before = outcome.carried_ids().len();
    });
}

#[test]
fn day_by_day_comes_to_what_all_days_at_once_come_to() {
    let days = story_days();
    let (mut items, mut cells) = (Vec::new(), Vec::new());
    run(story_book(), &days, &mut |outcome| {
        items = open_items(outcome);
        cells.clone_from(&outcome.cells);
    });
    let (facts, files) = open(story_book());
    let all: Vec<SourceFile> = files.into_values().flatten().collect();
    Replay::new(facts).run(*days.last().expect("days"), &all, |outcome, _| {
        assert_eq!(open_items(outcome), items);
        assert_eq!(outcome.cells, cells);
    });
}

/// A row of a statement: which account, on which day it was booked and on which it came, and what it says.
#[derive(Clone, Debug)]
struct Booked {
    account: usize,
    day: usize,
    came: usize,
    text: String,
}

const STATEMENT_DAYS: [&str; 6] =
    ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09"];

/// Statements of two accounts that move between few balances; some rows never come, some late, some twice, some without
/// balance.
fn statements() -> impl Strategy<Value = Vec<Booked>> {
    let row = (0..2_usize, 0..6_usize, -2_i64..4, 0..12_u8, 0..5_usize);
    proptest::collection::vec(row, 1..40).prop_map(|mut rows| {
        rows.sort_by_key(|&(account, day, ..)| (account, day));
        let mut balances = [0_i64; 2];
        let mut booked = Vec::new();
        for (serial, (account, day, by, luck, late)) in rows.into_iter().enumerate() {
            balances[account] += by;
            let (direction, amount) = if by < 0 { ("debit", -by) } else { ("credit", by) };
            let balance = if luck == 1 { String::new() } else { format!("{}.00", balances[account]) };
            let text =
                format!("620000{account},{},{serial},{direction},{amount}.00,{balance}", STATEMENT_DAYS[day]);
            let came = if luck > 8 { (day + late).min(5) } else { day };
            if luck != 2 {
                booked.push(Booked { account, day, came, text: text.clone() });
            }
            if luck == 3 {
                booked.push(Booked { account, day, came: 5, text });
            }
        }
        booked
    })
}

/// The files of each day.
fn statement_files(booked: &[Booked]) -> Vec<SourceFile> {
    let file = |(place, day): (usize, &&str)| {
        let rows = booked.iter().filter(|row| row.came == place).map(|row| format!("\n{}", row.text));
        let text = format!("account,date,serial,direction,amount,balance{}", rows.collect::<String>());
        SourceFile {
            path: format!("inbox/{day}/bank-statements.csv").into(),
            bytes: text.into_bytes(),
            arrived: day.parse().expect("a day"),
        }
    };
    STATEMENT_DAYS.iter().enumerate().map(file).collect()
}

/// The open findings about statements that a run hands on.
fn broken_statements(outcome: &Outcome) -> Vec<String> {
    let open = outcome
        .handover
        .told
        .iter()
        .filter(|told| told.status == Status::Open && told.account.starts_with("62"));
    open.map(|told| format!("{} {:?} {}", told.key, told.difference, told.explanation.en)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn statements_day_by_day_come_to_what_all_at_once_come_to(
        (booked, mixed) in statements().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
    ) {
        let files = statement_files(&booked);
        let mut replay = Replay::new(Facts::new(NaiveDate::MIN));
        let mut found = Vec::new();
        for file in &files {
            found = replay.run(file.arrived, std::slice::from_ref(file), |outcome, problems| {
                assert_eq!(problems, []);
                broken_statements(outcome)
            });
        }
        let last = files.last().expect("days").arrived;
        for files in [files, statement_files(&mixed)] {
            let at_once =
                Replay::new(Facts::new(NaiveDate::MIN)).run(last, &files, |outcome, _| broken_statements(outcome));
            prop_assert_eq!(&found, &at_once);
        }
    }

    #[test]
    fn a_late_row_ends_what_its_absence_broke(booked in statements()) {
        let mut whole: Vec<Booked> = booked;
        whole.sort_by_key(|row| (row.account, row.day, row.text.clone()));
        whole.dedup_by_key(|row| row.text.clone());
        let mut replay = Replay::new(Facts::new(NaiveDate::MIN));
        let at_once = Replay::new(Facts::new(NaiveDate::MIN)).run(
            STATEMENT_DAYS[5].parse().expect("a day"),
            &statement_files(&whole),
            |outcome, _| broken_statements(outcome),
        );
        // Every other row comes at the very end.
        for (place, row) in whole.iter_mut().enumerate() {
            row.came = if place % 2 == 0 { row.day } else { 5 };
        }
        let mut found = Vec::new();
        for file in statement_files(&whole) {
            found = replay.run(file.arrived, std::slice::from_ref(&file), |outcome, _| broken_statements(outcome));
        }
        prop_assert_eq!(found, at_once);
    }
}

/// A row of refunds or corrections: of which ledger, on which day it came, and what it says.
#[derive(Clone, Debug)]
struct Ordered {
    ledger: &'static str,
    came: usize,
    text: String,
}

const ORDER_DAYS: [&str; 5] = ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"];
const ORDER: &str = "voucher_no,issued_on,treasury,level,subject,original_slip,payee_account,amount,payee_name,reason,\
                     approved_by,approval_no,basis_doc,payee_bank,taxpayer_id";
const PAID_BACK: &str = "voucher_no,booked_on,treasury,level,subject,method,payee_account,amount";
const CREDITED: &str = "voucher_no,credited_on,payee_account,amount,payee_name";
const CORRECTION: &str = "voucher_no,corrected_on,old_treasury,old_level,new_level,original_slip,old_subject,\
                          new_subject,old_amount,new_amount,new_treasury";
const ORDER_LEDGERS: [(&str, &str); 7] = [
    ("tax-refunds", ORDER),
    ("finance-refunds", ORDER),
    ("treasury-refunds", PAID_BACK),
    ("bank-refunds", CREDITED),
    ("tax-corrections", CORRECTION),
    ("finance-corrections", CORRECTION),
    ("treasury-corrections", CORRECTION),
];

/// Orders and corrections of three slips that are known on the first day, with few numbers, accounts and amounts.
fn orders() -> impl Strategy<Value = Vec<Ordered>> {
    let row = (0..7_usize, 0..5_usize, 1..5_u8, 0..4_u8, 0..3_u8, 0..3_u8, 1..4_u8);
    let ordered = |(ledger, came, number, slip, one, two, amount): (usize, usize, u8, u8, u8, u8, u8)| {
        let slip = if slip == 0 { String::new() } else { format!("S{slip}") };
        let (on, amount) = (ORDER_DAYS[came], format!("{amount}0.00"));
        let subject = if two == 1 { "101040101" } else { "101010101" };
        let name = if one == 1 { "丙公司" } else { "甲公司" };
        let text = match ledger {
            0 | 1 => {
                format!(
                    "R{number},{on},2106000000,4,{subject},{slip},440001{one},{amount},{name},912,390001,1,1,1,1"
                )
            }
            2 => {
                let method = if two == 0 { "现金" } else { "" };
                format!("R{number},{on},2106000000,4,{subject},{method},440001{one},{amount}")
            }
            3 => format!("R{number},{on},440001{one},{amount},{name}"),
            _ => format!(
                "C{number},{on},2106000000,4,{},{slip},101010101,{subject},{amount},{amount},2106000000",
                4 - one
            ),
        };
        Ordered { ledger: ORDER_LEDGERS[ledger].0, came, text }
    };
    proptest::collection::vec(row.prop_map(ordered), 1..16)
}

/// The files of each day; the slips come on the first.
fn order_files(orders: &[Ordered]) -> Vec<Vec<SourceFile>> {
    let file = |day: &str, ledger: &str, text: String| SourceFile {
        path: format!("inbox/{day}/{ledger}.csv").into(),
        bytes: text.into_bytes(),
        arrived: day.parse().expect("a day"),
    };
    let slip = |number: u8| {
        let amount = number + 1;
        format!("\nS{number},12106000000,2106000000,id,甲公司,4400010,101010101,4,{amount}0.00,2026-03-02")
    };
    let of_day = |(place, day): (usize, &&str)| {
        let mut files = Vec::new();
        for (ledger, header) in ORDER_LEDGERS {
            let rows = orders.iter().filter(|row| row.ledger == ledger && row.came == place);
            let rows: Vec<String> = rows.map(|row| format!("\n{}", row.text)).collect();
            files.push(file(day, ledger, format!("{header}{}", rows.concat())));
        }
        if place == 0 {
            let header = "slip_no,tax_org,treasury,taxpayer_id,taxpayer_name,payer_account,subject,level,amount,billed_on";
            let slips: Vec<String> = (1..4).map(slip).collect();
            files.push(file(day, "tax-receipts", format!("{header}{}", slips.concat())));
        }
        files
    };
    ORDER_DAYS.iter().enumerate().map(of_day).collect()
}

/// The open findings about refunds and corrections that a run hands on.
fn open_orders(outcome: &Outcome) -> Vec<String> {
    let open = outcome.handover.told.iter().filter(|told| told.status == Status::Open);
    let told = open.filter(|told| ["refund-", "correction-"].iter().any(|of| told.rule.starts_with(of)));
    let said = told.map(|told| {
        let (party, explanation) = (told.party.id(), &told.explanation.en);
        format!("{} {} {:?} {party} {:?} {explanation}", told.rule, told.key, told.severity, told.amount)
    });
    said.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn refunds_and_corrections_day_by_day_come_to_what_all_at_once_come_to(
        (orders, mixed) in orders().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
    ) {
        let last = ORDER_DAYS[4].parse().expect("a day");
        let mut found = Vec::new();
        for orders in [&orders, &mixed] {
            let mut replay = Replay::new(Facts::new(NaiveDate::MIN));
            let days = order_files(orders);
            let runs = days.iter().map(|files| replay.run(files[0].arrived, files, |outcome, _| open_orders(outcome)));
            found.push(runs.last().expect("days"));
            let all: Vec<SourceFile> = days.into_iter().flatten().collect();
            found.push(Replay::new(Facts::new(NaiveDate::MIN)).run(last, &all, |outcome, _| open_orders(outcome)));
        }
        for other in &found[1..] {
            prop_assert_eq!(&found[0], other);
        }
    }
}

#[test]
fn a_correction_that_names_another_slip_each_time_is_one() {
    let row = |came, text: &str| Ordered { ledger: "finance-corrections", came, text: text.to_owned() };
    let orders = [
        row(1, "C3,2026-03-03,2106000000,4,4,,101010101,101040101,30.00,30.00,2106000000"),
        row(3, "C3,2026-03-05,2106000000,4,4,S3,101010101,101010101,10.00,10.00,2106000000"),
        row(4, "C3,2026-03-06,2106000000,4,4,S1,101010101,101040101,20.00,20.00,2106000000"),
    ];
    let mut replay = Replay::new(Facts::new(NaiveDate::MIN));
    let days = order_files(&orders);
    let open: Vec<usize> = days
        .iter()
        .map(|files| replay.run(files[0].arrived, files, |outcome, _| open_orders(outcome).len()))
        .collect();
    // The second version changes nothing; the third takes its place, not that of the first.
    assert_eq!(open, [0, 0, 0, 1, 0]);
}

#[test]
fn a_correction_with_and_without_its_slip_is_the_same_the_next_day() {
    let row = |ledger, came, text: &str| Ordered { ledger, came, text: text.to_owned() };
    let orders = [
        row(
            "finance-corrections",
            0,
            "C1,2026-03-02,2106000000,4,2,S2,101010101,101010101,30.00,30.00,2106000000",
        ),
        row(
            "finance-corrections",
            0,
            "C1,2026-03-02,2106000000,4,2,,101010101,101010101,30.00,30.00,2106000000",
        ),
        row(
            "treasury-corrections",
            1,
            "C1,2026-03-03,2106000000,4,2,S1,101010101,101010101,30.00,30.00,2106000000",
        ),
    ];
    let days = order_files(&orders);
    let mut replay = Replay::new(Facts::new(NaiveDate::MIN));
    let runs =
        days.iter().map(|files| replay.run(files[0].arrived, files, |outcome, _| open_orders(outcome)));
    let by_day = runs.last().expect("days");
    let all: Vec<SourceFile> = days.into_iter().flatten().collect();
    let last = ORDER_DAYS[4].parse().expect("a day");
    assert_eq!(
        by_day,
        Replay::new(Facts::new(NaiveDate::MIN)).run(last, &all, |outcome, _| open_orders(outcome))
    );
}
