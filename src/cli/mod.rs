//! The edge: arguments, files, clock, terminal. Nothing below this module reads or writes the world.
#![expect(clippy::print_stderr, reason = "the one place that talks to the user")]

mod audit;
mod backtest;
mod check;
mod completions;
pub mod config;
mod demo;
pub mod files;
mod init;
mod investigate;
mod learn;
mod problems;
mod query;
mod replay;
mod rules;
mod run;
mod schemas;
pub mod sources;
mod verify;

use std::error::Error as _;
use std::ffi::OsString;
use std::fmt;
use std::io::{ErrorKind, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::domain::lang::Lang;
use crate::investigation::{Subject, Window};
use crate::period::Span;
use crate::report::document::Document;
use crate::report::render::{Form, render};
use crate::rules::finding::Severity;

/// Reconciles the ledgers of finance, tax, treasury and banks 国库联动监管
#[derive(Debug, Parser)]
#[command(version, about, after_help = "Example: treasury-recon run --book county --date 2026-03-02")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// Form of the result
    #[arg(long, global = true, value_enum, default_value_t)]
    format: Format,
    /// Language of the result
    #[arg(long, global = true, value_enum, default_value_t)]
    lang: Language,
    /// Say nothing on stderr but errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Threads to use [default: all]
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
    /// Findings from this severity on make the exit code 1
    #[arg(long, global = true, value_enum, default_value_t, value_name = "SEVERITY")]
    fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum FailOn {
    Never,
    Info,
    Lead,
    Low,
    Medium,
    #[default]
    High,
    Critical,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
    Csv,
    Markdown,
    /// Only of what `query` answers
    Parquet,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Language {
    #[default]
    Zh,
    En,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the example book and run it through to the reports
    Demo {
        /// A new or empty folder
        #[arg(default_value = "demo-book")]
        dir: PathBuf,
        /// Instead the long example: few payers over fourteen months, for the rules that compare months
        #[arg(long)]
        long: bool,
    },
    /// The daily run: read, match, judge, archive, report
    Run {
        #[arg(long)]
        book: PathBuf,
        /// The day, whose files lie in inbox/DATE
        #[arg(long, value_parser = day)]
        date: NaiveDate,
    },
    /// A day again, and every later one that rests on it
    Replay {
        #[arg(long)]
        book: PathBuf,
        /// The first day that is run again
        #[arg(long, value_parser = day)]
        from: NaiveDate,
    },
    /// Prove that the archive is whole and unaltered
    Verify {
        #[arg(long)]
        book: PathBuf,
        /// A digest of the archive from a signed statement: proves that nothing was cut off since
        #[arg(long, value_name = "DIGEST")]
        head: Option<String>,
        /// The day that is judged again
        #[arg(long, value_name = "DATE", value_parser = day, requires = "rejudge")]
        run: Option<NaiveDate>,
        /// Judge the day of --run again from what it was judged from, and compare every byte
        #[arg(long, requires = "run")]
        rejudge: bool,
    },
    /// The month's statements of all four parties, or the quarter's on-site pack
    Audit {
        #[arg(long)]
        book: PathBuf,
        /// A month such as 2026-03
        #[arg(long, value_parser = month, conflicts_with = "quarter", required_unless_present = "quarter")]
        month: Option<Span>,
        /// A quarter such as 2026Q1
        #[arg(long, value_parser = quarter)]
        quarter: Option<Span>,
        /// Only what concerns one bank, organ, treasury or unit
        #[arg(long, value_name = "CODE")]
        institution: Option<String>,
        /// What was known when the run of that day had ended [default: 45 days after the period]
        #[arg(long, value_name = "DATE", value_parser = day)]
        as_known_on: Option<NaiveDate>,
        /// The archive as it was when it had this digest, whatever was run again since
        #[arg(long, value_name = "DIGEST", conflicts_with = "as_known_on")]
        head: Option<String>,
        /// What changed since the run of that day had ended, and why: tables, late data or corrections
        #[arg(long, value_name = "DATE", value_parser = day, conflicts_with = "institution")]
        against: Option<NaiveDate>,
    },
    /// Everything the archive knows of one account, slip, voucher, taxpayer, unit or finding
    #[command(after_help = "Example: treasury-recon investigate --book county --account 6222020000000000126")]
    Investigate {
        #[arg(long)]
        book: PathBuf,
        #[command(flatten)]
        about: About,
        /// The first day that is looked at [default: the first of the archive]
        #[arg(long, value_name = "DATE", value_parser = day)]
        from: Option<NaiveDate>,
        /// The last day that is looked at [default: the last of the archive]
        #[arg(long, value_name = "DATE", value_parser = day)]
        to: Option<NaiveDate>,
        /// What was known when the run of that day had ended [default: the last run]
        #[arg(long, value_name = "DATE", value_parser = day)]
        as_known_on: Option<NaiveDate>,
    },
    /// Ask the archive one question in SQL; nothing is written
    #[command(after_help = "Example: treasury-recon query --book county \\\n  \
                            \"SELECT rule, COUNT(*) AS n, SUM(amount) AS yuan FROM findings WHERE is_latest GROUP BY rule\"")]
    Query {
        #[arg(long)]
        book: PathBuf,
        /// The question; `SELECT in_table, name, about_en FROM columns` lists what can be asked
        sql: String,
        /// What was known when the run of that day had ended [default: the last run]
        #[arg(long, value_name = "DATE", value_parser = day)]
        as_known_on: Option<NaiveDate>,
    },
    /// Judge archived days again with other settings, rules or tables, and say what differs; the archive stays as it is
    #[command(
        after_help = "Example: treasury-recon backtest --book county --from 2026-01-01 --to 2026-03-31 \\\n  \
                            --set large.threshold=2000000"
    )]
    Backtest(Again),
    /// Make a new book: templates of every ledger and reference table
    Init { dir: PathBuf },
    /// Read reference tables and inbox, print what became of each file; write nothing
    Check {
        #[arg(long)]
        book: PathBuf,
        /// One day's inbox [default: every day's]
        #[arg(long, value_parser = day)]
        date: Option<NaiveDate>,
        /// Print every problem, not only the first of each kind
        #[arg(long)]
        all: bool,
    },
    /// Files that do not say everything themselves
    Sources {
        #[command(subcommand)]
        command: SourcesCommand,
    },
    /// Ledgers and reference tables: their columns and the headers each goes by
    Schemas {
        #[command(subcommand)]
        command: SchemasCommand,
    },
    /// What is judged, and why
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// What can be wrong with files, rows and settings, and what to do
    Problems {
        #[command(subcommand)]
        command: ProblemsCommand,
    },
    /// Completions for a shell
    Completions { shell: clap_complete::Shell },
}

/// What an investigation is about.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct About {
    /// An account's number
    #[arg(long)]
    account: Option<String>,
    /// A tax or payment slip's number
    #[arg(long)]
    slip: Option<String>,
    /// A refund, payout or correction voucher's number
    #[arg(long)]
    voucher: Option<String>,
    /// A taxpayer's or payer's number
    #[arg(long)]
    taxpayer: Option<String>,
    /// A budget unit's code
    #[arg(long)]
    unit: Option<String>,
    /// A finding's id
    #[arg(long)]
    finding: Option<String>,
    /// Two slips or vouchers, or rows as `file#row`: why they are one payment, or why not
    #[arg(long, num_args = 2, value_names = ["SLIP_A", "SLIP_B"])]
    pair: Option<Vec<String>>,
}

impl About {
    fn subject(&self) -> investigate::About {
        if let Some([a, b]) = self.pair.as_deref() {
            return investigate::About::Pair([a.clone(), b.clone()]);
        }
        let kinds = [
            self.account.clone().map(Subject::Account),
            self.slip.clone().map(Subject::Slip),
            self.voucher.clone().map(Subject::Voucher),
            self.taxpayer.clone().map(Subject::Taxpayer),
            self.unit.clone().map(Subject::Unit),
            self.finding.clone().map(Subject::Finding),
        ];
        let given = kinds.into_iter().flatten().next();
        investigate::About::One(given.expect("one of them is required"))
    }
}

/// What is judged again, and with what.
#[derive(Debug, Args)]
struct Again {
    #[arg(long)]
    book: PathBuf,
    /// The first day that is judged again
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: NaiveDate,
    /// The last day that is judged again [default: the last of the archive]
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<NaiveDate>,
    /// A setting of recon.toml and the value it has instead
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// A rule that is switched off
    #[arg(long, value_name = "RULE")]
    off: Vec<String>,
    /// A rule that is judged though recon.toml had switched it off
    #[arg(long, value_name = "RULE", conflicts_with = "off")]
    on: Vec<String>,
    /// A file that stands for the one of the same name in reference/, or is added to them
    #[arg(long, value_name = "FILE")]
    table: Vec<PathBuf>,
    /// A setting that is moved until findings of these days are judged otherwise, or `all` of them
    #[arg(long, value_name = "KEY")]
    margin: Vec<String>,
    /// Within how many per cent of it what is not found is a near miss
    #[arg(long, value_name = "PERCENT", default_value_t = 10, requires = "margin",
          value_parser = clap::value_parser!(u32).range(1..=100))]
    near: u32,
}

impl Again {
    fn request(&self, is_whole: bool) -> backtest::Request<'_> {
        let Self { book, from, to, set, off, on, table: tables, margin: margins, near } = self;
        backtest::Request { book, from: *from, to: *to, set, off, on, tables, margins, near: *near, is_whole }
    }
}

#[derive(Debug, Subcommand)]
enum SchemasCommand {
    /// All ledgers and reference tables
    List,
    /// One ledger's or table's columns
    Show { name: String },
}

#[derive(Debug, Subcommand)]
enum SourcesCommand {
    /// Look at a file and propose a [[source]] for recon.toml
    Learn {
        file: PathBuf,
        /// The ledger or reference table it is
        #[arg(long = "as", value_name = "LEDGER")]
        ledger: String,
        /// Which files the source is for [default: the file's name with its numbers left open]
        #[arg(long)]
        glob: Option<String>,
        /// A header and the column it stands for, or `-` to leave it alone
        #[arg(long = "column", value_name = "HEADER=COLUMN")]
        columns: Vec<String>,
        /// A column that is the same in every row
        #[arg(long = "constant", value_name = "COLUMN=TEXT")]
        constants: Vec<String>,
        /// What the sign of an amount means: credit-positive, debit-positive, negated
        #[arg(long)]
        sign: Option<String>,
        /// The unit of amounts: 分, 元, 千元, 万元, 百万元, 亿元
        #[arg(long)]
        unit: Option<String>,
        /// Add the source to the recon.toml of --book
        #[arg(long, requires = "book")]
        write: bool,
        #[arg(long)]
        book: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// All rules, in the order of reports
    List,
    /// One rule: its law, its explanation, its examples
    Explain { id: String },
    /// The plan's provisions, the rules that serve each, and what a day says of them
    Coverage {
        /// The book whose run is asked
        #[arg(long, requires = "date")]
        book: Option<PathBuf>,
        /// The day of that run
        #[arg(long, requires = "book", value_parser = day)]
        date: Option<NaiveDate>,
    },
}

#[derive(Debug, Subcommand)]
enum ProblemsCommand {
    /// All kinds of problems and what becomes of the file
    List,
    /// One kind: what it means, its message, what to do
    Explain { code: String },
}

/// How a command ended, apart from errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Done,
    /// There are findings at or above `--fail-on`.
    Findings,
    /// Something could not be read.
    Unreadable,
}

/// Runs the program with the process's own arguments.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            match refused(&error, asked_lang(std::env::args_os())) {
                Some(words) => eprintln!("treasury-recon: {words}"),
                None => {
                    let _ = error.print();
                }
            }
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match dispatch(&cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Unreadable) => ExitCode::from(2),
        Err(error) => {
            eprintln!("treasury-recon: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: &Cli) -> anyhow::Result<Outcome> {
    if let Some(threads) = cli.common.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("--threads")?;
    }
    let lang = cli.common.lang();
    if matches!(cli.common.format, Format::Parquet) && !matches!(cli.command, Command::Query { .. }) {
        bail!(lang.pick("只有 query 的结果可以是 Parquet", "only what query answers comes as Parquet"));
    }
    match &cli.command {
        Command::Demo { dir, long } => cli.common.end(demo::run(dir, *long, cli.common.options())?),
        Command::Run { book, date } => cli.common.end(run::run(book, *date, cli.common.options())?),
        Command::Replay { book, from } => cli.common.end(replay::run(book, *from, cli.common.options())?),
        Command::Verify { book, head, run, rejudge } => {
            let request = verify::Request { book, head: head.as_deref(), rejudge: run.filter(|_| *rejudge) };
            cli.common.end(verify::run(request, cli.common.options())?)
        }
        Command::Audit { book, month, quarter, institution, as_known_on, head, against } => {
            let request = audit::Request {
                book,
                span: month.or(*quarter).expect("one of them is required"),
                is_quarter: quarter.is_some(),
                institution: institution.as_deref(),
                known_on: *as_known_on,
                head: head.as_deref(),
                against: *against,
            };
            cli.common.end(audit::run(request, cli.common.options())?)
        }
        Command::Investigate { book, about, from, to, as_known_on } => {
            let request = investigate::Request {
                book,
                about: &about.subject(),
                window: Window { from: *from, to: *to },
                known_on: *as_known_on,
                is_whole: !matches!(cli.common.format, Format::Text),
            };
            cli.common.end(investigate::run(request, cli.common.options())?)
        }
        Command::Query { book, sql, as_known_on } => {
            let request = query::Request { book, question: sql, known_on: *as_known_on };
            answer(&cli.common, request).map(|()| Outcome::Done)
        }
        Command::Backtest(again) => {
            let request = again.request(!matches!(cli.common.format, Format::Text));
            cli.common.end(backtest::run(request, cli.common.options())?)
        }
        Command::Init { dir } => {
            init::run(dir, lang)?;
            if !cli.common.quiet {
                eprintln!("{} {}", lang.pick("已建立账簿", "made a book in"), dir.display());
            }
            Ok(Outcome::Done)
        }
        Command::Check { book, date, all } => cli.common.end(check::run(book, *date, *all, lang)?),
        Command::Sources { command } => {
            let SourcesCommand::Learn { file, ledger, glob, columns, constants, sign, unit, write, book } =
                command;
            let request = learn::Request {
                ledger,
                glob: glob.as_deref(),
                columns,
                constants,
                sign: sign.as_deref(),
                unit: unit.as_deref(),
                write: book.as_deref().filter(|_| *write),
            };
            cli.common.end(learn::run(file, &request, lang)?)
        }
        Command::Schemas { command: SchemasCommand::List } => {
            cli.common.print(&schemas::list(lang)).map(|()| Outcome::Done)
        }
        Command::Schemas { command: SchemasCommand::Show { name } } => {
            cli.common.print(&schemas::show(name, lang)?).map(|()| Outcome::Done)
        }
        Command::Rules { command: RulesCommand::List } => {
            cli.common.print(&rules::list(lang)).map(|()| Outcome::Done)
        }
        Command::Rules { command: RulesCommand::Explain { id } } => {
            print(rules::explain(id)?.as_bytes()).map(|()| Outcome::Done)
        }
        Command::Rules { command: RulesCommand::Coverage { book, date } } => {
            let of = book.as_deref().zip(*date);
            cli.common.print(&rules::coverage(of, lang)?).map(|()| Outcome::Done)
        }
        Command::Problems { command: ProblemsCommand::List } => {
            cli.common.print(&problems::list(lang)).map(|()| Outcome::Done)
        }
        Command::Problems { command: ProblemsCommand::Explain { code } } => {
            print(problems::explain(code)?.as_bytes()).map(|()| Outcome::Done)
        }
        Command::Completions { shell } => {
            print(completions::script(*shell).as_bytes()).map(|()| Outcome::Done)
        }
    }
}

/// Prints what a question is answered.
fn answer(common: &Common, request: query::Request<'_>) -> anyhow::Result<()> {
    match query::run(request, matches!(common.format, Format::Parquet), common.lang())? {
        query::Answer::Document(document) => common.print(&document),
        query::Answer::Parquet(_) if std::io::stdout().is_terminal() => bail!(common.lang().pick(
            "Parquet 不是给屏幕看的：请在命令后加 > 文件名.parquet",
            "Parquet is not for a screen: add > name.parquet"
        )),
        query::Answer::Parquet(bytes) => print(&bytes),
    }
}

impl Common {
    fn lang(&self) -> Lang {
        match self.lang {
            Language::Zh => Lang::Zh,
            Language::En => Lang::En,
        }
    }

    fn options(&self) -> run::Options {
        let fail_on = match self.fail_on {
            FailOn::Never => None,
            FailOn::Info => Some(Severity::Info),
            FailOn::Lead => Some(Severity::Lead),
            FailOn::Low => Some(Severity::Low),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::High => Some(Severity::High),
            FailOn::Critical => Some(Severity::Critical),
        };
        run::Options { lang: self.lang(), fail_on, quiet: self.quiet }
    }

    /// Prints what a command came to.
    fn end(&self, (document, outcome): (Document, Outcome)) -> anyhow::Result<Outcome> {
        self.print(&document).map(|()| outcome)
    }

    fn print(&self, document: &Document) -> anyhow::Result<()> {
        let form = match self.format {
            Format::Text => Form::Text,
            Format::Json => Form::Json,
            Format::Csv => Form::Csv,
            Format::Markdown => Form::Markdown,
            Format::Parquet => unreachable!("only a question is answered in it"),
        };
        print(render(document, form).as_bytes())
    }
}

/// A word that is no day, month or quarter where one is expected.
#[derive(Clone, Copy, Debug)]
enum Unlike {
    Day,
    Month,
    Quarter,
}

impl Unlike {
    fn expected(self, lang: Lang) -> &'static str {
        match self {
            Self::Day => lang.pick("应为日期，如 2026-03-02", "expected a day such as 2026-03-02"),
            Self::Month => lang.pick("应为月份，如 2026-03", "expected a month such as 2026-03"),
            Self::Quarter => lang.pick("应为季度，如 2026Q1", "expected a quarter such as 2026Q1"),
        }
    }
}

impl fmt::Display for Unlike {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.expected(Lang::En))
    }
}

impl std::error::Error for Unlike {}

/// A day as users write it: 2026-03-02 or 20260302.
fn day(text: &str) -> Result<NaiveDate, Unlike> {
    let is_short = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let format = if is_short { "%Y%m%d" } else { "%Y-%m-%d" };
    NaiveDate::parse_from_str(text, format).map_err(|_| Unlike::Day)
}

fn month(text: &str) -> Result<Span, Unlike> {
    Span::month(text).map_err(|_| Unlike::Month)
}

fn quarter(text: &str) -> Result<Span, Unlike> {
    Span::quarter(text).map_err(|_| Unlike::Quarter)
}

/// What is said of a day, month or quarter that is none, in one language; nothing of other errors.
fn refused(error: &clap::Error, lang: Lang) -> Option<String> {
    let expected = error.source()?.downcast_ref::<Unlike>()?.expected(lang);
    let said = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    // `--date <DATE>`: the option without what it is to hold.
    let option = said(ContextKind::InvalidArg)?.split(' ').next()?;
    let found = said(ContextKind::InvalidValue)?;
    Some(match lang {
        Lang::Zh => format!("{option}：{expected}；实为“{found}”"),
        Lang::En => format!("{option}: {expected}, found {found:?}"),
    })
}

/// The language that arguments ask for which cannot be understood as a whole.
fn asked_lang(args: impl Iterator<Item = OsString>) -> Lang {
    let args: Vec<OsString> = args.collect();
    let asked = args.iter().zip(args.iter().skip(1)).any(|(name, value)| name == "--lang" && value == "en");
    if asked || args.iter().any(|arg| arg == "--lang=en") { Lang::En } else { Lang::Zh }
}

/// Prints a result. A reader that went away, as `head` does, is no error.
fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout"),
    }
}
