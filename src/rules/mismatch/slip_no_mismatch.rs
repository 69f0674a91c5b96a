//! 税票号码不一致: the entries were proved to be one payment otherwise, and one party's number deviates.

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{self, Payment};
use crate::rules::{Day, Judge, Rule, Stays, Title};

pub static RULE: Rule = Rule {
    id: "slip-no-mismatch",
    title: Title { zh: "税票号码不一致", en: "Slip number differs" },
    basis: super::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("slip_no_mismatch.md"),
    stays: Stays::Case,
    needs: &[],
    tables: &[],
    judge: Judge::Payment(judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // A bank may leave the number out; that is no deviation.
    fn number<'b>(entries: &[Entry<'b>]) -> Option<&'b str> {
        entries.first().map(|entry| entry.text(Field::SlipNo)).filter(|number| !number.is_empty())
    }
    let (slip, receipt, booking) =
        (number(&payment.slips), number(&payment.receipts), number(&payment.bookings));
    let deviant = payment::deviant(slip.as_ref(), receipt.as_ref(), booking.as_ref())?;
    let list = |names: [&str; 3], comma: &str| {
        let stated = names.into_iter().zip([&slip, &receipt, &booking]);
        let parts: Vec<String> = stated
            .filter_map(|(name, number)| number.as_ref().map(|number| format!("{name} {number}")))
            .collect();
        parts.join(comma)
    };
    let because = Sentence {
        zh: format!("同一笔缴款的号码不一致：{}", list(["开票方", "银行", "国库"], "，")),
        en: format!("one payment under different numbers: {}", list(["issuer", "bank", "treasury"], ", ")),
    };
    Some(payment.finding(&RULE, deviant, day.facts, because))
}
