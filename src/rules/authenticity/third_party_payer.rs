//! 第三方代缴: a tax is paid from an account in a name that is not the taxpayer's.

use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::name;
use crate::rules::collection::slip_incomplete::is_cash;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title, law};

use super::Payer;

pub static RULE: Rule = Rule {
    id: "third-party-payer",
    title: Title { zh: "第三方代缴税款线索", en: "Tax paid by another" },
    basis: law::BY_PLAN,
    kind: Kind::Lead,
    severity: Severity::Lead,
    page: include_str!("third_party_payer.md"),
    stays: Stays::Once,
    needs: &[Need::Reads(Ledger::TaxReceipts), Need::Reads(Ledger::BankReceipts)],
    tables: &[],
    judge: Judge::Payment(REVENUE, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let slip = super::tax_slip(payment)?;
    let taxpayer = slip.text(Field::TaxpayerName);
    let payer = Payer::of(payment)?;
    let is_own = taxpayer.is_empty() || payer.name.is_empty() || name::is_alike(payer.name, taxpayer);
    // Over the counter nobody's account pays.
    let in_cash = payment.bank.iter().any(|receipt| is_cash(*receipt));
    if is_own || in_cash || payer.is_pending_tax(day.facts) || day.is_doubtful(payment) {
        return None;
    }
    let amount = slip.money(Field::Amount)?;
    let Payer { account, name } = payer;
    let because = Sentence {
        zh: format!(
            "纳税人“{taxpayer}”的税款 {amount} 元由账户 {account}“{name}”缴纳，户名不是纳税人；代扣代缴、委托代征或代付协议可予排除，\
             两者并无往来而另有资金安排的，可予证实"
        ),
        en: format!(
            "{amount} yuan of tax of {taxpayer:?} were paid from account {account} {name:?}, which is not the taxpayer's; an \
             agreement to withhold, collect or pay for the taxpayer clears it, money arranged between two who have no \
             dealings confirms it"
        ),
    };
    let mut finding = payment.finding(&RULE, Deviant::Undetermined, day.facts, because);
    finding.party = Party::Taxpayer;
    account.clone_into(&mut finding.account);
    finding.amount = Some(amount);
    Some(finding)
}
