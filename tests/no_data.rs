//! What is not delivered changes no verdict but those that needed it, and those say "no data".

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use treasury_recon::domain::facts::Facts;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::example::{story_book, story_days};
use treasury_recon::pipeline::handover::NoData;
use treasury_recon::pipeline::telling::OFF;
use treasury_recon::rules::finding::{Status, Told};
use treasury_recon::rules::{RULES, by_id};

use crate::example_books::{open, shown};
use crate::replay::Replay;
use crate::rule_pages::Section;

/// The days looked at begin shortly before the story's second half.
const BEGIN: usize = 30;

/// What each day of the story tells, and which rules lack what.
fn run(facts: Facts, mut change: impl FnMut(usize, &mut Facts)) -> Vec<(Vec<Told>, Vec<NoData>)> {
    let (_, files) = open(story_book());
    let mut replay = Replay::new(facts);
    let days = story_days().into_iter().skip(BEGIN).enumerate();
    days.map(|(place, day)| {
        change(place, &mut replay.facts);
        replay.run(day, &files[&day], |outcome, _| (outcome.told.clone(), outcome.handover.no_data.clone()))
    })
    .collect()
}

fn of_others(told: &[Told], needing: &BTreeSet<&str>) -> Vec<String> {
    told.iter().filter(|told| !needing.contains(told.rule)).map(shown).collect()
}

#[test]
fn a_missing_table_silences_the_rules_that_need_it_alone() {
    let whole = run(open(story_book()).0, |_, _| {});
    for table in ["accounts", "subjects", "treasuries"] {
        let needing: BTreeSet<&str> =
            RULES.iter().filter(|rule| rule.tables.contains(&table)).map(|rule| rule.id).collect();
        assert!(!needing.is_empty(), "{table}");
        let without = run(open(story_book()).0, |_, facts| facts.remove_table(table));
        for (day, ((told, _), (expected, _))) in without.iter().zip(&whole).enumerate() {
            assert_eq!(of_others(told, &needing), of_others(expected, &needing), "day {day} without {table}");
            assert!(told.iter().all(|told| !needing.contains(told.rule)), "day {day} without {table}");
        }
        for (day, (_, lacks)) in without.iter().enumerate() {
            let lacking: BTreeSet<&str> =
                lacks.iter().filter(|of| of.lacks.contains(&table)).map(|of| of.rule).collect();
            assert_eq!(lacking, needing, "day {day} without {table}");
        }
    }
}

#[test]
fn a_table_that_is_missing_for_a_day_settles_nothing() {
    let told = run(open(story_book()).0, |day, facts| {
        if day >= 7 {
            facts.remove_table("accounts");
        }
    });
    let needs = |told: &Told| by_id(told.rule).expect("a rule").tables.contains(&"accounts");
    let before =
        told[..7].iter().flat_map(|(told, _)| told).filter(|told| needs(told) && told.status == Status::Open);
    assert!(before.count() > 0, "the story has some");
    let after = told[7..].iter().flat_map(|(told, _)| told).filter(|told| needs(told));
    assert_eq!(after.map(shown).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_rule_that_is_off_is_silent_and_says_so() {
    let whole = run(open(story_book()).0, |_, _| {});
    let off = "remittance-delay";
    let without = run(open(story_book()).0, |_, facts| {
        facts.off.insert(off.to_owned(), "试运行".to_owned());
    });
    let silenced = BTreeSet::from([off]);
    for (day, ((told, lacks), (expected, _))) in without.iter().zip(&whole).enumerate() {
        assert_eq!(told.iter().map(shown).collect::<Vec<_>>(), of_others(expected, &silenced), "day {day}");
        assert!(lacks.contains(&NoData { rule: off, lacks: vec![OFF] }), "day {day}");
    }
    assert!(whole.iter().flat_map(|(told, _)| told).any(|told| told.rule == off), "the story has some");
}

/// The days of a book in which every ledger comes every day and every table is there.
const DAYS: [&str; 3] = ["2026-03-02", "2026-03-03", "2026-03-04"];

/// Days of a year that the shipped calendar does not know.
const UNKNOWN: [&str; 3] = ["2027-03-02", "2027-03-03", "2027-03-04"];

/// What stands in each ledger on the last day: clean rows, and faults of every family.
const ROWS: &[(Ledger, &str)] = &[
    (
        Ledger::TaxReceipts,
        "slip_no payer_bank billed_on tax_type
         A1 102222020334 DAY 01
         A2 102222020334 DAY 01
         A3 - DAY 04",
    ),
    (
        Ledger::FinanceReceipts,
        "slip_no subject payer_bank billed_on
         F1 103010101 102222020334 DAY
         F2 103010109 102222020334 DAY",
    ),
    (
        Ledger::BankReceipts,
        "slip_no received_at remitted_at batch payee_account method fee
         A1 DAY DAY B1 2200010 转账 -
         A2 DAY DAY B1 2200010 转账 5.00
         A3 DAY DAY B1 2200010 转账 -
         F1 DAY DAY B1 2200099 现金 -
         F2 DAY DAY B1 2200010 转账 -",
    ),
    (Ledger::BankRemittances, "batch remitted_at count amount\nB1 DAY 5 490.00"),
    (Ledger::TreasuryClearing, "batch cleared_on count amount\nB1 DAY 5 480.00"),
    (
        Ledger::TreasuryReceipts,
        "slip_no amount subject tax_org booked_on
         A1 100.00 101010101 12106000000 DAY
         A2 90.00 101010101 12106000000 DAY
         A3 100.00 101010101 12106000000 DAY
         F1 100.00 103010101 301001 DAY
         F2 100.00 103010101 301001 DAY",
    ),
    (
        Ledger::TaxRefunds,
        "voucher_no original_slip payee_account payee_bank reason issued_on
         R1 A0 4400010 102222020334 915 DAY",
    ),
    (
        Ledger::FinanceRefunds,
        "voucher_no payee_account payee_bank reason subject tax_org issued_on
         R2 6600002 102222020334 - 103010101 390001 DAY",
    ),
    (
        Ledger::TreasuryRefunds,
        "voucher_no payee_account subject method accepted_on booked_on
         R1 4400010 101010101 现金 DAY DAY
         R2 6600002 103010101 转账 DAY DAY",
    ),
    (
        Ledger::BankRefunds,
        "voucher_no payee_account credited_on
         R1 4400010 DAY
         R2 6600009 DAY",
    ),
    (
        Ledger::FinanceDisbursements,
        "voucher_no form_no voucher_date pay_mode payer_account payee_account amount subject purpose
         V1 K0000001 DAY 91 210600000000271001 7700001 100.00 2050201 办公
         V2 K0000009 DAY 12 5500001 7700002 100.00 2050201 借款",
    ),
    (
        Ledger::TreasuryDisbursements,
        "voucher_no payee_account amount subject accepted_on booked_on method
         V1 7700001 90.00 2050201 DAY DAY 转账
         V2 7700002 100.00 2050201 DAY DAY 现金",
    ),
    (
        Ledger::BankDisbursements,
        "voucher_no payer_account payee_account pay_mode paid_on cleared_on
         V1 210600000000271001 7700001 91 DAY -
         V2 5500001 7700009 12 DAY DAY",
    ),
    (
        Ledger::TaxCorrections,
        "voucher_no original_slip new_amount corrected_on
         C1 A1 90.00 DAY",
    ),
    (Ledger::FinanceCorrections, "voucher_no original_slip corrected_on\nC2 F1 DAY"),
    (
        Ledger::TreasuryCorrections,
        "voucher_no original_slip new_level corrected_on
         C3 A3 3 DAY",
    ),
    (
        Ledger::BankStatements,
        "account date serial direction amount balance counterparty_name counterparty_account
         2200010 DAY 1 贷 500.00 500.00 甲公司 4400010
         2200010 DAY 2 借 300.00 200.00 丙公司 9900001
         5500001 DAY 1 贷 10.00 10.00 县国库 -",
    ),
    (
        Ledger::TreasuryBalances,
        "account date opening income outlay closing
         271001 DAY 1000.00 10.00 5.00 1000.00",
    ),
    (
        Ledger::TreasuryReports,
        "tax_org date level subject day_amount month_amount year_amount
         12106000000 DAY 4 101 100.00 100.00 100.00
         12106000000 DAY 4 10101 90.00 90.00 90.00",
    ),
    (
        Ledger::BondRedemptions,
        "certificate_no issue principal interest redeemed_on
         Z9 2020-1 100.00 0.00 DAY",
    ),
];

const TABLES: &[(&str, &str)] = &[
    (
        "accounts",
        "account bank holder_id holder_name holder_class nature permit_no finance_approval opened_on
         2200010 102222020334 102222020334 待报解预算收入 bank pending_receipts - - 2020-01-01
         5500001 102222020334 101001 县教育局 unit zero_balance J1 D1 2020-01-01
         5500003 102222020334 101001 县教育局 unit zero_balance J2 D2 2020-01-01
         7700001 - - 乙公司 enterprise general - - 2020-01-01",
    ),
    ("accounts-treasury", "account holder_name holder_class nature\n5500001 县教育局二 unit zero_balance"),
    (
        "institutions",
        "code name kind treasury
         12106000000 县税务局 tax_org 2106000000
         301001 县执收单位 collector 2106000000
         390001 县财政局 finance 2106000000",
    ),
    (
        "subjects",
        "code name class attribute enterable tax_type
         101010101 增值税 income 3 是 01
         103010101 基金收入 income 4 是 -
         2050201 学前教育 function - 是 -",
    ),
    ("treasuries", "code name level agent\n2106000000 县国库 4 是"),
    ("sharing", "subject level rate valid_from\n101010101 4 1 2020-01-01"),
    ("incidents", "date kind institution key note\nDAY cash_refused 102222020334 I1 -"),
    (
        "budget",
        "year unit subject amount approved_on received_on doc_ref
         2026 101001 2050201 150.00 2026-01-15 2026-01-20 D1
         2027 101001 2050201 150.00 2026-01-15 2026-01-20 D1",
    ),
    (
        "plan",
        "year month unit subject amount
         2026 1 101001 2050201 150.00
         2027 1 101001 2050201 150.00",
    ),
    (
        "quota",
        "year unit subject pay_mode amount
         2026 101001 2050201 12 50.00
         2027 101001 2050201 12 50.00",
    ),
    ("refund-register", "taxpayer_id name valid_from\n91350100MA000100Y4 某公司 2020-01-01"),
    (
        "voucher-stock",
        "form_type from to issued_to issued_on signed_by
         支付凭证 K0000001 K0000005 101001 2026-01-05 -",
    ),
    (
        "bonds",
        "issue certificate_from certificate_to principal rate issued_on matures_on
         2020-1 Z1 Z5 100.00 3 2020-01-01 2025-01-01",
    ),
    ("attestations", "kind period party signed_on\nsignoff 2026-02 tax 2026-03-01"),
    ("key-taxpayers", "taxpayer_id name since\n91350100M000100Y43 甲公司 2025-01-01"),
];

/// The book, without a ledger on the last day or without a table from the first on.
fn book(days: [&str; 3], ledger: Option<Ledger>, table: Option<&str>) -> Section {
    let mut section = Section::default();
    section.has_no_institutions = table == Some("institutions");
    let take = |section: &mut Section, heading: String, text: &str, day: &str| {
        let lines: Vec<String> = text.lines().map(|line| line.trim().replace("DAY", day)).collect();
        section.take(&heading, &lines.join("\n"));
    };
    for (id, rows) in TABLES.iter().filter(|(id, _)| Some(*id) != table) {
        take(&mut section, format!("{id} {}", days[0]), rows, days[2]);
    }
    for day in days {
        for (of, rows) in ROWS {
            if day == days[2] && ledger == Some(*of) {
                section.take(&format!("silent {day}"), of.id());
            } else if day == days[2] {
                take(&mut section, format!("{} {day}", of.id()), rows, day);
            } else {
                // A header alone.
                take(&mut section, format!("{} {day}", of.id()), rows.lines().next().expect("a header"), day);
            }
        }
    }
    section
}

/// What is told on the last day, and which rules lack what.
fn last_day(mut section: Section, day: &str) -> (Vec<Told>, BTreeMap<&'static str, Vec<&'static str>>) {
    let day: NaiveDate = day.parse().expect("a day");
    let lacks = section.lacks(day).iter().map(|of| (of.rule, of.lacks.clone())).collect();
    (section.tell(day).to_vec(), lacks)
}

#[test]
fn a_whole_book_lacks_nothing_and_has_every_kind_of_fault() {
    let (told, lacks) = last_day(book(DAYS, None, None), DAYS[2]);
    assert_eq!(lacks, BTreeMap::new());
    let found: BTreeSet<&str> = told.iter().map(|told| told.rule).collect();
    assert!(found.len() > 25, "{found:?}");
}

/// The rules that a ledger's silence leaves without data: those that judge what stands in it, or say who lacks a record.
const SILENT: &[(&str, &str)] = &[
    (
        "tax-receipts",
        "aging-unreconciled ambiguous-match amount-mismatch collect-then-rebate correction-no-original correction-wrong-party daily-tie-out fund-round-trip funds-outside-treasury invalid-slip-accepted key-taxpayer-watch level-mismatch loan-paid-tax missing-in-issuer mixed-tax-type refund-wrong-source slip-field-invalid slip-incomplete slip-no-mismatch subject-invalid subject-mismatch tax-entry-late tax-trading third-party-payer treasury-mismatch voucher-duplicate wrong-budget-level wrong-treasury",
    ),
    (
        "finance-receipts",
        "aging-unreconciled ambiguous-match amount-mismatch collect-then-rebate correction-no-original correction-wrong-party daily-tie-out fund-round-trip funds-outside-treasury invalid-slip-accepted level-mismatch missing-in-issuer mixed-tax-type refund-wrong-source slip-field-invalid slip-incomplete slip-no-mismatch subject-invalid subject-mismatch tax-entry-late treasury-mismatch voucher-duplicate wrong-budget-level wrong-treasury",
    ),
    (
        "bank-receipts",
        "aging-unreconciled ambiguous-match amount-mismatch cash-tax-refusal correction-wrong-party daily-tie-out funds-outside-treasury invalid-slip-accepted loan-paid-tax missing-in-bank next-day-remittance payer-fee-charged remittance-delay remittance-mismatch remittance-withholding slip-no-mismatch stale-pending-balance tax-entry-late tax-trading third-party-payer transit-account treasury-mismatch unlicensed-account voucher-duplicate voucher-holding wrong-collection-subject year-end-settlement",
    ),
    (
        "bank-remittances",
        "clearing-mismatch next-day-remittance remittance-delay remittance-mismatch remittance-withholding voucher-duplicate",
    ),
    (
        "treasury-receipts",
        "aging-unreconciled ambiguous-match amount-mismatch correction-wrong-party daily-tie-out disbursement-over-balance level-mismatch missing-in-treasury period-end-spike refund-ratio-spike report-rollup share-split-mismatch slip-no-mismatch subject-mismatch tax-entry-late treasury-mismatch voucher-duplicate year-end-settlement",
    ),
    ("treasury-clearing", "clearing-mismatch voucher-duplicate"),
    (
        "tax-refunds",
        "aging-unreconciled ambiguous-match amount-mismatch daily-tie-out level-mismatch missing-in-issuer mixed-tax-type payee-mismatch refund-duplicate refund-exceeds-payment refund-incomplete refund-late-tax refund-no-authority refund-payee-mismatch refund-reason-suspect refund-unregistered-enterprise refund-without-basis refund-wrong-source slip-no-mismatch subject-invalid subject-mismatch treasury-mismatch voucher-duplicate wrong-budget-level wrong-treasury",
    ),
    (
        "finance-refunds",
        "aging-unreconciled ambiguous-match amount-mismatch daily-tie-out level-mismatch missing-in-issuer mixed-tax-type payee-mismatch refund-duplicate refund-exceeds-payment refund-incomplete refund-no-authority refund-payee-mismatch refund-reason-suspect refund-unregistered-enterprise refund-without-basis refund-wrong-source slip-no-mismatch subject-invalid subject-mismatch treasury-mismatch voucher-duplicate wrong-budget-level wrong-treasury",
    ),
    (
        "treasury-refunds",
        "aging-unreconciled ambiguous-match amount-mismatch daily-tie-out disbursement-over-balance level-mismatch missing-in-treasury payee-mismatch refund-agent-review refund-cash refund-late-treasury refund-ratio-spike slip-no-mismatch subject-mismatch treasury-mismatch voucher-duplicate year-end-settlement",
    ),
    (
        "bank-refunds",
        "aging-unreconciled ambiguous-match amount-mismatch collector-paid-refund missing-in-bank payee-mismatch slip-no-mismatch voucher-duplicate",
    ),
    (
        "finance-disbursements",
        "abnormal-disbursement account-expired aging-unreconciled ambiguous-match amount-mismatch budget-copy-late clearing-over-quota collect-then-rebate disbursement-duplicate disbursement-mismatch disbursement-over-budget disbursement-over-plan disbursement-unbudgeted disbursement-undocumented fund-round-trip large-disbursement-undocumented loan-paid-tax missing-in-issuer payee-mismatch pre-approval-spend slip-no-mismatch special-account-unapproved subject-invalid treasury-mismatch unfiled-account unlicensed-account voucher-date-invalid voucher-duplicate voucher-handover-missing voucher-serial-control zero-balance-self-transfer",
    ),
    (
        "treasury-disbursements",
        "account-expired aging-unreconciled ambiguous-match amount-mismatch bank-payout-held disbursement-cash disbursement-late disbursement-mismatch disbursement-over-balance missing-in-treasury payee-mismatch returned-funds-held slip-no-mismatch special-account-unapproved treasury-mismatch unfiled-account unlicensed-account voucher-date-invalid voucher-duplicate",
    ),
    (
        "bank-disbursements",
        "account-early-use account-expired aging-unreconciled ambiguous-match amount-mismatch bank-payout-held clearing-late clearing-over-quota disbursement-mismatch missing-in-bank payee-mismatch returned-funds-held slip-no-mismatch special-account-unapproved unfiled-account unlicensed-account voucher-duplicate zero-balance-self-transfer",
    ),
    (
        "tax-corrections",
        "amount-mismatch correction-cross-level correction-late correction-no-change correction-no-original correction-repeat correction-unbalanced correction-wrong-party daily-tie-out level-mismatch mixed-tax-type refund-wrong-source subject-invalid subject-mismatch treasury-mismatch voucher-duplicate wrong-budget-level wrong-treasury",
    ),
    (
        "finance-corrections",
        "amount-mismatch correction-cross-level correction-late correction-no-change correction-no-original correction-repeat correction-unbalanced correction-wrong-party daily-tie-out level-mismatch mixed-tax-type refund-wrong-source subject-invalid subject-mismatch treasury-mismatch voucher-duplicate wrong-budget-level wrong-treasury",
    ),
    (
        "treasury-corrections",
        "amount-mismatch correction-cross-level correction-late correction-no-change correction-no-original correction-repeat correction-unbalanced correction-wrong-party level-mismatch mixed-tax-type refund-wrong-source subject-invalid subject-mismatch treasury-mismatch voucher-duplicate wrong-budget-level wrong-treasury",
    ),
    (
        "bank-statements",
        "account-early-use account-expired collector-paid-refund fund-round-trip loan-paid-tax payer-fee-charged pending-tax-aging revenue-diversion stale-pending-balance transit-account unfiled-account zero-balance-eod",
    ),
    ("treasury-balances", "disbursement-over-balance pending-tax-aging stock-continuity"),
    ("treasury-reports", "collection-progress report-rollup"),
    (
        "bond-redemptions",
        "bond-duplicate-redemption bond-over-redemption bond-register-mismatch voucher-duplicate",
    ),
];

/// The rules that a missing table leaves without data.
const MISSING: &[(&str, &str)] = &[
    (
        "accounts",
        "abnormal-disbursement account-early-use account-expired account-register-conflict collector-paid-refund funds-outside-treasury multiple-accounts pending-tax-aging revenue-diversion special-account-unapproved stale-pending-balance transit-account unfiled-account unlicensed-account wrong-collection-subject zero-balance-eod zero-balance-self-transfer",
    ),
    ("accounts-treasury", "account-register-conflict"),
    ("institutions", "refund-no-authority wrong-treasury"),
    ("subjects", "mixed-tax-type subject-invalid wrong-budget-level"),
    ("treasuries", "disbursement-late refund-agent-review wrong-budget-level"),
    ("sharing", "share-split-mismatch"),
    ("incidents", "cash-tax-refusal"),
    (
        "budget",
        "budget-copy-late collection-progress disbursement-over-budget disbursement-unbudgeted disbursement-undocumented pre-approval-spend",
    ),
    ("plan", "disbursement-over-plan"),
    ("quota", "clearing-over-quota"),
    ("refund-register", "refund-unregistered-enterprise"),
    ("voucher-stock", "voucher-serial-control voucher-unsigned-issue"),
    ("bonds", "bond-over-redemption bond-register-mismatch"),
    (
        "attestations",
        "annual-inspection-missing joint-meeting-missing monthly-signoff-missing quarterly-onsite-missing",
    ),
    ("key-taxpayers", "key-taxpayer-watch"),
];

/// The rules that count working days, and those that need to know which day was one.
const COUNT_DAYS: &str = "abnormal-disbursement account-early-use aging-unreconciled bank-data-gap bank-payout-held clearing-late clearing-mismatch collection-progress correction-late daily-tie-out data-gap disbursement-late fund-round-trip loan-paid-tax missing-in-bank missing-in-issuer missing-in-treasury next-day-remittance pending-tax-aging period-end-spike refund-late-tax refund-late-treasury refund-ratio-spike remittance-delay remittance-withholding report-rollup returned-funds-held stale-pending-balance stock-continuity tax-entry-late tax-trading transit-account voucher-date-invalid voucher-holding voucher-serial-control year-end-settlement";

/// What is told of a ledger's silence alone: of a payout whose voucher is not there the other two records differ all the same.
const TOLD_OF_THE_REST: &[(&str, &str)] = &[("finance-disbursements", "amount-mismatch V1")];

fn set(words: &'static str) -> BTreeSet<&'static str> {
    words.split_whitespace().collect()
}

fn names(told: &[Told]) -> BTreeSet<String> {
    told.iter().map(|told| format!("{} {}", told.rule, told.key)).collect()
}

#[test]
fn a_silent_ledger_leaves_exactly_the_rules_that_read_it_without_data() {
    let (whole, _) = last_day(book(DAYS, None, None), DAYS[2]);
    assert!(SILENT.iter().map(|(id, _)| *id).eq(Ledger::ALL.iter().map(|ledger| ledger.id())));
    for (id, rules) in SILENT {
        let (told, lacks) = last_day(book(DAYS, Ledger::from_id(id), None), DAYS[2]);
        let lacking = set(rules);
        assert_eq!(lacks.keys().copied().collect::<BTreeSet<_>>(), lacking, "{id}");
        assert!(lacks.values().all(|lacks| *lacks == [*id]), "{id}: {lacks:?}");
        // The gap itself is told, and nobody is accused because of it.
        let gap =
            if id.starts_with("bank-") || id.starts_with("bond-") { "bank-data-gap" } else { "data-gap" };
        let mut known = names(&whole);
        known.insert(format!("{gap} {id}/{}", DAYS[2]));
        known.extend(TOLD_OF_THE_REST.iter().filter(|(of, _)| of == id).map(|(_, told)| (*told).to_owned()));
        assert_eq!(names(&told).difference(&known).collect::<Vec<_>>(), [""; 0], "{id}");
        // What needs nothing of it is told as ever.
        let mut others = lacking;
        others.insert(gap);
        assert_eq!(of_others(&told, &others), of_others(&whole, &others), "{id}");
    }
}

#[test]
fn a_missing_table_leaves_exactly_the_rules_that_read_it_without_data() {
    let (whole, _) = last_day(book(DAYS, None, None), DAYS[2]);
    assert!(MISSING.iter().map(|(id, _)| *id).eq(TABLES.iter().map(|(id, _)| *id)));
    for (id, rules) in MISSING {
        let (told, lacks) = last_day(book(DAYS, None, Some(id)), DAYS[2]);
        let lacking = set(rules);
        assert_eq!(lacks.keys().copied().collect::<BTreeSet<_>>(), lacking, "{id}");
        assert!(lacks.values().all(|lacks| *lacks == [*id]), "{id}: {lacks:?}");
        assert_eq!(names(&told).difference(&names(&whole)).collect::<Vec<_>>(), [""; 0], "{id}");
        assert_eq!(of_others(&told, &lacking), of_others(&whole, &lacking), "{id}");
    }
}

#[test]
fn in_an_unknown_year_exactly_the_rules_that_count_days_have_no_data() {
    let with_calendar = || {
        let mut section = book(UNKNOWN, None, None);
        section.take(&format!("calendar {}", UNKNOWN[0]), "date kind\n2027-01-01 holiday");
        section
    };
    let (known, lacks) = last_day(with_calendar(), UNKNOWN[2]);
    assert_eq!(lacks, BTreeMap::new());
    let (told, lacks) = last_day(book(UNKNOWN, None, None), UNKNOWN[2]);
    let counting = set(COUNT_DAYS);
    assert_eq!(lacks.keys().copied().collect::<BTreeSet<_>>(), counting);
    assert!(lacks.values().all(|lacks| *lacks == ["calendar"]), "{lacks:?}");
    assert_eq!(names(&told).difference(&names(&known)).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(of_others(&told, &counting), of_others(&known, &counting));
    // It is said on the first day.
    let first: NaiveDate = UNKNOWN[0].parse().expect("a day");
    let missing = |told: &Told| told.rule == "calendar-missing" && told.key == "2027";
    assert!(book(UNKNOWN, None, None).tell(first).iter().any(missing));
    assert!(!with_calendar().tell(first).iter().any(missing));
}

/// Money that was held when the old year ended is not said to be remitted because the new year is unknown.
#[test]
fn what_was_found_before_an_unknown_year_is_not_settled_by_it() {
    let mut section = Section::default();
    let rows = "slip_no received_at\nA1 2026-12-28";
    section.take("tax-receipts 2026-12-28", "slip_no billed_on\nA1 2026-12-28");
    section.take("bank-receipts 2026-12-28", rows);
    section.take("calendar 2027-01-05", "date kind\n2027-01-01 holiday");
    let mut told = |day: &str| -> Vec<String> {
        let day: NaiveDate = day.parse().expect("a day");
        section.tell(day).iter().filter(|told| told.rule == "remittance-withholding").map(shown).collect()
    };
    assert_eq!(told("2026-12-30"), ["remittance-withholding A1 bank critical open first 2026-12-30"]);
    for day in ["2027-01-01", "2027-01-02", "2027-01-03", "2027-01-04"] {
        assert_eq!(told(day), [""; 0], "{day}");
    }
    assert_eq!(told("2027-01-05"), ["remittance-withholding A1 bank critical open first 2026-12-30"]);
}
