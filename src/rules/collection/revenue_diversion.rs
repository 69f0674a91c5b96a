//! 专户资金转往国库以外: money left a mandated account for where it must not go.

use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

use super::debits::{self, Way};

pub static RULE: Rule = Rule {
    id: "revenue-diversion",
    title: Title { zh: "专户资金转往国库以外", en: "Revenue left for elsewhere than the treasury" },
    basis: &[
        law::article(&law::BUDGET_LAW, 56),
        law::item(&law::FISCAL_PENALTIES, 4, 2),
        law::named(&law::AGENCY_ORDER),
        law::PLAN,
    ],
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("revenue_diversion.md"),
    stays: Stays::Once,
    needs: &[Need::Judges(Ledger::BankStatements)],
    tables: &["accounts"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let debits = debits::of_mandated(day);
    debits
        .iter()
        .filter(|debit| debit.is_numbered() || debit.way == Way::Elsewhere)
        .map(|debit| {
            let mut finding = debit.finding(
                &RULE,
                ("转往", "不是国库账户、上级行待报解专户，也不是当日退回原付款人"),
                (
                    "left for",
                    "neither the treasury, a mandated account or an allowed one, nor a same-day return to the payer",
                ),
            );
            if debit.way != Way::Elsewhere {
                // Later rows, or another rule, say where it went.
                finding.is_sequel = true;
                finding.settled_on = Some(day.facts.as_of);
            }
            finding
        })
        .collect()
}
