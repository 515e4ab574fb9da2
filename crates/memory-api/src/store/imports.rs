//! An archive that comes in: in one transaction of the caller's, which is rolled back unless all of it came.

use memex_core::actor::Operation;
use memex_core::user_id::UserId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Store;
use super::files::trace;
use crate::archive::{Batch, Room};
use crate::auth::Caller;
use crate::error::{Error, Result};

/// What a scope that an archive is to come into has.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Whether a file or a revision stands there.
    pub has_memory: bool,
    /// Whether this request was answered before, whatever was in it.
    pub is_remembered: bool,
    /// How much may come in.
    pub room: Room,
}

/// What of the whole archive does not agree, as `mx_import_1` finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// A path, or a version of a file, stands twice.
    Twice,
    /// A file is not what its newest revision says.
    Head,
    /// A deleted file has no revision that took it away.
    Deletion,
    /// A path has revisions and no file.
    NoFile,
    /// The versions at a path have a gap.
    Gap,
}

/// What the caller's locked scope has.
pub async fn target(
    tx: &mut PgConnection,
    scope: i64,
    workspace_id: i64,
    principal: Uuid,
    request: Option<Uuid>,
) -> Result<Target> {
    let row = sqlx::query!(
        r#"-- imports.target
        SELECT EXISTS (SELECT FROM mx_file WHERE scope_id = $1) OR EXISTS (SELECT FROM mx_revision WHERE scope_id = $1) AS "has_memory!",
               EXISTS (SELECT FROM mx_request WHERE scope_id = $1 AND principal = $3 AND request_id = $4::uuid) AS "is_remembered!",
               mx_limit_1($2, 'max_files') AS "max_files!", mx_limit_1($2, 'max_scope_bytes') AS "max_scope_bytes!",
               mx_limit_1($2, 'max_text_bytes') AS "max_text_bytes!""#,
        scope,
        workspace_id,
        principal,
        request
    )
    .fetch_one(tx)
    .await?;
    let room =
        Room { max_files: row.max_files, max_scope_bytes: row.max_scope_bytes, max_text_bytes: row.max_text_bytes };
    Ok(Target { has_memory: row.has_memory, is_remembered: row.is_remembered, room })
}

/// Brings a batch; `last`: the whole is there, and is checked and counted. Gives what does not agree: the transaction
/// must be rolled back then.
pub async fn bring(
    tx: &mut PgConnection,
    scope: i64,
    batch: Batch,
    last: bool,
    caller: &Caller,
) -> Result<Option<Disagreement>> {
    keep(tx, scope, &batch).await?;
    let json = |rows: serde_json::Result<serde_json::Value>| rows.map_err(|_| Error::Unexpected("a row is no JSON"));
    let outcome = sqlx::query_scalar!(
        r#"-- imports.bring
        SELECT mx_import_1($1, $2::json, $3::json, $4, $5, $6, $7, $8) AS "outcome!""#,
        scope,
        json(serde_json::to_value(&batch.files))?,
        json(serde_json::to_value(&batch.revisions))?,
        last,
        Operation::Import.code(),
        caller.actor,
        caller.token_id,
        trace()
    )
    .fetch_one(tx)
    .await?;
    match outcome {
        0 => Ok(None),
        1 => Ok(Some(Disagreement::Twice)),
        2 => Ok(Some(Disagreement::Head)),
        3 => Ok(Some(Disagreement::Deletion)),
        4 => Ok(Some(Disagreement::NoFile)),
        5 => Ok(Some(Disagreement::Gap)),
        _ => Err(Error::Unexpected("mx_import_1 gave an unknown outcome")),
    }
}

/// Keeps the lines of what happened elsewhere.
async fn keep(tx: &mut PgConnection, scope: i64, batch: &Batch) -> Result<()> {
    if batch.kept.is_empty() {
        return Ok(());
    }
    let kinds: Vec<i16> = batch.kept.iter().map(|kept| kept.kind).collect();
    let numbers: Vec<i64> = batch.kept.iter().map(|kept| kept.number).collect();
    let dreams: Vec<Option<String>> = batch.kept.iter().map(|kept| kept.dream.clone()).collect();
    let lines: Vec<String> = batch.kept.iter().map(|kept| kept.line.clone()).collect();
    sqlx::query!(
        "-- imports.keep
        INSERT INTO mx_imported (scope_id, kind, number, dream, line)
        SELECT $1, k.kind, k.number, k.dream, k.line
          FROM unnest($2::smallint[], $3::bigint[], $4::text[], $5::text[]) AS k(kind, number, dream, line)",
        scope,
        &kinds,
        &numbers,
        &dreams as &[Option<String>],
        &lines
    )
    .execute(tx)
    .await?;
    Ok(())
}

impl Store {
    /// Whether a dream of that id was imported with a user of the workspace; of this one alone, where one is given.
    pub async fn is_imported_dream(&self, workspace_id: i64, user: Option<&UserId>, dream: &str) -> Result<bool> {
        let found = sqlx::query_scalar!(
            r#"-- imports.is_dream
            SELECT EXISTS (SELECT FROM mx_imported i JOIN mx_scope s ON s.scope_id = i.scope_id
                            WHERE i.dream = $1 AND s.workspace_id = $2 AND s.kind = 1 AND ($3::text IS NULL OR s.user_id = $3)) AS "found!""#,
            dream,
            workspace_id,
            user.map(UserId::as_str)
        )
        .fetch_one(self.pool())
        .await?;
        Ok(found)
    }
}
