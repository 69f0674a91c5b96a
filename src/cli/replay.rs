//! `replay`: a day again, and every later one that rests on it.

use std::path::Path;

use anyhow::bail;
use chrono::NaiveDate;

use crate::domain::lang::Lang;
use crate::report::document::{Document, Head, Table};

use super::run::{self, Options, Shelf};
use super::{Outcome, files};

pub(super) fn run(book: &Path, from: NaiveDate, options: Options) -> anyhow::Result<(Document, Outcome)> {
    let lang = options.lang;
    let _lock = files::lock(book, lang)?;
    run::recover(book, options)?;
    let shelf = Shelf::open(book)?;
    let later = shelf.days_after(from);
    if !shelf.has_run(from) {
        let nearest = later.first().map(ToString::to_string).unwrap_or_default();
        bail!(match lang {
            Lang::Zh => format!("档案中没有 {from} 的运行；其后最早的运行是：{nearest}"),
            Lang::En => format!("the archive has no run of {from}; the first one after it is: {nearest}"),
        });
    }
    let mut table = Table::new(
        "replay",
        vec![
            Head::day("day", lang.pick("运行日", "day")),
            Head::text("became", lang.pick("与原结果相比", "compared with before")),
            Head::number("told", lang.pick("新报", "told")),
            Head::number("open", lang.pick("未结", "open")),
            Head::number("resolved", lang.pick("当日了结", "resolved")),
            Head::number("problems", lang.pick("数据问题", "problems")),
        ],
    );
    let (mut worst, mut same, mut changed) = (Outcome::Done, 0, 0);
    for day in std::iter::once(from).chain(later) {
        let ran = run::daily(book, day, options)?;
        let became = if ran.repeats {
            same += 1;
            lang.pick("逐字节相同，未增加", "the same bytes, nothing added")
        } else {
            changed += 1;
            lang.pick("已改变", "changed")
        };
        table.push(vec![
            day.to_string(),
            became.to_owned(),
            ran.counts.new.to_string(),
            ran.counts.still_open.to_string(),
            ran.counts.resolved.to_string(),
            ran.problems.to_string(),
        ]);
        worst = worst.max(ran.outcome);
    }
    let mut document = Document::default();
    document.table(table);
    document.paragraph(match lang {
        Lang::Zh => format!(
            "重跑 {} 日：{same} 日与档案所存逐字节相同，没有增加；{changed} 日已改变，另存为新的运行。",
            same + changed
        ),
        Lang::En => format!(
            "{} days were run again: {same} came to the bytes that the archive has, and nothing was added; {changed} \
             came out otherwise and were added as new runs.",
            same + changed
        ),
    });
    Ok((document, worst))
}
