//! Erasures: begun, told, gone on with batch by batch, and lifted by a readmission.

use chrono::{DateTime, Utc};
use memex_core::user_id::UserId;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::Store;
use super::scopes::no_key;
use crate::erasure_key::ErasureKey;
use crate::error::{Error, Result, erased, readmitted};
use crate::store::pool::Connection;

/// How many rows go in one statement: with their texts they are deleted well within its time.
const BATCH: i64 = 500;

/// What a beginning did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It stands since now, or since before.
    Standing {
        /// The tokens that it revoked.
        tokens: Vec<Uuid>,
    },
    /// There is no such user.
    NoUser,
    /// The tombstones are of another key.
    OtherKey,
}

/// How far an erasure is.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ErasureRow {
    pub erasure_id: i64,
    pub requested_at: DateTime<Utc>,
    pub done_at: Option<DateTime<Utc>>,
    pub deleted_rows: i64,
    pub token_id: Uuid,
}

/// What a batch did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// There is more to delete.
    More,
    /// Nothing, until older transactions have ended.
    Waits,
    /// The erasure is done.
    Done,
    /// Another process is at it.
    Elsewhere,
}

/// Waits for whoever is about the erasure of the same user, until the transaction ends.
pub async fn lock_user(tx: &mut Connection, hmac: &[u8; 32]) -> Result<()> {
    sqlx::query!("-- erasures.lock\nSELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))", &hmac[..])
        .fetch_one(tx)
        .await?;
    Ok(())
}

/// Begins the erasure of a user: refused from the commit on.
pub async fn begin(
    tx: &mut Connection,
    workspace_id: i64,
    user: &UserId,
    key: &ErasureKey,
    token: Uuid,
) -> Result<Begun> {
    let hmac = key.user(workspace_id, user);
    let row = sqlx::query!(
        r#"-- erasures.begin
        SELECT outcome AS "outcome!", tokens AS "tokens!" FROM mx_erase_begin_1($1, $2, $3, $4, $5)"#,
        workspace_id,
        user.as_str(),
        &hmac[..],
        &key.id()[..],
        token
    )
    .fetch_one(tx)
    .await?;
    Ok(match row.outcome {
        0 | 1 => Begun::Standing { tokens: row.tokens },
        2 => Begun::NoUser,
        _ => Begun::OtherKey,
    })
}

/// The newest erasure of a user; `None` where there was none.
pub async fn newest(
    executor: impl PgExecutor<'_>,
    workspace_id: i64,
    user: &UserId,
    key: &ErasureKey,
) -> Result<Option<ErasureRow>> {
    let row = sqlx::query_as!(
        ErasureRow,
        "-- erasures.newest
        SELECT erasure_id, requested_at, done_at, deleted_rows, token_id FROM mx_erasure
         WHERE workspace_id = $1 AND user_hmac = $2 ORDER BY erasure_id DESC LIMIT 1",
        workspace_id,
        &key.user(workspace_id, user)[..]
    )
    .fetch_optional(executor)
    .await?;
    Ok(row)
}

/// Lets an erased id be written again; false where the erasure is not done, or was lifted before.
pub async fn readmit(tx: &mut Connection, erasure_id: i64, token: Uuid) -> Result<bool> {
    let done = sqlx::query!(
        "-- erasures.readmit
        WITH clock AS MATERIALIZED (SELECT mx_now() AS now)
        UPDATE mx_erasure SET readmitted_at = clock.now, readmitted_by = $2 FROM clock
         WHERE erasure_id = $1 AND done_at IS NOT NULL AND readmitted_at IS NULL",
        erasure_id,
        token
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Refuses a user who is named outside of any memory, as a token's is, where they stand erased. To be asked after the row
/// that names them was written, in its transaction: then either this sees the erasure, or the erasure waits for the row.
///
/// # Errors
/// USER_ERASED; WRONG_STATE where nobody can tell, because the key is not that of the tombstones.
pub async fn refuse_erased(
    tx: &mut Connection,
    workspace_id: i64,
    user: &UserId,
    key: Option<&ErasureKey>,
) -> Result<()> {
    let row = sqlx::query!(
        r#"-- erasures.stands
        SELECT EXISTS (SELECT FROM mx_erasure WHERE workspace_id = $1 AND user_hmac = $2::bytea AND readmitted_at IS NULL)
            OR EXISTS (SELECT FROM mx_scope WHERE workspace_id = $1 AND kind = 1 AND user_id = $3 AND erasing) AS "erased!",
               EXISTS (SELECT FROM mx_erasure_key WHERE key_id IS DISTINCT FROM $4::bytea)
           AND NOT EXISTS (SELECT FROM mx_scope WHERE workspace_id = $1 AND kind = 1 AND user_id = $3) AS "unknown!""#,
        workspace_id,
        key.map(|key| key.user(workspace_id, user).to_vec()),
        user.as_str(),
        key.map(|key| key.id().to_vec())
    )
    .fetch_one(tx)
    .await?;
    match row {
        row if row.erased => Err(erased().into()),
        row if row.unknown => Err(no_key().into()),
        _ => Ok(()),
    }
}

/// Why a scope that was looked up is not there: its user was erased, or has another since.
pub async fn gone(tx: &mut Connection, scope: i64) -> Result<Error> {
    let stands = sqlx::query_scalar!(
        r#"-- erasures.gone
        SELECT EXISTS (SELECT FROM mx_erasure WHERE scope_id = $1 AND readmitted_at IS NULL) AS "stands!""#,
        scope
    )
    .fetch_one(tx)
    .await?;
    Ok(if stands { erased() } else { readmitted() }.into())
}

impl Store {
    /// Erasures that are not done, the oldest first.
    pub async fn running_erasures(&self) -> Result<Vec<i64>> {
        let ids = sqlx::query_scalar!(
            "-- erasures.running\nSELECT erasure_id FROM mx_erasure WHERE done_at IS NULL ORDER BY erasure_id LIMIT 1000"
        )
        .fetch_all(self.pool())
        .await?;
        Ok(ids)
    }

    /// Deletes the next rows of an erasure.
    pub async fn erase_batch(&self, erasure_id: i64) -> Result<Batch> {
        let state = sqlx::query_scalar!(
            r#"-- erasures.batch
            SELECT state AS "state!" FROM mx_erase_1($1, $2)"#,
            erasure_id,
            BATCH
        )
        .fetch_one(self.pool())
        .await?;
        Ok(match state {
            0 => Batch::More,
            1 => Batch::Waits,
            2 => Batch::Done,
            _ => Batch::Elsewhere,
        })
    }
}
