//! `sources learn`: looks at a file, says how it would be read and what it does not say, and proposes a `[[source]]`.

use std::path::Path;

use anyhow::{Context, bail};
use chrono::NaiveDate;

use crate::domain::entry::{Book, Entry};
use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::money::Money;
use crate::durable;
use crate::ledger::format::{self, Format, exact_header};
use crate::ledger::problem::Kind;
use crate::ledger::profile::Sign;
use crate::ledger::{Parsed, SourceFile, read};
use crate::report::document::{Document, Head, Table};

use super::sources::{self, Raw, is_account};
use super::{Outcome, config, files};

/// Rows shown as they would be read.
const ROWS_SHOWN: usize = 5;
/// Rows below which no header is looked for, where none stands at the top.
const HEADER_ROWS_SOUGHT: u32 = 100;

/// What the user says of the file besides its name.
#[derive(Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) ledger: &'a str,
    pub(super) glob: Option<&'a str>,
    /// `header=column`, `header=-`
    pub(super) columns: &'a [String],
    /// `column=text`
    pub(super) constants: &'a [String],
    pub(super) sign: Option<&'a str>,
    pub(super) unit: Option<&'a str>,
    /// The book whose `recon.toml` the source is written to.
    pub(super) write: Option<&'a Path>,
}

pub(super) fn run(path: &Path, request: &Request<'_>, lang: Lang) -> anyhow::Result<(Document, Outcome)> {
    let Some(format) = format::by_id(request.ledger) else {
        bail!(match lang {
            Lang::Zh => format!("{} 不是账册或基础表；名称见 schemas list", request.ledger),
            Lang::En => format!("{} is no ledger or table; `schemas list` names them", request.ledger),
        });
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = SourceFile {
        path: name.as_str().into(),
        bytes: files::read_file(path)?,
        arrived: NaiveDate::default(),
    };
    let mut raw = Raw {
        ledger: request.ledger.to_owned(),
        sign: request.sign.map(str::to_owned),
        unit: request.unit.map(str::to_owned),
        ..Raw::default()
    };
    for pair in request.columns {
        let Some((header, column)) = pair.split_once('=') else {
            bail!("--column {pair}: {}", lang.pick("应为 表头=列", "HEADER=COLUMN is meant"))
        };
        raw.columns.insert(header.to_owned(), column.to_owned());
    }
    for pair in request.constants {
        let Some((column, text)) = pair.split_once('=') else {
            bail!("--constant {pair}: {}", lang.pick("应为 列=内容", "COLUMN=TEXT is meant"))
        };
        raw.constants.insert(column.to_owned(), toml::Value::from(text));
    }
    raw.glob = request.glob.map_or_else(|| pattern(&name, &raw), str::to_owned);
    let mut parsed = attempt(&file, format, &raw, lang)?;
    if !parsed.is_readable {
        parsed = seek_header(&file, format, &mut raw, parsed, lang)?;
    }
    if unsaid(&parsed).iter().any(|id| id == Field::Direction.id()) && raw.sign.is_none() {
        parsed = seek_sign(&file, format, &mut raw, parsed, lang)?;
    }
    if parsed.is_readable
        && parsed.problems.iter().any(|problem| matches!(problem.kind, Kind::CellCount { .. }))
    {
        raw.short_rows = true;
        let other = attempt(&file, format, &raw, lang)?;
        raw.short_rows = other.tally.accepted.rows > parsed.tally.accepted.rows;
        if raw.short_rows {
            parsed = other;
        }
    }
    let mut document = describe(&parsed, format, lang);
    for id in unsaid(&parsed) {
        document.paragraph(match (id.as_str(), lang) {
            ("direction", Lang::Zh) => {
                "金额的方向未说明：请用 --sign credit-positive（正为收入）或 --sign debit-positive（正为支出）。".to_owned()
            }
            ("direction", Lang::En) => {
                "Which way amounts go is not said: use --sign credit-positive or --sign debit-positive.".to_owned()
            }
            (id, Lang::Zh) => format!("缺必需列 {id}：请用 --column 表头={id}，或 --constant {id}=每行相同的值。"),
            (id, Lang::En) => {
                format!("The required column {id} is missing: use --column HEADER={id}, or --constant {id}=TEXT.")
            }
        });
    }
    let strangers = strangers(&raw, &parsed);
    for header in &strangers {
        document.paragraph(match lang {
            Lang::Zh => format!("文件中没有表头“{header}”：--column 须写文件中的表头。"),
            Lang::En => format!("The file has no header {header:?}: --column takes a header of the file."),
        });
    }
    if is_all_rejected(&parsed) {
        document.paragraph(lang.pick("没有一行可以接受。", "Not one row can be accepted."));
    }
    document.heading(lang.pick("建议的来源设定", "Proposed source"));
    document.paragraph(sources::write(&raw).trim_end());
    if is_bare(&raw.glob) {
        document.paragraph(lang.pick(
            "文件名只有日期和序号，故该 glob 只匹配这一个文件；请用 --glob 指明。",
            "The name has nothing but dates and serials, so the glob matches this one file: use --glob to say which are meant.",
        ));
    }
    let is_usable = parsed.is_readable && strangers.is_empty() && !is_all_rejected(&parsed);
    match request.write {
        Some(book) if is_usable => document.paragraph(write(book, &raw, lang)?),
        Some(_) => document.paragraph(lang.pick("未写入。", "Not written.")),
        None => {}
    }
    Ok((document, if is_usable { Outcome::Done } else { Outcome::Unreadable }))
}

/// Headers the user names that the file does not have.
fn strangers<'r>(raw: &'r Raw, parsed: &Parsed) -> Vec<&'r str> {
    let has = |header: &str| {
        parsed.headers.iter().any(|placed| exact_header(&placed.header) == exact_header(header))
    };
    raw.columns.keys().map(String::as_str).filter(|header| !has(header)).collect()
}

fn is_all_rejected(parsed: &Parsed) -> bool {
    parsed.tally.accepted.rows == 0 && parsed.tally.rejected.rows > 0
}

/// Writes a source into a book's `recon.toml`; what is said of it.
fn write(book: &Path, raw: &Raw, lang: Lang) -> anyhow::Result<String> {
    let place = book.join(config::FILE);
    let bytes = if durable::is_there(&place)? { files::read_file(&place)? } else { Vec::new() };
    let known = String::from_utf8(bytes).with_context(|| place.display().to_string())?;
    let (text, placed) = config::with_source(&known, raw, lang)?;
    durable::replace(&place, text.as_bytes())?;
    let place = place.display();
    Ok(match (placed, lang) {
        (config::Placed::Added, Lang::Zh) => format!("已写入 {place}。"),
        (config::Placed::Added, Lang::En) => format!("Written to {place}."),
        (config::Placed::Replaced, Lang::Zh) => format!("已写入 {place}，取代同一 glob 的来源。"),
        (config::Placed::Replaced, Lang::En) => {
            format!("Written to {place}, in the place of the source with this glob.")
        }
    })
}

fn attempt(file: &SourceFile, format: &Format, raw: &Raw, lang: Lang) -> anyhow::Result<Parsed> {
    match sources::understand(raw) {
        Ok(source) => Ok(read(file, format, &source.profile)),
        Err(unusable) => {
            let expected = lang.pick(&unusable.zh, &unusable.en);
            bail!("{}: {expected} – {:?}", unusable.key, unusable.found)
        }
    }
}

/// Of an account a name has so many digits at least: 尾号1230.
const TAIL_DIGITS: usize = 4;

/// The name with its dates and serials left open, since they change from file to file.
///
/// An account stays as it is: where the source says one for every row, it must not be said of another's file.
fn pattern(name: &str, raw: &Raw) -> String {
    let constants: Vec<&str> = raw.constants.values().filter_map(toml::Value::as_str).collect();
    let says_account = constants.iter().any(|text| is_account(text));
    let is_said = |run: &str| {
        run.len() >= TAIL_DIGITS && constants.iter().any(|text| text.starts_with(run) || text.ends_with(run))
    };
    let open = opened(name, |run| is_said(run) || (says_account && is_account(run)));
    if !is_bare(&open) {
        return open;
    }
    let open = opened(name, is_account);
    if is_bare(&open) { opened(name, |_| true) } else { open }
}

/// A name as a glob whose numbers are open but for those that are kept.
fn opened(name: &str, is_kept: impl Fn(&str) -> bool) -> String {
    let (stem, extension) = name.rsplit_once('.').map_or((name, ""), |(stem, extension)| (stem, extension));
    let mut glob = String::new();
    let mut rest = stem;
    while let Some(c) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (run, behind) = rest.split_at(digits.max(c.len_utf8()));
        match c {
            _ if digits > 0 && is_kept(run) => glob.push_str(run),
            _ if digits > 0 => glob.push('*'),
            '[' | ']' | '?' | '*' => glob.push('?'),
            c => glob.push(c),
        }
        rest = behind;
    }
    if extension.is_empty() { glob } else { format!("{glob}.{extension}") }
}

/// Whether a glob spells out neither a word nor an account, so that it would match other sources' files.
fn is_bare(glob: &str) -> bool {
    let stem = glob.rsplit_once('.').map_or(glob, |(stem, _)| stem);
    !stem.contains(char::is_alphabetic) && !stem.split(|c: char| !c.is_ascii_digit()).any(is_account)
}

/// Tries the rows below those where a header is looked for unasked.
fn seek_header(
    file: &SourceFile,
    format: &Format,
    raw: &mut Raw,
    first: Parsed,
    lang: Lang,
) -> anyhow::Result<Parsed> {
    let mut best = first;
    for row in 1..=HEADER_ROWS_SOUGHT {
        raw.header_row = Some(row);
        let parsed = attempt(file, format, raw, lang)?;
        if parsed.is_readable {
            return Ok(parsed);
        }
        if parsed.headers.len() > best.headers.len() {
            best = parsed;
        }
    }
    raw.header_row = None;
    Ok(best)
}

/// Required columns that neither the file nor the source has.
fn unsaid(parsed: &Parsed) -> Vec<String> {
    let missing = parsed.problems.iter().find_map(|problem| match &problem.kind {
        Kind::NoHeader { missing, .. } => Some(missing.clone()),
        _ => None,
    });
    missing.unwrap_or_default()
}

/// Which sign is money in, if the running balance proves it.
fn seek_sign(
    file: &SourceFile,
    format: &Format,
    raw: &mut Raw,
    first: Parsed,
    lang: Lang,
) -> anyhow::Result<Parsed> {
    let mut proven = Vec::new();
    for sign in [Sign::CreditPositive, Sign::DebitPositive] {
        raw.sign = Some(sign.id().to_owned());
        let parsed = attempt(file, format, raw, lang)?;
        if parsed.is_readable {
            let (held, broken) = chain(&parsed);
            if held > 0 && broken == 0 {
                proven.push((sign, parsed));
            }
        }
    }
    raw.sign = None;
    if proven.len() != 1 {
        return Ok(first);
    }
    let (sign, parsed) = proven.remove(0);
    raw.sign = Some(sign.id().to_owned());
    Ok(parsed)
}

/// How many neighbouring rows' balances follow from each other, in the file's order or against it, and how many do not.
fn chain(parsed: &Parsed) -> (usize, usize) {
    let book = Book::assemble(parsed.parts.clone());
    let rows: Vec<(Money, Money)> = book
        .entries()
        .filter_map(|entry| {
            let amount = entry.money(Field::Amount)?;
            let signed = if entry.text(Field::Direction) == "debit" { -amount } else { amount };
            Some((entry.money(Field::Balance)? - signed, entry.money(Field::Balance)?))
        })
        .collect();
    let forth = rows.windows(2).filter(|pair| pair[0].1 == pair[1].0).count();
    let back = rows.windows(2).filter(|pair| pair[1].1 == pair[0].0).count();
    let held = forth.max(back);
    (held, rows.len().saturating_sub(1) - held)
}

fn describe(parsed: &Parsed, format: &Format, lang: Lang) -> Document {
    let mut document = Document::default();
    let tally = &parsed.tally;
    document.paragraph(match lang {
        Lang::Zh => format!(
            "{}：{}，{} 行，接受 {}，合计行 {}，拒收 {}。",
            parsed.path,
            parsed.encoding,
            tally.read.rows,
            tally.accepted.rows,
            tally.subtotal.rows,
            tally.rejected.rows
        ),
        Lang::En => format!(
            "{}: {}, {} rows, {} accepted, {} totals, {} rejected.",
            parsed.path,
            parsed.encoding,
            tally.read.rows,
            tally.accepted.rows,
            tally.subtotal.rows,
            tally.rejected.rows
        ),
    });
    document.heading(lang.pick("列", "Columns"));
    let mut columns = Table::new(
        "columns",
        vec![
            Head::text("header", lang.pick("表头", "header")),
            Head::text("column", lang.pick("识别为", "read as")),
            Head::text("constant", lang.pick("每行相同", "the same in every row")),
        ],
    );
    for placed in &parsed.headers {
        let column = placed.column.unwrap_or(lang.pick("（未用）", "(left alone)"));
        columns.push(vec![
            placed.header.clone(),
            column.to_owned(),
            placed.constant.clone().unwrap_or_default(),
        ]);
    }
    document.table(columns);
    document.heading(lang.pick("前几行读作", "First rows as read"));
    document.table(first_rows(parsed, format));
    for problem in parsed.problems.iter().take(ROWS_SHOWN) {
        document.paragraph(problem.message(lang));
    }
    if parsed.problems.len() > ROWS_SHOWN {
        document.paragraph(match lang {
            Lang::Zh => format!("……共 {} 个问题。", parsed.problems.len()),
            Lang::En => format!("… {} problems in all.", parsed.problems.len()),
        });
    }
    document
}

fn first_rows(parsed: &Parsed, format: &Format) -> Table {
    let book = Book::assemble(parsed.parts.clone());
    let shown: Vec<Entry<'_>> = book.entries().take(ROWS_SHOWN).collect();
    let spell = |entry: &Entry<'_>, field: Field| {
        if let Some(money) = entry.money(field) {
            return money.to_string();
        }
        if let Some(moment) = entry.moment(field) {
            return moment.to_string();
        }
        entry.count(field).map_or_else(|| entry.text(field).to_owned(), |count| count.to_string())
    };
    let fields: Vec<Field> = format
        .columns
        .iter()
        .map(|column| column.field)
        .filter(|&field| shown.iter().any(|entry| !entry.is_blank(field)))
        .collect();
    let heads = std::iter::once(Head::number("row", "#"));
    let heads = heads.chain(fields.iter().map(|field| Head::text(field.id(), field.id()))).collect();
    let mut table = Table::new("rows", heads);
    for entry in shown {
        let cells = fields.iter().map(|&field| spell(&entry, field));
        table.push(std::iter::once(entry.file_row().to_string()).chain(cells).collect());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_name_are_left_open() {
        for (name, constants, glob) in [
            ("交易明细_1546_20250101_20250620.xls", "", "交易明细_*_*_*.xls"),
            ("icbc.csv", "", "icbc.csv"),
            ("a[1].csv", "", "a?*?.csv"),
            ("icbc20260302103000.csv", "account=6214830000001230", "icbc*.csv"),
            ("icbc-2026030120260331.csv", "account=6214830000001230", "icbc-*.csv"),
            // An account is no serial, where the source says whose the rows are.
            ("6214830000001230_20260302.csv", "account=6214830000001230", "6214830000001230_*.csv"),
            ("cmb_6222020000009999_1.csv", "account=6214830000001230", "cmb_6222020000009999_*.csv"),
            ("交易明细_1230_20260302.xls", "account=6214830000001230", "交易明细_1230_*.xls"),
            ("尾号6214****1230_0302.xls", "account=6214830000001230", "尾号6214????1230_*.xls"),
            ("6214****1230_0302.xls", "account=6214830000001230", "6214????1230_0302.xls"),
            ("cmb_6222020000009999_1.csv", "", "cmb_*_*.csv"),
            ("cmb_6222020000009999_1.csv", "bank=102", "cmb_*_*.csv"),
            // A glob of nothing but numbers would take every file.
            ("6222020000009999_20260302.csv", "", "6222020000009999_*.csv"),
            ("20260302.csv", "", "20260302.csv"),
            ("20260302-1", "account=62001", "20260302-1"),
        ] {
            let constants = constants.split_once('=').map(|(id, text)| (id.to_owned(), text.into()));
            let raw = Raw { constants: constants.into_iter().collect(), ..Raw::default() };
            assert_eq!(pattern(name, &raw), glob, "{name} {raw:?}");
        }
        assert!(is_bare("20260302.csv") && is_bare("*_*.csv") && !is_bare("工*.csv"));
    }
}
