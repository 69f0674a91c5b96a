//! Dossiers of a few rows.

use crate::domain::entry::Part;
use crate::ledger::profile::Profile;
use crate::ledger::{SourceFile, format, read};

use super::likeness::NotCompared;
use super::picture::Picture;
use super::related::Why;
use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// The rows of a ledger's text, all settled by one run; the case of each is the last cell of its line.
fn rows(ledger: Ledger, header: &str, lines: &[&str]) -> (Vec<Part>, Vec<u32>) {
    let split = |line: &&str| {
        let (row, case) = line.rsplit_once(" @").expect("a case");
        (row.to_owned(), case.parse::<u32>().expect("a number"))
    };
    let (texts, cases): (Vec<String>, Vec<u32>) = lines.iter().map(split).unzip();
    let source = SourceFile {
        path: format!("{}.csv", ledger.id()).into(),
        bytes: format!("{header}\n{}\n", texts.join("\n")).into_bytes(),
        arrived: day("2026-03-02"),
    };
    let parsed = read(&source, format::of(ledger), &Profile::default());
    assert_eq!(parsed.problems, []);
    (parsed.parts, cases)
}

fn material(ledgers: Vec<(Vec<Part>, Vec<u32>)>) -> Material {
    let (parts, cases): (Vec<Vec<Part>>, Vec<Vec<u32>>) = ledgers.into_iter().unzip();
    let found = cases.into_iter().flatten().map(|case| Found {
        run: day("2026-03-09"),
        case: Some(case),
        is_open: false,
        fate: Fate::Stands,
    });
    Material {
        found: found.collect(),
        book: Book::assemble(parts.into_iter().flatten().collect()),
        proofs: BTreeMap::new(),
    }
}

const STATEMENT: &str = "account,date,direction,amount,counterparty_account,counterparty_name";
const TAX: &str =
    "slip_no,tax_org,treasury,taxpayer_id,taxpayer_name,payer_account,subject,level,amount,billed_on";
const BANK: &str = "slip_no,bank,payer_account,payee_account,payee_name,amount,received_at";
const BOOKED: &str = "slip_no,treasury,subject,level,amount,booked_on";

fn about(account: &str, material: &Material) -> Dossier {
    let subject = Subject::Account(account.to_owned());
    dossier(
        &subject,
        Window::default(),
        material,
        &Material::default(),
        &[],
        &[],
        &Facts::new(day("2026-03-31")),
    )
}

fn yuan(text: &str) -> Money {
    text.parse().expect("an amount")
}

#[test]
fn a_payment_is_one_movement_however_many_wrote_it_down() {
    let material = material(vec![
        rows(Ledger::TaxReceipts, TAX, &["1,o,t,91,甲,A,101010101,4,100.00,2026-03-02 @1"]),
        rows(Ledger::BankReceipts, BANK, &["1,b,A,P,待报解,100.00,2026-03-03 @1"]),
        rows(Ledger::TreasuryReceipts, BOOKED, &["1,t,101010101,4,100.00,2026-03-04 @1"]),
    ]);
    let dossier = about("A", &material);
    assert_eq!((dossier.lines.len(), dossier.cases.len(), dossier.movements.len()), (3, 1, 1));
    let [paid] = &dossier.counterparties[..] else { panic!("one counterparty") };
    assert_eq!((paid.end.code.as_str(), paid.money_out, paid.count_out), ("P", yuan("100.00"), 1));
    // The taxpayer's account is the one it paid from.
    let own = own_accounts(&Subject::Taxpayer("91".to_owned()), &material, &Facts::new(day("2026-03-31")));
    assert_eq!(own, BTreeSet::from(["A".to_owned()]));
}

#[test]
fn an_unpaid_slip_moves_nothing() {
    let slips = rows(Ledger::TaxReceipts, TAX, &["1,o,t,91,甲,A,101010101,4,100.00,2026-03-02 @1"]);
    assert_eq!(about("A", &material(vec![slips])).movements, []);
}

#[test]
fn a_day_with_a_statement_is_told_by_it() {
    let material = material(vec![
        rows(
            Ledger::BankReceipts,
            BANK,
            &["1,b,A,P,待报解,100.00,2026-03-03 @1", "2,b,A,P,待报解,5.00,2026-03-04 @2"],
        ),
        rows(Ledger::BankStatements, STATEMENT, &["A,2026-03-03,debit,100.00,P,待报解 @3"]),
    ]);
    let days = about("A", &material).days;
    let out: Vec<(NaiveDate, Money)> = days.iter().map(|of| (of.on, of.money_out)).collect();
    assert_eq!(out, [(day("2026-03-03"), yuan("100.00")), (day("2026-03-04"), yuan("5.00"))]);
}

#[test]
fn what_comes_first_goes_first() {
    let material = material(vec![rows(
        Ledger::BankStatements,
        STATEMENT,
        &[
            "A,2026-03-02,credit,100.00,X,甲 @1",
            "A,2026-03-04,credit,50.00,Y,乙 @2",
            "A,2026-03-04,debit,120.00,Z,丙 @3",
        ],
    )]);
    let dwell = about("A", &material).dwell.expect("money went through");
    // 100 stayed two days, 20 none.
    assert_eq!((dwell.passed, dwell.same_day, dwell.kept), (yuan("120.00"), yuan("20.00"), yuan("30.00")));
    assert_eq!(dwell.tenths, 16);
    let nothing = rows(Ledger::BankStatements, STATEMENT, &["A,2026-03-02,credit,100.00,X,甲 @1"]);
    assert_eq!(about("A", &self::material(vec![nothing])).dwell, None);
}

#[test]
fn relays_are_told_where_nothing_is_picked() {
    let relay = |lines: &[&str]| -> Vec<(String, usize)> {
        let dossier = about("A", &material(vec![rows(Ledger::BankStatements, STATEMENT, lines)]));
        let is_relay = |why: &&Why| matches!(why, Why::Relay { .. });
        let related = dossier.related.iter();
        related.map(|of| (of.account.clone(), of.why.iter().filter(is_relay).count())).collect()
    };
    let through = ["A,2026-03-02,credit,70.00,X,甲 @1", "A,2026-03-02,debit,70.00,Y,乙 @2"];
    assert_eq!(relay(&through), [("X".to_owned(), 1), ("Y".to_owned(), 1)]);
    assert_eq!(relay(&[through[0], "A,2026-03-03,debit,70.00,Y,乙 @2"]), []);
    assert_eq!(relay(&[through[0], "A,2026-03-02,debit,70.01,Y,乙 @2"]), []);
    assert_eq!(relay(&[through[0], through[1], "A,2026-03-02,credit,70.00,W,丁 @3"]), []);
}

#[test]
fn a_picture_leaves_nothing_out() {
    let lines: Vec<String> =
        (0..120).map(|n| format!("A,2026-03-02,credit,{}.00,X{n},甲{n} @{n}", n + 1)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let dossier = about("A", &material(vec![rows(Ledger::BankStatements, STATEMENT, &lines)]));
    let Picture { left, middle, right, .. } = dossier.picture;
    assert_eq!((left.len(), right.len()), (49, 0));
    let rest = left.last().expect("a rest");
    assert_eq!((rest.end.clone(), rest.ends, rest.count), (None, 72, 72));
    // 1 + 2 + … + 120.
    assert_eq!(left.iter().map(|of| of.amount).sum::<Money>(), yuan("7260.00"));
    assert_eq!(middle, Some(yuan("7260.00")));
    assert_eq!(rest.amount, yuan("2628.00"));
}

#[test]
fn a_window_confines_rows_and_movements() {
    let statement = rows(
        Ledger::BankStatements,
        STATEMENT,
        &["A,2026-03-02,credit,1.00,X,甲 @1", "A,2026-03-04,credit,2.00,X,甲 @2"],
    );
    let material = material(vec![statement]);
    let window = Window { from: Some(day("2026-03-03")), to: None };
    let subject = Subject::Account("A".to_owned());
    let facts = Facts::new(day("2026-03-31"));
    let of = dossier(&subject, window, &material, &Material::default(), &[], &[], &facts);
    assert_eq!((of.lines.len(), of.cases.len(), of.movements.len()), (1, 1, 1));
}

#[test]
fn an_account_is_like_a_transit_account_by_what_it_does() {
    let lines = |out: &str| {
        let mut lines: Vec<String> = Vec::new();
        for (serial, (on, payers)) in [("2026-03-02", 4), ("2026-03-03", 6)].into_iter().enumerate() {
            let credits = (0..payers)
                .map(|payer| format!("A,{on},credit,10.00,{serial}X{payer},付款人 @{serial}{payer}"));
            lines.extend(credits);
            lines.push(format!("A,{on},debit,{payers}0.00,{out} @9{serial}"));
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        material(vec![rows(Ledger::BankStatements, STATEMENT, &lines)])
    };
    let points = |material: &Material| {
        let likeness = about("A", material).likeness.expect("an account").expect("money went through");
        let points: Vec<Option<u32>> = likeness.shown.iter().map(|shown| shown.points).collect();
        (points, likeness.score())
    };
    let full = Some(100);
    assert_eq!(points(&lines("T,国家金库青浦溪县支库")), (vec![full, full, None, full, full, None], 100));
    assert_eq!(points(&lines("S,云岫钢材公司")), (vec![full, full, None, full, Some(0), None], 75));
    let nothing = rows(Ledger::BankStatements, STATEMENT, &["A,2026-03-02,credit,100.00,X,甲 @1"]);
    assert_eq!(about("A", &material(vec![nothing])).likeness, Some(Err(NotCompared::NothingOut)));
    let nothing = rows(Ledger::BankStatements, STATEMENT, &["A,2026-03-02,debit,100.00,X,甲 @1"]);
    assert_eq!(about("A", &material(vec![nothing])).likeness, Some(Err(NotCompared::NothingIn)));
}

#[test]
fn an_account_that_pays_first_and_is_made_whole_is_no_transit_account() {
    let header = "account,date,time,direction,amount,balance,counterparty_account,counterparty_name";
    let of = |lines: &[&str]| {
        let dossier = about("A", &material(vec![rows(Ledger::BankStatements, header, lines)]));
        let likeness = dossier.likeness.clone().expect("an account").expect("money in and out");
        let points: Vec<Option<u32>> = likeness.shown.iter().map(|shown| shown.points).collect();
        (dossier.dwell.expect("money in and out"), points, likeness.score())
    };
    // The bank pays, and the treasury clears in the afternoon; on the second day it clears half of it on the day after.
    let (dwell, points, score) = of(&[
        "A,2026-03-02,09:00:00,debit,100.00,-100.00,X,甲公司 @1",
        "A,2026-03-02,16:30:00,credit,100.00,0.00,T,国家金库 @2",
        "A,2026-03-03,09:00:00,debit,80.00,-80.00,X,甲公司 @3",
        "A,2026-03-03,16:30:00,credit,40.00,-40.00,T,国家金库 @4",
        "A,2026-03-04,16:30:00,credit,40.00,0.00,T,国家金库 @5",
    ]);
    assert_eq!((dwell.passed, dwell.made_up, dwell.kept), (Money::ZERO, yuan("180.00"), Money::ZERO));
    assert_eq!((points, score), (vec![Some(0), None, None, Some(10), Some(0), None], 3));
    // The same sums the other way round: money comes first, and goes on.
    let (dwell, points, score) = of(&[
        "A,2026-03-02,09:00:00,credit,100.00,100.00,X,甲公司 @1",
        "A,2026-03-02,16:30:00,debit,100.00,0.00,T,国家金库 @2",
        "A,2026-03-03,09:00:00,credit,80.00,80.00,X,甲公司 @3",
        "A,2026-03-03,16:30:00,debit,80.00,0.00,T,国家金库 @4",
    ]);
    assert_eq!((dwell.passed, dwell.made_up), (yuan("180.00"), Money::ZERO));
    assert_eq!((points, score), (vec![Some(100), Some(100), Some(100), Some(10), Some(100), None], 82));
}
