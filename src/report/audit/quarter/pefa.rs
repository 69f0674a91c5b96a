//! 对照国际标准自评: what the archive supports of PEFA indicators.

use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::Party;
use crate::report::audit::Audit;
use crate::report::document::{Document, Head, Table};

/// What the records support of two PEFA indicators whose wording was read; the rest is for people to judge.
pub(super) fn pefa(audit: &Audit<'_>) -> Document {
    let mut page = Document::default();
    page.paragraph(audit.pick(
        "PEFA 手册 PI-20.3 与 PI-27.4，仅此两项的评分标准已核对原文。以下为档案所能支持的事实，评分由评估人作出。",
        "PI-20.3 and PI-27.4 of the PEFA Handbook, the two whose criteria were read. What follows are facts the archive \
         supports; the score is the assessor's.",
    ));
    let span = audit.period.span;
    let mut table = Table::new(
        "pefa",
        vec![
            Head::text("indicator", audit.pick("指标", "indicator")),
            Head::text("asks", audit.pick("A 级要求", "an A asks")),
            Head::text("fact", audit.pick("档案所载", "what the archive has")),
        ],
    );
    let differing = audit.period.sums.differences.len();
    let runs = match audit.lang {
        Lang::Zh => format!(
            "本季运行 {} 日，未运行的工作日 {} 日；逐笔与分科目核对每日进行，期末仍不一致的款项 {differing} 笔，均列明。",
            audit.period.runs.len(),
            audit.period.missed.len()
        ),
        Lang::En => format!(
            "{} days of the quarter were run, {} working days were not; payments and cells are reconciled daily, and the \
             {differing} payments that still differ are all listed.",
            audit.period.runs.len(),
            audit.period.missed.len()
        ),
    };
    let asks = audit.pick(
        "征收、入库、欠缴与划转的完整核对，至少每季一次，季后四周内完成",
        "a complete reconciliation of assessments, collections, arrears and transfers at least quarterly, within four weeks",
    );
    table.push(vec!["PI-20.3".to_owned(), asks.to_owned(), runs]);
    let signed: Vec<String> = span.months().map(|month| signoffs(audit, &month.to_string())).collect();
    table.push(vec![
        "PI-20.3".to_owned(),
        audit.pick("四方按月签证（方案要求）", "monthly sign-off of the four parties (the plan)").to_owned(),
        signed.join("; "),
    ]);
    table.push(vec![
        "PI-27.4".to_owned(),
        audit
            .pick(
                "数据访问与变更受限、留痕，可审计，并有部门核查完整性",
                "access and changes restricted and recorded, an audit trail, and a unit that verifies integrity",
            )
            .to_owned(),
        format!(
            "{} {}",
            audit.pick("每次运行的文件摘要逐日相连，末次摘要", "the digests of every run are chained; the last is"),
            audit.digest
        ),
    ]);
    page.table(table);
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

/// Who signed a month, by the register of duties.
fn signoffs(audit: &Audit<'_>, month: &str) -> String {
    let Some(table) = audit.facts.table("attestations") else {
        return format!(
            "{month}: {}",
            audit.pick("无数据（没有 attestations）", "no data (no attestations)")
        );
    };
    let signed: Vec<String> = table
        .entries()
        .filter(|row| row.text(Field::Kind) == "signoff" && row.text(Field::Period) == month)
        .filter_map(|row| {
            let party = Party::from_id(row.text(Field::Party))?;
            Some(format!("{} {}", audit.party(party), row.date(Field::SignedOn)?))
        })
        .collect();
    let signed = if signed.is_empty() {
        audit.pick("无签证记录", "no sign-off on record").to_owned()
    } else {
        signed.join(", ")
    };
    format!("{month}: {signed}")
}
