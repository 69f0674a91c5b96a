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

use crate::domain::digest::sha256;

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
        check.inputs(&kept)?;
        check.inbox(book, &trusted)?;
        let mut verdict = check.verdict;
        verdict.differences.sort();
        verdict.differences.dedup();
        Ok(verdict)
    }

    fn all_runs(&self) -> anyhow::Result<BTreeMap<Name, Run>> {
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
        for (&name, of) in &manifests {
            if of.serial == 0 {
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

    /// The tables and configurations that runs read.
    fn inputs(&mut self, kept: &BTreeSet<&str>) -> anyhow::Result<()> {
        let folder = self.archive.root.join(INPUTS);
        let found = if folder.is_dir() { digests(&folder)? } else { BTreeMap::new() };
        self.verdict.files += found.len();
        for (name, digest) in &found {
            if name != digest {
                self.wrong(format!("archive/{INPUTS}/{name}"), Fault::Altered);
            }
        }
        for &digest in kept.iter().filter(|digest| !found.contains_key(**digest)) {
            self.wrong(format!("archive/{INPUTS}/{digest}"), Fault::Missing);
        }
        Ok(())
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
            let found = if inside.is_dir() { digests(&inside)? } else { BTreeMap::new() };
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
            let is_passing = |file: &str| file[folder.len() + 1..].starts_with(['.', '~']);
            for file in found.keys().filter(|file| !read.contains_key(file.as_str()) && !is_passing(file)) {
                self.wrong(file.clone(), Fault::Unread);
            }
        }
        Ok(())
    }
}

fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}
