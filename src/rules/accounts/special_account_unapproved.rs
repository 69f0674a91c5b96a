//! 未经批准的财政专户: the treasury paid out to a fiscal special account that is not on the approved list.

use crate::domain::facts::Facts;
use crate::domain::register::Account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Day, Judge, PAYOUTS, Rule, Stays, Title, law};

use super::{Side, Use};

pub static RULE: Rule = Rule {
    id: "special-account-unapproved",
    title: Title {
        zh: "拨入未经批准的财政专户", en: "Payout to an unapproved fiscal special account"
    },
    basis: &[
        law::article(&law::BUDGET_LAW, 56),
        law::article(&law::BUDGET_RULES, 52),
        law::item(&law::FISCAL_PENALTIES, 5, 4),
        law::PLAN,
    ],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("special_account_unapproved.md"),
    stays: Stays::Account(holds),
    needs: PAYOUTS,
    tables: &["accounts"],
    judge: Judge::Day(&[], judge),
};

/// What a fiscal body has in its name.
const FISCAL: &str = "财政";

/// Why a payee's account is objected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Registered as a fiscal special account, without approval.
    Unapproved,
    /// Named like one, and not on the list.
    Named,
}

fn fault(account: Option<&Account>, name: &str) -> Option<Fault> {
    let Some(account) = account else { return name.contains(FISCAL).then_some(Fault::Named) };
    if account.nature == "fiscal_special" {
        return account.finance_approval.is_empty().then_some(Fault::Unapproved);
    }
    // The treasury's own accounts, and holders that are no public body, are what the register says.
    let is_named = name.contains(FISCAL) || account.holder_name.contains(FISCAL);
    (is_named && super::is_public(account) && account.nature != "treasury").then_some(Fault::Named)
}

fn fault_of(of: &Use<'_>) -> Option<Fault> {
    (of.side == Side::Payee && of.mode() == "91").then(|| fault(of.account, of.name)).flatten()
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    super::named(day, |of| fault_of(of).is_some())
        .into_iter()
        .map(|(number, uses)| {
            let sum = super::payouts(day, &uses);
            let name = super::name_of(&uses);
            let (zh, en) = match fault_of(&uses[0]).expect("that is how it was found") {
                Fault::Unapproved => (
                    "登记为财政专户而无财政批准文号",
                    "is registered as a fiscal special account without an approval number",
                ),
                Fault::Named => (
                    "户名含“财政”而不在批准的财政专户之列",
                    "has 财政 in its name and is not among the approved fiscal special accounts",
                ),
            };
            let because = Sentence {
                zh: format!("账户 {number}“{name}”{zh}，涉及拨付 {} 笔共 {} 元", sum.count, sum.amount),
                en: format!(
                    "account {number} {name:?} {en}; named in {} of {} yuan",
                    super::payouts_en(sum.count),
                    sum.amount
                ),
            };
            let mut finding = super::payout_finding(&RULE, &uses, &sum, because);
            finding.settled_on = super::closed_since(uses[0].account, finding.event_on, day.facts);
            finding
        })
        .collect()
}

/// It ends when the register shows the approval, or that the account is another's.
fn holds(told: &Told, facts: &Facts) -> bool {
    let Some(accounts) = &facts.accounts else { return true };
    let Some(account) = accounts.get(&told.key) else { return true };
    // Under which name it was paid is not kept: what was found by it stays found until the account is approved.
    let is_approved = account.nature == "fiscal_special" && !account.finance_approval.is_empty();
    let is_public = super::is_public(account) || account.nature == "fiscal_special";
    !is_approved
        && is_public
        && account.nature != "treasury"
        && super::closed_since(Some(account), told.event_on, facts).is_none()
}
