//! 对照国际标准自评: what the archive supports of PEFA indicators.

use chrono::{Datelike as _, NaiveDate};

use crate::domain::entry::Entry;
use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::Party;
use crate::period::{Compared, Span};
use crate::report::audit::{Audit, month};
use crate::report::document::{Document, Head, Table};

use super::compared::{by_flow, compared, meaning};

/// What the records support of two PEFA indicators whose wording was read; the rest is for people to judge.
pub(super) fn pefa(audit: &Audit<'_>) -> Document {
    let mut page = Document::default();
    page.paragraph(audit.pick(
        "PEFA 手册 PI-20.3 与 PI-27.4，仅此两项的评分标准已核对原文。以下为档案所能支持的事实，评分由评估人作出。",
        "PI-20.3 and PI-27.4 of the PEFA Handbook, the two whose criteria were read. What follows are facts the archive \
         supports; the score is the assessor's.",
    ));
    month::standing(audit, None, &mut page);
    let mut table = Table::new(
        "pefa",
        vec![
            Head::text("indicator", audit.pick("指标", "indicator")),
            Head::text("asks", audit.pick("A 级要求", "an A asks")),
            Head::text("fact", audit.pick("档案所载", "what the archive has")),
        ],
    );
    let mut push = |indicator: &str, asks: &str, fact: String| {
        table.push(vec![indicator.to_owned(), asks.to_owned(), fact]);
    };
    push(
        "PI-20.3",
        audit.pick(
            "征收、入库、欠缴与划转的完整核对，至少每季一次，季后四周内完成",
            "a complete reconciliation of assessments, collections, arrears and transfers at least quarterly, within four weeks",
        ),
        format!("{}{}", runs(audit), came_to(audit)),
    );
    let signed: Vec<String> = audit.period.span.months().map(|month| signoffs(audit, month)).collect();
    push(
        "PI-20.3",
        audit.pick("四方按月签证（方案要求）", "monthly sign-off of the four parties (the plan)"),
        match audit.lang {
            Lang::Zh => format!("截至 {}：{}", audit.period.known_on, signed.join("；")),
            Lang::En => format!("As of {}: {}", audit.period.known_on, signed.join("; ")),
        },
    );
    push(
        "PI-27.4",
        audit.pick(
            "数据访问与变更受限、留痕，可审计，并有部门核查完整性",
            "access and changes restricted and recorded, an audit trail, and a unit that verifies integrity",
        ),
        format!(
            "{} {}",
            audit.pick(
                "每次运行的文件摘要逐日相连，末次摘要",
                "the digests of every run are chained; the last is"
            ),
            audit.digest
        ),
    );
    page.table(table);
    page.heading(audit.pick("逐笔核对", "Payments compared"));
    page.paragraph(meaning(audit));
    page.table(compared(audit).whole_in("differences.csv"));
    page.heading(audit.pick("由评估人填写", "For the assessor"));
    page.blanks(
        [
            audit.pick("PI-20.3 评分与理由", "PI-20.3, score and reason"),
            audit.pick("PI-27.4：谁有权限访问、变更", "PI-27.4: who may access and change"),
            audit.pick("PI-27.4：核查完整性的部门", "PI-27.4: the unit that verifies integrity"),
            audit.pick("评估人、日期", "assessor, date"),
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    page
}

/// On which days of the period there was a run, and on which there was none.
fn runs(audit: &Audit<'_>) -> String {
    let period = audit.period;
    let calendar = &audit.facts.calendar;
    let end = period.span.last().min(period.known_on);
    let ran = match audit.lang {
        Lang::Zh => format!("本季运行 {} 日", period.runs.len()),
        Lang::En => format!("{} days of the quarter were run", period.runs.len()),
    };
    let from = period.since.unwrap_or(period.span.first());
    let is_listed = from.iter_days().take_while(|day| *day <= end).all(|day| calendar.knows(day.year()));
    let missed = match (audit.lang, is_listed) {
        (Lang::Zh, true) => format!("，未运行的工作日 {} 日", period.missed.len()),
        (Lang::En, true) => format!(", {} working days were not", period.missed.len()),
        (Lang::Zh, false) => "，未运行的工作日无数据（没有该年的工作日历）".to_owned(),
        (Lang::En, false) => {
            ", how many working days were not is not known (no calendar of the year)".to_owned()
        }
    };
    let before = period.since.map(|since| {
        let before = period.span.first().iter_days().take_while(|day| *day < since);
        let count = before.filter(|day| calendar.is_working(*day) == Some(true)).count();
        match (audit.lang, is_listed) {
            (Lang::Zh, true) => format!("；首次运行 {since} 之前的 {count} 个工作日另计，均未运行"),
            (Lang::En, true) => {
                format!("; besides them the {count} working days before the first run on {since}")
            }
            (Lang::Zh, false) => format!("；首次运行 {since} 之前的日子均未运行"),
            (Lang::En, false) => format!("; nor was any day before the first run on {since}"),
        }
    });
    format!("{ran}{missed}{}{}", before.unwrap_or_default(), audit.pick("。", ". "))
}

/// What comparing the payments of all flows came to.
fn came_to(audit: &Audit<'_>) -> String {
    let mut sum = Compared::default();
    let mut missing = 0;
    for (_, of) in by_flow(audit) {
        missing += of.missing.values().sum::<u64>();
        sum.due += of.due;
        sum.agreed += of.agreed;
        sum.differing += of.differing;
        sum.awaited += of.awaited;
        sum.unheard += of.unheard;
        sum.unpaid += of.unpaid;
        sum.overdue += of.overdue;
    }
    let Compared { due, agreed, differing, awaited, unheard, unpaid, overdue, .. } = sum;
    match audit.lang {
        Lang::Zh => format!(
            "逐笔与分科目核对每日进行：到期款项 {due} 笔，其中一致 {agreed} 笔、金额不一 {differing} 笔、逾期缺记 {missing} 笔；\
             未到期（在途）{awaited} 笔、无数据 {unheard} 笔不作结论。开出而无人缴款的税票 {unpaid} 张，其中已过限缴日期 {overdue} 张。"
        ),
        Lang::En => format!(
            "Payments and cells are reconciled daily. Of {due} payments that are due {agreed} agree, {differing} are stated \
             differently and {missing} lack an overdue record; of {awaited} not due yet (in transit) and {unheard} without data \
             nothing is concluded. Of slips that were issued {unpaid} were paid by nobody, {overdue} of them past their due day."
        ),
    }
}

/// Who signed a month by the day that is known, by the register of duties, and of whom there is no record.
fn signoffs(audit: &Audit<'_>, month: Span) -> String {
    let known_on = audit.period.known_on;
    let said = |words: &str| format!("{month} {words}");
    let Some(table) = audit.facts.table("attestations") else {
        return said(audit.pick("无数据（没有 attestations）", "no data (no attestations)"));
    };
    if known_on < month.last() {
        return said(audit.pick("该月尚未结束", "the month is not over"));
    }
    let signed_by = |party: Party| -> Option<Option<NaiveDate>> {
        let of_party = |row: &Entry<'_>| {
            row.text(Field::Kind) == "signoff"
                && row.text(Field::Period) == month.to_string()
                && Party::from_id(row.text(Field::Party)) == Some(party)
        };
        let days = table.entries().filter(of_party).map(|row| row.date(Field::SignedOn));
        // A row without a day comes last: another may have one.
        days.filter(|day| day.is_none_or(|day| day <= known_on)).min_by_key(|day| (day.is_none(), *day))
    };
    let parties =
        [Party::Tax, Party::Finance, Party::Treasury, Party::Bank].map(|party| match signed_by(party) {
            Some(Some(day)) => format!("{} {day}", audit.party(party)),
            Some(None) => {
                format!(
                    "{} {}",
                    audit.party(party),
                    audit.pick("已登记，未填签证日", "registered, no day of signing")
                )
            }
            None => format!("{} {}", audit.party(party), audit.pick("无记录", "no record")),
        });
    said(&parties.join(audit.pick("、", ", ")))
}
