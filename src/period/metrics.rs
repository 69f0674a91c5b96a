//! 季度预警分析: what a quarter comes to in ratios, and how they compare with the institution's own past and its peers.
//!
//! No official list of indicators was found (`rules.md` 5.K): these are statistics, and their marks are no finding. A mark
//! compares a figure with the mean of the institution's own four quarters before, in standard deviations of that sample.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::facts::Facts;
use crate::domain::ledger::{Flow, Party};
use crate::domain::money::Money;
use crate::matching::group::Role;
use crate::pipeline::OpenItem;
use crate::rules::Title;
use crate::rules::finding::Told;

use super::sums::PayoutSum;
use super::{Pair, Period, Span};

/// What a metric is and how its figure reads.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    pub id: &'static str,
    pub title: Title,
    /// What its figure is, part by whole.
    pub about: Title,
    pub unit: Unit,
    pub of: Scope,
    /// Whether part and whole are fen, and not numbers of things.
    pub is_money: bool,
    /// Whether a higher figure is the worse one.
    pub is_worse_high: bool,
}

/// What a metric is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Bank,
    Treasury,
    Party,
    Flow,
    /// A flow, and the two parties whose records of it are compared.
    Pair,
    /// 款 of a revenue subject.
    Subject,
    All,
}

impl Scope {
    /// Whether there are others of its kind that do the same work: banks beside banks, treasuries beside treasuries. Two
    /// flows or two subjects are no peers.
    fn has_peers(self) -> bool {
        matches!(self, Self::Bank | Self::Treasury)
    }
}

/// What a metric's figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Per cent.
    Percent,
    /// Per thousand.
    PerMille,
    /// Calendar days.
    Days,
    /// How many for one.
    Each,
}

impl Unit {
    /// What a quotient of one is in hundredths of the unit.
    fn scale(self) -> i128 {
        match self {
            Self::Percent => 10_000,
            Self::PerMille => 100_000,
            Self::Days | Self::Each => 100,
        }
    }
}

macro_rules! kinds {
    ($($name:ident: $id:literal of $scope:ident, $unit:ident of $of:ident, $worse:ident, $zh:literal $en:literal,
        $about_zh:literal $about_en:literal;)*) => {
        $(const $name: &Kind = &Kind {
            id: $id,
            title: Title { zh: $zh, en: $en },
            about: Title { zh: $about_zh, en: $about_en },
            unit: Unit::$unit,
            of: Scope::$scope,
            is_money: kinds!(@money $of),
            is_worse_high: kinds!(@high $worse),
        };)*

        /// All of them, in the order of reports.
        pub const KINDS: &[&Kind] = &[$($name),*];
    };
    (@money money) => { true };
    (@money count) => { false };
    (@high high) => { true };
    (@high low) => { false };
}

kinds! {
    LATE_COUNT: "late-remittance-count" of Bank, Percent of count, high, "延解、占压笔数占比" "late or held remittances, of receipts",
        "基准日下一工作日之后才划转、或期满仍未划转的收款笔数 ÷ 基准日在本期的全部收款笔数"
        "receipts remitted after the working day next to their base day, or still held after it, by all receipts whose base day is in the quarter";
    LATE_AMOUNT: "late-remittance-amount" of Bank, Percent of money, high, "延解、占压金额占比" "late or held money, of money received",
        "上项收款的金额 ÷ 基准日在本期的全部收款金额" "the money of these by all money received";
    DAYS_HELD: "average-days-held" of Bank, Days of money, high, "全部收款平均滞留天数（积数÷金额）" "days held, on average of all receipts (amount-days by amount)",
        "延解、占压收款的金额 × 自基准日起的日历天数之和 ÷ 全部收款金额"
        "late or held money times calendar days from the base day on, by all money received";
    NEXT_DAY: "next-day-share" of Bank, Percent of money, high, "次日划转金额占比（按基准日）" "money remitted on the next working day, by base day",
        "基准日下一工作日划转（容许）的收款金额 ÷ 全部收款金额，收款均按基准日归期"
        "money remitted on the working day next to its base day, which is tolerated, by all money received, both of base days in the quarter";
    CASH: "cash-share" of Bank, Percent of count, high, "现金缴款笔数占比" "receipts paid in cash",
        "缴款方式为现金的收款笔数 ÷ 载明缴款方式的收款笔数" "receipts paid in cash by receipts of which the ledger says how they were paid";
    UNMATCHED: "unmatched-rate" of Pair, Percent of count, high, "两方之间逾期缺记的款项占比" "payments of which one of two parties lacks an overdue record",
        "一方有记录、另一方过了期限仍无记录的款项笔数 ÷ 已到期的款项笔数；未到期（在途）的不计，整期未报账册的一方不作结论"
        "payments that one party has recorded and the other has not though its time is over, by payments that are due; what is not due yet (in transit) does not count, and of a party that delivered no ledger nothing is concluded";
    DIFFERING: "differing-rate" of Flow, Percent of count, high, "各方金额不一的款项占比" "payments whose parties state different sums",
        "已记账各方金额不同、且无一方逾期缺记的款项笔数 ÷ 已到期的款项笔数"
        "payments of which those who have recorded them state different sums, and no record is overdue, by payments that are due";
    CORRECTIONS: "correction-rate" of Party, PerMille of count, high, "每千笔凭证更正数" "corrections in a thousand documents",
        "更正日期在本期的更正笔数 ÷ 该方本期凭证笔数（国库为款项笔数），以千笔计"
        "corrections dated in the quarter by a thousand of the party's documents in it (of the treasury: payments)";
    REFUNDS: "refund-ratio" of Subject, Percent of money, high, "退库占收入比（国库账）" "refunds, of receipts (the treasury's figures)",
        "国库账的退库金额 ÷ 收入金额，按科目的款" "refunds by receipts as the treasury has them, by the first five digits of the subject";
    LARGE: "large-payout-share" of Treasury, Percent of money, high, "大额支拨金额占比" "money in large payouts",
        "凭证金额达到大额标准（参数 large.threshold）的支拨金额 ÷ 全部支拨金额，均按财政凭证"
        "payouts at or above the threshold (setting large.threshold) by all payouts, as finance's vouchers state them";
    DOCUMENTED: "large-documented" of Treasury, Percent of count, low, "大额支拨附文件笔数占比" "large payouts with a document",
        "载有文件依据的大额支拨笔数 ÷ 大额支拨笔数" "large payouts that name a document by large payouts";
    UNBUDGETED: "unbudgeted-share" of Treasury, Percent of money, high, "无预算支拨金额占比" "money paid out without a budget line",
        "本期首见的无预算支拨发现的金额 ÷ 全部支拨金额" "unbudgeted payouts that were first told in the quarter by all payouts";
    RETURNED: "return-rate" of Treasury, Percent of count, high, "支拨退回笔数占比" "payouts that came back",
        "银行或国库记有退回的支拨笔数 ÷ 全部支拨笔数" "payouts that bank or treasury have as returned by all payouts";
    ACCOUNTS: "accounts-per-unit" of All, Each of count, high, "每个预算单位有效账户数" "active accounts of a budget unit",
        "登记簿中期末有效的预算单位账户数 ÷ 有账户的预算单位数" "active accounts of budget units at the end, as registered, by units that have one";
    PERMITS: "permit-coverage" of Bank, Percent of count, low, "须核准账户中持有许可与批文的占比" "accounts with permit and approval, of those that need them",
        "期末有效、须核准的公款账户中核准号与财政批文俱全的 ÷ 全部须核准的公款账户"
        "active public accounts that need them and have both permit and finance approval, by all that need them";
    ARREARS: "key-taxpayer-arrears" of All, Percent of money, high, "重点税源逾期未缴金额与本期收入之比" "overdue slips of watched taxpayers, to receipts of the period",
        "重点税源限缴日期不晚于期末、期末未缴的税票金额 ÷ 国库账的本期收入"
        "slips of watched taxpayers that were due by the end and unpaid then, by the receipts of the quarter as the treasury has them";
    AGEING: "open-item-ageing" of Flow, Percent of count, high, "未达账项中超过 10 个工作日的占比" "open items older than ten working days",
        "期末未达账项中账龄超过 10 个工作日的 ÷ 全部未达账项；无人缴款的税票不计"
        "open items at the end that are older than ten working days by all open items, without slips that nobody has paid";
}

/// A ratio of a quarter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    pub kind: &'static Kind,
    /// The bank, treasury, party, flow, pair or subject it is of; empty for all.
    pub scope: String,
    /// Fen, days times fen, or a number.
    pub part: i128,
    pub whole: i128,
}

impl Metric {
    /// Hundredths of its unit, rounded half away from zero; `None` of nothing.
    pub fn value(&self) -> Option<i64> {
        if self.whole <= 0 {
            return None;
        }
        let scaled = self.part * self.kind.unit.scale();
        let (quotient, rest) = (scaled / self.whole, scaled % self.whole);
        let up = if 2 * rest.abs() >= self.whole { rest.signum() } else { 0 };
        i64::try_from(quotient + up).ok()
    }
}

/// How a figure compares with the institution's own past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Fewer than four whole quarters are known.
    NoHistory,
    /// Within one standard deviation of the mean, or better.
    Green,
    /// Worse by more than one.
    Amber,
    /// Worse by more than two.
    Red,
}

/// A quarter before, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub span: Span,
    /// The first day that the archive knows, where it does not know the quarter from its beginning.
    pub since: Option<NaiveDate>,
    pub metrics: Vec<Metric>,
}

/// A metric beside its past and its peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    pub metric: Metric,
    /// Its figure in the quarters before, the latest first.
    pub history: Vec<Option<i64>>,
    /// The median of the same metric of all it is known of, where there are peers.
    pub peers: Option<i64>,
    pub mark: Mark,
}

/// The quarters a figure is compared with.
pub const QUARTERS: usize = 4;

/// Flow and pair as a metric's scope names them.
fn pair_scope(flow: Flow, Pair(one, other): Pair) -> String {
    let name = |role: Role| match role {
        Role::Issuer => "issuer",
        Role::Bank => "bank",
        Role::Treasury => "treasury",
    };
    format!("{}/{}-{}", flow.id(), name(one), name(other))
}

/// The flow and the pair that a metric's scope names.
pub fn pair_of(scope: &str) -> Option<(Flow, Pair)> {
    let mut all = Flow::ALL.into_iter().flat_map(|flow| Pair::ALL.map(|pair| (flow, pair)));
    all.find(|&(flow, pair)| pair_scope(flow, pair) == scope)
}

/// The metrics of a period, in the order of their kinds and scopes.
pub fn of(period: &Period, facts: &Facts, told: &[Told], open: &[OpenItem]) -> Vec<Metric> {
    let mut all = Vec::new();
    let mut push = |kind: &'static Kind, scope: &str, part: i128, whole: i128| {
        all.push(Metric { kind, scope: scope.to_owned(), part, whole });
    };
    let sums = &period.sums;
    let fen = |money: Money| i128::from(money.fen());
    for (bank, sum) in &sums.banks {
        let late = i128::from(sum.late_count + sum.held_count);
        push(LATE_COUNT, bank, late, sum.count.into());
        push(LATE_AMOUNT, bank, fen(sum.late_amount + sum.held_amount), fen(sum.amount));
        push(DAYS_HELD, bank, fen(sum.amount_days), fen(sum.amount));
        push(NEXT_DAY, bank, fen(sum.next_day_amount), fen(sum.amount));
        push(CASH, bank, sum.cash_count.into(), sum.method_count.into());
    }
    for &flow in sums.flows.keys() {
        let compared = sums.compared(flow);
        for pair in Pair::ALL.into_iter().filter(|pair| sums.speak(flow, *pair)) {
            let lacking = compared.missing.get(&pair).copied().unwrap_or_default();
            push(UNMATCHED, &pair_scope(flow, pair), lacking.into(), compared.due.into());
        }
        push(DIFFERING, flow.id(), compared.differing.into(), compared.due.into());
    }
    for party in [Party::Tax, Party::Finance, Party::Treasury] {
        let corrected = sums.corrections.iter().filter(|item| item.party == party).count();
        let documents = match party {
            Party::Treasury => sums.flows.values().map(|count| count.cases).sum(),
            _ => sums.documents.get(&party).copied().unwrap_or_default(),
        };
        push(CORRECTIONS, party.id(), i128::try_from(corrected).unwrap_or(i128::MAX), documents.into());
    }
    let mut subjects: BTreeMap<&str, (Money, Money)> = BTreeMap::new();
    let mut receipts = Money::ZERO;
    for (line, gross) in &sums.cells {
        // 款, the first five digits: what refunds are compared by.
        let item = line.subject.get(..5).unwrap_or(&line.subject);
        let of = subjects.entry(item).or_default();
        of.0 += gross.receipts.treasury;
        of.1 += gross.refunds.treasury;
        receipts += gross.receipts.treasury;
    }
    for (subject, (received, refunded)) in subjects {
        push(REFUNDS, subject, fen(-refunded), fen(received));
    }
    let mut treasuries: BTreeMap<&str, PayoutSum> = BTreeMap::new();
    for (line, sum) in &sums.payouts {
        treasuries.entry(&line.treasury).or_default().add(*sum);
    }
    for (treasury, sum) in treasuries {
        push(LARGE, treasury, fen(sum.large_amount), fen(sum.paid.issuer));
        push(DOCUMENTED, treasury, sum.large_documented.into(), sum.large_count.into());
        push(RETURNED, treasury, sum.returned_count.into(), sum.count.into());
        let unbudgeted = told.iter().filter(|told| {
            told.rule == "disbursement-unbudgeted"
                && period.span.contains(told.first_seen)
                && told.treasury == treasury
        });
        let amount: Money = unbudgeted.filter_map(|told| told.amount).sum();
        push(UNBUDGETED, treasury, fen(amount), fen(sum.paid.issuer));
    }
    register(period, facts, &mut push);
    let overdue: Money = sums.arrears.values().map(|(_, amount)| *amount).sum();
    if facts.has_table("key-taxpayers") {
        push(ARREARS, "", fen(overdue), fen(receipts));
    }
    let aged = |items: &mut dyn Iterator<Item = &OpenItem>| {
        items.fold((0_i128, 0_i128), |(old, all), item| {
            (old + i128::from(item.age_days.is_some_and(|age| age > 10)), all + 1)
        })
    };
    for flow in Flow::ALL {
        // A slip that nobody has paid is no item between parties.
        let (old, whole) = aged(&mut open.iter().filter(|item| item.flow == flow && !item.is_unpaid()));
        push(AGEING, flow.id(), old, whole);
    }
    all.retain(|metric| metric.whole > 0);
    all
}

/// What the register of accounts says: how many a unit has, and how many have the papers they need.
fn register(period: &Period, facts: &Facts, push: &mut impl FnMut(&'static Kind, &str, i128, i128)) {
    let Some(accounts) = &facts.accounts else { return };
    let day = period.span.last().min(period.known_on);
    let mut units: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut banks: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
    for (number, account) in accounts.iter().filter(|(_, account)| account.is_active_on(day)) {
        if account.holder_class == "unit" {
            units.entry(&account.holder_id).or_default().insert(number);
        }
        let is_public = ["unit", "finance", "tax_org", "collector"].contains(&account.holder_class.as_str());
        let needs = ["basic", "temporary", "special", "zero_balance", "fiscal_special"];
        if is_public && needs.contains(&account.nature.as_str()) {
            let of = banks.entry(&account.bank).or_default();
            of.0 += i128::from(!account.permit_no.is_empty() && !account.finance_approval.is_empty());
            of.1 += 1;
        }
    }
    let held: usize = units.values().map(BTreeSet::len).sum();
    let count = |count: usize| i128::try_from(count).unwrap_or(i128::MAX);
    push(ACCOUNTS, "", count(held), count(units.len()));
    for (bank, (with, all)) in banks {
        push(PERMITS, bank, with, all);
    }
}

/// The metrics of a quarter beside those of the quarters before it, the latest first. A quarter that is known in part is
/// shown and measures nothing.
pub fn score(now: Vec<Metric>, before: &[Past]) -> Vec<Scored> {
    let mut peers: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for metric in now.iter().filter(|metric| metric.kind.of.has_peers()) {
        peers.entry(metric.kind.id).or_default().extend(metric.value());
    }
    for values in peers.values_mut() {
        values.sort_unstable();
    }
    let medians: BTreeMap<&str, i64> = peers
        .into_iter()
        .filter(|(_, values)| values.len() > 1)
        .map(|(id, values)| (id, values[(values.len() - 1) / 2]))
        .collect();
    now.into_iter()
        .map(|metric| {
            let known = |of: &Past| {
                let same = of.metrics.iter().find(|old| old.kind == metric.kind && old.scope == metric.scope);
                same.and_then(Metric::value)
            };
            let before = &before[..before.len().min(QUARTERS)];
            let history: Vec<Option<i64>> = before.iter().map(known).collect();
            let whole = before.iter().zip(&history).filter(|(of, _)| of.since.is_none());
            let past: Vec<i64> = whole.filter_map(|(_, value)| *value).collect();
            let mark = metric
                .value()
                .filter(|_| past.len() == QUARTERS)
                .map_or(Mark::NoHistory, |value| mark(value, &past, metric.kind.is_worse_high));
            Scored { peers: medians.get(metric.kind.id).copied(), history, mark, metric }
        })
        .collect()
}

/// Compares a value with a sample by its mean and standard deviation, exactly: with n values of sum s and sum of squares
/// q, the value lies k deviations off if (n·v − s)² · (n − 1) > k² · n · (n·q − s²).
fn mark(value: i64, past: &[i64], is_worse_high: bool) -> Mark {
    let n = i128::try_from(past.len()).expect("four quarters");
    let sum: i128 = past.iter().map(|&of| i128::from(of)).sum();
    let squares: i128 = past.iter().map(|&of| i128::from(of) * i128::from(of)).sum();
    let off = n * i128::from(value) - sum;
    let is_worse = if is_worse_high { off > 0 } else { off < 0 };
    let beyond =
        |deviations: i128| off * off * (n - 1) > deviations * deviations * n * (n * squares - sum * sum);
    match is_worse {
        true if beyond(2) => Mark::Red,
        true if beyond(1) => Mark::Amber,
        _ => Mark::Green,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(kind: &'static Kind, part: i128, whole: i128) -> Metric {
        Metric { kind, scope: "102".to_owned(), part, whole }
    }

    #[test]
    fn values_are_rounded_half_away_from_zero() {
        assert_eq!(metric(LATE_COUNT, 1, 3).value(), Some(3_333));
        assert_eq!(metric(LATE_COUNT, 2, 3).value(), Some(6_667));
        assert_eq!(metric(LATE_COUNT, 1, 20_000).value(), Some(1), "0.005 per cent");
        assert_eq!(metric(CORRECTIONS, 1, 1_000).value(), Some(100));
        assert_eq!(metric(DAYS_HELD, 7, 2).value(), Some(350));
        assert_eq!(metric(LATE_COUNT, 1, 0).value(), None);
    }

    #[track_caller]
    fn check(value: i64, past: [i64; 4], is_worse_high: bool, expected: Mark) {
        assert_eq!(mark(value, &past, is_worse_high), expected);
    }

    #[test]
    fn marks_count_deviations_of_the_sample() {
        // Mean 250, deviation of the sample about 129.1.
        let past = [100, 200, 300, 400];
        check(250, past, true, Mark::Green);
        check(379, past, true, Mark::Green);
        check(380, past, true, Mark::Amber);
        check(508, past, true, Mark::Amber);
        check(509, past, true, Mark::Red);
        check(0, past, true, Mark::Green);
        check(120, past, false, Mark::Amber);
        check(-9, past, false, Mark::Red);
        check(1_000, past, false, Mark::Green);
        // What never varied is worse by any change.
        check(101, [100; 4], true, Mark::Red);
        check(100, [100; 4], true, Mark::Green);
    }

    #[test]
    fn fewer_than_four_quarters_give_no_mark() {
        let quarter = Span::quarter("2026Q1").expect("a quarter");
        let past = |quarters: usize, since: Option<NaiveDate>| -> Vec<Past> {
            let spans = std::iter::successors(Some(quarter.before()), |span| Some(span.before()));
            let of = |span| Past { span, since, metrics: vec![metric(LATE_COUNT, 1, 100)] };
            spans.take(quarters).map(of).collect()
        };
        let now = || vec![metric(LATE_COUNT, 99, 100)];
        let scored = score(now(), &past(1, None));
        assert_eq!(scored[0].mark, Mark::NoHistory);
        assert_eq!(scored[0].history, [Some(100)]);
        assert_eq!(scored[0].peers, None, "it is known of one bank alone");
        let mut before = past(4, None);
        assert_eq!(score(now(), &before)[0].mark, Mark::Red);
        // Of the first the archive knows the end alone.
        before[3].since = Some(before[3].span.last());
        assert_eq!(score(now(), &before)[0].mark, Mark::NoHistory);
        assert_eq!(score(now(), &before)[0].history, [Some(100); 4]);
    }
}
