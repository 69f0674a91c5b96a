//! What money moved: each payment once, however many parties wrote it down.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{NaiveDate, NaiveTime};

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::domain::money::Money;
use crate::matching::group::own_date;

use super::{Material, Window};

/// Where money comes from or goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// An account's number, or the code of a treasury; empty if no row says it.
    pub code: String,
    pub name: String,
}

impl End {
    fn new(code: &str, name: &str) -> Self {
        Self { code: code.to_owned(), name: name.to_owned() }
    }

    /// What tells it apart: its code, and its name where it has none.
    pub fn key(&self) -> &str {
        if self.code.is_empty() { &self.name } else { &self.code }
    }
}

/// Money that went from one end to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub on: NaiveDate,
    pub from: End,
    pub to: End,
    pub amount: Money,
    pub flow: Flow,
    /// The row that says so.
    pub row: EntryId,
}

/// What went in and out on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayFlow {
    pub on: NaiveDate,
    pub money_in: Money,
    pub count_in: u32,
    pub money_out: Money,
    pub count_out: u32,
}

/// How long money stayed: what came first goes first. What an account paid out overdrawn did not come in before: what comes
/// in to make up for it, as the clearing of a zero-balance account 零余额账户 does, did not pass through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dwell {
    /// What came in and went out again.
    pub passed: Money,
    /// What of it went out on the day it came.
    pub same_day: Money,
    /// Its days, each weighed by the amount, in tenths of a day.
    pub tenths: u64,
    /// What came in and did not go out.
    pub kept: Money,
    /// What came in to make up for what had gone out before.
    pub made_up: Money,
    /// Days on which other money came in.
    pub came_on: BTreeSet<NaiveDate>,
}

/// Another end of the money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterparty {
    pub end: End,
    pub money_in: Money,
    pub count_in: u32,
    pub money_out: Money,
    pub count_out: u32,
    pub first: NaiveDate,
    pub last: NaiveDate,
}

/// The movements that the rows tell, by day. A day of which an own account has a statement is told by the statement.
pub fn movements(material: &Material, own: &BTreeSet<String>, window: Window) -> Vec<Movement> {
    let book = &material.book;
    let mut stated: BTreeSet<(&str, NaiveDate)> = BTreeSet::new();
    let mut movements = Vec::new();
    for id in book.ids_of(|ledger| ledger == Ledger::BankStatements) {
        let row = book.entry(id);
        if let Some(movement) =
            statement(row).filter(|_| material.stands(id) && own.contains(row.text(Field::Account)))
        {
            stated.insert((row.text(Field::Account), movement.on));
            movements.push(movement);
        }
    }
    for rows in material.cases().into_values() {
        let rows: Vec<Entry<'_>> = rows.into_iter().map(|id| book.entry(id)).collect();
        let told = payments(&rows).into_iter().filter(|movement| {
            ![&movement.from, &movement.to]
                .iter()
                .any(|end| stated.contains(&(end.code.as_str(), movement.on)))
        });
        movements.extend(told);
    }
    movements.retain(|movement| window.contains(movement.on));
    movements.sort_by(|a, b| {
        let place = |of: &Movement| {
            let row = book.entry(of.row);
            (time(row), row.file().to_owned(), row.file_row())
        };
        a.on.cmp(&b.on).then_with(|| place(a).cmp(&place(b))).then(a.row.cmp(&b.row))
    });
    movements
}

fn statement(row: Entry<'_>) -> Option<Movement> {
    let (on, amount) = (row.date(Field::Date)?, row.money(Field::Amount)?);
    let own = End::new(row.text(Field::Account), "");
    let other = End::new(row.text(Field::CounterpartyAccount), row.text(Field::CounterpartyName));
    let is_in = (row.text(Field::Direction) == "credit") == (amount >= Money::ZERO);
    let (from, to) = if is_in { (other, own) } else { (own, other) };
    let amount = if amount < Money::ZERO { Money::ZERO - amount } else { amount };
    Some(Movement { on, from, to, amount, flow: Flow::Account, row: row.id() })
}

/// What a case says moved: as the bank tells it, else as the treasury; an order nobody executed moved nothing.
fn payments(rows: &[Entry<'_>]) -> Vec<Movement> {
    let of = |wanted: &[Ledger]| -> Vec<Entry<'_>> {
        rows.iter().copied().filter(|row| wanted.contains(&row.ledger())).collect()
    };
    let said =
        |field: Field| rows.iter().map(|row| row.text(field)).find(|text| !text.is_empty()).unwrap_or("");
    let movement = |row: Entry<'_>, from: End, to: End| {
        let (on, amount) = (own_date(row)?, row.money(Field::Amount)?);
        // What is taken back goes the other way.
        let (from, to, amount) =
            if amount < Money::ZERO { (to, from, Money::ZERO - amount) } else { (from, to, amount) };
        Some(Movement { on, from, to, amount, flow: row.ledger().flow(), row: row.id() })
    };
    let from_payer = || {
        let name =
            [Field::PayerName, Field::TaxpayerName].map(said).into_iter().find(|name| !name.is_empty());
        End::new(said(Field::PayerAccount), name.unwrap_or(""))
    };
    let to_payee = || End::new(said(Field::PayeeAccount), said(Field::PayeeName));
    let treasury = || End::new(said(Field::Treasury), "");
    let mut moved: Vec<Option<Movement>> = Vec::new();
    for row in of(&[Ledger::BankRemittances]) {
        moved.push(movement(
            row,
            End::new(row.text(Field::FromAccount), ""),
            End::new(row.text(Field::Treasury), ""),
        ));
    }
    let receipts = of(&[Ledger::BankReceipts]);
    for row in &receipts {
        moved.push(movement(
            *row,
            from_payer(),
            End::new(row.text(Field::PayeeAccount), row.text(Field::PayeeName)),
        ));
    }
    if receipts.is_empty() {
        moved.extend(
            of(&[Ledger::TreasuryReceipts]).into_iter().map(|row| movement(row, from_payer(), treasury())),
        );
    }
    let (bank, booked) = (of(&[Ledger::BankRefunds]), of(&[Ledger::TreasuryRefunds]));
    let refunds = if bank.is_empty() { booked } else { bank };
    moved.extend(refunds.into_iter().map(|row| movement(row, treasury(), to_payee())));
    let (bank, booked) = (of(&[Ledger::BankDisbursements]), of(&[Ledger::TreasuryDisbursements]));
    let source = || {
        let account = said(Field::PayerAccount);
        if account.is_empty() { treasury() } else { End::new(account, said(Field::UnitName)) }
    };
    for row in &bank {
        moved.push(movement(*row, source(), to_payee()));
        if let Some(back) = row.date(Field::ReturnedOn) {
            moved
                .push(movement(*row, to_payee(), source()).map(|movement| Movement { on: back, ..movement }));
        }
    }
    if bank.is_empty() {
        moved.extend(booked.into_iter().map(|row| movement(row, source(), to_payee())));
    }
    moved.into_iter().flatten().collect()
}

/// Whether money comes in, goes out, or neither: what an own account pays to another stays.
fn sides(movement: &Movement, own: &BTreeSet<String>) -> (bool, bool) {
    let (from, to) = (own.contains(&movement.from.code), own.contains(&movement.to.code));
    (to && !from, from && !to)
}

pub fn by_day(movements: &[Movement], own: &BTreeSet<String>) -> Vec<DayFlow> {
    let mut days: BTreeMap<NaiveDate, DayFlow> = BTreeMap::new();
    for movement in movements {
        let (comes, goes) = sides(movement, own);
        if !comes && !goes {
            continue;
        }
        let on = movement.on;
        let day = days.entry(on).or_insert(DayFlow {
            on,
            money_in: Money::ZERO,
            count_in: 0,
            money_out: Money::ZERO,
            count_out: 0,
        });
        if comes {
            day.money_in += movement.amount;
            day.count_in += 1;
        } else {
            day.money_out += movement.amount;
            day.count_out += 1;
        }
    }
    days.into_values().collect()
}

/// The time of day a row states.
pub fn time(row: Entry<'_>) -> Option<NaiveTime> {
    let field = if row.ledger() == Ledger::BankStatements { Field::Time } else { row.ledger().date() };
    row.moment(field).and_then(|at| at.time)
}

/// Follows money through some accounts.
#[derive(Default)]
struct Held<'m> {
    /// What came in and is there, the first first.
    queue: VecDeque<(NaiveDate, Money)>,
    /// By account what is overdrawn.
    overdrawn: BTreeMap<&'m str, Money>,
    passed: Money,
    same_day: Money,
    made_up: Money,
    fen_days: i128,
}

impl<'m> Held<'m> {
    fn comes(&mut self, movement: &'m Movement) {
        let overdrawn = self.overdrawn.entry(&movement.to.code).or_default();
        let covers = movement.amount.min(*overdrawn);
        *overdrawn -= covers;
        self.made_up += covers;
        if movement.amount > covers {
            self.queue.push_back((movement.on, movement.amount - covers));
        }
    }

    fn goes(&mut self, movement: &'m Movement, balance: Option<Money>) {
        let mut left = movement.amount;
        while left > Money::ZERO
            && let Some((since, amount)) = self.queue.front_mut()
        {
            let taken = left.min(*amount);
            let days = (movement.on - *since).num_days();
            self.fen_days += i128::from(taken.fen()) * i128::from(days);
            self.passed += taken;
            if days == 0 {
                self.same_day += taken;
            }
            left -= taken;
            *amount -= taken;
            if *amount == Money::ZERO {
                self.queue.pop_front();
            }
        }
        if let Some(balance) = balance.filter(|balance| balance.is_negative()) {
            self.overdrawn.insert(&movement.from.code, balance.abs());
        }
    }
}

/// `None` without money in, or without money out. Rows of a day count in the order of the times they state; where one states
/// none, what comes in that day counts before what goes out.
pub fn dwell(movements: &[Movement], own: &BTreeSet<String>, book: &Book) -> Option<Dwell> {
    let mut held = Held::default();
    let (mut comes, mut goes, mut came_on) = (false, false, BTreeSet::new());
    for of_day in movements.chunk_by(|a, b| a.on == b.on) {
        let side = |movement: &Movement| sides(movement, own);
        let is_timed = of_day.iter().all(|of| time(book.entry(of.row)).is_some());
        let mut order: Vec<&Movement> = of_day.iter().filter(|of| side(of) != (false, false)).collect();
        order.sort_by_key(|of| (is_timed.then(|| time(book.entry(of.row))), side(of).1));
        let (mut came, made_up) = (Money::ZERO, held.made_up);
        for movement in order {
            if side(movement).0 {
                comes = true;
                came += movement.amount;
                held.comes(movement);
            } else {
                goes = true;
                held.goes(movement, book.entry(movement.row).money(Field::Balance));
            }
        }
        if came > held.made_up - made_up {
            came_on.insert(of_day[0].on);
        }
    }
    let Held { queue, passed, same_day, made_up, fen_days, .. } = held;
    let tenths = if passed == Money::ZERO { 0 } else { fen_days * 10 / i128::from(passed.fen()) };
    (comes && goes).then(|| Dwell {
        passed,
        same_day,
        tenths: u64::try_from(tenths).unwrap_or(u64::MAX),
        kept: queue.into_iter().map(|(_, amount)| amount).sum(),
        made_up,
        came_on,
    })
}

/// The other ends, the largest amount first; of equal amounts the more frequent.
pub fn counterparties(movements: &[Movement], own: &BTreeSet<String>) -> Vec<Counterparty> {
    let mut found: BTreeMap<&str, Counterparty> = BTreeMap::new();
    for movement in movements {
        let (comes, goes) = sides(movement, own);
        if !comes && !goes {
            continue;
        }
        let end = if comes { &movement.from } else { &movement.to };
        let known = found.entry(end.key()).or_insert_with(|| Counterparty {
            end: end.clone(),
            money_in: Money::ZERO,
            count_in: 0,
            money_out: Money::ZERO,
            count_out: 0,
            first: movement.on,
            last: movement.on,
        });
        if known.end.name.is_empty() {
            known.end.name.clone_from(&end.name);
        }
        if comes {
            known.money_in += movement.amount;
            known.count_in += 1;
        } else {
            known.money_out += movement.amount;
            known.count_out += 1;
        }
        known.last = movement.on;
    }
    let mut ranked: Vec<Counterparty> = found.into_values().collect();
    ranked.sort_by(|a, b| {
        let weight = |of: &Counterparty| (of.money_in + of.money_out, of.count_in + of.count_out);
        weight(b).cmp(&weight(a)).then_with(|| a.end.cmp(&b.end))
    });
    ranked
}

/// Counterparties whose own rows can show who else is near.
const NEIGHBOURS: usize = 20;

/// The accounts of the largest counterparties, those of treasuries, banks and collection apart: everybody deals with them.
pub fn known_by<'c>(counterparties: &'c [Counterparty], facts: &Facts) -> Vec<&'c str> {
    let codes = counterparties.iter().map(|of| of.end.code.as_str());
    codes.filter(|code| !code.is_empty() && !is_public(code, facts)).take(NEIGHBOURS).collect()
}

/// Whether everybody may pay to an account, or it is a treasury.
pub fn is_public(code: &str, facts: &Facts) -> bool {
    let known = facts.accounts.as_ref().and_then(|register| register.get(code));
    facts.treasuries.as_ref().is_some_and(|table| table.contains_key(code))
        || known.is_some_and(|of| {
            of.is_of_revenue()
                || of.nature == "fiscal_special"
                || ["bank", "treasury", "finance", "tax_org"].contains(&of.holder_class.as_str())
        })
}
