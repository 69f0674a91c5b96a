//! Which rows stand, when the same record arrives more than once.
//!
//! A bank exports yesterday's journal again with the remittance filled in; a tax office sends one file twice; a row
//! comes back with another amount. Rows of one natural key are followed in the order in which they arrived: an
//! equal row is a duplicate delivery, a row that fills what was empty is a completion, and a row that changes what
//! was filled stands in place of the old one, and is told. Twins inside one file are two entries: that is for a
//! rule to judge. Rows of unsuccessful transactions take no part in anything; a reversal 冲正 cancels its payment.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{Datelike, NaiveDate};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::domain::entry::{Book, Change, Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::moment::Moment;
use crate::domain::money::Money;

use super::format::{self, Format};

/// The status of a row that cancels a payment.
const REVERSAL: &str = "冲正";

/// Of so many rows of one key the nearest is looked for when one of them comes changed.
const CANDIDATES_MAX: usize = 64;

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
    /// It takes a payment back that has not been delivered.
    IdleReversal,
    /// A reversal took the payment back.
    Cancelled,
}

impl Fate {
    pub const ALL: [Self; 7] = [
        Self::Stands,
        Self::Duplicate,
        Self::Superseded,
        Self::Failed,
        Self::Reversal,
        Self::IdleReversal,
        Self::Cancelled,
    ];

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.id() == id)
    }

    pub fn id(self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::Duplicate => "duplicate",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Reversal => "reversal",
            Self::IdleReversal => "idle-reversal",
            Self::Cancelled => "cancelled",
        }
    }

    /// What became of it, as people call it.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Stands => lang.pick("有效", "stands"),
            Self::Duplicate => lang.pick("重复报送", "delivered again"),
            Self::Superseded => lang.pick("已由后报的代替", "replaced by a later version"),
            Self::Failed => lang.pick("交易未成功", "did not go through"),
            Self::Reversal => lang.pick("冲正", "takes a payment back"),
            Self::IdleReversal => lang.pick("冲正未报送的款项", "takes back a payment that did not come"),
            Self::Cancelled => lang.pick("已被冲正", "was taken back"),
        }
    }
}

/// What became of every entry of a book. Invariant: one fate for each entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    pub fates: Vec<Fate>,
    /// In order of the new entry.
    pub changes: Vec<Change>,
    /// Cancelled payments and the reversals that took them back, ascending.
    pub reversed: Vec<(EntryId, EntryId)>,
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
    /// Of what joins it to other entries: the number of a payment, the batch of a remittance, the account and day of a
    /// statement, the certificate of a bond.
    pub link: u64,
    /// Of everything the row says.
    pub row: u64,
}

/// The digest of every entry, in order.
pub fn digests(book: &Book) -> Vec<Digest> {
    digests_from(book, 0)
}

/// The digests of the entries that were appended from a place on.
pub fn digests_from(book: &Book, place: usize) -> Vec<Digest> {
    let ids: Vec<EntryId> = book.ids().skip(place).collect();
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
    let key = of_fields(kind(entry), entry, key_fields(entry), bytes);
    let link = match entry.ledger() {
        Ledger::TaxReceipts | Ledger::FinanceReceipts | Ledger::BankReceipts | Ledger::TreasuryReceipts
            if !entry.is_blank(Field::SlipNo) =>
        {
            of_fields(0xf0, entry, &[Field::SlipNo], bytes)
        }
        Ledger::TaxCorrections | Ledger::FinanceCorrections | Ledger::TreasuryCorrections
            if !entry.is_blank(Field::OriginalSlip) =>
        {
            of_fields(0xf0, entry, &[Field::OriginalSlip], bytes)
        }
        Ledger::TaxRefunds | Ledger::FinanceRefunds | Ledger::TreasuryRefunds | Ledger::BankRefunds
            if !entry.is_blank(Field::VoucherNo) =>
        {
            of_fields(0xf3, entry, &[Field::VoucherNo], bytes)
        }
        Ledger::FinanceDisbursements | Ledger::TreasuryDisbursements | Ledger::BankDisbursements
            if !entry.is_blank(Field::VoucherNo) =>
        {
            of_fields(0xf4, entry, &[Field::VoucherNo], bytes)
        }
        Ledger::BondRedemptions => of_fields(0xf5, entry, &[Field::CertificateNo], bytes),
        Ledger::BankRemittances | Ledger::TreasuryClearing => {
            batch_link_of(entry, entry.date(entry.ledger().date()), bytes)
        }
        Ledger::BankStatements => {
            statement_link_of(entry.text(Field::Account), entry.date(Field::Date), bytes)
        }
        _ => key,
    };
    Digest { key, link, row }
}

/// What ties a payment to other payments: refunds of one slip, or of one taxpayer and subject, since an order that names no
/// slip may give back what another gave back; vouchers on one form, payouts that repeat each other or go
/// to one payee on one day, corrections of one number, which may come to name another slip or stand in another party's
/// ledger without one.
/// Whoever speaks of one of them must see them all, so they are found again and settled together.
pub fn ties(entry: Entry<'_>) -> impl Iterator<Item = u64> {
    let tied: &[(u8, &[Field])] = match entry.ledger() {
        Ledger::TaxRefunds | Ledger::FinanceRefunds => {
            &[(0xe0, &[Field::OriginalSlip]), (0xe5, &[Field::TaxpayerId, Field::Subject])]
        }
        Ledger::FinanceDisbursements => &[
            (0xe1, &[Field::FormNo]),
            (0xe2, &[Field::PayeeAccount, Field::Amount, Field::VoucherDate, Field::Purpose]),
            (0xe4, &[Field::PayeeAccount, Field::VoucherDate]),
        ],
        Ledger::TaxCorrections | Ledger::FinanceCorrections | Ledger::TreasuryCorrections => {
            &[(0xe3, &[Field::VoucherNo])]
        }
        _ => &[],
    };
    let mut bytes = Vec::new();
    tied.iter()
        .filter(move |(_, fields)| !entry.is_blank(fields[0]))
        .map(move |(first, fields)| of_fields(*first, entry, fields, &mut bytes))
}

/// Whether a ledger's rows may be tied to others.
pub fn may_be_tied(ledger: Ledger) -> bool {
    matches!(ledger.flow(), Flow::Refund | Flow::Disbursement | Flow::Correction)
}

/// The link of the slip a refund gives back.
pub fn original_link(refund: Entry<'_>) -> Option<u64> {
    let names_slip = matches!(refund.ledger(), Ledger::TaxRefunds | Ledger::FinanceRefunds)
        && !refund.is_blank(Field::OriginalSlip);
    names_slip.then(|| of_fields(0xf0, refund, &[Field::OriginalSlip], &mut Vec::new()))
}

/// The link of what the taxpayer of a refund that names no slip paid to the subject.
pub fn paid_link(refund: Entry<'_>) -> Option<u64> {
    let names_payer = matches!(refund.ledger(), Ledger::TaxRefunds | Ledger::FinanceRefunds)
        && refund.is_blank(Field::OriginalSlip)
        && !refund.is_blank(Field::TaxpayerId);
    names_payer.then(|| payer_link(refund.text(Field::TaxpayerId), refund.text(Field::Subject)))
}

/// The link under which refunds that name no slip find what a payer paid to a subject.
pub fn payer_link(payer: &str, subject: &str) -> u64 {
    xxh3_64(&[b"\xe6", payer.as_bytes(), b"\x1f", subject.as_bytes()].concat())
}

/// The link of the batch a receipt names, if it was remitted on a day.
pub fn batch_link(receipt: Entry<'_>, day: NaiveDate) -> u64 {
    batch_link_of(receipt, Some(day), &mut Vec::new())
}

fn batch_link_of(entry: Entry<'_>, day: Option<NaiveDate>, bytes: &mut Vec<u8>) -> u64 {
    bytes.clear();
    bytes.push(0xf1);
    for field in [Field::Bank, Field::Batch, Field::Treasury] {
        entry.spell(field, bytes);
        bytes.push(0x1f);
    }
    spell_day(day, bytes);
    xxh3_64(bytes)
}

/// The link of the rows of an account and day: a statement is settled and comes back whole.
pub fn statement_link(account: &str, date: NaiveDate) -> u64 {
    statement_link_of(account, Some(date), &mut Vec::new())
}

fn statement_link_of(account: &str, date: Option<NaiveDate>, bytes: &mut Vec<u8>) -> u64 {
    bytes.clear();
    bytes.push(0xf2);
    bytes.extend_from_slice(account.as_bytes());
    bytes.push(0x1f);
    spell_day(date, bytes);
    xxh3_64(bytes)
}

fn spell_day(day: Option<NaiveDate>, bytes: &mut Vec<u8>) {
    bytes.extend(day.iter().flat_map(|day| day.num_days_from_ce().to_le_bytes()));
}

fn of_fields(first: u8, entry: Entry<'_>, fields: &[Field], bytes: &mut Vec<u8>) -> u64 {
    bytes.clear();
    bytes.push(first);
    spell_key(entry, fields, bytes);
    xxh3_64(bytes)
}

fn spell_key(entry: Entry<'_>, fields: &[Field], bytes: &mut Vec<u8>) {
    for &field in fields {
        // A remittance is of a day, whatever the time.
        if field == Field::RemittedAt {
            spell_day(entry.date(field), bytes);
        } else {
            entry.spell(field, bytes);
        }
        bytes.push(0x1f);
    }
}

/// Follows every record of the book through its deliveries. `success` are the status texts of this book that mean
/// success, besides an empty one; `known` the fates that earlier runs found, of rows that are handed on or come back;
/// `repeats` are entries known to repeat what an earlier run settled, ascending.
pub fn take_in(
    book: &Book,
    digests: &[Digest],
    success: &[String],
    known: &BTreeMap<EntryId, Fate>,
    repeats: &[EntryId],
) -> Intake {
    let mut fates = vec![Fate::Stands; book.len()];
    for id in repeats {
        fates[id.0 as usize] = Fate::Duplicate;
    }
    let mut keyed: Vec<(u64, EntryId)> = book
        .ids()
        .filter(|id| fates[id.0 as usize] == Fate::Stands)
        .map(|id| (digests[id.0 as usize].key, id))
        .collect();
    for (id, fate) in known {
        fates[id.0 as usize] = *fate;
    }
    keyed.par_sort_unstable();
    let follower = Follower { book, success, known, digests, slips: OnceLock::new() };
    let histories: Vec<History> = keyed
        .par_chunk_by(|a, b| a.0 == b.0)
        .filter(|block| block.len() > 1 || role(book.entry(block[0].1), success) != Role::Payment)
        .map(|block| follower.follow(block.iter().map(|&(_, id)| id).collect()))
        .collect();
    let (mut changes, mut reversed) = (Vec::new(), Vec::new());
    for history in histories {
        reversed.extend(history.reversed);
        for (id, fate) in history.fates {
            fates[id.0 as usize] = fate;
        }
        changes.extend(history.changes);
    }
    reversed.sort_unstable();
    changes.extend(numbered_later(book, &mut fates));
    changes.sort_unstable_by_key(|change| (change.new, change.old));
    Intake { fates, changes, reversed }
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
            changes.push(Change { old: blank, new, altered: Vec::new(), names: Vec::new() });
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
    } else if matches!(entry.ledger(), Ledger::BankReceipts | Ledger::BankDisbursements)
        && status.contains(REVERSAL)
    {
        Role::Reversal
    } else {
        Role::Failed
    }
}

/// What following a record through its deliveries needs to know.
struct Follower<'b> {
    book: &'b Book,
    success: &'b [String],
    known: &'b BTreeMap<EntryId, Fate>,
    digests: &'b [Digest],
    /// Slips and refund orders by link, sorted; made when a treasury row first asks for its own.
    slips: OnceLock<Vec<(u64, EntryId)>>,
}

impl Follower<'_> {
    /// The entries of one hash: told apart by their keys, then followed.
    fn follow(&self, mut ids: Vec<EntryId>) -> History {
        let book = self.book;
        // Content before row, so that the order of rows decides only between rows that say the same.
        ids.sort_by_cached_key(|&id| {
            let entry = book.entry(id);
            let delivery = (entry.arrived(), entry.file(), entry.content(), entry.file_row());
            (natural_key(entry), !self.known.contains_key(&id), delivery, id)
        });
        let mut all = History::default();
        for record in ids.chunk_by(|&a, &b| natural_key(book.entry(a)) == natural_key(book.entry(b))) {
            let mut history = History::default();
            let before = record.partition_point(|id| self.known.contains_key(id));
            for &id in &record[..before] {
                history.recall(id, self.known[&id]);
            }
            let delivery = |id: EntryId| (book.entry(id).arrived(), book.entry(id).file());
            for rows in record[before..].chunk_by(|&a, &b| delivery(a) == delivery(b)) {
                history.deliver(self, rows);
            }
            all.reversed.extend(history.join_reversals(book));
            all.fates.extend(history.fates);
            all.changes.extend(history.changes);
        }
        all
    }

    /// Whether a treasury row is another share of a slip or refund 分成 and no new version of the rows that stand: its level is
    /// none of theirs, and together they are no more than the slip. So is another part of a payout that comes back 退回, of
    /// another amount on a later day.
    fn is_share(&self, id: EntryId, fates: &[(EntryId, Fate)]) -> bool {
        let entry = self.book.entry(id);
        if !matches!(entry.ledger(), Ledger::TreasuryReceipts | Ledger::TreasuryRefunds) && !is_return(entry)
        {
            return false;
        }
        let standing: Vec<EntryId> = fates.iter().filter(|of| of.1 == Fate::Stands).map(|of| of.0).collect();
        let amount = |id: EntryId| self.book.entry(id).money(Field::Amount).unwrap_or_default();
        if is_return(entry) {
            let booked = |id: EntryId| self.book.entry(id).date(Field::BookedOn);
            return standing.iter().all(|&other| booked(other) < booked(id) && amount(other) != amount(id));
        }
        let level = entry.text(Field::Level);
        if standing.iter().any(|&other| self.book.entry(other).text(Field::Level) == level) {
            return false;
        }
        match self.slip_amount(self.digests[id.0 as usize].link) {
            Some(slip) => standing.iter().map(|&other| amount(other)).sum::<Money>() + amount(id) <= slip,
            None => standing.iter().all(|&other| amount(other) != amount(id)),
        }
    }

    fn slip_amount(&self, link: u64) -> Option<Money> {
        let slips = self.slips.get_or_init(|| {
            let is_document = |ledger: Ledger| {
                matches!(
                    ledger,
                    Ledger::TaxReceipts
                        | Ledger::FinanceReceipts
                        | Ledger::TaxRefunds
                        | Ledger::FinanceRefunds
                )
            };
            let ids = self.book.ids_of(is_document);
            let mut slips: Vec<(u64, EntryId)> =
                ids.into_iter().map(|id| (self.digests[id.0 as usize].link, id)).collect();
            slips.par_sort_unstable();
            slips
        });
        let (_, id) = slips.get(slips.partition_point(|of| of.0 < link)).filter(|of| of.0 == link)?;
        self.book.entry(*id).money(Field::Amount)
    }
}

/// The deliveries of one record so far.
#[derive(Debug, Default)]
struct History {
    fates: Vec<(EntryId, Fate)>,
    changes: Vec<Change>,
    reversals: Vec<EntryId>,
    /// Cancelled payments and what took them back.
    reversed: Vec<(EntryId, EntryId)>,
    /// Places of those that found no payment: it was cancelled before it was delivered.
    idle_reversals: Vec<usize>,
}

impl History {
    /// A row whose fate an earlier run found.
    fn recall(&mut self, id: EntryId, fate: Fate) {
        self.fates.push((id, fate));
        match fate {
            Fate::Reversal => self.reversals.push(id),
            Fate::IdleReversal => {
                self.reversals.push(id);
                self.idle_reversals.push(self.fates.len() - 1);
            }
            _ => {}
        }
    }

    /// Takes in the rows of one file.
    fn deliver(&mut self, follower: &Follower<'_>, rows: &[EntryId]) {
        let (book, success) = (follower.book, follower.success);
        let reversal = |id: EntryId| role(book.entry(id), success) == Role::Reversal;
        // Whom the rows of this file may repeat: each earlier row once. By digest, since a careless ledger has one
        // number for all its rows.
        let mut earlier: BTreeMap<(bool, u64), Vec<usize>> = BTreeMap::new();
        for (place, &(id, fate)) in self.fates.iter().enumerate().rev() {
            if !matches!(fate, Fate::Duplicate | Fate::Superseded | Fate::Failed) {
                let row = follower.digests[id.0 as usize].row;
                earlier.entry((reversal(id), row)).or_default().push(place);
            }
        }
        let mut fresh = Vec::new();
        for &id in rows {
            let same = (reversal(id), follower.digests[id.0 as usize].row);
            if role(book.entry(id), success) == Role::Failed {
                self.fates.push((id, Fate::Failed));
            } else if earlier.get_mut(&same).and_then(Vec::pop).is_some() {
                self.fates.push((id, Fate::Duplicate));
            } else {
                fresh.push(id);
            }
        }
        let mut payments: Vec<usize> = earlier
            .into_iter()
            .filter(|((is_reversal, _), _)| !is_reversal)
            .flat_map(|(_, places)| places)
            .collect();
        payments.sort_unstable();
        // In order of time, a payment before its own reversal: what is paid after a reversal is a new payment.
        fresh.sort_by_key(|&id| (paid_at(book.entry(id)), reversal(id)));
        // A payout has no time of day: a reversal that repeats none of this file repeats an earlier one, and comes first.
        let is_of_earlier = |&id: &EntryId| {
            book.entry(id).ledger() == Ledger::BankDisbursements
                && reversal(id)
                && !rows.iter().any(|&paid| !reversal(paid) && reverses(book, id, paid))
        };
        let (first, then): (Vec<_>, Vec<_>) = fresh.into_iter().partition(is_of_earlier);
        for id in first.into_iter().chain(then) {
            if reversal(id) {
                self.reverse(book, id);
            } else {
                self.pay(follower, id, &mut payments);
            }
        }
    }

    /// A payment that repeats none: a new version of an earlier row, or a payment of its own.
    fn pay(&mut self, follower: &Follower<'_>, id: EntryId, earlier: &mut Vec<usize>) {
        let book = follower.book;
        // More of a payment that was taken back: it stays so, since it is not paid after the reversal.
        let taken_back = earlier.iter().position(|&place| {
            let (old, fate) = self.fates[place];
            fate == Fate::Cancelled
                && self.reversals.iter().any(|&reversal| reverses(book, reversal, id))
                && compare(book.entry(old), book.entry(id)).altered.is_empty()
        });
        if let Some(index) = taken_back {
            let place = earlier.remove(index);
            self.replace(book, place, id, Fate::Cancelled);
            return;
        }
        let idle = self.idle_reversals.iter().position(|&place| reverses(book, self.fates[place].0, id));
        if let Some(index) = idle {
            let reversal = self.idle_reversals.remove(index);
            self.fates[reversal].1 = Fate::Reversal;
            self.fates.push((id, Fate::Cancelled));
            return;
        }
        // Of several rows it could be a version of, the one it differs least from; of very many, of the first.
        let nearest = (0..earlier.len())
            .filter(|&index| self.fates[earlier[index]].1 == Fate::Stands)
            .take(CANDIDATES_MAX)
            .min_by_key(|&index| {
                let old = book.entry(self.fates[earlier[index]].0);
                let difference = compare(old, book.entry(id));
                (difference.altered.len(), difference.fills, old.content())
            });
        match nearest {
            Some(index) if !follower.is_share(id, &self.fates) => {
                let place = earlier.remove(index);
                self.replace(book, place, id, Fate::Stands);
            }
            _ => self.fates.push((id, Fate::Stands)),
        }
    }

    /// Puts a row in the place of an earlier version, unless it says nothing new.
    fn replace(&mut self, book: &Book, place: usize, id: EntryId, fate: Fate) {
        let old = self.fates[place].0;
        let difference = compare(book.entry(old), book.entry(id));
        if difference.altered.is_empty() && !difference.fills {
            self.fates.push((id, Fate::Duplicate));
            return;
        }
        self.fates[place].1 = Fate::Superseded;
        self.fates.push((id, fate));
        let altered = difference.altered;
        let columns = format::of(book.entry(id).ledger());
        let name = |field: &Field| {
            let column = columns.column(*field).and_then(|column| column.zh.first());
            column.map_or(field.id(), String::as_str)
        };
        let names = altered.iter().map(name).collect();
        self.changes.push(Change { old, new: id, altered, names });
    }

    /// Cancels the latest payment that is not after the reversal.
    fn reverse(&mut self, book: &Book, id: EntryId) {
        self.reversals.push(id);
        let latest = (0..self.fates.len())
            .filter(|&place| self.fates[place].1 == Fate::Stands && reverses(book, id, self.fates[place].0))
            .max_by_key(|&place| (paid_at(book.entry(self.fates[place].0)), place));
        if let Some(place) = latest {
            self.fates[place].1 = Fate::Cancelled;
            self.fates.push((id, Fate::Reversal));
        } else {
            self.fates.push((id, Fate::IdleReversal));
            self.idle_reversals.push(self.fates.len() - 1);
        }
    }
}

impl History {
    /// The cancelled payments with what took each back. Fates alone outlive a run, so they are joined anew: each reversal, in
    /// order of time, with the latest payment not after it.
    fn join_reversals(&self, book: &Book) -> Vec<(EntryId, EntryId)> {
        let of = |fate: Fate| {
            let ids = self.fates.iter().filter(|of| of.1 == fate).map(|of| of.0);
            let mut ids: Vec<EntryId> = ids.collect();
            ids.sort_by_key(|&id| (paid_at(book.entry(id)), id));
            ids
        };
        let mut cancelled = of(Fate::Cancelled);
        let mut reversed = Vec::new();
        for reversal in of(Fate::Reversal) {
            if let Some(place) = cancelled.iter().rposition(|&payment| reverses(book, reversal, payment)) {
                reversed.push((cancelled.remove(place), reversal));
            }
        }
        reversed
    }
}

/// When the bank received or paid the money.
fn paid_at(entry: Entry<'_>) -> Option<Moment> {
    entry.moment(Field::ReceivedAt).or_else(|| entry.moment(Field::PaidOn))
}

/// Whether the amount is the payment's and the payment is not after the reversal, as far as both times are known.
fn reverses(book: &Book, reversal: EntryId, payment: EntryId) -> bool {
    let (reversal, payment) = (book.entry(reversal), book.entry(payment));
    let amount = |entry: Entry<'_>| entry.money(Field::Amount).map(Money::abs);
    let (Some(cancelled), Some(paid)) = (paid_at(reversal), paid_at(payment)) else { return false };
    // One voucher may be paid again, to another account.
    let is_same = |field: Field| {
        reversal.is_blank(field) || payment.is_blank(field) || reversal.text(field) == payment.text(field)
    };
    if reversal.ledger() == Ledger::BankDisbursements
        && ![Field::Bank, Field::PayeeAccount].into_iter().all(is_same)
    {
        return false;
    }
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

fn same(a: Entry<'_>, b: Entry<'_>, field: Field) -> bool {
    a.text(field) == b.text(field)
        && a.money(field) == b.money(field)
        && a.moment(field) == b.moment(field)
        && a.count(field) == b.count(field)
}

/// What makes a row the record it is, within its party's ledger. Where that was destroyed, only all of the row can.
fn key_fields(entry: Entry<'_>) -> &'static [Field] {
    let format: &'static Format = format::of(entry.ledger());
    let is_whole = |fields: &[Field]| fields.iter().all(|&field| !entry.is_unusable(field));
    if !is_whole(&format.key) && (format.key_else.is_empty() || !is_whole(&format.key_else)) {
        return Field::ALL;
    }
    if format.key_else.is_empty() || format.key.iter().all(|&field| !entry.is_blank(field)) {
        &format.key
    } else {
        &format.key_else
    }
}

/// Rows of one ledger with equal keys are one record; but money that comes back 退回 is booked, negative, under the
/// number of the payout, and is a record of its own.
fn kind(entry: Entry<'_>) -> u8 {
    entry.ledger() as u8 | if is_return(entry) { 0x80 } else { 0 }
}

fn is_return(entry: Entry<'_>) -> bool {
    entry.ledger() == Ledger::TreasuryDisbursements
        && entry.money(Field::Amount).is_some_and(Money::is_negative)
}

fn natural_key(entry: Entry<'_>) -> Vec<u8> {
    let mut key = vec![kind(entry)];
    spell_key(entry, key_fields(entry), &mut key);
    key
}
