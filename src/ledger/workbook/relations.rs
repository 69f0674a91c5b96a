//! Which part of an xlsx holds which sheet: calamine knows, and does not tell.

use std::io::{BufReader, Cursor};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use rustc_hash::FxHashMap;
use zip::ZipArchive;

use super::Refusal;
use super::open_document::attribute;

const BOOK: &str = "xl/workbook.xml";
const RELATIONS: &str = "xl/_rels/workbook.xml.rels";

/// The names of sheets and the names of their parts, in lower case. What stands elsewhere than usual is left out.
pub(super) fn sheet_parts(bytes: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    let mut targets = FxHashMap::default();
    each_tag(&mut zip, RELATIONS, |tag| {
        if tag.local_name().as_ref() == "Relationship"
            && let (Some(id), Some(target)) = (attribute(tag, "Id")?, attribute(tag, "Target")?)
        {
            let part = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            targets.insert(id, part.to_ascii_lowercase());
        }
        Ok(())
    })?;
    let mut parts = Vec::new();
    each_tag(&mut zip, BOOK, |tag| {
        if tag.local_name().as_ref() == "sheet"
            && let (Some(name), Some(id)) = (attribute(tag, "name")?, attribute(tag, "r:id")?)
            && let Some(part) = targets.get(&id)
        {
            parts.push((name, part.clone()));
        }
        Ok(())
    })?;
    Ok(parts)
}

fn each_tag(
    zip: &mut ZipArchive<Cursor<&[u8]>>,
    part: &str,
    mut see: impl FnMut(&BytesStart<'_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    if zip.index_for_name(part).is_none() {
        return Ok(());
    }
    let mut xml = Reader::from_reader(BufReader::new(zip.by_name(part)?));
    xml.config_mut().check_end_names = false;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer)? {
            Event::Start(tag) | Event::Empty(tag) => see(&tag)?,
            Event::Eof => return Ok(()),
            _ => (),
        }
    }
}
