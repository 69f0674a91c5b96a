//! What two judgements of the same days tell differently.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::rules::finding::{Identity, Told};

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    Gained,
    Lost,
    Changed,
}

impl Change {
    pub const ALL: [Self; 3] = [Self::Gained, Self::Lost, Self::Changed];

    pub fn id(self) -> &'static str {
        match self {
            Self::Gained => "gained",
            Self::Lost => "lost",
            Self::Changed => "changed",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Gained => "新增",
            Self::Lost => "消失",
            Self::Changed => "改变",
        }
    }
}

/// What one judgement tells of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The first of the days on which it is told.
    pub told_on: NaiveDate,
    /// What is told of it last.
    pub last: Told,
}

/// What some days tell of each finding.
#[derive(Clone, Debug, Default)]
pub struct Judgement(BTreeMap<Identity, Account>);

impl Judgement {
    /// Whether a finding was told.
    pub fn knows(&self, identity: &Identity) -> bool {
        self.0.contains_key(identity)
    }

    /// Adds what a further day tells.
    pub fn hear(&mut self, told_on: NaiveDate, told: Vec<Told>) {
        for last in told {
            match self.0.get_mut(&last.identity()) {
                Some(known) => known.last = last,
                None => {
                    self.0.insert(last.identity(), Account { told_on, last });
                }
            }
        }
    }
}

/// A finding of which two judgements tell different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub change: Change,
    pub then: Option<Account>,
    pub now: Option<Account>,
}

impl Difference {
    /// What is told of it last by the later judgement, or by the one that tells of it at all.
    pub fn shown(&self) -> &Account {
        self.now.as_ref().or(self.then.as_ref()).expect("one of two tells of it")
    }

    /// What differs where both tell of it: the column, what was told and what is.
    pub fn columns(&self) -> Vec<(&'static str, String, String)> {
        let (Some(then), Some(now)) = (&self.then, &self.now) else { return Vec::new() };
        let pairs = columns(then).into_iter().zip(columns(now));
        pairs
            .filter(|((_, then), (_, now))| then != now)
            .map(|((id, then), (_, now))| (id, then, now))
            .collect()
    }
}

/// What two judgements tell differently of the days from `from` on, in the order of rules and keys. How a finding is
/// worded does not count: its text names the thresholds.
pub fn contrast(then: Judgement, now: Judgement, from: NaiveDate) -> Vec<Difference> {
    let mut both: BTreeMap<Identity, (Option<Account>, Option<Account>)> = BTreeMap::new();
    for (identity, account) in then.0 {
        both.entry(identity).or_default().0 = Some(account);
    }
    for (identity, account) in now.0 {
        both.entry(identity).or_default().1 = Some(account);
    }
    let differs = |(then, now): (Option<Account>, Option<Account>)| {
        // What was known before is not gained or lost: one of the two has nothing new to tell of it.
        let was_known = |of: &Account| of.last.first_seen < from;
        let change = match (&then, &now) {
            (Some(then), Some(now)) if columns(then) == columns(now) => return None,
            (Some(_), Some(_)) => Change::Changed,
            (Some(of), None) | (None, Some(of)) if was_known(of) => Change::Changed,
            (Some(_), None) => Change::Lost,
            (None, _) => Change::Gained,
        };
        Some(Difference { change, then, now })
    };
    both.into_values().filter_map(differs).collect()
}

/// What counts of a finding, under the names that `findings` has for it.
fn columns(of: &Account) -> Vec<(&'static str, String)> {
    let told = &of.last;
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let money =
        |money: Option<crate::domain::money::Money>| money.map(|of| of.to_string()).unwrap_or_default();
    vec![
        ("told_on", of.told_on.to_string()),
        ("severity", told.severity.id().to_owned()),
        ("party", told.party.id().to_owned()),
        ("institution", told.institution.clone()),
        ("treasury", told.treasury.clone()),
        ("account", told.account.clone()),
        ("amount", money(told.amount)),
        ("difference", money(told.difference)),
        ("event_on", day(told.event_on)),
        ("due_on", day(told.due_on)),
        ("settled_on", day(told.settled_on)),
        ("days_late", told.days_late.map(|days| days.to_string()).unwrap_or_default()),
        ("status", told.status.id().to_owned()),
        ("first_seen", told.first_seen.to_string()),
        ("evidence", told.evidence.join(";")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::{Flow, Party};
    use crate::rules::finding::{Sentence, Severity, Status};

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).expect("a day")
    }

    fn telling(run: u32, key: &str, first_seen: u32, days_late: u32) -> (NaiveDate, Told) {
        let told = Told {
            rule: "remittance-delay",
            key: key.to_owned(),
            severity: Severity::Medium,
            party: Party::Bank,
            institution: "105".to_owned(),
            flow: Flow::Revenue,
            treasury: String::new(),
            account: String::new(),
            amount: None,
            difference: None,
            event_on: None,
            due_on: None,
            settled_on: None,
            days_late: Some(days_late),
            status: Status::Open,
            first_seen: day(first_seen),
            explanation: Sentence { zh: String::new(), en: format!("{days_late}") },
            evidence: Vec::new(),
            notice: None,
        };
        (day(run), told)
    }

    #[test]
    fn what_is_told_last_counts_and_what_was_known_is_neither_gained_nor_lost() {
        let then = vec![
            telling(2, "known", 1, 3),
            telling(2, "lost", 2, 1),
            telling(2, "moved", 2, 1),
            telling(2, "same", 2, 1),
            telling(3, "moved", 2, 2),
        ];
        let now = vec![
            telling(2, "same", 2, 1),
            telling(2, "moved", 2, 1),
            telling(3, "gained", 3, 1),
            telling(3, "moved", 2, 5),
        ];
        let [then, now] = [then, now].map(|tellings| {
            let mut judgement = Judgement::default();
            for (on, told) in tellings {
                judgement.hear(on, vec![told]);
            }
            judgement
        });
        let found = contrast(then, now, day(2));
        let told: Vec<(&str, Change)> =
            found.iter().map(|of| (of.shown().last.key.as_str(), of.change)).collect();
        let expected = [
            ("gained", Change::Gained),
            ("known", Change::Changed),
            ("lost", Change::Lost),
            ("moved", Change::Changed),
        ];
        assert_eq!(told, expected);
        assert_eq!(found[3].columns(), [("days_late", "2".to_owned(), "5".to_owned())]);
        assert_eq!(found[0].columns(), []);
    }
}
