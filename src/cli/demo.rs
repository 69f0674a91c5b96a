//! `demo`: the bundled example book, written and run day by day through to its reports.

use std::path::Path;

use anyhow::bail;

use crate::domain::lang::Lang;
use crate::durable;
use crate::example;
use crate::report::document::Document;

use super::run::{self, Options};
use super::{Outcome, config, files};

pub(super) fn run(dir: &Path, is_long: bool, options: Options) -> anyhow::Result<(Document, Outcome)> {
    let lang = options.lang;
    if files::holds_anything(dir)? {
        bail!(match lang {
            Lang::Zh => format!("{} 不是空文件夹，未写入任何内容；请另给一个文件夹", dir.display()),
            Lang::En => format!("{} is not empty: nothing was written; name another folder", dir.display()),
        });
    }
    let (book, days) = if is_long {
        (example::long_book(), example::long_days())
    } else {
        (example::story_book(), example::story_days())
    };
    durable::make_folder(dir)?;
    durable::replace(&dir.join(config::FILE), config::template().as_bytes())?;
    for file in book {
        let path = dir.join(&file.path);
        durable::make_folder(path.parent().expect("a file of the book lies in it"))?;
        durable::replace(&path, &file.bytes)?;
    }
    let mut last = Document::default();
    for &day in &days {
        (last, _) = run::run(dir, day, options)?;
    }
    let last_day = days.last().expect("the story has days");
    let mut document = Document::default();
    document.paragraph(match lang {
        Lang::Zh => format!(
            "示例账簿在 {0}：story.md 讲述发生了什么、应当发现什么；reports/ 是逐日报告。最后一日如下，可再运行：\n\
             treasury-recon run --book {0} --date {1}",
            dir.display(),
            last_day
        ),
        Lang::En => format!(
            "The example book is in {0}: story.md tells what happened and what must be found; reports/ has every day's \
             reports. The last day follows; to run it again:\ntreasury-recon run --book {0} --date {1}",
            dir.display(),
            last_day
        ),
    });
    document.blocks.extend(last.blocks);
    Ok((document, Outcome::Done))
}
