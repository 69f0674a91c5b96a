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
    /// Whether tables are printed whole.
    pub(super) is_whole: bool,
}

#[cfg(not(feature = "archive"))]
pub(super) fn run(request: Request<'_>, options: Options) -> anyhow::Result<(Document, Outcome)> {
    let Request { book, from, to, set, off, on, tables, is_whole } = request;
    anyhow::bail!(
        "{} {from} {to:?} {set:?} {off:?} {on:?} {tables:?} {is_whole}: {}",
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
    use std::collections::BTreeMap;

    use anyhow::{Context, anyhow, bail};

    use crate::archive::{Archive, Reread};
    use crate::domain::digest::sha256;
    use crate::domain::lang::Lang;
    use crate::durable::Folder;
    use crate::investigation::contrast::contrast;
    use crate::report::backtest::{Backtest, Changed, document};
    use crate::report::investigation::brief;
    use crate::rules;

    use super::super::config::{self, Config};
    use super::super::files::{self, ReadFile};
    use super::super::run::{Progress, judge_into, read_then, recover};
    use super::{Document, NaiveDate, Options, Outcome, Request};

    pub(in crate::cli) fn run(request: Request<'_>, options: Options) -> anyhow::Result<(Document, Outcome)> {
        let Request { book, from, is_whole, .. } = request;
        let lang = options.lang;
        let changes = Changes::of(request, lang)?;
        let _lock = files::lock(book, lang)?;
        recover(book, options)?;
        let archive = Archive::open(&book.join("archive"))?;
        let days = days(&archive, request, lang)?;
        // Never put in place: it goes when this ends, or is removed by the next command where this died.
        let branch = Folder::new(&book.join("reports").join("backtest"))?;
        let progress = Progress::new(options.quiet);
        let (mut notes, mut same) = (Vec::new(), 0);
        for &day in &days {
            progress.say(format!("{day} {}", lang.pick("重新判断", "judging again")));
            let mut of = archive.reread(day)?;
            let inbox_then = std::mem::take(&mut of.inbox);
            let (config, tables) = changes.apply(of, day, &mut notes, lang)?;
            let inbox = files::read_inbox(book, &config, day)?;
            compare(&inbox_then, &inbox, day, lang)?;
            judge_into(archive.branch(branch.aside(), from)?, &config, tables, inbox, day)?;
            same += usize::from(archive.tells_the_same(&archive.branch(branch.aside(), from)?, day)?);
        }
        let last = *days.last().expect("a day was found");
        let told = |of: &Archive| of.known_on(last)?.since(from).tellings(|_| true);
        let differences = contrast(told(&archive)?, told(&archive.branch(branch.aside(), from)?)?, from);
        drop(progress);
        let of = Backtest { days: &days, same, changed: &notes, differences: &differences, lang };
        let whole = document(&of);
        Ok((if is_whole { whole } else { brief(whole, lang) }, Outcome::Done))
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
                anyhow::Ok((key.trim().to_owned(), value.trim().to_owned()))
            };
            let table = |path: &std::path::PathBuf| {
                let name = path.file_name().with_context(|| path.display().to_string())?;
                let place = format!("reference/{}", name.to_string_lossy());
                anyhow::Ok((place, files::read_file(path)?))
            };
            Ok(Self {
                settings: request.set.iter().map(setting).collect::<anyhow::Result<_>>()?,
                off: request.off.iter().map(rule).collect::<anyhow::Result<_>>()?,
                on: request.on.iter().map(rule).collect::<anyhow::Result<_>>()?,
                tables: request.tables.iter().map(table).collect::<anyhow::Result<_>>()?,
            })
        }

        /// The configuration and the tables of a day with what is changed, which is noted.
        fn apply(
            &self,
            mut of: Reread,
            day: NaiveDate,
            changed: &mut Vec<Changed>,
            lang: Lang,
        ) -> anyhow::Result<(Config, Vec<ReadFile>)> {
            for (place, bytes) in &self.tables {
                let known = of.tables.iter_mut().find(|(known, _)| known == place);
                let then = known.as_ref().map(|(_, then)| sha256(then)).unwrap_or_default();
                note(changed, place, then, sha256(bytes));
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
                config::change(&mut config.settings, key, value).map_err(|kind| match lang {
                    Lang::Zh => anyhow!("--set {key}={value}：应为{}", kind.expected(lang)),
                    Lang::En => anyhow!("--set {key}={value}: expected {}", kind.expected(lang)),
                })?;
                note(changed, key, then, written(&config));
            }
            let word = |is_off: bool| {
                lang.pick(if is_off { "关闭" } else { "启用" }, if is_off { "off" } else { "on" })
            };
            for (ids, off) in [(&self.off, true), (&self.on, false)] {
                for &id in ids {
                    note(changed, id, word(config.off.contains_key(id)).to_owned(), word(off).to_owned());
                    config.off.remove(id);
                    if off {
                        config.off.insert(id.to_owned(), "backtest".to_owned());
                    }
                }
            }
            Ok((config, tables))
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
