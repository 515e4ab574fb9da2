//! WriteFile: a whole text, which makes one revision, or none where it is the same.

use memex_core::actor::{Operation, Source};
use memex_core::limits::MAX_TEXT_BYTES_CEILING;
use memex_core::text::MemoryText;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::write_file_request::Precondition as Given;

use super::in_dream;
use super::place::{Place, place, writable};
use crate::auth::Caller;
use crate::convert;
use crate::convert::file_message::changed;
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::request::{CallDigest, request_id};
use crate::store::commit::{Change, Conflict, RequestKey};

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::WriteFileRequest,
) -> Result<pb::WriteFileResponse> {
    if let Some(dream) = caller.dream {
        about.scope(dream.id.scope);
        let changed = in_dream::write_file(context, &caller, dream, &about, request).await?;
        return Ok(pb::WriteFileResponse {
            file: Some(changed.file),
            changed: changed.changed,
            revision_id: changed.revision_id,
        });
    }
    let place = place(context, &caller, &about, &request.user_id, &request.path).await?;
    let precondition = precondition(request.precondition)?;
    let source = convert::source(request.source)?;
    let makes_new = matches!(precondition, Precondition::Unsaid | Precondition::At(0));
    writable(&caller, &place.path, source == Source::Import && makes_new)?;
    let change = change(&caller, &place, request, precondition, source)?;
    let mut change = change(context.store.open_scope(place.whose.workspace_id, place.whose.user.as_ref()).await?);
    let outcome = context.store.change(&place.whose, &mut change).await?;
    let changed = changed(change.scope, &place.path, outcome, change.conflict)?;
    Ok(pb::WriteFileResponse { file: Some(changed.file), changed: changed.changed, revision_id: changed.revision_id })
}

fn change(
    caller: &Caller,
    place: &Place,
    request: pb::WriteFileRequest,
    precondition: Precondition,
    source: Source,
) -> Result<impl FnOnce(i64) -> Change> {
    outside_a_dream(&request.treatments)?;
    let reason = convert::reason(&request.reason)?;
    let text = text(request.content)?;
    let id = request_id(&request.request_id)?;
    let digest = CallDigest::of("WriteFile")
        .optional(place.whose.user.as_ref().map(|user| user.as_str().as_bytes()))
        .text(place.path.as_str())
        .text(text.as_str())
        .number(precondition.expected().unwrap_or(-1))
        .number(i64::from(precondition == Precondition::Unsaid))
        .text(&reason)
        .number(source.code().into())
        .finish();
    Ok(move |scope| Change {
        scope,
        operation: Operation::Write,
        path: place.path.clone(),
        text: Some(text),
        expected: precondition.expected(),
        request: id.map(|id| RequestKey { id, digest }),
        actor: caller.actor.clone(),
        principal: caller.token_id,
        source,
        reason,
        dream: None,
        conflict: precondition.conflict(),
    })
}

/// What must be true of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services) enum Precondition {
    /// Nothing was said: it must not exist.
    Unsaid,
    /// It is at this version; 0: it does not exist.
    At(i64),
    /// Whatever is there is overwritten.
    Overwrite,
}

impl Precondition {
    pub(in crate::services) fn expected(self) -> Option<i64> {
        match self {
            Precondition::Unsaid => Some(0),
            Precondition::At(version) => Some(version),
            Precondition::Overwrite => None,
        }
    }

    pub(in crate::services) fn conflict(self) -> Conflict {
        match self {
            Precondition::Unsaid => Conflict::Unsaid,
            Precondition::At(0) => Conflict::Exists,
            Precondition::At(_) | Precondition::Overwrite => Conflict::Stale,
        }
    }
}

/// The precondition as it was given; `overwrite = false` says nothing.
pub(in crate::services) fn precondition(given: Option<Given>) -> Result<Precondition, Refusal> {
    match given {
        None | Some(Given::Overwrite(false)) => Ok(Precondition::Unsaid),
        Some(Given::Overwrite(true)) => Ok(Precondition::Overwrite),
        Some(Given::ExpectedVersion(version)) if version >= 0 => Ok(Precondition::At(version)),
        Some(Given::ExpectedVersion(_)) => Err(field("expected_version", "must be 0 or more")),
    }
}

/// A text within the ceiling of every configuration; the configured limit is judged where it is in force.
pub(super) fn text(content: String) -> Result<MemoryText, Refusal> {
    MemoryText::parse(content, MAX_TEXT_BYTES_CEILING).map_err(|refusal| convert::invalid_text("content", &refusal))
}

/// Treatments belong to dreams.
pub(super) fn outside_a_dream(treatments: &[pb::Treatment]) -> Result<(), Refusal> {
    if treatments.is_empty() { Ok(()) } else { Err(field("treatments", "are for ops within a dream alone")) }
}

#[cfg(test)]
mod tests {
    use memex_core::actor::Role;
    use memex_core::path::MemoryPath;
    use memex_core::user_id::UserId;
    use memex_proto::v1::ErrorReason;
    use uuid::Uuid;

    use super::*;
    use crate::error::Error;
    use crate::store::scopes::ScopeKey;

    fn change_of(user: &str, request: pb::WriteFileRequest) -> Result<Change> {
        let caller = Caller {
            token_id: Uuid::nil(),
            workspace_id: 1,
            role: Role::Agent,
            bound_user: None,
            actor: "a".into(),
            dream: None,
            proposal: None,
        };
        let path = MemoryPath::parse(&request.path).unwrap();
        let place = Place {
            whose: ScopeKey { workspace_id: 1, user: Some(UserId::parse(user).unwrap()) },
            scope: Some(1),
            path,
        };
        let precondition = precondition(request.precondition)?;
        let source = convert::source(request.source)?;
        Ok(change(&caller, &place, request, precondition, source)?(1))
    }

    fn request() -> pb::WriteFileRequest {
        pb::WriteFileRequest {
            path: "user/a.md".into(),
            content: "tea".into(),
            request_id: "7f1f3a52-7e4c-4f0e-9d3c-0a9a2f1d8f11".into(),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_not_said_of_an_existing_file_is_asked_for() {
        assert_eq!(precondition(None).unwrap(), Precondition::Unsaid);
        assert_eq!(precondition(Some(Given::Overwrite(false))).unwrap(), Precondition::Unsaid);
        assert_eq!(precondition(Some(Given::Overwrite(true))).unwrap().expected(), None);
        assert_eq!(precondition(Some(Given::ExpectedVersion(0))).unwrap().conflict(), Conflict::Exists);
        assert_eq!(precondition(Some(Given::ExpectedVersion(3))).unwrap().conflict(), Conflict::Stale);
        assert_eq!(Precondition::Unsaid.conflict(), Conflict::Unsaid);
        assert!(precondition(Some(Given::ExpectedVersion(-1))).is_err());
    }

    #[test]
    fn a_digest_differs_with_every_field_and_with_the_user() {
        let base = change_of("ada", request()).unwrap();
        assert_eq!(change_of("ada", request()).unwrap().request, base.request);
        assert_ne!(change_of("bob", request()).unwrap().request, base.request);
        let others: [fn(&mut pb::WriteFileRequest); 7] = [
            |r| r.path = "user/b.md".into(),
            |r| r.content = "coffee".into(),
            |r| r.precondition = Some(Given::ExpectedVersion(0)),
            |r| r.precondition = Some(Given::ExpectedVersion(1)),
            |r| r.precondition = Some(Given::Overwrite(true)),
            |r| r.reason = "because".into(),
            |r| r.source = pb::Source::User.into(),
        ];
        let mut digests: Vec<_> = others
            .iter()
            .map(|alter| {
                let mut other = request();
                alter(&mut other);
                change_of("ada", other).unwrap().request.unwrap().digest
            })
            .chain([base.request.unwrap().digest])
            .collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 8);
    }

    #[test]
    fn a_malformed_write_is_refused_for_its_field() {
        type Break = fn(&mut pb::WriteFileRequest);
        let cases: [(Break, ErrorReason); 5] = [
            (|r| r.content = "a\0".into(), ErrorReason::InvalidText),
            (|r| r.content = "a".repeat(MAX_TEXT_BYTES_CEILING + 1), ErrorReason::InvalidText),
            (|r| r.reason = "a\nb".into(), ErrorReason::FieldInvalid),
            (|r| r.request_id = "seven".into(), ErrorReason::FieldInvalid),
            (|r| r.treatments = vec![pb::Treatment::default()], ErrorReason::FieldInvalid),
        ];
        for (break_it, reason) in cases {
            let mut broken = request();
            break_it(&mut broken);
            let refused: Error = change_of("ada", broken).unwrap_err();
            assert_eq!(refused.reason(), Some(reason));
        }
    }
}
