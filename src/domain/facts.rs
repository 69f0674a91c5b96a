//! What entries are judged against: the day, the calendar, the registers. The core has no clock but this.
//!
//! A register nobody delivered is `None`: the rules that need it say "no data", never "clean".

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::calendar::{Calendar, DayKind};
use super::entry::{Book, Entry};
use super::field::Field;
use super::ledger::{Ledger, Party};
use super::moment::Moment;
use super::settings::Settings;

/// Everything a verdict rests on besides the entries.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Judged as of the end of this day.
    pub as_of: NaiveDate,
    pub calendar: Calendar,
    pub settings: Settings,
    /// 机构表: tax offices, collecting units, banks and finance bureaus, by code.
    pub institutions: Option<BTreeMap<String, Institution>>,
    /// 国库表: the treasuries' names, by code.
    pub treasuries: BTreeMap<String, String>,
    /// 账户登记簿, by account number.
    pub accounts: Option<BTreeMap<String, Account>>,
    /// Ledgers of which a file came that day, with rows or without.
    pub delivered: BTreeSet<Ledger>,
    /// Ledgers that were expected on a working day and are still silent.
    pub gaps: BTreeSet<(Ledger, NaiveDate)>,
    /// Ledgers that were silent on a working day that was not run, and came today.
    pub closed_gaps: BTreeSet<(Ledger, NaiveDate)>,
    /// For each bank the base days whose money it remitted late, as earlier runs found them.
    pub delays: BTreeMap<String, BTreeSet<NaiveDate>>,
}

/// A tax office, collecting unit, bank or finance bureau.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    pub name: String,
    /// The party it belongs to; a collecting unit belongs to finance.
    pub party: Party,
    /// Whether it collects non-tax revenue 执收单位.
    pub collects: bool,
    /// Where its revenue goes; empty if the table does not say.
    pub treasury: String,
}

/// An account as the register has it. Words are those of `schemas/reference/accounts.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub bank: String,
    pub holder_id: String,
    pub holder_name: String,
    pub holder_class: String,
    pub nature: String,
    pub permit_no: String,
    pub finance_approval: String,
    pub status: String,
    pub opened_on: Option<NaiveDate>,
    pub closed_on: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
}

impl Facts {
    /// Facts with the shipped calendar and no register.
    pub fn new(as_of: NaiveDate) -> Self {
        Self {
            as_of,
            calendar: Calendar::shipped(),
            settings: Settings::default(),
            institutions: None,
            treasuries: BTreeMap::new(),
            accounts: None,
            delivered: BTreeSet::new(),
            gaps: BTreeSet::new(),
            closed_gaps: BTreeSet::new(),
            delays: BTreeMap::new(),
        }
    }

    /// The working day money counts for that arrived at a bank at that moment 基准日: the day itself if it is worked
    /// and the counter cut-off is not over, else the next working day. `None` in a year the calendar does not know.
    pub fn base_day(&self, received: Moment) -> Option<NaiveDate> {
        let working = self.calendar.is_working(received.date)?;
        if working && received.after(self.settings.remit_cutoff) {
            self.calendar.next_working(received.date)
        } else {
            self.calendar.first_working_from(received.date)
        }
    }

    /// The working day on which a remittance clears 清算日: after the clearing cut-off it is the next one.
    pub fn clearing_day(&self, remitted: Moment) -> Option<NaiveDate> {
        let working = self.calendar.is_working(remitted.date)?;
        if working && remitted.after(self.settings.clearing_cutoff) {
            self.calendar.next_working(remitted.date)
        } else {
            self.calendar.first_working_from(remitted.date)
        }
    }

    /// The first day whose settled sums are still kept; what lies before is judged no more.
    pub fn horizon(&self) -> NaiveDate {
        let kept = Days::new(u64::from(self.settings.tie_out_keep_days));
        self.as_of.checked_sub_days(kept).unwrap_or(NaiveDate::MIN)
    }

    /// The issuer an organ is: tax, finance for a finance bureau or collecting unit, else undetermined.
    pub fn issuer_of(&self, organ: &str) -> Party {
        let known = self.institutions.as_ref().and_then(|table| table.get(organ));
        known
            .map(|institution| institution.party)
            .filter(|&party| party != Party::Bank)
            .unwrap_or(Party::Undetermined)
    }

    /// The finance bureau of a treasury: the one that the table gives it, or the only one.
    pub fn finance_bureau(&self, treasury: &str) -> &str {
        let table = self.institutions.iter().flatten();
        let mut bureaus = table.filter(|(_, known)| known.party == Party::Finance && !known.collects);
        let own = bureaus.clone().find(|(_, known)| !treasury.is_empty() && known.treasury == treasury);
        match (own, bureaus.next(), bureaus.next()) {
            (Some((code, _)), ..) | (None, Some((code, _)), None) => code,
            _ => "",
        }
    }

    /// Takes over the rows of a reference table; tables no rule needs yet are left alone.
    pub fn add_table(&mut self, id: &str, rows: &Book) {
        match id {
            "calendar" => self.add_calendar(rows),
            "institutions" => self.add_institutions(rows),
            "accounts" => self.add_accounts(rows),
            "treasuries" => {
                let name =
                    |row: Entry<'_>| (row.text(Field::Code).to_owned(), row.text(Field::Name).to_owned());
                self.treasuries.extend(rows.entries().map(name));
            }
            _ => {}
        }
    }

    /// Takes over the rows of the book's calendar table: a year it lists replaces the shipped one.
    fn add_calendar(&mut self, rows: &Book) {
        let mut own = Calendar::default();
        for row in rows.entries() {
            let kind = if row.text(Field::Kind) == "makeup" { DayKind::Makeup } else { DayKind::Holiday };
            own.list(row.date(Field::Date).expect("a required column"), kind);
        }
        self.calendar.replace_years_of(&own);
    }

    fn add_institutions(&mut self, rows: &Book) {
        let table = self.institutions.get_or_insert_default();
        table.extend(rows.entries().map(|row| (row.text(Field::Code).to_owned(), institution(row))));
    }

    fn add_accounts(&mut self, rows: &Book) {
        let table = self.accounts.get_or_insert_default();
        table.extend(rows.entries().map(|row| (row.text(Field::Account).to_owned(), account(row))));
    }
}

fn institution(row: Entry<'_>) -> Institution {
    let kind = row.text(Field::Kind);
    Institution {
        name: row.text(Field::Name).to_owned(),
        party: match kind {
            "tax_org" => Party::Tax,
            "bank" => Party::Bank,
            _ => Party::Finance,
        },
        collects: kind == "collector",
        treasury: row.text(Field::Treasury).to_owned(),
    }
}

fn account(row: Entry<'_>) -> Account {
    let text = |field: Field| row.text(field).to_owned();
    Account {
        bank: text(Field::Bank),
        holder_id: text(Field::HolderId),
        holder_name: text(Field::HolderName),
        holder_class: text(Field::HolderClass),
        nature: text(Field::Nature),
        permit_no: text(Field::PermitNo),
        finance_approval: text(Field::FinanceApproval),
        status: text(Field::Status),
        opened_on: row.date(Field::OpenedOn),
        closed_on: row.date(Field::ClosedOn),
        expires_on: row.date(Field::ExpiresOn),
    }
}

impl Account {
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
