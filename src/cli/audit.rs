//! `audit`: the statements of a month, the pack of a quarter, from the archive alone.

use std::path::Path;

use chrono::NaiveDate;

use crate::period::Span;
use crate::report::document::Document;

use super::Outcome;
use super::run::Options;

/// What is audited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    pub(super) book: &'r Path,
    pub(super) span: Span,
    pub(super) is_quarter: bool,
    pub(super) institution: Option<&'r str>,
    /// The last day whose run is looked at; a fixed time after the period if nothing is said.
    pub(super) known_on: Option<NaiveDate>,
    /// The digest that the archive had.
    pub(super) head: Option<&'r str>,
    /// The day with whose run what is known is compared.
    pub(super) against: Option<NaiveDate>,
}

#[cfg(not(feature = "archive"))]
pub(super) fn run(request: Request<'_>, options: Options) -> anyhow::Result<(Document, Outcome)> {
    anyhow::bail!(
        "{} {} ({}): {}",
        options.lang.pick("本程序编译时未含档案功能，不能审计", "this build has no archive and cannot audit"),
        request.span,
        request.institution.unwrap_or(if request.is_quarter { "quarter" } else { "month" }),
        match (request.known_on.or(request.against), request.head) {
            (Some(day), _) => day.to_string(),
            (None, Some(digest)) => digest.to_owned(),
            (None, None) => request.book.display().to_string(),
        }
    )
}

#[cfg(feature = "archive")]
pub(super) use with_archive::run;

#[cfg(feature = "archive")]
mod with_archive {
    use std::collections::BTreeSet;
    use std::path::Path;

    use anyhow::{Context, bail};
    use chrono::{Days, NaiveDate};

    use crate::archive::{Archive, KnownRuns};
    use crate::domain::facts::Facts;
    use crate::domain::lang::Lang;
    use crate::period::changes::{self, Changes, Times};
    use crate::period::metrics::{self, Past, QUARTERS};
    use crate::period::{Period, add_up};
    use crate::report::audit::{Input, Quarter, Since, file_name, month, quarter};
    use crate::rules::finding::{Status, Told};

    use super::super::files::{self, StagedFolder};
    use super::super::run::{self, Progress};
    use super::{Document, Options, Outcome, Request, Span};

    /// A period, and every finding known of it.
    struct Known {
        runs: KnownRuns,
        period: Period,
        told: Vec<Told>,
        /// The last run of the period.
        end: NaiveDate,
    }

    pub(in crate::cli) fn run(request: Request<'_>, options: Options) -> anyhow::Result<(Document, Outcome)> {
        let Request { book, span, is_quarter, institution, known_on: asked, head, against } = request;
        let lang = options.lang;
        let progress = Progress::new(options.quiet);
        progress.say(format!("{span} {}", lang.pick("读取档案", "reading the archive")));
        let _lock = files::lock(book, lang)?;
        let mut archive = Archive::open(&book.join("archive"))?;
        let (mut config, mut asked, mut tables) = (files::read_config(book)?, asked, None);
        if let Some(digest) = head {
            let (of, day) = archive.as_published(digest)?.with_context(|| unknown(digest, lang))?;
            let (then, read) = run::read_then(of.reread(day)?, day);
            (archive, asked, config, tables) = (of, Some(day), then, Some(read));
        }
        let follow = config.settings.audit_follow_days;
        let Some(known_on) = known_on(&archive, span, follow, asked) else {
            bail!(without_runs(book, span, lang));
        };
        let tables = match tables {
            None => files::read_reference(book, &config, known_on)?,
            Some(tables) => tables,
        };
        let (facts, read) = run::registers(&config, tables, known_on);
        let is_read = config.problems.is_empty() && read.iter().all(|file| file.parsed.problems.is_empty());
        let stale = archive.stale()?;
        let known = add(&archive, &stale, span, known_on, &facts, lang)?;
        if let Some(code) = institution {
            check_known(code, &known, &facts, lang)?;
        }
        let digest = archive.digest(known_on)?;
        let command = format!(
            "treasury-recon audit --book . --{} {span}{}{} --head {digest}",
            if is_quarter { "quarter" } else { "month" },
            institution.map(|code| format!(" --institution {code}")).unwrap_or_default(),
            against.map(|day| format!(" --against {day}")).unwrap_or_default()
        );
        let earlier = match against {
            None => None,
            Some(day) => Some(earlier(&archive, &stale, &known, &facts, day, lang)?),
        };
        let open = archive.open_items(known.end)?;
        let notes = archive.notes(&known.period.runs)?;
        let audit = Input {
            period: &known.period,
            facts: &facts,
            told: &known.told,
            open: &open,
            notes: &notes,
            digest: &digest,
            institution,
            since: earlier.as_ref().map(Earlier::since),
            command: &command,
            lang,
        };
        let folder =
            institution.map_or_else(|| span.to_string(), |code| format!("{span}-{}", file_name(code)));
        let place = book.join("reports").join(&folder);
        let mut reports = StagedFolder::new(&place)?;
        if is_quarter {
            progress.say(format!("{span} {}", lang.pick("指标与抽样", "metrics and samples")));
            let now = metrics::of(&known.period, &facts, &known.told, &open);
            let before = history(&archive, &stale, span, known_on, &facts, lang)?;
            let mut scored = metrics::score(now, &before);
            if let Some(code) = institution {
                scored.retain(|of| of.metric.scope == code);
            }
            let registered = archive.registered(&known.period.runs)?;
            let of = Quarter {
                metrics: &scored,
                before: &before,
                sample_size: facts.settings.audit_sample_size,
                registered: &registered,
            };
            progress.say(format!("{span} {}", lang.pick("写出审计资料", "writing the pack")));
            reports.fill("", |files| quarter(&audit, &of, &known.runs, files))?;
        } else {
            reports.fill("", |files| month(&audit, files))?;
        }
        reports.seal("")?;
        reports.publish()?;
        drop(progress);
        let mut document = Document::default();
        document.paragraph(match lang {
            Lang::Zh => format!("已写入 reports/{folder}/，从 index.html 打开。依据截至 {known_on} 的档案。"),
            Lang::En => format!(
                "Written to reports/{folder}/, which opens at index.html; from the archive as of {known_on}."
            ),
        });
        document.paragraph(format!("{} {digest}", lang.pick("档案摘要", "digest of the archive")));
        let grave = options.fail_on.is_some_and(|least| {
            let stood = |told: &&Told| told.status == Status::Open && told.first_seen <= span.last();
            known.told.iter().filter(stood).any(|told| told.severity >= least)
        });
        let ended = match (is_read, grave) {
            (false, _) => Outcome::Unreadable,
            (true, true) => Outcome::Findings,
            (true, false) => Outcome::Done,
        };
        Ok((document, ended))
    }

    /// What was known of a period earlier, and what changed since.
    struct Earlier {
        changes: Changes,
        told: Vec<Told>,
        has_other_tables: bool,
        digest: String,
    }

    impl Earlier {
        fn since(&self) -> Since<'_> {
            let Self { changes, told, has_other_tables, digest } = self;
            Since { changes, told, has_other_tables: *has_other_tables, digest }
        }
    }

    fn earlier(
        archive: &Archive,
        stale: &[NaiveDate],
        now: &Known,
        facts: &Facts,
        day: NaiveDate,
        lang: Lang,
    ) -> anyhow::Result<Earlier> {
        let (span, known_on) = (now.period.span, now.period.known_on);
        let then_on = known_on_or_before(archive, span, day).filter(|then| *then < known_on);
        let Some(then_on) = then_on else {
            bail!(match lang {
                Lang::Zh => format!("{day} 之前没有 {span} 的运行，或该日不早于 {known_on}：无从比较"),
                Lang::En => format!(
                    "up to {day} no day of {span} was run, or it is not before {known_on}: nothing to compare with"
                ),
            });
        };
        let (read_then, read_now) = (archive.reread(then_on)?, archive.reread(known_on)?);
        let has_other_tables = read_then.config != read_now.config || read_then.tables != read_now.tables;
        let (config, tables) = run::read_then(read_then, then_on);
        let (facts_then, _) = run::registers(&config, tables, then_on);
        let then = add(archive, stale, span, then_on, &facts_then, lang)?;
        let then_by_tables_of_now = add_up(&then.runs, span, then_on, facts)?;
        let times =
            Times { then: &then.period, then_by_tables_of_now: &then_by_tables_of_now, now: &now.period };
        let changes = changes::between(&then.runs, &now.runs, times, facts)?;
        Ok(Earlier { changes, told: then.told, has_other_tables, digest: archive.digest(then_on)? })
    }

    fn without_runs(book: &Path, span: Span, lang: Lang) -> String {
        let book = book.display();
        match lang {
            Lang::Zh => format!("{book} 的档案没有 {span} 的运行：请先运行其各日"),
            Lang::En => format!("the archive of {book} has no run of {span}: run its days first"),
        }
    }

    fn unknown(digest: &str, lang: Lang) -> String {
        match lang {
            Lang::Zh => format!("摘要 {digest} 不属于本档案"),
            Lang::En => format!("{digest} is no digest of this archive"),
        }
    }

    /// The last run that is looked at: some weeks after a period, what came late has come.
    fn known_on(archive: &Archive, span: Span, follow: u32, asked: Option<NaiveDate>) -> Option<NaiveDate> {
        let usual = span.last().checked_add_days(Days::new(u64::from(follow))).unwrap_or(NaiveDate::MAX);
        known_on_or_before(archive, span, asked.unwrap_or(usual))
    }

    /// The last run up to a day, if one of the period is among them.
    fn known_on_or_before(archive: &Archive, span: Span, last: NaiveDate) -> Option<NaiveDate> {
        let days = archive.days();
        days.iter().find(|day| span.contains(**day) && **day <= last)?;
        days.into_iter().rev().find(|day| *day <= last)
    }

    fn add(
        archive: &Archive,
        stale: &[NaiveDate],
        span: Span,
        known_on: NaiveDate,
        facts: &Facts,
        lang: Lang,
    ) -> anyhow::Result<Known> {
        if let Some(day) = stale.iter().find(|day| **day <= known_on) {
            bail!(match lang {
                Lang::Zh => format!("{day} 的运行以旧的状态为起点：请自该日起依次重跑"),
                Lang::En =>
                    format!("the run of {day} rests on an older state: run it and the later days again"),
            });
        }
        let runs = archive.known_on(known_on)?;
        let period = add_up(&runs, span, known_on, facts)?;
        let told = archive.state(known_on)?.context("a run has a state")?.told;
        let end = period.runs.last().copied().context("a run in the period")?;
        Ok(Known { runs, period, told, end })
    }

    /// The metrics of the quarters before, the latest first, as far as there are runs, and as far as they were known when
    /// the period was.
    fn history(
        archive: &Archive,
        stale: &[NaiveDate],
        span: Span,
        until: NaiveDate,
        facts: &Facts,
        lang: Lang,
    ) -> anyhow::Result<Vec<Past>> {
        let mut before = Vec::new();
        let mut of = span;
        for _ in 0..QUARTERS {
            of = of.before();
            let day = known_on(archive, of, facts.settings.audit_follow_days, None);
            before.push(match day.map(|day| day.min(until)) {
                None => Past { span: of, since: None, metrics: Vec::new() },
                Some(day) => {
                    let Known { period, told, end, .. } = add(archive, stale, of, day, facts, lang)?;
                    let metrics = metrics::of(&period, facts, &told, &archive.open_items(end)?);
                    Past { span: of, since: period.since, metrics }
                }
            });
        }
        Ok(before)
    }

    /// A pack of nothing would look like a clean one.
    fn check_known(code: &str, known: &Known, facts: &Facts, lang: Lang) -> anyhow::Result<()> {
        let sums = &known.period.sums;
        let mut codes: BTreeSet<&str> =
            facts.institutions.iter().flatten().map(|(code, _)| code.as_str()).collect();
        codes.extend(facts.treasuries.iter().flatten().map(|(code, _)| code.as_str()));
        codes.extend(sums.banks.keys().map(String::as_str));
        codes.extend(sums.cells.keys().map(|line| line.org.as_str()));
        codes.extend(sums.payouts.keys().map(|line| line.unit.as_str()));
        codes.extend(known.told.iter().map(|told| told.institution.as_str()));
        codes.remove("");
        if codes.contains(code) {
            return Ok(());
        }
        let nearest =
            codes.into_iter().min_by_key(|known| (strsim::damerau_levenshtein(known, code), *known));
        let nearest = nearest.unwrap_or("");
        bail!(match lang {
            Lang::Zh => format!("机构表和本期账册都没有 {code}；最接近的是 {nearest}"),
            Lang::En =>
                format!("neither the tables nor the ledgers know {code}; the nearest they have is {nearest}"),
        })
    }
}
