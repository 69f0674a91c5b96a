//! Accounts: which the register knows, and what they may be used for (`rules.md` 5.B).

pub mod account_early_use;
pub mod account_expired;
pub mod account_register_conflict;
pub mod multiple_accounts;
pub mod special_account_unapproved;
pub mod transit_account;
pub mod transit_behaviour;
pub mod unfiled_account;
pub mod unlicensed_account;
pub mod zero_balance_eod;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::domain::register::Account;
use crate::domain::table::Code;
use crate::matching::group;

use super::finding::{Finding, Sentence};
use super::law::{self, Basis};
use super::payment::Deviant;
use super::{Day, Rule};

/// How settlement accounts are opened and used, as the texts that quote the measures say.
const SETTLEMENT_ACCOUNTS: &[Basis] = &[law::named(&law::ACCOUNT_ORDER)];

/// An account and its holder's name, as a receipt has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Names<'d>(Code, &'d str);

impl<'d> Names<'d> {
    fn of(receipt: Entry<'d>) -> Self {
        Self(receipt.code(Field::PayeeAccount), receipt.text(Field::PayeeName))
    }
}

/// Of the receipts of payments credited to an account under a name the first: a day has few accounts and many receipts.
/// An account that a spreadsheet destroyed is none that could be accused.
pub fn first_credits(book: &Book, case_of: &[Option<u32>]) -> Vec<EntryId> {
    let receipts = book.ids_of(|ledger| ledger == Ledger::BankReceipts);
    let firsts = receipts
        .par_chunks(1 << 14)
        .map(|receipts| {
            let mut last = None;
            let mut firsts: FxHashMap<Names<'_>, EntryId> = FxHashMap::default();
            for &id in receipts.iter().filter(|id| case_of[id.0 as usize].is_some()) {
                let receipt = book.entry(id);
                let names = Names::of(receipt);
                // Most are credited to the account of the one before.
                if last != Some(names) && !receipt.is_blank(Field::PayeeAccount) {
                    firsts.entry(names).or_insert(id);
                }
                last = Some(names);
            }
            firsts
        })
        .reduce(FxHashMap::default, |mut firsts, others| {
            #[expect(clippy::iter_over_hash_type, reason = "the first of all has no order")]
            for (names, id) in others {
                let first = firsts.entry(names).or_insert(id);
                *first = id.min(*first);
            }
            firsts
        });
    let mut firsts: Vec<EntryId> = firsts.into_values().collect();
    firsts.sort_unstable();
    firsts
}

/// The receipts credited to each account that the rule objects to, by the account and its name alone.
fn credited<'d>(day: &Day<'d>, wanted: impl Fn(&Entry<'d>) -> bool) -> BTreeMap<&'d str, Vec<Entry<'d>>> {
    let mut accounts: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
    if day.facts.accounts.is_none() {
        return accounts;
    }
    let firsts = day.first_credits.iter().map(|id| day.book.entry(*id));
    let objected: FxHashSet<Names<'d>> = firsts.filter(wanted).map(Names::of).collect();
    if objected.is_empty() {
        return accounts;
    }
    let receipts = day.book.ids_of(|ledger| ledger == Ledger::BankReceipts).into_par_iter();
    let receipts: Vec<Entry<'d>> = receipts
        .filter(|id| day.case_of[id.0 as usize].is_some())
        .map(|id| day.book.entry(id))
        .filter(|receipt| objected.contains(&Names::of(*receipt)))
        .collect();
    for entry in receipts {
        accounts.entry(entry.text(Field::PayeeAccount)).or_default().push(entry);
    }
    accounts
}

/// One finding about an account, over all that went through it in the run.
fn finding(rule: &'static Rule, account: &str, receipts: &[Entry<'_>], because: Sentence) -> Finding {
    let mut finding = Finding::of(rule, Party::Bank, account.to_owned(), because);
    let of = |field: Field| receipts.iter().map(|entry| entry.text(field)).find(|text| !text.is_empty());
    of(Field::Bank).unwrap_or("").clone_into(&mut finding.institution);
    of(Field::Treasury).unwrap_or("").clone_into(&mut finding.treasury);
    account.clone_into(&mut finding.account);
    finding.amount = Some(total(receipts));
    finding.event_on = receipts.iter().filter_map(|entry| entry.date(Field::ReceivedAt)).min();
    finding.evidence = receipts.iter().map(|entry| entry.id()).collect();
    finding
}

fn total(receipts: &[Entry<'_>]) -> Money {
    receipts.iter().filter_map(|entry| entry.money(Field::Amount)).sum()
}

/// On which side of a payout an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Payee,
    /// The paying account of direct and authorised payments; that of a real payout is the treasury's own.
    Payer,
}

/// An account as one row of a payout names it.
#[derive(Clone, Copy, Debug)]
struct Use<'d> {
    day: &'d Day<'d>,
    row: Entry<'d>,
    side: Side,
    number: &'d str,
    /// The payee's name; nothing is said of a payer's.
    name: &'d str,
    /// As the register has it.
    account: Option<&'d Account>,
    on: NaiveDate,
}

impl Use<'_> {
    /// 11 direct payment, 12 authorised, 91 real payout; empty where no party says.
    fn mode(&self) -> &str {
        mode(self.day, self.row)
    }

    /// Who names the account: the voucher, where it does, else the party whose row it is; `None` where the voucher names
    /// another. What a party writes instead of the voucher's account is its own fault, and a mismatch tells it.
    fn named_by(&self) -> Option<Ledger> {
        let ledger = self.row.ledger();
        if ledger == Ledger::FinanceDisbursements {
            return Some(ledger);
        }
        let field = match self.side {
            Side::Payee => Field::PayeeAccount,
            Side::Payer => Field::PayerAccount,
        };
        let vouchers = self.day.payment_of(self.row.id()).documents;
        if vouchers.iter().any(|voucher| voucher.text(field) == self.number) {
            return Some(Ledger::FinanceDisbursements);
        }
        let is_silent = |voucher: &Entry<'_>| voucher.is_blank(field) && !voucher.is_unusable(field);
        vouchers.iter().all(is_silent).then_some(ledger)
    }
}

fn mode<'d>(day: &'d Day<'d>, row: Entry<'d>) -> &'d str {
    let stated = row.text(Field::PayMode);
    if stated.is_empty() { day.payment_of(row.id()).stated(Field::PayMode) } else { stated }
}

/// The accounts that payouts name, and that a rule objects to: by account, the rows in ascending order. An account that
/// a spreadsheet destroyed is none that could be accused.
fn used<'d>(day: &'d Day<'d>, wanted: impl Fn(&Use<'d>) -> bool + Sync) -> BTreeMap<&'d str, Vec<Use<'d>>> {
    let Some(accounts) = &day.facts.accounts else { return BTreeMap::new() };
    let rows = day.book.ids_of(|ledger| ledger.flow() == Flow::Disbursement);
    let found: Vec<Use<'d>> = rows
        .into_par_iter()
        .filter(|id| day.case_of[id.0 as usize].is_some())
        .flat_map_iter(|id| {
            let row = day.book.entry(id);
            // Money that comes back 退回 uses no account.
            let is_back = row.money(Field::Amount).is_some_and(Money::is_negative);
            let of = |side: Side, number: &'d str, name: &'d str| {
                let on = group::own_date(row).filter(|_| !number.is_empty() && !is_back)?;
                Some(Use { day, row, side, number, name, account: accounts.get(number), on })
            };
            let paid_to = of(Side::Payee, row.text(Field::PayeeAccount), row.text(Field::PayeeName));
            let paid_from = of(Side::Payer, row.text(Field::PayerAccount), "")
                .filter(|_| matches!(mode(day, row), "11" | "12"));
            paid_to.into_iter().chain(paid_from)
        })
        .filter(|of| wanted(of))
        .collect();
    let mut uses: BTreeMap<&str, Vec<Use<'_>>> = BTreeMap::new();
    for of in found {
        uses.entry(of.number).or_default().push(of);
    }
    uses
}

/// The accounts that payouts name by their vouchers, or by another party's row where the voucher names none, and that a
/// rule objects to.
fn named<'d>(day: &'d Day<'d>, wanted: impl Fn(&Use<'d>) -> bool + Sync) -> BTreeMap<&'d str, Vec<Use<'d>>> {
    used(day, |of| wanted(of) && of.named_by().is_some())
}

/// What some uses of one account come to: how many payouts, how much, and whether any of them was made.
struct Payouts {
    count: usize,
    amount: Money,
    is_made: bool,
    /// Who names the account, and its code: finance where a voucher does.
    by: (Party, String),
    treasury: String,
}

fn payouts(day: &Day<'_>, uses: &[Use<'_>]) -> Payouts {
    let cases: BTreeSet<u32> =
        uses.iter().map(|of| day.case_of[of.row.id().0 as usize].expect("a row of a payout")).collect();
    let rows: BTreeMap<u32, EntryId> = uses
        .iter()
        .rev()
        .map(|of| (day.case_of[of.row.id().0 as usize].expect("a row of a payout"), of.row.id()))
        .collect();
    let mut sum = Payouts {
        count: cases.len(),
        amount: Money::ZERO,
        is_made: false,
        by: answering(day, uses),
        treasury: String::new(),
    };
    for row in rows.into_values() {
        let payment = day.payment_of(row);
        sum.amount += payment.entries().find_map(|entry| entry.money(Field::Amount)).unwrap_or_default();
        sum.is_made |= !payment.treasury.is_empty() || !payment.bank.is_empty();
        if sum.treasury.is_empty() {
            payment.stated(Field::Treasury).clone_into(&mut sum.treasury);
        }
    }
    sum
}

/// Who names an account that payouts name: finance for its vouchers, else the treasury, else the bank.
fn answering(day: &Day<'_>, uses: &[Use<'_>]) -> (Party, String) {
    let first = uses.iter().filter_map(|of| Some((of.named_by()?, of.row.id()))).min();
    let Some((ledger, row)) = first else { return (Party::Finance, String::new()) };
    let deviant = match ledger.party() {
        Party::Treasury => Deviant::Treasury,
        Party::Bank => Deviant::Bank,
        _ => Deviant::Issuer,
    };
    day.payment_of(row).answers(deviant, day.facts)
}

/// A finding about an account that payouts name.
fn payout_finding(rule: &'static Rule, uses: &[Use<'_>], sum: &Payouts, because: Sentence) -> Finding {
    let number = uses[0].number;
    let mut finding = Finding::of(rule, sum.by.0, number.to_owned(), because);
    finding.institution.clone_from(&sum.by.1);
    finding.flow = Flow::Disbursement;
    finding.treasury.clone_from(&sum.treasury);
    number.clone_into(&mut finding.account);
    finding.amount = Some(sum.amount);
    finding.event_on = uses.iter().map(|of| of.on).min();
    finding.evidence = uses.iter().map(|of| of.row.id()).collect();
    finding.evidence.dedup();
    finding
}

/// The day on which an account that was found at fault on a day was closed since: then it can be used no more. What was
/// closed before it was used ends nothing, nor does being dormant.
fn closed_since(account: Option<&Account>, used: Option<NaiveDate>, facts: &Facts) -> Option<NaiveDate> {
    let account = account?;
    let closed = match account.closed_on {
        Some(closed) if closed < facts.as_of => closed,
        None if account.status == "closed" => facts.as_of,
        _ => return None,
    };
    used.is_none_or(|used| used <= closed).then_some(closed)
}

/// A number of payouts in English.
fn payouts_en(count: usize) -> String {
    if count == 1 { "1 payout".to_owned() } else { format!("{count} payouts") }
}

/// The name under which an account is spoken of: the register's, else the payee's.
fn name_of<'d>(uses: &[Use<'d>]) -> &'d str {
    let registered = uses[0].account.map_or("", |account| account.holder_name.as_str());
    let stated = uses.iter().map(|of| of.name).find(|name| !name.is_empty());
    if registered.is_empty() { stated.unwrap_or("") } else { registered }
}

/// An account and its name, where it has one.
fn called(number: &str, name: &str) -> Sentence {
    if name.is_empty() {
        Sentence { zh: format!("{number} "), en: number.to_owned() }
    } else {
        Sentence { zh: format!("{number}“{name}”"), en: format!("{number} {name:?}") }
    }
}

/// Whether a public body holds the account: a budget unit, finance, or a collecting agency.
fn is_public(account: &Account) -> bool {
    matches!(account.holder_class.as_str(), "unit" | "finance" | "tax_org" | "collector")
}

/// The names that the register or the institutions table knows as public bodies.
fn public_names(facts: &Facts) -> BTreeSet<&str> {
    let registered = facts.accounts.iter().flat_map(BTreeMap::values).filter(|account| is_public(account));
    let institutions = facts.institutions.iter().flat_map(BTreeMap::values);
    let institutions =
        institutions.filter(|known| known.party != Party::Bank).map(|known| known.name.as_str());
    let names = registered.map(|account| account.holder_name.as_str()).chain(institutions);
    names.filter(|name| !name.is_empty()).collect()
}
