//! Refunds.

use chrono::NaiveDate;

use crate::example::Expected;
use crate::example::calendar::{date, lag, next_working, tomorrow};
use crate::example::publish::yuan;
use crate::example::record::Record;
use crate::example::refunds::{self, Refund};
use crate::example::registers;
use crate::example::story::{Story, finding, prompt};
use crate::example::world::{BANKS, FINANCE_BUREAU, ISSUERS, SUBJECTS, Slip, TREASURIES};

use super::{ICBC, Trouble, newcomer};

pub(super) static TROUBLES: &[Trouble] = &[
    incomplete,
    without_basis,
    suspect_reasons,
    unregistered,
    wrong_payees,
    too_much,
    of_unknown_slips,
    wrong_sources,
    twice,
    late_at_tax,
    late_at_treasury,
    in_cash,
    without_authority,
    not_reviewed,
];

/// 要素不全: the payee's bank is left empty, and filled in later.
fn incomplete(story: &mut Story) {
    for (issuer, subject, cured) in [(1, 5, Some(19)), (3, 11, None)] {
        let slip = story.paid(issuer, subject, 4_200, story.early(12), ICBC);
        let (day, office) = (story.early(16), ISSUERS[issuer].code);
        let mut refund = story.refund(day, &slip, slip.fen);
        let complete = refund.order.clone();
        refund.order.set("payee_bank", "");
        let number = refund.order.get("voucher_no").to_owned();
        let party = super::issuer_party(issuer);
        let of = finding(day, "refund-incomplete", &number, party, office, "medium");
        story.expect(of.clone());
        story.tell(
            day,
            format!("退还书 {number} 未填收款人开户行。"),
            format!("Refund order {number} does not name the payee's bank."),
        );
        if let Some(cured) = cured.map(|index| story.early(index)) {
            story.record(complete.on(cured));
            story.expect(Expected { day: cured, status: "resolved", ..of });
            story.tell(
                cured,
                format!("退还书 {number} 补齐后重报。"),
                format!("Refund order {number} comes again, filled in."),
            );
        }
        story.add_refund(refund);
    }
}

/// A slip paid four working days before day number `index`, and an order to refund half of it: in order as they stand.
fn ordered(
    story: &mut Story,
    issuer: usize,
    subject: usize,
    yuan: i64,
    index: usize,
) -> (NaiveDate, Slip, Refund) {
    let day = story.early(index);
    let slip = story.paid(issuer, subject, yuan, story.early(index - 4), index % BANKS.len());
    let refund = story.refund(day, &slip, slip.fen / 2);
    (day, slip, refund)
}

fn number_of(refund: &Refund) -> String {
    refund.order.get("voucher_no").to_owned()
}

/// What every party says of a refund.
fn said_by_all(refund: &mut Refund, column: &'static str, value: &str) {
    let others = [refund.booking.as_mut(), refund.credit.as_mut()].into_iter().flatten();
    for record in others.chain([&mut refund.order]) {
        record.set(column, value);
    }
}

/// What order and booking say of a refund.
fn classified_as(refund: &mut Refund, column: &'static str, value: &str) {
    refund.order.set(column, value);
    if let Some(booking) = &mut refund.booking {
        booking.set(column, value);
    }
}

/// A finding about an order, of the day on which it comes.
fn about(rule: &'static str, refund: &Refund, issuer: usize, severity: &'static str) -> Expected {
    let party = super::issuer_party(issuer);
    finding(refund.order.day, rule, number_of(refund), party, ISSUERS[issuer].code, severity)
}

/// 无依据: something the order rests on is left empty. Of an empty and a filled version of one day the filled one counts.
fn without_basis(story: &mut Story) {
    for (issuer, subject, index, column, what, cured) in [
        (0, 4, 17, "basis_doc", ("退库依据", "its document"), None),
        (3, 12, 18, "approval_no", ("批准文号", "the approval number"), Some(20)),
        (2, 7, 22, "reason", ("退库原因", "its reason"), None),
    ] {
        let (day, _, mut refund) = ordered(story, issuer, subject, 6_300, index);
        let (number, complete) = (number_of(&refund), refund.order.clone());
        refund.order.set(column, "");
        let of = about("refund-without-basis", &refund, issuer, "high");
        story.expect(of.clone());
        story.tell(
            day,
            format!("退还书 {number} 未填{}。", what.0),
            format!("Refund order {number} does not state {}.", what.1),
        );
        if let Some(cured) = cured.map(|index| story.early(index)) {
            story.record(complete.on(cured));
            story.expect(Expected { day: cured, status: "resolved", ..of });
            story.tell(
                cured,
                format!("退还书 {number} 补齐后重报。"),
                format!("Refund order {number} comes again, filled in."),
            );
        }
        story.add_refund(refund);
    }
    let (day, _, refund) = ordered(story, 1, 6, 5_100, 19);
    let number = number_of(&refund);
    story.record(refund.order.sent_by("again").with("basis_doc", ""));
    story.add_refund(refund);
    story.near_miss(
        day,
        format!("退还书 {number} 同日报送两次，一次漏填依据，一次填全，以填全者为准。"),
        format!("Order {number} comes twice that day, once without and once with its document."),
    );
}

/// 原因存疑: reasons that may hide an expenditure.
fn suspect_reasons(story: &mut Story) {
    for (issuer, subject, index, reason, severity) in [
        (0, 5, 19, "915", "lead"),
        (2, 8, 20, "941", "lead"),
        (3, 13, 21, "935", "high"),
        (1, 9, 22, "917", ""),
    ] {
        let (day, _, mut refund) = ordered(story, issuer, subject, 7_400, index);
        refund.order.set("reason", reason);
        let number = number_of(&refund);
        if severity.is_empty() {
            story.near_miss(
                day,
                format!("退还书 {number} 原因代码 {reason}，在原因表内且不存疑。"),
                format!("Order {number} is for reason {reason}, a usual one."),
            );
        } else {
            story.expect(about("refund-reason-suspect", &refund, issuer, severity));
            story.tell(
                day,
                format!("退还书 {number} 原因代码为 {reason}。"),
                format!("Refund order {number} gives {reason} as its reason."),
            );
        }
        story.add_refund(refund);
    }
}

/// 未登记备案: never registered, registered a day too late, no longer registered; the last day counts.
fn unregistered(story: &mut Story) {
    for (issuer, subject, index, name, shift, citizen, is_hit) in [
        (0, 6, 17, "云岫澄江贸易有限公司", None, None, true),
        (2, 9, 18, "白石桥溪畔米业有限公司", Some(1), None, true),
        (3, 11, 22, "岚东北坡石材有限公司", Some(-1), None, true),
        (1, 4, 23, "青浦溪南街酒坊有限公司", Some(0), None, false),
        (1, 7, 21, "苏明", None, Some("29012119850203214X"), false),
    ] {
        let (day, paid) = (story.early(index), story.early(index - 4));
        let payer = newcomer(story, name, citizen);
        let slip = Slip { payer, ..story.slip(issuer, subject, 3_900, paid) };
        story.add(prompt(&slip, ICBC));
        let payer = story.world.payers[payer].clone();
        let refund = refunds::refund(story.order(), day, &slip, &payer, slip.fen / 2);
        if let Some(shift) = shift {
            let mut row = Record::of_table("refund-register")
                .with("taxpayer_id", &payer.id)
                .with("name", &payer.name)
                .with("account", &payer.account)
                .with("valid_from", if shift > 0 { tomorrow(day) } else { date(2024, 1, 1) })
                .with("filing_no", format!("备{index:06}"));
            match shift {
                0 => _ = row.set("valid_to", day),
                ..0 => _ = row.set("valid_to", day.pred_opt().expect("a day before")),
                _ => {}
            }
            story.table(row);
        }
        let number = number_of(&refund);
        if is_hit {
            story.expect(about("refund-unregistered-enterprise", &refund, issuer, "high"));
            story.tell(
                day,
                format!("退还书 {number} 向{name}退库，当日该企业不在备案有效期内。"),
                format!("Order {number} refunds an enterprise that is not registered that day."),
            );
        } else {
            let (zh, en) = if citizen.is_some() {
                ("系自然人，无须备案", "who is no enterprise")
            } else {
                ("当日为备案有效期最后一日", "on the last day of its registration")
            };
            story.near_miss(
                day,
                format!("退还书 {number} 向{name}退库，{zh}。"),
                format!("Order {number} refunds a taxpayer {en}."),
            );
        }
        story.add_refund(refund);
    }
}

/// 收款人不符: a third party, another account, another name; an account of the register is right under any name.
fn wrong_payees(story: &mut Story) {
    for (issuer, subject, index, name, account, severity) in [
        (1, 5, 24, Some("云岫丰茂投资有限公司"), Some("1022901077000001"), "critical"),
        (3, 12, 25, None, Some("1032901077000002"), "high"),
        (0, 7, 19, Some("云岫瑞林咨询有限公司"), None, "high"),
        (2, 4, 26, Some("云岫财税共享中心"), Some("1052901077000003"), ""),
    ] {
        let (day, slip, mut refund) = if account.is_some() {
            ordered(story, issuer, subject, 8_800, index)
        } else {
            // A citizen, whose account no register has.
            let payer = newcomer(story, "周彤", Some("290122199007115029"));
            let slip = Slip { payer, ..story.slip(issuer, subject, 8_800, story.early(index - 4)) };
            story.add(prompt(&slip, ICBC));
            let (day, payer) = (story.early(index), story.world.payers[payer].clone());
            (day, slip, refunds::refund(story.order(), day, &slip, &payer, slip.fen / 2))
        };
        if let Some(name) = name {
            said_by_all(&mut refund, "payee_name", name);
        }
        if let Some(account) = account {
            said_by_all(&mut refund, "payee_account", account);
        }
        let number = number_of(&refund);
        if severity.is_empty() {
            let payer = &story.world.payers[slip.payer];
            let row = Record::of_table("refund-register")
                .with("taxpayer_id", &payer.id)
                .with("name", &payer.name)
                .with("account", account.unwrap_or_default())
                .with("valid_from", "2025-01-01")
                .with("filing_no", "备共享01");
            story.table(row);
            story.near_miss(
                day,
                format!("退还书 {number} 退入备案的退库账户，户名不同亦可。"),
                format!("Order {number} goes to an account the refund register has for the payer."),
            );
        } else {
            story.expect(about("refund-payee-mismatch", &refund, issuer, severity));
            story.tell(
                day,
                format!("退还书 {number} 的收款人与原缴款人不是同一户名或账户。"),
                format!("Order {number} pays another name or account than paid the slip."),
            );
        }
        story.add_refund(refund);
    }
}

/// 超过原缴: the second order, or one alone, comes to more than the slip; two that come to all of it do not.
fn too_much(story: &mut Story) {
    for (issuer, subject, index, second, percents) in
        [(2, 6, 17, 20, [60, 55]), (4, 12, 18, 18, [110, 0]), (1, 8, 21, 24, [55, 45])]
    {
        let slip = story.paid(issuer, subject, 12_600, story.early(index - 4), ICBC);
        let mut given = 0;
        for (index, percent) in [index, second].into_iter().zip(percents).filter(|(_, of)| *of > 0) {
            let day = story.early(index);
            let share = slip.fen * percent / 100;
            let all = percents == [55, 45] && given > 0;
            let fen = if all { slip.fen - given } else { share };
            let refund = story.refund(day, &slip, fen);
            let number = number_of(&refund);
            given += fen;
            if given > slip.fen {
                let of = about("refund-exceeds-payment", &refund, issuer, "critical");
                story.expect(Expected { difference: Some(given - slip.fen), ..of });
                story.tell(
                    day,
                    format!(
                        "税票 {} 缴 {} 元，连同退还书 {number} 共退 {} 元。",
                        slip.number,
                        yuan(slip.fen),
                        yuan(given)
                    ),
                    format!("With order {number} the refunds of slip {} exceed it.", slip.number),
                );
            } else if all {
                story.near_miss(
                    day,
                    format!("税票 {} 分两次全额退还。", slip.number),
                    format!("Slip {} is refunded in two orders, all of it and no more.", slip.number),
                );
            }
            story.add_refund(refund);
        }
    }
}

/// 原票无记录: found where the archive reaches back thirty days before the error was found.
fn of_unknown_slips(story: &mut Story) {
    for (issuer, index, found, is_hit) in
        [(0, 26, None, true), (3, 27, None, true), (1, 22, Some(date(2026, 1, 20)), false)]
    {
        let (day, _, mut refund) = ordered(story, issuer, if issuer == 3 { 11 } else { 5 }, 2_700, index);
        let unknown = story.slip(issuer, 5, 1, story.early(index - 6)).number;
        refund.order.set("original_slip", unknown);
        if let Some(found) = found {
            refund.order.set("discovered_on", found);
        }
        let number = number_of(&refund);
        if is_hit {
            story.expect(about("refund-exceeds-payment", &refund, issuer, "high"));
            story.tell(
                day,
                format!("退还书 {number} 所列原税票 {unknown} 各方均无。"),
                format!("Nobody has a record of slip {unknown}, which order {number} refunds."),
            );
        } else {
            story.near_miss(
                day,
                format!("退还书 {number} 的原税票 {unknown} 查无记录，但差错发现日前三十日账簿尚未开始。"),
                format!("The slip of order {number} may be older than the book."),
            );
        }
        story.add_refund(refund);
    }
}

/// 来源不符: another subject, another level; from where a correction has moved the money to is right.
fn wrong_sources(story: &mut Story) {
    for (issuer, subject, index, (column, what), value) in [
        (0, 4, 20, ("subject", "科目"), SUBJECTS[5].code),
        (1, 0, 21, ("level", "级次"), "4"),
        (3, 11, 23, ("subject", "科目"), SUBJECTS[12].code),
    ] {
        let (day, slip, mut refund) = ordered(story, issuer, subject, 9_200, index);
        classified_as(&mut refund, column, value);
        let number = number_of(&refund);
        story.expect(about("refund-wrong-source", &refund, issuer, "high"));
        story.tell(
            day,
            format!("退还书 {number} 从{what} {value} 退库，原税票 {} 并非缴入该处。", slip.number),
            format!("Order {number} takes from {column} {value} what slip {} paid elsewhere.", slip.number),
        );
        story.add_refund(refund);
    }
    let (day, slip, mut refund) = ordered(story, 2, 7, 9_900, 24);
    let moved = registers::sibling(slip.subject);
    for row in refunds::correction(story.order(), story.early(22), &slip, &moved) {
        story.record(row);
    }
    classified_as(&mut refund, "subject", &moved);
    let number = number_of(&refund);
    story.add_refund(refund);
    story.near_miss(
        day,
        format!("税票 {} 已更正至 {moved}，退还书 {number} 从更正后的科目退库。", slip.number),
        format!("Order {number} takes the money from where a correction had moved it."),
    );
}

/// 重复退库: the same sum of the same slip to the same account under two numbers.
fn twice(story: &mut Story) {
    for (issuer, subject, index, second, more) in [(1, 8, 17, 19, 0), (3, 13, 18, 18, 0), (0, 10, 20, 21, 1)]
    {
        let slip = story.paid(issuer, subject, 10_500, story.early(index - 4), ICBC);
        let first = story.refund(story.early(index), &slip, slip.fen / 3);
        let day = story.early(second);
        let again = story.refund(day, &slip, slip.fen / 3 + more);
        let (one, other) = (number_of(&first), number_of(&again));
        if more == 0 {
            story.expect(about("refund-duplicate", &again, issuer, "critical"));
            story.tell(
                day,
                format!("退还书 {one} 与 {other} 同一税票、同一账户、同一金额。"),
                format!("Orders {one} and {other} refund the same sum of the same slip to the same account."),
            );
        } else {
            story.near_miss(
                day,
                format!("退还书 {one} 与 {other} 同一税票，金额差一分，不是重复。"),
                format!("Orders {one} and {other} differ by a fen."),
            );
        }
        story.add_refund(first);
        story.add_refund(again);
    }
}

/// 税务办理逾期: ten days from discovery, thirty from application, longer over New Year.
fn late_at_tax(story: &mut Story) {
    // (issuer, subject, slip's day, discovered, applied, issued, days late)
    let planted = [
        (0, 7, 2, Some(date(2025, 12, 29)), None, 15, 1),
        (1, 6, 0, None, Some(date(2025, 12, 23)), 26, 2),
        (2, 10, 9, Some(date(2026, 1, 12)), None, 24, 4),
        (1, 10, 2, Some(date(2025, 12, 29)), None, 14, 0),
        (2, 5, 0, None, Some(date(2025, 12, 23)), 24, 0),
        (3, 12, 2, Some(date(2025, 12, 29)), None, 16, 0),
    ];
    for (issuer, subject, paid, discovered, applied, index, late) in planted {
        let day = story.early(index);
        let slip = story.paid(issuer, subject, 5_600, story.early(paid), ICBC);
        let mut refund = story.refund(day, &slip, slip.fen / 2);
        refund.order.set("discovered_on", discovered.map(|of| of.to_string()).unwrap_or_default());
        refund.order.set("applied_on", applied.map(|of| of.to_string()).unwrap_or_default());
        let number = number_of(&refund);
        if late > 0 {
            let of = about("refund-late-tax", &refund, issuer, "medium");
            story.expect(Expected { status: "resolved", days_late: Some(late), ..of });
            story.tell(
                day,
                format!("退还书 {number} 今日才开，超过法定期限 {late} 天。"),
                format!("Order {number} is issued only today, {late} days after its period ended."),
            );
        } else {
            let (zh, en) = if issuer == 3 {
                ("由财政开出，不适用税务期限", "is of finance, which has no such period")
            } else {
                ("在期限最后一日开出，元旦假期已顺延", "is of the last day, New Year considered")
            };
            story.near_miss(day, format!("退还书 {number} {zh}。"), format!("Order {number} {en}."));
        }
        story.add_refund(refund);
    }
}

/// 国库办理逾期: more than one working day after it was accepted.
fn late_at_treasury(story: &mut Story) {
    for (issuer, subject, index, booked) in [(1, 4, 16, 18), (2, 5, 18, 20), (0, 9, 23, 24)] {
        let (accepted, _, mut refund) = ordered(story, issuer, subject, 7_700, index);
        let booked = story.early(booked);
        if let Some(booking) = &mut refund.booking {
            booking.set("booked_on", booked).day = booked;
        }
        if let Some(credit) = &mut refund.credit {
            credit.day = next_working(booked);
            let day = credit.day;
            credit.set("credited_on", day);
        }
        let number = number_of(&refund);
        let late = lag(next_working(accepted), booked);
        if late > 0 {
            let code = TREASURIES[ISSUERS[issuer].treasury].code;
            let of = finding(booked, "refund-late-treasury", &number, "treasury", code, "medium");
            story.expect(Expected { status: "resolved", days_late: Some(late), ..of });
            story.tell(
                booked,
                format!("国库 {accepted} 受理退还书 {number}，今日才退付。"),
                format!("The treasury accepted order {number} on {accepted} and pays it only today."),
            );
        } else {
            story.near_miss(
                booked,
                format!("国库星期五受理退还书 {number}，星期一退付。"),
                format!("Order {number}, accepted on Friday, is paid on Monday."),
            );
        }
        story.add_refund(refund);
    }
}

/// 现金退库. One is set right the next day: told, and that the row was changed as well.
fn in_cash(story: &mut Story) {
    for (issuer, subject, index, method, cured) in
        [(0, 5, 21, "现金", Some(22)), (4, 11, 23, "现金", None), (1, 9, 24, "电汇", None)]
    {
        let (day, _, mut refund) = ordered(story, issuer, subject, 1_300, index);
        let number = number_of(&refund);
        let code = TREASURIES[ISSUERS[issuer].treasury].code;
        let right = refund.booking.clone();
        if let Some(booking) = &mut refund.booking {
            booking.set("method", method);
        }
        if method == "现金" {
            let of = finding(day, "refund-cash", &number, "treasury", code, "high");
            story.expect(of.clone());
            story.tell(
                day,
                format!("国库以现金退付 {number}。"),
                format!("The treasury pays refund {number} in cash."),
            );
            if let Some((cured, right)) = cured.map(|index| story.early(index)).zip(right) {
                story.record(right.on(cured));
                story.expect(Expected { day: cured, status: "resolved", ..of });
                story.expect(finding(cured, "ledger-tamper", &number, "treasury", code, "high"));
                story.tell(
                    cured,
                    format!("国库重报 {number}，结算方式改为转账。"),
                    format!("The treasury delivers {number} again as a transfer."),
                );
            }
        } else {
            story.near_miss(
                day,
                format!("{number} 以{method}退付，不是现金。"),
                format!("Refund {number} is wired."),
            );
        }
        story.add_refund(refund);
    }
}

/// 审批机关无权: the tax office itself, a collecting unit; finance by its code or the ministry's office may.
fn without_authority(story: &mut Story) {
    for (issuer, subject, index, authority, is_hit) in [
        (1, 6, 24, ISSUERS[1].name, true),
        (3, 12, 25, ISSUERS[3].code, true),
        (2, 4, 26, FINANCE_BUREAU.0, false),
        (0, 8, 27, "财政部岚东监管局", false),
    ] {
        let (day, _, mut refund) = ordered(story, issuer, subject, 6_900, index);
        refund.order.set("approved_by", authority);
        let number = number_of(&refund);
        if is_hit {
            story.expect(about("refund-no-authority", &refund, issuer, "high"));
            story.tell(
                day,
                format!("退还书 {number} 由 {authority} 批准。"),
                format!("Order {number} was approved by {authority}."),
            );
        } else {
            story.near_miss(
                day,
                format!("退还书 {number} 由财政部门（{authority}）批准。"),
                format!("Order {number} was approved by finance, given as {authority}."),
            );
        }
        story.add_refund(refund);
    }
}

/// 未经三级审核: in the agent sub-treasury three people review.
fn not_reviewed(story: &mut Story) {
    for (issuer, subject, index, names, cured, is_hit) in [
        (4, 11, 17, "林芳、郑远", None, true),
        (4, 12, 19, "林芳、郑远、林芳", None, true),
        (4, 13, 21, "", Some(23), true),
        (1, 4, 22, "林芳", None, false),
    ] {
        let (day, _, mut refund) = ordered(story, issuer, subject, 2_400, index);
        let number = number_of(&refund);
        let code = TREASURIES[ISSUERS[issuer].treasury].code;
        let right = refund.booking.clone();
        if let Some(booking) = &mut refund.booking {
            booking.set("reviewed_by", names);
        }
        story.add_refund(refund);
        if !is_hit {
            story.near_miss(
                day,
                format!("{number} 由非代理的县支库退付，一人审核。"),
                format!("Refund {number} was paid by a sub-treasury that is not run by an agent."),
            );
            continue;
        }
        let of = finding(day, "refund-agent-review", &number, "treasury", code, "low");
        story.expect(of.clone());
        story.tell(
            day,
            format!("代理乡库退付 {number}，审核人一栏为“{names}”。"),
            format!("The agent sub-treasury pays refund {number} with fewer than three reviewers."),
        );
        if let Some((cured, right)) = cured.map(|index| story.early(index)).zip(right) {
            story.record(right.on(cured));
            story.expect(Expected { day: cured, status: "resolved", ..of });
            story.tell(
                cured,
                format!("代理乡库补报 {number} 的三名审核人。"),
                format!("The agent sub-treasury names the three reviewers of refund {number}."),
            );
        }
    }
}
