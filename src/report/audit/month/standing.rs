//! What a reader must know before any figure: what a period rests on, and who never spoke.

use crate::domain::lang::Lang;
use crate::domain::ledger::Flow;
use crate::domain::money::Money;
use crate::matching::group::Role;
use crate::report::audit::Audit;
use crate::report::document::Document;
use crate::report::page::grouped;

/// What the reader must know first, of one treasury or of all: what the period rests on, and what it lacks.
pub(in crate::report::audit) fn standing(audit: &Audit<'_>, treasury: Option<&str>, document: &mut Document) {
    let period = audit.period;
    let (first, last) = (period.span.first(), period.span.last());
    document.paragraph(match audit.lang {
        Lang::Zh => format!(
            "期间 {first} 至 {last}，共运行 {} 日；依据截至 {} 的档案，此后到达的数据不在内。金额单位：元。",
            period.runs.len(),
            period.known_on
        ),
        Lang::En => format!(
            "From {first} to {last}, {} days were run; from the archive as of {}, nothing that came later. Amounts in \
             yuan.",
            period.runs.len(),
            period.known_on
        ),
    });
    if let Some(code) = audit.institution {
        document.paragraph(format!("{}: {}", audit.pick("仅限", "Confined to"), audit.named(code)));
    }
    if period.known_on < last {
        document.paragraph(audit.pick(
            "注意：期间尚未结束，本表不能作为期末数签证。",
            "Note: the period is not over; this is no statement of its end and must not be signed as one.",
        ));
    }
    if let Some(since) = period.since {
        document.paragraph(match audit.lang {
            Lang::Zh => format!("注意：档案自 {since} 起，期间此前的日子没有运行；本册只含此后送达的数据。"),
            Lang::En => format!(
                "Note: the archive begins on {since}, and earlier days of the period were not run; only what was \
                 delivered since is in it."
            ),
        });
    }
    if !period.missed.is_empty() {
        let days: Vec<String> = period.missed.iter().map(ToString::to_string).collect();
        document.paragraph(format!(
            "{} {}",
            audit.pick("注意：下列工作日没有运行：", "Note: these working days were not run:"),
            days.join(" ")
        ));
    }
    document.paragraph(format!(
        "{} {}",
        audit.pick("档案摘要（SHA-256）：", "Digest of the archive (SHA-256):"),
        audit.digest
    ));
    let of_treasury = period.sums.undated.iter().filter(|(of, _)| treasury.is_none_or(|only| only == *of));
    let (undated, amount) =
        of_treasury.fold((0, Money::ZERO), |(count, sum), (_, (more, amount))| (count + more, sum + *amount));
    if undated > 0 {
        document.paragraph(match audit.lang {
            Lang::Zh => format!(
                "注意：{undated} 笔收款 {} 元的日期没有工作日历，不属任何期间：不在合计之内，只在其日期或入账日属本期的那一方账面之内。",
                grouped(amount)
            ),
            Lang::En => format!(
                "Note: {undated} receipts of {} yuan have dates without a calendar and are of no period: they are in no sum, only \
                 in the own books of the party whose row has a day of the period.",
                grouped(amount)
            ),
        });
    }
    document.paragraph(format!(
        "{} {}",
        audit.pick("在账簿文件夹内重新生成：", "To reproduce, in the book's folder:"),
        audit.command
    ));
}

/// Says which parties never spoke: what they lack is no difference.
pub(in crate::report::audit) fn silent(audit: &Audit<'_>, document: &mut Document) {
    for of in [Flow::Revenue, Flow::Refund, Flow::Disbursement] {
        let roles = [
            (Role::Issuer, audit.pick("开票方", "the issuers")),
            (Role::Bank, audit.pick("银行", "the banks")),
            (Role::Treasury, audit.pick("国库", "the treasury")),
        ];
        let silent: Vec<&str> = roles
            .into_iter()
            .filter(|(role, _)| audit.period.sums.is_silent(of, *role))
            .map(|(_, name)| name)
            .collect();
        if !silent.is_empty() {
            document.paragraph(format!(
                "{}: {} {}",
                audit.flow(of),
                silent.join(audit.pick("、", ", ")),
                audit.pick(
                    "本期没有账册行：其数字为无数据，不作为相符，也不作为差异。",
                    "stated nothing in the period: their figures are no data, neither agreement nor difference."
                )
            ));
        }
    }
    if !audit.period.sums.hears_corrections() {
        document.paragraph(audit.pick(
            "国库本期没有更正账册行：国库列的更正为无数据，按开票方更正列示。",
            "The treasury delivered no corrections of the period: in its column they are no data, and stand as the issuers ordered \
             them.",
        ));
    }
}
