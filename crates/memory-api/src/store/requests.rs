//! Remembered answers of mutations that change no file: what makes their repeats safe.

use uuid::Uuid;

use memex_core::actor::Operation;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;

use crate::error::Result;
use crate::guards::Guards;
use crate::store::pool::Connection;

/// A mutation's identity: who, which id, and a digest over its decoded fields.
#[derive(Clone, Copy, Debug)]
pub struct RequestKey {
    /// The scope under which it is kept: the user's, or the workspace's shared one.
    pub scope: i64,
    /// Who.
    pub principal: Uuid,
    /// The caller's id.
    pub id: Uuid,
    /// SHA-256 over method, user and fields.
    pub digest: [u8; 32],
}

/// The answer given before to the same request, encoded.
///
/// # Errors
/// REQUEST_ID_REUSED where the id came with other content.
pub async fn remembered(tx: &mut Connection, guards: Guards, key: Option<&RequestKey>) -> Result<Option<Vec<u8>>> {
    let Some(key) = key.filter(|_| guards.requests) else { return Ok(None) };
    let row = sqlx::query!(
        "-- requests.get\nSELECT digest, answer FROM mx_request WHERE scope_id = $1 AND principal = $2 AND request_id = $3",
        key.scope,
        key.principal,
        key.id
    )
    .fetch_optional(tx)
    .await?;
    match row {
        None => Ok(None),
        Some(row) if row.digest == key.digest => Ok(Some(row.answer.unwrap_or_default())),
        Some(_) => Err(reused().into()),
    }
}

/// Remembers the answer, in the transaction that did it.
///
/// # Errors
/// REQUEST_ID_REUSED where another call with the same id was quicker: the transaction must be rolled back.
pub async fn remember(
    tx: &mut Connection,
    key: Option<&RequestKey>,
    operation: Operation,
    answer: &[u8],
) -> Result<()> {
    let Some(key) = key else { return Ok(()) };
    let done = sqlx::query!(
        "-- requests.put
        INSERT INTO mx_request (scope_id, principal, request_id, digest, operation, changed, answer) VALUES ($1, $2, $3, $4, $5, true, $6) ON CONFLICT DO NOTHING",
        key.scope,
        key.principal,
        key.id,
        key.digest.as_slice(),
        operation.code(),
        answer
    )
    .execute(tx)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(reused().into()) }
}

/// The refusal of an id that came with other content.
pub fn reused() -> Refusal {
    Refusal::new(
        ErrorReason::RequestIdReused,
        "this request_id was used before with other content; make a new one for each change",
    )
    .violation("request_id", "was used before with other content")
}
