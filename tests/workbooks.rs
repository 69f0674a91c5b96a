//! Workbooks: opened again with another library, every cell of the type its column promises, and nothing a formula.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx};
use chrono::NaiveDate;
use treasury_recon::domain::entry::Entry;
use treasury_recon::domain::field::Field;
use treasury_recon::domain::lang::Lang;
use treasury_recon::domain::ledger::Ledger;
use treasury_recon::domain::money::Money;
use treasury_recon::example::{story_book, story_days};
use treasury_recon::pipeline::Outcome;
use treasury_recon::report::document::{Document, Head, Table};
use treasury_recon::report::render::workbook::{Edition, Sheet, workbook};
use treasury_recon::report::{REPORTS, Run};

use crate::example_books::open;
use crate::replay::Replay;

fn sheets(bytes: Vec<u8>) -> Vec<(String, Range<Data>)> {
    let mut book = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    for name in book.sheet_names() {
        let formulas = book.worksheet_formula(&name).expect("a sheet");
        assert!(formulas.used_cells().all(|(.., formula)| formula.is_empty()), "{name}");
    }
    book.worksheets()
}

#[test]
fn cells_have_the_type_of_their_column_and_are_never_formulas() {
    let heads = vec![
        Head::text("name", "名称"),
        Head::money("amount", "金额"),
        Head::number("count", "笔数"),
        Head::day("day", "日期"),
    ];
    let mut table = Table::new("t", heads);
    let hostile =
        ["=1+1", "+1", "-1", "@SUM(A1)", "<script>x</script>", "a\u{1b}[31m\u{202e}b", "0123456789012345678"];
    for name in hostile {
        table.push(vec![name.into(), "1234567890.12".into(), "7".into(), "2026-03-02".into()]);
    }
    table.push(vec![String::new(), "99999999999999999.99".into(), "many".into(), "someday".into()]);
    table.push(vec!["长".repeat(40_000), "-0.01".into(), String::new(), String::new()]);
    let day = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day");
    let edition = Edition::plain(day, Lang::Zh);
    let sheet = Sheet::list("表", table);
    let bytes = workbook(std::slice::from_ref(&sheet), &edition).expect("written");
    assert_eq!(workbook(&[sheet], &edition).expect("written"), bytes, "the same sheets, the same bytes");
    let found = sheets(bytes);
    let rows: Vec<Vec<Data>> = found[0].1.rows().skip(1).map(<[Data]>::to_vec).collect();
    for (row, name) in rows.iter().zip(hostile) {
        let shown = name.replace(['\u{1b}', '\u{202e}'], "\u{fffd}");
        assert_eq!(row[0], Data::String(shown));
        assert_eq!((&row[1], &row[2]), (&Data::Float(1_234_567_890.12), &Data::Float(7.0)));
        assert_eq!(row[3].to_string(), "46083");
    }
    // What a spreadsheet's number cannot hold to the fen stays text, and so does what is no number.
    assert_eq!(
        rows[7][1..].iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["99999999999999999.99", "many", "someday"]
    );
    assert!(rows[8][0].to_string().ends_with("…（40000）"));
    assert_eq!((&rows[8][1], &rows[8][2]), (&Data::Float(-0.01), &Data::Empty));
}

#[test]
fn a_paper_has_its_title_its_sums_and_lines_to_sign() {
    let heads = vec![Head::text("what", "项目"), Head::money("amount", "金额")];
    let mut table = Table::new("t", heads).summed();
    table.push(vec!["=1+1".into(), "1.10".into()]);
    table.push(vec!["乙".into(), "-0.10".into()]);
    let mut document = Document::default();
    document.paragraph("期间 2026-03");
    document.heading("合计");
    document.table(table.clone());
    document.blanks(vec!["检查内容".into()]);
    document.signatures(vec!["=国库".into()]);
    let day = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day");
    let edition = Edition { day, lang: Lang::Zh, title: "对账单 A&B", rests_on: "摘要" };
    let sheets = [Sheet::paper("签证", "对账单", document), Sheet::list("清单", table)];
    let found = self::sheets(workbook(&sheets, &edition).expect("written"));
    let cells = |place: usize| -> Vec<String> {
        let cells = found[place].1.rows().flatten().map(ToString::to_string);
        cells.filter(|cell| !cell.is_empty()).collect()
    };
    assert_eq!(
        cells(0).join("|"),
        "对账单|期间 2026-03|合计|项目|金额|=1+1|1.1|乙|-0.1|所列行合计|1|检查内容|=国库|经办:|复核:|日期:|（盖章）"
    );
    assert_eq!(cells(1).join("|"), "项目|金额|=1+1|1.1|乙|-0.1|所列行合计|1");
}

/// The story up to a day, and the workbooks of it.
fn of_story(last: NaiveDate, name: &str, look: impl FnOnce(&Outcome, Vec<u8>)) {
    let (facts, files) = open(story_book());
    let mut replay = Replay::new(facts);
    let mut look = Some(look);
    for day in story_days().into_iter().take_while(|day| *day <= last) {
        replay.run(day, &files[&day], |outcome, problems| {
            if day == last {
                let report = REPORTS.iter().find(|(known, _)| *known == name).expect("a report").1;
                let run = Run { outcome, files: &[], problems, lang: Lang::Zh };
                let mut bytes = Vec::new();
                report(&run, &mut |piece| {
                    bytes.extend_from_slice(piece);
                    Ok(())
                })
                .expect("written");
                look.take().expect("once")(outcome, bytes);
            }
        });
    }
}

#[test]
fn the_registers_list_every_large_payment_and_refund_of_the_day() {
    // Two million without a document, and a refund with nothing wrong.
    let day = NaiveDate::from_ymd_opt(2026, 1, 15).expect("a day");
    of_story(day, "registers.xlsx", |outcome, bytes| {
        let found = sheets(bytes);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["大额支付登记簿", "非预算支付登记簿", "退库登记簿"]);
        let counts: Vec<usize> = found.iter().map(|(_, sheet)| sheet.height() - 1).collect();
        let of = &outcome.registers;
        let listed = [&of.large, of.unbudgeted.as_ref().expect("a budget"), &of.refunds].map(Vec::len);
        assert_eq!(counts, listed);
        assert!(listed[0] > 0 && listed[2] > 0, "{listed:?}");
        let new = |row: &Entry<'_>| row.arrived() == day && row.ledger() == Ledger::FinanceDisbursements;
        let payee =
            |row: &Entry<'_>| (row.text(Field::PayeeAccount).to_owned(), row.date(Field::VoucherDate));
        let mut payees: BTreeMap<_, Money> = BTreeMap::new();
        for row in outcome.book.entries().filter(new) {
            *payees.entry(payee(&row)).or_default() += row.money(Field::Amount).expect("stated");
        }
        let large: BTreeSet<&str> = outcome
            .book
            .entries()
            .filter(new)
            .filter(|row| payees[&payee(row)] >= outcome.facts.settings.large_threshold)
            .map(|row| row.text(Field::VoucherNo))
            .collect();
        assert_eq!(of.large.iter().map(|item| item.key.as_str()).collect::<BTreeSet<_>>(), large);
        let orders: Vec<Entry<'_>> = outcome
            .book
            .entries()
            .filter(|row| {
                row.arrived() == day && ["tax-refunds", "finance-refunds"].contains(&row.ledger().id())
            })
            .collect();
        assert_eq!(of.refunds.iter().filter(|item| !item.document.is_empty()).count(), orders.len());
        // What the tie-out deducts that day are the orders of the day.
        let issued = orders.iter().filter(|row| row.date(Field::IssuedOn) == Some(day));
        let issued: Money = issued.filter_map(|row| row.money(Field::Amount)).sum();
        let today = outcome.cells.iter().filter(|(name, _)| name.date == day);
        let deducted: Money = today.map(|(_, figures)| figures.gross()[0] - figures.issuer).sum();
        assert!(deducted == issued && issued > Money::ZERO, "{deducted} of {issued}");
    });
}

#[test]
fn the_report_has_every_finding_of_the_day() {
    let day = NaiveDate::from_ymd_opt(2026, 2, 10).expect("a day");
    of_story(day, "report.xlsx", |outcome, bytes| {
        let found = sheets(bytes);
        let sheet = |name: &str| &found.iter().find(|(known, _)| known == name).expect("a sheet").1;
        assert_eq!(sheet("发现").height() - 1, outcome.told.len());
        assert_eq!(sheet("未达账项").height() - 1, outcome.open_items().len());
        assert_eq!(sheet("对账").height() - 1, outcome.cells.len());
        assert_eq!(sheet("方案逐条").height() - 1, 55);
        assert!(sheet("存疑配对").height() > 1, "the story has payments joined by their amount");
        let mut rows = sheet("发现").rows();
        let heads: Vec<String> = rows.next().expect("heads").iter().map(ToString::to_string).collect();
        let column = |name: &str| heads.iter().position(|head| head == name).expect("a column");
        // People read words, and find the names of rules and offices beside their codes.
        for (row, told) in rows.clone().zip(&outcome.told) {
            let title = told.rule().title.zh;
            let words = [told.rule, title, told.severity.zh(), told.party.zh(), told.status.zh()];
            let places = ["规则", "规则名称", "程度", "责任方", "状态"].map(column);
            assert_eq!(places.map(|place| row[place].to_string()), words);
            assert_eq!(told.institution.is_empty(), row[column("单位名称")] == Data::Empty);
        }
        let amounts = rows.map(|row| &row[column("金额")]);
        assert!(amounts.clone().all(|cell| matches!(cell, Data::Float(_) | Data::Empty)));
        assert!(amounts.clone().any(|cell| matches!(cell, Data::Float(_))));
    });
}
