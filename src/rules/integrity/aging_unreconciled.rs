//! 未达账项账龄: how many payments some party has not answered, by age.

use std::collections::BTreeMap;

use crate::domain::entry::EntryId;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;
use crate::matching::{Group, group};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{ALL_PAYMENTS, Day, Judge, Rule, Stays, Title, law};

use rayon::prelude::*;

pub static RULE: Rule = Rule {
    id: "aging-unreconciled",
    title: Title { zh: "未达账项账龄", en: "Open items by age" },
    basis: law::RECONCILE,
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("aging_unreconciled.md"),
    stays: Stays::Case,
    needs: ALL_PAYMENTS,
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

/// Working days from which an item is old, with the name of its class. Younger ones are on their way.
const CLASSES: [(u32, &str); 3] = [(6, "6-10"), (11, "11-30"), (31, "31-")];

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let items: Vec<(usize, Money, EntryId)> = (0..day.matched.len())
        .into_par_iter()
        .filter_map(|place| {
            let group = Group::new(day.book, day.matched.case(place).entries);
            let known = [group.issuer(), group.bank(), group.treasury()].map(|row| row.is_some());
            // Of a slip that nobody paid nobody has anything to answer.
            let is_unpaid = known == [true, false, false] && group.flow() == Flow::Revenue;
            if known == [true; 3] || is_unpaid || group.flow() == Flow::Correction {
                return None;
            }
            let latest =
                group.entries().filter_map(|entry| Some((group::own_date(entry)?, entry.id()))).max()?;
            let age = day.facts.calendar.working_lag(latest.0, day.facts.as_of)?;
            let class = CLASSES.iter().rposition(|(from, _)| *from <= age)?;
            let amount = group.entries().find_map(|entry| entry.money(Field::Amount)).unwrap_or_default();
            Some((class, amount, latest.1))
        })
        .collect();
    let mut classes: BTreeMap<usize, (usize, Money, Vec<EntryId>)> = BTreeMap::new();
    for (class, amount, first) in items {
        let of = classes.entry(class).or_default();
        of.0 += 1;
        of.1 += amount;
        of.2.push(first);
    }
    let finding = |(class, (count, amount, mut evidence)): (usize, (usize, Money, Vec<EntryId>))| {
        let name = CLASSES[class].1;
        let because = Sentence {
            zh: format!("账龄 {name} 个工作日的未达账项 {count} 笔，共 {amount} 元"),
            en: format!("open items of {name} working days: {count}, of {amount} yuan"),
        };
        let mut finding = Finding::of(&RULE, Party::Undetermined, name.to_owned(), because);
        finding.amount = Some(amount);
        evidence.sort_unstable();
        finding.evidence = evidence;
        finding
    };
    classes.into_iter().map(finding).collect()
}
