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
//! | [`ledger`] | bytes to entries and problems, as `schemas/` declares | `domain` |
//! | [`matching`] | entries to cases: which rows are one payment, and the proof | `domain` |
//! | [`rules`] | cases and facts to findings: the law as predicates | `domain`, `matching` |
//! | [`example`] | books made from a seed: the story of `demo`, clean books | nothing |
//! | [`report`] | results to documents, documents to bytes | `domain`, `ledger` |
//! | [`cli`] | arguments, files, clock, terminal | all |
//!
//! `tests/tidy.rs` holds the direction of the arrows.
//!
//! # Three kinds of trouble
//!
//! An *error* means we cannot work: stop, exit 2. A *problem* is a row, file or setting that cannot be used:
//! collect it and go on, so that one run shows them all. A *finding* is what the law objects to: our product.
//!
//! # Where a new thing goes
//!
//! | new | write | register |
//! |---|---|---|
//! | ledger or reference table | `schemas/ledgers/x.toml` | a line in `ledger/format.rs`, a variant of `Ledger` |
//! | column | `[[column]]` in its schema | a line in `domain/field.rs` |
//! | header alias | a word in the column's `zh` or `en` | – |
//! | matching strategy | `matching/by_x.rs` | its place in `STRATEGIES` (order = strength of proof) |
//! | supervision rule | `rules/family/x.rs` + `x.md` | its place in `RULES` (order = order of reports) |
//! | output format | `report/render/x.rs` | a variant of `Form` |
//! | command | `cli/x.rs` | a variant of `Command` |

#[cfg(feature = "archive")]
pub mod archive;
pub mod cli;
pub mod domain;
pub mod example;
pub mod ledger;
pub mod matching;
pub mod pipeline;
pub mod report;
pub mod rules;
