//! Dreams and their changesets.

use memex_proto::v1::{
    Dream, DreamBudget, DreamLedger, DreamNear, DreamState, DreamUsage, DreamViolation, DroppedLine, FileChange,
    ProbableLine, QuotedLines, StagedOp,
};
use serde::Serialize;

use super::memory::operation_word;
use crate::words::{time, word};

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
        }
    }
}

/// A dream's state as people write it.
pub fn dream_state(state: DreamState) -> String {
    word(state.as_str_name(), "DREAM_STATE_")
}

/// Declares a serialised twin of a message whose fields are all plain.
macro_rules! twin {
    ($(#[$meta:meta])* $view:ident of $message:ident { $($field:ident: $kind:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Serialize)]
        pub struct $view { $(pub $field: $kind),+ }

        impl From<$message> for $view {
            fn from(message: $message) -> Self {
                Self { $($field: message.$field),+ }
            }
        }
    };
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
        ops: i32, files: i32, bytes: i64, read_bytes: i64, model_tokens: i64, elapsed_ms: i64,
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

twin! {
    /// One file's change.
    FileChangeView of FileChange {
        path: String, base_version: i64, diff: String, added_lines: i32, removed_lines: i32, revision_id: String,
        redacted: bool,
    }
}

/// One staged op.
#[derive(Debug, Serialize)]
pub struct StagedOpView {
    pub number: i32,
    pub path: String,
    pub operation: String,
    pub expected_version: i64,
    pub reason: String,
    /// The kinds, one a treated line.
    pub treatments: Vec<String>,
}

impl From<StagedOp> for StagedOpView {
    fn from(op: StagedOp) -> Self {
        let treatments = op.treatments.iter().map(|treatment| word(treatment.kind().as_str_name(), "TREATMENT_KIND_"));
        Self {
            operation: operation_word(op.operation()),
            treatments: treatments.collect(),
            number: op.number,
            path: op.path,
            expected_version: op.expected_version,
            reason: op.reason,
        }
    }
}

/// Lines of a file, quoted.
#[derive(Debug, Serialize)]
pub struct QuotedLinesView {
    pub path: String,
    pub version: i64,
    /// The first line and the last; `null` where that cannot be told.
    pub lines: Option<(i32, i32)>,
    pub text: String,
    pub cut: bool,
}

impl From<QuotedLines> for QuotedLinesView {
    fn from(quoted: QuotedLines) -> Self {
        Self {
            path: quoted.path,
            version: quoted.version,
            lines: quoted.lines.map(|lines| (lines.first, lines.last)),
            text: quoted.text,
            cut: quoted.cut,
        }
    }
}

/// A line that goes, and the line that stands for it.
#[derive(Debug, Serialize)]
pub struct DroppedLineView {
    pub op: i32,
    pub dropped: Option<QuotedLinesView>,
    pub kept: Option<QuotedLinesView>,
    pub redacted: bool,
}

impl From<DroppedLine> for DroppedLineView {
    fn from(line: DroppedLine) -> Self {
        Self {
            op: line.op,
            dropped: line.dropped.map(Into::into),
            kept: line.kept.map(Into::into),
            redacted: line.redacted,
        }
    }
}

/// Two lines that are probably copies.
#[derive(Debug, Serialize)]
pub struct ProbableLineView {
    pub dropped: Option<QuotedLinesView>,
    pub kept: Option<QuotedLinesView>,
    pub stands: bool,
}

impl From<ProbableLine> for ProbableLineView {
    fn from(line: ProbableLine) -> Self {
        Self { dropped: line.dropped.map(Into::into), kept: line.kept.map(Into::into), stands: line.stands }
    }
}
