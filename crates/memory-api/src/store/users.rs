//! Pauses of users.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::dreams;
use crate::error::Result;

/// What a pause did.
#[derive(Clone, Copy, Debug)]
pub struct Paused {
    /// Whether the user was not paused before.
    pub changed: bool,
    /// The open dream that it ended.
    pub canceled: Option<Uuid>,
}

/// Pauses a user's dreams, ending an open one in the same transaction.
pub async fn pause(tx: &mut PgConnection, scope: i64) -> Result<Paused> {
    dreams::lock_scope(tx, scope).await?;
    let done = sqlx::query!(
        "-- users.pause\nUPDATE mx_dream_state SET paused = true WHERE scope_id = $1 AND NOT paused",
        scope
    )
    .execute(&mut *tx)
    .await?;
    let canceled = dreams::cancel_open_dream(tx, scope, "the user was paused").await?;
    rearm(tx, scope).await?;
    Ok(Paused { changed: done.rows_affected() > 0, canceled })
}

/// Lifts a pause; returns whether there was one, and when the user is due.
pub async fn resume(tx: &mut PgConnection, scope: i64) -> Result<(bool, Option<DateTime<Utc>>)> {
    dreams::lock_scope(tx, scope).await?;
    let done =
        sqlx::query!("-- users.resume\nUPDATE mx_dream_state SET paused = false WHERE scope_id = $1 AND paused", scope)
            .execute(&mut *tx)
            .await?;
    Ok((done.rows_affected() > 0, rearm(tx, scope).await?))
}

async fn rearm(tx: &mut PgConnection, scope: i64) -> Result<Option<DateTime<Utc>>> {
    let due = sqlx::query_scalar!("-- users.rearm\nSELECT mx_rearm_1($1)", scope).fetch_one(tx).await?;
    Ok(due)
}
