//! What a run hands on besides rows, as JSON: the wire types, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::ledger::format;
use crate::matching::balance::{Course, Days, Statement};
use crate::matching::remittance;
use crate::matching::tie_out::{self, Figures};
use crate::pipeline::handover::{Handover, NoData, RunCount};
use crate::pipeline::notices::{Notice, Serial};
use crate::pipeline::telling::OFF;
use crate::rules;
use crate::rules::finding::{Sentence, Severity, Status, Told};
use crate::rules::running::{self, Share};

/// What the file's shape is called; one of another shape is not read.
const VERSION: u32 = 5;

#[derive(Serialize, Deserialize)]
struct State {
    version: u32,
    told: Vec<ToldState>,
    cells: Vec<CellState>,
    remitted: Vec<RemittedState>,
    balances: BTreeMap<String, BTreeMap<NaiveDate, StatementState>>,
    #[serde(default)]
    no_data: BTreeMap<String, Vec<String>>,
    /// By counter: key, day, rows and yuan, which are many.
    #[serde(default)]
    running: BTreeMap<String, Vec<(String, NaiveDate, i64, String)>>,
    #[serde(default)]
    since: Option<NaiveDate>,
    deliveries: Vec<(NaiveDate, String)>,
    /// By ledger, number, day and place.
    #[serde(default)]
    unread: Vec<(String, String, NaiveDate, String)>,
    gaps: Vec<(String, NaiveDate)>,
    delays: BTreeMap<String, BTreeSet<NaiveDate>>,
    #[serde(default)]
    trend: Vec<RunState>,
    #[serde(default)]
    notices: Vec<NoticeState>,
    #[serde(default)]
    last_notice: Option<(i32, u32)>,
}

#[derive(Serialize, Deserialize)]
struct NoticeState {
    year: i32,
    place: u32,
    day: NaiveDate,
    party: String,
    institution: String,
    amount: Option<String>,
    items: u32,
    settled: u32,
    withdrawn: u32,
    written_off: u32,
}

#[derive(Serialize, Deserialize)]
struct RunState {
    day: NaiveDate,
    new: u32,
    still_open: u32,
    resolved: u32,
    differing: u32,
    open: BTreeMap<String, u32>,
}

#[derive(Serialize, Deserialize)]
struct CellState {
    date: NaiveDate,
    treasury: String,
    org: String,
    level: String,
    subject: String,
    adjust_flag: String,
    issuer: String,
    bank: String,
    treasury_amount: String,
    /// What refunds took off issuer, bank and treasury.
    refunded: [String; 3],
}

#[derive(Serialize, Deserialize)]
struct RemittedState {
    bank: String,
    treasury: String,
    date: NaiveDate,
    remitted: String,
    received: String,
}

#[derive(Serialize, Deserialize)]
struct StatementState {
    rows: u32,
    course: CourseState,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CourseState {
    Trail { opening: String, closing: String },
    Circuit { through: Vec<String>, last: Option<String> },
    Broken { pieces: u32, begins: Vec<String>, ends: Vec<String> },
    Unstated { sum: Option<String> },
}

#[derive(Serialize, Deserialize)]
struct ToldState {
    rule: String,
    key: String,
    severity: String,
    party: String,
    institution: String,
    flow: String,
    treasury: String,
    account: String,
    amount: Option<String>,
    difference: Option<String>,
    event_on: Option<NaiveDate>,
    due_on: Option<NaiveDate>,
    settled_on: Option<NaiveDate>,
    days_late: Option<u32>,
    resolved: bool,
    first_seen: NaiveDate,
    zh: String,
    en: String,
    evidence: Vec<String>,
    #[serde(default)]
    notice: Option<String>,
}

/// The state of a run as it is kept.
pub(super) fn write(handover: &Handover) -> anyhow::Result<Vec<u8>> {
    let state = State {
        version: VERSION,
        told: handover.told.iter().map(told_state).collect(),
        cells: handover
            .cells
            .iter()
            .map(|(name, figures)| CellState {
                date: name.date,
                treasury: name.treasury.clone(),
                org: name.org.clone(),
                level: name.level.clone(),
                subject: name.subject.clone(),
                adjust_flag: name.adjust_flag.clone(),
                issuer: figures.issuer.to_string(),
                bank: figures.bank.to_string(),
                treasury_amount: figures.treasury.to_string(),
                refunded: figures.refunded.map(|sum| sum.to_string()),
            })
            .collect(),
        remitted: handover
            .remitted
            .iter()
            .map(|(name, cell)| RemittedState {
                bank: name.bank.clone(),
                treasury: name.treasury.clone(),
                date: name.date,
                remitted: cell.remitted.to_string(),
                received: cell.received.to_string(),
            })
            .collect(),
        balances: handover
            .balances
            .iter()
            .map(|(account, days)| {
                (account.clone(), days.iter().map(|(&day, of)| (day, statement_state(of))).collect())
            })
            .collect(),
        no_data: handover
            .no_data
            .iter()
            .map(|of| (of.rule.to_owned(), of.lacks.iter().map(|&id| id.to_owned()).collect()))
            .collect(),
        running: running_state(&handover.running),
        since: handover.since,
        deliveries: handover.deliveries.iter().map(|(day, ledger)| (*day, ledger.id().to_owned())).collect(),
        unread: handover
            .unread
            .iter()
            .map(|((ledger, number), (day, row))| (ledger.id().to_owned(), number.clone(), *day, row.clone()))
            .collect(),
        gaps: handover.gaps.iter().map(|(ledger, day)| (ledger.id().to_owned(), *day)).collect(),
        delays: handover.delays.clone(),
        trend: handover
            .trend
            .iter()
            .map(|run| RunState {
                day: run.day,
                new: run.new,
                still_open: run.still_open,
                resolved: run.resolved,
                differing: run.differing,
                open: run.open.iter().map(|(party, &count)| (party.id().to_owned(), count)).collect(),
            })
            .collect(),
        notices: handover.notices.iter().map(notice_state).collect(),
        last_notice: handover.last_notice.map(|serial| (serial.year, serial.place)),
    };
    Ok(serde_json::to_vec(&state)?)
}

fn running_state(totals: &running::Totals) -> BTreeMap<String, Vec<(String, NaiveDate, i64, String)>> {
    let of_key = |(key, days): &(Box<str>, running::ByDay)| {
        let of_day =
            |(day, share): &(NaiveDate, Share)| (key.to_string(), *day, share.rows, share.amount.to_string());
        days.iter().map(of_day).collect::<Vec<_>>()
    };
    let of_counter = |(counter, keys): (&str, &[(Box<str>, running::ByDay)])| {
        (counter.to_owned(), keys.iter().flat_map(of_key).collect())
    };
    totals.counters().map(of_counter).collect()
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// The state as it was handed on; day and rows are not in it.
pub(super) fn read(bytes: &[u8]) -> anyhow::Result<Handover> {
    // Its version is asked first: what another version has may be no state of this one.
    let Versioned { version } = serde_json::from_slice(bytes).context("state.json")?;
    anyhow::ensure!(
        version == VERSION,
        "state.json has version {version}, this program reads {VERSION}: replay from the first day of the archive on"
    );
    let state: State = serde_json::from_slice(bytes).context("state.json")?;
    let ledger = |id: &str| Ledger::from_id(id).with_context(|| format!("no ledger {id}"));
    let mut handover = Handover { delays: state.delays, since: state.since, ..Handover::default() };
    for (rule, lacks) in state.no_data {
        let rule = rules::by_id(&rule).with_context(|| format!("no rule {rule}"))?;
        let known = |id: String| {
            if id == OFF { Some(OFF) } else { format::by_id(&id).map(|format| format.id.as_str()) }
        };
        handover.no_data.push(NoData { rule: rule.id, lacks: lacks.into_iter().filter_map(known).collect() });
    }
    for run in state.trend {
        let party = |(id, count): (String, u32)| -> anyhow::Result<(Party, u32)> {
            Ok((Party::from_id(&id).with_context(|| format!("no party {id}"))?, count))
        };
        handover.trend.push(RunCount {
            day: run.day,
            new: run.new,
            still_open: run.still_open,
            resolved: run.resolved,
            differing: run.differing,
            open: run.open.into_iter().map(party).collect::<anyhow::Result<_>>()?,
        });
    }
    for (counter, totals) in state.running {
        let counter = running::by_id(&counter).with_context(|| format!("no counter {counter}"))?;
        let row = |(key, day, rows, amount): (String, NaiveDate, i64, String)| {
            anyhow::Ok((key.into_boxed_str(), day, Share { rows, amount: money(&amount)? }))
        };
        let rows: Vec<_> = totals.into_iter().map(row).collect::<anyhow::Result<_>>()?;
        handover.running.put(counter, rows);
    }
    for of in state.told {
        handover.told.extend(told(of)?);
    }
    for of in state.notices {
        handover.notices.push(notice(of)?);
    }
    handover.last_notice = state.last_notice.map(|(year, place)| Serial { year, place });
    for of in state.cells {
        let name = tie_out::CellName {
            date: of.date,
            treasury: of.treasury,
            org: of.org,
            level: of.level,
            subject: of.subject,
            adjust_flag: of.adjust_flag,
        };
        let mut figures = Figures {
            issuer: money(&of.issuer)?,
            bank: money(&of.bank)?,
            treasury: money(&of.treasury_amount)?,
            ..Figures::default()
        };
        for (sum, text) in figures.refunded.iter_mut().zip(&of.refunded) {
            *sum = money(text)?;
        }
        handover.cells.insert(name, figures);
    }
    for of in state.remitted {
        let name = remittance::CellName { bank: of.bank, treasury: of.treasury, date: of.date };
        let cell = remittance::Cell { remitted: money(&of.remitted)?, received: money(&of.received)? };
        handover.remitted.insert(name, cell);
    }
    for (account, of) in state.balances {
        let days: anyhow::Result<Days> = of.into_iter().map(|(day, of)| Ok((day, statement(of)?))).collect();
        handover.balances.insert(account, days?);
    }
    for (day, id) in state.deliveries {
        handover.deliveries.insert((day, ledger(&id)?));
    }
    for (id, number, day, row) in state.unread {
        handover.unread.insert((ledger(&id)?, number), (day, row));
    }
    for (id, day) in state.gaps {
        handover.gaps.insert((ledger(&id)?, day));
    }
    Ok(handover)
}

fn money(text: &str) -> anyhow::Result<Money> {
    text.parse().with_context(|| format!("no amount: {text}"))
}

fn statement_state(of: &Statement) -> StatementState {
    let texts = |sums: &[Money]| sums.iter().map(ToString::to_string).collect();
    let course = match &of.course {
        Course::Trail { opening, closing } => {
            CourseState::Trail { opening: opening.to_string(), closing: closing.to_string() }
        }
        Course::Circuit { through, last } => {
            CourseState::Circuit { through: texts(through), last: last.map(|sum| sum.to_string()) }
        }
        Course::Broken { pieces, begins, ends } => {
            CourseState::Broken { pieces: *pieces, begins: texts(begins), ends: texts(ends) }
        }
        Course::Unstated { sum } => CourseState::Unstated { sum: sum.map(|sum| sum.to_string()) },
    };
    StatementState { rows: of.rows, course }
}

fn statement(of: StatementState) -> anyhow::Result<Statement> {
    let all =
        |texts: Vec<String>| -> anyhow::Result<Vec<Money>> { texts.iter().map(|text| money(text)).collect() };
    let one = |text: Option<String>| text.as_deref().map(money).transpose();
    let course = match of.course {
        CourseState::Trail { opening, closing } => {
            Course::Trail { opening: money(&opening)?, closing: money(&closing)? }
        }
        CourseState::Circuit { through, last } => {
            Course::Circuit { through: all(through)?, last: one(last)? }
        }
        CourseState::Broken { pieces, begins, ends } => {
            Course::Broken { pieces, begins: all(begins)?, ends: all(ends)? }
        }
        CourseState::Unstated { sum } => Course::Unstated { sum: one(sum)? },
    };
    Ok(Statement { rows: of.rows, course })
}

fn notice_state(of: &Notice) -> NoticeState {
    NoticeState {
        year: of.serial.year,
        place: of.serial.place,
        day: of.day,
        party: of.party.id().to_owned(),
        institution: of.institution.clone(),
        amount: of.amount.map(|money| money.to_string()),
        items: of.items,
        settled: of.settled,
        withdrawn: of.withdrawn,
        written_off: of.written_off,
    }
}

fn notice(of: NoticeState) -> anyhow::Result<Notice> {
    Ok(Notice {
        serial: Serial { year: of.year, place: of.place },
        day: of.day,
        party: Party::from_id(&of.party).with_context(|| format!("no party {}", of.party))?,
        institution: of.institution,
        amount: of.amount.as_deref().map(money).transpose()?,
        items: of.items,
        settled: of.settled,
        withdrawn: of.withdrawn,
        written_off: of.written_off,
        closed_on: None,
    })
}

fn told_state(told: &Told) -> ToldState {
    ToldState {
        rule: told.rule.to_owned(),
        key: told.key.clone(),
        severity: told.severity.id().to_owned(),
        party: told.party.id().to_owned(),
        institution: told.institution.clone(),
        flow: told.flow.id().to_owned(),
        treasury: told.treasury.clone(),
        account: told.account.clone(),
        amount: told.amount.map(|money| money.to_string()),
        difference: told.difference.map(|money| money.to_string()),
        event_on: told.event_on,
        due_on: told.due_on,
        settled_on: told.settled_on,
        days_late: told.days_late,
        resolved: told.status == Status::Resolved,
        first_seen: told.first_seen,
        zh: told.explanation.zh.clone(),
        en: told.explanation.en.clone(),
        evidence: told.evidence.clone(),
        notice: told.notice.clone(),
    }
}

/// `None` for a rule this program no longer has.
fn told(of: ToldState) -> anyhow::Result<Option<Told>> {
    let Some(rule) = rules::by_id(&of.rule) else { return Ok(None) };
    Ok(Some(Told {
        rule: rule.id,
        key: of.key,
        severity: Severity::from_id(&of.severity).context("a severity")?,
        party: Party::from_id(&of.party).context("a party")?,
        institution: of.institution,
        flow: Flow::from_id(&of.flow).context("a flow")?,
        treasury: of.treasury,
        account: of.account,
        amount: of.amount.as_deref().map(money).transpose()?,
        difference: of.difference.as_deref().map(money).transpose()?,
        event_on: of.event_on,
        due_on: of.due_on,
        settled_on: of.settled_on,
        days_late: of.days_late,
        status: if of.resolved { Status::Resolved } else { Status::Open },
        first_seen: of.first_seen,
        explanation: Sentence { zh: of.zh, en: of.en },
        evidence: of.evidence,
        notice: of.notice,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_handed_on_as_they_are() {
        let fens = |fens: &[i64]| fens.iter().copied().map(Money::from_fen).collect::<Vec<_>>();
        let courses = [
            Course::Trail { opening: Money::from_fen(-1), closing: Money::from_fen(100_050) },
            Course::Circuit { through: fens(&[0, 7]), last: Some(Money::ZERO) },
            Course::Circuit { through: fens(&[5]), last: None },
            Course::Broken { pieces: 4, begins: fens(&[1, 2, 3]), ends: fens(&[4, 5, 6]) },
            Course::Unstated { sum: Some(Money::from_fen(-30)) },
            Course::Unstated { sum: None },
        ];
        let first: NaiveDate = "2026-03-02".parse().expect("a date");
        let days: Days = first.iter_days().zip(courses.map(|course| Statement { rows: 3, course })).collect();
        let balances = BTreeMap::from([("62".to_owned(), days)]);
        let handover = Handover { balances: balances.clone(), ..Handover::default() };
        assert_eq!(read(&write(&handover).expect("written")).expect("read").balances, balances);
    }

    #[test]
    fn notices_are_handed_on_as_they_are() {
        let notice = |place: u32, amount: Option<Money>| Notice {
            serial: Serial { year: 2026, place },
            day: "2026-03-02".parse().expect("a date"),
            party: Party::Bank,
            institution: "102290100106".to_owned(),
            amount,
            items: 9,
            settled: 3,
            withdrawn: 2,
            written_off: 1,
            closed_on: None,
        };
        let notices = vec![notice(7, None), notice(12, Some(Money::from_fen(-5)))];
        let last_notice = Some(Serial { year: 2026, place: 40 });
        let handover = Handover { notices: notices.clone(), last_notice, ..Handover::default() };
        let known = read(&write(&handover).expect("written")).expect("read");
        assert_eq!((known.notices, known.last_notice), (notices, last_notice));
    }
}
