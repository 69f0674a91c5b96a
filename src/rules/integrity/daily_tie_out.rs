//! 每日核对不符: a cell still differs more than three working days after its day.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::ledger::{Flow, Ledger, Party};
use crate::domain::money::Money;
use crate::matching::Group;
use crate::matching::tie_out::CellName;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{self, Deviant, Payment};
use crate::rules::{Day, Judge, Need, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "daily-tie-out",
    title: Title { zh: "每日核对不符", en: "Daily tie-out differs" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("daily_tie_out.md"),
    stays: Stays::Cell,
    needs: &[
        Need::IfExpected(Ledger::TaxReceipts),
        Need::IfExpected(Ledger::FinanceReceipts),
        Need::Always(Ledger::BankReceipts),
        Need::Always(Ledger::TreasuryReceipts),
        Need::Reads(Ledger::TaxRefunds),
        Need::Reads(Ledger::FinanceRefunds),
        Need::Reads(Ledger::TreasuryRefunds),
        Need::Reads(Ledger::TaxCorrections),
        Need::Reads(Ledger::FinanceCorrections),
    ],
    tables: &["calendar"],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let settings = &day.facts.settings;
    let mut findings = Vec::new();
    let refunds_are_silent = day.facts.gaps.contains(&(Ledger::TreasuryRefunds, day.facts.as_of));
    for (name, figures) in day.cells {
        let figures = figures.as_heard(day.facts);
        if figures.ties() || name.date > day.facts.as_of {
            continue;
        }
        let Some(age) = day.facts.calendar.working_lag(name.date, day.facts.as_of) else { continue };
        if age <= settings.open_items_medium_wd {
            continue;
        }
        let difference = figures.difference();
        let CellName { date, treasury, org, level, subject, adjust_flag } = name;
        let because = Sentence {
            zh: format!(
                "{date} 国库 {treasury}、机关 {org}、级次 {level}、科目 {subject}：开票方 {} 元，银行 {} 元，国库 {} \
                 元，差额 {difference} 元，{age} 个工作日后仍不符",
                figures.issuer, figures.bank, figures.treasury
            ),
            en: format!(
                "{date}, treasury {treasury}, organ {org}, level {level}, subject {subject}: issuer {}, bank {}, \
                 treasury {}; difference {difference} yuan, still {age} working days later",
                figures.issuer, figures.bank, figures.treasury
            ),
        };
        let adjusted = if adjust_flag == "1" { "/1" } else { "" };
        let key = format!("{treasury}/{org}/{level}/{subject}/{date}{adjusted}");
        let mut finding = Finding::of(&RULE, Party::Undetermined, key, because);
        if age > settings.open_items_high_wd {
            finding.severity = Severity::High;
        }
        finding.treasury.clone_from(treasury);
        finding.difference = Some(difference);
        finding.amount = Some(figures.issuer);
        finding.event_on = Some(*date);
        finding.due_on = day.facts.calendar.add_working(*date, settings.open_items_medium_wd);
        finding.days_late = Some(age - settings.open_items_medium_wd);
        finding.is_sequel = refunds_are_silent && figures.without_treasury_refunds().ties();
        attribute(day, name, &mut finding);
        findings.push(finding);
    }
    findings
}

/// Of several banks the one that holds the money, else the one whose receipt the treasury does not name; none alone where
/// that is not one.
fn bank_at_fault(payment: &Payment<'_>, is_held: impl Fn(&Entry<'_>) -> bool) -> String {
    let is_booked = |receipt: &Entry<'_>| {
        payment.treasury.iter().any(|row| row.code(Field::Bank) == receipt.code(Field::Bank))
    };
    let held: Vec<&Entry<'_>> = payment.bank.iter().filter(|receipt| is_held(receipt)).collect();
    let unbooked: Vec<&Entry<'_>> = payment.bank.iter().filter(|receipt| !is_booked(receipt)).collect();
    let at_fault = [held, unbooked, payment.bank.iter().collect()].into_iter().find(|rows| !rows.is_empty());
    let mut banks: Vec<&str> = at_fault.iter().flatten().map(|row| row.text(Field::Bank)).collect();
    banks.sort_unstable();
    banks.dedup();
    if let [bank] = banks[..] { bank.to_owned() } else { String::new() }
}

/// The party and the rows of the payments that make the difference; several parties leave it undetermined.
fn attribute(day: &Day<'_>, name: &CellName, finding: &mut Finding) {
    let mut answers = Vec::new();
    for &case in day.deviations.get(name).into_iter().flatten() {
        let payment = Payment::of(Group::new(day.book, day.matched.case(case as usize).entries));
        // No data about refunds is no deviation.
        if payment.flow == Flow::Refund
            && payment.treasury.is_empty()
            && !day.facts.heard.contains(&Ledger::TreasuryRefunds)
        {
            continue;
        }
        let held = |receipt: &Entry<'_>| {
            day.remittances.covered(receipt.id()).is_none() && payment.treasury.is_empty()
        };
        let deviant = if day.is_doubtful(&payment) {
            Deviant::Undetermined
        } else if payment.flow == Flow::Revenue && payment.bank.iter().any(held) {
            Deviant::Bank
        } else {
            let [slip, receipt, booking] = payment.totals();
            // A collecting bank keeps no book of refunds: where none speaks it deviates from nobody.
            let receipt = receipt.or((payment.flow != Flow::Refund).then_some(Money::ZERO));
            let [slip, booking] = [slip, booking].map(Option::unwrap_or_default);
            payment::deviant(Some(&slip), receipt.as_ref(), Some(&booking)).unwrap_or(Deviant::Undetermined)
        };
        let (party, mut institution) = payment.answers(deviant, day.facts);
        if deviant == Deviant::Bank && payment.bank.len() > 1 {
            institution = bank_at_fault(&payment, held);
        }
        if deviant == Deviant::Treasury && payment.flow == Flow::Revenue {
            for row in payment.booked_besides() {
                let (at, amount) = (row.text(Field::Treasury), row.money(Field::Amount).unwrap_or_default());
                row.text(Field::Treasury).clone_into(&mut institution);
                finding.explanation.add(
                    &format!("；{} 已入账，国库 {at} 又入 {amount} 元", payment.key()),
                    &format!("; {} was booked, treasury {at} booked {amount} yuan besides", payment.key()),
                );
            }
        }
        answers.push((party, institution));
        finding.evidence.extend(payment.evidence());
    }
    finding.evidence.sort_unstable();
    answers.sort_unstable();
    answers.dedup();
    let mut parties: Vec<Party> = answers.iter().map(|(party, _)| *party).collect();
    parties.dedup();
    if let [party] = parties[..] {
        finding.party = party;
    }
    if let [(_, institution)] = &answers[..] {
        finding.institution.clone_from(institution);
    }
}
