//! Files, revisions, access-log rows and keys.

use memex_proto::reason::short_name;
use memex_proto::v1::{AccessLogEntry, ConfigEntry, ErrorReason, File, Imported, Revision, RevisionOperation};
use serde::Serialize;

use crate::words::{time, word};

/// A file without its text.
#[derive(Debug, Serialize)]
pub struct FileView {
    pub path: String,
    pub version: i64,
    pub size_bytes: i64,
    /// 64 hexadecimal digits.
    pub sha256: String,
    pub updated_at: Option<String>,
    pub updated_by: String,
}

impl From<File> for FileView {
    fn from(file: File) -> Self {
        Self {
            path: file.path,
            version: file.version,
            size_bytes: file.size_bytes,
            sha256: hex::encode(&file.sha256),
            updated_at: time(file.updated_at),
            updated_by: file.updated_by,
        }
    }
}

/// A revision without its text.
#[derive(Debug, Clone, Serialize)]
pub struct RevisionView {
    pub revision_id: String,
    pub path: String,
    pub version: i64,
    pub sequence: i64,
    pub operation: String,
    pub size_bytes: i64,
    /// 64 hexadecimal digits.
    pub sha256: String,
    pub actor: String,
    pub source: String,
    pub reason: String,
    pub request_id: String,
    pub dream_id: String,
    pub trace_id: String,
    pub span_id: String,
    pub hidden_unicode: bool,
    pub created_at: Option<String>,
    /// Of a move: the path that the file had.
    pub moved_from: String,
    pub redacted: bool,
    /// What an archive said of its origin.
    pub imported: Option<ImportedView>,
}

/// Where an imported revision came from.
#[derive(Debug, Clone, Serialize)]
pub struct ImportedView {
    pub actor: String,
    pub created_at: Option<String>,
    pub dream_id: String,
}

impl From<Imported> for ImportedView {
    fn from(imported: Imported) -> Self {
        Self { actor: imported.actor, created_at: time(imported.created_at), dream_id: imported.dream_id }
    }
}

impl From<Revision> for RevisionView {
    fn from(revision: Revision) -> Self {
        let operation = revision.operation();
        let source = revision.source();
        Self {
            operation: operation_word(operation),
            source: word(source.as_str_name(), "SOURCE_"),
            revision_id: revision.revision_id,
            path: revision.path,
            version: revision.version,
            sequence: revision.sequence,
            size_bytes: revision.size_bytes,
            sha256: hex::encode(&revision.sha256),
            actor: revision.actor,
            reason: revision.reason,
            request_id: revision.request_id,
            dream_id: revision.dream_id,
            trace_id: revision.trace_id,
            span_id: revision.span_id,
            hidden_unicode: revision.hidden_unicode,
            created_at: time(revision.created_at),
            moved_from: revision.moved_from,
            redacted: revision.redacted,
            imported: revision.imported.map(Into::into),
        }
    }
}

/// One row of the access log.
#[derive(Debug, Clone, Serialize)]
pub struct AccessView {
    pub at: Option<String>,
    pub user_id: String,
    pub operation: String,
    pub path: String,
    pub file_version: i64,
    pub outcome: String,
    /// Empty where it was not refused.
    pub reason: &'static str,
    pub actor: String,
    pub token_id: String,
    pub dream_id: String,
    pub trace_id: String,
    pub suppressed: i32,
}

impl From<AccessLogEntry> for AccessView {
    fn from(row: AccessLogEntry) -> Self {
        let reason = match row.reason() {
            ErrorReason::Unspecified => "",
            reason => short_name(reason),
        };
        Self {
            at: time(row.at),
            outcome: word(row.outcome().as_str_name(), "ACCESS_OUTCOME_"),
            reason,
            user_id: row.user_id,
            operation: row.operation,
            path: row.path,
            file_version: row.file_version,
            actor: row.actor,
            token_id: row.token_id,
            dream_id: row.dream_id,
            trace_id: row.trace_id,
            suppressed: row.suppressed,
        }
    }
}

/// One runtime key.
#[derive(Debug, Serialize)]
pub struct ConfigView {
    pub key: String,
    pub value: String,
    pub level: String,
    pub default_value: String,
    pub allowed: String,
    pub updated_by: String,
    pub updated_at: Option<String>,
}

impl From<ConfigEntry> for ConfigView {
    fn from(entry: ConfigEntry) -> Self {
        Self {
            level: word(entry.level().as_str_name(), "CONFIG_LEVEL_"),
            key: entry.key,
            value: entry.value,
            default_value: entry.default_value,
            allowed: entry.allowed,
            updated_by: entry.updated_by,
            updated_at: time(entry.updated_at),
        }
    }
}

/// What a revision or an op does, as people write it.
pub(super) fn operation_word(operation: RevisionOperation) -> String {
    word(operation.as_str_name(), "REVISION_OPERATION_")
}
