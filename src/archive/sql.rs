//! Questions in SQL, which polars answers. Only questions: nothing here can write.
//!
//! A table is read when a question needs it, and of it only the columns the question names, run by run and group by
//! group, each filtered before the next is read. Numbers stay exact: one with a point is read as a decimal, and a result
//! that is a binary fraction is refused. Answers have one order: what the question leaves open, the columns decide.

use std::any::Any;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail, ensure};
use chrono::NaiveDate;
use polars::prelude as pl;
use polars::prelude::{IntoColumn as _, IntoLazy as _, NewChunkedArray as _};
use polars::sql::SQLContext;
use sqlparser::ast::{
    self, BinaryOperator, Expr, GroupByExpr, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, Query,
    SetExpr, Statement, VisitMut as _, VisitorMut,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use crate::domain::ledger::Ledger;
use crate::domain::money::Money;
use crate::domain::table::{Column, Frame, Texts};
use crate::durable;

use super::catalog::{self, Holds, Listing, PlaceOf};
use super::past::{KnownRuns, manifest};
use super::{Run, digest, parquet, reference};

/// What a question was answered.
#[derive(Debug)]
pub struct Answer {
    frame: pl::DataFrame,
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerColumn {
    pub name: String,
    pub holds: Holds,
    /// For each row what it says; empty where it says nothing.
    pub cells: Vec<String>,
}

impl KnownRuns {
    /// Answers one question.
    pub fn ask(&self, question: &str) -> anyhow::Result<Answer> {
        let mut query = parsed(question)?;
        if query.visit(&mut Exact).is_break() {
            bail!("a number has more than {DIGITS} digits");
        }
        let mut context = SQLContext::new();
        for listing in catalog::tables() {
            context.register(&listing.name, self.table(&listing)?);
        }
        let mut frame = context.execute(&query.to_string())?;
        let columns = frame.collect_schema()?.len();
        if decide_order(&mut query, columns) {
            frame = context.execute(&query.to_string())?;
        }
        let frame = frame.collect()?;
        for (name, kind) in frame.schema().iter() {
            ensure!(
                !kind.is_float(),
                "{name} would be a binary fraction, which no amount is; let the question make it exact: \
                 CAST(x AS DECIMAL(38,4)) / y, SUM(x) / COUNT(*) for an average"
            );
        }
        Ok(Answer { frame })
    }

    fn table(&self, listing: &Listing) -> anyhow::Result<pl::LazyFrame> {
        let columns = |columns: Vec<Column>| whole(listing, columns);
        match listing.place {
            PlaceOf::Entries => Self::scan(listing, self.entry_files()?),
            PlaceOf::EveryRun if listing.columns.iter().any(|column| column.name == "is_latest") => {
                let latest = self.latest_files(listing)?;
                Self::scan(listing, latest)
            }
            PlaceOf::EveryRun => {
                let file = |run: &Run| Source::of_run(run, &format!("{}.parquet", listing.name));
                Self::scan(listing, self.runs.iter().map(file).collect())
            }
            PlaceOf::Reference(format) => {
                let known = self.runs.last().map(manifest).transpose()?;
                let kept = known.and_then(|mut manifest| manifest.reference.remove(&format.id));
                let file = kept.map(|kept| {
                    let folder = self.root.join(format!("date={}/run={}", kept.date, kept.run));
                    Source { path: folder.join(reference::file_name(&format.id)), ..Source::default() }
                });
                Self::scan(listing, file.into_iter().collect())
            }
            PlaceOf::Manifests => columns(self.manifests(&listing.name)?),
            PlaceOf::Here => columns(this_list()),
        }
    }

    fn scan(listing: &Listing, sources: Vec<Source>) -> anyhow::Result<pl::LazyFrame> {
        let schema = Arc::new(schema(listing));
        let scan = Scan { sources, schema: Arc::clone(&schema) };
        let arguments = pl::ScanArgsAnonymous { schema: Some(schema), ..pl::ScanArgsAnonymous::default() };
        Ok(pl::LazyFrame::anonymous_scan(Arc::new(scan), arguments)?)
    }

    /// Rows that were settled, but for cases taken back later; of the last run also those that are open.
    fn entry_files(&self) -> anyhow::Result<Vec<Source>> {
        let mut sources = Vec::new();
        for run in &self.runs {
            for (&ledger, is_open) in Ledger::ALL.iter().flat_map(|ledger| [(ledger, false), (ledger, true)])
            {
                if is_open && self.runs.last() != Some(run) {
                    continue;
                }
                let name = if is_open { "carried" } else { "entries" };
                let mut source = Source::of_run(run, &format!("{name}-{}.parquet", ledger.id()));
                if !durable::is_there(&source.path)? {
                    continue;
                }
                for (name, text) in
                    [("ledger", ledger.id()), ("party", ledger.party().id()), ("flow", ledger.flow().id())]
                {
                    source.says.push((name, Said::Text(text)));
                }
                source.says.push(("is_open", Said::Truth(vec![is_open])));
                if !is_open {
                    source.without = self.recalled.get(&run.date).cloned().unwrap_or_default();
                }
                sources.push(source);
            }
        }
        Ok(sources)
    }

    /// The file of each run, and for each of its rows whether it is the last word of its kind.
    fn latest_files(&self, listing: &Listing) -> anyhow::Result<Vec<Source>> {
        let last = self.runs.last();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut sources = Vec::new();
        for run in self.runs.iter().rev() {
            let mut source = Source::of_run(run, &format!("{}.parquet", listing.name));
            let frame = parquet::read_columns(&source.path, |name| ["finding_id", "key"].contains(&name))?;
            let latest = match frame.column("finding_id") {
                Some(Column::Text(ids)) => {
                    (0..frame.len()).map(|row| seen.insert(ids.get(row).to_owned())).collect()
                }
                _ => vec![last == Some(run); frame.len()],
            };
            source.says.push(("is_latest", Said::Truth(latest)));
            sources.push(source);
        }
        sources.reverse();
        Ok(sources)
    }

    fn manifests(&self, table: &str) -> anyhow::Result<Vec<Column>> {
        let mut lines: Vec<(&Run, Vec<String>)> = Vec::new();
        for run in &self.runs {
            let known = manifest(run)?;
            match table {
                "runs" => {
                    let rows: u64 = known.inputs.iter().map(|input| input.rows).sum();
                    let rejected: u64 = known.inputs.iter().map(|input| input.rejected).sum();
                    let rests_on = known.rests_on.map(|on| on.date.to_string()).unwrap_or_default();
                    let digest = digest(&run.path.join(super::MANIFEST))?;
                    let files = known.inputs.len().to_string();
                    let line =
                        vec![known.program, rests_on, files, rows.to_string(), rejected.to_string(), digest];
                    lines.push((run, line));
                }
                "inputs" => lines.extend(known.inputs.into_iter().map(|input| {
                    (run, vec![input.file, input.rows.to_string(), input.rejected.to_string(), input.yuan])
                })),
                "settings" => {
                    lines.extend(known.settings.into_iter().map(|(key, value)| (run, vec![key, value])));
                }
                "no_data" => {
                    lines.extend(
                        known.no_data.into_iter().map(|(rule, lacks)| (run, vec![rule, lacks.join(";")])),
                    );
                }
                other => unreachable!("no manifest tells {other}"),
            }
        }
        let listing = catalog::tables().into_iter().find(|of| of.name == table).expect("a listed table");
        let mut columns = vec![
            Column::Date(lines.iter().map(|(run, _)| Some(run.date)).collect()),
            Column::Count(lines.iter().map(|(run, _)| Some(run.number)).collect()),
        ];
        for (place, column) in listing.columns[2..].iter().enumerate() {
            let cells = lines.iter().map(|(_, line)| line[place].as_str());
            columns.push(spelt_out(column.holds, cells)?);
        }
        Ok(columns)
    }
}

/// Texts as what they spell.
fn spelt_out<'c>(holds: Holds, cells: impl Iterator<Item = &'c str>) -> anyhow::Result<Column> {
    let filled = |cell: &'c str| Some(cell).filter(|cell| !cell.is_empty());
    Ok(match holds {
        Holds::Text => {
            let mut texts = Texts::default();
            cells.for_each(|cell| texts.push(cell));
            Column::Text(texts)
        }
        Holds::Count => Column::Count(cells.map(|cell| filled(cell)?.parse().ok()).collect()),
        Holds::Day => Column::Date(cells.map(|cell| filled(cell)?.parse().ok()).collect()),
        Holds::Money => {
            let fens = cells.map(|cell| {
                let money =
                    filled(cell).map(|cell| cell.parse::<Money>().map_err(|_| anyhow!("no amount: {cell}")));
                anyhow::Ok(money.transpose()?.map(Money::fen))
            });
            Column::Money(fens.collect::<anyhow::Result<_>>()?)
        }
        Holds::Truth => unreachable!("no list spells out a truth"),
    })
}

fn this_list() -> Vec<Column> {
    let mut texts: [Texts; 5] = std::array::from_fn(|_| Texts::default());
    for table in catalog::tables() {
        for column in &table.columns {
            let holds = column.holds.title(crate::domain::lang::Lang::En);
            let cells = [&table.name, &column.name, holds, &column.zh, &column.en];
            texts.iter_mut().zip(cells).for_each(|(texts, cell)| texts.push(cell));
        }
    }
    texts.into_iter().map(Column::Text).collect()
}

/// A table that is held whole.
fn whole(listing: &Listing, columns: Vec<Column>) -> anyhow::Result<pl::LazyFrame> {
    let named = listing.columns.iter().map(|column| column.name.clone()).zip(columns);
    let frame = Frame::new(named.collect());
    Ok(parquet::group(&frame, 0..frame.len())?.lazy())
}

fn schema(listing: &Listing) -> pl::Schema {
    let field = |column: &catalog::ListedColumn| {
        let kind = match column.holds {
            Holds::Text => parquet::kind(&Column::Text(Texts::default())),
            Holds::Money => parquet::kind(&Column::Money(Vec::new())),
            Holds::Day => parquet::kind(&Column::Date(Vec::new())),
            Holds::Count => parquet::kind(&Column::Count(Vec::new())),
            Holds::Truth => pl::DataType::Boolean,
        };
        pl::Field::new(column.name.as_str().into(), kind)
    };
    listing.columns.iter().map(field).collect()
}

/// A file of a table, and what its place says of its rows.
#[derive(Default)]
struct Source {
    path: PathBuf,
    says: Vec<(&'static str, Said)>,
    /// Cases whose rows stand in a later run.
    without: BTreeSet<u32>,
}

/// What is said of the rows of a file: the same of all, or of each its own.
enum Said {
    Day(NaiveDate),
    Count(u32),
    Text(&'static str),
    Truth(Vec<bool>),
}

impl Source {
    fn of_run(run: &Run, file: &str) -> Self {
        let says = vec![("run_on", Said::Day(run.date)), ("run", Said::Count(run.number))];
        Self { path: run.path.join(file), says, without: BTreeSet::new() }
    }

    /// Whether no row of it can be wanted, as far as its place says.
    fn is_ruled_out(&self, conditions: &[pl::Expr]) -> pl::PolarsResult<bool> {
        let said: Vec<pl::Column> = self.says.iter().filter_map(|(name, said)| said.of_all(name)).collect();
        let place = pl::DataFrame::new(1, said)?;
        for condition in conditions {
            let names = condition.clone().meta().root_names();
            if !names.is_empty()
                && names.iter().all(|name| place.column(name).is_ok())
                && place.clone().lazy().filter(condition.clone()).collect()?.height() == 0
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Its rows that are wanted, of each the wanted columns; no more than so many.
    fn rows(
        &self,
        wanted: &pl::Schema,
        condition: Option<&pl::Expr>,
        most: usize,
    ) -> anyhow::Result<pl::DataFrame> {
        let reader = parquet::Reader::open(&self.path)?;
        let mut names: Vec<String> = Vec::new();
        for (name, kind) in reader.kinds() {
            let is_filter = name == "case_no" && !self.without.is_empty();
            match wanted.get(name) {
                Some(expected) => {
                    ensure!(expected == kind, "column {name} is {kind}, expected {expected}");
                    names.push(name.to_owned());
                }
                None if is_filter => names.push(name.to_owned()),
                None => {}
            }
        }
        let mut all = pl::DataFrame::empty_with_schema(wanted);
        let mut first = 0;
        for place in 0..reader.groups() {
            if all.height() >= most {
                break;
            }
            let height = reader.rows(place);
            let group = if names.is_empty() {
                pl::DataFrame::empty_with_height(height)
            } else {
                reader.group(place, &names)?
            };
            let mut columns = Vec::with_capacity(wanted.len());
            for (name, kind) in wanted.iter() {
                let said = self.says.iter().find(|(of, _)| of == name);
                columns.push(match said {
                    Some((name, said)) => said.column(name, first, height),
                    None => match group.column(name) {
                        Ok(column) => column.clone(),
                        Err(_) => pl::Column::full_null(name.clone(), height, kind),
                    },
                });
            }
            let mut kept = pl::DataFrame::new(height, columns)?;
            if !self.without.is_empty() {
                let cases = group.column("case_no").context("entries have cases")?.u32()?.clone();
                let stays = cases.iter().map(|case| !case.is_some_and(|case| self.without.contains(&case)));
                let mask: pl::BooleanChunked = stays.collect();
                kept = kept.filter(&mask)?;
            }
            if let Some(condition) = condition {
                kept = kept.lazy().filter(condition.clone()).collect()?;
            }
            all.vstack_mut_owned(kept)?;
            first += height;
        }
        Ok(all.head(Some(most)))
    }
}

impl Said {
    /// What it says of all rows; nothing where each has its own.
    fn of_all(&self, name: &str) -> Option<pl::Column> {
        let is_one = match self {
            Self::Truth(each) => each.len() == 1,
            _ => true,
        };
        is_one.then(|| self.column(name, 0, 1))
    }

    fn column(&self, name: &str, first: usize, rows: usize) -> pl::Column {
        let name = pl::PlSmallStr::from(name);
        match self {
            Self::Day(day) => {
                let day = pl::Int32Chunked::from_slice(name, &[day.to_epoch_days()]).into_date();
                day.into_column().new_from_index(0, rows)
            }
            Self::Count(count) => {
                pl::UInt32Chunked::from_slice(name, &[*count]).into_column().new_from_index(0, rows)
            }
            Self::Text(text) => pl::StringChunked::from_iter_values(name, [*text].into_iter())
                .into_column()
                .new_from_index(0, rows),
            Self::Truth(each) => {
                let each =
                    if each.len() == 1 { vec![each[0]; rows] } else { each[first..first + rows].to_vec() };
                pl::BooleanChunked::from_slice(name, &each).into_column()
            }
        }
    }
}

/// A table of many files as polars reads it.
struct Scan {
    sources: Vec<Source>,
    schema: pl::SchemaRef,
}

impl pl::AnonymousScan for Scan {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn allows_projection_pushdown(&self) -> bool {
        true
    }

    fn allows_predicate_pushdown(&self) -> bool {
        true
    }

    fn scan(&self, wanted: pl::AnonymousScanArgs) -> pl::PolarsResult<pl::DataFrame> {
        let schema = match &wanted.with_columns {
            None => pl::Schema::clone(&self.schema),
            Some(names) => {
                let field = |name: &pl::PlSmallStr| Ok((name.clone(), self.schema.try_get(name)?.clone()));
                names.iter().map(field).collect::<pl::PolarsResult<_>>()?
            }
        };
        let mut conditions = Vec::new();
        if let Some(condition) = &wanted.predicate {
            conjuncts(condition, &mut conditions);
        }
        // One file after another: polars reads the columns of each at once. Threads of our own would wait for its
        // threads, and those, when a question joins tables, for ours.
        let most = wanted.n_rows.unwrap_or(usize::MAX);
        let mut all = pl::DataFrame::empty_with_schema(&schema);
        for source in &self.sources {
            if all.height() == most {
                break;
            }
            if source.is_ruled_out(&conditions)? {
                continue;
            }
            let rows = source.rows(&schema, wanted.predicate.as_ref(), most - all.height());
            let rows = rows.map_err(|error| {
                pl::PolarsError::ComputeError(format!("{}: {error:#}", source.path.display()).into())
            })?;
            if rows.height() > 0 {
                all.vstack_mut_owned(rows)?;
            }
        }
        Ok(all)
    }
}

/// The conditions that must all hold.
fn conjuncts(of: &pl::Expr, into: &mut Vec<pl::Expr>) {
    match of {
        pl::Expr::BinaryExpr { left, op: pl::Operator::And | pl::Operator::LogicalAnd, right } => {
            conjuncts(left, into);
            conjuncts(right, into);
        }
        other => into.push(other.clone()),
    }
}

/// The one question that is asked.
fn parsed(question: &str) -> anyhow::Result<Query> {
    let statements = Parser::parse_sql(&GenericDialect, question)?;
    let [statement] = <[Statement; 1]>::try_from(statements)
        .map_err(|statements| anyhow!("one question at a time, found {}", statements.len()))?;
    match statement {
        Statement::Query(query) => Ok(*query),
        other => {
            let text = other.to_string();
            bail!(
                "only questions are answered, SELECT or WITH; found {}",
                text.split(' ').next().unwrap_or("")
            )
        }
    }
}

/// Digits a decimal has at most.
const DIGITS: usize = 38;

/// Makes every number with a point a decimal: as the question writes it, to the last digit.
struct Exact;

impl VisitorMut for Exact {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        // A list holds plain numbers only, so it is told as what it means.
        if let Expr::InList { expr: of, list, negated } = expr
            && list.iter().any(|item| decimal(item).is_some())
        {
            let equals = list.drain(..).map(|item| Expr::BinaryOp {
                left: of.clone(),
                op: BinaryOperator::Eq,
                right: Box::new(item),
            });
            let any = equals.reduce(|left, right| Expr::BinaryOp {
                left: Box::new(left),
                op: BinaryOperator::Or,
                right: Box::new(right),
            });
            let any = Expr::Nested(Box::new(any.expect("a list is not empty")));
            *expr = if *negated {
                Expr::UnaryOp { op: ast::UnaryOperator::Not, expr: Box::new(any) }
            } else {
                any
            };
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let Some((digits, scale)) = decimal(expr) else { return ControlFlow::Continue(()) };
        if digits > DIGITS {
            return ControlFlow::Break(());
        }
        let Expr::Value(value) = &expr else { unreachable!("a number is a value") };
        let text = ast::Value::SingleQuotedString(value.value.to_string());
        *expr = Expr::Cast {
            kind: ast::CastKind::Cast,
            expr: Box::new(Expr::Value(text.into())),
            data_type: ast::DataType::Decimal(ast::ExactNumberInfo::PrecisionAndScale(DIGITS as u64, scale)),
            array: false,
            format: None,
        };
        ControlFlow::Continue(())
    }
}

/// How many digits a number with a point has, and how many of them behind it.
fn decimal(expr: &Expr) -> Option<(usize, i64)> {
    let Expr::Value(value) = expr else { return None };
    let ast::Value::Number(text, _) = &value.value else { return None };
    let (whole, rest) = text.split_once('.')?;
    Some((whole.len() + rest.len(), i64::try_from(rest.len()).ok()?))
}

/// Lets the columns decide what the question leaves open of the order of its answer. Whether anything was open.
///
/// Rows that are only picked keep the order of the archive, so that a few of many cost no sorting.
fn decide_order(query: &mut Query, columns: usize) -> bool {
    let is_picked = match query.body.as_ref() {
        SetExpr::Select(select) => {
            let is_grouped = !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
            let is_joined = select.from.len() != 1
                || !select.from[0].joins.is_empty()
                || !matches!(select.from[0].relation, ast::TableFactor::Table { .. });
            !is_grouped && !is_joined && select.distinct.is_none() && query.with.is_none()
        }
        _ => false,
    };
    if is_picked && query.order_by.is_none() {
        return false;
    }
    let ordinals = (1..=columns).map(|place| OrderByExpr {
        expr: Expr::Value(ast::Value::Number(place.to_string(), false).into()),
        options: OrderByOptions { asc: None, nulls_first: None },
        with_fill: None,
    });
    let order = query
        .order_by
        .get_or_insert(OrderBy { kind: OrderByKind::Expressions(Vec::new()), interpolate: None });
    let OrderByKind::Expressions(by) = &mut order.kind else { return false };
    by.extend(ordinals);
    true
}

impl Answer {
    /// The columns, as texts.
    pub fn columns(&self) -> anyhow::Result<Vec<AnswerColumn>> {
        let column = |column: &pl::Column| {
            let holds = match column.dtype() {
                pl::DataType::Date => Holds::Day,
                pl::DataType::Decimal(_, 2) => Holds::Money,
                pl::DataType::Boolean => Holds::Truth,
                kind if kind.is_numeric() => Holds::Count,
                pl::DataType::String | pl::DataType::Null => Holds::Text,
                other => bail!("{} is {other}, which has no place in a table", column.name()),
            };
            let cells =
                (0..column.len()).map(|row| Ok(cell(&column.get(row)?))).collect::<anyhow::Result<_>>()?;
            Ok(AnswerColumn { name: column.name().to_string(), holds, cells })
        };
        self.frame.columns().iter().map(column).collect()
    }

    /// The answer as a Parquet file.
    pub fn parquet(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        pl::ParquetWriter::new(&mut bytes).finish(&mut self.frame.clone())?;
        Ok(bytes)
    }
}

fn cell(value: &pl::AnyValue<'_>) -> String {
    match value {
        pl::AnyValue::Null => String::new(),
        pl::AnyValue::String(text) => (*text).to_owned(),
        pl::AnyValue::StringOwned(text) => text.to_string(),
        pl::AnyValue::Boolean(truth) => truth.to_string(),
        pl::AnyValue::Date(days) => {
            NaiveDate::from_epoch_days(*days).map(|day| day.to_string()).unwrap_or_default()
        }
        pl::AnyValue::Decimal(digits, _, scale) => spell_decimal(*digits, *scale),
        other => other.to_string(),
    }
}

fn spell_decimal(digits: i128, scale: usize) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    let (whole, rest) = text.split_at(text.len() - scale);
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}
