//! Staging a write or a patch within a dream.

use std::collections::BTreeSet;

use memex_core::actor::{Operation, Source};
use memex_core::diff::inserted_bytes;
use memex_core::limits::MAX_TEXT_BYTES_CEILING;
use memex_core::patch::{self, Edit, Patched};
use memex_core::path::{MemoryPath, ScopeKind};
use memex_core::text::MemoryText;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use memex_proto::v1::write_file_request::Precondition as Given;
use prost::Message as _;
use tracing::Instrument as _;
use uuid::Uuid;

use super::super::patch_file::{missing, refusal, skipped_lines};
use super::super::write_file::text;
use super::denied::denied;
use super::sees;
use crate::auth::{Caller, DreamContext};
use crate::convert;
use crate::convert::file_message::{Changed, file, too_large, version_conflict};
use crate::error::{Error, Result, field};
use crate::forgotten::{self, Digest, of_op};
use crate::guards::Guards;
use crate::services::context::{AboutCell, Context};
use crate::services::request::request_id;
use crate::store::commit::Conflict;
use crate::store::dream_view::{Op, SeenFile, StageOutcome};
use crate::store::files::FileRow;
use crate::store::forgotten::{key_in_use, known};

/// Treatments that one refusal names.
const MOST_NAMED: usize = 100;

pub(in super::super) async fn write_file(
    context: &Context,
    caller: &Caller,
    dream: DreamContext,
    about: &AboutCell,
    request: pb::WriteFileRequest,
) -> Result<Changed> {
    let path = path(context.guards, about, &request.path)?;
    let expected = expected(match request.precondition {
        Some(Given::Overwrite(_)) => {
            return Err(field("overwrite", "is refused within a dream; give expected_version").into());
        }
        Some(Given::ExpectedVersion(version)) => Some(version),
        None => None,
    })?;
    let said = Said::of(context.guards, &request.reason, request.source, &request.treatments, &request.request_id)?;
    let after = text(request.content)?;
    // What is new is measured against the file as the dream sees it; a file that is to be made has nothing yet. The
    // version is judged where the op is staged.
    let before = match expected {
        0 => None,
        _ => seen(context, caller, dream, &path).await?,
    };
    let op = said.op(Operation::Write, path, expected, before.as_ref().map_or("", |file| &file.text), after);
    stage(context, caller, dream, op, before).await
}

pub(in super::super) async fn patch_file(
    context: &Context,
    caller: &Caller,
    dream: DreamContext,
    about: &AboutCell,
    request: pb::PatchFileRequest,
) -> Result<(Changed, usize)> {
    let path = path(context.guards, about, &request.path)?;
    let expected = expected(request.expected_version)?;
    let said = Said::of(context.guards, &request.reason, request.source, &request.treatments, &request.request_id)?;
    let edits = convert::edits(request.edits)?;
    let before = seen(context, caller, dream, &path).await?;
    // An op that was staged before moved the version that this one expects: where that stands, there is nothing to ask.
    let stands = before.as_ref().is_some_and(|file| file.row.version == expected);
    if !stands
        && let Some(id) = said.request
        && let Some((row, met)) = context.store.staged_before(dream, &path, id).await?
    {
        context.store.log_ok(dream.id.scope, Operation::Patch, path.as_str(), caller).await?;
        let changed = Changed { file: file(row), changed: true, revision_id: String::new() };
        return Ok((changed, skipped_lines(&met, &edits)));
    }
    let (after, skipped) = patched(before.as_ref(), expected, &edits)?;
    let op = said.op(Operation::Patch, path, expected, before.as_ref().map_or("", |file| &file.text), after);
    Ok((stage(context, caller, dream, op, before).await?, skipped))
}

/// The file that a dream may change.
fn path(guards: Guards, about: &AboutCell, path: &str) -> Result<MemoryPath> {
    let path = convert::path(path)?;
    about.path(path.as_str());
    if path.scope_kind() == ScopeKind::Shared {
        return Err(Refusal::new(ErrorReason::ReadOnlyScope, "a dream never writes to shared/").into());
    }
    if !sees(guards, &path) {
        return Err(Refusal::new(ErrorReason::ExcludedPath, "a dream never touches this file").into());
    }
    Ok(path)
}

fn expected(given: Option<i64>) -> Result<i64, Refusal> {
    match given {
        Some(version) if version >= 0 => Ok(version),
        Some(_) => Err(field("expected_version", "must be 0 or more")),
        None => Err(field("expected_version", "is required within a dream")),
    }
}

/// What every op of a dream says beside its text.
struct Said {
    reason: String,
    source: Source,
    treatments: Vec<Vec<u8>>,
    request: Option<Uuid>,
}

impl Said {
    fn of(guards: Guards, reason: &str, source: i32, treatments: &[pb::Treatment], request: &str) -> Result<Self> {
        if reason.is_empty() {
            return Err(field("reason", "is required within a dream").into());
        }
        let judged = convert::treatments(treatments, guards.excluded)?;
        // Stored as they came, but for their paths, which are stored in the spelling that files have.
        let stored = treatments.iter().cloned().zip(judged).map(|(mut given, judged)| {
            for (given, judged) in given.sources.iter_mut().zip(judged.sources) {
                given.path = judged.path;
            }
            given.encode_to_vec()
        });
        Ok(Said {
            reason: convert::reason(reason)?,
            source: convert::source(source)?,
            treatments: stored.collect(),
            request: request_id(request)?,
        })
    }

    fn op(self, operation: Operation, path: MemoryPath, expected: i64, before: &str, after: MemoryText) -> Op {
        let inserted_bytes = i64::try_from(inserted_bytes(before, after.as_str())).unwrap_or(i64::MAX);
        let Said { reason, source, treatments, request } = self;
        Op {
            operation,
            path,
            expected,
            text: after,
            inserted_bytes,
            source,
            reason,
            treatments,
            forgotten: false,
            request,
        }
    }
}

/// The file as the dream sees it, for the service's own use.
async fn seen(context: &Context, caller: &Caller, dream: DreamContext, path: &MemoryPath) -> Result<Option<SeenFile>> {
    match context.store.dream_read(dream, &[path.as_str()], None, caller).await? {
        Ok(mut files) => Ok(files.pop()),
        Err(refused) => Err(denied(context, caller, dream, refused, false).await?),
    }
}

fn patched(before: Option<&SeenFile>, expected: i64, edits: &[Edit]) -> Result<(MemoryText, usize), Refusal> {
    let before = before.ok_or_else(|| missing(Some(expected)))?;
    if before.row.version != expected {
        return Err(version_conflict(Conflict::Stale, before.row.version));
    }
    let Patched { text, skipped_lines } =
        patch::apply_counted(&before.text, edits).map_err(|refused| refusal(&refused))?;
    let after = MemoryText::parse(text, MAX_TEXT_BYTES_CEILING);
    Ok((after.map_err(|refusal| convert::invalid_text("edits", &refusal))?, skipped_lines))
}

async fn stage(
    context: &Context,
    caller: &Caller,
    dream: DreamContext,
    mut op: Op,
    before: Option<SeenFile>,
) -> Result<Changed> {
    let forgotten = forgotten(context, dream.id.scope, &op, before.as_ref()).await?;
    op.forgotten = !forgotten.is_empty();
    let span = tracing::info_span!("dream.stage", dream.id = %dream.id);
    let refusal = match context.store.stage(dream, &op, caller).instrument(span).await? {
        StageOutcome::Staged { version, at } => {
            let row = FileRow {
                path: op.path.as_str().to_owned(),
                version,
                size: i32::try_from(op.text.as_str().len()).unwrap_or(i32::MAX),
                sha256: op.text.sha256().to_vec(),
                updated_at: at,
                updated_by: caller.actor.clone(),
            };
            return Ok(Changed { file: file(row), changed: true, revision_id: String::new() });
        }
        StageOutcome::Unchanged { .. } => {
            let before = before.ok_or(Error::Unexpected("an op left a file unchanged that is not there"))?;
            return Ok(Changed { file: file(before.row), changed: false, revision_id: String::new() });
        }
        StageOutcome::Conflict { current } => version_conflict(op.conflict(), current),
        StageOutcome::TooLarge => too_large("content", None),
        StageOutcome::Forgotten => brings_back(&forgotten),
        StageOutcome::Denied(refused) => {
            let refused = denied(context, caller, dream, refused, true).await?;
            context.meters.refused(refused.told_reason());
            return Err(refused);
        }
    };
    context.meters.refused(refusal.reason);
    Err(Error::logged(refusal))
}

/// The treatments of an op that would bring back what a person said no to, by their indexes.
async fn forgotten(context: &Context, scope: i64, op: &Op, before: Option<&SeenFile>) -> Result<Vec<usize>> {
    if !context.guards.forgotten {
        return Ok(Vec::new());
    }
    let mut connection = context.store.pool().acquire().await?;
    let Some(key) = key_in_use(&mut connection, scope).await? else { return Ok(Vec::new()) };
    let given: Vec<pb::Treatment> =
        op.treatments.iter().filter_map(|bytes| pb::Treatment::decode(bytes.as_slice()).ok()).collect();
    let treatments = convert::treatments(&given, context.guards.excluded)?;
    let cited = treatments.iter().flat_map(|one| &one.sources);
    let places: BTreeSet<(String, i64)> = cited.map(|source| (source.path.clone(), source.version)).collect();
    let texts = forgotten::texts(&mut connection, scope, &Vec::from_iter(places)).await?;
    let (path, after) = (op.path.as_str().to_owned(), op.text.as_str().to_owned());
    let before = before.map(|file| file.text.clone()).unwrap_or_default();
    let sites = forgotten::blocking(move || of_op(&key, &path, (&before, &after), &treatments, &texts)).await?;
    let digests: Vec<Digest> = sites.iter().map(|site| site.digest).collect();
    let known = known(&mut connection, scope, &digests).await?;
    let named: BTreeSet<usize> =
        sites.into_iter().filter(|site| known.contains(&site.digest)).map(|site| site.named).collect();
    Ok(named.into_iter().collect())
}

/// The refusal of such an op. All its treatments that are forgotten are named, as far as they fit.
fn brings_back(treatments: &[usize]) -> Refusal {
    let message = "a person has removed, rejected or reverted this before; leave it as it is";
    let all: Vec<String> = treatments.iter().take(MOST_NAMED).map(usize::to_string).collect();
    let first = treatments.first().copied().unwrap_or(0);
    Refusal::new(ErrorReason::GroundInvalid, message).fact("treatment", first).fact("treatments", all.join(","))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn treatment() -> pb::Treatment {
        pb::Treatment {
            kind: pb::TreatmentKind::DropDuplicate.into(),
            before: Some(pb::LineRange { first: 1, last: 1 }),
            after: None,
            sources: vec![pb::TreatmentSource {
                path: "user/Zoe\u{308}.md".into(),
                version: 1,
                lines: Some(pb::LineRange { first: 1, last: 1 }),
            }],
        }
    }

    #[test]
    fn an_op_needs_a_reason_a_version_and_treatments() {
        let said = |reason, treatments: &[pb::Treatment]| Said::of(Guards::default(), reason, 0, treatments, "");
        assert!(said("the same stands twice", &[treatment()]).is_ok());
        for refused in [said("", &[treatment()]), said("why", &[])] {
            assert_eq!(refused.err().and_then(|refused| refused.reason()), Some(ErrorReason::FieldInvalid));
        }
        assert!(expected(None).is_err() && expected(Some(-1)).is_err());
        assert_eq!(expected(Some(0)).unwrap(), 0);
    }

    #[test]
    fn a_cited_path_is_stored_as_files_are_spelled() {
        let said = Said::of(Guards::default(), "why", 0, &[treatment()], "").unwrap();
        let stored = pb::Treatment::decode(said.treatments[0].as_slice()).unwrap();
        assert_eq!(stored.sources[0].path, "user/Zo\u{EB}.md");
    }

    #[test]
    fn a_dream_never_writes_to_shared_or_to_logs() {
        let reason =
            |text| path(Guards::default(), &AboutCell::default(), text).err().and_then(|refused| refused.reason());
        assert_eq!(reason("user/a.md"), None);
        assert_eq!(reason("shared/a.md"), Some(ErrorReason::ReadOnlyScope));
        for log in ["user/log.md", "user/dream-log.md", "user/x-log.md"] {
            assert_eq!(reason(log), Some(ErrorReason::ExcludedPath));
        }
    }

    #[test]
    fn a_patch_is_of_the_version_that_the_dream_sees() {
        let row = FileRow {
            path: "user/a.md".into(),
            version: 2,
            size: 1,
            sha256: vec![],
            updated_at: DateTime::UNIX_EPOCH,
            updated_by: "a".into(),
        };
        let before = SeenFile { row, text: "a".into(), base: None };
        let edits = [Edit::Replace { old: "a".into(), new: "b".into() }];
        assert_eq!(patched(Some(&before), 2, &edits).unwrap().0.as_str(), "b");
        assert_eq!(patched(Some(&before), 1, &edits).unwrap_err().reason, ErrorReason::VersionConflict);
        assert_eq!(patched(None, 1, &edits).unwrap_err().facts["current_version"], "0");
        assert_eq!(patched(None, 0, &edits).unwrap_err().reason, ErrorReason::FileNotFound);
    }
}
