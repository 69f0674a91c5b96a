//! From what happened to files: rows go to the inbox of the day on which their party knows them.

use super::BookFile;
use super::calendar;
use super::record::{self, Record};
use super::registers;
use super::world::{
    Account, BANKS, Booking, ISSUERS, Kind, Payer, Payment, Receipt, SUBJECTS, Slip, TREASURIES,
};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Bank, treasury, and the moment of remittance: what makes one batch.
pub(super) type BatchKey = (usize, usize, NaiveDateTime);

/// What went wrong with one batch. The default is nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mishap {
    /// Added to what the bank remits, and so to what is cleared.
    pub(super) remitted_fen: i64,
    /// Added to what the clearing statement says.
    pub(super) cleared_fen: i64,
    pub(super) cleared_count: i64,
    pub(super) clearing: Clearing,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Clearing {
    #[default]
    OnTime,
    Never,
    /// The row arrives on a later day, dated as it should be.
    Late(NaiveDate),
    /// The row is there, but says 已发起对账 until that day.
    PendingUntil(NaiveDate),
}

/// A row beside the ordinary flow: a second delivery, a twin, a cancelled payment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extra {
    pub(super) day: NaiveDate,
    /// Part of the file name, so that a day can hold two files of one sender.
    pub(super) suffix: &'static str,
    pub(super) row: Row,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Row {
    Slip(Slip),
    Receipt(Receipt),
    Booking(Booking),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sender {
    Tax(usize),
    Finance,
    Receipts(usize),
    Remittances(usize),
    Bookings,
    Clearing,
}

impl Sender {
    fn all() -> impl Iterator<Item = Self> {
        let tax = (0..ISSUERS.len()).filter(|issuer| ISSUERS[*issuer].kind == Kind::Tax).map(Self::Tax);
        let banks = (0..BANKS.len()).flat_map(|bank| [Self::Receipts(bank), Self::Remittances(bank)]);
        tax.chain(banks).chain([Self::Finance, Self::Bookings, Self::Clearing])
    }

    fn of(issuer: usize) -> Self {
        if ISSUERS[issuer].kind == Kind::Tax { Self::Tax(issuer) } else { Self::Finance }
    }

    fn ledger(self) -> &'static str {
        match self {
            Self::Tax(_) => "tax-receipts",
            Self::Finance => "finance-receipts",
            Self::Receipts(_) => "bank-receipts",
            Self::Remittances(_) => "bank-remittances",
            Self::Bookings => "treasury-receipts",
            Self::Clearing => "treasury-clearing",
        }
    }

    fn stem(self) -> String {
        match self {
            Self::Tax(issuer) => format!("{}-{}", self.ledger(), ISSUERS[issuer].code),
            Self::Receipts(bank) | Self::Remittances(bank) => {
                format!("{}-{}", self.ledger(), BANKS[bank].short)
            }
            Self::Finance | Self::Bookings | Self::Clearing => self.ledger().to_owned(),
        }
    }

    /// Two banks and one tax office still send what their old systems write.
    fn gb18030(self) -> bool {
        matches!(self, Self::Tax(2) | Self::Receipts(1 | 3) | Self::Remittances(1 | 3))
    }

    fn english(self) -> bool {
        matches!(self, Self::Receipts(2) | Self::Remittances(2) | Self::Clearing)
    }

    fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Tax(_) => &TAX,
            Self::Finance => &FINANCE,
            Self::Receipts(_) => &RECEIPTS,
            Self::Remittances(_) => &REMITTANCES,
            Self::Bookings => &BOOKINGS,
            Self::Clearing => &CLEARING,
        }
    }

    fn header(self) -> String {
        let names: Vec<_> =
            self.columns().iter().map(|(en, zh)| if self.english() { *en } else { *zh }).collect();
        format!("{}\n", names.join(","))
    }
}

static TAX: [(&str, &str); 18] = [
    ("slip_no", "税票号码"),
    ("tax_org", "征收机关代码"),
    ("treasury", "国库代码"),
    ("taxpayer_id", "纳税人编号"),
    ("taxpayer_name", "纳税人名称"),
    ("payer_account", "付款人账号"),
    ("payer_name", "缴款单位名称"),
    ("payer_bank", "付款人开户行行号"),
    ("subject", "预算科目代码"),
    ("level", "预算级次"),
    ("tax_type", "税种代码"),
    ("amount", "实缴金额"),
    ("billed_on", "开票日期"),
    ("due_on", "限缴日期"),
    ("period_from", "税款所属期起"),
    ("period_to", "税款所属期止"),
    ("adjust_flag", "调整期标志"),
    ("status", "处理状态"),
];
static FINANCE: [(&str, &str); 15] = [
    ("slip_no", "缴款书号码"),
    ("collector", "执收单位代码"),
    ("treasury", "国库代码"),
    ("payer_id", "缴款人编号"),
    ("payer_name", "缴款单位名称"),
    ("payer_account", "付款人账号"),
    ("payer_bank", "付款人开户行行号"),
    ("subject", "预算科目代码"),
    ("level", "预算级次"),
    ("fund", "资金性质"),
    ("amount", "金额"),
    ("billed_on", "开票日期"),
    ("due_on", "限缴日期"),
    ("adjust_flag", "调整期标志"),
    ("status", "处理状态"),
];
static RECEIPTS: [(&str, &str); 15] = [
    ("slip_no", "税票号码"),
    ("bank", "经收处行号"),
    ("treasury", "收款国库代码"),
    ("payer_account", "付款账号"),
    ("payer_name", "付款户名"),
    ("payee_account", "收款账号"),
    ("payee_name", "收款户名"),
    ("amount", "金额"),
    ("accepted_at", "受理时间"),
    ("received_at", "收纳时间"),
    ("remitted_at", "划转时间"),
    ("batch", "划转批次"),
    ("method", "缴款方式"),
    ("fee", "手续费"),
    ("status", "交易状态"),
];
static REMITTANCES: [(&str, &str); 7] = [
    ("batch", "划转批次"),
    ("bank", "行号"),
    ("from_account", "付款账号"),
    ("treasury", "国库代码"),
    ("remitted_at", "划转时间"),
    ("count", "笔数"),
    ("amount", "金额"),
];
static BOOKINGS: [(&str, &str); 10] = [
    ("slip_no", "凭证编号"),
    ("treasury", "国库代码"),
    ("tax_org", "征收机关代码"),
    ("subject", "预算科目代码"),
    ("level", "预算级次"),
    ("adjust_flag", "调整期标志"),
    ("amount", "金额"),
    ("booked_on", "入库日期"),
    ("batch", "划转批次"),
    ("bank", "经收处行号"),
];
static CLEARING: [(&str, &str); 7] = [
    ("batch", "对账批次"),
    ("bank", "付款行行号"),
    ("treasury", "清算国库代码"),
    ("cleared_on", "对账日期"),
    ("count", "笔数"),
    ("amount", "金额"),
    ("status", "状态"),
];

/// Everything that happened, before it is written down.
#[derive(Debug)]
pub(super) struct World {
    pub(super) days: Vec<NaiveDate>,
    pub(super) payers: Vec<Payer>,
    pub(super) accounts: Vec<Account>,
    pub(super) payments: Vec<Payment>,
    pub(super) extras: Vec<Extra>,
    pub(super) mishaps: BTreeMap<BatchKey, Mishap>,
    /// Clearing rows of batches no bank remitted: count and fen.
    pub(super) phantoms: BTreeMap<BatchKey, (i64, i64)>,
    /// A ledger that is silent on a day; its files come the next working day.
    pub(super) silent: Vec<(NaiveDate, &'static str)>,
    /// One tax office's file that comes a day late, while its ledger is not silent.
    pub(super) tardy: Vec<(NaiveDate, usize)>,
    /// Rows of the other ledgers.
    pub(super) records: Vec<Record>,
    /// Rows of the reference tables, beside the accounts above.
    pub(super) tables: Vec<Record>,
    pub(super) lean: bool,
}

#[derive(Clone, Debug)]
struct Batch {
    number: String,
    count: i64,
    fen: i64,
    phantom: bool,
}

impl Batch {
    fn new(key: BatchKey) -> Self {
        Self { number: batch_number(key), count: 0, fen: 0, phantom: false }
    }
}

/// Bank code, day, treasury and time of day: no two batches share it.
pub(super) fn batch_number((bank, treasury, at): BatchKey) -> String {
    format!("{}{}{treasury}{}", &BANKS[bank].number()[..3], at.format("%y%m%d"), at.format("%H%M"))
}

type Inbox = BTreeMap<(NaiveDate, Sender, Cow<'static, str>), Vec<u8>>;

impl World {
    pub(super) fn inbox(&self) -> Vec<BookFile> {
        let mut inbox = Inbox::new();
        for day in &self.days {
            for sender in Sender::all() {
                self.sheet(&mut inbox, *day, sender, "");
            }
        }
        let batches = self.batches();
        for payment in &self.payments {
            if let Some((day, slip)) = &payment.slip {
                self.slip(&mut inbox, *day, "", slip);
            }
            if let Some((day, receipt)) = &payment.receipt {
                self.receipts(&mut inbox, &batches, *day, receipt);
            }
            if let Some((day, booking)) = &payment.booking {
                self.booking(&mut inbox, &batches, *day, "", booking);
            }
        }
        for extra in &self.extras {
            match &extra.row {
                Row::Slip(slip) => self.slip(&mut inbox, extra.day, extra.suffix, slip),
                Row::Receipt(receipt) => self.receipt(&mut inbox, &batches, extra.day, extra.suffix, receipt),
                Row::Booking(booking) => self.booking(&mut inbox, &batches, extra.day, extra.suffix, booking),
            }
        }
        for (key, batch) in &batches {
            self.remittance(&mut inbox, key, batch);
        }
        let bulk = inbox
            .into_iter()
            .map(|((day, sender, suffix), bytes)| encode(day, sender, &suffix, bytes, self.lean));
        bulk.chain(record::inbox(&self.records, &self.days)).collect()
    }

    fn batches(&self) -> BTreeMap<BatchKey, Batch> {
        let mut batches: BTreeMap<BatchKey, Batch> = BTreeMap::new();
        let received = self.payments.iter().filter_map(|payment| payment.receipt.as_ref()).map(|(_, of)| of);
        for receipt in received.filter(|of| of.status == "成功") {
            if let Some(at) = receipt.remitted {
                let key = (receipt.bank, receipt.treasury, at);
                let batch = batches.entry(key).or_insert_with(|| Batch::new(key));
                batch.count += 1;
                batch.fen += receipt.fen;
            }
        }
        for (key, (count, fen)) in &self.phantoms {
            let phantom = Batch { count: *count, fen: *fen, phantom: true, ..Batch::new(*key) };
            assert!(batches.insert(*key, phantom).is_none(), "a phantom batch has no receipts");
        }
        batches
    }

    /// The buffer a row dated to that delivery goes to; `None` after the last day.
    fn sheet<'a>(
        &self,
        inbox: &'a mut Inbox,
        day: NaiveDate,
        sender: Sender,
        suffix: &'static str,
    ) -> Option<&'a mut Vec<u8>> {
        let silent = self.silent.contains(&(day, sender.ledger()));
        let tardy = matches!(sender, Sender::Tax(issuer) if self.tardy.contains(&(day, issuer)));
        let (day, suffix) = if silent || tardy {
            (calendar::next_working(day), Cow::Owned(format!("-late{}", day.format("%m%d"))))
        } else {
            (day, Cow::Borrowed(suffix))
        };
        if self.days.last().is_none_or(|last| day > *last) {
            return None;
        }
        let sheet = inbox.entry((day, sender, suffix));
        Some(sheet.or_insert_with(|| sender.header().into_bytes()))
    }

    fn slip(&self, inbox: &mut Inbox, day: NaiveDate, suffix: &'static str, slip: &Slip) {
        let sender = Sender::of(slip.issuer);
        let Some(buffer) = self.sheet(inbox, day, sender, suffix) else { return };
        let payer = &self.payers[slip.payer];
        let subject = &SUBJECTS[slip.subject];
        let mut line = Line::start(buffer);
        line.number(slip.number);
        line.text(ISSUERS[slip.issuer].code);
        line.text(TREASURIES[slip.treasury].code);
        line.text(&payer.id);
        line.text(&payer.name);
        line.text(&payer.account);
        if let Sender::Tax(office) = sender {
            line.text(if self.lean { "" } else { &payer.name });
            line.text(if self.lean { "" } else { BANKS[payer.bank].number() });
            line.text(subject.code);
            line.number(u64::from(slip.level));
            line.text(subject.tax_type);
            line.money(slip.fen);
            line.date(slip.billed, office == 1);
            line.maybe_date(slip.due, office == 1);
            let month = slip.billed.with_day(1).expect("every month has a first day");
            let before = month.pred_opt().expect("books begin long after the calendar does");
            let from = before.with_day(1).expect("every month has a first day");
            line.maybe_date((!self.lean).then_some(from), office == 1);
            line.maybe_date((!self.lean).then_some(before), office == 1);
            line.text("0");
            line.text(if self.lean { "" } else { "处理成功" });
        } else {
            line.text(BANKS[payer.bank].number());
            line.text(subject.code);
            line.number(u64::from(slip.level));
            line.text("1");
            line.money(slip.fen);
            line.date(slip.billed, false);
            line.maybe_date(slip.due, false);
            line.text("0");
            line.text("成功");
        }
        line.end();
    }

    /// A receipt is told on its day, and told again, filled in, on the day it is remitted.
    fn receipts(
        &self,
        inbox: &mut Inbox,
        batches: &BTreeMap<BatchKey, Batch>,
        day: NaiveDate,
        receipt: &Receipt,
    ) {
        match receipt.remitted {
            Some(at) if at.date() > day => {
                self.receipt(inbox, batches, day, "", &Receipt { remitted: None, ..*receipt });
                self.receipt(inbox, batches, at.date(), "", receipt);
            }
            _ => self.receipt(inbox, batches, day, "", receipt),
        }
    }

    fn receipt(
        &self,
        inbox: &mut Inbox,
        batches: &BTreeMap<BatchKey, Batch>,
        day: NaiveDate,
        suffix: &'static str,
        receipt: &Receipt,
    ) {
        let Some(buffer) = self.sheet(inbox, day, Sender::Receipts(receipt.bank), suffix) else { return };
        let payer = &self.payers[receipt.payer];
        let account = &self.accounts[receipt.account];
        let mut line = Line::start(buffer);
        line.number_or_blank(receipt.number);
        line.text(BANKS[receipt.bank].number());
        line.text(TREASURIES[receipt.treasury].code);
        line.text(&payer.account);
        line.text(if self.lean { "" } else { &payer.name });
        line.text(&account.number);
        line.text(if self.lean { "" } else { account.holder_name });
        line.money(receipt.fen);
        line.maybe_moment((!self.lean).then_some(receipt.accepted.unwrap_or(receipt.received)));
        line.maybe_moment(Some(receipt.received));
        line.maybe_moment(receipt.remitted);
        let batch = receipt.remitted.map(|at| batches[&(receipt.bank, receipt.treasury, at)].number.as_str());
        line.text(batch.unwrap_or(""));
        line.text(match (self.lean, receipt.cash) {
            (true, _) => "",
            (_, true) => "现金",
            (_, false) => "转账",
        });
        match receipt.fee {
            Some(fen) => line.money(fen),
            None => line.text(""),
        }
        line.text(receipt.status);
        line.end();
    }

    fn booking(
        &self,
        inbox: &mut Inbox,
        batches: &BTreeMap<BatchKey, Batch>,
        day: NaiveDate,
        suffix: &'static str,
        booking: &Booking,
    ) {
        let Some(buffer) = self.sheet(inbox, day, Sender::Bookings, suffix) else { return };
        let mut line = Line::start(buffer);
        line.number(booking.number);
        line.text(TREASURIES[booking.treasury].code);
        line.text(ISSUERS[booking.issuer].code);
        line.text(SUBJECTS[booking.subject].code);
        line.number(u64::from(booking.level));
        line.text(if booking.adjusts { "1" } else { "0" });
        line.money(booking.fen);
        line.date(booking.booked, false);
        let batch =
            booking.remitted.map(|(treasury, at)| batches[&(booking.bank, treasury, at)].number.as_str());
        line.text(batch.unwrap_or(""));
        line.text(BANKS[booking.bank].number());
        line.end();
    }

    fn remittance(&self, inbox: &mut Inbox, key: &BatchKey, batch: &Batch) {
        let (bank, treasury, at) = *key;
        let mishap = self.mishaps.get(key).copied().unwrap_or_default();
        let fen = batch.fen + mishap.remitted_fen;
        if !batch.phantom
            && let Some(buffer) = self.sheet(inbox, at.date(), Sender::Remittances(bank), "")
        {
            let mut line = Line::start(buffer);
            line.text(&batch.number);
            line.text(BANKS[bank].number());
            line.text(&self.accounts[bank].number);
            line.text(TREASURIES[treasury].code);
            line.maybe_moment(Some(at));
            line.number(batch.count.unsigned_abs());
            line.money(fen);
            line.end();
        }
        let cleared_on = calendar::clearing_day(at);
        let told: &[(NaiveDate, &str)] = match mishap.clearing {
            Clearing::OnTime => &[(cleared_on, "已对账相符")],
            Clearing::Never => &[],
            Clearing::Late(day) => &[(day, "已对账相符")],
            Clearing::PendingUntil(day) => &[(cleared_on, "已发起对账"), (day, "已对账相符")],
        };
        for (day, status) in told {
            let Some(buffer) = self.sheet(inbox, *day, Sender::Clearing, "") else { continue };
            let mut line = Line::start(buffer);
            line.text(&batch.number);
            line.text(BANKS[bank].number());
            line.text(TREASURIES[treasury].code);
            line.date(cleared_on, false);
            line.number((batch.count + mishap.cleared_count).unsigned_abs());
            line.money(fen + mishap.cleared_fen);
            line.text(status);
            line.end();
        }
    }

    pub(super) fn reference(&self) -> Vec<BookFile> {
        let mut rows: Vec<Record> =
            self.accounts.iter().filter(|account| account.registered).map(account).collect();
        rows.extend(self.tables.iter().cloned());
        record::tables(&rows)
    }

    /// Every account of the register.
    pub(super) fn register(&self) -> Vec<Record> {
        let own = self.accounts.iter().filter(|account| account.registered).map(account);
        own.chain(self.tables.iter().filter(|row| row.id == "accounts").cloned()).collect()
    }
}

fn account(of: &Account) -> Record {
    let bank = BANKS[of.bank].number();
    registers::account(&of.number, bank, (of.holder_id, of.holder_name), of.holder_class, of.nature)
        .with("permit_no", of.permit)
        .with("finance_approval", of.approval)
}

fn encode(day: NaiveDate, sender: Sender, suffix: &str, utf8: Vec<u8>, lean: bool) -> BookFile {
    let path = format!("inbox/{day}/{}{suffix}.csv", sender.stem());
    if lean || !sender.gb18030() {
        return BookFile { path, bytes: utf8 };
    }
    let text = String::from_utf8(utf8).expect("rows are written from text");
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    BookFile { path, bytes: bytes.into_owned() }
}

/// One row, cell by cell, straight into the buffer.
struct Line<'a> {
    buffer: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Line<'a> {
    fn start(buffer: &'a mut Vec<u8>) -> Self {
        Self { buffer, first: true }
    }

    fn next(&mut self) {
        if !self.first {
            self.buffer.push(b',');
        }
        self.first = false;
    }

    fn text(&mut self, text: &str) {
        self.next();
        if text.contains([',', '"']) {
            let quoted = format!("\"{}\"", text.replace('"', "\"\""));
            self.buffer.extend_from_slice(quoted.as_bytes());
        } else {
            self.buffer.extend_from_slice(text.as_bytes());
        }
    }

    fn number(&mut self, number: u64) {
        self.next();
        self.digits(number, 1);
    }

    fn number_or_blank(&mut self, number: u64) {
        if number == 0 { self.text("") } else { self.number(number) }
    }

    fn money(&mut self, fen: i64) {
        self.next();
        if fen < 0 {
            self.buffer.push(b'-');
        }
        let fen = fen.unsigned_abs();
        self.digits(fen / 100, 1);
        self.buffer.push(b'.');
        self.digits(fen % 100, 2);
    }

    fn date(&mut self, day: NaiveDate, compact: bool) {
        self.next();
        self.ymd(day, if compact { "" } else { "-" });
    }

    fn ymd(&mut self, day: NaiveDate, between: &str) {
        self.digits(u64::from(day.year().unsigned_abs()), 4);
        self.buffer.extend_from_slice(between.as_bytes());
        self.digits(u64::from(day.month()), 2);
        self.buffer.extend_from_slice(between.as_bytes());
        self.digits(u64::from(day.day()), 2);
    }

    /// Written by hand: a book of a million slips has thirty million cells.
    fn digits(&mut self, mut number: u64, width: usize) {
        let mut cell = [b'0'; 20];
        let mut start = cell.len();
        while number > 0 || cell.len() - start < width {
            start -= 1;
            cell[start] = b"0123456789"[(number % 10) as usize];
            number /= 10;
        }
        self.buffer.extend_from_slice(&cell[start..]);
    }

    fn maybe_date(&mut self, day: Option<NaiveDate>, compact: bool) {
        match day {
            Some(day) => self.date(day, compact),
            None => self.text(""),
        }
    }

    fn maybe_moment(&mut self, at: Option<NaiveDateTime>) {
        match at {
            Some(at) => {
                self.date(at.date(), false);
                for (mark, part) in [(b' ', at.hour()), (b':', at.minute()), (b':', at.second())] {
                    self.buffer.push(mark);
                    self.digits(u64::from(part), 2);
                }
            }
            None => self.text(""),
        }
    }

    fn end(self) {
        self.buffer.push(b'\n');
    }
}

/// Fen as yuan with two decimals.
pub(super) fn yuan(fen: i64) -> impl std::fmt::Display {
    struct Yuan(i64);
    impl std::fmt::Display for Yuan {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let sign = if self.0 < 0 { "-" } else { "" };
            let fen = self.0.unsigned_abs();
            write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
        }
    }
    Yuan(fen)
}
