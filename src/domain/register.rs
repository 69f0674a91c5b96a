//! Registers: the reference tables as rules look things up in them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::entry::{Book, Entry};
use super::field::Field;
use super::money::Money;

/// 预算科目, by code. Words are those of `schemas/reference/subjects.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    pub name: String,
    /// `income`, `function` or `economic`; empty if the table does not say.
    pub class: String,
    /// 1 central, 2 local, 3 shared, 4 common.
    pub attribute: String,
    /// Whether entries may be posted to it; `None` if the table does not say.
    pub enterable: Option<bool>,
    pub tax_type: String,
}

impl Subject {
    pub fn of(row: Entry<'_>) -> (String, Self) {
        let text = |field: Field| row.text(field).to_owned();
        let subject = Self {
            name: text(Field::Name),
            class: text(Field::Class),
            attribute: text(Field::Attribute),
            enterable: row.count(Field::Enterable).map(|flag| flag != 0),
            tax_type: text(Field::TaxType),
        };
        (text(Field::Code), subject)
    }
}

/// 国库, by code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Treasury {
    pub name: String,
    /// 1 central, 2 province, 3 city, 4 county, 5 township.
    pub level: String,
    /// Whether a commercial bank runs it 代理支库.
    pub is_agent: bool,
    pub parent: String,
}

impl Treasury {
    pub fn of(row: Entry<'_>) -> (String, Self) {
        let text = |field: Field| row.text(field).to_owned();
        let treasury = Self {
            name: text(Field::Name),
            level: text(Field::Level),
            is_agent: row.count(Field::Agent).is_some_and(|flag| flag != 0),
            parent: text(Field::Parent),
        };
        (text(Field::Code), treasury)
    }
}

/// An account as a register has it. Words are those of `schemas/reference/accounts.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Where the register has it, as `file#row`.
    pub place: String,
    pub bank: String,
    pub holder_id: String,
    pub holder_name: String,
    pub holder_class: String,
    pub nature: String,
    pub permit_no: String,
    pub finance_approval: String,
    pub fund_nature: String,
    pub status: String,
    pub opened_on: Option<NaiveDate>,
    pub closed_on: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
    pub filed_finance_on: Option<NaiveDate>,
    pub filed_treasury_on: Option<NaiveDate>,
}

impl Account {
    pub fn of(row: Entry<'_>) -> (String, Self) {
        let text = |field: Field| row.text(field).to_owned();
        let account = Self {
            place: row.place(),
            bank: text(Field::Bank),
            holder_id: text(Field::HolderId),
            holder_name: text(Field::HolderName),
            holder_class: text(Field::HolderClass),
            nature: text(Field::Nature),
            permit_no: text(Field::PermitNo),
            finance_approval: text(Field::FinanceApproval),
            fund_nature: text(Field::FundNature),
            status: text(Field::Status),
            opened_on: row.date(Field::OpenedOn),
            closed_on: row.date(Field::ClosedOn),
            expires_on: row.date(Field::ExpiresOn),
            filed_finance_on: row.date(Field::FiledFinanceOn),
            filed_treasury_on: row.date(Field::FiledTreasuryOn),
        };
        (text(Field::Account), account)
    }

    /// The nature as people call it.
    pub fn nature_zh(&self) -> &str {
        match self.nature.as_str() {
            "basic" => "基本存款账户",
            "general" => "一般存款账户",
            "special" => "专用存款账户",
            "temporary" => "临时存款账户",
            "zero_balance" => "零余额账户",
            "pending_receipts" => "待报解预算收入",
            "fiscal_special" => "财政专户",
            "pending_tax" => "待缴库税款",
            "treasury" => "国库存款",
            other => other,
        }
    }

    /// Its nature in English words.
    pub fn nature_en(&self) -> String {
        self.nature.replace('_', " ")
    }

    /// Its holder's class in English words.
    pub fn holder_class_en(&self) -> String {
        self.holder_class.replace('_', " ")
    }

    /// Whether it is one for revenue alone: mandated 待报解预算收入, the treasury's own, or 待缴库税款 at the treasury.
    pub fn is_of_revenue(&self) -> bool {
        matches!(self.nature.as_str(), "pending_receipts" | "pending_tax" | "treasury")
    }

    /// Whether revenue is meant to pass through it: one for revenue alone, or an approved fiscal special one.
    pub fn may_take_revenue(&self) -> bool {
        self.is_of_revenue() || (self.nature == "fiscal_special" && !self.finance_approval.is_empty())
    }

    /// The class of its holder as people call it.
    pub fn holder_class_zh(&self) -> &str {
        match self.holder_class.as_str() {
            "unit" => "预算单位",
            "finance" => "财政",
            "tax_org" => "征收机关",
            "collector" => "执收单位",
            "bank" => "银行",
            "treasury" => "国库",
            "enterprise" => "企业",
            "individual" => "个人",
            "other" => "其他",
            other => other,
        }
    }

    /// Its state as people call it.
    pub fn status_zh(&self) -> &str {
        match self.status.as_str() {
            "active" => "正常",
            "dormant" => "久悬",
            "closed" => "已撤销",
            other => other,
        }
    }

    /// Whether the account could be used on the day: opened by then, not after the day it was closed, not dormant.
    /// Closed without a date is closed.
    pub fn is_active_on(&self, day: NaiveDate) -> bool {
        let open = self.opened_on.is_none_or(|opened| opened <= day);
        let not_closed = match self.closed_on {
            Some(closed) => day <= closed,
            None => self.status != "closed",
        };
        open && not_closed && self.status != "dormant"
    }
}

/// An enterprise that may be refunded 退库企业登记, by taxpayer id, its letters in capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refundable {
    pub name: String,
    pub account: String,
    pub valid_from: NaiveDate,
    /// Inclusive; `None` for no end.
    pub valid_to: Option<NaiveDate>,
}

impl Refundable {
    pub fn of(row: Entry<'_>) -> (String, Self) {
        let refundable = Self {
            name: row.text(Field::Name).to_owned(),
            account: row.text(Field::Account).to_owned(),
            valid_from: row.date(Field::ValidFrom).expect("a required column"),
            valid_to: row.date(Field::ValidTo),
        };
        (row.text(Field::TaxpayerId).to_ascii_uppercase(), refundable)
    }

    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

/// 预算指标: what a unit may spend on a subject, by year, unit, subject and project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Rows of one line add up.
    pub amount: Money,
    /// In the order of the table.
    pub parts: Vec<BudgetPart>,
}

/// One row of a budget line: the budget itself, or an adjustment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetPart {
    pub amount: Money,
    pub approved_on: NaiveDate,
    /// The day it was copied to the treasury 抄送.
    pub received_on: Option<NaiveDate>,
    pub doc_ref: String,
}

/// Year, unit, subject and project of a budget line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BudgetLine {
    pub year: u32,
    pub unit: String,
    pub subject: String,
    pub project: String,
}

impl Budget {
    /// The lines of the table.
    pub fn lines(rows: &Book) -> BTreeMap<BudgetLine, Self> {
        let mut lines: BTreeMap<BudgetLine, Self> = BTreeMap::new();
        for row in rows.entries() {
            let line = BudgetLine {
                year: row.count(Field::Year).expect("a required column"),
                unit: row.text(Field::Unit).to_owned(),
                subject: row.text(Field::Subject).to_owned(),
                project: row.text(Field::Project).to_owned(),
            };
            let part = BudgetPart {
                amount: row.money(Field::Amount).expect("a required column"),
                approved_on: row.date(Field::ApprovedOn).expect("a required column"),
                received_on: row.date(Field::ReceivedOn),
                doc_ref: row.text(Field::DocRef).to_owned(),
            };
            let budget = lines.entry(line).or_default();
            budget.amount += part.amount;
            budget.parts.push(part);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[track_caller]
    fn check(account: &Account, active: &[(&str, bool)]) {
        for (on, expected) in active {
            assert_eq!(account.is_active_on(day(on)), *expected, "{on}");
        }
    }

    #[test]
    fn active_accounts() {
        let open = Account { opened_on: Some(day("2026-03-02")), ..Account::default() };
        check(&open, &[("2026-03-01", false), ("2026-03-02", true), ("2030-01-01", true)]);
        let closed =
            Account { closed_on: Some(day("2026-03-02")), status: "closed".to_owned(), ..Account::default() };
        check(&closed, &[("2026-03-01", true), ("2026-03-02", true), ("2026-03-03", false)]);
        check(&Account { status: "closed".to_owned(), ..Account::default() }, &[("2026-03-02", false)]);
        check(&Account { status: "dormant".to_owned(), ..Account::default() }, &[("2026-03-02", false)]);
        check(&Account { status: "active".to_owned(), ..Account::default() }, &[("2026-03-02", true)]);
    }
}
