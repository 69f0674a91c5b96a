//! Where the accounts, taxpayers and units that people ask about stand: `find.parquet` beside the rows of each run.
//!
//! It says for the digest of each of their texts in which groups of rows of which ledger the text stands, sorted by digest,
//! so that a few groups of it tell which few of all others must be read. A digest may be another text's too: it is no proof,
//! and what is read is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use xxhash_rust::xxh3::xxh3_64;

use crate::domain::entry::{Book, EntryId};
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::table::{Column, Frame, Texts};
use crate::durable;
use crate::investigation::{ACCOUNTS, Wanted};

use super::parquet::{self, GROUP_ROWS, Reader};

pub(super) const NAME: &str = "find.parquet";

/// The columns of ledgers whose texts are to be found, besides [`ACCOUNTS`].
const OTHERS: [Field; 3] = [Field::TaxpayerId, Field::PayerId, Field::Unit];

fn is_listed(field: Field) -> bool {
    ACCOUNTS.contains(&field) || OTHERS.contains(&field)
}

/// The upper half of XXH3.
fn digest(text: &str) -> u32 {
    u32::try_from(xxh3_64(text.as_bytes()) >> 32).expect("half of its bits")
}

/// A digest, the place of a ledger in the list of all, and the number of a group of its rows: in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    digest: u32,
    ledger: Ledger,
    group: u32,
}

/// Writes where the texts of some rows stand, each ledger's in the order in which its rows are written.
pub(super) fn write(path: &Path, book: &Book, kept: &[(Ledger, Vec<EntryId>)]) -> anyhow::Result<()> {
    let groups: Vec<(Ledger, usize, &[EntryId])> = kept
        .iter()
        .flat_map(|(ledger, ids)| {
            ids.chunks(GROUP_ROWS).enumerate().map(move |(group, ids)| (*ledger, group, ids))
        })
        .collect();
    let mut lines: Vec<Line> = groups
        .into_par_iter()
        .flat_map_iter(|(ledger, group, ids)| {
            let group = u32::try_from(group).expect("few groups");
            let mut digests: FxHashSet<u32> = FxHashSet::default();
            for field in ACCOUNTS.into_iter().chain(OTHERS) {
                let mut last = "";
                for id in ids {
                    let text = book.entry(*id).text(field);
                    if text != last {
                        digests.insert(digest(text));
                        last = text;
                    }
                }
            }
            digests.into_iter().map(move |digest| Line { digest, ledger, group })
        })
        .collect();
    lines.par_sort_unstable();
    let frame = |lines: &[Line]| {
        let mut ledgers = Texts::default();
        for line in lines {
            ledgers.push(line.ledger.id());
        }
        let count = |of: fn(&Line) -> u32| Column::Count(lines.iter().map(|line| Some(of(line))).collect());
        Frame::new(vec![
            ("digest".to_owned(), count(|line| line.digest)),
            ("ledger".to_owned(), Column::Text(ledgers)),
            ("row_group".to_owned(), count(|line| line.group)),
        ])
    };
    let frames = if lines.is_empty() { vec![&lines[..]] } else { lines.chunks(GROUP_ROWS).collect() };
    parquet::write(path, frames.into_iter().map(frame))
}

/// The groups of rows of a run that may hold what is wanted, by ledger; `None` where only reading can tell: what is wanted
/// is not listed, or the run is of a version that did not list it.
pub(super) fn groups(
    run: &Path,
    wanted: &Wanted,
) -> anyhow::Result<Option<BTreeMap<Ledger, BTreeSet<usize>>>> {
    let path = run.join(NAME);
    let is_listed = wanted.rows.is_empty() && wanted.texts.keys().all(|field| is_listed(*field));
    if !is_listed || !durable::is_there(&path)? {
        return Ok(None);
    }
    let digests: BTreeSet<u32> = wanted.texts.values().flatten().map(|text| digest(text)).collect();
    look_up(&path, &digests).with_context(|| path.display().to_string()).map(Some)
}

fn look_up(path: &Path, digests: &BTreeSet<u32>) -> anyhow::Result<BTreeMap<Ledger, BTreeSet<usize>>> {
    let mut list = List { reader: Reader::alone(path)?, read: BTreeMap::new() };
    let mut found: BTreeMap<Ledger, BTreeSet<usize>> = BTreeMap::new();
    for &digest in digests {
        let (mut low, mut high) = (0, list.reader.groups());
        // The first group that does not end before it.
        while low < high {
            let middle = low.midpoint(high);
            let ends_before = list.group(middle)?.last().is_none_or(|line| line.digest < digest);
            if ends_before { low = middle + 1 } else { high = middle }
        }
        for place in low..list.reader.groups() {
            let lines = list.group(place)?;
            let start = lines.partition_point(|line| line.digest < digest);
            let of = lines[start..].iter().take_while(|line| line.digest == digest);
            for line in of.clone() {
                found.entry(line.ledger).or_default().insert(line.group as usize);
            }
            if start + of.count() < lines.len() {
                break;
            }
        }
    }
    Ok(found)
}

/// The list, as far as it was read.
struct List {
    reader: Reader,
    read: BTreeMap<usize, Vec<Line>>,
}

impl List {
    fn group(&mut self, place: usize) -> anyhow::Result<&[Line]> {
        if !self.read.contains_key(&place) {
            let lines = lines(&self.reader.frame(place, |_| true)?)?;
            self.read.insert(place, lines);
        }
        Ok(&self.read[&place])
    }
}

fn lines(frame: &Frame) -> anyhow::Result<Vec<Line>> {
    let (Some(Column::Count(digests)), Some(Column::Text(ledgers)), Some(Column::Count(groups))) =
        (frame.column("digest"), frame.column("ledger"), frame.column("row_group"))
    else {
        bail!("other columns than expected");
    };
    let line = |row: usize| {
        let ledger = ledgers.get(row);
        let ledger = Ledger::from_id(ledger).with_context(|| format!("{ledger} is no ledger"))?;
        let (digest, group) = (digests[row].context("no digest")?, groups[row].context("no group")?);
        Ok(Line { digest, ledger, group })
    };
    (0..frame.len()).map(line).collect()
}
