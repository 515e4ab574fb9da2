//! Files within a dream: the current ones with the staged ops laid over. Each call checks the lease, moves the dream's
//! counters and writes its log rows in one round trip.

use chrono::{DateTime, Utc};
use memex_core::actor::{Operation, Source};
use memex_core::path::MemoryPath;
use memex_core::text::MemoryText;
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use super::Store;
use super::commit::Conflict;
pub use super::dream_reasons::Denied;
use super::dream_reasons::{denied, reasons};
use super::files::{FileRange, FileRow, trace};
use crate::auth::{Caller, DreamContext};
use crate::convert::reason_code;
use crate::error::{Error, Result};

/// A file as the dream sees it.
#[derive(Clone, Debug)]
pub struct SeenFile {
    /// Its state; the version counts the staged ops.
    pub row: FileRow,
    /// Its text.
    pub text: String,
    /// The current file and its version; `None` where the dream itself makes it.
    pub base: Option<(Uuid, i64)>,
}

/// An op to stage, judged for its form.
#[derive(Clone, Debug)]
pub struct Op {
    /// Write or patch.
    pub operation: Operation,
    /// Which file.
    pub path: MemoryPath,
    /// Its version under the ops staged before.
    pub expected: i64,
    /// The whole text afterwards.
    pub text: MemoryText,
    /// Bytes of the lines that are new in it.
    pub inserted_bytes: i64,
    /// Where the text comes from.
    pub source: Source,
    /// Why.
    pub reason: String,
    /// Encoded treatments.
    pub treatments: Vec<Vec<u8>>,
    /// Whether it would bring back what a person said no to.
    pub forgotten: bool,
    /// The call's request id, which tells its repeat from another op.
    pub request: Option<Uuid>,
}

impl Op {
    /// What another version means to the worker.
    pub fn conflict(&self) -> Conflict {
        if self.expected == 0 { Conflict::Exists } else { Conflict::Stale }
    }
}

/// What became of an op.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageOutcome {
    /// It is staged, now or by the same call before.
    Staged {
        /// The version that the dream sees from now on.
        version: i64,
        /// When.
        at: DateTime<Utc>,
    },
    /// The text was the same already.
    Unchanged {
        /// The version that the dream sees.
        version: i64,
    },
    /// The file is at another version within the dream; 0: there is none.
    Conflict {
        /// The version it is at.
        current: i64,
    },
    /// The text is longer than a text may be.
    TooLarge,
    /// It would bring back what a person said no to.
    Forgotten,
    /// The dream may not go on.
    Denied(Denied),
}

impl Store {
    /// Reads files within a dream, counted and logged; `operation` `None` reads for the service's own use, neither
    /// counted nor logged. Paths without a file are left out.
    pub async fn dream_read(
        &self,
        dream: DreamContext,
        paths: &[&str],
        operation: Option<Operation>,
        caller: &Caller,
    ) -> Result<Result<Vec<SeenFile>, Denied>> {
        let rows = sqlx::query!(
            r#"-- dream_view.read
            SELECT outcome AS "outcome!", path, file_id, base_version, version, text, size, sha256, updated_at, updated_by
              FROM mx_dream_read_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"#,
            dream.id.scope,
            dream.id.id,
            dream.fence,
            caller.token_id,
            paths as &[&str],
            operation.is_some(),
            operation.unwrap_or(Operation::Read).code(),
            caller.actor,
            trace(),
            &reasons(Conflict::Stale)
        )
        .fetch_all(self.pool())
        .await?;
        let outcome = rows.first().ok_or(Error::Unexpected("mx_dream_read_1 gave no outcome"))?.outcome;
        if let Some(denied) = denied(outcome)? {
            return Ok(Err(denied));
        }
        let seen = rows.into_iter().skip(1).map(|row| {
            let state = FileRow {
                path: row.path?,
                version: row.version?,
                size: row.size?,
                sha256: row.sha256?,
                updated_at: row.updated_at?,
                updated_by: row.updated_by?,
            };
            Some(SeenFile {
                row: state,
                text: row.text?,
                base: row.file_id.zip(row.base_version.filter(|&version| version > 0)),
            })
        });
        Ok(Ok(seen.collect::<Option<_>>().ok_or(Error::Unexpected("mx_dream_read_1 gave half a file"))?))
    }

    /// Lists files within a dream, by path.
    pub async fn dream_list(
        &self,
        dream: DreamContext,
        range: &FileRange,
        caller: &Caller,
    ) -> Result<Result<Vec<FileRow>, Denied>> {
        let rows = sqlx::query!(
            r#"-- dream_view.list
            SELECT outcome AS "outcome!", path, version, size, sha256, updated_at, updated_by
              FROM mx_dream_list_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"#,
            dream.id.scope,
            dream.id.id,
            dream.fence,
            caller.token_id,
            range.from,
            range.below,
            range.after,
            range.limit,
            Operation::List.code(),
            caller.actor,
            trace(),
            &reasons(Conflict::Stale)
        )
        .fetch_all(self.pool())
        .await?;
        let outcome = rows.first().ok_or(Error::Unexpected("mx_dream_list_1 gave no outcome"))?.outcome;
        if let Some(denied) = denied(outcome)? {
            return Ok(Err(denied));
        }
        let listed = rows.into_iter().skip(1).map(|row| {
            Some(FileRow {
                path: row.path?,
                version: row.version?,
                size: row.size?,
                sha256: row.sha256?,
                updated_at: row.updated_at?,
                updated_by: row.updated_by?,
            })
        });
        Ok(Ok(listed.collect::<Option<_>>().ok_or(Error::Unexpected("mx_dream_list_1 gave half a file"))?))
    }

    /// The file as this request's op left it, where the op was staged before: its answer was lost. With it the text that the
    /// op met: the one that an earlier op left, or the file's own.
    pub async fn staged_before(
        &self,
        dream: DreamContext,
        path: &MemoryPath,
        request: Uuid,
    ) -> Result<Option<(FileRow, String)>> {
        let row = sqlx::query!(
            r#"-- dream_view.staged_before
            SELECT o.path, o.expected_version + 1 AS "version!", o.size, o.sha256, o.at, coalesce(
                     (SELECT e.text FROM mx_dream_op e WHERE e.scope_id = $1 AND e.dream_id = $2 AND e.path = $3 AND e.number < o.number
                       ORDER BY e.number DESC LIMIT 1),
                     (SELECT v.text FROM mx_revision v WHERE v.scope_id = $1 AND v.file_id = o.base_file AND v.version = o.base_version), '') AS "met!"
              FROM mx_dream_op o WHERE o.scope_id = $1 AND o.dream_id = $2 AND o.path = $3 AND o.request_id = $4"#,
            dream.id.scope,
            dream.id.id,
            path.as_str(),
            request
        )
        .fetch_optional(self.pool())
        .await?;
        let staged = row.map(|row| {
            let updated_by = memex_core::actor::DREAM_ACTOR.to_owned();
            let (version, updated_at) = (row.version, row.at);
            let file = FileRow { path: row.path, version, size: row.size, sha256: row.sha256, updated_at, updated_by };
            (file, row.met)
        });
        Ok(staged)
    }

    /// Stages an op, or says why not; logged either way.
    pub async fn stage(&self, dream: DreamContext, op: &Op, caller: &Caller) -> Result<StageOutcome> {
        let sha256 = op.text.sha256();
        let row = sqlx::query!(
            r#"-- dream_view.stage
            SELECT outcome AS "outcome!", version AS "version!", at
              FROM mx_dream_stage_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"#,
            dream.id.scope,
            dream.id.id,
            dream.fence,
            caller.token_id,
            op.operation.code(),
            op.path.as_str(),
            op.expected,
            op.text.as_str(),
            sha256.as_slice(),
            op.inserted_bytes,
            op.text.has_hidden_unicode(),
            op.source.code(),
            op.reason,
            &op.treatments,
            op.forgotten,
            op.request,
            caller.actor,
            trace(),
            &reasons(op.conflict())
        )
        .fetch_one(self.pool())
        .await?;
        Ok(match (row.outcome, row.at) {
            (0 | 11, Some(at)) => StageOutcome::Staged { version: row.version, at },
            (6, _) => StageOutcome::Unchanged { version: row.version },
            (7, _) => StageOutcome::Conflict { current: row.version },
            (12, _) => StageOutcome::TooLarge,
            (14, _) => StageOutcome::Forgotten,
            (outcome, _) => {
                StageOutcome::Denied(denied(outcome)?.ok_or(Error::Unexpected("mx_dream_stage_1 staged at no time"))?)
            }
        })
    }

    /// The log rows of paths that a batch within a dream refused without a look.
    pub async fn log_refused(
        &self,
        dream: DreamContext,
        operation: Operation,
        refused: &[(&str, ErrorReason)],
        caller: &Caller,
    ) -> Result<()> {
        let paths: Vec<&str> = refused.iter().map(|(path, _)| *path).collect();
        let reasons: Vec<i16> = refused.iter().map(|(_, reason)| reason_code(*reason)).collect();
        sqlx::query!(
            "-- dream_view.log_refused
            INSERT INTO mx_access_log (scope_id, operation, path, outcome, reason, actor, principal, dream_id, trace_id)
            SELECT $1, $2, r.path, 2, r.reason, $5, $6, $7, $8 FROM unnest($3::text[], $4::smallint[]) AS r(path, reason)
             WHERE EXISTS (SELECT FROM mx_dream WHERE scope_id = $1 AND dream_id = $7)",
            dream.id.scope,
            operation.code(),
            &paths as &[&str],
            &reasons,
            caller.actor,
            caller.token_id,
            dream.id.id,
            trace()
        )
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// The state of a dream that was this worker's under this fence; `None` where it never was.
    pub async fn dream_ending(&self, dream: DreamContext, caller: &Caller) -> Result<Option<String>> {
        let state = sqlx::query_scalar!(
            "-- dream_view.ending\nSELECT state FROM mx_dream WHERE scope_id = $1 AND dream_id = $2 AND fence = $3 AND worker = $4",
            dream.id.scope,
            dream.id.id,
            dream.fence,
            caller.token_id
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(state)
    }
}
