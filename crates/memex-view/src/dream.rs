//! Dreams and their changesets.

use memex_proto::v1::{
    Dream, DreamBudget, DreamLedger, DreamNear, DreamState, DreamUsage, DreamViolation, WatchDreamResponse,
};
use serde::Serialize;

use crate::changeset::StagedOpView;
use crate::words::{time, twin, word};

/// One dream.
#[derive(Debug, Serialize)]
pub struct DreamView {
    pub dream_id: String,
    pub user_id: String,
    pub state: String,
    pub mode: String,
    pub curator: String,
    pub requested: bool,
    pub requested_by: String,
    pub instructions: String,
    pub as_of: String,
    pub budget: BudgetView,
    pub usage: UsageView,
    pub snapshot_sequence: i64,
    pub attempts: i32,
    pub worker_name: String,
    pub cause: String,
    pub more: bool,
    pub ledger: LedgerView,
    pub violations: Vec<ViolationView>,
    pub paths: Vec<String>,
    pub created_at: Option<String>,
    pub claimed_at: Option<String>,
    pub lease_expires_at: Option<String>,
    pub ended_at: Option<String>,
    pub trace_id: String,
    pub probable_pairs: i32,
    pub near: Option<String>,
    /// Empty where nobody decided.
    pub decided_by: String,
    pub decided_at: Option<String>,
    pub decision_reason: String,
    pub expires_at: Option<String>,
    pub rest_of: String,
    pub follows: String,
    pub reverts: String,
}

impl From<Dream> for DreamView {
    fn from(dream: Dream) -> Self {
        Self {
            state: dream_state(dream.state()),
            mode: word(dream.mode().as_str_name(), "DREAM_MODE_"),
            curator: word(dream.curator().as_str_name(), "CURATOR_"),
            near: (dream.near() != DreamNear::Unspecified).then(|| word(dream.near().as_str_name(), "DREAM_NEAR_")),
            dream_id: dream.dream_id,
            user_id: dream.user_id,
            requested: dream.requested,
            requested_by: dream.requested_by,
            instructions: dream.instructions,
            as_of: dream.as_of,
            budget: dream.budget.unwrap_or_default().into(),
            usage: dream.usage.unwrap_or_default().into(),
            snapshot_sequence: dream.snapshot_sequence,
            attempts: dream.attempts,
            worker_name: dream.worker_name,
            cause: dream.cause,
            more: dream.more,
            ledger: dream.ledger.unwrap_or_default().into(),
            violations: dream.violations.into_iter().map(Into::into).collect(),
            paths: dream.paths,
            created_at: time(dream.created_at),
            claimed_at: time(dream.claimed_at),
            lease_expires_at: time(dream.lease_expires_at),
            ended_at: time(dream.ended_at),
            trace_id: dream.trace_id,
            probable_pairs: dream.probable_pairs,
            decided_by: dream.decided_by,
            decided_at: time(dream.decided_at),
            decision_reason: dream.decision_reason,
            expires_at: time(dream.expires_at),
            rest_of: dream.rest_of,
            follows: dream.follows,
            reverts: dream.reverts,
        }
    }
}

/// A dream's state as people write it.
pub fn dream_state(state: DreamState) -> String {
    word(state.as_str_name(), "DREAM_STATE_")
}

twin! {
    /// A dream's limits.
    BudgetView of DreamBudget {
        max_ops: i32, max_files: i32, max_bytes: i64, max_read_bytes: i64, max_seconds: i32,
    }
}

twin! {
    /// What a dream took.
    UsageView of DreamUsage {
        ops: i32, files: i32, bytes: i64, read_bytes: i64, model_tokens: i64, elapsed_ms: i64, refused_ops: i32,
    }
}

twin! {
    /// The account of a dream's statements.
    LedgerView of DreamLedger {
        statements_before: i32, kept: i32, duplicate: i32, superseded: i32, merged: i32, moved: i32, rewritten: i32,
        added: i32, tidied_files: i32,
    }
}

twin! {
    /// A rule that a changeset breaks.
    ViolationView of DreamViolation { path: String, line: i32, rule: String, detail: String }
}

/// One event of a watched dream.
#[derive(Debug, Serialize)]
pub struct DreamEventView {
    pub event: String,
    pub dream: DreamView,
    /// What was staged; `null` with the other events.
    pub op: Option<StagedOpView>,
}

impl From<WatchDreamResponse> for DreamEventView {
    fn from(event: WatchDreamResponse) -> Self {
        Self {
            event: word(event.event().as_str_name(), "DREAM_EVENT_"),
            dream: event.dream.unwrap_or_default().into(),
            op: event.op.map(Into::into),
        }
    }
}
