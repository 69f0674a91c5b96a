//! Findings: what the law objects to, who answers for it, and every row that shows it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::domain::entry::EntryId;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;

use super::accounts::zero_balance_eod;
use super::collection::stale_pending_balance;
use super::integrity::daily_tie_out;
use super::law::Basis;
use super::{Rule, Stays};

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
    pub const ALL: [Self; 6] = [Self::Info, Self::Lead, Self::Low, Self::Medium, Self::High, Self::Critical];

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.id() == id)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Info => "提示",
            Self::Lead => "线索",
            Self::Low => "轻微",
            Self::Medium => "一般",
            Self::High => "重大",
            Self::Critical => "严重",
        }
    }

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

impl Kind {
    pub fn id(self) -> &'static str {
        match self {
            Self::Breach => "breach",
            Self::Lead => "lead",
            Self::Info => "info",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Breach => "违规",
            Self::Lead => "线索",
            Self::Info => "提示",
        }
    }
}

/// One sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub zh: String,
    pub en: String,
}

impl Sentence {
    /// Says more, in both languages.
    pub fn add(&mut self, zh: &str, en: &str) {
        self.zh.push_str(zh);
        self.en.push_str(en);
    }

    pub fn in_lang(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}

/// A number of working days in English.
pub fn working_days(count: u32) -> String {
    if count == 1 { "1 working day".to_owned() } else { format!("{count} working days") }
}

/// A number of receipts in English.
pub fn receipts(count: usize) -> String {
    if count == 1 { "1 receipt".to_owned() } else { format!("{count} receipts") }
}

/// What makes a finding the one it is: the rule's place in reports, and the key. What several may do to one thing, each
/// answering for what it did, is one finding each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    order: usize,
    key: String,
    doer: Option<(Party, String)>,
}

impl Identity {
    fn of(rule: &'static Rule, key: &str, party: Party, institution: &str) -> Self {
        let doer = matches!(rule.stays, Stays::Event).then(|| (party, institution.to_owned()));
        Self { order: super::order(rule), key: key.to_owned(), doer }
    }

    /// The rule it is of.
    pub fn rule(&self) -> &'static Rule {
        super::RULES[self.order]
    }
}

/// One thing a rule objects to. Of one identity there is at most one.
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
    /// The day that settled it; a settled finding is told as resolved.
    pub settled_on: Option<NaiveDate>,
    pub days_late: Option<u32>,
    /// Worth telling only to who was told of it: it is settled, or rests on what a silent ledger does not say.
    pub is_sequel: bool,
    pub explanation: Sentence,
    /// The rows that show it, in ascending order.
    pub evidence: Vec<EntryId>,
    /// Where no entry shows it, the rows of reference tables that do, as `file#row`.
    pub table_rows: Vec<String>,
}

impl Finding {
    /// A finding that says nothing yet but what it is about.
    pub fn of(rule: &'static Rule, party: Party, key: String, explanation: Sentence) -> Self {
        Self {
            rule,
            severity: rule.severity,
            party,
            institution: String::new(),
            flow: Flow::Revenue,
            key,
            treasury: String::new(),
            account: String::new(),
            amount: None,
            difference: None,
            event_on: None,
            due_on: None,
            settled_on: None,
            days_late: None,
            is_sequel: false,
            explanation,
            evidence: Vec::new(),
            table_rows: Vec::new(),
        }
    }

    pub fn identity(&self) -> Identity {
        Identity::of(self.rule, &self.key, self.party, &self.institution)
    }

    /// Takes over what another finding of the same identity says: the graver one speaks first, amounts add up.
    pub(super) fn absorb(&mut self, mut other: Self) {
        let weight = |finding: &Self| (finding.settled_on.is_none(), finding.severity, finding.days_late);
        if weight(&other) > weight(self) {
            std::mem::swap(self, &mut other);
        }
        if other.explanation != self.explanation {
            self.explanation.zh = format!("{}；另：{}", self.explanation.zh, other.explanation.zh);
            self.explanation.en = format!("{}; also: {}", self.explanation.en, other.explanation.en);
        }
        if self.party != other.party || self.institution != other.institution {
            // Several answer: each is named in the sentence, none alone in the columns.
            if self.party != other.party {
                self.party = Party::Undetermined;
            }
            self.institution.clear();
        }
        if let (Some(sum), Some(amount)) = (self.amount, other.amount) {
            self.amount = Some(sum + amount);
        }
        self.evidence.extend(other.evidence);
        self.evidence.sort_unstable();
        self.evidence.dedup();
        self.table_rows.extend(other.table_rows);
        self.table_rows.sort_unstable();
        self.table_rows.dedup();
    }
}

/// Whether what a finding says still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Open,
    Resolved,
}

impl Status {
    pub fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Open => "未结",
            Self::Resolved => "已结",
        }
    }
}

/// A finding as it was told: what reports print, and what the next run must know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub rule: &'static str,
    pub key: String,
    pub severity: Severity,
    pub party: Party,
    pub institution: String,
    pub flow: Flow,
    pub treasury: String,
    pub account: String,
    pub amount: Option<Money>,
    pub difference: Option<Money>,
    pub event_on: Option<NaiveDate>,
    pub due_on: Option<NaiveDate>,
    pub settled_on: Option<NaiveDate>,
    pub days_late: Option<u32>,
    pub status: Status,
    pub first_seen: NaiveDate,
    pub explanation: Sentence,
    /// `file#row` of every entry, in order.
    pub evidence: Vec<String>,
    /// The number of the notice it stands on.
    pub notice: Option<String>,
}

impl Told {
    pub fn identity(&self) -> Identity {
        Identity::of(self.rule(), &self.key, self.party, &self.institution)
    }

    /// The same fault on the same thing has the same id, whatever the day: a digest of what makes its identity.
    pub fn id(&self) -> String {
        let mut text = format!("{}\n{}", self.rule, self.key);
        if let Some((party, institution)) = self.identity().doer {
            text.extend(["\n", party.id(), "\n", &institution]);
        }
        let digest = Sha256::digest(text.as_bytes());
        let first = digest.first_chunk().expect("a digest has 32 bytes");
        format!("{:016x}", u64::from_be_bytes(*first))
    }

    /// The rule it is of.
    pub fn rule(&self) -> &'static Rule {
        super::by_id(self.rule).expect("a told rule is registered")
    }

    /// The law it rests on: of the rule's, what binds the party that answers.
    pub fn basis(&self) -> impl Iterator<Item = &'static Basis> + use<> {
        let party = self.party;
        self.rule().basis.iter().filter(move |basis| basis.binds(party))
    }

    /// The payment it is about, by flow and number: two findings of one are of one payment.
    pub fn payment(&self) -> Option<(Flow, &str)> {
        let is_payment = matches!(self.flow, Flow::Revenue | Flow::Refund | Flow::Disbursement);
        (is_payment && self.rule().is_of_payments()).then_some((self.flow, self.key.as_str()))
    }

    /// What it is about: the money that stands in an account on one evening may be that of the evening before.
    fn thing(&self) -> &str {
        let is_of_balance = [stale_pending_balance::RULE.id, zero_balance_eod::RULE.id].contains(&self.rule);
        if is_of_balance { &self.account } else { &self.key }
    }

    /// Whether it was told of a day, and rows that came later show that it was not so: it was but a suspicion, and is cleared.
    pub fn is_refuted(&self) -> bool {
        self.status == Status::Resolved && self.rule == stale_pending_balance::RULE.id
    }

    /// Yuan that are wrong or at stake: of a difference what differs, whichever way. `None` where numbers of items differ
    /// and sums do not.
    pub fn at_stake(&self) -> Option<Money> {
        self.difference.or(self.amount).map(Money::abs).filter(|amount| !amount.is_zero())
    }

    /// What kind of statement it is: what a rule against a breach merely lists or suspects is none, nor what was refuted.
    pub fn kind(&self) -> Kind {
        match self.severity {
            Severity::Info => Kind::Info,
            Severity::Lead => Kind::Lead,
            _ if self.is_refuted() => Kind::Lead,
            _ => self.rule().kind,
        }
    }
}

/// Yuan that are wrong or at stake in some findings: of one thing once, however many name it, and nothing of a cell that
/// differs by payments which other findings name. `None` where no finding states a sum.
pub fn at_stake<'t>(found: impl Iterator<Item = &'t Told>) -> Option<Money> {
    let found: Vec<&Told> = found.collect();
    let repeats = Repeats::among(&found);
    let mut of_thing: BTreeMap<(Flow, &str), Money> = BTreeMap::new();
    for told in found.iter().filter(|told| !repeats.has(told)) {
        if let Some(amount) = told.at_stake() {
            let of = of_thing.entry((told.flow, told.thing())).or_default();
            *of = amount.max(*of);
        }
    }
    (!of_thing.is_empty()).then(|| of_thing.into_values().sum())
}

/// Which findings of tie-out cells say again what others say of a payment that makes the cell differ.
#[derive(Debug)]
pub struct Repeats<'t> {
    /// The rows of payments that findings name.
    rows: BTreeSet<&'t str>,
}

impl<'t> Repeats<'t> {
    pub fn among(found: &[&'t Told]) -> Self {
        let of_payments = found.iter().filter(|told| told.kind() != Kind::Info && told.payment().is_some());
        Self { rows: of_payments.flat_map(|told| &told.evidence).map(String::as_str).collect() }
    }

    pub fn has(&self, told: &Told) -> bool {
        told.rule == daily_tie_out::RULE.id
            && told.evidence.iter().any(|row| self.rows.contains(row.as_str()))
    }
}
