//! 税票号码不一致: the entries were proved to be one payment otherwise, and one party's number deviates.

use crate::domain::entry::Entry;
use crate::matching::group;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::{self, Payment};
use crate::rules::{ALL_PAYMENTS, Day, Judge, PAYMENTS, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "slip-no-mismatch",
    title: Title { zh: "税票号码不一致", en: "Slip number differs" },
    basis: law::RECONCILE,
    kind: Kind::Breach,
    severity: Severity::Medium,
    page: include_str!("slip_no_mismatch.md"),
    stays: Stays::Case,
    needs: ALL_PAYMENTS,
    tables: &[],
    judge: Judge::Payment(PAYMENTS, judge),
};

fn judge(payment: &Payment<'_>, day: &Day<'_>) -> Option<Finding> {
    // A bank may leave the number out; that is no deviation.
    fn number<'b>(entries: &[Entry<'b>]) -> Option<&'b str> {
        entries.first().map(|&entry| group::number(entry)).filter(|number| !number.is_empty())
    }
    let (slip, receipt, booking) =
        (number(&payment.documents), number(&payment.bank), number(&payment.treasury));
    let deviant = payment::deviant(slip.as_ref(), receipt.as_ref(), booking.as_ref())?;
    let list = |names: [&str; 3], comma: &str| {
        let stated = names.into_iter().zip([&slip, &receipt, &booking]);
        let parts: Vec<String> = stated
            .filter_map(|(name, number)| number.as_ref().map(|number| format!("{name} {number}")))
            .collect();
        parts.join(comma)
    };
    let because = Sentence {
        zh: format!("同一笔款项的号码不一致：{}", list(["开票方", "银行", "国库"], "，")),
        en: format!("one payment under different numbers: {}", list(["issuer", "bank", "treasury"], ", ")),
    };
    Some(payment.finding(&RULE, deviant, day.facts, because))
}
