//! The plan's provisions in order: which rules serve each, what they need, and what a day says of it.

use std::collections::BTreeMap;
use std::io::Result;

use chrono::NaiveDate;

use crate::domain::lang::Lang;
use crate::pipeline::Outcome;
use crate::pipeline::handover::NoData;
use crate::rules::coverage::PROVISIONS;
use crate::rules::finding::{Kind, Status, Told};

use super::document::{Document, Head, Table};
use super::render::{Form, render};
use super::{Run, Sink};

/// What a run of a day left: its findings, and the rules that lacked data.
#[derive(Clone, Copy, Debug)]
pub struct Day<'o> {
    pub date: NaiveDate,
    pub told: &'o [Told],
    pub no_data: &'o [NoData],
}

impl<'o> Day<'o> {
    pub fn of(outcome: &'o Outcome) -> Self {
        Self { date: outcome.facts.as_of, told: &outcome.handover.told, no_data: &outcome.handover.no_data }
    }
}

/// The provisions; with a day what it says of each.
pub fn coverage(day: Option<Day<'_>>, lang: Lang) -> Document {
    let mut document = Document::default();
    if let Some(day) = day {
        document.heading(match lang {
            Lang::Zh => format!("{} 监管方案逐条结论", day.date),
            Lang::En => format!("The plan, provision by provision, on {}", day.date),
        });
    }
    document.table(table(day, lang));
    document
}

/// The provisions as a table.
pub(super) fn table(day: Option<Day<'_>>, lang: Lang) -> Table {
    let mut heads = vec![
        Head::number("provision", lang.pick("条款", "no.")),
        Head::text("words", lang.pick("方案要求", "provision")),
    ];
    if day.is_some() {
        heads.push(Head::text("verdict", lang.pick("结论", "verdict")));
        heads.push(Head::number("findings", lang.pick("未结违规与线索", "open breaches and leads")));
        heads.push(Head::number("notes", lang.pick("未结提示", "open notes")));
        heads.push(Head::text("lacks", lang.pick("缺少", "lacks")));
    }
    heads.push(Head::text("rules", lang.pick("规则", "rules")));
    heads.push(Head::text("needs", lang.pick("所需数据", "needs")));
    let mut table = Table::new("coverage", heads);
    let stands = |told: &&Told, date: NaiveDate| told.status == Status::Open || told.first_seen == date;
    let told: Vec<&Told> =
        day.iter().flat_map(|day| day.told.iter().filter(|told| stands(told, day.date))).collect();
    let lacking: BTreeMap<&str, Vec<&str>> =
        day.iter().flat_map(|day| day.no_data).map(|lack| (lack.rule, lack.lacks.clone())).collect();
    for provision in PROVISIONS {
        let instead = provision.instead.map(|(_, zh, en)| lang.pick(zh, en));
        let mut row = vec![provision.number.to_string(), lang.pick(provision.zh, provision.en).to_owned()];
        if day.is_some() {
            let verdict = provision.verdict(&told, &lacking);
            let open = told.iter().filter(|told| told.status == Status::Open && provision.concerns(told));
            let (notes, breaches): (Vec<&Told>, Vec<&Told>) =
                open.partition(|told| told.kind() == Kind::Info);
            let count = |of: Vec<&Told>| match provision.instead {
                Some(_) => String::new(),
                None => of.len().to_string(),
            };
            row.push(lang.pick(verdict.zh(), verdict.id()).to_owned());
            row.extend([count(breaches), count(notes)]);
            row.push(provision.lacks(&lacking).into_iter().collect::<Vec<_>>().join(" "));
        }
        row.push(instead.map_or_else(|| provision.rules.join(" "), |words| format!("({words})")));
        row.push(provision.needs().into_iter().collect::<Vec<_>>().join(" "));
        table.push(row);
    }
    table
}

pub(super) fn coverage_csv(run: &Run<'_>, sink: &mut Sink<'_>) -> Result<()> {
    sink(render(&coverage(Some(Day::of(run.outcome)), run.lang), Form::Csv).as_bytes())
}
