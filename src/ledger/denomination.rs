//! What a file says its amounts are written in: a unit such as 万元, a currency such as 美元.
//!
//! A word that speaks of money and is not understood is never passed over as yuan; a word that does not, such as the
//! organisation in 单位：某市财政局, says nothing here.

use crate::domain::money::Unit;

use super::format::{exact_header, normal_header};

/// What a text says amounts are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Unit(Unit),
    /// Yuan as the currency, and no unit.
    Yuan,
    /// Another currency.
    Foreign,
    /// A unit of money that is none of ours, or two of them.
    Unclear,
}

/// Where a text stands, which decides how little it may say to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind 金额单位：, where nothing but a unit belongs.
    MoneyLabel,
    /// Behind 单位：, where an organisation may stand too, or in a header.
    Label,
    /// Within a title, where 分 or 千 may mean anything.
    Title,
}

const UNITS: [(&str, Unit); 14] = [
    ("百万元", Unit::Million),
    ("百万", Unit::Million),
    ("亿元", Unit::HundredMillion),
    ("亿", Unit::HundredMillion),
    ("万元", Unit::TenThousand),
    ("万圆", Unit::TenThousand),
    ("万", Unit::TenThousand),
    ("千元", Unit::Thousand),
    ("千", Unit::Thousand),
    ("元", Unit::Yuan),
    ("圆", Unit::Yuan),
    ("yuan", Unit::Yuan),
    ("分", Unit::Fen),
    ("fen", Unit::Fen),
];
/// The yuan by its names; numbers are those of ISO 4217 and of the banks' own lists.
const YUAN: [&str; 3] = ["人民币", "cny", "rmb"];
const YUAN_CODES: [&str; 4] = ["156", "01", "001", "1"];
const FOREIGN: [&str; 46] = [
    "美元",
    "美金",
    "港币",
    "港元",
    "欧元",
    "欧罗",
    "日元",
    "日圆",
    "日币",
    "英镑",
    "澳元",
    "加元",
    "加币",
    "新元",
    "新加坡元",
    "韩元",
    "韩币",
    "瑞郎",
    "瑞士法郎",
    "卢布",
    "澳门元",
    "澳门币",
    "台币",
    "泰铢",
    "新西兰元",
    "外币",
    "外汇",
    "usd",
    "hkd",
    "eur",
    "jpy",
    "gbp",
    "aud",
    "cad",
    "sgd",
    "krw",
    "chf",
    "rub",
    "mop",
    "twd",
    "thb",
    "nzd",
    "sek",
    "nok",
    "dkk",
    "us$",
];
/// What is counted beside money: 单位：笔、万元.
const COUNTED: [&str; 11] = ["%", "‰", "笔", "户", "件", "张", "个", "人", "家", "份", "天"];
/// The characters of which names of units are made.
const MONEY_CHARACTERS: &str = "元圆角分厘毫万千百十亿兆";

/// Reads a statement of a unit or a currency; `None` where it speaks of neither.
pub fn said(text: &str, place: Place) -> Option<Said> {
    read(text, place).0
}

/// Reads a text that is such a statement and nothing else.
pub fn said_alone(text: &str, place: Place) -> Option<Said> {
    let (said, has_other) = read(text, place);
    said.filter(|_| !has_other)
}

/// What a text says, and whether it says something else besides.
fn read(text: &str, place: Place) -> (Option<Said>, bool) {
    // 单位：万元币种：人民币: the next label may follow without a blank.
    let folded = exact_header(text).replace("币种", "/币种").replace("币别", "/币别");
    let mut unit: Option<Unit> = None;
    let mut is_yuan = false;
    let mut has_other = false;
    let breaks = |c: char| "/、,;|+·()[]【】<>《》:-_—~和及或".contains(c);
    for token in folded.split(breaks).filter(|token| !token.is_empty() && !COUNTED.contains(token)) {
        let word = without_yuan(token);
        is_yuan |= word.len() < token.len();
        if word.is_empty() {
            continue;
        }
        if is_foreign(word) {
            return (Some(Said::Foreign), has_other);
        }
        let is_bare = matches!(word, "分" | "千" | "万" | "百万" | "亿" | "fen");
        let known = UNITS.iter().find(|(name, _)| *name == word).map(|(_, unit)| *unit);
        match known.filter(|_| place != Place::Title || !is_bare || is_yuan) {
            Some(found) if unit.is_none_or(|before| before == found) => unit = Some(found),
            Some(_) => return (Some(Said::Unclear), has_other),
            None if known.is_some() || speaks_of_money(word) => return (Some(Said::Unclear), has_other),
            None => has_other = true,
        }
    }
    let said = match (unit, place) {
        (Some(unit), _) => Some(Said::Unit(unit)),
        (None, Place::MoneyLabel) if has_other => Some(Said::Unclear),
        (None, _) if is_yuan && !has_other => Some(Said::Yuan),
        _ => None,
    };
    (said, has_other)
}

/// 人民币万元, 万元人民币: what is left is the unit.
fn without_yuan(token: &str) -> &str {
    YUAN.iter().fold(token, |word, name| {
        let word = word.strip_prefix(name).unwrap_or(word);
        word.strip_suffix(name).unwrap_or(word)
    })
}

fn is_foreign(word: &str) -> bool {
    // 万美元, 千港币: a number of them.
    let bare = word.trim_start_matches(|c| "万千百十亿".contains(c));
    FOREIGN.contains(&bare) || FOREIGN.contains(&word)
}

/// Whether a word is made of nothing but names of units: 角, 十万元, 元角分.
fn speaks_of_money(word: &str) -> bool {
    word.chars().all(|c| MONEY_CHARACTERS.contains(c)) && word.contains(['元', '圆', '角', '分', '厘'])
        || ["rmb", "cny", "yuan", "thousand", "million"].iter().any(|name| word.contains(name))
}

/// Whether a cell of a currency column says yuan, as a blank one does.
pub fn is_yuan(text: &str) -> bool {
    let folded = exact_header(text);
    let word: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut rest = word.as_str();
    while let Some(next) = YUAN.iter().find_map(|name| rest.strip_prefix(name)) {
        rest = next;
    }
    let is_named = rest.len() < word.len() && !FOREIGN.iter().any(|name| rest.contains(name));
    rest.is_empty()
        || rest == "元"
        // 人民币活期.
        || (is_named && rest.chars().count() <= 4)
        || YUAN_CODES.contains(&rest)
        || YUAN_CODES.iter().any(|code| {
            word.strip_prefix(code).is_some_and(|name| YUAN.contains(&name.trim_end_matches('元')))
        })
}

/// Whether a text names a currency other than the yuan.
pub fn names_foreign(text: &str) -> bool {
    is_foreign(&exact_header(text))
}

/// Whether a title speaks of an account in another currency: 美元账户明细.
pub fn title_is_foreign(title: &str) -> bool {
    let folded = exact_header(title).replace("本外币", "");
    // Behind its name stands what is kept in it: 完美元素公司 has no dollars.
    let names_account = |name: &str| {
        folded.match_indices(name).any(|(at, _)| {
            let next = folded[at + name.len()..].chars().next();
            next.is_none_or(|c| "账存户活定资明流对专结交)]】".contains(c))
        })
    };
    let mut words = title.split(|c: char| !c.is_ascii_alphanumeric());
    ["美元", "美金", "港币", "欧元", "英镑", "日币", "韩币", "外币"].into_iter().any(names_account)
        || words.any(|word| matches!(word, "USD" | "HKD" | "EUR" | "JPY" | "GBP"))
}

/// Whether a label asks for a unit, and how little its value may say.
pub fn unit_label(label: &str) -> Option<Place> {
    let folded = exact_header(label);
    let word = folded.trim_end_matches(['均', '为', '是']);
    match word {
        "单位" | "计量单位" | "数据单位" | "记账单位" | "unit" | "units" => Some(Place::Label),
        "金额单位" | "货币单位" | "计价单位" | "币值单位" | "currencyunit" | "amountunit" => {
            Some(Place::MoneyLabel)
        }
        _ => None,
    }
}

/// Whether a label or a header asks for the currency.
pub fn is_currency_label(label: &str) -> bool {
    const NAMES: [&str; 17] = [
        "币种",
        "币别",
        "货币",
        "账户币种",
        "交易币种",
        "记账币种",
        "结算币种",
        "币种名称",
        "币种代码",
        "币种类型",
        "货币种类",
        "货币名称",
        "货币代码",
        "货币类型",
        "currency",
        "ccy",
        "currencycode",
    ];
    NAMES.contains(&normal_header(label).as_str())
}

/// The name of a column and the unit or currency its header ends with: 金额（万元）, 金额/万元, 金额 元, 金额USD.
pub fn of_header(header: &str) -> (String, Option<Said>) {
    let folded = exact_header(header);
    for inner in brackets(&folded) {
        if let Some(said) = said(inner, Place::Label) {
            return (normal_header(&folded), Some(said));
        }
    }
    let ends = UNITS.iter().map(|(name, _)| *name).chain(YUAN).chain(FOREIGN);
    let mut longest: Vec<&str> = ends.filter(|end| folded.ends_with(end)).collect();
    longest.sort_by_key(|end| std::cmp::Reverse(end.len()));
    for end in longest {
        let name = folded[..folded.len() - end.len()].trim_end_matches(['/', '_', '-', ':', ',', '、']);
        let unit = &folded[name.len()..];
        if let Some(said) = said(unit, Place::Label).filter(|_| !name.is_empty()) {
            return (name.to_owned(), Some(said));
        }
    }
    (folded, None)
}

/// What stands in the brackets of a text, each apart.
pub fn brackets(text: &str) -> impl Iterator<Item = &str> {
    text.split(['(', '（', '[', '【', '〔'])
        .skip(1)
        .filter_map(|rest| rest.find([')', '）', ']', '】', '〕']).map(|end| &rest[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_may_follow_without_a_blank() {
        for text in ["万元币种", "万元币别"] {
            assert_eq!(said(text, Place::MoneyLabel), Some(Said::Unit(Unit::TenThousand)), "{text}");
            assert_eq!(said(text, Place::Label), Some(Said::Unit(Unit::TenThousand)), "{text}");
        }
        assert_eq!(said("某县财政局", Place::Label), None);
    }

    #[test]
    fn statements() {
        use Said::{Foreign, Unclear, Yuan};
        let unit = Said::Unit;
        for (text, expected) in [
            ("元", Some(unit(Unit::Yuan))),
            ("人民币 万元", Some(unit(Unit::TenThousand))),
            ("万元(人民币)", Some(unit(Unit::TenThousand))),
            ("RMB万元", Some(unit(Unit::TenThousand))),
            ("萬元", Some(unit(Unit::TenThousand))),
            ("千元", Some(unit(Unit::Thousand))),
            ("百万元", Some(unit(Unit::Million))),
            ("亿元", Some(unit(Unit::HundredMillion))),
            ("分", Some(unit(Unit::Fen))),
            ("笔、万元、%", Some(unit(Unit::TenThousand))),
            ("万元（保留两位小数）", Some(unit(Unit::TenThousand))),
            ("人民币", Some(Yuan)),
            ("元/万元", Some(Unclear)),
            ("元 角 分", Some(Unclear)),
            ("角", Some(Unclear)),
            ("十万元", Some(Unclear)),
            ("RMB thousand", Some(Unclear)),
            ("美元", Some(Foreign)),
            ("万美元", Some(Foreign)),
            ("USD", Some(Foreign)),
            ("某市财政局", None),
            ("元谋县财政局", None),
            ("万元县支行", None),
            ("十", None),
            ("", None),
        ] {
            assert_eq!(said(text, Place::Label), expected, "{text:?}");
        }
        assert_eq!(said("某局", Place::MoneyLabel), Some(Unclear));
        assert_eq!(said("分", Place::Title), Some(Unclear));
        assert_eq!(said("万元", Place::Title), Some(unit(Unit::TenThousand)));
    }

    #[test]
    fn currencies() {
        for text in [
            "",
            "CNY",
            "RMB",
            "人民币",
            "156",
            "元",
            "01",
            "001",
            "人民币元",
            "CNY-人民币",
            "人民币(CNY)",
            "156-人民币",
        ] {
            assert!(is_yuan(text), "{text:?}");
        }
        for text in ["USD", "美元", "日元", "港币", "EUR", "JPY", "840", "11", "人民币兑美元", "13"]
        {
            assert!(!is_yuan(text), "{text:?}");
        }
        for title in ["某行美元账户明细", "Statement USD", "港币存款"] {
            assert!(title_is_foreign(title), "{title:?}");
        }
        for title in ["某行账户明细", "USDA 采购", "完美元素公司账户明细", "本外币账户", "人民币账户"]
        {
            assert!(!title_is_foreign(title), "{title:?}");
        }
    }

    #[test]
    fn headers() {
        use Said::{Foreign, Unclear};
        let unit = Said::Unit;
        for (header, expected) in [
            ("金额（万元）", ("金额", Some(unit(Unit::TenThousand)))),
            ("金额（单位：元）", ("金额", Some(unit(Unit::Yuan)))),
            ("借方发生额/万元", ("借方发生额", Some(unit(Unit::TenThousand)))),
            ("借方发生额 元", ("借方发生额", Some(unit(Unit::Yuan)))),
            ("借方发生额_百万元", ("借方发生额", Some(unit(Unit::Million)))),
            ("发生额[人民币千元]", ("发生额", Some(unit(Unit::Thousand)))),
            ("发生额万元", ("发生额", Some(unit(Unit::TenThousand)))),
            ("金额(USD)", ("金额", Some(Foreign))),
            ("金额美元", ("金额", Some(Foreign))),
            ("金额（元/万元）", ("金额", Some(Unclear))),
            ("金额（收入）", ("金额(收入)", None)),
            ("金额", ("金额", None)),
            ("积分", ("积", Some(unit(Unit::Fen)))),
            ("元", ("元", None)),
        ] {
            let (name, said) = of_header(header);
            assert_eq!((name.as_str(), said), expected, "{header:?}");
        }
    }
}
