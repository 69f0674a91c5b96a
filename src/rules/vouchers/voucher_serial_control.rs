//! 重要空白凭证控制: a form was used that was not issued, twice, after it was void or lost, by another unit, or left out.

use std::collections::{BTreeMap, BTreeSet};

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
    let used: Vec<(Form, NaiveDate)> = day
        .running
        .keys(&USED)
        .filter_map(|text| Some((Form::parse(text)?, day.running.first(&USED, text)?)))
        .collect();
    findings.extend(ranges.iter().flat_map(|range| gaps(range, &ranges, &used, day)));
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
    let holding: Vec<&Range> =
        ranges.iter().filter(|range| form.as_ref().is_some_and(|form| range.contains(form))).collect();
    let types: BTreeSet<&str> = holding.iter().map(|range| range.form_type.as_str()).collect();
    // A voucher does not say of which type its form is: where several have the number, one that is in order is enough.
    if types.len() > 1
        && numbers.len() <= types.len()
        && types.iter().any(|of_type| {
            let of_type: Vec<&Range> =
                holding.iter().copied().filter(|range| range.form_type == *of_type).collect();
            fault(&of_type, first, on, day).is_none()
        })
    {
        return None;
    }
    // One voucher that is recorded twice is voucher-duplicate.
    let (severity, zh, en) = if numbers.len() > 1 {
        let (zh, en) = (format!("用于 {} 张凭证：{}", numbers.len(), numbers.join("、")), numbers.join(", "));
        (Severity::Critical, zh, format!("was used for {} vouchers: {en}", numbers.len()))
    } else {
        fault(&holding, first, on, day)?
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

/// What is wrong with a form by the rows of the register that have its number.
fn fault(
    holding: &[&Range],
    voucher: &Entry<'_>,
    on: NaiveDate,
    day: &Day<'_>,
) -> Option<(Severity, String, String)> {
    let of = |states: &'static [&'static str]| {
        holding.iter().copied().filter(|range| states.contains(&range.state.as_str()))
    };
    let number = voucher.text(Field::VoucherNo);
    let is_dead = |dead: &&Range| dead.state_on.is_none_or(|end| end < on);
    if let Some(dead) = of(&["void", "lost"]).find(is_dead) {
        let (zh, since) = (if dead.state == "void" { "作废" } else { "遗失" }, written(dead.state_on));
        return Some((
            Severity::Critical,
            format!("已于 {since} {zh}，又用于 {on} 的凭证 {number}"),
            format!("was {} on {since} and used for voucher {number} of {on}", dead.state),
        ));
    }
    // Handed back, and not issued again since.
    let back = of(&["returned"]).filter(is_dead).max_by_key(|back| back.state_on);
    let is_again =
        |back: &Range| of(&["issued"]).any(|range| back.state_on.is_some_and(|end| range.issued_on >= end));
    if let Some(back) = back.filter(|back| !is_again(back)) {
        let since = written(back.state_on);
        return Some((
            Severity::High,
            format!("已于 {since} 交回，又用于 {on} 的凭证 {number}"),
            format!("was returned on {since} and used for voucher {number} of {on}"),
        ));
    }
    let mut issued = holding.iter().peekable();
    if issued.peek().is_none() {
        return Some((
            Severity::High,
            format!("不在已领用的号段内，却用于凭证 {number}"),
            format!("is in no range that was issued and was used for voucher {number}"),
        ));
    }
    let faults: Option<Vec<_>> = issued.map(|range| misused(range, voucher, on, day)).collect();
    // Of several rows one that bears it out is enough.
    let (zh, en) = faults?.into_iter().next()?;
    Some((Severity::High, zh, en))
}

/// Whether a form was used before its issue or by another unit than it was issued to.
fn misused(issued: &Range, voucher: &Entry<'_>, on: NaiveDate, day: &Day<'_>) -> Option<(String, String)> {
    let (to, number, unit) = (&issued.issued_to, voucher.text(Field::VoucherNo), voucher.text(Field::Unit));
    if on < issued.issued_on {
        return Some((
            format!("于 {} 才领用，却用于 {on} 的凭证 {number}", issued.issued_on),
            format!("was issued on {} and used for voucher {number} of {on}", issued.issued_on),
        ));
    }
    // The register may know who took the forms by code or by name.
    let is_bureau = day.facts.institutions.iter().flatten().any(|(code, known)| {
        (code == to || known.name == *to) && known.party == Party::Finance && !known.collects
    });
    let is_unit = [unit, voucher.text(Field::UnitName)].contains(&to.as_str());
    (!is_unit && !is_bureau).then(|| {
        (
            format!("由 {to} 领用，却由单位 {unit} 用于凭证 {number}"),
            format!("was issued to {to} and used by unit {unit} for voucher {number}"),
        )
    })
}

/// Forms that are neither used nor accounted for, although higher ones were used long ago.
fn gaps(range: &Range, ranges: &[Range], used: &[(Form, NaiveDate)], day: &Day<'_>) -> Vec<Finding> {
    let overlaps = |other: &Range| {
        other.form_type != range.form_type && (other.contains(&range.first) || range.contains(&other.first))
    };
    // Which of two types with the same numbers was used, nobody says.
    if range.state != "issued" || ranges.iter().any(overlaps) {
        return Vec::new();
    }
    let of_range = used.iter().filter(|(form, _)| range.contains(form));
    let used: BTreeMap<&Form, NaiveDate> = of_range.map(|(form, first)| (form, *first)).collect();
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
    finding.table_rows = vec![range.place.clone()];
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
