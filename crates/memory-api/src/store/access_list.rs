//! The access log's listing: one statement for each way in, so that each is the walk of one index.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Store;
use crate::error::Result;

/// Which rows of a workspace a listing walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogOf {
    /// All of the workspace.
    Workspace(i64),
    /// Those of one scope.
    Scope(i64),
    /// Those of one dream of a scope.
    Dream(i64, Uuid),
}

/// Which rows to list; newest first, from below `before`.
#[derive(Clone, Debug)]
pub struct LogFilter {
    /// Which rows of the workspace.
    pub of: LogOf,
    /// One path.
    pub path: Option<String>,
    /// One actor.
    pub actor: Option<String>,
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
    /// At most `limit` rows, newest first.
    pub async fn list_log(&self, filter: &LogFilter, limit: i64) -> Result<Vec<LogEntry>> {
        match filter.of {
            LogOf::Workspace(workspace) => self.of_workspace(workspace, filter, limit).await,
            LogOf::Scope(scope) => self.of_scope(scope, filter, limit).await,
            LogOf::Dream(scope, dream) => self.of_dream(scope, dream, filter, limit).await,
        }
    }

    /// The whole log by time; the rows of other workspaces are passed over.
    async fn of_workspace(&self, workspace_id: i64, filter: &LogFilter, limit: i64) -> Result<Vec<LogEntry>> {
        let (before_at, before_id) = filter.before.unzip();
        let rows = sqlx::query_as!(
            LogEntry,
            "-- access_log.of_workspace
            SELECT l.scope_id, s.user_id, l.at, l.entry_id, l.operation, l.path, l.file_version, l.outcome, l.reason, l.suppressed,
                   l.actor, l.principal, l.dream_id, l.trace_id
              FROM mx_access_log l CROSS JOIN LATERAL (SELECT user_id FROM mx_scope WHERE scope_id = l.scope_id AND workspace_id = $1 AND NOT erasing OFFSET 0) s
             WHERE l.at >= coalesce($2, '-infinity'::timestamptz) AND l.at < coalesce($3, 'infinity'::timestamptz)
               AND (l.at, l.entry_id) < (coalesce($4, 'infinity'::timestamptz), coalesce($5, 9223372036854775807))
               AND ($6::text IS NULL OR l.path = $6) AND ($7::text IS NULL OR l.actor = $7)
             ORDER BY l.at DESC, l.entry_id DESC LIMIT $8",
            workspace_id,
            filter.from,
            filter.to,
            before_at,
            before_id,
            filter.path,
            filter.actor,
            limit
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }

    /// One scope by time.
    async fn of_scope(&self, scope: i64, filter: &LogFilter, limit: i64) -> Result<Vec<LogEntry>> {
        let (before_at, before_id) = filter.before.unzip();
        let rows = sqlx::query_as!(
            LogEntry,
            "-- access_log.of_scope
            SELECT l.scope_id, s.user_id, l.at, l.entry_id, l.operation, l.path, l.file_version, l.outcome, l.reason, l.suppressed,
                   l.actor, l.principal, l.dream_id, l.trace_id
              FROM mx_access_log l CROSS JOIN LATERAL (SELECT user_id FROM mx_scope WHERE scope_id = l.scope_id OFFSET 0) s
             WHERE l.scope_id = $1 AND l.at >= coalesce($2, '-infinity'::timestamptz) AND l.at < coalesce($3, 'infinity'::timestamptz)
               AND (l.at, l.entry_id) < (coalesce($4, 'infinity'::timestamptz), coalesce($5, 9223372036854775807))
               AND ($6::text IS NULL OR l.path = $6) AND ($7::text IS NULL OR l.actor = $7)
             ORDER BY l.at DESC, l.entry_id DESC LIMIT $8",
            scope,
            filter.from,
            filter.to,
            before_at,
            before_id,
            filter.path,
            filter.actor,
            limit
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }

    /// One dream by time.
    async fn of_dream(&self, scope: i64, dream: Uuid, filter: &LogFilter, limit: i64) -> Result<Vec<LogEntry>> {
        let (before_at, before_id) = filter.before.unzip();
        let rows = sqlx::query_as!(
            LogEntry,
            "-- access_log.of_dream
            SELECT l.scope_id, s.user_id, l.at, l.entry_id, l.operation, l.path, l.file_version, l.outcome, l.reason, l.suppressed,
                   l.actor, l.principal, l.dream_id, l.trace_id
              FROM mx_access_log l CROSS JOIN LATERAL (SELECT user_id FROM mx_scope WHERE scope_id = l.scope_id OFFSET 0) s
             WHERE l.scope_id = $1 AND l.dream_id = $2 AND l.at >= coalesce($3, '-infinity'::timestamptz) AND l.at < coalesce($4, 'infinity'::timestamptz)
               AND (l.at, l.entry_id) < (coalesce($5, 'infinity'::timestamptz), coalesce($6, 9223372036854775807))
               AND ($7::text IS NULL OR l.path = $7) AND ($8::text IS NULL OR l.actor = $8)
             ORDER BY l.at DESC, l.entry_id DESC LIMIT $9",
            scope,
            dream,
            filter.from,
            filter.to,
            before_at,
            before_id,
            filter.path,
            filter.actor,
            limit
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }
}
