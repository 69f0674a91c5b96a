//! 串国库: the collecting agency's revenue goes to another treasury than the one it names.

use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{CLASSIFIED, Day, Judge, Rule, Stays, Title};

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
    judge: Judge::Payment(super::CLASSIFIED, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    if share_split_mismatch::without_placed(payment, day.facts).differs_in(Field::Treasury) {
        // Told by treasury-mismatch.
        return None;
    }
    let document = payment.documents.first()?;
    let organ = [Field::TaxOrg, Field::Collector].map(|field| document.text(field));
    let organ = organ.into_iter().find(|code| !code.is_empty())?;
    let known = day.facts.institutions.as_ref()?.get(organ).filter(|known| !known.treasury.is_empty())?;
    let (treasury, correction) = payment.corrected(Field::Treasury, document.text(Field::Treasury));
    if known.treasury == treasury {
        return None;
    }
    // A document that was wrong before it was corrected is the issuer's.
    let correction = correction.filter(|_| known.treasury == document.text(Field::Treasury));
    let names = match correction {
        None => Sentence { zh: "单据填列".to_owned(), en: ", the document names".to_owned() },
        Some(_) => Sentence { zh: "现列".to_owned(), en: " and stands at".to_owned() },
    };
    let because = Sentence {
        zh: format!("征收机关 {organ} 的收入应缴国库 {}，{} {treasury}", known.treasury, names.zh),
        en: format!("revenue of organ {organ} is due to treasury {}{} {treasury}", known.treasury, names.en),
    };
    Some(super::finding(&RULE, payment, correction, day.facts, because))
}
