//! What a clerk reads on the terminal after the run: what was read, what ties out, what does not, who must act.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::lang::Lang;
use crate::domain::money::Money;
use crate::domain::settings::Settings;
use crate::ledger::intake::Fate;
use crate::ledger::problem::Problem;
use crate::ledger::{Tally, Total};
use crate::matching::tie_out::Figures;
use crate::pipeline::Outcome;
use crate::pipeline::notices::Notice;
use crate::rules::finding::{Severity, Status, Told};

use super::document::{Document, Head, Table};
use super::names::Names;
use super::{FileRead, Run};

/// Of the worst findings so many are shown; the rest stand in the reports.
const SHOWN: usize = 20;

/// The summary of a day.
pub fn summary(run: &Run<'_>) -> Document {
    let Run { outcome, files, problems, lang } = *run;
    let mut document = Document::default();
    let day = outcome.facts.as_of;
    document.heading(match lang {
        Lang::Zh => format!("国库联动监管 {day}"),
        Lang::En => format!("Treasury supervision of {day}"),
    });
    read(&mut document, outcome, files, lang);
    tie_out(&mut document, outcome, lang);
    findings(&mut document, outcome, lang);
    notices(&mut document, outcome, lang);
    if !problems.is_empty() {
        document.heading(lang.pick("不能使用的数据", "What could not be used"));
        document.paragraph(match (problems.iter().map(Problem::count).sum::<u64>(), lang) {
            (count, Lang::Zh) => format!("{count} 处问题，见 problems.csv。其中："),
            (1, Lang::En) => "1 problem, see problems.csv:".to_owned(),
            (count, Lang::En) => format!("{count} problems, see problems.csv. Among them:"),
        });
        for problem in problems.iter().take(SHOWN / 4) {
            document.paragraph(problem.message(lang));
        }
    }
    no_data(&mut document, outcome, lang);
    let policy = policy(outcome, lang);
    if !policy.rows.is_empty() {
        document.heading(lang.pick("本账簿的口径", "Policy of this book"));
        document.table(policy);
    }
    document
}

/// Rules that the book switches off and settings it changes, with the reasons it states.
pub(super) fn policy(outcome: &Outcome, lang: Lang) -> Table {
    let facts = &outcome.facts;
    let defaults = Settings::default().list();
    let changed = facts.settings.list().into_iter().zip(defaults);
    let changed = changed.filter(|(now, default)| now.written != default.written).map(|(now, _)| now);
    let mut table = Table::new(
        "policy",
        vec![
            Head::text("what", lang.pick("规则或参数", "rule or setting")),
            Head::text("value", lang.pick("取值", "value")),
            Head::text("reason", lang.pick("理由", "reason")),
        ],
    );
    for (rule, reason) in &facts.off {
        table.push(vec![rule.clone(), lang.pick("关闭", "off").to_owned(), reason.clone()]);
    }
    for now in changed {
        let unstated = lang.pick("未说明", "not stated").to_owned();
        let reason = facts.reasons.get(now.key).cloned().unwrap_or(unstated);
        table.push(vec![now.key.to_owned(), now.written, reason]);
    }
    table
}

fn read(document: &mut Document, outcome: &Outcome, files: &[FileRead<'_>], lang: Lang) {
    let mut repeats: BTreeMap<&str, Total> = BTreeMap::new();
    for (entry, fate) in outcome.book.entries().zip(&outcome.intake.fates).skip(outcome.carried) {
        if *fate == Fate::Duplicate {
            let amount = crate::ledger::format::of(entry.ledger()).amount();
            let yuan = amount.and_then(|field| entry.money(field)).unwrap_or_default();
            repeats.entry(entry.ledger().id()).or_default().add(yuan);
        }
    }
    let mut ledgers: BTreeMap<&str, (u32, Tally, BTreeSet<&str>)> = BTreeMap::new();
    for file in files {
        let (count, tally, contents) = ledgers.entry(file.format).or_default();
        *count += 1;
        tally.join(file.tally);
        contents.insert(file.content);
    }
    document.heading(lang.pick("读入", "Read"));
    let mut table = Table::new(
        "read",
        vec![
            Head::text("ledger", lang.pick("账册", "ledger")),
            Head::number("files", lang.pick("文件", "files")),
            Head::text("content", lang.pick("内容", "content")),
            Head::number("rows", lang.pick("行", "rows")),
            Head::number("accepted", lang.pick("采用", "accepted")),
            Head::number("duplicate", lang.pick("重复报送", "duplicate")),
            Head::number("subtotal", lang.pick("合计行", "subtotal")),
            Head::number("rejected", lang.pick("不能用", "rejected")),
            Head::number("yuan", lang.pick("采用金额（元）", "accepted yuan")),
        ],
    );
    for (ledger, (count, tally, contents)) in &ledgers {
        let repeated = repeats.get(ledger).copied().unwrap_or_default();
        table.push(vec![
            if ledger.is_empty() {
                lang.pick("（未识别）", "(not recognised)").to_owned()
            } else {
                (*ledger).to_owned()
            },
            count.to_string(),
            contents.iter().copied().collect::<Vec<_>>().join(" "),
            tally.read.rows.to_string(),
            (tally.accepted.rows - repeated.rows).to_string(),
            repeated.rows.to_string(),
            tally.subtotal.rows.to_string(),
            tally.rejected.rows.to_string(),
            (tally.accepted.yuan - repeated.yuan).to_string(),
        ]);
    }
    document.table(table);
    for file in files.iter().filter(|file| !file.notes.is_empty()) {
        let notes: Vec<String> = file.notes.iter().map(|note| note.message(lang)).collect();
        let (colon, comma) = (lang.pick("：", ": "), lang.pick("；", "; "));
        document.paragraph(format!("{}{colon}{}", file.path, notes.join(comma)));
    }
    if outcome.carried > 0 {
        document.paragraph(match lang {
            Lang::Zh => format!("另有以前各日未结的 {} 行转入。", outcome.carried),
            Lang::En => {
                format!("{} rows of open items were carried over from earlier days.", outcome.carried)
            }
        });
    }
}

fn tie_out(document: &mut Document, outcome: &Outcome, lang: Lang) {
    document.heading(lang.pick("核对", "Tie-out"));
    let (mut sum, mut differing) = (Figures::default(), 0);
    let today = outcome.cells.iter().filter(|(name, _)| name.date == outcome.facts.as_of);
    let mut cells = 0;
    for (_, figures) in today {
        sum.add(*figures);
        cells += 1;
        differing += usize::from(!figures.ties());
    }
    let earlier = outcome
        .cells
        .iter()
        .filter(|(name, figures)| name.date < outcome.facts.as_of && !figures.ties())
        .count();
    let net = [sum.issuer, sum.bank, sum.treasury];
    let mut shown =
        net.into_iter().zip(sum.gross()).zip(sum.refunded).map(|((net, gross), refunded)| match lang {
            _ if refunded == Money::ZERO => format!("{net}{}", lang.pick(" 元", "")),
            Lang::Zh => format!("{net} 元（总额 {gross}，退库 {refunded}）"),
            Lang::En => format!("{net} ({gross} gross, {refunded} refunded)"),
        });
    let [issuer, bank, treasury] = [(); 3].map(|()| shown.next().expect("three parties"));
    let days = outcome.facts.settings.open_items_medium_wd;
    document.paragraph(match lang {
        Lang::Zh => format!(
            "当日收入净额：开票方 {issuer}，银行 {bank}，国库 {treasury}；{cells} 个核对单元中 {} 个已平，{differing} 个尚有\
             在途或未答款项（超过 {days} 个工作日仍不平即列为违规）；以前各日未平 {earlier} 个。未达账项 {} 项。",
            cells - differing,
            outcome.open_items().len()
        ),
        Lang::En => format!(
            "Revenue of the day, net, in yuan: issuers {issuer}, banks {bank}, treasury {treasury}; of {cells} cells {} tie, \
             {differing} have money on its way or unanswered (a breach if it lasts more than {days} working days); of \
             earlier days {earlier} do not tie. Open items: {}.",
            cells - differing,
            outcome.open_items().len()
        ),
    });
}

fn findings(document: &mut Document, outcome: &Outcome, lang: Lang) {
    document.heading(lang.pick("发现", "Findings"));
    if outcome.told.is_empty() {
        document.paragraph(lang.pick("无。", "None."));
        return;
    }
    let mut rules: Vec<(&Told, [usize; 3])> = Vec::new();
    for told in &outcome.told {
        if rules.last().is_none_or(|(known, _)| known.rule != told.rule) {
            rules.push((told, [0; 3]));
        }
        let counts = &mut rules.last_mut().expect("just pushed").1;
        let place = match told.status {
            Status::Resolved => 2,
            Status::Open if told.first_seen == outcome.facts.as_of => 0,
            Status::Open => 1,
        };
        counts[place] += 1;
    }
    let mut table = Table::new(
        "rules",
        vec![
            Head::text("rule", lang.pick("规则", "rule")),
            Head::text("title", lang.pick("标题", "title")),
            Head::number("new", lang.pick("新增", "new")),
            Head::number("open", lang.pick("仍未结", "still open")),
            Head::number("resolved", lang.pick("已结", "resolved")),
        ],
    );
    for (told, [new, open, resolved]) in rules {
        let title = told.rule().title;
        table.push(vec![
            told.rule.to_owned(),
            lang.pick(title.zh, title.en).to_owned(),
            new.to_string(),
            open.to_string(),
            resolved.to_string(),
        ]);
    }
    document.table(table);
    must_act(document, outcome, lang);
}

/// Who answers for what is open, and the gravest of it.
fn must_act(document: &mut Document, outcome: &Outcome, lang: Lang) {
    let must_act: Vec<&Told> = outcome
        .told
        .iter()
        .filter(|told| told.status == Status::Open && told.severity > Severity::Info)
        .collect();
    document.heading(lang.pick("须处理", "Who must act"));
    if must_act.is_empty() {
        document.paragraph(lang.pick("无未结违规。", "No breach is open."));
        return;
    }
    let mut parties: BTreeMap<(&str, &str), (Vec<&Told>, Severity)> = BTreeMap::new();
    for told in &must_act {
        let party = lang.pick(told.party.zh(), told.party.id());
        let of = parties.entry((party, &told.institution)).or_insert((Vec::new(), Severity::Info));
        of.0.push(told);
        of.1 = of.1.max(told.severity);
    }
    let mut table = Table::new(
        "parties",
        vec![
            Head::text("party", lang.pick("责任方", "party")),
            Head::text("institution", lang.pick("单位代码", "institution")),
            Head::text("name", lang.pick("名称", "name")),
            Head::number("findings", lang.pick("未结", "open")),
            Head::text("worst", lang.pick("最重", "worst")),
        ],
    );
    let names = Names::of(&outcome.facts);
    for ((party, institution), (told, worst)) in &parties {
        table.push(vec![
            (*party).to_owned(),
            (*institution).to_owned(),
            names.get(institution).to_owned(),
            told.len().to_string(),
            lang.pick(worst.zh(), worst.id()).to_owned(),
        ]);
    }
    document.table(table);
    let mut worst = must_act;
    worst.sort_by_key(|told| std::cmp::Reverse(told.severity));
    for told in worst.iter().take(SHOWN) {
        let title = told.rule().title;
        document.paragraph(match lang {
            Lang::Zh => {
                format!("[{}] {} {}：{}", told.severity.zh(), title.zh, told.key, told.explanation.zh)
            }
            Lang::En => {
                format!("[{}] {} {}: {}", told.severity.id(), title.en, told.key, told.explanation.en)
            }
        });
    }
    if worst.len() > SHOWN {
        let rest = worst.len() - SHOWN;
        document.paragraph(match lang {
            Lang::Zh => format!("另有 {rest} 项未结，见 findings.csv。"),
            Lang::En => format!("{rest} more are open, see findings.csv."),
        });
    }
}

/// The notices of the day, and what earlier ones it answers.
fn notices(document: &mut Document, outcome: &Outcome, lang: Lang) {
    let day = outcome.facts.as_of;
    let new: Vec<&Notice> = outcome.notices.iter().filter(|notice| notice.day == day).collect();
    let mut answered: BTreeMap<&str, usize> = BTreeMap::new();
    let resolved = outcome.told.iter().filter(|told| told.status == Status::Resolved);
    for number in resolved.filter_map(|told| told.notice.as_deref()) {
        *answered.entry(number).or_default() += 1;
    }
    if new.is_empty() && answered.is_empty() && outcome.withdrawn.is_empty() {
        return;
    }
    document.heading(lang.pick("更正通知书", "Correction notices"));
    if let (Some(first), Some(last)) = (new.first(), new.last()) {
        let items: u32 = new.iter().map(|notice| notice.items).sum();
        let (count, first, last) = (new.len(), first.number(), last.number());
        document.paragraph(match (count, lang) {
            (1, Lang::Zh) => format!("当日须发 1 份：{first}，{items} 项，见 notices 文件夹。"),
            (1, Lang::En) => {
                format!("1 notice is to be sent, {first}, items: {items}; see the folder notices.")
            }
            (_, Lang::Zh) => {
                format!("当日须发 {count} 份：{first} 至 {last}，共 {items} 项，见 notices 文件夹。")
            }
            (_, Lang::En) => format!(
                "{count} notices are to be sent, {first} to {last}, items: {items}; see the folder notices."
            ),
        });
    }
    let (mut settled, mut partly) = (Vec::new(), Vec::new());
    for notice in outcome.notices.iter().filter(|notice| notice.day < day) {
        let number = notice.number();
        if notice.settled_on() == Some(day) {
            settled.push(number);
        } else if let Some(count) = answered.get(number.as_str()) {
            partly.push(match lang {
                Lang::Zh => format!("{number}（了结 {count} 项，尚余 {} 项）", notice.open()),
                Lang::En => format!("{number} ({count} settled, {} left)", notice.open()),
            });
        }
    }
    let mut moved: BTreeMap<String, usize> = BTreeMap::new();
    for item in &outcome.withdrawn {
        let what = match (&item.to, lang) {
            (Some(to), Lang::Zh) => format!("{} 改列 {to}", item.from),
            (Some(to), Lang::En) => format!("{} now on {to}", item.from),
            (None, Lang::Zh) => format!("{} 不再要求答复", item.from),
            (None, Lang::En) => format!("{} no longer asked", item.from),
        };
        *moved.entry(what).or_default() += 1;
    }
    let moved = moved.into_iter().map(|(what, count)| match lang {
        Lang::Zh => format!("{what}（{count} 项）"),
        Lang::En => format!("{what} ({count})"),
    });
    for (numbers, zh, en) in [
        (settled, "当日全部了结：", "Settled today: "),
        (partly, "当日部分了结：", "Answered in part today: "),
        (
            moved.collect(),
            "须告知原收件单位，原事项撤回：",
            "Items withdrawn, of which who was written to must be told: ",
        ),
    ] {
        if !numbers.is_empty() {
            let (what, comma) = (lang.pick(zh, en), lang.pick("、", ", "));
            document.paragraph(format!("{what}{}", numbers.join(comma)));
        }
    }
}

fn no_data(document: &mut Document, outcome: &Outcome, lang: Lang) {
    if outcome.handover.no_data.is_empty() {
        return;
    }
    document.heading(lang.pick("无数据，不作结论", "No data, nothing concluded"));
    let mut lacking: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for of in &outcome.handover.no_data {
        lacking.entry(of.lacks.join(", ")).or_default().push(of.rule);
    }
    for (lacks, rules) in lacking {
        let rules = rules.join(", ");
        document.paragraph(match lang {
            Lang::Zh => format!("缺 {lacks}：{rules}"),
            Lang::En => format!("{lacks} lacking: {rules}"),
        });
    }
}
