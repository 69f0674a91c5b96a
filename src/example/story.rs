//! The story: ordinary days, the troubles planted in them, and what the runs must say of each.

use super::calendar::{self, after, clock};
use super::flow::{self, Habits};
use super::payouts::{self, Mode, Payout};
use super::publish::{BatchKey, Extra, Row, World, yuan};
use super::record::Record;
use super::refunds::{self, Refund};
use super::registers::{self, SUPPLIERS, UNITS, Unit};
use super::rng::Rng;
use super::sums;
use super::troubles;
use super::world::{Account, BANKS, ISSUERS, Payment, SUBJECTS, Slip, TREASURIES};
use super::{BookFile, Expected};
use chrono::{NaiveDate, NaiveDateTime};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const SEED: u64 = 20_260_205;
const SLIPS_A_DAY: u32 = 320;
const PAYERS: usize = 400;
/// Planted slips count their serials from here, far from the ordinary ones.
const FIRST_PLANTED: u64 = 70_001;

/// How many of the days are the first chapter's, over the year end.
pub(super) const YEAR_END: usize = 32;
const SLIPS_A_DAY_AT_YEAR_END: u32 = 12;

pub(super) fn days() -> Vec<NaiveDate> {
    let first = calendar::date(2025, 12, 22);
    (0..45).map(|ahead| after(first, ahead)).collect()
}

/// The days of the long story: fourteen months, each working day.
pub(super) fn long_days() -> Vec<NaiveDate> {
    let first = calendar::date(2024, 12, 31);
    let all = std::iter::successors(Some(first), |day| Some(calendar::next_working(*day)));
    all.take_while(|day| *day <= calendar::date(2026, 2, 6)).collect()
}

/// The long story: few payers, and what shows only where months are compared or a duty falls due for a second time.
pub(super) fn tell_long() -> Story {
    let days = long_days();
    let world = flow::empty(&mut Rng::new(SEED), days, PAYERS, 0);
    let mut story = Story::of(world, LONG_INTRODUCTION);
    for trouble in troubles::LONG {
        trouble(&mut story);
    }
    story.expected.sort();
    story.told.sort();
    story
}

pub(super) fn tell() -> Story {
    let mut rng = Rng::new(SEED);
    let days = days();
    let mut world = flow::empty(&mut rng, days.clone(), PAYERS, 0);
    let (year_end, festival) = days.split_at(YEAR_END);
    let mut early = Rng::new(SEED + 1);
    let prompt = Habits { next_day: 0, prompt: false };
    flow::ordinary(&mut early, &mut world, year_end, SLIPS_A_DAY_AT_YEAR_END, 50_000, prompt);
    flow::other_flows(&mut early, &mut world, &days, SLIPS_A_DAY_AT_YEAR_END);
    flow::ordinary(&mut rng, &mut world, festival, SLIPS_A_DAY, 0, Habits { next_day: 12, prompt: false });
    let mut story = Story::of(world, INTRODUCTION);
    for trouble in troubles::TROUBLES.iter().copied().flatten() {
        trouble(&mut story);
    }
    sums::add(&mut story.world, days[YEAR_END - 1]);
    for trouble in troubles::AFTER_SUMS.iter().copied().flatten() {
        trouble(&mut story);
    }
    story.expect_ages();
    story.expect_next_day_remittances();
    story.expect_tie_outs();
    story.expected.sort();
    story.told.sort();
    story
}

const INTRODUCTION: &str = "# 云岫市国库联动监管示例账簿\n\n\
             2025 年 12 月 22 日至 2026 年 2 月 28 日，四十五个工作日。前半跨越年终决算整理期，主要是退库、支拨、更正、账户与凭证；\
             后半（2 月 5 日起）跨越春节长假（2 月 15 日至 23 日）和两个调休上班的星期六（2 月 14 日、28 日），主要是收入。\
             四家银行、五级国库、三个税务局、市财政局、两个执收单位、四个常有收支的预算单位，另有只在一处出现的单位。\
             以下逐日说明发生了什么、当日应当报告什么、以及什么不得报告。\n\n\
             *English.* Forty-five working days. The first half goes over the year end with its settlement period: refunds, \
             payouts, corrections, accounts and vouchers. The second half, from 5 February on, goes over the Spring Festival \
             and two worked Saturdays: revenue. Four banks, five treasuries, three tax offices, a finance bureau with two \
             collectors, four budget units, and units with one part each. Day by day: what happened, what the run must \
             report, and what it must not. This page and the tests are made from the same lists.\n";

const LONG_INTRODUCTION: &str = "# 云岫市国库联动监管示例账簿：长期\n\n\
    2024 年 12 月 31 日至 2026 年 2 月 6 日，十四个月，每个工作日一次，只有三户重点税源企业的税款和退库。\
    逐月比较的规则和再次到期的履职期限要有这么长的档案才看得出来。以下只列有事的日子。\n\n\
    *English.* Fourteen months, every working day, with the taxes and refunds of three key taxpayers alone: rules that compare \
    months, and duties that fall due again, need an archive of that length. Only days with something to tell are listed.\n";

/// What `story.md` says of one thing that happened.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Told {
    day: NaiveDate,
    /// A trouble to be found, or a near miss that must not be.
    trouble: bool,
    zh: String,
    en: String,
}

/// A case whose parties state different sums, for the tie-out of its cell.
#[derive(Debug)]
struct Deviation {
    payment: usize,
    party: &'static str,
    difference: i64,
    cured: Option<NaiveDate>,
}

#[derive(Debug)]
pub(super) struct Story {
    pub(super) world: World,
    /// The beginning of `story.md`.
    introduction: &'static str,
    expected: Vec<Expected>,
    told: Vec<Told>,
    deviations: Vec<Deviation>,
    /// Payments that some party leaves unanswered: the day of the latest record, and of the answer.
    ages: Vec<(NaiveDate, Option<NaiveDate>)>,
    /// Of planted slips.
    serial: u64,
    /// Of planted refund orders, vouchers and notices.
    orders: u64,
}

impl Story {
    fn of(world: World, introduction: &'static str) -> Self {
        Self {
            world,
            introduction,
            expected: Vec::new(),
            told: Vec::new(),
            deviations: Vec::new(),
            ages: Vec::new(),
            serial: FIRST_PLANTED,
            orders: FIRST_PLANTED,
        }
    }

    pub(super) fn expectations(self) -> Vec<Expected> {
        self.expected
    }

    pub(super) fn files(&self) -> Vec<BookFile> {
        let mut files = self.world.reference();
        files.extend(self.world.inbox());
        files.push(BookFile { path: "story.md".to_owned(), bytes: self.page().into_bytes() });
        files
    }

    /// The run date number `index` of the Spring Festival.
    pub(super) fn day(&self, index: usize) -> NaiveDate {
        self.world.days[YEAR_END + index]
    }

    /// The run date number `index` of the year end.
    pub(super) fn early(&self, index: usize) -> NaiveDate {
        self.world.days[index]
    }

    pub(super) fn last(&self) -> NaiveDate {
        self.world.days[self.world.days.len() - 1]
    }

    /// A slip of its own for a trouble. Amounts end in a planted serial, so that no other payment has them.
    pub(super) fn slip(&mut self, issuer: usize, subject: usize, yuan: i64, billed: NaiveDate) -> Slip {
        self.serial += 1;
        let serial = self.serial;
        let payer = usize::try_from(serial * 7).expect("serials are small") % PAYERS;
        let fen = yuan * 100 + i64::try_from(serial % 97).expect("below 97") + 1;
        flow::make(issuer, subject, payer, fen, serial, billed, Some(flow::fifteenth_after(self.last())))
    }

    #[expect(
        clippy::large_types_passed_by_value,
        reason = "a payment is built and given away, a few hundred times"
    )]
    pub(super) fn add(&mut self, payment: Payment) -> usize {
        self.world.payments.push(payment);
        self.world.payments.len() - 1
    }

    /// A slip of its own, paid and booked on the day it is billed.
    pub(super) fn paid(
        &mut self,
        issuer: usize,
        subject: usize,
        yuan: i64,
        billed: NaiveDate,
        bank: usize,
    ) -> Slip {
        let slip = self.slip(issuer, subject, yuan, billed);
        self.add(prompt(&slip, bank));
        slip
    }

    /// The next serial of planted orders, vouchers and notices.
    pub(super) fn order(&mut self) -> u64 {
        self.orders += 1;
        self.orders
    }

    /// A refund of a slip to its payer, who is registered for it: in order as it stands.
    pub(super) fn refund(&mut self, day: NaiveDate, slip: &Slip, fen: i64) -> Refund {
        let serial = self.order();
        refunds::file(&mut self.world, slip.payer);
        refunds::refund(serial, day, slip, &self.world.payers[slip.payer], fen)
    }

    pub(super) fn add_refund(&mut self, refund: Refund) {
        self.world.records.extend(refund.records());
    }

    /// A payout on a form of its own: in order as it stands.
    pub(super) fn payout(
        &mut self,
        day: NaiveDate,
        mode: Mode,
        unit: usize,
        supplier: usize,
        yuan: i64,
    ) -> Payout {
        self.payout_of(day, mode, &UNITS[unit], supplier, yuan)
    }

    /// A payout of a unit that has a part in one trouble alone.
    pub(super) fn payout_of(
        &mut self,
        day: NaiveDate,
        mode: Mode,
        unit: &Unit,
        supplier: usize,
        yuan: i64,
    ) -> Payout {
        let serial = self.order();
        let fen = yuan * 100 + i64::try_from(serial % 97).expect("below 97") + 1;
        let mut payout = payouts::payout(serial, day, mode, unit, &SUPPLIERS[supplier], fen);
        let form = format!("ZC{serial:08}");
        payout.voucher.set("form_no", &form);
        self.table(registers::forms(&form, &form));
        payout
    }

    pub(super) fn add_payout(&mut self, payout: Payout) {
        self.world.records.extend(payout.records());
    }

    pub(super) fn record(&mut self, record: Record) {
        self.world.records.push(record);
    }

    /// A row of a reference table.
    pub(super) fn table(&mut self, row: Record) {
        self.world.tables.push(row);
    }

    pub(super) fn extra(&mut self, day: NaiveDate, suffix: &'static str, row: Row) {
        self.world.extras.push(Extra { day, suffix, row });
    }

    pub(super) fn account(&mut self, account: Account) -> usize {
        self.world.accounts.push(account);
        self.world.accounts.len() - 1
    }

    pub(super) fn expect(&mut self, expected: Expected) {
        if expected.day <= self.last() {
            self.expected.push(expected);
        }
    }

    /// Open on every run from `first` on, and resolved on `cured`, if ever.
    pub(super) fn expect_daily(
        &mut self,
        first: NaiveDate,
        cured: Option<NaiveDate>,
        of: &Expected,
        due: Option<NaiveDate>,
    ) {
        for day in self.world.days.clone() {
            let status = if Some(day) == cured { "resolved" } else { "open" };
            if day >= first && cured.is_none_or(|cured| day <= cured) {
                let days_late = due.map(|due| calendar::lag(due, day));
                self.expect(Expected { day, status, days_late, first_seen: first, ..of.clone() });
            }
        }
    }

    pub(super) fn deviates(
        &mut self,
        payment: usize,
        party: &'static str,
        difference: i64,
        cured: Option<NaiveDate>,
    ) {
        self.deviations.push(Deviation { payment, party, difference, cured });
    }

    /// A payment whose latest record is of that day, and which some party answers on `cured`, if ever. One that stays open
    /// for more than five working days must be told so.
    pub(super) fn ages(&mut self, latest: NaiveDate, cured: Option<NaiveDate>) {
        self.ages.push((latest, cured));
    }

    pub(super) fn tell(&mut self, day: NaiveDate, zh: impl Into<String>, en: impl Into<String>) {
        self.told.push(Told { day, trouble: true, zh: zh.into(), en: en.into() });
    }

    pub(super) fn near_miss(&mut self, day: NaiveDate, zh: impl Into<String>, en: impl Into<String>) {
        self.told.push(Told { day, trouble: false, zh: zh.into(), en: en.into() });
    }

    /// One `info` for each bank and day of remittance, over everything its receipts say.
    fn expect_next_day_remittances(&mut self) {
        let mut sums: BTreeMap<(usize, NaiveDate), (i64, NaiveDate)> = BTreeMap::new();
        for (seen, receipt) in self.world.payments.iter().filter_map(|payment| payment.receipt.as_ref()) {
            let Some(remitted) = receipt.remitted else { continue };
            if calendar::next_working(calendar::base_day(receipt.received)) != remitted.date() {
                continue;
            }
            let seen = (*seen).max(remitted.date());
            let silent = self.world.silent.contains(&(seen, "bank-receipts"));
            let seen = if silent { calendar::next_working(seen) } else { seen };
            let sum = sums.entry((receipt.bank, remitted.date())).or_insert((0, seen));
            assert_eq!(sum.1, seen, "the receipts of one remittance day come in one run");
            sum.0 += receipt.fen;
        }
        for ((bank, remitted), (fen, seen)) in sums {
            let bank = BANKS[bank].number();
            self.expect(Expected {
                amount: Some(fen),
                ..finding(seen, "next-day-remittance", format!("{bank}/{remitted}"), "bank", bank, "info")
            });
        }
    }

    /// One `info` for each class of age while it holds anything.
    fn expect_ages(&mut self) {
        for (class, ages) in [("6-10", 6..=10), ("11-30", 11..=30)] {
            // What holds again is told as what it was before.
            let (mut held, mut first_seen) = (false, None);
            for day in self.world.days.clone() {
                let is_of_class = |(latest, cured): &(NaiveDate, Option<NaiveDate>)| {
                    cured.is_none_or(|cured| day < cured) && ages.contains(&calendar::lag(*latest, day))
                };
                let holds = self.ages.iter().any(is_of_class);
                if holds != held {
                    held = holds;
                    let status = if holds { "open" } else { "resolved" };
                    let first_seen = *first_seen.get_or_insert(day);
                    let of = finding(day, "aging-unreconciled", class, "undetermined", "", "info");
                    self.expect(Expected { status, first_seen, ..of });
                }
            }
        }
    }

    /// A cell still different on the fourth working day is a finding of that day.
    fn expect_tie_outs(&mut self) {
        let mut cells: BTreeMap<String, (NaiveDate, &'static str, i64, Option<NaiveDate>)> = BTreeMap::new();
        for deviation in &self.deviations {
            let payment = &self.world.payments[deviation.payment];
            let Some((_, slip)) = &payment.slip else { continue };
            let date = match (&payment.receipt, &payment.booking) {
                (Some((_, receipt)), _) => calendar::base_day(receipt.received),
                (None, Some((_, booking))) => booking.booked,
                (None, None) => continue,
            };
            let key = format!(
                "{}/{}/{}/{}/{date}",
                TREASURIES[slip.treasury].code,
                ISSUERS[slip.issuer].code,
                slip.level,
                SUBJECTS[slip.subject].code
            );
            let before = cells.insert(key, (date, deviation.party, deviation.difference, deviation.cured));
            assert!(before.is_none(), "each planted deviation has a cell of its own");
        }
        for (key, (date, party, difference, cured)) in cells {
            let first = after(date, 4);
            if cured.is_some_and(|cured| cured <= first) {
                continue;
            }
            let of = Expected {
                difference: Some(difference),
                ..finding(first, "daily-tie-out", key, party, "", "medium")
            };
            self.expect(of.clone());
            if let Some(day) = cured {
                // Above ten working days it has become high.
                let severity = if calendar::lag(date, day) > 11 { "high" } else { of.severity };
                self.expect(Expected { day, status: "resolved", severity, difference: None, ..of });
            }
        }
    }

    fn page(&self) -> String {
        let mut page = self.introduction.to_owned();
        // A long story leaves out the days on which nothing happens.
        let is_told = |day: &NaiveDate| {
            self.told.iter().any(|told| told.day == *day) || self.expected.iter().any(|of| of.day == *day)
        };
        for day in self.world.days.iter().filter(|day| is_told(day)) {
            write!(page, "\n## {day}\n").expect("writing to memory does not fail");
            for (trouble, zh, en) in
                [(true, "发生了什么", "What happened"), (false, "不得报告", "Must not be found")]
            {
                let mut told =
                    self.told.iter().filter(|told| told.day == *day && told.trouble == trouble).peekable();
                if told.peek().is_some() {
                    write!(page, "\n### {zh} {en}\n\n").expect("writing to memory does not fail");
                }
                for told in told {
                    writeln!(page, "- {} *{}*", told.zh, told.en).expect("writing to memory does not fail");
                }
            }
            let mut expected = self.expected.iter().filter(|of| of.day == *day).peekable();
            if expected.peek().is_some() {
                page.push_str("\n### 应当报告 Must be found\n\n| 规则 | 对象 | 责任方 | 程度 | 状态 | 金额 | 差额 | 逾期 | 首见 |\n|---|---|---|---|---|--:|--:|--:|---|\n");
            }
            for of in expected {
                let money = |fen: Option<i64>| fen.map(|fen| yuan(fen).to_string()).unwrap_or_default();
                let late = of.days_late.map(|days| days.to_string()).unwrap_or_default();
                writeln!(
                    page,
                    "| `{}` | `{}` | {} {} | {} | {} | {} | {} | {late} | {} |",
                    of.rule,
                    of.key,
                    of.party,
                    of.institution,
                    of.severity,
                    of.status,
                    money(of.amount),
                    money(of.difference),
                    of.first_seen,
                )
                .expect("writing to memory does not fail");
            }
        }
        page
    }
}

/// Billed, paid, remitted and booked on the same day, in the afternoon's batch.
pub(super) fn prompt(slip: &Slip, bank: usize) -> Payment {
    slip.paid(bank, at(slip.billed, 9, 40), Some(at(slip.billed, 15, 30)))
}

/// The key of a remittance total.
pub(super) fn total_key((bank, treasury, at): BatchKey) -> String {
    format!("{}/{}/{}", BANKS[bank].number(), TREASURIES[treasury].code, at.date())
}

/// An open finding first seen that day, which demands nothing of the amounts.
#[expect(clippy::needless_pass_by_value, reason = "keys are numbers and new texts, and nicer to write so")]
pub(super) fn finding(
    day: NaiveDate,
    rule: &'static str,
    key: impl ToString,
    party: &'static str,
    institution: &str,
    severity: &'static str,
) -> Expected {
    Expected {
        day,
        rule,
        key: key.to_string(),
        party,
        institution: institution.to_owned(),
        severity,
        status: "open",
        amount: None,
        difference: None,
        days_late: None,
        first_seen: day,
    }
}

pub(super) fn at(day: NaiveDate, hour: u32, minute: u32) -> NaiveDateTime {
    day.and_time(clock(hour, minute))
}
