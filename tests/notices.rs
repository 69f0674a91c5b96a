//! Correction notices: numbers without gap or repetition, what settles them, and what a letter says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use chrono::{Datelike, NaiveDate};
use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::ledger::Party;
use treasury_recon::domain::money::Money;
use treasury_recon::example::{story_book, story_days};
use treasury_recon::pipeline::Outcome;
use treasury_recon::pipeline::notices::{self, Notice, answer_by};
use treasury_recon::report::{FOLDERS, REPORTS, Run, summary::summary};
use treasury_recon::rules::finding::{Kind, Status, Told, at_stake};

use crate::example_books::open;
use crate::replay::Replay;

fn items_of<'t>(notice: &Notice, told: &'t [Told]) -> Vec<&'t Told> {
    notices::items(told).remove(notice.number().as_str()).unwrap_or_default()
}

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

/// A letter of leads, and one to all parties, orders no correction.
fn accuses_nobody_of_more(outcome: &Outcome, notice: &Notice) {
    let items = items_of(notice, &outcome.told);
    let only_leads = items.iter().all(|told| told.kind() == Kind::Lead);
    if !only_leads && notice.party != Party::Undetermined {
        return;
    }
    let letter = &letters(outcome, Lang::Zh)[&format!("{}.html", notice.number())];
    let letter = String::from_utf8_lossy(letter);
    let title = if only_leads { "<h1>核实通知书</h1>" } else { "<h1>核对通知书</h1>" };
    assert!(letter.contains(title) && !letter.contains("须更正"), "{}", notice.number());
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
            let items = items_of(notice, &outcome.told);
            assert_eq!(items.len(), notice.items as usize);
            accuses_nobody_of_more(outcome, notice);
            // Over what its items are to correct, whichever way they differ.
            assert!(notice.amount.is_none_or(|amount| amount > Money::ZERO), "{notice:?}");
            assert_eq!(notice.amount, at_stake(items.iter().copied()), "{notice:?}");
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
            let kept = items_of(notice, &outcome.handover.told);
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

#[test]
fn an_answer_is_due_by_the_deadline_ahead_or_the_next_working_day() {
    let friday = day("2025-12-26");
    story(Some(day("2025-12-22")), |_, outcome| {
        let mut facts = outcome.facts.clone();
        facts.as_of = friday;
        let mut told = outcome.told[0].clone();
        for (due, wd, expected) in [
            (None, 1, Some("2025-12-29")),
            (Some("2025-12-26"), 1, Some("2025-12-29")),
            (Some("2025-12-27"), 1, Some("2025-12-29")),
            (Some("2026-01-30"), 1, Some("2026-01-30")),
            (Some("2025-12-01"), 3, Some("2025-12-31")),
        ] {
            told.due_on = due.map(day);
            facts.settings.notice_answer_wd = wd;
            assert_eq!(answer_by(&told, &facts), expected.map(day), "{due:?} {wd}");
        }
        // Nobody has said which days of that year are worked.
        facts.as_of = day("2099-12-30");
        assert_eq!(answer_by(&told, &facts), None);
    });
}

#[test]
fn days_run_again_give_the_same_letters() {
    let run = || {
        let mut all = Vec::new();
        story(Some(day("2026-01-12")), |_, outcome| {
            let register = report(outcome, "notices.csv", Lang::Zh);
            all.push((letters(outcome, Lang::Zh), letters(outcome, Lang::En), register));
        });
        all
    };
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    let (once, again) = (run(), alone.install(run));
    assert!(once.iter().any(|(letters, ..)| letters.len() > 8));
    assert!(once == again);
}

#[test]
fn the_next_run_says_which_notice_an_answer_settles() {
    let mut seen = 0;
    story(Some(day("2026-01-26")), |on, outcome| {
        let line = |number: &str| {
            let register = report(outcome, "notices.csv", Lang::Zh);
            register.lines().find(|line| line.starts_with(number)).map(str::to_owned).unwrap_or_default()
        };
        if on == day("2026-01-14") {
            seen += 1;
            let mut whole = Vec::new();
            for told in outcome.told.iter().filter(|told| told.status == Status::Resolved) {
                let Some(number) = &told.notice else { continue };
                let notice = outcome.notices.iter().find(|notice| notice.number() == *number).expect("known");
                if notice.settled_on() == Some(on) {
                    whole.push(number.clone());
                }
            }
            let number = whole.first().expect("the story has one that day");
            assert!(printed(outcome).contains(&format!("当日全部了结：{number}")));
            assert!(line(number).ends_with(",0,1,0,0,2026-01-14"), "{}", line(number));
            let page = report(outcome, "index.html", Lang::Zh);
            assert!(page.contains(&format!("\"n\":\"{number}\"")), "the finding names its notice");
            assert!(printed(outcome).contains("当日部分了结：") && printed(outcome).contains("尚余"));
        }
        // More was spent over the same budget line: the notice of less holds no longer.
        for item in &outcome.withdrawn {
            seen += 1;
            let to = item.to.as_ref().expect("a notice holds it now");
            let told = outcome.told.iter().find(|told| told.identity() == item.item);
            assert_eq!(told.expect("told").notice.as_ref(), Some(to));
            assert!(printed(outcome).contains(&format!("{} 改列 {to}", item.from)));
            let letters = letters(outcome, Lang::Zh);
            let letter = String::from_utf8_lossy(&letters[&format!("{to}.html")]).into_owned();
            assert!(letter.contains(&format!("代替此前通知书中的该项</b> {}", item.from)));
        }
    });
    assert!(seen >= 2, "{seen}");
}

/// A sheet of a workbook, line by line.
fn sheets(bytes: &[u8]) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut book = Xlsx::new(Cursor::new(bytes.to_vec())).expect("a workbook");
    let lines =
        |(name, sheet): (String, calamine::Range<Data>)| (name, sheet.rows().map(<[Data]>::to_vec).collect());
    book.worksheets().into_iter().map(lines).collect()
}

#[test]
fn a_letters_workbook_has_its_items() {
    let (last, addressee) = (day("2026-01-14"), (Party::Finance, "290100400"));
    story(Some(last), |on, outcome| {
        if on < last {
            return;
        }
        let is_it =
            |notice: &&Notice| (notice.party, notice.institution.as_str()) == addressee && notice.day == on;
        let notice = outcome.notices.iter().find(is_it).expect("the story has it");
        let items = items_of(notice, &outcome.told);
        let leads = items.iter().filter(|told| told.kind() == Kind::Lead).count();
        assert!(leads > 0 && leads < items.len());
        for lang in [Lang::Zh, Lang::En] {
            // The workbook has the letter's items, and amounts and days are no text.
            let letters = letters(outcome, lang);
            let sheets = sheets(&letters[&format!("{}.xlsx", notice.number())]);
            assert_eq!(
                sheets[1..3].iter().map(|(_, lines)| lines.len() - 1).collect::<Vec<_>>(),
                [items.len() - leads, leads]
            );
            // And the records of each, cell by cell.
            let named: BTreeSet<String> = sheets[3].1[1..].iter().map(|line| line[0].to_string()).collect();
            let with_records = items.iter().filter(|told| !told.evidence.is_empty()).count();
            assert_eq!((sheets.len(), named.len()), (4, with_records));
            let lines = sheets[1..3].iter().flat_map(|(_, lines)| &lines[1..]);
            let ordered = items.iter().filter(|told| told.kind() != Kind::Lead);
            let ordered = ordered.chain(items.iter().filter(|told| told.kind() == Kind::Lead));
            for (line, told) in lines.zip(ordered) {
                assert_eq!(line[2], Data::String(told.key.clone()));
                let amount =
                    matches!(line[6], Data::Float(_)) || (told.amount.is_none() && line[6] == Data::Empty);
                assert!(amount && matches!(line[13], Data::DateTime(_)), "{line:?}");
            }
        }
    });
}

#[test]
fn hostile_text_is_text_in_letters() {
    let on = day("2026-01-14");
    let (facts, mut files) = open(story_book());
    let files = files.get_mut(&on).expect("files");
    let mut changed = 0;
    for file in files.iter_mut() {
        let Ok(text) = String::from_utf8(file.bytes.clone()) else { continue };
        changed += text.matches("暂借款").count();
        file.bytes = text.replace("暂借款", "</td><script>alert(1)</script>=1+1\u{202e}暂借款").into_bytes();
    }
    assert!(changed > 0);
    Replay::new(facts).run(on, files, |outcome, _| {
        let mut seen = 0;
        for (name, bytes) in letters(outcome, Lang::Zh) {
            if Path::new(&name).extension().is_some_and(|kind| kind == "html") {
                let text = String::from_utf8(bytes).expect("text");
                assert!(!text.contains("<script") && !text.contains('\u{202e}'), "{name}");
                seen += text.matches("&lt;script&gt;").count();
            }
        }
        assert!(seen > 0);
        assert!(!report(outcome, "index.html", Lang::Zh).contains("<script>alert"));
    });
}
