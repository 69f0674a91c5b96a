//! The reference tables a run read: kept by the run in which they changed, named by every later one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::entry::EntryId;
use crate::domain::facts::Facts;
use crate::domain::table::{Column, Frame, Texts};
use crate::ledger::format::{self, Format};

use super::{archived, column_name, digest, parquet};

/// Where a reference table lies as a run read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) date: NaiveDate,
    pub(super) run: u32,
    /// SHA-256 of the file.
    pub(super) sha256: String,
}

pub(super) fn file_name(id: &str) -> String {
    format!("reference-{id}.parquet")
}

/// Writes the tables that differ from those of the run before, and says where each lies.
pub(super) fn write(
    facts: &Facts,
    folder: &Path,
    (date, run): (NaiveDate, u32),
    before: &BTreeMap<String, Kept>,
) -> anyhow::Result<BTreeMap<String, Kept>> {
    let mut kept = BTreeMap::new();
    for format in format::all().iter().filter(|format| format.ledger.is_none()) {
        let Some(frame) = frame(facts, format) else { continue };
        let path: PathBuf = folder.join(file_name(&format.id));
        parquet::write(&path, std::iter::once(frame))?;
        let own = Kept { date, run, sha256: digest(&path)? };
        let known = before.get(&format.id).filter(|known| known.sha256 == own.sha256);
        if known.is_some() {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
        kept.insert(format.id.clone(), known.cloned().unwrap_or(own));
    }
    Ok(kept)
}

/// Every column of the table, then file and row; `None` if nobody delivered it.
fn frame(facts: &Facts, format: &Format) -> Option<Frame> {
    let rows = facts.table(&format.id)?;
    let ids: Vec<EntryId> = rows.ids().collect();
    let mut columns: Vec<(String, Column)> = format
        .columns
        .iter()
        .map(|column| (column_name(column.field), rows.column(&ids, column.field, &archived(column.kind))))
        .collect();
    let mut files = Texts::default();
    for row in rows.entries() {
        files.push(row.file());
    }
    columns.push(("file".to_owned(), Column::Text(files)));
    columns.push((
        "file_row".to_owned(),
        Column::Count(rows.entries().map(|row| Some(row.file_row())).collect()),
    ));
    Some(Frame::new(columns))
}
