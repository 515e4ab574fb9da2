//! What a redaction reads and empties: the revision itself, what dreams staged of it, and the answers that tell of it.

use sqlx::PgExecutor;
use uuid::Uuid;

use super::Store;
use crate::error::Result;
use crate::store::pool::Connection;

/// The revision that is to be emptied.
#[derive(Clone, Debug)]
pub struct Redactable {
    /// Its file.
    pub file_id: Uuid,
    /// The path that it was written at.
    pub path: String,
    /// Its version.
    pub version: i64,
    /// Its text; `None`: a deletion, or it was redacted.
    pub text: Option<String>,
    /// Whether it was redacted already.
    pub redacted: bool,
    /// The dream that made it where it was imported from.
    pub imported_dream: Option<String>,
    /// Whether it is the file's current one.
    pub head: bool,
    /// The scope's newest sequence.
    pub newest: i64,
}

/// An op that no revision adopted, with its text.
#[derive(Clone, Debug)]
pub struct UnadoptedOp {
    /// Its dream.
    pub dream_id: Uuid,
    /// Its number there.
    pub number: i32,
    /// The text after it.
    pub text: String,
}

/// A remembered answer.
#[derive(Clone, Debug)]
pub struct RememberedAnswer {
    /// Who asked.
    pub principal: Uuid,
    /// Under which id.
    pub request_id: Uuid,
    /// The call that was answered, by its code.
    pub operation: i16,
    /// What was answered, encoded.
    pub answer: Vec<u8>,
}

/// A revision as a redaction looks at it; `None` where there is none. Not logged.
pub async fn redactable(executor: impl PgExecutor<'_>, scope: i64, sequence: i64) -> Result<Option<Redactable>> {
    let row = sqlx::query_as!(
        Redactable,
        r#"-- redactions.target
        SELECT r.file_id, r.path, r.version, r.text, r.redacted, r.imported_dream, s.sequence AS newest,
               EXISTS (SELECT FROM mx_file f WHERE f.scope_id = $1 AND f.file_id = r.file_id AND f.version = r.version AND NOT f.deleted) AS "head!"
          FROM mx_revision r JOIN mx_scope s ON s.scope_id = r.scope_id WHERE r.scope_id = $1 AND r.sequence = $2"#,
        scope,
        sequence
    )
    .fetch_optional(executor)
    .await?;
    Ok(row)
}

impl Store {
    /// The last text of a file before a version, of those that are not redacted.
    pub async fn text_before(&self, scope: i64, file_id: Uuid, version: i64) -> Result<Option<String>> {
        let text = sqlx::query_scalar!(
            r#"-- redactions.before
            SELECT text AS "text!" FROM mx_revision WHERE scope_id = $1 AND file_id = $2 AND version < $3 AND text IS NOT NULL
             ORDER BY version DESC LIMIT 1"#,
            scope,
            file_id,
            version
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(text)
    }
}

/// At most `limit` texts of a scope with their sequences, newest first, from below `below` down to above `above`.
pub async fn texts_between(
    executor: impl PgExecutor<'_>,
    scope: i64,
    (above, below): (i64, i64),
    limit: i64,
) -> Result<Vec<(i64, String)>> {
    let rows = sqlx::query!(
        r#"-- redactions.texts
        SELECT sequence, text AS "text!" FROM mx_revision WHERE scope_id = $1 AND sequence > $2 AND sequence < $3 AND text IS NOT NULL
         ORDER BY sequence DESC LIMIT $4"#,
        scope,
        above,
        below,
        limit
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.sequence, row.text)).collect())
}

/// Empties the revision, the op that it adopted and the digests of its requests, under the scope's lock.
pub async fn redact(tx: &mut Connection, scope: i64, sequence: i64, reason: &str) -> Result<()> {
    sqlx::query!("-- redactions.redact\nSELECT mx_redact_1($1, $2, $3)", scope, sequence, reason).fetch_one(tx).await?;
    Ok(())
}

/// The dreams of a scope that wait for a person.
pub async fn proposals(tx: &mut Connection, scope: i64) -> Result<Vec<Uuid>> {
    let dreams = sqlx::query_scalar!(
        "-- redactions.proposals\nSELECT dream_id FROM mx_dream WHERE scope_id = $1 AND state = 'proposed' ORDER BY created_at",
        scope
    )
    .fetch_all(tx)
    .await?;
    Ok(dreams)
}

/// At most `limit` ops of a scope that no revision adopted, after this dream and number.
pub async fn unadopted_ops(
    tx: &mut Connection,
    scope: i64,
    (dream, number): (Uuid, i32),
    limit: i64,
) -> Result<Vec<UnadoptedOp>> {
    let ops = sqlx::query_as!(
        UnadoptedOp,
        r#"-- redactions.unadopted
        SELECT dream_id, number, text AS "text!" FROM mx_dream_op
         WHERE scope_id = $1 AND adopted_sequence IS NULL AND text IS NOT NULL AND (dream_id, number) > ($2::uuid, $3::integer)
         ORDER BY dream_id, number LIMIT $4"#,
        scope,
        dream,
        number,
        limit
    )
    .fetch_all(tx)
    .await?;
    Ok(ops)
}

/// Empties these ops, and what their dreams said of them.
pub async fn empty_ops(tx: &mut Connection, scope: i64, ops: &[(Uuid, i32)], reason: &str) -> Result<()> {
    let (dreams, numbers): (Vec<Uuid>, Vec<i32>) = ops.iter().copied().unzip();
    sqlx::query!(
        "-- redactions.empty_ops
        WITH dream AS (UPDATE mx_dream SET summary = '', decision_reason = '' WHERE scope_id = $1 AND dream_id = ANY ($2))
        UPDATE mx_dream_op o SET text = NULL, size = 0, sha256 = '', reason = $4, redacted = true
          FROM unnest($2::uuid[], $3::integer[]) AS e(dream_id, number)
         WHERE o.scope_id = $1 AND o.dream_id = e.dream_id AND o.number = e.number",
        scope,
        &dreams,
        &numbers,
        reason
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The dreams of a scope that list probable pairs, each with them, encoded.
pub async fn listed_pairs(tx: &mut Connection, scope: i64) -> Result<Vec<(Uuid, Vec<Vec<u8>>)>> {
    let rows = sqlx::query!(
        "-- redactions.pairs\nSELECT dream_id, probable FROM mx_dream WHERE scope_id = $1 AND cardinality(probable) > 0",
        scope
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.dream_id, row.probable)).collect())
}

/// Puts other probable pairs in the place of those that a dream lists.
pub async fn replace_pairs(tx: &mut Connection, scope: i64, dream: Uuid, pairs: &[Vec<u8>]) -> Result<()> {
    sqlx::query!(
        "-- redactions.replace_pairs\nUPDATE mx_dream SET probable = $3 WHERE scope_id = $1 AND dream_id = $2",
        scope,
        dream,
        pairs
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What an archive told of a dream, itself and its ops: each line with its kind and its place.
pub async fn imported_of(tx: &mut Connection, scope: i64, dream: &str) -> Result<Vec<(i16, i64, String)>> {
    let rows = sqlx::query!(
        "-- redactions.imported
        SELECT kind, number, line FROM mx_imported WHERE scope_id = $1 AND kind IN (1, 2) AND position($2 IN line) > 0 ORDER BY kind, number",
        scope,
        dream
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.number, row.line)).collect())
}

/// Puts another line in the place of one that an archive brought.
pub async fn replace_imported(tx: &mut Connection, scope: i64, (kind, number): (i16, i64), line: &str) -> Result<()> {
    sqlx::query!(
        "-- redactions.replace_imported
        UPDATE mx_imported SET line = $4 WHERE scope_id = $1 AND kind = $2 AND number = $3",
        scope,
        kind,
        number,
        line
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The remembered answers of a scope that name this id.
pub async fn answers_naming(tx: &mut Connection, scope: i64, id: &str) -> Result<Vec<RememberedAnswer>> {
    let answers = sqlx::query_as!(
        RememberedAnswer,
        r#"-- redactions.answers
        SELECT principal, request_id, operation, answer AS "answer!" FROM mx_request WHERE scope_id = $1 AND position(convert_to($2, 'UTF8') IN answer) > 0"#,
        scope,
        id
    )
    .fetch_all(tx)
    .await?;
    Ok(answers)
}

/// Puts another answer in the place of a remembered one; `None`: it is forgotten, and the id stays used.
pub async fn replace_answer(
    tx: &mut Connection,
    scope: i64,
    of: &RememberedAnswer,
    answer: Option<&[u8]>,
) -> Result<()> {
    sqlx::query!(
        "-- redactions.replace_answer
        UPDATE mx_request SET answer = coalesce($4::bytea, ''::bytea), digest = CASE WHEN $4::bytea IS NULL THEN ''::bytea ELSE digest END
         WHERE scope_id = $1 AND principal = $2 AND request_id = $3",
        scope,
        of.principal,
        of.request_id,
        answer
    )
    .execute(tx)
    .await?;
    Ok(())
}
