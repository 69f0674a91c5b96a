//! Whether the archive is what its runs left: every byte is digested again and compared with what names it.
//!
//! Trust goes backwards. The head names the manifest of the run that was published last; a manifest names its run's files,
//! what the run read, the run it started from, and the run published before it. Somebody who may change all of these,
//! the head included, is caught by a digest that left the house: one that stands on a signed statement.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context;
use chrono::NaiveDate;
use rayon::prelude::*;
use serde::Deserialize;

use crate::domain::digest::sha256;
use crate::durable;
use crate::durable::names;

use super::past::manifest;
use super::{Archive, HEAD, INPUTS, MANIFEST, Manifest, RestsOn, Run, VERSION, digests, folders};

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Its bytes are not those that were written or read.
    Altered,
    Missing,
    /// Nothing that is trusted names it.
    Unknown,
    /// It is a manifest that no later one leads to.
    Unchained,
    /// It came after the run of its day.
    Unread,
}

/// A file of the book, by its place there, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    pub file: String,
    pub fault: Fault,
}

/// A run that took the place of another of its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rerun {
    pub date: NaiveDate,
    pub number: u32,
    /// Whether it was published after the run whose digest was asked for.
    pub is_later: bool,
    /// What the run before it had read with other bytes, or not at all.
    pub changed: Vec<String>,
}

/// What a check of a whole archive came to.
#[derive(Debug, Default)]
pub struct Verdict {
    pub runs: usize,
    pub files: usize,
    /// The run published last, and the digest that stands for everything before it.
    pub head: Option<(NaiveDate, u32, String)>,
    /// Runs of earlier versions, which do not say what they read and in which order they were published.
    pub unsworn: usize,
    pub differences: Vec<Difference>,
    /// Whether a digest that was asked for is that of one of the runs.
    pub knows: bool,
    /// The runs that were done again, in order.
    pub reruns: Vec<Rerun>,
}

impl Archive {
    /// Checks every run, those that were done again included, against the digest in the head and against `known`, the digest
    /// of a manifest that was written down elsewhere. `book` is the folder that inputs lie in.
    pub fn verify(&self, book: &Path, known: Option<&str>) -> anyhow::Result<Verdict> {
        let runs = self.all_runs()?;
        let mut check = Check { archive: self, verdict: Verdict { runs: runs.len(), ..Verdict::default() } };
        let trusted = check.chain(&runs, known);
        let kept: BTreeSet<&str> = trusted.values().flat_map(Manifest::kept).collect();
        check.folders(&runs)?;
        let contents: Vec<_> = trusted
            .par_iter()
            .map(|(run, manifest)| Ok((run, manifest, digests(&runs[run].path)?)))
            .collect::<anyhow::Result<_>>()?;
        for (run, manifest, found) in contents {
            check.compare(&format!("archive/{}", place(*run)), manifest, &found);
        }
        check.inputs(&kept, trusted.len() == runs.len())?;
        check.inbox(book, &trusted)?;
        check.packs(book)?;
        check.reruns(&trusted, known.and_then(|known| serial_of(&runs, &trusted, known)));
        let mut verdict = check.verdict;
        verdict.differences.sort();
        verdict.differences.dedup();
        Ok(verdict)
    }

    /// The archive as it was when the run whose manifest has this digest had been published, and that run's day; `None` if
    /// no run has it.
    pub fn as_published(&self, manifest_digest: &str) -> anyhow::Result<Option<(Self, NaiveDate)>> {
        let runs = self.all_runs()?;
        let manifests = runs.iter().map(|(&name, run)| Ok((name, manifest(run)?)));
        let manifests: BTreeMap<Name, Manifest> = manifests.collect::<anyhow::Result<_>>()?;
        let Some(serial) = serial_of(&runs, &manifests, manifest_digest) else { return Ok(None) };
        let mut standing: BTreeMap<NaiveDate, Run> = BTreeMap::new();
        let mut day = NaiveDate::MIN;
        for (name, run) in runs {
            let of = manifests[&name].serial;
            if of == serial {
                day = name.0;
            }
            if of <= serial {
                standing.insert(name.0, run);
            }
        }
        Ok(Some((Self { root: self.root.clone(), runs: standing.into_values().collect() }, day)))
    }

    /// Every run, those that were done again included.
    pub(super) fn all_runs(&self) -> anyhow::Result<BTreeMap<Name, Run>> {
        let mut runs = BTreeMap::new();
        for of in &self.runs {
            let day = of.path.parent().expect("a run lies in its day's folder");
            for (name, path) in folders(day)? {
                if let Some(number) = name.strip_prefix("run=").and_then(|number| number.parse().ok()) {
                    runs.insert((of.date, number), Run { date: of.date, number, path });
                }
            }
        }
        Ok(runs)
    }
}

/// Day and number of a run.
type Name = (NaiveDate, u32);

/// As how many-th the run with a digest was published.
fn serial_of(runs: &BTreeMap<Name, Run>, manifests: &BTreeMap<Name, Manifest>, known: &str) -> Option<u64> {
    let is_it =
        |name: &Name| fs::read(runs[name].path.join(MANIFEST)).is_ok_and(|bytes| sha256(&bytes) == known);
    manifests.iter().find(|(name, _)| is_it(name)).map(|(_, manifest)| manifest.serial)
}

fn place((date, number): Name) -> String {
    format!("date={date}/run={number}")
}

struct Check<'a> {
    archive: &'a Archive,
    verdict: Verdict,
}

impl Check<'_> {
    fn wrong(&mut self, file: String, fault: Fault) {
        self.verdict.differences.push(Difference { file, fault });
    }

    /// Follows the runs from the last one backwards; gives those whose manifest can be read.
    fn chain(&mut self, runs: &BTreeMap<Name, Run>, known: Option<&str>) -> BTreeMap<Name, Manifest> {
        let mut manifests = BTreeMap::new();
        let mut digests: BTreeMap<Name, String> = BTreeMap::new();
        for (&name, run) in runs {
            let file = format!("archive/{}/{MANIFEST}", place(name));
            match fs::read(run.path.join(MANIFEST)) {
                Ok(bytes) => {
                    digests.insert(name, sha256(&bytes));
                    match manifest(run) {
                        Ok(of) if (of.date, of.run) == name && of.version <= VERSION => {
                            manifests.insert(name, of);
                        }
                        _ => self.wrong(file, Fault::Altered),
                    }
                }
                Err(_) => self.wrong(file, Fault::Missing),
            }
        }
        let head = self.archive.head();
        let sworn = manifests.values().any(|of| of.serial > 0);
        let mut waiting: Vec<RestsOn> = Vec::new();
        match head {
            Ok(Some(head)) => {
                let named = manifests.get(&(head.run.date, head.run.run));
                if named.is_some_and(|of: &Manifest| of.serial != head.serial) {
                    self.wrong(format!("archive/{HEAD}"), Fault::Altered);
                }
                self.verdict.head = Some((head.run.date, head.run.run, head.run.manifest.clone()));
                waiting.push(head.run);
            }
            Ok(None) if sworn => self.wrong(format!("archive/{HEAD}"), Fault::Missing),
            Ok(None) => {}
            Err(_) => self.wrong(format!("archive/{HEAD}"), Fault::Altered),
        }
        let mut reached: BTreeSet<Name> = BTreeSet::new();
        // Where a manifest is lost, what it led to is found from the latest run that is left.
        let mut lost = usize::from(waiting.is_empty());
        loop {
            let Some(expected) = waiting.pop() else {
                let unreached =
                    manifests.iter().filter(|(name, of)| of.serial > 0 && !reached.contains(name));
                match unreached.max_by_key(|(_, of)| of.serial).filter(|_| lost > 0) {
                    None => break,
                    Some((&(date, run), _)) => waiting.push(RestsOn { date, run, manifest: String::new() }),
                }
                lost -= 1;
                continue;
            };
            let name = (expected.date, expected.run);
            let is_new = reached.insert(name);
            if !expected.manifest.is_empty() && digests.get(&name) != Some(&expected.manifest) {
                let fault = if digests.contains_key(&name) { Fault::Altered } else { Fault::Missing };
                self.wrong(format!("archive/{}/{MANIFEST}", place(name)), fault);
            }
            match manifests.get(&name) {
                Some(of) if is_new => waiting.extend(of.after.iter().chain(&of.rests_on).cloned()),
                None if is_new => lost += 1,
                _ => {}
            }
        }
        // No run is of an earlier version where this one wrote the first.
        let is_begun_here = manifests.values().any(|of| of.serial == 1 && of.after.is_none());
        for (&name, of) in &manifests {
            if of.serial == 0 && !is_begun_here {
                self.verdict.unsworn += 1;
            } else if !reached.contains(&name) {
                self.wrong(format!("archive/{}/{MANIFEST}", place(name)), Fault::Unchained);
            }
        }
        self.verdict.knows = known.is_none_or(|known| {
            let mut reached = digests.iter().filter(|(name, _)| reached.contains(name));
            reached.any(|(_, digest)| digest == known)
        });
        manifests
    }

    /// What lies about in the archive that is no run of it.
    fn folders(&mut self, runs: &BTreeMap<Name, Run>) -> anyhow::Result<()> {
        let root = &self.archive.root;
        let days: BTreeSet<String> = runs.keys().map(|(date, _)| format!("date={date}")).collect();
        for name in names(root)? {
            if days.contains(&name) {
                let own = |of: &str| runs.keys().any(|&run| place(run) == format!("{name}/{of}"));
                let strays: Vec<String> =
                    names(&root.join(&name))?.into_iter().filter(|of| !own(of)).collect();
                for stray in strays {
                    self.wrong(format!("archive/{name}/{stray}"), Fault::Unknown);
                }
            } else if ![HEAD, INPUTS].contains(&name.as_str()) {
                self.wrong(format!("archive/{name}"), Fault::Unknown);
            }
        }
        Ok(())
    }

    /// The files of a run against what its manifest says.
    fn compare(&mut self, folder: &str, manifest: &Manifest, found: &BTreeMap<String, String>) {
        self.verdict.files += found.len();
        for (name, digest) in &manifest.files {
            match found.get(name) {
                None => self.wrong(format!("{folder}/{name}"), Fault::Missing),
                Some(own) if own != digest => self.wrong(format!("{folder}/{name}"), Fault::Altered),
                Some(_) => {}
            }
        }
        for name in found.keys() {
            if name != MANIFEST && !manifest.files.contains_key(name) {
                self.wrong(format!("{folder}/{name}"), Fault::Unknown);
            }
        }
    }

    /// The tables and configurations that runs read. `is_all` says whether every run could be asked what it kept.
    fn inputs(&mut self, kept: &BTreeSet<&str>, is_all: bool) -> anyhow::Result<()> {
        let folder = self.archive.root.join(INPUTS);
        let found = if durable::is_folder(&folder)? { digests(&folder)? } else { BTreeMap::new() };
        self.verdict.files += found.len();
        for (name, digest) in &found {
            if name != digest {
                self.wrong(format!("archive/{INPUTS}/{name}"), Fault::Altered);
            } else if is_all && !kept.contains(name.as_str()) {
                self.wrong(format!("archive/{INPUTS}/{name}"), Fault::Unknown);
            }
        }
        for &digest in kept.iter().filter(|digest| !found.contains_key(**digest)) {
            self.wrong(format!("archive/{INPUTS}/{digest}"), Fault::Missing);
        }
        Ok(())
    }

    /// The folders of statements and packs, each against its own list.
    fn packs(&mut self, book: &Path) -> anyhow::Result<()> {
        #[derive(Deserialize)]
        struct Listed {
            files: BTreeMap<String, String>,
        }
        let reports = book.join("reports");
        if !durable::is_folder(&reports)? {
            return Ok(());
        }
        for (folder, path) in folders(&reports)? {
            let place = path.join(MANIFEST);
            if !durable::is_there(&place)? {
                continue;
            }
            let text = fs::read(&place).with_context(|| place.display().to_string())?;
            let Ok(Listed { files }) = serde_json::from_slice(&text) else {
                self.wrong(format!("reports/{folder}/{MANIFEST}"), Fault::Altered);
                continue;
            };
            self.verdict.files += files.len();
            let fault = |(name, digest): (String, String)| match fs::read(path.join(&name)) {
                Err(_) => Some((name, Fault::Missing)),
                Ok(bytes) => (sha256(&bytes) != digest).then_some((name, Fault::Altered)),
            };
            for (name, fault) in files.into_par_iter().filter_map(fault).collect::<Vec<_>>() {
                self.wrong(format!("reports/{folder}/{name}"), fault);
            }
        }
        Ok(())
    }

    fn reruns(&mut self, manifests: &BTreeMap<Name, Manifest>, serial: Option<u64>) {
        let read = |manifest: &Manifest| -> BTreeMap<String, String> {
            let inputs = manifest.inputs.iter().map(|input| (input.file.clone(), input.digest.clone()));
            inputs.chain([("recon.toml".to_owned(), manifest.config.clone())]).collect()
        };
        let runs: Vec<(&Name, &Manifest)> = manifests.iter().collect();
        for pair in runs.windows(2).filter(|pair| pair[0].0.0 == pair[1].0.0) {
            let [before, now] = [read(pair[0].1), read(pair[1].1)];
            let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
            let changed = names.into_iter().filter(|name| before.get(*name) != now.get(*name)).cloned();
            let &(date, number) = pair[1].0;
            let is_later = serial.is_some_and(|serial| pair[1].1.serial > serial);
            self.verdict.reruns.push(Rerun { date, number, is_later, changed: changed.collect() });
        }
    }

    /// The files that the runs which stand were given.
    fn inbox(&mut self, book: &Path, manifests: &BTreeMap<Name, Manifest>) -> anyhow::Result<()> {
        for run in &self.archive.runs {
            let Some(manifest) =
                manifests.get(&(run.date, run.number)).filter(|manifest| manifest.version >= VERSION)
            else {
                continue;
            };
            let folder = format!("inbox/{}", run.date);
            let inside = book.join(&folder);
            let read: BTreeMap<&str, &str> = manifest
                .inputs
                .iter()
                .filter(|input| input.file.starts_with(&folder))
                .map(|input| (input.file.as_str(), input.digest.as_str()))
                .collect();
            let found = if durable::is_folder(&inside)? { digests(&inside)? } else { BTreeMap::new() };
            self.verdict.files += found.len();
            let found: BTreeMap<String, String> =
                found.into_iter().map(|(name, digest)| (format!("{folder}/{name}"), digest)).collect();
            for (&file, &digest) in &read {
                match found.get(file) {
                    None => self.wrong(file.to_owned(), Fault::Missing),
                    Some(own) if own != digest && !digest.is_empty() => {
                        self.wrong(file.to_owned(), Fault::Altered);
                    }
                    Some(_) => {}
                }
            }
            let is_passing = |file: &str| durable::is_passing(&file[folder.len() + 1..]);
            for file in found.keys().filter(|file| !read.contains_key(file.as_str()) && !is_passing(file)) {
                self.wrong(file.clone(), Fault::Unread);
            }
        }
        Ok(())
    }
}
