//! 余量: by how little a threshold would have to move for a day's findings to be judged otherwise, and for what is not
//! found to be found.
//!
//! A setting is moved, one at a time, and the day judged again; between two values that come to different verdicts the place
//! where they part is looked for by halves. A verdict that changes and changes back between two values that agree is not
//! noticed. Only what rules themselves compare can be moved so: what decides how rows are joined, what is at hand and when it
//! is told, comes before them, and so does what the words of a setting admit.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::domain::settings::Settings;
use crate::rules::finding::{Finding, Identity, Severity, Told};
use crate::rules::{self, Day, RULES, Rule};

use super::Prepared;
use super::telling::{is_premature, told};

/// Settings that have decided before any rule judges, or decide only what is reported.
const NOT_MOVED: &[&str] = &[
    "remit.cutoff",
    "remit.grace_next_wd",
    "clearing.cutoff",
    "gain.rate_bp",
    "match.window_days",
    "open_items.write_off_days",
    "tie_out.keep_days",
    "notice.answer_wd",
    "audit.follow_days",
    "audit.sample_size",
    "history.days",
];

/// The settings whose margins can be told, in the order of `recon.toml`.
pub fn movable() -> Vec<&'static str> {
    let settings = Settings::default();
    let keys = settings.list().into_iter().map(|info| info.key);
    keys.filter(|key| !NOT_MOVED.contains(key) && settings.moved(key, 1).is_some()).collect()
}

/// Where a setting would have to stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move {
    pub setting: &'static str,
    /// So many of its smallest steps.
    pub steps: i64,
    /// Where it stands, and where it would, as they are set, and how far that is: yuan, days, or what the setting counts.
    pub is: String,
    pub at: String,
    pub by: String,
}

/// A finding, and what it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    pub of: Identity,
    pub by: Move,
    /// How grave it would be; `None` if it were none.
    pub then: Option<Severity>,
}

/// What is not found, and would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    pub told: Told,
    pub by: Move,
}

/// The margins of a day.
#[derive(Clone, Debug, Default)]
pub struct Margins {
    /// Of findings that are new, by setting.
    pub flips: Vec<Flip>,
    pub near_misses: Vec<NearMiss>,
}

/// How grave each finding is.
type Verdicts = BTreeMap<Identity, Severity>;

/// For a finding how far away its verdict is another, and what it is.
type Flips = BTreeMap<Identity, (i64, Option<Severity>)>;

impl Prepared {
    /// How far some settings are from judging the day's new findings otherwise, and which findings lie within some per cent
    /// of each.
    pub fn margins(&self, findings: &[Finding], settings: &[&'static str], percent: u32) -> Margins {
        if settings.is_empty() {
            return Margins::default();
        }
        let day = self.day();
        let known: BTreeSet<Identity> = self.joined.taken.before.told.iter().map(Told::identity).collect();
        let of = Moving { prepared: self, day: &day, known: &known };
        let now = of.verdicts(findings);
        let moved: Vec<Margins> =
            settings.par_iter().map(|setting| of.margins(setting, &now, percent)).collect();
        let mut margins = Margins::default();
        for of in moved {
            margins.flips.extend(of.flips);
            margins.near_misses.extend(of.near_misses);
        }
        margins
    }
}

/// A day whose settings are moved.
#[derive(Clone, Copy)]
struct Moving<'a> {
    prepared: &'a Prepared,
    day: &'a Day<'a>,
    /// What was told before: it is neither new nor near.
    known: &'a BTreeSet<Identity>,
}

impl Moving<'_> {
    fn margins(self, setting: &'static str, now: &Verdicts, percent: u32) -> Margins {
        let settings = &self.day.facts.settings;
        let (reach, near) = settings.reach(setting, percent);
        let mut margins = Margins::default();
        for far in [*reach.start(), *reach.end()].into_iter().filter(|far| *far != 0) {
            let close = if far < 0 { far.max(-near) } else { far.min(near) };
            // Beyond what is near only findings are looked at.
            let of_findings = |mut verdicts: Verdicts| {
                verdicts.retain(|identity, _| now.contains_key(identity));
                verdicts
            };
            let at_close = self.judge(RULES, setting, close);
            let at_far = of_findings(self.judge(RULES, setting, far));
            let asked = rules_of(&parted(now, &at_close).chain(parted(now, &at_far)).collect());
            if asked.is_empty() {
                continue;
            }
            let of_asked = |mut verdicts: Verdicts| {
                verdicts.retain(|identity, _| asked.iter().any(|rule| rule.id == identity.rule().id));
                verdicts
            };
            let (at_now, at_close, at_far) =
                (of_asked(now.clone()), of_asked(at_close.clone()), of_asked(at_far.clone()));
            let mut flips = Flips::new();
            let judge = |steps| self.judge(&asked, setting, steps);
            part((0, &at_now), (close, &at_close), &judge, &mut flips);
            let judge = |steps| of_findings(self.judge(&asked, setting, steps));
            part((close, &of_findings(at_close)), (far, &at_far), &judge, &mut flips);
            self.tell(setting, &flips, now, &mut margins);
        }
        margins
    }

    /// What was found out, in words.
    fn tell(self, setting: &'static str, flips: &Flips, now: &Verdicts, margins: &mut Margins) {
        let settings = &self.day.facts.settings;
        let by = |steps: i64| {
            let at = settings.moved(setting, steps).expect("it was judged so");
            let by = Settings::distance(setting, steps);
            Move { setting, steps, is: set(settings, setting), at: set(&at, setting), by }
        };
        let mut missed: BTreeMap<i64, BTreeSet<&Identity>> = BTreeMap::new();
        for (identity, &(steps, then)) in flips {
            if now.contains_key(identity) {
                margins.flips.push(Flip { of: identity.clone(), by: by(steps), then });
            } else {
                missed.entry(steps).or_default().insert(identity);
            }
        }
        for (steps, identities) in missed {
            for finding in self.findings(&rules_of(&identities), setting, steps) {
                if identities.contains(&finding.identity()) {
                    let told = told(self.day.book, self.day.facts, &finding);
                    margins.near_misses.push(NearMiss { told, by: by(steps) });
                }
            }
        }
    }

    fn findings(self, rules: &[&'static Rule], setting: &str, steps: i64) -> Vec<Finding> {
        let mut facts = self.day.facts.clone();
        facts.settings = facts.settings.moved(setting, steps).expect("within its reach");
        rules::judge(rules, &Day { facts: &facts, ..self.prepared.day() })
    }

    fn judge(self, rules: &[&'static Rule], setting: &str, steps: i64) -> Verdicts {
        self.verdicts(&self.findings(rules, setting, steps))
    }

    /// Of findings those that are told, and were not before.
    fn verdicts(self, findings: &[Finding]) -> Verdicts {
        let is_told = |of: &&Finding| !of.is_sequel && !is_premature(of, self.day.facts);
        let verdicts = findings.iter().filter(is_told).map(|of| (of.identity(), of.severity));
        verdicts.filter(|(identity, _)| !self.known.contains(identity)).collect()
    }
}

/// A setting's value, as it is set.
fn set(settings: &Settings, key: &str) -> String {
    let info = settings.list().into_iter().find(|info| info.key == key);
    info.map(|info| info.written.trim_matches('"').to_owned()).unwrap_or_default()
}

/// The rules of some findings.
fn rules_of(identities: &BTreeSet<&Identity>) -> Vec<&'static Rule> {
    let differing: BTreeSet<&str> = identities.iter().map(|identity| identity.rule().id).collect();
    RULES.iter().copied().filter(|rule| differing.contains(rule.id)).collect()
}

/// The findings on which two judgements differ.
fn parted<'v>(one: &'v Verdicts, other: &'v Verdicts) -> impl Iterator<Item = &'v Identity> {
    let gone_or_graver = one.iter().filter(|(id, severity)| other.get(*id) != Some(*severity)).map(|of| of.0);
    gone_or_graver.chain(other.keys().filter(|id| !one.contains_key(*id)))
}

/// Looks for the places between two values where verdicts part, the one nearer to the first value first. Of each finding the
/// first one counts.
fn part(
    (near, at_near): (i64, &Verdicts),
    (far, at_far): (i64, &Verdicts),
    judge: &dyn Fn(i64) -> Verdicts,
    flips: &mut Flips,
) {
    let parted: Vec<Identity> =
        parted(at_near, at_far).filter(|id| !flips.contains_key(*id)).cloned().collect();
    if parted.is_empty() {
        return;
    }
    if near.abs_diff(far) == 1 {
        flips.extend(parted.into_iter().map(|id| {
            let then = at_far.get(&id).copied();
            (id, (far, then))
        }));
        return;
    }
    let middle = near.midpoint(far);
    let at_middle = judge(middle);
    part((near, at_near), (middle, &at_middle), judge, flips);
    part((middle, &at_middle), (far, at_far), judge, flips);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_before_judging_is_not_moved() {
        let movable = movable();
        assert!(movable.contains(&"large.threshold") && movable.contains(&"refund.treasury_wd"));
        let keys: Vec<&str> = Settings::default().list().into_iter().map(|info| info.key).collect();
        for key in NOT_MOVED {
            assert!(keys.contains(key) && !movable.contains(key), "{key}");
        }
    }
}
