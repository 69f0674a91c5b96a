//! 经收处办理退付: a refund was paid out of a mandated account, which only the treasury may do.

use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

use super::debits::{self, Way};

pub static RULE: Rule = Rule {
    id: "collector-paid-refund",
    title: Title { zh: "经收处办理收入退付", en: "Refund paid by the collecting bank" },
    basis: &[law::named(&law::AGENCY_ORDER)],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("collector_paid_refund.md"),
    stays: Stays::Once,
    needs: &[Need::Judges(Ledger::BankStatements), Need::Reads(Ledger::BankRefunds)],
    tables: &["accounts"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let debits = debits::of_mandated(day);
    debits
        .iter()
        .filter(|debit| debit.is_numbered() || matches!(debit.way, Way::Refund(_)))
        .map(|debit| {
            let mut finding = debit.finding(
                &RULE,
                ("退付", "与一笔退库的收款人和金额相同，经收处不得办理收入退付"),
                ("paid", "payee and amount of a refund, which a collecting bank must not pay"),
            );
            if let Way::Refund(rows) = &debit.way {
                finding.evidence.extend(rows);
                finding.evidence.sort_unstable();
            } else {
                finding.is_sequel = true;
                finding.settled_on = Some(day.facts.as_of);
            }
            finding
        })
        .collect()
}
