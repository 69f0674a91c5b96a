//! A payment as rules look at it: what each party says of it, and who deviates from the source document.

use crate::domain::entry::{Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::matching::Group;
use crate::matching::group::is_issuer;

use super::Rule;
use super::finding::{Finding, Sentence};

/// A case of the revenue flow.
#[derive(Clone, Debug)]
pub struct Payment<'b> {
    /// The source documents: one, unless the issuer's ledger repeats it.
    pub slips: Vec<Entry<'b>>,
    pub receipts: Vec<Entry<'b>>,
    pub bookings: Vec<Entry<'b>>,
}

/// Who deviates from the source document, as `rules.md` 3.6 attributes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deviant {
    Issuer,
    Bank,
    Treasury,
    Undetermined,
}

impl<'b> Payment<'b> {
    pub fn of(group: Group<'b>) -> Self {
        // Content first, so that the order of rows decides nothing.
        let all = |wanted: fn(Ledger) -> bool| {
            let mut entries: Vec<Entry<'b>> =
                group.entries().filter(|entry| wanted(entry.ledger())).collect();
            if entries.len() > 1 {
                entries.sort_by_cached_key(|entry| (entry.content(), entry.id()));
            }
            entries
        };
        Self {
            slips: all(is_issuer),
            receipts: all(|ledger| ledger == Ledger::BankReceipts),
            bookings: all(|ledger| ledger == Ledger::TreasuryReceipts),
        }
    }

    pub fn entries(&self) -> impl Iterator<Item = Entry<'b>> {
        self.slips.iter().chain(&self.receipts).chain(&self.bookings).copied()
    }

    /// What the first party that states the field says.
    pub fn stated(&self, field: Field) -> &'b str {
        self.entries().map(|entry| entry.text(field)).find(|text| !text.is_empty()).unwrap_or("")
    }

    /// The rows of all parties, in ascending order.
    pub fn evidence(&self) -> Vec<EntryId> {
        let mut ids: Vec<EntryId> = self.entries().map(Entry::id).collect();
        ids.sort_unstable();
        ids
    }

    /// The number findings about this payment are keyed by: the source document's, else the first party's that has
    /// one, else what makes a receipt without number the record it is.
    pub fn key(&self) -> String {
        let number = self.entries().map(|entry| entry.text(Field::SlipNo)).find(|number| !number.is_empty());
        if let Some(number) = number {
            return number.to_owned();
        }
        let Some(receipt) = self.receipts.first() else { return String::new() };
        let amount = receipt.money(Field::Amount).unwrap_or_default();
        let received = receipt.date(Field::ReceivedAt).map(|day| day.to_string()).unwrap_or_default();
        let payer = receipt.text(Field::PayerAccount);
        format!("{}/{payer}/{amount}/{received}", receipt.text(Field::Bank))
    }

    /// Whether the treasury booked the slip in shares of several levels that add up to it: one entry, then. While the
    /// slip is not there the receipt says how much they should add up to, and without either nothing speaks against.
    pub fn is_shared(&self) -> bool {
        let [first, .., _] = &self.bookings[..] else { return false };
        let mut levels: Vec<&str> = self.bookings.iter().map(|entry| entry.text(Field::Level)).collect();
        levels.sort_unstable();
        let total: Money = self.bookings.iter().filter_map(|entry| entry.money(Field::Amount)).sum();
        let expected = self.slips.first().or(self.receipts.first()).and_then(|row| row.money(Field::Amount));
        levels.windows(2).all(|pair| pair[0] != pair[1])
            && self.bookings.iter().all(|entry| entry.text(Field::Treasury) == first.text(Field::Treasury))
            && expected.is_none_or(|expected| expected == total)
    }

    /// Whether some ledger holds this payment more than once, shares apart.
    pub fn is_repeated(&self) -> bool {
        self.slips.len() > 1 || self.receipts.len() > 1 || (self.bookings.len() > 1 && !self.is_shared())
    }

    /// What issuer, bank and treasury state in all; `None` for a party without entry.
    pub fn totals(&self) -> [Option<Money>; 3] {
        [&self.slips, &self.receipts, &self.bookings].map(|entries| {
            let amounts = entries.iter().filter_map(|entry| entry.money(Field::Amount));
            (!entries.is_empty()).then(|| amounts.sum())
        })
    }

    /// The party a deviant is, and its institution's code.
    pub fn answers(&self, deviant: Deviant, facts: &Facts) -> (Party, String) {
        let code = |entries: &[Entry<'b>], fields: [Field; 2]| {
            let texts = entries.iter().flat_map(|entry| fields.map(|field| entry.text(field)));
            texts.into_iter().find(|text| !text.is_empty()).unwrap_or("").to_owned()
        };
        match deviant {
            Deviant::Undetermined => (Party::Undetermined, String::new()),
            Deviant::Bank => {
                let own = code(&self.receipts, [Field::Bank; 2]);
                (Party::Bank, if own.is_empty() { code(&self.bookings, [Field::Bank; 2]) } else { own })
            }
            Deviant::Treasury => {
                let sides = [&self.bookings, &self.slips, &self.receipts];
                let codes = sides.map(|side| code(side, [Field::Treasury; 2]));
                (Party::Treasury, codes.into_iter().find(|code| !code.is_empty()).unwrap_or_default())
            }
            Deviant::Issuer => {
                let party = match self.slips.first().map(|slip| slip.ledger()) {
                    Some(Ledger::TaxReceipts) => Party::Tax,
                    Some(_) => Party::Finance,
                    None => facts.issuer_of(&code(&self.bookings, [Field::TaxOrg; 2])),
                };
                let organ = code(&self.slips, [Field::TaxOrg, Field::Collector]);
                (party, if organ.is_empty() { code(&self.bookings, [Field::TaxOrg; 2]) } else { organ })
            }
        }
    }

    /// A finding about this payment.
    pub fn finding(
        &self,
        rule: &'static Rule,
        deviant: Deviant,
        facts: &Facts,
        because: Sentence,
    ) -> Finding {
        let (party, institution) = self.answers(deviant, facts);
        Finding {
            rule,
            severity: rule.severity,
            party,
            institution,
            flow: Flow::Revenue,
            key: self.key(),
            treasury: self.stated(Field::Treasury).to_owned(),
            account: String::new(),
            amount: self.entries().find_map(|entry| entry.money(Field::Amount)),
            difference: None,
            event_on: self.entries().find_map(own_date),
            due_on: None,
            settled_on: None,
            days_late: None,
            is_sequel: false,
            explanation: because,
            evidence: self.evidence(),
        }
    }
}

/// The day an entry of the revenue flow is about.
pub fn own_date(entry: Entry<'_>) -> Option<chrono::NaiveDate> {
    let field = match entry.ledger() {
        Ledger::TaxReceipts | Ledger::FinanceReceipts => Field::BilledOn,
        Ledger::BankReceipts => Field::ReceivedAt,
        _ => Field::BookedOn,
    };
    entry.date(field)
}

/// Who deviates, given what each party says; `None` where all that speak agree. A party says nothing where it has no
/// record, or its ledger no such field.
pub fn deviant<T: PartialEq>(slip: Option<&T>, receipt: Option<&T>, booking: Option<&T>) -> Option<Deviant> {
    match (slip, receipt, booking) {
        (Some(s), Some(b), Some(k)) if s == b && b == k => None,
        (Some(s), Some(b), Some(_)) if s == b => Some(Deviant::Treasury),
        (Some(s), Some(_), Some(k)) if s == k => Some(Deviant::Bank),
        (Some(_), Some(b), Some(k)) if b == k => Some(Deviant::Issuer),
        (Some(_), Some(_), Some(_)) => Some(Deviant::Undetermined),
        (Some(s), Some(b), None) => (s != b).then_some(Deviant::Bank),
        (Some(s), None, Some(k)) => (s != k).then_some(Deviant::Treasury),
        (None, Some(b), Some(k)) => (b != k).then_some(Deviant::Undetermined),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `rules.md` 3.6, with the contract's reading of two records.
    #[test]
    fn attribution() {
        for (s, b, k, expected) in [
            (Some(1), Some(1), Some(1), None),
            (Some(1), Some(1), Some(2), Some(Deviant::Treasury)),
            (Some(1), Some(2), Some(1), Some(Deviant::Bank)),
            (Some(1), Some(2), Some(2), Some(Deviant::Issuer)),
            (Some(1), Some(2), Some(3), Some(Deviant::Undetermined)),
            (Some(1), Some(2), None, Some(Deviant::Bank)),
            (Some(1), None, Some(2), Some(Deviant::Treasury)),
            (None, Some(1), Some(2), Some(Deviant::Undetermined)),
            (Some(1), Some(1), None, None),
            (None, Some(1), Some(1), None),
            (Some(1), None, None, None),
            (None, None, None, None),
        ] {
            assert_eq!(deviant(s.as_ref(), b.as_ref(), k.as_ref()), expected, "{s:?} {b:?} {k:?}");
        }
    }
}
