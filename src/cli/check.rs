//! `check`: what a book's files hold and what is wrong with them, without writing anything.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;
use chrono::NaiveDate;

use crate::domain::entry::{Book, Part};
use crate::domain::lang::Lang;
use crate::domain::settings::Settings;
use crate::domain::table::Column;
use crate::ledger::Parsed;
use crate::ledger::intake::{Fate, digests, take_in};
use crate::ledger::problem::Problem;
use crate::report::daily;
use crate::report::document::{Document, Head, Table};

use super::Outcome;
use super::files::{self, ReadFile};

/// Examples shown of each kind of problem.
const EXAMPLES: usize = 3;

pub(super) fn run(
    book: &Path,
    date: Option<NaiveDate>,
    all: bool,
    lang: Lang,
) -> anyhow::Result<(Document, Outcome)> {
    let days = files::inbox_days(book, lang)?;
    let days = match date {
        Some(date) if !days.contains(&date) => bail!(match lang {
            Lang::Zh => format!("{} 没有 inbox/{date}", book.display()),
            Lang::En => format!("{} has no inbox/{date}", book.display()),
        }),
        Some(date) => vec![date],
        None => days,
    };
    let config = files::read_config(book)?;
    let mut read = Vec::new();
    if let Some(&last) = days.last() {
        read.extend(files::read_reference(book, &config, last)?);
    }
    for day in days {
        read.extend(files::read_inbox(book, &config, day)?);
    }
    let mut problems = config.problems;
    problems.extend(read.iter_mut().flat_map(|file| std::mem::take(&mut file.parsed.problems)));
    let spans: Vec<Span> = read.iter().map(|file| span(&file.parsed)).collect();
    let repeats = repeats(&mut read, &config.settings);

    let mut document = Document::default();
    document.heading(lang.pick("文件", "Files"));
    document.table(file_table(&read, lang));
    document.heading(lang.pick("行", "Rows"));
    document.table(row_table(&read, &spans, &repeats, lang));
    document.heading(lang.pick("问题", "Problems"));
    if problems.is_empty() {
        document
            .paragraph(lang.pick("全部文件可读，无问题。", "Every file was read; there are no problems."));
    }
    document.table(if all { daily::problems(&problems, lang) } else { grouped(&problems, lang) });
    if let Some(first) = problems.first() {
        let code = first.kind.code();
        document.paragraph(match lang {
            Lang::Zh => format!("每种问题的含义与处理：problems explain 问题名，如 problems explain {code}"),
            Lang::En => format!(
                "`problems explain CODE` says what each means and what to do, as `problems explain {code}`"
            ),
        });
    }
    let outcome = if problems.is_empty() { Outcome::Done } else { Outcome::Unreadable };
    Ok((document, outcome))
}

/// The first and last day a ledger's rows are dated.
type Span = Option<(NaiveDate, NaiveDate)>;

fn span(parsed: &Parsed) -> Span {
    let days = parsed.parts.iter().filter_map(|part| {
        let date = part.ledger?.date();
        let column = part.table.column(date)?;
        match column {
            Column::Date(days) => {
                Some((days.iter().flatten().min().copied()?, days.iter().flatten().max().copied()?))
            }
            Column::Moment(moments) => {
                let days = || moments.iter().flatten().map(|moment| moment.date);
                Some((days().min()?, days().max()?))
            }
            _ => None,
        }
    });
    days.reduce(|(first, last), (other_first, other_last)| (first.min(other_first), last.max(other_last)))
}

/// Rows of a file that say again, or complete, what another row says.
#[derive(Clone, Copy, Debug, Default)]
struct Repeats {
    duplicates: u64,
    completions: u64,
}

/// Follows the rows through their deliveries, as a run does, within the files at hand.
fn repeats(read: &mut [ReadFile], settings: &Settings) -> BTreeMap<String, Repeats> {
    let ledgers = read.iter_mut().filter(|file| file.format.is_some_and(|format| format.ledger.is_some()));
    let parts: Vec<Part> = ledgers.flat_map(|file| std::mem::take(&mut file.parsed.parts)).collect();
    let book = Book::assemble(parts);
    let intake = take_in(&book, &digests(&book), &settings.status_success, &BTreeMap::new(), &[]);
    let mut repeats: BTreeMap<String, Repeats> = BTreeMap::new();
    // A sheet's rows are its workbook's.
    let whole = |file: &str| file.split_once('[').map_or(file, |(whole, _)| whole).to_owned();
    for (entry, fate) in book.entries().zip(&intake.fates) {
        if *fate == Fate::Duplicate {
            repeats.entry(whole(entry.file())).or_default().duplicates += 1;
        }
    }
    for change in intake.changes.iter().filter(|change| change.altered.is_empty()) {
        repeats.entry(whole(book.entry(change.new).file())).or_default().completions += 1;
    }
    repeats
}

fn file_table(read: &[ReadFile], lang: Lang) -> Table {
    let mut table = Table::new(
        "files",
        vec![
            Head::text("file", lang.pick("文件", "file")),
            Head::text("ledger", lang.pick("识别为", "read as")),
            Head::text("because", lang.pick("因为", "because of")),
            Head::text("encoding", lang.pick("内容", "content")),
            Head::number("columns", lang.pick("列", "columns")),
            Head::text("unplaced", lang.pick("未用的列", "columns left alone")),
            Head::text("notes", lang.pick("说明", "notes")),
        ],
    );
    for file in read {
        let unknown = lang.pick("未识别", "not recognised");
        let because = match (file.format, &file.source) {
            (None, _) => String::new(),
            (Some(_), Some(glob)) => because_of(glob, &file.overruled, lang),
            (Some(_), None) => lang.pick("文件名", "its name").to_owned(),
        };
        let headers = &file.parsed.headers;
        let unplaced: Vec<&str> = headers
            .iter()
            .filter(|placed| placed.column.is_none())
            .map(|placed| placed.header.as_str())
            .collect();
        let constants = headers.iter().filter_map(|placed| {
            placed.constant.as_ref().map(|text| format!("{} = {text}", placed.column.unwrap_or_default()))
        });
        let notes = file.parsed.notes.iter().map(|note| note.message(lang)).chain(constants);
        let notes = notes.collect::<Vec<_>>().join(lang.pick("；", "; "));
        table.push(vec![
            file.path.to_string(),
            file.format.map_or(unknown, |format| &format.id).to_owned(),
            because,
            file.parsed.encoding.to_owned(),
            headers.iter().filter(|placed| placed.column.is_some()).count().to_string(),
            unplaced.join(lang.pick("、", ", ")),
            notes,
        ]);
    }
    table
}

/// The source that says what a file is, and what it overrules.
fn because_of(glob: &str, overruled: &[String], lang: Lang) -> String {
    let others = overruled.join(lang.pick("、", ", "));
    match (others.is_empty(), lang) {
        (true, _) => format!("[[source]] {glob}"),
        (false, Lang::Zh) => format!("[[source]] {glob}，先于 {others}"),
        (false, Lang::En) => format!("[[source]] {glob}, before {others}"),
    }
}

fn row_table(read: &[ReadFile], spans: &[Span], repeats: &BTreeMap<String, Repeats>, lang: Lang) -> Table {
    let mut table = Table::new(
        "rows",
        vec![
            Head::text("file", lang.pick("文件", "file")),
            Head::number("rows", lang.pick("行数", "rows")),
            Head::number("accepted", lang.pick("接受", "accepted")),
            Head::number("completion", lang.pick("其中补全", "of them completions")),
            Head::number("duplicate", lang.pick("其中重复", "of them duplicates")),
            Head::number("subtotal", lang.pick("合计行", "subtotals")),
            Head::number("rejected", lang.pick("拒收", "rejected")),
            Head::number("other", lang.pick("标题、空行、脚注", "titles, blanks, footers")),
            Head::number("yuan", lang.pick("接受金额（元）", "accepted yuan")),
            Head::text("from", lang.pick("自", "from")),
            Head::text("to", lang.pick("至", "to")),
        ],
    );
    for (file, span) in read.iter().zip(spans) {
        let tally = &file.parsed.tally;
        let again = repeats.get(&*file.path).copied().unwrap_or_default();
        let day = |pick: fn(&(NaiveDate, NaiveDate)) -> NaiveDate| {
            span.as_ref().map_or_else(String::new, |span| pick(span).to_string())
        };
        table.push(vec![
            file.path.to_string(),
            tally.read.rows.to_string(),
            tally.accepted.rows.to_string(),
            again.completions.to_string(),
            again.duplicates.to_string(),
            tally.subtotal.rows.to_string(),
            tally.rejected.rows.to_string(),
            (tally.title_rows + tally.blank_rows + tally.footer_rows).to_string(),
            tally.accepted.yuan.to_string(),
            day(|span| span.0),
            day(|span| span.1),
        ]);
    }
    table
}

/// Problems of one kind in one column of one file, counted, with the first of them.
fn grouped(problems: &[Problem], lang: Lang) -> Table {
    let mut table = Table::new(
        "problems",
        vec![
            Head::text("file", lang.pick("文件", "file")),
            Head::text("column", lang.pick("列", "column")),
            Head::text("code", lang.pick("问题", "code")),
            Head::number("count", lang.pick("数目", "count")),
            Head::text("expected", lang.pick("应为", "expected")),
            Head::text("examples", lang.pick("例", "examples")),
            Head::text("hint", lang.pick("提示", "hint")),
        ],
    );
    let mut groups: Vec<Vec<&Problem>> = Vec::new();
    let mut places: BTreeMap<(&str, Option<&str>, &str), usize> = BTreeMap::new();
    for problem in problems {
        let key = (&*problem.file, problem.column.as_deref(), problem.kind.code());
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(problem);
    }
    for group in groups {
        let first = group[0];
        let examples = group.iter().take(EXAMPLES).map(|problem| match (problem.row, lang) {
            (Some(row), Lang::Zh) => format!("第 {row} 行“{}”", problem.found),
            (Some(row), Lang::En) => format!("row {row} {:?}", problem.found),
            (None, _) => problem.found.clone(),
        });
        let mut examples = examples.collect::<Vec<_>>().join(lang.pick("，", ", "));
        if group.len() > EXAMPLES {
            examples.push('…');
        }
        table.push(vec![
            first.file.to_string(),
            first.column.clone().unwrap_or_default(),
            first.kind.code().to_owned(),
            group.iter().map(|problem| problem.count()).sum::<u64>().to_string(),
            first.kind.expected(lang),
            examples,
            first.hint(lang),
        ]);
    }
    table
}
