//! Runtime keys, read fresh at every decision, and changed in the transaction that does what the change means.

use chrono::{DateTime, Utc};
use memex_core::keys::Level;

use super::{Store, dreams};
use crate::error::{Error, Result};
use crate::store::pool::Connection;

/// The keys that decide when a scope is due: a change of one arms the workspace's scopes again.
const ARMING: [&str; 3] = ["dream_grace_period_minutes", "dream_interval_minutes", "dream_min_changes"];

/// How many scopes are armed again in one transaction.
const REARM_BATCH: i32 = 200;

/// A key that is set at some level.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct SetKey {
    pub level: Level,
    pub key: String,
    pub value: String,
    pub updated_by: String,
    pub updated_at: DateTime<Utc>,
}

impl Store {
    /// A key's value in force for a workspace (0: the deployment).
    pub async fn setting(&self, workspace_id: i64, key: &str) -> Result<String> {
        let row = sqlx::query!("-- settings.get\nSELECT mx_setting_1($1, $2) AS value", workspace_id, key)
            .fetch_one(self.pool())
            .await?;
        row.value.ok_or(Error::Unexpected("a key has no row in mx_config_key: run `memory-api migrate`"))
    }

    /// Every key that is set for the deployment or the workspace.
    pub async fn set_keys_of(&self, workspace_id: i64) -> Result<Vec<SetKey>> {
        set_keys_in_force(&mut self.pool().acquire().await?, workspace_id).await
    }

    /// Sets keys, or with `None` resets them, all or nothing; returns how many open dreams that ended.
    pub async fn set_keys(&self, workspace_id: i64, values: &[(&str, Option<String>)], actor: &str) -> Result<usize> {
        let mut tx = self.begin().await?;
        let canceled = set_keys_in(&mut tx, workspace_id, values, actor).await?;
        tx.commit().await?;
        Ok(canceled)
    }

    /// Arms scopes again where a key changed; returns whether any workspace had something to arm.
    pub async fn rearm_changed(&self) -> Result<()> {
        let changed = sqlx::query_scalar!(
            "-- settings.changed\nSELECT workspace_id FROM mx_workspace WHERE rearm_from IS NOT NULL"
        )
        .fetch_all(self.pool())
        .await?;
        for workspace_id in changed {
            while sqlx::query_scalar!("-- settings.rearm\nSELECT mx_rearm_batch_1($1, $2)", workspace_id, REARM_BATCH)
                .fetch_one(self.pool())
                .await?
                .unwrap_or(false)
            {}
        }
        Ok(())
    }
}

/// The same within a transaction.
pub async fn set_keys_in_force(tx: &mut Connection, workspace_id: i64) -> Result<Vec<SetKey>> {
    let rows = sqlx::query!(
        "-- settings.list\nSELECT workspace_id, key, value, updated_by, updated_at FROM mx_config WHERE workspace_id IN (0, $1)",
        workspace_id
    )
    .fetch_all(tx)
    .await?;
    let level = |id| if id == 0 { Level::Deployment } else { Level::Workspace };
    Ok(rows
        .into_iter()
        .map(|row| SetKey {
            level: level(row.workspace_id),
            key: row.key,
            value: row.value,
            updated_by: row.updated_by,
            updated_at: row.updated_at,
        })
        .collect())
}

/// Locks a workspace: the first lock of a transaction that changes its keys.
pub async fn lock_workspace(tx: &mut Connection, workspace_id: i64) -> Result<()> {
    sqlx::query!(
        "-- settings.lock\nSELECT workspace_id FROM mx_workspace WHERE workspace_id = $1 FOR NO KEY UPDATE",
        workspace_id
    )
    .fetch_optional(tx)
    .await?;
    Ok(())
}

/// Sets keys in a transaction: ends open dreams where the switch is thrown, marks the workspace where scopes must be
/// armed again.
pub async fn set_keys_in(
    tx: &mut Connection,
    workspace_id: i64,
    values: &[(&str, Option<String>)],
    actor: &str,
) -> Result<usize> {
    for (key, value) in values {
        match value {
            Some(value) => put_key(tx, workspace_id, key, value, actor).await?,
            None => reset_key(tx, workspace_id, key).await?,
        }
    }
    if workspace_id != 0 && values.iter().any(|(key, _)| ARMING.contains(key)) {
        sqlx::query!("-- settings.mark\nUPDATE mx_workspace SET rearm_from = 0 WHERE workspace_id = $1", workspace_id)
            .execute(&mut *tx)
            .await?;
    }
    let off = values.iter().any(|(key, value)| *key == "dream_enabled" && value.as_deref() != Some("true"));
    if off {
        dreams::cancel_open_dreams_of_workspace(tx, workspace_id, "dreaming was switched off").await
    } else {
        Ok(0)
    }
}

async fn put_key(tx: &mut Connection, workspace_id: i64, key: &str, value: &str, actor: &str) -> Result<()> {
    sqlx::query!(
        "-- settings.put
        INSERT INTO mx_config (workspace_id, key, value, updated_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT mx_config_pk DO UPDATE SET value = EXCLUDED.value, updated_by = EXCLUDED.updated_by, updated_at = EXCLUDED.updated_at
          WHERE mx_config.value <> EXCLUDED.value",
        workspace_id,
        key,
        value,
        actor
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn reset_key(tx: &mut Connection, workspace_id: i64, key: &str) -> Result<()> {
    sqlx::query!("-- settings.reset\nDELETE FROM mx_config WHERE workspace_id = $1 AND key = $2", workspace_id, key)
        .execute(tx)
        .await?;
    Ok(())
}
