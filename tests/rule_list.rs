//! The list of rules: what the project sets out to judge, the registry, the plan's table and the pages say the same.

use std::collections::BTreeSet;

use treasury_recon::domain::ledger::Ledger;
use treasury_recon::ledger::format::{self, Type};
use treasury_recon::matching::group::{self, Role};
use treasury_recon::rules::coverage::PROVISIONS;
use treasury_recon::rules::{CODES, RULES, Rule, by_id};

/// Every rule of `rules.md`, by its sections; a rule that several name stands in the first.
const SECTIONS: &[(&str, &[&str])] = &[
    (
        "5.0 cross-ledger mismatches",
        &[
            "missing-in-issuer",
            "missing-in-bank",
            "missing-in-treasury",
            "amount-mismatch",
            "subject-mismatch",
            "level-mismatch",
            "treasury-mismatch",
            "payee-mismatch",
            "slip-no-mismatch",
            "voucher-duplicate",
            "ambiguous-match",
            "data-gap",
        ],
    ),
    (
        "5.A collection and remittance",
        &[
            "remittance-delay",
            "next-day-remittance",
            "remittance-withholding",
            "stale-pending-balance",
            "revenue-diversion",
            "wrong-collection-subject",
            "voucher-holding",
            "invalid-slip-accepted",
            "slip-incomplete",
            "collector-paid-refund",
            "cash-tax-refusal",
            "payer-fee-charged",
            "remittance-mismatch",
            "year-end-settlement",
            "pending-tax-aging",
        ],
    ),
    (
        "5.B accounts",
        &[
            "transit-account",
            "unlicensed-account",
            "unfiled-account",
            "account-register-conflict",
            "multiple-accounts",
            "account-early-use",
            "account-expired",
            "special-account-unapproved",
            "zero-balance-eod",
            "zero-balance-self-transfer",
        ],
    ),
    (
        "5.C classification",
        &[
            "mixed-tax-type",
            "wrong-budget-level",
            "wrong-treasury",
            "share-split-mismatch",
            "subject-invalid",
            "funds-outside-treasury",
        ],
    ),
    (
        "5.D authenticity of revenue",
        &[
            "third-party-payer",
            "loan-paid-tax",
            "collect-then-rebate",
            "tax-trading",
            "period-end-spike",
            "fund-round-trip",
        ],
    ),
    (
        "5.E refunds",
        &[
            "refund-without-basis",
            "refund-incomplete",
            "refund-reason-suspect",
            "refund-unregistered-enterprise",
            "refund-payee-mismatch",
            "refund-exceeds-payment",
            "refund-wrong-source",
            "refund-duplicate",
            "refund-late-tax",
            "refund-late-treasury",
            "refund-cash",
            "refund-no-authority",
            "refund-agent-review",
            "refund-ratio-spike",
        ],
    ),
    (
        "5.F disbursements",
        &[
            "disbursement-late",
            "bank-payout-held",
            "disbursement-cash",
            "disbursement-over-balance",
            "disbursement-unbudgeted",
            "disbursement-over-budget",
            "disbursement-over-plan",
            "pre-approval-spend",
            "budget-copy-late",
            "large-disbursement-undocumented",
            "abnormal-disbursement",
            "disbursement-duplicate",
            "disbursement-mismatch",
            "returned-funds-held",
            "clearing-late",
            "clearing-over-quota",
            "clearing-mismatch",
        ],
    ),
    (
        "5.G controlled vouchers",
        &[
            "voucher-serial-control",
            "voucher-unsigned-issue",
            "voucher-handover-missing",
            "voucher-date-invalid",
        ],
    ),
    (
        "5.H corrections",
        &[
            "correction-unbalanced",
            "correction-no-original",
            "correction-no-change",
            "correction-repeat",
            "correction-late",
            "correction-cross-level",
            "correction-wrong-party",
        ],
    ),
    ("5.I bonds", &["bond-over-redemption", "bond-duplicate-redemption", "bond-register-mismatch"]),
    (
        "5.J reconciliation and integrity",
        &[
            "daily-tie-out",
            "stock-continuity",
            "report-rollup",
            "monthly-signoff-missing",
            "quarterly-onsite-missing",
            "annual-inspection-missing",
            "joint-meeting-missing",
            "bank-data-gap",
            "ledger-tamper",
            "aging-unreconciled",
        ],
    ),
    ("5.K early warning", &["key-taxpayer-watch", "collection-progress"]),
    ("3.1 and 4", &["calendar-missing", "tax-entry-late", "disbursement-undocumented", "slip-field-invalid"]),
];

fn listed() -> BTreeSet<&'static str> {
    SECTIONS.iter().flat_map(|(_, rules)| *rules).copied().collect()
}

#[test]
fn the_registry_is_the_list() {
    let all: Vec<&str> = SECTIONS.iter().flat_map(|(_, rules)| *rules).copied().collect();
    assert_eq!(all.len(), listed().len(), "each stands once");
    let judged: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(judged.len(), RULES.len(), "each is registered once");
    for (section, rules) in SECTIONS {
        for id in *rules {
            assert!(by_id(id).is_some(), "{section}: {id} is not judged");
        }
    }
    let unlisted: Vec<&str> = judged.difference(&listed()).copied().collect();
    assert_eq!(unlisted, [""; 0], "not listed");
}

#[test]
fn the_plan_is_served_by_the_list() {
    let served: BTreeSet<&str> = PROVISIONS.iter().flat_map(|provision| provision.rules).copied().collect();
    assert_eq!(listed().difference(&served).collect::<Vec<_>>(), [&""; 0], "rules that serve no provision");
    let unknown: Vec<&str> = served.difference(&listed()).copied().collect();
    assert_eq!(unknown, [""; 0], "rules of the plan's table that nobody listed");
}

/// What the blocks of findings of an example say: whether any of them finds something.
fn examples(page: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    for section in page.split("\n## ").skip(1) {
        let title = section.lines().next().expect("a title");
        let blocks = section.split("```findings").skip(1);
        let blocks: Vec<&str> = blocks
            .map(|block| {
                let body = block.split_once('\n').expect("a heading").1;
                body.split("```").next().expect("the block ends")
            })
            .collect();
        assert!(!blocks.is_empty(), "{title}: an example without findings");
        found.push((title, blocks.iter().any(|body| *body != "none\n")));
    }
    found
}

/// Two books in which the rule finds something, and two that come close and are clean throughout: a day after a finding on
/// which nothing is told again is no near miss.
#[test]
fn every_page_has_hits_and_near_misses() {
    let lacking = |rule: &&&Rule| {
        let examples = examples(rule.page);
        let hits = examples.iter().filter(|(_, found)| *found).count();
        hits < 2 || examples.len() - hits < 2
    };
    let pages: Vec<&str> = RULES.iter().filter(lacking).map(|rule| rule.id).collect();
    assert_eq!(pages, [""; 0], "pages without two hits and two near misses");
}

/// Two texts would be one code, and a document be admitted for another.
#[test]
fn what_admits_documents_by_their_codes_sees_only_codes() {
    let documents = Ledger::ALL.iter().filter(|ledger| group::role(**ledger) == Some(Role::Issuer));
    let mut seen = 0;
    for ledger in documents {
        for column in CODES.iter().filter_map(|&field| format::of(*ledger).column(field)) {
            assert_eq!(column.kind, Type::Code, "{ledger:?} {:?}", column.field);
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen} columns");
}
