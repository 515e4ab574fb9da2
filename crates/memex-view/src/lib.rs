#![doc = include_str!("../README.md")]
#![allow(missing_docs, reason = "the fields are the proto's, which says what each means")]

mod changeset;
mod dream;
mod found;
mod history;
mod memory;
mod people;
mod status;
mod words;

pub use changeset::{
    DroppedLineView, FileChangeView, ProbableLineView, QuotedLinesView, RuleVerdictView, StagedOpView,
};
pub use dream::{DreamEventView, DreamView, LedgerView, dream_state};
pub use found::{PassageView, RecalledFileView};
pub use history::{BlameLineView, ChangedFileView};
pub use memory::{AccessView, ConfigView, FileView, RevisionView};
pub use people::{ErasureView, TokenView, UserView};
pub use status::{EndingView, StatusView};
pub use words::{time, word};
