//! 凭证重复: one party's ledger holds the same number more than once, re-deliveries aside.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Flow;
use crate::domain::money::Money;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{ALL_PAYMENTS, Day, Judge, PAYMENTS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "voucher-duplicate",
    title: Title { zh: "凭证重复", en: "Voucher recorded more than once" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("voucher_duplicate.md"),
    stays: Stays::Case,
    needs: ALL_PAYMENTS,
    tables: &[],
    judge: Judge::Payment(PAYMENTS, judge),
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
    let times = twins.len();
    let total: Money = twins.iter().filter_map(|entry| entry.money(Field::Amount)).sum();
    let because = Sentence {
        zh: format!("同一账册中同一号码出现 {times} 次，合计 {total} 元"),
        en: format!("the number stands {times} times in one ledger, {total} yuan in all"),
    };
    let mut finding = payment.finding(&RULE, *deviant, day.facts, because);
    if repeated.len() > 1 {
        (finding.party, finding.institution) = payment.answers(Deviant::Undetermined, day.facts);
    }
    finding.amount = Some(total);
    group::number(twins[0]).clone_into(&mut finding.key);
    finding.evidence = repeated.iter().flat_map(|(_, twins)| twins.iter().map(|entry| entry.id())).collect();
    finding.evidence.sort_unstable();
    Some(finding)
}

/// The entries of a party that share their natural key with another of its entries.
fn twins<'b>(entries: &[Entry<'b>], key: &[Field]) -> Option<Vec<Entry<'b>>> {
    if entries.len() < 2 {
        return None;
    }
    let key = |entry: &Entry<'b>| -> Vec<&'b str> { key.iter().map(|&field| entry.text(field)).collect() };
    let mut sorted = entries.to_vec();
    sorted.sort_by_key(|entry| (key(entry), entry.id()));
    sorted.chunk_by(|a, b| key(a) == key(b)).find(|same| same.len() > 1).map(<[_]>::to_vec)
}
