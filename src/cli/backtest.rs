//! `backtest`: archived days judged again with other settings, rules or tables.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::report::document::Document;

use super::Outcome;
use super::run::Options;

/// What is judged again, and with what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    pub(super) book: &'r Path,
    pub(super) from: NaiveDate,
    /// The last day [default: the last of the archive].
    pub(super) to: Option<NaiveDate>,
    /// Settings as `key=value`.
    pub(super) set: &'r [String],
    pub(super) off: &'r [String],
    pub(super) on: &'r [String],
    pub(super) tables: &'r [PathBuf],
    /// Settings that are moved, or `all`.
    pub(super) margins: &'r [String],
    /// Within how many per cent something is a near miss.
    pub(super) near: u32,
    /// Whether tables are printed whole.
    pub(super) is_whole: bool,
}

#[cfg(not(feature = "archive"))]
pub(super) fn run(request: Request<'_>, options: Options) -> anyhow::Result<(Document, Outcome)> {
    let Request { book, from, to, set, off, on, tables, margins, near, is_whole } = request;
    anyhow::bail!(
        "{} {from} {to:?} {set:?} {off:?} {on:?} {tables:?} {margins:?} {near} {is_whole}: {}",
        options
            .lang
            .pick("本程序编译时未含档案功能，不能回测", "this build has no archive and cannot backtest"),
        book.display()
    )
}

#[cfg(feature = "archive")]
pub(super) use with_archive::run;

#[cfg(feature = "archive")]
mod with_archive {
    use std::collections::{BTreeMap, BTreeSet};

    use anyhow::{Context, anyhow, bail};

    use crate::archive::{self, Archive, Reread};
    use crate::domain::digest::sha256;
    use crate::domain::entry::Part;
    use crate::domain::lang::Lang;
    use crate::domain::settings::Settings;
    use crate::durable::Folder;
    use crate::investigation::contrast::{Judgement, contrast};
    use crate::ledger::problem::Kind;
    use crate::pipeline::handover::Handover;
    use crate::pipeline::{margin, reconcile_and_look};
    use crate::report::backtest::{Backtest, Changed, KnownMargins, document};
    use crate::report::investigation::brief;
    use crate::rules;
    use crate::rules::finding::Told;

    use super::super::config::{self, Config};
    use super::super::files::{self, ReadFile};
    use super::super::run::{Day, Progress, read_then, recover};
    use super::{Document, NaiveDate, Options, Outcome, Path, Request};

    pub(in crate::cli) fn run(request: Request<'_>, options: Options) -> anyhow::Result<(Document, Outcome)> {
        let Request { book, is_whole, .. } = request;
        let lang = options.lang;
        let changes = Changes::of(request, lang)?;
        let _lock = files::lock(book, lang)?;
        recover(book, options)?;
        let archive = Archive::open(&book.join("archive"))?;
        let days = days(&archive, request, lang)?;
        let progress = Progress::new(options.quiet);
        let margins = settings_to_move(request.margins, lang)?;
        let again =
            Again { book, archive: &archive, changes: &changes, margins: &margins, near: request.near, lang };
        let found = again.judge(&days, &progress)?;
        drop(progress);
        let differences = contrast(found.then, found.now, days[0]);
        let of = Backtest {
            days: &days,
            same: found.same,
            programs: &found.programs,
            changed: &found.noted,
            differences: &differences,
            moved: &margins,
            margins: (!margins.is_empty()).then_some(&found.margins),
            near: request.near,
            lang,
        };
        let whole = document(&of);
        let ended = if differences.is_empty() || options.fail_on.is_none() {
            Outcome::Done
        } else {
            Outcome::Findings
        };
        Ok((if is_whole { whole } else { brief(whole, lang) }, ended))
    }

    /// The settings of that name that can be moved.
    fn settings_to_move(asked: &[String], lang: Lang) -> anyhow::Result<Vec<&'static str>> {
        let movable = margin::movable();
        if asked.iter().any(|key| key == "all") {
            return Ok(movable);
        }
        if let Some(other) = asked.iter().find(|key| !movable.contains(&key.as_str())) {
            let movable = movable.join(", ");
            bail!(match lang {
                Lang::Zh => format!("--margin {other}：应为 all 或可移动的参数之一：{movable}"),
                Lang::En => format!(
                    "--margin {other}: expected `all` or one of the settings that can be moved: {movable}"
                ),
            });
        }
        let mut moved: Vec<&'static str> = Vec::new();
        for key in asked.iter().filter_map(|asked| movable.iter().find(|key| *key == asked)) {
            if !moved.contains(key) {
                moved.push(key);
            }
        }
        Ok(moved)
    }

    /// Archived days that are judged again.
    #[derive(Clone, Copy)]
    struct Again<'a> {
        book: &'a Path,
        archive: &'a Archive,
        changes: &'a Changes,
        /// Settings that are moved.
        margins: &'a [&'static str],
        near: u32,
        lang: Lang,
    }

    /// What judging them again came to.
    #[derive(Default)]
    struct Found {
        /// How many days come to the same findings.
        same: usize,
        /// Other versions of the program that judged them first.
        programs: BTreeSet<String>,
        noted: Vec<Changed>,
        then: Judgement,
        now: Judgement,
        margins: KnownMargins,
    }

    /// What a day is judged from, with what is changed.
    struct Input {
        day: Day,
        noted: Vec<(String, String, String)>,
        program: String,
    }

    impl Again<'_> {
        /// Judges the days one after the other; the files of each are read while the one before is judged.
        fn judge(self, days: &[NaiveDate], progress: &Progress) -> anyhow::Result<Found> {
            // Never put in place: it goes when this ends, or is removed by the next command where this died.
            let folder = Folder::new(&self.book.join("reports").join("backtest"))?;
            let read_again = |day: NaiveDate, file: &str| self.read_again(day, file);
            let mut settled =
                archive::Again::new(self.archive, days, folder.aside().to_owned(), &read_again)?;
            let mut found = Found::default();
            let mut before = self.archive.handover(days[0])?;
            let mut next = Some(self.read(days[0])?);
            for (place, &date) in days.iter().enumerate() {
                progress.say(format!("{date} {}", self.lang.pick("重新判断", "judging again")));
                let Input { day: Day { facts, parts, .. }, noted, program } =
                    next.take().expect("it was read");
                for (what, then, now) in noted {
                    note(&mut found.noted, &what, then, now);
                }
                if program != env!("CARGO_PKG_VERSION") {
                    found.programs.insert(program);
                }
                let history = settled.history(date, facts.settings.history_days)?;
                let (outcome, read) = rayon::join(
                    || {
                        reconcile_and_look(parts, facts, before, &history, |day, findings| {
                            day.margins(findings, self.margins, self.near)
                        })
                    },
                    || days.get(place + 1).map(|&day| self.read(day)).transpose(),
                );
                let (mut outcome, margins) = outcome?;
                next = read?;
                if !self.margins.is_empty() {
                    let is_new = |of: &&Told| of.first_seen == date && !found.now.knows(&of.identity());
                    found.margins.add(margins, outcome.told.iter().filter(is_new));
                }
                found.same += usize::from(self.archive.has_told(date, &outcome.told, folder.aside())?);
                found.then.hear(date, self.archive.told(date)?);
                found.now.hear(date, outcome.told.clone());
                let (kept, rows) = rayon::join(|| settled.settle(&outcome), || outcome.rows_to_hand_on());
                kept?;
                before = Handover { rows, ..std::mem::take(&mut outcome.handover) };
                // A million rows take a while to give back.
                rayon::spawn(|| drop(outcome));
            }
            Ok(found)
        }

        /// The tables and the configuration as they were then but for what is changed, and the inbox.
        fn read(self, date: NaiveDate) -> anyhow::Result<Input> {
            let mut of = self.archive.reread(date)?;
            let (inbox_then, program) = (std::mem::take(&mut of.inbox), std::mem::take(&mut of.program));
            let mut noted = Vec::new();
            let (config, tables) = self.changes.apply(of, date, &mut noted, self.lang)?;
            let inbox = files::read_inbox(self.book, &config, date)?;
            compare(&inbox_then, &inbox, date, self.lang)?;
            Ok(Input { day: Day::of(&config, tables, inbox, date), noted, program })
        }

        /// The rows of one file of a day's inbox.
        fn read_again(self, date: NaiveDate, place: &str) -> anyhow::Result<Vec<Part>> {
            let of = self.archive.reread(date)?;
            let bytes = files::read_file(&self.book.join(place))?;
            let config = config::of(of.config.as_deref());
            Ok(files::read_bytes(place, Ok(bytes), &config, date, false).parsed.parts)
        }
    }

    /// The archived days that are asked for, none of which rests on a run that another has replaced.
    fn days(archive: &Archive, request: Request<'_>, lang: Lang) -> anyhow::Result<Vec<NaiveDate>> {
        let Request { book, from, to, .. } = request;
        let to = to.unwrap_or(NaiveDate::MAX);
        let days: Vec<NaiveDate> =
            archive.days().into_iter().filter(|day| (from..=to).contains(day)).collect();
        if days.is_empty() {
            bail!(match lang {
                Lang::Zh => format!("{} 的档案在所给日期内没有运行", book.display()),
                Lang::En => format!("the archive of {} has no run within these days", book.display()),
            });
        }
        if let Some(day) = archive.stale()?.into_iter().find(|day| days.contains(day)) {
            let book = book.display();
            bail!(match lang {
                Lang::Zh => format!(
                    "{day} 的运行以旧的状态为起点，请先重跑：treasury-recon replay --book {book} --from {day}"
                ),
                Lang::En => format!(
                    "the run of {day} rests on an older state; first: treasury-recon replay --book {book} --from {day}"
                ),
            });
        }
        Ok(days)
    }

    /// Whether the inbox is what the day's run read: otherwise what differs would be laid to what was changed.
    fn compare(
        then: &BTreeMap<String, String>,
        inbox: &[ReadFile],
        day: NaiveDate,
        lang: Lang,
    ) -> anyhow::Result<()> {
        let now: BTreeMap<String, String> =
            inbox.iter().map(|file| (file.path.to_string(), file.digest.clone())).collect();
        let differs = |file: &&String| then.get(*file) != now.get(*file);
        if let Some(file) = then.keys().chain(now.keys()).find(differs) {
            bail!(match lang {
                Lang::Zh => format!("{file} 与 {day} 的运行所读不同，不能回测：请恢复原文件"),
                Lang::En => format!(
                    "{file} is not what the run of {day} read, so that nothing can be compared: put it back"
                ),
            });
        }
        Ok(())
    }

    /// What is changed.
    struct Changes {
        /// Keys and values.
        settings: Vec<(String, String)>,
        off: Vec<&'static str>,
        on: Vec<&'static str>,
        /// Reference tables by their place in the book.
        tables: Vec<(String, Vec<u8>)>,
    }

    impl Changes {
        fn of(request: Request<'_>, lang: Lang) -> anyhow::Result<Self> {
            let rule = |id: &String| {
                let known = rules::by_id(id).map(|rule| rule.id);
                known.ok_or_else(|| match lang {
                    Lang::Zh => anyhow!("没有规则 {id}（见 rules list）"),
                    Lang::En => anyhow!("there is no rule {id} (see `rules list`)"),
                })
            };
            let setting = |text: &String| {
                let (key, value) = text.split_once('=').with_context(|| match lang {
                    Lang::Zh => format!("--set {text}：应为 参数=值"),
                    Lang::En => format!("--set {text}: expected KEY=VALUE"),
                })?;
                let (key, value) = (key.trim(), value.trim());
                config::change(&mut Settings::default(), key, value)
                    .map_err(|kind| refused(key, value, &kind, lang))?;
                anyhow::Ok((key.to_owned(), value.to_owned()))
            };
            let table = |path: &std::path::PathBuf| {
                let name = path.file_name().with_context(|| path.display().to_string())?;
                let place = format!("reference/{}", name.to_string_lossy());
                anyhow::Ok((place, files::read_file(path)?))
            };
            let settings: Vec<(String, String)> =
                request.set.iter().map(setting).collect::<anyhow::Result<_>>()?;
            let keys = || settings.iter().map(|(key, _)| key);
            if let Some((_, key)) =
                keys().enumerate().find(|(place, key)| keys().take(*place).any(|of| of == *key))
            {
                bail!("--set {key}: {}", lang.pick("给出了两次", "given twice"));
            }
            Ok(Self {
                settings,
                off: request.off.iter().map(rule).collect::<anyhow::Result<_>>()?,
                on: request.on.iter().map(rule).collect::<anyhow::Result<_>>()?,
                tables: request.tables.iter().map(table).collect::<anyhow::Result<_>>()?,
            })
        }

        /// The configuration and the tables of a day with what is changed. Noted are what, what it was and what it is.
        fn apply(
            &self,
            mut of: Reread,
            day: NaiveDate,
            noted: &mut Vec<(String, String, String)>,
            lang: Lang,
        ) -> anyhow::Result<(Config, Vec<ReadFile>)> {
            for (place, bytes) in &self.tables {
                let known = of.tables.iter_mut().find(|(known, _)| known == place);
                let then = known.as_ref().map(|(_, then)| sha256(then)).unwrap_or_default();
                noted.push((place.clone(), then, sha256(bytes)));
                match known {
                    Some((_, then)) => then.clone_from(bytes),
                    None => of.tables.push((place.clone(), bytes.clone())),
                }
            }
            of.tables.sort_by(|(a, _), (b, _)| a.cmp(b));
            let (mut config, tables) = read_then(of, day);
            for (place, _) in &self.tables {
                let file = tables.iter().find(|file| *file.path == **place).expect("it was put there");
                if let Some(problem) = file.parsed.problems.first() {
                    bail!("{}", problem.message(lang));
                }
            }
            for (key, value) in &self.settings {
                let written = |config: &Config| {
                    let all = config.settings.list();
                    all.into_iter().find(|info| info.key == key).map(|info| info.written).unwrap_or_default()
                };
                let then = written(&config);
                config::change(&mut config.settings, key, value)
                    .map_err(|kind| refused(key, value, &kind, lang))?;
                noted.push((key.clone(), then, written(&config)));
            }
            let word = |is_off: bool| {
                lang.pick(if is_off { "关闭" } else { "启用" }, if is_off { "off" } else { "on" })
            };
            for (ids, off) in [(&self.off, true), (&self.on, false)] {
                for &id in ids {
                    noted.push((
                        id.to_owned(),
                        word(config.off.contains_key(id)).to_owned(),
                        word(off).to_owned(),
                    ));
                    config.off.remove(id);
                    if off {
                        config.off.insert(id.to_owned(), "backtest".to_owned());
                    }
                }
            }
            Ok((config, tables))
        }
    }

    /// Why a setting cannot be set so, and where there is none of that name, which there are.
    fn refused(key: &str, value: &str, kind: &Kind, lang: Lang) -> anyhow::Error {
        let expected = kind.expected(lang);
        let known =
            || Settings::default().list().into_iter().map(|info| info.key).collect::<Vec<_>>().join(", ");
        match (lang, kind) {
            (Lang::Zh, Kind::UnknownSetting { .. }) => {
                anyhow!("--set {key}={value}：应为{expected}。全部参数：{}", known())
            }
            (Lang::En, Kind::UnknownSetting { .. }) => {
                anyhow!("--set {key}={value}: expected {expected}. All settings: {}", known())
            }
            (Lang::Zh, _) => anyhow!("--set {key}={value}：应为{expected}"),
            (Lang::En, _) => anyhow!("--set {key}={value}: expected {expected}"),
        }
    }

    /// Notes what something was on a further day.
    fn note(changed: &mut Vec<Changed>, what: &str, then: String, now: String) {
        let place = changed.iter().position(|known| known.what == what).unwrap_or_else(|| {
            changed.push(Changed { what: what.to_owned(), then: Vec::new(), now });
            changed.len() - 1
        });
        if !changed[place].then.contains(&then) {
            changed[place].then.push(then);
        }
    }
}
