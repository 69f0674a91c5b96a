//! 多头开户: one holder has more accounts of a kind than it may.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::facts::Facts;
use crate::domain::ledger::{Flow, Party};
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Day, Judge, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "multiple-accounts",
    title: Title { zh: "多头开户", en: "Several accounts of a kind" },
    basis: &[law::item(&law::BANK_PENALTIES, 15, 5), law::article(&law::FISCAL_PENALTIES, 11), law::PLAN],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("multiple_accounts.md"),
    stays: Stays::Register(holds),
    needs: &[],
    tables: &["accounts"],
    judge: Judge::Day(&[], judge),
};

/// An account and its number.
type Numbered<'f> = (&'f str, &'f Account);

/// The accounts in use that a holder has too many of.
struct Excess<'f> {
    severity: Severity,
    zh: String,
    en: String,
    accounts: Vec<Numbered<'f>>,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut holders: BTreeMap<&str, Vec<Numbered<'_>>> = BTreeMap::new();
    for (number, account) in day.facts.accounts.iter().flatten() {
        let is_judged = !matches!(account.holder_class.as_str(), "bank" | "treasury" | "individual");
        if is_judged && !account.holder_id.is_empty() && account.is_active_on(day.facts.as_of) {
            holders.entry(&account.holder_id).or_default().push((number, account));
        }
    }
    holders
        .into_iter()
        .filter_map(|(holder, accounts)| {
            let found = excesses(&accounts);
            (!found.is_empty()).then(|| finding(holder, &found))
        })
        .collect()
}

fn excesses<'f>(accounts: &[Numbered<'f>]) -> Vec<Excess<'f>> {
    let of_nature = |nature: &str| -> Vec<Numbered<'f>> {
        accounts.iter().copied().filter(|(_, account)| account.nature == nature).collect()
    };
    let mut found = Vec::new();
    let basic = of_nature("basic");
    if basic.len() > 1 {
        found.push(excess(Severity::High, "基本存款账户", "basic accounts", basic));
    }
    // Finance has a zero-balance account at each of its agent banks.
    let mut zero = of_nature("zero_balance");
    zero.retain(|(_, account)| account.holder_class != "finance");
    if zero.len() > 1 {
        found.push(excess(Severity::Medium, "零余额账户", "zero-balance accounts", zero));
    }
    let mut funds: BTreeMap<&str, Vec<Numbered<'f>>> = BTreeMap::new();
    for &(number, account) in accounts.iter().filter(|(_, account)| !account.fund_nature.is_empty()) {
        funds.entry(&account.fund_nature).or_default().push((number, account));
    }
    for (fund, accounts) in funds {
        let special: Vec<Numbered<'f>> =
            accounts.iter().copied().filter(|(_, account)| account.nature == "special").collect();
        let banks: BTreeSet<&str> = accounts
            .iter()
            .map(|(_, account)| account.bank.as_str())
            .filter(|bank| !bank.is_empty())
            .collect();
        if special.len() > 1 {
            let (zh, en) =
                (format!("资金性质“{fund}”的专用存款账户"), format!("special accounts for fund {fund:?}"));
            found.push(excess(Severity::Medium, &zh, &en, special));
        } else if banks.len() > 1 {
            let (zh, en) = (
                format!("在 {} 家银行存放资金性质“{fund}”的账户", banks.len()),
                format!("accounts for fund {fund:?} at {} banks", banks.len()),
            );
            found.push(excess(Severity::Lead, &zh, &en, accounts));
        }
    }
    found
}

fn excess<'f>(severity: Severity, zh: &str, en: &str, accounts: Vec<Numbered<'f>>) -> Excess<'f> {
    let numbers: Vec<&str> = accounts.iter().map(|(number, _)| *number).collect();
    let count = numbers.len();
    Excess {
        severity,
        zh: format!("在用的{zh} {count} 个（{}）", numbers.join("、")),
        en: format!("{count} {en} in use ({})", numbers.join(", ")),
        accounts,
    }
}

fn finding(holder: &str, found: &[Excess<'_>]) -> Finding {
    let name = &found[0].accounts[0].1.holder_name;
    let zh: Vec<&str> = found.iter().map(|of| of.zh.as_str()).collect();
    let en: Vec<&str> = found.iter().map(|of| of.en.as_str()).collect();
    let because = Sentence {
        zh: format!("{holder}“{name}”有{}", zh.join("；")),
        en: format!("{holder} {name:?} has {}", en.join("; ")),
    };
    let mut finding = Finding::of(&RULE, Party::Unit, holder.to_owned(), because);
    holder.clone_into(&mut finding.institution);
    finding.flow = Flow::Account;
    finding.severity = found.iter().map(|of| of.severity).max().expect("some excess");
    // Since the latest of them was opened.
    let accounts = || found.iter().flat_map(|of| &of.accounts);
    finding.table_rows = accounts().map(|(_, account)| account.place.clone()).collect();
    finding.event_on = accounts().filter_map(|(_, account)| account.opened_on).max();
    finding
}

/// Without a register nothing new is known; else it holds as long as it is found.
fn holds(_: &Told, facts: &Facts) -> bool {
    facts.accounts.is_none()
}
