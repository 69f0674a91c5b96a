//! Names of people and enterprises, as systems spell them.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Whether two texts are one name: spaces, widths of brackets and letters, cases and kinds of the middle dot do not
/// count (NFKC, `rules.md` 6.7).
pub fn is_same(a: &str, b: &str) -> bool {
    a == b || letters(a) == letters(b)
}

/// A name that equals every spelling of it.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a>(pub &'a str);

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.0, other.0)
    }
}

/// Whether two names belong together, so that nobody wonders when one pays for the other: one name, a firm and its
/// branch 分公司, two branches of a firm, or a person and the firm that bears the person's name.
pub fn is_alike(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (a, b) = (letters(a), letters(b));
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    head(short) == head(long)
        || (is_branch(long) && long.starts_with(&**short))
        || (is_person(short) && !is_person(long) && long.contains(&**short))
}

/// How the name of a branch ends.
const BRANCHES: [&str; 10] =
    ["分公司", "分店", "分行", "支行", "分厂", "营业部", "门市部", "经营部", "项目部", "办事处"];

/// How short names end that are no person's.
const ORGANISATIONS: [char; 17] =
    ['司', '厂', '店', '局', '院', '校', '社', '部', '所', '站', '会', '馆', '铺', '坊', '处', '行', '室'];

fn stem(name: &str) -> Option<&str> {
    let name = name.trim_end_matches(')');
    BRANCHES.iter().find_map(|end| name.strip_suffix(end))
}

fn is_branch(name: &str) -> bool {
    stem(name).is_some()
}

/// The firm a branch is of, as far as its name tells; any other name whole.
fn head(name: &str) -> &str {
    const FIRM: &str = "公司";
    match stem(name).and_then(|stem| stem.find(FIRM)) {
        Some(end) => &name[..end + FIRM.len()],
        None => name,
    }
}

/// Whether it reads as a person's name: two to four Han letters, or with a middle dot.
fn is_person(name: &str) -> bool {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let is_short = (2..=4).contains(&name.chars().count()) && name.chars().all(is_han);
    (name.contains('·') || is_short) && !name.ends_with(ORGANISATIONS)
}

/// The spelling that all spellings of a name share.
pub fn letters(name: &str) -> Cow<'_, str> {
    let is_plain =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ('\u{4e00}'..='\u{9fff}').contains(&c);
    if name.chars().all(is_plain) {
        return Cow::Borrowed(name);
    }
    let folded = name.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    Cow::Owned(
        folded
            .map(|c| if matches!(c, '·' | '•' | '‧' | '∙' | '・' | '･' | '．') { '·' } else { c })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name() {
        for (a, b) in [
            ("甲（中国）公司", "甲(中国)公司"),
            ("Ａ股份 公司", "a股份公司"),
            ("阿卜杜·热西提", "阿卜杜•热西提"),
            ("阿卜杜・热西提", "阿卜杜·热西提"),
        ] {
            assert!(is_same(a, b), "{a} {b}");
        }
        for (a, b) in [("甲公司", "乙公司"), ("甲公司", "甲公司一分公司"), ("甲(中国)公司", "甲中国公司")]
        {
            assert!(!is_same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn names_that_belong_together() {
        for (a, b) in [
            ("甲（中国）公司", "甲(中国)公司"),
            ("甲有限公司", "甲有限公司云岫分公司"),
            ("甲有限公司一分公司", "甲有限公司(云岫分公司)"),
            ("云岫银行", "云岫银行城关支行"),
            ("张三", "云岫县张三小吃店"),
            ("阿卜杜•热西提", "阿卜杜·热西提餐馆"),
        ] {
            assert!(is_alike(a, b) && is_alike(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("甲公司", "乙公司"),
            ("甲公司", "丁甲公司"),
            ("甲公司", "甲公司物业管理有限公司"),
            ("甲有限公司一分公司", "乙有限公司一分公司"),
            ("张三", "张三丰"),
            ("张三", "李四小吃店"),
        ] {
            assert!(!is_alike(a, b) && !is_alike(b, a), "{a} {b}");
        }
    }
}
