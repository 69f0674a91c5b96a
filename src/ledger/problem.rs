//! Problems: rows, files and settings that could not be used, each told so that a clerk can mend it.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::lang::Lang;

/// Where, what was expected, what was found; the hint follows from the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Relative to the book.
    pub file: Arc<str>,
    /// 1-based as the file has it; `None` for the file as a whole.
    pub row: Option<u32>,
    /// The canonical name, or the header found.
    pub column: Option<String>,
    pub kind: Kind,
    pub found: String,
}

/// What was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file whose name says neither its ledger nor its table.
    UnknownFile,
    /// A file that could not be opened.
    UnreadableFile,
    /// No line near the top holds the required headers; the columns that are missing.
    NoHeader {
        missing: Vec<String>,
    },
    /// One column under two headers.
    DoubleColumn,
    /// Bytes that are neither UTF-8 nor GB18030.
    BadEncoding,
    /// A quote that is never closed.
    OpenQuote,
    /// A row with more or fewer cells than the header.
    CellCount {
        expected: usize,
    },
    /// A required cell without content.
    Empty,
    /// No amount of money; finer than a fen.
    BadMoney,
    /// More digits than an amount may have.
    MoneyTooLarge,
    BadDate,
    BadMoment,
    BadCount,
    BadRate,
    BadFlag,
    /// A word the column does not know; the words it knows.
    UnknownWord {
        known: Vec<String>,
    },
    /// The same key twice in a reference table.
    DoubleKey,
    /// A setting nobody reads.
    UnknownSetting,
    /// A setting whose value cannot be used; what it takes.
    BadSetting {
        expected: String,
    },
}

impl Kind {
    /// The name under which `problems.csv` and the documentation know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownFile => "unknown-file",
            Self::UnreadableFile => "unreadable-file",
            Self::NoHeader { .. } => "no-header",
            Self::DoubleColumn => "double-column",
            Self::BadEncoding => "bad-encoding",
            Self::OpenQuote => "open-quote",
            Self::CellCount { .. } => "cell-count",
            Self::Empty => "empty",
            Self::BadMoney => "bad-money",
            Self::MoneyTooLarge => "money-too-large",
            Self::BadDate => "bad-date",
            Self::BadMoment => "bad-moment",
            Self::BadCount => "bad-count",
            Self::BadRate => "bad-rate",
            Self::BadFlag => "bad-flag",
            Self::UnknownWord { .. } => "unknown-word",
            Self::DoubleKey => "double-key",
            Self::UnknownSetting => "unknown-setting",
            Self::BadSetting { .. } => "bad-setting",
        }
    }

    pub fn expected(&self, lang: Lang) -> String {
        let fixed = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
        match self {
            Self::UnknownFile => fixed("以账册名开头的文件", "a file named after its ledger"),
            Self::UnreadableFile => fixed("可读的文件", "a file that can be read"),
            Self::NoHeader { missing } => match lang {
                Lang::Zh => format!("含有必需列的表头，缺：{}", missing.join("、")),
                Lang::En => format!("a header with the required columns, missing: {}", missing.join(", ")),
            },
            Self::DoubleColumn => fixed("每列只出现一次", "each column once"),
            Self::BadEncoding => fixed("UTF-8 或 GB18030 文本", "text in UTF-8 or GB18030"),
            Self::OpenQuote => fixed("引号成对的单元格", "a cell whose quote is closed"),
            Self::CellCount { expected } => match lang {
                Lang::Zh => format!("{expected} 个单元格，与表头一致"),
                Lang::En => format!("{expected} cells, as the header has"),
            },
            Self::Empty => fixed("必填内容", "a value, since the column is required"),
            Self::BadMoney => fixed("金额（最多两位小数）", "yuan with at most two decimals"),
            Self::MoneyTooLarge => fixed("小数点前最多 15 位", "at most 15 digits before the decimal point"),
            Self::BadDate => fixed("日期，如 2026-03-02", "a date such as 2026-03-02"),
            Self::BadMoment => {
                fixed("日期或时间，如 2026-03-02 14:05:00", "a date or time such as 2026-03-02 14:05:00")
            }
            Self::BadCount => fixed("非负整数", "a whole number, not negative"),
            Self::BadRate => fixed("小数，如 0.5", "a decimal such as 0.5"),
            Self::BadFlag => fixed("是 或 否", "yes or no"),
            Self::UnknownWord { known } => match lang {
                Lang::Zh => format!("以下之一：{}", known.join("、")),
                Lang::En => format!("one of: {}", known.join(", ")),
            },
            Self::DoubleKey => fixed("每个主键一行", "one row a key"),
            Self::UnknownSetting => fixed("已知的参数", "a known setting"),
            Self::BadSetting { expected } => expected.clone(),
        }
    }

    /// What to do about it.
    pub fn hint(&self, found: &str, lang: Lang) -> String {
        let fixed = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
        match self {
            Self::UnknownFile => fixed(
                "请改名为“账册名-任意.csv”，如 bank-receipts-icbc.csv；账册名见 schemas list",
                "rename it to <ledger>-anything.csv, such as bank-receipts-icbc.csv; `schemas list` names the ledgers",
            ),
            Self::UnreadableFile => fixed("请检查权限与路径", "check the path and the permissions"),
            Self::NoHeader { .. } => fixed(
                "请保留导出文件的表头行；各列接受的名称见 schemas show",
                "keep the export's header line; `schemas show` lists the names each column goes by",
            ),
            Self::DoubleColumn => fixed("请删去其中一列", "delete one of the two columns"),
            Self::BadEncoding => {
                fixed("请重新导出，或另存为 UTF-8", "export the file again, or save it as UTF-8")
            }
            Self::OpenQuote => fixed("请补上引号后重新提交该行", "close the quote and deliver the row again"),
            Self::CellCount { .. } => fixed(
                "内容含逗号时须加引号；请核对该行是否被截断",
                "quote cells that hold the delimiter; see whether the row was cut",
            ),
            Self::Empty => fixed("请向编报单位补要该项", "ask whoever exported it for the value"),
            Self::BadMoney => match lookalike(found) {
                Some((place, wrong)) => match lang {
                    Lang::Zh => format!("第 {place} 个字符是“{wrong}”，不是数字"),
                    Lang::En => format!("character {place} is {wrong:?}, not a digit"),
                },
                None => fixed(
                    "本程序不舍入；请按原凭证改正",
                    "nothing is rounded here; correct it from the voucher",
                ),
            },
            Self::MoneyTooLarge => {
                fixed("请核对单位（元、万元、分）", "check the unit (yuan, 10,000 yuan, fen)")
            }
            Self::BadDate | Self::BadMoment => fixed(
                "可用 2026-03-02、20260302、2026/3/2、2026年3月2日",
                "2026-03-02, 20260302, 2026/3/2 and 2026年3月2日 are understood",
            ),
            Self::BadCount | Self::BadRate | Self::BadFlag | Self::UnknownWord { .. } => {
                fixed("请按期望的写法改正", "write it as expected")
            }
            Self::DoubleKey => fixed("请只保留正确的一行", "keep the right row and delete the other"),
            Self::UnknownSetting => {
                fixed("请核对拼写；init 写出全部参数", "check the spelling; `init` writes them all")
            }
            Self::BadSetting { .. } => fixed("请改正 recon.toml", "correct recon.toml"),
        }
    }
}

/// The place (1-based) and shape of a letter that passes for a digit.
fn lookalike(found: &str) -> Option<(usize, char)> {
    let place = found.chars().position(|c| matches!(c, 'O' | 'o' | 'l' | 'I' | 'S' | 'B' | 'Z'))?;
    let digits = found.chars().filter(char::is_ascii_digit).count();
    (digits * 2 > found.chars().count()).then(|| (place + 1, found.chars().nth(place).expect("counted")))
}

impl Problem {
    /// The message as one line and a hint below it.
    pub fn message(&self, lang: Lang) -> String {
        let mut text = self.file.to_string();
        if let Some(row) = self.row {
            let _ = write!(text, ":{row}");
        }
        if let Some(column) = &self.column {
            let _ = write!(text, ": {column}");
        }
        let expected = self.kind.expected(lang);
        let found = &self.found;
        let hint = self.kind.hint(found, lang);
        let _ = match lang {
            Lang::Zh => write!(text, "：应为{expected}，实为“{found}”\n  提示：{hint}"),
            Lang::En => write!(text, ": expected {expected}, found {found:?}\n  hint: {hint}"),
        };
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_makes_sense_alone() {
        let problem = Problem {
            file: "inbox/2026-03-02/bank-receipts-icbc.csv".into(),
            row: Some(17),
            column: Some("amount".into()),
            kind: Kind::BadMoney,
            found: "1,2O0.00".into(),
        };
        assert_eq!(
            problem.message(Lang::En),
            "inbox/2026-03-02/bank-receipts-icbc.csv:17: amount: expected yuan with at most two decimals, \
             found \"1,2O0.00\"\n  hint: character 4 is 'O', not a digit"
        );
        assert_eq!(
            problem.message(Lang::Zh),
            "inbox/2026-03-02/bank-receipts-icbc.csv:17: amount：应为金额（最多两位小数），\
             实为“1,2O0.00”\n  提示：第 4 个字符是“O”，不是数字"
        );
    }
}
