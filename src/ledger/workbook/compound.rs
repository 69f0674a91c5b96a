//! A compound file and its BIFF records inspected before calamine holds an xls in memory.
//!
//! calamine takes room for every place between the first and the last cell, whatever lies between, follows chains of
//! sectors as far as they lead, and copies a shared string for each cell that names it. All of that is added up here.

use super::{Refusal, SHEETS_MAX};

/// Places that calamine lays out for all sheets together, 24 bytes each, several times over. Full height at 90 columns.
const PLACES_MAX: u64 = 6 << 20;
/// Room declared for one sheet: all an xls can have; taken but not touched.
const DECLARED_MAX: u64 = 1 << 24;
/// Texts of cells, held twice.
const TEXT_MAX: u64 = 96 << 20;
/// Records read, over all sheets: sheets might share them.
const RECORDS_MAX: u64 = 16 << 20;
/// calamine drops them from the front of a list, one by one.
const CONTINUED_MAX: usize = 16 << 10;
/// Formulas are spelled out, and grow on the way.
const FORMULAS_MAX: u64 = 32 << 20;

const END_OF_CHAIN: u32 = 0xffff_fffe;
const NO_SECTOR: u32 = 0xffff_fffa;

fn corrupt(reason: &str) -> Refusal {
    Refusal::Corrupt(reason.to_owned())
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Refusal> {
    let found = bytes.get(at..at + 2).ok_or_else(|| corrupt("a record is cut short"))?;
    Ok(u16::from_le_bytes(found.try_into().expect("two bytes")))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Refusal> {
    let found = bytes.get(at..at + 4).ok_or_else(|| corrupt("a record is cut short"))?;
    Ok(u32::from_le_bytes(found.try_into().expect("four bytes")))
}

/// Refuses an xls that cannot be read in proportion to its size, and any encrypted workbook.
pub(super) fn inspect(bytes: &[u8]) -> Result<(), Refusal> {
    let file = Compound::open(bytes)?;
    if file.find("EncryptedPackage").is_some() {
        return Err(Refusal::Password);
    }
    let entry = file
        .find("Workbook")
        .or_else(|| file.find("Book"))
        .ok_or_else(|| corrupt("a compound file, but no workbook"))?;
    let stream = file.stream(entry)?;
    Tally::default().workbook(&stream)
}

/// A file of sectors, as far as needed.
struct Compound<'b> {
    bytes: &'b [u8],
    sector: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_stream: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    start: u32,
    length: usize,
}

impl<'b> Compound<'b> {
    fn open(bytes: &'b [u8]) -> Result<Self, Refusal> {
        let cut = || corrupt("the file is cut short");
        let header = bytes.get(..512).ok_or_else(cut)?;
        let sector = match u16_at(header, 30)? {
            9 => 512,
            12 => 4096,
            _ => return Err(corrupt("an unknown sector size")),
        };
        let mut file = Self {
            bytes,
            sector,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini_stream: Vec::new(),
            entries: Vec::new(),
        };
        let mut places: Vec<u32> = words(&header[76..]).collect();
        let mut next = u32_at(header, 68)?;
        let mut left = bytes.len() / sector + 1;
        while next < NO_SECTOR {
            left = left.checked_sub(1).ok_or_else(|| corrupt("a chain of sectors that never ends"))?;
            places.extend(words(file.sector(next)?));
            next = places.pop().ok_or_else(cut)?;
        }
        for place in places.into_iter().filter(|&place| place < 0xffff_fffc) {
            let table: Vec<u32> = words(file.sector(place)?).collect();
            file.fat.extend(table);
            if file.fat.len() > bytes.len() {
                return Err(corrupt("more sectors than the file has"));
            }
        }
        let directory = file.chain(u32_at(header, 48)?, usize::MAX)?;
        for entry in directory.chunks_exact(128) {
            let units = entry[..64].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            let name =
                char::decode_utf16(units.take_while(|&unit| unit != 0)).map(|c| c.unwrap_or('\u{fffd}'));
            let high = if sector == 512 { 0 } else { u64::from(u32_at(entry, 124)?) << 32 };
            file.entries.push(Entry {
                name: name.collect(),
                start: u32_at(entry, 116)?,
                length: usize::try_from(high | u64::from(u32_at(entry, 120)?)).map_err(Refusal::corrupt)?,
            });
        }
        let root = file.entries.first().ok_or_else(cut)?;
        let minis = u32_at(header, 64)? as usize;
        if minis > 0 {
            file.mini_stream = file.chain(root.start, root.length)?;
            file.mini_fat = words(&file.chain(u32_at(header, 60)?, minis * sector)?).collect();
        }
        Ok(file)
    }

    /// A sector; the last may be cut.
    fn sector(&self, id: u32) -> Result<&'b [u8], Refusal> {
        let start = (id as usize + 1) * self.sector;
        let end = (start + self.sector).min(self.bytes.len());
        self.bytes.get(start..end).ok_or_else(|| corrupt("a sector beyond the end of the file"))
    }

    fn chain(&self, start: u32, length: usize) -> Result<Vec<u8>, Refusal> {
        follow(&self.fat, start, length, |id| self.sector(id))
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    fn stream(&self, entry: &Entry) -> Result<Vec<u8>, Refusal> {
        if entry.length >= 4096 {
            return self.chain(entry.start, entry.length);
        }
        follow(&self.mini_fat, entry.start, entry.length, |id| {
            let start = id as usize * 64;
            let end = (start + 64).min(self.mini_stream.len());
            self.mini_stream.get(start..end).ok_or_else(|| corrupt("a sector beyond the end of the file"))
        })
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
}

/// The bytes of a chain of sectors, which is no longer than the table that holds it.
fn follow<'s>(
    table: &[u32],
    mut id: u32,
    length: usize,
    sector: impl Fn(u32) -> Result<&'s [u8], Refusal>,
) -> Result<Vec<u8>, Refusal> {
    let mut found = Vec::new();
    let mut left = table.len() + 1;
    while id != END_OF_CHAIN && found.len() < length {
        left = left.checked_sub(1).ok_or_else(|| corrupt("a chain of sectors that never ends"))?;
        let bytes = sector(id)?;
        found.extend_from_slice(&bytes[..bytes.len().min(length - found.len())]);
        if found.len() >= length {
            break;
        }
        id = *table.get(id as usize).ok_or_else(|| corrupt("a chain of sectors that leads nowhere"))?;
    }
    Ok(found)
}

/// A record and the ones that continue it.
struct Record<'s> {
    kind: u16,
    data: &'s [u8],
    continued: Vec<&'s [u8]>,
}

fn next_record<'s>(stream: &mut &'s [u8]) -> Result<Option<Record<'s>>, Refusal> {
    let mut take = || -> Result<Option<(u16, &'s [u8])>, Refusal> {
        if stream.is_empty() {
            return Ok(None);
        }
        let (kind, length) = (u16_at(stream, 0)?, usize::from(u16_at(stream, 2)?));
        let data = stream.get(4..4 + length).ok_or_else(|| corrupt("a record is cut short"))?;
        *stream = &stream[4 + length..];
        Ok(Some((kind, data)))
    };
    let Some((kind, data)) = take()? else { return Ok(None) };
    let mut continued = Vec::new();
    while stream.len() > 4 && u16_at(stream, 0)? == 0x003c {
        let length = usize::from(u16_at(stream, 2)?);
        continued.push(stream.get(4..4 + length).ok_or_else(|| corrupt("a record is cut short"))?);
        *stream = &stream[4 + length..];
    }
    if continued.len() > CONTINUED_MAX {
        return Err(Refusal::TooLarge("一条记录分为 16384 段以上", "a record of more than 16384 pieces"));
    }
    Ok(Some(Record { kind, data, continued }))
}

/// The places between the first and the last cell.
#[derive(Default)]
struct Area {
    rows: Option<(u64, u64)>,
    columns: (u64, u64),
}

impl Area {
    fn add(&mut self, row: u16, column: u16) {
        let (row, column) = (u64::from(row), u64::from(column));
        self.columns = match self.rows {
            None => (column, column),
            Some(_) => (self.columns.0.min(column), self.columns.1.max(column)),
        };
        self.rows = Some(self.rows.map_or((row, row), |(first, last)| (first.min(row), last.max(row))));
    }

    fn places(&self) -> u64 {
        self.rows.map_or(0, |(first, last)| (last - first + 1) * (self.columns.1 - self.columns.0 + 1))
    }
}

/// What an xls asks for, added up.
#[derive(Default)]
struct Tally {
    /// Lengths of the shared strings in UTF-8, at most.
    strings: Vec<u64>,
    records: u64,
    places: u64,
    text: u64,
    formulas: u64,
}

impl Tally {
    fn workbook(mut self, stream: &[u8]) -> Result<(), Refusal> {
        let mut rest = stream;
        let mut sheets = Vec::new();
        while let Some(record) = next_record(&mut rest)? {
            self.count_record()?;
            match record.kind {
                // A workbook under a password goes on in cipher.
                0x002f if u16_at(record.data, 0)? != 0 => return Err(Refusal::Password),
                0x0085 => sheets.push(u32_at(record.data, 0)? as usize),
                0x00fc => self.strings = shared_strings(&record)?,
                0x000a => break,
                _ => (),
            }
        }
        if sheets.len() > SHEETS_MAX {
            return Err(Refusal::TooLarge("超过 512 张工作表", "more than 512 sheets"));
        }
        for start in sheets {
            self.sheet(stream.get(start..).ok_or_else(|| corrupt("a sheet beyond the end of the file"))?)?;
        }
        Ok(())
    }

    fn count_record(&mut self) -> Result<(), Refusal> {
        self.records += 1;
        if self.records > RECORDS_MAX {
            return Err(Refusal::TooLarge("超过 1600 万条记录", "more than 16 million records"));
        }
        Ok(())
    }

    fn sheet(&mut self, mut stream: &[u8]) -> Result<(), Refusal> {
        let (mut cells, mut formulas) = (Area::default(), Area::default());
        let mut formula_at = (0, 0);
        // Charts inside a sheet have records of their own, which calamine skips likewise.
        let (mut is_open, mut depth) = (false, 0_usize);
        while let Some(record) = next_record(&mut stream)? {
            self.count_record()?;
            let data = record.data;
            match record.kind {
                0x0809 if is_open => depth += 1,
                0x0809 => is_open = true,
                0x000a if depth > 0 => depth -= 1,
                _ if depth > 0 => (),
                0x000a => break,
                0x0200 => check_declared(data)?,
                0x0203 | 0x0204 | 0x00d6 | 0x0205 | 0x027e | 0x00fd | 0x0006 => {
                    let at = (u16_at(data, 0)?, u16_at(data, 2)?);
                    cells.add(at.0, at.1);
                    self.text += match record.kind {
                        0x0204 | 0x00d6 => data.len() as u64 * 3,
                        0x00fd => self.strings.get(u32_at(data, 6)? as usize).copied().unwrap_or(0),
                        _ => 0,
                    };
                    if record.kind == 0x0006 {
                        formula_at = at;
                        formulas.add(at.0, at.1);
                        self.formulas += data.len() as u64;
                    }
                }
                0x0207 => {
                    cells.add(formula_at.0, formula_at.1);
                    self.text += data.len() as u64 * 3;
                }
                0x00bd if data.len() >= 6 => {
                    let row = u16_at(data, 0)?;
                    cells.add(row, u16_at(data, 2)?);
                    cells.add(row, u16_at(data, data.len() - 2)?);
                }
                _ => (),
            }
            if self.text > TEXT_MAX {
                return Err(Refusal::TooLarge("xls 中文字超过 96 MiB", "more than 96 MiB of text in an xls"));
            }
            if self.formulas > FORMULAS_MAX {
                return Err(Refusal::TooLarge(
                    "xls 中公式超过 32 MiB",
                    "more than 32 MiB of formulas in an xls",
                ));
            }
        }
        self.places += cells.places() + formulas.places();
        if self.places > PLACES_MAX {
            return Err(Refusal::TooLarge(
                "xls 中单元格相距过远，或超过 600 万个",
                "cells too far apart, or more than 6 million, in an xls",
            ));
        }
        Ok(())
    }
}

/// calamine makes room for what a sheet says it has; it reads the record in this way.
fn check_declared(data: &[u8]) -> Result<(), Refusal> {
    let (first, last, left, right) = if data.len() == 10 {
        let word = |at| u16_at(data, at).map(u64::from);
        (word(0)?, word(2)?, word(4)?, word(6)?)
    } else if data.len() == 14 || data.len() == 16 {
        let wide = |at| u32_at(data, at).map(u64::from);
        (wide(0)?, wide(4)?, u64::from(u16_at(data, 8)?), u64::from(u16_at(data, 10)?))
    } else {
        return Ok(());
    };
    let left = if left > 0xff || right < left { 0 } else { left };
    if last == 0 || right == 0 {
        return Ok(());
    }
    if last <= first || right <= left {
        return Err(corrupt("a sheet that ends before it begins"));
    }
    if (last - first) * (right - left) > DECLARED_MAX {
        return Err(Refusal::TooLarge(
            "工作表声明的范围超出 xls 的限度",
            "a sheet declared larger than any xls",
        ));
    }
    Ok(())
}

/// The lengths of the shared strings, walked as calamine walks them.
fn shared_strings(record: &Record<'_>) -> Result<Vec<u64>, Refusal> {
    let cut = || corrupt("a shared string is cut short");
    let mut pieces = record.continued.iter().copied();
    let mut data = record.data.get(8..).ok_or_else(cut)?;
    let mut lengths = Vec::new();
    loop {
        if data.is_empty() {
            match pieces.next() {
                Some(piece) => data = piece,
                None => return Ok(lengths),
            }
            if data.is_empty() {
                lengths.push(0);
                continue;
            }
        }
        let characters = u64::from(u16_at(data, 0)?);
        let flags = *data.get(2).ok_or_else(cut)?;
        data = &data[3..];
        let mut extra = 0;
        if flags & 8 != 0 {
            extra += usize::from(u16_at(data, 0)?) * 4;
            data = &data[2..];
        }
        if flags & 4 != 0 {
            extra += u32_at(data, 0)? as usize;
            data = &data[4..];
        }
        let (mut left, mut width) =
            (usize::from(u16::try_from(characters).expect("read as such")), 1 + usize::from(flags & 1));
        loop {
            let here = left.min(data.len() / width);
            data = &data[here * width..];
            left -= here;
            if left == 0 {
                break;
            }
            data = pieces.next().ok_or_else(cut)?;
            width = 1 + usize::from(data.first().ok_or_else(cut)? & 1);
            data = &data[1..];
        }
        while extra > 0 {
            if data.is_empty() {
                data = pieces.next().ok_or_else(cut)?;
            }
            let here = extra.min(data.len());
            data = &data[here..];
            extra -= here;
        }
        lengths.push(characters * 3);
    }
}
