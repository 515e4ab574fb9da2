//! Hashed tokens: looked up, made, listed and revoked.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Store;
use crate::error::Result;
use crate::store::pool::Connection;

/// A token as it is stored.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Its id.
    pub token_id: Uuid,
    /// Its workspace; `None` for a worker's.
    pub workspace_id: Option<i64>,
    /// Its role's code.
    pub role: i16,
    /// The user it is bound to.
    pub user_id: Option<String>,
    /// The proposal through which alone it reads.
    pub proposal: Option<String>,
    /// The name for revisions and log rows.
    pub actor: String,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Store {
    /// The token with that hash, where it is not revoked.
    pub async fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>> {
        let row = sqlx::query_as!(
            TokenRow,
            "-- tokens.by_hash
            SELECT token_id, workspace_id, role, user_id, proposal, actor, expires_at FROM mx_token WHERE hash = $1 AND revoked_at IS NULL",
            hash.as_slice()
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(row)
    }
}

/// A token to store.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct NewToken<'a> {
    pub token_id: Uuid,
    pub hash: [u8; 32],
    pub workspace_id: i64,
    pub role: i16,
    pub user_id: Option<&'a str>,
    pub proposal: Option<String>,
    pub actor: &'a str,
    pub expires_at: Option<DateTime<Utc>>,
    pub created_by: &'a str,
}

/// Stores a token, or where its id is known gives it a new secret, which voids the first; false where it was revoked.
pub async fn put_token(tx: &mut Connection, token: &NewToken<'_>) -> Result<bool> {
    let done = sqlx::query!(
        "-- tokens.put
        INSERT INTO mx_token (token_id, hash, workspace_id, role, user_id, actor, expires_at, created_by, proposal) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT ON CONSTRAINT mx_token_pk DO UPDATE SET hash = EXCLUDED.hash WHERE mx_token.revoked_at IS NULL",
        token.token_id,
        token.hash.as_slice(),
        token.workspace_id,
        token.role,
        token.user_id,
        token.actor,
        token.expires_at,
        token.created_by,
        token.proposal
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which tokens to list; newest first, from below `before`.
#[derive(Clone, Debug)]
pub struct TokenFilter<'a> {
    /// Bound to this user; `None`: all.
    pub user: Option<&'a str>,
    /// Revoked and expired ones too.
    pub ended: bool,
    /// The last token of the page before.
    pub before: Option<(DateTime<Utc>, Uuid)>,
    /// How many at most.
    pub limit: i64,
}

/// A token as it is listed: never its hash.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ListedToken {
    pub token_id: Uuid,
    pub role: i16,
    pub user_id: Option<String>,
    pub proposal: Option<String>,
    pub actor: String,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Tokens of a workspace, newest first.
    pub async fn list_tokens(&self, workspace_id: i64, filter: &TokenFilter<'_>) -> Result<Vec<ListedToken>> {
        let (before_at, before_id) = filter.before.unzip();
        let rows = sqlx::query_as!(
            ListedToken,
            "-- tokens.list
            SELECT token_id, role, user_id, proposal, actor, created_at, created_by, expires_at, revoked_at FROM mx_token
             WHERE workspace_id = $1 AND ($2::text IS NULL OR user_id = $2)
               AND NOT EXISTS (SELECT FROM mx_scope s WHERE s.workspace_id = $1 AND s.kind = 1 AND s.user_id = mx_token.user_id AND s.erasing)
               AND ($3 OR revoked_at IS NULL AND (expires_at IS NULL OR expires_at > mx_now()))
               AND (created_at, token_id) < (coalesce($4, 'infinity'::timestamptz), coalesce($5, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
             ORDER BY created_at DESC, token_id DESC LIMIT $6",
            workspace_id,
            filter.user,
            filter.ended,
            before_at,
            before_id,
            filter.limit
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }
}

/// Revokes a token of a workspace: whether it was not revoked before, or `None` where the workspace has no such token.
pub async fn revoke_token(tx: &mut Connection, workspace_id: i64, token_id: Uuid) -> Result<Option<bool>> {
    let before = sqlx::query!(
        "-- tokens.lock\nSELECT revoked_at FROM mx_token WHERE token_id = $1 AND workspace_id = $2 FOR UPDATE",
        token_id,
        workspace_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(before) = before else { return Ok(None) };
    if before.revoked_at.is_some() {
        return Ok(Some(false));
    }
    let done = sqlx::query!(
        "-- tokens.revoke
        WITH clock AS MATERIALIZED (SELECT mx_now() AS now)
        UPDATE mx_token SET revoked_at = clock.now FROM clock WHERE token_id = $1 AND revoked_at IS NULL",
        token_id
    )
    .execute(tx)
    .await?;
    Ok(Some(done.rows_affected() == 1))
}
