//! Where the rows of settled cases stand in their files, `cases.lines` of each run: so the rows of a few cases are read
//! without looking through all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use crate::domain::entry::EntryId;
use crate::domain::ledger::Ledger;

use super::lines::{self, Lines, number};

const LINES: &str = "cases.lines";

/// Case, place of the ledger in the list of all, and row of the ledger's file.
const LINE: usize = 9;

/// Writes where the rows of cases stand, given the rows of each ledger's file in their order.
pub(super) fn write(
    folder: &Path,
    kept: &[(Ledger, Vec<EntryId>)],
    case: impl Fn(EntryId) -> Option<u32> + Sync,
) -> anyhow::Result<()> {
    let mut places: Vec<(u32, u8, u32)> = Vec::new();
    for (ledger, ids) in kept {
        let place = |(id, row): (&EntryId, u32)| Some((case(*id)?, *ledger as u8, row));
        places.extend(ids.iter().zip(0..).filter_map(place));
    }
    places.par_sort_unstable();
    let line = |&(case, ledger, row): &(u32, u8, u32)| {
        let mut line = [0; LINE];
        line[..4].copy_from_slice(&case.to_le_bytes());
        line[4] = ledger;
        line[5..].copy_from_slice(&row.to_le_bytes());
        line
    };
    lines::write(&folder.join(LINES), &places.par_iter().map(line).collect::<Vec<_>>())
}

/// The rows of some cases of a run, ascending by ledger.
pub(super) fn rows(run: &Path, cases: &BTreeSet<u32>) -> anyhow::Result<BTreeMap<Ledger, BTreeSet<usize>>> {
    let mut lines = Lines::<LINE>::open(&run.join(LINES))?;
    let mut rows: BTreeMap<Ledger, BTreeSet<usize>> = BTreeMap::new();
    for case in cases {
        for line in lines.under(case, |line| number(line, 0))? {
            rows.entry(Ledger::ALL[usize::from(line[4])]).or_default().insert(number(&line, 5) as usize);
        }
    }
    Ok(rows)
}
