//! 凭证重复: one party's ledger holds the same number more than once, re-deliveries aside.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{ALL_NUMBERED, Day, Judge, PAYMENTS, Rule, Stays, Title, corrections, law};

pub static RULE: Rule = Rule {
    id: "voucher-duplicate",
    title: Title { zh: "凭证重复", en: "Voucher recorded more than once" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("voucher_duplicate.md"),
    stays: Stays::Case,
    needs: ALL_NUMBERED,
    tables: &[],
    judge: Judge::Both(PAYMENTS, judge, others),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let mut repeated: Vec<(Deviant, Vec<Entry<'_>>)> = Vec::new();
    // A slip may be paid at two banks or booked at two treasuries: that is two entries of one case.
    let (at_bank, at_treasury): (&[Field], &[Field]) = match payment.flow {
        Flow::Revenue => (&[Field::Bank, Field::SlipNo], &[Field::Treasury, Field::SlipNo]),
        _ => (&[Field::VoucherNo], &[Field::VoucherNo]),
    };
    let issued = [payment.documents.first().map_or(Field::SlipNo, |row| group::number_field(row.ledger()))];
    repeated.extend(twins(&payment.documents, &issued).map(|twins| (Deviant::Issuer, twins)));
    repeated.extend(twins(&payment.bank, at_bank).map(|twins| (Deviant::Bank, twins)));
    if !payment.is_split() {
        repeated.extend(twins(&payment.treasury, at_treasury).map(|twins| (Deviant::Treasury, twins)));
    }
    let (deviant, twins) = repeated.first()?;
    let total: Money = twins.iter().filter_map(|entry| entry.money(Field::Amount)).sum();
    let mut finding =
        payment.finding(&RULE, *deviant, day.facts, because(twins[0].ledger(), twins.len(), total));
    if repeated.len() > 1 {
        (finding.party, finding.institution) = payment.answers(Deviant::Undetermined, day.facts);
    }
    finding.amount = Some(total);
    group::number(twins[0]).clone_into(&mut finding.key);
    finding.evidence = repeated.iter().flat_map(|(_, twins)| twins.iter().map(|entry| entry.id())).collect();
    finding.evidence.sort_unstable();
    Some(finding)
}

fn because(ledger: Ledger, times: usize, total: Money) -> Sentence {
    let party = ledger.party();
    Sentence {
        zh: format!("{}账册中同一号码出现 {times} 次，合计 {total} 元", party.zh()),
        en: format!("the number stands {times} times in one ledger of {}, {total} yuan in all", party.id()),
    }
}

/// Of a ledger whose rows are no payments of their own what makes a row the record it is, the number first, and what it
/// is worth.
fn numbered(ledger: Ledger) -> Option<(&'static [Field], Field)> {
    Some(match ledger {
        Ledger::TaxCorrections | Ledger::FinanceCorrections | Ledger::TreasuryCorrections => {
            (&[Field::VoucherNo], Field::OldAmount)
        }
        Ledger::BankRemittances => {
            (&[Field::Batch, Field::Bank, Field::Treasury, Field::RemittedAt], Field::Amount)
        }
        Ledger::TreasuryClearing => {
            (&[Field::Batch, Field::Bank, Field::Treasury, Field::ClearedOn], Field::Amount)
        }
        Ledger::BondRedemptions => {
            (&[Field::CertificateNo, Field::Bank, Field::RedeemedOn], Field::Principal)
        }
        _ => return None,
    })
}

/// Twins among corrections, batches and bonds.
fn others(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for &ledger in Ledger::ALL {
        let Some((fields, worth)) = numbered(ledger) else { continue };
        let rows = day.standing(|of| of == ledger).into_iter().map(|id| day.book.entry(id));
        // A number that a spreadsheet destroyed is like no other.
        let mut rows: Vec<Entry<'_>> = rows.filter(|row| !row.is_blank(fields[0])).collect();
        let key = |row: &Entry<'_>| {
            let mut bytes = Vec::new();
            for &field in fields {
                // A number is given once a day, whatever the time.
                match row.date(field) {
                    Some(day) => bytes.extend_from_slice(day.to_string().as_bytes()),
                    None => row.spell(field, &mut bytes),
                }
                bytes.push(0x1f);
            }
            bytes
        };
        rows.sort_by_cached_key(|row| (key(row), row.content(), row.id()));
        let twins = rows.chunk_by(|a, b| key(a) == key(b)).filter(|same| same.len() > 1);
        findings.extend(twins.map(|twins| of_twins(twins, worth, day)));
    }
    findings
}

fn of_twins(twins: &[Entry<'_>], worth: Field, day: &Day<'_>) -> Finding {
    let row = twins[0];
    let (ledger, total) = (row.ledger(), twins.iter().filter_map(|row| row.money(worth)).sum());
    let number = [Field::VoucherNo, Field::Batch, Field::CertificateNo].map(|field| row.text(field));
    let number = number.into_iter().find(|number| !number.is_empty()).unwrap_or("").to_owned();
    let mut finding =
        Finding::of(&RULE, ledger.party(), number, because(twins[0].ledger(), twins.len(), total));
    finding.institution = match (ledger.flow(), ledger.party()) {
        (Flow::Correction, _) => corrections::institution(row, &day.payment_of(row.id()), day),
        (_, Party::Bank) => row.text(Field::Bank).to_owned(),
        _ => row.text(Field::Treasury).to_owned(),
    };
    finding.flow = ledger.flow();
    let treasury = [Field::Treasury, Field::OldTreasury].map(|field| row.text(field));
    finding.treasury = treasury.concat();
    finding.amount = Some(total);
    finding.event_on = group::own_date(row);
    finding.evidence = twins.iter().map(|row| row.id()).collect();
    finding.evidence.sort_unstable();
    finding
}

/// The entries of a party that share their natural key with another of its entries.
fn twins<'b>(entries: &[Entry<'b>], key: &[Field]) -> Option<Vec<Entry<'b>>> {
    if entries.len() < 2 {
        return None;
    }
    // Tax office and finance each number their own.
    let key = |entry: &Entry<'b>| -> (Ledger, Vec<&'b str>) {
        (entry.ledger(), key.iter().map(|&field| entry.text(field)).collect())
    };
    let mut sorted = entries.to_vec();
    sorted.sort_by_key(|entry| (key(entry), entry.id()));
    sorted.chunk_by(|a, b| key(a) == key(b)).find(|same| same.len() > 1).map(<[_]>::to_vec)
}
