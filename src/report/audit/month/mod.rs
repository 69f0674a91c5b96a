//! 每月财、税、库、行四方签证对账: for each treasury a statement to sign, and behind it every item.

mod balances;
mod index;
mod part;
mod revenue;
mod standing;
mod statement;

use std::collections::BTreeSet;
use std::io::Result;

use crate::report::daily;

use super::{Audit, Pack, file_name, lists};

use index::Overviews;
use part::Part;

pub(super) use standing::{silent, standing};

/// Statement by statement, and an index of them.
pub(super) fn write(pack: &mut Pack<'_, '_, '_>) -> Result<()> {
    let audit = pack.audit;
    let mut overviews = Overviews::of(audit);
    for treasury in treasuries(audit) {
        let part = Part::of(audit, treasury);
        if part.is_empty() {
            continue;
        }
        let name = format!("statement-{}", file_name(treasury));
        let title = format!(
            "{} {} {}",
            audit.named(treasury),
            audit.period.span,
            audit.pick("财税库行对账单", "four-party reconciliation statement")
        );
        pack.page(&format!("{name}.html"), &title, &statement::page(audit, treasury, &part))?;
        pack.workbook(&format!("{name}.xlsx"), &title, &statement::sheets(audit, treasury, &part, &title))?;
        overviews.push(audit, treasury, &part, (format!("{name}.html"), title));
    }
    whole_lists(pack)?;
    let title = format!("{} {}", audit.period.span, audit.pick("四方对账", "four-party reconciliation"));
    pack.page("index.html", &title, &index::page(audit, overviews))
}

/// Every treasury of which the period says anything.
fn treasuries<'a>(audit: &Audit<'a>) -> BTreeSet<&'a str> {
    let sums = &audit.period.sums;
    let mut treasuries: BTreeSet<&str> = sums.cells.keys().map(|line| line.treasury.as_str()).collect();
    treasuries.extend(sums.payouts.keys().map(|line| line.treasury.as_str()));
    treasuries.extend(sums.bridges.keys().map(String::as_str));
    treasuries.extend(sums.stocks.keys().map(|(treasury, _)| treasury.as_str()));
    treasuries.extend(sums.differences.iter().map(|item| item.treasury.as_str()));
    treasuries
}

/// Every list of the period in full, of the institution alone where the audit is confined to one.
pub(super) fn whole_lists(pack: &mut Pack<'_, '_, '_>) -> Result<()> {
    let audit = pack.audit;
    let whole = Part::filtered(audit, |_| true);
    pack.list("cells.csv", lists::cells(audit, &whole.cells))?;
    pack.list("payouts.csv", lists::payouts(audit, &whole.payouts))?;
    pack.list("differences.csv", lists::differences(audit, &whole.differences))?;
    pack.list("in-transit.csv", lists::transits(audit, &whole.transits))?;
    pack.list("corrections.csv", lists::corrections(audit, &whole.corrections))?;
    pack.list("open-items.csv", daily::open_items(audit.open, audit.lang))
}
