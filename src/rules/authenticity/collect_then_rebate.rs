//! 先征后返: who paid much soon gets much of it back as a payout.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::domain::entry::EntryId;
use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::domain::name;
use crate::matching::group;
use crate::rules::disbursements::Voucher;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::{DISBURSEMENTS, Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "collect-then-rebate",
    title: Title { zh: "先征后返线索", en: "Revenue given back as a payout" },
    basis: law::BY_PLAN,
    kind: Kind::Lead,
    severity: Severity::Lead,
    page: include_str!("collect_then_rebate.md"),
    stays: Stays::Once,
    needs: &[
        Need::Reads(Ledger::FinanceDisbursements),
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
    ],
    tables: &[],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

/// What somebody paid on a day.
#[derive(Clone, Debug, Default)]
struct Paid {
    amount: Money,
    rows: Vec<EntryId>,
}

/// Who paid a large slip.
#[derive(Clone, Debug)]
struct Payer {
    account: String,
    name: String,
    on: NaiveDate,
    amount: Money,
    rows: Vec<EntryId>,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let words = &day.facts.settings.rebate_words;
    let vouchers = &day.vouchers;
    let is_rebate = |voucher: &&Voucher<'_>| {
        let purpose = voucher.text(Field::Purpose);
        voucher.amount > Money::ZERO && words.iter().any(|word| purpose.contains(word.as_str()))
    };
    let rebates: Vec<&Voucher<'_>> = vouchers.iter().filter(is_rebate).collect();
    if rebates.is_empty() {
        return Vec::new();
    }
    let payers = payers(day);
    rebates.into_iter().filter_map(|voucher| of_voucher(day, voucher, &payers)).collect()
}

/// Who paid the large slips that are known.
fn payers(day: &Day<'_>) -> Vec<Payer> {
    let settled = super::settled_slips(day).map(|slip| Payer {
        account: slip.account.to_owned(),
        name: slip.name.to_owned(),
        on: slip.billed_on,
        amount: slip.amount,
        rows: Vec::new(),
    });
    let slips = [Ledger::TaxReceipts, Ledger::FinanceReceipts];
    let at_hand = super::revenue(day, &slips, super::is_large).filter_map(|payment| {
        let slip = payment.documents.first()?;
        let is_paid = !payment.bank.is_empty() || !payment.treasury.is_empty();
        is_paid.then_some(Payer {
            account: slip.text(Field::PayerAccount).to_owned(),
            name: super::owing(*slip).to_owned(),
            on: slip.date(Field::BilledOn)?,
            amount: slip.money(Field::Amount)?,
            rows: payment.evidence(),
        })
    });
    settled.chain(at_hand).collect()
}

fn of_voucher(day: &Day<'_>, voucher: &Voucher<'_>, payers: &[Payer]) -> Option<Finding> {
    let settings = &day.facts.settings;
    let (account, payee) = (voucher.text(Field::PayeeAccount), voucher.text(Field::PayeeName));
    let is_payee = |payer: &&Payer| {
        (!account.is_empty() && payer.account == account)
            || (!payee.is_empty() && name::is_same(&payer.name, payee))
    };
    let first = voucher.on.checked_sub_days(Days::new(u64::from(settings.rebate_days)))?;
    let mut days: BTreeMap<NaiveDate, Paid> = BTreeMap::new();
    for payer in payers.iter().filter(is_payee).filter(|payer| (first..=voucher.on).contains(&payer.on)) {
        let of_day = days.entry(payer.on).or_default();
        of_day.amount += payer.amount;
        of_day.rows.extend(&payer.rows);
    }
    let is_share = |paid: &Paid| {
        paid.amount >= settings.large_threshold
            && super::reaches(voucher.amount, paid.amount, settings.rebate_percent_min)
            && super::is_within(voucher.amount, paid.amount, settings.rebate_percent_max)
    };
    let (on, paid) = days.iter().rev().find(|(_, paid)| is_share(paid))?;
    let (back, amount) = (voucher.amount, paid.amount);
    let share = super::percent(back, amount);
    let purpose = voucher.text(Field::Purpose);
    let because = Sentence {
        zh: format!(
            "“{payee}”{on} 的缴款书共 {amount} 元，{} 又以“{purpose}”获拨 {back} 元，为其 {share}%；面向同类企业公开执行的政策文件和预算可予排除，\
             拨款按其缴款额计算、或只给该缴款人的，可予证实",
            voucher.on
        ),
        en: format!(
            "{payee:?} paid {amount} yuan by slips of {on}, and on {} is paid {back} yuan for {purpose:?}, {share} % of that; a \
             published policy that others of its kind are paid by, and its budget, clear it, a payout that is reckoned by \
             what was paid in, or made to this payer alone, confirms it",
            voucher.on
        ),
    };
    let mut finding = voucher.payment.finding(&RULE, Deviant::Issuer, day.facts, because);
    finding.party = Party::Finance;
    account.clone_into(&mut finding.account);
    finding.amount = Some(back);
    finding.event_on = group::own_date(voucher.document);
    finding.evidence.extend(&paid.rows);
    finding.evidence.sort_unstable();
    Some(finding)
}
