//! Payouts of treasury money.

use crate::example::payouts::Mode;
use crate::example::story::{Story, finding};
use crate::example::world::FINANCE_BUREAU;

use super::Trouble;

pub(super) static TROUBLES: &[Trouble] = &[large_without_document];

/// 大额无依据: two million and no document; just below it, or with one, nothing is wrong.
fn large_without_document(story: &mut Story) {
    for (index, unit, yuan, document, is_hit) in [
        (13, 0, 2_000_000, false, true),
        (15, 1, 3_150_000, false, true),
        (16, 2, 1_999_998, false, false),
        (17, 3, 2_600_000, true, false),
    ] {
        let day = story.early(index);
        let mut payout = story.payout(day, Mode::Real, unit, unit, yuan);
        if !document {
            payout.voucher.set("doc_ref", "");
        }
        let number = payout.voucher.get("voucher_no").to_owned();
        story.add_payout(payout);
        if is_hit {
            let rule = "large-disbursement-undocumented";
            story.expect(finding(day, rule, &number, "finance", FINANCE_BUREAU.0, "high"));
            story.tell(
                day,
                format!("支付凭证 {number} 拨款 {yuan} 元，未附文件依据。"),
                format!("Voucher {number} pays {yuan} yuan without a document."),
            );
        } else {
            story.near_miss(
                day,
                format!("支付凭证 {number} 金额未达大额标准或附有文件。"),
                format!("Voucher {number} is below what is large, or names its document."),
            );
        }
    }
}
