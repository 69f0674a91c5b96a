//! Workbooks by their parts: one part is made of the input, the others are good, and the container always is. So what
//! lies behind the container's own checks is reached. The first byte chooses the part.
#![no_main]

use std::io::{Cursor, Write as _};

use libfuzzer_sys::fuzz_target;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{self, format, workbook};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The good part of that name is a seed too, behind the byte that chooses it.
macro_rules! book {
    ($($name:literal $seed:literal)*) => {
        &[$(($name, include_bytes!(concat!("../seeds/parts/", $seed)))),*]
    };
}

type Book = &'static [(&'static str, &'static [u8])];

const XLSX: Book = book! {
    "xl/worksheets/sheet1.xml" "xlsx-sheet"
    "xl/workbook.xml" "xlsx-book"
    "xl/_rels/workbook.xml.rels" "xlsx-relations"
    "xl/sharedStrings.xml" "xlsx-strings"
    "xl/styles.xml" "xlsx-styles"
    "_rels/.rels" "xlsx-package"
};
const XLSB: Book = book! {
    "xl/worksheets/sheet1.bin" "xlsb-sheet"
    "xl/workbook.bin" "xlsb-book"
    "xl/_rels/workbook.bin.rels" "xlsb-relations"
    "xl/sharedStrings.bin" "xlsb-strings"
    "xl/styles.bin" "xlsb-styles"
};
const ODS: Book = book! {
    "content.xml" "ods-content"
    "META-INF/manifest.xml" "ods-manifest"
};
const XLS: Book = book! { "Workbook" "xls-stream" };

const BOOKS: [Book; 4] = [XLSX, XLSB, ODS, XLS];
/// All parts of all books.
const PARTS: u8 = 14;

fuzz_target!(init: fuzz::prepare(fuzz::WORKBOOK), |bytes: &[u8]| {
    let [choice, content @ ..] = bytes else { return };
    let place = choice.wrapping_sub(b'A');
    let mut part = usize::from(place % PARTS);
    for book in BOOKS {
        if part >= book.len() {
            part -= book.len();
            continue;
        }
        // For a record calamine clears as much room as it claims, which is bounded, but takes all the time there is.
        if book == XLSB && claims_more(content) {
            return;
        }
        let mut parts = book.iter().enumerate().map(|(index, &(name, seed))| {
            (name, if index == part { content } else { &seed[1..] })
        });
        let whole = if book == XLS { parts.next().and_then(|(_, stream)| compound(stream)) } else { Some(zip(parts)) };
        if let Some(whole) = whole {
            read(whole, place / PARTS % 2 == 1);
        }
        return;
    }
    unreachable!("there are more parts than are counted");
});

/// Whether a record of an xlsb is far longer than what is left.
fn claims_more(mut records: &[u8]) -> bool {
    let number = |rest: &mut &[u8], most: u32| {
        let mut number = 0_usize;
        for place in 0..most {
            let (&byte, behind) = rest.split_first()?;
            *rest = behind;
            number |= usize::from(byte & 127) << (7 * place);
            if byte < 128 {
                break;
            }
        }
        Some(number)
    };
    while number(&mut records, 2).is_some() {
        let Some(length) = number(&mut records, 4) else { break };
        match records.get(length..) {
            Some(behind) => records = behind,
            None => return length > 1 << 16,
        }
    }
    false
}

fn read(bytes: Vec<u8>, as_ledger: bool) {
    let container = workbook::sniff(&bytes).expect("a container");
    if as_ledger {
        let format = format::of(Ledger::BankStatements);
        fuzz::check(&ledger::read(&fuzz::file(bytes), format, &Profile::default()));
    } else if let Ok(sheets) = workbook::read(&bytes, container) {
        fuzz::check_sheets(&sheets);
    }
}

fn zip<'p>(parts: impl Iterator<Item = (&'static str, &'p [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in parts {
        zip.start_file(name, options).expect("a name");
        zip.write_all(content).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}

/// A compound file of one stream, if that is no longer than one table of sectors can tell.
fn compound(stream: &[u8]) -> Option<Vec<u8>> {
    const SECTOR: usize = 512;
    const END: u32 = 0xffff_fffe;
    // A shorter stream would have to lie among the small ones.
    let sectors =
        u32::try_from(stream.len().max(4096).div_ceil(SECTOR)).ok().filter(|count| *count <= 126)?;
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(SECTOR, 0);
    file[24..34].copy_from_slice(&[0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
    file[44] = 1;
    file[48] = 1;
    file[56..58].copy_from_slice(&4096_u16.to_le_bytes());
    file[60..64].copy_from_slice(&END.to_le_bytes());
    file[68..72].copy_from_slice(&END.to_le_bytes());
    file[76..80].fill(0);
    file[80..].fill(0xff);
    // The table: itself, the directory, the stream.
    let mut table = vec![0xffff_fffd, END];
    table.extend(3..2 + sectors);
    table.push(END);
    table.resize(SECTOR / 4, u32::MAX);
    file.extend(table.iter().flat_map(|next| next.to_le_bytes()));
    for (name, kind, start, length) in [("Root Entry", 5, END, 0), ("Workbook", 2, 2, sectors * 512)] {
        let mut entry = [0; 128];
        for (place, unit) in entry.chunks_exact_mut(2).zip(name.encode_utf16()) {
            place.copy_from_slice(&unit.to_le_bytes());
        }
        entry[66] = kind;
        entry[116..120].copy_from_slice(&u32::to_le_bytes(start));
        entry[120..124].copy_from_slice(&length.to_le_bytes());
        file.extend(entry);
    }
    file.resize(SECTOR * 3, 0);
    file.extend(stream);
    file.resize(SECTOR * (3 + sectors as usize), 0);
    Some(file)
}
