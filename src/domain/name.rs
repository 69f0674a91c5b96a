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

fn letters(name: &str) -> Cow<'_, str> {
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
}
