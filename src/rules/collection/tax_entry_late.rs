//! 逾期未缴: a slip was not paid by its due day.

use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::rules::finding::{Finding, Kind, Sentence, Severity, working_days};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, REVENUE, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "tax-entry-late",
    title: Title { zh: "税款逾期入库", en: "Paid after the due day" },
    basis: super::IN_TIME,
    kind: Kind::Info,
    severity: Severity::Info,
    page: include_str!("tax_entry_late.md"),
    stays: Stays::OpenItem,
    needs: &[
        Need::Always(Ledger::BankReceipts),
        Need::Always(Ledger::TreasuryReceipts),
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
    ],
    tables: &["calendar"],
    judge: Judge::Payment(REVENUE, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let slip = payment.documents.first()?;
    let stated = slip.date(Field::DueOn)?;
    if stated >= day.facts.as_of || day.is_doubtful(payment) {
        return None;
    }
    // A due day off means the next working day.
    let due = day.facts.calendar.first_working_from(stated)?;
    let paid = payment.bank.iter().filter_map(|receipt| receipt.date(Field::ReceivedAt)).min();
    let paid = paid.or_else(|| payment.treasury.iter().filter_map(|row| row.date(Field::BookedOn)).min());
    let until = paid.unwrap_or(day.facts.as_of);
    if until <= due {
        return None;
    }
    let days_late = day.facts.calendar.working_lag(due, until)?;
    let amount = slip.money(Field::Amount).unwrap_or_default();
    let (zh_due, en_due) = if due == stated {
        (stated.to_string(), stated.to_string())
    } else {
        (format!("{stated}（顺延至 {due}）"), format!("{stated} (a day off, so {due})"))
    };
    let late = working_days(days_late);
    let because = match paid {
        Some(on) => Sentence {
            zh: format!("{amount} 元限缴 {zh_due}，于 {on} 缴纳，逾 {days_late} 个工作日"),
            en: format!("{amount} yuan due on {en_due} were paid on {on}, {late} later"),
        },
        None => Sentence {
            zh: format!("{amount} 元限缴 {zh_due}，至今未见缴纳，逾 {days_late} 个工作日"),
            en: format!("{amount} yuan due on {en_due} are not seen to be paid, {late} over"),
        },
    };
    let mut finding = payment.finding(&RULE, Deviant::Issuer, day.facts, because);
    finding.party = Party::Taxpayer;
    finding.institution.clear();
    finding.due_on = Some(due);
    finding.settled_on = paid;
    finding.days_late = Some(days_late);
    Some(finding)
}
