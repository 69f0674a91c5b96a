//! 重复更正: one slip was corrected more than once.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::{CORRECTED, CORRECTIONS, Day, Judge, Rule, Stays, Title, law};

use super::Correction;

pub static RULE: Rule = Rule {
    id: "correction-repeat",
    title: Title { zh: "同一税票多次更正", en: "Slip corrected more than once" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("correction_repeat.md"),
    stays: Stays::Case,
    needs: CORRECTED,
    tables: &[],
    judge: Judge::Day(CORRECTIONS, judge),
};

/// A sentence names so many corrections at most.
const NAMED_MAX: usize = 10;

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for slip in super::slips(day) {
        let all = slip.corrections.iter().enumerate();
        let different: Vec<&Correction<'_>> =
            all.filter(|(place, of)| !of.is_twin(&slip.corrections[..*place])).map(|(_, of)| of).collect();
        let (number, [first, second, ..]) = (super::slip_no(&slip.payment), &different[..]) else {
            continue;
        };
        if number.is_empty() {
            continue;
        }
        let count = different.len();
        let list = |on: &str, and: &str| {
            let named = different.iter().take(NAMED_MAX).map(|correction| {
                let row = correction.first();
                let date = group::own_date(row).map(|day| day.to_string()).unwrap_or_default();
                format!("{}{on}{date}", row.text(Field::VoucherNo))
            });
            let more = if count > NAMED_MAX { format!("{and}…") } else { String::new() };
            named.collect::<Vec<_>>().join(and) + &more
        };
        let because = Sentence {
            zh: format!("税票 {number} 更正 {count} 次：{}", list(" ", "、")),
            en: format!("slip {number} was corrected {count} times: {}", list(" on ", ", ")),
        };
        let mut finding = super::finding(&RULE, first, first.first(), &slip, day, because);
        number.clone_into(&mut finding.key);
        finding.event_on = group::own_date(second.first());
        let rows = slip.corrections.iter().flat_map(|correction| &correction.rows);
        finding.evidence = slip.payment.entries().chain(rows.copied()).map(Entry::id).collect();
        finding.evidence.sort_unstable();
        findings.push(finding);
    }
    findings
}
