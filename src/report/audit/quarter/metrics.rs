//! 季度预警分析: the figures of the quarter beside their past and their peers.

use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;
use crate::matching::group::Role;
use crate::period::Pair;
use crate::period::metrics::{Mark, Metric, Scope, Scored, Unit, pair_of};
use crate::report::audit::Audit;
use crate::report::document::{Document, Head, Table};
use crate::report::page::grouped;

/// The page: what marks mean, and every figure.
pub(super) fn metrics_page(audit: &Audit<'_>, scored: &[Scored]) -> Document {
    let mut page = Document::default();
    page.paragraph(audit.pick(
        "以下均为统计，不是违规认定。标记按本机构前四个季度的均值与样本标准差：超出一个标准差为黄，两个为红；不足四个季度不作标记。\
         同业中位数只在同类机构之间比较：银行与银行，国库与国库；方、资金流、科目没有同业。",
        "These are statistics, no finding. Marks compare with the mean and sample deviation of the institution's own four \
         quarters before: amber beyond one deviation, red beyond two; none with fewer quarters. Medians are of peers alone: \
         banks beside banks, treasuries beside treasuries; parties, flows and subjects have none.",
    ));
    page.paragraph(audit.pick(
        "电子税票占比：无数据。各方账册没有载明税票是电子还是纸质的栏目。",
        "Share of electronic slips: no data. No ledger says whether a slip is electronic or on paper.",
    ));
    page.table(metrics(audit, scored).whole_in("metrics.csv"));
    page
}

pub(in crate::report::audit) fn metrics(audit: &Audit<'_>, scored: &[Scored]) -> Table {
    let mut heads = vec![
        Head::text("metric", audit.pick("指标", "metric")),
        Head::text("scope", audit.pick("对象", "of")),
        Head::text("value", audit.pick("本期", "this quarter")),
        Head::text("mark", audit.pick("标记", "mark")),
        Head::text("peers", audit.pick("同业中位数", "median of peers")),
    ];
    for (place, id) in ["before_1", "before_2", "before_3", "before_4"].into_iter().enumerate() {
        let span = (0..=place).fold(audit.period.span, |span, _| span.before());
        heads.push(Head::text(id, &span.to_string()));
    }
    heads.push(Head::text("part", audit.pick("分子（元、元·日或件）", "part (yuan, yuan-days or number)")));
    heads.push(Head::text("whole", audit.pick("分母（元或件）", "whole (yuan or number)")));
    let mut table = Table::new("metrics", heads);
    for Scored { metric, history, peers, mark } in scored {
        let unit = metric.kind.unit;
        let optional = |value: Option<i64>| value.map(|value| shown(unit, value)).unwrap_or_default();
        let scope = scope(audit, metric);
        let figure = |of: i128| match i64::try_from(of) {
            Ok(fen) if metric.kind.is_money => grouped(Money::from_fen(fen)),
            _ => of.to_string(),
        };
        let mark = match mark {
            Mark::NoHistory => audit.pick("无历史", "no history"),
            Mark::Green => audit.pick("绿", "green"),
            Mark::Amber => audit.pick("黄", "amber"),
            Mark::Red => audit.pick("红", "red"),
        };
        let mut row = vec![
            audit.pick(metric.kind.zh, metric.kind.en).to_owned(),
            scope,
            optional(metric.value()),
            mark.to_owned(),
            optional(*peers),
        ];
        row.extend((0..4).map(|place| optional(history.get(place).and_then(|(_, value)| *value))));
        row.extend([figure(metric.part), figure(metric.whole)]);
        table.push(row);
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
            let (flow, Pair(one, other)) = pair_of(of).expect("a pair's scope");
            let name = |role: Role| match role {
                Role::Issuer if flow == Flow::Disbursement => audit.pick("财政", "finance"),
                Role::Issuer => audit.pick("征收方", "issuer"),
                Role::Bank => audit.pick("银行", "bank"),
                Role::Treasury => audit.pick("国库", "treasury"),
            };
            format!("{}{}{}–{}", audit.flow(flow), audit.pick("：", ": "), name(one), name(other))
        }
        Scope::Subject => format!("{of} {}", audit.subject(of)),
        Scope::All => audit.pick("全部", "all").to_owned(),
    }
}

/// Hundredths as a figure with its unit.
fn shown(unit: Unit, value: i64) -> String {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let mark = match unit {
        Unit::Percent => "%",
        Unit::PerMille => "‰",
        Unit::Days | Unit::Each => "",
    };
    format!("{sign}{}.{:02}{mark}", value / 100, value % 100)
}
