//! RevertDream: a whole dream undone by new revisions, or refused as a whole where a file was changed since.

use std::collections::{BTreeMap, HashMap};

use memex_core::actor::{Operation, Source};
use memex_core::dream::DreamState;
use memex_core::dream_log;
use memex_core::ids::DreamId;
use memex_core::path::MemoryPath;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use crate::adopt::{log_change, memory_text, no_room};
use crate::auth::Caller;
use crate::error::{Error, Result, erased};
use crate::forgotten::remember_pairs;
use crate::guards::Guards;
use crate::store::changesets::{FileState, StagedOp, file_states, places_of, staged_ops, texts_at};
use crate::store::commit::{Change, Conflict, Outcome, commit};
use crate::store::dreams::{end_dream, mark_reverted, running_dream, today};
use crate::store::pool::Connection;

/// What a dream did to one file: its first op has the base, its last the revision that it left.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Undone {
    path: String,
    base: Option<(Uuid, i64)>,
    last_sequence: i64,
    source: i16,
}

/// Undoes an applied dream in one transaction, under the scope's lock; gives the sequences of the new revisions.
///
/// # Errors
/// VERSION_CONFLICT where a file is not as the dream left it; REVISION_REDACTED where a text is gone; QUOTA_EXCEEDED, USER_ERASED as a write; where Postgres fails.
pub async fn revert(
    tx: &mut Connection,
    guards: Guards,
    dream: DreamId,
    caller: &Caller,
    reason: &str,
) -> Result<Vec<i64>> {
    let undone = by_file(&staged_ops(&mut *tx, dream).await?);
    let paths: Vec<String> = undone.iter().map(|file| file.path.clone()).collect();
    let states = file_states(&mut *tx, dream.scope, &paths).await?;
    let sequences: Vec<i64> = undone.iter().map(|file| file.last_sequence).collect();
    let left = places_of(&mut *tx, dream.scope, &sequences).await?;
    unmoved(&undone, &states, &left)?;
    if let Some(running) = running_dream(&mut *tx, dream.scope).await? {
        end_dream(&mut *tx, dream.scope, running, DreamState::Overtaken, "another dream was reverted while it ran")
            .await?;
    }
    let changes = changes(tx, dream, caller, reason, &undone, &states).await?;
    let outcomes = commit(&mut *tx, &changes).await?;
    let Some((logged, files)) = outcomes.split_last() else {
        return Err(Error::Unexpected("a revert committed nothing"));
    };
    let mut sequences = written(files)?;
    if let Outcome::Written(head) = logged {
        sequences.push(head.sequence);
    }
    mark_reverted(&mut *tx, dream).await?;
    remember_pairs(tx, guards, dream, None, dream.id).await?;
    Ok(sequences)
}

async fn changes(
    tx: &mut Connection,
    dream: DreamId,
    caller: &Caller,
    reason: &str,
    undone: &[Undone],
    states: &HashMap<String, FileState>,
) -> Result<Vec<Change>> {
    let bases: Vec<(Uuid, i64)> = undone.iter().filter_map(|file| file.base).collect();
    let texts = texts_at(&mut *tx, dream.scope, &bases).await?;
    let mut changes = Vec::with_capacity(undone.len() + 1);
    for file in undone {
        let base = file
            .base
            .map(|place| texts.get(&place).ok_or(Error::Unexpected("a dream's base has no revision")))
            .transpose()?;
        if base.is_some_and(|base| base.redacted) {
            let message = "a text that the revert would bring back was redacted; nothing was reverted";
            return Err(Refusal::new(ErrorReason::RevisionRedacted, message).fact("path", &file.path).into());
        }
        changes.push(Change {
            scope: dream.scope,
            operation: Operation::Revert,
            path: MemoryPath::parse(&file.path).map_err(|_| Error::Unexpected("a staged op has no canonical path"))?,
            text: base.map(|base| memory_text(base.text.clone())).transpose()?,
            expected: states.get(&file.path).map(FileState::expected),
            request: None,
            actor: caller.actor.clone(),
            principal: caller.token_id,
            source: Source::from_code(base.map_or(file.source, |base| base.source)).unwrap_or(Source::Agent),
            reason: reason_of(dream, reason),
            dream: None,
            conflict: Conflict::Stale,
        });
    }
    let files = u32::try_from(undone.len()).unwrap_or(u32::MAX);
    let line = dream_log::revert_line(today(&mut *tx).await?, files, &dream);
    changes.push(log_change(tx, dream.scope, caller.token_id, None, &line).await?);
    Ok(changes)
}

fn reason_of(dream: DreamId, reason: &str) -> String {
    if reason.is_empty() { format!("revert of {dream}") } else { format!("revert of {dream}: {reason}") }
}

/// The files of an applied changeset, by path.
fn by_file(ops: &[StagedOp]) -> Vec<Undone> {
    let mut files: BTreeMap<&str, Undone> = BTreeMap::new();
    for op in ops {
        let Some(last_sequence) = op.adopted_sequence else { continue };
        let base = op.base_file.map(|file| (file, op.base_version));
        let first = || Undone { path: op.path.clone(), base, last_sequence, source: op.source };
        files.entry(&op.path).or_insert_with(first).last_sequence = last_sequence;
    }
    files.into_values().collect()
}

/// Whether every file is at the revision that the dream made last.
fn unmoved(undone: &[Undone], states: &HashMap<String, FileState>, left: &HashMap<i64, (Uuid, i64)>) -> Result<()> {
    for file in undone {
        let state = states.get(&file.path);
        if state.map(|state| (state.file_id, state.version)) != left.get(&file.last_sequence).copied() {
            let current = state.map_or(0, FileState::expected);
            let message = "a file was changed since the dream; nothing was reverted";
            return Err(Refusal::new(ErrorReason::VersionConflict, message)
                .fact("path", &file.path)
                .fact("current_version", current)
                .into());
        }
    }
    Ok(())
}

fn written(outcomes: &[Outcome]) -> Result<Vec<i64>> {
    let sequence = |outcome: &Outcome| match outcome {
        Outcome::Written(head) => Ok(Some(head.sequence)),
        // The dream's ops took each other back: the file is as it was.
        Outcome::Unchanged(_) => Ok(None),
        Outcome::TooManyFiles { limit } => Err(no_room("max_files", *limit).into()),
        Outcome::TooManyBytes { limit } => Err(no_room("max_scope_bytes", *limit).into()),
        Outcome::TextTooLarge { limit } => Err(no_room("max_text_bytes", *limit).into()),
        Outcome::Erased => Err(erased().into()),
        _ => Err(Error::Unexpected("a revert under the scope's lock found another version")),
    };
    outcomes.iter().map(sequence).filter_map(Result::transpose).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(number: i32, path: &str, base_version: i64, adopted: Option<i64>) -> StagedOp {
        StagedOp {
            number,
            operation: 11,
            path: path.into(),
            base_file: (base_version > 0).then(Uuid::nil),
            base_version,
            expected_version: base_version,
            text: Some(String::new()),
            inserted_bytes: 0,
            source: 1,
            reason: String::new(),
            treatments: vec![],
            adopted_sequence: adopted,
            redacted: false,
        }
    }

    #[test]
    fn several_ops_of_a_file_are_undone_together_and_what_was_not_adopted_is_left() {
        let undone = by_file(&[
            op(1, "user/b.md", 3, Some(10)),
            op(2, "user/a.md", 0, Some(11)),
            op(3, "user/b.md", 3, Some(12)),
            op(4, "user/c.md", 1, None),
        ]);
        let expected = [("user/a.md", None, 11), ("user/b.md", Some((Uuid::nil(), 3)), 12)];
        assert_eq!(
            undone.iter().map(|file| (file.path.as_str(), file.base, file.last_sequence)).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_file_changed_since_refuses_the_whole_revert_with_its_path_and_version() {
        let undone = by_file(&[op(1, "user/a.md", 3, Some(10))]);
        let left = HashMap::from([(10, (Uuid::nil(), 4))]);
        let states = |version, deleted| {
            HashMap::from([("user/a.md".to_owned(), FileState { file_id: Uuid::nil(), version, deleted, source: 1 })])
        };
        assert!(unmoved(&undone, &states(4, false), &left).is_ok());
        for (state, current) in [(states(5, false), "5"), (states(5, true), "0"), (HashMap::new(), "0")] {
            let Err(Error::Refused { refusal, .. }) = unmoved(&undone, &state, &left) else { panic!("not refused") };
            assert_eq!(refusal.reason, ErrorReason::VersionConflict);
            assert_eq!(
                (refusal.facts["path"].as_str(), refusal.facts["current_version"].as_str()),
                ("user/a.md", current)
            );
        }
    }

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
