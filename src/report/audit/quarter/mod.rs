//! 季度现场核对: the pack that inspectors carry to a bank's counter and the leading group reads at its table.

mod census;
mod compared;
mod coverage;
pub(super) mod files;
pub(super) mod first_page;
pub(super) mod league;
pub(super) mod metrics;
mod pefa;
pub(super) mod sampling;

use std::collections::BTreeSet;
use std::io::Result;

use crate::period::Runs;
use crate::report::daily;
use crate::report::workbooks::register_sheets;
use crate::rules::finding::{Kind, Severity, Told};

use super::{Audit, Pack, Quarter, dossier, month};

pub(super) fn write(pack: &mut Pack<'_, '_, '_>, quarter: &Quarter<'_>, runs: &dyn Runs) -> Result<()> {
    let audit = pack.audit;
    let found = audit.findings();
    let institutions = institutions(audit, &found);
    let title = |zh, en| format!("{} {}", audit.period.span, audit.pick(zh, en));
    let first = first_page::index(audit, quarter, &institutions, &found);
    pack.page("index.html", &title("季度监管审计", "quarterly audit"), &first)?;
    let plan = coverage::coverage_page(audit, &found);
    pack.page("coverage.html", &title("监管方案逐条结论", "the plan, provision by provision"), &plan)?;
    let figures = metrics::metrics_page(audit, quarter);
    pack.page("metrics.html", &title("季度预警分析", "early-warning metrics"), &figures)?;
    pack.list("metrics.csv", metrics::metrics(audit, quarter, quarter.metrics))?;
    pack.page("accounts.html", &title("账户清查", "account census"), &census::census_page(audit))?;
    pack.list("accounts.csv", census::census(audit))?;

    let critical: Vec<&Told> = found.iter().copied().filter(|told| must_be_seen(audit, told)).collect();
    let plans = sampling::draw(pack, runs, quarter.sample_size, &critical)?;
    let page = sampling::sampling(audit, &plans, &critical);
    pack.page("sampling.html", &title("抽样方案", "sampling plan"), &page)?;
    pack.list("sample.csv", sampling::sample(audit, &plans))?;
    pack.list("population.csv", sampling::by_run(audit, &plans))?;

    pack.page("pefa.html", &title("对照国际标准自评", "self-assessment"), &pefa::pefa(audit))?;
    let quality = files::files_page(audit);
    pack.page("files.html", &title("数据质量", "quality of the files"), &quality)?;
    let told: Vec<Told> = audit.every_finding().into_iter().cloned().collect();
    pack.list("findings.csv", daily::findings(&told, audit.lang))?;
    pack.list("league.csv", league::league(audit))?;
    month::whole_lists(pack)?;
    let has_budget = audit.facts.budget.is_some();
    pack.workbook(
        "registers.xlsx",
        &title("大额、非预算、退库登记簿", "registers"),
        &register_sheets(quarter.registered, has_budget, &found, audit.lang),
    )?;
    for code in institutions {
        dossier::write(pack, quarter, code, &found, &plans, &critical)?;
    }
    Ok(())
}

/// Whether an inspector must look at it, whatever is drawn: a critical breach that stood open at the end.
fn must_be_seen(audit: &Audit<'_>, told: &Told) -> bool {
    told.kind() == Kind::Breach && told.severity == Severity::Critical && audit.stood_at_end(told)
}

/// Whose dossiers there are: every institution of the tables, every bank that collected, and whoever answers for something.
fn institutions<'a>(audit: &Audit<'a>, found: &[&'a Told]) -> BTreeSet<&'a str> {
    if let Some(code) = audit.institution {
        return BTreeSet::from([code]);
    }
    let mut codes: BTreeSet<&str> =
        audit.facts.institutions.iter().flatten().map(|(code, _)| code.as_str()).collect();
    codes.extend(audit.facts.treasuries.iter().flatten().map(|(code, _)| code.as_str()));
    codes.extend(audit.period.sums.banks.keys().map(String::as_str));
    codes.extend(found.iter().map(|told| told.institution.as_str()));
    codes.remove("");
    codes
}
