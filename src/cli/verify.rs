//! `verify`: whether the archive is whole and unaltered.

use std::path::Path;

use chrono::NaiveDate;

use crate::report::document::Document;

use super::Outcome;
use super::run::Options;

/// What is verified.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    pub(super) book: &'r Path,
    /// A digest of the archive that was written down elsewhere.
    pub(super) head: Option<&'r str>,
    /// A day that is judged again from what it was judged from.
    pub(super) rejudge: Option<NaiveDate>,
}

#[cfg(not(feature = "archive"))]
pub(super) fn run(request: Request<'_>, options: Options) -> anyhow::Result<(Document, Outcome)> {
    anyhow::bail!(
        "{}: {} {}{}",
        request.book.display(),
        options
            .lang
            .pick("本程序编译时未含档案功能，不能核验", "this build has no archive and cannot verify"),
        request.head.unwrap_or_default(),
        request.rejudge.map(|day| day.to_string()).unwrap_or_default()
    )
}

#[cfg(feature = "archive")]
pub(super) use with_archive::run;

#[cfg(feature = "archive")]
mod with_archive {
    use anyhow::bail;

    use crate::archive::{Archive, Difference, Fault, Rerun, Verdict};
    use crate::domain::lang::Lang;
    use crate::report::document::{Head, Table};

    use super::super::files;
    use super::super::run::{recover, rejudge as judge_again};
    use super::{Document, Options, Outcome, Request};

    pub(in crate::cli) fn run(request: Request<'_>, options: Options) -> anyhow::Result<(Document, Outcome)> {
        let Request { book, head, rejudge } = request;
        let lang = options.lang;
        // A copy that nobody can change, such as one on a disc, is verified as it is.
        let lock = files::lock_to_read(book, lang)?;
        if lock.is_some() {
            recover(book, options)?;
        }
        let archive = Archive::open(&book.join("archive"))?;
        if archive.days().is_empty() {
            bail!(match lang {
                Lang::Zh => format!("{} 的档案没有任何运行", book.display()),
                Lang::En => format!("the archive of {} has no run", book.display()),
            });
        }
        let verdict = archive.verify(book, head)?;
        let mut document = Document::default();
        let mut is_whole = verdict.differences.is_empty() && verdict.knows;
        say(&mut document, &verdict, head, lang);
        if let Some(day) = rejudge {
            let again = judge_again(book, day)?;
            let program = env!("CARGO_PKG_VERSION");
            if again.program != program {
                document.paragraph(match lang {
                    Lang::Zh => format!("{day} 由 {} 版运行，本程序为 {program} 版。", again.program),
                    Lang::En => {
                        format!("The run of {day} was made by version {}, this is {program}.", again.program)
                    }
                });
            }
            if again.differing.is_empty() {
                document.paragraph(match lang {
                    Lang::Zh => format!("{day} 重新判断：每个文件逐字节相同。"),
                    Lang::En => format!("{day} judged again: every file is the same, byte for byte."),
                });
            } else {
                is_whole = false;
                document.paragraph(match lang {
                    Lang::Zh => format!("{day} 重新判断：以下文件不同：{}", again.differing.join("、")),
                    Lang::En => {
                        format!("{day} judged again: these files differ: {}", again.differing.join(", "))
                    }
                });
            }
        }
        Ok((document, if is_whole { Outcome::Done } else { Outcome::Findings }))
    }

    fn say(document: &mut Document, verdict: &Verdict, asked: Option<&str>, lang: Lang) {
        let Verdict { runs, files, head, unsworn, differences, knows, reruns } = verdict;
        document.paragraph(match lang {
            Lang::Zh => format!("已核验 {runs} 次运行、{files} 个文件。"),
            Lang::En => format!("{runs} runs and {files} files were verified."),
        });
        if let Some((day, number, digest)) = head {
            document.paragraph(match lang {
                Lang::Zh => format!("最后发布的运行：{day} 第 {number} 次，档案摘要 {digest}"),
                Lang::En => format!("Published last: {day}, run {number}; digest of the archive {digest}"),
            });
        }
        if *unsworn > 0 {
            document.paragraph(match lang {
                Lang::Zh => format!("其中 {unsworn} 次运行由较早版本写成，未记录所读文件的摘要和发布顺序。"),
                Lang::En => format!(
                    "{unsworn} of the runs were written by an earlier version, which recorded neither the digests of \
                     what was read nor the order of runs."
                ),
            });
        }
        match asked {
            Some(digest) if *knows => document.paragraph(match lang {
                Lang::Zh => format!("摘要 {digest} 属于本档案：其后未被截断。"),
                Lang::En => format!("{digest} is a digest of this archive: nothing was cut off after it."),
            }),
            Some(digest) => document.paragraph(match lang {
                Lang::Zh => format!("摘要 {digest} 不属于本档案：档案被截断、替换或改写。"),
                Lang::En => {
                    format!("{digest} is no digest of this archive: it was cut off, replaced or rewritten.")
                }
            }),
            None => {}
        }
        say_reruns(document, reruns, asked.is_some(), lang);
        if differences.is_empty() {
            document.paragraph(lang.pick("每个文件都与记录一致。", "Every file is as it was recorded."));
            return;
        }
        document.paragraph(match lang {
            Lang::Zh => format!("{} 个文件与记录不一致，首先是 {}：", differences.len(), differences[0].file),
            Lang::En => format!(
                "{} files are not as they were recorded; the first is {}:",
                differences.len(),
                differences[0].file
            ),
        });
        let mut table = Table::new(
            "differences",
            vec![
                Head::text("file", lang.pick("文件", "file")),
                Head::text("fault", lang.pick("不符之处", "what is wrong")),
            ],
        );
        for Difference { file, fault } in differences {
            table.push(vec![file.clone(), word(*fault, lang).to_owned()]);
        }
        document.table(table);
    }

    /// What was done again is whole, and still something to ask about.
    fn say_reruns(document: &mut Document, reruns: &[Rerun], is_asked: bool, lang: Lang) {
        if reruns.is_empty() {
            return;
        }
        document.paragraph(match lang {
            Lang::Zh => format!("{} 次运行是重跑，代替了同日较早的运行（较早的仍在档案中）：", reruns.len()),
            Lang::En => format!(
                "{} runs took the place of an earlier one of their day, which the archive still has:",
                reruns.len()
            ),
        });
        let mut table = Table::new(
            "reruns",
            vec![
                Head::day("day", lang.pick("运行日", "day")),
                Head::number("run", lang.pick("第几次", "run")),
                Head::text("later", lang.pick("在所给摘要之后", "after the digest given")),
                Head::text(
                    "changed",
                    lang.pick("与前次所读不同的文件", "files the run before had read otherwise"),
                ),
            ],
        );
        for of in reruns {
            let later = if of.is_later { lang.pick("是", "yes") } else { lang.pick("否", "no") };
            table.push(vec![
                of.date.to_string(),
                of.number.to_string(),
                later.to_owned(),
                of.changed.join(" "),
            ]);
        }
        document.table(if is_asked { table } else { table.without(&["later"]) });
    }

    fn word(fault: Fault, lang: Lang) -> &'static str {
        match fault {
            Fault::Altered => lang.pick("内容已改变", "altered"),
            Fault::Missing => lang.pick("缺失", "missing"),
            Fault::Unknown => lang.pick("没有运行写过它", "no run wrote it"),
            Fault::Unchained => lang.pick("不在发布链上", "not in the chain of runs"),
            Fault::Unread => {
                lang.pick("当日运行之后送达，未被读取", "came after the run of its day and was not read")
            }
        }
    }
}
