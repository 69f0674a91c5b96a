//! Who keeps which ledger, for which flow.

/// A party 当事方: one that keeps a ledger, or one that can only answer for a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// 税务
    Tax,
    /// 财政
    Finance,
    /// 国库, the central bank
    Treasury,
    /// 商业银行, collecting or paying
    Bank,
    /// 纳税人
    Taxpayer,
    /// 预算单位, a budget unit
    Unit,
    /// 待查: the records do not say who
    Undetermined,
}

impl Party {
    /// Every party, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Tax,
        Self::Finance,
        Self::Treasury,
        Self::Bank,
        Self::Taxpayer,
        Self::Unit,
        Self::Undetermined,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Self::Tax => "tax",
            Self::Finance => "finance",
            Self::Treasury => "treasury",
            Self::Bank => "bank",
            Self::Taxpayer => "taxpayer",
            Self::Unit => "unit",
            Self::Undetermined => "undetermined",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Tax => "税务",
            Self::Finance => "财政",
            Self::Treasury => "国库",
            Self::Bank => "商业银行",
            Self::Taxpayer => "纳税人",
            Self::Unit => "预算单位",
            Self::Undetermined => "待查",
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|party| party.id() == id)
    }
}

/// A flow of public money 资金流.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flow {
    /// 收入
    Revenue,
    /// 退库
    Refund,
    /// 支拨
    Disbursement,
    /// 更正、调库
    Correction,
    /// 账户与报表: statements, balances, reports, bonds
    Account,
}

impl Flow {
    pub const ALL: [Self; 5] =
        [Self::Revenue, Self::Refund, Self::Disbursement, Self::Correction, Self::Account];

    pub fn id(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Refund => "refund",
            Self::Disbursement => "disbursement",
            Self::Correction => "correction",
            Self::Account => "account",
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| flow.id() == id)
    }
}

macro_rules! ledgers {
    ($($variant:ident = $id:literal),* $(,)?) => {
        /// A ledger 账: what one party exports for one flow. Its columns stand in `schemas/ledgers/`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Ledger { $($variant),* }

        impl Ledger {
            /// Every ledger, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),* }
            }
        }
    };
}

ledgers! {
    TaxReceipts = "tax-receipts",
    FinanceReceipts = "finance-receipts",
    BankReceipts = "bank-receipts",
    BankRemittances = "bank-remittances",
    TreasuryReceipts = "treasury-receipts",
    TreasuryClearing = "treasury-clearing",
    TaxRefunds = "tax-refunds",
    FinanceRefunds = "finance-refunds",
    TreasuryRefunds = "treasury-refunds",
    BankRefunds = "bank-refunds",
    FinanceDisbursements = "finance-disbursements",
    TreasuryDisbursements = "treasury-disbursements",
    BankDisbursements = "bank-disbursements",
    TaxCorrections = "tax-corrections",
    FinanceCorrections = "finance-corrections",
    TreasuryCorrections = "treasury-corrections",
    BankStatements = "bank-statements",
    TreasuryBalances = "treasury-balances",
    TreasuryReports = "treasury-reports",
    BondRedemptions = "bond-redemptions",
}

impl Ledger {
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|ledger| ledger.id() == id)
    }

    /// The ledger a file belongs to by its name, in any letter case: `<ledger>[-anything].<extension>`.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase();
        Self::ALL.iter().copied().find(|ledger| {
            stem.strip_prefix(ledger.id()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names() {
        assert_eq!(Ledger::of_file_name("bank-receipts-icbc.csv"), Some(Ledger::BankReceipts));
        assert_eq!(Ledger::of_file_name("tax-receipts.xlsx"), Some(Ledger::TaxReceipts));
        assert_eq!(Ledger::of_file_name("Tax-Receipts-A.CSV"), Some(Ledger::TaxReceipts));
        assert_eq!(Ledger::of_file_name("tax-receipts2.csv"), None);
        assert_eq!(Ledger::of_file_name("notes.txt"), None);
    }
}
