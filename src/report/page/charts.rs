//! What the page draws: bars whose lengths and labels are made here.

use std::collections::BTreeMap;

use chrono::Timelike;
use serde::Serialize;

use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::ledger::intake::Fate;
use crate::pipeline::Outcome;

use crate::report::names::Names;

use super::{Words, grouped};

/// Bars of a chart.
const BARS: usize = 12;
/// The longest bar.
const BAR_WIDTH: u64 = 210;

#[derive(Serialize)]
struct Bar {
    /// As the axis shows it.
    label: String,
    /// In full, for whoever points at it.
    name: String,
    shown: String,
    width: u64,
    dark: bool,
}

#[derive(Serialize)]
struct Chart {
    title: &'static str,
    note: &'static str,
    bars: Vec<Bar>,
    left_out: usize,
}

impl Chart {
    /// `bars` are name, what is shown, how long it is relative to the others, and whether it is marked.
    fn of(title: &'static str, note: &'static str, bars: Vec<(String, String, u64, bool)>) -> Self {
        let longest = bars.iter().map(|(_, _, length, _)| *length).max().unwrap_or(0).max(1);
        let left_out = bars.len().saturating_sub(BARS);
        let bar = |(name, shown, length, dark): (String, String, u64, bool)| {
            let wide = u128::from(length) * u128::from(BAR_WIDTH) / u128::from(longest);
            let label = if name.chars().count() > 12 {
                name.chars().take(11).chain(['…']).collect()
            } else {
                name.clone()
            };
            Bar { label, name, shown, width: u64::try_from(wide).unwrap_or(BAR_WIDTH).max(1), dark }
        };
        Self { title, note, bars: bars.into_iter().take(BARS).map(bar).collect(), left_out }
    }
}

#[derive(Serialize)]
pub(super) struct Charts {
    delay: Chart,
    amount_days: Chart,
    age: Chart,
    hours: Chart,
}

impl Charts {
    pub(super) fn of(outcome: &Outcome, names: &Names<'_>, words: &Words) -> Self {
        let mut banks: BTreeMap<&str, (u64, Money)> = BTreeMap::new();
        let late = outcome.told.iter().filter(|told| {
            ["remittance-delay", "remittance-withholding"].contains(&told.rule)
                && !told.institution.is_empty()
        });
        let held: BTreeMap<String, Money> =
            outcome.amount_days.iter().map(|(&id, &held)| (outcome.book.entry(id).place(), held)).collect();
        for told in late {
            let bank = banks.entry(&told.institution).or_default();
            bank.0 += 1;
            bank.1 += told.evidence.iter().filter_map(|row| held.get(row)).copied().sum();
        }
        let name = |code: &str| match names.get(code) {
            "" => code.to_owned(),
            name => name.to_owned(),
        };
        let mut delays: Vec<_> =
            banks.iter().map(|(code, (count, _))| (name(code), count.to_string(), *count, false)).collect();
        delays.sort_by_key(|(.., count, _)| std::cmp::Reverse(*count));
        let mut sums: Vec<_> = banks
            .iter()
            .map(|(code, (_, sum))| (name(code), grouped(*sum), sum.fen().unsigned_abs(), false))
            .collect();
        sums.sort_by_key(|(.., sum, _)| std::cmp::Reverse(*sum));
        Self {
            delay: Chart::of(words["chart_delay"], words["chart_delay_note"], delays),
            amount_days: Chart::of(words["chart_amount_days"], words["chart_amount_days_note"], sums),
            age: Chart::of(words["chart_age"], words["chart_age_note"], ages(outcome)),
            hours: Chart::of(words["chart_hours"], words["chart_hours_note"], hours(outcome, words)),
        }
    }
}

fn ages(outcome: &Outcome) -> Vec<(String, String, u64, bool)> {
    if outcome.open_items().is_empty() {
        return Vec::new();
    }
    let classes: [(&str, std::ops::RangeInclusive<u32>); 6] = [
        ("0–1", 0..=1),
        ("2–3", 2..=3),
        ("4–5", 4..=5),
        ("6–10", 6..=10),
        ("11–30", 11..=30),
        ("> 30", 31..=u32::MAX),
    ];
    let aged = |wanted: &std::ops::RangeInclusive<u32>| {
        outcome
            .open_items()
            .iter()
            .filter(|item| item.age_days.is_some_and(|age| wanted.contains(&age)))
            .count()
    };
    let mut bars: Vec<(String, String, u64, bool)> = classes
        .into_iter()
        .map(|(name, range)| {
            let count = aged(&range);
            (name.to_owned(), count.to_string(), u64::try_from(count).unwrap_or(u64::MAX), *range.start() > 5)
        })
        .collect();
    let unknown = outcome.open_items().iter().filter(|item| item.age_days.is_none()).count();
    if unknown > 0 {
        bars.push(("?".to_owned(), unknown.to_string(), u64::try_from(unknown).unwrap_or(u64::MAX), false));
    }
    bars
}

/// The day's receipts by the hour they were received.
fn hours(outcome: &Outcome, words: &Words) -> Vec<(String, String, u64, bool)> {
    let cutoff = outcome.facts.settings.remit_cutoff;
    let mut hours: BTreeMap<(Option<u32>, bool), u64> = BTreeMap::new();
    for id in outcome.book.ids_of(|ledger| ledger == Ledger::BankReceipts) {
        let receipt = outcome.book.entry(id);
        if receipt.arrived() != outcome.facts.as_of || outcome.intake.fates[id.0 as usize] != Fate::Stands {
            continue;
        }
        let Some(received) = receipt.moment(Field::ReceivedAt) else { continue };
        *hours.entry((received.time.map(|at| at.hour()), received.after(cutoff))).or_default() += 1;
    }
    let mut bars = Vec::new();
    let known: Vec<u32> = hours.keys().filter_map(|(hour, _)| *hour).collect();
    for hour in known.first().copied().unwrap_or(0)..=known.last().copied().unwrap_or(0) {
        for is_after in [false, true] {
            let count = hours.get(&(Some(hour), is_after)).copied().unwrap_or(0);
            if count > 0 || (!is_after && hour < cutoff.hour() && !known.is_empty()) {
                bars.push((format!("{hour:02}:00"), count.to_string(), count, is_after));
            }
        }
    }
    let unstated: u64 = hours.iter().filter(|((hour, _), _)| hour.is_none()).map(|(_, count)| count).sum();
    if unstated > 0 {
        bars.push((words["unknown_time"].to_owned(), unstated.to_string(), unstated, false));
    }
    bars
}

#[derive(Serialize)]
pub(super) struct Trend {
    parties: Vec<&'static str>,
    runs: Vec<TrendRun>,
}

#[derive(Serialize)]
struct TrendRun {
    day: String,
    counts: Vec<u32>,
    sum: u32,
    width: u32,
}

impl Trend {
    pub(super) fn of(outcome: &Outcome, lang: Lang) -> Self {
        let trend = &outcome.handover.trend;
        let parties: Vec<Party> = Party::ALL
            .into_iter()
            .filter(|party| trend.iter().any(|run| run.open.contains_key(party)))
            .collect();
        let most = trend.iter().map(|run| run.open.values().sum::<u32>()).max().unwrap_or(0).max(1);
        let runs = trend.iter().map(|run| {
            let counts: Vec<u32> =
                parties.iter().map(|party| run.open.get(party).copied().unwrap_or(0)).collect();
            let sum: u32 = counts.iter().sum();
            TrendRun { day: run.day.to_string(), counts, sum, width: sum.saturating_mul(100) / most }
        });
        let runs = runs.collect();
        Self { parties: parties.iter().map(|party| lang.pick(party.zh(), party.id())).collect(), runs }
    }
}
