//! 缴款书填制错误: the issuer filled a slip with what cannot be.

use crate::domain::codes::is_treasury_code;
use crate::domain::entry::Entry;
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{Deviant, Payment};
use crate::rules::{Day, Judge, REVENUE, Rule, SLIPS, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "slip-field-invalid",
    title: Title { zh: "缴款书填制错误", en: "Slip filled in wrongly" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::Low,
    page: include_str!("slip_field_invalid.md"),
    stays: Stays::Once,
    needs: SLIPS,
    tables: &[],
    judge: Judge::Payment(REVENUE, judge),
};

/// What of a slip cannot be, in Chinese and English. A code that a table of the book knows is right, whatever its shape;
/// what a table does not know is for the rules that read the table.
fn faults(slip: Entry<'_>, facts: &Facts) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    let mut wrong = |zh: &str, en: &str, found: &str, zh_like: &str, en_like: &str| {
        faults.push((format!("{zh}“{found}”不是{zh_like}"), format!("{en} {found:?} is not {en_like}")));
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let treasury = slip.text(Field::Treasury);
    if !treasury.is_empty() && facts.treasuries.is_none() && !is_treasury_code(treasury) {
        wrong("国库代码", "treasury", treasury, "十位数字", "ten digits");
    }
    let subject = slip.text(Field::Subject);
    if !subject.is_empty()
        && facts.subjects.is_none()
        && !(is_digits(subject) && matches!(subject.len(), 3 | 5 | 7 | 9))
    {
        wrong("预算科目", "subject", subject, "三、五、七或九位数字", "three, five, seven or nine digits");
    }
    let level = slip.text(Field::Level);
    if !level.is_empty() && !matches!(level, "0" | "1" | "2" | "3" | "4" | "5") {
        wrong("预算级次", "level", level, "0 至 5", "one of 0 to 5");
    }
    let flag = slip.text(Field::AdjustFlag);
    if !flag.is_empty() && !matches!(flag, "0" | "1") {
        wrong("调整期标志", "adjustment flag", flag, "0 或 1", "0 or 1");
    }
    if let (Some(from), Some(to)) = (slip.date(Field::PeriodFrom), slip.date(Field::PeriodTo))
        && from > to
    {
        faults.push((
            format!("税款所属期起 {from} 晚于止 {to}"),
            format!("the tax period begins on {from}, after its end {to}"),
        ));
    }
    faults
}

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    let slip = *payment.documents.first()?;
    let faults = faults(slip, day.facts);
    let is_ended = faults.is_empty();
    if is_ended && !super::is_changed(day.changes, &slip) {
        return None;
    }
    let zh: Vec<&str> = faults.iter().map(|(zh, _)| zh.as_str()).collect();
    let en: Vec<&str> = faults.iter().map(|(_, en)| en.as_str()).collect();
    let because = if is_ended {
        Sentence { zh: "缴款书已更正".to_owned(), en: "the slip was put right".to_owned() }
    } else {
        Sentence { zh: format!("缴款书{}", zh.join("；")), en: format!("of the slip, {}", en.join("; ")) }
    };
    let mut finding = payment.finding(&RULE, Deviant::Issuer, day.facts, because);
    finding.amount = slip.money(Field::Amount);
    finding.event_on = slip.date(Field::BilledOn);
    finding.evidence = vec![slip.id()];
    if is_ended {
        finding.is_sequel = true;
        finding.settled_on = Some(day.facts.as_of);
    }
    Some(finding)
}
