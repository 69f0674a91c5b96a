//! The sheets of an OpenDocument spreadsheet, read as a stream.
//!
//! Repetitions are unfolded into the grid only, against its budget. Names are taken with their usual prefixes, as
//! every office program writes them.

use std::io::{BufRead, BufReader, Cursor};

use calamine::{CellErrorType, Data, Dimensions};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::ledger::grid::Nature;

use super::shown::{Budget, COLUMNS_MAX, Cells, ROWS_MAX, show, spread};
use super::{Refusal, SHEETS_MAX, Sheet};
use crate::ledger::serial::DateSystem;

/// What a run of spaces may stand for: a cell's worth.
const SPACES_MAX: usize = 32_767;
/// What stands inside a cell, row or sheet without being its content.
const ASIDE: [&str; 4] = ["office:annotation", "table:shapes", "office:forms", "text:note"];

impl From<quick_xml::Error> for Refusal {
    fn from(error: quick_xml::Error) -> Self {
        Self::corrupt(error)
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, Refusal> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    let mut xml = Reader::from_reader(BufReader::new(zip.by_name("content.xml")?));
    xml.config_mut().expand_empty_elements = true;
    let mut reading = Reading::default();
    let mut budget = Budget::new();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer)? {
            Event::Eof => break,
            Event::Start(tag) => match tag.name().as_ref() {
                "style:style" => reading.style = attribute(&tag, "style:name")?,
                "style:table-properties" if attribute(&tag, "table:display")?.as_deref() == Some("false") => {
                    reading.hidden_styles.extend(reading.style.clone());
                }
                "table:null-date" => {
                    let first = attribute(&tag, "table:date-value")?;
                    reading.is_1904 = first.as_deref() == Some("1904-01-01");
                }
                "table:table" => {
                    if reading.sheets.len() == SHEETS_MAX {
                        return Err(Refusal::TooLarge("超过 512 张工作表", "more than 512 sheets"));
                    }
                    let sheet = reading.sheet(&tag, &mut xml, &mut budget)?;
                    reading.sheets.push(sheet);
                }
                _ => (),
            },
            _ => (),
        }
    }
    if reading.sheets.is_empty() {
        return Err(Refusal::Corrupt("no sheet in content.xml".into()));
    }
    Ok(reading.sheets)
}

#[derive(Default)]
struct Reading {
    sheets: Vec<Sheet>,
    /// The style whose properties are read.
    style: Option<String>,
    hidden_styles: Vec<String>,
    is_1904: bool,
}

/// A cell as it is read, and how often it stands.
#[derive(Default)]
struct Cell {
    repeat: u32,
    /// Rows and columns it covers.
    span: (u32, u32),
    text: String,
    nature: Option<Nature>,
}

impl Reading {
    fn sheet<R: BufRead>(
        &self,
        tag: &BytesStart<'_>,
        xml: &mut Reader<R>,
        budget: &mut Budget,
    ) -> Result<Sheet, Refusal> {
        let name = attribute(tag, "table:name")?.unwrap_or_default();
        let style = attribute(tag, "table:style-name")?;
        let dates = DateSystem::of(self.is_1904);
        let is_hidden = style.is_some_and(|style| self.hidden_styles.contains(&style));
        let mut merges = Vec::new();
        let mut cells = Cells::new(budget);
        let mut next_row = 0_u32;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer)? {
                Event::Start(tag) if tag.name().as_ref() == "table:table-row" => {
                    let repeat = number(&tag, "table:number-rows-repeated")?;
                    let row = read_row(xml, dates)?;
                    let end = next_row.saturating_add(repeat);
                    if !row.is_empty() {
                        if end > ROWS_MAX {
                            return Err(Refusal::TooLarge(
                                "单元格超出第 1048576 行或 XFD 列",
                                "a cell beyond row 1048576 or column XFD",
                            ));
                        }
                        for number in next_row..end {
                            place(&row, number, &mut cells, &mut merges)?;
                        }
                    }
                    next_row = end;
                }
                Event::Start(tag) if is_aside(&tag) => skip(&tag, xml)?,
                Event::End(tag) if tag.name().as_ref() == "table:table" => break,
                Event::Eof => return Err(Refusal::Corrupt("content.xml ends inside a sheet".into())),
                _ => (),
            }
        }
        let grid = cells.finish();
        Ok(Sheet { name, is_hidden, grid: spread(grid, merges, budget)?, dates })
    }
}

fn place(
    row: &[Cell],
    number: u32,
    cells: &mut Cells<'_>,
    merges: &mut Vec<Dimensions>,
) -> Result<(), Refusal> {
    let mut column = 0_u32;
    for cell in row {
        let end = column.saturating_add(cell.repeat);
        if let Some(nature) = cell.nature {
            for column in column..end {
                cells.place((number, column), &cell.text, nature)?;
            }
        }
        if cell.span != (1, 1) && cell.repeat == 1 {
            let last = (number.saturating_add(cell.span.0 - 1), column.saturating_add(cell.span.1 - 1));
            merges.push(Dimensions::new((number, column), last));
        }
        column = end;
    }
    Ok(())
}

/// The cells of a row up to its last with content.
fn read_row<R: BufRead>(xml: &mut Reader<R>, dates: DateSystem) -> Result<Vec<Cell>, Refusal> {
    let mut row: Vec<Cell> = Vec::new();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer)? {
            Event::Start(tag) => match tag.name().as_ref() {
                "table:table-cell" | "table:covered-table-cell" => row.push(read_cell(&tag, xml, dates)?),
                _ => skip(&tag, xml)?,
            },
            Event::End(tag) if tag.name().as_ref() == "table:table-row" => break,
            Event::Eof => return Err(Refusal::Corrupt("content.xml ends inside a row".into())),
            _ => (),
        }
        if row.len() > COLUMNS_MAX as usize {
            return Err(Refusal::TooLarge(
                "单元格超出第 1048576 行或 XFD 列",
                "a cell beyond row 1048576 or column XFD",
            ));
        }
    }
    while row.last().is_some_and(|cell| cell.nature.is_none()) {
        row.pop();
    }
    Ok(row)
}

fn read_cell<R: BufRead>(
    tag: &BytesStart<'_>,
    xml: &mut Reader<R>,
    dates: DateSystem,
) -> Result<Cell, Refusal> {
    let mut cell = Cell {
        repeat: number(tag, "table:number-columns-repeated")?,
        span: (number(tag, "table:number-rows-spanned")?, number(tag, "table:number-columns-spanned")?),
        ..Cell::default()
    };
    let end = tag.name().as_ref().to_owned();
    let kind = attribute(tag, "calcext:value-type")?.filter(|kind| kind == "error");
    let kind = kind.or(attribute(tag, "office:value-type")?);
    let formula = attribute(tag, "table:formula")?;
    let value = match kind.as_deref() {
        Some("float" | "percentage" | "currency") => attribute(tag, "office:value")?
            .map(|number| number.trim().parse().map(Data::Float).map_err(Refusal::corrupt))
            .transpose()?,
        Some("date") => attribute(tag, "office:date-value")?.map(Data::DateTimeIso),
        Some("boolean") => attribute(tag, "office:boolean-value")?.map(|flag| Data::Bool(flag == "true")),
        Some("string") => attribute(tag, "office:string-value")?.map(Data::String),
        _ => None,
    };
    let shown = shown_text(&end, xml)?;
    match (value, kind.as_deref()) {
        (Some(value), _) => {
            let nature = show(&value, dates, &mut cell.text);
            cell.nature = Some(nature);
        }
        (None, Some("error")) => {
            cell.text = if shown.is_empty() { CellErrorType::Value.to_string() } else { shown };
            cell.nature = Some(Nature::Error);
        }
        (None, None) if shown.is_empty() => {
            if let Some(formula) = formula {
                // The prefix says which program's formulas these are: `of:=A1`.
                let bare = formula.find('=').map_or(formula.as_str(), |start| &formula[start..]);
                bare.clone_into(&mut cell.text);
                cell.nature = Some(Nature::Uncomputed);
            }
        }
        (None, Some("time")) if shown.is_empty() => {
            cell.text = attribute(tag, "office:time-value")?.unwrap_or_default();
            cell.nature = Some(Nature::Text);
        }
        (None, _) => {
            cell.text = shown;
            cell.nature = Some(Nature::Text);
        }
    }
    if cell.text.is_empty() {
        cell.nature = None;
    }
    Ok(cell)
}

/// The paragraphs of a cell, up to its end.
fn shown_text<R: BufRead>(cell: &str, xml: &mut Reader<R>) -> Result<String, Refusal> {
    let mut text = String::new();
    let mut paragraphs = 0;
    let mut depth = 0_usize;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer)? {
            Event::Start(tag) => match tag.name().as_ref() {
                "text:p" | "text:h" => {
                    if paragraphs > 0 {
                        text.push('\n');
                    }
                    paragraphs += 1;
                    depth += 1;
                }
                "text:s" => {
                    let count = number(&tag, "text:c")? as usize;
                    if count > SPACES_MAX {
                        return Err(Refusal::TooLarge(
                            "连续 32767 个以上空格",
                            "a run of more than 32767 spaces",
                        ));
                    }
                    text.extend(std::iter::repeat_n(' ', count));
                }
                "text:tab" => text.push('\t'),
                "text:line-break" => text.push('\n'),
                name if ASIDE.contains(&name) || name.starts_with("draw:") || name == "table:table" => {
                    skip(&tag, xml)?;
                }
                _ => (),
            },
            Event::Text(piece) if depth > 0 => text.push_str(&piece.xml10_content()),
            Event::CData(piece) if depth > 0 => text.push_str(&piece.xml10_content()),
            Event::GeneralRef(name) if depth > 0 => {
                text.push_str(&unescape(&format!("&{};", name.xml10_content())).map_err(Refusal::corrupt)?);
            }
            Event::End(tag) => match tag.name().as_ref() {
                "text:p" | "text:h" => depth = depth.saturating_sub(1),
                name if name == cell => return Ok(text),
                _ => (),
            },
            Event::Eof => return Err(Refusal::Corrupt("content.xml ends inside a cell".into())),
            _ => (),
        }
    }
}

fn is_aside(tag: &BytesStart<'_>) -> bool {
    ASIDE.contains(&tag.name().as_ref())
}

fn skip<R: BufRead>(tag: &BytesStart<'_>, xml: &mut Reader<R>) -> Result<(), Refusal> {
    xml.read_to_end_into(tag.to_end().name(), &mut Vec::new())?;
    Ok(())
}

pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, Refusal> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(Refusal::corrupt)?;
        if attribute.key.as_ref() == name {
            return Ok(Some(unescape(&attribute.value).map_err(Refusal::corrupt)?.into_owned()));
        }
    }
    Ok(None)
}

/// A count, which is 1 where nothing is said.
fn number(tag: &BytesStart<'_>, name: &str) -> Result<u32, Refusal> {
    let Some(text) = attribute(tag, name)? else { return Ok(1) };
    text.trim().parse().map(|count: u32| count.max(1)).map_err(Refusal::corrupt)
}
