//! 数据质量: what was delivered, and what of it could not be read.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::matching::group;
use crate::report::audit::Audit;
use crate::report::document::{Head, Table};
use crate::report::names::table_name;

/// By ledger or table: files, rows, and what could not be read.
pub(in crate::report::audit) fn files(audit: &Audit<'_>, of: Option<Party>) -> Table {
    let mut table = Table::new(
        "files",
        vec![
            Head::text("ledger", audit.pick("账册或表", "ledger or table")),
            Head::text("party", audit.pick("报送方", "party")),
            Head::number("days", audit.pick("报送日数", "days delivered")),
            Head::number("files", audit.pick("文件数", "files")),
            Head::number("rows", audit.pick("行数", "rows")),
            Head::number("rejected", audit.pick("不能用的行", "rows rejected")),
            Head::money("yuan", audit.pick("流水金额", "yuan of payments")),
        ],
    );
    let mut by_ledger: BTreeMap<String, (BTreeSet<chrono::NaiveDate>, u64, u64, u64, Money)> =
        BTreeMap::new();
    for note in audit.notes {
        for file in &note.files {
            let name = file.file.rsplit('/').next().unwrap_or(&file.file);
            let ledger = Ledger::ALL
                .iter()
                .map(|ledger| ledger.id())
                .filter(|id| name.starts_with(id))
                .max_by_key(|id| id.len())
                .map_or_else(|| name.split('.').next().unwrap_or(name).to_owned(), str::to_owned);
            let of = by_ledger.entry(ledger).or_default();
            of.0.insert(note.day);
            of.1 += 1;
            of.2 += file.rows;
            of.3 += file.rejected;
            of.4 += file.yuan;
        }
    }
    for (name, (days, files, rows, rejected, yuan)) in by_ledger {
        let ledger = Ledger::ALL.iter().find(|ledger| ledger.id() == name);
        if of.is_some() && ledger.map(|ledger| ledger.party()) != of {
            continue;
        }
        table.push(vec![
            table_name(&name, audit.lang),
            ledger.map_or("", |ledger| audit.party(ledger.party())).to_owned(),
            days.len().to_string(),
            files.to_string(),
            rows.to_string(),
            rejected.to_string(),
            // Tables come again every day, and balances do not add up.
            match ledger {
                Some(ledger) if group::role(*ledger).is_some() => yuan.to_string(),
                _ => String::new(),
            },
        ]);
    }
    table
}
