//! Claiming dreams and extending leases.

use chrono::{DateTime, NaiveDate, Utc};
use memex_core::actor::Operation;
use memex_core::dream::DreamState;
use memex_core::ids::DreamId;
use uuid::Uuid;

use super::Lease;
use crate::auth::Caller;
use crate::error::Result;
use crate::store::Store;
use crate::store::commit::Conflict;
use crate::store::dream_reasons::reasons;
use crate::store::files::trace;

/// A dream that was claimed, with all that its worker needs to know.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Assignment {
    pub scope_id: i64,
    pub dream_id: Uuid,
    pub fence: i64,
    pub lease_expires_at: DateTime<Utc>,
    pub lease_seconds: i32,
    pub user_id: String,
    pub mode: String,
    pub curator: String,
    pub instructions: String,
    pub max_ops: i32,
    pub max_files: i32,
    pub max_bytes: i64,
    pub max_read_bytes: i64,
    pub max_seconds: i32,
    pub snapshot_sequence: i64,
    pub as_of: NaiveDate,
    pub begin_with: Vec<String>,
    pub trace_parent: String,
    pub link_traces: Vec<Vec<u8>>,
    pub link_spans: Vec<Vec<u8>>,
    pub near: String,
    pub neutral: String,
}

/// What became of a renewal.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// Whether the lease is held; extended where it is, sealed or not.
    pub lease: Lease,
    /// The dream's state, where it was this worker's.
    pub state: Option<String>,
    /// When the lease ends now; nothing where it was not extended.
    pub lease_expires_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Claims at most `max` dreams for a worker, each with its log row.
    pub async fn claim_dreams(&self, worker_name: &str, max: i32, caller: &Caller) -> Result<Vec<Assignment>> {
        let rows = sqlx::query_as!(
            Assignment,
            r#"-- dreams.claim
            SELECT scope_id AS "scope_id!", dream_id AS "dream_id!", fence AS "fence!", lease_expires_at AS "lease_expires_at!",
                   lease_seconds AS "lease_seconds!", user_id AS "user_id!", mode AS "mode!", curator AS "curator!", instructions AS "instructions!",
                   max_ops AS "max_ops!", max_files AS "max_files!", max_bytes AS "max_bytes!", max_read_bytes AS "max_read_bytes!",
                   max_seconds AS "max_seconds!", snapshot_sequence AS "snapshot_sequence!", as_of AS "as_of!", begin_with AS "begin_with!",
                   trace_parent AS "trace_parent!", link_traces AS "link_traces!", link_spans AS "link_spans!", near AS "near!",
                   neutral AS "neutral!"
              FROM mx_assign_1($1, $2, $3, $4, $5, $6)"#,
            caller.token_id,
            worker_name,
            max,
            Operation::Claim.code(),
            caller.actor,
            trace()
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }

    /// Extends a lease where it is held, with its log row.
    pub async fn renew_lease(&self, dream: DreamId, fence: i64, caller: &Caller) -> Result<Renewal> {
        let row = sqlx::query!(
            r#"-- dreams.renew
            SELECT outcome AS "outcome!", state, lease_expires_at FROM mx_renew_1($1, $2, $3, $4, $5, $6, $7, $8)"#,
            dream.scope,
            dream.id,
            fence,
            caller.token_id,
            Operation::Renew.code(),
            caller.actor,
            trace(),
            &reasons(Conflict::Stale)
        )
        .fetch_one(self.pool())
        .await?;
        Ok(Renewal { lease: Lease::from_code(row.outcome)?, state: row.state, lease_expires_at: row.lease_expires_at })
    }

    /// Ends a dream as `overtaken`, where it still is this worker's and its user's files changed.
    pub async fn end_overtaken(&self, dream: DreamId, fence: i64, caller: &Caller) -> Result<()> {
        let mut tx = self.begin_on(dream.scope).await?;
        super::lock_scope(&mut tx, dream.scope).await?;
        let lease = sqlx::query_scalar!(
            r#"-- dreams.lease
            SELECT mx_lease_1($1, $2, $3, $4) AS "outcome!""#,
            dream.scope,
            dream.id,
            fence,
            caller.token_id
        )
        .fetch_one(&mut *tx)
        .await?;
        if Lease::from_code(lease)? == Lease::Overtaken {
            let cause = "the user's files changed while it ran";
            super::end_dream(&mut tx, dream.scope, dream.id, DreamState::Overtaken, cause).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
