//! Where a table begins and what its columns are: the header, found by the names it holds, and what stands above it.

use std::cmp::{Ordering, Reverse};
use std::ops::Range;

use crate::domain::field::Field;
use crate::domain::money::Unit;

use super::cell;
use super::format::{ColumnFormat, Format, Type, exact_header, normal_header};
use super::grid::Nature;
use super::problem::Kind;
use super::profile::{Profile, Sign};
use super::serial::DateSystem;

/// The header stands within these rows.
pub const HEADER_ROWS_MAX: usize = 15;
/// A table with more columns is none of ours.
pub const COLUMNS_MAX: usize = 4096;

/// Where a column's cells come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The cell at this place of each row.
    Cell(usize),
    /// The same for every row: what the preamble or the profile says.
    Constant(String),
}

/// A column of the ledger and where it stands in the file.
#[derive(Clone, Debug)]
pub struct Place<'f> {
    pub source: Source,
    pub column: &'f ColumnFormat,
    /// What its amounts are written in; `None` for yuan, which nobody needs to say.
    pub unit: Option<Unit>,
    /// The header it goes by; for a constant its label.
    pub header: String,
}

/// Which cell of a row fills which column.
#[derive(Clone, Debug)]
pub struct Layout<'f> {
    pub delimiter: u8,
    /// How many cells the header has.
    pub cells: usize,
    /// In the order of the file, constants last.
    pub columns: Vec<Place<'f>>,
    /// The header's rows, 1-based.
    pub header_rows: Range<u32>,
    /// Headers that name no column of the ledger.
    pub unplaced: Vec<String>,
    pub sign: Option<Sign>,
    pub short_rows: bool,
    pub decimal_comma: bool,
}

/// Why no header was found, and what the likeliest one placed.
#[derive(Debug)]
pub struct NoHeader<'f> {
    pub kind: Kind,
    pub likeliest: Option<Layout<'f>>,
}

impl NoHeader<'_> {
    /// Nothing was there that could have been one.
    pub fn of(format: &Format) -> Self {
        Self { kind: no_header(format, required(format)), likeliest: None }
    }

    /// How near it came: a header whose only fault is a column too many came nearest.
    pub fn merit(&self) -> usize {
        let placed = self.likeliest.as_ref().map_or(0, |layout| {
            // Of two that place the same, a title above adds nothing.
            4 * layout.columns.len() + if layout.header_rows.len() == 1 { 2 } else { 0 }
        });
        match self.kind {
            Kind::TooManyColumns { .. } => usize::MAX,
            Kind::DoubleColumn { .. } => placed + 1,
            _ => placed,
        }
    }
}

type Cells<'t> = [(&'t str, Nature)];

/// Finds the header among the first rows of a table.
pub fn find<'f>(
    rows: &[(u32, Vec<(&str, Nature)>)],
    format: &'f Format,
    profile: &Profile,
) -> Result<Layout<'f>, NoHeader<'f>> {
    let mut best: Option<Layout<'f>> = None;
    let mut refusal = NoHeader::of(format);
    let most = profile.header_row.map_or(HEADER_ROWS_MAX, |row| row as usize);
    for (index, (number, cells)) in rows.iter().enumerate() {
        if index >= most.max(HEADER_ROWS_MAX)
            || best.as_ref().is_some_and(|found| found.header_rows.end <= *number)
        {
            break;
        }
        if profile.header_row.is_some_and(|row| row != *number) {
            continue;
        }
        if cells.len() > COLUMNS_MAX {
            refusal = NoHeader { kind: Kind::TooManyColumns { limit: COLUMNS_MAX }, likeliest: None };
            break;
        }
        let single = cells.iter().map(|(text, _)| cell::clean_text(text).to_owned()).collect();
        let mut candidates = vec![(*number..number + 1, single)];
        // A header of two rows: the upper names the lower, a merged cell several of them.
        if profile.header_row.is_some_and(|row| row > 1) && index > 0 {
            let (upper, above) = &rows[index - 1];
            candidates.push((*upper..number + 1, joined(above, cells, format)));
        } else if let Some((lower, below)) = rows.get(index + 1)
            && profile.header_row.is_none()
        {
            candidates.push((*number..lower + 1, joined(cells, below, format)));
        }
        for (header_rows, names) in candidates {
            let above = &rows[..rows.iter().take_while(|(row, _)| *row < header_rows.start).count()];
            match Layout::of(&names, header_rows, above, format, profile) {
                Ok(layout) => {
                    // A title above a header of one row adds nothing to it.
                    let merit =
                        |layout: &Layout<'_>| (layout.columns.len(), Reverse(layout.header_rows.len()));
                    if best.as_ref().is_none_or(|known| merit(known) < merit(&layout)) {
                        best = Some(layout);
                    }
                }
                Err(other) if other.merit() > refusal.merit() => refusal = other,
                Err(_) => {}
            }
        }
    }
    best.ok_or(refusal)
}

fn no_header(format: &Format, missing: Vec<String>) -> Kind {
    Kind::NoHeader { ledger: format.id.as_str().into(), missing }
}

fn required(format: &Format) -> Vec<String> {
    let required = format.columns.iter().filter(|column| column.required);
    required.map(|column| column.field.id().to_owned()).collect()
}

/// The names of a header of two rows. Where the lower cell has a name of its own it is tried with the upper's.
fn joined(upper: &Cells<'_>, lower: &Cells<'_>, format: &Format) -> Vec<String> {
    let mut parent = "";
    (0..upper.len().max(lower.len()))
        .map(|index| {
            let text = |cells: &Cells<'_>| cells.get(index).map_or("", |(text, _)| *text).trim().to_owned();
            if let Some((above, _)) = upper.get(index)
                && !above.trim().is_empty()
            {
                parent = above.trim();
            }
            let (own, below) = (text(upper), text(lower));
            if below.is_empty() || below == own {
                return own;
            }
            let both = format!("{parent}{below}");
            match (format.by_header(&both), format.by_header(&below)) {
                (None, Some(_)) => below,
                _ => both,
            }
        })
        .collect()
}

impl<'f> Layout<'f> {
    fn of(
        names: &[String],
        header_rows: Range<u32>,
        above: &[(u32, Vec<(&str, Nature)>)],
        format: &'f Format,
        profile: &Profile,
    ) -> Result<Self, NoHeader<'f>> {
        let mut layout = Self {
            delimiter: b',',
            cells: names.len(),
            columns: Vec::new(),
            header_rows,
            unplaced: Vec::new(),
            sign: profile.sign,
            short_rows: profile.short_rows,
            decimal_comma: profile.decimal_comma,
        };
        let mut doubled = None;
        for (index, header) in names.iter().enumerate() {
            let column = match profile.column(header) {
                Some(None) => continue,
                Some(Some(field)) => format.column(field),
                None => format.by_header(header),
            };
            let Some(column) = column else {
                if !header.is_empty() {
                    layout.unplaced.push(header.clone());
                }
                continue;
            };
            let unit = unit_of(header).filter(|_| column.kind == Type::Money);
            let place = Place { source: Source::Cell(index), column, unit, header: header.clone() };
            let Some(known) = layout.columns.iter_mut().find(|known| known.column.field == column.field)
            else {
                layout.columns.push(place);
                continue;
            };
            // Exports often carry a column under two of its names, such as 摘要 and 附言: the better name is read.
            let rank = |header: &str| match profile.column(header) {
                Some(_) => 0,
                None => 1 + column.rank(header).min(usize::MAX - 1),
            };
            let (kept, other) = (rank(&known.header), rank(header));
            match other.cmp(&kept) {
                Ordering::Equal => doubled = Some(header.clone()),
                Ordering::Less => layout.unplaced.push(std::mem::replace(known, place).header),
                Ordering::Greater => layout.unplaced.push(header.clone()),
            }
        }
        if layout.columns.is_empty() {
            return Err(NoHeader::of(format));
        }
        let preamble = Preamble::of(above, format);
        if let Some(unit) = profile.unit.or(preamble.unit) {
            for place in layout.columns.iter_mut().filter(|place| place.column.kind == Type::Money) {
                place.unit.get_or_insert(unit);
            }
        }
        layout.constants(&preamble, format, profile);
        let missing = layout.missing(format);
        if !missing.is_empty() {
            return Err(NoHeader { kind: no_header(format, missing), likeliest: Some(layout) });
        }
        match doubled {
            Some(header) => Err(NoHeader { kind: Kind::DoubleColumn { header }, likeliest: Some(layout) }),
            None => Ok(layout),
        }
    }

    /// Columns the header lacks and the profile or the preamble knows.
    fn constants(&mut self, preamble: &Preamble<'f>, format: &'f Format, profile: &Profile) {
        let said = profile.constants.iter().filter_map(|(&field, text)| {
            format.column(field).map(|column| (column, field.id().to_owned(), text.clone(), true))
        });
        let read =
            preamble.fields.iter().map(|(column, label, text)| (*column, label.clone(), text.clone(), false));
        for (column, header, text, declared) in said.chain(read) {
            let place = Place { source: Source::Constant(text), column, unit: None, header };
            match self.columns.iter_mut().find(|known| known.column.field == column.field) {
                Some(known) if declared => *known = place,
                Some(_) => {}
                None => self.columns.push(place),
            }
        }
    }

    fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|place| place.column.field == field)
    }

    /// Required columns that neither header nor constants have.
    fn missing(&self, format: &Format) -> Vec<String> {
        let mut missing: Vec<String> = required(format)
            .into_iter()
            .filter(|id| !Field::from_id(id).is_some_and(|field| self.has(field)))
            .collect();
        if format.is_statement() && self.has(Field::Time) {
            // A time with its day in it.
            missing.retain(|id| id != Field::Date.id());
        }
        let lacks = |fields: &Vec<Field>| {
            let signed = |field: Field| field == Field::Direction && self.sign.is_some();
            fields.iter().filter(|&&field| !self.has(field) && !signed(field)).count()
        };
        if let Some(nearest) = format.either.iter().min_by_key(|fields| lacks(fields)) {
            let lacking = nearest.iter().filter(|&&field| !self.has(field));
            if lacks(nearest) > 0 {
                missing.extend(lacking.map(|field| field.id().to_owned()));
            }
        }
        missing
    }
}

/// What stands above a header: 单位：万元, 账号：…, in one cell or in two.
#[derive(Debug, Default)]
struct Preamble<'f> {
    unit: Option<Unit>,
    fields: Vec<(&'f ColumnFormat, String, String)>,
}

impl<'f> Preamble<'f> {
    fn of(rows: &[(u32, Vec<(&str, Nature)>)], format: &'f Format) -> Self {
        let mut preamble = Self::default();
        for (_, cells) in rows {
            let filled: Vec<&str> = cells
                .iter()
                .map(|(text, _)| cell::clean_text(text))
                .filter(|text| !text.is_empty())
                .collect();
            for (index, text) in filled.iter().enumerate() {
                let next = filled.get(index + 1).copied().unwrap_or("");
                match text.split_once(['：', ':']) {
                    Some((label, value)) if value.trim().is_empty() => preamble.take(label, next, format),
                    Some((label, value)) => {
                        // 编制单位：某银行 单位：万元: the last label of a cell is nearest to its value.
                        preamble.take(label, value.split_whitespace().next().unwrap_or(""), format);
                        for part in text.split_whitespace().skip(1) {
                            if let Some((label, value)) = part.split_once(['：', ':']) {
                                preamble.take(label, value, format);
                            }
                        }
                    }
                    None => {
                        preamble.take(text, next, format);
                        let inner = text.trim_matches(['(', ')', '（', '）']);
                        if let Some(unit) = inner.strip_prefix("单位").and_then(unit_word) {
                            preamble.unit = Some(unit);
                        }
                    }
                }
            }
        }
        preamble
    }

    fn take(&mut self, label: &str, value: &str, format: &'f Format) {
        let label = label.trim().trim_start_matches(['(', '（']);
        let value = value.trim().trim_end_matches([')', '）', ',', '，', ';', '；']);
        if value.is_empty() {
            return;
        }
        if matches!(normal_header(label).as_str(), "单位" | "金额单位" | "货币单位" | "计量单位" | "unit")
        {
            self.unit = unit_word(value).or(self.unit);
            return;
        }
        // A masked number names nobody, and a word is no number: 账户：某县支行账户明细 is a title.
        let is_number = |text: &str| {
            text.bytes().all(|b| b.is_ascii_graphic() && b != b'*')
                && text.bytes().any(|b| b.is_ascii_digit())
        };
        let states = |kind: Type| match kind {
            Type::Id | Type::Code => is_number(value),
            Type::Date => cell::date_in(&cell::clean(value), DateSystem::default()).is_ok(),
            _ => false,
        };
        if let Some(column) = format.by_header(label)
            && states(column.kind)
        {
            self.fields.push((column, label.to_owned(), value.to_owned()));
        }
    }
}

/// The unit a header states in brackets: 发生额（分）, 金额(万元), 金额（单位：元）.
fn unit_of(header: &str) -> Option<Unit> {
    let header = exact_header(header);
    let bracket = &header[header.find(['(', '[', '【'])?..];
    let word = bracket.trim_matches(['(', ')', '[', ']', '【', '】']);
    unit_word(word.rsplit(':').next().unwrap_or(word))
}

/// 元, 人民币万元, 分.
fn unit_word(text: &str) -> Option<Unit> {
    let word = exact_header(text);
    match word.trim_start_matches(':').trim_start_matches("人民币") {
        "yuan" | "cny" => Some(Unit::Yuan),
        "万" => Some(Unit::TenThousand),
        "fen" => Some(Unit::Fen),
        word => Unit::ALL.into_iter().find(|unit| unit.word() == word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Ledger;
    use crate::ledger::format;

    /// Rows of cells apart by `|`; what the columns come from.
    #[track_caller]
    fn check(ledger: Ledger, rows: &[&str], expected: &str) {
        let rows: Vec<(u32, Vec<(&str, Nature)>)> = (1..)
            .zip(rows)
            .map(|(number, row)| (number, row.split('|').map(|cell| (cell, Nature::Text)).collect()))
            .collect();
        let told = match find(&rows, format::of(ledger), &Profile::default()) {
            Err(refusal) => format!("{:?}", refusal.kind),
            Ok(layout) => {
                let places: Vec<String> = layout
                    .columns
                    .iter()
                    .map(|place| {
                        let unit = match place.unit.unwrap_or_default() {
                            Unit::Yuan => String::new(),
                            unit => format!(" in {}", unit.word()),
                        };
                        match &place.source {
                            Source::Cell(index) => format!("{}={index}{unit}", place.column.field.id()),
                            Source::Constant(text) => format!("{}={text:?}", place.column.field.id()),
                        }
                    })
                    .collect();
                format!("{:?} {}", layout.header_rows, places.join(" "))
            }
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn statements_as_banks_print_them() {
        let ledger = Ledger::BankStatements;
        check(
            ledger,
            &["账号|62001|账户类型|借记卡", "顺序号|交易日期|交易类型|存入金额|取出金额|余额"],
            "2..3 date=1 summary=2 credit=3 debit=4 balance=5 account=\"62001\"",
        );
        check(
            ledger,
            &[
                "某银行",
                "账　号：|62001",
                "交易日期|摘要|交易金额(收入)|交易金额(支出)|记账金额(收入)|记账金额(支出)",
            ],
            "3..4 date=0 summary=1 credit=4 debit=5 account=\"62001\"",
        );
        check(
            ledger,
            &["账号|日期|发生额||余额", "||借方|贷方|"],
            "1..3 account=0 date=1 debit=2 credit=3 balance=4",
        );
        // A masked number and a title are no account.
        let rows = ["账户：某县支行账户明细", "卡号：6222****1230", "日期|支出|收入"];
        check(ledger, &rows, "NoHeader { ledger: \"bank-statements\", missing: [\"account\"] }");
        check(
            ledger,
            &["卡号: 62220001", "日期|支出|收入"],
            "2..3 date=0 debit=1 credit=2 account=\"62220001\"",
        );
        check(
            ledger,
            &["账号|日期|金额"],
            "NoHeader { ledger: \"bank-statements\", missing: [\"direction\"] }",
        );
        check(
            ledger,
            &["账号|日期|支出|余额"],
            "NoHeader { ledger: \"bank-statements\", missing: [\"credit\"] }",
        );
        check(ledger, &["账号|日期|金额|金额|借贷"], "DoubleColumn { header: \"金额\" }");
    }

    #[test]
    fn titles_and_units() {
        let ledger = Ledger::TreasuryBalances;
        check(
            ledger,
            &[
                "库存日报",
                "国库代码：1906080000 报表日期：2026-03-02 单位：万元",
                "账户|上日余额|本日发生额||本日余额",
                "||借方|贷方|",
            ],
            "3..5 account=0 opening=1 in 万元 outlay=2 in 万元 income=3 in 万元 closing=4 in 万元 \
             treasury=\"1906080000\" date=\"2026-03-02\"",
        );
        check(
            Ledger::BankRemittances,
            &["（单位：元）", "划转批次|行号|国库代码|划转时间|金额（分）"],
            "2..3 batch=0 bank=1 treasury=2 remitted_at=3 amount=4 in 分",
        );
        check(
            Ledger::BankRemittances,
            &["编制单位：万元县支行", "划转批次|行号|国库代码|划转时间|金额"],
            "2..3 batch=0 bank=1 treasury=2 remitted_at=3 amount=4",
        );
    }
}
