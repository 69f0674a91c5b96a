//! 收费: the bank charged the payer for taking revenue in.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "payer-fee-charged",
    title: Title { zh: "向缴款人收费", en: "Payer charged a fee" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("payer_fee_charged.md"),
    stays: Stays::Once,
    needs: &[Need::Always(Ledger::BankReceipts)],
    tables: &[],
    judge: Judge::Payment(REVENUE, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let allowed = &day.facts.settings.fee_allowed;
    let is_charged = |receipt: &&Entry<'_>| {
        receipt.money(Field::Fee).is_some_and(|fee| fee > Money::ZERO)
            && !allowed.iter().any(|method| method == receipt.text(Field::Method))
    };
    let Some(receipt) = payment.bank.iter().find(is_charged) else {
        // A row that came again without the fee.
        let receipt = payment.bank.iter().find(|receipt| super::is_changed(day, receipt))?;
        let mut ended = finding(payment, day, receipt);
        ended.explanation = Sentence {
            zh: "重新报送的流水已无手续费".to_owned(),
            en: "the row came again and states no fee".to_owned(),
        };
        ended.is_sequel = true;
        ended.settled_on = Some(day.facts.as_of);
        return Some(ended);
    };
    let mut finding = finding(payment, day, receipt);
    finding.evidence = payment.bank.iter().filter(is_charged).map(|receipt| receipt.id()).collect();
    Some(finding)
}

fn finding(payment: &Payment<'_>, day: &Day<'_>, receipt: &Entry<'_>) -> Finding {
    let fee = receipt.money(Field::Fee).unwrap_or_default();
    let amount = receipt.money(Field::Amount).unwrap_or_default();
    let because = Sentence {
        zh: format!("收纳 {amount} 元时向缴款人收取手续费 {fee} 元"),
        en: format!("a fee of {fee} yuan was charged to the payer for taking in {amount} yuan"),
    };
    let mut finding = payment.finding(&RULE, Deviant::Bank, day.facts, because);
    receipt.text(Field::Bank).clone_into(&mut finding.institution);
    finding.amount = Some(fee);
    finding.event_on = receipt.date(Field::ReceivedAt);
    finding.evidence = vec![receipt.id()];
    finding
}
