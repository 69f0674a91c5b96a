//! 挪用: money left a mandated account for where it must not go.

use crate::domain::ledger::Ledger;
use crate::rules::finding::{Finding, Kind, Severity};
use crate::rules::{Basis, Day, Judge, Need, Rule, Stays, Title};

use super::debits::{self, Way};

pub static RULE: Rule = Rule {
    id: "revenue-diversion",
    title: Title { zh: "挪用预算收入", en: "Revenue diverted" },
    basis: &[
        Basis { law: "预算法", article: "第五十六条" },
        Basis { law: "财政违法行为处罚处分条例", article: "第四条第（二）项" },
        Basis { law: "商业银行、信用社代理国库业务管理办法", article: "" },
    ],
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("revenue_diversion.md"),
    stays: Stays::Once,
    needs: &[Need::Always(Ledger::BankStatements)],
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
