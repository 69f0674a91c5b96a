//! Revenue: what goes wrong between tax office, bank and treasury.

use chrono::{NaiveDate, NaiveDateTime};

use crate::example::Expected;
use crate::example::calendar::{after, base_day, clearing_day, date, lag, next_working};
use crate::example::publish::{Clearing, Mishap, Row, batch_number, yuan};
use crate::example::story::{self, Story, at, finding, prompt, total_key};
use crate::example::world::{Account, BANKS, Booking, ISSUERS, Kind, Payment, Receipt, Slip, TREASURIES};

use super::{ABC, CCB, ICBC, RCB, Trouble, issuer_party};

pub(super) static TROUBLES: &[Trouble] = &[
    delays,
    withholdings,
    remittance_near_misses,
    missing_in_treasury,
    missing_in_bank,
    missing_in_issuer,
    amount_mismatches,
    field_mismatches,
    mistyped_numbers,
    ambiguous_payments,
    duplicates,
    harmless_repeats,
    cancelled_and_refused,
    remittance_mismatches,
    clearing_mismatches,
    wrong_accounts,
    transit_accounts,
    unlicensed_accounts,
    late_taxes,
    tampered_ledgers,
    silent_ledgers,
    unknown_years,
    known_to_the_bank_alone,
    booked_at_two_treasuries,
];

/// Above the large-amount threshold: a delay of it is critical at once.
const LARGE: i64 = 2_600_000;

/// What a party or a rule is called in the story.
fn zh(word: &str) -> &str {
    match word {
        "tax" => "税务局",
        "finance" => "财政",
        "bank" => "银行",
        "treasury" => "国库",
        "subject-mismatch" => "预算科目不一致",
        "level-mismatch" => "预算级次不一致",
        "treasury-mismatch" => "收款国库不一致",
        other => other,
    }
}

pub(super) fn receipt_of(payment: &mut Payment) -> &mut Receipt {
    &mut payment.receipt.as_mut().expect("planted as paid").1
}

pub(super) fn booking_of(payment: &mut Payment) -> &mut Booking {
    &mut payment.booking.as_mut().expect("planted as booked").1
}

// --- Collection and remittance -----------------------------------------------------------------------------

/// 延解: remitted later than the next working day, and already remitted when first seen late.
fn delays(story: &mut Story) {
    // (bank, issuer, subject, yuan, base day, remitted, severity, whether the row itself comes only then)
    let planted = [
        (ICBC, 0, 0, 500_000, 0, 2, "medium", false),
        (ABC, 1, 1, LARGE, 1, 3, "critical", false),
        (ICBC, 1, 5, 83_400, 7, 9, "medium", false),
        (RCB, 2, 2, 12_650, 8, 10, "medium", false),
        (RCB, 2, 4, 9_870, 9, 11, "medium", false),
        (CCB, 0, 6, 47_300, 7, 11, "high", true),
        // The third time in the quarter, and so critical though only one day late.
        (RCB, 2, 7, 31_000, 10, 12, "critical", false),
        (ABC, 1, 8, 150_200, 6, 12, "critical", true),
    ];
    for (bank, issuer, subject, yuan_due, base, remitted, severity, row_late) in planted {
        let (day, settled) = (story.day(base), story.day(remitted));
        let slip = story.slip(issuer, subject, yuan_due, day);
        let mut payment = slip.paid(bank, at(day, 10, 5), Some(at(settled, 10, 15)));
        if row_late {
            payment.receipt = payment.receipt.map(|(_, receipt)| (settled, receipt));
        }
        story.add(payment);
        expect_delay(story, &slip, bank, day, settled, severity);
    }
}

fn expect_delay(
    story: &mut Story,
    slip: &Slip,
    bank: usize,
    base: NaiveDate,
    settled: NaiveDate,
    severity: &'static str,
) {
    let late = lag(next_working(base), settled);
    story.expect(Expected {
        status: "resolved",
        amount: Some(slip.fen),
        days_late: Some(late),
        ..finding(settled, "remittance-delay", slip.number, "bank", BANKS[bank].number(), severity)
    });
    story.tell(
        settled,
        format!(
            "{}将 {base} 收纳的税款 {} 元（{}）拖至今日才划缴，迟 {late} 个工作日。",
            BANKS[bank].name,
            yuan(slip.fen),
            slip.number
        ),
        format!(
            "{} remits the {base} receipt of slip {} only today, {late} working days late.",
            BANKS[bank].short, slip.number
        ),
    );
}

/// 占压: still held at the end of the day. One is settled, two never are.
fn withholdings(story: &mut Story) {
    for (bank, issuer, subject, yuan_due, base, remitted) in
        [(ABC, 1, 9, 236_000, 5, Some(10)), (CCB, 2, 10, 64_120, 8, None), (ICBC, 3, 12, 18_900, 9, None)]
    {
        let day = story.day(base);
        let settled = remitted.map(|index| story.day(index));
        let slip = story.slip(issuer, subject, yuan_due, day);
        let payment = story.add(slip.paid(bank, at(day, 11, 20), settled.map(|day| at(day, 10, 15))));
        let of = Expected {
            amount: Some(slip.fen),
            ..finding(day, "remittance-withholding", slip.number, "bank", BANKS[bank].number(), "critical")
        };
        story.expect_daily(after(day, 2), settled, &of, Some(next_working(day)));
        story.deviates(payment, "bank", -slip.fen, settled);
        story.tell(
            day,
            format!("{}收纳 {} 元（{}）后占压不划。", BANKS[bank].name, yuan(slip.fen), slip.number),
            format!("{} receives slip {} and holds the money back.", BANKS[bank].short, slip.number),
        );
        if let Some(settled) = settled {
            expect_delay(story, &slip, bank, day, settled, "high");
        }
    }
}

/// The make-up Saturday before the holiday, the cut-off to the minute, the day after the clearing cut-off.
fn remittance_near_misses(story: &mut Story) {
    let holiday_eve = story.day(7);
    let after_holiday = story.day(8);
    let slip = story.slip(1, 3, 72_000, holiday_eve);
    story.add(slip.paid(CCB, at(holiday_eve, 16, 30), Some(at(after_holiday, 10, 15))));
    story.near_miss(
        after_holiday,
        format!("{} 于调休星期六收纳，节后第一个工作日划缴，跨十天但不是延解。", slip.number),
        format!("Slip {}, received on the worked Saturday and remitted on the first day after the holiday, is in time.", slip.number),
    );
    let monday = story.day(2);
    for (hour, minute, what) in [(17, 0, "日终切点当刻"), (17, 1, "日终切点后一分钟")] {
        let slip = story.slip(0, 7, 3_300, monday);
        let received = at(monday, hour, minute);
        let base = base_day(received);
        let remitted = if base == monday { at(base, 17, 20) } else { at(base, 15, 30) };
        story.add(slip.paid(ICBC, received, Some(remitted)));
        story.near_miss(
            monday,
            format!("{} 在{what}收纳，{base} 为其基准日，当日划缴。", slip.number),
            format!(
                "Slip {}, received at {hour}:{minute:02}, counts for {base} and is remitted that day.",
                slip.number
            ),
        );
    }
    let saturday = date(2026, 2, 7);
    let slip = story.slip(2, 9, 5_100, saturday);
    story.add(slip.paid(RCB, at(saturday, 20, 10), Some(at(story.day(3), 10, 15))));
    story.near_miss(
        story.day(3),
        format!("{} 星期六收纳，星期一为基准日，星期二划缴，仅属次日划缴。", slip.number),
        format!(
            "Slip {}, received on a Saturday and remitted on Tuesday, is a next-day remittance only.",
            slip.number
        ),
    );
}

// --- Missing ----------------------------------------------------------------------------------------------

fn missing_in_treasury(story: &mut Story) {
    for (bank, issuer, subject, yuan_due, index, cured) in
        [(ICBC, 1, 4, 55_000, 0, Some(3)), (CCB, 0, 9, 7_730, 8, None)]
    {
        let day = story.day(index);
        let cured = cured.map(|index| story.day(index));
        let slip = story.slip(issuer, subject, yuan_due, day);
        let mut payment = prompt(&slip, bank);
        payment.booking = payment.booking.zip(cured).map(|((_, booking), day)| (day, booking));
        let code = TREASURIES[slip.treasury].code;
        let fen = slip.fen;
        let payment = story.add(payment);
        let of = Expected {
            amount: Some(fen),
            ..finding(day, "missing-in-treasury", slip.number, "treasury", code, "high")
        };
        story.expect_daily(after(day, 2), cured, &of, None);
        story.deviates(payment, "treasury", -fen, cured);
        story.tell(
            day,
            format!("{} 已划缴清算，国库未入账。", slip.number),
            format!("Slip {} is remitted and cleared, but the treasury does not book it.", slip.number),
        );
    }
}

fn missing_in_bank(story: &mut Story) {
    // The bank's journal leaves out a receipt whose money it did remit.
    let (day, cured) = (story.day(5), story.day(8));
    let slip = story.slip(2, 0, 29_400, day);
    let mut payment = prompt(&slip, RCB);
    payment.receipt = payment.receipt.map(|(_, receipt)| (cured, receipt));
    let bank = BANKS[RCB].number();
    let key = total_key((RCB, slip.treasury, at(day, 15, 30)));
    story.add(payment);
    let of = Expected {
        amount: Some(slip.fen),
        ..finding(day, "missing-in-bank", slip.number, "bank", bank, "high")
    };
    story.expect_daily(after(day, 2), Some(cured), &of, None);
    let short = Expected {
        difference: Some(slip.fen),
        ..finding(day, "remittance-mismatch", key, "bank", bank, "high")
    };
    story.expect(short.clone());
    story.expect(Expected { day: cured, status: "resolved", difference: None, ..short });
    story.tell(
        day,
        format!("农信社流水漏报 {}，资金已划缴，{cured} 补报。", slip.number),
        format!(
            "The journal of rcb leaves out slip {}, whose money it remitted; the row comes on {cured}.",
            slip.number
        ),
    );
    // The treasury booked what no bank knows of.
    let day = story.day(8);
    let slip = story.slip(0, 5, 8_050, day);
    let mut payment = prompt(&slip, ICBC);
    payment.receipt = None;
    booking_of(&mut payment).remitted = None;
    let payment = story.add(payment);
    let bank = BANKS[ICBC].number();
    let of = Expected {
        amount: Some(slip.fen),
        ..finding(day, "missing-in-bank", slip.number, "bank", bank, "high")
    };
    story.expect_daily(after(day, 2), None, &of, None);
    story.deviates(payment, "bank", -slip.fen, None);
    story.tell(
        day,
        format!("{} 国库已入库，银行无记录。", slip.number),
        format!("Slip {} is booked by the treasury, but no bank has it.", slip.number),
    );
}

fn missing_in_issuer(story: &mut Story) {
    for (bank, issuer, subject, yuan_due, index, cured, with_bank) in [
        (ICBC, 2, 1, 61_700, 0, Some(3), true),
        (ABC, 4, 11, 2_480, 7, None, false),
        (CCB, 3, 13, 90_100, 9, None, true),
    ] {
        let day = story.day(index);
        let cured = cured.map(|index| story.day(index));
        let slip = story.slip(issuer, subject, yuan_due, day);
        let mut payment = prompt(&slip, bank);
        payment.slip = payment.slip.zip(cured).map(|((_, slip), day)| (day, slip));
        if !with_bank {
            payment.receipt = None;
            booking_of(&mut payment).remitted = None;
        }
        story.add(payment);
        let of = Expected {
            amount: Some(slip.fen),
            ..finding(
                day,
                "missing-in-issuer",
                slip.number,
                issuer_party(issuer),
                ISSUERS[issuer].code,
                "high",
            )
        };
        story.expect_daily(after(day, 2), cured, &of, None);
        story.tell(
            day,
            format!("{} 已入库，{}无此票。", slip.number, ISSUERS[issuer].name),
            format!("Slip {} is booked, but {} has no such slip.", slip.number, ISSUERS[issuer].code),
        );
    }
}

// --- Mismatches -------------------------------------------------------------------------------------------

fn amount_mismatches(story: &mut Story) {
    // (bank, issuer, subject, yuan, day, what bank, treasury add in fen, party)
    let planted = [
        (ABC, 1, 6, 10_000, 1, -9_000, 0, "bank"),
        (CCB, 0, 2, 33_333, 3, 0, 90, "treasury"),
        (ICBC, 2, 3, 4_560, 3, 5_000, 5_000, "tax"),
        (RCB, 2, 5, 76_540, 7, 1, 0, "bank"),
        (CCB, 1, 2, 20_200, 10, 900, -900, "undetermined"),
    ];
    for (bank, issuer, subject, yuan_due, index, bank_fen, treasury_fen, party) in planted {
        let day = story.day(index);
        let slip = story.slip(issuer, subject, yuan_due, day);
        let mut payment = prompt(&slip, bank);
        receipt_of(&mut payment).fen += bank_fen;
        booking_of(&mut payment).fen += treasury_fen;
        let payment = story.add(payment);
        let (institution, difference) = match party {
            "bank" => (BANKS[bank].number(), Some(bank_fen)),
            "treasury" => (TREASURIES[slip.treasury].code, Some(treasury_fen)),
            "tax" => (ISSUERS[issuer].code, Some(-bank_fen)),
            _ => ("", None),
        };
        story.expect(Expected {
            difference,
            ..finding(day, "amount-mismatch", slip.number, party, institution, "high")
        });
        if let Some(difference) = difference {
            story.deviates(payment, party, difference, None);
        }
        story.tell(
            day,
            format!(
                "{}：税票 {} 元，银行 {} 元，国库 {} 元。",
                slip.number,
                yuan(slip.fen),
                yuan(slip.fen + bank_fen),
                yuan(slip.fen + treasury_fen)
            ),
            format!("Slip {}: the three parties state different amounts; {party} answers.", slip.number),
        );
    }
}

fn field_mismatches(story: &mut Story) {
    let planted = [
        ("subject-mismatch", 0),
        ("subject-mismatch", 9),
        ("level-mismatch", 1),
        ("level-mismatch", 11),
        ("treasury-mismatch", 3),
        ("treasury-mismatch", 10),
    ];
    for (nth, (rule, index)) in planted.into_iter().enumerate() {
        let day = story.day(index);
        let slip = story.slip(1, 0, 6_000 + 700 * i64::try_from(nth).expect("a handful"), day);
        let mut payment = prompt(&slip, ICBC);
        let (mut party, mut institution) = ("treasury", TREASURIES[slip.treasury].code);
        match (rule, nth) {
            ("subject-mismatch", _) => booking_of(&mut payment).subject = 1,
            ("level-mismatch", _) => booking_of(&mut payment).level = 4,
            // The bank remits to the neighbour; the treasury books where the slip says.
            (_, 5) => {
                receipt_of(&mut payment).treasury = 3;
                booking_of(&mut payment).remitted = Some((3, at(day, 15, 30)));
                (party, institution) = ("bank", BANKS[ICBC].number());
            }
            _ => {
                booking_of(&mut payment).treasury = 3;
                institution = "";
            }
        }
        story.add(payment);
        story.expect(finding(day, rule, slip.number, party, institution, "high"));
        story.tell(
            day,
            format!("{}：{}，{}与税票不符。", slip.number, zh(rule), zh(party)),
            format!("Slip {}: {rule}, {party} deviates.", slip.number),
        );
    }
    let day = story.day(7);
    let slip = story.slip(1, 0, 88_000, day);
    let mut payment = prompt(&slip, ABC);
    let half = Booking { level: 1, fen: slip.fen / 2, ..*booking_of(&mut payment) };
    let rest = Booking { level: 4, fen: slip.fen - half.fen, ..half };
    payment.booking = Some((day, half));
    story.add(payment);
    story.extra(day, "", Row::Booking(rest));
    story.near_miss(
        day,
        format!("{} 为共享收入，国库按中央、县两级分成入库，合计与税票相符，是一笔。", slip.number),
        format!("Slip {} is shared: two rows of different levels sum to it and are one entry.", slip.number),
    );
}

/// One digit of the serial wrong: found by payer and amount, or by the booking's own facts.
fn mistyped_numbers(story: &mut Story) {
    for (index, bank, at_bank) in [(2, ICBC, true), (5, ABC, true), (8, CCB, false), (11, RCB, false)] {
        let day = story.day(index);
        let slip = story.slip(0, 5, 41_000 + i64::try_from(index).expect("small") * 13, day);
        let mut payment = prompt(&slip, bank);
        let wrong = slip.number + 50_000_000;
        let (party, institution) = if at_bank {
            receipt_of(&mut payment).number = wrong;
            ("bank", BANKS[bank].number())
        } else {
            booking_of(&mut payment).number = wrong;
            ("treasury", TREASURIES[slip.treasury].code)
        };
        story.add(payment);
        story.expect(finding(day, "slip-no-mismatch", slip.number, party, institution, "medium"));
        story.tell(
            day,
            format!("{} 被{}误录为 {wrong}。", slip.number, zh(party)),
            format!("{party} mistypes slip {} as {wrong}.", slip.number),
        );
    }
}

/// Two equal slips of one payer, one receipt without a number, and nothing booked yet.
fn ambiguous_payments(story: &mut Story) {
    for (index, bank, subject) in [(11, ABC, 4), (12, CCB, 6)] {
        let day = story.day(index);
        let first = story.slip(1, subject, 15_000 + i64::try_from(index).expect("small"), day);
        let twin = story.slip(1, subject, 1, day);
        let due = date(2026, 3, 31);
        let twin = Slip { payer: first.payer, fen: first.fen, due: Some(due), ..twin };
        story.add(twin.unpaid());
        let mut payment = first.paid(bank, at(day, 17, 12), None);
        receipt_of(&mut payment).number = 0;
        story.add(payment);
        story.expect(finding(day, "ambiguous-match", first.number, "undetermined", "", "info"));
        story.tell(
            day,
            format!(
                "银行收到一笔无票号税款，{} 与 {} 同额同户，限缴日不同，无法判定。",
                first.number, twin.number
            ),
            format!(
                "A receipt without a number may pay slip {} or {}, which fall due on different days.",
                first.number, twin.number
            ),
        );
    }
    let day = story.day(9);
    let first = story.slip(1, 4, 12_120, day);
    let twin = story.slip(1, 4, 1, day);
    let twin = Slip { payer: first.payer, fen: first.fen, ..twin };
    for slip in [first, twin] {
        let payment = prompt(&slip, ABC);
        story.add(payment);
    }
    story.near_miss(
        day,
        format!("{} 与 {} 同户同额，票号完好，不是重复也不含糊。", first.number, twin.number),
        format!(
            "Slips {} and {} are equal but numbered: neither duplicate nor ambiguous.",
            first.number, twin.number
        ),
    );
}

// --- Repeats ----------------------------------------------------------------------------------------------

fn duplicates(story: &mut Story) {
    for (index, who) in
        [(9, "tax"), (10, "bank"), (11, "treasury"), (12, "bank"), (12, "tax"), (12, "treasury")]
    {
        let day = story.day(index);
        let slip = story.slip(2, 8, 27_000 + i64::try_from(index).expect("small") * 31, day);
        let mut payment = prompt(&slip, RCB);
        story.add(payment);
        let institution = match who {
            "tax" => {
                story.extra(day, "", Row::Slip(slip));
                ISSUERS[slip.issuer].code
            }
            "bank" => {
                story.add(Payment { slip: None, booking: None, ..payment });
                BANKS[RCB].number()
            }
            _ => {
                story.extra(day, "", Row::Booking(*booking_of(&mut payment)));
                TREASURIES[slip.treasury].code
            }
        };
        story.expect(finding(day, "voucher-duplicate", slip.number, who, institution, "critical"));
        story.tell(
            day,
            format!("{}的账里 {} 出现两次。", zh(who), slip.number),
            format!("The ledger of {who} holds slip {} twice.", slip.number),
        );
    }
}

/// The same rows again: the next day, and in a second file of the same day.
fn harmless_repeats(story: &mut Story) {
    let (day, next) = (story.day(1), story.day(2));
    for nth in 0..5 {
        let slip = story.slip(1, 5, 2_000 + nth * 10, day);
        let mut payment = prompt(&slip, ABC);
        story.add(payment);
        story.extra(next, "-resent", Row::Slip(slip));
        story.extra(next, "-resent", Row::Receipt(*receipt_of(&mut payment)));
        story.extra(day, "-again", Row::Booking(*booking_of(&mut payment)));
    }
    story.near_miss(
        day,
        "国库当日两个文件含相同的五行，属重复报送。",
        "Five rows of the treasury come in two files of one day: a duplicate delivery.",
    );
    story.near_miss(
        next,
        "农行与税务局重报昨日五行，内容相同。",
        "Bank and tax office deliver five of yesterday's rows again, unchanged.",
    );
}

fn cancelled_and_refused(story: &mut Story) {
    let (day, next) = (story.day(2), story.day(3));
    // Refused, then paid on the same day.
    let slip = story.slip(1, 3, 9_090, day);
    let payment = prompt(&slip, ABC);
    story.add(payment);
    let mut refused = payment;
    *receipt_of(&mut refused) =
        Receipt { received: at(day, 9, 5), remitted: None, status: "拒收", ..*receipt_of(&mut refused) };
    story.extra(day, "", Row::Receipt(*receipt_of(&mut refused)));
    story.near_miss(
        day,
        format!("{} 先被拒收，随后缴成。", slip.number),
        format!("Slip {} is refused first, then paid.", slip.number),
    );
    // Paid, cancelled, paid again the next day.
    let slip = story.slip(0, 4, 7_007, day);
    let success = slip.paid(ICBC, at(day, 10, 0), None).receipt.expect("paid").1;
    story.extra(day, "", Row::Receipt(success));
    story.extra(day, "", Row::Receipt(Receipt { received: at(day, 10, 30), status: "冲正", ..success }));
    story.add(slip.paid(ICBC, at(next, 9, 15), Some(at(next, 15, 30))));
    story.near_miss(
        day,
        format!("{} 缴后冲正，次日重缴。", slip.number),
        format!("Slip {} is paid, cancelled, and paid anew the next day.", slip.number),
    );
}

// --- Batches ----------------------------------------------------------------------------------------------

/// Three payments in a batch of their own.
fn own_batch(
    story: &mut Story,
    bank: usize,
    issuer: usize,
    day: NaiveDate,
    remitted: NaiveDateTime,
) -> (usize, usize, NaiveDateTime) {
    for nth in 0..3 {
        let subject = if ISSUERS[issuer].kind == Kind::Tax { 4 } else { 11 };
        let slip = story.slip(issuer, subject, 3_000 + 111 * nth, day);
        story.add(slip.paid(bank, at(day, 9, 30), Some(remitted)));
    }
    (bank, ISSUERS[issuer].treasury, remitted)
}

fn remittance_mismatches(story: &mut Story) {
    for (bank, issuer, index, fen) in [(CCB, 0, 1, -100_000), (ABC, 1, 7, 2_550), (RCB, 2, 12, -1)] {
        let day = story.day(index);
        let key = own_batch(story, bank, issuer, day, at(day, 13, 5));
        story.world.mishaps.insert(key, Mishap { remitted_fen: fen, ..Mishap::default() });
        let text = total_key(key);
        story.expect(Expected {
            difference: Some(fen),
            ..finding(day, "remittance-mismatch", text, "bank", BANKS[bank].number(), "high")
        });
        story.tell(
            day,
            format!("{}划缴总额与收纳相差 {} 元。", BANKS[bank].name, yuan(fen)),
            format!("What {} remits differs from its receipts by {} yuan.", BANKS[bank].short, yuan(fen)),
        );
    }
}

fn clearing_mismatches(story: &mut Story) {
    let days = story::days();
    let day_of = |index| days[story::YEAR_END + index];
    let late = |index| Clearing::Late(day_of(index));
    let pending = |index| Clearing::PendingUntil(day_of(index));
    let planted = [
        (ICBC, 0, 2, Mishap { cleared_fen: -3_000, ..Mishap::default() }, None),
        (ABC, 1, 3, Mishap { cleared_count: -1, ..Mishap::default() }, None),
        (CCB, 2, 8, Mishap { clearing: late(10), ..Mishap::default() }, Some(10)),
        (RCB, 1, 9, Mishap { clearing: pending(10), ..Mishap::default() }, Some(10)),
        (ICBC, 0, 10, Mishap { clearing: Clearing::Never, ..Mishap::default() }, None),
    ];
    for (bank, issuer, index, mishap, cured) in planted {
        let day = story.day(index);
        let key = own_batch(story, bank, issuer, day, at(day, 13, 25));
        story.world.mishaps.insert(key, mishap);
        clearing_finding(
            story,
            key,
            "undetermined",
            (mishap.cleared_fen != 0).then_some(mishap.cleared_fen),
            cured,
        );
    }
    for (bank, treasury, index, count, fen) in [(CCB, 1, 0, 2, 512_345), (RCB, 3, 11, 1, 90_000)] {
        let day = story.day(index);
        let key = (bank, treasury, at(day, 14, 5));
        story.world.phantoms.insert(key, (count, fen));
        clearing_finding(story, key, "bank", None, None);
    }
    let day = story.day(10);
    own_batch(story, ABC, 2, day, at(next_working(day), 16, 30));
    story.near_miss(
        story.day(11),
        "农行 16:30 划缴，过清算切点，次一工作日清算，当日无对账行不是不符。",
        "A batch remitted at 16:30 clears the next working day: no row that day is no mismatch.",
    );
}

fn clearing_finding(
    story: &mut Story,
    key: (usize, usize, NaiveDateTime),
    party: &'static str,
    difference: Option<i64>,
    cured: Option<usize>,
) {
    let day = clearing_day(key.2);
    let text = format!("{}/{}", total_key(key), batch_number(key));
    let institution = if party == "bank" { BANKS[key.0].number() } else { "" };
    let of = Expected {
        difference,
        ..finding(day, "clearing-mismatch", text.clone(), party, institution, "high")
    };
    story.expect(of.clone());
    if let Some(index) = cured {
        story.expect(Expected { day: story.day(index), status: "resolved", ..of });
    }
    story.tell(
        day,
        format!("批次 {text} 的划缴与清算对账不符。"),
        format!("Remittance and clearing statement disagree on batch {text}."),
    );
}

// --- Accounts ---------------------------------------------------------------------------------------------

pub(super) fn account(
    bank: usize,
    tail: &str,
    holder_name: &'static str,
    holder_class: &'static str,
    nature: &'static str,
) -> Account {
    Account {
        number: format!("{}{tail}", &BANKS[bank].number()[..8]),
        bank,
        holder_id: "",
        holder_name,
        holder_class,
        nature,
        permit: "",
        approval: "",
        registered: true,
    }
}

/// Pays slips into an account and returns them.
fn pay_into(story: &mut Story, account: usize, issuer: usize, index: usize, slips: usize) -> Vec<Slip> {
    let day = story.day(index);
    let bank = story.world.accounts[account].bank;
    (0..slips)
        .map(|nth| {
            let slip = story.slip(issuer, 6, 1_800 + 260 * i64::try_from(nth).expect("a handful"), day);
            let mut payment = prompt(&slip, bank);
            receipt_of(&mut payment).account = account;
            story.add(payment);
            slip
        })
        .collect()
}

fn expect_wrong_subject(story: &mut Story, slips: &[Slip], bank: usize) {
    for slip in slips {
        story.expect(Expected {
            amount: Some(slip.fen),
            ..finding(
                slip.billed,
                "wrong-collection-subject",
                slip.number,
                "bank",
                BANKS[bank].number(),
                "high",
            )
        });
    }
}

fn wrong_accounts(story: &mut Story) {
    let own =
        story.account(account(ICBC, "00220011", "中国工商银行云岫湖滨支行其他应付款", "bank", "general"));
    let unit = story.account(account(RCB, "00220022", "白石桥县城乡建设投资有限公司", "enterprise", "basic"));
    // The register allows the name; it does not make the account a mandated one.
    let mut approved = account(ABC, "00220033", "社会保险费代征专户", "other", "special");
    (approved.permit, approved.approval) = ("Z2901000000033", "云财库〔2020〕7号");
    let approved = story.account(approved);
    for (to, bank, issuer, index, count) in
        [(own, ICBC, 0, 1, 2), (unit, RCB, 2, 5, 1), (approved, ABC, 1, 8, 1)]
    {
        let slips = pay_into(story, to, issuer, index, count);
        expect_wrong_subject(story, &slips, bank);
        let day = story.day(index);
        let name = story.world.accounts[to].holder_name;
        story.tell(
            day,
            format!("{}将税款记入“{name}”。", BANKS[bank].name),
            format!("{} credits {count} slips to an account that is not mandated.", BANKS[bank].short),
        );
    }
}

fn transit_accounts(story: &mut Story) {
    let mut office = account(CCB, "00330011", "国家税务总局云岫市税务局", "tax_org", "general");
    office.holder_id = ISSUERS[0].code;
    let mut collector = account(ABC, "00330022", "青浦溪县柳坝镇综合执法中心", "collector", "basic");
    collector.holder_id = ISSUERS[4].code;
    let named = account(RCB, "00330033", "白石桥县税款过渡户", "other", "general");
    let other = account(ICBC, "00330044", "云岫市代征税款暂存户", "enterprise", "general");
    for (of, issuer, index, severity, count) in [
        (office, 0, 3, "critical", 3),
        (collector, 1, 9, "critical", 1),
        (named, 2, 6, "high", 2),
        (other, 0, 11, "high", 1),
    ] {
        let (number, name, bank) = (of.number.clone(), of.holder_name, of.bank);
        let to = story.account(of);
        let slips = pay_into(story, to, issuer, index, count);
        let day = story.day(index);
        story.expect(Expected {
            amount: Some(slips.iter().map(|slip| slip.fen).sum()),
            ..finding(day, "transit-account", number, "bank", BANKS[bank].number(), severity)
        });
        story.tell(
            day,
            format!("{}将 {count} 笔税款记入“{name}”。", BANKS[bank].name),
            format!("{} credits {count} slips to a transit account.", BANKS[bank].short),
        );
    }
    let mandated = story.account(account(
        CCB,
        "00330055",
        "待报解预算收入（待缴、待解分户）",
        "bank",
        "pending_receipts",
    ));
    pay_into(story, mandated, 0, 2, 2);
    story.near_miss(
        story.day(2),
        "建行待报解专户户名含“待缴”“待解”，登记簿上是法定专户。",
        "A registered mandated account whose name merely sounds like a transit account.",
    );
}

fn unlicensed_accounts(story: &mut Story) {
    for (bank, tail, name, issuer, index, count) in
        [(CCB, "00440011", "待报解预算收入", 1, 2, 2), (RCB, "00440022", "财库联网集中户", 2, 10, 1)]
    {
        let of = Account { registered: false, ..account(bank, tail, name, "other", "general") };
        let number = of.number.clone();
        let to = story.account(of);
        let slips = pay_into(story, to, issuer, index, count);
        let day = story.day(index);
        story.expect(Expected {
            amount: Some(slips.iter().map(|slip| slip.fen).sum()),
            ..finding(day, "unlicensed-account", number.clone(), "bank", BANKS[bank].number(), "high")
        });
        expect_wrong_subject(story, &slips, bank);
        story.tell(
            day,
            format!("{}记入登记簿没有的账户 {number}。", BANKS[bank].name),
            format!("{} credits account {number}, unknown to the register.", BANKS[bank].short),
        );
    }
}

// --- Deadlines, history, gaps -----------------------------------------------------------------------------

fn late_taxes(story: &mut Story) {
    // (billed, due, paid): day indices
    for (billed, due, paid) in [(0, 1, Some(3)), (2, 5, Some(6)), (6, 7, Some(10)), (8, 9, None)] {
        let (day, due, paid) = (story.day(billed), story.day(due), paid.map(|index| story.day(index)));
        let slip = Slip { due: Some(due), ..story.slip(0, 8, 16_000, day) };
        story.add(
            paid.map_or_else(|| slip.unpaid(), |day| slip.paid(ICBC, at(day, 9, 45), Some(at(day, 15, 30)))),
        );
        let of = Expected {
            amount: Some(slip.fen),
            ..finding(day, "tax-entry-late", slip.number, "taxpayer", "", "info")
        };
        story.expect_daily(next_working(due), paid, &of, Some(due));
        story.tell(
            day,
            format!("{} 限缴 {due}，逾期未缴。", slip.number),
            format!("Slip {} falls due on {due} and is not paid by then.", slip.number),
        );
    }
    let (friday, monday) = (story.day(1), story.day(2));
    let slip = Slip { due: Some(date(2026, 2, 7)), ..story.slip(1, 8, 17_500, friday) };
    story.add(slip.paid(ICBC, at(monday, 9, 45), Some(at(monday, 15, 30))));
    story.near_miss(
        monday,
        format!("{} 限缴日为星期六，星期一缴纳不逾期。", slip.number),
        format!("Slip {} falls due on a Saturday and is paid on Monday, in time.", slip.number),
    );
    let day = story.day(5);
    let slip = Slip { due: Some(day), ..story.slip(1, 9, 18_500, day) };
    let payment = prompt(&slip, ABC);
    story.add(payment);
    story.near_miss(
        day,
        format!("{} 在限缴日当天缴纳。", slip.number),
        format!("Slip {} is paid on the day it falls due.", slip.number),
    );
    let slip = Slip { due: None, ..story.slip(1, 7, 19_500, story.day(0)) };
    story.add(slip.unpaid());
    story.near_miss(
        story.day(0),
        format!("{} 无限缴日，未缴，不作逾期。", slip.number),
        format!("Slip {} has no due day and stays unpaid: never late.", slip.number),
    );
}

fn tampered_ledgers(story: &mut Story) {
    // The tax office moves a due day.
    let (day, next) = (story.day(1), story.day(2));
    let slip = story.slip(2, 6, 4_400, day);
    let payment = prompt(&slip, CCB);
    story.add(payment);
    story.extra(next, "-resent", Row::Slip(Slip { due: Some(date(2026, 5, 15)), ..slip }));
    tampered(story, next, &slip, "tax", ISSUERS[slip.issuer].code);
    // The treasury corrects a wrong amount in its own ledger: told, and the mismatch is resolved.
    let (day, next) = (story.day(9), story.day(10));
    let slip = story.slip(0, 3, 52_500, day);
    let mut payment = prompt(&slip, ICBC);
    let right = *booking_of(&mut payment);
    booking_of(&mut payment).fen += 100_000;
    story.add(payment);
    story.extra(next, "-resent", Row::Booking(right));
    let code = TREASURIES[slip.treasury].code;
    let of = Expected {
        difference: Some(100_000),
        ..finding(day, "amount-mismatch", slip.number, "treasury", code, "high")
    };
    story.expect(of.clone());
    story.expect(Expected { day: next, status: "resolved", difference: None, ..of });
    story.tell(
        day,
        format!("{} 国库多记 1000.00 元。", slip.number),
        format!("The treasury books 1000.00 too much on slip {}.", slip.number),
    );
    tampered(story, next, &slip, "treasury", code);
    // The treasury changes the subject of what was right.
    let (day, next) = (story.day(10), story.day(11));
    let slip = story.slip(1, 1, 63_000, day);
    let mut payment = prompt(&slip, RCB);
    let wrong = Booking { subject: 2, ..*booking_of(&mut payment) };
    story.add(payment);
    story.extra(next, "-resent", Row::Booking(wrong));
    let code = TREASURIES[slip.treasury].code;
    story.expect(finding(next, "subject-mismatch", slip.number, "treasury", code, "high"));
    tampered(story, next, &slip, "treasury", code);
}

fn tampered(story: &mut Story, day: NaiveDate, slip: &Slip, party: &'static str, institution: &str) {
    story.expect(finding(day, "ledger-tamper", slip.number, party, institution, "high"));
    story.tell(
        day,
        format!("{}重报 {}，已填内容被改。", zh(party), slip.number),
        format!("{party} delivers slip {} again with a filled field changed.", slip.number),
    );
}

/// A ledger that is silent for a day, and comes the next.
fn silent_ledgers(story: &mut Story) {
    for (index, ledger, rule, party) in [
        (4, "bank-receipts", "bank-data-gap", "bank"),
        (4, "bank-remittances", "bank-data-gap", "bank"),
        (6, "treasury-receipts", "data-gap", "treasury"),
        (6, "treasury-clearing", "data-gap", "treasury"),
        (3, "finance-receipts", "data-gap", "finance"),
    ] {
        let (day, next) = (story.day(index), story.day(index + 1));
        story.world.silent.push((day, ledger));
        let of = finding(day, rule, format!("{ledger}/{day}"), party, "", "high");
        story.expect(of.clone());
        story.expect(Expected { day: next, status: "resolved", ..of });
        story.tell(
            day,
            format!("{}账册 {ledger} 当日无文件，{next} 补到。", zh(party)),
            format!("No file of {ledger} today; it comes on {next}."),
        );
    }
    let day = story.day(11);
    story.world.tardy.push((day, 2));
    story.near_miss(
        day,
        "白石桥县税务局文件迟到一天，其他税务局已报，不是断档，票据在宽限期内。",
        "One tax office's file is a day late; its ledger is not silent and the grace day is not over.",
    );
}

/// A receipt dated in a year whose holidays nobody listed.
fn unknown_years(story: &mut Story) {
    for (index, year, bank) in [(3, 2017, ICBC), (10, 2027, RCB)] {
        let day = story.day(index);
        let slip = story.slip(2, 7, 6_400, day);
        let mut payment = prompt(&slip, bank);
        receipt_of(&mut payment).received = at(date(year, 2, 8), 10, 0);
        story.add(payment);
        story.expect(finding(day, "calendar-missing", year, "undetermined", "", "info"));
        story.tell(
            day,
            format!("{} 的收纳时间误录为 {year} 年，日历无此年，期限无从判断。", slip.number),
            format!(
                "The receipt of slip {} is dated {year}, a year the calendar does not know.",
                slip.number
            ),
        );
    }
    let day = story.day(2);
    let slip = Slip { due: Some(date(2027, 1, 15)), ..story.slip(0, 7, 7_400, day) };
    let payment = prompt(&slip, ABC);
    story.add(payment);
    story.near_miss(
        day,
        format!("{} 限缴日在日历没有的 2027 年，但已缴纳，无需判断。", slip.number),
        format!("Slip {} falls due in an unlisted year, and nothing depends on it yet.", slip.number),
    );
}

/// A bank receives and remits what neither issuer nor treasury knows of.
fn known_to_the_bank_alone(story: &mut Story) {
    for (bank, index, cured) in [(ABC, 5, Some(8)), (CCB, 7, None)] {
        let day = story.day(index);
        let cured = cured.map(|index| story.day(index));
        let slip = story.slip(1, 10, 12_700, day);
        let mut payment = prompt(&slip, bank);
        payment.slip = payment.slip.zip(cured).map(|((_, slip), day)| (day, slip));
        payment.booking = payment.booking.zip(cured).map(|((_, booking), day)| (day, booking));
        story.add(payment);
        let of = Expected {
            amount: Some(slip.fen),
            ..finding(day, "missing-in-issuer", slip.number, "undetermined", "", "high")
        };
        story.expect_daily(after(day, 2), cured, &of, None);
        story.tell(
            day,
            format!("{}收纳并划缴 {}，开票方与国库均无此笔。", BANKS[bank].name, slip.number),
            format!(
                "{} receives and remits slip {}, which neither issuer nor treasury knows.",
                BANKS[bank].short, slip.number
            ),
        );
    }
}

/// The treasury that should have it books a slip, and another one does too.
fn booked_at_two_treasuries(story: &mut Story) {
    for (index, other) in [(5, 3), (11, 2)] {
        let day = story.day(index);
        let slip = story.slip(0, 9, 14_900, day);
        let mut payment = prompt(&slip, CCB);
        let again = Booking { treasury: other, ..*booking_of(&mut payment) };
        let payment = story.add(payment);
        story.extra(day, "", Row::Booking(again));
        let code = TREASURIES[other].code;
        story.expect(finding(day, "treasury-mismatch", slip.number, "treasury", code, "high"));
        story.deviates(payment, "treasury", slip.fen, None);
        story.tell(
            day,
            format!("{} 除应入国库外，{code} 也入了一笔。", slip.number),
            format!("Slip {} is booked where it belongs, and at treasury {code} as well.", slip.number),
        );
    }
}
