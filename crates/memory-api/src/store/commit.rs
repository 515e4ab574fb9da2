//! The one door to `mx_commit_1`: changes go in, outcomes come out, in one round trip that also writes their log rows.

mod columns;
mod moved;

use chrono::{DateTime, Utc};
use memex_core::actor::{Operation, Source};
use memex_core::path::MemoryPath;
use memex_core::text::MemoryText;
use memex_proto::v1::ErrorReason;
use memex_runtime::trace::{TraceIds, current_trace};
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::convert::reason_code;
use crate::error::{Error, Result};
use columns::Columns;
pub use moved::Move;

/// One change of one file. Whether it qualifies, moves the memory or hides characters is worked out from it.
#[derive(Clone, Debug)]
pub struct Change {
    /// Whose file.
    pub scope: i64,
    /// What the revision and the log row say was done.
    pub operation: Operation,
    /// Which file.
    pub path: MemoryPath,
    /// The whole text afterwards; `None` deletes.
    pub text: Option<MemoryText>,
    /// The version that it must be at; 0: there must be none; `None`: whatever is there.
    pub expected: Option<i64>,
    /// What makes a repeat of the call safe.
    pub request: Option<RequestKey>,
    /// The name on the revision.
    pub actor: String,
    /// The token that did it.
    pub principal: Uuid,
    /// Where the text comes from.
    pub source: Source,
    /// Why; may be empty.
    pub reason: String,
    /// The dream that did it; its revisions never qualify.
    pub dream: Option<Uuid>,
    /// What the log row says where the version is another than expected.
    pub conflict: Conflict,
}

/// What a version conflict means to the caller, so that its log row has the reason that the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The version that the caller knew is not the current one.
    Stale,
    /// A file stands where the caller wanted to make one.
    Exists,
    /// A file stands there and the caller said nothing of it.
    Unsaid,
    /// None: the service reads again and tries again. No log row.
    TriedAgain,
}

impl Conflict {
    /// The reason that the caller is told.
    pub fn reason(self) -> ErrorReason {
        match self {
            Conflict::Stale => ErrorReason::VersionConflict,
            Conflict::Exists => ErrorReason::FileExists,
            Conflict::Unsaid => ErrorReason::ExpectedVersionRequired,
            Conflict::TriedAgain => ErrorReason::Unspecified,
        }
    }
}

/// A request id with the digest of what was asked under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The caller's id.
    pub id: Uuid,
    /// SHA-256 of the decoded request.
    pub digest: [u8; 32],
}

/// The state of a file that an outcome tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The file's version.
    pub version: i64,
    /// The sequence of its revision; 0 where there is no file.
    pub sequence: i64,
    /// Bytes of its text.
    pub size: i32,
    /// SHA-256 of its text.
    pub sha256: Vec<u8>,
    /// When that version was written.
    pub at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
}

/// What became of a change. Its log row is committed with the transaction, whatever it was, but for
/// `NoSuchScope` and [`Conflict::TriedAgain`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It made this revision.
    Written(Head),
    /// The text was the same already, or there was nothing to delete (`None`).
    Unchanged(Option<Head>),
    /// The same request was answered before, with this; nothing was changed again.
    Repeated {
        /// Whether it changed something the first time.
        changed: bool,
        /// The file as the first answer told it; `None` where that told of no file.
        head: Option<Head>,
    },
    /// The request id stands for other content.
    RequestReused,
    /// The file is at another version; 0: there is none.
    VersionConflict {
        /// The version it is at.
        current: i64,
    },
    /// The scope has no room for another file.
    TooManyFiles {
        /// How many it may have.
        limit: i64,
    },
    /// The scope has no room for that much text.
    TooManyBytes {
        /// How many bytes it may have.
        limit: i64,
    },
    /// The text is longer than a text may be.
    TextTooLarge {
        /// How many bytes it may have.
        limit: i64,
    },
    /// DeleteFile or MoveFile met no file.
    NothingToDelete,
    /// MoveFile met another file at the new path.
    PathTaken {
        /// The version it is at.
        current: i64,
    },
    /// The scope does not exist. No log row was written.
    NoSuchScope,
    /// The user was erased or is being erased.
    Erased,
}

impl Outcome {
    /// The reason that the caller is told, and that the log row has; unspecified where it is no refusal.
    pub fn reason(&self, conflict: Conflict) -> ErrorReason {
        match self {
            Outcome::RequestReused => ErrorReason::RequestIdReused,
            Outcome::VersionConflict { .. } => conflict.reason(),
            Outcome::TooManyFiles { .. } | Outcome::TooManyBytes { .. } => ErrorReason::QuotaExceeded,
            Outcome::TextTooLarge { .. } => ErrorReason::InvalidText,
            Outcome::NothingToDelete => ErrorReason::FileNotFound,
            Outcome::PathTaken { .. } => ErrorReason::FileExists,
            Outcome::Erased => ErrorReason::UserErased,
            Outcome::Written(_) | Outcome::Unchanged(_) | Outcome::Repeated { .. } | Outcome::NoSuchScope => {
                ErrorReason::Unspecified
            }
        }
    }
}

/// The outcomes of `mx_commit_1` and `mx_move_1`, from 0 to this one.
const LAST_OUTCOME: i16 = 11;

/// The reason that the log row of each outcome has, from outcome 0 on.
fn reasons(conflict: Conflict) -> Vec<i16> {
    let reason = |outcome| {
        let answer = Row { outcome, ..Row::default() }.outcome();
        answer.map_or(ErrorReason::Unspecified, |answer| answer.reason(conflict))
    };
    (0..=LAST_OUTCOME).map(|outcome| reason_code(reason(outcome))).collect()
}

/// A change with the trace of the call that asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Traced<'a> {
    /// The change.
    pub change: &'a Change,
    /// What its revision and log row say of the trace.
    pub trace: Option<TraceIds>,
}

/// Commits the changes in one statement, on the pool or within a transaction; gives one outcome each, in their order.
/// A refused change does not fail the others: who needs all or nothing rolls the transaction back.
///
/// # Errors
/// Where Postgres fails; the whole statement is undone then, or, after a lost connection, may stand.
pub async fn commit(executor: impl PgExecutor<'_>, changes: &[Change]) -> Result<Vec<Outcome>> {
    let trace = current_trace();
    let traced: Vec<Traced<'_>> = changes.iter().map(|change| Traced { change, trace }).collect();
    commit_traced(executor, &traced).await
}

/// As [`commit`], for changes of several calls.
///
/// # Errors
/// As [`commit`].
pub async fn commit_traced(executor: impl PgExecutor<'_>, changes: &[Traced<'_>]) -> Result<Vec<Outcome>> {
    let columns = Columns::of(changes);
    let rows = sqlx::query_as!(
        Row,
        r#"-- commit.changes
        SELECT outcome AS "outcome!", changed AS "changed!", version, sequence, size, sha256, at, actor, quota
          FROM mx_commit_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
         ORDER BY number"#,
        &columns.scope,
        &columns.operation,
        &columns.path as &[&str],
        &columns.text as &[Option<&str>],
        &columns.sha,
        &columns.expected as &[Option<i64>],
        &columns.file,
        &columns.request as &[Option<Uuid>],
        &columns.digest as &[Option<&[u8]>],
        &columns.actor as &[&str],
        &columns.principal,
        &columns.source,
        &columns.reason as &[&str],
        &columns.dream as &[Option<Uuid>],
        &columns.trace as &[Option<Vec<u8>>],
        &columns.span as &[Option<Vec<u8>>],
        &columns.hidden,
        &columns.moves,
        &columns.qualifies,
        &columns.conflict,
        &reasons(Conflict::Stale)
    )
    .fetch_all(executor)
    .await?;
    if rows.len() != changes.len() {
        return Err(Error::Unexpected("mx_commit_1 answered another number of changes"));
    }
    rows.into_iter().map(Row::outcome).collect()
}

/// Waits, as long as the connection waits for a lock, until nobody else holds the scope. Outside of a transaction: the lock is
/// given back as soon as it is had.
///
/// # Errors
/// Where it is waited for in vain, and where Postgres fails.
pub async fn until_free(executor: impl PgExecutor<'_>, scope: i64) -> Result<()> {
    sqlx::query!(
        r#"-- commit.wait
        SELECT workspace_id AS "workspace_id!" FROM mx_scope_lock_1($1)"#,
        scope
    )
    .fetch_optional(executor)
    .await?;
    Ok(())
}

/// One row of `mx_commit_1`.
#[derive(Default)]
struct Row {
    outcome: i16,
    changed: bool,
    version: Option<i64>,
    sequence: Option<i64>,
    size: Option<i32>,
    sha256: Option<Vec<u8>>,
    at: Option<DateTime<Utc>>,
    actor: Option<String>,
    quota: Option<i64>,
}

impl Row {
    fn outcome(self) -> Result<Outcome> {
        let limit = self.quota.unwrap_or_default();
        Ok(match self.outcome {
            0 => Outcome::Written(self.head().ok_or(Error::Unexpected("mx_commit_1 wrote no file"))?),
            1 => Outcome::Unchanged(self.head()),
            2 => Outcome::Repeated { changed: self.changed, head: self.head() },
            3 => Outcome::RequestReused,
            4 => Outcome::VersionConflict { current: self.version.unwrap_or_default() },
            5 => Outcome::TooManyFiles { limit },
            6 => Outcome::TooManyBytes { limit },
            7 => Outcome::TextTooLarge { limit },
            8 => Outcome::NothingToDelete,
            9 => Outcome::NoSuchScope,
            10 => Outcome::Erased,
            11 => Outcome::PathTaken { current: self.version.unwrap_or_default() },
            _ => return Err(Error::Unexpected("mx_commit_1 gave an unknown outcome")),
        })
    }

    fn head(self) -> Option<Head> {
        Some(Head {
            version: self.version.filter(|&version| version > 0)?,
            sequence: self.sequence?,
            size: self.size?,
            sha256: self.sha256?,
            at: self.at?,
            actor: self.actor?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_that_refuses_is_logged_with_a_reason_and_no_other() {
        let all = reasons(Conflict::Exists);
        let without: Vec<usize> = (0..all.len()).filter(|outcome| all[*outcome] == 0).collect();
        assert_eq!((without, all.len()), (vec![0, 1, 2, 9], 12));
        assert_ne!(all[4], reasons(Conflict::Stale)[4]);
        assert!(Row { outcome: LAST_OUTCOME + 1, ..Row::default() }.outcome().is_err());
    }
}
