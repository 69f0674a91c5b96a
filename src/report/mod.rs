//! Results to documents, documents to bytes.

pub mod document;
pub mod render;
