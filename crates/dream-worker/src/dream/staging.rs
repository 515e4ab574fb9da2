//! Stages a dream's ops in order, as far as its budget goes.

use std::collections::{BTreeSet, VecDeque};

use memex_core::budget::Budget;
use memex_curation::{PlannedOp, TreatmentKind};
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use tonic::Status;

use super::Tally;
use crate::calls::{DreamCalls, Interruption};
use crate::doors::{self, Point};
use crate::wire;

/// The ops that are not staged yet, and what the budget still allows. Dropped or timed out at any point, it knows what
/// is left.
#[derive(Debug)]
pub(super) struct Queue {
    ops: VecDeque<PlannedOp>,
    budget: Budget,
    files: BTreeSet<String>,
    bytes: u64,
    too_large: Vec<String>,
}

/// What became of one op.
enum Staged {
    /// It is on the stage, or changed nothing.
    Yes,
    /// It was refused for itself: the others can still be staged.
    Dropped,
    /// Its text is more than the budget has left; a smaller op may still fit.
    TooLarge,
    /// The budget is at its end.
    Full,
}

impl Queue {
    pub(super) fn new(ops: Vec<PlannedOp>, budget: Budget) -> Self {
        Self { ops: ops.into(), budget, files: BTreeSet::new(), bytes: 0, too_large: Vec::new() }
    }

    /// Stages until the ops or the budget are at their end. memory-api counts as well, and its word is the last.
    pub(super) async fn stage(&mut self, calls: &DreamCalls, tally: &mut Tally) -> Result<(), Interruption> {
        while let Some(op) = self.ops.front() {
            let bytes = wire::inserted_bytes(op);
            let another_file = !self.files.contains(&op.path) && self.files.len() >= self.budget.max_files as usize;
            if tally.ops_staged >= self.budget.max_ops || another_file {
                return Ok(());
            }
            let staged = if self.bytes + bytes > self.budget.max_bytes {
                Staged::TooLarge
            } else {
                doors::pass(if tally.ops_staged == 0 { Point::FirstStage } else { Point::MidStage }).await;
                stage_one(calls, op, tally).await?
            };
            if matches!(staged, Staged::Full) {
                return Ok(());
            }
            let Some(op) = self.ops.pop_front() else { return Ok(()) };
            match staged {
                Staged::Yes => {
                    self.bytes += bytes;
                    self.files.insert(op.path);
                    if self.ops.is_empty() {
                        doors::pass(Point::MidStage).await;
                    }
                }
                Staged::TooLarge => self.too_large.push(op.path),
                Staged::Dropped | Staged::Full => {}
            }
        }
        Ok(())
    }

    /// What the next dream begins with: what nobody has looked at yet, then what was looked at and not staged. A path
    /// is named once.
    pub(super) fn left_after(self, unread: Vec<String>) -> Vec<String> {
        let mut named = BTreeSet::new();
        let unstaged = self.too_large.into_iter().chain(self.ops.into_iter().map(|op| op.path));
        unread.into_iter().chain(unstaged).filter(|path| named.insert(path.clone())).collect()
    }
}

async fn stage_one(calls: &DreamCalls, op: &PlannedOp, tally: &mut Tally) -> Result<Staged, Interruption> {
    match calls.stage(wire::patch(op.clone())).await {
        Ok(answer) => {
            if answer.changed {
                count(op, tally);
            }
            Ok(Staged::Yes)
        }
        Err(status) => refused(&status, tally),
    }
}

fn refused(status: &Status, tally: &mut Tally) -> Result<Staged, Interruption> {
    let Some(refusal) = Refusal::of(status) else { return Err(Interruption::of("staging", status)) };
    let fact = |name: &str| refusal.facts.get(name).map(String::as_str);
    match refusal.reason {
        ErrorReason::GroundInvalid => {
            tally.ops_dropped += 1;
            let treatment = fact("treatment").unwrap_or("unknown");
            tracing::info!(treatment, "an op was dropped: the ground of a treatment does not hold");
            Ok(Staged::Dropped)
        }
        ErrorReason::BudgetExceeded if fact("budget").is_some_and(|budget| budget.contains("bytes")) => {
            Ok(Staged::TooLarge)
        }
        ErrorReason::BudgetExceeded => Ok(Staged::Full),
        reason if is_of_the_op(reason) => {
            tally.ops_dropped += 1;
            let reason = memex_proto::reason::short_name(reason);
            tracing::warn!(reason, "an op was dropped: it was refused for itself");
            Ok(Staged::Dropped)
        }
        _ => Err(Interruption::of("staging", status)),
    }
}

/// Returns true if a refusal concerns one op alone: its path, text, edits or version. Every other is about the dream,
/// the worker or the service, and so about the ops after it too.
fn is_of_the_op(reason: ErrorReason) -> bool {
    use ErrorReason as R;
    matches!(
        reason,
        R::InvalidPath
            | R::InvalidText
            | R::FieldInvalid
            | R::PatchInvalid
            | R::PatchNoMatch
            | R::PatchAmbiguous
            | R::ExpectedVersionRequired
            | R::FileNotFound
            | R::FileExists
            | R::VersionConflict
            | R::ReadOnlyScope
            | R::ExcludedPath
            | R::PolicyRefused
            | R::QuotaExceeded
            | R::MessageTooLarge
    )
}

fn count(op: &PlannedOp, tally: &mut Tally) {
    tally.ops_staged += 1;
    tally.lines_dropped += op.treatments.iter().filter(|t| t.kind == TreatmentKind::DropDuplicate).count();
}
