//! 季度预警分析: the figures of the quarter beside their past and their peers.

use chrono::NaiveDate;

use crate::domain::lang::Lang;
use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;
use crate::period::Span;
use crate::period::metrics::{KINDS, Mark, Metric, QUARTERS, Scope, Scored, Unit, pair_of};
use crate::report::audit::{Audit, Quarter, month};
use crate::report::document::{Document, Head, Table};

use super::compared::{compared, meaning, pair};

/// The page: what marks and figures mean, and every figure.
pub(super) fn metrics_page(audit: &Audit<'_>, quarter: &Quarter<'_>) -> Document {
    let mut page = Document::default();
    month::standing(audit, None, &mut page);
    page.paragraph(audit.pick(
        "以下均为统计，不是违规认定。标记按本机构前四个完整季度的均值与样本标准差：超出一个标准差为黄，两个为红；不足四个完整季度不作标记。\
         同业中位数只在同类机构之间比较：银行与银行，国库与国库；方、资金流、科目没有同业。",
        "These are statistics, no finding. Marks compare with the mean and sample deviation of the institution's own four whole \
         quarters before: amber beyond one deviation, red beyond two; none with fewer quarters. Medians are of peers alone: \
         banks beside banks, treasuries beside treasuries; parties, flows and subjects have none.",
    ));
    page.paragraph(audit.pick(
        "电子税票占比：无数据。各方账册没有载明税票是电子还是纸质的栏目。",
        "Share of electronic slips: no data. No ledger says whether a slip is electronic or on paper.",
    ));
    page.heading(audit.pick("逐笔核对", "Payments compared"));
    page.paragraph(meaning(audit));
    page.table(compared(audit));
    page.heading(audit.pick("指标", "Metrics"));
    page.table(shown(audit, quarter, quarter.metrics).whole_in("metrics.csv"));
    page.heading(audit.pick("各指标的算法", "What each metric is"));
    page.table(definitions(audit));
    page
}

/// The figures as a page shows them: without the quarters before of which nothing is known.
pub(in crate::report::audit) fn shown(audit: &Audit<'_>, quarter: &Quarter<'_>, scored: &[Scored]) -> Table {
    let is_known = |place: usize| scored.iter().any(|of| of.history.get(place).copied().flatten().is_some());
    let unknown = (0..QUARTERS).filter(|place| !is_known(*place)).map(|place| BEFORE[place]);
    let aside: Vec<&str> = unknown.chain(["known_from"]).collect();
    metrics(audit, quarter, scored).without(&aside)
}

/// The columns of the quarters before, the latest first.
const BEFORE: [&str; QUARTERS] = ["before_1", "before_2", "before_3", "before_4"];

/// Figures with their unit beside them, so that a program can read them.
pub(super) fn metrics(audit: &Audit<'_>, quarter: &Quarter<'_>, scored: &[Scored]) -> Table {
    let mut heads = vec![
        Head::text("metric", audit.pick("指标", "metric")),
        Head::text("scope", audit.pick("对象", "of")),
        Head::number("value", &name(audit, audit.period.span, audit.period.since)),
        Head::text("unit", audit.pick("单位", "unit")),
        Head::text("mark", audit.pick("标记", "mark")),
        Head::number("peers", audit.pick("同业中位数", "median of peers")),
    ];
    for (place, id) in BEFORE.into_iter().enumerate() {
        let span = (0..=place).fold(audit.period.span, |span, _| span.before());
        let since = quarter.before.get(place).and_then(|of| of.since);
        heads.push(Head::number(id, &name(audit, span, since)));
    }
    heads.push(Head::number("part", audit.pick("分子", "part")));
    heads.push(Head::number("whole", audit.pick("分母", "whole")));
    heads.push(Head::text("of", audit.pick("分子、分母单位", "units of part and whole")));
    heads
        .push(Head::text("known_from", audit.pick("档案未及其始的季度，自", "quarters known in part, from")));
    let before = quarter.before.iter().map(|of| (of.span, of.since));
    let partly: Vec<String> = std::iter::once((audit.period.span, audit.period.since))
        .chain(before)
        .filter_map(|(span, since)| Some(format!("{span} {}", since?)))
        .collect();
    let mut table = Table::new("metrics", heads);
    for Scored { metric, history, peers, mark } in scored {
        let kind = metric.kind;
        let optional = |value: Option<i64>| value.map(hundredths).unwrap_or_default();
        let figure = |of: i128| match i64::try_from(of) {
            Ok(fen) if kind.is_money => Money::from_fen(fen).to_string(),
            _ => of.to_string(),
        };
        let mark = match mark {
            Mark::NoHistory => audit.pick("无历史", "no history"),
            Mark::Green => audit.pick("绿", "green"),
            Mark::Amber => audit.pick("黄", "amber"),
            Mark::Red => audit.pick("红", "red"),
        };
        let mut row = vec![
            audit.pick(kind.title.zh, kind.title.en).to_owned(),
            scope(audit, metric),
            optional(metric.value()),
            unit(audit, kind.unit).to_owned(),
            mark.to_owned(),
            optional(*peers),
        ];
        row.extend((0..QUARTERS).map(|place| optional(history.get(place).copied().flatten())));
        let of = match (kind.unit, kind.is_money) {
            (Unit::Days, true) => audit.pick("元·日、元", "yuan-days, yuan"),
            (_, true) => audit.pick("元", "yuan"),
            (_, false) => audit.pick("个数", "number"),
        };
        row.extend([figure(metric.part), figure(metric.whole), of.to_owned(), partly.join("; ")]);
        table.push(row);
    }
    table
}

/// A quarter's name; of one that the archive knows in part, from which day on.
fn name(audit: &Audit<'_>, quarter: Span, since: Option<NaiveDate>) -> String {
    match (since, audit.lang) {
        (None, _) => quarter.to_string(),
        (Some(day), Lang::Zh) => format!("{quarter}（档案自 {day}）"),
        (Some(day), Lang::En) => format!("{quarter} (from {day})"),
    }
}

/// What each metric is.
fn definitions(audit: &Audit<'_>) -> Table {
    let mut table = Table::new(
        "definitions",
        vec![
            Head::text("metric", audit.pick("指标", "metric")),
            Head::text("unit", audit.pick("单位", "unit")),
            Head::text("about", audit.pick("算法", "what it is")),
        ],
    );
    for kind in KINDS {
        table.push(vec![
            audit.pick(kind.title.zh, kind.title.en).to_owned(),
            unit(audit, kind.unit).to_owned(),
            audit.pick(kind.about.zh, kind.about.en).to_owned(),
        ]);
    }
    table
}

/// What a metric is of, as people read it.
fn scope(audit: &Audit<'_>, metric: &Metric) -> String {
    let of = metric.scope.as_str();
    match metric.kind.of {
        Scope::Bank | Scope::Treasury => audit.named(of),
        Scope::Party => Party::from_id(of).map_or(of, |party| audit.party(party)).to_owned(),
        Scope::Flow => Flow::from_id(of).map_or(of, |flow| audit.flow(flow)).to_owned(),
        Scope::Pair => {
            let (flow, two) = pair_of(of).expect("a pair's scope");
            format!("{}{}{}", audit.flow(flow), audit.pick("：", ": "), pair(audit, flow, two))
        }
        Scope::Subject => format!("{of} {}", audit.subject(of)),
        Scope::All => audit.pick("全部", "all").to_owned(),
    }
}

fn unit<'a>(audit: &Audit<'a>, unit: Unit) -> &'a str {
    match unit {
        Unit::Percent => "%",
        Unit::PerMille => "‰",
        Unit::Days => audit.pick("天", "days"),
        Unit::Each => audit.pick("个", "each"),
    }
}

/// Hundredths as a number with two decimals.
fn hundredths(value: i64) -> String {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    format!("{sign}{}.{:02}", value / 100, value % 100)
}
