//! What `--json` prints of files, revisions, dreams, the access log and keys: the proto's names, enums as words, times in UTC.

mod dream;
mod memory;

pub use dream::{DreamView, FileChangeView, LedgerView, StagedOpView, dream_state};
pub use memory::{AccessView, ConfigView, FileView, RevisionView};
