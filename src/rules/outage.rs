//! 系统不稳定: what the table of incidents says of a bank's days, beside a delay of the bank. It excuses nothing.

use chrono::NaiveDate;

use crate::domain::entry::{Book, Entry};
use crate::domain::facts::Facts;
use crate::domain::field::Field;

use super::finding::{Sentence, Told};

/// How what a delay adds begins.
const ON_RECORD: &str = "；登记有该行";

/// Whether a finding names an outage.
pub fn is_named(told: &Told) -> bool {
    told.explanation.zh.contains(ON_RECORD)
}

/// What a delay adds where an outage 系统故障 of the bank is on record on one of its days: how grave it is stays the same.
pub fn on_record(facts: &Facts, bank: &str, from: NaiveDate, until: NaiveDate) -> Option<Sentence> {
    let rows = facts.table("incidents").into_iter().flat_map(Book::entries);
    let is_of = |row: &Entry<'_>| {
        row.text(Field::Kind) == "outage"
            && row.text(Field::Institution) == bank
            && row.date(Field::Date).is_some_and(|on| (from..=until).contains(&on))
    };
    let first = rows.filter(is_of).min_by_key(|row| (row.date(Field::Date), row.text(Field::Note)))?;
    let (on, note) = (first.date(Field::Date)?, first.text(Field::Note));
    let mut said = Sentence {
        zh: format!("{ON_RECORD} {on} 系统故障"),
        en: format!("; an outage of the bank on {on} is on record"),
    };
    if !note.is_empty() {
        said.add(&format!("（{note}）"), &format!(" ({note})"));
    }
    Some(said)
}
