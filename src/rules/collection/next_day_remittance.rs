//! 次日划转: what a bank remitted on the working day after, tolerated and counted.

use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::rules::finding::{Finding, Kind, Sentence, Severity, receipts};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "next-day-remittance",
    title: Title { zh: "次日划转", en: "Remitted on the next working day" },
    basis: &[law::named(&law::AGENCY_ORDER), law::PLAN],
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("next_day_remittance.md"),
    stays: Stays::Once,
    needs: &[Need::Reads(Ledger::BankReceipts), Need::Reads(Ledger::BankRemittances)],
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let finding = |(&(bank, on), of): (&(_, chrono::NaiveDate), &super::NextDay)| {
        let bank = day.book.dictionary().text(bank);
        let (count, amount) = (of.receipts.len(), of.amount);
        let because = Sentence {
            zh: format!("{on} 划转的收入中，{count} 笔共 {amount} 元于基准日次一工作日划转"),
            en: format!(
                "of what was remitted on {on}, {} of {amount} yuan went on the working day after the base day",
                receipts(count)
            ),
        };
        let mut finding = Finding::of(&RULE, Party::Bank, format!("{bank}/{on}"), because);
        bank.clone_into(&mut finding.institution);
        finding.amount = Some(amount);
        finding.event_on = Some(on);
        finding.evidence.clone_from(&of.receipts);
        day.book.entry(of.receipts[0]).text(Field::PayeeAccount).clone_into(&mut finding.account);
        finding
    };
    day.lateness.next_day.iter().map(finding).collect()
}
