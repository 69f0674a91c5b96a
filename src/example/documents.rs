//! Slips and bookings as records, where something stands in them that those of the bulk cannot have.

use super::calendar;
use super::publish::{batch_number, yuan};
use super::record::Record;
use super::world::{BANKS, Booking, ISSUERS, Kind, Payer, SUBJECTS, Slip, TREASURIES};
use chrono::Datelike;

/// The file such slips come in beside their issuer's.
const COUNTER: &str = "counter";

/// 税票 or 缴款书, in order as it stands.
pub(super) fn slip(slip: &Slip, payer: &Payer) -> Record {
    let issuer = &ISSUERS[slip.issuer];
    let is_tax = issuer.kind == Kind::Tax;
    let day = calendar::working_from(slip.billed);
    let mut row = Record::new(day, if is_tax { "tax-receipts" } else { "finance-receipts" }, COUNTER)
        .with("slip_no", slip.number)
        .with("treasury", TREASURIES[slip.treasury].code)
        .with("payer_name", &payer.name)
        .with("payer_account", &payer.account)
        .with("payer_bank", BANKS[payer.bank].number())
        .with("subject", SUBJECTS[slip.subject].code)
        .with("level", slip.level)
        .with("amount", yuan(slip.fen))
        .with("billed_on", slip.billed)
        .with("adjust_flag", "0")
        .with("status", "成功");
    if let Some(due) = slip.due {
        row.set("due_on", due);
    }
    if !is_tax {
        return row.with("collector", issuer.code).with("payer_id", &payer.id).with("fund", "1");
    }
    let month = slip.billed.with_day(1).expect("every month has a first day");
    let before = month.pred_opt().expect("books begin long after the calendar does");
    row.with("tax_org", issuer.code)
        .with("taxpayer_id", &payer.id)
        .with("taxpayer_name", &payer.name)
        .with("tax_type", SUBJECTS[slip.subject].tax_type)
        .with("period_from", before.with_day(1).expect("every month has a first day"))
        .with("period_to", before)
}

/// 入库流水, in order as it stands.
pub(super) fn booking(of: &Booking) -> Record {
    let Booking { number, treasury, issuer, subject, level, fen, booked, adjusts, bank, remitted } = of;
    let batch = remitted.map(|(treasury, at)| batch_number((*bank, treasury, at))).unwrap_or_default();
    Record::new(*booked, "treasury-receipts", COUNTER)
        .with("slip_no", number)
        .with("treasury", TREASURIES[*treasury].code)
        .with("tax_org", ISSUERS[*issuer].code)
        .with("subject", SUBJECTS[*subject].code)
        .with("level", level)
        .with("adjust_flag", if *adjusts { "1" } else { "0" })
        .with("amount", yuan(*fen))
        .with("booked_on", booked)
        .with("batch", batch)
        .with("bank", BANKS[*bank].number())
}
