//! Payouts against budget, plan, quota and balance. Most have a unit of their own, so that its sums are known.

use crate::example::Expected;
use crate::example::payouts::{Mode, Payout, fen};
use crate::example::publish::yuan;
use crate::example::record::Record;
use crate::example::registers::{UNITS, Unit, account, treasury_account};
use crate::example::story::{Story, finding};
use crate::example::sums;
use crate::example::world::{BANKS, TREASURIES};

use super::{Trouble, add_returned, add_returned_on, of_finance, redeliver, resolve};

pub(super) static TROUBLES: &[Trouble] =
    &[before_approval, without_budget, beyond_budget, beyond_plan, beyond_quota, copied_late, undocumented];

/// After all that moves a treasury's balance.
pub(super) static LAST: &[Trouble] = &[beyond_balance];

const fn unit(
    code: &'static str,
    name: &'static str,
    bank: usize,
    subject: &'static str,
    project: &'static str,
) -> Unit {
    Unit { code, name, bank, subject, subject_name: "行政运行", project }
}

/// Units with a part in one trouble each.
pub(super) static OWN: [Unit; 17] = [
    unit("105001", "云岫市文化和旅游局", 0, "2070101", ""),
    unit("106001", "云岫市农业农村局", 3, "2130101", ""),
    unit("107001", "云岫市市场监督管理局", 2, "2013801", ""),
    unit("108001", "云岫市林业局", 1, "2130201", ""),
    unit("109001", "云岫市民政局", 0, "2080201", ""),
    unit("110001", "云岫市退役军人事务局", 1, "2082801", ""),
    unit("111001", "云岫市科学技术局", 2, "2060101", ""),
    unit("112001", "云岫市应急管理局", 3, "2240101", ""),
    unit("113001", "云岫市体育局", 0, "2070301", ""),
    unit("114001", "云岫市生态环境局", 1, "2110101", ""),
    unit("115001", "云岫市统计局", 2, "2010501", ""),
    unit("116001", "云岫市能源局", 3, "2111401", "NY02"),
    unit("117001", "云岫市审计局", 0, "2010801", ""),
    unit("118001", "云岫市信访局", 1, "2010308", ""),
    unit("119001", "云岫市住房和城乡建设局", 2, "2120101", ""),
    unit("120001", "云岫市司法局", 3, "2040601", ""),
    unit("121001", "云岫市人力资源和社会保障局", 0, "2080101", ""),
];

/// A line of the 2026 budget, approved in December and copied to the treasury at once.
fn line(unit: &Unit, yuan: i64) -> Record {
    Record::of_table("budget")
        .with("year", 2026)
        .with("unit", unit.code)
        .with("subject", unit.subject)
        .with("project", unit.project)
        .with("amount", format!("{yuan}.00"))
        .with("approved_on", "2025-12-26")
        .with("received_on", "2025-12-29")
        .with("doc_ref", "云财预〔2026〕1号")
}

/// A unit with its zero-balance account and its subject.
pub(super) fn register(story: &mut Story, unit: &Unit) {
    let bank = BANKS[unit.bank].number();
    let of = account(&unit.account(), bank, (unit.code, unit.name), "unit", "zero_balance");
    story.table(of.with("permit_no", "J2901").with("finance_approval", "云财库〔2019〕18号"));
    story.table(
        Record::of_table("subjects")
            .with("code", unit.subject)
            .with("name", unit.subject_name)
            .with("class", "function")
            .with("enterable", "true"),
    );
}

/// As above, with a budget.
pub(super) fn enrol(story: &mut Story, unit: &Unit, yuan: i64) {
    register(story, unit);
    story.table(line(unit, yuan));
}

/// A payout and its amount in fen, planted.
fn pay(story: &mut Story, index: usize, mode: Mode, unit: &Unit, yuan: i64) -> (Payout, i64) {
    let payout = story.payout_of(story.early(index), mode, unit, 7, yuan);
    let fen = payout.fen();
    (payout, fen)
}

/// 预算批准前支出: the units' budgets are approved on 20 January.
fn before_approval(story: &mut Story) {
    for unit in [&OWN[4], &OWN[5]] {
        register(story, unit);
        story
            .table(line(unit, 3_000_000).with("approved_on", "2026-01-20").with("received_on", "2026-01-21"));
    }
    for (index, unit, class, cured) in [
        (12, &OWN[4], "", Some(15)),
        (13, &OWN[5], "", None),
        (14, &OWN[5], "carry_over", None),
        (20, &OWN[4], "", None),
    ] {
        let (mut payout, _) = pay(story, index, Mode::Real, unit, 26_500);
        let (number, day) = (payout.number(), payout.voucher.day);
        payout.voucher.set("pre_approval_class", class);
        let complete = payout.voucher.clone().with("pre_approval_class", "statutory");
        story.add_payout(payout);
        if index == 20 || !class.is_empty() {
            let (zh, en) = if class.is_empty() {
                ("开于预算批准之日", "is of the day of approval")
            } else {
                ("注明属上年结转", "is said to be carried over from last year")
            };
            story.near_miss(
                day,
                format!("{}的凭证 {number} {zh}。", unit.name),
                format!("Voucher {number} {en}."),
            );
            continue;
        }
        let of = of_finance(day, "pre-approval-spend", &number, "high");
        story.expect(of.clone());
        story.tell(
            day,
            format!("{}的预算 1 月 20 日才批准，凭证 {number} 今日已开，未注明类别。", unit.name),
            format!("Voucher {number} is issued today; its unit's budget is approved on 20 January."),
        );
        if let Some(cured) = cured.map(|index| story.early(index)) {
            story.record(complete.on(cured));
            resolve(story, &of, cured);
            story.tell(
                cured,
                format!("凭证 {number} 补注为法律规定必须的支出。"),
                format!("Voucher {number} is said to be spending that statutes demand."),
            );
        }
    }
}

/// 无预算拨款: no line for the subject, or for the project.
fn without_budget(story: &mut Story) {
    let rule = "disbursement-unbudgeted";
    let mut payout = story.payout(story.early(13), Mode::Real, 0, 0, 13_700);
    payout.set("subject", UNITS[3].subject);
    let (number, day) = (payout.number(), payout.voucher.day);
    story.add_payout(payout);
    story.expect(of_finance(day, rule, &number, "high"));
    story.tell(
        day,
        format!("教育局的凭证 {number} 列水利科目，预算中没有。"),
        format!(
            "Voucher {number} of the education bureau is charged to water works, of which it has no budget."
        ),
    );

    let mut payout = story.payout(story.early(16), Mode::Real, 1, 1, 19_200);
    let (number, day, cured) = (payout.number(), payout.voucher.day, story.early(19));
    let right = payout.voucher.clone();
    payout.voucher.set("project", "WJ99");
    story.add_payout(payout);
    let of = of_finance(day, rule, &number, "high");
    story.expect(of.clone());
    resolve(story, &of, cured);
    redeliver(story, cured, &right, "finance", "");
    story.tell(
        day,
        format!("卫健委的凭证 {number} 写项目 WJ99，预算只有 WJ01。"),
        format!("Voucher {number} names project WJ99; the budget has WJ01 alone."),
    );
    story.tell(
        cured,
        format!("财政将凭证 {number} 的项目更正为 WJ01 后重报。"),
        format!("Finance delivers voucher {number} again with project WJ01."),
    );

    let mut payout = story.payout(story.early(17), Mode::Real, 1, 1, 19_300);
    let (number, day) = (payout.number(), payout.voucher.day);
    payout.voucher.set("project", "");
    story.add_payout(payout);
    story.near_miss(
        day,
        format!("卫健委的凭证 {number} 未写项目，由本单位本科目的预算承担。"),
        format!("Voucher {number} names no project and is borne by its unit's line."),
    );
}

/// 超预算拨款: to the fen of the line, and beyond.
fn beyond_budget(story: &mut Story) {
    let rule = "disbursement-over-budget";
    let science = &OWN[6];
    enrol(story, science, 1_000_000);
    let (first, spent) = pay(story, 14, Mode::Real, science, 600_000);
    story.add_payout(first);
    let (mut second, _) = pay(story, 16, Mode::Real, science, 399_999);
    second.set("amount", yuan(100_000_000 - spent));
    let number = second.number();
    story.add_payout(second);
    story.near_miss(
        story.early(16),
        format!("凭证 {number} 恰好用完科技局的预算 1000000.00 元。"),
        format!("Voucher {number} uses up the budget of 1000000.00 yuan to the fen."),
    );
    let (third, over) = pay(story, 19, Mode::Real, science, 30_000);
    let (number, day, back) = (third.number(), third.voucher.day, story.early(24));
    add_returned_on(story, third, back);
    let of = Expected { difference: Some(over), ..of_finance(day, rule, &number, "high") };
    story.expect(of.clone());
    story.expect(Expected { day: back, status: "resolved", difference: None, ..of });
    story.tell(
        day,
        format!("科技局的预算已用完，凭证 {number} 又拨 {} 元。", yuan(over)),
        format!("The budget is used up; voucher {number} pays {} yuan more.", yuan(over)),
    );
    let (fourth, more) = pay(story, 21, Mode::Real, science, 12_000);
    let (last, day) = (fourth.number(), fourth.voucher.day);
    story.add_payout(fourth);
    let of = Expected { difference: Some(over + more), ..of_finance(day, rule, &last, "high") };
    story.expect(of.clone());
    story.expect(Expected { day: back, difference: Some(more), ..of });
    story.tell(
        day,
        format!("凭证 {last} 使科技局累计超出预算 {} 元。", yuan(over + more)),
        format!("With voucher {last} payouts are {} yuan beyond the budget.", yuan(over + more)),
    );
    story.tell(
        back,
        format!("凭证 {number} 的款项退回国库，凭证 {last} 只超出 {} 元。", yuan(more)),
        format!("Voucher {number} comes back; with {last} it is only {} yuan too much.", yuan(more)),
    );
    beyond_first_budget(story);
}

/// An adjustment counts from its approval on, and what comes back frees the line.
fn beyond_first_budget(story: &mut Story) {
    let rule = "disbursement-over-budget";
    let safety = &OWN[7];
    enrol(story, safety, 500_000);
    story.table(
        line(safety, 200_000)
            .with("approved_on", "2026-01-22")
            .with("received_on", "2026-01-23")
            .with("doc_ref", "云财预〔2026〕7号"),
    );
    let (first, spent) = pay(story, 14, Mode::Real, safety, 450_000);
    story.add_payout(first);
    let (second, more) = pay(story, 17, Mode::Real, safety, 80_000);
    let (number, day) = (second.number(), second.voucher.day);
    let of =
        Expected { difference: Some(spent + more - 50_000_000), ..of_finance(day, rule, &number, "high") };
    story.expect(of.clone());
    story.tell(
        day,
        format!("应急局预算 500000.00 元，加上凭证 {number} 已拨 {} 元。", yuan(spent + more)),
        format!("Of a budget of 500000.00 yuan {} are paid with voucher {number}.", yuan(spent + more)),
    );
    let back = add_returned(story, second);
    story.expect(Expected { day: back, status: "resolved", difference: None, ..of });
    story.tell(
        back,
        format!("凭证 {number} 的款项退回国库，不再超预算。"),
        format!("The money of voucher {number} comes back, and the budget holds again."),
    );
    let (third, _) = pay(story, 23, Mode::Real, safety, 240_000);
    let number = third.number();
    story.add_payout(third);
    story.near_miss(
        story.early(23),
        format!("凭证 {number} 超过年初预算，但 1 月 22 日已调增 200000.00 元。"),
        format!("Voucher {number} is beyond the first budget; 200000.00 yuan were added on 22 January."),
    );
}

/// 超计划拨款: the plan is cumulative by month.
fn beyond_plan(story: &mut Story) {
    let rule = "disbursement-over-plan";
    let sports = &OWN[8];
    enrol(story, sports, 10_000_000);
    for (month, amount) in [(1, "300000.00"), (2, "700000.00")] {
        story.table(plan(sports, month, amount));
    }
    let (first, spent) = pay(story, 15, Mode::Real, sports, 290_000);
    story.add_payout(first);
    let (second, more) = pay(story, 19, Mode::Real, sports, 20_000);
    let (number, day) = (second.number(), second.voucher.day);
    story.add_payout(second);
    let over = spent + more - 30_000_000;
    story.expect(Expected { difference: Some(over), ..of_finance(day, rule, &number, "high") });
    story.tell(
        day,
        format!("体育局 1 月用款计划 300000.00 元，凭证 {number} 使累计超出 {} 元。", yuan(over)),
        format!("Voucher {number} takes January's payouts {} yuan beyond the plan.", yuan(over)),
    );
    let (third, _) = pay(story, 30, Mode::Real, sports, 380_000);
    let number = third.number();
    story.add_payout(third);
    story.near_miss(
        story.early(30),
        format!("凭证 {number} 在 2 月的累计计划 700000.00 元之内。"),
        format!("Voucher {number} is within what is planned up to February."),
    );

    let environment = &OWN[9];
    enrol(story, environment, 2_000_000);
    story.table(line(environment, 1_000_000).with("subject", UNITS[1].subject));
    story.table(plan(environment, 1, "1000000.00"));
    let (mut payout, fen) = pay(story, 16, Mode::Real, environment, 50_000);
    payout.set("subject", UNITS[1].subject);
    let (number, day) = (payout.number(), payout.voucher.day);
    let of = Expected { difference: Some(fen), ..of_finance(day, rule, &number, "high") };
    story.expect(of.clone());
    story.tell(
        day,
        format!("环境局的用款计划没有卫生科目，凭证 {number} 仍列支。"),
        format!("Voucher {number} is charged to a subject that its unit's plan leaves out."),
    );
    let back = add_returned(story, payout);
    story.expect(Expected { day: back, status: "resolved", difference: None, ..of });
    story.tell(
        back,
        format!("凭证 {number} 的款项退回国库。"),
        format!("The money of voucher {number} comes back to the treasury."),
    );
}

fn plan(unit: &Unit, month: u32, amount: &str) -> Record {
    Record::of_table("plan")
        .with("year", 2026)
        .with("month", month)
        .with("unit", unit.code)
        .with("subject", unit.subject)
        .with("amount", amount)
}

/// 超额度清算: agent banks pay more than the quota.
fn beyond_quota(story: &mut Story) {
    let rule = "clearing-over-quota";
    let (market, forest) = (&OWN[2], &OWN[3]);
    for (unit, mode, amount) in [(market, "12", "100000.00"), (forest, "11", "200000.00")] {
        enrol(story, unit, 5_000_000);
        let row = Record::of_table("quota").with("year", 2026).with("unit", unit.code);
        story.table(row.with("subject", unit.subject).with("pay_mode", mode).with("amount", amount));
    }
    let (first, spent) = pay(story, 14, Mode::Authorised, market, 60_000);
    story.add_payout(first);
    let (mut second, _) = pay(story, 16, Mode::Authorised, market, 39_000);
    second.set("amount", yuan(10_000_000 - spent));
    let number = second.number();
    story.add_payout(second);
    story.near_miss(
        story.early(16),
        format!("凭证 {number} 恰好用完市场监管局的授权支付额度 100000.00 元。"),
        format!("Voucher {number} uses up the quota of 100000.00 yuan to the fen."),
    );
    let (third, over) = pay(story, 19, Mode::Authorised, market, 15_000);
    let (number, day) = (third.number(), third.voucher.day);
    story.add_payout(third);
    let ccb = BANKS[market.bank].number();
    story.expect(Expected { difference: Some(over), ..finding(day, rule, &number, "bank", ccb, "high") });
    story.tell(
        day,
        format!("额度已用完，建行又垫付凭证 {number} 的 {} 元。", yuan(over)),
        format!("The quota is used up; ccb pays {} yuan more for voucher {number}.", yuan(over)),
    );

    let (payout, fen) = pay(story, 18, Mode::Direct, forest, 210_000);
    let (number, day) = (payout.number(), payout.voucher.day);
    let of = Expected {
        difference: Some(fen - 20_000_000),
        ..finding(day, rule, &number, "bank", BANKS[forest.bank].number(), "high")
    };
    story.expect(of.clone());
    story.tell(
        day,
        format!("农行直接支付凭证 {number} {} 元，林业局额度 200000.00 元。", yuan(fen)),
        format!("abc pays {} yuan for voucher {number}; the quota is 200000.00.", yuan(fen)),
    );
    let back = add_returned(story, payout);
    story.expect(Expected { day: back, status: "resolved", difference: None, ..of });
    story.tell(
        back,
        format!("凭证 {number} 的款项退回国库，额度恢复。"),
        format!("The money of voucher {number} comes back and frees the quota."),
    );
}

/// 预算抄送迟延, where vouchers were issued in between.
fn copied_late(story: &mut Story) {
    let rule = "budget-copy-late";
    let (statistics, energy, audit) = (&OWN[10], &OWN[11], &OWN[12]);
    register(story, statistics);
    story.table(line(statistics, 2_000_000).with("received_on", story.early(16)));
    let (payout, fen) = pay(story, 10, Mode::Real, statistics, 12_000);
    story.add_payout(payout);
    enrol(story, energy, 2_000_000);
    story.table(
        line(energy, 300_000)
            .with("approved_on", "2026-01-19")
            .with("received_on", story.early(30))
            .with("doc_ref", "云财预〔2026〕6号"),
    );
    let mut between = 0;
    for index in [21, 24] {
        let (payout, fen) = pay(story, index, Mode::Real, energy, 33_000);
        story.add_payout(payout);
        between += fen;
    }
    for (index, unit, key, sum) in [
        (16, statistics, "2026/115001/2010501/2025-12-26", fen),
        (30, energy, "2026/116001/2111401/NY02/2026-01-19", between),
    ] {
        let day = story.early(index);
        story.expect(Expected { status: "resolved", amount: Some(sum), ..of_finance(day, rule, key, "low") });
        story.tell(
            day,
            format!("{}的预算今日才抄送国库，此前已开凭证共 {} 元。", unit.name, yuan(sum)),
            format!(
                "A budget of unit {} reaches the treasury today; {} yuan were paid before.",
                unit.code,
                yuan(sum)
            ),
        );
    }
    register(story, audit);
    story.table(line(audit, 2_000_000).with("received_on", story.early(20)));
    let (payout, _) = pay(story, 20, Mode::Real, audit, 14_000);
    story.add_payout(payout);
    story.near_miss(
        story.early(20),
        "审计局的预算迟至今日抄送，此前没有凭证。",
        "A budget is copied late, and no voucher was issued before.",
    );
}

/// 无文件依据: neither voucher nor budget line names a document.
fn undocumented(story: &mut Story) {
    let letters = &OWN[13];
    register(story, letters);
    story.table(line(letters, 2_000_000).with("doc_ref", ""));
    for (index, cured) in [(15, Some(17)), (18, None)] {
        let (mut payout, _) = pay(story, index, Mode::Real, letters, 8_800);
        let (number, day, complete) = (payout.number(), payout.voucher.day, payout.voucher.clone());
        payout.voucher.set("doc_ref", "").set("budget_ref", "");
        story.add_payout(payout);
        let of = of_finance(day, "disbursement-undocumented", &number, "medium");
        story.expect(of.clone());
        story.tell(
            day,
            format!("信访局的凭证 {number} 无文件依据、无指标文号，预算也未列文号。"),
            format!("Neither voucher {number} nor its budget line names a document."),
        );
        if let Some(cured) = cured.map(|index| story.early(index)) {
            story.record(complete.on(cured));
            resolve(story, &of, cured);
            story.tell(
                cured,
                format!("凭证 {number} 补列文件依据。"),
                format!("The document of voucher {number} is entered."),
            );
        }
    }
    let (mut payout, _) = pay(story, 19, Mode::Real, letters, 8_900);
    let number = payout.number();
    payout.voucher.set("doc_ref", "");
    story.add_payout(payout);
    story.near_miss(
        story.early(19),
        format!("凭证 {number} 只列指标文号。"),
        format!("Voucher {number} names its allotment alone."),
    );
    let mut payout = story.payout(story.early(16), Mode::Real, 0, 0, 9_000);
    let number = payout.number();
    payout.voucher.set("doc_ref", "").set("budget_ref", "");
    story.add_payout(payout);
    story.near_miss(
        story.early(16),
        format!("凭证 {number} 未列依据，所属预算列有文号。"),
        format!("Voucher {number} names nothing; its budget line names its document."),
    );
}

/// 超余额支拨: a county's treasury pays 50 000 yuan, a township's 8 000 more than it has, another all it has. The banks
/// return it all the next day.
fn beyond_balance(story: &mut Story) {
    let housing = &OWN[14];
    enrol(story, housing, 400_000_000);
    for (index, treasury, more) in [(20, 3, 5_000_000), (23, 4, 800_000), (21, 2, 0)] {
        let (day, of) = (story.early(index), &TREASURIES[treasury]);
        let day_text = day.to_string();
        let stated = sums::balances(&story.world)
            .into_iter()
            .find(|row| row.get("treasury") == of.code && row.get("date") == day_text)
            .expect("every treasury states its balance every day");
        let mut payout = story.payout_of(day, Mode::Real, housing, 2, 1);
        let (number, amount) = (payout.number(), fen(stated.get("closing")) + more);
        payout.set("amount", yuan(amount)).set("treasury", of.code);
        payout.voucher.set("payer_account", treasury_account(treasury)).set("purpose", "棚户区改造工程款");
        payout.payment().set("payer_account", treasury_account(treasury));
        let back = add_returned(story, payout);
        if more > 0 {
            story.tell(
                back,
                format!("凭证 {number} 的款项退回国库。"),
                format!("The money of voucher {number} comes back to the treasury."),
            );
        } else {
            story.near_miss(
                day,
                format!("{}拨付凭证 {number} {} 元，恰为全部余额。", of.name, yuan(amount)),
                format!("Treasury {} pays all it has, {} yuan, for voucher {number}.", of.code, yuan(amount)),
            );
            continue;
        }
        story.expect(Expected {
            amount: Some(more),
            ..finding(
                day,
                "disbursement-over-balance",
                format!("{}/{day}", of.code),
                "treasury",
                of.code,
                "critical",
            )
        });
        story.tell(
            day,
            format!("{}拨付凭证 {number} {} 元，比余额多 {} 元。", of.name, yuan(amount), yuan(more)),
            format!(
                "Treasury {} pays {} yuan for voucher {number}, {} more than it has.",
                of.code,
                yuan(amount),
                yuan(more)
            ),
        );
    }
}
