//! Duties that a record proves 履职, and what the year has brought in so far.

use crate::example::Expected;
use crate::example::calendar::date;
use crate::example::record::Record;
use crate::example::story::{Story, finding};
use crate::example::world::FINANCE_BUREAU;

use super::Trouble;

pub(super) static TROUBLES: &[Trouble] = &[not_signed, not_done, ahead_of_budget];

/// When a record of the `attestations` table was made.
fn sign(story: &mut Story, kind: &str, period: &str, party: &str, on: &str) {
    let row = story.world.tables.iter_mut().find(|row| {
        row.id == "attestations"
            && (row.get("kind"), row.get("period"), row.get("party")) == (kind, period, party)
    });
    row.expect("everybody signs everything").set("signed_on", on);
}

/// 月度签证: one party signs late, one never does, one on the last day.
fn not_signed(story: &mut Story) {
    let (first, second) = (story.early(14), story.day(4));
    let cured = story.early(17);
    sign(story, "signoff", "2025-12", "bank", &cured.to_string());
    sign(story, "signoff", "2026-01", "tax", "");
    sign(story, "signoff", "2026-01", "finance", "2026-02-10");
    let rule = "monthly-signoff-missing";
    let of = finding(first, rule, "signoff/2025-12/bank", "bank", "", "medium");
    story.expect(of.clone());
    super::resolve(story, &of, cured);
    story.expect(finding(second, rule, "signoff/2026-01/tax", "tax", "", "medium"));
    story.tell(
        first,
        "12 月的四方签证，银行至 1 月 10 日未签。",
        "By 10 January the banks have not signed December's reconciliation.",
    );
    story.tell(cured, "银行补签 12 月的对账。", "The banks sign December's reconciliation.");
    story.tell(
        second,
        "1 月的四方签证，税务至 2 月 10 日未签。",
        "By 10 February the tax offices have not signed January's reconciliation.",
    );
    story.near_miss(
        second,
        "财政在最后一日 2 月 10 日签证。",
        "Finance signed January's reconciliation on the last day, 10 February.",
    );
}

/// What is due thirty days after a quarter's or a year's end. The story has one such period of each, the long one more.
fn not_done(story: &mut Story) {
    let (day, cured) = (story.early(29), story.early(31));
    sign(story, "onsite", "2025Q4", "treasury", &cured.to_string());
    sign(story, "inspection", "2025", "treasury", &cured.to_string());
    story.world.tables.retain(|row| row.id != "attestations" || row.get("kind") != "meeting");
    for (rule, key, is_cured) in [
        ("quarterly-onsite-missing", "onsite/2025Q4/treasury", true),
        ("annual-inspection-missing", "inspection/2025/treasury", true),
        ("joint-meeting-missing", "meeting/2025/treasury", false),
    ] {
        let of = finding(day, rule, key, "treasury", "", "info");
        story.expect(of.clone());
        if is_cured {
            super::resolve(story, &of, cured);
        }
    }
    story.tell(
        day,
        "四季度现场核对、年度联合检查和联席会议，至 1 月 30 日均无记录。",
        "By 30 January there is no record of the quarter's check on site, of the year's inspection or its meeting.",
    );
    story.tell(
        cured,
        "补登四季度现场核对和年度联合检查。",
        "The check on site and the inspection are recorded.",
    );
}

/// The same in the year before and after: late, never, and on the last day.
pub(super) fn due_again(story: &mut Story) {
    for (rule, kind, period, day, signed) in [
        ("annual-inspection-missing", "inspection", "2024", date(2025, 2, 5), "2025-02-12"),
        ("joint-meeting-missing", "meeting", "2024", date(2025, 2, 5), ""),
        ("quarterly-onsite-missing", "onsite", "2025Q1", date(2025, 5, 6), "2025-05-09"),
    ] {
        sign(story, kind, period, "treasury", signed);
        let of = finding(day, rule, format!("{kind}/{period}/treasury"), "treasury", "", "info");
        story.expect(of.clone());
        if let Ok(cured) = signed.parse() {
            super::resolve(story, &of, cured);
        }
    }
    story.tell(
        date(2025, 2, 5),
        "2024 年度的联合检查和联席会议，至 1 月 30 日均无记录；检查于 2 月 12 日补登，会议一直没有。",
        "By 30 January there is no record of the inspection of 2024 nor of its meeting. The inspection is recorded on 12 \
         February, the meeting never.",
    );
    story.tell(
        date(2025, 5, 6),
        "一季度现场核对，至 4 月 30 日无记录；5 月 9 日补登。",
        "By 30 April there is no record of the first quarter's check on site; it is recorded on 9 May.",
    );
    sign(story, "onsite", "2025Q2", "treasury", "2025-07-30");
    story.near_miss(
        date(2025, 7, 31),
        "二季度现场核对在最后一日 7 月 30 日登记。",
        "The second quarter's check on site is recorded on the last day, 30 July.",
    );
}

/// 收入进度: January's end, with about eight per cent of the working days over.
fn ahead_of_budget(story: &mut Story) {
    let day = story.early(28);
    let text = day.to_string();
    for (subject, months, party) in [("101", 4, "tax"), ("103", 3, "finance"), ("10111", 12, "")] {
        let reports = story.world.records.iter().filter(|row| {
            row.id == "treasury-reports" && row.get("date") == text && row.get("subject") == subject
        });
        let collected: i64 = reports.map(|row| crate::example::payouts::fen(row.get("year_amount"))).sum();
        story.table(
            Record::of_table("budget")
                .with("year", 2026)
                .with("unit", FINANCE_BUREAU.0)
                .with("subject", subject)
                .with("amount", crate::example::publish::yuan(collected * months))
                .with("approved_on", "2025-12-26")
                .with("received_on", "2025-12-29")
                .with("doc_ref", "云财预〔2026〕1号"),
        );
        if party.is_empty() {
            story.near_miss(
                day,
                format!("科目 {subject} 一月收入为全年预算的十二分之一，与时间进度相当。"),
                format!("Subject {subject} has brought a twelfth of its budget in January."),
            );
        } else {
            story.expect(Expected {
                amount: Some(collected),
                ..finding(day, "collection-progress", format!("{subject}/2026-01"), party, "", "info")
            });
            story.tell(
                day,
                format!("科目 {subject} 一月收入已达全年预算的 1/{months}。"),
                format!("Subject {subject} has brought 1/{months} of its yearly budget in January."),
            );
        }
    }
}
