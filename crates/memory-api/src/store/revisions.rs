//! History: revisions as people read them, each call with its log row in the same round trip.

use chrono::{DateTime, Utc};
use memex_core::actor::Operation;
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use super::Store;
use super::files::trace;
use super::log_place::LogPlace;
use crate::auth::Caller;
use crate::convert::reason_code;
use crate::error::Result;
use crate::store::pool::Connection;

/// A revision, without its text.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the columns of mx_revision by their names")]
pub struct RevisionRow {
    pub path: String,
    pub version: i64,
    pub sequence: i64,
    pub operation: i16,
    pub size: i32,
    pub sha256: Vec<u8>,
    pub actor: String,
    pub source: i16,
    pub reason: String,
    pub request_id: Option<Uuid>,
    pub dream_id: Option<Uuid>,
    pub trace_id: Option<Vec<u8>>,
    pub span_id: Option<Vec<u8>>,
    pub hidden_unicode: bool,
    pub at: DateTime<Utc>,
    pub moved_from: Option<String>,
    pub redacted: bool,
    pub imported_actor: Option<String>,
    pub imported_at: Option<DateTime<Utc>>,
    pub imported_dream: Option<String>,
}

/// A revision of a record that has its columns and more.
macro_rules! revision_row {
    ($row:expr) => {
        $crate::store::revisions::RevisionRow {
            path: $row.path,
            version: $row.version,
            sequence: $row.sequence,
            operation: $row.operation,
            size: $row.size,
            sha256: $row.sha256,
            actor: $row.actor,
            source: $row.source,
            reason: $row.reason,
            request_id: $row.request_id,
            dream_id: $row.dream_id,
            trace_id: $row.trace_id,
            span_id: $row.span_id,
            hidden_unicode: $row.hidden_unicode,
            at: $row.at,
            moved_from: $row.moved_from,
            redacted: $row.redacted,
            imported_actor: $row.imported_actor,
            imported_at: $row.imported_at,
            imported_dream: $row.imported_dream,
        }
    };
}
pub(super) use revision_row;

/// Which revisions of a scope to list.
#[derive(Clone, Debug)]
pub struct RevisionFilter {
    /// At this path alone, with those that the file standing there had before it was moved there.
    pub path: Option<String>,
    /// Of this dream alone.
    pub dream: Option<Uuid>,
    /// Older than this sequence.
    pub below: i64,
    /// At most so many.
    pub limit: i64,
}

impl Store {
    /// Lists a scope's revisions, newest first, and logs the call.
    pub async fn list_revisions(
        &self,
        scope: i64,
        filter: &RevisionFilter,
        log: LogPlace,
        caller: &Caller,
    ) -> Result<Vec<RevisionRow>> {
        let rows = sqlx::query_as!(
            RevisionRow,
            r#"-- revisions.list
            WITH page AS MATERIALIZED (
              SELECT path, version, sequence, operation, size, sha256, actor, source, reason, request_id, dream_id, trace_id, span_id, hidden_unicode, at,
                   moved_from, redacted, imported_actor, imported_at, imported_dream
                FROM mx_revision WHERE scope_id = $1 AND ($2::text IS NULL OR path = $2 OR file_id = (
                       SELECT file_id FROM mx_file WHERE scope_id = $1 AND path = $2 AND NOT deleted)) AND ($3::uuid IS NULL OR dream_id = $3) AND sequence < $4
               ORDER BY sequence DESC LIMIT $5),
            log AS (
              INSERT INTO mx_access_log (scope_id, operation, path, outcome, actor, principal, trace_id)
              VALUES ($10, $6, $11, 1, $7, $8, $9))
            SELECT path, version, sequence, operation, size, sha256, actor, source, reason, request_id, dream_id, trace_id, span_id, hidden_unicode, at,
                   moved_from, redacted, imported_actor, imported_at, imported_dream
              FROM page ORDER BY sequence DESC"#,
            scope,
            filter.path,
            filter.dream,
            filter.below,
            filter.limit,
            Operation::ListRevisions.code(),
            log.actor(caller),
            caller.token_id,
            trace(),
            log.scope(),
            log.path(filter.path.as_deref().unwrap_or(""), caller)
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }

    /// One revision with its text (empty where it is a deletion), logged; `None`, logged too, where there is none. A redacted
    /// one is logged as refused.
    pub async fn get_revision(
        &self,
        scope: i64,
        sequence: i64,
        log: LogPlace,
        caller: &Caller,
    ) -> Result<Option<(RevisionRow, String)>> {
        let row = sqlx::query!(
            r#"-- revisions.get
            WITH one AS MATERIALIZED (
              SELECT path, version, sequence, operation, text, size, sha256, actor, source, reason, request_id, dream_id, trace_id, span_id, hidden_unicode, at,
                   moved_from, redacted, imported_actor, imported_at, imported_dream
                FROM mx_revision WHERE scope_id = $1 AND sequence = $2),
            log AS (
              INSERT INTO mx_access_log (scope_id, operation, path, file_version, outcome, reason, actor, principal, trace_id)
              SELECT $9, $3, coalesce(o.path, ''), coalesce(o.version, 0), CASE WHEN o.path IS NULL OR o.redacted THEN 2 ELSE 1 END,
                     CASE WHEN o.path IS NULL THEN $4::smallint WHEN o.redacted THEN $8::smallint ELSE 0::smallint END, $5, $6, $7
                FROM (VALUES (1)) AS call(i) LEFT JOIN one o ON true)
            SELECT path, version, sequence, operation, text, size, sha256, actor, source, reason, request_id, dream_id, trace_id, span_id, hidden_unicode, at,
                   moved_from, redacted, imported_actor, imported_at, imported_dream
              FROM one"#,
            scope,
            sequence,
            Operation::GetRevision.code(),
            reason_code(ErrorReason::RevisionNotFound),
            log.actor(caller),
            caller.token_id,
            trace(),
            reason_code(ErrorReason::RevisionRedacted),
            log.scope()
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(row.map(|row| {
            let text = row.text.unwrap_or_default();
            (revision_row!(row), text)
        }))
    }
}

/// What RestoreRevision brings back.
#[derive(Clone, Debug)]
pub struct Restorable {
    /// The path that it was written at.
    pub written_at: String,
    /// The path that its file has now; where there is no such file any more, the one that it was written at.
    pub path: String,
    /// Its text; `None`: a deletion, or it was redacted.
    pub text: Option<String>,
    /// Whether the text was redacted.
    pub redacted: bool,
    /// Where the text came from.
    pub source: i16,
}

/// A revision as it is brought back. Under the scope's lock, so that it is neither moved nor redacted before it is. Not
/// logged: the change that follows is.
pub async fn restorable(tx: &mut Connection, scope: i64, sequence: i64) -> Result<Option<Restorable>> {
    let row = sqlx::query_as!(
        Restorable,
        r#"-- revisions.restorable
            SELECT r.path AS written_at, coalesce(f.path, r.path) AS "path!", r.text, r.redacted, r.source
              FROM mx_revision r LEFT JOIN mx_file f ON f.scope_id = r.scope_id AND f.file_id = r.file_id AND NOT f.deleted
             WHERE r.scope_id = $1 AND r.sequence = $2"#,
        scope,
        sequence
    )
    .fetch_optional(tx)
    .await?;
    Ok(row)
}
