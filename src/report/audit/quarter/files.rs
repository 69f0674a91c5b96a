//! 数据质量: what was delivered, and what of it could not be read.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::lang::Lang;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::matching::group;
use crate::period::FileCount;
use crate::report::audit::Audit;
use crate::report::document::{Document, Head, Table};
use crate::report::names::table_name;

/// The page: everything that was delivered, by ledger or table, and what of it is of no single institution.
pub(super) fn files_page(audit: &Audit<'_>) -> Document {
    let mut page = Document::default();
    let all = delivered(audit);
    page.paragraph(audit.pick(
        "所列为报送情况：重新报送的文件、行和金额每次都计，合计因此可以大于账面发生额。",
        "What was delivered: files, rows and amounts that came again count each time, so that sums can exceed what the ledgers \
         record.",
    ));
    page.table(files(audit, &all));
    page.heading(audit.pick("按报送机构", "By institution"));
    page.paragraph(audit.pick(
        "同名的文件归于一家机构：本期各行载明的机构（账户明细为账户的开户行）只有该机构。载明几家机构或都未载明的，不能归于一家。",
        "Files of one name are of an institution if all their rows of the period that name one (of statements: the bank that \
         holds the account) name it. Where they name several, or none, they are of no single institution.",
    ));
    page.table(by_sender(audit, &all));
    page
}

/// What an institution delivered, and how much its party delivered that is of no single institution.
pub(in crate::report::audit) fn own_files(audit: &Audit<'_>, code: &str, party: Party, page: &mut Document) {
    let all = delivered(audit);
    let own: Vec<Delivered<'_>> = all.iter().copied().filter(|of| of.sender == Some(code)).collect();
    page.table(files(audit, &own));
    let shared = all.iter().filter(|of| of.sender.is_none() && of.party() == Some(party));
    let (mut count, mut rows, mut rejected) = (0, 0, 0);
    for of in shared {
        count += 1;
        rows += of.file.rows;
        rejected += of.file.rejected;
    }
    if count > 0 {
        page.paragraph(match audit.lang {
            Lang::Zh => format!(
                "{}报送的文件中另有 {count} 个、{rows} 行（不能用 {rejected} 行）含几家机构的行或未载明机构，不能归于一家，不在上表之内。",
                audit.party(party)
            ),
            Lang::En => format!(
                "Of the files of its party ({}) {count} more, with {rows} rows ({rejected} rejected), have rows of several \
                 institutions or name none: they are of no single institution and not in this table.",
                audit.party(party)
            ),
        });
    }
}

/// A file, and whose it is.
#[derive(Clone, Copy)]
struct Delivered<'a> {
    day: chrono::NaiveDate,
    file: &'a FileCount,
    /// The ledger or table.
    name: &'a str,
    ledger: Option<Ledger>,
    /// Whose the files of its name are, where they are of one institution.
    sender: Option<&'a str>,
}

impl Delivered<'_> {
    fn party(&self) -> Option<Party> {
        self.ledger.map(Ledger::party)
    }
}

/// A file's name without its folder.
fn base(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// Every file of the period.
fn delivered<'a>(audit: &Audit<'a>) -> Vec<Delivered<'a>> {
    let mut of_name: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (file, codes) in &audit.input.period.sums.senders {
        of_name.entry(base(file)).or_default().extend(codes.iter().map(String::as_str));
    }
    let owner = |name: &str| {
        let named = of_name.get(name).filter(|named| named.len() == 1)?;
        named.first().copied()
    };
    let mut all = Vec::new();
    for note in audit.input.notes {
        for file in &note.files {
            let name = base(&file.file);
            let ledgers = Ledger::ALL.iter().filter(|ledger| name.starts_with(ledger.id()));
            let ledger = ledgers.max_by_key(|ledger| ledger.id().len()).copied();
            let of_table = name.split('.').next().unwrap_or(name);
            all.push(Delivered {
                day: note.day,
                file,
                name: ledger.map_or(of_table, |ledger| ledger.id()),
                ledger,
                sender: owner(name).filter(|_| ledger.is_some()),
            });
        }
    }
    all
}

/// Days on which files came, files, rows, rows that could not be used, and yuan.
#[derive(Default)]
struct Tally {
    days: BTreeSet<chrono::NaiveDate>,
    files: u64,
    rows: u64,
    rejected: u64,
    yuan: Money,
}

impl Tally {
    fn add(&mut self, of: &Delivered<'_>) {
        self.days.insert(of.day);
        self.files += 1;
        self.rows += of.file.rows;
        self.rejected += of.file.rejected;
        self.yuan += of.file.yuan;
    }

    fn numbers(&self) -> [String; 4] {
        [
            self.days.len().to_string(),
            self.files.to_string(),
            self.rows.to_string(),
            self.rejected.to_string(),
        ]
    }
}

/// The heads of a tally's numbers.
fn heads(audit: &Audit<'_>) -> [Head; 4] {
    [
        Head::number("days", audit.pick("报送日数", "days delivered")),
        Head::number("files", audit.pick("文件数", "files")),
        Head::number("rows", audit.pick("行数", "rows")),
        Head::number("rejected", audit.pick("不能用的行", "rows rejected")),
    ]
}

/// By ledger or table: files, rows, and what could not be read.
fn files(audit: &Audit<'_>, all: &[Delivered<'_>]) -> Table {
    let mut columns = vec![
        Head::text("ledger", audit.pick("账册或表", "ledger or table")),
        Head::text("party", audit.pick("报送方", "party")),
    ];
    columns.extend(heads(audit));
    columns.push(Head::money("yuan", audit.pick("报送金额", "yuan delivered")));
    let mut table = Table::new("files", columns);
    let mut by_name: BTreeMap<&str, (Option<Ledger>, Tally)> = BTreeMap::new();
    for of in all {
        let (ledger, tally) = by_name.entry(of.name).or_default();
        *ledger = of.ledger;
        tally.add(of);
    }
    for (name, (ledger, tally)) in by_name {
        let mut row = vec![
            table_name(name, audit.lang),
            ledger.map_or("", |ledger| audit.party(ledger.party())).to_owned(),
        ];
        row.extend(tally.numbers());
        // Tables come again every day, and balances do not add up.
        let adds_up = ledger.is_some_and(|ledger| group::role(ledger).is_some());
        row.push(if adds_up { tally.yuan.to_string() } else { String::new() });
        table.push(row);
    }
    table
}

/// By institution, and of each party what is of no single one.
fn by_sender(audit: &Audit<'_>, all: &[Delivered<'_>]) -> Table {
    let mut columns = vec![
        Head::text("party", audit.pick("报送方", "party")),
        Head::text("institution", audit.pick("机构", "institution")),
    ];
    columns.extend(heads(audit));
    let mut table = Table::new("senders", columns);
    let mut by_sender: BTreeMap<(Party, Option<&str>), Tally> = BTreeMap::new();
    for of in all {
        if let Some(party) = of.party() {
            by_sender.entry((party, of.sender)).or_default().add(of);
        }
    }
    for ((party, sender), tally) in by_sender {
        let nobody = || audit.pick("（不能归于一家）", "(of no single institution)").to_owned();
        let mut row =
            vec![audit.party(party).to_owned(), sender.map_or_else(nobody, |code| audit.named(code))];
        row.extend(tally.numbers());
        table.push(row);
    }
    table
}
