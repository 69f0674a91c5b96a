//! Authenticity of revenue 收入真实性: suspicions that money only turns in a circle, or that a tax is paid by somebody else
//! (`rules.md` 5.D). None is a breach: each says what would confirm or clear it.

pub mod third_party_payer;

use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;

use super::payment::Payment;

/// The account a tax was paid from.
#[derive(Clone, Copy, Debug)]
struct Payer<'b> {
    account: &'b str,
    /// In whose name it is: as the bank says, else the slip; empty where none does.
    name: &'b str,
}

impl<'b> Payer<'b> {
    /// Who paid a slip, if anybody did.
    fn of(payment: &Payment<'b>) -> Option<Self> {
        if payment.bank.is_empty() && payment.treasury.is_empty() {
            return None;
        }
        let rows = || payment.bank.iter().chain(&payment.documents);
        let said = |field: Field| rows().map(|row| row.text(field)).find(|text| !text.is_empty());
        // What a bank masks 脱敏 is no name.
        let name = rows().map(|row| row.text(Field::PayerName)).find(|name| is_name(name));
        Some(Self { account: said(Field::PayerAccount).unwrap_or(""), name: name.unwrap_or("") })
    }

    /// Whether it is the account a tax office keeps at the treasury for tax on its way 待缴库税款.
    fn is_pending_tax(self, facts: &Facts) -> bool {
        let known = facts.accounts.as_ref().and_then(|register| register.get(self.account));
        self.name.contains("待缴库税款") || known.is_some_and(|known| known.nature == "pending_tax")
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(['*', '＊'])
}

/// The tax slip of a payment.
fn tax_slip<'b>(payment: &Payment<'b>) -> Option<Entry<'b>> {
    payment.documents.iter().copied().find(|slip| slip.ledger() == Ledger::TaxReceipts)
}
