//! 开票方缺记: money was paid or booked of which no slip is known.

use crate::domain::ledger::Ledger;
use crate::matching::group::Role;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, Need, PAYMENTS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "missing-in-issuer",
    title: Title { zh: "开票方缺记", en: "No slip at the issuer" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("missing_in_issuer.md"),
    stays: Stays::OpenItem,
    needs: &[
        Need::Issuer(Ledger::TaxReceipts),
        Need::Issuer(Ledger::FinanceReceipts),
        Need::Issuer(Ledger::TaxRefunds),
        Need::Issuer(Ledger::FinanceRefunds),
        Need::Always(Ledger::FinanceDisbursements),
    ],
    tables: &["calendar"],
    judge: Judge::Payment(PAYMENTS, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    super::missing(&RULE, Role::Issuer, "开票方", "the issuer", payment, day)
}
