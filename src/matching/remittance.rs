//! 划转: how the money that banks received went on to the treasury, receipts → batch → clearing statement.
//!
//! A second partition of the same entries: a receipt is in a payment's case, and its money in a batch. A receipt is
//! covered by the day its own row names, else by its batch, else, for banks that export neither, first in first out
//! against what was remitted and no receipt names. A batch that is short does not uncover its receipts: the shortage is
//! the remittance's own fault, and is told of the total.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::field::Field;
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
    /// Remittances that some receipt has named.
    pub claimed: BTreeSet<EntryId>,
}

/// A remittance 划转批次 and its clearing 清算, the same bank, batch and treasury. A bank may give the numbers of one day again
/// on the next: a batch is of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub remittances: Vec<EntryId>,
    pub clearings: Vec<EntryId>,
}

impl Batch {
    /// What it is called: bank, treasury, day and number.
    pub fn key(&self, book: &Book) -> String {
        let row = book.entry(self.entries().next().expect("a batch has a row"));
        let day = row.date(row.ledger().date()).expect("a required column");
        let text = |field: Field| row.text(field);
        format!("{}/{}/{day}/{}", text(Field::Bank), text(Field::Treasury), text(Field::Batch))
    }

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
    /// In order of bank, batch, treasury and day.
    pub batches: Vec<Batch>,
    /// For each entry of the book; nothing but receipts is covered.
    covered: Vec<Option<Covered>>,
    /// The sums of the entries at hand; what was settled before is not in them.
    pub cells: BTreeMap<CellKey, Cell>,
    /// For each remittance what receipts took from it, those that name it and those that came first in.
    pub consumed: BTreeMap<EntryId, Money>,
    /// Remittances that some receipt names, now or before.
    pub claimed: BTreeSet<EntryId>,
    /// Receipts, ascending, and the remittances they name.
    pub named: Vec<(EntryId, EntryId)>,
    /// What each receipt that was covered first in first out took from which remittance.
    pub shares: Vec<(EntryId, EntryId, Money)>,
    /// Where the money of receipts belongs whose own rows do not say.
    treasuries: BTreeMap<EntryId, Code>,
}

impl Remittances {
    #[inline]
    pub fn covered(&self, receipt: EntryId) -> Option<Covered> {
        self.covered[receipt.0 as usize]
    }

    /// The treasury a receipt's money belongs to: by its own row, its slip, its batch, or the only treasury its bank
    /// remits to.
    pub fn treasury(&self, receipt: Entry<'_>) -> Code {
        treasury(&self.treasuries, receipt)
    }

    /// What of an uncovered receipt went on all the same, first in first out.
    pub fn part(&self, receipt: EntryId) -> Money {
        self.shares.iter().filter(|(of, ..)| *of == receipt).map(|(_, _, share)| *share).sum()
    }
}

fn treasury(treasuries: &BTreeMap<EntryId, Code>, receipt: Entry<'_>) -> Code {
    let own = receipt.code(Field::Treasury);
    if own == Code::default() { treasuries.get(&receipt.id()).copied().unwrap_or(own) } else { own }
}

/// The entries of the layer that stand, each list ascending.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'s> {
    pub receipts: &'s [EntryId],
    pub remittances: &'s [EntryId],
    pub clearings: &'s [EntryId],
}

/// Builds the layer. `treasury_of_slip` says where a receipt's money belongs by its slip; `is_clearing_day` whether a
/// clearing of that day answers the remittance; `owed` what settled receipts of a cell say was remitted beyond what settled
/// remittances were.
pub fn remit(
    book: &Book,
    standing: Standing<'_>,
    as_of: NaiveDate,
    known: &Known,
    treasury_of_slip: impl Fn(Entry<'_>) -> Code,
    is_clearing_day: impl Fn(Entry<'_>, NaiveDate) -> bool,
    owed: impl Fn(CellKey) -> Money,
) -> Remittances {
    let Standing { receipts, remittances, clearings } = standing;
    let batches = pair(book, remittances, clearings, is_clearing_day);
    let named = Named::of(book, remittances);
    let treasuries = treasuries(book, receipts, &named, known, treasury_of_slip);
    let (mut covered, links) = cover(book, receipts, &named, as_of, known);
    let owed = owed_by_settled(book, remittances, known, owed);
    let mut consumed = take(book, remittances, &links, known, &owed);
    let links: Vec<(EntryId, EntryId)> =
        links.into_iter().map(|(receipt, place)| (receipt, remittances[place as usize])).collect();
    let mut claimed = known.claimed.clone();
    claimed.extend(links.iter().map(|(_, remittance)| *remittance));
    claimed.extend(remittances.iter().filter(|id| owed.contains_key(&cell_of(book.entry(**id)))));
    let shares =
        first_in_first_out(book, standing, as_of, &mut covered, &mut consumed, &claimed, &treasuries);
    let mut cells = sums(book, receipts, &covered, &treasuries);
    // A remittance that others name is compared with what names it, so that what is too much in it stays told.
    for &(_, remittance, share) in shares.iter().filter(|(_, remittance, _)| !claimed.contains(remittance)) {
        cells.entry(cell_of(book.entry(remittance))).or_default().received += share;
    }
    for &id in remittances {
        let entry = book.entry(id);
        cells.entry(cell_of(entry)).or_default().remitted += amount(entry);
    }
    Remittances { batches, covered, cells, consumed, claimed, named: links, shares, treasuries }
}

/// Remittances by what receipts name them by: places in their list.
struct Named {
    /// In order of their days.
    by_batch: HashMap<(Code, Code), Vec<usize>>,
    by_day: HashMap<(Code, NaiveDate), Vec<usize>>,
    /// For each remittance its treasury and day.
    treasuries: Vec<Code>,
    days: Vec<NaiveDate>,
    /// The treasury a bank remits to, if it is only one.
    only: HashMap<Code, Option<Code>>,
}

impl Named {
    fn of(book: &Book, remittances: &[EntryId]) -> Self {
        let mut named = Self {
            by_batch: HashMap::new(),
            by_day: HashMap::new(),
            treasuries: Vec::with_capacity(remittances.len()),
            days: Vec::with_capacity(remittances.len()),
            only: HashMap::new(),
        };
        for (place, &id) in remittances.iter().enumerate() {
            let entry = book.entry(id);
            let (bank, treasury, day) = cell_of(entry);
            named.by_batch.entry((bank, entry.code(Field::Batch))).or_default().push(place);
            named.by_day.entry((bank, day)).or_default().push(place);
            named.treasuries.push(treasury);
            named.days.push(day);
            let only = named.only.entry(bank).or_insert(Some(treasury));
            *only = only.filter(|known| *known == treasury);
        }
        #[expect(clippy::iter_over_hash_type, reason = "each is sorted by itself")]
        for places in named.by_batch.values_mut() {
            places.sort_by_key(|&place| (named.days[place], place));
        }
        named
    }

    /// The remittances a receipt names, and which it can mean: those of its batch, else those of its day. Where a number
    /// stands for a batch of each day it is that of the day on which the receipt was remitted, else the first after it came.
    fn by(&self, receipt: Entry<'_>, known: &Known) -> impl Iterator<Item = usize> {
        let (bank, batch) = (receipt.code(Field::Bank), receipt.code(Field::Batch));
        let own = receipt.date(Field::RemittedAt);
        let of_batch = batch != Code::default();
        let on = if of_batch { own.or_else(|| known.covered.get(&receipt.id()).copied()) } else { own };
        let found = if of_batch {
            self.by_batch.get(&(bank, batch))
        } else {
            own.and_then(|day| self.by_day.get(&(bank, day)))
        };
        let received = receipt.date(Field::ReceivedAt);
        let is_meant = move |day: NaiveDate| match on {
            Some(on) => day == on,
            None => received.is_none_or(|received| received <= day),
        };
        found.into_iter().flatten().copied().filter(move |&place| is_meant(self.days[place]))
    }
}

/// Where the money of receipts belongs whose own rows do not say.
fn treasuries(
    book: &Book,
    receipts: &[EntryId],
    named: &Named,
    known: &Known,
    of_slip: impl Fn(Entry<'_>) -> Code,
) -> BTreeMap<EntryId, Code> {
    let blank: Vec<EntryId> = receipts
        .par_iter()
        .copied()
        .filter(|&id| book.entry(id).code(Field::Treasury) == Code::default())
        .collect();
    let mut treasuries = BTreeMap::new();
    for id in blank {
        let receipt = book.entry(id);
        let by_slip = Some(of_slip(receipt)).filter(|code| *code != Code::default());
        // Of the days on which the number was given the first.
        let by_batch = || {
            let mut places = named.by(receipt, known);
            let first = places.next()?;
            let is_other = |place: usize| {
                named.days[place] == named.days[first] && named.treasuries[place] != named.treasuries[first]
            };
            (!places.any(is_other)).then_some(named.treasuries[first])
        };
        let only = || named.only.get(&receipt.code(Field::Bank)).copied().flatten();
        treasuries.extend(by_slip.or_else(by_batch).or_else(only).map(|code| (id, code)));
    }
    treasuries
}

fn amount(entry: Entry<'_>) -> Money {
    entry.money(Field::Amount).unwrap_or_default()
}

/// The cell of a remittance's own row.
fn cell_of(remittance: Entry<'_>) -> CellKey {
    let day = remittance.date(Field::RemittedAt).expect("a required column");
    (remittance.code(Field::Bank), remittance.code(Field::Treasury), day)
}

/// Remittances and clearings of one bank, batch and treasury, day by day.
fn pair(
    book: &Book,
    remittances: &[EntryId],
    clearings: &[EntryId],
    is_clearing_day: impl Fn(Entry<'_>, NaiveDate) -> bool,
) -> Vec<Batch> {
    /// The rows of one number by their days.
    type Days = BTreeMap<NaiveDate, Vec<EntryId>>;
    let key =
        |entry: Entry<'_>| (entry.code(Field::Bank), entry.code(Field::Batch), entry.code(Field::Treasury));
    let day = |entry: Entry<'_>| entry.date(entry.ledger().date()).expect("a required column");
    let mut by_key: BTreeMap<_, (Days, Days)> = BTreeMap::new();
    for &id in remittances {
        let entry = book.entry(id);
        by_key.entry(key(entry)).or_default().0.entry(day(entry)).or_default().push(id);
    }
    for &id in clearings {
        let entry = book.entry(id);
        by_key.entry(key(entry)).or_default().1.entry(day(entry)).or_default().push(id);
    }
    let sum = |ids: &[EntryId]| ids.iter().map(|&id| amount(book.entry(id))).sum::<Money>();
    let mut batches = Vec::with_capacity(by_key.len());
    for (remitted, mut cleared) in by_key.into_values() {
        let mut of_number: Vec<(NaiveDate, Batch)> = remitted
            .into_iter()
            .map(|(on, remittances)| (on, Batch { remittances, clearings: Vec::new() }))
            .collect();
        // The clearing of the right day answers, the same amount first; then one of the day itself; then a late one of the
        // same amount. Of another amount and day it is another batch.
        for turn in 0..4 {
            for (on, batch) in of_number.iter_mut().filter(|(_, batch)| batch.clearings.is_empty()) {
                let answers = |(day, ids): &(&NaiveDate, &Vec<EntryId>)| {
                    let is_right = || is_clearing_day(book.entry(batch.remittances[0]), **day);
                    let is_equal = || sum(ids) == sum(&batch.remittances);
                    match turn {
                        0 => is_right() && is_equal(),
                        1 => is_right(),
                        2 => **day == *on,
                        _ => **day > *on && is_equal(),
                    }
                };
                if let Some(day) = cleared.iter().find(answers).map(|(day, _)| *day) {
                    batch.clearings = cleared.remove(&day).expect("just found");
                }
            }
        }
        of_number.extend(
            cleared.into_iter().map(|(on, clearings)| (on, Batch { remittances: Vec::new(), clearings })),
        );
        of_number.sort_by_key(|(on, _)| *on);
        batches.extend(of_number.into_iter().map(|(_, batch)| batch));
    }
    batches
}

/// What covers each receipt by its own words, and which remittance each receipt names: its place in the list.
fn cover(
    book: &Book,
    receipts: &[EntryId],
    named: &Named,
    as_of: NaiveDate,
    known: &Known,
) -> (Vec<Option<Covered>>, Vec<(EntryId, u32)>) {
    let by_receipt: Vec<(Option<Covered>, Option<u32>)> = receipts
        .par_iter()
        .map(|&id| {
            let receipt = book.entry(id);
            let treasury = receipt.code(Field::Treasury);
            let batch = receipt.code(Field::Batch);
            let own = receipt.date(Field::RemittedAt);
            let fits = |&place: &usize| treasury == Code::default() || named.treasuries[place] == treasury;
            let mut places = named.by(receipt, known);
            let first = places.next();
            // A batch that went to another treasury than the receipt says went on all the same.
            let fitting = first.filter(fits).or_else(|| places.find(fits));
            let place = fitting.or(first.filter(|_| batch != Code::default()));
            let of_batch = place.filter(|_| batch != Code::default()).map(|place| named.days[place]);
            let covered = match own {
                Some(day) => Some((day, How::Own)),
                None => of_batch.or_else(|| known.covered.get(&id).copied()).map(|day| (day, How::Batch)),
            };
            let covered = covered.filter(|(on, _)| *on <= as_of).map(|(on, how)| Covered { on, how });
            (covered, place.map(|place| u32::try_from(place).expect("fewer than 2^32 entries")))
        })
        .collect();
    let mut covered = vec![None; book.len()];
    let mut links = Vec::new();
    for (&id, (by_receipt, place)) in receipts.iter().zip(by_receipt) {
        covered[id.0 as usize] = by_receipt;
        links.extend(place.map(|place| (id, place)));
    }
    (covered, links)
}

/// What settled receipts of the cells at hand name, and no remittance they were settled with was: a remittance that comes
/// late is theirs. What is known to be consumed they have taken already.
fn owed_by_settled(
    book: &Book,
    remittances: &[EntryId],
    known: &Known,
    owed: impl Fn(CellKey) -> Money,
) -> BTreeMap<CellKey, Money> {
    let mut cells: BTreeMap<CellKey, Money> = BTreeMap::new();
    for &id in remittances {
        let key = cell_of(book.entry(id));
        *cells.entry(key).or_insert_with(|| owed(key)) -=
            known.consumed.get(&id).copied().unwrap_or_default();
    }
    cells.retain(|_, owed| *owed > Money::ZERO);
    cells
}

/// What each remittance has been used for by receipts that name it, never more than it is. What names only a day is
/// taken from the remittances of that day, one after another.
fn take(
    book: &Book,
    remittances: &[EntryId],
    links: &[(EntryId, u32)],
    known: &Known,
    owed: &BTreeMap<CellKey, Money>,
) -> BTreeMap<EntryId, Money> {
    let mut left: Vec<Money> = remittances
        .iter()
        .map(|id| amount(book.entry(*id)) - known.consumed.get(id).copied().unwrap_or_default())
        .collect();
    let mut by_day = owed.clone();
    for &(receipt, place) in links {
        let entry = book.entry(receipt);
        if entry.code(Field::Batch) == Code::default() {
            let key = cell_of(book.entry(remittances[place as usize]));
            *by_day.entry(key).or_default() += amount(entry);
        } else {
            left[place as usize] -= amount(entry);
        }
    }
    if !by_day.is_empty() {
        for (&id, left) in remittances.iter().zip(&mut left) {
            if let Some(owed) = by_day.get_mut(&cell_of(book.entry(id))) {
                let taken = (*owed).min((*left).max(Money::ZERO));
                *owed -= taken;
                *left -= taken;
            }
        }
    }
    let used = |(&id, left): (&EntryId, Money)| (id, amount(book.entry(id)) - left.max(Money::ZERO));
    remittances.iter().zip(left).map(used).collect()
}

/// Covers, oldest first, the receipts that name neither day nor batch by what no receipt names.
fn first_in_first_out(
    book: &Book,
    standing: Standing<'_>,
    as_of: NaiveDate,
    covered: &mut [Option<Covered>],
    consumed: &mut BTreeMap<EntryId, Money>,
    claimed: &BTreeSet<EntryId>,
    treasuries: &BTreeMap<EntryId, Code>,
) -> Vec<(EntryId, EntryId, Money)> {
    let mut lanes: BTreeMap<(Code, Code), (Vec<EntryId>, Vec<EntryId>)> = BTreeMap::new();
    for &id in standing.remittances {
        let entry = book.entry(id);
        let (bank, treasury, day) = cell_of(entry);
        if consumed[&id] < amount(entry) && day <= as_of {
            lanes.entry((bank, treasury)).or_default().1.push(id);
        }
    }
    if lanes.is_empty() {
        return Vec::new();
    }
    for &id in standing.receipts {
        let entry = book.entry(id);
        let unmarked = entry.date(Field::RemittedAt).is_none()
            && entry.code(Field::Batch) == Code::default()
            && covered[id.0 as usize].is_none();
        if unmarked && let Some(lane) = lanes.get_mut(&(entry.code(Field::Bank), treasury(treasuries, entry)))
        {
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
                // What is too much in a remittance that others name may be this receipt, but only all of it: else the
                // remittance is simply too much, which is told of its total.
                if left < left_of_receipt && claimed.contains(&remittance) {
                    break;
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
    treasuries: &BTreeMap<EntryId, Code>,
) -> BTreeMap<CellKey, Cell> {
    let maps: Vec<HashMap<CellKey, Money>> = receipts
        .par_chunks(1 << 16)
        .map(|chunk| {
            let mut sums: HashMap<CellKey, Money> = HashMap::new();
            for &id in chunk {
                let entry = book.entry(id);
                if let Some(Covered { on, how: How::Own | How::Batch }) = covered[id.0 as usize] {
                    *sums.entry((entry.code(Field::Bank), treasury(treasuries, entry), on)).or_default() +=
                        amount(entry);
                }
            }
            sums
        })
        .collect();
    let mut cells: BTreeMap<CellKey, Cell> = BTreeMap::new();
    for (key, sum) in maps.into_iter().flatten() {
        cells.entry(key).or_default().received += sum;
    }
    cells
}
