//! 非差错方更正: an error was corrected by someone else than who made it.

use crate::domain::field::Field;
use crate::domain::ledger::{Ledger, Party};
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{self, Deviant, Payment};
use crate::rules::{CORRECTIONS, Day, Judge, Need, Rule, Stays, Title, law};

use super::{Correction, Slip};

pub static RULE: Rule = Rule {
    id: "correction-wrong-party",
    title: Title { zh: "更正方不是差错方", en: "Corrected by another party" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("correction_wrong_party.md"),
    stays: Stays::Case,
    needs: &[
        Need::Reads(Ledger::TaxReceipts),
        Need::Reads(Ledger::FinanceReceipts),
        Need::Reads(Ledger::BankReceipts),
        Need::Reads(Ledger::TreasuryReceipts),
        Need::Reads(Ledger::TaxCorrections),
        Need::Reads(Ledger::FinanceCorrections),
        Need::Reads(Ledger::TreasuryCorrections),
    ],
    tables: &[],
    judge: Judge::Day(CORRECTIONS, judge),
};

/// What parties state of a slip and a correction changes, and how a report calls it.
const MENDED: [(Field, Field, Field, &str, &str); 3] = [
    (Field::Subject, Field::OldSubject, Field::NewSubject, "科目", "subject"),
    (Field::Level, Field::OldLevel, Field::NewLevel, "级次", "level"),
    (Field::Treasury, Field::OldTreasury, Field::NewTreasury, "国库", "treasury"),
];

fn judge(day: &Day<'_>) -> Vec<Finding> {
    let slips = super::slips(day);
    let all = slips.iter().flat_map(|slip| slip.corrections.iter().map(move |correction| (slip, correction)));
    all.filter_map(|(slip, correction)| foreign(correction, slip, day)).collect()
}

/// A code that one party stated wrong and that the correction changes.
struct Mended<'b> {
    by: Party,
    said: &'b str,
    zh: &'static str,
    en: &'static str,
}

fn mended<'b>(correction: &Correction<'b>, payment: &Payment<'b>) -> Vec<Mended<'b>> {
    let issuer = super::issuer(payment);
    let fields = MENDED.iter().filter(|(field, ..)| *field != Field::Level || !payment.is_shared());
    let mended = fields.filter_map(|&(field, old, new, zh, en)| {
        let said = payment.said(field);
        let [slip, receipt, booking] = said;
        let (by, said) = match payment::deviant(slip.as_ref(), receipt.as_ref(), booking.as_ref())? {
            Deviant::Issuer => (issuer?, slip?),
            Deviant::Treasury => (Party::Treasury, booking?),
            // A bank keeps no ledger of corrections.
            Deviant::Bank | Deviant::Undetermined => return None,
        };
        let row = correction.first();
        (row.text(old) == said && row.text(new) != said).then_some(Mended { by, said, zh, en })
    });
    mended.collect()
}

fn foreign(correction: &Correction<'_>, slip: &Slip<'_>, day: &Day<'_>) -> Option<Finding> {
    if slip.payment.is_repeated() {
        return None;
    }
    let mended = mended(correction, &slip.payment);
    let first = mended.first()?;
    // Where several erred none is someone else.
    if mended.iter().any(|other| other.by != first.by) {
        return None;
    }
    if correction.rows.iter().any(|row| row.ledger().party() == first.by) {
        return None;
    }
    let row = correction.first();
    let carrier = row.ledger().party();
    let because = Sentence {
        zh: format!("{} {} 系{}差错，由{}更正", first.zh, first.said, first.by.zh(), carrier.zh()),
        en: format!(
            "{} {} is the error of {}, and {} corrected it",
            first.en,
            first.said,
            first.by.id(),
            carrier.id()
        ),
    };
    let mut finding = super::finding(&RULE, correction, row, slip, day, because);
    finding.evidence.extend(slip.payment.evidence());
    finding.evidence.sort_unstable();
    Some(finding)
}
