//! RevertDream: the groups of a dream undone by new revisions, and kept as a revert that can be undone in the same way.

mod merge;
mod plan;

use std::collections::{BTreeSet, HashSet};

use memex_core::actor::{Operation, Source};
use memex_core::dream::DreamState;
use memex_core::dream_log;
use memex_core::ids::DreamId;
use memex_core::path::MemoryPath;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use crate::adopt::{log_change, memory_text, refused};
use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::forgotten::{lift_pairs, remember_pairs};
use crate::guards::Guards;
use crate::store::commit::{Change, Conflict, Outcome, commit};
use crate::store::dreams::{
    RevertOp, end_dream, insert_revert, mark_undone, rearm, running_dream, settle_reverted, today,
};
use crate::store::pool::Connection;

pub use plan::Left;
use plan::{Restored, chain, plan};

/// What a call asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The dream or revert.
    pub dream: DreamId,
    /// Why.
    pub reason: String,
    /// Files whose groups are merged with later edits.
    pub paths: BTreeSet<String>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Reverted {
    /// The sequences of the new revisions.
    pub sequences: Vec<i64>,
    /// The groups that were left.
    pub left: Vec<Left>,
    /// The revert.
    pub id: DreamId,
}

/// Undoes the groups of an applied dream or revert that can be undone, in one transaction, under the scope's lock.
///
/// # Errors
/// VERSION_CONFLICT where no group can be undone, or later edits of a named one conflict; REVISION_REDACTED where a text is gone;
/// FIELD_INVALID; QUOTA_EXCEEDED, USER_ERASED as a write; where Postgres fails.
pub async fn revert(tx: &mut Connection, guards: Guards, asked: &Asked, caller: &Caller) -> Result<Reverted> {
    let dream = asked.dream;
    let chain = chain(&mut *tx, dream).await?;
    let root = *chain.last().ok_or(Error::Unexpected("a chain of reverts is empty"))?;
    let (restored, left) = plan(&mut *tx, guards, dream, root, &asked.paths).await?;
    if restored.is_empty() {
        return Err(left.first().map_or_else(nothing, |group| group.obstacle.refusal()).into());
    }
    if let Some(running) = running_dream(&mut *tx, dream.scope).await? {
        end_dream(&mut *tx, dream.scope, running, DreamState::Overtaken, "another dream was reverted while it ran")
            .await?;
    }
    let changes = changes(tx, asked, caller, &restored).await?;
    let outcomes = commit(&mut *tx, &changes).await?;
    let Some((logged, files)) = outcomes.split_last() else {
        return Err(Error::Unexpected("a revert committed nothing"));
    };
    let written = written(files)?;
    let ops: Vec<RevertOp> = restored.iter().zip(&written).filter_map(|(file, sequence)| op(file, *sequence)).collect();
    let id = insert_revert(&mut *tx, dream, &caller.actor, &asked.reason, &ops).await?;
    let paths: Vec<String> = restored.into_iter().map(|file| file.path).collect();
    note(tx, guards, &chain, id, &paths).await?;
    let mut sequences: Vec<i64> = written.into_iter().flatten().collect();
    if let Outcome::Written(head) = logged {
        sequences.push(head.sequence);
    }
    Ok(Reverted { sequences, left, id: DreamId { scope: dream.scope, id } })
}

fn nothing() -> Refusal {
    Refusal::new(ErrorReason::WrongState, "it changed no file that is not undone").fact("state", "reverted")
}

/// Notes along the chain what is undone now: what a dream did is undone by a revert, and in force again where that is
/// undone in turn. What is undone of the dream itself does not come back; what is in force again may.
async fn note(tx: &mut Connection, guards: Guards, chain: &[DreamId], id: Uuid, paths: &[String]) -> Result<()> {
    let mut by = id;
    for (at, &one) in chain.iter().enumerate() {
        mark_undone(&mut *tx, one, (at % 2 == 0).then_some(by), paths).await?;
        settle_reverted(&mut *tx, one).await?;
        by = one.id;
    }
    let root = *chain.last().ok_or(Error::Unexpected("a chain of reverts is empty"))?;
    let paths: HashSet<String> = paths.iter().cloned().collect();
    match chain.len() % 2 {
        1 => remember_pairs(tx, guards, root, Some(&paths), id).await?,
        _ => lift_pairs(tx, guards, root, &paths).await?,
    }
    rearm(tx, root.scope).await
}

fn op(file: &Restored, sequence: Option<i64>) -> Option<RevertOp> {
    Some(RevertOp {
        sequence: sequence?,
        base_file: file.now.map(|now| now.0),
        base_version: file.now.map_or(0, |now| now.1),
    })
}

async fn changes(tx: &mut Connection, asked: &Asked, caller: &Caller, restored: &[Restored]) -> Result<Vec<Change>> {
    let dream = asked.dream;
    let mut changes = Vec::with_capacity(restored.len() + 1);
    for file in restored {
        changes.push(Change {
            scope: dream.scope,
            operation: Operation::Revert,
            path: MemoryPath::parse(&file.path).map_err(|_| Error::Unexpected("a staged op has no canonical path"))?,
            text: file.text.clone().map(memory_text).transpose()?,
            expected: Some(file.now.map_or(0, |now| now.1)),
            request: None,
            actor: caller.actor.clone(),
            principal: caller.token_id,
            source: Source::from_code(file.source).unwrap_or(Source::Agent),
            reason: reason_of(dream, &asked.reason),
            dream: None,
            conflict: Conflict::Stale,
        });
    }
    let files = u32::try_from(restored.len()).unwrap_or(u32::MAX);
    let line = dream_log::revert_line(today(&mut *tx).await?, files, &dream);
    changes.push(log_change(tx, dream.scope, caller.token_id, None, &line).await?);
    Ok(changes)
}

fn reason_of(dream: DreamId, reason: &str) -> String {
    if reason.is_empty() { format!("revert of {dream}") } else { format!("revert of {dream}: {reason}") }
}

/// The sequence of each file's new revision; `None`: the file is as it is to be.
fn written(outcomes: &[Outcome]) -> Result<Vec<Option<i64>>> {
    let sequence = |outcome: &Outcome| match outcome {
        Outcome::Written(head) => Ok(Some(head.sequence)),
        Outcome::Unchanged(_) => Ok(None),
        other => match refused(other) {
            Some(refusal) => Err(refusal.into()),
            None => Err(Error::Unexpected("a revert under the scope's lock found another version")),
        },
    };
    outcomes.iter().map(sequence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revert_without_room_says_which_limit_is_in_its_way() {
        let cases = [
            (Outcome::TooManyFiles { limit: 2 }, "max_files"),
            (Outcome::TooManyBytes { limit: 2 }, "max_scope_bytes"),
            (Outcome::TextTooLarge { limit: 2 }, "max_text_bytes"),
        ];
        for (outcome, quota) in cases {
            let Err(Error::Refused { refusal, .. }) = written(&[outcome]) else { panic!("not refused") };
            assert_eq!(refusal.reason, ErrorReason::QuotaExceeded);
            assert_eq!((refusal.facts["quota"].as_str(), refusal.facts["limit"].as_str()), (quota, "2"));
        }
    }

    #[test]
    fn the_reason_names_the_dream_and_what_the_caller_said() {
        let dream = DreamId { scope: 1, id: Uuid::nil() };
        assert_eq!(reason_of(dream, ""), format!("revert of {dream}"));
        assert_eq!(reason_of(dream, "wrong city"), format!("revert of {dream}: wrong city"));
    }
}
