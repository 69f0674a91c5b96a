//! 超额度清算: an agent bank paid and cleared more than the quota of the unit.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::running::Counter;
use crate::rules::{DISBURSEMENTS, Day, Judge, Need, Rule, Stays, Title, law};

use super::{Passed, Voucher};

pub static RULE: Rule = Rule {
    id: "clearing-over-quota",
    title: Title { zh: "超额度清算", en: "Clearing beyond the quota" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("clearing_over_quota.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::FinanceDisbursements), Need::Reads(Ledger::BankDisbursements)],
    tables: &["quota"],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

/// Direct and authorised payments, by year, unit, subject and mode.
pub static BY_QUOTA: Counter = Counter {
    id: "vouchers-by-quota",
    ledgers: &[Ledger::FinanceDisbursements],
    of: |voucher, key| {
        let mode = voucher.text(Field::PayMode);
        let year = voucher.count(Field::Year)?;
        let on = voucher.date(Field::VoucherDate)?;
        let amount = voucher.money(Field::Amount)?;
        let (unit, subject) = (voucher.text(Field::Unit), voucher.text(Field::Subject));
        key.extend([&year.to_string(), "\n", unit, "\n", subject, "\n", mode]);
        matches!(mode, "11" | "12").then_some((on, amount))
    },
    keep_days: 430,
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(table) = day.facts.table("quota") else { return Vec::new() };
    // Rows of one quota add up.
    let mut quotas: BTreeMap<(u32, &str, &str, &str), Money> = BTreeMap::new();
    for row in table.entries() {
        let Some(year) = row.count(Field::Year) else { continue };
        let [unit, subject, mode] =
            [Field::Unit, Field::Subject, Field::PayMode].map(|field| row.text(field));
        let amount = row.money(Field::Amount).unwrap_or_default();
        *quotas.entry((year, unit, subject, mode)).or_default() += amount;
    }
    let known: BTreeSet<(u32, &str, &str)> =
        quotas.keys().map(|&(year, unit, _, mode)| (year, unit, mode)).collect();
    let vouchers = &day.vouchers;
    let mut by_quota: BTreeMap<(u32, &str, &str, &str), Vec<&Voucher<'_>>> = BTreeMap::new();
    // What no bank has paid yet clears nothing.
    for voucher in vouchers.iter().filter(|voucher| !voucher.payment.bank.is_empty()) {
        let [unit, subject, mode] =
            [Field::Unit, Field::Subject, Field::PayMode].map(|field| voucher.text(field));
        by_quota.entry((voucher.year(), unit, subject, mode)).or_default().push(voucher);
    }
    let mut findings = Vec::new();
    for (name @ (year, unit, subject, mode), vouchers) in by_quota {
        // A unit of which no quota of that mode is known has no data.
        if !matches!(mode, "11" | "12") || !known.contains(&(year, unit, mode)) || subject.is_empty() {
            continue;
        }
        let quota = quotas.get(&name).copied().unwrap_or_default();
        let settled = super::settled(day, &BY_QUOTA, &format!("{year}\n{unit}\n{subject}\n{mode}"));
        let sums = super::by_day(settled.get(""));
        findings.extend(super::passing(&sums, &vouchers, |_| Some(quota)).iter().map(|of| finding(day, of)));
    }
    findings
}

fn finding(day: &Day<'_>, passed: &Passed<'_, '_>) -> Finding {
    let Passed { voucher, sum, limit } = passed;
    let over = *sum - *limit;
    let (zh, en) = match voucher.text(Field::PayMode) {
        "11" => ("直接支付", "direct payment"),
        _ => ("授权支付", "authorised payment"),
    };
    let line = [voucher.text(Field::Unit), voucher.text(Field::Subject)].join("/");
    let year = voucher.year();
    let because = Sentence {
        zh: format!("{line} 的 {year} 年{zh}连同本笔累计 {sum} 元，额度 {limit} 元，超出 {over} 元"),
        en: format!(
            "with this payment {en} for {line} in {year} comes to {sum} yuan; the quota is {limit}, {over} less"
        ),
    };
    let mut finding = voucher.payment.finding(&RULE, Deviant::Bank, day.facts, because);
    finding.difference = Some(over);
    finding
}
