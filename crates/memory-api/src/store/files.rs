//! Current files outside a dream: reading, listing and changing them, each with its log rows in the same round trip.

mod each;

use chrono::{DateTime, Utc};
use memex_core::actor::Operation;
use memex_proto::v1::ErrorReason;
use memex_runtime::failpoints::{self, Point};
use memex_runtime::trace::current_trace;
use uuid::Uuid;

use super::Store;
use super::commit::{Change, Outcome};
use super::log_place::LogPlace;
use super::scopes::ScopeKey;
use crate::auth::Caller;
use crate::convert::reason_code;
use crate::error::{Error, Result, erased};

pub(super) use each::{OneRead, read_each};

/// A file's state, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Its path.
    pub path: String,
    /// Its version.
    pub version: i64,
    /// Bytes of its text.
    pub size: i32,
    /// SHA-256 of its text; empty where the file is gone from its path.
    pub sha256: Vec<u8>,
    /// When that version was written.
    pub updated_at: DateTime<Utc>,
    /// By whom.
    pub updated_by: String,
}

/// One path of a read.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The scope to look in; `None`: there is none, so that there is no file.
    pub scope: Option<i64>,
    /// Where the log row stands.
    pub log: LogPlace,
    /// The canonical path; empty where the caller's was refused.
    pub path: String,
    /// Why it is refused without a look; `Unspecified`: it is not.
    pub refused: ErrorReason,
}

/// What a read found at one path.
#[derive(Clone, Debug)]
pub enum Found {
    /// The file and its text.
    File(FileRow, String),
    /// Nothing, or it was refused.
    Nothing,
    /// A file that is not given, because together the texts are over the limit.
    TooMuch,
}

/// A file as a patch reads it.
#[derive(Clone, Debug)]
pub struct Patchable {
    /// Its version; 0: there is no file.
    pub version: i64,
    /// Its text; empty where there is no file.
    pub text: String,
    /// Whether the patch's request id was answered before.
    pub remembered: bool,
}

/// Which files to list.
#[derive(Clone, Debug)]
pub struct FileRange {
    /// The first path, and the log row's.
    pub from: String,
    /// The first path that is too far.
    pub below: String,
    /// The last path of the page before; empty on the first.
    pub after: String,
    /// At most so many.
    pub limit: i64,
    /// Whether to list paths too whose file is gone.
    pub deleted: bool,
}

impl Store {
    /// Reads files and logs each path; a single one goes through a lane, with those of other calls. Where the texts together have more than `max_bytes`, none is given and each row
    /// says MESSAGE_TOO_LARGE.
    pub async fn read_files(
        &self,
        asked: &[Asked],
        max_bytes: i64,
        operation: Operation,
        caller: &Caller,
    ) -> Result<Vec<Found>> {
        if let [one] = asked {
            let read = OneRead { asked: one.clone(), max_bytes, operation, caller: caller.clone() };
            return Ok(vec![self.lanes.read(read).await?]);
        }
        let scopes: Vec<Option<i64>> = asked.iter().map(|one| one.scope).collect();
        let log_scopes: Vec<i64> = asked.iter().map(|one| one.log.scope()).collect();
        let log_paths: Vec<&str> = asked.iter().map(|one| one.log.path(&one.path, caller)).collect();
        let actors: Vec<&str> = asked.iter().map(|one| one.log.actor(caller)).collect();
        let paths: Vec<&str> = asked.iter().map(|one| one.path.as_str()).collect();
        let refused: Vec<i16> = asked.iter().map(|one| reason_code(one.refused)).collect();
        let rows = sqlx::query!(
            r#"-- files.read
            WITH asked AS MATERIALIZED (
              SELECT u.* FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::smallint[], $9::text[], $12::text[])
                       WITH ORDINALITY AS u(scope_id, log_scope, path, refused, actor, log_path, i)),
            head AS MATERIALIZED (
              SELECT a.i, a.log_scope, a.log_path, a.path, a.actor, f.version, f.size, f.sha256, f.updated_at, f.updated_by, f.scope_id, f.file_id,
                     CASE WHEN a.refused <> 0 THEN a.refused WHEN f.version IS NULL THEN $6::smallint
                          WHEN sum(f.size) OVER () > $5 THEN $7::smallint ELSE 0::smallint END AS reason
                FROM asked a LEFT JOIN mx_file f ON f.scope_id = a.scope_id AND f.path = a.path AND NOT f.deleted AND a.refused = 0),
            log AS (
              INSERT INTO mx_access_log (scope_id, operation, path, file_version, outcome, reason, actor, principal, trace_id)
              SELECT log_scope, $8, CASE WHEN version IS NULL THEN log_path ELSE path END, coalesce(version, 0), CASE WHEN reason = 0 THEN 1 ELSE 2 END, reason,
                     actor, $10, $11 FROM head)
            SELECT h.path AS "path!", h.reason AS "reason!", h.version AS "version?", h.size AS "size?", h.sha256 AS "sha256?",
                   h.updated_at AS "updated_at?", h.updated_by AS "updated_by?", v.text AS "text?"
              FROM head h LEFT JOIN mx_revision v ON v.scope_id = h.scope_id AND v.file_id = h.file_id AND v.version = h.version AND h.reason = 0
             ORDER BY h.i"#,
            &scopes as &[Option<i64>],
            &log_scopes,
            &paths as &[&str],
            &refused,
            max_bytes,
            reason_code(ErrorReason::FileNotFound),
            reason_code(ErrorReason::MessageTooLarge),
            operation.code(),
            &actors as &[&str],
            caller.token_id,
            trace(),
            &log_paths as &[&str]
        )
        .fetch_all(self.pool())
        .await?;
        let too_much = reason_code(ErrorReason::MessageTooLarge);
        let found = rows.into_iter().map(|row| {
            match (row.version, row.size, row.sha256, row.updated_at, row.updated_by, row.text) {
                _ if row.reason == too_much => Found::TooMuch,
                (Some(version), Some(size), Some(sha256), Some(updated_at), Some(updated_by), Some(text))
                    if row.reason == 0 =>
                {
                    Found::File(FileRow { path: row.path, version, size, sha256, updated_at, updated_by }, text)
                }
                _ => Found::Nothing,
            }
        });
        Ok(found.collect())
    }

    /// Lists the files of these scopes by path, and logs the call.
    pub async fn list_files(
        &self,
        scopes: &[i64],
        range: &FileRange,
        log: LogPlace,
        caller: &Caller,
    ) -> Result<Vec<FileRow>> {
        let rows = sqlx::query_as!(
            FileRow,
            r#"-- files.list
            WITH page AS MATERIALIZED (
              SELECT f.* FROM unnest($1::bigint[]) AS s(scope_id) CROSS JOIN LATERAL (
                SELECT path, version, size, sha256, updated_at, updated_by FROM mx_file
                 WHERE scope_id = s.scope_id AND path >= $2 AND path < $3 AND path > $4 AND ($12 OR NOT deleted) ORDER BY path LIMIT $5) f
               ORDER BY f.path LIMIT $5),
            log AS (
              INSERT INTO mx_access_log (scope_id, operation, path, outcome, actor, principal, trace_id)
              VALUES ($6, $7, $11, 1, $8, $9, $10))
            SELECT path, version, size, sha256, updated_at, updated_by FROM page ORDER BY path"#,
            scopes,
            range.from,
            range.below,
            range.after,
            range.limit,
            log.scope(),
            Operation::List.code(),
            log.actor(caller),
            caller.token_id,
            trace(),
            log.path(&range.from, caller),
            range.deleted
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }

    /// The file that a patch is for. Not logged: the change that follows is.
    pub async fn read_for_patch(
        &self,
        scope: i64,
        path: &str,
        principal: Uuid,
        request_id: Option<Uuid>,
    ) -> Result<Patchable> {
        let row = sqlx::query!(
            r#"-- files.read_for_patch
            SELECT f.version AS "version?", v.text AS "text?",
                   EXISTS (SELECT FROM mx_request WHERE scope_id = $1 AND principal = $3 AND request_id = $4::uuid) AS "remembered!"
              FROM (VALUES (1)) AS one(i) LEFT JOIN mx_file f ON f.scope_id = $1 AND f.path = $2 AND NOT f.deleted
              LEFT JOIN mx_revision v ON v.scope_id = f.scope_id AND v.file_id = f.file_id AND v.version = f.version"#,
            scope,
            path,
            principal,
            request_id
        )
        .fetch_one(self.pool())
        .await?;
        Ok(Patchable {
            version: row.version.unwrap_or(0),
            text: row.text.unwrap_or_default(),
            remembered: row.remembered,
        })
    }

    /// The text that a change met: that of the version before its revision, or of the revision itself where it changed
    /// nothing and its answer told of that. `None` where it was redacted.
    pub async fn text_met(&self, scope: i64, sequence: i64, changed: bool) -> Result<Option<String>> {
        let text = sqlx::query_scalar!(
            r#"-- files.text_met
            SELECT b.text AS "text?" FROM mx_revision v
              JOIN mx_revision b ON b.scope_id = v.scope_id AND b.file_id = v.file_id AND b.version = v.version - $3
             WHERE v.scope_id = $1 AND v.sequence = $2"#,
            scope,
            sequence,
            i64::from(changed)
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(text.flatten())
    }

    /// Commits one change to the files of a user, or of what a workspace shares. Opens the scope; where a remembered
    /// scope is gone, looks again once.
    pub async fn change(&self, whose: &ScopeKey, change: &mut Change) -> Result<Outcome> {
        for _ in 0..2 {
            change.scope = self.open_scope(whose.workspace_id, whose.user.as_ref()).await?;
            failpoints::pass(Point::BeforeStatement).await;
            let outcome = self.lanes.change(change.clone()).await?;
            failpoints::pass(Point::BeforeReply).await;
            match outcome {
                Outcome::NoSuchScope => self.forget_scope(whose.workspace_id, whose.user.as_ref()),
                // Logged by nobody yet: an erased scope takes no row.
                Outcome::Erased => return Err(erased().into()),
                outcome => return Ok(outcome),
            }
        }
        Err(Error::Unexpected("a scope that was just opened does not exist"))
    }
}

/// The trace id for a log row.
pub(super) fn trace() -> Option<Vec<u8>> {
    current_trace().map(|ids| ids.trace_id.to_vec())
}

/// The span of the call under way, as rows have it.
pub(super) fn span() -> Option<Vec<u8>> {
    current_trace().map(|ids| ids.span_id.to_vec())
}
