//! Who keeps which ledger, for which flow.

use super::field::Field;

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

    pub fn zh(self) -> &'static str {
        match self {
            Self::Revenue => "收入",
            Self::Refund => "退库",
            Self::Disbursement => "支拨",
            Self::Correction => "更正",
            Self::Account => "账户",
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| flow.id() == id)
    }
}

macro_rules! ledgers {
    ($($variant:ident = $id:literal, $party:ident, $flow:ident, $date:ident;)*) => {
        /// A ledger 账: what one party exports for one flow. Its columns stand in `schemas/ledgers/`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Ledger { $($variant),* }

        impl Ledger {
            /// Every ledger, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),* }
            }

            /// Who keeps it.
            pub fn party(self) -> Party {
                match self { $(Self::$variant => Party::$party),* }
            }

            pub fn flow(self) -> Flow {
                match self { $(Self::$variant => Flow::$flow),* }
            }

            /// The column that dates its rows.
            pub fn date(self) -> Field {
                match self { $(Self::$variant => Field::$date),* }
            }
        }
    };
}

ledgers! {
    TaxReceipts = "tax-receipts", Tax, Revenue, BilledOn;
    FinanceReceipts = "finance-receipts", Finance, Revenue, BilledOn;
    BankReceipts = "bank-receipts", Bank, Revenue, ReceivedAt;
    BankRemittances = "bank-remittances", Bank, Revenue, RemittedAt;
    TreasuryReceipts = "treasury-receipts", Treasury, Revenue, BookedOn;
    TreasuryClearing = "treasury-clearing", Treasury, Revenue, ClearedOn;
    TaxRefunds = "tax-refunds", Tax, Refund, IssuedOn;
    FinanceRefunds = "finance-refunds", Finance, Refund, IssuedOn;
    TreasuryRefunds = "treasury-refunds", Treasury, Refund, BookedOn;
    BankRefunds = "bank-refunds", Bank, Refund, CreditedOn;
    FinanceDisbursements = "finance-disbursements", Finance, Disbursement, VoucherDate;
    TreasuryDisbursements = "treasury-disbursements", Treasury, Disbursement, BookedOn;
    BankDisbursements = "bank-disbursements", Bank, Disbursement, PaidOn;
    TaxCorrections = "tax-corrections", Tax, Correction, CorrectedOn;
    FinanceCorrections = "finance-corrections", Finance, Correction, CorrectedOn;
    TreasuryCorrections = "treasury-corrections", Treasury, Correction, CorrectedOn;
    BankStatements = "bank-statements", Bank, Account, Date;
    TreasuryBalances = "treasury-balances", Treasury, Account, Date;
    TreasuryReports = "treasury-reports", Treasury, Account, Date;
    BondRedemptions = "bond-redemptions", Bank, Account, RedeemedOn;
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
