//! 退库超过原缴: more is refunded of a slip than was paid, or of a slip nobody knows. An order that names no slip is held
//! against what its taxpayer paid to the subject and level.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rustc_hash::FxHashSet;

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{self, Deviant, Payment};
use crate::rules::{Day, Judge, ORDERS, REFUNDS, Rule, Stays, Title, law};

use super::Order;

pub static RULE: Rule = Rule {
    id: "refund-exceeds-payment",
    title: Title {
        zh: "退库超过原缴税款，或查无原缴",
        en: "Refund exceeds what was paid, or nothing is known of it",
    },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("refund_exceeds_payment.md"),
    stays: Stays::Case,
    needs: ORDERS,
    tables: &[],
    judge: Judge::Day(REFUNDS, judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let slips = super::by_slip(day);
    for (slip, orders) in &slips {
        match day.original(slip) {
            Some(original) => findings.extend(beyond(slip, &original, orders, day)),
            None => findings.extend(orders.iter().filter_map(|order| without_slip(slip, order, day))),
        }
    }
    let nameless = nameless(day);
    let payments = paid_by(&nameless, day);
    for (named, orders) in &nameless {
        findings.extend(beyond_paid(named, orders, &payments, &slips, day));
    }
    findings
}

/// What was paid on a slip of which something was to be refunded on a day: what it says, unless bank and treasury agree on
/// something else. While the slip is not there, what the treasury booked, else what the bank received. Nothing, where
/// neither has a record of it although both should.
fn paid(slip: &Payment<'_>, refunded: NaiveDate, day: &Day<'_>) -> Option<Money> {
    if is_unpaid(slip, refunded, day) {
        return Some(Money::ZERO);
    }
    let [issued, received, booked] = slip.totals();
    match payment::deviant(issued.as_ref(), received.as_ref(), booked.as_ref()) {
        Some(Deviant::Issuer) if !slip.is_repeated() => received,
        _ => issued.or(booked).or(received),
    }
}

/// Whether nobody paid a slip: it was issued since the archive began, neither bank nor treasury has a record of it, both
/// delivered today, and it was due, the refund issued, and the grace is over.
fn is_unpaid(slip: &Payment<'_>, refunded: NaiveDate, day: &Day<'_>) -> bool {
    let facts = day.facts;
    let has_come =
        [Ledger::BankReceipts, Ledger::TreasuryReceipts].iter().all(|of| facts.delivered.contains(of));
    let Some(document) = slip.documents.first() else { return false };
    if !slip.bank.is_empty() || !slip.treasury.is_empty() || !has_come || day.is_doubtful(slip) {
        return false;
    }
    let Some(billed) = document.date(Field::BilledOn).filter(|billed| *billed >= day.since) else {
        return false;
    };
    let latest = [billed, refunded].into_iter().chain(document.date(Field::DueOn)).max().unwrap_or(billed);
    let over = facts.calendar.add_working(latest, facts.settings.match_grace_wd);
    over.is_some_and(|over| facts.as_of > over)
}

/// The orders that bring the refunds of a slip above what was paid on it.
fn beyond(slip: &str, original: &Payment<'_>, orders: &[Order<'_>], day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut total = Money::ZERO;
    for (place, order) in orders.iter().enumerate() {
        total += order.amount();
        let paid = order.issued().and_then(|issued| paid(original, issued, day));
        let Some(paid) = paid.filter(|paid| total > *paid) else { continue };
        let over = total - paid;
        let because = if paid == Money::ZERO {
            Sentence {
                zh: format!(
                    "银行、国库均无税票 {slip} 的缴款记录，连同本单累计退库 {} 笔 {total} 元",
                    place + 1
                ),
                en: format!(
                    "neither bank nor treasury has a record that slip {slip} was paid; its refunds, {} with this one, come \
                     to {total} yuan",
                    place + 1
                ),
            }
        } else {
            Sentence {
                zh: format!(
                    "税票 {slip} 缴款 {paid} 元，连同本单累计退库 {} 笔 {total} 元，超出 {over} 元",
                    place + 1
                ),
                en: format!(
                    "{paid} yuan were paid on slip {slip}; its refunds, {} with this one, come to {total} yuan, {over} more",
                    place + 1
                ),
            }
        };
        let mut finding = of_order(order, day, because);
        finding.difference = Some(over);
        finding.evidence.extend(orders[..place].iter().map(|earlier| earlier.document.id()));
        finding.evidence.extend(original.evidence());
        finding.evidence.sort_unstable();
        findings.push(finding);
    }
    findings
}

/// Whether the slip or the payment that an order gives back should be known: the archive begins early enough before the
/// error was discovered or the refund applied for.
fn should_be_known(order: &Order<'_>, day: &Day<'_>) -> bool {
    let dates = [Field::DiscoveredOn, Field::AppliedOn].map(|field| order.document.date(field));
    let asked = dates.into_iter().flatten().min();
    asked.zip(order.issued()).is_some_and(|(asked, issued)| day.should_know_slip(asked, issued))
}

/// An order of whose slip no record is known.
fn without_slip(slip: &str, order: &Order<'_>, day: &Day<'_>) -> Option<Finding> {
    if !should_be_known(order, day) {
        return None;
    }
    let because = Sentence {
        zh: format!("原税票 {slip} 在各方账册及档案中均无有效记录（档案始于 {}）", day.since),
        en: format!(
            "no ledger has a record of the original slip {slip} that stands, back to {} when the archive begins",
            day.since
        ),
    };
    let mut finding = of_order(order, day, because);
    finding.severity = Severity::High;
    Some(finding)
}

/// Whose payments an order that names no slip gives back.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Source<'d> {
    payer: &'d str,
    subject: &'d str,
    level: &'d str,
}

/// The level of a slip whose revenue several levels share.
const SHARED: &str = "0";

/// The orders that name a taxpayer and no slip, those left out that by their reason give nothing back that he paid. Of an
/// order that names neither `refund-incomplete` tells.
fn nameless<'d>(day: &'d Day<'_>) -> BTreeMap<Source<'d>, Vec<Order<'d>>> {
    let mut sources: BTreeMap<Source<'_>, Vec<Order<'_>>> = BTreeMap::new();
    for order in super::orders(day) {
        let text = |field| order.document.text(field);
        let source = Source {
            payer: text(Field::TaxpayerId),
            subject: text(Field::Subject),
            level: text(Field::Level),
        };
        let gives_back =
            !day.facts.settings.refund_reasons_unpaid.iter().any(|code| code == text(Field::Reason));
        if super::lacks(order.document, Field::OriginalSlip) && !source.payer.is_empty() && gives_back {
            sources.entry(source).or_default().push(order);
        }
    }
    sources
}

/// What the taxpayers of some orders paid, by taxpayer.
fn paid_by<'d>(
    orders: &BTreeMap<Source<'d>, Vec<Order<'d>>>,
    day: &'d Day<'_>,
) -> BTreeMap<&'d str, Vec<Payment<'d>>> {
    let mut payments: BTreeMap<&str, Vec<Payment<'_>>> = BTreeMap::new();
    let payers: FxHashSet<&str> = orders.keys().map(|source| source.payer).collect();
    if payers.is_empty() {
        return payments;
    }
    let slips = day.book.ids_of(|ledger| matches!(ledger, Ledger::TaxReceipts | Ledger::FinanceReceipts));
    let mut cases: Vec<(&str, u32)> = slips
        .into_iter()
        .filter_map(|id| Some((group::payer_id(day.book.entry(id)), day.case_of[id.0 as usize]?)))
        .filter(|(payer, _)| payers.contains(payer))
        .collect();
    cases.sort_unstable();
    cases.dedup();
    for (payer, case) in cases {
        payments.entry(payer).or_default().push(day.payment_in(case));
    }
    payments
}

/// Whether a payment went to a subject and level, by its slip, the treasury's bookings or a correction. What levels share
/// went to each.
fn went_to(payment: &Payment<'_>, source: &Source<'_>) -> bool {
    let (slips, bookings, moves) = (&payment.documents, &payment.treasury, &payment.corrections);
    let mut subjects = slips.iter().map(|slip| slip.text(Field::Subject));
    let mut moved_to = moves.iter().map(|row| row.text(Field::NewSubject));
    let levels = slips.iter().chain(bookings).map(|row| row.text(Field::Level));
    let mut levels = levels.chain(moves.iter().map(|row| row.text(Field::NewLevel)));
    (subjects.any(|subject| subject == source.subject) || moved_to.any(|subject| subject == source.subject))
        && (source.level == SHARED || levels.any(|level| level == source.level || level == SHARED))
}

/// The orders that bring the refunds that name no slip above what their taxpayer paid to the subject and level, less what
/// other refunds gave back of it.
fn beyond_paid(
    source: &Source<'_>,
    orders: &[Order<'_>],
    payments: &BTreeMap<&str, Vec<Payment<'_>>>,
    named: &BTreeMap<&str, Vec<Order<'_>>>,
    day: &Day<'_>,
) -> Vec<Finding> {
    let Source { payer, subject, level } = source;
    let payments: Vec<&Payment<'_>> =
        payments.get(payer).into_iter().flatten().filter(|payment| went_to(payment, source)).collect();
    let mut findings = Vec::new();
    let mut total = Money::ZERO;
    for (place, order) in orders.iter().enumerate() {
        total += order.amount();
        let Some(issued) = order.issued().filter(|_| should_be_known(order, day)) else { continue };
        let (mut all, mut given_back) = (Money::ZERO, Money::ZERO);
        for payment in &payments {
            let paid = paid(payment, issued, day).unwrap_or_default();
            let refunds: Money =
                named.get(payment.key().as_str()).into_iter().flatten().map(Order::amount).sum();
            all += paid;
            given_back += refunds.min(paid);
        }
        let left = all - given_back;
        if total <= left {
            continue;
        }
        let over = total - left;
        let count = place + 1;
        let because = if payments.is_empty() {
            Sentence {
                zh: format!(
                    "未填原税票号，各方账册及档案中均无纳税人 {payer} 缴入科目 {subject} 级次 {level} 的记录（档案始于 {}）",
                    day.since
                ),
                en: format!(
                    "it names no slip, and no ledger has a record that taxpayer {payer} paid to subject {subject} at level \
                     {level}, back to {} when the archive begins",
                    day.since
                ),
            }
        } else {
            Sentence {
                zh: format!(
                    "未填原税票号；纳税人 {payer} 缴入科目 {subject} 级次 {level} 共 {all} 元，已按税票退 {given_back} \
                     元，连同本单未填税票的退库 {count} 笔 {total} 元，超出 {over} 元"
                ),
                en: format!(
                    "it names no slip; taxpayer {payer} paid {all} yuan to subject {subject} at level {level}, {given_back} \
                     were refunded by slip, and the refunds without slip, {count} with this one, come to {total} yuan, \
                     {over} more"
                ),
            }
        };
        let mut finding = of_order(order, day, because);
        if payments.is_empty() {
            finding.severity = Severity::High;
        } else {
            finding.difference = Some(over);
        }
        finding.evidence.extend(orders[..place].iter().map(|earlier| earlier.document.id()));
        finding.evidence.extend(payments.iter().flat_map(|payment| payment.evidence()));
        finding.evidence.sort_unstable();
        finding.evidence.dedup();
        findings.push(finding);
    }
    findings
}

fn of_order(order: &Order<'_>, day: &Day<'_>, because: Sentence) -> Finding {
    super::finding(&RULE, &order.payment, order.document, day, because)
}
