//! The stage takes a curator's ops, one after another, within the dream's budget.

use std::collections::BTreeSet;

use memex_core::budget::Budget;
use memex_curation::{Pair, PlannedOp, TreatmentKind};
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use memex_runtime::failpoints::{self, Point};
use tonic::Status;

use super::CuratorError;
use crate::calls::{DreamCalls, Interruption};
use crate::dream::Tally;
use crate::wire;

/// The stage's answer to one op.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staged {
    /// It is on the stage, or changed nothing.
    Yes,
    /// memory-api refused these of its treatments, by their indexes: without them it may be put again.
    Ungrounded(Vec<usize>),
    /// memory-api refused it for itself, for this reason: the ops after it can still be staged.
    Refused(ErrorReason),
    /// Its text is more than the budget has left. A smaller op may still fit.
    TooLarge,
    /// The budget of ops or files is spent: no op after it will be staged.
    BudgetSpent,
}

/// The stage of one dream. It knows at any moment what is staged and what is left, also when the dream's time runs out
/// in the middle of a curator's work: what was staged stands.
pub struct Stage<'a> {
    calls: &'a DreamCalls,
    budget: Budget,
    tally: &'a mut Tally,
    files: BTreeSet<String>,
    bytes: u64,
    /// Files whose change is planned and neither staged nor refused.
    planned: Vec<String>,
    too_large: Vec<String>,
    interruption: Option<Interruption>,
}

impl std::fmt::Debug for Stage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("tally", &self.tally).field("planned", &self.planned).finish_non_exhaustive()
    }
}

impl<'a> Stage<'a> {
    pub(crate) fn new(calls: &'a DreamCalls, budget: Budget, tally: &'a mut Tally) -> Self {
        Self {
            calls,
            budget,
            tally,
            files: BTreeSet::new(),
            bytes: 0,
            planned: Vec::new(),
            too_large: Vec::new(),
            interruption: None,
        }
    }

    /// Names files that the curator means to change, in its order. Those that it has put no op for when its time is over
    /// are where the next dream begins.
    pub fn plan(&mut self, paths: impl IntoIterator<Item = String>) {
        self.planned.extend(paths);
    }

    /// Lists pairs of lines that are left to a person or a model.
    pub fn leave(&mut self, pairs: Vec<Pair>) {
        self.tally.probable.extend(pairs);
    }

    /// Stages one op and answers it. memory-api counts the budget as well, and its word is the last.
    ///
    /// # Errors
    /// [`CuratorError::Interrupted`] if the dream cannot go on: the curator ends.
    pub async fn put(&mut self, op: &PlannedOp) -> Result<Staged, CuratorError> {
        let staged = self.staged(op).await.map_err(|interruption| {
            self.interruption = Some(interruption);
            CuratorError::Interrupted
        })?;
        if staged != Staged::BudgetSpent {
            self.planned.iter().position(|path| *path == op.path).map(|at| self.planned.remove(at));
        }
        match staged {
            Staged::Yes => {
                self.bytes += wire::inserted_bytes(op);
                self.files.insert(op.path.clone());
                if self.planned.is_empty() {
                    failpoints::pass(Point::MidStage).await;
                }
            }
            Staged::TooLarge => self.too_large.push(op.path.clone()),
            Staged::Ungrounded(_) | Staged::Refused(_) | Staged::BudgetSpent => {}
        }
        Ok(staged)
    }

    async fn staged(&mut self, op: &PlannedOp) -> Result<Staged, Interruption> {
        let another_file = !self.files.contains(&op.path) && self.files.len() >= self.budget.max_files as usize;
        if self.tally.ops_staged >= self.budget.max_ops || another_file {
            return Ok(Staged::BudgetSpent);
        }
        if self.bytes + wire::inserted_bytes(op) > self.budget.max_bytes {
            return Ok(Staged::TooLarge);
        }
        failpoints::pass(if self.tally.ops_staged == 0 { Point::FirstStage } else { Point::MidStage }).await;
        match self.calls.stage(wire::patch(op.clone())).await {
            Ok(answer) => {
                if answer.changed {
                    count(op, self.tally);
                }
                Ok(Staged::Yes)
            }
            Err(status) => refused(&status, self.tally),
        }
    }

    /// Takes the failure of a call after which the dream cannot go on, if there was one.
    pub(crate) fn take_interruption(&mut self) -> Option<Interruption> {
        self.interruption.take()
    }

    /// Returns true if the curator has put or planned an op.
    pub(crate) fn was_used(&self) -> bool {
        self.tally.ops_staged + self.tally.ops_dropped > 0 || !self.planned.is_empty() || !self.too_large.is_empty()
    }

    /// The time ended in the middle of the curator's work. Where it planned nothing more, any of the files that were read
    /// may be left.
    pub(crate) fn cut_short(&mut self, read: Vec<String>) {
        if self.planned.is_empty() {
            self.planned = read.into_iter().filter(|path| !self.files.contains(path)).collect();
        }
    }

    /// Lists the files that the next dream begins with: first the unread ones, then those that were read and not staged.
    /// Each path stands once.
    pub(crate) fn left_after(self, unread: Vec<String>) -> Vec<String> {
        let mut named = BTreeSet::new();
        let unstaged = self.too_large.into_iter().chain(self.planned);
        unread.into_iter().chain(unstaged).filter(|path| named.insert(path.clone())).collect()
    }
}

fn refused(status: &Status, tally: &mut Tally) -> Result<Staged, Interruption> {
    let Some(refusal) = Refusal::of(status) else { return Err(Interruption::of("staging", status)) };
    let fact = |name: &str| refusal.facts.get(name).map(String::as_str);
    match refusal.reason {
        ErrorReason::GroundInvalid => {
            tally.ops_dropped += 1;
            let treatments = fact("treatments").or(fact("treatment")).unwrap_or_default();
            tracing::info!(treatments, "an op was dropped: the ground of a treatment does not hold");
            Ok(Staged::Ungrounded(treatments.split(',').filter_map(|one| one.parse().ok()).collect()))
        }
        ErrorReason::BudgetExceeded if fact("budget").is_some_and(|budget| budget.contains("bytes")) => {
            Ok(Staged::TooLarge)
        }
        ErrorReason::BudgetExceeded => Ok(Staged::BudgetSpent),
        reason if is_of_the_op(reason) => {
            tally.ops_dropped += 1;
            let name = memex_proto::reason::short_name(reason);
            tracing::warn!(reason = name, "an op was dropped: it was refused for itself");
            Ok(Staged::Refused(reason))
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
