//! 非正常拨款: a payout that someone should look at. It accuses nobody.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Deviant;
use crate::rules::{DISBURSEMENTS, Day, Judge, Rule, Stays, Title, VOUCHERS, law};

use super::{BY_PAYEE, Voucher};

pub static RULE: Rule = Rule {
    id: "abnormal-disbursement",
    title: Title { zh: "非正常拨款线索", en: "Unusual payout" },
    basis: law::BY_PLAN,
    kind: Kind::Lead,
    severity: Severity::Lead,
    page: include_str!("abnormal_disbursement.md"),
    stays: Stays::Once,
    needs: VOUCHERS,
    tables: &["accounts", "calendar"],
    judge: Judge::Day(DISBURSEMENTS, judge),
};

/// So many working days the archive must know before a payee is called new.
const HISTORY_WD: usize = 20;
/// A payee is called new by vouchers of so many days back, and only of a voucher not much older than the day.
const KNOWN_DAYS: u64 = 140;
const FRESH_DAYS: u64 = 60;

/// A reason in Chinese and English.
type Reason = (String, String);

/// What an account was paid by other vouchers.
struct Paid<'v> {
    on: NaiveDate,
    amount: Money,
    /// `None` for what is settled.
    by: Option<&'v Voucher<'v>>,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let vouchers = &day.vouchers;
    let mut by_payee: BTreeMap<&str, Vec<&Voucher<'_>>> = BTreeMap::new();
    for voucher in vouchers.iter().filter(|voucher| voucher.amount > Money::ZERO) {
        by_payee.entry(voucher.text(Field::PayeeAccount)).or_default().push(voucher);
    }
    let paid: BTreeMap<&str, Vec<Paid<'_>>> =
        by_payee.into_iter().map(|(payee, of)| (payee, paid(day, payee, &of))).collect();
    let mut findings = Vec::new();
    for voucher in vouchers.iter().filter(|voucher| voucher.amount > Money::ZERO) {
        let payee = voucher.text(Field::PayeeAccount);
        let paid = &paid[payee];
        let reasons: Vec<Reason> = [
            natural_person(day, voucher),
            first_seen(day, voucher, paid),
            splitting(day, voucher, paid),
            purpose(day, voucher),
            payer(day, voucher),
        ]
        .into_iter()
        .flatten()
        .collect();
        if reasons.is_empty() {
            continue;
        }
        let (zh, en): (Vec<String>, Vec<String>) = reasons.into_iter().unzip();
        let because = Sentence {
            zh: format!("建议核实：{}", zh.join("；")),
            en: format!("worth checking: {}", en.join("; ")),
        };
        let mut finding = voucher.payment.finding(&RULE, Deviant::Issuer, day.facts, because);
        payee.clone_into(&mut finding.account);
        findings.push(finding);
    }
    findings
}

/// Everything an account was paid; nothing for one that is not stated.
fn paid<'v>(day: &Day<'_>, payee: &str, vouchers: &[&'v Voucher<'v>]) -> Vec<Paid<'v>> {
    if payee.is_empty() {
        return Vec::new();
    }
    let at_hand = vouchers.iter().copied();
    let mut paid: Vec<Paid<'_>> =
        at_hand.map(|of| Paid { on: of.on, amount: of.amount, by: Some(of) }).collect();
    for (amount, days) in super::settled(day, &BY_PAYEE, &format!("{payee}\n")) {
        let amount: Money = amount.parse().expect("the counter wrote an amount");
        for (on, share) in days {
            paid.extend((0..share.rows).map(|_| Paid { on, amount, by: None }));
        }
    }
    paid
}

fn natural_person(day: &Day<'_>, voucher: &Voucher<'_>) -> Option<Reason> {
    let account = day.facts.accounts.as_ref()?.get(voucher.text(Field::PayeeAccount))?;
    let (limit, amount) = (day.facts.settings.large_natural_person, voucher.amount);
    (account.holder_class == "individual" && amount > limit).then(|| {
        (
            format!("收款人“{}”为自然人，{amount} 元超过 {limit} 元", account.holder_name),
            format!(
                "the payee {:?} is a natural person, and {amount} yuan are more than {limit}",
                account.holder_name
            ),
        )
    })
}

fn first_seen(day: &Day<'_>, voucher: &Voucher<'_>, paid: &[Paid<'_>]) -> Option<Reason> {
    let (threshold, amount) = (day.facts.settings.large_threshold, voucher.amount);
    if amount < threshold || voucher.text(Field::PayeeAccount).is_empty() {
        return None;
    }
    let eve = voucher.on.pred_opt()?;
    let since = *day.facts.calendar.last_working(eve, HISTORY_WD)?.last()?;
    let from = voucher.on.checked_sub_days(Days::new(KNOWN_DAYS))?;
    let is_fresh = voucher.on.checked_add_days(Days::new(FRESH_DAYS))? >= day.facts.as_of;
    let is_known = paid.iter().any(|other| (from..voucher.on).contains(&other.on));
    if !is_fresh || !day.reaches_back_to(since, 0) || is_known {
        return None;
    }
    Some((
        format!(
            "档案中此前 {KNOWN_DAYS} 天内未见向该收款账号支付，首笔 {amount} 元达到大额标准 {threshold} 元"
        ),
        format!(
            "no voucher known from the {KNOWN_DAYS} days before pays this account, and the first, {amount} yuan, reaches the \
             threshold of {threshold}"
        ),
    ))
}

/// Whether it is at least the third of several payouts in a few days that each stay close below the threshold.
fn splitting(day: &Day<'_>, voucher: &Voucher<'_>, paid: &[Paid<'_>]) -> Option<Reason> {
    let settings = &day.facts.settings;
    let threshold = settings.large_threshold;
    // Hundredths of a fen, so that nothing is rounded.
    let floor = i128::from(threshold.fen()) * i128::from(settings.abnormal_split_percent);
    let is_close = |amount: Money| amount <= threshold && i128::from(amount.fen()) * 100 >= floor;
    if !is_close(voucher.amount) {
        return None;
    }
    let wanted = usize::try_from(settings.abnormal_split_wd).ok().filter(|days| *days > 0)?;
    let first = *day.facts.calendar.last_working(voucher.on, wanted)?.last()?;
    let is_before = |other: &&Paid<'_>| {
        let place = (voucher.on, voucher.number);
        other.on >= first && other.by.map_or(other.on <= voucher.on, |by| (by.on, by.number) <= place)
    };
    let close: Vec<&Paid<'_>> =
        paid.iter().filter(|other| is_close(other.amount)).filter(is_before).collect();
    let (count, sum): (usize, Money) = (close.len(), close.iter().map(|other| other.amount).sum());
    if u32::try_from(count).is_ok_and(|count| count < settings.abnormal_split_count) {
        return None;
    }
    Some((
        format!(
            "{first} 至 {} 向该收款账号支付 {count} 笔共 {sum} 元，每笔接近大额标准 {threshold} 元",
            voucher.on
        ),
        format!(
            "{first} to {} this account is paid {count} times, {sum} yuan in all, each time close to the threshold of \
             {threshold}",
            voucher.on
        ),
    ))
}

fn purpose(day: &Day<'_>, voucher: &Voucher<'_>) -> Option<Reason> {
    let purpose = voucher.text(Field::Purpose);
    let words = &day.facts.settings.abnormal_purposes;
    let word = words.iter().find(|word| purpose.contains(word.as_str()))?;
    Some((format!("用途“{purpose}”含“{word}”"), format!("its purpose {purpose:?} speaks of {word:?}")))
}

/// A real payout leaves the treasury's own account: twelve digits of the accounting entity, then subject 271.
fn payer(day: &Day<'_>, voucher: &Voucher<'_>) -> Option<Reason> {
    let account = voucher.text(Field::PayerAccount);
    if voucher.text(Field::PayMode) != "91" || account.is_empty() {
        return None;
    }
    let has_shape = account.bytes().all(|byte| byte.is_ascii_digit()) && account.get(12..15) == Some("271");
    let is_registered = day
        .facts
        .accounts
        .as_ref()
        .and_then(|accounts| accounts.get(account))
        .is_some_and(|account| account.nature == "treasury");
    (!has_shape && !is_registered).then(|| {
        (
            format!("实拨凭证的付款账号 {account} 不是国库存款账户（核算主体 12 位加 271）"),
            format!(
                "the real payout leaves account {account}, which is no treasury deposit (12 digits and 271)"
            ),
        )
    })
}
