//! Cases and facts to findings: the law as predicates.
//!
//! A rule is one file and one page. The page is law, `explain` text and test at once.

pub mod accounts;
pub mod authenticity;
pub mod bonds;
pub mod classification;
pub mod collection;
pub mod corrections;
pub mod coverage;
pub mod disbursements;
pub mod duties;
pub mod finding;
pub mod integrity;
pub mod law;
pub mod mismatch;
pub mod outage;
pub mod payment;
pub mod refunds;
pub mod registers;
pub mod running;
pub mod usual;
pub mod vouchers;
pub mod watch;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::domain::entry::{Book, Change, Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::table::Code;
use crate::matching::balance::Balances;
use crate::matching::remittance::{self, Remittances};
use crate::matching::{Group, Matched, tie_out};

use finding::{Finding, Kind, Severity, Status, Told};
use law::Basis;
use payment::Payment;
use running::{Counter, Running};

/// A title in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Title {
    pub zh: &'static str,
    pub en: &'static str,
}

/// A supervision rule, named for the fault.
#[derive(Debug)]
pub struct Rule {
    pub id: &'static str,
    pub title: Title,
    /// The law it rests on.
    pub basis: &'static [Basis],
    pub kind: Kind,
    pub severity: Severity,
    /// The law, the explanation and the examples that are run as tests.
    pub page: &'static str,
    /// How long a finding stays, and when it is told again.
    pub stays: Stays,
    /// Ledgers without which no new finding of it can be made that day: "no data".
    pub needs: &'static [Need],
    /// Reference tables without which it says "no data". `calendar`: in a year whose days off nobody listed.
    pub tables: &'static [&'static str],
    pub judge: Judge,
}

/// A ledger a rule needs, and when its absence that day makes "no data".
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// Whenever no file of it came.
    Always(Ledger),
    /// What it judges stands there: whenever no file of it came the rule cannot say that there was nothing. What it finds in
    /// rows of before stands.
    Judges(Ledger),
    /// When it was expected and is silent; a ledger nobody ever delivers is not missed.
    IfExpected(Ledger),
    /// An issuer's: when its party would answer; when nobody is named, as `IfExpected`.
    Issuer(Ledger),
    /// What it judges stands there: when it was expected and is silent the rule cannot say that there was nothing. What it
    /// finds in others stands.
    Reads(Ledger),
}

impl Need {
    pub fn ledger(self) -> Ledger {
        let (Self::Always(ledger)
        | Self::Judges(ledger)
        | Self::IfExpected(ledger)
        | Self::Issuer(ledger)
        | Self::Reads(ledger)) = self;
        ledger
    }
}

/// How long a finding stays, and when it is told again.
#[derive(Clone, Copy, Debug)]
pub enum Stays {
    /// About an open item: told every day until the item is settled, and once more then.
    OpenItem,
    /// Told once, and once more when it no longer holds; the rows it rests on are carried until then.
    Case,
    /// As `Case`, but it rests on sums that are kept without their rows, back to [`Facts::horizon`]; what lies before it stands
    /// as it was found.
    Sum,
    /// As `Sum`, but its sum is kept for as long as it differs.
    Cell,
    /// Told once: nothing can undo it.
    Once,
    /// Told each time it happens, of each who does it: nothing can undo it.
    Event,
    /// About a register: told when it first holds, and once more when the register no longer bears it out.
    Register(fn(&Told, &Facts) -> bool),
    /// As `Register`, but what goes through the account is the fault: told again on each day on which more does.
    Account(fn(&Told, &Facts) -> bool),
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub enum Judge {
    /// One payment of these flows.
    Payment(&'static [Flow], fn(&Payment<'_>, &Day<'_>) -> Option<Finding>),
    /// As `Payment`, of what a source document states in codes. Where one document alone, that nobody corrected, states
    /// codes that are admitted, there is nothing to find: a day has few of them and many documents.
    Codes(&'static [Flow], Admits, fn(&Payment<'_>, &Day<'_>) -> Option<Finding>),
    /// The day as a whole: batches, accounts, sums, deliveries. Of a day on which nothing came of the named flows, if any
    /// are named, it says nothing.
    Day(&'static [Flow], fn(&Day<'_>) -> Vec<Finding>),
    /// One payment of these flows, and the day for the rows that are of no payment.
    Both(&'static [Flow], fn(&Payment<'_>, &Day<'_>) -> Option<Finding>, fn(&Day<'_>) -> Vec<Finding>),
}

/// The flows in which several parties answer for one payment.
const PAYMENTS: &[Flow] = &[Flow::Revenue, Flow::Refund, Flow::Disbursement];
const REVENUE: &[Flow] = &[Flow::Revenue];
const REFUNDS: &[Flow] = &[Flow::Refund];
const DISBURSEMENTS: &[Flow] = &[Flow::Disbursement];
const CORRECTIONS: &[Flow] = &[Flow::Correction];

/// Slips, refund orders, vouchers and corrections, for rules that judge what they state.
const SLIPS: &[Need] = &[Need::Reads(Ledger::TaxReceipts), Need::Reads(Ledger::FinanceReceipts)];
const ORDERS: &[Need] = &[Need::Reads(Ledger::TaxRefunds), Need::Reads(Ledger::FinanceRefunds)];
const VOUCHERS: &[Need] = &[Need::Reads(Ledger::FinanceDisbursements)];
const PAYOUTS: &[Need] = &[
    Need::Reads(Ledger::FinanceDisbursements),
    Need::Reads(Ledger::TreasuryDisbursements),
    Need::Reads(Ledger::BankDisbursements),
];
const CORRECTED: &[Need] = &[
    Need::Reads(Ledger::TaxCorrections),
    Need::Reads(Ledger::FinanceCorrections),
    Need::Reads(Ledger::TreasuryCorrections),
];
/// What documents of revenue and refunds state, corrections counted.
const CLASSIFIED: &[Need] = &[
    Need::Reads(Ledger::TaxReceipts),
    Need::Reads(Ledger::FinanceReceipts),
    Need::Reads(Ledger::TaxRefunds),
    Need::Reads(Ledger::FinanceRefunds),
    Need::Reads(Ledger::TaxCorrections),
    Need::Reads(Ledger::FinanceCorrections),
    Need::Reads(Ledger::TreasuryCorrections),
];
/// What every party says of payments, for rules that compare it.
const ALL_PAYMENTS: &[Need] = &[
    Need::Reads(Ledger::TaxReceipts),
    Need::Reads(Ledger::FinanceReceipts),
    Need::Reads(Ledger::BankReceipts),
    Need::Reads(Ledger::TreasuryReceipts),
    Need::Reads(Ledger::TaxRefunds),
    Need::Reads(Ledger::FinanceRefunds),
    Need::Reads(Ledger::TreasuryRefunds),
    Need::Reads(Ledger::BankRefunds),
    Need::Reads(Ledger::FinanceDisbursements),
    Need::Reads(Ledger::TreasuryDisbursements),
    Need::Reads(Ledger::BankDisbursements),
];

/// What holds a number once, whatever the flow.
const ALL_NUMBERED: &[Need] = &[
    Need::Reads(Ledger::TaxReceipts),
    Need::Reads(Ledger::FinanceReceipts),
    Need::Reads(Ledger::BankReceipts),
    Need::Reads(Ledger::BankRemittances),
    Need::Reads(Ledger::TreasuryReceipts),
    Need::Reads(Ledger::TreasuryClearing),
    Need::Reads(Ledger::TaxRefunds),
    Need::Reads(Ledger::FinanceRefunds),
    Need::Reads(Ledger::TreasuryRefunds),
    Need::Reads(Ledger::BankRefunds),
    Need::Reads(Ledger::FinanceDisbursements),
    Need::Reads(Ledger::TreasuryDisbursements),
    Need::Reads(Ledger::BankDisbursements),
    Need::Reads(Ledger::TaxCorrections),
    Need::Reads(Ledger::FinanceCorrections),
    Need::Reads(Ledger::TreasuryCorrections),
    Need::Reads(Ledger::BondRedemptions),
];

/// A day's entries as rules look at them.
#[derive(Debug)]
pub struct Day<'a> {
    pub book: &'a Book,
    pub facts: &'a Facts,
    pub matched: &'a Matched,
    /// For each entry the number of its case; `None` for entries of no payment.
    pub case_of: &'a [Option<u32>],
    pub remittances: &'a Remittances,
    /// What each bank remitted to each treasury a day, what was settled before included.
    pub remitted: &'a BTreeMap<remittance::CellName, remittance::Cell>,
    /// Each party's figure in each cell, what was settled before included.
    pub cells: &'a BTreeMap<tie_out::CellName, tie_out::Figures>,
    /// Cases whose parties state different sums, by cell.
    pub deviations: &'a BTreeMap<tie_out::CellName, Vec<u32>>,
    /// The accounts' statements, those of earlier runs included.
    pub balances: &'a Balances,
    /// The entries that are matched and judged, ascending.
    pub standing: &'a [EntryId],
    /// Payments that were taken back, and the reversals 冲正 that did it, ascending.
    pub reversed: &'a [(EntryId, EntryId)],
    /// Rows of account statements that stand, ascending.
    pub statements: &'a [EntryId],
    /// For the number of each slip that a refund at hand gives back its case, where it is known.
    pub originals: &'a BTreeMap<String, u32>,
    pub running: &'a Running,
    /// The first day that was ever run: what happened before it the archive does not know.
    pub since: NaiveDate,
    /// The day of the run before this one: what it left open is at hand.
    pub last_run: Option<NaiveDate>,
    pub changes: &'a [Change],
    pub lateness: &'a collection::Lateness,
    /// The slips that lack an element, or came today in place of others: ascending.
    pub slips_to_look_at: &'a [EntryId],
    /// Of the receipts credited to an account under a name the first.
    pub first_credits: &'a [EntryId],
    /// The vouchers at hand, in order of day and number.
    pub vouchers: Vec<disbursements::Voucher<'a>>,
    /// Entries that could be of more than one payment.
    pub doubtful: &'a BTreeSet<EntryId>,
    /// What was told and stands, of open items and of fees: by rule and key.
    pub asked: &'a BTreeMap<(&'static str, String), Asked>,
}

/// For a record that was missing when a run before this one looked, or for a fee.
#[derive(Clone, Debug)]
pub struct Asked {
    /// By when the record was due; a fee is due at no time.
    pub due: Option<NaiveDate>,
    /// Who answers.
    pub institution: String,
    /// `file#row` of the others' records, or of the receipt with the fee.
    pub evidence: Vec<String>,
}

impl Asked {
    /// What open findings ask for that their rules ask for again, or take back.
    pub fn of(told: &[Told]) -> BTreeMap<(&'static str, String), Self> {
        let is_asked = |told: &&Told| {
            let rule = told.rule();
            let is_kind =
                matches!(rule.stays, Stays::OpenItem) || rule.id == collection::payer_fee_charged::RULE.id;
            told.status == Status::Open && is_kind
        };
        let of = |told: &Told| Self {
            due: told.due_on,
            institution: told.institution.clone(),
            evidence: told.evidence.clone(),
        };
        told.iter().filter(is_asked).map(|told| ((told.rule, told.key.clone()), of(told))).collect()
    }
}

impl Day<'_> {
    /// Whether the payment could be another's: then nobody is said to lack it.
    pub fn is_doubtful(&self, payment: &Payment<'_>) -> bool {
        !self.doubtful.is_empty() && payment.entries().any(|entry| self.doubtful.contains(&entry.id()))
    }

    /// The payment that a refund or correction names as its original slip, if it is known.
    pub fn original(&self, slip: &str) -> Option<Payment<'_>> {
        Some(self.payment_in(*self.originals.get(slip)?))
    }

    /// Whether the archive knows what happened on a day, some days before it included.
    pub fn reaches_back_to(&self, day: NaiveDate, days_before: u64) -> bool {
        day.checked_sub_days(Days::new(days_before)).is_some_and(|first| first >= self.since)
    }

    /// The entries of some ledgers that stand, ascending.
    pub fn standing(&self, wanted: impl Fn(Ledger) -> bool) -> Vec<EntryId> {
        let mut ids = self.book.ids_of(wanted);
        ids.retain(|id| self.standing.binary_search(id).is_ok());
        ids
    }

    /// Whether a slip that nobody has a record of should be known: the archive begins early enough before the day its
    /// error was found or its refund asked for, and no file of slips is missing up to the day it was acted on.
    pub fn should_know_slip(&self, asked: NaiveDate, acted: NaiveDate) -> bool {
        const DAYS_BEFORE: u64 = 30;
        let is_missing = |(ledger, on): &(Ledger, NaiveDate)| {
            matches!(ledger, Ledger::TaxReceipts | Ledger::FinanceReceipts) && *on <= acted
        };
        self.reaches_back_to(asked, DAYS_BEFORE) && !self.facts.gaps.iter().any(is_missing)
    }

    /// The payments of a flow, in the order of cases.
    pub fn payments(&self, flow: Flow) -> impl Iterator<Item = Payment<'_>> {
        cases_of(self.book, self.case_of, flow).into_iter().map(|case| self.payment_in(case))
    }

    /// The payment an entry belongs to.
    pub fn payment_of(&self, entry: EntryId) -> Payment<'_> {
        self.payment_in(self.case_of[entry.0 as usize].expect("an entry of a payment"))
    }

    /// The payment that a case is.
    pub fn payment_in(&self, case: u32) -> Payment<'_> {
        Payment::of(Group::new(self.book, self.matched.case(case as usize).entries))
    }
}

/// The cases of a flow, ascending.
fn cases_of(book: &Book, case_of: &[Option<u32>], flow: Flow) -> Vec<u32> {
    let ids = book.ids_of(|ledger| ledger.flow() == flow).into_iter();
    let mut cases: Vec<u32> = ids.filter_map(|id| case_of[id.0 as usize]).collect();
    cases.sort_unstable();
    cases.dedup();
    cases
}

/// Every rule, in the order of reports.
pub const RULES: &[&Rule] = &[
    &mismatch::missing_in_issuer::RULE,
    &mismatch::missing_in_bank::RULE,
    &mismatch::missing_in_treasury::RULE,
    &mismatch::voucher_duplicate::RULE,
    &mismatch::amount_mismatch::RULE,
    &mismatch::subject_mismatch::RULE,
    &mismatch::level_mismatch::RULE,
    &mismatch::treasury_mismatch::RULE,
    &mismatch::payee_mismatch::RULE,
    &mismatch::disbursement_mismatch::RULE,
    &mismatch::slip_no_mismatch::RULE,
    &mismatch::ambiguous_match::RULE,
    &collection::remittance_withholding::RULE,
    &collection::remittance_delay::RULE,
    &collection::next_day_remittance::RULE,
    &collection::remittance_mismatch::RULE,
    &collection::clearing_mismatch::RULE,
    &collection::wrong_collection_subject::RULE,
    &collection::tax_entry_late::RULE,
    &disbursements::disbursement_late::RULE,
    &disbursements::bank_payout_held::RULE,
    &disbursements::disbursement_cash::RULE,
    &disbursements::disbursement_over_balance::RULE,
    &disbursements::pre_approval_spend::RULE,
    &disbursements::disbursement_unbudgeted::RULE,
    &disbursements::disbursement_over_budget::RULE,
    &disbursements::disbursement_over_plan::RULE,
    &disbursements::budget_copy_late::RULE,
    &disbursements::large_disbursement_undocumented::RULE,
    &disbursements::disbursement_undocumented::RULE,
    &disbursements::abnormal_disbursement::RULE,
    &disbursements::disbursement_duplicate::RULE,
    &disbursements::returned_funds_held::RULE,
    &disbursements::clearing_late::RULE,
    &disbursements::clearing_over_quota::RULE,
    &disbursements::zero_balance_self_transfer::RULE,
    &accounts::transit_account::RULE,
    &accounts::unlicensed_account::RULE,
    &classification::mixed_tax_type::RULE,
    &classification::wrong_budget_level::RULE,
    &classification::wrong_treasury::RULE,
    &classification::share_split_mismatch::RULE,
    &classification::subject_invalid::RULE,
    &classification::funds_outside_treasury::RULE,
    &vouchers::voucher_serial_control::RULE,
    &vouchers::voucher_unsigned_issue::RULE,
    &vouchers::voucher_date_invalid::RULE,
    &vouchers::voucher_handover_missing::RULE,
    &bonds::bond_over_redemption::RULE,
    &bonds::bond_duplicate_redemption::RULE,
    &bonds::bond_register_mismatch::RULE,
    &refunds::refund_without_basis::RULE,
    &refunds::refund_incomplete::RULE,
    &refunds::refund_reason_suspect::RULE,
    &refunds::refund_unregistered_enterprise::RULE,
    &refunds::refund_payee_mismatch::RULE,
    &refunds::refund_exceeds_payment::RULE,
    &refunds::refund_wrong_source::RULE,
    &refunds::refund_duplicate::RULE,
    &refunds::refund_late_tax::RULE,
    &refunds::refund_late_treasury::RULE,
    &refunds::refund_cash::RULE,
    &refunds::refund_no_authority::RULE,
    &refunds::refund_agent_review::RULE,
    &refunds::refund_ratio_spike::RULE,
    &corrections::correction_unbalanced::RULE,
    &corrections::correction_no_original::RULE,
    &corrections::correction_no_change::RULE,
    &corrections::correction_repeat::RULE,
    &corrections::correction_late::RULE,
    &corrections::correction_cross_level::RULE,
    &corrections::correction_wrong_party::RULE,
    &collection::stale_pending_balance::RULE,
    &collection::collector_paid_refund::RULE,
    &collection::revenue_diversion::RULE,
    &collection::voucher_holding::RULE,
    &collection::invalid_slip_accepted::RULE,
    &collection::slip_incomplete::RULE,
    &collection::slip_field_invalid::RULE,
    &collection::payer_fee_charged::RULE,
    &collection::cash_tax_refusal::RULE,
    &collection::year_end_settlement::RULE,
    &collection::pending_tax_aging::RULE,
    &accounts::unfiled_account::RULE,
    &accounts::account_register_conflict::RULE,
    &accounts::multiple_accounts::RULE,
    &accounts::account_early_use::RULE,
    &accounts::account_expired::RULE,
    &accounts::special_account_unapproved::RULE,
    &accounts::zero_balance_eod::RULE,
    &integrity::daily_tie_out::RULE,
    &integrity::aging_unreconciled::RULE,
    &integrity::stock_continuity::RULE,
    &integrity::report_rollup::RULE,
    &watch::key_taxpayer_watch::RULE,
    &watch::collection_progress::RULE,
    &authenticity::third_party_payer::RULE,
    &authenticity::loan_paid_tax::RULE,
    &authenticity::collect_then_rebate::RULE,
    &authenticity::tax_trading::RULE,
    &authenticity::period_end_spike::RULE,
    &authenticity::fund_round_trip::RULE,
    &duties::monthly_signoff_missing::RULE,
    &duties::quarterly_onsite_missing::RULE,
    &duties::annual_inspection_missing::RULE,
    &duties::joint_meeting_missing::RULE,
    &integrity::ledger_tamper::RULE,
    &integrity::bank_data_gap::RULE,
    &integrity::data_gap::RULE,
    &integrity::calendar_missing::RULE,
];

/// Rules of which one part does not need a table: what it found is settled without.
const PARTLY_WITHOUT: &[(&str, &str)] = &[
    ("cash-tax-refusal", "incidents"),
    ("share-split-mismatch", "sharing"),
    ("year-end-settlement", "calendar"),
    ("stock-continuity", "calendar"),
    ("report-rollup", "calendar"),
    ("bank-data-gap", "calendar"),
    ("data-gap", "calendar"),
    ("voucher-serial-control", "calendar"),
    ("voucher-date-invalid", "calendar"),
    ("transit-account", "calendar"),
    ("abnormal-disbursement", "accounts"),
    ("abnormal-disbursement", "calendar"),
    ("disbursement-late", "treasuries"),
];

/// Rules that look at a whole day and speak of payments all the same, each by its number.
const OF_PAYMENTS: &[&str] = &[
    "ambiguous-match",
    "remittance-delay",
    "remittance-withholding",
    "disbursement-unbudgeted",
    "disbursement-over-budget",
    "disbursement-over-plan",
    "pre-approval-spend",
    "disbursement-undocumented",
    "large-disbursement-undocumented",
    "disbursement-duplicate",
    "abnormal-disbursement",
    "clearing-over-quota",
    "refund-exceeds-payment",
    "refund-duplicate",
    "invalid-slip-accepted",
    "slip-incomplete",
    "loan-paid-tax",
    "collect-then-rebate",
    "fund-round-trip",
    "ledger-tamper",
];

impl Rule {
    /// Whether its findings are about payments, keyed by their numbers, and not about accounts, sums or days.
    pub fn is_of_payments(&self) -> bool {
        matches!(self.judge, Judge::Payment(..) | Judge::Codes(..) | Judge::Both(..))
            || OF_PAYMENTS.contains(&self.id)
    }

    /// The tables it lacks.
    pub fn lacks_tables(&self, facts: &Facts) -> impl Iterator<Item = &'static str> {
        self.tables.iter().copied().filter(|table| !facts.has_table(table))
    }

    /// Whether it lacks a table without which nothing it found can be said to be settled.
    pub fn is_blind(&self, facts: &Facts) -> bool {
        self.lacks_tables(facts).any(|table| !PARTLY_WITHOUT.contains(&(self.id, table)))
    }
}

/// Everything that is added up beyond a day.
pub const COUNTERS: &[&Counter] = &[
    &vouchers::voucher_serial_control::USED,
    &bonds::bond_over_redemption::REDEEMED,
    &integrity::report_rollup::OF_DAY,
    &integrity::report_rollup::OF_MONTH,
    &integrity::report_rollup::OF_YEAR,
    &integrity::report_rollup::BOOKED,
    &watch::key_taxpayer_watch::BILLED,
    &integrity::stock_continuity::MOVED,
    &refunds::refund_ratio_spike::RECEIPTS,
    &refunds::refund_ratio_spike::REFUNDED,
    &disbursements::BY_LINE,
    &disbursements::BY_PAYEE,
    &disbursements::disbursement_undocumented::DOCUMENTED,
    &disbursements::clearing_over_quota::BY_QUOTA,
    &disbursements::disbursement_over_balance::OPENING,
    &disbursements::disbursement_over_balance::INCOME,
    &disbursements::disbursement_over_balance::CLOSING,
    &disbursements::disbursement_over_balance::BOOKED,
    &collection::stale_pending_balance::PENDING,
    &collection::debits::REFUNDS,
    &collection::slip_incomplete::FILLED,
    &collection::payer_fee_charged::STATED,
    &collection::cash_tax_refusal::METHODS,
    &collection::pending_tax_aging::CLOSINGS,
    &accounts::transit_behaviour::CREDITS,
    &accounts::transit_behaviour::DEBITS,
    &authenticity::LARGE_SLIPS,
    &authenticity::loan_paid_tax::LOANS,
    &authenticity::loan_paid_tax::LENT,
    &authenticity::tax_trading::PAID_FOR,
    &authenticity::period_end_spike::BOOKED,
    &authenticity::fund_round_trip::LARGE_PAYOUTS,
];

/// Counters that count rows too that a reversal took back: until then they were there.
pub const OF_CANCELLED: &[&Counter] = &[&collection::stale_pending_balance::PENDING];

/// Counters that count the ids of a register alone: of everybody they would be too many.
const LISTED: &[(&Counter, &str, Field)] =
    &[(&watch::key_taxpayer_watch::BILLED, "key-taxpayers", Field::TaxpayerId)];

/// The rule of that name.
pub fn by_id(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

/// A rule's place in reports.
pub fn order(rule: &Rule) -> usize {
    RULES.iter().position(|known| known.id == rule.id).expect("a rule is registered")
}

/// The codes of a source document by which it is classified, and all that [`Judge::Codes`] looks at to admit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Codes<'d> {
    pub ledger: Ledger,
    pub subject: &'d str,
    pub level: &'d str,
    pub treasury: &'d str,
    pub tax_org: &'d str,
    pub collector: &'d str,
    pub tax_type: &'d str,
}

/// Whether a rule has nothing to find in codes.
pub type Admits = fn(&Codes<'_>, &Facts) -> bool;

/// The same codes as a book numbers them.
type Numbers = (Ledger, [Code; CODES.len()]);

/// Every ledger of source documents has them as codes, where it has them.
pub const CODES: [Field; 6] =
    [Field::Subject, Field::Level, Field::Treasury, Field::TaxOrg, Field::Collector, Field::TaxType];

impl<'d> Codes<'d> {
    pub fn of(document: Entry<'d>) -> Self {
        let [subject, level, treasury, tax_org, collector, tax_type] =
            CODES.map(|field| document.text(field));
        Self { ledger: document.ledger(), subject, level, treasury, tax_org, collector, tax_type }
    }
}

/// For codes that were met the bits of the rules that admit them.
type Admitted = FxHashMap<Numbers, u64>;

/// The bits of the rules that have nothing to find in a payment, the first rule's the lowest.
fn admitted(rules: &[Admits], payment: &Payment<'_>, facts: &Facts, known: &mut Admitted) -> u64 {
    let ([document], true) = (&payment.documents[..], payment.corrections.is_empty()) else { return 0 };
    let numbers = (document.ledger(), CODES.map(|field| document.code(field)));
    *known.entry(numbers).or_insert_with(|| {
        let codes = Codes::of(*document);
        let admitting = rules.iter().enumerate().filter(|(_, admits)| admits(&codes, facts));
        admitting.map(|(place, _)| 1 << place).sum()
    })
}

/// So many payments are judged by one rule after the other.
const PAYMENTS_AT_ONCE: usize = 256;

/// Judges the day by some rules, in a run by all of [`RULES`]; sorted by their order, then by key, one finding for both. Threads do
/// not show.
pub fn judge(rules: &[&'static Rule], day: &Day<'_>) -> Vec<Finding> {
    let is_on = |rule: &Rule| !day.facts.off.contains_key(rule.id);
    let (mut judges, mut admissions) = (Vec::new(), Vec::new());
    for (order, rule) in rules.iter().enumerate().filter(|(_, rule)| is_on(rule)) {
        let (flows, judge, bit) = match rule.judge {
            Judge::Payment(flows, judge) | Judge::Both(flows, judge, _) => (flows, judge, 0),
            Judge::Codes(flows, admits, judge) => {
                admissions.push(admits);
                (flows, judge, 1_u64 << (admissions.len() - 1))
            }
            Judge::Day(..) => continue,
        };
        judges.push((order, flows, judge, bit));
    }
    assert!(admissions.len() < 64, "one bit a rule");
    // Rule by rule over a few payments: it reads few columns at a time, one row after the other.
    let mut findings: Vec<(usize, Finding)> = (0..day.matched.len().div_ceil(PAYMENTS_AT_ONCE))
        .into_par_iter()
        .map_init(Default::default, |state: &mut (Vec<Payment<'_>>, Vec<u64>, Admitted), piece| {
            let (payments, bits, known) = state;
            let start = piece * PAYMENTS_AT_ONCE;
            let places = start..day.matched.len().min(start + PAYMENTS_AT_ONCE);
            payments.truncate(places.len());
            for (index, place) in places.enumerate() {
                let group = Group::new(day.book, day.matched.case(place).entries);
                match payments.get_mut(index) {
                    Some(payment) => payment.become_of(group),
                    None => payments.push(Payment::of(group)),
                }
            }
            bits.clear();
            bits.extend(payments.iter().map(|payment| admitted(&admissions, payment, day.facts, known)));
            let mut found = Vec::new();
            for &(order, flows, judge, bit) in &judges {
                let asked = payments
                    .iter()
                    .zip(&*bits)
                    .filter(|&(payment, admitted)| admitted & bit == 0 && flows.contains(&payment.flow));
                found.extend(asked.filter_map(|(payment, _)| Some((order, judge(payment, day)?))));
            }
            found
        })
        .flatten_iter()
        .collect();
    findings.par_extend(rules.par_iter().enumerate().flat_map_iter(|(order, rule)| {
        let found = match rule.judge {
            Judge::Day(_, judge) | Judge::Both(_, _, judge) if is_on(rule) => judge(day),
            _ => Vec::new(),
        };
        found.into_iter().map(move |finding| (order, finding))
    }));
    // By what they say before by where it stands, so that the order of rows decides nothing.
    findings.sort_by(|(a_order, a), (b_order, b)| {
        let about = (a_order, &a.key).cmp(&(b_order, &b.key));
        let about = about.then_with(|| a.identity().cmp(&b.identity()));
        about.then_with(|| (&a.explanation.en, &a.evidence).cmp(&(&b.explanation.en, &b.evidence)))
    });
    let mut single: Vec<(usize, Finding)> = Vec::with_capacity(findings.len());
    for (order, finding) in findings {
        match single.last_mut() {
            Some((last, known))
                if *last == order && known.key == finding.key && known.identity() == finding.identity() =>
            {
                known.absorb(finding);
            }
            _ => single.push((order, finding)),
        }
    }
    single.into_iter().map(|(_, finding)| finding).collect()
}
