//! 买税卖税: one account pays the taxes of several taxpayers who have nothing to do with its holder or one another.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::EntryId;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::domain::name;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::{self, Counter};
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title, law};

use super::{PART, Payer};

pub static RULE: Rule = Rule {
    id: "tax-trading",
    title: Title { zh: "同一账户为多户缴税线索", en: "One account pays for many" },
    basis: law::BY_PLAN,
    kind: Kind::Lead,
    severity: Severity::Lead,
    page: include_str!("tax_trading.md"),
    stays: Stays::Once,
    needs: &[Need::Reads(Ledger::TaxReceipts), Need::Reads(Ledger::BankReceipts)],
    tables: &["calendar"],
    judge: Judge::Day(REVENUE, judge),
};

/// Slips that say themselves that another than the taxpayer pays, by account, payer and taxpayer.
pub static PAID_FOR: Counter = Counter {
    id: "slips-paid-for-others",
    ledgers: &[Ledger::TaxReceipts],
    of: |slip, key| {
        let [payer, taxpayer] = [Field::PayerName, Field::TaxpayerName].map(|field| slip.text(field));
        let account = slip.text(Field::PayerAccount);
        let is_known = !account.is_empty() && !taxpayer.is_empty() && super::is_name(payer);
        if !is_known || name::is_alike(payer, taxpayer) {
            return None;
        }
        key.extend([account, PART, payer, PART, taxpayer]);
        Some((slip.date(Field::BilledOn)?, slip.money(Field::Amount)?))
    },
    keep_days: 60,
};

/// A tax that an account paid for another than its holder.
#[derive(Clone, Copy, Debug)]
struct PaidFor<'d> {
    payer: &'d str,
    taxpayer: &'d str,
    billed_on: NaiveDate,
    amount: Money,
    row: Option<EntryId>,
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut accounts: BTreeMap<&str, Vec<PaidFor<'_>>> = BTreeMap::new();
    for payment in paid_by_others(day).into_iter().map(|case| day.payment_in(case)) {
        let Some((slip, payer)) = super::tax_slip(&payment).zip(Payer::of(&payment)) else { continue };
        let (taxpayer, billed_on) = (slip.text(Field::TaxpayerName), slip.date(Field::BilledOn));
        let is_others =
            !day.is_doubtful(&payment) && !payer.name.is_empty() && !name::is_alike(payer.name, taxpayer);
        let Some(billed_on) = billed_on.filter(|_| is_others && !payer.account.is_empty()) else { continue };
        accounts.entry(payer.account).or_default().push(PaidFor {
            payer: payer.name,
            taxpayer,
            billed_on,
            amount: slip.money(Field::Amount).unwrap_or_default(),
            row: Some(slip.id()),
        });
    }
    // What is settled is of interest for an account that pays today.
    for (key, on, share) in running::of_counter(&day.running.settled, &PAID_FOR) {
        let mut parts = key.split(PART);
        let [account, payer, taxpayer] = [(); 3].map(|()| parts.next().unwrap_or(""));
        if let Some(known) = accounts.get_mut(account).filter(|_| share.rows > 0) {
            known.push(PaidFor { payer, taxpayer, billed_on: on, amount: share.amount, row: None });
        }
    }
    let accounts = accounts.into_iter().filter(|(account, paid)| !is_collecting(day.facts, account, paid));
    accounts.filter_map(|(account, paid)| of_account(day, account, &paid)).collect()
}

/// The cases at hand in which some party names a payer in other words than the taxpayer.
fn paid_by_others(day: &Day<'_>) -> BTreeSet<u32> {
    let slips = day.book.ids_of(|ledger| ledger == Ledger::TaxReceipts);
    let of = |id: EntryId| {
        let case = day.case_of[id.0 as usize]?;
        let taxpayer = day.book.entry(id).text(Field::TaxpayerName);
        let rows = day.matched.case(case as usize).entries.iter();
        let mut names = rows.map(|row| day.book.entry(*row).text(Field::PayerName));
        names.any(|name| !name.is_empty() && name != taxpayer).then_some(case)
    };
    slips.into_par_iter().filter_map(of).collect()
}

/// Whether it is there to collect from others: the register says so, or its name.
fn is_collecting(facts: &Facts, account: &str, paid: &[PaidFor<'_>]) -> bool {
    let known = facts.accounts.as_ref().and_then(|register| register.get(account));
    let is_registered = known.is_some_and(|known| {
        matches!(known.holder_class.as_str(), "tax_org" | "collector" | "finance" | "bank" | "treasury")
            || known.is_of_revenue()
            || facts.institutions.as_ref().is_some_and(|table| table.contains_key(&known.holder_id))
    });
    is_registered || paid.iter().any(|of| Payer { account, name: of.payer }.is_pending_tax(facts))
}

fn of_account(day: &Day<'_>, account: &str, paid: &[PaidFor<'_>]) -> Option<Finding> {
    let settings = &day.facts.settings;
    let ends: BTreeSet<NaiveDate> = paid.iter().map(|of| of.billed_on).collect();
    let enough = settings.trading_taxpayers.max(2) as usize;
    // The first window that holds enough tells it.
    let (first, last, taxpayers) = ends.into_iter().find_map(|last| {
        let base = day.facts.calendar.first_working_from(last)?;
        let first = *day.facts.calendar.last_working(base, settings.trading_window_wd as usize)?.last()?;
        let taxpayers = unrelated(paid.iter().filter(|of| (first..=last).contains(&of.billed_on)));
        (taxpayers.len() >= enough).then_some((first, last, taxpayers))
    })?;
    let within: Vec<&PaidFor<'_>> = paid.iter().filter(|of| (first..=last).contains(&of.billed_on)).collect();
    let sum: Money = within.iter().map(|of| of.amount).sum();
    let first = within.iter().map(|of| of.billed_on).min().unwrap_or(first);
    let payer = within.iter().map(|of| of.payer).min()?;
    let count = taxpayers.len();
    let zh: Vec<String> = taxpayers.iter().map(|name| format!("“{name}”")).collect();
    let en: Vec<String> = taxpayers.iter().map(|name| format!("{name:?}")).collect();
    let because = Sentence {
        zh: format!(
            "账户 {account}“{payer}”为 {first} 至 {last} 开具的税票缴税 {sum} 元，涉及互不相干的纳税人 {count} 户：{}；代理、代扣代缴或同一控制关系的证明\
             可予排除，纳税人与缴税地并无经营往来、由中介出资的，可予证实",
            zh.join("、")
        ),
        en: format!(
            "account {account} {payer:?} paid {sum} yuan of tax by slips of {first} to {last} for {count} taxpayers who seem \
             unrelated: {}; papers of an agency, a duty to withhold or a common owner clear it, taxpayers without business \
             here whose tax an intermediary paid confirm it",
            en.join(", ")
        ),
    };
    let mut finding = Finding::of(&RULE, Party::Taxpayer, account.to_owned(), because);
    account.clone_into(&mut finding.account);
    finding.amount = Some(sum);
    finding.event_on = Some(last);
    finding.evidence = within.iter().filter_map(|of| of.row).collect();
    finding.evidence.sort_unstable();
    Some(finding)
}

/// Taxpayers of whom no two have names that belong together, in the order of names.
fn unrelated<'d>(paid: impl Iterator<Item = &'d PaidFor<'d>>) -> Vec<&'d str> {
    let names: BTreeSet<&str> = paid.map(|of| of.taxpayer).collect();
    let mut found: Vec<&str> = Vec::new();
    for taxpayer in names {
        if !found.iter().any(|known| name::is_alike(known, taxpayer)) {
            found.push(taxpayer);
        }
    }
    found
}
