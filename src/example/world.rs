//! Who there is: treasuries, offices, banks, accounts, payers; and what one payment is made of.

use super::calendar;
use super::rng::Rng;
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use std::sync::LazyLock;

#[derive(Debug)]
pub(super) struct Treasury {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) level: u8,
    pub(super) parent: &'static str,
}

pub(super) static TREASURIES: [Treasury; 5] = [
    Treasury { code: "2900000000", name: "国家金库岚东省分库", level: 2, parent: "" },
    Treasury {
        code: "2901000000", name: "国家金库云岫市中心支库", level: 3, parent: "2900000000"
    },
    Treasury { code: "2901210000", name: "国家金库青浦溪县支库", level: 4, parent: "2901000000" },
    Treasury { code: "2901220000", name: "国家金库白石桥县支库", level: 4, parent: "2901000000" },
    Treasury {
        code: "2901210100", name: "国家金库青浦溪县柳坝镇乡库", level: 5, parent: "2901210000"
    },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tax,
    Collector,
}

/// An issuer of slips: a tax office or an execution unit of the finance bureau.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) treasury: usize,
}

pub(super) static ISSUERS: [Issuer; 5] = [
    Issuer {
        code: "12901000100", name: "国家税务总局云岫市税务局", kind: Kind::Tax, treasury: 1
    },
    Issuer {
        code: "12901210100", name: "国家税务总局青浦溪县税务局", kind: Kind::Tax, treasury: 2
    },
    Issuer {
        code: "12901220100", name: "国家税务总局白石桥县税务局", kind: Kind::Tax, treasury: 3
    },
    Issuer {
        code: "290100401", name: "岚东省云岫市自然资源和规划局", kind: Kind::Collector, treasury: 0
    },
    Issuer {
        code: "290121402", name: "青浦溪县柳坝镇综合执法中心", kind: Kind::Collector, treasury: 4
    },
];

pub(super) const FINANCE_BUREAU: (&str, &str) = ("290100400", "云岫市财政局");

#[derive(Debug)]
pub(super) struct Bank {
    pub(super) short: &'static str,
    index: usize,
    /// The first eleven digits of its number; the twelfth is the check digit.
    stem: &'static str,
    pub(super) name: &'static str,
    pub(super) account_name: &'static str,
}

pub(super) static BANKS: [Bank; 4] = [
    Bank {
        short: "icbc",
        index: 0,
        stem: "10229010010",
        name: "中国工商银行云岫湖滨支行",
        account_name: "待报解预算收入",
    },
    Bank {
        short: "abc",
        index: 1,
        stem: "10329010023",
        name: "中国农业银行青浦溪县支行",
        account_name: "待结算财政款项-待报解预算收入专户(TIPS)",
    },
    Bank {
        short: "ccb",
        index: 2,
        stem: "10529010031",
        name: "中国建设银行云岫鼓楼支行",
        account_name: "待报解地方预算收入（电子）",
    },
    Bank {
        short: "rcb",
        index: 3,
        stem: "40229010047",
        name: "白石桥农村信用合作联社",
        account_name: "统一版财税库行待报解预算收入",
    },
];

static BANK_NUMBERS: LazyLock<[String; 4]> = LazyLock::new(|| {
    std::array::from_fn(|index| {
        let stem = BANKS[index].stem;
        format!("{stem}{}", bank_check_digit(stem))
    })
});

impl Bank {
    pub(super) fn number(&self) -> &'static str {
        &BANK_NUMBERS[self.index]
    }
}

/// ISO 7064 MOD 11,10.
pub(super) fn bank_check_digit(stem: &str) -> u32 {
    let product = stem.bytes().fold(10, |product, byte| {
        let sum = (product + u32::from(byte - b'0')) % 10;
        (2 * if sum == 0 { 10 } else { sum }) % 11
    });
    (11 - product) % 10
}

#[derive(Debug)]
pub(super) struct Subject {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// 2 local, 3 shared.
    pub(super) attribute: u8,
    pub(super) tax_type: &'static str,
}

/// Taxes first, then the non-tax revenue from [`FIRST_NON_TAX`] on, then from [`FIRST_RARE`] on taxes of few payers, which the
/// ordinary flow leaves out.
pub(super) static SUBJECTS: [Subject; 17] = [
    Subject { code: "1010101", name: "国内增值税", attribute: 3, tax_type: "01" },
    Subject { code: "1010401", name: "企业所得税（县属）", attribute: 3, tax_type: "04" },
    Subject { code: "1010601", name: "个人所得税（工资薪金）", attribute: 3, tax_type: "06" },
    Subject { code: "1010701", name: "资源税（地方）", attribute: 2, tax_type: "07" },
    Subject { code: "1010901", name: "城市维护建设税（企业）", attribute: 2, tax_type: "09" },
    Subject { code: "1011001", name: "房产税（企业）", attribute: 2, tax_type: "10" },
    Subject { code: "1011101", name: "印花税（一般）", attribute: 2, tax_type: "11" },
    Subject { code: "1011201", name: "城镇土地使用税（企业）", attribute: 2, tax_type: "12" },
    Subject { code: "1011301", name: "土地增值税（企业）", attribute: 2, tax_type: "13" },
    Subject { code: "1011401", name: "车船税（本级）", attribute: 2, tax_type: "14" },
    Subject { code: "1011901", name: "契税（本级）", attribute: 2, tax_type: "19" },
    Subject { code: "1030101", name: "非税收入（规费）", attribute: 2, tax_type: "" },
    Subject { code: "1030201", name: "非税收入（罚没）", attribute: 2, tax_type: "" },
    Subject { code: "1030301", name: "非税收入（资产有偿使用）", attribute: 2, tax_type: "" },
    Subject { code: "1011801", name: "耕地占用税（本级）", attribute: 2, tax_type: "18" },
    Subject { code: "1012001", name: "烟叶税（本级）", attribute: 2, tax_type: "20" },
    Subject { code: "1012101", name: "环境保护税（本级）", attribute: 2, tax_type: "21" },
];

pub(super) const FIRST_NON_TAX: usize = 11;
pub(super) const FIRST_RARE: usize = 14;

/// The level a subject is paid at when it is paid into a treasury: shared, or the treasury's own.
pub(super) fn level_of(subject: usize, treasury: usize) -> u8 {
    if SUBJECTS[subject].attribute == 3 { 0 } else { TREASURIES[treasury].level }
}

/// An account money is credited to. What the register does not know is in no reference table.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) number: String,
    pub(super) bank: usize,
    pub(super) holder_id: &'static str,
    pub(super) holder_name: &'static str,
    pub(super) holder_class: &'static str,
    pub(super) nature: &'static str,
    pub(super) permit: &'static str,
    pub(super) approval: &'static str,
    pub(super) registered: bool,
}

/// The mandated accounts come first: the account of bank `i` is account `i`.
pub(super) fn mandated_accounts() -> Vec<Account> {
    BANKS
        .iter()
        .enumerate()
        .map(|(bank, of)| Account {
            number: format!("{}00127100{bank}", of.stem),
            bank,
            holder_id: "",
            holder_name: of.account_name,
            holder_class: "bank",
            nature: "pending_receipts",
            permit: "",
            approval: "",
            registered: true,
        })
        .collect()
}

#[derive(Clone, Debug)]
pub(super) struct Payer {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) account: String,
    pub(super) bank: usize,
}

const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const CREDIT_WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// The check character of GB 32100-2015 over the first seventeen.
pub(super) fn credit_check(stem: &[u8]) -> char {
    let sum: usize = stem
        .iter()
        .zip(CREDIT_WEIGHTS)
        .map(|(byte, weight)| {
            let value = CREDIT_ALPHABET.iter().position(|known| known == byte);
            value.expect("stems are written in the credit code alphabet") * weight
        })
        .sum();
    char::from(CREDIT_ALPHABET[(31 - sum % 31) % 31])
}

const WORDS: [&str; 24] = [
    "恒泰", "云岫", "青禾", "白石", "瑞丰", "宏远", "金穗", "长河", "晨星", "同德", "松涛", "远山", "聚源",
    "明达", "安澜", "嘉禾", "锦程", "百川", "鼎新", "利民", "朝阳", "和顺", "春晖", "德润",
];
const TRADES: [&str; 12] = [
    "建材",
    "商贸",
    "食品加工",
    "机械制造",
    "物流",
    "农业科技",
    "置业",
    "纺织",
    "电子",
    "酒店管理",
    "矿业",
    "医药",
];

/// Payers with valid credit codes; every fortieth still has an old 15-digit number, and some names hold a
/// comma, so that cells are quoted.
pub(super) fn payers(rng: &mut Rng, count: usize) -> Vec<Payer> {
    (0..count)
        .map(|index| {
            let trade = TRADES[rng.index(TRADES.len())];
            let word = WORDS[rng.index(WORDS.len())];
            let other = WORDS[rng.index(WORDS.len())];
            let name = match index % 29 {
                7 => format!("{word}{other}{trade}有限公司,云岫分公司"),
                19 => format!("云岫{word}\"{other}\"{trade}店"),
                _ => format!("{word}{other}{trade}有限公司"),
            };
            let id = if index % 40 == 13 {
                format!("2901217{index:08}")
            } else {
                let stem = format!("91290121MA{:07}", rng.below(10_000_000));
                format!("{stem}{}", credit_check(stem.as_bytes()))
            };
            let bank = rng.index(BANKS.len());
            Payer { id, name, account: format!("{}{:08}", &BANKS[bank].stem[..8], 30_000_000 + index), bank }
        })
        .collect()
}

/// 税票 or 缴款书. Slip number 0 is blank.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slip {
    pub(super) number: u64,
    pub(super) issuer: usize,
    pub(super) treasury: usize,
    pub(super) payer: usize,
    pub(super) subject: usize,
    pub(super) level: u8,
    pub(super) fen: i64,
    pub(super) billed: NaiveDate,
    pub(super) due: Option<NaiveDate>,
}

/// What the bank says it received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receipt {
    pub(super) number: u64,
    pub(super) bank: usize,
    pub(super) treasury: usize,
    pub(super) payer: usize,
    pub(super) account: usize,
    pub(super) fen: i64,
    /// 受理, where that was not the moment the money was taken.
    pub(super) accepted: Option<NaiveDateTime>,
    pub(super) received: NaiveDateTime,
    pub(super) remitted: Option<NaiveDateTime>,
    pub(super) cash: bool,
    /// What the payer was charged for it, in fen, where the bank says.
    pub(super) fee: Option<i64>,
    pub(super) status: &'static str,
}

/// What the treasury says it booked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Booking {
    pub(super) number: u64,
    pub(super) treasury: usize,
    pub(super) issuer: usize,
    pub(super) subject: usize,
    pub(super) level: u8,
    pub(super) fen: i64,
    pub(super) booked: NaiveDate,
    /// 调整期标志: received in the year before.
    pub(super) adjusts: bool,
    pub(super) bank: usize,
    /// The remittance it came with; without one the batch is left blank.
    pub(super) remitted: Option<(usize, NaiveDateTime)>,
}

/// One payment: what each party says of it, and the day its file first says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payment {
    pub(super) slip: Option<(NaiveDate, Slip)>,
    pub(super) receipt: Option<(NaiveDate, Receipt)>,
    pub(super) booking: Option<(NaiveDate, Booking)>,
}

impl Slip {
    pub(super) fn paid(
        &self,
        bank: usize,
        received: NaiveDateTime,
        remitted: Option<NaiveDateTime>,
    ) -> Payment {
        let receipt = Receipt {
            number: self.number,
            bank,
            treasury: self.treasury,
            payer: self.payer,
            account: bank,
            fen: self.fen,
            accepted: None,
            received,
            remitted,
            cash: false,
            fee: None,
            status: "成功",
        };
        let booking = remitted.map(|at| {
            let booked = calendar::clearing_day(at);
            let booking = Booking {
                number: self.number,
                treasury: self.treasury,
                issuer: self.issuer,
                subject: self.subject,
                level: self.level,
                fen: self.fen,
                booked,
                adjusts: calendar::base_day(received).year() < booked.year(),
                bank,
                remitted: Some((self.treasury, at)),
            };
            (booked, booking)
        });
        Payment {
            receipt: Some((calendar::working_from(received.date()), receipt)),
            booking,
            ..self.unpaid()
        }
    }

    pub(super) fn unpaid(&self) -> Payment {
        Payment { slip: Some((calendar::working_from(self.billed), *self)), receipt: None, booking: None }
    }
}
