//! A book of payouts in which everything is as it should be, and the same book with its rows in another order.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;
use treasury_recon::domain::calendar::Calendar;
use treasury_recon::domain::entry::Book;
use treasury_recon::domain::facts::Facts;
use treasury_recon::ledger::profile::Profile;
use treasury_recon::ledger::{SourceFile, format, read};

use crate::replay::Replay;

const TABLES: [(&str, &str); 6] = [
    ("treasuries", "code,name,level,agent\n2106000000,县支库,4,0\n2106000001,代理支库,5,1\n"),
    (
        "accounts",
        "account,holder_id,holder_name,holder_class,nature\n5500001,101001,县教育局,unit,zero_balance\n\
         5500002,101002,县卫生局,unit,zero_balance\n6600003,,张三,individual,general\n",
    ),
    (
        "budget",
        "year,unit,subject,project,amount,approved_on,received_on,doc_ref\n\
         2026,101001,2050201,,600000.00,2026-01-15,2026-01-20,D1\n\
         2026,101001,2050201,,600000.00,2026-02-15,2026-02-20,D2\n\
         2026,101002,2100101,P1,1200000.00,2026-01-15,2026-01-20,D1\n\
         2026,101002,2100101,,1200000.00,2026-01-15,2026-01-20,D1\n",
    ),
    (
        "plan",
        "year,month,unit,subject,amount\n2026,1,101001,2050201,600000.00\n2026,3,101001,2050201,1200000.00\n",
    ),
    (
        "quota",
        "year,unit,subject,pay_mode,amount\n2026,101001,2050201,12,400000.00\n2026,101002,2100101,12,400000.00\n",
    ),
    ("institutions", "code,name,kind\n390001,县财政局,finance\n"),
];

/// One day's rows of each ledger.
type Rows = BTreeMap<&'static str, Vec<String>>;

fn header(ledger: &str) -> &'static str {
    match ledger {
        "finance-disbursements" => {
            "voucher_no,voucher_date,treasury,unit,payer_account,payee_account,payee_name,amount,subject,project,\
             pay_mode,year,purpose,doc_ref"
        }
        "treasury-disbursements" => {
            "voucher_no,treasury,payee_account,amount,subject,accepted_on,booked_on,method"
        }
        "bank-disbursements" => {
            "voucher_no,bank,payee_account,amount,pay_mode,paid_on,cleared_on,returned_on"
        }
        "treasury-balances" => "treasury,date,opening,income,outlay,closing",
        _ => "slip_no,treasury,subject,level,amount,booked_on",
    }
}

/// Thirty working days. Every seventh payment comes back, and is booked back the day after.
fn book() -> BTreeMap<NaiveDate, Rows> {
    let calendar = Calendar::shipped();
    let mut days = vec![NaiveDate::from_ymd_opt(2026, 1, 26).expect("a day")];
    while days.len() < 33 {
        days.push(calendar.next_working(*days.last().expect("one")).expect("known"));
    }
    let mut book: BTreeMap<NaiveDate, Rows> = days.iter().map(|day| (*day, Rows::new())).collect();
    let mut number = 0;
    for today in 0..30 {
        for place in 0..8 {
            number += 1;
            let is_agent = place % 4 == 3;
            let (unit, subject, project) = match place % 3 {
                0 => ("101001", "2050201", ""),
                1 => ("101002", "2100101", "P1"),
                _ => ("101002", "2100101", "P2"),
            };
            let treasury = if place == 5 { "2106000001" } else { "2106000000" };
            let payee = format!("77{:05}", number % 13);
            let amount = format!("{}.{:02}", 900 + number * 7, number % 100);
            let (mode, from) = match (is_agent, unit) {
                (false, _) => ("91", "210600000000271001"),
                (true, "101001") => ("12", "5500001"),
                (true, _) => ("12", "5500002"),
            };
            // The treasury pays the same day, an agent's the next one; the bank credits the day after.
            let (mut paid, mut booked) = (days[today + 1], days[today]);
            if is_agent {
                (paid, booked) = (days[today], days[today + 1]);
            } else if place == 5 {
                (paid, booked) = (days[today + 2], days[today + 1]);
            }
            let accepted = if is_agent { booked } else { days[today] };
            let (issued, cleared) = (days[today], if is_agent { booked.to_string() } else { String::new() });
            let is_back = number % 7 == 0;
            let returned = if is_back { paid.to_string() } else { String::new() };
            let mut add = |day: NaiveDate, ledger, row: String| {
                book.get_mut(&day).expect("a day").entry(ledger).or_default().push(row);
            };
            add(
                issued,
                "finance-disbursements",
                format!(
                    "V{number:04},{issued},{treasury},{unit},{from},{payee},乙公司,{amount},{subject},{project},{mode},\
                     2026,货款{number},"
                ),
            );
            let booking = |amount: &str, on: NaiveDate| {
                format!("V{number:04},{treasury},{payee},{amount},{subject},{accepted},{on},转账")
            };
            add(booked, "treasury-disbursements", booking(&amount, booked));
            add(
                paid,
                "bank-disbursements",
                format!("V{number:04},102222020334,{payee},{amount},{mode},{paid},{cleared},{returned}"),
            );
            if is_back {
                let back = calendar.next_working(paid.max(booked)).expect("known");
                add(back, "treasury-disbursements", booking(&format!("-{amount}"), back));
            }
        }
    }
    // What comes in covers the day; every other day has its balance as well.
    for (place, (day, rows)) in book.iter_mut().enumerate() {
        for treasury in ["2106000000", "2106000001"] {
            let slip = format!("S{place:03}{treasury},{treasury},101010101,4,40000.00,{day}");
            rows.entry("treasury-receipts").or_default().push(slip);
            if place % 2 == 0 {
                let balance = format!("{treasury},{day},40000.00,40000.00,0.00,80000.00");
                rows.entry("treasury-balances").or_default().push(balance);
            }
        }
    }
    book
}

/// What the family tells of the book, day by day.
fn told(turn: usize, budgeted: &str) -> Vec<String> {
    let mut facts = Facts::new(NaiveDate::MIN);
    for (name, text) in TABLES {
        let path = format!("reference/{name}.csv");
        let text = text.replace("00000.00", budgeted);
        let source =
            SourceFile { path: path.as_str().into(), bytes: text.into_bytes(), arrived: NaiveDate::MIN };
        let parsed = read(&source, format::by_id(name).expect("a table"), &Profile::default());
        assert_eq!(parsed.problems, []);
        facts.add_table(name, Book::assemble(parsed.parts));
    }
    let mut replay = Replay::new(facts);
    let mut told = Vec::new();
    for (day, mut rows) in book() {
        for ledger in ["finance-disbursements", "treasury-disbursements", "bank-disbursements"] {
            rows.entry(ledger).or_default();
        }
        let files = rows.into_iter().map(|(ledger, mut rows)| {
            let by = turn.min(rows.len());
            rows.rotate_left(by);
            let mut text = header(ledger).to_owned();
            for row in &rows {
                write!(text, "\n{row}").expect("memory");
            }
            let path = format!("inbox/{day}/{ledger}.csv").as_str().into();
            SourceFile { path, bytes: text.into_bytes(), arrived: day }
        });
        let files: Vec<SourceFile> = files.collect();
        told.extend(replay.run(day, &files, |outcome, problems| {
            assert_eq!(problems, []);
            let family = outcome.told.iter().filter(|of| is_of_family(of.rule));
            family.map(|of| format!("{day} {} {} {}", of.rule, of.key, of.explanation.en)).collect::<Vec<_>>()
        }));
    }
    told
}

fn is_of_family(rule: &str) -> bool {
    const OTHERS: [&str; 8] = [
        "bank-payout-held",
        "pre-approval-spend",
        "budget-copy-late",
        "large-disbursement-undocumented",
        "returned-funds-held",
        "clearing-late",
        "clearing-over-quota",
        "zero-balance-self-transfer",
    ];
    rule.contains("disbursement") || OTHERS.contains(&rule) || rule == "amount-mismatch"
}

#[test]
fn a_clean_book_of_payouts_has_no_finding() {
    assert_eq!(told(0, "00000.00"), Vec::<String>::new());
}

#[test]
fn the_order_of_vouchers_in_a_file_does_not_show() {
    // A tenth of budget, plan and quota.
    let expected = told(0, "0000.00");
    for rule in ["disbursement-over-budget", "disbursement-over-plan", "clearing-over-quota"] {
        assert!(expected.iter().any(|line| line.contains(rule)), "{rule}");
    }
    for turn in [1, 5] {
        assert_eq!(told(turn, "0000.00"), expected, "{turn}");
    }
}
