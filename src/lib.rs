//! Reconciles the ledgers that finance, tax, treasury and banks keep of the same public money, and says what the
//! law objects to.
//!
//! A run is a pure function: ledger bytes, facts and an as-of date in; an outcome and documents out.
//!
//! ```text
//! bytes → entries → cases → findings → documents → bytes
//!       ledger/   matching/  rules/         report/
//! ```
//!
//! | module | does | may use |
//! |---|---|---|
//! | [`domain`] | money, days, codes, parties, entries | nothing |
//! | [`ledger`] | bytes to entries and problems, as `schemas/` declares; which rows stand | `domain` |
//! | [`matching`] | entries to cases: which rows are one payment, and the proof; batches; sums | `domain` |
//! | [`rules`] | cases and facts to findings: the law as predicates | `domain`, `matching` |
//! | [`pipeline`] | the main path: a day's rows and what was handed on, to an outcome | the above |
//! | [`period`] | what the archive keeps of many runs, to the sums of a month or a quarter | `domain` to `pipeline` |
//! | [`investigation`] | what the archive holds of one account, slip or unit, to a dossier; two judgements of the same days, to what differs | `domain` to `pipeline` |
//! | `archive` | outcomes to Parquet and back, questions in SQL; behind a feature, the one place that names polars | the above, `durable` |
//! | [`report`] | outcomes, periods and dossiers to documents, documents to bytes | `domain` to `investigation` |
//! | [`durable`] | files that are there whole or not at all, and the lock of a book | nothing |
//! | [`example`] | books made from a seed: the two stories of `demo`, clean books | nothing |
//! | [`cli`] | arguments, files, clock, terminal | all |
//!
//! `tests/tidy.rs` holds the direction of the arrows.
//!
//! # Three kinds of trouble
//!
//! An *error* means we cannot work: stop, exit 2. A *problem* is a row, file or setting that cannot be used:
//! collect it and go on, so that one run shows them all. A *finding* is what the law objects to: our product.
//!
//! # A file
//!
//! [`ledger::read`] asks the bytes what they are. Text is read where it lies, in pieces on all threads; a workbook or a
//! message becomes a [`ledger::grid::Grid`] first. From there all go one way: [`ledger::layout`] finds the header,
//! [`ledger::preamble`] what stands above it, [`ledger::rows`] turns cells into values and gives every row its fate,
//! [`ledger::section`] follows a line that begins another account, [`ledger::total`] compares what the file itself adds
//! up. What the bytes do not say stands in a [`ledger::profile::Profile`]; nothing is guessed.
//!
//! # A run
//!
//! [`pipeline::reconcile`] joins the rows that were handed on with the day's, follows each record through its deliveries
//! ([`ledger::intake`]), joins rows to payments ([`matching::match_up`]) and remittances to receipts and clearing
//! ([`matching::remittance`]), adds up the tie-out ([`matching::tie_out`]), follows the accounts' balances
//! ([`matching::balance`]), counts what outlives its rows, such as what was spent of a budget line ([`rules::running`]),
//! judges ([`rules::judge`]), and compares with what was told before. Then every row goes one of
//! two ways: it is *carried* while its payment is open or under a finding, or *settled*, and leaves its share in the
//! sums. A settled row is found again by its digests, so a day costs no more because the archive is long; a case that is
//! spoken of anew comes back whole, and so does an account's day. A refund brings back the slip it gives back, or what its
//! taxpayer paid where it names none, and the other refunds of both, a voucher those on its form: payments that are tied to
//! each other are settled together.
//!
//! Invariants, asserted: every row of a file has one fate, in number and in yuan; every entry is in one case; no group is
//! joined twice. Held by tests: order of rows and number of threads never show, and running day by day comes to what all
//! days at once come to.
//!
//! # Where a new thing goes
//!
//! | new | write | register |
//! |---|---|---|
//! | ledger or reference table | `schemas/ledgers/x.toml` | a line in `ledger/format.rs`, a variant of `Ledger` |
//! | column | `[[column]]` in its schema | a line in `domain/field.rs` |
//! | header alias | a word in the column's `zh` or `en` | – |
//! | way a file can say its rows | a reader of `Grid`s in `ledger/` | [`ledger::read`] |
//! | thing a source can say | a key of `cli/sources.rs`, a field of `Profile` | – |
//! | matching strategy | `matching/by_x.rs` | its place in `STRATEGIES` (order = strength of proof) |
//! | supervision rule | `rules/family/x.rs` + `x.md` | its place in `RULES` (order = order of reports) |
//! | law, or what it threatens | a line in `rules/law.rs`; an article only where it was read | – |
//! | total beyond a day | a `Counter` beside its rule | a line in `COUNTERS` |
//! | threshold | a line in `domain/settings.rs` | – |
//! | register a rule looks things up in | a type in `domain/register.rs`, or `facts.table("x")` | `Facts::add_table` |
//! | problem | a variant of `Kind`, `fixtures/problems/<code>/`: a book that has it, and its page | a line in `kinds!` |
//! | report | a function in `report/` | its place in `REPORTS`; of a folder of files, in `FOLDERS` |
//! | output format | `report/render/x.rs` | a variant of `Form` |
//! | command | `cli/x.rs` | a variant of `Command` |

#[cfg(feature = "archive")]
pub mod archive;
pub mod cli;
pub mod domain;
pub mod durable;
pub mod example;
pub mod investigation;
pub mod ledger;
pub mod matching;
pub mod period;
pub mod pipeline;
pub mod report;
pub mod rules;
