//! 退库收款人不符: a refund goes to someone else than who paid, or to an account nobody registered.

use std::collections::BTreeSet;

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::mismatch;
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, ORDERS, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "refund-payee-mismatch",
    title: Title { zh: "退库收款人与原缴款人不符", en: "Refund to another than the payer" },
    basis: super::APPROVED_AND_DIRECT,
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("refund_payee_mismatch.md"),
    stays: Stays::Case,
    needs: ORDERS,
    tables: &[],
    judge: Judge::Payment(crate::rules::REFUNDS, judge),
};

/// Who paid, and where a refund may go.
#[derive(Default)]
struct Payer<'d> {
    accounts: BTreeSet<&'d str>,
    names: BTreeSet<&'d str>,
    /// Accounts of the register, which need no name.
    registered: BTreeSet<&'d str>,
}

/// In what an order differs from the payer.
struct Differs {
    account: bool,
    name: bool,
}

impl<'d> Payer<'d> {
    fn of(original: &Payment<'d>, order: Entry<'_>, facts: &'d Facts) -> Self {
        let mut payer = Self::default();
        for entry in original.documents.iter().chain(&original.bank) {
            payer.accounts.insert(entry.text(Field::PayerAccount));
            payer.names.extend([Field::TaxpayerName, Field::PayerName].map(|field| entry.text(field)));
        }
        let taxpayer = order.text(Field::TaxpayerId).to_ascii_uppercase();
        let registered = facts.refundable.as_ref().and_then(|table| table.get(&taxpayer));
        let on = group::own_date(order);
        let valid = registered.into_iter().flatten().filter(|row| on.is_some_and(|day| row.is_valid_on(day)));
        for row in valid {
            payer.registered.insert(&row.account);
            payer.names.insert(&row.name);
        }
        for known in [&mut payer.accounts, &mut payer.names, &mut payer.registered] {
            known.remove("");
        }
        payer
    }

    /// `None` where the refund goes back to who paid, or nothing is known that it could differ from.
    fn differs(&self, order: Entry<'_>) -> Option<Differs> {
        let account = order.text(Field::PayeeAccount);
        if self.registered.contains(account) {
            return None;
        }
        let knows_accounts = !self.accounts.is_empty() || !self.registered.is_empty();
        let differs = Differs {
            account: knows_accounts && !account.is_empty() && !self.accounts.contains(account),
            name: !self.names.is_empty()
                && !order.is_blank(Field::PayeeName)
                && !self.names.iter().any(|name| is_same_name(name, order.text(Field::PayeeName))),
        };
        (differs.account || differs.name).then_some(differs)
    }
}

/// Names are the same whatever their spaces.
fn is_same_name(a: &str, b: &str) -> bool {
    let letters = |name: &str| name.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    letters(a) == letters(b)
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // Of a payee in which the parties differ payee-mismatch tells.
    if !payment.is_repeated() && mismatch::payee(payment).is_some() {
        return None;
    }
    payment.documents.iter().find_map(|&order| {
        let original = day.original(order.text(Field::OriginalSlip))?;
        let payer = Payer::of(&original, order, day.facts);
        let differs = payer.differs(order)?;
        let (zh, en) = match (differs.account, differs.name) {
            (true, true) => {
                ("既非原缴款人也非登记的退库账户", "neither the payer's nor a registered refund account")
            }
            (true, false) => (
                "户名相符，但账户既非原缴款账户也非登记的退库账户",
                "the payer's by name, but neither the account that paid nor a registered one",
            ),
            (false, _) => ("收款人名称与原缴款人不符", "not the payer's by name"),
        };
        let (account, name) = (order.text(Field::PayeeAccount), order.text(Field::PayeeName));
        let slip = order.text(Field::OriginalSlip);
        let because = Sentence {
            zh: format!(
                "退至“{name}”账户 {account}：{zh}（税票 {slip} 原缴款人 {}，账户 {}）",
                list(&payer.names, "、"),
                list(&payer.accounts, "、")
            ),
            en: format!(
                "refunded to {name}, account {account}: {en} (slip {slip} was paid by {}, account {})",
                list(&payer.names, ", "),
                list(&payer.accounts, ", ")
            ),
        };
        let mut finding = super::finding(&RULE, payment, order, day, because);
        // Money that stays with who paid is irregular; with a third party it is lost.
        if !(differs.name && (differs.account || payer.accounts.is_empty())) {
            finding.severity = Severity::High;
        }
        finding.evidence.extend(original.evidence());
        finding.evidence.sort_unstable();
        Some(finding)
    })
}

fn list(words: &BTreeSet<&str>, comma: &str) -> String {
    if words.is_empty() { "-".to_owned() } else { words.iter().copied().collect::<Vec<_>>().join(comma) }
}
