//! Two ledgers say different things about one payment (`rules.md` 5.0).

pub mod ambiguous_match;
pub mod amount_mismatch;
pub mod disbursement_mismatch;
pub mod level_mismatch;
pub mod missing_in_bank;
pub mod missing_in_issuer;
pub mod missing_in_treasury;
pub mod payee_mismatch;
pub mod slip_no_mismatch;
pub mod subject_mismatch;
pub mod treasury_mismatch;
pub mod voucher_duplicate;

use std::collections::BTreeMap;

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::matching::group::{self, Role};

use super::finding::{Finding, Sentence, working_days};
use super::law::{self, Basis};
use super::payment::{self, Deviant, Payment};
use super::{Asked, Day, Rule};

/// Nobody alters subject or level of tax already in the treasury on his own.
const UNALTERED: &[Basis] = &[law::paragraph(&law::TAX_RULES, 39, 2), law::PLAN];

/// A code that the entries of one payment state differently, unless a correction has mended it since.
fn code(
    rule: &'static Rule,
    field: Field,
    (zh, en): (&str, &str),
    payment: &Payment<'_>,
    facts: &Facts,
) -> Option<Finding> {
    if payment.is_agreed(field) || (payment.is_split() && field == Field::Level) {
        return None;
    }
    let stated = payment.said(field);
    let [issuer, bank, treasury] = stated;
    let deviant = payment::deviant(issuer.as_ref(), bank.as_ref(), treasury.as_ref())?;
    let mut finding = differing(rule, field, zh, en, deviant, payment, facts);
    let corrected = stated.map(|said| said.map(|text| payment.corrected(field, text)));
    let last = corrected.iter().flatten().filter_map(|(_, by)| *by).max_by_key(|by| group::own_date(*by));
    let Some(last) = last else { return Some(finding) };
    let [issuer, bank, treasury] = corrected.map(|said| said.map(|(text, _)| text));
    if payment::deviant(issuer.as_ref(), bank.as_ref(), treasury.as_ref()).is_none() {
        let (on, voucher) = (group::own_date(last)?, last.text(Field::VoucherNo));
        finding.settled_on = Some(on);
        let (zh, en) =
            (format!("；已于 {on} 由更正通知书 {voucher} 更正"), format!("; corrected on {on} by {voucher}"));
        finding.explanation.add(&zh, &en);
        finding.evidence.extend(payment.corrections.iter().map(|row| row.id()));
        finding.evidence.sort_unstable();
    }
    Some(finding)
}

/// What each party says of a field the parties differ in.
fn differing(
    rule: &'static Rule,
    field: Field,
    zh: &str,
    en: &str,
    deviant: Deviant,
    payment: &Payment<'_>,
    facts: &Facts,
) -> Finding {
    let [issuer, bank, treasury] = payment.said(field);
    let stated = [("开票方", "issuer", issuer), ("银行", "bank", bank), ("国库", "treasury", treasury)];
    let list = |pick: fn(&(&'static str, &'static str, Option<&str>)) -> &'static str, comma: &str| {
        let parts = stated.iter().filter_map(|said| said.2.map(|text| format!("{} {text}", pick(said))));
        parts.collect::<Vec<_>>().join(comma)
    };
    let because = Sentence {
        zh: format!("{zh}不一致：{}", list(|said| said.0, "，")),
        en: format!("{en} differs: {}", list(|said| said.1, ", ")),
    };
    let mut finding = payment.finding(rule, deviant, facts, because);
    if field == Field::Treasury && deviant == Deviant::Treasury {
        // Of several that booked it, the one that should not have.
        treasury.unwrap_or_default().clone_into(&mut finding.institution);
    }
    finding
}

/// A correction as its issuer ordered it and as the treasury's ledger has it, under one number.
struct Ordered<'b> {
    order: Entry<'b>,
    booking: Entry<'b>,
}

impl Ordered<'_> {
    /// A finding that the treasury differs in something. For a correction the order is the source document.
    fn finding(&self, rule: &'static Rule, day: &Day<'_>, because: Sentence) -> Finding {
        let Self { order, booking } = *self;
        // The treasury that has the money.
        let payment = day.payment_of(order.id());
        let booked = payment.treasury.first().map(|booked| booked.text(Field::Treasury));
        let mut finding =
            Finding::of(rule, Party::Treasury, order.text(Field::VoucherNo).to_owned(), because);
        booked.unwrap_or(order.text(Field::OldTreasury)).clone_into(&mut finding.institution);
        finding.flow = Flow::Correction;
        order.text(Field::OldTreasury).clone_into(&mut finding.treasury);
        finding.amount = order.money(Field::OldAmount);
        finding.event_on = group::own_date(booking);
        finding.evidence = vec![order.id(), booking.id()];
        finding.evidence.sort_unstable();
        finding
    }
}

/// The corrections that stand in the treasury's ledger and in an issuer's. A number that a ledger has twice says nothing,
/// and under one number there may be corrections of several slips, or of several issuers.
fn ordered<'d>(day: &'d Day<'_>) -> Vec<Ordered<'d>> {
    let mut by_number: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
    for id in day.book.ids_of(|ledger| ledger.flow() == Flow::Correction) {
        let row = day.book.entry(id);
        if day.case_of[id.0 as usize].is_some() && !row.is_blank(Field::VoucherNo) {
            by_number.entry(row.text(Field::VoucherNo)).or_default().push(row);
        }
    }
    let pair = |rows: Vec<Entry<'d>>| {
        let (bookings, orders): (Vec<Entry<'_>>, Vec<Entry<'_>>) =
            rows.into_iter().partition(|row| row.ledger() == Ledger::TreasuryCorrections);
        let [booking] = bookings[..] else { return None };
        let slip = |row: &Entry<'d>| row.text(Field::OriginalSlip);
        let may_be = |order: &&Entry<'d>| {
            slip(order) == slip(&booking) || slip(order).is_empty() || slip(&booking).is_empty()
        };
        let mut orders = orders.iter().filter(may_be);
        let (Some(&order), None) = (orders.next(), orders.next()) else { return None };
        Some(Ordered { order, booking })
    };
    by_number.into_values().filter_map(pair).collect()
}

/// A code that the treasury's ledger of corrections has otherwise than the issuer's order, on either side.
fn corrected_code(
    rule: &'static Rule,
    (old, new): (Field, Field),
    (zh, en): (&str, &str),
    day: &Day<'_>,
) -> Vec<Finding> {
    let differs = |of: Ordered<'_>| {
        let (mut in_chinese, mut in_english) = (Vec::new(), Vec::new());
        for (field, side_zh, side_en) in [(old, "原", "old"), (new, "现", "new")] {
            let (said, booked) = (of.order.text(field), of.booking.text(field));
            if !said.is_empty() && !booked.is_empty() && said != booked {
                in_chinese.push(format!("{side_zh}{zh}开票方 {said}，国库 {booked}"));
                in_english.push(format!("{side_en} {en}: issuer {said}, treasury {booked}"));
            }
        }
        (!in_chinese.is_empty()).then(|| {
            let because = Sentence {
                zh: format!("更正{zh}不一致：{}", in_chinese.join("；")),
                en: format!("the correction's {en} differs: {}", in_english.join("; ")),
            };
            of.finding(rule, day, because)
        })
    };
    ordered(day).into_iter().filter_map(differs).collect()
}

/// How the parties of a refund or payout differ in the payee: by account, or where accounts do not tell by name.
pub fn payee(payment: &Payment<'_>) -> Option<(Field, Deviant)> {
    [Field::PayeeAccount, Field::PayeeName]
        .into_iter()
        .find_map(|field| payment.deviant_in(field).map(|deviant| (field, deviant)))
}

/// A party that must answer for a payment has no entry of it, and the grace is over.
///
/// Only the next party in the payment's chain can be missing. The grace runs from the latest day of the entries at hand when
/// it is first asked, the day on which the money was remitted among them.
fn missing(
    rule: &'static Rule,
    who: Role,
    zh: &str,
    en: &str,
    payment: &Payment<'_>,
    day: &Day<'_>,
) -> Option<Finding> {
    if payment.next_missing() != Some(who) || day.is_doubtful(payment) {
        return None;
    }
    let remitted = payment.bank.iter().filter_map(|row| day.remittances.covered(row.id()));
    let own = payment.entries().filter_map(group::own_date);
    let latest = own.chain(remitted.map(|covered| covered.on)).max()?;
    let by_latest = day.facts.calendar.add_working(latest, day.facts.settings.match_grace_wd)?;
    // Who was asked goes on to be: what another party records later gives no more time, unless what was said of the payment
    // is no longer so.
    let stands = |asked: &&Asked| {
        let rows = payment.evidence();
        asked.evidence.iter().all(|row| rows.iter().any(|&id| day.book.entry(id).place() == *row))
    };
    let asked = (!day.asked.is_empty()).then(|| day.asked.get(&(rule.id, payment.key()))).flatten();
    let due = asked.filter(stands).and_then(|asked| asked.due).map_or(by_latest, |due| due.min(by_latest));
    if day.facts.as_of <= due {
        return None;
    }
    let age = day.facts.calendar.working_lag(due, day.facts.as_of)?;
    let because = if due < by_latest {
        Sentence {
            zh: format!(
                "{zh}账册无有效记录：最迟应于 {due} 记账，已过 {age} 个工作日；其他各方此后又有记录（{latest}）"
            ),
            en: format!(
                "{en} has no record of it that stands: its own was due by {due}, {} ago; the others recorded more since, \
                 on {latest}",
                working_days(age)
            ),
        }
    } else {
        Sentence {
            zh: format!(
                "{zh}账册无有效记录：其他各方最近一笔记于 {latest}，最迟应于 {due} 记账，已过 {age} 个工作日"
            ),
            en: format!(
                "{en} has no record of it that stands: the latest of the others is of {latest}, its own was due by {due}, \
             {} ago",
                working_days(age)
            ),
        }
    };
    let mut finding = payment.finding(rule, who.into(), day.facts, because);
    finding.due_on = Some(due);
    finding.days_late = Some(age);
    if let Some(row) = unread(payment, who, day.facts) {
        let zh = format!("；{row} 写有该号码，但该行不能读取，见文件问题");
        let en = format!("; {row} states this number but could not be read: see the problems of the files");
        finding.explanation.add(&zh, &en);
    }
    Some(finding)
}

/// A row that the missing party sent and that could not be read, by the number it states.
fn unread<'f>(payment: &Payment<'_>, who: Role, facts: &'f Facts) -> Option<&'f str> {
    let is_theirs = |ledger: &&Ledger| ledger.flow() == payment.flow && group::role(**ledger) == Some(who);
    let number = payment.entries().map(group::number).find(|number| !number.is_empty())?.to_owned();
    let rows = Ledger::ALL
        .iter()
        .filter(is_theirs)
        .filter_map(|&ledger| facts.unread.get(&(ledger, number.clone())));
    rows.map(|(_, row)| row.as_str()).next()
}
