//! The vocabulary: money, days, codes, parties, ledgers and their entries. Knows nothing of files, rules or reports.

pub mod calendar;
pub mod codes;
pub mod digest;
pub mod entry;
pub mod facts;
pub mod field;
pub mod lang;
pub mod ledger;
pub mod moment;
pub mod money;
pub mod name;
pub mod register;
pub mod settings;
pub mod table;
