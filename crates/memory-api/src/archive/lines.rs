//! The kinds of line, with their fields by their names.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{FORMAT, VERSION};

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderLine {
    /// Always `memex`.
    pub archive: String,
    /// The version of the format.
    pub version: u32,
    /// The user whose memory it is.
    pub user_id: String,
    /// When it was written.
    pub exported_at: DateTime<Utc>,
}

impl HeaderLine {
    /// Of an archive that is written now.
    pub fn of(user_id: String, exported_at: DateTime<Utc>) -> Self {
        Self { archive: FORMAT.to_owned(), version: VERSION, user_id, exported_at }
    }
}

/// Every other line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line {
    /// A path, deleted ones included.
    File(FileLine),
    /// A revision, oldest first.
    Revision(Box<RevisionLine>),
    /// A dream.
    Dream(Box<DreamLine>),
    /// An op that a dream staged.
    DreamOp(Box<DreamOpLine>),
    /// A row of the access log.
    Access(Box<AccessLine>),
    /// The last line.
    End(EndLine),
}

/// A path and the file that stands there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are described in proto/ARCHIVE.md")]
pub struct FileLine {
    pub file: Uuid,
    pub path: String,
    pub version: i64,
    pub deleted: bool,
    pub size: i32,
    pub sha256: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
}

/// A revision with its text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are described in proto/ARCHIVE.md")]
pub struct RevisionLine {
    pub sequence: i64,
    pub file: Uuid,
    pub path: String,
    pub version: i64,
    pub operation: String,
    pub text: Option<String>,
    pub size: i32,
    pub sha256: String,
    pub redacted: bool,
    pub moved_from: Option<String>,
    pub source: String,
    pub actor: String,
    pub reason: String,
    pub at: DateTime<Utc>,
    pub dream: Option<String>,
    pub imported: Option<OriginLine>,
}

/// Where a revision came from that was imported before.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are described in proto/ARCHIVE.md")]
pub struct OriginLine {
    pub actor: String,
    pub at: DateTime<Utc>,
    pub dream: Option<String>,
}

/// A dream.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are described in proto/ARCHIVE.md")]
pub struct DreamLine {
    pub dream: String,
    pub state: String,
    pub cause: String,
    pub mode: String,
    pub curator: String,
    pub requested: bool,
    pub requested_by: String,
    pub instructions: String,
    pub as_of: Option<NaiveDate>,
    pub snapshot_sequence: i64,
    pub ops: i32,
    pub files: i32,
    pub bytes: i64,
    pub read_bytes: i64,
    pub model_tokens: i64,
    pub attempts: i32,
    pub worker_name: String,
    pub summary: String,
    pub more: bool,
    pub lost_statements: i32,
    pub ledger: Option<LedgerLine>,
    pub created_at: DateTime<Utc>,
    pub claimed_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub imported: bool,
}

/// The sums of a dream's account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields of DreamLedger by their names")]
pub struct LedgerLine {
    pub statements_before: i32,
    pub kept: i32,
    pub duplicate: i32,
    pub superseded: i32,
    pub merged: i32,
    pub moved: i32,
    pub rewritten: i32,
    pub added: i32,
    pub tidied_files: i32,
}

/// An op of a dream, without its text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are described in proto/ARCHIVE.md")]
pub struct DreamOpLine {
    pub dream: String,
    pub number: i32,
    pub operation: String,
    pub path: String,
    pub base_version: i64,
    pub expected_version: i64,
    pub source: String,
    pub reason: String,
    pub treatments: Vec<TreatmentLine>,
    pub adopted_sequence: Option<i64>,
    pub at: DateTime<Utc>,
    #[serde(default)]
    pub imported: bool,
}

/// A treatment; lines are the first and the last, from 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields of Treatment by their names")]
pub struct TreatmentLine {
    pub treatment: String,
    pub before: Option<(i32, i32)>,
    pub after: Option<(i32, i32)>,
    pub sources: Vec<SourceLine>,
}

/// Lines that are a treatment's ground.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields of TreatmentSource by their names")]
pub struct SourceLine {
    pub path: String,
    pub version: i64,
    pub lines: Option<(i32, i32)>,
}

/// A call, as the access log has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are described in proto/ARCHIVE.md")]
pub struct AccessLine {
    pub at: DateTime<Utc>,
    pub operation: String,
    pub path: String,
    pub file_version: i64,
    pub outcome: String,
    pub reason: Option<String>,
    pub suppressed: i32,
    pub actor: String,
    pub token: String,
    pub dream: Option<String>,
    pub trace_id: Option<String>,
    #[serde(default)]
    pub imported: bool,
}

/// The last line: how many lines of each kind came before, and the SHA-256 of all bytes before it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the kinds by their names")]
pub struct EndLine {
    pub files: i64,
    pub revisions: i64,
    pub dreams: i64,
    pub dream_ops: i64,
    pub access: i64,
    pub sha256: String,
}
