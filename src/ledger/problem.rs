//! Problems: rows, files and settings that could not be used, each told so that a clerk can mend it.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::lang::Lang;

use super::message::Expected;

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
    /// One column under two equal headers; which of them counts cannot be known.
    DoubleColumn {
        header: String,
    },
    /// More columns than any table of ours has.
    TooManyColumns {
        limit: usize,
    },
    /// Bytes that are no character in the file's encoding.
    BadEncoding,
    /// A file that ends within a character.
    CutFile,
    /// NUL bytes behind the last row.
    NulPadding,
    /// A NUL byte within a row.
    NulByte,
    /// A quote that is never closed.
    OpenQuote,
    /// A quote within a cell that is not doubled.
    StrayQuote,
    /// A row longer than any row of a ledger, in bytes.
    RowTooLong {
        limit: usize,
    },
    /// A total row that is not what its rows come to.
    FileTotalMismatch {
        counted: String,
    },
    /// An identifier that a spreadsheet destroyed: the row is used, the identifier is not.
    IdCorrupt,
    /// A cell that shows an error such as `#REF!`.
    CellError,
    /// A formula that was never computed.
    FormulaWithoutValue,
    /// Two signals of direction or amount that exclude each other.
    Contradiction,
    /// A workbook that asks for a password.
    PasswordProtected,
    /// A workbook that is damaged, or none.
    CorruptWorkbook,
    /// A file that would need more memory than a ledger can.
    TooLarge,
    /// A workbook without the sheet that the source names.
    NoSheet {
        name: String,
    },
    /// A web page without a table.
    WebPage,
    /// A bank message that cannot be split into its entries.
    BadMessage {
        expected: Expected,
    },
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
    BadTime,
    BadCount,
    BadRate,
    BadFlag,
    /// A word the column does not know; the words it knows.
    UnknownWord {
        known: Vec<String>,
    },
    /// The same key twice in a reference table, with different content; the later row is used.
    DoubleKey,
    /// A setting nobody reads.
    UnknownSetting,
    /// A setting whose value cannot be used; what it takes.
    BadSetting {
        expected: String,
    },
}

macro_rules! kinds {
    ($($pattern:pat => $code:literal,)*) => {
        /// The name under which `problems.csv` and the documentation know it.
        pub fn code(&self) -> &'static str {
            match self { $($pattern => $code),* }
        }

        /// Every code with its page, which says what it means and holds the smallest file that provokes it.
        pub const PAGES: &[(&str, &str)] =
            &[$(($code, include_str!(concat!("../../fixtures/problems/", $code, "/problem.md")))),*];
    };
}

impl Kind {
    kinds! {
        Self::UnknownFile => "unknown-file",
        Self::UnreadableFile => "unreadable-file",
        Self::NoHeader { .. } => "no-header",
        Self::DoubleColumn { .. } => "double-column",
        Self::TooManyColumns { .. } => "too-many-columns",
        Self::BadEncoding => "bad-encoding",
        Self::CutFile => "cut-file",
        Self::NulPadding => "nul-padding",
        Self::NulByte => "nul-byte",
        Self::OpenQuote => "open-quote",
        Self::StrayQuote => "stray-quote",
        Self::RowTooLong { .. } => "row-too-long",
        Self::FileTotalMismatch { .. } => "file-total-mismatch",
        Self::IdCorrupt => "id-corrupt",
        Self::CellError => "cell-error",
        Self::FormulaWithoutValue => "formula-without-value",
        Self::Contradiction => "contradiction",
        Self::PasswordProtected => "password-protected",
        Self::CorruptWorkbook => "corrupt-workbook",
        Self::TooLarge => "too-large",
        Self::NoSheet { .. } => "no-sheet",
        Self::WebPage => "web-page",
        Self::BadMessage { .. } => "bad-message",
        Self::CellCount { .. } => "cell-count",
        Self::Empty => "empty",
        Self::BadMoney => "bad-money",
        Self::MoneyTooLarge => "money-too-large",
        Self::BadDate => "bad-date",
        Self::BadMoment => "bad-moment",
        Self::BadTime => "bad-time",
        Self::BadCount => "bad-count",
        Self::BadRate => "bad-rate",
        Self::BadFlag => "bad-flag",
        Self::UnknownWord { .. } => "unknown-word",
        Self::DoubleKey => "double-key",
        Self::UnknownSetting => "unknown-setting",
        Self::BadSetting { .. } => "bad-setting",
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
            Self::DoubleColumn { .. } => fixed("每列只出现一次", "each column once"),
            Self::TooManyColumns { limit } => match lang {
                Lang::Zh => format!("不超过 {limit} 列"),
                Lang::En => format!("at most {limit} columns"),
            },
            Self::BadEncoding => fixed("该文件编码中的字符", "characters of the file's encoding"),
            Self::CutFile => fixed("以完整字符结尾的文件", "a file that ends with a whole character"),
            Self::NulPadding => fixed("最后一行之后无内容", "nothing behind the last row"),
            Self::NulByte => fixed("不含 NUL 字节的行", "a row without NUL bytes"),
            Self::StrayQuote => {
                fixed("内容中的引号须成双（\"\"）", "quotes within a cell doubled (\"\") in a quoted cell")
            }
            Self::RowTooLong { limit } => match lang {
                Lang::Zh => format!("不超过 {limit} 字节的行"),
                Lang::En => format!("a row of at most {limit} bytes"),
            },
            Self::FileTotalMismatch { counted } => match lang {
                Lang::Zh => format!("{counted}，即其所合计各行之和"),
                Lang::En => format!("{counted}, the sum of the rows it totals"),
            },
            Self::IdCorrupt => fixed("完整的号码", "the whole identifier"),
            Self::CellError => fixed("有值的单元格", "a cell with a value"),
            Self::FormulaWithoutValue => fixed("已计算的公式", "a formula with its result"),
            Self::Contradiction => {
                fixed("方向与金额互相一致", "direction and amounts that agree with each other")
            }
            Self::PasswordProtected => fixed("无密码的工作簿", "a workbook without a password"),
            Self::CorruptWorkbook => fixed("完好的工作簿", "an undamaged workbook"),
            Self::TooLarge => fixed("在限度之内的文件", "a file within the limits"),
            Self::NoSheet { name } => match lang {
                Lang::Zh => format!("工作表“{name}”"),
                Lang::En => format!("a sheet {name:?}"),
            },
            Self::WebPage => fixed("含有表格的网页", "a page with a table"),
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
            Self::BadTime => fixed("时间，如 14:05:00", "a time of day such as 14:05:00"),
            Self::BadCount => fixed("非负整数", "a whole number, not negative"),
            Self::BadRate => fixed("小数，如 0.5", "a decimal such as 0.5"),
            Self::BadFlag => fixed("是 或 否", "yes or no"),
            Self::UnknownWord { known } => match lang {
                Lang::Zh => format!("以下之一：{}", known.join("、")),
                Lang::En => format!("one of: {}", known.join(", ")),
            },
            Self::DoubleKey => fixed("每个主键一行", "one row a key"),
            Self::UnknownSetting => fixed("已知的参数", "a known setting"),
            Self::BadMessage { expected } => expected.words(lang).to_owned(),
            Self::BadSetting { expected } => expected.clone(),
        }
    }

    /// What to do about it.
    #[expect(clippy::too_many_lines, reason = "one arm a kind")]
    pub fn hint(&self, found: &str, lang: Lang) -> String {
        let fixed = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
        match self {
            Self::UnknownFile => fixed(
                "请改名为“账册名-任意.csv”，如 bank-receipts-icbc.csv；账册名见 schemas list",
                "rename it to <ledger>-anything.csv, such as bank-receipts-icbc.csv; `schemas list` names the ledgers",
            ),
            Self::UnreadableFile => fixed("请检查权限与路径", "check the path and the permissions"),
            Self::NoHeader { .. } => fixed(
                "各列接受的名称见 schemas show；文件中没有的，用 sources learn 在 recon.toml 中说明",
                "`schemas show` lists the names of each column; what the file does not say, `sources learn` puts into recon.toml",
            ),
            Self::DoubleColumn { header } => match lang {
                Lang::Zh => {
                    format!("请在 recon.toml 的 [[source]] 中用 columns 指明用哪一列，或改去一个“{header}”")
                }
                Lang::En => format!(
                    "say which one counts under `columns` of a [[source]] in recon.toml, or rename one {header:?}"
                ),
            },
            Self::TooManyColumns { .. } => {
                fixed("请核对分隔符与文件内容", "check the delimiter and what the file is")
            }
            Self::BadEncoding => fixed(
                "请重新导出；编码可在 [[source]] 中指明",
                "export it again; a [[source]] can name the encoding",
            ),
            Self::CutFile => fixed("文件被截断，请重新传送", "the file was cut: have it sent again"),
            Self::NulPadding => fixed(
                "各行已读入；请核对发送方是否中断、有无缺行",
                "the rows were read; ask whether the sender broke off and rows are missing",
            ),
            Self::NulByte => fixed("请重新导出该行", "have the row exported again"),
            Self::StrayQuote => {
                fixed("请改正引号后重新提交该行", "mend the quotes and deliver the row again")
            }
            Self::RowTooLong { .. } => fixed("请核对换行与引号", "check line ends and quotes"),
            Self::FileTotalMismatch { .. } => fixed(
                "文件可能缺行、重行或被改动；请与编报单位核对",
                "rows may be missing, doubled or altered: compare with whoever exported it",
            ),
            Self::IdCorrupt => fixed(
                "电子表格破坏了号码；该行已用，此号码不参与配对。请以文本格式重新导出该列",
                "a spreadsheet destroyed it; the row is used, this identifier is not: export the column as text",
            ),
            Self::CellError => fixed("请改正公式或填入值", "mend the formula or enter the value"),
            Self::FormulaWithoutValue => {
                fixed("请用电子表格打开并保存一次", "open the file in a spreadsheet and save it once")
            }
            Self::Contradiction => fixed(
                "请按原凭证改正；若该来源以正负号表示方向，请在 [[source]] 中指明 sign",
                "correct it from the voucher; if the source gives the direction by sign, say so under `sign` of a [[source]]",
            ),
            Self::PasswordProtected => {
                fixed("请取消密码后重新提交", "remove the password and deliver it again")
            }
            Self::CorruptWorkbook => fixed("请重新导出或传送", "have it exported or sent again"),
            Self::TooLarge => fixed("请拆分后提交，并核对来源", "split it, and check where it came from"),
            Self::NoSheet { .. } => fixed(
                "请改正 recon.toml 中该 [[source]] 的 sheet",
                "correct `sheet` of the [[source]] in recon.toml",
            ),
            Self::WebPage => fixed(
                "多半是登录或出错页面；请重新登录后导出",
                "most likely a login or error page was saved: log in and export it again",
            ),
            Self::BadMessage { .. } => fixed("请重新下载该报文", "download the message again"),
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
            Self::BadTime | Self::BadCount | Self::BadRate | Self::BadFlag => {
                fixed("请按期望的写法改正", "write it as expected")
            }
            Self::UnknownWord { .. } => fixed(
                "请用所列词语；各词的中文写法见 schemas show",
                "use one of these words; `schemas show` lists how each may be written",
            ),
            Self::DoubleKey => fixed(
                "暂以后一行为准；请只保留正确的一行",
                "the later row is used; keep the right one and delete the other",
            ),
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
