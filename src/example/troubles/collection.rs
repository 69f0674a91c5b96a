//! What collecting banks and issuers of slips owe: accounts, slips, fees, cash, and the year's end.

use chrono::NaiveDate;

use crate::example::Expected;
use crate::example::calendar::{after, lag, next_working, working_from};
use crate::example::documents;
use crate::example::publish::{Row, yuan};
use crate::example::record::Record;
use crate::example::registers;
use crate::example::story::{Story, at, finding, prompt};
use crate::example::world::{BANKS, Booking, ISSUERS, Payment, Receipt, TREASURIES};

use super::revenue::{account, booking_of, receipt_of};
use super::{ABC, CCB, ICBC, RCB, Trouble, issuer_party};

pub(super) static TROUBLES: &[Trouble] = &[
    older_money,
    receipts_behind,
    refunds_by_banks,
    diverted,
    held_slips,
    fees,
    incomplete_slips,
    not_asked_of,
    wrongly_filled,
    refused_cash,
    over_the_year_end,
    after_the_period,
    refunds_at_the_year_end,
    pending_taxes,
    several_pending_accounts,
];

/// A mandated account of its own for one trouble, and its statement.
struct Statement {
    account: usize,
    number: String,
    bank: usize,
    fen: i64,
    serial: u32,
}

impl Statement {
    fn open(story: &mut Story, bank: usize, tail: &str, name: &'static str) -> Self {
        let of = account(bank, tail, name, "bank", "pending_receipts");
        let number = of.number.clone();
        Self { account: story.account(of), number, bank, fen: 0, serial: 0 }
    }

    /// Writes a line and returns its serial.
    fn line(
        &mut self,
        story: &mut Story,
        (day, hour): (NaiveDate, u32),
        fen: i64,
        (number, name): (&str, &str),
        summary: &str,
    ) -> String {
        self.fen += fen;
        self.serial += 1;
        let serial = format!("{:06}", self.serial);
        story.record(
            Record::new(day, "bank-statements", BANKS[self.bank].short)
                .with("account", &self.number)
                .with("date", day)
                .with("time", at(day, hour, 10))
                .with("serial", &serial)
                .with("direction", if fen < 0 { "借" } else { "贷" })
                .with("amount", yuan(fen.abs()))
                .with("balance", yuan(self.fen))
                .with("counterparty_account", number)
                .with("counterparty_name", name)
                .with("summary", summary),
        );
        serial
    }
}

/// The treasury a bank remits to, as its statements name it.
fn treasury(index: usize) -> (String, &'static str) {
    (registers::treasury_account(index), TREASURIES[index].name)
}

const PAYER: (&str, &str) = ("1022901030000777", "云岫恒泰建材有限公司");

/// 待报解余额滞留: money that no receipt of the day explains, for two evenings and for one.
fn older_money(story: &mut Story) {
    for (bank, tail, name, first, gone) in [
        (CCB, "00660011", "待报解预算收入（鼓楼分户）", 20, 22),
        (RCB, "00660022", "待报解预算收入（石桥分户）", 24, 25),
    ] {
        let mut statement = Statement::open(story, bank, tail, name);
        let (came, goes) = (story.early(first), story.early(gone));
        statement.line(story, (came, 9), 812_345, PAYER, "缴税");
        let (to, to_name) = treasury(1);
        statement.line(story, (goes, 10), -812_345, (&to, to_name), "划缴");
        for day in (first..gone).map(|index| story.early(index)).collect::<Vec<_>>() {
            let key = format!("{}/{day}", statement.number);
            let of = finding(day, "stale-pending-balance", key, "bank", BANKS[bank].number(), "high");
            story.expect(of);
            story.tell(
                day,
                format!("{}“{name}”日终有 8123.45 元，收纳流水无法说明。", BANKS[bank].name),
                format!(
                    "A mandated account of {} holds money in the evening that no receipt explains.",
                    BANKS[bank].short
                ),
            );
        }
    }
}

/// The journal comes a day late and explains the balance after all; what is received in the evening may stay.
fn receipts_behind(story: &mut Story) {
    let (day, next) = (story.early(26), story.early(27));
    for (bank, tail, name, hour, is_hit) in [
        (ABC, "00660033", "待报解预算收入（溪西分户）", 9, true),
        (ICBC, "00660044", "待报解预算收入（湖滨分户）", 17, false),
    ] {
        let mut statement = Statement::open(story, bank, tail, name);
        let slip = story.slip(1, 6, 4_900, day);
        let received = at(day, hour, 10);
        let mut payment = slip.paid(bank, received, Some(at(next, 10, 15)));
        receipt_of(&mut payment).account = statement.account;
        if is_hit {
            payment.receipt = payment.receipt.map(|(_, receipt)| (next, receipt));
        }
        let payer = &story.world.payers[slip.payer];
        let payer = (payer.account.clone(), payer.name.clone());
        story.add(payment);
        statement.line(story, (day, hour), slip.fen, (&payer.0, &payer.1), "缴税");
        let (to, to_name) = treasury(slip.treasury);
        statement.line(story, (next, 10), -slip.fen, (&to, to_name), "划缴");
        if is_hit {
            let key = format!("{}/{day}", statement.number);
            let of = finding(day, "stale-pending-balance", key, "bank", BANKS[bank].number(), "high");
            story.expect(of.clone());
            story.expect(Expected { day: next, status: "resolved", ..of });
            story.tell(
                day,
                format!("{}“{name}”日终余额的收纳流水次日才到。", BANKS[bank].name),
                format!(
                    "The receipt that explains a balance of {} comes only the next day.",
                    BANKS[bank].short
                ),
            );
        } else {
            story.near_miss(
                day,
                format!("{}“{name}”日终余额是日终切点后收纳的 {}。", BANKS[bank].name, slip.number),
                format!("What stands in an account of {} was received after the cut-off.", BANKS[bank].short),
            );
        }
    }
}

/// 经收处办理退付: a refund that the treasury pays is paid out of the collecting account as well.
fn refunds_by_banks(story: &mut Story) {
    for (issuer, subject, index, tail, is_hit) in
        [(0, 6, 17, "00770011", true), (2, 8, 21, "00770022", true), (1, 7, 24, "00770033", false)]
    {
        let slip = story.paid(issuer, subject, 9_700, story.early(index - 4), ICBC);
        let refund = story.refund(story.early(index), &slip, slip.fen / 2);
        let bank = story.world.payers[slip.payer].bank;
        let day = next_working(story.early(index));
        let mut statement = Statement::open(story, bank, tail, "待报解预算收入（退付分户）");
        let fen = slip.fen / 2;
        let payee = (refund.order.get("payee_account").to_owned(), refund.order.get("payee_name").to_owned());
        let number = refund.order.get("voucher_no").to_owned();
        story.add_refund(refund);
        statement.line(story, (day, 9), fen, PAYER, "缴税");
        if is_hit {
            let serial = statement.line(story, (day, 11), -fen, (&payee.0, &payee.1), "退税");
            let key = format!("{}/{day}#{serial}", statement.number);
            story.expect(finding(day, "collector-paid-refund", key, "bank", BANKS[bank].number(), "high"));
            story.tell(
                day,
                format!(
                    "{}从待报解户向 {} 付款 {} 元，与退库 {number} 同户同额。",
                    BANKS[bank].name,
                    payee.1,
                    yuan(fen)
                ),
                format!("{} pays the payee of refund {number} out of a mandated account.", BANKS[bank].short),
            );
        } else {
            let (to, to_name) = treasury(slip.treasury);
            statement.line(story, (day, 11), -fen, (&to, to_name), "划缴");
            story.near_miss(
                day,
                format!("{}从待报解户划缴国库，金额恰与退库 {number} 相同。", BANKS[bank].name),
                format!(
                    "{} remits to the treasury just as much as refund {number} is of.",
                    BANKS[bank].short
                ),
            );
        }
    }
}

/// 专户资金转往国库以外: out of a mandated account to somebody else. Back to the payer the same day it may go, and on to the treasury.
fn diverted(story: &mut Story) {
    for (bank, tail, index, to, name) in [
        (ICBC, "00770044", 18, "1022901055000088", "云岫鑫汇小额贷款有限公司"),
        (ABC, "00770055", 22, "", "青浦溪镇兴投资公司"),
        (CCB, "00770066", 19, PAYER.0, PAYER.1),
        (RCB, "00770077", 23, "", "国家金库白石桥县支库"),
    ] {
        let day = story.early(index);
        let mut statement = Statement::open(story, bank, tail, "待报解预算收入（二）");
        statement.line(story, (day, 9), 2_500_000, PAYER, "缴税");
        let serial = statement.line(story, (day, 14), -2_500_000, (to, name), "往来");
        if index % 2 == 0 {
            let key = format!("{}/{day}#{serial}", statement.number);
            let of = finding(day, "revenue-diversion", key, "bank", BANKS[bank].number(), "critical");
            story.expect(of);
            story.tell(
                day,
                format!("{}从待报解户向“{name}”付款 25000.00 元。", BANKS[bank].name),
                format!("{} pays 25000.00 out of a mandated account to somebody else.", BANKS[bank].short),
            );
        } else {
            let (zh, en) = if to.is_empty() {
                ("对方为国库，登记簿虽无其账号", "remits to the treasury, which it names without its account")
            } else {
                ("当日原路退回原缴款人", "gives a payment back to its payer the same day")
            };
            story.near_miss(
                day,
                format!("{}从待报解户向“{name}”付款：{zh}。", BANKS[bank].name),
                format!("{} {en}.", BANKS[bank].short),
            );
        }
    }
}

/// 受理后逾期收款: the money is taken from the payer days after the slip was accepted.
fn held_slips(story: &mut Story) {
    for (bank, issuer, index, hour, taken) in
        [(RCB, 2, 17, 10, 19), (ABC, 1, 20, 17, 22), (CCB, 0, 18, 17, 19)]
    {
        let (accepted, day) = (story.early(index), story.early(taken));
        let slip = story.slip(issuer, 5, 6_600, accepted);
        let mut payment = slip.paid(bank, at(day, 9, 40), Some(at(day, 15, 30)));
        receipt_of(&mut payment).accepted = Some(at(accepted, hour, 30));
        story.add(payment);
        let due = if hour == 17 { next_working(accepted) } else { accepted };
        let late = lag(due, day);
        if late > 0 {
            let of = finding(day, "voucher-holding", slip.number, "bank", BANKS[bank].number(), "medium");
            story.expect(Expected { status: "resolved", days_late: Some(late), ..of });
            story.tell(
                day,
                format!("{}于 {accepted} 受理 {}，今日才扣款。", BANKS[bank].name, slip.number),
                format!(
                    "{} accepted slip {} on {accepted} and takes the money only today.",
                    BANKS[bank].short, slip.number
                ),
            );
        } else {
            story.near_miss(
                day,
                format!("{}于 {accepted} 日终切点后受理 {}，次日扣款。", BANKS[bank].name, slip.number),
                format!("Slip {} was accepted after the cut-off and is paid the next day.", slip.number),
            );
        }
    }
}

/// 向缴款人收费. One fee turns out to be a mistake.
fn fees(story: &mut Story) {
    for (bank, issuer, index, fee, cured) in
        [(CCB, 0, 18, 250, None), (ABC, 2, 20, 1_000, Some(21)), (ICBC, 1, 22, 0, None)]
    {
        let day = story.early(index);
        let slip = story.slip(issuer, 6, 3_400, day);
        let mut payment = prompt(&slip, bank);
        receipt_of(&mut payment).fee = Some(fee);
        let number = BANKS[bank].number();
        if fee == 0 {
            story.near_miss(
                day,
                format!("{}收纳 {}，手续费一栏为 0.00。", BANKS[bank].name, slip.number),
                format!("{} states a fee of 0.00 for slip {}.", BANKS[bank].short, slip.number),
            );
        } else {
            let of = finding(day, "payer-fee-charged", slip.number, "bank", number, "medium");
            story.expect(Expected { amount: Some(fee), ..of.clone() });
            story.tell(
                day,
                format!("{}收纳 {} 时向缴款人收费 {} 元。", BANKS[bank].name, slip.number, yuan(fee)),
                format!(
                    "{} charges {} yuan for taking in slip {}.",
                    BANKS[bank].short,
                    yuan(fee),
                    slip.number
                ),
            );
            if let Some(cured) = cured.map(|index| story.early(index)) {
                let right = Receipt { fee: Some(0), ..*receipt_of(&mut payment) };
                story.extra(cured, "-resent", Row::Receipt(right));
                story.expect(Expected { day: cured, status: "resolved", ..of });
                story.expect(finding(cured, "ledger-tamper", slip.number, "bank", number, "high"));
                story.tell(
                    cured,
                    format!("{}重报 {}，手续费改为 0.00。", BANKS[bank].name, slip.number),
                    format!("{} delivers slip {} again without the fee.", BANKS[bank].short, slip.number),
                );
            }
        }
        story.add(payment);
    }
}

/// 要素不全: something of the payer is left empty; a bank that takes such a slip in answers too, one that refuses it not.
fn incomplete_slips(story: &mut Story) {
    for (issuer, subject, index, (column, what), is_taken, cured) in [
        (0, 4, 17, ("payer_bank", "付款人开户行"), true, Some(19)),
        (3, 12, 18, ("payer_account", "付款人账号"), true, None),
        (2, 7, 20, ("payer_name", "缴款单位名称"), false, None),
    ] {
        let (day, bank) = (story.early(index), CCB);
        let slip = story.slip(issuer, subject, 5_300, day);
        let mut payment = prompt(&slip, bank);
        if is_taken {
            story.add(Payment { slip: None, ..payment });
        } else {
            let refused = Receipt { remitted: None, status: "拒收", ..*receipt_of(&mut payment) };
            story.extra(day, "", Row::Receipt(refused));
        }
        let complete = documents::slip(&slip, &story.world.payers[slip.payer]);
        story.record(complete.clone().with(column, ""));
        let office = ISSUERS[issuer].code;
        let mut found =
            vec![finding(day, "slip-incomplete", slip.number, issuer_party(issuer), office, "low")];
        if is_taken {
            let number = BANKS[bank].number();
            found.push(finding(day, "invalid-slip-accepted", slip.number, "bank", number, "low"));
        }
        let cured = cured.map(|index| story.early(index));
        for of in found {
            story.expect(of.clone());
            if let Some(day) = cured {
                story.expect(Expected { day, status: "resolved", ..of });
            }
        }
        if let Some(cured) = cured {
            story.record(complete.on(cured));
            story.tell(
                cured,
                format!("{} 补填{what}后重报。", slip.number),
                format!("Slip {} comes again, filled in.", slip.number),
            );
        }
        let (zh, en) = if is_taken {
            ("照收", "takes it in")
        } else {
            ("拒收，银行无责", "refuses it, as it must")
        };
        story.tell(
            day,
            format!("{} 未填{what}，{}{zh}。", slip.number, BANKS[bank].name),
            format!("Slip {} leaves {column} empty, and {} {en}.", slip.number, BANKS[bank].short),
        );
    }
}

/// A payer in cash has no account to name.
fn not_asked_of(story: &mut Story) {
    let day = story.early(21);
    let slip = story.slip(1, 6, 120, day);
    let mut payment = prompt(&slip, RCB);
    receipt_of(&mut payment).cash = true;
    story.add(Payment { slip: None, ..payment });
    let row = documents::slip(&slip, &story.world.payers[slip.payer]);
    story.record(row.with("payer_account", "").with("payer_bank", ""));
    story.near_miss(
        day,
        format!("{} 以现金缴纳，无账户可填。", slip.number),
        format!("Slip {} is paid in cash and names no account.", slip.number),
    );
}

/// 填制错误: a period that ends before it begins, a flag that is none. A period of a day is one.
fn wrongly_filled(story: &mut Story) {
    for (issuer, index, (column, what), value, cured, is_hit) in [
        (0, 17, ("period_from", "税款所属期起"), "2026-02-01", Some(18), true),
        (2, 19, ("adjust_flag", "调整期标志"), "3", None, true),
        (1, 22, ("period_from", "税款所属期起"), "2025-12-31", None, false),
    ] {
        let day = story.early(index);
        let slip = story.slip(issuer, 8, 4_100, day);
        story.add(Payment { slip: None, ..prompt(&slip, ICBC) });
        let right = documents::slip(&slip, &story.world.payers[slip.payer]);
        story.record(right.clone().with(column, value));
        if !is_hit {
            story.near_miss(
                day,
                format!("{} 的税款所属期只有一天。", slip.number),
                format!("The tax period of slip {} is a single day.", slip.number),
            );
            continue;
        }
        let office = ISSUERS[issuer].code;
        let of = finding(day, "slip-field-invalid", slip.number, issuer_party(issuer), office, "low");
        story.expect(of.clone());
        story.tell(
            day,
            format!("{} 的{what}填为 {value}。", slip.number),
            format!("Slip {} states {value} as its {column}.", slip.number),
        );
        if let Some(cured) = cured.map(|index| story.early(index)) {
            story.record(right.on(cured));
            story.expect(Expected { day: cured, status: "resolved", ..of });
            story.expect(finding(cured, "ledger-tamper", slip.number, "tax", office, "high"));
            story.tell(
                cured,
                format!("税务局重报 {}，已改正。", slip.number),
                format!("The tax office delivers slip {} again, put right.", slip.number),
            );
        }
    }
}

/// 拒收现金: what is on record; an outage is none, nor what is dated after the book.
fn refused_cash(story: &mut Story) {
    for (on, kind, bank, key, note) in [
        ("2026-01-13", "cash_refused", ICBC, "XJ-2026-001", "柜员拒收现金税款 86.00 元"),
        ("2026-01-17", "cash_refused", RCB, "", "群众投诉"),
        ("2026-01-20", "outage", ABC, "GZ-2026-001", "财税库银横向联网故障两小时"),
        ("2026-03-02", "cash_refused", CCB, "XJ-2026-002", ""),
    ] {
        let day: NaiveDate = on.parse().expect("written as a day");
        let number = BANKS[bank].number();
        story.table(
            Record::of_table("incidents")
                .with("date", day)
                .with("kind", kind)
                .with("institution", number)
                .with("key", key)
                .with("note", note),
        );
        if day > story.last() {
            continue;
        }
        let told = working_from(day);
        if kind == "outage" {
            story.near_miss(
                told,
                format!("事件登记簿记载{}系统故障，不是拒收现金。", BANKS[bank].name),
                format!("An outage of {} is on record, and no refusal.", BANKS[bank].short),
            );
            continue;
        }
        let key = if key.is_empty() { format!("{number}/{day}") } else { key.to_owned() };
        story.expect(finding(told, "cash-tax-refusal", key, "bank", number, "high"));
        story.tell(
            told,
            format!("事件登记簿记载{} {day} 拒收现金税款。", BANKS[bank].name),
            format!("It is on record that {} refused cash on {day}.", BANKS[bank].short),
        );
    }
}

/// 年终整理期: the old year's revenue without its flag. Evening money is the new year's.
fn over_the_year_end(story: &mut Story) {
    let (last, first) = (story.early(7), story.early(8));
    for (bank, issuer, subject) in [(ICBC, 0, 7), (RCB, 2, 4)] {
        let slip = story.slip(issuer, subject, 19_900, last);
        let mut payment = slip.paid(bank, at(last, 15, 50), Some(at(first, 10, 15)));
        booking_of(&mut payment).adjusts = false;
        story.add(payment);
        let code = TREASURIES[slip.treasury].code;
        story.expect(finding(first, "year-end-settlement", slip.number, "treasury", code, "high"));
        story.tell(
            first,
            format!("{} 为去年最后一日收纳，国库今日入库却未标调整期。", slip.number),
            format!("Slip {}, received on 31 December, is booked as the new year's.", slip.number),
        );
    }
    let slip = story.slip(0, 8, 20_600, last);
    story.add(slip.paid(ABC, at(last, 17, 30), Some(at(first, 15, 30))));
    story.near_miss(
        first,
        format!("{} 于去年最后一日日终切点后收纳，属新年收入，不标调整期。", slip.number),
        format!("Slip {}, received after the cut-off of 31 December, is the new year's.", slip.number),
    );
    let slip = story.slip(1, 8, 20_900, last);
    story.add(slip.paid(RCB, at(last, 10, 0), Some(at(first, 10, 15))));
    story.near_miss(
        first,
        format!("{} 于去年最后一日收纳，次日划缴，按调整期入库。", slip.number),
        format!("Slip {} of the last day is booked with the flag of the settlement period.", slip.number),
    );
}

/// 整理期满未入库: the treasury books only after the period what was remitted on the last day of the year.
fn after_the_period(story: &mut Story) {
    let (last, over, booked) = (story.early(7), story.early(14), story.early(15));
    let slip = story.slip(1, 9, 23_800, last);
    let mut payment = prompt(&slip, CCB);
    let booking = Booking { booked, adjusts: true, ..*booking_of(&mut payment) };
    payment.booking = Some((booked, booking));
    let place = story.add(payment);
    let code = TREASURIES[slip.treasury].code;
    let missing = finding(last, "missing-in-treasury", slip.number, "treasury", code, "high");
    story.expect_daily(after(last, 2), Some(booked), &missing, None);
    story.deviates(place, "treasury", -slip.fen, Some(booked));
    story.ages(last, Some(booked));
    let of = finding(over, "year-end-settlement", slip.number, "treasury", code, "high");
    story.expect(of.clone());
    story.expect(Expected { day: booked, status: "resolved", ..of });
    story.tell(
        last,
        format!("{} 已划缴清算，国库整理期内未入账。", slip.number),
        format!(
            "Slip {} is remitted, and the treasury does not book it in the settlement period.",
            slip.number
        ),
    );
    story.tell(
        booked,
        format!("国库今日才将 {} 入库，整理期已过三日。", slip.number),
        format!("The treasury books slip {} only now, after the settlement period.", slip.number),
    );
}

/// In the settlement period nothing is refunded of the old year; of the new one it may be.
fn refunds_at_the_year_end(story: &mut Story) {
    for (issuer, subject, paid, index, is_hit) in
        [(0, 5, 2, 10, true), (3, 13, 3, 12, true), (1, 4, 8, 12, false)]
    {
        let day = story.early(index);
        let slip = story.paid(issuer, subject, 6_200, story.early(paid), ICBC);
        let refund = story.refund(day, &slip, slip.fen / 2);
        let number = refund.order.get("voucher_no").to_owned();
        story.add_refund(refund);
        if is_hit {
            let code = TREASURIES[slip.treasury].code;
            story.expect(finding(day, "year-end-settlement", &number, "treasury", code, "medium"));
            story.tell(
                day,
                format!("国库在整理期内退付去年的 {}（{number}）。", slip.number),
                format!(
                    "The treasury refunds slip {} of the old year in the settlement period.",
                    slip.number
                ),
            );
        } else {
            story.near_miss(
                day,
                format!("{number} 退付的 {} 是今年缴的。", slip.number),
                format!("Refund {number} is of a slip paid in the new year."),
            );
        }
    }
}

/// 待缴库税款: not empty at the end of the year, and of January; in between it may hold what it holds.
fn pending_taxes(story: &mut Story) {
    for (issuer, first, last, fen, end, severity) in [
        (0, 6, 8, 430_000, Some(7), "high"),
        (1, 27, 29, 125_000, Some(28), "medium"),
        (2, 16, 18, 88_000, None, ""),
    ] {
        let (number, code) = (registers::pending_account(issuer), TREASURIES[ISSUERS[issuer].treasury].code);
        let mut stock = 0;
        for index in first..=last {
            let day = story.early(index);
            let (income, outlay) = match index {
                of if of == first => (fen, 0),
                of if of == last => (0, fen),
                _ => (0, 0),
            };
            let opening = stock;
            stock += income - outlay;
            story.record(
                Record::new(day, "treasury-balances", "")
                    .with("treasury", code)
                    .with("account", &number)
                    .with("date", day)
                    .with("opening", yuan(opening))
                    .with("income", yuan(income))
                    .with("outlay", yuan(outlay))
                    .with("closing", yuan(stock)),
            );
        }
        let Some(end) = end.map(|index| story.early(index)) else {
            story.near_miss(
                story.early(first),
                format!("待缴库税款账户 {number} 月中有余额，月末为零。"),
                format!("Pending-tax account {number} holds money within the month alone."),
            );
            continue;
        };
        let of = finding(
            end,
            "pending-tax-aging",
            format!("{number}/{end}"),
            "tax",
            ISSUERS[issuer].code,
            severity,
        );
        story.expect(Expected { amount: Some(fen), ..of });
        story.tell(
            end,
            format!("待缴库税款账户 {number} 期末有余额 {} 元。", yuan(fen)),
            format!("Pending-tax account {number} holds {} yuan at the end of the period.", yuan(fen)),
        );
    }
}

/// A second account for tax on its way, for three days.
fn several_pending_accounts(story: &mut Story) {
    let (issuer, day, closed) = (2, story.early(20), story.early(23));
    let known = &ISSUERS[issuer];
    let number = format!("{}00278002", TREASURIES[known.treasury].code);
    let row = registers::account(&number, "", (known.code, known.name), "tax_org", "pending_tax")
        .with("finance_approval", "云财库〔2026〕2号")
        .with("opened_on", day)
        .with("closed_on", closed)
        .with("status", "closed")
        .with("filed_finance_on", day)
        .with("filed_treasury_on", day);
    story.table(row);
    let of = finding(day, "pending-tax-aging", known.code, "tax", known.code, "medium");
    story.expect(of.clone());
    let after = next_working(closed);
    story.expect(Expected { day: after, status: "resolved", ..of });
    story.tell(
        day,
        format!("{}另开待缴库税款账户 {number}，{closed} 销户。", known.name),
        format!("{} opens a second pending-tax account, and closes it on {closed}.", known.code),
    );
}
