//! Entries believed to be one payment, as strategies and rules look at them.

use chrono::NaiveDate;

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};

/// What a party's ledger says of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// 开票方: the source document, a slip, a refund order or a payment voucher.
    Issuer,
    /// What the commercial bank received or paid.
    Bank,
    /// What the treasury booked.
    Treasury,
}

/// What a ledger's rows are in a payment; nothing for rows that are no part of one.
pub fn role(ledger: Ledger) -> Option<Role> {
    let is_payment = match ledger.flow() {
        Flow::Revenue => !matches!(ledger, Ledger::BankRemittances | Ledger::TreasuryClearing),
        Flow::Refund | Flow::Disbursement => true,
        Flow::Correction | Flow::Account => false,
    };
    is_payment.then(|| match ledger.party() {
        Party::Bank => Role::Bank,
        Party::Treasury => Role::Treasury,
        _ => Role::Issuer,
    })
}

/// Whether its rows are joined to cases: those of payments, and the corrections of a slip.
pub fn is_joined(ledger: Ledger) -> bool {
    role(ledger).is_some() || ledger.flow() == Flow::Correction
}

/// Some entries of a book, in ascending order of id.
#[derive(Clone, Copy, Debug)]
pub struct Group<'b> {
    book: &'b Book,
    ids: &'b [EntryId],
}

impl<'b> Group<'b> {
    pub fn new(book: &'b Book, ids: &'b [EntryId]) -> Self {
        Self { book, ids }
    }

    pub fn ids(self) -> &'b [EntryId] {
        self.ids
    }

    pub fn entries(self) -> impl Iterator<Item = Entry<'b>> {
        self.ids.iter().map(move |&id| self.book.entry(id))
    }

    /// The flow of the payment; that of corrections if there is nothing else.
    pub fn flow(self) -> Flow {
        let mut flows = self.entries().map(|entry| entry.ledger().flow());
        let first = flows.next().expect("a group is never empty");
        if first == Flow::Correction { flows.find(|flow| *flow != first).unwrap_or(first) } else { first }
    }

    /// Whether no party has more than one entry here, so that nothing depends on which is looked at.
    pub fn is_plain(self) -> bool {
        [Role::Issuer, Role::Bank, Role::Treasury].into_iter().all(|wanted| self.all(wanted).nth(1).is_none())
    }

    fn all(self, wanted: Role) -> impl Iterator<Item = Entry<'b>> {
        self.entries().filter(move |entry| role(entry.ledger()) == Some(wanted))
    }

    /// The first entry of the issuer: the source document.
    pub fn issuer(self) -> Option<Entry<'b>> {
        self.all(Role::Issuer).next()
    }

    pub fn bank(self) -> Option<Entry<'b>> {
        self.all(Role::Bank).next()
    }

    pub fn treasury(self) -> Option<Entry<'b>> {
        self.all(Role::Treasury).next()
    }
}

/// The column under which a ledger says which payment a row is of.
pub fn number_field(ledger: Ledger) -> Field {
    match ledger.flow() {
        Flow::Correction => Field::OriginalSlip,
        Flow::Refund | Flow::Disbursement => Field::VoucherNo,
        Flow::Revenue | Flow::Account => Field::SlipNo,
    }
}

/// The number under which an entry says which payment it is of; empty if it says none.
pub fn number(entry: Entry<'_>) -> &str {
    entry.text(number_field(entry.ledger()))
}

/// The day an entry is about.
pub fn own_date(entry: Entry<'_>) -> Option<NaiveDate> {
    entry.date(entry.ledger().date())
}

/// Who paid, as the issuer's or the bank's entry says it: the account, else the name.
pub fn payer(entry: Entry<'_>) -> Option<&str> {
    [Field::PayerAccount, Field::PayerName, Field::TaxpayerName]
        .into_iter()
        .map(|field| entry.text(field))
        .find(|text| !text.is_empty())
}

/// The number of the taxpayer or payer that a slip names.
pub fn payer_id(slip: Entry<'_>) -> &str {
    slip.text(if slip.ledger() == Ledger::FinanceReceipts { Field::PayerId } else { Field::TaxpayerId })
}

/// The name of who paid.
pub fn payer_name(entry: Entry<'_>) -> Option<&str> {
    [Field::PayerName, Field::TaxpayerName]
        .into_iter()
        .map(|field| entry.text(field))
        .find(|text| !text.is_empty())
}

/// The last day on which a slip issued on `billed` may still be paid where no number proves the payment.
pub fn last_day(slip: Entry<'_>, window: chrono::Days) -> Option<NaiveDate> {
    let billed = slip.date(Field::BilledOn)?.checked_add_days(window)?;
    Some(slip.date(Field::DueOn).map_or(billed, |due| due.max(billed)))
}
