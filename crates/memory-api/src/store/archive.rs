//! A user's whole memory as it is at one moment, page by page, as the lines of an archive.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use memex_core::actor::{AccessOutcome, Operation, Source};
use memex_core::ids::{DreamId, TokenId};
use memex_proto::reason::short_name;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use prost::Message as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use uuid::Uuid;

use super::Store;
use super::connect::ACQUIRE;
use super::pool::Pool;
use super::transaction::Transaction;
use crate::archive::{
    AccessLine, DreamLine, DreamOpLine, FileLine, HeaderLine, LedgerLine, OriginLine, RevisionLine, SourceLine,
    TreatmentLine,
};
use crate::error::{Error, Result};

/// Rows of a page without texts.
const PAGE: i64 = 500;

/// Revisions of a page: each may have a text of the largest size.
const TEXTS_PAGE: i64 = 16;

/// One moment of a scope: whatever is read of it is as it was then.
pub struct Snapshot {
    tx: Transaction,
    scope: i64,
    _place: OwnedSemaphorePermit,
}

/// How many archives are written or read at once: a quarter of the connections. Each has one for as long as its caller
/// takes or sends, and the others are for calls that are done at once.
pub(super) fn places(pool: &Pool) -> usize {
    (pool.max_connections() as usize / 4).max(1)
}

/// Where a listing by time goes on: a time, and what tells rows of the same time apart.
pub type Place<K> = Option<(DateTime<Utc>, K)>;

impl Store {
    /// A place for an archive, waited for as long as for a connection.
    ///
    /// # Errors
    /// OVERLOADED.
    pub async fn archive_place(&self) -> Result<OwnedSemaphorePermit> {
        let place = timeout(ACQUIRE, Arc::clone(&self.archives).acquire_owned()).await;
        // The places are never closed.
        place.ok().and_then(std::result::Result::ok).ok_or(Error::Overloaded)
    }

    /// The present moment of a scope with the archive's header; `None` where the scope is gone or is being erased. What
    /// is read of it may come to a caller slowly: the transaction may be idle for `idle`.
    pub async fn snapshot(&self, scope: i64, idle: Duration) -> Result<Option<(Snapshot, HeaderLine)>> {
        let place = self.archive_place().await?;
        let mut tx = self.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
        let row = sqlx::query!(
            r#"-- archive.begin
            SELECT user_id, mx_now() AS "at!", set_config('idle_in_transaction_session_timeout', $2, true) AS idle
              FROM mx_scope WHERE scope_id = $1 AND kind = 1 AND NOT erasing"#,
            scope,
            idle.as_millis().to_string()
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(row.map(|row| (Snapshot { tx, scope, _place: place }, HeaderLine::of(row.user_id, row.at))))
    }
}

impl Snapshot {
    /// Files by path, deleted ones included, beyond this path.
    pub async fn files(&mut self, after: &str) -> Result<Vec<FileLine>> {
        let rows = sqlx::query!(
            "-- archive.files
            SELECT file_id, path, version, deleted, size, sha256, created_at, updated_at, updated_by
              FROM mx_file WHERE scope_id = $1 AND path > $2 ORDER BY path LIMIT $3",
            self.scope,
            after,
            PAGE
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| FileLine {
                file: row.file_id,
                path: row.path,
                version: row.version,
                deleted: row.deleted,
                size: if row.deleted { 0 } else { row.size },
                sha256: if row.deleted { String::new() } else { hex::encode(&row.sha256) },
                created_at: row.created_at,
                updated_at: row.updated_at,
                updated_by: row.updated_by,
            })
            .collect())
    }

    /// Revisions with their texts, oldest first, beyond this sequence.
    pub async fn revisions(&mut self, after: i64) -> Result<Vec<RevisionLine>> {
        let rows = sqlx::query!(
            "-- archive.revisions
            SELECT sequence, file_id, path, version, operation, text, size, sha256, redacted, moved_from, source, actor, reason, at, dream_id,
                   imported_actor, imported_at, imported_dream
              FROM mx_revision WHERE scope_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            self.scope,
            after,
            TEXTS_PAGE
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| RevisionLine {
                sequence: row.sequence,
                file: row.file_id,
                path: row.path,
                version: row.version,
                operation: operation(row.operation),
                size: row.text.as_ref().map_or(0, |_| row.size),
                sha256: row.text.as_ref().map_or(String::new(), |_| hex::encode(&row.sha256)),
                text: row.text,
                redacted: row.redacted,
                moved_from: row.moved_from,
                source: source(row.source),
                actor: row.actor,
                reason: row.reason,
                at: row.at,
                dream: self.dream_id(row.dream_id),
                imported: row.imported_actor.zip(row.imported_at).map(|(actor, at)| OriginLine {
                    actor,
                    at,
                    dream: row.imported_dream,
                }),
            })
            .collect())
    }

    /// Dreams, oldest first, beyond this one.
    pub async fn dreams(&mut self, after: Place<Uuid>) -> Result<Vec<((DateTime<Utc>, Uuid), DreamLine)>> {
        let (after_at, after_id) = after.unzip();
        let rows = sqlx::query!(
            "-- archive.dreams
            SELECT dream_id, state, cause, mode, curator, requested, requested_by, instructions, as_of, snapshot_sequence, ops, files, bytes, read_bytes,
                   model_tokens, attempts, worker_name, summary, more, lost_statements, ledger, created_at, claimed_at, ended_at
              FROM mx_dream WHERE scope_id = $1 AND ($2::timestamptz IS NULL OR (created_at, dream_id) > ($2, $3))
             ORDER BY created_at, dream_id LIMIT $4",
            self.scope,
            after_at,
            after_id,
            PAGE
        )
        .fetch_all(&mut *self.tx)
        .await?;
        let scope = self.scope;
        Ok(rows
            .into_iter()
            .map(|row| {
                let line = DreamLine {
                    dream: DreamId { scope, id: row.dream_id }.to_string(),
                    state: row.state,
                    cause: row.cause,
                    mode: row.mode,
                    curator: row.curator,
                    requested: row.requested,
                    requested_by: row.requested_by,
                    instructions: row.instructions,
                    as_of: row.as_of,
                    snapshot_sequence: row.snapshot_sequence,
                    ops: row.ops,
                    files: row.files,
                    bytes: row.bytes,
                    read_bytes: row.read_bytes,
                    model_tokens: row.model_tokens,
                    attempts: row.attempts,
                    worker_name: row.worker_name,
                    summary: row.summary,
                    more: row.more,
                    lost_statements: row.lost_statements,
                    ledger: row.ledger.and_then(|bytes| pb::DreamLedger::decode(bytes.as_slice()).ok()).map(ledger),
                    created_at: row.created_at,
                    claimed_at: row.claimed_at,
                    ended_at: row.ended_at,
                    imported: false,
                };
                ((row.created_at, row.dream_id), line)
            })
            .collect())
    }

    /// Ops of all dreams, by dream and number, beyond this one.
    pub async fn ops(&mut self, after: Option<(Uuid, i32)>) -> Result<Vec<((Uuid, i32), DreamOpLine)>> {
        let (after_dream, after_number) = after.unzip();
        let rows = sqlx::query!(
            "-- archive.ops
            SELECT dream_id, number, operation, path, base_version, expected_version, source, reason, treatments, adopted_sequence, at
              FROM mx_dream_op WHERE scope_id = $1 AND ($2::uuid IS NULL OR (dream_id, number) > ($2, $3)) ORDER BY dream_id, number LIMIT $4",
            self.scope,
            after_dream,
            after_number,
            PAGE
        )
        .fetch_all(&mut *self.tx)
        .await?;
        let scope = self.scope;
        Ok(rows
            .into_iter()
            .map(|row| {
                let line = DreamOpLine {
                    dream: DreamId { scope, id: row.dream_id }.to_string(),
                    number: row.number,
                    operation: operation(row.operation),
                    path: row.path,
                    base_version: row.base_version,
                    expected_version: row.expected_version,
                    source: source(row.source),
                    reason: row.reason,
                    treatments: row.treatments.iter().filter_map(|bytes| treatment(bytes)).collect(),
                    adopted_sequence: row.adopted_sequence,
                    at: row.at,
                    imported: false,
                };
                ((row.dream_id, row.number), line)
            })
            .collect())
    }

    /// Rows of the access log, oldest first, beyond this one.
    pub async fn access(&mut self, after: Place<i64>) -> Result<Vec<((DateTime<Utc>, i64), AccessLine)>> {
        let (after_at, after_id) = after.unzip();
        let rows = sqlx::query!(
            "-- archive.access
            SELECT at, entry_id, operation, path, file_version, outcome, reason, suppressed, actor, principal, dream_id, trace_id
              FROM mx_access_log WHERE scope_id = $1 AND (at, entry_id) > (coalesce($2, '-infinity'::timestamptz), coalesce($3::bigint, 0))
             ORDER BY at, entry_id LIMIT $4",
            self.scope,
            after_at,
            after_id,
            PAGE
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let line = AccessLine {
                    at: row.at,
                    operation: operation(row.operation),
                    path: row.path,
                    file_version: row.file_version,
                    outcome: AccessOutcome::from_code(row.outcome).map_or("unknown", AccessOutcome::as_str).to_owned(),
                    reason: ErrorReason::try_from(i32::from(row.reason))
                        .ok()
                        .filter(|&reason| reason != ErrorReason::Unspecified)
                        .map(|reason| short_name(reason).to_owned()),
                    suppressed: row.suppressed,
                    actor: row.actor,
                    token: TokenId(row.principal).to_string(),
                    dream: self.dream_id(row.dream_id),
                    trace_id: row.trace_id.as_deref().map(hex::encode),
                    imported: false,
                };
                ((row.at, row.entry_id), line)
            })
            .collect())
    }

    /// Lines that an archive brought along, of one kind, beyond this number.
    pub async fn kept(&mut self, kind: i16, after: i64) -> Result<Vec<(i64, String)>> {
        let rows = sqlx::query!(
            "-- archive.kept
            SELECT number, line FROM mx_imported WHERE scope_id = $1 AND kind = $2 AND number > $3 ORDER BY number LIMIT $4",
            self.scope,
            kind,
            after,
            PAGE
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows.into_iter().map(|row| (row.number, row.line)).collect())
    }

    fn dream_id(&self, id: Option<Uuid>) -> Option<String> {
        id.map(|id| DreamId { scope: self.scope, id }.to_string())
    }
}

fn operation(code: i16) -> String {
    Operation::from_code(code).map_or("unknown", Operation::as_str).to_owned()
}

fn source(code: i16) -> String {
    Source::from_code(code).map_or("unknown", Source::as_str).to_owned()
}

fn ledger(ledger: pb::DreamLedger) -> LedgerLine {
    LedgerLine {
        statements_before: ledger.statements_before,
        kept: ledger.kept,
        duplicate: ledger.duplicate,
        superseded: ledger.superseded,
        merged: ledger.merged,
        moved: ledger.moved,
        rewritten: ledger.rewritten,
        added: ledger.added,
        tidied_files: ledger.tidied_files,
    }
}

fn treatment(bytes: &[u8]) -> Option<TreatmentLine> {
    let treatment = pb::Treatment::decode(bytes).ok()?;
    let lines = |range: pb::LineRange| (range.first, range.last);
    Some(TreatmentLine {
        treatment: treatment.kind().as_str_name().trim_start_matches("TREATMENT_KIND_").to_lowercase(),
        before: treatment.before.map(lines),
        after: treatment.after.map(lines),
        sources: treatment
            .sources
            .into_iter()
            .map(|source| SourceLine { path: source.path, version: source.version, lines: source.lines.map(lines) })
            .collect(),
    })
}
