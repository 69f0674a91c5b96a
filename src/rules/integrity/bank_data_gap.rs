//! 银行数据缺失: a working day without a file of a bank's ledger, or a statement whose balances do not follow from one
//! another.

use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;
use crate::matching::balance::{Break, Fault, PIECES_KEPT};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{Day, Judge, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "bank-data-gap",
    title: Title { zh: "银行数据缺失", en: "Bank data missing" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("bank_data_gap.md"),
    stays: Stays::Sum,
    needs: &[],
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = super::silences(&RULE, day, |party| party == Party::Bank);
    let in_reach = |of: &&Break| of.date <= day.facts.as_of && of.date >= day.facts.horizon();
    findings.extend(day.balances.breaks.iter().filter(in_reach).map(|of| of_break(of, day)));
    findings
}

/// A day at which an account's chain of balances does not hold.
fn of_break(of: &Break, day: &Day<'_>) -> Finding {
    let Break { account, date, fault } = of;
    let because = match fault {
        Fault::Pieces { rows, pieces, begins, ends } => {
            let kept = |balances: &[Money], comma: &str| {
                let mut list = balances.iter().map(ToString::to_string).collect::<Vec<_>>().join(comma);
                if *pieces as usize > PIECES_KEPT {
                    list.push_str(comma);
                    list.push('…');
                }
                list
            };
            Sentence {
                zh: format!(
                    "账户 {account} 在 {date} 的 {rows} 行余额不能首尾相接，断为 {pieces} 段，起于 {} 元，止于 {} \
                     元：账户明细缺行或有误",
                    kept(begins, "、"),
                    kept(ends, "、")
                ),
                en: format!(
                    "the balances of the {rows} rows of account {account} of {date} follow from one another only in \
                     {pieces} pieces, which begin at {} and end at {} yuan: statement rows are missing or wrong",
                    kept(begins, ", "),
                    kept(ends, ", ")
                ),
            }
        }
        Fault::Opening { found, closed_on, expected } => opening(of, *found, *closed_on, *expected),
    };
    let mut finding = Finding::of(&RULE, Party::Bank, format!("{account}/{date}"), because);
    if let Fault::Opening { found, expected, .. } = fault {
        finding.difference = found.zip(*expected).map(|(found, expected)| found - expected);
        finding.amount = finding.difference.map(Money::abs);
    }
    let register = day.facts.accounts.as_ref().and_then(|accounts| accounts.get(account));
    finding.institution = register.map(|of| of.bank.clone()).unwrap_or_default();
    finding.flow = Flow::Account;
    finding.account.clone_from(account);
    finding.event_on = Some(*date);
    finding.evidence = day.balances.bordering(day.book, of);
    finding
}

/// Says that a day does not begin where the one before ended.
fn opening(
    Break { account, date, .. }: &Break,
    found: Option<Money>,
    closed_on: chrono::NaiveDate,
    expected: Option<Money>,
) -> Sentence {
    let (zh, en) = match (found, expected) {
        (Some(found), Some(expected)) => (
            format!("{date} 日初余额 {found} 元，而 {closed_on} 日终余额 {expected} 元"),
            format!("opens {date} at {found} yuan but closed {closed_on} at {expected} yuan"),
        ),
        (None, Some(expected)) => (
            format!("{date} 各行余额均不经过 {closed_on} 日终余额 {expected} 元"),
            format!("closed {closed_on} at {expected} yuan, a balance that no row of {date} begins at"),
        ),
        (Some(found), None) => (
            format!("{date} 日初余额 {found} 元，而 {closed_on} 不可能以此余额终了"),
            format!("opens {date} at {found} yuan, at which {closed_on} cannot have closed"),
        ),
        (None, None) => (
            format!("{date} 各行余额均不可能是 {closed_on} 日终余额"),
            format!("has no balance on {date} at which {closed_on} can have closed"),
        ),
    };
    Sentence {
        zh: format!("账户 {account} {zh}：账户明细缺行"),
        en: format!("account {account} {en}: statement rows are missing"),
    }
}
