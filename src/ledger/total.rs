//! Total rows 合计: recognised, kept out of the sums, and compared with the rows they total.

use unicode_normalization::UnicodeNormalization;

use crate::domain::field::Field;
use crate::domain::money::Money;

/// What a row totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// 小计, 本页合计: the rows since the last total.
    Part,
    /// 合计, 总计: all rows, or those since the last such row.
    Whole,
    /// 9x0: the refund reasons that begin with the same two digits; 900 all of them.
    Reason(u8),
    /// T01 …: what a report adds up by its own rules, which no column states.
    Report,
}

/// What a row totals by the words in its first cell.
pub fn of_words(text: &str) -> Option<Scope> {
    // Such a word is short and never ASCII; most first cells are told by that alone.
    if text.is_ascii() || text.len() > 60 {
        return None;
    }
    let word: String = text.nfkc().filter(|c| !c.is_whitespace() && !matches!(c, ':' | '-')).collect();
    let ends = |words: &[&str]| words.iter().any(|end| word.ends_with(end));
    if ends(&["小计", "本页合计", "页计"]) {
        return Some(Scope::Part);
    }
    let is_report = word.trim_start_matches('(').starts_with('T') && ends(&["合计", "总计"]);
    if is_report {
        return Some(Scope::Report);
    }
    (ends(&["合计", "总计", "合计金额", "合计数"]) && word.chars().count() <= 12).then_some(Scope::Whole)
}

/// What a row totals by one of its codes.
pub fn of_code(field: Field, text: &str) -> Option<Scope> {
    let bytes = text.as_bytes();
    match (field, bytes) {
        (Field::Reason, [b'9', group @ b'0'..=b'9', b'0']) => Some(Scope::Reason(group - b'0')),
        (Field::Subject, [b'T', digits @ ..]) if !digits.is_empty() && digits.len() <= 3 => {
            digits.iter().all(u8::is_ascii_digit).then_some(Scope::Report)
        }
        _ => None,
    }
}

/// Sums of the columns that can be totalled; `None` once a row's amount could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(Vec<Option<Money>>);

impl Sums {
    pub fn new(columns: usize) -> Self {
        Self(vec![Some(Money::ZERO); columns])
    }

    #[inline]
    pub fn add(&mut self, column: usize, amount: Option<Money>) {
        self.0[column] = self.0[column].zip(amount).map(|(sum, amount)| sum + amount);
    }

    pub fn join(&mut self, other: &Self) {
        for (column, &amount) in other.0.iter().enumerate() {
            self.add(column, amount);
        }
    }

    fn since(&self, earlier: &Self, column: usize) -> Option<Money> {
        self.0[column].zip(earlier.0[column]).map(|(now, then)| now - then)
    }
}

/// A total row as it was met.
#[derive(Debug)]
pub struct TotalRow {
    pub row: u32,
    pub scope: Scope,
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

/// Compares a file's total rows, in order, with what its rows come to.
pub fn compare(totals: &[TotalRow], columns: usize, by_reason: &[Sums; 10]) -> Vec<Wrong> {
    let zero = Sums::new(columns);
    let (mut part, mut whole) = (&zero, &zero);
    let mut wrong = Vec::new();
    for total in totals {
        for (column, &stated) in total.stated.iter().enumerate() {
            let Some(stated) = stated else { continue };
            let candidates = match total.scope {
                Scope::Part => vec![total.before.since(part, column)],
                Scope::Whole => vec![total.before.since(&zero, column), total.before.since(whole, column)],
                Scope::Reason(0) => {
                    let groups = by_reason.iter().map(|sums| sums.0[column]);
                    vec![groups.sum::<Option<Money>>()]
                }
                Scope::Reason(group) => vec![by_reason[usize::from(group)].0[column]],
                Scope::Report => continue,
            };
            // Where a row could not be read, its problem is told already.
            let Some(counted) = candidates[0] else { continue };
            if !candidates.contains(&Some(stated)) {
                wrong.push(Wrong { row: total.row, column, stated, counted });
            }
        }
        match total.scope {
            Scope::Part => part = &total.before,
            Scope::Whole => (part, whole) = (&total.before, &total.before),
            Scope::Reason(_) | Scope::Report => {}
        }
    }
    wrong
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
            ("本页合计", Some(Scope::Part)),
            ("某局小计", Some(Scope::Part)),
            ("(T01)--收入合计", Some(Scope::Report)),
            ("合计建筑公司", None),
            ("S1", None),
            ("", None),
        ] {
            assert_eq!(of_words(text), expected, "{text:?}");
        }
        assert_eq!(of_code(Field::Reason, "910"), Some(Scope::Reason(1)));
        assert_eq!(of_code(Field::Reason, "911"), None);
        assert_eq!(of_code(Field::Subject, "T01"), Some(Scope::Report));
        assert_eq!(of_code(Field::Subject, "10101"), None);
        assert_eq!(of_code(Field::SlipNo, "910"), None);
    }

    /// Rows as amounts, totals as `p5` (part), `w5` (whole).
    #[track_caller]
    fn check(rows: &str, expected: &[(u32, &str)]) {
        let mut sums = Sums::new(1);
        let mut totals = Vec::new();
        for (row, word) in (1..).zip(rows.split_whitespace()) {
            let scope = match word.as_bytes()[0] {
                b'p' => Scope::Part,
                b'w' => Scope::Whole,
                _ => {
                    sums.add(0, word.parse().ok());
                    continue;
                }
            };
            let stated = vec![Some(word[1..].parse().expect("money"))];
            totals.push(TotalRow { row, scope, stated, before: sums.clone() });
        }
        let wrong = compare(&totals, 1, &std::array::from_fn(|_| Sums::new(1)));
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
        check("1 p1 2 p3", &[(4, "3.00 2.00")]);
        check("w0", &[]);
        // What could not be read is told elsewhere.
        check("1 x w5", &[]);
    }
}
