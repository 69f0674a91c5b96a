//! The digests under which settled rows are found again.
//!
//! A day asks of each of its rows, and there are many, whether one of some hundred runs settled it, and the answer is
//! nearly always no. So each run keeps beside the lines that say so, `seen.lines`, an index of four bytes a row that says
//! which links there may be, `seen.index`. Of every sixteenth run it is the index of the fifteen runs before too. Links are
//! digests and lie evenly: what the first bits of one point to is read, a few kilobytes, and nothing else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use chrono::Datelike as _;
use rayon::prelude::*;

use crate::pipeline::handover::Seen;

use super::Run;
use super::lines::{self, Lines, digest, number};

const LINES: &str = "seen.lines";
const INDEX: &str = "seen.index";

/// Link, row and case.
const LINE: usize = 20;

/// Of so many runs an index speaks at most.
const RUNS: usize = 16;

/// Entries of an index that stand together under the same first bits: about four kilobytes.
const PIECE: usize = 1 << 10;

/// Writes what a run settled, ascending, into its folder; `before` are the runs before it, in order.
pub(super) fn write(folder: &Path, seen: &[Seen], before: &[Run]) -> anyhow::Result<()> {
    let line = |seen: &Seen| {
        let mut line = [0; LINE];
        line[..8].copy_from_slice(&seen.link.to_le_bytes());
        line[8..16].copy_from_slice(&seen.row.to_le_bytes());
        line[16..].copy_from_slice(&seen.case.to_le_bytes());
        line
    };
    lines::write(&folder.join(LINES), &seen.par_iter().map(line).collect::<Vec<_>>())?;
    let is_of_many = (before.len() + 1).is_multiple_of(RUNS);
    let others = if is_of_many { &before[before.len() + 1 - RUNS..] } else { &[] };
    let own = u8::try_from(others.len()).expect("few runs");
    let mut links: Vec<(u64, u8)> = seen.iter().map(|seen| (seen.link, own)).collect();
    for (run, place) in others.iter().zip(0..) {
        let mut file = Lines::<LINE>::open(&run.path.join(LINES))?;
        links.extend(file.all()?.iter().map(|line| (digest(line, 0), place)));
    }
    links.par_sort_unstable();
    Index::write(&folder.join(INDEX), others, &links)
}

/// Whether two runs settled the same rows as the same cases.
pub(super) fn is_same(folder: &Path, other: &Path) -> anyhow::Result<bool> {
    let lines = |folder: &Path| Lines::<LINE>::open(&folder.join(LINES))?.all();
    Ok(lines(folder)? == lines(other)?)
}

/// What some runs, in order, settled under some links, given in ascending order.
pub(super) fn find(runs: &[Run], links: &[u64]) -> anyhow::Result<Vec<Seen>> {
    let likely: Vec<Vec<(usize, u64)>> =
        indexes(runs)?.into_par_iter().map(|index| index.likely(links)).collect::<anyhow::Result<_>>()?;
    let mut by_run: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for (run, link) in likely.into_iter().flatten() {
        by_run.entry(run).or_default().push(link);
    }
    let by_run: Vec<(usize, Vec<u64>)> = by_run.into_iter().collect();
    let seen = by_run.into_par_iter().map(|(run, mut links)| {
        links.dedup();
        settled(&runs[run], &links)
    });
    Ok(seen.collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// The indexes that speak of some runs.
fn indexes(runs: &[Run]) -> anyhow::Result<Vec<Index>> {
    let mut indexes = Vec::new();
    let mut end = runs.len();
    while end > 0 {
        let index = Index::open(runs, end - 1)?;
        // Of runs that were done again, or lie too far back, each is asked alone.
        end = index.members.iter().flatten().copied().min().expect("an index speaks of its own run");
        indexes.push(index);
    }
    Ok(indexes)
}

/// What a run settled under some links.
fn settled(run: &Run, links: &[u64]) -> anyhow::Result<Vec<Seen>> {
    /// Where so many lines come to one that is wanted, looking for it takes no longer than reading them.
    const SPARSE: usize = 64;
    let path = run.path.join(LINES);
    let mut file = Lines::<LINE>::open(&path)?;
    let mut found = Vec::new();
    if links.len() < file.count / SPARSE {
        for link in links {
            found.extend(file.under(link, |line| digest(line, 0))?);
        }
    } else {
        found = file.all()?;
        found.retain(|line| links.binary_search(&digest(line, 0)).is_ok());
    }
    let seen = |line: [u8; LINE]| Seen {
        link: digest(&line, 0),
        row: digest(&line, 8),
        run: run.date,
        case: number(&line, 16),
    };
    Ok(found.into_iter().map(seen).collect())
}

/// An index, all numbers of four bytes: how many other runs it speaks of and how many bits make a piece; day and number of
/// each of these runs; where each piece ends; then the entries, ascending, each the bits of a link that follow those of its
/// piece and the place of its run.
struct Index {
    file: File,
    path: PathBuf,
    /// The place of each run that it speaks of among those that are asked for, its own last.
    members: Vec<Option<usize>>,
    bits: u32,
    ends: Vec<u32>,
    /// Where the entries begin.
    start: u64,
}

impl Index {
    /// Links, ascending, each with the place of its run: of one of `others`, or after them the run's own.
    fn write(path: &Path, others: &[Run], links: &[(u64, u8)]) -> anyhow::Result<()> {
        let bits = (links.len() / PIECE).checked_ilog2().map_or(0, |bits| bits + 1);
        let count = |count: usize| u32::try_from(count).context("fewer than 2^32 rows");
        let mut numbers = vec![count(others.len())?, bits];
        for run in others {
            numbers.extend([run.date.num_days_from_ce().cast_unsigned(), run.number]);
        }
        let mut end = 0;
        for piece in 0..1 << bits {
            end += links[end..].partition_point(|&(link, _)| piece_of(link, bits) <= piece);
            numbers.push(count(end)?);
        }
        numbers.extend(links.iter().map(|&(link, run)| entry(link, bits) | u32::from(run)));
        lines::write(path, &numbers.par_iter().map(|number| number.to_le_bytes()).collect::<Vec<_>>())
    }

    /// That of one of some runs.
    fn open(runs: &[Run], own: usize) -> anyhow::Result<Self> {
        let path = runs[own].path.join(INDEX);
        let mut file = File::open(&path).with_context(|| path.display().to_string())?;
        let mut read = |count: usize| -> anyhow::Result<Vec<u32>> {
            let mut bytes = vec![0; count * 4];
            file.read_exact(&mut bytes).with_context(|| path.display().to_string())?;
            Ok(bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
        };
        let head = read(2)?;
        let (others, bits) = (head[0] as usize, head[1]);
        ensure!(others < RUNS && bits < 32, "{} is no index", path.display());
        let names = read(others * 2)?;
        let ends = read(1 << bits)?;
        let start = 4 * u64::try_from(2 + names.len() + ends.len())?;
        let first = own.checked_sub(others);
        let is_named = |(run, name): (&Run, &[u32])| {
            run.date.num_days_from_ce().cast_unsigned() == name[0] && run.number == name[1]
        };
        let all_stand = first.filter(|&first| runs[first..own].iter().zip(names.chunks(2)).all(is_named));
        let mut members: Vec<Option<usize>> = (0..others).map(|place| Some(all_stand? + place)).collect();
        members.push(Some(own));
        Ok(Self { file, path, members, bits, ends, start })
    }

    /// Which runs may have settled which links, given in ascending order; a few may not have.
    fn likely(mut self, links: &[u64]) -> anyhow::Result<Vec<(usize, u64)>> {
        let mut likely = Vec::new();
        let mut bytes = Vec::new();
        let bits = self.bits;
        for links in links.chunk_by(|a, b| piece_of(*a, bits) == piece_of(*b, bits)) {
            let piece = usize::try_from(piece_of(links[0], bits))?;
            let begin = if piece == 0 { 0 } else { self.ends[piece - 1] };
            bytes.resize(4 * (self.ends[piece] - begin) as usize, 0);
            let from = SeekFrom::Start(self.start + 4 * u64::from(begin));
            let read = self.file.seek(from).and_then(|_| self.file.read_exact(&mut bytes));
            read.with_context(|| self.path.display().to_string())?;
            let entries: &[[u8; 4]] = bytes.as_chunks().0;
            let mut next = 0;
            for &link in links {
                let wanted = entry(link, bits);
                let known = |place: usize| entries.get(place).map(|bytes| u32::from_le_bytes(*bytes));
                while known(next).is_some_and(|known| known < wanted) {
                    next += 1;
                }
                let same = (next..).map_while(|place| known(place).filter(|known| known & !0xff == wanted));
                for known in same {
                    let member =
                        self.members.get((known & 0xff) as usize).context("an entry names no run")?;
                    likely.extend(member.map(|run| (run, link)));
                }
            }
        }
        Ok(likely)
    }
}

/// The first bits of a link.
fn piece_of(link: u64, bits: u32) -> u64 {
    link.checked_shr(64 - bits).unwrap_or(0)
}

/// The 24 bits that follow the first ones, and room for the place of a run.
fn entry(link: u64, bits: u32) -> u32 {
    u32::try_from((link << bits) >> 32).expect("half of 64 bits") & !0xff
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    /// Digests lie evenly; these begin alike by twos, so that some are likely and not found.
    fn link(run: u64, row: u64) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&[run.to_le_bytes(), (row / 2).to_le_bytes()].concat()) & !1 | (row % 2)
    }

    struct Book {
        folder: tempfile::TempDir,
        runs: Vec<Run>,
        settled: Vec<Vec<Seen>>,
    }

    impl Book {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().expect("a folder"), runs: Vec::new(), settled: Vec::new() }
        }

        fn write(&mut self, place: usize, number: u32, rows: u64) {
            let date = NaiveDate::from_num_days_from_ce_opt(739_000 + i32::try_from(place).expect("few"))
                .expect("a day");
            let run = Run { date, number, path: self.folder.path().join(format!("{date}-{number}")) };
            std::fs::create_dir(&run.path).expect("a folder");
            let row = |row| Seen {
                link: link(place as u64, row),
                row,
                run: date,
                case: u32::try_from(row).expect("few"),
            };
            let mut seen: Vec<Seen> = (0..rows).map(row).collect();
            seen.sort_unstable();
            write(&run.path, &seen, &self.runs[..place]).expect("written");
            if place < self.runs.len() {
                (self.runs[place], self.settled[place]) = (run, seen);
            } else {
                self.runs.push(run);
                self.settled.push(seen);
            }
        }

        #[track_caller]
        fn assert_finds(&self, from: usize, links: &[u64]) {
            let is_asked = |seen: &&Seen| links.binary_search(&seen.link).is_ok();
            let mut expected: Vec<Seen> =
                self.settled[from..].iter().flatten().filter(is_asked).copied().collect();
            let mut found = find(&self.runs[from..], links).expect("found");
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_runs_settled_is_found_and_nothing_else() {
        let mut book = Book::new();
        for place in 0..2 * RUNS + 3 {
            book.write(place, 1, [0, 1, 7, 3_000][place % 4]);
        }
        let mut few: Vec<u64> =
            (0..40).flat_map(|run| [link(run, 0), link(run, 1), link(run, 6) ^ 1 << 20]).collect();
        few.extend([0, u64::MAX]);
        few.sort_unstable();
        let mut all: Vec<u64> = book.settled.iter().flatten().map(|seen| seen.link).collect();
        all.sort_unstable();
        for links in [&few, &all, &Vec::new()] {
            // The first runs may lie too far back; a run may have been done again since another was written of it.
            for from in [0, 1, RUNS - 1, RUNS, RUNS + 5] {
                book.assert_finds(from, links);
            }
        }
        book.write(RUNS + 3, 2, 500);
        book.write(3, 2, 0);
        for links in [&few, &all] {
            book.assert_finds(0, links);
        }
    }
}
