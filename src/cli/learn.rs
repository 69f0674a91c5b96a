//! `sources learn`: looks at a file, says how it would be read and what it does not say, and proposes a `[[source]]`.

use std::path::Path;

use anyhow::bail;
use chrono::NaiveDate;

use crate::domain::entry::{Book, Entry};
use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::money::Money;
use crate::ledger::format::{self, Format};
use crate::ledger::problem::Kind;
use crate::ledger::profile::Sign;
use crate::ledger::{Parsed, SourceFile, read};
use crate::report::document::{Document, Head, Table};

use super::sources::{self, Raw};
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
        bail!("{} is no ledger or table; `schemas list` names them", request.ledger);
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = SourceFile {
        path: name.as_str().into(),
        bytes: files::read_file(path)?,
        arrived: NaiveDate::default(),
    };
    let mut raw = Raw {
        glob: request.glob.map_or_else(|| pattern(&name), str::to_owned),
        ledger: request.ledger.to_owned(),
        sign: request.sign.map(str::to_owned),
        unit: request.unit.map(str::to_owned),
        ..Raw::default()
    };
    for pair in request.columns {
        let Some((header, column)) = pair.split_once('=') else {
            bail!("--column {pair}: HEADER=COLUMN is meant")
        };
        raw.columns.insert(header.to_owned(), column.to_owned());
    }
    for pair in request.constants {
        let Some((column, text)) = pair.split_once('=') else {
            bail!("--constant {pair}: COLUMN=TEXT is meant")
        };
        raw.constants.insert(column.to_owned(), toml::Value::from(text));
    }
    let mut parsed = attempt(&file, format, &raw)?;
    if !parsed.is_readable {
        parsed = seek_header(&file, format, &mut raw, parsed)?;
    }
    if unsaid(&parsed).iter().any(|id| id == Field::Direction.id()) && raw.sign.is_none() {
        parsed = seek_sign(&file, format, &mut raw, parsed)?;
    }
    if parsed.is_readable
        && parsed.problems.iter().any(|problem| matches!(problem.kind, Kind::CellCount { .. }))
    {
        raw.short_rows = true;
        let other = attempt(&file, format, &raw)?;
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
    let text = sources::write(&raw);
    document.heading(lang.pick("建议的来源设定", "Proposed source"));
    document.paragraph(text.trim_end());
    if let Some(book) = request.write {
        if !parsed.is_readable {
            document.paragraph(lang.pick("未写入。", "Not written."));
            return Ok((document, Outcome::Unreadable));
        }
        let place = book.join(config::FILE);
        let known =
            if place.exists() { String::from_utf8(files::read_file(&place)?)? } else { String::new() };
        let gap = if known.is_empty() || known.ends_with("\n\n") { "" } else { "\n" };
        files::publish(&place, format!("{known}{gap}{text}").as_bytes())?;
        document.paragraph(match lang {
            Lang::Zh => format!("已写入 {}。", place.display()),
            Lang::En => format!("Written to {}.", place.display()),
        });
    }
    let outcome = if parsed.is_readable { Outcome::Done } else { Outcome::Unreadable };
    Ok((document, outcome))
}

fn attempt(file: &SourceFile, format: &Format, raw: &Raw) -> anyhow::Result<Parsed> {
    match sources::understand(raw) {
        Ok(source) => Ok(read(file, format, &source.profile)),
        Err(unusable) => bail!("{}: {} – {:?}", unusable.key, unusable.en, unusable.found),
    }
}

/// The name with its numbers left open: they are dates and serials, which change from file to file.
fn pattern(name: &str) -> String {
    let mut glob = String::new();
    let (stem, extension) = name.rsplit_once('.').map_or((name, ""), |(stem, extension)| (stem, extension));
    for c in stem.chars() {
        match c {
            c if c.is_ascii_digit() => {
                if !glob.ends_with('*') {
                    glob.push('*');
                }
            }
            '[' | ']' | '?' | '*' => glob.push('?'),
            c => glob.push(c),
        }
    }
    if extension.is_empty() { glob } else { format!("{glob}.{extension}") }
}

/// Tries the rows below those where a header is looked for unasked.
fn seek_header(file: &SourceFile, format: &Format, raw: &mut Raw, first: Parsed) -> anyhow::Result<Parsed> {
    let mut best = first;
    for row in 1..=HEADER_ROWS_SOUGHT {
        raw.header_row = Some(row);
        let parsed = attempt(file, format, raw)?;
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
fn seek_sign(file: &SourceFile, format: &Format, raw: &mut Raw, first: Parsed) -> anyhow::Result<Parsed> {
    let mut proven = Vec::new();
    for sign in [Sign::CreditPositive, Sign::DebitPositive] {
        raw.sign = Some(sign.id().to_owned());
        let parsed = attempt(file, format, raw)?;
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
        assert_eq!(pattern("交易明细_1546_20250101_20250620.xls"), "交易明细_*_*_*.xls");
        assert_eq!(pattern("icbc.csv"), "icbc.csv");
        assert_eq!(pattern("a[1].csv"), "a?*?.csv");
    }
}
