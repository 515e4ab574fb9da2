//! What `--json` prints of files, revisions, dreams, users and the rest: the proto's names, enums as words, times in UTC.

mod dream;
mod found;
mod history;
mod memory;
mod people;

pub use dream::{DreamView, DroppedLineView, FileChangeView, LedgerView, ProbableLineView, StagedOpView, dream_state};
pub use found::{PassageView, RecalledFileView};
pub use history::{BlameLineView, ChangedFileView};
pub use memory::{AccessView, ConfigView, FileView, RevisionView};
pub use people::{ErasureView, TokenView, UserView};
