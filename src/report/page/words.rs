//! The pages' words, in both languages.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::lang::Lang;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    zh: String,
    en: String,
}

static WORDS: LazyLock<BTreeMap<String, Word>> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).expect("the catalogue is read by a test"));

/// Every word in a language.
pub(in crate::report) fn of(lang: Lang) -> BTreeMap<&'static str, &'static str> {
    WORDS.iter().map(|(id, word)| (id.as_str(), lang.pick(word.zh.as_str(), word.en.as_str()))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What follows each occurrence of a mark in a text, as far as it is a name.
    fn named(text: &str, mark: &str) -> BTreeSet<String> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut names = BTreeSet::new();
        for (place, _) in text.match_indices(mark) {
            let before = text[..place].chars().next_back();
            let name: String = text[place + mark.len()..].chars().take_while(|c| is_name(*c)).collect();
            if !name.is_empty() && !before.is_some_and(is_name) {
                names.insert(name);
            }
        }
        names
    }

    #[test]
    fn no_word_is_missing_or_unused() {
        let mut used = named(include_str!("page.html"), "t.");
        used.extend(named(include_str!("notice.html"), "t."));
        used.extend(named(include_str!("notice.rs"), "words[\""));
        used.extend(named(include_str!("paper.html"), "t."));
        used.extend(named(include_str!("page.js"), "t."));
        used.extend(named(include_str!("mod.rs"), "words[\""));
        used.extend(named(include_str!("charts.rs"), "words[\""));
        used.extend(["new", "still_open", "resolved", "cells_differ"].map(str::to_owned));
        used.extend(["differing_cells", "open_breaches", "file_problems"].map(str::to_owned));
        let known: BTreeSet<String> = WORDS.keys().cloned().collect();
        assert_eq!(used.difference(&known).collect::<Vec<_>>(), [""; 0], "used and not in words.toml");
        assert_eq!(known.difference(&used).collect::<Vec<_>>(), [""; 0], "in words.toml and not used");
        for (id, word) in &*WORDS {
            assert!(!word.zh.trim().is_empty() && !word.en.trim().is_empty(), "{id}");
            assert_ne!(word.zh, word.en, "{id}");
            assert!(word.en.is_ascii() || word.en.contains(['≠', '×', '–']), "{id}: {}", word.en);
        }
    }
}
