//! Every number that the law leaves to local policy: a key in `recon.toml`, a default, and why.
//!
//! A setting is never printed as law. The table below is the one place: parsing, the commented `recon.toml` of
//! `init` and the documentation come from it.

use std::ops::RangeInclusive;

use chrono::{NaiveDate, NaiveTime, TimeDelta};

use super::money::Money;

/// A type a setting can have: how it is written in `recon.toml`, and what else to expect.
pub trait SettingValue: Sized {
    /// What the value looks like, in Chinese and English.
    const EXPECTED: (&'static str, &'static str);
    fn parse(text: &str) -> Option<Self>;
    /// As it stands in `recon.toml`, quotes included.
    fn written(&self) -> String;
    /// The value so many of its smallest steps away; `None` for what has no steps, and where there is none.
    fn moved(&self, _steps: i64) -> Option<Self> {
        None
    }
    /// How far so many steps are, with a sign.
    fn distance(steps: i64) -> String {
        format!("{steps:+}")
    }
    /// What it is stated in, in Chinese and English, where its key does not say it.
    const UNIT: (&'static str, &'static str) = ("", "");
    /// How many steps it is moved at most to see what it decides, down and up.
    fn reach(&self) -> RangeInclusive<i64> {
        0..=0
    }
    /// How many steps away something is still near, given a share in per cent: one at least.
    fn near(&self, _percent: u32) -> i64 {
        0
    }
}

impl SettingValue for bool {
    const EXPECTED: (&'static str, &'static str) = ("true 或 false", "true or false");
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn written(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for u32 {
    const EXPECTED: (&'static str, &'static str) = ("非负整数", "a whole number, not negative");
    const UNIT: (&'static str, &'static str) = ("个", "number");
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn written(&self) -> String {
        self.to_string()
    }
    fn moved(&self, steps: i64) -> Option<Self> {
        i64::from(*self).checked_add(steps)?.try_into().ok()
    }
    fn reach(&self) -> RangeInclusive<i64> {
        const LEAST: i64 = 10;
        let value = i64::from(*self);
        -value..=value.max(LEAST)
    }
    fn near(&self, percent: u32) -> i64 {
        (i64::from(*self) * i64::from(percent) / 100).max(1)
    }
}

impl SettingValue for NaiveTime {
    const EXPECTED: (&'static str, &'static str) = ("时刻，如 \"17:00\"", "a time of day such as \"17:00\"");
    fn parse(text: &str) -> Option<Self> {
        Self::parse_from_str(text, "%H:%M").ok()
    }
    fn written(&self) -> String {
        format!("\"{}\"", self.format("%H:%M"))
    }
}

impl SettingValue for NaiveDate {
    const EXPECTED: (&'static str, &'static str) =
        ("日期，如 \"2019-07-22\"", "a day such as \"2019-07-22\"");
    const UNIT: (&'static str, &'static str) = ("天", "days");
    fn parse(text: &str) -> Option<Self> {
        Self::parse_from_str(text, "%Y-%m-%d").ok()
    }
    fn written(&self) -> String {
        format!("\"{self}\"")
    }
    fn moved(&self, steps: i64) -> Option<Self> {
        self.checked_add_signed(TimeDelta::try_days(steps)?)
    }
    fn reach(&self) -> RangeInclusive<i64> {
        const YEARS: i64 = 10;
        -YEARS * 365..=YEARS * 365
    }
    fn near(&self, percent: u32) -> i64 {
        (365 * i64::from(percent) / 100).max(1)
    }
}

impl SettingValue for Money {
    const EXPECTED: (&'static str, &'static str) =
        ("金额（元），如 \"2000000.00\"", "an amount in yuan such as \"2000000.00\"");
    const UNIT: (&'static str, &'static str) = ("元", "yuan");
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn written(&self) -> String {
        format!("\"{self}\"")
    }
    fn moved(&self, steps: i64) -> Option<Self> {
        self.fen().checked_add(steps).map(Self::from_fen)
    }
    fn distance(steps: i64) -> String {
        format!("{}{}", if steps < 0 { "" } else { "+" }, Self::from_fen(steps))
    }
    fn reach(&self) -> RangeInclusive<i64> {
        // No amount a row may state is larger.
        const MOST: i64 = 100_000_000_000_000_000;
        let fen = self.fen();
        -fen..=MOST - fen
    }
    fn near(&self, percent: u32) -> i64 {
        (self.fen() / 100 * i64::from(percent)).max(1)
    }
}

impl SettingValue for Vec<String> {
    const EXPECTED: (&'static str, &'static str) =
        ("词语列表，如 [\"成功\"]", "a list of words such as [\"成功\"]");
    fn parse(text: &str) -> Option<Self> {
        Some(text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect())
    }
    fn written(&self) -> String {
        let words: Vec<String> = self.iter().map(|word| format!("{word:?}")).collect();
        format!("[{}]", words.join(", "))
    }
}

/// Why a setting could not be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingError {
    Unknown,
    /// What the value should look like, in Chinese and English.
    Value(&'static str, &'static str),
}

/// A setting as documentation sees it.
#[derive(Clone, Debug)]
pub struct SettingInfo {
    pub key: &'static str,
    /// The default as it stands in `recon.toml`.
    pub written: String,
    /// What its value counts, in Chinese and English; empty for words and switches.
    pub unit: (&'static str, &'static str),
    pub zh: &'static str,
    pub en: &'static str,
}

/// The unit that a key ends in, else that of its type.
fn unit(key: &str, of_type: (&'static str, &'static str)) -> (&'static str, &'static str) {
    match key.rsplit(['.', '_']).next().unwrap_or(key) {
        _ if of_type.0.is_empty() => of_type,
        "wd" => ("工作日", "working days"),
        "days" => ("天", "days"),
        "months" => ("个月", "months"),
        "percent" | "pct" => ("%", "%"),
        "points" => ("个百分点", "points"),
        "bp" => ("万分之一", "hundredths of a per cent"),
        "deviations" => ("个标准差", "standard deviations"),
        "min" | "max" if key.contains("percent") => ("%", "%"),
        "min" if key.contains("months") => ("个月", "months"),
        _ => of_type,
    }
}

macro_rules! settings {
    ($($field:ident: $type:ty = $default:expr, $key:literal, $zh:literal, $en:literal;)*) => {
        /// The settings of a book.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Settings {
            $(#[doc = concat!("`", $key, "`: ", $en)] pub $field: $type,)*
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Settings {
            /// Sets what `recon.toml` or `--set` says under a key.
            pub fn set(&mut self, key: &str, text: &str) -> Result<(), SettingError> {
                match key {
                    $($key => {
                        let expected = <$type as SettingValue>::EXPECTED;
                        let error = SettingError::Value(expected.0, expected.1);
                        self.$field = <$type as SettingValue>::parse(text).ok_or(error)?;
                        Ok(())
                    })*
                    _ => Err(SettingError::Unknown),
                }
            }

            /// With one of them so many steps from where it is; `None` where it has no such value.
            pub fn moved(&self, key: &str, steps: i64) -> Option<Self> {
                match key {
                    $($key => {
                        let $field = SettingValue::moved(&self.$field, steps)?;
                        Some(Self { $field, ..self.clone() })
                    })*
                    _ => None,
                }
            }

            /// How many steps one of them is moved at most to see what it decides, and within how many something is near.
            pub fn reach(&self, key: &str, percent: u32) -> (RangeInclusive<i64>, i64) {
                match key {
                    $($key => (self.$field.reach(), SettingValue::near(&self.$field, percent)),)*
                    _ => (0..=0, 0),
                }
            }

            /// How far so many steps of one of them are, with a sign.
            pub fn distance(key: &str, steps: i64) -> String {
                match key {
                    $($key => <$type as SettingValue>::distance(steps),)*
                    _ => String::new(),
                }
            }

            /// Every setting with its value, in the order of `recon.toml`.
            pub fn list(&self) -> Vec<SettingInfo> {
                vec![$(SettingInfo {
                    key: $key,
                    written: self.$field.written(),
                    unit: unit($key, <$type as SettingValue>::UNIT),
                    zh: $zh,
                    en: $en,
                },)*]
            }
        }
    };
}

fn clock(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).expect("a time of day")
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

settings! {
    remit_cutoff: NaiveTime = clock(17, 0), "remit.cutoff",
        "柜面收款截止时刻，之后收纳的视为下一工作日（各行营业时间，地方自定）",
        "counter cut-off: money received later belongs to the next working day (bank hours; local policy)";
    remit_grace_next_wd: bool = true, "remit.grace_next_wd",
        "确有困难可于下一工作日划转；设为 false 时次日划转列为轻微问题",
        "the next working day is tolerated; with false a next-day remittance is a low finding";
    remit_repeat_count: u32 = 3, "remit.repeat.count",
        "一个季度内同一经收处延解达到的天数，达到即为严重（按季审计节奏，地方自定）",
        "days with delays of one bank in a quarter from which they are critical (quarterly audit; local policy)";
    clearing_cutoff: NaiveTime = clock(16, 0), "clearing.cutoff",
        "清算截止时刻，之后划转的于下一工作日清算（地方实例）",
        "clearing cut-off: what is remitted later clears the next working day (a local example)";
    large_threshold: Money = Money::from_fen(200_000_000), "large.threshold",
        "大额标准，单笔（参照反洗钱大额转账标准，地方自定）",
        "what counts as large, a single item (after the anti-money-laundering line; local policy)";
    large_natural_person: Money = Money::from_fen(50_000_000), "large.natural_person",
        "付给自然人的款项超过此额列为线索（参照反洗钱大额转账标准，地方自定）",
        "payouts to a natural person above it are leads (after the anti-money-laundering line; local policy)";
    abnormal_split_count: u32 = 3, "abnormal.split.count",
        "短期内向同一收款人支付几笔接近大额标准的款项列为拆分线索（地方自定）",
        "so many payouts to one payee close below the large threshold within days are a lead (local policy)";
    abnormal_split_wd: u32 = 5, "abnormal.split.wd",
        "拆分线索所看的工作日数（地方自定）",
        "working days in which such payouts are counted (local policy)";
    abnormal_split_percent: u32 = 80, "abnormal.split.percent",
        "达到大额标准的百分之几视为接近（地方自定）",
        "per cent of the large threshold from which an amount is close to it (local policy)";
    abnormal_purposes: Vec<String> = words(&["往来", "借款", "垫付", "还贷", "周转"]), "abnormal.purposes",
        "列为非正常拨款线索的用途词语（地方自定）",
        "words in a purpose that make a payout a lead (local policy)";
    budget_copy_months: u32 = 0, "budget.copy_months",
        "预算及调整可在批准当月之后几个月内抄送国库；0 为当月（地方自定）",
        "months after that of its approval in which a budget may be copied to the treasury; 0: the same month (local policy)";
    zero_balance_purposes: Vec<String> = words(&["工会", "公积金", "提租补贴"]), "zero_balance.purposes",
        "零余额账户可向本单位或上下级单位划转的用途词语（地方自定）",
        "purposes for which a zero-balance account may pay its unit, superior or subordinate (local policy)";
    gain_rate_bp: u32 = 35, "gain.rate_bp",
        "估算占压收益的年利率，单位为万分之一（活期存款参照；仅为估算）",
        "yearly rate for estimating a gain from held money, in hundredths of a per cent (an estimate only)";
    match_grace_wd: u32 = 1, "match.grace_wd",
        "对方入账的宽限工作日",
        "working days a party has to record what another has recorded";
    match_window_days: u32 = 15, "match.window_days",
        "号码损坏时按金额、缴款人配对允许相隔的天数（地方自定）",
        "days that may lie between slip, payment and booking where the number is damaged (local policy)";
    open_items_medium_wd: u32 = 3, "openitem.medium_wd",
        "对账差异超过此工作日数列为中等问题",
        "working days after which a tie-out difference is a medium finding";
    open_items_high_wd: u32 = 10, "openitem.high_wd",
        "对账差异超过此工作日数列为重大问题",
        "working days after which a tie-out difference is a high finding";
    open_items_write_off_days: u32 = 365, "open_items.write_off_days",
        "未达账项保留的天数，期满移出（地方自定）",
        "days an open item is carried before it is written off (local policy)";
    tie_out_keep_days: u32 = 45, "tie_out.keep_days",
        "已平的对账单元保留的天数，供迟到数据并入",
        "days a settled tie-out cell is kept for late data";
    notice_answer_wd: u32 = 1, "notice.answer_wd",
        "更正通知书发出后几个工作日内须答复，另有未到期限的从其期限（地方自定）",
        "working days after a correction notice by which it is answered, unless a later deadline stands (local policy)";
    audit_follow_days: u32 = 45, "audit.follow_days",
        "月度、季度审计计入期末之后多少天内的运行，以证实在途款项到达（地方自定）",
        "days after a month or quarter whose runs its audit still looks at, to prove what was in transit (local policy)";
    audit_sample_size: u32 = 60, "audit.sample_size",
        "现场核对每层抽取的笔数（置信系数 3、可容忍错报 5% 时为 60；地方自定）",
        "payments drawn of each stratum (60 for a confidence factor of 3 and a tolerable error of 5%; local policy)";
    history_days: u32 = 400, "history.days",
        "在多少天以内的档案中查找曾经入账的同一记录（地方自定）",
        "days of the archive that are searched for a record that was settled before (local policy)";
    status_success: Vec<String> = words(&["成功", "处理成功", "已清算", "已对账相符", "资金已收妥"]), "status.success",
        "表示交易成功的状态；空白也算成功",
        "status texts that mean success; an empty one does too";
    gaps_required: Vec<String> = words(&["tax-receipts", "bank-receipts", "treasury-receipts"]), "gaps.required",
        "每个工作日必须报送的账册",
        "ledgers that must arrive every working day";
    key_taxpayer_percent: u32 = 70, "key_taxpayer.percent",
        "重点税源企业当月缴税低于上年同月多少百分比时提示（地方自定）",
        "per cent of the same month last year below which a key taxpayer's month is told (local policy)";
    collection_gap_points: u32 = 10, "collection.gap_points",
        "收入进度与年度工作日进度相差多少个百分点时提示（仅为统计）",
        "points between collection and the year's working days from which it is told (a statistic)";
    signoff_due_days: u32 = 10, "signoff.due_days",
        "月末后多少个日历日内须完成多方签证对账（地方自定）",
        "calendar days after a month's end by which all parties have signed its reconciliation (local policy)";
    duty_due_days: u32 = 30, "duty.due_days",
        "季末、年末后多少个日历日内须有现场核对、联合检查、联席会议的记录（地方自定）",
        "calendar days after a period's end by which its check, inspection or meeting is recorded (local policy)";
    voucher_gap_wd: u32 = 5, "voucher.gap_wd",
        "空白凭证跳号多少个工作日后列为问题（地方自定）",
        "working days after which a form that was passed over is a finding (local policy)";
    voucher_stale_wd: u32 = 10, "voucher.stale_wd",
        "支付凭证自签发起的有效工作日（旧例为 10 天，未经核实）",
        "working days for which a voucher is valid (ten days in older practice, not verified)";
    level_accepted: Vec<String> = words(&["1: 1 0", "2: 2 1 0", "3: 3 1 0", "4: 4 1 0", "5: 5 1 0"]), "level.accepted",
        "各级国库（1 中央至 5 乡镇）办理的预算级次（各省不同，地方自定）",
        "levels of revenue that a treasury of each level (1 central to 5 township) takes in (differs by province)";
    funds_subjects: Vec<String> = words(&["103"]), "funds.subjects",
        "须缴入国库的非税收入科目前缀，如“三金二费”（清单地方自定）",
        "beginnings of the subjects whose revenue belongs into the treasury, such as 三金二费 (the list is local policy)";
    transit_names: Vec<String> = words(&["过渡", "税款专户", "税款户", "代征", "待缴", "暂存", "待解"]), "transit.names",
        "过渡户名称特征",
        "words in an account's name that suggest a transit account";
    refund_treasury_wd: u32 = 1, "refund.treasury_wd",
        "国库受理退库后办理退付的工作日数（地方自定）",
        "working days the treasury has to pay a refund it accepted (local policy)";
    refund_delegates: Vec<String> = Vec::new(), "refund.delegates",
        "财政部门授权审批退库的机构，名称或代码（地方自定）",
        "whom finance has delegated the approval of refunds to, by name or code (local policy)";
    refund_reasons: Vec<String> = words(&[
        "911", "912", "913", "914", "915", "916", "917", "918", "921", "922", "923", "924", "925", "931", "932", "933",
        "934", "935", "951", "961",
    ]), "refund.reasons",
        "退库原因代码表（取自国库系统，各地或有增减）",
        "the reason codes of refunds (as treasury systems have them; provinces differ)";
    refund_reasons_suspect: Vec<String> = words(&["915", "918"]), "refund.reasons_suspect",
        "应予核实的退库原因代码：先征后退、其他",
        "reason codes of refunds that are to be looked into: collected to be refunded, and others";
    refund_reasons_unpaid: Vec<String> = words(&[
        "913", "914", "921", "922", "923", "924", "925", "931", "932", "933", "934", "935",
    ]), "refund.reasons_unpaid",
        "退还的并非该纳税人所缴税款的原因代码：计划亏损补贴、出口退税、手续费及退付财政、税务机关",
        "reason codes of refunds that give nothing back that the taxpayer paid: subsidies, exports, commissions, offices";
    refund_ratio_months: u32 = 12, "refund.ratio.months",
        "退库比例与之前至多多少个月相比，不超过 24（地方自定）",
        "months before that a month's share of refunds is compared with, 24 at most (local policy)";
    refund_ratio_months_min: u32 = 6, "refund.ratio.months_min",
        "至少有多少个月的历史才判断退库比例（地方自定）",
        "months of history without which no share of refunds is judged (local policy)";
    refund_ratio_deviations: u32 = 3, "refund.ratio.deviations",
        "退库比例高出均值多少个标准差列为提示（地方自定）",
        "standard deviations above the mean from which a share of refunds is told (local policy)";
    correction_wd: u32 = 5, "correction.wd",
        "发现差错后办理更正的工作日数（监管方案仅要求及时，地方自定）",
        "working days from finding an error to its correction (the plan says in time, without a number; local policy)";
    transit_window_wd: u32 = 20, "transit.window_wd",
        "按账户明细判断过渡户行为的窗口，工作日数（地方自定）",
        "working days in which an account's statement is searched for transit behaviour (local policy)";
    transit_credits: u32 = 5, "transit.credits",
        "窗口内贷方笔数达到此数方作为过渡户线索（排除偶发，地方自定）",
        "credits in the window from which behaviour is a lead (big enough to ignore one-offs; local policy)";
    transit_payers: u32 = 3, "transit.payers",
        "窗口内不同付款人达到此数方作为过渡户线索（地方自定）",
        "distinct payers in the window from which behaviour is a lead (local policy)";
    transit_outflow_pct: u32 = 90, "transit.outflow_pct",
        "流入资金转往待报解专户或国库的百分比达到此数方作为过渡户线索（地方自定）",
        "per cent of the inflow that leaves for mandated or treasury accounts from which behaviour is a lead (local policy)";
    transit_dwell_wd: u32 = 5, "transit.dwell_wd",
        "资金在账户停留不超过此工作日数即转出才计入上述百分比（地方自定）",
        "working days within which money must leave to count for that percentage (local policy)";
    permit_cutover: NaiveDate = date(2019, 7, 22), "permit.cutover",
        "当地取消企业银行账户许可之日，此前开立的仍须核准号（各省自 2019-02-25 起分批，最迟 2019-07-22）",
        "day on which permits of enterprise accounts ended locally; those opened before still need one (from 2019-02-25 on by province, 2019-07-22 the last)";
    treasury_names: Vec<String> = words(&["国家金库", "国库存款", "待报解", "待结算财政", "国库集中收缴"]), "treasury.names",
        "对方户名含有这些词语的，视为国库账户或上级行待报解专户（登记簿另有记载的除外）",
        "words in a counterparty's name that stand for the treasury or a mandated account, unless the register says otherwise";
    diversion_allowed: Vec<String> = words(&[]), "diversion.allowed",
        "待报解预算收入专户可以转往的其他账号，如本行上级行清算账户",
        "other accounts that mandated accounts may pay to, such as the bank's own clearing account upstream";
    fee_allowed: Vec<String> = words(&[]), "fee.allowed_methods",
        "另有规定可以收费的缴款方式",
        "payment methods for which other rules allow a fee";
    fee_words: Vec<String> = words(&["手续费", "工本费", "汇划费", "服务费"]), "fee.words",
        "账户明细摘要含有这些词语的借记，视为银行收费",
        "words in a statement's summary that tell a debit for a charge of the bank";
    cash_days: u32 = 90, "cash.days",
        "同业有现金收纳而某经收处连续此天数无现金收纳的，列为线索；0 为不统计（地方自定）",
        "days without cash, while peers take some, from which a collecting bank is a lead; 0 for never (local policy)";
    cash_receipts: u32 = 30, "cash.receipts",
        "统计现金收纳所需的最少笔数（排除偶发，地方自定）",
        "receipts a bank must have in these days to be compared (to ignore small numbers; local policy)";
    year_end_days: u32 = 10, "year_end.days",
        "年终决算整理期的天数，自一月一日起",
        "days of the year-end settlement period, from the first of January on";
    period_end_wd: u32 = 2, "period_end.wd",
        "月末最后几个工作日的入库算作期末集中入库（地方自定）",
        "last working days of a month whose receipts are compared (local policy)";
    period_end_months: u32 = 12, "period_end.months",
        "期末入库占比与之前多少个月相比，不超过 12（地方自定）",
        "months before that a month's last days are compared with, 12 at most (local policy)";
    period_end_deviations: u32 = 3, "period_end.deviations",
        "期末入库占比高出均值多少个标准差列为提示（地方自定）",
        "standard deviations above the mean from which a month's last days are told (local policy)";
    trading_taxpayers: u32 = 3, "trading.taxpayers",
        "同一账户为互不相干的纳税人缴税，达到此户数列为线索，至少为 2（地方自定）",
        "unrelated taxpayers one account pays for from which it is a lead, 2 at least (local policy)";
    trading_window_wd: u32 = 20, "trading.window_wd",
        "统计同一账户代缴税票的窗口，工作日数（地方自定）",
        "working days in which the slips one account pays for others are counted (local policy)";
    roundtrip_wd: u32 = 10, "roundtrip.wd",
        "拨款后多少个工作日内回流为收入列为线索（地方自定）",
        "working days after a payout within which money that comes back as revenue is a lead (local policy)";
    roundtrip_quarter_end_days: u32 = 30, "roundtrip.quarter_end_days",
        "季末月份的拨款改按此日历日数追查，不超过 50（地方自定）",
        "calendar days instead, for payouts in the last month of a quarter, 50 at most (local policy)";
    roundtrip_percent_min: u32 = 80, "roundtrip.percent_min",
        "回流至少为拨款的百分之几列为线索（地方自定）",
        "per cent of a payout that must come back to be a lead (local policy)";
    roundtrip_percent_max: u32 = 105, "roundtrip.percent_max",
        "回流至多为拨款的百分之几列为线索（地方自定）",
        "per cent of a payout up to which what came back is a lead (local policy)";
    roundtrip_hops: u32 = 3, "roundtrip.hops",
        "沿账户明细追查资金的层数（地方自定）",
        "transfers over which the money is followed from account to account (local policy)";
    roundtrip_accounts: u32 = 200, "roundtrip.accounts",
        "每笔拨款至多追查的账户数（限制运算量）",
        "accounts to which the money of a payout is followed at most (to bound the search)";
    rebate_days: u32 = 60, "rebate.days",
        "缴款后多少天内获得拨款列为先征后返线索，不超过 90（地方自定）",
        "days after slips within which a payout to their payer is a lead, 90 at most (local policy)";
    rebate_percent_min: u32 = 30, "rebate.percent_min",
        "拨款至少为缴款额的百分之几列为先征后返线索（地方自定）",
        "per cent of what was paid in from which such a payout is a lead (local policy)";
    rebate_percent_max: u32 = 100, "rebate.percent_max",
        "拨款至多为缴款额的百分之几列为先征后返线索（地方自定）",
        "per cent of what was paid in up to which such a payout is a lead (local policy)";
    rebate_words: Vec<String> = words(&["奖励", "扶持", "返还", "补贴", "退税", "发展资金"]), "rebate.words",
        "拨款用途含有这些词语的，列入先征后返比对（地方自定）",
        "words in a payout's purpose that tell a rebate (local policy)";
    loan_wd: u32 = 3, "loan.wd",
        "贷款入账后几个工作日内缴税列为以贷还税线索（地方自定）",
        "working days after a loan came in within which tax paid from the account is a lead (local policy)";
    loan_percent: u32 = 80, "loan.percent",
        "所缴税款达到贷款的百分之几列为以贷还税线索（地方自定）",
        "per cent of a loan that tax must reach to be a lead (local policy)";
    loan_words: Vec<String> = words(&["贷款", "放款", "借款", "融资"]), "loan.words",
        "账户明细的摘要或对方户名含有这些词语的贷记，视为贷款入账",
        "words in a statement's summary or counterparty that tell a credit for a loan";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_reads_back() {
        let mut settings = Settings::default();
        for info in settings.list() {
            let plain = info.written.trim_matches(['[', ']']).replace('"', "");
            assert_eq!(settings.set(info.key, &plain), Ok(()), "{}", info.key);
        }
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn what_counts_has_a_unit() {
        let unit = |key: &str| {
            let all = Settings::default().list();
            all.into_iter().find(|info| info.key == key).expect("a setting").unit.1
        };
        assert_eq!(
            ["large.threshold", "refund.treasury_wd", "permit.cutover", "roundtrip.percent_max"].map(unit),
            ["yuan", "working days", "days", "%"]
        );
        assert_eq!(["transit.payers", "fee.words", "remit.grace_next_wd"].map(unit), ["number", "", ""]);
    }

    #[test]
    fn what_cannot_be_set_is_told() {
        let mut settings = Settings::default();
        assert_eq!(settings.set("remit.cutof", "17:00"), Err(SettingError::Unknown));
        assert!(matches!(settings.set("remit.cutoff", "25:00"), Err(SettingError::Value(..))));
        assert!(matches!(settings.set("large.threshold", "1e6"), Err(SettingError::Value(..))));
        assert_eq!(settings.set("remit.cutoff", "16:30"), Ok(()));
        assert_eq!(settings.remit_cutoff, clock(16, 30));
    }
}
