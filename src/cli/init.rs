//! `init`: a new book. Reference tables are templates beside their place, since an empty table would say "nothing
//! is registered" where "no data" is meant.

use std::path::Path;

use anyhow::bail;

use crate::domain::lang::Lang;
use crate::durable;
use crate::ledger::format;

use super::{config, files};

pub(super) fn run(dir: &Path, lang: Lang) -> anyhow::Result<()> {
    if files::holds_anything(dir)? {
        bail!(match lang {
            Lang::Zh => format!("{} 不是空文件夹，未写入任何内容", dir.display()),
            Lang::En => format!("{} is not empty: nothing was written", dir.display()),
        });
    }
    for folder in ["reference", "inbox", "templates/ledgers", "templates/reference"] {
        durable::make_folder(&dir.join(folder))?;
    }
    durable::replace(&dir.join(config::FILE), config::template().as_bytes())?;
    for format in format::all() {
        let folder = if format.ledger.is_some() { "templates/ledgers" } else { "templates/reference" };
        let header: Vec<&str> = format.columns.iter().map(|column| column.zh[0].as_str()).collect();
        let text = format!("\u{feff}{}\n", header.join(","));
        durable::replace(&dir.join(folder).join(format!("{}.csv", format.id)), text.as_bytes())?;
    }
    Ok(())
}
