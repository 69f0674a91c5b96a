//! 划转: how the money that banks received went on to the treasury, receipts → batch → clearing statement.
//!
//! A second partition of the same entries: a receipt is in a payment's case, and its money in a batch. A receipt is
//! covered by the day its own row names, else by its batch, else, for banks that export neither, first in first out
//! against the remittances that no receipt names. A batch that is short does not uncover its receipts: the shortage is
//! the remittance's own fault, and is told of the total.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::domain::table::Code;

/// How a receipt's money is known to have gone on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Its own row names the day.
    Own,
    /// Its row names a batch that was remitted.
    Batch,
    /// First in first out 先进先出.
    Fifo,
}

impl How {
    pub fn id(self) -> &'static str {
        match self {
            Self::Own => "by-remitted-at",
            Self::Batch => "by-batch",
            Self::Fifo => "by-fifo",
        }
    }
}

/// When and how a receipt's money went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    pub on: NaiveDate,
    pub how: How,
}

/// What earlier runs know of rows that are still carried.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Receipts whose batch was remitted, although the remittance itself is no longer carried.
    pub covered: BTreeMap<EntryId, NaiveDate>,
    /// What receipts that are no longer carried took from a remittance.
    pub consumed: BTreeMap<EntryId, Money>,
}

/// A remittance 划转批次 and its clearing 清算, the same bank, batch and treasury.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub remittances: Vec<EntryId>,
    pub clearings: Vec<EntryId>,
}

impl Batch {
    pub fn entries(&self) -> impl Iterator<Item = EntryId> + '_ {
        self.remittances.iter().chain(&self.clearings).copied()
    }
}

/// Bank, treasury and day of remittance.
pub type CellKey = (Code, Code, NaiveDate);

/// A cell by its codes' texts, as it is handed from run to run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellName {
    pub bank: String,
    pub treasury: String,
    pub date: NaiveDate,
}

/// What a bank remitted to a treasury on a day, and what its receipts say it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub remitted: Money,
    pub received: Money,
}

/// The remittance layer of a book.
#[derive(Clone, Debug, Default)]
pub struct Remittances {
    /// In order of bank, batch and treasury.
    pub batches: Vec<Batch>,
    /// For each entry of the book; nothing but receipts is covered.
    covered: Vec<Option<Covered>>,
    /// The sums of the entries at hand; what was settled before is not in them.
    pub cells: BTreeMap<CellKey, Cell>,
    /// For each remittance what receipts took from it or, once a receipt names it, all of it.
    pub consumed: BTreeMap<EntryId, Money>,
    /// What each receipt that was covered first in first out took from which remittance.
    pub shares: Vec<(EntryId, EntryId, Money)>,
}

impl Remittances {
    pub fn covered(&self, receipt: EntryId) -> Option<Covered> {
        self.covered[receipt.0 as usize]
    }
}

/// Builds the layer from the entries that stand. `treasury_of` says where a receipt's money belongs if its own row
/// does not; `is_clearing_day` whether a clearing of that day answers the remittance.
pub fn remit(
    book: &Book,
    standing: &[EntryId],
    as_of: NaiveDate,
    known: &Known,
    treasury_of: impl Fn(Entry<'_>) -> Code + Sync,
    is_clearing_day: impl Fn(Entry<'_>, NaiveDate) -> bool,
) -> Remittances {
    let of = |ledger: Ledger| -> Vec<EntryId> {
        standing.iter().copied().filter(|&id| book.entry(id).ledger() == ledger).collect()
    };
    let (receipts, remittances) = (of(Ledger::BankReceipts), of(Ledger::BankRemittances));
    let batches = pair(book, &remittances, &of(Ledger::TreasuryClearing), is_clearing_day);
    let (mut covered, claimed) = cover(book, &receipts, &remittances, as_of, known);
    let mut consumed = BTreeMap::new();
    for (&id, is_claimed) in remittances.iter().zip(&claimed) {
        let all = amount(book.entry(id));
        let before = known.consumed.get(&id).copied().unwrap_or_default();
        consumed.insert(id, if *is_claimed { all } else { before });
    }
    let shares =
        first_in_first_out(book, &receipts, &remittances, as_of, &mut covered, &mut consumed, &treasury_of);
    let mut cells = sums(book, &receipts, &covered, &treasury_of);
    for &(_, remittance, share) in &shares {
        cells.entry(cell_of(book.entry(remittance))).or_default().received += share;
    }
    for &id in &remittances {
        let entry = book.entry(id);
        cells.entry(cell_of(entry)).or_default().remitted += amount(entry);
    }
    Remittances { batches, covered, cells, consumed, shares }
}

fn amount(entry: Entry<'_>) -> Money {
    entry.money(Field::Amount).unwrap_or_default()
}

/// The cell of a remittance's own row.
fn cell_of(remittance: Entry<'_>) -> CellKey {
    let day = remittance.date(Field::RemittedAt).expect("a required column");
    (remittance.code(Field::Bank), remittance.code(Field::Treasury), day)
}

/// Remittances and clearings of one bank, batch and treasury. Of several clearings the one of the right day answers;
/// the others stand alone.
fn pair(
    book: &Book,
    remittances: &[EntryId],
    clearings: &[EntryId],
    is_clearing_day: impl Fn(Entry<'_>, NaiveDate) -> bool,
) -> Vec<Batch> {
    let key = |id: EntryId| {
        let entry = book.entry(id);
        (entry.code(Field::Bank), entry.code(Field::Batch), entry.code(Field::Treasury))
    };
    let mut by_key: BTreeMap<_, Batch> = BTreeMap::new();
    for &id in remittances {
        by_key.entry(key(id)).or_default().remittances.push(id);
    }
    for &id in clearings {
        by_key.entry(key(id)).or_default().clearings.push(id);
    }
    let mut batches = Vec::with_capacity(by_key.len());
    for mut batch in by_key.into_values() {
        let day = |id: EntryId| book.entry(id).date(Field::ClearedOn).expect("a required column");
        let several = batch.clearings.iter().any(|&id| day(id) != day(batch.clearings[0]));
        if let Some(&remittance) = batch.remittances.first()
            && several
        {
            let answers = |&id: &EntryId| is_clearing_day(book.entry(remittance), day(id));
            let (right, others): (Vec<_>, Vec<_>) = batch.clearings.iter().copied().partition(answers);
            batches
                .extend(others.into_iter().map(|id| Batch { remittances: Vec::new(), clearings: vec![id] }));
            batch.clearings = right;
        }
        batches.push(batch);
    }
    batches
}

/// What covers each receipt by its own words, and which remittances some receipt names.
fn cover(
    book: &Book,
    receipts: &[EntryId],
    remittances: &[EntryId],
    as_of: NaiveDate,
    known: &Known,
) -> (Vec<Option<Covered>>, Vec<bool>) {
    let mut by_batch: HashMap<(Code, Code), Vec<usize>> = HashMap::new();
    let mut by_day: HashMap<(Code, NaiveDate), Vec<usize>> = HashMap::new();
    for (place, &id) in remittances.iter().enumerate() {
        let entry = book.entry(id);
        let (bank, _, day) = cell_of(entry);
        by_batch.entry((bank, entry.code(Field::Batch))).or_default().push(place);
        by_day.entry((bank, day)).or_default().push(place);
    }
    let claimed: Vec<AtomicBool> = remittances.iter().map(|_| AtomicBool::new(false)).collect();
    let by_receipt: Vec<Option<Covered>> = receipts
        .par_iter()
        .map(|&id| {
            let receipt = book.entry(id);
            let (bank, treasury) = (receipt.code(Field::Bank), receipt.code(Field::Treasury));
            let batch = receipt.code(Field::Batch);
            let own = receipt.date(Field::RemittedAt);
            let fits = |place: &&usize| {
                treasury == Code::default()
                    || book.entry(remittances[**place]).code(Field::Treasury) == treasury
            };
            let named: &[usize] = if batch != Code::default() {
                by_batch.get(&(bank, batch)).map_or(&[], Vec::as_slice)
            } else if let Some(day) = own {
                by_day.get(&(bank, day)).map_or(&[], Vec::as_slice)
            } else {
                &[]
            };
            let mut of_batch: Option<NaiveDate> = None;
            for &place in named.iter().filter(fits) {
                if !claimed[place].load(Ordering::Relaxed) {
                    claimed[place].store(true, Ordering::Relaxed);
                }
                let day = book.entry(remittances[place]).date(Field::RemittedAt);
                of_batch = of_batch.map_or(day, |known| day.map(|day| known.min(day)));
            }
            let by_batch = of_batch.filter(|_| batch != Code::default());
            let (on, how) = match own {
                Some(day) => (day, How::Own),
                None => (by_batch.or_else(|| known.covered.get(&id).copied())?, How::Batch),
            };
            (on <= as_of).then_some(Covered { on, how })
        })
        .collect();
    let mut covered = vec![None; book.len()];
    for (&id, by_receipt) in receipts.iter().zip(by_receipt) {
        covered[id.0 as usize] = by_receipt;
    }
    (covered, claimed.into_iter().map(AtomicBool::into_inner).collect())
}

/// Covers, oldest first, the receipts that name neither day nor batch by the remittances that no receipt names.
fn first_in_first_out(
    book: &Book,
    receipts: &[EntryId],
    remittances: &[EntryId],
    as_of: NaiveDate,
    covered: &mut [Option<Covered>],
    consumed: &mut BTreeMap<EntryId, Money>,
    treasury_of: &impl Fn(Entry<'_>) -> Code,
) -> Vec<(EntryId, EntryId, Money)> {
    let mut lanes: BTreeMap<(Code, Code), (Vec<EntryId>, Vec<EntryId>)> = BTreeMap::new();
    for &id in remittances {
        let entry = book.entry(id);
        let (bank, treasury, day) = cell_of(entry);
        if consumed[&id] < amount(entry) && day <= as_of {
            lanes.entry((bank, treasury)).or_default().1.push(id);
        }
    }
    if lanes.is_empty() {
        return Vec::new();
    }
    for &id in receipts {
        let entry = book.entry(id);
        let unmarked = entry.date(Field::RemittedAt).is_none()
            && entry.code(Field::Batch) == Code::default()
            && covered[id.0 as usize].is_none();
        if unmarked && let Some(lane) = lanes.get_mut(&(entry.code(Field::Bank), treasury_of(entry))) {
            lane.0.push(id);
        }
    }
    let mut shares = Vec::new();
    for (owed, paid) in lanes.values_mut() {
        // Content first, so that the order of rows decides only between rows that say the same.
        owed.sort_by_key(|&id| {
            let entry = book.entry(id);
            (entry.moment(Field::ReceivedAt), entry.text(Field::SlipNo), amount(entry), id)
        });
        paid.sort_by_key(|&id| {
            let entry = book.entry(id);
            (entry.moment(Field::RemittedAt), entry.text(Field::Batch), id)
        });
        let mut owed = owed.iter().copied().peekable();
        let mut left_of_receipt = Money::ZERO;
        for &remittance in paid.iter() {
            let day = book.entry(remittance).date(Field::RemittedAt).expect("a required column");
            let mut left = amount(book.entry(remittance)) - consumed[&remittance];
            while left > Money::ZERO
                && let Some(&receipt) = owed.peek()
                && book.entry(receipt).date(Field::ReceivedAt).is_some_and(|received| received <= day)
            {
                if left_of_receipt.is_zero() {
                    left_of_receipt = amount(book.entry(receipt));
                }
                let share = left.min(left_of_receipt);
                if share > Money::ZERO {
                    shares.push((receipt, remittance, share));
                }
                left -= share;
                left_of_receipt -= share;
                if left_of_receipt <= Money::ZERO {
                    covered[receipt.0 as usize] = Some(Covered { on: day, how: How::Fifo });
                    left_of_receipt = Money::ZERO;
                    owed.next();
                }
            }
        }
    }
    for &(_, remittance, share) in &shares {
        *consumed.get_mut(&remittance).expect("every remittance is listed") += share;
    }
    shares
}

/// What receipts say was remitted, by cell.
fn sums(
    book: &Book,
    receipts: &[EntryId],
    covered: &[Option<Covered>],
    treasury_of: &(impl Fn(Entry<'_>) -> Code + Sync),
) -> BTreeMap<CellKey, Cell> {
    let maps: Vec<HashMap<CellKey, Money>> = receipts
        .par_chunks(1 << 16)
        .map(|chunk| {
            let mut sums: HashMap<CellKey, Money> = HashMap::new();
            for &id in chunk {
                let entry = book.entry(id);
                if let Some(Covered { on, how: How::Own | How::Batch }) = covered[id.0 as usize] {
                    *sums.entry((entry.code(Field::Bank), treasury_of(entry), on)).or_default() +=
                        amount(entry);
                }
            }
            sums
        })
        .collect();
    let mut cells: BTreeMap<CellKey, Cell> = BTreeMap::new();
    #[expect(clippy::iter_over_hash_type, reason = "exact sums have no order")]
    for (key, sum) in maps.into_iter().flatten() {
        cells.entry(key).or_default().received += sum;
    }
    cells
}
