//! An archive that comes in: in one transaction of the caller's, which is rolled back unless all of it came.

use std::collections::HashSet;
use std::time::Duration;

use memex_core::actor::Operation;
use memex_core::user_id::UserId;
use uuid::Uuid;

use super::Store;
use super::files::trace;
use crate::archive::{Batch, Room};
use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::store::pool::Connection;

/// What a scope that an archive is to come into has.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Whether a file, a revision or what an earlier archive told of stands there.
    pub has_memory: bool,
    /// Whether this request was answered before, whatever was in it.
    pub is_remembered: bool,
    /// How much may come in.
    pub room: Room,
}

/// A line that does not agree with the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong.
    pub with: With,
}

/// What of the whole archive does not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// A version of a file stands twice.
    Version,
    /// A file is not what its newest revision says.
    Head,
    /// A deleted file has no revision that took it away.
    Deletion,
    /// A path has revisions and no file, or one of an earlier version.
    NoFile,
    /// A version does not follow the one before.
    Gap,
    /// A file is not where its revision before left it, or another one is there.
    Place,
    /// A dream stands twice.
    Dream,
}

/// What the caller's locked scope has. The transaction may be idle for `idle` from now on.
pub async fn target(
    tx: &mut Connection,
    scope: i64,
    workspace_id: i64,
    (principal, request): (Uuid, Option<Uuid>),
    idle: Duration,
) -> Result<Target> {
    let row = sqlx::query!(
        r#"-- imports.target
        SELECT EXISTS (SELECT FROM mx_file WHERE scope_id = $1) OR EXISTS (SELECT FROM mx_revision WHERE scope_id = $1)
                 OR EXISTS (SELECT FROM mx_imported WHERE scope_id = $1) AS "has_memory!",
               EXISTS (SELECT FROM mx_request WHERE scope_id = $1 AND principal = $3 AND request_id = $4::uuid) AS "is_remembered!",
               mx_limit_1($2, 'max_files') AS "max_files!", mx_limit_1($2, 'max_scope_bytes') AS "max_scope_bytes!",
               mx_limit_1($2, 'max_text_bytes') AS "max_text_bytes!", set_config('idle_in_transaction_session_timeout', $5, true) AS idle"#,
        scope,
        workspace_id,
        principal,
        request,
        idle.as_millis().to_string()
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
    tx: &mut Connection,
    scope: i64,
    batch: Batch,
    last: bool,
    caller: &Caller,
) -> Result<Option<Disagreement>> {
    if let Some(twice) = keep(tx, scope, &batch).await? {
        return Ok(Some(twice));
    }
    let json = |rows: serde_json::Result<serde_json::Value>| rows.map_err(|_| Error::Unexpected("a row is no JSON"));
    let row = sqlx::query!(
        r#"-- imports.bring
        SELECT outcome AS "outcome!", line AS "line!" FROM mx_import_1($1, $2::json, $3::json, $4, $5, $6, $7, $8)"#,
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
    let with = match row.outcome {
        0 => return Ok(None),
        1 => With::Version,
        2 => With::Head,
        3 => With::Deletion,
        4 => With::NoFile,
        5 => With::Gap,
        6 => With::Place,
        _ => return Err(Error::Unexpected("mx_import_1 gave an unknown outcome")),
    };
    Ok(Some(Disagreement { line: row.line.unsigned_abs(), with }))
}

/// Keeps the lines of what happened elsewhere. Gives the first dream that was told of before.
async fn keep(tx: &mut Connection, scope: i64, batch: &Batch) -> Result<Option<Disagreement>> {
    if batch.kept.is_empty() {
        return Ok(None);
    }
    let kinds: Vec<i16> = batch.kept.iter().map(|kept| kept.kind).collect();
    let numbers: Vec<i64> = batch.kept.iter().map(|kept| kept.number).collect();
    let dreams: Vec<Option<String>> = batch.kept.iter().map(|kept| kept.dream.clone()).collect();
    let lines: Vec<String> = batch.kept.iter().map(|kept| kept.line.clone()).collect();
    let kept: HashSet<(i16, i64)> = sqlx::query!(
        "-- imports.keep
        INSERT INTO mx_imported (scope_id, kind, number, dream, line)
        SELECT $1, k.kind, k.number, k.dream, k.line
          FROM unnest($2::smallint[], $3::bigint[], $4::text[], $5::text[]) AS k(kind, number, dream, line)
        ON CONFLICT DO NOTHING RETURNING kind, number",
        scope,
        &kinds,
        &numbers,
        &dreams as &[Option<String>],
        &lines
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(|row| (row.kind, row.number))
    .collect();
    let twice = batch.kept.iter().find(|line| !kept.contains(&(line.kind, line.number)));
    Ok(twice.map(|line| Disagreement { line: line.at, with: With::Dream }))
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
