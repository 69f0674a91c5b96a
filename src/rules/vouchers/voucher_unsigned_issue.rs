//! 领用未签收: forms were issued and nobody signed for them.

use crate::domain::facts::Facts;
use crate::domain::ledger::{Flow, Party};
use crate::rules::finding::{Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Day, Judge, Rule, Stays, Title, law};

use super::Range;

pub static RULE: Rule = Rule {
    id: "voucher-unsigned-issue",
    title: Title { zh: "空白凭证领用未签收", en: "Forms issued without signature" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("voucher_unsigned_issue.md"),
    stays: Stays::Register(holds),
    needs: &[],
    tables: &["voucher-stock"],
    judge: Judge::Day(&[], judge),
};

fn unsigned(facts: &Facts) -> Vec<Range> {
    let ranges = facts.table("voucher-stock").map(super::ranges).unwrap_or_default();
    let is_unsigned = |range: &Range| range.state == "issued" && range.signed_by.is_empty();
    ranges.into_iter().filter(|range| is_unsigned(range) && range.issued_on <= facts.as_of).collect()
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let finding = |range: Range| {
        let (first, last) = (range.first.text(), range.last.text());
        let because = Sentence {
            zh: format!(
                "空白凭证 {first} 至 {last} 于 {} 由 {} 领用，无人签收",
                range.issued_on, range.issued_to
            ),
            en: format!(
                "forms {first} to {last} were issued to {} on {}, and nobody signed for them",
                range.issued_to, range.issued_on
            ),
        };
        let mut finding = Finding::of(&RULE, Party::Finance, first, because);
        finding.flow = Flow::Disbursement;
        day.facts.finance_bureau("").clone_into(&mut finding.institution);
        finding.event_on = Some(range.issued_on);
        finding.table_rows = vec![range.place];
        finding
    };
    unsigned(day.facts).into_iter().map(finding).collect()
}

/// It ends when somebody has signed.
fn holds(told: &Told, facts: &Facts) -> bool {
    facts.table("voucher-stock").is_none()
        || unsigned(facts).iter().any(|range| range.first.text() == told.key)
}
