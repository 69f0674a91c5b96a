//! Entries believed to be one payment, as strategies and rules look at them.

use chrono::NaiveDate;

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};

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

    /// Whether no party has more than one entry here, so that nothing depends on which is looked at.
    pub fn is_plain(self) -> bool {
        let count =
            |wanted: fn(Ledger) -> bool| self.entries().filter(|entry| wanted(entry.ledger())).count();
        count(is_issuer) <= 1
            && count(|ledger| ledger == Ledger::BankReceipts) <= 1
            && count(|ledger| ledger == Ledger::TreasuryReceipts) <= 1
    }

    /// The first entry of the issuer 开票方: the source document.
    pub fn issuer(self) -> Option<Entry<'b>> {
        self.entries().find(|entry| is_issuer(entry.ledger()))
    }

    pub fn bank(self) -> Option<Entry<'b>> {
        self.entries().find(|entry| entry.ledger() == Ledger::BankReceipts)
    }

    pub fn treasury(self) -> Option<Entry<'b>> {
        self.entries().find(|entry| entry.ledger() == Ledger::TreasuryReceipts)
    }
}

/// Whether a ledger holds the source documents of revenue.
pub fn is_issuer(ledger: Ledger) -> bool {
    matches!(ledger, Ledger::TaxReceipts | Ledger::FinanceReceipts)
}

/// Which party of the chain issuer → bank → treasury keeps the ledger; issuers are told apart as tax and finance.
pub fn party(ledger: Ledger) -> Option<Party> {
    match ledger {
        Ledger::TaxReceipts => Some(Party::Tax),
        Ledger::FinanceReceipts => Some(Party::Finance),
        Ledger::BankReceipts => Some(Party::Bank),
        Ledger::TreasuryReceipts => Some(Party::Treasury),
        _ => None,
    }
}

/// The number under which an entry says which payment it is of; empty if it says none.
pub fn number(entry: Entry<'_>) -> &str {
    entry.text(Field::SlipNo)
}

/// Who paid, as the issuer's or the bank's entry says it: the account, else the name.
pub fn payer(entry: Entry<'_>) -> Option<&str> {
    [Field::PayerAccount, Field::PayerName, Field::TaxpayerName]
        .into_iter()
        .map(|field| entry.text(field))
        .find(|text| !text.is_empty())
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
