//! Statements of a month and the pack of a quarter: they are the sums of the days, and as their fixtures show them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use treasury_recon::domain::entry::Book;
use treasury_recon::domain::facts::Facts;
use treasury_recon::domain::field::Field;
use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::ledger::Flow;
use treasury_recon::domain::money::Money;
use treasury_recon::example::{BookFile, clean_book, story_book};
use treasury_recon::ledger::SourceFile;
use treasury_recon::matching::group;
use treasury_recon::matching::tie_out::{self, Figures};
use treasury_recon::period::changes::{Cause, Times, between};
use treasury_recon::period::metrics::Past;
use treasury_recon::period::{
    CellLine, Crossing, Difference, FileCount, Kept, Period, RunNote, Runs, Span, add_up, metrics,
};
use treasury_recon::pipeline::registered::Registered;
use treasury_recon::pipeline::{OpenItem, Outcome, Place};
use treasury_recon::report::Files;
use treasury_recon::report::audit::{Input, Quarter, file_name, month, quarter};
use treasury_recon::rules::finding::{Kind, Status, Told};

use crate::daily_reports::{compare, root, shown, speaks_in_words};
use crate::example_books::open;
use crate::replay::Replay;

/// What stands in the place of the digest of an archive, which these runs have not.
const DIGEST: &str = "no-archive";

/// The story's runs as an archive would keep them, and what its last run knew.
struct Story {
    facts: Facts,
    kept: BTreeMap<NaiveDate, Kept>,
    /// By run the cases that it took back: the run that had settled each, and its number there.
    recalled: BTreeMap<NaiveDate, BTreeSet<(NaiveDate, u32)>>,
    told: Vec<Told>,
    open: BTreeMap<NaiveDate, Vec<OpenItem>>,
    notes: Vec<RunNote>,
    registered: Vec<Registered>,
    /// Each party's net figure in each cell, from what the last run handed on and had at hand.
    cells: BTreeMap<tie_out::CellName, Figures>,
}

/// What came that day and could be read, file by file.
fn counted(day: NaiveDate, outcome: &Outcome, files: &[SourceFile]) -> Vec<FileCount> {
    let none = |file: &SourceFile| FileCount {
        file: file.path.to_string(),
        rows: 0,
        rejected: 0,
        yuan: Money::ZERO,
    };
    let mut counts: BTreeMap<&str, FileCount> =
        files.iter().map(|file| (file.path.as_ref(), none(file))).collect();
    for row in outcome.book.entries().filter(|row| row.arrived() == day) {
        let count = counts.get_mut(row.file()).expect("a file of the day");
        count.rows += 1;
        count.yuan += row.money(Field::Amount).unwrap_or_default();
    }
    counts.into_values().collect()
}

/// The story as it was known when a day's run had ended.
struct Until<'s> {
    story: &'s Story,
    last: NaiveDate,
}

/// Reads nothing twice: what is asked for is assembled anew.
impl Runs for Until<'_> {
    fn days(&self) -> Vec<NaiveDate> {
        self.story.kept.range(..=self.last).map(|(day, _)| *day).collect()
    }

    fn kept(&self, day: NaiveDate, _: Span, _: &[Field]) -> anyhow::Result<Kept> {
        let Kept { run, book, rows } = &self.story.kept[&day];
        let ids: Vec<_> = book.ids().collect();
        let kept = Kept { run: *run, book: Book::assemble(book.extract(&ids)), rows: rows.clone() };
        Ok(kept.without(&self.taken_back(day)))
    }

    fn taken_back(&self, day: NaiveDate) -> BTreeSet<u32> {
        let by_run = self.story.recalled.range(..=self.last);
        let of_day = by_run.flat_map(|(_, cases)| cases).filter(|(run, _)| *run == day);
        of_day.map(|(_, case)| *case).collect()
    }
}

impl Story {
    fn run() -> Self {
        Self::of(story_book())
    }

    fn of(book: Vec<BookFile>) -> Self {
        let (facts, mut files) = open(book);
        // As the command reads them.
        for files in files.values_mut() {
            files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        let mut replay = Replay::new(facts.clone());
        let mut story = Self {
            facts,
            kept: BTreeMap::new(),
            recalled: BTreeMap::new(),
            told: Vec::new(),
            open: BTreeMap::new(),
            notes: Vec::new(),
            registered: Vec::new(),
            cells: BTreeMap::new(),
        };
        for (&day, files) in &files {
            replay.run(day, files, |outcome, _| story.take(day, outcome, files));
            story.facts.as_of = day;
        }
        story
    }

    fn take(&mut self, day: NaiveDate, outcome: &Outcome, files: &[SourceFile]) {
        self.kept.insert(day, Kept::of(outcome));
        self.recalled.insert(day, outcome.recalled.iter().copied().collect());
        self.told.clone_from(&outcome.handover.told);
        self.open.insert(day, outcome.open_items().to_vec());
        self.registered.extend(outcome.registered());
        let no_data = outcome.handover.no_data.iter();
        self.notes.push(RunNote {
            day,
            manifest: DIGEST.to_owned(),
            files: counted(day, outcome, files),
            no_data: no_data
                .map(|of| (of.rule.to_owned(), of.lacks.iter().map(|lack| (*lack).to_owned()).collect()))
                .collect(),
        });
        // What the run handed on of settled rows, and what its open cases say.
        self.cells.clone_from(&outcome.handover.cells);
        for case in outcome.matched.cases() {
            if !matches!(outcome.places[case.entries[0].0 as usize], Place::Carried { .. }) {
                continue;
            }
            let on = tie_out::day(&outcome.book, case, &outcome.facts);
            for share in tie_out::shares(&outcome.book, case, on) {
                self.cells.entry(share.cell.name(&outcome.book)).or_default().add(share.figures);
            }
        }
    }

    /// As it is known after all its runs.
    fn last(&self) -> Until<'_> {
        self.until(*self.kept.last_key_value().expect("a run").0)
    }

    fn until(&self, last: NaiveDate) -> Until<'_> {
        Until { story: self, last }
    }

    fn period(&self, span: Span) -> Period {
        let last = self.last();
        add_up(&last, span, last.last, &self.facts).expect("no file is read")
    }

    fn audit<'a>(&'a self, period: &'a Period, lang: Lang) -> Input<'a> {
        let end = period.runs.last().expect("a run in the period");
        let of_period = self.notes.iter().filter(|note| period.span.contains(note.day)).count();
        let first = self.notes.iter().position(|note| period.span.contains(note.day)).expect("a run");
        Input {
            period,
            facts: &self.facts,
            told: &self.told,
            open: &self.open[end],
            notes: &self.notes[first..first + of_period],
            digest: DIGEST,
            institution: None,
            since: None,
            command: "treasury-recon audit",
            lang,
        }
    }
}

/// The files of an audit as fixtures have them, those that are wanted.
fn written(
    wanted: impl Fn(&str) -> bool,
    write: impl FnOnce(&mut Files<'_>) -> std::io::Result<()>,
) -> BTreeMap<String, String> {
    let mut files = Vec::new();
    write(&mut |name, bytes| {
        files.push((name.to_owned(), bytes.to_vec()));
        Ok(())
    })
    .expect("written");
    files.into_iter().filter(|(name, _)| wanted(name)).map(|(name, bytes)| shown(&name, bytes)).collect()
}

#[test]
fn audits_are_the_sums_of_days_and_as_their_fixtures_show_them() {
    let story = Story::run();
    a_period_is_the_sum_of_its_cells(&story);
    quarters_are_their_months(&story);
    parties_state_what_they_recorded(&story);
    whoever_answers_is_bound(&story);
    what_counts_as_a_payment_is_one(&story);
    what_changed_is_split_by_its_cause(&story);
    a_quarter_that_began_before_the_archive_says_so(&story);
    let fixtures = root().join("fixtures/spring-festival/audits");
    let [january, february, first] =
        [Span::month("2026-01"), Span::month("2026-02"), Span::quarter("2026Q1")]
            .map(|span| story.period(span.expect("a span")));
    let before = story.period(first.span.before());
    let before = [Past {
        span: before.span,
        since: before.since,
        metrics: metrics::of(&before, &story.facts, &story.told, &[]),
    }];
    let scored = metrics::score(
        metrics::of(&first, &story.facts, &story.told, story.audit(&first, Lang::Zh).open),
        &before,
    );
    for (lang, name) in [(Lang::Zh, "zh"), (Lang::En, "en")] {
        every_table_fits(lang, |files| month(&story.audit(&february, lang), files));
        let audit = story.audit(&january, lang);
        every_table_fits(lang, |files| month(&audit, files));
        let wanted =
            |name: &str| !name.starts_with("statement-") || name.starts_with("statement-2901210000.");
        let files = written(wanted, |files| month(&audit, files));
        compare(&fixtures.join(name).join("2026-01"), &files);

        let audit = story.audit(&first, lang);
        let of =
            Quarter { metrics: &scored, before: &before, sample_size: 20, registered: &story.registered };
        let lists =
            ["findings.csv", "cells.csv", "payouts.csv", "open-items.csv", "registers.xlsx", "manifest.json"];
        let wanted = |name: &str| match name.split_once('/') {
            Some((_, file)) => file.starts_with("102290100106.") || file.starts_with("12901210100."),
            None => !lists.contains(&name),
        };
        every_table_fits(lang, |files| quarter(&audit, &of, &story.last(), files));
        if lang == Lang::En {
            cleared_leads_stand_apart(&story, &first, &of);
            withheld_and_delayed_is_one(&story, &first, &of);
            whoever_has_a_finding_has_a_paper(&story, &first, &of);
            let of_draw = |name: &str| name.starts_with("population/") || name == "sample.csv";
            let files = written(of_draw, |files| quarter(&audit, &of, &story.last(), files));
            a_draw_is_made_again(&files, first.sums.populations.len());
        }
        let files = written(wanted, |files| quarter(&audit, &of, &story.last(), files));
        compare(&fixtures.join(name).join("2026Q1"), &files);
    }
}

/// A correction is of the month in which each party recorded it, and says when the other did.
#[test]
fn a_correction_that_the_treasury_records_next_month_says_so() {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let mut book = clean_book(7, day("2026-01-29"), 6, 20);
    // Of another correction both know in January: the treasury delivers what it records.
    for (ledger, on, number) in [
        ("tax-corrections", "2026-01-29", 0),
        ("treasury-corrections", "2026-01-29", 0),
        ("tax-corrections", "2026-01-30", 1),
        ("treasury-corrections", "2026-02-03", 1),
    ] {
        let text = format!(
            "voucher_no,original_slip,old_treasury,old_org,old_level,old_subject,old_amount,new_treasury,new_org,new_level,\
             new_subject,new_amount,reason,corrected_on\nGZ{number},SLIP{number},2901000000,12901000100,3,1011101,50.00,\
             2901000000,12901000100,3,1011199,50.00,01,{on}\n"
        );
        book.push(BookFile { path: format!("inbox/{on}/{ledger}-late.csv"), bytes: text.into_bytes() });
    }
    let story = Story::of(book);
    let found = |month: &str| -> Vec<String> {
        let sums = story.period(Span::month(month).expect("a month")).sums;
        let items = sums.differences.iter().filter(|item| item.key == "GZ1");
        items
            .map(|item| {
                let other = item.recorded_on.expect("the other party has it");
                format!("{} {} {} {other}", item.subject, item.issuer, item.treasury_amount)
            })
            .collect()
    };
    assert_eq!(found("2026-01"), ["1011101 -50.00 0.00 2026-02-03", "1011199 50.00 0.00 2026-02-03"]);
    assert_eq!(found("2026-02"), ["1011101 0.00 -50.00 2026-01-30", "1011199 0.00 50.00 2026-01-30"]);
}

/// Whoever answers for a finding is told of a law that binds him.
fn whoever_answers_is_bound(story: &Story) {
    for told in story.told.iter().filter(|told| !told.rule().basis.is_empty()) {
        assert!(told.basis().next().is_some(), "{} {:?} {}", told.rule, told.party, told.key);
    }
}

/// Findings that count as payments are keyed by the numbers of payments, and no others are.
fn what_counts_as_a_payment_is_one(story: &Story) {
    let mut numbers = BTreeSet::new();
    for kept in story.kept.values() {
        let joined = kept.book.entries().filter(|row| group::role(row.ledger()).is_some());
        numbers.extend(joined.map(|row| group::number(row).to_owned()));
    }
    // A correction is about a payment, and none itself.
    for told in story.told.iter().filter(|told| told.flow != Flow::Correction) {
        assert_eq!(told.payment().is_some(), numbers.contains(&told.key), "{} {}", told.rule, told.key);
    }
}

/// Of a quarter in which the archive began, no page says that all its days were run.
fn a_quarter_that_began_before_the_archive_says_so(story: &Story) {
    let first = *story.kept.keys().next().expect("a run");
    let quarter_of = story.period(Span::quarter("2025Q4").expect("a quarter"));
    assert_eq!(quarter_of.since, Some(first));
    assert!(quarter_of.missed.iter().all(|day| *day > first), "{:?}", quarter_of.missed);
    let of = Quarter { metrics: &[], before: &[], sample_size: 20, registered: &[] };
    let audit = story.audit(&quarter_of, Lang::En);
    let files = written(|name| name == "pefa.html", |files| quarter(&audit, &of, &story.last(), files));
    for said in [
        format!("the archive begins on {first}"),
        format!("besides them the 53 working days before the first run on {first}"),
    ] {
        assert!(files["pefa.html"].contains(&said), "{said}\n{}", files["pefa.html"]);
    }
}

/// A lead that later data cleared stands on a list of its own, and under no heading of what is wrong.
fn cleared_leads_stand_apart(story: &Story, period: &Period, of: &Quarter<'_>) {
    let mut told = story.told.clone();
    let lead = told.iter_mut().find(|told| told.kind() == Kind::Lead && !told.institution.is_empty());
    let lead = lead.expect("the story has leads");
    lead.status = Status::Resolved;
    lead.settled_on = Some(period.known_on);
    let (id, code) = (lead.id(), lead.institution.clone());
    let audit = Input { told: &told, institution: Some(&code), ..story.audit(period, Lang::En) };
    let page = format!("institutions/{}.html", file_name(&code));
    let files = written(|name| name == page, |files| quarter(&audit, of, &story.last(), files));
    let (before, cleared) = files[&page].split_once("Leads that were cleared").expect("a list of its own");
    assert!(cleared.contains(&id) && !before.contains(&id), "{id}");
    assert!(cleared.contains(&format!("{} cleared", period.known_on)));
}

/// Inspectors take a paper along to everybody of whom something was found, and the pack names those without.
fn whoever_has_a_finding_has_a_paper(story: &Story, period: &Period, of: &Quarter<'_>) {
    let audit = story.audit(period, Lang::En);
    let is_page = |name: &str| name == "index.html" || name.starts_with("papers/");
    let files = written(is_page, |files| quarter(&audit, of, &story.last(), files));
    let breached = story.told.iter().filter(|told| told.kind() == Kind::Breach);
    let codes: BTreeSet<&str> = breached.map(|told| told.institution.as_str()).collect();
    assert!(codes.len() > 10, "{codes:?}");
    for code in codes.into_iter().filter(|code| !code.is_empty()) {
        assert!(files.contains_key(&format!("papers/{}.html", file_name(code))), "{code}");
    }
    let none = "There are no working papers of these";
    assert!(!files["index.html"].contains(none));
    // Where nothing was found, payments are sampled by banks and treasuries, and not by tax offices.
    let audit = Input { told: &[], ..audit };
    let files = written(|name| name == "index.html", |files| quarter(&audit, of, &story.last(), files));
    let (_, without) = files["index.html"].split_once(none).expect("it says so");
    assert!(without.contains("12901000100") && !without.contains("102290100106"), "{without}");
}

/// No page of a pack is wider than 1280 dots: of every table the columns ask for no more than it has. None shows codes.
fn every_table_fits(lang: Lang, write: impl FnOnce(&mut Files<'_>) -> std::io::Result<()>) {
    let mut tables = 0;
    let mut look = |name: &str, bytes: &[u8]| {
        let Ok(page) = std::str::from_utf8(bytes) else { return Ok(()) };
        speaks_in_words(name, page);
        for table in page.split("<table ").skip(1) {
            let (head, _) = table.split_once("</thead>").expect("a head");
            let widths = head.split("min-width:").skip(1).map(|of| of.split_once("em").expect("em").0);
            let tenths = |of: &str| of.replace('.', "").parse::<u32>().expect("a width with one decimal");
            let sum: u32 = widths.map(tenths).sum();
            assert!(sum <= 845, "{lang:?} {name}: {sum} {head}");
            tables += 1;
        }
        Ok(())
    };
    write(&mut look).expect("written");
    assert!(tables > 50, "{tables}");
}

/// A payment that was withheld and then remitted counts once, as delayed, and the delay says when it was withheld.
fn withheld_and_delayed_is_one(story: &Story, period: &Period, of: &Quarter<'_>) {
    let of_rule = |rule: &'static str| story.told.iter().filter(move |told| told.rule == rule);
    let is_both = |withheld: &&Told| {
        withheld.settled_on.is_some_and(|on| on <= period.span.last())
            && of_rule("remittance-delay").any(|delay| delay.key == withheld.key)
    };
    let withheld = of_rule("remittance-withholding").find(is_both).expect("the story has one");
    let code = withheld.institution.as_str();
    let audit = Input { institution: Some(code), ..story.audit(period, Lang::En) };
    let page = format!("institutions/{}.html", file_name(code));
    let files = written(|name| name == page, |files| quarter(&audit, of, &story.last(), files));
    assert!(!files[&page].contains(&withheld.id()), "{}", withheld.key);
    let words = format!(
        "told as withheld from {} to {}",
        withheld.first_seen,
        withheld.settled_on.expect("remitted")
    );
    assert!(files[&page].contains(&words), "{words}");
}

/// A draw can be made again by hand: from the seed, the size and the population's own files.
fn a_draw_is_made_again(files: &BTreeMap<String, String>, plans: usize) {
    let mut strata: BTreeMap<(String, String), Vec<BTreeMap<String, String>>> = BTreeMap::new();
    let mut sampled = BTreeSet::new();
    for (name, text) in files {
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let rows = reader.deserialize().map(|row| row.expect("a row"));
        let rows: Vec<BTreeMap<String, String>> = rows.collect();
        match name.strip_prefix("population/") {
            Some(_) => {
                for row in rows {
                    strata.entry((row["flow"].clone(), row["institution"].clone())).or_default().push(row);
                }
            }
            None if name == "sample.csv" => sampled.extend(rows.into_iter().map(|row| row["row"].clone())),
            None => {}
        }
    }
    assert_eq!(strata.len(), plans);
    let fen = |text: &str| text.parse::<Money>().expect("money").fen();
    let mut taken = BTreeSet::new();
    for ((flow, institution), rows) in strata {
        let whole: i64 = rows.iter().map(|row| fen(&row["amount"])).sum();
        let interval = (whole / 20).max(1);
        let seed = Sha256::digest(format!("{DIGEST}/{flow}/{institution}"));
        let number = u64::from_be_bytes(*seed.first_chunk().expect("32 bytes"));
        let start = 1 + i64::try_from(number % interval.unsigned_abs()).expect("small");
        let mut upto = 0;
        for row in rows {
            let from = upto;
            upto += fen(&row["amount"]);
            assert_eq!(fen(&row["upto"]), upto, "{row:?}");
            let hits = |of: i64| if of < start { 0 } else { (of - start) / interval + 1 };
            assert_eq!(hits(upto) > hits(from), !row["hit"].is_empty(), "{row:?}");
            assert_eq!(
                row["drawn"] == "yes",
                !row["hit"].is_empty() || !row["because"].is_empty(),
                "{row:?}"
            );
            if row["drawn"] == "yes" {
                taken.insert(row["row"].clone());
            }
        }
    }
    assert_eq!(sampled, taken);
}

/// The net figures of a month are those that the daily tie-out came to.
fn a_period_is_the_sum_of_its_cells(story: &Story) {
    // Earlier cells that tied are no longer handed on.
    let span = Span::month("2026-02").expect("a month");
    let period = story.period(span);
    let mut expected: BTreeMap<[String; 5], Figures> = BTreeMap::new();
    for (name, figures) in story.cells.iter().filter(|(name, _)| span.contains(name.date)) {
        let of = name.clone();
        let key = [of.treasury, of.org, of.level, of.subject, of.adjust_flag];
        expected.entry(key).or_default().add(*figures);
    }
    let found: BTreeMap<[String; 5], Figures> = period
        .sums
        .cells
        .iter()
        .map(|(line, gross)| {
            let of = line.clone();
            ([of.treasury, of.org, of.level, of.subject, of.adjust_flag], gross.net())
        })
        .collect();
    assert!(expected.len() > 20, "the month has {} cells", expected.len());
    for (key, figures) in &expected {
        assert_eq!(found.get(key).copied().unwrap_or_default(), *figures, "{key:?}");
    }
    for (key, figures) in &found {
        assert_eq!(expected.get(key).copied().unwrap_or_default(), *figures, "{key:?}");
    }
}

/// What differs payment by payment is what differs in the columns of every treasury's statement, and its column is what it
/// booked itself.
fn items_are_the_differences_of_the_sums(period: &Period) {
    let sums = &period.sums;
    let mut columns: BTreeMap<&str, Figures> = BTreeMap::new();
    for (line, gross) in sums.cells.iter().chain(&sums.unslipped) {
        let stated = gross.stated();
        // Banks are no party to corrections.
        let bank = stated.bank + gross.own.moved;
        columns.entry(&line.treasury).or_default().add(Figures { bank, ..stated });
    }
    let mut items: BTreeMap<&str, Figures> = BTreeMap::new();
    for item in sums.differences.iter().filter(|item| item.flow != Flow::Disbursement) {
        items.entry(&item.treasury).or_default().add(item.figures());
    }
    assert!(items.len() > 3, "the story has differences");
    for (treasury, of) in &columns {
        let of_items = items.get(treasury).copied().unwrap_or_default();
        assert_eq!(of.treasury - of.issuer, of_items.treasury - of_items.issuer, "{treasury}");
        assert_eq!(of.bank - of.issuer, of_items.bank - of_items.issuer, "{treasury}");
        let bridges = sums.bridges.get(*treasury).copied().unwrap_or_default();
        assert_eq!(bridges.iter().map(|of| of.documents).sum::<Money>(), of.issuer, "{treasury}");
        assert_eq!(bridges.iter().map(|of| of.stated).sum::<Money>(), of.treasury, "{treasury}");
        assert!(bridges.iter().all(|of| of.holds()), "{treasury}");
    }
    let keys = |is: fn(&Difference) -> bool| -> BTreeSet<&str> {
        sums.differences.iter().filter(|item| is(item)).map(|item| item.key.as_str()).collect()
    };
    // Where it was booked under the document's line too, that line does not differ.
    let (misplaced, elsewhere) = (keys(|item| item.named.is_some()), keys(|item| !item.elsewhere.is_empty()));
    let payouts = sums.transits.iter().filter(|item| item.flow == Flow::Disbursement);
    assert!(payouts.count() > 0, "the story has a payout that the other party has not recorded");
    assert!(!elsewhere.is_empty() && misplaced.is_superset(&elsewhere), "{misplaced:?} {elsewhere:?}");
}

/// Figures that a reader came to from the files alone: a correction of what the treasury alone had booked otherwise moves no
/// document, a refund that no bank recorded is none of a bank's, and what is overdue is not in transit.
fn parties_state_what_they_recorded(story: &Story) {
    let january = story.period(Span::month("2026-01").expect("a month")).sums;
    let net = |treasury: &str, org: &str, level: &str, subject: &str| {
        let line = [treasury, org, level, subject, "0"].map(str::to_owned);
        let of = |line: &CellLine| {
            let of = line.clone();
            [of.treasury, of.org, of.level, of.subject, of.adjust_flag]
        };
        let (_, gross) = january.cells.iter().find(|(of_line, _)| of(of_line) == line).expect("a line");
        [gross.stated().issuer, gross.stated().treasury].map(|sum| sum.to_string())
    };
    // Booked under a wrong subject, corrected by both parties.
    assert_eq!(net("2901220000", "12901220100", "4", "1011201"), ["3444.10", "3444.10"]);
    assert_eq!(net("2901220000", "12901220100", "4", "1011101"), ["179091.56", "179091.56"]);
    // Corrected by the tax office alone: the treasury has it as before.
    let items = january.differences.iter().filter(|item| item.key == "329011260100070193");
    let items: Vec<String> =
        items.map(|item| format!("{} {} {}", item.subject, item.issuer, item.treasury_amount)).collect();
    assert_eq!(items, ["1010901 16600.63 0.00", "1011001 0.00 16600.63"]);

    let february = story.period(Span::month("2026-02").expect("a month")).sums;
    let refund = february.differences.iter().find(|item| item.key == "TK2602000034").expect("it differs");
    assert_eq!((refund.bank_amount, refund.issuer), (Money::ZERO, refund.treasury_amount));
    let (on_time, overdue): (Vec<_>, Vec<_>) = february
        .transits
        .iter()
        .filter(|item| item.booked_on.is_none() && item.flow == Flow::Revenue)
        .partition(|item| item.crossing == Crossing::Awaited);
    assert!(on_time.len() > 20 && !overdue.is_empty());
    assert!(overdue.iter().all(|item| !item.crossing.is_in_transit()));
    // The last working day, and what was received after the cut-off of the day before.
    let eve = NaiveDate::from_ymd_opt(2026, 2, 27).expect("a day");
    assert!(on_time.iter().all(|item| item.received.date >= eve));
}

/// A quarter is the sum of its months, and every booking is one of a month.
fn quarters_are_their_months(story: &Story) {
    let span = Span::quarter("2026Q1").expect("a quarter");
    let period = story.period(span);
    items_are_the_differences_of_the_sums(&period);
    let whole = period.sums;
    let months: Vec<_> = span.months().map(|month| story.period(month).sums).collect();
    for (line, gross) in &whole.cells {
        let mut sum = Figures::default();
        for month in &months {
            sum.add(month.cells.get(line).map(|gross| gross.net()).unwrap_or_default());
        }
        assert_eq!(gross.net(), sum, "{line:?}");
    }
    for (treasury, bridges) in &whole.bridges {
        let booked = |part: usize| {
            months
                .iter()
                .map(|month| month.bridges.get(treasury).map(|of| of[part].booked).unwrap_or_default())
                .sum()
        };
        for (part, of) in bridges.iter().enumerate() {
            assert_eq!(of.booked, booked(part), "{treasury}");
        }
    }
    for (bank, sum) in &whole.banks {
        let told = story.told.iter().filter(|of| of.rule == "next-day-remittance" && of.institution == *bank);
        let told = told.filter(|of| of.event_on.is_some_and(|on| span.contains(on)));
        assert_eq!(told.filter_map(|of| of.amount).sum::<Money>(), sum.next_day_remitted(), "{bank}");
        let count: u64 = months.iter().filter_map(|month| month.banks.get(bank)).map(|of| of.count).sum();
        assert_eq!(sum.count, count, "{bank}");
    }
}

/// January as it was known on some days, and as it is known on later ones: every figure is led over to by causes.
fn what_changed_is_split_by_its_cause(story: &Story) {
    let january = Span::month("2026-01").expect("a month");
    let days: Vec<NaiveDate> = story.kept.keys().copied().collect();
    let period = |on: NaiveDate| add_up(&story.until(on), january, on, &story.facts).expect("a period");
    let (mut found, mut lines) = (BTreeMap::new(), 0);
    for pair in [(12, 20), (15, 16), (16, 40), (28, 29), (28, 44), (30, 44)] {
        let (then, now) = (days[pair.0], days[pair.1]);
        let (was, is) = (period(then), period(now));
        let times = Times { then: &was, then_by_tables_of_now: &was, now: &is };
        let changes = between(&story.until(then), &story.until(now), times, &story.facts);
        let changes = changes.expect("causes come to the whole");
        lines += changes.lines.len();
        for of in &changes.payments {
            assert!(of.by != [Money::ZERO; 3] && !of.evidence.is_empty(), "{of:?}");
            assert!(of.evidence.iter().all(|row| changes.rows[row] == of.cause), "{of:?}");
            found.insert((of.key.clone(), of.cause), of.by);
        }
    }
    let causes: BTreeSet<Cause> = found.keys().map(|(_, cause)| *cause).collect();
    assert_eq!(causes, BTreeSet::from([Cause::Late, Cause::Corrected]), "{lines} lines");
    // The voucher said 50.00 more than was paid, and came again after the 14th.
    let by = found[&("ZF260100070065".to_owned(), Cause::Corrected)].map(|of| of.to_string());
    assert_eq!(by, ["-50.00", "0.00", "0.00"]);
}
