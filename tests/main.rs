//! The one integration binary.

mod commands;
mod intake;
mod matching;
mod tidy;
