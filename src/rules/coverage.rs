//! The supervision plan 国库联动监管方案, provision by provision: which rules serve each, and what a day says of it.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Kind, Told};
use super::{by_id, outage};

/// One provision of the plan (`rules.md` 4).
#[derive(Clone, Copy, Debug)]
pub struct Provision {
    pub number: u8,
    /// A few words of the plan, and what they ask.
    pub zh: &'static str,
    pub en: &'static str,
    /// Rules that serve it; none for what is kept by hand.
    pub rules: &'static [&'static str],
    /// Which findings of these rules are of it, where not all are.
    pub only: Option<Only>,
    /// What there is about a provision that no rule can decide.
    pub instead: Option<(Instead, &'static str, &'static str)>,
}

/// Findings that say something more.
#[derive(Clone, Copy, Debug)]
pub struct Only {
    pub of: fn(&Told) -> bool,
    /// The table that it is known from.
    pub table: &'static str,
}

/// Who does what a provision asks, where no rule can decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// This program does it.
    Program,
    /// It is kept by hand.
    Hand,
}

/// What a day says of a provision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Clean,
    Violated,
    /// Some rule lacked what it needs, and nothing else was found: never clean.
    NoData,
    /// No ledger can decide it.
    ByHand,
    /// It asks for what this program does.
    ByProgram,
}

impl Verdict {
    pub fn id(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Violated => "violated",
            Self::NoData => "no data",
            Self::ByHand => "kept by hand",
            Self::ByProgram => "this program",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Clean => "未发现",
            Self::Violated => "有问题",
            Self::NoData => "无数据",
            Self::ByHand => "人工登记",
            Self::ByProgram => "本程序",
        }
    }
}

impl Provision {
    /// Ledgers and tables that its rules need.
    pub fn needs(&self) -> BTreeSet<&'static str> {
        let rules = self.rules.iter().filter_map(|id| by_id(id));
        rules
            .flat_map(|rule| {
                rule.needs.iter().map(|need| need.ledger().id()).chain(rule.tables.iter().copied())
            })
            .chain(self.only.map(|only| only.table))
            .collect()
    }

    /// Whether a finding is of it.
    pub fn concerns(&self, told: &Told) -> bool {
        self.rules.contains(&told.rule) && self.only.is_none_or(|only| (only.of)(told))
    }

    /// What was lacking of what its rules need, given what each rule lacked.
    pub fn lacks<'l>(&self, lacking: &BTreeMap<&str, Vec<&'l str>>) -> BTreeSet<&'l str> {
        let of_rules = self.rules.iter().filter_map(|rule| lacking.get(rule)).flatten().copied();
        // Some rule reads every table, and says so where it lacks it.
        let of_all = lacking.values().flatten().copied();
        let of_table = of_all.filter(|name| self.only.is_some_and(|only| only.table == *name));
        of_rules.chain(of_table).collect()
    }

    /// What a day or a period says of it: `told` are the findings that stand, `lacking` what each rule lacked. What is
    /// merely told, such as a tolerated next-day remittance, violates nothing, unless the provision asks for no more.
    pub fn verdict(&self, told: &[&Told], lacking: &BTreeMap<&str, Vec<&str>>) -> Verdict {
        match self.instead {
            Some((Instead::Hand, ..)) => return Verdict::ByHand,
            Some((Instead::Program, ..)) => return Verdict::ByProgram,
            None => {}
        }
        let asks_no_more = self.rules.iter().filter_map(|id| by_id(id)).all(|rule| rule.kind == Kind::Info);
        if told.iter().any(|told| self.concerns(told) && (asks_no_more || told.kind() != Kind::Info)) {
            Verdict::Violated
        } else if !self.lacks(lacking).is_empty() {
            Verdict::NoData
        } else {
            Verdict::Clean
        }
    }
}

macro_rules! provisions {
    ($($number:literal $zh:literal $en:literal [$($rule:literal),*]
       $(only $of:path, $table:literal)? $(instead $who:ident $izh:literal $ien:literal)?;)*) => {
        /// All provisions, in the plan's order.
        pub const PROVISIONS: &[Provision] = &[$(Provision {
            number: $number,
            zh: $zh,
            en: $en,
            rules: &[$($rule),*],
            only: provisions!(@only $($of, $table)?),
            instead: provisions!(@instead $($who $izh $ien)?),
        }),*];
    };
    (@only) => { None };
    (@only $of:path, $table:literal) => { Some(Only { of: $of, table: $table }) };
    (@instead) => { None };
    (@instead $who:ident $zh:literal $en:literal) => { Some((Instead::$who, $zh, $en)) };
}

provisions! {
    1 "严防混税种" "no mixed tax types" ["mixed-tax-type", "subject-invalid", "subject-mismatch"];
    2 "串级次" "no wrong budget level" ["wrong-budget-level", "wrong-treasury", "share-split-mismatch", "level-mismatch", "treasury-mismatch"];
    3 "遏制“空转”" "no round-tripping of fiscal money" ["fund-round-trip", "collect-then-rebate"];
    4 "“以贷还税”" "no taxes paid from loans" ["loan-paid-tax"];
    5 "“买税卖税”" "no trading of taxes" ["tax-trading", "third-party-payer"];
    6 "受理文件依据齐全、合法的预算支出" "documented lawful expenditure" ["disbursement-undocumented"];
    7 "防止超兑、骗兑国债及误兑假国库券" "no over- or fraudulent redemption of bonds" ["bond-over-redemption", "bond-duplicate-redemption", "bond-register-mismatch"];
    8 "按制度办理更正、退库、调库" "corrections, refunds and transfers by the rules" ["refund-exceeds-payment", "refund-wrong-source", "refund-duplicate", "refund-payee-mismatch", "refund-late-tax", "refund-late-treasury", "refund-cash", "refund-no-authority", "refund-agent-review", "correction-unbalanced", "correction-no-original", "correction-no-change", "correction-repeat", "correction-late", "correction-cross-level", "correction-wrong-party"];
    9 "严把账户审批关，杜绝多头开户" "accounts approved; none opened twice" ["multiple-accounts", "unlicensed-account"];
    10 "严禁伪造、篡改国库凭证和账表簿" "no forged or altered vouchers and books" ["ledger-tamper", "report-rollup", "voucher-duplicate"];
    11 "杜绝挪用、盗窃国库资金" "no misuse or theft of treasury funds" ["revenue-diversion", "stock-continuity", "disbursement-duplicate", "disbursement-over-balance", "disbursement-cash"];
    12 "社保基金、预算外资金、政府性基金纳入国库" "funds into the treasury" ["funds-outside-treasury"];
    13 "利用计算机监测、预警" "computerised monitoring" [] instead Program "本程序及其每日运行" "this program and its daily runs";
    14 "预算收支计划及时抄送人行" "budget and adjustments copied to the treasury" ["budget-copy-late"];
    15 "不得随意开设财政性资金专用账户" "special accounts controlled" ["special-account-unapproved"];
    16 "预算支拨凭证纳入重要空白凭证管理" "payout vouchers as controlled forms" ["voucher-serial-control"];
    17 "领用、签收、使用手续" "issue, signature and use on record" ["voucher-unsigned-issue"];
    18 "由专人送达国库并履行交接手续" "hand-delivery on record" ["voucher-handover-missing", "voucher-date-invalid"];
    19 "退库、大额和非正常拨款应附文件依据" "documents for refunds and large or abnormal payouts" ["refund-without-basis", "large-disbursement-undocumented", "abnormal-disbursement"];
    20 "不得受理手续不全、违反国家规定的退库" "no incomplete or unlawful refunds" ["refund-incomplete", "refund-reason-suspect"];
    21 "不得干预国库办理退库" "no interference with refunds" [] instead Hand "人工登记簿" "a register kept by hand";
    22 "正确填制缴款书" "payment slips made out correctly" ["slip-incomplete", "slip-field-invalid"];
    23 "按进度征收税款并及时缴入国库" "collection in step, paid in promptly" ["collection-progress", "tax-entry-late", "year-end-settlement", "pending-tax-aging"];
    24 "准确填写收入退还书、更正通知书" "accurate refund and correction forms" ["refund-incomplete", "correction-unbalanced"];
    25 "杜绝预算收入过渡户" "no transit accounts" ["transit-account"];
    26 "监控全县规模以上企业纳税" "above-scale enterprises watched" ["key-taxpayer-watch"];
    27 "及时反馈税款入库信息" "entry information fed back" ["daily-tie-out", "missing-in-issuer", "missing-in-treasury"];
    28 "退库企业登记备案制" "refund enterprises registered" ["refund-unregistered-enterprise"];
    29 "拒绝受理不符合要求的缴库凭证" "bad slips rejected by the bank" ["invalid-slip-accepted"];
    30 "及时办理转账，不得无故压票" "vouchers executed promptly" ["voucher-holding", "bank-payout-held", "disbursement-late"];
    31 "不得无故延解" "no delayed remittance" ["remittance-delay", "next-day-remittance", "calendar-missing"];
    32 "占压" "no withholding" ["remittance-withholding", "stale-pending-balance"];
    33 "挪用，不得转入其他科目或账户" "no other subject or account" ["revenue-diversion", "collector-paid-refund", "wrong-collection-subject"];
    34 "一律使用“待结算财政款项”科目下的专户" "the mandated pending account" ["wrong-collection-subject"];
    35 "小额现金税款不得拒收" "cash tax not refused" ["cash-tax-refusal"];
    36 "不得向缴款人收取任何费用" "no fees to payers" ["payer-fee-charged"];
    37 "准确清算，按规定办理集中收付业务" "accurate clearing and centralised payment" ["clearing-mismatch", "remittance-mismatch", "clearing-late", "clearing-over-quota", "zero-balance-eod", "zero-balance-self-transfer", "returned-funds-held"];
    38 "联席会议每年召开一至二次" "joint meetings" ["joint-meeting-missing"];
    39 "财政政策抄送国库" "policies copied to the treasury" [] instead Hand "人工登记簿" "a register kept by hand";
    40 "季度预警分析" "quarterly early warning" ["refund-ratio-spike", "aging-unreconciled", "period-end-spike"];
    41 "“三金二费”等非税收入" "local non-tax revenue" ["funds-outside-treasury"];
    42 "大额、非预算、退库监管登记" "large, unbudgeted and refund registers" ["disbursement-unbudgeted", "disbursement-over-budget", "disbursement-over-plan", "pre-approval-spend"];
    43 "账户名称、账号建档并报国库备案" "accounts filed" ["unfiled-account", "account-register-conflict"];
    44 "财税每日与国库核对" "daily tie-out" ["daily-tie-out", "data-gap", "ambiguous-match"];
    45 "“谁出错、谁更正”" "whoever erred corrects" ["missing-in-bank", "amount-mismatch", "subject-mismatch", "level-mismatch", "treasury-mismatch", "payee-mismatch", "slip-no-mismatch", "disbursement-mismatch", "correction-wrong-party", "correction-late"];
    46 "每月财、税、库、行多方签证对账" "monthly signed reconciliation" ["monthly-signoff-missing"];
    47 "每季国库上门现场核对" "quarterly on-site check" ["quarterly-onsite-missing"];
    48 "每年现场监管联合检查" "yearly joint inspection" ["annual-inspection-missing"];
    49 "规范收缴账户开户及科目设置" "collection accounts and subjects in order" ["multiple-accounts", "unlicensed-account", "wrong-collection-subject"];
    50 "财政性资金账户报人民银行审批备案" "fiscal accounts approved and filed" ["unlicensed-account", "special-account-unapproved"];
    51 "向其上级机关和主管部门进行通报" "bulletins to superiors" [] instead Hand "现场审计包拟出通报稿，由人行发出" "the audit pack drafts the bulletins; sending them is up to the treasury";
    52 "准确完整的资金支付信息、账务核对和查询" "complete bank data" ["bank-data-gap"];
    53 "系统不稳定致支付延误" "delays caused by outages" ["remittance-delay", "bank-payout-held"] only outage::is_named, "incidents";
    54 "不得为预算单位开立未经审批的账户" "no unapproved unit accounts" ["unlicensed-account", "account-early-use", "account-expired"];
    55 "凡未取得人民银行许可证，国库一律不办理库款支拨" "no permit, no payout" ["unlicensed-account"];
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::domain::ledger::{Flow, Party};
    use crate::rules::finding::{Sentence, Severity, Status};

    #[test]
    fn provisions_are_those_of_the_plan() {
        assert!(PROVISIONS.iter().map(|provision| provision.number).eq(1..=55));
        for provision in PROVISIONS {
            assert_eq!(provision.rules.is_empty(), provision.instead.is_some(), "{}", provision.number);
        }
    }

    #[test]
    fn the_plan_names_every_rule() {
        let named: BTreeSet<&str> =
            PROVISIONS.iter().flat_map(|provision| provision.rules).copied().collect();
        let judged: BTreeSet<&str> = crate::rules::RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(judged.difference(&named).collect::<Vec<_>>(), [&""; 0]);
        assert_eq!(named.difference(&judged).collect::<Vec<_>>(), [&""; 0]);
    }

    /// A finding of a rule, about a bank.
    fn told(rule: &'static str, severity: Severity, explanation: &str) -> Told {
        Told {
            rule,
            key: "A1".to_owned(),
            severity,
            party: Party::Bank,
            institution: "102".to_owned(),
            flow: Flow::Revenue,
            treasury: String::new(),
            account: String::new(),
            amount: None,
            difference: None,
            event_on: None,
            due_on: None,
            settled_on: None,
            days_late: None,
            status: Status::Open,
            first_seen: NaiveDate::MIN,
            explanation: Sentence { zh: explanation.to_owned(), en: String::new() },
            evidence: Vec::new(),
            notice: None,
        }
    }

    fn provision(number: usize) -> &'static Provision {
        &PROVISIONS[number - 1]
    }

    #[test]
    fn no_data_is_never_clean() {
        let nothing = BTreeMap::new();
        assert_eq!(provision(31).verdict(&[], &nothing), Verdict::Clean);
        let lacking = BTreeMap::from([("remittance-delay", vec!["bank-receipts"])]);
        assert_eq!(provision(31).verdict(&[], &lacking), Verdict::NoData);
        let delay = told("remittance-delay", Severity::High, "");
        assert_eq!(provision(31).verdict(&[&delay], &lacking), Verdict::Violated);
        assert_eq!(provision(13).verdict(&[&delay], &lacking), Verdict::ByProgram);
        assert_eq!(provision(21).verdict(&[&delay], &lacking), Verdict::ByHand);
    }

    #[test]
    fn what_is_merely_told_violates_only_what_asks_no_more() {
        let tolerated = told("next-day-remittance", Severity::Info, "");
        assert_eq!(provision(31).verdict(&[&tolerated], &BTreeMap::new()), Verdict::Clean);
        let meeting = told("joint-meeting-missing", Severity::Info, "");
        assert_eq!(provision(38).verdict(&[&meeting], &BTreeMap::new()), Verdict::Violated);
    }

    #[test]
    fn only_delays_with_an_outage_are_delays_by_an_outage() {
        let plain = told("remittance-delay", Severity::High, "划转 2 日");
        let explained = told("remittance-delay", Severity::High, "划转 2 日；登记有该行 2026-01-05 系统故障");
        assert_eq!(provision(53).verdict(&[&plain], &BTreeMap::new()), Verdict::Clean);
        assert_eq!(provision(53).verdict(&[&plain, &explained], &BTreeMap::new()), Verdict::Violated);
        let lacking = BTreeMap::from([("cash-tax-refusal", vec!["incidents"])]);
        assert_eq!(provision(53).verdict(&[], &lacking), Verdict::NoData);
        assert!(provision(53).needs().contains("incidents"));
    }
}
