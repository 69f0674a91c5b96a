//! 划转与清算不符: the bank's remittance and the treasury's clearing statement disagree on a batch.

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::matching::remittance::Batch;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "clearing-mismatch",
    title: Title { zh: "划转与清算不符", en: "Remittance and clearing disagree" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("clearing_mismatch.md"),
    stays: Stays::Case,
    needs: &[Need::Always(Ledger::BankRemittances), Need::Always(Ledger::TreasuryClearing)],
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    day.remittances.batches.iter().filter_map(|batch| of_batch(batch, day)).collect()
}

/// Rows, and what they count and add up to; the number is `None` where a row does not state it.
fn total(rows: &[Entry<'_>]) -> (Option<u32>, Money) {
    let count = rows.iter().map(|row| row.count(Field::Count)).sum::<Option<u32>>();
    (count, rows.iter().filter_map(|row| row.money(Field::Amount)).sum())
}

/// The row of the clearing statement of a day that has the batch with a status that is not final.
fn unfinished<'d>(remittance: Entry<'_>, date: NaiveDate, day: &Day<'d>) -> Option<Entry<'d>> {
    let is_same = |field: Field, row: Entry<'_>| row.text(field) == remittance.text(field);
    let rows = day.book.ids_of(|ledger| ledger == Ledger::TreasuryClearing).into_iter();
    rows.map(|id| day.book.entry(id)).rfind(|row| {
        [Field::Bank, Field::Batch, Field::Treasury].into_iter().all(|field| is_same(field, *row))
            && row.date(Field::ClearedOn) == Some(date)
            && !row.is_blank(Field::Status)
    })
}

fn of_batch(batch: &Batch, day: &Day<'_>) -> Option<Finding> {
    let rows = |ids: &[crate::domain::entry::EntryId]| -> Vec<Entry<'_>> {
        ids.iter().map(|&id| day.book.entry(id)).collect()
    };
    let (remitted, cleared) = (rows(&batch.remittances), rows(&batch.clearings));
    let first = *remitted.first().or(cleared.first())?;
    let date = match remitted.first() {
        Some(row) => day.facts.clearing_day(row.moment(Field::RemittedAt)?)?,
        None => first.date(Field::ClearedOn)?,
    };
    if date > day.facts.as_of && (remitted.is_empty() || cleared.is_empty()) {
        return None;
    }
    let (remitted_count, remitted_sum) = total(&remitted);
    let (cleared_count, cleared_sum) = total(&cleared);
    let counts = (remitted_count, cleared_count);
    let mut settled_on = None;
    let unfinished = if cleared.is_empty() { unfinished(first, date, day) } else { None };
    let (party, because) = if let Some(row) = unfinished {
        let status = row.text(Field::Status);
        let because = Sentence {
            zh: format!("银行划转 {remitted_sum} 元，清算对账单有此批次，状态为“{status}”，至 {date} 未完成"),
            en: format!(
                "the bank remitted {remitted_sum} yuan, and the clearing statement has the batch with status {status:?}, \
                 not final by {date}"
            ),
        };
        (Party::Undetermined, because)
    } else if cleared.is_empty() {
        let because = Sentence {
            zh: format!("银行划转 {remitted_sum} 元，清算对账单至 {date} 无此批次"),
            en: format!(
                "the bank remitted {remitted_sum} yuan, and no clearing statement of {date} has the batch"
            ),
        };
        (Party::Undetermined, because)
    } else if remitted.is_empty() {
        let because = Sentence {
            zh: format!("清算对账单于 {date} 列有 {cleared_sum} 元，银行账册无此批次的划转"),
            en: format!(
                "the clearing statement of {date} has {cleared_sum} yuan, and the bank's ledger no remittance of the batch"
            ),
        };
        (Party::Bank, because)
    } else if matches!(counts, (Some(a), Some(b)) if a != b) || remitted_sum != cleared_sum {
        let number = |count: Option<u32>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let because = Sentence {
            zh: format!(
                "银行划转 {} 笔 {remitted_sum} 元，清算 {} 笔 {cleared_sum} 元",
                number(remitted_count),
                number(cleared_count)
            ),
            en: format!(
                "the bank remitted {} items of {remitted_sum} yuan, {} items of {cleared_sum} yuan were cleared",
                number(remitted_count),
                number(cleared_count)
            ),
        };
        (Party::Undetermined, because)
    } else if let Some(on) = cleared.iter().filter_map(|row| row.date(Field::ClearedOn)).max()
        && on > date
    {
        settled_on = Some(on);
        let because = Sentence {
            zh: format!("{remitted_sum} 元应于 {date} 清算，实于 {on} 清算"),
            en: format!("{remitted_sum} yuan should have cleared on {date} and cleared on {on}"),
        };
        (Party::Undetermined, because)
    } else {
        return None;
    };
    let text = |field: Field| first.text(field);
    let key = format!("{}/{}/{date}/{}", text(Field::Bank), text(Field::Treasury), text(Field::Batch));
    let mut finding = Finding::of(&RULE, party, key, because);
    if party == Party::Bank {
        text(Field::Bank).clone_into(&mut finding.institution);
    }
    text(Field::Treasury).clone_into(&mut finding.treasury);
    finding.amount = Some(if remitted.is_empty() { cleared_sum } else { remitted_sum });
    finding.difference = Some(cleared_sum - remitted_sum);
    finding.event_on = Some(date);
    finding.settled_on = settled_on;
    finding.evidence = batch.entries().chain(unfinished.map(Entry::id)).collect();
    finding.evidence.sort_unstable();
    Some(finding)
}
