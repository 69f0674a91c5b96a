//! The registers 登记簿 the plan orders of large payments, unbudgeted payments and refunds: complete lists, whether or not
//! anything is wrong with an item (国库联动监管方案).
//!
//! An item is listed on the day its first record arrives.

use chrono::NaiveDate;

use crate::domain::entry::{Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::ledger::Flow;
use crate::domain::money::Money;

use super::Day;
use super::disbursements::large_disbursement_undocumented::payee_days;
use super::disbursements::{Budgeted, approvals, budgeted, is_chargeable};
use super::finding::Sentence;
use super::payment::Payment;

/// The three registers of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// 大额支付登记簿
    pub large: Vec<Item>,
    /// 非预算支付登记簿; `None` without a budget.
    pub unbudgeted: Option<Vec<Item>>,
    /// 退库登记簿
    pub refunds: Vec<Item>,
}

/// A payment in a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub key: String,
    /// The day of its document, else of the first record of it.
    pub issued_on: Option<NaiveDate>,
    pub treasury: String,
    /// The budget unit, or of a refund the taxpayer.
    pub unit: String,
    pub unit_name: String,
    pub payee_account: String,
    pub payee_name: String,
    pub subject: String,
    /// In yuan.
    pub amount: Option<Money>,
    /// What it rests on, as its document has it.
    pub document: String,
    /// When the treasury booked it.
    pub booked_on: Option<NaiveDate>,
    /// When the bank paid it out.
    pub paid_on: Option<NaiveDate>,
    /// Why it is listed.
    pub why: Sentence,
    /// Every party's record of it.
    pub entries: Vec<EntryId>,
}

/// What is listed today.
pub fn of(day: &Day<'_>) -> Registers {
    let refunds = day.payments(Flow::Refund).filter(|payment| is_new(payment, day));
    let mut refunds: Vec<Item> = refunds
        .map(|payment| {
            let reason = payment.stated(Field::Reason);
            let why = match reason {
                "" => Sentence { zh: "退库".to_owned(), en: "refund".to_owned() },
                code => {
                    Sentence { zh: format!("退库，原因 {code}"), en: format!("refund, reason {code}") }
                }
            };
            item(&payment, why)
        })
        .collect();
    sort(&mut refunds);
    Registers { large: large(day), unbudgeted: unbudgeted(day), refunds }
}

/// Payouts that are large alone, or with what else the payee's account is paid by vouchers of the day.
fn large(day: &Day<'_>) -> Vec<Item> {
    let threshold = day.facts.settings.large_threshold;
    let days = payee_days(day, &day.vouchers);
    let mut items: Vec<Item> = Vec::new();
    for payment in day.payments(Flow::Disbursement).filter(|payment| is_new(payment, day)) {
        let amount =
            payment.entries().filter_map(|entry| entry.money(Field::Amount)).max().unwrap_or_default();
        let voucher = payment.documents.first();
        let on = voucher.and_then(|voucher| voucher.date(Field::VoucherDate));
        let sum = on.and_then(|on| days.get(&(payment.stated(Field::PayeeAccount), on)));
        let why = if amount >= threshold {
            Sentence {
                zh: format!("单笔达到大额标准 {threshold} 元"),
                en: format!("alone reaches the large threshold of {threshold} yuan"),
            }
        } else if let Some(sum) = sum.filter(|sum| **sum >= threshold) {
            Sentence {
                zh: format!("当日付同一收款账号共 {sum} 元，达到大额标准 {threshold} 元"),
                en: format!(
                    "the payee's account is paid {sum} yuan that day, which reach the threshold of {threshold}"
                ),
            }
        } else {
            continue;
        };
        items.push(item(&payment, why));
    }
    sort(&mut items);
    items
}

/// Payouts that no line of the budget bears.
fn unbudgeted(day: &Day<'_>) -> Option<Vec<Item>> {
    let budget = day.facts.budget.as_ref()?;
    let approvals = approvals(budget);
    let mut items: Vec<Item> = Vec::new();
    for voucher in day.vouchers.iter().filter(|voucher| is_chargeable(voucher)) {
        let is_before =
            |first: &NaiveDate| voucher.on < *first && !voucher.document.is_blank(Field::PreApprovalClass);
        let year = voucher.document.count(Field::Year).unwrap_or_default();
        let why = match budgeted(budget, &approvals, voucher) {
            Budgeted::No => {
                Sentence { zh: "预算指标中无此项".to_owned(), en: "no line of the budget".to_owned() }
            }
            Budgeted::Early { approved_on } => Sentence {
                zh: format!("早于预算批准日 {approved_on}"),
                en: format!("before the budget was approved on {approved_on}"),
            },
            Budgeted::Yes if approvals.get(&year).is_some_and(is_before) => {
                let class = voucher.document.text(Field::PreApprovalClass);
                Sentence {
                    zh: format!("预算批准前依法可以安排（{class}）"),
                    en: format!("allowed before the budget is approved ({class})"),
                }
            }
            Budgeted::Yes | Budgeted::NoData => continue,
        };
        if is_new(&voucher.payment, day) {
            items.push(item(&voucher.payment, why));
        }
    }
    sort(&mut items);
    Some(items)
}

/// Whether its first record came today.
fn is_new(payment: &Payment<'_>, day: &Day<'_>) -> bool {
    payment.entries().map(Entry::arrived).min() == Some(day.facts.as_of)
}

fn item(payment: &Payment<'_>, why: Sentence) -> Item {
    let first = |fields: &[Field]| {
        payment.entries().find_map(|entry| fields.iter().find_map(|field| entry.date(*field)))
    };
    let of = |entries: &[Entry<'_>], field: Field| entries.iter().find_map(|entry| entry.date(field));
    let stated = |fields: &[Field]| {
        let texts: Vec<&str> =
            fields.iter().map(|field| payment.stated(*field)).filter(|text| !text.is_empty()).collect();
        texts.join(" ")
    };
    let is_refund = payment.flow == Flow::Refund;
    let (unit, name) =
        if is_refund { (Field::TaxpayerId, Field::TaxpayerName) } else { (Field::Unit, Field::UnitName) };
    let basis: &[Field] = if is_refund {
        &[Field::BasisDoc, Field::ApprovedBy, Field::ApprovalNo]
    } else {
        &[Field::DocRef, Field::BudgetRef]
    };
    Item {
        key: payment.key(),
        issued_on: first(&[
            Field::VoucherDate,
            Field::IssuedOn,
            Field::AcceptedOn,
            Field::BookedOn,
            Field::PaidOn,
            Field::CreditedOn,
        ]),
        treasury: payment.stated(Field::Treasury).to_owned(),
        unit: payment.stated(unit).to_owned(),
        unit_name: payment.stated(name).to_owned(),
        payee_account: payment.stated(Field::PayeeAccount).to_owned(),
        payee_name: payment.stated(Field::PayeeName).to_owned(),
        subject: payment.stated(Field::Subject).to_owned(),
        amount: payment.entries().find_map(|entry| entry.money(Field::Amount)),
        document: stated(basis),
        booked_on: of(&payment.treasury, Field::BookedOn),
        paid_on: of(&payment.bank, if is_refund { Field::CreditedOn } else { Field::PaidOn }),
        why,
        entries: payment.evidence(),
    }
}

/// By day and number; what has neither by its content, so that the order of rows decides nothing.
fn sort(items: &mut [Item]) {
    items.sort_by(|a, b| {
        let by = |item: &Item| {
            let texts = [&item.key, &item.payee_account, &item.unit, &item.document, &item.why.zh];
            (item.issued_on, texts.map(Clone::clone), item.amount, item.booked_on, item.paid_on)
        };
        by(a).cmp(&by(b))
    });
}
