//! The listing of dreams: one statement for each way in, so that each is the walk of one index.

use chrono::{DateTime, Utc};
use memex_core::actor::Operation;
use uuid::Uuid;

use super::rows::{DreamRow, shown_dreams};
use crate::auth::Caller;
use crate::error::Result;
use crate::store::Store;
use crate::store::files::trace;

/// Which dreams to list.
#[derive(Clone, Debug, Default)]
pub struct DreamFilter {
    /// One scope; `None`: all of the workspace.
    pub scope: Option<i64>,
    /// In these states; none: all.
    pub states: Vec<String>,
    /// The last dream of the page before.
    pub after: Option<ListedAfter>,
}

/// Where a listing, newest first, goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedAfter {
    /// When the last dream shown was made.
    pub created_at: DateTime<Utc>,
    /// Its id.
    pub dream_id: Uuid,
}

impl Store {
    /// At most `limit` dreams of the caller's workspace or of one scope, newest first, with the log row of the call under
    /// `log_scope`.
    pub async fn list_dreams(
        &self,
        filter: &DreamFilter,
        limit: i64,
        log_scope: i64,
        caller: &Caller,
    ) -> Result<Vec<DreamRow>> {
        match filter.scope {
            None => self.dreams_of_workspace(caller.workspace_id, filter, limit, log_scope, caller).await,
            Some(scope) => self.dreams_of_scope(scope, filter, limit, log_scope, caller).await,
        }
    }

    /// A whole workspace by time.
    async fn dreams_of_workspace(
        &self,
        workspace_id: i64,
        filter: &DreamFilter,
        limit: i64,
        log_scope: i64,
        caller: &Caller,
    ) -> Result<Vec<DreamRow>> {
        let rows = shown_dreams!(
            "-- dreams.of_workspace
            WITH log AS (
              INSERT INTO mx_access_log (scope_id, operation, outcome, actor, principal, trace_id) VALUES ($6, $7, 1, $8, $9, $10))",
            "CROSS JOIN LATERAL (SELECT user_id FROM mx_scope WHERE scope_id = d.scope_id AND NOT erasing OFFSET 0) s
             WHERE d.workspace_id = $1 AND (cardinality($2::text[]) = 0 OR d.state = ANY ($2))
               AND d.created_at <= coalesce($3, 'infinity'::timestamptz)
               AND (d.created_at < coalesce($3, 'infinity'::timestamptz) OR d.dream_id > $4)
             ORDER BY d.created_at DESC, d.dream_id LIMIT $5",
            workspace_id,
            &filter.states,
            filter.after.map(|after| after.created_at),
            filter.after.map(|after| after.dream_id),
            limit,
            log_scope,
            Operation::ListDreams.code(),
            caller.actor,
            caller.token_id,
            trace()
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }

    /// One scope by time.
    async fn dreams_of_scope(
        &self,
        scope: i64,
        filter: &DreamFilter,
        limit: i64,
        log_scope: i64,
        caller: &Caller,
    ) -> Result<Vec<DreamRow>> {
        let rows = shown_dreams!(
            "-- dreams.of_scope
            WITH log AS (
              INSERT INTO mx_access_log (scope_id, operation, outcome, actor, principal, trace_id) VALUES ($6, $7, 1, $8, $9, $10))",
            "CROSS JOIN LATERAL (SELECT user_id FROM mx_scope WHERE scope_id = d.scope_id AND NOT erasing OFFSET 0) s
             WHERE d.scope_id = $1 AND (cardinality($2::text[]) = 0 OR d.state = ANY ($2))
               AND d.created_at <= coalesce($3, 'infinity'::timestamptz)
               AND (d.created_at < coalesce($3, 'infinity'::timestamptz) OR d.dream_id > $4)
             ORDER BY d.created_at DESC, d.dream_id LIMIT $5",
            scope,
            &filter.states,
            filter.after.map(|after| after.created_at),
            filter.after.map(|after| after.dream_id),
            limit,
            log_scope,
            Operation::ListDreams.code(),
            caller.actor,
            caller.token_id,
            trace()
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }
}
