//! What earlier runs know of today's rows: silences, repeats, cases that come back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::{Book, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::table::Code;
use crate::ledger::intake::{self, Digest, Fate, Intake};
use crate::matching::balance;
use crate::matching::remittance::Known;
use crate::matching::{Case, Group, Proof, group};
use crate::rules::collection::debits;

use super::handover::{Handover, History, Seen, Settled};
use super::settling::is_of_return;
use super::sums::{Sums, cell_name, remittance_cell};

/// Puts the silent ledgers into the facts: those that were expected on a working day since the last run, and those
/// that have been silent since before. A delivery ends every silence of its ledger; one of a day that was not run and is
/// over is closed when it is first told.
pub(super) fn find_gaps(
    facts: &mut Facts,
    last: Option<NaiveDate>,
    deliveries: &BTreeSet<(NaiveDate, Ledger)>,
    before: BTreeSet<(Ledger, NaiveDate)>,
) {
    const EXPECTED_DAYS: usize = 5;
    let mut fresh = BTreeSet::new();
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
                    fresh.insert((ledger, date));
                }
            }
        }
        let Some(next) = date.succ_opt() else { break };
        date = next;
    }
    let (over, silent): (BTreeSet<_>, BTreeSet<_>) =
        fresh.into_iter().partition(|(ledger, _)| facts.delivered.contains(ledger));
    facts.closed_gaps = over.into_iter().filter(|(_, date)| *date < facts.as_of).collect();
    facts.gaps = before;
    facts.gaps.extend(silent);
    let known = deliveries.iter().map(|of| of.1).chain(facts.gaps.iter().map(|of| of.0));
    facts.heard = known.chain(facts.delivered.iter().copied()).collect();
    let delivered = &facts.delivered;
    facts.gaps.retain(|(ledger, _)| !delivered.contains(ledger));
}

/// What today's rows say of what earlier runs settled.
pub(super) struct Repeated {
    /// Rows that only repeat it, ascending.
    pub(super) repeats: Vec<EntryId>,
    /// Settled cases that are spoken of anew: the day of the run and the number.
    pub(super) revived: BTreeSet<(NaiveDate, u32)>,
}

/// Looks up today's rows among those that were settled.
pub(super) fn seen_before(
    book: &Book,
    digests: &[Digest],
    carried: usize,
    before: &Handover,
    facts: &Facts,
    history: &dyn History,
) -> anyhow::Result<Repeated> {
    if history.is_empty() {
        return Ok(Repeated { repeats: Vec::new(), revived: BTreeSet::new() });
    }
    let mut at_hand: Vec<u64> =
        digests[..carried].iter().flat_map(|digest| [digest.link, digest.key]).collect();
    at_hand.par_sort_unstable();
    let is_at_hand = |link: u64| at_hand.binary_search(&link).is_ok();
    let mut fresh: Vec<(u64, u64, u32)> = (carried..book.len())
        .into_par_iter()
        .map(|place| {
            (digests[place].link, digests[place].row, u32::try_from(place).expect("fewer than 2^32 entries"))
        })
        .collect();
    fresh.par_sort_unstable();
    // Both ascend.
    let mut others = at_hand.iter().copied().peekable();
    fresh.retain(|&(link, ..)| {
        while others.next_if(|&other| other < link).is_some() {}
        others.peek() != Some(&link)
    });
    // Receipts that name a batch and no day need the remittance, however long ago it was settled: the first of that number
    // since they came.
    let mut batches: Vec<Vec<u64>> = (carried..book.len())
        .into_par_iter()
        .filter_map(|place| {
            let entry = book.entry(EntryId(u32::try_from(place).expect("fewer than 2^32 entries")));
            let by_batch = entry.ledger() == Ledger::BankReceipts
                && entry.is_blank(Field::RemittedAt)
                && !entry.is_blank(Field::Batch);
            let received = entry.date(Field::ReceivedAt).filter(|_| by_batch)?.max(facts.horizon());
            let days = received.iter_days().take_while(|day| *day <= facts.as_of);
            Some(
                days.map(|day| intake::batch_link(entry, day))
                    .take_while(|&link| !is_at_hand(link))
                    .collect(),
            )
        })
        .collect();
    batches.par_sort_unstable();
    batches.dedup();
    let mut links: Vec<u64> = fresh.iter().map(|of| of.0).chain(batches.iter().flatten().copied()).collect();
    links.par_sort_unstable();
    links.dedup();
    let mut seen = history.seen(&links)?;
    seen.sort_unstable();
    let is_seen = |link: &u64| seen.binary_search_by_key(link, |known| known.link).is_ok();
    let batches: BTreeSet<u64> =
        batches.iter().filter_map(|days| days.iter().copied().find(is_seen)).collect();
    let (mut repeats, mut revived) = (Vec::new(), BTreeSet::new());
    for known in seen.chunk_by(|a, b| a.link == b.link) {
        let known = latest(known);
        let link = known[0].link;
        let start = fresh.partition_point(|of| of.0 < link);
        let rows = fresh[start..].iter().take_while(|of| of.0 == link);
        // Both are sorted by row: each is found once, after the one before it.
        let mut left = known.iter().map(|of| of.row);
        let repeated = rows.clone().all(|&(_, row, _)| left.any(|other| other == row));
        if repeated {
            repeats.extend(rows.map(|&(_, _, place)| EntryId(place)));
        }
        if !repeated || batches.contains(&link) {
            revived.extend(known.iter().map(|of| (of.run, of.case)));
        }
    }
    repeats.sort_unstable();
    let fresh =
        (carried..book.len()).map(|place| EntryId(u32::try_from(place).expect("fewer than 2^32 entries")));
    let fresh: Vec<EntryId> = fresh.filter(|id| repeats.binary_search(id).is_err()).collect();
    let mut statements = shaken_links(book, &fresh, &before.balances);
    for row in fresh.iter().map(|&id| book.entry(id)).filter(|row| row.ledger() == Ledger::BankRefunds) {
        let days = debits::shaken_days(&before.told, row, facts);
        statements.extend(days.map(|(account, date)| intake::statement_link(account, date)));
    }
    revived.extend(settled_under(statements, history)?);
    let mut speaking = fresh;
    speaking.extend(spoken_of_again(book, digests, carried));
    revived.extend(current(tied_cases(book, &speaking, &at_hand, history)?, &at_hand, history)?);
    Ok(Repeated { repeats, revived })
}

/// The vouchers at hand of payouts that came back 退回, and of which today's rows speak. They stay at hand alone, and what
/// they are tied to was settled without them.
fn spoken_of_again(book: &Book, digests: &[Digest], carried: usize) -> Vec<EntryId> {
    let payouts = book.ids_of(|ledger| ledger.flow() == Flow::Disbursement);
    let (at_hand, today): (Vec<EntryId>, Vec<EntryId>) =
        payouts.into_iter().partition(|id| (id.0 as usize) < carried);
    let link = |id: &EntryId| digests[id.0 as usize].link;
    let today: BTreeSet<u64> = today.iter().map(link).collect();
    let came_back = at_hand.iter().filter(|id| is_of_return(book.entry(**id))).map(link);
    let again: BTreeSet<u64> = came_back.filter(|link| today.contains(link)).collect();
    at_hand.into_iter().filter(|id| again.contains(&link(id))).collect()
}

/// The settled payments that some rows' payments are tied to.
fn tied_cases(
    book: &Book,
    ids: &[EntryId],
    at_hand: &[u64],
    history: &dyn History,
) -> anyhow::Result<BTreeSet<(NaiveDate, u32)>> {
    let mut cases = settled_under(tied_links(book, ids, at_hand), history)?;
    cases.extend(paid_by_payers(book, ids, history)?);
    Ok(cases)
}

/// The links of other payments that some rows' payments are tied to, those at hand left out.
fn tied_links(book: &Book, ids: &[EntryId], at_hand: &[u64]) -> Vec<u64> {
    let entries = ids.iter().map(|&id| book.entry(id));
    let issued = entries.filter(|entry| intake::may_be_tied(entry.ledger()));
    let mut links = Vec::new();
    for entry in issued {
        links.extend(intake::ties(entry));
        links.extend(intake::original_link(entry).filter(|link| at_hand.binary_search(link).is_err()));
    }
    links
}

/// The cases that were settled under the payers and subjects of refunds that name no slip. What one payer paid is many
/// payments, settled each by itself.
fn paid_by_payers(
    book: &Book,
    ids: &[EntryId],
    history: &dyn History,
) -> anyhow::Result<BTreeSet<(NaiveDate, u32)>> {
    let mut links: Vec<u64> = ids.iter().filter_map(|&id| intake::paid_link(book.entry(id))).collect();
    if links.is_empty() {
        return Ok(BTreeSet::new());
    }
    links.sort_unstable();
    links.dedup();
    Ok(history.seen(&links)?.iter().map(|of| (of.run, of.case)).collect())
}

/// Under which links refunds that name no slip find a payment: its payer with the subject that it was paid to, or that a
/// correction moved it to.
pub(super) fn payer_links(payment: Group<'_>) -> Vec<u64> {
    let Some(slip) = payment.issuer() else { return Vec::new() };
    let payer = group::payer_id(slip);
    if slip.ledger().flow() != Flow::Revenue || payer.is_empty() {
        return Vec::new();
    }
    let moved = payment.entries().filter(|row| row.ledger().flow() == Flow::Correction);
    let subjects = moved.map(|row| row.text(Field::NewSubject)).chain([slip.text(Field::Subject)]);
    subjects.map(|subject| intake::payer_link(payer, subject)).collect()
}

/// The latest cases that were settled under some links.
fn settled_under(mut links: Vec<u64>, history: &dyn History) -> anyhow::Result<BTreeSet<(NaiveDate, u32)>> {
    let mut cases = BTreeSet::new();
    if links.is_empty() {
        return Ok(cases);
    }
    links.sort_unstable();
    links.dedup();
    let mut seen = history.seen(&links)?;
    seen.sort_unstable();
    for known in seen.chunk_by(|a, b| a.link == b.link) {
        cases.extend(latest(known).iter().map(|of| (of.run, of.case)));
    }
    Ok(cases)
}

/// Of cases that came back, the rows from a place on, the others they are tied to: all of them are settled together
/// again. `at_hand` are the links of rows that were handed on or came back, ascending.
pub(super) fn tied_to_revived(
    book: &Book,
    from: usize,
    at_hand: &[u64],
    revived: &BTreeSet<(NaiveDate, u32)>,
    history: &dyn History,
) -> anyhow::Result<BTreeSet<(NaiveDate, u32)>> {
    let ids = (from..book.len()).map(|place| EntryId(u32::try_from(place).expect("fewer than 2^32 entries")));
    let mut cases = tied_cases(book, &ids.collect::<Vec<_>>(), at_hand, history)?;
    cases.retain(|case| !revived.contains(case));
    current(cases, at_hand, history)
}

/// Those of some cases that are what their payments came to at last: none that has come back since, and is at hand or was
/// settled anew. What ties payments may change, and an old tie leads to what is no longer so.
fn current(
    mut cases: BTreeSet<(NaiveDate, u32)>,
    at_hand: &[u64],
    history: &dyn History,
) -> anyhow::Result<BTreeSet<(NaiveDate, u32)>> {
    if cases.is_empty() {
        return Ok(cases);
    }
    let (mut parts, mut memos) = (Vec::new(), Vec::new());
    for Settled { part, memo } in history.load(&cases)? {
        memos.extend(memo);
        parts.push(part);
    }
    let digests = intake::digests(&Book::assemble(parts));
    let mut links: Vec<u64> = digests.iter().map(|digest| digest.link).collect();
    links.sort_unstable();
    links.dedup();
    let mut last: BTreeMap<u64, NaiveDate> = BTreeMap::new();
    for known in history.seen(&links)? {
        let run = last.entry(known.link).or_insert(known.run);
        *run = known.run.max(*run);
    }
    // A correction that names another slip now has another link, and the key it had.
    let mut last_of_key: BTreeMap<u64, NaiveDate> = BTreeMap::new();
    for (digest, memo) in digests.iter().zip(&memos) {
        let run = last_of_key.entry(digest.key).or_insert(memo.run);
        *run = memo.run.max(*run);
    }
    for (digest, memo) in digests.iter().zip(&memos) {
        let is_old =
            last.get(&digest.link).is_some_and(|run| *run > memo.run) || last_of_key[&digest.key] > memo.run;
        if is_old || [digest.link, digest.key].iter().any(|known| at_hand.binary_search(known).is_ok()) {
            cases.remove(&(memo.run, memo.case));
        }
    }
    Ok(cases)
}

/// Of the rows of one link those of the latest run that settled it, which has it whole; they stay sorted.
fn latest(known: &[Seen]) -> Vec<&Seen> {
    let latest = known.iter().map(|of| of.run).max().expect("a chunk is not empty");
    known.iter().filter(|of| of.run == latest).collect()
}

/// The links of statements that must be seen again because rows of an earlier day came.
fn shaken_links(book: &Book, fresh: &[EntryId], balances: &BTreeMap<String, balance::Days>) -> Vec<u64> {
    let mut fresh: Vec<(&str, NaiveDate)> = fresh
        .par_iter()
        .map(|&id| book.entry(id))
        .filter(|row| row.ledger() == Ledger::BankStatements)
        .map(|row| (row.text(Field::Account), row.date(Field::Date).expect("a required column")))
        .filter(|(account, date)| {
            balances.get(*account).and_then(|days| days.last_key_value()).is_some_and(|(last, _)| last > date)
        })
        .collect();
    fresh.par_sort_unstable();
    fresh.dedup();
    let shaken = |(account, date): (&str, NaiveDate)| {
        balance::shaken(&balances[account], date)
            .map(|day| intake::statement_link(account, day))
            .collect::<Vec<_>>()
    };
    let mut links: Vec<u64> = fresh.into_iter().flat_map(shaken).collect();
    links.dedup();
    links
}

/// Brings settled cases back, and takes out of the sums what they had left there.
pub(super) fn revive(
    history: &dyn History,
    cases: &BTreeSet<(NaiveDate, u32)>,
    book: &mut Book,
    fates: &mut BTreeMap<EntryId, Fate>,
    known: &mut Known,
    sums: &mut Sums,
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
            known.claimed.insert(id);
        }
        fates.insert(id, memo.fate);
        if memo.fate == Fate::Stands {
            by_case.entry((memo.run, memo.case)).or_default().push(id);
        }
    }
    let memo_of = |id: EntryId| &memos[id.0 as usize - start];
    for entries in by_case.values() {
        let group = Group::new(book, entries);
        sums.take_out(book, Case { entries, proof: Proof::default() }, memo_of(entries[0]).cell_on);
        for &id in entries {
            let entry = book.entry(id);
            let amount = entry.money(Field::Amount).unwrap_or_default();
            if entry.ledger() == Ledger::BankRemittances {
                sums.remitted.entry(remittance_cell(entry)).or_default().remitted -= amount;
            } else if let Some(date) = memo_of(id).covered_on {
                let own = entry.code(Field::Treasury);
                let of_slip = group.issuer().map(|slip| slip.code(Field::Treasury));
                let treasury = if own == Code::default() { of_slip.unwrap_or(own) } else { own };
                let name = cell_name(book, (entry.code(Field::Bank), treasury, date));
                sums.remitted.entry(name).or_default().received -= amount;
            }
        }
    }
    Ok(())
}

/// A new version of a row keeps what is known of the old one, as long as it speaks of the same batch.
pub(super) fn inherit(book: &Book, intake: &Intake, known: &mut Known) {
    for change in &intake.changes {
        let (old, new) = (book.entry(change.old), book.entry(change.new));
        if let Some(&on) = known.covered.get(&change.old)
            && old.text(Field::Batch) == new.text(Field::Batch)
        {
            known.covered.insert(change.new, on);
        }
        if known.claimed.contains(&change.old) {
            known.claimed.insert(change.new);
        }
        if let Some(&consumed) = known.consumed.get(&change.old) {
            let all = new.money(Field::Amount).unwrap_or_default();
            let was_all = old.money(Field::Amount) == Some(consumed);
            known.consumed.insert(change.new, if was_all { all } else { consumed });
        }
    }
}
