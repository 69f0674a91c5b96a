//! Laws of the whole pipeline, held on the story: order and threads do not show, nothing is lost, and running day by
//! day comes to what all days at once come to.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use proptest::prelude::*;
use treasury_recon::example::{BookFile, story_book, story_days};
use treasury_recon::ledger::SourceFile;
use treasury_recon::ledger::intake::Fate;
use treasury_recon::pipeline::{Outcome, Place};

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
        .open_items
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
        let days = &story_days()[..7];
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
