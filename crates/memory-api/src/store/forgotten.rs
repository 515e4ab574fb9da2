//! What may not come back through a dream: the scope's key and digests, and the revisions that they are derived from.

use std::collections::HashSet;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::forgotten::{Digest, ForgetKey};
use crate::store::erasures::gone;
use crate::store::pool::Connection;

/// A revision and the text before it.
#[derive(Clone, Debug)]
pub struct ChangeRow {
    /// Its sequence.
    pub sequence: i64,
    /// What it is.
    pub operation: i16,
    /// The text of the file before.
    pub before: Option<String>,
    /// The text after.
    pub after: Option<String>,
    /// The role of the token that made it; `None`: that token is gone.
    pub role: Option<i16>,
    /// Whether a dream made it.
    pub dreamt: bool,
    /// Whether an archive brought it.
    pub imported: bool,
    /// Whether either text was redacted.
    pub redacted: bool,
}

/// The key of a scope, made where it has none, and the sequence up to which removals are known.
///
/// # Errors
/// USER_ERASED where the scope is gone meanwhile.
pub async fn key(tx: &mut Connection, scope: i64) -> Result<(ForgetKey, i64)> {
    let known = sqlx::query!(
        "-- forgotten.key\nSELECT forget_key, forgotten_sequence FROM mx_dream_state WHERE scope_id = $1",
        scope
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(found) = known else { return Err(gone(tx, scope).await?) };
    if let Some(bytes) = found.forget_key {
        return Ok((ForgetKey::of(&bytes)?, found.forgotten_sequence));
    }
    let new = ForgetKey::new_bytes();
    let bytes = sqlx::query_scalar!(
        r#"-- forgotten.new_key
        UPDATE mx_dream_state SET forget_key = coalesce(forget_key, $2) WHERE scope_id = $1 RETURNING forget_key AS "key!""#,
        scope,
        new.as_slice()
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(bytes) = bytes else { return Err(gone(tx, scope).await?) };
    Ok((ForgetKey::of(&bytes)?, found.forgotten_sequence))
}

/// The key of a scope in which something is forgotten.
pub async fn key_in_use(tx: &mut Connection, scope: i64) -> Result<Option<ForgetKey>> {
    let bytes = sqlx::query_scalar!(
        "-- forgotten.key_in_use
        SELECT forget_key FROM mx_dream_state WHERE scope_id = $1 AND EXISTS (SELECT FROM mx_forgotten WHERE scope_id = $1)",
        scope
    )
    .fetch_optional(tx)
    .await?;
    bytes.flatten().map(|bytes| ForgetKey::of(&bytes)).transpose()
}

/// Which of these are forgotten.
pub async fn known(tx: &mut Connection, scope: i64, digests: &[Digest]) -> Result<HashSet<Digest>> {
    if digests.is_empty() {
        return Ok(HashSet::new());
    }
    let (kinds, macs) = columns(digests);
    let rows = sqlx::query!(
        "-- forgotten.known
        SELECT f.kind, f.digest FROM mx_forgotten f JOIN unnest($2::smallint[], $3::bytea[]) AS a(kind, digest) ON f.kind = a.kind AND f.digest = a.digest
         WHERE f.scope_id = $1",
        scope,
        &kinds,
        &macs
    )
    .fetch_all(tx)
    .await?;
    let digest = |kind, mac: Vec<u8>| {
        let mac = mac.try_into().map_err(|_| Error::Unexpected("a stored digest has another length"))?;
        Ok(Digest { kind, mac })
    };
    rows.into_iter().map(|row| digest(row.kind, row.digest)).collect()
}

/// Remembers these; `dream`: in which dream they were found or said no to.
pub async fn forget(tx: &mut Connection, scope: i64, dream: Option<Uuid>, digests: &[Digest]) -> Result<()> {
    if digests.is_empty() {
        return Ok(());
    }
    let (kinds, macs) = columns(digests);
    sqlx::query!(
        "-- forgotten.forget
        INSERT INTO mx_forgotten (scope_id, kind, digest, dream_id)
        SELECT DISTINCT $1::bigint, a.kind, a.digest, $4::uuid FROM unnest($2::smallint[], $3::bytea[]) AS a(kind, digest) ON CONFLICT DO NOTHING",
        scope,
        &kinds,
        &macs,
        dream
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Lifts these.
pub async fn lift(tx: &mut Connection, scope: i64, digests: &[Digest]) -> Result<()> {
    if digests.is_empty() {
        return Ok(());
    }
    let (kinds, macs) = columns(digests);
    sqlx::query!(
        "-- forgotten.lift
        DELETE FROM mx_forgotten f USING unnest($2::smallint[], $3::bytea[]) AS a(kind, digest)
         WHERE f.scope_id = $1 AND f.kind = a.kind AND f.digest = a.digest",
        scope,
        &kinds,
        &macs
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes up to which sequence removals are known, from where they were; false where another has noted it meanwhile.
pub async fn pass(tx: &mut Connection, scope: i64, base: i64, through: i64) -> Result<bool> {
    let done = sqlx::query!(
        "-- forgotten.pass
        UPDATE mx_dream_state SET forgotten_sequence = $3 WHERE scope_id = $1 AND forgotten_sequence = $2",
        scope,
        base,
        through
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The next revisions after a sequence, in order, each with the text before it.
pub async fn changes_after(tx: &mut Connection, scope: i64, after: i64, limit: i64) -> Result<Vec<ChangeRow>> {
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"-- forgotten.changes
        SELECT r.sequence, r.operation, p.text AS "before?", r.text AS after, t.role AS "role?",
               (r.dream_id IS NOT NULL OR r.imported_dream IS NOT NULL) AS "dreamt!", r.imported_actor IS NOT NULL AS "imported!",
               (r.redacted OR coalesce(p.redacted, false)) AS "redacted!"
          FROM mx_revision r
          LEFT JOIN mx_revision p ON p.scope_id = r.scope_id AND p.file_id = r.file_id AND p.version = r.version - 1
          LEFT JOIN mx_token t ON t.token_id = r.principal
         WHERE r.scope_id = $1 AND r.sequence > $2 ORDER BY r.sequence LIMIT $3"#,
        scope,
        after,
        limit
    )
    .fetch_all(tx)
    .await?;
    Ok(rows)
}

fn columns(digests: &[Digest]) -> (Vec<i16>, Vec<Vec<u8>>) {
    digests.iter().map(|digest| (digest.kind, digest.mac.to_vec())).unzip()
}
