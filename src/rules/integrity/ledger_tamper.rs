//! 改动已报数据: a row came again with a filled field changed.

use crate::domain::entry::{Change, Entry};
use crate::domain::field::Field;
use crate::domain::ledger::Ledger;
use crate::matching::Group;
use crate::matching::remittance::Batch;
use crate::rules::finding::{Finding, Kind, Sentence, Severity};
use crate::rules::payment::Payment;
use crate::rules::{Day, Judge, Rule, Stays, Title, law};

pub static RULE: Rule = Rule {
    id: "ledger-tamper",
    title: Title { zh: "改动已报数据", en: "Delivered row changed" },
    basis: law::BY_PLAN,
    kind: Kind::Breach,
    severity: Severity::High,
    page: include_str!("ledger_tamper.md"),
    stays: Stays::Event,
    needs: &[],
    tables: &[],
    judge: Judge::Day(&[], judge),
};

fn judge(day: &Day<'_>) -> Vec<Finding> {
    day.changes
        .iter()
        .filter(|change| !change.altered.is_empty())
        .map(|change| of_change(change, day))
        .collect()
}

fn of_change(change: &Change, day: &Day<'_>) -> Finding {
    let (old, new) = (day.book.entry(change.old), day.book.entry(change.new));
    let said = |entry: Entry<'_>, field: Field| -> String {
        match (entry.money(field), entry.moment(field), entry.count(field)) {
            (Some(money), ..) => money.to_string(),
            (_, Some(moment), _) => moment.to_string(),
            (.., Some(count)) => count.to_string(),
            _ => entry.text(field).to_owned(),
        }
    };
    let list = |name: &dyn Fn(usize, Field) -> String| -> Vec<String> {
        let fields = change.altered.iter().enumerate();
        fields
            .map(|(place, &field)| {
                format!("{} {} → {}", name(place, field), said(old, field), said(new, field))
            })
            .collect()
    };
    let zh = list(&|place, _| change.names[place].to_owned());
    let en = list(&|_, field| field.id().replace('_', " "));
    let delivered = format!("{} → {}", old.place(), new.place());
    let because = Sentence {
        zh: format!("重报时已填内容被改：{}（{delivered}），以后者为准", zh.join("，")),
        en: format!(
            "delivered again with filled fields changed: {} ({delivered}); the later stands",
            en.join(", ")
        ),
    };
    let text = |fields: &[Field]| {
        fields.iter().map(|&field| new.text(field)).find(|text| !text.is_empty()).unwrap_or("")
    };
    let number = text(&[Field::SlipNo, Field::VoucherNo, Field::CertificateNo]);
    let key = match new.ledger() {
        Ledger::BankRemittances => Batch { remittances: vec![change.new], ..Batch::default() }.key(day.book),
        Ledger::TreasuryClearing => Batch { clearings: vec![change.new], ..Batch::default() }.key(day.book),
        Ledger::BankStatements => {
            format!("{}/{}#{}", new.text(Field::Account), said(new, Field::Date), new.text(Field::Serial))
        }
        Ledger::TreasuryBalances => format!("{}/{}", new.text(Field::Treasury), said(new, Field::Date)),
        Ledger::TreasuryReports => format!(
            "{}/{}/{}/{}/{}",
            new.text(Field::Treasury),
            new.text(Field::TaxOrg),
            new.text(Field::Level),
            new.text(Field::Subject),
            said(new, Field::Date)
        ),
        Ledger::BankReceipts if number.is_empty() => {
            Payment::of(Group::new(day.book, std::slice::from_ref(&change.new))).key()
        }
        _ if number.is_empty() => new.place(),
        _ => number.to_owned(),
    };
    let party = new.ledger().party();
    let mut finding = Finding::of(&RULE, party, key, because);
    finding.flow = new.ledger().flow();
    text(match party {
        crate::domain::ledger::Party::Treasury => &[Field::Treasury, Field::OldTreasury],
        crate::domain::ledger::Party::Bank => &[Field::Bank],
        _ => &[Field::TaxOrg, Field::Collector, Field::OldOrg],
    })
    .clone_into(&mut finding.institution);
    text(&[Field::Treasury, Field::OldTreasury]).clone_into(&mut finding.treasury);
    finding.amount = new.money(Field::Amount);
    if change.altered.contains(&Field::Amount) {
        finding.difference =
            new.money(Field::Amount).zip(old.money(Field::Amount)).map(|(new, old)| new - old);
    }
    finding.event_on = Some(new.arrived());
    finding.evidence = vec![change.old, change.new];
    finding
}
