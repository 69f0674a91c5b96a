//! The life of a finding: when it was first told, how long it was carried, what was corrected, when it ended.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::entry::EntryId;
use crate::domain::ledger::Flow;
use crate::matching::group::own_date;
use crate::rules::finding::{Status, Told};

use super::{Material, Telling};

/// A finding over all runs.
#[derive(Clone, Debug)]
pub struct Life {
    /// As it was told last.
    pub last: Told,
    /// Runs that told it, the first and the last.
    pub first_run: NaiveDate,
    pub last_run: NaiveDate,
    pub tellings: u32,
    /// Severities in the order in which they were told, each change once.
    pub severities: Vec<&'static str>,
    /// Corrections of its payments, by day.
    pub corrected: Vec<(NaiveDate, EntryId)>,
    /// The run that told it as resolved.
    pub resolved: Option<NaiveDate>,
}

/// The lives of what was told, in the order in which they began.
pub fn lives(material: &Material, tellings: &[Telling]) -> Vec<Life> {
    let mut found: BTreeMap<(&str, &str), Vec<&Telling>> = BTreeMap::new();
    for telling in tellings {
        found.entry((telling.told.rule, &telling.told.key)).or_default().push(telling);
    }
    let corrections = corrections(material);
    let mut lives: Vec<Life> = found
        .into_values()
        .map(|mut told| {
            told.sort_by_key(|telling| telling.run);
            let last = told.last().expect("told at least once");
            let mut severities: Vec<&'static str> = told.iter().map(|of| of.told.severity.id()).collect();
            severities.dedup();
            let corrected: BTreeSet<(NaiveDate, EntryId)> =
                last.told.evidence.iter().filter_map(|row| corrections.get(row)).flatten().copied().collect();
            Life {
                last: last.told.clone(),
                first_run: told[0].run,
                last_run: last.run,
                tellings: u32::try_from(told.len()).unwrap_or(u32::MAX),
                severities,
                corrected: corrected.into_iter().collect(),
                resolved: Some(last.run).filter(|_| last.told.status == Status::Resolved),
            }
        })
        .collect();
    lives.sort_by(|a, b| {
        let order = |of: &Life| (of.last.first_seen, std::cmp::Reverse(of.last.severity));
        order(a).cmp(&order(b)).then_with(|| (a.last.rule, &a.last.key).cmp(&(b.last.rule, &b.last.key)))
    });
    lives
}

/// For each row, as `file#row`, the corrections in its case.
fn corrections(material: &Material) -> BTreeMap<String, Vec<(NaiveDate, EntryId)>> {
    let mut found = BTreeMap::new();
    for rows in material.cases().into_values() {
        let corrections: Vec<(NaiveDate, EntryId)> = rows
            .iter()
            .filter(|id| material.book.entry(**id).ledger().flow() == Flow::Correction)
            .filter_map(|id| Some((own_date(material.book.entry(*id))?, *id)))
            .collect();
        if corrections.is_empty() {
            continue;
        }
        for id in rows {
            let row = material.book.entry(id);
            found.insert(row.place(), corrections.clone());
        }
    }
    found
}
