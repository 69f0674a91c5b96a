//! Correction notices: numbers without gap or repetition, what settles them, and what a letter says.
#![expect(clippy::disallowed_methods, reason = "the fixtures are read and, on demand, rewritten")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use chrono::{Datelike, NaiveDate};
use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::ledger::Party;
use treasury_recon::example::{story_book, story_days};
use treasury_recon::pipeline::Outcome;
use treasury_recon::pipeline::notices::{Notice, answer_by};
use treasury_recon::report::{FOLDERS, REPORTS, Run, summary::summary};
use treasury_recon::rules::finding::{Kind, Status, Told};

use crate::example_books::open;
use crate::replay::Replay;

/// What a run leaves in the folder of notices.
fn letters(outcome: &Outcome, lang: Lang) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let (_, fill) = FOLDERS.iter().find(|(name, _)| *name == "notices").expect("a folder");
    fill(&Run { outcome, files: &[], problems: &[], lang }, &mut |name, bytes| {
        assert!(files.insert(name.to_owned(), bytes.to_vec()).is_none(), "{name} twice");
        Ok(())
    })
    .expect("written");
    files
}

fn report(outcome: &Outcome, name: &str, lang: Lang) -> String {
    let (_, report) = REPORTS.iter().find(|(known, _)| *known == name).expect("a report");
    let mut bytes = Vec::new();
    report(&Run { outcome, files: &[], problems: &[], lang }, &mut |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })
    .expect("written");
    String::from_utf8(bytes).expect("text")
}

fn printed(outcome: &Outcome) -> String {
    format!("{:?}", summary(&Run { outcome, files: &[], problems: &[], lang: Lang::Zh }))
}

/// The story, day by day up to one.
fn story(last: Option<NaiveDate>, mut look: impl FnMut(NaiveDate, &Outcome)) {
    let (facts, files) = open(story_book());
    let mut replay = Replay::new(facts);
    for day in story_days().into_iter().take_while(|day| last.is_none_or(|last| *day <= last)) {
        replay.run(day, &files[&day], |outcome, _| look(day, outcome));
    }
}

fn identity(told: &Told) -> (&'static str, String) {
    (told.rule, told.key.clone())
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

#[test]
fn numbers_neither_repeat_nor_skip_and_every_item_is_accounted_for() {
    let mut next: BTreeMap<i32, u32> = BTreeMap::new();
    let mut open: BTreeMap<String, Notice> = BTreeMap::new();
    let (mut settled, mut withdrawn, mut all) = (0, 0, 0);
    story(None, |day, outcome| {
        let (old, new): (Vec<&Notice>, Vec<&Notice>) =
            outcome.notices.iter().partition(|notice| notice.day < day);
        // Those that were open, and no others, are spoken of again, and lose no item.
        let known: Vec<String> = old.iter().map(|notice| notice.number()).collect();
        assert_eq!(known, open.keys().cloned().collect::<Vec<_>>(), "{day}");
        for notice in &old {
            let before = &open[&notice.number()];
            assert_eq!((notice.items, notice.amount), (before.items, before.amount));
            assert!(notice.open() <= before.open());
        }
        let mut addressees = BTreeSet::new();
        for notice in &new {
            let place = next.entry(day.year()).or_insert(1);
            assert_eq!(notice.number(), format!("{}-{place:05}", day.year()));
            *place += 1;
            assert!(addressees.insert((notice.party, notice.institution.clone())), "one notice to each");
            let items = notice.items_of(&outcome.told);
            assert_eq!(items.len(), notice.items as usize);
            for told in items {
                assert_eq!((told.status, told.party), (Status::Open, notice.party));
                assert!(told.kind() != Kind::Info);
                assert!(notice.party == Party::Undetermined || told.institution == notice.institution);
            }
        }
        let order: Vec<_> = new.iter().map(|notice| (notice.party, &notice.institution)).collect();
        assert!(order.is_sorted(), "{day}: {order:?}");
        // Every breach and lead that is told open stands on a notice, and no statistic does.
        let numbers: BTreeSet<String> = outcome.notices.iter().map(Notice::number).collect();
        for told in &outcome.told {
            if told.status == Status::Open {
                assert_eq!(told.notice.is_some(), told.kind() != Kind::Info, "{day} {:?}", identity(told));
            }
            assert!(told.notice.as_ref().is_none_or(|number| numbers.contains(number)));
        }
        for notice in &outcome.notices {
            let kept = notice.items_of(&outcome.handover.told);
            let still = kept.iter().filter(|told| told.status == Status::Open).count();
            assert_eq!(still, notice.open() as usize, "{day} {}", notice.number());
            assert_eq!(notice.closed_on, (still == 0).then_some(day));
        }
        settled += old.iter().filter(|notice| notice.settled_on() == Some(day)).count();
        withdrawn += old.iter().map(|notice| notice.withdrawn).max().unwrap_or(0);
        all += new.len();
        let stays = outcome.notices.iter().filter(|notice| notice.is_open());
        open = stays.map(|notice| (notice.number(), notice.clone())).collect();
    });
    assert!(next.len() == 2 && settled > 0 && withdrawn > 0, "{next:?} {settled} {withdrawn} of {all}");
}
