//! 兑付与发行登记不符: a certificate that was never issued, is not due, or was paid other than its terms say.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::vouchers::Form;
use crate::rules::{Day, Judge, Need, Rule, Stays, Title};

use super::Issued;

pub static RULE: Rule = Rule {
    id: "bond-register-mismatch",
    title: Title { zh: "国债兑付与登记不符", en: "Redemption differs from the register" },
    basis: super::TERMS,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("bond_register_mismatch.md"),
    stays: Stays::Case,
    needs: &[Need::Always(Ledger::BondRedemptions)],
    tables: &["bonds"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let Some(bonds) = day.facts.table("bonds") else { return Vec::new() };
    let issued = super::issued(bonds);
    let finding = |row: Entry<'_>| Some(super::finding(&RULE, row, fault(row, &issued)?));
    super::redemptions(day).into_iter().filter_map(finding).collect()
}

fn fault(row: Entry<'_>, issued: &[Issued]) -> Option<Sentence> {
    let (number, issue) = (row.text(Field::CertificateNo), row.text(Field::Issue));
    let form = Form::parse(number);
    let of = |of: &&Issued| {
        of.issue == issue && form.as_ref().is_some_and(|form| form.is_within(&of.first, &of.last))
    };
    if number.is_empty() {
        return None;
    }
    let Some(terms) = issued.iter().find(of) else {
        return Some(Sentence {
            zh: format!("凭证 {number} 不在券种 {issue} 的发行登记内"),
            en: format!("certificate {number} is not among those issued of {issue}"),
        });
    };
    let (on, principal) = (row.date(Field::RedeemedOn)?, row.money(Field::Principal)?);
    if principal != terms.principal {
        return Some(Sentence {
            zh: format!("凭证 {number} 兑付本金 {principal} 元，面值 {} 元", terms.principal),
            en: format!(
                "certificate {number} was redeemed at {principal} yuan, its face value is {}",
                terms.principal
            ),
        });
    }
    let is_early = row.count(Field::Early).is_some_and(|flag| flag != 0);
    if on < terms.issued_on {
        return Some(Sentence {
            zh: format!("凭证 {number} 于 {} 发行，{on} 即已兑付", terms.issued_on),
            en: format!("certificate {number} was issued on {} and redeemed on {on}", terms.issued_on),
        });
    }
    if on < terms.matures_on && !is_early {
        return Some(Sentence {
            zh: format!("凭证 {number} 于 {} 到期，{on} 兑付而未标明提前兑付", terms.matures_on),
            en: format!(
                "certificate {number} matures on {} and was redeemed on {on}, not marked as early",
                terms.matures_on
            ),
        });
    }
    // Simple interest to maturity, paid once; days over 365.
    let days = Decimal::from((terms.matures_on - terms.issued_on).num_days());
    let due = terms.principal.decimal() * terms.rate * days / Decimal::from(36_500);
    let due = due.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let paid = row.money(Field::Interest)?;
    if on < terms.matures_on {
        // What early redemption costs is not in the register; more than the whole term gives it cannot pay.
        return (paid.decimal() > due).then(|| Sentence {
            zh: format!("凭证 {number} 提前兑付利息 {paid} 元，持有到期也只有 {due:.2} 元"),
            en: format!(
                "certificate {number} was redeemed early with {paid} yuan of interest, the whole term gives {due:.2}"
            ),
        });
    }
    (paid.decimal() != due).then(|| Sentence {
        zh: format!("凭证 {number} 兑付利息 {paid} 元，按条件应为 {due:.2} 元"),
        en: format!("certificate {number} was paid {paid} yuan of interest, its terms give {due:.2}"),
    })
}
