//! Users: their state, their own keys, their pauses.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

use super::{Store, dreams};
use crate::error::Result;
use crate::store::pool::Connection;

/// What a pause did.
#[derive(Clone, Copy, Debug)]
pub struct Paused {
    /// Whether the user was not paused before.
    pub changed: bool,
    /// The open dream that it ended.
    pub canceled: Option<Uuid>,
}

/// Pauses a user's dreams, ending an open one in the same transaction.
pub async fn pause(tx: &mut Connection, scope: i64, reason: &str) -> Result<Paused> {
    dreams::lock_scope(tx, scope).await?;
    let done = sqlx::query!(
        "-- users.pause\nUPDATE mx_dream_state SET paused = true, pause_reason = $2 WHERE scope_id = $1 AND NOT paused",
        scope,
        reason
    )
    .execute(&mut *tx)
    .await?;
    let canceled = dreams::cancel_open_dream(tx, scope, "the user was paused").await?;
    rearm(tx, scope).await?;
    Ok(Paused { changed: done.rows_affected() > 0, canceled })
}

/// Lifts a pause; returns whether there was one, and when the user is due.
pub async fn resume(tx: &mut Connection, scope: i64) -> Result<(bool, Option<DateTime<Utc>>)> {
    dreams::lock_scope(tx, scope).await?;
    let done = sqlx::query!(
        "-- users.resume\nUPDATE mx_dream_state SET paused = false, pause_reason = '' WHERE scope_id = $1 AND paused",
        scope
    )
    .execute(&mut *tx)
    .await?;
    Ok((done.rows_affected() > 0, rearm(tx, scope).await?))
}

/// Ends a user's parking; returns whether they were parked, and when they are due.
pub async fn unpark(tx: &mut Connection, scope: i64) -> Result<(bool, Option<DateTime<Utc>>)> {
    dreams::lock_scope(tx, scope).await?;
    let done = sqlx::query!(
        "-- users.unpark\nUPDATE mx_dream_state SET parked = false, failures = 0, not_before = NULL WHERE scope_id = $1 AND parked",
        scope
    )
    .execute(&mut *tx)
    .await?;
    Ok((done.rows_affected() > 0, rearm(tx, scope).await?))
}

async fn rearm(tx: &mut Connection, scope: i64) -> Result<Option<DateTime<Utc>>> {
    let due = sqlx::query_scalar!("-- users.rearm\nSELECT mx_rearm_1($1)", scope).fetch_one(tx).await?;
    Ok(due)
}

/// A user as operators see them.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct UserRow {
    pub user_id: String,
    pub files: i64,
    pub size_bytes: i64,
    pub sequence: i64,
    pub created_at: DateTime<Utc>,
    pub changed_at: Option<DateTime<Utc>>,
    pub paused: bool,
    pub pause_reason: String,
    pub parked: bool,
    pub new_changes: i64,
    pub due_at: Option<DateTime<Utc>>,
    /// The keys that are set for the user, as a JSON object of texts.
    pub keys: serde_json::Value,
}

impl UserRow {
    /// The keys that are set, with their values.
    pub fn values(&self) -> impl Iterator<Item = (String, String)> {
        let set = self.keys.as_object().into_iter().flatten();
        set.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
    }
}

/// Which users to list: ids from `from` and above `after`, below `below`, in byte order.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct UserRange {
    pub from: String,
    pub after: String,
    pub below: String,
    pub limit: i64,
}

impl Store {
    /// Users of a workspace by id; those who are being erased are not among them.
    pub async fn list_users(&self, workspace_id: i64, range: &UserRange) -> Result<Vec<UserRow>> {
        let rows = sqlx::query_as!(
            UserRow,
            r#"-- users.list
            SELECT s.user_id, s.files::bigint AS "files!", s.bytes AS size_bytes, s.sequence, s.created_at, s.qualifying_at AS changed_at,
                   coalesce(d.paused, false) AS "paused!", coalesce(d.pause_reason, '') AS "pause_reason!", coalesce(d.parked, false) AS "parked!", s.new_changes::bigint AS "new_changes!", d.due_at AS "due_at?",
                   (SELECT coalesce(jsonb_object_agg(u.key, u.value), '{}') FROM mx_user_config u WHERE u.scope_id = s.scope_id) AS "keys!"
              FROM mx_scope s LEFT JOIN mx_dream_state d ON d.scope_id = s.scope_id
             WHERE s.workspace_id = $1 AND s.kind = 1 AND s.user_id >= $2 AND s.user_id > $3 AND s.user_id < $4 AND NOT s.erasing
             ORDER BY s.user_id LIMIT $5"#,
            workspace_id,
            range.from,
            range.after,
            range.below,
            range.limit
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }
}

/// One user's state; `None` where the user is being erased or has gone.
pub async fn user(executor: impl PgExecutor<'_>, scope: i64) -> Result<Option<UserRow>> {
    let row = sqlx::query_as!(
        UserRow,
        r#"-- users.get
        SELECT s.user_id, s.files::bigint AS "files!", s.bytes AS size_bytes, s.sequence, s.created_at, s.qualifying_at AS changed_at,
               coalesce(d.paused, false) AS "paused!", coalesce(d.pause_reason, '') AS "pause_reason!", coalesce(d.parked, false) AS "parked!", s.new_changes::bigint AS "new_changes!", d.due_at AS "due_at?",
               (SELECT coalesce(jsonb_object_agg(u.key, u.value), '{}') FROM mx_user_config u WHERE u.scope_id = s.scope_id) AS "keys!"
          FROM mx_scope s LEFT JOIN mx_dream_state d ON d.scope_id = s.scope_id
         WHERE s.scope_id = $1 AND s.kind = 1 AND NOT s.erasing"#,
        scope
    )
    .fetch_optional(executor)
    .await?;
    Ok(row)
}

/// Sets a user's key, or with `None` resets it; false where it was so already.
pub async fn set_user_key(
    tx: &mut Connection,
    scope: i64,
    key: &str,
    value: Option<&str>,
    actor: &str,
) -> Result<bool> {
    let Some(value) = value else {
        let done =
            sqlx::query!("-- users.reset\nDELETE FROM mx_user_config WHERE scope_id = $1 AND key = $2", scope, key)
                .execute(tx)
                .await?;
        return Ok(done.rows_affected() > 0);
    };
    let done = sqlx::query!(
        "-- users.set
        INSERT INTO mx_user_config (scope_id, key, value, updated_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT mx_user_config_pk DO UPDATE SET value = EXCLUDED.value, updated_by = EXCLUDED.updated_by, updated_at = EXCLUDED.updated_at
          WHERE mx_user_config.value <> EXCLUDED.value",
        scope,
        key,
        value,
        actor
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
