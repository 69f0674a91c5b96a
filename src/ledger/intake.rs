//! Which rows stand, when the same record arrives more than once.
//!
//! A bank exports yesterday's journal again with the remittance filled in; a tax office sends one file twice; a row
//! comes back with another amount. Rows of one natural key are followed in the order in which they arrived: an
//! equal row is a duplicate delivery, a row that fills what was empty is a completion, and a row that changes what
//! was filled stands in place of the old one, and is told. Twins inside one file are two entries: that is for a
//! rule to judge. Rows of unsuccessful transactions take no part in anything; a reversal 冲正 cancels its payment.

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::domain::entry::{Book, Change, Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::moment::Moment;

use super::format::{self, Format};

/// The status of a row that cancels a payment.
const REVERSAL: &str = "冲正";

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is matched and judged.
    Stands,
    /// It says what another entry says already, or less.
    Duplicate,
    /// A later delivery of the same record stands in its place.
    Superseded,
    /// The transaction did not go through, by its own status.
    Failed,
    /// It takes a payment back.
    Reversal,
    /// A reversal took the payment back.
    Cancelled,
}

impl Fate {
    pub fn id(self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::Duplicate => "duplicate",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Reversal => "reversal",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What became of every entry of a book. Invariant: one fate for each entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    pub fates: Vec<Fate>,
    /// In order of the new entry.
    pub changes: Vec<Change>,
}

impl Intake {
    /// The entries that are matched and judged, in ascending order.
    pub fn standing(&self) -> Vec<EntryId> {
        let ids = (0_u32..).map(EntryId);
        ids.zip(&self.fates).filter(|(_, fate)| **fate == Fate::Stands).map(|(id, _)| id).collect()
    }
}

/// What an entry is known by without its text. Stable across machines and versions: digests are archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest {
    /// Of the natural key.
    pub key: u64,
    /// Of what joins it to the entries of other parties: the slip number of a payment, the batch of a remittance.
    pub link: u64,
    /// Of everything the row says.
    pub row: u64,
}

/// The digest of every entry, in order.
pub fn digests(book: &Book) -> Vec<Digest> {
    let ids: Vec<EntryId> = book.ids().collect();
    ids.par_iter().map_init(Vec::new, |bytes, &id| digest(book.entry(id), bytes)).collect()
}

fn digest(entry: Entry<'_>, bytes: &mut Vec<u8>) -> Digest {
    let format = format::of(entry.ledger());
    bytes.clear();
    bytes.push(entry.ledger() as u8);
    for (index, column) in (0_u8..).zip(&format.columns) {
        let start = bytes.len();
        bytes.extend([index, 0x1f]);
        entry.spell(column.field, bytes);
        // A column a file leaves out says as much as one that it leaves empty.
        if bytes.len() == start + 2 {
            bytes.truncate(start);
        }
    }
    let row = xxh3_64(bytes);
    let key = of_fields(entry.ledger() as u8, entry, key_fields(entry), bytes);
    let link = match entry.ledger() {
        Ledger::TaxReceipts | Ledger::FinanceReceipts | Ledger::BankReceipts | Ledger::TreasuryReceipts
            if !entry.is_blank(Field::SlipNo) =>
        {
            of_fields(0xf0, entry, &[Field::SlipNo], bytes)
        }
        Ledger::BankRemittances | Ledger::TreasuryClearing => of_fields(0xf1, entry, &BATCH, bytes),
        _ => key,
    };
    Digest { key, link, row }
}

/// The link of the batch a receipt names.
pub fn batch_link(receipt: Entry<'_>) -> u64 {
    let mut bytes = Vec::new();
    of_fields(0xf1, receipt, &BATCH, &mut bytes)
}

/// What a remittance, its clearing and its receipts share.
const BATCH: [Field; 3] = [Field::Bank, Field::Batch, Field::Treasury];

fn of_fields(first: u8, entry: Entry<'_>, fields: &[Field], bytes: &mut Vec<u8>) -> u64 {
    bytes.clear();
    bytes.push(first);
    for &field in fields {
        entry.spell(field, bytes);
        bytes.push(0x1f);
    }
    xxh3_64(bytes)
}

/// Follows every record of the book through its deliveries. `success` are the status texts of this book that mean
/// success, besides an empty one; `repeats` are entries known to repeat what an earlier run settled, ascending.
pub fn take_in(book: &Book, digests: &[Digest], success: &[String], repeats: &[EntryId]) -> Intake {
    let mut fates = vec![Fate::Stands; book.len()];
    for id in repeats {
        fates[id.0 as usize] = Fate::Duplicate;
    }
    let mut keyed: Vec<(u64, EntryId)> = book
        .ids()
        .filter(|id| fates[id.0 as usize] == Fate::Stands)
        .map(|id| (digests[id.0 as usize].key, id))
        .collect();
    keyed.par_sort_unstable();
    let followed: Vec<History> = keyed
        .par_chunk_by(|a, b| a.0 == b.0)
        .filter(|block| block.len() > 1 || role(book.entry(block[0].1), success) != Role::Payment)
        .map(|block| follow_block(book, block.iter().map(|&(_, id)| id).collect(), success))
        .collect();
    let mut changes = Vec::new();
    for history in followed {
        for (id, fate) in history.fates {
            fates[id.0 as usize] = fate;
        }
        changes.extend(history.changes);
    }
    changes.extend(numbered_later(book, &mut fates));
    changes.sort_unstable_by_key(|change| (change.new, change.old));
    Intake { fates, changes }
}

/// A receipt that came without slip number and comes again with it, nothing else altered: a completion, although its
/// natural key changes with the number.
fn numbered_later(book: &Book, fates: &mut [Fate]) -> Vec<Change> {
    let mut changes = Vec::new();
    let receipts = book.ids_of(|ledger| ledger == Ledger::BankReceipts);
    let mut blanks: Vec<EntryId> = receipts
        .par_iter()
        .copied()
        .filter(|&id| fates[id.0 as usize] == Fate::Stands && book.entry(id).is_blank(Field::SlipNo))
        .collect();
    if blanks.is_empty() {
        return changes;
    }
    let key = |id: EntryId| {
        let entry = book.entry(id);
        let amount = entry.money(Field::Amount);
        (entry.code(Field::Bank), amount, entry.date(Field::ReceivedAt), entry.text(Field::PayerAccount))
    };
    blanks.sort_by_key(|&id| (key(id), id));
    let wanted = |id: &EntryId| {
        fates[id.0 as usize] == Fate::Stands
            && !book.entry(*id).is_blank(Field::SlipNo)
            && blanks.binary_search_by_key(&key(*id), |&blank| key(blank)).is_ok()
    };
    let mut numbered: Vec<EntryId> = receipts.par_iter().copied().filter(wanted).collect();
    numbered.sort_by_key(|&id| (key(id), book.entry(id).arrived(), id));
    let delivery = |id: EntryId| (book.entry(id).arrived(), book.entry(id).file());
    for blank in blanks {
        let start = numbered.partition_point(|&id| key(id) < key(blank));
        let same = numbered[start..].iter().take_while(|&&id| key(id) == key(blank));
        let completes = |&&id: &&EntryId| {
            delivery(id) != delivery(blank)
                && book.entry(id).arrived() >= book.entry(blank).arrived()
                && compare(book.entry(blank), book.entry(id)).altered.is_empty()
        };
        if let Some(&new) = same.clone().find(completes) {
            let place = numbered.iter().position(|&id| id == new).expect("just found");
            numbered.remove(place);
            fates[blank.0 as usize] = Fate::Superseded;
            changes.push(Change { old: blank, new, altered: Vec::new() });
        }
    }
    changes
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Payment,
    Reversal,
    Failed,
}

fn role(entry: Entry<'_>, success: &[String]) -> Role {
    let status = entry.text(Field::Status);
    if status.is_empty() || success.iter().any(|word| word == status) {
        Role::Payment
    } else if entry.ledger() == Ledger::BankReceipts && status.contains(REVERSAL) {
        Role::Reversal
    } else {
        Role::Failed
    }
}

/// The entries of one hash: told apart by their keys, then followed.
fn follow_block(book: &Book, mut ids: Vec<EntryId>, success: &[String]) -> History {
    let order = |&id: &EntryId| {
        let entry = book.entry(id);
        (natural_key(entry), entry.arrived(), entry.file(), entry.file_row(), id)
    };
    ids.sort_unstable_by_key(order);
    let mut all = History::default();
    for record in ids.chunk_by(|&a, &b| natural_key(book.entry(a)) == natural_key(book.entry(b))) {
        let mut history = History::default();
        let delivery = |id: EntryId| (book.entry(id).arrived(), book.entry(id).file());
        for rows in record.chunk_by(|&a, &b| delivery(a) == delivery(b)) {
            history.deliver(book, rows, success);
        }
        all.fates.extend(history.fates);
        all.changes.extend(history.changes);
    }
    all
}

/// The deliveries of one record so far.
#[derive(Debug, Default)]
struct History {
    fates: Vec<(EntryId, Fate)>,
    changes: Vec<Change>,
    reversals: Vec<EntryId>,
    /// Those that found no payment: it was cancelled before it was delivered.
    idle_reversals: Vec<EntryId>,
}

impl History {
    /// Takes in the rows of one file.
    fn deliver(&mut self, book: &Book, rows: &[EntryId], success: &[String]) {
        // Whom the rows of this file may repeat: each earlier row once.
        let mut payments: Vec<usize> = (0..self.fates.len())
            .filter(|&place| matches!(self.fates[place].1, Fate::Stands | Fate::Cancelled))
            .collect();
        let mut reversals = self.reversals.clone();
        let mut fresh = Vec::new();
        for &id in rows {
            let entry = book.entry(id);
            match role(entry, success) {
                Role::Failed => self.fates.push((id, Fate::Failed)),
                Role::Reversal => match reversals.iter().position(|&known| equal(book.entry(known), entry)) {
                    Some(place) => {
                        reversals.remove(place);
                        self.fates.push((id, Fate::Duplicate));
                    }
                    None => fresh.push(id),
                },
                Role::Payment => {
                    match payments.iter().position(|&place| equal(book.entry(self.fates[place].0), entry)) {
                        Some(index) => {
                            payments.remove(index);
                            self.fates.push((id, Fate::Duplicate));
                        }
                        None => fresh.push(id),
                    }
                }
            }
        }
        // In order of time, a payment before its own reversal: what is paid after a reversal is a new payment.
        let reversal = |id: EntryId| role(book.entry(id), success) == Role::Reversal;
        fresh.sort_by_key(|&id| (book.entry(id).moment(Field::ReceivedAt), reversal(id)));
        for id in fresh {
            if reversal(id) {
                self.reverse(book, id);
            } else {
                payments.retain(|&place| self.fates[place].1 == Fate::Stands);
                self.pay(book, id, &mut payments);
            }
        }
    }

    /// A payment that repeats none: a new version of an earlier row, or a payment of its own.
    fn pay(&mut self, book: &Book, id: EntryId, earlier: &mut Vec<usize>) {
        if let Some(index) = self.idle_reversals.iter().position(|&reversal| reverses(book, reversal, id)) {
            self.idle_reversals.remove(index);
            self.fates.push((id, Fate::Cancelled));
            return;
        }
        if earlier.is_empty() {
            self.fates.push((id, Fate::Stands));
            return;
        }
        let place = earlier.remove(0);
        let old = self.fates[place].0;
        let difference = compare(book.entry(old), book.entry(id));
        if difference.altered.is_empty() && !difference.fills {
            self.fates.push((id, Fate::Duplicate));
            return;
        }
        self.fates[place].1 = Fate::Superseded;
        self.fates.push((id, Fate::Stands));
        self.changes.push(Change { old, new: id, altered: difference.altered });
    }

    /// Cancels the latest payment that is not after the reversal.
    fn reverse(&mut self, book: &Book, id: EntryId) {
        self.fates.push((id, Fate::Reversal));
        self.reversals.push(id);
        let latest = (0..self.fates.len())
            .filter(|&place| self.fates[place].1 == Fate::Stands && reverses(book, id, self.fates[place].0))
            .max_by_key(|&place| (book.entry(self.fates[place].0).moment(Field::ReceivedAt), place));
        match latest {
            Some(place) => self.fates[place].1 = Fate::Cancelled,
            None => self.idle_reversals.push(id),
        }
    }
}

/// Whether the amount is the payment's and the payment is not after the reversal, as far as both times are known.
fn reverses(book: &Book, reversal: EntryId, payment: EntryId) -> bool {
    let (reversal, payment) = (book.entry(reversal), book.entry(payment));
    let amount = |entry: Entry<'_>| entry.money(Field::Amount).map(crate::domain::money::Money::abs);
    let (Some(cancelled), Some(paid)) =
        (reversal.moment(Field::ReceivedAt), payment.moment(Field::ReceivedAt))
    else {
        return false;
    };
    let not_after = match (paid.time, cancelled.time) {
        (Some(_), Some(_)) => paid <= cancelled,
        _ => paid.date <= cancelled.date,
    };
    not_after && amount(reversal) == amount(payment)
}

#[derive(Debug, Default)]
struct Difference {
    /// Something that was empty is now filled.
    fills: bool,
    altered: Vec<Field>,
}

fn compare(old: Entry<'_>, new: Entry<'_>) -> Difference {
    let mut difference = Difference::default();
    for column in &format::of(old.ledger()).columns {
        let field = column.field;
        if same(old, new, field) {
            continue;
        }
        match (old.moment(field), new.moment(field)) {
            // The same day, now with the time of day.
            (Some(Moment { date, time: None }), Some(later)) if later.date == date => difference.fills = true,
            (Some(earlier), Some(Moment { date, time: None })) if earlier.date == date => {}
            _ if new.is_blank(field) => {}
            _ if old.is_blank(field) => difference.fills = true,
            _ => difference.altered.push(field),
        }
    }
    difference
}

fn equal(a: Entry<'_>, b: Entry<'_>) -> bool {
    format::of(a.ledger()).columns.iter().all(|column| same(a, b, column.field))
}

fn same(a: Entry<'_>, b: Entry<'_>, field: Field) -> bool {
    a.text(field) == b.text(field)
        && a.money(field) == b.money(field)
        && a.moment(field) == b.moment(field)
        && a.count(field) == b.count(field)
}

/// What makes a row the record it is, within its party's ledger.
fn key_fields(entry: Entry<'_>) -> &'static [Field] {
    let format: &'static Format = format::of(entry.ledger());
    if format.key_else.is_empty() || format.key.iter().all(|&field| !entry.is_blank(field)) {
        &format.key
    } else {
        &format.key_else
    }
}

fn natural_key(entry: Entry<'_>) -> Vec<u8> {
    let mut key = vec![entry.ledger() as u8];
    for &field in key_fields(entry) {
        entry.spell(field, &mut key);
        key.push(0x1f);
    }
    key
}
