//! Schemes: what somebody arranges so that it looks like revenue, among firms that do the like for honest reasons.
//!
//! Circles of two to six stations, taxes paid from loans, taxes bought and sold, revenue given back, and accounts that
//! collect without being registered. Who arranged what is known, so that it can be counted what is found.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};

use super::calendar::{after, date};
use super::payouts::{self, Mode};
use super::publish::World;
use super::registers::{self, SUPPLIERS, UNITS};
use super::rng::Rng;
use super::story::at;
use super::sums::{self, Posting};
use super::world::{self, BANKS, Payer, TREASURIES};
use super::{BookFile, Scheme, documents, flow};

/// Working days of the book.
const DAYS: u32 = 45;
const SLIPS_A_DAY: u32 = 20;
/// The book's size for its budgets, which the schemes stay within.
const BUDGET_OF: u32 = 20_000;
/// Schemes of each kind.
const EACH: u32 = 1;
const MILLION: i64 = 100_000_000;

pub(super) fn book(seed: u64) -> (Vec<BookFile>, Vec<Scheme>) {
    let mut rng = Rng::new(seed);
    let days: Vec<NaiveDate> = (0..DAYS).map(|ahead| after(date(2026, 3, 2), ahead)).collect();
    let mut world = flow::empty(&mut rng, days.clone(), 400, BUDGET_OF);
    let habits = flow::Habits { next_day: 0, prompt: false };
    flow::ordinary(&mut rng, &mut world, &days, SLIPS_A_DAY, 0, habits);
    flow::other_flows(&mut rng, &mut world, &days, SLIPS_A_DAY);
    let mut plot = Plot { world, rng, serial: 70_000, statements: BTreeMap::new(), schemes: Vec::new() };
    for _ in 0..EACH {
        for stations in 2..=6 {
            for way in [Way::Straight, Way::Fees, Way::Split, Way::Merged] {
                plot.circle(stations, way);
            }
        }
        plot.loans();
        plot.lent();
        plot.trades();
        plot.rebates();
        plot.collecting_accounts();
        plot.honest();
    }
    plot.write()
}

/// How the money goes round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Straight,
    /// Everybody keeps a little.
    Fees,
    /// By two accounts side by side.
    Split,
    /// By two accounts side by side that meet in one.
    Merged,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Straight => "straight",
            Self::Fees => "with fees",
            Self::Split => "split",
            Self::Merged => "split and merged",
        }
    }
}

#[derive(Debug)]
struct Plot {
    world: World,
    rng: Rng,
    /// Of slips, payouts and firms.
    serial: u64,
    /// By bank and account.
    statements: BTreeMap<(usize, String), Vec<Posting>>,
    schemes: Vec<Scheme>,
}

/// The county's tax office, whose slips all are.
const ISSUER: usize = 1;
/// 契税, a local tax.
const SUBJECT: usize = 10;

impl Plot {
    fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn planted(&mut self, kind: String, rule: &'static str, keys: Vec<String>) {
        self.schemes.push(Scheme { kind, rule, keys });
    }

    /// A firm with an account of its own, in the register or not.
    fn firm(&mut self, trade: &str, is_registered: bool) -> usize {
        let serial = self.next();
        let bank = self.rng.index(BANKS.len());
        let stem = format!("91290121MA8{serial:06}");
        let id = format!("{stem}{}", world::credit_check(stem.as_bytes()));
        let account = format!("{}{:08}", &BANKS[bank].number()[..8], 60_000_000 + serial);
        // Two signs that no other firm has, so that no two names are alike.
        let sign =
            |place: u64| char::from_u32(0x4E00 + u32::try_from(place).expect("a sign")).expect("a sign");
        let name = format!("{}{}{trade}有限公司", sign(serial % 5_000), sign(5_000 + serial * 7 % 5_000));
        if is_registered {
            let row = registers::account(&account, BANKS[bank].number(), ("", &name), "enterprise", "basic");
            self.world.tables.push(row);
        }
        self.world.payers.push(Payer { id, name, account, bank });
        self.world.payers.len() - 1
    }

    /// A working day of the book that leaves so many after it.
    fn day(&mut self, left: u32) -> u32 {
        self.rng.below(DAYS - left)
    }

    fn on(&self, day: u32) -> NaiveDate {
        self.world.days[day as usize]
    }

    /// Whole yuan between so many millions.
    fn millions(&mut self, from: i64, to: i64) -> i64 {
        from * MILLION
            + i64::from(self.rng.below(u32::try_from((to - from) * 1_000_000).expect("millions"))) * 100
    }

    fn line(&mut self, firm: usize, at: NaiveDateTime, fen: i64, counterparty: (&str, &str), summary: &str) {
        let of = &self.world.payers[firm];
        let counterparty = (counterparty.0.to_owned(), counterparty.1.to_owned());
        let lines = self.statements.entry((of.bank, of.account.clone())).or_default();
        lines.push(Posting { at, fen, counterparty, summary: summary.to_owned() });
    }

    /// A payout to a firm; its number.
    fn payout(&mut self, day: u32, firm: usize, fen: i64, purpose: &str) -> String {
        let (serial, on) = (self.next(), self.on(day));
        let unit = self.rng.index(UNITS.len());
        let payee = self.world.payers[firm].clone();
        let supplier = SUPPLIERS.iter().find(|of| of.bank == payee.bank).expect("every bank has suppliers");
        let mut payout = payouts::payout(serial, on, Mode::Real, &UNITS[unit], supplier, fen);
        payout.set("payee_account", &payee.account).set("payee_name", &payee.name);
        let sheet = format!("ZS{serial:08}");
        payout.voucher.set("purpose", purpose).set("form_no", &sheet);
        self.world.tables.push(registers::forms(&sheet, &sheet));
        let number = payout.number();
        self.world.records.extend(payout.records());
        let treasury = (registers::treasury_account(registers::PAYING), TREASURIES[registers::PAYING].name);
        self.line(firm, at(on, 11, 0), fen, (&treasury.0, treasury.1), "拨款");
        number
    }

    fn transfer(&mut self, day: u32, from: usize, to: usize, fen: i64, summary: &str) {
        let on = self.on(day);
        let [giver, taker] = [from, to].map(|firm| self.world.payers[firm].clone());
        self.line(from, at(on, 12, 0), -fen, (&taker.account, &taker.name), summary);
        self.line(to, at(on, 12, 5), fen, (&giver.account, &giver.name), summary);
    }

    /// A slip of a taxpayer that a firm pays; its number.
    fn tax(&mut self, day: u32, taxpayer: usize, firm: usize, fen: i64) -> String {
        let (serial, on) = (self.next(), self.on(day));
        let due = Some(flow::fifteenth_after(on));
        let slip = flow::make(ISSUER, SUBJECT, taxpayer, fen, serial, on, due);
        let bank = self.world.payers[firm].bank;
        let mut payment = slip.paid(bank, at(on, 13, 0), Some(at(on, 15, 30)));
        if firm != taxpayer {
            // The tax office knows whose account it was.
            let (of, by) = (&self.world.payers[taxpayer], &self.world.payers[firm]);
            let document = documents::slip(&slip, of);
            let document = document.with("payer_account", &by.account).with("payer_name", &by.name);
            self.world.records.push(document);
            payment.slip = None;
            payment.receipt.as_mut().expect("paid").1.payer = firm;
        }
        self.world.payments.push(payment);
        let mandated = self.world.accounts[bank].number.clone();
        self.line(firm, at(on, 13, 0), -fen, (&mandated, BANKS[bank].account_name), "缴税");
        slip.number.to_string()
    }

    /// 空转: stations are the treasury, the payee, the accounts between, and the mandated account.
    fn circle(&mut self, stations: u32, way: Way) {
        let fen = self.millions(2, 9);
        let mut day = self.day(12);
        let first = self.firm("商贸", true);
        let number = self.payout(day, first, fen, "项目款");
        self.planted(format!("circle of {stations}, {}", way.name()), "fund-round-trip", vec![number]);
        let less = |fen: i64, way: Way| if way == Way::Fees { fen - fen * 7 / 1_000 } else { fen };
        let mut holders = vec![(first, fen)];
        for hop in 0..stations.saturating_sub(3) {
            day += self.rng.below(3);
            let mut next: Vec<(usize, i64)> = Vec::new();
            for (holder, held) in holders {
                let held = less(held, way);
                let parts = match way {
                    Way::Split | Way::Merged if hop == 0 => vec![held / 3, held - held / 3],
                    _ => vec![held],
                };
                for part in parts {
                    let meets = way == Way::Merged && hop == 1;
                    let to = match next.first() {
                        Some((met, _)) if meets => *met,
                        _ => self.firm("咨询", false),
                    };
                    self.transfer(day, holder, to, part, "往来款");
                    match next.iter_mut().find(|(known, _)| *known == to) {
                        Some((_, held)) => *held += part,
                        None => next.push((to, part)),
                    }
                }
            }
            holders = next;
        }
        day += self.rng.below(3);
        for (holder, held) in holders {
            let held = less(held, way);
            if stations == 2 {
                let (to, name) = (registers::treasury_account(2), TREASURIES[2].name);
                let on = self.on(day);
                self.line(holder, at(on, 14, 0), -held, (&to, name), "缴非税");
            } else if way == Way::Straight || way == Way::Fees || stations > 3 {
                self.tax(day, holder, holder, held);
            } else {
                self.tax(day, holder, holder, held / 4);
                self.tax(day, holder, holder, held - held / 4);
            }
        }
    }

    /// 以贷还税: by one slip or two, the bank named or only the purpose.
    fn loans(&mut self) {
        for (summary, lender, slips) in [
            ("贷款发放", "云岫某银行", 1),
            ("放款", "小额贷款公司", 2),
            ("转账", "云岫信达融资担保有限公司", 1),
            ("借款", "云岫市城市建设投资集团", 2),
        ] {
            let (fen, mut day) = (self.millions(1, 6), self.day(6));
            let firm = self.firm("置业", true);
            let on = self.on(day);
            self.line(firm, at(on, 9, 30), fen, ("8800099", lender), summary);
            let tax = fen * 9 / 10 / slips;
            // A small slip that is settled when the next is paid has a part in the sum alone.
            let mut numbers = Vec::new();
            for _ in 0..slips {
                day += self.rng.below(2);
                numbers.push(self.tax(day, firm, firm, tax));
            }
            self.planted(format!("loan {summary}, {slips} slips"), "loan-paid-tax", numbers);
        }
    }

    /// 以贷还税, where finance lends.
    fn lent(&mut self) {
        let (fen, day, firm) = (self.millions(1, 2), self.day(4), self.firm("开发", true));
        self.payout(day, firm, fen, "往来款");
        let later = day + self.rng.below(3);
        let number = self.tax(later, firm, firm, fen * 17 / 20);
        self.planted("lent by finance".to_owned(), "loan-paid-tax", vec![number]);
    }

    /// 买税卖税: one account, taxpayers who have nothing to do with it.
    fn trades(&mut self) {
        for taxpayers in 3..=5 {
            let broker = self.firm("财务咨询", true);
            let account = self.world.payers[broker].account.clone();
            let mut day = self.day(16);
            for _ in 0..taxpayers {
                let (taxpayer, fen) = (self.firm("贸易", true), self.millions(0, 1) + 12_345);
                let number = self.tax(day, taxpayer, broker, fen);
                self.planted(
                    format!("tax paid by a broker of {taxpayers}"),
                    "third-party-payer",
                    vec![number],
                );
                day += self.rng.below(4);
            }
            self.planted(format!("tax trade of {taxpayers}"), "tax-trading", vec![account]);
        }
    }

    /// 先征后返.
    fn rebates(&mut self) {
        for (purpose, percent) in [("产业扶持资金", 30), ("税收返还", 55), ("招商奖励", 95)] {
            let (firm, fen, day) = (self.firm("科技", true), self.millions(2, 9), self.day(35));
            self.tax(day, firm, firm, fen);
            let later = day + 1 + self.rng.below(34);
            let number = self.payout(later, firm, fen * percent / 100, purpose);
            self.planted(format!("{percent} % given back"), "collect-then-rebate", vec![number]);
        }
    }

    /// 变相过渡户: accounts the register does not know, that collect from many and pay on.
    fn collecting_accounts(&mut self) {
        for (trade, delay, kept) in [("服务", 0, 0), ("代理", 1, 2), ("物业", 3, 5), ("管理", 4, 8)] {
            let account = self.firm(trade, false);
            let mut day = self.day(22);
            for _ in 0..4 {
                let on = self.on(day);
                let mut sum = 0;
                for _ in 0..3 {
                    let (payer, fen) =
                        (self.rng.index(400), i64::from(self.rng.below(80_000)) * 100 + 50_000);
                    let from = self.world.payers[payer].clone();
                    self.line(account, at(on, 10, 0), fen, (&from.account, &from.name), "代收");
                    sum += fen;
                }
                let out = self.on(day + delay);
                let (bank, fen) = (self.world.payers[account].bank, sum - sum * kept / 100);
                let mandated = self.world.accounts[bank].number.clone();
                self.line(account, at(out, 15, 0), -fen, (&mandated, BANKS[bank].account_name), "上缴");
                day += 1 + self.rng.below(4);
            }
            let number = self.world.payers[account].account.clone();
            self.planted(format!("account paying on after {delay} days"), "transit-account", vec![number]);
        }
    }

    /// What looks alike and is not to be found: a supplier who pays ordinary taxes, money that is spent, a loan that is
    /// invested, a firm that pays for its own branches, and a shop that takes in much and pays little of it to the treasury.
    fn honest(&mut self) {
        let (firm, fen, day) = (self.firm("建设", true), self.millions(3, 9), self.day(14));
        self.payout(day, firm, fen, "工程款");
        self.tax(day + 3, firm, firm, fen / 8);
        let (next, spent) = (self.firm("钢材", true), fen / 2);
        self.transfer(day + 1, firm, next, spent, "货款");
        self.tax(day + 5, next, next, spent / 6);

        let (firm, fen, day) = (self.firm("食品", true), self.millions(2, 5), self.day(8));
        let on = self.on(day);
        self.line(firm, at(on, 9, 0), fen, ("8800099", "云岫某银行"), "贷款发放");
        let seller = self.firm("设备", true);
        self.transfer(day + 1, firm, seller, fen * 9 / 10, "设备款");
        self.tax(day + 2, firm, firm, fen / 20);

        let (shop, mut day) = (self.firm("百货", true), self.day(22));
        for _ in 0..4 {
            let on = self.on(day);
            for _ in 0..4 {
                let payer = self.rng.index(400);
                let (from, fen) =
                    (self.world.payers[payer].clone(), i64::from(self.rng.below(9_000)) * 100 + 900);
                self.line(shop, at(on, 10, 0), fen, (&from.account, &from.name), "货款");
            }
            day += 1 + self.rng.below(4);
        }
        self.tax(day, shop, shop, 150_000);
    }

    fn write(mut self) -> (Vec<BookFile>, Vec<Scheme>) {
        let last = self.on(DAYS - 1);
        sums::add(&mut self.world, last);
        // What each had before.
        self.world.records.extend(sums::written(self.statements, 5 * MILLION));
        let mut files = self.world.reference();
        files.extend(self.world.inbox());
        self.schemes.sort();
        (files, self.schemes)
    }
}
