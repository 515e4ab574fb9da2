//! Adoption: one change for each file of a judged changeset, from its text before the dream to its text at the end,
//! through the one write path, then the dream's line in the log. What lies between two ops was never judged.

use chrono::NaiveDate;
use memex_core::actor::{DREAM_ACTOR, Operation, SERVICE_ACTOR, Source};
use memex_core::dream_log;
use memex_core::ids::DreamId;
use memex_core::path::MemoryPath;
use memex_core::text::MemoryText;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use crate::error::{Error, Result, erased};
use crate::judge::Judged;
use crate::store::changesets::{FileState, StagedOp, file_states, head_texts, max_text_bytes, record_adopted};
use crate::store::commit::{Change, Conflict, Outcome, commit};
use crate::store::pool::Connection;

/// What became of an adoption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adoption {
    /// Every op is a revision: their sequences, with that of the line in the log, where it fitted.
    Adopted(Vec<i64>),
    /// The write path refused an op, and so the transaction must be rolled back.
    Refused(Outcome),
}

/// Adopts a changeset in the transaction of its decision, under the scope's lock.
///
/// # Errors
/// Where Postgres fails.
#[tracing::instrument(name = "dream.adopt", skip_all, fields(dream.id = %dream, dream.files = judged.changed.len()))]
pub async fn adopt(
    tx: &mut Connection,
    dream: DreamId,
    principal: Uuid,
    as_of: NaiveDate,
    judged: &Judged,
) -> Result<Adoption> {
    let files = by_file(judged);
    let paths: Vec<String> = files.iter().map(|ops| ops[0].path.clone()).collect();
    let states = file_states(&mut *tx, dream.scope, &paths).await?;
    let mut changes = Vec::with_capacity(files.len() + 1);
    for ops in &files {
        changes.push(change(ops, dream, principal, states.get(&ops[0].path))?);
    }
    let line = dream_log::line(as_of, &judged.counts);
    changes.push(log_change(tx, dream.scope, principal, Some(dream.id), &line).await?);
    let outcomes = commit(&mut *tx, &changes).await?;
    let Some((logged, outcomes)) = outcomes.split_last() else {
        return Err(Error::Unexpected("an adoption committed nothing"));
    };
    let mut adopted = Vec::with_capacity(judged.ops.len());
    for (ops, outcome) in files.iter().zip(outcomes) {
        match outcome {
            Outcome::Written(head) => adopted.extend(ops.iter().map(|op| (op.number, head.sequence))),
            other => return Ok(Adoption::Refused(other.clone())),
        }
    }
    record_adopted(tx, dream, &adopted).await?;
    let mut sequences: Vec<i64> = adopted.into_iter().map(|(_, sequence)| sequence).collect();
    match logged {
        Outcome::Written(head) => sequences.push(head.sequence),
        // The memory is whole without the line; a full scope must not keep a dream from making room.
        _ => {
            tracing::warn!(scope.id = dream.scope, dream.id = %dream, "the dream's line did not fit into user/dream-log.md")
        }
    }
    sequences.dedup();
    Ok(Adoption::Adopted(sequences))
}

/// The ops of each file that the changeset changes in the end, in the order in which the files came.
fn by_file(judged: &Judged) -> Vec<Vec<&StagedOp>> {
    let mut files: Vec<Vec<&StagedOp>> = Vec::new();
    for op in judged.ops.iter().filter(|op| judged.changed.contains(&op.path)) {
        match files.iter_mut().find(|ops| ops[0].path == op.path) {
            Some(ops) => ops.push(op),
            None => files.push(vec![op]),
        }
    }
    files
}

/// All ops of one file as one change. Its source is that of the text before the dream: a worker's word for it counts for
/// nothing.
fn change(ops: &[&StagedOp], dream: DreamId, principal: Uuid, known: Option<&FileState>) -> Result<Change> {
    let last = ops.last().ok_or(Error::Unexpected("a file without ops is adopted"))?;
    let source = known.map_or(Source::Agent.code(), |state| state.source);
    Ok(Change {
        scope: dream.scope,
        operation: Operation::from_code(last.operation)
            .ok_or(Error::Unexpected("a staged op is of an unknown kind"))?,
        path: MemoryPath::parse(&last.path).map_err(|_| Error::Unexpected("a staged op has no canonical path"))?,
        text: last.text.clone().map(memory_text).transpose()?,
        expected: Some(known.map_or(0, FileState::expected)),
        request: None,
        actor: DREAM_ACTOR.to_owned(),
        principal,
        source: Source::from_code(source).ok_or(Error::Unexpected("a revision has an unknown source"))?,
        reason: last.reason.clone(),
        dream: Some(dream.id),
        conflict: Conflict::Stale,
    })
}

/// A line for `user/dream-log.md`, as a change of memory-api's own.
pub async fn log_change(
    tx: &mut Connection,
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

/// The refusal that a person gets of changes for which the scope has no room, or whose user is erased; `None`: another
/// outcome.
pub fn refused(outcome: &Outcome) -> Option<Refusal> {
    let (quota, limit) = match outcome {
        Outcome::TooManyFiles { limit } => ("max_files", limit),
        Outcome::TooManyBytes { limit } => ("max_scope_bytes", limit),
        Outcome::TextTooLarge { limit } => ("max_text_bytes", limit),
        Outcome::Erased => return Some(erased()),
        _ => return None,
    };
    let message = format!("what it would write is over {quota}, which is {limit}; nothing was changed");
    Some(Refusal::new(ErrorReason::QuotaExceeded, message).fact("quota", quota).fact("limit", limit))
}

/// The reason for people why the write path did not take a change.
pub fn refusal(outcome: &Outcome) -> &'static str {
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

    fn op(number: i32, path: &str) -> StagedOp {
        StagedOp {
            number,
            operation: 11,
            path: path.into(),
            base_file: None,
            base_version: 5,
            expected_version: 4 + i64::from(number),
            text: Some(format!("text {number}")),
            inserted_bytes: 1,
            source: Source::User.code(),
            reason: String::new(),
            treatments: vec![],
            adopted_sequence: None,
            redacted: false,
        }
    }

    #[test]
    fn several_ops_of_one_file_are_one_change_to_the_last_text_and_a_file_that_is_as_it_was_is_none() {
        let ops = vec![op(1, "user/b.md"), op(2, "user/a.md"), op(3, "user/b.md"), op(4, "user/c.md")];
        let changed = ["user/a.md".to_owned(), "user/b.md".to_owned()].into();
        let judged = Judged { ops, changed, ..Judged::default() };
        let files = by_file(&judged);
        let numbers: Vec<Vec<i32>> = files.iter().map(|ops| ops.iter().map(|op| op.number).collect()).collect();
        assert_eq!(numbers, [vec![1, 3], vec![2]]);
        let dream = DreamId { scope: 1, id: Uuid::nil() };
        let stands = FileState { file_id: Uuid::nil(), version: 5, deleted: false, source: Source::Web.code() };
        let one = change(&files[0], dream, Uuid::nil(), Some(&stands)).unwrap();
        assert_eq!((one.expected, one.text.as_ref().map(MemoryText::as_str)), (Some(5), Some("text 3")));
        assert_eq!((one.source, one.actor.as_str()), (Source::Web, "dream-agent"), "a worker's word for the source");
    }
}
