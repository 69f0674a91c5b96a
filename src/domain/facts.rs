//! What entries are judged against: the day, the calendar, the registers. The core has no clock but this.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::calendar::Calendar;
use super::ledger::Party;

/// Everything a verdict rests on besides the entries.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Judged as of the end of this day.
    pub as_of: NaiveDate,
    pub calendar: Calendar,
    /// Which party a collecting agency or institution belongs to, by its code.
    pub organs: BTreeMap<String, Party>,
}

impl Facts {
    pub fn new(as_of: NaiveDate) -> Self {
        Self { as_of, calendar: Calendar::shipped(), organs: BTreeMap::new() }
    }

    /// The issuer an organ is: tax, finance for a finance bureau or collecting unit, else undetermined.
    pub fn issuer_of(&self, organ: &str) -> Party {
        self.organs.get(organ).copied().unwrap_or(Party::Undetermined)
    }
}
