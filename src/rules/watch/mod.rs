//! Statistics of collection 收入监测: key taxpayers, and progress against the budget (`rules.md` 5.K). They accuse nobody.

pub mod collection_progress;
pub mod key_taxpayer_watch;
