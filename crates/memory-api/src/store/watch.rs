//! What a watch asks of Postgres: how far it may read, and the revisions and erasures up to there.

use uuid::Uuid;

use super::Store;
use super::revisions::{RevisionRow, revision_row};
use crate::error::Result;

/// How far the revisions go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The database's present life; `None` where that has not begun.
    pub epoch: Option<Uuid>,
    /// Every transaction with a lower number has ended.
    pub horizon: i64,
    /// The scope's last revision and whether it is being erased; `None` where there is no such scope.
    pub scope: Option<(i64, bool)>,
}

/// A window of settled transactions, and the revision of it that was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first transaction.
    pub from: i64,
    /// The first that is too far.
    pub to: i64,
    /// The scope of the revision that was read last. Of a watch of one user, 0: the user has none yet.
    pub scope: i64,
    /// Its sequence.
    pub sequence: i64,
}

impl Window {
    /// The window of a workspace between two transactions, nothing of it read. It begins below every scope: shared scopes
    /// have negative ids.
    pub fn unread(from: i64, to: i64) -> Self {
        Self { from, to, scope: i64::MIN, sequence: 0 }
    }
}

/// What a watch of a workspace sees: a revision, or the erasure that ended a scope.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its scope.
    pub scope: i64,
    /// Its place in the scope.
    pub sequence: i64,
    /// The scope's user; empty for what is shared, and for one of whom nothing is left.
    pub user_id: String,
    /// The revision; `None`: the user was erased.
    pub row: Option<RevisionRow>,
}

impl Store {
    /// How far a watch may read now: of this scope, where it is of one. The horizon holds for every later statement.
    pub async fn watch_reach(&self, scope: Option<i64>) -> Result<Reach> {
        let row = sqlx::query!(
            r#"-- watch.reach
            SELECT mx_epoch_1() AS epoch, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS "horizon!",
                   s.sequence AS "sequence?", s.erasing AS "erasing?"
              FROM (VALUES (1)) AS one(i) LEFT JOIN mx_scope s ON s.scope_id = $1::bigint"#,
            scope
        )
        .fetch_one(self.pool())
        .await?;
        Ok(Reach { epoch: row.epoch, horizon: row.horizon, scope: row.sequence.zip(row.erasing) })
    }

    /// At most `limit` revisions of a scope after this sequence, in order: its sequence has no gap, whoever commits when.
    pub async fn watch_scope(&self, scope: i64, after: i64, limit: i64) -> Result<Vec<RevisionRow>> {
        let rows = sqlx::query_as!(
            RevisionRow,
            "-- watch.scope
            SELECT path, version, sequence, operation, size, sha256, actor, source, reason, request_id, dream_id, trace_id, span_id, hidden_unicode, at,
                   moved_from, redacted, imported_actor, imported_at, imported_dream
              FROM mx_revision WHERE scope_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            scope,
            after,
            limit
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }

    /// At most `limit` revisions and erasures of a workspace within the window, in the order of scope and sequence. The
    /// window's end is a horizon that was read before, so that nothing comes into it any more; what goes is of erased users.
    pub async fn watch_window(&self, workspace_id: i64, window: Window, limit: i64) -> Result<Vec<Watched>> {
        let (revisions, erasures) = tokio::try_join!(
            self.revisions_in(workspace_id, window, limit),
            self.erasures_in(workspace_id, window, limit)
        )?;
        let mut watched: Vec<Watched> = revisions.into_iter().chain(erasures).collect();
        watched.sort_by_key(|watched| (watched.scope, watched.sequence));
        watched.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(watched)
    }

    async fn revisions_in(&self, workspace_id: i64, window: Window, limit: i64) -> Result<Vec<Watched>> {
        let rows = sqlx::query!(
            r#"-- watch.window
            SELECT r.scope_id, s.user_id, r.path, r.version, r.sequence, r.operation, r.size, r.sha256, r.actor, r.source, r.reason, r.request_id,
                   r.dream_id, r.trace_id, r.span_id, r.hidden_unicode, r.at, r.moved_from, r.redacted, r.imported_actor, r.imported_at, r.imported_dream
              FROM mx_revision r JOIN mx_scope s ON s.scope_id = r.scope_id
             WHERE s.workspace_id = $1 AND NOT s.erasing AND r.feed_xid >= $2::text::xid8 AND r.feed_xid < $3::text::xid8
               AND (r.scope_id, r.sequence) > ($4, $5)
             ORDER BY r.scope_id, r.sequence LIMIT $6"#,
            workspace_id,
            window.from.to_string(),
            window.to.to_string(),
            window.scope,
            window.sequence,
            limit
        )
        .fetch_all(self.pool())
        .await?;
        let watched = rows.into_iter().map(|row| Watched {
            scope: row.scope_id,
            sequence: row.sequence,
            user_id: row.user_id,
            row: Some(revision_row!(row)),
        });
        Ok(watched.collect())
    }

    async fn erasures_in(&self, workspace_id: i64, window: Window, limit: i64) -> Result<Vec<Watched>> {
        let rows = sqlx::query!(
            r#"-- watch.erasures
            SELECT e.scope_id, e.sequence, coalesce(s.user_id, '') AS "user_id!" FROM mx_erasure e LEFT JOIN mx_scope s ON s.scope_id = e.scope_id
             WHERE e.workspace_id = $1 AND e.feed_xid >= $2::text::xid8 AND e.feed_xid < $3::text::xid8 AND (e.scope_id, e.sequence) > ($4, $5)
             ORDER BY e.scope_id, e.sequence LIMIT $6"#,
            workspace_id,
            window.from.to_string(),
            window.to.to_string(),
            window.scope,
            window.sequence,
            limit
        )
        .fetch_all(self.pool())
        .await?;
        let watched = rows.into_iter().map(|row| Watched {
            scope: row.scope_id,
            sequence: row.sequence,
            user_id: row.user_id,
            row: None,
        });
        Ok(watched.collect())
    }
}
