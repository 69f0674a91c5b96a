//! 谁出错、谁更正: who answers, for every pattern of what issuer, bank and treasury say, in every flow.
//!
//! The table is that of `rules.md` 3.6 as the contract settles it (Chains, Who answers): of two records that include the
//! source document the other party answers, of two without it nobody; only the next party of a chain can be missing. S is
//! the source document, B the bank's record, K the treasury's. Each case is a little book in the blocks of the rules'
//! pages, and all that rules of attribution tell of it.

use chrono::NaiveDate;

use crate::rule_pages::Section;

/// The patterns, in the table's order.
const CELLS: &[&str] = &[
    "S=B≠K",
    "S=K≠B",
    "B=K≠S",
    "all differ",
    "S≠K, no B",
    "S≠B, no K",
    "B≠K, no S",
    "S alone",
    "S and B, no K",
    "S and K, no B",
    "K alone",
    "B alone",
    "B and K, no S",
];

/// Rules that say who deviates or lacks a record.
const ATTRIBUTE: &[&str] = &[
    "missing-in-issuer",
    "missing-in-bank",
    "missing-in-treasury",
    "amount-mismatch",
    "subject-mismatch",
    "level-mismatch",
    "treasury-mismatch",
    "payee-mismatch",
    "disbursement-mismatch",
    "slip-no-mismatch",
    "remittance-withholding",
    "tax-entry-late",
    "wrong-treasury",
    "subject-invalid",
    "correction-unbalanced",
    "correction-wrong-party",
    "correction-cross-level",
];

struct Case {
    cell: &'static str,
    what: &'static str,
    /// Blocks, an empty line between them: a heading, then its lines.
    book: &'static str,
    on: &'static str,
    /// Rule, key, party, institution.
    told: &'static [&'static str],
}

fn check(flow: &str, cases: &[Case]) {
    let mut failures = Vec::new();
    for case in cases {
        let mut section = Section::default();
        for block in case.book.trim().split("\n\n") {
            let (heading, body) = block.trim().split_once('\n').expect("a heading and rows");
            let lines: Vec<&str> = body.lines().map(str::trim).collect();
            section.take(heading, &lines.join("\n"));
        }
        let on: NaiveDate = case.on.parse().expect("a day");
        let told: Vec<String> = section
            .tell(on)
            .iter()
            .filter(|told| ATTRIBUTE.contains(&told.rule))
            .map(|told| {
                let institution = if told.institution.is_empty() { "-" } else { &told.institution };
                format!("{} {} {} {institution}", told.rule, told.key, told.party.id())
            })
            .collect();
        let mut expected: Vec<&str> = case.told.to_vec();
        let mut found: Vec<&str> = told.iter().map(String::as_str).collect();
        expected.sort_unstable();
        found.sort_unstable();
        if found != expected {
            failures.push(format!(
                "{flow}, {} ({}):\n  expected {expected:?}\n  found    {found:?}",
                case.cell, case.what
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Every pattern has a case.
fn check_all(flow: &str, cases: &[Case]) {
    for cell in CELLS {
        assert!(cases.iter().any(|case| case.cell == *cell), "{flow}: no case of {cell}");
    }
    check(flow, cases);
}

#[test]
fn revenue() {
    check_all("revenue", REVENUE);
}

const REVENUE: &[Case] = &[
    Case {
        cell: "S=B≠K",
        what: "the treasury booked less",
        book: "tax-receipts
                       slip_no amount
                       A1 100.00

                       bank-receipts
                       slip_no amount remitted_at
                       A1 100.00 2026-03-02

                       treasury-receipts
                       slip_no amount
                       A1 90.00",
        on: "2026-03-02",
        told: &["amount-mismatch A1 treasury 2106000000"],
    },
    Case {
        cell: "S=B≠K",
        what: "the treasury that should not have booked it answers",
        book: "tax-receipts
                       slip_no
                       A1

                       bank-receipts
                       slip_no remitted_at
                       A1 2026-03-02

                       treasury-receipts
                       slip_no treasury
                       A1 2106010000",
        on: "2026-03-02",
        told: &["treasury-mismatch A1 treasury 2106010000"],
    },
    Case {
        cell: "S=K≠B",
        what: "the bank collected less",
        book: "tax-receipts
                       slip_no amount
                       A1 100.00

                       bank-receipts
                       slip_no amount remitted_at
                       A1 90.00 2026-03-02

                       treasury-receipts
                       slip_no amount
                       A1 100.00",
        on: "2026-03-02",
        told: &["amount-mismatch A1 bank 102222020334"],
    },
    Case {
        cell: "B=K≠S",
        what: "the tax office changed its slip",
        book: "tax-receipts
                       slip_no amount
                       A1 110.00

                       bank-receipts
                       slip_no remitted_at
                       A1 2026-03-02

                       treasury-receipts
                       slip_no
                       A1",
        on: "2026-03-02",
        told: &["amount-mismatch A1 tax 12106000000"],
    },
    Case {
        cell: "B=K≠S",
        what: "a collecting unit's slip: finance, by the unit",
        book: "finance-receipts
                       slip_no amount subject
                       F1 110.00 103010101

                       bank-receipts
                       slip_no remitted_at
                       F1 2026-03-02

                       treasury-receipts
                       slip_no tax_org subject
                       F1 301001 103010101",
        on: "2026-03-02",
        told: &["amount-mismatch F1 finance 301001"],
    },
    Case {
        cell: "B=K≠S",
        what: "all agree with each other and not with the table: who issued it",
        book: "institutions
                       code name kind treasury
                       12106000000 县税务局 tax_org 2106000000

                       tax-receipts
                       slip_no treasury
                       A1 2106010000

                       bank-receipts
                       slip_no treasury remitted_at
                       A1 2106010000 2026-03-02

                       treasury-receipts
                       slip_no treasury
                       A1 2106010000",
        on: "2026-03-02",
        told: &["wrong-treasury A1 tax 12106000000"],
    },
    Case {
        cell: "all differ",
        what: "nobody can be told",
        book: "tax-receipts
                       slip_no amount
                       A1 100.00

                       bank-receipts
                       slip_no amount remitted_at
                       A1 90.00 2026-03-02

                       treasury-receipts
                       slip_no amount
                       A1 80.00",
        on: "2026-03-02",
        told: &["amount-mismatch A1 undetermined -"],
    },
    Case {
        cell: "S≠K, no B",
        what: "two records with the source document",
        book: "tax-receipts
                       slip_no amount
                       A1 100.00

                       treasury-receipts
                       slip_no amount
                       A1 90.00",
        on: "2026-03-02",
        told: &["amount-mismatch A1 treasury 2106000000"],
    },
    Case {
        cell: "S≠K, no B",
        what: "a receipt states no subject and no level",
        book: "tax-receipts
                       slip_no subject level
                       A1 101010101 4

                       bank-receipts
                       slip_no remitted_at
                       A1 2026-03-02

                       treasury-receipts
                       slip_no subject level
                       A1 101040101 3",
        on: "2026-03-02",
        told: &["level-mismatch A1 treasury 2106000000", "subject-mismatch A1 treasury 2106000000"],
    },
    Case {
        cell: "S≠B, no K",
        what: "two records with the source document",
        book: "tax-receipts
                       slip_no amount
                       A1 100.00

                       bank-receipts
                       slip_no amount
                       A1 90.00",
        on: "2026-03-02",
        told: &["amount-mismatch A1 bank 102222020334"],
    },
    Case {
        cell: "B≠K, no S",
        what: "nobody deviates from a document that is not there, and the slip is missing",
        book: "bank-receipts
                       slip_no amount remitted_at
                       A1 90.00 2026-03-02

                       treasury-receipts
                       slip_no amount
                       A1 80.00",
        on: "2026-03-04",
        told: &["missing-in-issuer A1 tax 12106000000"],
    },
    Case {
        cell: "B≠K, no S",
        what: "the amounts, on the day itself",
        book: "bank-receipts
                       slip_no amount remitted_at
                       A1 90.00 2026-03-02

                       treasury-receipts
                       slip_no amount
                       A1 80.00",
        on: "2026-03-02",
        told: &["amount-mismatch A1 undetermined -"],
    },
    Case {
        cell: "S alone",
        what: "nobody paid: the taxpayer, once it is due",
        book: "tax-receipts
                       slip_no due_on
                       A1 2026-03-03",
        on: "2026-03-04",
        told: &["tax-entry-late A1 taxpayer -"],
    },
    Case {
        cell: "S alone",
        what: "not due yet",
        book: "tax-receipts
                       slip_no due_on
                       A1 2026-03-31",
        on: "2026-03-06",
        told: &[],
    },
    Case {
        cell: "S and B, no K",
        what: "the bank shows no remittance",
        book: "tax-receipts
                       slip_no
                       A1

                       bank-receipts
                       slip_no
                       A1",
        on: "2026-03-04",
        told: &["remittance-withholding A1 bank 102222020334"],
    },
    Case {
        cell: "S and B, no K",
        what: "the bank shows its remittance",
        book: "tax-receipts
                       slip_no
                       A1

                       bank-receipts
                       slip_no remitted_at
                       A1 2026-03-02",
        on: "2026-03-04",
        told: &["missing-in-treasury A1 treasury 2106000000"],
    },
    Case {
        cell: "S and K, no B",
        what: "the bank that the treasury names",
        book: "tax-receipts
                       slip_no
                       A1

                       treasury-receipts
                       slip_no bank
                       A1 105222000008",
        on: "2026-03-04",
        told: &["missing-in-bank A1 bank 105222000008"],
    },
    Case {
        cell: "K alone",
        what: "the issuer by the kind of the organ: a tax office",
        book: "treasury-receipts
                       slip_no tax_org
                       A1 12106000000",
        on: "2026-03-04",
        told: &["missing-in-issuer A1 tax 12106000000"],
    },
    Case {
        cell: "K alone",
        what: "the issuer by the kind of the organ: a collecting unit, and finance itself",
        book: "treasury-receipts
                       slip_no tax_org subject
                       F1 301001 103010101
                       F2 390001 103010101",
        on: "2026-03-04",
        told: &["missing-in-issuer F1 finance 301001", "missing-in-issuer F2 finance 390001"],
    },
    Case {
        cell: "K alone",
        what: "no organ is named, or one that no table knows: its code is told, and nobody is accused",
        book: "treasury-receipts
                       slip_no tax_org
                       A1 -
                       A2 999999",
        on: "2026-03-04",
        told: &["missing-in-issuer A1 undetermined -", "missing-in-issuer A2 undetermined 999999"],
    },
    Case {
        cell: "B alone",
        what: "a receipt names no organ; what the bank did with the money is another matter",
        book: "bank-receipts
                       slip_no remitted_at
                       A1 2026-03-02
                       A2 -",
        on: "2026-03-04",
        told: &[
            "missing-in-issuer A1 undetermined -",
            "missing-in-issuer A2 undetermined -",
            "remittance-withholding A2 bank 102222020334",
        ],
    },
    Case {
        cell: "B and K, no S",
        what: "the issuer by the kind of the organ",
        book: "bank-receipts
                       slip_no remitted_at
                       A1 2026-03-02

                       treasury-receipts
                       slip_no
                       A1",
        on: "2026-03-04",
        told: &["missing-in-issuer A1 tax 12106000000"],
    },
];

#[test]
fn refunds() {
    check_all("refund", REFUNDS);
}

const REFUNDS: &[Case] = &[
    Case {
        cell: "S=B≠K",
        what: "amount",
        book: "tax-refunds
                       voucher_no
                       R1

                       treasury-refunds
                       voucher_no amount
                       R1 90.00

                       bank-refunds
                       voucher_no
                       R1",
        on: "2026-03-02",
        told: &["amount-mismatch R1 treasury 2106000000"],
    },
    Case {
        cell: "S=K≠B",
        what: "payee",
        book: "tax-refunds
                       voucher_no payee_account
                       R1 6600001

                       treasury-refunds
                       voucher_no payee_account
                       R1 6600001

                       bank-refunds
                       voucher_no payee_account
                       R1 6600009",
        on: "2026-03-02",
        told: &["payee-mismatch R1 bank 102222020334"],
    },
    Case {
        cell: "B=K≠S",
        what: "payee and amount of a tax office's order",
        book: "tax-refunds
                       voucher_no payee_account amount
                       R1 6600009 110.00

                       treasury-refunds
                       voucher_no payee_account
                       R1 6600001

                       bank-refunds
                       voucher_no payee_account
                       R1 6600001",
        on: "2026-03-02",
        told: &["amount-mismatch R1 tax 12106000000", "payee-mismatch R1 tax 12106000000"],
    },
    Case {
        cell: "B=K≠S",
        what: "amount of an order of finance",
        book: "finance-refunds
                       voucher_no amount tax_org subject
                       R1 110.00 390001 103010101

                       treasury-refunds
                       voucher_no subject
                       R1 103010101

                       bank-refunds
                       voucher_no
                       R1",
        on: "2026-03-02",
        told: &["amount-mismatch R1 finance 390001"],
    },
    Case {
        cell: "all differ",
        what: "amount",
        book: "tax-refunds
                       voucher_no
                       R1

                       treasury-refunds
                       voucher_no amount
                       R1 90.00

                       bank-refunds
                       voucher_no amount
                       R1 80.00",
        on: "2026-03-02",
        told: &["amount-mismatch R1 undetermined -"],
    },
    Case {
        cell: "S≠K, no B",
        what: "amount, subject and level",
        book: "tax-refunds
                       voucher_no subject level
                       R1 101010101 4

                       treasury-refunds
                       voucher_no amount subject level
                       R1 90.00 101040101 3",
        on: "2026-03-02",
        told: &[
            "amount-mismatch R1 treasury 2106000000",
            "level-mismatch R1 treasury 2106000000",
            "subject-mismatch R1 treasury 2106000000",
        ],
    },
    Case {
        cell: "S≠B, no K",
        what: "amount",
        book: "tax-refunds
                       voucher_no
                       R1

                       bank-refunds
                       voucher_no amount
                       R1 90.00",
        on: "2026-03-02",
        told: &["amount-mismatch R1 bank 102222020334"],
    },
    Case {
        cell: "B≠K, no S",
        what: "amount",
        book: "treasury-refunds
                       voucher_no amount
                       R1 90.00

                       bank-refunds
                       voucher_no amount
                       R1 80.00",
        on: "2026-03-02",
        told: &["amount-mismatch R1 undetermined -"],
    },
    Case {
        cell: "S alone",
        what: "the treasury is next",
        book: "tax-refunds
                       voucher_no
                       R1",
        on: "2026-03-04",
        told: &["missing-in-treasury R1 treasury 2106000000"],
    },
    Case {
        cell: "S and B, no K",
        what: "the treasury is next, whoever acted after it",
        book: "tax-refunds
                       voucher_no
                       R1

                       bank-refunds
                       voucher_no
                       R1",
        on: "2026-03-04",
        told: &["missing-in-treasury R1 treasury 2106000000"],
    },
    Case {
        cell: "S and K, no B",
        what: "the payee's bank, which the order names or not",
        book: "tax-refunds
                       voucher_no payee_bank
                       R1 105222000008
                       R2 -

                       treasury-refunds
                       voucher_no
                       R1
                       R2",
        on: "2026-03-04",
        told: &["missing-in-bank R1 bank 105222000008", "missing-in-bank R2 bank -"],
    },
    Case {
        cell: "K alone",
        what: "tax for subjects under 101, finance for others",
        book: "treasury-refunds
                       voucher_no subject
                       R1 101010101
                       R2 103010101",
        on: "2026-03-04",
        told: &["missing-in-issuer R1 tax -", "missing-in-issuer R2 finance -"],
    },
    Case {
        cell: "B alone",
        what: "a bank states no subject",
        book: "bank-refunds
                       voucher_no
                       R1",
        on: "2026-03-04",
        told: &["missing-in-issuer R1 undetermined -"],
    },
    Case {
        cell: "B and K, no S",
        what: "tax for subjects under 101",
        book: "treasury-refunds
                       voucher_no
                       R1

                       bank-refunds
                       voucher_no
                       R1",
        on: "2026-03-04",
        told: &["missing-in-issuer R1 tax -"],
    },
];

#[test]
fn disbursements() {
    check_all("disbursement", DISBURSEMENTS);
}

const DISBURSEMENTS: &[Case] = &[
    Case {
        cell: "S=B≠K",
        what: "amount: finance against treasury is one rule's alone",
        book: "finance-disbursements
                       voucher_no pay_mode
                       V1 91

                       treasury-disbursements
                       voucher_no amount
                       V1 90.00

                       bank-disbursements
                       voucher_no
                       V1",
        on: "2026-03-02",
        told: &["disbursement-mismatch V1 treasury 2106000000"],
    },
    Case {
        cell: "S=K≠B",
        what: "amount, and payee",
        book: "finance-disbursements
                       voucher_no pay_mode payee_account
                       V1 91 7700001
                       V2 91 7700002

                       treasury-disbursements
                       voucher_no payee_account
                       V1 7700001
                       V2 7700002

                       bank-disbursements
                       voucher_no payee_account amount
                       V1 7700001 90.00
                       V2 7700009 100.00",
        on: "2026-03-02",
        told: &["amount-mismatch V1 bank 102222020334", "payee-mismatch V2 bank 102222020334"],
    },
    Case {
        cell: "B=K≠S",
        what: "finance changed its voucher",
        book: "finance-disbursements
                       voucher_no pay_mode amount
                       V1 91 110.00

                       treasury-disbursements
                       voucher_no
                       V1

                       bank-disbursements
                       voucher_no
                       V1",
        on: "2026-03-02",
        told: &["disbursement-mismatch V1 finance 390001"],
    },
    Case {
        cell: "all differ",
        what: "amount",
        book: "finance-disbursements
                       voucher_no pay_mode
                       V1 91

                       treasury-disbursements
                       voucher_no amount
                       V1 90.00

                       bank-disbursements
                       voucher_no amount
                       V1 80.00",
        on: "2026-03-02",
        told: &["disbursement-mismatch V1 undetermined -"],
    },
    Case {
        cell: "S≠K, no B",
        what: "amount",
        book: "finance-disbursements
                       voucher_no pay_mode
                       V1 91

                       treasury-disbursements
                       voucher_no amount
                       V1 90.00",
        on: "2026-03-02",
        told: &["disbursement-mismatch V1 treasury 2106000000"],
    },
    Case {
        cell: "S≠B, no K",
        what: "amount of an authorised payment",
        book: "finance-disbursements
                       voucher_no pay_mode
                       V1 12

                       bank-disbursements
                       voucher_no pay_mode amount
                       V1 12 90.00",
        on: "2026-03-02",
        told: &["amount-mismatch V1 bank 102222020334"],
    },
    Case {
        cell: "B≠K, no S",
        what: "amount",
        book: "treasury-disbursements
                       voucher_no amount
                       V1 90.00

                       bank-disbursements
                       voucher_no amount
                       V1 80.00",
        on: "2026-03-02",
        told: &["amount-mismatch V1 undetermined -"],
    },
    Case {
        cell: "S alone",
        what: "a real payout: the treasury is next",
        book: "finance-disbursements
                       voucher_no pay_mode
                       V1 91",
        on: "2026-03-04",
        told: &["missing-in-treasury V1 treasury 2106000000"],
    },
    Case {
        cell: "S alone",
        what: "an authorised payment: the agent bank is next, the one that keeps the paying account and not the payee's",
        book: "accounts
                       account bank holder_class nature
                       5500001 103222099999 unit zero_balance

                       finance-disbursements
                       voucher_no pay_mode payer_account payee_bank
                       V1 12 5500001 105222000008
                       V2 11 5500002 105222000008",
        on: "2026-03-04",
        told: &["missing-in-bank V1 bank 103222099999", "missing-in-bank V2 bank -"],
    },
    Case {
        cell: "S and B, no K",
        what: "the treasury is next, in either chain",
        book: "finance-disbursements
                       voucher_no pay_mode
                       V1 91
                       V2 12

                       bank-disbursements
                       voucher_no pay_mode
                       V1 91
                       V2 12",
        on: "2026-03-04",
        told: &["missing-in-treasury V1 treasury 2106000000", "missing-in-treasury V2 treasury 2106000000"],
    },
    Case {
        cell: "S and K, no B",
        what: "the payee's bank of a real payout, the agent bank otherwise",
        book: "accounts
                       account bank holder_class nature
                       5500001 103222099999 unit zero_balance

                       finance-disbursements
                       voucher_no pay_mode payer_account payee_bank
                       V1 91 210600000000271001 105222000008
                       V2 12 5500001 105222000008

                       treasury-disbursements
                       voucher_no
                       V1
                       V2",
        on: "2026-03-04",
        told: &["missing-in-bank V1 bank 105222000008", "missing-in-bank V2 bank 103222099999"],
    },
    Case {
        cell: "K alone",
        what: "payouts are ordered by finance",
        book: "treasury-disbursements
                       voucher_no
                       V1",
        on: "2026-03-04",
        told: &["missing-in-issuer V1 finance 390001"],
    },
    Case {
        cell: "B alone",
        what: "payouts are ordered by finance",
        book: "bank-disbursements
                       voucher_no
                       V1",
        on: "2026-03-04",
        told: &["missing-in-issuer V1 finance 390001"],
    },
    Case {
        cell: "B and K, no S",
        what: "payouts are ordered by finance",
        book: "treasury-disbursements
                       voucher_no
                       V1

                       bank-disbursements
                       voucher_no
                       V1",
        on: "2026-03-04",
        told: &["missing-in-issuer V1 finance 390001"],
    },
];

/// A correction has no bank's record: who erred is told by the slip, and the party that carries the correction first answers
/// for the correction itself.
#[test]
fn corrections() {
    const ERROR_OF_TREASURY: &str = "tax-receipts
        slip_no subject
        A1 101010101

        bank-receipts
        slip_no remitted_at
        A1 2026-03-02

        treasury-receipts
        slip_no subject
        A1 101040101";
    const ERROR_OF_ISSUER: &str = "tax-receipts
        slip_no treasury
        A1 2106010000

        bank-receipts
        slip_no remitted_at
        A1 2026-03-02

        treasury-receipts
        slip_no
        A1";
    let by = |ledger: &str, sides: &str| {
        format!("\n\n{ledger} 2026-03-03\nvoucher_no original_slip corrected_on {sides}")
    };
    let subject = "old_subject new_subject\nC1 A1 2026-03-03 101040101 101010101";
    let treasury = "old_treasury new_treasury approval_ref\nC1 A1 2026-03-03 2106010000 2106000000 D1";
    let amount = "new_amount\nC1 A1 2026-03-03 90.00";
    let cases = [
        // Mended by who erred: the mismatch ends, and nobody else is told of.
        (
            ERROR_OF_TREASURY,
            by("treasury-corrections", subject),
            vec!["subject-mismatch A1 treasury 2106000000"],
        ),
        // Mended by another.
        (
            ERROR_OF_TREASURY,
            by("tax-corrections", subject),
            vec!["correction-wrong-party C1 tax 12106000000", "subject-mismatch A1 treasury 2106000000"],
        ),
        (
            ERROR_OF_ISSUER,
            by("tax-corrections", treasury),
            vec!["correction-cross-level C1 tax 12106000000", "treasury-mismatch A1 tax 12106000000"],
        ),
        (
            ERROR_OF_ISSUER,
            by("treasury-corrections", treasury),
            vec![
                "correction-cross-level C1 treasury 2106000000",
                "correction-wrong-party C1 treasury 2106000000",
                "treasury-mismatch A1 tax 12106000000",
            ],
        ),
        // An unbalanced one is its carrier's, whosever the error was.
        (
            ERROR_OF_TREASURY,
            by("finance-corrections", amount),
            vec!["correction-unbalanced C1 finance 390001"],
        ),
    ];
    for (book, correction, told) in cases {
        let book: &'static str = Box::leak(format!("{book}{correction}").into_boxed_str());
        let what: &'static str = Box::leak(correction.into_boxed_str());
        let told: &'static [&'static str] = Vec::leak(told);
        check("correction", &[Case { cell: "corrected", what, book, on: "2026-03-03", told }]);
    }
}
