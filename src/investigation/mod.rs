//! What is known of one thing: of an account, a slip, a voucher, a taxpayer, a unit, a finding.
//!
//! The archive gives the rows ([`Material`]); everything here is made of them alone. Rows are not counted twice: what the
//! parties write of one payment is one [`flows::Movement`], and where an account's statement of a day is at hand, the
//! statement says what moved that day.

pub mod contrast;
pub mod flows;
pub mod life;
pub mod likeness;
pub mod pair;
pub mod picture;
pub mod related;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::ledger::intake::Fate;
use crate::matching::balance::Balances;
use crate::matching::group::own_date;
use crate::pipeline::OpenItem;
use crate::rules::finding::Told;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// 账户
    Account(String),
    /// 税票、缴款书
    Slip(String),
    /// 退库、支付、更正凭证
    Voucher(String),
    /// 纳税人、缴款人
    Taxpayer(String),
    /// 预算单位
    Unit(String),
    /// A finding, by its id
    Finding(String),
}

impl Subject {
    /// How the kind is called in file names and on the command line.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::Slip(_) => "slip",
            Self::Voucher(_) => "voucher",
            Self::Taxpayer(_) => "taxpayer",
            Self::Unit(_) => "unit",
            Self::Finding(_) => "finding",
        }
    }

    pub fn title(&self, lang: Lang) -> &'static str {
        match self {
            Self::Account(_) => lang.pick("账户", "Account"),
            Self::Slip(_) => lang.pick("税票（缴款书）", "Slip"),
            Self::Voucher(_) => lang.pick("凭证", "Voucher"),
            Self::Taxpayer(_) => lang.pick("纳税人（缴款人）", "Taxpayer"),
            Self::Unit(_) => lang.pick("预算单位", "Budget unit"),
            Self::Finding(_) => lang.pick("发现", "Finding"),
        }
    }

    pub fn value(&self) -> &str {
        match self {
            Self::Account(text)
            | Self::Slip(text)
            | Self::Voucher(text)
            | Self::Taxpayer(text)
            | Self::Unit(text)
            | Self::Finding(text) => text,
        }
    }
}

/// Columns that hold an account's number.
pub const ACCOUNTS: [Field; 5] = [
    Field::PayerAccount,
    Field::PayeeAccount,
    Field::FromAccount,
    Field::Account,
    Field::CounterpartyAccount,
];

/// Which rows are looked for: those that say one of these texts in one of these columns, and those that stand there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub texts: BTreeMap<Field, BTreeSet<String>>,
    /// `file#row`.
    pub rows: BTreeSet<String>,
}

impl Wanted {
    /// The rows of a subject. A unit's are also those of the accounts it holds; a finding's are its evidence.
    pub fn of(subject: &Subject, facts: &Facts, told: &[Telling]) -> Self {
        let mut wanted = Self::default();
        let fields: &[Field] = match subject {
            Subject::Account(_) => &ACCOUNTS,
            Subject::Slip(_) => &[Field::SlipNo, Field::OriginalSlip],
            Subject::Voucher(_) => &[Field::VoucherNo],
            Subject::Taxpayer(_) => &[Field::TaxpayerId, Field::PayerId],
            Subject::Unit(_) => &[Field::Unit],
            Subject::Finding(_) => &[],
        };
        wanted.add(fields, subject.value());
        match subject {
            Subject::Unit(unit) => {
                let register = facts.accounts.iter().flatten().filter(|(_, known)| known.holder_id == *unit);
                register.for_each(|(account, _)| wanted.add(&ACCOUNTS, account));
            }
            Subject::Finding(_) => {
                wanted.rows.extend(told.iter().flat_map(|telling| telling.told.evidence.iter().cloned()));
            }
            _ => {}
        }
        wanted
    }

    /// The rows of some accounts.
    pub fn of_accounts<'a>(accounts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut wanted = Self::default();
        accounts.into_iter().for_each(|account| wanted.add(&ACCOUNTS, account));
        wanted
    }

    fn add(&mut self, fields: &[Field], text: &str) {
        for &field in fields {
            self.texts.entry(field).or_default().insert(text.to_owned());
        }
    }
}

/// What an archive says of a row besides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The run that settled its case; the last run of a case that is open.
    pub run: NaiveDate,
    /// The number of its case in that run; `None` for a version that was replaced.
    pub case: Option<u32>,
    pub is_open: bool,
    pub fate: Fate,
}

/// A finding as a run told it.
#[derive(Clone, Debug)]
pub struct Telling {
    pub run: NaiveDate,
    pub told: Told,
}

/// All that is known: the rows that are about it with all others of their cases.
#[derive(Debug, Default)]
pub struct Material {
    pub book: Book,
    /// For each entry of the book.
    pub found: Vec<Found>,
    /// For each case the strategies that joined it.
    pub proofs: BTreeMap<CaseName, String>,
}

/// A case among those of all runs: the run, whether it is open, the number.
pub type CaseName = (NaiveDate, bool, u32);

impl Material {
    pub fn found(&self, id: EntryId) -> Found {
        self.found[id.0 as usize]
    }

    /// The rows that stand, by case, ascending.
    pub fn cases(&self) -> BTreeMap<CaseName, Vec<EntryId>> {
        let mut cases: BTreeMap<CaseName, Vec<EntryId>> = BTreeMap::new();
        for id in self.book.ids() {
            let found = self.found(id);
            if let Some(case) = found.case.filter(|_| found.fate == Fate::Stands) {
                cases.entry((found.run, found.is_open, case)).or_default().push(id);
            }
        }
        cases
    }

    /// Whether a row stands for something that happened.
    fn stands(&self, id: EntryId) -> bool {
        self.found(id).fate == Fate::Stands
    }
}

/// The days that are looked at, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

impl Window {
    pub fn contains(self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// Everything about a subject.
#[derive(Debug)]
pub struct Dossier {
    pub subject: Subject,
    pub window: Window,
    /// The accounts that are the subject's own: where money goes in and out.
    pub own: BTreeSet<String>,
    /// Its rows, by day, then in the order of ledgers.
    pub lines: Vec<EntryId>,
    pub cases: Vec<Case>,
    pub movements: Vec<flows::Movement>,
    pub days: Vec<flows::DayFlow>,
    pub dwell: Option<flows::Dwell>,
    pub counterparties: Vec<flows::Counterparty>,
    pub balances: Vec<Balance>,
    /// Of an account, or why it is not compared.
    pub likeness: Option<Result<likeness::Likeness, likeness::NotCompared>>,
    pub lives: Vec<life::Life>,
    pub related: Vec<related::Related>,
    pub picture: picture::Picture,
}

/// A payment, and why its rows are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub name: CaseName,
    pub rows: Vec<EntryId>,
    /// Strategies, `+` between; empty for a row that stands alone.
    pub proof: String,
    /// Who has not answered, of a case that is open.
    pub awaits: Vec<&'static str>,
}

/// What an account held at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    pub account: String,
    pub on: NaiveDate,
    pub closing: Money,
}

/// Puts together what is known. `neighbours` are the rows of the counterparties that [`flows::known_by`] names, `open` what
/// was open when the last run ended.
pub fn dossier(
    subject: &Subject,
    window: Window,
    material: &Material,
    neighbours: &Material,
    tellings: &[Telling],
    open: &[OpenItem],
    facts: &Facts,
) -> Dossier {
    let own = own_accounts(subject, material, facts);
    let mut lines: Vec<EntryId> =
        material.book.ids().filter(|id| is_in(window, material.book.entry(*id))).collect();
    lines.sort_by_key(|&id| {
        let row = material.book.entry(id);
        (own_date(row), flows::time(row), row.ledger(), row.file().to_owned(), row.file_row(), id)
    });
    let open: BTreeMap<&str, &OpenItem> =
        open.iter().flat_map(|item| item.evidence.iter().map(move |row| (row.as_str(), item))).collect();
    let mut cases: Vec<Case> = material
        .cases()
        .into_iter()
        .filter(|(_, rows)| rows.iter().any(|id| is_in(window, material.book.entry(*id))))
        .map(|(name, rows)| {
            let proof = material.proofs.get(&name).cloned().unwrap_or_default();
            let (_, is_open, _) = name;
            let mut places = rows.iter().map(|id| material.book.entry(*id).place()).filter(|_| is_open);
            let item = places.find_map(|place| open.get(place.as_str()));
            Case { awaits: item.map(|item| item.awaits.clone()).unwrap_or_default(), name, rows, proof }
        })
        .collect();
    let first = |case: &Case| case.rows.iter().filter_map(|id| own_date(material.book.entry(*id))).min();
    cases.sort_by_key(|case| (first(case), case.name));
    let movements = flows::movements(material, &own, window);
    let counterparties = flows::counterparties(&movements, &own);
    let (days, dwell) = (flows::by_day(&movements, &own), flows::dwell(&movements, &own, &material.book));
    let balances = balances(material, &own, window);
    let likeness = match subject {
        Subject::Account(account) => Some(likeness::of_account(
            account,
            &movements,
            &days,
            dwell.as_ref(),
            &counterparties,
            &balances,
            facts,
        )),
        _ => None,
    };
    Dossier {
        subject: subject.clone(),
        window,
        days,
        dwell,
        balances,
        likeness,
        lives: life::lives(material, tellings),
        related: related::related(&own, &movements, &counterparties, neighbours, facts),
        picture: picture::Picture::of(&movements, &own),
        own,
        lines,
        cases,
        movements,
        counterparties,
    }
}

fn is_in(window: Window, row: Entry<'_>) -> bool {
    own_date(row).is_some_and(|day| window.contains(day))
}

/// An account's is itself, a taxpayer's those it paid from or was refunded to, a unit's those it paid from or holds.
pub fn own_accounts(subject: &Subject, material: &Material, facts: &Facts) -> BTreeSet<String> {
    let rows = || material.book.ids().filter(|id| material.stands(*id)).map(|id| material.book.entry(id));
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    match subject {
        Subject::Account(account) => BTreeSet::from([account.clone()]),
        Subject::Taxpayer(id) => rows()
            .filter(|row| [Field::TaxpayerId, Field::PayerId].iter().any(|field| row.text(*field) == id))
            .filter_map(|row| match row.ledger() {
                Ledger::TaxRefunds | Ledger::FinanceRefunds => filled(row.text(Field::PayeeAccount)),
                _ => filled(row.text(Field::PayerAccount)),
            })
            .collect(),
        Subject::Unit(unit) => {
            let held = facts.accounts.iter().flatten().filter(|(_, known)| known.holder_id == *unit);
            let held = held.map(|(account, _)| account.clone());
            rows()
                .filter(|row| row.text(Field::Unit) == unit)
                .filter_map(|row| filled(row.text(Field::PayerAccount)))
                .chain(held)
                .collect()
        }
        Subject::Slip(_) | Subject::Voucher(_) | Subject::Finding(_) => BTreeSet::new(),
    }
}

fn balances(material: &Material, own: &BTreeSet<String>, window: Window) -> Vec<Balance> {
    let statements = material.book.ids_of(|ledger| ledger == Ledger::BankStatements);
    let rows: Vec<EntryId> = statements.into_iter().filter(|id| material.stands(*id)).collect();
    let known = Balances::of(&material.book, &rows, BTreeMap::new());
    let mut balances = Vec::new();
    for account in own {
        for on in known.days_of(account).filter(|day| window.contains(*day)) {
            if let Some(closing) = known.end_of_day(account, on) {
                balances.push(Balance { account: account.clone(), on, closing });
            }
        }
    }
    balances
}
