//! What a run decided and told, as frames: findings, open items, problems, totals, matches.

use rayon::prelude::*;

use crate::domain::lang::Lang;
use crate::domain::money::Money;
use crate::domain::table::{Column, Frame, Texts};
use crate::ledger::problem::Problem;
use crate::matching::Group;
use crate::pipeline::registered::Registered;
use crate::pipeline::{OpenItem, Outcome};
use crate::rules::finding::Told;
use crate::rules::payment::Payment;

/// Collects the columns of a frame from the rows of a table.
struct Columns<'r, R>(&'r [R], Vec<(String, Column)>);

impl<'r, R> Columns<'r, R> {
    fn text(mut self, name: &str, value: impl Fn(&'r R) -> String) -> Self {
        let mut texts = Texts::default();
        for row in self.0 {
            texts.push(&value(row));
        }
        self.1.push((name.to_owned(), Column::Text(texts)));
        self
    }

    fn money(mut self, name: &str, value: impl Fn(&'r R) -> Option<Money>) -> Self {
        let fens = self.0.iter().map(|row| value(row).map(Money::fen)).collect();
        self.1.push((name.to_owned(), Column::Money(fens)));
        self
    }

    fn date(mut self, name: &str, value: impl Fn(&'r R) -> Option<chrono::NaiveDate>) -> Self {
        self.1.push((name.to_owned(), Column::Date(self.0.iter().map(value).collect())));
        self
    }

    fn count(mut self, name: &str, value: impl Fn(&'r R) -> Option<u32>) -> Self {
        self.1.push((name.to_owned(), Column::Count(self.0.iter().map(value).collect())));
        self
    }

    fn frame(self) -> Frame {
        Frame::new(self.1)
    }
}

/// Every table of a run, under its file's name.
pub(super) fn tables(outcome: &Outcome, problems: &[Problem]) -> Vec<(&'static str, Frame)> {
    vec![
        ("findings", findings(&outcome.told)),
        ("open_items", open_items(outcome.open_items())),
        ("problems", problem_frame(problems)),
        ("totals", totals(outcome)),
        ("matches", matches(outcome)),
        ("recalled", recalled(outcome)),
        ("registers", registers(&outcome.registered())),
    ]
}

pub(super) fn findings(told: &[Told]) -> Frame {
    Columns(told, Vec::new())
        .text("finding_id", Told::id)
        .text("rule", |told| told.rule.to_owned())
        .text("severity", |told| told.severity.id().to_owned())
        .text("kind", |told| told.kind().id().to_owned())
        .text("party", |told| told.party.id().to_owned())
        .text("institution", |told| told.institution.clone())
        .text("flow", |told| told.flow.id().to_owned())
        .text("key", |told| told.key.clone())
        .text("treasury", |told| told.treasury.clone())
        .text("account", |told| told.account.clone())
        .money("amount", |told| told.amount)
        .money("difference", |told| told.difference)
        .date("event_on", |told| told.event_on)
        .date("due_on", |told| told.due_on)
        .date("settled_on", |told| told.settled_on)
        .count("days_late", |told| told.days_late)
        .text("status", |told| told.status.id().to_owned())
        .date("first_seen", |told| Some(told.first_seen))
        .text("explanation_zh", |told| told.explanation.zh.clone())
        .text("explanation_en", |told| told.explanation.en.clone())
        .text("evidence", |told| told.evidence.join(";"))
        .frame()
}

fn open_items(items: &[OpenItem]) -> Frame {
    Columns(items, Vec::new())
        .text("flow", |item| item.flow.id().to_owned())
        .text("key", |item| item.key.clone())
        .text("awaits", |item| item.awaits.join(";"))
        .money("amount", |item| item.amount)
        .text("treasury", |item| item.treasury.clone())
        .text("bank", |item| item.bank.clone())
        .date("since", |item| Some(item.since))
        .count("age_days", |item| item.age_days)
        .date("due_on", |item| item.due_on)
        .text("evidence", |item| item.evidence.join(";"))
        .frame()
}

fn problem_frame(problems: &[Problem]) -> Frame {
    Columns(problems, Vec::new())
        .text("file", |problem| problem.file.to_string())
        .count("row", |problem| problem.row)
        .text("column", |problem| problem.column.clone().unwrap_or_default())
        .text("code", |problem| problem.kind.code().to_owned())
        .text("expected", |problem| problem.kind.expected(Lang::En))
        .text("found", |problem| problem.found.clone())
        .frame()
}

fn totals(outcome: &Outcome) -> Frame {
    Columns(&outcome.cells, Vec::new())
        .date("on_date", |(name, _)| Some(name.date))
        .text("treasury", |(name, _)| name.treasury.clone())
        .text("org", |(name, _)| name.org.clone())
        .text("level", |(name, _)| name.level.clone())
        .text("subject", |(name, _)| name.subject.clone())
        .text("adjust_flag", |(name, _)| name.adjust_flag.clone())
        .money("issuer", |(_, figures)| Some(figures.issuer))
        .money("bank", |(_, figures)| Some(figures.bank))
        .money("treasury_amount", |(_, figures)| Some(figures.treasury))
        .frame()
}

fn registers(items: &[Registered]) -> Frame {
    Columns(items, Vec::new())
        .text("register", |item| item.register.id().to_owned())
        .text("key", |item| item.key.clone())
        .date("issued_on", |item| item.issued_on)
        .text("treasury", |item| item.treasury.clone())
        .text("unit", |item| item.unit.clone())
        .text("unit_name", |item| item.unit_name.clone())
        .text("payee_account", |item| item.payee_account.clone())
        .text("payee_name", |item| item.payee_name.clone())
        .text("subject", |item| item.subject.clone())
        .money("amount", |item| item.amount)
        .text("document", |item| item.document.clone())
        .date("booked_on", |item| item.booked_on)
        .date("paid_on", |item| item.paid_on)
        .text("why_zh", |item| item.why.zh.clone())
        .text("why_en", |item| item.why.en.clone())
        .text("evidence", |item| item.evidence.join(";"))
        .frame()
}

/// Settled cases of earlier runs that were taken back: the day of the run, and the number it gave the case.
fn recalled(outcome: &Outcome) -> Frame {
    let cases: Vec<(chrono::NaiveDate, u32)> = outcome.recalled.iter().copied().collect();
    Columns(&cases, Vec::new()).date("run_on", |of| Some(of.0)).count("case_no", |of| Some(of.1)).frame()
}

/// Cases of more than one entry; which entries, their own column `case_no` says.
fn matches(outcome: &Outcome) -> Frame {
    let count = u32::try_from(outcome.matched.len()).expect("fewer than 2^32 cases");
    let case = |place: u32| outcome.matched.case(place as usize);
    let matched: Vec<u32> = (0..count).filter(|&place| case(place).entries.len() > 1).collect();
    let keys: Vec<String> = matched
        .par_iter()
        .map(|&place| Payment::of(Group::new(&outcome.book, case(place).entries)).key())
        .collect();
    let mut cases: Vec<Option<u32>> = matched.iter().copied().map(Some).collect();
    let (mut texts, mut strategies) = (Texts::default(), Texts::default());
    for (key, &place) in keys.iter().zip(&matched) {
        texts.push(key);
        strategies.push(&case(place).proof.ids().collect::<Vec<_>>().join("+"));
    }
    for (number, batch) in (count..).zip(&outcome.remittances.batches) {
        if batch.entries().count() > 1 {
            cases.push(Some(number));
            strategies.push("by-batch");
            texts.push(&batch.key(&outcome.book));
        }
    }
    Frame::new(vec![
        ("case_no".to_owned(), Column::Count(cases)),
        ("key".to_owned(), Column::Text(texts)),
        ("strategy".to_owned(), Column::Text(strategies)),
    ])
}
