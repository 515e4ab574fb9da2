//! Hashed tokens.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Store;
use crate::error::Result;

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
            SELECT token_id, workspace_id, role, user_id, actor, expires_at FROM mx_token WHERE hash = $1 AND revoked_at IS NULL",
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
    pub actor: &'a str,
    pub expires_at: Option<DateTime<Utc>>,
    pub created_by: &'a str,
}

/// Stores a token, or where its id is known gives it a new secret, which voids the first.
pub async fn put_token(tx: &mut PgConnection, token: &NewToken<'_>) -> Result<()> {
    sqlx::query!(
        "-- tokens.put
        INSERT INTO mx_token (token_id, hash, workspace_id, role, user_id, actor, expires_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT ON CONSTRAINT mx_token_pk DO UPDATE SET hash = EXCLUDED.hash WHERE mx_token.revoked_at IS NULL",
        token.token_id,
        token.hash.as_slice(),
        token.workspace_id,
        token.role,
        token.user_id,
        token.actor,
        token.expires_at,
        token.created_by
    )
    .execute(tx)
    .await?;
    Ok(())
}
