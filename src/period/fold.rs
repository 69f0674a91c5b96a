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
use crate::matching::tie_out::{self, CellKey, Component, Figures, Share};
use crate::matching::{Case, Group, Proof};
use crate::rules::payment::Payment;

use super::sums::{
    BankSum, Bridge, CellLine, Collected, CorrectionItem, Crossing, Difference, FlowCount, Gross, Issued,
    Pair, PayoutLine, PayoutSum, Sums, Transit,
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
    bridges: FxHashMap<Code, [Bridge; 3]>,
    banks: FxHashMap<Code, BankSum>,
    payouts: FxHashMap<[Code; 4], PayoutSum>,
    /// Base day and the next working day of moments: the calendar is asked once for each.
    days: FxHashMap<(NaiveDate, bool), Option<(NaiveDate, NaiveDate)>>,
}

/// What a run says of a period; its open cases count if it is the last that is looked at.
pub(super) fn fold(kept: &Kept, span: Span, is_last: bool, facts: &Facts) -> Sums {
    let known = facts.table("key-taxpayers").into_iter().flat_map(Book::entries);
    let mut fold = Fold::new(kept, span, facts);
    fold.key_taxpayers = known.map(|row| row.text(Field::TaxpayerId).to_ascii_uppercase()).collect();
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

/// What some cases come to; of arrears nothing.
pub(super) fn some(kept: &Kept, cases: &[&[EntryId]], span: Span, facts: &Facts) -> Sums {
    let mut fold = Fold::new(kept, span, facts);
    for ids in cases {
        fold.case(ids);
    }
    fold.named()
}

impl<'k> Fold<'k> {
    fn new(kept: &'k Kept, span: Span, facts: &'k Facts) -> Self {
        Self {
            kept,
            span,
            facts,
            key_taxpayers: BTreeSet::new(),
            sums: Sums::default(),
            cells: FxHashMap::default(),
            bridges: FxHashMap::default(),
            banks: FxHashMap::default(),
            payouts: FxHashMap::default(),
            days: FxHashMap::default(),
        }
    }
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
        let group = Group::new(book, ids);
        let payment = Payment::of(group);
        for entry in payment.entries().filter(|entry| group::role(entry.ledger()).is_some()) {
            if group::own_date(entry).is_some_and(|on| self.span.contains(on)) {
                self.sums.heard.insert(entry.ledger());
            }
        }
        let moving = moving(&payment);
        for &row in &payment.corrections {
            self.correction(row, moving.contains(&row.id()));
        }
        let cell_on = ids.iter().find_map(|&id| self.kept.row(id).cell_on);
        match payment.flow {
            Flow::Revenue | Flow::Refund | Flow::Correction => {
                // Open cases of an archive of an older format lack the day.
                let case = Case { entries: ids, proof: Proof::default() };
                let date = cell_on.or_else(|| tie_out::day(book, case, self.facts));
                for Share { component, cell, figures } in tie_out::shares(book, case, date) {
                    if !self.span.contains(cell.date) {
                        continue;
                    }
                    self.cells.entry(line_key(cell)).or_default().of(component).add(figures);
                    if component != Component::Corrections {
                        self.stated(&payment, component, cell, figures);
                    }
                }
                // The document whose cell it is; of several that say the same number the tie-out takes this one.
                let document = group.issuer();
                self.corrected(&payment, date.zip(document), &moving);
                if payment.flow != Flow::Correction {
                    self.collected(&payment, document, date);
                }
            }
            Flow::Disbursement => self.payout(&payment),
            Flow::Account => {}
        }
    }

    /// What treasuries booked of a payment with a document, each under the document's line of its own, and where that is not
    /// what the others state.
    fn stated(&mut self, payment: &Payment<'_>, component: Component, cell: CellKey, figures: Figures) {
        let place = component as usize;
        let bridge = &mut self.bridges.entry(cell.treasury).or_default()[place];
        bridge.documents += figures.issuer;
        bridge.followed += figures.treasury;
        let named = line_key(cell);
        let mut booked = self.booked_lines(payment, named);
        // The line of the document stands whether the treasury booked anything under it or not.
        let at_named = booked.remove(&named).unwrap_or_default();
        let mut elsewhere = BTreeMap::new();
        for (line, amount) in booked {
            if line[0] != cell.treasury {
                self.bridges.entry(cell.treasury).or_default()[place].elsewhere += amount;
                self.bridges.entry(line[0]).or_default()[place].foreign += amount;
            }
            elsewhere.insert(self.line(line), amount);
            *self.cells.entry(line).or_default().own.of(component) += amount;
            let figures = Figures { treasury: amount, ..Figures::default() };
            let item = difference(payment, cell.date, self.line(line), figures);
            self.sums.differences.push(Difference { named: Some(self.line(named)), ..item });
        }
        let own = &mut self.cells.entry(named).or_default().own;
        *own.of(component) += at_named;
        let mut figures = Figures { treasury: at_named, ..figures };
        let mut supposed = Money::ZERO;
        if component == Component::Refunds {
            if payment.bank.is_empty() {
                supposed = std::mem::take(&mut figures.bank);
            }
            own.bank_refunds += figures.bank;
        }
        if !figures.ties() {
            let item = difference(payment, cell.date, self.line(named), figures);
            self.sums.differences.push(Difference { elsewhere, supposed, ..item });
        }
    }

    /// What treasuries booked of a payment, each row under its own treasury, level and subject, and otherwise under the line
    /// of the document; shares 分成 of one slip, which go to several levels, are one booking under its level.
    fn booked_lines(&self, payment: &Payment<'_>, named: LineKey) -> BTreeMap<LineKey, Money> {
        let [_, org, level, subject, flag] = named;
        let first = payment.treasury.first().map(|row| row.code(Field::Level));
        let is_shared = payment.treasury.iter().any(|row| Some(row.code(Field::Level)) != first);
        let is_current = |flag: Code| matches!(self.kept.book.dictionary().text(flag), "" | "0");
        let stated = |code: Code, named: Code| if code == Code::default() { named } else { code };
        let mut booked = BTreeMap::new();
        for row in &payment.treasury {
            let own = stated(row.code(Field::AdjustFlag), flag);
            let line = [
                row.code(Field::Treasury),
                org,
                if is_shared { level } else { stated(row.code(Field::Level), level) },
                stated(row.code(Field::Subject), subject),
                if is_current(own) && is_current(flag) { flag } else { own },
            ];
            *booked.entry(line).or_default() += signed(payment, *row);
        }
        booked
    }

    /// A payment into the treasury, or out of it as a refund: bridges, banks, what is in transit, what a party lacks.
    fn collected(&mut self, payment: &Payment<'_>, slip: Option<Entry<'_>>, date: Option<NaiveDate>) {
        let is_refund = payment.flow == Flow::Refund;
        let counted = if slip.is_some() { date } else { self.undocumented_on(payment) };
        let counts = counted.is_some_and(|on| self.span.contains(on));
        for &row in &payment.treasury {
            let booked = group::own_date(row).expect("the day of a booking is required");
            let mut way = Bridge::of(self.span, booked, counted, signed(payment, row));
            if slip.is_none() {
                way.unslipped = way.stated;
            }
            self.bridges.entry(row.code(Field::Treasury)).or_default()[usize::from(is_refund)].add(way);
            if counts {
                self.posted(payment, row);
            }
        }
        self.crossings(payment, counted, slip);
        let treasury =
            slip.map_or_else(|| payment.stated(Field::Treasury), |slip| slip.text(Field::Treasury));
        for &row in &payment.bank {
            self.banks_book(treasury, payment, row, counted);
        }
        if !is_refund {
            for &receipt in &payment.bank {
                self.receipt(treasury, receipt);
            }
            if let Some(slip) = slip {
                self.arrears(payment, slip);
            }
            self.issued(payment, slip, date);
        }
        let own = counted.or_else(|| payment.entries().filter_map(group::own_date).max());
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
        if let Some(on) = counted.filter(|_| counts && slip.is_none()) {
            self.unslipped(payment, on);
        }
    }

    /// The day a payment without a document counts: the base day of its receipt, else the first day anybody recorded it.
    fn undocumented_on(&mut self, payment: &Payment<'_>) -> Option<NaiveDate> {
        match payment.bank.iter().filter_map(|row| row.moment(Field::ReceivedAt)).min() {
            Some(received) => self.base_day(received).map(|(base, _)| base),
            None => payment.entries().filter_map(group::own_date).min(),
        }
    }

    /// A payment without a document, by what the others say of it: each booking under its own line.
    fn unslipped(&mut self, payment: &Payment<'_>, on: NaiveDate) {
        let is_refund = payment.flow == Flow::Refund;
        let component = if is_refund { Component::Refunds } else { Component::Receipts };
        let named = [Field::Treasury, Field::TaxOrg, Field::Level, Field::Subject, Field::AdjustFlag];
        let mut named = named.map(|field| code_of(payment, field));
        (named[1], named[4]) = (Code::default(), Code::default());
        let mut lines: BTreeMap<LineKey, Figures> = BTreeMap::new();
        for (line, amount) in self.booked_lines(payment, named) {
            lines.entry(line).or_default().treasury += amount;
        }
        let bank: Money = payment.bank.iter().map(|row| signed(payment, *row)).sum();
        if !bank.is_zero() {
            lines.entry(named).or_default().bank += bank;
        }
        for (line, figures) in lines {
            let line = CellLine { adjust_flag: String::new(), ..self.line(line) };
            let gross = self.sums.unslipped.entry(line.clone()).or_default();
            gross.of(component).add(figures);
            *gross.own.of(component) += figures.treasury;
            if is_refund {
                gross.own.bank_refunds += figures.bank;
            }
            if !figures.ties() {
                let item = difference(payment, on, line, figures);
                self.sums.differences.push(item);
            }
        }
    }

    /// The slips of a payment, from the day each was issued to the day the payment counts.
    fn issued(&mut self, payment: &Payment<'_>, slip: Option<Entry<'_>>, counted: Option<NaiveDate>) {
        let Some(slip) = slip else { return };
        let is_paid = !payment.bank.is_empty() || !payment.treasury.is_empty();
        for &row in &payment.documents {
            let Some(on) = group::own_date(row) else { continue };
            let amount = row.money(Field::Amount).unwrap_or_default();
            let way = Issued::of(self.span, on, counted, is_paid, amount);
            if way != Issued::default() {
                let cell = tie_out::cell_of_slip(slip, on);
                let key = (self.text(cell.treasury), self.text(cell.org));
                self.sums.issued.entry(key).or_default().add(way);
            }
        }
    }

    /// A receipt for a treasury, or a refund that was credited, on its way from the day its payment counts to the bank's own
    /// books.
    fn banks_book(
        &mut self,
        treasury: &str,
        payment: &Payment<'_>,
        row: Entry<'_>,
        counted: Option<NaiveDate>,
    ) {
        let on = group::own_date(row).expect("the day of a bank's row is required");
        let way = Collected::of(self.span, on, counted, signed(payment, row));
        if way != Collected::default() {
            let key = (treasury.to_owned(), row.text(Field::Bank).to_owned());
            let is_refund = payment.flow == Flow::Refund;
            let books = if is_refund { &mut self.sums.credited } else { &mut self.sums.collected };
            books.entry(key).or_default().add(way);
        }
    }

    /// A booking under the treasury, level and subject of its own row; the organ is the payment's.
    fn posted(&mut self, payment: &Payment<'_>, row: Entry<'_>) {
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
        *self.sums.posted.entry(line).or_default() += signed(payment, row);
    }

    /// Counts a payment as what it is: what may still come in time is not missing, and makes no difference.
    fn count(&mut self, payment: &Payment<'_>, missing: Option<Role>, figures: Figures) {
        let is_overdue = self.is_overdue(payment);
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

    /// Whether the time is over in which every party must have recorded it.
    fn is_overdue(&self, payment: &Payment<'_>) -> bool {
        let passed_on = payment.bank.iter().filter_map(|row| self.kept.row(row.id()).covered_on);
        let latest = payment.entries().filter_map(group::own_date).chain(passed_on).max();
        let grace = self.facts.settings.match_grace_wd;
        let due = latest.and_then(|latest| self.facts.calendar.add_working(latest, grace));
        due.is_some_and(|due| due < self.kept.run)
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
    fn receipt(&mut self, treasury: &str, receipt: Entry<'_>) {
        let Some(received) = receipt.moment(Field::ReceivedAt) else { return };
        let amount = receipt.money(Field::Amount).unwrap_or_default();
        let base = self.base_day(received);
        if base.is_none() && self.span.contains(receipt.arrived()) {
            let sum = self.sums.undated.entry(treasury.to_owned()).or_default();
            sum.0 += 1;
            sum.1 += amount;
        }
        let Some((base, next)) = base else { return };
        let row = self.kept.row(receipt.id());
        let own = || receipt.moment(Field::RemittedAt).map(|at| at.date).filter(|_| row.is_open);
        let covered = row.covered_on.or_else(own);
        if !self.span.contains(base) {
            if base < self.span.first()
                && covered.is_some_and(|on| on > base && on <= next && self.span.contains(on))
            {
                let sum = BankSum { next_day_before: amount, ..BankSum::default() };
                self.banks.entry(receipt.code(Field::Bank)).or_default().add(sum);
            }
            return;
        }
        let mut sum = BankSum { count: 1, amount, ..BankSum::default() };
        match covered {
            Some(on) if on > next => (sum.late_count, sum.late_amount) = (1, amount),
            Some(on) if on > base => {
                (sum.next_day_count, sum.next_day_amount) = (1, amount);
                if on > self.span.last() {
                    sum.next_day_after = amount;
                }
            }
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

    /// What lies across an end of the period: bookings whose payment counts in another, each by itself, and all of a payment
    /// of the period where nothing is booked. It is on its way since a bank received it, or since the order of a refund.
    fn crossings(&mut self, payment: &Payment<'_>, counted: Option<NaiveDate>, slip: Option<Entry<'_>>) {
        let receipts = payment.bank.iter().filter_map(|row| Some((row.moment(Field::ReceivedAt)?, *row)));
        let ordered =
            payment.documents.first().copied().filter(|_| payment.flow == Flow::Refund).and_then(dated);
        let first = receipts.min_by_key(|(received, row)| (*received, row.place())).or(ordered);
        let booked = payment.treasury.iter().copied().filter_map(dated);
        let Some((since, row)) = first.or_else(|| booked.min_by_key(|(on, row)| (*on, row.place()))) else {
            return;
        };
        for booking in &payment.treasury {
            let Some(on) = group::own_date(*booking) else { continue };
            let Some(crossing) = Crossing::of(self.span, on, counted) else { continue };
            self.sums.transits.push(Transit {
                treasury: booking.text(Field::Treasury).to_owned(),
                amount: signed(payment, *booking),
                booked_on: Some(on),
                booked_row: booking.place(),
                crossing,
                ..waiting(payment, row, since)
            });
        }
        if payment.treasury.is_empty() && counted.is_some_and(|on| self.span.contains(on)) {
            let is_refund = payment.flow == Flow::Refund;
            let covered = self.kept.row(row.id()).covered_on.is_some() || !row.is_blank(Field::RemittedAt);
            let next = self.base_day(since).map(|(_, next)| next);
            let crossing = if !is_refund && !covered && next.is_some_and(|next| self.kept.run > next) {
                Crossing::Overdue(Role::Bank)
            } else if self.is_overdue(payment) {
                Crossing::Overdue(Role::Treasury)
            } else {
                Crossing::Awaited
            };
            let rows = if is_refund { &payment.documents } else { &payment.bank };
            let amount = rows.iter().map(|row| signed(payment, *row)).sum();
            if let Some(slip) = slip {
                let bridges = self.bridges.entry(slip.code(Field::Treasury)).or_default();
                *bridges[usize::from(is_refund)].crossed(crossing) += amount;
            }
            self.sums.transits.push(Transit { amount, crossing, ..waiting(payment, row, since) });
        }
    }

    /// What issuers and treasuries moved by corrections, each by its own rows on their days, and the lines on which they did
    /// not move the same.
    fn corrected(
        &mut self,
        payment: &Payment<'_>,
        of: Option<(NaiveDate, Entry<'_>)>,
        moving: &BTreeSet<EntryId>,
    ) {
        let mut lines: BTreeMap<LineKey, Corrected<'_>> = BTreeMap::new();
        for &row in &payment.corrections {
            let is_treasury = row.ledger() == Ledger::TreasuryCorrections;
            for (cell, amount) in tie_out::moves(row, of).into_iter().flatten() {
                let key = line_key(cell);
                let moved = lines.entry(key).or_default();
                if !self.span.contains(cell.date) {
                    moved.outside[usize::from(is_treasury)] = Some(cell.date);
                    continue;
                }
                moved.rows.push((cell.date, row));
                let bridge =
                    &mut self.bridges.entry(cell.treasury).or_default()[Component::Corrections as usize];
                if is_treasury {
                    moved.treasury += amount;
                    bridge.followed += amount;
                    bridge.add(Bridge::of(self.span, cell.date, Some(cell.date), amount));
                    self.cells.entry(key).or_default().own.corrections += amount;
                    *self.sums.posted.entry(self.line(key)).or_default() += amount;
                } else {
                    moved.ordered += amount;
                    if moving.contains(&row.id()) {
                        moved.issuer += amount;
                        bridge.documents += amount;
                        self.cells.entry(key).or_default().own.moved += amount;
                    }
                }
            }
        }
        let corrects = if payment.documents.is_empty() { None } else { Some((payment.flow, payment.key())) };
        for (key, moved) in lines {
            if moved.rows.is_empty() || (moved.issuer == moved.treasury && moved.issuer == moved.ordered) {
                continue;
            }
            // The issuer's comes first.
            let is_booking = |row: Entry<'_>| row.ledger() == Ledger::TreasuryCorrections;
            let first = moved.rows.iter().min_by_key(|(on, row)| (is_booking(*row), *on, row.place()));
            let (date, row) = first.expect("what moves has rows");
            let lacks_booking = moved.rows.iter().all(|(_, row)| !is_booking(*row));
            // Nothing is missing where a correction is of the booking alone.
            let moves_document = |row: &Entry<'_>| moving.contains(&row.id());
            let lacks_order = moved.rows.iter().all(|(_, row)| is_booking(*row))
                && payment.corrections.iter().any(moves_document);
            let mut evidence: Vec<String> = moved.rows.iter().map(|(_, row)| row.place()).collect();
            evidence.sort_unstable();
            evidence.dedup();
            let CellLine { treasury, org, level, subject, .. } = self.line(key);
            self.sums.differences.push(Difference {
                flow: Flow::Correction,
                date: *date,
                treasury,
                org,
                level,
                subject,
                bank: String::new(),
                key: row.text(Field::VoucherNo).to_owned(),
                issuer: moved.issuer,
                // No party to it: it does not differ.
                bank_amount: moved.issuer,
                treasury_amount: moved.treasury,
                organ: String::new(),
                named: None,
                elsewhere: BTreeMap::new(),
                corrects: corrects.clone(),
                ordered: moved.ordered,
                supposed: Money::ZERO,
                recorded_on: match (lacks_order, lacks_booking) {
                    (true, _) => moved.outside[0],
                    (_, true) => moved.outside[1],
                    _ => None,
                },
                evidence,
            });
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
        let key = [Field::Treasury, Field::Unit, Field::Subject, Field::PayMode];
        let key = key.map(|field| code_of(payment, field));
        self.payouts.entry(key).or_default().add(sums);
        if document.is_some() {
            *self.sums.documents.entry(Party::Finance).or_default() += payment.documents.len() as u64;
        }
        self.count(payment, payment.next_missing(), paid);
        if !paid.ties() {
            let line = CellLine {
                treasury: payment.stated(Field::Treasury).to_owned(),
                org: payment.stated(Field::Unit).to_owned(),
                level: payment.stated(Field::Level).to_owned(),
                subject: payment.stated(Field::Subject).to_owned(),
                adjust_flag: String::new(),
            };
            let item = difference(payment, date, line, paid);
            self.sums.differences.push(item);
        }
        self.payout_transit(payment);
    }

    /// Whether the first who pays had paid when the period ended and the other recorded it later, or not yet.
    fn payout_transit(&mut self, payment: &Payment<'_>) {
        let [_, first, second] = payment.chain();
        let paid = payment.of_role(first).iter().copied().filter_map(dated);
        let Some((on, row)) = paid.min_by_key(|(on, row)| (*on, row.place())) else { return };
        for (other_on, other) in payment.of_role(second).iter().copied().filter_map(dated) {
            if other_on.date > self.span.last() {
                self.sums.transits.push(Transit {
                    amount: signed(payment, other),
                    booked_on: Some(other_on.date),
                    booked_row: other.place(),
                    crossing: Crossing::Later,
                    ..waiting(payment, row, on)
                });
            }
        }
        // What came back is not on its way.
        let is_back = !payment.returns.is_empty()
            || payment.bank.iter().any(|row| row.date(Field::ReturnedOn).is_some());
        if payment.of_role(second).is_empty() && !is_back {
            let amount = sum(payment.of_role(first));
            let crossing =
                if self.is_overdue(payment) { Crossing::Overdue(second) } else { Crossing::Awaited };
            self.sums.transits.push(Transit { amount, crossing, ..waiting(payment, row, on) });
        }
    }

    fn correction(&mut self, row: Entry<'_>, moves_document: bool) {
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
        self.sums.corrections.push(CorrectionItem {
            date,
            party: row.ledger().party(),
            moves_document,
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

    fn text(&self, code: Code) -> String {
        self.kept.book.dictionary().text(code).to_owned()
    }

    /// The texts of a line's codes.
    fn line(&self, [treasury, org, level, subject, flag]: LineKey) -> CellLine {
        CellLine {
            treasury: self.text(treasury),
            org: self.text(org),
            level: self.text(level),
            subject: self.text(subject),
            // A slip that says nothing is of the current year.
            adjust_flag: if flag == Code::default() { "0".to_owned() } else { self.text(flag) },
        }
    }

    /// The sums under the texts of their codes.
    fn named(mut self) -> Sums {
        let cells = std::mem::take(&mut self.cells);
        let mut named: BTreeMap<CellLine, Gross> = BTreeMap::new();
        #[expect(clippy::iter_over_hash_type, reason = "exact sums have no order")]
        for (key, gross) in cells {
            named.entry(self.line(key)).or_default().add(gross);
        }
        let Self { kept, mut sums, bridges, banks, payouts, .. } = self;
        let text = |code: Code| kept.book.dictionary().text(code).to_owned();
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

/// What the corrections of a case move on a line.
#[derive(Default)]
struct Corrected<'b> {
    /// Of the issuers' own documents.
    issuer: Money,
    /// What issuers ordered, of documents or bookings.
    ordered: Money,
    treasury: Money,
    /// Those of the period.
    rows: Vec<(NaiveDate, Entry<'b>)>,
    /// The day of another, of an issuer and of a treasury.
    outside: [Option<NaiveDate>; 2],
}

/// A payment of which nothing is booked yet, since a row of it.
fn waiting(payment: &Payment<'_>, since: Entry<'_>, received: Moment) -> Transit {
    let document = payment.documents.first();
    let text = |field: Field| document.map_or("", |row| row.text(field)).to_owned();
    let bank = since.text(Field::Bank);
    let is_payout = payment.flow == Flow::Disbursement;
    Transit {
        flow: payment.flow,
        treasury: payment.stated(Field::Treasury).to_owned(),
        bank: if bank.is_empty() { payment.stated(Field::Bank) } else { bank }.to_owned(),
        key: payment.key(),
        org: if is_payout { payment.stated(Field::Unit).to_owned() } else { organ(payment) },
        level: text(Field::Level),
        subject: text(Field::Subject),
        received,
        amount: Money::ZERO,
        booked_on: None,
        crossing: Crossing::Awaited,
        is_documented: document.is_some(),
        received_row: since.place(),
        booked_row: String::new(),
    }
}

/// A payment that differs under a line.
fn difference(payment: &Payment<'_>, date: NaiveDate, line: CellLine, figures: Figures) -> Difference {
    // Equal rows stand in no order of their own.
    let rows = payment.entries().chain(payment.returns.iter().copied());
    let mut evidence: Vec<String> = rows.map(Entry::place).collect();
    evidence.sort_unstable();
    Difference {
        flow: payment.flow,
        date,
        treasury: line.treasury,
        organ: if line.org.is_empty() { organ(payment) } else { String::new() },
        org: line.org,
        level: line.level,
        subject: line.subject,
        bank: payment.stated(Field::Bank).to_owned(),
        key: payment.key(),
        issuer: figures.issuer,
        bank_amount: figures.bank,
        treasury_amount: figures.treasury,
        named: None,
        elsewhere: BTreeMap::new(),
        corrects: None,
        ordered: Money::ZERO,
        supposed: Money::ZERO,
        recorded_on: None,
        evidence,
    }
}

/// Which corrections of issuers move what their own documents state: those that take it from where a document, or a correction
/// before them, had put it. One that corrects what the treasury alone had booked otherwise moves no document, nor does the
/// same one in another ledger. Where no document is known all of them do.
fn moving(payment: &Payment<'_>) -> BTreeSet<EntryId> {
    let issued = payment.corrections.iter().filter(|row| row.ledger() != Ledger::TreasuryCorrections);
    if payment.documents.is_empty() {
        return issued.map(|row| row.id()).collect();
    }
    let amount = |row: &Entry<'_>, field: Field| row.money(field).unwrap_or_default();
    let mut places: BTreeMap<[Code; 3], Money> = BTreeMap::new();
    for document in &payment.documents {
        let place = [Field::Treasury, Field::Level, Field::Subject].map(|field| document.code(field));
        *places.entry(place).or_default() += amount(document, Field::Amount);
    }
    let mut moving = BTreeSet::new();
    for row in issued {
        let old = [Field::OldTreasury, Field::OldLevel, Field::OldSubject].map(|field| row.code(field));
        let new = [Field::NewTreasury, Field::NewLevel, Field::NewSubject].map(|field| row.code(field));
        if places.get(&old).is_some_and(|left| *left > Money::ZERO) {
            *places.entry(old).or_default() -= amount(row, Field::OldAmount);
            *places.entry(new).or_default() += amount(row, Field::NewAmount);
            moving.insert(row.id());
        }
    }
    moving
}

/// What the first party that states a code says.
fn code_of(payment: &Payment<'_>, field: Field) -> Code {
    let mut codes = payment.entries().map(|row| row.code(field));
    codes.find(|code| *code != Code::default()).unwrap_or_default()
}

/// What a row adds to the revenue of the treasury: refunds are negative.
fn signed(payment: &Payment<'_>, row: Entry<'_>) -> Money {
    let amount = row.money(Field::Amount).unwrap_or_default();
    if payment.flow == Flow::Refund { -amount } else { amount }
}

/// A row with its own day.
fn dated(row: Entry<'_>) -> Option<(Moment, Entry<'_>)> {
    Some((Moment::day(group::own_date(row)?), row))
}

fn sum(rows: &[Entry<'_>]) -> Money {
    rows.iter().filter_map(|row| row.money(Field::Amount)).sum()
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
