//! `notices/`: of every notice of the day a letter to print on A4 and sign, and a workbook of the same items.
//!
//! A letter accuses nobody of more than the ledgers show: leads stand apart as things to look into, and while nobody knows
//! who erred all parties are asked to compare.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, Result};

use minijinja::{Value, context};
use rayon::prelude::*;

use crate::domain::lang::Lang;
use crate::domain::ledger::Party;
use crate::pipeline::Outcome;
use crate::pipeline::notices::{Notice, answer_by, items};
use crate::report::daily::{basis, optional};
use crate::report::document::{Head, Table};
use crate::report::names::Names;
use crate::report::render::printable;
use crate::report::render::workbook::{Edition, Sheet, workbook};
use crate::report::{Files, Run};
use crate::rules::finding::{Kind, Status, Told};
use crate::rules::integrity::{bank_data_gap, daily_tie_out, data_gap, ledger_tamper};

use super::evidence::Evidence;
use super::{Words, environment, grouped, words};

/// Records that a letter shows of one item; the workbook has more, and names all.
const SHOWN: usize = 6;

/// Letters that are made before they are written.
const LETTERS_AT_ONCE: usize = 200;

/// A notice with its items: breaches first, as they are told, then leads.
struct Letter<'r> {
    notice: &'r Notice,
    breaches: Vec<&'r Told>,
    leads: Vec<&'r Told>,
    records: &'r Evidence,
    /// The notices on which something stands of a payment, by its rows.
    asked: &'r BTreeMap<&'r str, BTreeSet<&'r str>>,
    to: String,
    outcome: &'r Outcome,
    lang: Lang,
    words: &'r Words,
}

/// The notices of the day, each as HTML and as a workbook.
pub(in crate::report) fn files(run: &Run<'_>, files: &mut Files<'_>) -> Result<()> {
    let Run { outcome, lang, .. } = *run;
    let words = words::of(lang);
    let page = environment()?;
    let template = page.get_template("notice.html").map_err(Error::other)?;
    let of_today = outcome.notices.iter().filter(|notice| notice.day == outcome.facts.as_of);
    let mut items = items(&outcome.told);
    let of_today: Vec<_> =
        of_today.map(|notice| (notice, items.remove(notice.number().as_str()).unwrap_or_default())).collect();
    let all: Vec<&Told> = of_today.iter().flat_map(|(_, items)| items).copied().collect();
    let records = Evidence::of(&all, outcome, lang);
    let asked = asked(&outcome.handover.told);
    let names = Names::of(&outcome.facts);
    // A few hundred at a time are made at once, and written in their order.
    for some in of_today.chunks(LETTERS_AT_ONCE) {
        let made: Vec<(String, [Vec<u8>; 2])> = some
            .par_iter()
            .map(|(notice, items)| {
                let to = names.addressee(notice.party, &notice.institution, lang);
                let (leads, breaches) = items.iter().partition(|told| told.kind() == Kind::Lead);
                let letter = Letter {
                    notice,
                    breaches,
                    leads,
                    records: &records,
                    asked: &asked,
                    to,
                    outcome,
                    lang,
                    words: &words,
                };
                let text = template.render(letter.shown()).map_err(Error::other)?;
                let sheets = workbook(&letter.sheets(), &Edition::plain(notice.day, lang));
                Ok((notice.number(), [text.into_bytes(), sheets.map_err(Error::other)?]))
            })
            .collect::<Result<_>>()?;
        for (number, [text, sheets]) in made {
            files(&format!("{number}.html"), &text)?;
            files(&format!("{number}.xlsx"), &sheets)?;
        }
    }
    Ok(())
}

/// The notices on which payments stand, by the rows of each.
fn asked(told: &[Told]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for told in told.iter().filter(|told| told.status == Status::Open && told.payment().is_some()) {
        let Some(number) = &told.notice else { continue };
        for row in &told.evidence {
            asked.entry(row).or_default().insert(number);
        }
    }
    asked
}

impl Letter<'_> {
    /// What the letter is called, how it begins, and what heads its first list: no breach, no correction is ordered.
    fn tone(&self) -> [&'static str; 3] {
        let words = self.words;
        match (self.notice.party, self.breaches.is_empty()) {
            (Party::Undetermined, false) => {
                [words["notice_compare"], words["notice_compare_intro"], words["to_compare"]]
            }
            (_, true) => [words["notice_verify"], words["notice_verify_intro"], words["to_verify"]],
            (_, false) => [words["notice_correct"], words["notice_correct_intro"], words["to_correct"]],
        }
    }

    fn shown(&self) -> Value {
        let [title, intro, first] = self.tone();
        let notice = self.notice;
        let list = |of: &[&Told], from: usize| -> Vec<Value> {
            (from + 1..).zip(of).map(|(place, told)| self.item(place, told)).collect()
        };
        context! {
            t => self.words,
            lang => self.lang.pick("zh-CN", "en"),
            css => include_str!("notice.css"),
            version => env!("CARGO_PKG_VERSION"),
            title, intro, first,
            number => notice.number(),
            day => notice.day.to_string(),
            to => self.to.as_str(),
            from => self.issuing_office(),
            differs => self.breaches.iter().chain(&self.leads).any(|told| told.difference.is_some()),
            code => notice.institution.as_str(),
            party => self.party(),
            breaches => list(&self.breaches, 0),
            leads => list(&self.leads, self.breaches.len()),
            items => notice.items,
            amount => notice.amount.map(grouped),
        }
    }

    /// The treasury that signs; of several in a book nobody says which, so the letter leaves a line for it.
    fn issuing_office(&self) -> &str {
        let treasuries = self.outcome.facts.treasuries.iter().flat_map(|table| table.values());
        match treasuries.collect::<Vec<_>>()[..] {
            [one] => &one.name,
            _ => "",
        }
    }

    fn party(&self) -> &'static str {
        self.lang.pick(self.notice.party.zh(), self.notice.party.id())
    }

    fn item(&self, place: usize, told: &Told) -> Value {
        let (here, away) = self.records.split(told);
        let records: Vec<Value> = here.iter().take(SHOWN).map(|&place| self.record(place)).collect();
        // Rows of tables and of files that are not at hand are at least named.
        let named: Vec<String> =
            away.iter().take(SHOWN - records.len()).map(|name| printable(name)).collect();
        context! {
            place,
            id => told.id(),
            rule => self.title(told),
            key => told.key.as_str(),
            // The letter to all names who is concerned, as far as the records tell.
            institution => if self.notice.party == Party::Undetermined { told.institution.as_str() } else { "" },
            treasury => told.treasury.as_str(),
            account => told.account.as_str(),
            amount => told.amount.map(grouped),
            difference => told.difference.map(grouped),
            explanation => told.explanation.in_lang(self.lang),
            law => basis(told, self.lang),
            left_out => told.evidence.len() - records.len() - named.len(),
            records,
            named => named.join("; "),
            replaces => self.replaced(told),
            asks => self.asks(told),
            see_also => self.see_also(told),
            due => optional(answer_by(told, &self.outcome.facts)),
        }
    }

    /// What a record says: whose book it is, where it stands in it, and its cells.
    fn record(&self, place: usize) -> Value {
        let row = &self.records.rows[place];
        let cells = row.cells.iter().map(|(field, text)| format!("{} {text}", self.records.fields[*field]));
        let (file, line) = file_and_row(&row.at);
        context! {
            ledger => row.ledger,
            at => self.words["record_at"].replace("{file}", file).replace("{row}", line),
            cells => cells.collect::<Vec<_>>().join(self.lang.pick("；", "; ")),
        }
    }

    /// The number of the notice the item stood on before it said this.
    fn replaced(&self, told: &Told) -> &str {
        let identity = told.identity();
        let before = self.outcome.withdrawn.iter().find(|withdrawn| withdrawn.item == identity);
        before.map_or("", |item| &item.from)
    }

    /// What is asked for where it is not a correction: rows that never came, or an account of what was changed.
    fn asks(&self, told: &Told) -> &'static str {
        match told.rule {
            id if [data_gap::RULE.id, bank_data_gap::RULE.id].contains(&id) => self.words["ask_deliver"],
            id if id == ledger_tamper::RULE.id => self.words["ask_explain"],
            _ => "",
        }
    }

    /// Of a cell that differs: the other notices that ask about payments of it.
    fn see_also(&self, told: &Told) -> String {
        if told.rule != daily_tie_out::RULE.id {
            return String::new();
        }
        let numbers = told.evidence.iter().filter_map(|row| self.asked.get(row.as_str())).flatten();
        let others: BTreeSet<&str> =
            numbers.copied().filter(|number| told.notice.as_deref() != Some(*number)).collect();
        others.into_iter().collect::<Vec<_>>().join(self.lang.pick("、", ", "))
    }

    fn title(&self, told: &Told) -> &'static str {
        let title = told.rule().title;
        self.lang.pick(title.zh, title.en)
    }

    /// A sheet about the letter, and one for each of its lists.
    fn sheets(&self) -> Vec<Sheet> {
        let words = self.words;
        let [title, _, first] = self.tone();
        let heads = vec![Head::text("what", title), Head::text("value", &self.notice.number())];
        let mut about = Table::new("notice", heads);
        for (what, value) in [
            (words["date"], self.notice.day.to_string()),
            (words["notice_to"], self.to.clone()),
            (words["institution_code"], self.notice.institution.clone()),
            (words["party_kind"], self.party().to_owned()),
            (words["notice_from"], self.issuing_office().to_owned()),
            (words["count"], self.notice.items.to_string()),
            (words["made_from"], words["notice_made"].replace("{day}", &self.notice.day.to_string())),
            (words["penalties"], words["notice_penalties"].to_owned()),
        ] {
            about.push(vec![what.to_owned(), value]);
        }
        let mut sheets = vec![Sheet::list(title, about)];
        if !self.breaches.is_empty() {
            sheets.push(Sheet::list(first, self.table(&self.breaches, 0)));
        }
        if !self.leads.is_empty() {
            let table = self.table(&self.leads, self.breaches.len());
            sheets.push(Sheet::list(words["to_verify"], table));
        }
        sheets.push(Sheet::list(words["evidence"], self.cells()));
        sheets
    }

    /// Every record of every item that is held, a cell a line, and the names of the others.
    fn cells(&self) -> Table {
        let words = self.words;
        let heads = vec![
            Head::number("place", words["place"]),
            Head::text("ledger", words["ledger"]),
            Head::text("file", words["file"]),
            Head::number("row", words["row"]),
            Head::text("field", words["field"]),
            Head::text("value", words["content"]),
        ];
        let mut table = Table::new("records", heads);
        for (place, told) in (1..).zip(self.breaches.iter().chain(&self.leads)) {
            let (here, away) = self.records.split(told);
            let mut line = |ledger: &str, at: &str, field: &str, value: &str| {
                let (file, row) = file_and_row(at);
                table.push([&place.to_string(), ledger, file, row, field, value].map(str::to_owned).to_vec());
            };
            for row in here.iter().map(|&place| &self.records.rows[place]) {
                for (field, value) in &row.cells {
                    line(row.ledger, &row.at, &self.records.fields[*field], value);
                }
            }
            for at in away {
                line("", at, "", "");
            }
        }
        table
    }

    fn table(&self, items: &[&Told], from: usize) -> Table {
        let words = self.words;
        let heads = vec![
            Head::number("place", words["place"]),
            Head::text("rule", words["matter"]),
            Head::text("key", words["key"]),
            Head::text("institution", words["institution_code"]),
            Head::text("treasury", words["treasury"]),
            Head::text("account", words["account"]),
            Head::money("amount", words["amount"]),
            Head::money("difference", words["difference"]),
            Head::text("explanation", words["what_is_found"]),
            Head::text("asks", words["asked_for"]),
            Head::text("see_also", words["see_also"]),
            Head::text("basis", words["law"]),
            Head::text("evidence", words["evidence"]),
            Head::day("due_on", words["answer_by"]),
            Head::text("answer", words["answer"]),
            Head::day("answered_on", words["answered_on"]),
            Head::text("replaces", words["replaces"]),
            Head::text("finding_id", words["finding_id"]),
        ];
        let mut table = Table::new("items", heads);
        for (place, told) in (from + 1..).zip(items) {
            table.push(vec![
                place.to_string(),
                self.title(told).to_owned(),
                told.key.clone(),
                told.institution.clone(),
                told.treasury.clone(),
                told.account.clone(),
                optional(told.amount),
                optional(told.difference),
                told.explanation.in_lang(self.lang).to_owned(),
                self.asks(told).to_owned(),
                self.see_also(told),
                basis(told, self.lang),
                told.evidence.join(";"),
                optional(answer_by(told, &self.outcome.facts)),
                String::new(),
                String::new(),
                self.replaced(told).to_owned(),
                told.id(),
            ]);
        }
        table
    }
}

/// A record's file, as it was delivered, and its row there.
fn file_and_row(at: &str) -> (&str, &str) {
    let (file, row) = at.rsplit_once('#').unwrap_or((at, ""));
    (file.strip_prefix("inbox/").unwrap_or(file), row)
}
