//! Accounts: the register 账户登记簿, its filing copy, and how accounts are used.

use crate::example::Expected;
use crate::example::calendar::next_working;
use crate::example::payouts::Mode;
use crate::example::publish::yuan;
use crate::example::record::Record;
use crate::example::registers::account;
use crate::example::story::{Story, at, finding};
use crate::example::world::{BANKS, FINANCE_BUREAU};

use super::budgets::{OWN, enrol};
use super::{ABC, CCB, ICBC, RCB, Trouble, of_finance, resolve};

pub(super) static TROUBLES: &[Trouble] =
    &[unfiled, several, too_early, expired, unapproved, not_empty, differing_copies];

/// The treasury's copy of the register, when every account stands in the register.
pub(super) static COPIES: &[Trouble] = &[filing_copy];

type Holder = (&'static str, &'static str);

/// Not in the treasury's copy.
const NOT_FILED: Holder = ("202001", "云岫市气象局");
/// Only in the treasury's copy.
const NOT_REGISTERED: Holder = ("201003", "云岫市地震局");
/// Under another name in the treasury's copy, and of another nature; and only written otherwise.
const OTHER_NAME: Holder = ("203001", "云岫市公共资源交易中心");
const OTHER_NATURE: Holder = ("204001", "云岫市机关事务服务中心");
const OTHER_WRITING: Holder = ("204002", "云岫市第一中学（湖滨校区）");

fn number(bank: usize, serial: u32) -> String {
    format!("{}7{serial:07}", &BANKS[bank].number()[..11])
}

/// An account that is opened with all it needs, and its number.
fn opened(bank: usize, serial: u32, holder: Holder, class: &str, nature: &str) -> (String, Record) {
    let number = number(bank, serial);
    let row = account(&number, BANKS[bank].number(), holder, class, nature)
        .with("permit_no", format!("J2901{serial:06}"))
        .with("finance_approval", format!("云财库〔2019〕{serial}号"));
    (number, row)
}

/// The lines of an account's statement: day, fen, and the balance they lead to.
fn statement(story: &mut Story, bank: usize, account: &str, lines: &[(usize, i64)]) {
    let mut balance = 0;
    for (serial, (index, fen)) in (1..).zip(lines) {
        balance += fen;
        let row = entry(story, bank, account, *index, (serial, *fen, balance));
        story.record(row);
    }
}

fn entry(story: &Story, bank: usize, account: &str, index: usize, line: (u32, i64, i64)) -> Record {
    let (day, (serial, fen, balance)) = (story.early(index), line);
    Record::new(day, "bank-statements", BANKS[bank].short)
        .with("account", account)
        .with("date", day)
        .with("time", at(day, 9 + serial, 20))
        .with("serial", format!("{serial:06}"))
        .with("direction", if fen < 0 { "借" } else { "贷" })
        .with("amount", yuan(fen.abs()))
        .with("balance", yuan(balance))
        .with("summary", if fen < 0 { "转支" } else { "转入" })
}

/// A real payout into an account.
fn pay_into(story: &mut Story, index: usize, bank: usize, account: &str, name: &str) -> String {
    let supplier = [0, 1, 2, 3][bank];
    let mut payout = story.payout(story.early(index), Mode::Real, 0, supplier, 15_900);
    payout.set("payee_account", account).set("payee_name", name);
    let voucher = payout.number();
    story.add_payout(payout);
    voucher
}

/// 未备案: not in finance's file, or not in the treasury's.
fn unfiled(story: &mut Story) {
    let holder = ("201001", "云岫市档案馆");
    let (of, row) = opened(ICBC, 1, holder, "unit", "general");
    let closed = story.early(20);
    story.table(row.with("filed_finance_on", "").with("closed_on", closed));
    let voucher = pay_into(story, 14, ICBC, &of, holder.1);
    let day = story.early(14);
    let found = of_finance(day, "unfiled-account", &of, "medium");
    story.expect(found.clone());
    story.tell(
        day,
        format!("凭证 {voucher} 付入档案馆账户 {of}，财政未建档。"),
        format!("Voucher {voucher} pays account {of}, of which finance keeps no file."),
    );
    let ended = next_working(closed);
    resolve(story, &found, ended);
    story.tell(ended, format!("账户 {of} 昨日销户。"), format!("Account {of} was closed yesterday."));

    let (of, row) = opened(ABC, 2, NOT_FILED, "unit", "general");
    story.table(row);
    statement(story, ABC, &of, &[(16, 3_400_000), (21, -1_250_000)]);
    let day = story.early(16);
    story.expect(of_finance(day, "unfiled-account", &of, "medium"));
    story.tell(
        day,
        format!("气象局账户 {of} 有收支，国库备案中没有。"),
        format!("Money moves on account {of}, which the treasury has not on file."),
    );

    let of = number(RCB, 4);
    statement(story, RCB, &of, &[(18, 2_700_000)]);
    let day = story.early(18);
    story.expect(of_finance(day, "unfiled-account", &of, "medium"));
    story.tell(
        day,
        format!("地震局账户 {of} 有收入，国库有备案，财政登记簿中没有。"),
        format!("Money comes into account {of}, which the treasury has on file and finance has not."),
    );

    let holder = ("201002", "云岫市图书馆");
    let (of, row) = opened(CCB, 3, holder, "unit", "general");
    story.table(row);
    let voucher = pay_into(story, 15, CCB, &of, holder.1);
    story.near_miss(
        story.early(15),
        format!("凭证 {voucher} 付入图书馆账户 {of}，财政、国库均有备案。"),
        format!("Voucher {voucher} pays account {of}, which both have on file."),
    );
}

/// 多头开户: two basic accounts, two zero-balance accounts, one kind of funds at two banks.
fn several(story: &mut Story) {
    let rule = "multiple-accounts";
    let (closed, second) = (story.early(9), story.early(5));
    let holder = ("205001", "云岫市博物馆");
    let (_, row) = opened(ICBC, 11, holder, "unit", "basic");
    story.table(row.with("closed_on", closed));
    let (_, row) = opened(CCB, 12, holder, "unit", "basic");
    story.table(row.with("opened_on", second));
    let found = finding(second, rule, holder.0, "unit", holder.0, "high");
    story.expect(found.clone());
    story.tell(
        second,
        "博物馆在建行又开立一个基本存款账户。",
        "A museum opens a second basic account at ccb.",
    );
    resolve(story, &found, next_working(closed));
    story.tell(
        next_working(closed),
        "博物馆在工行的基本存款账户昨日销户。",
        "The museum's account at icbc was closed yesterday.",
    );

    let holder = ("206001", "云岫市疾病预防控制中心");
    let day = story.early(13);
    let (_, row) = opened(ABC, 13, holder, "unit", "zero_balance");
    story.table(row);
    let (_, row) = opened(RCB, 14, holder, "unit", "zero_balance");
    story.table(row.with("opened_on", day));
    story.expect(finding(day, rule, holder.0, "unit", holder.0, "medium"));
    story.tell(
        day,
        "疾控中心开立第二个零余额账户。",
        "A second zero-balance account is opened for one unit.",
    );

    let holder = ("206002", "云岫市妇幼保健院");
    let day = story.early(11);
    let (_, row) = opened(ABC, 15, holder, "unit", "special");
    story.table(row.with("fund_nature", "基建资金"));
    let (_, row) = opened(ICBC, 16, holder, "unit", "general");
    story.table(row.with("fund_nature", "基建资金").with("opened_on", day));
    story.expect(finding(day, rule, holder.0, "unit", holder.0, "lead"));
    story.tell(
        day,
        "妇幼保健院的基建资金在两家银行都有账户。",
        "One unit has accounts for its building funds at two banks.",
    );

    let holder = ("206003", "云岫市科技馆");
    let day = story.early(12);
    let (_, row) = opened(ICBC, 17, holder, "unit", "basic");
    story.table(row.with("closed_on", story.early(11)));
    let (_, row) = opened(RCB, 18, holder, "unit", "basic");
    story.table(row.with("opened_on", day));
    story.near_miss(
        day,
        "科技馆昨日注销工行基本户，今日在信用联社开立基本户。",
        "A unit closed its basic account yesterday and opens another today.",
    );
}

/// 未满三个工作日付款: by the statement, and by a payment of the agent bank.
fn too_early(story: &mut Story) {
    let rule = "account-early-use";
    for (serial, holder, paid, is_hit) in
        [(21, ("207001", "云岫市青少年宫"), 15, true), (22, ("207002", "云岫市少年儿童图书馆"), 16, false)]
    {
        let (of, row) = opened(ABC, serial, holder, "unit", "basic");
        let opening = story.early(13);
        story.table(row.with("opened_on", opening));
        statement(story, ABC, &of, &[(13, 5_000_000), (paid, -1_800_000)]);
        let day = story.early(paid);
        if is_hit {
            story.expect(Expected {
                amount: Some(1_800_000),
                ..finding(day, rule, &of, "unit", holder.0, "medium")
            });
            story.tell(
                day,
                format!("{}的基本户 {of} 于 {opening} 开立，今日已付款。", holder.1),
                format!("Account {of}, opened on {opening}, pays today."),
            );
        } else {
            story.near_miss(
                day,
                format!("{}的基本户 {of} 于 {opening} 开立，满三个工作日才付款。", holder.1),
                format!("Account {of}, opened on {opening}, pays on the third working day after."),
            );
        }
    }
    let unit = &OWN[15];
    enrol(story, unit, 1_000_000);
    let of = unit.account();
    let opening = story.early(20);
    let rows = &mut story.world.tables;
    let row = rows.iter_mut().find(|row| row.id == "accounts" && row.get("account") == of);
    row.expect("just enrolled").set("opened_on", opening);
    let payout = story.payout_of(story.early(21), Mode::Authorised, unit, 3, 9_300);
    let (day, fen) = (payout.voucher.day, payout.fen());
    story.add_payout(payout);
    story.expect(Expected { amount: Some(fen), ..finding(day, rule, &of, "unit", unit.code, "medium") });
    story.tell(
        day,
        format!("司法局的零余额账户 {of} 昨日开立，今日已付款。"),
        format!("Zero-balance account {of}, opened yesterday, pays today."),
    );
}

/// 临时账户超期: past its stated day, or past two years.
fn expired(story: &mut Story) {
    let rule = "account-expired";
    let holder = ("209001", "云岫市防汛抗旱指挥部");
    let (of, row) = opened(ICBC, 31, holder, "unit", "temporary");
    let (ends, closed) = (story.early(12), story.early(18));
    story.table(row.with("opened_on", "2025-01-06").with("expires_on", ends).with("closed_on", closed));
    let in_time = pay_into(story, 12, ICBC, &of, holder.1);
    story.near_miss(
        ends,
        format!("凭证 {in_time} 付入临时账户 {of}，今日是其有效期最后一天。"),
        format!("Voucher {in_time} pays temporary account {of} on its last day."),
    );
    let voucher = pay_into(story, 15, ICBC, &of, holder.1);
    let day = story.early(15);
    let found = finding(day, rule, &of, "unit", holder.0, "medium");
    story.expect(found.clone());
    story.tell(
        day,
        format!("凭证 {voucher} 付入临时账户 {of}，其有效期至 {ends}。"),
        format!("Voucher {voucher} pays temporary account {of}, which was valid until {ends}."),
    );
    resolve(story, &found, next_working(closed));
    story.tell(
        next_working(closed),
        format!("临时账户 {of} 昨日销户。"),
        format!("Temporary account {of} was closed yesterday."),
    );

    let holder = ("209002", "云岫市第三次土地调查办公室");
    let (of, row) = opened(CCB, 32, holder, "unit", "temporary");
    story.table(row.with("opened_on", "2024-01-05"));
    statement(story, CCB, &of, &[(9, 2_600_000), (10, 3_100), (14, -900_000)]);
    let day = story.early(14);
    story.expect(finding(day, rule, &of, "unit", holder.0, "medium"));
    story.tell(
        day,
        format!("临时账户 {of} 1 月 5 日满两年，今日仍付款。"),
        format!("Temporary account {of} was two years old on 5 January and still pays."),
    );
    story.near_miss(
        story.early(10),
        format!("临时账户 {of} 期满后入账利息，不是使用。"),
        format!("Interest is credited to temporary account {of} after its term: nobody uses it."),
    );
}

/// 未经批准的财政专户, registered as one or named like one.
fn unapproved(story: &mut Story) {
    let rule = "special-account-unapproved";
    let holder = (FINANCE_BUREAU.0, "云岫市财政局社保专户");
    let (of, row) = opened(ABC, 41, holder, "finance", "fiscal_special");
    story.table(row.with("permit_no", "").with("finance_approval", ""));
    let voucher = pay_into(story, 17, ABC, &of, holder.1);
    let day = story.early(17);
    story.expect(of_finance(day, rule, &of, "high"));
    story.expect(of_finance(day, "unlicensed-account", &of, "critical"));
    story.tell(
        day,
        format!("凭证 {voucher} 拨入社保专户 {of}，登记簿无核准号、无财政批准文号。"),
        format!("Voucher {voucher} pays fiscal special account {of}, which nobody has approved."),
    );
    let holder = ("211001", "青浦溪县柳坝镇财政所");
    let (of, row) = opened(RCB, 42, holder, "finance", "basic");
    let closed = story.early(22);
    story.table(row.with("closed_on", closed));
    let voucher = pay_into(story, 19, RCB, &of, holder.1);
    let day = story.early(19);
    let found = of_finance(day, rule, &of, "high");
    story.expect(found.clone());
    story.tell(
        day,
        format!("凭证 {voucher} 拨入镇财政所基本户 {of}，不在批准的财政专户之列。"),
        format!(
            "Voucher {voucher} pays account {of} of a township's finance office, no approved special account."
        ),
    );
    resolve(story, &found, next_working(closed));
    story.tell(
        next_working(closed),
        format!("镇财政所基本户 {of} 昨日销户。"),
        format!("Account {of} of the finance office was closed yesterday."),
    );
    let (of, row) = opened(ICBC, 44, ("", "云岫财政票据印务有限公司"), "enterprise", "basic");
    story.table(row);
    let voucher = pay_into(story, 20, ICBC, &of, "云岫财政票据印务有限公司");
    story.near_miss(
        story.early(20),
        format!("凭证 {voucher} 付给一家企业，其名称含“财政”，登记簿上是企业。"),
        format!("Voucher {voucher} pays an enterprise whose name has 财政 in it."),
    );
    let holder = (FINANCE_BUREAU.0, "云岫市财政局非税专户");
    let (of, row) = opened(CCB, 43, holder, "finance", "fiscal_special");
    story.table(row);
    let voucher = pay_into(story, 18, CCB, &of, holder.1);
    story.near_miss(
        story.early(18),
        format!("凭证 {voucher} 拨入财政专户 {of}，经批准。"),
        format!("Voucher {voucher} pays fiscal special account {of}, which is approved."),
    );
}

/// 零余额账户日终有余额, one of them until a late row comes.
fn not_empty(story: &mut Story) {
    let rule = "zero-balance-eod";
    let holder = ("210001", "云岫市农业科学研究所");
    let (of, row) = opened(RCB, 51, holder, "unit", "zero_balance");
    story.table(row);
    statement(story, RCB, &of, &[(15, 10_000_000), (15, -6_000_000), (16, -4_000_000)]);
    let day = story.early(15);
    let key = format!("{of}/{day}");
    story.expect(Expected {
        difference: Some(4_000_000),
        ..finding(day, rule, key, "bank", BANKS[RCB].number(), "high")
    });
    story.tell(
        day,
        format!("农科所零余额账户 {of} 日终余额 40000.00 元。"),
        format!("Zero-balance account {of} ends the day with 40000.00 yuan."),
    );
    story.near_miss(
        story.early(16),
        format!("零余额账户 {of} 今日付清，日终为零。"),
        format!("Zero-balance account {of} pays the rest and is empty in the evening."),
    );

    let holder = ("210002", "云岫市水文站");
    let (of, row) = opened(CCB, 52, holder, "unit", "zero_balance");
    story.table(row);
    let (day, cured) = (story.early(19), story.early(20));
    let paid = entry(story, CCB, &of, 19, (1, -730_000, -730_000));
    let cleared = entry(story, CCB, &of, 19, (2, 730_000, 0));
    story.record(paid);
    story.record(cleared.on(cured));
    let found = Expected {
        difference: Some(-730_000),
        ..finding(day, rule, format!("{of}/{day}"), "bank", BANKS[CCB].number(), "high")
    };
    story.expect(found.clone());
    story.expect(Expected { day: cured, status: "resolved", difference: None, ..found });
    story.tell(
        day,
        format!("水文站零余额账户 {of} 付款 7300.00 元，当日未见清算。"),
        format!("Zero-balance account {of} pays 7300.00 yuan, and no clearing is seen that day."),
    );
    story.tell(
        cured,
        format!("建行补报账户 {of} 昨日的清算。"),
        format!("ccb delivers yesterday's clearing of account {of}."),
    );
}

/// Accounts the treasury's copy states otherwise. That both copies are there is seen on the first day.
fn differing_copies(story: &mut Story) {
    let day = story.early(0);
    for (serial, holder, zh, en) in [
        (61, OTHER_NAME, "户名与国库备案不同", "has another name in the treasury's copy"),
        (62, OTHER_NATURE, "账户性质与国库备案不同", "is of another nature in the treasury's copy"),
        (63, OTHER_WRITING, "只是括号宽窄不同", "is written with other brackets alone"),
    ] {
        let (of, row) = opened(ICBC, serial, holder, "unit", "basic");
        story.table(row);
        let (zh, en) = (format!("{}的账户 {of} {zh}。", holder.1), format!("Account {of} {en}."));
        if holder == OTHER_WRITING {
            story.near_miss(day, zh, en);
        } else {
            story.expect(finding(day, "account-register-conflict", &of, "undetermined", "", "medium"));
            story.tell(day, zh, en);
        }
    }
}

fn filing_copy(story: &mut Story) {
    for mut row in story.world.register() {
        row.id = "accounts-treasury";
        match row.get("holder_id") {
            of if of == NOT_FILED.0 => continue,
            of if of == OTHER_NAME.0 => row.set("holder_name", "云岫市公共资源交易服务中心"),
            of if of == OTHER_NATURE.0 => row.set("nature", "special"),
            of if of == OTHER_WRITING.0 => row.set("holder_name", "云岫市第一中学 (湖滨校区)"),
            _ => &mut row,
        };
        story.table(row);
    }
    let (_, mut row) = opened(RCB, 4, NOT_REGISTERED, "unit", "general");
    row.id = "accounts-treasury";
    story.table(row);
}
