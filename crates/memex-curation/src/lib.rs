#![doc = include_str!("../README.md")]

mod context;
mod date;
mod fitness;
mod language;
mod planned_op;
mod rules;
mod said;
mod same;
mod section;
mod text;
mod tidy;
mod treatment;
mod written;

pub mod builtin;
pub mod ledger;
pub mod statement;

pub use planned_op::PlannedOp;
pub use rules::Rules;
pub use said::{Said, said};
pub use same::{Grade, Pair, StandsAt};
pub use treatment::{
    LineOrigin, LineRange, Source, SourceFile, Treatment, TreatmentKind, TreatmentSource, UnknownTreatment,
};
pub use written::written_days;

/// The number of statements in a Markdown text: the unit in which loss is bounded.
pub fn count_statements(text: &str) -> u32 {
    statement::Document::parse(text).count()
}

/// Whether a dream may touch or cite a file: a path of the user scope that is no log, Markdown or plain text by its name,
/// and neither a script nor JSON by its text.
pub fn is_curated(path: &str, text: &str) -> bool {
    same::is_curated(path, text)
}
