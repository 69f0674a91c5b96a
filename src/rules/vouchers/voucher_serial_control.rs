//! 重要空白凭证控制: a form was used that was not issued, twice, after it was void or lost, by another unit, or left out.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::Counter;
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

use super::{Form, Range};

pub static RULE: Rule = Rule {
    id: "voucher-serial-control",
    title: Title { zh: "重要空白凭证失控", en: "Controlled form out of order" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("voucher_serial_control.md"),
    stays: Stays::Case,
    needs: &[Need::Always(Ledger::FinanceDisbursements)],
    tables: &["voucher-stock", "calendar"],
    judge: Judge::Day(&[], judge),
};

/// Forms that payment vouchers were written on, by the day of the voucher.
pub static USED: Counter = Counter {
    id: "forms-used",
    ledgers: &[Ledger::FinanceDisbursements],
    of: |voucher, key| {
        key.push_str(voucher.text(Field::FormNo));
        (!key.is_empty()).then(|| (voucher.date(Field::VoucherDate).expect("required"), Money::ZERO))
    },
    keep_days: 1100,
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(stock) = day.facts.table("voucher-stock") else { return Vec::new() };
    let ranges = super::ranges(stock);
    let mut used: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
    for payment in day.payments(Flow::Disbursement) {
        for voucher in payment.documents.iter().filter(|row| !row.is_blank(Field::FormNo)) {
            used.entry(voucher.text(Field::FormNo)).or_default().push(*voucher);
        }
    }
    let mut findings: Vec<Finding> =
        used.iter().filter_map(|(form, vouchers)| of_form(form, vouchers, &ranges, day)).collect();
    findings.extend(ranges.iter().flat_map(|range| gaps(range, &ranges, day)));
    findings
}

/// The gravest fault of a form that was used.
fn of_form(number: &str, vouchers: &[Entry<'_>], ranges: &[Range], day: &Day<'_>) -> Option<Finding> {
    let mut numbers: Vec<&str> = vouchers.iter().map(|voucher| voucher.text(Field::VoucherNo)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let first = vouchers
        .iter()
        .min_by_key(|voucher| (voucher.date(Field::VoucherDate), voucher.text(Field::VoucherNo)))?;
    let on = first.date(Field::VoucherDate)?;
    let form = Form::parse(number);
    let of = |state: &[&str]| {
        let form = form.as_ref()?;
        ranges.iter().find(|range| state.contains(&range.state.as_str()) && range.contains(form))
    };
    // One voucher that is recorded twice is voucher-duplicate.
    let (severity, zh, en) = if numbers.len() > 1 {
        let (zh, en) = (format!("用于 {} 张凭证：{}", numbers.len(), numbers.join("、")), numbers.join(", "));
        (Severity::Critical, zh, format!("was used for {} vouchers: {en}", numbers.len()))
    } else if let Some(dead) = of(&["void", "lost"]).filter(|dead| dead.state_on.is_none_or(|end| end <= on))
    {
        let (zh, since) = (if dead.state == "void" { "作废" } else { "遗失" }, written(dead.state_on));
        (
            Severity::Critical,
            format!("已于 {since} {zh}，又用于 {on} 的凭证 {}", numbers[0]),
            format!("was {} on {since} and used for voucher {} of {on}", dead.state, numbers[0]),
        )
    } else if let Some(issued) = of(&["issued", "void", "lost"]) {
        let is_bureau = day.facts.institutions.iter().flatten().any(|(code, known)| {
            *code == issued.issued_to && known.party == Party::Finance && !known.collects
        });
        let unit = first.text(Field::Unit);
        if on < issued.issued_on {
            (
                Severity::High,
                format!("于 {} 才领用，却用于 {on} 的凭证 {}", issued.issued_on, numbers[0]),
                format!("was issued on {} and used for voucher {} of {on}", issued.issued_on, numbers[0]),
            )
        } else if issued.issued_to != unit && !is_bureau {
            (
                Severity::High,
                format!("由 {} 领用，却由单位 {unit} 用于凭证 {}", issued.issued_to, numbers[0]),
                format!(
                    "was issued to {} and used by unit {unit} for voucher {}",
                    issued.issued_to, numbers[0]
                ),
            )
        } else {
            return None;
        }
    } else {
        (
            Severity::High,
            format!("不在已领用的号段内，却用于凭证 {}", numbers[0]),
            format!("is in no range that was issued and was used for voucher {}", numbers[0]),
        )
    };
    let because = Sentence { zh: format!("空白凭证 {number} {zh}"), en: format!("form {number} {en}") };
    let mut finding = found(day, first.text(Field::Treasury), number, because);
    finding.severity = severity;
    finding.amount = Some(vouchers.iter().filter_map(|voucher| voucher.money(Field::Amount)).sum());
    finding.event_on = Some(on);
    finding.evidence = vouchers.iter().map(|voucher| voucher.id()).collect();
    finding.evidence.sort_unstable();
    Some(finding)
}

/// Forms that are neither used nor accounted for, although higher ones were used long ago.
fn gaps(range: &Range, ranges: &[Range], day: &Day<'_>) -> Vec<Finding> {
    if range.state != "issued" {
        return Vec::new();
    }
    let mut used: BTreeMap<Form, NaiveDate> = BTreeMap::new();
    for text in day.running.keys(&USED) {
        if let Some(form) = Form::parse(text).filter(|form| range.contains(form))
            && let Some(first) = day.running.days(&USED, text).into_keys().next()
        {
            used.insert(form, first);
        }
    }
    let Some(highest) = used.last_key_value().map(|(form, _)| form.number) else { return Vec::new() };
    let mut findings = Vec::new();
    // From above: the day on which any higher number was first used.
    let mut passed: Option<NaiveDate> = None;
    let mut number = highest;
    while number >= range.first.number {
        let form = Form { number, ..range.first.clone() };
        if let Some(&on) = used.get(&form) {
            passed = Some(passed.map_or(on, |known| known.min(on)));
        } else {
            let accounted = ranges.iter().any(|other| other.state != "issued" && other.contains(&form));
            let passed = passed.expect("the highest is used");
            let waited = day.facts.calendar.working_lag(passed, day.facts.as_of);
            if !accounted && waited.is_some_and(|days| days > day.facts.settings.voucher_gap_wd) {
                findings.push(gap(&form, passed, range, day));
            }
        }
        let Some(next) = number.checked_sub(1) else { break };
        number = next;
    }
    findings
}

fn gap(form: &Form, passed: NaiveDate, range: &Range, day: &Day<'_>) -> Finding {
    let number = form.text();
    let because = Sentence {
        zh: format!(
            "空白凭证 {number}（{} 领用）未使用、未作废，其后的号码已于 {passed} 使用",
            range.issued_to
        ),
        en: format!(
            "form {number}, issued to {}, is neither used nor void; a higher number was used on {passed}",
            range.issued_to
        ),
    };
    let mut finding = found(day, "", &number, because);
    finding.severity = Severity::Low;
    finding.event_on = Some(passed);
    finding
}

fn found(day: &Day<'_>, treasury: &str, number: &str, because: Sentence) -> Finding {
    let mut finding = Finding::of(&RULE, Party::Finance, number.to_owned(), because);
    finding.flow = Flow::Disbursement;
    day.facts.finance_bureau(treasury).clone_into(&mut finding.institution);
    treasury.clone_into(&mut finding.treasury);
    finding
}

fn written(date: Option<NaiveDate>) -> String {
    date.map_or_else(|| "-".to_owned(), |date| date.to_string())
}
