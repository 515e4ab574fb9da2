#![doc = include_str!("../README.md")]
#![allow(missing_docs, reason = "the fields are the proto's, which says what each means")]

mod dream;
mod found;
mod history;
mod memory;
mod people;
mod words;

pub use dream::{DreamView, DroppedLineView, FileChangeView, LedgerView, ProbableLineView, StagedOpView, dream_state};
pub use found::{PassageView, RecalledFileView};
pub use history::{BlameLineView, ChangedFileView};
pub use memory::{AccessView, ConfigView, FileView, RevisionView};
pub use people::{ErasureView, TokenView, UserView};
pub use words::{time, word};
