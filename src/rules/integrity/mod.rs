//! Reconciliation and integrity: what must tie, what must arrive, what must not change (`rules.md` 5.J).

pub mod aging_unreconciled;
pub mod bank_data_gap;
pub mod calendar_missing;
pub mod daily_tie_out;
pub mod data_gap;
pub mod ledger_tamper;
pub mod report_rollup;
pub mod stock_continuity;

use crate::domain::ledger::Party;

use super::finding::{Finding, Sentence};
use super::{Day, Rule};

/// The working days on which a ledger of these parties was expected and no file came.
fn silences(rule: &'static Rule, day: &Day<'_>, wanted: impl Fn(Party) -> bool) -> Vec<Finding> {
    let open = day.facts.gaps.iter().map(|gap| (gap, None));
    let closed = day.facts.closed_gaps.iter().map(|gap| (gap, Some(day.facts.as_of)));
    let gaps = open.chain(closed).filter(|((ledger, _), _)| wanted(ledger.party()));
    gaps.map(|(&(ledger, date), settled_on)| {
        let because = Sentence {
            zh: format!("{date} 没有收到账册 {}，对该方当日不作任何结论", ledger.id()),
            en: format!(
                "no file of {} came on {date}: nothing is concluded about its party that day",
                ledger.id()
            ),
        };
        let mut finding = Finding::of(rule, ledger.party(), format!("{}/{date}", ledger.id()), because);
        finding.flow = ledger.flow();
        finding.event_on = Some(date);
        finding.settled_on = settled_on;
        finding
    })
    .collect()
}
