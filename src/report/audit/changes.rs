//! 两个时点之间的变动: why a period comes to something else than it did when an earlier run had ended.

use std::collections::BTreeSet;
use std::io::Result;

use chrono::NaiveDate;

use crate::domain::lang::Lang;
use crate::investigation::contrast::{Change, Difference, Judgement, contrast};
use crate::period::changes::{Cause, Changes, Line, LineChange, PaymentChange, Stated};
use crate::report::backtest::differs;
use crate::report::document::{Document, Head, Table};
use crate::rules::finding::{Status, Told};

use super::{Audit, Pack};

/// The page, beside the index.
const PAGE: &str = "changes.html";

/// What the period was when an earlier run had ended.
#[derive(Clone, Copy, Debug)]
pub struct Since<'a> {
    pub changes: &'a Changes,
    /// Every finding that was known then.
    pub told: &'a [Told],
    /// Whether the two runs read other tables, or went by other settings.
    pub has_other_tables: bool,
    /// The digest that the archive had then.
    pub digest: &'a str,
}

/// Why a finding is another than it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Rows(Cause),
    /// Nothing of its rows changed: time passed.
    Time,
    /// Nothing of its rows changed, but tables or settings did, and time passed.
    TimeOrTables,
}

pub(super) fn write(pack: &mut Pack<'_, '_, '_>, since: Since<'_>) -> Result<()> {
    let audit = pack.audit;
    let findings = findings(audit, since);
    pack.list("changed-lines.csv", lines(audit, since.changes))?;
    pack.list("changed-payments.csv", payments(audit, &since.changes.payments))?;
    pack.list("changed-findings.csv", findings.clone())?;
    pack.page(PAGE, &title(audit, since), &page(audit, since, findings))
}

/// The way to the page, and its title.
pub(super) fn link(audit: &Audit<'_>, since: Since<'_>) -> (String, String) {
    (PAGE.to_owned(), title(audit, since))
}

fn title(audit: &Audit<'_>, since: Since<'_>) -> String {
    let (span, then) = (audit.period.span, since.changes.then);
    match audit.lang {
        Lang::Zh => format!("{span} 自 {then} 所知以来的变动"),
        Lang::En => format!("{span}: what changed since {then}"),
    }
}

fn page(audit: &Audit<'_>, since: Since<'_>, findings: Table) -> Document {
    let mut page = Document::default();
    let (then, now) = (since.changes.then, audit.period.known_on);
    page.paragraph(match audit.lang {
        Lang::Zh => format!(
            "{then} 的运行结束时所知（档案摘要 {}），到 {now} 所知，各数的变动分为三类：登记表、参数不同所致；后到的数据；更正、重报、\
             撤销。原数加三类变动等于现数，逐行核验，不等则不出本页。既有此后到达的数据又有更正的款项，先计到达，再计更正。",
            since.digest
        ),
        Lang::En => format!(
            "From what was known when the run of {then} had ended (archive digest {}) to what is known on {now}: figures \
             changed by other reference tables or settings, by data that came since, in time or late, and by corrections, redeliveries and \
             cancellations. The figure of then and the three come to the figure of now, which is checked of every line \
             before this page is written. Of a payment with both, what came since counts first.",
            since.digest
        ),
    });
    page.heading(audit.pick("各库合计", "By treasury"));
    page.table(totals(audit, since.changes));
    page.heading(audit.pick("变动的各行", "Lines that changed"));
    page.table(lines(audit, since.changes).whole_in("changed-lines.csv"));
    page.heading(audit.pick("逐笔", "Payment by payment"));
    page.table(payments(audit, &since.changes.payments).whole_in("changed-payments.csv"));
    page.heading(audit.pick("发现的变动", "Findings that changed"));
    page.paragraph(if since.has_other_tables {
        audit.pick(
            "两次运行之间登记表或参数有变动。证据未变的发现，是随时间推移（期限届满、账龄增长、登记的日期已到）还是登记表、参数变动所致，不作区分。",
            "Tables or settings changed between the two runs. Of findings whose evidence did not change it is not told apart \
             whether time passed (a limit, an age, a date of a register) or a table or setting made the difference.",
        )
    } else {
        audit.pick(
            "两次运行之间登记表和参数没有变动。证据未变的发现，是随时间推移（期限届满、账龄增长、登记的日期已到）所致。",
            "Tables and settings are the same at both times. Findings whose evidence did not change are others because time \
             passed: a limit, an age, a date of a register.",
        )
    });
    page.table(findings.whole_in("changed-findings.csv"));
    page
}

/// The figure of then, what each cause changed, and the figure of now.
fn figures(audit: &Audit<'_>) -> [Head; 5] {
    [
        Head::money("then", audit.pick("原数", "then")),
        Head::money("by_tables", cause(audit, Cause::Tables)),
        Head::money("by_late", cause(audit, Cause::Late)),
        Head::money("by_corrections", cause(audit, Cause::Corrected)),
        Head::money("now", audit.pick("现数", "now")),
    ]
}

/// A row for each party.
fn push(audit: &Audit<'_>, table: &mut Table, names: &[String], of: &LineChange) {
    let parties =
        [audit.pick("开票方", "issuers"), audit.pick("银行", "banks"), audit.pick("国库", "treasury")];
    for (place, party) in parties.into_iter().enumerate() {
        let by = of.by.map(|by: Stated| by[place]);
        if by.iter().all(|by| by.is_zero()) && of.then[place] == of.now[place] {
            continue;
        }
        let mut row = names.to_vec();
        row.push(party.to_owned());
        row.push(of.then[place].to_string());
        row.extend(by.iter().map(ToString::to_string));
        row.push(of.now[place].to_string());
        table.push(row);
    }
}

fn moved(audit: &Audit<'_>, is_payout: bool) -> String {
    if is_payout {
        audit.pick("支拨（减退回）", "payouts less returns").to_owned()
    } else {
        audit.pick("收入净额", "revenue, net").to_owned()
    }
}

fn totals(audit: &Audit<'_>, changes: &Changes) -> Table {
    let mut heads = vec![
        Head::text("treasury", audit.pick("国库", "treasury")),
        Head::text("what", audit.pick("收支", "what")),
        Head::text("party", audit.pick("一方", "party")),
    ];
    heads.extend(figures(audit));
    let mut table = Table::new("totals", heads);
    for ((treasury, is_payout), of) in &changes.totals {
        push(audit, &mut table, &[audit.named(treasury), moved(audit, *is_payout)], of);
    }
    table
}

/// Treasury, organ or unit, level, subject, and adjust flag or mode of payment.
fn line_names(line: &Line) -> [String; 5] {
    match line {
        Line::Revenue(of) => {
            [&of.treasury, &of.org, &of.level, &of.subject, &of.adjust_flag].map(ToString::to_string)
        }
        Line::Payout(of) => [&of.treasury, &of.unit, "", &of.subject, &of.pay_mode].map(ToString::to_string),
    }
}

fn line_heads(audit: &Audit<'_>) -> [Head; 5] {
    [
        Head::text("treasury", audit.pick("国库", "treasury")),
        Head::text("org", audit.pick("征收机关或预算单位", "organ or unit")),
        Head::text("level", audit.pick("级次", "level")),
        Head::text("subject", audit.pick("科目", "subject")),
        Head::text("mode", audit.pick("调整期标志或支付方式", "adjust flag or mode")),
    ]
}

fn lines(audit: &Audit<'_>, changes: &Changes) -> Table {
    let mut heads = vec![Head::text("what", audit.pick("收支", "what"))];
    heads.extend(line_heads(audit));
    heads.push(Head::text("party", audit.pick("一方", "party")));
    heads.extend(figures(audit));
    let mut table = Table::new("lines", heads);
    for (line, of) in &changes.lines {
        let mut names = vec![moved(audit, line.is_payout())];
        names.extend(line_names(line));
        push(audit, &mut table, &names, of);
    }
    table
}

fn cause(audit: &Audit<'_>, of: Cause) -> &'static str {
    match (audit.lang, of) {
        (Lang::Zh, Cause::Tables) => "登记表、参数",
        (Lang::En, Cause::Tables) => "tables or settings",
        (Lang::Zh, Cause::Late) => "此后到达的数据",
        (Lang::En, Cause::Late) => "data that came since",
        (Lang::Zh, Cause::Corrected) => "更正、重报、撤销",
        (Lang::En, Cause::Corrected) => "corrections",
    }
}

fn payments(audit: &Audit<'_>, changes: &[PaymentChange]) -> Table {
    let mut heads =
        vec![Head::text("flow", audit.pick("类别", "flow")), Head::text("key", audit.pick("对象", "key"))];
    heads.extend(line_heads(audit));
    heads.extend([
        Head::text("cause", audit.pick("原因", "cause")),
        Head::money("issuer", audit.pick("开票方变动", "issuers, change")),
        Head::money("bank", audit.pick("银行变动", "banks, change")),
        Head::money("treasury_change", audit.pick("国库变动", "treasury, change")),
        Head::list("evidence", audit.pick("证据", "evidence")),
    ]);
    let mut table = Table::new("payments", heads).summed();
    for of in changes {
        let mut row = vec![audit.flow(of.flow).to_owned(), of.key.clone()];
        row.extend(line_names(&of.line));
        row.push(cause(audit, of.cause).to_owned());
        row.extend(of.by.iter().map(ToString::to_string));
        row.push(of.evidence.join(";"));
        table.push(row);
    }
    table
}

/// Findings about the period that were told otherwise, or not at all, then.
fn findings(audit: &Audit<'_>, since: Since<'_>) -> Table {
    let span = audit.period.span;
    let about = |told: &&Told| span.contains(told.event_on.unwrap_or(told.first_seen));
    let judgement = |told: &[Told]| {
        let mut judgement = Judgement::default();
        for told in told.iter().filter(about) {
            judgement.hear(told.first_seen, vec![told.clone()]);
        }
        judgement
    };
    let mut table = Table::new(
        "findings",
        vec![
            Head::text("change", audit.pick("变动", "change")),
            Head::text("rule", audit.pick("事项", "matter")),
            Head::text("key", audit.pick("对象", "key")),
            Head::text("institution", audit.pick("责任单位", "answers")),
            Head::text("then", audit.pick("原状", "then")),
            Head::text("now", audit.pick("现状", "now")),
            Head::text("differs", audit.pick("不同之处", "what differs")),
            Head::money("amount", audit.pick("金额", "amount")),
            Head::text("why", audit.pick("原因", "why")),
            Head::text("explanation", audit.pick("说明", "explanation")),
            Head::text("finding_id", audit.pick("编号", "id")),
        ],
    );
    for difference in contrast(judgement(since.told), judgement(audit.told), NaiveDate::MIN) {
        if !is_told_otherwise(&difference) {
            continue;
        }
        let told = &difference.shown().last;
        let title = told.rule().title;
        let change = difference.change;
        table.push(vec![
            audit.pick(change.zh(), change.id()).to_owned(),
            audit.pick(title.zh, title.en).to_owned(),
            told.key.clone(),
            match told.institution.as_str() {
                "" => audit.party(told.party).to_owned(),
                code => audit.named(code),
            },
            state(audit, difference.then.as_ref().map(|of| &of.last)),
            state(audit, difference.now.as_ref().map(|of| &of.last)),
            differs(&difference, audit.lang),
            told.amount.map(|of| of.to_string()).unwrap_or_default(),
            why(audit, since, &difference),
            told.explanation.in_lang(audit.lang).to_owned(),
            told.id(),
        ]);
    }
    table
}

/// Not merely some days later, or by other rows of the same.
fn is_told_otherwise(of: &Difference) -> bool {
    of.change != Change::Changed
        || of.columns().iter().any(|(column, ..)| !matches!(*column, "days_late" | "evidence"))
}

fn state(audit: &Audit<'_>, told: Option<&Told>) -> String {
    match told.map(|told| (told.status, told.settled_on)) {
        None => String::new(),
        Some((Status::Open, _)) => audit.pick("未结", "open").to_owned(),
        Some((Status::Resolved, None)) => audit.pick("已结", "settled").to_owned(),
        Some((Status::Resolved, Some(on))) => format!("{on} {}", audit.pick("已结", "settled")),
    }
}

fn why(audit: &Audit<'_>, since: Since<'_>, of: &Difference) -> String {
    let Changes { rows, causes, .. } = since.changes;
    let mut why: BTreeSet<Why> = BTreeSet::new();
    for told in [&of.then, &of.now].into_iter().flatten().map(|of| &of.last) {
        why.extend(told.evidence.iter().filter_map(|row| rows.get(row)).map(|cause| Why::Rows(*cause)));
        let of_payment = causes.get(&(told.flow, told.key.clone()));
        why.extend(of_payment.into_iter().flatten().map(|cause| Why::Rows(*cause)));
        // Rows of no payment: balances, reports, statements.
        let came_since = |row: &String| {
            let inbox = row.strip_prefix("inbox/").and_then(|row| row.split('/').next());
            inbox.and_then(|day| day.parse::<NaiveDate>().ok()).is_some_and(|day| day > since.changes.then)
        };
        let is_new_row = |row: &&String| !rows.contains_key(*row) && came_since(row);
        why.extend(told.evidence.iter().filter(is_new_row).map(|_| Why::Rows(Cause::Late)));
    }
    let was_open = of.then.as_ref().is_none_or(|of| of.last.status == Status::Open);
    let is_settled = of.now.as_ref().is_some_and(|of| of.last.status == Status::Resolved);
    if why.is_empty() && was_open && is_settled {
        why.insert(Why::Rows(Cause::Late));
    }
    if why.is_empty() {
        why.insert(if since.has_other_tables { Why::TimeOrTables } else { Why::Time });
    }
    let words = why.into_iter().map(|why| match why {
        Why::Rows(of) => cause(audit, of),
        Why::Time => audit.pick("时间推移", "time passed"),
        Why::TimeOrTables => audit.pick("时间推移或登记表、参数变动", "time passed, or tables or settings"),
    });
    words.collect::<Vec<_>>().join(audit.pick("；", "; "))
}
