//! Why two numbers are one payment or are not, strategy by strategy.

use crate::domain::lang::Lang;
use crate::investigation::Material;
use crate::investigation::pair::Pair;
use crate::ledger::format;
use crate::matching::explain::{Ended, Step};

use super::document::{Document, Head, Table};

/// The verdict, the rows, and what each strategy looked at.
pub fn document(pair: &Pair, material: &Material, lang: Lang) -> Document {
    let [a, b] = &pair.names;
    let mut document = Document::default();
    document.heading(format!("{a} · {b}"));
    document.paragraph(verdict(pair, lang));
    let mut rows = Table::new(
        "rows",
        vec![
            Head::text("number", lang.pick("凭证号", "Number")),
            Head::text("ledger", lang.pick("账册", "Ledger")),
            Head::text("evidence", lang.pick("证据", "Evidence")),
            Head::text("case", lang.pick("案", "Case")),
        ],
    );
    for (name, ids) in pair.names.iter().zip(&pair.rows) {
        for &id in ids {
            let (row, found) = (material.book.entry(id), material.found(id));
            let title = &format::of(row.ledger()).title;
            let case = found.case.map_or_else(String::new, |case| format!("{}/{case}", found.run));
            rows.push(vec![name.clone(), lang.pick(&title.zh, &title.en).to_owned(), row.place(), case]);
        }
    }
    document.table(rows);
    let mut steps = Table::new(
        "strategies",
        vec![
            Head::text("strategy", lang.pick("策略", "Strategy")),
            Head::text("looked_at", lang.pick("比较项", "What it looked at")),
            Head::text("a", a),
            Head::text("b", b),
            Head::text("verdict", lang.pick("结论", "Verdict")),
        ],
    );
    pair.steps.iter().flat_map(|step| lines(step, lang)).for_each(|line| steps.push(line));
    document.table(steps);
    document
}

fn verdict(pair: &Pair, lang: Lang) -> String {
    if let Some((_, name)) = pair.rows.iter().zip(&pair.names).find(|(rows, _)| rows.is_empty()) {
        return match lang {
            Lang::Zh => format!("没有可配对的记录写明 {name}。"),
            Lang::En => format!("No row that can be joined states {name}."),
        };
    }
    let by = pair
        .steps
        .iter()
        .find(|step| matches!(step.ended, Ended::Joined))
        .map(|step| step.strategy.words(lang));
    let is_one = !pair.shared.is_empty();
    match (lang, is_one, by) {
        (Lang::Zh, true, Some(by)) => format!("两者是同一案：依据 {by}。"),
        (Lang::En, true, Some(by)) => format!("They are one case, by {by}."),
        (Lang::Zh, true, None) => {
            "两者在档案中是同一案，但仅凭所写号码和这些记录不能重现：另有记录把它们连在一起。".to_owned()
        }
        (Lang::En, true, None) => {
            "They are one case in the archive, though these rows alone do not show why: other rows tie them."
                .to_owned()
        }
        (Lang::Zh, false, Some(by)) => {
            format!(
                "两者不是同一案。仅就这些记录 {by} 可以配对：当时另有候选，或一方尚未到达，见 ambiguous-match。"
            )
        }
        (Lang::En, false, Some(by)) => format!(
            "They are not one case. By these rows alone {by} would join them: there were other candidates, told as \
             ambiguous-match, or a row had not yet come."
        ),
        (Lang::Zh, false, None) => "两者不是同一案：没有一种策略能证明。".to_owned(),
        (Lang::En, false, None) => "They are not one case: no strategy proves it.".to_owned(),
    }
}

fn lines(step: &Step, lang: Lang) -> Vec<Vec<String>> {
    let strategy = step.strategy;
    let said = |of: [&'static str; 2]| lang.pick(of[0], of[1]).to_owned();
    let parts: Vec<String> = strategy.parts.iter().map(|part| said(*part)).collect();
    let key = |side: usize| {
        let none = lang.pick("（不看）", "(not looked at)").to_owned();
        let keys = step.keys[side]
            .iter()
            .map(|key| key.clone().map_or_else(|| none.clone(), |key| key.replace('\n', " ")));
        keys.collect::<Vec<_>>().join(" / ")
    };
    let verdict = match &step.ended {
        Ended::Before => lang.pick("更强的依据已配对", "a stronger proof had joined them").to_owned(),
        Ended::Joined => lang.pick("配对", "joined").to_owned(),
        Ended::NotLooked => format!("{}{}", lang.pick("只看：", "looks only at: "), said(strategy.looks_at)),
        Ended::KeysDiffer(places) => {
            let names = places.iter().filter_map(|place| parts.get(*place)).cloned().collect::<Vec<_>>();
            format!("{}{}", lang.pick("不同：", "differs in: "), names.join(lang.pick("、", ", ")))
        }
        Ended::Refused(_) => lang.pick("键相同，条件不符", "same key, conditions fail").to_owned(),
    };
    let looked = parts.join(lang.pick("｜", " | "));
    let mut lines = vec![vec![strategy.words(lang), looked, key(0), key(1), verdict]];
    if let Ended::Refused(checked) = &step.ended {
        lines.extend(checked.iter().map(|of| {
            let holds = if of.holds { lang.pick("符合", "holds") } else { lang.pick("不符", "fails") };
            let [a, b] = of.looked.clone();
            vec![strategy.words(lang), said(of.condition.says), a, b, holds.to_owned()]
        }));
    }
    lines
}
