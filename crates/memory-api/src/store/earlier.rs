//! Files as they were: at a version, at a time, and version by version.

use chrono::{DateTime, Utc};
use memex_core::actor::Operation;
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use super::Store;
use super::files::{FileRow, trace};
use super::log_place::LogPlace;
use super::revisions::{RevisionRow, revision_row};
use crate::auth::Caller;
use crate::convert::reason_code;
use crate::error::Result;

/// Which earlier state of a path is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// This version of it.
    Version(i64),
    /// As it was at this time.
    Time(DateTime<Utc>),
}

/// What a read of an earlier state found.
#[derive(Clone, Debug)]
pub enum FoundThen {
    /// The file as it was, and its text.
    File(FileRow, String),
    /// It is refused with this reason.
    Refused(ErrorReason),
}

/// A revision with its file and its text.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its file.
    pub file_id: Uuid,
    /// Its record.
    pub row: RevisionRow,
    /// Its text; `None` where it is a deletion or redacted.
    pub text: Option<String>,
}

impl Store {
    /// The file at a path as it was, and the call's log row. A version is the one made at that path, else one that the
    /// file standing there had before it was moved there.
    pub async fn read_then(
        &self,
        (scope, log): (Option<i64>, LogPlace),
        path: &str,
        then: Then,
        caller: &Caller,
    ) -> Result<FoundThen> {
        let (version, time) = match then {
            Then::Version(version) => (Some(version), None),
            Then::Time(time) => (None, Some(time)),
        };
        let missing = if version.is_some() { ErrorReason::RevisionNotFound } else { ErrorReason::FileNotFound };
        let row = sqlx::query!(
            r#"-- earlier.read
            WITH one AS MATERIALIZED (
              SELECT r.path, r.version, r.size, r.sha256, r.at, r.actor, r.text,
                     CASE WHEN r.redacted AND (r.path = $2 OR $4::timestamptz IS NULL) THEN $6::smallint
                          WHEN r.text IS NULL OR r.path <> $2 AND $4::timestamptz IS NOT NULL THEN $5::smallint ELSE 0::smallint END AS reason
                FROM mx_revision r
               WHERE r.scope_id = $1::bigint
                 AND ($3::bigint IS NULL OR r.version = $3 AND (r.path = $2 OR r.file_id = (
                       SELECT file_id FROM mx_file WHERE scope_id = $1 AND path = $2 AND NOT deleted)))
                 AND ($4::timestamptz IS NULL OR r.at <= $4 AND (r.path = $2 OR r.moved_from = $2))
               ORDER BY ($4::timestamptz IS NOT NULL OR r.path = $2) DESC, r.sequence DESC LIMIT 1),
            answer AS MATERIALIZED (
              SELECT o.*, coalesce(o.reason, $7::smallint) AS because FROM (VALUES (1)) AS call(i) LEFT JOIN one o ON true),
            log AS (
              INSERT INTO mx_access_log (scope_id, operation, path, file_version, outcome, reason, actor, principal, trace_id)
              SELECT $8, $9, CASE WHEN path IS NULL THEN $13 ELSE $2 END, coalesce(version, 0), CASE WHEN because = 0 THEN 1 ELSE 2 END, because, $10, $11, $12 FROM answer)
            SELECT path AS "path?", version AS "version?", size AS "size?", sha256 AS "sha256?", at AS "at?", actor AS "actor?",
                   text AS "text?", because AS "because!" FROM answer"#,
            scope,
            path,
            version,
            time,
            reason_code(ErrorReason::FileNotFound),
            reason_code(ErrorReason::RevisionRedacted),
            reason_code(missing),
            log.scope(),
            Operation::Read.code(),
            log.actor(caller),
            caller.token_id,
            trace(),
            log.path(path, caller)
        )
        .fetch_one(self.pool())
        .await?;
        Ok(match (row.path, row.version, row.size, row.sha256, row.at, row.actor, row.text) {
            (Some(path), Some(version), Some(size), Some(sha256), Some(updated_at), Some(updated_by), Some(text))
                if row.because == 0 =>
            {
                FoundThen::File(FileRow { path, version, size, sha256, updated_at, updated_by }, text)
            }
            _ => FoundThen::Refused(ErrorReason::try_from(i32::from(row.because)).unwrap_or(missing)),
        })
    }

    /// A version of a path, or with 0 the current one. Not logged: the call that asks is.
    pub async fn version_of(&self, scope: i64, path: &str, version: i64) -> Result<Option<Version>> {
        let row = sqlx::query!(
            r#"-- earlier.version
            WITH head AS MATERIALIZED (SELECT file_id, version FROM mx_file WHERE scope_id = $1 AND path = $2 AND NOT deleted)
            SELECT r.file_id, r.text, r.path, r.version, r.sequence, r.operation, r.size, r.sha256, r.actor, r.source, r.reason, r.request_id, r.dream_id,
                   r.trace_id, r.span_id, r.hidden_unicode, r.at, r.moved_from, r.redacted, r.imported_actor, r.imported_at, r.imported_dream
              FROM mx_revision r
             WHERE r.scope_id = $1 AND r.version = CASE WHEN $3::bigint = 0 THEN (SELECT version FROM head) ELSE $3::bigint END
               AND (r.file_id = (SELECT file_id FROM head) OR $3::bigint <> 0 AND r.path = $2)
             ORDER BY r.path = $2 DESC, r.sequence DESC LIMIT 1"#,
            scope,
            path,
            version
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(row.map(|row| Version { file_id: row.file_id, text: row.text, row: revision_row!(row) }))
    }

    /// The revision of a file before this version; `None` where that is the first. Not logged.
    pub async fn version_before(&self, scope: i64, file_id: Uuid, version: i64) -> Result<Option<Version>> {
        let row = sqlx::query!(
            r#"-- earlier.before
            SELECT file_id, text, path, version, sequence, operation, size, sha256, actor, source, reason, request_id, dream_id,
                   trace_id, span_id, hidden_unicode, at, moved_from, redacted, imported_actor, imported_at, imported_dream
              FROM mx_revision WHERE scope_id = $1 AND file_id = $2 AND version < $3 ORDER BY version DESC LIMIT 1"#,
            scope,
            file_id,
            version
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(row.map(|row| Version { file_id: row.file_id, text: row.text, row: revision_row!(row) }))
    }

    /// At most `limit` revisions of a file, oldest first, from after `after` up to `last`. Not logged.
    pub async fn versions(
        &self,
        scope: i64,
        file_id: Uuid,
        (after, last): (i64, i64),
        limit: i64,
    ) -> Result<Vec<Version>> {
        let rows = sqlx::query!(
            r#"-- earlier.versions
            SELECT file_id, text, path, version, sequence, operation, size, sha256, actor, source, reason, request_id, dream_id,
                   trace_id, span_id, hidden_unicode, at, moved_from, redacted, imported_actor, imported_at, imported_dream
              FROM mx_revision WHERE scope_id = $1 AND file_id = $2 AND version > $3 AND version <= $4 ORDER BY version LIMIT $5"#,
            scope,
            file_id,
            after,
            last,
            limit
        )
        .fetch_all(self.pool())
        .await?;
        let versions =
            rows.into_iter().map(|row| Version { file_id: row.file_id, text: row.text, row: revision_row!(row) });
        Ok(versions.collect())
    }
}
