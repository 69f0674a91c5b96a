//! The register of correction notices: those of the day, and earlier ones of which something was still open.

use std::io::Result;

use crate::domain::lang::Lang;
use crate::pipeline::Outcome;

use super::daily::{BYTE_ORDER_MARK, csv, optional};
use super::document::{Head, Table};
use super::names::Names;
use super::{Run, Sink};

/// Notices by number. Of every one: items = open + settled + withdrawn + written off.
pub(super) fn register(outcome: &Outcome, lang: Lang) -> Table {
    let heads = vec![
        Head::text("number", lang.pick("编号", "number")),
        Head::day("day", lang.pick("日期", "day")),
        Head::text("party", lang.pick("责任方", "party")),
        Head::text("institution", lang.pick("单位代码", "institution")),
        Head::text("name", lang.pick("收件单位", "name")),
        Head::number("items", lang.pick("项数", "items")),
        Head::money("amount", lang.pick("金额", "amount")),
        Head::number("open", lang.pick("未结", "open")),
        Head::number("settled", lang.pick("已结", "settled")),
        Head::number("withdrawn", lang.pick("撤回", "withdrawn")),
        Head::number("written_off", lang.pick("期满移出", "written off")),
        Head::day("settled_on", lang.pick("了结日", "settled on")),
    ];
    let names = Names::of(&outcome.facts);
    let mut table = Table::new("notices", heads);
    for notice in &outcome.notices {
        table.push(vec![
            notice.number(),
            notice.day.to_string(),
            notice.party.id().to_owned(),
            notice.institution.clone(),
            names.addressee(notice.party, &notice.institution, lang),
            notice.items.to_string(),
            optional(notice.amount),
            notice.open().to_string(),
            notice.settled.to_string(),
            notice.withdrawn.to_string(),
            notice.written_off.to_string(),
            optional(notice.settled_on()),
        ]);
    }
    table
}

/// `notices.csv`
pub(super) fn notices_csv(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    sink(BYTE_ORDER_MARK.as_bytes())?;
    sink(&csv(register(run.outcome, run.lang)))
}
