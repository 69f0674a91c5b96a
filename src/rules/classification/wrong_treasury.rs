//! 串国库: the collecting agency's revenue goes to another treasury than the one it names.

use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{CLASSIFIED, Codes, Day, Judge, Rule, Stays, Title};

use super::share_split_mismatch;

pub static RULE: Rule = Rule {
    id: "wrong-treasury",
    title: Title { zh: "串国库", en: "Not the agency's treasury" },
    basis: super::TREASURIES,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("wrong_treasury.md"),
    stays: Stays::Case,
    needs: CLASSIFIED,
    tables: &["institutions"],
    judge: Judge::Codes(super::CLASSIFIED, admits, judge),
};

fn admits(of: &Codes<'_>, facts: &Facts) -> bool {
    due_to(facts, [of.tax_org, of.collector]).is_none_or(|(_, treasury)| treasury == of.treasury)
}

/// The organ that a document names, and the treasury it collects for.
fn due_to<'d, 'f>(facts: &'f Facts, organs: [&'d str; 2]) -> Option<(&'d str, &'f str)> {
    let organ = organs.into_iter().find(|code| !code.is_empty())?;
    let treasury = facts.institutions.as_ref()?.get(organ)?.treasury.as_str();
    (!treasury.is_empty()).then_some((organ, treasury))
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    if share_split_mismatch::without_placed(payment, day.facts).differs_in(Field::Treasury) {
        // Told by treasury-mismatch.
        return None;
    }
    let document = payment.documents.first()?;
    let organs = [Field::TaxOrg, Field::Collector].map(|field| document.text(field));
    let (organ, due) = due_to(day.facts, organs)?;
    let (treasury, correction) = payment.corrected(Field::Treasury, document.text(Field::Treasury));
    if due == treasury {
        return None;
    }
    // A document that was wrong before it was corrected is the issuer's.
    let correction = correction.filter(|_| due == document.text(Field::Treasury));
    let names = match correction {
        None => Sentence { zh: "单据填列".to_owned(), en: ", the document names".to_owned() },
        Some(_) => Sentence { zh: "现列".to_owned(), en: " and stands at".to_owned() },
    };
    let because = Sentence {
        zh: format!("征收机关 {organ} 的收入应缴国库 {due}，{} {treasury}", names.zh),
        en: format!("revenue of organ {organ} is due to treasury {due}{} {treasury}", names.en),
    };
    Some(super::finding(&RULE, payment, correction, day.facts, because))
}
