//! 更正通知书 (谁出错、谁更正): who is told to correct what, under which number, and what has become of it.
//!
//! A finding stands on one notice at a time, from the day it is first told open. A notice stands for what it says to whom
//! it says it: when that changes, the finding goes to a new one. Numbers go on where the run before ended, so a day that
//! is run again gives the same numbers.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike, NaiveDate};

use crate::domain::facts::Facts;
use crate::domain::ledger::Party;
use crate::domain::money::Money;
use crate::rules::finding::{Identity, Kind, Status, Told, at_stake};

use super::telling::Telling;

/// What a notice is called: its year, and its place in it. Numbers of a year neither repeat nor skip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Serial {
    pub year: i32,
    pub place: u32,
}

impl fmt::Display for Serial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{:05}", self.year, self.place)
    }
}

/// A notice: to whom, and how its items stand. Invariant: no more items are settled, withdrawn and written off than there
/// are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub serial: Serial,
    pub day: NaiveDate,
    /// Undetermined: it goes to all parties.
    pub party: Party,
    /// Empty: it goes to the party as a whole.
    pub institution: String,
    /// Yuan that its items are to correct or account for; `None` where none states a sum.
    pub amount: Option<Money>,
    pub items: u32,
    /// Items that were resolved.
    pub settled: u32,
    /// Items that say something else now, or to another: a later notice holds them, or none need. Items that later rows
    /// refute.
    pub withdrawn: u32,
    /// Items too old for what they rest on to be at hand.
    pub written_off: u32,
    /// The day its last item went; `None` while one is open.
    pub closed_on: Option<NaiveDate>,
}

impl Notice {
    pub fn number(&self) -> String {
        self.serial.to_string()
    }

    pub fn open(&self) -> u32 {
        self.items - self.settled - self.withdrawn - self.written_off
    }

    pub fn is_open(&self) -> bool {
        self.closed_on.is_none()
    }

    /// The day on which every item of it was answered for: what was written off was not.
    pub fn settled_on(&self) -> Option<NaiveDate> {
        self.closed_on.filter(|_| self.written_off == 0)
    }
}

/// What stands on each notice of what is told, by its number.
pub fn items(told: &[Told]) -> BTreeMap<&str, Vec<&Told>> {
    let mut items: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in told {
        if let Some(number) = numbered(told) {
            items.entry(number).or_default().push(told);
        }
    }
    items
}

/// An item that no longer stands on its notice, though it was not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    pub item: Identity,
    /// The number of the notice it stood on.
    pub from: String,
    /// That of the notice that holds it now; none if nobody is asked any more.
    pub to: Option<String>,
}

impl Withdrawn {
    pub(super) fn of(known: &Told, from: String) -> Self {
        Self { item: known.identity(), from, to: None }
    }
}

/// To whom a finding speaks, of what kind and over how much: when this changes a notice of it no longer holds.
pub(super) fn says(told: &Told) -> (Party, &str, &'static str, Option<Money>) {
    let (party, institution) = addressee(told);
    (party, institution, told.kind().id(), told.difference)
}

/// Who is written to. While nobody knows who erred, all parties are.
fn addressee(told: &Told) -> (Party, &str) {
    match told.party {
        Party::Undetermined => (Party::Undetermined, ""),
        party => (party, &told.institution),
    }
}

/// By when an item is to be answered: its own deadline while that lies ahead, on a day off the next working day, else so many
/// working days from the notice. None in a year the calendar does not know.
pub fn answer_by(told: &Told, facts: &Facts) -> Option<NaiveDate> {
    let ahead = told.due_on.filter(|due| *due > facts.as_of);
    let ahead = ahead.map(|due| facts.calendar.first_working_from(due).unwrap_or(due));
    ahead.or_else(|| facts.calendar.add_working(facts.as_of, facts.settings.notice_answer_wd))
}

/// Gives a number to everything told open that stands on no notice, and follows what earlier notices ask for.
pub(super) fn issue(
    telling: &mut Telling,
    before: Vec<Notice>,
    last: Option<Serial>,
    facts: &Facts,
) -> Vec<Notice> {
    let mut notices = before;
    follow(&mut notices, telling, facts.as_of);
    let is_due =
        |told: &Told| told.status == Status::Open && told.kind() != Kind::Info && told.notice.is_none();
    let mut due: BTreeMap<(Party, &str), Vec<&Told>> = BTreeMap::new();
    for told in telling.told.iter().filter(|told| is_due(told)) {
        due.entry(addressee(told)).or_default().push(told);
    }
    let mut new: BTreeMap<(Party, String), Notice> = due
        .into_iter()
        .map(|((party, institution), items)| {
            let notice = Notice {
                serial: Serial { year: facts.as_of.year(), place: 0 },
                day: facts.as_of,
                party,
                institution: institution.to_owned(),
                amount: at_stake(items.iter().copied()),
                items: u32::try_from(items.len()).expect("fewer than 2^32 findings"),
                settled: 0,
                withdrawn: 0,
                written_off: 0,
                closed_on: None,
            };
            ((party, institution.to_owned()), notice)
        })
        .collect();
    let given = last.filter(|last| last.year == facts.as_of.year()).map_or(0, |last| last.place);
    for (place, notice) in (given + 1..).zip(new.values_mut()) {
        notice.serial.place = place;
    }
    let number = |told: &Told| {
        let (party, institution) = addressee(told);
        new[&(party, institution.to_owned())].number()
    };
    let numbered: BTreeMap<Identity, String> = telling
        .told
        .iter_mut()
        .filter(|told| is_due(told))
        .map(|told| {
            told.notice = Some(number(told));
            (told.identity(), number(told))
        })
        .collect();
    if !numbered.is_empty() {
        for kept in telling.kept.iter_mut().filter(|kept| is_due(kept)) {
            kept.notice = numbered.get(&kept.identity()).cloned();
        }
    }
    for item in &mut telling.withdrawn {
        item.to = numbered.get(&item.item).cloned();
    }
    notices.extend(new.into_values());
    notices
}

/// What the day made of the items of notices that were open.
fn follow(notices: &mut [Notice], telling: &Telling, day: NaiveDate) {
    if notices.is_empty() {
        return;
    }
    let mut counts: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
    for told in telling.told.iter().filter(|told| told.status == Status::Resolved) {
        // What was not so was not for anybody to correct.
        let place = usize::from(told.is_refuted());
        if let Some(number) = numbered(told) {
            counts.entry(number).or_default()[place] += 1;
        }
    }
    for item in &telling.withdrawn {
        counts.entry(&item.from).or_default()[1] += 1;
    }
    for number in telling.kept.iter().filter(|kept| kept.status == Status::Open).filter_map(numbered) {
        counts.entry(number).or_default()[2] += 1;
    }
    for notice in notices {
        let [settled, left, open] = counts.get(notice.number().as_str()).copied().unwrap_or_default();
        notice.settled += settled;
        notice.withdrawn += left;
        // What is neither settled nor kept was forgotten.
        notice.written_off += notice.open().saturating_sub(open);
        if notice.open() == 0 {
            notice.closed_on = Some(day);
        }
    }
}

fn numbered(told: &Told) -> Option<&str> {
    told.notice.as_deref()
}
