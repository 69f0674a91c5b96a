//! What the targets share: limits, and how what was read is compared.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use treasury_recon::domain::table::Column;
use treasury_recon::ledger::grid::{Grid, Row};
use treasury_recon::ledger::message::Message;
use treasury_recon::ledger::workbook::{Sheet, THREAD};
use treasury_recon::ledger::{Parsed, SourceFile};

/// What a small file is worth.
pub const SMALL: usize = 64 << 20;
/// A workbook may have 24 million cells and 320 MiB of text, and for the largest sheet that an xls can declare calamine
/// reserves 640 MiB, which it does not touch.
pub const WORKBOOK: usize = 1 << 30;

/// The system's allocator, which ends the process where a reader takes memory out of proportion.
struct Bounded;

static LIVE_BYTES: AtomicUsize = AtomicUsize::new(0);
static LIVE_BYTES_MAX: AtomicUsize = AtomicUsize::new(usize::MAX);

fn count(bytes: usize) {
    let live = LIVE_BYTES.fetch_add(bytes, Ordering::Relaxed) + bytes;
    // The message takes memory too, so the limit is lifted first.
    if live > LIVE_BYTES_MAX.load(Ordering::Relaxed) {
        LIVE_BYTES_MAX.store(usize::MAX, Ordering::Relaxed);
        eprintln!("{live} bytes are held, {bytes} of them new");
        std::process::abort();
    }
}

// SAFETY: everything is passed on to the system's allocator, with what it was called with.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        LIVE_BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        LIVE_BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static BOUNDED: Bounded = Bounded;

/// Makes a target ready: a limit to what is held at once, everything on one thread, and a panic in the library that reads workbooks is no crash, since
/// the program takes it for a refusal. In our own code it is one there too.
pub fn prepare(bytes: usize) {
    LIVE_BYTES_MAX.store(bytes, Ordering::Relaxed);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().expect("no pool was made before");
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_theirs = panic.location().is_some_and(|place| place.file().contains("/calamine-"));
        if !(is_theirs && std::thread::current().name() == Some(THREAD)) {
            abort(panic);
        }
    }));
}

/// A file as it might lie in an inbox.
pub fn file(bytes: Vec<u8>) -> SourceFile {
    SourceFile { path: "inbox/2026-03-02/file".into(), bytes, arrived: "2026-03-02".parse().expect("a day") }
}

/// Every accepted row is in a part, once and in order.
pub fn check(parsed: &Parsed) {
    parsed.tally.assert_conserved();
    let kept: usize = parsed.parts.iter().map(|part| part.rows.len()).sum();
    assert_eq!(parsed.tally.accepted.rows, kept as u64, "every accepted row is kept");
    for part in &parsed.parts {
        assert!(part.rows.is_sorted_by(|a, b| a < b), "rows ascend");
        assert!(
            part.table.columns().iter().all(|(_, column)| column.len() == part.rows.len()),
            "whole columns"
        );
    }
}

/// Two readings came to the same, but for the name of the encoding.
pub fn check_same(one: &Parsed, other: &Parsed) {
    assert_eq!(one.tally, other.tally);
    assert_eq!(one.problems, other.problems);
    assert_eq!(one.headers, other.headers);
    assert_eq!(one.notes, other.notes);
    assert_eq!(one.is_readable, other.is_readable);
    assert_eq!(one.parts.len(), other.parts.len());
    for (one, other) in one.parts.iter().zip(&other.parts) {
        assert_eq!((&one.file, &one.rows), (&other.file, &other.rows));
        assert_eq!(one.table.columns().len(), other.table.columns().len());
        for ((field, values), (other_field, others)) in one.table.columns().iter().zip(other.table.columns())
        {
            assert!(field == other_field && same(values, others), "{field:?}: {values:?} is not {others:?}");
        }
    }
}

/// Codes are numbered as they are met, so equal readings number them equally.
fn same(one: &Column, other: &Column) -> bool {
    match (one, other) {
        (Column::Text(one), Column::Text(other)) => {
            one.len() == other.len() && (0..one.len()).all(|row| one.get(row) == other.get(row))
        }
        (Column::Code(one), Column::Code(other)) => one == other,
        (Column::Money(one), Column::Money(other)) => one == other,
        (Column::Date(one), Column::Date(other)) => one == other,
        (Column::Moment(one), Column::Moment(other)) => one == other,
        (Column::Count(one), Column::Count(other)) => one == other,
        (Column::Digest(one), Column::Digest(other)) => one == other,
        _ => false,
    }
}

/// A message has a header, and under it rows of as many cells.
pub fn check_message(message: &Message) {
    let mut rows = message.grid.rows();
    let header = rows.next().expect("a header");
    assert!(rows.all(|row| row.len() == header.len()), "every row has the header's cells");
    check_grid(&message.grid);
}

/// Rows stand within what a sheet can have.
pub fn check_sheets(sheets: &[Sheet]) {
    for sheet in sheets {
        check_grid(&sheet.grid);
        let fits = |row: Row<'_>| row.number <= 1 << 20 && row.len() <= 1 << 14;
        assert!(sheet.grid.rows().all(fits), "what a sheet can have");
    }
}

/// What goes wrong with a place shows in the last at the latest.
pub fn check_grid(grid: &Grid) {
    assert!(grid.rows().map(|row| row.number).is_sorted_by(|a, b| a < b), "rows ascend");
    if let Some(row) = grid.rows().last().filter(|row| !row.is_empty()) {
        let _ = row.get(row.len() - 1);
    }
}
