//! 库存不连续: a treasury account does not open where it closed, or does not close where its day leads.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::rules::disbursements::disbursement_over_balance::{CLOSING, OPENING};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::running::{Counter, Share};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "stock-continuity",
    title: Title { zh: "库存不连续", en: "Treasury balance not continuous" },
    basis: &[law::article(&law::BUDGET_RULES, 64), law::PLAN],
    kind: Kind::Breach,
    severity: Severity::Critical,
    page: include_str!("stock_continuity.md"),
    stays: Stays::Sum,
    needs: &[Need::Always(Ledger::TreasuryBalances)],
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

/// What went in less what went out.
pub static MOVED: Counter = Counter {
    id: "stock-moved",
    ledgers: &[Ledger::TreasuryBalances],
    of: |row, key| {
        let (on, income) = of(row, key, Field::Income)?;
        Some((on, income - row.money(Field::Outlay).unwrap_or_default()))
    },
    keep_days: KEPT,
};
/// As long as late rows are waited for; the day before the longest row of days off among them.
const KEPT: u64 = 90;

fn of(row: Entry<'_>, key: &mut String, field: Field) -> Option<(NaiveDate, Money)> {
    key.extend([row.text(Field::Treasury), "\n", row.text(Field::Account)]);
    Some((row.date(Field::Date)?, row.money(field).unwrap_or_default()))
}

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for key in day.running.keys(&CLOSING) {
        let closed = day.running.days(&CLOSING, key);
        let (opened, moved) = (day.running.days(&OPENING, key), day.running.days(&MOVED, key));
        // A day that stands twice in the ledger says nothing that could be compared.
        for (&date, share) in
            closed.iter().filter(|(date, share)| **date >= day.facts.horizon() && share.rows == 1)
        {
            let amount =
                |of: &BTreeMap<NaiveDate, Share>| of.get(&date).map(|share| share.amount).unwrap_or_default();
            let (opening, movement, closing) = (amount(&opened), amount(&moved), share.amount);
            let eve =
                date.pred_opt().and_then(|eve| day.facts.calendar.last_working(eve, 1)?.first().copied());
            let eve = eve.and_then(|eve| Some((eve, closed.get(&eve)?)));
            if let Some((eve, before)) =
                eve.filter(|(_, before)| before.rows == 1 && before.amount != opening)
            {
                let difference = opening - before.amount;
                let because = Sentence {
                    zh: format!(
                        "{date} 上日余额 {opening} 元，{eve} 本日余额 {} 元，相差 {difference} 元",
                        before.amount
                    ),
                    en: format!(
                        "{date} opens with {opening} yuan, {eve} closed with {}; difference {difference} yuan",
                        before.amount
                    ),
                };
                findings.push(finding(key, date, difference, closing, because));
            }
            if opening + movement != closing {
                let difference = closing - opening - movement;
                let because = Sentence {
                    zh: format!(
                        "{date} 上日余额 {opening} 元加本日收支 {movement} 元应为 {} 元，本日余额 {closing} 元",
                        opening + movement
                    ),
                    en: format!(
                        "{date} opens with {opening} yuan and moves by {movement}, which makes {}; it closes with {closing}",
                        opening + movement
                    ),
                };
                findings.push(finding(key, date, difference, closing, because));
            }
        }
    }
    findings
}

fn finding(key: &str, date: NaiveDate, difference: Money, closing: Money, because: Sentence) -> Finding {
    let (treasury, account) = key.split_once('\n').expect("a key has both");
    let mut finding = Finding::of(&RULE, Party::Treasury, format!("{treasury}/{date}"), because);
    finding.flow = Flow::Account;
    treasury.clone_into(&mut finding.institution);
    treasury.clone_into(&mut finding.treasury);
    account.clone_into(&mut finding.account);
    finding.amount = Some(closing);
    finding.difference = Some(difference);
    finding.event_on = Some(date);
    finding
}
