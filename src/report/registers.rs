//! The registers the plan orders, as tables.

use std::collections::BTreeMap;

use crate::domain::lang::Lang;
use crate::pipeline::registered::{Register, Registered};
use crate::rules::finding::Told;

use super::daily::optional;
use super::document::{Head, Table};

/// A register's items with what was found of each.
pub fn register(register: Register, items: &[Registered], told: &[&Told], lang: Lang) -> Table {
    let is_refund = register == Register::Refunds;
    let mut of_key: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for told in told {
        let title = told.rule().title;
        of_key.entry(&told.key).or_default().push(lang.pick(title.zh, title.en));
    }
    let (unit, unit_name) = if is_refund {
        (lang.pick("纳税人编号", "taxpayer"), lang.pick("纳税人名称", "taxpayer's name"))
    } else {
        (lang.pick("预算单位", "unit"), lang.pick("单位名称", "unit's name"))
    };
    let heads = vec![
        Head::text("key", lang.pick("凭证编号", "voucher")),
        Head::day("issued_on", lang.pick("凭证日期", "issued on")),
        Head::text("treasury", lang.pick("国库", "treasury")),
        Head::text("unit", unit),
        Head::text("unit_name", unit_name),
        Head::text("payee_name", lang.pick("收款人", "payee")),
        Head::text("payee_account", lang.pick("收款账号", "payee's account")),
        Head::text("subject", lang.pick("科目", "subject")),
        Head::money("amount", lang.pick("金额", "amount")),
        Head::text("document", lang.pick("依据", "documents")),
        Head::day("booked_on", lang.pick("国库办理日", "treasury booked on")),
        Head::day("paid_on", lang.pick("银行入账日", "bank paid on")),
        Head::text("why", lang.pick("列入原因", "why listed")),
        Head::text("found", lang.pick("发现", "found")),
        Head::text("evidence", lang.pick("记录", "records")),
    ];
    let mut table = Table::new(register.id(), heads);
    for item in items.iter().filter(|item| item.register == register) {
        let found = of_key.get(item.key.as_str()).map_or(&[][..], Vec::as_slice);
        table.push(vec![
            item.key.clone(),
            optional(item.issued_on),
            item.treasury.clone(),
            item.unit.clone(),
            item.unit_name.clone(),
            item.payee_name.clone(),
            item.payee_account.clone(),
            item.subject.clone(),
            optional(item.amount),
            item.document.clone(),
            optional(item.booked_on),
            optional(item.paid_on),
            item.why.in_lang(lang).to_owned(),
            found.join(lang.pick("、", ", ")),
            item.evidence.join(";"),
        ]);
    }
    table
}
