//! The registers of a day as they are kept: every item with the rows that show it.

use chrono::NaiveDate;

use crate::domain::money::Money;
use crate::rules::finding::Sentence;
use crate::rules::registers::Item;

use super::Outcome;

/// Which register 登记簿 an item stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Register {
    /// 大额支付
    Large,
    /// 非预算支付
    Unbudgeted,
    /// 退库
    Refunds,
}

impl Register {
    pub const ALL: [Self; 3] = [Self::Large, Self::Unbudgeted, Self::Refunds];

    pub fn id(self) -> &'static str {
        match self {
            Self::Large => "large",
            Self::Unbudgeted => "unbudgeted",
            Self::Refunds => "refunds",
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|register| register.id() == id)
    }
}

/// An item of a register, as of the day it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub register: Register,
    pub listed_on: NaiveDate,
    pub key: String,
    pub issued_on: Option<NaiveDate>,
    pub treasury: String,
    /// The budget unit, or of a refund the taxpayer.
    pub unit: String,
    pub unit_name: String,
    pub payee_account: String,
    pub payee_name: String,
    pub subject: String,
    pub amount: Option<Money>,
    pub document: String,
    pub booked_on: Option<NaiveDate>,
    pub paid_on: Option<NaiveDate>,
    pub why: Sentence,
    /// `file#row` of every party's record.
    pub evidence: Vec<String>,
}

impl Outcome {
    /// What the registers list today, one after another; of unbudgeted payments nothing without a budget.
    pub fn registered(&self) -> Vec<Registered> {
        let of = &self.registers;
        let unbudgeted = of.unbudgeted.as_deref().unwrap_or_default();
        [
            (Register::Large, &of.large[..]),
            (Register::Unbudgeted, unbudgeted),
            (Register::Refunds, &of.refunds),
        ]
        .into_iter()
        .flat_map(|(register, items)| items.iter().map(move |item| self.registered_item(register, item)))
        .collect()
    }

    fn registered_item(&self, register: Register, item: &Item) -> Registered {
        let of = item.clone();
        Registered {
            register,
            listed_on: self.facts.as_of,
            key: of.key,
            issued_on: of.issued_on,
            treasury: of.treasury,
            unit: of.unit,
            unit_name: of.unit_name,
            payee_account: of.payee_account,
            payee_name: of.payee_name,
            subject: of.subject,
            amount: of.amount,
            document: of.document,
            booked_on: of.booked_on,
            paid_on: of.paid_on,
            why: of.why,
            evidence: item.entries.iter().map(|&id| self.book.entry(id).place()).collect(),
        }
    }
}
