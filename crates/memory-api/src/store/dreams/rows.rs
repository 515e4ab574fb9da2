//! Dreams as they are shown.

use chrono::{DateTime, NaiveDate, Utc};
use memex_core::actor::Operation;
use memex_core::ids::DreamId;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::auth::Caller;
use crate::error::Result;
use crate::store::Store;
use crate::store::files::trace;

/// A dream with what a caller is shown of it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct DreamRow {
    pub scope_id: i64,
    pub dream_id: Uuid,
    pub user_id: String,
    pub state: String,
    pub mode: String,
    pub curator: String,
    pub requested: bool,
    pub requested_by: String,
    pub instructions: String,
    pub as_of: Option<NaiveDate>,
    pub max_ops: i32,
    pub max_files: i32,
    pub max_bytes: i64,
    pub max_read_bytes: i64,
    pub max_seconds: i32,
    pub ops: i32,
    pub files: i32,
    pub bytes: i64,
    pub read_bytes: i64,
    pub model_tokens: i64,
    pub snapshot_sequence: i64,
    pub attempts: i32,
    pub worker_name: String,
    pub cause: String,
    pub more: bool,
    pub ledger: Option<Vec<u8>>,
    pub violations: Vec<Vec<u8>>,
    pub paths: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub claimed_at: Option<DateTime<Utc>>,
    pub lease_expires_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub trace_id: Option<Vec<u8>>,
    pub probable_pairs: i32,
    pub near: String,
    pub refused_ops: i32,
    pub decided_by: String,
    pub decided_at: Option<DateTime<Utc>>,
    pub decision_reason: String,
    pub expires_at: Option<DateTime<Utc>>,
    pub rest_of: Option<Uuid>,
    pub follows: Option<Uuid>,
    pub reverts: Option<Uuid>,
}

/// The settings that the judge needs besides the files.
#[derive(Clone, Debug)]
pub struct DreamRules {
    /// The day that its curator took for today; `None` before it is claimed.
    pub as_of: Option<NaiveDate>,
    /// How many bytes it may read.
    pub max_read_bytes: i64,
    /// The workspace's `dream_neutral` as it is now.
    pub neutral: String,
}

/// A query of dreams as they are shown: the one list of what is read of a dream `d`. `$head` names the statement and may
/// log the call; `$tail` joins the scope `s` and chooses the dreams.
macro_rules! shown_dreams {
    ($head:literal, $tail:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            DreamRow,
            $head
                + r#"
              SELECT d.scope_id, d.dream_id, s.user_id, d.state, d.mode, d.curator, d.requested, d.requested_by,
                     d.instructions, d.as_of, d.max_ops, d.max_files, d.max_bytes, d.max_read_bytes, d.max_seconds,
                     d.ops, d.files, d.bytes, d.read_bytes, d.model_tokens, d.snapshot_sequence, d.attempts,
                     d.worker_name, d.cause, d.more, d.ledger, d.violations,
                     ARRAY(SELECT DISTINCT o.path
                             FROM mx_dream_op o
                            WHERE o.scope_id = d.scope_id AND o.dream_id = d.dream_id
                            ORDER BY o.path) AS "paths!",
                     d.created_at, d.claimed_at, d.lease_expires_at, d.ended_at, d.trace_id, d.probable_pairs, d.near,
                     d.refused_ops, d.decided_by, d.decided_at, d.decision_reason,
                     CASE WHEN d.state = 'proposed'
                       THEN d.ended_at + make_interval(days => mx_setting_1(d.workspace_id, 'dream_review_days')::integer)
                     END AS expires_at,
                     d.rest_of, d.follows, d.reverts
                FROM mx_dream d
              "#
                + $tail,
            $($argument),+
        )
    };
}
pub(super) use shown_dreams;

/// One dream of a scope.
pub async fn dream_row(executor: impl PgExecutor<'_>, dream: DreamId) -> Result<Option<DreamRow>> {
    let row = shown_dreams!(
        "-- dreams.get",
        "JOIN mx_scope s ON s.scope_id = d.scope_id
         WHERE d.scope_id = $1 AND d.dream_id = $2",
        dream.scope,
        dream.id
    )
    .fetch_optional(executor)
    .await?;
    Ok(row)
}

/// One dream of a scope, and whether its changeset is sealed.
pub async fn watched_dream(executor: impl PgExecutor<'_> + Copy, dream: DreamId) -> Result<Option<(DreamRow, bool)>> {
    let Some(row) = dream_row(executor, dream).await? else { return Ok(None) };
    let sealed = sqlx::query_scalar!(
        r#"-- dreams.sealed
        SELECT sealed IS NOT NULL AS "sealed!" FROM mx_dream WHERE scope_id = $1 AND dream_id = $2"#,
        dream.scope,
        dream.id
    )
    .fetch_optional(executor)
    .await?;
    Ok(Some((row, sealed.unwrap_or(false))))
}

/// Reads the settings that the judge needs now; `None` where there is no such dream.
pub async fn dream_rules(executor: impl PgExecutor<'_>, dream: DreamId) -> Result<Option<DreamRules>> {
    let rules = sqlx::query_as!(
        DreamRules,
        r#"-- dreams.rules
        SELECT as_of, max_read_bytes, mx_setting_1(workspace_id, 'dream_neutral') AS "neutral!"
          FROM mx_dream WHERE scope_id = $1 AND dream_id = $2"#,
        dream.scope,
        dream.id
    )
    .fetch_optional(executor)
    .await?;
    Ok(rules)
}

/// The probable pairs that a dream lists, encoded.
pub async fn probable_pairs(executor: impl PgExecutor<'_>, dream: DreamId) -> Result<Vec<Vec<u8>>> {
    let pairs = sqlx::query_scalar!(
        "-- dreams.probable\nSELECT probable FROM mx_dream WHERE scope_id = $1 AND dream_id = $2",
        dream.scope,
        dream.id
    )
    .fetch_optional(executor)
    .await?;
    Ok(pairs.unwrap_or_default())
}

impl Store {
    /// One dream, with the log row of the call that asks for it; no row where there is none.
    pub async fn show_dream(&self, dream: DreamId, operation: Operation, caller: &Caller) -> Result<Option<DreamRow>> {
        let row = shown_dreams!(
            "-- dreams.show
            WITH log AS (
              INSERT INTO mx_access_log (scope_id, operation, outcome, actor, principal, dream_id, trace_id)
              SELECT d.scope_id, $3, 1, $4, $5, d.dream_id, $6 FROM mx_dream d WHERE d.scope_id = $1 AND d.dream_id = $2)",
            "JOIN mx_scope s ON s.scope_id = d.scope_id
             WHERE d.scope_id = $1 AND d.dream_id = $2",
            dream.scope,
            dream.id,
            operation.code(),
            caller.actor,
            caller.token_id,
            trace()
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(row)
    }
}
