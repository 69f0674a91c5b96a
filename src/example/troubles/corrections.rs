//! Corrections of what was booked.

use chrono::NaiveDate;

use crate::example::Expected;
use crate::example::calendar::lag;
use crate::example::publish::yuan;
use crate::example::record::Record;
use crate::example::refunds;
use crate::example::registers;
use crate::example::story::{Story, finding, prompt};
use crate::example::world::{BANKS, Booking, ISSUERS, Payment, SUBJECTS, Slip, TREASURIES};

use super::revenue::booking_of;
use super::{CCB, Trouble, issuer_party};

pub(super) static TROUBLES: &[Trouble] =
    &[unbalanced, of_unknown_slips, without_change, repeated, late, across_levels, by_another_party];

/// A slip paid four working days before day number `index`, and the notice in both ledgers: in order as they stand.
fn noticed(
    story: &mut Story,
    issuer: usize,
    subject: usize,
    yuan: i64,
    index: usize,
) -> (NaiveDate, Slip, [Record; 2]) {
    let slip = story.paid(issuer, subject, yuan, story.early(index - 4), index % BANKS.len());
    let day = story.early(index);
    let notice = notice(story, day, &slip);
    (day, slip, notice)
}

fn notice(story: &mut Story, day: NaiveDate, slip: &Slip) -> [Record; 2] {
    refunds::correction(story.order(), day, slip, &registers::sibling(slip.subject))
}

fn number_of(notice: &[Record; 2]) -> String {
    notice[0].get("voucher_no").to_owned()
}

fn add(story: &mut Story, notice: [Record; 2]) {
    for row in notice {
        story.record(row);
    }
}

/// A finding about a notice that its issuer carries first.
fn about(rule: &'static str, notice: &[Record; 2], issuer: usize, severity: &'static str) -> Expected {
    let party = issuer_party(issuer);
    finding(notice[0].day, rule, number_of(notice), party, ISSUERS[issuer].code, severity)
}

/// 金额不平衡: in both ledgers, or in the treasury's copy alone, which is set right the next day.
fn unbalanced(story: &mut Story) {
    for (issuer, subject, index, in_both, fen, cured) in
        [(0, 4, 17, true, 90_000, None), (1, 5, 19, false, -5_000, Some(20)), (3, 11, 21, true, 100, None)]
    {
        let (day, slip, mut notice) = noticed(story, issuer, subject, 11_000, index);
        let right = notice[1].clone();
        for row in notice.iter_mut().skip(usize::from(!in_both)) {
            row.set("new_amount", yuan(slip.fen + fen));
        }
        let number = number_of(&notice);
        let code = TREASURIES[slip.treasury].code;
        let rule = "correction-unbalanced";
        let of = if in_both {
            about(rule, &notice, issuer, "high")
        } else {
            finding(day, rule, &number, "treasury", code, "high")
        };
        story.expect(Expected { difference: Some(fen), ..of.clone() });
        story.tell(
            day,
            format!("更正通知书 {number} 新旧金额相差 {} 元。", yuan(fen)),
            format!("The two sides of notice {number} differ by {} yuan.", yuan(fen)),
        );
        if let Some(cured) = cured.map(|index| story.early(index)) {
            story.record(right.on(cured));
            story.expect(Expected { day: cured, status: "resolved", ..of });
            story.expect(finding(cured, "ledger-tamper", &number, "treasury", code, "high"));
            story.tell(
                cured,
                format!("国库重报更正通知书 {number}，金额已平。"),
                format!("The treasury delivers notice {number} again, balanced."),
            );
        }
        add(story, notice);
    }
    let (day, slip, mut notice) = noticed(story, 2, 6, 11_400, 18);
    for row in &mut notice {
        row.set("old_amount", yuan(slip.fen / 4)).set("new_amount", yuan(slip.fen / 4));
    }
    let number = number_of(&notice);
    add(story, notice);
    story.near_miss(
        day,
        format!("更正通知书 {number} 只更正税票的一部分，两边相等。"),
        format!("Notice {number} moves a part of its slip, and both sides are equal."),
    );
}

/// 无原始税票: nobody knows the slip. One comes two days later; of one the book may be too young to know.
fn of_unknown_slips(story: &mut Story) {
    for (issuer, subject, billed, index, cured, is_hit) in
        [(0, 4, 25, 26, Some(28), true), (3, 13, 25, 27, None, true), (1, 6, 19, 22, None, false)]
    {
        let day = story.early(index);
        let slip = story.slip(issuer, subject, 4_700, story.early(billed));
        let notice = notice(story, day, &slip);
        let number = number_of(&notice);
        if let Some(cured) = cured.map(|index| story.early(index)) {
            story.add(Payment { slip: Some((cured, slip)), ..slip.unpaid() });
            let of = about("correction-no-original", &notice, issuer, "medium");
            story.expect(Expected { day: cured, status: "resolved", ..of });
        }
        if is_hit {
            story.expect(about("correction-no-original", &notice, issuer, "medium"));
            story.tell(
                day,
                format!("更正通知书 {number} 所列税票 {} 各方均无。", slip.number),
                format!("Nobody has slip {}, which notice {number} corrects.", slip.number),
            );
        } else {
            story.near_miss(
                day,
                format!(
                    "更正通知书 {number} 的税票 {} 查无记录，但发现日前三十日账簿尚未开始。",
                    slip.number
                ),
                format!("The slip of notice {number} may be older than the book."),
            );
        }
        let notice = notice.map(|row| if is_hit { row } else { row.with("detected_on", "2026-01-20") });
        add(story, notice);
    }
}

/// 更正前后相同: in both ledgers; or in the tax office's alone, where the treasury's states a change.
fn without_change(story: &mut Story) {
    let (day, slip, mut both) = noticed(story, 1, 6, 8_100, 17);
    for row in &mut both {
        row.set("new_subject", SUBJECTS[slip.subject].code);
    }
    let (other_day, other, [mut own, copy]) = noticed(story, 2, 8, 8_200, 18);
    own.set("new_subject", SUBJECTS[other.subject].code);
    let cured = story.early(20);
    let copy = copy.on(cured).with("corrected_on", cured);
    let number = own.get("voucher_no").to_owned();
    let of = finding(other_day, "correction-no-change", &number, "tax", ISSUERS[2].code, "low");
    for of in [about("correction-no-change", &both, 1, "low"), of] {
        story.tell(
            of.day,
            format!("更正通知书 {} 更正前后完全相同。", of.key),
            format!("Notice {} says the same before and after.", of.key),
        );
        story.expect(of);
    }
    // Nobody ordered it, and the notice still says nothing.
    let code = TREASURIES[other.treasury].code;
    story.expect(finding(cured, "subject-mismatch", &number, "treasury", code, "high"));
    story.tell(
        cured,
        format!("国库的更正通知书 {number} 列明了更正后的科目，与原通知书不同。"),
        format!("The treasury's copy of notice {number} states a new subject, which the notice does not."),
    );
    add(story, both);
    add(story, [own, copy]);
    assert!(day < cured, "the copy comes last");
    let (day, _, mut notice) = noticed(story, 0, 5, 8_300, 19);
    for row in &mut notice {
        row.set("old_org", "");
    }
    let number = number_of(&notice);
    add(story, notice);
    story.near_miss(
        day,
        format!("更正通知书 {number} 仅更正后一方填征收机关，科目有变。"),
        format!("Notice {number} names the organ on one side only, and moves the subject."),
    );
}

/// 多次更正: three days later, or twice on one day. The same correction under two numbers is one.
fn repeated(story: &mut Story) {
    for (issuer, subject, then, index, second) in [(0, 7, 7, 17, 20), (3, 12, 11, 18, 18)] {
        let (_, slip, first) = noticed(story, issuer, subject, 13_500, index);
        let day = story.early(second);
        let again = notice(story, day, &slip).map(|row| {
            row.with("old_subject", registers::sibling(slip.subject)).with("new_subject", SUBJECTS[then].code)
        });
        let office = ISSUERS[issuer].code;
        let rule = "correction-repeat";
        story.expect(finding(day, rule, slip.number, issuer_party(issuer), office, "medium"));
        story.tell(
            day,
            format!("税票 {} 第二次更正（{}、{}）。", slip.number, number_of(&first), number_of(&again)),
            format!("Slip {} is corrected a second time.", slip.number),
        );
        add(story, first);
        add(story, again);
    }
    let (day, slip, [own, copy]) = noticed(story, 1, 9, 13_800, 22);
    let renamed = format!("GK{}", copy.get("voucher_no"));
    add(story, [own, copy.with("voucher_no", renamed)]);
    story.near_miss(
        day,
        format!("税票 {} 的同一更正，税务与国库编号不同，仍是一次。", slip.number),
        format!("Slip {} is corrected once, which both ledgers number differently.", slip.number),
    );
}

/// 更正不及时: more than five working days after it was found.
fn late(story: &mut Story) {
    for (issuer, subject, found, index) in [(1, 9, 10, 16), (2, 10, 12, 20), (0, 6, 11, 16)] {
        let (day, slip, notice) = noticed(story, issuer, subject, 7_100, index);
        let detected = story.early(found);
        let notice = notice.map(|row| row.with("detected_on", detected));
        let number = number_of(&notice);
        let days = lag(detected, day);
        if days > 5 {
            let of = about("correction-late", &notice, issuer, "medium");
            story.expect(Expected { status: "resolved", days_late: Some(days - 5), ..of });
            story.tell(
                day,
                format!("税票 {} 的差错 {detected} 发现，今日才由 {number} 更正。", slip.number),
                format!("An error found on {detected} is corrected only today, by {number}."),
            );
        } else {
            story.near_miss(
                day,
                format!("更正通知书 {number} 在发现后第五个工作日更正。"),
                format!("Notice {number} is of the fifth working day after the error was found."),
            );
        }
        add(story, notice);
    }
}

/// 跨级次更正: without approval, with approval later, approved at once. A subject alone is nobody's level.
fn across_levels(story: &mut Story) {
    for (issuer, subject, index, to, approval) in
        [(1, 0, 17, "4", Some(19)), (0, 1, 18, "3", None), (2, 2, 20, "4", Some(20))]
    {
        let (day, slip, notice) = noticed(story, issuer, subject, 15_200, index);
        let approved =
            notice.map(|row| row.with("new_subject", SUBJECTS[subject].code).with("new_level", to));
        let bare = approved.clone().map(|row| row.with("approval_ref", ""));
        let of = about("correction-cross-level", &approved, issuer, "high");
        let approval = approval.map(|index| story.early(index));
        let number = number_of(&approved);
        story.tell(
            day,
            format!("更正通知书 {number} 将税票 {} 由级次 {} 调至 {to}。", slip.number, slip.level),
            format!("Notice {number} moves slip {} from level {} to {to}.", slip.number, slip.level),
        );
        if let Some(approval) = approval {
            let of = Expected { day: approval, severity: "info", status: "resolved", ..of.clone() };
            story.expect(of);
            story.tell(
                approval,
                format!("更正通知书 {number} 有批准文号。"),
                format!("Notice {number} states its approval."),
            );
        }
        if approval == Some(day) {
            add(story, approved);
            continue;
        }
        story.expect(of);
        add(story, bare);
        if let Some(approval) = approval {
            add(story, approved.map(|row| row.on(approval)));
        }
    }
}

/// 更正方不是差错方: the treasury booked another subject, and the issuer corrects it. The treasury may do so itself.
fn by_another_party(story: &mut Story) {
    for (issuer, subject, wrong, index, own) in
        [(1, 4, 5, 17, None), (2, 6, 7, 18, Some(20)), (3, 12, 11, 22, Some(22))]
    {
        let (paid, day) = (story.early(index - 2), story.early(index));
        let slip = story.slip(issuer, subject, 16_600, paid);
        let mut payment = prompt(&slip, CCB);
        *booking_of(&mut payment) = Booking { subject: wrong, ..*booking_of(&mut payment) };
        story.add(payment);
        let code = TREASURIES[slip.treasury].code;
        let of = finding(paid, "subject-mismatch", slip.number, "treasury", code, "high");
        story.expect(of.clone());
        story.expect(Expected { day, status: "resolved", ..of });
        story.tell(
            paid,
            format!("{} 国库入错科目。", slip.number),
            format!("The treasury books slip {} under another subject.", slip.number),
        );
        let (from, to) = (SUBJECTS[wrong].code, SUBJECTS[subject].code);
        let notice =
            notice(story, day, &slip).map(|row| row.with("old_subject", from).with("new_subject", to));
        let number = number_of(&notice);
        let of = about("correction-wrong-party", &notice, issuer, "low");
        let own = own.map(|index| story.early(index));
        if own == Some(day) {
            story.near_miss(
                day,
                format!("国库入错的科目由国库更正（{number}）。"),
                format!("The treasury itself corrects what it booked wrong, by {number}."),
            );
        } else {
            story.expect(of.clone());
            story.tell(
                day,
                format!("国库入错的科目由开票方更正（{number}）。"),
                format!("The issuer corrects what the treasury booked wrong, by {number}."),
            );
        }
        let [issued, copy] = notice;
        if let Some(own) = own {
            story.record(copy.on(own).with("corrected_on", own));
            if own > day {
                story.expect(Expected { day: own, status: "resolved", ..of });
            }
        }
        if own != Some(day) {
            story.record(issued);
        }
    }
}
