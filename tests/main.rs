//! The one integration binary.

mod archive_questions;
mod attribution;
mod audits;
#[cfg(feature = "archive")]
mod backtests;
mod commands;
mod daily_reports;
mod days;
mod disbursements;
mod example_books;
mod intake;
mod law;
mod matching;
mod no_data;
mod notices;
mod problem_pages;
mod properties;
mod reading;
mod recall;
mod replay;
mod rule_list;
mod rule_pages;
mod tidy;
#[cfg(feature = "archive")]
mod trust;
mod workbooks;
