//! One institution's share of a quarter: its dossier, the draft of a bulletin, and the working papers for the counter.

use std::collections::BTreeSet;
use std::io::Result;

use crate::domain::lang::Lang;
use crate::domain::ledger::Flow;
use crate::domain::money::Money;
use crate::period::metrics::Scored;
use crate::period::sample::Plan;
use crate::report::document::{Document, Head, Table};
use crate::report::page::grouped;
use crate::report::render::workbook::Sheet;
use crate::rules::finding::{Kind, Told};
use crate::rules::law::{self, LIMITATION, Penalty, Verified};

use super::{Audit, Pack, Quarter, file_name, lists, quarter};

/// The pages of an institution.
pub(super) fn write(
    pack: &mut Pack<'_, '_, '_>,
    quarter: &Quarter<'_>,
    code: &str,
    found: &[&Told],
) -> Result<()> {
    let audit = pack.audit;
    let own: Vec<&Told> = found.iter().copied().filter(|told| told.institution == code).collect();
    let mut breaches: Vec<&Told> = own.iter().copied().filter(|told| told.kind() == Kind::Breach).collect();
    breaches.sort_by_key(|told| std::cmp::Reverse(told.severity));
    let plans: Vec<&Plan> = quarter
        .plans
        .iter()
        .filter(|plan| plan.stratum.institution == code && !plan.items.is_empty())
        .collect();
    let file = file_name(code);
    let (name, span) = (audit.named(code), audit.period.span);
    let mut links = Vec::new();
    if !breaches.is_empty() {
        let title = format!("{name} {span} {}", audit.pick("监管通报（草稿）", "bulletin (draft)"));
        pack.page(&format!("bulletins/{file}.html"), &title, &bulletin(audit, code, &breaches))?;
        links.push((format!("../bulletins/{file}.html"), title));
    }
    if !plans.is_empty() {
        let title = format!("{name} {span} {}", audit.pick("检查工作底稿", "working papers"));
        pack.page(&format!("papers/{file}.html"), &title, &papers(audit, code, &plans))?;
        let sheet = |plan: &&Plan| Sheet {
            name: audit.flow(plan.stratum.flow).to_owned(),
            table: paper(audit, plan),
        };
        pack.workbook(&format!("papers/{file}.xlsx"), &plans.iter().map(sheet).collect::<Vec<_>>())?;
        links.push((format!("../papers/{file}.html"), title));
    }
    let title = format!("{name} {span} {}", audit.pick("机构档案", "dossier"));
    let page = dossier(audit, quarter, code, &own, links);
    pack.page(&format!("institutions/{file}.html"), &title, &page)
}

fn dossier(
    audit: &Audit<'_>,
    quarter: &Quarter<'_>,
    code: &str,
    own: &[&Told],
    links: Vec<(String, String)>,
) -> Document {
    let mut page = Document::default();
    let count = |kind: Kind| own.iter().filter(|told| told.kind() == kind).count();
    let open = own.iter().filter(|told| told.kind() != Kind::Info && audit.stood_at_end(told)).count();
    page.paragraph(match audit.lang {
        Lang::Zh => format!(
            "本期对该机构的发现：违规 {} 件，线索 {} 件（线索待核实，不作为违规），提示 {} 件；期末未结 {open} 件。",
            count(Kind::Breach),
            count(Kind::Lead),
            count(Kind::Info)
        ),
        Lang::En => format!(
            "Found of this institution: {} breaches, {} leads (to be verified, no breach), {} for information; {open} open \
             at the end.",
            count(Kind::Breach),
            count(Kind::Lead),
            count(Kind::Info)
        ),
    });
    if !links.is_empty() {
        page.links(links);
    }
    if let Some(sum) = audit.period.sums.banks.get(code) {
        collection(audit, code, sum, &mut page);
    }
    if audit.period.sums.banks.contains_key(code) {
        page.table(quarter::league(audit).whole_in("../league.csv"));
    }
    page.heading(audit.pick("按事项", "By matter"));
    page.table(quarter::by_rule(audit, own));
    for (heading, wanted) in SECTIONS {
        let of: Vec<&Told> = own.iter().copied().filter(|told| wanted(told)).collect();
        if !of.is_empty() {
            page.heading(audit.pick(heading.0, heading.1));
            page.table(lists::findings(audit, &of).whole_in("../findings.csv"));
        }
    }
    let sums = &audit.period.sums;
    let differences: Vec<_> = sums
        .differences
        .iter()
        .filter(|item| [&item.org, &item.bank, &item.treasury].contains(&&code.to_owned()))
        .collect();
    if !differences.is_empty() {
        page.heading(audit.pick("逐笔差异", "Payments that differ"));
        page.table(lists::differences(audit, &differences).whole_in("../differences.csv"));
    }
    let corrections: Vec<_> = sums
        .corrections
        .iter()
        .filter(|item| [&item.old.org, &item.new.org, &item.old.treasury].contains(&&code.to_owned()))
        .collect();
    if !corrections.is_empty() {
        page.heading(audit.pick("更正与调库", "Corrections"));
        page.table(lists::corrections(audit, &corrections).whole_in("../corrections.csv"));
    }
    let mut cells = lists::lines(audit);
    cells.retain(|(line, _)| line.org == code || line.treasury == code);
    if !cells.is_empty() {
        page.heading(audit.pick("征收与入库", "Revenue"));
        page.table(lists::cells(audit, &cells).whole_in("../cells.csv"));
    }
    let payouts: Vec<_> =
        sums.payouts.iter().filter(|(line, _)| line.unit == code || line.treasury == code).collect();
    if !payouts.is_empty() {
        page.heading(audit.pick("支拨", "Payouts"));
        page.table(lists::payouts(audit, &payouts).whole_in("../payouts.csv"));
    }
    let scored: Vec<Scored> = quarter.metrics.iter().filter(|of| of.metric.scope == code).cloned().collect();
    if let Some(party) = audit.party_of(code) {
        page.heading(
            audit.pick("数据质量（该方各机构报送的全部账册）", "Files (all that its party delivered)"),
        );
        page.table(quarter::files(audit, Some(party)));
    }
    if !scored.is_empty() {
        page.heading(audit.pick("指标：自身历史与同业", "Metrics: its own past, and its peers"));
        page.table(quarter::metrics(audit, &scored).whole_in("../metrics.csv"));
    }
    page
}

/// A heading in both languages, and what stands under it.
type Section = ((&'static str, &'static str), fn(&Told) -> bool);

/// Every finding stands under one heading.
const SECTIONS: [Section; 7] = [
    (("延解、占压与收缴服务", "Remittance and collection service"), |told| {
        section(told) == Some(0)
    }),
    (("账户", "Accounts"), |told| section(told) == Some(1)),
    (("科目、级次与国库", "Subjects, levels and treasuries"), |told| section(told) == Some(2)),
    (("退库", "Refunds"), |told| section(told) == Some(3)),
    (("支拨与凭证", "Payouts and vouchers"), |told| section(told) == Some(4)),
    (("更正", "Corrections"), |told| section(told) == Some(5)),
    (("核对与账册", "Reconciliation and ledgers"), |told| section(told).is_none()),
];

/// Under which heading a rule's findings stand; those of reconciliation under the last.
fn section(told: &Told) -> Option<usize> {
    let families: [&[&str]; 3] = [
        &[
            "remittance-",
            "next-day-",
            "stale-pending-",
            "revenue-diversion",
            "wrong-collection-",
            "voucher-holding",
            "invalid-slip-",
            "slip-",
            "collector-paid-",
            "cash-tax-",
            "payer-fee-",
            "year-end-",
            "pending-tax-",
            "tax-entry-",
        ],
        &[
            "transit-account",
            "unlicensed-",
            "unfiled-",
            "account-",
            "multiple-accounts",
            "special-account-",
            "zero-balance-",
        ],
        &[
            "mixed-tax-",
            "wrong-budget-",
            "wrong-treasury",
            "share-split-",
            "subject-",
            "level-",
            "treasury-mismatch",
            "funds-outside-",
        ],
    ];
    let by_name = families.iter().position(|of| of.iter().any(|start| told.rule.starts_with(start)));
    by_name.or(match told.flow {
        Flow::Refund => Some(3),
        Flow::Disbursement => Some(4),
        Flow::Correction => Some(5),
        Flow::Revenue | Flow::Account => None,
    })
}

/// What a bank collected, how it passed it on, and its place among the banks.
fn collection(audit: &Audit<'_>, code: &str, sum: &crate::period::BankSum, page: &mut Document) {
    page.heading(audit.pick("收款与划转", "Money received and passed on"));
    let mut table = Table::new(
        "collection",
        vec![
            Head::text("what", ""),
            Head::number("count", audit.pick("笔数", "count")),
            Head::money("amount", audit.pick("金额", "amount")),
        ],
    );
    for (name, count, amount) in [
        (audit.pick("收款", "received"), sum.count, sum.amount),
        (
            audit.pick("次日划转（容许）", "passed on the next working day (tolerated)"),
            sum.next_day_count,
            sum.next_day_amount,
        ),
        (audit.pick("延解（已划转）", "passed on later"), sum.late_count, sum.late_amount),
        (audit.pick("占压（尚未划转）", "still held"), sum.held_count, sum.held_amount),
        (audit.pick("现金缴款", "paid in cash"), sum.cash_count, sum.cash_amount),
    ] {
        table.push(vec![name.to_owned(), count.to_string(), amount.to_string()]);
    }
    page.table(table);
    let rows = quarter::league_rows(audit);
    let place = rows.iter().position(|(bank, _)| *bank == code).map_or(0, |place| place + 1);
    let rate = audit.facts.settings.gain_rate_bp;
    page.paragraph(match audit.lang {
        Lang::Zh => format!(
            "延解、占压积数 {} 元·日，在 {} 家银行中按积数由多到少列第 {place}。按年利率 {}.{:02}%（可设定）估算收益 {} 元，仅为估算。",
            grouped(sum.amount_days),
            rows.len(),
            rate / 100,
            rate % 100,
            grouped(quarter::gain(audit, sum))
        ),
        Lang::En => format!(
            "Late and held money: {} yuan-days, ranked {place} of {} banks, 1 being the most. Gain estimated at a yearly \
             {}.{:02}% (a setting): {} yuan, an estimate only.",
            grouped(sum.amount_days),
            rows.len(),
            rate / 100,
            rate % 100,
            grouped(quarter::gain(audit, sum))
        ),
    });
}

/// 通报草稿: facts and law; what is decided is left blank.
fn bulletin(audit: &Audit<'_>, code: &str, breaches: &[&Told]) -> Document {
    let mut page = Document::default();
    page.paragraph(audit.pick(
        "草稿，供监管领导小组审定。以下为账册所载事实；是否构成违法、如何处理由有权机关依法决定。",
        "A draft for the leading group. What follows are facts of the ledgers; whether they are an offence, and what follows \
         from it, is for the competent authority to decide.",
    ));
    page.blanks(
        [audit.pick("文号", "number"), audit.pick("主送", "to"), audit.pick("成文日期", "date")]
            .map(str::to_owned)
            .to_vec(),
    );
    page.heading(audit.pick("一、事实", "1. Facts"));
    page.table(quarter::by_rule(audit, breaches));
    page.table(lists::findings(audit, breaches).whole_in("../findings.csv"));
    page.heading(audit.pick("二、依据", "2. Law"));
    let rules: BTreeSet<&str> = breaches.iter().map(|told| told.rule).collect();
    let mut table = Table::new(
        "law",
        vec![
            Head::text("matter", audit.pick("事项", "matter")),
            Head::text("basis", audit.pick("依据", "basis")),
            Head::text("known", audit.pick("核对情况", "how it is known")),
        ],
    );
    for told in breaches.iter().filter(|told| is_first(breaches, told)) {
        let rule = told.rule();
        for basis in rule.basis {
            let known = basis.verified().words();
            table.push(vec![
                audit.pick(rule.title.zh, rule.title.en).to_owned(),
                basis.cited(audit.lang),
                audit.pick(known.zh, known.en).to_owned(),
            ]);
        }
    }
    page.table(table);
    let penalties: Vec<&Penalty> = law::PENALTIES
        .iter()
        .filter(|penalty| penalty.rules.iter().any(|rule| rules.contains(rule)))
        .filter(|penalty| penalty.of.verified() == Verified::Read)
        .filter(|penalty| breaches.iter().any(|told| penalty.parties.contains(&told.party)))
        .collect();
    if !penalties.is_empty() {
        page.paragraph(audit.pick(
            "法规规定的处理幅度（摘引，不是决定）：",
            "Penalties the statutes provide (quoted, no decision):",
        ));
        let mut table = Table::new(
            "penalties",
            vec![
                Head::text("breach", audit.pick("行为", "breach")),
                Head::text("range", audit.pick("幅度", "range")),
                Head::text("of", audit.pick("出处", "of")),
            ],
        );
        let fine = penalties.iter().any(|penalty| penalty.is_fine()).then_some(&LIMITATION);
        for penalty in penalties.into_iter().chain(fine) {
            table.push(vec![
                audit.pick(penalty.breach.zh, penalty.breach.en).to_owned(),
                audit.pick(penalty.range.zh, penalty.range.en).to_owned(),
                penalty.of.cited(audit.lang),
            ]);
        }
        page.table(table);
    }
    page.heading(audit.pick("三、决定（待填）", "3. Decision (to be filled in)"));
    page.blanks(
        [
            audit.pick("被通报单位的陈述与申辩（期限）", "what the institution says (by when)"),
            audit.pick("核实结果", "what was verified"),
            audit.pick("整改要求与期限", "what is to be corrected, by when"),
            audit.pick("处理决定", "decision"),
            audit.pick("抄送（上级机关、主管部门）", "copies to (superior, supervisory authority)"),
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    page.signatures(vec![
        audit.pick("监管领导小组", "Leading group").to_owned(),
        format!("{} {}", audit.pick("被通报单位", "Institution"), audit.named(code)),
    ]);
    page
}

/// Whether no earlier finding is of the same rule.
fn is_first(all: &[&Told], told: &Told) -> bool {
    all.iter().find(|other| other.rule == told.rule).is_some_and(|first| std::ptr::eq(*first, told))
}

/// 检查工作底稿: what was drawn, with room for what the inspector sees.
fn papers(audit: &Audit<'_>, code: &str, plans: &[&Plan]) -> Document {
    let mut page = Document::default();
    for plan in plans {
        page.heading(format!("{}: {}", audit.flow(plan.stratum.flow), audit.named(code)));
        let words = match audit.lang {
            Lang::Zh => format!(
                "总体 {} 笔、{} 元；间隔 {} 元，起点第 {} 分；抽取 {} 笔。",
                plan.count,
                grouped(plan.amount),
                grouped(plan.interval),
                plan.start,
                plan.items.len()
            ),
            Lang::En => format!(
                "{} payments, {} yuan; interval {} yuan, start at fen {}; {} drawn.",
                plan.count,
                grouped(plan.amount),
                grouped(plan.interval),
                plan.start,
                plan.items.len()
            ),
        };
        page.paragraph(words);
        page.table(paper(audit, plan));
    }
    page.blanks(
        [
            audit.pick("检查内容与方法", "what was checked, and how"),
            audit.pick("发现的问题", "what was found"),
            audit.pick("被检查单位意见", "what the institution says"),
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    page.signatures(
        [
            audit.pick("检查人", "Inspector"),
            audit.pick("复核人", "Reviewer"),
            audit.pick("被检查单位", "Institution"),
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    page
}

fn paper(audit: &Audit<'_>, plan: &Plan) -> Table {
    let heads = vec![
        Head::number("place", audit.pick("序号", "no.")),
        Head::text("key", audit.pick("凭证号", "number")),
        Head::day("on", audit.pick("日期", "date")),
        Head::money("amount", audit.pick("账面金额", "amount in the ledger")),
        Head::text("name", audit.pick("付款人/收款人", "payer or payee")),
        Head::text("account", audit.pick("账号", "account")),
        Head::text("certain", audit.pick("必抽", "certain")),
        Head::text("row", audit.pick("账册行", "row")),
        Head::text("seen", audit.pick("原件已见", "original seen")),
        Head::text("found_amount", audit.pick("原件金额", "amount in it")),
        Head::text("stamp", audit.pick("戳记日期", "stamped on")),
        Head::text("remark", audit.pick("差异与说明", "difference, remark")),
    ];
    let mut table = Table::new("paper", heads);
    for (place, item) in (1..).zip(&plan.items) {
        let certain = if item.is_certain { audit.pick("是", "yes") } else { "" };
        let mut row = vec![
            place.to_string(),
            item.key.clone(),
            item.on.to_string(),
            item.amount.to_string(),
            item.name.clone(),
            item.account.clone(),
            certain.to_owned(),
            item.row.clone(),
        ];
        row.resize(12, String::new());
        table.push(row);
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
            Head::text("certain", audit.pick("必抽", "certain")),
            Head::money("hit", audit.pick("命中（累计元）", "hit (yuan, cumulative)")),
            Head::text("row", audit.pick("账册行", "row")),
        ],
    );
    for plan in plans {
        for item in &plan.items {
            table.push(vec![
                audit.flow(plan.stratum.flow).to_owned(),
                plan.stratum.institution.clone(),
                item.key.clone(),
                item.on.to_string(),
                item.amount.to_string(),
                item.name.clone(),
                item.account.clone(),
                item.treasury.clone(),
                audit
                    .pick(if item.is_certain { "是" } else { "" }, if item.is_certain { "yes" } else { "" })
                    .to_owned(),
                Money::from_fen(item.hit).to_string(),
                item.row.clone(),
            ]);
        }
    }
    table
}
