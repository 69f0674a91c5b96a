//! Redemptions of savings bonds 国债兑付.

use chrono::NaiveDate;

use crate::example::Expected;
use crate::example::calendar::next_working;
use crate::example::publish::yuan;
use crate::example::record::Record;
use crate::example::registers::BOND_INTEREST;
use crate::example::story::{Story, finding};
use crate::example::world::BANKS;

use super::{ABC, CCB, ICBC, RCB, Trouble, redeliver, resolve};

pub(super) static TROUBLES: &[Trouble] = &[too_many, again, other_terms, mistyped];

/// The issue of the ordinary redemptions.
const ISSUE: &str = "2020-凭1";

fn redemption(day: NaiveDate, bank: usize, issue: &str, certificate: &str) -> Record {
    Record::new(day, "bond-redemptions", BANKS[bank].short)
        .with("certificate_no", certificate)
        .with("issue", issue)
        .with("bank", BANKS[bank].number())
        .with("principal", "1000.00")
        .with("interest", yuan(BOND_INTEREST))
        .with("redeemed_on", day)
        .with("early", "false")
}

fn issue(name: &str, certificates: [&str; 2], principal: &str, rate: &str, term: [&str; 2]) -> Record {
    Record::of_table("bonds")
        .with("issue", name)
        .with("certificate_from", certificates[0])
        .with("certificate_to", certificates[1])
        .with("principal", principal)
        .with("rate", rate)
        .with("issued_on", term[0])
        .with("matures_on", term[1])
}

fn of_bank(day: NaiveDate, rule: &'static str, key: &str, bank: usize, severity: &'static str) -> Expected {
    finding(day, rule, key, "bank", BANKS[bank].number(), severity)
}

/// 超兑: beyond the control figure, or beyond what the certificates come to.
fn too_many(story: &mut Story) {
    let small =
        issue("2021-凭3", ["GB00000001", "GB00000009"], "1000.00", "3.00", ["2021-01-10", "2024-01-10"]);
    story.table(small.with("total", "3000.00"));
    for (nth, index) in (1..).zip([12, 13, 13, 15]) {
        let (day, certificate) = (story.early(index), format!("GB0000000{nth}"));
        story.record(redemption(day, ICBC, "2021-凭3", &certificate).with("interest", "90.00"));
        if nth == 4 {
            story.expect(Expected {
                difference: Some(100_000),
                ..of_bank(day, "bond-over-redemption", &certificate, ICBC, "critical")
            });
            story.tell(
                day,
                format!("工行兑付凭证 {certificate}，该期控制数 3000.00 元已兑完。"),
                format!("icbc redeems certificate {certificate}; the 3000.00 yuan of the issue were redeemed already."),
            );
        } else if nth == 3 {
            story.near_miss(
                day,
                format!("凭证 {certificate} 恰好兑完该期控制数。"),
                format!("Certificate {certificate} is the last of what was issued."),
            );
        }
    }
    // Of this issue no control figure is known; the third certificate was never issued.
    story.table(issue(
        "2022-凭1",
        ["GC00000001", "GC00000002"],
        "5000.00",
        "3.35",
        ["2022-11-10", "2025-11-10"],
    ));
    for (nth, index) in (1..).zip([12, 16, 18]) {
        let (day, certificate) = (story.early(index), format!("GC0000000{nth}"));
        let row = redemption(day, RCB, "2022-凭1", &certificate);
        story.record(row.with("principal", "5000.00").with("interest", "502.96"));
        if nth == 3 {
            story.expect(Expected {
                difference: Some(500_000),
                ..of_bank(day, "bond-over-redemption", &certificate, RCB, "critical")
            });
            story.expect(of_bank(day, "bond-register-mismatch", &certificate, RCB, "high"));
            story.tell(
                day,
                format!("信用联社兑付凭证 {certificate}，该期只发行两张。"),
                format!("rcb redeems certificate {certificate}; two were issued."),
            );
        }
    }
}

/// 重复兑付: at two outlets, or on two days.
fn again(story: &mut Story) {
    for (certificate, first, second) in
        [("GZ00150001", (13, ICBC), (17, CCB)), ("GZ00150002", (14, RCB), (16, RCB))]
    {
        for (index, bank) in [first, second] {
            story.record(redemption(story.early(index), bank, ISSUE, certificate));
        }
        let (day, bank) = (story.early(second.0), second.1);
        story.expect(of_bank(day, "bond-duplicate-redemption", certificate, bank, "critical"));
        story.tell(
            day,
            format!("{}兑付凭证 {certificate}，该凭证 {} 已兑付。", BANKS[bank].name, story.early(first.0)),
            format!(
                "{} redeems certificate {certificate}, which was redeemed on {}.",
                BANKS[bank].short,
                story.early(first.0)
            ),
        );
    }
    let day = story.early(14);
    let row = redemption(day, ABC, ISSUE, "GZ00150003");
    story.record(row.on(next_working(day)));
    story.record(row);
    story.near_miss(
        next_working(day),
        "农行次日重报凭证 GZ00150003 的同一笔兑付，不是再次兑付。",
        "abc delivers its redemption of certificate GZ00150003 again: it is one.",
    );
}

/// 与登记不符: an unknown issue, another face value or interest, or not due.
fn other_terms(story: &mut Story) {
    let young =
        issue("2024-凭2", ["GD00000001", "GD00009999"], "1000.00", "2.50", ["2024-05-10", "2027-05-10"]);
    story.table(young.with("total", "9999000.00"));
    let rule = "bond-register-mismatch";
    for (index, bank, issue, certificate, column, value, zh, en) in [
        (
            13,
            ABC,
            "2009-凭9",
            "GY00000001",
            "early",
            "false",
            "券种不在登记内",
            "is of an issue nobody registered",
        ),
        (
            15,
            CCB,
            ISSUE,
            "GZ00150011",
            "principal",
            "2000.00",
            "面值 1000.00 元兑付 2000.00 元",
            "has a face value of 1000.00 yuan, not 2000.00",
        ),
        (
            16,
            ICBC,
            "2024-凭2",
            "GD00000001",
            "interest",
            "41.00",
            "2027 年才到期，未标明提前兑付",
            "matures in 2027 and is not marked as early",
        ),
    ] {
        let day = story.early(index);
        story.record(redemption(day, bank, issue, certificate).with(column, value));
        story.expect(of_bank(day, rule, certificate, bank, "high"));
        story.tell(
            day,
            format!("{}兑付凭证 {certificate}：{zh}。", BANKS[bank].name),
            format!("{} redeems certificate {certificate}, which {en}.", BANKS[bank].short),
        );
    }
    let (day, cured, certificate) = (story.early(14), story.early(17), "GZ00150010");
    let right = redemption(day, RCB, ISSUE, certificate);
    story.record(right.clone().with("interest", "199.00"));
    let of = of_bank(day, rule, certificate, RCB, "high");
    story.expect(of.clone());
    resolve(story, &of, cured);
    redeliver(story, cured, &right, "bank", BANKS[RCB].number());
    story.tell(
        day,
        format!("信用联社付凭证 {certificate} 利息 199.00 元，按条件应为 {} 元。", yuan(BOND_INTEREST)),
        format!(
            "rcb pays 199.00 yuan of interest on certificate {certificate}; its terms give {}.",
            yuan(BOND_INTEREST)
        ),
    );
    story.tell(
        cured,
        format!("信用联社更正凭证 {certificate} 的利息后重报。"),
        format!("rcb delivers certificate {certificate} again with the right interest."),
    );
    let day = story.early(18);
    let early = redemption(day, ICBC, "2024-凭2", "GD00000002");
    story.record(early.with("interest", "12.00").with("early", "true"));
    story.near_miss(
        day,
        "凭证 GD00000002 未到期，标明提前兑付，利息另计。",
        "Certificate GD00000002 is not due, and is marked as redeemed early.",
    );
}

/// A principal with a nought too many is more than the whole issue, until it is corrected.
fn mistyped(story: &mut Story) {
    let tiny =
        issue("2021-凭7", ["GE00000001", "GE00000005"], "1000.00", "3.00", ["2021-01-10", "2024-01-10"]);
    story.table(tiny.with("total", "5000.00"));
    let (day, cured, certificate) = (story.early(17), story.early(20), "GE00000001");
    let right = redemption(day, CCB, "2021-凭7", certificate).with("interest", "90.00");
    story.record(right.clone().with("principal", "10000.00"));
    let over = Expected {
        difference: Some(500_000),
        ..of_bank(day, "bond-over-redemption", certificate, CCB, "critical")
    };
    story.expect(over.clone());
    story.expect(Expected { day: cured, status: "resolved", difference: None, ..over });
    let other = of_bank(day, "bond-register-mismatch", certificate, CCB, "high");
    story.expect(other.clone());
    resolve(story, &other, cured);
    redeliver(story, cured, &right, "bank", BANKS[CCB].number());
    story.tell(
        day,
        format!("建行兑付凭证 {certificate}，本金多写一个零，超过该期全部发行数。"),
        format!("ccb redeems certificate {certificate} with a nought too many, more than the whole issue."),
    );
    story.tell(
        cured,
        format!("建行更正凭证 {certificate} 的本金后重报。"),
        format!("ccb delivers certificate {certificate} again with the right principal."),
    );
}
