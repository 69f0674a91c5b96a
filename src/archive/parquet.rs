//! Frames as Parquet files, by way of polars. No other module reads or writes them.
//!
//! Every column has a plain type that any engine reads: text, decimal, date and unsigned numbers. Which column means
//! what, where files lie and how they come into place whole is the archive's business.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::mem;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use chrono::{NaiveDate, Timelike};
use polars::polars_utils::compression::ZstdLevel;
use polars::prelude as pl;
use polars::prelude::{IntoColumn as _, NewChunkedArray as _, SchemaExt as _, SerReader as _};

use crate::domain::moment::Moment;
use crate::domain::table::{Column, Frame, Texts};

/// Rows a row group has at most: enough to compress well, few enough to hold several copies of.
pub(super) const GROUP_ROWS: usize = 1 << 16;

/// Bytes a page of a column has at most, about: what is asked for one row reads one page.
const PAGE_BYTES: usize = 1 << 15;

/// Rows that are read with those between them, rather than each by itself.
const NEAR_ROWS: usize = 1 << 8;

/// Where so few rows of a group come to one that is wanted, the group is read whole.
const DENSE_ROWS: usize = 1 << 11;

/// Money is a decimal of fen: 18 digits are the most that Parquet keeps in 64 bits.
const MONEY_DIGITS: usize = 18;
const MONEY_SCALE: usize = 2;

/// The archive is written each day and read seldom: the fastest level.
const ZSTD_LEVEL: i32 = 1;

/// Writes the frames one after another as one file, each in row groups of its own. The same frames give the same
/// bytes. All have the columns of the first, so there is at least one; it may be without rows.
pub(super) fn write(path: &Path, frames: impl Iterator<Item = Frame>) -> anyhow::Result<()> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    write_frames(&file, frames).with_context(|| format!("cannot write {}", path.display()))
}

fn write_frames(file: &File, frames: impl Iterator<Item = Frame>) -> anyhow::Result<()> {
    let mut frames = frames.peekable();
    let schema = schema(frames.peek().context("no frame says what columns there are")?);
    let mut buffer = BufWriter::with_capacity(1 << 20, file);
    let mut writer = pl::ParquetWriter::new(&mut buffer)
        .with_compression(pl::ParquetCompression::Zstd(Some(ZstdLevel::try_new(ZSTD_LEVEL)?)))
        .with_data_page_size(Some(PAGE_BYTES))
        .batched(&schema)?;
    for frame in frames {
        // polars takes the columns as they come, so a stray one would spoil the file unnoticed.
        ensure!(self::schema(&frame) == schema, "the frames differ in their columns");
        for start in (0..frame.len()).step_by(GROUP_ROWS) {
            writer.write_batch(&group(&frame, start..frame.len().min(start + GROUP_ROWS))?)?;
        }
    }
    // Not its `finish`, which adds a schema of its own: by that, pyarrow reads texts as a type it can do little with.
    writer.get_writer().lock().expect("no thread panicked").end(Some(Vec::new()))?;
    drop(writer);
    buffer.flush()?;
    Ok(())
}

/// Reads a file back as it was written, but for moments: they come as texts, blank where there was none.
pub(super) fn read(path: &Path) -> anyhow::Result<Frame> {
    read_columns(path, |_| true)
}

/// Reads some columns of a file, those whose names are wanted.
pub(super) fn read_columns(path: &Path, is_wanted: impl Fn(&str) -> bool) -> anyhow::Result<Frame> {
    read_frame(path, is_wanted).with_context(|| format!("cannot read {}", path.display()))
}

fn read_frame(path: &Path, is_wanted: impl Fn(&str) -> bool) -> anyhow::Result<Frame> {
    Reader::open(path)?.whole(is_wanted)
}

/// A file that is read group by group, so that only one of them is held twice.
///
/// What many threads read at once, each reads alone: a thread that waited for those of polars would take up the next of its
/// own tasks meanwhile, one inside the other, until its stack is full.
pub(super) struct Reader {
    file: File,
    parallel: pl::ParallelStrategy,
    /// For each group what stands at the file's end, as if the group were alone in it.
    groups: Vec<Arc<pl::FileMetadata>>,
    schema: pl::Schema,
}

impl Reader {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path)?;
        let mut reader = pl::ParquetReader::new(file.try_clone()?);
        let schema = pl::Schema::from_arrow_schema(reader.schema()?.as_ref());
        let mut metadata = pl::FileMetadata::clone(reader.get_metadata()?);
        let groups = mem::take(&mut metadata.row_groups).into_iter().map(|group| {
            let mut alone = metadata.clone();
            alone.num_rows = group.num_rows();
            alone.row_groups.push(group);
            Arc::new(alone)
        });
        Ok(Self { file, parallel: pl::ParallelStrategy::Auto, groups: groups.collect(), schema })
    }

    /// The same on the calling thread alone.
    pub(super) fn alone(path: &Path) -> anyhow::Result<Self> {
        Ok(Self { parallel: pl::ParallelStrategy::None, ..Self::open(path)? })
    }

    /// The names of its columns and their types.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (&str, &pl::DataType)> {
        self.schema.iter().map(|(name, kind)| (name.as_str(), kind))
    }

    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// How many rows a group has.
    pub(super) fn rows(&self, place: usize) -> usize {
        self.groups[place].num_rows
    }

    /// Some columns of a group, in the order of the file.
    pub(super) fn group(&self, place: usize, names: &[String]) -> anyhow::Result<pl::DataFrame> {
        self.slice(place, 0..self.rows(place), names)
    }

    /// Some columns of some rows of a group. Of pages without any of them only the heads are read.
    fn slice(&self, place: usize, rows: Range<usize>, names: &[String]) -> anyhow::Result<pl::DataFrame> {
        let mut reader = pl::ParquetReader::new(self.file.try_clone()?)
            .with_columns(Some(names.to_vec()))
            .with_slice(Some((rows.start, rows.len())))
            .read_parallel(self.parallel);
        reader.set_metadata(Arc::clone(&self.groups[place]));
        Ok(reader.finish()?)
    }

    /// Whether it has a column of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.schema.contains(name)
    }

    /// Some columns of all groups.
    pub(super) fn whole(&self, is_wanted: impl Fn(&str) -> bool) -> anyhow::Result<Frame> {
        let mut columns = self.blanks(is_wanted)?;
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        for group in 0..self.groups() {
            self.append_group(group, &names, &mut columns)?;
        }
        Ok(Frame::new(columns))
    }

    /// Some columns of a group, as a frame.
    pub(super) fn frame(&self, place: usize, is_wanted: impl Fn(&str) -> bool) -> anyhow::Result<Frame> {
        let mut columns = self.blanks(is_wanted)?;
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        self.append_group(place, &names, &mut columns)?;
        Ok(Frame::new(columns))
    }

    /// Some rows of a group, ascending, with all columns.
    pub(super) fn some(&self, place: usize, rows: &[usize]) -> anyhow::Result<Frame> {
        let mut columns = self.blanks(|_| true)?;
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let all = [rows];
        let stretches: Vec<&[usize]> = if rows.len() > self.rows(place) / DENSE_ROWS {
            all.into_iter().filter(|rows| !rows.is_empty()).collect()
        } else {
            rows.chunk_by(|a, b| b - a < NEAR_ROWS).collect()
        };
        for rows in stretches {
            let (first, last) = (rows[0], rows[rows.len() - 1]);
            let wanted = rows.iter().map(|row| pl::IdxSize::try_from(row - first));
            let wanted = pl::IdxCa::from_vec("row".into(), wanted.collect::<Result<Vec<_>, _>>()?);
            append_all(self.slice(place, first..last + 1, &names)?.take(&wanted)?, &mut columns)?;
        }
        Ok(Frame::new(columns))
    }

    /// Columns without rows, in the order of the file.
    fn blanks(&self, is_wanted: impl Fn(&str) -> bool) -> anyhow::Result<Vec<(String, Column)>> {
        let wanted = self.kinds().filter(|(name, _)| is_wanted(name));
        let blank = |(name, kind): (&str, &pl::DataType)| {
            Ok((name.to_owned(), blank(kind).with_context(|| format!("column {name}"))?))
        };
        wanted.map(blank).collect()
    }

    fn append_group(
        &self,
        place: usize,
        names: &[String],
        columns: &mut [(String, Column)],
    ) -> anyhow::Result<()> {
        append_all(self.group(place, names)?, columns)
    }
}

fn append_all(frame: pl::DataFrame, columns: &mut [(String, Column)]) -> anyhow::Result<()> {
    for (values, (name, column)) in frame.into_columns().into_iter().zip(columns) {
        append(&values.take_materialized_series(), column).with_context(|| format!("column {name}"))?;
    }
    Ok(())
}

fn schema(frame: &Frame) -> pl::Schema {
    frame.columns().iter().map(|(name, column)| pl::Field::new(name.as_str().into(), kind(column))).collect()
}

/// The type a column has in the file.
pub(super) fn kind(column: &Column) -> pl::DataType {
    match column {
        Column::Text(_) | Column::Moment(_) => pl::DataType::String,
        Column::Money(_) => pl::DataType::Decimal(MONEY_DIGITS, MONEY_SCALE),
        Column::Date(_) => pl::DataType::Date,
        Column::Count(_) => pl::DataType::UInt32,
        Column::Digest(_) => pl::DataType::UInt64,
        Column::Code(_) => panic!("a frame has no codes"),
    }
}

/// The column a type in a file stands for, without rows.
fn blank(kind: &pl::DataType) -> anyhow::Result<Column> {
    Ok(match kind {
        pl::DataType::String => Column::Text(Texts::default()),
        pl::DataType::Decimal(_, MONEY_SCALE) => Column::Money(Vec::new()),
        pl::DataType::Date => Column::Date(Vec::new()),
        pl::DataType::UInt32 => Column::Count(Vec::new()),
        pl::DataType::UInt64 => Column::Digest(Vec::new()),
        other => bail!("no column is kept as {other}"),
    })
}

/// Some rows of a frame as polars has them.
pub(super) fn group(frame: &Frame, rows: Range<usize>) -> pl::PolarsResult<pl::DataFrame> {
    let columns =
        frame.columns().iter().map(|(name, column)| values(name.as_str().into(), column, rows.clone()));
    pl::DataFrame::new(rows.len(), columns.collect::<pl::PolarsResult<_>>()?)
}

fn values(name: pl::PlSmallStr, column: &Column, rows: Range<usize>) -> pl::PolarsResult<pl::Column> {
    Ok(match column {
        Column::Text(texts) => {
            // What is blank is no text, so that it joins nothing and counts for nothing.
            let texts = rows.map(|row| Some(texts.get(row)).filter(|text| !text.is_empty()));
            pl::StringChunked::from_iter_options(name, texts).into_column()
        }
        Column::Money(fens) => {
            let fens = fens[rows].iter().map(|fen| fen.map(i128::from));
            // This refuses what has more digits.
            pl::Int128Chunked::from_iter_options(name, fens)
                .into_decimal(MONEY_DIGITS, MONEY_SCALE)?
                .into_column()
        }
        Column::Date(dates) => {
            let days = dates[rows].iter().map(|date| date.map(|date| date.to_epoch_days()));
            pl::Int32Chunked::from_iter_options(name, days).into_date().into_column()
        }
        Column::Moment(moments) => spelt(name, &moments[rows]).into_column(),
        Column::Count(counts) => pl::UInt32Chunked::from_slice_options(name, &counts[rows]).into_column(),
        Column::Digest(digests) => pl::UInt64Chunked::from_slice(name, &digests[rows]).into_column(),
        Column::Code(_) => panic!("a frame has no codes"),
    })
}

/// Moments as texts: a timestamp could not say that the time of day is unknown.
fn spelt(name: pl::PlSmallStr, moments: &[Option<Moment>]) -> pl::StringChunked {
    let mut texts = pl::StringChunkedBuilder::new(name, moments.len());
    let mut text = String::new();
    for moment in moments {
        texts.append_option(moment.map(|moment| {
            text.clear();
            spell(moment, &mut text);
            text.as_str()
        }));
    }
    texts.finish()
}

/// As the moment displays itself; chrono reads its pattern anew for each time, which for millions is most of a write.
fn spell(moment: Moment, into: &mut String) {
    write!(into, "{}", moment.date).expect("a text takes anything");
    let Some(time) = moment.time else { return };
    for (mark, number) in [(' ', time.hour()), (':', time.minute()), (':', time.second())] {
        into.push(mark);
        into.extend([number / 10, number % 10].map(|digit| char::from_digit(digit, 10).expect("a digit")));
    }
}

/// Appends what was read to a column made by [`blank`] for its type.
fn append(values: &pl::Series, column: &mut Column) -> anyhow::Result<()> {
    match column {
        Column::Text(texts) => values.str()?.iter().for_each(|text| texts.push(text.unwrap_or_default())),
        Column::Money(fens) => {
            for fen in values.decimal()?.physical().iter() {
                fens.push(fen.map(i64::try_from).transpose().context("an amount beyond any money")?);
            }
        }
        Column::Date(dates) => {
            for days in values.date()?.physical().iter() {
                let date =
                    days.map(|days| NaiveDate::from_epoch_days(days).context("a day beyond any calendar"));
                dates.push(date.transpose()?);
            }
        }
        Column::Count(counts) => counts.extend(values.u32()?.iter()),
        Column::Digest(digests) => {
            ensure!(values.null_count() == 0, "a digest is missing");
            digests.extend(values.u64()?.no_null_iter());
        }
        Column::Code(_) | Column::Moment(_) => panic!("no type in a file stands for {column:?}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn texts(of: &[&str]) -> Texts {
        let mut texts = Texts::default();
        for text in of {
            texts.push(text);
        }
        texts
    }

    fn date(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    fn moment(day: &str, time: Option<&str>) -> Option<Moment> {
        date(day).map(|date| Moment { date, time: time.map(|time| time.parse().expect("a time")) })
    }

    /// A frame with a column of every kind.
    fn frame() -> Frame {
        Frame::new(vec![
            ("名称".into(), Column::Text(texts(&["", "广州市第一国库", "a text too long for a view", "x"]))),
            (
                "amount".into(),
                Column::Money(vec![
                    Some(-100_000_000_000_000_001),
                    None,
                    Some(999_999_999_999_999_999),
                    Some(-1),
                ]),
            ),
            (
                "booked_on".into(),
                Column::Date(vec![date("2026-03-02"), None, date("1969-12-31"), date("9999-12-31")]),
            ),
            (
                "accepted_at".into(),
                Column::Moment(vec![
                    moment("2026-03-02", Some("14:05:00")),
                    moment("2026-03-02", None),
                    None,
                    moment("0099-01-09", Some("00:00:09.5")),
                ]),
            ),
            ("count".into(), Column::Count(vec![Some(u32::MAX), Some(0), None, Some(7)])),
            ("digest".into(), Column::Digest(vec![u64::MAX, 0, 1 << 63, 7])),
        ])
    }

    fn emptied(frame: &Frame) -> Frame {
        Frame::new(frame.columns().iter().map(|(name, column)| (name.clone(), column.emptied())).collect())
    }

    /// What reading gives: moments have become texts.
    fn archived(frame: &Frame) -> Frame {
        let columns = frame.columns().iter().map(|(name, column)| match column {
            Column::Moment(moments) => {
                let mut texts = Texts::default();
                for moment in moments {
                    texts.push(&moment.map_or_else(String::new, |moment| moment.to_string()));
                }
                (name.clone(), Column::Text(texts))
            }
            column => (name.clone(), column.clone()),
        });
        Frame::new(columns.collect())
    }

    fn written(frames: &[Frame]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("frames.parquet");
        write(&path, frames.iter().cloned()).expect("written");
        (folder, path)
    }

    #[track_caller]
    fn assert_reads(frames: &[Frame], expected: &Frame) {
        let (_folder, path) = written(frames);
        let read = read(&path).expect("read");
        assert_eq!(format!("{read:?}"), format!("{:?}", archived(expected)));
    }

    #[test]
    fn every_kind_of_column_comes_back() {
        assert_reads(&[frame()], &frame());
    }

    #[test]
    fn columns_without_any_value_come_back() {
        let mut columns = emptied(&frame()).columns().to_vec();
        for (_, column) in &mut columns {
            column.push_blanks(3);
        }
        let blank = Frame::new(columns);
        assert_reads(std::slice::from_ref(&blank), &blank);
    }

    #[test]
    fn frames_without_rows_keep_their_columns() {
        let empty = emptied(&frame());
        assert_reads(std::slice::from_ref(&empty), &empty);
        assert_reads(&[empty.clone(), empty.clone()], &empty);
        assert_reads(&[empty.clone(), frame(), empty], &frame());
    }

    #[test]
    fn frames_follow_one_another_and_are_cut_into_groups() {
        let rows = GROUP_ROWS + 5;
        let ones = Frame::new(vec![("n".into(), Column::Digest((0..rows as u64).collect()))]);
        let more = Frame::new(vec![("n".into(), Column::Digest(vec![3, 2, 1]))]);
        let all = (0..rows as u64).chain([3, 2, 1]).collect();
        assert_reads(&[ones, more], &Frame::new(vec![("n".into(), Column::Digest(all))]));
    }

    #[test]
    fn the_same_frames_give_the_same_bytes() {
        let mut names = Texts::default();
        for row in 0..GROUP_ROWS {
            names.push(&format!("taxpayer {}", row % 3_000));
        }
        let frames = [Frame::new(vec![("name".into(), Column::Text(names))])];
        let ((_one, first), (_two, second)) = (written(&frames), written(&frames));
        assert!(fs::read(first).expect("read") == fs::read(second).expect("read"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("frames.parquet");
        let refused = |frames: Vec<Frame>| format!("{:#}", write(&path, frames.into_iter()).unwrap_err());
        assert!(refused(Vec::new()).contains("no frame"));
        let other = Frame::new(vec![("amount".into(), Column::Digest(Vec::new()))]);
        assert!(refused(vec![frame(), other]).contains("differ in their columns"));
        let vast = Frame::new(vec![("amount".into(), Column::Money(vec![Some(1_000_000_000_000_000_000)]))]);
        assert!(refused(vec![vast]).contains("precision"));
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("frames.parquet");
        read(&path).unwrap_err();
        for broken in [&b""[..], b"PAR1", b"no Parquet file at all, but longer"] {
            fs::write(&path, broken).expect("written");
            read(&path).unwrap_err();
        }
    }

    #[test]
    fn moments_are_spelt_as_they_display() {
        for moment in [
            moment("2026-03-02", Some("14:05:09")),
            moment("2026-12-31", Some("23:59:59.999")),
            moment("0007-01-01", Some("00:00:00")),
            moment("+12026-03-02", None),
        ] {
            let moment = moment.expect("a moment");
            let mut text = String::new();
            spell(moment, &mut text);
            assert_eq!(text, moment.to_string());
        }
    }
}
