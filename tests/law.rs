//! What pages say of the law is what their rules rest on, and nothing that could not be read.

use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::settings::Settings;
use treasury_recon::rules::law::{self, INSTRUMENTS, Verified};
use treasury_recon::rules::{RULES, Rule};

/// Laws a page names to say what they forbid to everybody, and that its rule does not rest on.
const NAMED_ONLY: &[(&str, &str)] = &[("collection-progress", "预算法第五十五条")];

/// Instruments of which nothing was read, not even as another text quotes it (`rules.md` 14).
const NEVER_READ: &[&str] =
    &["国家金库条例实施细则", "国库会计管理规定", "财政专户管理办法", "预算外资金管理办法", "退库管理办法"];

/// The page without its blocks.
fn prose(page: &str) -> String {
    let mut parts = page.split("```");
    let mut text = String::new();
    while let Some(said) = parts.next() {
        text += said;
        parts.next();
    }
    text.replace('\n', " ")
}

/// Every law that a text names, with the article where it gives one; a further article goes with the law before it.
fn named(text: &str) -> Vec<String> {
    let mut names: Vec<&str> = INSTRUMENTS.iter().map(|law| law.zh.trim_matches(['《', '》'])).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut found = Vec::new();
    let (mut rest, mut law) = (text, "");
    let mut has_article = true;
    while let Some(first) = rest.chars().next() {
        if let Some(name) = names.iter().find(|name| rest.starts_with(**name)) {
            if !has_article {
                found.push(law.to_owned());
            }
            (law, has_article) = (name, false);
            rest = rest[name.len()..].trim_start();
        } else if let Some(article) = article(rest) {
            found.push(format!("{law}{article}"));
            has_article = true;
            rest = &rest[article.len()..];
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    if !has_article {
        found.push(law.to_owned());
    }
    found
}

/// 第四条第（二）项 or 第四条第二款, at the beginning of a text.
fn article(text: &str) -> Option<&str> {
    let numeral = |text: &str| {
        let end = text.find(|c: char| !"一二三四五六七八九十百零".contains(c))?;
        (end > 0).then_some(end)
    };
    let digits = numeral(text.strip_prefix('第')?)?;
    let end = "第".len() + digits;
    text[end..].strip_prefix('条')?;
    let end = end + "条".len();
    let part = |before: &str, after: &str| {
        let part = text[end..].strip_prefix(before)?;
        let digits = numeral(part)?;
        part[digits..].starts_with(after).then_some(before.len() + digits + after.len())
    };
    let part = part("第（", "）项").or_else(|| part("第", "款"));
    Some(&text[..end + part.unwrap_or(0)])
}

/// As pages write it: without the marks of a title.
fn plain(text: &str) -> String {
    text.replace(['《', '》'], "")
}

#[test]
fn pages_name_the_law_their_rule_rests_on() {
    assert_eq!(
        named(
            "(预算法实施条例 第六十五条、第六十六条; 财政违法行为处罚处分条例 第四条第（二）项), 预算法, 第十条第一款"
        ),
        [
            "预算法实施条例第六十五条",
            "预算法实施条例第六十六条",
            "财政违法行为处罚处分条例第四条第（二）项",
            "预算法第十条第一款"
        ]
    );
    for rule in RULES {
        let rests_on: Vec<String> = rule.basis.iter().map(|basis| plain(&basis.cited(Lang::Zh))).collect();
        for law in named(&prose(rule.page)) {
            let is_known = rests_on.contains(&law) || NAMED_ONLY.contains(&(rule.id, &law));
            assert!(is_known, "{} names {law}, and rests on {rests_on:?}", rule.id);
        }
    }
}

#[test]
fn what_was_never_read_is_never_named() {
    let cited = |lang| RULES.iter().map(move |rule| (rule.id, law::cited(rule.basis, lang)));
    let pages = RULES.iter().map(|rule| (rule.id, prose(rule.page)));
    for (rule, text) in cited(Lang::Zh).chain(cited(Lang::En)).chain(pages) {
        for name in NEVER_READ {
            assert!(!text.contains(name), "{rule} names {name}");
        }
    }
    let law_of = |name: &str| INSTRUMENTS.iter().find(|law| law.zh.contains(name)).expect("an instrument");
    for name in ["代理国库业务管理办法", "人民币银行结算账户管理办法", "〔2019〕41号", "〔2005〕387号"]
    {
        assert_eq!(law_of(name).verified, Verified::Quoted, "{name}");
    }
}

/// A sentence that names a setting does not name a law as well, unless it says that the number is the setting's.
#[test]
fn settings_are_not_worded_as_law() {
    let keys: Vec<String> =
        Settings::default().list().into_iter().map(|info| format!("`{}`", info.key)).collect();
    for rule in RULES {
        for sentence in prose(rule.page).split(". ") {
            if named(sentence).is_empty() || !keys.iter().any(|key| sentence.contains(key)) {
                continue;
            }
            let says_so = ["setting", "local policy", "not law"].iter().any(|word| sentence.contains(word));
            assert!(says_so, "{}: {sentence}", rule.id);
        }
    }
}

fn explained(rule: &Rule) -> String {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_treasury-recon"))
        .args(["rules", "explain", rule.id])
        .output()
        .expect("runs");
    String::from_utf8(printed.stdout).expect("text")
}

#[test]
fn explain_says_how_the_law_is_known_and_who_decides() {
    let rule = |id: &str| treasury_recon::rules::by_id(id).expect("a rule");
    let delay = explained(rule("remittance-withholding"));
    let (says, _) = delay.split_once("```").expect("the examples come after the law");
    for part in [
        "# `remittance-withholding` 占压预算收入",
        "- 《金融违法行为处罚办法》第二十二条（国务院令第260号，1999年2月22日）：已读法规原文\n  Measures for Punishing \
         Financial Offences art. 22 (State Council Order No. 260, 1999-02-22): read in the statute\n",
        "  - 32 占压\n    no withholding\n",
        "## 法定幅度，由有权机关决定 The statute's range; the authority decides",
        "5万元以上30万元以下罚款",
        "50 000 to 300 000 yuan",
        "《行政处罚法》第三十六条",
    ] {
        assert!(says.contains(part), "{part}\nin\n{says}");
    }
    // Known from what others quote: no article, and that is said.
    let refund = explained(rule("collector-paid-refund"));
    assert!(refund.contains("据他文转引，未读原文，不写条号\n"), "{refund}");
    // Sanctions of officials are no administrative penalties: their limitation is another.
    let level = explained(rule("correction-cross-level"));
    assert!(level.contains("《税收征收管理法》第七十六条") && !level.contains("行政处罚法"), "{level}");
    // Where nothing is threatened no heading says so.
    assert!(!explained(rule("daily-tie-out")).contains("法定幅度"));
}

/// A finding says what the ledgers show. What anybody meant by it no ledger shows, so no rule is named for it, and no
/// example of a page says it.
#[test]
fn no_rule_names_an_intention() {
    const ZH: [&str; 14] = [
        "挪用", "故意", "恶意", "骗", "盗", "贪", "侵占", "侵吞", "隐瞒", "蓄意", "无故", "作假", "串通",
        "空转",
    ];
    const EN: [&str; 9] = [
        "misuse",
        "misappropriat",
        "deliberate",
        "intention",
        "fraud",
        "embezzl",
        "steal",
        "theft",
        "without reason",
    ];
    for rule in RULES {
        let said: Vec<&str> =
            rule.page.split("```").skip(1).step_by(2).filter(|of| of.starts_with("findings")).collect();
        let texts = [rule.title.zh, rule.title.en].into_iter().chain(said).map(str::to_lowercase);
        for text in texts {
            let word = ZH.iter().chain(&EN).find(|word| text.contains(**word));
            assert_eq!(word, None, "{}: {text}", rule.id);
        }
    }
}
