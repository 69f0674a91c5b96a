//! The one integration binary.

mod commands;
mod intake;
mod matching;
mod rule_pages;
mod tidy;
