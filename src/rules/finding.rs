//! Findings: what the law objects to, who answers for it, and every row that shows it.

use chrono::NaiveDate;

use crate::domain::entry::EntryId;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;

use super::Rule;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A statistic.
    Info,
    /// A suspicion, never worded as a breach.
    Lead,
    /// A defect of form.
    Low,
    /// Late or irregular, and curable.
    Medium,
    /// A breach of a statute.
    High,
    /// Money out of place or lost.
    Critical,
}

impl Severity {
    pub fn id(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Lead => "lead",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What kind of statement a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 违规
    Breach,
    /// 线索, a suspicion
    Lead,
    /// 提示
    Info,
}

/// One sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub zh: String,
    pub en: String,
}

impl Sentence {
    pub fn in_lang(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}

/// One thing a rule objects to. Identity is the rule and the key: at most one finding for both.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: &'static Rule,
    pub severity: Severity,
    /// Who answers for it.
    pub party: Party,
    /// The code of the office, bank, unit or treasury that answers, where known.
    pub institution: String,
    pub flow: Flow,
    /// The thing: a slip number, an account, a batch …
    pub key: String,
    pub treasury: String,
    pub account: String,
    /// Yuan at stake.
    pub amount: Option<Money>,
    /// Yuan found minus yuan expected, the source document being what is expected.
    pub difference: Option<Money>,
    pub event_on: Option<NaiveDate>,
    pub due_on: Option<NaiveDate>,
    pub settled_on: Option<NaiveDate>,
    pub days_late: Option<u32>,
    pub explanation: Sentence,
    /// The rows that show it, in ascending order.
    pub evidence: Vec<EntryId>,
}
