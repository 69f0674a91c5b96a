//! Payouts of treasury money: what treasury and banks make of a voucher.

use chrono::NaiveDate;

use crate::example::Expected;
use crate::example::calendar::{after, date, lag, next_working};
use crate::example::payouts::Mode;
use crate::example::publish::yuan;
use crate::example::registers::{SUPPLIERS, UNITS, account, treasury_account};
use crate::example::story::{Story, finding};
use crate::example::world::{BANKS, FINANCE_BUREAU, ISSUERS, TREASURIES};

use super::{Trouble, add_returned, of_finance, redeliver, resolve};

pub(super) static TROUBLES: &[Trouble] = &[
    large_without_document,
    booked_otherwise,
    paid_to_another,
    booked_late,
    paid_late,
    in_cash,
    twice,
    returned,
    cleared_late,
    to_itself,
    to_a_collector,
    unusual,
    split,
];

/// The city's treasury, on which all payouts are drawn.
const CITY: &str = TREASURIES[1].code;

/// 大额无依据: two million and no document; just below it, or with one, nothing is wrong.
fn large_without_document(story: &mut Story) {
    for (index, unit, yuan, document, is_hit) in [
        (13, 0, 2_000_000, false, true),
        (15, 1, 3_150_000, false, true),
        (16, 2, 1_999_998, false, false),
        (17, 3, 2_600_000, true, false),
    ] {
        let day = story.early(index);
        let mut payout = story.payout(day, Mode::Real, unit, unit, yuan);
        if !document {
            payout.voucher.set("doc_ref", "");
        }
        let number = payout.voucher.get("voucher_no").to_owned();
        story.add_payout(payout);
        if is_hit {
            let rule = "large-disbursement-undocumented";
            story.expect(finding(day, rule, &number, "finance", FINANCE_BUREAU.0, "high"));
            story.tell(
                day,
                format!("支付凭证 {number} 拨款 {yuan} 元，未附文件依据。"),
                format!("Voucher {number} pays {yuan} yuan without a document."),
            );
        } else {
            story.near_miss(
                day,
                format!("支付凭证 {number} 金额未达大额标准或附有文件。"),
                format!("Voucher {number} is below what is large, or names its document."),
            );
        }
    }
}

/// 支拨与凭证不一致: the treasury books another amount or subject; or finance's voucher is the odd one.
fn booked_otherwise(story: &mut Story) {
    let rule = "disbursement-mismatch";
    let mut payout = story.payout(story.early(14), Mode::Real, 0, 0, 18_600);
    let (number, fen) = (payout.number(), payout.fen());
    payout.booking().set("amount", yuan(fen + 10_000));
    let day = payout.voucher.day;
    story.expect(Expected {
        difference: Some(10_000),
        ..finding(day, rule, &number, "treasury", CITY, "high")
    });
    story.tell(
        day,
        format!("支付凭证 {number} 应拨 {} 元，国库多记 100.00 元。", yuan(fen)),
        format!("Voucher {number} is for {} yuan; the treasury books 100.00 more.", yuan(fen)),
    );
    story.add_payout(payout);

    let mut payout = story.payout(story.early(15), Mode::Direct, 2, 5, 7_400);
    let (number, fen, day) = (payout.number(), payout.fen(), payout.voucher.day);
    let right = payout.voucher.clone().with("amount", yuan(fen - 5_000));
    payout.set("amount", yuan(fen - 5_000));
    payout.voucher.set("amount", yuan(fen));
    let of = Expected { difference: Some(5_000), ..of_finance(day, rule, &number, "high") };
    story.expect(of.clone());
    story.tell(
        day,
        format!("支付凭证 {number} 写 {} 元，国库与代理银行都付 {} 元。", yuan(fen), yuan(fen - 5_000)),
        format!("Voucher {number} says {} yuan; treasury and bank both pay 50.00 less.", yuan(fen)),
    );
    story.add_payout(payout);
    let cured = story.early(18);
    story.expect(Expected { day: cured, status: "resolved", difference: None, ..of });
    redeliver(story, cured, &right, "finance", "");
    story.tell(
        cured,
        format!("财政重报支付凭证 {number}，金额改为实付数。"),
        format!("Finance delivers voucher {number} again with the amount that was paid."),
    );

    let mut payout = story.payout(story.early(16), Mode::Real, 1, 1, 9_100);
    let (number, day) = (payout.number(), payout.voucher.day);
    payout.booking().set("subject", UNITS[2].subject);
    story.expect(finding(day, rule, &number, "treasury", CITY, "high"));
    story.tell(
        day,
        format!("支付凭证 {number} 列卫生科目，国库记入公路建设。"),
        format!("Voucher {number} is charged to health; the treasury books road building."),
    );
    story.add_payout(payout);

    let mut payout = story.payout(story.early(17), Mode::Real, 3, 3, 8_300);
    let (number, day) = (payout.number(), payout.voucher.day);
    payout.booking().set("payee_name", "").set("subject", "");
    story.add_payout(payout);
    story.near_miss(
        day,
        format!("支付凭证 {number} 的国库记录未填收款人名称和科目，账号与金额相符。"),
        format!(
            "The booking of voucher {number} leaves payee name and subject empty; what it states agrees."
        ),
    );
}

/// 收款人不一致: the bank pays another account, or another name.
fn paid_to_another(story: &mut Story) {
    let rule = "payee-mismatch";
    let mut payout = story.payout(story.early(13), Mode::Real, 0, 0, 14_500);
    let (number, day, bank) = (payout.number(), payout.voucher.day, BANKS[SUPPLIERS[0].bank].number());
    let right = payout.payment().clone();
    payout.payment().set("payee_account", SUPPLIERS[5].account());
    let of = finding(day, rule, &number, "bank", bank, "high");
    story.expect(of.clone());
    story.tell(
        day,
        format!("工行将支付凭证 {number} 的款项付入另一家公司的账户。"),
        format!("icbc pays voucher {number} into another company's account."),
    );
    story.add_payout(payout);
    let cured = story.early(16);
    resolve(story, &of, cured);
    redeliver(story, cured, &right, "bank", bank);
    story.tell(
        cured,
        format!("工行更正支付凭证 {number} 的收款账号后重报。"),
        format!("icbc puts the account of voucher {number} right and delivers it again."),
    );

    let mut payout = story.payout(story.early(15), Mode::Direct, 1, 4, 22_700);
    let (number, day, bank) = (payout.number(), payout.voucher.day, BANKS[UNITS[1].bank].number());
    payout.payment().set("payee_name", "青浦溪绿源园艺有限公司");
    story.expect(finding(day, rule, &number, "bank", bank, "high"));
    story.tell(
        day,
        format!("农行付支付凭证 {number} 时，账号相同而户名不同。"),
        format!("abc pays voucher {number} to the right account under another name."),
    );
    story.add_payout(payout);

    let mut payout = story.payout(story.early(14), Mode::Real, 3, 6, 6_200);
    let (number, day) = (payout.number(), payout.voucher.day);
    payout.payment().set("payee_name", "");
    story.add_payout(payout);
    story.near_miss(
        day,
        format!("支付凭证 {number} 银行未填户名，账号相符。"),
        format!("The bank leaves the name of voucher {number} empty; the account agrees."),
    );
}

/// A party that answers later than the next working day is missing until it does.
fn missing_until(
    story: &mut Story,
    rule: &'static str,
    number: &str,
    party: &'static str,
    (day, answered): (NaiveDate, NaiveDate),
) {
    let first = after(day, 2);
    if first < answered {
        let of = finding(first, rule, number, party, "", "high");
        story.expect_daily(first, Some(answered), &of, None);
    }
}

/// 支拨迟延: accepted on one day and paid on a later one.
fn booked_late(story: &mut Story) {
    // What is three days late was missing on the day before.
    for (index, booked, unit) in [(13, 14, 1), (19, 21, 2), (23, 26, 0)] {
        let (day, booked) = (story.early(index), story.early(booked));
        let mut payout = story.payout(day, Mode::Real, unit, 7, 11_300).paid_on(booked);
        let (number, fen) = (payout.number(), payout.fen());
        *payout.booking() = payout.booking().on(booked).with("booked_on", booked);
        story.add_payout(payout);
        missing_until(story, "missing-in-treasury", &number, "treasury", (day, booked));
        story.expect(Expected {
            status: "resolved",
            amount: Some(fen),
            days_late: Some(lag(day, booked)),
            ..finding(booked, "disbursement-late", &number, "treasury", CITY, "high")
        });
        story.tell(
            booked,
            format!("国库 {day} 受理的支付凭证 {number} 今日才支拨。"),
            format!("The treasury pays voucher {number}, accepted on {day}, only today."),
        );
    }
    // A township's agent treasury has until the next working day.
    let (day, booked) = (story.early(20), story.early(21));
    let mut payout = story.payout(day, Mode::Real, 3, 3, 5_100).paid_on(booked);
    let number = payout.number();
    payout.set("treasury", TREASURIES[4].code);
    *payout.booking() = payout.booking().on(booked).with("booked_on", booked);
    payout.voucher.set("payer_account", treasury_account(4));
    payout.payment().set("payer_account", treasury_account(4));
    story.add_payout(payout);
    story.near_miss(
        booked,
        format!("柳坝镇乡库是代理国库，次一工作日支拨凭证 {number} 不为迟。"),
        format!("The township's treasury is an agent: voucher {number} may wait for the next working day."),
    );
    // Accepted on a Saturday off.
    let (dated, accepted, day) = (story.early(28), date(2026, 1, 31), story.early(29));
    let mut payout = story.payout(day, Mode::Real, 0, 1, 6_900);
    let number = payout.number();
    payout.voucher.set("voucher_date", dated).set("delivered_on", accepted);
    payout.booking().set("accepted_on", accepted);
    story.add_payout(payout);
    story.near_miss(
        day,
        format!("支付凭证 {number} 星期六受理，星期一支拨。"),
        format!("Voucher {number} is accepted on a Saturday and paid on Monday."),
    );
}

/// 银行压付: the treasury has paid, the bank credits it two or three working days later.
fn paid_late(story: &mut Story) {
    for (index, paid, supplier, is_hit) in
        [(13, 15, 2, true), (18, 20, 3, true), (24, 27, 5, true), (23, 24, 1, false)]
    {
        let (day, paid) = (story.early(index), story.early(paid));
        let payout = story.payout(day, Mode::Real, supplier % 4, supplier, 17_800).paid_on(paid);
        let (number, fen) = (payout.number(), payout.fen());
        let bank = &BANKS[SUPPLIERS[supplier].bank];
        story.add_payout(payout);
        if is_hit {
            missing_until(story, "missing-in-bank", &number, "bank", (day, paid));
            story.expect(Expected {
                status: "resolved",
                amount: Some(fen),
                days_late: Some(lag(next_working(day), paid)),
                ..finding(paid, "bank-payout-held", &number, "bank", bank.number(), "high")
            });
            story.tell(
                paid,
                format!("国库 {day} 已拨付的凭证 {number}，{}今日才入收款人账户。", bank.name),
                format!("The treasury paid voucher {number} on {day}; {} credits it only today.", bank.short),
            );
        } else {
            story.near_miss(
                paid,
                format!("凭证 {number} 星期五拨付，星期一入账。"),
                format!("Voucher {number} is paid on Friday and credited on Monday."),
            );
        }
    }
}

/// 现金支付, and what only sounds like it.
fn in_cash(story: &mut Story) {
    for (index, method, cured) in [(14, "现金", Some(17)), (22, "现金", None), (16, "非现金", None)] {
        let day = story.early(index);
        let mut payout = story.payout(day, Mode::Real, 3, 3, 2_600);
        let number = payout.number();
        let right = payout.booking().clone();
        payout.booking().set("method", method);
        story.add_payout(payout);
        if method != "现金" {
            story.near_miss(
                day,
                format!("支付凭证 {number} 的结算方式写作“非现金”。"),
                format!("Voucher {number} is settled by 非现金, that is not in cash."),
            );
            continue;
        }
        let of = finding(day, "disbursement-cash", &number, "treasury", CITY, "high");
        story.expect(of.clone());
        story.tell(
            day,
            format!("国库以现金支付凭证 {number}。"),
            format!("The treasury pays voucher {number} in cash."),
        );
        if let Some(cured) = cured.map(|index| story.early(index)) {
            resolve(story, &of, cured);
            redeliver(story, cured, &right, "treasury", CITY);
            story.tell(
                cured,
                format!("国库将凭证 {number} 的结算方式更正为转账后重报。"),
                format!("The treasury delivers voucher {number} again, as a transfer."),
            );
        }
    }
}

/// 重复拨款: the same under another number. One of them comes back.
fn twice(story: &mut Story) {
    for (index, mode, unit, comes_back) in [(16, Mode::Real, 0, true), (21, Mode::Direct, 3, false)] {
        let day = story.early(index);
        let first = story.payout(day, mode, unit, unit, 12_400);
        let mut second = story.payout(day, mode, unit, unit, 12_400);
        let (number, before) = (second.number(), first.number());
        second.set("amount", first.voucher.get("amount"));
        second.voucher.set("purpose", first.voucher.get("purpose"));
        story.add_payout(first);
        let of = of_finance(day, "disbursement-duplicate", &number, "high");
        story.expect(of.clone());
        story.tell(
            day,
            format!("支付凭证 {number} 与 {before} 同日、同收款人、同金额、同用途。"),
            format!("Voucher {number} pays the same sum to the same payee for the same purpose as {before}."),
        );
        if comes_back {
            let back = add_returned(story, second);
            resolve(story, &of, back);
            story.tell(
                back,
                format!("凭证 {number} 的款项退回国库。"),
                format!("The money of voucher {number} comes back to the treasury."),
            );
        } else {
            story.add_payout(second);
        }
    }
    let day = story.early(18);
    let first = story.payout(day, Mode::Real, 2, 2, 9_900);
    let mut second = story.payout(day, Mode::Real, 2, 2, 9_900);
    second.set("amount", first.voucher.get("amount"));
    let (number, before) = (second.number(), first.number());
    story.add_payout(first);
    story.add_payout(second);
    story.near_miss(
        day,
        format!("支付凭证 {before} 与 {number} 金额相同，用途不同。"),
        format!("Vouchers {before} and {number} pay the same sum for different purposes."),
    );
}

/// 退回资金滞留: back at the bank, and late at the treasury.
fn returned(story: &mut Story) {
    for (index, returned, supplier) in [(15, 18, 0), (20, 25, 6), (22, 23, 4)] {
        let (day, returned) = (story.early(index), story.early(returned));
        let mut payout = story.payout(day, Mode::Real, 1, supplier, 16_200);
        let (number, fen) = (payout.number(), payout.fen());
        payout.payment().set("returned_on", day).set("return_reason", "账号户名不符");
        let row = payout.booking().on(returned).with("booked_on", returned).with("amount", yuan(-fen));
        story.record(row);
        story.add_payout(payout);
        let (due, bank) = (next_working(day), BANKS[SUPPLIERS[supplier].bank].number());
        if returned <= due {
            story.near_miss(
                returned,
                format!("凭证 {number} 的款项昨日退回银行，今日退回国库。"),
                format!("The money of voucher {number} came back yesterday and is at the treasury today."),
            );
            continue;
        }
        let of = Expected {
            amount: Some(fen),
            ..finding(day, "returned-funds-held", &number, "bank", bank, "high")
        };
        story.expect_daily(after(day, 2), Some(returned), &of, Some(due));
        story.tell(
            day,
            format!("凭证 {number} 因账号户名不符退回银行，至 {returned} 才退回国库。"),
            format!(
                "The money of voucher {number} comes back to the bank; the treasury has it only on {returned}."
            ),
        );
    }
}

/// 集中支付清算迟延: the account is overdrawn overnight.
fn cleared_late(story: &mut Story) {
    let (culture, farming) = (&super::budgets::OWN[0], &super::budgets::OWN[1]);
    for unit in [culture, farming] {
        super::budgets::enrol(story, unit, 2_000_000);
    }
    // The next day is in time for the clearing, and all the same the account was not empty.
    for (unit, index, cleared) in [(culture, 17, 19), (farming, 18, 20), (culture, 23, 26), (farming, 24, 25)]
    {
        let (day, cleared) = (story.early(index), story.early(cleared));
        let mut payout = story.payout_of(day, Mode::Authorised, unit, 4, 21_500);
        let (number, fen) = (payout.number(), payout.fen());
        let batch = format!("Q{}", cleared.format("%y%m%d"));
        let row = payout.payment().on(cleared).with("cleared_on", cleared).with("batch", batch);
        payout.payment().set("cleared_on", "").set("batch", "");
        let booking = payout.booking();
        *booking = booking.on(cleared).with("accepted_on", cleared).with("booked_on", cleared);
        story.add_payout(payout);
        story.record(row);
        let bank = &BANKS[unit.bank];
        let eod = format!("{}/{day}", unit.account());
        story.expect(Expected {
            difference: Some(-fen),
            ..finding(day, "zero-balance-eod", eod, "bank", bank.number(), "high")
        });
        story.tell(
            day,
            format!("{}垫付凭证 {number}，当日未与国库清算，零余额账户日终透支。", bank.name),
            format!(
                "{} pays voucher {number} and does not clear it: the account ends the day below zero.",
                bank.short
            ),
        );
        if cleared == next_working(day) {
            story.near_miss(
                cleared,
                format!("{}次一工作日清算凭证 {number}，清算不为迟。", bank.name),
                format!("{} clears voucher {number} on the next working day, in time.", bank.short),
            );
            continue;
        }
        missing_until(story, "missing-in-treasury", &number, "treasury", (day, cleared));
        story.expect(Expected {
            status: "resolved",
            amount: Some(fen),
            days_late: Some(lag(next_working(day), cleared)),
            ..finding(cleared, "clearing-late", &number, "bank", bank.number(), "medium")
        });
        story.tell(
            cleared,
            format!("{}今日才清算 {day} 支付的凭证 {number}。", bank.name),
            format!("{} clears voucher {number}, paid on {day}, only today.", bank.short),
        );
    }
    let (day, cleared) = (story.early(15), story.early(19));
    let mut payout = story.payout(day, Mode::Real, 2, 2, 4_700);
    let number = payout.number();
    let row = payout.payment().on(cleared).with("cleared_on", cleared);
    story.add_payout(payout);
    story.record(row);
    story.near_miss(
        cleared,
        format!("实拨凭证 {number} 的银行记录补填清算日期，实拨不经集中支付清算。"),
        format!(
            "The bank fills a clearing day into voucher {number}, a real payout, which is not cleared so."
        ),
    );
}

/// 零余额账户违规划转: into the unit's own account, without an approval.
fn to_itself(story: &mut Story) {
    // The unit of the second is known by its name alone.
    for (index, unit, holder, documented, cured) in [
        (15, 0, UNITS[0].code, false, Some(18)),
        (20, 3, "", false, None),
        (21, 0, UNITS[0].code, true, None),
    ] {
        let (day, of) = (story.early(index), &UNITS[unit]);
        let number = format!("{}60000001", &BANKS[of.bank].number()[..11]);
        if index != 21 {
            let row = account(&number, BANKS[of.bank].number(), (holder, of.name), "unit", "basic");
            story.table(row.with("permit_no", "J2901").with("finance_approval", "云财库〔2019〕18号"));
        }
        let mut payout = story.payout(day, Mode::Authorised, unit, unit, 30_800);
        payout.set("payee_account", number).set("payee_name", of.name);
        let (voucher, complete) = (payout.number(), payout.voucher.clone());
        if documented {
            story.add_payout(payout);
            story.near_miss(
                day,
                format!("凭证 {voucher} 从零余额账户划入本单位账户，列有批准文件。"),
                format!("Voucher {voucher} pays the unit's own account, and names its approval."),
            );
            continue;
        }
        payout.voucher.set("doc_ref", "");
        story.add_payout(payout);
        let found = finding(day, "zero-balance-self-transfer", &voucher, "unit", of.code, "high");
        story.expect(found.clone());
        story.tell(
            day,
            format!("{}以凭证 {voucher} 从零余额账户划款到本单位基本户，未列批准文件。", of.name),
            format!(
                "Voucher {voucher} moves money from a zero-balance account to the same unit's own account."
            ),
        );
        if let Some(cured) = cured.map(|index| story.early(index)) {
            story.record(complete.on(cured));
            resolve(story, &found, cured);
            story.tell(
                cured,
                format!("凭证 {voucher} 补列批准文件。"),
                format!("The approval of voucher {voucher} is entered."),
            );
        }
    }
}

/// Finance's own zero-balance account, which direct payments are drawn on, may pay a collector that stands under finance.
fn to_a_collector(story: &mut Story) {
    let (day, collector) = (story.early(22), &ISSUERS[3]);
    let number = format!("{}60000002", &BANKS[2].number()[..11]);
    let row = account(&number, BANKS[2].number(), (collector.code, collector.name), "collector", "basic");
    story.table(row.with("permit_no", "J2901").with("finance_approval", "云财库〔2019〕18号"));
    let mut payout = story.payout(day, Mode::Direct, 0, 2, 24_600);
    payout.set("payee_account", number).set("payee_name", collector.name);
    payout.voucher.set("doc_ref", "");
    let voucher = payout.number();
    story.add_payout(payout);
    story.near_miss(
        day,
        format!("凭证 {voucher} 从财政零余额账户直接支付给执收单位，限制的是预算单位的零余额账户。"),
        format!("Voucher {voucher} is paid from finance's zero-balance account to a collector; the limits are for units' accounts."),
    );
}

/// 非正常拨款: leads, nothing more.
fn unusual(story: &mut Story) {
    let person = format!("{}80000001", &BANKS[1].number()[..11]);
    story.table(account(&person, BANKS[1].number(), ("", "赵建国"), "individual", "general"));
    for (index, above) in [(14, true), (15, false)] {
        let day = story.early(index);
        let mut payout = story.payout(day, Mode::Real, 1, 1, 500_000);
        if !above {
            payout.set("amount", "500000.00");
        }
        payout.set("payee_account", &person).set("payee_name", "赵建国");
        payout.voucher.set("purpose", "征地补偿");
        let (number, amount) = (payout.number(), payout.voucher.get("amount").to_owned());
        story.add_payout(payout);
        if above {
            story.expect(of_finance(day, "abnormal-disbursement", &number, "lead"));
            story.tell(
                day,
                format!("凭证 {number} 拨付自然人赵建国 {amount} 元。"),
                format!("Voucher {number} pays {amount} yuan to a natural person."),
            );
        } else {
            story.near_miss(
                day,
                format!("凭证 {number} 拨付自然人恰为 {amount} 元，未超过标准。"),
                format!("Voucher {number} pays a natural person {amount} yuan, not more than the limit."),
            );
        }
    }
    for (index, column, value, zh, en) in [
        (16, "purpose", "暂借款", "用途为“暂借款”", "is for a loan"),
        (
            17,
            "payer_account",
            "290100400000900001",
            "实拨而付款账户不是国库存款账户",
            "is a real payout that does not leave a treasury deposit",
        ),
    ] {
        let day = story.early(index);
        let mut payout = story.payout(day, Mode::Real, 2, 3, 40_300);
        payout.set(column, value);
        let number = payout.number();
        story.add_payout(payout);
        story.expect(of_finance(day, "abnormal-disbursement", &number, "lead"));
        story.tell(day, format!("凭证 {number} {zh}。"), format!("Voucher {number} {en}."));
    }
}

/// Three payouts to one payee within days, each close to what is large.
fn split(story: &mut Story) {
    for (nth, index) in (1..).zip([19, 20, 22]) {
        let day = story.early(index);
        let payout = story.payout(day, Mode::Real, 3, 6, 1_700_000 + nth * 1_000);
        let number = payout.number();
        story.add_payout(payout);
        if nth == 3 {
            let found = finding(day, "abnormal-disbursement", &number, "finance", FINANCE_BUREAU.0, "lead");
            story.expect(found);
            story.tell(
                day,
                format!("凭证 {number} 是数日内第三次向同一收款人拨付略低于大额标准的款项。"),
                format!("Voucher {number} is the third within days, to one payee, just below what is large."),
            );
        } else {
            story.near_miss(
                day,
                format!("凭证 {number} 略低于大额标准，数日内向该收款人仅第 {nth} 次。"),
                format!(
                    "Voucher {number} is just below what is large, the payee's number {nth} within days."
                ),
            );
        }
    }
}
