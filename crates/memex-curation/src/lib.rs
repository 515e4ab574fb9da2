#![doc = include_str!("../README.md")]

mod context;
mod date;
mod identity;
mod normal;
mod planned_op;
mod section;
mod treatment;

pub mod builtin;
pub mod ledger;
pub mod statement;

pub use planned_op::PlannedOp;
pub use treatment::{LineRange, SourceFile, Treatment, TreatmentKind, TreatmentSource, UnknownTreatment};

/// The number of statements in a Markdown text: the unit in which loss is bounded.
pub fn count_statements(text: &str) -> u32 {
    statement::Document::parse(text).count()
}
