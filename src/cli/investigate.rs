//! `investigate`: everything the archive knows of one thing, as a dossier.

use std::path::Path;

use chrono::NaiveDate;

use crate::investigation::{Subject, Window};
use crate::report::document::Document;

use super::Outcome;
use super::run::Options;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    One(Subject),
    /// Why two numbers are one payment, or why not.
    Pair([String; 2]),
}

/// What is asked, and of which part of the archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    pub(super) book: &'r Path,
    pub(super) about: &'r About,
    pub(super) window: Window,
    /// The last day whose run is looked at [default: the last run].
    pub(super) known_on: Option<NaiveDate>,
    /// Whether tables are printed whole.
    pub(super) is_whole: bool,
}

#[cfg(not(feature = "archive"))]
pub(super) fn run(request: Request<'_>, options: Options) -> anyhow::Result<(Document, Outcome)> {
    anyhow::bail!(
        "{} {:?} ({:?}, {:?}, {}): {}",
        options
            .lang
            .pick("本程序编译时未含档案功能，不能查证", "this build has no archive and cannot investigate"),
        request.about,
        request.window,
        request.known_on,
        request.is_whole,
        request.book.display()
    )
}

#[cfg(feature = "archive")]
pub(super) use with_archive::run;

#[cfg(feature = "archive")]
mod with_archive {
    use std::collections::BTreeSet;

    use anyhow::bail;
    use chrono::Days;

    use crate::archive::{Archive, KnownRuns};
    use crate::domain::entry::{Entry, EntryId};
    use crate::domain::facts::Facts;
    use crate::domain::lang::Lang;
    use crate::investigation::flows::known_by;
    use crate::investigation::{Material, Telling, Wanted, dossier, flows, own_accounts, pair};
    use crate::matching::Limits;
    use crate::pipeline::alter::{Alterations, alterations};
    use crate::report;
    use crate::report::audit::file_name;
    use crate::report::investigation::{Investigation, brief, document, folder};
    use crate::rules::finding::Told;

    use super::super::files::{self, StagedFolder};
    use super::super::run::{Progress, read_then, registers};
    use super::{About, Document, NaiveDate, Options, Outcome, Request, Subject};

    /// The archive as it was known, and the registers of today.
    struct Desk {
        archive: Archive,
        runs: KnownRuns,
        last: NaiveDate,
        facts: Facts,
        is_read: bool,
    }

    pub(in crate::cli) fn run(request: Request<'_>, options: Options) -> anyhow::Result<(Document, Outcome)> {
        let progress = Progress::new(options.quiet);
        progress.say(options.lang.pick("读取档案", "reading the archive").to_owned());
        let desk = open(request, options.lang)?;
        let document = match request.about {
            About::One(subject) => one(subject, &desk, request, options.lang)?,
            About::Pair(names) => {
                let material = desk.runs.seek(&pair::wanted(names), request.window.from)?;
                let limits = Limits { window: Days::new(u64::from(desk.facts.settings.match_window_days)) };
                report::pair::document(&pair::pair(names.clone(), &material, limits), &material, options.lang)
            }
        };
        drop(progress);
        Ok((document, if desk.is_read { Outcome::Done } else { Outcome::Unreadable }))
    }

    fn open(request: Request<'_>, lang: Lang) -> anyhow::Result<Desk> {
        let Request { book, known_on, .. } = request;
        let config = files::read_config(book)?;
        let archive = Archive::open(&book.join("archive"))?;
        let asked = known_on.unwrap_or(NaiveDate::MAX);
        let Some(last) = archive.days().into_iter().rev().find(|day| *day <= asked) else {
            bail!(match lang {
                Lang::Zh => format!("{} 的档案没有可查的运行：请先运行其各日", book.display()),
                Lang::En =>
                    format!("the archive of {} has no run to ask: run its days first", book.display()),
            });
        };
        let (facts, read) = registers(&config, files::read_reference(book, &config, last)?, last);
        let is_read = config.problems.is_empty() && read.iter().all(|file| file.parsed.problems.is_empty());
        Ok(Desk { runs: archive.known_on(last)?, archive, last, facts, is_read })
    }

    fn one(subject: &Subject, desk: &Desk, request: Request<'_>, lang: Lang) -> anyhow::Result<Document> {
        let Request { book, window, is_whole, .. } = request;
        let Desk { archive, runs, last, facts, .. } = desk;
        let told = match subject {
            Subject::Finding(id) => runs.tellings(|told| told.id() == *id)?,
            _ => Vec::new(),
        };
        let wanted = Wanted::of(subject, facts, &told);
        let material = runs.seek(&wanted, window.from)?;
        let own = own_accounts(subject, &material, facts);
        let rows: BTreeSet<String> = material.book.entries().map(Entry::place).collect();
        let tellings = match subject {
            Subject::Finding(_) => told,
            _ => runs.tellings(|told: &Told| {
                told.key == subject.value()
                    || own.contains(&told.account)
                    || told.evidence.iter().any(|row| rows.contains(row))
            })?,
        };
        let is_registered = own
            .iter()
            .any(|account| facts.accounts.as_ref().is_some_and(|register| register.contains_key(account)));
        if material.book.is_empty() && tellings.is_empty() && !is_registered {
            bail!(match lang {
                Lang::Zh => format!(
                    "截至 {last} 的档案和登记簿都没有{} {}；请核对号码，或用 query 查找",
                    subject.title(lang),
                    subject.value()
                ),
                Lang::En => format!(
                    "neither the archive as of {last} nor the registers know {} {}; check the number, or look for it \
                     with query",
                    subject.kind(),
                    subject.value()
                ),
            });
        }
        let movements = flows::movements(&material, &own, window);
        let counterparties = flows::counterparties(&movements, &own);
        let near = known_by(&counterparties, facts);
        let neighbours = if near.is_empty() {
            Material::default()
        } else {
            runs.seek(&Wanted::of_accounts(near), window.from)?
        };
        let dossier =
            dossier(subject, window, &material, &neighbours, &tellings, &archive.open_items(*last)?, facts);
        let digest = archive.digest(*last)?;
        let rests_on = match lang {
            Lang::Zh => format!("依据截至 {last} 的档案 · 档案摘要 {digest}"),
            Lang::En => format!("from the archive as of {last} · archive digest {digest}"),
        };
        let altered = match subject {
            Subject::Finding(_) => alterations_of(archive, &material, &tellings)?,
            _ => None,
        };
        let of = Investigation {
            dossier: &dossier,
            material: &material,
            altered: altered.as_ref(),
            facts,
            rests_on: &rests_on,
            lang,
        };
        let name = format!("{}-{}", subject.kind(), file_name(subject.value()));
        let all = book.join("reports").join("investigations");
        let mut staged = StagedFolder::new(&all.join(&name))?;
        staged.fill("", |files| folder(&of, files))?;
        staged.seal("")?;
        staged.publish()?;
        let whole = document(&of);
        let mut shown = if is_whole { whole } else { brief(whole, lang) };
        shown.paragraph(match lang {
            Lang::Zh => format!("全部已写入 reports/investigations/{name}/，从 index.html 打开。{rests_on}"),
            Lang::En => format!(
                "All of it is in reports/investigations/{name}/, which opens at index.html; {rests_on}"
            ),
        });
        Ok(shown)
    }

    /// By how little a cell would have to be another for a finding to be another, by the rows, tables and settings of the day
    /// on which it was told first.
    fn alterations_of(
        archive: &Archive,
        material: &Material,
        tellings: &[Telling],
    ) -> anyhow::Result<Option<Alterations>> {
        let Some(first) = tellings.iter().min_by_key(|telling| telling.run) else { return Ok(None) };
        let ids: Vec<EntryId> =
            material.book.ids().filter(|id| material.book.entry(*id).arrived() <= first.run).collect();
        let (config, tables) = read_then(archive.reread(first.run)?, first.run);
        let (facts, _) = registers(&config, tables, first.run);
        Ok(Some(alterations(&material.book.extract(&ids), &facts, &first.told)?))
    }
}
