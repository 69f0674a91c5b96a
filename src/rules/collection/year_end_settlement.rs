//! 年终整理期: the old year's revenue reaches the treasury in the first days of the new one, marked as the old year's.

use chrono::{Datelike, Days, NaiveDate};

use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "year-end-settlement",
    title: Title { zh: "年终整理期未按规定处理", en: "Year-end settlement period" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("year_end_settlement.md"),
    stays: Stays::Case,
    needs: &[
        Need::Always(Ledger::TreasuryReceipts),
        Need::Always(Ledger::TreasuryRefunds),
        Need::Reads(Ledger::BankReceipts),
    ],
    tables: &["calendar"],
    judge: Judge::Payment(&[Flow::Revenue, Flow::Refund], judge),
};

/// The flag of the settlement period 调整期标志.
const ADJUSTED: &str = "1";

/// The last day of the settlement period of a year, in the next one.
fn last_day(year: i32, facts: &Facts) -> Option<NaiveDate> {
    let end = NaiveDate::from_ymd_opt(year, 12, 31)?;
    end.checked_add_days(Days::new(u64::from(facts.settings.year_end_days)))
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    if payment.flow == Flow::Refund { refund(payment, day) } else { revenue(payment, day) }
}

fn revenue(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let receipt = *payment.bank.first()?;
    let received = receipt.moment(Field::ReceivedAt)?;
    let booked = payment.treasury.iter().filter_map(|row| row.date(Field::BookedOn)).max();
    // Nothing crosses a year that was booked in its own, and nothing is late before the next.
    if booked.unwrap_or(day.facts.as_of).year() <= received.date.year() || day.is_doubtful(payment) {
        return None;
    }
    let base = day.facts.base_day(received)?;
    let last = last_day(base.year(), day.facts)?;
    let until = booked.unwrap_or(day.facts.as_of);
    if until.year() <= base.year() {
        return None;
    }
    let amount = receipt.money(Field::Amount).unwrap_or_default();
    let (deviant, because) = if until <= last {
        let row = payment.treasury.iter().find(|row| {
            let flag = row.text(Field::AdjustFlag);
            row.date(Field::BookedOn).is_some_and(|on| on.year() > base.year())
                && !flag.is_empty()
                && flag != ADJUSTED
        })?;
        let (on, flag) = (row.date(Field::BookedOn)?, row.text(Field::AdjustFlag));
        let because = Sentence {
            zh: format!(
                "{amount} 元属 {} 年收入（基准日 {base}），{on} 入库，调整期标志为 {flag}，应为 {ADJUSTED}",
                base.year()
            ),
            en: format!(
                "{amount} yuan are revenue of {} (base day {base}), booked on {on} with adjustment flag {flag} instead \
                 of {ADJUSTED}",
                base.year()
            ),
        };
        (Deviant::Treasury, because)
    } else {
        let remitted = day.remittances.covered(receipt.id()).map(|covered| covered.on);
        let deviant = if remitted.is_some_and(|on| on <= last) { Deviant::Treasury } else { Deviant::Bank };
        let (zh, en) = match booked {
            Some(on) => (format!("于 {on} 方入库"), format!("and were booked on {on}")),
            None => ("至今未入库".to_owned(), "and are still not booked".to_owned()),
        };
        let because = Sentence {
            zh: format!(
                "{amount} 元属 {} 年收入（基准日 {base}），应于整理期末 {last} 前入库，{zh}",
                base.year()
            ),
            en: format!(
                "{amount} yuan are revenue of {} (base day {base}), due in the treasury by {last}, the end of the \
                 settlement period, {en}",
                base.year()
            ),
        };
        (deviant, because)
    };
    let mut finding = payment.finding(&RULE, deviant, day.facts, because);
    finding.amount = Some(amount);
    finding.event_on = Some(base);
    finding.due_on = Some(last);
    if until > last {
        finding.settled_on = booked;
        finding.days_late = day.facts.calendar.working_lag(last, until);
    }
    Some(finding)
}

/// As a rule nothing is refunded of the old year in its settlement period. A refund of what is known to be paid in the
/// new year is no business of the old one.
fn refund(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let booked = payment.treasury.iter().filter_map(|row| row.date(Field::BookedOn)).min()?;
    let last = last_day(booked.year() - 1, day.facts)?;
    if booked > last {
        return None;
    }
    let slip =
        payment.documents.iter().map(|order| order.text(Field::OriginalSlip)).find(|slip| !slip.is_empty());
    let original = slip.and_then(|slip| day.original(slip));
    let paid = original.and_then(|paid| {
        let received = paid.bank.iter().filter_map(|receipt| receipt.date(Field::ReceivedAt)).min();
        received.or_else(|| paid.documents.iter().filter_map(|slip| slip.date(Field::BilledOn)).min())
    });
    if paid.is_some_and(|paid| paid.year() >= booked.year()) {
        return None;
    }
    let amount = payment.treasury.iter().find_map(|row| row.money(Field::Amount))?;
    let because = Sentence {
        zh: format!("{amount} 元退库于 {booked} 即整理期内（至 {last}）办理，整理期一般不办理退库"),
        en: format!(
            "a refund of {amount} yuan was booked on {booked}, in the settlement period (until {last}), when as a rule \
             none is made"
        ),
    };
    let mut finding = payment.finding(&RULE, Deviant::Treasury, day.facts, because);
    finding.party = Party::Treasury;
    finding.severity = Severity::Medium;
    finding.amount = Some(amount);
    finding.event_on = Some(booked);
    Some(finding)
}
