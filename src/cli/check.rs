//! `check`: what a book's files hold and what is wrong with them, without writing anything.

use std::path::Path;

use anyhow::bail;
use chrono::NaiveDate;

use crate::domain::lang::Lang;
use crate::ledger::problem::Problem;
use crate::report::daily;
use crate::report::document::{Document, Head, Table};

use super::Outcome;
use super::files::{self, ReadFile};

pub(super) fn run(book: &Path, date: Option<NaiveDate>, lang: Lang) -> anyhow::Result<(Document, Outcome)> {
    let days = files::inbox_days(book)?;
    let days = match date {
        Some(date) if !days.contains(&date) => bail!("{} has no inbox/{date}", book.display()),
        Some(date) => vec![date],
        None => days,
    };
    let config = files::read_config(book)?;
    let mut problems = config.problems.clone();
    let mut read = Vec::new();
    if let Some(&last) = days.last() {
        read.extend(files::read_reference(book, &config, last)?);
    }
    for day in days {
        read.extend(files::read_inbox(book, &config, day)?);
    }
    problems.extend(read.iter_mut().flat_map(|file| std::mem::take(&mut file.parsed.problems)));
    let outcome = if problems.is_empty() { Outcome::Done } else { Outcome::Unreadable };
    Ok((document(&read, &problems, lang), outcome))
}

fn document(read: &[ReadFile], problems: &[Problem], lang: Lang) -> Document {
    let mut document = Document::default();
    document.heading(lang.pick("文件", "Files"));
    document.table(file_table(read, lang));
    document.heading(lang.pick("问题", "Problems"));
    let problems = daily::problems(problems, lang);
    if problems.rows.is_empty() {
        document
            .paragraph(lang.pick("全部文件可读，无问题。", "Every file was read; there are no problems."));
    }
    document.table(problems);
    document
}

fn file_table(read: &[ReadFile], lang: Lang) -> Table {
    let mut table = Table::new(
        "files",
        vec![
            Head::text("file", lang.pick("文件", "file")),
            Head::text("ledger", lang.pick("识别为", "read as")),
            Head::text("encoding", lang.pick("编码", "encoding")),
            Head::number("rows", lang.pick("行数", "rows")),
            Head::number("accepted", lang.pick("接受", "accepted")),
            Head::number("subtotal", lang.pick("合计行", "subtotals")),
            Head::number("rejected", lang.pick("拒收", "rejected")),
            Head::number("yuan", lang.pick("接受金额（元）", "accepted yuan")),
        ],
    );
    for file in read {
        let tally = &file.parsed.tally;
        let unknown = lang.pick("未识别", "not recognised");
        table.push(vec![
            file.path.to_string(),
            file.format.map_or(unknown, |format| &format.id).to_owned(),
            file.parsed.encoding.to_owned(),
            tally.read.rows.to_string(),
            tally.accepted.rows.to_string(),
            tally.subtotal.rows.to_string(),
            tally.rejected.rows.to_string(),
            tally.accepted.yuan.to_string(),
        ]);
    }
    table
}
