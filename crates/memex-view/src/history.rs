//! Lines with where they came from, and changes as they happen.

use memex_proto::v1::{BlameLine, ChangedFile};
use serde::Serialize;

use super::RevisionView;
use crate::words::{time, word};

/// Where one line came from.
#[derive(Debug, Serialize)]
pub struct BlameLineView {
    pub number: i32,
    pub text: String,
    pub revision_id: String,
    pub version: i64,
    pub actor: String,
    pub source: String,
    pub created_at: Option<String>,
    pub dream_id: String,
    /// Empty unless dreams dropped copies for the line.
    pub first_said: String,
    /// Empty unless dreams dropped copies for the line.
    pub last_said: String,
}

impl From<BlameLine> for BlameLineView {
    fn from(line: BlameLine) -> Self {
        Self {
            source: word(line.source().as_str_name(), "SOURCE_"),
            number: line.number,
            text: line.text,
            revision_id: line.revision_id,
            version: line.version,
            actor: line.actor,
            created_at: time(line.created_at),
            dream_id: line.dream_id,
            first_said: line.first_said,
            last_said: line.last_said,
        }
    }
}

/// A revision with its user.
#[derive(Debug, Serialize)]
pub struct ChangedFileView {
    /// Empty for `shared/`.
    pub user_id: String,
    /// `mem_…`: what an erasure names.
    pub memory_id: String,
    pub revision: Option<RevisionView>,
}

impl From<ChangedFile> for ChangedFileView {
    fn from(changed: ChangedFile) -> Self {
        Self { user_id: changed.user_id, memory_id: changed.memory_id, revision: changed.revision.map(Into::into) }
    }
}
