//! Units, suppliers and the reference tables of a book that is in order.

use super::calendar::{date, next_working};
use super::record::Record;
use super::world::{BANKS, FINANCE_BUREAU, ISSUERS, Kind, SUBJECTS, TREASURIES};
use chrono::{Datelike, NaiveDate};

/// A budget unit 预算单位 and what it spends on.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// The agent bank of its zero-balance account.
    pub(super) bank: usize,
    pub(super) subject: &'static str,
    pub(super) subject_name: &'static str,
    pub(super) project: &'static str,
}

pub(super) static UNITS: [Unit; 4] = [
    Unit {
        code: "101001",
        name: "云岫市教育局",
        bank: 0,
        subject: "2050201",
        subject_name: "学前教育",
        project: "",
    },
    Unit {
        code: "102001",
        name: "云岫市卫生健康委员会",
        bank: 1,
        subject: "2100101",
        subject_name: "行政运行",
        project: "WJ01",
    },
    Unit {
        code: "103001",
        name: "云岫市交通运输局",
        bank: 2,
        subject: "2140104",
        subject_name: "公路建设",
        project: "JT07",
    },
    Unit {
        code: "104001",
        name: "云岫市水利局",
        bank: 3,
        subject: "2130305",
        subject_name: "水利工程建设",
        project: "",
    },
];

impl Unit {
    /// Its zero-balance account 零余额账户.
    pub(super) fn account(&self) -> String {
        format!("{}1008{}", &BANKS[self.bank].number()[..11], self.code)
    }
}

/// Whom units buy from.
#[derive(Debug)]
pub(super) struct Supplier {
    pub(super) name: &'static str,
    pub(super) bank: usize,
    serial: u32,
}

pub(super) static SUPPLIERS: [Supplier; 8] = [
    Supplier { name: "云岫宏图文教用品有限公司", bank: 0, serial: 11 },
    Supplier { name: "岚东仁济医疗器械有限公司", bank: 1, serial: 12 },
    Supplier { name: "岚东路桥集团第二工程公司", bank: 2, serial: 13 },
    Supplier { name: "云岫清源水务设备有限公司", bank: 3, serial: 14 },
    Supplier { name: "青浦溪绿野园林有限公司", bank: 1, serial: 15 },
    Supplier { name: "云岫数联信息技术有限公司", bank: 0, serial: 16 },
    Supplier { name: "白石桥安固建筑有限公司", bank: 3, serial: 17 },
    Supplier { name: "云岫城市后勤服务有限公司", bank: 2, serial: 18 },
];

impl Supplier {
    pub(super) fn account(&self) -> String {
        format!("{}5{:07}", &BANKS[self.bank].number()[..11], self.serial)
    }
}

/// The treasury all payouts are drawn on, the city's.
pub(super) const PAYING: usize = 1;

/// The treasury's account that real payouts are drawn on.
pub(super) fn treasury_account(treasury: usize) -> String {
    format!("{}00271001", TREASURIES[treasury].code)
}

/// The account of finance that direct payments 直接支付 are drawn on, one at each agent bank.
pub(super) fn finance_account(bank: usize) -> String {
    format!("{}1009290100", &BANKS[bank].number()[..11])
}

/// The tax office's account for tax on its way 待缴库税款, at its treasury.
pub(super) fn pending_account(issuer: usize) -> String {
    format!("{}00278001", TREASURIES[ISSUERS[issuer].treasury].code)
}

/// An account of the register 账户登记簿 in good order.
pub(super) fn account(number: &str, bank: &str, holder: (&str, &str), class: &str, nature: &str) -> Record {
    Record::of_table("accounts")
        .with("account", number)
        .with("bank", bank)
        .with("holder_id", holder.0)
        .with("holder_name", holder.1)
        .with("holder_class", class)
        .with("nature", nature)
        .with("opened_on", "2019-08-01")
        .with("status", "active")
        .with("filed_finance_on", "2019-08-05")
        .with("filed_treasury_on", "2019-08-05")
}

/// Every table of a book whose runs are on these days.
/// The reference tables for books of so many slips a day.
pub(super) fn tables(days: &[NaiveDate], slips: u32) -> Vec<Record> {
    let Some((first, last)) = days.first().copied().zip(days.last().copied()) else { return Vec::new() };
    let mut rows = Vec::new();
    institutions(&mut rows);
    subjects(&mut rows);
    accounts(&mut rows);
    for year in first.year() - 1..=last.year() {
        budget(&mut rows, year, 1 + slips / 1_000);
    }
    attestations(&mut rows, first, last);
    rows.push(forms("ZB00000001", "ZB00999999"));
    rows.push(
        Record::of_table("bonds")
            .with("issue", "2020-凭1")
            .with("certificate_from", "GZ00000001")
            .with("certificate_to", "GZ00200000")
            .with("principal", "1000.00")
            .with("rate", "3.50")
            .with("issued_on", "2020-03-10")
            .with("matures_on", "2025-03-10")
            .with("total", "200000000.00"),
    );
    rows
}

/// Forms 重要空白凭证 issued to the finance bureau, and signed for.
pub(super) fn forms(from: &str, to: &str) -> Record {
    Record::of_table("voucher-stock")
        .with("form_type", "支付凭证")
        .with("from", from)
        .with("to", to)
        .with("issued_to", FINANCE_BUREAU.0)
        .with("issued_on", "2019-08-05")
        .with("signed_by", "周文")
        .with("state", "issued")
}

fn institutions(rows: &mut Vec<Record>) {
    for treasury in &TREASURIES {
        let agent = if treasury.level == 5 { "true" } else { "false" };
        rows.push(
            Record::of_table("treasuries")
                .with("code", treasury.code)
                .with("name", treasury.name)
                .with("level", treasury.level)
                .with("agent", agent)
                .with("parent", treasury.parent),
        );
    }
    let institution = |code: &str, name: &str, kind: &str, treasury: &str, parent: &str| {
        Record::of_table("institutions")
            .with("code", code)
            .with("name", name)
            .with("kind", kind)
            .with("treasury", treasury)
            .with("parent", parent)
    };
    for issuer in &ISSUERS {
        let (kind, parent) = match issuer.kind {
            Kind::Tax => ("tax_org", ""),
            Kind::Collector => ("collector", FINANCE_BUREAU.0),
        };
        let treasury = TREASURIES[issuer.treasury].code;
        rows.push(institution(issuer.code, issuer.name, kind, treasury, parent));
    }
    let (code, name) = FINANCE_BUREAU;
    rows.push(institution(code, name, "finance", TREASURIES[PAYING].code, ""));
    for bank in &BANKS {
        rows.push(institution(bank.number(), bank.name, "bank", "", ""));
    }
}

/// The subject beside one, of the same tax, for what was first put under the wrong one of the two.
pub(super) fn sibling(subject: usize) -> String {
    format!("{}99", &SUBJECTS[subject].code[..5])
}

fn subjects(rows: &mut Vec<Record>) {
    let mut subject = |code: &str, name: &str, class: &str| {
        rows.push(
            Record::of_table("subjects")
                .with("code", code)
                .with("name", name)
                .with("class", class)
                .with("enterable", class != "income" || code.len() == 7),
        );
    };
    for (code, name) in [
        ("101", "税收收入"),
        ("10101", "增值税"),
        ("10104", "企业所得税"),
        ("10106", "个人所得税"),
        ("10107", "资源税"),
        ("10109", "城市维护建设税"),
        ("10110", "房产税"),
        ("10111", "印花税"),
        ("10112", "城镇土地使用税"),
        ("10113", "土地增值税"),
        ("10114", "车船税"),
        ("10118", "耕地占用税"),
        ("10119", "契税"),
        ("10120", "烟叶税"),
        ("10121", "环境保护税"),
        ("103", "非税收入"),
        ("10301", "政府性基金收入"),
        ("10302", "专项收入"),
        ("10303", "国有资源（资产）有偿使用收入"),
    ] {
        subject(code, name, "income");
    }
    for unit in &UNITS {
        subject(unit.subject, unit.subject_name, "function");
    }
    let mut known = std::collections::BTreeSet::new();
    for (index, subject) in SUBJECTS.iter().enumerate() {
        let mut add = |code: &str, name: &str| {
            rows.push(
                Record::of_table("subjects")
                    .with("code", code)
                    .with("name", name)
                    .with("class", "income")
                    .with("attribute", subject.attribute)
                    .with("enterable", "true")
                    .with("tax_type", subject.tax_type),
            );
        };
        add(subject.code, subject.name);
        let sibling = sibling(index);
        if known.insert(sibling.clone()) {
            add(&sibling, &format!("{}（其他）", subject.name));
        }
    }
}

fn accounts(rows: &mut Vec<Record>) {
    for supplier in &SUPPLIERS {
        let bank = BANKS[supplier.bank].number();
        rows.push(account(&supplier.account(), bank, ("", supplier.name), "enterprise", "basic"));
    }
    for unit in &UNITS {
        let of = account(
            &unit.account(),
            BANKS[unit.bank].number(),
            (unit.code, unit.name),
            "unit",
            "zero_balance",
        );
        rows.push(of.with("permit_no", "J2901").with("finance_approval", "云财库〔2019〕18号"));
    }
    for (bank, known) in BANKS.iter().enumerate() {
        let of = account(&finance_account(bank), known.number(), FINANCE_BUREAU, "finance", "zero_balance");
        rows.push(of.with("permit_no", "J2901").with("finance_approval", "云财库〔2019〕18号"));
    }
    for (issuer, known) in ISSUERS.iter().enumerate().filter(|(_, known)| known.kind == Kind::Tax) {
        let of = account(&pending_account(issuer), "", (known.code, known.name), "tax_org", "pending_tax");
        rows.push(of.with("finance_approval", "云财库〔2019〕3号"));
    }
}

/// A year's budget, plan and quotas: more than what is spent, in millions so many times as large.
fn budget(rows: &mut Vec<Record>, year: i32, times: u32) {
    let yuan = |millions: u32| format!("{}000000.00", millions * times);
    for unit in &UNITS {
        let line = |id: &'static str| {
            Record::of_table(id).with("year", year).with("unit", unit.code).with("subject", unit.subject)
        };
        rows.push(
            line("budget")
                .with("project", unit.project)
                .with("amount", yuan(60))
                .with("approved_on", date(year - 1, 12, 26))
                .with("received_on", date(year - 1, 12, 29))
                .with("doc_ref", format!("云财预〔{year}〕1号")),
        );
        for month in [1, 4, 7, 10] {
            rows.push(line("plan").with("month", month).with("amount", yuan(15 * (month / 3 + 1))));
        }
        for mode in ["11", "12"] {
            rows.push(line("quota").with("pay_mode", mode).with("amount", yuan(30)));
        }
    }
}

/// What the parties sign: every month, quarter and year, in time.
fn attestations(rows: &mut Vec<Record>, first: NaiveDate, last: NaiveDate) {
    let mut month = first.with_day(1).expect("every month has a first day");
    while month <= last {
        let after = month
            .checked_add_months(chrono::Months::new(1))
            .expect("books end long before the calendar does");
        let signed = next_working(after);
        let mut sign = |kind: &str, period: &str, party: &str| {
            rows.push(
                Record::of_table("attestations")
                    .with("kind", kind)
                    .with("period", period)
                    .with("party", party)
                    .with("signed_on", signed),
            );
        };
        for party in ["finance", "tax", "treasury", "bank"] {
            sign("signoff", &month.format("%Y-%m").to_string(), party);
        }
        if month.month().is_multiple_of(3) {
            sign("onsite", &format!("{}Q{}", month.year(), month.month() / 3), "treasury");
        }
        if month.month() == 12 {
            for kind in ["inspection", "meeting"] {
                sign(kind, &month.year().to_string(), "treasury");
            }
        }
        month = after;
    }
}

/// What a certificate of the register's issue pays at its end, in fen.
pub(super) const BOND_INTEREST: i64 = 17_510;

/// The certificates a bank redeems on a day.
pub(super) fn redemptions(days: &[NaiveDate]) -> Vec<Record> {
    let mut rows = Vec::new();
    let mut certificate = 0;
    for (turn, day) in days.iter().enumerate() {
        let bank = &BANKS[turn % BANKS.len()];
        for _ in 0..2 {
            certificate += 1;
            rows.push(
                Record::new(*day, "bond-redemptions", bank.short)
                    .with("certificate_no", format!("GZ{certificate:08}"))
                    .with("issue", "2020-凭1")
                    .with("bank", bank.number())
                    .with("principal", "1000.00")
                    .with("interest", super::publish::yuan(BOND_INTEREST))
                    .with("redeemed_on", day)
                    .with("early", "false"),
            );
        }
    }
    rows
}
