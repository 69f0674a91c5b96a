//! Source profiles 来源设定: what a book's configuration says once about files that do not say it themselves.

use std::collections::BTreeMap;

use crate::domain::field::Field;
use crate::domain::money::Unit;

use super::decode::Encoding;
use super::format::exact_header;

/// How an amount's sign is to be taken, where it is not as the ledger has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A statement's amounts without direction: positive is money in.
    CreditPositive,
    /// A statement's amounts without direction: positive is money out.
    DebitPositive,
    /// All amounts stand with the opposite sign.
    Negated,
}

impl Sign {
    pub const ALL: [Self; 3] = [Self::CreditPositive, Self::DebitPositive, Self::Negated];

    pub fn id(self) -> &'static str {
        match self {
            Self::CreditPositive => "credit-positive",
            Self::DebitPositive => "debit-positive",
            Self::Negated => "negated",
        }
    }
}

/// What is said about the files of one source. Whatever it leaves open is found in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    pub encoding: Option<Encoding>,
    pub delimiter: Option<u8>,
    /// The sheet to read, and only it.
    pub sheet: Option<String>,
    /// 1-based row of the header, or of the lower of its two rows.
    pub header_row: Option<u32>,
    pub unit: Option<Unit>,
    pub sign: Option<Sign>,
    /// Rows may end early: the cells they lack are blank.
    pub short_rows: bool,
    /// Amounts are written `1.234,56`.
    pub decimal_comma: bool,
    /// Headers as [`exact_header`] spells them, and the column each stands for; `None` for one to leave alone.
    pub columns: BTreeMap<String, Option<Field>>,
    /// Columns that hold the same in every row, such as the number of a bank that never writes its own.
    pub constants: BTreeMap<Field, String>,
}

impl Profile {
    /// What the profile says of a header: nothing, to leave it alone, or the column it stands for.
    pub fn column(&self, header: &str) -> Option<Option<Field>> {
        if self.columns.is_empty() { None } else { self.columns.get(&exact_header(header)).copied() }
    }
}
