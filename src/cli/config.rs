//! `recon.toml`: the settings and sources of a book.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use toml_edit::{DocumentMut, Item, Table};

use crate::domain::lang::Lang;
use crate::domain::ledger::Ledger;
use crate::domain::settings::{SettingError, Settings};
use crate::ledger::problem::{Kind, Problem};
use crate::rules;

use super::sources::{self, Source};

/// The name of the file, relative to the book.
pub const FILE: &str = "recon.toml";

/// What a book's configuration says.
#[derive(Debug, Default)]
pub struct Config {
    pub settings: Settings,
    pub sources: Vec<Source>,
    /// Rules that are switched off, and why.
    pub off: BTreeMap<String, String>,
    /// Why settings were changed.
    pub reasons: BTreeMap<String, String>,
    pub problems: Vec<Problem>,
}

/// A table of names with a reason each. A name nobody knows, and a reason that says nothing, are told.
fn reasons(
    table: Option<toml::Value>,
    section: &str,
    is_known: impl Fn(&str) -> bool,
    mut tell: impl FnMut(String, Kind, String),
) -> BTreeMap<String, String> {
    let expected =
        |zh: &str, en: &str| Kind::BadSetting { zh: zh.to_owned().into(), en: en.to_owned().into() };
    let mut reasons = BTreeMap::new();
    let table = match table {
        None => return reasons,
        Some(toml::Value::Table(table)) => table,
        Some(other) => {
            tell(
                section.to_owned(),
                expected("一节名称及其理由", "a section of names, each with a reason"),
                other.to_string(),
            );
            return reasons;
        }
    };
    for (name, reason) in table {
        let key = format!("{section}.{name}");
        match reason.as_str().map(str::trim) {
            _ if !is_known(&name) => {
                let kind = if section == "off" {
                    expected("规则名（见 rules list）", "a rule (see `rules list`)")
                } else {
                    expected(
                        "参数名（见 init 写出的 recon.toml）",
                        "a setting (see the recon.toml of `init`)",
                    )
                };
                tell(key, kind, name);
            }
            Some(reason) if !reason.is_empty() => {
                reasons.insert(name, reason.to_owned());
            }
            _ => tell(key, expected("理由", "a reason"), reason.to_string()),
        }
    }
    reasons
}

/// What a file's bytes say, or the defaults without one.
pub(super) fn of(bytes: Option<&[u8]>) -> Config {
    bytes.map_or_else(Config::default, |bytes| read(&String::from_utf8_lossy(bytes)))
}

/// What a text says. What cannot be used is a problem, and the default stands.
pub fn read(text: &str) -> Config {
    let mut settings = Settings::default();
    let mut known_sources = Vec::new();
    let mut problems = Vec::new();
    let file: Arc<str> = FILE.into();
    let mut tell = |row: Option<u32>, key: Option<String>, kind: Kind, found: String| {
        problems.push(Problem { file: Arc::clone(&file), row, column: key, kind, found, more: 0 });
    };
    let mut table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let row = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
            let (kind, found) = (unreadable(error.message()), line_of(text, row));
            tell(row.and_then(|row| row.try_into().ok()), None, kind, found);
            return Config { settings, problems, ..Config::default() };
        }
    };
    match table.remove("source") {
        None => {}
        Some(toml::Value::Array(written)) => {
            for source in written {
                match sources::read(&source) {
                    Ok(source) => known_sources.push(source),
                    Err(sources::Unusable { key, zh, en, found }) => {
                        tell(None, Some(key), Kind::BadSetting { zh: zh.into(), en: en.into() }, found);
                    }
                }
            }
        }
        Some(other) => {
            let kind = Kind::BadSetting {
                zh: "以 [[source]] 开头的各节".into(),
                en: "sections that begin with [[source]]".into(),
            };
            tell(None, Some("source".to_owned()), kind, other.to_string());
        }
    }
    let mut told = |key: String, kind: Kind, found: String| tell(None, Some(key), kind, found);
    let off = reasons(table.remove("off"), "off", |id| rules::by_id(id).is_some(), &mut told);
    let keys: Vec<&str> = settings.list().into_iter().map(|info| info.key).collect();
    let reasons = reasons(table.remove("reasons"), "reasons", |key| keys.contains(&key), &mut told);
    let mut flat = Vec::new();
    flatten("", &table, &mut flat);
    for (key, value) in flat {
        let found = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let result = match plain(&value) {
            Some(plain) => settings.set(&key, &plain),
            None => Err(SettingError::Value(
                "文字、整数、true/false 或词语列表",
                "text, a whole number, true or false, or words",
            )),
        };
        if let Err(error) = result {
            let found = if error == SettingError::Unknown { key.clone() } else { found };
            let kind = refusal(&settings, &key, &error);
            tell(None, Some(key), kind, found);
        }
    }
    for id in settings.gaps_required.iter().filter(|id| Ledger::from_id(id).is_none()) {
        let kind = no_ledger();
        problems.push(Problem {
            file: Arc::clone(&file),
            row: None,
            column: Some("gaps.required".to_owned()),
            kind,
            found: id.clone(),
            more: 0,
        });
    }
    Config { settings, sources: known_sources, off, reasons, problems }
}

/// Why a setting could not be set.
fn refusal(settings: &Settings, key: &str, error: &SettingError) -> Kind {
    match *error {
        SettingError::Unknown => {
            let known = settings.list().into_iter().map(|info| info.key);
            let nearest = known.min_by_key(|known| (strsim::damerau_levenshtein(known, key), *known));
            Kind::UnknownSetting { nearest: nearest.expect("there are settings") }
        }
        SettingError::Value(zh, en) => Kind::BadSetting { zh: zh.into(), en: en.into() },
    }
}

fn no_ledger() -> Kind {
    Kind::BadSetting {
        zh: "账册名（见 schemas list）".into(), en: "a ledger (see `schemas list`)".into()
    }
}

/// Sets what a command says instead of `recon.toml`, or says what it would take.
#[cfg(feature = "archive")]
pub(super) fn change(settings: &mut Settings, key: &str, text: &str) -> Result<(), Kind> {
    settings.set(key, text).map_err(|error| refusal(settings, key, &error))?;
    let is_known = settings.gaps_required.iter().all(|id| Ledger::from_id(id).is_some());
    if key == "gaps.required" && !is_known {
        return Err(no_ledger());
    }
    Ok(())
}

/// What became of a source that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    Added,
    /// In the place of one with the same glob.
    Replaced,
}

/// A configuration with one more source, or with another in the place of one with its glob. Comments stay.
pub fn with_source(text: &str, raw: &sources::Raw, lang: Lang) -> anyhow::Result<(String, Placed)> {
    let refuse = |zh: &str, en: &str| anyhow!("{FILE}: {}", lang.pick(zh, en));
    let mut document: DocumentMut = text
        .parse()
        .with_context(|| refuse("不合 TOML 语法，未写入", "not in the grammar of TOML, not written"))?;
    let written = sources::write(raw);
    let mut known: Vec<&mut Table> = match document.get_mut("source") {
        None => Vec::new(),
        Some(Item::ArrayOfTables(tables)) => tables.iter_mut().collect(),
        Some(_) => {
            bail!(refuse(
                "source 不是以 [[source]] 开头的各节，未写入",
                "`source` is not written as sections that begin with [[source]]; nothing was written"
            ))
        }
    };
    known.retain(|table| table.get("glob").and_then(Item::as_str) == Some(&raw.glob));
    match &mut known[..] {
        [] => {
            let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            Ok((format!("{text}{end}{gap}{written}"), Placed::Added))
        }
        [table] => {
            let new: DocumentMut = written.parse().expect("what is written is TOML");
            let new = new["source"].as_array_of_tables().and_then(|tables| tables.get(0));
            replace(table, new.expect("one source is written"));
            Ok((document.to_string(), Placed::Replaced))
        }
        _ => bail!(refuse(
            &format!("有两个 [[source]] 的 glob 为“{}”，请先删去多余的；未写入", raw.glob),
            &format!("two [[source]] have the glob {:?}: delete one first; nothing was written", raw.glob)
        )),
    }
}

/// Gives a table the keys of another; what stands beside its values stays.
fn replace(table: &mut Table, new: &Table) {
    let gone: Vec<String> =
        table.iter().map(|(key, _)| key.to_owned()).filter(|key| !new.contains_key(key)).collect();
    for key in gone {
        table.remove(&key);
    }
    for (key, item) in new {
        let mut item = item.clone();
        // What stands above a line is the old key's.
        let Some(old) = table.get_mut(key) else {
            table.insert(key, item);
            continue;
        };
        if let (Some(old), Some(value)) = (old.as_value(), item.as_value_mut()) {
            *value.decor_mut() = old.decor().clone();
        }
        *old = item;
    }
}

/// What TOML forbids, in the words of its reader.
fn unreadable(reason: &str) -> Kind {
    let (first, _) = reason.split_once('\n').unwrap_or((reason, ""));
    Kind::BadSetting {
        zh: format!("合乎 TOML 语法的文件（{first}）").into(),
        en: format!("a file in the grammar of TOML ({first})").into(),
    }
}

fn line_of(text: &str, row: Option<usize>) -> String {
    row.and_then(|row| text.lines().nth(row - 1)).unwrap_or("").trim().to_owned()
}

fn flatten(prefix: &str, table: &toml::Table, flat: &mut Vec<(String, toml::Value)>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, flat),
            value => flat.push((key, value.clone())),
        }
    }
}

fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(words) => {
            let words: Option<Vec<&str>> = words.iter().map(toml::Value::as_str).collect();
            words.map(|words| words.join(","))
        }
        _ => None,
    }
}

/// A `recon.toml` with every setting at its default, commented.
pub fn template() -> String {
    let mut text = String::from(
        "# 本账簿的参数。均为地方可调的口径，不是法律条文；注释掉的即为默认值。\n\
         # The settings of this book: local policy, not law. What is commented out has its default.\n",
    );
    for info in Settings::default().list() {
        let _ = write!(text, "\n# {}\n# {}\n# {} = {}\n", info.zh, info.en, info.key, info.written);
    }
    text.push_str(
        "\n# ===== 关闭的规则 rules switched off =====\n\
         # 关闭规则须说明理由，报告载明；无此规则的结论即为“无数据”。\n\
         # A rule is switched off for a reason, which reports print; of it nothing is concluded.\n\
         # [off]\n# refund-cash = \"本县无现金退库\"\n\
         \n# 改动参数的理由，报告载明。 Why a setting was changed; reports print it.\n\
         # [reasons]\n# \"large.threshold\" = \"省厅 2026 年第 3 号文\"\n\n",
    );
    text.push_str(SOURCES);
    text
}

/// How files that do not say everything themselves are described; examples, commented.
const SOURCES: &str = include_str!("../../schemas/sources.toml");

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(text: &str) -> (Settings, Vec<Problem>) {
        let config = read(text);
        (config.settings, config.problems)
    }

    fn is_key(text: &str) -> bool {
        text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    }

    #[test]
    fn rules_are_switched_off_for_a_reason() {
        let config = read(
            "[off]\nrefund-cash = \"本县无现金退库\"\nrefund-late-tax = \"\"\nrefund-crash = \"x\"\n[reasons]\n\"large.threshold\" = \"省厅\"\nlarge = 1\n",
        );
        assert_eq!(config.off, BTreeMap::from([("refund-cash".to_owned(), "本县无现金退库".to_owned())]));
        assert_eq!(config.reasons, BTreeMap::from([("large.threshold".to_owned(), "省厅".to_owned())]));
        let told: Vec<(&str, &str)> = config
            .problems
            .iter()
            .map(|problem| (problem.column.as_deref().unwrap_or(""), problem.kind.code()))
            .collect();
        let bad = "bad-setting";
        assert_eq!(told, [("off.refund-crash", bad), ("off.refund-late-tax", bad), ("reasons.large", bad)]);
    }

    #[test]
    fn the_example_sources_can_be_used() {
        let bare: Vec<&str> = SOURCES
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| {
                *line == "[[source]]" || line.split(" = ").next().is_some_and(is_key) && line.contains(" = ")
            })
            .collect();
        let config = read(&bare.join("\n"));
        assert_eq!(config.problems, []);
        assert_eq!(config.sources.len(), SOURCES.lines().filter(|line| *line == "# [[source]]").count());
        assert!(config.sources.len() >= 6);
    }

    #[test]
    fn a_source_takes_the_place_of_one_with_its_glob() {
        let raw = |glob: &str| sources::Raw {
            glob: glob.to_owned(),
            ledger: "bank-statements".to_owned(),
            sign: Some("credit-positive".to_owned()),
            ..sources::Raw::default()
        };
        let place = |text: &str, glob: &str| match with_source(text, &raw(glob), Lang::En) {
            Ok((text, placed)) => {
                assert_eq!(read(&text).problems, [], "{text}");
                (placed == Placed::Replaced, text)
            }
            Err(error) => (false, error.to_string()),
        };
        let cmb = "[[source]]\nglob = \"cmb*\"\nledger = \"bank-statements\"\nsign = \"credit-positive\"\n";
        assert_eq!(place("", "cmb*"), (false, cmb.to_owned()));
        assert_eq!(place("[gaps]\nrequired = []", "cmb*").1, format!("[gaps]\nrequired = []\n\n{cmb}"));
        let known = "# 甲\n[[source]] # 乙\nglob = \"cmb*\" # 丙\n# 丁\nledger = \"bank-receipts\" # 戊\nunit = \"分\"\n\n\
                     # 己\n[[source]]\nglob = \"ccb*\"\nledger = \"bank-statements\"\n\n[large]\nthreshold = 5\n# 庚\n";
        assert_eq!(
            place(known, "cmb*"),
            (
                true,
                known
                    .replace("\"bank-receipts\"", "\"bank-statements\"")
                    .replace("unit = \"分\"", "sign = \"credit-positive\"")
            )
        );
        assert_eq!(place(known, "cmb").1, format!("{known}\n{}", cmb.replace('*', "")));
        assert!(place(&cmb.repeat(2), "cmb*").1.contains("two [[source]]"));
        assert!(place("[[source]\nbroken", "cmb*").1.contains("not in the grammar of TOML"));
        assert!(place("source = [{ glob = 'cmb*' }]\n", "cmb*").1.contains("[[source]]"));
    }

    #[test]
    fn the_template_says_nothing_new_with_or_without_its_comments() {
        let (settings, problems) = settled(&template());
        assert_eq!((settings, problems), (Settings::default(), Vec::new()));
        let lines = template();
        let bare: Vec<&str> = lines
            .lines()
            .take_while(|line| !line.starts_with("# ====="))
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| line.contains(" = "))
            .collect();
        assert_eq!(bare.len(), Settings::default().list().len());
        let (settings, problems) = settled(&bare.join("\n"));
        assert_eq!((settings, problems), (Settings::default(), Vec::new()));
    }

    #[test]
    fn what_cannot_be_used_is_told_and_the_rest_is_read() {
        let (_, problems) = settled("[gaps]\nrequired = [\"tax-receipt\"]\n");
        assert_eq!((problems.len(), problems[0].found.as_str()), (1, "tax-receipt"));
        let (settings, problems) = settled(
            "[remit]\ncutoff = \"16:30\"\ncut = 1\n[large]\nthreshold = 2.5\n[match]\ngrace_wd = -1\n",
        );
        assert_eq!(settings.remit_cutoff.to_string(), "16:30:00");
        let told: Vec<(&str, &str)> = problems
            .iter()
            .map(|problem| (problem.column.as_deref().expect("a key"), problem.kind.code()))
            .collect();
        assert_eq!(
            told,
            [
                ("large.threshold", "bad-setting"),
                ("match.grace_wd", "bad-setting"),
                ("remit.cut", "unknown-setting")
            ]
        );
        let (_, problems) = settled("a = 1\nb = = 2\n");
        assert_eq!((problems[0].row, problems[0].kind.code()), (Some(2), "bad-setting"));
    }
}
