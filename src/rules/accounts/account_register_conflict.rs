//! 两册不一致: finance's register and the treasury's filing copy say different things of one account.

use crate::domain::facts::Facts;
use crate::domain::ledger::{Flow, Party};
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Day, Judge, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "account-register-conflict",
    title: Title { zh: "账户登记与国库备案不一致", en: "Register and filing copy disagree" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("account_register_conflict.md"),
    stays: Stays::Register(holds),
    needs: &[],
    tables: &["accounts", "accounts-treasury"],
    judge: Judge::Day(&[], judge),
};

/// A field the two copies state differently: in each language its name, and what finance and the treasury say.
struct Conflict {
    zh: [String; 3],
    en: [String; 3],
}

/// Where the copies differ. A field that either leaves empty says nothing.
fn conflicts(own: &Account, copy: &Account) -> Vec<Conflict> {
    let differs = |own: &str, copy: &str| !own.is_empty() && !copy.is_empty() && plain(own) != plain(copy);
    let mut found = Vec::new();
    for (zh, en, own, copy) in
        [("户名", "name", &own.holder_name, &copy.holder_name), ("开户行", "bank", &own.bank, &copy.bank)]
    {
        if differs(own, copy) {
            let [zh, en] = [zh, en].map(|name| [name, own, copy].map(str::to_owned));
            found.push(Conflict { zh, en });
        }
    }
    if differs(&own.nature, &copy.nature) {
        found.push(Conflict {
            zh: ["账户性质", own.nature_zh(), copy.nature_zh()].map(str::to_owned),
            en: ["nature".to_owned(), own.nature_en(), copy.nature_en()],
        });
    }
    found
}

/// A text without what only its writing adds: blanks, and the width of brackets.
fn plain(text: &str) -> String {
    let narrow = |letter: char| match letter {
        '（' => '(',
        '）' => ')',
        other => other,
    };
    text.chars().filter(|letter| !letter.is_whitespace()).map(narrow).collect()
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let (Some(accounts), Some(copies)) = (&day.facts.accounts, &day.facts.filed_accounts) else {
        return Vec::new();
    };
    accounts
        .iter()
        .filter_map(|(number, own)| {
            let copy = copies.get(number)?;
            let found = conflicts(own, copy);
            if found.is_empty() {
                return None;
            }
            let list = |each: &dyn Fn(&Conflict) -> String, comma: &str| {
                found.iter().map(each).collect::<Vec<_>>().join(comma)
            };
            let because = Sentence {
                zh: format!(
                    "账户 {number}：{}",
                    list(
                        &|Conflict { zh: [name, own, copy], .. }| {
                            format!("{name}财政登记为“{own}”，国库备案为“{copy}”")
                        },
                        "；"
                    )
                ),
                en: format!(
                    "account {number}: {}",
                    list(
                        &|Conflict { en: [name, own, copy], .. }| {
                            format!("its {name} is {own:?} for finance and {copy:?} for the treasury")
                        },
                        "; "
                    )
                ),
            };
            let mut finding = Finding::of(&RULE, Party::Undetermined, number.clone(), because);
            finding.flow = Flow::Account;
            finding.account.clone_from(number);
            finding.event_on = own.opened_on;
            finding.table_rows = vec![own.place.clone(), copy.place.clone()];
            Some(finding)
        })
        .collect()
}

/// Without either copy nothing new is known; else it holds as long as it is found.
fn holds(_: &Told, facts: &Facts) -> bool {
    facts.accounts.is_none() || facts.filed_accounts.is_none()
}
