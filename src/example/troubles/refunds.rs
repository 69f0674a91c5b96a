//! Refunds and corrections.

use crate::example::story::{Story, finding};
use crate::example::world::ISSUERS;

use super::{ICBC, Trouble};

pub(super) static TROUBLES: &[Trouble] = &[incomplete];

/// 要素不全: the payee's bank is left empty, and filled in later.
fn incomplete(story: &mut Story) {
    for (issuer, subject, cured) in [(1, 5, Some(19)), (3, 11, None)] {
        let slip = story.paid(issuer, subject, 4_200, story.early(12), ICBC);
        let (day, office) = (story.early(16), ISSUERS[issuer].code);
        let mut refund = story.refund(day, &slip, slip.fen);
        let complete = refund.order.clone();
        refund.order.set("payee_bank", "");
        let number = refund.order.get("voucher_no").to_owned();
        let party = super::issuer_party(issuer);
        let of = finding(day, "refund-incomplete", &number, party, office, "medium");
        story.expect(of.clone());
        story.tell(
            day,
            format!("退还书 {number} 未填收款人开户行。"),
            format!("Refund order {number} does not name the payee's bank."),
        );
        if let Some(cured) = cured.map(|index| story.early(index)) {
            story.record(complete.on(cured));
            story.expect(crate::example::Expected { day: cured, status: "resolved", ..of });
        }
        story.add_refund(refund);
    }
}
