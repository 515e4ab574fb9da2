//! Dreams that a person starts.

use chrono::NaiveDate;
use memex_core::budget::Budget;
use memex_core::dream::DreamState;
use uuid::Uuid;

use crate::error::Result;
use crate::store::files::trace;
use crate::store::pool::Connection;

/// What holds for a dream of a scope that would start now.
#[derive(Clone, Debug)]
pub struct DreamPolicy {
    /// Why it may not start, as mx_may_dream_1 says: `erasing`, `paused` or `off`.
    pub denied: Option<String>,
    /// `dream_mode` as the workspace and the user have it.
    pub mode: String,
    /// The workspace's `dream_curator`.
    pub curator: String,
    /// The workspace's budget.
    pub budget: Budget,
}

/// Holds a workspace's switch where it is until the transaction ends: the first lock, before the scope's, so that a
/// switching-off under way either sees the dream that starts here or refuses it.
pub async fn hold_switch(tx: &mut Connection, workspace_id: i64) -> Result<()> {
    sqlx::query!(
        "-- dreams.hold_switch\nSELECT workspace_id FROM mx_workspace WHERE workspace_id = $1 FOR SHARE",
        workspace_id
    )
    .fetch_optional(tx)
    .await?;
    Ok(())
}

/// Reads it, under the scope's lock.
pub async fn dream_policy(tx: &mut Connection, scope: i64) -> Result<DreamPolicy> {
    let row = sqlx::query!(
        r#"-- dreams.policy
        SELECT mx_may_dream_1(scope_id, true) AS denied, mx_user_setting_1(workspace_id, scope_id, 'dream_mode') AS "mode!",
               mx_setting_1(workspace_id, 'dream_curator') AS "curator!", mx_user_setting_1(workspace_id, scope_id, 'dream_max_writes')::bigint AS "max_ops!",
               mx_user_setting_1(workspace_id, scope_id, 'dream_max_files')::bigint AS "max_files!", mx_user_setting_1(workspace_id, scope_id, 'dream_max_bytes')::bigint AS "max_bytes!",
               mx_setting_1(workspace_id, 'dream_max_read_bytes')::bigint AS "max_read_bytes!",
               mx_setting_1(workspace_id, 'dream_max_seconds')::bigint AS "max_seconds!"
          FROM mx_dream_state WHERE scope_id = $1"#,
        scope
    )
    .fetch_one(tx)
    .await?;
    let small = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
    let large = |value: i64| u64::try_from(value).unwrap_or(0);
    let budget = Budget {
        max_ops: small(row.max_ops),
        max_files: small(row.max_files),
        max_bytes: large(row.max_bytes),
        max_read_bytes: large(row.max_read_bytes),
        max_seconds: small(row.max_seconds),
    };
    Ok(DreamPolicy { denied: row.denied, mode: row.mode, curator: row.curator, budget })
}

/// The requested or running dream of a scope. One that follows another and still waits for a worker gives way to what a
/// person asks for.
pub async fn open_dream(tx: &mut Connection, scope: i64) -> Result<Option<Uuid>> {
    let open = sqlx::query!(
        r#"-- dreams.open
        SELECT dream_id, state = 'requested' AND follows IS NOT NULL AS "gives_way!"
          FROM mx_dream WHERE scope_id = $1 AND state IN ('requested', 'running')"#,
        scope
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(open) = open else { return Ok(None) };
    if open.gives_way {
        super::end_dream(tx, scope, open.dream_id, DreamState::Canceled, "a person asked for another dream").await?;
        return Ok(None);
    }
    Ok(Some(open.dream_id))
}

/// A dream that a person asks for.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct NewDream {
    pub scope: i64,
    pub workspace_id: i64,
    pub mode: String,
    pub curator: String,
    pub near: bool,
    pub requested_by: String,
    pub instructions: String,
    pub as_of: Option<NaiveDate>,
    pub trace_parent: String,
    pub budget: Budget,
}

/// Adds it as `requested` and arms the scope again; gives its id. Under the scope's lock, which has no open dream.
pub async fn insert_dream(tx: &mut Connection, dream: &NewDream) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let budget = &dream.budget;
    sqlx::query!(
        "-- dreams.insert
        INSERT INTO mx_dream (scope_id, dream_id, workspace_id, state, mode, curator, requested, requested_by, instructions, as_of, trace_parent,
                              max_ops, max_files, max_bytes, max_read_bytes, max_seconds, trace_id, near)
        VALUES ($1, $2, $3, 'requested', $4, $5, true, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        dream.scope,
        id,
        dream.workspace_id,
        dream.mode,
        dream.curator,
        dream.requested_by,
        dream.instructions,
        dream.as_of,
        dream.trace_parent,
        i32::try_from(budget.max_ops).unwrap_or(i32::MAX),
        i32::try_from(budget.max_files).unwrap_or(i32::MAX),
        i64::try_from(budget.max_bytes).unwrap_or(i64::MAX),
        i64::try_from(budget.max_read_bytes).unwrap_or(i64::MAX),
        i32::try_from(budget.max_seconds).unwrap_or(i32::MAX),
        trace(),
        if dream.near { "review" } else { "off" }
    )
    .execute(&mut *tx)
    .await?;
    super::rearm(tx, dream.scope).await?;
    Ok(id)
}
