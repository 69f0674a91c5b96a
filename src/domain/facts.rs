//! What entries are judged against: the day, the calendar, the registers. The core has no clock but this.
//!
//! A register nobody delivered is `None`: the rules that need it say "no data", never "clean".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate};

use super::calendar::{Calendar, DayKind};
use super::entry::{Book, Entry};
use super::field::Field;
use super::ledger::{Ledger, Party};
use super::moment::Moment;
use super::register::{Account, Budget, BudgetLine, Refundable, Subject, Treasury};
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
    /// 国库表, by code.
    pub treasuries: Option<BTreeMap<String, Treasury>>,
    /// 账户登记簿, by account number.
    pub accounts: Option<BTreeMap<String, Account>>,
    /// The treasury's filing copy 备案 of the register of accounts, by account number.
    pub filed_accounts: Option<BTreeMap<String, Account>>,
    /// 预算科目表, by code.
    pub subjects: Option<BTreeMap<String, Subject>>,
    /// 退库企业登记簿, by taxpayer id.
    pub refundable: Option<BTreeMap<String, Vec<Refundable>>>,
    /// 预算指标.
    pub budget: Option<BTreeMap<BudgetLine, Budget>>,
    /// The other reference tables, by name: rules read their rows.
    tables: BTreeMap<String, Arc<Book>>,
    /// Rules that the book switches off, and why.
    pub off: BTreeMap<String, String>,
    /// Why settings of the book were changed.
    pub reasons: BTreeMap<String, String>,
    /// Ledgers of which a file came that day, with rows or without.
    pub delivered: BTreeSet<Ledger>,
    /// Ledgers of which a file ever came, as far back as is remembered, and those that were expected.
    pub heard: BTreeSet<Ledger>,
    /// Ledgers that were expected on a working day and are still silent.
    pub gaps: BTreeSet<(Ledger, NaiveDate)>,
    /// Rows that could not be read, by their ledger and the number of the payment they state: when they came, and where
    /// they stand, as `file#row`.
    pub unread: BTreeMap<(Ledger, String), (NaiveDate, String)>,
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

impl Facts {
    /// Facts with the shipped calendar and no register.
    pub fn new(as_of: NaiveDate) -> Self {
        Self {
            as_of,
            calendar: Calendar::shipped(),
            settings: Settings::default(),
            institutions: None,
            treasuries: None,
            accounts: None,
            filed_accounts: None,
            subjects: None,
            refundable: None,
            budget: None,
            tables: BTreeMap::new(),
            off: BTreeMap::new(),
            reasons: BTreeMap::new(),
            delivered: BTreeSet::new(),
            heard: BTreeSet::new(),
            gaps: BTreeSet::new(),
            unread: BTreeMap::new(),
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

    /// The first day whose settled sums are all kept; of what lies before only the sums that differ are.
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

    /// The bank that keeps an account, by the register; empty where that does not know it.
    pub fn bank_of(&self, account: &str) -> &str {
        let known = self.accounts.as_ref().and_then(|register| register.get(account));
        known.map_or("", |account| &account.bank)
    }

    /// Takes over the rows of a reference table, in place of what it said before.
    pub fn add_table(&mut self, id: &str, rows: Book) {
        match id {
            "calendar" => self.add_calendar(&rows),
            "institutions" => self.institutions = Some(rows.entries().map(institution).collect()),
            "accounts" => self.accounts = Some(rows.entries().map(Account::of).collect()),
            "accounts-treasury" => self.filed_accounts = Some(rows.entries().map(Account::of).collect()),
            "treasuries" => self.treasuries = Some(rows.entries().map(Treasury::of).collect()),
            "subjects" => self.subjects = Some(rows.entries().map(Subject::of).collect()),
            "budget" => self.budget = Some(Budget::lines(&rows)),
            "refund-register" => {
                let mut refundable: BTreeMap<String, Vec<Refundable>> = BTreeMap::new();
                for (taxpayer, registered) in rows.entries().map(Refundable::of) {
                    refundable.entry(taxpayer).or_default().push(registered);
                }
                self.refundable = Some(refundable);
            }
            _ => {}
        }
        self.tables.insert(id.to_owned(), Arc::new(rows));
    }

    /// Forgets a reference table, as if nobody had delivered it.
    pub fn remove_table(&mut self, id: &str) {
        match id {
            "institutions" => self.institutions = None,
            "accounts" => self.accounts = None,
            "accounts-treasury" => self.filed_accounts = None,
            "treasuries" => self.treasuries = None,
            "subjects" => self.subjects = None,
            "budget" => self.budget = None,
            "refund-register" => self.refundable = None,
            _ => {}
        }
        self.tables.remove(id);
    }

    /// The rows of a reference table; `None` if nobody delivered it.
    pub fn table(&self, id: &str) -> Option<&Book> {
        self.tables.get(id).map(Arc::as_ref)
    }

    /// Whether a reference table was delivered. The calendar is there for the years it lists, the shipped ones among them.
    pub fn has_table(&self, id: &str) -> bool {
        if id == "calendar" { self.calendar.knows(self.as_of.year()) } else { self.tables.contains_key(id) }
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
}

fn institution(row: Entry<'_>) -> (String, Institution) {
    let kind = row.text(Field::Kind);
    let institution = Institution {
        name: row.text(Field::Name).to_owned(),
        party: match kind {
            "tax_org" => Party::Tax,
            "bank" => Party::Bank,
            _ => Party::Finance,
        },
        collects: kind == "collector",
        treasury: row.text(Field::Treasury).to_owned(),
    };
    (row.text(Field::Code).to_owned(), institution)
}
