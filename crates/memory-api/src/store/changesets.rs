//! Changesets: what a dream staged, the texts under it, and what became of it.

use std::collections::HashMap;

use memex_core::ids::DreamId;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::Store;
use super::revisions::RevisionRow;
use crate::error::{Error, Result};
use crate::store::pool::Connection;

/// One staged op.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns of mx_dream_op by their names")]
pub struct StagedOp {
    pub number: i32,
    pub operation: i16,
    pub path: String,
    pub base_file: Option<Uuid>,
    pub base_version: i64,
    pub expected_version: i64,
    pub text: Option<String>,
    pub inserted_bytes: i64,
    pub source: i16,
    pub reason: String,
    pub treatments: Vec<Vec<u8>>,
    pub adopted_sequence: Option<i64>,
    pub redacted: bool,
}

/// The text of a file at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextAt {
    /// Which file.
    pub file_id: Uuid,
    /// The text; empty where the version is a deletion or redacted.
    pub text: String,
    /// Where it comes from.
    pub source: i16,
    /// Whether it was redacted.
    pub redacted: bool,
}

impl TextAt {
    /// A row's columns; a deletion has no text.
    fn of(file_id: Uuid, text: Option<String>, source: i16, redacted: bool) -> Self {
        Self { file_id, text: text.unwrap_or_default(), source, redacted }
    }
}

/// The current revision of a file that is not deleted.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct HeadText {
    pub path: String,
    pub file_id: Uuid,
    pub version: i64,
    pub text: String,
}

/// Where a file stands, deleted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    /// Which file.
    pub file_id: Uuid,
    /// Its version; a deletion counts.
    pub version: i64,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Where its current text comes from.
    pub source: i16,
}

impl FileState {
    /// The version that a change must expect: 0 where there is no file.
    pub fn expected(&self) -> i64 {
        if self.deleted { 0 } else { self.version }
    }
}

/// The ops of a dream, in order.
pub async fn staged_ops(executor: impl PgExecutor<'_>, dream: DreamId) -> Result<Vec<StagedOp>> {
    let ops = sqlx::query_as!(
        StagedOp,
        "-- changesets.ops
        SELECT number, operation, path, base_file, base_version, expected_version, text, inserted_bytes, source, reason, treatments, adopted_sequence, redacted
          FROM mx_dream_op WHERE scope_id = $1 AND dream_id = $2 ORDER BY number",
        dream.scope,
        dream.id
    )
    .fetch_all(executor)
    .await?;
    Ok(ops)
}

/// The ops of a dream after this number, in order, without their texts.
pub async fn staged_after(executor: impl PgExecutor<'_>, dream: DreamId, number: i32) -> Result<Vec<StagedOp>> {
    let ops = sqlx::query_as!(
        StagedOp,
        "-- changesets.ops_after
        SELECT number, operation, path, base_file, base_version, expected_version, NULL AS text, inserted_bytes, source, reason, treatments,
               adopted_sequence, redacted
          FROM mx_dream_op WHERE scope_id = $1 AND dream_id = $2 AND number > $3 ORDER BY number",
        dream.scope,
        dream.id,
        number
    )
    .fetch_all(executor)
    .await?;
    Ok(ops)
}

/// The current texts at these paths; a path without a file is left out.
pub async fn head_texts(executor: impl PgExecutor<'_>, scope: i64, paths: &[String]) -> Result<Vec<HeadText>> {
    let heads = sqlx::query_as!(
        HeadText,
        r#"-- changesets.heads
        SELECT f.path, f.file_id, f.version, coalesce(v.text, '') AS "text!"
          FROM mx_file f JOIN mx_revision v ON v.scope_id = f.scope_id AND v.file_id = f.file_id AND v.version = f.version
         WHERE f.scope_id = $1 AND f.path = ANY ($2) AND NOT f.deleted ORDER BY f.path"#,
        scope,
        paths
    )
    .fetch_all(executor)
    .await?;
    Ok(heads)
}

/// The texts of files at versions.
pub async fn texts_at(
    executor: impl PgExecutor<'_>,
    scope: i64,
    files: &[(Uuid, i64)],
) -> Result<HashMap<(Uuid, i64), TextAt>> {
    let (ids, versions): (Vec<Uuid>, Vec<i64>) = files.iter().copied().unzip();
    let rows = sqlx::query!(
        "-- changesets.texts
        SELECT v.file_id, v.version, v.text, v.source, v.redacted FROM unnest($2::uuid[], $3::bigint[]) AS f(file_id, version)
          JOIN mx_revision v ON v.scope_id = $1 AND v.file_id = f.file_id AND v.version = f.version",
        scope,
        &ids,
        &versions
    )
    .fetch_all(executor)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.file_id, row.version), TextAt::of(row.file_id, row.text, row.source, row.redacted)))
        .collect())
}

/// The texts that stood at paths at versions, by path and version.
pub async fn texts_by_path(
    executor: impl PgExecutor<'_>,
    scope: i64,
    places: &[(String, i64)],
) -> Result<HashMap<(String, i64), TextAt>> {
    let (paths, versions): (Vec<String>, Vec<i64>) = places.iter().cloned().unzip();
    let rows = sqlx::query!(
        "-- changesets.texts_by_path
        SELECT v.path, v.file_id, v.version, v.text, v.source, v.redacted FROM unnest($2::text[], $3::bigint[]) AS p(path, version)
          JOIN mx_revision v ON v.scope_id = $1 AND v.path = p.path AND v.version = p.version",
        scope,
        &paths,
        &versions
    )
    .fetch_all(executor)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.path, row.version), TextAt::of(row.file_id, row.text, row.source, row.redacted)))
        .collect())
}

/// Where the files at these paths stand, deleted ones included.
pub async fn file_states(
    executor: impl PgExecutor<'_>,
    scope: i64,
    paths: &[String],
) -> Result<HashMap<String, FileState>> {
    let rows = sqlx::query!(
        "-- changesets.files
        SELECT f.path, f.file_id, f.version, f.deleted, v.source
          FROM mx_file f JOIN mx_revision v ON v.scope_id = f.scope_id AND v.file_id = f.file_id AND v.version = f.version
         WHERE f.scope_id = $1 AND f.path = ANY ($2)",
        scope,
        paths
    )
    .fetch_all(executor)
    .await?;
    let state = |file_id, version, deleted, source| FileState { file_id, version, deleted, source };
    Ok(rows.into_iter().map(|row| (row.path, state(row.file_id, row.version, row.deleted, row.source))).collect())
}

/// How many bytes a text of this scope may have.
pub async fn max_text_bytes(executor: impl PgExecutor<'_>, scope: i64) -> Result<usize> {
    let limit = sqlx::query_scalar!(
        r#"-- changesets.max_text_bytes
        SELECT mx_limit_1(workspace_id, 'max_text_bytes') AS "limit!" FROM mx_scope WHERE scope_id = $1"#,
        scope
    )
    .fetch_one(executor)
    .await?;
    Ok(usize::try_from(limit).unwrap_or(0))
}

/// Notes which revision adopted which op.
pub async fn record_adopted(tx: &mut Connection, dream: DreamId, adopted: &[(i32, i64)]) -> Result<()> {
    let (numbers, sequences): (Vec<i32>, Vec<i64>) = adopted.iter().copied().unzip();
    let done = sqlx::query!(
        "-- changesets.adopted
        UPDATE mx_dream_op o SET adopted_sequence = a.sequence FROM unnest($3::integer[], $4::bigint[]) AS a(number, sequence)
         WHERE o.scope_id = $1 AND o.dream_id = $2 AND o.number = a.number",
        dream.scope,
        dream.id,
        &numbers,
        &sequences
    )
    .execute(tx)
    .await?;
    if done.rows_affected() != adopted.len() as u64 {
        return Err(Error::Unexpected("an adopted op is not staged"));
    }
    Ok(())
}

/// The revisions with these sequences, in order.
pub async fn revisions_at(tx: &mut Connection, scope: i64, sequences: &[i64]) -> Result<Vec<RevisionRow>> {
    let rows = sqlx::query_as!(
        RevisionRow,
        "-- changesets.revisions
        SELECT path, version, sequence, operation, size, sha256, actor, source, reason, request_id, dream_id, trace_id, span_id, hidden_unicode, at,
               moved_from, redacted, imported_actor, imported_at, imported_dream
          FROM mx_revision WHERE scope_id = $1 AND sequence = ANY ($2) ORDER BY sequence",
        scope,
        sequences
    )
    .fetch_all(tx)
    .await?;
    Ok(rows)
}

/// The file and version of each of these revisions, by sequence.
pub async fn places_of(tx: &mut Connection, scope: i64, sequences: &[i64]) -> Result<HashMap<i64, (Uuid, i64)>> {
    let rows = sqlx::query!(
        "-- changesets.places\nSELECT sequence, file_id, version FROM mx_revision WHERE scope_id = $1 AND sequence = ANY ($2)",
        scope,
        sequences
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.sequence, (row.file_id, row.version))).collect())
}

impl Store {
    /// The next current texts of a scope by path, after `after`: a bounded part at a time.
    pub async fn scope_heads(&self, scope: i64, after: &str, limit: i64) -> Result<Vec<HeadText>> {
        let heads = sqlx::query_as!(
            HeadText,
            r#"-- changesets.scope_heads
            SELECT f.path, f.file_id, f.version, coalesce(v.text, '') AS "text!"
              FROM mx_file f JOIN mx_revision v ON v.scope_id = f.scope_id AND v.file_id = f.file_id AND v.version = f.version
             WHERE f.scope_id = $1 AND f.path > $2 AND NOT f.deleted ORDER BY f.path LIMIT $3"#,
            scope,
            after,
            limit
        )
        .fetch_all(self.pool())
        .await?;
        Ok(heads)
    }
}
