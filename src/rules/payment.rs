//! A payment as rules look at it: what each party says of it, and who deviates from the source document.

use std::ops::{Deref, DerefMut};
use std::slice;

use crate::domain::entry::{Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;
use crate::domain::name::Name;
use crate::domain::table::Code;
use crate::matching::Group;
use crate::matching::group::{self, Role};

use super::Rule;
use super::finding::{Finding, Sentence};

/// A case.
#[derive(Clone, Debug)]
pub struct Payment<'b> {
    pub flow: Flow,
    /// The source documents 开票方: one, unless the issuer's ledger repeats it.
    pub documents: Rows<'b>,
    /// What the bank received or paid.
    pub bank: Rows<'b>,
    /// What the treasury booked.
    pub treasury: Rows<'b>,
    /// Payouts that came back to the treasury 退回, negative.
    pub returns: Rows<'b>,
    /// What was corrected of it since, the earliest first; of one day the issuer's first.
    pub corrections: Rows<'b>,
}

/// Rows of one party. Nearly every party has one, which takes no memory of its own.
#[derive(Clone, Debug, Default)]
pub struct Rows<'b>(Held<'b>);

#[derive(Clone, Debug, Default)]
enum Held<'b> {
    #[default]
    None,
    One(Entry<'b>),
    Many(Vec<Entry<'b>>),
}

impl<'b> Rows<'b> {
    fn push(&mut self, row: Entry<'b>) {
        match &mut self.0 {
            Held::None => self.0 = Held::One(row),
            Held::One(first) => self.0 = Held::Many(vec![*first, row]),
            Held::Many(rows) => rows.push(row),
        }
    }

    fn clear(&mut self) {
        self.0 = Held::None;
    }

    /// Leaves the rows that are wanted.
    pub fn keep(&mut self, is_wanted: impl Fn(&Entry<'b>) -> bool) {
        let rows = self.iter().copied().filter(is_wanted).collect();
        self.0 = Held::Many(rows);
    }
}

impl<'b> Deref for Rows<'b> {
    type Target = [Entry<'b>];

    fn deref(&self) -> &Self::Target {
        match &self.0 {
            Held::None => &[],
            Held::One(row) => slice::from_ref(row),
            Held::Many(rows) => rows,
        }
    }
}

impl DerefMut for Rows<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match &mut self.0 {
            Held::None => &mut [],
            Held::One(row) => slice::from_mut(row),
            Held::Many(rows) => rows,
        }
    }
}

impl<'r, 'b> IntoIterator for &'r Rows<'b> {
    type Item = &'r Entry<'b>;
    type IntoIter = slice::Iter<'r, Entry<'b>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
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
        let none = Rows::default;
        let mut payment = Self {
            flow: group.flow(),
            documents: none(),
            bank: none(),
            treasury: none(),
            returns: none(),
            corrections: none(),
        };
        payment.fill(group);
        payment
    }

    /// Becomes another payment; what was set aside for the rows of this one is used again.
    pub fn become_of(&mut self, group: Group<'b>) {
        self.flow = group.flow();
        let Self { documents, bank, treasury, returns, corrections, .. } = self;
        for rows in [documents, bank, treasury, returns, corrections] {
            rows.clear();
        }
        self.fill(group);
    }

    fn fill(&mut self, group: Group<'b>) {
        for entry in group.entries() {
            let rows = match group::role(entry.ledger()) {
                Some(Role::Issuer) => &mut self.documents,
                Some(Role::Bank) => &mut self.bank,
                Some(Role::Treasury) if self.flow == Flow::Disbursement && is_back(entry) => {
                    &mut self.returns
                }
                Some(Role::Treasury) => &mut self.treasury,
                None => &mut self.corrections,
            };
            rows.push(entry);
        }
        // Content first, so that the order of rows decides nothing.
        let Self { documents, bank, treasury, returns, corrections, .. } = self;
        for rows in [documents, bank, treasury, returns].into_iter().filter(|rows| rows.len() > 1) {
            rows.sort_by_cached_key(|entry| (entry.content(), entry.id()));
        }
        if corrections.len() > 1 {
            corrections
                .sort_by_cached_key(|row| (group::own_date(*row), row.ledger(), row.content(), row.id()));
        }
    }

    /// The rows of the parties, those of the source documents first; corrections apart.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'b>> {
        self.documents.iter().chain(&self.bank).chain(&self.treasury).copied()
    }

    pub fn of_role(&self, role: Role) -> &[Entry<'b>] {
        match role {
            Role::Issuer => &self.documents,
            Role::Bank => &self.bank,
            Role::Treasury => &self.treasury,
        }
    }

    /// Who acts after whom. A payout goes from the treasury to the payee's bank, unless an agent bank pays first and
    /// clears with the treasury (direct and authorised payment, 11 and 12).
    pub fn chain(&self) -> [Role; 3] {
        if self.flow == Flow::Revenue || self.is_by_agent() {
            [Role::Issuer, Role::Bank, Role::Treasury]
        } else {
            [Role::Issuer, Role::Treasury, Role::Bank]
        }
    }

    /// Whether an agent bank pays it out, from an account it keeps, and clears it afterwards.
    fn is_by_agent(&self) -> bool {
        self.flow == Flow::Disbursement && matches!(self.stated(Field::PayMode), "11" | "12")
    }

    /// The next party of the chain that has no record of the payment. Revenue that neither bank nor treasury knows is
    /// not missing: nobody paid it.
    pub fn next_missing(&self) -> Option<Role> {
        let [issuer, second, third] = self.chain();
        let has = |role: Role| !self.of_role(role).is_empty() || (role == Role::Bank && self.is_taken_back());
        if self.flow == Flow::Revenue && has(issuer) && !has(second) && !has(third) {
            return None;
        }
        [issuer, second, third].into_iter().find(|&role| !has(role))
    }

    /// What the first party that states the field says.
    pub fn stated(&self, field: Field) -> &'b str {
        self.entries().map(|entry| entry.text(field)).find(|text| !text.is_empty()).unwrap_or("")
    }

    /// What issuer, bank and treasury state. Of several entries of a party the one that deviates speaks, so that a right
    /// one does not hide it.
    pub fn said(&self, field: Field) -> [Option<&'b str>; 3] {
        let said = |entries: &[Entry<'b>], expected: Option<&str>| {
            let mut texts = entries.iter().map(|entry| entry.text(field)).filter(|text| !text.is_empty());
            let first = texts.next()?;
            let other = std::iter::once(first).chain(texts).find(|text| Some(*text) != expected);
            Some(other.unwrap_or(first))
        };
        let issuer = said(&self.documents, None);
        [issuer, said(&self.bank, issuer), said(&self.treasury, issuer)]
    }

    /// Whether all that state a code state the same: quick, since nearly all do.
    pub fn is_agreed(&self, field: Field) -> bool {
        let mut stated = self.entries().filter(|entry| !entry.is_blank(field));
        let Some(first) = stated.next().map(|entry| entry.code(field)) else { return true };
        // A field that is a text has no code.
        first != Code::default() && stated.all(|entry| entry.code(field) == first)
    }

    /// What a code comes to after the corrections of the whole slip, and the last of them that changed it.
    pub fn corrected(&self, field: Field, stated: &'b str) -> (&'b str, Option<Entry<'b>>) {
        let (old, new) = match field {
            Field::Subject => (Field::OldSubject, Field::NewSubject),
            Field::Level => (Field::OldLevel, Field::NewLevel),
            Field::Treasury => (Field::OldTreasury, Field::NewTreasury),
            _ => return (stated, None),
        };
        if self.corrections.is_empty() {
            return (stated, None);
        }
        let amount = self.entries().find_map(|entry| entry.money(Field::Amount));
        let whole = self.corrections.iter().filter(|row| row.money(Field::OldAmount) == amount);
        let (mut text, mut by) = (stated, None);
        for &row in whole {
            if row.text(old) == text && row.text(new) != text {
                (text, by) = (row.text(new), Some(row));
            }
        }
        (text, by)
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
        let rows = || self.entries().chain(self.corrections.iter().copied());
        let number = rows().map(group::number).find(|number| !number.is_empty());
        if let Some(number) = number {
            return number.to_owned();
        }
        let Some(receipt) = self.bank.first() else {
            let correction = self.corrections.first();
            return correction.map_or_else(String::new, |row| row.text(Field::VoucherNo).to_owned());
        };
        let amount = receipt.money(Field::Amount).unwrap_or_default();
        let received = receipt.date(Field::ReceivedAt).map(|day| day.to_string()).unwrap_or_default();
        let payer = receipt.text(Field::PayerAccount);
        format!("{}/{payer}/{amount}/{received}", receipt.text(Field::Bank))
    }

    /// Whether the treasury took a payout back in full that no bank knows of: then nothing was paid.
    pub fn is_taken_back(&self) -> bool {
        let rows = self.treasury.iter().chain(&self.returns);
        self.flow == Flow::Disbursement
            && self.bank.is_empty()
            && !self.returns.is_empty()
            && rows.filter_map(|row| row.money(Field::Amount)).sum::<Money>().is_zero()
    }

    /// Whether the treasury booked the slip in shares of several levels 分成, right or wrong. Several treasuries may have
    /// booked them, and a refund may be taken from them; then only what adds up to the slip or order is shares of it.
    pub fn is_split(&self) -> bool {
        let [first, .., _] = &self.treasury[..] else { return false };
        if !matches!(self.flow, Flow::Revenue | Flow::Refund) {
            return false;
        }
        let mut levels: Vec<&str> = self.treasury.iter().map(|entry| entry.text(Field::Level)).collect();
        levels.sort_unstable();
        let at_one =
            || self.treasury.iter().all(|entry| entry.text(Field::Treasury) == first.text(Field::Treasury));
        levels.windows(2).all(|pair| pair[0] != pair[1])
            && ((self.flow == Flow::Revenue && at_one())
                || self.whole() == Some(self.totals()[2].unwrap_or_default()))
    }

    /// What the shares of a slip should add up to: the slip, and while it is not there the receipt.
    fn whole(&self) -> Option<Money> {
        self.documents.first().or(self.bank.first()).and_then(|row| row.money(Field::Amount))
    }

    /// Whether these shares add up to the slip: one entry, then. While the slip is not there the receipt says how much they
    /// should add up to, and without either nothing speaks against.
    pub fn is_shared(&self) -> bool {
        let total: Money = self.treasury.iter().filter_map(|entry| entry.money(Field::Amount)).sum();
        self.is_split() && self.whole().is_none_or(|expected| expected == total)
    }

    /// Whether the parties state different codes there, corrections counted.
    pub fn differs_in(&self, field: Field) -> bool {
        if self.is_agreed(field) {
            return false;
        }
        let [issuer, bank, treasury] =
            self.said(field).map(|said| said.map(|text| self.corrected(field, text).0));
        deviant(issuer.as_ref(), bank.as_ref(), treasury.as_ref()).is_some()
    }

    /// Who deviates in what a field says; spellings of one name do not differ.
    pub fn deviant_in(&self, field: Field) -> Option<Deviant> {
        let [issuer, bank, treasury] = self.said(field);
        if field == Field::PayeeName {
            let [issuer, bank, treasury] = [issuer, bank, treasury].map(|said| said.map(Name));
            return deviant(issuer.as_ref(), bank.as_ref(), treasury.as_ref());
        }
        deviant(issuer.as_ref(), bank.as_ref(), treasury.as_ref())
    }

    /// Whether some ledger holds this payment more than once, shares apart.
    pub fn is_repeated(&self) -> bool {
        self.documents.len() > 1 || self.bank.len() > 1 || (self.treasury.len() > 1 && !self.is_split())
    }

    /// What issuer, bank and treasury state in all; `None` for a party without entry.
    pub fn totals(&self) -> [Option<Money>; 3] {
        [&self.documents, &self.bank, &self.treasury].map(|entries| {
            let amounts = entries.iter().filter_map(|entry| entry.money(Field::Amount));
            (!entries.is_empty()).then(|| amounts.sum())
        })
    }

    /// Bookings at other treasuries of a slip that the treasury it names has booked whole.
    pub fn booked_besides(&self) -> Vec<Entry<'b>> {
        let own = self.documents.iter().map(|document| document.text(Field::Treasury));
        let (Some(own), [Some(slip), ..]) = (own.into_iter().find(|code| !code.is_empty()), self.totals())
        else {
            return Vec::new();
        };
        let (home, away): (Vec<Entry<'b>>, Vec<Entry<'b>>) =
            self.treasury.iter().copied().partition(|row| row.text(Field::Treasury) == own);
        let booked: Money = home.iter().filter_map(|row| row.money(Field::Amount)).sum();
        if home.is_empty() || booked != slip { Vec::new() } else { away }
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
                // Who should have paid out is the agent bank that keeps the paying account, else the payee's bank.
                let payer = if self.is_by_agent() {
                    facts.bank_of(self.stated(Field::PayerAccount)).to_owned()
                } else {
                    code(&self.documents, [Field::PayeeBank; 2])
                };
                let codes =
                    [code(&self.bank, [Field::Bank; 2]), code(&self.treasury, [Field::Bank; 2]), payer];
                (Party::Bank, first_filled(codes))
            }
            Deviant::Treasury => {
                let sides = [&self.treasury, &self.documents, &self.bank];
                (Party::Treasury, first_filled(sides.map(|side| code(side, [Field::Treasury; 2]))))
            }
            Deviant::Issuer => {
                let treasury = self.stated(Field::Treasury);
                let party = match self.documents.first().map(|document| document.ledger().party()) {
                    Some(party) => party,
                    None => self.missing_issuer(facts),
                };
                if self.flow == Flow::Disbursement {
                    return (party, facts.finance_bureau(treasury).to_owned());
                }
                let organ = code(&self.documents, [Field::TaxOrg, Field::Collector]);
                (party, first_filled([organ, code(&self.treasury, [Field::TaxOrg; 2])]))
            }
        }
    }

    /// Whose document is missing: that of the organ the treasury names; of a refund the subject tells.
    fn missing_issuer(&self, facts: &Facts) -> Party {
        match self.flow {
            Flow::Disbursement => Party::Finance,
            Flow::Refund => match self.stated(Field::Subject) {
                "" => Party::Undetermined,
                subject if subject.starts_with("101") => Party::Tax,
                _ => Party::Finance,
            },
            Flow::Revenue | Flow::Correction | Flow::Account => {
                let organs = self.treasury.iter().map(|booking| booking.text(Field::TaxOrg));
                facts.issuer_of(organs.into_iter().find(|organ| !organ.is_empty()).unwrap_or(""))
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
            flow: self.flow,
            key: self.key(),
            treasury: self.stated(Field::Treasury).to_owned(),
            account: String::new(),
            amount: self.entries().find_map(|entry| entry.money(Field::Amount)),
            difference: None,
            event_on: self.entries().chain(self.corrections.iter().copied()).find_map(group::own_date),
            due_on: None,
            settled_on: None,
            days_late: None,
            is_sequel: false,
            explanation: because,
            evidence: self.evidence(),
            table_rows: Vec::new(),
        }
    }
}

/// Whether a booking is of money that came back.
fn is_back(booking: Entry<'_>) -> bool {
    booking.money(Field::Amount).is_some_and(Money::is_negative)
}

fn first_filled<const N: usize>(texts: [String; N]) -> String {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

impl From<Role> for Deviant {
    fn from(role: Role) -> Self {
        match role {
            Role::Issuer => Self::Issuer,
            Role::Bank => Self::Bank,
            Role::Treasury => Self::Treasury,
        }
    }
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
