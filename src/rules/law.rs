//! The law that rules rest on: each instrument, how it is known, and the range of what it threatens.
//!
//! An article is named only where it was read in the statute: of an instrument that is known from what others quote of it,
//! `article` does not compile. What the law leaves open is a setting and stands in no citation. Nobody is told of a
//! provision that binds others: `BOUND` says whom each binds. A penalty is what a statute says of a breach, as a range;
//! the program decides none.

use crate::domain::lang::Lang;
use crate::domain::ledger::Party;

use super::Title;

/// How what is cited of an instrument is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verified {
    /// Its text was read.
    Read,
    /// Another text quotes it.
    Quoted,
    /// It is the county's plan, which the program serves.
    Plan,
}

impl Verified {
    pub const ALL: [Self; 3] = [Self::Read, Self::Quoted, Self::Plan];

    pub fn id(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Quoted => "quoted",
            Self::Plan => "plan",
        }
    }

    pub fn words(self) -> Title {
        match self {
            Self::Read => Title { zh: "已读法规原文", en: "read in the statute" },
            Self::Quoted => Title {
                zh: "据他文转引，未读原文，不写条号",
                en: "quoted by another text; the original was not read, so no article is named",
            },
            Self::Plan => {
                Title { zh: "监管方案本身的要求", en: "what the supervision plan itself asks" }
            }
        }
    }
}

/// A statute, an order, a notice, or the plan.
#[derive(Debug)]
pub struct Instrument {
    /// As it is cited.
    pub zh: &'static str,
    pub en: &'static str,
    /// Its number, and the day of the text that was read.
    pub version: Title,
    pub verified: Verified,
}

/// A law a rule rests on: an instrument, and the article where it was read.
#[derive(Clone, Copy, Debug)]
pub struct Basis {
    pub instrument: &'static Instrument,
    article: Option<(u8, Part)>,
}

/// What of an article is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// 款
    Paragraph(u8),
    /// 项
    Item(u8),
}

/// An article 条 of a statute.
pub const fn article(instrument: &'static Instrument, number: u8) -> Basis {
    assert!(matches!(instrument.verified, Verified::Read), "an article is named only where it was read");
    Basis { instrument, article: Some((number, Part::Whole)) }
}

/// A paragraph 款 of an article whose paragraphs bind different parties.
pub const fn paragraph(instrument: &'static Instrument, number: u8, paragraph: u8) -> Basis {
    assert!(matches!(instrument.verified, Verified::Read), "an article is named only where it was read");
    Basis { instrument, article: Some((number, Part::Paragraph(paragraph))) }
}

/// An item 项 of an article.
pub const fn item(instrument: &'static Instrument, number: u8, item: u8) -> Basis {
    assert!(matches!(instrument.verified, Verified::Read), "an article is named only where it was read");
    Basis { instrument, article: Some((number, Part::Item(item))) }
}

/// An instrument of which no article can be named.
pub const fn named(instrument: &'static Instrument) -> Basis {
    assert!(!matches!(instrument.verified, Verified::Read), "of what was read the article is named");
    Basis { instrument, article: None }
}

impl Basis {
    pub fn verified(self) -> Verified {
        self.instrument.verified
    }

    /// 第四条第（二）项; empty where no article can be named.
    pub fn article(self, lang: Lang) -> String {
        let Some((number, part)) = self.article else { return String::new() };
        match (part, lang) {
            (Part::Whole, Lang::Zh) => format!("第{}条", numeral(number)),
            (Part::Paragraph(of), Lang::Zh) => format!("第{}条第{}款", numeral(number), numeral(of)),
            (Part::Item(of), Lang::Zh) => format!("第{}条第（{}）项", numeral(number), numeral(of)),
            (Part::Whole, Lang::En) => format!("art. {number}"),
            (Part::Paragraph(of), Lang::En) => format!("art. {number} para. {of}"),
            (Part::Item(of), Lang::En) => format!("art. {number}({of})"),
        }
    }

    fn is(self, other: Self) -> bool {
        std::ptr::eq(self.instrument, other.instrument) && self.article == other.article
    }

    /// Whether it binds the party. While nobody knows who answers, it may.
    pub fn binds(self, party: Party) -> bool {
        party == Party::Undetermined
            || BOUND.iter().any(|bound| bound.of.is(self) && bound.parties.contains(&party))
    }

    /// Instrument and article.
    pub fn cited(self, lang: Lang) -> String {
        match lang {
            Lang::Zh => format!("{}{}", self.instrument.zh, self.article(lang)),
            Lang::En => format!("{} {}", self.instrument.en, self.article(lang)).trim_end().to_owned(),
        }
    }
}

/// A number below two hundred as laws write it.
fn numeral(number: u8) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |value: u8| DIGITS[usize::from(value % 10)];
    let (hundreds, tens, ones) = (number / 100, number / 10 % 10, number % 10);
    let mut text = String::new();
    if hundreds > 0 {
        text += digit(hundreds);
        text += "百";
        if tens == 0 && ones > 0 {
            text += "零";
        }
    }
    if tens > 0 {
        // 十五, but 一百一十五.
        if tens > 1 || hundreds > 0 {
            text += digit(tens);
        }
        text += "十";
    }
    text + digit(ones)
}

/// All that a rule rests on, as it is cited: articles of one instrument behind its name once.
pub fn cited<'b>(basis: impl IntoIterator<Item = &'b Basis>, lang: Lang) -> String {
    let mut text = String::new();
    let mut before: Option<&Basis> = None;
    for of in basis {
        match before.replace(of) {
            Some(before) if std::ptr::eq(before.instrument, of.instrument) => {
                text += lang.pick("、", ", ");
                text += &of.article(lang);
            }
            Some(_) => {
                text += lang.pick("；", "; ");
                text += &of.cited(lang);
            }
            None => text += &of.cited(lang),
        }
    }
    text
}

/// How what a rule rests on is known, each way once.
pub fn verified(basis: &[Basis]) -> Vec<Verified> {
    let ways = Verified::ALL.into_iter();
    ways.filter(|way| basis.iter().any(|basis| basis.verified() == *way)).collect()
}

macro_rules! instruments {
    ($($name:ident $verified:ident $zh:literal $en:literal, $version_zh:literal $version_en:literal;)*) => {
        $(pub static $name: Instrument = Instrument {
            zh: $zh,
            en: $en,
            version: Title { zh: $version_zh, en: $version_en },
            verified: Verified::$verified,
        };)*

        /// All of them.
        pub static INSTRUMENTS: &[&Instrument] = &[$(&$name),*];
    };
}

instruments! {
    BUDGET_LAW Read "《预算法》" "Budget Law",
        "2018年12月29日文本" "text of 2018-12-29";
    BUDGET_RULES Read "《预算法实施条例》" "Implementing Regulations of the Budget Law",
        "国务院令第729号，2020年8月3日文本" "State Council Order No. 729, text of 2020-08-03";
    TREASURY_RULES Read "《国家金库条例》" "State Treasury Regulations",
        "2020年11月29日文本" "text of 2020-11-29";
    TAX_LAW Read "《税收征收管理法》" "Tax Collection Law",
        "2015年4月24日文本" "text of 2015-04-24";
    TAX_RULES Read "《税收征收管理法实施细则》" "Implementing Rules of the Tax Collection Law",
        "国务院令第362号，2016年2月6日文本" "State Council Order No. 362, text of 2016-02-06";
    BANK_PENALTIES Read "《金融违法行为处罚办法》" "Measures for Punishing Financial Offences",
        "国务院令第260号，1999年2月22日" "State Council Order No. 260, 1999-02-22";
    FISCAL_PENALTIES Read "《财政违法行为处罚处分条例》" "Regulations on Penalties and Sanctions for Fiscal Offences",
        "国务院令第427号，2011年1月8日文本" "State Council Order No. 427, text of 2011-01-08";
    CENTRAL_BANK_LAW Read "《中国人民银行法》" "Law on the People's Bank of China",
        "2003年12月27日文本" "text of 2003-12-27";
    PENALTY_LAW Read "《行政处罚法》" "Administrative Penalty Law",
        "2021年1月22日文本" "text of 2021-01-22";
    BOND_RULES Read "《国库券条例》" "Treasury Bond Regulations",
        "2011年1月8日文本" "text of 2011-01-08";
    AGENCY_ORDER Quoted "《商业银行、信用社代理国库业务管理办法》"
        "Measures for Treasury Agency of Commercial Banks and Credit Cooperatives",
        "中国人民银行令〔2001〕第1号" "PBOC Order [2001] No. 1";
    ACCOUNT_ORDER Quoted "《人民币银行结算账户管理办法》" "Measures for Renminbi Settlement Accounts",
        "中国人民银行令〔2003〕第5号" "PBOC Order [2003] No. 5";
    PERMIT_NOTICE Quoted "银发〔2019〕41号" "PBOC Notice [2019] No. 41",
        "取消企业银行账户许可" "on ending the permits of enterprise accounts";
    PENDING_TAX_NOTICE Quoted "银发〔2005〕387号" "PBOC Notice [2005] No. 387",
        "待缴库税款账户" "on the account for taxes pending payment";
    PLAN_ITSELF Plan "《国库联动监管方案》" "Treasury Linkage Supervision Plan",
        "县级方案" "the county's own";
}

/// What the plan asks, named beside statutes.
pub const PLAN: Basis = named(&PLAN_ITSELF);
/// What the plan asks, and no statute that could be read.
pub const BY_PLAN: &[Basis] = &[PLAN];
/// Finance, collectors and treasury reconcile by month and year; by the plan every day, and banks with them.
pub const RECONCILE: &[Basis] = &[article(&BUDGET_RULES, 67), PLAN];

/// A provision that rules rest on, and whom its text binds.
#[derive(Debug)]
struct Bound {
    of: Basis,
    parties: &'static [Party],
}

macro_rules! bound {
    ($($of:expr, [$($party:ident),*];)*) => {
        /// Whom each provision binds, as its text names them: 税务机关, 执收单位 (tax offices, and what finance has collected
        /// for it), 财政部门, 国库, 银行业金融机构, 纳税人, 任何部门、单位和个人.
        static BOUND: &[Bound] = &[$(Bound { of: $of, parties: &[$(Party::$party),*] }),*];
    };
}

bound! {
    article(&BUDGET_LAW, 13), [Finance, Unit];
    article(&BUDGET_LAW, 54), [Finance];
    article(&BUDGET_LAW, 56), [Tax, Finance, Treasury, Bank, Taxpayer, Unit];
    article(&BUDGET_LAW, 60), [Tax, Finance, Treasury];
    article(&BUDGET_RULES, 52), [Finance];
    article(&BUDGET_RULES, 55), [Tax, Finance];
    article(&BUDGET_RULES, 56), [Tax, Finance, Treasury, Bank, Taxpayer, Unit];
    article(&BUDGET_RULES, 57), [Finance];
    article(&BUDGET_RULES, 64), [Treasury];
    article(&BUDGET_RULES, 65), [Treasury, Bank];
    article(&BUDGET_RULES, 66), [Treasury, Bank];
    article(&BUDGET_RULES, 67), [Tax, Finance, Treasury];
    article(&BUDGET_RULES, 68), [Tax, Finance, Treasury];
    item(&BUDGET_RULES, 93, 2), [Tax, Finance];
    item(&BUDGET_RULES, 93, 5), [Tax, Finance, Treasury, Unit];
    item(&BUDGET_RULES, 94, 3), [Tax, Finance, Treasury, Unit];
    item(&TREASURY_RULES, 11, 2), [Tax, Finance, Treasury];
    item(&TREASURY_RULES, 11, 3), [Tax, Finance, Treasury];
    article(&TREASURY_RULES, 17), [Tax, Finance, Treasury];
    article(&TREASURY_RULES, 20), [Finance, Treasury];
    article(&TAX_LAW, 32), [Taxpayer];
    article(&TAX_LAW, 53), [Tax];
    article(&TAX_LAW, 76), [Tax];
    paragraph(&TAX_RULES, 39, 1), [Tax];
    paragraph(&TAX_RULES, 39, 2), [Tax, Finance, Treasury, Bank, Taxpayer, Unit];
    article(&TAX_RULES, 78), [Tax];
    article(&TAX_RULES, 109), [Tax, Taxpayer];
    item(&BANK_PENALTIES, 15, 5), [Bank];
    article(&BANK_PENALTIES, 22), [Bank];
    item(&FISCAL_PENALTIES, 4, 2), [Tax, Finance];
    item(&FISCAL_PENALTIES, 4, 4), [Tax, Finance];
    item(&FISCAL_PENALTIES, 5, 4), [Finance, Treasury];
    item(&FISCAL_PENALTIES, 7, 4), [Tax, Finance, Treasury];
    article(&FISCAL_PENALTIES, 11), [Tax, Finance, Treasury, Unit];
    article(&BOND_RULES, 6), [Treasury, Bank];
    // Banks that are agents of the treasury, as sub-treasuries or as collectors.
    named(&AGENCY_ORDER), [Treasury, Bank];
    // Banks, and whoever holds an account.
    named(&ACCOUNT_ORDER), [Tax, Finance, Treasury, Bank, Taxpayer, Unit];
    named(&PERMIT_NOTICE), [Tax, Finance, Treasury, Bank, Unit];
    named(&PENDING_TAX_NOTICE), [Tax, Treasury];
    PLAN, [Tax, Finance, Treasury, Bank, Taxpayer, Unit];
}

/// What a statute threatens for a breach: a range, as the statute has it.
#[derive(Debug)]
pub struct Penalty {
    pub breach: Title,
    pub range: Title,
    pub of: Basis,
    /// Whom the statute threatens.
    pub parties: &'static [Party],
    /// The rules whose findings can be such a breach; none where no ledger shows it.
    pub rules: &'static [&'static str],
}

impl Penalty {
    /// Whether it is a fine 罚款, and so an administrative penalty 行政处罚, and not a sanction 处分 of officials alone.
    pub fn is_fine(&self) -> bool {
        self.range.zh.contains("罚款")
    }
}

/// The penalties a finding of the rule may lead to.
pub fn penalties(rule: &str) -> impl Iterator<Item = &'static Penalty> {
    PENALTIES.iter().filter(move |penalty| penalty.rules.contains(&rule))
}

macro_rules! penalties {
    ($($of:expr, [$($party:ident),*], $zh:literal $en:literal, $range_zh:literal $range_en:literal, [$($rule:literal),*];)*) => {
        /// What the statutes say, in the order of the parties they are about.
        pub static PENALTIES: &[Penalty] = &[$(Penalty {
            breach: Title { zh: $zh, en: $en },
            range: Title { zh: $range_zh, en: $range_en },
            of: $of,
            parties: &[$(Party::$party),*],
            rules: &[$($rule),*],
        }),*];
    };
}

penalties! {
    article(&BANK_PENALTIES, 22), [Bank],
        "金融机构占压财政存款或者资金" "a bank withholds fiscal deposits or money",
        "警告，没收违法所得，并处违法所得1倍以上3倍以下罚款；没有违法所得的，处5万元以上30万元以下罚款；直接负责的高级管理人员撤职直至开除"
        "warning, gain confiscated and a fine of 1 to 3 times the gain; without gain 50 000 to 300 000 yuan; senior managers in charge removed or dismissed",
        ["remittance-withholding", "stale-pending-balance"];
    article(&BANK_PENALTIES, 23), [Bank],
        "金融机构不协助冻结、扣划纳税人存款，造成税款流失" "a bank does not help to freeze or debit a taxpayer's deposit, and tax is lost",
        "警告，并处10万元以上50万元以下罚款；责任人员撤职直至开除"
        "warning and a fine of 100 000 to 500 000 yuan; those responsible removed or dismissed",
        [];
    article(&BANK_PENALTIES, 15), [Bank],
        "金融机构违反规定为客户多头开立账户" "a bank opens several accounts for a client against the rules",
        "警告，没收违法所得，并处违法所得1倍以上3倍以下罚款；没有违法所得的，处5万元以上30万元以下罚款"
        "warning, gain confiscated and a fine of 1 to 3 times the gain; without gain 50 000 to 300 000 yuan",
        ["multiple-accounts"];
    article(&CENTRAL_BANK_LAW, 46), [Bank],
        "代理经理国库的行为违反有关规定，其他法律、行政法规未作处罚规定"
        "a breach in acting as agent of the treasury for which no other statute has a penalty",
        "警告，没收违法所得；违法所得50万元以上的，并处1倍以上5倍以下罚款；没有违法所得或者不足50万元的，处50万元以上200万元以下罚款；责任人员处5万元以上50万元以下罚款"
        "warning, gain confiscated; from a gain of 500 000 yuan on a fine of 1 to 5 times the gain, otherwise 500 000 to 2 000 000 yuan; those responsible 50 000 to 500 000 yuan",
        ["remittance-delay", "wrong-collection-subject", "collector-paid-refund", "revenue-diversion", "transit-account"];
    article(&FISCAL_PENALTIES, 4), [Tax, Finance],
        "执收单位隐瞒、滞留、截留、挪用财政收入，级次、科目错误入库，违反规定退付"
        "a collector hides, withholds or misuses revenue, pays it in to the wrong level or subject, or refunds against the rules",
        "责令改正；对单位警告或者通报批评；责任人员记大过，情节较重的降级或者撤职，情节严重的开除"
        "ordered to correct; the unit is warned or named in a bulletin; those responsible get a major demerit, in graver cases demotion or removal, in serious ones dismissal",
        ["mixed-tax-type", "wrong-budget-level", "refund-without-basis", "refund-no-authority", "refund-payee-mismatch", "refund-exceeds-payment", "refund-wrong-source", "refund-duplicate"];
    article(&FISCAL_PENALTIES, 5), [Finance, Treasury],
        "财政部门、国库延解、占压，不依照预算或者用款计划拨款，违反规定收纳、划分、退付，应入国库的收入放在财政专户"
        "finance or the treasury delays money, pays outside budget or plan, takes in, divides or refunds against the rules, or keeps revenue of the treasury in a special account",
        "责令改正；对单位警告或者通报批评；责任人员记过或者记大过，情节较重的降级或者撤职，情节严重的开除"
        "ordered to correct; the unit is warned or named in a bulletin; those responsible get a demerit, in graver cases demotion or removal, in serious ones dismissal",
        ["disbursement-unbudgeted", "disbursement-over-budget", "disbursement-over-plan", "special-account-unapproved", "funds-outside-treasury", "share-split-mismatch"];
    article(&FISCAL_PENALTIES, 11), [Tax, Finance, Treasury, Unit],
        "国家机关擅自开立、使用账户" "a state organ opens or uses an account on its own authority",
        "责令改正，没收违法所得，撤销账户；对单位警告或者通报批评；责任人员降级，情节严重的撤职或者开除"
        "ordered to correct, gain confiscated, the account closed; the unit is warned or named in a bulletin; those responsible are demoted, in serious cases removed or dismissed",
        ["unlicensed-account", "multiple-accounts"];
    article(&FISCAL_PENALTIES, 13), [Taxpayer, Unit],
        "企业和个人截留、不缴、少缴财政收入（税收除外）" "an enterprise or person withholds or underpays fiscal revenue other than tax",
        "处不缴或者少缴10%以上30%以下罚款；责任人员处3000元以上5万元以下罚款"
        "a fine of 10 to 30 % of what was not paid; those responsible 3 000 to 50 000 yuan",
        [];
    article(&FISCAL_PENALTIES, 14), [Taxpayer, Unit],
        "企业和个人骗取、违规使用财政资金" "an enterprise or person obtains fiscal money by fraud, or misuses it",
        "处被骗取资金10%以上50%以下、被违规使用资金10%以上30%以下罚款；责任人员处3000元以上5万元以下罚款"
        "a fine of 10 to 50 % of what was obtained, 10 to 30 % of what was misused; those responsible 3 000 to 50 000 yuan",
        [];
    article(&FISCAL_PENALTIES, 16), [Tax, Finance, Unit],
        "违反财政收入票据管理规定" "fiscal receipt forms are misused",
        "对单位处5000元以上10万元以下罚款；责任人员处3000元以上5万元以下罚款"
        "a fine of 5 000 to 100 000 yuan; those responsible 3 000 to 50 000 yuan",
        [];
    article(&FISCAL_PENALTIES, 17), [Tax, Finance, Treasury, Unit],
        "私存私放财政资金或者其他公款" "public money is hoarded privately",
        "对单位处3000元以上5万元以下罚款；责任人员处2000元以上2万元以下罚款"
        "a fine of 3 000 to 50 000 yuan; those responsible 2 000 to 20 000 yuan",
        [];
    article(&BUDGET_LAW, 93), [Tax, Finance, Treasury, Unit],
        "违反规定拨付、收纳、划分、留解、退付，动用或者支配国库库款，改变支出用途"
        "money is paid, taken in, divided or refunded against the law, treasury money is disposed of, or the purpose of spending is changed",
        "责令改正；责任人员降级、撤职、开除"
        "ordered to correct; those responsible are demoted, removed or dismissed",
        ["remittance-delay", "transit-account", "revenue-diversion", "refund-no-authority", "disbursement-unbudgeted", "disbursement-over-budget", "disbursement-over-plan", "pre-approval-spend"];
    article(&TAX_LAW, 76), [Tax],
        "税务机关擅自改变税款入库预算级次" "a tax office changes the level of tax on its own authority",
        "责令限期改正；责任人员降级或者撤职"
        "ordered to correct within a time limit; those responsible are demoted or removed",
        ["wrong-budget-level", "correction-cross-level"];
    article(&TAX_RULES, 91), [Taxpayer, Unit],
        "非法印制、转借、倒卖、变造、伪造完税凭证" "tax certificates are printed unlawfully, lent, sold, altered or forged",
        "处2000元以上1万元以下罚款；情节严重的，处1万元以上5万元以下罚款"
        "a fine of 2 000 to 10 000 yuan; in serious cases 10 000 to 50 000 yuan",
        [];
}

/// How long a breach can be penalised; sanctions of officials apart.
pub static LIMITATION: Penalty = Penalty {
    breach: Title { zh: "追究时效", en: "limitation" },
    range: Title {
        zh: "违法行为二年内未被发现的不再给予行政处罚；涉及金融安全且有危害后果的为五年；连续或者继续的，自终了之日起算",
        en: "two years, and five where financial safety is concerned and harm was done; of a continuing breach from its end",
    },
    of: article(&PENALTY_LAW, 36),
    parties: &[],
    rules: &[],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{RULES, by_id};

    #[test]
    fn numbers_are_written_as_laws_write_them() {
        for (number, expected) in [
            (1, "一"),
            (10, "十"),
            (11, "十一"),
            (20, "二十"),
            (68, "六十八"),
            (100, "一百"),
            (108, "一百零八"),
            (110, "一百一十"),
            (115, "一百一十五"),
        ] {
            assert_eq!(numeral(number), expected);
        }
    }

    #[test]
    fn an_instrument_is_named_once_for_its_articles() {
        let basis = [
            article(&BUDGET_RULES, 65),
            item(&BUDGET_RULES, 93, 5),
            paragraph(&TAX_RULES, 39, 2),
            named(&AGENCY_ORDER),
            PLAN,
        ];
        assert_eq!(
            cited(&basis, Lang::Zh),
            "《预算法实施条例》第六十五条、第九十三条第（五）项；《税收征收管理法实施细则》第三十九条第二款；《商业银行、信用社代理国库业务管理办法》；《国库联动监管方案》"
        );
        assert_eq!(
            cited(&basis, Lang::En),
            "Implementing Regulations of the Budget Law art. 65, art. 93(5); Implementing Rules of the Tax Collection Law art. 39 \
             para. 2; Measures for Treasury Agency of Commercial Banks \
             and Credit Cooperatives; Treasury Linkage Supervision Plan"
        );
        assert!(RULES.iter().all(|rule| cited(rule.basis, Lang::En).is_ascii()));
        assert_eq!(verified(&basis), [Verified::Read, Verified::Quoted, Verified::Plan]);
    }

    /// The articles that were read in the statutes (`rules.md` 2, 5 and 12), items where a rule rests on one.
    const READ: &[(&Instrument, u8, &[u8])] = &[
        (&BUDGET_LAW, 13, &[]),
        (&BUDGET_LAW, 54, &[]),
        (&BUDGET_LAW, 56, &[]),
        (&BUDGET_LAW, 60, &[]),
        (&BUDGET_LAW, 93, &[]),
        (&BUDGET_RULES, 52, &[]),
        (&BUDGET_RULES, 55, &[]),
        (&BUDGET_RULES, 56, &[]),
        (&BUDGET_RULES, 57, &[]),
        (&BUDGET_RULES, 64, &[]),
        (&BUDGET_RULES, 65, &[]),
        (&BUDGET_RULES, 66, &[]),
        (&BUDGET_RULES, 67, &[]),
        (&BUDGET_RULES, 68, &[]),
        (&BUDGET_RULES, 93, &[2, 5]),
        (&BUDGET_RULES, 94, &[3]),
        (&TREASURY_RULES, 11, &[2, 3]),
        (&TREASURY_RULES, 17, &[]),
        (&TREASURY_RULES, 20, &[]),
        (&TAX_LAW, 32, &[]),
        (&TAX_LAW, 53, &[]),
        (&TAX_LAW, 76, &[]),
        (&TAX_RULES, 39, &[]),
        (&TAX_RULES, 78, &[]),
        (&TAX_RULES, 91, &[]),
        (&TAX_RULES, 109, &[]),
        (&BANK_PENALTIES, 15, &[5]),
        (&BANK_PENALTIES, 22, &[]),
        (&BANK_PENALTIES, 23, &[]),
        (&FISCAL_PENALTIES, 4, &[2, 4]),
        (&FISCAL_PENALTIES, 5, &[4]),
        (&FISCAL_PENALTIES, 7, &[4]),
        (&FISCAL_PENALTIES, 11, &[]),
        (&FISCAL_PENALTIES, 13, &[]),
        (&FISCAL_PENALTIES, 14, &[]),
        (&FISCAL_PENALTIES, 16, &[]),
        (&FISCAL_PENALTIES, 17, &[]),
        (&CENTRAL_BANK_LAW, 46, &[]),
        (&PENALTY_LAW, 36, &[]),
        (&BOND_RULES, 6, &[]),
    ];

    #[test]
    fn only_articles_that_were_read_are_named() {
        let bases = RULES.iter().flat_map(|rule| rule.basis.iter().map(|basis| (rule.id, *basis)));
        let threats = PENALTIES.iter().chain([&LIMITATION]).map(|penalty| (penalty.breach.en, penalty.of));
        for (of, basis) in bases.chain(threats) {
            let Some((number, part)) = basis.article else {
                assert_ne!(basis.verified(), Verified::Read, "{of}");
                continue;
            };
            assert_eq!(basis.verified(), Verified::Read, "{of}");
            let known = READ.iter().find(|(instrument, known, _)| {
                std::ptr::eq(*instrument, basis.instrument) && *known == number
            });
            let (_, _, items) = known.unwrap_or_else(|| panic!("{of}: {}", basis.cited(Lang::En)));
            let is_read = match part {
                Part::Item(item) => items.contains(&item),
                Part::Whole | Part::Paragraph(_) => true,
            };
            assert!(is_read, "{of}: {}", basis.cited(Lang::En));
        }
    }

    #[test]
    fn of_every_provision_that_is_cited_it_is_known_whom_it_binds() {
        let cited = || RULES.iter().flat_map(|rule| rule.basis);
        for basis in cited() {
            let known = BOUND.iter().filter(|bound| bound.of.is(*basis)).count();
            assert_eq!(known, 1, "{}", basis.cited(Lang::En));
        }
        for Bound { of, parties } in BOUND {
            assert!(cited().any(|basis| basis.is(*of)), "no rule rests on {}", of.cited(Lang::En));
            assert!(!parties.is_empty() && parties.is_sorted(), "{}", of.cited(Lang::En));
        }
        let reconcile = RECONCILE[0];
        assert!(reconcile.binds(Party::Finance) && !reconcile.binds(Party::Bank));
        assert!(reconcile.binds(Party::Undetermined));
        // What a statute threatens a party with is a provision that binds it.
        for penalty in PENALTIES {
            let of = BOUND.iter().find(|bound| bound.of.is(penalty.of));
            if let Some(bound) = of {
                assert!(
                    penalty.parties.iter().all(|party| bound.parties.contains(party)),
                    "{}",
                    penalty.breach.en
                );
            }
        }
    }

    #[test]
    fn every_rule_but_one_rests_on_something() {
        let without: Vec<&str> =
            RULES.iter().filter(|rule| rule.basis.is_empty()).map(|rule| rule.id).collect();
        assert_eq!(without, ["calendar-missing"], "it is about the book itself");
        for rule in RULES {
            let cited: Vec<String> = rule.basis.iter().map(|basis| basis.cited(Lang::Zh)).collect();
            for (place, name) in cited.iter().enumerate() {
                assert!(!cited[..place].contains(name), "{} cites {name} twice", rule.id);
            }
        }
    }

    #[test]
    fn penalties_belong_to_breaches() {
        for penalty in PENALTIES {
            assert_eq!(penalty.of.verified(), Verified::Read, "{}", penalty.breach.en);
            for id in penalty.rules {
                let rule = by_id(id).unwrap_or_else(|| panic!("{id}"));
                assert_eq!(rule.kind, crate::rules::finding::Kind::Breach, "{id}");
            }
        }
        assert_eq!(penalties("multiple-accounts").count(), 2);
        assert_eq!(penalties("calendar-missing").count(), 0);
    }
}
