//! `[[source]]` in `recon.toml`: which files are of which ledger, and what they do not say themselves.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use glob::{MatchOptions, Pattern};
use serde::Deserialize;

use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::domain::money::Unit;
use crate::ledger::cell;
use crate::ledger::decode::Encoding;
use crate::ledger::format::{self, Format, exact_header};
use crate::ledger::identifier::Shape;
use crate::ledger::profile::{Profile, Sign};
use crate::ledger::serial::DateSystem;

/// Files of one source.
#[derive(Clone, Debug)]
pub struct Source {
    pattern: Pattern,
    pub format: &'static Format,
    pub profile: Profile,
}

impl Source {
    /// Whether it speaks of a file: by its name, or by its path within the book.
    pub fn speaks_of(&self, path: &str) -> bool {
        let options = MatchOptions {
            case_sensitive: false,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        self.pattern.matches_with(name, options) || self.pattern.matches_with(path, options)
    }

    pub fn glob(&self) -> &str {
        self.pattern.as_str()
    }

    /// How many characters of a file's name its glob spells out.
    fn spelt_out(&self) -> usize {
        let mut is_choice = false;
        let mut spelt = 0;
        for c in self.glob().chars() {
            match c {
                '[' => is_choice = true,
                ']' => is_choice = false,
                '*' | '?' => {}
                _ => spelt += usize::from(!is_choice),
            }
        }
        spelt
    }

    /// The account it says of every row, and another of as many digits in the file's name, which its glob leaves open.
    pub fn mistaken(&self, path: &str) -> Option<(&str, String)> {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        let runs = || name.split(|c: char| !c.is_ascii_digit()).filter(|run| is_account(run));
        let mut said = self.profile.constants.iter().filter(|&(&field, text)| {
            Shape::of(field) == Shape::Account && is_account(text) && runs().all(|run| run != text)
        });
        said.find_map(|(_, said)| {
            let other = runs().find(|run| run.len() == said.len() && !self.glob().contains(run))?;
            Some((said.as_str(), other.to_owned()))
        })
    }

    /// Whether it says of a file what the other says.
    fn agrees(&self, other: &Self) -> bool {
        self.format.id == other.format.id && self.profile == other.profile
    }
}

/// Numbers of so many digits are accounts, unless they are dates.
const ACCOUNT_DIGITS: usize = 10;

/// Whether a text is a number that may be an account's.
pub(super) fn is_account(text: &str) -> bool {
    text.len() >= ACCOUNT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) && !is_time(text)
}

/// Whether digits are a day with a time, `20260302103000`, or two days, `2026030120260331`.
fn is_time(digits: &str) -> bool {
    let is_day = |text: &str| {
        text.len() == 8 && text.starts_with(['1', '2']) && cell::date_in(text, DateSystem::default()).is_ok()
    };
    let Some((day, rest)) = digits.split_at_checked(8) else { return false };
    is_day(day) && (matches!(rest.len(), 4 | 6 | 9) || is_day(rest))
}

/// A source as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    pub glob: String,
    pub ledger: String,
    pub encoding: Option<String>,
    pub delimiter: Option<String>,
    pub sheet: Option<String>,
    pub header_row: Option<u32>,
    pub unit: Option<String>,
    pub sign: Option<String>,
    #[serde(default)]
    pub short_rows: bool,
    #[serde(default)]
    pub decimal_comma: bool,
    /// A header of the file and the column it stands for, `-` for none.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    #[serde(default)]
    pub constants: BTreeMap<String, toml::Value>,
}

/// What of a source cannot be used: the key, what it takes, what it has.
#[derive(Debug, PartialEq, Eq)]
pub struct Unusable {
    pub key: String,
    pub zh: String,
    pub en: String,
    pub found: String,
}

/// Reads one `[[source]]`.
pub fn read(value: &toml::Value) -> Result<Source, Unusable> {
    let raw: Raw = value.clone().try_into().map_err(|error: toml::de::Error| Unusable {
        key: "source".to_owned(),
        zh: format!("可用的 [[source]]（{}）", error.message()),
        en: format!("a [[source]] that can be used ({})", error.message()),
        found: value.get("glob").and_then(toml::Value::as_str).unwrap_or_default().to_owned(),
    })?;
    understand(&raw)
}

/// A setting that is one of a few words.
fn one_of<T>(
    key: &str,
    text: Option<&String>,
    words: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Unusable> {
    let Some(text) = text else { return Ok(None) };
    read(text).map(Some).ok_or_else(|| Unusable {
        key: format!("source.{key}"),
        zh: format!("以下之一：{words}"),
        en: format!("one of: {words}"),
        found: text.clone(),
    })
}

pub fn understand(raw: &Raw) -> Result<Source, Unusable> {
    let unusable = |key: &str, (zh, en): (&str, &str), found: &str| Unusable {
        key: format!("source.{key}"),
        zh: zh.to_owned(),
        en: en.to_owned(),
        found: found.to_owned(),
    };
    let pattern = Pattern::new(&raw.glob).map_err(|error| {
        let expected = (&*format!("文件名模式（{}）", error.msg), &*format!("a pattern ({})", error.msg));
        unusable("glob", expected, &raw.glob)
    })?;
    let format = format::by_id(&raw.ledger).ok_or_else(|| {
        unusable(
            "ledger",
            ("账册或基础表名（见 schemas list）", "a ledger or table (see `schemas list`)"),
            &raw.ledger,
        )
    })?;
    let encoding = one_of(
        "encoding",
        raw.encoding.as_ref(),
        "utf-8 | gb18030 | utf-16le | utf-16be",
        Encoding::from_id,
    )?;
    let delimiter =
        one_of("delimiter", raw.delimiter.as_ref(), "\",\" | \";\" | \"|\" | tab", |text| match text {
            "\t" | "tab" => Some(b'\t'),
            text => match text.as_bytes() {
                [byte] if byte.is_ascii_punctuation() && *byte != b'"' => Some(*byte),
                _ => None,
            },
        })?;
    let units = "分 | 元 | 千元 | 万元 | 百万元 | 亿元";
    let unit = one_of("unit", raw.unit.as_ref(), units, |text| match text {
        "yuan" => Some(Unit::Yuan),
        "wan" => Some(Unit::TenThousand),
        "fen" => Some(Unit::Fen),
        word => Unit::ALL.into_iter().find(|unit| unit.word() == word),
    })?;
    let sign = one_of("sign", raw.sign.as_ref(), "credit-positive | debit-positive | negated", |text| {
        Sign::ALL.into_iter().find(|sign| sign.id() == text)
    })?;
    if raw.header_row == Some(0) {
        return Err(unusable("header_row", ("自 1 起的行号", "the number of a row, from 1"), "0"));
    }
    let field = |id: &str| Field::from_id(id).filter(|&field| format.column(field).is_some());
    let known =
        (&*format!("{} 的列（见 schemas show）", raw.ledger), &*format!("a column of {}", raw.ledger));
    let mut columns = BTreeMap::new();
    for (header, column) in &raw.columns {
        let place = match column.as_str() {
            "-" => None,
            id => Some(field(id).ok_or_else(|| unusable("columns", known, id))?),
        };
        columns.insert(exact_header(header), place);
    }
    let mut constants = BTreeMap::new();
    for (id, value) in &raw.constants {
        let field = field(id).ok_or_else(|| unusable("constants", known, id))?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        constants.insert(field, text);
    }
    let profile = Profile {
        encoding,
        delimiter,
        sheet: raw.sheet.clone(),
        header_row: raw.header_row,
        unit,
        sign,
        short_rows: raw.short_rows,
        decimal_comma: raw.decimal_comma,
        columns,
        constants,
    };
    Ok(Source { pattern, format, profile })
}

/// A source as it is written into `recon.toml`.
pub fn write(raw: &Raw) -> String {
    let mut text = format!("[[source]]\nglob = {}\nledger = {}\n", quoted(&raw.glob), quoted(&raw.ledger));
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    let words = [
        ("encoding", &raw.encoding),
        ("delimiter", &raw.delimiter),
        ("sheet", &raw.sheet),
        ("unit", &raw.unit),
        ("sign", &raw.sign),
    ];
    for (key, value) in words {
        if let Some(value) = value {
            line(key, quoted(value));
        }
    }
    if let Some(row) = raw.header_row {
        line("header_row", row.to_string());
    }
    for (key, flag) in [("short_rows", raw.short_rows), ("decimal_comma", raw.decimal_comma)] {
        if flag {
            line(key, "true".to_owned());
        }
    }
    let table = |pairs: Vec<String>| format!("{{ {} }}", pairs.join(", "));
    if !raw.columns.is_empty() {
        let pairs = raw.columns.iter().map(|(header, id)| format!("{} = {}", quoted(header), quoted(id)));
        line("columns", table(pairs.collect()));
    }
    if !raw.constants.is_empty() {
        line("constants", table(raw.constants.iter().map(|(id, value)| format!("{id} = {value}")).collect()));
    }
    text
}

/// A text in quotes, on one line: it may be a key, which takes no other form.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// What the sources say of one file.
#[derive(Debug, Default)]
pub struct Spoken<'s> {
    /// Of several the one whose glob spells out most characters.
    pub source: Option<&'s Source>,
    /// Those that say something else, and spell out less.
    pub overruled: Vec<&'s Source>,
    /// Those that say something else, and spell out as much: nobody knows which is meant.
    pub rivals: Vec<&'s Source>,
}

/// What the sources say of a file.
pub fn of<'s>(sources: &'s [Source], path: &str) -> Spoken<'s> {
    let speaking: Vec<&Source> = sources.iter().filter(|source| source.speaks_of(path)).collect();
    let Some(most) = speaking.iter().map(|source| source.spelt_out()).max() else {
        return Spoken::default();
    };
    let first = speaking.iter().copied().find(|source| source.spelt_out() == most);
    let others = speaking.into_iter().filter(|other| first.is_some_and(|first| !first.agrees(other)));
    let (rivals, overruled) = others.partition(|other| other.spelt_out() == most);
    Spoken { source: first, overruled, rivals }
}

/// What a file is by its name alone: a ledger in an inbox, a table among the reference tables.
pub fn by_name(name: &str, is_reference: bool) -> Option<&'static Format> {
    if is_reference {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase();
        return format::by_id(&stem).filter(|format| format.ledger.is_none());
    }
    Ledger::of_file_name(name).map(format::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let table: toml::Table = text.parse().expect("TOML");
        let told = match read(&toml::Value::Table(table)) {
            Ok(source) => format!("{} {:?}", source.format.id, source.profile.columns),
            Err(unusable) => format!("{}: {}", unusable.key, unusable.found),
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn sources() {
        check("glob = 'a*'\nledger = 'bank-statements'", "bank-statements {}");
        check(
            "glob = 'a*'\nledger = 'bank-statements'\ncolumns = { '对手 信息' = '-', '日 志 号' = 'serial' }",
            "bank-statements {\"对手信息\": None, \"日志号\": Some(Serial)}",
        );
        check("glob = 'a*'\nledger = 'bank-statement'", "source.ledger: bank-statement");
        check("glob = 'a*'\nledger = 'bank-statements'\nunit = '千元'", "bank-statements {}");
        check("glob = 'a*'\nledger = 'bank-statements'\nunit = '角'", "source.unit: 角");
        check(
            "glob = 'a*'\nledger = 'bank-statements'\nconstants = { slip_no = '1' }",
            "source.constants: slip_no",
        );
        check("glob = 'a*'\nledger = 'bank-statements'\nsheets = '1'", "source: a*");
        check("ledger = 'bank-statements'", "source: ");
    }

    #[test]
    fn files_spoken_of() {
        let source = |glob: &str| {
            understand(&Raw { glob: glob.to_owned(), ledger: "bank-statements".to_owned(), ..Raw::default() })
                .expect("right")
        };
        assert!(source("交易明细_*.xls").speaks_of("inbox/2026-03-02/交易明细_1546_2026.xls"));
        assert!(source("inbox/*/icbc.csv").speaks_of("inbox/2026-03-02/ICBC.csv"));
        assert!(!source("inbox/*.csv").speaks_of("inbox/2026-03-02/icbc.csv"));
        assert!(!source("ccb*").speaks_of("inbox/2026-03-02/icbc.csv"));
    }

    #[test]
    fn of_several_sources_the_most_specific_speaks() {
        let source = |glob: &str, sign: &str| {
            let (glob, sign) = (glob.to_owned(), Some(sign.to_owned()));
            understand(&Raw { glob, ledger: "bank-statements".to_owned(), sign, ..Raw::default() })
                .expect("right")
        };
        let told = |sources: &[Source]| {
            let spoken = of(sources, "inbox/2026-03-02/cmb-1.csv");
            let globs = |sources: Vec<&Source>| {
                sources.iter().map(|source| source.glob().to_owned()).collect::<Vec<_>>().join(" ")
            };
            let source = spoken.source.into_iter().collect();
            format!("{} > {} = {}", globs(source), globs(spoken.overruled), globs(spoken.rivals))
        };
        let (plus, minus) = ("credit-positive", "debit-positive");
        assert_eq!(told(&[source("cmb*", plus), source("cmb-*.csv", minus)]), "cmb-*.csv > cmb* = ");
        assert_eq!(told(&[source("cmb*", plus), source("*csv", minus)]), "cmb* >  = *csv");
        assert_eq!(told(&[source("cmb*", plus), source("*[1-9].csv", minus)]), "*[1-9].csv > cmb* = ");
        // What says the same is no rival, and what does not match says nothing.
        assert_eq!(told(&[source("cmb*", plus), source("*csv", plus)]), "cmb* >  = ");
        assert_eq!(told(&[source("ccb*", plus), source("cmb*", minus)]), "cmb* >  = ");
        assert_eq!(told(&[]), " >  = ");
    }

    #[test]
    fn another_account_in_a_name_is_told() {
        let check = |glob: &str, constant: &str, name: &str, expected: Option<&str>| {
            let constants = constant.split_once('=').map(|(id, text)| (id.to_owned(), text.into()));
            let raw = Raw {
                glob: glob.to_owned(),
                ledger: "bank-statements".to_owned(),
                constants: constants.into_iter().collect(),
                ..Raw::default()
            };
            let source = understand(&raw).expect("right");
            let told = source.mistaken(&format!("inbox/2026-03-02/{name}"));
            assert_eq!(told.as_ref().map(|(_, other)| other.as_str()), expected, "{name} {constant}");
        };
        let account = "account=6214830000001230";
        check("*_*.csv", account, "6222020000009999_20260302.csv", Some("6222020000009999"));
        check("*_*.csv", account, "6214830000001230_20260302.csv", None);
        check("*_*.csv", account, "6222020000009999_6214830000001230.csv", None);
        check("*_*.csv", account, "62220200000099991_20260302.csv", None);
        check("*_*.csv", account, "icbc_2026030120260302.csv", None);
        check("6222020000009999_*.csv", account, "6222020000009999_20260302.csv", None);
        check("*_*.csv", "counterparty_bank=1022220203341234", "6222020000009999_1.csv", None);
        check("*_*.csv", "", "6222020000009999_1.csv", None);
    }

    #[test]
    fn names_in_any_letter_case() {
        let id = |name, is_reference| by_name(name, is_reference).map(|format| format.id.as_str());
        assert_eq!(id("Bank-Statements-ICBC.CSV", false), Some("bank-statements"));
        assert_eq!(id("Calendar.XLSX", true), Some("calendar"));
        assert_eq!(id("Bank-StatementsICBC.CSV", false), None);
        assert_eq!(id("Calendar.XLSX", false), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let raw = Raw {
            glob: "icbc \"v2\"*.csv".to_owned(),
            ledger: "bank-statements".to_owned(),
            header_row: Some(7),
            sign: Some("credit-positive".to_owned()),
            short_rows: true,
            columns: ["余额", "余额\r\n（元）\u{7f}", "''\\t\"'''"]
                .map(|header| (header.to_owned(), "-".to_owned()))
                .into(),
            constants: [("account".to_owned(), toml::Value::from("0102"))].into(),
            ..Raw::default()
        };
        let table: toml::Table = write(&raw).parse().expect("TOML");
        let again = &table["source"].as_array().expect("one")[0];
        assert_eq!(read(again).expect("right").profile, understand(&raw).expect("right").profile);
    }
}
