//! The day's workbooks: everything that is told, and the registers the plan orders.

use std::io::{Error, Result};

use crate::domain::lang::Lang;
use crate::matching::{Group, STRATEGIES};
use crate::pipeline::Outcome;
use crate::pipeline::registered::{Register, Registered};
use crate::rules::finding::Told;
use crate::rules::payment::Payment;

use super::document::{Head, Table};
use super::names::Names;
use super::render::workbook::{Edition, Sheet, workbook};
use super::spoken::spoken;
use super::{FileRead, Run, Sink, coverage, daily, registers as lists};

fn write(run: &Run<'_>, sheets: &[(&str, &str, Table)], sink: &mut Sink<'_>) -> Result<()> {
    let sheets: Vec<Sheet> =
        sheets.iter().map(|(zh, en, table)| Sheet::list(run.lang.pick(zh, en), table.clone())).collect();
    sink(&workbook(&sheets, &Edition::plain(run.outcome.facts.as_of, run.lang)).map_err(Error::other)?)
}

/// `report.xlsx`
pub(super) fn report(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    let Run { outcome, files, problems, lang } = *run;
    let names = Names::of(&outcome.facts);
    let sheets = [
        ("发现", "Findings", spoken(daily::findings(&outcome.told, lang), &names, lang)),
        ("未达账项", "Open items", spoken(daily::open_items(outcome.open_items(), lang), &names, lang)),
        ("对账", "Tie-out", tie_out(outcome, lang)),
        ("存疑配对", "Matches in doubt", doubts(outcome, lang)),
        ("文件问题", "Problems", daily::problems(problems, lang)),
        ("控制总数", "Control totals", control(files, lang)),
        ("方案逐条", "Coverage", coverage::table(Some(coverage::Day::of(outcome)), lang)),
    ];
    write(run, &sheets, sink)
}

/// `registers.xlsx`: large payments, unbudgeted payments, refunds.
pub(super) fn registers(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    let outcome = run.outcome;
    let told: Vec<&Told> = outcome.told.iter().collect();
    let has_budget = outcome.registers.unbudgeted.is_some();
    let sheets = register_sheets(&outcome.registered(), has_budget, &told, run.lang);
    sink(&workbook(&sheets, &Edition::plain(outcome.facts.as_of, run.lang)).map_err(Error::other)?)
}

/// The three registers, each on a sheet.
pub(super) fn register_sheets(
    items: &[Registered],
    has_budget: bool,
    told: &[&Told],
    lang: Lang,
) -> Vec<Sheet> {
    let sheet = |register: Register| {
        if register == Register::Unbudgeted && !has_budget {
            let words = "无数据：没有预算指标表（budget），不能登记";
            let words = lang.pick(words, "No data: there is no budget table");
            return Table::new(register.id(), vec![Head::text("no_data", words)]);
        }
        lists::register(register, items, told, lang)
    };
    [
        ("大额支付登记簿", "Large payments", Register::Large),
        ("非预算支付登记簿", "Unbudgeted payments", Register::Unbudgeted),
        ("退库登记簿", "Refunds", Register::Refunds),
    ]
    .map(|(zh, en, register)| Sheet::list(lang.pick(zh, en), sheet(register)))
    .to_vec()
}

/// The tie-out, and before each net figure the gross.
fn tie_out(outcome: &Outcome, lang: Lang) -> Table {
    let mut table = daily::totals(outcome, lang);
    let heads = [
        ("issuer_gross", "开票方总额", "issuer, gross"),
        ("bank_gross", "银行总额", "bank, gross"),
        ("treasury_gross", "国库总额", "treasury, gross"),
    ];
    let first = table.columns.iter().position(|head| head.id == "issuer").expect("a column of totals.csv");
    for (place, (id, zh, en)) in heads.into_iter().enumerate() {
        let place = first + 2 * place;
        table.columns.insert(place, Head::money(id, lang.pick(zh, en)));
        table.columns[place + 1].title += lang.pick("净额", ", net");
    }
    for (row, (_, figures)) in table.rows.iter_mut().zip(&outcome.cells) {
        for (place, gross) in figures.gross().into_iter().enumerate() {
            row.insert(first + 2 * place, gross.to_string());
        }
    }
    table
}

/// Payments that were not joined by their number, and rows that could be one payment in more than one way.
fn doubts(outcome: &Outcome, lang: Lang) -> Table {
    let heads = vec![
        Head::text("case", lang.pick("对象", "case")),
        Head::text("strategy", lang.pick("配对方法", "strategy")),
        Head::text("result", lang.pick("结果", "result")),
        Head::text("entries", lang.pick("记录", "entries")),
    ];
    let mut table = Table::new("doubts", heads);
    let book = &outcome.book;
    let names = |entries: &[crate::domain::entry::EntryId]| {
        entries.iter().map(|&id| book.entry(id).place()).collect::<Vec<_>>().join(";")
    };
    for case in outcome.matched.cases() {
        if case.proof.ids().any(|id| id != STRATEGIES[0].id) {
            let how: Vec<&str> = case.proof.ids().collect();
            table.push(vec![
                Payment::of(Group::new(book, case.entries)).key(),
                how.join("+"),
                lang.pick("已配对", "joined").to_owned(),
                names(case.entries),
            ]);
        }
    }
    for doubt in &outcome.matched.doubts {
        let first = doubt.entries.first().map(|&id| book.entry(id));
        table.push(vec![
            first.map(|first| Payment::of(Group::new(book, &[first.id()])).key()).unwrap_or_default(),
            doubt.strategy.to_owned(),
            lang.pick("不止一种可能，未配对", "more than one way, left apart").to_owned(),
            names(&doubt.entries),
        ]);
    }
    table.rows.sort();
    table
}

/// The rows and yuan of every file by fate.
fn control(files: &[FileRead<'_>], lang: Lang) -> Table {
    let heads = vec![
        Head::text("file", lang.pick("文件", "file")),
        Head::text("format", lang.pick("账册或表", "ledger or table")),
        Head::text("content", lang.pick("内容", "content")),
        Head::number("rows", lang.pick("行数", "rows")),
        Head::number("accepted", lang.pick("采用", "accepted")),
        Head::number("subtotal", lang.pick("合计行", "subtotals")),
        Head::number("rejected", lang.pick("不能用", "rejected")),
        Head::money("yuan", lang.pick("金额", "yuan")),
        Head::money("accepted_yuan", lang.pick("采用金额", "accepted yuan")),
        Head::money("subtotal_yuan", lang.pick("合计行金额", "subtotal yuan")),
        Head::money("rejected_yuan", lang.pick("不能用金额", "rejected yuan")),
    ];
    let mut table = Table::new("control", heads);
    for file in files {
        let parts = [file.tally.read, file.tally.accepted, file.tally.subtotal, file.tally.rejected];
        let mut row = [file.path, file.format, file.content].map(str::to_owned).to_vec();
        row.extend(parts.iter().map(|total| total.rows.to_string()));
        row.extend(parts.iter().map(|total| total.yuan.to_string()));
        table.push(row);
    }
    table
}
