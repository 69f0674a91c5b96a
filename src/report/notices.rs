//! The register of correction notices: those of the day, and earlier ones of which something was still open.

use std::io::Result;

use crate::domain::lang::Lang;
use crate::domain::ledger::Party;
use crate::pipeline::Outcome;
use crate::pipeline::notices::Notice;

use super::daily::{BYTE_ORDER_MARK, csv, optional};
use super::document::{Head, Table};
use super::page::name_of;
use super::{Run, Sink};

/// Who a notice is sent to, as a letter names it.
pub(super) fn addressee(notice: &Notice, outcome: &Outcome, lang: Lang) -> String {
    if notice.party == Party::Undetermined {
        return lang.pick("有关各方", "All parties concerned").to_owned();
    }
    let party = lang.pick(notice.party.zh(), notice.party.id());
    if notice.institution.is_empty() {
        return format!("{party}{}", lang.pick("（全体）", " (as a whole)"));
    }
    match name_of(&outcome.facts, &notice.institution) {
        "" => holder(&notice.institution, outcome).unwrap_or(party).to_owned(),
        name => name.to_owned(),
    }
}

/// What the register of accounts calls a unit, if it calls it one thing.
fn holder<'o>(code: &str, outcome: &'o Outcome) -> Option<&'o str> {
    let accounts = outcome.facts.accounts.iter().flat_map(|accounts| accounts.values());
    let mut names = accounts.filter(|of| of.holder_id == code && !of.holder_name.is_empty());
    let name = names.next()?.holder_name.as_str();
    names.all(|of| of.holder_name == name).then_some(name)
}

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
    let mut table = Table::new("notices", heads);
    for notice in &outcome.notices {
        table.push(vec![
            notice.number(),
            notice.day.to_string(),
            notice.party.id().to_owned(),
            notice.institution.clone(),
            addressee(notice, outcome, lang),
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
