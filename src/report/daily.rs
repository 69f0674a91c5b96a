//! The files of a day: findings, matches, open items, problems, totals. Columns and their order are public.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Result;

use rayon::prelude::*;

use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::Flow;
use crate::domain::money::Money;
use crate::ledger::problem::Problem;
use crate::matching::Group;
use crate::pipeline::{OpenItem, Outcome};
use crate::rules::finding::Told;
use crate::rules::law;
use crate::rules::payment::Payment;

use super::document::{Document, Head, Table};
use super::render::{Form, render};
use super::{Run, Sink, wire};

/// Spreadsheets read UTF-8 as such only behind this mark.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The law a finding rests on, as far as it binds the party that answers.
pub fn basis(told: &Told, lang: Lang) -> String {
    law::cited(told.basis(), lang)
}

pub(super) fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Findings as a table, in the order they are told.
pub fn findings(told: &[Told], lang: Lang) -> Table {
    let heads = vec![
        Head::text("finding_id", lang.pick("编号", "id")),
        Head::text("rule", lang.pick("规则", "rule")),
        Head::text("severity", lang.pick("程度", "severity")),
        Head::text("kind", lang.pick("性质", "kind")),
        Head::text("party", lang.pick("责任方", "party")),
        Head::text("institution", lang.pick("责任单位", "institution")),
        Head::text("flow", lang.pick("资金流", "flow")),
        Head::text("key", lang.pick("对象", "key")),
        Head::text("treasury", lang.pick("国库", "treasury")),
        Head::text("account", lang.pick("账号", "account")),
        Head::money("amount", lang.pick("金额", "amount")),
        Head::money("difference", lang.pick("差额", "difference")),
        Head::day("event_on", lang.pick("发生日", "event on")),
        Head::day("due_on", lang.pick("期限", "due on")),
        Head::day("settled_on", lang.pick("了结日", "settled on")),
        Head::number("days_late", lang.pick("逾期", "days late")),
        Head::text("status", lang.pick("状态", "status")),
        Head::day("first_seen", lang.pick("首见", "first seen")),
        Head::text("explanation", lang.pick("说明", "explanation")),
        Head::text("basis", lang.pick("依据", "basis")),
        Head::text("evidence", lang.pick("证据", "evidence")),
    ];
    let mut table = Table::new("findings", heads);
    for told in told {
        table.push(vec![
            told.id(),
            told.rule.to_owned(),
            told.severity.id().to_owned(),
            told.kind().id().to_owned(),
            told.party.id().to_owned(),
            told.institution.clone(),
            told.flow.id().to_owned(),
            told.key.clone(),
            told.treasury.clone(),
            told.account.clone(),
            optional(told.amount),
            optional(told.difference),
            optional(told.event_on),
            optional(told.due_on),
            optional(told.settled_on),
            optional(told.days_late),
            told.status.id().to_owned(),
            told.first_seen.to_string(),
            told.explanation.in_lang(lang).to_owned(),
            basis(told, lang),
            told.evidence.join(";"),
        ]);
    }
    table
}

/// Open items as a table, the oldest first.
pub fn open_items(items: &[OpenItem], lang: Lang) -> Table {
    let heads = vec![
        Head::text("key", lang.pick("对象", "key")),
        Head::text("flow", lang.pick("资金流", "flow")),
        Head::text("awaits", lang.pick("待谁", "awaits")),
        Head::money("amount", lang.pick("金额", "amount")),
        Head::text("treasury", lang.pick("国库", "treasury")),
        Head::text("bank", lang.pick("行号", "bank")),
        Head::day("since", lang.pick("自", "since")),
        Head::number("age_days", lang.pick("账龄（工作日）", "age, working days")),
        Head::day("due_on", lang.pick("期限", "due on")),
        Head::text("evidence", lang.pick("证据", "evidence")),
    ];
    let mut table = Table::new("open_items", heads);
    for item in items {
        table.push(vec![
            item.key.clone(),
            item.flow.id().to_owned(),
            item.awaits.join(";"),
            optional(item.amount),
            item.treasury.clone(),
            item.bank.clone(),
            item.since.to_string(),
            optional(item.age_days),
            optional(item.due_on),
            item.evidence.join(";"),
        ]);
    }
    table
}

/// Problems as a table, in the order they were met.
pub fn problems(problems: &[Problem], lang: Lang) -> Table {
    let columns = [
        ("file", "文件"),
        ("row", "行"),
        ("column", "列"),
        ("code", "问题"),
        ("expected", "应为"),
        ("found", "实为"),
        ("hint", "提示"),
    ];
    let heads = columns.map(|(id, zh)| Head::text(id, lang.pick(zh, id)));
    let mut table = Table::new("problems", heads.to_vec());
    for problem in problems {
        table.push(vec![
            problem.file.to_string(),
            optional(problem.row),
            problem.column.clone().unwrap_or_default(),
            problem.kind.code().to_owned(),
            problem.kind.expected(lang),
            problem.found.clone(),
            problem.hint(lang),
        ]);
    }
    table
}

/// The tie-out: every cell of the day, and earlier ones that still differ.
pub fn totals(outcome: &Outcome, lang: Lang) -> Table {
    let heads = vec![
        Head::day("date", lang.pick("日期", "date")),
        Head::text("treasury", lang.pick("国库", "treasury")),
        Head::text("org", lang.pick("征收机关", "organ")),
        Head::text("level", lang.pick("级次", "level")),
        Head::text("subject", lang.pick("科目", "subject")),
        Head::text("adjust_flag", lang.pick("调整期", "adjust flag")),
        Head::money("issuer", lang.pick("开票方", "issuer")),
        Head::money("bank", lang.pick("银行", "bank")),
        Head::money("treasury_amount", lang.pick("国库入账", "treasury amount")),
        Head::money("difference", lang.pick("差额", "difference")),
    ];
    let mut table = Table::new("totals", heads);
    for (name, figures) in &outcome.cells {
        let difference = if figures.ties() { Money::ZERO } else { figures.difference() };
        table.push(vec![
            name.date.to_string(),
            name.treasury.clone(),
            name.org.clone(),
            name.level.clone(),
            name.subject.clone(),
            name.adjust_flag.clone(),
            figures.issuer.to_string(),
            figures.bank.to_string(),
            figures.treasury.to_string(),
            difference.to_string(),
        ]);
    }
    table
}

/// A table as a file of its own.
pub(super) fn csv(table: Table) -> Vec<u8> {
    let mut document = Document::default();
    document.table(table);
    render(&document, Form::Csv).into_bytes()
}

pub(super) fn findings_csv(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    sink(BYTE_ORDER_MARK.as_bytes())?;
    sink(&csv(findings(&run.outcome.told, run.lang)))
}

pub(super) fn findings_json(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    sink(&wire::findings(run.outcome, run.lang))
}

pub(super) fn open_items_csv(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    sink(&csv(open_items(run.outcome.open_items(), run.lang)))
}

pub(super) fn problems_csv(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    sink(&csv(problems(run.problems, run.lang)))
}

pub(super) fn totals_csv(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    sink(&csv(totals(run.outcome, run.lang)))
}

/// A cell of CSV; nearly none needs quotes, so the writer is asked only for those that do.
fn push_cell(bytes: &mut Vec<u8>, cell: &str) {
    if memchr::memchr3(b',', b'"', b'\n', cell.as_bytes()).is_none() && !cell.contains('\r') {
        bytes.extend_from_slice(cell.as_bytes());
        return;
    }
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record([cell]).expect("memory takes every record");
    let quoted = writer.into_inner().expect("memory takes every record");
    bytes.extend_from_slice(quoted.strip_suffix(b"\n").unwrap_or(&quoted));
}

/// The number a case goes by.
fn number(group: Group<'_>) -> Cow<'_, str> {
    match group.issuer().map(|slip| slip.text(Field::SlipNo)) {
        None | Some("") => Cow::Owned(Payment::of(group).key()),
        Some(number) => Cow::Borrowed(number),
    }
}

/// Cases of more than one entry by flow and number, whatever order the rows came in. A day has a million of them, so they
/// are written in pieces, each on its own thread.
pub(super) fn matches_csv(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    const PIECE: usize = 1 << 14;
    let outcome = run.outcome;
    let book = &outcome.book;
    let named = |place: usize| {
        let case = outcome.matched.case(place);
        let group = Group::new(book, case.entries);
        (case.entries.len() > 1).then(|| (group.flow(), number(group), place))
    };
    let mut cases: Vec<(Flow, Cow<'_, str>, usize)> =
        (0..outcome.matched.len()).into_par_iter().filter_map(named).collect();
    cases.par_sort();
    let piece = |cases: &[(Flow, Cow<'_, str>, usize)]| {
        let mut bytes = Vec::with_capacity(PIECE * 208);
        let (mut evidence, mut remitted, mut digits) = (String::new(), String::new(), itoa::Buffer::new());
        for (_, key, place) in cases {
            let case = outcome.matched.case(*place);
            let group = Group::new(book, case.entries);
            evidence.clear();
            for entry in group.entries() {
                if !evidence.is_empty() {
                    evidence.push(';');
                }
                evidence.extend([entry.file(), "#", digits.format(entry.file_row())]);
            }
            remitted.clear();
            if let Some(receipt) = group.bank()
                && let Some(covered) = outcome.remittances.covered(receipt.id())
            {
                let _ = write!(remitted, "{} {}", covered.how.id(), covered.on);
                if !receipt.is_blank(Field::Batch) {
                    remitted.extend([" ", receipt.text(Field::Batch)]);
                }
            }
            push_cell(&mut bytes, key);
            let before = bytes.len();
            for id in case.proof.ids() {
                bytes.push(if bytes.len() == before { b',' } else { b'+' });
                bytes.extend_from_slice(id.as_bytes());
            }
            for cell in [&evidence, &remitted] {
                bytes.push(b',');
                push_cell(&mut bytes, cell);
            }
            bytes.push(b'\n');
        }
        bytes
    };
    sink(b"case,strategy,entries,remittance\n")?;
    // A few pieces at once, so that few are held.
    for wave in cases.chunks(PIECE * 2 * rayon::current_num_threads()) {
        let pieces: Vec<Vec<u8>> = wave.par_chunks(PIECE).map(piece).collect();
        pieces.iter().try_for_each(|piece| sink(piece))?;
    }
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for batch in outcome.remittances.batches.iter().filter(|batch| batch.entries().count() > 1) {
        let rows: Vec<String> = batch.entries().map(|id| book.entry(id).place()).collect();
        writer
            .write_record([batch.key(book).as_str(), "by-batch", &rows.join(";"), ""])
            .expect("memory takes every record");
    }
    sink(&writer.into_inner().expect("memory takes every record"))
}
