//! 抽样方案: how payments are drawn, what was drawn, and from what, so that a draw can be made again by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, Result};

use chrono::NaiveDate;

use crate::domain::ledger::Flow;
use crate::domain::money::Money;
use crate::period::Runs;
use crate::period::sample::{self, Draw, Member, Plan, Sampled};
use crate::report::audit::{Audit, Pack};
use crate::report::daily::optional;
use crate::report::document::{Document, Head, Table};
use crate::rules::finding::Told;

/// Draws the sample and writes the population it is drawn from, a file for each run. Payments that a critical finding
/// names are taken besides.
pub(super) fn draw(
    pack: &mut Pack<'_, '_, '_>,
    runs: &dyn Runs,
    size: u32,
    critical: &[&Told],
) -> Result<Vec<Plan>> {
    let audit = pack.audit;
    let mut must: BTreeMap<(Option<Flow>, &str), BTreeSet<String>> = BTreeMap::new();
    for told in critical {
        // What a bank did not pass on, the finding may name by the slip alone.
        let number = (Some(told.flow), told.key.as_str());
        for of in told.evidence.iter().map(|row| (None, row.as_str())).chain([number]) {
            must.entry(of).or_default().insert(reason(audit, told));
        }
    }
    let populations = audit.period.sums.populations.iter();
    let is_of = |institution: &str| audit.institution.is_none_or(|code| institution == code);
    let draw = Draw {
        span: audit.period.span,
        populations: populations.filter(|(stratum, _)| is_of(&stratum.institution)).collect(),
        size,
        seed: audit.digest,
        facts: audit.facts,
        must,
    };
    let mut each = |plans: &[Plan], day: NaiveDate, members: &[Member]| {
        let table = population(audit, plans, day, members);
        Ok(pack.list(&population_file(day), table)?)
    };
    sample::draw(runs, &draw, &mut each).map_err(Error::other)
}

fn population_file(day: NaiveDate) -> String {
    format!("population/{day}.csv")
}

/// Why a payment must be looked at: the finding by title and id.
fn reason(audit: &Audit<'_>, told: &Told) -> String {
    let title = told.rule().title;
    format!("{} {}", audit.pick(title.zh, title.en), told.id())
}

/// Why no start could have left a payment out; empty where one could.
pub(in crate::report::audit) fn certain(audit: &Audit<'_>, item: &Sampled) -> String {
    let large = item.is_large.then(|| audit.pick("不小于间隔", "as large as the interval").to_owned());
    let because = Some(item.member.because.clone()).filter(|because| !because.is_empty());
    large.into_iter().chain(because).collect::<Vec<_>>().join("; ")
}

pub(super) fn sampling(audit: &Audit<'_>, plans: &[Plan], critical: &[&Told]) -> Document {
    let mut page = Document::default();
    page.paragraph(audit.pick(
        "货币单位抽样：每层的款项按运行日、凭证号、金额、行号排列并逐笔累计；从起点起每隔一个间隔有一分被命中，命中的分所在的款项抽取，\
         不小于间隔的款项必抽。起点由档案摘要决定，任何人不能选择，任何人可以重算：SHA-256（种子）的前 8 字节（大端整数）除以间隔（分）的余数加 1。",
        "Monetary-unit sampling: the payments of a stratum stand in order of run, number, amount and row and are added up; from \
         the start on a fen is hit in each interval, and the payment it lies in is taken, so that what is as large as the \
         interval always is. The start comes from the digest of the archive: nobody chooses it and everybody can make it \
         again as the first 8 bytes of SHA-256(seed), a big-endian number, modulo the interval in fen, plus 1.",
    ));
    page.paragraph(audit.pick(
        "运行日：程序运行某一日（run --date）的那个日期，不是款项自己的日期。一笔款项归入了结它的那次运行；到档案截止日仍未了结的，归入最后一次运行。",
        "Run day: the date the program was run for (run --date), not the payment's own. A payment belongs to the run that \
         settled it, or to the last run looked at where it is not settled yet.",
    ));
    page.paragraph(audit.pick(
        "手工复核：population.csv 列出每层每个运行日累计到多少；起点加若干个间隔（命中数）大于该日之前的累计、不大于该日的累计时，\
         打开该运行日的总体文件，命中数落在（累计−金额，累计］之内的那一笔即为抽中。期末未结的严重违规所涉款项一律必查，另行加入，不改变起点和间隔。",
        "To make a draw again by hand: population.csv says what each stratum comes to by run day; where the start plus some \
         intervals is above the sum before a day and not above the sum with it, open that day's file: the payment is taken \
         whose (sum less amount, sum] holds the hit. What a critical breach that stood open at the end names is taken besides \
         and moves neither start nor interval.",
    ));
    let mut table = Table::new(
        "strata",
        vec![
            Head::text("flow", audit.pick("资金流", "flow")),
            Head::text("institution", audit.pick("机构", "institution")),
            Head::number("count", audit.pick("总体笔数", "payments")),
            Head::money("amount", audit.pick("总体金额", "amount")),
            Head::money("interval", audit.pick("间隔", "interval")),
            Head::money("start", audit.pick("起点", "start")),
            Head::number("drawn", audit.pick("抽取", "drawn")),
            Head::number("large", audit.pick("其中不小于间隔", "as large as the interval")),
            Head::number("must", audit.pick("其中因严重违规必查", "for a critical finding")),
            Head::text("seed", audit.pick("种子", "seed")),
        ],
    );
    for plan in plans {
        let large = plan.items.iter().filter(|item| item.is_large).count();
        let must = plan.items.iter().filter(|item| !item.member.because.is_empty()).count();
        table.push(vec![
            audit.flow(plan.stratum.flow).to_owned(),
            audit.named(&plan.stratum.institution),
            plan.count.to_string(),
            plan.amount.to_string(),
            plan.interval.to_string(),
            Money::from_fen(plan.start).to_string(),
            plan.items.len().to_string(),
            large.to_string(),
            must.to_string(),
            plan.seed.clone(),
        ]);
    }
    page.table(table.whole_in("sample.csv"));
    page.heading(audit.pick("必查事项", "Must be looked at"));
    page.paragraph(audit.pick(
        "期末未结的严重违规，逐件到场核实；其证据所列款项在总体之内的，已加入样本。",
        "Critical breaches that stood open at the end, each to be verified on site; the payments their evidence names are in \
         the sample where they are in the population.",
    ));
    page.table(must_see(audit, critical, plans));
    page.heading(audit.pick("总体", "Populations"));
    let days = plans.iter().filter_map(|plan| audit.period.sums.populations.get(&plan.stratum));
    let mut days: Vec<NaiveDate> = days.flat_map(|of| of.runs.keys().copied()).collect();
    days.sort_unstable();
    days.dedup();
    let files = days.into_iter().map(population_file).map(|name| (name.clone(), name));
    page.links(
        std::iter::once(("population.csv".to_owned(), "population.csv".to_owned())).chain(files).collect(),
    );
    page
}

/// Critical findings, and how many payments of each are in the sample.
pub(in crate::report::audit) fn must_see(audit: &Audit<'_>, critical: &[&Told], plans: &[Plan]) -> Table {
    let mut table = Table::new(
        "must",
        vec![
            Head::text("institution", audit.pick("机构", "institution")),
            Head::text("matter", audit.pick("必查理由", "reason")),
            Head::text("key", audit.pick("对象", "key")),
            Head::money("amount", audit.pick("金额", "amount")),
            Head::money("difference", audit.pick("差额", "difference")),
            Head::text("explanation", audit.pick("说明", "explanation")),
            Head::number("sampled", audit.pick("样本中的款项", "payments in the sample")),
            Head::text("finding_id", audit.pick("编号", "id")),
        ],
    );
    for told in critical {
        let title = told.rule().title;
        let id = told.id();
        let items = plans.iter().flat_map(|plan| &plan.items);
        table.push(vec![
            audit.named(&told.institution),
            audit.pick(title.zh, title.en).to_owned(),
            told.key.clone(),
            optional(told.amount),
            optional(told.difference),
            audit.explained(told),
            items.filter(|item| item.member.because.contains(&id)).count().to_string(),
            id,
        ]);
    }
    table
}

/// Everything that was drawn.
pub(super) fn sample(audit: &Audit<'_>, plans: &[Plan]) -> Table {
    let mut table = Table::new(
        "sample",
        vec![
            Head::text("flow", audit.pick("资金流", "flow")),
            Head::text("institution", audit.pick("机构", "institution")),
            Head::text("key", audit.pick("凭证号", "number")),
            Head::day("on", audit.pick("日期", "date")),
            Head::money("amount", audit.pick("金额", "amount")),
            Head::text("name", audit.pick("付款人/收款人", "payer or payee")),
            Head::text("account", audit.pick("账号", "account")),
            Head::text("treasury", audit.pick("国库", "treasury")),
            Head::text("certain", audit.pick("必抽必查的理由", "why certain")),
            Head::money("hit", audit.pick("命中（累计元）", "hit (yuan, cumulative)")),
            Head::money("upto", audit.pick("累计金额", "cumulative amount")),
            Head::text("row", audit.pick("账册行", "row")),
        ],
    );
    for plan in plans {
        for item in &plan.items {
            let of = &item.member;
            table.push(vec![
                audit.flow(plan.stratum.flow).to_owned(),
                plan.stratum.institution.clone(),
                of.key.clone(),
                of.on.to_string(),
                of.amount.to_string(),
                item.name.clone(),
                item.account.clone(),
                item.treasury.clone(),
                certain(audit, item),
                hit(of),
                of.upto.to_string(),
                of.row.clone(),
            ]);
        }
    }
    table
}

fn hit(of: &Member) -> String {
    of.hit.map(|hit| Money::from_fen(hit).to_string()).unwrap_or_default()
}

/// By stratum and run what the population comes to: the file in which a hit lies.
pub(super) fn by_run(audit: &Audit<'_>, plans: &[Plan]) -> Table {
    let mut table = Table::new(
        "runs",
        vec![
            Head::text("flow", audit.pick("资金流", "flow")),
            Head::text("institution", audit.pick("机构", "institution")),
            Head::day("run", audit.pick("运行日", "run day")),
            Head::number("count", audit.pick("笔数", "payments")),
            Head::money("amount", audit.pick("金额", "amount")),
            Head::money("upto", audit.pick("累计金额", "cumulative amount")),
            Head::text("file", audit.pick("文件", "file")),
        ],
    );
    for plan in plans {
        let runs = audit.period.sums.populations.get(&plan.stratum).into_iter().flat_map(|of| &of.runs);
        let mut upto = Money::ZERO;
        for (day, (count, amount)) in runs {
            upto += *amount;
            table.push(vec![
                audit.flow(plan.stratum.flow).to_owned(),
                plan.stratum.institution.clone(),
                day.to_string(),
                count.to_string(),
                amount.to_string(),
                upto.to_string(),
                population_file(*day),
            ]);
        }
    }
    table
}

/// The population of a run, in the order of the draw.
fn population(audit: &Audit<'_>, plans: &[Plan], run: NaiveDate, members: &[Member]) -> Table {
    let mut table = Table::new(
        "population",
        vec![
            Head::day("run", audit.pick("运行日", "run day")),
            Head::text("flow", audit.pick("资金流", "flow")),
            Head::text("institution", audit.pick("机构", "institution")),
            Head::text("key", audit.pick("凭证号", "number")),
            Head::day("on", audit.pick("日期", "date")),
            Head::money("amount", audit.pick("金额", "amount")),
            Head::money("upto", audit.pick("累计金额", "cumulative amount")),
            Head::text("drawn", audit.pick("抽取", "drawn")),
            Head::money("hit", audit.pick("命中（累计元）", "hit (yuan, cumulative)")),
            Head::text("because", audit.pick("必查理由", "why it must be looked at")),
            Head::text("row", audit.pick("账册行", "row")),
        ],
    );
    let (yes, no) = (audit.pick("是", "yes"), audit.pick("否", "no"));
    for of in members {
        let stratum = &plans[of.plan].stratum;
        table.push(vec![
            run.to_string(),
            audit.flow(stratum.flow).to_owned(),
            stratum.institution.clone(),
            of.key.clone(),
            of.on.to_string(),
            of.amount.to_string(),
            of.upto.to_string(),
            if of.is_drawn() { yes } else { no }.to_owned(),
            hit(of),
            of.because.clone(),
            of.row.clone(),
        ]);
    }
    table
}
