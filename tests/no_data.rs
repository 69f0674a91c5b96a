//! What is not delivered changes no verdict but those that needed it, and those say "no data".

use std::collections::BTreeSet;

use treasury_recon::domain::facts::Facts;
use treasury_recon::example::{story_book, story_days};
use treasury_recon::pipeline::handover::NoData;
use treasury_recon::pipeline::telling::OFF;
use treasury_recon::rules::finding::{Status, Told};
use treasury_recon::rules::{RULES, by_id};

use crate::example_books::{open, shown};
use crate::replay::Replay;

/// The days looked at begin shortly before the story's second half.
const BEGIN: usize = 30;

/// What each day of the story tells, and which rules lack what.
fn run(facts: Facts, mut change: impl FnMut(usize, &mut Facts)) -> Vec<(Vec<Told>, Vec<NoData>)> {
    let (_, files) = open(story_book());
    let mut replay = Replay::new(facts);
    let days = story_days().into_iter().skip(BEGIN).enumerate();
    days.map(|(place, day)| {
        change(place, &mut replay.facts);
        replay.run(day, &files[&day], |outcome, _| (outcome.told.clone(), outcome.handover.no_data.clone()))
    })
    .collect()
}

fn of_others(told: &[Told], needing: &BTreeSet<&str>) -> Vec<String> {
    told.iter().filter(|told| !needing.contains(told.rule)).map(shown).collect()
}

#[test]
fn a_missing_table_silences_the_rules_that_need_it_alone() {
    let whole = run(open(story_book()).0, |_, _| {});
    for table in ["accounts", "subjects", "treasuries"] {
        let needing: BTreeSet<&str> =
            RULES.iter().filter(|rule| rule.tables.contains(&table)).map(|rule| rule.id).collect();
        assert!(!needing.is_empty(), "{table}");
        let without = run(open(story_book()).0, |_, facts| facts.remove_table(table));
        for (day, ((told, _), (expected, _))) in without.iter().zip(&whole).enumerate() {
            assert_eq!(of_others(told, &needing), of_others(expected, &needing), "day {day} without {table}");
            assert!(told.iter().all(|told| !needing.contains(told.rule)), "day {day} without {table}");
        }
        for (day, (_, lacks)) in without.iter().enumerate() {
            let lacking: BTreeSet<&str> =
                lacks.iter().filter(|of| of.lacks.contains(&table)).map(|of| of.rule).collect();
            assert_eq!(lacking, needing, "day {day} without {table}");
        }
    }
}

#[test]
fn a_table_that_is_missing_for_a_day_settles_nothing() {
    let told = run(open(story_book()).0, |day, facts| {
        if day >= 7 {
            facts.remove_table("accounts");
        }
    });
    let needs = |told: &Told| by_id(told.rule).expect("a rule").tables.contains(&"accounts");
    let before =
        told[..7].iter().flat_map(|(told, _)| told).filter(|told| needs(told) && told.status == Status::Open);
    assert!(before.count() > 0, "the story has some");
    let after = told[7..].iter().flat_map(|(told, _)| told).filter(|told| needs(told));
    assert_eq!(after.map(shown).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_rule_that_is_off_is_silent_and_says_so() {
    let whole = run(open(story_book()).0, |_, _| {});
    let off = "remittance-delay";
    let without = run(open(story_book()).0, |_, facts| {
        facts.off.insert(off.to_owned(), "试运行".to_owned());
    });
    let silenced = BTreeSet::from([off]);
    for (day, ((told, lacks), (expected, _))) in without.iter().zip(&whole).enumerate() {
        assert_eq!(told.iter().map(shown).collect::<Vec<_>>(), of_others(expected, &silenced), "day {day}");
        assert!(lacks.contains(&NoData { rule: off, lacks: vec![OFF] }), "day {day}");
    }
    assert!(whole.iter().flat_map(|(told, _)| told).any(|told| told.rule == off), "the story has some");
}
