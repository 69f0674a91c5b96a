//! Total rows 合计: recognised, kept out of the sums, and compared with the rows they total.

use unicode_normalization::UnicodeNormalization;

use crate::domain::field::Field;
use crate::domain::money::Money;

use super::format::simplified;

/// What a row totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// 小计, 本页合计: the rows since the last total.
    Part,
    /// 本日合计: the rows since the last such row, or since the last total.
    Day,
    /// 合计, 总计: all rows, or those since the last such row.
    Whole,
    /// 9x0: the refund reasons that begin with the same two digits; 900 all of them.
    Reason(u8),
    /// 本月合计, 累计, 承前页, T01: what rows outside the file or rules of its own come to, so that nothing is compared.
    Elsewhere,
    /// No total: rows of another account or another header begin.
    Section,
}

/// What a row totals by the words in one of its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    pub scope: Scope,
    /// 借方合计, 贷方合计: one direction only, debit or not.
    pub is_debit: Option<bool>,
    /// Whether the cell says nothing else: 合计, 本日合计（3笔）, but not 某局小计.
    pub is_whole_cell: bool,
    pub carry: Carry,
}

/// Whether the row is a balance carried, rather than a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    No,
    /// 期初余额, 承前页.
    Balance,
    /// 上年结转, which may be a payment as well.
    Surplus,
}

const BASES: [&str; 10] = ["总合计", "合计", "小计", "总计", "累计", "共计", "汇总", "日计", "月计", "年计"];
const PREFIXES: [&str; 31] = [
    "本日",
    "当日",
    "今日",
    "本月",
    "当月",
    "本年",
    "当年",
    "本旬",
    "本周",
    "本季",
    "本期",
    "本页",
    "当页",
    "本次",
    "全部",
    "全页",
    "人民币",
    "借方",
    "贷方",
    "收入",
    "支出",
    "存入",
    "支取",
    "发生额",
    "金额",
    "余额",
    "月",
    "年",
    "日",
    "页",
    "年初至今",
];
const SUFFIXES: [&str; 8] = ["发生额", "金额", "笔数", "大写", "数额", "数", "额", "余额"];
const BALANCES: [&str; 22] = [
    "过次页",
    "转次页",
    "过下页",
    "承前页",
    "接上页",
    "承上页",
    "余额承前页",
    "期初余额",
    "上期余额",
    "期末余额",
    "本期余额",
    "上日余额",
    "昨日余额",
    "本日余额",
    "当日余额",
    "年初余额",
    "月初余额",
    "期初数",
    "期末数",
    "上页余额",
    "上月余额",
    OPENING,
];
const OPENING: &str = "openingbalance";
/// Parts of words that say it is of rows outside the file.
const OUTSIDE: [&str; 13] =
    ["累计", "本月", "当月", "月计", "本年", "当年", "年计", "本季", "本期", "本旬", "本周", "上月", "上年"];
const SURPLUSES: [&str; 8] =
    ["上年结转", "结转上年", "上年结余", "结转下年", "上月结转", "上期结转", "上期结余", "上月结余"];
const ENGLISH: [(&str, Scope); 7] = [
    ("total", Scope::Whole),
    ("totals", Scope::Whole),
    ("grandtotal", Scope::Whole),
    ("totalamount", Scope::Whole),
    ("subtotal", Scope::Part),
    ("subtotals", Scope::Part),
    ("pagetotal", Scope::Part),
];
/// No longer text is a total.
const BYTES_MAX: usize = 60;

/// Whether a cell may be one: quick, since nearly no cell is.
fn may_be_words(text: &str) -> bool {
    match text.as_bytes() {
        [] => false,
        bytes if bytes.len() > BYTES_MAX => false,
        [first, ..] if text.is_ascii() => {
            matches!(first, b't' | b'T' | b's' | b'S' | b'g' | b'G' | b'p' | b'P' | b'o' | b'O' | b'*' | b'[')
        }
        _ => true,
    }
}

/// The word without white space, brackets, marks and the number of rows: `合计（3笔）`, `【合 计】：`.
fn folded(text: &str) -> String {
    let marks = |c: char| "()[]【】<>《》*:-—_.,。、#=".contains(c);
    // A word such as `online` ends as some totals do, and stands in every row.
    if text.is_ascii() {
        let kept = text.bytes().filter(|&byte| !char::from(byte).is_whitespace() && !marks(char::from(byte)));
        return kept.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    }
    let mut word: String = text
        .nfkc()
        .map(simplified)
        .filter(|&c| !c.is_whitespace() && !marks(c))
        .flat_map(char::to_lowercase)
        .collect();
    for unit in ["笔数", "笔", "条", "户", "张", "行", "项"] {
        let Some(before) = word.strip_suffix(unit) else { continue };
        let bare = before.trim_end_matches(|c: char| c.is_ascii_digit());
        if bare.len() < before.len() {
            let bare = bare.strip_suffix('共').filter(|bare| !bare.is_empty()).unwrap_or(bare);
            word.truncate(bare.len());
            break;
        }
    }
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if bare.len() < word.len() && bare.ends_with("笔数") {
        word.truncate(bare.len());
    }
    word
}

/// The last characters of such words.
const ENDS: [char; 27] = [
    '计', '計', '总', '總', '汇', '匯', '页', '頁', '转', '轉', '额', '額', '数', '數', '写', '寫', '余',
    '餘', '年', '笔', '条', '户', '张', '项', '】', '）', '：',
];

/// Whether a cell that is not the first of its row may be one. Asked of every cell, so it looks at its end alone.
#[inline]
pub fn may_be_whole(text: &str) -> bool {
    let Some(last) = text.chars().next_back() else { return false };
    let ends = match last {
        '0'..='9' => false,
        'l' | 'L' | 's' | 'S' | 'e' | 'E' | ')' | ']' | ':' | '*' | '-' => true,
        last if last.is_ascii() => last.is_ascii_whitespace(),
        last if ENDS.contains(&last) => true,
        last => last.is_whitespace(),
    };
    ends && text.len() <= BYTES_MAX
}

/// The words of a total or of a balance carried.
pub fn of_words(text: &str) -> Option<Words> {
    if !may_be_words(text) {
        return None;
    }
    let word = folded(text);
    if word.is_ascii() && word != OPENING && ENGLISH.iter().all(|(name, _)| *name != word) {
        return None;
    }
    let whole = |scope, carry| Some(Words { scope, is_debit: None, is_whole_cell: true, carry });
    if BALANCES.contains(&word.as_str()) {
        return whole(Scope::Elsewhere, Carry::Balance);
    }
    if SURPLUSES.contains(&word.as_str()) {
        return whole(Scope::Elsewhere, Carry::Surplus);
    }
    if let Some((_, scope)) = ENGLISH.iter().find(|(name, _)| *name == word) {
        return whole(*scope, Carry::No);
    }
    // 共3笔, 合计大写壹佰元整.
    if word == "共"
        || ["合计大写", "合计金额大写", "金额大写", "人民币大写"].iter().any(|words| word.starts_with(words))
    {
        return whole(Scope::Whole, Carry::No);
    }
    let rest = PREFIXES.iter().fold(word.as_str(), |rest, _| {
        PREFIXES.iter().find_map(|prefix| rest.strip_prefix(prefix)).unwrap_or(rest)
    });
    let suffix = BASES.iter().find_map(|base| rest.strip_prefix(base));
    let is_whole_cell = suffix.is_some_and(|suffix| suffix.is_empty() || SUFFIXES.contains(&suffix));
    let ends = |words: &[&str]| words.iter().any(|end| word.ends_with(end));
    let is_short = word.chars().count() <= 12 || ends(&["小计"]);
    if !(is_whole_cell || is_short && ends(&["合计", "小计", "总计", "累计", "合计金额", "合计数", "页计"]))
    {
        return None;
    }
    let says = |words: &[&str]| words.iter().any(|part| word.contains(part));
    let is_debit = match (says(&["借方", "支出", "支取"]), says(&["贷方", "收入", "存入"])) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    };
    let scope = if word.starts_with('t') || says(&OUTSIDE) || says(&["余额"]) {
        Scope::Elsewhere
    } else if says(&["本日", "当日", "今日", "日计"]) {
        Scope::Day
    } else if says(&["小计", "本页", "当页", "全页", "页计"]) {
        Scope::Part
    } else {
        Scope::Whole
    };
    Some(Words { scope, is_debit, is_whole_cell, carry: Carry::No })
}

/// What a row totals by one of its codes.
pub fn of_code(field: Field, text: &str) -> Option<Scope> {
    let bytes = text.as_bytes();
    match (field, bytes) {
        (Field::Reason, [b'9', group @ b'0'..=b'9', b'0']) => Some(Scope::Reason(group - b'0')),
        (Field::Subject, [b'T', digits @ ..]) if !digits.is_empty() && digits.len() <= 3 => {
            digits.iter().all(u8::is_ascii_digit).then_some(Scope::Elsewhere)
        }
        _ => None,
    }
}

/// Sums of the columns that can be totalled; `None` once a row's amount could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    columns: Vec<Option<Money>>,
    /// What of them rejected rows state, which may be entries or not.
    rejected: Vec<Money>,
    /// How many rows they are of.
    rows: u64,
}

impl Sums {
    pub fn new(columns: usize) -> Self {
        Self { columns: vec![Some(Money::ZERO); columns], rejected: vec![Money::ZERO; columns], rows: 0 }
    }

    #[inline]
    pub fn add(&mut self, column: usize, amount: Option<Money>) {
        self.columns[column] = self.columns[column].zip(amount).map(|(sum, amount)| sum + amount);
    }

    pub fn add_rejected(&mut self, column: usize, amount: Option<Money>) {
        self.add(column, amount);
        self.rejected[column] += amount.unwrap_or_default();
    }

    pub fn count_row(&mut self) {
        self.rows += 1;
    }

    /// Counts a row whose amounts are not known.
    pub fn lose_row(&mut self) {
        self.columns.fill(None);
        self.rows += 1;
    }

    pub fn join(&mut self, other: &Self) {
        for (column, &amount) in other.columns.iter().enumerate() {
            self.add(column, amount);
            self.rejected[column] += other.rejected[column];
        }
        self.rows += other.rows;
    }

    fn since(&self, earlier: &Self, column: usize) -> Option<Money> {
        self.columns[column].zip(earlier.columns[column]).map(|(now, then)| now - then)
    }
}

/// Where a statement's amounts stand in one column whatever their direction: that sum, and those of each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    pub amount: usize,
    pub debit: usize,
    pub credit: usize,
}

/// What is summed.
#[derive(Clone, Debug)]
pub struct Summed {
    /// The columns, in order.
    pub fields: Vec<Field>,
    pub flow: Option<Flow>,
}

impl Summed {
    /// How many sums there are.
    pub fn count(&self) -> usize {
        self.fields.len() + if self.flow.is_some() { 2 } else { 0 }
    }

    /// What rows may be said to come to in a column; `None` if that cannot be known.
    fn figures(&self, from: &Sums, to: &Sums, column: usize, is_debit: Option<bool>) -> Option<Vec<Money>> {
        let sum = to.since(from, column)?;
        let accepted = sum - (to.rejected[column] - from.rejected[column]);
        let Some(flow) = self.flow.filter(|flow| flow.amount == column) else {
            return Some(vec![sum, accepted]);
        };
        let (debit, credit) = (to.since(from, flow.debit)?, to.since(from, flow.credit)?);
        Some(match is_debit {
            Some(true) => vec![debit],
            Some(false) => vec![credit],
            // Whether a total is of both directions, of one, or net no column says.
            None => vec![sum, accepted, debit + credit, credit - debit, debit - credit, debit, credit],
        })
    }
}

/// A total row as it was met.
#[derive(Debug)]
pub struct TotalRow {
    pub row: u32,
    pub scope: Scope,
    pub is_debit: Option<bool>,
    /// For each column that can be totalled what the row states.
    pub stated: Vec<Option<Money>>,
    /// What the rows before it came to; first within their piece, then within the file.
    pub before: Sums,
}

/// A total that is not what its rows come to.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    pub row: u32,
    pub column: usize,
    pub stated: Money,
    pub counted: Money,
}

/// How many earlier totals a subtotal may reach back beyond.
const NESTED_MAX: usize = 64;

/// Where the rows begin that a total may be of.
struct Marks<'t> {
    section: &'t Sums,
    /// Those of the section's totals so far.
    parts: Vec<&'t Sums>,
    day: &'t Sums,
    whole: &'t Sums,
    /// Whether the first total stands above all rows, as some print them.
    leads: bool,
}

/// Compares a file's total rows, in order, with what its rows come to.
pub fn compare(totals: &[TotalRow], end: &Sums, summed: &Summed, by_reason: &[Sums; 10]) -> Vec<Wrong> {
    let zero = Sums::new(summed.count());
    let mut marks = Marks { section: &zero, parts: Vec::new(), day: &zero, whole: &zero, leads: false };
    let mut wrong = Vec::new();
    for (index, total) in totals.iter().enumerate() {
        let before = &total.before;
        // Each from where to where; the first is the one that is told.
        let mut spans: Vec<(&Sums, &Sums)> = match total.scope {
            Scope::Part => marks.parts(before).map(|from| (from, before)).collect(),
            Scope::Day => {
                [marks.day].into_iter().chain(marks.parts(before)).map(|from| (from, before)).collect()
            }
            Scope::Whole => vec![(&zero, before), (marks.whole, before), (marks.section, before)],
            Scope::Reason(_) | Scope::Elsewhere | Scope::Section => Vec::new(),
        };
        marks.leads |= before.rows == marks.section.rows && !spans.is_empty();
        if marks.leads && !spans.is_empty() {
            let until = |ends: &dyn Fn(Scope) -> bool| {
                totals[index + 1..].iter().find(|next| ends(next.scope)).map_or(end, |next| &next.before)
            };
            let next = match total.scope {
                Scope::Whole => until(&|scope| matches!(scope, Scope::Whole | Scope::Section)),
                _ => until(&|scope| scope != Scope::Elsewhere),
            };
            spans.insert(if next.rows > before.rows { 0 } else { spans.len() }, (before, next));
            spans.push((before, end));
        }
        for (column, stated) in total.stated.iter().enumerate() {
            let Some(stated) = *stated else { continue };
            let counted = match total.scope {
                Scope::Reason(0) => by_reason.iter().map(|sums| sums.columns[column]).sum::<Option<Money>>(),
                Scope::Reason(group) => by_reason[usize::from(group)].columns[column],
                _ => None,
            };
            let figures: Option<Vec<Vec<Money>>> = match total.scope {
                Scope::Reason(_) => counted.map(|counted| vec![vec![counted]]),
                _ if is_other_side(summed.fields[column], total.is_debit) => None,
                _ => {
                    spans.iter().map(|(from, to)| summed.figures(from, to, column, total.is_debit)).collect()
                }
            };
            // Where a row could not be read, its problem is told already.
            let Some(counted) = figures.as_ref().and_then(|figures| Some(*figures.first()?.first()?)) else {
                continue;
            };
            if !figures.is_some_and(|figures| figures.concat().contains(&stated)) {
                wrong.push(Wrong { row: total.row, column, stated, counted });
            }
        }
        match total.scope {
            Scope::Part => {}
            Scope::Day => marks.day = before,
            Scope::Whole => (marks.day, marks.whole) = (before, before),
            Scope::Section => {
                marks =
                    Marks { section: before, parts: Vec::new(), day: before, whole: before, leads: false };
            }
            Scope::Reason(_) | Scope::Elsewhere => continue,
        }
        if marks.parts.last().is_none_or(|last| last.rows < before.rows) {
            marks.parts.push(before);
        }
    }
    wrong
}

impl<'t> Marks<'t> {
    /// Where the rows of a subtotal may begin, the nearest first: subtotals of groups stand below those of their parts.
    fn parts(&self, before: &Sums) -> impl Iterator<Item = &'t Sums> {
        let rows = before.rows;
        let earlier = self.parts.iter().rev().copied().filter(move |part| part.rows < rows);
        earlier.take(NESTED_MAX).chain([self.section])
    }
}

/// Whether a total of one direction states something in the other's column.
fn is_other_side(field: Field, is_debit: Option<bool>) -> bool {
    match field {
        Field::Debit => is_debit == Some(false),
        Field::Credit => is_debit == Some(true),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (text, expected) in [
            ("合计", Some(Scope::Whole)),
            (" 合　计 ", Some(Scope::Whole)),
            ("合计：", Some(Scope::Whole)),
            ("人民币合计", Some(Scope::Whole)),
            ("合计金额", Some(Scope::Whole)),
            ("总计", Some(Scope::Whole)),
            ("总计(1笔)", Some(Scope::Whole)),
            ("合计：1笔", Some(Scope::Whole)),
            ("合计笔数：1", Some(Scope::Whole)),
            ("合计（大写）", Some(Scope::Whole)),
            ("合計", Some(Scope::Whole)),
            ("【合计】", Some(Scope::Whole)),
            ("*合计*", Some(Scope::Whole)),
            ("共12笔", Some(Scope::Whole)),
            ("汇总", Some(Scope::Whole)),
            ("Total:", Some(Scope::Whole)),
            ("Grand Total", Some(Scope::Whole)),
            ("Sub-total", Some(Scope::Part)),
            ("本页合计", Some(Scope::Part)),
            ("某局小计", Some(Scope::Part)),
            ("本日合计", Some(Scope::Day)),
            ("本月合计", Some(Scope::Elsewhere)),
            ("本年累计", Some(Scope::Elsewhere)),
            ("累计", Some(Scope::Elsewhere)),
            ("承前页", Some(Scope::Elsewhere)),
            ("上年结转", Some(Scope::Elsewhere)),
            ("(T01)--收入合计", Some(Scope::Elsewhere)),
            ("合计建筑公司", None),
            ("小计文化公司", None),
            ("合计缴税款", None),
            ("共青团某县委", None),
            ("共同富裕", None),
            ("上年结转资金", None),
            ("Totally Ltd", None),
            ("S1", None),
            ("", None),
        ] {
            assert_eq!(of_words(text).map(|words| words.scope), expected, "{text:?}");
        }
        for (text, is_whole_cell, is_debit) in [
            ("本日合计", true, None),
            ("借方合计", true, Some(true)),
            ("支出小计", true, Some(true)),
            ("贷方发生额合计", true, Some(false)),
            ("某局小计", false, None),
        ] {
            let words = of_words(text).expect("a total");
            assert_eq!((words.is_whole_cell, words.is_debit), (is_whole_cell, is_debit), "{text}");
        }
        assert_eq!(of_code(Field::Reason, "910"), Some(Scope::Reason(1)));
        assert_eq!(of_code(Field::Reason, "911"), None);
        assert_eq!(of_code(Field::Subject, "T01"), Some(Scope::Elsewhere));
        assert_eq!(of_code(Field::Subject, "10101"), None);
        assert_eq!(of_code(Field::SlipNo, "910"), None);
    }

    /// Rows as amounts, those of a debit with a `d` before them; totals as `p5` (part), `w5` (whole), `a5` (本日), `e5`
    /// (elsewhere), `D5` and `C5` (whole, of one direction); `s` for a new section.
    #[track_caller]
    fn check(rows: &str, expected: &[(u32, &str)]) {
        let flow = Flow { amount: 0, debit: 1, credit: 2 };
        let summed = Summed { fields: vec![Field::Amount], flow: Some(flow) };
        let mut sums = Sums::new(3);
        let mut totals = Vec::new();
        for (row, word) in (1..).zip(rows.split_whitespace()) {
            let (scope, is_debit) = match word.as_bytes()[0] {
                b'p' => (Scope::Part, None),
                b'w' => (Scope::Whole, None),
                b'a' => (Scope::Day, None),
                b'e' => (Scope::Elsewhere, None),
                b's' => (Scope::Section, None),
                b'D' => (Scope::Whole, Some(true)),
                b'C' => (Scope::Whole, Some(false)),
                first => {
                    let amount: Option<Money> = word.trim_start_matches('d').parse().ok();
                    sums.count_row();
                    sums.add(0, amount);
                    sums.add(1, amount.map(|amount| if first == b'd' { amount } else { Money::ZERO }));
                    sums.add(2, amount.map(|amount| if first == b'd' { Money::ZERO } else { amount }));
                    continue;
                }
            };
            let stated = word[1..].parse().ok().map(Some).into_iter().collect();
            totals.push(TotalRow { row, scope, is_debit, stated, before: sums.clone() });
        }
        let wrong = compare(&totals, &sums, &summed, &std::array::from_fn(|_| Sums::new(3)));
        let told: Vec<(u32, String)> =
            wrong.iter().map(|wrong| (wrong.row, format!("{} {}", wrong.stated, wrong.counted))).collect();
        let told: Vec<(u32, &str)> = told.iter().map(|(row, text)| (*row, text.as_str())).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn totals() {
        check("1 2 w3", &[]);
        check("1 2 w4", &[(3, "4.00 3.00")]);
        check("1 2 p3 4 p4 w7", &[]);
        check("1 2 w3 4 w4 w7", &[]);
        check("1 p1 2 p4", &[(4, "4.00 2.00")]);
        // Those of one item, then that of its group.
        check("1 p1 2 p2 p3 4 p4 p4 p7 w7", &[]);
        check("1 w1 p1", &[]);
        check("w0", &[]);
        // What could not be read is told elsewhere.
        check("1 x w5", &[]);
    }

    #[test]
    fn totals_above_their_rows() {
        check("w3 1 2", &[]);
        check("w4 1 2", &[(1, "4.00 3.00")]);
        check("w7 p3 1 2 p4 4", &[]);
        check("w7 p3 1 2 p5 4", &[(5, "5.00 4.00")]);
        check("w3 1 2 w3", &[]);
        check("1 2 w3 w9", &[(4, "9.00 3.00")]);
    }

    #[test]
    fn days_sections_and_what_is_not_compared() {
        check("1 2 a3 4 a4 w7", &[]);
        check("1 2 a3 4 a5", &[(5, "5.00 4.00")]);
        check("1 e50 w1", &[]);
        check("1 w1 s 5 6 p11 w11", &[]);
        check("1 s 5 6 w11", &[]);
        check("1 s 5 6 w13", &[(5, "13.00 12.00")]);
    }

    #[test]
    fn directions() {
        check("100 d30 D30 C100 w130", &[]);
        check("100 d30 w70", &[]);
        check("100 d30 w71", &[(3, "71.00 130.00")]);
        check("100 d30 D100", &[(3, "100.00 30.00")]);
    }
}
