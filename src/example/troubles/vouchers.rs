//! Controlled forms 重要空白凭证, dates and hand-over of vouchers.

use crate::example::payouts::{Mode, Payout};
use crate::example::record::Record;
use crate::example::registers::{UNITS, forms};
use crate::example::story::Story;

use super::{Trouble, of_finance, resolve};

pub(super) static TROUBLES: &[Trouble] = &[wrong_forms, left_out, unsigned, misdated, handed_over];

/// A voucher written on a form, planted.
fn on_form(story: &mut Story, index: usize, unit: usize, form: &str) -> String {
    let mut payout = story.payout(story.early(index), Mode::Real, unit, unit, 6_600);
    payout.voucher.set("form_no", form);
    let number = payout.number();
    story.add_payout(payout);
    number
}

fn dead(form: &str, state: &str, on: &str) -> Record {
    forms(form, form).with("state", state).with("state_on", on)
}

/// 空白凭证失控: forms that were not issued, void, lost, another unit's, too new, or used before.
fn wrong_forms(story: &mut Story) {
    story.table(dead("ZE00000011", "void", "2026-01-05"));
    story.table(dead("ZE00000012", "lost", "2026-01-05"));
    story.table(forms("ZE00000021", "ZE00000021").with("issued_to", UNITS[1].code));
    story.table(forms("ZE00000031", "ZE00000031").with("issued_on", "2026-01-30"));
    story.table(forms("ZE00000041", "ZE00000041").with("issued_to", UNITS[2].code));
    story.table(dead("ZE00000051", "void", "2026-01-30"));
    for (index, unit, form, severity, zh, en) in [
        (13, 0, "ZZ00000417", "high", "不在领用登记内", "was never issued"),
        (16, 1, "ZE00000011", "critical", "已于 1 月 5 日作废", "was void since 5 January"),
        (17, 3, "ZE00000012", "critical", "已于 1 月 5 日登记遗失", "was lost on 5 January"),
        (18, 2, "ZE00000021", "high", "是卫健委领用的", "was issued to another unit"),
        (19, 0, "ZE00000031", "high", "1 月 30 日才领用", "is issued only on 30 January"),
    ] {
        let number = on_form(story, index, unit, form);
        let day = story.early(index);
        story.expect(of_finance(day, "voucher-serial-control", form, severity));
        story.tell(
            day,
            format!("支付凭证 {number} 用的空白凭证 {form} {zh}。"),
            format!("Voucher {number} is written on form {form}, which {en}."),
        );
    }
    story.table(forms("ZE00000001", "ZE00000001"));
    let first = on_form(story, 15, 0, "ZE00000001");
    let second = on_form(story, 17, 1, "ZE00000001");
    let day = story.early(17);
    story.expect(of_finance(day, "voucher-serial-control", "ZE00000001", "critical"));
    story.tell(
        day,
        format!("支付凭证 {first} 与 {second} 用同一张空白凭证 ZE00000001。"),
        format!("Vouchers {first} and {second} are written on one form, ZE00000001."),
    );
    for (index, unit, form, zh, en) in [
        (14, 2, "ZE00000041", "由本单位领用", "was issued to the unit itself"),
        (20, 1, "ZE00000051", "用后才作废", "was void only later"),
    ] {
        let number = on_form(story, index, unit, form);
        story.near_miss(
            story.early(index),
            format!("支付凭证 {number} 用的空白凭证 {form} {zh}。"),
            format!("Voucher {number} is written on form {form}, which {en}."),
        );
    }
}

/// 跳号: a form left out for more than five working days after a higher one.
fn left_out(story: &mut Story) {
    story.table(forms("ZF00000001", "ZF00000009"));
    for (index, form) in
        [(13, "ZF00000001"), (13, "ZF00000002"), (14, "ZF00000004"), (22, "ZF00000003"), (23, "ZF00000006")]
    {
        on_form(story, index, 2, form);
    }
    for (index, form, cured) in [(20, "ZF00000003", Some(22)), (29, "ZF00000005", None)] {
        let day = story.early(index);
        let of = of_finance(day, "voucher-serial-control", form, "low");
        story.expect(of.clone());
        story.tell(
            day,
            format!("空白凭证 {form} 跳号，至今未用、未作废。"),
            format!("Form {form} was passed over and is neither used nor void."),
        );
        if let Some(cured) = cured.map(|index| story.early(index)) {
            resolve(story, &of, cured);
            story.tell(cured, format!("空白凭证 {form} 今日使用。"), format!("Form {form} is used today."));
        }
    }
    story.table(forms("ZF00000021", "ZF00000025"));
    story.table(dead("ZF00000022", "void", "2026-01-08"));
    on_form(story, 13, 3, "ZF00000021");
    on_form(story, 13, 3, "ZF00000023");
    story.near_miss(
        story.early(13),
        "空白凭证 ZF00000022 跳过不用，已登记作废。",
        "Form ZF00000022 is passed over; the register has it as void.",
    );
}

/// 领用未签收.
fn unsigned(story: &mut Story) {
    for (index, from, to) in [(14, "ZG00000001", "ZG00000050"), (19, "ZG00000051", "ZG00000100")] {
        let day = story.early(index);
        story.table(forms(from, to).with("issued_on", day).with("signed_by", ""));
        story.expect(of_finance(day, "voucher-unsigned-issue", from, "low"));
        story.tell(
            day,
            format!("财政局领用空白凭证 {from} 至 {to}，无人签收。"),
            format!("Forms {from} to {to} are issued, and nobody signs for them."),
        );
    }
    story.table(
        dead("ZG00000200", "void", "2026-01-13").with("issued_on", "2026-01-13").with("signed_by", ""),
    );
    story.near_miss(
        story.early(15),
        "空白凭证 ZG00000200 领用当日作废，无须签收。",
        "Form ZG00000200 is void on the day it is issued and needs no signature.",
    );
}

/// 凭证日期无效: dated ahead, or too old.
fn misdated(story: &mut Story) {
    for (index, dated, is_hit) in [(13, 14, true), (29, 18, true), (29, 19, false)] {
        let (day, dated) = (story.early(index), story.early(dated));
        let mut payout = story.payout(day, Mode::Real, 3, 3, 7_700);
        payout.voucher.set("voucher_date", dated);
        let number = payout.number();
        story.add_payout(payout);
        if is_hit {
            story.expect(of_finance(day, "voucher-date-invalid", &number, "low"));
            story.tell(
                day,
                format!("国库今日受理的支付凭证 {number}，凭证日期为 {dated}。"),
                format!("Voucher {number}, taken in today, is dated {dated}."),
            );
        } else {
            story.near_miss(
                day,
                format!("支付凭证 {number} 日期为 {dated}，受理时恰满十个工作日，仍有效。"),
                format!("Voucher {number} of {dated} is ten working days old, and still valid."),
            );
        }
    }
}

/// 交接手续缺失: who, when, or a day before the voucher's own.
fn handed_over(story: &mut Story) {
    for (index, column, cured, zh, en) in [
        (14, "handover", Some(16), "未登记交接人", "does not say who handed it over"),
        (17, "delivered_on", None, "未登记送达日期", "does not say when it was handed over"),
        (20, "early", None, "送达早于凭证日期", "was handed over before its date"),
    ] {
        let (mut payout, complete) = handed(story, index);
        let (number, day) = (payout.number(), payout.voucher.day);
        if column == "early" {
            payout.voucher.set("delivered_on", story.early(index - 1));
        } else {
            payout.voucher.set(column, "");
        }
        story.add_payout(payout);
        let of = of_finance(day, "voucher-handover-missing", &number, "low");
        story.expect(of.clone());
        story.tell(day, format!("支付凭证 {number} {zh}。"), format!("Voucher {number} {en}."));
        if let Some(cured) = cured.map(|index| story.early(index)) {
            story.record(complete.on(cured));
            resolve(story, &of, cured);
            story.tell(
                cured,
                format!("支付凭证 {number} 补登交接人。"),
                format!("Who handed voucher {number} over is entered."),
            );
        }
    }
    let (mut payout, _) = handed(story, 18);
    payout.voucher.set("voucher_date", story.early(17));
    let (number, day) = (payout.number(), payout.voucher.day);
    story.add_payout(payout);
    story.near_miss(
        day,
        format!("支付凭证 {number} 次日送达。"),
        format!("Voucher {number} is handed over the day after its date."),
    );
}

fn handed(story: &mut Story, index: usize) -> (Payout, Record) {
    let payout = story.payout(story.early(index), Mode::Real, 2, 2, 5_400);
    let complete = payout.voucher.clone();
    (payout, complete)
}
