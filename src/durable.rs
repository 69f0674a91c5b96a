//! Files and folders that are there whole or not at all, and stay when the machine stops.
//!
//! Whatever is published is written aside, synced, renamed, and the folder it lies in is synced. A sync that fails ends the
//! run and is not tried again: what a disk has lost it cannot be asked to keep once more.
#![expect(clippy::disallowed_methods, reason = "what archive and command line write goes through here")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use rayon::prelude::*;

/// What is being written.
const PARTIAL: &str = ".partial-";

/// What is whole, synced and waits for its place.
const READY: &str = ".ready-";

/// What gave up its place.
const OLD: &str = ".old-";

/// Puts a file in place of an older one.
pub fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    Replacement::write(path, bytes)?.place()
}

/// A file that is written and not yet in place of an older one. Where it is not placed, it goes when it is dropped.
#[derive(Debug)]
pub struct Replacement {
    aside: PathBuf,
    place: PathBuf,
}

impl Replacement {
    /// Writes the file aside and syncs it: what needs room on the disk is done then.
    pub fn write(place: &Path, bytes: &[u8]) -> anyhow::Result<Self> {
        let of = Self { aside: beside(place, PARTIAL), place: place.to_owned() };
        let write = || {
            let mut file = File::create(&of.aside)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().with_context(|| of.aside.display().to_string())?;
        Ok(of)
    }

    pub fn place(self) -> anyhow::Result<()> {
        fs::rename(&self.aside, &self.place).with_context(|| self.place.display().to_string())?;
        sync_folder(parent(&self.place))
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        let _ = remove(&self.aside);
    }
}

/// Makes a folder and those it lies in, so that they stay.
pub fn make_folder(folder: &Path) -> anyhow::Result<()> {
    if is_folder(folder)? {
        return Ok(());
    }
    let above = parent(folder);
    make_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| folder.display().to_string())
        }
        _ => sync_folder(above),
    }
}

/// A folder that is written and not yet in place. What is not published goes when it is dropped: a run that could not be
/// done leaves the book as it was.
#[derive(Debug)]
pub struct Folder {
    aside: PathBuf,
    ready: PathBuf,
    place: PathBuf,
    is_left: bool,
}

impl Folder {
    /// Makes room beside the folder's place.
    pub fn new(place: &Path) -> anyhow::Result<Self> {
        Self::named(place, place)
    }

    /// Makes room in a folder that its place lies in, however deep.
    pub fn below(root: &Path, place: &Path) -> anyhow::Result<Self> {
        let inside = place.strip_prefix(root).unwrap_or(place).to_string_lossy();
        Self::named(&root.join(inside.replace(['/', '\\'], ",")), place)
    }

    fn named(anchor: &Path, place: &Path) -> anyhow::Result<Self> {
        let (aside, ready) = (beside(anchor, PARTIAL), beside(anchor, READY));
        remove(&aside)?;
        make_folder(&aside)?;
        Ok(Self { aside, ready, place: place.to_owned(), is_left: false })
    }

    /// Where its files are written meanwhile.
    pub fn aside(&self) -> &Path {
        &self.aside
    }

    /// Syncs everything in it and marks it as whole. The tag says what it waits for: after a crash it is put in place only
    /// if [`recover`] is told that this has happened.
    pub fn seal(&mut self, tag: &str) -> anyhow::Result<()> {
        sync_tree(&self.aside)?;
        let ready = self.ready.with_file_name(format!("{}.{tag}", name(&self.ready)));
        remove(&ready)?;
        fs::rename(&self.aside, &ready).with_context(|| ready.display().to_string())?;
        self.aside = ready;
        sync_folder(parent(&self.aside))
    }

    /// Leaves it, sealed, to [`recover`]: whether what it waits for has happened is not known.
    pub fn leave(mut self) {
        self.is_left = true;
    }

    /// Whether it may have come to its place.
    pub fn may_be_in_place(&self) -> bool {
        is_there(&self.place).unwrap_or(true)
    }

    /// Puts it in its place, which an older one leaves. It must be sealed.
    pub fn publish(&self) -> anyhow::Result<()> {
        make_folder(parent(&self.place))?;
        settle(&self.aside, &self.place)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_left {
            let _ = remove(&self.aside);
        }
    }
}

fn settle(ready: &Path, place: &Path) -> anyhow::Result<()> {
    let old = beside(place, OLD);
    if is_there(place)? {
        remove(&old)?;
        fs::rename(place, &old).with_context(|| place.display().to_string())?;
    }
    fs::rename(ready, place).with_context(|| place.display().to_string())?;
    sync_folder(parent(place))?;
    remove(&old)
}

/// The folders below one that are whole and wait for their place.
pub fn sealed(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !is_folder(folder)? {
        return Ok(Vec::new());
    }
    let names = names(folder)?.into_iter().filter(|name| name.starts_with(READY));
    Ok(names.map(|name| folder.join(name)).collect())
}

/// What became of what a run left behind that did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// Half of something.
    Removed(PathBuf),
    /// It was whole, and what it waited for had happened.
    Placed(PathBuf),
    /// It had left its place and nothing had taken it.
    Restored(PathBuf),
}

/// Cleans up a folder in which nobody else works. `has_happened(place, tag)` says whether what a sealed folder waited for
/// has happened.
pub fn recover(
    folder: &Path,
    has_happened: impl Fn(&Path, &str) -> anyhow::Result<bool>,
) -> anyhow::Result<Vec<Recovered>> {
    if !is_folder(folder)? {
        return Ok(Vec::new());
    }
    let mut recovered = Vec::new();
    let names = names(folder)?;
    for name in &names {
        let path = folder.join(name);
        if let Some((place, tag)) = name.strip_prefix(READY).and_then(|rest| rest.rsplit_once('.')) {
            let place = folder.join(place);
            if has_happened(&place, tag)? {
                settle(&path, &place)?;
                recovered.push(Recovered::Placed(place));
            } else {
                remove(&path)?;
                recovered.push(Recovered::Removed(path));
            }
        } else if name.starts_with(PARTIAL) {
            remove(&path)?;
            recovered.push(Recovered::Removed(path));
        }
    }
    for name in &names {
        let (Some(place), path) = (name.strip_prefix(OLD).map(|place| folder.join(place)), folder.join(name))
        else {
            continue;
        };
        if !is_there(&path)? {
            continue;
        }
        if is_there(&place)? {
            remove(&path)?;
            recovered.push(Recovered::Removed(path));
        } else {
            fs::rename(&path, &place).with_context(|| place.display().to_string())?;
            recovered.push(Recovered::Restored(place));
        }
    }
    if !recovered.is_empty() {
        sync_folder(folder)?;
    }
    Ok(recovered)
}

/// The right to change a folder's content, held until it is dropped or its process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    /// The system holds the lock for as long as the file is open.
    _file: File,
}

/// The file on which a [`Lock`] is taken; it says who holds it.
const LOCK: &str = ".lock";

impl Lock {
    /// Takes the lock, or says by what it is held. `holder` is what others are told.
    pub fn take(folder: &Path, holder: &str) -> anyhow::Result<Result<Self, String>> {
        let path = folder.join(LOCK);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.with_context(|| path.display().to_string())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Ok(Err(fs::read_to_string(&path).unwrap_or_default().trim().to_owned()));
            }
            Err(fs::TryLockError::Error(error)) => {
                return Err(error).with_context(|| path.display().to_string());
            }
        }
        let say = file.set_len(0).and_then(|()| file.write_all(holder.as_bytes()));
        say.with_context(|| path.display().to_string())?;
        Ok(Ok(Self { _file: file }))
    }
}

/// Every file and folder below one, then itself.
fn sync_tree(folder: &Path) -> anyhow::Result<()> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    let mut next = 0;
    while next < folders.len() {
        for name in names(&folders[next])? {
            let path = folders[next].join(name);
            if is_folder(&path)? {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
        next += 1;
    }
    files.par_iter().try_for_each(|path| {
        let sync = || OpenOptions::new().write(true).open(path)?.sync_all();
        sync().with_context(|| path.display().to_string())
    })?;
    folders.iter().rev().try_for_each(|folder| sync_folder(folder))
}

/// A folder's own list of names. Systems that cannot open a folder keep it in their own way.
fn sync_folder(folder: &Path) -> anyhow::Result<()> {
    if cfg!(unix) {
        let sync = || File::open(folder)?.sync_all();
        sync().with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn name(path: &Path) -> String {
    path.file_name().expect("what is published has a name").to_string_lossy().into_owned()
}

fn beside(path: &Path, prefix: &str) -> PathBuf {
    path.with_file_name(format!("{prefix}{}", name(path)))
}

/// Whether there is anything at a place. What cannot be asked is not absent: that is an error.
pub fn is_there(path: &Path) -> anyhow::Result<bool> {
    match path.try_exists() {
        Err(error) if is_absence(&error) => Ok(false),
        asked => asked.with_context(|| path.display().to_string()),
    }
}

/// Whether there is a folder at a place.
pub fn is_folder(path: &Path) -> anyhow::Result<bool> {
    match fs::metadata(path) {
        Ok(of) => Ok(of.is_dir()),
        Err(error) if is_absence(&error) => Ok(false),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// What a folder holds, in order of name.
pub fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry.with_context(|| folder.display().to_string())?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

/// What an editor, a spreadsheet or a file manager leaves beside the files it shows.
pub fn is_passing(name: &str) -> bool {
    let left = ["thumbs.db", "desktop.ini"];
    name.starts_with('.') || name.starts_with("~$") || left.iter().any(|left| left.eq_ignore_ascii_case(name))
}

/// Removes a file, or a folder with all that is in it.
pub fn remove(path: &Path) -> anyhow::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(of) if of.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if is_absence(&error) => Ok(()),
        Err(error) => Err(error),
    };
    removed.with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    fn staged(place: &Path, text: &str) -> Folder {
        let staged = Folder::new(place).expect("room");
        fs::write(staged.aside().join("a"), text).expect("written");
        staged
    }

    fn text(place: &Path) -> String {
        fs::read_to_string(place.join("a")).expect("in place")
    }

    #[test]
    fn what_is_published_takes_the_place_of_what_was_there() {
        let root = folder();
        let place = root.path().join("reports").join("day");
        for word in ["one", "two"] {
            let mut staged = staged(&place, word);
            staged.seal("tag").expect("sealed");
            staged.publish().expect("published");
            drop(staged);
            assert_eq!(text(&place), word);
        }
        assert_eq!(names(&root.path().join("reports")).expect("names"), ["day"]);
    }

    #[test]
    fn what_is_not_published_leaves_nothing() {
        let root = folder();
        let place = root.path().join("day");
        let mut sealed = staged(&place, "one");
        sealed.seal("").expect("sealed");
        drop(sealed);
        drop(staged(&place, "two"));
        assert!(names(root.path()).expect("names").is_empty());
    }

    #[test]
    fn what_a_dead_run_left_is_finished_or_removed() {
        let root = folder();
        let place = |name: &str| root.path().join(name);
        for (name, tag) in [("done", "yes"), ("undone", "no")] {
            let mut sealed = staged(&place(name), name);
            sealed.seal(tag).expect("sealed");
            std::mem::forget(sealed);
        }
        std::mem::forget(staged(&place("half"), "half"));
        fs::create_dir(place(".old-done")).expect("made");
        fs::create_dir(place(".old-lonely")).expect("made");
        let recovered = recover(root.path(), |_, tag| Ok(tag == "yes")).expect("recovered");
        assert_eq!(
            recovered,
            [
                Recovered::Removed(place(".partial-half")),
                Recovered::Placed(place("done")),
                Recovered::Removed(place(".ready-undone.no")),
                Recovered::Restored(place("lonely")),
            ]
        );
        assert_eq!(names(root.path()).expect("names"), ["done", "lonely"]);
        assert_eq!(text(&place("done")), "done");
        assert!(recover(root.path(), |_, _| Ok(true)).expect("nothing left").is_empty());
    }

    #[test]
    fn one_holder_at_a_time() {
        let root = folder();
        let lock = Lock::take(root.path(), "run 1").expect("a file").expect("free");
        assert_eq!(Lock::take(root.path(), "run 2").expect("a file").err(), Some("run 1".into()));
        drop(lock);
        assert!(Lock::take(root.path(), "run 2").expect("a file").is_ok());
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let root = folder();
        let path = root.path().join("recon.toml");
        for word in ["one", "two"] {
            replace(&path, word.as_bytes()).expect("replaced");
            assert_eq!(fs::read_to_string(&path).expect("text"), word);
        }
        assert_eq!(names(root.path()).expect("names"), ["recon.toml"]);
    }

    #[test]
    fn what_is_left_waits_for_the_next_run() {
        let root = folder();
        for has_happened in [true, false] {
            let place = root.path().join(format!("day-{has_happened}"));
            let mut staged = staged(&place, "one");
            staged.seal("tag").expect("sealed");
            staged.leave();
            assert!(!is_there(&place).expect("asked"));
            let recovered =
                recover(root.path(), |_, tag| Ok(has_happened && tag == "tag")).expect("cleaned up");
            assert_eq!(recovered.len(), 1);
            assert_eq!(is_there(&place).expect("asked"), has_happened);
        }
    }
}
