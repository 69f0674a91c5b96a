//! The main path: a day's rows, the facts and what the run before handed on, to an outcome.
//!
//! A run is a function of these inputs alone. Nothing here reads a file or a clock; the archive is asked through
//! [`History`] for rows that were settled long ago and are spoken of again.

pub mod handover;
pub mod telling;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::{Book, Entry, EntryId, Part};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::domain::table::Code;
use crate::ledger::intake::{self, Digest, Fate, Intake};
use crate::matching::remittance::{self, How, Known, Remittances};
use crate::matching::tie_out::{self, Figures};
use crate::matching::{Group, Limits, Matched, group, match_up};
use crate::rules::finding::{Status, Told};
use crate::rules::{self, Day, Stays, collection, payment};

use handover::{Carried, Handover, History, Memo, Seen, Settled, SettledMemo};

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
    /// What is told today, in the order of rules and keys.
    pub told: Vec<Told>,
    pub open_items: Vec<OpenItem>,
    /// Cells of the day, and earlier ones that still differ.
    pub cells: Vec<(tie_out::CellName, Figures)>,
    /// Rules of which nothing can be concluded today, and what they lack.
    pub no_data: Vec<NoData>,
    /// What becomes of every entry.
    pub places: Vec<Place>,
    /// Rows that are handed on are in `places`; the rest of what the next run must know.
    pub handover: Handover,
}

/// Where an entry goes from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It repeats another.
    Nowhere,
    /// To the next run: its case is open. The number tells cases of one run apart.
    Carried { case: u32 },
    /// Into the archive.
    Settled { case: u32 },
}

/// A rule that lacks what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoData {
    pub rule: &'static str,
    /// Ledgers and tables.
    pub lacks: Vec<&'static str>,
}

/// 未达账项: a payment that some party has not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItem {
    pub key: String,
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

/// Runs a day: `parts` are the rows that came that day.
pub fn reconcile(
    parts: Vec<Part>,
    mut facts: Facts,
    before: Handover,
    history: &dyn History,
) -> anyhow::Result<Outcome> {
    let Handover { rows, told: told_before, mut cells, mut remitted, deliveries, .. } = before;
    facts.delays = before.delays;
    facts.gaps = gaps(&facts, before.day, &deliveries, before.gaps);
    let (mut all, mut memos) = (Vec::new(), Vec::new());
    for Carried { part, memo } in rows {
        memos.extend(memo);
        all.push(part);
    }
    let carried = memos.len();
    all.extend(parts);
    let mut book = Book::assemble(all);
    let mut digests = intake::digests(&book);
    let mut known = Known::default();
    for (id, memo) in book.ids().zip(&memos) {
        memo.recall(id, &mut known);
    }
    let (repeats, revived) = seen_before(&book, &digests, carried, history)?;
    revive(history, &revived, &mut book, &mut known, &mut cells, &mut remitted)?;
    if !revived.is_empty() {
        digests = intake::digests(&book);
    }
    let intake = intake::take_in(&book, &digests, &facts.settings.status_success, &repeats);
    inherit(&book, &intake, &mut known);

    let standing = intake.standing();
    let payments: Vec<EntryId> =
        standing.iter().copied().filter(|&id| group::party(book.entry(id).ledger()).is_some()).collect();
    let window = chrono::Days::new(u64::from(facts.settings.match_window_days));
    let matched = match_up(&book, &payments, Limits { window });
    let case_of = case_of(&book, &matched);
    let treasury_of = |receipt: Entry<'_>| -> Code {
        let own = receipt.code(Field::Treasury);
        if own != Code::default() {
            return own;
        }
        let case = case_of[receipt.id().0 as usize].map(|case| matched.case(case as usize));
        let slip = case.and_then(|case| Group::new(&book, case.entries).issuer());
        slip.map_or(own, |slip| slip.code(Field::Treasury))
    };
    let remittances = remittance::remit(&book, &standing, facts.as_of, &known, treasury_of, |row, day| {
        row.moment(Field::RemittedAt).and_then(|at| facts.clearing_day(at)) == Some(day)
    });
    let receipts: Vec<EntryId> =
        payments.iter().copied().filter(|&id| book.entry(id).ledger() == Ledger::BankReceipts).collect();
    let lateness = collection::lateness(&book, &receipts, &remittances, &facts);

    let tied = tie_out::tie_out(&book, &matched, &facts);
    for (key, figures) in &tied.cells {
        cells.entry(key.name(&book)).or_default().add(*figures);
    }
    for (&key, cell) in &remittances.cells {
        let sum = remitted.entry(cell_name(&book, key)).or_default();
        sum.remitted += cell.remitted;
        sum.received += cell.received;
    }
    let mut deviations: BTreeMap<tie_out::CellName, Vec<u32>> = BTreeMap::new();
    for (key, case) in &tied.deviations {
        deviations.entry(key.name(&book)).or_default().push(*case);
    }
    let doubtful: BTreeSet<EntryId> =
        matched.doubts.iter().flat_map(|doubt| doubt.entries.iter().copied()).collect();
    let day = Day {
        book: &book,
        facts: &facts,
        matched: &matched,
        case_of: &case_of,
        remittances: &remittances,
        remitted: &remitted,
        cells: &cells,
        deviations: &deviations,
        changes: &intake.changes,
        lateness: &lateness,
        doubtful: &doubtful,
    };
    let findings = rules::judge(&day);
    let delays = collection::delay_days(&book, &lateness, &facts);
    let telling = telling::tell(&book, &facts, &findings, told_before);

    // Rows under an open finding, in doubt, or of a cell that differs because of them stay at hand.
    let mut held = vec![false; book.len()];
    for &id in &doubtful {
        held[id.0 as usize] = true;
    }
    for (_, case) in &tied.deviations {
        for id in matched.case(*case as usize).entries {
            held[id.0 as usize] = true;
        }
    }
    for finding in findings.iter().filter(|finding| finding.settled_on.is_none()) {
        if matches!(finding.rule.stays, Stays::OpenItem | Stays::Case) {
            for &id in &finding.evidence {
                held[id.0 as usize] = true;
            }
        }
    }
    let open: Vec<bool> = (0..matched.len())
        .into_par_iter()
        .map(|place| is_open(&book, &matched, place, &remittances, &held, &facts))
        .collect();
    let open_items = open_items(&book, &matched, &open, &remittances, &facts);
    let places = places(&book, &matched, &remittances, &intake, &digests, &open, &held, &facts);
    let cells_told = cells
        .iter()
        .filter(|(name, figures)| name.date == facts.as_of || (name.date < facts.as_of && !figures.ties()))
        .filter(|(name, _)| name.date >= facts.horizon())
        .map(|(name, figures)| (name.clone(), *figures))
        .collect();

    // What leaves with settled rows stays in the sums; what is carried will be added again by the next run.
    let is_carried = |id: EntryId| matches!(places[id.0 as usize], Place::Carried { .. });
    for place in (0..matched.len()).filter(|&place| is_carried(matched.case(place).entries[0])) {
        let case = matched.case(place);
        if let Some(key) = tie_out::cell(&book, case, &facts) {
            cells.entry(key.name(&book)).or_default().add(tie_out::figures(&book, case).negated());
        }
    }
    for id in receipts.iter().copied().filter(|&id| is_carried(id)) {
        let entry = book.entry(id);
        if let Some(covered) = remittances.covered(id).filter(|covered| covered.how != How::Fifo) {
            let name = cell_name(&book, (entry.code(Field::Bank), treasury_of(entry), covered.on));
            remitted.entry(name).or_default().received -= entry.money(Field::Amount).unwrap_or_default();
        }
    }
    for &(_, remittance, share) in remittances.shares.iter().filter(|(receipt, ..)| is_carried(*receipt)) {
        remitted.entry(remittance_cell(book.entry(remittance))).or_default().received -= share;
    }
    for (&id, _) in remittances.consumed.iter().filter(|(id, _)| is_carried(**id)) {
        let entry = book.entry(id);
        remitted.entry(remittance_cell(entry)).or_default().remitted -=
            entry.money(Field::Amount).unwrap_or_default();
    }
    let horizon = facts.horizon();
    cells.retain(|name, figures| name.date >= horizon && *figures != Figures::default());
    remitted.retain(|name, cell| name.date >= horizon && *cell != remittance::Cell::default());

    let no_data = telling::no_data(&facts);
    let mut deliveries = deliveries;
    deliveries.extend(facts.delivered.iter().map(|&ledger| (facts.as_of, ledger)));
    deliveries.retain(|(day, _)| *day >= horizon);
    let handover = Handover {
        day: Some(facts.as_of),
        rows: Vec::new(),
        told: telling.kept,
        cells,
        remitted,
        deliveries,
        gaps: facts.gaps.clone(),
        delays: recent(delays, facts.as_of),
    };
    Ok(Outcome {
        told: telling.told,
        facts,
        carried,
        digests,
        intake,
        matched,
        remittances,
        open_items,
        cells: cells_told,
        no_data,
        places,
        handover,
        book,
    })
}

/// The ledgers that are silent as of the day: those that were expected on a working day since the last run, and those
/// that have been silent since before. A delivery ends every silence of its ledger.
fn gaps(
    facts: &Facts,
    last: Option<NaiveDate>,
    deliveries: &BTreeSet<(NaiveDate, Ledger)>,
    before: BTreeSet<(Ledger, NaiveDate)>,
) -> BTreeSet<(Ledger, NaiveDate)> {
    const EXPECTED_DAYS: usize = 5;
    let mut gaps = before;
    let mut date = last.and_then(|last| last.succ_opt()).unwrap_or(facts.as_of).max(facts.horizon());
    while date <= facts.as_of {
        if facts.calendar.is_working(date) == Some(true) {
            let recent = date
                .pred_opt()
                .and_then(|eve| facts.calendar.last_working(eve, EXPECTED_DAYS))
                .and_then(|days| days.last().copied());
            for &ledger in Ledger::ALL {
                let required = facts.settings.gaps_required.iter().any(|id| id == ledger.id());
                let delivered = |of: &(NaiveDate, Ledger)| of.1 == ledger && of.0 < date;
                let usual =
                    recent.is_some_and(|first| deliveries.range((first, Ledger::ALL[0])..).any(delivered));
                if required || usual {
                    gaps.insert((ledger, date));
                }
            }
        }
        let Some(next) = date.succ_opt() else { break };
        date = next;
    }
    gaps.retain(|(ledger, _)| !facts.delivered.contains(ledger));
    gaps
}

/// Rows of today that only repeat what an earlier run settled; and the settled cases that today's rows speak of anew.
fn seen_before(
    book: &Book,
    digests: &[Digest],
    carried: usize,
    history: &dyn History,
) -> anyhow::Result<(Vec<EntryId>, BTreeSet<(NaiveDate, u32)>)> {
    let mut at_hand: Vec<u64> = digests[..carried].iter().map(|digest| digest.link).collect();
    at_hand.sort_unstable();
    let is_at_hand = |link: u64| at_hand.binary_search(&link).is_ok();
    let mut fresh: Vec<(u64, u64, u32)> = (carried..book.len())
        .into_par_iter()
        .filter(|&place| !is_at_hand(digests[place].link))
        .map(|place| {
            (digests[place].link, digests[place].row, u32::try_from(place).expect("fewer than 2^32 entries"))
        })
        .collect();
    fresh.par_sort_unstable();
    // Receipts that name a batch and no day need the remittance, however long ago it was settled.
    let mut batches: Vec<u64> = (carried..book.len())
        .into_par_iter()
        .filter_map(|place| {
            let entry = book.entry(EntryId(u32::try_from(place).expect("fewer than 2^32 entries")));
            let by_batch = entry.ledger() == Ledger::BankReceipts
                && entry.is_blank(Field::RemittedAt)
                && !entry.is_blank(Field::Batch);
            by_batch.then(|| intake::batch_link(entry))
        })
        .filter(|&link| !is_at_hand(link))
        .collect();
    batches.par_sort_unstable();
    batches.dedup();
    let mut links: Vec<u64> = fresh.iter().map(|of| of.0).chain(batches.iter().copied()).collect();
    links.par_sort_unstable();
    links.dedup();
    let mut seen = history.seen(&links)?;
    seen.sort_unstable();
    let (mut repeats, mut revived) = (Vec::new(), BTreeSet::new());
    for known in seen.chunk_by(|a, b| a.link == b.link) {
        // The latest run that settled it has it whole.
        let latest = known.iter().map(|of| of.run).max().expect("a chunk is not empty");
        let known: Vec<_> = known.iter().filter(|of| of.run == latest).collect();
        let link = known[0].link;
        let start = fresh.partition_point(|of| of.0 < link);
        let rows = fresh[start..].iter().take_while(|of| of.0 == link);
        let mut left: Vec<u64> = known.iter().map(|of| of.row).collect();
        let repeated = rows.clone().all(|&(_, row, _)| {
            let place = left.iter().position(|&other| other == row);
            place.map(|place| left.swap_remove(place)).is_some()
        });
        if repeated {
            repeats.extend(rows.map(|&(_, _, place)| EntryId(place)));
        }
        if !repeated || batches.binary_search(&link).is_ok() {
            revived.extend(known.iter().map(|of| (of.run, of.case)));
        }
    }
    repeats.sort_unstable();
    Ok((repeats, revived))
}

/// Brings settled cases back, and takes out of the sums what they had left there.
fn revive(
    history: &dyn History,
    cases: &BTreeSet<(NaiveDate, u32)>,
    book: &mut Book,
    known: &mut Known,
    cells: &mut BTreeMap<tie_out::CellName, Figures>,
    remitted: &mut BTreeMap<remittance::CellName, remittance::Cell>,
) -> anyhow::Result<()> {
    if cases.is_empty() {
        return Ok(());
    }
    let start = book.len();
    let (mut parts, mut memos) = (Vec::new(), Vec::new());
    for Settled { part, memo } in history.load(cases)? {
        memos.extend(memo);
        parts.push(part);
    }
    book.append(parts);
    let book = &*book;
    let ids =
        (start..book.len()).map(|place| EntryId(u32::try_from(place).expect("fewer than 2^32 entries")));
    let mut by_case: BTreeMap<(NaiveDate, u32), Vec<EntryId>> = BTreeMap::new();
    for (id, memo) in ids.zip(&memos) {
        if let Some(on) = memo.covered_on {
            known.covered.insert(id, on);
        }
        if book.entry(id).ledger() == Ledger::BankRemittances {
            known.consumed.insert(id, book.entry(id).money(Field::Amount).unwrap_or_default());
        }
        if memo.stood {
            by_case.entry((memo.run, memo.case)).or_default().push(id);
        }
    }
    let memo_of = |id: EntryId| &memos[id.0 as usize - start];
    for entries in by_case.values() {
        let group = Group::new(book, entries);
        if let Some(slip) = group.issuer()
            && let Some(date) = memo_of(entries[0]).cell_on
        {
            let case = crate::matching::Case { entries, proof: Default::default() };
            let name = tie_out::cell_of_slip(book, slip, date).name(book);
            cells.entry(name).or_default().add(tie_out::figures(book, case).negated());
        }
        for &id in entries {
            let entry = book.entry(id);
            let amount = entry.money(Field::Amount).unwrap_or_default();
            if entry.ledger() == Ledger::BankRemittances {
                remitted.entry(remittance_cell(entry)).or_default().remitted -= amount;
            } else if let Some(date) = memo_of(id).covered_on {
                let own = entry.code(Field::Treasury);
                let of_slip = group.issuer().map(|slip| slip.code(Field::Treasury));
                let treasury = if own == Code::default() { of_slip.unwrap_or(own) } else { own };
                let name = cell_name(book, (entry.code(Field::Bank), treasury, date));
                remitted.entry(name).or_default().received -= amount;
            }
        }
    }
    Ok(())
}

/// A new version of a row keeps what is known of the old one, as long as it speaks of the same batch.
fn inherit(book: &Book, intake: &Intake, known: &mut Known) {
    for change in &intake.changes {
        let (old, new) = (book.entry(change.old), book.entry(change.new));
        if let Some(&on) = known.covered.get(&change.old)
            && old.text(Field::Batch) == new.text(Field::Batch)
        {
            known.covered.insert(change.new, on);
        }
        if let Some(&consumed) = known.consumed.get(&change.old) {
            let all = new.money(Field::Amount).unwrap_or_default();
            let was_all = old.money(Field::Amount) == Some(consumed);
            known.consumed.insert(change.new, if was_all { all } else { consumed });
        }
    }
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

fn cell_name(book: &Book, (bank, treasury, date): remittance::CellKey) -> remittance::CellName {
    let text = |code: Code| book.dictionary().text(code).to_owned();
    remittance::CellName { bank: text(bank), treasury: text(treasury), date }
}

fn remittance_cell(remittance: Entry<'_>) -> remittance::CellName {
    remittance::CellName {
        bank: remittance.text(Field::Bank).to_owned(),
        treasury: remittance.text(Field::Treasury).to_owned(),
        date: remittance.date(Field::RemittedAt).expect("a required column"),
    }
}

/// Who has not answered for a payment yet.
fn awaited(group: Group<'_>, remittances: &Remittances) -> Vec<&'static str> {
    let mut awaits = Vec::new();
    if group.issuer().is_none() {
        awaits.push("issuer");
    }
    let mut receipts = group.entries().filter(|entry| entry.ledger() == Ledger::BankReceipts).peekable();
    if receipts.peek().is_none() {
        awaits.push("bank");
    }
    if receipts.any(|receipt| remittances.covered(receipt.id()).is_none()) {
        awaits.push("remittance");
    }
    if group.treasury().is_none() {
        awaits.push("treasury");
    }
    awaits
}

fn latest_day(group: Group<'_>) -> Option<NaiveDate> {
    group.entries().filter_map(payment::own_date).max()
}

fn is_open(
    book: &Book,
    matched: &Matched,
    place: usize,
    remittances: &Remittances,
    held: &[bool],
    facts: &Facts,
) -> bool {
    let case = matched.case(place);
    let group = Group::new(book, case.entries);
    let is_held = case.entries.iter().any(|id| held[id.0 as usize]);
    if !is_held && awaited(group, remittances).is_empty() {
        return false;
    }
    !is_written_off(latest_day(group), facts)
}

fn is_written_off(latest: Option<NaiveDate>, facts: &Facts) -> bool {
    let kept = chrono::Days::new(u64::from(facts.settings.open_items_write_off_days));
    latest.and_then(|day| day.checked_add_days(kept)).is_some_and(|end| end < facts.as_of)
}

fn open_items(
    book: &Book,
    matched: &Matched,
    open: &[bool],
    remittances: &Remittances,
    facts: &Facts,
) -> Vec<OpenItem> {
    let mut items: Vec<OpenItem> = (0..matched.len())
        .into_par_iter()
        .filter(|&place| open[place])
        .filter_map(|place| {
            let group = Group::new(book, matched.case(place).entries);
            let awaits = awaited(group, remittances);
            if awaits.is_empty() {
                return None;
            }
            let payment = payment::Payment::of(group);
            let since = group.entries().filter_map(payment::own_date).min()?;
            Some(OpenItem {
                key: payment.key(),
                awaits,
                amount: payment.entries().find_map(|entry| entry.money(Field::Amount)),
                treasury: payment.stated(Field::Treasury).to_owned(),
                bank: payment.stated(Field::Bank).to_owned(),
                since,
                age_days: facts.calendar.working_lag(since, facts.as_of),
                due_on: group.issuer().and_then(|slip| slip.date(Field::DueOn)),
                evidence: payment.evidence().iter().map(|&id| telling::row_name(book.entry(id))).collect(),
            })
        })
        .collect();
    items.sort_by(|a, b| (a.since, &a.key, &a.evidence).cmp(&(b.since, &b.key, &b.evidence)));
    items
}

/// What becomes of every entry.
#[expect(clippy::too_many_arguments, reason = "each stage's result is an input")]
fn places(
    book: &Book,
    matched: &Matched,
    remittances: &Remittances,
    intake: &Intake,
    digests: &[Digest],
    open: &[bool],
    held: &[bool],
    facts: &Facts,
) -> Vec<Place> {
    let mut places = vec![Place::Nowhere; book.len()];
    let number = |place: usize| u32::try_from(place).expect("fewer than 2^32 cases");
    let mut carried_links = Vec::new();
    for (place, &open) in open.iter().enumerate() {
        for &id in matched.case(place).entries {
            let case = number(place);
            places[id.0 as usize] = if open { Place::Carried { case } } else { Place::Settled { case } };
            if open {
                carried_links.push(digests[id.0 as usize].link);
            }
        }
    }
    // A remittance stays while a receipt that took from it does, or while something of it is left to take.
    let mut needed = BTreeSet::new();
    for &(receipt, remittance, _) in &remittances.shares {
        if matches!(places[receipt.0 as usize], Place::Carried { .. }) {
            needed.insert(remittance);
        }
    }
    for (&id, &consumed) in &remittances.consumed {
        let entry = book.entry(id);
        let young = entry.date(Field::RemittedAt).is_some_and(|day| day >= facts.horizon());
        if young && entry.money(Field::Amount).is_some_and(|all| consumed < all) {
            needed.insert(id);
        }
    }
    for (place, batch) in remittances.batches.iter().enumerate() {
        let case = number(matched.len() + place);
        let latest = batch.entries().filter_map(|id| {
            let entry = book.entry(id);
            entry.date(Field::RemittedAt).or(entry.date(Field::ClearedOn))
        });
        let open = batch.remittances.is_empty()
            || batch.clearings.is_empty()
            || batch.entries().any(|id| held[id.0 as usize] || needed.contains(&id));
        let open = open && !is_written_off(latest.max(), facts);
        for id in batch.entries() {
            places[id.0 as usize] = if open { Place::Carried { case } } else { Place::Settled { case } };
            if open {
                carried_links.push(digests[id.0 as usize].link);
            }
        }
    }
    carried_links.sort_unstable();
    carried_links.dedup();
    // Rows of no case go with those they may speak of again; each is a case of its own.
    let alone = matched.len() + remittances.batches.len();
    for (index, fate) in intake.fates.iter().enumerate() {
        let case = number(alone + index);
        let with_open = carried_links.binary_search(&digests[index].link).is_ok();
        match fate {
            Fate::Stands if places[index] == Place::Nowhere => places[index] = Place::Settled { case },
            Fate::Cancelled | Fate::Reversal if with_open => places[index] = Place::Carried { case },
            Fate::Cancelled | Fate::Reversal | Fate::Failed => places[index] = Place::Settled { case },
            Fate::Stands | Fate::Duplicate | Fate::Superseded => {}
        }
    }
    places
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
        let mut taken: BTreeMap<EntryId, Money> = BTreeMap::new();
        for &(receipt, remittance, share) in &self.remittances.shares {
            if matches!(self.places[receipt.0 as usize], Place::Carried { .. }) {
                *taken.entry(remittance).or_default() += share;
            }
        }
        let memo = |id: &EntryId| Memo {
            covered_on: self
                .remittances
                .covered(*id)
                .filter(|covered| covered.how == How::Batch)
                .map(|covered| covered.on),
            // What carried receipts took they will take again.
            consumed: self
                .remittances
                .consumed
                .get(id)
                .map(|&sum| sum - taken.get(id).copied().unwrap_or_default()),
        };
        carried.iter().map(memo).collect()
    }

    /// How each of these settled entries was settled.
    pub fn settled_memos(&self, settled: &[EntryId]) -> Vec<SettledMemo> {
        let payments = u32::try_from(self.matched.len()).expect("fewer than 2^32 cases");
        settled
            .par_iter()
            .map(|&id| {
                let Place::Settled { case } = self.places[id.0 as usize] else { panic!("a settled entry") };
                let cell_on = (case < payments)
                    .then(|| tie_out::cell(&self.book, self.matched.case(case as usize), &self.facts))
                    .flatten();
                SettledMemo {
                    run: self.facts.as_of,
                    case,
                    stood: self.intake.fates[id.0 as usize] == Fate::Stands,
                    cell_on: cell_on.map(|cell| cell.date),
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
        let completed = self.intake.changes.iter().filter(|change| change.altered.is_empty());
        seen.extend(completed.filter_map(|change| of(change.old, self.places[change.new.0 as usize])));
        seen.par_sort_unstable();
        seen
    }

    /// What the next run starts from.
    pub fn hand_on(mut self) -> Handover {
        let ids = self.carried_ids();
        let mut memos = self.memos(&ids).into_iter();
        let parts = self.book.extract(&ids).into_iter();
        let rows = parts.map(|part| Carried { memo: memos.by_ref().take(part.rows.len()).collect(), part });
        self.handover.rows = rows.collect();
        self.handover
    }
}

/// Whether a printed finding counts against the day: it is open, or new.
pub fn counts(told: &Told, as_of: NaiveDate) -> bool {
    told.status == Status::Open || told.first_seen == as_of
}
