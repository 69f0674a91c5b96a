//! 季度现场核对: the pack that inspectors carry to a bank's counter and the leading group reads at its table.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Result;

use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::matching::group;
use crate::period::metrics::{Mark, Scored, Unit};
use crate::period::sample::Plan;
use crate::period::{BankSum, Gross, PayoutSum};
use crate::report::daily;
use crate::report::document::{Document, Head, Table};
use crate::report::page::grouped;
use crate::report::workbooks::register_sheets;
use crate::rules::coverage::{PROVISIONS, Verdict};
use crate::rules::finding::{Kind, Severity, Told};
use crate::rules::{RULES, Rule, by_id};

use super::{Audit, Pack, Quarter, dossier, file_name, lists, month};

pub(super) fn write(pack: &mut Pack<'_, '_, '_>, quarter: &Quarter<'_>) -> Result<()> {
    let audit = pack.audit;
    let found = audit.findings();
    let institutions = institutions(audit, &found);
    let title = |of: &str| format!("{} {of}", audit.period.span);
    pack.page(
        "index.html",
        &title(audit.pick("季度监管审计", "quarterly audit")),
        &index(audit, quarter, &institutions, &found),
    )?;

    pack.page(
        "coverage.html",
        &title(audit.pick("监管方案逐条结论", "the plan, provision by provision")),
        &{
            let mut page = Document::default();
            page.paragraph(audit.pick(
                "“无数据”不是“未发现”：缺少账册或登记表的日子，该条不能得出结论。",
                "\"No data\" is not \"clean\": on days that lacked a ledger or table nothing is concluded.",
            ));
            page.table(coverage(audit, &found));
            page
        },
    )?;
    pack.page("metrics.html", &title(audit.pick("季度预警分析", "early-warning metrics")), &{
        let mut page = Document::default();
        page.paragraph(audit.pick(
            "以下均为统计，不是违规认定。标记按本机构前四个季度的均值与样本标准差：超出一个标准差为黄，两个为红；不足四个季度不作标记。",
            "These are statistics, no finding. Marks compare with the mean and sample deviation of the institution's own four \
             quarters before: amber beyond one deviation, red beyond two; none with fewer quarters.",
        ));
        page.table(metrics(audit, quarter.metrics).whole_in("metrics.csv"));
        page
    })?;
    pack.list("metrics.csv", metrics(audit, quarter.metrics))?;
    pack.page("accounts.html", &title(audit.pick("账户清查", "account census")), &census_page(audit))?;
    pack.list("accounts.csv", census(audit))?;
    pack.page(
        "sampling.html",
        &title(audit.pick("抽样方案", "sampling plan")),
        &sampling(audit, quarter.plans),
    )?;
    pack.list("sample.csv", dossier::sample(audit, quarter.plans))?;
    pack.page("pefa.html", &title(audit.pick("对照国际标准自评", "self-assessment")), &pefa(audit))?;
    pack.page("files.html", &title(audit.pick("数据质量", "quality of the files")), &{
        let mut page = Document::default();
        page.table(files(audit, None));
        page
    })?;
    let told: Vec<Told> = found.iter().map(|told| (*told).clone()).collect();
    pack.list("findings.csv", daily::findings(&told, audit.lang))?;
    pack.list("league.csv", league(audit))?;
    month::whole_lists(pack)?;
    let has_budget = audit.facts.budget.is_some();
    pack.workbook("registers.xlsx", &register_sheets(quarter.registered, has_budget, &found, audit.lang))?;
    for code in institutions {
        dossier::write(pack, quarter, code, &found)?;
    }
    Ok(())
}

/// The first page: what stands, and where everything is.
fn index(
    audit: &Audit<'_>,
    quarter: &Quarter<'_>,
    institutions: &BTreeSet<&str>,
    found: &[&Told],
) -> Document {
    let mut links = vec![
        ("coverage.html", audit.pick("监管方案逐条结论", "The plan, provision by provision")),
        ("metrics.html", audit.pick("季度预警分析", "Early-warning metrics")),
        ("accounts.html", audit.pick("账户清查", "Account census")),
        ("sampling.html", audit.pick("抽样方案", "Sampling plan")),
        ("pefa.html", audit.pick("对照国际标准自评", "Self-assessment against PEFA")),
        ("files.html", audit.pick("数据质量", "Quality of the files")),
    ]
    .into_iter()
    .map(|(to, name)| (to.to_owned(), name.to_owned()))
    .collect::<Vec<_>>();
    links.push(("registers.xlsx".to_owned(), audit.pick("大额、非预算、退库登记簿", "Registers").to_owned()));
    let mut index = Document::default();
    month::standing(audit, &mut index);
    summary(audit, quarter, found, &mut index);
    index.heading(audit.pick("本册内容", "In this pack"));
    index.links(links);
    let lists = [
        "findings.csv",
        "league.csv",
        "cells.csv",
        "payouts.csv",
        "differences.csv",
        "in-transit.csv",
        "corrections.csv",
        "open-items.csv",
        "accounts.csv",
        "metrics.csv",
        "sample.csv",
        "manifest.json",
    ];
    index.links(lists.map(|name| (name.to_owned(), name.to_owned())).to_vec());
    index.heading(audit.pick("机构档案", "Dossiers"));
    for party in [Party::Bank, Party::Treasury, Party::Tax, Party::Finance, Party::Unit] {
        let of: Vec<(String, String)> = institutions
            .iter()
            .filter(|code| audit.party_of(code).unwrap_or(Party::Unit) == party)
            .map(|code| {
                let open = found.iter().filter(|told| {
                    told.institution == **code && told.kind() == Kind::Breach && audit.stood_at_end(told)
                });
                let open = open.count();
                let words = audit.pick("未结违规", "open breaches");
                (
                    format!("institutions/{}.html", file_name(code)),
                    format!("{} · {words} {open}", audit.named(code)),
                )
            })
            .collect();
        if !of.is_empty() {
            index.paragraph(audit.party(party));
            index.links(of);
        }
    }
    index
}

/// Whose dossiers there are: every institution of the tables, every bank that collected, and whoever answers for something.
fn institutions<'a>(audit: &Audit<'a>, found: &[&'a Told]) -> BTreeSet<&'a str> {
    if let Some(code) = audit.institution {
        return BTreeSet::from([code]);
    }
    let mut codes: BTreeSet<&str> =
        audit.facts.institutions.iter().flatten().map(|(code, _)| code.as_str()).collect();
    codes.extend(audit.facts.treasuries.iter().flatten().map(|(code, _)| code.as_str()));
    codes.extend(audit.period.sums.banks.keys().map(String::as_str));
    codes.extend(found.iter().map(|told| told.institution.as_str()));
    codes.remove("");
    codes
}

/// What the leading group reads.
fn summary(audit: &Audit<'_>, quarter: &Quarter<'_>, found: &[&Told], document: &mut Document) {
    let sums = &audit.period.sums;
    let (mut gross, mut paid) = (Gross::default(), PayoutSum::default());
    for (_, of) in lists::lines(audit) {
        gross.add(of);
    }
    sums.payouts.values().for_each(|of| paid.add(*of));
    let net = gross.net();
    document.heading(audit.pick("资金", "Money"));
    let mut money = Table::new(
        "money",
        vec![
            Head::text("what", ""),
            Head::money("issuer", audit.pick("开票方", "issuer")),
            Head::money("bank", audit.pick("银行", "bank")),
            Head::money("treasury", audit.pick("国库", "treasury")),
        ],
    );
    money.columns.extend(lists::difference_heads(audit));
    for (name, figures) in [
        (audit.pick("收入", "receipts"), gross.receipts),
        (audit.pick("退库", "refunds"), gross.refunds),
        (audit.pick("更正", "corrections"), gross.corrections),
        (audit.pick("收入净额", "net revenue"), net),
        (audit.pick("支拨", "payouts"), paid.paid),
    ] {
        let mut row = vec![name.to_owned()];
        let all = [figures.issuer, figures.bank, figures.treasury];
        row.extend(all.iter().chain(&lists::differences_of(figures)).map(ToString::to_string));
        money.push(row);
    }
    // Finance keeps no record of what comes back, so nothing is compared with it.
    let [bank, treasury] = [paid.returned.bank, paid.returned.treasury].map(|sum| (-sum).to_string());
    let name = audit.pick("支拨退回", "payouts returned").to_owned();
    money.push(vec![name, String::new(), bank, treasury, String::new(), String::new()]);
    let [bank, treasury] = [paid.paid.bank - paid.returned.bank, paid.paid.treasury - paid.returned.treasury]
        .map(|sum| sum.to_string());
    let name = audit.pick("支拨净额", "payouts, net").to_owned();
    money.push(vec![name, String::new(), bank, treasury, String::new(), String::new()]);
    document.table(money);
    document.paragraph(audit.pick(
        "差额包括期末在途、逾期未入库和各方金额不一；逐笔见 differences.csv，在途见 in-transit.csv。财政不记退回。",
        "The differences are what is in transit, what is overdue, and what the parties state differently: payment by payment in \
         differences.csv, in transit in in-transit.csv. Finance keeps no record of returns.",
    ));
    month::silent(audit, document);
    conclusion(audit, found, document);
    document.heading(audit.pick("责任清单", "Who has to correct what"));
    document.table(by_party(audit, found));
    document.heading(audit.pick("按事项", "By matter"));
    document.table(by_rule(audit, found).whole_in("findings.csv"));
    let late: Vec<(String, String, u64)> = league_rows(audit)
        .into_iter()
        .filter(|(_, sum)| sum.amount_days > Money::ZERO)
        .take(12)
        .map(|(bank, sum)| {
            (audit.named(bank), grouped(sum.amount_days), sum.amount_days.fen().unsigned_abs())
        })
        .collect();
    document.heading(audit.pick("延解、占压积数排名（元·日）", "Late and held money, in yuan-days"));
    if late.is_empty() {
        document.paragraph(audit.pick("没有延解或占压。", "Nothing was late or held."));
    } else {
        document.bars(late);
    }
    document.table(league(audit).whole_in("league.csv"));
    let red: Vec<&Scored> = quarter.metrics.iter().filter(|of| of.mark >= Mark::Amber).collect();
    document.heading(audit.pick("预警", "Warnings"));
    let scored = quarter.metrics.iter().filter(|of| of.mark != Mark::NoHistory).count();
    document.paragraph(match audit.lang {
        Lang::Zh => format!(
            "共 {} 项指标，{scored} 项有四个季度的历史可比，其中 {} 项偏离。",
            quarter.metrics.len(),
            red.len()
        ),
        Lang::En => format!(
            "{} metrics, of which {scored} have four quarters to compare with; {} of them deviate.",
            quarter.metrics.len(),
            red.len()
        ),
    });
    if !red.is_empty() {
        let red: Vec<Scored> = red.into_iter().cloned().collect();
        document.table(metrics(audit, &red).whole_in("metrics.csv"));
    }
}

/// What stands at the end, in a few sentences.
fn conclusion(audit: &Audit<'_>, found: &[&Told], document: &mut Document) {
    let breaches: Vec<&&Told> = found.iter().filter(|told| told.kind() == Kind::Breach).collect();
    let open = breaches.iter().filter(|told| audit.stood_at_end(told)).count();
    let critical = breaches.iter().filter(|told| told.severity == Severity::Critical).count();
    let leads = found.iter().filter(|told| told.kind() == Kind::Lead).count();
    let held: Vec<&BankSum> = audit.period.sums.banks.values().filter(|sum| sum.held_count > 0).collect();
    let held_amount: Money = held.iter().map(|sum| sum.held_amount).sum();
    let day = audit.period.span.last().min(audit.period.known_on);
    document.heading(audit.pick("结论", "What stands"));
    document.paragraph(match audit.lang {
        Lang::Zh => format!(
            "本期违规 {} 件，其中严重 {critical} 件；截至 {day} 未结 {open} 件。线索 {leads} 件，均待核实。截至 {} 仍有 {} \
             家银行占压收入共 {} 元。",
            breaches.len(),
            audit.period.known_on,
            held.len(),
            grouped(held_amount)
        ),
        Lang::En => format!(
            "{} breaches, {critical} of them critical; {open} stand open on {day}. {leads} leads, all to be verified. On {} {} \
             banks still held revenue beyond its time, {} yuan in all.",
            breaches.len(),
            audit.period.known_on,
            held.len(),
            grouped(held_amount)
        ),
    });
    let critical: Vec<&Told> = breaches
        .into_iter()
        .copied()
        .filter(|told| told.severity == Severity::Critical && audit.stood_at_end(told))
        .collect();
    if !critical.is_empty() {
        document.table(lists::findings(audit, &critical).without(&[
            "severity",
            "kind",
            "evidence",
            "finding_id",
        ]));
    }
}

/// Findings by who answers: breaches, leads, and what is still open.
fn by_party(audit: &Audit<'_>, found: &[&Told]) -> Table {
    let mut table = Table::new(
        "parties",
        vec![
            Head::text("party", audit.pick("责任方", "party")),
            Head::text("institution", audit.pick("单位", "institution")),
            Head::number("breaches", audit.pick("违规", "breaches")),
            Head::number("critical", audit.pick("其中严重、重大", "critical or high")),
            Head::number("leads", audit.pick("线索", "leads")),
            Head::number("open", audit.pick("期末未结", "open at the end")),
            Head::money(
                "amount",
                audit.pick("违规涉及金额（同一对象一次）", "at stake in the breaches, each thing once"),
            ),
        ],
    );
    let mut rows: BTreeMap<(Party, &str), Vec<&Told>> = BTreeMap::new();
    for told in found.iter().filter(|told| told.kind() != Kind::Info) {
        rows.entry((told.party, &told.institution)).or_default().push(told);
    }
    for ((party, institution), told) in rows {
        let breaches: Vec<&&Told> = told.iter().filter(|told| told.kind() == Kind::Breach).collect();
        let amount = at_stake(breaches.iter().map(|told| **told));
        let grave = breaches.iter().filter(|told| told.severity >= Severity::High).count();
        let open = told.iter().filter(|told| audit.stood_at_end(told)).count();
        table.push(vec![
            audit.party(party).to_owned(),
            if institution.is_empty() { String::new() } else { audit.named(institution) },
            breaches.len().to_string(),
            grave.to_string(),
            (told.len() - breaches.len()).to_string(),
            open.to_string(),
            amount.to_string(),
        ]);
    }
    table
}

/// Yuan that are wrong or at stake: of a difference what differs; of one thing once, however many findings name it.
fn at_stake<'a>(told: impl Iterator<Item = &'a Told>) -> Money {
    let mut of_key: BTreeMap<&str, Money> = BTreeMap::new();
    for told in told {
        let amount = told.difference.or(told.amount).unwrap_or_default().abs();
        let of = of_key.entry(&told.key).or_default();
        *of = amount.max(*of);
    }
    of_key.into_values().sum()
}

/// Findings by rule, the gravest first.
pub(super) fn by_rule(audit: &Audit<'_>, found: &[&Told]) -> Table {
    let mut table = Table::new(
        "matters",
        vec![
            Head::text("matter", audit.pick("事项", "matter")),
            Head::text("kind", audit.pick("性质", "kind")),
            Head::number("count", audit.pick("件数", "findings")),
            Head::number("new", audit.pick("本期首见", "first seen in the period")),
            Head::number("settled", audit.pick("期末已结", "settled by the end")),
            Head::number("open", audit.pick("期末未结", "open at the end")),
            Head::money(
                "amount",
                audit.pick("涉及金额（差异为差额）", "at stake (of differences what differs)"),
            ),
            Head::text("rule", audit.pick("规则", "rule")),
        ],
    );
    let worst = |id: &str| found.iter().filter(|told| told.rule == id).map(|told| told.severity).max();
    let mut rules: Vec<&Rule> = RULES.iter().copied().filter(|rule| worst(rule.id).is_some()).collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(worst(rule.id)));
    for rule in rules {
        let of: Vec<&&Told> = found.iter().filter(|told| told.rule == rule.id).collect();
        if of.is_empty() {
            continue;
        }
        let is_info = of.iter().all(|told| told.kind() == Kind::Info);
        let open = of.iter().filter(|told| !is_info && audit.stood_at_end(told)).count();
        let new = of.iter().filter(|told| audit.period.span.contains(told.first_seen)).count();
        let amount = at_stake(of.iter().map(|told| **told));
        table.push(vec![
            audit.pick(rule.title.zh, rule.title.en).to_owned(),
            audit.pick(rule.kind.zh(), rule.kind.id()).to_owned(),
            of.len().to_string(),
            new.to_string(),
            // What is merely told is neither open nor settled.
            if is_info { String::new() } else { (of.len() - open).to_string() },
            if is_info { String::new() } else { open.to_string() },
            amount.to_string(),
            rule.id.to_owned(),
        ]);
    }
    table
}

/// Banks by what they held too long, the worst first.
pub(super) fn league_rows<'a>(audit: &Audit<'a>) -> Vec<(&'a str, &'a BankSum)> {
    let mut rows: Vec<_> = audit.period.sums.banks.iter().map(|(bank, sum)| (bank.as_str(), sum)).collect();
    rows.sort_by_key(|(bank, sum)| (std::cmp::Reverse(sum.amount_days), *bank));
    rows
}

/// 积数 × rate / 360: an estimate, at a rate the book sets.
pub(super) fn gain(audit: &Audit<'_>, sum: &BankSum) -> Money {
    let fen = i128::from(sum.amount_days.fen()) * i128::from(audit.facts.settings.gain_rate_bp);
    Money::from_fen(i64::try_from((fen + 1_800_000) / 3_600_000).unwrap_or(i64::MAX))
}

pub(super) fn league(audit: &Audit<'_>) -> Table {
    let mut table = Table::new(
        "league",
        vec![
            Head::number("place", audit.pick("名次", "place")),
            Head::text("bank", audit.pick("银行", "bank")),
            Head::number("count", audit.pick("收款笔数", "receipts")),
            Head::money("amount", audit.pick("收款金额", "amount received")),
            Head::number("next_day", audit.pick("次日划转笔数", "next-day")),
            Head::money("next_day_amount", audit.pick("次日划转金额", "next-day amount")),
            Head::number("late", audit.pick("延解笔数", "late")),
            Head::money("late_amount", audit.pick("延解金额", "late amount")),
            Head::number("held", audit.pick("占压笔数", "held")),
            Head::money("held_amount", audit.pick("占压金额", "held amount")),
            Head::money("amount_days", audit.pick("积数（元·日）", "amount-days (yuan-days)")),
            Head::money("gain", audit.pick("收益估算", "estimated gain")),
        ],
    )
    .summed();
    for (place, (bank, sum)) in (1..).zip(league_rows(audit)) {
        table.push(vec![
            place.to_string(),
            audit.named(bank),
            sum.count.to_string(),
            sum.amount.to_string(),
            sum.next_day_count.to_string(),
            sum.next_day_amount.to_string(),
            sum.late_count.to_string(),
            sum.late_amount.to_string(),
            sum.held_count.to_string(),
            sum.held_amount.to_string(),
            sum.amount_days.to_string(),
            gain(audit, sum).to_string(),
        ]);
    }
    table
}

/// The provisions over the period: on how many days a rule lacked what it needs.
fn coverage(audit: &Audit<'_>, found: &[&Told]) -> Table {
    let mut table = Table::new(
        "coverage",
        vec![
            Head::number("provision", audit.pick("条款", "no.")),
            Head::text("words", audit.pick("方案要求", "provision")),
            Head::text("verdict", audit.pick("结论", "verdict")),
            Head::number("findings", audit.pick("违规与线索", "breaches and leads")),
            Head::number("open", audit.pick("期末未结", "open at the end")),
            Head::text("without", audit.pick("无数据的日数", "days without data")),
            Head::text("lacks", audit.pick("缺少", "lacks")),
            Head::text("rules", audit.pick("规则", "rules")),
        ],
    );
    let rules_of = |wanted: fn(&Told) -> bool| -> BTreeSet<&str> {
        found.iter().filter(|told| wanted(told)).map(|told| told.rule).collect()
    };
    let (breached, told_of) = (rules_of(|told| told.kind() != Kind::Info), rules_of(|_| true));
    for provision in PROVISIONS {
        let mut days = 0;
        let mut lacking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for note in audit.notes {
            let of = provision.rules.iter().filter_map(|rule| note.no_data.get_key_value(*rule));
            let of: Vec<_> = of.collect();
            days += usize::from(!of.is_empty());
            for (rule, lacks) in of {
                lacking.entry(rule).or_default().extend(lacks.iter().map(String::as_str));
            }
        }
        let is_told_only =
            provision.rules.iter().filter_map(|id| by_id(id)).all(|rule| rule.kind == Kind::Info);
        let verdict = provision.verdict(if is_told_only { &told_of } else { &breached }, &lacking);
        let counts = |told: &&&Told| {
            provision.rules.contains(&told.rule) && (is_told_only || told.kind() != Kind::Info)
        };
        let of: Vec<&&Told> = found.iter().filter(counts).collect();
        let open = of.iter().filter(|told| told.kind() != Kind::Info && audit.stood_at_end(told)).count();
        let lacks: BTreeSet<&str> = lacking.values().flatten().copied().collect();
        let instead = provision.instead.map(|(zh, en)| format!("({})", audit.pick(zh, en)));
        let by_hand = verdict == Verdict::ByHand;
        let count = |of: usize| if by_hand { String::new() } else { of.to_string() };
        table.push(vec![
            provision.number.to_string(),
            audit.pick(provision.zh, provision.en).to_owned(),
            audit.pick(verdict.zh(), verdict.id()).to_owned(),
            count(of.len()),
            count(open),
            if by_hand { String::new() } else { format!("{days} / {}", audit.notes.len()) },
            lacks.into_iter().collect::<Vec<_>>().join(" "),
            instead.unwrap_or_else(|| provision.rules.join(" ")),
        ]);
    }
    table
}

/// Hundredths as a figure with its unit.
pub(super) fn shown(unit: Unit, value: i64) -> String {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let mark = match unit {
        Unit::Percent => "%",
        Unit::PerMille => "‰",
        Unit::Days | Unit::Each => "",
    };
    format!("{sign}{}.{:02}{mark}", value / 100, value % 100)
}

pub(super) fn metrics(audit: &Audit<'_>, scored: &[Scored]) -> Table {
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
        let scope = match Party::from_id(&metric.scope) {
            Some(party) => audit.party(party).to_owned(),
            None => match crate::domain::ledger::Flow::from_id(&metric.scope) {
                Some(flow) => audit.flow(flow).to_owned(),
                None if metric.scope.is_empty() => audit.pick("全部", "all").to_owned(),
                None if metric.kind.id == "refund-ratio" => {
                    format!("{} {}", metric.scope, audit.subject(&metric.scope))
                }
                None => audit.named(&metric.scope),
            },
        };
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

/// 账户清查: the public accounts of the register as of the end, with the papers each has.
fn census(audit: &Audit<'_>) -> Table {
    let mut table = Table::new(
        "accounts",
        vec![
            Head::text("account", audit.pick("账号", "account")),
            Head::text("bank", audit.pick("开户银行", "bank")),
            Head::text("holder_id", audit.pick("单位代码", "holder")),
            Head::text("holder", audit.pick("户名", "name")),
            Head::text("class", audit.pick("类别", "class")),
            Head::text("nature", audit.pick("性质", "nature")),
            Head::text("active", audit.pick("期末有效", "active at the end")),
            Head::text("permit", audit.pick("核准号", "permit")),
            Head::text("approval", audit.pick("财政批文", "finance approval")),
            Head::day("opened_on", audit.pick("开户", "opened")),
            Head::day("expires_on", audit.pick("到期", "expires")),
            Head::day("filed_finance", audit.pick("财政建档", "filed with finance")),
            Head::day("filed_treasury", audit.pick("国库备案", "filed with the treasury")),
            Head::number("findings", audit.pick("发现", "findings")),
        ],
    );
    let day = audit.period.span.last().min(audit.period.known_on);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for told in audit.findings() {
        for account in BTreeSet::from([told.key.as_str(), told.account.as_str()]) {
            *counts.entry(account).or_default() += 1;
        }
    }
    for (number, account) in audit.facts.accounts.iter().flatten() {
        let is_private = ["enterprise", "individual", "other"].contains(&account.holder_class.as_str());
        if is_private && !counts.contains_key(number.as_str()) {
            continue;
        }
        let active = account.is_active_on(day);
        table.push(vec![
            number.clone(),
            audit.named(&account.bank),
            account.holder_id.clone(),
            account.holder_name.clone(),
            account.holder_class.clone(),
            audit.pick(account.nature_zh(), &account.nature).to_owned(),
            audit.pick(if active { "是" } else { "否" }, if active { "yes" } else { "no" }).to_owned(),
            account.permit_no.clone(),
            account.finance_approval.clone(),
            daily::optional(account.opened_on),
            daily::optional(account.expires_on),
            daily::optional(account.filed_finance_on),
            daily::optional(account.filed_treasury_on),
            counts.get(number.as_str()).copied().unwrap_or_default().to_string(),
        ]);
    }
    table
}

fn census_page(audit: &Audit<'_>) -> Document {
    let mut page = Document::default();
    if audit.facts.accounts.is_none() {
        page.paragraph(audit.pick(
            "无数据：没有账户登记簿（accounts），不能清查。",
            "No data: there is no register of accounts.",
        ));
        return page;
    }
    page.paragraph(audit.pick(
        "登记簿中的财政、征收、预算单位及银行账户，按登记簿现状；企业和个人账户仅列有发现的。",
        "Accounts of finance, collectors, units and banks as the register has them now; those of enterprises and \
         persons only where something was found.",
    ));
    page.table(census(audit).whole_in("accounts.csv"));
    page
}

fn sampling(audit: &Audit<'_>, plans: &[Plan]) -> Document {
    let mut page = Document::default();
    page.paragraph(audit.pick(
        "货币单位抽样：每层按运行日、凭证号、金额、行号排列，从起点起每隔一个间隔抽取一元所在的款项；不小于间隔的款项必抽。\
         起点由档案摘要决定，任何人不能选择，任何人可以重算：SHA-256（种子）的前 8 字节除以间隔（分）的余数加 1。",
        "Monetary-unit sampling: a stratum stands in order of run, number, amount and row; from the start on the payment is \
         taken in which each interval's yuan lies, and what is as large as the interval always. The start comes from the \
         digest of the archive, so that nobody chooses it and everybody can make it again: the first 8 bytes of \
         SHA-256(seed) modulo the interval in fen, plus 1.",
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
            Head::number("certain", audit.pick("必抽", "certain")),
            Head::number("drawn", audit.pick("抽取", "drawn")),
            Head::text("seed", audit.pick("种子", "seed")),
        ],
    );
    for plan in plans {
        let certain = plan.items.iter().filter(|item| item.is_certain).count();
        table.push(vec![
            audit.flow(plan.stratum.flow).to_owned(),
            audit.named(&plan.stratum.institution),
            plan.count.to_string(),
            plan.amount.to_string(),
            plan.interval.to_string(),
            Money::from_fen(plan.start).to_string(),
            certain.to_string(),
            plan.items.len().to_string(),
            plan.seed.clone(),
        ]);
    }
    page.table(table.whole_in("sample.csv"));
    page
}

/// What the records support of two PEFA indicators whose wording was read; the rest is for people to judge.
fn pefa(audit: &Audit<'_>) -> Document {
    let mut page = Document::default();
    page.paragraph(audit.pick(
        "PEFA 手册 PI-20.3 与 PI-27.4，仅此两项的评分标准已核对原文。以下为档案所能支持的事实，评分由评估人作出。",
        "PI-20.3 and PI-27.4 of the PEFA Handbook, the two whose criteria were read. What follows are facts the archive \
         supports; the score is the assessor's.",
    ));
    let span = audit.period.span;
    let mut table = Table::new(
        "pefa",
        vec![
            Head::text("indicator", audit.pick("指标", "indicator")),
            Head::text("asks", audit.pick("A 级要求", "an A asks")),
            Head::text("fact", audit.pick("档案所载", "what the archive has")),
        ],
    );
    let differing = audit.period.sums.differences.len();
    let runs = match audit.lang {
        Lang::Zh => format!(
            "本季运行 {} 日，未运行的工作日 {} 日；逐笔与分科目核对每日进行，期末仍不一致的款项 {differing} 笔，均列明。",
            audit.period.runs.len(),
            audit.period.missed.len()
        ),
        Lang::En => format!(
            "{} days of the quarter were run, {} working days were not; payments and cells are reconciled daily, and the \
             {differing} payments that still differ are all listed.",
            audit.period.runs.len(),
            audit.period.missed.len()
        ),
    };
    let asks = audit.pick(
        "征收、入库、欠缴与划转的完整核对，至少每季一次，季后四周内完成",
        "a complete reconciliation of assessments, collections, arrears and transfers at least quarterly, within four weeks",
    );
    table.push(vec!["PI-20.3".to_owned(), asks.to_owned(), runs]);
    let signed: Vec<String> = span.months().map(|month| signoffs(audit, &month.to_string())).collect();
    table.push(vec![
        "PI-20.3".to_owned(),
        audit.pick("四方按月签证（方案要求）", "monthly sign-off of the four parties (the plan)").to_owned(),
        signed.join("; "),
    ]);
    table.push(vec![
        "PI-27.4".to_owned(),
        audit
            .pick(
                "数据访问与变更受限、留痕，可审计，并有部门核查完整性",
                "access and changes restricted and recorded, an audit trail, and a unit that verifies integrity",
            )
            .to_owned(),
        format!(
            "{} {}",
            audit.pick("每次运行的文件摘要逐日相连，末次摘要", "the digests of every run are chained; the last is"),
            audit.digest
        ),
    ]);
    page.table(table);
    page.heading(audit.pick("由评估人填写", "For the assessor"));
    page.blanks(
        [
            audit.pick("PI-20.3 评分与理由", "PI-20.3, score and reason"),
            audit.pick("PI-27.4：谁有权限访问、变更", "PI-27.4: who may access and change"),
            audit.pick("PI-27.4：核查完整性的部门", "PI-27.4: the unit that verifies integrity"),
            audit.pick("评估人、日期", "assessor, date"),
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    page
}

/// Who signed a month, by the register of duties.
fn signoffs(audit: &Audit<'_>, month: &str) -> String {
    let Some(table) = audit.facts.table("attestations") else {
        return format!(
            "{month}: {}",
            audit.pick("无数据（没有 attestations）", "no data (no attestations)")
        );
    };
    let signed: Vec<String> = table
        .entries()
        .filter(|row| row.text(Field::Kind) == "signoff" && row.text(Field::Period) == month)
        .filter_map(|row| {
            let party = Party::from_id(row.text(Field::Party))?;
            Some(format!("{} {}", audit.party(party), row.date(Field::SignedOn)?))
        })
        .collect();
    let signed = if signed.is_empty() {
        audit.pick("无签证记录", "no sign-off on record").to_owned()
    } else {
        signed.join(", ")
    };
    format!("{month}: {signed}")
}

/// By ledger or table: files, rows, and what could not be read.
pub(super) fn files(audit: &Audit<'_>, of: Option<Party>) -> Table {
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
            name.clone(),
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
