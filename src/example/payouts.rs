//! Payouts 库款支拨: vouchers of finance, what the treasury books and what banks pay.

use super::calendar::next_working;
use super::publish::{World, yuan};
use super::record::Record;
use super::registers::{PAYING, SUPPLIERS, Supplier, UNITS, Unit, finance_account, treasury_account};
use super::rng::Rng;
use super::world::{BANKS, TREASURIES};
use chrono::{Datelike, NaiveDate};

/// One payout: what each party says of it.
#[derive(Clone, Debug)]
pub(super) struct Payout {
    pub(super) voucher: Record,
    pub(super) booking: Option<Record>,
    pub(super) payment: Option<Record>,
}

/// 支付方式.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// 11
    Direct,
    /// 12
    Authorised,
    /// 91, 实拨
    Real,
}

impl Mode {
    fn code(self) -> &'static str {
        match self {
            Self::Direct => "11",
            Self::Authorised => "12",
            Self::Real => "91",
        }
    }
}

/// A payout that is in order: paid by its bank on the day it is issued.
pub(super) fn payout(
    serial: u64,
    day: NaiveDate,
    mode: Mode,
    unit: &Unit,
    supplier: &Supplier,
    fen: i64,
) -> Payout {
    let number = format!("ZF{}{serial:08}", day.format("%y%m"));
    let payee = supplier.account();
    let drawn_on = match mode {
        Mode::Direct => finance_account(unit.bank),
        Mode::Authorised => unit.account(),
        Mode::Real => treasury_account(PAYING),
    };
    let common = |record: Record| {
        record
            .with("voucher_no", &number)
            .with("payee_account", &payee)
            .with("payee_name", supplier.name)
            .with("amount", yuan(fen))
    };
    let voucher = common(Record::new(day, "finance-disbursements", ""))
        .with("form_no", format!("ZB{serial:08}"))
        .with("voucher_date", day)
        .with("treasury", TREASURIES[PAYING].code)
        .with("unit", unit.code)
        .with("unit_name", unit.name)
        .with("payer_account", &drawn_on)
        .with("payee_bank", BANKS[supplier.bank].number())
        .with("subject", unit.subject)
        .with("economic", "302")
        .with("project", unit.project)
        .with("pay_mode", mode.code())
        .with("year", day.year())
        .with("purpose", format!("货款{serial}"))
        .with("doc_ref", format!("云财拨〔{}〕{serial}号", day.year()))
        .with("budget_ref", format!("云财预〔{}〕1号", day.year()))
        .with("delivered_on", day)
        .with("handover", "周文");
    let booking = common(Record::new(day, "treasury-disbursements", ""))
        .with("treasury", TREASURIES[PAYING].code)
        .with("subject", unit.subject)
        .with("accepted_on", day)
        .with("booked_on", day)
        .with("method", "转账");
    let paying = &BANKS[if mode == Mode::Real { supplier.bank } else { unit.bank }];
    let mut payment = common(Record::new(day, "bank-disbursements", paying.short))
        .with("bank", paying.number())
        .with("payer_account", &drawn_on)
        .with("pay_mode", mode.code())
        .with("paid_on", day)
        .with("unit", unit.code)
        .with("status", "成功");
    if mode != Mode::Real {
        payment.set("cleared_on", day).set("batch", format!("Q{}", day.format("%y%m%d")));
    }
    Payout { voucher, booking: Some(booking), payment: Some(payment) }
}

impl Payout {
    /// The treasury's or an agent bank's later day, as the law lets it be.
    pub(super) fn paid_on(mut self, day: NaiveDate) -> Self {
        if let Some(payment) = &mut self.payment {
            payment.set("paid_on", day);
            payment.day = day;
        }
        self
    }

    /// 退回: the bank gives the money back, the treasury books it the next working day.
    fn comes_back(mut self, records: &mut Vec<Record>) -> Self {
        let Some((booking, payment)) = self.booking.as_ref().zip(self.payment.as_mut()) else { return self };
        let paid = payment.day;
        payment.set("returned_on", paid).set("return_reason", "账号户名不符");
        let back = next_working(paid.max(booking.day));
        let amount = format!("-{}", booking.get("amount"));
        records.push(booking.on(back).with("booked_on", back).with("amount", amount));
        self
    }

    pub(super) fn number(&self) -> String {
        self.voucher.get("voucher_no").to_owned()
    }

    /// In fen, by the voucher.
    pub(super) fn fen(&self) -> i64 {
        fen(self.voucher.get("amount"))
    }

    /// Sets a column in every row that has it.
    #[expect(clippy::needless_pass_by_value, reason = "numbers, days and new texts are nicer to write so")]
    pub(super) fn set(&mut self, column: &'static str, value: impl ToString) -> &mut Self {
        let value = value.to_string();
        let rows = [self.booking.as_mut(), self.payment.as_mut()].into_iter().flatten();
        for row in rows.chain([&mut self.voucher]).filter(|row| row.has(column)) {
            row.set(column, &value);
        }
        self
    }

    pub(super) fn booking(&mut self) -> &mut Record {
        self.booking.as_mut().expect("planted as booked")
    }

    pub(super) fn payment(&mut self) -> &mut Record {
        self.payment.as_mut().expect("planted as paid")
    }

    pub(super) fn records(self) -> impl Iterator<Item = Record> {
        [Some(self.voucher), self.booking, self.payment].into_iter().flatten()
    }
}

/// An amount as it is written.
pub(super) fn fen(yuan: &str) -> i64 {
    yuan.replace('.', "").parse().expect("written as yuan")
}

/// The ordinary payouts of each day.
pub(super) fn ordinary(rng: &mut Rng, world: &mut World, days: &[NaiveDate], a_day: u32) {
    let mut serial = 0;
    for day in days {
        for _ in 0..a_day {
            serial += 1;
            let unit = &UNITS[rng.index(UNITS.len())];
            let supplier = &SUPPLIERS[rng.index(SUPPLIERS.len())];
            let mode = [Mode::Real, Mode::Real, Mode::Direct, Mode::Authorised][rng.index(4)];
            let fen = i64::from(rng.below(30_000)) * 100 + i64::try_from(serial).expect("few payouts");
            let mut payout = payout(serial, *day, mode, unit, supplier, fen + 10_000);
            if mode == Mode::Real && rng.percent(30) {
                payout = payout.paid_on(next_working(*day));
            }
            if mode == Mode::Real && serial % 17 == 0 {
                payout = payout.comes_back(&mut world.records);
            }
            world.records.extend(payout.records());
        }
    }
}
