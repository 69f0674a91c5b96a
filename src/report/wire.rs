//! Findings for machines. The shape is public: `schemas/outputs/findings.json` describes it, `version` names it.

use serde::Serialize;

use crate::domain::lang::Lang;
use crate::pipeline::Outcome;
use crate::rules::finding::Told;

use super::daily::basis;

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
struct Findings<'a> {
    version: u32,
    date: String,
    findings: Vec<Finding<'a>>,
    no_data: Vec<NoData<'a>>,
}

#[derive(Serialize)]
struct NoData<'a> {
    rule: &'a str,
    lacks: &'a [&'static str],
}

/// Amounts are texts, so that they stay exact.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
struct Finding<'a> {
    finding_id: String,
    rule: &'a str,
    severity: &'a str,
    kind: &'a str,
    party: &'a str,
    institution: &'a str,
    flow: &'a str,
    key: &'a str,
    treasury: &'a str,
    account: &'a str,
    amount: Option<String>,
    difference: Option<String>,
    event_on: Option<String>,
    due_on: Option<String>,
    settled_on: Option<String>,
    days_late: Option<u32>,
    status: &'a str,
    first_seen: String,
    explanation: &'a str,
    basis: String,
    evidence: &'a [String],
}

fn finding(told: &Told, lang: Lang) -> Finding<'_> {
    Finding {
        finding_id: told.id(),
        rule: told.rule,
        severity: told.severity.id(),
        kind: told.kind().id(),
        party: told.party.id(),
        institution: &told.institution,
        flow: told.flow.id(),
        key: &told.key,
        treasury: &told.treasury,
        account: &told.account,
        amount: told.amount.map(|money| money.to_string()),
        difference: told.difference.map(|money| money.to_string()),
        event_on: told.event_on.map(|day| day.to_string()),
        due_on: told.due_on.map(|day| day.to_string()),
        settled_on: told.settled_on.map(|day| day.to_string()),
        days_late: told.days_late,
        status: told.status.id(),
        first_seen: told.first_seen.to_string(),
        explanation: told.explanation.in_lang(lang),
        basis: basis(told, lang),
        evidence: &told.evidence,
    }
}

/// `findings.json`.
pub(super) fn findings(outcome: &Outcome, lang: Lang) -> Vec<u8> {
    let findings = Findings {
        version: 1,
        date: outcome.facts.as_of.to_string(),
        findings: outcome.told.iter().map(|told| finding(told, lang)).collect(),
        no_data: outcome
            .handover
            .no_data
            .iter()
            .map(|of| NoData { rule: of.rule, lacks: &of.lacks })
            .collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&findings).expect("texts and numbers are JSON");
    bytes.push(b'\n');
    bytes
}
