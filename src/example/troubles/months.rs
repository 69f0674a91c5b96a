//! What compares months: three key taxpayers 重点税源, each of whom alone pays a tax.

use chrono::{Months, NaiveDate};

use crate::example::Expected;
use crate::example::calendar::{date, working_from};
use crate::example::flow::fifteenth_after;
use crate::example::record::Record;
use crate::example::story::{Story, finding, prompt};
use crate::example::world::{FIRST_RARE, Payment, SUBJECTS, Slip};

use super::{ICBC, newcomer, resolve};

/// What one pays in a month and gets back of the month before, in yuan.
type Month = (i64, i64);

/// A key taxpayer: its name, what December 2025 and January 2026 bring. In each month before it pays 100000, and from
/// February 2025 on gets back one, two or three per cent of it.
type Taxpayer = (&'static str, Month, Month);

static TAXPAYERS: [Taxpayer; 3] = [
    ("云岫天阔置业有限公司", (100_000, 20_000), (69_999, 1_400)),
    // Seven tenths of the year before, and a share of refunds within three deviations.
    ("青浦溪烟草购销有限公司", (100_000, 2_000), (70_000, 2_800)),
    ("青浦溪双岭化工有限公司", (100_000, 3_000), (10_000, 5_000)),
];

/// On the list from February 2026 only, and paying nothing since January 2025.
const LATER: &str = "云岫新径物流有限公司";

/// The county's tax office.
const ISSUER: usize = 1;

/// 退库比例异常 and 重点税源异动.
pub(super) fn compared(story: &mut Story) {
    let twentieth = date(2025, 1, 20);
    for (nth, (name, december, january)) in TAXPAYERS.iter().enumerate() {
        let payer = newcomer(story, name, None);
        list(story, payer, "2024-01-01");
        let mut before = None;
        for month in 0..13 {
            let of = match month {
                11 => *december,
                12 => *january,
                _ => (100_000, 1_000 * (1 + i64::from(month % 3))),
            };
            let day = twentieth.checked_add_months(Months::new(month)).expect("a day");
            before = Some(pay(story, payer, nth, working_from(day), of, before));
        }
    }
    let later = newcomer(story, LATER, None);
    list(story, later, "2026-02-01");
    pay(story, later, 1, twentieth, (50_000, 0), None);
    expect_shares(story);
    expect_watch(story);
    known_late(story);
}

fn list(story: &mut Story, payer: usize, since: &str) {
    let payer = &story.world.payers[payer];
    let row = Record::of_table("key-taxpayers").with("taxpayer_id", &payer.id).with("name", &payer.name);
    story.table(row.with("since", since));
}

/// A payment of the day, and a refund of the one before.
fn pay(
    story: &mut Story,
    payer: usize,
    subject: usize,
    day: NaiveDate,
    (paid, back): Month,
    before: Option<Slip>,
) -> Slip {
    let due = Some(fifteenth_after(day));
    let slip = Slip { payer, fen: paid * 100, due, ..story.slip(ISSUER, FIRST_RARE + subject, paid, day) };
    story.add(prompt(&slip, ICBC));
    if let Some(before) = before {
        let refund = story.refund(day, &before, back * 100);
        story.add_refund(refund);
    }
    slip
}

fn subject(nth: usize) -> &'static str {
    SUBJECTS[FIRST_RARE + nth].code
}

fn expect_shares(story: &mut Story) {
    for (nth, month, day, fen) in
        [(0, "2025-12", date(2026, 1, 4), 2_000_000), (2, "2026-01", date(2026, 2, 2), 500_000)]
    {
        let code = subject(nth);
        story.expect(Expected {
            amount: Some(fen),
            ..finding(day, "refund-ratio-spike", format!("{code}/{month}"), "undetermined", "", "info")
        });
        story.tell(
            day,
            format!("科目 {code} {month} 退库占入库的比例远高于此前各月。"),
            format!(
                "Of subject {code} a far larger share was refunded in {month} than in the months before."
            ),
        );
    }
    let code = subject(1);
    story.near_miss(
        date(2026, 2, 2),
        format!("科目 {code} 一月退库比例高于往月，但在三倍标准差之内。"),
        format!(
            "Of subject {code} a larger share than before was refunded in January, within three deviations."
        ),
    );
}

fn expect_watch(story: &mut Story) {
    let day = date(2026, 2, 2);
    for (name, _, (paid, _)) in [TAXPAYERS[0], TAXPAYERS[2]] {
        let payer = story.world.payers.iter().find(|payer| payer.name == name).expect("planted above");
        let id = payer.id.clone();
        story.expect(Expected {
            amount: Some(paid * 100),
            difference: Some((paid - 100_000) * 100),
            ..finding(day, "key-taxpayer-watch", id, "taxpayer", "", "info")
        });
        story.tell(
            day,
            format!("{name}一月缴税 {paid} 元，上年一月为 100000 元。"),
            format!("{name} was billed {paid} yuan in January, 100000 in the January before."),
        );
    }
    let (name, ..) = TAXPAYERS[1];
    story.near_miss(
        day,
        format!("{name}一月缴税恰为上年一月的百分之七十；{LATER}二月才列入名单。"),
        format!("{name} was billed exactly 70 per cent of the January before; {LATER} is on the list from February only."),
    );
}

/// A slip of January that the tax office sends in February: with it the enterprise pays enough.
fn known_late(story: &mut Story) {
    let (billed, sent) = (date(2026, 1, 30), date(2026, 2, 3));
    let (name, ..) = TAXPAYERS[2];
    let payer = story.world.payers.iter().position(|payer| payer.name == name).expect("planted above");
    let slip =
        Slip { payer, fen: 8_000_000, due: None, ..story.slip(ISSUER, FIRST_RARE + 2, 80_000, billed) };
    story.add(Payment { slip: Some((sent, slip)), ..slip.unpaid() });
    let id = story.world.payers[payer].id.clone();
    let of = finding(date(2026, 2, 2), "key-taxpayer-watch", id, "taxpayer", "", "info");
    resolve(story, &of, sent);
    story.tell(
        sent,
        format!("税务补报{name}一月开出的 80000 元税票，连同已缴 10000 元不再低于上年一月的百分之七十。"),
        format!(
            "The tax office sends a slip of 80000 yuan that {name} was billed in January: with the 10000 before it is no \
             longer below 70 per cent of the January before."
        ),
    );
}
