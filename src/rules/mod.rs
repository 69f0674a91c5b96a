//! Cases and facts to findings: the law as predicates.
//!
//! A rule is one file and one page. The page is law, `explain` text and test at once.

pub mod finding;
pub mod mismatch;
pub mod payment;

use rayon::prelude::*;

use crate::domain::entry::Book;
use crate::domain::facts::Facts;
use crate::matching::{Group, Matched};

use finding::{Finding, Kind, Severity};
use payment::Payment;

/// A title in both languages.
#[derive(Clone, Copy, Debug)]
pub struct Title {
    pub zh: &'static str,
    pub en: &'static str,
}

/// A law a rule rests on. Only what was read in the statute, or in a text that quotes it, is named here.
#[derive(Clone, Copy, Debug)]
pub struct Basis {
    pub law: &'static str,
    /// Empty where the article could not be verified.
    pub article: &'static str,
}

/// A supervision rule, named for the fault.
#[derive(Debug)]
pub struct Rule {
    pub id: &'static str,
    pub title: Title,
    pub basis: &'static [Basis],
    pub kind: Kind,
    pub severity: Severity,
    /// The law, the explanation and the examples that are run as tests.
    pub page: &'static str,
    pub judge: Judge,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub enum Judge {
    /// One payment of the revenue flow.
    Payment(fn(&Payment<'_>, &Facts) -> Option<Finding>),
}

/// Every rule, in the order of reports.
pub const RULES: &[&Rule] = &[
    &mismatch::voucher_duplicate::RULE,
    &mismatch::amount_mismatch::RULE,
    &mismatch::subject_mismatch::RULE,
    &mismatch::level_mismatch::RULE,
    &mismatch::treasury_mismatch::RULE,
    &mismatch::slip_no_mismatch::RULE,
];

/// The rule of that name.
pub fn by_id(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

/// Judges every case by every rule; sorted by the rules' order, then by key. Threads do not show.
pub fn judge(book: &Book, matched: &Matched, facts: &Facts, rules: &[&'static Rule]) -> Vec<Finding> {
    let mut findings: Vec<(usize, Finding)> = matched
        .cases
        .par_iter()
        .flat_map_iter(|case| {
            let payment = Payment::of(Group::new(book, &case.entries));
            rules.iter().enumerate().filter_map(move |(order, rule)| match rule.judge {
                Judge::Payment(judge) => judge(&payment, facts).map(|finding| (order, finding)),
            })
        })
        .collect();
    findings.sort_by(|a, b| (a.0, &a.1.key, &a.1.evidence).cmp(&(b.0, &b.1.key, &b.1.evidence)));
    findings.into_iter().map(|(_, finding)| finding).collect()
}
