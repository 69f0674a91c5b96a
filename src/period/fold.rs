//! One run's share of a period.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::moment::Moment;
use crate::domain::money::Money;
use crate::domain::table::Code;
use crate::matching::group::{self, Role};
use crate::matching::tie_out::{self, CellKey, Component, Figures, Move, Share};
use crate::matching::{Case, Group, Proof};
use crate::rules::payment::Payment;

use super::sums::{
    BankSum, Bridge, CellLine, Collected, CorrectionItem, Difference, FlowCount, Gross, Pair, PayoutLine,
    PayoutSum, Sums, Transit,
};
use super::{Kept, Span, sample};

/// Treasury, organ, level, subject and adjust flag.
type LineKey = [Code; 5];

/// Sums of one run, by codes: a day has a hundred thousand cases and few lines.
struct Fold<'k> {
    kept: &'k Kept,
    span: Span,
    facts: &'k Facts,
    key_taxpayers: BTreeSet<String>,
    sums: Sums,
    cells: FxHashMap<LineKey, Gross>,
    bridges: FxHashMap<Code, [Bridge; 2]>,
    banks: FxHashMap<Code, BankSum>,
    payouts: FxHashMap<[Code; 4], PayoutSum>,
    /// Base day and the next working day of moments: the calendar is asked once for each.
    days: FxHashMap<(NaiveDate, bool), Option<(NaiveDate, NaiveDate)>>,
}

/// What a run says of a period; its open cases count if it is the last that is looked at.
pub(super) fn fold(kept: &Kept, span: Span, is_last: bool, facts: &Facts) -> Sums {
    let known = facts.table("key-taxpayers").into_iter().flat_map(Book::entries);
    let mut fold = Fold {
        kept,
        span,
        facts,
        key_taxpayers: known.map(|row| row.text(Field::TaxpayerId).to_ascii_uppercase()).collect(),
        sums: Sums::default(),
        cells: FxHashMap::default(),
        bridges: FxHashMap::default(),
        banks: FxHashMap::default(),
        payouts: FxHashMap::default(),
        days: FxHashMap::default(),
    };
    for ids in kept.cases(is_last) {
        if kept.book.entry(ids[0]).ledger() == Ledger::TreasuryBalances {
            for &id in &ids {
                fold.stock(kept.book.entry(id));
            }
        }
        if group::is_joined(kept.book.entry(ids[0]).ledger()) {
            fold.case(&ids);
        }
    }
    fold.senders();
    for (stratum, _, amount) in sample::members(kept, span, is_last, facts) {
        let (count, sum) =
            fold.sums.populations.entry(stratum).or_default().runs.entry(kept.run).or_default();
        *count += 1;
        *sum += amount;
    }
    fold.named()
}

impl Fold<'_> {
    /// Whose each file is: a bank's by the banks its rows name or hold the account of, others' by organ or treasury.
    fn senders(&mut self) {
        let mut seen: FxHashSet<(&str, &str, &str)> = FxHashSet::default();
        for row in self.kept.book.entries() {
            let fields: &[Field] = match row.ledger().party() {
                Party::Bank => &[Field::Bank],
                Party::Treasury => &[Field::Treasury, Field::OldTreasury],
                _ => &[Field::Collector, Field::TaxOrg, Field::OldOrg],
            };
            let named = fields.iter().map(|&field| row.text(field)).find(|code| !code.is_empty());
            let account = if named.is_none() { row.text(Field::Account) } else { "" };
            seen.insert((row.file(), named.unwrap_or_default(), account));
        }
        #[expect(clippy::iter_over_hash_type, reason = "a set of senders has no order of its own")]
        for (file, named, account) in seen {
            let account = self.facts.accounts.as_ref().and_then(|table| table.get(account));
            let sender = account.map_or(named, |account| account.bank.as_str());
            if !sender.is_empty() {
                self.sums.senders.entry(file.to_owned()).or_default().insert(sender.to_owned());
            }
        }
    }

    fn case(&mut self, ids: &[EntryId]) {
        let book = &self.kept.book;
        let payment = Payment::of(Group::new(book, ids));
        for entry in payment.entries().filter(|entry| group::role(entry.ledger()).is_some()) {
            if group::own_date(entry).is_some_and(|on| self.span.contains(on)) {
                self.sums.heard.insert(entry.ledger());
            }
        }
        for &row in &payment.corrections {
            self.correction(row, &payment);
        }
        let cell_on = ids.iter().find_map(|&id| self.kept.row(id).cell_on);
        match payment.flow {
            Flow::Revenue | Flow::Refund | Flow::Correction => {
                // Open cases of an archive of an older format lack the day.
                let case = Case { entries: ids, proof: Proof::default() };
                let date = cell_on.or_else(|| tie_out::day(book, case, self.facts));
                for Share { component, cell, figures } in tie_out::shares(book, case, date) {
                    if self.span.contains(cell.date) {
                        self.cells.entry(line_key(cell)).or_default().of(component).add(figures);
                        if component != Component::Corrections && !figures.ties() {
                            self.differs(&payment, cell.date, figures);
                        }
                    }
                }
                self.moved(&payment, tie_out::moves(book, case, date));
                if payment.flow != Flow::Correction {
                    self.collected(&payment, date);
                }
            }
            Flow::Disbursement => self.payout(&payment),
            Flow::Account => {}
        }
    }

    /// A payment into the treasury, or out of it as a refund: bridges, banks, what is in transit, what a party lacks.
    fn collected(&mut self, payment: &Payment<'_>, date: Option<NaiveDate>) {
        let is_refund = payment.flow == Flow::Refund;
        let slip = payment.documents.first().copied();
        for &row in &payment.treasury {
            self.bridge(row, slip, date, is_refund);
        }
        if is_refund {
            self.refund_transit(payment, slip);
        } else {
            for &receipt in &payment.bank {
                self.receipt(receipt, payment);
            }
            self.transit(payment, slip);
            if let Some(slip) = slip {
                self.arrears(payment, slip);
            }
        }
        let own = date.or_else(|| payment.entries().filter_map(group::own_date).max());
        if !own.is_some_and(|on| self.span.contains(on)) {
            return;
        }
        if let Some(slip) = slip {
            *self.sums.documents.entry(slip.ledger().party()).or_default() += payment.documents.len() as u64;
        }
        // A slip that nobody paid is no payment.
        if payment.bank.is_empty() && payment.treasury.is_empty() && !is_refund {
            let overdue =
                slip.and_then(|slip| slip.date(Field::DueOn)).is_some_and(|due| due < self.kept.run);
            let one = FlowCount { unpaid: 1, overdue: u64::from(overdue), ..FlowCount::default() };
            self.sums.flows.entry(payment.flow).or_default().add(one);
            return;
        }
        let missing = payment.next_missing();
        let sum =
            |rows: &[Entry<'_>]| -> Money { rows.iter().filter_map(|row| row.money(Field::Amount)).sum() };
        for &row in &payment.treasury {
            self.posted(payment, row, is_refund);
        }
        let figures = Figures {
            issuer: sum(&payment.documents),
            bank: if is_refund && payment.bank.is_empty() {
                sum(&payment.documents)
            } else {
                sum(&payment.bank)
            },
            treasury: sum(&payment.treasury),
            ..Figures::default()
        };
        self.count(payment, missing, figures);
        if slip.is_none()
            && let Some(on) = own
        {
            let line = CellLine {
                treasury: payment.stated(Field::Treasury).to_owned(),
                org: String::new(),
                level: payment.stated(Field::Level).to_owned(),
                subject: payment.stated(Field::Subject).to_owned(),
                adjust_flag: String::new(),
            };
            let component = if is_refund { Component::Refunds } else { Component::Receipts };
            let figures = if is_refund { figures.negated() } else { figures };
            self.sums.unslipped.entry(line).or_default().of(component).add(figures);
            self.differs(payment, on, figures);
        }
    }

    /// A booking under the treasury, level and subject of its own row; the organ is the payment's.
    fn posted(&mut self, payment: &Payment<'_>, row: Entry<'_>, is_refund: bool) {
        let amount = row.money(Field::Amount).unwrap_or_default();
        let text = |field: Field| row.text(field).to_owned();
        let line = CellLine {
            treasury: text(Field::Treasury),
            org: if payment.documents.is_empty() { String::new() } else { organ(payment) },
            level: text(Field::Level),
            subject: text(Field::Subject),
            adjust_flag: match row.text(Field::AdjustFlag) {
                _ if payment.documents.is_empty() => String::new(),
                "" => "0".to_owned(),
                flag => flag.to_owned(),
            },
        };
        *self.sums.posted.entry(line).or_default() += if is_refund { -amount } else { amount };
    }

    /// Counts a payment as what it is: what may still come in time is not missing, and makes no difference.
    fn count(&mut self, payment: &Payment<'_>, missing: Option<Role>, figures: Figures) {
        let passed_on = payment.bank.iter().filter_map(|row| self.kept.row(row.id()).covered_on);
        let latest = payment.entries().filter_map(group::own_date).chain(passed_on).max();
        let grace = self.facts.settings.match_grace_wd;
        let due = latest.and_then(|latest| self.facts.calendar.add_working(latest, grace));
        let is_overdue = due.is_some_and(|due| due < self.kept.run);
        let has = |role: Role| !payment.of_role(role).is_empty();
        let sums =
            [(Role::Issuer, figures.issuer), (Role::Bank, figures.bank), (Role::Treasury, figures.treasury)];
        let mut said = sums.into_iter().filter(|(role, _)| has(*role)).map(|(_, sum)| sum);
        let agree = said.next().is_none_or(|first| said.all(|sum| sum == first));
        let mut one = FlowCount { cases: 1, ..FlowCount::default() };
        match missing {
            Some(role) if is_overdue => {
                one.missing.insert(Pair::of(payment.chain(), role, has), 1);
            }
            _ if !agree => one.differing = 1,
            Some(_) => one.awaited = 1,
            None => {}
        }
        self.sums.flows.entry(payment.flow).or_default().add(one);
    }

    /// The way of one booking from the sum by documents to the treasury's own.
    fn bridge(&mut self, row: Entry<'_>, slip: Option<Entry<'_>>, date: Option<NaiveDate>, is_refund: bool) {
        let Some(booked) = row.date(Field::BookedOn) else { return };
        let amount = row.money(Field::Amount).unwrap_or_default();
        let amount = if is_refund { -amount } else { amount };
        let own = row.code(Field::Treasury);
        let part = usize::from(is_refund);
        let in_own = self.span.contains(booked);
        let base = date.zip(slip).filter(|(date, _)| self.span.contains(*date));
        let base = base.map(|(_, slip)| slip.code(Field::Treasury));
        if let Some(named) = base {
            let bridge = &mut self.bridges.entry(named).or_default()[part];
            bridge.base += amount;
            if named != own {
                bridge.elsewhere += amount;
            } else if booked > self.span.last() {
                bridge.later += amount;
            } else if !in_own {
                bridge.earlier += amount;
            }
        }
        if in_own {
            let bridge = &mut self.bridges.entry(own).or_default()[part];
            bridge.booked += amount;
            match date.zip(slip) {
                None => bridge.unslipped += amount,
                Some((_, slip)) if slip.code(Field::Treasury) != own => bridge.misplaced += amount,
                Some((date, _)) if date < self.span.first() => bridge.started += amount,
                Some((date, _)) if date > self.span.last() => bridge.beyond += amount,
                Some(_) => {}
            }
        }
    }

    /// The base day of a receipt, and the next working day.
    fn base_day(&mut self, received: Moment) -> Option<(NaiveDate, NaiveDate)> {
        let facts = self.facts;
        let evening = received.after(facts.settings.remit_cutoff);
        *self.days.entry((received.date, evening)).or_insert_with(|| {
            let base = facts.base_day(received)?;
            Some((base, facts.calendar.next_working(base)?))
        })
    }

    /// What a bank did with one receipt.
    fn receipt(&mut self, receipt: Entry<'_>, payment: &Payment<'_>) {
        let Some(received) = receipt.moment(Field::ReceivedAt) else { return };
        let amount = receipt.money(Field::Amount).unwrap_or_default();
        let base = self.base_day(received);
        if base.is_none() && self.span.contains(receipt.arrived()) {
            self.sums.undated.0 += 1;
            self.sums.undated.1 += amount;
        }
        if let Some((base, _)) = base {
            let is = |day: NaiveDate| self.span.contains(day);
            let of = |is: bool| if is { amount } else { Money::ZERO };
            let sum = Collected {
                count: u64::from(is(base)),
                amount: of(is(base)),
                before: of(is(base) && !is(received.date)),
                after: of(!is(base) && is(received.date)),
                own: of(is(received.date)),
            };
            if sum != Collected::default() {
                let key = (payment.stated(Field::Treasury), receipt.text(Field::Bank));
                let key = (key.0.to_owned(), key.1.to_owned());
                self.sums.collected.entry(key).or_default().add(sum);
            }
        }
        let Some((base, next)) = base.filter(|(base, _)| self.span.contains(*base)) else { return };
        let row = self.kept.row(receipt.id());
        let own = || receipt.moment(Field::RemittedAt).map(|at| at.date).filter(|_| row.is_open);
        let covered = row.covered_on.or_else(own);
        let mut sum = BankSum { count: 1, amount, ..BankSum::default() };
        match covered {
            Some(on) if on > next => (sum.late_count, sum.late_amount) = (1, amount),
            Some(on) if on > base => (sum.next_day_count, sum.next_day_amount) = (1, amount),
            None if row.is_open && self.kept.run > next => (sum.held_count, sum.held_amount) = (1, amount),
            _ => {}
        }
        if sum.late_count + sum.held_count > 0 {
            sum.amount_days = amount.times_days((covered.unwrap_or(self.kept.run) - base).num_days());
        }
        let method = receipt.text(Field::Method);
        if !method.is_empty() {
            sum.method_count = 1;
            if method.contains("现金") || method.eq_ignore_ascii_case("cash") {
                (sum.cash_count, sum.cash_amount) = (1, amount);
            }
        }
        self.banks.entry(receipt.code(Field::Bank)).or_default().add(sum);
    }

    /// Whether the bank had the money when the period ended and the treasury had not.
    fn transit(&mut self, payment: &Payment<'_>, slip: Option<Entry<'_>>) {
        let receipts = payment.bank.iter().copied();
        let first = receipts.min_by_key(|row| (row.moment(Field::ReceivedAt), row.place()));
        let Some((receipt, received)) = first.and_then(|row| Some((row, row.moment(Field::ReceivedAt)?)))
        else {
            return;
        };
        // What waits for an earlier period's money is told by that period and by the findings.
        let Some((_, next)) = self.base_day(received).filter(|(base, _)| self.span.contains(*base)) else {
            return;
        };
        let covered =
            self.kept.row(receipt.id()).covered_on.is_some() || !receipt.is_blank(Field::RemittedAt);
        let is_held = !covered && self.kept.run > next;
        let unbooked = Transit { is_held, ..waiting(payment, slip, receipt, received) };
        self.await_booking(payment, unbooked, &payment.bank);
    }

    /// Whether a refund was ordered in the period and the treasury made it later, or not yet.
    fn refund_transit(&mut self, payment: &Payment<'_>, order: Option<Entry<'_>>) {
        let Some((order, ordered)) = order.and_then(|order| Some((order, group::own_date(order)?))) else {
            return;
        };
        if !self.span.contains(ordered) {
            return;
        }
        let bank = payment.stated(Field::Bank).to_owned();
        let unbooked = Transit { bank, ..waiting(payment, Some(order), order, Moment::day(ordered)) };
        self.await_booking(payment, unbooked, &payment.documents);
    }

    /// What the treasury booked after the period, each booking by itself; all of the rows where it booked nothing.
    fn await_booking(&mut self, payment: &Payment<'_>, unbooked: Transit, rows: &[Entry<'_>]) {
        let signed = |amount: Money| if payment.flow == Flow::Refund { -amount } else { amount };
        for row in &payment.treasury {
            if let Some(on) = row.date(Field::BookedOn).filter(|on| *on > self.span.last()) {
                self.sums.transits.push(Transit {
                    amount: signed(row.money(Field::Amount).unwrap_or_default()),
                    booked_on: Some(on),
                    is_held: false,
                    booked_row: row.place(),
                    ..unbooked.clone()
                });
            }
        }
        if payment.treasury.is_empty() {
            let sum = rows.iter().filter_map(|row| row.money(Field::Amount)).sum();
            self.sums.transits.push(Transit { amount: signed(sum), ..unbooked });
        }
    }

    /// What corrections of issuers move, and what the treasury recorded of each by the end of the period.
    fn moved(&mut self, payment: &Payment<'_>, moves: Vec<Move<'_>>) {
        for Move { row, old, new } in moves {
            if !self.span.contains(old.date) {
                continue;
            }
            let number = row.text(Field::VoucherNo);
            let is_booking = |of: &&Entry<'_>| {
                of.ledger() == Ledger::TreasuryCorrections
                    && of.text(Field::VoucherNo) == number
                    && !number.is_empty()
                    && group::own_date(**of).is_some_and(|on| on <= self.span.last())
            };
            let bookings: Vec<Entry<'_>> = payment.corrections.iter().filter(is_booking).copied().collect();
            let booked = |field: Field| -> Money { bookings.iter().filter_map(|of| of.money(field)).sum() };
            let ordered = |field: Field| row.money(field).unwrap_or_default();
            let sides = [
                (old, -ordered(Field::OldAmount), -booked(Field::OldAmount)),
                (new, ordered(Field::NewAmount), booked(Field::NewAmount)),
            ];
            for (cell, ordered, booked) in sides {
                self.cells.entry(line_key(cell)).or_default().corrections_booked += booked;
                if ordered != booked {
                    let text = |code: Code| self.kept.book.dictionary().text(code).to_owned();
                    let mut evidence: Vec<String> =
                        bookings.iter().chain([&row]).map(|of| of.place()).collect();
                    evidence.sort_unstable();
                    self.sums.differences.push(Difference {
                        flow: Flow::Correction,
                        date: cell.date,
                        treasury: text(cell.treasury),
                        org: text(cell.org),
                        level: text(cell.level),
                        subject: text(cell.subject),
                        bank: String::new(),
                        key: number.to_owned(),
                        issuer: ordered,
                        // No party to it: it does not differ.
                        bank_amount: ordered,
                        treasury_amount: booked,
                        evidence,
                    });
                }
            }
        }
    }

    /// Whether the slip was due, and unpaid when the period ended, by a taxpayer that is watched.
    fn arrears(&mut self, payment: &Payment<'_>, slip: Entry<'_>) {
        let taxpayer = slip.text(Field::TaxpayerId).to_ascii_uppercase();
        let last = self.span.last();
        let is_due = slip.date(Field::DueOn).is_some_and(|due| due <= last);
        if !is_due || !self.key_taxpayers.contains(&taxpayer) {
            return;
        }
        let paid = payment.bank.iter().filter_map(|row| row.moment(Field::ReceivedAt).map(|at| at.date));
        let booked = payment.treasury.iter().filter_map(|row| row.date(Field::BookedOn));
        if paid.chain(booked).all(|on| on > last) {
            let sum = self.sums.arrears.entry(taxpayer).or_default();
            sum.0 += 1;
            sum.1 += slip.money(Field::Amount).unwrap_or_default();
        }
    }

    /// A payout: on the day the first who pays paid it, the treasury, or the agent bank before it.
    fn payout(&mut self, payment: &Payment<'_>) {
        let [_, first, second] = payment.chain();
        let dates = |role: Role| payment.of_role(role).iter().copied().filter_map(group::own_date).min();
        let date = dates(first).or_else(|| dates(second)).or_else(|| dates(Role::Issuer));
        let date = date.or_else(|| payment.returns.iter().copied().filter_map(group::own_date).min());
        let Some(date) = date.filter(|date| self.span.contains(*date)) else { return };
        let sum =
            |rows: &[Entry<'_>]| -> Money { rows.iter().filter_map(|row| row.money(Field::Amount)).sum() };
        let back: Vec<Entry<'_>> =
            payment.bank.iter().copied().filter(|row| row.date(Field::ReturnedOn).is_some()).collect();
        let paid = Figures {
            issuer: sum(&payment.documents),
            bank: sum(&payment.bank),
            treasury: sum(&payment.treasury),
            ..Figures::default()
        };
        let returned = Figures { bank: sum(&back), treasury: -sum(&payment.returns), ..Figures::default() };
        let document = payment.documents.first().copied();
        let large = document.filter(|_| paid.issuer >= self.facts.settings.large_threshold);
        let documented = large.filter(|document| !document.is_blank(Field::DocRef));
        let of = |is: bool| if is { paid.issuer } else { Money::ZERO };
        let sums = PayoutSum {
            count: 1,
            paid,
            returned,
            returned_count: u64::from(!back.is_empty() || !payment.returns.is_empty()),
            large_count: u64::from(large.is_some()),
            large_amount: of(large.is_some()),
            large_documented: u64::from(documented.is_some()),
            large_documented_amount: of(documented.is_some()),
        };
        let code = |field: Field| {
            payment
                .entries()
                .map(|row| row.code(field))
                .find(|code| *code != Code::default())
                .unwrap_or_default()
        };
        let key = [Field::Treasury, Field::Unit, Field::Subject, Field::PayMode].map(code);
        self.payouts.entry(key).or_default().add(sums);
        if document.is_some() {
            *self.sums.documents.entry(Party::Finance).or_default() += payment.documents.len() as u64;
        }
        self.count(payment, payment.next_missing(), paid);
        if !paid.ties() {
            self.differs(payment, date, paid);
        }
    }

    fn differs(&mut self, payment: &Payment<'_>, date: NaiveDate, figures: Figures) {
        // Equal rows stand in no order of their own.
        let rows = payment.entries().chain(payment.returns.iter().copied());
        let mut evidence: Vec<String> = rows.map(Entry::place).collect();
        evidence.sort_unstable();
        self.sums.differences.push(Difference {
            flow: payment.flow,
            date,
            treasury: payment.stated(Field::Treasury).to_owned(),
            org: match payment.flow {
                Flow::Disbursement => payment.stated(Field::Unit).to_owned(),
                _ => organ(payment),
            },
            level: payment.stated(Field::Level).to_owned(),
            subject: payment.stated(Field::Subject).to_owned(),
            bank: payment.stated(Field::Bank).to_owned(),
            key: payment.key(),
            issuer: figures.issuer,
            bank_amount: figures.bank,
            treasury_amount: figures.treasury,
            evidence,
        });
    }

    fn correction(&mut self, row: Entry<'_>, payment: &Payment<'_>) {
        let Some(date) = group::own_date(row).filter(|date| self.span.contains(*date)) else { return };
        self.sums.heard.insert(row.ledger());
        let text = |field: Field| row.text(field).to_owned();
        let side = |treasury, org, level, subject| CellLine {
            treasury: text(treasury),
            org: text(org),
            level: text(level),
            subject: text(subject),
            adjust_flag: String::new(),
        };
        if row.ledger() == Ledger::TreasuryCorrections {
            let money = |field: Field| row.money(field).unwrap_or_default();
            let sides = [
                (
                    Field::OldTreasury,
                    Field::OldOrg,
                    Field::OldLevel,
                    Field::OldSubject,
                    -money(Field::OldAmount),
                ),
                (
                    Field::NewTreasury,
                    Field::NewOrg,
                    Field::NewLevel,
                    Field::NewSubject,
                    money(Field::NewAmount),
                ),
            ];
            for (treasury, org, level, subject, amount) in sides {
                let mut line = side(treasury, org, level, subject);
                if line.org.is_empty() {
                    line.org = organ(payment);
                }
                "0".clone_into(&mut line.adjust_flag);
                *self.sums.posted.entry(line).or_default() += amount;
            }
        }
        self.sums.corrections.push(CorrectionItem {
            date,
            party: row.ledger().party(),
            key: text(Field::VoucherNo),
            original_slip: text(Field::OriginalSlip),
            old: side(Field::OldTreasury, Field::OldOrg, Field::OldLevel, Field::OldSubject),
            old_amount: row.money(Field::OldAmount).unwrap_or_default(),
            new: side(Field::NewTreasury, Field::NewOrg, Field::NewLevel, Field::NewSubject),
            new_amount: row.money(Field::NewAmount).unwrap_or_default(),
            reason: text(Field::Reason),
            approval: text(Field::ApprovalRef),
            row: row.place(),
        });
    }

    fn stock(&mut self, row: Entry<'_>) {
        let Some(date) = row.date(Field::Date).filter(|date| self.span.contains(*date)) else { return };
        let money = |field: Field| row.money(field).unwrap_or_default();
        let figures = [Field::Opening, Field::Income, Field::Outlay, Field::Closing].map(money);
        let key = (row.text(Field::Treasury).to_owned(), row.text(Field::Account).to_owned());
        self.sums.stocks.entry(key).or_default().days.insert(date, figures);
    }

    /// The sums under the texts of their codes.
    fn named(self) -> Sums {
        let Self { kept, mut sums, cells, bridges, banks, payouts, .. } = self;
        let text = |code: Code| kept.book.dictionary().text(code).to_owned();
        let line = |[treasury, org, level, subject, flag]: LineKey| CellLine {
            treasury: text(treasury),
            org: text(org),
            level: text(level),
            subject: text(subject),
            // A slip that says nothing is of the current year.
            adjust_flag: if flag == Code::default() { "0".to_owned() } else { text(flag) },
        };
        let mut named: BTreeMap<CellLine, Gross> = BTreeMap::new();
        #[expect(clippy::iter_over_hash_type, reason = "exact sums have no order")]
        for (key, gross) in cells {
            named.entry(line(key)).or_default().add(gross);
        }
        sums.cells = named;
        sums.bridges = bridges.into_iter().map(|(code, bridge)| (text(code), bridge)).collect();
        sums.banks = banks.into_iter().map(|(code, sum)| (text(code), sum)).collect();
        let payout = |[treasury, unit, subject, pay_mode]: [Code; 4]| PayoutLine {
            treasury: text(treasury),
            unit: text(unit),
            subject: text(subject),
            pay_mode: text(pay_mode),
        };
        sums.payouts = payouts.into_iter().map(|(key, sum)| (payout(key), sum)).collect();
        sums
    }
}

/// A payment of which nothing is booked yet, since a row of it.
fn waiting(
    payment: &Payment<'_>,
    document: Option<Entry<'_>>,
    since: Entry<'_>,
    received: Moment,
) -> Transit {
    let text = |field: Field| document.map_or("", |row| row.text(field)).to_owned();
    Transit {
        flow: payment.flow,
        treasury: payment.stated(Field::Treasury).to_owned(),
        bank: since.text(Field::Bank).to_owned(),
        key: payment.key(),
        org: organ(payment),
        level: text(Field::Level),
        subject: text(Field::Subject),
        received,
        amount: Money::ZERO,
        booked_on: None,
        is_held: false,
        received_row: since.place(),
        booked_row: String::new(),
    }
}

/// A cell's line: the cell without its day.
fn line_key(cell: CellKey) -> LineKey {
    [cell.treasury, cell.org, cell.level, cell.subject, cell.adjust_flag]
}

/// The organ that collects: the tax office, else the collecting unit.
fn organ(payment: &Payment<'_>) -> String {
    let office = payment.stated(Field::TaxOrg);
    if office.is_empty() { payment.stated(Field::Collector) } else { office }.to_owned()
}
