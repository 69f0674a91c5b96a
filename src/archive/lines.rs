//! Files of lines of one length, which are read line by line where they stand.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Writes lines one after another.
pub(super) fn write<const LENGTH: usize>(path: &Path, lines: &[[u8; LENGTH]]) -> anyhow::Result<()> {
    fs::write(path, lines.as_flattened()).with_context(|| path.display().to_string())
}

/// A file of lines of one length.
pub(super) struct Lines<const LENGTH: usize> {
    file: File,
    path: PathBuf,
    pub(super) count: usize,
}

impl<const LENGTH: usize> Lines<LENGTH> {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let open = || {
            let file = File::open(path)?;
            let length = file.metadata()?.len();
            Ok::<_, std::io::Error>((file, length))
        };
        let (file, length) = open().with_context(|| path.display().to_string())?;
        let bytes = usize::try_from(length)?;
        anyhow::ensure!(bytes.is_multiple_of(LENGTH), "{} ends within a line", path.display());
        Ok(Self { file, path: path.to_owned(), count: bytes / LENGTH })
    }

    fn fill(&mut self, from: usize, into: &mut [u8]) -> anyhow::Result<()> {
        let from = SeekFrom::Start(u64::try_from(from * LENGTH)?);
        let read = self.file.seek(from).and_then(|_| self.file.read_exact(into));
        read.with_context(|| self.path.display().to_string())
    }

    pub(super) fn line(&mut self, place: usize) -> anyhow::Result<[u8; LENGTH]> {
        let mut line = [0; LENGTH];
        self.fill(place, &mut line)?;
        Ok(line)
    }

    /// All lines, in order.
    pub(super) fn all(&mut self) -> anyhow::Result<Vec<[u8; LENGTH]>> {
        let mut lines = vec![[0; LENGTH]; self.count];
        self.fill(0, lines.as_flattened_mut())?;
        Ok(lines)
    }

    /// The lines that one comes to under a key, which ascends with the lines.
    pub(super) fn under<K: Ord>(
        &mut self,
        wanted: &K,
        key: impl Fn(&[u8; LENGTH]) -> K,
    ) -> anyhow::Result<Vec<[u8; LENGTH]>> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            if key(&self.line(middle)?) < *wanted { low = middle + 1 } else { high = middle }
        }
        let mut found = Vec::new();
        for place in low..self.count {
            let line = self.line(place)?;
            if key(&line) != *wanted {
                break;
            }
            found.push(line);
        }
        Ok(found)
    }
}

/// The number of four bytes that begins at a place of a line.
pub(super) fn number(line: &[u8], from: usize) -> u32 {
    u32::from_le_bytes(*line[from..].first_chunk().expect("four bytes"))
}

/// The number of eight bytes that begins at a place of a line.
pub(super) fn digest(line: &[u8], from: usize) -> u64 {
    u64::from_le_bytes(*line[from..].first_chunk().expect("eight bytes"))
}
