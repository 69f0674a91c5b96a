//! `query`: one question in SQL, answered from the archive alone.

use std::path::Path;

use chrono::NaiveDate;

use crate::domain::lang::Lang;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    pub(super) book: &'r Path,
    pub(super) question: &'r str,
    /// The last day whose run is looked at [default: the last run].
    pub(super) known_on: Option<NaiveDate>,
}

/// An answer in the form that was asked for.
#[cfg_attr(not(feature = "archive"), expect(dead_code, reason = "nothing is answered without an archive"))]
pub(super) enum Answer {
    Document(crate::report::document::Document),
    Parquet(Vec<u8>),
}

#[cfg(not(feature = "archive"))]
pub(super) fn run(request: Request<'_>, _: bool, lang: Lang) -> anyhow::Result<Answer> {
    anyhow::bail!(
        "{} {}: {}",
        lang.pick("本程序编译时未含档案功能，不能查询", "this build has no archive and cannot query"),
        request.known_on.map_or_else(|| request.book.display().to_string(), |day| day.to_string()),
        request.question
    )
}

#[cfg(feature = "archive")]
pub(super) fn run(request: Request<'_>, as_parquet: bool, lang: Lang) -> anyhow::Result<Answer> {
    use crate::archive::Archive;
    use crate::report::document::{Document, Table};

    let Request { book, question, known_on } = request;
    let archive = Archive::open(&book.join("archive"))?;
    let asked = known_on.unwrap_or(NaiveDate::MAX);
    let Some(last) = archive.days().into_iter().rev().find(|day| *day <= asked) else {
        anyhow::bail!(match lang {
            Lang::Zh => format!("{} 的档案没有可查的运行：请先运行其各日", book.display()),
            Lang::En => format!("the archive of {} has no run to ask: run its days first", book.display()),
        });
    };
    let runs = archive.known_on(last)?;
    let answer = runs.ask(question).map_err(|error| {
        let hint = lang.pick(
            "提示：SELECT in_table, name, about_zh FROM columns 列出全部表和列",
            "hint: SELECT in_table, name, about_en FROM columns lists every table and column",
        );
        anyhow::anyhow!("{error:#}\n  {hint}")
    })?;
    if as_parquet {
        return answer.parquet().map(Answer::Parquet);
    }
    let columns = answer.columns()?;
    let rows = columns.first().map_or(0, |column| column.cells.len());
    let heads = columns.iter().map(|column| head(&column.name, column.holds)).collect();
    let mut table = Table::new("rows", heads);
    let mut cells: Vec<_> = columns.into_iter().map(|column| column.cells.into_iter()).collect();
    for _ in 0..rows {
        table.push(cells.iter_mut().map(|cells| cells.next().expect("a cell for every row")).collect());
    }
    let mut document = Document::default();
    document.table(table);
    document.paragraph(match lang {
        Lang::Zh => format!("{rows} 行，依据截至 {last} 的档案。"),
        Lang::En => format!("{rows} rows, from the archive as of {last}."),
    });
    Ok(Answer::Document(document))
}

#[cfg(feature = "archive")]
fn head(name: &str, holds: crate::archive::Holds) -> crate::report::document::Head {
    use crate::archive::Holds;
    use crate::report::document::Head;

    let id = name.to_owned();
    match holds {
        Holds::Text | Holds::Truth => Head::text(id, name),
        Holds::Count => Head::number(id, name),
        Holds::Money => Head::money(id, name),
        Holds::Day => Head::day(id, name),
    }
}
