//! What stands above a header, or between the rows of one account and those of the next: 单位：万元, 账号：…, in one
//! cell or in two.

use crate::domain::field::Field;
use crate::domain::money::Unit;

use super::cell;
use super::denomination::{self, Place, Said};
use super::format::{ColumnFormat, Format, Type, exact_header};
use super::grid::Nature;
use super::serial::DateSystem;

/// No title is longer.
const TITLE_BYTES_MAX: usize = 4096;

/// What such lines say.
#[derive(Debug, Default)]
pub struct Preamble<'f> {
    /// Units, and the texts that state them.
    units: Vec<(Unit, String)>,
    /// A statement of a unit that is not understood.
    unclear: Option<String>,
    /// A statement of another currency.
    pub foreign: Option<String>,
    /// A title that speaks of one, which a profile may know better.
    pub foreign_title: Option<String>,
    /// Whether the currency is said to be the yuan.
    pub says_yuan: bool,
    /// Columns that hold the same in every row, the label that says so, and what it says.
    pub fields: Vec<(&'f ColumnFormat, String, String)>,
    /// Labels of such columns and what stands behind them, even where it cannot be used.
    pub labels: Vec<(Field, String)>,
}

impl<'f> Preamble<'f> {
    pub fn of(rows: &[(u32, Vec<(&str, Nature)>)], format: &'f Format) -> Self {
        let mut preamble = Self::default();
        for (_, cells) in rows {
            let texts: Vec<&str> = cells.iter().map(|(text, _)| *text).collect();
            preamble.read(&texts, format);
        }
        preamble
    }

    /// Reads one row.
    pub fn read(&mut self, cells: &[&str], format: &'f Format) {
        let is_title = |text: &&str| !text.is_empty() && text.len() <= TITLE_BYTES_MAX;
        let filled: Vec<&str> = cells.iter().map(|text| cell::clean_text(text)).filter(is_title).collect();
        for (index, text) in filled.iter().enumerate() {
            let next = filled.get(index + 1).copied().filter(|next| !next.contains(COLONS)).unwrap_or("");
            self.read_brackets(text, next);
            let pairs = pairs(text);
            let Some(((label, value), pairs)) = pairs.split_last() else {
                self.read_title(text, next, format);
                continue;
            };
            for (label, value) in pairs {
                self.take(label, value, true, format);
            }
            if value.is_empty() {
                self.take(label, next, false, format);
            } else {
                self.take(label, value, true, format);
            }
        }
    }

    /// Reads of a row nothing but labels with their values in the same cell.
    pub fn read_labels(&mut self, cells: &[(&str, Nature)], format: &'f Format) {
        let texts = cells.iter().map(|(text, _)| cell::clean_text(text));
        for (label, value) in texts.filter(|text| text.len() <= TITLE_BYTES_MAX).flat_map(pairs) {
            self.take(label, value, true, format);
        }
    }

    /// The unit stated, or the statements that are not understood or contradict each other.
    pub fn unit(&self) -> Result<Option<Unit>, String> {
        if let Some(text) = &self.unclear {
            return Err(text.clone());
        }
        let Some((first, text)) = self.units.first() else { return Ok(None) };
        match self.units.iter().find(|(unit, _)| unit != first) {
            Some((_, other)) => Err(format!("{text} / {other}")),
            None => Ok(Some(*first)),
        }
    }

    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        let is_foreign = self.foreign.is_some() || self.foreign_title.is_some();
        let says_money = self.says_yuan || self.unclear.is_some() || is_foreign;
        !says_money && self.units.is_empty() && self.labels.is_empty()
    }

    /// Takes down a statement; whether the text was one.
    fn state(&mut self, said: Option<Said>, text: &str) -> bool {
        match said {
            Some(Said::Unit(unit)) => self.units.push((unit, text.to_owned())),
            Some(Said::Unclear) => self.unclear = Some(text.to_owned()),
            Some(Said::Foreign) => self.foreign = Some(text.to_owned()),
            Some(Said::Yuan) => self.says_yuan = true,
            None => {}
        }
        said.is_some()
    }

    fn state_title(&mut self, said: Option<Said>, text: &str) -> bool {
        if said == Some(Said::Foreign) {
            self.foreign_title = Some(text.to_owned());
            return true;
        }
        self.state(said, text)
    }

    /// A title that ends in （万元）, or （万元） alone. 授信额度（万元）：100 speaks of its own amount.
    fn read_brackets(&mut self, text: &str, next: &str) {
        let is_number = next.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '¥' | '￥'));
        let ends = text.ends_with([')', '）', ']', '】', '〕']) && !is_number;
        if let Some(inner) = denomination::brackets(text).last().filter(|_| ends && !text.ends_with(COLONS)) {
            let said = denomination::said_alone(inner, Place::Title);
            if !self.state_title(said, text) && !inner.contains(COLONS) {
                self.read_phrase(inner, text);
            }
        }
    }

    /// 单位万元, 金额单位为万元, 以万元为单位.
    fn read_phrase(&mut self, phrase: &str, text: &str) -> bool {
        let folded = exact_header(phrase);
        let between = folded.split_once('以').and_then(|(_, rest)| rest.split_once("为单位"));
        let behind = folded.rsplit_once("单位").map(|(_, rest)| rest.trim_start_matches(['均', '为', '是']));
        let said = match between {
            Some((unit, _)) => denomination::said(unit, Place::Label),
            None => behind.and_then(|unit| {
                denomination::said_alone(unit.trim_end_matches(['。', '.', ';']), Place::Label)
            }),
        };
        self.state(said, text)
    }

    /// A cell without a colon: a title, or a label whose value stands in the next cell.
    fn read_title(&mut self, text: &str, next: &str, format: &'f Format) {
        if denomination::title_is_foreign(text) || denomination::names_foreign(text) {
            self.foreign_title = Some(text.to_owned());
        }
        if self.read_phrase(text, text) {
            return;
        }
        let mut before = "";
        for part in text.split_whitespace() {
            // 支出表-万元; but 合计 100 万元 and 5万元 are amounts.
            let word = part.rsplit(['-', '_', '—', '－', '/']).next().unwrap_or(part);
            let is_amount = before.ends_with(|c: char| c.is_ascii_digit());
            if word.chars().count() > 1 && !is_amount {
                let said = denomination::said_alone(part, Place::Title);
                self.state_title(said.or_else(|| denomination::said_alone(word, Place::Title)), text);
            }
            before = part;
        }
        self.take(text, next, false, format);
    }

    /// Takes a label and its value; it is `certain` where a colon says that they are.
    fn take(&mut self, label: &str, value: &str, certain: bool, format: &'f Format) {
        let label = label.rsplit(['(', '（', '[', '【']).next().unwrap_or(label).trim();
        let value = value.trim().trim_end_matches([')', '）', ']', '】', ',', '，', ';', '；', '。']);
        if value.is_empty() {
            return;
        }
        let last = label.split_whitespace().next_back().unwrap_or(label);
        let text = format!("{label}：{value}");
        for label in [label, last] {
            if let Some(place) = denomination::unit_label(label) {
                let place = if certain { place } else { Place::Label };
                self.state(denomination::said(value, place), &text);
                return;
            }
            if denomination::is_currency_label(label) {
                self.take_currency(value, certain, &text);
                return;
            }
            if let Some(column) = format.by_header(label) {
                self.take_field(column, label, value);
                return;
            }
        }
        if certain && value.chars().count() > 1 && !self.read_phrase(value, &text) {
            self.state(denomination::said_alone(value, Place::Title), &text);
        }
    }

    fn take_currency(&mut self, value: &str, certain: bool, text: &str) {
        let word = value.split_whitespace().next().unwrap_or(value);
        let is_any = matches!(exact_header(word).as_str(), "全部" | "所有" | "不限" | "all");
        if self.state(denomination::said(word, Place::Label), text) || is_any {
            return;
        }
        if denomination::is_yuan(word) {
            self.says_yuan = true;
        } else if certain || denomination::names_foreign(word) {
            self.foreign = Some(text.to_owned());
        }
    }

    fn take_field(&mut self, column: &'f ColumnFormat, label: &str, value: &str) {
        if !matches!(column.kind, Type::Id | Type::Code | Type::Date) {
            return;
        }
        self.labels.push((column.field, value.to_owned()));
        // A masked number names nobody, and a word is no number: 账户：某县支行账户明细 is a title.
        let is_number = |text: &str| {
            text.bytes().all(|b| b.is_ascii_graphic() && b != b'*')
                && text.bytes().any(|b| b.is_ascii_digit())
        };
        let mut words = value.split_whitespace();
        let word = words.next().unwrap_or(value);
        let next = words.next().unwrap_or("");
        let said = match column.kind {
            // 2026-03-01 至 2026-03-31 is no day.
            Type::Date if next.starts_with(['至', '到', '-', '~', '—']) => return,
            Type::Date => {
                cell::date_in(&cell::clean(word), DateSystem::default()).is_ok().then(|| word.to_owned())
            }
            _ => number(value).filter(|number| is_number(number)),
        };
        if let Some(said) = said {
            self.fields.push((column, label.to_owned(), said));
        }
    }
}

const COLONS: [char; 2] = [':', '：'];

/// A number as people read it: one word, or digits that blanks part into groups of four, as in 6222 0200 0000 1230 123.
fn number(value: &str) -> Option<String> {
    let words: Vec<&str> = value.split_whitespace().collect();
    let digits = words.iter().take_while(|word| word.bytes().all(|b| b.is_ascii_digit())).count();
    let fours = words[..digits].iter().take_while(|word| word.len() == 4).count();
    match (fours, digits - fours) {
        (2.., 0) => Some(words[..digits].concat()),
        (1.., 1) if words[fours].len() < 4 => Some(words[..digits].concat()),
        (0 | 1, 0) | (0, 1) => words.first().map(|&word| word.to_owned()),
        // 62220200 2026 年: what goes on is no number.
        (0, _) if digits < words.len() => words.first().map(|&word| word.to_owned()),
        _ => None,
    }
}

/// The labels of a cell and their values: 账号：6222 户名：某局 单位：万元.
fn pairs(text: &str) -> Vec<(&str, &str)> {
    let colons: Vec<(usize, usize)> =
        text.match_indices(COLONS).map(|(at, colon)| (at, at + colon.len())).collect();
    // Where each label begins: behind the last break before its colon.
    let starts: Vec<usize> = colons
        .iter()
        .enumerate()
        .map(|(index, &(colon, _))| {
            let from = if index == 0 { return 0 } else { colons[index - 1].1 };
            let is_break = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | ';' | '；' | '。');
            let spaces = text[from..colon].trim_end().rmatch_indices(is_break).next();
            spaces.map_or(colon, |(at, space)| from + at + space.len())
        })
        .collect();
    colons
        .iter()
        .enumerate()
        .map(|(index, &(colon, value))| {
            let end = starts.get(index + 1).copied().unwrap_or(text.len());
            (text[starts[index]..colon].trim(), text[value..end.max(value)].trim())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for (text, expected) in [
            ("6222020000001230", Some("6222020000001230")),
            ("6222 0200 0000 1230", Some("6222020000001230")),
            ("6222 0200 0000 1230 123 某局", Some("6222020000001230123")),
            ("6222 某局", Some("6222")),
            ("62220200 2026 年", Some("62220200")),
            ("62220200 某局", Some("62220200")),
            // Nobody can tell where these end.
            ("622202 00001230", None),
            ("6222 0200 20260302", None),
            ("6222 0200 123 4567", None),
            ("", None),
        ] {
            assert_eq!(number(text).as_deref(), expected, "{text}");
        }
    }
}
