//! Messages that banks send about accounts, to the cells of `bank-statements`.
//!
//! A message becomes what a workbook becomes, a [`Grid`] under a header of canonical names, so its rows are read,
//! refused and counted like all others. What the grammar of a message forbids is handed on as a cell that its column
//! must refuse: it costs its row and is told with row and column. Only what cannot be split into entries is refused
//! as a whole.
//!
//! A ledger of yuan takes no other currency: `USD 12.00` is no amount.

pub mod camt;
pub mod mt940;

use std::fmt;

use crate::domain::lang::Lang;
use crate::domain::money::Money;

use super::Total;
use super::grid::{Grid, Nature};

/// The one currency whose amounts are yuan.
const YUAN: &str = "CNY";
/// What tells a message stands this near to its start.
const HEAD_BYTES: usize = 4 << 10;
/// An account is repeated in each of its rows, and blank cells take room too: a small file could come to a large grid.
const GRID_BYTES_MAX: usize = 1 << 30;

/// Reads a text that is a message, and says which; `None` for one that is none.
pub fn read(text: &str) -> Option<(&'static str, Result<Message, Refusal>)> {
    if camt::is_camt(text) {
        return Some(("camt.053", camt::read(text)));
    }
    mt940::is_mt940(text).then(|| ("MT940", mt940::read(text)))
}

/// A message as rows.
#[derive(Debug, Default)]
pub struct Message {
    /// The header, then a row for each booked entry, in the order of the file.
    pub grid: Grid,
    /// What the message says of its entries as a whole.
    pub totals: Vec<StatedTotal>,
    /// The rows of entries that have moved no money yet, and so are not in the grid.
    pub unbooked: Vec<u32>,
    /// Where statements break off.
    pub cuts: Vec<Cut>,
    pub numbering: Numbering,
    /// What the grid takes, about.
    bytes: usize,
}

/// A statement that breaks off before its closing balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    pub line: u32,
    pub found: String,
    /// Whether that is an entry which is not in the grid, since nobody knows what is missing of it.
    pub is_entry: bool,
}

/// What the rows of a message are numbered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// The line on which the entry starts.
    #[default]
    Lines,
    /// The place among the entries, the header being 1: in a file where two entries share a line.
    Entries,
}

/// A total that the message states, for comparison with what its entries come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedTotal {
    /// The line of the file, whatever the entries are numbered by.
    pub row: u32,
    pub account: String,
    pub subject: Subject,
    /// As the message has it; an amount of yuan with its sign and a decimal point.
    pub stated: String,
    /// `None` where it cannot be told: an entry or the opening balance could not be read.
    pub computed: Option<Figure>,
}

/// What a total is the total of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The balance after the last entry.
    Closing,
    /// Entries of both directions, their amounts without sign.
    Entries,
    Credits,
    Debits,
}

impl Subject {
    /// The column it is a total of.
    pub fn column(self) -> &'static str {
        match self {
            Self::Closing => "balance",
            Self::Entries | Self::Credits | Self::Debits => "amount",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    Yuan(Money),
    Count(u64),
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yuan(money) => money.fmt(f),
            Self::Count(count) => count.fmt(f),
        }
    }
}

impl StatedTotal {
    /// Whether the entries come to it; `None` where that cannot be told.
    pub fn holds(&self) -> Option<bool> {
        self.computed.map(|computed| match computed {
            Figure::Yuan(money) => self.stated.parse() == Ok(money),
            Figure::Count(count) => self.stated.parse() == Ok(count),
        })
    }
}

/// Why a message could not be split into entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub line: u32,
    pub expected: Expected,
    pub found: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Advices and interim reports tell entries that the statement tells again: read twice, they would count twice.
    Statement,
    /// Fields in their order: an entry belongs to a statement.
    StatementFirst,
    WellFormed,
    /// A document type can define texts that grow without end, or name files of this machine.
    NoDocumentType,
    /// A statement is some twenty deep.
    Shallow,
    Size,
}

impl Expected {
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Statement => {
                lang.pick("对账单报文（camt.053 或 MT940）", "a statement message (camt.053 or MT940)")
            }
            Self::StatementFirst => {
                lang.pick("分录之前的对账单头", "the start of a statement before its entries")
            }
            Self::WellFormed => lang.pick("格式良好的 XML", "well-formed XML"),
            Self::NoDocumentType => lang.pick("不含 DOCTYPE 的 XML", "XML without a document type"),
            Self::Shallow => lang.pick("嵌套不超过 64 层的 XML", "XML at most 64 elements deep"),
            Self::Size => lang.pick("内容不超过 1 GiB 的表格", "a table of at most 1 GiB"),
        }
    }
}

/// The cells of one entry: the columns of `bank-statements`, then what is kept as evidence.
#[derive(Debug, Default)]
struct Line<'m> {
    account: &'m str,
    date: &'m str,
    time: &'m str,
    serial: &'m str,
    direction: &'m str,
    amount: &'m str,
    balance: &'m str,
    counterparty_name: &'m str,
    counterparty_account: &'m str,
    counterparty_bank: &'m str,
    summary: &'m str,
    currency: &'m str,
    value_date: &'m str,
    bank: &'m str,
    reference: &'m str,
    reversal: &'m str,
    details: &'m str,
}

impl<'m> Line<'m> {
    fn header() -> Line<'static> {
        Line {
            account: "account",
            date: "date",
            time: "time",
            serial: "serial",
            direction: "direction",
            amount: "amount",
            balance: "balance",
            counterparty_name: "counterparty_name",
            counterparty_account: "counterparty_account",
            counterparty_bank: "counterparty_bank",
            summary: "summary",
            currency: "currency",
            value_date: "value_date",
            bank: "bank",
            reference: "reference",
            reversal: "reversal",
            details: "details",
        }
    }

    fn cells(&self) -> [&'m str; 17] {
        [
            self.account,
            self.date,
            self.time,
            self.serial,
            self.direction,
            self.amount,
            self.balance,
            self.counterparty_name,
            self.counterparty_account,
            self.counterparty_bank,
            self.summary,
            self.currency,
            self.value_date,
            self.bank,
            self.reference,
            self.reversal,
            self.details,
        ]
    }
}

impl Message {
    /// Adds a row; `line` is where the file is, should it be too much.
    fn push(&mut self, row: u32, cells: &Line<'_>, line: u32) -> Result<(), Refusal> {
        let cells = cells.cells();
        self.bytes += cells.iter().map(|cell| cell.len() + size_of::<(u32, Nature)>()).sum::<usize>();
        if self.bytes > GRID_BYTES_MAX {
            return Err(Refusal { line, expected: Expected::Size, found: self.bytes.to_string() });
        }
        self.grid.start_row(row);
        for cell in cells {
            self.grid.push(cell, Nature::Text);
        }
        Ok(())
    }
}

/// What the entries of one statement have come to so far.
#[derive(Debug, Default)]
struct Running {
    opening: Option<Money>,
    credits: Total,
    debits: Total,
    /// An entry could not be read: from there on nothing can be told.
    is_lost: bool,
}

impl Running {
    /// Adds an entry by its cells; the balance after it.
    fn add(&mut self, direction: &str, amount: &str) -> Option<Money> {
        match (direction, amount.parse::<Money>()) {
            (CREDIT, Ok(yuan)) => self.credits.add(yuan),
            (DEBIT, Ok(yuan)) => self.debits.add(yuan),
            _ => self.is_lost = true,
        }
        self.balance()
    }

    fn balance(&self) -> Option<Money> {
        let opening = self.opening.filter(|_| !self.is_lost)?;
        Some(opening + self.credits.yuan - self.debits.yuan)
    }

    fn closing(&self) -> Option<Figure> {
        self.balance().map(Figure::Yuan)
    }

    fn count(&self, subject: Subject) -> Option<Figure> {
        self.total(subject).map(|total| Figure::Count(total.rows))
    }

    fn sum(&self, subject: Subject) -> Option<Figure> {
        self.total(subject).map(|total| Figure::Yuan(total.yuan))
    }

    fn total(&self, subject: Subject) -> Option<Total> {
        let mut total = Total::default();
        if subject != Subject::Debits {
            total.join(self.credits);
        }
        if subject != Subject::Credits {
            total.join(self.debits);
        }
        (!self.is_lost).then_some(total)
    }
}

const CREDIT: &str = "credit";
const DEBIT: &str = "debit";

/// An amount as a cell: unsigned yuan as they are written. All else goes behind its currency, where no column of
/// money takes it.
fn amount_cell(currency: &str, amount: &str) -> String {
    let plain = !amount.is_empty() && amount.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match currency {
        YUAN if plain => amount.to_owned(),
        "" => format!("no currency {amount}"),
        _ => format!("{currency} {amount}"),
    }
}

/// A balance with its sign, as [`amount_cell`].
fn balance_cell(currency: &str, amount: &str, is_debit: bool) -> String {
    let cell = amount_cell(currency, amount);
    let is_owed = is_debit && amount.bytes().any(|b| matches!(b, b'1'..=b'9'));
    if is_owed { format!("-{cell}") } else { cell }
}

/// The start of a file, without marks and blanks before it.
fn head(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    &text[..text.floor_char_boundary(HEAD_BYTES)]
}

/// What was found, short enough to be told.
fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}

/// References that say that there is none.
fn reference(text: &str) -> &str {
    match text.trim() {
        "NONREF" | "NOTPROVIDED" | "NOTAVAILABLE" => "",
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Ledger;
    use crate::ledger::{SourceFile, format};

    /// A message as lines of text: each row with its number, leaving out blank cells, then the totals.
    pub(super) fn show(message: &Result<Message, Refusal>) -> String {
        use std::fmt::Write as _;
        let message = match message {
            Ok(message) => message,
            Err(refusal) => {
                let Refusal { line, expected, found } = refusal;
                return format!("{line}: expected {}, found {found}\n", expected.words(Lang::En));
            }
        };
        let mut text = String::new();
        for row in message.grid.rows().skip(1) {
            let _ = write!(text, "{}", row.number);
            for (index, name) in Line::header().cells().into_iter().enumerate() {
                let (cell, _) = row.get(index);
                if !cell.is_empty() {
                    let _ = write!(text, " {name}={cell}");
                }
            }
            text.push('\n');
        }
        for total in &message.totals {
            let StatedTotal { row, account, subject, stated, computed } = total;
            let computed = computed.map_or_else(|| "unknown".to_owned(), |figure| figure.to_string());
            let verdict = match total.holds() {
                Some(true) => "holds",
                Some(false) => "differs",
                None => "open",
            };
            let _ = writeln!(text, "{row} {account} {subject:?} {stated} / {computed} {verdict}");
        }
        for row in &message.unbooked {
            let _ = writeln!(text, "{row} unbooked");
        }
        text
    }

    #[test]
    fn the_header_is_the_schemas() {
        let format = format::of(Ledger::BankStatements);
        let known = Line::header().cells().map(|name| format.by_header(name).is_some());
        assert_eq!(known.iter().take_while(|known| **known).count(), 11, "columns of the schema come first");
        assert!(known[11..].iter().all(|known| !known), "evidence is no column of the schema");
    }

    /// What the common reader of rows makes of a message: how many it accepts, and what it says of the others.
    fn judge(message: &Message) -> (u64, Vec<(String, &'static str)>) {
        let mut csv = csv::Writer::from_writer(Vec::new());
        for row in message.grid.rows() {
            csv.write_record((0..row.len()).map(|index| row.get(index).0)).expect("rows of one length");
        }
        let file = SourceFile {
            path: "bank-statements.csv".into(),
            bytes: csv.into_inner().expect("in memory"),
            arrived: "2026-03-02".parse().expect("a date"),
        };
        let parsed = crate::ledger::read(
            &file,
            format::of(Ledger::BankStatements),
            &crate::ledger::profile::Profile::default(),
        );
        let problems = parsed.problems.iter();
        let told = problems.map(|p| (p.column.clone().unwrap_or_default(), p.kind.code())).collect();
        (parsed.tally.accepted.rows, told)
    }

    #[test]
    fn what_a_message_forbids_the_reader_of_rows_refuses() {
        let text = ":20:1\n:25:1\n:60F:C260301CNY1,\n:61:260302C1,00NTRF//1\n:61:260230C1,\n:61:260302X1,\n\
                    :61:260302C1.00\n:61:260302C1,001\n:61:260302CD1,\n:61:\n:62F:C260302CNY1,\n";
        let message = mt940::read(text).expect("a statement");
        let told = |column: &str, code| (column.to_owned(), code);
        let expected = vec![
            told("date", "bad-date"),
            told("direction", "unknown-word"),
            told("amount", "bad-money"),
            told("amount", "bad-money"),
            told("amount", "bad-money"),
            told("date", "empty"),
            told("direction", "unknown-word"),
            told("amount", "bad-money"),
        ];
        assert_eq!(judge(&message), (1, expected));
        let good = "<Amt Ccy=\"CNY\">1</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>\
                    <ValDt><Dt>2026-03-02</Dt></ValDt>";
        let mut body = String::new();
        for (old, new) in
            [("", ""), ("DBIT", "1"), ("BOOK", ""), ("CNY", "USD"), (">1<", ">-1<"), ("03-02", "02-30")]
        {
            body += &["<Ntry>", &good.replacen(old, new, 1), "</Ntry>\n"].concat();
        }
        let text = format!(
            "<BkToCstmrStmt><Stmt><Acct><Id><IBAN>1</IBAN></Id></Acct>\n{body}</Stmt></BkToCstmrStmt>"
        );
        let message = camt::read(&text).expect("a statement");
        let expected = vec![
            told("direction", "unknown-word"),
            told("direction", "unknown-word"),
            told("amount", "bad-money"),
            told("amount", "bad-money"),
            told("date", "bad-date"),
        ];
        assert_eq!(judge(&message), (1, expected));
    }

    #[test]
    fn only_plain_yuan_are_an_amount() {
        for (currency, amount, expected) in [
            ("CNY", "12.5", "12.5"),
            ("CNY", "-12.50", "CNY -12.50"),
            ("CNY", "1,234.50", "CNY 1,234.50"),
            ("CNY", "", "CNY "),
            ("USD", "12.50", "USD 12.50"),
            ("", "12.50", "no currency 12.50"),
            ("¥", "12.50", "¥ 12.50"),
        ] {
            let cell = amount_cell(currency, amount);
            assert_eq!(cell, expected);
            assert_eq!(cell.parse::<Money>().is_ok(), currency == "CNY" && amount == "12.5", "{cell}");
        }
        assert_eq!(balance_cell("CNY", "12.50", true), "-12.50");
        assert_eq!(balance_cell("CNY", "0.00", true), "0.00");
        assert_eq!(balance_cell("USD", "12.50", true), "-USD 12.50");
    }
}
