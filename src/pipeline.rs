//! The main path: a day's rows, the facts and what the run before handed on, to an outcome.
//!
//! A run is a function of these inputs alone. Nothing here reads a file or a clock; the archive is asked through
//! [`History`] for rows that were settled long ago and are spoken of again.

pub mod alter;
pub mod handover;
pub mod margin;
pub mod notices;
mod recall;
pub mod registered;
mod settling;
mod sums;
pub mod telling;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::domain::entry::{Book, Entry, EntryId, Part};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::money::Money;
use crate::domain::table::Code;
use crate::ledger::intake::{self, Digest, Fate, Intake};
use crate::matching::balance::Balances;
use crate::matching::remittance::{self, How, Known, Remittances, Standing};
use crate::matching::tie_out::{self, Figures, TieOut};
use crate::matching::{Case, Group, Limits, Matched, group, match_up};
use crate::rules::collection::slip_incomplete;
use crate::rules::finding::{Finding, Severity, Status, Told};
use crate::rules::registers::{self, Registers};
use crate::rules::running::{self, Running, Totals};
use crate::rules::{self, Day, Stays, accounts, collection, disbursements};

use handover::{Carried, Handover, History, Memo, RunCount, Seen, SettledMemo, TREND_RUNS};
use notices::{Notice, Withdrawn};
use recall::Repeated;
use settling::Settling;
use sums::Sums;
use telling::Telling;

/// All a report or an archive may use.
#[derive(Debug)]
pub struct Outcome {
    pub facts: Facts,
    pub book: Book,
    /// How many entries, from the first on, were handed on by the run before.
    pub carried: usize,
    pub digests: Vec<Digest>,
    pub intake: Intake,
    pub matched: Matched,
    pub remittances: Remittances,
    /// For each case the day of its tie-out cell.
    pub cell_days: Vec<Option<NaiveDate>>,
    /// What is told today, in the order of rules and keys.
    pub told: Vec<Told>,
    /// Notices of the day, and earlier ones that were open when it began, by number.
    pub notices: Vec<Notice>,
    /// Items of earlier notices that stand there no longer.
    pub withdrawn: Vec<Withdrawn>,
    /// Made when they are first asked for.
    open_items: OnceLock<Vec<OpenItem>>,
    /// Amount-days 积数 of the receipts at hand that were late or are held.
    pub amount_days: BTreeMap<EntryId, Money>,
    pub registers: Registers,
    /// Cells of the day, and earlier ones that still differ.
    pub cells: Vec<(tie_out::CellName, Figures)>,
    /// What becomes of every entry.
    pub places: Vec<Place>,
    /// Cases that earlier runs settled and this one took back: the day of the run, and the number.
    pub recalled: BTreeSet<(NaiveDate, u32)>,
    /// Rows that are handed on are in `places`; the rest of what the next run must know.
    pub handover: Handover,
}

/// Where an entry goes from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// It repeats another.
    Nowhere,
    /// To the next run: its case is open. The number tells cases of one run apart.
    Carried { case: u32 },
    /// Into the archive.
    Settled { case: u32 },
}

/// 未达账项: a payment that some party has not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItem {
    pub key: String,
    pub flow: Flow,
    /// Who has not answered: `issuer`, `bank`, `treasury`, or `remittance` while the bank holds the money.
    pub awaits: Vec<&'static str>,
    pub amount: Option<Money>,
    pub treasury: String,
    pub bank: String,
    pub since: NaiveDate,
    /// Working days; `None` in a year the calendar does not know.
    pub age_days: Option<u32>,
    pub due_on: Option<NaiveDate>,
    pub evidence: Vec<String>,
}

impl OpenItem {
    /// Everything an item can wait for.
    pub const AWAITS: [&str; 4] = ["issuer", "bank", "treasury", "remittance"];

    /// Whether it is a slip that neither bank nor treasury has heard of: no money, and so nothing between parties.
    pub fn is_unpaid(&self) -> bool {
        self.flow == Flow::Revenue && self.awaits.contains(&"bank") && self.awaits.contains(&"treasury")
    }
}

/// Runs a day: `parts` are the rows that came that day.
pub fn reconcile(
    parts: Vec<Part>,
    facts: Facts,
    before: Handover,
    history: &dyn History,
) -> anyhow::Result<Outcome> {
    let (outcome, ()) = reconcile_and_look(parts, facts, before, history, |_, _| ())?;
    Ok(outcome)
}

/// Runs a day, and looks at it when it is judged.
pub fn reconcile_and_look<T>(
    parts: Vec<Part>,
    facts: Facts,
    before: Handover,
    history: &dyn History,
    look: impl FnOnce(&Prepared, &[Finding]) -> T,
) -> anyhow::Result<(Outcome, T)> {
    let prepared = Taken::of(parts, facts, before, history)?.match_up().prepare();
    let findings = rules::judge(rules::RULES, &prepared.day());
    let seen = look(&prepared, &findings);
    Ok((prepared.settle(&findings), seen))
}

/// The first step of a run: what is at hand, the day's rows, those handed on, and those that come back.
#[derive(Debug)]
pub struct Taken {
    facts: Facts,
    before: Handover,
    book: Book,
    carried: usize,
    digests: Vec<Digest>,
    intake: Intake,
    known: Known,
    sums: Sums,
    /// What settled rows left, those that come back taken out.
    settled: Totals,
    /// Cases that came back: the day of the run that settled them, and the number.
    recalled: BTreeSet<(NaiveDate, u32)>,
}

impl Taken {
    pub fn of(
        parts: Vec<Part>,
        mut facts: Facts,
        mut before: Handover,
        history: &dyn History,
    ) -> anyhow::Result<Self> {
        recall::find_gaps(&mut facts, before.day, &before.deliveries, std::mem::take(&mut before.gaps));
        facts.delays = std::mem::take(&mut before.delays);
        let today = std::mem::replace(&mut facts.unread, std::mem::take(&mut before.unread));
        facts.unread.extend(today);
        let (cells, remitted) = (std::mem::take(&mut before.cells), std::mem::take(&mut before.remitted));
        let mut sums = Sums::of(cells, remitted, &facts);
        let (mut all, mut memos) = (Vec::new(), Vec::new());
        for Carried { part, memo } in std::mem::take(&mut before.rows) {
            memos.extend(memo);
            all.push(part);
        }
        let carried = memos.len();
        all.extend(parts);
        let mut book = Book::assemble(all);
        let mut digests = intake::digests(&book);
        let mut known = Known::default();
        let mut fates: BTreeMap<EntryId, Fate> = BTreeMap::new();
        for (id, memo) in book.ids().zip(&memos) {
            fates.insert(id, memo.fate);
            memo.recall(id, &mut known);
        }
        let Repeated { repeats, revived } =
            recall::seen_before(&book, &digests, carried, &before, &facts, history)?;
        let mut settled = std::mem::take(&mut before.running);
        let mut recalled = BTreeSet::new();
        if !revived.is_empty() {
            let from = book.len();
            let mut more = revived;
            while !more.is_empty() {
                let start = book.len();
                recall::revive(history, &more, &mut book, &mut fates, &mut known, &mut sums)?;
                digests.extend(intake::digests_from(&book, start));
                recalled.append(&mut more);
                let at_hand = digests[..carried].iter().chain(&digests[from..]);
                let mut at_hand: Vec<u64> = at_hand.flat_map(|digest| [digest.link, digest.key]).collect();
                at_hand.sort_unstable();
                more = recall::tied_to_revived(&book, start, &at_hand, &recalled, history)?;
            }
            let back = |fate: Fate| -> Vec<EntryId> {
                let was = |id: &EntryId| id.0 as usize >= from && fates.get(id) == Some(&fate);
                book.ids().filter(was).collect()
            };
            let counted = counted(&book, &back(Fate::Stands), &back(Fate::Cancelled), &facts);
            running::take_out(&mut settled, counted);
        }
        let intake = intake::take_in(&book, &digests, &facts.settings.status_success, &fates, &repeats);
        recall::inherit(&book, &intake, &mut known);
        Ok(Self { facts, before, book, carried, digests, intake, known, sums, settled, recalled })
    }

    /// The second step: rows become payments and batches.
    pub fn match_up(mut self) -> Joined {
        let layers = Layers::of(&self.book, &self.intake, &self.known, &self.sums, &self.facts);
        self.sums.add(&self.book, &layers.tied, &layers.remittances, &self.facts);
        Joined { taken: self, layers }
    }
}

/// What is at hand, joined to payments and batches.
#[derive(Debug)]
pub struct Joined {
    taken: Taken,
    layers: Layers,
}

impl Joined {
    /// The third step: what the rules look at besides rows and payments.
    pub fn prepare(mut self) -> Prepared {
        let known = std::mem::take(&mut self.taken.before.balances);
        let settled = std::mem::take(&mut self.taken.settled);
        let Self { taken: Taken { facts, book, intake, .. }, layers } = &self;
        let matched = &layers.matched;
        let standing_ids = intake.standing();
        let statements = standing(book, intake, |ledger| ledger == Ledger::BankStatements);
        let balances = Balances::of(book, &statements, known);
        let cancelled = cancelled(intake);
        let of_age = |is_fresh: bool| {
            let of = |ids: &[EntryId]| -> Vec<EntryId> {
                let is_of = |id: &EntryId| (id.0 as usize >= self.taken.carried) == is_fresh;
                ids.iter().copied().filter(is_of).collect()
            };
            counted(book, &of(&standing_ids), &of(&cancelled), facts)
        };
        let (mut at_hand, fresh) = rayon::join(|| of_age(false), || of_age(true));
        running::add(&mut at_hand, fresh.clone());
        let running = Running { settled, at_hand };
        let of_collection = || {
            rayon::join(
                || collection::lateness(book, &layers.receipts, &layers.remittances, facts),
                || slip_incomplete::to_be_looked_at(book, &layers.case_of, &running, &intake.changes),
            )
        };
        let of_payouts = || {
            rayon::join(
                || accounts::first_credits(book, &layers.case_of),
                || disbursements::in_order(book, matched, &layers.case_of),
            )
        };
        let ((lateness, slips_to_look_at), (first_credits, vouchers)) =
            rayon::join(of_collection, of_payouts);
        Prepared {
            since: self.taken.before.since.unwrap_or(facts.as_of).min(facts.as_of),
            doubtful: matched.doubts.iter().flat_map(|doubt| doubt.entries.iter().copied()).collect(),
            deviations: deviations(book, &layers.tied),
            originals: originals(book, matched),
            asked: rules::Asked::of(&self.taken.before.told),
            lateness,
            slips_to_look_at,
            first_credits,
            vouchers,
            standing: standing_ids,
            statements,
            balances,
            running,
            fresh,
            joined: self,
        }
    }
}

/// A day that can be judged.
#[derive(Debug)]
pub struct Prepared {
    joined: Joined,
    standing: Vec<EntryId>,
    statements: Vec<EntryId>,
    balances: Balances,
    running: Running,
    /// What the rows at hand come to that came today or came back.
    fresh: Totals,
    since: NaiveDate,
    lateness: collection::Lateness,
    doubtful: BTreeSet<EntryId>,
    slips_to_look_at: Vec<EntryId>,
    first_credits: Vec<EntryId>,
    vouchers: Vec<u32>,
    deviations: BTreeMap<tie_out::CellName, Vec<u32>>,
    originals: BTreeMap<String, u32>,
    asked: BTreeMap<(&'static str, String), rules::Asked>,
}

impl Prepared {
    /// The day as rules look at it.
    pub fn day(&self) -> Day<'_> {
        let Joined { taken, layers } = &self.joined;
        Day {
            book: &taken.book,
            facts: &taken.facts,
            matched: &layers.matched,
            case_of: &layers.case_of,
            remittances: &layers.remittances,
            remitted: &taken.sums.remitted,
            cells: &taken.sums.cells,
            deviations: &self.deviations,
            balances: &self.balances,
            standing: &self.standing,
            reversed: &taken.intake.reversed,
            statements: &self.statements,
            originals: &self.originals,
            running: &self.running,
            since: self.since,
            last_run: taken.before.day,
            changes: &taken.intake.changes,
            lateness: &self.lateness,
            doubtful: &self.doubtful,
            asked: &self.asked,
            slips_to_look_at: &self.slips_to_look_at,
            first_credits: &self.first_credits,
            vouchers: disbursements::vouchers(&taken.book, &layers.matched, &self.vouchers),
        }
    }

    /// The last step: what is told, and what becomes of every row.
    pub fn settle(self, findings: &[Finding]) -> Outcome {
        let registers = registers::of(&self.day());
        let Self { joined, standing, balances, running, fresh, since, lateness, doubtful, .. } = self;
        let Joined { taken, layers } = joined;
        let Taken { facts, before, book, carried, digests, intake, mut sums, recalled, .. } = taken;
        let Layers { matched, case_of, remittances, tied, .. } = &layers;
        let mut telling = telling::tell(&book, &intake, case_of, &facts, findings, before.told);
        let notices = notices::issue(&mut telling, before.notices, before.last_notice, &facts);
        let held = held(&book, matched, findings, tied, &doubtful);
        let settling = Settling { book: &book, matched, case_of, remittances, held: &held, facts: &facts };
        let open = settling.open(&digests);
        let places = settling.places(&intake, &digests, &open);
        let cells = sums.told(&facts);
        sums.leave(&book, &layers, &facts, |id| matches!(places[id.0 as usize], Place::Carried { .. }));
        // Of what came today most settles, and of what was handed on most stays: only the others are counted.
        let Running { mut settled, .. } = running;
        running::add(&mut settled, fresh);
        let stays = |id: &EntryId| !matches!(places[id.0 as usize], Place::Settled { .. });
        let is_fresh = |id: &EntryId| id.0 as usize >= carried;
        let others = |ids: &[EntryId], fresh: bool| -> Vec<EntryId> {
            let is_one = |id: &EntryId| is_fresh(id) == fresh && stays(id) == fresh;
            ids.iter().copied().filter(is_one).collect()
        };
        let cancelled = cancelled(&intake);
        running::take_out(
            &mut settled,
            counted(&book, &others(&standing, true), &others(&cancelled, true), &facts),
        );
        running::add(
            &mut settled,
            counted(&book, &others(&standing, false), &others(&cancelled, false), &facts),
        );
        running::forget(&mut settled, facts.as_of);
        let mut deliveries = before.deliveries;
        deliveries.extend(facts.delivered.iter().map(|&ledger| (facts.as_of, ledger)));
        deliveries.retain(|(day, _)| *day >= facts.horizon());
        let mut trend = before.trend;
        trend.push(run_count(&telling, &cells, facts.as_of));
        trend.drain(..trend.len().saturating_sub(TREND_RUNS));
        let handover = Handover {
            trend,
            no_data: telling::no_data(&facts),
            day: Some(facts.as_of),
            rows: Vec::new(),
            told: telling.kept,
            last_notice: notices.iter().map(|notice| notice.serial).max().max(before.last_notice),
            notices: notices.iter().filter(|notice| notice.is_open()).cloned().collect(),
            cells: sums.cells,
            remitted: sums.remitted,
            balances: balances.hand_on(facts.horizon()),
            running: settled,
            since: Some(since),
            deliveries,
            gaps: facts.gaps.clone(),
            unread: still_unread(&facts),
            delays: recent(collection::delay_days(&book, &lateness, &facts), facts.as_of),
        };
        let Layers { matched, remittances, tied, .. } = layers;
        Outcome {
            amount_days: collection::held(&book, &lateness, facts.as_of),
            registers,
            facts,
            book,
            carried,
            digests,
            intake,
            matched,
            remittances,
            cell_days: tied.days,
            told: telling.told,
            notices,
            withdrawn: telling.withdrawn,
            open_items: OnceLock::new(),
            cells,
            places,
            recalled,
            handover,
        }
    }
}

/// The partitions of a day's entries: payments, and remittances.
#[derive(Debug)]
struct Layers {
    receipts: Vec<EntryId>,
    matched: Matched,
    case_of: Vec<Option<u32>>,
    remittances: Remittances,
    tied: TieOut,
}

impl Layers {
    fn of(book: &Book, intake: &Intake, known: &Known, settled: &Sums, facts: &Facts) -> Self {
        let standing = |wanted: fn(Ledger) -> bool| standing(book, intake, wanted);
        let payments = standing(group::is_joined);
        let window = chrono::Days::new(u64::from(facts.settings.match_window_days));
        let matched = match_up(book, &payments, Limits { window });
        drop(payments);
        let case_of = case_of(book, &matched);
        let receipts = standing(|ledger| ledger == Ledger::BankReceipts);
        let treasury_of_slip = |receipt: Entry<'_>| {
            let case = case_of[receipt.id().0 as usize].expect("a receipt is in a case");
            let slip = Group::new(book, matched.case(case as usize).entries).issuer();
            slip.map_or(Code::default(), |slip| slip.code(Field::Treasury))
        };
        let remittances = remittance::remit(
            book,
            Standing {
                receipts: &receipts,
                remittances: &standing(|ledger| ledger == Ledger::BankRemittances),
                clearings: &standing(|ledger| ledger == Ledger::TreasuryClearing),
            },
            facts.as_of,
            known,
            treasury_of_slip,
            |row, day| row.moment(Field::RemittedAt).and_then(|at| facts.clearing_day(at)) == Some(day),
            |cell| settled.owed(book, cell),
        );
        let tied = tie_out::tie_out(book, &matched, facts);
        Self { receipts, matched, case_of, remittances, tied }
    }
}

/// What a run tells, in numbers. Open are breaches and leads of any day, told today or told once before.
fn run_count(telling: &Telling, cells: &[(tie_out::CellName, Figures)], as_of: NaiveDate) -> RunCount {
    let mut count = RunCount {
        day: as_of,
        new: 0,
        still_open: 0,
        resolved: 0,
        differing: u32::try_from(cells.iter().filter(|(_, figures)| !figures.ties()).count())
            .unwrap_or(u32::MAX),
        open: BTreeMap::new(),
    };
    for told in &telling.told {
        count.resolved += u32::from(told.status == Status::Resolved);
        count.new += u32::from(told.status == Status::Open && told.first_seen == as_of);
    }
    for told in telling.kept.iter().filter(|told| told.status == Status::Open) {
        count.still_open += u32::from(told.first_seen < as_of);
        if told.severity > Severity::Info {
            *count.open.entry(told.party).or_default() += 1;
        }
    }
    count
}

/// The entries of some ledgers that are matched and judged, ascending.
fn standing(book: &Book, intake: &Intake, wanted: fn(Ledger) -> bool) -> Vec<EntryId> {
    let mut ids = book.ids_of(wanted);
    ids.retain(|id| intake.fates[id.0 as usize] == Fate::Stands);
    ids
}

/// The entries that a reversal took back, ascending.
fn cancelled(intake: &Intake) -> Vec<EntryId> {
    intake.reversed.iter().map(|(payment, _)| *payment).collect()
}

/// What some rows come to by counter: those that stand, and those that were taken back.
fn counted(book: &Book, standing: &[EntryId], cancelled: &[EntryId], facts: &Facts) -> Totals {
    let mut totals = running::count(rules::COUNTERS, book, standing, facts);
    running::add(&mut totals, running::count(rules::OF_CANCELLED, book, cancelled, facts));
    totals
}

/// The cases of the slips that refunds at hand give back, by their numbers: any party's record of a slip will do.
fn originals(book: &Book, matched: &Matched) -> BTreeMap<String, u32> {
    let refunds = book.ids_of(|ledger| matches!(ledger, Ledger::TaxRefunds | Ledger::FinanceRefunds));
    let named = refunds.into_iter().map(|id| book.entry(id).text(Field::OriginalSlip));
    let wanted: FxHashSet<&str> = named.filter(|slip| !slip.is_empty()).collect();
    if wanted.is_empty() {
        return BTreeMap::new();
    }
    let places: Vec<u32> = (0..u32::try_from(matched.len()).expect("fewer than 2^32 cases")).collect();
    places
        .into_par_iter()
        .flat_map_iter(|place| {
            let group = Group::new(book, matched.case(place as usize).entries);
            let records = group.entries().filter(|entry| entry.ledger().flow() == Flow::Revenue);
            let numbers = records.map(|entry| entry.text(Field::SlipNo));
            numbers.filter(|number| wanted.contains(number)).map(move |number| (number.to_owned(), place))
        })
        .collect()
}

/// Cases whose parties state different sums, by cell.
fn deviations(book: &Book, tied: &TieOut) -> BTreeMap<tie_out::CellName, Vec<u32>> {
    let mut deviations: BTreeMap<tie_out::CellName, Vec<u32>> = BTreeMap::new();
    for (key, case) in &tied.deviations {
        deviations.entry(key.name(book)).or_default().push(*case);
    }
    deviations
}

/// For each entry whether it stays at hand: it is under an open finding, in doubt, or makes a cell differ.
fn held(
    book: &Book,
    matched: &Matched,
    findings: &[Finding],
    tied: &TieOut,
    doubtful: &BTreeSet<EntryId>,
) -> Vec<bool> {
    let mut held = vec![false; book.len()];
    let deviating = tied.deviations.iter().flat_map(|(_, case)| matched.case(*case as usize).entries);
    let open = findings.iter().filter(|finding| {
        finding.settled_on.is_none() && matches!(finding.rule.stays, Stays::OpenItem | Stays::Case)
    });
    let found = open.flat_map(|finding| &finding.evidence);
    for id in deviating.chain(found).chain(doubtful) {
        held[id.0 as usize] = true;
    }
    held
}

fn case_of(book: &Book, matched: &Matched) -> Vec<Option<u32>> {
    let mut case_of = vec![None; book.len()];
    for (place, case) in (0_u32..).zip(matched.cases()) {
        for id in case.entries {
            case_of[id.0 as usize] = Some(place);
        }
    }
    case_of
}

/// Rows that could not be read, as long as what they were of may still be open.
fn still_unread(facts: &Facts) -> BTreeMap<(Ledger, String), (NaiveDate, String)> {
    let kept = chrono::Days::new(u64::from(facts.settings.open_items_write_off_days));
    let first = facts.as_of.checked_sub_days(kept).unwrap_or(NaiveDate::MIN);
    let of = facts.unread.iter().filter(|(_, (day, _))| *day >= first);
    of.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Delay days of the last half year: enough for the quarter of any row that may still come.
fn recent(
    mut delays: BTreeMap<String, BTreeSet<NaiveDate>>,
    as_of: NaiveDate,
) -> BTreeMap<String, BTreeSet<NaiveDate>> {
    let first = as_of.checked_sub_days(chrono::Days::new(184)).unwrap_or(NaiveDate::MIN);
    for days in delays.values_mut() {
        days.retain(|day| *day >= first);
    }
    delays.retain(|_, days| !days.is_empty());
    delays
}

impl Outcome {
    /// The payments that some party has not answered, the oldest first.
    pub fn open_items(&self) -> &[OpenItem] {
        self.open_items.get_or_init(|| {
            let cases = (0..self.matched.len()).into_par_iter().map(|place| self.matched.case(place));
            let is_open =
                |case: &Case<'_>| matches!(self.places[case.entries[0].0 as usize], Place::Carried { .. });
            settling::open_items(&self.book, cases.filter(is_open), &self.remittances, &self.facts)
        })
    }

    /// The entries that go to the next run, ascending.
    pub fn carried_ids(&self) -> Vec<EntryId> {
        self.ids(|place| matches!(place, Place::Carried { .. }))
    }

    /// The entries that go into the archive for good, ascending.
    pub fn settled_ids(&self) -> Vec<EntryId> {
        self.ids(|place| matches!(place, Place::Settled { .. }))
    }

    fn ids(&self, wanted: impl Fn(Place) -> bool) -> Vec<EntryId> {
        self.book.ids().filter(|id| wanted(self.places[id.0 as usize])).collect()
    }

    /// What the next run must know of each of these carried entries.
    pub fn memos(&self, carried: &[EntryId]) -> Vec<Memo> {
        // What carried receipts took they will take again.
        let is_carried = |id: &EntryId| matches!(self.places[id.0 as usize], Place::Carried { .. });
        let mut taken: BTreeMap<EntryId, Money> = BTreeMap::new();
        for &(_, remittance, share) in self.remittances.shares.iter().filter(|of| is_carried(&of.0)) {
            *taken.entry(remittance).or_default() += share;
        }
        for &(receipt, remittance) in self.remittances.named.iter().filter(|of| is_carried(&of.0)) {
            *taken.entry(remittance).or_default() +=
                self.book.entry(receipt).money(Field::Amount).unwrap_or_default();
        }
        let memo = |id: &EntryId| Memo {
            fate: self.intake.fates[id.0 as usize],
            covered_on: self
                .remittances
                .covered(*id)
                .filter(|covered| covered.how == How::Batch)
                .map(|covered| covered.on),
            consumed: self
                .remittances
                .consumed
                .get(id)
                .map(|&sum| (sum - taken.get(id).copied().unwrap_or_default()).max(Money::ZERO)),
            is_claimed: self.remittances.claimed.contains(id),
        };
        carried.par_iter().map(memo).collect()
    }

    /// How each of these settled entries was settled.
    pub fn settled_memos(&self, settled: &[EntryId]) -> Vec<SettledMemo> {
        settled
            .par_iter()
            .map(|&id| {
                let Place::Settled { case } = self.places[id.0 as usize] else { panic!("a settled entry") };
                SettledMemo {
                    run: self.facts.as_of,
                    case,
                    fate: self.intake.fates[id.0 as usize],
                    cell_on: self.cell_days.get(case as usize).copied().flatten(),
                    covered_on: self.remittances.covered(id).map(|covered| covered.on),
                }
            })
            .collect()
    }

    /// The digests under which settled rows are found again, ascending; a row that was merely completed since is
    /// known by its old digest too.
    pub fn seen(&self) -> Vec<Seen> {
        let of = |row: EntryId, place: Place| {
            let Place::Settled { case } = place else { return None };
            let digest = self.digests[row.0 as usize];
            Some(Seen { link: digest.link, row: digest.row, run: self.facts.as_of, case })
        };
        let mut seen: Vec<Seen> =
            self.book.ids().filter_map(|id| of(id, self.places[id.0 as usize])).collect();
        for id in self.book.ids_of(intake::may_be_tied) {
            let Some(known) = of(id, self.places[id.0 as usize]) else { continue };
            seen.extend(intake::ties(self.book.entry(id)).map(|link| Seen { link, ..known }));
        }
        // For refunds that name no slip.
        seen.par_extend((0..self.matched.len()).into_par_iter().flat_map_iter(|place| {
            let group = Group::new(&self.book, self.matched.case(place).entries);
            let slip = group.issuer().map(Entry::id);
            let known = slip.and_then(|slip| of(slip, self.places[slip.0 as usize])).into_iter();
            known.flat_map(move |known| {
                recall::payer_links(group).into_iter().map(move |link| Seen { link, ..known })
            })
        }));
        let completed = self.intake.changes.iter().filter(|change| change.altered.is_empty());
        seen.extend(completed.filter_map(|change| of(change.old, self.places[change.new.0 as usize])));
        seen.par_sort_unstable();
        seen
    }

    /// What the next run starts from.
    pub fn hand_on(self) -> Handover {
        Handover { rows: self.rows_to_hand_on(), ..self.handover }
    }

    /// The rows that the next run starts from.
    pub fn rows_to_hand_on(&self) -> Vec<Carried> {
        let ids = self.carried_ids();
        let (memos, parts) = rayon::join(|| self.memos(&ids), || self.book.extract(&ids));
        let mut memos = memos.into_iter();
        let with_memos = |part: Part| Carried { memo: memos.by_ref().take(part.rows.len()).collect(), part };
        let mut rows: Vec<Carried> = parts.into_iter().map(with_memos).collect();
        rows.sort_by_key(|carried| carried.part.ledger);
        rows
    }
}

/// Whether a printed finding counts against the day: it is open, or new.
pub fn counts(told: &Told, as_of: NaiveDate) -> bool {
    told.status == Status::Open || told.first_seen == as_of
}
