//! Measures a clean day of several sizes: each stage in this process, then the whole program as a user runs it.
//!
//! `cargo bench` measures 10 000, 100 000 and 1 000 000 slips; `cargo bench -- 5000000` one size of one's own. The
//! books are made once, from a fixed seed, under `target/bench-books`.
#![expect(clippy::disallowed_methods, reason = "books are written and read here")]
#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use rayon::prelude::*;
use treasury_recon::domain::entry::Book;
use treasury_recon::domain::facts::Facts;
use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::example::clean_book;
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{SourceFile, format, intake, read};
use treasury_recon::pipeline::handover::{Handover, NoHistory};
use treasury_recon::pipeline::reconcile;
use treasury_recon::report::{REPORTS, Run};

const SEED: u64 = 20_260_302;
const DAY: &str = "2026-03-02";

fn main() {
    let asked: Vec<u32> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![10_000, 100_000, 1_000_000] } else { asked };
    for slips in sizes {
        let book = make(slips);
        println!("\n{slips} slips, {} MB", megabytes(&book.join("inbox")));
        stages(&book);
        whole(&book);
    }
}

/// The book of that size, written the first time it is asked for.
fn make(slips: u32) -> PathBuf {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/bench-books/{slips}"));
    if !book.join("made").exists() {
        for file in clean_book(SEED, DAY.parse().expect("a day"), 1, slips) {
            let path = book.join(&file.path);
            fs::create_dir_all(path.parent().expect("in the book")).expect("a folder");
            fs::write(path, file.bytes).expect("written");
        }
        fs::write(book.join("made"), "").expect("written");
    }
    book
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn megabytes(folder: &Path) -> u64 {
    files(folder).iter().map(|path| fs::metadata(path).expect("a file").len()).sum::<u64>() / 1_000_000
}

fn timed<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    println!("  {name:<28} {:>7} s", seconds(start.elapsed()));
    done
}

fn seconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_secs(), time.subsec_millis())
}

fn stages(book: &Path) {
    let day: NaiveDate = DAY.parse().expect("a day");
    let inbox = files(&book.join("inbox"));
    let mut facts = Facts::new(day);
    for path in files(&book.join("reference")) {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let source =
            SourceFile { path: name.as_str().into(), bytes: fs::read(&path).expect("read"), arrived: day };
        let parsed = read(&source, format::by_id(&name).expect("a table"), &Profile::default());
        facts.add_table(&name, Book::assemble(parsed.parts));
    }
    let parts: Vec<_> = timed("read", || {
        let parsed: Vec<_> = inbox
            .par_iter()
            .map(|path| {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                let ledger = Ledger::of_file_name(&name).expect("a ledger");
                let bytes = fs::read(path).expect("read");
                let source = SourceFile { path: name.as_str().into(), bytes, arrived: day };
                (ledger, read(&source, format::of(ledger), &Profile::default()))
            })
            .collect();
        facts.delivered.extend(parsed.iter().map(|(ledger, _)| *ledger));
        parsed.into_iter().flat_map(|(_, parsed)| parsed.parts).collect()
    });
    let again = parts.clone();
    let assembled = timed("(of judging: assemble)", || Book::assemble(again));
    let digests = timed("(of judging: digests)", || intake::digests(&assembled));
    let success = &facts.settings.status_success;
    timed("(of judging: intake)", || intake::take_in(&assembled, &digests, success, &BTreeMap::new(), &[]));
    drop((assembled, digests));
    let outcome = timed("match and judge", || {
        reconcile(parts, facts, Handover::default(), &NoHistory).expect("no history fails")
    });
    assert!(outcome.told.is_empty(), "a clean book has no finding");
    timed("reports", || {
        let run = Run { outcome: &outcome, files: &[], problems: &[], lang: Lang::Zh };
        for (_, report) in REPORTS {
            report(&run, &mut |_| Ok(())).expect("nothing is written");
        }
    });
}

/// The program itself, archive and reports included: wall clock and peak memory.
fn whole(book: &Path) {
    for _ in 0..3 {
        for made in ["archive", "reports"] {
            let _ = fs::remove_dir_all(book.join(made));
        }
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_treasury-recon"))
            .args(["run", "--book", book.to_str().expect("text"), "--date", DAY, "--quiet"])
            .stdout(Stdio::null())
            .spawn()
            .expect("runs");
        let status = format!("/proc/{}/status", child.id());
        let mut peak = String::new();
        let code = loop {
            if let Some(code) = child.try_wait().expect("waits") {
                break code;
            }
            if let Ok(text) = fs::read_to_string(&status)
                && let Some(line) = text.lines().find(|line| line.starts_with("VmHWM:"))
            {
                line["VmHWM:".len()..].trim().clone_into(&mut peak);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        println!("  {:<28} {:>7} s, peak {peak}", "run, whole", seconds(start.elapsed()));
        assert!(code.success(), "a clean day ends well");
    }
}
