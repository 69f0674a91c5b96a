//! 账户清查: the public accounts of the register as of the end, with the papers each has.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::audit::Audit;
use crate::report::daily;
use crate::report::document::{Document, Head, Table};

pub(super) fn census_page(audit: &Audit<'_>) -> Document {
    let mut page = Document::default();
    if audit.facts.accounts.is_none() {
        page.paragraph(audit.pick(
            "无数据：没有账户登记簿（accounts），不能清查。",
            "No data: there is no register of accounts.",
        ));
        return page;
    }
    page.paragraph(audit.pick(
        "登记簿中的财政、征收、预算单位及银行账户，按登记簿现状；企业和个人账户仅列有发现的。",
        "Accounts of finance, collectors, units and banks as the register has them now; those of enterprises and \
         persons only where something was found.",
    ));
    page.table(census(audit).whole_in("accounts.csv"));
    page
}

/// 账户清查: the public accounts of the register as of the end, with the papers each has.
pub(super) fn census(audit: &Audit<'_>) -> Table {
    let mut table = Table::new(
        "accounts",
        vec![
            Head::text("account", audit.pick("账号", "account")),
            Head::text("bank", audit.pick("开户银行", "bank")),
            Head::text("holder_id", audit.pick("单位代码", "holder")),
            Head::text("holder", audit.pick("户名", "name")),
            Head::text("class", audit.pick("类别", "class")),
            Head::text("nature", audit.pick("性质", "nature")),
            Head::text("active", audit.pick("期末有效", "active at the end")),
            Head::text("permit", audit.pick("核准号", "permit")),
            Head::text("approval", audit.pick("财政批文", "finance approval")),
            Head::day("opened_on", audit.pick("开户", "opened")),
            Head::day("expires_on", audit.pick("到期", "expires")),
            Head::day("filed_finance", audit.pick("财政建档", "filed with finance")),
            Head::day("filed_treasury", audit.pick("国库备案", "filed with the treasury")),
            Head::number("findings", audit.pick("发现", "findings")),
        ],
    );
    let day = audit.period.span.last().min(audit.period.known_on);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for told in audit.findings() {
        for account in BTreeSet::from([told.key.as_str(), told.account.as_str()]) {
            *counts.entry(account).or_default() += 1;
        }
    }
    for (number, account) in audit.facts.accounts.iter().flatten() {
        let is_private = ["enterprise", "individual", "other"].contains(&account.holder_class.as_str());
        if is_private && !counts.contains_key(number.as_str()) {
            continue;
        }
        let active = account.is_active_on(day);
        table.push(vec![
            number.clone(),
            audit.named(&account.bank),
            account.holder_id.clone(),
            account.holder_name.clone(),
            audit.pick(account.holder_class_zh(), &account.holder_class_en()).to_owned(),
            audit.pick(account.nature_zh(), &account.nature_en()).to_owned(),
            audit.pick(if active { "是" } else { "否" }, if active { "yes" } else { "no" }).to_owned(),
            account.permit_no.clone(),
            account.finance_approval.clone(),
            daily::optional(account.opened_on),
            daily::optional(account.expires_on),
            daily::optional(account.filed_finance_on),
            daily::optional(account.filed_treasury_on),
            counts.get(number.as_str()).copied().unwrap_or_default().to_string(),
        ]);
    }
    table
}
