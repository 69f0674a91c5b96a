//! One institution's share of a quarter: its dossier, the draft of a bulletin, and the working papers for the counter.

use std::io::Result;

use crate::domain::lang::Lang;
use crate::domain::ledger::{Flow, Party};
use crate::period::Difference;
use crate::period::metrics::Scored;
use crate::period::sample::Plan;
use crate::report::document::{Document, Head, Table};
use crate::report::page::{grouped, words};
use crate::rules::finding::{Kind, Told};

use super::bulletin::bulletin;
use super::quarter::files::own_files;
use super::quarter::first_page::{by_rule, counted, standing_open};
use super::quarter::league::{gain, league, league_rows, next_day_bases};
use super::quarter::metrics::shown;
use super::working_papers::{Papers, has_paper, is_looked_into, why_none};
use super::{Audit, Pack, Quarter, file_name, lists};

/// The pages of an institution.
pub(super) fn write(
    pack: &mut Pack<'_, '_, '_>,
    quarter: &Quarter<'_>,
    code: &str,
    found: &[&Told],
    plans: &[Plan],
    critical: &[&Told],
) -> Result<()> {
    let audit = pack.audit;
    let own: Vec<&Told> = found.iter().copied().filter(|told| told.institution == code).collect();
    let mut breaches: Vec<&Told> = own.iter().copied().filter(|told| told.kind() == Kind::Breach).collect();
    breaches.sort_by_key(|told| std::cmp::Reverse(told.severity));
    let critical: Vec<&Told> = critical.iter().copied().filter(|told| told.institution == code).collect();
    let is_own = |plan: &&Plan| plan.stratum.institution == code && !plan.items.is_empty();
    let plans: Vec<Plan> = plans.iter().filter(is_own).cloned().collect();
    let mut others: Vec<&Told> = own.iter().copied().filter(|told| is_looked_into(audit, told)).collect();
    others.retain(|told| !critical.iter().any(|of| std::ptr::eq(*of, *told)));
    others.sort_by_key(|told| std::cmp::Reverse(told.severity));
    let papers = Papers { code, critical: &critical, others: &others, plans: &plans };
    let file = file_name(code);
    let (name, span) = (audit.named(code), audit.period.span);
    let mut links = Vec::new();
    if !breaches.is_empty() {
        let what = audit.pick("监管通报（草稿）", "bulletin (draft)");
        let title = format!("{name} {span} {what}");
        pack.page(&format!("bulletins/{file}.html"), &title, &bulletin(audit, code, &breaches))?;
        links.push((format!("../bulletins/{file}.html"), what.to_owned()));
    }
    if has_paper(audit, code, found) {
        let what = audit.pick("检查工作底稿", "working papers");
        let title = format!("{name} {span} {what}");
        pack.page(&format!("papers/{file}.html"), &title, &papers.page(audit))?;
        pack.workbook(&format!("papers/{file}.xlsx"), &title, &papers.sheets(audit, &title))?;
        links.push((format!("../papers/{file}.html"), what.to_owned()));
        links.push((format!("../papers/{file}.xlsx"), format!("{what} (xlsx)")));
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
    let cleared = own.iter().filter(|told| audit.is_cleared(told)).count();
    page.paragraph(match audit.lang {
        Lang::Zh => format!(
            "本期对该机构{}：违规 {} 件，线索 {} 件（不作为违规），其中已排除 {cleared} 件，余待核实；提示 {} 件；{}。",
            counted(audit, own),
            count(Kind::Breach),
            count(Kind::Lead),
            count(Kind::Info),
            standing_open(audit, own)
        ),
        Lang::En => format!(
            "Of this institution {}: {} breaches, {} leads (no breach), of which {cleared} were cleared and the others are to be \
             verified, {} for information; {}.",
            counted(audit, own),
            count(Kind::Breach),
            count(Kind::Lead),
            count(Kind::Info),
            standing_open(audit, own)
        ),
    });
    page.paragraph(words::of(audit.lang)["at_stake_note"]);
    page.paragraph(audit.what_settled_means());
    if !links.is_empty() {
        page.links(links);
    }
    if !has_paper(audit, code, own) {
        page.paragraph(why_none(audit));
    }
    if let Some(sum) = audit.period.sums.banks.get(code) {
        collection(audit, code, sum, &mut page);
    }
    if audit.period.sums.banks.contains_key(code) {
        page.table(league(audit).whole_in("../league.csv"));
    }
    page.heading(audit.pick("按事项", "By matter"));
    page.table(by_rule(audit, own));
    for (heading, wanted) in SECTIONS {
        let of: Vec<&Told> =
            own.iter().copied().filter(|told| wanted(told) && !audit.is_cleared(told)).collect();
        if !of.is_empty() {
            page.heading(audit.pick(heading.0, heading.1));
            page.table(findings(audit, &of));
        }
    }
    let cleared: Vec<&Told> = own.iter().copied().filter(|told| audit.is_cleared(told)).collect();
    if !cleared.is_empty() {
        page.heading(audit.pick("已排除的线索", "Leads that were cleared"));
        page.paragraph(audit.pick(
            "曾列为线索、已由后到的数据排除，不是违规，也不再核实。",
            "Told as leads and cleared by later data: no breach, and nothing is left to verify.",
        ));
        page.table(findings(audit, &cleared));
    }
    money(audit, code, &mut page);
    let scored: Vec<Scored> = quarter.metrics.iter().filter(|of| of.metric.scope == code).cloned().collect();
    if let Some(party) = audit.party_of(code) {
        page.heading(audit.pick("数据质量", "Files"));
        own_files(audit, code, party, &mut page);
    }
    if !scored.is_empty() {
        page.heading(audit.pick("指标：自身历史与同业", "Metrics: its own past, and its peers"));
        page.table(shown(audit, quarter, &scored).without(&["scope"]).whole_in("../metrics.csv"));
    }
    page
}

/// What was collected and paid out with it, and the payments that are told one by one.
fn money(audit: &Audit<'_>, code: &str, page: &mut Document) {
    let sums = &audit.period.sums;
    let differences: Vec<_> = sums
        .differences
        .iter()
        .filter(|item| [&item.org, &item.bank, &item.treasury].contains(&&code.to_owned()))
        .collect();
    differing(audit, code, &differences, page);
    let corrections: Vec<_> = sums
        .corrections
        .iter()
        .filter(|item| [&item.old.org, &item.new.org, &item.old.treasury].contains(&&code.to_owned()))
        .collect();
    if !corrections.is_empty() {
        page.heading(audit.pick("更正与调库", "Corrections"));
        page.table(
            lists::corrections(audit, &corrections).without(&["reason"]).whole_in("../corrections.csv"),
        );
    }
    let mut cells = lists::lines(audit);
    cells.retain(|(line, _)| line.org == code || line.treasury == code);
    if !cells.is_empty() {
        page.heading(audit.pick("征收与入库", "Revenue"));
        page.paragraph(audit.pick(
            "各方净额为收入减退库、计该方自记的更正（银行无更正）；收入、退库、更正分列于全表。",
            "Net figures are receipts less refunds, each with the corrections its party recorded (banks record none); the whole \
             list has each by itself.",
        ));
        let table = lists::cells(audit, &cells)
            .without(&lists::COMPONENTS)
            .without(&[own_column(audit, code, "org")]);
        page.table(table.whole_in("../cells.csv"));
    }
    let payouts: Vec<_> =
        sums.payouts.iter().filter(|(line, _)| line.unit == code || line.treasury == code).collect();
    if !payouts.is_empty() {
        page.heading(audit.pick("支拨", "Payouts"));
        let table = lists::payouts(audit, &payouts).without(&[
            own_column(audit, code, "unit"),
            "treasury_returned",
            "bank_returned",
        ]);
        page.table(table.whole_in("../payouts.csv"));
    }
}

/// Payments with it that do not tie, by who answers: itself, another, or nobody.
fn differing(audit: &Audit<'_>, code: &str, items: &[&Difference], page: &mut Document) {
    let answering = lists::answering(audit);
    let mut parts: [Vec<&Difference>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    for &item in items {
        let who = answering.get(item.key.as_str());
        let part = match who {
            None if lists::awaits_booking(audit, item) => usize::from(item.treasury != code),
            None => 2,
            Some(who) if who.iter().any(|(_, institution)| *institution == code) => 0,
            Some(_) => 1,
        };
        parts[part].push(item);
    }
    let headings = [
        ("differences", "逐笔差异：由本机构答复", "Payments that differ: the institution answers"),
        ("of_others", "逐笔差异：由他方答复，与本机构有关", "Payments with it that differ: others answer"),
        (
            "in_time",
            "逐笔差异：期限之内（在途）或已了结，无人须答复",
            "Payments that differ: within their time or settled, nobody answers",
        ),
    ];
    for (part, ((id, zh, en), items)) in headings.into_iter().zip(&parts).enumerate() {
        if items.is_empty() {
            continue;
        }
        page.heading(audit.pick(zh, en));
        let own = own_column(audit, code, "org");
        let mut table = lists::differences(audit, items).without(&[
            own,
            "bank_less_issuer",
            "treasury_less_issuer",
            "evidence",
        ]);
        table.id = id;
        if part == 1 {
            table.columns.push(Head::text("answers", audit.pick("责任方", "who answers")));
            for (row, item) in table.rows.iter_mut().zip(items) {
                let who = answering.get(item.key.as_str()).into_iter().flatten();
                let named = who.map(|(party, institution)| match *institution {
                    "" => audit.party(*party).to_owned(),
                    code => audit.named(code),
                });
                let mut named: Vec<String> = named.collect();
                if named.is_empty() {
                    // Its booking awaits the correction.
                    named.push(audit.named(&item.treasury));
                }
                row.push(named.join(audit.pick("、", ", ")));
            }
        }
        page.table(table.whole_in("../differences.csv"));
    }
}

/// Findings with what a page has room for; the whole list has their evidence.
fn findings(audit: &Audit<'_>, told: &[&Told]) -> Table {
    let table = lists::findings(audit, told).without(&["evidence"]);
    table
        .without_blank(&["amount", "difference", "event_on", "due_on", "days_late"])
        .whole_in("../findings.csv")
}

/// The column that names the institution itself: its party's, else the one that names organs or units.
fn own_column(audit: &Audit<'_>, code: &str, other: &'static str) -> &'static str {
    match audit.party_of(code) {
        Some(Party::Bank) => "bank",
        Some(Party::Treasury) => "treasury",
        _ => other,
    }
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
            "slip-field-",
            "slip-incomplete",
            "collector-paid-",
            "cash-tax-",
            "payer-fee-",
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
        (
            audit.pick("收款（基准日在本期，下同）", "received (base day in the period, here and below)"),
            sum.count,
            sum.amount,
        ),
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
    page.paragraph(next_day_bases(audit, sum));
    let rows = league_rows(audit);
    let place = rows.iter().position(|(bank, _)| *bank == code).map_or(0, |place| place + 1);
    let rate = audit.facts.settings.gain_rate_bp;
    page.paragraph(match audit.lang {
        Lang::Zh => format!(
            "延解、占压积数 {} 元·日，在 {} 家银行中按积数由多到少列第 {place}。按年利率 {}.{:02}%（可设定）估算收益 {} 元，仅为估算。",
            grouped(sum.amount_days),
            rows.len(),
            rate / 100,
            rate % 100,
            grouped(gain(audit, sum))
        ),
        Lang::En => format!(
            "Late and held money: {} yuan-days, ranked {place} of {} banks, 1 being the most. Gain estimated at a yearly \
             {}.{:02}% (a setting): {} yuan, an estimate only.",
            grouped(sum.amount_days),
            rows.len(),
            rate / 100,
            rate % 100,
            grouped(gain(audit, sum))
        ),
    });
}
