//! Treasury bonds 国债兑付: what bank outlets redeem, against what was issued (`rules.md` 5.I).

pub mod bond_duplicate_redemption;
pub mod bond_over_redemption;
pub mod bond_register_mismatch;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::domain::entry::{Book, Entry};
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;

use super::finding::{Finding, Sentence};
use super::law::{self, Basis};
use super::vouchers::Form;
use super::{Day, Rule};

const TERMS: &[Basis] = &[law::article(&law::BOND_RULES, 6), law::PLAN];

/// One row of the register: certificates of an issue with equal terms.
#[derive(Clone, Debug)]
pub struct Issued {
    pub issue: String,
    pub first: Form,
    pub last: Form,
    /// Face value of a certificate.
    pub principal: Money,
    /// Per cent a year, simple.
    pub rate: Decimal,
    pub issued_on: NaiveDate,
    pub matures_on: NaiveDate,
    /// Control figure of the issue.
    pub total: Option<Money>,
}

pub fn issued(bonds: &Book) -> Vec<Issued> {
    let row = |row: Entry<'_>| {
        Some(Issued {
            issue: row.text(Field::Issue).to_owned(),
            first: Form::parse(row.text(Field::CertificateFrom))?,
            last: Form::parse(row.text(Field::CertificateTo))?,
            principal: row.money(Field::Principal)?,
            rate: row.text(Field::Rate).parse().ok()?,
            issued_on: row.date(Field::IssuedOn)?,
            matures_on: row.date(Field::MaturesOn)?,
            total: row.money(Field::Total),
        })
    };
    bonds.entries().filter_map(row).collect()
}

/// The redemptions at hand that stand, in order of day, certificate and content.
fn redemptions<'d>(day: &Day<'d>) -> Vec<Entry<'d>> {
    let ids = day.standing(|ledger| ledger == Ledger::BondRedemptions);
    let mut rows: Vec<Entry<'d>> = ids.into_iter().map(|id| day.book.entry(id)).collect();
    rows.sort_by_cached_key(|row| {
        (row.date(Field::RedeemedOn), row.text(Field::CertificateNo).to_owned(), row.content(), row.id())
    });
    rows
}

fn finding(rule: &'static Rule, redemption: Entry<'_>, because: Sentence) -> Finding {
    let key = redemption.text(Field::CertificateNo).to_owned();
    let mut finding = Finding::of(rule, Party::Bank, key, because);
    finding.flow = Flow::Account;
    redemption.text(Field::Bank).clone_into(&mut finding.institution);
    finding.amount = redemption.money(Field::Principal);
    finding.event_on = redemption.date(Field::RedeemedOn);
    finding.evidence = vec![redemption.id()];
    finding
}
