//! 余额: whether an account's statement leads from one balance to the next, within each day and from day to day.
//!
//! Nothing says in which order rows were booked: some banks list the newest first, some number their rows at random. So
//! no order is asked for. Each row leads from the balance before it to the balance after it, and the rows of a day are
//! whole if some order takes them one after another: an Eulerian trail, in which every row is an edge. Only what no
//! order could explain is a break.
//!
//! A day that ends where it began could have begun at any balance it passes through. What it passes through is kept
//! until the day before says which it was. A row without balance is a movement all the same: its day is not judged, and
//! moves the balance on by its sum. After a day whose rows do not follow from one another nothing is expected of the
//! next one: what is missing could be its end.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::domain::entry::{Book, Entry, EntryId};
use crate::domain::field::Field;
use crate::domain::money::Money;

/// Of so many pieces of a broken day it is kept where they begin and end.
pub const PIECES_KEPT: usize = 3;

/// The days on which an account has rows.
pub type Days = BTreeMap<NaiveDate, Statement>;

/// What the rows of an account and day say of its balance: all that later days need of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub rows: u32,
    pub course: Course,
}

/// Where the rows of a day lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Course {
    /// From one balance to another.
    Trail { opening: Money, closing: Money },
    /// Back to the balance they began at, which is one of those they pass through, ascending. What the days before rule
    /// out is left out.
    Circuit {
        through: Vec<Money>,
        /// Where they end if times and serial numbers tell their order: likely, no proof.
        last: Option<Money>,
    },
    /// Nowhere in one go. Of the first few pieces where they begin, and where they end, each ascending.
    Broken { pieces: u32, begins: Vec<Money>, ends: Vec<Money> },
    /// Some rows state no balance; the sum of all, unless a row states no amount either.
    Unstated { sum: Option<Money> },
}

/// A day at which an account's chain of balances does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    pub account: String,
    pub date: NaiveDate,
    pub fault: Fault,
}

/// What is wrong with a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its own rows do not follow from one another.
    Pieces { rows: u32, pieces: u32, begins: Vec<Money>, ends: Vec<Money> },
    /// It does not begin where the day before ended. Either balance is `None` where it is not known, only that they
    /// differ.
    Opening { found: Option<Money>, closed_on: NaiveDate, expected: Option<Money> },
}

/// Balances an account may have, ascending; `None` where nothing is known.
type Possible = Option<Vec<Money>>;

/// The end of a day.
#[derive(Clone, Debug)]
struct Closing {
    /// By the rows of the days up to it.
    possible: Possible,
    /// By those after it too, and by the order in which times and serial numbers put its rows.
    balance: Option<Money>,
}

/// An account, day by day.
#[derive(Debug, Default)]
struct Account {
    days: Days,
    /// For each of the days, in order.
    closings: Vec<(NaiveDate, Closing)>,
}

/// The statements of a book.
#[derive(Debug, Default)]
pub struct Balances {
    accounts: BTreeMap<String, Account>,
    /// In order of account and day.
    pub breaks: Vec<Break>,
    /// The rows at hand by account and day.
    ids: Vec<EntryId>,
    /// Which of them are of an account and day, in that order.
    at_hand: Vec<(String, NaiveDate, Range<usize>)>,
}

impl Balances {
    /// Follows every account through its days: those whose rows are at hand, each whole, and those handed on.
    pub fn of(book: &Book, rows: &[EntryId], before: BTreeMap<String, Days>) -> Self {
        let known = |(name, days): (String, Days)| (name, Account { days, closings: Vec::new() });
        let mut balances = Self { accounts: before.into_iter().map(known).collect(), ..Self::default() };
        balances.take_in(book, rows);
        let mut accounts: Vec<(&String, &mut Account)> = balances.accounts.iter_mut().collect();
        let breaks: Vec<Vec<Break>> =
            accounts.par_iter_mut().map(|(name, account)| account.follow(name)).collect();
        balances.breaks = breaks.into_iter().flatten().collect();
        balances
    }

    fn take_in(&mut self, book: &Book, rows: &[EntryId]) {
        // Accounts are few and rows are many.
        let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
        let mut names: Vec<&str> = Vec::new();
        let mut keyed: Vec<(u32, NaiveDate, u32)> = Vec::with_capacity(rows.len());
        for (place, &id) in (0_u32..).zip(rows) {
            let entry = book.entry(id);
            let account = entry.text(Field::Account);
            let number = *numbers.entry(account).or_insert_with(|| {
                names.push(account);
                u32::try_from(names.len() - 1).expect("fewer than 2^32 accounts")
            });
            keyed.push((number, entry.date(Field::Date).expect("a required column"), place));
        }
        keyed.par_sort_unstable();
        // In the order of the rows, which memory likes.
        let edges: Vec<Option<(i64, i64)>> = rows
            .par_iter()
            .map(|&id| edge(book.entry(id)).map(|(before, after)| (before.fen(), after.fen())))
            .collect();
        self.ids = keyed.iter().map(|&(.., place)| rows[place as usize]).collect();
        let mut days: Vec<(&str, NaiveDate, Range<usize>)> = Vec::new();
        for same in keyed.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let start = days.last().map_or(0, |(.., range)| range.end);
            days.push((names[same[0].0 as usize], same[0].1, start..start + same.len()));
        }
        days.par_sort_unstable_by_key(|(account, date, _)| (*account, *date));
        let found: Vec<Statement> = days
            .par_iter()
            .map(|(.., range)| {
                let edges = keyed[range.clone()].iter().map(|&(.., place)| edges[place as usize]);
                statement(book, &self.ids[range.clone()], edges.collect())
            })
            .collect();
        for ((account, date, range), found) in days.into_iter().zip(found) {
            let known = &mut self.accounts.entry(account.to_owned()).or_default().days;
            // Rows that no archive gives back would seem to be missing.
            if known.get(&date).is_none_or(|known| known.rows <= found.rows) {
                known.insert(date, found);
                self.at_hand.push((account.to_owned(), date, range));
            }
        }
    }

    /// The balance of an account at the end of a day, as far as it is known. A day without rows keeps the last one.
    pub fn end_of_day(&self, account: &str, date: NaiveDate) -> Option<Money> {
        let closings = &self.accounts.get(account)?.closings;
        let later = closings.partition_point(|(day, _)| *day <= date);
        closings[..later].last()?.1.balance
    }

    /// The days on which an account has rows, ascending, as far as they are remembered.
    pub fn days_of(&self, account: &str) -> impl Iterator<Item = NaiveDate> {
        self.accounts.get(account).into_iter().flat_map(|account| account.days.keys().copied())
    }

    /// The rows at hand of an account and day after which the account has that balance.
    pub fn closing_rows(&self, book: &Book, account: &str, date: NaiveDate, balance: Money) -> Vec<EntryId> {
        let wanted = (account, date);
        let place =
            self.at_hand.binary_search_by(|(account, date, _)| (account.as_str(), *date).cmp(&wanted));
        let range = place.map_or(0..0, |place| self.at_hand[place].2.clone());
        let mut rows = self.ids[range].to_vec();
        rows.retain(|&id| book.entry(id).money(Field::Balance) == Some(balance));
        rows.sort_unstable();
        rows
    }

    /// The rows at hand that show a break: those that begin or end where no other ends or begins.
    pub fn bordering(&self, book: &Book, of: &Break) -> Vec<EntryId> {
        let rows = |date: NaiveDate| {
            let wanted = (of.account.as_str(), date);
            let place =
                self.at_hand.binary_search_by(|(account, date, _)| (account.as_str(), *date).cmp(&wanted));
            let range = place.map_or(0..0, |place| self.at_hand[place].2.clone());
            self.ids[range].iter().copied()
        };
        // Content before place, so that the order of rows decides only between rows that say the same.
        let first = |date: NaiveDate, wanted: &dyn Fn((Money, Money)) -> bool| {
            rows(date)
                .filter(|&id| edge(book.entry(id)).is_some_and(wanted))
                .min_by_key(|&id| (book.entry(id).content(), id))
        };
        let mut shown = Vec::new();
        match &of.fault {
            Fault::Pieces { begins, ends, .. } => {
                for &balance in begins {
                    shown.extend(first(of.date, &|(before, _)| before == balance));
                }
                for &balance in ends {
                    shown.extend(first(of.date, &|(_, after)| after == balance));
                }
            }
            Fault::Opening { found, closed_on, expected } => {
                shown.extend(first(of.date, &|(before, _)| found.is_none_or(|found| before == found)));
                if let Some(balance) = *expected {
                    shown.extend(first(*closed_on, &|(_, after)| after == balance));
                }
            }
        }
        shown.sort_unstable();
        shown.dedup();
        shown
    }

    /// What the next run must know: the days from `first` on, and of each account the last one before.
    pub fn hand_on(self, first: NaiveDate) -> BTreeMap<String, Days> {
        self.accounts.into_iter().map(|(name, account)| (name, account.days_from(first))).collect()
    }
}

impl Account {
    /// Its days from `first` on, and the last one before.
    fn days_from(self, first: NaiveDate) -> Days {
        let Self { mut days, closings } = self;
        let mut kept = days.split_off(&first);
        if let Some((date, mut statement)) = days.pop_last() {
            // What it began with is known from days that are let go.
            if let Course::Unstated { sum: Some(sum) } = statement.course
                && let Some([closing]) = closings[days.len()].1.possible.as_deref()
            {
                statement.course = Course::Trail { opening: *closing - sum, closing: *closing };
            }
            kept.insert(date, statement);
        }
        kept
    }

    /// Follows it from day to day: where each day ends. Gives the days at which the chain breaks.
    fn follow(&mut self, name: &str) -> Vec<Break> {
        let mut breaks = Vec::new();
        let mut steps: Vec<(NaiveDate, bool, Possible)> = Vec::with_capacity(self.days.len());
        for (&date, Statement { rows, course }) in &mut self.days {
            let previous = steps.last();
            let before = previous.and_then(|(.., after)| after.clone());
            let (holds, after) = course.step(&before);
            if !holds {
                let fault = match course {
                    Course::Broken { pieces, begins, ends } => Fault::Pieces {
                        rows: *rows,
                        pieces: *pieces,
                        begins: begins.clone(),
                        ends: ends.clone(),
                    },
                    _ => Fault::Opening {
                        found: course.opening(course.closing(&after, None)),
                        closed_on: previous.expect("nothing is expected of a first day").0,
                        expected: before.as_deref().and_then(|before| match before {
                            [balance] => Some(*balance),
                            _ => None,
                        }),
                    },
                };
                breaks.push(Break { account: name.to_owned(), date, fault });
            }
            steps.push((date, holds, after));
        }
        let mut next = None;
        for (date, holds, possible) in steps.into_iter().rev() {
            let course = &self.days[&date].course;
            let balance = course.closing(&possible, next);
            next = course.opening(balance).filter(|_| holds);
            self.closings.push((date, Closing { possible, balance }));
        }
        self.closings.reverse();
        breaks
    }
}

/// The later days of an account whose rows must be seen again when more rows of a day come: those that could begin
/// elsewhere now, and the first whose own rows say where it begins.
pub fn shaken(days: &Days, date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let mut is_over = false;
    let later = days.iter().filter(move |(day, _)| **day > date);
    later
        .take_while(move |(_, statement)| {
            let ends = matches!(statement.course, Course::Trail { .. } | Course::Broken { .. });
            !std::mem::replace(&mut is_over, ends)
        })
        .map(|(day, _)| *day)
}

/// What a row adds to the balance: money in is positive, and a red-letter row 红字 takes it back.
fn moved(row: Entry<'_>) -> Option<Money> {
    let amount = row.money(Field::Amount);
    match row.text(Field::Direction) {
        "credit" => amount,
        "debit" => amount.map(|amount| -amount),
        _ => None,
    }
}

/// The balances before and after a row.
fn edge(row: Entry<'_>) -> Option<(Money, Money)> {
    let after = row.money(Field::Balance)?;
    Some((after - moved(row)?, after))
}

/// What the rows of one account and day come to; edges are `None` if a row states no balance.
fn statement(book: &Book, ids: &[EntryId], edges: Option<Vec<(i64, i64)>>) -> Statement {
    let course = match edges {
        None => Course::Unstated { sum: ids.iter().map(|&id| moved(book.entry(id))).sum() },
        Some(edges) => match course(&edges) {
            Course::Circuit { through, .. } => Course::Circuit { through, last: likely_last(book, ids) },
            other => other,
        },
    };
    Statement { rows: u32::try_from(ids.len()).expect("fewer than 2^32 rows"), course }
}

/// Where edges from balance to balance lead, in whatever order; at least one is given.
fn course(edges: &[(i64, i64)]) -> Course {
    let mut met = Met::default();
    for &(before, after) in edges {
        let (from, to) = (met.place(before), met.place(after));
        met.surplus[from] += 1;
        met.surplus[to] -= 1;
        met.join(from, to);
    }
    // The fewest trails that take every edge once: from each balance too many edges leave, and in each part that hangs
    // together and has none such, one that returns to where it began.
    let (mut begins, mut ends) = (Vec::new(), Vec::new());
    let mut has_trail = vec![false; met.balances.len()];
    for place in 0..met.balances.len() {
        let surplus = met.surplus[place];
        if surplus != 0 {
            has_trail[met.root(place)] = true;
            let into = if surplus > 0 { &mut begins } else { &mut ends };
            into.extend((0..surplus.abs()).map(|_| met.balances[place]));
        }
    }
    // Of each such part the least balance speaks, whatever the order of the edges.
    let mut returns: FxHashMap<usize, i64> = FxHashMap::default();
    for place in 0..met.balances.len() {
        let (root, balance) = (met.root(place), met.balances[place]);
        if !has_trail[root] {
            let least = returns.entry(root).or_insert(balance);
            *least = balance.min(*least);
        }
    }
    // In no order, which does not show: what is kept of them is sorted below.
    begins.extend(returns.values());
    ends.extend(returns.values());
    let money = |fens: Vec<i64>| fens.into_iter().map(Money::from_fen).collect();
    match (&begins[..], &ends[..]) {
        ([begin], [end]) if begin == end => {
            let mut through = met.balances;
            through.sort_unstable();
            Course::Circuit { through: money(through), last: None }
        }
        (&[begin], &[end]) => {
            Course::Trail { opening: Money::from_fen(begin), closing: Money::from_fen(end) }
        }
        _ => {
            let pieces = u32::try_from(begins.len()).expect("fewer than 2^32 rows");
            let first = |mut fens: Vec<i64>| {
                fens.sort_unstable();
                fens.truncate(PIECES_KEPT);
                money(fens)
            };
            Course::Broken { pieces, begins: first(begins), ends: first(ends) }
        }
    }
}

/// The balances met on the edges of a day, in the order in which they were met.
#[derive(Default)]
struct Met {
    places: FxHashMap<i64, usize>,
    balances: Vec<i64>,
    /// For each how many more edges leave it than arrive.
    surplus: Vec<i64>,
    /// For each another that hangs together with it, or itself.
    joined: Vec<usize>,
    /// The place asked for last: rows that follow one another stand together more often than not.
    latest: usize,
    /// The one asked for before.
    earlier: usize,
}

impl Met {
    fn place(&mut self, balance: i64) -> usize {
        let known =
            [self.latest, self.earlier].into_iter().find(|&place| self.balances.get(place) == Some(&balance));
        let place = known.unwrap_or_else(|| {
            *self.places.entry(balance).or_insert_with(|| {
                self.balances.push(balance);
                self.surplus.push(0);
                self.joined.push(self.joined.len());
                self.joined.len() - 1
            })
        });
        (self.earlier, self.latest) = (self.latest, place);
        place
    }

    /// The balance that stands for all that hang together with this one.
    fn root(&mut self, mut place: usize) -> usize {
        while self.joined[place] != place {
            self.joined[place] = self.joined[self.joined[place]];
            place = self.joined[place];
        }
        place
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.joined[a.max(b)] = a.min(b);
    }
}

/// Where rows that return to where they began end, if times and serial numbers single out a first and a last one and
/// those fit.
fn likely_last(book: &Book, ids: &[EntryId]) -> Option<Money> {
    let key = |id: EntryId| {
        let row = book.entry(id);
        // Of numbers without leading zeros the longer is the greater.
        let [time, serial] = [Field::Time, Field::Serial].map(|field| row.text(field));
        (time.len(), time, serial.len(), serial)
    };
    let first = ids.iter().copied().min_by_key(|&id| key(id))?;
    let last = ids.iter().copied().max_by_key(|&id| key(id))?;
    let is_single = |of: EntryId| ids.iter().filter(|&&id| key(id) == key(of)).count() == 1;
    let (opening, closing) = (edge(book.entry(first))?.0, edge(book.entry(last))?.1);
    (opening == closing && is_single(first) && is_single(last)).then_some(closing)
}

impl Course {
    /// Whether it can begin at one of these balances, and where it ends. A circuit forgets what they rule out.
    fn step(&mut self, before: &Possible) -> (bool, Possible) {
        match self {
            Self::Trail { opening, closing } => {
                let holds = before.as_ref().is_none_or(|before| before.binary_search(opening).is_ok());
                (holds, Some(vec![*closing]))
            }
            Self::Circuit { through, .. } => {
                let Some(before) = before else { return (true, Some(through.clone())) };
                let common: Vec<Money> =
                    through.iter().copied().filter(|balance| before.binary_search(balance).is_ok()).collect();
                if common.is_empty() {
                    return (false, Some(through.clone()));
                }
                through.clone_from(&common);
                (true, Some(common))
            }
            Self::Broken { .. } => (false, None),
            Self::Unstated { sum } => {
                let after = before.as_ref().zip(*sum);
                (true, after.map(|(before, sum)| before.iter().map(|&balance| balance + sum).collect()))
            }
        }
    }

    /// The balance it begins at, given the one it ends at.
    fn opening(&self, closing: Option<Money>) -> Option<Money> {
        match self {
            Self::Trail { opening, .. } => Some(*opening),
            Self::Circuit { .. } => closing,
            Self::Broken { .. } => None,
            Self::Unstated { sum } => closing.zip(*sum).map(|(closing, sum)| closing - sum),
        }
    }

    /// The likeliest of the balances it may end at, given where the next day begins.
    fn closing(&self, possible: &Possible, next: Option<Money>) -> Option<Money> {
        let among = |balance: &Money| {
            possible.as_ref().is_some_and(|possible| possible.binary_search(balance).is_ok())
        };
        match (possible.as_deref(), self) {
            (Some([balance]), _) => Some(*balance),
            (Some(_), Self::Circuit { last, .. }) => next.filter(among).or(last.filter(among)),
            (Some(_), _) => next.filter(among),
            (None, Self::Unstated { sum: Some(_) }) => next,
            (None, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(of: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, of).expect("a date")
    }

    fn yuan(fens: &[i64]) -> Vec<Money> {
        fens.iter().copied().map(Money::from_fen).collect()
    }

    fn trail(opening: i64, closing: i64) -> Course {
        Course::Trail { opening: Money::from_fen(opening), closing: Money::from_fen(closing) }
    }

    fn circuit(through: &[i64]) -> Course {
        Course::Circuit { through: yuan(through), last: None }
    }

    fn broken(pieces: u32, begins: &[i64], ends: &[i64]) -> Course {
        Course::Broken { pieces, begins: yuan(begins), ends: yuan(ends) }
    }

    fn unstated(sum: i64) -> Course {
        Course::Unstated { sum: Some(Money::from_fen(sum)) }
    }

    /// The balances of one account whose days from the first of March on have these courses; `None` is a day without
    /// rows.
    fn balances(courses: Vec<Option<Course>>) -> Balances {
        let days = (1..)
            .zip(courses)
            .filter_map(|(of, course)| course.map(|course| (day(of), Statement { rows: 1, course })));
        let accounts = BTreeMap::from([("a".to_owned(), days.collect())]);
        Balances::of(&Book::default(), &[], accounts)
    }

    /// On which days the chain breaks, and the opening balances found and expected.
    fn breaks(courses: Vec<Option<Course>>) -> Vec<(NaiveDate, Option<[Option<Money>; 2]>)> {
        let breaks = balances(courses).breaks.into_iter().map(|of| match of.fault {
            Fault::Pieces { .. } => (of.date, None),
            Fault::Opening { found, expected, .. } => (of.date, Some([found, expected])),
        });
        breaks.collect()
    }

    fn ends(courses: Vec<Option<Course>>) -> Vec<Option<Money>> {
        let last = u32::try_from(courses.len()).expect("few");
        let balances = balances(courses);
        (1..=last).map(|of| balances.end_of_day("a", day(of))).collect()
    }

    #[test]
    fn courses() {
        assert_eq!(course(&[(10, 20)]), trail(10, 20));
        assert_eq!(course(&[(20, 15), (10, 20)]), trail(10, 15));
        assert_eq!(course(&[(10, 20), (20, 10)]), circuit(&[10, 20]));
        assert_eq!(course(&[(10, 20), (20, 10), (10, 20)]), trail(10, 20));
        assert_eq!(course(&[(10, 20), (30, 40)]), broken(2, &[10, 30], &[20, 40]));
        // Two rows that lead away from the same balance.
        assert_eq!(course(&[(10, 20), (10, 30)]), broken(2, &[10, 10], &[20, 30]));
        // What returns to where it began hangs in the air.
        assert_eq!(course(&[(10, 20), (50, 60), (60, 50)]), broken(2, &[10, 50], &[20, 50]));
        let apart: Vec<(i64, i64)> = (0..9).map(|place| (place * 10, place * 10 + 1)).collect();
        assert_eq!(course(&apart), broken(9, &[0, 10, 20], &[1, 11, 21]));
    }

    #[test]
    fn rows_that_move_nothing() {
        assert_eq!(course(&[(10, 10)]), circuit(&[10]));
        assert_eq!(course(&[(10, 20), (20, 20)]), trail(10, 20));
        assert_eq!(course(&[(10, 20), (15, 15)]), broken(2, &[10, 15], &[15, 20]));
    }

    #[test]
    fn a_day_begins_where_the_one_before_ended() {
        assert_eq!(breaks(vec![Some(trail(0, 10)), None, Some(trail(10, 30))]), []);
        let fault = Some([Some(Money::from_fen(10)), Some(Money::from_fen(5))]);
        assert_eq!(breaks(vec![Some(trail(0, 5)), None, Some(trail(10, 30))]), [(day(3), fault)]);
    }

    #[test]
    fn a_circuit_may_begin_anywhere_until_the_day_before_says_where() {
        assert_eq!(breaks(vec![Some(circuit(&[0, 10])), Some(trail(10, 30))]), []);
        assert_eq!(
            breaks(vec![Some(circuit(&[0, 10])), Some(trail(20, 30))]),
            [(day(2), Some([Some(Money::from_fen(20)), None]))]
        );
        let fault = Some([None, Some(Money::from_fen(5))]);
        assert_eq!(breaks(vec![Some(trail(0, 5)), Some(circuit(&[0, 10]))]), [(day(2), fault)]);
        // Both pass through zero, and only there can the one have ended and the other begun.
        let fault = Some([Some(Money::from_fen(10)), Some(Money::ZERO)]);
        assert_eq!(
            breaks(vec![Some(circuit(&[0, 10])), Some(circuit(&[0, 20])), Some(trail(10, 20))]),
            [(day(3), fault)]
        );
    }

    #[test]
    fn nothing_is_expected_after_a_broken_day() {
        let courses = vec![Some(trail(0, 5)), Some(broken(2, &[5, 9], &[6, 10])), Some(trail(99, 100))];
        assert_eq!(breaks(courses), [(day(2), None)]);
    }

    #[test]
    fn rows_without_balance_move_it_on() {
        assert_eq!(breaks(vec![Some(trail(0, 5)), Some(unstated(3)), Some(trail(8, 9))]), []);
        let fault = Some([Some(Money::from_fen(7)), Some(Money::from_fen(8))]);
        assert_eq!(breaks(vec![Some(trail(0, 5)), Some(unstated(3)), Some(trail(7, 9))]), [(day(3), fault)]);
        assert_eq!(breaks(vec![Some(unstated(3)), Some(trail(7, 9))]), []);
        let unknown = Course::Unstated { sum: None };
        assert_eq!(breaks(vec![Some(trail(0, 5)), Some(unknown), Some(trail(7, 9))]), []);
    }

    #[test]
    fn the_end_of_a_day() {
        let fen = |fen: i64| Some(Money::from_fen(fen));
        assert_eq!(
            ends(vec![None, Some(trail(0, 5)), None, Some(unstated(2))]),
            [None, fen(5), fen(5), fen(7)]
        );
        assert_eq!(ends(vec![Some(circuit(&[0, 10])), Some(trail(10, 30))]), [fen(10), fen(30)]);
        assert_eq!(ends(vec![Some(circuit(&[0, 10])), Some(trail(20, 30))]), [None, fen(30)]);
        assert_eq!(ends(vec![Some(unstated(2)), Some(trail(10, 30))]), [fen(10), fen(30)]);
        assert_eq!(ends(vec![Some(broken(2, &[5, 9], &[6, 10])), Some(trail(10, 30))]), [None, fen(30)]);
        let likely = Course::Circuit { through: yuan(&[0, 10]), last: fen(0) };
        assert_eq!(ends(vec![Some(likely.clone())]), [fen(0)]);
        assert_eq!(ends(vec![Some(likely), Some(trail(10, 30))]), [fen(10), fen(30)]);
    }

    #[test]
    fn the_last_day_before_the_window_is_kept_as_what_it_came_to() {
        let courses = vec![Some(trail(0, 5)), Some(unstated(3)), None, Some(trail(8, 9))];
        let kept = balances(courses).hand_on(day(3));
        let days: Vec<(NaiveDate, Course)> =
            kept["a"].iter().map(|(date, of)| (*date, of.course.clone())).collect();
        assert_eq!(days, [(day(2), trail(5, 8)), (day(4), trail(8, 9))]);
    }

    #[test]
    fn late_rows_shake_the_days_up_to_the_next_that_stands_for_itself() {
        let courses = vec![
            Some(trail(0, 5)),
            Some(circuit(&[5])),
            Some(unstated(3)),
            Some(trail(8, 9)),
            Some(broken(2, &[5, 9], &[6, 10])),
            Some(trail(9, 8)),
        ];
        let accounts = balances(courses).hand_on(NaiveDate::MIN);
        let found = |of: u32| shaken(&accounts["a"], day(of)).collect::<Vec<_>>();
        assert_eq!(found(1), [day(2), day(3), day(4)]);
        assert_eq!(found(4), [day(5)]);
        assert_eq!(found(6), []);
    }

    /// Whether some order takes the edges one after another, tried out.
    fn chains(edges: &[(i64, i64)]) -> bool {
        fn go(at: i64, left: &mut Vec<(i64, i64)>) -> bool {
            if left.is_empty() {
                return true;
            }
            (0..left.len()).any(|place| {
                left[place].0 == at && {
                    let edge = left.remove(place);
                    let found = go(edge.1, left);
                    left.insert(place, edge);
                    found
                }
            })
        }
        edges.iter().any(|&(begin, _)| go(begin, &mut edges.to_vec()))
    }

    fn walk() -> impl Strategy<Value = Vec<(i64, i64)>> {
        let moves = proptest::collection::vec(-3_i64..4, 1..8);
        (0_i64..4, moves).prop_map(|(mut at, moves)| {
            let edge = |by| {
                let before = at;
                at += by;
                (before, at)
            };
            moves.into_iter().map(edge).collect()
        })
    }

    proptest! {
        #[test]
        fn exactly_what_no_order_explains_is_broken(edges in proptest::collection::vec((0_i64..4, 0_i64..4), 1..7)) {
            prop_assert_eq!(!matches!(course(&edges), Course::Broken { .. }), chains(&edges));
        }

        #[test]
        fn order_does_not_show(
            (edges, mixed) in walk().prop_flat_map(|edges| (Just(edges.clone()), Just(edges).prop_shuffle()))
        ) {
            let found = course(&edges);
            prop_assert_eq!(&found, &course(&mixed));
            let (begin, end) = (Money::from_fen(edges[0].0), Money::from_fen(edges[edges.len() - 1].1));
            match found {
                Course::Trail { opening, closing } => prop_assert_eq!((opening, closing), (begin, end)),
                Course::Circuit { through, .. } => prop_assert!(begin == end && through.contains(&begin)),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn a_row_cut_out_of_the_middle_is_noticed(edges in walk(), place in any::<prop::sample::Index>()) {
            prop_assume!(edges.len() > 2);
            let mut left = edges.clone();
            left.remove(1 + place.index(edges.len() - 2));
            prop_assert_eq!(matches!(course(&left), Course::Broken { .. }), !chains(&left));
        }
    }
}
