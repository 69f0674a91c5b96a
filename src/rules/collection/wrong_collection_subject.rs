//! 未入法定专户: a receipt was credited to an account that is not the mandated one.

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::register::Account;
use crate::rules::accounts::transit_account;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "wrong-collection-subject",
    title: Title { zh: "未入待报解预算收入专户", en: "Not credited to the mandated account" },
    basis: super::MANDATED,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("wrong_collection_subject.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::BankReceipts)],
    tables: &["accounts"],
    judge: Judge::Payment(REVENUE, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // Without a register nothing can be said of an account: no data.
    let accounts = day.facts.accounts.as_ref()?;
    let wrong = |receipt: &&Entry<'_>| {
        // An account that a spreadsheet destroyed accuses nobody.
        if receipt.is_blank(Field::PayeeAccount) {
            return false;
        }
        let account = accounts.get(receipt.text(Field::PayeeAccount));
        !account.is_some_and(|account| is_mandated(account, receipt) || is_social(account, payment))
            && transit_account::mode(day.facts, receipt).is_none()
    };
    let receipt = *payment.bank.iter().find(wrong)?;
    let account = receipt.text(Field::PayeeAccount);
    let (zh, en) = match accounts.get(account) {
        Some(known) if is_closed(known, &receipt) => (
            format!("登记簿上户名“{}”，已销户", known.holder_name),
            format!("which the register knows as {:?}, closed by then", known.holder_name),
        ),
        Some(known) => (
            format!("登记簿上户名“{}”，性质 {}", known.holder_name, known.nature_zh()),
            format!("which the register knows as {:?}, nature {}", known.holder_name, known.nature_en()),
        ),
        None => ("登记簿无此账户".to_owned(), "which the register does not know".to_owned()),
    };
    let amount = receipt.money(Field::Amount).unwrap_or_default();
    let because = Sentence {
        zh: format!("{amount} 元记入账户 {account}（{zh}），不是可用的待报解预算收入专户"),
        en: format!(
            "{amount} yuan were credited to account {account}, {en}, not to a mandated account in use"
        ),
    };
    let mut finding = payment.finding(&RULE, Deviant::Bank, day.facts, because);
    receipt.text(Field::Bank).clone_into(&mut finding.institution);
    account.clone_into(&mut finding.account);
    finding.amount = Some(amount);
    if accounts
        .get(account)
        .is_some_and(|known| matches!(known.holder_class.as_str(), "tax_org" | "collector"))
    {
        finding.severity = Severity::Critical;
    }
    finding.event_on = receipt.date(Field::ReceivedAt);
    finding.evidence = payment.bank.iter().filter(wrong).map(|receipt| receipt.id()).collect();
    Some(finding)
}

/// Whether an account of the register may take receipts in: 待报解预算收入, the treasury's own, or 待缴库税款 at the
/// treasury, and not closed by the day. A day before it was opened is a mistyped day, not another account.
fn is_mandated(account: &Account, receipt: &Entry<'_>) -> bool {
    account.is_of_revenue() && !is_closed(account, receipt)
}

/// Whether it is social insurance paid into a fiscal special account that finance approved, where the law wants it.
fn is_social(account: &Account, payment: &Payment<'_>) -> bool {
    payment.stated(Field::Subject).starts_with("102")
        && account.nature == "fiscal_special"
        && !account.finance_approval.is_empty()
}

fn is_closed(account: &Account, receipt: &Entry<'_>) -> bool {
    match account.closed_on {
        Some(closed) => receipt.date(Field::ReceivedAt).is_some_and(|day| day > closed),
        None => account.status == "closed",
    }
}

/// Whether the register says nothing of the account a receipt was credited to.
pub(in crate::rules) fn is_unknown(facts: &Facts, receipt: &Entry<'_>) -> bool {
    let number = receipt.text(Field::PayeeAccount);
    !number.is_empty() && facts.accounts.as_ref().is_some_and(|accounts| !accounts.contains_key(number))
}
