//! `index.html`: a day on one page that opens without a network, for whoever has to act on it.
//!
//! The first screen and the tables are made here; the list of findings is data in the page, which its script filters,
//! sorts and opens. What data say is text everywhere: the template escapes it, and the script writes it as text nodes.

mod charts;
mod evidence;
pub(super) mod notice;
pub(super) mod paper;
pub(super) mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Error, Result};

use chrono::{Days, NaiveDate};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};

use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::ledger::format;
use crate::ledger::intake::Fate;
use crate::ledger::problem::Problem;
use crate::matching::tie_out::Figures;
use crate::pipeline::Outcome;
use crate::rules::RULES;
use crate::rules::finding::{Identity, Severity, Status, Told, at_stake};

use charts::{Charts, Trend};

use super::daily::{basis, optional};
use super::names::Names;
use super::render::printable;
use super::{Run, Sink, coverage, spoken, summary};

/// Rows of a table that the page shows; the rest stands in the files beside it, and the page says so.
const SHOWN: usize = 300;

/// `index.html`.
pub(super) fn index(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    let lang = run.lang;
    let outcome = run.outcome;
    let page = environment()?;
    let words = words::of(lang);
    let told = standing(outcome);
    let names = Names::of(&outcome.facts);
    let trend = Trend::of(outcome, lang);
    let before = outcome.handover.trend.iter().rev().nth(1);
    let whole = context! {
        t => words.clone(),
        lang => lang.pick("zh-CN", "en"),
        css => include_str!("page.css"),
        js => include_str!("page.js"),
        version => env!("CARGO_PKG_VERSION"),
        day => outcome.facts.as_of.to_string(),
        findings => told.len(),
        reasons => reasons(run, &words),
        before => before.map(|run| context! { day => run.day.to_string() }),
        trend_lines => trend_lines(outcome, &words),
        trend => Value::from(Serde(trend)),
        actors => actors(&told, &names, outcome.facts.as_of, lang),
        charts => Value::from(Serde(Charts::of(outcome, &names, &words))),
        data => data(run, &told, &names, &words)?,
    };
    let tables = context! {
        sums => sums(outcome, &words),
        net => net(outcome),
        open => open(outcome, lang),
        notices => notices(outcome, &names, lang),
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

/// The templates. What data say is escaped, and what cannot be printed is shown as such.
fn environment() -> Result<Environment<'static>> {
    let mut page = Environment::new();
    page.set_auto_escape_callback(|_| AutoEscape::Html);
    page.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            minijinja::escape_formatter(out, state, &Value::from(printable(text)))
        }
        // What is not stated leaves its place empty.
        _ if value.is_none() => Ok(()),
        _ => minijinja::escape_formatter(out, state, value),
    });
    page.add_template("page.html", include_str!("page.html")).map_err(Error::other)?;
    page.add_template("notice.html", include_str!("notice.html")).map_err(Error::other)?;
    page.add_template("paper.html", include_str!("paper.html")).map_err(Error::other)?;
    Ok(page)
}

type Words = BTreeMap<&'static str, &'static str>;

/// Why the day is not closed; nothing if it is.
fn reasons(run: &Run<'_>, words: &Words) -> Vec<String> {
    let outcome = run.outcome;
    let mut reasons = Vec::new();
    let gaps: BTreeSet<Ledger> = outcome.facts.gaps.iter().map(|(ledger, _)| *ledger).collect();
    if !gaps.is_empty() {
        let title = |ledger| &format::of(ledger).title;
        let gaps =
            gaps.into_iter().map(|of| format!("{} {}", run.lang.pick(&title(of).zh, &title(of).en), of.id()));
        reasons.push(format!("{}: {}", words["missing_ledgers"], gaps.collect::<Vec<_>>().join(", ")));
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
pub(super) fn grouped(money: Money) -> String {
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

fn severity(of: Severity, lang: Lang) -> Value {
    context! { id => of.id(), name => lang.pick(of.zh(), of.id()) }
}

/// What the page lists, in the order of rules and keys: what is told today, and what was told before and still stands.
fn standing(outcome: &Outcome) -> Vec<&Told> {
    let told: BTreeSet<Identity> = outcome.told.iter().map(Told::identity).collect();
    let kept = outcome
        .handover
        .told
        .iter()
        .filter(|kept| kept.status == Status::Open && !told.contains(&kept.identity()));
    let mut all: Vec<&Told> = outcome.told.iter().chain(kept).collect();
    all.sort_by_cached_key(|told| told.identity());
    all
}

/// Who answers for what is open, the gravest first.
fn actors(told: &[&Told], names: &Names<'_>, as_of: NaiveDate, lang: Lang) -> Vec<Value> {
    #[derive(Default)]
    struct Actor<'t> {
        told: Vec<&'t Told>,
        worst: Option<Severity>,
        due: Option<NaiveDate>,
    }
    let mut actors: BTreeMap<(Party, &str), Actor<'_>> = BTreeMap::new();
    for told in told.iter().filter(|told| told.status == Status::Open && told.severity > Severity::Info) {
        let actor = actors.entry((told.party, &told.institution)).or_default();
        actor.told.push(told);
        actor.worst = actor.worst.max(Some(told.severity));
        actor.due = [actor.due, told.due_on].into_iter().flatten().min();
    }
    let mut actors: Vec<_> = actors.into_iter().collect();
    actors.sort_by_key(|(_, actor)| (std::cmp::Reverse(actor.worst), std::cmp::Reverse(actor.told.len())));
    let shown = |((party, code), actor): ((Party, &str), Actor<'_>)| {
        context! {
            party => lang.pick(party.zh(), party.id()),
            party_id => party_index(party),
            institution => code,
            name => names.addressee(party, code, lang),
            count => actor.told.len(),
            worst => actor.worst.map(|of| severity(of, lang)),
            amount => at_stake(actor.told.into_iter()).map(grouped),
            due => optional(actor.due),
            is_past => actor.due.is_some_and(|due| due <= as_of),
        }
    };
    actors.into_iter().map(shown).collect()
}

fn party_index(party: Party) -> usize {
    Party::ALL.iter().position(|known| *known == party).expect("every party is in the list")
}

fn sums(outcome: &Outcome, words: &Words) -> Value {
    let (mut sum, mut tie, mut differ, mut earlier) = (Figures::default(), 0, 0, 0);
    for (name, figures) in &outcome.cells {
        if name.date < outcome.facts.as_of {
            earlier += u32::from(!figures.ties());
            continue;
        }
        sum.add(*figures);
        if figures.ties() { tie += 1 } else { differ += 1 }
    }
    let net = [sum.issuer, sum.bank, sum.treasury];
    let parties = ["issuers", "banks", "treasury"].into_iter().zip(net).zip(sum.gross()).zip(sum.refunded);
    let parties = parties.map(|(((party, net), gross), refunded)| {
        context! {
            name => words[party], gross => grouped(gross), refunded => grouped(refunded), net => grouped(net),
        }
    });
    context! { parties => parties.collect::<Vec<_>>(), tie, differ, earlier }
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

fn open(outcome: &Outcome, lang: Lang) -> Value {
    let items = outcome.open_items();
    let sum =
        |items: &[crate::pipeline::OpenItem]| -> Money { items.iter().filter_map(|item| item.amount).sum() };
    let shown = &items[..items.len().min(SHOWN)];
    let rows: Vec<Value> = shown
        .iter()
        .map(|item| {
            context! {
                key => item.key.clone(),
                awaits => spoken::awaits(&item.awaits, lang),
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

/// The register of notices, those of the day first.
fn notices(outcome: &Outcome, names: &Names<'_>, lang: Lang) -> Value {
    let mut all: Vec<_> = outcome.notices.iter().collect();
    all.sort_by_key(|notice| std::cmp::Reverse((notice.day, std::cmp::Reverse(notice.serial))));
    let shown = &all[..all.len().min(SHOWN)];
    let rows: Vec<Value> = shown
        .iter()
        .map(|notice| {
            context! {
                number => notice.number(),
                day => notice.day.to_string(),
                to => names.addressee(notice.party, &notice.institution, lang),
                code => notice.institution.as_str(),
                count => notice.items,
                amount => notice.amount.map(grouped),
                open => notice.open(),
                settled => optional(notice.settled_on()),
            }
        })
        .collect();
    context! { rows, all => all.len(), left_out => all.len() - shown.len() }
}

/// Cells that differ first, the oldest of them first.
fn cells(outcome: &Outcome) -> Value {
    let mut cells: Vec<_> = outcome.cells.iter().collect();
    cells.sort_by_key(|(_, figures)| figures.ties());
    let shown = &cells[..cells.len().min(SHOWN)];
    let mut sum = Figures::default();
    for (_, figures) in shown {
        sum.add(*figures);
    }
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
                figures => net_and_gross(*figures),
                differs,
                difference => grouped(if differs { figures.difference() } else { Money::ZERO }),
            }
        })
        .collect();
    context! {
        rows,
        all => cells.len(),
        left_out => cells.len() - shown.len(),
        sum => net_and_gross(sum),
    }
}

/// Each party's figure, and where refunds were deducted what it was before.
fn net_and_gross(figures: Figures) -> Vec<Value> {
    let net = [figures.issuer, figures.bank, figures.treasury];
    let both = net.into_iter().zip(figures.gross()).zip(figures.refunded);
    both.map(|((net, gross), refunded)| {
        context! { net => grouped(net), gross => (refunded != Money::ZERO).then(|| grouped(gross)) }
    })
    .collect()
}

fn problems(problems: &[Problem], lang: Lang) -> Value {
    let shown = &problems[..problems.len().min(SHOWN)];
    let rows: Vec<Value> = shown
        .iter()
        .map(|problem| {
            context! {
                file => &*problem.file,
                row => optional(problem.row),
                column => problem.column_words(lang),
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
    let table = coverage::table(Some(coverage::Day::of(outcome)), lang);
    let marks = [
        ("未发现", "✓"),
        ("clean", "✓"),
        ("有问题", "✗"),
        ("violated", "✗"),
        ("无数据", "?"),
        ("no data", "?"),
    ];
    table
        .rows
        .into_iter()
        .map(|row| {
            let mark = marks.iter().find(|(verdict, _)| *verdict == row[2]).map_or("–", |(_, mark)| mark);
            context! {
                number => row[0].clone(), words => row[1].clone(), verdict => row[2].clone(), open => row[3].clone(),
                lacks => row[4].clone(), rules => row[5].clone(), mark,
            }
        })
        .collect()
}

/// What the script knows: findings in few letters, their rows, and what codes stand for.
fn data(run: &Run<'_>, told: &[&Told], names: &Names<'_>, words: &Words) -> Result<String> {
    let Run { outcome, lang, .. } = *run;
    let used: BTreeSet<&str> = told.iter().map(|told| told.rule).collect();
    let rules: Vec<&crate::rules::Rule> =
        RULES.iter().copied().filter(|rule| used.contains(rule.id)).collect();
    let rule_index: BTreeMap<&str, usize> =
        rules.iter().enumerate().map(|(at, rule)| (rule.id, at)).collect();
    let mut evidence = evidence::Evidence::of(told, outcome, lang);
    let findings: Vec<evidence::Finding> = told
        .iter()
        .map(|told| evidence.finding(told, rule_index[told.rule], party_index(told.party), lang))
        .collect();
    let institutions: BTreeMap<&str, &str> = told
        .iter()
        .map(|told| told.institution.as_str())
        .filter(|code| !code.is_empty())
        .map(|code| (code, names.get(code)))
        .collect();
    // By rule and by who answers.
    let mut laws: Vec<BTreeMap<usize, String>> = vec![BTreeMap::new(); rules.len()];
    for told in told {
        let of_rule = &mut laws[rule_index[told.rule]];
        of_rule.entry(party_index(told.party)).or_insert_with(|| basis(told, lang));
    }
    let rules: Vec<serde_json::Value> = rules
        .iter()
        .zip(laws)
        .map(|(rule, law)| {
            let title = rule.title;
            serde_json::json!({ "id": rule.id, "title": lang.pick(title.zh, title.en), "law": law })
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
        "files": evidence.files,
        "todo": evidence::TO_DO.map(|(zh, en)| lang.pick(zh, en)),
        "notices": notice_days(told, outcome),
        "off": days_off(told, outcome),
    });
    // A script element ends at `</script`, whatever is in it.
    Ok(serde_json::to_string(&data)?.replace('<', "\\u003c").replace('\u{2028}', "\\u2028"))
}

/// The day of every notice a finding on the page stands on.
fn notice_days(told: &[&Told], outcome: &Outcome) -> BTreeMap<String, String> {
    let used: BTreeSet<&str> = told.iter().filter_map(|told| told.notice.as_deref()).collect();
    let days = outcome.notices.iter().map(|notice| (notice.number(), notice.day.to_string()));
    days.filter(|(number, _)| used.contains(number.as_str())).collect()
}

/// Days off between the first and the last day any finding names, within reason.
fn days_off(told: &[&Told], outcome: &Outcome) -> Vec<String> {
    let as_of = outcome.facts.as_of;
    let named = |told: &&Told| [told.event_on, told.due_on, told.settled_on];
    let first = told.iter().flat_map(named).flatten().min().unwrap_or(as_of);
    let from = first.max(as_of.checked_sub_days(Days::new(400)).unwrap_or(as_of));
    let to = as_of.checked_add_days(Days::new(40)).unwrap_or(as_of);
    let days = from.iter_days().take_while(|day| *day <= to);
    days.filter(|day| outcome.facts.calendar.is_working(*day) == Some(false))
        .map(|day| day.to_string())
        .collect()
}
