//! What a revert reads and marks beside the files.

use std::collections::HashSet;

use chrono::NaiveDate;
use memex_core::ids::DreamId;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::store::pool::Connection;

/// What a revert did to one file.
#[derive(Clone, Copy, Debug)]
pub struct RevertOp {
    /// Its revision.
    pub sequence: i64,
    /// The file before it; `None`: there was none.
    pub base_file: Option<Uuid>,
    /// Its version; 0: there was none.
    pub base_version: i64,
}

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

/// The dream that a revert undid.
pub async fn reverts_of(tx: &mut Connection, dream: DreamId) -> Result<Option<Uuid>> {
    let reverts = sqlx::query_scalar!(
        "-- dreams.reverts\nSELECT reverts FROM mx_dream WHERE scope_id = $1 AND dream_id = $2",
        dream.scope,
        dream.id
    )
    .fetch_optional(tx)
    .await?;
    Ok(reverts.flatten())
}

/// The files of a dream that reverts have undone.
pub async fn undone_paths(tx: &mut Connection, dream: DreamId) -> Result<HashSet<String>> {
    let paths = sqlx::query_scalar!(
        "-- dreams.undone
        SELECT DISTINCT path FROM mx_dream_op WHERE scope_id = $1 AND dream_id = $2 AND undone_by IS NOT NULL",
        dream.scope,
        dream.id
    )
    .fetch_all(tx)
    .await?;
    Ok(paths.into_iter().collect())
}

/// Keeps a revert, as a dream that was applied, with its ops; gives its id.
pub async fn insert_revert(
    tx: &mut Connection,
    dream: DreamId,
    by: &str,
    reason: &str,
    ops: &[RevertOp],
) -> Result<Uuid> {
    let files = i32::try_from(ops.len()).unwrap_or(i32::MAX);
    let id = sqlx::query_scalar!(
        "-- dreams.insert_revert
        INSERT INTO mx_dream (scope_id, dream_id, workspace_id, state, mode, curator, reverts, requested, requested_by, as_of, max_ops, max_files,
               max_bytes, max_read_bytes, max_seconds, ops, files, cause, decided_by, decided_at, decision_reason, created_at, ended_at)
        SELECT scope_id, gen_random_uuid(), workspace_id, 'applied', mode, curator, dream_id, true, $3, as_of, max_ops, max_files,
               max_bytes, max_read_bytes, max_seconds, $5, $5, 'a person reverted a dream', $3, mx_now(), $4, mx_now(), mx_now()
          FROM mx_dream WHERE scope_id = $1 AND dream_id = $2
        RETURNING dream_id",
        dream.scope,
        dream.id,
        by,
        reason,
        files
    )
    .fetch_one(&mut *tx)
    .await?;
    let sequences: Vec<i64> = ops.iter().map(|op| op.sequence).collect();
    let bases: Vec<Option<Uuid>> = ops.iter().map(|op| op.base_file).collect();
    let versions: Vec<i64> = ops.iter().map(|op| op.base_version).collect();
    let done = sqlx::query!(
        "-- dreams.insert_revert_ops
        INSERT INTO mx_dream_op (scope_id, dream_id, number, operation, path, base_file, base_version, expected_version, text, size, sha256,
               inserted_bytes, hidden_unicode, source, reason, treatments, adopted_sequence)
        SELECT r.scope_id, $2, o.number, r.operation, r.path, o.base_file, o.base_version, o.base_version, r.text, r.size, r.sha256,
               0, r.hidden_unicode, r.source, r.reason, '{}', r.sequence
          FROM unnest($3::bigint[], $4::uuid[], $5::bigint[]) WITH ORDINALITY AS o(sequence, base_file, base_version, number)
          JOIN mx_revision r ON r.scope_id = $1 AND r.sequence = o.sequence",
        dream.scope,
        id,
        &sequences,
        &bases as &[Option<Uuid>],
        &versions
    )
    .execute(tx)
    .await?;
    if done.rows_affected() != ops.len() as u64 {
        return Err(Error::Unexpected("a revert's revision does not exist"));
    }
    Ok(id)
}

/// Notes which revert has undone what a dream did to these files; `None`: it is in force again.
pub async fn mark_undone(tx: &mut Connection, dream: DreamId, by: Option<Uuid>, paths: &[String]) -> Result<()> {
    sqlx::query!(
        "-- dreams.mark_undone
        UPDATE mx_dream_op SET undone_by = $3 WHERE scope_id = $1 AND dream_id = $2 AND path = ANY ($4) AND adopted_sequence IS NOT NULL",
        dream.scope,
        dream.id,
        by,
        paths
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A dream of which everything is undone is reverted, and applied else.
pub async fn settle_reverted(tx: &mut Connection, dream: DreamId) -> Result<()> {
    let done = sqlx::query!(
        "-- dreams.settle_reverted
        UPDATE mx_dream d SET state = CASE WHEN EXISTS (
                 SELECT FROM mx_dream_op o WHERE o.scope_id = $1 AND o.dream_id = $2 AND o.adopted_sequence IS NOT NULL AND o.undone_by IS NULL)
               THEN 'applied' ELSE 'reverted' END
         WHERE d.scope_id = $1 AND d.dream_id = $2 AND d.state IN ('applied', 'reverted')",
        dream.scope,
        dream.id
    )
    .execute(tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(Error::Unexpected("a dream that is reverted was not applied"));
    }
    Ok(())
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
