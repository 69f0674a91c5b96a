//! Rows of an account statement: which way the money went, and when.
//!
//! Banks say it in three ways: a direction beside the amount, an amount in one of two columns, or a sign. Every row
//! comes out with one direction and one amount; where two of its signals contradict each other it is rejected.

use chrono::{NaiveDate, NaiveTime};

use crate::domain::field::Field;
use crate::domain::moment::Moment;
use crate::domain::money::Money;

use super::problem::{Clash, Kind};
use super::profile::Sign;

/// Columns that are read together.
pub const SIGNALS: [Field; 6] =
    [Field::Date, Field::Time, Field::Direction, Field::Amount, Field::Debit, Field::Credit];
/// Columns every row comes out with.
pub const OUTPUTS: [Field; 4] = [Field::Date, Field::Time, Field::Direction, Field::Amount];

/// What one row says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signals {
    pub date: Option<NaiveDate>,
    /// A time of day behind the date.
    pub date_time: Option<NaiveTime>,
    /// A time with its own day.
    pub time: Option<Moment>,
    /// A time of day alone.
    pub clock: Option<NaiveTime>,
    /// Whether the direction says debit, money out.
    pub direction: Option<bool>,
    pub amount: Option<Money>,
    pub debit: Option<Money>,
    pub credit: Option<Money>,
}

impl Signals {
    /// The signals that a problem is about, for its message.
    pub fn spelt(&self, kind: &Kind) -> String {
        if let (Kind::Contradiction(Clash::Day), Some(date), Some(time)) = (kind, self.date, self.time) {
            return format!("交易日期 date {date}, 交易时间 time {time}");
        }
        let direction =
            self.direction.map(|is_debit| if is_debit { "借 debit" } else { "贷 credit" }.to_owned());
        let named = |name: &str, money: Option<Money>| money.map(|money| format!("{name} {money}"));
        let parts = [
            direction,
            named("发生额 amount", self.amount),
            named("支出 debit", self.debit),
            named("收入 credit", self.credit),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// What the signals come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    pub date: NaiveDate,
    pub time: Option<Moment>,
    pub is_debit: bool,
    /// Negative for a red entry 红字, which takes back.
    pub amount: Money,
}

/// Puts the signals of a row together, or says which of them is missing or contradicts the others.
pub fn conclude(signals: &Signals, sign: Option<Sign>) -> Result<Posting, (Field, Kind)> {
    let date = signals.date.or(signals.time.map(|time| time.date)).ok_or((Field::Date, Kind::Empty))?;
    if signals.time.is_some_and(|time| time.date != date) {
        return Err((Field::Time, Kind::Contradiction(Clash::Day)));
    }
    let clock = signals.clock.or(signals.date_time);
    let time = signals.time.or(clock.map(|time| Moment { date, time: Some(time) }));
    let filled = |money: Option<Money>| money.filter(|money| !money.is_zero());
    let split = match (filled(signals.debit), filled(signals.credit)) {
        (Some(_), Some(_)) => return Err((Field::Debit, Kind::Contradiction(Clash::Direction))),
        (Some(money), None) => Some((true, money)),
        (None, Some(money)) => Some((false, money)),
        // Interest of nothing is a row too.
        (None, None) if signals.amount.is_none() => match (signals.debit, signals.credit) {
            (None, None) if signals.direction.is_some() => return Err((Field::Amount, Kind::Empty)),
            (None, None) => return Err((Field::Debit, Kind::Empty)),
            (debit, credit) => Some((debit.is_some() && credit.is_none(), Money::ZERO)),
        },
        (None, None) => None,
    };
    let signed = match sign {
        Some(Sign::CreditPositive) => signals.amount.map(|money| money < Money::ZERO),
        Some(Sign::DebitPositive) => signals.amount.map(|money| money > Money::ZERO),
        Some(Sign::Negated) | None => None,
    };
    let amount = match signed {
        Some(_) => signals.amount.map(Money::abs),
        None => signals.amount,
    };
    let (is_debit, amount) = match (split, amount) {
        (Some((_, money)), Some(other)) if money.abs() != other.abs() => {
            return Err((Field::Amount, Kind::Contradiction(Clash::Direction)));
        }
        (Some(stated), _) => stated,
        (None, Some(money)) => {
            let stated = signals.direction.or(signed).ok_or((Field::Direction, Kind::Empty))?;
            (stated, money)
        }
        (None, None) => return Err((Field::Amount, Kind::Empty)),
    };
    let is_zero = amount.is_zero();
    let contradicts = |other: Option<bool>| !is_zero && other.is_some_and(|other| other != is_debit);
    if contradicts(signals.direction) || contradicts(signed) {
        return Err((Field::Direction, Kind::Contradiction(Clash::Direction)));
    }
    Ok(Posting { date, time, is_debit, amount })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signals as `direction amount debit credit`, `-` where the row says nothing.
    #[track_caller]
    fn check(row: &str, sign: Option<Sign>, expected: &str) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let money = |text: &str| (text != "-").then(|| text.parse().expect("money"));
        let signals = Signals {
            date: "2026-03-02".parse().ok(),
            direction: (cells[0] != "-").then(|| cells[0] == "debit"),
            amount: money(cells[1]),
            debit: money(cells[2]),
            credit: money(cells[3]),
            ..Signals::default()
        };
        let told = match conclude(&signals, sign) {
            Ok(posting) => {
                format!("{} {}", if posting.is_debit { "debit" } else { "credit" }, posting.amount)
            }
            Err((field, kind)) => format!("{}: {}", field.id(), kind.code()),
        };
        assert_eq!(told, expected, "{row} {sign:?}");
    }

    #[test]
    fn directions() {
        check("debit 5 - -", None, "debit 5.00");
        check("credit 5 - -", None, "credit 5.00");
        check("debit -5 - -", None, "debit -5.00");
        check("- - 5 -", None, "debit 5.00");
        check("- - 0.00 5", None, "credit 5.00");
        check("- - - -5", None, "credit -5.00");
        check("- - 0 0", None, "credit 0.00");
        check("- 5 - -", Some(Sign::CreditPositive), "credit 5.00");
        check("- -5 - -", Some(Sign::CreditPositive), "debit 5.00");
        check("- -5 - -", Some(Sign::DebitPositive), "credit 5.00");
        check("debit -5 - -", Some(Sign::CreditPositive), "debit 5.00");
        check("credit 5 - 5", None, "credit 5.00");
        check("- 0.00 - -", Some(Sign::CreditPositive), "credit 0.00");
    }

    #[test]
    fn contradictions() {
        check("- - 5 5", None, "debit: contradiction");
        check("debit - - 5", None, "direction: contradiction");
        check("debit 5 - 6", None, "amount: contradiction");
        check("debit 5 - -", Some(Sign::CreditPositive), "direction: contradiction");
        check("- 5 - -", None, "direction: empty");
        check("debit - - -", None, "amount: empty");
        check("- - - -", None, "debit: empty");
    }

    #[test]
    fn times() {
        let date: NaiveDate = "2026-03-02".parse().expect("a date");
        let clock = NaiveTime::from_hms_opt(9, 30, 0);
        let signals =
            Signals { date: Some(date), clock, debit: Some(Money::from_fen(5)), ..Signals::default() };
        let posting = conclude(&signals, None).expect("whole");
        assert_eq!(posting.time, Some(Moment { date, time: clock }));
        let signals = Signals { date: None, time: posting.time, ..signals };
        assert_eq!(conclude(&signals, None).expect("whole").date, date);
        let signals = Signals { date: date.succ_opt(), ..signals };
        let told = conclude(&signals, None).expect_err("of another day");
        assert_eq!(told, (Field::Time, Kind::Contradiction(Clash::Day)));
        assert_eq!(signals.spelt(&told.1), "交易日期 date 2026-03-03, 交易时间 time 2026-03-02 09:30:00");
    }
}
