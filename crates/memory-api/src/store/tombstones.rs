//! Tombstones between databases: those that a backup does not know are brought into what was restored from it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Store;
use crate::erasure_key::ErasureKey;
use crate::error::Result;

/// How many users are read at once.
const PAGE: i64 = 10_000;

/// One erasure, as it is taken to another database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    /// The workspace's number, which the mark is made of too.
    pub workspace_id: i64,
    /// The workspace's name, which tells it from another that has its number elsewhere.
    pub workspace: String,
    /// What says who it was, to whoever has the key.
    pub user: String,
    /// The token that asked.
    pub token_id: Uuid,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// The token that let the id be written again; `None` while it may not be.
    pub readmitted_by: Option<Uuid>,
}

/// A user of whom there is memory, or a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Their workspace.
    pub workspace_id: i64,
    /// Their id.
    pub user_id: String,
    /// The scope of their memory and when it was begun; `None` where there is only a token.
    pub memory: Option<(i64, DateTime<Utc>)>,
}

impl Store {
    /// Every erasure in a workspace that there is, the oldest first.
    pub async fn tombstones(&self) -> Result<Vec<Tombstone>> {
        let tombstones = sqlx::query_as!(
            Tombstone,
            r#"-- tombstones.all
            SELECT e.workspace_id, w.name AS workspace, encode(e.user_hmac, 'hex') AS "user!", e.token_id, e.requested_at, e.readmitted_by
              FROM mx_erasure e JOIN mx_workspace w USING (workspace_id) ORDER BY e.erasure_id"#
        )
        .fetch_all(self.pool())
        .await?;
        Ok(tombstones)
    }

    /// What tells the key of this database's tombstones from another; `None` where nobody was erased yet.
    pub async fn tombstone_key(&self) -> Result<Option<Vec<u8>>> {
        let key = sqlx::query_scalar!("-- tombstones.key\nSELECT key_id FROM mx_erasure_key")
            .fetch_optional(self.pool())
            .await?;
        Ok(key)
    }

    /// Every workspace: its number and its name.
    pub async fn workspaces(&self) -> Result<HashSet<(i64, String)>> {
        let rows = sqlx::query!("-- tombstones.workspaces\nSELECT workspace_id, name FROM mx_workspace")
            .fetch_all(self.pool())
            .await?;
        Ok(rows.into_iter().map(|row| (row.workspace_id, row.name)).collect())
    }

    /// The next users whose memory comes after this scope, from 0 on; none after the last.
    pub async fn users_after(&self, scope: i64) -> Result<Vec<Known>> {
        let rows = sqlx::query!(
            "-- tombstones.users
            SELECT scope_id, workspace_id, user_id, created_at FROM mx_scope WHERE kind = 1 AND NOT erasing AND scope_id > $1 ORDER BY scope_id LIMIT $2",
            scope,
            PAGE
        )
        .fetch_all(self.pool())
        .await?;
        let known = rows.into_iter().map(|row| Known {
            workspace_id: row.workspace_id,
            user_id: row.user_id,
            memory: Some((row.scope_id, row.created_at)),
        });
        Ok(known.collect())
    }

    /// Users of whom there are tokens and no memory.
    pub async fn users_of_tokens(&self) -> Result<Vec<Known>> {
        let rows = sqlx::query!(
            r#"-- tombstones.tokens
            SELECT DISTINCT workspace_id AS "workspace_id!", user_id AS "user_id!" FROM mx_token t WHERE workspace_id IS NOT NULL AND user_id IS NOT NULL
               AND NOT EXISTS (SELECT FROM mx_scope s WHERE s.workspace_id = t.workspace_id AND s.kind = 1 AND s.user_id = t.user_id)"#
        )
        .fetch_all(self.pool())
        .await?;
        let known =
            rows.into_iter().map(|row| Known { workspace_id: row.workspace_id, user_id: row.user_id, memory: None });
        Ok(known.collect())
    }

    /// Keeps the tombstone of somebody of whom nothing is here, so that their id stays refused. Its scope is one that
    /// nobody had: the number of theirs may have been given to somebody else in this database.
    pub async fn keep_tombstone(&self, tombstone: &Tombstone, key: &ErasureKey) -> Result<()> {
        sqlx::query!(
            "-- tombstones.keep
            WITH key AS (INSERT INTO mx_erasure_key (key_id) VALUES ($5) ON CONFLICT ON CONSTRAINT mx_erasure_key_pk DO NOTHING)
            INSERT INTO mx_erasure (workspace_id, user_hmac, scope_id, sequence, feed_xid, token_id, requested_at, done_at)
            VALUES ($1, decode($2, 'hex'), nextval(pg_get_serial_sequence('mx_scope', 'scope_id')), 1, pg_current_xact_id(), $3, $4, mx_now())
            ON CONFLICT (workspace_id, user_hmac) WHERE readmitted_at IS NULL DO UPDATE SET requested_at = EXCLUDED.requested_at",
            tombstone.workspace_id,
            tombstone.user,
            tombstone.token_id,
            tombstone.requested_at,
            &key.id()[..]
        )
        .execute(self.pool())
        .await?;
        Ok(())
    }
}
