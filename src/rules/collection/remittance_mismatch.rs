//! 划转与收纳不符: what a bank remitted to a treasury on a day is not what its receipts say.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::entry::EntryId;
use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::matching::remittance::CellName;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "remittance-mismatch",
    title: Title { zh: "划转与收纳不符", en: "Remittance differs from receipts" },
    basis: &[law::named(&law::AGENCY_ORDER), law::PLAN],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("remittance_mismatch.md"),
    stays: Stays::Cell,
    needs: &[Need::Always(Ledger::BankReceipts), Need::Always(Ledger::BankRemittances)],
    tables: &[],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = day
        .remitted
        .iter()
        .filter(|(name, cell)| cell.remitted != cell.received && name.date <= day.facts.as_of)
        .map(|(name, cell)| {
            let difference = cell.remitted - cell.received;
            let CellName { bank, treasury, date } = name;
            let because = Sentence {
                zh: format!(
                    "{date} 划转国库 {treasury} 共 {} 元，该日划转的收纳共 {} 元，差额 {difference} 元",
                    cell.remitted, cell.received
                ),
                en: format!(
                    "{} yuan were remitted to treasury {treasury} on {date}, the receipts of that remittance are {} \
                     yuan; difference {difference} yuan",
                    cell.remitted, cell.received
                ),
            };
            let mut finding = Finding::of(&RULE, Party::Bank, format!("{bank}/{treasury}/{date}"), because);
            finding.institution.clone_from(bank);
            finding.treasury.clone_from(treasury);
            finding.amount = Some(cell.remitted);
            finding.difference = Some(difference);
            finding.event_on = Some(*date);
            finding
        })
        .collect();
    show_rows(day, &mut findings);
    findings
}

/// The rows at hand that make up the sums.
fn show_rows(day: &Day<'_>, findings: &mut [Finding]) {
    if findings.is_empty() {
        return;
    }
    let mut rows: Vec<Vec<EntryId>> = vec![Vec::new(); findings.len()];
    let mut places: BTreeMap<(&str, &str, NaiveDate), usize> = BTreeMap::new();
    for (place, finding) in findings.iter().enumerate() {
        let on = finding.event_on.expect("set above");
        places.insert((&finding.institution, &finding.treasury, on), place);
    }
    for id in day.book.ids_of(|ledger| matches!(ledger, Ledger::BankRemittances | Ledger::BankReceipts)) {
        let entry = day.book.entry(id);
        let (on, treasury) = if entry.ledger() == Ledger::BankRemittances {
            (entry.date(Field::RemittedAt), entry.text(Field::Treasury))
        } else {
            let covered = day.remittances.covered(id).map(|covered| covered.on);
            (covered, day.book.dictionary().text(day.remittances.treasury(entry)))
        };
        if let Some(on) = on
            && let Some(&place) = places.get(&(entry.text(Field::Bank), treasury, on))
        {
            rows[place].push(id);
        }
    }
    for (finding, rows) in findings.iter_mut().zip(rows) {
        finding.evidence = rows;
    }
}
