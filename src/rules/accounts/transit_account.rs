//! 过渡户: revenue goes through an account of a collecting agency, or one that is named like it.

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Party;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Basis, Day, Judge, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "transit-account",
    title: Title { zh: "预算收入过渡户", en: "Transit account" },
    basis: &[
        Basis { law: "税收征收管理法实施细则", article: "第三十九条" },
        Basis { law: "预算法实施条例", article: "第九十三条第（二）项" },
    ],
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("transit_account.md"),
    stays: Stays::Register(holds),
    needs: &[],
    tables: &["accounts"],
    judge: Judge::Day(judge),
};

/// How an account is known to be a transit account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The register: a collecting agency holds it.
    Register,
    /// Its name.
    Name,
}

/// Whether the account a receipt was credited to is a transit account.
pub fn mode(facts: &Facts, receipt: &Entry<'_>) -> Option<Mode> {
    of_account(facts, receipt.text(Field::PayeeAccount), receipt.text(Field::PayeeName))
}

fn of_account(facts: &Facts, number: &str, name: &str) -> Option<Mode> {
    let account = facts.accounts.as_ref()?.get(number);
    if let Some(account) = account {
        let collects = facts
            .institutions
            .as_ref()
            .and_then(|table| table.get(&account.holder_id))
            .is_some_and(|holder| holder.party == Party::Tax || holder.collects);
        let agency = matches!(account.holder_class.as_str(), "tax_org" | "collector") || collects;
        // 待缴库税款 at the treasury is the one account a collecting agency may have.
        if agency && account.nature != "pending_tax" {
            return Some(Mode::Register);
        }
        let mandated = matches!(account.nature.as_str(), "pending_receipts" | "pending_tax" | "treasury");
        if mandated || !account.finance_approval.is_empty() {
            return None;
        }
    }
    let holder = account.map_or("", |account| account.holder_name.as_str());
    let suspicious =
        |name: &str| facts.settings.transit_names.iter().any(|word| name.contains(word.as_str()));
    (suspicious(holder) || suspicious(name)).then_some(Mode::Name)
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    super::credited(day, |receipt| mode(day.facts, receipt).is_some())
        .into_iter()
        .map(|(number, receipts)| {
            let mode = mode(day.facts, &receipts[0]).expect("that is how it was found");
            let register = day.facts.accounts.as_ref().and_then(|accounts| accounts.get(number));
            let name = register.map_or(receipts[0].text(Field::PayeeName), |account| &account.holder_name);
            let (count, amount) = (receipts.len(), super::total(&receipts));
            let (zh, en) = match mode {
                Mode::Register => ("由征收机关开立", "is held by a collecting agency"),
                Mode::Name => {
                    ("户名具有过渡户特征且无财政批准", "is named like one and has no approval of finance")
                }
            };
            let because = Sentence {
                zh: format!("账户 {number}“{name}”{zh}，收纳预算收入 {count} 笔共 {amount} 元"),
                en: format!("account {number} {name:?} {en}; {count} receipts of {amount} yuan went into it"),
            };
            let mut finding = super::finding(&RULE, number, &receipts, because);
            if mode == Mode::Name {
                finding.severity = Severity::High;
            }
            finding
        })
        .collect()
}

/// Whether the register still bears out what was told.
fn holds(told: &Told, facts: &Facts) -> bool {
    let Some(accounts) = &facts.accounts else { return true };
    let Some(account) = accounts.get(&told.key) else { return true };
    account.is_active_on(facts.as_of) && of_account(facts, &told.key, &account.holder_name).is_some()
}
