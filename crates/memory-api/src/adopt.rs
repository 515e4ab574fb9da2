//! Adoption: each op of a judged changeset, in order, through the one write path, then the dream's line in the log.

use std::collections::HashMap;

use chrono::NaiveDate;
use memex_core::actor::{DREAM_ACTOR, Operation, SERVICE_ACTOR, Source};
use memex_core::dream_log;
use memex_core::ids::DreamId;
use memex_core::path::MemoryPath;
use memex_core::text::MemoryText;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::judge::Judged;
use crate::store::changesets::{FileState, StagedOp, file_states, head_texts, max_text_bytes, record_adopted};
use crate::store::commit::{Change, Conflict, Outcome, commit};

/// What became of an adoption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adoption {
    /// Every op is a revision.
    Adopted,
    /// The write path refused an op: the transaction must be rolled back. Why, for people.
    Refused(&'static str),
}

/// Adopts a changeset in the transaction of its decision, under the scope's lock.
///
/// # Errors
/// Where Postgres fails.
pub async fn adopt(
    tx: &mut PgConnection,
    dream: DreamId,
    principal: Uuid,
    as_of: NaiveDate,
    judged: &Judged,
) -> Result<Adoption> {
    let paths: Vec<String> = judged.ops.iter().map(|op| op.path.clone()).collect();
    let mut states = file_states(&mut *tx, dream.scope, &paths).await?;
    let mut changes = Vec::with_capacity(judged.ops.len() + 1);
    for op in &judged.ops {
        changes.push(change(op, dream, principal, &mut states)?);
    }
    let line = dream_log::line(as_of, &judged.counts);
    changes.push(log_change(tx, dream.scope, principal, Some(dream.id), &line).await?);
    let outcomes = commit(&mut *tx, &changes).await?;
    let Some((logged, outcomes)) = outcomes.split_last() else {
        return Err(Error::Unexpected("an adoption committed nothing"));
    };
    let mut adopted = Vec::with_capacity(outcomes.len());
    for (op, outcome) in judged.ops.iter().zip(outcomes) {
        match outcome {
            Outcome::Written(head) => adopted.push((op.number, head.sequence)),
            other => return Ok(Adoption::Refused(refusal(other))),
        }
    }
    if !matches!(logged, Outcome::Written(_)) {
        // The memory is whole without the line; a full scope must not keep a dream from making room.
        tracing::warn!(scope.id = dream.scope, dream.id = %dream, "the dream's line did not fit into user/dream-log.md");
    }
    record_adopted(tx, dream, &adopted).await?;
    Ok(Adoption::Adopted)
}

/// An op as a change. The running version is the file's own, since a path that was deleted goes on counting.
fn change(op: &StagedOp, dream: DreamId, principal: Uuid, states: &mut HashMap<String, FileState>) -> Result<Change> {
    let known = states.get(&op.path).copied();
    let source = known.filter(|state| !state.deleted).map_or(op.source, |state| state.source);
    let next = FileState {
        file_id: known.map_or(Uuid::nil(), |state| state.file_id),
        version: known.map_or(0, |state| state.version) + 1,
        deleted: op.text.is_none(),
        source,
    };
    states.insert(op.path.clone(), next);
    Ok(Change {
        scope: dream.scope,
        operation: Operation::from_code(op.operation).ok_or(Error::Unexpected("a staged op is of an unknown kind"))?,
        path: MemoryPath::parse(&op.path).map_err(|_| Error::Unexpected("a staged op has no canonical path"))?,
        text: op.text.clone().map(memory_text).transpose()?,
        expected: Some(known.map_or(0, |state| state.expected())),
        request: None,
        actor: DREAM_ACTOR.to_owned(),
        principal,
        source: Source::from_code(source).ok_or(Error::Unexpected("a revision has an unknown source"))?,
        reason: op.reason.clone(),
        dream: Some(dream.id),
        conflict: Conflict::Stale,
    })
}

/// A line for `user/dream-log.md`, as a change of memory-api's own.
pub async fn log_change(
    tx: &mut PgConnection,
    scope: i64,
    principal: Uuid,
    dream: Option<Uuid>,
    line: &str,
) -> Result<Change> {
    let path = MemoryPath::dream_log();
    let head = head_texts(&mut *tx, scope, &[path.as_str().to_owned()]).await?.pop();
    let longest = max_text_bytes(&mut *tx, scope).await?;
    let text = with_line(head.as_ref().map_or("", |head| head.text.as_str()), line, longest);
    Ok(Change {
        scope,
        operation: Operation::DreamLog,
        path,
        text: Some(memory_text(text)?),
        expected: Some(head.map_or(0, |head| head.version)),
        request: None,
        actor: SERVICE_ACTOR.to_owned(),
        principal,
        source: Source::Agent,
        reason: String::new(),
        dream,
        conflict: Conflict::Stale,
    })
}

/// The log with a line more; the oldest lines go where it grows too long, since its history keeps them.
fn with_line(log: &str, line: &str, longest: usize) -> String {
    let ending = if log.is_empty() || log.ends_with('\n') { "" } else { "\n" };
    let text = format!("{log}{ending}{line}\n");
    let mut kept = text.as_str();
    while kept.len() > longest {
        match kept.split_once('\n') {
            Some((_, rest)) => kept = rest,
            None => break,
        }
    }
    kept.to_owned()
}

/// A text from our own tables, within whatever bound the write path holds it to.
pub fn memory_text(text: String) -> Result<MemoryText> {
    MemoryText::parse(text, usize::MAX).map_err(|_| Error::Unexpected("a stored text contains NUL"))
}

fn refusal(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::TooManyFiles { .. } => "the scope has no room for another file",
        Outcome::TooManyBytes { .. } => "the scope has no room for that much text",
        Outcome::TextTooLarge { .. } => "a text is longer than a text may be",
        Outcome::Erased => "the user is being erased",
        _ => "a file was not as the changeset expected it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_added_at_the_end_and_the_oldest_go_when_the_log_is_full() {
        assert_eq!(with_line("", "a", 100), "a\n");
        assert_eq!(with_line("a", "b", 100), "a\nb\n");
        assert_eq!(with_line("first\nsecond\n", "third", 13), "second\nthird\n");
        assert_eq!(with_line("first\nsecond\n", "third", 12), "third\n");
    }

    #[test]
    fn several_ops_of_one_file_expect_each_other_and_a_deleted_path_goes_on_counting() {
        let op = |number| StagedOp {
            number,
            operation: 11,
            path: "user/a.md".into(),
            base_file: None,
            base_version: 0,
            expected_version: i64::from(number) - 1,
            text: Some("x".into()),
            inserted_bytes: 1,
            source: 2,
            reason: String::new(),
            treatments: vec![],
            adopted_sequence: None,
            redacted: false,
        };
        let dream = DreamId { scope: 1, id: Uuid::nil() };
        let deleted = FileState { file_id: Uuid::nil(), version: 5, deleted: true, source: 1 };
        let mut states = HashMap::from([("user/a.md".to_owned(), deleted)]);
        let expected: Vec<_> =
            (1..=3).map(|number| change(&op(number), dream, Uuid::nil(), &mut states).unwrap().expected).collect();
        assert_eq!(expected, [Some(0), Some(6), Some(7)]);
        let mut none = HashMap::new();
        let first = change(&op(1), dream, Uuid::nil(), &mut none).unwrap();
        assert_eq!((first.expected, first.source, first.actor.as_str()), (Some(0), Source::Agent, "dream-agent"));
    }
}
