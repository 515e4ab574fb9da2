//! Whether a line says what memory can keep, and the rows that it becomes.

use chrono::{DateTime, Utc};
use memex_core::actor::{ActorRefusal, Operation, Source, display_name};
use memex_core::eligibility;
use memex_core::ids::DreamId;
use memex_core::path::{MemoryPath, ScopeKind};
use memex_core::text::MemoryText;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::lines::{FileLine, OriginLine, RevisionLine};
use crate::convert::{self, time_of_micros};
use crate::error::field;

/// A file as `mx_import_1` takes it.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the columns of mx_file by their names")]
pub struct FileRow {
    pub path: String,
    pub file_id: Uuid,
    pub version: i64,
    pub size: i32,
    pub sha256: String,
    pub deleted: bool,
}

/// A revision as `mx_import_1` takes it.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the columns of mx_revision by their names")]
pub struct RevisionRow {
    pub file_id: Uuid,
    pub version: i64,
    pub sequence: i64,
    pub operation: i16,
    pub path: String,
    pub text: Option<String>,
    pub size: i32,
    pub sha256: String,
    pub source: i16,
    pub reason: String,
    pub hidden_unicode: bool,
    pub qualifies: bool,
    pub moved_from: Option<String>,
    pub redacted: bool,
    pub imported_actor: String,
    pub imported_at: DateTime<Utc>,
    pub imported_dream: Option<String>,
}

/// The refusal of a field of a line.
pub(super) fn broken(line: u64, name: &str, rule: &str) -> Refusal {
    field(&format!("lines[{line}].{name}"), rule)
}

/// What lines are checked against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checks {
    /// Makes the ids of files new: the same file has the same id throughout one import, and another in the next.
    pub salt: Uuid,
    /// Whether the current texts count as qualifying writes.
    pub qualifies: bool,
    /// `max_text_bytes`.
    pub max_text_bytes: i64,
}

impl Checks {
    pub(super) fn file(&self, at: u64, line: FileLine) -> Result<FileRow, Refusal> {
        let path = own_path(at, "path", &line.path)?;
        positive(at, "version", line.version)?;
        if line.size < 0 || line.deleted && (line.size != 0 || !line.sha256.is_empty()) {
            return Err(broken(at, "size", "must be 0, without a sha256, where the file is deleted"));
        }
        if !line.deleted && !is_hash(&line.sha256) {
            return Err(broken(at, "sha256", "must be 64 small hexadecimal digits"));
        }
        Ok(FileRow {
            path: path.as_str().to_owned(),
            file_id: self.new_id(line.file),
            version: line.version,
            size: line.size,
            sha256: line.sha256,
            deleted: line.deleted,
        })
    }

    pub(super) fn revision(&self, at: u64, line: RevisionLine) -> Result<RevisionRow, Refusal> {
        let path = own_path(at, "path", &line.path)?;
        positive(at, "version", line.version)?;
        let operation = Operation::parse(&line.operation)
            .filter(|&operation| {
                convert::operation_out(operation.code()) != memex_proto::v1::RevisionOperation::Unspecified
            })
            .ok_or_else(|| broken(at, "operation", "is none that makes a revision"))?;
        let source = Source::parse(&line.source).ok_or_else(|| broken(at, "source", "is unknown"))?;
        let reason =
            memex_core::text::reason(&line.reason).map_err(|refusal| broken(at, "reason", &refusal.to_string()))?;
        let moved_from = moved_from(at, operation, line.moved_from.as_deref(), &path)?;
        let text = self.text(at, &line.sha256, line.size, line.redacted, line.text)?;
        if !line.redacted && !fits(operation, text.is_some()) {
            return Err(broken(at, "text", "is missing, or there is one after a deletion"));
        }
        let origin = line.imported.unwrap_or(OriginLine { actor: line.actor, at: line.at, dream: line.dream });
        origin_of(at, &origin)?;
        // Of the current texts alone, which the last batch tells from the others.
        let qualifies = self.qualifies && text.is_some() && eligibility::moves(&path);
        Ok(RevisionRow {
            file_id: self.new_id(line.file),
            version: line.version,
            sequence: line.sequence,
            operation: operation.code(),
            path: path.as_str().to_owned(),
            size: line.size,
            sha256: line.sha256,
            source: source.code(),
            reason,
            hidden_unicode: text.as_ref().is_some_and(MemoryText::has_hidden_unicode),
            qualifies,
            text: text.map(MemoryText::into_string),
            moved_from: moved_from.map(|path| path.as_str().to_owned()),
            redacted: line.redacted,
            imported_actor: origin.actor,
            imported_at: origin.at,
            imported_dream: origin.dream,
        })
    }

    /// The text, where its size and hash are what the line says; `None` for a deletion and for what was redacted.
    fn text(
        &self,
        at: u64,
        sha256: &str,
        size: i32,
        redacted: bool,
        text: Option<String>,
    ) -> Result<Option<MemoryText>, Refusal> {
        let Some(text) = text else {
            if size != 0 || !sha256.is_empty() {
                return Err(broken(at, "size", "must be 0, without a sha256, where there is no text"));
            }
            return Ok(None);
        };
        if redacted {
            return Err(broken(at, "text", "must be null where it was redacted"));
        }
        if i64::try_from(text.len()).unwrap_or(i64::MAX) > self.max_text_bytes {
            return Err(over(at, "max_text_bytes", self.max_text_bytes));
        }
        let text = MemoryText::parse(text, usize::MAX)
            .map_err(|refusal| named(ErrorReason::InvalidText, at, "text", &refusal.to_string()))?;
        if usize::try_from(size) != Ok(text.as_str().len()) || hex::encode(text.sha256()) != sha256 {
            return Err(broken(at, "sha256", "is not that of the text, or size is not: the archive was changed"));
        }
        Ok(Some(text))
    }

    fn new_id(&self, there: Uuid) -> Uuid {
        let digest = Sha256::new().chain_update(self.salt).chain_update(there).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// The refusal of what a limit of the scope does not allow.
pub(super) fn over(line: u64, quota: &str, limit: i64) -> Refusal {
    let message = format!("lines[{line}]: with it the memory is over {quota}, which is {limit}");
    Refusal::new(ErrorReason::QuotaExceeded, message).fact("quota", quota).fact("limit", limit.to_string())
}

/// A path of the user's own in its canonical spelling.
fn own_path(line: u64, name: &str, text: &str) -> Result<MemoryPath, Refusal> {
    let path =
        MemoryPath::parse(text).map_err(|refusal| named(ErrorReason::InvalidPath, line, name, &refusal.to_string()))?;
    if path.as_str() == text && path.scope_kind() == ScopeKind::User {
        return Ok(path);
    }
    Err(named(ErrorReason::InvalidPath, line, name, "must be a path under user/ in its canonical spelling"))
}

/// The refusal of a path or a text of a line.
fn named(reason: ErrorReason, line: u64, name: &str, rule: &str) -> Refusal {
    let name = format!("lines[{line}].{name}");
    Refusal::new(reason, format!("{name}: {rule}")).violation(name, rule)
}

/// The path that a move took its file from; nothing else has one.
fn moved_from(
    at: u64,
    operation: Operation,
    from: Option<&str>,
    to: &MemoryPath,
) -> Result<Option<MemoryPath>, Refusal> {
    if from.is_some() != (operation == Operation::Move) {
        return Err(broken(at, "moved_from", "is for a move, and a move has it"));
    }
    let from = from.map(|path| own_path(at, "moved_from", path)).transpose()?;
    if from.as_ref().is_some_and(|from| from.as_str() == to.as_str()) {
        return Err(broken(at, "moved_from", "must be another path than the one moved to"));
    }
    Ok(from)
}

/// Whether an operation leaves a text, or takes it away.
fn fits(operation: Operation, text: bool) -> bool {
    match operation {
        Operation::Delete => !text,
        // Undoing what a dream made takes it away.
        Operation::Revert => true,
        _ => text,
    }
}

fn positive(line: u64, name: &str, version: i64) -> Result<(), Refusal> {
    if version > 0 { Ok(()) } else { Err(broken(line, name, "must be 1 or more")) }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether an origin can stand on a revision. A reserved name may: it is told as the archive's, not as ours.
fn origin_of(line: u64, origin: &OriginLine) -> Result<(), Refusal> {
    match display_name(&origin.actor) {
        Ok(_) | Err(ActorRefusal::Reserved) => {}
        Err(refusal) => return Err(broken(line, "actor", &refusal.to_string())),
    }
    if time_of_micros(origin.at.timestamp_micros()).is_none() {
        return Err(broken(line, "at", "must lie in the years 1 to 9999"));
    }
    match &origin.dream {
        Some(dream) => dream_id(line, dream),
        None => Ok(()),
    }
}

/// Whether a text is a dream's id, of whatever deployment.
pub(super) fn dream_id(line: u64, text: &str) -> Result<(), Refusal> {
    text.parse::<DreamId>().map(|_| ()).map_err(|refusal| broken(line, "dream", &refusal.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(change: impl FnOnce(&mut RevisionLine)) -> Result<RevisionRow, Refusal> {
        let mut line = RevisionLine {
            sequence: 1,
            file: Uuid::from_u128(7),
            path: "user/a.md".into(),
            version: 1,
            operation: "write".into(),
            text: Some("tea".into()),
            size: 3,
            sha256: hex::encode(Sha256::digest("tea")),
            redacted: false,
            moved_from: None,
            source: "agent".into(),
            actor: "dream-agent".into(),
            reason: String::new(),
            at: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
            dream: None,
            imported: None,
        };
        change(&mut line);
        Checks { salt: Uuid::nil(), qualifies: true, max_text_bytes: 100 }.revision(3, line)
    }

    fn moved(line: &mut RevisionLine, from: &str) {
        line.operation = "move".into();
        line.moved_from = Some(from.into());
    }

    fn empty(line: &mut RevisionLine) {
        (line.text, line.size, line.sha256) = (None, 0, String::new());
    }

    #[test]
    fn a_text_is_missing_where_it_was_taken_away_or_redacted() {
        for operation in ["delete", "revert"] {
            let gone = revision(|line| {
                empty(line);
                line.operation = operation.into();
            });
            assert_eq!(gone.unwrap().text, None);
        }
        let redacted = revision(|line| {
            empty(line);
            line.redacted = true;
        });
        assert!(redacted.unwrap().redacted);
    }

    #[test]
    fn a_revision_becomes_a_row_with_a_new_file_id_and_its_first_origin() {
        let row = revision(|_| ()).unwrap();
        assert_ne!(row.file_id, Uuid::from_u128(7));
        assert_eq!((row.imported_actor.as_str(), row.qualifies, row.operation), ("dream-agent", true, 10));
        let at = DateTime::from_timestamp(1_600_000_000, 0).unwrap();
        let before = OriginLine { actor: "ada".into(), at, dream: None };
        let row = revision(|line| line.imported = Some(before)).unwrap();
        assert_eq!((row.imported_actor.as_str(), row.imported_at), ("ada", at));
    }

    #[test]
    fn what_memory_cannot_keep_is_refused_for_its_field() {
        use ErrorReason as R;
        type Break = fn(&mut RevisionLine);
        let cases: [(Break, R, &str); 18] = [
            (|r| r.path = "user/../a".into(), R::InvalidPath, "lines[3].path"),
            (|r| r.path = "shared/a.md".into(), R::InvalidPath, "lines[3].path"),
            (|r| r.path = "user/e\u{301}.md".into(), R::InvalidPath, "lines[3].path"),
            (|r| r.version = 0, R::FieldInvalid, "lines[3].version"),
            (|r| r.operation = "read".into(), R::FieldInvalid, "lines[3].operation"),
            (|r| r.source = "hearsay".into(), R::FieldInvalid, "lines[3].source"),
            (|r| r.reason = "a\nb".into(), R::FieldInvalid, "lines[3].reason"),
            (|r| r.moved_from = Some("user/b.md".into()), R::FieldInvalid, "lines[3].moved_from"),
            (|r| moved(r, "user/a.md"), R::FieldInvalid, "lines[3].moved_from"),
            (|r| moved(r, "shared/a.md"), R::InvalidPath, "lines[3].moved_from"),
            (|r| r.operation = "delete".into(), R::FieldInvalid, "lines[3].text"),
            (empty, R::FieldInvalid, "lines[3].text"),
            (|r| r.text = Some("te\0".into()), R::InvalidText, "lines[3].text"),
            (|r| r.text = Some("tee".into()), R::FieldInvalid, "lines[3].sha256"),
            (|r| r.text = None, R::FieldInvalid, "lines[3].size"),
            (|r| r.redacted = true, R::FieldInvalid, "lines[3].text"),
            (|r| r.actor = "a\u{202E}".into(), R::FieldInvalid, "lines[3].actor"),
            (|r| r.dream = Some("drm_x".into()), R::FieldInvalid, "lines[3].dream"),
        ];
        for (break_it, reason, name) in cases {
            let refusal = revision(break_it).unwrap_err();
            assert_eq!((refusal.reason, refusal.violations[0].0.as_str()), (reason, name));
            assert!(refusal.message.starts_with(&format!("{name}: ")), "{}", refusal.message);
        }
        let long = revision(|line| line.text = Some("x".repeat(101))).unwrap_err();
        assert_eq!(long.reason, R::QuotaExceeded);
    }
}
