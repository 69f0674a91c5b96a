//! A dossier as a document: what is known of one thing, for a terminal, for programs, and as a page with its lists beside.

use std::io::Result;

use crate::domain::entry::{Entry, EntryId};
use crate::domain::facts::Facts;
use crate::domain::field::Field;
use crate::domain::lang::Lang;
use crate::domain::ledger::{Ledger, Party};
use crate::domain::money::Money;
use crate::investigation::flows::{Counterparty, DayFlow, Dwell, End, time};
use crate::investigation::life::Life;
use crate::investigation::likeness::{Feature, Likeness, NotCompared};
use crate::investigation::picture::{Box, Picture};
use crate::investigation::related::{Related, Why};
use crate::investigation::{Case, Dossier, Material, Subject};
use crate::ledger::format;
use crate::ledger::intake::Fate;
use crate::matching::STRATEGIES;
use crate::matching::group::{number, own_date};
use crate::pipeline::alter::{Alterations, ROWS, Then};
use crate::rules::finding::Severity;
use crate::rules::{Rule, by_id};

use super::Files;
use super::daily::{BYTE_ORDER_MARK, csv, optional};
use super::document::{Block, Document, Drawing, Head, Node, Table};
use super::names::Names;
use super::page::grouped;
use super::page::paper::{Paper, page};
use super::spoken::awaits;

/// A dossier, and what names and registers say.
#[derive(Clone, Copy, Debug)]
pub struct Investigation<'a> {
    pub dossier: &'a Dossier,
    pub material: &'a Material,
    /// Of a finding: what would make another of it.
    pub altered: Option<&'a Alterations>,
    pub facts: &'a Facts,
    /// What it rests on, for the foot of the page.
    pub rests_on: &'a str,
    pub lang: Lang,
}

/// Columns that a page leaves out where no row says anything.
const FITTED: [&str; 13] = [
    "approvals",
    "closed_on",
    "filed_on",
    "corrected",
    "resolved",
    "tax",
    "finance",
    "bank",
    "treasury",
    "time",
    "balance",
    "says",
    "name",
];

/// Rows of a table that a terminal shows.
const SHOWN: usize = 25;

/// The page and its lists.
pub fn folder(of: &Investigation<'_>, files: &mut Files<'_>) -> Result<()> {
    let mut document = document(of);
    for block in &mut document.blocks {
        if let Block::Table(table) = block {
            let name = format!("{}.csv", table.id);
            (files)(&name, &[BYTE_ORDER_MARK.as_bytes(), &csv(table.clone())].concat())?;
            let page = std::mem::replace(table, Table::new(table.id, Vec::new()));
            *table = of.fitted(page).whole_in(&name);
        }
    }
    // The page bears the title already.
    document.blocks.remove(0);
    let title = of.title();
    let paper = Paper { title: &title, back: None, rests_on: of.rests_on, lang: of.lang };
    (files)("index.html", &page(paper, &document)?)
}

/// The first rows of every table, and how many there are.
pub fn brief(document: Document, lang: Lang) -> Document {
    let mut brief = Document::default();
    for block in document.blocks {
        match block {
            Block::Table(mut table) => {
                let all = table.rows.len();
                table.rows.truncate(SHOWN);
                brief.table(table);
                if all > SHOWN {
                    brief.paragraph(match lang {
                        Lang::Zh => format!("共 {all} 行，此处列出前 {SHOWN} 行。"),
                        Lang::En => format!("{all} rows, of which the first {SHOWN} stand here."),
                    });
                }
            }
            other => brief.blocks.push(other),
        }
    }
    brief
}

/// Everything, table by table.
pub fn document(of: &Investigation<'_>) -> Document {
    let mut document = Document::default();
    let dossier = of.dossier;
    document.heading(of.title());
    document.paragraph(of.summary());
    of.identity(&mut document);
    if !dossier.lives.is_empty() {
        document.heading(of.pick("发现", "Findings"));
        document.table(of.lives());
    }
    if !dossier.picture.is_empty() {
        document.heading(of.pick("资金流向", "Where money went"));
        document.blocks.push(Block::Drawing(of.drawing()));
    }
    if !dossier.counterparties.is_empty() {
        document.heading(of.pick("对手方（按金额）", "Counterparties, by amount"));
        document.table(of.counterparties());
    }
    if !dossier.days.is_empty() {
        document.heading(of.pick("逐日收付", "In and out, day by day"));
        if let Some(dwell) = &dossier.dwell {
            document.paragraph(of.dwell(dwell));
        }
        document.table(of.days());
    }
    if !dossier.balances.is_empty() {
        document.heading(of.pick("日终余额", "Balances at the end of the day"));
        document.table(of.balances());
    }
    if let Some(likeness) = &dossier.likeness {
        document.heading(of.pick("与过渡户的相似之处", "How much it is like a transit account"));
        match likeness {
            Ok(likeness) => {
                document.paragraph(of.score(likeness));
                document.table(of.likeness(likeness));
            }
            Err(why) => document.paragraph(of.not_compared(*why)),
        }
    }
    if !dossier.related.is_empty() {
        document.heading(of.pick("关联账户", "Accounts that may belong to it"));
        document.table(of.related());
    }
    if let Some(altered) = of.altered {
        document.heading(of.pick("余量：改动多少，结论不同", "What would make another of it"));
        of.alterations(altered, &mut document);
    }
    document.heading(of.pick("配对与依据", "Payments and their proofs"));
    document.table(of.cases());
    document.heading(of.pick("时间线：各方每一笔", "Time line: every row of every party"));
    document.table(of.lines());
    document
}

impl<'a> Investigation<'a> {
    fn pick(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(zh, en)
    }

    fn title(&self) -> String {
        let subject = &self.dossier.subject;
        format!("{} {}", subject.title(self.lang), subject.value())
    }

    /// A table as a page has room for it: the file beside it has every column.
    fn fitted(&self, table: Table) -> Table {
        let same_key = self.dossier.lives.iter().all(|life| life.last.key == self.dossier.subject.value());
        let said_already: &[&str] = match table.id {
            "findings" if same_key => &["rule", "key"],
            "findings" => &["rule"],
            _ => &[],
        };
        table.without(said_already).without_blank(&FITTED)
    }

    fn summary(&self) -> String {
        let dossier = self.dossier;
        let days = || dossier.lines.iter().filter_map(|id| own_date(self.material.book.entry(*id)));
        let (Some(first), Some(last)) = (days().min(), days().max()) else {
            return self.pick("所查期间没有记录。", "No row in that time.").to_owned();
        };
        let (rows, cases, findings) = (dossier.lines.len(), dossier.cases.len(), dossier.lives.len());
        match self.lang {
            Lang::Zh => format!("{first} 至 {last}：{rows} 笔记录，{cases} 案，{findings} 项发现。"),
            Lang::En => format!("{first} to {last}: {rows} rows, {cases} payments, {findings} findings."),
        }
    }

    /// What the registers say.
    fn identity(&self, document: &mut Document) {
        let mut heads = vec![Head::text("register", self.pick("登记簿", "Register"))];
        for (id, zh, en) in [
            ("account", "账号", "Account"),
            ("holder", "户名", "Holder"),
            ("class", "持有人类别", "Class of holder"),
            ("bank", "开户行", "Bank"),
            ("nature", "账户性质", "Nature"),
            ("approvals", "核准号、财政批准文号", "Permit and approval"),
            ("status", "状态", "Status"),
        ] {
            heads.push(Head::text(id, self.pick(zh, en)));
        }
        for (id, zh, en) in [
            ("opened_on", "开户日", "Opened"),
            ("closed_on", "销户日", "Closed"),
            ("filed_on", "备案日", "Filed"),
        ] {
            heads.push(Head::day(id, self.pick(zh, en)));
        }
        let names = Names::of(self.facts);
        let mut table = Table::new("identity", heads);
        for account in &self.dossier.own {
            for (name, register) in [
                (self.pick("账户登记簿", "accounts"), &self.facts.accounts),
                (self.pick("国库备案", "the treasury's copy"), &self.facts.filed_accounts),
            ] {
                let Some(register) = register else { continue };
                let Some(known) = register.get(account) else {
                    let mut row = vec![
                        name.to_owned(),
                        account.clone(),
                        self.pick("未登记", "not registered").to_owned(),
                    ];
                    row.resize(table.columns.len(), String::new());
                    table.push(row);
                    continue;
                };
                let approvals = [known.permit_no.as_str(), &known.finance_approval];
                table.push(vec![
                    name.to_owned(),
                    account.clone(),
                    known.holder_name.clone(),
                    self.lang.pick(known.holder_class_zh(), &known.holder_class_en()).to_owned(),
                    format!("{} {}", known.bank, names.get(&known.bank)).trim().to_owned(),
                    self.lang.pick(known.nature_zh(), &known.nature_en()).to_owned(),
                    approvals.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · "),
                    self.pick(known.status_zh(), &known.status).to_owned(),
                    optional(known.opened_on),
                    optional(known.closed_on),
                    optional(known.filed_treasury_on.or(known.filed_finance_on)),
                ]);
            }
        }
        if !table.rows.is_empty() {
            document.heading(self.pick("登记情况", "What the registers say"));
            document.table(table);
        }
        if let Subject::Unit(code) | Subject::Taxpayer(code) = &self.dossier.subject {
            let name = match names.get(code) {
                "" => self.stated_name(code),
                name => name.to_owned(),
            };
            if !name.is_empty() {
                document.paragraph(format!("{} {name}", self.pick("名称：", "Name:")));
            }
        }
    }

    /// What the rows call it.
    fn stated_name(&self, code: &str) -> String {
        let pairs = [
            (Field::TaxpayerId, Field::TaxpayerName),
            (Field::PayerId, Field::PayerName),
            (Field::Unit, Field::UnitName),
        ];
        let rows = || self.material.book.entries();
        let named = pairs.into_iter().flat_map(|(id, name)| {
            rows().filter(move |row| row.text(id) == code).map(move |row| row.text(name))
        });
        named.filter(|name| !name.is_empty()).min().unwrap_or("").to_owned()
    }

    fn evidence(&self, id: EntryId) -> String {
        let row = self.material.book.entry(id);
        row.place()
    }

    fn lives(&self) -> Table {
        let mut table = Table::new(
            "findings",
            vec![
                Head::text("finding_id", self.pick("编号", "Id")),
                Head::text("rule", self.pick("规则", "Rule")),
                Head::text("title", self.pick("规则名称", "Title")),
                Head::text("severity", self.pick("严重程度", "Severity")),
                Head::text("key", self.pick("对象", "Key")),
                Head::money("amount", self.pick("金额", "Amount")),
                Head::day("first_seen", self.pick("首次发现", "First seen")),
                Head::day("last_told", self.pick("最近报告", "Last told")),
                Head::number("tellings", self.pick("报告次数", "Times told")),
                Head::list("corrected", self.pick("更正", "Corrected")),
                Head::day("resolved", self.pick("办结", "Resolved")),
                Head::text("explanation", self.pick("说明", "Explanation")),
                Head::list("evidence", self.pick("证据", "Evidence")),
            ],
        );
        for life in &self.dossier.lives {
            table.push(self.life(life));
        }
        table
    }

    fn life(&self, life: &Life) -> Vec<String> {
        let told = &life.last;
        let corrected = life.corrected.iter().map(|(on, id)| format!("{on} {}", self.evidence(*id)));
        let severities = life.severities.iter().map(|id| match self.lang {
            Lang::En => (*id).to_owned(),
            Lang::Zh => {
                crate::rules::finding::Severity::from_id(id).map_or_else(String::new, |of| of.zh().to_owned())
            }
        });
        vec![
            told.id(),
            told.rule.to_owned(),
            by_id(told.rule)
                .map_or_else(String::new, |rule| self.lang.pick(rule.title.zh, rule.title.en).to_owned()),
            severities.collect::<Vec<_>>().join(" → "),
            told.key.clone(),
            optional(told.amount),
            told.first_seen.to_string(),
            life.last_run.to_string(),
            life.tellings.to_string(),
            corrected.collect::<Vec<_>>().join(";"),
            optional(told.settled_on.filter(|_| life.resolved.is_some()).or(life.resolved)),
            told.explanation.in_lang(self.lang).to_owned(),
            told.evidence.join(";"),
        ]
    }

    fn alterations(&self, of: &Alterations, document: &mut Document) {
        let cells = match of {
            Alterations::RestsOnMore => {
                return document.paragraph(self.pick(
                    "本发现不只依据一笔款项自己的记录（还依据累计数、余额、批次或其他款项），单改一格不能重现，不作推算。",
                    "It rests on more than the rows of one payment (totals, balances, batches, other payments), which alone do not come \
                     to it: nothing is said of it.",
                ));
            }
            Alterations::TooMany(rows) => {
                return document.paragraph(match self.lang {
                    Lang::Zh => format!("本发现涉及 {rows} 笔记录，多于 {ROWS} 笔，不逐格推算。"),
                    Lang::En => {
                        format!("It is about {rows} rows; beyond {ROWS} they are not altered one by one.")
                    }
                });
            }
            Alterations::Found(cells) => cells,
        };
        document.paragraph(self.pick(
            "只看这笔款项各方自己的记录，按首次列报当日的登记表和参数，每次只改一格重新判断，列向前、向后各自最小的改动；不改到当日\
             之后的日期，也不改为零。按 1、2、4……步（日期至一年、时刻至一个月、金额至一倍）和同类各格之值试改，其间变过又变回的\
             不能发现，故未列的格不等于改动无效。改动后看总数、余额、批次和其他款项的规则是否另有发现，不在此列。",
            "By the rows of this payment alone, with tables and settings of the day it was told first, one cell at a time: the smallest \
             alteration either way, never to a day that had not come or to nothing. Tried are 1, 2, 4 … steps (dates up to a year, times \
             up to a month, amounts up to their double) and what cells of the same kind hold; a verdict that changes and changes back \
             between two of them is not noticed, so a cell that is not listed may matter too. What rules about sums, balances, batches and \
             other payments would then find is not said.",
        ));
        if cells.is_empty() {
            return document.paragraph(
                self.pick("所试改动均不改变结论。", "None of what was tried makes another finding of it."),
            );
        }
        let mut table = Table::new(
            "alterations",
            vec![
                Head::text("ledger", self.pick("账册", "Ledger")),
                Head::text("column", self.pick("列", "Column")),
                Head::text("is", self.pick("现为", "Is")),
                Head::text("at", self.pick("若为", "If it were")),
                Head::text("then", self.pick("则本发现", "Then this finding")),
                Head::list("evidence", self.pick("证据", "Evidence")),
            ],
        );
        for of in cells {
            let format = format::of(of.ledger);
            let column = format.columns.iter().find(|column| column.field == of.field);
            let zh = column.and_then(|column| column.zh.first()).map_or(of.field.id(), String::as_str);
            table.push(vec![
                self.pick(format.title.zh.as_str(), format.title.en.as_str()).to_owned(),
                self.pick(zh, of.field.id()).to_owned(),
                of.is.clone(),
                of.at.clone(),
                self.then(&of.then),
                of.row.clone(),
            ]);
        }
        document.table(table);
    }

    fn then(&self, then: &Then) -> String {
        let severity = |of: &Severity| self.pick(of.zh(), of.id());
        match then {
            Then::As(of) => match self.lang {
                Lang::Zh => format!("仍成立，程度为{}", severity(of)),
                Lang::En => format!("stands, as {}", severity(of)),
            },
            Then::From(day) => match self.lang {
                Lang::Zh => format!("当日不成立；所缺仍未到的，{day} 起成立"),
                Lang::En => format!("not that day; from {day} on, if what is missing does not come"),
            },
            Then::Not(instead) if instead.is_empty() => self.pick("不成立", "does not stand").to_owned(),
            Then::Not(instead) => {
                let named = |(rule, of): &(&'static Rule, Severity)| {
                    format!("{} ({})", self.pick(rule.title.zh, rule.title.en), severity(of))
                };
                let named: Vec<String> = instead.iter().map(named).collect();
                let named = named.join(self.pick("、", ", "));
                match self.lang {
                    Lang::Zh => format!("不成立，改列：{named}"),
                    Lang::En => format!("does not stand; instead: {named}"),
                }
            }
        }
    }

    fn end(&self, end: &End) -> String {
        let names = Names::of(self.facts);
        let name = if end.name.is_empty() { names.get(&end.code) } else { &end.name };
        let known = self.facts.accounts.as_ref().and_then(|register| register.get(&end.code));
        let name = if name.is_empty() { known.map_or("", |of| &of.holder_name) } else { name };
        name.to_owned()
    }

    fn counterparties(&self) -> Table {
        let mut table = Table::new(
            "counterparties",
            vec![
                Head::text("account", self.pick("账号或国库", "Account or treasury")),
                Head::text("name", self.pick("户名", "Name")),
                Head::money("in", self.pick("转入", "In")),
                Head::number("count_in", self.pick("笔数", "Rows")),
                Head::money("out", self.pick("转出", "Out")),
                Head::number("count_out", self.pick("笔数", "Rows")),
                Head::day("first", self.pick("最早", "First")),
                Head::day("last", self.pick("最晚", "Last")),
            ],
        )
        .summed();
        let row = |of: &Counterparty| {
            vec![
                of.end.code.clone(),
                self.end(&of.end),
                of.money_in.to_string(),
                of.count_in.to_string(),
                of.money_out.to_string(),
                of.count_out.to_string(),
                of.first.to_string(),
                of.last.to_string(),
            ]
        };
        self.dossier.counterparties.iter().for_each(|of| table.push(row(of)));
        table
    }

    fn days(&self) -> Table {
        let mut table = Table::new(
            "days",
            vec![
                Head::day("on", self.pick("日期", "Day")),
                Head::money("in", self.pick("转入", "In")),
                Head::number("count_in", self.pick("笔数", "Rows")),
                Head::money("out", self.pick("转出", "Out")),
                Head::number("count_out", self.pick("笔数", "Rows")),
            ],
        )
        .summed();
        let row = |of: &DayFlow| {
            let (money_in, money_out) = (of.money_in.to_string(), of.money_out.to_string());
            vec![of.on.to_string(), money_in, of.count_in.to_string(), money_out, of.count_out.to_string()]
        };
        self.dossier.days.iter().for_each(|of| table.push(row(of)));
        table
    }

    fn balances(&self) -> Table {
        let mut table = Table::new(
            "balances",
            vec![
                Head::text("account", self.pick("账号", "Account")),
                Head::day("on", self.pick("日期", "Day")),
                Head::money("closing", self.pick("日终余额", "Closing balance")),
            ],
        );
        for of in &self.dossier.balances {
            table.push(vec![of.account.clone(), of.on.to_string(), of.closing.to_string()]);
        }
        table
    }

    /// How long money stayed.
    fn dwell(&self, dwell: &Dwell) -> String {
        let days = format!("{}.{}", dwell.tenths / 10, dwell.tenths % 10);
        let [passed, same_day, kept, made_up] =
            [dwell.passed, dwell.same_day, dwell.kept, dwell.made_up].map(grouped);
        match self.lang {
            Lang::Zh => format!(
                "先进先出计：转入后又转出 {passed} 元，平均停留 {days} 天，其中当日转出 {same_day} 元；尚余 {kept} 元；先付后补（转入前已\
                 透支付出）{made_up} 元，不算转出。"
            ),
            Lang::En => format!(
                "First in, first out: {passed} yuan that came in and went out had stayed {days} days on average, {same_day} of it \
                 left on the day it came; {kept} stayed; {made_up} made up for what had been paid out overdrawn and did not pass \
                 through."
            ),
        }
    }

    fn score(&self, likeness: &Likeness) -> String {
        let score = likeness.score();
        match self.lang {
            Lang::Zh => format!(
                "{score} 分（满分 100）：下列各项有数据者的平均，权重相同。登记簿所载账户性质不影响得分；户名、收款方是否国库或待报解\
                 专户取自登记簿和账册。是排查的次序，不是结论。"
            ),
            Lang::En => format!(
                "{score} of 100: the mean of what is known below, each with the same weight. What the register says of the account's \
                 nature does not count; names, and whether money went to the treasury or a mandated account, are taken from \
                 registers and ledgers. It says what to look at first, and proves nothing."
            ),
        }
    }

    fn not_compared(&self, why: NotCompared) -> &'a str {
        match why {
            NotCompared::Public => self.pick(
                "不作比较：登记簿上为国库、待报解、财政、征收机关或银行的账户，依法收付公款。",
                "Not compared: by the register it is of the treasury, finance, a tax office or a bank, or mandated, and takes \
                 public money by law.",
            ),
            NotCompared::NothingIn => {
                self.pick("不作比较：所查期间没有转入。", "Not compared: nothing came in in that time.")
            }
            NotCompared::NothingOut => {
                self.pick("不作比较：所查期间没有转出。", "Not compared: nothing went out in that time.")
            }
        }
    }

    fn likeness(&self, likeness: &Likeness) -> Table {
        let mut table = Table::new(
            "likeness",
            vec![
                Head::text("feature", self.pick("特征", "Feature")),
                Head::number("part", self.pick("所见", "What it shows")),
                Head::number("whole", self.pick("总数", "Of")),
                Head::text("unit", self.pick("单位", "Unit")),
                Head::number("points", self.pick("分", "Points")),
            ],
        );
        for shown in &likeness.shown {
            let (name, unit) = match shown.feature {
                Feature::PassedOn => {
                    (self.pick("转入后又转出", "What came in went out afterwards"), self.pick("元", "yuan"))
                }
                Feature::SameDay => {
                    (self.pick("其中当日转出", "Of it, on the same day"), self.pick("元", "yuan"))
                }
                Feature::Emptied => (
                    self.pick(
                        "有转入之日，日终近零（不超过最大日转入的 1/50）",
                        "Days with money in that ended empty (1/50 of the largest day's income)",
                    ),
                    self.pick("天", "days"),
                ),
                Feature::Payers => (
                    self.pick("付款人（十个为满分）", "Others who paid in (ten are full)"),
                    self.pick("个", "number"),
                ),
                Feature::ToTreasury => (
                    self.pick("转出款去往国库或待报解专户", "Went on to treasury or mandated accounts"),
                    self.pick("元", "yuan"),
                ),
                Feature::Named => (
                    self.pick("户名像过渡户或征收机关", "Named like a transit account or a collecting body"),
                    self.pick("1 是，0 否", "1 yes, 0 no"),
                ),
            };
            let figure = |of: i64| match (shown.points, shown.feature.is_of_money()) {
                (None, _) => String::new(),
                (Some(_), true) => Money::from_fen(of).to_string(),
                (Some(_), false) => of.to_string(),
            };
            let unit = if shown.points.is_none() { self.pick("无数据", "no data") } else { unit };
            let points = optional(shown.points);
            table.push(vec![
                name.to_owned(),
                figure(shown.part),
                figure(shown.whole),
                unit.to_owned(),
                points,
            ]);
        }
        table
    }

    fn related(&self) -> Table {
        let mut table = Table::new(
            "related",
            vec![
                Head::text("account", self.pick("账号", "Account")),
                Head::text("name", self.pick("户名", "Name")),
                Head::text("why", self.pick("关联理由", "Why")),
            ],
        );
        let row = |of: &Related| {
            let mut why: Vec<String> = of.why.iter().map(|why| self.why(why)).collect();
            let more = why.len().saturating_sub(WHYS);
            why.truncate(WHYS);
            if more > 0 {
                why.push(match self.lang {
                    Lang::Zh => format!("另 {more} 项"),
                    Lang::En => format!("and {more} more"),
                });
            }
            vec![of.account.clone(), of.name.clone(), why.join(self.pick("；", "; "))]
        };
        self.dossier.related.iter().for_each(|of| table.push(row(of)));
        table
    }

    fn why(&self, why: &Why) -> String {
        match (why, self.lang) {
            (Why::SameHolder, _) => self.pick("同一持有人", "same holder").to_owned(),
            (Why::SimilarName, _) => self.pick("户名相近", "similar name").to_owned(),
            (Why::SharedCounterparties(with), Lang::Zh) => format!("共同对手方：{}", with.join("、")),
            (Why::SharedCounterparties(with), Lang::En) => {
                format!("deals with the same: {}", with.join(", "))
            }
            (Why::Relay { other, on, amount }, Lang::Zh) => {
                format!("{on} 同日同额 {} 元过账（{other}）", grouped(*amount))
            }
            (Why::Relay { other, on, amount }, Lang::En) => {
                format!("{on}: {} yuan passed between it and {other}", grouped(*amount))
            }
        }
    }

    fn cases(&self) -> Table {
        let mut table = Table::new(
            "cases",
            vec![
                Head::text("key", self.pick("凭证号", "Number")),
                Head::text("flow", self.pick("资金流", "Flow")),
                Head::text("proof", self.pick("配对依据", "Proof")),
                Head::text("state", self.pick("状态", "State")),
                Head::money("tax", self.pick("税务", "Tax")),
                Head::money("finance", self.pick("财政", "Finance")),
                Head::money("bank", self.pick("银行", "Bank")),
                Head::money("treasury", self.pick("国库", "Treasury")),
                Head::list("evidence", self.pick("证据", "Evidence")),
            ],
        );
        self.dossier.cases.iter().for_each(|case| table.push(self.case(case)));
        table
    }

    fn case(&self, case: &Case) -> Vec<String> {
        let rows: Vec<Entry<'_>> = case.rows.iter().map(|id| self.material.book.entry(*id)).collect();
        let sum = |party: Party| {
            let of: Vec<Money> = rows
                .iter()
                .filter(|row| row.ledger().party() == party)
                .filter_map(|row| row.money(Field::Amount))
                .collect();
            if of.is_empty() { String::new() } else { of.into_iter().sum::<Money>().to_string() }
        };
        let (run, is_open, _) = case.name;
        let awaits = awaits(&case.awaits, self.lang);
        let state = match (self.lang, is_open, case.awaits.is_empty()) {
            (Lang::Zh, false, _) => format!("{run} 已结"),
            (Lang::En, false, _) => format!("settled {run}"),
            (Lang::Zh, true, false) => format!("未结，待{awaits}"),
            (Lang::En, true, false) => format!("open, awaits {awaits}"),
            // What is kept for a finding, another payment or a batch is no open item.
            (Lang::Zh, true, true) => "非未达账项，留存供核对".to_owned(),
            (Lang::En, true, true) => "no open item, kept to compare with".to_owned(),
        };
        let key = rows.iter().map(|row| number(*row)).find(|text| !text.is_empty()).unwrap_or("");
        let flow = rows[0].ledger().flow();
        vec![
            key.to_owned(),
            self.pick(flow.zh(), flow.id()).to_owned(),
            self.proof(case),
            state,
            sum(Party::Tax),
            sum(Party::Finance),
            sum(Party::Bank),
            sum(Party::Treasury),
            case.rows.iter().map(|id| self.evidence(*id)).collect::<Vec<_>>().join(";"),
        ]
    }

    /// Why the rows of a case are one, the strongest reason first.
    fn proof(&self, case: &Case) -> String {
        let words = case.proof.split('+').map(|id| {
            let strategy = STRATEGIES.iter().find(|strategy| strategy.id == id);
            match (strategy, id) {
                (Some(strategy), _) => strategy.words(self.lang),
                (None, "by-batch") => self.pick("划转批次相同", "same batch").to_owned(),
                (None, other) => other.to_owned(),
            }
        });
        words.collect::<Vec<_>>().join(self.pick("；", "; "))
    }

    fn lines(&self) -> Table {
        let mut table = Table::new(
            "timeline",
            vec![
                Head::day("on", self.pick("日期", "Day")),
                Head::text("time", self.pick("时间", "Time")),
                Head::text("ledger", self.pick("账册", "Ledger")),
                Head::text("number", self.pick("凭证号", "Number")),
                Head::text("from", self.pick("付款方", "From")),
                Head::text("to", self.pick("收款方", "To")),
                Head::money("amount", self.pick("金额", "Amount")),
                Head::money("balance", self.pick("余额", "Balance")),
                Head::text("says", self.pick("摘要", "Says")),
                Head::text("fate", self.pick("去向", "Stands")),
                Head::text("evidence", self.pick("证据", "Evidence")),
            ],
        );
        self.dossier.lines.iter().for_each(|id| table.push(self.line(*id)));
        table
    }

    fn line(&self, id: EntryId) -> Vec<String> {
        let row = self.material.book.entry(id);
        let found = self.material.found(id);
        let ledger = row.ledger();
        let title = &format::of(ledger).title;
        let first = |fields: &[Field]| {
            fields.iter().map(|field| row.text(*field)).find(|text| !text.is_empty()).unwrap_or("").to_owned()
        };
        let (from, to) = ends(row, &first);
        let stands = match found.fate {
            Fate::Stands => String::new(),
            other => other.words(self.lang).to_owned(),
        };
        let amount = [Field::Amount, Field::NewAmount, Field::DayAmount, Field::Principal, Field::Closing];
        let balance = [Field::Balance].into_iter().find_map(|field| row.money(field));
        vec![
            optional(own_date(row)),
            optional(time(row).map(|time| time.format("%H:%M:%S"))),
            self.pick(&title.zh, &title.en).to_owned(),
            first(&[Field::SlipNo, Field::VoucherNo, Field::Batch, Field::Serial, Field::CertificateNo]),
            from,
            to,
            optional(amount.into_iter().find_map(|field| row.money(field))),
            optional(balance),
            first(&[Field::Summary, Field::Purpose, Field::Reason, Field::Status]),
            stands,
            self.evidence(id),
        ]
    }

    fn drawing(&self) -> Drawing {
        let picture: &Picture = &self.dossier.picture;
        let node = |of: &Box| {
            let (name, note) = match &of.end {
                Some(end) => (self.end(end), end.code.clone()),
                None => (
                    match self.lang {
                        Lang::Zh => format!("其余 {} 方", of.ends),
                        Lang::En => format!("{} others", of.ends),
                    },
                    String::new(),
                ),
            };
            let count = match self.lang {
                Lang::Zh => format!("{} 笔", of.count),
                Lang::En => format!("{}×", of.count),
            };
            let name = if name.is_empty() { note.clone() } else { name };
            Node {
                name,
                note: format!("{note} {count}").trim().to_owned(),
                shown: grouped(of.amount),
                weight: weight(of.amount),
            }
        };
        let middle = picture.middle.map(|amount| Node {
            name: self.dossier.subject.value().to_owned(),
            note: self.dossier.subject.title(self.lang).to_owned(),
            shown: grouped(amount),
            weight: weight(amount),
        });
        Drawing {
            left: picture.left.iter().map(node).collect(),
            middle,
            right: picture.right.iter().map(node).collect(),
            lines: picture.lines.iter().map(|&(from, to, amount)| (from, to, weight(amount))).collect(),
        }
    }
}

/// Reasons of an account that are told in full.
const WHYS: usize = 6;

fn weight(amount: Money) -> u64 {
    amount.fen().unsigned_abs()
}

/// Who pays and who is paid, as the row itself says.
fn ends(row: Entry<'_>, first: &dyn Fn(&[Field]) -> String) -> (String, String) {
    let joined =
        |parts: [String; 2]| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let by = || {
        joined([
            first(&[Field::PayerAccount, Field::FromAccount]),
            first(&[Field::PayerName, Field::TaxpayerName, Field::UnitName]),
        ])
    };
    let to = || joined([first(&[Field::PayeeAccount]), first(&[Field::PayeeName])]);
    match row.ledger() {
        Ledger::BankStatements => {
            let own = first(&[Field::Account]);
            let other = joined([first(&[Field::CounterpartyAccount]), first(&[Field::CounterpartyName])]);
            if row.text(Field::Direction) == "credit" { (other, own) } else { (own, other) }
        }
        Ledger::TaxRefunds | Ledger::FinanceRefunds | Ledger::TreasuryRefunds | Ledger::BankRefunds => {
            (first(&[Field::Treasury]), to())
        }
        Ledger::TaxCorrections | Ledger::FinanceCorrections | Ledger::TreasuryCorrections => {
            let of = |fields: [Field; 3]| fields.map(|field| row.text(field)).join("/");
            (
                of([Field::OldTreasury, Field::OldSubject, Field::OldLevel]),
                of([Field::NewTreasury, Field::NewSubject, Field::NewLevel]),
            )
        }
        _ => {
            let to = to();
            (by(), if to.is_empty() { first(&[Field::Treasury]) } else { to })
        }
    }
}
