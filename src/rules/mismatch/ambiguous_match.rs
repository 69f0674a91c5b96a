//! 无法唯一配对: several pairings are possible, and a flag, a date or an amount would change with the choice.

use crate::domain::entry::Entry;
use crate::domain::ledger::Party;
use crate::matching::{Group, group};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{ALL_PAYMENTS, Day, Judge, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "ambiguous-match",
    title: Title { zh: "无法唯一配对", en: "More than one pairing possible" },
    basis: law::RECONCILE,
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("ambiguous_match.md"),
    stays: Stays::Case,
    needs: ALL_PAYMENTS,
    tables: &[],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    day.matched
        .doubts
        .iter()
        .map(|doubt| {
            let payment = Payment::of(Group::new(day.book, &doubt.entries));
            let number = |entry: &Entry<'_>| group::number(*entry).to_owned();
            let list = |entries: &[Entry<'_>]| {
                let mut names: Vec<String> = entries
                    .iter()
                    .map(|entry| match number(entry) {
                        blank if blank.is_empty() => entry.place(),
                        number => number,
                    })
                    .collect();
                names.sort_unstable();
                names.join(", ")
            };
            let others: Vec<Entry<'_>> = payment.bank.iter().chain(&payment.treasury).copied().collect();
            let because = Sentence {
                zh: format!(
                    "金额与缴款人（或国库、科目）相同，票据 {} 与收款或入库 {} 可有多种配对，未作选择",
                    list(&payment.documents),
                    list(&others)
                ),
                en: format!(
                    "same amount and payer (or treasury and subject): slips {} and receipts or bookings {} pair in more \
                     than one way; none was chosen",
                    list(&payment.documents),
                    list(&others)
                ),
            };
            let mut finding =
                payment.finding(&RULE, crate::rules::payment::Deviant::Undetermined, day.facts, because);
            finding.party = Party::Undetermined;
            let mut numbers: Vec<String> = payment.documents.iter().map(number).collect();
            numbers.extend(others.iter().map(number));
            numbers.sort_unstable();
            if let Some(first) = numbers.into_iter().find(|number| !number.is_empty()) {
                finding.key = first;
            }
            finding
        })
        .collect()
}
