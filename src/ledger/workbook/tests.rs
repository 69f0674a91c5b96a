//! Workbooks made by hand, part by part and record by record: good ones, and those that mean harm.

use std::fmt::Write as _;
use std::io::Write as _;

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

/// The parts of a zip.
fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in parts {
        zip.start_file(*name, options).expect("a name");
        zip.write_all(text.as_bytes()).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}

const PACKAGE: &str = r#"<Relationships><Relationship Id="r1" Target="xl/workbook.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>"#;
const RELATIONS: &str = r#"<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>"#;
const BOOK: &str = r#"<workbook><sheets><sheet name="一" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const STRINGS: &str = r#"<sst uniqueCount="2"><si><t>金额</t></si><si><t>税票 号码</t></si></sst>"#;
const STYLES: &str =
    r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="46"/></cellXfs></styleSheet>"#;

/// An xlsx of one sheet, whose other parts may be replaced.
fn xlsx(sheet: &str, replaced: &[(&str, &str)]) -> Vec<u8> {
    let mut parts = vec![
        ("_rels/.rels", PACKAGE),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/styles.xml", STYLES),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    for &(name, text) in replaced {
        parts.retain(|(known, _)| *known != name);
        parts.push((name, text));
    }
    zip(&parts)
}

fn rows(rows: &str) -> String {
    format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
}

fn ods(body: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:automatic-styles><style:style style:name=\"ta2\">\
         <style:table-properties table:display=\"false\"/></style:style></office:automatic-styles>\
         <office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
    );
    zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", &content),
        ("META-INF/manifest.xml", "<manifest:manifest/>"),
    ])
}

fn ods_rows(rows: &str) -> Vec<u8> {
    ods(&format!("<table:table table:name=\"一\">{rows}</table:table>"))
}

/// A compound file of one stream.
fn compound(name: &str, stream: &[u8]) -> Vec<u8> {
    let sectors = u32::try_from(stream.len().max(4096).div_ceil(512)).expect("small");
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(512, 0);
    file[24..34].copy_from_slice(&[0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
    file[44] = 1;
    file[48..52].copy_from_slice(&1_u32.to_le_bytes());
    file[56..58].copy_from_slice(&4096_u16.to_le_bytes());
    file[60..64].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff]);
    file[68..72].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff]);
    file[76..].fill(0xff);
    file[76..80].copy_from_slice(&0_u32.to_le_bytes());
    // The table: itself, the directory, the stream.
    let mut table = vec![0xffff_fffd, 0xffff_fffe];
    table.extend(3..2 + sectors);
    table.push(0xffff_fffe);
    table.resize(128, u32::MAX);
    file.extend(table.iter().flat_map(|id| id.to_le_bytes()));
    for (name, kind, start, length) in [("Root Entry", 5, 0xffff_fffe, 0), (name, 2, 2, sectors * 512)] {
        let mut entry = [0; 128];
        for (place, unit) in entry.chunks_exact_mut(2).zip(name.encode_utf16()) {
            place.copy_from_slice(&unit.to_le_bytes());
        }
        entry[66] = kind;
        entry[116..120].copy_from_slice(&u32::to_le_bytes(start));
        entry[120..124].copy_from_slice(&length.to_le_bytes());
        file.extend(entry);
    }
    file.resize(512 * 3, 0);
    file.extend(stream);
    file.resize(512 * (3 + sectors as usize), 0);
    file
}

/// An xls of one sheet with these records.
fn xls(records: &[(u16, &[u8])]) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut put = |kind: u16, data: &[u8]| {
        stream.extend(kind.to_le_bytes());
        stream.extend(u16::try_from(data.len()).expect("short").to_le_bytes());
        stream.extend(data);
    };
    let start = [0, 6, 5, 0, 0, 0, 0, 0];
    put(0x0809, &start);
    // Where the sheet starts: after this record and the next.
    put(0x0085, &[12 + 14 + 4, 0, 0, 0, 0, 0, 2, 0, b'A', b'B']);
    put(0x000a, &[]);
    put(0x0809, &start);
    for (kind, data) in records {
        put(*kind, data);
    }
    put(0x000a, &[]);
    compound("Workbook", &stream)
}

fn read_any(bytes: &[u8]) -> Result<Vec<Sheet>, Refusal> {
    read(bytes, sniff(bytes).expect("a container"))
}

/// What a workbook shows: `row: cell|cell`, natures as a letter before the text, sheets after `#`.
fn told(bytes: &[u8]) -> String {
    let sheets = match read_any(bytes) {
        Ok(sheets) => sheets,
        Err(refusal) => return format!("{refusal:?}"),
    };
    let mut told = String::new();
    for sheet in sheets {
        if sheet.name != "一" || sheet.is_hidden {
            let _ = writeln!(told, "# {}{}", sheet.name, if sheet.is_hidden { " hidden" } else { "" });
        }
        for row in sheet.grid.rows() {
            let cells: Vec<String> = (0..row.len())
                .map(|index| match row.get(index) {
                    ("", Nature::Text) => String::new(),
                    (text, nature) => format!("{} {text}", &format!("{nature:?}")[..1]),
                })
                .collect();
            let _ = writeln!(told, "{}: {}", row.number, cells.join("|"));
        }
    }
    told
}

#[test]
fn first_bytes_tell_the_container() {
    assert_eq!(sniff(&ods_rows("")), Some(Container::Zip));
    assert_eq!(sniff(&xls(&[])), Some(Container::Compound));
    for other in ["", "PK", "<html><table>", "税票号码,金额\n"] {
        assert_eq!(sniff(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn cells_of_an_xlsx_are_what_they_show() {
    for (sheet, expected) in [
        // Texts stay as they are; leading columns and row numbers too.
        (
            r#"<row r="3"><c r="C3" t="s"><v>1</v></c><c r="E3" t="inlineStr"><is><t xml:space="preserve"> a&amp;b</t></is></c></row>"#,
            "3: ||T 税票 号码||T  a&b\n",
        ),
        // The shortest digits, no exponent.
        (
            r"<row><c><v>36054.04</v></c><c><v>36054.040000000001</v></c><c><v>3.501E+9</v></c><c><v>1E-7</v></c><c><v>0.1</v></c><c><v>-0</v></c><c><v>1E400</v></c></row>",
            "1: N 36054.04|N 36054.04|N 3501000000|N 0.0000001|N 0.1|N 0|E #NUM!\n",
        ),
        (
            r#"<row><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#REF!</v></c><c t="e"><v>#N/A</v></c></row>"#,
            "1: T TRUE|T FALSE|E #REF!|E #N/A\n",
        ),
        (
            r#"<row><c s="1"><v>46083</v></c><c s="1"><v>46083.586805555555</v></c><c s="2"><v>1.0868055556</v></c><c s="1"><v>0.5</v></c><c s="1"><v>60</v></c><c t="d"><v>2026-03-02T14:05:00</v></c></row>"#,
            "1: D 2026-03-02|D 2026-03-02 14:05:00|T 26:05:00|T 12:00:00|N 60|D 2026-03-02 14:05:00\n",
        ),
        // A formula shows its value; without one, itself.
        (
            r#"<row><c><f>A2*2</f><v>4</v></c><c><f>SUM(A2:A3)</f></c><c><f t="shared" ref="C1:D1" si="0">A9</f><v/></c><c><f t="shared" si="0"/></c><c t="str"><f>"""""</f><v></v></c></row>"#,
            "1: N 4|U =SUM(A2:A3)|U =A9|U =A9\n",
        ),
        (
            r#"<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>2</v></c></row>"#,
            "Corrupt(\"cells out of order\")",
        ),
        (
            r#"<row r="2"><c r="B2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>"#,
            "Corrupt(\"cells out of order\")",
        ),
        (
            r#"<row r="2"><c r="B2"><v>1</v></c><c r="B2"><v>2</v></c></row>"#,
            "Corrupt(\"cells out of order\")",
        ),
        (
            r#"<row r="1048577"><c r="A1048577"><v>1</v></c></row>"#,
            "TooLarge(\"单元格超出第 1048576 行或 XFD 列\", \"a cell beyond row 1048576 or column XFD\")",
        ),
        (
            r#"<row r="1"><c r="A1" t="s"><v>9</v></c></row>"#,
            "Corrupt(\"Unexpected error: Cell string index not found in shared strings table\")",
        ),
    ] {
        assert_eq!(
            told(&xlsx(&rows(sheet), &[])).replace("Unexpected error: ", ""),
            expected.replace("Unexpected error: ", ""),
            "{sheet}"
        );
    }
}

#[test]
fn merged_cells_show_their_first() {
    let cells = r#"<row r="1"><c r="A1"><v>7</v></c></row><row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c><c r="C2"><v>3</v></c></row><row r="4"><c r="B4"><v>4</v></c></row>"#;
    for (merges, expected) in [
        (&["A1:C1", "A2:A5"][..], "1: N 7|S 7|S 7\n2: N 1|N 2|N 3\n4: S 1|N 4\n"),
        // The whole sheet is the rows and columns there are.
        (&["A1:XFD1048576"], "1: N 7|S 7|S 7\n2: S 7|S 7|S 7\n4: S 7|S 7|S 7\n"),
        // What begins at a blank cell hides what it covers; what begins where no row is shows nothing.
        (&["C1:C2", "A3:B4"], "1: N 7\n2: N 1|N 2|N 3\n4: |N 4\n"),
        (&["A2:B2", "A2:C4"], "1: N 7\n2: N 1|S 1|S 1\n4: S 1|S 1|S 1\n"),
    ] {
        let merges: String =
            merges.iter().map(|merge| ["<mergeCell ref=\"", merge, "\"/>"].concat()).collect();
        let sheet =
            rows(cells).replace("</sheetData>", &format!("</sheetData><mergeCells>{merges}</mergeCells>"));
        assert_eq!(told(&xlsx(&sheet, &[])), expected, "{merges}");
        // Written so that calamine has to find them, and cut anywhere.
        let odd = sheet.replace("mergeCell ", "mergeCell\n   ").replace("ref=\"", "ref =\"");
        assert_eq!(told(&xlsx(&odd, &[])), expected, "{merges}");
        let padding = "<!-- -->".repeat(16_335);
        for more in 0..if merges.contains("A5") { 160 } else { 0 } {
            let padded = format!("{}{padding}</sheetData>", " ".repeat(more));
            let padded = sheet.replace("</sheetData>", &padded);
            assert_eq!(told(&xlsx(&padded, &[])), expected, "{merges} after {more}");
        }
    }
}

#[test]
fn cells_of_an_ods_are_what_they_show() {
    let cell = |attributes: &str, text: &str| {
        format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>")
    };
    let blank = "<table:table-cell table:number-columns-repeated=\"2\"/>";
    let text = cell("office:value-type=\"string\"", "a&lt;<text:s text:c=\"2\"/>b");
    let number = cell("office:value-type=\"currency\" office:value=\"36054.040\"", "￥36,054.04");
    let date = cell("office:value-type=\"date\" office:date-value=\"2026-03-02T14:05:00\"", "3月2日");
    let flag = cell("office:value-type=\"boolean\" office:boolean-value=\"true\"", "TRUE");
    let error =
        cell("office:value-type=\"string\" office:string-value=\"\" calcext:value-type=\"error\"", "#REF!");
    let formula = "<table:table-cell table:formula=\"of:=SUM([.A1])\"/>";
    let noted = "<table:table-cell office:value-type=\"string\"><office:annotation><text:p>no</text:p></office:annotation><text:p>x</text:p><text:p>y</text:p></table:table-cell>";
    let merged = format!(
        "<table:table-cell table:number-columns-spanned=\"2\" table:number-rows-spanned=\"2\" {}<table:covered-table-cell/>",
        &cell("office:value-type=\"string\"", "合计")["<table:table-cell ".len()..]
    );
    let row = |cells: &str| format!("<table:table-row>\n {cells}\n</table:table-row>");
    for (body, expected) in [
        (row(&format!("{blank}{text}{number}{blank}")), "1: ||T a<  b|N 36054.04\n"),
        (row(&format!("{date}{flag}{error}{formula}{noted}")), "1: D 2026-03-02 14:05:00|T TRUE|E #REF!|U =SUM([.A1])|T x\ny\n"),
        (format!("<table:table-row table:number-rows-repeated=\"3\">{blank}</table:table-row><table:table-row table:number-rows-repeated=\"2\">{flag}</table:table-row>"), "4: T TRUE\n5: T TRUE\n"),
        (row(&merged) + &row(&format!("<table:covered-table-cell table:number-columns-repeated=\"2\"/>{flag}")), "1: T 合计|S 合计\n2: S 合计|S 合计|T TRUE\n"),
        // What would not fit is refused before it is unfolded.
        (format!("<table:table-row table:number-rows-repeated=\"1048577\">{flag}</table:table-row>"), "TooLarge(\"单元格超出第 1048576 行或 XFD 列\", \"a cell beyond row 1048576 or column XFD\")"),
        (row("<table:table-cell table:number-columns-repeated=\"99999\" office:value-type=\"float\" office:value=\"1\"/>"), "TooLarge(\"单元格超出第 1048576 行或 XFD 列\", \"a cell beyond row 1048576 or column XFD\")"),
        ("<table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell table:number-columns-repeated=\"16384\" office:value-type=\"float\" office:value=\"1\"/></table:table-row>".into(), "TooLarge(\"超过 2400 万个单元格\", \"more than 24 million cells\")"),
        (row(&cell("office:value-type=\"string\"", "<text:s text:c=\"4000000000\"/>")), "TooLarge(\"连续 32767 个以上空格\", \"a run of more than 32767 spaces\")"),
        ("<table:table-row>".into(), "Corrupt("),
    ] {
        assert!(told(&ods_rows(&body)).starts_with(expected), "{body}: {}", told(&ods_rows(&body)));
    }
    let sheets = "<table:table table:name=\"甲\"/><table:table table:name=\"乙\" table:style-name=\"ta2\"/>";
    assert_eq!(told(&ods(sheets)), "# 甲\n# 乙 hidden\n");
    // An end inside a sheet, where calamine waits for ever.
    let cut = zip(&[("mimetype", ""), ("content.xml", "<table:table table:name=\"甲\"><table:table-row/>")]);
    assert_eq!(told(&cut), "Corrupt(\"content.xml ends inside a sheet\")");
}

#[test]
fn cells_of_an_xls_are_what_they_show() {
    let number = |row: u16, column: u16| {
        let mut data = [row.to_le_bytes(), column.to_le_bytes(), [0; 2]].concat();
        data.extend(36_054_i32.to_le_bytes());
        // A whole number, shifted by the two bits that say so.
        let whole = (36_054_u32 << 2) | 2;
        data[6..].copy_from_slice(&whole.to_le_bytes());
        data
    };
    let label = [4, 0, 0, 0, 0, 0, 2, 0, 1, 0xd1, 0x91, 0x9d, 0x98];
    let merge = [1, 0, 2, 0, 2, 0, 1, 0, 3, 0];
    let (near, far) = (number(2, 1), number(65_535, 255));
    for (records, expected) in [
        (vec![(0x027e, &near[..]), (0x0204, &label), (0x00e5, &merge)], "# AB\n3: |N 36054\n5: T 金额\n"),
        (
            vec![(0x027e, &near), (0x027e, &far)],
            "TooLarge(\"xls 中单元格相距过远，或超过 600 万个\", \"cells too far apart, or more than 6 million, in an xls\")",
        ),
        (
            vec![(0x0200, &[0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0])],
            "TooLarge(\"工作表声明的范围超出 xls 的限度\", \"a sheet declared larger than any xls\")",
        ),
        (
            vec![(0x0200, &[9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0])],
            "Corrupt(\"a sheet that ends before it begins\")",
        ),
    ] {
        assert_eq!(told(&xls(&records)), expected);
    }
    assert_eq!(told(&compound("EncryptedPackage", &[])), "Password");
    assert_eq!(told(&compound("Contents", &[])), "Corrupt(\"a compound file, but no workbook\")");
    let mut endless = xls(&[]);
    // The directory's sector follows itself.
    endless[512 + 4..512 + 8].copy_from_slice(&1_u32.to_le_bytes());
    assert_eq!(told(&endless), "Corrupt(\"a chain of sectors that never ends\")");
}

#[test]
fn hostile_zips_are_refused_or_harmless() {
    let far = rows(
        r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>"#,
    );
    let shown = told(&xlsx(&far, &[]));
    assert!(shown.starts_with("1: N 1\n1048576: |") && shown.ends_with("|N 2\n"));
    let one = rows("<row><c><v>1</v></c></row>");
    let mut wide = String::new();
    for row in 1..=2_000 {
        let _ = write!(wide, "<row r=\"{row}\"><c r=\"XFD{row}\"><v>1</v></c></row>");
    }
    let long = "x".repeat(32_000);
    let long = format!("<sst><si><t>{long}</t></si></sst>");
    let much: String = "<row>".to_owned() + &"<c t=\"s\"><v>0</v></c>".repeat(11_000) + "</row>";
    let entity = "<!DOCTYPE workbook [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>".to_owned() + BOOK;
    let two = BOOK.replace("</sheets>", "<sheet name=\"一\" sheetId=\"2\" r:id=\"r1\"/></sheets>");
    let shared = BOOK.replace("</sheets>", "<sheet name=\"二\" sheetId=\"2\" r:id=\"r1\"/></sheets>");
    let sheets: String = "<sheet name=\"x\" r:id=\"r1\"/>".repeat(600);
    let many = format!("<workbook><sheets>{sheets}</sheets></workbook>");
    let wide = rows(&wide);
    let much = rows(&much);
    let hidden = STRINGS.replace("unique", "unique\u{1b}");
    for (bytes, expected) in [
        (xlsx(&one, &[("../../outside.txt", "x"), ("/etc/passwd", "x")]), "1: N 1\n"),
        (xlsx(&one, &[("xl/workbook.xml", &entity)]), "Corrupt(\"a part that declares a document type\")"),
        (xlsx(&one, &[("xl/workbook.xml", &two)]), "Corrupt(\"two sheets of one name\")"),
        (xlsx(&one, &[("xl/workbook.xml", &shared)]), "Corrupt(\"two sheets in one part\")"),
        (
            xlsx(&one, &[("xl/workbook.xml", &many)]),
            "TooLarge(\"超过 512 张工作表\", \"more than 512 sheets\")",
        ),
        (
            xlsx(&one, &[("xl/sharedStrings.xml", "<sst uniqueCount=\"99999999999\"/>")]),
            "TooLarge(\"超过 1200 万个共享字符串\", \"more than 12 million shared strings\")",
        ),
        (xlsx(&one, &[("xl/sharedStrings.xml", &hidden)]), "Corrupt(\"a part that is not in UTF-8\")"),
        (xlsx(&wide, &[]), "TooLarge(\"超过 2400 万个单元格\", \"more than 24 million cells\")"),
        (
            xlsx(&much, &[("xl/sharedStrings.xml", &long)]),
            "TooLarge(\"文字超过 320 MiB\", \"more than 320 MiB of text\")",
        ),
        (xlsx("<chartsheet/>", &[]), ""),
        (xlsx("<worksheet><sheetData>", &[]), "Corrupt(\"Unexpected end of xml, expecting '</sheetData>'\")"),
        (zip(&[("a.txt", "x")]), "Corrupt(\"a zip, but no workbook\")"),
        (
            zip(&[("content.xml", "<x/>"), ("META-INF/manifest.xml", "<manifest:encryption-data/>")]),
            "Password",
        ),
    ] {
        assert_eq!(told(&bytes), expected);
    }
}

#[test]
fn a_bomb_is_refused_whatever_it_declares() {
    let bomb = xlsx(&rows(&"<row></row>".repeat(6_200_000)), &[]);
    let expected = "TooLarge(\"某部分解压超过 200 倍\", \"a part that inflates more than 200 times\")";
    assert_eq!(told(&bomb), expected);
    // Both of its headers say that a part is tiny.
    let mut lying = bomb;
    let size = u32::try_from(rows("").len() + 11 * 6_200_000).expect("small").to_le_bytes();
    while let Some(place) = memchr::memmem::find(&lying, &size) {
        lying[place..place + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    assert!(told(&lying).contains("larger than its declared"), "{}", told(&lying));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let _ = read(&bytes, Container::Zip);
        let _ = read(&[b"PK\x03\x04", &bytes[..]].concat(), Container::Zip);
        let _ = read(&[b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &bytes[..]].concat(), Container::Compound);
    }

    #[test]
    fn no_flipped_bits_panic(flips in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 1..8)) {
        let row = rows(r#"<row r="3"><c r="C3" t="s"><v>1</v></c><c r="E3" s="1"><f>A1</f><v>2</v></c></row>"#);
        for mut bytes in [xlsx(&row, &[]), ods_rows("<table:table-row/>"), xls(&[(0x0204, &[4, 0, 0, 0, 0, 0, 1, 0, 1, 0x11, 0x91])])] {
            let container = sniff(&bytes).expect("a container");
            for (place, bit) in &flips {
                *place.get_mut(&mut bytes) ^= 1 << bit;
            }
            let _ = read(&bytes, container);
        }
    }
}
