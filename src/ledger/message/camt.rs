//! ISO 20022 camt.053, the bank-to-customer statement, in all its versions.
//!
//! The file is read as a stream: as a tree of nodes, 100 MB of XML would take six times as much memory. Where an
//! element means something is told by its path below the statement, `/Ntry/BookgDt/Dt`, whatever its namespace, for
//! the versions differ in the namespace and in a few paths only.
//!
//! An entry is what moved the balance, so a batch is one row, and it has a counterparty only if it has a single
//! transaction. The sign is that of the entry itself, reversal or not: "If CreditDebitIndicator is CRDT and
//! ReversalIndicator is Yes, the original operation was a debit entry" (message definition of ReversalIndicator).

use chrono::{DateTime, FixedOffset};
use memchr::memchr_iter;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::{
    CREDIT, DEBIT, Expected, Figure, Line, Message, Numbering, Refusal, Running, StatedTotal, Subject,
    amount_cell, balance_cell, excerpt, head, reference,
};

const DEPTH_MAX: usize = 64;
/// Beijing, in seconds east of Greenwich.
const BEIJING: i32 = 8 * 3600;

/// Whether a text starts like a cash management message of ISO 20022.
pub fn is_camt(text: &str) -> bool {
    let head = head(text);
    head.starts_with('<') && ["BkToCstmr", ":camt.05"].iter().any(|word| head.contains(word))
}

/// Reads the statements of a file.
///
/// Rows are numbered by the lines on which entries start, unless two share a line: then by their place. Bookings are
/// dated by BookgDt, or else by ValDt; a moment with an offset is told in Beijing's time. The serial is AcctSvcrRef,
/// which the bank gives to the entry for good, or else NtryRef, which is often a number within the statement.
pub fn read(text: &str) -> Result<Message, Refusal> {
    let text = text.trim_start_matches('\u{feff}');
    let read = |numbering| Reader::new(text, numbering).read();
    let message = match read(Numbering::Lines) {
        Err(Stop::SharedLine) => read(Numbering::Entries),
        message => message,
    };
    message.map_err(|stop| match stop {
        Stop::Refused(refusal) => refusal,
        Stop::SharedLine => unreachable!("no two entries have one place"),
    })
}

/// Why reading ended early.
enum Stop {
    /// Two rows start on one line.
    SharedLine,
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

struct Reader<'t> {
    text: &'t str,
    xml: quick_xml::Reader<&'t [u8]>,
    /// Where lines were counted to, and the line there.
    counted: (usize, u32),
    /// `/Document/BkToCstmrStmt/…`, without prefixes, and for each open element the length without it.
    path: String,
    open: Vec<usize>,
    /// The length of the path of the statement being read.
    base: Option<usize>,
    /// What the innermost element says so far, if it has no element in it.
    content: String,
    is_leaf: bool,
    last_row: u32,
    statement: Statement,
    entry: Entry,
    message: Message,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, numbering: Numbering) -> Self {
        let mut xml = quick_xml::Reader::from_str(text);
        xml.config_mut().expand_empty_elements = true;
        Self {
            text,
            xml,
            counted: (0, 1),
            path: String::new(),
            open: Vec::new(),
            base: None,
            content: String::new(),
            is_leaf: false,
            last_row: 0,
            statement: Statement::default(),
            entry: Entry::default(),
            message: Message { numbering, ..Message::default() },
        }
    }

    fn read(mut self) -> Result<Message, Stop> {
        loop {
            let start = self.xml.buffer_position();
            let event = match self.xml.read_event() {
                Ok(event) => event,
                Err(error) => {
                    let place = self.xml.error_position();
                    return Err(self.refusal(place, Expected::WellFormed, &error.to_string()).into());
                }
            };
            match event {
                Event::Start(element) => self.start(start, &element)?,
                Event::End(_) => self.end(start)?,
                Event::Text(text) => self.content.push_str(&text),
                Event::CData(text) => self.content.push_str(&text),
                Event::GeneralRef(name) => self.refer(start, &name)?,
                Event::DocType(text) => {
                    return Err(self.refusal(start, Expected::NoDocumentType, text.trim()).into());
                }
                Event::Eof => break,
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
        let end = self.xml.buffer_position();
        if let Some(&open) = self.open.last() {
            let found = format!("the end of the file in <{}>", &self.path[open + 1..]);
            return Err(self.refusal(end, Expected::WellFormed, &found).into());
        }
        if self.last_row == 0 {
            let found = self.text.trim_start().to_owned();
            return Err(self.refusal(0, Expected::Statement, &found).into());
        }
        Ok(self.message)
    }

    fn start(&mut self, place: u64, element: &BytesStart<'_>) -> Result<(), Stop> {
        let name = element.local_name().into_inner();
        if self.open.len() == DEPTH_MAX {
            return Err(self.refusal(place, Expected::Shallow, name).into());
        }
        let is_statement = name == "Stmt" && self.path.ends_with("/BkToCstmrStmt");
        self.open.push(self.path.len());
        self.path.push('/');
        self.path.push_str(name);
        self.content.clear();
        self.is_leaf = true;
        if matches!(name, "BkToCstmrAcctRpt" | "BkToCstmrDbtCdtNtfctn") {
            return Err(self.refusal(place, Expected::Statement, name).into());
        }
        if self.base.is_none() {
            if is_statement {
                self.base = Some(self.path.len());
                self.statement = Statement::default();
                if self.last_row == 0 {
                    let line = self.line(place);
                    self.last_row = if self.message.numbering == Numbering::Lines { line } else { 1 };
                    self.message.push(self.last_row, &Line::header(), line)?;
                }
            }
            return Ok(());
        }
        match &self.path[self.base.unwrap_or_default()..] {
            "/Ntry" => {
                let line = self.line(place);
                self.entry = Entry { line, row: self.next_row(line)?, ..Entry::default() };
            }
            "/Bal" => {
                let line = self.line(place);
                self.statement.balances.push(Balance { line, ..Balance::default() });
            }
            "/Ntry/NtryDtls/TxDtls" => self.entry.transactions += 1,
            "/Ntry/Amt" => self.entry.currency = self.currency(place, element)?,
            "/Bal/Amt" => {
                let currency = self.currency(place, element)?;
                if let Some(balance) = self.statement.balances.last_mut() {
                    balance.currency = currency;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, place: u64) -> Result<(), Stop> {
        if let Some(base) = self.base {
            if self.is_leaf {
                self.leaf(place, base);
            }
            match &self.path[base..] {
                "" => {
                    self.base = None;
                    self.statement.end(&mut self.message);
                }
                "/Ntry" => self.entry()?,
                "/Bal" => self.statement.end_balance(),
                _ => {}
            }
        }
        self.is_leaf = false;
        self.content.clear();
        if let Some(length) = self.open.pop() {
            self.path.truncate(length);
        }
        Ok(())
    }

    /// Takes what an element without elements in it says.
    fn leaf(&mut self, place: u64, base: usize) {
        let content = std::mem::take(&mut self.content);
        let text = one_line(&content);
        let path = &self.path[base..];
        if let Some(path) = path.strip_prefix("/Ntry") {
            self.entry.set(path, text);
        } else if let Some(path) = path.strip_prefix("/TxsSummry")
            && let Some(stated) = summary(path)
        {
            let line = self.line(place);
            self.statement.stated.push((line, stated, text));
        } else {
            self.statement.set(&self.path[base..], text);
        }
    }

    fn entry(&mut self) -> Result<(), Refusal> {
        let mut entry = std::mem::take(&mut self.entry);
        if matches!(entry.status.as_str(), "PDNG" | "INFO" | "FUTR") {
            self.message.unbooked.push(entry.row);
            self.statement.has_unbooked = true;
            return Ok(());
        }
        let statement = &mut self.statement;
        if entry.currency.is_empty() {
            entry.currency.clone_from(&statement.currency);
        }
        let direction = entry.direction();
        let amount = amount_cell(&entry.currency, &entry.amount);
        let balance = statement.add(&direction, &amount);
        let (date, time) = local(if entry.booked.is_empty() { &entry.valued } else { &entry.booked });
        let counterparty = entry.counterparty(&statement.account);
        let row = Line {
            account: &statement.account,
            date: &date,
            time: &time,
            serial: entry.serial(),
            direction: &direction,
            amount: &amount,
            balance: &balance,
            counterparty_name: &counterparty.name,
            counterparty_account: &counterparty.account,
            counterparty_bank: counterparty.bank(),
            summary: entry.summary(),
            currency: &entry.currency,
            value_date: &local(&entry.valued).0,
            bank: statement.bank.bank(),
            reference: if entry.is_single() { reference(&entry.end_to_end) } else { "" },
            reversal: &entry.reversal,
            details: &entry.information,
        };
        self.message.push(entry.row, &row, entry.line)
    }

    /// Adds the character a reference stands for. No other can have been defined: it stays as it is.
    fn refer(&mut self, place: u64, name: &BytesRef<'_>) -> Result<(), Refusal> {
        let character = match name.resolve_char_ref() {
            Ok(character) => character,
            Err(error) => return Err(self.refusal(place, Expected::WellFormed, &error.to_string())),
        };
        let known = match &**name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "apos" => Some('\''),
            "quot" => Some('"'),
            _ => character,
        };
        match known {
            Some(character) => self.content.push(character),
            None => self.content.extend(["&", name, ";"]),
        }
        Ok(())
    }

    fn currency(&mut self, place: u64, element: &BytesStart<'_>) -> Result<String, Refusal> {
        match element.try_get_attribute("Ccy") {
            Ok(currency) => Ok(currency.map(|ccy| ccy.value.trim().to_owned()).unwrap_or_default()),
            Err(error) => Err(self.refusal(place, Expected::WellFormed, &error.to_string())),
        }
    }

    fn next_row(&mut self, line: u32) -> Result<u32, Stop> {
        let row = if self.message.numbering == Numbering::Lines { line } else { self.last_row + 1 };
        if row <= self.last_row {
            return Err(Stop::SharedLine);
        }
        self.last_row = row;
        Ok(row)
    }

    /// The line of a place that is not before the last one asked for.
    fn line(&mut self, place: u64) -> u32 {
        let (counted, line) = self.counted;
        let place = usize::try_from(place).unwrap_or(usize::MAX).clamp(counted, self.text.len().max(counted));
        let breaks = memchr_iter(b'\n', &self.text.as_bytes()[counted..place]).count();
        self.counted = (place, line + u32::try_from(breaks).expect("fewer than 2^32 lines"));
        self.counted.1
    }

    fn refusal(&mut self, place: u64, expected: Expected, found: &str) -> Refusal {
        // An error may lie before an element that was read already.
        if usize::try_from(place).is_ok_and(|place| place < self.counted.0) {
            self.counted = (0, 1);
        }
        Refusal { line: self.line(place), expected, found: excerpt(found) }
    }
}

/// What stands above the entries.
#[derive(Default)]
struct Statement {
    account: String,
    currency: String,
    bank: Party,
    balances: Vec<Balance>,
    /// Totals of the entries: the line, what it is the total of, whether of their number, and the total.
    stated: Vec<(u32, (Subject, bool), String)>,
    /// Found in the balances when the first entry asks for it.
    running: Option<Running>,
    has_unbooked: bool,
}

#[derive(Default)]
struct Balance {
    line: u32,
    code: String,
    currency: String,
    amount: String,
    mark: String,
}

impl Statement {
    fn set(&mut self, path: &str, text: String) {
        match path {
            "/Acct/Id/IBAN" | "/Acct/Id/Othr/Id" => self.account = text,
            "/Acct/Ccy" => self.currency = text,
            "/Bal/Tp/CdOrPrtry/Cd" => self.balance(|balance| balance.code = text),
            "/Bal/Amt" => self.balance(|balance| balance.amount = text),
            "/Bal/CdtDbtInd" => self.balance(|balance| balance.mark = text),
            _ => {
                if let Some(path) = path.strip_prefix("/Acct/Svcr/FinInstnId") {
                    self.bank.set_bank(path, text);
                }
            }
        }
    }

    /// Keeps a balance that is before or after the entries.
    fn end_balance(&mut self) {
        self.balances.pop_if(|balance| !matches!(balance.code.as_str(), "OPBD" | "PRCD" | "ITBD" | "CLBD"));
    }

    fn balance(&mut self, set: impl FnOnce(&mut Balance)) {
        if let Some(balance) = self.balances.last_mut() {
            set(balance);
        }
    }

    /// Adds an entry by its cells; the balance after it as a cell.
    fn add(&mut self, direction: &str, amount: &str) -> String {
        let balance = self.running().add(direction, amount);
        balance.map(|balance| balance.to_string()).unwrap_or_default()
    }

    fn running(&mut self) -> &mut Running {
        if self.running.is_none() {
            let opening = self.opening().and_then(|index| self.cell(&self.balances[index]).parse().ok());
            self.running = Some(Running { opening, ..Running::default() });
        }
        self.running.as_mut().expect("just made")
    }

    /// The balance before the first entry: of a statement in pages the first page opens with OPBD, the others with
    /// the first of two ITBD.
    fn opening(&self) -> Option<usize> {
        let place = |code: &str| self.balances.iter().position(|balance| balance.code == code);
        let interims = self.balances.iter().filter(|balance| balance.code == "ITBD").count();
        let is_opened = interims > 1 || place("CLBD").is_some();
        place("OPBD").or_else(|| place("PRCD")).or_else(|| place("ITBD").filter(|_| is_opened))
    }

    /// The balances after the last entry.
    fn closings(&self) -> Vec<usize> {
        let all = |code: &str| {
            let places = self.balances.iter().enumerate();
            places.filter(|(_, balance)| balance.code == code).map(|(index, _)| index).collect::<Vec<_>>()
        };
        let closings = all("CLBD");
        if !closings.is_empty() {
            return closings;
        }
        let opening = self.opening();
        all("ITBD").last().copied().filter(|&last| Some(last) != opening).into_iter().collect()
    }

    fn cell(&self, balance: &Balance) -> String {
        let currency = if balance.currency.is_empty() { &self.currency } else { &balance.currency };
        match balance.mark.as_str() {
            "CRDT" => balance_cell(currency, &balance.amount, false),
            "DBIT" => balance_cell(currency, &balance.amount, true),
            mark => format!("{currency} {} {mark:?}", balance.amount),
        }
    }

    /// Tells the totals.
    fn end(&mut self, message: &mut Message) {
        let account = excerpt(&self.account);
        let closing = self.running().closing();
        for index in self.closings() {
            let balance = &self.balances[index];
            message.totals.push(StatedTotal {
                row: balance.line,
                account: account.clone(),
                subject: Subject::Closing,
                stated: self.cell(balance),
                computed: closing,
            });
        }
        for (row, (subject, is_count), stated) in std::mem::take(&mut self.stated) {
            let running = self.running();
            let computed: Option<Figure> =
                if is_count { running.count(subject) } else { running.sum(subject) };
            message.totals.push(StatedTotal {
                row,
                account: account.clone(),
                subject,
                stated,
                // Whether entries without booking are counted, the standard leaves to the bank.
                computed: computed.filter(|_| !self.has_unbooked),
            });
        }
    }
}

/// What a path below TxsSummry is the total of, and whether of the number of entries.
fn summary(path: &str) -> Option<(Subject, bool)> {
    Some(match path {
        "/TtlNtries/NbOfNtries" => (Subject::Entries, true),
        "/TtlNtries/Sum" => (Subject::Entries, false),
        "/TtlCdtNtries/NbOfNtries" => (Subject::Credits, true),
        "/TtlCdtNtries/Sum" => (Subject::Credits, false),
        "/TtlDbtNtries/NbOfNtries" => (Subject::Debits, true),
        "/TtlDbtNtries/Sum" => (Subject::Debits, false),
        _ => return None,
    })
}

#[derive(Default)]
struct Entry {
    line: u32,
    row: u32,
    reference: String,
    servicer_reference: String,
    currency: String,
    amount: String,
    mark: String,
    reversal: String,
    status: String,
    booked: String,
    valued: String,
    information: String,
    /// How many transactions are detailed; what follows is said of the first.
    transactions: u32,
    /// How many there are, if that is said.
    batch: String,
    end_to_end: String,
    transaction_reference: String,
    debtor: Party,
    creditor: Party,
    remittance: String,
    transaction_information: String,
}

#[derive(Default)]
struct Party {
    name: String,
    account: String,
    bank_name: String,
    bank_code: String,
    bic: String,
}

impl Party {
    /// Takes what is said below the FinInstnId of its bank.
    fn set_bank(&mut self, path: &str, text: String) {
        match path {
            "/Nm" => self.bank_name = text,
            "/ClrSysMmbId/MmbId" => self.bank_code = text,
            "/BICFI" | "/BIC" => self.bic = text,
            _ => {}
        }
    }

    fn bank(&self) -> &str {
        [&self.bank_name, &self.bank_code].into_iter().find(|text| !text.is_empty()).unwrap_or(&self.bic)
    }
}

impl Entry {
    /// Takes what the element at a path below Ntry says.
    fn set(&mut self, path: &str, text: String) {
        match path {
            "/NtryRef" => self.reference = text,
            "/AcctSvcrRef" => self.servicer_reference = text,
            "/Amt" => self.amount = text,
            "/CdtDbtInd" => self.mark = text,
            "/RvslInd" => self.reversal = text,
            "/Sts" | "/Sts/Cd" | "/Sts/Prtry" => self.status = text,
            "/BookgDt/Dt" | "/BookgDt/DtTm" => self.booked = text,
            "/ValDt/Dt" | "/ValDt/DtTm" => self.valued = text,
            "/AddtlNtryInf" => self.information = text,
            "/NtryDtls/Btch/NbOfTxs" => self.batch = text,
            _ => {
                if self.transactions == 1
                    && let Some(path) = path.strip_prefix("/NtryDtls/TxDtls")
                {
                    self.set_transaction(path, text);
                }
            }
        }
    }

    fn set_transaction(&mut self, path: &str, text: String) {
        match path {
            "/Refs/EndToEndId" => self.end_to_end = text,
            "/Refs/AcctSvcrRef" => self.transaction_reference = text,
            "/RltdPties/Dbtr/Nm" | "/RltdPties/Dbtr/Pty/Nm" | "/RltdPties/Dbtr/Agt/FinInstnId/Nm" => {
                self.debtor.name = text;
            }
            "/RltdPties/Cdtr/Nm" | "/RltdPties/Cdtr/Pty/Nm" | "/RltdPties/Cdtr/Agt/FinInstnId/Nm" => {
                self.creditor.name = text;
            }
            "/RltdPties/DbtrAcct/Id/IBAN" | "/RltdPties/DbtrAcct/Id/Othr/Id" => self.debtor.account = text,
            "/RltdPties/CdtrAcct/Id/IBAN" | "/RltdPties/CdtrAcct/Id/Othr/Id" => self.creditor.account = text,
            "/RmtInf/Ustrd" | "/RmtInf/Strd/AddtlRmtInf" => {
                if !self.remittance.is_empty() && !text.is_empty() {
                    self.remittance.push(' ');
                }
                self.remittance.push_str(&text);
            }
            "/AddtlTxInf" => self.transaction_information = text,
            _ => {
                if let Some(path) = path.strip_prefix("/RltdAgts/DbtrAgt/FinInstnId") {
                    self.debtor.set_bank(path, text);
                } else if let Some(path) = path.strip_prefix("/RltdAgts/CdtrAgt/FinInstnId") {
                    self.creditor.set_bank(path, text);
                }
            }
        }
    }

    /// Whether the one transaction that is detailed is all there is.
    fn is_single(&self) -> bool {
        self.transactions == 1 && matches!(self.batch.as_str(), "" | "1")
    }

    /// The direction, or words for what is none or is not known to be booked.
    fn direction(&self) -> String {
        match (self.mark.as_str(), self.status.as_str()) {
            ("CRDT", "BOOK") => CREDIT.to_owned(),
            ("DBIT", "BOOK") => DEBIT.to_owned(),
            (mark, "BOOK") => format!("CdtDbtInd {mark:?}"),
            (_, status) => format!("Sts {status:?}"),
        }
    }

    fn serial(&self) -> &str {
        let transaction = if self.is_single() { &*self.transaction_reference } else { "" };
        let references = [&*self.servicer_reference, &*self.reference, transaction];
        references.into_iter().map(reference).find(|text| !text.is_empty()).unwrap_or("")
    }

    fn summary(&self) -> &str {
        let single = [&*self.remittance, &*self.transaction_information];
        let said = single.into_iter().filter(|_| self.is_single()).find(|text| !text.is_empty());
        said.unwrap_or(&self.information)
    }

    /// The payer of what came in, the payee of what went out. Where a reversal keeps the parts of the payment it
    /// takes back, that would be the account itself: then it is the other.
    fn counterparty(&self, account: &str) -> &Party {
        const NOBODY: &Party = &Party {
            name: String::new(),
            account: String::new(),
            bank_name: String::new(),
            bank_code: String::new(),
            bic: String::new(),
        };
        let (usual, other) = match self.mark.as_str() {
            "CRDT" => (&self.debtor, &self.creditor),
            _ => (&self.creditor, &self.debtor),
        };
        if !self.is_single() {
            NOBODY
        } else if !account.is_empty() && usual.account == account {
            other
        } else {
            usual
        }
    }
}

/// The day and the time of day of a date or a moment. A moment with an offset is told as clocks in Beijing have it;
/// what is no moment is left as it is.
fn local(text: &str) -> (String, String) {
    let beijing = FixedOffset::east_opt(BEIJING).expect("an offset of hours");
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        let moment = moment.with_timezone(&beijing).naive_local();
        return (moment.date().to_string(), moment.time().to_string());
    }
    match text.split_once('T') {
        Some((day, time)) => (day.to_owned(), time.to_owned()),
        None => (text.strip_suffix("+08:00").unwrap_or(text).to_owned(), String::new()),
    }
}

/// A text without the blanks around it and with the breaks of its lines as spaces.
fn one_line(text: &str) -> String {
    let text = text.trim();
    if text.contains(['\n', '\r', '\t']) {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::show;
    use super::*;
    use proptest::prelude::*;

    /// A statement of an account in yuan, whose header is row 2 and whose body starts in line 3.
    fn document(body: &str) -> String {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\n\
             <Stmt><Acct><Id><Othr><Id>0200001</Id></Othr></Id></Acct>\n{body}\n</Stmt></BkToCstmrStmt></Document>"
        )
    }

    fn balance(code: &str, mark: &str, amount: &str) -> String {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"CNY\">{amount}</Amt>\
             <CdtDbtInd>{mark}</CdtDbtInd></Bal>\n"
        )
    }

    /// An entry of 2 March 2026; `more` follows what every entry has.
    fn entry(mark: &str, amount: &str, more: &str) -> String {
        format!(
            "<Ntry><Amt Ccy=\"CNY\">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>2026-03-02</Dt></BookgDt>{more}</Ntry>\n"
        )
    }

    #[track_caller]
    fn check(body: &str, expected: &str) {
        check_text(&document(body), expected);
    }

    #[track_caller]
    fn check_text(text: &str, expected: &str) {
        assert!(is_camt(text), "{text}");
        assert_eq!(show(&read(text)), expected, "{text}");
    }

    #[test]
    fn an_entry_with_everything() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"GBK\"?>
<n:Document xmlns:n=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">
<n:BkToCstmrStmt>
  <n:Stmt>
    <n:Acct>
      <n:Id><n:IBAN>CN0200001</n:IBAN></n:Id><n:Ccy>CNY</n:Ccy>
      <n:Svcr><n:FinInstnId><n:BIC>ICBKCNBJ</n:BIC></n:FinInstnId></n:Svcr>
    </n:Acct>
    <n:Bal>
      <n:Tp><n:CdOrPrtry><n:Cd>PRCD</n:Cd></n:CdOrPrtry></n:Tp>
      <n:Amt Ccy='CNY'>1000</n:Amt><n:CdtDbtInd>CRDT</n:CdtDbtInd>
    </n:Bal>
    <n:Bal>
      <n:Tp><n:CdOrPrtry><n:Cd>CLBD</n:Cd></n:CdOrPrtry></n:Tp>
      <n:Amt Ccy=\"CNY\">1200.5</n:Amt><n:CdtDbtInd>CRDT</n:CdtDbtInd>
    </n:Bal>
    <n:TxsSummry>
      <n:TtlNtries><n:NbOfNtries>1</n:NbOfNtries><n:Sum>200.50</n:Sum></n:TtlNtries>
      <n:TtlDbtNtries><n:NbOfNtries>1</n:NbOfNtries></n:TtlDbtNtries>
    </n:TxsSummry>
    <!-- <Ntry> -->
    <n:Ntry>
      <n:NtryRef>1</n:NtryRef>
      <n:Amt Ccy=\"CNY\">200.50</n:Amt>
      <n:CdtDbtInd>CRDT</n:CdtDbtInd>
      <n:RvslInd>true</n:RvslInd>
      <n:Sts>BOOK</n:Sts>
      <n:BookgDt><n:DtTm>2026-03-02T14:05:00</n:DtTm></n:BookgDt>
      <n:ValDt><n:Dt>2026-03-03</n:Dt></n:ValDt>
      <n:AcctSvcrRef>B1</n:AcctSvcrRef>
      <n:NtryDtls><n:TxDtls>
        <n:Refs><n:EndToEndId>E1</n:EndToEndId></n:Refs>
        <n:AmtDtls><n:TxAmt><n:Amt Ccy=\"USD\">7</n:Amt></n:TxAmt></n:AmtDtls>
        <n:RltdPties>
          <n:Dbtr><n:Nm>滨海&amp;建筑<![CDATA[<公司>]]>&#x3002;</n:Nm></n:Dbtr>
          <n:DbtrAcct><n:Id><n:Othr><n:Id>6222</n:Id></n:Othr></n:Id></n:DbtrAcct>
          <n:Cdtr><n:Nm>滨海市财政局</n:Nm></n:Cdtr>
        </n:RltdPties>
        <n:RltdAgts><n:DbtrAgt><n:FinInstnId>
          <n:ClrSysMmbId><n:MmbId>102290000000</n:MmbId></n:ClrSysMmbId><n:BIC>ICBKCNBJ</n:BIC>
        </n:FinInstnId></n:DbtrAgt></n:RltdAgts>
        <n:RmtInf><n:Ustrd>增值税
          2月</n:Ustrd><n:Ustrd/><n:Ustrd>补缴 &nbsp;</n:Ustrd></n:RmtInf>
      </n:TxDtls></n:NtryDtls>
      <n:AddtlNtryInf>转账</n:AddtlNtryInf>
    </n:Ntry>
  </n:Stmt>
</n:BkToCstmrStmt>
</n:Document>";
        check_text(
            text,
            "22 account=CN0200001 date=2026-03-02 time=14:05:00 serial=B1 direction=credit amount=200.50 \
             balance=1200.50 counterparty_name=滨海&建筑<公司>。 counterparty_account=6222 \
             counterparty_bank=102290000000 summary=增值税 2月 补缴 &nbsp; currency=CNY value_date=2026-03-03 \
             bank=ICBKCNBJ reference=E1 reversal=true details=转账\n\
             13 CN0200001 Closing 1200.5 / 1200.50 holds\n\
             18 CN0200001 Entries 1 / 1 holds\n\
             18 CN0200001 Entries 200.50 / 200.50 holds\n\
             19 CN0200001 Debits 1 / 0 differs\n",
        );
    }

    #[test]
    fn balances_run_from_the_opening_to_the_closing() {
        let (credit, debit) = (entry("CRDT", "0.30", ""), entry("DBIT", "100", ""));
        let rows = |balances: [&str; 2]| {
            format!(
                "{} account=0200001 date=2026-03-02 direction=credit amount=0.30 balance={} currency=CNY\n\
                 {} account=0200001 date=2026-03-02 direction=debit amount=100 balance={} currency=CNY\n",
                5, balances[0], 6, balances[1]
            )
        };
        for (opening, closing) in
            [("OPBD", "CLBD"), ("PRCD", "CLBD"), ("ITBD", "CLBD"), ("ITBD", "ITBD"), ("OPBD", "ITBD")]
        {
            check(
                &format!(
                    "{}{}{credit}{debit}",
                    balance(opening, "DBIT", "0.20"),
                    balance(closing, "DBIT", "99.90")
                ),
                &format!("{}4 0200001 Closing -99.90 / -99.90 holds\n", rows(["0.10", "-99.90"])),
            );
        }
        check(
            &format!(
                "{}{}{credit}{debit}",
                balance("CLBD", "DBIT", "99.9"),
                balance("CLBD", "CRDT", "99.90")
            ),
            "5 account=0200001 date=2026-03-02 direction=credit amount=0.30 currency=CNY\n\
             6 account=0200001 date=2026-03-02 direction=debit amount=100 currency=CNY\n\
             3 0200001 Closing -99.9 / unknown open\n4 0200001 Closing 99.90 / unknown open\n",
        );
        check(
            &format!("{}{}", balance("OPBD", "CRDT", "1"), balance("CLBD", "CRDT", "2")),
            "4 0200001 Closing 2 / 1.00 differs\n",
        );
        check(
            &format!("{}{}", balance("OPBD", "CRDT", "0"), balance("CLBD", "CREDIT", "0")),
            "4 0200001 Closing CNY 0 \"CREDIT\" / 0.00 differs\n",
        );
    }

    #[test]
    fn what_is_forbidden_costs_its_row_and_the_balances_below() {
        let opening = balance("OPBD", "CRDT", "0");
        let mut body = opening.clone() + &balance("CLBD", "CRDT", "5");
        let row = |number: u32, rest: &str| format!("{number} account=0200001 date=2026-03-02 {rest}\n");
        let mut expected = row(5, "direction=credit amount=5 balance=5.00 currency=CNY");
        body += &entry("CRDT", "5", "");
        for (mark, amount, cells) in [
            ("CRDT", "1.234", "direction=credit amount=1.234 currency=CNY"),
            ("CRDT", "1,234.00", "direction=credit amount=CNY 1,234.00 currency=CNY"),
            ("DBIT", "-5.00", "direction=debit amount=CNY -5.00 currency=CNY"),
            ("D", "5.00", "direction=CdtDbtInd \"D\" amount=5.00 currency=CNY"),
            ("CRDT", "", "direction=credit amount=CNY  currency=CNY"),
        ] {
            body += &entry(mark, amount, "");
            let number = u32::try_from(body.lines().count()).expect("few") + 2;
            expected += &row(number, cells);
        }
        expected += "4 0200001 Closing 5 / unknown open\n";
        check(&body, &expected);
        check("<Ntry/>", "3 account=0200001 direction=Sts \"\" amount=no currency \n");
        check(
            &entry("CRDT", "5", "").replace("BOOK", "BOOKED").replace("2026-03-02", "2026-02-30"),
            "3 account=0200001 date=2026-02-30 direction=Sts \"BOOKED\" amount=5 currency=CNY\n",
        );
    }

    #[test]
    fn dollars_are_no_yuan() {
        let dollars = |text: String| text.replace("\"CNY\"", "\"USD\"");
        check(
            &(balance("OPBD", "CRDT", "0")
                + &dollars(balance("CLBD", "CRDT", "5") + &entry("CRDT", "5", ""))),
            "5 account=0200001 date=2026-03-02 direction=credit amount=USD 5 currency=USD\n\
             4 0200001 Closing USD 5 / unknown open\n",
        );
        let silent = |text: String| text.replace(" Ccy=\"CNY\"", "");
        check(
            &silent(entry("CRDT", "5", "")),
            "3 account=0200001 date=2026-03-02 direction=credit amount=no currency 5\n",
        );
        check(
            &("<Acct><Ccy>CNY</Ccy></Acct>".to_owned()
                + &silent(balance("OPBD", "CRDT", "0") + &entry("CRDT", "5", ""))),
            "4 account=0200001 date=2026-03-02 direction=credit amount=5 balance=5.00 currency=CNY\n",
        );
    }

    #[test]
    fn entries_without_booking_move_nothing() {
        let mut body = balance("OPBD", "CRDT", "0") + &balance("CLBD", "CRDT", "5");
        body += "<TxsSummry><TtlNtries><NbOfNtries>4</NbOfNtries></TtlNtries></TxsSummry>\n";
        for status in ["PDNG", "INFO", "FUTR", "BOOK"] {
            body += &entry("CRDT", "5", "").replace("BOOK", status);
        }
        check(
            &body,
            "9 account=0200001 date=2026-03-02 direction=credit amount=5 balance=5.00 currency=CNY\n\
             4 0200001 Closing 5 / 5.00 holds\n5 0200001 Entries 4 / unknown open\n\
             6 unbooked\n7 unbooked\n8 unbooked\n",
        );
    }

    #[test]
    fn who_the_other_side_is() {
        let parties = "<RltdPties><Dbtr><Pty><Nm>甲</Nm></Pty></Dbtr>\
             <DbtrAcct><Id><IBAN>0200001</IBAN></Id></DbtrAcct><Cdtr><Pty><Nm>乙</Nm></Pty></Cdtr></RltdPties>";
        let transaction = |inside: &str| format!("<TxDtls>{inside}</TxDtls>");
        for (mark, details, found) in [
            ("DBIT", transaction(parties), "counterparty_name=乙 summary=代发"),
            (
                "CRDT",
                transaction(&parties.replace("0200001", "9")),
                "counterparty_name=甲 counterparty_account=9 summary=代发",
            ),
            // Money that came back: the payer is still the account itself.
            ("CRDT", transaction(parties), "counterparty_name=乙 summary=代发"),
            ("DBIT", transaction(parties) + &transaction(parties), "summary=代发"),
            ("DBIT", format!("<Btch><NbOfTxs>2</NbOfTxs></Btch>{}", transaction(parties)), "summary=代发"),
            ("DBIT", transaction("<RmtInf><Ustrd>工资</Ustrd></RmtInf>"), "summary=工资"),
            ("DBIT", transaction("<AddtlTxInf>补助</AddtlTxInf>"), "summary=补助"),
        ] {
            let more = format!("<NtryDtls>{details}</NtryDtls><AddtlNtryInf>代发</AddtlNtryInf>");
            let direction = if mark == "CRDT" { "credit" } else { "debit" };
            check(
                &entry(mark, "1", &more),
                &format!(
                    "3 account=0200001 date=2026-03-02 direction={direction} amount=1 {found} currency=CNY details=代发\n"
                ),
            );
        }
    }

    #[test]
    fn serials() {
        for (more, serial) in [
            ("<NtryRef>1</NtryRef><AcctSvcrRef>B1</AcctSvcrRef>", " serial=B1"),
            ("<NtryRef>1</NtryRef><AcctSvcrRef>NONREF</AcctSvcrRef>", " serial=1"),
            (
                "<NtryDtls><TxDtls><Refs><AcctSvcrRef>T1</AcctSvcrRef></Refs></TxDtls></NtryDtls>",
                " serial=T1",
            ),
            ("<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs></TxDtls></NtryDtls>", ""),
        ] {
            check(
                &entry("CRDT", "1", more),
                &format!(
                    "3 account=0200001 date=2026-03-02{serial} direction=credit amount=1 currency=CNY\n"
                ),
            );
        }
    }

    #[test]
    fn moments() {
        for (text, day, time) in [
            ("2026-03-02", "2026-03-02", ""),
            ("2026-03-02+08:00", "2026-03-02", ""),
            ("2026-03-02Z", "2026-03-02Z", ""),
            ("2026-03-02T14:05:00", "2026-03-02", "14:05:00"),
            ("2026-03-02T14:05:00+08:00", "2026-03-02", "14:05:00"),
            ("2026-03-02T18:05:00.5Z", "2026-03-03", "02:05:00.500"),
            ("2026-02-30T14:05:00Z", "2026-02-30", "14:05:00Z"),
            ("soon", "soon", ""),
        ] {
            assert_eq!(local(text), (day.to_owned(), time.to_owned()), "{text}");
        }
        let undated = entry("CRDT", "1", "").replace("BookgDt", "ValDt");
        check(
            &undated,
            "3 account=0200001 date=2026-03-02 direction=credit amount=1 currency=CNY value_date=2026-03-02\n",
        );
    }

    #[test]
    fn entries_on_one_line_are_numbered_by_place() {
        let body = balance("OPBD", "CRDT", "0") + &balance("CLBD", "CRDT", "3");
        let unbooked = entry("CRDT", "1", "").replace("BOOK", "PDNG");
        let body = body + &entry("CRDT", "1", "") + &unbooked + &entry("CRDT", "2", "");
        let text = document(&body).replace('\n', "");
        let expected = "2 account=0200001 date=2026-03-02 direction=credit amount=1 balance=1.00 currency=CNY\n\
             4 account=0200001 date=2026-03-02 direction=credit amount=2 balance=3.00 currency=CNY\n\
             1 0200001 Closing 3 / 3.00 holds\n3 unbooked\n";
        check_text(&text, expected);
        assert_eq!(read(&text).map(|message| message.numbering), Ok(Numbering::Entries));
        let almost = document(&body).replacen("</Ntry>\n", "</Ntry>", 1);
        assert_eq!(read(&almost).map(|message| message.numbering), Ok(Numbering::Entries));
    }

    #[test]
    fn statements_of_one_file_have_one_header() {
        let one = document(&(balance("OPBD", "CRDT", "1") + &entry("CRDT", "1", "")));
        let statement = &one[one.find("<Stmt>").expect("a statement")..one.find("</BkTo").expect("its end")];
        let two =
            one.replace(statement, &format!("{statement}\n{}", statement.replace("0200001", "0200002")));
        check_text(
            &two,
            "4 account=0200001 date=2026-03-02 direction=credit amount=1 balance=2.00 currency=CNY\n\
             9 account=0200002 date=2026-03-02 direction=credit amount=1 balance=2.00 currency=CNY\n",
        );
        assert_eq!(read(&two).map(|message| message.grid.rows().next().map(|row| row.number)), Ok(Some(2)));
    }

    #[test]
    fn what_is_no_statement_is_refused_whole() {
        const STATEMENT: &str = "expected a statement message (camt.053 or MT940), found";
        for (text, expected) in [
            (
                "<Document xmlns=\"urn:x:camt.052.001.08\">\n<BkToCstmrAcctRpt/>".to_owned(),
                format!("2: {STATEMENT} BkToCstmrAcctRpt"),
            ),
            (
                "<Document><BkToCstmrDbtCdtNtfctn/>".to_owned(),
                format!("1: {STATEMENT} BkToCstmrDbtCdtNtfctn"),
            ),
            ("<BkToCstmrStmt/>".to_owned(), format!("1: {STATEMENT} <BkToCstmrStmt/>")),
            (document("<Ntry>").replace("</Stmt>", ""), "4: expected well-formed XML, found".to_owned()),
            (
                document("").replace("</BkToCstmrStmt></Document>", ""),
                "4: expected well-formed XML, found the end of the file in <BkToCstmrStmt>".to_owned(),
            ),
            (document("<Ntry><Amt Ccy>1</Amt>"), "3: expected well-formed XML, found".to_owned()),
            (
                "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]>\n\
                 <BkToCstmrStmt>&b;</BkToCstmrStmt>"
                    .to_owned(),
                "2: expected XML without a document type, found a [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]"
                    .to_owned(),
            ),
            (
                document(&"<a>".repeat(100_000)),
                "3: expected XML at most 64 elements deep, found a".to_owned(),
            ),
            (
                document(&"<Ntry>".repeat(100_000)),
                "3: expected XML at most 64 elements deep, found Ntry".to_owned(),
            ),
            (document("A & B"), "3: expected well-formed XML, found".to_owned()),
        ] {
            // How the crate words what is ill-formed is its own affair.
            let got = show(&read(&text));
            assert!(got.starts_with(&expected), "{got}");
        }
        for text in [
            "",
            "税票号码,金额",
            "<html/>",
            ":20:1\n:25:1",
            "<Workbook xmlns=\"urn:schemas-microsoft-com\"/>",
        ] {
            assert!(!is_camt(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = (is_camt(&text), read(&text), read(&document(&text)));
        }

        #[test]
        fn no_mutation_panics(
            cuts in proptest::collection::vec((any::<prop::sample::Index>(), "[<>/&;a-zN \n]{0,3}"), 1..4)
        ) {
            let entries = entry("CRDT", "1", "") + &entry("DBIT", "2", "");
            let mut text = document(&(balance("OPBD", "CRDT", "1") + &entries));
            for (index, new) in cuts {
                let at = text.floor_char_boundary(index.index(text.len()));
                let end = text.ceil_char_boundary(at + 1);
                text.replace_range(at..end, &new);
            }
            let _ = read(&text);
        }

        #[test]
        fn every_entry_is_a_row_or_unbooked(
            entries in proptest::collection::vec(
                (
                    "[A-Z]{0,4}|CRDT|DBIT",
                    "[0-9]{0,3}[.,]?[0-9]{0,3}",
                    "BOOK|PDNG|[A-Z]{0,4}",
                    "\n?",
                ),
                0..20,
            )
        ) {
            let body: String = entries
                .iter()
                .map(|(mark, amount, status, gap)| entry(mark, amount, "").replace("BOOK", status).replace('\n', gap))
                .collect();
            let message = read(&document(&body)).expect("well-formed");
            prop_assert_eq!(message.grid.rows().len() - 1 + message.unbooked.len(), entries.len());
        }
    }
}
