//! PatchFile: edits of the current text, all or nothing, which make one revision.

use memex_core::actor::{Operation, Source};
use memex_core::limits::MAX_TEXT_BYTES_CEILING;
use memex_core::patch::{self, Edit, PatchRefusal};
use memex_core::text::MemoryText;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use prost::Message as _;

use super::in_dream;
use super::place::{Place, place, writable};
use super::turns::Turns;
use super::write_file::outside_a_dream;
use crate::auth::Caller;
use crate::convert;
use crate::convert::file_message::{Changed, changed, not_found, too_large, version_conflict};
use crate::error::{Error, Result, always_outrun, field};
use crate::services::context::{AboutCell, Context};
use crate::services::request::{CallDigest, request_id};
use crate::store::commit::{Change, Conflict, Outcome, RequestKey};
use crate::store::files::Patchable;

/// How often a patch without `expected_version` is tried. In this process patches that lost a race take turns, so that
/// this many losses mean a crowd of others elsewhere; the call's deadline ends them earlier.
const ATTEMPTS: u32 = 100;

/// A version that no file has: only a remembered answer can come of a change that expects it.
const NEVER: i64 = -1;

pub(super) async fn handle(
    context: &Context,
    turns: &Turns,
    caller: Caller,
    about: AboutCell,
    request: pb::PatchFileRequest,
) -> Result<pb::PatchFileResponse> {
    let (changed, skipped_lines) = match caller.dream {
        Some(dream) => {
            about.scope(dream.id.scope);
            in_dream::patch_file(context, &caller, dream, &about, request).await?
        }
        None => {
            let place = place(context, &caller, &about, &request.user_id, &request.path).await?;
            writable(&caller, &place.path, false)?;
            let patch = Patch::of(&place, request)?;
            patch_current(context, turns, &caller, &place, &patch).await?
        }
    };
    let Changed { file, changed, revision_id } = changed;
    // A patch has at most 100 edits of 10,000 lines.
    let skipped_lines = i32::try_from(skipped_lines).unwrap_or(i32::MAX);
    Ok(pb::PatchFileResponse { file: Some(file), changed, revision_id, skipped_lines })
}

/// A patch, judged for its form.
#[derive(Debug)]
struct Patch {
    edits: Vec<Edit>,
    expected: Option<i64>,
    reason: String,
    source: Source,
    request: Option<RequestKey>,
}

impl Patch {
    fn of(place: &Place, request: pb::PatchFileRequest) -> Result<Self> {
        outside_a_dream(&request.treatments)?;
        let reason = convert::reason(&request.reason)?;
        let source = convert::source(request.source)?;
        let expected = request.expected_version;
        if expected.is_some_and(|version| version < 0) {
            return Err(field("expected_version", "must be 0 or more").into());
        }
        let id = request_id(&request.request_id)?;
        let mut digest = CallDigest::of("PatchFile")
            .optional(place.whose.user.as_ref().map(|user| user.as_str().as_bytes()))
            .text(place.path.as_str())
            .optional(expected.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice))
            .text(&reason)
            .number(source.code().into());
        for edit in &request.edits {
            digest = digest.bytes(&edit.encode_to_vec());
        }
        let digest = digest.finish();
        let edits = convert::edits(request.edits)?;
        Ok(Patch { edits, expected, reason, source, request: id.map(|id| RequestKey { id, digest }) })
    }
}

/// Reads, applies and commits with the version that was read, until nobody came in between. Gives how many lines were
/// skipped, too.
async fn patch_current(
    context: &Context,
    turns: &Turns,
    caller: &Caller,
    place: &Place,
    patch: &Patch,
) -> Result<(Changed, usize)> {
    let Some(scope) = place.scope else { return Err(missing(patch.expected).into()) };
    let mut attempt = 1;
    loop {
        let _turn = if attempt > 1 { Some(turns.take(place).await) } else { None };
        let id = patch.request.map(|request| request.id);
        let read = context.store.read_for_patch(scope, place.path.as_str(), caller.token_id, id).await?;
        let Next { text, expected, skipped_lines } = next(&read, patch)?;
        let mut change = Change {
            scope,
            operation: Operation::Patch,
            path: place.path.clone(),
            text: Some(text),
            expected: Some(expected),
            request: patch.request,
            actor: caller.actor.clone(),
            principal: caller.token_id,
            source: patch.source,
            reason: patch.reason.clone(),
            dream: None,
            conflict: if patch.expected.is_some() { Conflict::Stale } else { Conflict::TriedAgain },
        };
        match context.store.change(&place.whose, &mut change).await? {
            Outcome::VersionConflict { .. } if patch.expected.is_none() && attempt < ATTEMPTS => attempt += 1,
            // Who named no version has none to merge with.
            Outcome::VersionConflict { .. } if patch.expected.is_none() => return Err(always_outrun().into()),
            Outcome::TextTooLarge { limit } => return Err(Error::logged(too_large("edits", Some(limit)))),
            outcome => {
                let skipped = match &outcome {
                    Outcome::Repeated { changed, head: Some(head) } => {
                        skipped_before(context, change.scope, head.sequence, *changed, &patch.edits).await?
                    }
                    _ => skipped_lines,
                };
                return Ok((changed(change.scope, &place.path, outcome, change.conflict)?, skipped));
            }
        }
    }
}

/// How many lines the first of two calls with one request id skipped: worked out from the text that it met. Of a text that
/// was redacted since nobody can say; 0 then.
async fn skipped_before(context: &Context, scope: i64, sequence: i64, changed: bool, edits: &[Edit]) -> Result<usize> {
    if !edits.iter().any(may_skip) {
        return Ok(0);
    }
    let met = context.store.text_met(scope, sequence, changed).await?;
    Ok(met.map_or(0, |text| skipped_lines(&text, edits)))
}

fn may_skip(edit: &Edit) -> bool {
    matches!(edit, Edit::AppendLines { skip_if_present: true, .. })
}

/// How many lines these edits skipped of this text.
pub(super) fn skipped_lines(text: &str, edits: &[Edit]) -> usize {
    patch::apply_counted(text, edits).map_or(0, |patched| patched.skipped_lines)
}

/// What to commit.
#[derive(Debug)]
struct Next {
    text: MemoryText,
    /// The version that the file must be at.
    expected: i64,
    skipped_lines: usize,
}

/// The text to commit, and at which version. A patch that was answered before may no longer apply, and need not: its
/// answer is remembered.
fn next(read: &Patchable, patch: &Patch) -> Result<Next, Refusal> {
    let text = |text| {
        MemoryText::parse(text, MAX_TEXT_BYTES_CEILING).map_err(|refusal| convert::invalid_text("edits", &refusal))
    };
    if read.remembered {
        return Ok(Next { text: text(String::new())?, expected: NEVER, skipped_lines: 0 });
    }
    if read.version == 0 {
        return Err(missing(patch.expected));
    }
    if patch.expected.is_some_and(|expected| expected != read.version) {
        return Err(version_conflict(Conflict::Stale, read.version));
    }
    let patched = patch::apply_counted(&read.text, &patch.edits).map_err(|refused| refusal(&refused))?;
    Ok(Next { text: text(patched.text)?, expected: read.version, skipped_lines: patched.skipped_lines })
}

/// There is no file to patch: for who knew a version of it, that one is gone.
pub(super) fn missing(expected: Option<i64>) -> Refusal {
    match expected {
        None | Some(0) => not_found(),
        Some(_) => version_conflict(Conflict::Stale, 0),
    }
}

/// Why the edits do not apply.
pub(super) fn refusal(refused: &PatchRefusal) -> Refusal {
    let message = refused.to_string();
    match refused {
        PatchRefusal::NoMatch { edit, .. } => {
            Refusal::new(ErrorReason::PatchNoMatch, message).fact("edit", edit).fact("count", 0)
        }
        PatchRefusal::Ambiguous { edit, count, lines } => {
            let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
            Refusal::new(ErrorReason::PatchAmbiguous, message)
                .fact("edit", edit)
                .fact("count", count)
                .fact("lines", lines.join(","))
        }
        PatchRefusal::Invalid { edit, rule } => Refusal::new(ErrorReason::PatchInvalid, message)
            .fact("edit", edit)
            .violation(format!("edits[{edit}]"), *rule),
    }
}

#[cfg(test)]
mod tests {
    use memex_core::path::MemoryPath;
    use memex_proto::v1::edit::Kind;

    use super::*;
    use crate::store::scopes::ScopeKey;

    fn patch(old: &str, expected: Option<i64>) -> Patch {
        let path = MemoryPath::parse("user/a.md").unwrap();
        let place = Place { whose: ScopeKey { workspace_id: 1, user: None }, scope: Some(1), path };
        let kind = Kind::Replace(pb::Replace { old: old.into(), new: "b".into() });
        let request = pb::PatchFileRequest {
            edits: vec![pb::Edit { kind: Some(kind) }],
            expected_version: expected,
            request_id: "7f1f3a52-7e4c-4f0e-9d3c-0a9a2f1d8f11".into(),
            ..Default::default()
        };
        Patch::of(&place, request).unwrap()
    }

    fn read(text: &str) -> Patchable {
        Patchable { version: 3, text: text.into(), remembered: false }
    }

    #[test]
    fn a_patch_is_committed_at_the_version_that_was_read() {
        let found = next(&read("a"), &patch("a", None)).unwrap();
        assert_eq!((found.text.as_str(), found.expected), ("b", 3));
        assert_eq!(next(&read("a"), &patch("a", Some(3))).unwrap().expected, 3);
    }

    #[test]
    fn a_patch_that_was_answered_before_is_not_applied_again() {
        let read = Patchable { remembered: true, ..read("the text has moved on") };
        assert_eq!(next(&read, &patch("a", Some(1))).unwrap().expected, NEVER);
    }

    #[test]
    fn a_patch_of_another_version_or_of_no_file_is_refused() {
        let none = Patchable { version: 0, text: String::new(), remembered: false };
        let cases = [
            (next(&read("a"), &patch("a", Some(2))), ErrorReason::VersionConflict, Some("3")),
            (next(&none, &patch("a", Some(2))), ErrorReason::VersionConflict, Some("0")),
            (next(&none, &patch("a", None)), ErrorReason::FileNotFound, None),
        ];
        for (result, reason, current) in cases {
            let refusal = result.unwrap_err();
            assert_eq!(refusal.reason, reason);
            assert_eq!(refusal.facts.get("current_version").map(String::as_str), current);
        }
    }

    #[test]
    fn an_edit_that_does_not_apply_says_where_its_matches_are() {
        let ambiguous = next(&read("a\nx\na\n"), &patch("a", None)).unwrap_err();
        assert_eq!(ambiguous.reason, ErrorReason::PatchAmbiguous);
        assert_eq!((ambiguous.facts["lines"].as_str(), ambiguous.facts["count"].as_str()), ("1,3", "2"));
        assert_eq!(next(&read("x"), &patch("a", None)).unwrap_err().reason, ErrorReason::PatchNoMatch);
        assert_eq!(next(&read("x"), &patch("", None)).unwrap_err().reason, ErrorReason::PatchInvalid);
    }

    #[test]
    fn a_digest_differs_with_the_edits_and_the_version() {
        let digest = |patch: Patch| patch.request.unwrap().digest;
        let base = digest(patch("a", None));
        assert_eq!(digest(patch("a", None)), base);
        assert_ne!(digest(patch("c", None)), base);
        assert_ne!(digest(patch("a", Some(0))), base);
    }
}
