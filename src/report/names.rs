//! What codes are called: offices and treasuries by their registers, units by the register of accounts.

use std::collections::BTreeMap;

use crate::domain::facts::Facts;
use crate::domain::lang::Lang;
use crate::domain::ledger::Party;
use crate::ledger::format;

/// What a ledger or table is called, with the id its files are named by.
pub(super) fn table_name(id: &str, lang: Lang) -> String {
    match (lang, format::by_id(id)) {
        (Lang::Zh, Some(format)) => format!("{}（{id}）", format.title.zh),
        _ => id.to_owned(),
    }
}

/// The names a book knows.
#[derive(Debug)]
pub(super) struct Names<'f> {
    facts: &'f Facts,
    /// Holders of accounts; `None` where the register has more than one name for a code.
    holders: BTreeMap<&'f str, Option<&'f str>>,
}

impl<'f> Names<'f> {
    pub(super) fn of(facts: &'f Facts) -> Self {
        let mut holders: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        let accounts = facts.accounts.iter().flat_map(BTreeMap::values);
        for of in accounts.filter(|of| !of.holder_id.is_empty() && !of.holder_name.is_empty()) {
            let name = holders.entry(&of.holder_id).or_insert(Some(&of.holder_name));
            *name = name.filter(|known| *known == of.holder_name);
        }
        Self { facts, holders }
    }

    /// Empty where the registers have no one name.
    pub(super) fn get(&self, code: &str) -> &'f str {
        let institution = self.facts.institutions.as_ref().and_then(|table| table.get(code));
        let treasury = || self.facts.treasuries.as_ref()?.get(code).map(|known| known.name.as_str());
        let holder = || self.holders.get(code).copied().flatten();
        institution.map(|known| known.name.as_str()).or_else(treasury).or_else(holder).unwrap_or("")
    }

    /// Who is meant, as a letter names it.
    pub(super) fn addressee(&self, party: Party, code: &str, lang: Lang) -> String {
        if party == Party::Undetermined {
            return lang.pick("有关各方", "All parties concerned").to_owned();
        }
        let kind = lang.pick(party.zh(), party.id());
        match self.get(code) {
            _ if code.is_empty() => format!("{kind}{}", lang.pick("（全体）", " (as a whole)")),
            "" => kind.to_owned(),
            name => name.to_owned(),
        }
    }
}
