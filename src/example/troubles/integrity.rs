//! Balances and reports that do not add up, and what stays unanswered for long.

use chrono::NaiveDate;

use crate::example::Expected;
use crate::example::calendar::{after, next_working};
use crate::example::publish::yuan;
use crate::example::record::Record;
use crate::example::story::{Story, finding, prompt};
use crate::example::world::{Booking, ISSUERS, SUBJECTS, TREASURIES};

use super::{ABC, ICBC, Trouble};

pub(super) static TROUBLES: &[Trouble] = &[unanswered, reported_before_booked];

pub(super) static AFTER_SUMS: &[Trouble] = &[discontinuous_stock, reports_that_do_not_add_up];

/// 未达账项: a slip the treasury books after twelve working days, and one it books in time.
fn unanswered(story: &mut Story) {
    let (day, booked) = (story.early(14), story.early(26));
    let slip = story.slip(2, 10, 28_700, day);
    let mut payment = prompt(&slip, ABC);
    payment.booking = payment.booking.map(|(_, booking)| (booked, Booking { booked, ..booking }));
    let place = story.add(payment);
    let code = TREASURIES[slip.treasury].code;
    let missing = finding(day, "missing-in-treasury", slip.number, "treasury", code, "high");
    story.expect_daily(after(day, 2), Some(booked), &missing, None);
    story.deviates(place, "treasury", -slip.fen, Some(booked));
    story.ages(day, Some(booked));
    story.tell(
        day,
        format!("{} 已划缴清算，国库十二个工作日后才入账。", slip.number),
        format!("Slip {} is remitted, and the treasury books it twelve working days later.", slip.number),
    );
    story.tell(
        booked,
        format!("国库将 {day} 划缴的 {} 入库。", slip.number),
        format!("The treasury books slip {}, remitted on {day}.", slip.number),
    );
    let (day, booked) = (story.early(19), story.early(20));
    let slip = story.slip(0, 10, 29_100, day);
    let mut payment = prompt(&slip, ICBC);
    payment.booking = payment.booking.map(|(_, booking)| (booked, Booking { booked, ..booking }));
    story.add(payment);
    story.near_miss(
        day,
        format!("{} 国库次日入账，属在途。", slip.number),
        format!("The treasury books slip {} a day later: it was on its way.", slip.number),
    );
}

/// The treasury's report has what its own rows tell only two days later.
fn reported_before_booked(story: &mut Story) {
    let (day, told) = (story.early(24), story.early(26));
    let slip = story.slip(2, 10, 27_300, day);
    let mut payment = prompt(&slip, ICBC);
    payment.booking = payment.booking.map(|(_, booking)| (told, booking));
    story.add(payment);
    let code = TREASURIES[slip.treasury].code;
    let office = ISSUERS[slip.issuer].code;
    let key = format!("{code}/{office}/{}/{}/{day}", slip.level, SUBJECTS[slip.subject].code);
    let of = finding(day, "report-rollup", key, "treasury", code, "high");
    story.expect(Expected { difference: Some(slip.fen), ..of.clone() });
    story.expect(Expected { day: told, status: "resolved", ..of });
    story.tell(
        day,
        format!("{}的日报已含 {}，入库流水尚无此笔。", TREASURIES[slip.treasury].name, slip.number),
        format!("The report of treasury {code} has slip {}, and its rows do not.", slip.number),
    );
    story.tell(
        told,
        format!("国库补报 {day} 入库的 {}。", slip.number),
        format!("The treasury's row of slip {} comes.", slip.number),
    );
}

fn fen(row: &Record, column: &str) -> i64 {
    row.get(column).replace('.', "").parse().expect("written as yuan")
}

/// The balances of a treasury from a day on.
fn balances<'s>(
    story: &'s mut Story,
    code: &'static str,
    day: NaiveDate,
) -> impl Iterator<Item = &'s mut Record> {
    story.world.records.iter_mut().filter(move |row| {
        row.id == "treasury-balances"
            && row.get("treasury") == code
            && row.get("account").is_empty()
            && row.day >= day
    })
}

/// 库存不连续: one treasury opens with less from a day on, another's day does not add up, and is reported again.
fn discontinuous_stock(story: &mut Story) {
    let rule = "stock-continuity";
    for (treasury, index, lost) in [(3, 25, -100_000), (0, 24, 2_000)] {
        let (day, code) = (story.early(index), TREASURIES[treasury].code);
        for row in balances(story, code, day) {
            let (opening, closing) = (fen(row, "opening"), fen(row, "closing"));
            row.set("opening", yuan(opening + lost)).set("closing", yuan(closing + lost));
        }
        let of = finding(day, rule, format!("{code}/{day}"), "treasury", code, "critical");
        story.expect(Expected { difference: Some(lost), ..of });
        story.tell(
            day,
            format!("{}今日期初库存与上日期末相差 {} 元。", TREASURIES[treasury].name, yuan(lost)),
            format!("Treasury {code} opens {} yuan off what it closed with.", yuan(lost)),
        );
    }
    let (treasury, day, extra) = (2, story.early(20), 50_000);
    let (code, next) = (TREASURIES[treasury].code, next_working(day));
    let Some(row) = balances(story, code, day).next() else { return };
    let right = row.on(next);
    let closing = fen(row, "closing");
    row.set("closing", yuan(closing + extra));
    story.record(right);
    let key = format!("{code}/{day}");
    let of = finding(day, rule, &key, "treasury", code, "critical");
    story.expect(Expected { difference: Some(extra), ..of.clone() });
    story.expect(Expected { day: next, status: "resolved", ..of });
    story.expect(finding(next, "ledger-tamper", key, "treasury", code, "high"));
    story.tell(
        day,
        format!("{}今日库存多记 {} 元。", TREASURIES[treasury].name, yuan(extra)),
        format!("Treasury {code} closes with {} yuan too much.", yuan(extra)),
    );
    story.tell(
        next,
        format!("{}重报昨日库存，已改正。", TREASURIES[treasury].name),
        format!("Treasury {code} reports the day before again, put right."),
    );
    story.near_miss(
        story.early(8),
        "各库年初库存与去年最后一个工作日相接，中间是元旦假期。",
        "The treasuries open the new year with what they closed the old one with, over the holiday.",
    );
}

/// 收入报表: a class that is not what its items come to. One is reported again.
fn reports_that_do_not_add_up(story: &mut Story) {
    for (treasury, index, subject, extra, is_cured) in
        [(1, 17, "101", 10_000, false), (2, 21, "101", -45_000, true), (0, 23, "103", 120_000, false)]
    {
        let (day, code) = (story.early(index), TREASURIES[treasury].code);
        let row = story.world.records.iter_mut().find(|row| {
            row.id == "treasury-reports"
                && row.day == day
                && row.get("treasury") == code
                && row.get("subject") == subject
                && row.get("day_amount") != "0.00"
        });
        let row = row.expect("the treasury reports something that day");
        let next = next_working(day);
        let right = row.on(next);
        let amount = fen(row, "day_amount");
        row.set("day_amount", yuan(amount + extra));
        let cell = ["treasury", "tax_org", "level", "subject"].map(|column| row.get(column).to_owned());
        let key = format!("{}/{day}", cell.join("/"));
        let of = finding(day, "report-rollup", &key, "treasury", code, "high");
        // It is off what its items come to, and off what the month makes of it: either may be told.
        story.expect(of.clone());
        story.tell(
            day,
            format!(
                "{}收入日报 {subject} 类与下级科目合计相差 {} 元。",
                TREASURIES[treasury].name,
                yuan(extra)
            ),
            format!("The report of treasury {code} states {subject} {} yuan off its items.", yuan(extra)),
        );
        if is_cured {
            story.record(right);
            story.expect(Expected { day: next, status: "resolved", ..of });
            story.expect(finding(next, "ledger-tamper", key, "treasury", code, "high"));
            story.tell(
                next,
                format!("{}重报昨日收入日报。", TREASURIES[treasury].name),
                format!("Treasury {code} delivers yesterday's report again."),
            );
        }
    }
    story.near_miss(
        story.early(29),
        "二月第一个工作日，各库月累计从零起算。",
        "On the first working day of February the month's sums begin anew.",
    );
}
