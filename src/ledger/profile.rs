//! Source profiles 来源设定: what a book's configuration says once about files that do not say it themselves.

use std::collections::BTreeMap;

use crate::domain::field::Field;
use crate::domain::money::Unit;

use super::cell;
use super::decode::Encoding;
use super::format::{ColumnFormat, Type, exact_header};
use super::grid::Nature;
use super::identifier::{self, Shape};

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

/// Whether a file states something else of a column than the profile says of every row. A masked number, one that a
/// spreadsheet destroyed, and a word where a number is meant name nobody.
pub fn contradicts(column: &ColumnFormat, said: &str, (stated, nature): (&str, Nature)) -> bool {
    let (said, stated) = (cell::clean(said), cell::clean(stated));
    if said == stated || matches!(&*stated, "" | "-" | "--") {
        return false;
    }
    match column.kind {
        Type::Id | Type::Code if column.words.is_empty() => {
            let restored = |text, nature| identifier::restore(text, nature, Shape::of(column.field));
            restored(&stated, nature).is_some_and(|stated| {
                names_somebody(&stated) && restored(&said, Nature::Text).is_none_or(|said| said != stated)
            })
        }
        Type::Code => column.words.get(&*said) != column.words.get(&*stated),
        _ => true,
    }
}

/// Whether a text is a number of which nothing is masked: not `6222****1230`, `6222XXXX1230` or 尾号1230.
fn names_somebody(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*')
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && !text.to_ascii_lowercase().contains("xxx")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Ledger;
    use crate::ledger::format;

    #[test]
    fn what_a_file_states_otherwise() {
        let check = |field, said, stated, nature, expected| {
            let column = format::of(Ledger::BankStatements).column(field).expect("a column");
            assert_eq!(contradicts(column, said, (stated, nature)), expected, "{said} {stated}");
        };
        let account = "6214830000001230";
        check(Field::Account, account, "6222020000009999", Nature::Text, true);
        check(Field::Account, account, "62220200", Nature::Number, true);
        check(Field::Direction, "debit", "贷", Nature::Text, true);
        check(Field::Summary, "税款", "退税", Nature::Text, true);
        for stated in [
            "",
            "--",
            account,
            "'6214830000001230",
            "6214 8300 0000 1230",
            "６２１４８３００００００１２３０",
            "6222****9999",
            "6222XXXX9999",
            "尾号9999",
            "某支行",
            "6.21483E+15",
        ] {
            check(Field::Account, account, stated, Nature::Text, false);
        }
        check(Field::Account, account, "6214830000001230", Nature::Number, false);
        check(Field::Direction, "debit", "借", Nature::Text, false);
        check(Field::Summary, "税款", "税款 ", Nature::Text, false);
    }
}
