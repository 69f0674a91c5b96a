//! 应缴未缴国库: revenue that belongs into the treasury was credited to an account that is neither mandated nor an
//! approved fiscal special account.

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::register::Account;
use crate::rules::accounts::transit_account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Codes, Day, Judge, Need, REVENUE, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "funds-outside-treasury",
    title: Title { zh: "应缴国库资金未入国库", en: "Funds kept outside the treasury" },
    basis: super::INTO_TREASURY,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("funds_outside_treasury.md"),
    stays: Stays::Case,
    needs: &[
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
        Need::Reads(Ledger::BankReceipts),
    ],
    tables: &["accounts"],
    judge: Judge::Codes(REVENUE, admits, judge),
};

fn admits(of: &Codes<'_>, facts: &Facts) -> bool {
    listed(facts, of.subject).is_none()
}

/// The line of the book's list that a subject is under.
fn listed<'f>(facts: &'f Facts, subject: &str) -> Option<&'f str> {
    facts.settings.funds_subjects.iter().map(String::as_str).find(|prefix| subject.starts_with(prefix))
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let document = payment.documents.first()?;
    let subject = document.text(Field::Subject);
    let listed = listed(day.facts, subject)?;
    let receipt = payment.bank.iter().find(|receipt| is_outside(day.facts, receipt))?;
    let (account, amount) =
        (receipt.text(Field::PayeeAccount), receipt.money(Field::Amount).unwrap_or_default());
    let because = Sentence {
        zh: format!(
            "科目 {subject}（清单 {listed}）收入 {amount} 元记入账户 {account}，既非法定专户，也非经批准的财政专户"
        ),
        en: format!(
            "{amount} yuan of subject {subject} (listed as {listed}) were credited to account {account}, neither a mandated \
             account nor an approved fiscal special account"
        ),
    };
    let mut finding = payment.finding(&RULE, Deviant::Bank, day.facts, because);
    account.clone_into(&mut finding.account);
    finding.amount = Some(amount);
    Some(finding)
}

fn is_outside(facts: &Facts, receipt: &Entry<'_>) -> bool {
    let Some(accounts) = &facts.accounts else { return false };
    let number = receipt.text(Field::PayeeAccount);
    if number.is_empty() || transit_account::mode(facts, receipt).is_some() {
        return false;
    }
    !accounts.get(number).is_some_and(Account::may_take_revenue)
}
