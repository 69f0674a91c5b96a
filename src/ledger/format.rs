//! What `schemas/` declares: each ledger's and reference table's columns, types, headers and keys.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Flow, Ledger};

macro_rules! schemas {
    ($($id:literal),* $(,)?) => { &[$(($id, include_str!(concat!("../../schemas/", $id, ".toml")))),*] };
}

/// One line a schema, in the order in which they are listed and shown.
const SCHEMAS: &[(&str, &str)] = schemas![
    "ledgers/tax-receipts",
    "ledgers/finance-receipts",
    "ledgers/bank-receipts",
    "ledgers/bank-remittances",
    "ledgers/treasury-receipts",
    "ledgers/treasury-clearing",
    "ledgers/tax-refunds",
    "ledgers/finance-refunds",
    "ledgers/treasury-refunds",
    "ledgers/bank-refunds",
    "ledgers/finance-disbursements",
    "ledgers/treasury-disbursements",
    "ledgers/bank-disbursements",
    "ledgers/tax-corrections",
    "ledgers/finance-corrections",
    "ledgers/treasury-corrections",
    "ledgers/bank-statements",
    "ledgers/treasury-balances",
    "ledgers/treasury-reports",
    "ledgers/bond-redemptions",
    "reference/accounts",
    "reference/accounts-treasury",
    "reference/calendar",
    "reference/subjects",
    "reference/treasuries",
    "reference/institutions",
    "reference/budget",
    "reference/plan",
    "reference/quota",
    "reference/refund-register",
    "reference/voucher-stock",
    "reference/sharing",
    "reference/bonds",
    "reference/key-taxpayers",
    "reference/incidents",
    "reference/attestations",
];

/// No header is longer; what is, is not worth comparing.
pub const HEADER_BYTES_MAX: usize = 400;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    /// An identifier, mostly different from row to row.
    Id,
    /// An identifier with few distinct values.
    Code,
    /// Free text.
    Text,
    /// Yuan, signed.
    Money,
    /// An exact decimal that is no money.
    Rate,
    Date,
    /// A date, or a date with a time of day.
    Moment,
    /// A whole number, not negative.
    Count,
    /// Yes or no.
    Flag,
}

impl Type {
    /// How the type is called in listings.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Id => lang.pick("标识", "identifier"),
            Self::Code => lang.pick("代码", "code"),
            Self::Text => lang.pick("文本", "text"),
            Self::Money => lang.pick("金额（元）", "money (yuan)"),
            Self::Rate => lang.pick("比率", "rate"),
            Self::Date => lang.pick("日期", "date"),
            Self::Moment => lang.pick("日期或时间", "date or time"),
            Self::Count => lang.pick("整数", "count"),
            Self::Flag => lang.pick("是否", "flag"),
        }
    }
}

/// A text in both languages.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    pub zh: String,
    pub en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawColumn {
    name: String,
    r#type: Type,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    positive: bool,
    zh: Vec<String>,
    #[serde(default)]
    en: Vec<String>,
    #[serde(default)]
    values: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    aliases: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    about: About,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFormat {
    name: String,
    zh: String,
    en: String,
    key: Vec<String>,
    #[serde(default)]
    key_else: Vec<String>,
    #[serde(default)]
    either: Vec<Vec<String>>,
    column: Vec<RawColumn>,
}

/// A column as declared.
#[derive(Clone, Debug)]
pub struct ColumnFormat {
    pub field: Field,
    pub kind: Type,
    pub required: bool,
    /// Whether its amounts are above zero.
    pub positive: bool,
    /// Chinese headers, the preferred one first.
    pub zh: Vec<String>,
    /// English headers besides the canonical name.
    pub en: Vec<String>,
    /// For a closed set of values: every accepted word and the word it stands for.
    pub words: BTreeMap<String, String>,
    /// For a code that some files write as a word: every such word and the code it stands for. What is no such word stands
    /// as it is.
    pub aliases: BTreeMap<String, String>,
    /// Each word and its first alias, which may be none.
    usual: BTreeMap<String, String>,
    pub about: About,
}

impl ColumnFormat {
    /// How well a header names the column: the canonical name best, then the aliases in their order.
    pub fn rank(&self, header: &str) -> usize {
        let (exact, header) = (exact_header(header), normal_header(header));
        let names =
            || std::iter::once(self.field.id()).chain(self.zh.iter().chain(&self.en).map(String::as_str));
        names()
            .position(|name| exact_header(name) == exact)
            .or_else(|| names().position(|name| normal_header(name) == header))
            .unwrap_or(usize::MAX)
    }

    /// A word of a closed set as Chinese files mostly have it; the word itself where it has no alias.
    pub fn word_zh<'w>(&'w self, word: &'w str) -> &'w str {
        self.usual.get(word).map(String::as_str).filter(|alias| !alias.is_empty()).unwrap_or(word)
    }

    /// The words of a closed set, each with the alias that files mostly have: `贷 credit`.
    pub fn known_words(&self) -> Vec<String> {
        self.usual.iter().map(|(word, alias)| format!("{alias} {word}").trim_start().to_owned()).collect()
    }
}

/// A ledger's or reference table's declaration, checked.
#[derive(Clone, Debug)]
pub struct Format {
    pub id: String,
    pub title: About,
    /// `None` for a reference table.
    pub ledger: Option<Ledger>,
    pub key: Vec<Field>,
    /// The key of rows that lack a part of `key`.
    pub key_else: Vec<Field>,
    /// Alternatives of columns of which one must be there whole.
    pub either: Vec<Vec<Field>>,
    pub columns: Vec<ColumnFormat>,
    headers: HashMap<String, usize>,
}

impl Format {
    fn parse(text: &str) -> Result<Self, String> {
        let raw: RawFormat = toml::from_str(text).map_err(|error| error.to_string())?;
        let field = |name: &String| Field::from_id(name).ok_or_else(|| format!("unknown column {name}"));
        let ledger = Ledger::from_id(&raw.name);
        let mut columns = Vec::with_capacity(raw.column.len());
        let mut headers = HashMap::new();
        for (index, column) in raw.column.into_iter().enumerate() {
            let names = std::iter::once(&column.name).chain(&column.zh).chain(&column.en);
            for name in names {
                if headers.insert(exact_header(name), index).is_some_and(|other| other != index) {
                    return Err(format!("header {name} stands for two columns"));
                }
            }
            let (mut words, mut usual) = (BTreeMap::new(), BTreeMap::new());
            for (word, aliases) in column.values {
                usual.insert(word.clone(), aliases.first().cloned().unwrap_or_default());
                for alias in aliases {
                    words.insert(alias, word.clone());
                }
                words.insert(word.clone(), word);
            }
            let aliases = column
                .aliases
                .into_iter()
                .flat_map(|(code, aliases)| aliases.into_iter().map(move |alias| (alias, code.clone())));
            columns.push(ColumnFormat {
                aliases: aliases.collect(),
                field: field(&column.name)?,
                kind: column.r#type,
                required: column.required,
                positive: column.positive,
                zh: column.zh,
                en: column.en,
                words,
                usual,
                about: column.about,
            });
        }
        let format = Self {
            id: raw.name,
            title: About { zh: raw.zh, en: raw.en },
            ledger,
            key: raw.key.iter().map(field).collect::<Result<_, _>>()?,
            key_else: raw.key_else.iter().map(field).collect::<Result<_, _>>()?,
            either: raw
                .either
                .iter()
                .map(|fields| fields.iter().map(field).collect())
                .collect::<Result<_, _>>()?,
            columns,
            headers,
        };
        for part in format.key.iter().chain(&format.key_else).copied().chain(ledger.map(Ledger::date)) {
            if format.column(part).is_none() {
                return Err(format!("{} is no column", part.id()));
            }
        }
        Ok(format)
    }

    pub fn column(&self, field: Field) -> Option<&ColumnFormat> {
        self.columns.iter().find(|column| column.field == field)
    }

    /// The column a header names, in either language or under its canonical name.
    pub fn by_header(&self, header: &str) -> Option<&ColumnFormat> {
        if header.len() > HEADER_BYTES_MAX {
            return None;
        }
        let exact = exact_header(header);
        let index = self.headers.get(&exact).or_else(|| self.headers.get(&without_brackets(&exact)))?;
        Some(&self.columns[*index])
    }

    /// The column that says of which payment a row is; nothing where rows are of none.
    pub fn payment_number(&self) -> Option<Field> {
        match self.ledger?.flow() {
            Flow::Revenue => Some(Field::SlipNo),
            Flow::Refund | Flow::Disbursement => Some(Field::VoucherNo),
            Flow::Correction | Flow::Account => None,
        }
    }

    /// Whether its rows say in several ways where the money went.
    pub fn is_statement(&self) -> bool {
        self.ledger == Some(Ledger::BankStatements)
    }

    /// Whether money can have moved on a day, or for a reference table something begun or ended: what lies further off is
    /// a slip of the pen.
    pub fn may_be_dated(&self, date: NaiveDate) -> bool {
        let years = if self.ledger.is_some() { 1990..=2100 } else { 1900..=2200 };
        years.contains(&date.year())
    }

    /// The column whose yuan are counted when a file's books are kept.
    pub fn amount(&self) -> Option<Field> {
        [Field::Amount, Field::OldAmount, Field::DayAmount, Field::Principal, Field::Closing]
            .into_iter()
            .find(|&field| self.column(field).is_some())
    }
}

/// A header as it is compared first: NFKC, simplified, without white space and the marks of a required column.
pub fn exact_header(text: &str) -> String {
    if text.is_ascii() {
        let kept = text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'*');
        return kept.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    }
    text.nfkc()
        .filter(|c| !c.is_whitespace() && !matches!(c, '*' | '\u{feff}'))
        .flat_map(char::to_lowercase)
        .map(simplified)
        .collect()
}

/// The simplified form of the traditional characters that headers, units and totals have.
pub fn simplified(c: char) -> char {
    const FORMS: [(char, char); 24] = [
        ('帐', '账'),
        ('帳', '账'),
        ('單', '单'),
        ('萬', '万'),
        ('億', '亿'),
        ('圓', '圆'),
        ('額', '额'),
        ('幣', '币'),
        ('貨', '货'),
        ('號', '号'),
        ('戶', '户'),
        ('發', '发'),
        ('餘', '余'),
        ('貸', '贷'),
        ('計', '计'),
        ('總', '总'),
        ('匯', '汇'),
        ('頁', '页'),
        ('結', '结'),
        ('轉', '转'),
        ('庫', '库'),
        ('時', '时'),
        ('間', '间'),
        ('對', '对'),
    ];
    FORMS.iter().find(|(traditional, _)| *traditional == c).map_or(c, |(_, simple)| *simple)
}

/// A header as it is compared then: without what stands in brackets.
pub fn normal_header(text: &str) -> String {
    without_brackets(&exact_header(text))
}

fn without_brackets(exact: &str) -> String {
    let mut depth = 0_u32;
    let mut normal = String::with_capacity(exact.len());
    for c in exact.chars() {
        match c {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c => normal.push(c),
        }
    }
    normal
}

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    SCHEMAS
        .iter()
        .map(|(id, text)| Format::parse(text).unwrap_or_else(|error| panic!("schemas/{id}.toml: {error}")))
        .collect()
});

/// Every ledger and reference table, in the order of listings.
pub fn all() -> &'static [Format] {
    &FORMATS
}

/// What people call a column of a file: its preferred Chinese header in the schema that the file's name tells, or in
/// the first that has it.
pub fn chinese_name(id: &str, file: &str) -> Option<&'static str> {
    let field = Field::from_id(id)?;
    let name = file.rsplit_once('/').map_or(file, |(_, name)| name);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let told = Ledger::of_file_name(name).map(of).or_else(|| by_id(stem));
    let column = told.and_then(|format| format.column(field));
    let column = column.or_else(|| FORMATS.iter().find_map(|format| format.column(field)))?;
    column.zh.first().map(String::as_str)
}

/// The format of that name.
pub fn by_id(id: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.id == id)
}

/// The ledger's format; the schemas stand in the order of [`Ledger::ALL`].
pub fn of(ledger: Ledger) -> &'static Format {
    &FORMATS[ledger as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_sound() {
        assert_eq!(all().len(), SCHEMAS.len());
        for (format, (id, _)) in all().iter().zip(SCHEMAS) {
            assert!(id.ends_with(&format!("/{}", format.id)), "{id} declares {}", format.id);
            assert_eq!(format.ledger.is_some(), id.starts_with("ledgers/"), "{id}");
            assert!(format.columns.iter().all(|column| !column.zh.is_empty()), "{id}: Chinese headers");
        }
        for &ledger in Ledger::ALL {
            assert_eq!(of(ledger).ledger, Some(ledger));
        }
    }

    #[test]
    fn headers_in_either_language() {
        let format = of(Ledger::BankReceipts);
        for header in ["收款账号", "收款帐号", " payee_account ", "收款账号（全）", "收 款 账 号"]
        {
            assert_eq!(format.by_header(header).map(|c| c.field), Some(Field::PayeeAccount), "{header}");
        }
        assert!(format.by_header("天气").is_none());
    }
}
