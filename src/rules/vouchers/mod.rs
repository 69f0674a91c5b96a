//! Controlled blank vouchers 重要空白凭证: forms are issued, signed for, used once and handed over (`rules.md` 5.G).

pub mod voucher_date_invalid;
pub mod voucher_handover_missing;
pub mod voucher_serial_control;
pub mod voucher_unsigned_issue;

use chrono::NaiveDate;

use crate::domain::entry::{Book, Entry};
use crate::domain::field::Field;

/// A number printed on a form: what stands before its digits, their value and how many they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form {
    prefix: String,
    width: usize,
    number: u64,
}

impl Form {
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() - text.bytes().rev().take_while(u8::is_ascii_digit).count();
        let number = text[digits..].parse().ok()?;
        Some(Self { prefix: text[..digits].to_owned(), width: text.len() - digits, number })
    }

    /// Whether it is one of the forms from the first to the last.
    pub fn is_within(&self, first: &Self, last: &Self) -> bool {
        (&self.prefix, self.width) == (&first.prefix, first.width) && first <= self && self <= last
    }

    /// How many forms lie behind another of its kind.
    pub fn distance(&self, first: &Self) -> u64 {
        self.number.saturating_sub(first.number)
    }

    pub fn text(&self) -> String {
        format!("{}{:0width$}", self.prefix, self.number, width = self.width)
    }
}

/// Forms of one row of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Where the register has it, as `file#row`.
    pub place: String,
    pub form_type: String,
    pub first: Form,
    pub last: Form,
    pub issued_to: String,
    pub issued_on: NaiveDate,
    pub signed_by: String,
    /// `issued`, `void`, `lost` or `returned`.
    pub state: String,
    pub state_on: Option<NaiveDate>,
}

impl Range {
    pub fn contains(&self, form: &Form) -> bool {
        form.is_within(&self.first, &self.last)
    }
}

/// The register, rows whose numbers are none or do not ascend left out.
pub fn ranges(stock: &Book) -> Vec<Range> {
    stock.entries().filter_map(range).collect()
}

fn range(row: Entry<'_>) -> Option<Range> {
    let (first, last) = (Form::parse(row.text(Field::From))?, Form::parse(row.text(Field::To))?);
    let is_range = first.prefix == last.prefix && first.width == last.width && first.number <= last.number;
    let state = row.text(Field::State);
    is_range.then(|| Range {
        place: row.place(),
        form_type: row.text(Field::FormType).to_owned(),
        first,
        last,
        issued_to: row.text(Field::IssuedTo).to_owned(),
        issued_on: row.date(Field::IssuedOn).expect("a required column"),
        signed_by: row.text(Field::SignedBy).to_owned(),
        state: if state.is_empty() { "issued".to_owned() } else { state.to_owned() },
        state_on: row.date(Field::StateOn),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let form = |text: &str| Form::parse(text).map(|form| (form.text(), form.number));
        assert_eq!(form("BK000123"), Some(("BK000123".to_owned(), 123)));
        assert_eq!(form("00000001"), Some(("00000001".to_owned(), 1)));
        assert_eq!(form("BK"), None);
        assert_eq!(form(""), None);
        assert_eq!(form("99999999999999999999999"), None);
        assert!(Form::parse("A09") < Form::parse("A10"));
    }
}
