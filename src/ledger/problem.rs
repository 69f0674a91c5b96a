//! Problems: rows, files and settings that could not be used, each told so that a clerk can mend it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::lang::Lang;
use crate::domain::money::{Money, MoneyError, Unit};

use super::cell;
use super::format;
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
    /// Further ones of its kind in its column of the file, which are counted but not listed.
    pub more: u64,
}

/// Of each kind in each column so many are listed, lest a file of wrong rows fill the memory.
pub const LISTED_MAX: u64 = 10_000;

/// Problems of a table by column and kind.
#[derive(Clone, Debug, Default)]
pub struct Counts(BTreeMap<(Option<String>, &'static str), u64>);

impl Counts {
    /// Counts one; its number, from 1.
    pub fn add(&mut self, column: Option<&str>, kind: &Kind) -> u64 {
        let count = self.0.entry((column.map(str::to_owned), kind.code())).or_default();
        *count += 1;
        *count
    }

    pub fn of(&self, column: Option<&str>, kind: &Kind) -> u64 {
        self.0.get(&(column.map(str::to_owned), kind.code())).copied().unwrap_or_default()
    }

    pub fn join(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            *self.0.entry(key.clone()).or_default() += count;
        }
    }
}

/// What a file breaks off within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Which byte begins the character, 1-based, of how many.
    Character { at: usize, bytes: usize },
    /// A row of text, within its last cell.
    Cell,
    /// A web page, within a table.
    Table,
    /// A bank message, before a statement's closing balance.
    Statement,
}

/// Why a file is no workbook that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is damaged, or contradicts itself.
    Damage,
    /// It is in a form that spreadsheets write and nobody else reads; its name.
    Form(&'static str),
}

/// What excludes each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// The signals of a row that say which way the money went, and how much.
    Direction,
    /// The day of a row and the day its time is of.
    Day,
    /// What the source says of every row and what the file states.
    Constant { said: Box<str> },
}

/// What was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file whose name says neither its ledger nor its table.
    UnknownFile,
    /// A file of which two sources say different things, neither more specifically.
    SourceConflict,
    /// A file that could not be opened.
    UnreadableFile,
    /// No line near the top holds the headers the ledger requires; the columns that are missing.
    NoHeader {
        ledger: Box<str>,
        missing: Vec<String>,
    },
    /// One column under two equal headers; which of them counts cannot be known.
    DoubleColumn {
        header: String,
    },
    /// A unit or a currency of the amounts that is not understood, or not the yuan.
    UnknownUnit {
        text: String,
        is_foreign: bool,
    },
    /// More columns than any table of ours has.
    TooManyColumns {
        limit: usize,
    },
    /// Bytes that are no character in the file's encoding.
    BadEncoding,
    /// A file that breaks off.
    CutFile {
        within: Within,
    },
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
    /// Two statements that exclude each other.
    Contradiction(Clash),
    /// A workbook that asks for a password.
    PasswordProtected,
    /// A workbook that is damaged, or none.
    CorruptWorkbook(Fault),
    /// A file that would need more memory than a ledger can.
    TooLarge {
        zh: &'static str,
        en: &'static str,
    },
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
        cells: usize,
    },
    /// A row below a line that changes the account, the unit or the header and cannot be followed.
    OtherSection {
        line: String,
    },
    /// Words of a total in a row that has what only an entry has.
    TotalOrEntry,
    /// A row whose currency is not the yuan.
    ForeignCurrency,
    /// A required cell without content.
    Empty,
    /// A row of which more required cells are blank than not.
    EmptyRow {
        blank: usize,
        required: usize,
    },
    /// No amount of money in the unit of its column, or finer than a fen.
    BadMoney {
        unit: Unit,
    },
    /// More digits than an amount may have.
    MoneyTooLarge,
    /// An amount of nothing or less where only more than nothing makes sense.
    NotPositive,
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
    /// The same key with other contents in an earlier row of a reference table.
    DoubleKey {
        first_row: u32,
    },
    /// A setting nobody reads; the one that is spelt most like it.
    UnknownSetting {
        nearest: &'static str,
    },
    /// A setting whose value cannot be used; what it takes.
    BadSetting {
        zh: Box<str>,
        en: Box<str>,
    },
}

/// What becomes of a file with such a problem, and of the rest of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing of the file is used.
    FileRefused,
    /// The row is not used.
    RowRejected,
    /// The row is used without the identifier.
    IdentifierDropped,
    /// All that can be read is used.
    Told,
    /// The setting is not used.
    SettingIgnored,
}

impl Effect {
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::FileRefused => lang.pick("整个文件不用", "the file is refused"),
            Self::RowRejected => {
                lang.pick("该行拒收，其余照读", "the row is rejected, the rest of the file is read")
            }
            Self::IdentifierDropped => {
                lang.pick("该行照用，此号码不用", "the row is used, the identifier is not")
            }
            Self::Told => lang.pick("照读照用，仅予提示", "everything is used; it is only told"),
            Self::SettingIgnored => {
                lang.pick("该项设定不用，其余照用", "the setting is ignored, all others are used")
            }
        }
    }
}

/// What is said of a kind of problem before any file has it.
#[derive(Debug)]
pub struct About {
    /// The name under which `problems.csv` and the documentation know it.
    pub code: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    pub effect: Effect,
    /// The page, which is also a test: `tests/problem_pages.rs`.
    pub page: &'static str,
}

/// One line a kind. The compiler holds the lines to the enum, and a line to its page.
macro_rules! kinds {
    ($($kind:pat => $code:literal, $effect:ident, $zh:literal, $en:literal;)*) => {
        impl Kind {
            pub fn code(&self) -> &'static str {
                match self { $($kind => $code),* }
            }
        }

        /// All kinds, in the order of the documentation.
        pub static KINDS: &[About] = &[$(About {
            code: $code,
            zh: $zh,
            en: $en,
            effect: Effect::$effect,
            page: include_str!(concat!("../../fixtures/problems/", $code, "/problem.md")),
        }),*];
    };
}

kinds! {
    Kind::UnknownFile => "unknown-file", FileRefused,
        "文件名未表明账册", "A file whose name does not say its ledger";
    Kind::SourceConflict => "source-conflict", FileRefused,
        "两个来源说法不一", "Two sources that say different things of a file";
    Kind::UnreadableFile => "unreadable-file", FileRefused,
        "文件打不开", "A file that cannot be opened";
    Kind::NoHeader { .. } => "no-header", FileRefused,
        "找不到表头", "No header with the required columns";
    Kind::DoubleColumn { .. } => "double-column", FileRefused,
        "一列出现两次", "One column under two equal headers";
    Kind::UnknownUnit { .. } => "unknown-unit", FileRefused,
        "单位或币种不明", "A unit or currency that is not understood";
    Kind::TooManyColumns { .. } => "too-many-columns", FileRefused,
        "列数过多", "More columns than any ledger has";
    Kind::PasswordProtected => "password-protected", FileRefused,
        "工作簿有密码", "A workbook that asks for a password";
    Kind::CorruptWorkbook(..) => "corrupt-workbook", FileRefused,
        "工作簿损坏", "A workbook that is damaged, or none";
    Kind::NoSheet { .. } => "no-sheet", FileRefused,
        "没有所指的工作表", "A workbook without the sheet its source names";
    Kind::TooLarge { .. } => "too-large", FileRefused,
        "文件超过限度", "A workbook beyond the limits";
    Kind::WebPage => "web-page", FileRefused,
        "没有表格的网页", "A web page without a table";
    Kind::BadMessage { .. } => "bad-message", FileRefused,
        "对账单报文无法拆分", "A bank message that cannot be split into entries";
    Kind::BadEncoding => "bad-encoding", RowRejected,
        "乱码", "Bytes that are no character";
    Kind::CutFile { .. } => "cut-file", RowRejected,
        "文件被截断", "A file that breaks off";
    Kind::NulPadding => "nul-padding", Told,
        "文件末尾有空字节", "NUL bytes behind the last row";
    Kind::NulByte => "nul-byte", RowRejected,
        "行内有空字节", "A NUL byte within a row";
    Kind::OpenQuote => "open-quote", RowRejected,
        "引号未关闭", "A quote that is never closed";
    Kind::StrayQuote => "stray-quote", RowRejected,
        "引号位置不当", "A quote in the wrong place";
    Kind::RowTooLong { .. } => "row-too-long", RowRejected,
        "行过长", "A row longer than any row of a ledger";
    Kind::CellCount { .. } => "cell-count", RowRejected,
        "单元格数与表头不符", "More or fewer cells than the header";
    Kind::CellError => "cell-error", RowRejected,
        "单元格为错误值", "A cell that shows an error";
    Kind::FormulaWithoutValue => "formula-without-value", RowRejected,
        "公式没有计算结果", "A formula that was never computed";
    Kind::IdCorrupt => "id-corrupt", IdentifierDropped,
        "号码被电子表格破坏", "An identifier that a spreadsheet destroyed";
    Kind::FileTotalMismatch { .. } => "file-total-mismatch", Told,
        "合计与明细不符", "A total that its rows do not come to";
    Kind::TotalOrEntry => "total-or-entry", RowRejected,
        "像合计又像明细", "A row that may be a total or an entry";
    Kind::OtherSection { .. } => "other-section", RowRejected,
        "表内另起一段", "A row below a line that changes the table";
    Kind::ForeignCurrency => "foreign-currency", RowRejected,
        "外币", "An amount in another currency";
    Kind::Contradiction(..) => "contradiction", RowRejected,
        "两处说法互相矛盾", "Two statements that exclude each other";
    Kind::Empty | Kind::EmptyRow { .. } => "empty", RowRejected,
        "必填项为空", "A required cell without content";
    Kind::BadMoney { .. } => "bad-money", RowRejected,
        "金额不合格式", "No amount of money, or finer than a fen";
    Kind::MoneyTooLarge => "money-too-large", RowRejected,
        "金额位数过多", "An amount with more digits than money has";
    Kind::NotPositive => "not-positive", RowRejected,
        "金额应为正数", "An amount that is not above zero";
    Kind::BadDate => "bad-date", RowRejected,
        "日期不合格式", "No date";
    Kind::BadMoment => "bad-moment", RowRejected,
        "日期时间不合格式", "No date or time";
    Kind::BadTime => "bad-time", RowRejected,
        "时间不合格式", "No time of day";
    Kind::BadCount => "bad-count", RowRejected,
        "笔数不合格式", "No whole number";
    Kind::BadRate => "bad-rate", RowRejected,
        "比率不合格式", "No decimal";
    Kind::BadFlag => "bad-flag", RowRejected,
        "是否栏不合格式", "Neither yes nor no";
    Kind::UnknownWord { .. } => "unknown-word", RowRejected,
        "不认识的词", "A word the column does not know";
    Kind::DoubleKey { .. } => "double-key", Told,
        "基础表主键重复", "One key with two contents in a reference table";
    Kind::UnknownSetting { .. } => "unknown-setting", SettingIgnored,
        "不认识的参数", "A setting nobody reads";
    Kind::BadSetting { .. } => "bad-setting", SettingIgnored,
        "参数值不可用", "A setting whose value cannot be used";
}

impl Kind {
    #[expect(clippy::too_many_lines, reason = "one arm a kind")]
    pub fn expected(&self, lang: Lang) -> String {
        let fixed = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
        match self {
            Self::UnknownFile => {
                fixed("名称能表明账册或基础表的文件", "a file whose name says which ledger or table it is")
            }
            Self::SourceConflict => fixed(
                "只有一个来源（[[source]]）说明的文件，或其中一个的 glob 更具体",
                "one [[source]] for the file, or one whose glob is more specific",
            ),
            Self::UnreadableFile => fixed("可以打开的文件", "a file that can be opened"),
            Self::NoHeader { ledger, missing } => match lang {
                Lang::Zh => format!("含有全部必需列的表头，缺：{}", list(missing, ledger, lang)),
                Lang::En => {
                    format!("a header with all required columns, missing: {}", list(missing, ledger, lang))
                }
            },
            Self::DoubleColumn { .. } => fixed("没有重名的表头", "headers that differ"),
            Self::UnknownUnit { is_foreign: true, .. } | Self::ForeignCurrency => fixed("人民币", "yuan"),
            Self::UnknownUnit { .. } => fixed(
                "一种金额单位：分、元、千元、万元、百万元或亿元",
                "one unit of amounts: 分, 元, 千元, 万元, 百万元 or 亿元",
            ),
            Self::OtherSection { line } => match lang {
                Lang::Zh => format!("账号、单位、表头与全表一致的行，而其上有“{line}”一行"),
                Lang::En => format!(
                    "a row of the table's own account, unit and header, which the line {line:?} above it ends"
                ),
            },
            Self::TotalOrEntry => fixed("合计或明细之一", "either a total or an entry"),
            Self::TooManyColumns { limit } => match lang {
                Lang::Zh => format!("不超过 {limit} 列的表头"),
                Lang::En => format!("a header of at most {limit} columns"),
            },
            Self::BadEncoding => fixed("可辨认的字符", "characters of the file's encoding"),
            Self::CutFile { within: Within::Character { at, bytes } } => match lang {
                Lang::Zh => {
                    format!("以完整字符结尾的文件，而该文件共 {bytes} 字节，自第 {at} 字节起的字符不完整")
                }
                Lang::En => format!(
                    "a file that ends with a whole character; of this one's {bytes} bytes the character from \
                     byte {at} on is incomplete"
                ),
            },
            Self::CutFile { within: Within::Cell } => fixed(
                "以换行结尾的文件；该文件末行之后没有换行，其末格又像是截短的",
                "a file that ends with a line end; behind this one's last row there is none, and its last cell looks cut",
            ),
            Self::CutFile { within: Within::Table } => {
                fixed("表格有头有尾的网页", "a page that ends its tables")
            }
            Self::CutFile { within: Within::Statement } => fixed(
                "以期末余额（:62F: 或 :62M:）结束的对账单",
                "a statement that ends with its closing balance (:62F: or :62M:)",
            ),
            Self::NulPadding => fixed("到最后一行为止的文件", "nothing behind the last row"),
            Self::NulByte => fixed("不含空字节（NUL）的行", "a row without NUL bytes"),
            Self::StrayQuote => fixed(
                "成对括住整个单元格的引号（其中的引号写作两个 \"\"）",
                "quotes around a whole cell, those within it doubled (\"\")",
            ),
            Self::RowTooLong { limit } => match lang {
                Lang::Zh => format!("不超过 {limit} 字节的行"),
                Lang::En => format!("a row of at most {limit} bytes"),
            },
            Self::FileTotalMismatch { counted } => match lang {
                Lang::Zh => format!("{counted}（按其所合计的各行计算）"),
                Lang::En => format!("{counted}, which the rows it totals come to"),
            },
            Self::IdCorrupt => fixed("完整的号码", "the whole identifier"),
            Self::CellError => fixed("有值的单元格", "a cell with a value"),
            Self::FormulaWithoutValue => fixed("已有计算结果的公式", "a formula with its result"),
            Self::Contradiction(Clash::Direction) => {
                fixed("互相一致的方向与金额", "direction and amounts that agree with each other")
            }
            Self::Contradiction(Clash::Day) => {
                fixed("交易日期当日的时间", "a time of the day that the row is dated")
            }
            Self::Contradiction(Clash::Constant { said }) => match lang {
                Lang::Zh => format!("来源设定中每行相同的“{said}”"),
                Lang::En => format!("{said:?}, which the source says of every row"),
            },
            Self::PasswordProtected => fixed("无密码的工作簿", "a workbook without a password"),
            Self::CorruptWorkbook(Fault::Damage) => fixed("完好的工作簿", "an undamaged workbook"),
            Self::CorruptWorkbook(Fault::Form(form)) => match lang {
                Lang::Zh => format!("xlsx、xls、xlsb、ods 或文本文件，而该文件是 {form}"),
                Lang::En => format!("xlsx, xls, xlsb, ods or text, and this is {form}"),
            },
            Self::TooLarge { zh, en } => match lang {
                Lang::Zh => format!("限度之内的文件，而该文件：{zh}"),
                Lang::En => format!("a file within the limits, not one with {en}"),
            },
            Self::NoSheet { name } => match lang {
                Lang::Zh => format!("工作表“{name}”"),
                Lang::En => format!("a sheet {name:?}"),
            },
            Self::WebPage => fixed("含有表格的网页", "a page with a table"),
            Self::OpenQuote => fixed("有头有尾的引号", "a closing quote for each opening one"),
            Self::CellCount { expected, cells } => match lang {
                Lang::Zh => format!("{expected} 个单元格（与表头一致），而该行有 {cells} 个"),
                Lang::En => format!("{expected} cells as the header has, not {cells}"),
            },
            Self::Empty => fixed("必填的内容", "a value, since the column is required"),
            Self::EmptyRow { blank, required } => match lang {
                Lang::Zh => format!("必填的内容，而该行 {required} 个必填项中有 {blank} 个空白"),
                Lang::En => {
                    format!("a value in each required column; of {required} in this row {blank} are blank")
                }
            },
            Self::BadMoney { unit: Unit::Yuan } => {
                fixed("金额（元，最多两位小数）", "yuan with at most two decimals")
            }
            Self::BadMoney { unit: Unit::Fen } => fixed("金额（分，无小数）", "fen without decimals"),
            Self::BadMoney { unit } => {
                let (word, most) = (unit.word(), unit.decimals());
                match lang {
                    Lang::Zh => format!("金额（{word}，最多 {most} 位小数）"),
                    Lang::En => format!("{word} with at most {most} decimals"),
                }
            }
            Self::MoneyTooLarge => {
                fixed("小数点前最多 15 位的金额", "an amount of at most 15 digits before the decimal point")
            }
            Self::NotPositive => fixed("大于零的金额", "an amount above zero"),
            Self::BadDate => fixed("日期，如 2026-03-02", "a date such as 2026-03-02"),
            Self::BadMoment => {
                fixed("日期或时间，如 2026-03-02 14:05:00", "a date or time such as 2026-03-02 14:05:00")
            }
            Self::BadTime => fixed("时间，如 14:05:00", "a time of day such as 14:05:00"),
            Self::BadCount => fixed("非负整数", "a whole number, not negative"),
            Self::BadRate => fixed("小数，如 0.5", "a decimal such as 0.5"),
            Self::BadFlag => fixed("“是”或“否”", "yes or no"),
            Self::UnknownWord { known } => match lang {
                Lang::Zh => format!("以下之一：{}", known.join("、")),
                Lang::En => format!("one of: {}", known.join(", ")),
            },
            Self::DoubleKey { first_row } => match lang {
                Lang::Zh => format!("不重复的主键，而第 {first_row} 行已有"),
                Lang::En => format!("a key of its own, which row {first_row} has too"),
            },
            Self::UnknownSetting { nearest } => match lang {
                Lang::Zh => format!("已知的参数，如 {nearest}"),
                Lang::En => format!("a known setting such as {nearest}"),
            },
            Self::BadMessage { expected } => expected.words(lang).to_owned(),
            Self::BadSetting { zh, en } => fixed(zh, en),
        }
    }

    /// What to do about it.
    #[expect(clippy::too_many_lines, reason = "one arm a kind")]
    fn hint(&self, found: &str, lang: Lang) -> String {
        let fixed = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
        match self {
            Self::UnknownFile => fixed(
                "请改名：inbox 中为“账册名-任意.csv”，如 bank-receipts-icbc.csv，reference 中为“表名.csv”，如 calendar.csv（名称见 schemas list）；或用 recon.toml 中 [[source]] 的 glob 指明",
                "rename it: in inbox <ledger>-anything.csv such as bank-receipts-icbc.csv, in reference <table>.csv such as calendar.csv (`schemas list` has the names); or name it by `glob` of a [[source]] in recon.toml",
            ),
            Self::SourceConflict => fixed(
                "请在 recon.toml 中删去多余的 [[source]]，或把应采用者的 glob 写得更具体：写明字符多的优先",
                "delete the [[source]] in recon.toml that is not meant, or make the other's glob more specific: the one that spells out more characters is taken",
            ),
            Self::UnreadableFile => fixed(
                "请核对权限；若是文件夹，请把其中的文件移到上一级",
                "check its permissions; if it is a folder, move the files in it one level up",
            ),
            Self::NoHeader { .. } => fixed(
                "各列接受的表头名称见 schemas show；文件另有叫法或没有该列的，用 sources learn 在 recon.toml 中说明",
                "`schemas show` lists the headers of each column; what the file calls otherwise or does not say, `sources learn` puts into recon.toml",
            ),
            Self::DoubleColumn { header } => match lang {
                Lang::Zh => format!(
                    "请改去一个“{header}”；若用另一列，请在 recon.toml 的 [[source]] 中以 columns = {{ \"{header}\" = \"-\" }} 弃用它们"
                ),
                Lang::En => format!(
                    "rename one {header:?}; or leave both alone by columns = {{ {header:?} = \"-\" }} of a [[source]] in recon.toml and name another column"
                ),
            },
            Self::UnknownUnit { is_foreign: true, .. } | Self::ForeignCurrency => fixed(
                "本程序只核对人民币；外币账户和外币分录请另行核对",
                "only yuan are reconciled here: look into accounts and entries in another currency apart",
            ),
            Self::UnknownUnit { .. } => fixed(
                "请向编报单位核实，并用 [[source]] 的 unit 指明",
                "ask whoever exported it, and say the unit by `unit` of a [[source]]",
            ),
            Self::OtherSection { .. } => fixed(
                "请在该行处拆分文件，每个文件一个账户、一种单位、一种表头",
                "split the file at that line, so that each has one account, one unit and one header",
            ),
            Self::TotalOrEntry => fixed(
                "若是合计，请删去流水号或对方户名；若是明细，请改正摘要",
                "if it is a total, take the number or the other side's name out; if an entry, correct the words",
            ),
            Self::EmptyRow { .. } => fixed(
                "若是明细，请向编报单位补要；若是合计或说明，可不理会，或从文件中删去",
                "if it is an entry, ask whoever exported it; a total or a remark may be left, or deleted from the file",
            ),
            Self::TooManyColumns { .. } => fixed(
                "请核对文件是否为账册；分隔符可用 [[source]] 的 delimiter 指明",
                "see whether the file is a ledger at all; `delimiter` of a [[source]] says what separates its cells",
            ),
            Self::BadEncoding => fixed(
                "“�”处的字节不成字符；请重新导出，或用 [[source]] 的 encoding 指明编码",
                "the bytes at � are no character; export it again, or name the encoding by `encoding` of a [[source]]",
            ),
            Self::CutFile { within: Within::Cell } => fixed(
                "传送可能中断，其后可能缺行；请重新传送整个文件。若文件确实完整，请在末行之后加一个换行",
                "the transfer may have broken off and rows may be missing behind it: have the whole file sent again; if it is \
                 whole, put a line end behind its last row",
            ),
            Self::CutFile { .. } => fixed(
                "传送中断，其后可能缺行；请重新传送整个文件",
                "the transfer broke off and rows may be missing behind it: have the whole file sent again",
            ),
            Self::NulPadding => fixed(
                "各行已读入；发送方可能中断，请核对有无缺行",
                "the rows were read; the sender may have broken off: ask whether rows are missing",
            ),
            Self::NulByte => fixed(
                "“␀”处的内容已损坏；请重新导出后提交",
                "what stood at ␀ is lost; have it exported and delivered again",
            ),
            Self::StrayQuote => {
                fixed("请改正引号后重新提交该行", "mend the quotes and deliver the row again")
            }
            Self::RowTooLong { .. } => fixed(
                "可能丢失了换行，或文件不是账册；请重新导出",
                "its line ends may be lost, or it is no ledger; export it again",
            ),
            Self::FileTotalMismatch { .. } => fixed(
                "文件可能缺行、重行或被改动；请与编报单位核对",
                "rows may be missing, doubled or altered: compare with whoever exported it",
            ),
            Self::IdCorrupt => fixed(
                "电子表格破坏了号码；该行已用，此号码不参与配对。请将该列设为文本格式后重新导出",
                "a spreadsheet destroyed it; the row is used, this identifier is not: export it again with the column as text",
            ),
            Self::CellError => fixed(
                "请改正公式或填入值后重新提交",
                "mend the formula or enter the value, and deliver it again",
            ),
            Self::FormulaWithoutValue => fixed(
                "请用电子表格软件打开、保存后重新提交",
                "open the file in a spreadsheet, save it, and deliver it again",
            ),
            Self::Contradiction(Clash::Day) => fixed(
                "请按原凭证改正；若该列不是交易的时间，请在 recon.toml 的 [[source]] 中以 columns = { \"表头\" = \"-\" } 弃用",
                "correct it from the voucher; if the column is no time of the transaction, leave it alone by columns = { \"HEADER\" = \"-\" } of a [[source]] in recon.toml",
            ),
            Self::Contradiction(Clash::Constant { .. }) => fixed(
                "请核对文件是否属于该来源：若不是，请改 recon.toml 中 [[source]] 的 glob；若设定有误，请改其 constants；若该列另有含义，请以 columns = { \"表头\" = \"-\" } 弃用",
                "see whether the file is of this source: if not, correct `glob` of the [[source]] in recon.toml; if what is said is wrong, its `constants`; if the column means something else, leave it alone by columns = { \"HEADER\" = \"-\" }",
            ),
            Self::Contradiction(Clash::Direction) => fixed(
                "请按原凭证改正；若该来源以正负号表示方向，请用 [[source]] 的 sign 指明",
                "correct it from the voucher; if the source gives the direction by sign, say so by `sign` of a [[source]]",
            ),
            Self::PasswordProtected => {
                fixed("请取消密码后重新提交", "remove the password and deliver it again")
            }
            Self::CorruptWorkbook(Fault::Damage) => {
                fixed("请重新导出或传送", "have it exported or sent again")
            }
            Self::CorruptWorkbook(Fault::Form(_)) => fixed(
                "请用电子表格软件打开，另存为 xlsx 后重新提交",
                "open it in a spreadsheet, save it as xlsx, and deliver that",
            ),
            Self::TooLarge { .. } => fixed(
                "请核对来源；确为账册的，请拆分或导出为 csv 后提交",
                "check where it came from; if it is a ledger, split it or export it as csv",
            ),
            Self::NoSheet { .. } => fixed(
                "请改正 recon.toml 中该 [[source]] 的 sheet",
                "correct `sheet` of the [[source]] in recon.toml",
            ),
            Self::WebPage => fixed(
                "多半存下的是登录或出错页面；请重新登录后导出",
                "most likely a login or error page was saved: log in and export it again",
            ),
            Self::BadMessage { expected: Expected::Statement } => fixed(
                "请向银行索要日终对账单 MT940 或 camt.053；日间报告和通知（MT942、camt.052、camt.054）不用",
                "ask the bank for the end-of-day statement, MT940 or camt.053; interim reports and advices (MT942, camt.052, camt.054) are not used",
            ),
            Self::BadMessage { expected: Expected::Size } => {
                fixed("请分期下载后提交", "download it in shorter periods")
            }
            Self::BadMessage { .. } => fixed("请重新下载该报文", "download the message again"),
            Self::OpenQuote => fixed("请补上引号后重新提交该行", "close the quote and deliver the row again"),
            Self::CellCount { expected, cells } if cells < expected => fixed(
                "请核对该行是否被截断；若该来源的行末可缺单元格，请在 [[source]] 中设 short_rows = true",
                "see whether the row was cut; if rows of this source may end early, set short_rows = true in a [[source]]",
            ),
            Self::CellCount { .. } => fixed(
                "内容含分隔符的单元格须加引号；金额的千分位逗号也是",
                "quote cells that hold the delimiter, such as amounts with thousands separators",
            ),
            Self::Empty => fixed(
                "请向编报单位补要；若整个文件都没有该项，可用 [[source]] 的 constants 指明",
                "ask whoever exported it; if the whole file lacks it, `constants` of a [[source]] can say it",
            ),
            Self::BadMoney { unit } => amount_hint(found, *unit, lang),
            Self::MoneyTooLarge => fixed(
                "可能是号码错列；单位不是元的，用 [[source]] 的 unit 指明（分、元、千元、万元、百万元、亿元）",
                "it may be a number from another column; a unit that is not yuan is said by `unit` of a [[source]] (分, 元, 千元, 万元, 百万元, 亿元)",
            ),
            Self::BadDate => fixed(
                "须为实有的日期，账册中自 1990 年至 2100 年；可写作 2026-03-02、20260302、2026/3/2、2026年3月2日",
                "the day must exist, in a ledger from 1990 to 2100; 2026-03-02, 20260302, 2026/3/2 and 2026年3月2日 are understood",
            ),
            Self::BadMoment if found.contains("24:00") => fixed(
                "一日的时间自 00:00:00 至 23:59:59；24:00 请按原凭证写作当日 23:59:59 或次日 00:00:00",
                "the times of a day go from 00:00:00 to 23:59:59; for 24:00 write 23:59:59, or 00:00:00 of the next day, as the voucher means it",
            ),
            Self::BadMoment => fixed(
                "日期须实有，账册中自 1990 年至 2100 年；可写作 2026-03-02、20260302、2026/3/2、2026年3月2日，其后可有时间 14:05、14:05:00、140500、14时05分",
                "the day must exist, in a ledger from 1990 to 2100; 2026-03-02, 20260302, 2026/3/2 and 2026年3月2日 are understood, and behind them 14:05, 14:05:00, 140500 and 14时05分",
            ),
            Self::BadTime => fixed(
                "可写作 14:05、14:05:00、140500、14时05分",
                "14:05, 14:05:00, 140500 and 14时05分 are understood",
            ),
            Self::NotPositive => fixed(
                "退库金额填正数；若来源以负数表示退库，可用 [[source]] 的 sign = \"negated\" 指明",
                "what is refunded is stated as a positive amount; if the source has it negative, `sign = \"negated\"` of a [[source]] says so",
            ),
            Self::BadCount => fixed(
                "只写数字，如 12；千分位 1,234、12.0 和 12笔 亦可",
                "write digits, as 12; 1,234, 12.0 and 12笔 do too",
            ),
            Self::BadRate => fixed(
                "只写数字和小数点，不带百分号；该列的含义见 schemas show",
                "write digits and a point, no percent sign; `schemas show` says what the column means",
            ),
            Self::BadFlag => fixed(
                "也可写作 true/false、yes/no、y/n、1/0",
                "是/否, true/false, y/n and 1/0 are understood too",
            ),
            Self::UnknownWord { .. } => fixed(
                "请改为其中一词；列错位时也会如此，请核对该行各列",
                "use one of these words; if the row's cells have slipped by a column, mend the row",
            ),
            Self::DoubleKey { .. } => fixed(
                "以最后一行为准；请只保留正确的一行",
                "the last row counts; keep the right one and delete the other",
            ),
            Self::UnknownSetting { .. } => fixed(
                "请核对拼写；init 写出的 recon.toml 列有全部参数",
                "check the spelling; the recon.toml that `init` writes lists them all",
            ),
            Self::BadSetting { .. } => fixed(
                "请改正 recon.toml；在此之前该项不用",
                "correct recon.toml; until then this is left out",
            ),
        }
    }
}

fn list(columns: &[String], ledger: &str, lang: Lang) -> String {
    let named = columns.iter().map(|id| named(id, ledger, lang));
    named.collect::<Vec<_>>().join(lang.pick("、", ", "))
}

/// `金额 amount`; a header or a setting goes by itself.
fn named(column: &str, file: &str, lang: Lang) -> String {
    match (lang, format::chinese_name(column, file)) {
        (Lang::Zh, Some(name)) => format!("{name} {column}"),
        _ => column.to_owned(),
    }
}

/// What to do about an amount that is none.
fn amount_hint(found: &str, unit: Unit, lang: Lang) -> String {
    let fixed = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
    if let Some((place, wrong)) = lookalike(found) {
        return match lang {
            Lang::Zh => format!("第 {place} 个字符是“{wrong}”，不是数字"),
            Lang::En => format!("character {place} is {wrong:?}, not a digit"),
        };
    }
    if has_decimal_comma(found) {
        return fixed(
            "若该来源以逗号为小数点，请在 [[source]] 中设 decimal_comma = true",
            "if this source writes a comma for the decimal point, set decimal_comma = true in a [[source]]",
        );
    }
    if is_foreign(found) {
        return fixed(
            "本账册只收人民币；外币或未写明币种的分录请另行核对",
            "this ledger takes yuan alone: look into entries in another currency, or in none that is named",
        );
    }
    let is_finer = Money::parse_in(&cell::clean(found), unit) == Err(MoneyError::Decimals);
    if is_finer && has_binary_noise(found, unit) {
        let most = unit.decimals();
        return match lang {
            Lang::Zh => format!("表格中的计算值带有浮点尾差；请用 ROUND(…,{most}) 取整后重新提交"),
            Lang::En => {
                format!("computed cells carry binary noise; ROUND(...,{most}) them and deliver again")
            }
        };
    }
    if is_finer {
        return fixed("本程序不舍入；请按原凭证改正", "nothing is rounded here; correct it from the voucher");
    }
    fixed(
        "只写数字，不带币种和单位；可有正负号、每三位一组的千分位逗号和一个小数点",
        "write the number alone, without currency or unit: digits, a sign, commas that part groups of three, one decimal point",
    )
}

/// Whether an amount names a currency that is not yuan, or says that it has none, as bank messages do.
fn is_foreign(found: &str) -> bool {
    const SIGNS: [&str; 16] = [
        "$",
        "＄",
        "€",
        "£",
        "₩",
        "美元",
        "美金",
        "港元",
        "港币",
        "欧元",
        "日元",
        "英镑",
        "澳元",
        "加元",
        "no currency",
        "funds code",
    ];
    if SIGNS.iter().any(|sign| found.contains(sign)) {
        return true;
    }
    let is_code = |word: &str| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let mut words = found.split(|c: char| !c.is_ascii_alphabetic());
    found.contains(|c: char| c.is_ascii_digit())
        && words.any(|word| is_code(word) && !matches!(word, "CNY" | "CNH" | "RMB"))
}

/// Whether a decimal is one of fewer places and what a binary fraction makes of it: 0.30000000000000004, 114.99999999999999.
fn has_binary_noise(found: &str, unit: Unit) -> bool {
    let places = unit.decimals();
    let Some((whole, decimals)) = found.split_once('.') else { return false };
    let digits = whole.bytes().filter(u8::is_ascii_digit).count() + decimals.len();
    // Fifteen digits are exact; the last one or two behind them are noise.
    let Some(noise) = decimals.get(places..decimals.len().saturating_sub(2)) else { return false };
    let same = |digit: u8| noise.bytes().all(|byte| byte == digit);
    digits >= 15 && !noise.is_empty() && (same(b'0') || same(b'9'))
}

/// Whether an amount reads as one with a comma for the decimal point: `1.234,56`, `12,5`.
fn has_decimal_comma(found: &str) -> bool {
    let Some((whole, cents)) = found.rsplit_once(',') else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    !whole.contains(',') && is_number(cents) && cents.len() <= 2 && is_number(&whole.replace('.', ""))
}

/// The place (1-based) and shape of a letter that passes for a digit.
fn lookalike(found: &str) -> Option<(usize, char)> {
    let place = found.chars().position(|c| matches!(c, 'O' | 'o' | 'l' | 'I' | 'S' | 'B' | 'Z'))?;
    let digits = found.chars().filter(char::is_ascii_digit).count();
    (digits * 2 > found.chars().count()).then(|| (place + 1, found.chars().nth(place).expect("counted")))
}

impl Problem {
    /// The column as people call it, or the header that was found.
    pub fn column_words(&self, lang: Lang) -> Option<&str> {
        let column = self.column.as_deref()?;
        Some(match lang {
            Lang::Zh => format::chinese_name(column, &self.file).unwrap_or(column),
            Lang::En => column,
        })
    }

    /// What to do about it, and how many more there are.
    pub fn hint(&self, lang: Lang) -> String {
        let hint = self.kind.hint(&self.found, lang);
        match (self.more, lang) {
            (0, _) => hint,
            (more, Lang::Zh) => format!("{hint}；另有 {more} 处同样的问题，不再逐一列出"),
            (more, Lang::En) => format!("{hint}; {more} more like it are not listed"),
        }
    }

    /// How many problems it stands for.
    pub fn count(&self) -> u64 {
        1 + self.more
    }

    /// The message as one line and a hint below it.
    pub fn message(&self, lang: Lang) -> String {
        let mut text = self.file.to_string();
        if let Some(row) = self.row {
            let _ = write!(text, ":{row}");
        }
        if let Some(column) = &self.column {
            let _ = write!(text, ": {}", named(column, &self.file, lang));
        }
        let expected = self.kind.expected(lang);
        let found = &self.found;
        // Between a Chinese character and a Latin letter or digit stands a space.
        let space = if expected.starts_with(|c: char| c.is_ascii_alphanumeric()) { " " } else { "" };
        let _ = match lang {
            Lang::Zh => write!(text, "：应为{space}{expected}"),
            Lang::En => write!(text, ": expected {expected}"),
        };
        let _ = match (&self.kind, lang) {
            (Kind::Empty, Lang::Zh) if found.is_empty() => write!(text, "，实为空白"),
            (Kind::Empty, Lang::En) if found.is_empty() => write!(text, ", found nothing"),
            _ if found.is_empty() => Ok(()),
            (_, Lang::Zh) => write!(text, "，实为“{found}”"),
            (_, Lang::En) => write!(text, ", found {found:?}"),
        };
        let hint = self.hint(lang);
        let _ = match lang {
            Lang::Zh => write!(text, "\n  提示：{hint}"),
            Lang::En => write!(text, "\n  hint: {hint}"),
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
            kind: Kind::BadMoney { unit: Unit::Yuan },
            found: "1,2O0.00".into(),
            more: 0,
        };
        assert_eq!(
            problem.message(Lang::En),
            "inbox/2026-03-02/bank-receipts-icbc.csv:17: amount: expected yuan with at most two decimals, \
             found \"1,2O0.00\"\n  hint: character 4 is 'O', not a digit"
        );
        assert_eq!(
            problem.message(Lang::Zh),
            "inbox/2026-03-02/bank-receipts-icbc.csv:17: 金额 amount：应为金额（元，最多两位小数），\
             实为“1,2O0.00”\n  提示：第 4 个字符是“O”，不是数字"
        );
    }

    #[test]
    fn the_hint_says_what_is_wrong_with_an_amount() {
        let check = |found: &str, unit, expected: &str| {
            let hint = Kind::BadMoney { unit }.hint(found, Lang::En);
            assert!(hint.starts_with(expected), "{found}: {hint}");
        };
        let (yuan, wan) = (Unit::Yuan, Unit::TenThousand);
        for found in ["USD 12.00", "12.00USD", "HKD100", "$5", "100美元", "no currency 5", "USD \"1\"", "＄5"]
        {
            check(found, yuan, "this ledger takes yuan alone");
        }
        for found in [
            "TRUE",
            "NaN",
            "N/A",
            "RMB 100",
            "CNY100.00",
            "CNH 5",
            "5 CNY",
            "100元",
            "壹佰元整",
            "1,23,456.00",
            "5.",
            "100①",
            "12.00-",
            "1e400",
            "ABC",
        ] {
            check(found, yuan, "write the number alone");
        }
        for found in ["0.005", "１．２３４", "-1.005", "1,234.567", "100.005", "12.345678901"] {
            check(found, yuan, "nothing is rounded here");
        }
        for found in ["0.30000000000000004", "114.99999999999999", "4444.440000000001", "-456.7799999999988"]
        {
            check(found, yuan, "computed cells carry binary noise");
        }
        check("1.1000000000000001", wan, "computed cells carry binary noise");
        check("1.12345678", wan, "nothing is rounded here");
        check("123456789012.345", yuan, "nothing is rounded here");
        check("1,2O0.00", yuan, "character 4");
        check("1.234,56", yuan, "if this source writes a comma");
    }

    #[test]
    fn a_day_that_exists_is_not_said_to_be_none() {
        let hint = |found: &str| Kind::BadMoment.hint(found, Lang::En);
        assert!(hint("2026-03-02 24:00:00").starts_with("the times of a day"), "{}", hint("24:00"));
        assert!(hint("2026-02-30").starts_with("the day must exist"), "{}", hint("2026-02-30"));
    }
}
