//! 逐笔核对: what comparing payments came to, by flow, and what each word of it means.

use crate::domain::lang::Lang;
use crate::domain::ledger::Flow;
use crate::matching::group::Role;
use crate::period::{Compared, Pair};
use crate::report::audit::Audit;
use crate::report::document::{Head, Table};

/// The flows that are compared, with what that came to.
pub(super) fn by_flow(audit: &Audit<'_>) -> Vec<(Flow, Compared)> {
    let flows = audit.period.sums.flows.keys();
    flows.map(|&flow| (flow, audit.period.sums.compared(flow))).collect()
}

/// What is due and what is not, and what became of what is due.
pub(super) fn compared(audit: &Audit<'_>) -> Table {
    let mut table = Table::new(
        "compared",
        vec![
            Head::text("flow", audit.pick("资金流", "flow")),
            Head::number("payments", audit.pick("款项", "payments")),
            Head::number("awaited", audit.pick("未到期（在途）", "not due yet (in transit)")),
            Head::number("unheard", audit.pick("无数据", "no data")),
            Head::number("due", audit.pick("已到期", "due")),
            Head::number("agreed", audit.pick("一致", "agreed")),
            Head::number("differing", audit.pick("金额不一", "different sums")),
            Head::number("missing", audit.pick("逾期缺记", "missing and overdue")),
            Head::text("between", audit.pick("缺记在哪两方之间", "missing between")),
            Head::number("unpaid", audit.pick("无人缴款的税票", "slips nobody paid")),
            Head::number("overdue", audit.pick("其中已过限缴日期", "of them overdue")),
        ],
    );
    for (flow, of) in by_flow(audit) {
        let between: Vec<String> =
            of.missing.iter().map(|(two, count)| format!("{} {count}", pair(audit, flow, *two))).collect();
        let slips = |count: u64| if flow == Flow::Revenue { count.to_string() } else { String::new() };
        table.push(vec![
            audit.flow(flow).to_owned(),
            of.payments.to_string(),
            of.awaited.to_string(),
            of.unheard.to_string(),
            of.due.to_string(),
            of.agreed.to_string(),
            of.differing.to_string(),
            of.missing.values().sum::<u64>().to_string(),
            between.join(audit.pick("；", "; ")),
            slips(of.unpaid),
            slips(of.overdue),
        ]);
    }
    table
}

/// What the columns mean.
pub(super) fn meaning(audit: &Audit<'_>) -> String {
    let grace = audit.facts.settings.match_grace_wd;
    match audit.lang {
        Lang::Zh => format!(
            "款项＝未到期＋无数据＋已到期；已到期＝一致＋金额不一＋逾期缺记。逾期缺记：其他各方最近一笔记账后超过 {grace} 个工作日（参数 \
             match.grace_wd），应记的一方仍无记录；未到期：应记的一方尚无记录而期限未满（或无工作日历可算期限），已记的各方一致；金额不一：\
             已记的各方金额不同，且无一方逾期；无数据：应记的一方本期从未报送该账册。各项比率以已到期的款项为分母。税票开出而无人缴款的不是款项，另列。"
        ),
        Lang::En => format!(
            "Payments are those not due yet, without data, and due; what is due is agreed, stated differently, or missing. \
             Missing and overdue: more than {grace} working days (setting match.grace_wd) after the latest record of the others \
             the party that must have one has none. Not due yet: it has none and its time is not over (or no calendar says when \
             it is), and the others agree. Different sums: those who have recorded it state different sums and no record is \
             overdue. No data: the party never delivered that ledger in the period. Rates are over what is due. A slip that \
             nobody paid is no payment and stands apart."
        ),
    }
}

/// Two parties as a flow knows them.
pub(super) fn pair(audit: &Audit<'_>, flow: Flow, Pair(one, other): Pair) -> String {
    let name = |role: Role| match role {
        Role::Issuer if flow == Flow::Disbursement => audit.pick("财政", "finance"),
        Role::Issuer => audit.pick("开票方", "issuer"),
        Role::Bank => audit.pick("银行", "bank"),
        Role::Treasury => audit.pick("国库", "treasury"),
    };
    format!("{}–{}", name(one), name(other))
}
