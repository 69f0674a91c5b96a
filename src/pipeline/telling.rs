//! Which findings are told today: new ones once, open items every day, everything once more when it ends.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use crate::domain::entry::{Book, EntryId};
use crate::domain::facts::Facts;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::ledger::intake::{Fate, Intake};
use crate::matching::group::{self, Role};
use crate::rules::finding::{Finding, Identity, Severity, Status, Told, working_days};
use crate::rules::{Judge, Need, RULES, Rule, Stays};

use super::handover::NoData;
use super::notices::{self, Withdrawn};

/// What is told today, and what is remembered.
#[derive(Debug)]
pub(super) struct Telling {
    pub(super) told: Vec<Told>,
    pub(super) kept: Vec<Told>,
    /// Findings that left the notice they stood on while open: they say something else now, or to another.
    pub(super) withdrawn: Vec<Withdrawn>,
}
/// Compares today's findings, in order, with what was told before.
pub(super) fn tell(
    book: &Book,
    intake: &Intake,
    case_of: &[Option<u32>],
    facts: &Facts,
    findings: &[Finding],
    before: Vec<Told>,
) -> Telling {
    let mut before: BTreeMap<Identity, Told> =
        before.into_iter().map(|told| (told.identity(), told)).collect();
    let mut telling = Telling { told: Vec::new(), kept: Vec::new(), withdrawn: Vec::new() };
    for finding in findings {
        let mut now = told(book, facts, finding);
        match before.remove(&finding.identity()) {
            None if finding.is_sequel || is_premature(finding, facts) => {}
            None => {
                telling.kept.push(now.clone());
                telling.told.push(now);
            }
            Some(known) => {
                now.first_seen = known.first_seen;
                // A sum outlives its rows: what they showed, and who answers for it, stands when they are gone.
                let is_sum = matches!(finding.rule.stays, Stays::Sum | Stays::Cell);
                if is_sum && is_less_shown(&now, &known) {
                    now.party = known.party;
                    now.institution.clone_from(&known.institution);
                    now.evidence.clear();
                }
                if now.evidence.is_empty() {
                    now.evidence.clone_from(&known.evidence);
                }
                // What ended states no sum of its own: it was told over the sum it was told with.
                if now.status == Status::Resolved {
                    now.amount = now.amount.or(known.amount);
                }
                // Who answers, and for how much, are facts: when they change they are told.
                let says = |of: &Told| (of.party, of.institution.clone(), of.difference);
                // What was found of an account stands, though only what came since is at hand.
                if matches!(finding.rule.stays, Stays::Account(_)) && known.status == Status::Open {
                    now.severity = now.severity.max(known.severity);
                }
                let again = match finding.rule.stays {
                    Stays::OpenItem | Stays::Event => true,
                    Stays::Case | Stays::Sum | Stays::Cell => says(&known) != says(&now),
                    // What was a suspicion, or ordered and not paid, may become more.
                    Stays::Register(_) => now.severity > known.severity,
                    Stays::Account(_) => {
                        let is_more = || goes_on(&finding.evidence, book, intake, case_of, facts);
                        now.severity > known.severity || (now.severity > Severity::Lead && is_more())
                    }
                    Stays::Once => false,
                };
                // A notice stands for what it says, to whom it says it; what was settled and is open again is new.
                let is_new = match (known.status, now.status) {
                    (Status::Open, Status::Open) => again && notices::says(&known) != notices::says(&now),
                    (before, now) => before == Status::Resolved && now == Status::Open,
                };
                if is_new {
                    let from = known.notice.clone().filter(|_| known.status == Status::Open);
                    telling.withdrawn.extend(from.map(|from| Withdrawn::of(&known, from)));
                } else {
                    now.notice.clone_from(&known.notice);
                }
                let (kept, told) = match (known.status, now.status) {
                    // What was told once of a day stands: on later days only some of its rows are at hand.
                    (Status::Open, Status::Open) if matches!(finding.rule.stays, Stays::Once) => {
                        (known, None)
                    }
                    (Status::Open, Status::Open) => (now.clone(), again.then_some(now)),
                    (Status::Resolved, Status::Resolved) => (known, None),
                    (Status::Open, Status::Resolved) | (Status::Resolved, Status::Open) => {
                        (now.clone(), Some(now))
                    }
                };
                telling.kept.push(kept);
                telling.told.extend(told);
            }
        }
    }
    let gone = gone(book, intake, before.values());
    for known in before.into_values() {
        if is_forgotten(&known, facts) {
            continue;
        }
        if known.status == Status::Resolved || holds(&known, facts, &gone) {
            telling.kept.push(known);
        } else {
            let ended = resolved(known, facts);
            telling.kept.push(ended.clone());
            telling.told.push(ended);
        }
    }
    telling.told.sort_by_cached_key(Told::identity);
    telling.kept.sort_by_cached_key(Told::identity);
    telling
}

/// Whether money moved since the last run: a payment, or a row of none, of which nothing came before today. Another
/// version of a row is no other movement, nor another party's row of the payment.
fn goes_on(
    evidence: &[EntryId],
    book: &Book,
    intake: &Intake,
    case_of: &[Option<u32>],
    facts: &Facts,
) -> bool {
    let first_version = |mut id: EntryId| {
        while let Ok(place) = intake.changes.binary_search_by_key(&id, |change| change.new) {
            id = intake.changes[place].old;
        }
        id
    };
    let mut came_on: BTreeMap<(Option<u32>, Option<EntryId>), NaiveDate> = BTreeMap::new();
    for &id in evidence {
        let case = case_of[id.0 as usize];
        let arrived = book.entry(first_version(id)).arrived();
        let first = came_on.entry((case, case.is_none().then_some(id))).or_insert(arrived);
        *first = arrived.min(*first);
    }
    came_on.values().any(|first| *first == facts.as_of)
}

/// Whether the same difference is shown by fewer of the rows that showed it.
fn is_less_shown(now: &Told, known: &Told) -> bool {
    now.difference == known.difference
        && now.evidence.len() < known.evidence.len()
        && now.evidence.iter().all(|row| known.evidence.contains(row))
}

/// Whether a finding rests on what a silent ledger does not say. What is settled rests on what was said.
pub(super) fn is_premature(finding: &Finding, facts: &Facts) -> bool {
    finding.settled_on.is_none()
        && lacks(finding.rule, Some(finding.flow), finding.party, facts).next().is_some()
}

/// Whether what no rule finds today holds all the same.
fn holds(known: &Told, facts: &Facts, gone: &BTreeSet<String>) -> bool {
    // Of a rule that is off, or lacks a table today, nothing is concluded: not that its findings are settled either.
    let rule = known.rule();
    if facts.off.contains_key(rule.id) || rule.is_blind(facts) {
        return true;
    }
    match rule.stays {
        Stays::Once | Stays::Event => true,
        Stays::Register(holds) | Stays::Account(holds) => {
            let rests_on_nothing =
                !known.evidence.is_empty() && known.evidence.iter().all(|row| gone.contains(row));
            !rests_on_nothing && holds(known, facts)
        }
        // What lies too far back is judged no more: it stands as it was found.
        Stays::Sum => known.event_on.is_some_and(|day| day < facts.horizon()),
        Stays::OpenItem | Stays::Case | Stays::Cell => false,
    }
}

/// Rows at hand that no longer stand, where a finding about a register may rest on them.
fn gone<'t>(book: &Book, intake: &Intake, mut told: impl Iterator<Item = &'t Told>) -> BTreeSet<String> {
    let is_needed = |told: &Told| {
        told.status == Status::Open && matches!(told.rule().stays, Stays::Register(_) | Stays::Account(_))
    };
    if !told.any(is_needed) {
        return BTreeSet::new();
    }
    let entries = book.entries().zip(&intake.fates);
    let gone = entries.filter(|(_, fate)| matches!(fate, Fate::Cancelled | Fate::Superseded));
    gone.map(|(entry, _)| entry.place()).collect()
}

/// Whether it is so old that it is written off.
fn is_forgotten(known: &Told, facts: &Facts) -> bool {
    let kept = Days::new(u64::from(facts.settings.open_items_write_off_days));
    known.first_seen.checked_add_days(kept).is_some_and(|end| end < facts.as_of)
}

pub(super) fn told(book: &Book, facts: &Facts, finding: &Finding) -> Told {
    Told {
        rule: finding.rule.id,
        key: finding.key.clone(),
        severity: finding.severity,
        party: finding.party,
        institution: finding.institution.clone(),
        flow: finding.flow,
        treasury: finding.treasury.clone(),
        account: finding.account.clone(),
        amount: finding.amount,
        difference: finding.difference,
        event_on: finding.event_on,
        due_on: finding.due_on,
        settled_on: finding.settled_on,
        days_late: finding.days_late,
        status: if finding.settled_on.is_some() { Status::Resolved } else { Status::Open },
        first_seen: facts.as_of,
        explanation: finding.explanation.clone(),
        evidence: if finding.evidence.is_empty() {
            finding.table_rows.clone()
        } else {
            finding.evidence.iter().map(|&id| book.entry(id).place()).collect()
        },
        notice: None,
    }
}

fn resolved(mut known: Told, facts: &Facts) -> Told {
    let on = facts.as_of;
    known.status = Status::Resolved;
    known.settled_on = Some(on);
    known.explanation.add(&format!("；已由 {on} 的数据了结"), &format!("; settled by what came on {on}"));
    // What was missing, held or different was so until today, as far as the data told.
    if known.days_late.is_some()
        && matches!(known.rule().stays, Stays::OpenItem | Stays::Sum | Stays::Cell)
        && let Some(days) = known.due_on.and_then(|due| facts.calendar.working_lag(due, on))
    {
        known.days_late = Some(days);
        known.explanation.add(
            &format!("，数据到时距期限 {days} 个工作日"),
            &format!(", {} after it was due", working_days(days)),
        );
    }
    known
}

/// The ledgers a rule needs, for a finding about that party in that flow, and of which nothing came today.
fn lacks<'r>(
    rule: &'r Rule,
    flow: Option<Flow>,
    party: Party,
    facts: &'r Facts,
) -> impl Iterator<Item = Ledger> + 'r {
    rule.needs.iter().filter_map(move |need| {
        let ledger = need.ledger();
        // What one flow lacks says nothing of another.
        if flow.is_some_and(|flow| flow != ledger.flow()) {
            return None;
        }
        let is_silent = facts.gaps.contains(&(ledger, facts.as_of));
        let is_lacking = match need {
            Need::Always(_) => true,
            // What it found stands.
            Need::Judges(_) => flow.is_none(),
            Need::Reads(_) => flow.is_none() && is_silent,
            Need::Issuer(_) if party != Party::Undetermined => party == ledger.party(),
            Need::IfExpected(_) | Need::Issuer(_) => is_silent,
        };
        (is_lacking && !facts.delivered.contains(&ledger)).then_some(ledger)
    })
}

/// The source documents of the flows a rule looks at, if nothing came of any of them: then it saw nothing.
fn silent_flows(rule: &Rule, facts: &Facts) -> Vec<Ledger> {
    let (Judge::Payment(flows, _) | Judge::Codes(flows, ..) | Judge::Day(flows, _) | Judge::Both(flows, ..)) =
        rule.judge;
    if facts.delivered.iter().any(|ledger| flows.contains(&ledger.flow())) {
        return Vec::new();
    }
    let is_document = |ledger: &Ledger| {
        flows.contains(&ledger.flow())
            && (group::role(*ledger) == Some(Role::Issuer) || ledger.flow() == Flow::Correction)
    };
    Ledger::ALL.iter().copied().filter(is_document).collect()
}

/// What a rule lacks that the book switches off.
pub const OFF: &str = "off";

/// The rules of which nothing new can be concluded today.
pub(super) fn no_data(facts: &Facts) -> Vec<NoData> {
    let mut no_data = Vec::new();
    for rule in RULES {
        let lacking = lacks(rule, None, Party::Undetermined, facts);
        let lacking: BTreeSet<Ledger> = lacking.chain(silent_flows(rule, facts)).collect();
        let mut lacking: Vec<&'static str> = lacking.into_iter().map(Ledger::id).collect();
        lacking.extend(rule.lacks_tables(facts));
        if facts.off.contains_key(rule.id) {
            lacking = vec![OFF];
        }
        if !lacking.is_empty() {
            no_data.push(NoData { rule: rule.id, lacks: lacking });
        }
    }
    no_data
}
