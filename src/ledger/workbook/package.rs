//! A zip inspected before anything in it is believed.
//!
//! Every part is inflated once into a counter, so that a part's size is what it is, not what the zip declares. That
//! costs a third of what reading costs.

use std::io::{Cursor, Read};

use calamine::Dimensions;
use memchr::{memchr, memchr_iter, memchr2, memchr3, memmem};
use rustc_hash::FxHashMap;
use zip::ZipArchive;
use zip::result::ZipError;

use super::Refusal;
use super::shown::{COLUMNS_MAX, ROWS_MAX};

/// An office file has some dozens of parts, or hundreds with pictures.
const ENTRIES_MAX: usize = 10_000;
/// Full height at some 20 columns; calamine reads it as a stream.
const SHEET_MAX: u64 = 768 << 20;
/// Kept in memory: full height at some six columns of texts that never repeat.
const SHARED_STRINGS_MAX: u64 = 256 << 20;
/// Each takes 24 bytes besides its text; room for as many as are declared is taken before the first is read.
const SHARED_STRINGS_COUNT_MAX: u64 = 12_000_000;
/// Kept in memory; a style takes a hundred times what its shortest tag does.
const STYLES_MAX: u64 = 32 << 20;
const STYLES_TAGS_MAX: usize = 1 << 20;
/// All of an OpenDocument's sheets are one part, read as a stream.
const CONTENT_MAX: u64 = 512 << 20;
/// Pictures, macros, relations, and the list of sheets.
const OTHER_MAX: u64 = 64 << 20;
/// Parts of one workbook together.
const TOTAL_MAX: u64 = 1 << 30;
/// Below this a part may shrink as it likes; above, no honest part shrinks further than by the factor.
const FREE: u64 = 64 << 20;
const RATIO_MAX: u64 = 200;
/// Each is a hundred bytes in memory, and no honest sheet has so many.
const MERGES_MAX: usize = 1 << 20;
/// One text or tag is held in memory whole. A cell has at most 32,767 characters. In a part below `FREE` none is too long.
const TOKEN_MAX: u64 = 16 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Xlsb,
    OpenDocument,
}

/// What must be known before a reader is chosen.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) kind: Kind,
    /// The merged cells of each part that is a sheet, by its name in lower case; `None` if they are written in a way
    /// that is calamine's to read.
    pub(super) merges: FxHashMap<String, Option<Vec<Dimensions>>>,
    /// Whether any part at all might merge cells.
    pub(super) has_merges: bool,
}

impl From<ZipError> for Refusal {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Self::Password,
            error => Self::corrupt(error),
        }
    }
}

/// Refuses a zip that is too large in any way, and says what it holds.
pub(super) fn inspect(bytes: &[u8]) -> Result<Package, Refusal> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    if zip.len() > ENTRIES_MAX {
        return Err(Refusal::TooLarge("超过 10000 个部分", "more than 10000 parts"));
    }
    let names: Vec<String> =
        zip.file_names().map(|name| Ok(name?.to_ascii_lowercase())).collect::<Result<_, ZipError>>()?;
    let mut package = Package { kind: kind_of(&names)?, merges: FxHashMap::default(), has_merges: false };
    let mut total = 0;
    let mut buffer = vec![0; 128 << 10];
    // The parts of an OpenDocument under a password are no XML; its manifest says so.
    let is_manifest = |name: &str| name == "meta-inf/manifest.xml";
    let (first, others): (Vec<_>, Vec<_>) = names.iter().enumerate().partition(|(_, name)| is_manifest(name));
    for (index, name) in first.into_iter().chain(others) {
        let mut entry = zip.by_index(index)?;
        let mut scan = Scan::new(name, entry.size(), entry.compressed_size())?;
        let mut kept = 0;
        loop {
            let read = entry.read(&mut buffer[kept..]).map_err(Refusal::corrupt)?;
            scan.size += read as u64;
            let held = kept + read;
            kept = scan.look(&buffer[..held], kept, read == 0)?;
            total += read as u64;
            if total > TOTAL_MAX || (total > FREE && total / RATIO_MAX > bytes.len() as u64) {
                return Err(Refusal::TooLarge("全部内容解压后过大", "too much in it once inflated"));
            }
            if read == 0 {
                break;
            }
            buffer.copy_within(held - kept..held, 0);
        }
        package.has_merges |= scan.has_merges;
        if scan.part == Part::Sheet {
            package.merges.insert(name.clone(), scan.merges.list());
        }
        if package.kind == Kind::OpenDocument && is_manifest(name) && scan.has_encryption {
            return Err(Refusal::Password);
        }
    }
    Ok(package)
}

fn kind_of(names: &[String]) -> Result<Kind, Refusal> {
    let has = |end: &str| names.iter().any(|name| name.replace('\\', "/").ends_with(end));
    if names.iter().any(|name| name == "content.xml") {
        Ok(Kind::OpenDocument)
    } else if has("xl/workbook.bin") {
        Ok(Kind::Xlsb)
    } else if has("[content_types].xml") || has(".rels") || has("workbook.xml") {
        Ok(Kind::Xlsx)
    } else {
        Err(Refusal::Corrupt("a zip, but no workbook".into()))
    }
}

/// How much of the end of a piece is seen again with the next, so that no pattern is cut.
const OVERLAP: usize = 64;

/// What a part is, as its name says; calamine goes by the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Sheet,
    SharedStrings,
    Styles,
    Content,
    Other,
}

impl Part {
    fn of(name: &str) -> Self {
        if name.contains("worksheets/") || name.contains("worksheets\\") {
            Self::Sheet
        } else if name.contains("sharedstrings.") {
            Self::SharedStrings
        } else if name.contains("styles.") {
            Self::Styles
        } else if name == "content.xml" {
            Self::Content
        } else {
            Self::Other
        }
    }

    /// Its greatest size, and how that is told.
    fn limit(self) -> (u64, &'static str, &'static str) {
        match self {
            Self::Sheet => (SHEET_MAX, "一张工作表超过 768 MiB", "a sheet of more than 768 MiB"),
            Self::SharedStrings => {
                (SHARED_STRINGS_MAX, "共享字符串超过 256 MiB", "more than 256 MiB of shared strings")
            }
            Self::Styles => (STYLES_MAX, "样式超过 32 MiB", "more than 32 MiB of styles"),
            Self::Content => (CONTENT_MAX, "工作表超过 512 MiB", "sheets of more than 512 MiB"),
            Self::Other => (OTHER_MAX, "某部分超过 64 MiB", "a part of more than 64 MiB"),
        }
    }
}

/// One part as it goes by.
#[derive(Debug)]
struct Scan {
    part: Part,
    compressed: u64,
    size: u64,
    is_xml: bool,
    /// Styles, or shared strings.
    tags: usize,
    /// Followed in a large part only.
    state: Option<State>,
    /// Where the token began that is not yet at its end.
    token: u64,
    /// Bytes at the end of the last piece that might begin something.
    unfollowed: usize,
    merges: Merges,
    has_merges: bool,
    has_encryption: bool,
}

impl Scan {
    /// The zip crate lets no part grow beyond what it declares, so a part that declares too much is refused at once.
    fn new(name: &str, declared: u64, compressed: u64) -> Result<Self, Refusal> {
        let mut scan = Self {
            part: Part::of(name),
            compressed,
            size: 0,
            is_xml: [".xml", ".rels", ".vml"].iter().any(|end| name.ends_with(end)),
            tags: 0,
            state: None,
            token: 0,
            unfollowed: 0,
            merges: Merges::default(),
            has_merges: false,
            has_encryption: false,
        };
        scan.check_size(declared)?;
        scan.state = (declared > FREE).then_some(State::Text);
        Ok(scan)
    }

    /// Looks at a piece, of which the first bytes were seen before; how many of its last must be shown again.
    fn look(&mut self, piece: &[u8], seen: usize, is_last: bool) -> Result<usize, Refusal> {
        self.check_size(self.size)?;
        if self.size == piece.len() as u64 {
            let start = piece.strip_prefix(b"\xef\xbb\xbf").unwrap_or(piece);
            self.is_xml |= start.trim_ascii_start().first() == Some(&b'<');
        }
        if !self.is_xml {
            return Ok(0);
        }
        let fresh = &piece[seen..];
        // UTF-16, or an escape that hides letters from this scan.
        if memchr2(0, 0x1b, fresh).is_some() {
            if self.part != Part::Other {
                return Err(Refusal::Corrupt("a part that is not in UTF-8".into()));
            }
            self.has_merges = true;
        }
        if self.part == Part::Styles {
            self.tags += memchr_iter(b'<', fresh).count();
            if self.tags > STYLES_TAGS_MAX {
                return Err(Refusal::TooLarge("超过一百万个样式", "more than a million styles"));
            }
        }
        if self.part == Part::SharedStrings {
            self.tags += memmem::find_iter(fresh, b"si>").count() + memmem::find_iter(fresh, b"si/").count();
            let declared =
                memmem::find_iter(piece, b"uniqueCount").map(|place| number_after(&piece[place + 11..]));
            if declared.max().unwrap_or(0).max(self.tags as u64) > SHARED_STRINGS_COUNT_MAX {
                return Err(Refusal::TooLarge(
                    "超过 1200 万个共享字符串",
                    "more than 12 million shared strings",
                ));
            }
        }
        if self.part == Part::Sheet {
            self.merges.look(piece, self.size, is_last)?;
        }
        self.has_merges = self.has_merges || memmem::find(piece, b"mergeCell").is_some();
        self.has_encryption = self.has_encryption || memmem::find(piece, b"encryption-data").is_some();
        // Readers resolve no entities; whoever declares some is refused all the same.
        if memmem::find(piece, b"<!DOCTYPE").is_some() {
            return Err(Refusal::Corrupt("a part that declares a document type".into()));
        }
        let Some(state) = self.state else { return Ok(OVERLAP.min(piece.len())) };
        self.follow(state, piece, seen, is_last)
    }

    fn check_size(&self, size: u64) -> Result<(), Refusal> {
        let (max, zh, en) = self.part.limit();
        if size > max {
            return Err(Refusal::TooLarge(zh, en));
        }
        if size > FREE && size / RATIO_MAX > self.compressed {
            return Err(Refusal::TooLarge(
                "某部分解压超过 200 倍",
                "a part that inflates more than 200 times",
            ));
        }
        Ok(())
    }

    /// Follows the grammar as far as telling where a token ends: each is held in memory whole.
    fn follow(
        &mut self,
        mut state: State,
        piece: &[u8],
        seen: usize,
        is_last: bool,
    ) -> Result<usize, Refusal> {
        let start = self.size - piece.len() as u64;
        // What is shown again was followed before, but for its end.
        let mut at = seen - self.unfollowed.min(seen);
        loop {
            let rest = &piece[at..];
            match state {
                State::Text => {
                    let Some(place) = memchr(b'<', rest) else {
                        at = piece.len();
                        break;
                    };
                    at += place;
                    let tag = &rest[place..];
                    self.token = start + at as u64;
                    let (next, skip) = match tag.get(1) {
                        None if !is_last => break,
                        Some(b'!' | b'?') if tag.len() < 9 && !is_last => break,
                        Some(b'?') => (State::Until(b"?>"), 2),
                        Some(b'!') if tag.starts_with(b"<!--") => (State::Until(b"-->"), 4),
                        Some(b'!') if tag.starts_with(b"<![CDATA[") => (State::Until(b"]]>"), 9),
                        _ => (State::Tag, 1),
                    };
                    state = next;
                    at += skip;
                }
                State::Tag => match memchr3(b'>', b'"', b'\'', rest) {
                    None => {
                        at = piece.len();
                        break;
                    }
                    Some(place) => {
                        state = match rest[place] {
                            b'>' => State::Text,
                            quote => State::Quoted(quote),
                        };
                        at += place + 1;
                        self.token = if rest[place] == b'>' { start + at as u64 } else { self.token };
                    }
                },
                State::Quoted(quote) => match memchr(quote, rest) {
                    None => {
                        at = piece.len();
                        break;
                    }
                    Some(place) => {
                        state = State::Tag;
                        at += place + 1;
                    }
                },
                State::Until(end) => match memmem::find(rest, end) {
                    None => {
                        at += rest.len().saturating_sub(end.len() - 1);
                        break;
                    }
                    Some(place) => {
                        state = State::Text;
                        at += place + end.len();
                        self.token = start + at as u64;
                    }
                },
            }
        }
        self.state = Some(state);
        if self.size - self.token > TOKEN_MAX {
            return Err(Refusal::TooLarge("一段文字或标记超过 16 MiB", "a text or tag of more than 16 MiB"));
        }
        self.unfollowed = piece.len() - at;
        Ok(self.unfollowed.max(OVERLAP).min(piece.len()))
    }
}

/// Where in XML a piece ends.
#[derive(Clone, Copy, Debug)]
enum State {
    Text,
    Tag,
    /// An attribute, in which `<` and `>` mean nothing.
    Quoted(u8),
    /// A comment, CDATA or an instruction.
    Until(&'static [u8]),
}

/// The merged cells of a sheet, which stand at its end: found here, they cost calamine no second pass over it.
#[derive(Debug, Default)]
struct Merges {
    found: Vec<Dimensions>,
    is_strange: bool,
    /// Bytes of the part in which all were found.
    done: u64,
}

impl Merges {
    /// Finds `mergeCell ref="A1:C2"` in a piece that ends where the part has `end` bytes.
    fn look(&mut self, piece: &[u8], end: u64, is_last: bool) -> Result<(), Refusal> {
        const NAME: &[u8] = b"mergeCell";
        let start = end - piece.len() as u64;
        for place in memmem::find_iter(piece, NAME) {
            let rest = &piece[place + NAME.len()..];
            let room = OVERLAP - NAME.len();
            if start + place as u64 >= self.done {
                if rest.len() < room && !is_last && memchr(b'>', rest).is_none() {
                    break;
                }
                self.done = start + place as u64 + 1;
                self.add(&rest[..rest.len().min(room)]);
            }
        }
        if self.found.len() > MERGES_MAX {
            return Err(Refusal::TooLarge("超过一百万个合并单元格", "more than a million merged cells"));
        }
        Ok(())
    }

    fn add(&mut self, rest: &[u8]) {
        // The list itself, or the end of a tag.
        if let Some(b's' | b'>') = rest.first() {
            return;
        }
        let tag = memchr(b'>', rest).map(|end| &rest[..end]);
        let area = tag.and_then(|tag| {
            let value = &tag[memmem::find(tag, b" ref=\"")? + 6..];
            area(std::str::from_utf8(&value[..memchr(b'"', value)?]).ok()?)
        });
        match area {
            Some(area) => self.found.push(area),
            None => self.is_strange = true,
        }
    }

    fn list(self) -> Option<Vec<Dimensions>> {
        (!self.is_strange).then_some(self.found)
    }
}

/// `A1:C2`.
fn area(text: &str) -> Option<Dimensions> {
    let place = |text: &str| {
        let (letters, digits) = text.split_at(text.find(|c: char| c.is_ascii_digit())?);
        if letters.is_empty() || letters.len() > 3 || digits.len() > 7 {
            return None;
        }
        let column = letters.bytes().try_fold(0, |column, letter| {
            letter.is_ascii_uppercase().then(|| column * 26 + u32::from(letter - b'A') + 1)
        })?;
        let row: u32 = digits.parse().ok()?;
        ((1..=ROWS_MAX).contains(&row) && column <= COLUMNS_MAX).then(|| (row - 1, column - 1))
    };
    let (first, last) = text.split_once(':')?;
    Some(Dimensions::new(place(first)?, place(last)?))
}

/// The number of an attribute whose name was just read.
fn number_after(text: &[u8]) -> u64 {
    let skip = text.iter().take_while(|b| !b.is_ascii_digit() && **b != b'>').count();
    text[skip..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .fold(0, |number: u64, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows a scan of a large sheet a text in pieces.
    fn scan(text: &[u8], piece: usize) -> Result<Scan, Refusal> {
        let mut scan = Scan::new("xl/worksheets/sheet1.xml", FREE + 1, FREE)?;
        let mut shown = Vec::new();
        for fresh in text.chunks(piece).chain([&[][..]]) {
            let seen = shown.len();
            shown.extend(fresh);
            scan.size += fresh.len() as u64;
            let kept = scan.look(&shown, seen, fresh.is_empty())?;
            shown.drain(..shown.len() - kept);
        }
        Ok(scan)
    }

    #[test]
    fn tokens_end_where_they_end_however_the_part_is_cut() {
        let text = "<?xml version='1.0'?><a b=\"<!-->\" c='\"'>x<!-- <' - -- --><![CDATA[<a \"]] >]]></a><mergeCells>\
                    <mergeCell ref=\"A1:C2\"/><x:mergeCell a=\"\" ref=\"B3:XFD1048576\"></x:mergeCell></mergeCells>"
            .repeat(3);
        for piece in 1..=text.len() {
            let scan = scan(text.as_bytes(), piece).expect("harmless");
            assert!(matches!(scan.state, Some(State::Text)), "{piece}");
            assert_eq!(scan.token, text.len() as u64, "{piece}");
            assert_eq!(scan.merges.found.len(), 6, "{piece}");
            assert!(!scan.merges.is_strange);
        }
    }

    #[test]
    fn no_token_is_endless() {
        let long = usize::try_from(TOKEN_MAX).expect("small") / 8 + 1;
        for (start, more) in [
            ("<a>", "text    "),
            ("<a ", "bcdefgh "),
            ("<a b=\"", "<a>' c ="),
            ("<a b='", "<a>\"\"<a>"),
            ("<!--", "<a b=''>"),
            ("<![CDATA[", "<a b=''>"),
            ("<?x ", "<a b=''>"),
        ] {
            let text = [start, &more.repeat(long)].concat();
            let refusal = scan(text.as_bytes(), 128 << 10).expect_err("too long");
            assert_eq!(
                refusal,
                Refusal::TooLarge("一段文字或标记超过 16 MiB", "a text or tag of more than 16 MiB"),
                "{start}"
            );
        }
    }
}
