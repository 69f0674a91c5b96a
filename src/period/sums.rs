//! What a period adds up: sums by line, by bank and by payment, and the payments that must be shown one by one.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::moment::Moment;
use crate::domain::money::Money;
use crate::matching::group::{self, Role};
use crate::matching::tie_out::{Component, Figures};

use super::Span;
use super::sample::{Population, Stratum};

/// Treasury, organ, level, subject and adjust flag of the source document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellLine {
    pub treasury: String,
    pub org: String,
    pub level: String,
    pub subject: String,
    pub adjust_flag: String,
}

/// Each party's figure of gross receipts, of refunds and of corrections; refunds are negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gross {
    /// As the daily tie-out has them: the treasury's figure is what any treasury booked for the documents, the bank's of a
    /// refund that no bank recorded what the others state.
    pub receipts: Figures,
    pub refunds: Figures,
    /// What issuers ordered: there it moves what each party has from line to line.
    pub corrections: Figures,
    pub own: Own,
}

/// What parties recorded themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// The treasury of the line, under treasury, level and subject of its bookings, whatever the documents name.
    pub receipts: Money,
    pub refunds: Money,
    pub corrections: Money,
    /// What banks recorded of refunds.
    pub bank_refunds: Money,
    /// What issuers corrected of their own documents. A correction of what the treasury alone had booked otherwise moves none.
    pub moved: Money,
}

impl Own {
    pub(super) fn of(&mut self, component: Component) -> &mut Money {
        match component {
            Component::Receipts => &mut self.receipts,
            Component::Refunds => &mut self.refunds,
            Component::Corrections => &mut self.corrections,
        }
    }
}

impl Gross {
    pub(super) fn of(&mut self, component: Component) -> &mut Figures {
        match component {
            Component::Receipts => &mut self.receipts,
            Component::Refunds => &mut self.refunds,
            Component::Corrections => &mut self.corrections,
        }
    }

    pub fn add(&mut self, other: Self) {
        self.receipts.add(other.receipts);
        self.refunds.add(other.refunds);
        self.corrections.add(other.corrections);
        self.own.receipts += other.own.receipts;
        self.own.refunds += other.own.refunds;
        self.own.corrections += other.own.corrections;
        self.own.bank_refunds += other.own.bank_refunds;
        self.own.moved += other.own.moved;
    }

    /// Receipts less refunds, corrections applied, as the daily tie-out has them.
    pub fn net(self) -> Figures {
        let mut net = self.receipts;
        net.add(self.refunds);
        net.add(self.corrections);
        net
    }

    /// What each party states itself: the issuers by their documents, the banks for these, the treasury by its own books;
    /// banks are no party to corrections.
    pub fn stated_of(self, component: Component) -> Figures {
        let Own { receipts, refunds, corrections, bank_refunds, moved } = self.own;
        let (issuer, bank, treasury) = match component {
            Component::Receipts => (self.receipts.issuer, self.receipts.bank, receipts),
            Component::Refunds => (self.refunds.issuer, bank_refunds, refunds),
            Component::Corrections => (moved, Money::ZERO, corrections),
        };
        Figures { issuer, bank, treasury, ..Figures::default() }
    }

    /// The net of it.
    pub fn stated(self) -> Figures {
        let mut net = self.stated_of(Component::Receipts);
        net.add(self.stated_of(Component::Refunds));
        net.add(self.stated_of(Component::Corrections));
        net
    }

    /// Bank less issuer before corrections, and treasury less issuer after them.
    pub fn differences(self) -> [Money; 2] {
        let stated = self.stated();
        [stated.bank + self.own.moved - stated.issuer, stated.treasury - stated.issuer]
    }
}

/// What a bank received for a treasury, from what counts in a period to its own books of it.
///
/// Invariant, asserted where sums are made whole: `amount - outside + other` is `own`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Receipts of payments that count in the period.
    pub count: u64,
    pub amount: Money,
    /// Of it: received outside the period, as after the cut-off of the last working day before it.
    pub outside: Money,
    /// Received in the period for payments that count in another, or in none that a calendar knows.
    pub other: Money,
    /// Received in the period.
    pub own: Money,
}

impl Collected {
    /// A receipt of a day, of a payment that counts on another.
    pub(super) fn of(span: Span, received: NaiveDate, counted: Option<NaiveDate>, amount: Money) -> Self {
        let (is_own, counts) = (span.contains(received), counted.is_some_and(|on| span.contains(on)));
        let of = |is: bool| if is { amount } else { Money::ZERO };
        Self {
            count: u64::from(counts),
            amount: of(counts),
            outside: of(counts && !is_own),
            other: of(is_own && !counts),
            own: of(is_own),
        }
    }

    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.amount += other.amount;
        self.outside += other.outside;
        self.other += other.other;
        self.own += other.own;
    }
}

/// What an organ issued for a treasury, from its own documents of a period to those that count in it.
///
/// Invariant, asserted where sums are made whole: `own - unpaid - other + outside` is `amount`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Issued {
    /// Slips that count in the period.
    pub amount: Money,
    /// Of it: issued outside the period.
    pub outside: Money,
    /// Issued in the period, and nobody paid them.
    pub unpaid: Money,
    /// Issued in the period and counting in another, or in none that a calendar knows.
    pub other: Money,
    /// Issued in the period.
    pub own: Money,
}

impl Issued {
    /// A slip of a day, whose payment counts on another; `None` where nobody paid it, or no calendar knows the day.
    pub(super) fn of(
        span: Span,
        issued: NaiveDate,
        counted: Option<NaiveDate>,
        is_paid: bool,
        amount: Money,
    ) -> Self {
        let (is_own, counts) = (span.contains(issued), counted.is_some_and(|on| span.contains(on)));
        let of = |is: bool| if is { amount } else { Money::ZERO };
        Self {
            amount: of(counts),
            outside: of(counts && !is_own),
            unpaid: of(is_own && !is_paid),
            other: of(is_own && is_paid && !counts),
            own: of(is_own),
        }
    }

    pub fn add(&mut self, other: Self) {
        self.amount += other.amount;
        self.outside += other.outside;
        self.unpaid += other.unpaid;
        self.other += other.other;
        self.own += other.own;
    }
}

/// From the documents of a treasury's period to what the treasury states of it, and on to its own books of the period;
/// refunds are negative, as everywhere.
///
/// Invariant, asserted where sums are made whole: `followed - elsewhere + foreign + unslipped` is `stated`, and `stated - later -
/// earlier + started + beyond + undated` is `booked`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bridge {
    /// What issuers' documents of the period come to.
    pub documents: Money,
    /// What treasuries booked for them, whenever and wherever they did.
    pub followed: Money,
    /// Of the documents: not booked when the last run ended, and in time for it 期末在途.
    pub awaited: Money,
    /// Of the documents: not booked when the last run ended, though the time for it was over 逾期未入账.
    pub overdue: Money,
    /// Of it: booked by another treasury than the document names.
    pub elsewhere: Money,
    /// Booked here for documents of the period that name another treasury.
    pub foreign: Money,
    /// Booked here for payments of the period without any document of an issuer.
    pub unslipped: Money,
    /// What the treasury booked itself of the payments of the period, whenever it did: its figure in the statement.
    pub stated: Money,
    /// Of it: booked after the period 期末在途.
    pub later: Money,
    /// Of it: booked before the period.
    pub earlier: Money,
    /// Booked in the period for payments of earlier ones 期初在途.
    pub started: Money,
    /// Booked in the period for payments that count later: received after the cut-off.
    pub beyond: Money,
    /// Booked in the period for payments of a day no calendar knows.
    pub undated: Money,
    /// What the treasury booked in the period.
    pub booked: Money,
}

impl Bridge {
    /// The way of one booking from the day its payment counts to the day it was made.
    pub(super) fn of(span: Span, booked: NaiveDate, counted: Option<NaiveDate>, amount: Money) -> Self {
        let mut bridge = Self::default();
        if span.contains(booked) {
            bridge.booked = amount;
        }
        if counted.is_some_and(|day| span.contains(day)) {
            bridge.stated = amount;
        }
        if let Some(crossing) = Crossing::of(span, booked, counted) {
            *bridge.crossed(crossing) = amount;
        }
        bridge
    }

    /// What crossed an end of the period in a way.
    pub(super) fn crossed(&mut self, crossing: Crossing) -> &mut Money {
        match crossing {
            Crossing::Later => &mut self.later,
            Crossing::Awaited => &mut self.awaited,
            Crossing::Overdue(_) => &mut self.overdue,
            Crossing::Earlier => &mut self.earlier,
            Crossing::Started => &mut self.started,
            Crossing::Beyond => &mut self.beyond,
            Crossing::Undated => &mut self.undated,
        }
    }

    pub fn add(&mut self, other: Self) {
        self.documents += other.documents;
        self.followed += other.followed;
        self.awaited += other.awaited;
        self.overdue += other.overdue;
        self.elsewhere += other.elsewhere;
        self.foreign += other.foreign;
        self.unslipped += other.unslipped;
        self.stated += other.stated;
        self.later += other.later;
        self.earlier += other.earlier;
        self.started += other.started;
        self.beyond += other.beyond;
        self.undated += other.undated;
        self.booked += other.booked;
    }

    /// What crossed the ends of the period, and nothing else.
    fn crossings(self) -> Self {
        let Self { awaited, overdue, later, earlier, started, beyond, undated, .. } = self;
        Self { awaited, overdue, later, earlier, started, beyond, undated, ..Self::default() }
    }

    /// Whether the steps lead from the one sum to the next.
    pub fn holds(self) -> bool {
        let stated = self.followed - self.elsewhere + self.foreign + self.unslipped;
        let booked = self.stated - self.later - self.earlier + self.started + self.beyond + self.undated;
        stated == self.stated && booked == self.booked
    }
}

/// How a payment lies across an end of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Crossing {
    /// Of the period, recorded after it 期末在途.
    Later,
    /// Of the period, not recorded when the last run ended, and in time for it 期末在途.
    Awaited,
    /// Of the period, not recorded though the time for it was over: whose record is missing.
    Overdue(Role),
    /// Of the period, booked before it.
    Earlier,
    /// Booked in the period, of an earlier one 期初在途.
    Started,
    /// Booked in the period, of a later one: received after the cut-off.
    Beyond,
    /// Booked in the period, of a day no calendar knows.
    Undated,
}

impl Crossing {
    /// That of a booking whose payment counts on a day, if it is of another period than the payment.
    pub(super) fn of(span: Span, booked: NaiveDate, counted: Option<NaiveDate>) -> Option<Self> {
        let is_in = span.contains(booked);
        match counted {
            Some(day) if span.contains(day) => match is_in {
                true => None,
                false if booked > span.last() => Some(Self::Later),
                false => Some(Self::Earlier),
            },
            _ if !is_in => None,
            Some(day) if day < span.first() => Some(Self::Started),
            Some(_) => Some(Self::Beyond),
            None => Some(Self::Undated),
        }
    }

    /// Whether it is in transit when the period ends.
    pub fn is_in_transit(self) -> bool {
        matches!(self, Self::Later | Self::Awaited)
    }

    /// Whether the time is over in which it must have been recorded.
    pub fn is_overdue(self) -> bool {
        matches!(self, Self::Overdue(_))
    }
}

/// What a bank collected in a period, by the base day of each receipt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BankSum {
    pub count: u64,
    pub amount: Money,
    /// Went on the next working day, which is tolerated.
    pub next_day_count: u64,
    pub next_day_amount: Money,
    /// Of it: went on after the period.
    pub next_day_after: Money,
    /// Went on in the period, on the working day next to a base day before it.
    pub next_day_before: Money,
    /// Went on later, 延解.
    pub late_count: u64,
    pub late_amount: Money,
    /// Had not gone on when the last run ended, and the tolerated day was over 占压.
    pub held_count: u64,
    pub held_amount: Money,
    /// Amount-days 积数 of what was late or is held: yuan times calendar days from the base day on.
    pub amount_days: Money,
    /// Paid in cash.
    pub cash_count: u64,
    pub cash_amount: Money,
    /// Of which the ledger says how it was paid.
    pub method_count: u64,
}

impl BankSum {
    /// What went on in the period on the working day next to its base day, whenever that was: by the day of remittance.
    pub fn next_day_remitted(self) -> Money {
        self.next_day_amount - self.next_day_after + self.next_day_before
    }

    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.amount += other.amount;
        self.next_day_count += other.next_day_count;
        self.next_day_amount += other.next_day_amount;
        self.next_day_after += other.next_day_after;
        self.next_day_before += other.next_day_before;
        self.late_count += other.late_count;
        self.late_amount += other.late_amount;
        self.held_count += other.held_count;
        self.held_amount += other.held_amount;
        self.amount_days += other.amount_days;
        self.cash_count += other.cash_count;
        self.cash_amount += other.cash_amount;
        self.method_count += other.method_count;
    }
}

/// Two parties whose records of a payment are compared, in the order of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair(pub Role, pub Role);

impl Pair {
    pub const ALL: [Self; 3] = [
        Self(Role::Issuer, Role::Bank),
        Self(Role::Bank, Role::Treasury),
        Self(Role::Issuer, Role::Treasury),
    ];

    /// The two parties between which a record is missing: who has none, and who stands before it in the chain; before
    /// the issuer stands nobody, so it is the first that has a record.
    pub(super) fn of(chain: [Role; 3], missing: Role, has: impl Fn(Role) -> bool) -> Self {
        let other = match chain.iter().position(|role| *role == missing) {
            Some(place) if place > 0 => chain[place - 1],
            _ => {
                if has(chain[1]) {
                    chain[1]
                } else {
                    chain[2]
                }
            }
        };
        let is_pair = |pair: &Self| *pair == Self(other, missing) || *pair == Self(missing, other);
        Self::ALL.into_iter().find(is_pair).expect("two of three")
    }
}

/// Payments of a flow, and what became of each as far as is known: it is agreed, or one of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowCount {
    pub cases: u64,
    /// A party that must have a record by now has none 逾期缺记; by the two parties between which it is missing: the later in
    /// the chain has none, or the issuer has none.
    pub missing: BTreeMap<Pair, u64>,
    /// Those who have recorded it state different amounts 金额不一, and none is overdue.
    pub differing: u64,
    /// A party has not recorded it and need not have yet 未到期, and the others state one amount; or no calendar says when
    /// its time is over.
    pub awaited: u64,
    /// Slips that nobody has paid: no payments.
    pub unpaid: u64,
    /// Of them: past the day they were due.
    pub overdue: u64,
}

impl FlowCount {
    pub(super) fn add(&mut self, other: Self) {
        self.cases += other.cases;
        add_all(&mut self.missing, other.missing, |of, more| *of += more);
        self.differing += other.differing;
        self.awaited += other.awaited;
        self.unpaid += other.unpaid;
        self.overdue += other.overdue;
    }
}

/// What comparing the payments of a flow came to. `payments` is `awaited`, `unheard` and `due`, and `due` is `agreed`,
/// `differing` and all that is `missing`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    pub payments: u64,
    pub awaited: u64,
    /// Lacks the record of a party that never spoke of the flow: of it nothing is concluded.
    pub unheard: u64,
    pub due: u64,
    pub agreed: u64,
    pub differing: u64,
    /// By pair; none of a party that never spoke.
    pub missing: BTreeMap<Pair, u64>,
    pub unpaid: u64,
    pub overdue: u64,
}

/// Treasury, unit, function subject and payment mode of a payout.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PayoutLine {
    pub treasury: String,
    pub unit: String,
    pub subject: String,
    pub pay_mode: String,
}

/// What each party states of payouts: paid, and what came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayoutSum {
    pub count: u64,
    pub paid: Figures,
    /// What came back as bank and treasury state it, a positive sum; finance keeps no record of it.
    pub returned: Figures,
    pub returned_count: u64,
    /// At or above the threshold.
    pub large_count: u64,
    pub large_amount: Money,
    /// Of the large ones: with a document.
    pub large_documented: u64,
    pub large_documented_amount: Money,
}

impl PayoutSum {
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.paid.add(other.paid);
        self.returned.add(other.returned);
        self.returned_count += other.returned_count;
        self.large_count += other.large_count;
        self.large_amount += other.large_amount;
        self.large_documented += other.large_documented;
        self.large_documented_amount += other.large_documented_amount;
    }
}

/// A payment whose parties state different sums under a line, or a correction that they did not both record there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    pub flow: Flow,
    pub date: NaiveDate,
    /// The treasury of the line: the one the document names, or the one that booked.
    pub treasury: String,
    /// The organ or unit of the line; empty where no issuer has a document.
    pub org: String,
    pub level: String,
    pub subject: String,
    pub bank: String,
    pub key: String,
    pub issuer: Money,
    pub bank_amount: Money,
    pub treasury_amount: Money,
    /// The organ that should have a document, where none has.
    pub organ: String,
    /// The line of the document, where the treasury booked this under another.
    pub named: Option<CellLine>,
    /// What treasuries booked of the payment under other lines.
    pub elsewhere: BTreeMap<CellLine, Money>,
    /// Of a correction: the payment it corrects, if its document is known.
    pub(super) corrects: Option<(Flow, String)>,
    /// Of a correction: what issuers ordered, whatever they moved of their own documents by it.
    pub ordered: Money,
    /// Of a refund that no bank recorded: what the tie-out has for the bank.
    pub(super) supposed: Money,
    /// Of a correction: the day outside the period on which the other party recorded it.
    pub recorded_on: Option<NaiveDate>,
    /// `file#row` of every entry.
    pub evidence: Vec<String>,
}

impl Difference {
    /// Whether those who speak at all state the same.
    fn ties_without(&self, is_silent: impl Fn(Role) -> bool) -> bool {
        let figures = [
            (Role::Issuer, self.issuer),
            (Role::Bank, self.bank_amount),
            (Role::Treasury, self.treasury_amount),
        ];
        let mut said = figures.into_iter().filter(|(role, _)| !is_silent(*role)).map(|(_, sum)| sum);
        said.next().is_none_or(|first| said.all(|sum| sum == first))
    }

    /// The line it is a difference of, whatever its adjust flag.
    fn line(&self) -> CellLine {
        CellLine {
            treasury: self.treasury.clone(),
            org: self.org.clone(),
            level: self.level.clone(),
            subject: self.subject.clone(),
            adjust_flag: String::new(),
        }
    }

    /// Takes in what another case has of the same correction, or what was corrected of the payment.
    fn join(&mut self, other: Self) {
        self.issuer += other.issuer;
        self.bank_amount += other.bank_amount;
        self.treasury_amount += other.treasury_amount;
        self.ordered += other.ordered;
        self.supposed += other.supposed;
        self.corrects = self.corrects.take().or(other.corrects);
        self.recorded_on = self.recorded_on.max(other.recorded_on);
        self.evidence.extend(other.evidence);
        self.evidence.sort_unstable();
        self.evidence.dedup();
    }

    pub fn figures(&self) -> Figures {
        Figures {
            issuer: self.issuer,
            bank: self.bank_amount,
            treasury: self.treasury_amount,
            ..Figures::default()
        }
    }
}

/// A payment that lies across an end of the period: what a bank received, or was ordered to be refunded, is of one period,
/// and the treasury's booking of another, or not there; or of a payout the record of the other who pays. Refunds are negative.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transit {
    pub flow: Flow,
    pub treasury: String,
    pub bank: String,
    pub key: String,
    pub org: String,
    pub level: String,
    pub subject: String,
    /// When the bank received it, the day of the refund's order, or the day the first who pays paid it.
    pub received: Moment,
    pub amount: Money,
    /// The day the treasury, or of a payout the other who pays, recorded it; `None` while it has not.
    pub booked_on: Option<NaiveDate>,
    pub crossing: Crossing,
    /// Whether an issuer's document of it is known.
    pub is_documented: bool,
    pub received_row: String,
    /// The row that proves it arrived; empty while none does.
    pub booked_row: String,
}

/// A correction of the period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CorrectionItem {
    pub date: NaiveDate,
    pub party: Party,
    /// Of an issuer's: whether it moves what its own document states.
    pub moves_document: bool,
    pub key: String,
    pub original_slip: String,
    pub old: CellLine,
    pub old_amount: Money,
    pub new: CellLine,
    pub new_amount: Money,
    pub reason: String,
    pub approval: String,
    pub row: String,
}

/// What a treasury's account held and moved in a period, as its own reports say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// By day: opening, income, outlay and closing.
    pub days: BTreeMap<NaiveDate, [Money; 4]>,
}

/// Everything a period adds up. Adding is exact and has no order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub cells: BTreeMap<CellLine, Gross>,
    /// Payments without an issuer's document, by what the others say of them: no cell of the daily tie-out has them.
    pub unslipped: BTreeMap<CellLine, Gross>,
    /// What the treasury booked of these payments and of corrections, as its own ledger classifies it.
    pub posted: BTreeMap<CellLine, Money>,
    /// By the treasury of the document, and bank.
    pub collected: BTreeMap<(String, String), Collected>,
    /// By the treasury of the document, and bank: refunds, which are negative, by the day the bank credited them.
    pub credited: BTreeMap<(String, String), Collected>,
    /// By the treasury of the document, and organ: slips.
    pub issued: BTreeMap<(String, String), Issued>,
    /// By treasury: receipts whose dates no calendar knows, so that they are of no period.
    pub undated: BTreeMap<String, (u64, Money)>,
    /// By treasury: receipts, refunds and corrections.
    pub bridges: BTreeMap<String, [Bridge; 3]>,
    pub banks: BTreeMap<String, BankSum>,
    pub flows: BTreeMap<Flow, FlowCount>,
    /// Documents by issuer: how many slips, orders and vouchers each organ's party issued, by party.
    pub documents: BTreeMap<Party, u64>,
    pub payouts: BTreeMap<PayoutLine, PayoutSum>,
    pub differences: Vec<Difference>,
    pub transits: Vec<Transit>,
    pub corrections: Vec<CorrectionItem>,
    /// By treasury and account.
    pub stocks: BTreeMap<(String, String), Stock>,
    /// By watched taxpayer: slips that were due by the end of the period and unpaid then, and their sum.
    pub arrears: BTreeMap<String, (u64, Money)>,
    /// Ledgers of payments that had rows of the period.
    pub heard: BTreeSet<Ledger>,
    /// By file whose it is, as its rows say: the banks, organs or treasuries they name.
    pub senders: BTreeMap<String, BTreeSet<String>>,
    /// What can be sampled.
    pub populations: BTreeMap<Stratum, Population>,
}

fn add_all<K: Ord, V: Default>(sums: &mut BTreeMap<K, V>, more: BTreeMap<K, V>, add: impl Fn(&mut V, V)) {
    for (key, value) in more {
        add(sums.entry(key).or_default(), value);
    }
}

impl Sums {
    pub(super) fn add(&mut self, other: Self) {
        add_all(&mut self.cells, other.cells, Gross::add);
        add_all(&mut self.unslipped, other.unslipped, Gross::add);
        add_all(&mut self.posted, other.posted, |of, more| *of += more);
        add_all(&mut self.collected, other.collected, Collected::add);
        add_all(&mut self.credited, other.credited, Collected::add);
        add_all(&mut self.issued, other.issued, Issued::add);
        add_all(&mut self.undated, other.undated, |of, more| {
            of.0 += more.0;
            of.1 += more.1;
        });
        add_all(&mut self.bridges, other.bridges, |of, more| {
            for (of, more) in of.iter_mut().zip(more) {
                of.add(more);
            }
        });
        add_all(&mut self.banks, other.banks, BankSum::add);
        add_all(&mut self.flows, other.flows, FlowCount::add);
        add_all(&mut self.documents, other.documents, |of, more| *of += more);
        add_all(&mut self.payouts, other.payouts, PayoutSum::add);
        self.differences.extend(other.differences);
        self.transits.extend(other.transits);
        self.corrections.extend(other.corrections);
        add_all(&mut self.stocks, other.stocks, |of, more| of.days.extend(more.days));
        add_all(&mut self.arrears, other.arrears, |of, more| {
            of.0 += more.0;
            of.1 += more.1;
        });
        self.heard.extend(other.heard);
        add_all(&mut self.senders, other.senders, BTreeSet::extend);
        add_all(&mut self.populations, other.populations, |of, more| of.runs.extend(more.runs));
    }

    /// Whether a party never spoke of a flow in the period: of what it lacks nothing is concluded.
    pub fn is_silent(&self, flow: Flow, role: Role) -> bool {
        let speaks = |ledger: &&Ledger| ledger.flow() == flow && group::role(**ledger) == Some(role);
        !self.heard.iter().any(|ledger| speaks(&ledger))
    }

    /// Whether both of two parties spoke of a flow in the period.
    pub fn speak(&self, flow: Flow, Pair(one, other): Pair) -> bool {
        !self.is_silent(flow, one) && !self.is_silent(flow, other)
    }

    /// What comparing the payments of a flow came to.
    pub fn compared(&self, flow: Flow) -> Compared {
        let count = self.flows.get(&flow).cloned().unwrap_or_default();
        let (missing, lost): (BTreeMap<_, _>, BTreeMap<_, _>) =
            count.missing.into_iter().partition(|(pair, _)| self.speak(flow, *pair));
        let unheard = lost.values().sum();
        let due = count.cases - count.awaited - unheard;
        Compared {
            payments: count.cases,
            awaited: count.awaited,
            unheard,
            due,
            agreed: due - count.differing - missing.values().sum::<u64>(),
            differing: count.differing,
            missing,
            unpaid: count.unpaid,
            overdue: count.overdue,
        }
    }

    /// The lists in their own order, which no order of runs or rows shows in.
    pub(super) fn sorted(mut self) -> Self {
        self.join_corrections();
        self.check();
        self.suppose();
        let silent: Vec<(Flow, Role)> = [Flow::Revenue, Flow::Refund, Flow::Disbursement]
            .into_iter()
            .flat_map(|flow| [Role::Issuer, Role::Bank, Role::Treasury].map(|role| (flow, role)))
            .filter(|(flow, role)| self.is_silent(*flow, *role))
            .collect();
        self.differences.retain(|item| !item.ties_without(|role| silent.contains(&(item.flow, role))));
        self.differences.sort_unstable();
        self.transits.sort_unstable();
        self.corrections.sort_unstable();
        self
    }

    /// Whether any treasury delivered corrections of the period.
    pub fn hears_corrections(&self) -> bool {
        self.heard.contains(&Ledger::TreasuryCorrections)
    }

    /// What a party that never delivers is supposed to have recorded: it does not say that it has nothing. A treasury without
    /// corrections what issuers ordered, banks without refunds what the tie-out has for them.
    fn suppose(&mut self) {
        let lacks_corrections = !self.hears_corrections();
        let lacks_refunds = self.is_silent(Flow::Refund, Role::Bank);
        for gross in self.cells.values_mut().chain(self.unslipped.values_mut()) {
            if lacks_corrections {
                gross.own.corrections = gross.corrections.issuer;
            }
            if lacks_refunds {
                gross.own.bank_refunds = gross.refunds.bank;
            }
        }
        for item in &mut self.differences {
            if lacks_corrections {
                item.treasury_amount += item.ordered;
            }
            if lacks_refunds {
                item.bank_amount += item.supposed;
            }
        }
    }

    /// A correction that names no slip is a case for each party: under one number and line it is one. What is corrected of a
    /// payment that differs under the line is part of its difference.
    fn join_corrections(&mut self) {
        let (mut corrections, mut rest): (Vec<Difference>, Vec<Difference>) =
            std::mem::take(&mut self.differences)
                .into_iter()
                .partition(|item| item.flow == Flow::Correction && !item.key.is_empty());
        // What the earliest says of itself stands, whatever the order of runs.
        corrections.sort_unstable();
        let mut joined: BTreeMap<(String, CellLine), Difference> = BTreeMap::new();
        for item in corrections {
            match joined.entry((item.key.clone(), item.line())) {
                Entry::Vacant(place) => {
                    place.insert(item);
                }
                Entry::Occupied(mut place) => place.get_mut().join(item),
            }
        }
        let corrected: BTreeSet<(Flow, String)> =
            joined.values().filter_map(|item| item.corrects.clone()).collect();
        let mut payments: BTreeMap<((Flow, String), CellLine), usize> = BTreeMap::new();
        if !corrected.is_empty() {
            for (place, item) in rest.iter().enumerate() {
                let key = (item.flow, item.key.clone());
                if corrected.contains(&key) {
                    payments.insert((key, item.line()), place);
                }
            }
        }
        for item in joined.into_values() {
            let of = item.corrects.clone().map(|payment| (payment, item.line()));
            match of.and_then(|of| payments.get(&of)) {
                Some(&place) => rest[place].join(item),
                None => rest.push(item),
            }
        }
        self.differences = rest;
    }

    /// Asserts what the parties sign: the columns of a treasury, level and subject differ by their items, a treasury's column is what it booked
    /// itself and leads to its books, and a bank's to the bank's.
    fn check(&self) {
        let mut treasuries: BTreeMap<&str, Gross> = BTreeMap::new();
        let mut apart: BTreeMap<[&str; 4], [Money; 2]> = BTreeMap::new();
        for (line, gross) in self.cells.iter().chain(&self.unslipped) {
            treasuries.entry(&line.treasury).or_default().add(*gross);
            let sum = apart.entry([&line.treasury, &line.org, &line.level, &line.subject]).or_default();
            for (sum, difference) in sum.iter_mut().zip(gross.differences()) {
                *sum += difference;
            }
        }
        for item in self.differences.iter().filter(|item| item.flow != Flow::Disbursement) {
            let sum = apart.entry([&item.treasury, &item.org, &item.level, &item.subject]).or_default();
            sum[0] -= item.bank_amount - item.issuer;
            sum[1] -= item.treasury_amount - item.issuer;
        }
        for (line, left) in apart {
            assert!(left.iter().all(|sum| sum.is_zero()), "the items of {line:?} leave {left:?}");
        }
        let mut posted: BTreeMap<&str, Money> = BTreeMap::new();
        for (line, amount) in &self.posted {
            *posted.entry(&line.treasury).or_default() += *amount;
        }
        let [collected, credited] = [&self.collected, &self.credited].map(|banks| {
            let mut sums: BTreeMap<&str, Money> = BTreeMap::new();
            for ((treasury, bank), of) in banks {
                assert_eq!(of.amount - of.outside + of.other, of.own, "{bank} at {treasury}");
                *sums.entry(treasury).or_default() += of.amount;
            }
            sums
        });
        let mut issued: BTreeMap<&str, Money> = BTreeMap::new();
        for ((treasury, org), of) in &self.issued {
            assert_eq!(of.own - of.unpaid - of.other + of.outside, of.amount, "{org} at {treasury}");
            *issued.entry(treasury).or_default() += of.amount;
        }
        let mut crossed: BTreeMap<&str, Bridge> = BTreeMap::new();
        for item in &self.transits {
            if item.flow != Flow::Disbursement && (item.booked_on.is_some() || item.is_documented) {
                *crossed.entry(&item.treasury).or_default().crossed(item.crossing) += item.amount;
            }
        }
        let names = treasuries.keys().chain(posted.keys()).chain(collected.keys()).chain(crossed.keys());
        let names = names.chain(issued.keys()).chain(credited.keys());
        let names: BTreeSet<&str> = names.copied().chain(self.bridges.keys().map(String::as_str)).collect();
        for name in names {
            let gross = treasuries.get(name).copied().unwrap_or_default();
            let bridges = self.bridges.get(name).copied().unwrap_or_default();
            let sum = |of: &BTreeMap<&str, Money>| of.get(name).copied().unwrap_or_default();
            assert!(bridges.iter().all(|of| of.holds()), "every booking of {name} is accounted for");
            let stated = [Component::Receipts, Component::Refunds, Component::Corrections]
                .map(|of| gross.stated_of(of));
            assert_eq!(bridges.map(|of| of.documents), stated.map(|of| of.issuer), "documents of {name}");
            assert_eq!(bridges.map(|of| of.stated), stated.map(|of| of.treasury), "bookings of {name}");
            assert_eq!(sum(&posted), gross.stated().treasury, "{name} classifies all it booked");
            assert_eq!(sum(&collected), gross.receipts.bank, "receipts of the banks for {name}");
            // Of a ledger that never comes nothing is credited, though something is supposed.
            if !self.is_silent(Flow::Refund, Role::Bank) {
                assert_eq!(sum(&credited), gross.own.bank_refunds, "refunds of the banks for {name}");
            }
            assert_eq!(sum(&issued), gross.receipts.issuer, "slips of the organs for {name}");
            let listed = crossed.get(name).copied().unwrap_or_default();
            let mut whole = Bridge::default();
            for bridge in bridges {
                whole.add(bridge);
            }
            assert_eq!(listed, whole.crossings(), "payments across the ends of the period at {name}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(chain: [Role; 3], missing: Role, recorded: &[Role], expected: (Role, Role)) {
        let pair = Pair::of(chain, missing, |role| recorded.contains(&role));
        assert_eq!(pair, Pair(expected.0, expected.1));
    }

    #[test]
    fn a_missing_record_is_between_its_party_and_the_one_before_it() {
        use Role::{Bank, Issuer, Treasury};
        let by_bank = [Issuer, Bank, Treasury];
        check(by_bank, Bank, &[Issuer, Treasury], (Issuer, Bank));
        check(by_bank, Treasury, &[Issuer, Bank], (Bank, Treasury));
        check(by_bank, Issuer, &[Bank, Treasury], (Issuer, Bank));
        check(by_bank, Issuer, &[Treasury], (Issuer, Treasury));
        let by_treasury = [Issuer, Treasury, Bank];
        check(by_treasury, Treasury, &[Issuer], (Issuer, Treasury));
        check(by_treasury, Bank, &[Issuer, Treasury], (Bank, Treasury));
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_booking_leads_from_the_day_its_payment_counts_to_the_day_it_was_made() {
        let span = Span::month("2026-01").expect("a month");
        let yuan: Money = "7.00".parse().expect("money");
        let check = |booked: &str, counted: Option<&str>, expected: Bridge| {
            let way = Bridge::of(span, day(booked), counted.map(day), yuan);
            assert_eq!(way, expected, "{booked} {counted:?}");
            // Without a document it is stated as such.
            assert!(Bridge { unslipped: way.stated, ..way }.holds());
        };
        let none = Bridge::default();
        check("2026-01-30", Some("2026-01-30"), Bridge { stated: yuan, booked: yuan, ..none });
        check("2026-02-02", Some("2026-01-30"), Bridge { stated: yuan, later: yuan, ..none });
        check("2025-12-31", Some("2026-01-05"), Bridge { stated: yuan, earlier: yuan, ..none });
        check("2026-01-05", Some("2025-12-31"), Bridge { started: yuan, booked: yuan, ..none });
        check("2026-01-31", Some("2026-02-02"), Bridge { beyond: yuan, booked: yuan, ..none });
        check("2026-01-30", None, Bridge { undated: yuan, booked: yuan, ..none });
        check("2026-02-02", Some("2026-02-02"), none);
        check("2026-02-02", None, none);
    }

    #[test]
    fn a_receipt_leads_from_the_day_its_payment_counts_to_the_bank_s_books() {
        let span = Span::month("2026-01").expect("a month");
        let yuan: Money = "7.00".parse().expect("money");
        let check = |received: &str, counted: Option<&str>, expected: Collected| {
            let way = Collected::of(span, day(received), counted.map(day), yuan);
            assert_eq!(way, expected, "{received} {counted:?}");
            assert_eq!(way.amount - way.outside + way.other, way.own);
        };
        let none = Collected::default();
        check("2026-01-30", Some("2026-01-30"), Collected { count: 1, amount: yuan, own: yuan, ..none });
        check("2025-12-31", Some("2026-01-04"), Collected { count: 1, amount: yuan, outside: yuan, ..none });
        check("2026-01-31", Some("2026-02-02"), Collected { other: yuan, own: yuan, ..none });
        check("2026-01-30", None, Collected { other: yuan, own: yuan, ..none });
        check("2026-02-02", Some("2026-02-02"), none);
    }
}
