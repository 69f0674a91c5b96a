//! 无证账户: revenue was credited to an account that the register does not know at all.
//!
//! This is the collecting side; payouts are judged with the permit matrix.

use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::rules::collection::wrong_collection_subject::is_unknown;
use crate::rules::finding::{self, Finding, Kind, Sentence, Severity, Told};
use crate::rules::{Basis, Day, Judge, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "unlicensed-account",
    title: Title { zh: "未经许可的账户", en: "Account without permit" },
    basis: &[
        Basis { law: "预算法实施条例", article: "第九十四条第（三）项" },
        Basis { law: "商业银行、信用社代理国库业务管理办法", article: "" },
    ],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("unlicensed_account.md"),
    stays: Stays::Register(holds),
    needs: &[],
    tables: &["accounts"],
    judge: Judge::Day(judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    super::credited(day, |receipt| is_unknown(day.facts, receipt))
        .into_iter()
        .map(|(number, receipts)| {
            let (count, amount) = (receipts.len(), super::total(&receipts));
            let name = receipts[0].text(Field::PayeeName);
            let because = Sentence {
                zh: format!("账户 {number}“{name}”不在账户登记簿上，收纳预算收入 {count} 笔共 {amount} 元"),
                en: format!(
                    "account {number} {name:?} is not in the register; {} of {amount} yuan went into it",
                    finding::receipts(count)
                ),
            };
            super::finding(&RULE, number, &receipts, because)
        })
        .collect()
}

/// It ends when the account is registered.
fn holds(told: &Told, facts: &Facts) -> bool {
    facts.accounts.as_ref().is_none_or(|accounts| !accounts.contains_key(&told.key))
}
