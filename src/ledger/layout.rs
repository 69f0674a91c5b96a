//! Where a table begins and what its columns are: the header, found by the names it holds, and what stands above it.

use std::cmp::{Ordering, Reverse};
use std::ops::Range;

use crate::domain::field::Field;
use crate::domain::money::Unit;

use super::cell;
use super::denomination::{self, Said};
use super::format::{ColumnFormat, Format, HEADER_BYTES_MAX, Type};
use super::grid::Nature;
use super::preamble::Preamble;
use super::problem::{Clash, Kind};
use super::profile::{self, Profile, Sign};
use super::rows::excerpt;

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
    /// Whether no line within the table changes its unit or constant: the header or the profile says it.
    pub is_settled: bool,
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
    /// What stands in them.
    pub header_cells: Vec<Vec<String>>,
    /// What labels above the header say, even where it cannot be used, such as a masked account.
    pub labels: Vec<(Field, String)>,
    /// The cell that says a row's currency.
    pub currency: Option<usize>,
    /// Whether the profile says the unit.
    pub is_unit_profiled: bool,
    /// Headers that name no column of the ledger, or are left alone.
    pub unplaced: Vec<String>,
    /// Columns of the file whose place a constant of the profile takes: the place among `columns`, and the cell.
    pub replaced: Vec<(usize, usize)>,
    /// A column of which the preamble states something else than the profile, and what.
    pub contradicted: Option<(Field, String)>,
    pub sign: Option<Sign>,
    pub short_rows: bool,
    pub decimal_comma: bool,
}

/// Why no header was found, and what the likeliest one placed.
#[derive(Debug)]
pub struct NoHeader<'f> {
    pub kind: Kind,
    pub likeliest: Option<Box<Layout<'f>>>,
}

impl<'f> NoHeader<'f> {
    /// Nothing was there that could have been one.
    pub fn of(format: &Format) -> Self {
        Self { kind: no_header(format, required(format)), likeliest: None }
    }

    /// Whether the header is there and something else keeps the table from being read.
    pub fn has_header(&self) -> bool {
        self.found().is_some()
    }

    /// The header that is there and cannot be read.
    pub fn header(self) -> Option<Layout<'f>> {
        if self.has_header() { self.likeliest.map(|layout| *layout) } else { None }
    }

    /// What of a header that is there keeps the table from being read, and its column if it is of one.
    pub fn found(&self) -> Option<(Option<Field>, String)> {
        match &self.kind {
            Kind::Contradiction(..) => {
                let (field, stated) = self.likeliest.as_ref()?.contradicted.as_ref()?;
                Some((Some(*field), excerpt(stated)))
            }
            Kind::DoubleColumn { header } => Some((None, excerpt(&format!("{header}, {header}")))),
            Kind::UnknownUnit { text, .. } => Some((None, excerpt(text))),
            _ => None,
        }
    }

    /// How near it came: a header whose only fault is a column too many came nearest.
    pub fn merit(&self) -> usize {
        let placed = self.likeliest.as_ref().map_or(0, |layout| {
            // Of two that place the same, a title above adds nothing.
            4 * layout.columns.len() + if layout.header_rows.len() == 1 { 2 } else { 0 }
        });
        match self.kind {
            Kind::TooManyColumns { .. } => usize::MAX,
            _ if self.has_header() => placed + 1,
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
        let single = cells.iter().map(|(text, _)| Name::single(text)).collect();
        let mut candidates = vec![(index..index + 1, single)];
        // A header of two rows: the upper names the lower, a merged cell several of them.
        if profile.header_row.is_some_and(|row| row > 1) && index > 0 {
            let names = joined(&rows[index - 1].1, cells, format, profile);
            candidates.extend(names.map(|names| (index - 1..index + 1, names)));
        } else if let Some((_, below)) = rows.get(index + 1)
            && profile.header_row.is_none()
        {
            let names = joined(cells, below, format, profile);
            candidates.extend(names.map(|names| (index..index + 2, names)));
        }
        for (within, names) in candidates {
            match Layout::of(&names, rows, within, format, profile) {
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
    // The title that a header was joined to may be what keeps the header from being read.
    let hides = |found: &Layout<'_>| {
        let is_stated_above = matches!(refusal.kind, Kind::UnknownUnit { .. } | Kind::Contradiction(..));
        let plain = refusal.likeliest.as_ref().filter(|_| is_stated_above);
        found.header_rows.len() > 1
            && plain.is_some_and(|plain| {
                plain.header_rows.end == found.header_rows.end && plain.columns.len() >= found.columns.len()
            })
    };
    match best.take_if(|found| !hides(found)) {
        Some(found) => Ok(found),
        None => Err(refusal),
    }
}

fn no_header(format: &Format, missing: Vec<String>) -> Kind {
    Kind::NoHeader { ledger: format.id.as_str().into(), missing }
}

fn required(format: &Format) -> Vec<String> {
    let required = format.columns.iter().filter(|column| column.required);
    required.map(|column| column.field.id().to_owned()).collect()
}

/// A column's header; of a header of two rows the upper name and the lower.
#[derive(Clone, Debug, Default)]
struct Name {
    upper: String,
    lower: String,
}

/// What a header names.
#[derive(Clone, Debug)]
enum Named<'f> {
    Nothing,
    /// The profile says so.
    LeftAlone,
    /// A column, by this part of the header, and the unit or currency that the header states.
    Column(&'f ColumnFormat, String, Option<Said>),
}

impl Name {
    fn single(text: &str) -> Self {
        Self { upper: String::new(), lower: part(text) }
    }

    fn whole(&self) -> String {
        format!("{}{}", self.upper, self.lower)
    }

    fn column<'f>(&self, format: &'f Format, profile: &Profile) -> Named<'f> {
        let whole = self.whole();
        let mut names = vec![whole.as_str()];
        if !self.upper.is_empty() && !self.lower.is_empty() {
            names.push(&self.lower);
        }
        let unit = |header: &str| {
            denomination::of_header(header).1.or_else(|| denomination::of_header(&self.upper).1)
        };
        for &name in &names {
            if let Some(said) = profile.column(name) {
                return match said.map(|field| format.column(field)) {
                    None => Named::LeftAlone,
                    Some(None) => Named::Nothing,
                    Some(Some(column)) => Named::Column(column, name.to_owned(), unit(name)),
                };
            }
        }
        for &name in &names {
            if let Some(column) = format.by_header(name) {
                return Named::Column(column, name.to_owned(), unit(name));
            }
            let (bare, said) = denomination::of_header(name);
            if let Some(column) = format.by_header(&bare).filter(|column| column.kind == Type::Money)
                && said.is_some()
            {
                return Named::Column(column, name.to_owned(), said);
            }
        }
        Named::Nothing
    }

    /// How far the upper name is from a single posting: 本日发生额 0, 本月发生额 1, 本年累计 2.
    fn span(&self) -> u8 {
        let says = |words: &[&str]| words.iter().any(|word| self.upper.contains(word));
        if says(&["累计", "累計", "同期", "上年", "去年"]) {
            2
        } else {
            u8::from(says(&["本月", "当月", "本季", "本年", "当年"]))
        }
    }
}

/// A cell as part of a header; what is longer than any header names nothing.
fn part(text: &str) -> String {
    let text = cell::clean_text(text);
    if text.len() > HEADER_BYTES_MAX { excerpt(text) } else { text.to_owned() }
}

/// The names of a header of two rows; `None` where the upper row adds nothing to the lower.
fn joined(upper: &Cells<'_>, lower: &Cells<'_>, format: &Format, profile: &Profile) -> Option<Vec<Name>> {
    let mut parent = String::new();
    let mut adds = false;
    let names = (0..upper.len().max(lower.len()))
        .map(|index| {
            let text = |cells: &Cells<'_>| part(cells.get(index).map_or("", |(text, _)| *text));
            let (own, below) = (text(upper), text(lower));
            if !own.is_empty() {
                parent.clone_from(&own);
            }
            let is_own = below.is_empty() || below == own;
            let name = if is_own {
                Name { lower: own, ..Name::default() }
            } else {
                Name { upper: parent.clone(), lower: below }
            };
            let names = |name: &Name| match name.column(format, profile) {
                Named::Column(column, header, said) => Some((column.field, header, said)),
                Named::Nothing | Named::LeftAlone => None,
            };
            let found = names(&name);
            adds |= if is_own {
                found.is_some()
            } else {
                name.span() > 0 || found != names(&Name::single(&name.lower))
            };
            name
        })
        .collect();
    adds.then_some(names)
}

impl<'f> Layout<'f> {
    fn of(
        names: &[Name],
        rows: &[(u32, Vec<(&str, Nature)>)],
        within: Range<usize>,
        format: &'f Format,
        profile: &Profile,
    ) -> Result<Self, NoHeader<'f>> {
        let header = &rows[within.clone()];
        let texts = |cells: &[(&str, Nature)]| {
            cells.iter().map(|(text, _)| cell::clean_text(text).to_owned()).collect::<Vec<_>>()
        };
        let mut layout = Self {
            delimiter: b',',
            cells: names.len(),
            columns: Vec::new(),
            header_rows: header[0].0..header[header.len() - 1].0 + 1,
            header_cells: header.iter().map(|(_, cells)| texts(cells)).collect(),
            labels: Vec::new(),
            currency: None,
            is_unit_profiled: profile.unit.is_some(),
            unplaced: Vec::new(),
            replaced: Vec::new(),
            contradicted: None,
            sign: profile.sign,
            short_rows: profile.short_rows,
            decimal_comma: profile.decimal_comma,
        };
        let (doubled, stated) = layout.place(names, format, profile);
        if layout.columns.is_empty() {
            return Err(NoHeader::of(format));
        }
        let mut preamble = Preamble::of(&rows[..within.start], format);
        if within.len() > 1 {
            // What passes for the upper row of a header may be a title.
            preamble.read_labels(&rows[within.start].1, format);
        }
        let refusal = layout.denominate(&stated, &preamble, profile);
        layout.constants(&preamble, format, profile);
        layout.labels = preamble.labels;
        let missing = layout.missing(format);
        if !missing.is_empty() {
            return Err(NoHeader { kind: no_header(format, missing), likeliest: Some(Box::new(layout)) });
        }
        let contradiction = layout.contradicted.as_ref().map(|(field, _)| {
            Kind::Contradiction(Clash::Constant { said: profile.constants[field].as_str().into() })
        });
        let doubled = doubled.map(|header| Kind::DoubleColumn { header });
        match contradiction.or(doubled).or(refusal) {
            Some(kind) => Err(NoHeader { kind, likeliest: Some(Box::new(layout)) }),
            None => Ok(layout),
        }
    }

    /// Gives each column of the ledger its cell; a header that is there twice, and what headers state of units.
    fn place(
        &mut self,
        names: &[Name],
        format: &'f Format,
        profile: &Profile,
    ) -> (Option<String>, Vec<(Field, Said)>) {
        let mut doubled: Vec<(Field, String)> = Vec::new();
        let mut stated: Vec<(Field, Option<Said>)> = Vec::new();
        let mut merits: Vec<(usize, u8)> = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let whole = name.whole();
            let found = match name.column(format, profile) {
                Named::LeftAlone => {
                    self.unplaced.push(whole);
                    continue;
                }
                // 本年累计 over 借方 is no posting.
                Named::Column(_, header, _) if header != whole && name.span() > 1 => Named::Nothing,
                found => found,
            };
            let Named::Column(column, header, said) = found else {
                if denomination::is_currency_label(&whole) {
                    self.currency.get_or_insert(index);
                }
                if !whole.is_empty() {
                    self.unplaced.push(whole);
                }
                continue;
            };
            // Exports often carry a column under two of its names, such as 摘要 and 附言: the better name is read.
            let rank = match profile.column(&header) {
                Some(_) => 0,
                None => 1 + column.rank(&denomination::of_header(&header).0).min(usize::MAX - 1),
            };
            let merit = (rank, if header == whole { 0 } else { name.span() });
            let said = said.filter(|_| column.kind == Type::Money);
            let unit = match said {
                Some(Said::Unit(unit)) => Some(unit),
                _ => None,
            };
            let source = Source::Cell(index);
            let place = Place { source, column, unit, header, is_settled: unit.is_some() };
            let Some(at) = self.columns.iter().position(|known| known.column.field == column.field) else {
                self.columns.push(place);
                stated.push((column.field, said));
                merits.push(merit);
                continue;
            };
            match merit.cmp(&merits[at]) {
                Ordering::Equal => doubled.push((column.field, whole)),
                Ordering::Less => {
                    self.unplaced.push(std::mem::replace(&mut self.columns[at], place).header);
                    (stated[at].1, merits[at]) = (said, merit);
                    doubled.retain(|(field, _)| *field != column.field);
                }
                Ordering::Greater => self.unplaced.push(whole),
            }
        }
        let stated = stated.into_iter().filter_map(|(field, said)| said.map(|said| (field, said)));
        (doubled.into_iter().next().map(|(_, header)| header), stated.collect())
    }

    /// Gives each amount its unit: the header's own, else the profile's, else the title's. What keeps it from being
    /// known is given back.
    fn denominate(
        &mut self,
        stated: &[(Field, Said)],
        preamble: &Preamble<'f>,
        profile: &Profile,
    ) -> Option<Kind> {
        let is_said = preamble.says_yuan || profile.unit.is_some();
        let foreign = preamble.foreign.as_ref().or(preamble.foreign_title.as_ref().filter(|_| !is_said));
        let mut refusal = foreign.map(|text| Kind::UnknownUnit { text: text.clone(), is_foreign: true });
        let title = profile.unit.map_or_else(|| preamble.unit(), |unit| Ok(Some(unit)));
        for place in self.columns.iter_mut().filter(|place| place.column.kind == Type::Money) {
            let said = stated.iter().find(|(field, _)| *field == place.column.field).map(|(_, said)| *said);
            let unknown = match (said, &title) {
                (Some(Said::Foreign), _) => Some((place.header.clone(), true)),
                (Some(Said::Unclear), _) if profile.unit.is_none() => Some((place.header.clone(), false)),
                (Some(Said::Unit(_)), _) => None,
                (_, Ok(unit)) => {
                    place.unit = *unit;
                    place.is_settled = profile.unit.is_some();
                    None
                }
                (_, Err(text)) => Some((text.clone(), false)),
            };
            if let Some((text, is_foreign)) = unknown {
                refusal.get_or_insert(Kind::UnknownUnit { text, is_foreign });
            }
        }
        refusal
    }

    /// Columns the header lacks and the profile or the preamble knows.
    fn constants(&mut self, preamble: &Preamble<'f>, format: &'f Format, profile: &Profile) {
        let said = profile.constants.iter().filter_map(|(&field, text)| {
            format.column(field).map(|column| (column, field.id().to_owned(), text.clone(), true))
        });
        let read =
            preamble.fields.iter().map(|(column, label, text)| (*column, label.clone(), text.clone(), false));
        for (column, header, text, is_settled) in said.chain(read) {
            let place = Place { source: Source::Constant(text), column, unit: None, header, is_settled };
            match self.columns.iter().position(|known| known.column.field == column.field) {
                Some(index) if is_settled => {
                    if let Source::Cell(cell) = self.columns[index].source {
                        self.replaced.push((index, cell));
                    }
                    self.columns[index] = place;
                }
                Some(_) => {
                    if let Source::Constant(stated) = place.source
                        && let Some(said) = profile.constants.get(&column.field)
                        && profile::contradicts(column, said, (&stated, Nature::Text))
                    {
                        self.contradicted = Some((column.field, stated));
                    }
                }
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
        for above in ["账号：6222 0200 0000 1230 123 户名：某局", "账号：|6222 0200 0000 1230 123|户名|某局"]
        {
            check(
                ledger,
                &[above, "日期|支出|收入"],
                "2..3 date=0 debit=1 credit=2 account=\"6222020000001230123\"",
            );
        }
        check(
            ledger,
            &["账号：62220200 2026 年", "日期|支出|收入"],
            "2..3 date=0 debit=1 credit=2 account=\"62220200\"",
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
