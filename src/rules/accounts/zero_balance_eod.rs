//! 零余额账户日终有余额: money stayed overnight in an account that must be empty at the end of the day.

use crate::domain::ledger::{Flow, Ledger, Party};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "zero-balance-eod",
    title: Title { zh: "零余额账户日终有余额", en: "Zero-balance account not empty at day end" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("zero_balance_eod.md"),
    stays: Stays::Sum,
    needs: &[Need::Always(Ledger::BankStatements)],
    tables: &["accounts"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let accounts = day.facts.accounts.iter().flatten();
    let mut findings = Vec::new();
    for (number, account) in accounts.filter(|(_, account)| account.nature == "zero_balance") {
        let judged = day.facts.horizon()..=day.facts.as_of;
        for date in day.balances.days_of(number).filter(|date| judged.contains(date)) {
            let Some(balance) = day.balances.end_of_day(number, date).filter(|balance| !balance.is_zero())
            else {
                continue;
            };
            let name = &account.holder_name;
            let because = Sentence {
                zh: format!("零余额账户 {number}“{name}”{date} 日终余额 {balance} 元，应为零"),
                en: format!(
                    "zero-balance account {number} {name:?} had {balance} yuan at the end of {date}; it must be empty"
                ),
            };
            let mut finding = Finding::of(&RULE, Party::Bank, format!("{number}/{date}"), because);
            finding.institution.clone_from(&account.bank);
            finding.flow = Flow::Account;
            finding.account.clone_from(number);
            finding.amount = Some(balance);
            finding.difference = Some(balance);
            finding.event_on = Some(date);
            finding.evidence = day.balances.closing_rows(day.book, number, date, balance);
            findings.push(finding);
        }
    }
    findings
}
