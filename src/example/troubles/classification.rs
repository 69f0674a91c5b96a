//! Revenue under the wrong tax type, subject, level or treasury, and shares that are none.

use crate::example::Expected;
use crate::example::documents;
use crate::example::publish::yuan;
use crate::example::record::Record;
use crate::example::refunds;
use crate::example::story::{Story, finding, prompt};
use crate::example::world::{BANKS, Booking, ISSUERS, Payment, SUBJECTS, Slip, TREASURIES};

use super::revenue::{account, booking_of, receipt_of};
use super::{ABC, CCB, ICBC, RCB, Trouble, issuer_party};

pub(super) static TROUBLES: &[Trouble] = &[
    mixed_tax_types,
    impossible_levels,
    other_treasuries,
    wrong_shares,
    invalid_subjects,
    outside_the_treasury,
];

/// A finding about a slip, of the day on which it is billed.
fn about(rule: &'static str, slip: &Slip, severity: &'static str) -> Expected {
    let party = issuer_party(slip.issuer);
    finding(slip.billed, rule, slip.number, party, ISSUERS[slip.issuer].code, severity)
}

/// 混税种: the tax type is another one than the subject's. Zeros in front are none.
fn mixed_tax_types(story: &mut Story) {
    for (issuer, subject, index, tax_type, is_hit) in
        [(0, 1, 17, "01", true), (2, 10, 19, "09", true), (1, 1, 18, "4", false), (1, 4, 20, "", false)]
    {
        let day = story.early(index);
        let slip = story.slip(issuer, subject, 21_300, day);
        story.add(Payment { slip: None, ..prompt(&slip, ICBC) });
        let row = documents::slip(&slip, &story.world.payers[slip.payer]).with("tax_type", tax_type);
        story.record(row);
        let subject = SUBJECTS[subject].code;
        if is_hit {
            story.expect(about("mixed-tax-type", &slip, "high"));
            story.tell(
                day,
                format!("{} 税种代码 {tax_type}，科目却是 {subject}。", slip.number),
                format!("Slip {} is of tax type {tax_type}, and of subject {subject}.", slip.number),
            );
        } else if tax_type.is_empty() {
            story.near_miss(
                day,
                format!("{} 未填税种代码，无从比较。", slip.number),
                format!("Slip {} states no tax type.", slip.number),
            );
        } else {
            story.near_miss(
                day,
                format!("{} 税种代码写作 {tax_type}，只是省去前导零。", slip.number),
                format!("Slip {} writes its tax type without the zero in front.", slip.number),
            );
        }
    }
}

/// 串级次: levels that do not fit the subject or the treasury. One is moved to the right level, as approved.
fn impossible_levels(story: &mut Story) {
    for (issuer, subject, index, level, cured, is_hit) in [
        (1, 6, 17, 1, Some(19), true),
        (3, 13, 18, 0, None, true),
        (2, 0, 21, 3, None, true),
        (1, 0, 20, 4, None, false),
    ] {
        let day = story.early(index);
        let slip = Slip { level, ..story.slip(issuer, subject, 17_800, day) };
        story.add(prompt(&slip, ABC));
        if !is_hit {
            story.near_miss(
                day,
                format!("{} 为共享科目，列县级，可以。", slip.number),
                format!("Slip {} has a shared subject at the county's level, which may be.", slip.number),
            );
            continue;
        }
        let of = about("wrong-budget-level", &slip, "high");
        story.expect(of.clone());
        story.tell(
            day,
            format!("{} 科目 {} 列为级次 {level}。", slip.number, SUBJECTS[subject].code),
            format!("Slip {} puts subject {} at level {level}.", slip.number, SUBJECTS[subject].code),
        );
        let Some(cured) = cured.map(|index| story.early(index)) else { continue };
        story.expect(Expected { day: cured, status: "resolved", ..of });
        let right = TREASURIES[slip.treasury].level;
        let notice = refunds::correction(story.order(), cured, &slip, SUBJECTS[subject].code);
        let number = notice[0].get("voucher_no").to_owned();
        for row in notice {
            story.record(row.with("new_level", right));
        }
        let office = ISSUERS[issuer].code;
        let rule = "correction-cross-level";
        story.expect(Expected {
            status: "resolved",
            ..finding(cured, rule, &number, issuer_party(issuer), office, "info")
        });
        story.tell(
            cured,
            format!("更正通知书 {number} 经批准将 {} 调至级次 {right}。", slip.number),
            format!("Notice {number} moves slip {} to level {right}, as approved.", slip.number),
        );
    }
}

/// 串国库: another treasury than the issuer's, and all agree. Where the slip alone is wrong it is a mismatch.
fn other_treasuries(story: &mut Story) {
    for (issuer, subject, index, treasury, bank) in [(1, 7, 18, 3, ICBC), (4, 11, 20, 2, CCB)] {
        let day = story.early(index);
        let level = TREASURIES[treasury].level;
        let slip = Slip { treasury, level, ..story.slip(issuer, subject, 13_100, day) };
        story.add(prompt(&slip, bank));
        story.expect(about("wrong-treasury", &slip, "high"));
        story.tell(
            day,
            format!("{} 由{}开出，却缴入{}。", slip.number, ISSUERS[issuer].name, TREASURIES[treasury].name),
            format!(
                "Slip {} of {} goes into treasury {}.",
                slip.number, ISSUERS[issuer].code, TREASURIES[treasury].code
            ),
        );
    }
    let day = story.early(22);
    let slip = story.slip(2, 9, 13_600, day);
    let mut payment = prompt(&slip, RCB);
    payment.slip = Some((day, Slip { treasury: 2, ..slip }));
    story.add(payment);
    story.expect(about("treasury-mismatch", &slip, "high"));
    story.near_miss(
        day,
        format!("{} 票面国库误填，银行与国库均按正确国库办理：属国库不一致，不是串国库。", slip.number),
        format!("Slip {} alone names another treasury: a mismatch, and not this.", slip.number),
    );
}

/// 分成不符: shares that do not add up, in another ratio, or of a level that has none. An odd fen is nobody's fault.
fn wrong_shares(story: &mut Story) {
    for (item, level, rate) in [
        ("10101", 1, "0.5"),
        ("10101", 4, "0.5"),
        ("10104", 1, "0.6"),
        ("10104", 2, "0.25"),
        ("10104", 4, "0.15"),
    ] {
        story.table(
            Record::of_table("sharing")
                .with("subject", item)
                .with("level", level)
                .with("rate", rate)
                .with("valid_from", "2016-05-01"),
        );
    }
    // (issuer, subject, day, level and per cent of the first share, level of the other, fen that are lost)
    for (issuer, subject, index, first, percent, other, lost) in [
        (1, 0, 17, 1, 50, 4, 30_000),
        (2, 1, 19, 1, 50, 4, 0),
        (1, 0, 20, 1, 50, 3, 0),
        (2, 0, 21, 1, 50, 4, 0),
    ] {
        let day = story.early(index);
        let slip = story.slip(issuer, subject, 24_500, day);
        let mut payment = prompt(&slip, ABC);
        let share = (slip.fen * percent + 99) / 100;
        let half = Booking { level: first, fen: share, ..*booking_of(&mut payment) };
        let rest = Booking { level: other, fen: slip.fen - share - lost, ..half };
        payment.booking = Some((day, half));
        let place = story.add(payment);
        story.add(Payment { slip: None, receipt: None, booking: Some((day, rest)) });
        if (subject, other, lost) == (0, 4, 0) {
            story.near_miss(
                day,
                format!("{} 按比例分成，多出的一分归一方。", slip.number),
                format!("Slip {} is shared by the table, to the fen that is left over.", slip.number),
            );
            continue;
        }
        let code = TREASURIES[slip.treasury].code;
        let difference = (lost > 0).then_some(-lost);
        let of = finding(day, "share-split-mismatch", slip.number, "treasury", code, "high");
        story.expect(Expected { difference, ..of });
        if lost > 0 {
            story.deviates(place, "treasury", -lost, None);
        }
        story.tell(
            day,
            format!(
                "{} 国库分成入库：级次 {first} {} 元，级次 {other} {} 元。",
                slip.number,
                yuan(half.fen),
                yuan(rest.fen)
            ),
            format!("The treasury books slip {} in shares of levels {first} and {other}.", slip.number),
        );
    }
}

/// 科目无效: not in the table, closed to entries, of another class; one is corrected.
fn invalid_subjects(story: &mut Story) {
    story.table(
        Record::of_table("subjects")
            .with("code", "1010908")
            .with("name", "城市维护建设税（已停用）")
            .with("class", "income")
            .with("attribute", "2")
            .with("enterable", "false")
            .with("tax_type", "09"),
    );
    for (issuer, subject, index, code, cured) in
        [(1, 4, 18, "1010908", Some(20)), (2, 5, 19, "1019901", None), (3, 12, 21, "2050201", None)]
    {
        let day = story.early(index);
        let slip = story.slip(issuer, subject, 18_400, day);
        let mut payment = prompt(&slip, RCB);
        let booking = documents::booking(booking_of(&mut payment)).with("subject", code);
        let document = documents::slip(&slip, &story.world.payers[slip.payer]).with("subject", code);
        story.add(Payment { slip: None, booking: None, ..payment });
        story.record(document);
        story.record(booking);
        let of = about("subject-invalid", &slip, "medium");
        story.expect(of.clone());
        story.tell(
            day,
            format!("{} 的科目 {code} 不可录入或不在科目表收入类中。", slip.number),
            format!("Slip {} has subject {code}, which the table does not open for revenue.", slip.number),
        );
        let Some(cured) = cured.map(|index| story.early(index)) else { continue };
        for row in refunds::correction(story.order(), cured, &slip, SUBJECTS[subject].code) {
            story.record(row.with("old_subject", code));
        }
        story.expect(Expected { day: cured, status: "resolved", ..of });
        story.tell(
            cured,
            format!("{} 的科目更正为 {}。", slip.number, SUBJECTS[subject].code),
            format!("The subject of slip {} is corrected.", slip.number),
        );
    }
}

/// 应缴国库资金未入国库: non-tax revenue on a company's account, or on a special account finance never approved.
fn outside_the_treasury(story: &mut Story) {
    let company = account(ICBC, "00550011", "云岫市政停车管理有限公司", "enterprise", "basic");
    let unapproved = account(CCB, "00550022", "柳坝镇非税收入专户", "finance", "fiscal_special");
    let mut approved = account(ABC, "00550033", "云岫市非税收入财政专户", "finance", "fiscal_special");
    (approved.permit, approved.approval) = ("Z2901000000055", "云财库〔2021〕11号");
    for (of, issuer, subject, index, is_hit) in
        [(company, 3, 13, 18, true), (unapproved, 4, 11, 20, true), (approved, 3, 12, 22, false)]
    {
        let (bank, name) = (of.bank, of.holder_name);
        let to = story.account(of);
        let day = story.early(index);
        let slip = story.slip(issuer, subject, 32_000, day);
        let mut payment = prompt(&slip, bank);
        receipt_of(&mut payment).account = to;
        story.add(payment);
        // Whatever finance approved, it is not the account banks collect in.
        let number = BANKS[bank].number();
        story.expect(finding(day, "wrong-collection-subject", slip.number, "bank", number, "high"));
        if is_hit {
            story.expect(finding(day, "funds-outside-treasury", slip.number, "bank", number, "high"));
            story.tell(
                day,
                format!("{}将非税收入 {} 记入“{name}”。", BANKS[bank].name, slip.number),
                format!(
                    "{} credits non-tax revenue, slip {}, to an account of its own.",
                    BANKS[bank].short, slip.number
                ),
            );
        } else {
            story.near_miss(
                day,
                format!("{} 记入经批准的财政专户“{name}”：未入待报解户，但不是未入国库。", slip.number),
                format!("Slip {} goes to an approved fiscal special account.", slip.number),
            );
        }
    }
}
