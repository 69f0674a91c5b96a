//! The first page: what the leading group reads, and where everything is.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::lang::Lang;
use crate::domain::ledger::Party;
use crate::domain::money::Money;
use crate::period::metrics::{Mark, Scored};
use crate::period::{BankSum, Gross, PayoutSum};
use crate::report::audit::lists::RevenueLine;
use crate::report::audit::working_papers::has_paper;
use crate::report::audit::{Audit, Quarter, changes, file_name, lists, month};
use crate::report::daily::optional;
use crate::report::document::{Document, Head, Table};
use crate::report::page::{grouped, words};
use crate::rules::finding::{Kind, Repeats, Severity, Told, at_stake};
use crate::rules::{RULES, Rule};

use super::league::{league, league_rows, next_day_bases};
use super::metrics::shown;

/// The first page: what stands, and where everything is.
pub(super) fn index(
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
    links.extend(audit.since.map(|since| changes::link(audit, since)));
    let mut index = Document::default();
    month::standing(audit, None, &mut index);
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
        "population.csv",
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
    let without: Vec<String> = institutions
        .iter()
        .filter(|code| !has_paper(audit, code, found))
        .map(|code| audit.named(code))
        .collect();
    if !without.is_empty() {
        let list = without.join(audit.pick("、", ", "));
        index.paragraph(match audit.lang {
            Lang::Zh => format!(
                "下列机构没有检查工作底稿：本期没有其违规或待核实线索，也没有以其为对象抽样的款项：{list}。"
            ),
            Lang::En => format!(
                "There are no working papers of these, of which nothing was found that is a breach or a lead to verify and \
                 by which no payments are sampled: {list}."
            ),
        });
    }
    index
}

/// What the leading group reads.
fn summary(audit: &Audit<'_>, quarter: &Quarter<'_>, found: &[&Told], document: &mut Document) {
    let sums = &audit.period.sums;
    let (mut gross, mut paid) = (Gross::default(), PayoutSum::default());
    for (_, of) in lists::lines(audit) {
        gross.add(of);
    }
    sums.payouts.values().for_each(|of| paid.add(*of));
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
    for line in RevenueLine::ALL {
        let name = match line {
            RevenueLine::Net => audit.pick("收入净额", "net revenue"),
            _ => line.name(audit),
        };
        let figures = line.of(&gross);
        let mut row = vec![name.to_owned(), figures.issuer.to_string()];
        row.extend([line.bank(&gross), figures.treasury.to_string()]);
        row.extend(line.differences(&gross));
        money.push(row);
    }
    let mut row = vec![audit.pick("支拨", "payouts").to_owned()];
    let all = [paid.paid.issuer, paid.paid.bank, paid.paid.treasury];
    row.extend(all.iter().chain(&lists::differences_of(paid.paid)).map(ToString::to_string));
    money.push(row);
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
    document.paragraph(words::of(audit.lang)["at_stake_note"]);
    document.paragraph(audit.what_settled_means());
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
    let mut all = BankSum::default();
    for (_, sum) in league_rows(audit) {
        all.add(*sum);
    }
    document.paragraph(next_day_bases(audit, &all));
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
        document.table(shown(audit, quarter, &red).whole_in("metrics.csv"));
    }
}

/// What stands at the end, in a few sentences.
fn conclusion(audit: &Audit<'_>, found: &[&Told], document: &mut Document) {
    let breaches: Vec<&Told> = found.iter().copied().filter(|told| told.kind() == Kind::Breach).collect();
    let open = breaches.iter().filter(|told| audit.stood_at_end(told)).count();
    let critical = breaches.iter().filter(|told| told.severity == Severity::Critical).count();
    let cleared = found.iter().filter(|told| audit.is_cleared(told)).count();
    let leads = found.iter().filter(|told| told.kind() == Kind::Lead).count() - cleared;
    let merged = audit.every_finding().len() - found.len();
    let held: Vec<&BankSum> = audit.period.sums.banks.values().filter(|sum| sum.held_count > 0).collect();
    let held_amount: Money = held.iter().map(|sum| sum.held_amount).sum();
    let day = audit.period.span.last().min(audit.period.known_on);
    document.heading(audit.pick("结论", "What stands"));
    document.paragraph(match audit.lang {
        Lang::Zh => format!(
            "本期违规：{}；其中严重 {critical} 件；截至 {day} 未结 {open} 件。线索 {leads} 件，均待核实；另 {cleared} 件已由后到的数据排除。先占压、后划转的款项 {merged} 件并入延解，计一次。截至 {} 仍有 {} \
             家银行占压收入共 {} 元。",
            counted(audit, &breaches),
            audit.period.known_on,
            held.len(),
            grouped(held_amount)
        ),
        Lang::En => format!(
            "Breaches: {}; {critical} are critical; {open} stand open on {day}. {leads} leads, all to be verified, {cleared} \
             more cleared by later data. {merged} payments that were withheld and then remitted count once, as delayed. On {} {} \
             banks still held revenue beyond its time, {} yuan in all.",
            counted(audit, &breaches),
            audit.period.known_on,
            held.len(),
            grouped(held_amount)
        ),
    });
    let critical: Vec<&Told> = breaches
        .into_iter()
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

/// How many payments findings are about, each once.
fn payments<'a>(told: impl Iterator<Item = &'a Told>) -> usize {
    told.filter_map(Told::payment).collect::<BTreeSet<_>>().len()
}

/// Findings, and what they are about: payments, and other things such as accounts and days, each once. What differs of a
/// cell by payments that other findings name is said, since it is no other fault.
pub(in crate::report::audit) fn counted(audit: &Audit<'_>, found: &[&Told]) -> String {
    let payments = payments(found.iter().copied());
    let others = found.iter().filter(|told| told.payment().is_none());
    let others = others.map(|told| (told.flow, told.key.as_str())).collect::<BTreeSet<_>>().len();
    let repeats = Repeats::among(found);
    let repeats = found.iter().filter(|told| repeats.has(told)).count();
    let words = match audit.lang {
        Lang::Zh => format!(
            "发现 {} 件，涉及款项 {payments} 笔（同一凭证号计一次）、其他对象（账户、日期、更正等）{others} 个",
            found.len()
        ),
        Lang::En => format!(
            "{} findings about {payments} payments, each number once, and {others} other things (accounts, days, \
             corrections)",
            found.len()
        ),
    };
    if repeats == 0 {
        return words;
    }
    match audit.lang {
        Lang::Zh => format!("{words}，其中核对单元 {repeats} 个的差额即出自上述款项，不是另外的差错"),
        Lang::En => format!(
            "{words}, of which {repeats} tie-out cells differ by these very payments and are no other faults"
        ),
    }
}

/// What stands open at the end, and what is at stake in it, as the day's page has it.
pub(in crate::report::audit) fn standing_open(audit: &Audit<'_>, found: &[&Told]) -> String {
    let open: Vec<&Told> =
        found.iter().copied().filter(|told| told.kind() != Kind::Info && audit.stood_at_end(told)).collect();
    let amount = at_stake(open.iter().copied()).map_or_else(String::new, |amount| match audit.lang {
        Lang::Zh => format!("，涉及金额 {} 元", grouped(amount)),
        Lang::En => format!(", {} yuan at stake", grouped(amount)),
    });
    match audit.lang {
        Lang::Zh => format!("期末未结 {} 件{amount}", open.len()),
        Lang::En => format!("{} open at the end{amount}", open.len()),
    }
}

/// Findings by who answers: breaches, leads, and what is still open.
fn by_party(audit: &Audit<'_>, found: &[&Told]) -> Table {
    let mut table = Table::new(
        "parties",
        vec![
            Head::text("party", audit.pick("责任方", "party")),
            Head::text("institution", audit.pick("单位", "institution")),
            Head::number("breaches", audit.pick("违规（件）", "breaches")),
            Head::number("payments", audit.pick("涉及款项（笔）", "payments in them")),
            Head::number("critical", audit.pick("其中严重、重大", "critical or high")),
            Head::number("leads", audit.pick("线索", "leads")),
            Head::number("cleared", audit.pick("其中已排除", "of them cleared")),
            Head::number("open", audit.pick("期末未结", "open at the end")),
            Head::money("amount", audit.pick("违规涉及金额", "at stake in the breaches")),
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
            payments(breaches.iter().map(|told| **told)).to_string(),
            grave.to_string(),
            (told.len() - breaches.len()).to_string(),
            told.iter().filter(|told| audit.is_cleared(told)).count().to_string(),
            open.to_string(),
            optional(amount),
        ]);
    }
    table
}

/// Findings by rule, the gravest first.
pub(in crate::report::audit) fn by_rule(audit: &Audit<'_>, found: &[&Told]) -> Table {
    let mut table = Table::new(
        "matters",
        vec![
            Head::text("matter", audit.pick("事项", "matter")),
            Head::text("kind", audit.pick("性质", "kind")),
            Head::number("count", audit.pick("发现（件）", "findings")),
            Head::number("payments", audit.pick("款项（笔）", "payments")),
            Head::number("new", audit.pick("本期首见", "first seen in the period")),
            Head::number("settled", audit.pick("期末已结", "settled by the end")),
            Head::number("open", audit.pick("期末未结", "open at the end")),
            Head::money("amount", audit.pick("涉及金额", "at stake")),
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
        let title = audit.pick(rule.title.zh, rule.title.en);
        // Other pages count it by base days.
        let title = if rule.id == "next-day-remittance" {
            format!("{title}{}", audit.pick("（按划转日）", " (by day of remittance)"))
        } else {
            title.to_owned()
        };
        table.push(vec![
            title,
            audit.pick(rule.kind.zh(), rule.kind.id()).to_owned(),
            of.len().to_string(),
            payments(of.iter().map(|told| **told)).to_string(),
            new.to_string(),
            // What is merely told is neither open nor settled.
            if is_info { String::new() } else { (of.len() - open).to_string() },
            if is_info { String::new() } else { open.to_string() },
            optional(amount),
            rule.id.to_owned(),
        ]);
    }
    table
}
