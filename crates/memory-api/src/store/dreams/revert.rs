//! What a revert reads and marks beside the files.

use chrono::NaiveDate;
use memex_core::ids::DreamId;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::store::pool::Connection;

/// The running dream of a scope.
pub async fn running_dream(tx: &mut Connection, scope: i64) -> Result<Option<Uuid>> {
    let dream = sqlx::query_scalar!(
        "-- dreams.running\nSELECT dream_id FROM mx_dream WHERE scope_id = $1 AND state = 'running'",
        scope
    )
    .fetch_optional(tx)
    .await?;
    Ok(dream)
}

/// Marks an applied dream as undone and arms its scope again, under the scope's lock.
pub async fn mark_reverted(tx: &mut Connection, dream: DreamId) -> Result<()> {
    let done = sqlx::query!(
        "-- dreams.mark_reverted
        UPDATE mx_dream SET state = 'reverted' WHERE scope_id = $1 AND dream_id = $2 AND state = 'applied'",
        dream.scope,
        dream.id
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(Error::Unexpected("a dream that is reverted was not applied"));
    }
    super::rearm(tx, dream.scope).await
}

/// Today by Postgres's clock, in UTC.
pub async fn today(tx: &mut Connection) -> Result<NaiveDate> {
    let day = sqlx::query_scalar!(
        r#"-- dreams.today
        SELECT (mx_now() AT TIME ZONE 'UTC')::date AS "day!""#
    )
    .fetch_one(tx)
    .await?;
    Ok(day)
}
