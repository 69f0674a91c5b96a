//! The one integration binary.

mod commands;
mod matching;
mod tidy;
