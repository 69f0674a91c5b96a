//! 代理支库退库未经三级审核: an agent sub-treasury paid a refund without three marks of review.

use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "refund-agent-review",
    title: Title { zh: "代理支库退库未经三级审核", en: "Agent's refund not reviewed thrice" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("refund_agent_review.md"),
    stays: Stays::Case,
    needs: &[Need::Reads(Ledger::TreasuryRefunds)],
    tables: &["treasuries"],
    judge: Judge::Payment(&[Flow::Refund], judge),
};

const MARKS: usize = 3;

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let booking = payment.treasury.first()?;
    let treasury = day.facts.treasuries.as_ref()?.get(booking.text(Field::Treasury))?;
    // A ledger without the column keeps no record of reviews.
    if !treasury.is_agent || !booking.has_column(Field::ReviewedBy) {
        return None;
    }
    let separators = ['、', ',', '，', ';', '；', '/', ' '];
    let mut marks: Vec<&str> = booking
        .text(Field::ReviewedBy)
        .split(separators)
        .map(str::trim)
        .filter(|mark| !mark.is_empty())
        .collect();
    marks.sort_unstable();
    marks.dedup();
    if marks.len() >= MARKS {
        return None;
    }
    let because = Sentence {
        zh: format!(
            "代理支库 {} 办理退库，审核 {} 人，应经 {MARKS} 级审核",
            booking.text(Field::Treasury),
            marks.len()
        ),
        en: format!(
            "agent sub-treasury {} paid the refund with {} marks of review, {MARKS} are due",
            booking.text(Field::Treasury),
            marks.len()
        ),
    };
    Some(payment.finding(&RULE, Deviant::Treasury, day.facts, because))
}
