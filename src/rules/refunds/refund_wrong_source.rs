//! 退库来源不符: a refund is taken from another subject, level or treasury than its slip was paid into.

use chrono::NaiveDate;

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{CLASSIFIED, Day, Judge, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "refund-wrong-source",
    title: Title { zh: "退库科目、级次或国库与原缴不符", en: "Refund from another source" },
    basis: &[law::article(&law::TREASURY_RULES, 17)],
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("refund_wrong_source.md"),
    stays: Stays::Case,
    needs: CLASSIFIED,
    tables: &[],
    judge: Judge::Payment(crate::rules::REFUNDS, judge),
};

/// What order and slip both state, as a correction has it before and after, and how a report calls it.
const COMPARED: [(Field, Field, Field, &str, &str); 3] = [
    (Field::Subject, Field::OldSubject, Field::NewSubject, "科目", "subject"),
    (Field::Level, Field::OldLevel, Field::NewLevel, "级次", "level"),
    (Field::Treasury, Field::OldTreasury, Field::NewTreasury, "国库", "treasury"),
];

/// Where the money of a slip lies on a day: where the slip and the treasury's bookings say it went, and where corrections
/// have moved it by then. What was moved in part lies in both places; so does, on the day itself, what was moved on it.
fn sources<'d>(
    original: &Payment<'d>,
    (field, old, new): (Field, Field, Field),
    on: NaiveDate,
) -> Vec<&'d str> {
    let paid_into = original.documents.iter().chain(&original.treasury).map(|entry| entry.text(field));
    let mut sources: Vec<&str> = paid_into.filter(|text| !text.is_empty()).collect();
    let [issued, _, booked] = original.totals();
    let whole = issued.or(booked);
    for correction in &original.corrections {
        let Some(day) = group::own_date(*correction).filter(|day| *day <= on) else { continue };
        let (from, to) = (correction.text(old), correction.text(new));
        if correction.money(Field::OldAmount) == whole && day < on && from != to {
            sources.retain(|source| *source != from);
        }
        sources.push(to);
    }
    sources.sort_unstable();
    sources.dedup();
    sources
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    payment.documents.iter().find_map(|&order| {
        let original = day.original(order.text(Field::OriginalSlip))?;
        let on = group::own_date(order)?;
        let (mut zh, mut en) = (Vec::new(), Vec::new());
        for (field, old, new, in_chinese, in_english) in COMPARED {
            let (text, sources) = (order.text(field), sources(&original, (field, old, new), on));
            if text.is_empty() || sources.is_empty() || sources.contains(&text) {
                continue;
            }
            let paid_into = sources.join("、");
            zh.push(format!("{in_chinese} 退库 {text}、原缴 {paid_into}"));
            en.push(format!("{in_english} {text} on the order, paid into {}", sources.join(", ")));
        }
        if zh.is_empty() {
            return None;
        }
        Some(differing(payment, order, &original, day, (zh.join("；"), en.join("; "))))
    })
}

fn differing(
    payment: &Payment<'_>,
    order: Entry<'_>,
    original: &Payment<'_>,
    day: &Day<'_>,
    (zh, en): (String, String),
) -> Finding {
    let slip = order.text(Field::OriginalSlip);
    let because = Sentence {
        zh: format!("与原税票 {slip} 不符：{zh}"),
        en: format!("not where slip {slip} was paid into: {en}"),
    };
    let mut finding = super::finding(&RULE, payment, order, day, because);
    finding.evidence.extend(original.evidence());
    finding.evidence.extend(original.corrections.iter().map(|row| row.id()));
    finding.evidence.sort_unstable();
    finding
}
