//! 以贷还税: a loan comes into an account, and within days most of it is paid as tax.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::entry::{Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::rules::accounts::transit_behaviour;
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::running::{self, Counter};
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title, law};

use super::PART;

pub static RULE: Rule = Rule {
    id: "loan-paid-tax",
    title: Title { zh: "以贷还税线索", en: "Tax paid from a loan" },
    basis: law::BY_PLAN,
    kind: Kind::Lead,
    severity: Severity::Lead,
    page: include_str!("loan_paid_tax.md"),
    stays: Stays::Once,
    needs: &[
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::BankReceipts),
        Need::Reads(Ledger::BankStatements),
        Need::Reads(Ledger::FinanceDisbursements),
    ],
    tables: &["calendar"],
    judge: Judge::Day(REVENUE, judge),
};

/// Credits that speak of a loan, by account, summary and counterparty.
pub static LOANS: Counter = Counter {
    id: "statement-loans",
    ledgers: &[Ledger::BankStatements],
    of: |row, key| {
        let (on, amount) = credit(row)?;
        let [summary, name] = told(row);
        let is_of_loan = REMEMBERED.iter().any(|word| summary.contains(word) || name.contains(word));
        key.extend([row.text(Field::Account), PART, summary, PART, name]);
        is_of_loan.then_some((on, amount))
    },
    keep_days: 40,
};

/// Payouts of finance that lend, by account of the payee and what tells it.
pub static LENT: Counter = Counter {
    id: "payouts-lent",
    ledgers: &[Ledger::FinanceDisbursements],
    of: |voucher, key| {
        let amount = voucher.money(Field::Amount).filter(|amount| *amount > Money::ZERO)?;
        key.extend([voucher.text(Field::PayeeAccount), PART, lent(voucher)?]);
        Some((voucher.date(Field::VoucherDate)?, amount))
    },
    keep_days: 40,
};

/// 转贷支出: function subjects of money that is lent on.
const LENDING_SUBJECT: &str = "270";

/// What a payout's purpose says when it lends.
const LENDING: [&str; 3] = ["转贷", "借款", "往来"];

/// What tells that a payout lends: its purpose, else its subject.
fn lent(voucher: Entry<'_>) -> Option<&str> {
    let (purpose, subject) = (voucher.text(Field::Purpose), voucher.text(Field::Subject));
    let says = |words: &[&str]| words.iter().any(|word| purpose.contains(word));
    if subject.starts_with(LENDING_SUBJECT) {
        return Some(if purpose.is_empty() { subject } else { purpose });
    }
    (says(&LENDING) && !says(&REPAID)).then_some(purpose)
}

/// Words of loans: a counter may not ask the book's settings.
const REMEMBERED: [&str; 7] = ["贷款", "放款", "借款", "融资", "委贷", "信贷", "贴现"];

/// Words of a loan that comes back to who gave it.
const REPAID: [&str; 4] = ["归还", "偿还", "还款", "收回"];

fn credit(row: Entry<'_>) -> Option<(NaiveDate, Money)> {
    let amount = row.money(Field::Amount).filter(|amount| *amount > Money::ZERO)?;
    (row.text(Field::Direction) == "credit").then_some((row.date(Field::Date)?, amount))
}

fn told(row: Entry<'_>) -> [&str; 2] {
    [row.text(Field::Summary), row.text(Field::CounterpartyName)]
}

/// A loan that came into an account.
#[derive(Clone, Copy, Debug)]
struct Loan<'d> {
    account: &'d str,
    on: NaiveDate,
    /// The last day on which tax is looked for.
    until: NaiveDate,
    amount: Money,
    /// The text that tells it for one.
    told: &'d str,
    /// Whether finance paid it out.
    is_of_finance: bool,
    row: Option<EntryId>,
}

fn loans<'d>(day: &'d Day<'_>) -> Vec<Loan<'d>> {
    let settings = &day.facts.settings;
    let word_in = |texts: [&'d str; 2]| {
        let speaks = |text: &&str| settings.loan_words.iter().any(|word| text.contains(word.as_str()));
        let told = texts.into_iter().find(speaks)?;
        let is_repaid = REPAID.iter().any(|word| texts.iter().any(|text| text.contains(word)));
        (!is_repaid).then_some(told)
    };
    let loan = |account, (on, amount), texts, row| {
        let until = day.facts.calendar.add_working(on, settings.loan_wd)?;
        Some(Loan { account, on, until, amount, told: word_in(texts)?, is_of_finance: false, row })
    };
    let at_hand = day.statements.iter().filter_map(|&id| {
        let row = day.book.entry(id);
        loan(row.text(Field::Account), credit(row)?, told(row), Some(id))
    });
    let of_counter = running::of_counter(&day.running.settled, &LOANS);
    let settled = of_counter.filter_map(|(key, on, share)| {
        let mut parts = key.split(PART);
        let [account, summary, name] = [(); 3].map(|()| parts.next().unwrap_or(""));
        loan(account, (on, share.amount), [summary, name], None).filter(|_| share.amount > Money::ZERO)
    });
    let mut loans: Vec<Loan<'_>> = at_hand.chain(settled).chain(lendings(day)).collect();
    // The latest and largest explains a slip first.
    loans.sort_by(|a, b| (b.on, b.amount, a.account, a.told).cmp(&(a.on, a.amount, b.account, b.told)));
    loans
}

/// What finance lent.
fn lendings<'d>(day: &'d Day<'_>) -> Vec<Loan<'d>> {
    let loan = |account: &'d str, on, amount, told, row| {
        let until = day.facts.calendar.add_working(on, day.facts.settings.loan_wd)?;
        let is_known = !account.is_empty() && amount > Money::ZERO;
        is_known.then_some(Loan { account, on, until, amount, told, is_of_finance: true, row })
    };
    let settled = running::of_counter(&day.running.settled, &LENT).filter_map(|(key, on, share)| {
        let (account, told) = key.split_once(PART)?;
        loan(account, on, share.amount, told, None)
    });
    let at_hand = day.vouchers.iter().filter_map(|voucher| {
        let account = voucher.text(Field::PayeeAccount);
        loan(account, voucher.on, voucher.amount, lent(voucher.document)?, Some(voucher.document.id()))
    });
    at_hand.chain(settled).collect()
}

/// A tax slip that was paid from an account with a loan.
#[derive(Debug)]
struct Paid<'d> {
    number: String,
    on: NaiveDate,
    amount: Money,
    /// `None` for one that is settled.
    payment: Option<Payment<'d>>,
}

fn paid<'d>(day: &'d Day<'_>, accounts: &BTreeSet<&str>) -> BTreeMap<&'d str, Vec<Paid<'d>>> {
    let mut paid: BTreeMap<&str, Vec<Paid<'_>>> = BTreeMap::new();
    let is_from = |receipt: Entry<'_>| accounts.contains(receipt.text(Field::PayerAccount));
    for payment in super::revenue(day, &[Ledger::BankReceipts], is_from) {
        let receipt = payment.bank.iter().copied().find(|receipt| is_from(*receipt));
        let Some((receipt, _)) = receipt.zip(super::tax_slip(&payment)) else { continue };
        let Some(on) = receipt.date(Field::ReceivedAt) else { continue };
        paid.entry(receipt.text(Field::PayerAccount)).or_default().push(Paid {
            number: payment.key(),
            on,
            amount: receipt.money(Field::Amount).unwrap_or_default(),
            payment: Some(payment),
        });
    }
    for slip in super::settled_slips(day).filter(|slip| slip.is_tax && accounts.contains(slip.account)) {
        let number = slip.number.to_owned();
        let of_slip = Paid { number, on: slip.billed_on, amount: slip.amount, payment: None };
        paid.entry(slip.account).or_default().push(of_slip);
    }
    paid
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let loans = loans(day);
    let accounts: BTreeSet<&str> = loans.iter().map(|loan| loan.account).collect();
    if accounts.is_empty() {
        return Vec::new();
    }
    let paid = paid(day, &accounts);
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut findings = Vec::new();
    for loan in &loans {
        let slips = paid.get(loan.account).into_iter().flatten();
        let slips: Vec<&Paid<'_>> = slips.filter(|slip| (loan.on..=loan.until).contains(&slip.on)).collect();
        let by_slips: Money = slips.iter().map(|slip| slip.amount).sum();
        // Small slips that are settled are known by the statement alone.
        let by_statement = transit_behaviour::paid_on(day, loan.account);
        let by_statement: Money = by_statement.range(loan.on..=loan.until).map(|(_, amount)| *amount).sum();
        let sum = by_slips.max(by_statement);
        if slips.is_empty() || !super::reaches(sum, loan.amount, day.facts.settings.loan_percent) {
            continue;
        }
        for slip in slips {
            if told.insert(&slip.number) {
                findings.push(of_slip(day, loan, slip, sum));
            }
        }
    }
    findings
}

fn of_slip(day: &Day<'_>, loan: &Loan<'_>, slip: &Paid<'_>, sum: Money) -> Finding {
    let Loan { account, on, amount, told, is_of_finance, .. } = loan;
    let (got_zh, got_en) =
        if *is_of_finance { ("获财政拨付", "was paid by finance") } else { ("收到", "was credited") };
    let (share, wd) = (super::percent(sum, *amount), day.facts.settings.loan_wd);
    let (number, paid) = (&slip.number, slip.amount);
    let because = Sentence {
        zh: format!(
            "账户 {account} 于 {on} {got_zh} {amount} 元（“{told}”），{wd} 个工作日内缴税 {sum} 元，为其 {share}%，其中税票 {number} 为 {paid} 元；\
             借款合同载明的用途和企业自有资金的流水可予排除，借款即为缴税所筹、或由财政安排的，可予证实"
        ),
        en: format!(
            "account {account} {got_en} {amount} yuan on {on} ({told:?}), and within {} {sum} yuan of tax were paid from \
             it, {share} % of that, {paid} of them by slip {number}; the purpose in the loan contract and the firm's own \
             income clear it, a loan that was raised to pay the tax, or arranged by finance, confirms it",
            working_days(wd)
        ),
    };
    let mut finding = match &slip.payment {
        Some(payment) => payment.finding(&RULE, Deviant::Undetermined, day.facts, because),
        None => Finding::of(&RULE, Party::Taxpayer, number.clone(), because),
    };
    finding.party = Party::Taxpayer;
    finding.flow = Flow::Revenue;
    (*account).clone_into(&mut finding.account);
    finding.amount = Some(paid);
    finding.event_on = Some(slip.on);
    finding.evidence.extend(loan.row);
    finding.evidence.sort_unstable();
    finding
}
