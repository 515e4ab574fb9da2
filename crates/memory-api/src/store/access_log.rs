//! The access log: rows of calls that no other statement logs, and the listing.

use chrono::{DateTime, Utc};
use memex_core::actor::{AccessOutcome, Operation};
use memex_proto::v1::ErrorReason;
use memex_runtime::trace::current_trace;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::Store;
use crate::auth::Caller;
use crate::error::Result;

/// One row to add.
#[derive(Clone, Copy, Debug)]
pub struct LogRow<'a> {
    /// Whose files the call was about; the workspace's shared scope where it was about none.
    pub scope: i64,
    /// The call.
    pub operation: Operation,
    /// Its canonical path, or empty.
    pub path: &'a str,
    /// `Unspecified`: it was done; else it was refused for this.
    pub reason: ErrorReason,
}

/// Adds a row, in the caller's transaction where it has one. A dream that a worker invented writes nothing anywhere.
pub async fn add(executor: impl PgExecutor<'_>, row: LogRow<'_>, caller: &Caller) -> Result<()> {
    let trace = current_trace().map(|ids| ids.trace_id.to_vec());
    let outcome = if row.reason == ErrorReason::Unspecified { AccessOutcome::Ok } else { AccessOutcome::Refused };
    sqlx::query!(
        "-- access_log.add
        INSERT INTO mx_access_log (scope_id, operation, path, outcome, reason, actor, principal, dream_id, trace_id)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
         WHERE $8::uuid IS NULL OR EXISTS (SELECT FROM mx_dream WHERE scope_id = $1 AND dream_id = $8)",
        row.scope,
        row.operation.code(),
        row.path,
        outcome.code(),
        i16::try_from(row.reason as i32).unwrap_or(0),
        caller.actor,
        caller.token_id,
        caller.dream.map(|dream| dream.id.id),
        trace
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Which rows to list; newest first, from below `before`.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// One scope; `None`: all of the workspace.
    pub scope: Option<i64>,
    /// One path.
    pub path: Option<String>,
    /// One actor.
    pub actor: Option<String>,
    /// One dream.
    pub dream: Option<Uuid>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
    /// The last row of the page before.
    pub before: Option<(DateTime<Utc>, i64)>,
}

/// A row as it is listed.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct LogEntry {
    pub scope_id: i64,
    pub user_id: String,
    pub at: DateTime<Utc>,
    pub entry_id: i64,
    pub operation: i16,
    pub path: String,
    pub file_version: i64,
    pub outcome: i16,
    pub reason: i16,
    pub suppressed: i32,
    pub actor: String,
    pub principal: Uuid,
    pub dream_id: Option<Uuid>,
    pub trace_id: Option<Vec<u8>>,
}

impl Store {
    /// The row of a refusal that was decided outside a statement.
    pub async fn log_refusal(
        &self,
        scope: i64,
        operation: Operation,
        path: &str,
        reason: ErrorReason,
        caller: &Caller,
    ) -> Result<()> {
        add(self.pool(), LogRow { scope, operation, path, reason }, caller).await
    }

    /// The row of a call that was done and touches no file.
    pub async fn log_ok(&self, scope: i64, operation: Operation, path: &str, caller: &Caller) -> Result<()> {
        add(self.pool(), LogRow { scope, operation, path, reason: ErrorReason::Unspecified }, caller).await
    }

    /// At most `limit` rows of a workspace, newest first.
    pub async fn list_log(&self, workspace_id: i64, filter: &LogFilter, limit: i64) -> Result<Vec<LogEntry>> {
        let (before_at, before_id) = filter.before.unzip();
        let rows = sqlx::query_as!(
            LogEntry,
            "-- access_log.list
            SELECT l.scope_id, s.user_id, l.at, l.entry_id, l.operation, l.path, l.file_version, l.outcome, l.reason, l.suppressed,
                   l.actor, l.principal, l.dream_id, l.trace_id
              FROM mx_scope s JOIN mx_access_log l ON l.scope_id = s.scope_id
             WHERE s.workspace_id = $1 AND ($2::bigint IS NULL OR s.scope_id = $2)
               AND ($3::text IS NULL OR l.path = $3) AND ($4::text IS NULL OR l.actor = $4) AND ($5::uuid IS NULL OR l.dream_id = $5)
               AND ($6::timestamptz IS NULL OR l.at >= $6) AND ($7::timestamptz IS NULL OR l.at < $7)
               AND ($8::timestamptz IS NULL OR (l.at, l.entry_id) < ($8, $9::bigint))
             ORDER BY l.at DESC, l.entry_id DESC LIMIT $10",
            workspace_id,
            filter.scope,
            filter.path,
            filter.actor,
            filter.dream,
            filter.from,
            filter.to,
            before_at,
            before_id,
            limit
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }
}
