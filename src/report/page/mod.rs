//! `index.html`: a day on one page that opens without a network, for whoever has to act on it.
//!
//! The first screen and the tables are made here; the list of findings is data in the page, which its script filters,
//! sorts and opens. What data say is text everywhere: the template escapes it, and the script writes it as text nodes.

mod evidence;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Error, Result};

use chrono::{Days, NaiveDate, Timelike};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;

use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::ledger::intake::Fate;
use crate::ledger::problem::Problem;
use crate::pipeline::Outcome;
use crate::rules::finding::{Severity, Status, Told};
use crate::rules::{RULES, law};

use super::document::Block;
use super::render::printable;
use super::{Run, Sink, coverage, summary};

/// Rows of a table that the page shows; the rest stands in the files beside it, and the page says so.
const SHOWN: usize = 300;
/// Bars of a chart.
const BARS: usize = 12;
/// The longest bar.
const BAR_WIDTH: u64 = 210;

/// `index.html`.
pub(super) fn index(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    let lang = run.lang;
    let outcome = run.outcome;
    let mut page = Environment::new();
    page.set_auto_escape_callback(|_| AutoEscape::Html);
    page.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            minijinja::escape_formatter(out, state, &Value::from(printable(text)))
        }
        _ => minijinja::escape_formatter(out, state, value),
    });
    page.add_template("page.html", include_str!("page.html")).map_err(Error::other)?;
    let words = words::of(lang);
    let trend = Trend::of(outcome, lang);
    let before = outcome.handover.trend.iter().rev().nth(1);
    let whole = context! {
        t => words.clone(),
        lang => lang.pick("zh-CN", "en"),
        css => include_str!("page.css"),
        js => include_str!("page.js"),
        version => env!("CARGO_PKG_VERSION"),
        day => outcome.facts.as_of.to_string(),
        findings => outcome.told.len(),
        reasons => reasons(run, &words),
        before => before.map(|run| context! { day => run.day.to_string() }),
        trend_lines => trend_lines(outcome, &words),
        trend => Value::from(Serde(trend)),
        actors => actors(outcome, lang),
        charts => Value::from(Serde(Charts::of(outcome, lang, &words))),
        data => data(run, &words)?,
    };
    let tables = context! {
        sums => sums(outcome),
        net => net(outcome),
        open => open(outcome),
        cells => cells(outcome),
        problems => problems(run.problems, lang),
        control => control(run),
        coverage => provisions(outcome, lang),
        policy => summary::policy(outcome, lang).rows,
    };
    let template = page.get_template("page.html").map_err(Error::other)?;
    let text = template.render(minijinja::context! { ..whole, ..tables }).map_err(Error::other)?;
    sink(text.as_bytes())
}

type Words = BTreeMap<&'static str, &'static str>;

/// Why the day is not closed; nothing if it is.
fn reasons(run: &Run<'_>, words: &Words) -> Vec<String> {
    let outcome = run.outcome;
    let mut reasons = Vec::new();
    let gaps: BTreeSet<&str> = outcome.facts.gaps.iter().map(|(ledger, _)| ledger.id()).collect();
    if !gaps.is_empty() {
        let gaps: Vec<&str> = gaps.into_iter().collect();
        reasons.push(format!("{}: {}", words["missing_ledgers"], gaps.join(", ")));
    }
    let differing = outcome.cells.iter().filter(|(_, figures)| !figures.ties()).count();
    let open = outcome.handover.trend.last().map_or(0, |run| run.open.values().sum::<u32>());
    let unusable: u64 = run.problems.iter().map(Problem::count).sum();
    for (count, what) in [
        (u64::try_from(differing).unwrap_or(u64::MAX), "differing_cells"),
        (u64::from(open), "open_breaches"),
        (unusable, "file_problems"),
    ] {
        if count > 0 {
            reasons.push(format!("{count} {}", words[what]));
        }
    }
    reasons
}

fn trend_lines(outcome: &Outcome, words: &Words) -> Vec<Value> {
    let mut runs = outcome.handover.trend.iter().rev();
    let (now, before) = (runs.next(), runs.next());
    let line = |word: &str, of: fn(&crate::pipeline::handover::RunCount) -> u32| {
        context! { name => words[word], now => now.map(of), before => before.map(of) }
    };
    vec![
        line("new", |run| run.new),
        line("still_open", |run| run.still_open),
        line("resolved", |run| run.resolved),
        line("cells_differ", |run| run.differing),
    ]
}

/// Yuan with commas between thousands.
fn grouped(money: Money) -> String {
    let text = money.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut shown = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    write!(shown, ".{rest}").expect("memory");
    shown
}

/// What an institution, treasury or unit is called.
fn name_of<'f>(facts: &'f Facts, code: &str) -> &'f str {
    let institution =
        facts.institutions.as_ref().and_then(|table| table.get(code)).map(|known| known.name.as_str());
    let treasury = || facts.treasuries.as_ref()?.get(code).map(|known| known.name.as_str());
    institution.or_else(treasury).unwrap_or("")
}

fn severity(of: Severity, lang: Lang) -> Value {
    context! { id => of.id(), name => lang.pick(of.zh(), of.id()) }
}

/// Who answers for what is open, the gravest first.
fn actors(outcome: &Outcome, lang: Lang) -> Vec<Value> {
    #[derive(Default)]
    struct Actor {
        count: u32,
        worst: Option<Severity>,
        amount: Money,
        due: Option<NaiveDate>,
    }
    let mut actors: BTreeMap<(Party, &str), Actor> = BTreeMap::new();
    let open =
        outcome.told.iter().filter(|told| told.status == Status::Open && told.severity > Severity::Info);
    for told in open {
        let actor = actors.entry((told.party, &told.institution)).or_default();
        actor.count += 1;
        actor.worst = actor.worst.max(Some(told.severity));
        actor.amount += told.amount.unwrap_or_default();
        actor.due = [actor.due, told.due_on].into_iter().flatten().min();
    }
    let mut actors: Vec<_> = actors.into_iter().collect();
    actors.sort_by_key(|(_, actor)| (std::cmp::Reverse(actor.worst), std::cmp::Reverse(actor.count)));
    let shown = |((party, code), actor): ((Party, &str), Actor)| {
        context! {
            party => lang.pick(party.zh(), party.id()),
            party_id => party_index(party),
            institution => code,
            name => match name_of(&outcome.facts, code) { "" => lang.pick(party.zh(), party.id()), name => name },
            count => actor.count,
            worst => actor.worst.map(|of| severity(of, lang)),
            amount => grouped(actor.amount),
            due => actor.due.map(|day| day.to_string()),
        }
    };
    actors.into_iter().map(shown).collect()
}

fn party_index(party: Party) -> usize {
    Party::ALL.iter().position(|known| *known == party).expect("every party is in the list")
}

fn sums(outcome: &Outcome) -> Value {
    let (mut sums, mut tie, mut differ, mut earlier) = ([Money::ZERO; 3], 0, 0, 0);
    for (name, figures) in &outcome.cells {
        if name.date < outcome.facts.as_of {
            earlier += u32::from(!figures.ties());
            continue;
        }
        for (sum, figure) in sums.iter_mut().zip([figures.issuer, figures.bank, figures.treasury]) {
            *sum += figure;
        }
        if figures.ties() { tie += 1 } else { differ += 1 }
    }
    let [issuer, bank, treasury] = sums.map(grouped);
    context! { issuer, bank, treasury, tie, differ, earlier }
}

/// What the treasury booked and refunded that day.
fn net(outcome: &Outcome) -> Value {
    let booked = |ledger: Ledger| -> Money {
        let ids = outcome.book.ids_of(|of| of == ledger);
        let standing = ids.into_iter().filter(|id| outcome.intake.fates[id.0 as usize] == Fate::Stands);
        let today = standing
            .map(|id| outcome.book.entry(id))
            .filter(|entry| entry.date(Field::BookedOn) == Some(outcome.facts.as_of));
        today.filter_map(|entry| entry.money(Field::Amount)).sum()
    };
    let (gross, refunded) = (booked(Ledger::TreasuryReceipts), booked(Ledger::TreasuryRefunds));
    context! { gross => grouped(gross), refunded => grouped(refunded), net => grouped(gross - refunded) }
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn open(outcome: &Outcome) -> Value {
    let items = &outcome.open_items;
    let sum =
        |items: &[crate::pipeline::OpenItem]| -> Money { items.iter().filter_map(|item| item.amount).sum() };
    let shown = &items[..items.len().min(SHOWN)];
    let rows: Vec<Value> = shown
        .iter()
        .map(|item| {
            context! {
                key => item.key.clone(),
                awaits => item.awaits.join(", "),
                amount => item.amount.map(grouped),
                treasury => item.treasury.clone(),
                bank => item.bank.clone(),
                since => item.since.to_string(),
                age => item.age_days,
                evidence => item.evidence.join("; "),
            }
        })
        .collect();
    context! {
        rows,
        all => items.len(),
        left_out => items.len() - shown.len(),
        sum => grouped(sum(items)),
        shown_sum => grouped(sum(shown)),
    }
}

/// Cells that differ first, the oldest of them first.
fn cells(outcome: &Outcome) -> Value {
    let mut cells: Vec<_> = outcome.cells.iter().collect();
    cells.sort_by_key(|(_, figures)| figures.ties());
    let shown = &cells[..cells.len().min(SHOWN)];
    let sum = |of: fn(&crate::matching::tie_out::Figures) -> Money| -> String {
        grouped(shown.iter().map(|(_, figures)| of(figures)).sum())
    };
    let rows: Vec<Value> = shown
        .iter()
        .map(|(name, figures)| {
            let differs = !figures.ties();
            context! {
                date => name.date.to_string(),
                treasury => name.treasury.clone(),
                org => name.org.clone(),
                level => name.level.clone(),
                subject => name.subject.clone(),
                issuer => grouped(figures.issuer),
                bank => grouped(figures.bank),
                treasury_amount => grouped(figures.treasury),
                differs,
                difference => grouped(if differs { figures.difference() } else { Money::ZERO }),
            }
        })
        .collect();
    context! {
        rows,
        all => cells.len(),
        left_out => cells.len() - shown.len(),
        issuer => sum(|of| of.issuer),
        bank => sum(|of| of.bank),
        treasury => sum(|of| of.treasury),
    }
}

fn problems(problems: &[Problem], lang: Lang) -> Value {
    let shown = &problems[..problems.len().min(SHOWN)];
    let rows: Vec<Value> = shown
        .iter()
        .map(|problem| {
            context! {
                file => &*problem.file,
                row => optional(problem.row),
                column => problem.column.clone(),
                expected => problem.kind.expected(lang),
                found => problem.found.clone(),
                hint => problem.hint(lang),
            }
        })
        .collect();
    let all: u64 = problems.iter().map(Problem::count).sum();
    context! { rows, all, left_out => all > u64::try_from(shown.len()).unwrap_or(u64::MAX) }
}

fn control(run: &Run<'_>) -> Vec<Value> {
    let file = |file: &super::FileRead<'_>| {
        let parts = [file.tally.read, file.tally.accepted, file.tally.subtotal, file.tally.rejected];
        let rows = parts.iter().map(|total| total.rows.to_string());
        let cells: Vec<String> = rows.chain(parts.iter().map(|total| grouped(total.yuan))).collect();
        context! { path => file.path, cells }
    };
    run.files.iter().map(file).collect()
}

fn provisions(outcome: &Outcome, lang: Lang) -> Vec<Value> {
    let document = coverage::coverage(Some(coverage::Day::of(outcome)), lang);
    let tables = document.blocks.into_iter().filter_map(|block| match block {
        Block::Table(table) => Some(table),
        Block::Heading(_) | Block::Paragraph(_) => None,
    });
    let marks = [
        ("未发现", "✓"),
        ("clean", "✓"),
        ("有问题", "✗"),
        ("violated", "✗"),
        ("无数据", "?"),
        ("no data", "?"),
    ];
    tables
        .flat_map(|table| table.rows)
        .map(|row| {
            let mark = marks.iter().find(|(verdict, _)| *verdict == row[2]).map_or("–", |(_, mark)| mark);
            context! {
                number => row[0].clone(), words => row[1].clone(), verdict => row[2].clone(), open => row[3].clone(),
                lacks => row[4].clone(), rules => row[5].clone(), mark,
            }
        })
        .collect()
}

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
struct Charts {
    delay: Chart,
    amount_days: Chart,
    age: Chart,
    hours: Chart,
}

impl Charts {
    fn of(outcome: &Outcome, lang: Lang, words: &Words) -> Self {
        let mut banks: BTreeMap<&str, (u64, Money)> = BTreeMap::new();
        let late = outcome.told.iter().filter(|told| {
            ["remittance-delay", "remittance-withholding"].contains(&told.rule)
                && !told.institution.is_empty()
        });
        for told in late {
            let bank = banks.entry(&told.institution).or_default();
            bank.0 += 1;
            bank.1 += told.amount.unwrap_or_default().times(u64::from(told.days_late.unwrap_or_default()));
        }
        let name = |code: &str| match name_of(&outcome.facts, code) {
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
            hours: Chart::of(words["chart_hours"], words["chart_hours_note"], hours(outcome, lang, words)),
        }
    }
}

fn ages(outcome: &Outcome) -> Vec<(String, String, u64, bool)> {
    if outcome.open_items.is_empty() {
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
            .open_items
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
    let unknown = outcome.open_items.iter().filter(|item| item.age_days.is_none()).count();
    if unknown > 0 {
        bars.push(("?".to_owned(), unknown.to_string(), u64::try_from(unknown).unwrap_or(u64::MAX), false));
    }
    bars
}

/// The day's receipts by the hour they were received.
fn hours(outcome: &Outcome, lang: Lang, words: &Words) -> Vec<(String, String, u64, bool)> {
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
    let _ = lang;
    bars
}

#[derive(Serialize)]
struct Trend {
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
    fn of(outcome: &Outcome, lang: Lang) -> Self {
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

/// What the script knows: findings in few letters, their rows, and what codes stand for.
fn data(run: &Run<'_>, words: &Words) -> Result<String> {
    let Run { outcome, lang, .. } = *run;
    let used: BTreeSet<&str> = outcome.told.iter().map(|told| told.rule).collect();
    let rules: Vec<&crate::rules::Rule> =
        RULES.iter().copied().filter(|rule| used.contains(rule.id)).collect();
    let rule_index: BTreeMap<&str, usize> =
        rules.iter().enumerate().map(|(at, rule)| (rule.id, at)).collect();
    let evidence = evidence::Evidence::of(outcome, lang);
    let findings: Vec<evidence::Finding> = outcome
        .told
        .iter()
        .map(|told| evidence.finding(told, rule_index[told.rule], party_index(told.party), lang))
        .collect();
    let institutions: BTreeMap<&str, &str> = outcome
        .told
        .iter()
        .map(|told| told.institution.as_str())
        .filter(|code| !code.is_empty())
        .map(|code| (code, name_of(&outcome.facts, code)))
        .collect();
    let rules: Vec<serde_json::Value> = rules
        .iter()
        .map(|rule| {
            let title = rule.title;
            serde_json::json!({
                "id": rule.id,
                "title": lang.pick(title.zh, title.en),
                "law": law::cited(rule.basis),
            })
        })
        .collect();
    let data = serde_json::json!({
        "t": words,
        "day": outcome.facts.as_of.to_string(),
        "findings": findings,
        "rules": rules,
        "severities": Severity::ALL.map(|of| [of.id(), lang.pick(of.zh(), of.id())]),
        "parties": Party::ALL.map(|party| lang.pick(party.zh(), party.id())),
        "institutions": institutions,
        "rows": evidence.rows,
        "fields": evidence.fields,
        "todo": evidence::TO_DO.map(|(zh, en)| lang.pick(zh, en)),
        "off": days_off(outcome),
    });
    // A script element ends at `</script`, whatever is in it.
    Ok(serde_json::to_string(&data)?.replace('<', "\\u003c").replace('\u{2028}', "\\u2028"))
}

/// Days off between the first and the last day any finding names, within reason.
fn days_off(outcome: &Outcome) -> Vec<String> {
    let as_of = outcome.facts.as_of;
    let named = |told: &Told| [told.event_on, told.due_on, told.settled_on];
    let first = outcome.told.iter().flat_map(named).flatten().min().unwrap_or(as_of);
    let from = first.max(as_of.checked_sub_days(Days::new(400)).unwrap_or(as_of));
    let to = as_of.checked_add_days(Days::new(40)).unwrap_or(as_of);
    let days = from.iter_days().take_while(|day| *day <= to);
    days.filter(|day| outcome.facts.calendar.is_working(*day) == Some(false))
        .map(|day| day.to_string())
        .collect()
}
