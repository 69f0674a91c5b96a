//! Runs books day by day in memory: the pipeline without files, with a history of its own.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use treasury_recon::domain::entry::{Book, Part};
use treasury_recon::domain::facts::Facts;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::ledger::problem::Problem;
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{SourceFile, format, read};
use treasury_recon::pipeline::handover::{Handover, History, Seen, Settled, SettledMemo};
use treasury_recon::pipeline::{Outcome, reconcile};

/// Settled rows of every run so far.
#[derive(Default)]
pub(crate) struct Memory {
    seen: Vec<Seen>,
    settled: Vec<(Part, Vec<SettledMemo>)>,
}

impl History for Memory {
    fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    fn seen(&self, links: &[u64]) -> anyhow::Result<Vec<Seen>> {
        Ok(self.seen.iter().filter(|seen| links.binary_search(&seen.link).is_ok()).copied().collect())
    }

    fn load(&self, cases: &BTreeSet<(NaiveDate, u32)>) -> anyhow::Result<Vec<Settled>> {
        let mut loaded = Vec::new();
        for (part, memo) in &self.settled {
            let rows: Vec<usize> =
                (0..memo.len()).filter(|&row| cases.contains(&(memo[row].run, memo[row].case))).collect();
            if rows.is_empty() {
                continue;
            }
            let book = Book::assemble(vec![part.clone()]);
            let ids: Vec<_> = book.ids().collect();
            let wanted: Vec<_> = rows.iter().map(|&row| ids[row]).collect();
            for part in book.extract(&wanted) {
                loaded.push(Settled { part, memo: rows.iter().map(|&row| memo[row]).collect() });
            }
        }
        Ok(loaded)
    }
}

/// A book that is run in memory.
pub(crate) struct Replay {
    before: Handover,
    memory: Memory,
    pub(crate) facts: Facts,
}

impl Replay {
    /// `facts` holds the registers and settings; its day is set by each run.
    pub(crate) fn new(facts: Facts) -> Self {
        Self { before: Handover::default(), memory: Memory::default(), facts }
    }

    /// Runs a day with its files, and looks at the outcome before it is handed on.
    pub(crate) fn run<T>(
        &mut self,
        day: NaiveDate,
        files: &[SourceFile],
        look: impl FnOnce(&Outcome, &[Problem]) -> T,
    ) -> T {
        let mut facts = self.facts.clone();
        facts.as_of = day;
        let (mut parts, mut problems) = (Vec::new(), Vec::new());
        for file in files {
            let name = file.path.rsplit('/').next().expect("a name");
            let ledger = Ledger::of_file_name(name).expect("a ledger's file");
            facts.delivered.insert(ledger);
            let parsed = read(file, format::of(ledger), &Profile::default());
            let unread = parsed.unread.into_iter();
            facts.unread.extend(unread.map(|(number, row)| ((ledger, number), (day, row))));
            parts.extend(parsed.parts);
            problems.extend(parsed.problems);
        }
        let before = std::mem::take(&mut self.before);
        let outcome = reconcile(parts, facts, before, &self.memory).expect("memory does not fail");
        let seen = look(&outcome, &problems);
        let settled = outcome.settled_ids();
        let mut memos = outcome.settled_memos(&settled).into_iter();
        for part in outcome.book.extract(&settled) {
            let memo = memos.by_ref().take(part.rows.len()).collect();
            self.memory.settled.push((part, memo));
        }
        self.memory.seen.extend(outcome.seen());
        self.before = outcome.hand_on();
        seen
    }
}
