//! Rows by column name: every ledger and table beside the bulk of revenue, whose rows are too many to be built so.

use super::BookFile;
use super::calendar;
use super::world::BANKS;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What a file of a ledger or table calls its columns, in the order it has them.
#[derive(Debug)]
struct Sheet {
    id: &'static str,
    columns: &'static [(&'static str, &'static str)],
}

static SHEETS: &[Sheet] = &[
    Sheet {
        id: "tax-receipts",
        columns: &[
            ("slip_no", "税票号码"),
            ("tax_org", "征收机关代码"),
            ("treasury", "国库代码"),
            ("taxpayer_id", "纳税人编号"),
            ("taxpayer_name", "纳税人名称"),
            ("payer_account", "付款人账号"),
            ("payer_name", "缴款单位名称"),
            ("payer_bank", "付款人开户行行号"),
            ("subject", "预算科目代码"),
            ("level", "预算级次"),
            ("tax_type", "税种代码"),
            ("amount", "金额"),
            ("billed_on", "开票日期"),
            ("due_on", "限缴日期"),
            ("period_from", "税款所属期起"),
            ("period_to", "税款所属期止"),
            ("adjust_flag", "调整期标志"),
            ("status", "处理状态"),
        ],
    },
    Sheet {
        id: "finance-receipts",
        columns: &[
            ("slip_no", "缴款书号码"),
            ("collector", "执收单位代码"),
            ("treasury", "国库代码"),
            ("payer_id", "缴款人编号"),
            ("payer_name", "缴款单位名称"),
            ("payer_account", "付款人账号"),
            ("payer_bank", "付款人开户行行号"),
            ("fund", "资金性质"),
            ("subject", "预算科目代码"),
            ("level", "预算级次"),
            ("amount", "金额"),
            ("billed_on", "开票日期"),
            ("due_on", "限缴日期"),
            ("period_from", "税款所属期起"),
            ("period_to", "税款所属期止"),
            ("adjust_flag", "调整期标志"),
            ("status", "处理状态"),
        ],
    },
    Sheet {
        id: "bank-receipts",
        columns: &[
            ("slip_no", "税票号码"),
            ("bank", "经收处行号"),
            ("treasury", "收款国库代码"),
            ("payer_account", "付款账号"),
            ("payer_name", "付款户名"),
            ("payee_account", "收款账号"),
            ("payee_name", "收款户名"),
            ("amount", "金额"),
            ("accepted_at", "受理时间"),
            ("received_at", "收纳时间"),
            ("remitted_at", "划转时间"),
            ("batch", "划转批次"),
            ("method", "缴款方式"),
            ("fee", "手续费"),
            ("status", "交易状态"),
        ],
    },
    Sheet {
        id: "treasury-receipts",
        columns: &[
            ("slip_no", "凭证编号"),
            ("treasury", "国库代码"),
            ("tax_org", "征收机关代码"),
            ("subject", "预算科目代码"),
            ("level", "预算级次"),
            ("adjust_flag", "调整期标志"),
            ("amount", "金额"),
            ("booked_on", "入库日期"),
            ("batch", "划转批次"),
            ("bank", "经收处行号"),
        ],
    },
    Sheet {
        id: "tax-refunds",
        columns: &[
            ("voucher_no", "退库凭证号"),
            ("original_slip", "原税票号码"),
            ("tax_org", "征收机关代码"),
            ("treasury", "国库代码"),
            ("taxpayer_id", "纳税人编号"),
            ("taxpayer_name", "纳税人名称"),
            ("payee_name", "收款人名称"),
            ("payee_account", "收款人账号"),
            ("payee_bank", "收款行行号"),
            ("subject", "预算科目代码"),
            ("level", "预算级次"),
            ("amount", "金额"),
            ("issued_on", "开票日期"),
            ("applied_on", "申请日期"),
            ("discovered_on", "发现日期"),
            ("reason", "退库原因代码"),
            ("basis_doc", "退库依据"),
            ("approved_by", "审批机关"),
            ("approval_no", "批准文号"),
        ],
    },
    Sheet {
        id: "finance-refunds",
        columns: &[
            ("voucher_no", "退库凭证号"),
            ("original_slip", "原税票号码"),
            ("tax_org", "征收机关代码"),
            ("treasury", "国库代码"),
            ("taxpayer_id", "纳税人编号"),
            ("taxpayer_name", "纳税人名称"),
            ("payee_name", "收款人名称"),
            ("payee_account", "收款人账号"),
            ("payee_bank", "收款行行号"),
            ("subject", "预算科目代码"),
            ("level", "预算级次"),
            ("amount", "金额"),
            ("issued_on", "开票日期"),
            ("applied_on", "申请日期"),
            ("discovered_on", "发现日期"),
            ("reason", "退库原因代码"),
            ("basis_doc", "退库依据"),
            ("approved_by", "审批机关"),
            ("approval_no", "批准文号"),
        ],
    },
    Sheet {
        id: "treasury-refunds",
        columns: &[
            ("voucher_no", "凭证编号"),
            ("treasury", "国库代码"),
            ("subject", "预算科目代码"),
            ("level", "预算级次"),
            ("amount", "金额"),
            ("payee_account", "收款人账号"),
            ("payee_name", "收款人名称"),
            ("accepted_on", "受理日期"),
            ("booked_on", "退库日期"),
            ("method", "结算方式"),
            ("reviewed_by", "审核人"),
        ],
    },
    Sheet {
        id: "bank-refunds",
        columns: &[
            ("voucher_no", "凭证编号"),
            ("bank", "行号"),
            ("payee_account", "收款人账号"),
            ("payee_name", "收款人名称"),
            ("amount", "金额"),
            ("credited_on", "入账日期"),
        ],
    },
    Sheet {
        id: "finance-disbursements",
        columns: &[
            ("voucher_no", "凭证编号"),
            ("form_no", "凭证印刷号"),
            ("voucher_date", "凭证日期"),
            ("treasury", "国库代码"),
            ("unit", "预算单位代码"),
            ("unit_name", "预算单位名称"),
            ("payer_account", "付款人账号"),
            ("payee_account", "收款人账号"),
            ("payee_name", "收款人名称"),
            ("payee_bank", "收款人开户行行号"),
            ("amount", "金额"),
            ("subject", "功能科目代码"),
            ("economic", "经济科目代码"),
            ("project", "预算项目"),
            ("pay_mode", "支付方式"),
            ("year", "所属年度"),
            ("purpose", "用途"),
            ("doc_ref", "文件依据"),
            ("budget_ref", "指标文号"),
            ("delivered_on", "送达日期"),
            ("handover", "交接人"),
            ("pre_approval_class", "预算批准前支出类别"),
        ],
    },
    Sheet {
        id: "treasury-disbursements",
        columns: &[
            ("voucher_no", "凭证编号"),
            ("treasury", "国库代码"),
            ("payee_account", "收款人账号"),
            ("payee_name", "收款人名称"),
            ("amount", "金额"),
            ("subject", "功能科目代码"),
            ("accepted_on", "受理日期"),
            ("booked_on", "支拨日期"),
            ("method", "结算方式"),
        ],
    },
    Sheet {
        id: "bank-disbursements",
        columns: &[
            ("voucher_no", "凭证编号"),
            ("bank", "行号"),
            ("payer_account", "付款人账号"),
            ("payee_account", "收款人账号"),
            ("payee_name", "收款人名称"),
            ("amount", "金额"),
            ("pay_mode", "支付方式"),
            ("paid_on", "支付日期"),
            ("cleared_on", "清算日期"),
            ("batch", "清算批次"),
            ("unit", "预算单位代码"),
            ("status", "状态"),
            ("returned_on", "退回日期"),
            ("return_reason", "退回原因"),
        ],
    },
    Sheet {
        id: "tax-corrections",
        columns: &[
            ("voucher_no", "凭证编号"),
            ("original_slip", "原税票号码"),
            ("old_treasury", "原收款国库"),
            ("old_org", "原征收机关"),
            ("old_level", "原级次"),
            ("old_subject", "原科目"),
            ("old_amount", "原发生额"),
            ("new_treasury", "现收款国库"),
            ("new_org", "现征收机关"),
            ("new_level", "现级次"),
            ("new_subject", "现科目"),
            ("new_amount", "现发生额"),
            ("reason", "更正原因代码"),
            ("detected_on", "发现日期"),
            ("corrected_on", "更正日期"),
            ("approval_ref", "批准文号"),
        ],
    },
    Sheet {
        id: "finance-corrections",
        columns: &[
            ("voucher_no", "凭证编号"),
            ("original_slip", "原税票号码"),
            ("old_treasury", "原收款国库"),
            ("old_org", "原征收机关"),
            ("old_level", "原级次"),
            ("old_subject", "原科目"),
            ("old_amount", "原发生额"),
            ("new_treasury", "现收款国库"),
            ("new_org", "现征收机关"),
            ("new_level", "现级次"),
            ("new_subject", "现科目"),
            ("new_amount", "现发生额"),
            ("reason", "更正原因代码"),
            ("detected_on", "发现日期"),
            ("corrected_on", "更正日期"),
            ("approval_ref", "批准文号"),
        ],
    },
    Sheet {
        id: "treasury-corrections",
        columns: &[
            ("voucher_no", "凭证编号"),
            ("original_slip", "原税票号码"),
            ("old_treasury", "原收款国库"),
            ("old_org", "原征收机关"),
            ("old_level", "原级次"),
            ("old_subject", "原科目"),
            ("old_amount", "原发生额"),
            ("new_treasury", "现收款国库"),
            ("new_org", "现征收机关"),
            ("new_level", "现级次"),
            ("new_subject", "现科目"),
            ("new_amount", "现发生额"),
            ("reason", "更正原因代码"),
            ("detected_on", "发现日期"),
            ("corrected_on", "更正日期"),
            ("approval_ref", "批准文号"),
        ],
    },
    Sheet {
        id: "bank-statements",
        columns: &[
            ("account", "账号"),
            ("date", "交易日期"),
            ("time", "交易时间"),
            ("serial", "流水号"),
            ("direction", "借贷标志"),
            ("amount", "发生额"),
            ("debit", "支出"),
            ("credit", "收入"),
            ("balance", "余额"),
            ("counterparty_name", "对方户名"),
            ("counterparty_account", "对方账号"),
            ("counterparty_bank", "对方行名"),
            ("summary", "摘要"),
        ],
    },
    Sheet {
        id: "treasury-balances",
        columns: &[
            ("treasury", "国库代码"),
            ("account", "账户代码"),
            ("date", "报表日期"),
            ("opening", "上日余额"),
            ("income", "本日收入"),
            ("outlay", "本日支出"),
            ("closing", "本日余额"),
        ],
    },
    Sheet {
        id: "treasury-reports",
        columns: &[
            ("treasury", "国库代码"),
            ("tax_org", "征收机关代码"),
            ("date", "报表日期"),
            ("level", "预算级次"),
            ("subject", "预算科目代码"),
            ("day_amount", "日累计"),
            ("month_amount", "月累计"),
            ("year_amount", "年累计"),
        ],
    },
    Sheet {
        id: "bond-redemptions",
        columns: &[
            ("certificate_no", "凭证号码"),
            ("issue", "券种期次"),
            ("bank", "兑付网点行号"),
            ("principal", "本金"),
            ("interest", "利息"),
            ("redeemed_on", "兑付日期"),
            ("early", "提前兑付"),
        ],
    },
    Sheet {
        id: "accounts",
        columns: &[
            ("account", "账号"),
            ("bank", "开户行行号"),
            ("holder_id", "户主代码"),
            ("holder_name", "户名"),
            ("holder_class", "户主类别"),
            ("nature", "账户性质"),
            ("permit_no", "核准号"),
            ("finance_approval", "财政批准文号"),
            ("opened_on", "开户日期"),
            ("closed_on", "销户日期"),
            ("expires_on", "有效期"),
            ("status", "状态"),
            ("filed_finance_on", "财政备案日期"),
            ("filed_treasury_on", "国库备案日期"),
            ("fund_nature", "资金性质"),
        ],
    },
    Sheet {
        id: "accounts-treasury",
        columns: &[
            ("account", "账号"),
            ("bank", "开户行行号"),
            ("holder_id", "户主代码"),
            ("holder_name", "户名"),
            ("holder_class", "户主类别"),
            ("nature", "账户性质"),
            ("permit_no", "核准号"),
            ("finance_approval", "财政批准文号"),
            ("opened_on", "开户日期"),
            ("closed_on", "销户日期"),
            ("expires_on", "有效期"),
            ("status", "状态"),
            ("filed_finance_on", "财政备案日期"),
            ("filed_treasury_on", "国库备案日期"),
            ("fund_nature", "资金性质"),
        ],
    },
    Sheet {
        id: "attestations",
        columns: &[
            ("kind", "类别"),
            ("period", "所属期"),
            ("party", "当事方"),
            ("signed_on", "签章日期"),
            ("ref", "文号"),
        ],
    },
    Sheet {
        id: "bonds",
        columns: &[
            ("issue", "券种期次"),
            ("certificate_from", "起始凭证号码"),
            ("certificate_to", "终止凭证号码"),
            ("principal", "面值"),
            ("rate", "年利率"),
            ("issued_on", "发行日期"),
            ("matures_on", "到期日期"),
            ("total", "发行总额"),
        ],
    },
    Sheet {
        id: "budget",
        columns: &[
            ("year", "所属年度"),
            ("unit", "预算单位代码"),
            ("subject", "功能科目代码"),
            ("project", "预算项目"),
            ("amount", "预算金额"),
            ("approved_on", "批准日期"),
            ("received_on", "抄送日期"),
            ("doc_ref", "指标文号"),
        ],
    },
    Sheet {
        id: "incidents",
        columns: &[
            ("date", "日期"),
            ("kind", "类别"),
            ("institution", "机构代码"),
            ("key", "业务编号"),
            ("note", "备注"),
        ],
    },
    Sheet {
        id: "institutions",
        columns: &[
            ("code", "机构代码"),
            ("name", "机构名称"),
            ("kind", "机构类别"),
            ("treasury", "国库代码"),
            ("parent", "上级机构代码"),
        ],
    },
    Sheet {
        id: "key-taxpayers",
        columns: &[("taxpayer_id", "纳税人编号"), ("name", "名称"), ("since", "起始日期")],
    },
    Sheet {
        id: "plan",
        columns: &[
            ("year", "所属年度"),
            ("month", "月份"),
            ("unit", "预算单位代码"),
            ("subject", "功能科目代码"),
            ("amount", "计划金额"),
        ],
    },
    Sheet {
        id: "quota",
        columns: &[
            ("year", "所属年度"),
            ("unit", "预算单位代码"),
            ("subject", "功能科目代码"),
            ("pay_mode", "支付方式"),
            ("amount", "额度金额"),
        ],
    },
    Sheet {
        id: "refund-register",
        columns: &[
            ("taxpayer_id", "纳税人编号"),
            ("name", "名称"),
            ("account", "账号"),
            ("valid_from", "有效期起"),
            ("valid_to", "有效期止"),
            ("filing_no", "备案号"),
        ],
    },
    Sheet {
        id: "sharing",
        columns: &[
            ("subject", "预算科目代码"),
            ("level", "预算级次"),
            ("treasury", "国库代码"),
            ("rate", "比例"),
            ("valid_from", "有效期起"),
            ("valid_to", "有效期止"),
        ],
    },
    Sheet {
        id: "subjects",
        columns: &[
            ("code", "科目代码"),
            ("name", "科目名称"),
            ("class", "科目类别"),
            ("attribute", "科目属性"),
            ("enterable", "可录入"),
            ("tax_type", "税种代码"),
        ],
    },
    Sheet {
        id: "treasuries",
        columns: &[
            ("code", "国库代码"),
            ("name", "国库名称"),
            ("level", "国库级次"),
            ("agent", "代理"),
            ("parent", "上级国库代码"),
        ],
    },
    Sheet {
        id: "voucher-stock",
        columns: &[
            ("form_type", "凭证种类"),
            ("from", "起始号码"),
            ("to", "终止号码"),
            ("issued_to", "领用单位"),
            ("issued_on", "领用日期"),
            ("signed_by", "签收人"),
            ("state", "状态"),
            ("state_on", "状态日期"),
        ],
    },
];

/// Ledgers of which a bank, or else their one sender, delivers every day, if only a header. The others come with their rows.
static DAILY: &[&str] = &[
    "bank-disbursements",
    "bank-refunds",
    "bank-statements",
    "bond-redemptions",
    "finance-corrections",
    "finance-disbursements",
    "finance-refunds",
    "tax-corrections",
    "tax-refunds",
    "treasury-balances",
    "treasury-corrections",
    "treasury-disbursements",
    "treasury-refunds",
    "treasury-reports",
];

fn sheet(id: &str) -> &'static Sheet {
    SHEETS
        .iter()
        .find(|sheet| sheet.id == id)
        .expect("ledgers and tables are named as the program names them")
}

/// One row of a ledger or table.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// The day whose files it comes with; of a table's row nothing.
    pub(super) day: NaiveDate,
    pub(super) id: &'static str,
    /// Who sends the file, as a part of its name.
    pub(super) from: &'static str,
    cells: BTreeMap<&'static str, String>,
}

impl Record {
    pub(super) fn new(day: NaiveDate, id: &'static str, from: &'static str) -> Self {
        Self { day, id, from, cells: BTreeMap::new() }
    }

    /// A row of a reference table.
    pub(super) fn of_table(id: &'static str) -> Self {
        Self::new(NaiveDate::MIN, id, "")
    }

    #[expect(clippy::needless_pass_by_value, reason = "numbers, days and new texts are nicer to write so")]
    pub(super) fn set(&mut self, column: &'static str, value: impl ToString) -> &mut Self {
        assert!(self.has(column), "{} has no column {column}", self.id);
        self.cells.insert(column, value.to_string());
        self
    }

    pub(super) fn with(mut self, column: &'static str, value: impl ToString) -> Self {
        self.set(column, value);
        self
    }

    /// The same row a day later or in another file.
    pub(super) fn on(&self, day: NaiveDate) -> Self {
        Self { day, ..self.clone() }
    }

    pub(super) fn has(&self, column: &str) -> bool {
        sheet(self.id).columns.iter().any(|(name, _)| *name == column)
    }

    /// The same row in a file of another sender.
    pub(super) fn sent_by(&self, from: &'static str) -> Self {
        Self { from, ..self.clone() }
    }

    pub(super) fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

/// The files of the records: one for each sender, ledger and day.
pub(super) fn inbox(records: &[Record], days: &[NaiveDate]) -> Vec<BookFile> {
    let mut sheets: BTreeMap<(NaiveDate, &str, &str), Vec<&Record>> = BTreeMap::new();
    let senders: BTreeSet<(&str, &str)> = records.iter().map(|record| (record.id, record.from)).collect();
    let is_regular = |from: &str| from.is_empty() || BANKS.iter().any(|bank| bank.short == from);
    for (id, from) in senders.into_iter().filter(|(id, from)| DAILY.contains(id) && is_regular(from)) {
        for day in days {
            sheets.entry((*day, id, from)).or_default();
        }
    }
    let last = days.last().copied().unwrap_or(NaiveDate::MIN);
    for record in records {
        let day = calendar::working_from(record.day);
        if day <= last {
            sheets.entry((day, record.id, record.from)).or_default().push(record);
        }
    }
    let file = |((day, id, from), rows): ((NaiveDate, &str, &str), Vec<&Record>)| {
        let between = if from.is_empty() { "" } else { "-" };
        BookFile { path: format!("inbox/{day}/{id}{between}{from}.csv"), bytes: written(sheet(id), &rows) }
    };
    sheets.into_iter().map(file).collect()
}

/// The reference tables of the records.
pub(super) fn tables(records: &[Record]) -> Vec<BookFile> {
    let mut tables: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in records {
        tables.entry(record.id).or_default().push(record);
    }
    let file = |(id, rows): (&str, Vec<&Record>)| BookFile {
        path: format!("reference/{id}.csv"),
        bytes: written(sheet(id), &rows),
    };
    tables.into_iter().map(file).collect()
}

/// Banks' systems speak English, all others Chinese, and so do the tables.
fn written(sheet: &Sheet, rows: &[&Record]) -> Vec<u8> {
    let is_english = sheet.id.starts_with("bank-") || sheet.id.starts_with("bond-");
    let header = sheet.columns.iter().map(|(en, zh)| if is_english { *en } else { *zh });
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(header).expect("writing to memory does not fail");
    for row in rows {
        let cells = sheet.columns.iter().map(|(column, _)| row.get(column));
        csv.write_record(cells).expect("writing to memory does not fail");
    }
    csv.into_inner().expect("writing to memory does not fail")
}
