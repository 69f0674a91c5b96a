//! SWIFT MT940, the customer statement, and MT950, which has the same fields.
//!
//! ```text
//! {1:F01ICBKCNBJAXXX0000000000}{2:O940…}{4:         an envelope, or none
//! :20:STMT20260302                                  a message starts
//! :25:0200001234567890123                           account
//! :28C:61/1                                         statement and page
//! :60F:C260302CNY1000,00                            opening balance
//! :61:2603020302C200,50NTRFNONREF//B26030200001     an entry
//! supplementary details
//! :86:缴纳2月增值税                                  information on it
//! :62F:C260302CNY1200,50                            closing balance
//! -}                                                a message ends
//! ```
//!
//! A reader of our own: the crate `mt940` takes ASCII alone, fails a whole file on one bad line and keeps no line
//! numbers, and a clerk needs all three.

use chrono::{Datelike, NaiveDate};

use super::{
    CREDIT, Cut, DEBIT, Expected, Figure, Line, Message, Refusal, Running, StatedTotal, Subject, amount_cell,
    balance_cell, excerpt, head, reference,
};

/// Whether a text starts like a SWIFT message about an account.
pub fn is_mt940(text: &str) -> bool {
    let head = head(text).trim_start_matches('$');
    if head.starts_with("{1:") {
        return head.contains("{2:O9") || head.contains("{2:I9");
    }
    let has = |tag: &str| head.lines().any(|line| line.starts_with(tag));
    has(":20:") && (has(":25:") || has(":25P:"))
}

/// Reads the messages of a file.
///
/// Bookings are dated by their entry date, or else by their value date. A reversal is money that goes the other way:
/// `RC`, reversal of credit, is a debit entry, `RD` a credit entry; the column `reversal` keeps the mark. The serial
/// is the bank's reference; the customer's own need not be unique.
pub fn read(text: &str) -> Result<Message, Refusal> {
    let mut reader = Reader::default();
    let mut line = 0;
    for content in text.lines() {
        line += 1;
        reader.line(line, content)?;
    }
    reader.end(line, text)?;
    if !reader.is_statement {
        let found = excerpt(text.lines().find(|line| !line.trim().is_empty()).unwrap_or(""));
        return Err(Refusal { line: 1, expected: Expected::Statement, found });
    }
    Ok(reader.message)
}

#[derive(Debug, Default)]
struct Reader<'t> {
    message: Message,
    statement: Statement<'t>,
    /// The entry whose lines are being read.
    entry: Option<Entry<'t>>,
    /// The field whose lines are being read.
    tag: &'t str,
    /// A balance or an entry was met, so this is a statement.
    is_statement: bool,
}

#[derive(Debug, Default)]
struct Statement<'t> {
    account: &'t str,
    bank: &'t str,
    /// Of the opening balance: entries name none.
    currency: &'t str,
    running: Running,
    /// Whether its closing balance is still to come.
    is_open: bool,
}

#[derive(Debug, Default)]
struct Entry<'t> {
    line: u32,
    /// The first line of field 61.
    posting: &'t str,
    supplement: Vec<&'t str>,
    /// The lines of field 86.
    information: Vec<&'t str>,
}

impl<'t> Reader<'t> {
    fn line(&mut self, number: u32, line: &'t str) -> Result<(), Refusal> {
        // Files put control characters or a dollar sign between messages.
        let mut bare = line.trim_start_matches(|c: char| c.is_control() || c == '$');
        if bare.trim_end() == "-" || bare.starts_with("-}") || is_block(bare) {
            self.end_entry()?;
            self.end_statement(number, line);
            self.tag = "";
            bare = envelope(number, bare)?;
        }
        let Some((tag, content)) = field(bare) else {
            self.continuation(line);
            return Ok(());
        };
        if tag == "86" {
            if let Some(entry) = &mut self.entry {
                entry.information.push(content);
            }
            self.tag = tag;
            return Ok(());
        }
        self.end_entry()?;
        self.tag = tag;
        let is_first = self.message.grid.rows().len() == 0;
        if is_first {
            if tag == "61" {
                let found = excerpt(line);
                return Err(Refusal { line: number, expected: Expected::StatementFirst, found });
            }
            self.message.push(number, &Line::header(), number)?;
        }
        match tag {
            "20" => self.end_statement(number, line),
            "25" | "25P" => self.account(content),
            "34F" => {
                let found = format!("MT942: {}", excerpt(line));
                return Err(Refusal { line: number, expected: Expected::Statement, found });
            }
            "60F" | "60M" => {
                let balance = Balance::parse(content);
                self.is_statement = true;
                self.cut(number, line);
                self.statement.is_open = true;
                self.statement.currency = balance.currency;
                self.statement.account = without_currency(self.statement.account, balance.currency);
                self.statement.running = Running { opening: balance.cell.parse().ok(), ..Running::default() };
            }
            "61" => {
                self.is_statement = true;
                self.statement.is_open = true;
                self.entry = Some(Entry { line: number, posting: content, ..Entry::default() });
            }
            "62F" | "62M" => {
                self.is_statement = true;
                self.statement.is_open = false;
                let stated = Balance::parse(content).cell;
                let computed = self.statement.running.closing();
                self.total(number, Subject::Closing, stated, computed);
            }
            "90C" => self.turnover(number, Subject::Credits, content),
            "90D" => self.turnover(number, Subject::Debits, content),
            _ => {}
        }
        Ok(())
    }

    fn continuation(&mut self, line: &'t str) {
        match (self.tag, &mut self.entry) {
            ("61", Some(entry)) => entry.supplement.push(line),
            ("86", Some(entry)) => entry.information.push(line),
            // The bank that keeps the account.
            ("25P", None) if self.statement.bank.is_empty() => self.statement.bank = line.trim(),
            _ => {}
        }
    }

    /// `0200001234567890123`, or `ICBKCNBJ/0200001234567890123`.
    fn account(&mut self, content: &'t str) {
        let content = content.trim();
        (self.statement.bank, self.statement.account) = match content.split_once('/') {
            Some((bank, account)) if is_bic(bank) => (bank, account),
            _ => ("", content),
        };
    }

    /// Field 90, number and sum of entries: `75CNY1234,56`. MT942 must have it; some banks add it to MT940.
    fn turnover(&mut self, line: u32, subject: Subject, content: &str) {
        let content = content.trim();
        let digits = content.bytes().take_while(u8::is_ascii_digit).count();
        let (count, rest) = content.split_at(digits);
        let (currency, amount) = currency_and_amount(rest).unwrap_or(("", rest));
        let running = &self.statement.running;
        let (rows, yuan) = (running.count(subject), running.sum(subject));
        self.total(line, subject, count.to_owned(), rows);
        self.total(line, subject, amount_cell(currency, &decimal(amount)), yuan);
    }

    fn total(&mut self, row: u32, subject: Subject, stated: String, computed: Option<Figure>) {
        let account = excerpt(self.statement.account);
        self.message.totals.push(StatedTotal { row, account, subject, stated, computed });
    }

    /// Ends the file. Of an entry within a statement that breaks off nobody knows whether it is whole.
    fn end(&mut self, number: u32, text: &str) -> Result<(), Refusal> {
        if self.statement.is_open
            && let Some(entry) = self.entry.take()
        {
            let found = excerpt(entry.posting);
            self.message.cuts.push(Cut { line: entry.line, found, is_entry: true });
            return Ok(());
        }
        self.end_entry()?;
        self.end_statement(number, text.lines().next_back().unwrap_or(""));
        Ok(())
    }

    fn end_statement(&mut self, number: u32, line: &str) {
        self.cut(number, line);
        self.statement = Statement::default();
    }

    /// Notes a statement that ends on a line and has no closing balance.
    fn cut(&mut self, line: u32, content: &str) {
        if self.statement.is_open {
            self.message.cuts.push(Cut { line, found: excerpt(content), is_entry: false });
        }
    }

    fn end_entry(&mut self) -> Result<(), Refusal> {
        let Some(entry) = self.entry.take() else { return Ok(()) };
        let statement = &mut self.statement;
        let posting = Posting::split(entry.posting);
        let (direction, funds) = posting.direction();
        let amount = match funds {
            Some(code) if statement.currency.len() == 3 && !statement.currency.ends_with(code) => {
                format!("funds code {code} {}", posting.amount)
            }
            _ => amount_cell(statement.currency, &decimal(posting.amount)),
        };
        let balance = statement.running.add(&direction, &amount);
        let information = Information::read(&entry.information);
        let supplement = entry.supplement.join(" ");
        let summary = if information.summary.is_empty() { supplement.as_str() } else { &information.summary };
        let row = Line {
            account: statement.account,
            date: &posting.booked(),
            serial: reference(posting.bank_reference),
            direction: &direction,
            amount: &amount,
            balance: &balance.map(|balance| balance.to_string()).unwrap_or_default(),
            counterparty_name: information.name.trim(),
            counterparty_account: information.account.trim(),
            counterparty_bank: information.bank.trim(),
            summary: summary.trim(),
            currency: statement.currency,
            value_date: &posting.valued(),
            bank: statement.bank,
            reference: reference(posting.reference),
            reversal: if posting.mark.starts_with('R') { posting.mark } else { "" },
            details: if summary == supplement { &information.text } else { &supplement },
            ..Line::default()
        };
        self.message.push(entry.line, &row, entry.line)
    }
}

/// Whether a line starts with a block of an envelope.
fn is_block(line: &str) -> bool {
    matches!(line.as_bytes(), [b'{', b'1'..=b'5', b':', ..])
}

/// The text behind the blocks of an envelope, `{1:…}{2:O940…}{4:`, most often none.
fn envelope(line: u32, text: &str) -> Result<&str, Refusal> {
    if let Some((_, block)) = text.split_once("{2:") {
        let kind = block.get(1..4).unwrap_or("");
        if !matches!(kind, "940" | "950") {
            return Err(Refusal { line, expected: Expected::Statement, found: format!("MT{kind}") });
        }
    }
    Ok(text.split_once("{4:").map_or("", |(_, content)| content))
}

/// The tag and the content of a line that starts a field: `:60F:…`.
fn field(line: &str) -> Option<(&str, &str)> {
    let (tag, content) = line.strip_prefix(':')?.split_once(':')?;
    let is_tag = match tag.as_bytes() {
        [a, b] => (a.is_ascii_digit() && b.is_ascii_digit()) || tag == "NS",
        [a, b, c] => a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_uppercase(),
        _ => false,
    };
    is_tag.then_some((tag, content))
}

fn is_bic(text: &str) -> bool {
    matches!(text.len(), 8 | 11)
        && text.bytes().take(6).all(|b| b.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Some banks write the currency of the statement behind the number of the account.
fn without_currency<'t>(account: &'t str, currency: &str) -> &'t str {
    match account.strip_suffix(currency).map(str::trim_end) {
        Some(number) if number.ends_with(|c: char| c.is_ascii_digit()) => number,
        _ => account,
    }
}

/// A balance: `C260302CNY1234,56`.
#[derive(Debug)]
struct Balance<'t> {
    /// Blank if the field is none.
    currency: &'t str,
    cell: String,
}

impl<'t> Balance<'t> {
    fn parse(text: &'t str) -> Self {
        let text = text.trim();
        let parts = || {
            let rest = text.strip_prefix(['C', 'D'])?;
            let (day, rest) = rest.split_at_checked(6)?;
            date(day)?;
            currency_and_amount(rest)
        };
        match parts() {
            Some((currency, amount)) => {
                let cell = balance_cell(currency, &decimal(amount), text.starts_with('D'));
                Self { currency, cell }
            }
            None => Self { currency: "", cell: amount_cell("", text) },
        }
    }
}

fn currency_and_amount(text: &str) -> Option<(&str, &str)> {
    let (currency, amount) = text.split_at_checked(3)?;
    currency.bytes().all(|b| b.is_ascii_uppercase()).then_some((currency, amount))
}

/// Digits with a decimal comma, which the grammar demands, to digits with a decimal point. What is none goes between
/// quotes, so that nobody takes the comma of `1,234` for one that groups thousands.
fn decimal(text: &str) -> String {
    let plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    match text.split_once(',') {
        Some((whole, "")) if !whole.is_empty() && plain(whole) => whole.to_owned(),
        Some((whole, fraction)) if !whole.is_empty() && plain(whole) && plain(fraction) => {
            format!("{whole}.{fraction}")
        }
        _ => format!("{text:?}"),
    }
}

/// A date `YYMMDD`; by the standard a year above 79 is of the last century.
fn date(text: &str) -> Option<NaiveDate> {
    if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year: i32 = text[..2].parse().ok()?;
    let century = if year > 79 { 1900 } else { 2000 };
    NaiveDate::from_ymd_opt(century + year, text[2..4].parse().ok()?, text[4..].parse().ok()?)
}

/// Field 61, split: `2603020302C200,50NTRFNONREF//B26030200001`.
#[derive(Debug)]
struct Posting<'t> {
    value: &'t str,
    /// `MMDD`, or blank.
    entry: &'t str,
    /// With the funds code, if there is one.
    mark: &'t str,
    amount: &'t str,
    reference: &'t str,
    bank_reference: &'t str,
}

impl<'t> Posting<'t> {
    fn split(text: &'t str) -> Self {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (value, entry) = match digits {
            6 => (&text[..6], ""),
            10 => (&text[..6], &text[6..10]),
            // No date: the whole is what was found.
            _ => (text, ""),
        };
        let rest = &text[digits..];
        let (mark, rest) = rest.split_at(rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()));
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | ',' | '.')).unwrap_or(rest.len());
        let (amount, rest) = rest.split_at(end);
        // The type of transaction, NTRF, comes before the references.
        let references = rest.split_at_checked(4).map_or("", |(_, references)| references);
        let (reference, bank_reference) = references.split_once("//").unwrap_or((references, ""));
        Self { value, entry, mark, amount, reference, bank_reference }
    }

    /// The direction, or words for a mark that is none; and the funds code, the currency's last letter.
    fn direction(&self) -> (String, Option<char>) {
        let marks = [("RC", DEBIT), ("RD", CREDIT), ("C", CREDIT), ("D", DEBIT)];
        for (mark, direction) in marks {
            let Some(funds) = self.mark.strip_prefix(mark) else { continue };
            match *funds.as_bytes() {
                [] => return (direction.to_owned(), None),
                [code] if code.is_ascii_uppercase() => return (direction.to_owned(), Some(code.into())),
                _ => {}
            }
        }
        (format!("mark {:?}", self.mark), None)
    }

    fn valued(&self) -> String {
        date(self.value).map_or_else(|| self.value.to_owned(), |day| day.to_string())
    }

    /// The entry date has no year: it is the one that brings it near the value date.
    fn booked(&self) -> String {
        let (Some(value), false) = (date(self.value), self.entry.is_empty()) else {
            return format!("{}{}", self.valued(), self.entry);
        };
        let number = |text: &str| text.parse::<u32>().ok();
        (value.year() - 1..=value.year() + 1)
            .filter_map(|year| {
                NaiveDate::from_ymd_opt(year, number(&self.entry[..2])?, number(&self.entry[2..])?)
            })
            .find(|day| (*day - value).num_days().abs() <= 183)
            .map_or_else(|| format!("{}{}", self.value, self.entry), |day| day.to_string())
    }
}

/// Field 86: free text, or subfields behind a separator, `166?00转账?20增值税?32滨海公司`, as German and some
/// Chinese banks have it.
#[derive(Debug, Default)]
struct Information {
    summary: String,
    name: String,
    account: String,
    bank: String,
    /// The whole, where it has subfields.
    text: String,
}

impl Information {
    fn read(lines: &[&str]) -> Self {
        let text = lines.concat();
        Self::of_subfields(&text).unwrap_or_else(|| Self { summary: lines.join(" "), ..Self::default() })
    }

    fn of_subfields(text: &str) -> Option<Self> {
        let head = text.bytes().take_while(u8::is_ascii_digit).count();
        let separator = text[head..].chars().next().filter(char::is_ascii_punctuation)?;
        // A code of three digits comes first; only the question mark tells subfields without it.
        (head == 3 || (head == 0 && separator == '?')).then_some(())?;
        let mut information = Self { text: text.to_owned(), ..Self::default() };
        let mut posting = String::new();
        let mut rest = String::new();
        let mut code = None;
        for part in text[head + 1..].split(separator) {
            let start = part.split_at_checked(2).filter(|(code, _)| code.bytes().all(|b| b.is_ascii_digit()));
            code = start.map(|(code, _)| code).or(code);
            let target = match code?.as_bytes() {
                b"00" => &mut posting,
                [b'2', _] | [b'6', b'0'..=b'3'] => &mut information.summary,
                b"30" => &mut information.bank,
                b"31" => &mut information.account,
                b"32" | b"33" => &mut information.name,
                _ => &mut rest,
            };
            if let Some((_, content)) = start {
                target.push_str(content);
            } else {
                // The separator is one of the text's own characters.
                target.push(separator);
                target.push_str(part);
            }
        }
        if information.summary.is_empty() {
            information.summary = posting;
        }
        (!information.summary.is_empty()).then_some(information)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::show;
    use super::*;
    use proptest::prelude::*;

    /// A message about an account in yuan that opens with 1000; its body starts in line 4.
    fn message(body: &str) -> String {
        format!(":20:S1\n:25:0200001\n:60F:C260301CNY1000,\n{body}")
    }

    /// A text whose last message ends, so that its last entry is whole.
    fn ended(text: &str) -> String {
        format!("{}\n-", text.trim_end_matches('\n'))
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert!(is_mt940(text), "{text}");
        let text = ended(text);
        assert_eq!(show(&read(&text)), expected, "{text}");
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(show(&read(&crlf)), expected, "{crlf}");
    }

    #[test]
    fn messages_in_envelopes() {
        check(
            "\u{1}{1:F01ICBKCNBJAXXX0000000000}{2:O9401200260302ICBKCNBJAXXX00000000002603021200N}{4:
:20:STMT20260302
:25P:0200001234567890123
ICBKCNBJ
:28C:61/1
:60F:C260301CNY1000,00
:61:2603020302C200,5NTRFINV7//B1
代扣
:86:滨海市第一建筑工程有限公司
缴纳2月增值税
:61:260302D1200,50NCHKNONREF//NONREF
:62F:D260302CNY0,
:64:C260302CNY0,00
:86:致：账户持有人
-}{5:{CHK:123456789ABC}}\u{3}$\u{1}{1:F01ICBKCNBJAXXX0000000000}{2:I940ICBKCNBJXXXXN}{4:
:20:STMT20260302
:25:ICBKCNBJXXX/0200002
:60M:D260302CNY5,
:61:260302RD7,NTRFNONREF
:62M:C260302CNY3,
-}
",
            "7 account=0200001234567890123 date=2026-03-02 serial=B1 direction=credit amount=200.5 \
             balance=1200.50 summary=滨海市第一建筑工程有限公司 缴纳2月增值税 currency=CNY value_date=2026-03-02 \
             bank=ICBKCNBJ reference=INV7 details=代扣\n\
             11 account=0200001234567890123 date=2026-03-02 direction=debit amount=1200.50 balance=0.00 \
             currency=CNY value_date=2026-03-02 bank=ICBKCNBJ\n\
             19 account=0200002 date=2026-03-02 direction=credit amount=7 balance=2.00 currency=CNY \
             value_date=2026-03-02 bank=ICBKCNBJXXX reversal=RD\n\
             12 0200001234567890123 Closing 0 / 0.00 holds\n\
             20 0200002 Closing 3 / 2.00 differs\n",
        );
    }

    #[test]
    fn postings() {
        for (posting, cells) in [
            (
                "260302C1,NTRFA//B",
                "date=2026-03-02 serial=B direction=credit amount=1 balance=1001.00 currency=CNY value_date=2026-03-02 reference=A",
            ),
            (
                "260302RC0,01NTRF",
                "date=2026-03-02 direction=debit amount=0.01 balance=999.99 currency=CNY value_date=2026-03-02 reversal=RC",
            ),
            (
                "2512310102DY1,00NTRF客户号//",
                "date=2026-01-02 direction=debit amount=1.00 balance=999.00 currency=CNY value_date=2025-12-31 reference=客户号",
            ),
            (
                "2601021231C1,0NTRF",
                "date=2025-12-31 direction=credit amount=1.0 balance=1001.00 currency=CNY value_date=2026-01-02",
            ),
            (
                "2403010229C1,NTRF",
                "date=2024-02-29 direction=credit amount=1 balance=1001.00 currency=CNY value_date=2024-03-01",
            ),
            (
                "991231C1,",
                "date=1999-12-31 direction=credit amount=1 balance=1001.00 currency=CNY value_date=1999-12-31",
            ),
            // Forbidden, so that the row is refused.
            (
                "2603010229C1,NTRF",
                "date=2603010229 direction=credit amount=1 balance=1001.00 currency=CNY value_date=2026-03-01",
            ),
            (
                "260230C1,NTRF",
                "date=260230 direction=credit amount=1 balance=1001.00 currency=CNY value_date=260230",
            ),
            (
                "26030203C1,NTRF",
                "date=26030203C1,NTRF direction=credit amount=1 balance=1001.00 currency=CNY value_date=26030203C1,NTRF",
            ),
            (
                "260302C1,234NTRF",
                "date=2026-03-02 direction=credit amount=1.234 currency=CNY value_date=2026-03-02",
            ),
            (
                "260302C1,234,50NTRF",
                "date=2026-03-02 direction=credit amount=CNY \"1,234,50\" currency=CNY value_date=2026-03-02",
            ),
            (
                "260302C100NTRF",
                "date=2026-03-02 direction=credit amount=CNY \"100\" currency=CNY value_date=2026-03-02",
            ),
            (
                "260302C100.00NTRF",
                "date=2026-03-02 direction=credit amount=CNY \"100.00\" currency=CNY value_date=2026-03-02",
            ),
            (
                "260302X1,NTRF",
                "date=2026-03-02 direction=mark \"X\" amount=1 currency=CNY value_date=2026-03-02",
            ),
            (
                "260302EC1,NTRF",
                "date=2026-03-02 direction=mark \"EC\" amount=1 currency=CNY value_date=2026-03-02",
            ),
            (
                "260302借1,NTRF",
                "date=2026-03-02 direction=mark \"借\" amount=1 currency=CNY value_date=2026-03-02",
            ),
            (
                "260302CD1,NTRF",
                "date=2026-03-02 direction=credit amount=funds code D 1, currency=CNY value_date=2026-03-02",
            ),
            (
                "260302C",
                "date=2026-03-02 direction=credit amount=CNY \"\" currency=CNY value_date=2026-03-02",
            ),
            ("", "direction=mark \"\" amount=CNY \"\" currency=CNY"),
        ] {
            check(&message(&format!(":61:{posting}\n")), &format!("4 account=0200001 {cells}\n"));
        }
    }

    #[test]
    fn information() {
        for (lines, cells) in [
            (
                ":86:166?00转账?10123?20增值税?21 2月?30102290000000?31 6222 ?32滨海?33公司?34000",
                "counterparty_name=滨海公司 counterparty_account=6222 counterparty_bank=102290000000 summary=增值税 2月",
            ),
            (":86:166<00转账\n<32滨海<34", "counterparty_name=滨海 summary=转账"),
            (":86:?20税?款?3?21是?32甲", "counterparty_name=甲 summary=税?款?3是"),
            (":86:123-45 发票", "summary=123-45 发票"),
            (":86:/ORDP/甲/REMI/税款", "summary=/ORDP/甲/REMI/税款"),
            (":86:?", "summary=?"),
            (":86:\n第二行", "summary=第二行"),
            ("第一行\n第二行", "summary=第一行 第二行"),
            (":86:甲\n:86:乙", "summary=甲 乙"),
        ] {
            let text = ended(&message(&format!(":61:260302C1,NTRF\n{lines}\n")));
            let got = show(&read(&text));
            let got = got.split_once("balance=1001.00 ").expect("a row").1;
            let got = got.split(" details=").next().expect("a row").replace(" value_date=2026-03-02", "");
            assert_eq!(got.trim_end(), cells.to_owned() + " currency=CNY", "{lines}");
        }
    }

    #[test]
    fn one_unreadable_entry_leaves_the_rest_of_its_statement_without_balance() {
        let entries = ":61:260302C1,NTRF\n:61:260302C1,x\n:61:260302C1.NTRF\n:61:260302D1,NTRF\n\
             :62F:C260302CNY1001,00\n";
        let text = message(entries) + &message(":61:260302C1,NTRF\n:62F:C260302CNY1001,01");
        check(
            &text,
            "4 account=0200001 date=2026-03-02 direction=credit amount=1 balance=1001.00 currency=CNY value_date=2026-03-02\n\
             5 account=0200001 date=2026-03-02 direction=credit amount=1 balance=1002.00 currency=CNY value_date=2026-03-02\n\
             6 account=0200001 date=2026-03-02 direction=credit amount=CNY \"1.\" currency=CNY value_date=2026-03-02\n\
             7 account=0200001 date=2026-03-02 direction=debit amount=1 currency=CNY value_date=2026-03-02\n\
             12 account=0200001 date=2026-03-02 direction=credit amount=1 balance=1001.00 currency=CNY value_date=2026-03-02\n\
             8 0200001 Closing 1001.00 / unknown open\n\
             13 0200001 Closing 1001.01 / 1001.00 differs\n",
        );
    }

    #[test]
    fn dollars_are_no_yuan() {
        for (opening, amount, closing) in [
            (":60F:C260301USD1000,", "amount=USD 5 currency=USD", "USD 5 / unknown open"),
            (":60F:260301CNY1000,", "amount=no currency 5", "USD 5 / unknown open"),
            (":28C:1", "amount=no currency 5", "USD 5 / unknown open"),
        ] {
            check(
                &format!(":20:S1\n:25:0200001USD\n{opening}\n:61:260302C5,NTRF\n:62F:C260302USD5,\n"),
                &format!(
                    "4 account=0200001{} date=2026-03-02 direction=credit {amount} value_date=2026-03-02\n\
                     5 0200001{} Closing {closing}\n",
                    if amount.ends_with("USD") { "" } else { "USD" },
                    if amount.ends_with("USD") { "" } else { "USD" },
                ),
            );
        }
    }

    #[test]
    fn accounts() {
        for (field, account) in [
            ("0200001", "account=0200001 "),
            ("0200001 CNY", "account=0200001 "),
            ("ABCNY", "account=ABCNY "),
            ("12030000/0200001CNY", "account=12030000/0200001 "),
            ("ICBKCNBJ/0200001", "account=0200001 "),
            ("", ""),
        ] {
            let text = ended(&message(":61:260302C1,").replace(":25:0200001", &format!(":25:{field}")));
            let got = show(&read(&text));
            assert!(got.starts_with(&format!("4 {account}date=")), "{field}: {got}");
        }
    }

    #[test]
    fn turnovers() {
        check(
            &message(":61:260302C5,\n:61:260302D2,\n:90C:1CNY5,\n:90D:2CNY2,00\n:90D:x\n"),
            "4 account=0200001 date=2026-03-02 direction=credit amount=5 balance=1005.00 currency=CNY value_date=2026-03-02\n\
             5 account=0200001 date=2026-03-02 direction=debit amount=2 balance=1003.00 currency=CNY value_date=2026-03-02\n\
             6 0200001 Credits 1 / 1 holds\n6 0200001 Credits 5 / 5.00 holds\n\
             7 0200001 Debits 2 / 1 differs\n7 0200001 Debits 2.00 / 2.00 holds\n\
             8 0200001 Debits  / 1 differs\n8 0200001 Debits no currency \"x\" / 2.00 differs\n",
        );
    }

    #[test]
    fn a_statement_without_its_closing_balance_breaks_off() {
        let check = |text: &str, rows: usize, expected: &[&str]| {
            let message = read(text).expect("a statement");
            let cuts = message
                .cuts
                .iter()
                .map(|cut| format!("{} {}{}", cut.line, if cut.is_entry { "lost " } else { "" }, cut.found));
            assert_eq!(cuts.collect::<Vec<_>>(), expected, "{text}");
            assert_eq!(message.grid.rows().len() - 1, rows, "{text}");
        };
        let (one, two) = (":61:260302C1,NTRF//1\n", ":61:260302C2,NTRF//2\n:86:税款\n");
        let closing = ":62F:C260302CNY1003,\n";
        let whole = message(&format!("{one}{two}{closing}"));
        check(&whole, 2, &[]);
        check(&whole.replace("62F", "62M"), 2, &[]);
        check(&format!("{whole}:64:C260302CNY1003,\n:86:x\n-}}"), 2, &[]);
        // The last entry may have lost digits, or its information.
        check(&message(&format!("{one}{two}")), 1, &["5 lost 260302C2,NTRF//2"]);
        check(&message(":61:260302C1"), 0, &["4 lost 260302C1"]);
        check(&message(""), 0, &["3 :60F:C260301CNY1000,"]);
        // An entry before the end of its message, or before another, is whole.
        check(&message(&format!("{one}-}}\n")), 1, &["5 -}"]);
        check(&format!("{}{whole}", message(one)), 3, &["5 :20:S1"]);
        check(&message(&format!("{one}:60M:C260302CNY1001,\n{closing}")), 1, &["5 :60M:C260302CNY1001,"]);
        check(&message(&format!("{one}{closing}")).replace(":60F:C260301CNY1000,\n", ""), 1, &[]);
        check(
            &format!("{whole}{{1:F01X}}{{2:O940}}{{4:\n{}", message(one)),
            2,
            &["12 lost 260302C1,NTRF//1"],
        );
    }

    #[test]
    fn what_is_no_statement_is_refused_whole() {
        const STATEMENT: &str = "expected a statement message (camt.053 or MT940), found";
        for (text, expected) in [
            ("{1:F01X}{2:O9421200}{4:\n:20:1\n", format!("1: {STATEMENT} MT942")),
            (":20:1\n:25:1\n:34F:CNY1,\n:61:260302C1,", format!("3: {STATEMENT} MT942: :34F:CNY1,")),
            (":20:1\n:25:1\n:21:x\n", format!("1: {STATEMENT} :20:1")),
            (
                ":61:260302C1,\n:20:1\n:25:1\n",
                "1: expected the start of a statement before its entries, found :61:260302C1,".to_owned(),
            ),
        ] {
            assert!(is_mt940(text), "{text}");
            assert_eq!(show(&read(text)), expected + "\n", "{text}");
        }
        for text in ["", "税票号码,金额", "<a/>", ":20:1\n:23B:CRED", "{1:F01X}{2:O103", "{\"a\": 1}"] {
            assert!(!is_mt940(text), "{text}");
        }
        check(&message(":62F:C260302CNY1000,"), "4 0200001 Closing 1000 / 1000.00 holds\n");
        let nested = "{1:{4:".repeat(100_000);
        assert!(read(&nested).is_err());
    }

    /// Lines as they come in messages, with everything in them that may be missing or wrong, but for the blocks of
    /// envelopes.
    fn lines() -> impl Strategy<Value = Vec<String>> {
        let tag = "(:(20|25P?|60F|61|86|62F|90D|NS):|-|)";
        let posting = "[0-9]{0,10}[CDR]{0,2}[A-Z税/?]{0,4}[0-9]{0,3}[,.]?[0-9]{0,3}";
        let line = (tag, prop_oneof![posting, "[^\\pC{$]{0,12}"]).prop_map(|(tag, content)| tag + &content);
        proptest::collection::vec(line, 0..30)
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = (is_mt940(&text), read(&text));
            let _ = read(&message(&format!(":61:{text}\n:86:{text}\n:62F:{text}")));
            let _ = read(&message(&format!(":61:260302C1,\n:86:166?{text}")));
        }

        #[test]
        fn every_posting_is_a_row(lines in lines()) {
            let text = message(&lines.join("\n"));
            let postings = text.lines().filter(|line| line.starts_with(":61:")).count();
            let message = read(&text).expect("it has a balance");
            let lost = message.cuts.iter().filter(|cut| cut.is_entry).count();
            prop_assert_eq!(message.grid.rows().len() - 1 + lost, postings);
        }
    }
}
