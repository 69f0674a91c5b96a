//! Measures a clean day of several sizes: each stage in this process, then the whole program as a user runs it. Wall clock
//! and, where the system tells, processor time of all threads.
//!
//! `cargo bench` measures 10 000, 100 000 and 1 000 000 slips; `cargo bench -- 5000000` one size of one's own; `cargo bench
//! -- rules 1000000` each rule and each counter by itself too, the dearest first; `cargo bench -- year 2000` a year of days
//! in all flows; `cargo bench -- quarter 100000` a quarter of them, and its statements and pack; `cargo bench -- history
//! 2000` what the 5th, 65th and 250th day of such a book take. The books are made from a fixed seed, under
//! `target/bench-books`.
#![expect(clippy::disallowed_methods, reason = "books are written and read here")]
#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::collections::BTreeSet;
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
use treasury_recon::pipeline::Taken;
use treasury_recon::pipeline::handover::{Handover, NoHistory};
use treasury_recon::report::{REPORTS, Run};
use treasury_recon::rules::{self, COUNTERS, Day, RULES, running};

const SEED: u64 = 20_260_302;
const DAY: &str = "2026-03-02";
/// Working days of a quarter.
const QUARTER: u32 = 65;

/// Working days of a year.
const YEAR: u32 = 250;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked: Vec<u32> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let by_rule = arguments.iter().any(|argument| argument == "rules");
    if arguments.iter().any(|argument| argument == "year") {
        year(asked.first().copied().unwrap_or(2_000));
        return;
    }
    if arguments.iter().any(|argument| argument == "history") {
        history(asked.first().copied().unwrap_or(2_000));
        return;
    }
    if arguments.iter().any(|argument| argument == "quarter") {
        quarter(asked.first().copied().unwrap_or(100_000));
        return;
    }
    let sizes = if asked.is_empty() { vec![10_000, 100_000, 1_000_000] } else { asked };
    for slips in sizes {
        let book = make(slips);
        println!("\n{slips} slips, {} MB", megabytes(&book.join("inbox")));
        println!("  {:<28} {:>7}   {:>7}", "", "wall", "processor");
        stages(&book, by_rule);
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
    let (start, used) = (Instant::now(), processor());
    let done = work();
    let (wall, used) = (start.elapsed(), processor().saturating_sub(used));
    println!("  {name:<28} {:>7} s {:>7} s", seconds(wall), seconds(used));
    done
}

/// The processor time of this process's threads so far; nothing where the system does not tell.
fn processor() -> Duration {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let texts = threads.filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok());
    let nanoseconds = texts.filter_map(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    Duration::from_nanos(nanoseconds.sum())
}

/// The processor time of the children that ended, in the hundredths of a second that Linux counts.
fn of_children() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    // User and system time of children are the 16th and 17th field of all.
    let hundredths: u64 = fields.skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(hundredths * 10)
}

fn seconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_secs(), time.subsec_millis())
}

fn stages(book: &Path, by_rule: bool) {
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
    let assembled = Book::assemble(parts.clone());
    timed("(of taking in: digests)", || intake::digests(&assembled));
    drop(assembled);
    let taken = timed("take in", || {
        Taken::of(parts, facts, Handover::default(), &NoHistory).expect("no history fails")
    });
    let joined = timed("match", || taken.match_up());
    let prepared = timed("judge: prepare and count", || joined.prepare());
    let findings = timed("judge: rules", || rules::judge(RULES, &prepared.day()));
    assert!(findings.is_empty(), "a clean book has no finding");
    if by_rule {
        dearest(&prepared.day());
    }
    let outcome = timed("settle", || prepared.settle(&findings));
    timed("reports", || {
        let run = Run { outcome: &outcome, files: &[], problems: &[], lang: Lang::Zh };
        for (_, report) in REPORTS {
            report(&run, &mut |_| Ok(())).expect("nothing is written");
        }
    });
}

/// The rules and counters by themselves, the dearest first. A rule of payments costs what walking over them costs without
/// any, and more.
fn dearest(day: &Day<'_>) {
    const SHOWN: usize = 20;
    let least = |work: &dyn Fn()| {
        let used = || {
            let start = processor();
            work();
            processor().saturating_sub(start)
        };
        (0..3).map(|_| used()).min().expect("three times")
    };
    let walk = least(&|| drop(rules::judge(&[], day)));
    let mut costs = vec![("walking over the payments", walk)];
    let rules = RULES.iter().map(|&rule| (rule.id, least(&|| drop(rules::judge(&[rule], day)))));
    costs.extend(rules.map(|(id, used)| (id, used.saturating_sub(walk))));
    let nothing = least(&|| drop(running::count(&[], day.book, day.standing, day.facts)));
    costs.push(("walking over the rows", nothing));
    let counters = COUNTERS.iter().map(|&counter| {
        (counter.id, least(&|| drop(running::count(&[counter], day.book, day.standing, day.facts))))
    });
    costs.extend(counters.map(|(id, used)| (id, used.saturating_sub(nothing))));
    costs.sort_by_key(|&(id, used)| (std::cmp::Reverse(used), id));
    for (id, used) in costs.iter().take(SHOWN) {
        println!("    {id:<36} {:>7} s", seconds(*used));
    }
    let rest: Duration = costs.iter().skip(SHOWN).map(|(_, used)| *used).sum();
    println!("    {:<36} {:>7} s", "all others together", seconds(rest));
}

/// A year of days in all flows, run one after the other: a refund brings back a slip that was settled long before.
fn year(slips: u32) {
    let (book, days) = written("year", (2025, 3, 24), YEAR, slips);
    run_days(&book, &days);
}

/// What a day takes when few days lie behind it, and many: those that are looked at are run three times, which comes to
/// the same.
fn history(slips: u32) {
    let (book, days) = written("history", (2025, 3, 24), YEAR, slips);
    let book = book.to_str().expect("text");
    for (place, day) in days.iter().enumerate() {
        let (behind, day) = (place + 1, day.to_string());
        let arguments = ["run", "--book", book, "--date", &day, "--quiet"];
        if ![5, 65, YEAR as usize].contains(&behind) {
            let run = Command::new(env!("CARGO_BIN_EXE_treasury-recon"))
                .args(arguments)
                .stdout(Stdio::null())
                .status();
            assert!(run.expect("runs").code().is_some_and(|code| code < 2), "{day}: a clean day can be read");
            continue;
        }
        println!("  the {behind}th day");
        for _ in 0..3 {
            measured(&arguments);
        }
    }
}

/// A quarter of days, and its pack, a dossier and an answer from the archive alone.
fn quarter(slips: u32) {
    let (book, days) = written("quarter", (2025, 7, 1), QUARTER, slips);
    run_days(&book, &days);
    let _ = fs::remove_dir_all(book.join("inbox"));
    for arguments in [["--month", "2025-08"], ["--quarter", "2025Q3"]] {
        for _ in 0..3 {
            let book = book.to_str().expect("text");
            measured(&["audit", "--book", book, arguments[0], arguments[1], "--quiet"]);
        }
    }
    let path = book.to_str().expect("text");
    let account = an_account(path);
    for _ in 0..3 {
        measured(&["investigate", "--book", path, "--account", &account, "--quiet"]);
    }
    let grouped = "SELECT subject, COUNT(*) AS n, SUM(amount) AS yuan FROM entries \
                   WHERE ledger = 'treasury-receipts' GROUP BY subject";
    for _ in 0..3 {
        measured(&["query", "--book", path, grouped]);
    }
}

/// The account that paid the first receipt in the archive.
fn an_account(book: &str) -> String {
    let first = "SELECT payer_account FROM entries WHERE ledger = 'bank-receipts' AND payer_account IS NOT NULL LIMIT 1";
    let answer = Command::new(env!("CARGO_BIN_EXE_treasury-recon"))
        .args(["query", "--book", book, "--format", "csv", first])
        .output()
        .expect("runs");
    let text = String::from_utf8(answer.stdout).expect("text");
    text.lines().nth(1).expect("a receipt").to_owned()
}

/// A book of so many working days, and the days.
fn written(
    name: &str,
    (year, month, day): (i32, u32, u32),
    count: u32,
    slips: u32,
) -> (PathBuf, Vec<NaiveDate>) {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/bench-books/{name}-{slips}"));
    let _ = fs::remove_dir_all(&book);
    let mut days: BTreeSet<NaiveDate> = BTreeSet::new();
    let first = NaiveDate::from_ymd_opt(year, month, day).expect("a day");
    for file in clean_book(SEED, first, count, slips) {
        days.extend(file.path.strip_prefix("inbox/").and_then(|name| name[..10].parse::<NaiveDate>().ok()));
        let path = book.join(&file.path);
        fs::create_dir_all(path.parent().expect("in the book")).expect("a folder");
        fs::write(path, file.bytes).expect("written");
    }
    println!("\n{} days of {slips} slips, {} MB", days.len(), megabytes(&book.join("inbox")));
    (book, days.into_iter().collect())
}

fn run_days(book: &Path, days: &[NaiveDate]) {
    for month in days.chunks(25) {
        let start = Instant::now();
        for day in month {
            let status = Command::new(env!("CARGO_BIN_EXE_treasury-recon"))
                .args(["run", "--book", book.to_str().expect("text"), "--date", &day.to_string(), "--quiet"])
                .stdout(Stdio::null())
                .status()
                .expect("runs");
            // The plan of a clean book is not made for as many payouts as large days have.
            assert!(status.code().is_some_and(|code| code < 2), "{day}: a clean day can be read");
        }
        let each = start.elapsed() / u32::try_from(month.len()).expect("a month");
        println!("  {} to {:<14} {:>7} s a day", month[0], month[month.len() - 1], seconds(each));
    }
    println!("  archive {} MB", megabytes(&book.join("archive")));
}

/// The program itself, archive and reports included: wall clock and peak memory.
fn whole(book: &Path) {
    for _ in 0..3 {
        for made in ["archive", "reports"] {
            let _ = fs::remove_dir_all(book.join(made));
        }
        measured(&["run", "--book", book.to_str().expect("text"), "--date", DAY, "--quiet"]);
    }
}

/// One command of the program: wall clock, processor time and peak memory.
fn measured(arguments: &[&str]) {
    let (start, used) = (Instant::now(), of_children());
    let mut child = Command::new(env!("CARGO_BIN_EXE_treasury-recon"))
        .args(arguments)
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
    let (wall, used) = (start.elapsed(), of_children().saturating_sub(used));
    println!("  {:<28} {:>7} s {:>7} s, peak {peak}", arguments[0], seconds(wall), seconds(used));
    assert!(code.code().is_some_and(|code| code < 2), "what is clean can be read");
}
