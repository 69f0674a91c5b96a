//! Files as they come: text in every encoding and shape, quotes, totals, footers, damaged cells.

use std::fmt::Write as _;

use treasury_recon::domain::entry::{Book, Entry};
use treasury_recon::domain::field::Field;
use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::domain::money::Unit;
use treasury_recon::ledger::format;
use treasury_recon::ledger::problem::{Kind, Problem, Within};
use treasury_recon::ledger::profile::{Profile, Sign};
use treasury_recon::ledger::{Note, Parsed, SourceFile, read};

use proptest::prelude::*;

fn parse(ledger: Ledger, bytes: &[u8], profile: &Profile) -> Parsed {
    let file = SourceFile {
        path: "inbox/2026-03-02/file".into(),
        bytes: bytes.to_vec(),
        arrived: "2026-03-02".parse().expect("a date"),
    };
    read(&file, format::of(ledger), profile)
}

fn spell(entry: Entry<'_>, field: Field) -> String {
    let mut bytes = Vec::new();
    entry.spell(field, &mut bytes);
    if let Some(money) = entry.money(field) {
        return money.to_string();
    }
    if let Some(moment) = entry.moment(field) {
        return moment.to_string();
    }
    String::from_utf8(bytes).expect("text")
}

/// Each accepted row as `row: cells`, and each problem as `row column code`.
fn told(parsed: Parsed, fields: &[Field]) -> (Vec<String>, Vec<String>) {
    let problems = parsed
        .problems
        .iter()
        .map(|problem| {
            let row = problem.row.map_or("-".to_owned(), |row| row.to_string());
            format!("{row} {} {}", problem.column.as_deref().unwrap_or("-"), problem.kind.code())
        })
        .collect();
    let book = Book::assemble(parsed.parts);
    let rows = book.entries().map(|entry| {
        let cells: Vec<String> = fields.iter().map(|&field| spell(entry, field)).collect();
        format!("{}: {}", entry.file_row(), cells.join(" "))
    });
    (rows.collect(), problems)
}

const REMITTANCE: [Field; 4] = [Field::Batch, Field::Bank, Field::RemittedAt, Field::Amount];
const HEAD: &str = "划转批次,行号,国库代码,划转时间,金额,附注\n";

/// Rows below the header of remittances.
#[track_caller]
fn check(body: &str, rows: &[&str], problems: &[&str]) {
    let text = format!("{HEAD}{body}");
    let parsed = parse(Ledger::BankRemittances, text.as_bytes(), &Profile::default());
    let tally = parsed.tally;
    let lines = text.replace("\r\n", "\n").replace('\r', "\n").lines().count() as u64;
    let (got_rows, got_problems) = told(parsed, &REMITTANCE);
    assert_eq!(got_rows, rows, "{body:?}");
    assert_eq!(got_problems, problems, "{body:?}");
    // Counted by someone else: every line is a row, a blank, a title or a footer, unless a cell goes on over lines.
    if !body.contains("\"over") && !body.ends_with('\0') {
        let counted = tally.read.rows + tally.blank_rows + tally.title_rows + tally.footer_rows;
        assert_eq!(counted, lines, "{body:?}");
    }
}

#[test]
fn a_bad_row_costs_only_itself() {
    check(
        "B1,102,1906080000,2026-03-02,1,\nB2,102,1906080000,2026-03-02,1,2,3\nB3,102,1906080000,2026-03-02\n\
         ,102,1906080000,soon,1.234,\nB5,102,1906080000,2026-03-02,5,",
        &["2: B1 102 2026-03-02 1.00", "6: B5 102 2026-03-02 5.00"],
        &[
            "3 - cell-count",
            "4 - cell-count",
            "5 batch empty",
            "5 remitted_at bad-moment",
            "5 amount bad-money",
        ],
    );
}

#[test]
fn quotes() {
    check(
        "B1,102,1906080000,2026-03-02,\"1,234.50\",\"say \"\"go\"\", then\"\n\"B2\",\"102\",\"1906080000\",\"2026-03-02\" ,\"2\",\"\"",
        &["2: B1 102 2026-03-02 1234.50", "3: B2 102 2026-03-02 2.00"],
        &[],
    );
    // Never closed: its own line, and nothing below it.
    check(
        "B1,102,1906080000,2026-03-02,1,\"open\nB2,102,1906080000,2026-03-02,2,\"x\"\nB3,102,1906080000,2026-03-02,3,",
        &["3: B2 102 2026-03-02 2.00", "4: B3 102 2026-03-02 3.00"],
        &["2 - open-quote"],
    );
    check(
        "\"B1,102,1906080000,2026-03-02,1,\n\"B2\",102,1906080000,2026-03-02,2,x\nB3,102,1906080000,2026-03-02,3,\"",
        &["3: B2 102 2026-03-02 2.00"],
        &["2 - open-quote", "4 - open-quote"],
    );
    check(
        "B1,102,1906080000,2026-03-02,1,a \"b\" c\nB2,102,1906080000,2026-03-02,2,\"a\" b\nB3,102,1906080000,2026-03-02,3,x",
        &["4: B3 102 2026-03-02 3.00"],
        &["2 - stray-quote", "3 - stray-quote"],
    );
    let tabs = HEAD.replace(',', "\t") + "B1\t102\t1906080000\t2026-03-02\t1\ta \"b\" c\n";
    let parsed = parse(Ledger::BankRemittances, tabs.as_bytes(), &Profile::default());
    assert_eq!(told(parsed, &REMITTANCE), (vec!["2: B1 102 2026-03-02 1.00".into()], vec![]));
    // A cell over two lines is one cell; the row below keeps its number.
    check(
        "B1,102,1906080000,2026-03-02,1,\"over\r\ntwo lines\"\r\nB2,102,1906080000,2026-03-02,2,x\r\n",
        &["2: B1 102 2026-03-02 1.00", "4: B2 102 2026-03-02 2.00"],
        &[],
    );
}

#[test]
fn line_ends() {
    for end in ["\n", "\r\n", "\r"] {
        let body = ["B1,102,1906080000,2026-03-02,1,", "", "B2,102,1906080000,2026-03-02,2,"].join(end);
        check(&body, &["2: B1 102 2026-03-02 1.00", "4: B2 102 2026-03-02 2.00"], &[]);
    }
    check(
        "B1,102,1906080000,2026-03-02,1,\rB2,102,1906080000,2026-03-02,2,\r\nB3,102,1906080000,2026-03-02,3,\n",
        &["2: B1 102 2026-03-02 1.00", "3: B2 102 2026-03-02 2.00", "4: B3 102 2026-03-02 3.00"],
        &[],
    );
}

#[test]
fn a_file_that_ends_within_its_last_cell() {
    let check = |ledger: Ledger, field: Field, text: &str, expected: &[&str], problems: &[&str]| {
        let (rows, told) = told(parse(ledger, text.as_bytes(), &Profile::default()), &[field]);
        assert_eq!(rows, expected, "{text}");
        assert_eq!(told, problems, "{text}");
    };
    let cut = &["3 - cut-file"];
    let amounts = |first: &str, last: &str| {
        format!(
            "划转批次,行号,国库代码,划转时间,笔数,金额\nB1,102,1906080000,2026-03-02,1,{first}\nB2,102,1906080000,2026-03-02,1,{last}"
        )
    };
    let check_amounts = |first: &str, last: &str, expected: &[&str], problems: &[&str]| {
        check(Ledger::BankRemittances, Field::Amount, &amounts(first, last), expected, problems);
    };
    check_amounts("300.00", "1234.56", &["2: 300.00", "3: 1234.56"], &[]);
    check_amounts("300.00", "1234.5", &["2: 300.00"], cut);
    check_amounts("300.00", "12", &["2: 300.00"], cut);
    check_amounts("300.00", "12\n", &["2: 300.00", "3: 12.00"], &[]);
    // Who writes no decimals that are nought may have meant it.
    check_amounts("300.25", "12", &["2: 300.25", "3: 12.00"], &[]);
    check_amounts("300", "12", &["2: 300.00", "3: 12.00"], &[]);

    let words = |first: &str, last: &str| {
        format!(
            "对账批次,付款行行号,清算国库代码,对账日期,笔数,金额,状态\nB1,102,1906080000,2026-03-02,1,5.00,{first}\n\
             B2,102,1906080000,2026-03-02,1,5.00,{last}"
        )
    };
    let check_words = |first: &str, last: &str, expected: &[&str], problems: &[&str]| {
        check(Ledger::TreasuryClearing, Field::Status, &words(first, last), expected, problems);
    };
    check_words("已清算", "已清算", &["2: 已清算", "3: 已清算"], &[]);
    check_words("已清算", "已清", &["2: 已清算"], cut);
    check_words("已清算", "", &["2: 已清算", "3: "], &[]);
    check_words("已清算", "\"已清\"", &["2: 已清算", "3: 已清"], &[]);
    check_words("", "", &["2: ", "3: "], &[]);
    check_words("已清算", "失败", &["2: 已清算", "3: 失败"], &[]);
    // An empty cell is one where every row before it has a word.
    let many = words("已清算", "");
    let row = "B3,102,1906080000,2026-03-02,1,5.00,已清算\n";
    let many = many.replacen("B1,", &format!("{}B1,", row.repeat(9)), 1);
    let (_, told) = told(parse(Ledger::TreasuryClearing, many.as_bytes(), &Profile::default()), &[]);
    assert_eq!(told, ["12 - cut-file"]);
}

#[test]
fn damaged_bytes() {
    check(
        "B1,102,1906080000,2026-03-02,1,\nB\x002,102,1906080000,2026-03-02,2,\nB3,102,1906080000,2026-03-02,3,\n",
        &["2: B1 102 2026-03-02 1.00", "4: B3 102 2026-03-02 3.00"],
        &["3 - nul-byte"],
    );
    check("B1,102,1906080000,2026-03-02,1,\n\0\0\0\0", &["2: B1 102 2026-03-02 1.00"], &["- - nul-padding"]);
    let text = format!("{HEAD}B1,102,1906080000,2026-03-02,1,张三\nB2,102,1906080000,2026-03-02,2,李四");
    let gb = encoding_rs::GB18030.encode(&text).0;
    let parsed = parse(Ledger::BankRemittances, &gb[..gb.len() - 1], &Profile::default());
    let within = Within::Character { at: gb.len() - 1, bytes: gb.len() - 1 };
    assert_eq!(parsed.problems[0].kind, Kind::CutFile { within });
    let (rows, problems) = told(parsed, &REMITTANCE);
    assert_eq!(rows, ["2: B1 102 2026-03-02 1.00"]);
    assert_eq!(problems, ["3 - cut-file"]);
    let mut mixed = text.into_bytes();
    let place = mixed.len() - "李四".len();
    mixed.splice(place.., [0xc0, 0xee, 0xcb, 0xc4]);
    let parsed = parse(Ledger::BankRemittances, &mixed, &Profile::default());
    assert_eq!(parsed.encoding, "utf-8");
    assert_eq!(told(parsed, &REMITTANCE).0, ["2: B1 102 2026-03-02 1.00"]);
}

#[test]
fn every_encoding_and_delimiter_reads_the_same() {
    let text = format!("{HEAD}B1,102,1906080000,2026-03-02,1,张㐂𠮷\n");
    let expected = ["2: B1 102 2026-03-02 1.00"];
    let utf16 = |mark: &str, big: bool| -> Vec<u8> {
        let units = format!("{mark}{text}");
        units
            .encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    for bytes in [
        text.clone().into_bytes(),
        format!("\u{feff}{text}").into_bytes(),
        encoding_rs::GB18030.encode(&text).0.into_owned(),
        utf16("\u{feff}", false),
        utf16("\u{feff}", true),
        utf16("", false),
        utf16("", true),
        text.replace(',', "\t").into_bytes(),
        text.replace(',', ";").into_bytes(),
        text.replace(',', "|").into_bytes(),
        format!("\"{}\"", text.trim().replace('\n', "\"\n\"").replace(',', "\";\"")).into_bytes(),
    ] {
        let parsed = parse(Ledger::BankRemittances, &bytes, &Profile::default());
        assert_eq!(told(parsed, &REMITTANCE), (expected.map(String::from).to_vec(), Vec::new()));
    }
}

#[test]
fn totals_are_kept_out_and_compared() {
    check(
        "B1,102,1906080000,2026-03-02,1.5,\nB2,102,1906080000,2026-03-02,2,\n小计,,,,3.50,\n\
         B3,102,1906080000,2026-03-02,4,\n小计,,,,4,\n合 计,,,,7.50,\n",
        &["2: B1 102 2026-03-02 1.50", "3: B2 102 2026-03-02 2.00", "5: B3 102 2026-03-02 4.00"],
        &[],
    );
    check(
        "B1,102,1906080000,2026-03-02,1.5,\n合计,,,,3.50,\n",
        &["2: B1 102 2026-03-02 1.50"],
        &["3 amount file-total-mismatch"],
    );
    // What was rejected counts as well.
    check(
        ",102,1906080000,2026-03-02,1.5,\nB2,102,1906080000,2026-03-02,2,\n合计,,,,3.50\n",
        &["3: B2 102 2026-03-02 2.00"],
        &["2 batch empty"],
    );
    // No batch is called so, even where the total says all that a row says.
    check(
        "B1,102,1906080000,2026-03-02,2,\n合计,102,1906080000,2026-03-02,2,\n",
        &["2: B1 102 2026-03-02 2.00"],
        &[],
    );
    check("合计,,,,1O.00,\n", &[], &["2 amount bad-money"]);
}

#[test]
fn what_stands_around_the_table_is_counted_and_left_alone() {
    check(
        "B1,102,1906080000,2026-03-02,1,\n\n制表人：张三,,复核：李四\n----------\n",
        &["2: B1 102 2026-03-02 1.00"],
        &[],
    );
    check(
        &format!("B1,102,1906080000,2026-03-02,1,\n{HEAD}B2,102,1906080000,2026-03-02,2,\n"),
        &["2: B1 102 2026-03-02 1.00", "4: B2 102 2026-03-02 2.00"],
        &[],
    );
    // Half a row is no footer.
    check("备注,102,,,1,\n", &[], &["2 treasury empty", "2 remitted_at empty"]);
    check("某某公司\n", &[], &["2 - cell-count"]);
}

#[test]
fn identifiers_that_a_spreadsheet_had() {
    let fields = [Field::Bank, Field::PayerAccount, Field::PayeeAccount, Field::Unusable];
    let text = "税票号码,行号,付款账号,收款账号,金额,收纳时间\n\
                S1,11222002115.0,3.50E+17,62220200001,5,46083\n\
                S2,102222020334,6222020000001230,350100000000000000,5,46083.5\n";
    let parsed = parse(Ledger::BankReceipts, text.as_bytes(), &Profile::default());
    assert_eq!(parsed.tally.accepted.rows, 2);
    let (rows, problems) = told(parsed, &fields);
    assert_eq!(
        rows,
        [
            "2: 011222002115  62220200001 payer_account=3.50E+17",
            "3: 102222020334 6222020000001230  payee_account=350100000000000000",
        ]
    );
    assert_eq!(problems, ["2 payer_account id-corrupt", "3 payee_account id-corrupt"]);
}

const POSTING: [Field; 5] = [Field::Account, Field::Date, Field::Direction, Field::Amount, Field::Balance];

#[test]
fn statements() {
    let read = |text: &str, profile: &Profile| {
        told(parse(Ledger::BankStatements, text.as_bytes(), profile), &POSTING)
    };
    let none = Profile::default();
    assert_eq!(
        read(
            "账号：62001\n交易日期,收入,支出,余额\n20260302,5,,5\n20260302,0.00,2.00,3\n20260302,1,1,3\n",
            &none
        ),
        (
            vec!["3: 62001 2026-03-02 credit 5.00 5.00".into(), "4: 62001 2026-03-02 debit 2.00 3.00".into()],
            vec!["5 debit contradiction".into()]
        )
    );
    assert_eq!(
        read(
            "账号,交易日期,借贷标志,金额,余额\n6,20260302,1,5,5\n6,20260302,贷 Cr,2,7\n6,20260302,?,2,7\n",
            &none
        ),
        (
            vec!["2: 6 2026-03-02 debit 5.00 5.00".into(), "3: 6 2026-03-02 credit 2.00 7.00".into()],
            vec!["4 direction unknown-word".into()]
        )
    );
    let signed = "账号,交易日期,金额\n6,20260302,-5\n6,20260302,+7\n";
    assert_eq!(read(signed, &none).1, ["- - no-header"]);
    let profile = Profile { sign: Some(Sign::CreditPositive), ..Profile::default() };
    assert_eq!(read(signed, &profile).0, ["2: 6 2026-03-02 debit 5.00 ", "3: 6 2026-03-02 credit 7.00 "]);
}

#[test]
fn a_profile_says_what_the_file_does_not() {
    let text = "一\n划转批次;银行;国库代码;划转时间;发生额;金额\nB1;工行;1906080000;2026-03-02;1.234,56\n";
    let profile = Profile {
        header_row: Some(2),
        delimiter: Some(b';'),
        decimal_comma: true,
        short_rows: true,
        columns: [("发生额".to_owned(), Some(Field::Amount)), ("金额".to_owned(), None)].into(),
        constants: [(Field::Bank, "102".to_owned())].into(),
        ..Profile::default()
    };
    let parsed = parse(Ledger::BankRemittances, text.as_bytes(), &profile);
    assert_eq!(told(parsed, &REMITTANCE), (vec!["3: B1 102 2026-03-02 1234.56".into()], vec![]));
}

#[test]
fn a_constant_that_the_file_contradicts_is_told() {
    let read = |text: &str, constants: &[(Field, &str)]| {
        let constants = constants.iter().map(|&(field, text)| (field, text.to_owned())).collect();
        let profile = Profile { sign: Some(Sign::CreditPositive), constants, ..Profile::default() };
        let parsed = parse(Ledger::BankStatements, text.as_bytes(), &profile);
        (parsed.tally.rejected.yuan.to_string(), told(parsed, &POSTING))
    };
    let account: &[(Field, &str)] = &[(Field::Account, "6214830000001230")];
    let accepted = |row: u32| format!("{row}: 6214830000001230 2026-03-02 debit 5.00 ");
    // In the column: another account, a masked one, none, the same in groups.
    let rows = "账号,交易日期,金额\n6222020000009999,2026-03-02,-7\n6222****9999,2026-03-02,-5\n,2026-03-02,-5\n\
                6214 8300 0000 1230,2026-03-02,-5\n";
    assert_eq!(
        read(rows, account),
        (
            "-7.00".to_owned(),
            (vec![accepted(3), accepted(4), accepted(5)], vec!["2 account contradiction".to_owned()])
        )
    );
    // In the title: the whole file is another's.
    let title = |account: &str| format!("账号：{account}\n交易日期,金额\n2026-03-02,-5\n");
    let refused = read(&title("6222020000009999"), account);
    assert_eq!(refused.1, (vec![], vec!["- account contradiction".to_owned()]));
    for stated in ["6222****9999", "6214830000001230", "6214 8300 0000 1230", "某支行"] {
        assert_eq!(read(&title(stated), account).1, (vec![accepted(3)], vec![]), "{stated}");
    }
    let parsed = parse(
        Ledger::BankStatements,
        title("6222020000009999").as_bytes(),
        &Profile {
            sign: Some(Sign::CreditPositive),
            constants: [(Field::Account, "62001".to_owned())].into(),
            ..Profile::default()
        },
    );
    assert_eq!(parsed.problems[0].found, "6222020000009999");
    assert_eq!(parsed.problems[0].kind.expected(Lang::En), "\"62001\", which the source says of every row");
    // Where the header stands again in another order, the account is looked for in its new place.
    let turned = "账号,交易日期,借方,贷方\n6214830000001230,2026-03-02,1,\n交易日期,贷方,借方,账号\n\
                  2026-03-02,2,,6214830000001230\n2026-03-02,3,,6222020000009999\n";
    assert_eq!(
        read(turned, account).1,
        (
            vec![
                "2: 6214830000001230 2026-03-02 debit 1.00 ".to_owned(),
                "4: 6214830000001230 2026-03-02 credit 2.00 ".to_owned()
            ],
            vec!["5 account contradiction".to_owned()]
        )
    );
    // A line within the table may name no other account.
    let other = format!("{}账号：6222020000009999,\n2026-03-02,-6\n", title("6214830000001230"));
    assert_eq!(read(&other, account).1, (vec![accepted(3)], vec!["5 - other-section".to_owned()]));
    // A column that is left alone says nothing.
    let profile = Profile {
        sign: Some(Sign::CreditPositive),
        columns: [("账号".to_owned(), None)].into(),
        constants: [(Field::Account, "6214830000001230".to_owned())].into(),
        ..Profile::default()
    };
    let parsed = parse(Ledger::BankStatements, rows.as_bytes(), &profile);
    assert_eq!((parsed.tally.accepted.rows, parsed.headers.len()), (4, 4));
}

#[test]
fn texts_that_exports_force_are_the_texts_within() {
    check(
        "=\"B1\",=\"102\",1906080000,=\"2026-03-02\",1,x\n\"=\"\"B2\"\"\",102,1906080000,2026-03-02, =\"2,000.50\" ,\"=\"\"\"\"\"\n\
         B3,102,1906080000,2026-03-02,3,=\"a,\"\"b\"\"\"\n",
        &["2: B1 102 2026-03-02 1.00", "3: B2 102 2026-03-02 2000.50", "4: B3 102 2026-03-02 3.00"],
        &[],
    );
    // Other formulas are texts, and a quote that goes astray goes astray.
    check(
        "='B1',102,1906080000,2026-03-02,1,\n=B2,102,1906080000,2026-03-02,2,\n=\"B3\"&1,102,1906080000,2026-03-02,3,\n\
         =\"B4,102,1906080000,2026-03-02,4,\nB5,102,1906080000,2026-03-02,=1+1,\n",
        &["2: ='B1' 102 2026-03-02 1.00", "3: =B2 102 2026-03-02 2.00"],
        &["4 - stray-quote", "5 - stray-quote", "6 amount bad-money"],
    );
    let tabs = format!("{HEAD}=\"B1\",102,1906080000,2026-03-02,=\"1\",a \"b\"\n").replace(',', "\t");
    let parsed = parse(Ledger::BankRemittances, tabs.as_bytes(), &Profile::default());
    assert_eq!(told(parsed, &REMITTANCE), (vec!["2: B1 102 2026-03-02 1.00".into()], vec![]));
    let quoted = "\"=\"\"账号\"\"\",=\"交易日期\",支出,收入\n=\"0102\",=\"20260302\",1,\n";
    let parsed = parse(Ledger::BankStatements, quoted.as_bytes(), &Profile::default());
    assert_eq!(told(parsed, &POSTING), (vec!["2: 0102 2026-03-02 debit 1.00 ".into()], vec![]));
}

#[test]
fn one_slip_has_one_number_however_it_was_exported() {
    let text = "税票号码,经收处行号,收款账号,金额,收纳时间\n\
                335016260300000001,102222020334,350100271001,1,2026-03-02\n\
                '335016260300000001,'102222020334,'350100271001,1,2026-03-02\n\
                \u{202d}335016260300000001\u{202c},102222020334\u{200b},3501 0027 1001,1,2026-03-02\n\
                ３３５０１６２６０３００００００ ０１,102222020334,350100271001,1,2026-03-02\n\
                335016260300000001-,102222020334,\u{200b},1,2026-03-02\n";
    let parsed = parse(Ledger::BankReceipts, text.as_bytes(), &Profile::default());
    let (rows, problems) = told(parsed, &[Field::SlipNo, Field::Bank, Field::PayeeAccount]);
    let same = |row: u32| format!("{row}: 335016260300000001 102222020334 350100271001");
    assert_eq!(rows, [same(2), same(3), same(4), same(5)]);
    assert_eq!(problems, ["6 payee_account empty"]);
}

#[test]
fn times_and_years_that_cannot_be_meant() {
    let statement = |rows: &str| {
        let text = format!("账号,交易日期,交易时间,支出,收入\n{rows}");
        told(parse(Ledger::BankStatements, text.as_bytes(), &Profile::default()), &[Field::Time])
    };
    assert_eq!(
        statement(
            "6,2026-03-02,93000,1,\n6,2026-03-02,2026-03-02 10:00,1,\n6,2026-03-02,2026-03-03 10:00,1,\n\
             6,2026-03-02,24:00:00,1,\n6,1926-03-02,10:00,1,\n6,,2126-03-02 10:00,1,\n6,2026-03-02,20260302,1,\n"
        ),
        (
            vec!["2: 2026-03-02 09:30:00".into(), "3: 2026-03-02 10:00:00".into(), "8: 2026-03-02".into()],
            vec![
                "4 time contradiction".into(),
                "5 time bad-time".into(),
                "6 date bad-date".into(),
                "7 date empty".into(),
                "7 time bad-time".into()
            ]
        )
    );
    check(
        "B1,102,1906080000,1990-01-01,1,\nB2,102,1906080000,1989-12-31,1,\nB3,102,1906080000,2100-12-31,1,\n\
         B4,102,1906080000,2101-01-01 10:00,1,\nB5,102,1906080000,0202-03-02,1,\n",
        &["2: B1 102 1990-01-01 1.00", "4: B3 102 2100-12-31 1.00"],
        &["3 remitted_at bad-moment", "5 remitted_at bad-moment", "6 remitted_at bad-moment"],
    );
    // A register looks further back and ahead.
    let file = SourceFile {
        path: "reference/bonds.csv".into(),
        bytes: "issue,certificate_from,certificate_to,principal,rate,issued_on,matures_on\n\
                1,1,9,100,2.5,1950-01-01,2176-03-02\n2,1,9,100,2.5,2026-03-02,2226-03-02\n"
            .into(),
        arrived: "2026-03-02".parse().expect("a date"),
    };
    let parsed = read(&file, format::by_id("bonds").expect("a table"), &Profile::default());
    assert_eq!(told(parsed, &[]).1, ["3 matures_on bad-date"]);
}

#[test]
fn what_a_spreadsheet_computed_is_not_rounded() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["划转批次", "行号", "国库代码", "划转时间", "金额"]).expect("written");
    for (row, amount) in (1..).zip([0.1 + 0.2, 114.999_999_999_999_99, 0.3, 115.0, 1_234.56, 0.005]) {
        sheet.write_row(row, 0, [&*format!("B{row}"), "102", "1906080000", "2026-03-02"]).expect("written");
        sheet.write(row, 4, amount).expect("written");
    }
    let bytes = book.save_to_buffer().expect("in memory");
    let parsed = parse(Ledger::BankRemittances, &bytes, &Profile::default());
    let hints: Vec<String> = parsed.problems.iter().map(|problem| problem.hint(Lang::Zh)).collect();
    let noise = "表格中的计算值带有浮点尾差；请用 ROUND(…,2) 取整后重新提交";
    assert_eq!(hints, [noise, noise, "本程序不舍入；请按原凭证改正"]);
    let (rows, problems) = told(parsed, &[Field::Amount]);
    assert_eq!(rows, ["4: 0.30", "5: 115.00", "6: 1234.56"]);
    assert_eq!(problems, ["2 amount bad-money", "3 amount bad-money", "7 amount bad-money"]);
}

#[test]
fn a_wide_or_long_file_is_refused_by_a_stated_limit() {
    let wide = vec!["金额"; 20_000].join(",");
    let parsed = parse(Ledger::BankRemittances, format!("{wide}\n{wide}\n").as_bytes(), &Profile::default());
    assert_eq!(told(parsed, &REMITTANCE).1, ["- - too-many-columns"]);
    // A cell beyond any header is looked at once and no more.
    let endless = format!("{HEAD}{}：", "账".repeat(8 << 20));
    let parsed = parse(Ledger::BankRemittances, endless.as_bytes(), &Profile::default());
    assert_eq!(told(parsed, &REMITTANCE).1, ["2 - row-too-long"]);
    let long = format!(
        "{HEAD}B1,102,1906080000,2026-03-02,1,{}\nB2,102,1906080000,2026-03-02,2,\n",
        "x".repeat(2 << 20)
    );
    let parsed = parse(Ledger::BankRemittances, long.as_bytes(), &Profile::default());
    assert_eq!(
        told(parsed, &REMITTANCE),
        (vec!["3: B2 102 2026-03-02 2.00".into()], vec!["2 - row-too-long".into()])
    );
}

#[test]
fn a_cell_across_a_piece_does_not_show() {
    // Longer than two pieces, with a cell over lines in every row.
    let row = |row| format!("B{row},102,1906080000,2026-03-02,1,\"a\n{}\nb\"\n", "x".repeat(60));
    let rows = (0..90_000).map(row).collect::<Vec<_>>().concat();
    let parsed = parse(Ledger::BankRemittances, format!("{HEAD}{rows}").as_bytes(), &Profile::default());
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems[0]);
    assert_eq!(parsed.tally.accepted.rows, 90_000);
    let book = Book::assemble(parsed.parts);
    assert_eq!(book.entries().last().expect("rows").file_row(), 2 + 3 * 89_999);
}

/// A statement's text: the rows accepted as `row: account day direction amount balance`, and the problems.
fn statement(text: &str, profile: &Profile) -> (Vec<String>, Vec<String>) {
    told(parse(Ledger::BankStatements, text.as_bytes(), profile), &POSTING)
}

const ENTRIES: &str = "交易日期,借方发生额,贷方发生额,余额,摘要\n2026-03-02,,1.00,1,x\n";

/// What lines above a header make of an amount of 1.00; or the problem.
#[track_caller]
fn check_unit(above: &str, header: &str, expected: &str) {
    let text = format!("账号：62001,,,,\n{above}{}", ENTRIES.replacen("贷方发生额", header, 1));
    let (rows, problems) = statement(&text, &Profile::default());
    let got = rows.first().or(problems.first()).cloned().unwrap_or_default();
    let got =
        got.split(" credit ").nth(1).map_or(got.as_str(), |money| money.split(' ').next().unwrap_or(""));
    assert_eq!(got, expected, "{above:?} {header:?}");
}

#[test]
fn units_as_titles_and_headers_say_them() {
    const UNKNOWN: &str = "- - unknown-unit";
    for (above, expected) in [
        ("单位：千元,,,,\n", "1000.00"),
        ("单位：百万元,,,,\n", "1000000.00"),
        ("单位：亿元,,,,\n", "100000000.00"),
        ("单位:万元(人民币),,,,\n", "10000.00"),
        ("（万元）,,,,\n", "10000.00"),
        ("2026年3月银行流水（万元）,,,,\n", "10000.00"),
        ("2026年3月银行流水(单位：万元),,,,\n", "10000.00"),
        ("单位：人民币 万元,,,,\n", "10000.00"),
        ("單位：萬元,,,,\n", "10000.00"),
        ("单位：RMB万元,,,,\n", "10000.00"),
        ("单位 万元,,,,\n", "10000.00"),
        ("单位,万元,,,\n", "10000.00"),
        ("金额以万元为单位,,,,\n", "10000.00"),
        ("本表金额单位为万元,,,,\n", "10000.00"),
        ("银行流水 万元,,,,\n", "10000.00"),
        ("币种：人民币 单位：万元,,,,\n", "10000.00"),
        ("单位：某市财政局,金额单位：万元,,,\n", "10000.00"),
        ("单位：万元,,,,\n金额单位：万元,,,,\n", "10000.00"),
        // Not understood, or two that contradict each other.
        ("单位：元/万元,,,,\n", UNKNOWN),
        ("单位：角,,,,\n", UNKNOWN),
        ("单位：元 角 分,,,,\n", UNKNOWN),
        ("单位：十万元,,,,\n", UNKNOWN),
        ("金额单位：见附注,,,,\n", UNKNOWN),
        ("单位：元,,,,\n金额单位：万元,,,,\n", UNKNOWN),
        ("2026年3月流水（万元）,单位：元,,,\n", UNKNOWN),
        ("币种：美元,,,,\n", UNKNOWN),
        ("币种：USD,,,,\n", UNKNOWN),
        ("单位：万美元,,,,\n", UNKNOWN),
        ("某行美元账户明细,,,,\n", UNKNOWN),
        ("账户明细（美元）,,,,\n", UNKNOWN),
        ("某行美元账户明细,,,,\n币种：人民币,,,,\n", "1.00"),
        ("某局CAD软件,,,,\n", "1.00"),
        ("币种,港币,,,\n", UNKNOWN),
        // What speaks of something else says nothing.
        ("单位：某市财政局,,,,\n", "1.00"),
        ("单位：万元县支行,,,,\n", "1.00"),
        ("币种：人民币,,,,\n", "1.00"),
        ("币种：全部,,,,\n", "1.00"),
        ("币种,户名,,,\nCNY,某局,,,\n", "1.00"),
        ("授信额度（万元）：100,,,,\n", "1.00"),
        ("授信额度（万元）,100,,,\n", "1.00"),
        ("大额（5万元以上）支付明细,,,,\n", "1.00"),
        ("支出合计 100 万元,,,,\n", "1.00"),
        ("附表（十）,,,,\n", "1.00"),
        ("户名：完美元素公司,,,,\n", "1.00"),
    ] {
        check_unit(above, "贷方发生额", expected);
    }
    for (header, expected) in [
        ("贷方发生额/万元", "10000.00"),
        ("贷方发生额 元", "1.00"),
        ("贷方发生额（千元）", "1000.00"),
        ("贷方发生额(单位:万元)", "10000.00"),
        ("贷方发生额万元", "10000.00"),
        ("贷方发生额（元/万元）", UNKNOWN),
        ("贷方发生额(USD)", UNKNOWN),
        ("贷方发生额（美元）", UNKNOWN),
    ] {
        check_unit("", header, expected);
        // The header's own word beats the title's.
        let titled = if expected == UNKNOWN { UNKNOWN } else { expected };
        check_unit("单位：百万元,,,,\n", header, titled);
    }
    let unclear = format!("账号：62001,单位：元/万元,,,\n{ENTRIES}");
    let profile = Profile { unit: Some(Unit::TenThousand), ..Profile::default() };
    assert_eq!(statement(&unclear, &profile).0, ["3: 62001 2026-03-02 credit 10000.00 10000.00"]);
    let profile = Profile { unit: Some(Unit::Yuan), ..Profile::default() };
    let foreign = unclear.replace("单位：元/万元", "币种：美元");
    assert_eq!(statement(&foreign, &profile).1, [UNKNOWN]);
}

#[test]
fn a_unit_over_two_columns_is_theirs() {
    let text = "账号,日期,发生额（万元）,,余额\n,,借方,贷方,\n62001,2026-03-02,,1,1\n";
    assert_eq!(statement(text, &Profile::default()).0, ["3: 62001 2026-03-02 credit 10000.00 1.00"]);
    // A title that is not understood is no part of a header of two rows.
    let text = "单位：元/万元,,,,\n账号,日期,借方,贷方,余额\n62001,2026-03-02,,1,1\n";
    assert_eq!(statement(text, &Profile::default()).1, ["- - unknown-unit"]);
}

#[test]
fn rows_in_another_currency() {
    let text = "账号：62001,,,,,\n交易日期,借方发生额,贷方发生额,余额,摘要,币种\n2026-03-02,,1,1,a,USD\n\
                2026-03-02,,2,1,b,人民币\n2026-03-02,,3,1,c,CNY\n2026-03-02,,4,1,d,156\n2026-03-02,,5,1,e,\n\
                2026-03-02,,6,1,f,港币\n2026-03-02,,7,1,g,01\n2026-03-02,,8,1,h,JPY\n";
    let (rows, problems) = statement(text, &Profile::default());
    let kept: Vec<&str> = rows.iter().map(|row| row.split(':').next().expect("a number")).collect();
    assert_eq!(kept, ["4", "5", "6", "7", "9"]);
    assert_eq!(problems, ["3 币种 foreign-currency", "8 币种 foreign-currency", "10 币种 foreign-currency"]);
    let profile = Profile { columns: [("币种".to_owned(), None)].into(), ..Profile::default() };
    assert_eq!(statement(text, &profile).0.len(), 8);
}

const STATEMENT: &str = "账号：62001,,,,,,\n交易日期,流水号,借方发生额,贷方发生额,余额,对方户名,摘要\n";

/// Rows below the header of a statement with serials and names: rows accepted, and the rows told.
#[track_caller]
fn check_statement(body: &str, rows: &[&str], problems: &[&str], subtotals: u64) {
    let text = format!("{STATEMENT}{body}");
    let parsed = parse(Ledger::BankStatements, text.as_bytes(), &Profile::default());
    assert_eq!(parsed.tally.subtotal.rows, subtotals, "{body}");
    let (got, told) = told(parsed, &[Field::Amount]);
    assert_eq!(got, rows, "{body}");
    assert_eq!(told, problems, "{body}");
}

#[test]
fn totals_with_a_date_are_totals() {
    for word in [
        "本日合计",
        "本月合计",
        "本年累计",
        "本月累计",
        "累计",
        "小计",
        "合计",
        "总计",
        "合　计：",
        "当日合计",
        "合計",
        "【合计】",
        "合计：1笔",
        "总计(1笔)",
        "Total",
        "Grand Total",
    ] {
        check_statement(
            &format!("2026-03-02,,,100.00,100,张三,税款\n2026-03-02,,,100.00,100,,{word}\n"),
            &["3: 100.00"],
            &[],
            1,
        );
        // In the place of the serial.
        check_statement(
            &format!("2026-03-02,S1,,100.00,100,,\n2026-03-02,{word},,100.00,100,,\n"),
            &["3: 100.00"],
            &[],
            1,
        );
        // A number and a name make it an entry; one of them leaves it open.
        check_statement(&format!("2026-03-02,S1,,100.00,100,张三,{word}\n"), &["3: 100.00"], &[], 0);
        check_statement(&format!("2026-03-02,S1,,100.00,100,,{word}\n"), &[], &["3 - total-or-entry"], 0);
        check_statement(&format!("2026-03-02,,,100.00,100,张三,{word}\n"), &[], &["3 - total-or-entry"], 0);
    }
    for summary in ["合计缴税款", "小计算机款", "累计结息", "汇总划转", "共同富裕", "合计劳务有限公司"]
    {
        check_statement(&format!("2026-03-02,S1,,100.00,100,,{summary}\n"), &["3: 100.00"], &[], 0);
        check_statement(&format!("2026-03-02,,,100.00,100,,{summary}\n"), &["3: 100.00"], &[], 0);
        check_statement(&format!("2026-03-02,S1,,100.00,100,{summary},税\n"), &["3: 100.00"], &[], 0);
    }
}

#[test]
fn balances_carried_are_no_payments() {
    check_statement(
        "2026-03-01,,,,500,,期初余额\n承前页,,20.00,80.00,,,\n2026-03-02,S1,,100.00,600,,税\n过次页,,20,180,,,\n上年结转,,,,500,,\n合计,,0,100.00,,,\n",
        &["5: 100.00"],
        &[],
        5,
    );
    // Money of last year that is paid over is a payment.
    check_statement("2026-01-05,20260105000001,,100.00,600,,上年结转\n", &["3: 100.00"], &[], 0);
    check_statement("2026-01-05,20260105000001,,100.00,600,某局,上年结转\n", &["3: 100.00"], &[], 0);
    check_statement("2026-01-05,,,100.00,600,,上年结转\n", &[], &["3 - total-or-entry"], 0);
    check_statement("2026-01-05,S1,,100.00,600,,上年结转资金\n", &["3: 100.00"], &[], 0);
}

#[test]
fn a_total_is_compared_where_its_scope_is_known() {
    // What rows outside the file come to is not.
    check_statement(
        "2026-03-02,S1,,1,1,,\n2026-03-02,,,9,1,,本月合计\n2026-03-02,,,99,1,,本年累计\n2026-03-02,,,1,1,,本日合计\n",
        &["3: 1.00"],
        &[],
        3,
    );
    check_statement(
        "2026-03-02,S1,,1,1,,\n2026-03-02,,,2,1,,本日合计\n",
        &["3: 1.00"],
        &["4 credit file-total-mismatch"],
        1,
    );
    check_statement(
        "2026-03-02,S1,,1,1,,\n2026-03-02,S2,2,,1,,\n借方合计,,2,,,,\n贷方合计,,,1,,,\n",
        &["3: 1.00", "4: 2.00"],
        &[],
        2,
    );
    check_statement(
        "2026-03-02,S1,,1,1,,\n贷方合计,,,3,,,\n",
        &["3: 1.00"],
        &["4 credit file-total-mismatch"],
        1,
    );
    let one = "账号,交易日期,借贷标志,金额,余额,摘要\n6,2026-03-02,贷,100,1,a\n6,2026-03-02,借,30,1,b\n";
    for (totals, problems) in [
        ("借方合计,,,30,,\n贷方合计,,,100,,\n合计,,,130,,\n", vec![]),
        ("合计,,贷,70,,\n", vec![]),
        ("合计,,,71,,\n", vec!["4 amount file-total-mismatch"]),
        ("贷方合计,,,30,,\n", vec!["4 amount file-total-mismatch"]),
    ] {
        assert_eq!(statement(&format!("{one}{totals}"), &Profile::default()).1, problems, "{totals}");
    }
    // Totals above their rows, and a row that is rejected but may be a total of a kind nobody knows.
    check(
        "合计,,,,3,\nB1,102,1906080000,2026-03-02,1,\nB2,102,1906080000,2026-03-02,2,\n",
        &["3: B1 102 2026-03-02 1.00", "4: B2 102 2026-03-02 2.00"],
        &[],
    );
    check(
        "合计,,,,4,\nB1,102,1906080000,2026-03-02,1,\n",
        &["3: B1 102 2026-03-02 1.00"],
        &["2 amount file-total-mismatch"],
    );
    check(
        "B1,102,1906080000,2026-03-02,1,\n上缴数,,,,1,\n合计,,,,1,\n",
        &["2: B1 102 2026-03-02 1.00"],
        &["3 - empty"],
    );
}

#[test]
fn lines_below_a_table_are_footers() {
    for footer in [
        "支出笔数：1,支出金额：50.00,收入笔数：1,收入金额：100.00,,,",
        "打印时间：2026-03-02 10:00:00,,,第1页/共1页,,,",
        "经办：张三,,复核：李四,,主管：,,",
        "本回单仅供参考,,,,,,",
        "以下空白,,,,,,",
        "备注：本表金额单位为元,,,,,,",
    ] {
        let text = format!("{STATEMENT}2026-03-02,S1,,1,1,,\n{footer}\n合计,,,1,,,\n");
        let parsed = parse(Ledger::BankStatements, text.as_bytes(), &Profile::default());
        assert_eq!((parsed.tally.accepted.rows, parsed.tally.rejected.rows), (1, 0), "{footer}");
        assert_eq!(parsed.problems, [], "{footer}");
    }
    // An amount makes it a row.
    check_statement("本单,,,5.00,,,\n", &[], &["3 date bad-date"], 0);
}

#[test]
fn a_unit_said_below_the_rows_refuses_them() {
    let text = format!("账号：62001,,,,\n{ENTRIES}备注：本表金额单位为万元,,,,\n");
    let parsed = parse(Ledger::BankStatements, text.as_bytes(), &Profile::default());
    assert_eq!((parsed.is_readable, parsed.tally.accepted.rows, parsed.tally.rejected.rows), (false, 0, 1));
    assert_eq!(told(parsed, &POSTING), (vec![], vec!["4 - unknown-unit".to_owned()]));
}

#[test]
fn sections_of_one_table() {
    let none = Profile::default();
    let a = format!("账号：62001,,,,\n{ENTRIES}");
    for header in ["", "交易日期,借方发生额,贷方发生额,余额,摘要\n"] {
        let text = format!("{a}合计,,1.00,,\n账号：62002,,,,\n{header}2026-03-02,2,,1,x\n合计,2,,,\n");
        let (rows, problems) = statement(&text, &none);
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert!(rows[0].contains("62001 2026-03-02 credit 1.00"), "{rows:?}");
        assert!(rows[1].contains("62002 2026-03-02 debit 2.00"), "{rows:?}");
        assert_eq!(problems, Vec::<String>::new());
    }
    // One cell of a text is enough, and two cells are as good.
    for line in ["账号：62002\n", "账号,62002,,,\n", "账号：,62002,,,\n", "户名：某局 账号：62002,,,,\n"]
    {
        let rows = statement(&format!("{a}{line}2026-03-02,2,,1,x\n"), &none).0;
        assert_eq!(rows.last().map(String::as_str), Some("5: 62002 2026-03-02 debit 2.00 1.00"), "{line}");
    }
    // A masked number names nobody, and a profile's account is not left for another.
    let masked = format!("{a}账号：6222****2,,,,\n2026-03-02,2,,1,x\n账号：62003,,,,\n2026-03-02,3,,1,x\n");
    let (rows, problems) = statement(&masked, &none);
    assert_eq!(problems, ["5 - other-section"]);
    assert_eq!(rows[1], "7: 62003 2026-03-02 debit 3.00 1.00");
    let profile = Profile { constants: [(Field::Account, "62001".to_owned())].into(), ..Profile::default() };
    let text = format!("{a}账号：62001,,,,\n2026-03-02,2,,1,x\n账号：62002,,,,\n2026-03-02,3,,1,x\n");
    assert_eq!(statement(&text, &profile).1, ["7 - other-section"]);
    // A damaged row whose summary speaks of an account is a row, and a subtotal with one is a total.
    let summary = format!(
        "账号：62001,,,,\n{}账号：62002,2026-03-02,,1x,1\n账号：62001 小计,,,1,\nx,2026-03-02,,3,1\n",
        "摘要,交易日期,借方发生额,贷方发生额,余额\nx,2026-03-02,,1,1\n"
    );
    let (rows, problems) = statement(&summary, &none);
    assert_eq!(rows.last().map(String::as_str), Some("6: 62001 2026-03-02 credit 3.00 1.00"));
    assert_eq!(problems, ["4 credit bad-money"]);
    // Where each row says its account, a title changes nothing.
    let own = "账号,交易日期,借方发生额,贷方发生额\n6,2026-03-02,,1\n账号：62002,,,\n6,2026-03-02,,2\n";
    assert_eq!(statement(own, &none).0, ["2: 6 2026-03-02 credit 1.00 ", "4: 6 2026-03-02 credit 2.00 "]);
    // Another unit, another currency.
    let unit =
        format!("单位：元,,,,\n{a}单位：万元,,,,\n2026-03-02,2,,1,x\n单位：元/万元,,,,\n2026-03-02,3,,1,x\n");
    let (rows, problems) = statement(&unit, &none);
    assert_eq!(rows[1], "6: 62001 2026-03-02 debit 20000.00 10000.00");
    assert_eq!(problems, ["8 - other-section"]);
    let currency = format!("{a}币种：美元,,,,\n2026-03-02,2,,1,x\n币种：人民币,,,,\n2026-03-02,3,,1,x\n");
    let (rows, problems) = statement(&currency, &none);
    assert_eq!((rows.len(), problems), (2, vec!["5 - other-section".to_owned()]));
}

#[test]
fn a_header_in_another_order() {
    let none = Profile::default();
    let a = format!("账号：62001,,,,\n{ENTRIES}");
    let text = format!(
        "{a}交易日期,贷方发生额,借方发生额,余额,摘要\n2026-03-02,5,,1,x\n交易日期,借方发生额,贷方发生额,余额,摘要\n2026-03-02,6,,1,x\n"
    );
    let (rows, problems) = statement(&text, &none);
    assert_eq!(rows[1..], ["5: 62001 2026-03-02 credit 5.00 1.00", "7: 62001 2026-03-02 debit 6.00 1.00"]);
    assert_eq!(problems, Vec::<String>::new());
    // Other columns, or other units.
    for header in
        ["交易日期,摘要,支出,收入,余额\n", "交易日期,借方发生额（万元）,贷方发生额（万元）,余额,摘要\n"]
    {
        let (rows, problems) = statement(&format!("{a}{header}2026-03-02,5,,1,x\n"), &none);
        assert_eq!((rows.len(), problems), (1, vec!["5 - other-section".to_owned()]), "{header}");
    }
    // Words of a header within a row are words.
    let (rows, _) = statement(&format!("{a}2026-03-02,5,,1,余额\n"), &none);
    assert_eq!(rows.len(), 2);
    // A header of two rows on every page.
    let two = "账号,日期,发生额,,余额\n,,借方,贷方,\n6,2026-03-02,,1,1\n账号,日期,发生额,,余额\n,,借方,贷方,\n6,2026-03-02,,2,1\n";
    let (rows, problems) = statement(two, &none);
    assert_eq!((rows.len(), problems), (2, vec![]));
}

#[test]
fn a_section_holds_for_the_pieces_below() {
    // Longer than two pieces.
    let mut text = format!("账号：62001,,,,\n{ENTRIES}");
    let filler = "x".repeat(60);
    for row in 0..120_000 {
        let _ = writeln!(text, "2026-03-02,,1.00,1,{filler}");
        if row == 100 {
            text.push_str("账号：62002,,,,\n");
        }
    }
    let parsed = parse(Ledger::BankStatements, text.as_bytes(), &Profile::default());
    let book = Book::assemble(parsed.parts);
    let of = |account: &str| book.entries().filter(|entry| entry.text(Field::Account) == account).count();
    assert_eq!((of("62001"), of("62002")), (102, 119_899));
}

#[test]
fn the_day_is_read_and_not_the_month() {
    let text = "账号：62001,,,,,,\n日期,摘要,本日发生额,,本月累计,,余额\n,,借方,贷方,借方,贷方,\n2026-03-02,x,,5,10,50,40\n";
    let expected = ["4: 62001 2026-03-02 credit 5.00 40.00"];
    assert_eq!(statement(text, &Profile::default()).0, expected);
    let columns = ["本月累计借方", "本月累计贷方"].map(|header| (header.to_owned(), None));
    let profile = Profile { columns: columns.into(), ..Profile::default() };
    assert_eq!(statement(text, &profile).0, expected);
    // Of two days neither is better, and what adds up the month is no posting.
    let text = text.replace("本月累计", "本日金额");
    assert_eq!(statement(&text, &Profile::default()).1, ["- - double-column"]);
    let columns = ["本日金额借方", "本日金额贷方"].map(|header| (header.to_owned(), None));
    let profile = Profile { columns: columns.into(), ..Profile::default() };
    assert_eq!(statement(&text, &profile).0, expected);
    let text = "账号：62001,,,,\n日期,摘要,本月累计,,余额\n,,借方,贷方,\n2026-03-02,x,10,50,40\n";
    assert_eq!(statement(text, &Profile::default()).1, ["- - no-header"]);
}

#[test]
fn a_row_that_is_plainly_no_entry_is_told_once() {
    check("某某数,,,,1,\n", &[], &["2 - empty"]);
    check("B1,102,,,1,\n", &[], &["2 treasury empty", "2 remitted_at empty"]);
}

#[test]
fn codes_with_their_names() {
    let text =
        "凭证编号,国库代码,预算科目代码,预算级次,金额,入库日期\nV1,3501000000,1010101增值税,1,5,2026-03-02\n";
    let parsed = parse(Ledger::TreasuryReceipts, text.as_bytes(), &Profile::default());
    assert_eq!(told(parsed, &[Field::Subject]).0, ["2: 1010101"]);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for ledger in [Ledger::BankRemittances, Ledger::BankStatements] {
            parse(ledger, &bytes, &Profile::default());
            parse(ledger, &[HEAD.as_bytes(), &bytes].concat(), &Profile::default());
        }
    }

    #[test]
    fn every_line_has_a_fate(lines in proptest::collection::vec("[a-z0-9,. -]{0,30}", 0..20)) {
        let text = format!("{HEAD}{}", lines.join("\n"));
        let tally = parse(Ledger::BankRemittances, text.as_bytes(), &Profile::default()).tally;
        prop_assert_eq!(
            tally.read.rows + tally.blank_rows + tally.title_rows + tally.footer_rows,
            text.lines().count() as u64
        );
    }
}

/// A workbook as a finance bureau would make it: a merged title, the unit, a header of two rows, numbers for codes.
fn workbook() -> Vec<u8> {
    use rust_xlsxwriter::{Format, Formula, Workbook};
    let mut book = Workbook::new();
    let plain = Format::new();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = book.add_worksheet();
    sheet.set_name("库存日报").expect("a name");
    sheet.merge_range(0, 0, 0, 5, "某县国库库存日报", &plain).expect("merged");
    sheet.write(1, 0, "单位：万元").expect("written");
    for (column, header) in (0..).zip(["国库代码", "报表日期", "上日余额"]) {
        sheet.merge_range(2, column, 3, column, header, &plain).expect("merged");
    }
    sheet.merge_range(2, 3, 2, 4, "本日发生额", &plain).expect("merged");
    sheet.merge_range(2, 5, 3, 5, "本日余额", &plain).expect("merged");
    sheet.write(3, 3, "借方").expect("written");
    sheet.write(3, 4, "贷方").expect("written");
    // The treasury of the first two rows is one merged cell; its leading zero is lost.
    sheet.merge_range(4, 0, 5, 0, "", &plain).expect("merged");
    sheet.write(4, 0, 101_000_000).expect("written");
    for (row, date) in [(4, 46_083.0), (5, 46_084.0), (6, 46_085.0), (7, 46_086.0)] {
        sheet.write_with_format(row, 1, date, &day).expect("written");
        if row > 5 {
            sheet.write(row, 0, "1906080000").expect("written");
        }
        for (column, amount) in [(2, 10.5), (3, 0.1), (4, 0.2), (5, 10.6)] {
            sheet.write(row, column, amount).expect("written");
        }
    }
    sheet.write(6, 5, 0.300_000_001).expect("written");
    sheet.write_formula(7, 3, Formula::new("=1/0").set_result("#DIV/0!")).expect("written");
    sheet.merge_range(8, 0, 8, 5, "制表人：张三", &plain).expect("merged");
    let hidden = book.add_worksheet();
    hidden.set_name("旧数").expect("a name").set_hidden(true);
    hidden.write(0, 0, "国库代码").expect("written");
    book.add_worksheet().set_name("说明").expect("a name").write(0, 0, "本表每日报送").expect("written");
    book.save_to_buffer().expect("in memory")
}

#[test]
fn workbooks() {
    let parsed = parse(Ledger::TreasuryBalances, &workbook(), &Profile::default());
    assert_eq!(parsed.notes, [Note::OtherSheet("说明".to_owned()), Note::HiddenSheet("旧数".to_owned())]);
    assert_eq!((parsed.tally.title_rows, parsed.tally.footer_rows), (4, 1));
    let fields = [Field::Treasury, Field::Date, Field::Opening, Field::Outlay, Field::Income, Field::Closing];
    let (rows, problems) = told(parsed, &fields);
    assert_eq!(
        rows,
        [
            "5: 0101000000 2026-03-02 105000.00 1000.00 2000.00 106000.00",
            "6: 0101000000 2026-03-03 105000.00 1000.00 2000.00 106000.00",
        ]
    );
    assert_eq!(problems, ["7 closing bad-money", "8 outlay cell-error"]);
    let profile = Profile { sheet: Some("三月".to_owned()), ..Profile::default() };
    let parsed = parse(Ledger::TreasuryBalances, &workbook(), &profile);
    assert_eq!(told(parsed, &fields).1, ["- - no-sheet"]);
}

#[test]
fn a_sheet_whose_unit_is_not_understood_refuses_its_workbook() {
    use rust_xlsxwriter::Workbook;
    let bytes = |units: [&str; 2]| {
        let mut book = Workbook::new();
        for (name, unit) in ["一月", "二月"].into_iter().zip(units) {
            let sheet = book.add_worksheet().set_name(name).expect("a name");
            let rows: [&[&str]; 3] = [
                &["账号：62001", unit],
                &["交易日期", "借方发生额", "贷方发生额", "余额"],
                &["2026-03-02", "", "1", "1"],
            ];
            for (row, cells) in (0..).zip(rows) {
                for (column, cell) in (0..).zip(cells) {
                    sheet.write(row, column, *cell).expect("written");
                }
            }
        }
        book.save_to_buffer().expect("in memory")
    };
    let parsed = parse(Ledger::BankStatements, &bytes(["单位：元", "单位：角"]), &Profile::default());
    assert!(!parsed.is_readable);
    assert_eq!(parsed.tally.accepted.rows, 0);
    assert_eq!(told(parsed, &POSTING), (vec![], vec!["- - unknown-unit".to_owned()]));
    let parsed = parse(Ledger::BankStatements, &bytes(["单位：元", "单位：万元"]), &Profile::default());
    let (rows, problems) = told(parsed, &POSTING);
    let amounts: Vec<&str> = rows.iter().filter_map(|row| row.split(' ').nth(4)).collect();
    assert_eq!((amounts, problems), (vec!["1.00", "10000.00"], vec![]));
}

#[test]
fn web_pages_that_banks_call_workbooks() {
    let page = "<html><head><meta charset=gbk></head><body><table><tr><td>查询结果</td></tr></table>\
                <table><tr><th colspan=6>划转明细</th></tr><tr><th>划转批次<th>行号<th>国库代码<th>划转时间<th>金额<th>附注</tr>\
                <tr><td>B1</td><td>102</td><td>1906080000</td><td>2026-03-02</td><td>1,234.50</td><td>张&nbsp;三</td></tr>\
                <tr><td>合计<td><td><td><td>1,234.50</tr></table></body></html>";
    let gb = encoding_rs::GB18030.encode(page).0;
    let parsed = parse(Ledger::BankRemittances, &gb, &Profile::default());
    assert_eq!((parsed.encoding, parsed.tally.subtotal.rows), ("html", 1));
    assert_eq!(told(parsed, &REMITTANCE), (vec!["4: B1 102 2026-03-02 1234.50".into()], vec![]));
    // What stands above in a table of its own counts as well.
    let page = "<table><tr><td>划转明细</td></tr><tr><td>单位：万元</td></tr></table><p>某支行</p><table>\
                <tr><td>划转批次<td>行号<td>国库代码<td>划转时间<td>金额<tr><td>B1<td>102<td>1906080000<td>2026-03-02<td>1.5</table>";
    let parsed = parse(Ledger::BankRemittances, page.as_bytes(), &Profile::default());
    assert_eq!(told(parsed, &REMITTANCE), (vec!["5: B1 102 2026-03-02 15000.00".into()], vec![]));
}

/// A page of tables, each of rows of cells apart by `|`.
fn page(tables: &[&[&str]]) -> String {
    let row = |row: &&str| format!("<tr><td>{}</tr>", row.replace('|', "<td>"));
    let table = |rows: &&[&str]| format!("<table>{}</table>", rows.iter().map(row).collect::<String>());
    format!("<html>{}</html>", tables.iter().map(table).collect::<String>())
}

#[test]
fn rows_below_a_header_in_a_table_of_its_own() {
    let check = |tables: &[&[&str]], accepted: &[&str], problems: &[&str], rejected: u64| {
        let text = page(tables);
        let parsed = parse(Ledger::BankRemittances, text.as_bytes(), &Profile::default());
        assert_eq!(parsed.tally.rejected.rows, rejected, "{text}");
        let files: Vec<String> = parsed.problems.iter().map(|problem| problem.file.to_string()).collect();
        let (rows, told) = told(parsed, &[Field::Batch, Field::Amount]);
        assert_eq!(rows, accepted, "{text}");
        let named = files.iter().map(|file| file.trim_start_matches("inbox/2026-03-02/file"));
        let told: Vec<String> = named.zip(told).map(|(file, told)| format!("{file}{told}")).collect();
        assert_eq!(told, problems, "{text}");
    };
    let head = "划转批次|行号|国库代码|划转时间|金额";
    let rows = [1, 2, 3].map(|row| format!("B{row}|102|1906080000|2026-03-02|{row}"));
    let [one, two, three] = &rows;
    // A header that stays in sight, and rows on pages of their own.
    check(&[&[head], &[one, two]], &["2: B1 1.00", "3: B2 2.00"], &[], 0);
    check(&[&[head, one], &[two], &[three]], &["2: B1 1.00", "3: B2 2.00", "4: B3 3.00"], &[], 0);
    check(
        &[&[head, one], &[two, "B4|102||2026-03-02|x"]],
        &["2: B1 1.00", "3: B2 2.00"],
        &["4 treasury empty", "4 amount bad-money"],
        1,
    );
    check(
        &[&[head], &["B4|102||2026-03-02|x"], &[two]],
        &["3: B2 2.00"],
        &["2 treasury empty", "2 amount bad-money"],
        1,
    );
    check(&[&[head, one], &["合计||||2.00"]], &["2: B1 1.00"], &["3 amount file-total-mismatch"], 0);
    check(&[&["单位：元"], &[head, one], &[head, two]], &["3: B1 1.00", "5: B2 2.00"], &[], 0);
    // Rows that nobody can tell the columns of are told: behind another table, below one that cannot be read.
    check(&[&[head, one], &["第2页"], &[two, three]], &["2: B1 1.00"], &["[表2]4 - no-header"], 2);
    check(
        &[&[head, one], &["B2|102||2026-03-02|x", three], &[two]],
        &["2: B1 1.00"],
        &["[表2]3 - no-header", "[表3]5 - no-header"],
        3,
    );
    // What lays out a page, menus and footers are no rows.
    check(
        &[
            &["首页|查询|下载|帮助|退出"],
            &[head, one],
            &["上一页|1|2|3|下一页"],
            &["B2|102|1906080000|2026-03-02"],
            &["查询时间|2026-03-02|||"],
            &["合计|1|||2"],
        ],
        &["3: B1 1.00"],
        &[],
        0,
    );
    // Another table of money as wide as the ledger's is told: its rows may be the ledger's.
    check(&[&[head, one], &["x"], &["a|b|c|2026-03-02|5.00"]], &["2: B1 1.00"], &["[表2]4 - no-header"], 1);
}

#[test]
fn a_table_that_cannot_be_read_is_told_beside_others() {
    let head = "划转批次|行号|国库代码|划转时间|金额";
    let [one, two, three] = [1, 2, 3].map(|row| format!("B{row}|102|1906080000|2026-03-02|{row}"));
    let twice = format!("{head}|金额");
    let (two, three) = (format!("{two}|2"), format!("{three}|3"));
    // Rows in a table of their own are those of the header before them, even if that cannot be read.
    let text = page(&[&[&twice, &two], &[&three], &[head, &one]]);
    let parsed = parse(Ledger::BankRemittances, text.as_bytes(), &Profile::default());
    assert_eq!((parsed.tally.accepted.rows, parsed.tally.rejected.rows), (1, 3));
    assert_eq!(&*parsed.problems[0].file, "inbox/2026-03-02/file[表1]");
    assert_eq!(parsed.problems[0].found, "金额, 金额");
    let (rows, problems) = told(parsed, &[Field::Batch]);
    assert_eq!((rows, problems), (vec!["5: B1".to_owned()], vec!["- - double-column".to_owned()]));
    // A title that contradicts the source refuses its own table.
    let head = "交易日期|借方发生额|贷方发生额";
    let of = |account| [format!("账号：{account}"), head.to_owned(), "2026-03-02||1".to_owned()];
    let tables = [of("62001"), of("62002")];
    let tables: Vec<Vec<&str>> =
        tables.iter().map(|rows| rows.iter().map(String::as_str).collect()).collect();
    let text = page(&tables.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let profile = Profile { constants: [(Field::Account, "62001".to_owned())].into(), ..Profile::default() };
    let parsed = parse(Ledger::BankStatements, text.as_bytes(), &profile);
    assert_eq!(
        (&*parsed.problems[0].file, &*parsed.problems[0].found),
        ("inbox/2026-03-02/file[表2]", "62002")
    );
    let (rows, problems) = told(parsed, &POSTING);
    assert_eq!(rows, ["3: 62001 2026-03-02 credit 1.00 "]);
    assert_eq!(problems, ["- account contradiction"]);
}

#[test]
fn a_source_may_name_the_table_of_a_page() {
    let head = "划转批次|行号|国库代码|划转时间|金额";
    let text = page(&[&[head, "B1|102|1906080000|2026-03-02|1"], &[head, "B2|102|1906080000|2026-03-02|2"]]);
    let read = |sheet: &str| {
        let profile = Profile { sheet: Some(sheet.to_owned()), ..Profile::default() };
        told(parse(Ledger::BankRemittances, text.as_bytes(), &profile), &[Field::Batch])
    };
    assert_eq!(read("表2"), (vec!["4: B2".to_owned()], vec![]));
    assert_eq!(read("表3"), (vec![], vec!["- - no-sheet".to_owned()]));
}

#[test]
fn a_sheet_of_rows_without_a_header_is_told() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let row = |batch, amount| [batch, "102", "1906080000", "2026-03-02", amount];
    let sheets = [
        ("封面", vec![["国库", "划转明细", "", "", ""]]),
        ("第1页", vec![["划转批次", "行号", "国库代码", "划转时间", "金额"], row("B1", "1")]),
        ("第2页", vec![row("B2", "2"), row("B3", "3")]),
        ("说明", vec![["项目", "内容", "依据", "日期", "金额单位"], ["a", "b", "c", "2026-03-02", "元"]]),
    ];
    for (name, rows) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(name).expect("a name");
        sheet.write_row_matrix(0, 0, rows).expect("written");
    }
    let bytes = book.save_to_buffer().expect("in memory");
    let parsed = parse(Ledger::BankRemittances, &bytes, &Profile::default());
    assert_eq!(parsed.notes, ["封面", "说明"].map(|name| Note::OtherSheet(name.to_owned())));
    assert_eq!((parsed.tally.accepted.rows, parsed.tally.rejected.rows), (1, 2));
    assert_eq!(&*parsed.problems[0].file, "inbox/2026-03-02/file[第2页]");
    assert_eq!(told(parsed, &[]).1, ["1 - no-header"]);
}

#[test]
fn a_statement_message_that_breaks_off_is_told() {
    let head = ":20:A\n:25:6222020000001230\n:60F:C260301CNY0,\n";
    let text = format!("{head}:61:2603020302C100,NTRFA//1\n:61:2603020302C200,NTRFB//2\n:86");
    let parsed = parse(Ledger::BankStatements, text.as_bytes(), &Profile::default());
    assert_eq!((parsed.tally.accepted.rows, parsed.tally.rejected.rows), (1, 1));
    let (rows, problems) = told(parsed, &POSTING);
    assert_eq!(rows, ["4: 6222020000001230 2026-03-02 credit 100.00 100.00"]);
    assert_eq!(problems, ["5 - cut-file"]);
    let whole = format!("{head}:61:2603020302C100,NTRFA//1\n:62F:C260302CNY100,\n");
    let parsed = parse(Ledger::BankStatements, whole.as_bytes(), &Profile::default());
    assert_eq!((parsed.tally.accepted.rows, parsed.problems.len()), (1, 0));
}

#[test]
fn a_file_of_wrong_rows_lists_the_first_of_them() {
    let mut text = "划转批次,行号,国库代码,划转时间,金额\n".to_owned();
    let rows = 250_000;
    for row in 0..rows {
        let _ = writeln!(
            text,
            "B{row},102,1906080000,2026-03-0{},{}",
            row % 4,
            if row % 2 == 0 { "x" } else { "1" }
        );
    }
    let parsed = parse(Ledger::BankRemittances, text.as_bytes(), &Profile::default());
    let counts: [(u64, usize); 2] = ["remitted_at", "amount"].map(|column| {
        let told = parsed.problems.iter().filter(|told| told.column.as_deref() == Some(column));
        (told.clone().map(Problem::count).sum(), told.count())
    });
    assert_eq!(counts, [(rows / 4, 10_000), (rows / 2, 10_000)]);
    assert_eq!(parsed.tally.rejected.rows, rows / 2);
    let last = parsed.problems.iter().rfind(|told| told.more > 0).expect("there are more");
    assert_eq!(last.row, Some(40_002 - 4));
    assert!(last.hint(Lang::En).ends_with("; 52500 more like it are not listed"), "{}", last.hint(Lang::En));
}

#[test]
fn words_that_stand_for_a_code_are_read_as_it() {
    let head = "税票号码,征收机关代码,国库代码,纳税人编号,纳税人名称,预算科目代码,预算级次,金额,开票日期,调整期标志\n";
    let row = |level: &str, flag: &str| {
        format!("A1,1210,2106000000,X1,甲,101010101,{level},1.00,2026-03-02,{flag}\n")
    };
    let levels = ["4", "县级", "04", "4-县级", "中央级", "9"];
    let text: String = levels.iter().map(|level| row(level, "调整期")).collect();
    let parsed = parse(Ledger::TaxReceipts, format!("{head}{text}").as_bytes(), &Profile::default());
    let (rows, problems) = told(parsed, &[Field::Level, Field::AdjustFlag]);
    // A level that does not exist is no word: `slip-field-invalid` tells of it.
    assert_eq!(rows, ["2: 4 1", "3: 4 1", "4: 4 1", "5: 4 1", "6: 1 1", "7: 9 1"]);
    assert_eq!(problems, [""; 0]);

    let head = "凭证编号,收款人账号,金额,支付日期,支付方式\n";
    let text = "V1,5,1.00,2026-03-02,实拨\nV2,5,1.00,2026-03-02,授权支付\nV3,5,1.00,2026-03-02,现付\n";
    let parsed = parse(Ledger::BankDisbursements, format!("{head}{text}").as_bytes(), &Profile::default());
    let (rows, problems) = told(parsed, &[Field::PayMode]);
    assert_eq!(rows, ["2: 91", "3: 12"]);
    assert_eq!(problems, ["4 pay_mode unknown-word"]);
}
