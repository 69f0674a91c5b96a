//! 重复兑付: one certificate was redeemed more than once.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "bond-duplicate-redemption",
    title: Title { zh: "国债重复兑付", en: "Certificate redeemed twice" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("bond_duplicate_redemption.md"),
    stays: Stays::Once,
    needs: &[Need::Always(Ledger::BondRedemptions)],
    tables: &[],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut rows = super::redemptions(day);
    rows.sort_by_key(|row| row.text(Field::CertificateNo));
    let of = |row: &Entry<'_>| (row.text(Field::Bank).to_owned(), row.date(Field::RedeemedOn));
    let mut findings = Vec::new();
    for twins in rows.chunk_by(|a, b| a.text(Field::CertificateNo) == b.text(Field::CertificateNo)) {
        let latest = twins.last().expect("a chunk is not empty");
        // The same row twice at one outlet is voucher-duplicate.
        if twins.iter().all(|row| of(row) == of(latest)) || latest.is_blank(Field::CertificateNo) {
            continue;
        }
        let places = |comma: &str| {
            let redeemed = twins.iter().map(|row| {
                let on = row.date(Field::RedeemedOn).map(|on| on.to_string()).unwrap_or_default();
                format!("{} {on}", row.text(Field::Bank))
            });
            redeemed.collect::<Vec<_>>().join(comma)
        };
        let number = latest.text(Field::CertificateNo);
        let because = Sentence {
            zh: format!("凭证 {number} 兑付 {} 次：{}", twins.len(), places("、")),
            en: format!("certificate {number} was redeemed {} times: {}", twins.len(), places(", ")),
        };
        let mut finding = super::finding(&RULE, *latest, because);
        finding.evidence = twins.iter().map(|row| row.id()).collect();
        finding.evidence.sort_unstable();
        findings.push(finding);
    }
    findings
}
