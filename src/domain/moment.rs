//! A day, with the time of day where the ledger gives one.

use std::fmt;

use chrono::{NaiveDate, NaiveTime};

/// When something happened. Without a time the time of day is unknown and counts as before any cut-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    pub date: NaiveDate,
    pub time: Option<NaiveTime>,
}

impl Moment {
    pub fn day(date: NaiveDate) -> Self {
        Self { date, time: None }
    }

    /// Whether it is known to be later in the day than `cutoff`.
    pub fn after(self, cutoff: NaiveTime) -> bool {
        self.time.is_some_and(|time| time > cutoff)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.time {
            Some(time) => write!(f, "{} {}", self.date, time.format("%H:%M:%S")),
            None => write!(f, "{}", self.date),
        }
    }
}
