//! What the archive can be asked in SQL: the tables, their columns, and what each says.
//!
//! What a run writes is as it says here; a test holds both together. `schemas/archive.md` is this list as a page.

use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::Ledger;
use crate::ledger::format::{self, Format, Type};

use super::column_name;

/// A table of the archive.
#[derive(Clone, Debug)]
pub struct Listing {
    pub name: String,
    pub zh: String,
    pub en: String,
    pub columns: Vec<ListedColumn>,
    pub(super) place: PlaceOf,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct ListedColumn {
    pub name: String,
    pub holds: Holds,
    pub zh: String,
    pub en: String,
}

/// Where the rows of a table lie.
#[derive(Clone, Copy, Debug)]
pub(super) enum PlaceOf {
    /// Rows of ledgers: settled in every run, open in the last.
    Entries,
    /// One file in the folder of every run.
    EveryRun,
    /// The manifests of the runs.
    Manifests,
    /// A reference table as the last run read it.
    Reference(&'static Format),
    /// This list.
    Here,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Text,
    /// Yuan: a decimal of 18 digits, two of them behind the point.
    Money,
    Day,
    Count,
    Truth,
}

impl Holds {
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Text => lang.pick("文本", "text"),
            Self::Money => lang.pick("金额（元）", "decimal(18,2)"),
            Self::Day => lang.pick("日期", "date"),
            Self::Count => lang.pick("整数", "count"),
            Self::Truth => lang.pick("是否", "true or false"),
        }
    }

    fn of(kind: Type) -> Self {
        match kind {
            Type::Id | Type::Code | Type::Text | Type::Rate | Type::Moment => Self::Text,
            Type::Money => Self::Money,
            Type::Date => Self::Day,
            Type::Count | Type::Flag => Self::Count,
        }
    }
}

impl Listing {
    fn new(name: &str, (zh, en): (&str, &str), place: PlaceOf, columns: Vec<ListedColumn>) -> Self {
        Self { name: name.to_owned(), zh: zh.to_owned(), en: en.to_owned(), columns, place }
    }
}

type Line = (&'static str, Holds, &'static str, &'static str);

/// Which run a row is of: of a day that was run more than once, the last.
const RUN: &[Line] = &[
    ("run_on", Holds::Day, "运行日", "Day of the run"),
    ("run", Holds::Count, "当日第几次运行", "Number of the run on its day"),
];

/// What the archive says of an entry besides its ledger's columns, before them.
const ENTRY: &[Line] = &[
    ("ledger", Holds::Text, "账册", "Ledger"),
    ("party", Holds::Text, "记账方", "Who keeps the ledger"),
    ("flow", Holds::Text, "资金流", "Flow"),
    ("is_open", Holds::Truth, "所在案是否未结", "Whether its case is still open"),
];

/// The same, behind them.
const ENTRY_MEMO: &[Line] = &[
    ("unusable", Holds::Text, "被表格软件损坏的标识", "Identifiers that a spreadsheet destroyed, as found"),
    ("file", Holds::Text, "文件", "File, relative to the book"),
    ("file_row", Holds::Count, "行号", "Row of the file"),
    ("arrived", Holds::Day, "到达日", "Day whose inbox held the file"),
    ("fate", Holds::Text, "记录去向", "Whether it stands, was superseded, failed, was reversed"),
    ("case_no", Holds::Count, "案号，同一运行内唯一", "Number of its case, of its own in each run"),
    ("cell_on", Holds::Day, "计入日核对的日期", "Day of its cell in the daily tie-out"),
    ("covered_on", Holds::Day, "划转覆盖日", "Day on which a remittance covered it"),
];

const MATCHES: &[Line] = &[
    ("case_no", Holds::Count, "案号", "Number of the case: that of its entries"),
    ("key", Holds::Text, "凭证号", "Slip or voucher number"),
    ("strategy", Holds::Text, "配对依据", "Proofs that its entries are one payment"),
];

const FINDINGS: &[Line] = &[
    ("is_latest", Holds::Truth, "是否最近一次报告", "Whether the finding was not told again later"),
    ("finding_id", Holds::Text, "编号，逐日不变", "Identifier, the same from day to day"),
    ("rule", Holds::Text, "规则", "Rule"),
    ("severity", Holds::Text, "严重程度", "Severity"),
    ("kind", Holds::Text, "类别", "Breach, lead or info"),
    ("party", Holds::Text, "责任方", "Who answers for it"),
    ("institution", Holds::Text, "责任单位代码", "Code of the institution that answers"),
    ("flow", Holds::Text, "资金流", "Flow"),
    ("key", Holds::Text, "对象", "The thing it is about"),
    ("treasury", Holds::Text, "国库代码", "Treasury"),
    ("account", Holds::Text, "账号", "Account"),
    ("amount", Holds::Money, "涉及金额", "Amount at stake"),
    ("difference", Holds::Money, "差额", "Found minus expected"),
    ("event_on", Holds::Day, "发生日", "Day of the event"),
    ("due_on", Holds::Day, "期限日", "Day by which it was due"),
    ("settled_on", Holds::Day, "办结日", "Day on which it was settled"),
    ("days_late", Holds::Count, "逾期天数", "Days late"),
    ("status", Holds::Text, "状态", "Open or resolved"),
    ("first_seen", Holds::Day, "首次发现日", "Day it was first told"),
    ("explanation_zh", Holds::Text, "说明（中文）", "Explanation in Chinese"),
    ("explanation_en", Holds::Text, "说明（英文）", "Explanation in English"),
    ("evidence", Holds::Text, "证据：文件#行，以分号分隔", "file#row of every entry, ; between"),
];

const OPEN_ITEMS: &[Line] = &[
    ("is_latest", Holds::Truth, "是否最近一次运行", "Whether it is of the last run"),
    ("flow", Holds::Text, "资金流", "Flow"),
    ("key", Holds::Text, "凭证号", "Slip or voucher number"),
    ("awaits", Holds::Text, "等待何方，以分号分隔", "What it waits for, ; between"),
    ("amount", Holds::Money, "金额", "Amount"),
    ("treasury", Holds::Text, "国库代码", "Treasury"),
    ("bank", Holds::Text, "银行行号", "Bank"),
    ("since", Holds::Day, "起始日", "Open since"),
    ("age_days", Holds::Count, "已历工作日", "Age in working days"),
    ("due_on", Holds::Day, "期限日", "Day by which it is due"),
    ("evidence", Holds::Text, "证据", "file#row of every entry, ; between"),
];

const PROBLEMS: &[Line] = &[
    ("file", Holds::Text, "文件", "File, relative to the book"),
    ("row", Holds::Count, "行号", "Row of the file"),
    ("column", Holds::Text, "列", "Column"),
    ("code", Holds::Text, "问题种类", "Kind of problem"),
    ("expected", Holds::Text, "应为", "What was expected"),
    ("found", Holds::Text, "实为", "What was found"),
];

const TOTALS: &[Line] = &[
    ("on_date", Holds::Day, "核对日", "Day of the cell"),
    ("treasury", Holds::Text, "国库代码", "Treasury"),
    ("org", Holds::Text, "征收机关", "Collecting organ"),
    ("level", Holds::Text, "预算级次", "Budget level"),
    ("subject", Holds::Text, "预算科目", "Budget subject"),
    ("adjust_flag", Holds::Text, "调整期标志", "Adjustment period"),
    ("issuer", Holds::Money, "开票方金额", "Amount by the issuer"),
    ("bank", Holds::Money, "银行金额", "Amount by the banks"),
    ("treasury_amount", Holds::Money, "国库金额", "Amount by the treasury"),
];

const REGISTERS: &[Line] = &[
    ("register", Holds::Text, "登记簿", "Register"),
    ("key", Holds::Text, "凭证号", "Voucher number"),
    ("issued_on", Holds::Day, "开具日", "Issued on"),
    ("treasury", Holds::Text, "国库代码", "Treasury"),
    ("unit", Holds::Text, "预算单位", "Budget unit"),
    ("unit_name", Holds::Text, "预算单位名称", "Its name"),
    ("payee_account", Holds::Text, "收款人账号", "Payee's account"),
    ("payee_name", Holds::Text, "收款人名称", "Payee's name"),
    ("subject", Holds::Text, "预算科目", "Budget subject"),
    ("amount", Holds::Money, "金额", "Amount"),
    ("document", Holds::Text, "依据", "Document"),
    ("booked_on", Holds::Day, "国库记账日", "Booked on"),
    ("paid_on", Holds::Day, "银行支付日", "Paid on"),
    ("why_zh", Holds::Text, "登记缘由（中文）", "Why it is listed, in Chinese"),
    ("why_en", Holds::Text, "登记缘由（英文）", "Why it is listed, in English"),
    ("evidence", Holds::Text, "证据", "file#row of every entry, ; between"),
];

const RUNS: &[Line] = &[
    ("program", Holds::Text, "程序版本", "Version of the program"),
    ("rests_on", Holds::Day, "起点运行日", "Day of the run it started from"),
    ("files", Holds::Count, "读入文件数", "Files read"),
    ("rows", Holds::Count, "读入行数", "Rows read"),
    ("rejected", Holds::Count, "拒收行数", "Rows rejected"),
    ("manifest", Holds::Text, "清单摘要 SHA-256", "SHA-256 of its manifest"),
];

const INPUTS: &[Line] = &[
    ("file", Holds::Text, "文件", "File, relative to the book"),
    ("rows", Holds::Count, "行数", "Rows"),
    ("rejected", Holds::Count, "拒收行数", "Rows rejected"),
    ("yuan", Holds::Money, "金额", "Sum of its amounts"),
];

const SETTINGS: &[Line] =
    &[("key", Holds::Text, "设置", "Setting"), ("value", Holds::Text, "取值", "Its value in that run")];

const NO_DATA: &[Line] = &[
    ("rule", Holds::Text, "规则", "Rule that could conclude nothing"),
    ("lacks", Holds::Text, "缺少的资料", "What it lacked, ; between"),
];

const COLUMNS: &[Line] = &[
    ("in_table", Holds::Text, "表", "Table"),
    ("name", Holds::Text, "列", "Column"),
    ("holds", Holds::Text, "类型", "Type"),
    ("about_zh", Holds::Text, "说明（中文）", "What it says, in Chinese"),
    ("about_en", Holds::Text, "说明（英文）", "What it says, in English"),
];

fn listed(lines: &[&[Line]]) -> Vec<ListedColumn> {
    let one = |&(name, holds, zh, en): &Line| ListedColumn {
        name: name.to_owned(),
        holds,
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    lines.iter().flat_map(|lines| lines.iter()).map(one).collect()
}

/// Every column that some ledger has, once.
fn ledger_columns() -> Vec<ListedColumn> {
    let of = |field: &Field| {
        let declared: Vec<_> = Ledger::ALL.iter().filter_map(|&of| format::of(of).column(*field)).collect();
        let first = declared.first()?;
        let told = declared.iter().find(|column| !column.about.en.is_empty()).unwrap_or(first);
        Some(declared_column(told))
    };
    Field::ALL.iter().filter_map(of).collect()
}

fn declared_column(column: &format::ColumnFormat) -> ListedColumn {
    let told = |text: &str, else_: &str| if text.is_empty() { else_.to_owned() } else { text.to_owned() };
    let headers =
        (column.zh.first().map_or("", String::as_str), column.en.first().map_or("", String::as_str));
    ListedColumn {
        name: column_name(column.field),
        holds: Holds::of(column.kind),
        zh: told(&column.about.zh, headers.0),
        en: told(&column.about.en, headers.1),
    }
}

/// Every table, in the order of the page.
pub fn tables() -> Vec<Listing> {
    let every = |name: &str, titles: (&str, &str), lines: &[Line]| {
        Listing::new(name, titles, PlaceOf::EveryRun, listed(&[RUN, lines]))
    };
    let kept = |name: &str, titles: (&str, &str), lines: &[Line]| {
        Listing::new(name, titles, PlaceOf::Manifests, listed(&[RUN, lines]))
    };
    let mut entries = listed(&[RUN, ENTRY]);
    entries.extend(ledger_columns());
    entries.extend(listed(&[ENTRY_MEMO]));
    let mut tables = vec![
        Listing::new(
            "entries",
            ("各方账册的每一笔，各一行", "Every row of every party, once"),
            PlaceOf::Entries,
            entries,
        ),
        every("matches", ("由多笔组成的案", "Cases of more than one entry"), MATCHES),
        every("findings", ("每次运行报告的发现", "What each run told"), FINDINGS),
        every("open_items", ("每次运行结束时的未达账项", "What was open when each run ended"), OPEN_ITEMS),
        every("problems", ("不能使用的行和文件", "Rows and files that could not be used"), PROBLEMS),
        every("totals", ("日核对的各格", "Cells of the daily tie-out"), TOTALS),
        every(
            "registers",
            ("大额、无预算、退库登记簿", "Registers of large, unbudgeted, refunded payments"),
            REGISTERS,
        ),
        kept("runs", ("运行", "Runs"), RUNS),
        kept("inputs", ("运行读入的文件", "Files that a run read"), INPUTS),
        kept("settings", ("运行时的设置", "Settings of a run"), SETTINGS),
        kept("no_data", ("无资料可判的规则", "Rules without data"), NO_DATA),
    ];
    for format in format::all().iter().filter(|format| format.ledger.is_none()) {
        let mut columns: Vec<ListedColumn> = format.columns.iter().map(declared_column).collect();
        columns.extend(listed(&[&ENTRY_MEMO[1..3]]));
        let titles = (format.title.zh.as_str(), format.title.en.as_str());
        let name = format.id.replace('-', "_");
        tables.push(Listing::new(&name, titles, PlaceOf::Reference(format), columns));
    }
    tables.push(Listing::new("columns", ("本清单", "This list"), PlaceOf::Here, listed(&[COLUMNS])));
    tables
}
