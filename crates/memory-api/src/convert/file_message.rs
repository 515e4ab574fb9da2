//! Files and what became of a change to one, as callers see it.

use memex_core::ids::RevisionId;
use memex_core::path::MemoryPath;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;

use crate::convert::timestamp;
use crate::error::{Error, Result, erased};
use crate::store::commit::{Conflict, Head, Outcome};
use crate::store::files::FileRow;
use crate::store::requests::reused;

/// What became of a change: the fields that WriteFileResponse and PatchFileResponse share.
#[derive(Debug, PartialEq)]
pub struct Changed {
    /// The file afterwards.
    pub file: pb::File,
    /// Whether the call changed it.
    pub changed: bool,
    /// The revision that it made; empty where it changed nothing.
    pub revision_id: String,
}

/// A file without its text.
pub fn file(row: FileRow) -> pb::File {
    let deleted = row.sha256.is_empty();
    pb::File {
        path: row.path,
        version: row.version,
        size_bytes: row.size.into(),
        sha256: row.sha256,
        updated_at: Some(timestamp(row.updated_at)),
        updated_by: row.updated_by,
        deleted,
    }
}

/// The answer to a committed change. A repeat gets the first answer's fields.
///
/// # Errors
/// What the change was refused for; its log row is committed.
pub fn changed(scope: i64, path: &MemoryPath, outcome: Outcome, conflict: Conflict) -> Result<Changed> {
    let (head, changed) = match outcome {
        Outcome::Written(head) => (Some(head), true),
        Outcome::Unchanged(head) => (head, false),
        Outcome::Repeated { changed, head } => (head, changed),
        refused => {
            let refusal =
                refusal(&refused, conflict).ok_or(Error::Unexpected("a scope that was found does not exist"))?;
            return Err(Error::logged(refusal));
        }
    };
    let head = head.ok_or(Error::Unexpected("a change that was not a deletion left no file"))?;
    let revision_id = if changed { RevisionId { scope, sequence: head.sequence }.to_string() } else { String::new() };
    Ok(Changed { file: file_of(path, head), changed, revision_id })
}

fn file_of(path: &MemoryPath, head: Head) -> pb::File {
    file(FileRow {
        path: path.as_str().to_owned(),
        version: head.version,
        size: head.size,
        sha256: head.sha256,
        updated_at: head.at,
        updated_by: head.actor,
    })
}

fn refusal(outcome: &Outcome, conflict: Conflict) -> Option<Refusal> {
    let full = |quota: &str, limit: &i64, works: &str| {
        let message = format!("the memory is full: {quota} is {limit}; {works} still works");
        Refusal::new(ErrorReason::QuotaExceeded, message).fact("quota", quota).fact("limit", limit)
    };
    Some(match outcome {
        Outcome::RequestReused => reused(),
        Outcome::VersionConflict { current } => version_conflict(conflict, *current),
        Outcome::TooManyFiles { limit } => full("max_files", limit, "editing what is there"),
        Outcome::TooManyBytes { limit } => full("max_scope_bytes", limit, "what makes no file longer"),
        Outcome::TextTooLarge { limit } => too_large("content", Some(*limit)),
        Outcome::NothingToDelete => not_found(),
        Outcome::PathTaken { current } => version_conflict(Conflict::Exists, *current),
        Outcome::Erased => erased(),
        // The store opens a missing scope and tries again; the rest are answers.
        Outcome::NoSuchScope | Outcome::Written(_) | Outcome::Unchanged(_) | Outcome::Repeated { .. } => return None,
    })
}

/// A text over `max_text_bytes`, which that field gave.
pub fn too_large(name: &str, limit: Option<i64>) -> Refusal {
    let rule = match limit {
        Some(limit) => format!("the text has more than {limit} bytes"),
        None => "the text has more than max_text_bytes".to_owned(),
    };
    Refusal::new(ErrorReason::InvalidText, rule.clone()).violation(name, rule)
}

/// The version is not the one that the call needs.
pub fn version_conflict(conflict: Conflict, current: i64) -> Refusal {
    let refusal = match conflict {
        Conflict::Exists => Refusal::new(ErrorReason::FileExists, "a file stands there already"),
        Conflict::Unsaid => {
            let rule = "the file exists: give expected_version, or overwrite = true";
            Refusal::new(ErrorReason::ExpectedVersionRequired, rule).violation("expected_version", rule)
        }
        Conflict::Stale | Conflict::TriedAgain => Refusal::new(
            ErrorReason::VersionConflict,
            "the file is at another version; read it again and redo the change",
        ),
    };
    refusal.fact("current_version", current)
}

/// There is no file at this path.
pub fn not_found() -> Refusal {
    Refusal::new(ErrorReason::FileNotFound, "there is no file at this path")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn head() -> Head {
        Head { version: 3, sequence: 7, size: 2, sha256: vec![1; 32], at: DateTime::UNIX_EPOCH, actor: "agent".into() }
    }

    fn path() -> MemoryPath {
        MemoryPath::parse("user/a.md").unwrap()
    }

    #[test]
    fn a_repeat_is_answered_as_the_first_call_was() {
        for changes in [true, false] {
            let first = if changes { Outcome::Written(head()) } else { Outcome::Unchanged(Some(head())) };
            let first = changed(1, &path(), first, Conflict::Stale).unwrap();
            let again = Outcome::Repeated { changed: changes, head: Some(head()) };
            assert_eq!(changed(1, &path(), again, Conflict::Stale).unwrap(), first);
            assert_eq!(first.revision_id.is_empty(), !changes);
        }
    }

    #[test]
    fn every_refused_outcome_has_its_reason_and_facts() {
        let cases = [
            (Outcome::RequestReused, ErrorReason::RequestIdReused, None),
            (Outcome::VersionConflict { current: 4 }, ErrorReason::VersionConflict, Some(("current_version", "4"))),
            (Outcome::TooManyFiles { limit: 2 }, ErrorReason::QuotaExceeded, Some(("quota", "max_files"))),
            (Outcome::TooManyBytes { limit: 2 }, ErrorReason::QuotaExceeded, Some(("quota", "max_scope_bytes"))),
            (Outcome::TextTooLarge { limit: 2 }, ErrorReason::InvalidText, None),
            (Outcome::NothingToDelete, ErrorReason::FileNotFound, None),
            (Outcome::PathTaken { current: 4 }, ErrorReason::FileExists, Some(("current_version", "4"))),
            (Outcome::Erased, ErrorReason::UserErased, None),
        ];
        for (outcome, reason, fact) in cases {
            let Err(Error::Refused { refusal, logged: true }) = changed(1, &path(), outcome.clone(), Conflict::Stale)
            else {
                panic!("not a logged refusal: {reason:?}")
            };
            assert_eq!((refusal.reason, outcome.reason(Conflict::Stale)), (reason, reason), "told and logged alike");
            if let Some((name, value)) = fact {
                assert_eq!(refusal.facts[name], value);
            }
        }
    }

    #[test]
    fn a_conflict_is_told_for_what_it_means_to_the_caller() {
        for conflict in [Conflict::Stale, Conflict::Exists, Conflict::Unsaid] {
            let refusal = version_conflict(conflict, 5);
            assert_eq!((refusal.reason, refusal.facts["current_version"].as_str()), (conflict.reason(), "5"));
        }
    }
}
